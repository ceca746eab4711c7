"""spreadsheets.get: the document with its sheets and, where wished, the cells of ranges (sheets-api.md section 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from sync.workbook.api.conditional import look_of
from sync.workbook.cells.formats import show
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.row import Row, decode
from sync.workbook.edits import metadata
from sync.workbook.edits.dimensions import lines
from sync.workbook.edits.dimensions.groups import answered_groups
from sync.workbook.edits.ranges import answered_protection, answered_rule, with_sheet
from sync.workbook.edits.sheets import properties
from sync.workbook.schema.a1 import Bounds, Box
from sync.workbook.schema.errors import Json
from sync.workbook.schema.masks import Tree, has, keep

URL = "https://docs.google.com/spreadsheets/d/{}/edit"
_CELL = ("sheets", "data", "rowData", "values")
VALUES_ALONE: tuple[Tree, ...] = ({"userEnteredValue": {}}, {"effectiveValue": {}})
EMPTY = b"{}"
ROWS_AT_ONCE = 500  # texts that are put together


def document(book: Book, ranges: Sequence[tuple[Sheet, Bounds]], mask: Tree | None, grid_data: bool) -> bytes:
    """The Spreadsheet as JSON text. `mask` None means all fields; then `grid_data` says whether cells are in."""
    wished = [(sheet, sheet.clip(bounds)) for sheet, bounds in ranges]
    cells = grid_data if mask is None else "sheets" in mask and has(mask, "sheets", "data") and mask != {}
    sheets = []
    for sheet in book.sheets:
        boxes = [box for other, box in wished if other is sheet]
        if boxes or not ranges:
            sheets.append(_sheet(book, sheet, boxes or [sheet.whole()], mask, cells))
    whole: Json = {"spreadsheetId": book.id, "properties": {"title": book.name, **book.meta["properties"]}}
    whole["sheets"] = sheets
    whole["spreadsheetUrl"] = URL.format(book.id)
    if book.named_ranges:
        whole["namedRanges"] = book.named_ranges
    if book.meta.get("developerMetadata"):
        whole["developerMetadata"] = [entry.answer() for entry in metadata.entries(book) if entry.sheet is None]
    masked = keep(whole, _without_cells(mask))
    return orjson.dumps(masked)


def _without_cells(mask: Tree | None) -> Tree | None:
    # Cells are built as wished and come as ready text; what lies below `data` needs no second masking.
    if mask is None or "sheets" not in mask or "data" not in mask["sheets"]:
        return mask
    return {**mask, "sheets": {**mask["sheets"], "data": {}}}


def _sheet(book: Book, sheet: Sheet, boxes: list[Box], mask: Tree | None, cells: bool) -> Json:
    answer: Json = {"properties": properties(book, sheet)}
    meta = sheet.meta
    if cells:
        tree = None if mask is None else _below(mask, "sheets", "data")
        answer["data"] = [_grid_data(book, sheet, box, tree) for box in boxes]
    if meta.get("merges"):
        answer["merges"] = [sheet.ranged(merge) for merge in meta["merges"]]
    if meta.get("conditionalFormats"):
        answer["conditionalFormats"] = [answered_rule(sheet, rule) for rule in meta["conditionalFormats"]]
    if meta.get("protectedRanges"):
        answer["protectedRanges"] = [answered_protection(book, sheet, item) for item in meta["protectedRanges"]]
    if meta.get("basicFilter"):
        answer["basicFilter"] = {**meta["basicFilter"], "range": sheet.ranged(meta["basicFilter"]["range"])}
    if meta.get("bandedRanges"):
        answer["bandedRanges"] = [{**b, "range": sheet.ranged(b["range"])} for b in meta["bandedRanges"]]
    if meta.get("filterViews"):
        answer["filterViews"] = [with_sheet(sheet, view) for view in meta["filterViews"]]
    tied = [entry.answer() for entry in metadata.of_sheet(sheet) if entry.kind == "SHEET"]
    if tied:
        answer["developerMetadata"] = tied
    for key in ("rowGroups", "columnGroups"):
        if meta.get(key):
            answer[key] = answered_groups(sheet, meta[key])
    return answer


def _below(mask: Tree | None, *path: str) -> Tree | None:
    for word in path:
        if not mask:
            return None
        mask = mask.get(word)
    return mask or None


def _grid_data(book: Book, sheet: Sheet, box: Box, mask: Tree | None) -> Any:
    """One GridData, masked."""
    answer: Json = {}
    if box.top and has(mask, "startRow"):
        answer["startRow"] = box.top
    if box.left and has(mask, "startColumn"):
        answer["startColumn"] = box.left
    if has(mask, "rowData"):
        rows = _row_data(book, sheet, box, _below(mask, "rowData", "values"))
        if rows is not None:
            answer["rowData"] = rows
    if has(mask, "rowMetadata"):
        answer["rowMetadata"] = keep(lines.shown(sheet, "ROWS", box.top, box.bottom), _below(mask, "rowMetadata"))
    if has(mask, "columnMetadata"):
        answer["columnMetadata"] = keep(
            lines.shown(sheet, "COLUMNS", box.left, box.right), _below(mask, "columnMetadata")
        )
    return answer


def _row_data(book: Book, sheet: Sheet, box: Box, mask: Tree | None) -> Any:
    if mask in VALUES_ALONE:
        return _values_alone(sheet, box, next(iter(mask or ())))
    builder = _cell_builder(book, sheet, mask)
    painted = _painted(sheet, box, mask)
    rows = sheet.grid.rows(box.top, box.bottom)
    if painted:
        sheet.touch(max(len(rows), min(box.bottom, _painted_bottom(sheet, box)) - box.top), len(painted))
    answer = []
    for index, row in enumerate(rows, box.top):
        answer.append(_row(builder, index, row, box, painted))
    if painted:
        missing = range(box.top + len(rows), min(box.bottom, _painted_bottom(sheet, box)))
        answer.extend(_row(builder, index, None, box, painted) for index in missing)
    while answer and not answer[-1]:
        answer.pop()
    return answer or None


def _painted(sheet: Sheet, box: Box, mask: Tree | None) -> list[int]:
    kinds = {"format": ("userEnteredFormat", "effectiveFormat"), "validation": ("dataValidation",)}
    columns: set[int] = set()
    for kind, keys in kinds.items():
        if any(has(mask, key) for key in keys):
            columns.update(sheet.layers.columns(box, kind))
    return sorted(columns)


def _painted_bottom(sheet: Sheet, box: Box) -> int:
    return max((layer["range"][1] for layer in sheet.layers.stored if Box(*layer["range"]).meets(box)), default=0)


CellBuilder = Callable[[int, int, Row], Json]


def _row(builder: CellBuilder, index: int, row: Row | None, box: Box, painted: list[int]) -> Json:
    if row is None:
        if not painted:
            return {}
        row = Row([], {})
    last = max(len(row.values), max(row.cells, default=-1) + 1, painted[-1] + 1 if painted else 0)
    cells = [builder(index, column, row) for column in range(box.left, min(box.right, last))]
    while cells and not cells[-1]:
        cells.pop()
    return {"values": cells} if cells else {}


def _cell_builder(book: Book, sheet: Sheet, mask: Tree | None) -> CellBuilder:
    def wished(key: str) -> bool:
        return mask is None or key in mask

    values, locale = [k for k in ("userEnteredValue", "effectiveValue", "formattedValue") if wished(k)], book.locale
    formats, effective = wished("userEnteredFormat"), wished("effectiveFormat")
    hyperlink, look = wished("hyperlink"), look_of(book, sheet) if effective else None
    validation, own = wished("dataValidation"), [k for k in ("note", "textFormatRuns") if wished(k)]

    def build(index: int, column: int, row: Row) -> Json:
        cell: Json = {}
        value, carried = row.value(column), row.cells.get(column, {})
        if value != "" or "formula" in carried:
            _add_values(cell, values, value, carried, sheet, index, column, row, locale)
        entered = sheet.cell_format(index, column, row) if formats or effective else {}
        if formats and entered:
            cell["userEnteredFormat"] = entered
        painted = look(index, column, row) if look else {}
        if effective and (entered or painted or value != ""):
            cell["effectiveFormat"] = _merged(_merged(book.meta["properties"]["defaultFormat"], entered), painted)
        if hyperlink and (link := _link(sheet, index, column, row, carried)):
            cell["hyperlink"] = link
        rule = sheet.validation(index, column, row) if validation else None
        if rule:
            cell["dataValidation"] = rule
        cell.update({key: carried[key] for key in own if key in carried})
        return keep(cell, mask) if mask else cell

    return build


def _link(sheet: Sheet, index: int, column: int, row: Row, carried: Json) -> str:
    """Where a cell leads: by its formula, its format, or the single link among its runs of text; empty: nowhere."""
    runs = {run.get("format", {}).get("link", {}).get("uri", "") for run in carried.get("textFormatRuns", ())} - {""}
    own = sheet.cell_format(index, column, row).get("textFormat", {}).get("link", {}).get("uri", "")
    link: str = carried.get("link") or own or (runs.pop() if len(runs) == 1 else "")
    return link


def _add_values(
    cell: Json,
    wished: list[str],
    value: Any,
    carried: Json,
    sheet: Sheet,
    index: int,
    column: int,
    row: Row,
    locale: str,
) -> None:
    for key in wished:
        if key == "formattedValue":
            number_format = sheet.cell_format(index, column, row).get("numberFormat")
            cell[key] = show(value, number_format, locale)
        else:
            cell[key] = _extended(key, value, carried)


def _extended(key: str, value: Any, carried: Json) -> Json:
    """What was entered into a cell, or what it comes to, as an ExtendedValue."""
    if key == "userEnteredValue":
        formula = carried.get("formula")
        return {"formulaValue": formula} if formula else extended(value)
    return {"errorValue": carried["error"]} if "error" in carried else extended(value)


def extended(value: Any) -> Json:
    """A value as an ExtendedValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"stringValue": value} if isinstance(value, str) else {"numberValue": value}


