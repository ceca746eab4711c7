"""CellData written into cells: updateCells, appendCells, repeatCell, setDataValidation, updateBorders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sync.workbook.cells.formats import settle_colours
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.row import Row, plain
from sync.workbook.edits.values import check_length, clear, grow, put_formula, put_raw
from sync.workbook.formulas.references import offset
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid
from sync.workbook.schema.masks import assign, paths, required_fields

SMALL = 50  # cells up to which a look is written into the cells instead of painted over the range
_OWN = ("note", "textFormatRuns")


class Mask(NamedTuple):
    """A mask over CellData sorted by what it touches."""

    value: bool
    formats: tuple[tuple[str, ...], ...]
    validation: bool
    own: tuple[str, ...]


VALUE_ALONE = Mask(True, (), False, ())
NO_VALUE: Json = {}


@lru_cache(256)
def cell_mask(fields: str) -> Mask:
    """The mask of a request that writes CellData; `*` is everything a user can enter."""
    named = paths("CellData", fields)
    heads = {path[0] for path in named if path}
    every = () in named
    formats = {twin for path in named if path[:1] == ("userEnteredFormat",) for twin in _twins(path[1:])}
    return Mask(
        every or "userEnteredValue" in heads,
        ((),) if every or () in formats else tuple(sorted(formats)),
        every or "dataValidation" in heads,
        tuple(key for key in _OWN if every or key in heads),
    )


def _twins(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A path and, where it names a colour, its twin: backgroundColor and backgroundColorStyle."""
    for n, word in enumerate(path):
        if word.endswith("ColorStyle"):
            path = (*path[:n], word)
            yield (*path[:n], word.removesuffix("Style"))
        elif word.endswith("Color") and word != "rgbColor":
            path = (*path[:n], word)
            yield (*path[:n], word + "Style")
            break
    yield path


def put_cell(book: Book, sheet: Sheet, at: tuple[int, int], row: Row, given: Json, mask: Mask) -> None:
    """Makes the masked fields of a cell what they are in the given CellData; absent means cleared."""
    index, column = at
    if mask.value:
        put_value(book, sheet, index, column, row, given.get("userEnteredValue"))
    if mask.formats:
        _put_format(sheet, index, column, row, given.get("userEnteredFormat", {}), mask.formats)
    if mask.validation:
        put_validation(sheet, column, row, given.get("dataValidation"))
    for key in mask.own:
        if given.get(key):
            row.cells.setdefault(column, {})[key] = given[key]
        elif column in row.cells:
            row.cells[column].pop(key, None)
    if column in row.cells and not row.cells[column]:
        del row.cells[column]


def put_value(book: Book, sheet: Sheet, index: int, column: int, row: Row, value: Json | None) -> None:
    """Puts an ExtendedValue; a string stays text whatever it begins with."""
    if not value:
        put_raw(book, sheet, index, column, row, "")
    elif "formulaValue" in value:
        put_formula(book, row, column, value["formulaValue"])
    elif "stringValue" in value:
        check_length(value["stringValue"])
        put_raw(book, sheet, index, column, row, value["stringValue"])
    elif "numberValue" in value or "boolValue" in value:
        put_raw(book, sheet, index, column, row, value.get("numberValue", value.get("boolValue")))
    else:
        raise invalid("Cannot set an error value.")


def _put_format(
    sheet: Sheet, index: int, column: int, row: Row, given: Json, formats: Sequence[tuple[str, ...]]
) -> None:
    merged = dict(sheet.cell_format(index, column, row))
    for path in formats:
        assign(merged, given, path)
    merged = pruned(merged)
    if merged or sheet.layers.format_at(index, column):
        row.cells.setdefault(column, {})["userEnteredFormat"] = merged
    elif column in row.cells:
        row.cells[column].pop("userEnteredFormat", None)


def pruned(value: Json) -> Json:
    """The format without the empty messages that clearing a field leaves behind; an empty colour is black."""
    clean_value = {}
    for key, item in value.items():
        below = isinstance(item, dict) and not key.lower().endswith(("color", "colorstyle"))
        clean = pruned(item) if below else item
        if clean != {} or key.lower().endswith("color"):
            clean_value[key] = clean
    return clean_value


