"""What typing makes of a text: USER_ENTERED as Google reads it (sheets-api.md section 5).

A text becomes a number, a date, a boolean or a formula where it looks like one, and brings a number format along.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from sync.workbook.cells.formats import serial
from sync.workbook.schema.errors import Json, invalid


class Entry(NamedTuple):
    """What a cell gets: its value, the formula as typed, and the format that the text suggested."""

    value: Any
    formula: str | None = None
    number_format: Json | None = None


def raw(given: Any) -> Any:
    """A value as RAW keeps it: strings as they are, whole numbers without a fraction; none that is not finite."""
    if isinstance(given, float) and not math.isfinite(given):
        raise invalid(f"Invalid value: {given} is not a finite number.")
    if isinstance(given, float) and given.is_integer() and abs(given) < 2**53:
        return int(given)
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) >= 2**63:
        return float(given)
    return given


def typed(given: Any, today: date, locale: str = "en_US") -> Entry:
    """A value as USER_ENTERED takes it."""
    if not isinstance(given, str):
        return Entry(raw(given))
    if given.startswith("'"):
        return Entry(given[1:])
    text = given.strip()
    if text.startswith("=") and len(text) > 1:
        return Entry("", text)
    if text.upper() in ("TRUE", "FALSE"):
        return Entry(text.upper() == "TRUE")
    return _numeric(text, today, locale) or _worded(given, text)


def as_number(text: str) -> float | None:
    """The number that a text reads as where a formula wants one; None for a word or a date without its year."""
    text = text.strip()
    entry = _number(text, date.min, "en_US") or _time(text, date.min, "en_US")
    if entry is None and _YEAR.search(text):
        entry = _date(text, date.min, "en_US")
    return entry.value if entry else None


def _numeric(text: str, today: date, locale: str) -> Entry | None:
    if not _DIGIT.search(text):
        return None
    entries = (reader(text, today, locale) for reader in _READERS)
    return next((entry for entry in entries if entry is not None), None)


def _worded(given: str, text: str) -> Entry:
    # A leading plus begins a formula, as anybody finds out who types a telephone number.
    return Entry("", "=" + text) if text.startswith("+") and len(text) > 1 else Entry(given)


_DIGIT = re.compile(r"[0-9]")
_YEAR = re.compile(r"[0-9]{4}")
_NUMBER = re.compile(r"([+-]?)([$¥￥€£]?)\s?([+-]?)(\d+|\d{1,3}(?:,\d{3})+)?(\.\d*)?(?:[eE]([+-]?\d{1,3}))?\s?(%?)")


def _number(text: str, _today: date, locale: str) -> Entry | None:
    match = _NUMBER.fullmatch(text)
    if match is None or not re.search(r"\d", (match[4] or "") + (match[5] or "")):
        return None
    sign, money, inner, whole, fraction, exponent, percent = match.groups()
    value = _size(match)
    if not math.isfinite(value):
        return None  # too large for a number: the text stays a text
    value = -value if "-" in (sign, inner) else value
    value = value / 100 if percent else value
    return Entry(raw(value), None, _number_format(money, whole or "", fraction, exponent, percent))


def _size(match: re.Match[str]) -> float:
    """What the digits of a number come to, without its sign; infinite where that is too large for a float."""
    return float(f"{(match[4] or '0').replace(',', '')}{match[5] or ''}e{match[6] or 0}")


def is_too_large(text: str) -> bool:
    """Whether a text reads as a number that no float holds."""
    match = _NUMBER.fullmatch(text.strip())
    return match is not None and bool(match[4] or match[5]) and not math.isfinite(_size(match))


def _number_format(money: str, whole: str, fraction: str | None, exponent: str | None, percent: str) -> Json | None:
    places = ".00" if fraction else ""
    if money:
        return {"type": "CURRENCY", "pattern": f'"{money}"#,##0{places}'}
    if percent:
        return {"type": "PERCENT", "pattern": f"0{places}%"}
    if exponent is not None:
        return {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    return {"type": "NUMBER", "pattern": f"#,##0{places}"} if "," in whole else None


_TIME = re.compile(r"(上午|下午)?\s?(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?(?:\s?([AaPp])\.?[Mm]\.?)?")
_SHORT_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAMES = {name: n for n, name in enumerate(_SHORT_MONTHS, 1)}


def _clock(text: str) -> tuple[float, str] | None:
    """A time of day as a fraction and its pattern."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    chinese, hour, minute, second, part, half = match.groups()
    hours, late = int(hour), chinese == "下午" or (half or "").lower() == "p"
    twelve = bool(chinese or half)
    if int(minute) > 59 or int(second or 0) > 59 or (twelve and hours > 12):
        return None
    if twelve:
        hours = hours % 12 + (12 if late else 0)
    seconds = hours * 3600 + int(minute) * 60 + int(second or 0) + float(part or 0)
    pattern = "h:mm" + (":ss" if second else "") + (".000" if part else "") + (" am/pm" if half else "")
    return seconds / 86400, f"am/pm{pattern}" if chinese else pattern


