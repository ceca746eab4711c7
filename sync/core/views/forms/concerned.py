"""The few rows that have a say in what a look says of one more row, so that to tell it costs what these rows cost and
not the log.

Pure. What a new report says hangs on the issues of its place, what a feedback or a duty says on the issue that it
names, and on rows whose photos are the same pictures. 申请 may hang on much more: of it the whole is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from sync.core.issues.repeats import same_place
from sync.core.memory import BACK, Memory
from sync.core.rules.rules import Rules
from sync.core.sheet.identity import Known
from sync.core.sheet.plan import filled_row
from sync.core.sheet.rows import Raw, plain
from sync.core.sheet.tabs import Layout
from sync.core.sheet.values.photos import ids
from sync.core.views.forms.row_index import RowIndex, named_issue

Remembered = TypeVar("Remembered")
NAMING = ("feedback", "requests", "duties")  # tabs whose rows name an issue
ALONE = ("issues", "feedback", "duties")  # tabs of which a row's surroundings are known


@dataclass(frozen=True)
class Concerned:
    """``memory``: all that is remembered of the rows concerned and of the roster; numbers that other new rows take are
    given in it. ``rows``: those of the tab that the new row comes to, raw, as they stand in the sheet."""

    memory: Memory
    rows: Sequence[Sequence[Raw]]


def concerned(
    index: RowIndex,
    memory: Memory,
    rules: Rules,
    layout: Layout,
    day: date,
    row: Mapping[str, Raw],
    before: Sequence[Sequence[Raw]],
) -> Concerned | None:
    """What has a say in a new ``row`` (raw cells by column key) of a tab on a ``day``. ``before``: raw rows that came
    since the last look. None where it can't be told: an issue is named that nobody knows, or much else counts."""
    key, known = layout.tab.key, memory.known
    if key not in ALONE or memory.last_tick is None:
        return None
    named = _named(index, memory, rules, key, row)
    if named is None:
        return None
    numbers = _with_their_parts(index.linked(memory), named)
    about = {tab: {rid for number in numbers for rid in index.naming(memory, tab, number)} for tab in NAMING}
    answered = [known["feedback"][rid].cells for rid in about["feedback"]]  # whether they count hangs on their photos
    photos = [photo for cells in (row, *answered) for photo in ids(cells.get("photos"))]
    issues = numbers | _showing(index, memory, "issues", photos)
    about["feedback"] |= _showing(index, memory, "feedback", photos)
    left = {rid for photo in _alike(index, memory, photos) for rid in index.left_showing(memory, photo)}
    places = {column.key: layout.at[column.key] for column in layout.tab.staff if column.key in layout.at}
    others = [(raw, cells) for raw in before if _is_typed(cells := _cells(places, raw))]
    is_near = _near(memory, rules, key, row, numbers)
    near = [_cells(layout.at, raw) for raw, cells in others if is_near(cells)]
    narrow = replace(
        memory,
        known={**known, **{tab: _of(known.get(tab, {}), rids) for tab, rids in {"issues": issues, **about}.items()}},
        stamps=_of(memory.stamps, issues),
        archived=_of(memory.archived, issues),
        left_photos=_of(memory.left_photos, left),
        numbers=_taken(memory.numbers, day, len(others) - len(near)) if layout.tab.id else memory.numbers,
        lines={}, notices={}, letters={}, restores=(), covers=(), wanted_back=(), wanted_sealed=(), plan=None,
        memo=index.memo,
    )  # fmt: skip
    here = ({**row.shown, **row.cells} for row in _here(narrow, key))
    return Concerned(narrow, [filled_row(layout, cells) for cells in (*here, *near)])


def _named(index: RowIndex, memory: Memory, rules: Rules, key: str, row: Mapping[str, Raw]) -> set[str] | None:
    """The issues that a new row is about; None where it names one that is not known."""
    if key == "issues":
        return set(_at_the_place(index, memory, rules, row))
    number = named_issue(row)
    if number and number not in memory.stamps:
        return None
    return {number} if number else set()


def _cells(places: Mapping[str, int], raw: Sequence[Raw]) -> dict[str, Raw]:
    width = len(raw)
    return {key: raw[at] for key, at in places.items() if at < width}


def _is_typed(cells: Mapping[str, Raw]) -> bool:
    return any(plain(cell).strip() for cell in cells.values())


def _taken(numbers: Mapping[str, int], day: date, count: int) -> Mapping[str, int]:
    """The last numbers given, once so many rows have theirs."""
    run = f"{day:%Y%m%d}"
    return {**numbers, run: numbers.get(run, 0) + count} if count else numbers


def _near(
    memory: Memory, rules: Rules, key: str, row: Mapping[str, Raw], numbers: Collection[str]
) -> Callable[[Mapping[str, Raw]], bool]:
    """Says whether a row that came before has a say: it is of the same place, names the same issue or shows the same
    picture."""
    if key == "issues":
        place = _place(rules, row)
        return lambda other: place is not None and _place(rules, other) == place
    pixels = _pixels(memory, row)
    return lambda other: named_issue(other) in numbers or bool(pixels & _pixels(memory, other))


def _pixels(memory: Memory, row: Mapping[str, Raw]) -> set[str]:
    return {memory.photos[photo].pixels for photo in ids(row.get("photos")) if photo in memory.photos}


def _place(rules: Rules, row: Mapping[str, Raw]) -> tuple[str, ...] | None:
    fields = rules.repeat.same
    return same_place({name: plain(row.get(name, "")) for name in fields}, plain(row.get("street", "")), fields)


def _at_the_place(index: RowIndex, memory: Memory, rules: Rules, row: Mapping[str, Raw]) -> Sequence[str]:
    """The issues of the row's street, place and category, or whatever else the rules say makes two reports the same."""
    place = _place(rules, row)
    street = plain(row.get("street", ""))
    return () if place is None else index.at_place(memory, rules.repeat.same, street, place)


def _with_their_parts(linked: Mapping[str, Collection[str]], numbers: Collection[str]) -> set[str]:
    """These issues, those that they were joined to or wait behind, and those that were joined to them."""
    reached, new = set[str](), set(numbers)
    while new:
        reached |= new
        new = {other for number in new for other in linked.get(number, ())} - reached
    return reached


def _showing(index: RowIndex, memory: Memory, tab: str, photos: Iterable[str]) -> set[str]:
    """The rows that show one of these pictures, under whatever name it was sent, by id."""
    return {rid for photo in _alike(index, memory, photos) for rid in index.showing(memory, tab, photo)}


def _alike(index: RowIndex, memory: Memory, photos: Iterable[str]) -> set[str]:
    """These pictures under every name by which they were sent."""
    return {same for photo in photos for same in index.same_pictures(memory, photo)}


def _of(values: Mapping[str, Remembered], keys: Collection[str]) -> dict[str, Remembered]:
    return {key: values[key] for key in sorted(keys) if key in values}


def _here(memory: Memory, key: str) -> Iterator[Known]:
    """The rows of the tab that stand in it."""
    for rid, row in memory.known[key].items():
        mark = memory.archived.get(rid) if key == "issues" else None
        if not row.gone and (mark is None or mark.state == BACK):
            yield row
