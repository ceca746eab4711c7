"""Criteria of COUNTIF and its like: `">=3"`, `"<>x"`, `"a*"`, or a plain value."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

from sync.workbook.cells.entry import as_number
from sync.workbook.formulas.operands import CELLS_A_STEP, Area, Budget, Fault, scalar

Test = Callable[[Any], bool]
_COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def criterion(wished: Any, budget: Budget) -> Test:
    """A test by `">=3"`, `"<>x"`, `"a*"` or a plain value."""
    wished = scalar(wished)
    match = re.match(r"(<>|<=|>=|=|<|>)(.*)", wished, re.DOTALL) if isinstance(wished, str) else None
    sign, operand = (match[1], match[2]) if match else ("=", wished)
    operand = _operand(operand)
    if isinstance(operand, str) and sign in ("=", "<>"):
        fits = wildcard(operand, budget)
        return lambda value: (isinstance(value, str) and fits(value)) == (sign == "=")
    if isinstance(operand, str):
        operand = operand.casefold()
    compare = _COMPARE[sign]
    return lambda value: (
        value != "" and bool(compare(_folded(value), operand)) if alike(value, operand) else sign == "<>"
    )


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def alike(value: Any, operand: Any) -> bool:
    """Whether two values are of one kind."""
    return isinstance(value, str) == isinstance(operand, str) and isinstance(value, bool) == isinstance(operand, bool)


def _operand(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    read = as_number(value)
    return value if read is None else read


def wildcard(pattern: str, budget: Budget) -> Callable[[str], bool]:
    """Whether a whole text fits a pattern of `*`, `?` and `~` before either, without regard to case.

    What stands between two stars is looked for from left to right, each where it first fits: no way is tried twice.
    """
    if not any(sign in pattern for sign in "*?~"):
        plain = pattern.casefold()
        return lambda text: text.casefold() == plain
    pieces = _pieces(pattern.casefold())
    first, *middle, last = pieces if len(pieces) > 1 else [*pieces, []]
    least = sum(map(len, pieces))

    def fits(text: str) -> bool:
        text = text.casefold()
        if len(text) < least or not _fits_at(text, first, 0, budget):
            return False
        at, end = len(first), len(text) - len(last)
        for piece in middle:
            at = _next(text, piece, at, end, budget)
            if at < 0:
                return False
            at += len(piece)
        return (at <= end if len(pieces) > 1 else at == end) and _fits_at(text, last, end, budget)

    return fits


Piece = list[str | None]  # letter by letter; None fits any


def _pieces(pattern: str) -> list[Piece]:
    """What stands before, between and behind the stars."""
    pieces: list[Piece] = [[]]
    for sign in re.findall(r"~[*?~]|.", pattern, re.DOTALL):
        if sign == "*":
            pieces.append([])
        else:
            pieces[-1].append(None if sign == "?" else sign[-1])
    return pieces


def _fits_at(text: str, piece: Piece, at: int, budget: Budget) -> bool:
    budget.spend(1 + len(piece) // CELLS_A_STEP)
    part = text[at : at + len(piece)]
    return len(part) == len(piece) and all(sign in (None, letter) for sign, letter in zip(piece, part, strict=True))


def _next(text: str, piece: Piece, at: int, end: int, budget: Budget) -> int:
    """Where the piece first fits from `at` on, wholly before `end`; -1 for nowhere."""
    if None not in piece:
        budget.spend(1 + (end - at) // 1000)
        return text.find("".join(filter(None, piece)), at, end)
    return next((n for n in range(at, end - len(piece) + 1) if _fits_at(text, piece, n, budget)), -1)


def values_of(area: Any) -> list[Any]:
    """The values of a range, or the one value."""
    return list(area.cells()) if isinstance(area, Area) else [area]


def chosen(pairs: list[Any], budget: Budget) -> list[int]:
    """The positions at which every range meets the criterion that follows it."""
    columns, tests = _columns(pairs, budget)
    places: Iterable[int] = range(len(columns[0]))
    for column, test in zip(columns, tests, strict=True):
        places = [n for n in places if test(column[n])]
    return list(places)


def count(pairs: list[Any], budget: Budget) -> int:
    """How many positions those are, blank rows at the end of the ranges included."""
    columns, tests = _columns(pairs, budget)
    below = 0
    if isinstance(pairs[0], Area) and all(test("") for test in tests):
        below = pairs[0].height * pairs[0].width - len(columns[0])
    return below + len(chosen(pairs, budget))


def _columns(pairs: list[Any], budget: Budget) -> tuple[list[list[Any]], list[Test]]:
    """The ranges' values, equally long, and the tests."""
    sizes = {(area.height, area.width) if isinstance(area, Area) else (1, 1) for area in pairs[::2]}
    if len(sizes) > 1:
        raise Fault("VALUE", "Array arguments are of different size.")
    columns = [values_of(area) for area in pairs[::2]]
    longest = max(map(len, columns))
    budget.spend(longest * len(columns) // CELLS_A_STEP)
    padded = [column + [""] * (longest - len(column)) for column in columns]
    return padded, [criterion(wished, budget) for wished in pairs[1::2]]


def picked(target: Any, pairs: list[Any], budget: Budget) -> list[float]:
    """The numbers of a range at the chosen positions."""
    values = values_of(target)
    picked = (values[n] for n in chosen(pairs, budget) if n < len(values))
    return [v for v in picked if not isinstance(v, str | bool)]
