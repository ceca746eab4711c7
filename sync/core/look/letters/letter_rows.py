"""督办台账 taken in: what people wrote beside the letters, and the numbers that signatures bring (plan 五·3).

A row is known by its 函号, which is a draft's name until somebody signs; where a write fell on another row, by the hour
of drafting and the issues that it lists. This comes before issues are followed: what a signed letter means for an issue
holds at the same look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sync.core.issues.issues import Issue, Stamps
from sync.core.issues.life import Life
from sync.core.letters import letters
from sync.core.letters.addressees import Addressees, districts
from sync.core.letters.letters import RECORD, Fact, Letter
from sync.core.look.people import People
from sync.core.look.reading import Reading
from sync.core.look.rebuilding import adoption
from sync.core.look.stamping import Stamped
from sync.core.people.permissions import holds, may_sign, person
from sync.core.rules.values import ROLES
from sync.core.sheet import checks, plan
from sync.core.sheet.problems import Problem, sentence
from sync.core.sheet.rows import Row, plain
from sync.core.sheet.tabs import Layout
from sync.core.sheet.values import readings, serials
from sync.core.sheet.values.texts import narrow

COUNTER = "letters-"  # under this and the year ``numbers`` keeps the last number given
ON_PAPER = "纸质"
HANDED_LIKE = "请写成“纸质 姓名 11-25 10:00”，姓名是标准化办的人"
_SEPARATORS = dict.fromkeys(map(ord, ",、;"), " ")
STRANGER = "这一行不是系统起草的函，请删去。"


@dataclass(frozen=True)
class LettersIn:
    """The letters with what people wrote beside them. ``letters`` by key; ``rows``: the row of each, by key;
    ``problems`` by key; ``numbers``: the last number given, by run; ``ahead``: when a time that lies ahead is there."""

    addressees: Addressees
    layout: Layout | None  # None: the tab can't be read
    letters: Mapping[str, Letter]
    rows: Mapping[str, Row] = field(default_factory=dict)
    problems: Mapping[str, Sequence[Problem]] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    ahead: tuple[datetime, ...] = ()

    @property
    def blind(self) -> bool:
        """Whether letters of before can't be known: better late than twice."""
        return self.layout is None and not self.letters


def take_in(reading: Reading, people: People, stamped: Stamped) -> LettersIn:
    """签发, 回复 and 作废 as they stand in the rows. What was signed stays signed."""
    layout = reading.layouts["letters"] if reading.readable("letters") else None
    addressees = Addressees(people.roster, reading.rules, reading.now.date())
    known = dict(sorted(reading.memory.letters.items()))
    if layout is not None and (reading.recalled or not known):
        known = {**_adopted(reading, layout, addressees, stamped, known), **known}
    known = {key: _under_new_name(letter, reading.rules.unit_now(letter.unit)) for key, letter in known.items()}
    rows = bind(reading, layout, known) if layout is not None else {}
    shown = _shown_numbers(reading)
    intake = _Intake(reading, people, addressees, shown)
    done = dict(known)
    problems: dict[str, Sequence[Problem]] = {}
    ahead: list[datetime] = []
    numbers = shown if reading.adopted else reading.numbers
    for key, row in sorted(rows.items(), key=lambda item: (item[1].cells.get("signed_at") or reading.now, item[0])):
        taken = intake.row(known[key], row, numbers)
        done[key], problems[key], numbers = taken.letter, taken.problems, taken.numbers
        ahead += taken.ahead
    return LettersIn(addressees, layout, done, rows, problems, numbers, tuple(ahead))


def _under_new_name(letter: Letter, unit: str) -> Letter:
    """What was signed goes on to say the old name; the letter is the successor's."""
    return letter if unit == letter.unit else replace(letter, unit=unit)


# Rows
def bind(reading: Reading, layout: Layout, known: Mapping[str, Letter]) -> dict[str, Row]:
    """The row of each letter, by key."""
    by_name = {name: letter.key for letter in known.values() for name in (letter.key, letter.number) if name}
    by_hour: dict[tuple[int, bool], list[Letter]] = defaultdict(list)
    for letter in known.values():
        by_hour[_hour(serials.from_datetime(letter.drafted_at, reading.zone)), letter.kind == RECORD].append(letter)
    rows: dict[str, Row] = {}
    for row in reading.rows.get("letters", ()):
        key = _by_content(layout, row, by_hour) or by_name.get(row.parsed.key[0])
        if key and key not in rows:
            rows[key] = row
    return rows


def _hour(serial: float) -> int:
    return round(serial * serials.DAY)


