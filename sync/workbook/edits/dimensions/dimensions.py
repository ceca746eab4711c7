"""Rows and columns inserted, deleted, moved, appended, hidden, sized and grouped (sheets-api.md section 9)."""

from __future__ import annotations

from typing import Any

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.row import Row
from sync.workbook.edits.dimensions.shifts import Shift, shift_all
from sync.workbook.edits.spans import NOUN, ends_of, size_of
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid

_INHERITED = ("userEnteredFormat", "dataValidation")


def insert_dimension(book: Book, request: Json) -> None:
    """insertDimension: new rows or columns take their formats from the neighbour that the request names."""
    sheet, dimension, start, end = ends_of(book, request["range"])
    before = bool(request.get("inheritFromBefore"))
    if before and start == 0:
        raise invalid("inheritFromBefore cannot be true when inserting at index 0.")
    if start > size_of(sheet, dimension):
        raise invalid(
            f"range.startIndex[{start}] is after last {NOUN[dimension]} in sheet[{size_of(sheet, dimension)}]"
        )
    insert(book, sheet, dimension, start, end - start, before)


def insert(book: Book, sheet: Sheet, dimension: str, at: int, count: int, before: bool) -> None:
    """Makes room for rows or columns and shifts everything behind."""
    if count <= 0:
        return
    rows, columns = sheet.rows, sheet.columns
    rows, columns = (rows + count, columns) if dimension == "ROWS" else (rows, columns + count)
    book.check_size(rows, columns, instead_of=sheet)
    template = {}
    if dimension == "ROWS":
        template = _template(sheet, at - 1 if before else at)
        sheet.grid.insert_rows(at, count)
    else:
        _insert_columns(sheet, at, count, before)
    sheet.resize(rows, columns)
    shift_all(book, sheet, Shift(dimension, at, count))
    _stretch(sheet, 0 if dimension == "ROWS" else 2, at, count, before)
    _inherit(sheet, template, at, count)


def _template(sheet: Sheet, index: int) -> dict[int, Json]:
    """What new rows inherit from the row beside them."""
    row = sheet.grid.peek(index) if 0 <= index < sheet.rows else None
    if row is None:
        return {}
    looks = {c: {k: cell[k] for k in _INHERITED if k in cell} for c, cell in row.cells.items()}
    return {column: look for column, look in looks.items() if look}


def _stretch(sheet: Sheet, edge: int, at: int, count: int, before: bool) -> None:
    """Lets painted ranges that end or begin beside the new rows cover them, since these inherit their look."""
    for layer in sheet.layers.stored:
        ends = layer["range"]
        if before and ends[edge + 1] == at:
            ends[edge + 1] = at + count
        elif not before and ends[edge] == at + count:
            ends[edge] = at


def _insert_columns(sheet: Sheet, at: int, count: int, before: bool) -> None:
    source = at - 1 if before else at

    sheet.touch(len(sheet.grid.order), count)

    def change(values: list[Any]) -> None:
        if at < len(values):
            values[at:at] = [""] * count

    sheet.grid.rewrite_columns(change, lambda column: column + count if column >= at else column)
    _copy_column_looks(sheet, source if source < at else source + count, at, count)


def _copy_column_looks(sheet: Sheet, source: int, at: int, count: int) -> None:
    for index, row in enumerate(sheet.grid.rows(0, sheet.rows)):
        cell = row.cells.get(source, {}) if row else {}
        look = {key: cell[key] for key in _INHERITED if key in cell}
        if look:
            sheet.touch(count)
            sheet.grid.edit(index).cells.update({column: dict(look) for column in range(at, at + count)})


def delete_dimension(book: Book, request: Json) -> None:
    """deleteDimension: never all rows or columns, never all that are not frozen."""
    sheet, dimension, start, end = ends_of(book, request["range"])
    size, noun = size_of(sheet, dimension), NOUN[dimension]
    if start >= size:
        raise invalid(
            f"Cannot delete a {noun} that doesn't exist. "
            f"Tried to delete {noun} index {start} but there are only {size} {noun}s."
        )
    end = min(end, size)
    if end - start >= size:
        raise invalid(f"You can't delete all the {noun}s on the sheet.")
    frozen = sheet.props["gridProperties"].get(f"frozen{noun.capitalize()}Count", 0)
    kept_frozen = frozen - max(0, min(end, frozen) - start)
    if kept_frozen >= size - (end - start):
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {noun}s.")
    delete(book, sheet, dimension, start, end)
    if frozen:
        _set_frozen(sheet, noun, kept_frozen)


