"""Protected ranges held against accounts that may not edit them: what stands in one is the same before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits.ranges import may_edit
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid

REFUSAL = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if "
    "you need to edit."
)


def guard(book: Book) -> Callable[[], None] | None:
    """What refuses, when it is called, all that was done since to ranges that the account may not edit."""
    before = _contents(book)
    if not before:
        return None

    def check() -> None:
        if _contents(book) != before:
            raise invalid(REFUSAL)

    return check


def _contents(book: Book) -> dict[int, Any]:
    """By the id of each range that is held against the account: the protection and what lies under it."""
    return {
        stored["protectedRangeId"]: [_terms(stored), _under(sheet, stored)]
        for sheet in book.sheets
        for stored in sheet.meta.get("protectedRanges", ())
        if not may_edit(book, stored)
    }


def _terms(stored: Json) -> Json:
    """The protection without its place, which may shift with rows and columns."""
    return {key: value for key, value in stored.items() if key not in ("range", "unprotectedRanges")}


def _under(sheet: Sheet, stored: Json) -> list[Any]:
    """What stands in the range, cell by cell, and what is painted over it; open cells are left out."""
    box = sheet.loose_box(stored["range"])
    free = [sheet.loose_box(item) for item in stored.get("unprotectedRanges", ())]
    content: list[Any] = []
    for index, row in enumerate(sheet.grid.rows(box.top, box.bottom), box.top):
        last = max(len(row.values), max(row.cells, default=-1) + 1) if row else 0
        cells = [
            _cell(row.values, row.cells.get(column, {}), column)
            for column in range(box.left, min(box.right, last))
            if row and not any(other.holds(index, column) for other in free)
        ]
        while cells and cells[-1] == ("", ()):
            cells.pop()
        content.append(cells)
    while content and not content[-1]:
        content.pop()
    return [content, [_painted(box, layer) for layer in sheet.layers.stored if Box(*layer["range"]).meets(box)]]


def _cell(values: list[Any], carried: Json, column: int) -> tuple[Any, Any]:
    """A value or, for a formula, its text, since what it yields is nobody's edit; and what else the cell carries."""
    own = {key: item for key, item in carried.items() if key not in ("error", "over", "link")}
    value = "" if "formula" in own else values[column] if column < len(values) else ""
    return value, tuple(sorted((key, repr(item)) for key, item in own.items()))


def _painted(box: Box, layer: Json) -> list[Any]:
    """A layer over the range, its edges counted from the range's corner."""
    over = Box(*layer["range"])
    edges = [max(over.top, box.top) - box.top, min(over.bottom, box.bottom) - box.top]
    edges += [max(over.left, box.left) - box.left, min(over.right, box.right) - box.left]
    return [edges, {key: item for key, item in layer.items() if key != "range"}]
