"""What stands in a cell of rules.toml, and what it becomes.

Limits, hours, days, conditions, points (whole hundredths, so that sums are exact), roles and events (by their
English code), names that the file declares elsewhere. A value that can't be read raises ValueError with a
Chinese sentence. Declared names come in as the validation context: `task`, `category`, `unit`, `clause`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from sync.core.calendar.workdays import Day
from sync.core.calendar.worktime import Limit, parse_limit
from sync.core.rules.conditions import (
    CATEGORY_KINDS,
    NEEDS,
    SEVERITIES,
    SOURCES,
    STREET_TYPES,
    Condition,
    ConditionError,
    parse_condition,
)
from sync.core.rules.text import suggestion

ASSUMED, SOURCED = "本局默认", "有来源"
BASES = ("方案", SOURCED, ASSUMED)
ROLES = {
    "office": "领导小组办公室",
    "standards_office": "标准化办",
    "commander": "指挥长",
    "secretary": "支部书记",
    "unit": "责任单位",
    "chief": "街路长",
}
NOTICE_KINDS = {  # by event; the last two are told to a person, about no issue
    "assigned": "交办",
    "warned": "将到期",
    "overdue": "超期",
    "escalated": "升级",
    "rework": "返工",
    "closed": "销号",
    "reported_up": "上报",
    "unverified": "待核实",
    "duty": "履职提醒",
    "weekly": "每周例会",
}
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
PERIODS = ("日", "周")
PATROL, MEETING, _, INSPECTION = DUTIES = (
    "巡查",
    "支部例会",
    "驻点",
    "督查",
)  # those that can be owed; 走访 and 现场调度 are recorded
FAKE = "弄虚作假"
REQUESTS = ("延期", "挂账", "移交", "申诉", "加减分", FAKE)
MAP_FIELDS = frozenset({"longitude", "latitude", "name"})
SAME = ("street", "place", "category")

_SEAL = re.compile(r"([0-9]{1,2})日 *([0-9]{1,2}):([0-9]{2})")
_MONTH_DAY = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_ONE_DAY = r"((?:[0-9]{4}-)?[0-9]{1,2}-[0-9]{1,2})"
_DAYS = re.compile(rf"{_ONE_DAY}(?:~{_ONE_DAY})?(?: +(.+))?")
_HOURS = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")


class SealHour(NamedTuple):
    """A day of the month and a time of that day."""

    day: int
    at: time


def _text(value: str) -> str:
    if not value or value != value.strip():
        raise ValueError(f"「{value}」应当有字，前后不能有空格")
    return value


def _limit(value: object) -> Limit:
    if not isinstance(value, str):
        raise ValueError(f'时限「{value}」应当是带单位的文字，例如 "4wh"')
    return parse_limit(value)


def _points(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"「{value}」应当是分数，例如 0.2")
    hundredths = Decimal(value) * 100
    if not hundredths.is_finite() or hundredths != hundredths.to_integral_value():
        raise ValueError(f"分数「{value}」最多两位小数")
    if not 0 <= hundredths <= 100_000:
        raise ValueError(f"分数「{value}」应当在 0 到 1000 之间")
    return int(hundredths)


def _share(value: object) -> float:
    match = re.fullmatch(r"([0-9]{1,2})%", value) if isinstance(value, str) else None
    if not match or match[1].strip("0") == "":
        raise ValueError(f'「{value}」应当是 1% 到 99% 之间的份额，例如 "75%"')
    return int(match[1]) / 100


def _seal(value: object) -> SealHour:
    match = _SEAL.fullmatch(str(value))
    try:
        at = time(int(match[2]), int(match[3])) if match else None
    except ValueError:
        at = None
    if match is None or at is None:
        raise ValueError(f'「{value}」应当是次月的“几日 时:分”，例如 "5日 09:00"')
    if not 1 <= int(match[1]) <= 28:
        raise ValueError(f"「{value}」的日子应当在 1 到 28 之间，每个月都有这一天")
    return SealHour(int(match[1]), at)


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise ValueError(f'没有时区「{value}」，北京时间是 "Asia/Shanghai"') from None


def _month_day(value: object) -> tuple[int, int]:
    match = _MONTH_DAY.fullmatch(str(value))
    try:
        day = date(2024, int(match[1]), int(match[2])) if match else None  # a leap year has every day
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f'「{value}」应当是“月-日”，例如 "07-01"')
    return day.month, day.day


def _hours(value: object) -> tuple[time, time]:
    match = _HOURS.fullmatch(str(value))
    try:
        numbers = [int(n) for n in match.groups()] if match else [24, 0, 24, 0]
        start, end = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    except ValueError:
        raise ValueError(f'「{value}」应当是“时:分-时:分”，例如 "08:00-12:00"') from None
    if start >= end:
        raise ValueError(f"「{value}」的结束应当晚于开始")
    return start, end


def _hour(value: object) -> time:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", str(value))
    try:
        return time(int(match[1]), int(match[2])) if match else time(24)
    except ValueError:
        raise ValueError(f'「{value}」应当是“时:分”，例如 "15:30"') from None


def _in_order(hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    if not hours:
        raise ValueError('至少要有一段时间，例如 ["08:00-12:00"]')
    for (_, end), (start, _) in pairwise(hours):
        if start < end:
            raise ValueError(f"{start:%H:%M} 开始的一段与前一段重叠，应当按先后写")
    return hours


def _map_address(value: str) -> str:
    """An address that opens a place: over https or geo:, with its two coordinates and no other braces."""
    fields = set(re.findall(r"\{(.*?)\}", value))
    sound = value.startswith(("https://", "geo:")) and {"longitude", "latitude"} <= fields <= MAP_FIELDS
    if value and not (sound and len(re.findall(r"[{}]", value)) == 2 * len(re.findall(r"\{\w+\}", value))):
        raise ValueError(
            "应当是 https:// 或 geo: 开头的地址，里面有 {longitude}（经度）和 {latitude}（纬度），可以有 {name}（街路）"
        )
    return value


def _rising(hours: tuple[time, ...]) -> tuple[time, ...]:
    for before, after in pairwise(hours):
        if after <= before:
            raise ValueError(f"{after:%H:%M} 应当晚于前一个 {before:%H:%M}，每个时刻写一次")
    return hours


def _day(text: str, year: int | None) -> date:
    numbers = [int(n) for n in text.split("-")]
    if len(numbers) == 2:
        if year is None:
            raise ValueError(f'「{text}」要写上年份，例如 "2026-11-27 全局体检"')
        numbers.insert(0, year)
    try:
        return date(*numbers)
    except ValueError:
        raise ValueError(f"没有「{text}」这一天") from None


def _days(works: bool) -> Callable[[object, ValidationInfo], tuple[Day, ...]]:
    """Reads `"02-05~02-08 春节"`; the year is the table's own unless the text names one."""

    def read(value: object, info: ValidationInfo) -> tuple[Day, ...]:
        match = _DAYS.fullmatch(str(value))
        if not match:
            raise ValueError(f"「{value}」应当是“月-日”或“月-日~月-日”，后面空一格写名称")
        year = info.data.get("year")
        first, last = _day(match[1], year), _day(match[2] or match[1], year)
        if year is not None and first.year != year and (first.year, first.month) != (year - 1, 12):
            raise ValueError(f"「{match[1]}」不在 {year} 年（只有前一年十二月的可以一起写）")
        if not timedelta(0) <= last - first <= timedelta(days=31):
            raise ValueError(f"「{value}」的后一天应当在前一天之后，最多一个月")
        name = match[3] or ("上班" if works else "休息")
        return tuple(Day(first + timedelta(days=n), works, name) for n in range((last - first).days + 1))

    return read


