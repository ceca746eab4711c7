"""Scores: the lines of all issues and the month's table, as rows of 扣分明细 and 月度考核.

Worked out anew only when an issue or a request came to something else, somebody inspected, or a month is to be sealed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from sync.core.look.claims import Booking, Claims
from sync.core.look.owed import Duties
from sync.core.look.reading import PEOPLE
from sync.core.look.responsible import is_rebuilt
from sync.core.look.seals import Sealing, cells
from sync.core.people.roster import Roster, Street
from sync.core.rules.rules import Rules
from sync.core.rules.values import INSPECTION
from sync.core.scores import ceilings, standings
from sync.core.scores import seal as sealing
from sync.core.scores.lines import (
    OF_BASE,
    OF_ISSUE,
    STREET,
    UNIT,
    Group,
    Line,
    base_lines,
    by_id,
    month_of,
    of_origin,
    sums,
)
from sync.core.scores.periods import Periods, Rows, rows
from sync.core.scores.seal import Seal
from sync.core.scores.standings import Standing, Term, Visits


@dataclass(frozen=True)
class Scored:
    """What the months came to."""

    lines: Rows  # of 扣分明细, by key
    rows: Rows  # of 月度考核
    quarters: Rows  # of 季度讲评
    years: Rows  # of 年度兑现
    table: tuple[Standing, ...]  # behind 月度考核
    seals: Mapping[str, Seal]  # sealed months, with those sealed now
    wake: datetime  # the next seal
    every: tuple[Line, ...]  # every line after ceilings, in order
    booking: Mapping[Group, Mapping[str, Line]]  # base lines and what requests led to, as they are to be booked


@dataclass(frozen=True)
class Scoring:
    """What the months are scored by."""

    sealing: Sealing
    roster: Roster
    claims: Claims
    scope: object
    duties: Duties

    def scored(self) -> Scored:
        """扣分明细, 月度考核 and the table behind it: of every month that has lines, and of this one."""
        reading, past = self.sealing.reading, self.sealing.past
        inspections, wanted = self._visits(), reading.memory.wanted_sealed
        given = (
            self.scope, inspections, self.claims.signature(), past.seals, wanted, self._must_wait(),
            of_origin(past.lines, OF_BASE), tuple(self.sealing.followed.values()), self.duties.lines,
        )  # fmt: skip
        return reading.memo.of("scores").result("", given, self._scored, inspections, holds=self._holds)

    def _holds(self, scored: Scored, _: Visits) -> bool:
        """Whether no month is to be sealed since."""
        return self.sealing.reading.now < scored.wake

    def _scored(self, inspections: Visits) -> Scored:
        followed, past = self.sealing.followed.values(), self.sealing.past
        counted = [line for issue in followed for line in issue.lines] + self._of_lost_rows()
        requested = self.claims.standing(by_id(counted))
        counted += [*_lines_of(requested), *self.duties.lines]
        uncut = [line for line in counted if line.month not in past.seals]
        sealed = [line for seal in past.seals.values() for line in seal.lines]
        bases = {month: self._bases(month, uncut) for month in self._months(uncut)}
        cut = [*chain.from_iterable(bases.values()), *ceilings.capped(uncut, self._rules)]
        upheld = self.claims.upheld(by_id([*sealed, *cut]), uncut)
        cut += _lines_of(upheld)
        for month in sorted({line.month for line in cut} - set(bases)):
            bases[month] = self._bases(month, cut)
            cut += bases[month]
        table = self._table(bases, cut, inspections)
        seals = self._closings(bases, cut, table)
        every = tuple(sorted([*sealed, *cut], key=lambda line: (line.month, line.date, line.id)))
        periods = self._periods(seals)
        return Scored(
            self._lines(every),
            {(row.month, row.target, row.kind): self._cells(row, seals.get(row.month)) for row in table},
            rows(periods.quarters(), "quarter"),
            rows(periods.years(), "year"),
            tuple(table),
            seals,
            self._wake(bases),
            every,
            {**{Group(OF_BASE, month): by_id(group) for month, group in bases.items()}, **requested, **upheld},
        )

    @property
    def _rules(self) -> Rules:
        return self.sealing.reading.rules

    # Months
    def _months(self, uncut: Iterable[Line]) -> list[str]:
        """Every open month from the first that anything is known of to this one: one without a fault has a score
        too."""
        past, this = self.sealing.past, month_of(self.sealing.reading.now)
        known = {line.month for line in uncut} | set(past.seals)
        known |= {group.name for group in of_origin(past.lines, OF_BASE)}
        months = [min({this, *known})]
        while months[-1] < max({this, *known}):
            months.append(sealing.next_month(months[-1]))
        return [month for month in months if month not in past.seals]

    def _closings(
        self, bases: Mapping[str, Sequence[Line]], cut: Sequence[Line], table: Sequence[Standing]
    ) -> dict[str, Seal]:
        """Sealed months, with those that are to be sealed now."""
        seals, reading = dict(self.sealing.past.seals), self.sealing.reading
        if self._must_wait():
            return seals
        for month in sealing.due(bases, reading.memory.wanted_sealed, reading.rules, reading.now):
            made = self.sealing.seal(month, cut, table)
            terms = self._periods({**seals, month: made}).ending(month)
            seals[month] = replace(made, terms=terms)
        return seals

    def _must_wait(self) -> bool:
        """Nothing is sealed while a tab can't be read or a row is out of sight for a moment."""
        reading = self.sealing.reading
        return reading.missed or bool(reading.memory.aside) or bool({"scores", "lines", *PEOPLE} & set(reading.skipped))

    def _wake(self, months: Iterable[str]) -> datetime:
        """When the next month is to be sealed."""
        now = self.sealing.reading.now
        hours = [sealing.hour(month, self._rules) for month in {*months, month_of(now)}]
        return min((hour for hour in hours if hour > now), default=now)

    def _periods(self, seals: Mapping[str, Seal]) -> Periods:
        terms: dict[str, list[Term]] = defaultdict(list)
        for seal in seals.values():
            for term in seal.terms:
                terms[term.name].append(term)
        months = {month: standings.under_new_names(seal.rows, self._rules) for month, seal in seals.items()}
        return Periods(months, self._rules, terms)

    # Rows
    def _table(self, bases: Mapping[str, Sequence[Line]], cut: Sequence[Line], inspections: Visits) -> list[Standing]:
        tallies = [followed.tally for followed in self.sealing.followed.values() if followed.tally]
        streets = {
            month: [self._street(line) for line in group if line.kind == STREET]
            for month, group in sorted(bases.items())
        }
        sealed = [row for seal in self.sealing.past.seals.values() for row in seal.rows]
        today, calendar = self.sealing.reading.now.date(), self._rules.calendar
        workdays = {
            (month, street.name): max(1, len(standings.in_use(self.roster, street.name, month, today, calendar)))
            for month, held in streets.items() for street, *_ in held
        }  # fmt: skip
        return standings.standings(streets, sums(cut), tallies, inspections, self._rules, sealed, workdays)

    def _cells(self, row: Standing, seal: Seal | None) -> dict[str, object]:
        return cells(row, seal, is_rebuilt(self.roster.days, row.month))

    def _lines(self, every: Iterable[Line]) -> Rows:
        results = self.sealing.reading.memo.of("line cells")
        return {(line.id,): results.result(line.id, line, line.cells) for line in every}

    # Base lines
    def _bases(self, month: str, counted: Iterable[Line]) -> list[Line]:
        """The base line of every street and unit that takes part in a month. A month that is over keeps those that it
        had, whatever the roster says later, but for who was responsible; whoever has a line has a base, so that every
        line is in a score."""
        booked = self.sealing.past.lines.get(Group(OF_BASE, month), {})
        over = month < month_of(self.sealing.reading.now)
        targets = _targets_of(booked.values(), self._rules) if over and booked else self._targets(month)
        there = {(kind, target) for kind, target, *_ in targets}
        targets += [(*key, chief, False) for key, chief in _first_chiefs(counted, month) if key not in there]
        held = {(kind, target): (chief, shared) for kind, target, chief, shared in self._targets(month)} if over else {}
        targets = [(kind, name, *held.get((kind, name), (chief, part))) for kind, name, chief, part in targets]
        bases = base_lines(month, targets, self._rules)
        return [_as_booked(line, booked.get(line.id)) if over else line for line in bases]

    def _street(self, base: Line) -> tuple[Street, str, bool]:
        """The street of a base line as it was that month, its chief, and whether it was shared; one that is in the
        roster no more has no group."""
        rules, today = self._rules, self.sealing.reading.now.date()
        street, *_ = standings.in_month(self.roster, base.target, base.month, today, rules.calendar)
        return street, base.chief, base.shared

    def _targets(self, month: str) -> list[tuple[str, str, str, bool]]:
        rules, today = self._rules, self.sealing.reading.now.date()
        streets = standings.streets_of(self.roster, month, today, rules.calendar)
        targets = [(STREET, street.name, chief, not whole) for street, chief, whole in streets]
        return targets + [(UNIT, unit, "", False) for unit in rules.units]

    def _of_lost_rows(self) -> list[Line]:
        """Deleting a row is no decision about its points: they stay until the row is back and made void."""
        groups = of_origin(self.sealing.past.lines, OF_ISSUE)
        lost = [lines for group, lines in groups.items() if group.name not in self.sealing.followed]
        return [_under_new_name(line, self._rules) for lines in lost for line in lines.values()]

    # Visits
    def _visits(self) -> Visits:
        """Visits by month and street: one a street, person and day, with or without a finding."""
        sound = (record for record in self.duties.records.done if record.kind == INSPECTION and not record.faulty)
        visits = {(record.person, record.street, record.day) for record in sound if record.street}
        return Counter((month_of(day), street) for _, street, day in visits)


def _under_new_name(line: Line, rules: Rules) -> Line:
    return replace(line, target=rules.unit_now(line.target)) if line.kind == UNIT else line


def _targets_of(booked: Iterable[Line], rules: Rules) -> list[tuple[str, str, str, bool]]:
    """Whom these base lines are for, as they are called now."""
    named = (_under_new_name(line, rules) for line in booked)
    return list({(line.kind, line.target): (line.kind, line.target, line.chief, False) for line in named}.values())


def _as_booked(base: Line, booked: Line | None) -> Line:
    """The base line as it was booked, in the name of who was responsible."""
    return replace(booked, chief=base.chief, shared=base.shared, text=base.text) if booked else base


def _first_chiefs(counted: Iterable[Line], month: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Every target that has a line in the month, with the chief of its first."""
    seen = set()
    for line in counted:
        key = (line.kind, line.target)
        if line.month == month and key not in seen:
            seen.add(key)
            yield key, line.chief


def _lines_of(booking: Booking) -> list[Line]:
    return [line for group in booking.values() for line in group.values()]
