"""What happens to ranges when rows or columns are inserted, deleted or moved.

A shift maps the edges of one dimension; every range that a document keeps goes through it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.formulas.references import Slide, rewrite
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json

KEYS = {"ROWS": ("startRowIndex", "endRowIndex"), "COLUMNS": ("startColumnIndex", "endColumnIndex")}
Edges = tuple[int, int | None]


@dataclass(frozen=True)
class Shift:
    """Rows or columns inserted before `at` (count > 0), deleted from `at` on (count < 0), or moved to `to`.

    `across`: the columns (of rows) or rows (of columns) in which cells alone are pushed aside; None: all.
    """

    dimension: str
    at: int
    count: int
    to: int | None = None
    across: tuple[int, int] | None = None

    def index(self, index: int) -> int | None:
        """Where a row or column stands afterwards; None when it is deleted."""
        if self.to is not None:
            return self._moved(index)
        if index < self.at:
            return index
        if self.count < 0 and index < self.at - self.count:
            return None
        return index + self.count

    def _moved(self, index: int) -> int:
        assert self.to is not None
        end = self.at + self.count
        target = self.to if self.to <= self.at else self.to - self.count
        if self.at <= index < end:
            return target + index - self.at
        if end <= index < self.to:
            return index - self.count
        if self.to <= index < self.at:
            return index + self.count
        return index

    def edges(self, start: int, end: int | None) -> Edges | None:
        """A range's edges afterwards; None when all of it is deleted."""
        if self.to is not None:
            return self._moved_edges(start, end)
        if self.count > 0:
            first = start + self.count if start >= self.at else start
            return first, (end + self.count if end is not None and end > self.at else end)
        gone = self.at - self.count
        first = start if start < self.at else max(self.at, start + self.count)
        if end is None:
            return first, None
        last = end if end <= self.at else max(self.at, end + self.count) if end < gone else end + self.count
        return (first, last) if last > first else None

    def _moved_edges(self, start: int, end: int | None) -> Edges:
        if end is None or not (self.at <= start and end <= self.at + self.count):
            # A range that is not moved as a whole keeps its place, as on Google when part of it leaves,
            # and follows when what moved passed over it.
            if end is not None and self._passed(start, end):
                return self._moved(start), self._moved(end - 1) + 1
            return start, end
        return self._moved(start), self._moved(end - 1) + 1

    def _passed(self, start: int, end: int) -> bool:
        assert self.to is not None
        low, high = (self.at + self.count, self.to) if self.to > self.at else (self.to, self.at)
        return low <= start and end <= high


def shift_all(book: Book, sheet: Sheet, shift: Shift) -> None:
    """Moves everything of the document that lies on the sheet by rows or columns, or by cells pushed aside."""
    _shift_ranges(book, sheet, shift)
    if shift.across is None:
        _shift_groups(sheet, shift)
        _shift_properties(sheet, shift)
        _shift_layers(sheet, shift)
        _shift_columns(sheet, shift)
    slide_formulas(book, sheet, shift)


def _shift_ranges(book: Book, sheet: Sheet, shift: Shift) -> None:
    meta = sheet.meta
    meta["merges"] = _kept(meta.get("merges", []), shift)
    for key in ("protectedRanges", "bandedRanges", "filterViews"):
        meta[key] = [item for item in meta.get(key, []) if _shift_in(item, "range", shift)]
    for item in meta["protectedRanges"]:
        if "unprotectedRanges" in item:
            item["unprotectedRanges"] = _kept(item["unprotectedRanges"], shift)
    for rule in meta.get("conditionalFormats", []):
        rule["ranges"] = _kept(rule["ranges"], shift)
    meta["conditionalFormats"] = [rule for rule in meta.get("conditionalFormats", []) if rule["ranges"]]
    if meta.get("basicFilter") and not _shift_in(meta["basicFilter"], "range", shift):
        del meta["basicFilter"]
    named = book.named_ranges
    named[:] = [n for n in named if n["range"].get("sheetId", 0) != sheet.id or _shift_in(n, "range", shift)]


def _shift_columns(sheet: Sheet, shift: Shift) -> None:
    """What names a column by its index: developer metadata, and the criteria and orders of filters."""
    if shift.dimension != "COLUMNS":
        return
    sheet.meta["developerMetadata"] = _moved_columns(sheet.meta.get("developerMetadata", []), "column", shift, None)
    for view in _filters(sheet):
        for key, field in (("filterSpecs", "columnIndex"), ("sortSpecs", "dimensionIndex")):
            if key in view:
                view[key] = _moved_columns(view[key], field, shift, 0)
        if "criteria" in view:
            moved = ((shift.index(int(column)), rule) for column, rule in view["criteria"].items())
            view["criteria"] = {str(column): rule for column, rule in moved if column is not None}


def _moved_columns(items: list[Json], field: str, shift: Shift, default: int | None) -> list[Json]:
    moved = []
    for item in items:
        column = item.get(field, default)
        if column is None:
            moved.append(item)
        elif (index := shift.index(column)) is not None:
            moved.append({**item, field: index})
    return moved


