"""What answers the routes of the Sheets API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from sync.workbook.api import batch
from sync.workbook.api.call import Call, as_object
from sync.workbook.api.document import document
from sync.workbook.cells import defaults
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits import tables, values
from sync.workbook.edits.dimensions.dimensions import insert
from sync.workbook.edits.sheets import check_place, copy_sheet, copy_title, properties
from sync.workbook.edits.values import (
    DATE_OPTIONS,
    DIMENSIONS,
    INPUT_OPTIONS,
    VALUE_OPTIONS,
    Shown,
    Written,
    check_option,
    rows_of,
)
from sync.workbook.formulas.evaluate import recalculate
from sync.workbook.schema import a1
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.apart import apart
from sync.workbook.schema.errors import ApiError, Json, invalid
from sync.workbook.schema.masks import keep, tree
from sync.workbook.schema.schema import read


def new_book(call: Call, name: str, locale: str = "en_US", time_zone: str = "Etc/GMT") -> Book:
    """A new document without a sheet; made by the process itself it is shared with all its accounts."""
    stamp = defaults.timestamp(call.now)
    shared = [] if call.account else [{"id": "domain", "type": "domain", "role": "writer", "domain": defaults.DOMAIN}]
    meta = {"properties": defaults.book_properties(locale, time_zone)}
    before = defaults.FIRST_VERSION - 1
    texts = orjson.dumps(shared), orjson.dumps(meta)
    return Book(call.tx, (defaults.file_id(), name, call.account, stamp, stamp, before, *texts), call.now)


def create(call: Call) -> bytes:
    """spreadsheets.create: the sheets of the body stand in place of the default one."""
    body = read("Spreadsheet", call.json())
    given = body.get("properties", {})
    place = given.get("locale") or "en_US", given.get("timeZone") or "Etc/GMT"
    check_place(*place)
    book = new_book(call, given.get("title") or "Untitled spreadsheet", *place)
    for n, sheet in enumerate(body.get("sheets", [])):
        _add_given(book, n, sheet)
    if not book.sheets:
        book.add_sheet(defaults.sheet_properties(0, "Sheet1"))
    recalculate(book)
    book.save()
    return document(book, [], tree("Spreadsheet", call.option("fields")) if call.option("fields") else None, False)


def _add_given(book: Book, number: int, given: Json) -> None:
    props = dict(given.get("properties", {}))
    props.setdefault("title", f"Sheet{number + 1}")
    if number == 0:
        props.setdefault("sheetId", 0)
    props.pop("index", None)
    batch.REQUEST_KINDS["addSheet"](book, {"properties": props})
    sheet = book.sheets[-1]
    for data in given.get("data", []):
        start = {"sheetId": sheet.id, "rowIndex": data.get("startRow", 0), "columnIndex": data.get("startColumn", 0)}
        batch.REQUEST_KINDS["updateCells"](book, {"start": start, "rows": data.get("rowData", []), "fields": "*"})
    for merge in given.get("merges", []):
        batch.REQUEST_KINDS["mergeCells"](book, {"range": {**merge, "sheetId": sheet.id}})


def get(call: Call, file_id: str) -> bytes:
    """spreadsheets.get."""
    book = call.spreadsheet(file_id)
    fields = call.option("fields")
    mask = tree("Spreadsheet", fields) if fields else None
    return document(book, [book.resolve(text) for text in call.options("ranges")], mask, call.flag("includeGridData"))


def batch_update(call: Call, file_id: str) -> bytes:
    """spreadsheets.batchUpdate."""
    book = call.spreadsheet(file_id, write=True)
    large = apart(call.body, "requests")
    answer = (
        batch.batch_update(book, as_object(large.rest), call.option("fields"), map(as_object, large.items))
        if large
        else batch.batch_update(book, call.json(), call.option("fields"))
    )
    book.save()
    return answer


def copy_to(call: Call, file_id: str, sheet_id: str) -> Any:
    """spreadsheets.sheets.copyTo: `Copy of X`, last in the other document."""
    source = call.spreadsheet(file_id)
    target = source
    body = read("CopySheetToAnotherSpreadsheetRequest", call.json())
    if (other := body.get("destinationSpreadsheetId", "")) != file_id:
        target = call.spreadsheet(other, write=True)
    sheet = source.sheet(int(sheet_id))
    copied = copy_sheet(sheet, target, copy_title(target, sheet.title), target.free_id(), None)
    target.recalculate = True
    recalculate(target)
    target.save()
    return properties(target, copied)


# Values

_DATA = ((), "data")  # how Google names the body of a request for one range in its refusals


def shown_by(option: Callable[[str], str]) -> Shown:
    """How values are wished, by a function that gives the options."""
    return Shown(
        check_option("majorDimension", option("majorDimension"), DIMENSIONS, "ROWS"),
        check_option("valueRenderOption", option("valueRenderOption"), VALUE_OPTIONS, "FORMATTED_VALUE"),
        check_option("dateTimeRenderOption", option("dateTimeRenderOption"), DATE_OPTIONS, "SERIAL_NUMBER"),
    )


def _masked(call: Call, message: str, text: bytes) -> bytes:
    fields = call.option("fields")
    return orjson.dumps(keep(orjson.loads(text), tree(message, fields))) if fields else text


def values_get(call: Call, file_id: str, range: str) -> bytes:
    """values.get."""
    book = call.spreadsheet(file_id)
    return _masked(call, "ValueRange", b"".join(values.value_range(book, *book.resolve(range), shown_by(call.option))))


def batch_get(call: Call, file_id: str) -> bytes:
    """values.batchGet: the path that a service takes every minute; one bad range fails all."""
    book = call.spreadsheet(file_id)
    shown = shown_by(call.option)
    wished = [book.resolve(text) for text in call.options("ranges")]
    pieces = [b'{"spreadsheetId":', orjson.dumps(file_id)]
    for n, (sheet, bounds) in enumerate(wished):
        pieces += [b"," if n else b',"valueRanges":[', *values.value_range(book, sheet, bounds, shown)]
    pieces.append(b"]}" if wished else b"}")
    return _masked(call, "BatchGetValuesResponse", b"".join(pieces))


def values_update(call: Call, file_id: str, range: str) -> Any:
    """values.update."""
    body = read("ValueRange", call.json(), _DATA)
    rows = rows_of(body)
    option = check_option("valueInputOption", call.option("valueInputOption"), INPUT_OPTIONS)
    book = call.spreadsheet(file_id, write=True)
    sheet, bounds = book.resolve(range)
    if body.get("range") and book.resolve(body["range"]) != (sheet, bounds):
        raise invalid(f"Request range[{range}] does not match value's range[{body['range']}]")
    written = values.update(book, sheet, bounds, rows, option)
    recalculate(book)
    shown = echo(call.option, call.flag("includeValuesInResponse"), body)
    answer = update_answer(book, sheet, written, shown)
    book.save()
    return answer


def echo(option: Any, wished: bool, body: Json) -> Shown | None:
    """How the written values are to be shown in the reply, None when they are not."""
    if not wished:
        return None
    return Shown(
        body.get("majorDimension") or "ROWS",
        check_option(
            "responseValueRenderOption", option("responseValueRenderOption"), VALUE_OPTIONS, "FORMATTED_VALUE"
        ),
        check_option(
            "responseDateTimeRenderOption", option("responseDateTimeRenderOption"), DATE_OPTIONS, "SERIAL_NUMBER"
        ),
    )


def update_answer(book: Book, sheet: Sheet, written: Written, shown: Shown | None) -> Json:
    """An UpdateValuesResponse."""
    answer: Json = {"spreadsheetId": book.id, "updatedRange": a1.full(sheet.title, written.box)}
    counts = (len(written.rows), len(written.columns), written.cells)
    for key, count in zip(("updatedRows", "updatedColumns", "updatedCells"), counts, strict=True):
        if count:
            answer[key] = count
    if shown is not None:
        answer["updatedData"] = orjson.loads(b"".join(values.value_range(book, sheet, a1.Bounds(*written.box), shown)))
    return answer


def values_batch_update(call: Call, file_id: str) -> Any:
    """values.batchUpdate: all ranges or none."""
    body = read("BatchUpdateValuesRequest", call.json())
    option = check_option("valueInputOption", body.get("valueInputOption"), INPUT_OPTIONS)
    data = body.get("data") or []
    rows = [rows_of(item, f"data[{n}]") for n, item in enumerate(data)]
    book = call.spreadsheet(file_id, write=True)
    done = [_update_one(book, n, item, rows[n], option) for n, item in enumerate(data)]
    recalculate(book)
    wished = bool(body.get("includeValuesInResponse"))
    answers = [
        update_answer(book, sheet, written, echo(lambda name: body.get(name, ""), wished, item))
        for item, (sheet, written) in zip(data, done, strict=True)
    ]
    book.save()
    return totals(book, done, answers)


def _update_one(book: Book, number: int, item: Json, rows: list[list[Any]], option: str) -> tuple[Sheet, Written]:
    try:
        sheet, bounds = book.resolve(item.get("range") or "")
        return sheet, values.update(book, sheet, bounds, rows, option)
    except ApiError as refusal:
        raise refusal.prefixed(f"Invalid data[{number}]: ") from None


def totals(book: Book, done: list[tuple[Sheet, Written]], answers: list[Json]) -> Json:
    rows = {(sheet.key, row) for sheet, written in done for row in written.rows}
    columns = {(sheet.key, column) for sheet, written in done for column in written.columns}
    counts = {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": sum(written.cells for _, written in done),
        "totalUpdatedSheets": len({sheet.key for sheet, _ in done}),
    }
    return {"spreadsheetId": book.id, **{k: n for k, n in counts.items() if n}, "responses": answers}


def append(call: Call, file_id: str, range: str) -> Any:
    """values.append: below the last table in the range, in its first column."""
    body = read("ValueRange", call.json(), _DATA)
    rows = rows_of(body)
    option = check_option("valueInputOption", call.option("valueInputOption"), INPUT_OPTIONS)
    mode = check_option("insertDataOption", call.option("insertDataOption"), ("OVERWRITE", "INSERT_ROWS"), "OVERWRITE")
    book = call.spreadsheet(file_id, write=True)
    sheet, bounds = book.resolve(range)
    searched = sheet.clip(bounds)
    known = call.last_table(book, sheet, bounds)
    table = known.table if known else tables.table_in(sheet, searched)
    top, left = (table.bottom, table.left) if table else (searched.top, searched.left)
    if mode == "INSERT_ROWS":
        insert(book, sheet, "ROWS", top, len(rows), top > 0)
    written = _append(book, sheet, top, left, rows, option)
    recalculate(book)
    answer: Json = {"spreadsheetId": book.id}
    if table is not None:
        answer["tableRange"] = a1.full(sheet.title, table)
    answer["updates"] = update_answer(
        book, sheet, written, echo(call.option, call.flag("includeValuesInResponse"), body)
    )
    book.save()
    if table is not None:
        call.leave(book, sheet, tables.after_append(book, sheet, bounds, table, written.box))
    return answer


def _append(book: Book, sheet: Sheet, top: int, left: int, rows: list[list[Any]], option: str) -> Written:
    width = max((len(row) for row in rows), default=0)
    values.grow(book, sheet, top + max(len(rows), 1), left + width)
    return values.update(book, sheet, a1.Bounds(top, top + 1, left, left + 1), rows, option)


def clear(call: Call, file_id: str, range: str) -> Any:
    """values.clear: notes, formats and validations stay."""
    read("ClearValuesRequest", call.json())
    book = call.spreadsheet(file_id, write=True)
    sheet, box = _cleared(book, range)
    recalculate(book)
    book.save()
    return {"spreadsheetId": file_id, "clearedRange": a1.full(sheet.title, box)}


def batch_clear(call: Call, file_id: str) -> Any:
    """values.batchClear."""
    book = call.spreadsheet(file_id, write=True)
    done = [_cleared(book, text) for text in read("BatchClearValuesRequest", call.json()).get("ranges", [])]
    recalculate(book)
    book.save()
    return {"spreadsheetId": file_id, "clearedRanges": [a1.full(sheet.title, box) for sheet, box in done]}


def _cleared(book: Book, text: str) -> tuple[Sheet, Box]:
    sheet, bounds = book.resolve(text)
    box = sheet.clip(bounds)
    values.clear(sheet, box)
    return sheet, box
