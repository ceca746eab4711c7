"""申诉 and 加减分: what an approved request books as a line (plan 四·1, 四·4; DESIGN section 8).

Points stay charged while an appeal is open. Upheld, a line gives them back in the month of the answer; 加减分 is a line
in the month of its approval. A line is booked once and stays, also when its row is deleted; an answer that is taken
back while the row stands takes the line back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sync.core.approvals.checks import place
from sync.core.look.reading import Reading
from sync.core.people.roster import Roster, Street
from sync.core.rules.values import points_zh
from sync.core.scores import ceilings, scores, seal
from sync.core.scores.scores import ASKED, Line
from sync.core.sheet.rows import Row, nearest, quoted
from sync.core.sheet.tabs import Layout

APPEAL, AWARD = "申诉", "加减分"
LATE = "，已过申诉期"
WITHDRAWN = "批复已收回"


@dataclass(frozen=True)
class Claims:
    """The appeals and awards of one look. ``faulty``: rids of rows with a fault, which come to nothing."""

    reading: Reading
    roster: Roster
    faulty: set[str]

    @cached_property
    def rows(self) -> list[Row]:
        """Appeals and awards in the order of their answers."""
        claims = [row for row in self.reading.rows.get("requests", []) if row.cells.get("kind") in (APPEAL, AWARD)]
        return sorted(claims, key=lambda row: (self._answered(row), row.rid))

    def _answered(self, row: Row) -> datetime:
        return self.reading.mark("requests", row.rid, "answered")

    # What stands in the ledger
    @cached_property
    def _groups(self) -> dict[str, Mapping[str, Line]]:
        return {key: group for key, group in self.reading.booked.items() if key.startswith(ASKED)}

    @cached_property
    def _by_line(self) -> dict[str, str]:
        """The ledger's key by the id of the line that a request was booked as."""
        return {name: key for key, group in self._groups.items() for name in group}

    @cached_property
    def _lines(self) -> Mapping[str, Line]:
        """Every booked line by id, those of sealed months as sealed."""
        lines = {name: line for group in self.reading.booked.values() for name, line in group.items()}
        for closing in self.reading.closings.values():
            lines |= closing.by_id
        return lines

    @cached_property
    def _rids(self) -> set[str]:
        return {row.rid for row in self.rows}

    def line_id(self, row: Row) -> str:
        """The id of the line that this request leads to: of a line appealed against, or of a target and its reason."""
        if row.cells["kind"] == APPEAL:
            return f"{row.cells.get('line', '')}·{scores.APPEALED}"
        return f"{scores.AWARD}·{row.cells.get('target', '')}·{row.parsed.print[:8]}"

    def key(self, row: Row) -> str:
        """Where the ledger keeps this request's lines: under its rid, or, after the ledger was lost, under the line."""
        mine = f"{ASKED}{row.rid}"
        other = self._by_line.get(self.line_id(row), mine)
        orphan = other.removeprefix(ASKED) not in self._rids
        return mine if mine in self._groups or not orphan else other

    # Lines
    def standing(self, others: Mapping[str, Line]) -> list[Line]:
        """The lines that requests led to before, and those of awards that were approved since. ``others``: the lines of
        issues as they stand now, by id."""
        rows = {self.key(row): row for row in reversed(self.rows)}
        lines: list[Line] = []
        for key, group in sorted(self._groups.items(), key=lambda pair: self._is_appeal(pair[1])):
            row = rows.get(key)
            if row and self._again(row, group):
                continue
            known = {**others, **{line.id: line for line in lines}}
            lines += self._take(key, self._kept(row, group, known) if row else tuple(group.values()))
        for row in self.rows:
            if row.cells["kind"] == AWARD and self._is_new(row):
                lines += self._take(self.key(row), self._awarded(row))
        return lines

    @staticmethod
    def _is_appeal(group: Mapping[str, Line]) -> bool:
        """Appeals come after the awards that they are about."""
        return any(line.rule == scores.APPEALED for line in group.values())

    def upheld(self, final: Mapping[str, Line], uncut: Sequence[Line] = ()) -> list[Line]:
        """The lines of appeals that were upheld since. ``final``: all lines after ceilings, by id; ``uncut``: those of
        open months before ceilings."""
        lines: list[Line] = []
        gone = {name for name, points in self.reading.returned.items() if points}
        for row in self.rows:
            if row.cells["kind"] == APPEAL and self._is_new(row):
                original = final.get(row.cells.get("line", ""))
                if original and original.points < 0 and not self._given_back(original):
                    cost = self._cost(original, [line for line in uncut if line.id not in gone])
                    lines += self._take(self.key(row), (self._returning(row, original, cost),))
                    gone.add(original.id)
        return lines

    def _cost(self, original: Line, uncut: Sequence[Line]) -> int:
        """What a line takes away under its ceilings: others may fill the room that it leaves."""
        where = (original.month, original.kind, original.target)
        mine = [line for line in uncut if (line.month, line.kind, line.target) == where]
        if original.id not in {line.id for line in mine}:
            return -original.points
        rest = [line for line in mine if line.id != original.id]
        rules = self.reading.rules
        with_it, without = (sum(line.points for line in ceilings.capped(some, rules)) for some in (mine, rest))
        return without - with_it

    def _again(self, row: Row, group: Mapping[str, Line]) -> bool:
        """Whether an answer that was taken back was given once more: the line is booked anew."""
        taken = scores.revoke_words(WITHDRAWN)
        back = all(line.text.startswith(taken) and line.month not in self.reading.closings for line in group.values())
        return back and row.cells.get("answer") == "同意" and row.rid not in self.faulty

    def _is_new(self, row: Row) -> bool:
        """Whether it is approved, without fault, and the first that leads to this line."""
        key, name = self.key(row), self.line_id(row)
        if row.cells.get("answer") != "同意" or row.rid in self.faulty:
            return False
        if key in self._groups:
            return self._again(row, self._groups[key])
        same = [other.rid for other in self.rows if other.cells.get("answer") == "同意" and self.line_id(other) == name]
        return name not in self._by_line and same[0] == row.rid

    def _take(self, key: str, lines: Iterable[Line]) -> list[Line]:
        group = {line.id: line for line in lines}
        if group != dict(self.reading.booked.get(key, {})):
            self.reading.decision.lines[key] = group
        return list(group.values())

    def _kept(self, row: Row, group: Mapping[str, Line], others: Mapping[str, Line]) -> tuple[Line, ...]:
        lines = [line for line in group.values() if line.rule != scores.BACK]
        original = others.get(row.cells.get("line", ""))
        if row.cells.get("answer") != "同意":
            lines = [scores.revoke(line, WITHDRAWN) for line in lines]
        elif original and scores.revoked(original) and original.month not in self.reading.closings:
            sealed = self.reading.closings
            lines = [line if line.month in sealed else scores.revoke(line, "原明细已撤销") for line in lines]
        today = self.reading.now.date()
        return seal.settle(lines, group, self.reading.closings, self.reading.returned, today)

    def _awarded(self, row: Row) -> Iterator[Line]:
        cells, at = row.cells, self._answered(row)
        street = self.roster.street(cells["target"], at.date())
        target = street.name if street else cells["target"]
        kind = scores.STREET if street else scores.UNIT
        chief = self._chief_of(row, street) if street else ""
        text = f"{cells.get('reason', '')}（{cells.get('approver', '')}批准）"
        points = round(cells["points"] * 100)
        name, issue, day = self.line_id(row), cells.get("issue", ""), at.date()
        yield self._dated(Line(name, "", target, kind, chief, issue, scores.AWARD, "四·4", points, text, day))

    def _chief_of(self, row: Row, street: Street) -> str:
        """Of the issue that the award is about, as stamped; else of the day of the request, however late the answer."""
        stamps = self.reading.memory.stamps.get(row.cells.get("issue", ""))
        if stamps and stamps.street == street.name:
            return stamps.chief
        asked = row.cells.get("requested_at") or self.reading.mark("requests", row.rid, "heard")
        there = self.roster.street(street.name, asked.date()) or street
        return self.roster.chief(there, asked.date())

    def _returning(self, row: Row, original: Line, cost: int) -> Line:
        full = "" if cost == -original.points else f"（扣了{points_zh(-original.points)}分，去掉后本项其他扣分补足）"
        text = f"申诉成立，退回明细 {original.id} 扣的{points_zh(cost)}分{full}：{row.cells.get('reason', '')}"
        name = self.line_id(row)
        day = self._answered(row).date()
        made = replace(original, id=name, rule=scores.APPEALED, clause="四·1", points=cost, task="")
        return self._dated(replace(made, text=text, date=day))

    def _dated(self, line: Line) -> Line:
        """Booked in the month of its day, or in the first that is not sealed."""
        month = scores.month_of(line.date)
        if month in self.reading.closings:
            return replace(line, month=seal.open_month(month, self.reading.closings), date=self.reading.now.date())
        return replace(line, month=month)

    def _given_back(self, original: Line) -> bool:
        back = self._lines.get(f"{original.id}·{scores.BACK}")
        return back is not None and back.points != 0

    # What is wrong with a row, and where it stands
    def context(self, row: Row) -> tuple[object, ...]:
        """What else a row's sentences depend on."""
        if row.cells.get("kind") not in (APPEAL, AWARD):
            return ()
        name = row.cells.get("line", "")
        booked = self._groups.get(self.key(row), {})
        twin = self._by_line.get(self.line_id(row), "") not in ("", self.key(row))
        original = self._lines.get(name)
        return self.reading.mark("requests", row.rid, "heard"), original, twin, booked.get(self.line_id(row))

    def problems(self, layout: Layout, row: Row) -> list[str]:
        """What is wrong with an appeal or an award, beyond what every request needs."""
        kind, cells = row.cells.get("kind"), row.cells
        booked = self._groups.get(self.key(row), {}) if kind in (APPEAL, AWARD) else {}
        if kind == APPEAL and "line" in cells and not booked:
            return self._appeal_problems(layout, row)
        if kind == AWARD and booked:
            return self._late_edit(layout, row, booked)
        return self._award_problems(layout, row) if kind == AWARD else []

    def _appeal_problems(self, layout: Layout, row: Row) -> list[str]:
        name = row.cells["line"]
        where, original = place(layout, "line"), self._lines.get(name)
        if original is None:
            return [f"{where}填的是{quoted(name)}，扣分明细里没有这个明细号，请核对。{nearest(name, self._lines)}"]
        if self.line_id(row) in self._by_line or self._given_back(original):
            return [f"{where}这一项已经退过分，不能再退。"]
        if original.points >= 0:
            return [f"{where}这一项没有扣分，不用申诉。"]
        return []

    def _award_problems(self, layout: Layout, row: Row) -> list[str]:
        cells, problems = row.cells, []
        day = self.reading.mark("requests", row.rid, "heard").date()
        name, units = cells.get("target", ""), self.reading.rules.units
        if name and not self.roster.street(name, day) and name not in units:
            hint = nearest(name, [*self.roster.names, *units]) or "请写街路名册里的街路或责任单位的名称。"
            problems.append(f"{place(layout, 'target')}填的是{quoted(name)}，不是街路也不是责任单位。{hint}")
        points = cells.get("points")
        if points is not None and (points == 0 or abs(points * 100 - round(points * 100)) > 1e-6):
            problems.append(f"{place(layout, 'points')}填的是{points:g}，要写最多两位小数、不为零的分数，减分写负数。")
        if self._by_line.get(self.line_id(row), "") not in ("", self.key(row)):
            problems.append("这一行和已经记过分的另一行完全相同，只记一次；确实是两件事，请把理由写得不同。")
        return problems

    def _late_edit(self, layout: Layout, row: Row, booked: Mapping[str, Line]) -> list[str]:
        line = next((line for line in booked.values() if line.rule == scores.AWARD), None)
        points = row.cells.get("points", 0)
        if line is None or scores.revoked(line) or round(points * 100) == line.points:
            return []
        sentence = f"{place(layout, 'points')}改成{points:g}没有采用：已按{points_zh(line.points)}分记入 {line.month}。"
        return [sentence + "要更正，请另外申请一次加减分。"]

    def state(self, row: Row, state: str) -> str:
        """状态 of a request; an appeal that came after its window says so, and the approver decides."""
        if row.cells.get("kind") != APPEAL:
            return state
        original = self._lines.get(row.cells.get("line", ""))
        late = original and self.reading.mark("requests", row.rid, "heard") > self.window(original.month)
        return f"{state}{LATE}" if late else state

    def window(self, month: str) -> datetime:
        """Until when points of a month may be appealed against."""
        return seal.appeals_end(month, self.reading.rules)

    def signature(self) -> tuple[Any, ...]:
        """What the lines of requests depend on, to know whether they must be worked out anew."""
        rows = tuple((row.rid, row.parsed, row.rid in self.faulty) for row in self.rows)
        return rows, tuple(self._groups.values())
