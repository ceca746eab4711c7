"""What the sheets should say, held against what they say: the smallest set of cells to write, and its landing.

``wish`` and ``wish_rows`` gather differences; nothing is written that stands there already. A plan keeps what it
saw, so that ``land`` can tell from the write's reply (or from the next read) whose cells it covered, and give
them back (DESIGN section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.sheet import serials
from sync.core.sheet.rows import NOTHING, Raw, Row, Table
from sync.core.sheet.tabs import Layout, Tab


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
    """A person's cell that a write of ours covered. ``row`` is a hint, ``was`` people's other cells by header: what
    the row is known by wherever it went."""

    tab: str
    row: int
    header: str
    value: Raw
    covering: Raw
    was: Mapping[str, Raw]


@dataclass
class TabPlan:
    """The writes of one tab, with the header and the touched rows as they were when it was planned.

    ``appends``: rows to add at the end, each with a value for every column up to the last one used. ``given``: people's
    cells that this plan puts back; it then keeps every row of the tab, since such a write must not miss its row.
    """

    tab: str
    header: tuple[str, ...]
    writes: list[Write] = field(default_factory=list)
    appends: list[tuple[Raw, ...]] = field(default_factory=list)
    rows: dict[int, tuple[Raw, ...]] = field(default_factory=dict)
    given: list[Restore] = field(default_factory=list)


@dataclass
class Plan:
    """All that a tick wants written, by tab key."""

    tabs: dict[str, TabPlan] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """Cells to write; an appended row counts its filled cells."""
        return sum(
            len(tab_plan.writes) + sum(1 for row in tab_plan.appends for cell in row if cell not in ("", None))
            for tab_plan in self.tabs.values()
        )

    def tab(self, layout: Layout) -> TabPlan:
        return self.tabs.setdefault(layout.tab.key, TabPlan(layout.tab.key, layout.header))


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


Settled = dict[Any, tuple[object, object]]


def wish(
    plan: Plan, layout: Layout, row: Row, cells: Mapping[str, Any], zone: ZoneInfo, settled: Settled, name: Any
) -> list[tuple[str, Raw, Raw]]:
    """Ask for service cells of a row. ``settled`` remembers by ``name`` which content (``row.parsed``) was found to
    say what these very ``cells`` ask, so that the same pair is not compared again. Returns what has to be written, as
    (column key, what stands there, what should)."""
    pair = settled.get(name)
    if pair is not None and pair[0] is row.parsed and pair[1] is cells:
        return []
    differences = _differences(plan, layout, row, cells, zone)
    if not differences:
        settled[name] = (row.parsed, cells)
    return differences


def _differences(
    plan: Plan, layout: Layout, row: Row, cells: Mapping[str, Any], zone: ZoneInfo
) -> list[tuple[str, Raw, Raw]]:
    at, raw, width = layout.at, row.raw, len(row.raw)
    differences: list[tuple[str, Raw, Raw]] = []
    for key, value in cells.items():
        wished = value if isinstance(value, str) else to_raw(value, zone)
        index = at[key]
        seen = raw[index] if index < width else ""
        if seen is wished or same(seen, wished):
            continue
        _own(layout, key)
        tab_plan = plan.tab(layout)
        tab_plan.rows[row.number] = raw
        tab_plan.writes.append(Write(row.number, index, wished))
        differences.append((key, seen, wished))
    return differences


def _own(layout: Layout, key: str) -> None:
    column = layout.tab.by_key[key]
    if column.owner != "service":
        raise Trespass(f"{layout.tab.title} {column.header} belongs to people")


def wish_rows(
    plan: Plan,
    layout: Layout,
    rows: Sequence[Row],
    wished: Mapping[tuple[str, ...], Mapping[str, Any]],
    zone: ZoneInfo,
    settled: Settled,
) -> None:
    """Ask for the rows of a tab that the service fills, by key: changed cells, then new rows at the end.

    A row whose key nobody wishes for, and a second row with the same key, lose their service cells; what people
    wrote beside them stays.
    """
    seen: set[tuple[str, ...]] = set()
    empty = {column.key: "" for column in layout.tab.service}
    for row in rows:
        key = row.parsed.key
        target = wished.get(key) if key not in seen else None
        seen.add(key)
        wish(plan, layout, row, empty if target is None else target, zone, settled, key)
    width = max(layout.at.values()) + 1
    for key, cells in wished.items():
        if key not in seen:
            added: list[Raw] = [""] * width
            for name, value in cells.items():
                _own(layout, name)
                added[layout.at[name]] = to_raw(value, zone)
            plan.tab(layout).appends.append(tuple(added))


def wish_list(
    plan: Plan, layout: Layout, rows: Sequence[Row], wished: Sequence[Mapping[str, Any]], zone: ZoneInfo
) -> None:
    """Ask for the rows of a tab without columns of people, one under the other: no gap is left where one went."""
    by_number = {row.number: row for row in rows}
    last = max(by_number, default=1)
    empty = {column.key: "" for column in layout.tab.service}
    for number in range(2, max(last, len(wished) + 1) + 1):
        row = by_number.get(number) or Row(number, (), NOTHING)
        cells = wished[number - 2] if number - 2 < len(wished) else empty
        if number <= last:
            wish(plan, layout, row, cells, zone, {}, number)
        else:
            append_row(plan, layout, {name: to_raw(value, zone) for name, value in cells.items()})


def append_row(plan: Plan, layout: Layout, cells: Mapping[str, Raw]) -> None:
    """Add a row at the end, whoever its cells belong to."""
    added: list[Raw] = [""] * (max(layout.at.values()) + 1)
    for name, value in cells.items():
        added[layout.at[name]] = value
    plan.tab(layout).appends.append(tuple(added))


def land(plan: Plan, seen: Mapping[str, Table], tabs: Mapping[str, Tab]) -> list[Restore]:
    """Which cells of people the plan's writes covered, judging by where the headers stand now.

    ``seen`` may hold only the touched rows (a reply) or everything (the next read). A write that never arrived
    covers nothing, since the cell does not hold its value.
    """
    restores: list[Restore] = []
    for key, tab_plan in plan.tabs.items():
        table = seen.get(key)
        if table is None:
            continue
        if _moved(tab_plan.header, table.header):
            restores += [*_covered(tab_plan, table, tabs[key]), *tab_plan.given]
        elif tab_plan.given:
            restores += _missed(tab_plan, table, tabs[key])
    return restores


def _missed(tab_plan: TabPlan, table: Table, tab: Tab) -> Iterable[Restore]:
    """Cells put back into a row that had moved meanwhile: the row that stands there now gets its own cell back, and
    the row that was meant is tried again."""
    by_number = dict(enumerate(table.rows, start=table.first))
    written = {(write.row, write.column) for write in tab_plan.writes}
    for given in tab_plan.given:
        column = tab_plan.header.index(given.header) if given.header in tab_plan.header else None
        row = by_number.get(given.row)
        if column is None or row is None:
            continue
        aside = {at for number, at in written if number == given.row}
        was = tab_plan.rows.get(given.row, ())
        if _alike(row, was, aside):
            twins = (other for number, other in tab_plan.rows.items() if number != given.row)
            if any(_alike(other, was, aside) for other in twins):
                yield given  # which of two equal rows this is can't be told: look once more
            continue
        yield given
        own = max(tab_plan.rows.values(), key=lambda was: _common(row, was, aside), default=())
        own = own if _common(row, own, aside) else ()  # a row that was empty has nothing to get back
        value = own[column] if column < len(own) else ""
        if not same(value, given.value):
            yield Restore(
                tab_plan.tab, given.row, given.header, value, given.value, _people(tab_plan.header, own, tab, column)
            )


def _alike(row: Sequence[Raw], was: Sequence[Raw], aside: set[int]) -> bool:
    width = max(len(row), len(was))
    return all(
        same(row[i] if i < len(row) else "", was[i] if i < len(was) else "") for i in range(width) if i not in aside
    )


def _common(row: Sequence[Raw], was: Sequence[Raw], aside: set[int]) -> int:
    """Filled cells that the two rows share."""
    return sum(1 for i, cell in enumerate(row) if i not in aside and cell not in ("", None) and i < len(was)
               and same(cell, was[i]))  # fmt: skip


def _moved(before: Sequence[str], now: Sequence[str]) -> bool:
    width = max(len(before), len(now))
    return _padded(before, width) != _padded(now, width)


def _padded(header: Sequence[str], width: int) -> list[str]:
    return [*header, *[""] * (width - len(header))]


def _covered(tab_plan: TabPlan, table: Table, tab: Tab) -> Iterable[Restore]:
    service = {column.header for column in tab.service}
    by_number = dict(enumerate(table.rows, start=table.first))
    writes = [(write.row, write.column, write.value, tab_plan.rows.get(write.row, ())) for write in tab_plan.writes]
    writes += [
        (number, column, value, ())
        for number, row in by_number.items()
        for added in tab_plan.appends
        if _starts(row, added)
        for column, value in enumerate(added)
        if value not in ("", None)
    ]
    for number, column, value, was in writes:
        header = table.header[column] if column < len(table.header) else ""
        row = by_number.get(number, ())
        stands = row[column] if column < len(row) else ""
        if header in service or number not in by_number or not same(stands, value):
            continue
        before = _before(tab_plan.header, header, was)
        if not same(before, value):
            yield Restore(tab_plan.tab, number, header, before, value, _people(tab_plan.header, was, tab, header))


def _people(header: Sequence[str], row: Sequence[Raw], tab: Tab, aside: str | int) -> dict[str, Raw]:
    """People's filled cells of a row by header, but the one that is ``aside`` (by header or index)."""
    service = {column.header for column in tab.service}
    return {
        name: row[i]
        for i, name in enumerate(header)
        if name and name not in service and aside not in (name, i) and i < len(row) and row[i] not in ("", None)
    }


