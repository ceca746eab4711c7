"""Where a table of data lies, and where values.append puts its rows (sheets-api.md section 6)."""

from __future__ import annotations

from functools import reduce
from operator import or_

from sync.workbook.cells.model import Sheet
from sync.workbook.schema.a1 import Box

_EDGE = 62  # columns that the stored bit sets tell apart


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
