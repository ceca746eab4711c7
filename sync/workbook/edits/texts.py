"""Requests that work on the texts in cells: findReplace, trimWhitespace, textToColumns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sync.workbook.cells.formats import show
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.row import Row
from sync.workbook.edits.replacing import Asked, replaced, within_limit
from sync.workbook.edits.values import check_length, grow, put_formula, put_typed
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid

_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " "}


def _where(book: Book, request: Json) -> list[tuple[Sheet, Box]]:
    if "range" in request:
        sheet = book.sheet(request["range"].get("sheetId", 0))
        return [(sheet, sheet.cells(request["range"]))]
    if "sheetId" in request:
        sheet = book.sheet(request["sheetId"])
        return [(sheet, sheet.whole())]
    if request.get("allSheets"):
        return [(sheet, sheet.whole()) for sheet in book.sheets]
    raise invalid("One of range, sheetId or allSheets is required.")


def _pattern(request: Json) -> str:
    find = request.get("find", "")
    if not find:
        raise invalid("find is required.")
    text = find if request.get("searchByRegex") else re.escape(find)
    text = rf"\A(?:{text})\Z" if request.get("matchEntireCell") else text
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise invalid(f"Invalid regular expression: {error}") from None
    return text


class _Place(NamedTuple):
    """A cell whose text is searched."""

    sheet: Sheet
    row: int
    column: int
    text: str
    formula: bool


def find_replace(book: Book, request: Json) -> Json:
    """findReplace: counts of what changed, zeros left out. Groups are `$1` as in Java."""
    regex, flags = bool(request.get("searchByRegex")), 0 if request.get("matchCase") else re.IGNORECASE.value
    replacement = request.get("replacement", "").replace("\\", "\\\\")
    if regex:
        replacement = re.sub(r"\$(\d)", r"\\\1", replacement)
    places = list(_places(book, request))
    asked: Asked = (_pattern(request), replacement, flags, [place.text for place in places])
    changed = [
        (place, new, times)
        for place, (new, times) in zip(places, within_limit(asked) if regex else replaced(asked), strict=True)
        if times
    ]
    for place, new, _ in changed:
        _put(book, place, new)
    rows = {(place.sheet.key, place.row) for place, *_ in changed}
    counts = {
        "valuesChanged": sum(not place.formula for place, *_ in changed),
        "formulasChanged": sum(place.formula for place, *_ in changed),
        "rowsChanged": len(rows),
        "sheetsChanged": len({key for key, _ in rows}),
        "occurrencesChanged": sum(times for *_, times in changed),
    }
    return {key: count for key, count in counts.items() if count}


def _places(book: Book, request: Json) -> Iterator[_Place]:
    for sheet, box in _where(book, request):
        for index, row in _rows(sheet, box):
            last = max(len(row.values), max(row.cells, default=-1) + 1)
            for column in range(box.left, min(box.right, last)):
                formula = row.cells.get(column, {}).get("formula")
                if formula is None:
                    yield _Place(sheet, index, column, _shown(book, sheet, index, column, row), False)
                elif request.get("includeFormulas"):
                    yield _Place(sheet, index, column, formula, True)


def _rows(sheet: Sheet, box: Box) -> Iterator[tuple[int, Row]]:
    for index, row in enumerate(sheet.grid.rows(box.top, box.bottom), box.top):
        if row is not None:
            yield index, row


def _shown(book: Book, sheet: Sheet, index: int, column: int, row: Row) -> str:
    return show(row.value(column), sheet.cell_format(index, column, row).get("numberFormat"), book.locale)


def _put(book: Book, place: _Place, text: str) -> None:
    row = place.sheet.grid.edit(place.row)
    check_length(text)
    if place.formula:
        put_formula(book, row, place.column, text)
    else:
        put_typed(book, place.sheet, place.row, place.column, row, text)


def trim_whitespace(book: Book, request: Json) -> Json:
    """trimWhitespace: blanks at both ends go, several between become one."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    count = 0
    box = sheet.cells(request["range"])
    for index, row in _rows(sheet, box):
        for column in range(box.left, min(box.right, len(row.values))):
            value = row.values[column]
            if isinstance(value, str) and (trimmed := " ".join(value.split())) != value:
                sheet.grid.edit(index).put(column, trimmed)
                count += 1
    return {"cellsChangedCount": count} if count else {}


def text_to_columns(book: Book, request: Json) -> None:
    """textToColumns: one column split by a delimiter into as many as it takes."""
    sheet = book.sheet(request["source"].get("sheetId", 0))
    box = sheet.cells(request["source"])
    if box.right - box.left != 1:
        raise invalid("source must be exactly one column.")
    kind = request.get("delimiterType", "AUTODETECT")
    delimiter = request.get("delimiter", "") if kind == "CUSTOM" else _DELIMITERS.get(kind, ",")
    for index, row in list(_rows(sheet, box)):
        value = row.value(box.left)
        if not isinstance(value, str) or delimiter not in value:
            continue
        parts = value.split(delimiter)
        grow(book, sheet, sheet.rows, box.left + len(parts))
        for column, part in enumerate(parts, box.left):
            put_typed(book, sheet, index, column, sheet.grid.edit(index), part.strip())
