"""Which streets a month has, and whose each was for most of its workdays (definitions 5.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from sync.core.calendar.worktime import Calendar
from sync.core.people.days import on
from sync.core.people.roster import Roster, Span, Street
from sync.core.scores.lines import first_day, last_day


def names_in(roster: Roster, month: str, today: date) -> list[str]:
    """The streets that were in use on any day of the month so far, in the order of 街路名册."""
    days = Span(first_day(month), min(last_day(month), today))
    return list(dict.fromkeys(street.name for street in roster.streets if street.span.meets(days)))


def in_month(roster: Roster, name: str, month: str, today: date, calendar: Calendar) -> tuple[Street, str, bool]:
    """A street with the branch, district and type of most of the month's workdays so far on which it was in use (of
    equals the later), its chief likewise, and whether those were more than half (definitions 5.2)."""
    days = in_use(roster, name, month, today, calendar)
    streets = [street for day in days if (street := roster.street(name, day))]
    if not streets:
        return _not_listed(roster, name, month), "", False
    branch, district, group = (most([getattr(s, key) for s in streets])[0] for key in ("branch", "district", "type"))
    street = replace(streets[-1], branch=branch, district=district, type=group)
    return street, *most([roster.holder(name, day) for day in days])


def _not_listed(roster: Roster, name: str, month: str) -> Street:
    """A street that has no row in 街路名册 any more, as it was written down."""
    days = Span(first_day(month), last_day(month))
    care = on(roster.days.get(name, ()), last_day(month))
    group, district, branch = (care.group, care.district, care.branch) if care else ("", "", "")
    return Street(name, "", group, district, branch, "", "", (), (), days)


def in_use(roster: Roster, name: str, month: str, today: date, calendar: Calendar) -> list[date]:
    """The workdays of the month so far on which the street was in use; where there is none, all such days."""
    first, last = first_day(month), min(last_day(month), today)
    used = [day for n in range((last - first).days + 1) if roster.street(name, day := first + timedelta(days=n))]
    return [day for day in used if calendar.is_workday(day)] or used


def most(names: Sequence[str]) -> tuple[str, bool]:
    """The name that stands there most often, of equals the later, and whether that is more than half; empty names are
    nobody's."""
    counts = Counter(name for name in names if name)
    best = max(counts.values(), default=0)
    name = next((name for name in reversed(names) if name and counts[name] == best), "")
    return name, 2 * best > len(names)
