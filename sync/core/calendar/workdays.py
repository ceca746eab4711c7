"""Which days the bureau works, and when: seasons, statutory holidays, make-up workdays, its own days.

Holidays and make-up workdays (调休) come from chinesecalendar for the years that it knows. Later years come
from rules.toml: all of a year once the State Council's notice is out, before that only the days that are
fixed by law. What rests on such a year is marked 暂按无调休计算.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chinese_calendar import constants as published  # type: ignore[import-untyped]

PROVISIONAL = "暂按无调休计算"


@dataclass(frozen=True, slots=True)
class Season:
    """Office hours from one day of the year to another, both included; may run over New Year.

    `first` and `last` are (month, day), `hours` pairs of local times in order.
    """

    first: tuple[int, int]
    last: tuple[int, int]
    hours: tuple[tuple[time, time], ...]

    def covers(self, day: date) -> bool:
        """Whether the day, of whatever year, lies in the season."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is not what its weekday says: a holiday (`works` false) or a make-up workday."""

    on: date
    works: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Year:
    """A year's days as rules.toml gives them: all of the State Council's notice when `published`, else only
    the days that are fixed by law."""

    number: int
    published: bool
    days: tuple[Day, ...]


class Workdays:
    """What every day is. Two with the same `digest` agree on every working hour.

    `seasons` must leave no day of the year without hours (ValueError). A year of `years` replaces what
    chinesecalendar says of it if it is published, and steps back behind it if it is not. `own` days go
    before everything else. `known` are the years whose holidays are published.
    """

    __slots__ = ("_own", "_special", "digest", "known", "known_until", "seasons", "zone")

    def __init__(
        self, zone: ZoneInfo, seasons: Sequence[Season], own: Iterable[Day] = (), years: Iterable[Year] = ()
    ) -> None:
        _require_hours(seasons)
        self.zone = zone
        self.seasons = tuple(seasons)
        self._own = {day.on: day for day in own}
        self.known, special = _merged(tuple(years))
        self.known_until = max(self.known)
        self._special = {**special, **self._own}
        self.digest = self._digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Workdays) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def special(self, year: int) -> list[Day]:
        """The days of a year that are not what their weekday says, in order."""
        return [day for on, day in sorted(self._special.items()) if on.year == year]

    def is_workday(self, day: date) -> bool:
        """The bureau's own days first, then the published ones, then the weekday."""
        special = self._special.get(day)
        return day.weekday() < 5 if special is None else special.works

    def published(self, year: int) -> tuple[Day, ...]:
        """The published days of a year that are not what their weekday says, without the bureau's own."""
        return tuple(day for on, day in sorted(self._special.items()) if on.year == year and on not in self._own)

    def note(self, day: date) -> str:
        """Why the day is what it is: 春节放假, 调休上班, 周末; empty for an ordinary workday."""
        words = self._why(day)
        if day.year in self.known:
            return words
        return f"{words}（{PROVISIONAL}）" if words else PROVISIONAL

    def hours(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The day's office hours in order, in the calendar's zone; empty on a day off."""
        if not self.is_workday(day):
            return ()
        season = next(s for s in self.seasons if s.covers(day))
        return tuple(
            (datetime.combine(day, start, self.zone), datetime.combine(day, end, self.zone))
            for start, end in season.hours
        )

    def _why(self, day: date) -> str:
        special = self._special.get(day)
        if special is None:
            return "" if day.weekday() < 5 else "周末"
        if day in self._own:
            return f"{special.name}（本局{'上班' if special.works else '放假'}）"
        return "调休上班" if special.works else f"{special.name}放假"

    def _digest(self) -> str:
        """Of everything that can move a deadline; the names of holidays can't."""
        lines = [str(self.zone.key), *(repr(season) for season in self.seasons)]
        lines += [f"{day} {special.works}" for day, special in sorted(self._special.items())]
        lines += [str(year) for year in sorted(self.known)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _library() -> Iterator[Day]:
    names = {kind.value: kind.chinese for kind in published.Holiday}
    yield from (Day(day, False, names[name]) for day, name in published.holidays.items())
    yield from (Day(day, True, names[name]) for day, name in published.workdays.items())


def _merged(years: tuple[Year, ...]) -> tuple[frozenset[int], dict[date, Day]]:
    """The years whose holidays are known, and every day that is not what its weekday says."""
    library = {day.on: day for day in _library()}
    known = {day.year for day in library}
    replaced = {year.number for year in years if year.published}
    special = {day: what for day, what in library.items() if day.year not in replaced}
    for year in years:
        if year.published or year.number not in known:
            special.update({day.on: day for day in year.days})
    return frozenset(known | replaced), special


def _require_hours(seasons: Sequence[Season]) -> None:
    for offset in range(366):
        day = date(2024, 1, 1) + timedelta(days=offset)  # a leap year has every day
        if not any(season.hours and season.covers(day) for season in seasons):
            raise ValueError(f"{day.month}月{day.day}日没有办公时间")
