"""The cells of an xlsx and what each is, read in a process of its own (``child``): nothing of the file is believed.

Only filled cells take memory, whatever size a sheet claims. Only this module imports openpyxl, and only where a file is
read: a process that reads none would hold 30 megabytes of it and of what it brings.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import iterparse

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a file's dates have no zone
MOST_CELLS = 1_000_000  # filled cells of a sheet
MOST_UNPACKED = 400 * 1024**2  # bytes of all parts of a file
DATE, TIME, PERCENT, MONEY, TRUTH, ERROR, FORMULA, PICTURE = (
    "date", "time", "percent", "money", "truth", "error", "formula", "picture",
)  # fmt: skip
VISIBLE = "visible"
_PICTURE = re.compile(r"=(?:_xlfn\.)?DISPIMG\(", re.IGNORECASE)
_MONEY = re.compile(r"[¥￥$€£]|_\(|CNY|RMB")
Place = tuple[int, int]  # row of the sheet (from 1), column (from 0)


class TooLarge(ValueError):
    """A file that holds more than is read; the words say of what."""


@dataclass(frozen=True)
class Grid:
    """A sheet. ``rows``: by number, the filled cells by column (from 0), dates as days since 1899-12-30. ``shapes``: by
    place, what a cell is that is neither plain text nor plain number, and how it looks. ``merged``: like ``A3:A5``."""

    rows: dict[int, dict[int, Any]]
    shapes: dict[Place, tuple[str, str]] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    images: int = 0  # in the whole file


def sheet_names(content: bytes) -> list[str]:
    """The sheets that people see, in their order. What calamine or zipfile raise for a file that is none, it raises."""
    book = _quick(content)
    names = [sheet.name for sheet in book.sheets_metadata if str(sheet.visible).rpartition(".")[2].lower() == VISIBLE]
    return names or list(book.sheet_names)


def read_sheet(content: bytes, name: str) -> Grid:
    """One sheet. Raises ``TooLarge``, and whatever the libraries raise for a broken file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:  # no more is unpacked than is claimed
            raise TooLarge("解开后太大")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        formulas = dict(_formulas(content, name))
        return _grid(content, name, formulas)


def _formulas(content: bytes, name: str) -> Iterator[tuple[Place, str]]:
    sheet = _open(content)[name]
    for cell in _cells(sheet):
        if cell.data_type == "f":
            yield (cell.row, cell.column - 1), str(getattr(cell.value, "text", cell.value))


def _grid(content: bytes, name: str, formulas: dict[Place, str]) -> Grid:
    sheet = _open(content, data_only=True)[name]
    rows: dict[int, dict[int, Any]] = defaultdict(dict)
    shapes: dict[Place, tuple[str, str]] = {}
    for cell in _cells(sheet):
        place = number, column = cell.row, cell.column - 1
        rows[number][column], shape, shown = _meaning(cell, formulas.get(place, ""))
        if shape:
            shapes[place] = (shape, shown)
    for (number, column), formula in formulas.items():
        if column not in rows[number]:  # a formula that was never worked out
            shapes[number, column] = (PICTURE if _PICTURE.match(formula) else FORMULA, formula)
            rows[number][column] = ""
    return Grid(dict(sorted(rows.items())), shapes, tuple(_merged(content, sheet)), _images(content))


def _open(content: bytes, *, data_only: bool = False) -> Any:
    """The workbook row by row. ``data_only``: results in place of formulas."""
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)


def _quick(content: bytes) -> Any:
    """The workbook by the reader that tells values without how they look."""
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def _cells(sheet: Any) -> Iterator[Any]:
    """Filled cells, row by row. The size that the sheet claims is not used: it may be a million empty rows."""
    sheet.reset_dimensions()
    count = 0
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None:
                count += 1
                if count > MOST_CELLS:
                    raise TooLarge("的内容超过一百万格")
                yield cell


def _meaning(cell: Any, formula: str) -> tuple[Any, str, str]:
    """A cell's value, what it is (empty: plain), and how it looks."""
    value, style = cell.value, str(cell.number_format or "")
    if _PICTURE.match(formula) or cell.data_type == "e":
        return "", PICTURE if _PICTURE.match(formula) else ERROR, str(value)
    if isinstance(value, bool):
        return value, TRUTH, "TRUE" if value else "FALSE"
    if isinstance(value, time | timedelta):
        return _share_of_day(value), TIME, _clock(value)
    if isinstance(value, datetime | date):
        return _serial(value), DATE, _day(value)
    if isinstance(value, int | float):
        return _number(value, style)
    return str(value).strip(), "", ""


def _number(value: float, style: str) -> tuple[Any, str, str]:
    if "%" in style:
        places = len(style.partition(".")[2].partition("%")[0]) if "." in style else 0
        return value, PERCENT, f"{value * 100:.{min(places, 6)}f}%"
    return (value, MONEY, f"{value:g}") if _MONEY.search(style) else (value, "", "")


def _share_of_day(value: time | timedelta) -> float:
    passed = value if isinstance(value, timedelta) else timedelta(
        hours=value.hour, minutes=value.minute, seconds=value.second
    )  # fmt: skip
    return passed / timedelta(days=1)


def _clock(value: time | timedelta) -> str:
    seconds = round(_share_of_day(value) * 86400)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{clock}:{seconds % 60:02d}" if seconds % 60 else clock


def _serial(value: date) -> float:
    at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    days = (at.replace(tzinfo=None) - EPOCH) / timedelta(days=1)
    return int(days) if days.is_integer() else days


def _day(value: date) -> str:
    is_moment = isinstance(value, datetime) and value.time() != time()
    return f"{value:%Y-%m-%d %H:%M}" if is_moment else f"{value:%Y-%m-%d}"


def _merged(content: bytes, sheet: Any) -> Iterator[str]:
    """openpyxl's sparing reader leaves merged ranges out; they stand at the end of the sheet's own file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(sheet._worksheet_path) as file:
        for _, element in iterparse(file):  # noqa: S314 - expat stops entities that grow, the process has limits
            if element.tag.endswith("}mergeCell"):
                yield element.get("ref", "")
            element.clear()


def _images(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(1 for name in archive.namelist() if name.startswith("xl/media/"))


def read_all(content: bytes) -> dict[str, list[list[Any]]]:
    """Every sheet by its name as rows of texts, numbers, days and moments: of a file that ``jielu export`` made."""
    book = _quick(content)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
