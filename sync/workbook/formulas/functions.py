"""The functions that formulas may call, each with how many arguments it takes. What is in neither table is `#NAME?`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sync.workbook.cells.formats import moment, serial, show
from sync.workbook.formulas.criteria import alike, count, criterion, picked, values_of
from sync.workbook.formulas.operands import (
    CELLS_A_STEP,
    Area,
    Budget,
    Fault,
    Linked,
    check_length,
    flat,
    number,
    numbers,
    scalar,
    text,
    truth,
    whole,
)

MAX_PATTERN = 255  # characters of a format in TEXT


class Scope(NamedTuple):
    """What a function sees beside its arguments: the hour and locale of the document, and what it may take."""

    now: datetime
    locale: str
    budget: Budget


Plain = Callable[[list[Any]], Any]
Function = Callable[[list[Any], Scope], Any]


def _average(values: list[Any]) -> Any:
    if not values:
        raise Fault("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return math.fsum(values) / len(values)


def _sum(values: list[Any]) -> Any:
    return sum(values) if all(isinstance(v, int) for v in values) else math.fsum(values)


def _product(a: list[Any]) -> Any:
    return math.prod(map(float, numbers(a)))


def _countif(a: list[Any], scope: Scope) -> int:
    return count(_paired(a), scope.budget)


def _sumif(a: list[Any], scope: Scope) -> Any:
    return _sum(picked(a[2] if len(a) > 2 else a[0], a[:2], scope.budget))


def _sumifs(a: list[Any], scope: Scope) -> Any:
    return _sum(picked(a[0], _paired(a[1:]), scope.budget))


def _averageif(a: list[Any], scope: Scope) -> Any:
    return _average(picked(a[2] if len(a) > 2 else a[0], a[:2], scope.budget))


def _averageifs(a: list[Any], scope: Scope) -> Any:
    return _average(picked(a[0], _paired(a[1:]), scope.budget))


def _paired(pairs: list[Any]) -> list[Any]:
    """Ranges, each with its criterion."""
    if len(pairs) % 2:
        raise Fault("N_A", "Every range needs a criterion.")
    return pairs


# Looking up


def _match(a: list[Any], scope: Scope) -> int:
    key, column, kind = scalar(a[0]), values_of(a[1]), number(scalar(a[2])) if len(a) > 2 else 1
    scope.budget.spend(len(column) // CELLS_A_STEP)
    if kind == 0:
        test = criterion(key, scope.budget)
        at = next((n for n, value in enumerate(column, 1) if test(value)), 0)
    else:
        fits = (
            n for n, v in enumerate(column, 1) if v != "" and alike(v, key) and (v <= key if kind > 0 else v >= key)
        )
        at = max(fits, default=0)
    if not at:
        raise Fault("N_A", f"Did not find value '{text(key)[:100]}' in MATCH evaluation.")
    return at


def _vlookup(a: list[Any], scope: Scope) -> Any:
    area, column = a[1], whole(a[2])
    if not isinstance(area, Area) or not 1 <= column <= area.width:
        raise Fault("REF", "VLOOKUP evaluates to an out of bounds range.")
    sorted_rows = truth(a[3]) if len(a) > 3 else True
    row = _match([a[0], Area([[r[0]] for r in area.rows]), 1 if sorted_rows else 0], scope)
    return area.at(row - 1, column - 1)


def _index(a: list[Any]) -> Any:
    area = a[0] if isinstance(a[0], Area) else Area([[a[0]]])
    row = whole(a[1]) if len(a) > 1 else 0
    column = whole(a[2]) if len(a) > 2 else 0
    if area.height == 1 and len(a) == 2:
        row, column = 1, row
    if not (0 <= row <= area.height and 0 <= column <= area.width):
        raise Fault("NUM", "INDEX evaluates to an out of bounds range.")
    return area.at(max(row, 1) - 1, max(column, 1) - 1)


def _xlookup(a: list[Any], scope: Scope) -> Any:
    results = values_of(a[2])
    try:
        at = _match([a[0], a[1], 0], scope)
    except Fault:
        if len(a) > 3:
            return scalar(a[3])
        raise
    return results[at - 1] if at <= len(results) else ""


# Texts


def _text_format(a: list[Any], scope: Scope) -> str:
    value, pattern = scalar(a[0]), text(a[1])
    if isinstance(value, str) and value:
        return value
    if len(pattern) > MAX_PATTERN:
        raise Fault("VALUE", f"The format is longer than {MAX_PATTERN} characters.")
    return show(number(value), {"type": "NUMBER", "pattern": pattern}, scope.locale)


def joined(parts: Iterable[str], mark: str = "") -> str:
    """The parts with the mark between them; Fault where that is too long for a cell."""
    parts = list(parts)
    check_length(sum(map(len, parts)) + len(mark) * max(0, len(parts) - 1))
    return mark.join(parts)


def _join(a: list[Any]) -> str:
    skips = truth(a[1])
    return joined((text(v) for v in flat(a[2:]) if not (skips and v == "")), text(a[0]))


def _rept(a: list[Any]) -> str:
    times = _at_least(whole(a[1]), 0, "REPT")
    check_length(len(text(a[0])) * times)
    return text(a[0]) * times


def _substitute(a: list[Any]) -> str:
    old, new, given = text(a[1]), text(a[2]), text(a[0])
    if not old:
        return given
    wished = _at_least(whole(a[3]), 1, "SUBSTITUTE") if len(a) > 3 else 0
    parts = given.split(old)
    if wished:
        return given if wished >= len(parts) else old.join(parts[:wished]) + new + old.join(parts[wished:])
    return joined(parts, new)


def _at_least(value: int, least: int, name: str) -> int:
    if value < least:
        raise Fault("VALUE", f"Function {name}: the value is {value}. It should be at least {least}.")
    return value


def _find(a: list[Any], fold: bool) -> int:
    needle, hay = text(a[0]), text(a[1])
    start = _at_least(whole(a[2]) if len(a) > 2 else 1, 1, "FIND")
    at = (hay.casefold() if fold else hay).find(needle.casefold() if fold else needle, start - 1)
    if at < 0:
        raise Fault("VALUE", f"Cannot find '{needle[:100]}' within '{hay[:100]}'.")
    return at + 1


def _left(a: list[Any]) -> str:
    return text(a[0])[: _count_of(a, "LEFT")]


def _right(a: list[Any]) -> str:
    given = text(a[0])
    return given[max(0, len(given) - _count_of(a, "RIGHT")) :]


def _mid(a: list[Any]) -> str:
    start, length = _at_least(whole(a[1]), 1, "MID"), _at_least(whole(a[2]), 0, "MID")
    return text(a[0])[start - 1 : start - 1 + length]


def _count_of(a: list[Any], name: str) -> int:
    return _at_least(whole(a[1]), 0, name) if len(a) > 1 else 1


_NOT_FINITE = re.compile(r"\s*[+-]?(inf|infinity|nan|∞)\s*", re.IGNORECASE)


def _value(a: list[Any]) -> Any:
    given = scalar(a[0])
    if isinstance(given, str) and _NOT_FINITE.fullmatch(given):
        raise Fault("NUM", f"VALUE parameter '{given}' is no finite number.")
    return number(given)


# Dates


def _date(a: list[Any]) -> Any:
    year, month, day = map(whole, a)
    year += 1900 if 0 <= year < 1900 else 0
    first = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
    return serial(first) + day - 1


def _at(value: Any) -> datetime:
    return moment(number(scalar(value)))


def _edate(a: list[Any]) -> Any:
    at, months = _at(a[0]), whole(a[1])
    first = _date([at.year, at.month + months, 1])
    last = _at(_date([at.year, at.month + months + 1, 0])).day
    return first + min(at.day, last) - 1


def _networkdays(a: list[Any]) -> int:
    start, end = _at(a[0]).date(), _at(a[1]).date()
    low, high = min(start, end), max(start, end)
    free = {day for v in flat(a[2:]) if v != "" and low <= (day := _at(v).date()) <= high and day.weekday() < 5}
    weeks, rest = divmod((high - low).days + 1, 7)
    workdays = weeks * 5 + sum(1 for n in range(rest) if (low + timedelta(n)).weekday() < 5)
    return (1 if start <= end else -1) * (workdays - len(free))


def _weekday(a: list[Any]) -> int:
    kind = whole(a[1]) if len(a) > 1 else 1
    if kind not in (1, 2, 3):
        raise Fault("NUM", f"Function WEEKDAY parameter 2 value is {kind}. Valid values are 1, 2 and 3.")
    monday = _at(a[0]).weekday()
    return {1: (monday + 1) % 7 + 1, 2: monday + 1, 3: monday}[kind]


# Numbers


def _round(a: list[Any], how: Callable[[float], float]) -> Any:
    value, places = number(scalar(a[0])), whole(a[1]) if len(a) > 1 else 0
    if places > 15 or (places >= 0 and abs(value) >= 1e15):
        return value  # a float has no digits there
    if places < -308:
        return 0
    scale = 10.0**places
    return math.copysign(how(round(abs(value) * scale, 9)) / scale, value)


def _mod(a: list[Any]) -> Any:
    if number(scalar(a[1])) == 0:
        raise Fault("DIVIDE_BY_ZERO", "Function MOD parameter 2 cannot be zero.")
    return number(scalar(a[0])) % number(scalar(a[1]))


def power(base: Any, exponent: Any) -> Any:
    """A power of floats; Fault where it is no real, finite number."""
    try:
        return float(number(base)) ** float(number(exponent))
    except (OverflowError, ZeroDivisionError):
        raise Fault("NUM", "Function POWER: the result is no number.") from None


def _counta(a: list[Any]) -> int:
    return sum(1 for v in flat(a) if v != "")


def _countblank(a: list[Any]) -> int:
    below = sum(v.blanks_below for v in a if isinstance(v, Area))
    return below + sum(1 for v in flat(a) if v == "")


def _unique(a: list[Any]) -> int:
    return len({(type(v) is str, v) for v in flat(a) if v != ""})


def _is_number(a: list[Any]) -> bool:
    return isinstance(scalar(a[0]), int | float) and not isinstance(scalar(a[0]), bool)


# Name: function, how many arguments at least and at most (None: any number).
_ANY = None
_PLAIN: dict[str, tuple[Plain, int, int | None]] = {
    "SUM": (lambda a: _sum(numbers(a)), 1, _ANY),
    "AVERAGE": (lambda a: _average(numbers(a)), 1, _ANY),
    "MIN": (lambda a: min(numbers(a), default=0), 1, _ANY),
    "MAX": (lambda a: max(numbers(a), default=0), 1, _ANY),
    "PRODUCT": (_product, 1, _ANY),
    "COUNT": (lambda a: sum(1 for v in flat(a) if not isinstance(v, str | bool)), 1, _ANY),
    "COUNTA": (_counta, 1, _ANY),
    "COUNTBLANK": (_countblank, 1, _ANY),
    "COUNTUNIQUE": (_unique, 1, _ANY),
    "AND": (lambda a: all(truth(v) for v in flat(a) if v != ""), 1, _ANY),
    "OR": (lambda a: any(truth(v) for v in flat(a) if v != ""), 1, _ANY),
    "NOT": (lambda a: not truth(a[0]), 1, 1),
    "TRUE": (lambda a: True, 0, 0),
    "FALSE": (lambda a: False, 0, 0),
    "ABS": (lambda a: abs(number(scalar(a[0]))), 1, 1),
    "INT": (lambda a: math.floor(number(scalar(a[0]))), 1, 1),
    "MOD": (_mod, 2, 2),
    "SQRT": (lambda a: math.sqrt(number(scalar(a[0]))), 1, 1),
    "POWER": (lambda a: power(scalar(a[0]), scalar(a[1])), 2, 2),
    "ROUND": (lambda a: _round(a, lambda v: math.floor(v + 0.5)), 1, 2),
    "ROUNDUP": (lambda a: _round(a, math.ceil), 1, 2),
    "ROUNDDOWN": (lambda a: _round(a, math.floor), 1, 2),
    "ISBLANK": (lambda a: scalar(a[0]) == "", 1, 1),
    "ISNUMBER": (_is_number, 1, 1),
    "ISTEXT": (lambda a: isinstance(scalar(a[0]), str) and scalar(a[0]) != "", 1, 1),
    "N": (lambda a: 0 if isinstance(scalar(a[0]), str) else number(scalar(a[0])), 1, 1),
    "CONCATENATE": (lambda a: joined(text(v) for v in flat(a)), 1, _ANY),
    "CONCAT": (lambda a: joined(text(v) for v in flat(a)), 2, 2),
    "LEN": (lambda a: len(text(a[0])), 1, 1),
    "LEFT": (_left, 1, 2),
    "RIGHT": (_right, 1, 2),
    "MID": (_mid, 3, 3),
    "UPPER": (lambda a: text(a[0]).upper(), 1, 1),
    "LOWER": (lambda a: text(a[0]).lower(), 1, 1),
    "TRIM": (lambda a: " ".join(text(a[0]).split()), 1, 1),
    "REPT": (_rept, 2, 2),
    "SUBSTITUTE": (_substitute, 3, 4),
    "FIND": (lambda a: _find(a, False), 2, 3),
    "SEARCH": (lambda a: _find(a, True), 2, 3),
    "VALUE": (_value, 1, 1),
    "HYPERLINK": (lambda a: Linked.to(text(a[0]), text(a[-1])), 1, 2),
    "YEAR": (lambda a: _at(a[0]).year, 1, 1),
    "MONTH": (lambda a: _at(a[0]).month, 1, 1),
    "DAY": (lambda a: _at(a[0]).day, 1, 1),
    "HOUR": (lambda a: _at(a[0]).hour, 1, 1),
    "MINUTE": (lambda a: _at(a[0]).minute, 1, 1),
    "SECOND": (lambda a: _at(a[0]).second, 1, 1),
    "WEEKDAY": (_weekday, 1, 2),
    "DATE": (_date, 3, 3),
    "EDATE": (_edate, 2, 2),
    "NETWORKDAYS": (_networkdays, 2, 3),
    "ROWS": (lambda a: a[0].height if isinstance(a[0], Area) else 1, 1, 1),
    "COLUMNS": (lambda a: a[0].width if isinstance(a[0], Area) else 1, 1, 1),
    "INDEX": (_index, 1, 3),
    "TEXTJOIN": (_join, 3, _ANY),
}


def _scoped(function: Plain) -> Function:
    return lambda arguments, _scope: function(arguments)


FUNCTIONS: dict[str, tuple[Function, int, int | None]] = {
    name: (_scoped(function), least, most) for name, (function, least, most) in _PLAIN.items()
} | {
    "COUNTIF": (_countif, 2, 2),
    "COUNTIFS": (_countif, 2, _ANY),
    "SUMIF": (_sumif, 2, 3),
    "SUMIFS": (_sumifs, 3, _ANY),
    "AVERAGEIF": (_averageif, 2, 3),
    "AVERAGEIFS": (_averageifs, 3, _ANY),
    "MATCH": (_match, 2, 3),
    "VLOOKUP": (_vlookup, 3, 4),
    "XLOOKUP": (_xlookup, 3, 4),
    "TEXT": (_text_format, 2, 2),
    "TODAY": (lambda _a, scope: serial(scope.now.date()), 0, 0),
    "NOW": (lambda _a, scope: serial(scope.now.replace(tzinfo=None)), 0, 0),
}
VOLATILE = frozenset(("TODAY", "NOW"))


# Functions that do not look at all of their arguments

Lazy = list[Callable[[], Any]]


def _if(a: Lazy) -> Any:
    if truth(a[0]()):
        return scalar(a[1]())
    return scalar(a[2]()) if len(a) > 2 else False


def _ifs(a: Lazy) -> Any:
    for test, result in zip(a[::2], a[1::2], strict=False):
        if truth(test()):
            return scalar(result())
    raise Fault("N_A", "No match.")


def _or_else(a: Lazy, kinds: tuple[str, ...]) -> Any:
    try:
        return scalar(a[0]())
    except Fault as fault:
        if kinds and fault.kind not in kinds:
            raise
        return scalar(a[1]()) if len(a) > 1 else ""


def _fails(a: Lazy, kinds: tuple[str, ...]) -> bool:
    try:
        a[0]()
    except Fault as fault:
        return not kinds or fault.kind in kinds
    return False


def _na(_a: Lazy) -> Any:
    raise Fault("N_A", "")


LAZY: dict[str, tuple[Callable[[Lazy], Any], int, int | None]] = {
    "IF": (_if, 2, 3),
    "IFS": (_ifs, 2, _ANY),
    "IFERROR": (lambda a: _or_else(a, ()), 1, 2),
    "IFNA": (lambda a: _or_else(a, ("N_A",)), 1, 2),
    "ISERROR": (lambda a: _fails(a, ()), 1, 1),
    "ISNA": (lambda a: _fails(a, ("N_A",)), 1, 1),
    "NA": (_na, 0, 0),
}
