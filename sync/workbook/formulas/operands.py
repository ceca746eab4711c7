"""What formulas reckon with: numbers, texts, booleans, "" for a blank, an Area for a range, a Fault for an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sync.workbook.cells.formats import general
from sync.workbook.schema.errors import Json

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


class Area:
    """A rectangle of values; rows below `rows` up to `height` are blank."""

    def __init__(self, rows: list[list[Any]], height: int | None = None, width: int | None = None) -> None:
        self.rows = rows
        self.height = len(rows) if height is None else height
        self.width = width if width is not None else len(rows[0]) if rows else 0

    def cells(self) -> Iterator[Any]:
        """All values, row by row."""
        for row in self.rows:
            yield from row

    def at(self, row: int, column: int) -> Any:
        """One value."""
        return self.rows[row][column] if row < len(self.rows) else ""


def scalar(value: Any) -> Any:
    """One value; of a range the first."""
    if isinstance(value, Area):
        return value.at(0, 0) if value.width else ""
    return value


def number(value: Any) -> Any:
    """The value as a number."""
    if isinstance(value, bool):
        return int(value)
    if value == "":
        return 0
    if isinstance(value, str):
        try:
            return float(value.replace(",", ""))
        except ValueError:
            raise Fault("VALUE", f"'{value}' is a text and cannot be coerced to a number.") from None
    return value


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


def numbers(arguments: list[Any]) -> list[Any]:
    """The numbers among the arguments: a range's texts and booleans do not count, a given one must be a number."""
    values: list[Any] = []
    for argument in arguments:
        if isinstance(argument, Area):
            values.extend(v for v in argument.cells() if not isinstance(v, str | bool))
        else:
            values.append(number(argument))
    return values
