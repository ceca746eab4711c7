"""The cells of one sheet within one transaction: read, edited in memory, and written at its end."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from sync.workbook.cells.row import Row, RowRecord, Value, decode, trim
from sync.workbook.cells.transaction import SHIFT, Transaction, numbers, span
from sync.workbook.schema.a1 import Box

EMPTY_ROW = b"[]"
MOST_AHEAD = 1024  # rows that are read at once where one was asked for
MOST_HELD = 4096  # rows that are held between two requests


class Grid:
    """The rows of a sheet. Row indexes are positions from the top, 0 first."""

    def __init__(self, tx: Transaction, key: int, next_row: int) -> None:
        self.tx, self.key, self.next_row = tx, key, next_row
        self._base = key << SHIFT
        self._rows: dict[int, Row] = {}
        self._dirty: dict[int, Row] = {}
        self._order: array[int] | None = None
        self._stored = b""
        self._moved = False
        self._gone: list[int] = []
        self._ahead, self._read_to = 1, -1  # how many rows were read at once, and up to which position
        self._first: array[int] | None = None
        self.touched: dict[int, Row] = {}  # by record number: all rows that were written, where anybody watches
        self.reshaped = False  # whether columns moved
        self.is_free_of_rules = False  # known: no cell's own validation rule holds a formula

    def before(self) -> tuple[array[int] | None, array[int]]:
        """The order of the rows as it was read and as it is now; None for one that nobody looked at."""
        return self._first, self.order if self._first is not None else array("I")

    @property
    def order(self) -> array[int]:
        """Record numbers by position; rows below its end are empty."""
        if self._order is None:
            self._stored = self.tx.order(self.key)
            self._order = numbers(self._stored)
            self._first = self._order[:]
        return self._order

    # Single rows

    def peek(self, index: int) -> Row | None:
        """The row for reading, None when nothing was ever written there."""
        order = self.order
        number = order[index] if index < len(order) else 0
        return self._read(index, number) if number else None

    def _read(self, index: int, number: int) -> Row:
        """The row at a position. Where rows are asked for one after the other, more and more are read at once."""
        if number not in self._rows:
            self._ahead = min(2 * self._ahead, MOST_AHEAD) if index == self._read_to else 1
            self._read_to = index + self._ahead
            if self._ahead > 1:
                self.rows(index, self._read_to)
        return self._load(number)

    def _load(self, number: int) -> Row:
        row = self._rows.get(number)
        if row is None:
            record = self.tx.row(self._base | number)
            row = decode(*record) if record else Row([], {})
            self._rows[number] = row
        return row

    def edit(self, index: int) -> Row:
        """The row for writing; it comes into being when there was none."""
        order = self.order
        number = order[index] if index < len(order) else 0
        if not number:
            return self._create(index)
        row = self._dirty[number] = self._read(index, number)
        if self.tx.watched:
            self.touched[number] = row
        return row

    def _create(self, index: int) -> Row:
        order = self.order
        if index >= len(order):
            _extend(order, index + 1)
        order[index] = self.next_row
        row = self._rows[self.next_row] = self._dirty[self.next_row] = Row([], {})
        if self.tx.watched:
            self.touched[self.next_row] = row
        self.next_row += 1
        self._moved = True
        return row

    def revive(self, index: int, number: int, row: Row) -> None:
        """A deleted record stands again in the place of a new row."""
        _extend(self.order, index + 1)
        instead = self.order[index]
        if instead:
            self._gone.append(instead)
            self._dirty.pop(instead, None)
            self.touched.pop(instead, None)
        self.order[index] = number
        self._rows[number] = self._dirty[number] = row
        if self.tx.watched:
            self.touched[number] = row
        self._moved = True

    # Many rows, for reading

    def texts(self, top: int, bottom: int) -> list[bytes]:
        """The JSON texts of whole rows, without the trailing empty ones."""
        texts: list[bytes] = self._column("vals", top, bottom, EMPTY_ROW)
        while texts and texts[-1] == EMPTY_ROW:
            texts.pop()
        return texts

    def _column(self, name: str, top: int, bottom: int, missing: Any) -> list[Any]:
        """One field of the records of rows, in the order of the rows."""
        self.flush_rows()
        order, base = self.order[top:bottom], self._base
        if _in_sequence(order):
            # As long as nobody sorted or inserted, the records lie in the file as the rows lie in the sheet.
            cells = self.tx.select(name, base | order[0], base | order[-1], "ORDER BY id")
            if len(cells) == len(order):
                return [value for (value,) in cells]
        known: dict[int, Any] = dict(self._select(f"id, {name}", order))
        return [known.get(base | number, missing) for number in order]

    def _select(self, columns: str, order: Sequence[int]) -> list[Any]:
        real = [number for number in order if number]
        if not real:
            return []
        low, high, base = min(real), max(real), self._base
        if high - low < 4 * len(real) + 100:
            return self.tx.select(columns, base | low, base | high)
        return self.tx.select_among(columns, (base | number for number in real))

    def lists(self, box: Box) -> list[list[Value]]:
        """The values of a rectangle, each row without trailing blanks and without trailing empty rows."""
        loads, left, right = orjson.loads, box.left, box.right
        lists = [trim(loads(text)[left:right]) for text in self.texts(box.top, box.bottom)]
        while lists and not lists[-1]:
            lists.pop()
        return lists

    def rows(self, top: int, bottom: int) -> list[Row | None]:
        """The rows with all that their cells carry, down to the last that was ever written."""
        order = self.order[top:bottom]
        missing = [number for number in order if number and number not in self._rows]
        base = self._base
        for row_id, vals, extra in self._select("id, vals, extra", missing):
            number = row_id - base
            if number not in self._rows:
                self._rows[number] = decode(vals, extra)
        return [self._load(number) if number else None for number in order]

    def records(self, top: int, bottom: int) -> list[tuple[bytes, bytes | None] | None]:
        """The stored texts of rows, values and all else, for who reads much and keeps nothing."""
        self.flush_rows()
        order, base = self.order[top:bottom], self._base
        known = {row_id: (vals, extra) for row_id, vals, extra in self._select("id, vals, extra", order)}
        return [known.get(base | number) for number in order]

    def filled(self, top: int, bottom: int) -> list[int]:
        """The bit set of filled columns of each row."""
        return self._column("filled", top, bottom, 0)

    def filled_exactly(self, top: int, bottom: int) -> list[int]:
        """The same for any number of columns, worked out from the rows themselves."""
        return [row.columns() if row else 0 for row in self.rows(top, bottom)]

    # Moving rows

    def insert_rows(self, at: int, count: int) -> None:
        """Makes room for empty rows."""
        order = self.order
        if at < len(order):
            order[at:at] = array("I", bytes(4 * count))
            self._moved = True

    def delete_rows(self, top: int, bottom: int) -> None:
        """Takes rows out."""
        order = self.order
        self._gone.extend(order[top:bottom])
        del order[top:bottom]
        self._moved = True

    def move_rows(self, top: int, bottom: int, to: int) -> None:
        """Moves rows before the row that stood at `to`."""
        order = self.order
        last = max(bottom, to)
        _extend(order, last)
        moved = order[top:bottom]
        del order[top:bottom]
        at = to if to <= top else to - len(moved)
        order[at:at] = moved
        self._moved = True

    def reorder_rows(self, top: int, sequence: Sequence[int]) -> None:
        """Puts the rows from `top` on into the order of the given positions."""
        order = self.order
        bottom = max(top + len(sequence), 0)
        _extend(order, bottom)
        order[top:bottom] = array("I", [order[index] for index in sequence])
        self._moved = True

    def cut(self, extent: int) -> None:
        """Drops everything below a row."""
        if extent < len(self.order):
            self.delete_rows(extent, len(self.order))

    # Columns

    def rewrite_columns(self, change: Callable[[list[Value]], None], shift: Callable[[int], int | None]) -> None:
        """Changes every row: `change` works on the list of values, `shift` says where a column goes (None: away)."""
        self.flush_rows()
        self._rows.clear()
        self.reshaped = True
        done: list[RowRecord] = []
        for row_id, vals, extra in self.tx.select("id, vals, extra", *span(self.key)):
            row = decode(vals, extra)
            change(row.values)
            trim(row.values)
            moved = ((shift(column), cell) for column, cell in row.cells.items())
            row.cells = {column: cell for column, cell in moved if column is not None}
            done.append(row.record(row_id))
        self.tx.save_rows(done)

    # The end

    def flush_rows(self) -> None:
        """Writes the edited rows."""
        if self._dirty:
            base = self._base
            self.tx.save_rows(row.record(base | number) for number, row in self._dirty.items())
            self._dirty.clear()

    def give_room(self) -> None:
        """Writes the edited rows and lets go of all, once they are many. Nobody may hold a row that he edits still."""
        if len(self._rows) > MOST_HELD:
            self.flush_rows()
            self._rows.clear()

    def flush(self) -> None:
        """Writes everything that changed."""
        self.flush_rows()
        if self._gone:
            self.tx.delete_rows(self.key, self._gone)
            self._gone.clear()
        if self._moved and self._order is not None:
            order = self._order
            new = order.tobytes()
            self.tx.save_order(self.key, self._stored, new)
            self._stored, self._moved = new, False

    def formula_rows(self) -> list[int]:
        """Positions of the rows that hold formulas."""
        self.flush_rows()
        low, high = span(self.key)
        rows = {row_id - self._base for (row_id,) in self.tx.formula_rows(low, high)}
        return [index for index, number in enumerate(self.order) if number in rows] if rows else []

    def rule_rows(self) -> list[int]:
        """Positions of the rows in which a cell's own validation rule holds a formula."""
        if self.is_free_of_rules:
            return []
        self.flush_rows()
        rows = {row_id - self._base for (row_id,) in self.tx.rule_rows(*span(self.key))}
        return [index for index, number in enumerate(self.order) if number in rows] if rows else []


def _extend(order: array[int], length: int) -> None:
    """Makes an order at least so long, with rows that have no record."""
    order.frombytes(bytes(4 * max(0, length - len(order))))


def _in_sequence(order: array[int]) -> bool:
    if not order or order[0] == 0 or order[-1] - order[0] != len(order) - 1:
        return False
    return order == array("I", range(order[0], order[-1] + 1))
