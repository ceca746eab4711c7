"""How things go, week by week and month by month: for all, a district or a branch (plan 四·3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sync.core.issues.life import UNVERIFIED, VOID
from sync.core.look.follow import Followed
from sync.core.people.roster import Roster
from sync.core.scores.lines import STREET
from sync.core.scores.standings import Standing, mean
from sync.core.views.periods.bulletin import Scope

MOST_WEEKS, MOST_MONTHS, MOST_CATEGORIES = 13, 12, 10


@dataclass(frozen=True)
class Week:
    """What happened in the week that begins on ``monday``: issues handed out, closed, deadlines missed, reworks."""

    monday: date
    reported: int
    closed: int
    late: int
    rework: int


@dataclass(frozen=True)
class Month:
    """A group's scores in a month, in hundredths: lowest, mean, highest."""

    month: str
    group: str
    low: int
    mean: int
    high: int


@dataclass(frozen=True)
class Trends:
    """``on_time`` by month: the share of what fell due, None where nothing did; ``categories``: the most frequent of
    the weeks shown."""

    weeks: tuple[Week, ...]
    months: tuple[Month, ...]
    on_time: tuple[tuple[str, float | None], ...]
    categories: tuple[tuple[str, int], ...]


def trends(
    issues: Iterable[Followed], table: Sequence[Standing], roster: Roster, scope: Scope, now: datetime
) -> Trends:
    """``table``: all rows of 月度考核."""
    there = [followed for followed in issues if _counts(followed) and scope.holds(followed.stamps)]
    weeks = _weeks(there, now.date())
    since = weeks[0].monday
    shown = Counter(followed.issue.cells.get("category", "") for followed in there if _started(followed) >= since)
    del shown[""]
    return Trends(
        weeks,
        tuple(_months(table, _streets(roster, scope))),
        tuple(_on_time(there)),
        tuple(sorted(shown.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_CATEGORIES]),
    )


def _counts(followed: Followed) -> bool:
    return bool(followed.stamps.start) and followed.life.state not in ("", VOID, UNVERIFIED)


def _started(followed: Followed) -> date:
    assert followed.stamps.start
    return followed.stamps.start.started.date()


def _weeks(issues: Iterable[Followed], today: date) -> tuple[Week, ...]:
    counts: dict[str, Counter[date]] = defaultdict(Counter)
    for followed in issues:
        counts["reported"][_monday(_started(followed))] += 1
        if followed.life.closed_at:
            counts["closed"][_monday(followed.life.closed_at.date())] += 1
        for at in followed.life.missed:
            counts["late"][_monday(at.date())] += 1
        for at in followed.life.reworks:
            counts["rework"][_monday(at.date())] += 1
    last = _monday(today)
    first = max(min(counts["reported"], default=last), last - timedelta(days=7 * (MOST_WEEKS - 1)))
    mondays = [first + timedelta(days=7 * n) for n in range((last - first).days // 7 + 1)]
    names = ("reported", "closed", "late", "rework")
    return tuple(Week(monday, *(counts[name][monday] for name in names)) for monday in mondays)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _streets(roster: Roster, scope: Scope) -> set[str] | None:
    """The streets of the part; None: all."""
    if scope == Scope():
        return None
    return {s.name for s in roster.streets if scope.district in ("", s.district) and scope.branch in ("", s.branch)}


def _months(table: Sequence[Standing], streets: set[str] | None) -> Iterable[Month]:
    scores: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in table:
        if row.kind == STREET and (streets is None or row.target in streets):
            scores[row.month, row.group].append(row.score)
    months = sorted({month for month, _ in scores})[-MOST_MONTHS:]
    for month, group in sorted(key for key in scores if key[0] in months):
        points = scores[month, group]
        yield Month(month, group, min(points), mean(points), max(points))


def _on_time(issues: Iterable[Followed]) -> Iterable[tuple[str, float | None]]:
    due: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for followed in issues:
        if followed.tally:
            due[followed.tally.month] += followed.tally.due
            late[followed.tally.month] += followed.tally.due and followed.tally.late
    for month in sorted(due)[-MOST_MONTHS:]:
        yield month, (due[month] - late[month]) / due[month] if due[month] else None
