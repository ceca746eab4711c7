"""The methods that name ranges by data filters, and those of developer metadata (sheets-api.md section 10)."""

from __future__ import annotations

from typing import Any

import orjson

from sync.workbook.api.call import Call
from sync.workbook.api.document import document
from sync.workbook.api.spreadsheets import echo, shown_by, totals, update_answer
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits import metadata, values
from sync.workbook.edits.values import INPUT_OPTIONS, check_option, rows_of
from sync.workbook.formulas.evaluate import recalculate
from sync.workbook.schema import a1
from sync.workbook.schema.a1 import Bounds
from sync.workbook.schema.errors import ApiError, Json, not_found
from sync.workbook.schema.masks import tree
from sync.workbook.schema.schema import read


def get_by_data_filter(call: Call, file_id: str) -> bytes:
    """spreadsheets.getByDataFilter."""
    book = call.spreadsheet(file_id)
    body = read("GetSpreadsheetByDataFilterRequest", call.json())
    wished = [area for data_filter in body.get("dataFilters", []) for area in metadata.ranges(book, data_filter)]
    fields = call.option("fields")
    mask = tree("Spreadsheet", fields) if fields else None
    if body.get("dataFilters") and not wished:
        raise not_found("No range matches the data filters.")
    return document(book, wished, mask, bool(body.get("includeGridData")))


def values_batch_get(call: Call, file_id: str) -> Json:
    """values.batchGetByDataFilter: each range once, with all the filters that mean it."""
    book = call.spreadsheet(file_id)
    body = read("BatchGetValuesByDataFilterRequest", call.json())
    shown = shown_by(lambda name: body.get(name, ""))
    matched: dict[tuple[int, Bounds], list[Json]] = {}
    for data_filter in body.get("dataFilters", []):
        for sheet, bounds in metadata.ranges(book, data_filter):
            matched.setdefault((book.sheets.index(sheet), bounds), []).append(data_filter)
    answers = [
        {"valueRange": _value_range(book, book.sheets[at], bounds, shown), "dataFilters": filters}
        for (at, bounds), filters in matched.items()
    ]
    return {"spreadsheetId": book.id, **({"valueRanges": answers} if answers else {})}


def _value_range(book: Book, sheet: Sheet, bounds: Bounds, shown: values.Shown) -> Any:
    return orjson.loads(b"".join(values.value_range(book, sheet, bounds, shown)))


def values_batch_update(call: Call, file_id: str) -> Json:
    """values.batchUpdateByDataFilter: every range that a filter means gets the values."""
    body = read("BatchUpdateValuesByDataFilterRequest", call.json())
    option = check_option("valueInputOption", body.get("valueInputOption"), INPUT_OPTIONS)
    book = call.spreadsheet(file_id, write=True)
    done = []
    for n, item in enumerate(body.get("data", [])):
        rows = rows_of(item, f"data[{n}]")
        try:
            for sheet, bounds in metadata.ranges(book, item.get("dataFilter", {})):
                done.append((item, sheet, values.update(book, sheet, bounds, rows, option)))
        except ApiError as refusal:
            raise refusal.prefixed(f"Invalid data[{n}]: ") from None
    recalculate(book)
    wished = bool(body.get("includeValuesInResponse"))
    answers = []
    for item, sheet, update in done:
        shown = echo(lambda name: body.get(name, ""), wished, item)
        answer = update_answer(book, sheet, update, shown)
        del answer["spreadsheetId"]
        answers.append({**answer, "dataFilter": item["dataFilter"]})
    book.save()
    return totals(book, [(sheet, update) for _, sheet, update in done], answers)


def values_batch_clear(call: Call, file_id: str) -> Json:
    """values.batchClearByDataFilter."""
    book = call.spreadsheet(file_id, write=True)
    body = read("BatchClearValuesByDataFilterRequest", call.json())
    cleared = []
    for data_filter in body.get("dataFilters", []):
        for sheet, bounds in metadata.ranges(book, data_filter):
            box = sheet.clip(bounds)
            values.clear(sheet, box)
            cleared.append(a1.full(sheet.title, box))
    recalculate(book)
    book.save()
    return {"spreadsheetId": file_id, "clearedRanges": cleared}


def metadata_get(call: Call, file_id: str, metadata_id: str) -> Json:
    """developerMetadata.get."""
    book = call.spreadsheet(file_id)
    for entry in metadata.entries(book):
        if str(entry.stored["metadataId"]) == metadata_id:
            return entry.answer()
    raise not_found(f"No developer metadata with ID {metadata_id}")


def metadata_search(call: Call, file_id: str) -> Json:
    """developerMetadata.search: each entry once, with all the filters that it fits."""
    book = call.spreadsheet(file_id)
    body = read("SearchDeveloperMetadataRequest", call.json())
    matched: dict[int, tuple[Json, list[Json]]] = {}
    for data_filter in body.get("dataFilters", []):
        for entry in metadata.matching(book, data_filter):
            matched.setdefault(entry.stored["metadataId"], (entry.answer(), []))[1].append(data_filter)
    answers = [{"developerMetadata": answer, "dataFilters": filters} for answer, filters in matched.values()]
    return {"matchedDeveloperMetadata": answers} if answers else {}
