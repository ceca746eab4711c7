"""spreadsheets.batchUpdate: the kinds of request as one table; all of them apply, in order, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from sync.workbook.api.document import document
from sync.workbook.cells.model import Book
from sync.workbook.edits import (
    cells,
    fill,
    filter_views,
    metadata,
    paste,
    ranges,
    sheets,
    sorting,
    texts,
)
from sync.workbook.edits.dimensions import dimensions, groups, lines
from sync.workbook.formulas.evaluate import recalculate
from sync.workbook.schema.errors import ApiError, Json, invalid, violation
from sync.workbook.schema.masks import Tree, has, keep, tree
from sync.workbook.schema.schema import SHEETS, read

Kind = Callable[[Book, Json], Json | None]

REQUEST_KINDS: dict[str, Kind] = {
    "addBanding": ranges.add_banding,
    "addConditionalFormatRule": ranges.add_conditional_format,
    "addDimensionGroup": groups.add_group,
    "addFilterView": filter_views.add_filter_view,
    "addNamedRange": ranges.add_named_range,
    "addProtectedRange": ranges.add_protected_range,
    "addSheet": sheets.add_sheet,
    "appendCells": cells.append_cells,
    "appendDimension": dimensions.append_dimension,
    "autoFill": fill.auto_fill,
    "autoResizeDimensions": lines.auto_resize,
    "clearBasicFilter": ranges.clear_basic_filter,
    "copyPaste": paste.copy_paste,
    "createDeveloperMetadata": metadata.create_metadata,
    "cutPaste": paste.cut_paste,
    "deleteBanding": ranges.delete_banding,
    "deleteConditionalFormatRule": ranges.delete_conditional_format,
    "deleteDeveloperMetadata": metadata.delete_metadata,
    "deleteDimension": dimensions.delete_dimension,
    "deleteDimensionGroup": groups.delete_group,
    "deleteDuplicates": sorting.delete_duplicates,
    "deleteFilterView": filter_views.delete_filter_view,
    "deleteNamedRange": ranges.delete_named_range,
    "deleteProtectedRange": ranges.delete_protected_range,
    "deleteRange": paste.delete_range,
    "deleteSheet": sheets.delete_sheet,
    "duplicateFilterView": filter_views.duplicate_filter_view,
    "duplicateSheet": sheets.duplicate_sheet,
    "findReplace": texts.find_replace,
    "insertDimension": dimensions.insert_dimension,
    "insertRange": paste.insert_range,
    "mergeCells": ranges.merge_cells,
    "moveDimension": dimensions.move_dimension,
    "pasteData": paste.paste_data,
    "randomizeRange": sorting.randomize_range,
    "repeatCell": cells.repeat_cell,
    "setBasicFilter": ranges.set_basic_filter,
    "setDataValidation": cells.set_data_validation,
    "sortRange": sorting.sort_range,
    "textToColumns": texts.text_to_columns,
    "trimWhitespace": texts.trim_whitespace,
    "unmergeCells": ranges.unmerge_cells,
    "updateBanding": ranges.update_banding,
    "updateBorders": cells.update_borders,
    "updateCells": cells.update_cells,
    "updateConditionalFormatRule": ranges.update_conditional_format,
    "updateDeveloperMetadata": metadata.update_metadata,
    "updateDimensionGroup": groups.update_group,
    "updateDimensionProperties": lines.update_dimension_properties,
    "updateFilterView": filter_views.update_filter_view,
    "updateNamedRange": ranges.update_named_range,
    "updateProtectedRange": ranges.update_protected_range,
    "updateSheetProperties": sheets.update_sheet_properties,
    "updateSpreadsheetProperties": sheets.update_spreadsheet_properties,
}


def batch_update(book: Book, body: Json, fields: str, large: Iterable[Json] = ()) -> bytes:
    """Applies a BatchUpdateSpreadsheetRequest; the JSON text of its reply, masked. ``large``: the requests of a large
    body, which is without them; each is read when the one before is done."""
    request = read("BatchUpdateSpreadsheetRequest", _checked(body))
    mask = tree("BatchUpdateSpreadsheetResponse", fields) if fields else None
    replies = _all_applied(book, request.pop("requests", ())) or _each_applied(book, large)
    if not replies:
        raise invalid("Must specify at least one request.")
    recalculate(book)
    return _answer(book, request, replies, mask)


def _all_applied(book: Book, requests: Sequence[Json]) -> list[Json]:
    """The replies to requests that were read together."""
    return [_apply(book, n, request) for n, request in enumerate(requests)]


def _each_applied(book: Book, large: Iterable[Json]) -> list[Json]:
    """The same, each read when the one before is done. What does not fit its message comes before what a request can't
    do, as where all were read before the first was applied."""
    replies, refusal = list[Json](), list[ApiError]()
    for n, given in enumerate(large):
        request = read("Request", given, (((), "requests"), n))
        try:
            replies += [] if refusal else [_apply(book, n, request)]
        except ApiError as error:
            refusal.append(error)
        for sheet in book.sheets:
            sheet.grid.give_room()
    if refusal:
        raise refusal[0]
    return replies


def _checked(body: Json) -> Json:
    for n, item in enumerate(body.get("requests") or () if isinstance(body.get("requests"), list) else ()):
        if item is not None and not isinstance(item, dict | list):
            kind = SHEETS + "BatchUpdateSpreadsheetRequest.Request"
            shown = orjson.dumps(item).decode()
            raise violation(f"requests[{n}]", f"Invalid value at 'requests[{n}]' ({kind}), {shown}")
    return body


def _apply(book: Book, number: int, request: Json) -> Json:
    if not request:
        raise invalid(f"Invalid requests[{number}]: No request set.")
    if len(request) > 1:
        name = list(request)[1]
        text = f"Invalid value at 'requests[{number}]' (oneof), oneof field 'kind' is already set. Cannot set '{name}'"
        raise violation(f"requests[{number}]", text)
    name, body = next(iter(request.items()))
    try:
        content = REQUEST_KINDS[name](book, body)
    except ApiError as refusal:
        raise refusal.prefixed(f"Invalid requests[{number}].{name}: ") from None
    except KeyError as missing:
        raise invalid(f"Invalid requests[{number}].{name}: {missing.args[0]} is required.") from None
    return {} if content is None else {name: content}


def _answer(book: Book, request: Json, replies: list[Json], mask: Tree | None) -> bytes:
    answer: Json = {"spreadsheetId": book.id, "replies": replies}
    text = orjson.dumps(keep(answer, mask))
    if not request.get("includeSpreadsheetInResponse") or not has(mask, "updatedSpreadsheet"):
        return text
    below: Any = mask.get("updatedSpreadsheet") or None if mask else None
    grid_data = bool(request.get("responseIncludeGridData"))
    shown = [book.resolve(text) for text in request.get("responseRanges", [])]
    updated = document(book, shown, below, grid_data)
    comma = b"," if len(text) > 2 else b""
    return b"".join((text[:-1], comma, b'"updatedSpreadsheet":', updated, b"}"))
