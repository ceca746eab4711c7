"""The shape of rules.toml: one class a table, one attribute a key, in the order of the file.

Values become what they mean while they are read (`rulevalues`). What a single table can't know (sums, gaps,
doubles) is checked in `consistency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sync.core.calendar.workdays import Day, Season, Year
from sync.core.calendar.worktime import Limit
from sync.core.rules.conditions import MINOR, NORMAL, PHOTO, SERIOUS
from sync.core.rules.values import (
    ASSUMED,
    Base,
    Clause,
    Count,
    Dangers,
    DaysOff,
    DaysOn,
    Duration,
    Hour,
    Hours,
    HoursOfDay,
    Kind,
    MapAddress,
    MonthDay,
    Needs,
    Points,
    Rank,
    Requests,
    Roles,
    SameThings,
    Share,
    TaskName,
    Telling,
    Text,
    UnitName,
    When,
    Words,
    Zone,
)


class Table(BaseModel):
    """A table of the file: immutable, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


class Renamed(Table):
    """[[bureau.renamed]] A unit that was called otherwise, or that others went into."""

    unit: UnitName
    formerly: Words


class Bureau(Table):
    """[bureau] `zone` is the zone of every time that staff read or write."""

    name: Text
    zone: Zone
    letter_code: Text
    units: Words
    districts: Words = ("城西", "城中", "城东")
    branches: Words = ("第一支部", "第二支部", "第三支部", "第四支部", "第五支部", "第六支部")
    renamed: tuple[Renamed, ...] = ()


class Sentence(Table):
    """[[plan.sentence]] A sentence of the plan that asks for something, word for word, and the rule, tab or page that
    answers it; an empty `answer` leaves it to people."""

    clause: Clause
    says: Text
    answer: str


class Plan(Table):
    """[plan] The document that the rules carry out: its clauses by number, each in a few words, and its sentences."""

    title: Text
    clauses: dict[str, Text]
    sentence: tuple[Sentence, ...] = ()


class SeasonTable(Table):
    """[[calendar.season]] Days as (month, day), both included; may run over New Year."""

    first: MonthDay = Field(alias="from")
    last: MonthDay = Field(alias="to")
    hours: Hours

    @property
    def season(self) -> Season:
        """As the calendar takes it."""
        return Season(self.first, self.last, self.hours)


class YearTable(Table):
    """[[calendar.year]] `off` and `on` hold one line's days each: holidays and make-up workdays."""

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
        """All that the year's lines say, a day each."""
        return tuple(day for days in (*self.off, *self.on) for day in days)


class CalendarTable(Table):
    """[calendar] becomes a worktime.Calendar once its seasons are known to fill the year."""

    holidays: tuple[DaysOff, ...] = ()
    workdays: tuple[DaysOn, ...] = ()
    season: tuple[SeasonTable, ...]
    year: tuple[YearTable, ...] = ()

    @property
    def own(self) -> tuple[Day, ...]:
        """The bureau's own days, off and on."""
        return tuple(day for days in (*self.holidays, *self.workdays) for day in days)

    @property
    def years(self) -> tuple[Year, ...]:
        """As the calendar takes them."""
        return tuple(Year(table.year, table.published, table.days) for table in self.year)


class Clock(Table):
    """[clock] 填报时间 counts as receipt when the row was first seen within `receipt_grace` of it, else the
    hour of first sight counts; at `warn_at` of the limit the chief is warned; `rework` is the least that is left, once
    an issue, after a return; a row that a new ledger finds and that is older than `history` is no live issue; what the
    public reports waits at most `accept` for 受理."""

    receipt_grace: Duration
    warn_at: Share
    rework: Duration = Field(Limit(1, "wh"), description="返工后至少还有多久，一件一次")
    history: Duration = Field(Limit(7, "d"), description="开始使用时，填报时间比这更早的行算历史")
    accept: Duration = Field(Limit(2, "wh"), description="群众反映多久没有核实就催办")


class Task(Table):
    """[[task]] `weight`, in hundredths of a point, is the ceiling of the task's deductions in a month."""

    key: Text
    name: Text
    unit: UnitName
    weight: Points
    plan: Clause = ""


class Limits(Table):
    """`limit` of a category; what is not given is that of `normal`."""

    minor: Duration | None = None
    normal: Duration
    serious: Duration | None = None


class Category(Table):
    """[[category]] What is picked in 类别. `unit` is resolved: its own, else its task's."""

    key: Text
    name: Text
    task: TaskName
    unit: UnitName = ""
    kind: Kind
    limits: Limits = Field(alias="limit")
    close: Text
    needs: Needs = (PHOTO,)
    danger: Dangers = ()
    base: Base
    plan: Clause = ""
    std_code: str = ""

    def dangerous(self, severity: str) -> bool:
        """Whether a problem of this severity endangers people: told at night too, lateness shown in hours."""
        return severity in self.danger

    def limit(self, severity: str) -> Limit:
        """The limit for 轻微, 一般 or 严重 (KeyError otherwise); one that is not given is that of 一般."""
        limits = {MINOR: self.limits.minor, NORMAL: self.limits.normal, SERIOUS: self.limits.serious}
        return limits[severity] or self.limits.normal


