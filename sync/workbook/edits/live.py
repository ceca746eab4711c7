"""Edits by row id: what a grid that several people type into needs beyond coordinates.

A coordinate is true only at the version at which it was read; a row's id (its record number) stays true while rows
come, go and move. An edit is checked against what its author saw, and falls on that row or on none.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.row import Row, Value
from sync.workbook.edits.cells import put_value
from sync.workbook.edits.dimensions import lines
from sync.workbook.edits.dimensions.dimensions import delete, extend, insert
from sync.workbook.edits.sorting import sort_rows
from sync.workbook.schema.errors import Json

GONE, CHANGED = "gone", "changed"
UNSEEN = object()  # the author does not say what he saw


@dataclass(frozen=True)
class Put:
    """One cell. ``row``: the id, or 0 for the never written row at position ``at``. ``to``: an ExtendedValue, empty
    to clear. ``was``: the value that must still stand there."""

    row: int
    at: int
    column: int
    to: Json
    was: Any = UNSEEN


@dataclass(frozen=True)
class Test:
    """What a filter wants of a column (-1: any column): to read as one of the ``allowed`` texts (None: any), to hold
    ``words`` (in small letters), to be a number from ``start`` on and below ``end``."""

    column: int
    allowed: frozenset[str] | None
    words: str
    start: float | None = None
    end: float | None = None


Text = Callable[[int, Value], str]  # how a value of a column reads


@dataclass(frozen=True)
class Refusal:
    """Why a put did not happen: the row is gone, or another value stands there now."""

    why: str
    now: Value = ""


@dataclass(frozen=True)
class Written:
    """A put that happened: the id of the row that took it, what stood there before, and what stands there now, each a
    formula or a value."""

    row: int
    before: Value
    after: Value


@dataclass(frozen=True)
class Taken:
    """Rows that were deleted: ids, contents, how they stood, and the row that stood below each run."""

    runs: tuple[tuple[int, int, tuple[tuple[int, Row], ...]], ...]

    @property
    def count(self) -> int:
        return sum(len(rows) for _, _, rows in self.runs)


@dataclass(frozen=True)
class TakenColumn:
    """A column that was deleted: where it stood, how it looked, and what stood in it by the rows' ids."""

    at: int
    look: Json
    cells: Mapping[int, tuple[Value, Json]]


def block(sheet: Sheet, top: int, bottom: int) -> list[tuple[int, Row]]:
    """Ids and contents of rows by position; (0, empty) where nothing was ever written."""
    order, rows = sheet.grid.order[top:bottom], sheet.grid.rows(top, bottom)
    return [(number, row or Row([], {})) for number, row in zip(order, rows, strict=True)]


def place(sheet: Sheet, row: int) -> int | None:
    """Where the row with that id stands; None when it is gone."""
    try:
        return sheet.grid.order.index(row) if row > 0 else None
    except ValueError:
        return None


def put(book: Book, sheet: Sheet, puts: Sequence[Put]) -> list[Refusal | Written]:
    """Write cells; what became of each, or why not. A refused one leaves the others alone. Cells of never
    written rows keep together: when one of these rows is somebody's by now, be it empty, all go below the last."""
    offset = _rows_below(book, sheet, [cell.at for cell in puts if not cell.row])
    places = {row: place(sheet, row) for row in {cell.row for cell in puts if cell.row}}
    return [_put(book, sheet, cell, places[cell.row] if cell.row else cell.at + offset) for cell in puts]


def _rows_below(book: Book, sheet: Sheet, blanks: list[int]) -> int:
    """How far down cells meant for never written rows must go."""
    if not blanks:
        return 0
    order, first, last = sheet.grid.order, min(blanks), max(blanks)
    taken = any(at < len(order) and order[at] for at in set(blanks))
    offset = max(0, _used(order) - first) if taken else 0
    if last + offset >= sheet.rows:
        extend(book, sheet, "ROWS", last + offset + 1 - sheet.rows)
    return offset


def _used(order: Sequence[int]) -> int:
    """The position below the last row that has an id."""
    return next((at + 1 for at in range(len(order) - 1, -1, -1) if order[at]), 0)


def _put(book: Book, sheet: Sheet, put: Put, index: int | None) -> Refusal | Written:
    if index is None:
        return Refusal(GONE)
    row = sheet.grid.edit(index)
    now = stands(row, put.column)
    if put.was is not UNSEEN and now not in (put.was, next(iter(put.to.values()), "")):
        return Refusal(CHANGED, now)
    put_value(book, sheet, index, put.column, row, put.to)
    return Written(sheet.grid.order[index], now, stands(row, put.column))


def stands(row: Row, column: int) -> Value:
    """What a cell was given: a formula or a value."""
    stands: Value = row.cells.get(column, {}).get("formula", row.value(column))
    return stands


def insert_rows(book: Book, sheet: Sheet, at: int, count: int) -> None:
    """Empty rows at a position, each with an id from the start."""
    insert(book, sheet, "ROWS", at, count, at > 1)
    for index in range(at, at + count):
        sheet.grid.edit(index)


def take_rows(book: Book, sheet: Sheet, ids: Iterable[int]) -> Taken:
    """Delete rows by id; those that are gone already are left out."""
    places = sorted(at for at in (place(sheet, row) for row in ids) if at)  # never the header
    runs = []
    for start, end in reversed(list(_stretches(places))):
        stop = min(end, start + sheet.rows - 2)  # a sheet keeps a row beside its header
        rows = tuple((number, Row(list(row.values), dict(row.cells))) for number, row in block(sheet, start, stop))
        order = sheet.grid.order
        runs.append((start, order[stop] if stop < len(order) else 0, rows))
        delete(book, sheet, "ROWS", start, stop)
    return Taken(tuple(runs))


