"""Whole sheets added, copied, changed and deleted, and the document's own properties (sheets-api.md section 9)."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sync.workbook.cells import defaults
from sync.workbook.cells.formats import settle_colours
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits import metadata
from sync.workbook.edits.dimensions.dimensions import delete_columns, extend
from sync.workbook.edits.dimensions.shifts import Shift, each_formula, shift_all
from sync.workbook.formulas.references import rename
from sync.workbook.schema.errors import Json, invalid
from sync.workbook.schema.masks import assign, paths, required_fields

_FLAGS = ("hidden", "rightToLeft")


def properties(book: Book, sheet: Sheet) -> Json:
    """SheetProperties as answered: false flags and zero counts left out, sheetId and index always there."""
    props = {key: value for key, value in sheet.props.items() if not (key in _FLAGS and not value)}
    size = {key: value for key, value in props["gridProperties"].items() if value}
    return {**props, "index": book.sheets.index(sheet), "gridProperties": size}


def add_sheet(book: Book, request: Json) -> Json:
    """addSheet: title, id, size and place as given, the rest as Google fills it in."""
    given = settle_colours(request.get("properties", {}))
    title = given.get("title") or _free_title(book, "Sheet")
    _check_title(book, title, None)
    sheet_id = _fresh_id(book, given.get("sheetId"))
    size = given.get("gridProperties", {})
    rows, columns = size.get("rowCount", defaults.ROWS), size.get("columnCount", defaults.COLUMNS)
    _check_size(rows, columns)
    book.check_size(rows, columns)
    more = {k: v for k, v in given.items() if k not in ("title", "sheetId", "index", "gridProperties", "sheetType")}
    props = defaults.sheet_properties(sheet_id, title, rows, columns, **more)
    props["gridProperties"] |= {k: v for k, v in size.items() if v}
    _check_frozen(props["gridProperties"])
    sheet = book.add_sheet(props, _place(book, given))
    return {"properties": properties(book, sheet)}


def _place(book: Book, given: Json) -> int | None:
    index: int | None = given.get("index")
    if index is not None and not 0 <= index <= len(book.sheets):
        raise invalid(f"Invalid index {index}: must be between 0 and {len(book.sheets)}.")
    return index


def _free_title(book: Book, stem: str, first: int | None = None) -> str:
    number = first if first is not None else len(book.sheets) + 1
    while book.titled(f"{stem}{number}") is not None:
        number += 1
    return f"{stem}{number}"


def _check_title(book: Book, title: str, own: Sheet | None) -> None:
    other = book.titled(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    if not title or len(title) > 100:
        raise invalid("The sheet name must be between 1 and 100 characters.")


def _fresh_id(book: Book, wanted: int | None) -> int:
    if wanted is None:
        return book.free_id()
    if wanted < 0:
        raise invalid("sheetId must be non-negative.")
    if any(sheet.id == wanted for sheet in book.sheets):
        raise invalid(f"Sheet with id {wanted} already exists")
    return wanted


def _check_size(rows: int, columns: int) -> None:
    if rows < 1 or columns < 1:
        raise invalid("gridProperties.rowCount and gridProperties.columnCount must be greater than 0.")


def _check_frozen(size: Json) -> None:
    for noun in ("row", "column"):
        if size.get(f"frozen{noun.capitalize()}Count", 0) >= size[f"{noun}Count"]:
            raise invalid(f"You can't freeze all visible {noun}s on the sheet.")


def delete_sheet(book: Book, request: Json) -> None:
    """deleteSheet: one visible sheet stays; its named ranges go with it."""
    sheet_id = request.get("sheetId", 0)
    sheet = next((sheet for sheet in book.sheets if sheet.id == sheet_id), None)
    if sheet is None:
        raise invalid(f"No sheet with id: {sheet_id}")
    if not any(other is not sheet and not other.hidden for other in book.sheets):
        raise invalid("You can't remove all the sheets in a document.")
    book.sheets.remove(sheet)
    book.tx.delete_sheet(sheet.key)
    named = book.named_ranges
    named[:] = [item for item in named if item["range"].get("sheetId", 0) != sheet_id]
    if any(other.grid.formula_rows() for other in book.sheets):
        book.recalculate = True


def duplicate_sheet(book: Book, request: Json) -> Json:
    """duplicateSheet: `Copy of X` when no name is given, in front of `insertSheetIndex`."""
    source = book.sheet(request.get("sourceSheetId", 0))
    title = request.get("newSheetName") or copy_title(book, source.title)
    _check_title(book, title, None)
    sheet_id = _fresh_id(book, request.get("newSheetId"))
    index = _place(book, {"index": request.get("insertSheetIndex", 0)})
    sheet = copy_sheet(source, book, title, sheet_id, index)
    return {"properties": properties(book, sheet)}


def copy_title(book: Book, title: str) -> str:
    """A free name for a copy."""
    wished = f"Copy of {title}"
    return wished if book.titled(wished) is None else _free_title(book, f"{wished} ", 2)


def copy_sheet(source: Sheet, target: Book, title: str, sheet_id: int, index: int | None) -> Sheet:
    """A sheet with all that it holds, in the same document or in another."""
    source.grid.flush()
    meta = copy.deepcopy(source.meta)
    for protected in meta.get("protectedRanges", ()):
        protected["protectedRangeId"] = target.free_id()
    props = {**meta["properties"], "title": title, "sheetId": sheet_id}
    target.check_size(source.rows, source.columns)
    sheet = target.add_sheet(props, index, meta)
    metadata.renumber(target, sheet)
    target.tx.copy_rows(source.key, sheet.key)
    sheet.grid.next_row = source.grid.next_row
    return sheet


# Properties


def update_sheet_properties(book: Book, request: Json) -> None:
    """updateSheetProperties: a mask within the properties; a smaller size drops cells."""
    given = settle_colours(request.get("properties", {}))
    sheet = book.sheet(given.get("sheetId", 0))
    mask = _property_paths(required_fields(request))
    changed = copy.deepcopy(sheet.props)
    for path in mask:
        if path[0] not in ("index", "sheetId", "sheetType"):
            assign(changed, given, path)
    _resize(book, sheet, changed["gridProperties"])
    _check_frozen(changed["gridProperties"])
    _retitle(book, sheet, changed.get("title", ""))
    sheet.props.clear()
    sheet.props.update(changed)
    if not any(not other.hidden for other in book.sheets):
        raise invalid("You can't hide all the sheets in a document.")
    if any(path[0] == "index" for path in mask):
        move_sheet(book, sheet, given.get("index", 0))


def _property_paths(fields: str) -> list[tuple[str, ...]]:
    named: list[tuple[str, ...]] = []
    for path in paths("SheetProperties", fields):
        if not path:
            return [
                (key,)
                for key in ("title", "index", "gridProperties", "hidden", "tabColor", "tabColorStyle", "rightToLeft")
            ]
        named.append(path)
        if path[0] in ("tabColor", "tabColorStyle"):
            named += [("tabColor",), ("tabColorStyle",)]
    return named


def move_sheet(book: Book, sheet: Sheet, index: int) -> None:
    """Puts a sheet at an index that is counted before the move."""
    if not 0 <= index <= len(book.sheets):
        raise invalid(f"Invalid index {index}: must be between 0 and {len(book.sheets)}.")
    old = book.sheets.index(sheet)
    book.sheets.remove(sheet)
    book.sheets.insert(index - 1 if index > old else index, sheet)


def _retitle(book: Book, sheet: Sheet, title: str) -> None:
    if title == sheet.title:
        return
    _check_title(book, title, sheet)
    each_formula(book, lambda _home, text: rename(text, sheet.title, title))


def _resize(book: Book, sheet: Sheet, size: Json) -> None:
    rows, columns = size.get("rowCount", 0), size.get("columnCount", 0)
    _check_size(rows, columns)
    # Google applies the rows before the columns, and checks the limit after each (sheets-api.md section 11).
    if rows > sheet.rows:
        extend(book, sheet, "ROWS", rows - sheet.rows)
    elif rows < sheet.rows:
        _shrink(book, sheet, "ROWS", rows)
    if columns > sheet.columns:
        extend(book, sheet, "COLUMNS", columns - sheet.columns)
    elif columns < sheet.columns:
        _shrink(book, sheet, "COLUMNS", columns)


def _shrink(book: Book, sheet: Sheet, dimension: str, size: int) -> None:
    if dimension == "ROWS":
        sheet.grid.cut(size)
        gone = sheet.rows - size
        sheet.resize(rows=size)
    else:
        delete_columns(sheet, size, sheet.columns)
        gone = sheet.columns - size
        sheet.resize(columns=size)
    shift_all(book, sheet, Shift(dimension, size, -gone))


def update_spreadsheet_properties(book: Book, request: Json) -> None:
    """updateSpreadsheetProperties: the title is the file's name."""
    given = settle_colours(request.get("properties", {}))
    for path in paths("SpreadsheetProperties", required_fields(request)):
        if path[:1] in ((), ("title",)) and "title" in given:
            book.name = given["title"]
        if path and path[0] not in ("title", "defaultFormat"):
            assign(book.meta["properties"], given, path)
    check_place(book.meta["properties"]["locale"], book.meta["properties"]["timeZone"])


def check_place(locale: str, time_zone: str) -> None:
    """Refuses a locale or a time zone that there is not."""
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", locale):
        raise invalid(f"Invalid locale: {locale}")
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise invalid(f"Invalid time zone: {time_zone}") from None


def replace_all(book: Book, title: str, rows: Sequence[Sequence[Any]], time_zone: str) -> Sheet:
    """One new sheet of the given texts in place of all others, as an upload of CSV leaves it."""
    for old in book.sheets:
        book.tx.delete_sheet(old.key)
    book.sheets.clear()
    book.meta["namedRanges"] = []
    book.meta["properties"]["timeZone"] = time_zone
    width = max((len(row) for row in rows), default=0)
    size = max(defaults.ROWS, len(rows)), max(defaults.COLUMNS, width)
    book.check_size(*size)
    return book.add_sheet(defaults.sheet_properties(defaults.random_id(), title, *size))
