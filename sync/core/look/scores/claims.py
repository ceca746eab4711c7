"""申诉 and 加减分: what an approved request books as a line (plan 四·1, 四·4; DESIGN section 8).

Points stay charged while an appeal is open. Upheld, a line gives them back in the month of the answer; 加减分 is a line
in the month of its approval. A line is booked once and stays, also when its row is deleted; an answer that is taken
back while the row stands takes the line back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sync.core.look.follow import Followed
from sync.core.look.judging import INVALID, Checked, Judged, checked_row
from sync.core.look.people import People
from sync.core.look.reading import Reading
from sync.core.look.rebuilding.rebuild import PastPoints
from sync.core.look.stamping import Stamped
from sync.core.memory import REQUESTS, row_alone
from sync.core.people.roster import Street
from sync.core.rules.values import points_zh
from sync.core.scores import ceilings
from sync.core.scores import seal as sealing
from sync.core.scores.lines import (
    APPEALED,
    AWARD,
    BACK,
    OF_COMPUTED,
    OF_REQUEST,
    STREET,
    UNIT,
    Booked,
    Group,
    Line,
    by_id,
    month_of,
    revoke,
)
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import Row, nearest, quoted

APPEAL = "申诉"
LATE = "，已过申诉期"
WITHDRAWN, ORIGINAL_GONE = "批复已收回", "原明细已撤销"
Booking = dict[Group, dict[str, Line]]


@dataclass(frozen=True)
class Claims:
    """The appeals and awards of one look."""

    reading: Reading
    people: People
    stamped: Stamped
    judged: Judged
    followed: Mapping[str, Followed]
    past: PastPoints

    @cached_property
    def known(self) -> Mapping[str, Line]:
        """Every line by id: of issues as they stand now, of sealed months as sealed."""
        lines = by_id(line for followed in self.followed.values() for line in followed.lines)
        sealed = {name: line for seal in self.past.seals.values() for name, line in seal.by_id.items()}
        return {**self.past.by_id, **lines, **sealed}

    @cached_property
    def rows(self) -> list[Row]:
        """Appeals and awards in the order of their answers."""
        claims = [row for row in self.reading.rows.get("requests", []) if row.cells.get("kind") in (APPEAL, AWARD)]
        return sorted(claims, key=lambda row: (self._answered(row), row.rid))

    def _answered(self, row: Row) -> datetime:
        return self.reading.mark("requests", row.rid, "answered")

    def _filed(self, row: Row) -> datetime:
        return self.reading.mark("requests", row.rid, "heard")

    # What stands in the ledger
    @cached_property
    def _groups(self) -> Booked:
        return self.past.of(OF_REQUEST)

    @cached_property
    def _by_line(self) -> dict[str, Group]:
        """The group by the id of the line that a request was booked as."""
        return {name: group for group, lines in self._groups.items() for name in lines}

    @cached_property
    def _rids(self) -> set[str]:
        return {row.rid for row in self.rows}

    def line_id(self, row: Row) -> str:
        """The id of the line that this request leads to: of a line appealed against, or of a target and its reason."""
        if row.cells["kind"] == APPEAL:
            about = self._case_of(row)
            return (
                f"{row.cells.get('line', '')}·{about}·{APPEALED}"
                if about
                else f"{row.cells.get('line', '')}·{APPEALED}"
            )
        return f"{AWARD}·{row.cells.get('target', '')}·{row.parsed.print[:8]}"

    def _case_of(self, row: Row) -> str:
        """The case that is to be left out of a computed line; empty for a line of one issue."""
        original = self.known.get(row.cells.get("line", ""))
        return str(row.cells.get("issue", "")) if original and original.origin == OF_COMPUTED else ""

    def group(self, row: Row) -> Group:
        """Where the ledger keeps this request's lines: under its row, or, after the ledger was lost, under the line."""
        mine = Group(OF_REQUEST, row.rid)
        other = self._by_line.get(self.line_id(row), mine)
        return mine if mine in self._groups or other.name in self._rids else other

    def is_settled(self, row: Row, until: str) -> bool:
        """Whether a request was answered, and what it is about and led to belongs to months before ``until``."""
        if "answer" not in row.cells:
            return False
        if row.cells.get("kind") not in (APPEAL, AWARD):
            return True
        booked, about = self._groups.get(self.group(row), {}), self.known.get(row.cells.get("line", ""))
        lines = [*booked.values(), *([about] if about else [])]
        is_booked = bool(booked) or row.cells["answer"] != "同意"
        return is_booked and all(line.month < until for line in lines)

    # What is wrong with a row, and where it stands
    @cached_property
    def checked(self) -> Mapping[str, Checked]:
        """Every row of 申请审批 with what is wrong with it as a claim besides, by id."""
        checked, results = dict(self.judged.checked["requests"]), self.reading.memo.of("claims")
        for row in self.rows:
            with row_alone(row, REQUESTS):
                given = (row.parsed, checked[row.rid], self._filed(row), *self._context(row))
                checked[row.rid] = results.result(row.rid, given, self._checked, row, checked[row.rid])
        return checked

    def _context(self, row: Row) -> tuple[object, ...]:
        """What else a claim's sentences depend on: the line that it is about, and what was booked for it or a twin."""
        name, line = self.line_id(row), row.cells.get("line", "")
        booked = self._groups.get(self.group(row), {})
        about = self.known.get(line), self.known.get(f"{line}·{BACK}"), self._by_line.get(name) != self.group(row)
        issue = self.followed.get(about[0].issue) if about[0] else None
        people = (issue.issue.cells.get("reporter"), issue.issue.cells.get("verifier")) if issue else ()
        return *about, booked.get(name), self.people.scope, people

    def _checked(self, row: Row, before: Checked) -> Checked:
        problems = (*before.problems, *self._problems(row))
        booked = bool(self._groups.get(self.group(row)))
        state = INVALID if problems and "answer" in row.cells and not booked else before.cells["state"]
        return checked_row(self.reading, "requests", problems, {"state": state + self._late(row)})

    def _sound(self, row: Row) -> bool:
        return not self.checked[row.rid].problems

    def _late(self, row: Row) -> str:
        """An appeal that came after its window says so, and the approver decides."""
        original = self.known.get(row.cells.get("line", "")) if row.cells["kind"] == APPEAL else None
        late = original and self._filed(row) > sealing.appeals_end(original.month, self.reading.rules)
        return LATE if late else ""

    def _problems(self, row: Row) -> list[Problem]:
        """Beyond what every request needs."""
        kind, booked = row.cells["kind"], self._groups.get(self.group(row), {})
        if kind == APPEAL:
            return self._appeal_problems(row) if "line" in row.cells and not booked else []
        return self._late_edit(row, booked) if booked else self._award_problems(row)

    def _appeal_problems(self, row: Row) -> list[Problem]:
        name = row.cells["line"]
        original = self.known.get(name)
        if original is None:
            hint = nearest(name, self.known)
            return [Problem("line", f"填的是{quoted(name)}，扣分明细里没有这个明细号，请核对。{hint}")]
        if original.origin == OF_COMPUTED and (problem := self._case_problem(row, original)):
            return [problem]
        if self.line_id(row) in self._by_line or self._given_back(original, self._case_of(row)):
            return [Problem("line", "这一项已经退过分，不能再退。")]
        if original.points >= 0:
            return [Problem("line", "这一项没有扣分，不用申诉。")]
        return self._own_verdict(row, original)

    def _own_verdict(self, row: Row, original: Line) -> list[Problem]:
        """Nobody answers an appeal against what he found or verified himself (definitions 4.2)."""
        issue = self.followed.get(original.issue)
        cells = issue.issue.cells if issue else {}
        approver = row.cells.get("approver")
        if not approver or approver not in (cells.get("reporter"), cells.get("verifier")):
            return []
        text = f"这一件是{quoted(approver)}填报或者复核的，申诉要由别人批复，这个批复不算。"
        return [Problem("approver", text)]

    def _case_problem(self, row: Row, original: Line) -> Problem | None:
        """A computed line is appealed against for one of its cases, which 编号 names."""
        number, reckoning = row.cells.get("issue", ""), original.reckoning
        if reckoning is None:
            return Problem("line", "这一项的计算依据已经丢失，不能按件退分，请改用加减分。")
        if not number:
            return Problem("issue", f"没有填，「{original.rule}」是许多件一起算的，要写明对哪一件申诉。")
        if number not in reckoning.against():
            hint = nearest(number, reckoning.against())
            return Problem("issue", f"填的是{quoted(number)}，不在「{original.rule}」扣分的件里，请核对。{hint}")
        return None

    def _award_problems(self, row: Row) -> list[Problem]:
        cells, problems = row.cells, []
        name, units, roster = cells.get("target", ""), self.reading.rules.units, self.people.roster
        is_unit = self.reading.rules.unit_now(name) in units
        if name and not roster.street(name, self._filed(row).date()) and not is_unit:
            hint = nearest(name, [*roster.names, *units]) or "请写街路名册里的街路或责任单位的名称。"
            problems.append(Problem("target", f"填的是{quoted(name)}，不是街路也不是责任单位。{hint}"))
        points = cells.get("points")
        if points is not None and (points == 0 or abs(points * 100 - round(points * 100)) > 1e-6):
            text = f"填的是{points:g}，要写最多两位小数、不为零的分数，减分写负数。"
            problems.append(Problem("points", text))
        if self._by_line.get(self.line_id(row), self.group(row)) != self.group(row):
            text = "这一行和已经记过分的另一行完全相同，只记一次；确实是两件事，请把理由写得不同。"
            problems.append(Problem("", text))
        return problems

    def _late_edit(self, row: Row, booked: Mapping[str, Line]) -> list[Problem]:
        line = next((line for line in booked.values() if line.rule == AWARD), None)
        points = row.cells.get("points", 0)
        if line is None or line.revoked or round(points * 100) == line.points:
            return []
        text = f"改成{points:g}没有采用：已按{points_zh(line.points)}分记入 {line.month}。"
        return [Problem("points", f"{text}要更正，请另外申请一次加减分。")]

    # Lines
    def standing(self, others: Mapping[str, Line]) -> Booking:
        """The lines that requests led to before, and those of awards that were approved since. ``others``: the lines of
        issues as they stand now, by id."""
        rows = {self.group(row): row for row in reversed(self.rows)}
        booking: Booking = {}
        for group, lines in sorted(self._groups.items(), key=lambda pair: _is_appeal(pair[1])):
            row = rows.get(group)
            if row is None:
                booking[group] = dict(lines)
                continue
            with row_alone(row, REQUESTS):
                if not self._again(row, lines):
                    known = {**others, **by_id(line for made in booking.values() for line in made.values())}
                    booking[group] = by_id(self._still(row, lines, known))
        for row in self.rows:
            with row_alone(row, REQUESTS):
                if row.cells["kind"] == AWARD and self._is_new(row):
                    booking[self.group(row)] = by_id([self._awarded(row)])
        return booking

    def upheld(self, final: Mapping[str, Line], uncut: Sequence[Line] = ()) -> Booking:
        """The lines of appeals that were upheld since. ``final``: all lines after ceilings, by id; ``uncut``: those of
        open months before ceilings."""
        booking: Booking = {}
        gone = {name for name, points in self.past.returned.items() if points}
        for row in self.rows:
            with row_alone(row, REQUESTS):
                if row.cells["kind"] != APPEAL or not self._is_new(row):
                    continue
                original = final.get(row.cells.get("line", ""))
                if original is None or original.points >= 0 or self._given_back(original, self._case_of(row)):
                    continue
                if original.origin == OF_COMPUTED:
                    cost = self._cost_of_case(row, original, booking)
                else:
                    cost = self._cost(original, [line for line in uncut if line.id not in gone])
                    gone.add(original.id)
                booking[self.group(row)] = by_id([self._returning(row, original, cost)])
        return booking

    def _cost(self, original: Line, uncut: Sequence[Line]) -> int:
        """What a line takes away under its ceilings: others may fill what it leaves free."""
        where = (original.month, original.kind, original.target)
        mine = [line for line in uncut if (line.month, line.kind, line.target) == where]
        if original.id not in {line.id for line in mine}:
            return -original.points
        rest, rules = [line for line in mine if line.id != original.id], self.reading.rules
        with_it, without = (sum(line.points for line in ceilings.capped(some, rules)) for some in (mine, rest))
        return without - with_it

    def _cost_of_case(self, row: Row, original: Line, booking: Booking) -> int:
        """What a computed line would take less without the case; others that were given back before are left out."""
        assert original.reckoning is not None
        known = [line for lines in (*self._groups.values(), *booking.values()) for line in lines.values()]
        gone = {line.issue for line in known if line.returns == original.id and not line.revoked}
        case = self._case_of(row)
        return original.reckoning.points({*gone, case}) - original.reckoning.points(gone)

    def _again(self, row: Row, lines: Mapping[str, Line]) -> bool:
        """Whether an answer that was taken back was given once more: the line is booked anew."""
        unsealed = all(line.revoked == WITHDRAWN and line.month not in self.past.seals for line in lines.values())
        return unsealed and row.cells.get("answer") == "同意" and self._sound(row)

    def _is_new(self, row: Row) -> bool:
        """Whether it is approved, without fault, and the first that leads to this line."""
        group, name = self.group(row), self.line_id(row)
        if row.cells.get("answer") != "同意" or not self._sound(row):
            return False
        if group in self._groups:
            return self._again(row, self._groups[group])
        same = [other.rid for other in self.rows if other.cells.get("answer") == "同意" and self.line_id(other) == name]
        return name not in self._by_line and same[0] == row.rid

    def _still(self, row: Row, booked: Mapping[str, Line], others: Mapping[str, Line]) -> tuple[Line, ...]:
        """Lines that were booked before, as the row stands now."""
        sealed = self.past.seals
        lines = [line for line in booked.values() if line.rule != BACK]
        original = others.get(row.cells.get("line", ""))
        if row.cells.get("answer") != "同意":
            lines = [revoke(line, WITHDRAWN) for line in lines]
        elif original and original.revoked and original.month not in sealed:
            lines = [line if line.month in sealed else revoke(line, ORIGINAL_GONE) for line in lines]
        return sealing.after_seals(lines, booked, sealed, self.past.returned, self.reading.now.date())

    def _awarded(self, row: Row) -> Line:
        cells, at = row.cells, self._answered(row)
        street = self.people.roster.street(cells["target"], at.date())
        target = street.name if street else self.reading.rules.unit_now(cells["target"])
        return self._dated(Line(
            self.line_id(row), "", target, STREET if street else UNIT,
            self._chief_of(row, street) if street else "", cells.get("issue", ""), AWARD, "四·4",
            round(cells["points"] * 100), f"{cells.get('reason', '')}（{cells.get('approver', '')}批准）", at.date(),
            origin=OF_REQUEST, working=("经批准的加减分，分值由申请写明",),
        ))  # fmt: skip

    def _chief_of(self, row: Row, street: Street) -> str:
        """Of the issue that the award is about, as stamped; else of the day of the request, however late the answer."""
        stamps = self.stamped.stamps.get(row.cells.get("issue", ""))
        if stamps and stamps.street == street.name:
            return stamps.chief
        asked = row.cells.get("requested_at") or self._filed(row)
        there = self.people.roster.street(street.name, asked.date()) or street
        return self.people.roster.chief(there, asked.date())

    def _returning(self, row: Row, original: Line, cost: int) -> Line:
        full = "" if cost == -original.points else f"（扣了{points_zh(-original.points)}分，去掉后本项其他扣分补足）"
        case, reason = self._case_of(row), row.cells.get("reason", "")
        full = f"（去掉 {case} 这一件，少扣这么多）" if case else full
        text = f"申诉成立，退回明细 {original.id} 扣的{points_zh(cost)}分{full}：{reason}"
        return self._dated(replace(
            original, id=self.line_id(row), rule=APPEALED, clause="四·1", points=cost, text=text,
            date=self._answered(row).date(), origin=OF_REQUEST, returns=original.id, issue=case or original.issue,
            reckoning=None,
            working=(sealing.returned_words(original.id),),
        ))  # fmt: skip

    def _dated(self, line: Line) -> Line:
        """Booked in the month of its day, or in the first that is not sealed."""
        month = month_of(line.date)
        if month in self.past.seals:
            return replace(line, month=sealing.open_month(month, self.past.seals), date=self.reading.now.date())
        return replace(line, month=month)

    def _given_back(self, original: Line, case: str = "") -> bool:
        name = f"{original.id}·{case}" if case else original.id
        back = self.known.get(f"{name}·{BACK}")  # also where its issue became void at this very look
        return back is not None and back.points != 0

    def signature(self) -> tuple[Any, ...]:
        """What the lines of requests depend on, to know whether they must be worked out anew."""
        return tuple((row.rid, row.parsed, self.checked[row.rid]) for row in self.rows), tuple(self._groups.values())


def _is_appeal(lines: Mapping[str, Line]) -> bool:
    """Appeals come after the awards that they are about."""
    return any(line.rule == APPEALED for line in lines.values())
