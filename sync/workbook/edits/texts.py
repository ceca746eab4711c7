"""Requests that work on the texts in cells: findReplace, trimWhitespace, textToColumns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sync.workbook.cells.formats import show
from sync.workbook.cells.grid import Row
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits.values import grow, put_formula, put_typed
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid

_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " "}


def _where(book: Book, request: Json) -> list[tuple[Sheet, Box]]:
    if "range" in request:
        sheet = book.sheet(request["range"].get("sheetId", 0))
        return [(sheet, sheet.box(request["range"]))]
    if "sheetId" in request:
        sheet = book.sheet(request["sheetId"])
        return [(sheet, sheet.whole())]
    if request.get("allSheets"):
        return [(sheet, sheet.whole()) for sheet in book.sheets]
    raise invalid("One of range, sheetId or allSheets is required.")


def _pattern(request: Json) -> re.Pattern[str]:
    find = request.get("find", "")
    if not find:
        raise invalid("find is required.")
    text = find if request.get("searchByRegex") else re.escape(find)
    text = rf"\A(?:{text})\Z" if request.get("matchEntireCell") else text
    try:
        return re.compile(text, 0 if request.get("matchCase") else re.IGNORECASE)
    except re.error as error:
        raise invalid(f"Invalid regular expression: {error}") from None


def find_replace(book: Book, request: Json) -> Json:
    """findReplace: counts of what changed, zeros left out. Groups are `$1` as in Java."""
    pattern, replacement = _pattern(request), request.get("replacement", "")
    if request.get("searchByRegex"):
        replacement = re.sub(r"\$(\d)", r"\\\1", replacement.replace("\\", "\\\\"))
    else:
        replacement = replacement.replace("\\", "\\\\")
    counts = {"valuesChanged": 0, "formulasChanged": 0, "rowsChanged": 0, "sheetsChanged": 0, "occurrencesChanged": 0}
    for sheet, box in _where(book, request):
        before = counts["rowsChanged"]
        for index, row in _rows(sheet, box):
            _replace_in_row(
                book, sheet, index, row, box, (pattern, replacement, bool(request.get("includeFormulas"))), counts
            )
        counts["sheetsChanged"] += counts["rowsChanged"] > before
    return {key: count for key, count in counts.items() if count}


def _rows(sheet: Sheet, box: Box) -> Iterator[tuple[int, Row]]:
    for index, row in enumerate(sheet.grid.rows(box.top, box.bottom), box.top):
        if row is not None:
            yield index, row


def _replace_in_row(
    book: Book,
    sheet: Sheet,
    index: int,
    row: Row,
    box: Box,
    how: tuple[re.Pattern[str], str, bool],
    counts: dict[str, int],
) -> None:
    changed = 0
    pattern, replacement, formulas = how
    for column in range(box.left, min(box.right, max(len(row.values), max(row.cells, default=-1) + 1))):
        formula = row.cells.get(column, {}).get("formula")
        if formula is not None and not formulas:
            continue
        text = formula if formula is not None else _shown(book, sheet, index, column, row)
        new, times = pattern.subn(replacement, text)
        if not times:
            continue
        _put(book, sheet, index, column, new, formula is not None)
        counts["occurrencesChanged"] += times
        counts["formulasChanged" if formula is not None else "valuesChanged"] += 1
        changed += 1
    counts["rowsChanged"] += bool(changed)


def _shown(book: Book, sheet: Sheet, index: int, column: int, row: Row) -> str:
    return show(row.value(column), sheet.cell_format(index, column, row).get("numberFormat"), book.locale)


def _put(book: Book, sheet: Sheet, index: int, column: int, text: str, formula: bool) -> None:
    row = sheet.grid.edit(index)
    if formula:
        put_formula(book, row, column, text)
    else:
        put_typed(book, sheet, index, column, row, text)


def trim_whitespace(book: Book, request: Json) -> Json:
    """trimWhitespace: blanks at both ends go, several between become one."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    count = 0
    box = sheet.box(request["range"])
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
    box = sheet.box(request["source"])
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
