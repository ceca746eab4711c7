"""The order of streets, branches, districts and persons wherever they are listed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sync.core.sheet.values.texts import narrow

DISTRICTS = ("城西", "城中", "城东")  # as the plan counts them (五·1)
_DIGITS = "零一二三四五六七八九"
_NUMBER = re.compile(rf"(\d{{1,18}}|[{_DIGITS}十百]+)")


def place_order(name: str) -> tuple[Any, ...]:
    """Sort key of a name: numbers in it, also Chinese ones, count by their value; districts as the plan has them."""
    district = DISTRICTS.index(name) if name in DISTRICTS else len(DISTRICTS)
    parts = [_value(part) if at % 2 else part for at, part in enumerate(_NUMBER.split(narrow(name)))]
    return district, parts, name


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    whole = digit = 0
    for sign in number:
        if sign in _DIGITS:
            digit = _DIGITS.index(sign)
        else:
            whole, digit = whole + (digit or 1) * (10 if sign == "十" else 100), 0
    return whole + digit


def by_number(names: Iterable[str]) -> list[str]:
    """Different names as they come, but those that only numbers tell apart together, where the first of them stands."""
    keys = {name: place_order(name) for name in names}
    first = {parts[0]: at for at, (_, parts, _) in reversed(list(enumerate(keys.values())))}
    return sorted(keys, key=lambda name: (first[keys[name][1][0]], keys[name]))