def _merged(base: Json, over: Json) -> Json:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merge = (
            isinstance(value, dict) and isinstance(below, dict) and not key.lower().endswith(("color", "colorstyle"))
        )
        merged[key] = _merged(below, value) if merge else value  # type: ignore[arg-type]
    return merged


# The masks that a program which only wants to see what it wrote sends: built without looking at each field, as one JSON
# text, since a whole tab in small objects takes a hundred times its room, and ten times in a text for each row.

_KINDS = {str: "stringValue", int: "numberValue", float: "numberValue", bool: "boolValue"}


def _values_alone(sheet: Sheet, box: Box, key: str) -> orjson.Fragment | None:
    whole, part, empty = list[bytes](), list[bytes](), 0
    for record in sheet.grid.records(box.top, box.bottom):
        cells = _cells_alone(record, box, key) if record else ()
        if not cells:
            empty += 1
            continue
        part += [*[EMPTY] * empty, orjson.dumps({"values": cells})]
        empty = 0
        if len(part) >= ROWS_AT_ONCE:
            whole.append(b",".join(part))
            part = []
    whole += [b",".join(part)] if part else []
    return orjson.Fragment(b"".join((b"[", b",".join(whole), b"]"))) if whole else None


def _cells_alone(record: tuple[bytes, bytes | None], box: Box, key: str) -> list[Json]:
    """What stands in the cells of a row, without the empty ones at its end."""
    kinds, left, right = _KINDS, box.left, box.right
    values = orjson.loads(record[0])[left:right]
    cells: list[Json] = [{} if v == "" else {key: {kinds[v.__class__]: v}} for v in values]
    if record[1]:
        _add_carried(cells, decode(*record), key, left, right)
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _add_carried(cells: list[Json], row: Row, key: str, left: int, right: int) -> None:
    """Formulas and errors in their places, which stand beside the values of a row."""
    for column, carried in row.cells.items():
        value = row.value(column)
        if left <= column < right and ("formula" in carried or ("error" in carried and value != "")):
            cells.extend({} for _ in range(column - left + 1 - len(cells)))
            cells[column - left] = {key: _extended(key, value, carried)}
