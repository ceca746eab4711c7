"""The functions that formulas may call. What is not in the two tables at the end is `#NAME?`."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sync.workbook.cells.formats import moment, serial, show
from sync.workbook.formulas.criteria import alike, chosen, criterion, picked, values_of
from sync.workbook.formulas.operands import Area, Fault, flat, number, numbers, scalar, text, truth


def _average(values: list[Any]) -> Any:
    if not values:
        raise Fault("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return math.fsum(values) / len(values)


def _sum(values: list[Any]) -> Any:
    return sum(values) if all(isinstance(v, int) for v in values) else math.fsum(values)


def _countif(a: list[Any], _now: datetime) -> int:
    return sum(1 for _ in chosen(a))


def _sumif(a: list[Any], _now: datetime) -> Any:
    return _sum(picked(a[2] if len(a) > 2 else a[0], a[:2]))


def _sumifs(a: list[Any], _now: datetime) -> Any:
    return _sum(picked(a[0], a[1:]))


def _averageif(a: list[Any], _now: datetime) -> Any:
    return _average(picked(a[2] if len(a) > 2 else a[0], a[:2]))


# Looking up


def _match(a: list[Any], _now: datetime) -> int:
    key, column, kind = scalar(a[0]), values_of(a[1]), number(scalar(a[2])) if len(a) > 2 else 1
    if kind == 0:
        test = criterion(key)
        for n, value in enumerate(column, 1):
            if test(value):
                return n
    else:
        fits = [
            n for n, v in enumerate(column, 1) if v != "" and alike(v, key) and (v <= key if kind > 0 else v >= key)
        ]
        if fits:
            return fits[-1]
    raise Fault("N_A", f"Did not find value '{text(key)}' in MATCH evaluation.")


def _vlookup(a: list[Any], now: datetime) -> Any:
    area, column = a[1], int(number(scalar(a[2])))
    if not isinstance(area, Area) or not 1 <= column <= area.width:
        raise Fault("REF", "VLOOKUP evaluates to an out of bounds range.")
    sorted_rows = truth(a[3]) if len(a) > 3 else True
    row = _match([a[0], Area([[r[0]] for r in area.rows]), 1 if sorted_rows else 0], now)
    return area.at(row - 1, column - 1)


def _index(a: list[Any], _now: datetime) -> Any:
    area = a[0] if isinstance(a[0], Area) else Area([[a[0]]])
    row = int(number(scalar(a[1]))) if len(a) > 1 else 0
    column = int(number(scalar(a[2]))) if len(a) > 2 else 0
    if area.height == 1 and len(a) == 2:
        row, column = 1, row
    if not (0 <= row <= area.height and 0 <= column <= area.width):
        raise Fault("NUM", "INDEX evaluates to an out of bounds range.")
    return area.at(max(row, 1) - 1, max(column, 1) - 1)


def _xlookup(a: list[Any], now: datetime) -> Any:
    try:
        return values_of(a[2])[_match([a[0], a[1], 0], now) - 1]
    except Fault:
        if len(a) > 3:
            return scalar(a[3])
        raise


# Texts and dates


def _text_format(a: list[Any], _now: datetime) -> str:
    value = scalar(a[0])
    return value if isinstance(value, str) and value else show(number(value), {"type": "NUMBER", "pattern": text(a[1])})


def _join(a: list[Any], _now: datetime) -> str:
    parts = [text(v) for v in flat(a[2:]) if not (truth(a[1]) and v == "")]
    return text(a[0]).join(parts)


def _find(a: list[Any], fold: bool) -> int:
    needle, hay, start = text(a[0]), text(a[1]), int(number(scalar(a[2]))) if len(a) > 2 else 1
    at = (hay.casefold() if fold else hay).find(needle.casefold() if fold else needle, start - 1)
    if at < 0:
        raise Fault("VALUE", f"Cannot find '{needle}' within '{hay}'.")
    return at + 1


def _mid(a: list[Any]) -> str:
    start, length = int(number(scalar(a[1]))), int(number(scalar(a[2])))
    return text(a[0])[start - 1 : start - 1 + length]


def _count_of(a: list[Any]) -> int:
    return int(number(scalar(a[1]))) if len(a) > 1 else 1


def _date(a: list[Any], _now: datetime) -> Any:
    year, month, day = (int(number(scalar(v))) for v in a)
    first = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
    return serial(first) + day - 1


def _at(value: Any) -> datetime:
    return moment(number(scalar(value)))


def _edate(a: list[Any], now: datetime) -> Any:
    at, months = _at(a[0]), int(number(scalar(a[1])))
    first = _date([at.year, at.month + months, 1], now)
    last = _at(_date([at.year, at.month + months + 1, 0], now)).day
    return first + min(at.day, last) - 1


def _networkdays(a: list[Any], _now: datetime) -> int:
    start, end = _at(a[0]).date(), _at(a[1]).date()
    free = {_at(v).date() for v in flat(a[2:]) if v != ""}
    low, high = min(start, end), max(start, end)
    days = (low + timedelta(n) for n in range((high - low).days + 1))
    return (1 if start <= end else -1) * sum(1 for day in days if day.weekday() < 5 and day not in free)


def _round(a: list[Any], how: Callable[[float], float]) -> Any:
    scale = 10 ** (int(number(scalar(a[1]))) if len(a) > 1 else 0)
    value = number(scalar(a[0]))
    return math.copysign(how(round(abs(value) * scale, 9)) / scale, value)


def _mod(a: list[Any]) -> Any:
    if number(scalar(a[1])) == 0:
        raise Fault("DIVIDE_BY_ZERO", "Function MOD parameter 2 cannot be zero.")
    return number(scalar(a[0])) % number(scalar(a[1]))


def _unique(a: list[Any]) -> int:
    return len({(type(v) is str, v) for v in flat(a) if v != ""})


Function = Callable[[list[Any], datetime], Any]


def _simple(function: Callable[[list[Any]], Any]) -> Function:
    return lambda arguments, _now: function(arguments)


_SIMPLE: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": lambda a: _sum(numbers(a)),
    "AVERAGE": lambda a: _average(numbers(a)),
    "MIN": lambda a: min(numbers(a), default=0),
    "MAX": lambda a: max(numbers(a), default=0),
    "PRODUCT": lambda a: math.prod(numbers(a)),
    "COUNT": lambda a: sum(1 for v in flat(a) if not isinstance(v, str | bool)),
    "COUNTA": lambda a: sum(1 for v in flat(a) if v != ""),
    "COUNTBLANK": lambda a: sum(1 for v in flat(a) if v == ""),
    "COUNTUNIQUE": _unique,
    "AND": lambda a: all(truth(v) for v in flat(a) if v != ""),
    "OR": lambda a: any(truth(v) for v in flat(a) if v != ""),
    "NOT": lambda a: not truth(a[0]),
    "TRUE": lambda a: True,
    "FALSE": lambda a: False,
    "ABS": lambda a: abs(number(scalar(a[0]))),
    "INT": lambda a: math.floor(number(scalar(a[0]))),
    "MOD": _mod,
    "SQRT": lambda a: math.sqrt(number(scalar(a[0]))),
    "POWER": lambda a: number(scalar(a[0])) ** number(scalar(a[1])),
    "ROUND": lambda a: _round(a, lambda v: math.floor(v + 0.5)),
    "ROUNDUP": lambda a: _round(a, math.ceil),
    "ROUNDDOWN": lambda a: _round(a, math.floor),
    "ISBLANK": lambda a: scalar(a[0]) == "",
    "ISNUMBER": lambda a: isinstance(scalar(a[0]), int | float) and not isinstance(scalar(a[0]), bool),
    "ISTEXT": lambda a: isinstance(scalar(a[0]), str) and scalar(a[0]) != "",
    "N": lambda a: 0 if isinstance(scalar(a[0]), str) else number(scalar(a[0])),
    "CONCATENATE": lambda a: "".join(text(v) for v in flat(a)),
    "CONCAT": lambda a: "".join(text(v) for v in flat(a)),
    "LEN": lambda a: len(text(a[0])),
    "LEFT": lambda a: text(a[0])[: _count_of(a)],
    "RIGHT": lambda a: text(a[0])[max(0, len(text(a[0])) - _count_of(a)) :],
    "MID": _mid,
    "UPPER": lambda a: text(a[0]).upper(),
    "LOWER": lambda a: text(a[0]).lower(),
    "TRIM": lambda a: " ".join(text(a[0]).split()),
    "REPT": lambda a: text(a[0]) * int(number(scalar(a[1]))),
    "SUBSTITUTE": lambda a: text(a[0]).replace(text(a[1]), text(a[2])),
    "FIND": lambda a: _find(a, False),
    "SEARCH": lambda a: _find(a, True),
    "VALUE": lambda a: number(scalar(a[0])),
    "HYPERLINK": lambda a: text(a[1] if len(a) > 1 else a[0]),
    "YEAR": lambda a: _at(a[0]).year,
    "MONTH": lambda a: _at(a[0]).month,
    "DAY": lambda a: _at(a[0]).day,
    "HOUR": lambda a: _at(a[0]).hour,
    "MINUTE": lambda a: _at(a[0]).minute,
    "SECOND": lambda a: _at(a[0]).second,
    "WEEKDAY": lambda a: (_at(a[0]).weekday() + (1 if _count_of(a) == 1 else 0)) % 7 + (1 if _count_of(a) < 3 else 0),
    "ROWS": lambda a: a[0].height if isinstance(a[0], Area) else 1,
    "COLUMNS": lambda a: a[0].width if isinstance(a[0], Area) else 1,
}
FUNCTIONS: dict[str, Function] = {name: _simple(function) for name, function in _SIMPLE.items()} | {
    "COUNTIF": _countif,
    "COUNTIFS": _countif,
    "SUMIF": _sumif,
    "SUMIFS": _sumifs,
    "AVERAGEIF": _averageif,
    "AVERAGEIFS": lambda a, _now: _average(picked(a[0], a[1:])),
    "MATCH": _match,
    "VLOOKUP": _vlookup,
    "XLOOKUP": _xlookup,
    "INDEX": _index,
    "TEXT": _text_format,
    "TEXTJOIN": _join,
    "DATE": _date,
    "EDATE": _edate,
    "NETWORKDAYS": _networkdays,
    "TODAY": lambda _a, now: serial(now.date()),
    "NOW": lambda _a, now: serial(now.replace(tzinfo=None)),
}


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


LAZY: dict[str, Callable[[Lazy], Any]] = {
    "IF": _if,
    "IFS": _ifs,
    "IFERROR": lambda a: _or_else(a, ()),
    "IFNA": lambda a: _or_else(a, ("N_A",)),
    "ISERROR": lambda a: _fails(a, ()),
    "ISNA": lambda a: _fails(a, ("N_A",)),
    "NA": _na,
}
