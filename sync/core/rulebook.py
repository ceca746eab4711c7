"""The shape of rules.toml: one class a table, one attribute a key.

Values become what they mean while they are read: limits, hours, conditions, points (whole hundredths, so
that sums are exact), roles and events by their English code. What a single table can't know (sums, gaps,
doubles) is checked in `rules`. Names that the file itself declares come in as the validation context.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sync.core.conditions import (
    KINDS,
    SEVERITIES,
    SOURCES,
    STREET_TYPES,
    Condition,
    ConditionError,
    parse_condition,
)
from sync.core.spans import suggestion
from sync.core.workdays import Day, Season, Year
from sync.core.worktime import Limit, parse_limit

ASSUMED = "本局默认"
BASES = ("方案", "有来源", ASSUMED)
ROLES = {
    "街路长": "chief",
    "支部书记": "secretary",
    "指挥长": "commander",
    "责任单位": "unit",
    "标准化办": "standards_office",
    "领导小组办公室": "office",
}
RANKS = {label: ROLES[label] for label in ("支部书记", "指挥长", "领导小组办公室")}
EVENTS = {
    "交办": "assigned",
    "将到期": "warned",
    "超期": "overdue",
    "升级": "escalated",
    "返工": "rework",
    "销号": "closed",
}
SAME = ("street", "place", "category")

_MONTH_DAY = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_ONE_DAY = r"((?:[0-9]{4}-)?[0-9]{1,2}-[0-9]{1,2})"
_DAYS = re.compile(rf"{_ONE_DAY}(?:~{_ONE_DAY})?(?: +(.+))?")
_HOURS = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")


# Values


def _text(value: str) -> str:
    if not value or value != value.strip():
        raise ValueError(f"「{value}」应当有字，前后不能有空格")
    return value


def _limit(value: object) -> Limit:
    if not isinstance(value, str):
        raise ValueError(f"时限「{value}」应当是带单位的文字，例如 \"4wh\"")
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
        raise ValueError(f"「{value}」应当是 1% 到 99% 之间的份额，例如 \"75%\"")
    return int(match[1]) / 100


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise ValueError(f"没有时区「{value}」，北京时间是 \"Asia/Shanghai\"") from None


def _month_day(value: object) -> tuple[int, int]:
    match = _MONTH_DAY.fullmatch(str(value))
    try:
        day = date(2024, int(match[1]), int(match[2])) if match else None  # a leap year has every day
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f"「{value}」应当是“月-日”，例如 \"07-01\"")
    return day.month, day.day


def _hours(value: object) -> tuple[time, time]:
    match = _HOURS.fullmatch(str(value))
    try:
        numbers = [int(n) for n in match.groups()] if match else [24, 0, 24, 0]
        start, end = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    except ValueError:
        raise ValueError(f"「{value}」应当是“时:分-时:分”，例如 \"08:00-12:00\"") from None
    if start >= end:
        raise ValueError(f"「{value}」的结束应当晚于开始")
    return start, end


def _in_order(hours: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    if not hours:
        raise ValueError("至少要有一段时间，例如 [\"08:00-12:00\"]")
    for (_, end), (start, _) in pairwise(hours):
        if start < end:
            raise ValueError(f"{start:%H:%M} 开始的一段与前一段重叠，应当按先后写")
    return hours


def _day(text: str, year: int | None) -> date:
    numbers = [int(n) for n in text.split("-")]
    if len(numbers) == 2:
        if year is None:
            raise ValueError(f"「{text}」要写上年份，例如 \"2026-11-27 全局体检\"")
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


def _one_of(what: str, allowed: tuple[str, ...] | Mapping[str, str]) -> PlainValidator:
    """A word from a fixed list; a mapping gives the code that stands for it."""

    def read(value: object) -> str:
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


def _not_empty(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise ValueError("至少要写一项")
    if len(set(values)) < len(values):
        raise ValueError("有一项写了两次")
    return values


Text = Annotated[str, AfterValidator(_text)]
Points = Annotated[int, PlainValidator(_points)]
Count = Annotated[int, Field(ge=1, le=1000)]
Percent = Annotated[int, Field(ge=0, le=100)]
Duration = Annotated[Limit, PlainValidator(_limit)]
Share = Annotated[float, PlainValidator(_share)]
When = Annotated[Condition, PlainValidator(_condition)]
MonthDay = Annotated[tuple[int, int], PlainValidator(_month_day)]
Hours = Annotated[
    tuple[Annotated[tuple[time, time], PlainValidator(_hours)], ...], AfterValidator(_in_order)
]
DaysOff = Annotated[tuple[Day, ...], PlainValidator(_days(False))]
DaysOn = Annotated[tuple[Day, ...], PlainValidator(_days(True))]
Clause = Annotated[str, _declared("方案条款", "clause")]
UnitName = Annotated[str, _declared("责任单位", "unit")]
TaskName = Annotated[str, _declared("工作任务", "task")]
Base = Annotated[str, _one_of("依据", BASES)]
Role = Annotated[str, _one_of("角色", ROLES)]
Rank = Annotated[str, _one_of("上级", RANKS)]
Event = Annotated[str, _one_of("通知事项", EVENTS)]


class Table(BaseModel):
    """A table of the file: immutable, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