def _filters(sheet: Sheet) -> list[Json]:
    basic = sheet.meta.get("basicFilter")
    return [*([basic] if basic else []), *sheet.meta.get("filterViews", [])]


def _shift_in(item: Json, key: str, shift: Shift) -> bool:
    moved = shifted(item.get(key, {}), shift)
    if moved is not None:
        item[key] = moved
    return moved is not None


def _kept(ranges: list[Json], shift: Shift) -> list[Json]:
    moved = (shifted(item, shift) for item in ranges)
    return [item for item in moved if item is not None]


def shifted(grid_range: Json, shift: Shift) -> Json | None:
    """A GridRange afterwards; None when all of it is deleted."""
    first, last = KEYS[shift.dimension]
    if (first not in grid_range and last not in grid_range) or not _within(grid_range, shift):
        return grid_range
    edges = shift.edges(grid_range.get(first, 0), grid_range.get(last))
    if edges is None:
        return None
    moved = {**grid_range, first: edges[0]}
    if edges[1] is not None:
        moved[last] = edges[1]
    return moved


def _within(grid_range: Json, shift: Shift) -> bool:
    """Whether a range spans no more of the other dimension than is pushed aside."""
    if shift.across is None:
        return True
    first, last = KEYS["COLUMNS" if shift.dimension == "ROWS" else "ROWS"]
    return bool(shift.across[0] <= grid_range.get(first, 0) and grid_range.get(last, 1 << 40) <= shift.across[1])


def _shift_groups(sheet: Sheet, shift: Shift) -> None:
    key = "rowGroups" if shift.dimension == "ROWS" else "columnGroups"
    groups = []
    for group in sheet.meta.get(key, []):
        edges = shift.edges(group["range"]["startIndex"], group["range"]["endIndex"])
        if edges is not None:
            groups.append({**group, "range": {**group["range"], "startIndex": edges[0], "endIndex": edges[1]}})
    sheet.meta[key] = groups


def _shift_properties(sheet: Sheet, shift: Shift) -> None:
    # Run by run, and index by index only where a run is moved away in part.
    key = "rowProperties" if shift.dimension == "ROWS" else "columnProperties"
    runs = sheet.meta.get(key, [])
    if shift.to is not None:
        single = [(shift.index(index), props) for start, end, props in runs for index in range(start, end)]
        sheet.meta[key] = [
            [index, index + 1, props] for index, props in sorted(single, key=_first) if index is not None
        ]
        return
    moved = [(shift.edges(start, end), props) for start, end, props in runs]
    sheet.meta[key] = [[*edges, props] for edges, props in moved if edges is not None]


def _first(item: tuple[int | None, Json]) -> int:
    return item[0] or 0


def _shift_layers(sheet: Sheet, shift: Shift) -> None:
    layers = []
    for layer in sheet.layers.stored:
        box = Box(*layer["range"])
        rows = shift.dimension == "ROWS"
        edges = shift.edges(box.top, box.bottom) if rows else shift.edges(box.left, box.right)
        if edges is not None and edges[1] is not None:
            moved = (*edges, box.left, box.right) if rows else (box.top, box.bottom, *edges)
            layers.append({**layer, "range": list(moved)})
    sheet.layers.stored[:] = layers


def slide_formulas(book: Book, target: Sheet, shift: Shift) -> None:
    """Rewrites the references of all formulas of the document to the shifted sheet."""
    slide = Slide(shift.dimension, target.title, shift.edges, shift.index, shift.across)
    each_formula(book, lambda sheet, text: rewrite(text, slide, sheet.title))


def each_formula(book: Book, change: Callable[[Sheet, str], str]) -> None:
    """Gives every formula of the document the text that `change` says: those of cells, rules, formats and filters."""
    for sheet in book.sheets:
        for index in sheet.grid.formula_rows():
            row = sheet.grid.edit(index)
            book.recalculate = True
            for cell in row.cells.values():
                if "formula" in cell:
                    cell["formula"] = change(sheet, cell["formula"])
        _each_condition(sheet, partial(change, sheet))


def _each_condition(sheet: Sheet, change: Callable[[str], str]) -> None:
    for index in sheet.grid.rule_rows():
        for cell in sheet.grid.edit(index).cells.values():
            if cell.get("dataValidation"):
                cell["dataValidation"] = _rewritten(cell["dataValidation"], change)
    for layer in sheet.layers.stored:
        if layer["kind"] == "validation" and layer["value"]:
            layer["value"] = _rewritten(layer["value"], change)
    for rule in sheet.meta.get("conditionalFormats", []):
        rule.update({key: _rewritten(rule[key], change) for key in ("booleanRule", "gradientRule") if key in rule})
    for view in _filters(sheet):
        view.update({key: _rewritten(view[key], change) for key in ("criteria", "filterSpecs") if key in view})


def _rewritten(value: Any, change: Callable[[str], str]) -> Any:
    """A message with the formulas changed that its conditions hold."""
    if isinstance(value, list):
        return [_rewritten(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: change(item)
        if key in ("userEnteredValue", "value") and isinstance(item, str) and item.startswith("=")
        else _rewritten(item, change)
        for key, item in value.items()
    }
