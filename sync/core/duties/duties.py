"""Duties: what was owed on workdays, what was done, what is missing (plan 五·2, 五·3, 六·2, 六·3).

A chief patrols each of his streets daily, the standards office inspects daily, a branch meets weekly, secretaries and
commanders are in the field some days a week. 走访 and 现场调度 are recorded and not owed. A kind is owed from the first
day on which anybody recorded it: a bureau that does not keep 履职记录 owes nobody a reminder. Who is on leave owes
nothing: the chief of a street on a day is the one who stands in (人员调整).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple

from sync.core.issues.issues import Stamps, clock
from sync.core.people.ordering import place_order
from sync.core.people.roster import Roster
from sync.core.rules.conditions import INSPECTED, SELF_FOUND
from sync.core.rules.rules import Rules
from sync.core.rules.section_duties import Duty
from sync.core.rules.values import ASSUMED, INSPECTION, MEETING, PATROL, ROLES, points_zh
from sync.core.scores.lines import DUTY, OF_DUTY, STREET, Group, Line, month_of, revoke
from sync.core.sheet.rows import Row


class Done(NamedTuple):
    """One record: who did what kind of duty, where, on which day. ``noted``: in 履职记录, not read off an issue;
    ``faulty``: something is wrong with the row; ``shown``: by a photo, a position or a finding."""

    kind: str
    person: str
    street: str
    branch: str
    day: date
    noted: bool = True
    faulty: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Owed:
    """What one street, branch or person owes in a period. ``times``: days on which it is owed, never more than the
    period's workdays; ``days``: those on which it was done."""

    kind: str
    role: str
    names: tuple[str, ...]
    where: str
    first: date
    last: date
    times: int
    days: tuple[date, ...]

    @property
    def missing(self) -> int:
        return max(0, self.times - len(self.days))

    @property
    def holder(self) -> str:
        return f"{self.where} {'、'.join(self.names)}".strip() or ROLES[self.role]


@dataclass(frozen=True)
class Records:
    """All that was recorded: days by what they count for, and since when each kind is recorded at all."""

    done: frozenset[Done]

    @cached_property
    def days(self) -> Mapping[tuple[str, ...], set[date]]:
        """By (kind,), (kind, person), (kind, branch) and (kind, street, person)."""
        days: dict[tuple[str, ...], set[date]] = defaultdict(set)
        for record in self.done:
            keys = ((record.person,), (record.branch,), (record.street, record.person), ())
            for key in keys:
                days[record.kind, *key].add(record.day)
        return days

    @cached_property
    def begun(self) -> Mapping[str, date]:
        """By kind the first day on which somebody noted it in 履职记录."""
        days = sorted((record.day, record.kind) for record in self.done if record.noted)
        return {kind: day for day, kind in reversed(days)}


def recorded(row: Row, heard: datetime, faulty: bool, roster: Roster, rules: Rules) -> Done | None:
    """What a row of 履职记录 records; None where it does not say who did what. ``heard``: its hour of first sight."""
    if "kind" not in row.cells or "reporter" not in row.cells:
        return None
    day = day_of(row, heard, rules)
    street = roster.street(row.cells.get("street", ""), day)
    where = street.name if street else "", row.cells.get("branch", "")
    shown = any(key in row.cells for key in ("photos", "longitude", "latitude"))
    return Done(row.cells["kind"], row.cells["reporter"], *where, day, faulty=faulty, shown=shown)


def day_of(row: Row, heard: datetime, rules: Rules) -> date:
    """The day for which a row of 履职记录 counts: that on which it came where it was typed later than the rules
    grant."""
    typed, late = row.cells.get("reported_at"), timedelta(days=1) + clock(rules.duties.grace)
    return (typed if typed and typed <= heard <= typed + late else heard).date()


def outlasting(records: Iterable[Done]) -> tuple[Done, ...]:
    """What is still asked of records that left: since when each kind is noted, and when a street was last inspected."""
    first, last = dict[str, Done](), dict[str, Done]()
    for record in sorted(records, key=lambda record: (record.day, record)):
        if record.noted:
            first.setdefault(record.kind, record)
        if record.kind == INSPECTION and record.street:
            last[record.street] = record
    return tuple(dict.fromkeys([*first.values(), *last.values()]))


