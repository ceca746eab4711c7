"""The functions that formulas may call, and what they reckon with.

A value is a number, a text, a boolean or "" for a blank; a range is an Area. An error is raised as a Fault.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from .errors import Json
from .formats import general, moment, serial, show

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
    found: list[Any] = []
    for argument in arguments:
        if isinstance(argument, Area):
            found.extend(v for v in argument.cells() if not isinstance(v, str | bool))
        else:
            found.append(number(argument))
    return found


def _average(values: list[Any]) -> Any:
    if not values:
        raise Fault("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return math.fsum(values) / len(values)


def _sum(values: list[Any]) -> Any:
    return sum(values) if all(isinstance(v, int) for v in values) else math.fsum(values)


# Criteria: COUNTIF and its like


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
        ((value != "" or sign == "<>") and _alike(value, operand) and bool(test(value, operand)))
        or (sign == "<>" and not _alike(value, operand))
    )


def _alike(value: Any, operand: Any) -> bool:
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


def _column(area: Any) -> list[Any]:
    return list(area.cells()) if isinstance(area, Area) else [area]


def _chosen(pairs: list[Any]) -> Iterator[int]:
    columns = [_column(area) for area in pairs[::2]]
    tests = [criterion(wished) for wished in pairs[1::2]]
    for n in range(min(map(len, columns), default=0)):
        if all(test(column[n]) for column, test in zip(columns, tests, strict=True)):
            yield n


def _countif(a: list[Any], _now: datetime) -> int:
    return sum(1 for _ in _chosen(a))


def _picked(target: Any, pairs: list[Any]) -> list[Any]:
    values = _column(target)
    picked = (values[n] for n in _chosen(pairs) if n < len(values))
    return [v for v in picked if not isinstance(v, str | bool)]


def _sumif(a: list[Any], _now: datetime) -> Any:
    return _sum(_picked(a[2] if len(a) > 2 else a[0], a[:2]))


def _sumifs(a: list[Any], _now: datetime) -> Any:
    return _sum(_picked(a[0], a[1:]))


def _averageif(a: list[Any], _now: datetime) -> Any:
    return _average(_picked(a[2] if len(a) > 2 else a[0], a[:2]))


# Looking up


def _match(a: list[Any], _now: datetime) -> int:
    key, column, kind = scalar(a[0]), _column(a[1]), number(scalar(a[2])) if len(a) > 2 else 1
    if kind == 0:
        test = criterion(key)
        for n, value in enumerate(column, 1):
            if test(value):
                return n
    else:
        fits = [
            n for n, v in enumerate(column, 1) if v != "" and _alike(v, key) and (v <= key if kind > 0 else v >= key)
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
        return _column(a[2])[_match([a[0], a[1], 0], now) - 1]
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
    "AVERAGEIFS": lambda a, _now: _average(_picked(a[0], a[1:])),
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
