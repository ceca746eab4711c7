"""Who is responsible for each street, written down where it changes, so that the past is never read off the roster
again (definitions 5.1). A month that is sealed is not written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from sync.core.calendar.worktime import Calendar
from sync.core.people.days import Care, Days, on
from sync.core.people.roster import Change, Roster, Street, newest

DAY = timedelta(days=1)
Evidence = Mapping[str, Sequence[tuple[date, str]]]  # by street: the chief that an issue of that day was stamped with


class TypedOver(NamedTuple):
    """A name in 街路名册 that branch and commander did not agree to. ``since``: from when on it counts; ``rebuilt``: as
    worked out after the ledger was lost."""

    street: Street
    before: str
    name: str
    since: date
    rebuilt: bool


@dataclass(frozen=True)
class Recording:
    """What the days are written from. ``roster``: as the tabs stand, with the days as they were known; ``last``: the
    day of the last look; ``opens``: the first day that is in no sealed month; ``lost``: whether the ledger was."""

    roster: Roster
    calendar: Calendar
    today: date
    last: date | None
    opens: date
    evidence: Evidence = field(default_factory=dict)
    lost: bool = False

    def days(self) -> Days:
        """By street, those ahead as far as 人员调整 says today."""
        days = dict(self.roster.days)
        if self.last and self.today < self.last:
            return days
        for name in dict.fromkeys(street.name for street in self.roster.streets):
            written = tuple(self._street(name))
            if written:
                days[name] = written
        return days

    def _street(self, name: str) -> Iterator[Care]:
        street, before = self.roster.listed(name, self.today), self.roster.days.get(name, ())
        if street is None:
            yield from before
            return
        known, last = (self._known(street, before), self.last) if before else (self._begun(street), None)
        previous: Care | None = None
        for day in self._turns(street, known):
            care = self._on(street, known, day, last)
            if previous is None or care.content != previous.content:
                yield care
                previous = care

    # What is known
    def _known(self, street: Street, before: Sequence[Care]) -> list[Care]:
        """What was written before, without what was only ahead; with the name that was typed since. What is typed and
        taken back on one day comes to nothing."""
        behind = [care for care in before if self.last is None or care.since <= self.last] or [before[0]]
        known = behind if before[0].written == self.today else self._without_today(behind)
        for care in before[len(behind) :]:
            if care.typed == street.chief != known[-1].typed:
                known.append(care)
        if street.chief == known[-1].typed:
            return known
        care = self._on(street, known, self.today, self.last)
        since = next_workday(self.today, self.calendar) if care.chief and street.chief else self.today
        typed = replace(care, since=since, typed=street.chief, written=self.today, rebuilt=False)
        return [*(care for care in known if care.since < since), typed]

    def _without_today(self, cares: Sequence[Care]) -> list[Care]:
        pairs = zip(cares[1:], cares, strict=False)
        return [cares[0], *(care for care, before in pairs if not self._typed_today(care, before))]

    def _typed_today(self, care: Care, before: Care) -> bool:
        return care.since == care.written == self.today and care.typed != before.typed

    def _begun(self, street: Street) -> list[Care]:
        """The first that is written of a street, from the first day that is in no sealed month on: a name with which an
        issue was stamped says whose it was, where neither 街路名册 nor 人员调整 says so."""

        def care(since: date, typed: str) -> Care:
            return Care(since, "", "", "", "", typed, self.today, self.lost)

        known, bare = [care(self.opens, street.chief)], replace(self.roster, days={})
        for day, chief in self.evidence.get(street.name, ()):
            typed = street.chief if bare.chief(street, day) == chief else chief
            if self.opens <= day < self.today and typed != known[-1].typed:
                since = day if known[0].typed != street.chief or known[1:] else self.opens
                known = [*(before for before in known if before.since < since), care(since, typed)]
        if known[-1].typed != street.chief:
            known.append(care(self.today, street.chief))
        return known

    # What holds
    def _turns(self, street: Street, known: Sequence[Care]) -> list[date]:
        """The days on which something may be another than the day before."""
        changes = self.roster.changes_of(street)
        rows = (row for row in self.roster.streets if row.name == street.name)
        spans = [*(change.span for change in changes), *(row.span for row in rows)]
        turns = {self.today, self.opens, *(span.since for span in spans if span.since)}
        turns |= {span.until + DAY for span in spans if span.until and span.until < date.max}
        written = {care.since for care in known}
        return sorted(written | {day for day in turns if day >= max(known[0].since, self.opens)})

    def _on(self, street: Street, known: Sequence[Care], day: date, last: date | None) -> Care:
        """Who is responsible that day. What was seen on a day that is over stands, unless 人员调整 says otherwise."""
        care = replace(on(tuple(known), day) or known[0], since=day)
        if day < self.opens:
            return care
        ruling = newest(change for change in self.roster.changes_of(street) if _rules(change, day, known))
        if last is None or day > last or day == self.today:
            there = self.roster.listed(street.name, day) or street
            care = replace(care, branch=there.branch, district=there.district, group=there.type, chief=care.typed)
        return replace(care, chief=ruling.chief) if ruling else care


def _rules(change: Change, day: date, known: Sequence[Care]) -> bool:
    """Whether the change holds that day, and no name was typed over it since it was asked for."""
    runs = [care for before, care in pairwise(known) if care.typed != before.typed and care.since <= day]
    if not change.span.holds(day) or not runs:
        return change.span.holds(day)
    since = change.span.since or date.min
    return (change.asked or since) >= runs[-1].written or since >= runs[-1].since


def next_workday(day: date, calendar: Calendar) -> date:
    day += DAY
    while not calendar.is_workday(day):
        day += DAY
    return day


def typed_over(roster: Roster, today: date, calendar: Calendar) -> Iterator[TypedOver]:
    """The names that count, or will on the next workday, and that no row of 人员调整 agrees to."""
    until = next_workday(today, calendar)
    for name in roster.names:
        street = roster.listed(name, today)
        cares = [care for care in roster.days.get(name, ()) if care.since <= until]
        if street and cares and (care := _unagreed(roster, street, cares)):
            yield care


def _unagreed(roster: Roster, street: Street, cares: Sequence[Care]) -> TypedOver | None:
    agreed, typed = cares[0].chief, None
    for care in cares[1:]:
        ruling = newest(change for change in roster.changes_of(street) if change.span.holds(care.since))
        stands_in = ruling is not None and ruling.for_leave and ruling.chief == care.chief
        if care.chief == agreed or not agreed or _is_agreed(roster, street, care):
            agreed, typed = care.chief, None
        elif not stands_in and (typed is None or typed.name != care.chief):
            typed = TypedOver(street, agreed, care.chief, care.since, care.rebuilt)
    return typed


def _is_agreed(roster: Roster, street: Street, care: Care) -> bool:
    """Whether a change names the chief, and holds when he begins or later."""
    lasting = (change for change in roster.changes_of(street) if change.chief == care.chief and not change.for_leave)
    return any(change.span.until is None or change.span.until >= care.since for change in lasting)
