"""Criteria of COUNTIF and its like: `">=3"`, `"<>x"`, `"a*"`, or a plain value."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from sync.workbook.formulas.operands import Area, scalar


def criterion(wished: Any) -> Callable[[Any], bool]:
    """A test by `">=3"`, `"<>x"`, `"a*"` or a plain value."""
    wished = scalar(wished)
    match = re.match(r"(<>|<=|>=|=|<|>)(.*)", wished, re.DOTALL) if isinstance(wished, str) else None
    sign, operand = (match[1], match[2]) if match else ("=", wished)
    operand = _operand(operand)
    if isinstance(operand, str) and sign in ("=", "<>"):
        pattern = _wild(operand)
        return lambda value: isinstance(value, str) and (pattern.fullmatch(value) is not None) == (sign == "=")
    test = {
        "=": operator.eq,
        "<>": operator.ne,
        "<": operator.lt,
        ">": operator.gt,
        "<=": operator.le,
        ">=": operator.ge,
    }[sign]
    return lambda value: (
        ((value != "" or sign == "<>") and alike(value, operand) and bool(test(value, operand)))
        or (sign == "<>" and not alike(value, operand))
    )


def alike(value: Any, operand: Any) -> bool:
    """Whether two values are of one kind."""
    return isinstance(value, str) == isinstance(operand, str) and isinstance(value, bool) == isinstance(operand, bool)


def _operand(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    try:
        return float(value)
    except ValueError:
        return value


def _wild(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(~[*?~]|[*?])", pattern)
    signs = {"*": ".*", "?": "."}
    return re.compile(
        "".join(signs.get(p) or re.escape(p.removeprefix("~") if len(p) == 2 else p) for p in parts), re.I | re.S
    )


def values_of(area: Any) -> list[Any]:
    """The values of a range, or the one value."""
    return list(area.cells()) if isinstance(area, Area) else [area]


def chosen(pairs: list[Any]) -> Iterator[int]:
    """The positions at which every range meets the criterion that follows it."""
    columns = [values_of(area) for area in pairs[::2]]
    tests = [criterion(wished) for wished in pairs[1::2]]
    for n in range(min(map(len, columns), default=0)):
        if all(test(column[n]) for column, test in zip(columns, tests, strict=True)):
            yield n


def picked(target: Any, pairs: list[Any]) -> list[Any]:
    """The numbers of a range at the chosen positions."""
    values = values_of(target)
    picked = (values[n] for n in chosen(pairs) if n < len(values))
    return [v for v in picked if not isinstance(v, str | bool)]
