"""Work time of the bureau: what a limit such as `4wh` means on the calendar.

Limits count in four units (rules.toml, "时限单位"):

    h    clock hours, nights and holidays included        小时
    d    days of 24 clock hours                           天
    wh   hours inside office hours on workdays            工作时
    wd   to the close of the n-th workday after the day   工作日

A paused clock is a `Break` laid over the calendar: whatever would have counted inside it is added behind
it; there is no second clock. Which days and hours count is said in `workdays`.

Every datetime that comes in must know its zone (ValueError otherwise); every one that goes out is in the
calendar's zone. Inside, time is whole microseconds since 1970 (UTC), so that sums are exact.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, cast
from zoneinfo import ZoneInfo

from sync.core.calendar.workdays import Day, Season, Workdays, Year

Unit = Literal["h", "wh", "d", "wd"]

_UNIT_ZH = {"h": "小时", "wh": "个工作时", "d": "天", "wd": "个工作日"}
_LIMIT = re.compile(r"([0-9]{1,4})\s*(wh|wd|h|d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_CLOCK = {"h": 3600 * _SECOND, "d": 24 * 3600 * _SECOND}
_HOUR = 3600 * _SECOND
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of time in one of the four units, at least 1."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def zh(self) -> str:
        """As staff read it: 4个工作时, 2小时, 3个工作日, 7天."""
        return f"{self.amount}{_UNIT_ZH[self.unit]}"


@lru_cache(maxsize=256)
def parse_limit(text: str) -> Limit:
    """`"4wh"` → `Limit(4, "wh")`; ValueError with a Chinese sentence for anything else."""
    match = _LIMIT.fullmatch(text.strip())
    if not match:
        raise ValueError(f'时限「{text}」看不懂，应当是数字加单位：h 小时、wh 工作时、d 天、wd 工作日，例如 "4wh"')
    amount = int(match[1])
    if amount == 0:
        raise ValueError(f"时限「{text}」至少是 1")
    return Limit(amount, cast(Unit, match[2]))


@dataclass(frozen=True, slots=True)
class Break:
    """Time that does not count: an approved 延期 or 挂账. `reason` is shown by `explain`."""

    start: datetime
    end: datetime
    reason: str

    def __post_init__(self) -> None:
        if _micros(self.end) < _micros(self.start):
            raise ValueError(f"暂停的结束 {self.end} 早于开始 {self.start}")


class Due(NamedTuple):
    """A deadline; `provisional` when it rests on a year whose holidays are not published yet."""

    at: datetime
    provisional: bool


class Step(NamedTuple):
    """A stretch of one day on the way to a deadline: how many seconds of it counted, and if none, why."""

    date: date
    start: datetime
    end: datetime
    counted: int
    note: str


class Calendar(Workdays):
    """Counts on the bureau's workdays. Immutable; the same `digest` gives the same deadlines."""

    __slots__ = ("_tables",)

    def __init__(
        self, zone: ZoneInfo, seasons: Sequence[Season], own: Iterable[Day] = (), years: Iterable[Year] = ()
    ) -> None:
        super().__init__(zone, seasons, own, years)
        self._tables: dict[int, _Table] = {}  # built when first asked for

    def add(self, start: datetime, limit: Limit, breaks: Sequence[Break] = ()) -> Due:
        """The deadline of a limit that begins to run at `start`.

        It is the earliest moment at which the limit is used up: 4wh that end at noon end at 12:00, not at
        14:30. Breaks before `start` change nothing. OverflowError past the year 9998.
        """
        begin = _micros(start)
        work = limit.unit not in _CLOCK
        first = start.astimezone(self.zone)
        if limit.unit == "wd" and not breaks:  # by far the commonest: no need to count hours
            end = self._close(first, limit.amount)
        else:
            end = self._walk(begin, self._need(begin, limit), breaks, work)
        at = self._local(end)
        return Due(at, work and not self.known.issuperset(range(first.year, at.year + 1)))

    def share(self, start: datetime, limit: Limit, fraction: float, breaks: Sequence[Break] = ()) -> datetime:
        """The moment at which that fraction (0 to 1) of the limit is gone; 1 is the deadline.

        For `wd` the fraction is taken of the work hours between start and deadline.
        """
        if not 0 <= fraction <= 1:
            raise ValueError(f"份额应当在 0 到 1 之间：{fraction}")
        begin = _micros(start)
        need = round(self._need(begin, limit) * fraction)
        return self._local(self._walk(begin, need, breaks, limit.unit not in _CLOCK))

    def spent(self, start: datetime, end: datetime, breaks: Sequence[Break] = ()) -> int:
        """Whole seconds of work time from `start` to `end` outside the breaks; 0 if `end` is not later."""
        now, stop = _micros(start), _micros(end)
        total = 0
        for low, high in _spans(breaks):
            if high > now and low < stop:
                total += self._worked(now, low)
                now = high
        return (total + self._worked(now, stop)) // _SECOND

    def steps(self, start: datetime, limit: Limit, breaks: Sequence[Break] = ()) -> tuple[Step, ...]:
        """Day by day what counted on the way to the deadline, and what did not and why.

        What counted sums to the limit in seconds (for `wd`: to the work hours from start to deadline).
        Office hours and breaks make the stretches; a day off is one stretch that counts nothing.
        """
        begin = start.astimezone(self.zone)
        end = self.add(start, limit, breaks).at
        ordered = sorted(breaks, key=lambda b: _micros(b.start))
        steps: list[Step] = []
        day = begin.date()
        while day <= end.date():
            steps += self._day_steps(day, begin, end, ordered, limit.unit in _CLOCK)
            day += _DAY
        return tuple(steps)

    # The rest is arithmetic on microseconds.

    def _local(self, moment: int) -> datetime:
        return (_EPOCH + timedelta(microseconds=moment)).astimezone(self.zone)

    def _table(self, year: int) -> _Table:
        table = self._tables.get(year)
        if table is None:
            table = self._tables[year] = _Table(self, year)
        return table

    def _need(self, begin: int, limit: Limit) -> int:
        """How much must count, of clock or of work time, until the limit is used up."""
        if limit.unit == "wd":
            return self._worked(begin, self._close(self._local(begin), limit.amount))
        return limit.amount * _CLOCK.get(limit.unit, _HOUR)

    def _close(self, day: datetime, days: int) -> int:
        """Closing time of the n-th workday after the day of that moment, in the calendar's zone."""
        table = self._table(day.year)
        index = bisect_right(table.days, day.toordinal()) + days - 1
        while index >= len(table.days):
            index -= len(table.days)
            table = self._table(table.year + 1)
        return table.closes[index]

    def _walk(self, now: int, need: int, breaks: Sequence[Break], work: bool) -> int:
        """When `need` has counted from `now` on, jumping over the breaks."""
        if need == 0:
            return now
        for low, high in _spans(breaks):
            if high <= now:
                continue
            room = self._worked(now, low) if work else max(low - now, 0)
            if need <= room:
                break
            need -= room
            now = high
        return self._work_after(now, need) if work else now + need

    def _worked(self, start: int, end: int) -> int:
        """Work time between two moments, 0 if the second is not later."""
        if end <= start:
            return 0
        first, last = self._table(self._local(start).year), self._table(self._local(end).year)
        whole = sum(self._table(year).total for year in range(first.year, last.year))
        return whole + last.worked_by(end) - first.worked_by(start)

    def _work_after(self, start: int, need: int) -> int:
        table = self._table(self._local(start).year)
        target = table.worked_by(start) + need
        while target > table.total:
            target -= table.total
            table = self._table(table.year + 1)
        return table.moment(target)

    def _day_steps(
        self, day: date, begin: datetime, end: datetime, breaks: Sequence[Break], clock: bool
    ) -> Iterator[Step]:
        midnight = datetime.combine(day, time(), self.zone)
        whole = (max(midnight, begin), min(datetime.combine(day + _DAY, time(), self.zone), end))
        hours = (whole,) if clock else self.hours(day)
        note = "" if clock else self.note(day)
        if not hours:
            yield Step(day, *whole, 0, note)
        elif not clock and day == begin.date() and begin >= hours[-1][1]:
            yield Step(day, begin, begin, 0, "当日办公时间已过")
        for low, high in hours:
            yield from _cut(day, max(low, begin), min(high, end), breaks, note)