def seen_at_issue(reporter: str, stamps: Stamps) -> Done | None:
    """What the issue log shows beside 履职记录: who reports an issue from the street was there."""
    if not stamps.street or stamps.source not in (SELF_FOUND, INSPECTED) or stamps.voided:
        return None
    kind = PATROL if stamps.source == SELF_FOUND else INSPECTION
    return Done(kind, reporter, stamps.street, "", stamps.received.date(), noted=False)


def owed(rules: Rules, roster: Roster, known: Records, first: date, last: date) -> list[Owed]:
    """Everything that is owed in periods that end between these days (both included), period by period."""
    duties: list[Owed] = []
    for rule in rules.duties.owed:
        begun = known.begun.get(rule.kind)
        if begun is not None:
            for days in _periods(rule, rules, first, last):
                workdays = [day for day in days if day >= begun and rules.calendar.is_workday(day)]
                if workdays:
                    duties += _in_period(rule, roster, known, days, workdays)
    return duties


def _periods(rule: Duty, rules: Rules, first: date, last: date) -> Iterator[list[date]]:
    """The days of each period: a workday, or Monday to Sunday."""
    if rule.per == "日":
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        yield from ([day] for day in days if rules.calendar.is_workday(day))
        return
    sunday = first + timedelta(days=6 - first.weekday())
    while sunday <= last:
        yield [sunday - timedelta(days=n) for n in range(6, -1, -1)]
        sunday += timedelta(days=7)


def _in_period(
    rule: Duty, roster: Roster, known: Records, days: Sequence[date], workdays: Sequence[date]
) -> Iterator[Owed]:
    for where, names, held in _holders(rule, roster, workdays):
        recorded = known.days.get(_key(rule, where, names), ())
        there = tuple(sorted(day for day in recorded if days[0] <= day <= days[-1]))
        yield Owed(rule.kind, rule.role, names, where, days[0], days[-1], min(rule.days, held), there)


