"""Scores: the lines of all issues and the month's table, as rows of 扣分明细 and 月度考核.

Worked out anew only when an issue or a request came to something else, somebody inspected, or a month is to be sealed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from sync.core.duties.duties import Done
from sync.core.letters.letters import Letter
from sync.core.look.owed import Duties
from sync.core.look.reading import PEOPLE
from sync.core.look.responsible import is_rebuilt
from sync.core.look.scores.claims import Booking, Claims
from sync.core.look.scores.returns import Returns
from sync.core.look.scores.seals import Sealing, cells
from sync.core.look.scores.self_found import limited
from sync.core.look.scores.unit_scores import UNIT_PARTS, Units
from sync.core.memory import SCORES, Failed, RowFailed
from sync.core.people.roster import Roster, Street
from sync.core.rules.conditions import INSPECTED
from sync.core.rules.rules import Rules
from sync.core.rules.values import INSPECTION
from sync.core.scores import ceilings, evening, holders, monthly, persons, ranking
from sync.core.scores import seal as sealing
from sync.core.scores.evening import Looks
from sync.core.scores.lines import (
    BY_RATES,
    OF_BASE,
    OF_COMPUTED,
    OF_ISSUE,
    RETURNS,
    STREET,
    UNIT,
    Group,
    Line,
    base_lines,
    by_id,
    month_of,
    sums,
)
from sync.core.scores.periods import Periods, Rows, rows
from sync.core.scores.seal import Seal
from sync.core.scores.standings import Standing, Term
from sync.core.scores.units import UnitMonth

Visits = Mapping[tuple[str, str], Looks]  # by month and street

PERIODS, IN_USE, CELLS, IN_MONTHS = "periods", "days in use", "line cells", "streets in their months"
MONTH_PARTS = (PERIODS, IN_USE, CELLS, IN_MONTHS, *UNIT_PARTS)  # kinds of the memo: what the months are made of
THIS_TIME = "月度考核和扣分明细"  # what fails where the months can't be scored


@dataclass(frozen=True)
class Scored:
    """What the months came to."""

    lines: Rows  # of 扣分明细, by key
    rows: Rows  # of 月度考核
    quarters: Rows  # of 季度讲评
    years: Rows  # of 年度兑现
    table: tuple[Standing, ...]  # behind 月度考核
    terms: tuple[Term, ...]  # behind 季度讲评 and 年度兑现
    seals: Mapping[str, Seal]  # sealed months, with those sealed now
    wake: datetime  # the next seal
    every: tuple[Line, ...]  # every line after ceilings, in order
    booking: Mapping[Group, Mapping[str, Line]]  # base lines and what requests led to, as they are to be booked
    failures: tuple[Failed, ...] = ()  # where there are any, the tabs of scores stay as they are


class _Terms(NamedTuple):
    """What quarters and years came to."""

    quarters: list[Term]
    years: list[Term]


@dataclass(frozen=True)
class Scoring:
    """What the months are scored by."""

    sealing: Sealing
    roster: Roster
    claims: Claims
    scope: object
    duties: Duties
    letters: Iterable[Letter]

    def scored_or_left(self) -> Scored:
        """What the months came to; nothing new where that fails in a way that nobody foresaw: the issues go on."""
        reading, seals = self.sealing.reading, self.sealing.past.seals
        try:
            return self.scored()
        except RowFailed:
            raise
        except Exception as error:
            return Scored({}, {}, {}, {}, (), (), seals, reading.now, (), {}, (Failed(SCORES, THIS_TIME, error),))

    def scored(self) -> Scored:
        """扣分明细, 月度考核 and the table behind it: of every month that has lines, and of this one."""
        reading, past = self.sealing.reading, self.sealing.past
        given_visits = (self.duties.records, self.scope)
        inspections = reading.memo.of("visits").result("", given_visits, self._visits)
        wanted = reading.memory.wanted_sealed
        given = (
            self.scope, inspections, self.claims.signature(), past.seals, wanted, self._must_wait(),
            past.of(OF_BASE), past.of(OF_COMPUTED), tuple(self.sealing.followed.values()),
            self.duties.lines, tuple(self.letters), reading.now.date(), len(reading.memory.photos),
        )  # fmt: skip
        scored = reading.memo.of("scores").result("", given, self._scored, inspections, holds=self._holds)
        for kind in MONTH_PARTS:
            reading.memo.of(kind).keep_all()
        return scored

    def _holds(self, scored: Scored, _: Visits) -> bool:
        """Whether no month is to be sealed since."""
        return self.sealing.reading.now < scored.wake

    def _scored(self, inspections: Visits) -> Scored:
        followed, past = self.sealing.followed.values(), self.sealing.past
        counted = [line for issue in followed for line in issue.lines] + self._of_lost_rows
        requested = self.claims.standing(by_id(counted))
        counted += [*_lines_of(requested), *self.duties.lines]
        sealed = [line for seal in past.seals.values() for line in seal.lines]
        returned = Returns(past, self.sealing.followed, requested, self.sealing.reading.now.date()).booking()
        counted += _lines_of(returned)
        open_lines = (line for line in counted if line.month not in past.seals)
        uncut = list(limited(open_lines, self.sealing.reading, self.sealing.followed))
        bases = {month: self._bases(month, uncut) for month in self._months(uncut)}
        by_rates = {line.month for group in bases.values() for line in group if line.tier == BY_RATES}
        uncut = [line for line in uncut if not _by_case(line, by_rates)]
        units = self._units.months(by_rates, counted)
        cut = self._cut(uncut, bases, units, inspections)
        upheld = self.claims.upheld(by_id([*sealed, *cut]), uncut)
        cut += _lines_of(upheld)
        for month in sorted({line.month for line in cut} - set(bases)):
            bases[month] = self._bases(month, cut)
            cut += bases[month]
        table = self._table(bases, cut, inspections, units)
        seals = self._closings(bases, cut, table)
        every = tuple(sorted([*sealed, *cut], key=lambda line: (line.month, line.date, line.id)))
        given = (seals, self._rules.hash)
        terms = self.sealing.reading.memo.of(PERIODS).result("", given, self._quarters_and_years, seals)
        return Scored(
            self._lines(every),
            {(row.month, row.target, row.kind): self._cells(row, seals.get(row.month)) for row in table},
            rows(terms.quarters, "quarter"),
            rows(terms.years, "year"),
            tuple(table),
            (*terms.quarters, *terms.years),
            seals,
            self._wake(bases),
            every,
            {
                **_by_month(OF_BASE, chain.from_iterable(bases.values())),
                **_by_month(OF_COMPUTED, cut),
                **requested,
                **returned,
                **upheld,
            },
        )

    @property
    def _rules(self) -> Rules:
        return self.sealing.reading.rules

    # Lines
    def _cut(
        self, uncut: Sequence[Line], bases: Mapping[str, Sequence[Line]], units: Mapping[tuple[str, str], UnitMonth],
        inspections: Visits,
    ) -> list[Line]:  # fmt: skip
        """All lines of open months after ceilings, with those that are worked out anew at every look."""
        now, rules = self.sealing.reading.now, self._rules
        cut = ceilings.of_tasks(uncut, rules)
        computed = [line for lines in self._units.lines(units).values() for line in lines]
        if rules.score.even_out.on:
            inspected = {rid for rid, each in self.sealing.followed.items() if each.issue.source == INSPECTED}
            charged = [line for line in cut if not self.sealing.past.returned.get(line.id)]
            for month, group in bases.items():
                for streets in self._inspected_groups(month, group, inspections):
                    computed += streets.lines(charged, inspected, rules, now.date())
        return [*chain.from_iterable(bases.values()), *ceilings.of_bonuses([*cut, *computed], rules)]

    def _inspected_groups(self, month: str, bases: Iterable[Line], inspections: Visits) -> Iterator[evening.Group]:
        """The ranking groups of a month with their ranked streets."""
        held = [self._street(line) for line in bases if line.kind == STREET]
        names = ranking.groups_of([street for street, *_ in held], self._rules)
        for name in dict.fromkeys(names.values()):
            looks = {
                street.name: inspections[month, street.name] for street, *_ in held
                if names[street.name] == name and (month, street.name) in inspections
                and inspections[month, street.name].days >= self._rules.score.min_inspections
            }  # fmt: skip
            if looks:
                yield evening.Group(month, {street.name: chief for street, chief, _ in held}, looks)

    @cached_property
    def _units(self) -> Units:
        reading, lost = self.sealing.reading, self._of_lost_rows
        return Units(
            self.sealing.followed, self.letters, lost, self.roster, self._rules, reading.now, self.scope, reading.memo
        )

    # Months
    def _months(self, uncut: Iterable[Line]) -> list[str]:
        """Every open month from the first that anything is known of to this one: one without a fault has a score
        too."""
        past, this = self.sealing.past, month_of(self.sealing.reading.now)
        known = {line.month for line in uncut} | set(past.seals)
        known |= {group.name for group in past.of(OF_BASE)}
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
            days = persons.days_held(self.roster, month, self._rules.calendar)
            people = persons.months_of(month, days, cut, table, self.roster, self._rules)
            made = replace(self.sealing.seal(month, cut, table), persons=tuple(people))
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
        hours += [letter.due + timedelta(seconds=1) for letter in self.letters if letter.due and not letter.done_at]
        return min((hour for hour in hours if hour > now), default=now)

    def _periods(self, seals: Mapping[str, Seal]) -> Periods:
        terms: dict[str, list[Term]] = defaultdict(list)
        for seal in seals.values():
            for term in seal.terms:
                terms[term.name].append(term)
        months = {month: monthly.under_new_names(seal.rows, self._rules) for month, seal in seals.items()}
        return Periods(months, self._rules, terms, {month: seal.persons for month, seal in seals.items()})

    def _quarters_and_years(self, seals: Mapping[str, Seal]) -> _Terms:
        periods = self._periods(seals)
        return _Terms(periods.quarters(), periods.years())

    # Rows
    def _table(
        self, bases: Mapping[str, Sequence[Line]], cut: Sequence[Line], inspections: Visits,
        by_rates: Mapping[tuple[str, str], UnitMonth],
    ) -> list[Standing]:  # fmt: skip
        tallies = [followed.tally for followed in self.sealing.followed.values() if followed.tally]
        streets = {
            month: [self._street(line) for line in group if line.kind == STREET]
            for month, group in sorted(bases.items())
        }
        sealed = [row for seal in self.sealing.past.seals.values() for row in seal.rows]
        units = dict(self._units.figures(bases, by_rates))
        days = {key: looks.days for key, looks in inspections.items()}
        workdays = {
            (month, street.name): self._workdays(street.name, month)
            for month, held in streets.items() for street, *_ in held
        }  # fmt: skip
        return monthly.standings(streets, sums(cut), tallies, days, self._rules, sealed, units, workdays)

    def _workdays(self, name: str, month: str) -> int:
        """On how many the street was in use in the month so far, one at least."""
        given = (self.roster, name, month, self.sealing.reading.now.date(), self._rules.calendar)
        results = self.sealing.reading.memo.of(IN_USE)
        return max(1, len(results.result((name, month), self.scope, holders.in_use, *given)))

    def _cells(self, row: Standing, seal: Seal | None) -> dict[str, object]:
        return cells(row, seal, is_rebuilt(self.roster.days, row.month))

    def _lines(self, every: Iterable[Line]) -> Rows:
        results = self.sealing.reading.memo.of(CELLS)
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
        street, *_ = self._in_month(base.target, base.month)
        return street, base.chief, base.shared

    def _in_month(self, name: str, month: str) -> tuple[Street, str, bool]:
        """``holders.in_month`` as of today, worked out once a day."""
        given = (self.roster, name, month, self.sealing.reading.now.date(), self._rules.calendar)
        results = self.sealing.reading.memo.of(IN_MONTHS)
        return results.result((name, month), self.scope, holders.in_month, *given)

    def _targets(self, month: str) -> list[tuple[str, str, str, bool]]:
        names = holders.names_in(self.roster, month, self.sealing.reading.now.date())
        streets = [self._in_month(name, month) for name in names]
        targets = [(STREET, street.name, chief, not whole) for street, chief, whole in streets]
        return targets + [(UNIT, unit, "", False) for unit in self._rules.units]

    @cached_property
    def _of_lost_rows(self) -> list[Line]:
        """Deleting a row is no decision about its points: they stay until the row is back and made void."""
        groups = self.sealing.past.of(OF_ISSUE)
        lost = [lines for group, lines in groups.items() if group.name not in self.sealing.followed]
        return [_under_new_name(line, self._rules) for lines in lost for line in lines.values()]

    # Visits
    def _visits(self) -> Visits:
        """By month and street the days on which the standards office was there, whoever of it and however often; a day
        without a finding needs a photo or a position."""
        days: dict[tuple[str, date], bool] = {}
        for record in self.duties.records.done:
            if self._is_visit(record):
                key = record.street, record.day
                days[key] = days.get(key, True) and record.noted
        counts = Counter((month_of(day), street) for street, day in days)
        clean = Counter((month_of(day), street) for (street, day), sound in days.items() if sound)
        return {key: Looks(number, clean[key]) for key, number in counts.items()}

    def _is_visit(self, record: Done) -> bool:
        sound = record.kind == INSPECTION and bool(record.street) and record.shown and not record.faulty
        return sound and record.person in self.roster.people("standards_office", record.day)


def _by_month(origin: str, lines: Iterable[Line]) -> Booking:
    """Base lines, and those that are worked out anew, as the ledger knows them since this look."""
    booking: Booking = defaultdict(dict)
    for line in lines:
        if line.origin == origin and line.rule not in RETURNS:
            booking[Group(origin, line.month)][line.id] = line
    return booking


def _by_case(line: Line, by_rates: Container[str]) -> bool:
    """Whether a unit was charged for one case in a month in which rates stand for all of them."""
    return line.kind == UNIT and line.origin == OF_ISSUE and line.month in by_rates and line.rule not in RETURNS


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
