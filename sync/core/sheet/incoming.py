"""Rows that a file brings, held against those that stand in the tab: new, there already, or there with other cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.core.sheet.amendments import by_header, marks_of, staff_cells
from sync.core.sheet.plan import Restore, same
from sync.core.sheet.rows import Raw, Table, fingerprint, plain
from sync.core.sheet.tabs import Layout
from sync.core.sheet.values.texts import narrow

FileRow = tuple[int, Mapping[str, Raw]]  # number in the file, people's cells by column key


@dataclass(frozen=True)
class Amended:
    """A row of the file that is there with other cells: ``old`` and ``new`` by column key."""

    number: int  # in the file
    row: int  # in the sheet
    old: Mapping[str, Raw]
    new: Mapping[str, Raw]


@dataclass(frozen=True)
class Incoming:
    """What a file's rows are to the tab. A cell that is empty in the file changes nothing."""

    fresh: tuple[FileRow, ...]
    there: tuple[int, ...]  # numbers in the file
    amended: tuple[Amended, ...]

    def restores(self, layout: Layout, table: Table) -> list[Restore]:
        """The changed cells as the ledger hands them to the next look."""
        cells = dict(staff_cells(layout, table))
        return [restore for change in self.amended for restore in _restores(layout, change, cells[change.row])]


def _restores(layout: Layout, change: Amended, cells: Mapping[str, Raw]) -> Iterator[Restore]:
    headers = {column.key: column.header for column in layout.tab.columns}
    was = {headers[key]: cell for key, cell in cells.items() if key not in change.new}
    every = {key: (cells.get(key, ""), change.new.get(key, cells.get(key, ""))) for key in {*cells, *change.new}}
    marks = by_header(layout.tab, marks_of(layout.tab, every))
    for key, value in change.new.items():
        yield Restore(layout.tab.key, change.row, headers[key], value, change.old[key], was, marks)


def compare(
    layout: Layout, table: Table, rows: Iterable[FileRow], ids: Mapping[int, str], elsewhere: Collection[str] = ()
) -> Incoming:
    """The rows of a file, each known by the id that it brings (``ids``, by its number), else by the cells that make a
    row that row; equal rows are as many as they are. ``elsewhere``: ids of rows in another tab (archived)."""
    standing = [(number, cells) for number, cells in staff_cells(layout, table) if cells]
    by_id = _by_id(layout, table)
    cells_of: dict[int, Mapping[str, Raw]] = dict(standing)
    alike: dict[str, list[int]] = defaultdict(list)
    for number, cells in reversed(standing):
        alike[fingerprint(layout.tab, cells)].append(number)
    fresh, there, amended = list[FileRow](), list[int](), list[Amended]()
    for number, given in rows:
        name = ids.get(number, "")
        row = by_id.get(name) or _taken(alike[fingerprint(layout.tab, given)])
        if row is None and name not in elsewhere:
            fresh.append((number, given))
            continue
        new = {key: value for key, value in given.items() if row and not same(cells_of[row].get(key, ""), value)}
        if row and new:
            amended.append(Amended(number, row, {key: cells_of[row].get(key, "") for key in new}, new))
        else:
            there.append(number)
    return Incoming(tuple(fresh), tuple(there), tuple(amended))


def _taken(numbers: list[int]) -> int | None:
    return numbers.pop() if numbers else None


def _by_id(layout: Layout, table: Table) -> dict[str, int]:
    at = layout.at.get(layout.tab.id, -1)
    ids: Sequence[tuple[str, int]] = [
        (narrow(plain(row[at])), number) for number, row in enumerate(table.rows, table.first) if 0 <= at < len(row)
    ]
    return {name: number for name, number in ids if name}
