"""What formulas reckon with: numbers, texts, booleans, "" for a blank, an Area for a range, a Fault for an error.

A number is finite, a text no longer than a cell holds, and one evaluation has a budget.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

from sync.workbook.cells.entry import as_number, is_too_large
from sync.workbook.cells.formats import general
from sync.workbook.schema.errors import Json

MAX_STEPS = 100_000  # of one evaluation of one cell
MAX_SECONDS = 0.05  # of the thread's own time, so that a busy machine changes no result
MAX_CHARACTERS = 50_000
CELLS_A_STEP = 10  # plain values of a range that are read or compared for one step
_SHOWN = {
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "N_A": "#N/A",
    "REF": "#REF!",
    "VALUE": "#VALUE!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "ERROR": "#ERROR!",
}


class Fault(Exception):
    """An error value: its ErrorType in the API and what the cell says about it."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.kind, self.message = kind, message

    def value(self) -> Json:
        """type, message, and the text that the cell shows."""
        return {"type": self.kind, "message": self.message, "shown": _SHOWN[self.kind]}

    @classmethod
    def shown(cls, text: str) -> Fault:
        """The fault that a cell with that text has."""
        return cls(next((kind for kind, shown in _SHOWN.items() if shown == text), "ERROR"))


class OverBudget(Exception):
    """The evaluation of one cell took more than `limit`; no function catches it. Its text is for the cell."""

    def __init__(self, limit: str) -> None:
        super().__init__(f"This formula takes more than {limit}. It is tried again when its input changes.")


class Budget:
    """What one evaluation of one cell may still take, or so many of them together."""

    def __init__(self, times: int = 1) -> None:
        self.steps = MAX_STEPS * times
        self.until = time.thread_time() + MAX_SECONDS * times

    def spend(self, steps: int = 1) -> None:
        """Counts steps; OverBudget when there are none left or the time is over."""
        self.steps -= steps
        if self.steps < 0:
            raise OverBudget(f"{MAX_STEPS} steps")
        if time.thread_time() > self.until:
            raise OverBudget(f"{round(MAX_SECONDS * 1000)} ms")

    def excuse(self, seconds: float) -> None:
        """Time that does not count, since it went into reading the file."""
        self.until += seconds


class Linked(str):
    """A text that leads somewhere: what HYPERLINK yields."""

    __slots__ = ("address",)
    address: str

    @classmethod
    def to(cls, address: str, label: str) -> Linked:
        """The label with its address."""
        linked = cls(label)
        linked.address = address
        return linked


class Area:
    """A rectangle of values; rows below `rows` up to `height` are blank."""

    def __init__(self, rows: list[list[Any]], height: int | None = None, width: int | None = None) -> None:
        self.rows = rows
        self.height = len(rows) if height is None else height
        self.width = width if width is not None else len(rows[0]) if rows else 0

    def cells(self) -> Iterator[Any]:
        """All values that are there, row by row; blank rows at the end are left out."""
        for row in self.rows:
            yield from row

    @property
    def blanks_below(self) -> int:
        """Cells of the blank rows at the end."""
        return (self.height - len(self.rows)) * self.width

    def at(self, row: int, column: int) -> Any:
        """One value."""
        return self.rows[row][column] if row < len(self.rows) else ""


def scalar(value: Any) -> Any:
    """One value; of a range the first."""
    if isinstance(value, Area):
        return value.at(0, 0) if value.width else ""
    return value


def checked(value: Any) -> Any:
    """The value if a cell can hold it; Fault for a number that is not finite and a text that is too long."""
    if isinstance(value, str):
        check_length(len(value))
    elif isinstance(value, complex):
        raise Fault("NUM", "The result is no real number.")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        if abs(value) >= 2**1023:
            raise Fault("NUM", "The result is a number that is too large.")
        return float(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise Fault("NUM", "The result is a number that is too large.")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value


def check_length(characters: int) -> None:
    """Fault where a text would be too long for a cell."""
    if characters > MAX_CHARACTERS:
        raise Fault("VALUE", f"The text is longer than the limit of {MAX_CHARACTERS} characters.")


def number(value: Any) -> float:
    """The value as a number."""
    if value == "":
        return 0
    if isinstance(value, str):
        read = as_number(value)
        if read is None and is_too_large(value):
            raise Fault("NUM", "The text is a number that is too large.")
        if read is None:
            raise Fault("VALUE", f"'{value}' is a text and cannot be coerced to a number.")
        return read
    return int(value) if isinstance(value, bool) else value


def whole(value: Any) -> int:
    """The first value as a whole number, cut towards zero."""
    return int(number(scalar(value)))


def text(value: Any) -> str:
    """The value as a text."""
    value = scalar(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if isinstance(value, str) else general(value)


def truth(value: Any) -> bool:
    """The value as a boolean."""
    value = scalar(value)
    if isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    return bool(number(value))


def flat(arguments: list[Any]) -> Iterator[Any]:
    """All values of all arguments."""
    for argument in arguments:
        if isinstance(argument, Area):
            yield from argument.cells()
        else:
            yield argument


def numbers(arguments: list[Any]) -> list[float]:
    """The numbers among the arguments: a range's texts and booleans do not count, a given one must be a number."""
    values: list[float] = []
    for argument in arguments:
        if isinstance(argument, Area):
            values.extend(v for v in argument.cells() if not isinstance(v, str | bool))
        else:
            values.append(number(argument))
    return values
