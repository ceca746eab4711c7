"""A document as a file: CSV and TSV of the first sheet, a workbook with all sheets."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from sync.workbook.cells.formats import pattern_of
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits.values import Shown, values
from sync.workbook.schema.errors import DriveError

CSV, TSV = "text/csv", "text/tab-separated-values"
_EXCEL_TEXT = 32_767  # characters of a cell
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exported(book: Book, kind: str) -> tuple[str, bytes]:
    """Content type and content; Drive's refusal for a kind that is not made here."""
    if kind in (CSV, TSV):
        return kind, _delimited(book, "," if kind == CSV else "\t")
    if kind == XLSX:
        return kind, _workbook(book)
    raise DriveError(400, "The requested conversion is not supported.", "badRequest", "convertTo")


def _delimited(book: Book, delimiter: str) -> bytes:
    sheet = book.first_visible()
    rows = values(book, sheet, sheet.whole(), Shown())
    width = max((len(row) for row in rows), default=0)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([*row, *[""] * (width - len(row))] for row in rows)
    return out.getvalue().removesuffix("\r\n").encode()


def _workbook(book: Book) -> bytes:
    import xlsxwriter  # type: ignore[import-untyped]

    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    formats: dict[str, Any] = {}
    for sheet, name in zip(book.sheets, _names([sheet.title for sheet in book.sheets]), strict=True):
        _worksheet(book, sheet, file, file.add_worksheet(name), formats)
    file.close()
    return out.getvalue()


def _names(titles: list[str]) -> list[str]:
    """The titles as Excel takes them: without its signs, in 31 letters, none twice."""
    names: list[str] = []
    for title in titles:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", title).strip("'") or "_"
        name, number = plain[:31].rstrip("'"), 2
        while name.casefold() in {other.casefold() for other in names} or name.casefold() == "history":
            mark = f"_{number}"
            name, number = plain[: 31 - len(mark)] + mark, number + 1
        names.append(name)
    return names


def _worksheet(book: Book, sheet: Sheet, file: Any, target: Any, formats: dict[str, Any]) -> None:
    for index, row in enumerate(sheet.grid.rows(0, sheet.rows)):
        for column, value in enumerate(row.values if row else ()):
            assert row is not None
            pattern = pattern_of(sheet.cell_format(index, column, row).get("numberFormat"), book.locale)
            if pattern and pattern not in formats:
                formats[pattern] = file.add_format({"num_format": pattern})
            look = formats.get(pattern) if pattern else None
            if isinstance(value, bool):
                target.write_boolean(index, column, value, look)
            elif isinstance(value, str):
                if value:
                    target.write_string(index, column, value[:_EXCEL_TEXT], look)  # text stays text, `=` or not
            else:
                target.write_number(index, column, value, look)