class _Table:
    """One year's office hours as columns to search in; built once, about a millisecond."""

    __slots__ = ("before", "closes", "days", "ends", "starts", "through", "total", "year")

    def __init__(self, calendar: Calendar, year: int) -> None:
        self.year = year
        self.days: list[int] = []  # ordinals of the workdays
        self.closes: list[int] = []  # and their closing times
        self.starts: list[int] = []  # every stretch of office hours
        self.ends: list[int] = []
        self.before: list[int] = []  # work time of the year before it
        self.through: list[int] = []  # and including it
        self.total = 0
        day = date(year, 1, 1)
        while day.year == year:
            self._append(day, calendar.hours(day))
            day += _DAY

    def _append(self, day: date, hours: tuple[tuple[datetime, datetime], ...]) -> None:
        for start, end in hours:
            self.starts.append(_micros(start))
            self.ends.append(_micros(end))
            self.before.append(self.total)
            self.total += self.ends[-1] - self.starts[-1]
            self.through.append(self.total)
        if hours:
            self.days.append(day.toordinal())
            self.closes.append(self.ends[-1])

    def worked_by(self, moment: int) -> int:
        """Work time of this year before `moment`."""
        index = bisect_right(self.starts, moment) - 1
        if index < 0:
            return 0
        return self.before[index] + min(moment, self.ends[index]) - self.starts[index]

    def moment(self, worked: int) -> int:
        """The earliest moment by which that much work time of the year has passed (more than 0)."""
        index = bisect_left(self.through, worked)
        return self.starts[index] + worked - self.before[index]


def _micros(moment: datetime) -> int:
    try:
        return (moment - _EPOCH) // _MICROSECOND
    except TypeError:
        raise ValueError(f"时间 {moment} 没有时区") from None


def _spans(breaks: Sequence[Break]) -> list[tuple[int, int]]:
    """In order of their start; they may overlap."""
    if not breaks:
        return []
    return sorted((_micros(b.start), _micros(b.end)) for b in breaks)


def _cut(day: date, low: datetime, high: datetime, breaks: Sequence[Break], note: str) -> Iterator[Step]:
    """One stretch of office hours, with the breaks (in order) cut out of it."""
    for pause in breaks:
        start, end = max(pause.start, low), min(pause.end, high)
        if start >= end:
            continue
        if low < start:
            yield Step(day, low, start, (start - low) // timedelta(seconds=1), note)
        zone = low.tzinfo
        yield Step(day, start.astimezone(zone), end.astimezone(zone), 0, f"暂停：{pause.reason}")
        low = end.astimezone(zone)
    if low < high:
        yield Step(day, low, high, (high - low) // timedelta(seconds=1), note)
