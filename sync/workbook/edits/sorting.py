"""Rows sorted, shuffled and rid of doubles. A sort over the sheet's width moves whole rows with all they carry."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.row import Row
from sync.workbook.edits.dimensions.dimensions import bake
from sync.workbook.formulas.references import offset
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid

Key = tuple[int, Any]


def sort_key(value: Any) -> Key:
    """Where a value stands in an ascending sort: numbers, text without regard to case, booleans."""
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, value


def sort_range(book: Book, request: Json) -> None:
    """sortRange: `dimensionIndex` is the sheet's column."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    specs = request.get("sortSpecs", [])
    if not specs:
        raise invalid("At least one sort spec must be specified.")
    sort_rows(book, sheet, sheet.cells(request["range"]), specs)


def sort_rows(book: Book, sheet: Sheet, box: Box, specs: Sequence[Json]) -> None:
    """Sorts the rows of a rectangle by columns, stable, blanks always last."""
    for spec in specs:
        if not box.left <= spec.get("dimensionIndex", 0) < box.right:
            raise invalid("sortSpecs.dimensionIndex must be inside the range.")
    box = box._replace(bottom=max(box.top, min(box.bottom, len(sheet.grid.order))))
    columns = sheet.grid.lists(Box(box.top, box.bottom, 0, sheet.columns))
    columns += [[]] * (box.bottom - box.top - len(columns))
    sequence = list(range(len(columns)))
    for spec in reversed(specs):
        sequence = _sorted(sequence, columns, spec.get("dimensionIndex", 0), spec.get("sortOrder") == "DESCENDING")
    arrange(book, sheet, box, sequence)


def _sorted(sequence: list[int], rows: list[list[Any]], column: int, down: bool) -> list[int]:
    keys = {n: sort_key(rows[n][column]) for n in sequence if column < len(rows[n]) and rows[n][column] != ""}
    filled = [n for n in sequence if n in keys]
    filled.sort(key=keys.__getitem__, reverse=down)
    return filled + [n for n in sequence if n not in keys]


def arrange(book: Book, sheet: Sheet, box: Box, sequence: Sequence[int]) -> None:
    """Puts the rows of a rectangle into the given order, counted from its top."""
    if all(n == old for n, old in enumerate(sequence)):
        return
    bake(sheet, box)
    if box.left == 0 and box.right >= sheet.columns:
        sheet.grid.reorder_rows(box.top, [box.top + old for old in sequence])
    else:
        _arrange_part(sheet, box, sequence)
    _slide_formulas(book, sheet, box, sequence)


def _arrange_part(sheet: Sheet, box: Box, sequence: Sequence[int]) -> None:
    sheet.touch(box.bottom - box.top, box.right - box.left)
    rows = [sheet.grid.edit(index) for index in range(box.top, box.bottom)]
    parts = [_part(row, box) for row in rows]
    for row, old in zip(rows, sequence, strict=True):
        values, cells = parts[old]
        for column, value in enumerate(values, box.left):
            row.put(column, value)
        others = {column: cell for column, cell in row.cells.items() if not box.left <= column < box.right}
        row.cells = {**others, **cells}


def _part(row: Row, box: Box) -> tuple[list[Any], dict[int, Json]]:
    values = [row.value(column) for column in range(box.left, box.right)]
    return values, {column: cell for column, cell in row.cells.items() if box.left <= column < box.right}


def _slide_formulas(book: Book, sheet: Sheet, box: Box, sequence: Sequence[int]) -> None:
    """Formulas move like copies: what pointed at the own row does so afterwards."""
    for index in sheet.grid.formula_rows():
        book.recalculate = True
        if not box.top <= index < box.bottom:
            continue
        row, moved = sheet.grid.edit(index), index - box.top - sequence[index - box.top]
        for column, cell in row.cells.items():
            if "formula" in cell and box.left <= column < box.right and moved:
                cell["formula"] = offset(cell["formula"], moved, 0)


def randomize_range(book: Book, request: Json) -> None:
    """randomizeRange."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    box = sheet.cells(request["range"])
    box = box._replace(bottom=max(box.top, min(box.bottom, len(sheet.grid.order))))
    sequence = list(range(box.bottom - box.top))
    random.shuffle(sequence)
    arrange(book, sheet, box, sequence)


def delete_duplicates(book: Book, request: Json) -> Json:
    """deleteDuplicates: of equal rows (in the compared columns) the first stays, the rest of the range moves up."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    box = sheet.cells(request["range"])
    box = box._replace(bottom=max(box.top, min(box.bottom, len(sheet.grid.order))))
    compared = _compared(box, request.get("comparisonColumns", []))
    seen: set[tuple[Key, ...]] = set()
    firsts: list[int] = []
    doubles: list[int] = []
    for n, row in enumerate(sheet.grid.rows(box.top, box.bottom)):
        key = tuple(sort_key(row.value(column) if row else "") for column in compared)
        (doubles if key in seen else firsts).append(n)
        seen.add(key)
    arrange(book, sheet, box, firsts + doubles)
    _empty(sheet, box._replace(top=box.bottom - len(doubles)))
    return {"duplicatesRemovedCount": len(doubles)} if doubles else {}


def _compared(box: Box, ranges: list[Json]) -> list[int]:
    if not ranges:
        return list(range(box.left, box.right))
    columns = {c for r in ranges for c in range(r.get("startIndex", 0), r.get("endIndex", box.right))}
    if not columns or min(columns) < box.left or max(columns) >= box.right:
        raise invalid("comparisonColumns must be inside the range.")
    return sorted(columns)


def _empty(sheet: Sheet, box: Box) -> None:
    sheet.touch(box.bottom - box.top, box.right - box.left)
    for index in range(box.top, box.bottom):
        row = sheet.grid.edit(index)
        for column in range(box.left, box.right):
            row.put(column, "")
            row.cells.pop(column, None)
