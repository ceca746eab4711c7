"""The score board: the lines of all issues and the month's table, as rows of 扣分明细 and 月度考核.

Worked out anew only when an issue or a request came to something else, somebody inspected, or a month is to be sealed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sync.core.duties.duties import LINES
from sync.core.look.claims import Claims
from sync.core.look.follow import Followed
from sync.core.look.reading import PEOPLE, Reading
from sync.core.look.seals import Seals, open_cells, sealed_cells
from sync.core.memory import same_items
from sync.core.people.roster import Roster, Span, Street
from sync.core.scores import ceilings, scores, standings
from sync.core.scores import seal as closings
from sync.core.scores.periods import Periods, rows
from sync.core.scores.scores import Line
from sync.core.scores.seal import Closing
from sync.core.scores.standings import Standing, Term

Rows = dict[tuple[str, ...], dict[str, Any]]


@dataclass(frozen=True)
class Scored:
    """What the months came to: rows of 扣分明细, 月度考核, 季度讲评 and 年度兑现 by key, the ``table`` behind 月度考核,
    the sealed months with those sealed now, the hour of the next seal, and every line after ceilings, in order."""

    lines: Rows
    rows: Rows
    quarters: Rows
    years: Rows
    table: tuple[Standing, ...]
    closings: Mapping[str, Closing]
    wake: datetime
    every: tuple[Line, ...] = ()


@dataclass
class Board:
    """The board of one look."""

    reading: Reading
    roster: Roster
    followed: Mapping[str, Followed]
    claims: Claims
    duties: tuple[Line, ...] = ()

    def run(self) -> Scored:
        """扣分明细, 月度考核 and the table behind it: of every month that has lines, and of this one."""
        visits = self._visits()
        parts = (*self.followed.values(), *self.duties)
        sealed, today = self.reading.closings, self.reading.now.date()
        about = (visits, self.claims.signature(), sealed, self.reading.memory.wanted_closed, self.roster, today)
        memo = self.reading.memory.memo.scores
        if memo and memo[0] == about and same_items(memo[1], parts) and self.reading.now < memo[2].wake:
            return memo[2]  # type: ignore[no-any-return]
        scored = self._scores(visits)
        decision = self.reading.decision
        news = decision.closings or any(key.startswith(scores.ASKED) for key in decision.lines)
        again = news or self._must_wait()
        self.reading.memory.memo.scores = None if again else (about, parts, scored)
        return scored

    def _scores(self, visits: Mapping[tuple[str, str], int]) -> Scored:
        lines_found = [line for followed in self.followed.values() for line in followed.lines] + self._of_lost_rows()
        lines_found += self.claims.standing({line.id: line for line in lines_found})
        lines_found += self.duties
        closed = dict(self.reading.closings)
        lines = [line for line in lines_found if line.month not in closed]
        months = [month for month in self._since(lines) if month not in closed]
        bases = {month: self._bases(month, lines) for month in months}
        uncut = lines
        lines = [*(base for group in bases.values() for base in group), *ceilings.capped(lines, self.reading.rules)]
        sealed_lines = [line for closing in closed.values() for line in closing.lines]
        lines += self.claims.upheld({line.id: line for line in [*sealed_lines, *lines]}, uncut)
        for month in sorted({line.month for line in lines} - set(bases)):
            bases[month] = self._bases(month, lines)
            lines += bases[month]
        table = self._table(bases, lines, visits, closed)
        due = self._due(bases)
        for month in due:
            made = Seals(self.reading, self.followed).close(month, lines, table)
            terms = self._periods({**closed, month: made}).ending(month)
            closed[month] = self.reading.decision.closings[month] = replace(made, terms=terms)
        periods = self._periods(closed)
        every = sorted([*sealed_lines, *lines], key=lambda line: (line.month, line.date, line.id))
        return Scored(
            self._lines(every),
            self._rows(table, closed),
            rows(periods.quarters(), "quarter"),
            rows(periods.years(), "year"),
            tuple(table),
            closed,
            self._wake(bases),
            tuple(every),
        )

    def _periods(self, closed: Mapping[str, Closing]) -> Periods:
        terms: dict[str, list[Term]] = defaultdict(list)
        for closing in closed.values():
            for term in closing.terms:
                terms[term.name].append(term)
        return Periods({month: closing.rows for month, closing in closed.items()}, self.reading.rules, terms)

    def _since(self, lines: Iterable[Line]) -> list[str]:
        """Every month from the first that anything is known of to this one: one without a fault has a score too."""
        this = scores.month_of(self.reading.now)
        known = {line.month for line in lines} | set(self.reading.closings)
        known |= {key.removeprefix(scores.BASES) for key in self.reading.booked if key.startswith(scores.BASES)}
        months = [min({this, *known})]
        while months[-1] < max({this, *known}):
            months.append(closings.next_month(months[-1]))
        return months

    def _due(self, months: Iterable[str]) -> list[str]:
        """The months to be sealed now."""
        reading = self.reading
        if self._must_wait():
            return []
        return closings.due(months, reading.memory.wanted_closed, reading.rules, reading.now)

    def _must_wait(self) -> bool:
        """Nothing is sealed while a tab can't be read or a row is out of sight for a moment."""
        missed = any(row.gone > 0 for group in self.reading.decision.known.values() for row in group.values())
        return missed or bool({"scores", "lines", *PEOPLE} & set(self.reading.skipped))

    def _wake(self, months: Iterable[str]) -> datetime:
        """When the next month is to be sealed."""
        rules, now = self.reading.rules, self.reading.now
        hours = [closings.hour(month, rules) for month in {*months, scores.month_of(now)}]
        return min((hour for hour in hours if hour > now), default=now)

    def _table(
        self,
        bases: Mapping[str, Sequence[Line]],
        lines: Sequence[Line],
        visits: Mapping[tuple[str, str], int],
        closed: Mapping[str, Closing],
    ) -> list[Standing]:
        tallies = [followed.tally for followed in self.followed.values() if followed.tally]
        streets = {
            month: [self._street(line) for line in group if line.kind == scores.STREET]
            for month, group in sorted(bases.items())
        }
        sealed = [row for closing in closed.values() for row in closing.rows]
        return standings.standings(streets, scores.sums(lines), tallies, visits, self.reading.rules, sealed)

    def _lines(self, lines: list[Line]) -> Rows:
        cells_of = self.reading.memory.memo.cells_of
        return {(line.id,): cells_of(line.id, line, line.cells) for line in lines}

    def _rows(self, table: Iterable[Standing], closed: Mapping[str, Closing]) -> Rows:
        return {
            (row.month, row.target, row.kind): sealed_cells(closed[row.month], row)
            if row.month in closed
            else open_cells(row)
            for row in table
        }

    def _bases(self, month: str, lines: Iterable[Line]) -> list[Line]:
        """The base line of every street and unit that takes part in a month. A month that is over keeps those that it
        had, whatever the roster says later; whoever has a line has a base, so that every line is in a score."""
        key = f"{scores.BASES}{month}"
        booked = self.reading.booked.get(key, {})
        over = month < scores.month_of(self.reading.now)
        targets = (
            [(line.kind, line.target, line.chief, False) for line in booked.values()]
            if over and booked
            else self._targets(month)
        )
        there = {(kind, target) for kind, target, *_ in targets}
        for line in lines:
            if line.month == month and (line.kind, line.target) not in there:
                there.add((line.kind, line.target))
                targets.append((line.kind, line.target, line.chief, False))
        bases = {line.id: line for line in scores.base_lines(month, targets, self.reading.rules)}
        bases = {name: booked.get(name, line) if over else line for name, line in bases.items()}
        if bases != booked:
            self.reading.decision.lines[key] = bases
        return list(bases.values())

    def _street(self, base: Line) -> tuple[Street, str, bool]:
        """The street of a base line as it was that month, its chief, and whether it was shared; one that is in the
        roster no more has no group."""
        known = [street for street in self.roster.streets if street.name == base.target]
        days = Span(base.date, standings.last_day(base.month))
        met = next((street for street in known if street.span.meets(days)), None)
        street = met or Street(base.target, "", "", "", "", base.chief, "", (), (), days)
        return street, base.chief, base.text.endswith(scores.NOBODYS)

    def _of_lost_rows(self) -> list[Line]:
        """Deleting a row is no decision about its points: they stay until the row is back and made void."""
        booked_groups = self.reading.booked.items()
        apart = (scores.BASES, scores.ASKED, LINES)
        lost = [booked for rid, booked in booked_groups if rid not in self.followed and not rid.startswith(apart)]
        return [line for booked in lost for line in booked.values()]

    def _targets(self, month: str) -> list[tuple[str, str, str, bool]]:
        rules = self.reading.rules
        streets = standings.streets_of(self.roster, month, self.reading.now.date(), rules.calendar)
        targets = [(scores.STREET, street.name, chief, not whole) for street, chief, whole in streets]
        return targets + [(scores.UNIT, unit, "", False) for unit in rules.units]

    def _visits(self) -> dict[tuple[str, str], int]:
        """Inspections by month and street: one a street, person and day, with or without a finding."""
        seen = {
            (row.cells["reporter"], street.name, day)
            for row in self.reading.rows.get("duties", [])
            if row.cells.get("kind") == "督查" and "reporter" in row.cells and row.rid not in self.claims.faulty
            for day in [(row.cells.get("reported_at") or self.reading.mark("duties", row.rid, "heard")).date()]
            for street in [self.roster.street(row.cells.get("street", ""), day)]
            if street
        }
        for row in self.reading.rows.get("issues", []):
            followed = self.followed.get(row.rid)
            if followed and followed.stamps.street and row.cells.get("source") == "督查":
                seen.add((row.cells.get("reporter", ""), followed.stamps.street, followed.stamps.received.date()))
        counts: dict[tuple[str, str], int] = defaultdict(int)
        for _, street, day in seen:
            counts[scores.month_of(day), street] += 1
        return dict(counts)