def _starts(row: Sequence[Raw], added: Sequence[Raw]) -> bool:
    filled = [(i, value) for i, value in enumerate(added) if value not in ("", None)]
    return bool(filled) and all(i < len(row) and same(row[i], value) for i, value in filled)


def _before(header: Sequence[str], name: str, was: Sequence[Raw]) -> Raw:
    """What stood under that header before; nothing under a column that is new."""
    if name in header:
        index = header.index(name)
        return was[index] if index < len(was) else ""
    return ""


def give_back(table: Table, restores: Iterable[Restore], plan: Plan, tab: Tab) -> Table:
    """The table with people's cells back in it, and the plan with the writes that put them back."""
    rows = [list(row) for row in table.rows]
    given = False
    for restore in restores:
        place = _find(rows, table, restore)
        if place is None:
            continue
        index, column = place
        given = True
        number = index + table.first
        target = plan.tabs.setdefault(tab.key, TabPlan(tab.key, tuple(table.header)))
        target.rows |= {at: tuple(row) for at, row in enumerate(table.rows, table.first) if at not in target.rows}
        target.writes.append(Write(number, column, restore.value))
        target.given.append(replace(restore, row=number))
        rows[index] += [""] * (column + 1 - len(rows[index]))
        rows[index][column] = restore.value
    return Table(table.tab, table.header, rows, table.first) if given else table


def _find(rows: Sequence[Sequence[Raw]], table: Table, restore: Restore) -> tuple[int, int] | None:
    """The cell (row index, column) that still holds our value under that header, in the row that looks most like the
    one that it was; nowhere, when no row shares half of what that one held."""
    columns = [at for at, header in enumerate(table.header) if header == restore.header]
    if restore.header and len(columns) > 1:
        return None
    at = {name: table.header.index(name) for name in restore.was if name in table.header}
    best, place = len(restore.was) - 1, None
    for index, row in enumerate(rows):
        for column in columns:
            if same(row[column] if column < len(row) else "", restore.covering):
                like = sum(1 for name, i in at.items() if i < len(row) and same(row[i], restore.was[name]))
                score = 2 * like + (index + table.first == restore.row)
                if score > best:
                    best, place = score, (index, column)
    return place
