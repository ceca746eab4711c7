"""What a cell shows: number formats and their patterns, dates as serial numbers, colours of eight bits.

A serial number counts days since 1899-12-30, hours are its fraction (sheets-api.md section 4).
"""

from __future__ import annotations

import math
import operator
import re
import struct
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sync.workbook.schema.errors import Json

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial number has no time zone
DATE_TYPES = frozenset(("DATE", "TIME", "DATE_TIME"))
_MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_CHINESE = "一二三四五六七八九十"
_CHINESE_MONTHS = [f"{name}月" for name in (*_CHINESE, "十一", "十二")]
_CHINESE_DAYS = [f"星期{name}" for name in (*_CHINESE[:6], "日")]
_CHINESE_SHORT_DAYS = [f"周{name}" for name in (*_CHINESE[:6], "日")]
MAX_PATTERN = 1000  # characters; a longer pattern shows nothing but the number
_TOKEN = re.compile(
    r'"[^"]*"|\\.|\[\$([^\]-]*)[^\]]*\]|\[(?:h+|m+|s+)\]|\[[^\]]*\]|am/pm|a/p|y+|m+|d+|h+|s+|\.0+|.',
    re.IGNORECASE | re.DOTALL,
)
_DEFAULTS = {
    "DATE": {"en": "m/d/yyyy", "zh": "yyyy/m/d"},
    "TIME": {"en": "h:mm:ss am/pm", "zh": "h:mm:ss"},
    "DATE_TIME": {"en": "m/d/yyyy h:mm:ss", "zh": "yyyy/m/d h:mm:ss"},
    "NUMBER": {"en": "#,##0.00", "zh": "#,##0.00"},
    "PERCENT": {"en": "0.00%", "zh": "0.00%"},
    "CURRENCY": {"en": '"$"#,##0.00', "zh": '"¥"#,##0.00'},
    "SCIENTIFIC": {"en": "0.00E+00", "zh": "0.00E+00"},
}


def serial(moment: datetime | date) -> float:
    """The serial number of a moment; whole days come out as whole numbers."""
    whole = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    past = whole - EPOCH
    return past.days + past.seconds / 86400 + past.microseconds / 86_400_000_000


def moment(number: float) -> datetime:
    """The moment of a serial number, to the millisecond."""
    return EPOCH + timedelta(milliseconds=round(number * 86_400_000))


def is_date(number_format: Json | None) -> bool:
    """Whether numbers in this format are dates or times."""
    return number_format is not None and number_format.get("type") in DATE_TYPES


def show(value: Any, number_format: Json | None = None, locale: str = "en_US") -> str:
    """FORMATTED_VALUE of a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    pattern = pattern_of(number_format, locale)
    if pattern is None or len(pattern) > MAX_PATTERN:
        return general(value)
    try:
        return _renderer(pattern, locale.startswith("zh"))(value)
    except (OverflowError, ValueError):  # a date beyond the calendar is shown as the number it is
        return general(value)


def pattern_of(number_format: Json | None, locale: str) -> str | None:
    """The pattern in force, by the type's default where the format names none; None is 'General'."""
    if not number_format or number_format.get("type") == "TEXT":
        return None
    pattern: str | None = number_format.get("pattern")
    if pattern:
        return None if pattern.lower() in ("general", "@") else pattern
    kind = _DEFAULTS.get(number_format.get("type", ""))
    return kind["zh" if locale.startswith("zh") else "en"] if kind else None


