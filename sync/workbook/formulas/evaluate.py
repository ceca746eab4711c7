"""Formulas worked out at the end of a request, each once, and what it refers to first."""

from __future__ import annotations

from typing import Any

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.formulas.grammar import Sight, parsed
from sync.workbook.formulas.operands import Area, Fault, scalar
from sync.workbook.schema.a1 import Bounds, Box, parse_area
from sync.workbook.schema.errors import Json

Place = tuple[int, int, int]  # sheet key, row, column


class Pending(Exception):
    """Another formula must be worked out first."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class Work:
    """All formulas of a document, each worked out once, what it needs first."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sheets = {sheet.key: sheet for sheet in book.sheets}
        self.waiting: dict[Place, str] = {}
        self._areas: dict[tuple[int, Box], Area] = {}
        for sheet in book.sheets:
            self._collect(sheet)

    def _collect(self, sheet: Sheet) -> None:
        for index in sheet.grid.formula_rows():
            row = sheet.grid.peek(index)
            for column, cell in row.cells.items() if row else ():
                if "formula" in cell:
                    self.waiting[sheet.key, index, column] = cell["formula"]

    def run(self) -> None:
        """Works out everything."""
        for place in list(self.waiting):
            stack = [place]
            while stack:
                self._step(stack)

    def _step(self, stack: list[Place]) -> None:
        place = stack[-1]
        formula = self.waiting.get(place)
        if formula is None:
            stack.pop()
            return
        sheet = self.sheets[place[0]]
        try:
            result = scalar(parsed(formula)(Sight(self, sheet, self.book.now)))
            error = None
        except Pending as pending:
            if pending.place not in stack:
                stack.append(pending.place)
                return
            error = Fault("REF", "Circular dependency detected.").value()
        except Fault as fault:
            error = fault.value()
        except (OverflowError, RecursionError, ValueError):
            error = Fault("NUM", "The result is no number.").value()
        self._store(sheet, place, error["shown"] if error else result, error)
        stack.pop()

    def _store(self, sheet: Sheet, place: Place, value: Any, error: Json | None) -> None:
        _, index, column = place
        del self.waiting[place]
        row = sheet.grid.peek(index)
        assert row is not None
        told = {"type": error["type"], "message": error["message"]} if error else None
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if (
            row.value(column) == value
            and type(row.value(column)) is type(value)
            and row.cells[column].get("error") == told
        ):
            return
        row = sheet.grid.edit(index)
        row.put(column, value)
        row.cells[column].pop("error", None)
        if told:
            row.cells[column]["error"] = told

    # What formulas refer to

    def reference(self, home: Sheet, word: str) -> Any:
        """The value of a cell, or the Area of a range."""
        title, _, rest = word.rpartition("!")
        sheet = self.book.titled(title.strip("'").replace("''", "'")) if title else home
        bounds = parse_area(rest.replace("$", ""))
        if sheet is None or bounds is None:
            raise Fault("REF", "Unresolved sheet name or reference.")
        return self._cell_or_area(sheet, bounds)

    def named(self, name: str) -> Any:
        """The value of a named range."""
        named = next((n for n in self.book.named_ranges if n["name"].casefold() == name.casefold()), None)
        if named is None:
            raise Fault("NAME", f"Unknown range name: '{name}'.")
        sheet = self.book.sheet(named["range"].get("sheetId", 0))
        return self._cell_or_area(sheet, Bounds(*sheet.box(named["range"])))

    def _cell_or_area(self, sheet: Sheet, bounds: Bounds) -> Any:
        top, left = bounds.top or 0, bounds.left or 0
        bottom = min(sheet.rows if bounds.bottom is None else bounds.bottom, max(len(sheet.grid.order), top))
        right = sheet.columns if bounds.right is None else bounds.right
        if bounds.bottom == top + 1 and bounds.right == left + 1:
            return self.cell(sheet, top, left)
        box = Box(top, bottom, left, right)
        for place in self.waiting:
            if place[0] == sheet.key and box.holds(place[1], place[2]):
                raise Pending(place)
        return self._area(sheet, box, (bounds.bottom or bottom) - top)

    def _area(self, sheet: Sheet, box: Box, height: int) -> Area:
        known = self._areas.get((sheet.key, box))
        if known is None:
            width = box.right - box.left
            rows = [row.values[box.left : box.right] if row else [] for row in sheet.grid.rows(box.top, box.bottom)]
            full = [values + [""] * (width - len(values)) for values in rows]
            known = self._areas[sheet.key, box] = Area(full, height=max(height, len(full)), width=width)
        return known

    def cell(self, sheet: Sheet, index: int, column: int) -> Any:
        """The value of one cell; raises what is wrong with it."""
        if (sheet.key, index, column) in self.waiting:
            raise Pending((sheet.key, index, column))
        row = sheet.grid.peek(index)
        if row is None:
            return ""
        if "error" in row.cells.get(column, ()):
            raise Fault.shown(str(row.value(column)))
        return row.value(column)


def recalculate(book: Book) -> None:
    """Works out the document's formulas; what came out is kept beside each."""
    work = Work(book)
    if work.waiting:
        work.run()
