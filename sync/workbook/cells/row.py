"""One row in memory, and as it is stored.

A value is what UNFORMATTED_VALUE shows: a string, a number, a boolean, "" where nothing stands. All else that a cell
carries (formula, error, format, note, validation) is in `Row.cells` by column.
"""

from __future__ import annotations

from itertools import compress, repeat
from operator import ne
from typing import Any

import orjson

from sync.workbook.schema.errors import Json

Value = Any  # str | int | float | bool
# id, bit set of the filled columns, whether it holds formulas, values, all else
RowRecord = tuple[int, int, bool, bytes, bytes | None]
OF_FORMULA = ("error", "over", "link")  # what a cell carries of its formula's last result
_BITS = [1 << column for column in range(62)]
_WIDE = len(_BITS)  # columns that the bit set tells apart; one more bit stands for all others


class Row:
    """One record in memory. `values` has no trailing blanks."""

    __slots__ = ("cells", "values")

    def __init__(self, values: list[Value], cells: dict[int, Json]) -> None:
        self.values, self.cells = values, cells

    def value(self, column: int) -> Value:
        """What stands in the column, "" for nothing."""
        return self.values[column] if column < len(self.values) else ""

    def put(self, column: int, value: Value) -> None:
        """Sets the value of a column."""
        values = self.values
        if column < len(values):
            values[column] = value
            if value == "":
                trim(values)
        elif value != "":
            values.extend([""] * (column - len(values)))
            values.append(value)

    def filled(self) -> int:
        """The columns in which something stands, as a bit set."""
        bits = sum(compress(_BITS, map(ne, self.values, repeat(""))))
        for column, cell in self.cells.items():
            if "formula" in cell and column < _WIDE:
                bits |= 1 << column
        return bits | (1 << _WIDE if len(self.values) > _WIDE else 0)

    def columns(self) -> int:
        """As `filled`, with a bit for every column."""
        bits = sum(1 << column for column, value in enumerate(self.values) if value != "")
        for column, cell in self.cells.items():
            if "formula" in cell:
                bits |= 1 << column
        return bits

    def record(self, row_id: int) -> RowRecord:
        """The row as it is stored."""
        cells = self.cells
        extra = orjson.dumps(cells, option=orjson.OPT_NON_STR_KEYS) if cells else None
        formulas = bool(cells) and any("formula" in cell for cell in cells.values())
        return row_id, self.filled(), formulas, orjson.dumps(self.values), extra


def trim(values: list[Value]) -> list[Value]:
    """Drops trailing blanks, in place."""
    while values and values[-1] == "":
        values.pop()
    return values


def decode(vals: bytes, extra: bytes | None) -> Row:
    """A stored record in memory."""
    cells = {int(column): cell for column, cell in orjson.loads(extra).items()} if extra else {}
    return Row(orjson.loads(vals), cells)


def plain(row: Row, column: int) -> None:
    """Forgets the formula of a cell and what is known of it."""
    cell = row.cells.get(column)
    if cell is not None:
        for key in ("formula", *OF_FORMULA):
            cell.pop(key, None)
        if not cell:
            del row.cells[column]
