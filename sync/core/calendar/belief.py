"""Whether an hour can be believed: seals, levels, letters and points can't be taken back (DESIGN section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sync.core.calendar.worktime import Calendar

BACK = timedelta(minutes=2)  # a step back of no more than this waits: clocks are set right by a little all the time
AHEAD, AHEAD_WORKDAYS = timedelta(days=10), 3  # further past the last look than both, nobody was on holiday
EARLIEST = datetime.fromisoformat("2026-01-01T00:00:00+08:00")  # no clock shows less since this program exists
NEAR = timedelta(days=1)  # an hour that a person or a phone gives speaks for the clock when it lies so near
GIVEN_AHEAD = timedelta(days=31)  # an hour given by hand is believed so far past the last look
WEEKDAYS = "一二三四五六日"


def waits(now: datetime, last: datetime | None) -> bool:
    """Whether the clock was put back by so little that it is waited for."""
    return last is not None and last - BACK <= now < last


def doubt(now: datetime, last: datetime | None, calendar: Calendar) -> str:
    """Why ``now`` is not believed, in words; empty where it is. ``last``: the hour of the last look that was believed.
    All aware."""
    if now < (EARLIEST if last is None else last - BACK):
        since = f"早于上一次处理的 {in_words(last)}" if last else "早得不可能"
        return f"服务器的时间是 {in_words(now)}，{since}"
    if last is None or now - last <= AHEAD or _workdays(last, now, calendar) <= AHEAD_WORKDAYS:
        return ""
    return f"服务器的时间是 {in_words(now)}，比上一次处理的 {in_words(last)} 晚了 {(now - last).days} 天"


def given(now: datetime, last: datetime | None) -> str:
    """Why an hour given by hand is not believed."""
    if last is None or abs(now - last) <= GIVEN_AHEAD:
        return ""
    return f"给的时间是 {in_words(now)}，和上一次处理的 {in_words(last)} 相差超过 {GIVEN_AHEAD.days} 天"


def confirmed_by(now: datetime, hours: Iterable[datetime]) -> bool:
    """Whether an hour that a person or a phone gave speaks for the clock."""
    return any(abs(now - hour) <= NEAR for hour in hours)


def in_words(at: datetime) -> str:
    """An hour as people say it: 2026年11月29日 星期日 02:35."""
    return f"{at.year}年{at.month}月{at.day}日 星期{WEEKDAYS[at.weekday()]} {at:%H:%M}"


def _workdays(last: datetime, now: datetime, calendar: Calendar) -> int:
    """Workdays after the day of ``last`` up to that of ``now``, counted no further than matters."""
    count, day = 0, last.date()
    while day < now.date() and count <= AHEAD_WORKDAYS:
        day += timedelta(days=1)
        count += calendar.is_workday(day)
    return count
