"""What the sheets should say, held against what they say: the smallest set of cells to write.

Nothing is written that stands there already. A plan keeps what it saw, so that ``landing.py`` can tell where a write
fell and ``covers.py`` whose cells it covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import repeat
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.sheet.rows import NOTHING, Raw, Row
from sync.core.sheet.tabs import Layout
from sync.core.sheet.values import serials

PAGES = range(1, 9)  # places for the notes of writes of pages


class Trespass(AssertionError):
    """A write to a column that is not the service's: a bug, stopped before anything is sent."""


@dataclass(frozen=True, slots=True)
class Write:
    """One cell: sheet ``row`` (1-based), ``column`` (0-based), the ``value`` ("" empties it)."""

    row: int
    column: int
    value: Raw


@dataclass(frozen=True, slots=True)
class Restore:
    """A cell of people that is to say ``value`` where it says ``covering`` now: what a form or a file changed. ``row``
    is a hint, ``was`` people's other cells by header: what the row is known by wherever it went. ``marks``: the hours
    and the words that it had or may get, by header: a row of another hour is another (``identity.is_of_none``)."""

    tab: str
    row: int
    header: str
    value: Raw
    covering: Raw
    was: Mapping[str, Raw]
    marks: Mapping[str, tuple[Raw, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Cover:
    """Writes of a tab that fell into cells of people, or may have: open until a look saw that none stands there any
    more. ``number``: of the write, and the tab; ``header`` (empty: nobody saw it) and ``fell`` (rows by number, where
    they are known): as they stood right after; ``planned`` and ``rows``: as they were seen before, with the ids that
    the write gave them; ``writes``: in rows 0, -1, … those of added rows."""

    number: str
    tab: str
    header: tuple[str, ...]
    planned: tuple[str, ...]
    writes: tuple[Write, ...]
    rows: Mapping[int, tuple[Raw, ...]] = field(default_factory=dict)
    fell: Mapping[int, tuple[Raw, ...]] = field(default_factory=dict)
    is_displaced: bool = False  # the header did not stand in the first row
    header_row: int = 0  # but in this one; 0: nobody saw
    is_given_back: bool = False  # what it covered was written back, and seen to fall where it was meant to


@dataclass(frozen=True)
class TabPlan:
    """The writes of one tab, with the header and the touched rows as they were when it was planned. ``back``: ids of
    the deleted rows that its added rows put back."""

    tab: str
    header: tuple[str, ...]
    writes: tuple[Write, ...] = ()
    appends: tuple[tuple[Raw, ...], ...] = ()  # rows for the end, a value for every column up to the last one used
    rows: Mapping[int, tuple[Raw, ...]] = field(default_factory=dict)  # as seen, by number
    back: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Cells to write; an appended row counts its filled cells."""
        return len(self.writes) + sum(len(row) - row.count("") - row.count(None) for row in self.appends)


@dataclass(frozen=True)
class Plan:
    """All that a tick wants written, by tab key. ``number``: given to it before it is sent; the workbook notes it with
    the write, so that a write whose answer was lost can be told from one that never arrived. ``place``: for that note;
    0 is a look's, each write of pages that is under way has one of ``PAGES``."""

    tabs: Mapping[str, TabPlan] = field(default_factory=dict)
    number: str = ""
    place: int = 0

    @property
    def cells(self) -> int:
        return sum(tab.cells for tab in self.tabs.values())

    def with_tab(self, added: TabPlan) -> Plan:
        """This plan and the writes of one tab, behind those that it has for the tab already."""
        if not added.writes and not added.appends:
            return self
        before = self.tabs.get(added.tab)
        return Plan({**self.tabs, added.tab: _joined(before, added) if before else added})


def _joined(before: TabPlan, added: TabPlan) -> TabPlan:
    return replace(
        before,
        writes=before.writes + added.writes,
        appends=before.appends + added.appends,
        rows={**before.rows, **added.rows},
        back=before.back + added.back,
    )


Comparable = tuple[str, Raw]
Changed = Iterable[tuple[Row, Sequence[Write]]]  # rows that do not say what they should, with what is to be written


def to_raw(value: Any, zone: ZoneInfo) -> Raw:
    """A value of the core as the API takes it: dates as serials, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return serials.from_datetime(value, zone)
    if isinstance(value, date):
        return serials.from_date(value)
    if isinstance(value, str | int | float):
        return value
    raise TypeError(f"not a cell's value: {value!r}")


def same(seen: Raw, wished: Raw) -> bool:
    """Whether a cell says already what it should."""
    if seen == wished and isinstance(seen, str) == isinstance(wished, str):
        return True
    if seen in ("", None) and wished in ("", None):
        return True
    if isinstance(seen, int | float) and isinstance(wished, int | float):
        return abs(seen - wished) < 1e-7
    return False


def comparable(cell: Raw) -> Comparable:
    """A cell's value as it is compared and looked up: numbers to a ten-millionth, nothing as an empty text."""
    if isinstance(cell, bool):
        return "bool", cell
    if isinstance(cell, int | float):
        return "number", round(cell, 7)
    return "text", cell or ""


def differences(layout: Layout, row: Row, cells: Mapping[str, Any], zone: ZoneInfo) -> tuple[Write, ...]:
    """What is to be written into a row so that its service cells say ``cells``. Raises ``Trespass``."""
    at, raw, width = layout.at, row.raw, len(row.raw)
    changed: list[Write] = []
    for key, value in cells.items():
        if key not in at and _absent(layout, key):
            continue
        wished, index = value if isinstance(value, str) else to_raw(value, zone), at[key]
        seen = raw[index] if index < width else ""
        if seen is wished:
            continue
        is_same = seen == wished if isinstance(seen, str) and isinstance(wished, str) else same(seen, wished)
        if not is_same:
            _own(layout, key)
            changed.append(Write(row.number, index, wished))
    return tuple(changed)


def _absent(layout: Layout, key: str) -> bool:
    """Whether it is a column that came later and that this workbook does not have yet."""
    return key not in layout.at and layout.tab.by_key[key].optional


def _own(layout: Layout, key: str) -> None:
    column = layout.tab.by_key[key]
    if column.owner != "service":
        raise Trespass(f"{layout.tab.title} {column.header} belongs to people")


def tab_plan(layout: Layout, changed: Changed, appends: Iterable[tuple[Raw, ...]] = ()) -> TabPlan:
    """The writes that bring these rows to what they should say, and rows for the end."""
    writes: list[Write] = []
    rows: dict[int, tuple[Raw, ...]] = {}
    for row, cells in changed:
        if cells:
            rows[row.number] = row.raw
            writes += cells
    return TabPlan(layout.tab.key, layout.header, tuple(writes), tuple(appends), rows)


def typed(layout: Layout, number: int, raw: Sequence[Raw], cells: Mapping[str, Raw]) -> TabPlan:
    """The plan that writes what a person answers (raw by column key) into a row that stands there as ``raw``. Raises
    ``Trespass`` for a column of the service."""
    for key in cells:
        if layout.tab.by_key[key].owner != "staff":
            raise Trespass(f"{layout.tab.title} {layout.tab.by_key[key].header} is the service's")
    writes = tuple(Write(number, layout.at[key], value) for key, value in cells.items())
    return TabPlan(layout.tab.key, layout.header, writes, rows={number: tuple(raw)})


def filled_row(layout: Layout, cells: Mapping[str, Raw]) -> tuple[Raw, ...]:
    """A row for the end of a tab, whoever its cells (raw by column key) belong to."""
    row: list[Raw] = [""] * (max(layout.at.values()) + 1)
    for name, value in cells.items():
        if not _absent(layout, name):
            row[layout.at[name]] = value
    return tuple(row)


def appended(layout: Layout, rows: Iterable[Mapping[str, Raw]]) -> Plan:
    """A plan that adds rows (raw by column key) at the end of a tab and writes nothing else."""
    return Plan().with_tab(tab_plan(layout, (), (filled_row(layout, row) for row in rows)))


def service_row(layout: Layout, cells: Mapping[str, Any], zone: ZoneInfo) -> tuple[Raw, ...]:
    """The same for a row of the service's own cells. Raises ``Trespass``."""
    for key in cells:
        _own(layout, key)
    return filled_row(layout, {key: to_raw(value, zone) for key, value in cells.items()})


def nothing(layout: Layout) -> Mapping[str, str]:
    """The service cells of a row that has nothing to say."""
    return {column.key: "" for column in layout.tab.service if column.key in layout.at}


def by_key(
    layout: Layout, rows: Sequence[Row], wished: Mapping[tuple[str, ...], Mapping[str, Any]]
) -> list[tuple[Row, Mapping[str, Any]]]:
    """What each row of a tab that the service fills should say, found by its key. A row whose key nobody wishes for,
    and a second row with the same key, lose their service cells; what people wrote beside them stays."""
    keys, empty = [row.parsed.key for row in rows], nothing(layout)
    cells = list(map(wished.get, keys, repeat(empty)))
    first = {key: n for n, key in reversed([*enumerate(keys)])}
    if len(first) < len(keys):
        cells = [each if first[key] == n else empty for n, (key, each) in enumerate(zip(keys, cells, strict=True))]
    return list(zip(rows, cells, strict=True))


@dataclass(frozen=True)
class Placed:
    """Where the rows of a tab come to stand: ``rows`` with what each is to say, ``appends`` for the end."""

    rows: Sequence[tuple[Row, Mapping[str, Any]]]
    appends: Sequence[Mapping[str, Any]]


def placed(layout: Layout, rows: Sequence[Row], wished: Mapping[tuple[str, ...], Mapping[str, Any]]) -> Placed:
    """As ``by_key``; a row that is new takes the first place that holds none."""
    pairs = by_key(layout, rows, wished)
    there = {row.parsed.key for row in rows}
    new = [cells for key, cells in wished.items() if key not in there]
    if not new:
        return Placed(pairs, ())
    by_number = {pair[0].number: pair for pair in pairs}
    empty, last = nothing(layout), max(by_number, default=1)
    blank = (Row(number, (), NOTHING) for number in range(2, last + 1) if number not in by_number)
    free = [*(row for row, cells in pairs if cells == empty), *blank]
    taken = {
        row.number: (row, cells) for row, cells in zip(sorted(free, key=lambda row: row.number), new, strict=False)
    }
    return Placed([*{**by_number, **taken}.values()], new[len(taken) :])


def listed(layout: Layout, rows: Sequence[Row], wished: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> TabPlan:
    """The plan of a tab without columns of people, its rows one under the other: no gap is left where one went."""
    by_number = {row.number: row for row in rows}
    last = max(by_number, default=1)
    empty = nothing(layout)
    changed = []
    for number in range(2, last + 1):
        row = by_number.get(number) or Row(number, (), NOTHING)
        cells = wished[number - 2] if number - 2 < len(wished) else empty
        changed.append((row, differences(layout, row, cells, zone)))
    return tab_plan(layout, changed, [service_row(layout, cells, zone) for cells in wished[max(0, last - 1) :]])