def general(value: float) -> str:
    """A number without a format: ten significant digits, no exponent below 1e15."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else _exponent(f"{value:.5E}")
    if math.isnan(value) or abs(value) >= 1e15 or 0 < abs(value) < 1e-9:
        return _exponent(f"{value:.5E}")
    text = f"{value:.{max(0, 10 - max(1, len(str(int(abs(value))))))}f}" if abs(value) >= 1 else f"{value:.10f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exponent(text: str) -> str:
    mantissa, _, exponent = text.partition("E")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0').rjust(2, '0')}" if exponent else text


@lru_cache(512)
def _renderer(pattern: str, chinese: bool) -> Callable[[float], str]:
    sections = [_section(text) for text in _sections(pattern)]
    if any(section.test for section in sections):
        return lambda value: _shown_by(_conditional(sections, value), value, chinese)
    if _dated(sections[0].text):
        return lambda value: _shown_by(sections[0].text, value, chinese)
    return lambda value: _number_text([section.text for section in sections], value)


def _sections(pattern: str) -> list[str]:
    sections = [""]
    for match in _TOKEN.finditer(pattern):
        if match[0] == ";":
            sections.append("")
        else:
            sections[-1] += match[0]
    return sections


class _Section(NamedTuple):
    """One part of a pattern, and for which numbers it is meant (`[<60]`; None: for all that are left)."""

    text: str
    test: Callable[[float], bool] | None


_TEST = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9.]{1,20})\]")
_COMPARE = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}


def _section(text: str) -> _Section:
    match = _TEST.search(text)
    try:
        limit = float(match[2]) if match else 0
    except ValueError:
        match = None
    if match is None:
        return _Section(text, None)
    compare = _COMPARE[match[1]]
    return _Section(text.replace(match[0], "", 1), lambda value: bool(compare(value, limit)))


def _conditional(sections: list[_Section], value: float) -> str:
    return next((section.text for section in sections if section.test is None or section.test(value)), "general")


def _shown_by(section: str, value: float, chinese: bool) -> str:
    if section.lower() == "general":
        return general(value)
    if _dated(section):
        return _date_text([m[0] for m in _TOKEN.finditer(section)], value, chinese)
    return _section_text(section, value)


def _dated(section: str) -> bool:
    bare = re.sub(r'"[^"]*"|\\.|\[\$[^\]]*\]|\[(?!h|m|s)[^\]]*\]|general', "", section, flags=re.IGNORECASE)
    return re.search(r"[ymdhs]", bare, re.IGNORECASE) is not None and not re.search(r"[#0]", re.sub(r"\.0+", "", bare))


# Dates


def _date_text(tokens: list[str], value: float, chinese: bool) -> str:
    at = moment(value)
    twelve = any(token.lower() in ("am/pm", "a/p") for token in tokens)
    return "".join(_date_part(tokens, n, at, value, twelve, chinese) for n in range(len(tokens)))


def _date_part(tokens: list[str], n: int, at: datetime, value: float, twelve: bool, chinese: bool) -> str:
    token = tokens[n].lower()
    if token[0] == "m" and _minutes(tokens, n):
        return f"{at.minute:0{min(len(token), 2)}}"
    if token[0] in "ymdhs.":
        return _date_field(token, at, twelve, chinese)
    if token in ("am/pm", "a/p"):
        half = ("上午", "下午") if chinese else ("AM", "PM") if len(token) > 3 else ("A", "P")
        return half[at.hour >= 12]
    if token in ("[h]", "[hh]"):
        return str(int(value * 24 + 1e-9))
    if token in ("[m]", "[mm]"):
        return str(int(value * 1440 + 1e-9))
    return literal(tokens[n])


def _date_field(token: str, at: datetime, twelve: bool, chinese: bool) -> str:
    size = len(token)
    if size > 2 and token[0] in "md" and chinese:
        return _chinese_name(token[0], size, at)
    if token[0] == "y":
        return f"{at.year:04}" if size > 2 else f"{at.year % 100:02}"
    if token[0] == "m":
        return [f"{at.month}", f"{at.month:02}", _MONTHS[at.month - 1][:3], _MONTHS[at.month - 1]][min(size, 4) - 1]
    if token[0] == "d":
        name = _DAYS[at.weekday()]
        return [f"{at.day}", f"{at.day:02}", name[:3], name][min(size, 4) - 1]
    if token[0] in "hs":
        number = at.second if token.startswith("s") else (at.hour % 12 or 12) if twelve else at.hour
        return f"{number:0{min(size, 2)}}"
    return f".{at.microsecond // 1000:03}"[:size] if size > 1 else token


def _chinese_name(kind: str, size: int, at: datetime) -> str:
    if kind == "m":
        return f"{at.month}月" if size == 3 else _CHINESE_MONTHS[at.month - 1]
    return (_CHINESE_SHORT_DAYS if size == 3 else _CHINESE_DAYS)[at.weekday()]


def _minutes(tokens: list[str], n: int) -> bool:
    """Whether an `m` stands for minutes: right after hours or right before seconds."""
    before = next((t.lower() for t in reversed(tokens[:n]) if t[0].lower() in "ymdhs["), "")
    after = next((t.lower() for t in tokens[n + 1 :] if t[0].lower() in "ymdhs["), "")
    return before.lstrip("[").startswith("h") or after.startswith("s")


def literal(token: str) -> str:
    """A token of a pattern that stands for itself."""
    if token.startswith('"'):
        return token[1:-1]
    if token.startswith("\\"):
        return token[1:]
    if token.startswith("[$"):
        return token[2:-1].split("-", maxsplit=1)[0]
    return "" if token.startswith("[") and len(token) > 1 else token


# Numbers


def _number_text(sections: list[str], value: float) -> str:
    if value < 0 and len(sections) > 1:
        return _section_text(sections[1], -value)
    if value == 0 and len(sections) > 2:
        return _section_text(sections[2], value)
    return _section_text(sections[0], value)


_DIGITS = re.compile(r"[#0?][#0?,]*(\.[#0?]*)?(E[+-]0+)?|\.[#0?]+")


def _section_text(section: str, value: float) -> str:
    pieces = re.split(r'("[^"]*"|\\.|\[[^\]]*\]|_.|\*.)', section)
    plain = "".join("" if n % 2 else piece for n, piece in enumerate(pieces))
    sign, value = ("-", -value) if value < 0 else ("", value)
    shown, done = "", False
    for n, piece in enumerate(pieces):
        if n % 2:
            shown += "" if piece[0] in "_*" else literal(piece)
            continue
        match = None if done else _DIGITS.search(piece)
        if match:
            text = _digits(match[0], _hundredfold(value, plain.count("%")))
            shown += piece[: match.start()] + text + piece[match.end() :]
            done = True
        else:
            shown += piece.replace("@", "") if done else piece.replace("general", "").replace("General", "")
    return (sign if any(c in "123456789" for c in shown) else "") + shown


def _hundredfold(value: float, times: int) -> float:
    if not times:
        return value
    scaled = value * 100.0**times
    if not math.isfinite(scaled):
        raise OverflowError("too large for its format")
    return scaled


_EXACT = Context(prec=MAX_PATTERN + 400)  # digits: of the longest pattern, and of the largest float


def _half_up(value: float, places: int) -> Decimal:
    # By the number as it is written: 2.5 becomes 3 and 1.005 becomes 1.01, as in a spreadsheet.
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT)


def _digits(pattern: str, value: float) -> str:
    if "E" in pattern:
        places = len(pattern.partition(".")[2].partition("E")[0])
        mantissa, _, exponent = f"{value:.{places}E}".partition("E")
        return f"{mantissa}E{exponent[0]}{int(exponent[1:]):0{len(pattern.partition('E')[2]) - 1}}"
    whole, _, fraction = pattern.partition(".")
    if whole.endswith(","):
        value /= 1000 ** (len(whole) - len(whole.rstrip(",")))
        whole = whole.rstrip(",")
    text = f"{_half_up(value, len(fraction)):{',' if ',' in whole else ''}.{len(fraction)}f}"
    if fraction:
        digits = len(fraction.rstrip("#"))
        head, _, tail = text.partition(".")
        tail = tail[:digits] + tail[digits:].rstrip("0")
        text = f"{head}.{tail}"
    zeros = whole.count("0")
    head, mark, tail = text.partition(".")
    head = head.zfill(zeros) if zeros else head.lstrip("0")
    return head + mark + tail


# Colours


@lru_cache(4096)
def eight_bits(part: float) -> float | int:
    """A colour's part as Google keeps it: 0.5 -> 0.49803922, the shortest float32 of a 255th."""
    single = struct.unpack("f", struct.pack("f", min(max(part, 0.0), 1.0)))[0]
    channel = int(single * 255 + 1e-6) / 255
    if channel in (0, 1):
        return int(channel)
    exact = struct.unpack("f", struct.pack("f", channel))[0]
    for digits in range(1, 10):
        short = float(f"{exact:.{digits}g}")
        if struct.unpack("f", struct.pack("f", short))[0] == exact:
            return short
    return float(exact)


