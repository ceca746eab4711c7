"""Hours and numbers as people and programs write them: one reader for sheets, forms, pushes, files and the grid."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from sync.core.sheet.values import serials
from sync.core.sheet.values.texts import narrow

_DAY = re.compile(
    r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})|年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?"
    r"|(?P<mm>\d{2})(?P<dd>\d{2}))"
)
_SHORT_DAY = re.compile(r"(?P<month>\d{1,2})[-/](?P<day>\d{1,2})|(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?")
_EARLY, _LATE = "上午|早上|早晨|凌晨|清晨|am|a.m.", "下午|晚上|傍晚|中午|晚|pm|p.m."
_CLOCK = re.compile(
    rf"(?:(?P<before>{_EARLY}|{_LATE}) ?)?(?P<hour>\d{{1,2}})"
    r"(?:[:时点] ?(?P<minute>\d{1,2})?(?:[:分] ?(?P<second>\d{1,2})?秒?(?P<part>\.\d{1,9})?)?)?"
    rf"(?: ?(?P<after>{_EARLY}|{_LATE}))?(?P<zone> ?z| ?[+-]\d{{2}}:?\d{{2}})?",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"[(]?(?:星期|周)[一二三四五六日天][)]?")
_BETWEEN = re.compile(r"[ t,]+|(?<=[日号])", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:e[+-]?\d{1,3})?", re.IGNORECASE)


def wall_clock(text: str, zone: ZoneInfo, near: date | None = None) -> datetime | None:
    """The wall clock that a text names, without a zone; None where it names none. An hour that comes with a zone is
    turned to ``zone``. ``near``: the day from which what is left out is taken: the year nearest to it, or the day."""
    text = " ".join(_WEEKDAY.sub(" ", narrow(text)).split())
    for shape in (_DAY, _SHORT_DAY) if near else (_DAY,):
        begins = shape.match(text)
        if begins:
            day = _day(begins, near)
            return _at(day, text, begins.end(), zone) if day else None
    return _at(near, f" {text}", 0, zone) if near and re.search("[:时点]", text) else None


def serial(text: str, zone: ZoneInfo, near: date | None = None) -> float | None:
    """The same as a spreadsheet's number of days."""
    wall = wall_clock(text, zone, near)
    return None if wall is None else (wall - serials.EPOCH).total_seconds() / serials.DAY


def _day(match: re.Match[str], near: date | None) -> date | None:
    parts = match.groupdict()
    month, day = (
        int(next(parts[key] for key in keys if parts.get(key))) for keys in (("month", "m", "mm"), ("day", "d", "dd"))
    )
    if parts.get("year"):
        return _date(int(parts["year"]), month, day)
    if near is None:
        return None
    days = (_date(year, month, day) for year in (near.year - 1, near.year, near.year + 1))
    return min((day for day in days if day), key=lambda day: abs(day - near), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _at(day: date, text: str, start: int, zone: ZoneInfo) -> datetime | None:
    """The day with the clock that begins at ``start`` of the text, if one does."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock
    if start == len(text):
        return midnight
    gap = _BETWEEN.match(text, start)
    clock = _CLOCK.fullmatch(text, gap.end()) if gap else None
    passed = _passed(clock) if clock else None
    if clock is None or passed is None:
        return None
    return _in_zone(midnight + passed, clock["zone"], zone)


def _passed(clock: re.Match[str]) -> timedelta | None:
    """What passed since midnight; None for an hour that no clock shows."""
    half = (clock["before"] or clock["after"] or "").lower()
    hour, minute, second = int(clock["hour"]), int(clock["minute"] or 0), int(clock["second"] or 0)
    if hour > 23 or minute > 59 or second > 59 or (not half and not re.search("[:时点]", clock[0])):
        return None
    if half and re.fullmatch(_LATE, half) and hour < 12 and not (half == "中午" and hour > 9):
        hour += 12
    if half and re.fullmatch(_EARLY, half) and hour == 12:
        hour = 0
    return timedelta(hours=hour, minutes=minute, seconds=second + float(clock["part"] or 0))


def _in_zone(wall: datetime, sign: str | None, zone: ZoneInfo) -> datetime | None:
    if not sign:
        return wall
    mark = sign.strip().replace(":", "")
    ahead = (
        timedelta(0)
        if mark in "zZ"
        else timedelta(hours=int(mark[1:3]), minutes=int(mark[3:5])) * (1 if mark[0] == "+" else -1)
    )
    if abs(ahead) >= timedelta(hours=24):
        return None
    try:
        return wall.replace(tzinfo=timezone(ahead) if ahead else UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return None


def number(text: str) -> float | None:
    """The number that a text is: thousands with commas, full-width signs, ``50%`` as 0.5; None for anything else, and
    for what is too large to be one."""
    text = narrow(text)
    share = text.endswith("%")
    text = text.removesuffix("%").strip()
    if not _NUMBER.fullmatch(text) or not any(sign.isdigit() for sign in text.lower().split("e")[0]):
        return None
    value = float(text.replace(",", "")) / (100 if share else 1)
    return value if math.isfinite(value) else None
