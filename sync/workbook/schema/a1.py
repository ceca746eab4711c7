"""A1 notation: column letters, addresses, ranges and the quoting of sheet names (sheets-api.md section 3).

Indexes are zero-based and ends are exclusive, as in the API's GridRange. Nothing here knows a sheet.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_CELL = r"\$?([A-Za-z]{0,3})\$?([0-9]{0,9})"
_AREA = re.compile(rf"{_CELL}(?::{_CELL})?")
_R1C1 = re.compile(r"[Rr]([0-9]+)[Cc]([0-9]+)(?::[Rr]([0-9]+)[Cc]([0-9]+))?")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Bounds(NamedTuple):
    """A rectangle of cells, first inclusive and last exclusive; `None` is open to the grid's edge."""

    top: int | None
    bottom: int | None
    left: int | None
    right: int | None


class Box(NamedTuple):
    """A rectangle with all four edges known."""

    top: int
    bottom: int
    left: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Whether the cell lies inside."""
        return self.top <= row < self.bottom and self.left <= column < self.right

    def meets(self, other: Box) -> bool:
        """Whether the two share a cell."""
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )

    def covers(self, other: Box) -> bool:
        """Whether every cell of the other lies inside."""
        rows = self.top <= other.top and other.bottom <= self.bottom
        return rows and self.left <= other.left and other.right <= self.right


@lru_cache(4096)
def letters(column: int) -> str:
    """The name of a column: 0 is A, 25 is Z, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


@lru_cache(4096)
def column_index(name: str) -> int:
    """The index of a column by its letters, in either case: A is 0."""
    index = 0
    for letter in name.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _edge(name: str, number: str) -> tuple[int | None, int | None]:
    row = int(number) - 1 if number else None
    return row, column_index(name) if name else None


def _ordered(first: int | None, last: int | None, start: int | None) -> tuple[int | None, int | None]:
    """Both ends of one dimension; an end that is not named is open, `start` tells where `A5:A` begins."""
    if first is None and last is None:
        return start, None
    if first is None or last is None:
        return (first if last is None else last), None
    low, high = min(first, last), max(first, last)
    return low, high + 1


def _r1c1(text: str) -> Bounds | None:
    match = _R1C1.fullmatch(text)
    if match is None:
        return None
    top, left = int(match[1]) - 1, int(match[2]) - 1
    last, end = (int(match[3]) - 1, int(match[4]) - 1) if match[3] else (top, left)
    if min(top, left, last, end) < 0:
        return None
    return Bounds(min(top, last), max(top, last) + 1, min(left, end), max(left, end) + 1)


def parse_area(text: str) -> Bounds | None:
    """The rectangle that `A1`, `A1:C`, `2:2`, `D4:A1` or `R1C1` names; None when it names none."""
    match = _AREA.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        return _r1c1(text)
    row, column = _edge(match[1], match[2])
    if row is not None and row < 0:
        return None
    if match[3] is None:
        if row is None or column is None:
            return None
        return Bounds(row, row + 1, column, column + 1)
    last_row, last_column = _edge(match[3], match[4])
    if (last_row is None and last_column is None) or (last_row is not None and last_row < 0):
        return None
    return Bounds(*_ordered(row, last_row, None), *_ordered(column, last_column, None))


def split_sheet(text: str) -> tuple[str | None, str, bool]:
    """The sheet's name, the rest and whether the name was quoted: `'a!b'!C1` -> (a!b, C1, True)."""
    if text.startswith("'"):
        end = _closing_quote(text)
        if end is not None and text[end + 1 : end + 2] in ("", "!"):
            return text[1:end].replace("''", "'"), text[end + 2 :], True
    name, mark, rest = text.rpartition("!")
    return (name, rest, False) if mark else (None, text, False)


def _closing_quote(text: str) -> int | None:
    at = 1
    while True:
        at = text.find("'", at)
        if at < 0:
            return None
        if text[at + 1 : at + 2] != "'":
            return at
        at += 2


@lru_cache(1024)
def quote(title: str) -> str:
    """A sheet's name as answers write it: quoted unless it is a plain word that no cell could be."""
    if _PLAIN.fullmatch(title) and parse_area(title) is None:
        return title
    return "'" + title.replace("'", "''") + "'"


def cell(row: int, column: int) -> str:
    """The address of a cell: (0, 0) is A1."""
    return f"{letters(column)}{row + 1}"


def area(box: Box) -> str:
    """The address of a rectangle, a single cell without the colon."""
    first = cell(box.top, box.left)
    last = cell(box.bottom - 1, box.right - 1)
    return first if first == last else f"{first}:{last}"


def asked(title: str, bounds: Bounds) -> str:
    """The address of a range as a refusal names it, what is open left open: `Sheet1!A5:B`, `Sheet1!AA:AB`."""
    top, bottom, left, right = bounds
    rows, columns = (top, bottom) != (None, None), (left, right) != (None, None)
    first = (letters(left or 0) if columns else "") + (f"{(top or 0) + 1}" if rows else "")
    last = (letters(right - 1) if right else "") + (f"{bottom}" if bottom else "")
    single = not last or (first == last and rows and columns)
    return f"{quote(title)}!{first}" if single else f"{quote(title)}!{first}:{last}"


def full(title: str, box: Box) -> str:
    """The address of a rectangle with its sheet: `'My Sheet'!A1:B2`."""
    return f"{quote(title)}!{area(box)}"