class Step(Table):
    """[[escalation]] An issue stands at the highest level whose condition holds; `to` is a role. `after`: only once the
    level below was reached that long ago and nobody has answered since."""

    level: Annotated[int, Field(ge=1, le=9)]
    name: Text
    to: Rank
    when: When
    after: Duration | None = None
    plan: Clause = ""


class SourceRoles(Table):
    """[sources] Which roles may use a source of 问题台账; 街路长自查 is the street's own chief's. What somebody else
    files under it runs all the same, and counts as 督查."""

    inspected: Roles = Field(("standards_office", "office", "commander", "secretary"), alias="督查")
    assigned: Roles = Field(("office", "commander", "secretary", "standards_office"), alias="上级交办")


class Repeat(Table):
    """[repeat] An issue repeats one with the `same` things inside `window`; from the `notable` occurrence on
    it is more than chance."""

    window: Duration
    same: SameThings
    notable: Annotated[int, Field(ge=2, le=100)]
    plan: Clause = ""


class Approval(Table):
    """[[approval]] Which roles answer requests of these kinds, each in its own area."""

    kinds: Requests
    to: Roles
    plan: Clause = ""


class Notice(Table):
    """[[notices.send]] Who hears of an event, if `when` holds (None: always)."""

    event: Telling
    to: Roles
    when: When | None = None
    plan: Clause = ""
    base: Base = ASSUMED


class Notices(Table):
    """[notices] At the hours `send_at` what waits goes out together, inside the sending `hours` in the bureau's zone;
    none: each notice at once. What `urgent` holds for doesn't wait for them. `digest` is what files of before 0.2 say
    instead: true is the default hours, false is none."""

    hours: Hours
    workdays_only: bool
    digest: bool = True
    send_at: HoursOfDay = Field(
        (time(8, 30), time(11, 30), time(14, 30), time(17)), description="一般通知合成一封的时刻"
    )
    urgent: When | None = None
    send: tuple[Notice, ...]

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("digest") is False:
            if data.get("send_at"):
                raise ValueError("digest = false 是每条随时发，和 send_at 只能写一个")
            return {**data, "send_at": ()}
        return data


class Bounds(Table):
    """[limits] A row that is missing for `gone_after` ticks counts as deleted. What fails in a way that nobody foresaw
    is given up after `tries`. Issues that are over, what the service wrote of a month, and its duties move to the tabs
    of their years `archive` after their months were sealed (days or hours); without it they stay until `jielu archive`.
    """

    gone_after: Annotated[int, Field(ge=2, le=100)]
    tries: Annotated[int, Field(ge=1, le=100)] = 8
    archive: Duration | None = None


class Backups(Table):
    """[backup] When `jielu run` makes a backup each day, and how many are left: the last of each of so many days, weeks
    and months that have any. The whole table may be left out."""

    at: Hour = time(2, 30)
    days: Annotated[int, Field(ge=1, le=1000)] = 14
    weeks: Annotated[int, Field(ge=0, le=1000)] = 8
    months: Annotated[int, Field(ge=0, le=1000)] = 12


Days = Annotated[int, Field(ge=1, le=36500)]


class Keep(Table):
    """[keep] How many days personal data stays that nothing needs any more, until `jielu purge`: contents of forms
    whose row is in, who edited which cell of the grid, marks of the public's addresses, sessions and links that ended,
    copies of databases from before an upgrade, mails that went out, and, where it says so, files of photos. The whole
    table may be left out."""

    forms: Days = 365
    public: Days = 30
    sessions: Days = 90
    copies: Days = 90
    mails: Days = 180
    photos: Days | None = None


class Forms(Table):
    """[forms] Phone forms and photos; the whole table may be left out. `photo_side` in pixels, `similar` in bits of the
    64 of a photo's fingerprint; `map_app`: what 导航 opens, with a place of WGS-84; `public` opens the page on which
    the public reports, so often an hour."""

    photo_side: Annotated[int, Field(ge=640, le=4096)] = 1600
    photo_quality: Annotated[int, Field(ge=40, le=95)] = 80
    photo_place: bool = False
    photos: Annotated[int, Field(ge=1, le=20)] = 6
    similar: Annotated[int, Field(ge=0, le=16)] = 4
    map_app: MapAddress = (
        "https://uri.amap.com/marker?position={longitude},{latitude}&name={name}&coordinate=wgs84&callnative=1"
    )
    public: bool = False
    public_per_hour: Count = 6
    public_total_per_hour: Count = 60
