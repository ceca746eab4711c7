"""Formulas worked out at the end of a request, each once, and what it refers to first."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.formulas.functions import Scope
from sync.workbook.formulas.grammar import Formula, Sight, parsed
from sync.workbook.formulas.operands import (
    CELLS_A_STEP,
    MAX_STEPS,
    Area,
    Budget,
    Fault,
    Linked,
    OverBudget,
    checked,
    scalar,
)
from sync.workbook.schema.a1 import Bounds, Box, parse_area
from sync.workbook.schema.errors import Json

MOST_CELLS = 2_000_000  # of ranges held at once while a document is worked out
MOST_READ = MAX_STEPS * CELLS_A_STEP  # cells of one range
Place = tuple[int, int, int]  # sheet key, row, column

log = logging.getLogger(__name__)


class Pending(Exception):
    """Other formulas must be worked out first."""

    def __init__(self, places: list[Place]) -> None:
        super().__init__(places)
        self.places = places


class Result(NamedTuple):
    """What a formula came to. `over`: the digest of what it read, where that went over its budget; `link`: where a
    HYPERLINK leads."""

    value: Any
    error: Json | None = None
    over: str | None = None
    link: str | None = None

    @classmethod
    def of(cls, value: Any) -> Result:
        """The result that shows a value."""
        return cls(str(value), link=value.address) if isinstance(value, Linked) else cls(value)

    @classmethod
    def failed(cls, fault: Fault, over: str | None = None) -> Result:
        """The result that shows an error value."""
        told = fault.value()
        return cls(told["shown"], {"type": told["type"], "message": told["message"]}, over)


class Waiting:
    """The formulas that are not worked out yet, by sheet, column and row."""

    def __init__(self) -> None:
        self._columns: dict[int, dict[int, dict[int, str]]] = {}

    def add(self, place: Place, formula: str) -> None:
        """A formula that is to be worked out."""
        key, row, column = place
        self._columns.setdefault(key, {}).setdefault(column, {})[row] = formula

    def get(self, place: Place) -> str | None:
        """The formula that waits there."""
        key, row, column = place
        return self._columns.get(key, {}).get(column, {}).get(row)

    def remove(self, place: Place) -> None:
        """Done."""
        key, row, column = place
        del self._columns[key][column][row]

    def all(self) -> list[Place]:
        """Every place, row by row."""
        return [
            (key, row, column)
            for key, columns in self._columns.items()
            for row, column in sorted((row, column) for column, rows in columns.items() for row in rows)
        ]

    def within(self, key: int, box: Box) -> list[Place]:
        """The places inside a rectangle of a sheet."""
        return [
            (key, row, column)
            for column, rows in self._columns.get(key, {}).items()
            if box.left <= column < box.right and rows
            for row in _rows_within(rows, box)
        ]


def _rows_within(rows: dict[int, str], box: Box) -> Iterable[int]:
    if box.bottom - box.top < len(rows):
        return (row for row in range(box.top, box.bottom) if row in rows)
    return (row for row in rows if box.top <= row < box.bottom)


class Reader:
    """What formulas refer to, while all of the document's own formulas are worked out."""

    def __init__(self, book: Book) -> None:
        self.book, self.now = book, book.local_now
        self.waiting = Waiting()
        self._areas: dict[tuple[int, Box], Area] = {}
        self._held = 0

    def value(self, sheet: Sheet, formula: str, budget: Budget) -> Any:
        """What a formula that stands in no cell yields, seen from a sheet; Fault, OverBudget."""
        scope = Scope(self.now, self.book.locale, budget)
        return checked(scalar(parsed(formula).node(Sight(self, sheet, scope))))

    def reference(self, sight: Sight, word: str) -> Any:
        """The value of a cell, or the Area of a range."""
        return self._cell_or_area(sight, *self._referred(sight, word))

    def named(self, sight: Sight, name: str) -> Any:
        """The value of a named range."""
        return self._cell_or_area(sight, *self._name(sight, name))

    def _referred(self, sight: Sight, word: str) -> tuple[Sheet, Bounds]:
        title, _, rest = word.rpartition("!")
        sheet = self.book.titled(title.strip("'").replace("''", "'")) if title else sight.sheet
        bounds = parse_area(rest.replace("$", ""))
        if sheet is None or bounds is None:
            raise Fault("REF", "Unresolved sheet name or reference.")
        return sheet, bounds

    def _name(self, _sight: Sight, name: str) -> tuple[Sheet, Bounds]:
        named = next((n for n in self.book.named_ranges if n["name"].casefold() == name.casefold()), None)
        if named is None:
            raise Fault("NAME", f"Unknown range name: '{name[:100]}'.")
        sheet = self.book.sheet(named["range"].get("sheetId", 0))
        return sheet, Bounds(*sheet.box(named["range"]))

    def _box(self, sheet: Sheet, bounds: Bounds) -> Box:
        """The rectangle without the blank rows at the end of the sheet."""
        top, left = bounds.top or 0, bounds.left or 0
        bottom = min(sheet.rows if bounds.bottom is None else bounds.bottom, max(len(sheet.grid.order), top))
        right = min(sheet.columns, sheet.columns if bounds.right is None else bounds.right)
        return Box(top, max(bottom, top), left, max(right, left))

    def _cell_or_area(self, sight: Sight, sheet: Sheet, bounds: Bounds) -> Any:
        box = self._box(sheet, bounds)
        waiting = self.waiting.within(sheet.key, box)
        if waiting:
            raise Pending(waiting)
        if bounds.bottom == box.top + 1 and bounds.right == box.left + 1:
            return self.cell(sheet, box.top, box.left)
        sight.budget.spend(1 + _cells(box) // CELLS_A_STEP)
        began = time.thread_time()
        area = self._area(sheet, box, bounds)
        sight.budget.excuse(time.thread_time() - began)
        return area

    def _area(self, sheet: Sheet, box: Box, bounds: Bounds) -> Area:
        known = self._areas.get((sheet.key, box))
        if known is None:
            width = box.right - box.left
            rows = [row.values[box.left : box.right] if row else [] for row in sheet.grid.rows(box.top, box.bottom)]
            full = [values + [""] * (width - len(values)) for values in rows]
            height = (sheet.rows if bounds.bottom is None else bounds.bottom) - box.top
            known = Area(full, height=max(height, len(full)), width=width)
            self._hold((sheet.key, box), known)
        return known

    def _hold(self, key: tuple[int, Box], area: Area) -> None:
        """Keeps a range for other formulas, within bounds."""
        self._held += _cells(key[1])
        if self._held > MOST_CELLS:
            self._areas.clear()
            self._held = _cells(key[1])
        self._areas[key] = area

    def cell(self, sheet: Sheet, index: int, column: int) -> Any:
        """The value of one cell; raises what is wrong with it."""
        row = sheet.grid.peek(index)
        if row is None:
            return ""
        if "error" in row.cells.get(column, ()):
            raise Fault.shown(str(row.value(column)))
        return row.value(column)


class Work(Reader):
    """All formulas of a document, each worked out once, what it needs first."""

    def __init__(self, book: Book) -> None:
        super().__init__(book)
        self.sheets = {sheet.key: sheet for sheet in book.sheets}
        self.begun: set[Place] = set()
        for sheet in book.sheets:
            self._collect(sheet)

    def _collect(self, sheet: Sheet) -> None:
        for index in sheet.grid.formula_rows():
            row = sheet.grid.peek(index)
            for column, cell in row.cells.items() if row else ():
                if "formula" in cell:
                    self.waiting.add((sheet.key, index, column), cell["formula"])

    def run(self) -> None:
        """Works out everything."""
        for place in self.waiting.all():
            stack = [place]
            while stack:
                self._step(stack)

    def _step(self, stack: list[Place]) -> None:
        place = stack[-1]
        formula = self.waiting.get(place)
        if formula is None:
            stack.pop()
            return
        try:
            result = self._worked_out(place, formula)
        except Pending as pending:
            first = [other for other in pending.places if other not in self.begun]
            self.begun.add(place)
            if first:
                stack.extend(first)
                return
            result = Result.failed(Fault("REF", "Circular dependency detected."))
        self._store(self.sheets[place[0]], place, result)
        stack.pop()

    def _worked_out(self, place: Place, formula: str) -> Result:
        """What a formula comes to; Pending where others must come first."""
        sight = self._sight(place)
        try:
            read = parsed(formula)
            self._want_first(sight, place, read)
            known = self._known_failure(sight, place, formula, read)
            return known or Result.of(self._value(sight, place, read))
        except Pending:
            raise
        except Fault as fault:
            return Result.failed(fault)
        except OverBudget as over:
            return Result.failed(Fault("ERROR", str(over)), self._digest(self._sight(place), formula, parsed(formula)))
        except RecursionError:
            return Result.failed(Fault("ERROR", "The formula is nested too deep."))
        except Exception:
            log.exception("formula %.200s on sheet %s", formula, sight.sheet.title)
            return Result.failed(Fault("ERROR", "This formula could not be worked out."))

    def _value(self, sight: Sight, place: Place, read: Formula) -> Any:
        """What the formula yields. Going over the budget counts when it happens twice: once it may be the machine."""
        try:
            return checked(scalar(read.node(sight)))
        except OverBudget:
            return checked(scalar(read.node(self._sight(place))))

    def _sight(self, place: Place) -> Sight:
        return Sight(self, self.sheets[place[0]], Scope(self.now, self.book.locale, Budget()))

    def _want_first(self, sight: Sight, place: Place, read: Formula) -> None:
        """Pending, once, with all formulas that the references mean, so that they need not be met one by one."""
        if place in self.begun:
            return
        wanted = [
            other
            for sheet, bounds in self._meant(sight, read)
            for other in self.waiting.within(sheet.key, self._box(sheet, bounds))
            if other != place and other not in self.begun
        ]
        if wanted:
            raise Pending(wanted)

    def _meant(self, sight: Sight, read: Formula) -> Iterator[tuple[Sheet, Bounds]]:
        """Where the references and names of a formula lead, of those that lead somewhere."""
        for resolve, words in ((self._referred, read.references), (self._name, read.names)):
            for word in words:
                try:
                    yield resolve(sight, word)
                except Fault:
                    continue

    # What took too long is not tried again until it would read something else

    def _known_failure(self, sight: Sight, place: Place, formula: str, read: Formula) -> Result | None:
        row = sight.sheet.grid.peek(place[1])
        cell = row.cells[place[2]] if row else {}
        if cell.get("over") is None or cell["over"] != self._digest(self._sight(place), formula, read):
            return None
        return Result(row.value(place[2]) if row else "", cell.get("error"), cell["over"])

    def _digest(self, sight: Sight, formula: str, read: Formula) -> str:
        """Of all that a formula reads."""
        parts = [formula, self.book.locale, str(self.now.utcoffset()), str(self.now.date()) if read.volatile else ""]
        sums = [self._sum(sheet, bounds) for sheet, bounds in self._meant(sight, read)]
        return hashlib.blake2b(orjson.dumps([parts, sums]), digest_size=12).hexdigest()

    def _sum(self, sheet: Sheet, bounds: Bounds) -> str:
        box = self._box(sheet, bounds)
        if _cells(box) > MOST_READ:
            return "too many"  # it fails before anything is read
        rows = self._area(sheet, box, bounds).rows
        return hashlib.blake2b(orjson.dumps(rows), digest_size=12).hexdigest()

    def _store(self, sheet: Sheet, place: Place, result: Result) -> None:
        _, index, column = place
        self.waiting.remove(place)
        row = sheet.grid.peek(index)
        assert row is not None
        cell = row.cells[column]
        before = Result(row.value(column), *(cell.get(key) for key in Result._fields[1:]))
        if result == before and type(result.value) is type(before.value):
            return
        row = sheet.grid.edit(index)
        row.put(column, result.value)
        for key in Result._fields[1:]:
            row.cells[column].pop(key, None)
            if getattr(result, key) is not None:
                row.cells[column][key] = getattr(result, key)


def _cells(box: Box) -> int:
    return (box.bottom - box.top) * (box.right - box.left)


def recalculate(book: Book) -> None:
    """Works out the document's formulas; what came out is kept beside each."""
    work = Work(book)
    if work.waiting.all():
        work.run()