# Tables, in the order of the file


class Bureau(Table):
    """[bureau] `zone` is the zone of every time that staff read or write."""

    name: Text
    zone: Annotated[ZoneInfo, PlainValidator(_zone)]
    letter_code: Text
    units: Annotated[tuple[Text, ...], AfterValidator(_not_empty)]


class Plan(Table):
    """[plan] The document that the rules carry out: its clauses by number, each in a few words."""

    title: Text
    clauses: dict[str, Text]


class SeasonTable(Table):
    first: MonthDay = Field(alias="from")
    last: MonthDay = Field(alias="to")
    hours: Hours

    @property
    def season(self) -> Season:
        return Season(self.first, self.last, self.hours)


class YearTable(Table):
    year: Annotated[int, Field(ge=2004, le=2100)]
    published: bool
    off: tuple[DaysOff, ...]
    on: tuple[DaysOn, ...] = ()

    @model_validator(mode="after")
    def _make_up_days_are_published(self) -> YearTable:
        if self.on and not self.published:
            raise ValueError("调休上班日（on）只有公布以后才知道：published 应当是 true")
        return self

    @property
    def days(self) -> tuple[Day, ...]:
        return tuple(day for days in (*self.off, *self.on) for day in days)


class CalendarTable(Table):
    """[calendar] becomes a worktime.Calendar once its seasons are known to fill the year."""

    holidays: tuple[DaysOff, ...] = ()
    workdays: tuple[DaysOn, ...] = ()
    season: tuple[SeasonTable, ...]
    year: tuple[YearTable, ...] = ()

    @property
    def own(self) -> tuple[Day, ...]:
        return tuple(day for days in (*self.holidays, *self.workdays) for day in days)

    @property
    def years(self) -> tuple[Year, ...]:
        return tuple(Year(table.year, table.published, table.days) for table in self.year)


class Clock(Table):
    """[clock] 填报时间 counts as receipt when the row was first seen within `receipt_grace` of it, else the
    hour of first sight counts; at `warn_at` of the limit the chief is warned; `rework` is the new limit of
    an issue that is returned after its deadline."""

    receipt_grace: Duration
    warn_at: Share
    rework: Duration


class Task(Table):
    """[[task]] `weight`, in hundredths of a point, is the ceiling of the task's deductions in a month."""

    key: Text
    name: Text
    unit: UnitName
    weight: Points
    plan: Clause = ""


class Limits(Table):
    minor: Duration | None = None
    normal: Duration
    serious: Duration | None = None


