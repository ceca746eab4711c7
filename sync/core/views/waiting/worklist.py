"""What waits for a person: his open issues, and for the standards office what to verify, as the last look left them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sync.core.issues import life as lives
from sync.core.issues.photo_uses import Use, all_uses, doubt, uses_of
from sync.core.memory import Memory
from sync.core.people.permissions import Area, Person, answers, sees
from sync.core.rules.conditions import ENFORCEMENT
from sync.core.rules.rules import Rules
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Raw, issue_number, plain
from sync.core.sheet.values import serials
from sync.core.sheet.values.photos import ids, photo_lines

WAITING = (lives.OPEN, lives.REWORK, lives.SUSPENDED, lives.FIXED, lives.UNVERIFIED)
TO_DO = (lives.OPEN, lives.REWORK, lives.SUSPENDED)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)
SHOWN = ("branch", "district", "unit", "chief")  # service columns that say where an issue lies


@dataclass(frozen=True)
class Item:
    """An issue as a person meets it. ``deadline`` aware; ``before`` lines of 照片; ``mine``: his to answer;
    ``hint``: 时限提示 as the last look left it; ``place_at``: degrees east and north, where they are recorded."""

    number: str
    street: str
    category: str
    severity: str
    text: str
    place: str
    state: str
    unit: str
    chief: str
    reporter: str
    deadline: datetime | None
    before: tuple[str, ...]
    enforcement: bool = False
    mine: bool = False
    hint: str = ""
    place_at: tuple[float, float] | None = None

    def late(self, now: datetime) -> bool:
        return lives.is_late(self.state, self.deadline, now)


@dataclass(frozen=True)
class Fixed:
    """The last 已整改 of an issue: who, what, when he says, lines of 整改后照片, and what is doubtful about them."""

    person: str
    text: str
    at: datetime
    after: tuple[str, ...]
    doubt: str = ""


@dataclass(frozen=True)
class ToVerify:
    """An issue that waits for 通过 or 返工. ``stands``: what 复核结果 and 复核时间 hold now, to be held against the row
    when the verdict is written; ``basis``: 执法依据 as it stands."""

    item: Item
    fixed: Fixed | None
    stands: str
    basis: str


def issues(memory: Memory, states: Iterable[str]) -> Iterator[tuple[str, Known, Area]]:
    """Issues in these states by number, each with where it lies."""
    wanted = frozenset(states)
    for number, row in list(memory.known.get("issues", {}).items()):
        if _is_in(row, wanted):
            yield number, row, _area(number, row, memory)


def _is_in(row: Known, states: Collection[str]) -> bool:
    return not row.deleted and row.shown.get("state") in states


def _area(number: str, row: Known, memory: Memory) -> Area:
    return Area(_street(number, row, memory), *(plain(row.shown.get(key)) for key in SHOWN))


def _street(number: str, row: Known, memory: Memory) -> str:
    """The street as stamped: the cell may hold an alias."""
    stamps = memory.stamps.get(number)
    return stamps.street if stamps and stamps.street else plain(row.cells.get("street"))


def _item(number: str, row: Known, memory: Memory, rules: Rules) -> Item:
    cells, shown = row.cells, row.shown
    category = rules.categories.get(plain(cells.get("category")))
    return Item(
        number,
        _street(number, row, memory),
        plain(cells.get("category")),
        plain(cells.get("severity")) or "一般",
        plain(cells.get("text")),
        plain(cells.get("place")),
        plain(shown.get("state")),
        plain(shown.get("unit")),
        plain(shown.get("chief")),
        plain(cells.get("reporter")),
        serials.moment(shown.get("deadline"), rules.bureau.zone),
        photo_lines(cells.get("photos")),
        category is not None and category.kind == ENFORCEMENT,
        hint=plain(shown.get("hint")),
        place_at=_place_at(cells),
    )


def _place_at(cells: Mapping[str, Raw]) -> tuple[float, float] | None:
    east, north = cells.get("longitude"), cells.get("latitude")
    return (float(east), float(north)) if isinstance(east, int | float) and isinstance(north, int | float) else None


def mine(memory: Memory, rules: Rules, person: Person, states: Iterable[str] = TO_DO) -> list[Item]:
    """The issues that are a person's to see, the most urgent first."""
    items = [
        replace(_item(number, known, memory, rules), mine=answers(person, area))
        for number, known, area in issues(memory, states)
        if sees(person, area)
    ]
    return sorted(items, key=_urgency)


