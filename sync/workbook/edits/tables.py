"""Where a table of data lies, and where values.append puts its rows (sheets-api.md section 6)."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import NamedTuple

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.schema.a1 import Bounds, Box

_EDGE = 62  # columns that the stored bit sets tell apart


class LastTable(NamedTuple):
    """Where an append left the table of a sheet, so that the next one needs not read all rows to find it again.

    Holds for that version of the document and that range alone. ``free_of_rules``: keys of the sheets in which no cell
    has a rule of its own with a formula.
    """

    version: int
    searched: Bounds
    table: Box
    free_of_rules: frozenset[int]


def after_append(book: Book, sheet: Sheet, searched: Bounds, table: Box, written: Box) -> LastTable | None:
    """What the next append may take over, of a document that was saved. None where it has to look for itself: what was
    written touches more than the table. Formulas worked out anew change no table: they count as filled whatever
    they show."""
    if not _continues(sheet, table, written):
        return None
    free = frozenset(each.key for each in book.sheets if not each.grid.rule_rows())
    return LastTable(book.version, searched, table._replace(bottom=written.bottom), free)


def _continues(sheet: Sheet, table: Box, written: Box) -> bool:
    """Whether the rows below a table belong to it now, and nothing else does that did not before."""
    if written.top != table.bottom or table.right >= _EDGE:
        return False
    inside = _column_bits(table.left, table.right, _EDGE)
    around = _column_bits(table.left - 1, table.right + 1, _EDGE)
    count = written.bottom - written.top
    bits = sheet.grid.filled(written.top, written.bottom + 1)
    rows, below = bits[:count], bits[count:]
    return len(rows) == count and all(row & inside and not row & around & ~inside for row in rows) and not any(
        row & around for row in below
    )


def table_in(sheet: Sheet, searched: Box) -> Box | None:
    """The last table that has a cell in the searched range; None when nothing stands there."""
    filled = sheet.grid.filled(0, sheet.rows)
    edge = _EDGE
    if sheet.columns > _EDGE and any(bits >> _EDGE for bits in filled):
        filled, edge = sheet.grid.filled_exactly(0, sheet.rows), sheet.columns
    seed = _last_cell(filled, searched, edge)
    if seed is None:
        return None
    return _region(filled, *seed, edge)


def _column_bits(left: int, right: int, edge: int) -> int:
    """The bits of columns from left to right, the right one exclusive; those from the edge on share one bit."""
    low, high = min(max(left, 0), edge), min(max(right, left + 1), edge + 1)
    return ((1 << max(high, low + 1)) - 1) & ~((1 << low) - 1)


def _last_cell(filled: list[int], searched: Box, edge: int) -> tuple[int, int] | None:
    columns = _column_bits(searched.left, searched.right, edge)
    for index in range(min(searched.bottom, len(filled)) - 1, searched.top - 1, -1):
        bits = filled[index] & columns
        if bits:
            return index, bits.bit_length() - 1
    return None


def _region(filled: list[int], row: int, column: int, edge: int) -> Box:
    """The block of cells around a cell up to empty rows and columns on all sides, corners counting as sides."""
    top, bottom, left, right = row, row + 1, column, column + 1
    while True:
        before = (top, bottom, left, right)
        columns = _column_bits(left - 1, right + 1, edge)
        while top > 0 and filled[top - 1] & columns:
            top -= 1
        while bottom < len(filled) and filled[bottom] & columns:
            bottom += 1
        union = reduce(or_, filled[max(top - 1, 0) : bottom + 1], 0)
        while left > 0 and union >> (left - 1) & 1:
            left -= 1
        while right < edge and union >> right & 1:
            right += 1
        if (top, bottom, left, right) == before:
            return Box(top, bottom, left, right)