def _set_frozen(sheet: Sheet, noun: str, count: int) -> None:
    key = f"frozen{noun.capitalize()}Count"
    sheet.props["gridProperties"].pop(key, None)
    if count:
        sheet.props["gridProperties"][key] = count


def delete(book: Book, sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Takes rows or columns away and shifts everything behind."""
    if dimension == "ROWS":
        sheet.grid.delete_rows(start, end)
        sheet.resize(rows=sheet.rows - (end - start))
    else:
        delete_columns(sheet, start, end)
        sheet.resize(columns=sheet.columns - (end - start))
    shift_all(book, sheet, Shift(dimension, start, start - end))


def delete_columns(sheet: Sheet, start: int, end: int) -> None:
    """Takes columns out of every row."""

    def change(values: list[Any]) -> None:
        del values[start:end]

    shift = Shift("COLUMNS", start, start - end)
    sheet.grid.rewrite_columns(change, shift.index)


def move_dimension(book: Book, request: Json) -> None:
    """moveDimension: `destinationIndex` counts before the move."""
    sheet, dimension, start, end = ends_of(book, request["source"])
    to, size = request.get("destinationIndex", 0), size_of(sheet, dimension)
    if start >= size or end > size or not 0 <= to <= size:
        raise invalid(f"Cannot move {NOUN[dimension]}s [{start}:{end}) to index {to}: beyond the grid.")
    if start <= to <= end:
        return
    shift = Shift(dimension, start, end - start, to)
    if dimension == "ROWS":
        bake(sheet, Box(min(start, to), max(end, to), 0, sheet.columns))
        sheet.grid.move_rows(start, end, to)
    else:
        bake(sheet, sheet.whole())
        _move_columns(sheet, start, end, to, shift)
    shift_all(book, sheet, shift)


def _move_columns(sheet: Sheet, start: int, end: int, to: int, shift: Shift) -> None:
    def change(values: list[Any]) -> None:
        values.extend([""] * (max(end, to) - len(values)))
        moved = values[start:end]
        del values[start:end]
        at = to if to <= start else to - len(moved)
        values[at:at] = moved

    sheet.grid.rewrite_columns(change, shift.index)


def bake(sheet: Sheet, box: Box) -> None:
    """Gives cells their own look where a painted range covers only some rows of what is about to move."""
    if not sheet.layers.uneven(box):
        return
    formats = sheet.layers.columns(box, "format")
    rules = sheet.layers.columns(box, "validation")
    sheet.touch(max(0, min(box.bottom, len(sheet.grid.order)) - box.top), len(formats) + len(rules))
    for index in range(box.top, min(box.bottom, max(len(sheet.grid.order), box.top))):
        row = sheet.grid.edit(index)
        _bake_row(sheet, row, index, formats, rules)


def _bake_row(sheet: Sheet, row: Row, index: int, formats: list[int], rules: list[int]) -> None:
    for column in formats:
        if "userEnteredFormat" not in row.cells.get(column, {}):
            row.cells.setdefault(column, {})["userEnteredFormat"] = sheet.layers.format_at(index, column)
    for column in rules:
        if "dataValidation" not in row.cells.get(column, {}):
            row.cells.setdefault(column, {})["dataValidation"] = sheet.layers.validation_at(index, column)


def append_dimension(book: Book, request: Json) -> None:
    """appendDimension: rows or columns at the end, looking like the last ones."""
    sheet = book.sheet(request.get("sheetId", 0))
    dimension, count = request.get("dimension", ""), request.get("length", 0)
    if dimension not in NOUN:
        raise invalid("No dimension was specified.")
    if count <= 0:
        raise invalid("length must be greater than 0.")
    extend(book, sheet, dimension, count)


def extend(book: Book, sheet: Sheet, dimension: str, count: int) -> None:
    """Rows or columns at the end: nothing lies behind them, so nothing shifts."""
    rows, columns = sheet.rows, sheet.columns
    grown = (rows + count, columns) if dimension == "ROWS" else (rows, columns + count)
    book.check_size(*grown, instead_of=sheet)
    sheet.resize(*grown)
    if dimension == "ROWS":
        _stretch(sheet, 0, rows, count, True)
        _inherit(sheet, _template(sheet, rows - 1), rows, count)
    else:
        _stretch(sheet, 2, columns, count, True)
        _copy_column_looks(sheet, columns - 1, columns, count)


def _inherit(sheet: Sheet, template: dict[int, Json], at: int, count: int) -> None:
    sheet.touch(count, len(template))
    for index in range(at, at + count) if template else ():
        sheet.grid.edit(index).cells.update({column: dict(cell) for column, cell in template.items()})