def _by_content(layout: Layout, row: Row, by_hour: Mapping[tuple[int, bool], Sequence[Letter]]) -> str:
    """The letter of that hour whose issues the row lists, where there is only one such; empty otherwise."""
    drafted, listed = row.seen(layout, "drafted_at"), set(plain(row.seen(layout, "issues")).split("、")) - {""}
    if isinstance(drafted, bool) or not isinstance(drafted, int | float):
        return ""
    group = by_hour.get((_hour(drafted), plain(row.seen(layout, "kind")) == RECORD), ())
    alike = [letter.key for letter in group if not listed.isdisjoint(fact.number for fact in letter.facts)]
    return alike[0] if len(alike) == 1 else ""


# What people wrote
@dataclass(frozen=True)
class _Taken:
    """One row taken in."""

    letter: Letter
    problems: Sequence[Problem]
    numbers: Mapping[str, int]
    ahead: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class _Intake:
    """What a row is taken in by. ``shown``: the last numbers that the sheet shows, by run."""

    reading: Reading
    people: People
    addressees: Addressees
    shown: Mapping[str, int]

    def row(self, letter: Letter, row: Row, numbers: Mapping[str, int]) -> _Taken:
        cells, problems = row.cells, list(row.parsed.problems)
        if letter.kind == RECORD:
            letter, wrong = self._handed(letter, cells)
            return _Taken(letter, [*problems, *wrong], numbers)
        if not letter.number or cells.get("signer"):  # a signed row without signer lost its cells: it says nothing
            letter = replace(letter, void=cells.get("void_reason", ""))
        ahead: tuple[datetime, ...] = ()
        if not letter.number and cells.get("signer") and not letter.void:
            problem, ahead = self._signing_problem(letter, row)
            if problem is None and not self._unread(row):
                letter, numbers = self._numbered(letter, row, numbers)
            problems += [problem] if problem else []
        elif letter.number and cells.get("signer", letter.signer) != letter.signer:
            text = f"改成「{cells['signer']}」没有采用：已经由{letter.signer}签发并编号。"
            problems.append(Problem("signer", text))
        if letter.number and cells.get("signer"):
            letter = self._answered(letter, cells)
        elif not letter.number and cells.get("answer"):
            problems.append(Problem("answer", "填了，但是还没有签发；先填签发人。"))
        if not letter.number or cells.get("signer"):
            letter, wrong = self._handed(letter, cells)
            problems += wrong
        return _Taken(letter, problems, numbers, ahead)

    @staticmethod
    def _unread(row: Row) -> bool:
        """Whether the hour of signing can't be read; the row says so already."""
        return "signed_at" in row.parsed.typed and "signed_at" not in row.cells

    def _signing_problem(self, letter: Letter, row: Row) -> tuple[Problem | None, tuple[datetime, ...]]:
        """Why the letter can't be signed like this, and when it can."""
        typed, now = row.cells.get("signed_at"), self.reading.now
        if not letter.facts:
            return Problem("", "函里的问题都已经整改或者撤销，不用签发。"), ()
        if self._unread(row):
            return None, ()
        if typed and typed > now + checks.AHEAD:
            text = f"填的是 {typed:%Y-%m-%d %H:%M}，还没有到这个时间，请改成实际时间。"
            return Problem("signed_at", text), (typed - checks.AHEAD,)
        if typed and typed.date() < letter.drafted_at.date():
            return Problem("signed_at", f"早于起草的 {letter.drafted_at:%Y-%m-%d}，请改成实际时间。"), ()
        name = row.cells["signer"]
        if why := self._barred(name, (typed or now).date(), letter):
            roles = "、".join(ROLES[role] for role in self.reading.rules.letters.signers)
            return Problem("signer", f"填的是「{name}」，{why}，请由{roles}签发。"), ()
        return None, ()

    def _barred(self, name: str, day: date, letter: Letter) -> str:
        """Why that person may not sign this letter; empty where he may."""
        signers, signer = self.reading.rules.letters.signers, person(self.people.roster, name, day)
        if signer is None or not holds(signer, signers):
            return "组织架构里当天没有这个人的签发职务"
        return "" if may_sign(signer, signers, districts(letter)) else "这封函里没有他片区的问题"

    def _numbered(self, letter: Letter, row: Row, numbers: Mapping[str, int]) -> tuple[Letter, Mapping[str, int]]:
        """The next number of the year, given once and for good: the counter enters the ledger with the letter. The
        hour that was typed dates the paper; the time to answer runs from when it was seen signed, since nobody heard of
        it before."""
        rules, now = self.reading.rules, self.reading.now
        at = row.cells.get("signed_at") or now
        counter = f"{COUNTER}{at.year}"
        n = max(numbers.get(counter, 0), self.shown.get(counter, 0)) + 1
        limit = letters.reply_within(rules, letter.facts)
        signed = replace(
            self.addressees.of(letter), number=letters.code(rules, at.year, n), signer=row.cells["signer"],
            signed_at=at, due=rules.calendar.add(max(at, now), limit).at,
        )  # fmt: skip
        return signed, {**numbers, counter: n}

    def _answered(self, letter: Letter, cells: Mapping[str, Any]) -> Letter:
        if not cells.get("answer"):
            return replace(letter, answer="", answered_at=None)
        at = cells.get("answered_at") or letter.answered_at or self.reading.now
        return replace(letter, answer=cells["answer"], answered_at=at)

    def _handed(self, letter: Letter, cells: Mapping[str, Any]) -> tuple[Letter, list[Problem]]:
        """送达: handed over on paper, and what is wrong with what was typed; it counts with a name of the standards
        office (definitions 3.3)."""
        name, hour = _handing_words(cells.get("delivered", ""))
        if not name or letter.void:
            return replace(letter, handed_at=None), []
        now = self.reading.now.replace(microsecond=0)
        wall = readings.wall_clock(hour, self.reading.zone, now.date()) if hour else None
        at = wall.replace(tzinfo=self.reading.zone) if wall else letter.handed_at or now
        if why := self._not_handed(letter, name, at, unread=bool(hour) and wall is None):
            return replace(letter, handed_at=None), [Problem("delivered", why)]
        return replace(letter, handed_at=at), []

    def _not_handed(self, letter: Letter, name: str, at: datetime, *, unread: bool) -> str:
        """Why 送达 does not count; empty where it does."""
        if not letter.number or letter.signed_at is None:
            return f"填了，但是还没有{'发出' if letter.kind == RECORD else '签发'}。"
        if unread:
            return f"时间看不懂，{HANDED_LIKE}。"
        if at > self.reading.now + checks.AHEAD or at.date() < letter.signed_at.date():
            return f"填的是 {at:%Y-%m-%d %H:%M}，应当在签发以后、现在以前，请改成实际时间。"
        bearer = person(self.people.roster, name, at.date())
        if bearer is None or not holds(bearer, ("standards_office",)):
            return f"填的是「{name}」，当天不是标准化办的人，{HANDED_LIKE}。"
        return ""


