"""Conditional formats as cells show them: which rules of a sheet hold for a cell, and what they make of its format."""

from __future__ import annotations

import logging
import math
import operator
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sync.workbook.cells.entry import as_number, typed
from sync.workbook.cells.formats import colour, serial, show
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.row import Row
from sync.workbook.formulas.evaluate import Reader
from sync.workbook.formulas.operands import Budget, Fault, OverBudget, number, truth
from sync.workbook.formulas.references import offset
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json

MORE = 10  # budgets of one formula that one rule may take for all cells of an answer
log = logging.getLogger(__name__)

Look = Callable[[int, int, Row], Json]

_NUMBERS = {
    "NUMBER_GREATER": operator.gt,
    "NUMBER_GREATER_THAN_EQ": operator.ge,
    "NUMBER_LESS": operator.lt,
    "NUMBER_LESS_THAN_EQ": operator.le,
    "NUMBER_EQ": operator.eq,
    "NUMBER_NOT_EQ": operator.ne,
    "DATE_EQ": operator.eq,
    "DATE_NOT_EQ": operator.ne,
    "DATE_BEFORE": operator.lt,
    "DATE_AFTER": operator.gt,
    "DATE_ON_OR_BEFORE": operator.le,
    "DATE_ON_OR_AFTER": operator.ge,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "TEXT_CONTAINS": lambda text, part: part in text,
    "TEXT_NOT_CONTAINS": lambda text, part: part not in text,
    "TEXT_STARTS_WITH": str.startswith,
    "TEXT_ENDS_WITH": str.endswith,
    "TEXT_EQ": operator.eq,
    "TEXT_NOT_EQ": operator.ne,
}
_SHAPES = {
    "TEXT_IS_EMAIL": re.compile(r"[^@\s]{1,100}@[^@\s.]{1,100}(\.[^@\s.]{1,100}){1,5}"),
    "TEXT_IS_URL": re.compile(r"(https?://|www\.)\S{1,2000}"),
}
_DAYS = {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1, "PAST_WEEK": -7, "PAST_MONTH": -30, "PAST_YEAR": -365}


def look_of(book: Book, sheet: Sheet) -> Look | None:
    """What the rules give to a cell, the first that holds going before the others; None where there is no rule."""
    rules = [_rule(book, sheet, rule) for rule in sheet.meta.get("conditionalFormats", ())]
    if not rules:
        return None

    def look(index: int, column: int, row: Row) -> Json:
        result: Json = {}
        for rule in rules:
            for key, value in rule(index, column, row).items():
                result.setdefault(key, value)
        return result

    return look


def _rule(book: Book, sheet: Sheet, rule: Json) -> Look:
    boxes = [sheet.loose_box(item) for item in rule["ranges"]]
    paint = _graded(sheet, boxes, rule["gradientRule"]) if "gradientRule" in rule else _conditioned(book, sheet, rule)

    def within(index: int, column: int, row: Row) -> Json:
        return paint(index, column, row) if any(box.holds(index, column) for box in boxes) else {}

    return within


def _conditioned(book: Book, sheet: Sheet, rule: Json) -> Look:
    corner = sheet.loose_box(rule["ranges"][0])
    boolean = rule.get("booleanRule", {})
    condition = Condition(book, sheet, boolean.get("condition", {}), (corner.top, corner.left))

    def look(index: int, column: int, row: Row) -> Json:
        wished: Json = boolean.get("format", {}) if condition.holds(index, column, row) else {}
        return wished

    return look


def _graded(sheet: Sheet, boxes: Sequence[Box], rule: Json) -> Look:
    colour_of = _gradient(sheet, boxes, rule)
    return lambda _index, column, row: colour_of(row.value(column))