def to_answer(memory: Memory, rules: Rules, person: Person) -> list[Item]:
    """The issues for which he may send 整改反馈, also a better photo, the most urgent first."""
    return [item for item in mine(memory, rules, person, (*TO_DO, lives.FIXED)) if item.mine]


def _urgency(item: Item) -> tuple[datetime, str]:
    return item.deadline or NEVER, item.number


def area_of(memory: Memory, number: str) -> Area | None:
    """Where the issue of that number lies; None where there is none, or it is over."""
    row = memory.known.get("issues", {}).get(number)
    return _area(number, row, memory) if row is not None and _is_in(row, WAITING) else None


# Verifying


def to_verify(memory: Memory, rules: Rules) -> list[ToVerify]:
    """What waits for a verdict, the earliest deadline first."""
    waiting = {number: row for number, row, _ in issues(memory, (lives.FIXED,))}
    if not waiting:
        return []
    known = (memory.known.get(key, {}).values() for key in ("issues", "feedback"))
    fixes, uses = _fixes(memory, waiting), list(all_uses(*known))
    listed = [
        ToVerify(
            _item(number, row, memory, rules),
            _fixed(number, fixes.get(number), memory, rules, uses),
            standing(row.cells),
            plain(row.cells.get("legal_basis")),
        )
        for number, row in waiting.items()
    ]
    return sorted(listed, key=lambda waiting_issue: _urgency(waiting_issue.item))


def to_accept(memory: Memory, rules: Rules) -> list[Item]:
    """What the public reported and nobody looked into yet, oldest first."""
    items = [_item(number, row, memory, rules) for number, row, _ in issues(memory, (lives.UNVERIFIED,))]
    return sorted(items, key=lambda item: item.number)


def standing(cells: Mapping[str, Raw]) -> str:
    """What 复核结果 and 复核时间 hold, as one text to compare."""
    at = cells.get("verified_at")
    return f"{plain(cells.get('verified'))}@{f'{at:.5f}' if isinstance(at, int | float) else plain(at)}"


def _fixes(memory: Memory, wanted: Collection[str]) -> dict[str, Known]:
    """The last 已整改 by issue."""
    latest: dict[str, Known] = {}
    for row in list(memory.known.get("feedback", {}).values()):
        number = issue_number(row.cells.get("issue"))
        if number in wanted and not row.deleted and plain(row.cells.get("outcome")) == "已整改":
            before = latest.get(number)
            if before is None or row.marks["heard"] >= before.marks["heard"]:
                latest[number] = row
    return latest


def _fixed(number: str, row: Known | None, memory: Memory, rules: Rules, uses: list[Use]) -> Fixed | None:
    if row is None:
        return None
    cells, at = row.cells, row.marks["heard"]
    sentence = doubt(list(uses_of(row, number, before=False)), uses, memory.photos, rules.forms.similar)
    return Fixed(plain(cells.get("reporter")), plain(cells.get("text")), at, photo_lines(cells.get("photos")), sentence)


def photos_of(memory: Memory, number: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines of 照片 of an issue, and of 整改后照片 of its last 已整改."""
    row, fixed = memory.known.get("issues", {}).get(number), _fixes(memory, (number,)).get(number)
    cells = (known.cells.get("photos") if known else "" for known in (row, fixed))
    before, after = (photo_lines(cell) for cell in cells)
    return before, after


def shows(memory: Memory, photo: str, left: Iterable[Known] = ()) -> Iterator[Area]:
    """Where every issue and duty lies that names the photo. ``left``: duties that left their tab and may name it."""
    answered = {
        issue_number(row.cells.get("issue"))
        for row in list(memory.known.get("feedback", {}).values())
        if photo in ids(row.cells.get("photos"))
    }
    for number, row in list(memory.known.get("issues", {}).items()):
        if number in answered or photo in ids(row.cells.get("photos")):
            yield _area(number, row, memory)
    for row in [*memory.known.get("duties", {}).values(), *left]:
        if photo in ids(row.cells.get("photos")):
            yield Area(*(plain(row.cells.get(key)) for key in ("street", "branch", "district")))