def _handing_words(text: str) -> tuple[str, str]:
    """Name and hour of 「纸质 标准化办01 11-25 10:00」."""
    words = narrow(text).translate(_SEPARATORS).replace(ON_PAPER, " ").split()
    return (words[0], " ".join(words[1:])) if words else ("", "")


# A ledger that was lost
def _shown_numbers(reading: Reading) -> Mapping[str, int]:
    """The last number given, by run, or a higher one that 督办台账 shows (the ledger may be an older copy) or, where
    the ledger was lost, 督办函号 and 通知记录."""
    numbers = dict(reading.numbers)
    columns = {"letters": "number"} | ({"issues": "letter", "notices": "issue"} if reading.adopted else {})
    for key in filter(reading.readable, columns):
        for row in reading.rows.get(key, ()):
            names = plain(row.seen(reading.layouts[key], columns[key])).split("、")
            for year, n in adoption.letter_numbers(names, reading.rules.bureau.letter_code):
                numbers[f"{COUNTER}{year}"] = max(numbers.get(f"{COUNTER}{year}", 0), n)
    return numbers


def _adopted(
    reading: Reading, layout: Layout, addressees: Addressees, stamped: Stamped, known: Mapping[str, Letter]
) -> dict[str, Letter]:
    """No number is given twice, and nothing is drafted again (DESIGN section 5). ``known``: letters that the records
    brought back whole."""
    names = {name for letter in known.values() for name in (letter.key, letter.number)}
    rows = [row for row in reading.rows.get("letters", ()) if row.parsed.key[0] not in names]
    listed = {number for row in rows for number in plain(row.seen(layout, "issues")).split("、")}
    issues = (row for row in reading.rows.get("issues", ()) if row.rid in listed) if rows else ()
    facts = {row.rid: _fact(reading, row, stamped.stamps[row.rid]) for row in issues}
    return adoption.read_letters(layout, rows, facts, addressees, reading.now, known)


def _fact(reading: Reading, row: Row, stamps: Stamps) -> Fact:
    """An issue as its row shows it: what a letter had frozen of it is gone."""
    life = Life("", stamps.unit, stamps.start.deadline if stamps.start else None)
    return letters.freeze(Issue(row.rid, row.cells, stamps), life, stamps, reading.rules, "")


# What the rows should show
def cells_of(letter: Letter, layout: Layout, problems: Sequence[Problem]) -> dict[str, Any]:
    cells = {
        "number": letter.name, "check": sentence(layout, problems), "to": letter.to, "copy": letter.copy,
        "kind": RECORD if letter.kind == RECORD else letter.label, "drafted_at": letter.drafted_at,
        "issues": "、".join(fact.number for fact in letter.facts), "state": letter.state, "due": letter.due,
        "file": f"{letter.name}.docx",
    }  # fmt: skip
    return {key: value for key, value in cells.items() if key in layout.at}


def stranger_cells(row: Row, layout: Layout) -> dict[str, Any]:
    """A row that is no letter of ours."""
    empty = plan.nothing(layout)
    return {**empty, "check": STRANGER} if row.parsed.typed else dict(empty)