class Condition:
    """A BooleanCondition asked of cells; formulas in it are written for the cell at the corner."""

    def __init__(self, book: Book, sheet: Sheet, condition: Json, corner: tuple[int, int]) -> None:
        self.book, self.sheet, self.corner = book, sheet, corner
        self.kind: str = condition.get("type", "")
        self.values: list[Json] = condition.get("values", [])
        self.reader, self.budget = Reader(book), Budget(MORE)

    def holds(self, index: int, column: int, row: Row) -> bool:
        """Whether a cell meets it; not where it cannot be worked out."""
        value = row.value(column)
        if "error" in row.cells.get(column, ()):
            return False
        try:
            return self._holds(value, index, column, row)
        except (Fault, OverBudget):
            return False
        except Exception:
            log.exception("condition %s at row %s of %s", self.kind, index + 1, self.sheet.title)
            return False

    def _holds(self, value: Any, index: int, column: int, row: Row) -> bool:
        if self.kind in ("BLANK", "NOT_BLANK"):
            return bool(value == "") == (self.kind == "BLANK")
        if self.kind == "CUSTOM_FORMULA":
            return truth(self._given(0, index, column))
        if self.kind in _SHAPES:
            return isinstance(value, str) and _SHAPES[self.kind].fullmatch(value.strip()) is not None
        if self.kind in _TEXTS:
            pattern = self.sheet.cell_format(index, column, row).get("numberFormat")
            wished = str(self._given(0, index, column)).casefold()
            return _TEXTS[self.kind](show(value, pattern, self.book.locale).casefold(), wished)
        if isinstance(value, str | bool):
            return False
        return self._compares(math.floor(value) if self.kind.startswith("DATE") else value, index, column)

    def _compares(self, value: float, index: int, column: int) -> bool:
        if self.kind in _NUMBERS:
            return bool(_NUMBERS[self.kind](value, number(self._given(0, index, column))))
        if self.kind.endswith("BETWEEN"):
            low, high = sorted(number(self._given(place, index, column)) for place in (0, 1))
            return bool(low <= value <= high) != self.kind.endswith("NOT_BETWEEN")
        return self.kind == "DATE_IS_VALID"

    def _given(self, place: int, index: int, column: int) -> Any:
        """What the condition compares with, for a cell."""
        if place >= len(self.values):
            raise Fault("N_A", f"{self.kind} lacks a value.")
        given = self.values[place]
        today = self.book.local_now.date()
        if "relativeDate" in given:
            return serial(today + timedelta(_DAYS[given["relativeDate"]]))
        entry = typed(given.get("userEnteredValue", ""), today, self.book.locale)
        if entry.formula is None:
            return given["userEnteredValue"] if self.kind.startswith("TEXT") else entry.value
        moved = offset(entry.formula, index - self.corner[0], column - self.corner[1])
        return self.reader.value(self.sheet, moved, self.budget)


# Colours between two or three points


def _gradient(sheet: Sheet, boxes: Sequence[Box], rule: Json) -> Callable[[Any], Json]:
    numbers = sorted(
        value
        for box in boxes
        for row in sheet.grid.rows(box.top, box.bottom)
        for value in (row.values[box.left : box.right] if row else ())
        if not isinstance(value, str | bool)
    )
    points = [rule[key] for key in ("minpoint", "midpoint", "maxpoint") if key in rule]
    stops = sorted(((_position(point, numbers), _rgb(point)) for point in points), key=lambda stop: stop[0])

    def paint(value: Any) -> Json:
        if isinstance(value, str | bool) or not numbers or not stops:
            return {}
        parts = _between(stops, value)
        background = colour(dict(zip(("red", "green", "blue"), parts, strict=True)))
        return {"backgroundColor": background, "backgroundColorStyle": {"rgbColor": background}}

    return paint


def _position(point: Json, numbers: Sequence[float]) -> float:
    low, high = (numbers[0], numbers[-1]) if numbers else (0, 0)
    if point.get("type") in ("MIN", "MAX"):
        return low if point["type"] == "MIN" else high
    wished = as_number(point.get("value", "")) or 0.0
    if point.get("type") == "PERCENT":
        return low + (high - low) * wished / 100
    if point.get("type") == "PERCENTILE" and numbers:
        place = min(max(wished / 100, 0), 1) * (len(numbers) - 1)
        below, above = numbers[math.floor(place)], numbers[math.ceil(place)]
        return below + (above - below) * (place - math.floor(place))
    return wished


def _rgb(point: Json) -> tuple[float, ...]:
    rgb = point.get("colorStyle", {}).get("rgbColor") or point.get("color", {})
    return tuple(float(rgb.get(part, 0)) for part in ("red", "green", "blue"))


def _between(stops: Sequence[tuple[float, tuple[float, ...]]], value: float) -> tuple[float, ...]:
    for (low, first), (high, second) in pairwise(stops):
        if value <= high:
            share = 0.0 if high == low else min(max((value - low) / (high - low), 0), 1)
            return tuple(a + (b - a) * share for a, b in zip(first, second, strict=True))
    return stops[-1][1]