def colour(given: Json) -> Json:
    """A Color as it is answered: zero parts left out."""
    parts = {name: eight_bits(float(given[name])) for name in ("red", "green", "blue") if given.get(name)}
    return {name: part for name, part in parts.items() if part} | {k: v for k, v in given.items() if k == "alpha"}


def settle_colours(value: Any) -> Any:
    """A message with every colour stored in eight bits and mirrored in its `...Style` twin, and the reverse."""
    if isinstance(value, list):
        return [settle_colours(item) for item in value]
    if not isinstance(value, dict):
        return value
    settled = {key: settle_colours(item) for key, item in value.items()}
    for key in list(value):
        _settle_pair(settled, key)
    return settled


def _settle_pair(message: Json, key: str) -> None:
    lower = key.lower()
    if lower.endswith("colorstyle"):
        rgb = message[key].get("rgbColor")
        if rgb is not None:
            message[key]["rgbColor"] = message[key[:-5]] = colour(rgb)
        elif "themeColor" not in message[key]:
            del message[key]
            message.pop(key[:-5], None)
    elif (
        lower.endswith("color")
        and isinstance(message[key], dict)
        and key != "rgbColor"
        and key + "Style" not in message
    ):
        message[key] = colour(message[key])
        message[key + "Style"] = {"rgbColor": message[key]}