def _condition(value: object, info: ValidationInfo) -> Condition:
    try:
        return parse_condition(value, info.context or {})
    except ConditionError as error:
        raise PydanticCustomError("condition", "condition", {"mistakes": error.mistakes}) from None


def _codes(words: Mapping[str, str], *without: str) -> Mapping[str, str]:
    """Codes by word, but those ``without``."""
    return {word: code for code, word in words.items() if code not in without}


def one_of(what: str, allowed: tuple[str, ...] | Mapping[str, Any]) -> PlainValidator:
    """A word from a fixed list; a mapping gives the code that stands for it."""

    def read(value: object) -> Any:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"没有「{value}」这个{what}{suggestion(str(value), allowed)}")
        return allowed[value] if isinstance(allowed, Mapping) else value

    return PlainValidator(read)


def _declared(what: str, key: str) -> PlainValidator:
    """A name that the file declares elsewhere."""

    def read(value: object, info: ValidationInfo) -> str:
        context: Mapping[str, Sequence[str]] = info.context or {}
        names = context.get(key, ())
        if not names and isinstance(value, str):
            return value  # the list itself is at fault, and is reported where it stands
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"没有「{value}」这个{what}{suggestion(str(value), names)}")
        return value

    return PlainValidator(read)


def not_empty(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A list with something in it, and nothing twice."""
    if not values:
        raise ValueError("至少要写一项")
    if len(set(values)) < len(values):
        raise ValueError("有一项写了两次")
    return values


Text = Annotated[str, AfterValidator(_text)]
MapAddress = Annotated[str, AfterValidator(_map_address)]  # empty: no link
Points = Annotated[int, PlainValidator(_points)]
Count = Annotated[int, Field(ge=1, le=1000)]
Percent = Annotated[int, Field(ge=0, le=100)]
Duration = Annotated[Limit, PlainValidator(_limit)]
Share = Annotated[float, PlainValidator(_share)]
When = Annotated[Condition, PlainValidator(_condition)]
MonthDay = Annotated[tuple[int, int], PlainValidator(_month_day)]
Hours = Annotated[tuple[Annotated[tuple[time, time], PlainValidator(_hours)], ...], AfterValidator(_in_order)]
SealTime = Annotated[SealHour, PlainValidator(_seal)]
Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
Words = Annotated[tuple[Text, ...], AfterValidator(not_empty)]
Roles = Annotated[tuple[Annotated[str, one_of("角色", _codes(ROLES))], ...], AfterValidator(not_empty)]
Kind = Annotated[str, one_of("性质", CATEGORY_KINDS)]
Source = Annotated[str, one_of("来源", SOURCES)]
StreetTypes = Annotated[tuple[Annotated[str, one_of("街路类型", STREET_TYPES)], ...], AfterValidator(not_empty)]
Needs = Annotated[tuple[Annotated[str, one_of("整改反馈要附的东西", NEEDS)], ...], AfterValidator(not_empty)]
Dangers = tuple[Annotated[str, one_of("严重程度", SEVERITIES)], ...]
SameThings = Annotated[tuple[Annotated[str, one_of("比较项", SAME)], ...], AfterValidator(not_empty)]
DaysOff = Annotated[tuple[Day, ...], PlainValidator(_days(False))]
DaysOn = Annotated[tuple[Day, ...], PlainValidator(_days(True))]
Clause = Annotated[str, _declared("方案条款", "clause")]
UnitName = Annotated[str, _declared("责任单位", "unit")]
TaskName = Annotated[str, _declared("工作任务", "task")]
Base = Annotated[str, one_of("依据", BASES)]
Rank = Annotated[str, one_of("上级", _codes(ROLES, "standards_office", "unit", "chief"))]
Event = Annotated[str, one_of("通知事项", _codes(NOTICE_KINDS, "duty", "weekly"))]
Telling = Annotated[str, one_of("通知事项", _codes(NOTICE_KINDS))]
DutyKind = Annotated[str, one_of("履职类型", DUTIES)]
Role = Annotated[str, one_of("角色", _codes(ROLES))]
Hour = Annotated[time, PlainValidator(_hour)]
HoursOfDay = Annotated[tuple[Hour, ...], AfterValidator(_rising)]
Weekday = Annotated[int, one_of("星期", {name: number for number, name in enumerate(WEEKDAYS)})]
Period = Annotated[str, one_of("周期", PERIODS)]
Requests = Annotated[tuple[Annotated[str, one_of("申请类型", REQUESTS)], ...], AfterValidator(not_empty)]


def points_zh(hundredths: int) -> str:
    """`9950` → 99.5."""
    return f"{hundredths / 100:g}"