class Category(Table):
    """[[category]] What is picked in 类别. `unit` is resolved: its own, else its task's."""

    key: Text
    name: Text
    task: TaskName
    unit: UnitName = ""
    kind: Annotated[str, _one_of("性质", KINDS)]
    limits: Limits = Field(alias="limit")
    close: Text
    base: Base
    plan: Clause = ""
    std_code: str = ""

    def limit(self, severity: str) -> Limit:
        """The limit for 轻微, 一般 or 严重 (KeyError otherwise); one that is not given is that of 一般."""
        limits = {"轻微": self.limits.minor, "一般": self.limits.normal, "严重": self.limits.serious}
        return limits[severity] or self.limits.normal


class Step(Table):
    """[[escalation]] An issue stands at the highest level whose condition holds; `to` is a role."""

    level: Annotated[int, Field(ge=1, le=9)]
    name: Text
    to: Rank
    when: When
    plan: Clause = ""


class Repeat(Table):
    """[repeat] An issue repeats one with the `same` things inside `window`; from the `notable` occurrence on
    it is more than chance."""

    window: Duration
    same: Annotated[tuple[Annotated[str, _one_of("比较项", SAME)], ...], AfterValidator(_not_empty)]
    notable: Annotated[int, Field(ge=2, le=100)]
    plan: Clause = ""


class Tiers(Table):
    """What one issue costs in all, in hundredths of a point: found, or overdue, or repeated."""

    found: Points
    overdue: Points
    repeat: Points


class Cases(Table):
    """[score.case] by severity: `case["严重"].overdue`."""

    minor: Tiers
    normal: Tiers
    serious: Tiers

    def __getitem__(self, severity: str) -> Tiers:
        return dict(zip(SEVERITIES, (self.minor, self.normal, self.serious), strict=True))[severity]


class ReworkScore(Table):
    first_two: Points
    from_third: Points


class SelfFound(Table):
    bonus: Points
    cap: Points


class ShareScore(Table):
    """[score.share] Percent of the points that chief and unit bear, 100 together."""

    chief: Percent
    unit: Percent


class Good(Table):
    top: Count
    min_score: Points


class Last(Table):
    last: Count
    below: Points


class Rung(Table):
    """[[score.ladder]] What is suggested to a chief who is last so many months running or in twelve."""

    name: Text
    running: Annotated[int, Field(ge=1, le=12)]
    in_12_months: Annotated[int, Field(ge=1, le=12)]
    plan: Clause = ""


class Band(Table):
    start: Points = Field(alias="from")
    percent: Percent


class Fund(Table):
    """[score.fund] Share of its funds that a unit gets from a score on. Off until the bureau fills it."""

    enabled: bool
    bands: tuple[Band, ...]


class Score(Table):
    """[score] All points in hundredths."""

    base: Points
    no_feedback: Points
    superior_multiplier: Annotated[int, Field(ge=1, le=10)]
    superior_sources: tuple[Annotated[str, _one_of("来源", SOURCES)], ...]
    bonus_cap: Points
    groups: Annotated[
        tuple[Annotated[str, _one_of("街路类型", STREET_TYPES)], ...], AfterValidator(_not_empty)
    ]
    min_group: Count
    min_inspections: Annotated[int, Field(ge=0, le=1000)]
    plan: Clause = ""
    case: Cases
    rework: ReworkScore
    self_found: SelfFound
    share: ShareScore
    good: Good
    last: Last
    ladder: tuple[Rung, ...]
    fund: Fund


class Notice(Table):
    """[[notices.send]] Who hears of an event, if `when` holds (None: always)."""

    event: Event
    to: Annotated[tuple[Role, ...], AfterValidator(_not_empty)]
    when: When | None = None
    plan: Clause = ""
    base: Base = ASSUMED


class Notices(Table):
    """[notices] Sending hours in the bureau's zone; what `urgent` holds for goes out at any hour."""

    hours: Hours
    workdays_only: bool
    digest: bool
    urgent: When | None = None
    send: tuple[Notice, ...]


class Bounds(Table):
    """[limits] A row that is missing for `gone_after` ticks counts as deleted."""

    gone_after: Annotated[int, Field(ge=2, le=100)]