def put_validation(sheet: Sheet, column: int, row: Row, rule: Json | None) -> None:
    """Gives a cell a validation rule of its own, or none."""
    if rule is None and not sheet.layers.stored:
        if column in row.cells:
            row.cells[column].pop("dataValidation", None)
        return
    row.cells.setdefault(column, {})["dataValidation"] = rule


# Requests


def update_cells(book: Book, request: Json) -> None:
    """updateCells: with `range` what the rows do not cover is cleared, with `start` it is left alone."""
    mask = cell_mask(required_fields(request))
    rows = request.get("rows", [])
    if mask.formats:
        rows = settle_colours(rows)
    if "range" in request:
        sheet = book.sheet(request["range"].get("sheetId", 0))
        box = sheet.loose_box(request["range"])
        _check_fits(rows, box)
        _check_on_grid(sheet, box)
        _clear_rest(book, sheet, box, rows, mask)
    else:
        start = request.get("start", {})
        sheet = book.sheet(start.get("sheetId", 0))
        top, left = sheet.corner(start)
        width = max((len(row.get("values", ())) for row in rows), default=0)
        box = Box(top, top + len(rows), left, left + width)
        _check_on_grid(sheet, box)
    _put_rows(book, sheet, box.top, box.left, rows, mask)


def _check_on_grid(sheet: Sheet, box: Box) -> None:
    if box.bottom > sheet.rows and box.bottom > box.top:
        raise invalid(f"Attempting to write row: {sheet.rows}, beyond the last requested row of: {sheet.rows - 1}")
    if box.right > sheet.columns and box.right > box.left:
        raise invalid(
            f"Attempting to write column: {sheet.columns}, beyond the last requested column of: {sheet.columns - 1}"
        )


def _check_fits(rows: list[Json], box: Box) -> None:
    if box.top + len(rows) > box.bottom:
        raise invalid(f"Attempting to write row: {box.bottom}, beyond the last requested row of: {box.bottom - 1}")
    for row in rows:
        if box.left + len(row.get("values", ())) > box.right:
            raise invalid(
                f"Attempting to write column: {box.right}, beyond the last requested column of: {box.right - 1}"
            )


def _clear_rest(book: Book, sheet: Sheet, box: Box, rows: list[Json], mask: Mask) -> None:
    """Clears what the given rows leave of the range: the ends of short rows, and all rows below."""
    for index, given in enumerate(rows, box.top):
        rest = Box(index, index + 1, box.left + len(given.get("values", ())), box.right)
        if rest.right > rest.left:
            _repeat(book, sheet, rest, {}, mask)
    below = box._replace(top=box.top + len(rows))
    if below.bottom > below.top:
        _repeat(book, sheet, below, {}, mask)


def _put_rows(book: Book, sheet: Sheet, top: int, left: int, rows: list[Json], mask: Mask) -> None:
    is_value_alone = mask == VALUE_ALONE
    for index, given in enumerate(rows, top):
        values = given.get("values")
        if not values:
            continue
        row = sheet.grid.edit(index)
        for column, cell in enumerate(values, left):
            if not is_value_alone or column in row.cells:
                put_cell(book, sheet, (index, column), row, cell, mask)
                continue
            value = cell.get("userEnteredValue") or NO_VALUE
            if len(value) == 1 and "stringValue" in value:  # nearly all of a large write
                check_length(value["stringValue"])
                row.put(column, value["stringValue"])
            else:
                put_value(book, sheet, index, column, row, value)


def append_cells(book: Book, request: Json) -> None:
    """appendCells: below the last row that holds data, growing the grid where needed."""
    sheet = book.sheet(request.get("sheetId", 0))
    mask = cell_mask(required_fields(request))
    rows = settle_colours(request.get("rows", [])) if mask.formats else request.get("rows", [])
    top = _below_data(sheet)
    width = max((len(row.get("values", ())) for row in rows), default=0)
    grow(book, sheet, top + len(rows), width)
    _put_rows(book, sheet, top, 0, rows, mask)


def _below_data(sheet: Sheet) -> int:
    for index in range(len(sheet.grid.order) - 1, -1, -1):
        row = sheet.grid.peek(index)
        if row is not None and (row.values or any("formula" in cell for cell in row.cells.values())):
            return index + 1
    return 0


