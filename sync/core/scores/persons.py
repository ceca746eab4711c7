"""Persons in 季度讲评 and 年度兑现: what the streets that each chief held came to under him, whatever streets they were
(definitions 6.5). A person is a name and a unit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sync.core.calendar.worktime import Calendar
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.scores.lines import OF_BASE, STREET, Line, first_day, last_day
from sync.core.scores.ranking import rank
from sync.core.scores.standings import Standing, Term

PERSON = "街路长"
TOO_SHORT = "任职不到一半，不参与排名"
Days = Mapping[tuple[str, str], Sequence[date]]  # the workdays by street and chief


@dataclass(frozen=True)
class PersonMonth:
    """A chief's month. ``score`` in hundredths; ``held``: workdays by ranking group, those of several streets on one
    day counted once; ``present``: in all; ``workdays`` of the month; ``last``: whether a street of his was last below
    the floor; ``step``, ``result``: the rung of the ladder that the month led to, counted from 1, and its name."""

    month: str
    name: str
    unit: str
    score: int
    held: Mapping[str, int]
    present: int
    workdays: int
    last: bool = False
    step: int = 0
    result: str = ""

    @property
    def target(self) -> str:
        return target(self.name, self.unit)


def target(name: str, unit: str) -> str:
    """As 对象 shows a person: two of one name are told apart by their units."""
    return f"{name}（{unit}）" if unit else name


def workdays_of(month: str, calendar: Calendar) -> list[date]:
    first, count = first_day(month), (last_day(month) - first_day(month)).days + 1
    return [day for day in (first + timedelta(days=n) for n in range(count)) if calendar.is_workday(day)]


def days_held(roster: Roster, month: str, calendar: Calendar) -> Days:
    """Who was responsible for each street on each workday of the month; a stand-in's days are his own."""
    held: dict[tuple[str, str], list[date]] = defaultdict(list)
    for day in workdays_of(month, calendar):
        for street in roster.streets:
            if street.span.holds(day) and (chief := roster.chief(street, day)):
                held[street.name, chief].append(day)
    return held


def months_of(
    month: str, days: Days, lines: Iterable[Line], rows: Iterable[Standing], roster: Roster, rules: Rules
) -> Iterator[PersonMonth]:
    """Every chief's month. ``lines``: after ceilings; ``rows``: 月度考核 of that month."""
    streets = {row.target: row for row in rows if row.month == month and row.kind == STREET}
    points: Counter[tuple[str, str]] = Counter()
    for line in lines:
        if line.month == month and line.kind == STREET and line.origin != OF_BASE and line.chief:
            points[line.target, line.chief] += line.points
    for name in sorted({chief for _, chief in days}):
        mine = {street: held for (street, chief), held in days.items() if chief == name}
        units = roster.units_of(name, last_day(month))
        blamed = [row for row in streets.values() if row.chief == name and row.last]
        worst = max(blamed, key=lambda row: row.step, default=None)
        score = _mean({street: (len(held), points[street, name]) for street, held in mine.items()}, rules)
        present, workdays = {day for held in mine.values() for day in held}, workdays_of(month, rules.calendar)
        yield PersonMonth(
            month, name, "、".join(units), score, _by_group(mine, streets), len(present), len(workdays),
            bool(blamed), worst.step if worst else 0, worst.result if worst else "",
        )  # fmt: skip


def _mean(streets: Mapping[str, tuple[int, int]], rules: Rules) -> int:
    """By (workdays, points) of each street, half up."""
    days = sum(held for held, _ in streets.values())
    exact = Fraction(sum(held * (rules.score.base + points) for held, points in streets.values()), days)
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def _by_group(mine: Mapping[str, Sequence[date]], streets: Mapping[str, Standing]) -> dict[str, int]:
    held: dict[str, set[date]] = defaultdict(set)
    for street, days in mine.items():
        held[streets[street].group if street in streets else ""].update(days)
    return {group: len(days) for group, days in sorted(held.items())}


# Quarters and years
def by_target(months: Iterable[PersonMonth]) -> dict[str, list[PersonMonth]]:
    persons: dict[str, list[PersonMonth]] = defaultdict(list)
    for month in months:
        persons[month.target].append(month)
    return persons


def term(name: str, months: Sequence[PersonMonth], score: int, workdays: int) -> Term:
    """What a person's months came to, not ranked yet. ``workdays`` of the whole period."""
    held: Counter[str] = Counter()
    for month in months:
        held.update(month.held)
    group = max(sorted(held), key=lambda group: held[group])
    unranked = "" if 2 * sum(month.present for month in months) >= workdays else TOO_SHORT
    return Term(name, months[0].target, PERSON, group, months[0].name, score, None, unranked=unranked)


def ranked(terms: Iterable[Term]) -> list[Term]:
    return rank(terms, lambda term: not term.unranked)


def consequence(months: Sequence[PersonMonth]) -> Iterator[str]:
    """The highest step that the person's months led to."""
    worst = max(months, key=lambda month: month.step)
    times = sum(month.last for month in months)
    if worst.step:
        yield f"月度末位{times}次，建议{worst.result}（由局党组决定）"