def _key(rule: Duty, where: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """By what a record counts: a chief's by street and person, a meeting by branch, else by person."""
    if rule.role == "chief":
        return (rule.kind, where, *names)
    return (rule.kind, where) if rule.kind == MEETING else (rule.kind, *names)


def _holders(rule: Duty, roster: Roster, workdays: Sequence[date]) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Who owes it: the place, the names, and on how many of the workdays they held the post."""
    if rule.role not in ("chief", "secretary", "commander"):
        yield "", (), len(workdays)
        return
    held = Counter(key for day in workdays for key in set(_held_on(rule.role, roster, day)))
    if rule.kind != MEETING:
        for where, name in sorted(held, key=lambda pair: (place_order(pair[0]), pair[1])):
            yield where, (name,), held[where, name]
        return
    # A branch owes one meeting, whoever its secretaries are.
    for where in sorted({where for where, _ in held}, key=place_order):
        names = tuple(sorted(name for place, name in held if place == where))
        yield where, names, max(held[where, name] for name in names)


def _held_on(role: str, roster: Roster, day: date) -> Iterator[tuple[str, str]]:
    if role == "chief":
        streets = ((street, roster.chief(street, day)) for street in roster.streets if street.span.holds(day))
        yield from ((street.name, chief) for street, chief in streets if chief)
        return
    for post in roster.posts:
        if post.role == ROLES[role] and post.span.holds(day):
            yield (post.branch if role == "secretary" else post.district), post.name


def over_at(duty: Owed, rules: Rules) -> datetime:
    """When it can no longer be made good: the period's end and the grace for late records."""
    end = datetime.combine(duty.last + timedelta(days=1), time(), rules.bureau.zone)
    return end + clock(rules.duties.grace)


# Points


def duty_lines(
    due: Iterable[Owed], rules: Rules, booked: Mapping[str, Line], now: datetime, since: datetime | None
) -> dict[str, Line]:
    """A line for each missing patrol of a street whose time ran out after ``since``, the look before: points that a
    bureau fills in later charge nothing that is past. One that was booked stays, unless he who is charged was not on
    duty that day after all (a leave agreed to later)."""
    points = {(rule.kind, rule.role): rule for rule in rules.duties.owed if rule.points}
    lines = dict(booked)
    for duty in due:
        rule = points.get((duty.kind, duty.role))
        if rule is None:
            continue
        line = _line(duty, rule)
        old = booked.get(line.id)
        if old is None and duty.missing and since is not None and since < over_at(duty, rules) <= now:
            lines[line.id] = line
        elif old is not None and old.points and (not duty.missing or old.chief != line.chief):
            lines[line.id] = revoke(old, "当天不用他履职")
    return lines


def _line(duty: Owed, rule: Duty) -> Line:
    what = f"{duty.last:%m-%d}" if rule.per == "日" else f"{duty.first:%m-%d} 至 {duty.last:%m-%d}"
    done = f"，记录 {len(duty.days)} 天" if duty.days else ""
    text = f"{what} 应{duty.kind} {duty.times} 天{done}，缺 {duty.missing} 天"
    number = f"{DUTY}·{duty.kind}·{duty.last:%Y%m%d}·{duty.where}"
    clause, points = rule.plan or ASSUMED, -rule.points * duty.missing
    chief = duty.names[0] if duty.names else ""
    title, month = f"{duty.kind}缺记", month_of(duty.last)
    working = (f"{duty.kind}每缺一天扣 {points_zh(rule.points)} 分",)
    return Line(
        number, month, duty.where, STREET, chief, "", title, clause, points, text, duty.last, DUTY,
        origin=OF_DUTY, working=working,
    )  # fmt: skip


def months(lines: Mapping[str, Line]) -> dict[Group, dict[str, Line]]:
    """Duty lines by the month for which the ledger keeps them."""
    by_month: dict[Group, dict[str, Line]] = defaultdict(dict)
    for line in lines.values():
        by_month[Group(OF_DUTY, line.month)][line.id] = line
    return dict(by_month)


# Words


def last_workday(first: date, last: date, rules: Rules) -> date | None:
    """The last workday of a period; None where it has none."""
    days = [last - timedelta(days=n) for n in range((last - first).days + 1)]
    return next((day for day in days if rules.calendar.is_workday(day)), None)


def to_remind(due: Iterable[Owed], rules: Rules, day: date) -> dict[str, list[Owed]]:
    """Whom to remind this afternoon of what: on the last workday of the period, what is still missing, by name."""
    by_name: dict[str, list[Owed]] = defaultdict(list)
    for duty in due:
        if duty.missing and last_workday(duty.first, duty.last, rules) == day:
            for name in duty.names:
                by_name[name].append(duty)
    return dict(by_name)


def reminder(mine: Sequence[Owed]) -> str:
    """One gentle sentence for one person."""
    parts = []
    for kind in dict.fromkeys(duty.kind for duty in mine):
        group = [duty for duty in mine if duty.kind == kind]
        if group[0].role == "chief":
            parts.append(f"今天还没有{kind}记录：{'、'.join(duty.where for duty in group)}")
        else:
            done, left = sum(len(duty.days) for duty in group), sum(duty.missing for duty in group)
            parts.append(f"本周{kind}记录了 {done} 次，还差 {left} 次")
    return "；".join(parts) + "。做过了请补记一笔；请假、有人顶岗的不用理会。"


def missing_words(due: Iterable[Owed]) -> list[tuple[str, list[str]]]:
    """What is missing by kind, for the list of the weekly meeting: each who, and how many days."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for duty in due:
        if duty.missing:
            counts[duty.kind][duty.holder] += duty.missing
    return [
        (
            kind,
            [
                f"{holder}缺{group[holder]}{'次' if kind == MEETING else '天'}"
                for holder in sorted(group, key=place_order)
            ],
        )
        for kind, group in counts.items()
    ]