def repeat_cell(book: Book, request: Json) -> None:
    """repeatCell: the same cell everywhere in the range, formulas shifted as if copied."""
    sheet = book.sheet(request.get("range", {}).get("sheetId", 0))
    mask = cell_mask(required_fields(request))
    _repeat(book, sheet, sheet.cells(request.get("range", {})), settle_colours(request.get("cell", {})), mask)


def _repeat(book: Book, sheet: Sheet, box: Box, cell: Json, mask: Mask) -> None:
    large = (box.bottom - box.top) * (box.right - box.left) > SMALL
    if large and (mask.formats or mask.validation):
        paint(sheet, box, cell, mask)
        mask = mask._replace(formats=(), validation=False)
    if mask.value and not cell.get("userEnteredValue"):
        clear(sheet, box)
        mask = mask._replace(value=False)
    if not cell and not sheet.layers.stored:
        box = box._replace(bottom=min(box.bottom, len(sheet.grid.order)))  # below, nothing is there to be cleared
    if not any(mask):
        return
    sheet.touch(box.bottom - box.top, box.right - box.left)
    for index in range(box.top, box.bottom):
        row = sheet.grid.edit(index)
        for column in range(box.left, box.right):
            put_cell(book, sheet, (index, column), row, _copied(cell, index - box.top, column - box.left), mask)


def _copied(cell: Json, rows: int, columns: int) -> Json:
    formula = cell.get("userEnteredValue", {}).get("formulaValue")
    if formula is None or not (rows or columns):
        return cell
    return {**cell, "userEnteredValue": {"formulaValue": offset(formula, rows, columns)}}


def paint(sheet: Sheet, box: Box, cell: Json, mask: Mask) -> None:
    """Lays a look over a large range and takes it out of the cells that have one of their own."""
    given = cell.get("userEnteredFormat", {})
    for index, grid_row in enumerate(sheet.grid.rows(box.top, box.bottom), box.top):
        for column in [c for c in grid_row.cells if box.left <= c < box.right] if grid_row else ():
            row = sheet.grid.edit(index)
            if mask.validation:
                row.cells[column].pop("dataValidation", None)
            _repaint(row, column, given, mask)
    if mask.formats:
        sheet.layers.paint_format(box, given, mask.formats)
    if mask.validation:
        sheet.layers.paint_validation(box, cell.get("dataValidation"))


def _repaint(row: Row, column: int, given: Json, mask: Mask) -> None:
    cell = row.cells[column]
    if mask.formats and "userEnteredFormat" in cell:
        own = dict(cell["userEnteredFormat"])
        for path in mask.formats:
            assign(own, given, path)
        cell["userEnteredFormat"] = own
    if not cell:
        del row.cells[column]


def set_data_validation(book: Book, request: Json) -> None:
    """setDataValidation: a rule for every cell of the range, or none."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    cell = {"dataValidation": request["rule"]} if "rule" in request else {}
    _check_rule(request.get("rule"))
    _repeat(book, sheet, sheet.cells(request["range"]), cell, Mask(False, (), True, ()))


def _check_rule(rule: Json | None) -> None:
    if rule is not None and not rule.get("condition", {}).get("type"):
        raise invalid("DataValidationRule.condition.type is required.")


_SIDES = ("top", "bottom", "left", "right")


def update_borders(book: Book, request: Json) -> None:
    """updateBorders: the outer edges, and the inner ones by innerHorizontal and innerVertical."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    box = sheet.cells(request["range"])
    request = settle_colours(request)
    sheet.touch(box.bottom - box.top, box.right - box.left)
    for index in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            edges = _edges(request, box, index, column)
            given = {"borders": {side: border for side, border in edges.items() if border.get("style") != "NONE"}}
            mask = tuple(("borders", side) for side in edges)
            if mask:
                _put_format(sheet, index, column, sheet.grid.edit(index), given, mask)


def _edges(request: Json, box: Box, index: int, column: int) -> dict[str, Any]:
    outer = {
        "top": index == box.top,
        "bottom": index == box.bottom - 1,
        "left": column == box.left,
        "right": column == box.right - 1,
    }
    inner = {"top": "innerHorizontal", "bottom": "innerHorizontal", "left": "innerVertical", "right": "innerVertical"}
    names = {side: side if outer[side] else inner[side] for side in _SIDES}
    return {side: request[name] for side, name in names.items() if name in request}


def forget_value(row: Row, column: int) -> None:
    """Empties a cell's value and formula."""
    row.put(column, "")
    plain(row, column)
