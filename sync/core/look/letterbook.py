"""督办台账: letters drafted, what people wrote beside them taken in, numbers given, rows to show (plan 五·3).

Step 8 of a look (``decide.py``). A row is known by its 函号, which is a draft's name until somebody signs; where a
write fell on another row, by the hour of drafting and the unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sync.core.approvals import checks
from sync.core.letters import letters
from sync.core.letters.addressees import ASKED, Addressees, may_sign
from sync.core.letters.letters import RECORD, Letter
from sync.core.look import adoption
from sync.core.look.drafting import Drafting
from sync.core.look.follow import Followed
from sync.core.look.reading import Reading
from sync.core.notices.notices import Notice
from sync.core.people.permissions import person
from sync.core.people.roster import Roster
from sync.core.rules.values import role_zh
from sync.core.sheet import plan, serials
from sync.core.sheet.rows import Row, plain

COUNTER = "letters-"  # under this and the year ``numbers`` keeps the last number given
STRANGER = "这一行不是系统起草的函，请删去。"


@dataclass
class LetterBook:
    """The letters of one look. ``problems``: sentences by letter, for 校验 and 运行状态."""

    reading: Reading
    roster: Roster
    followed: Mapping[str, Followed]
    problems: dict[str, list[str]] = field(default_factory=dict)
    wakes: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.memory, self.rules, self.now = self.reading.memory, self.reading.rules, self.reading.now
        self.decision, self.people = self.reading.decision, Addressees(self.roster, self.rules, self.now.date())
        self.letters: dict[str, Letter] = dict(sorted(self.memory.letters.items()))
        skipped = "letters" in self.reading.skipped or "letters" not in self.reading.layouts
        self.layout = None if skipped else self.reading.layouts["letters"]

    def run(self) -> list[Notice]:
        """Take in, draft, write; returns the notices that the letters call for."""
        if self.layout is None and not self.letters:
            return []  # letters of before can't be read: better late than twice
        if self._lost:
            self.letters = self._adopted()
        rows = self._bind()
        for key, row in sorted(rows.items(), key=lambda item: self._order(*item)):
            self._take_in(key, row)
        if "issues" in self.reading.layouts:
            drafting = Drafting(self.reading, self.followed, self.people, self.letters)
            drafting.run()
            self.wakes += drafting.wakes
        self._write(rows)
        changed = {key: letter for key, letter in self.letters.items() if self.memory.letters.get(key) != letter}
        self.decision.letters |= changed
        if changed:
            self.wakes.append(self.now)  # what follows from it (督办函号, points) is seen by another look
        self.wakes += [letter.due + timedelta(seconds=1) for letter in self.letters.values()
                       if letter.due and letter.due >= self.now and not letter.done_at]  # fmt: skip
        return [notice for letter in self.letters.values() for notice in self.people.told(letter, self.now)]

    def settled(self, notice: Notice) -> str:
        """Why a notice that asks for a signature need not go out any more; empty where it is to go."""
        letter = self.letters.get(notice.issue) if notice.kind == ASKED else None
        return f"这一封现在是「{letter.state}」" if letter and letter.state != letters.DRAFT else ""

    # Rows
    @property
    def _rows(self) -> list[Row]:
        return self.reading.rows.get("letters", []) if self.layout else []

    def _bind(self) -> dict[str, Row]:
        """The row of each letter."""
        by_name = {name: letter.key for letter in self.letters.values() for name in (letter.key, letter.number) if name}
        by_mark: dict[tuple[object, ...], list[str]] = {}
        for letter in self.letters.values():
            by_mark.setdefault(self._mark_of(letter), []).append(letter.key)
        rows: dict[str, Row] = {}
        for row in self._rows:
            marked = by_mark.get(self._mark(row), [])
            key = marked[0] if len(marked) == 1 else by_name.get(row.parsed.key[0])
            if key and key not in rows:
                rows[key] = row
        return rows

    def _mark_of(self, letter: Letter) -> tuple[object, ...]:
        drafted = round(serials.from_datetime(letter.drafted_at, self.reading.zone) * serials.DAY)
        return drafted, letter.to.split("，")[0], bool(letter.follows)

    def _mark(self, row: Row) -> tuple[object, ...]:
        assert self.layout is not None
        drafted, to = row.seen(self.layout, "drafted_at"), plain(row.seen(self.layout, "to"))
        again = "续" in plain(row.seen(self.layout, "kind"))
        if isinstance(drafted, bool) or not isinstance(drafted, int | float):
            return ()
        return round(drafted * serials.DAY), to.split("，")[0], again

    def _order(self, key: str, row: Row) -> tuple[datetime, str]:
        return row.cells.get("signed_at") or self.now, key

    # What people wrote
    def _take_in(self, key: str, row: Row) -> None:
        """签发, 回复 and 作废 as they stand in the row. What was signed stays signed."""
        letter, cells = self.letters[key], row.cells
        problems = self.problems.setdefault(key, list(row.parsed.problems))
        if letter.kind == RECORD:
            return
        if not letter.number or cells.get("signer"):  # a signed row without signer lost its cells: it says nothing
            letter = replace(letter, void=cells.get("void_reason", ""))
        if not letter.number and cells.get("signer") and not letter.void:
            letter = self._sign(letter, row, problems)
        elif letter.number and cells.get("signer", letter.signer) != letter.signer:
            problems.append(
                f"{self._place('signer')}改成「{cells['signer']}」没有采用：已经由{letter.signer}签发并编号。"
            )
        if letter.number and cells.get("signer"):
            letter = self._answer(letter, cells)
        elif not letter.number and cells.get("answer"):
            problems.append(f"{self._place('answer')}填了，但是还没有签发；先填签发人。")
        self.letters[key] = letter

    def _sign(self, letter: Letter, row: Row, problems: list[str]) -> Letter:
        name, typed = row.cells["signer"], row.cells.get("signed_at")
        if not letter.facts:
            problems.append("函里的问题都已经整改或者撤销，不用签发。")
        elif typed is None and "signed_at" in row.parsed.typed:
            return letter  # the hour can't be read, and says so
        elif typed and typed > self.now + checks.AHEAD:
            problems.append(
                f"{self._place('signed_at')}填的是 {typed:%Y-%m-%d %H:%M}，还没有到这个时间，请改成实际时间。"
            )
            self.wakes.append(typed - checks.AHEAD)
        elif typed and typed.date() < letter.drafted_at.date():
            problems.append(f"{self._place('signed_at')}早于起草的 {letter.drafted_at:%Y-%m-%d}，请改成实际时间。")
        elif why := self._barred(name, (typed or self.now).date(), letter):
            roles = "、".join(map(role_zh, self.rules.letters.signers))
            problems.append(f"{self._place('signer')}填的是「{name}」，{why}，请由{roles}签发。")
        else:
            return self._number(letter, name, typed or self.now)
        return letter

    def _barred(self, name: str, day: date, letter: Letter) -> str:
        """Why that person may not sign this letter; empty where he may."""
        signer = person(self.roster, name, day)
        if signer is None or not signer.roles & set(self.rules.letters.signers):
            return "组织架构里当天没有这个人的签发职务"
        return "" if may_sign(signer, self.rules, letter) else "这封函里没有他片区的问题"

    def _number(self, letter: Letter, name: str, at: datetime) -> Letter:
        """The next number of the year, given once and for good: the counter enters the ledger with the letter. ``at``
        dates the paper; the time to answer runs from when it was seen signed, since nobody heard of it before."""
        counter = f"{COUNTER}{at.year}"
        n = max(self.reading.numbers.highest.get(counter, 0), self._highest.get(at.year, 0)) + 1
        self.reading.numbers.highest[counter] = n
        limit = letters.reply_within(self.rules, letter.facts)
        return replace(
            self.people.of(letter), number=letters.code(self.rules, at.year, n), signer=name, signed_at=at,
            due=self.rules.calendar.add(max(at, self.now), limit).at,
        )  # fmt: skip

    @cached_property
    def _highest(self) -> dict[int, int]:
        """The highest number of each year that stands anywhere: in the ledger, and where the ledger was lost, in the
        tab, in 督办函号 and in 通知记录 as well."""
        highest: dict[int, int] = {}
        texts = [letter.number for letter in self.letters.values()]
        texts += [row.parsed.key[0] for row in self._rows]
        if self._lost:
            for key, column in (("issues", "letter"), ("notices", "issue")):
                layout = self.reading.layouts.get(key)
                rows = self.reading.rows.get(key, ()) if layout and key not in self.reading.skipped else ()
                texts += [text for row in rows for text in plain(row.seen(layout, column)).split("、")]  # type: ignore[arg-type]
        for text in texts:
            if (match := letters.NUMBERED.fullmatch(text)) and match["code"] == self.rules.bureau.letter_code:
                year, n = int(match["year"]), int(match["n"])
                highest[year] = max(highest.get(year, 0), n)
        return highest

    @property
    def _lost(self) -> bool:
        return not self.memory.letters

    def _answer(self, letter: Letter, cells: Mapping[str, Any]) -> Letter:
        if not cells.get("answer"):
            return replace(letter, answer="", answered_at=None)
        typed = cells.get("answered_at")
        return replace(letter, answer=cells["answer"], answered_at=typed or letter.answered_at or self.now)

    def _place(self, key: str) -> str:
        assert self.layout is not None
        return checks.place(self.layout, key)

    # Writing
    def _write(self, rows: Mapping[str, Row]) -> None:
        if self.layout is None:
            return
        ours = {id(row): key for key, row in rows.items()}
        for row in self._rows:
            key = ours.get(id(row))
            cells = self._cells(self.letters[key]) if key else self._stranger(row)
            self._wish(row, cells)
        for key, letter in self.letters.items():
            if key not in rows:
                cells = {name: plan.to_raw(value, self.reading.zone) for name, value in self._cells(letter).items()}
                plan.append_row(self.decision.plan, self.layout, cells)

    def _wish(self, row: Row, cells: Mapping[str, Any]) -> None:
        assert self.layout is not None
        plan.wish(self.decision.plan, self.layout, row, cells, self.reading.zone, {}, row.number)
        self.decision.problems += bool(cells.get("check"))

    @property
    def unsaid(self) -> str:
        """What 校验 would say, where a workbook of before has no such column: for 运行状态."""
        there = self.layout is None or "check" in self.layout.at
        return (
            "" if there else "".join(f"{key}：{sentence}" for key, group in self.problems.items() for sentence in group)
        )

    def _stranger(self, row: Row) -> dict[str, Any]:
        assert self.layout is not None
        empty = {column.key: "" for column in self.layout.tab.service if column.key in self.layout.at}
        return empty | ({"check": STRANGER} if row.parsed.typed and "check" in empty else {})

    def _cells(self, letter: Letter) -> dict[str, Any]:
        assert self.layout is not None
        cells = {
            "number": letter.name,
            "check": "".join(self.problems.get(letter.key, ())),
            "kind": RECORD if letter.kind == RECORD else letter.label,
            "issues": "、".join(fact.number for fact in letter.facts),
            "to": letter.to,
            "copy": letter.copy,
            "drafted_at": letter.drafted_at,
            "state": letter.state,
            "due": letter.due,
            "file": f"{letter.name}.docx",
        }
        return {key: value for key, value in cells.items() if key in self.layout.at}

    def _adopted(self) -> dict[str, Letter]:
        """After the ledger was lost: no number is given twice, and nothing is drafted again (DESIGN section 5)."""
        if self.layout is None:
            return {}
        rows = [row for row in self.reading.rows.get("issues", []) if row.rid in self.followed]
        there = [(row, self.followed[row.rid]) for row in rows]
        facts = {
            row.rid: followed.fact or adoption.fact(row, followed.stamps, followed.life, self.rules, "")
            for row, followed in there
        }
        return adoption.read_letters(self.layout, self._rows, facts, self.people, self.now)
