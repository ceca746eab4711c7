"""The rows or columns that a request names, as sheet, dimension and the two ends."""

from __future__ import annotations

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.schema.errors import Json, invalid

NOUN = {"ROWS": "row", "COLUMNS": "column"}


def size_of(sheet: Sheet, dimension: str) -> int:
    return sheet.rows if dimension == "ROWS" else sheet.columns


def ends_of(book: Book, dimension_range: Json) -> tuple[Sheet, str, int, int]:
    """Sheet, dimension and the two ends; open ends are the grid's."""
    sheet = book.sheet(dimension_range.get("sheetId", 0))
    dimension = dimension_range.get("dimension", "")
    if dimension not in NOUN:
        raise invalid("No dimension was specified.")
    start = dimension_range.get("startIndex", 0)
    end = dimension_range.get("endIndex", size_of(sheet, dimension))
    if start < 0 or end < start:
        raise invalid(f"Invalid dimension range: startIndex[{start}] endIndex[{end}].")
    return sheet, dimension, start, end


def span_of(book: Book, dimension_range: Json) -> tuple[Sheet, str, int, int]:
    """As `ends_of`, for rows or columns that must be there."""
    sheet, dimension, start, end = ends_of(book, dimension_range)
    if end > size_of(sheet, dimension) or start == end:
        raise invalid(f"Invalid dimension range: startIndex[{start}] endIndex[{end}].")
    return sheet, dimension, start, end