def _time(text: str, _today: date, _locale: str) -> Entry | None:
    clock = _clock(text)
    if clock is None:
        return None
    return Entry(raw(clock[0]), None, {"type": "TIME", "pattern": clock[1]})


def _date(text: str, today: date, locale: str) -> Entry | None:
    parsed = _calendar(text, today, locale)
    if parsed is not None:
        return Entry(raw(serial(parsed[0])), None, {"type": "DATE", "pattern": parsed[1]})
    day, mark, rest = text.partition("T") if re.match(r"\d{4}-\d{2}-\d{2}T", text) else text.partition(" ")
    while mark:
        parsed, clock = _calendar(day, today, locale), _clock(rest.strip())
        if parsed is not None and clock is not None:
            pattern = f"{parsed[1]} {clock[1]}"
            return Entry(raw(serial(parsed[0]) + clock[0]), None, {"type": "DATE_TIME", "pattern": pattern})
        more, mark, rest = rest.partition(" ")
        day = f"{day} {more}"
    return None


def _calendar(text: str, today: date, locale: str) -> tuple[date, str] | None:
    for shape, reader in _SHAPES:
        match = shape.fullmatch(text)
        if match is not None:
            year, month, day, pattern = reader(match, today, locale)
            return _checked(year, month, day, pattern)
    return None


def _checked(year: int, month: int, day: int, pattern: str) -> tuple[date, str] | None:
    try:
        return datetime(year, month, day).date(), pattern  # noqa: DTZ001
    except ValueError:
        return None


Parts = tuple[int, int, int, str]


def _year_first(m: re.Match[str], _today: date, _locale: str) -> Parts:
    return int(m[1]), int(m[3]), int(m[4]), f"yyyy{m[2]}mm{m[2]}dd"


def _chinese(m: re.Match[str], _today: date, _locale: str) -> Parts:
    return int(m[1]), int(m[2]), int(m[3]), 'yyyy"年"m"月"d"日"'


def _chinese_short(m: re.Match[str], today: date, _locale: str) -> Parts:
    return today.year, int(m[1]), int(m[2]), 'm"月"d"日"'


def _year_last(m: re.Match[str], _today: date, locale: str) -> Parts:
    first, last, year = int(m[1]), int(m[3]), int(m[4])
    pattern = f"m{m[2]}d{m[2]}{'yyyy' if len(m[4]) > 2 else 'yy'}"
    if len(m[4]) < 3:
        year += 2000 if year < 50 else 1900
    return (year, first, last, pattern)


def _no_year(m: re.Match[str], today: date, _locale: str) -> Parts:
    return today.year, int(m[1]), int(m[3]), f"m{m[2]}d"


def _name_first(m: re.Match[str], today: date, _locale: str) -> Parts:
    year = int(m[3]) if m[3] else today.year
    return year, _NAMES[m[1][:3].lower()], int(m[2]), "mmm d, yyyy" if m[3] else "mmm d"


def _name_second(m: re.Match[str], today: date, _locale: str) -> Parts:
    year = int(m[4]) if m[4] else today.year
    return year, _NAMES[m[3][:3].lower()], int(m[1]), f"d{m[2]}mmm" + (f"{m[2]}yyyy" if m[4] else "")


_NAME = r"((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)"
_SHAPES: list[tuple[re.Pattern[str], Callable[[re.Match[str], date, str], Parts]]] = [
    (re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"), _year_first),
    (re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"), _chinese),
    (re.compile(r"(\d{1,2})月(\d{1,2})日"), _chinese_short),
    (re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(\d{2}|\d{4})"), _year_last),
    (re.compile(r"(\d{1,2})([-/])(\d{1,2})"), _no_year),
    (re.compile(_NAME + r"\.? (\d{1,2})(?:,? (\d{4}))?", re.IGNORECASE), _name_first),
    (re.compile(r"(\d{1,2})([ -])" + _NAME + r"(?:\2(\d{4}))?", re.IGNORECASE), _name_second),
]
_READERS: list[Callable[[str, date, str], Entry | None]] = [_number, _date, _time]
