"""autoFill: what stands in some cells is continued into others."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from sync.workbook.cells.formats import is_date
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits.paste import Clip, give, take
from sync.workbook.edits.values import grow
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid

_COUNTED = re.compile(r"(.*?)([0-9]{1,15})", re.DOTALL)


def auto_fill(book: Book, request: Json) -> None:
    """autoFill: by a range whose first rows or columns hold data, or by a source and how far it goes."""
    if "sourceAndDestination" in request:
        sheet, source, dimension, length = _given(book, request["sourceAndDestination"])
    elif "range" in request:
        sheet, source, dimension, length = _detected(book, request["range"])
    else:
        raise invalid("One of range or sourceAndDestination is required.")
    alternate = bool(request.get("useAlternateSeries"))
    clips = take(sheet, source)
    sheet.touch(abs(length), source.right - source.left if dimension == "ROWS" else source.bottom - source.top)
    if dimension == "ROWS":
        columns = [list(column) for column in zip(*clips, strict=True)]
        for across, column in enumerate(columns, source.left):
            _fill(book, sheet, (source.top, across), (1, 0), column, length, alternate)
    else:
        for down, row in enumerate(clips, source.top):
            _fill(book, sheet, (down, source.left), (0, 1), row, length, alternate)


def _given(book: Book, given: Json) -> tuple[Sheet, Box, str, int]:
    sheet = book.sheet(given.get("source", {}).get("sheetId", 0))
    source, length = sheet.box(given.get("source", {})), given.get("fillLength", 0)
    dimension = given.get("dimension", "")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("No dimension was specified.")
    if (source.top if dimension == "ROWS" else source.left) + length < 0:
        raise invalid("fillLength goes beyond the grid.")
    end = max(0, length)
    grow(book, sheet, source.bottom + end * (dimension == "ROWS"), source.right + end * (dimension == "COLUMNS"))
    return sheet, source, dimension, length


def _detected(book: Book, grid_range: Json) -> tuple[Sheet, Box, str, int]:
    """The filled rows or columns at the beginning of a range, and how much of it is left."""
    sheet = book.sheet(grid_range.get("sheetId", 0))
    box = sheet.box(grid_range)
    sheet.touch(min(box.bottom, len(sheet.grid.order)) - box.top, box.right - box.left)
    filled = [
        (index, column)
        for index, row in enumerate(sheet.grid.rows(box.top, box.bottom), box.top)
        for column in range(box.left, box.right)
        if row is not None and (row.value(column) != "" or "formula" in row.cells.get(column, ()))
    ]
    if not filled:
        return sheet, box, "ROWS", 0
    bottom, right = max(index for index, _ in filled) + 1, max(column for _, column in filled) + 1
    if bottom < box.bottom:
        return sheet, box._replace(bottom=bottom), "ROWS", box.bottom - bottom
    return sheet, box._replace(right=right), "COLUMNS", box.right - right


def _fill(
    book: Book, sheet: Sheet, at: tuple[int, int], step: tuple[int, int], line: list[Clip], length: int, alternate: bool
) -> None:
    """Continues one line of cells, behind its end or, for a negative length, before its beginning."""
    size = len(line)
    targets = range(size, size + length) if length > 0 else range(-1, length - 1, -1)
    values = _series(line, alternate)
    for n in targets:
        source = n % size
        clip = dict(line[source])
        if values is not None and "formula" not in clip:
            clip["value"] = values(n)
        moved = ((n - source) * step[0], (n - source) * step[1])
        give(book, sheet, at[0] + n * step[0], at[1] + n * step[1], clip, "PASTE_NORMAL", moved)


def _series(line: list[Clip], alternate: bool) -> Any:
    """What stands at a place of the line counted from its beginning; None where the line is only repeated."""
    values = [clip["value"] for clip in line]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        steps = {round(b - a, 9) for a, b in pairwise(values)}
        one_day = is_date(line[0].get("userEnteredFormat", {}).get("numberFormat"))
        if len(values) == 1 and one_day != alternate:
            steps = {1}
        if len(steps) != 1 or (len(values) > 1 and alternate):
            return None
        by = steps.pop()
        return lambda n: values[0] + n * by
    counted = _COUNTED.fullmatch(values[0]) if len(values) == 1 and isinstance(values[0], str) else None
    if counted is None or alternate:
        return None
    stem, digits = counted[1], counted[2]
    return lambda n: f"{stem}{abs(int(digits) + n):0{len(digits)}}"