def _stretches(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    start = None
    for n, at in enumerate(places):
        start = at if start is None else start
        if n + 1 == len(places) or places[n + 1] != at + 1:
            yield start, at + 1
            start = None


def put_back(book: Book, sheet: Sheet, taken: Taken) -> None:
    """Rows that were deleted stand again, with their ids, above the row that was below them."""
    for start, below, rows in reversed(taken.runs):
        at_below = place(sheet, below)
        at = at_below if at_below is not None else min(start, max(1, len(sheet.grid.order)))
        insert(book, sheet, "ROWS", at, len(rows), False)
        for index, (number, row) in enumerate(rows, at):
            sheet.grid.revive(index, number, row)
    book.recalculate = True


def take_column(book: Book, sheet: Sheet, at: int) -> TakenColumn:
    """Delete a column."""
    rows = block(sheet, 0, sheet.rows)
    cells = {number: (row.value(at), dict(row.cells.get(at, {}))) for number, row in rows if number}
    taken = TakenColumn(
        at,
        lines.properties(sheet, "COLUMNS").get(at, {}),
        {number: cell for number, cell in cells.items() if cell[0] != "" or "formula" in cell[1]},
    )
    delete(book, sheet, "COLUMNS", at, at + 1)
    return taken


def put_column_back(book: Book, sheet: Sheet, taken: TakenColumn) -> None:
    """A column that was deleted stands again where it stood, with what rows that are still there had in it."""
    at = min(taken.at, sheet.columns)
    insert(book, sheet, "COLUMNS", at, 1, at > 0)
    lines.keep(sheet, "COLUMNS", {**lines.properties(sheet, "COLUMNS"), at: taken.look})
    for index, number in enumerate(sheet.grid.order):
        if number in taken.cells:
            row, (value, cell) = sheet.grid.edit(index), taken.cells[number]
            row.put(at, value)
            row.cells[at] = {**row.cells.get(at, {}), **cell}
    book.recalculate = True


def sort(book: Book, sheet: Sheet, keys: Sequence[tuple[int, bool]]) -> array[int]:
    """Sort all rows under the header by columns, each down or up, the first first; the order before."""
    before = sheet.grid.order[:]
    box = sheet.whole()._replace(top=1)
    orders = [{"dimensionIndex": at, "sortOrder": "DESCENDING" if down else "ASCENDING"} for at, down in keys]
    sort_rows(book, sheet, box, orders)
    return before


def arrange(sheet: Sheet, before: array[int]) -> bool:
    """The order of before a sort again; False when rows came or went since."""
    order = sheet.grid.order
    if sorted(order) != sorted(before):
        return False
    at = {number: index for index, number in enumerate(order) if number}
    blanks = (index for index, number in enumerate(order) if not number)
    sheet.grid.reorder_rows(0, [at[number] if number else next(blanks) for number in before])
    return True


def matching(sheet: Sheet, tests: Sequence[Test], text: Text, group: Text) -> array[int]:
    """Ids of the rows under the header that pass all tests. ``text``: how a value of a column reads; ``group``: under
    which of a filter's values it falls."""
    order = sheet.grid.order
    lists = sheet.grid.lists(sheet.whole()._replace(top=1, bottom=max(len(order), 1)))
    numbers = array("I")
    for number, values in zip(order[1:], lists, strict=False):
        if number and all(_passes(values, test, text, group) for test in tests):
            numbers.append(number)
    return numbers


def _passes(values: list[Value], test: Test, text: Text, group: Text) -> bool:
    if test.column < 0:
        return any(test.words in text(at, value).casefold() for at, value in enumerate(values))
    value = values[test.column] if test.column < len(values) else ""
    if test.allowed is not None and group(test.column, value) not in test.allowed:
        return False
    if not (test.start is None and test.end is None) and not _within(value, test):
        return False
    return test.words in text(test.column, value).casefold()


def _within(value: Value, test: Test) -> bool:
    """Whether a value is a number from ``start`` on and below ``end``."""
    if isinstance(value, str | bool):
        return False
    return (test.start is None or value >= test.start) and (test.end is None or value < test.end)


def holding(
    sheet: Sheet, words: str, ids: Collection[int] | None, columns: Collection[int] | None, text: Text, most: int
) -> tuple[list[tuple[int, int]], bool]:
    """Row id and column of the first ``most`` cells under the header in which words occur, row by row; whether there
    are more. ``ids``: only in these rows. ``columns``: only texts, and only in these columns."""
    order, cells = sheet.grid.order, list[tuple[int, int]]()
    lists = sheet.grid.lists(sheet.whole()._replace(top=1, bottom=max(len(order), 1)))
    for number, values in zip(order[1:], lists, strict=False):
        if not number or (ids is not None and number not in ids):
            continue
        for at, value in enumerate(values):
            if columns is not None and not (isinstance(value, str) and at in columns):
                continue
            if words in text(at, value).casefold():
                cells.append((number, at))
        if len(cells) > most:
            return cells[:most], True
    return cells, False


def distinct(
    sheet: Sheet, column: int, text: Text, order: Callable[[str], Any], most: int
) -> tuple[list[tuple[str, int]], bool]:
    """What stands in a column under the header, each with how often; whether there is more than ``most``. ``order``:
    the sort key of a text."""
    counts: dict[str, int] = {}
    for values in sheet.grid.lists(sheet.whole()._replace(top=1, bottom=max(len(sheet.grid.order), 1))):
        shown = text(column, values[column]) if column < len(values) else ""
        counts[shown] = counts.get(shown, 0) + 1
    return sorted(counts.items(), key=lambda pair: order(pair[0]))[:most], len(counts) > most
