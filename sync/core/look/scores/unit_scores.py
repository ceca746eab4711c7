"""Months of units that are scored by rates: their cases, letters and 弄虚作假 brought together (definitions 6.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain

from sync.core.letters.letters import LETTER, Letter
from sync.core.look.follow import Followed
from sync.core.memo import Memo
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.rules.values import ROLES
from sync.core.scores.lines import LATE, UNIT, Line, last_day, month_of
from sync.core.scores.standings import NOT_RANKED, TOO_FEW_CASES, UnitFigures
from sync.core.scores.units import ON_TIME, REWORK, UnitCase, UnitMonth, cases, fakes_of

UNIT_PARTS = UNIT_CASES, UNIT_MONTHS, UNIT_LINES = "cases of units", "months of units", "lines of units"  # of the memo


@dataclass(frozen=True)
class Units:
    """``lost``: lines of issues whose rows were deleted; deleting a row makes no lateness undone. ``scope``: another
    object whenever roster, rules or day are others."""

    followed: Mapping[str, Followed]
    letters: Iterable[Letter]
    lost: Iterable[Line]
    roster: Roster
    rules: Rules
    now: datetime
    scope: object = None
    memo: Memo = field(default_factory=Memo)

    def months(self, names: Collection[str], lines: Iterable[Line]) -> dict[tuple[str, str], UnitMonth]:
        """The months by rates of every unit. ``names``: of these months; ``lines``: all of them."""
        score = self.rules.score.unit
        if score is None or not names:
            return {}
        by_unit, late, fakes = self._cases(), self._late_letters(), self._fakes(lines)
        results, months = self.memo.of(UNIT_MONTHS), dict[tuple[str, str], UnitMonth]()
        for month in sorted(names):
            for unit in self.rules.units:
                given = (month, unit, score, by_unit[unit], sorted(late[month, unit]), fakes[month, unit])
                months[month, unit] = results.result((month, unit), given, UnitMonth, *given)
        return months

    def lines(self, months: Mapping[tuple[str, str], UnitMonth]) -> dict[tuple[str, str], list[Line]]:
        """The lines of these months, by month and unit."""
        results, day = self.memo.of(UNIT_LINES), self.now.date()
        return {key: results.result(key, (month, day), month.lines, day) for key, month in months.items()}

    def _cases(self) -> dict[str, list[UnitCase]]:
        by_unit: dict[str, list[UnitCase]] = defaultdict(list)
        every = [*self.followed.values()]
        given = [(self.scope, followed, self._is_past(followed.life.deadline)) for followed in every]
        of_issues = self.memo.of(UNIT_CASES).each([*self.followed], given, lambda n: self._cases_of(every[n]))
        for case in chain.from_iterable(of_issues):
            by_unit[case.unit].append(case)
        for line in self.lost:
            if line.kind == UNIT and line.rule == LATE and not line.revoked:
                by_unit[line.target].append(UnitCase(line.issue, line.target, month_of(line.date), True, False, 1))
        return by_unit

    def _is_past(self, deadline: datetime | None) -> bool:
        return deadline is not None and deadline < self.now

    def _cases_of(self, followed: Followed) -> tuple[UnitCase, ...]:
        own = self.roster.units_of(followed.issue.cells.get("reporter", ""), followed.stamps.received.date())
        return tuple(cases(followed.issue, followed.life, own, self.rules, self.now))

    def _late_letters(self) -> dict[tuple[str, str], set[str]]:
        """Those that were neither answered nor done with when their term ended, by the month of that and unit."""
        late: dict[tuple[str, str], set[str]] = defaultdict(set)
        for letter in self.letters:
            if letter.kind == LETTER and not letter.void and letter.due is not None and letter.due < self.now:
                answers = [at for at in (letter.answered_at, letter.done_at) if at]
                if not answers or min(answers) > letter.due:
                    late[month_of(letter.due), letter.unit].add(letter.name)
        return late

    def _fakes(self, lines: Iterable[Line]) -> dict[tuple[str, str], list[Line]]:
        fakes: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in fakes_of(lines):
            if line.issue in self.followed:
                fakes[line.month, self.followed[line.issue].life.unit].append(line)
        return fakes

    def figures(self, months: Iterable[str], by_rates: Mapping[tuple[str, str], UnitMonth]) -> Iterator[
        tuple[tuple[str, str], UnitFigures]
    ]:  # fmt: skip
        """What 月度考核 shows of each unit besides its score."""
        for month in months:
            office = standards_units(self.roster, last_day(month))
            for unit in self.rules.units:
                unranked = NOT_RANKED if unit in office else ""
                yield (month, unit), _figures(unranked, by_rates.get((month, unit)))


def _figures(unranked: str, month: UnitMonth | None) -> UnitFigures:
    if month is None:
        return UnitFigures(unranked)
    rates, due = month.reckonings, month.due
    unranked = unranked or (TOO_FEW_CASES if len(due) < month.score.min_cases else "")
    on_time, rework = (rates[name].share if name in rates else None for name in (ON_TIME, REWORK))
    return UnitFigures(unranked, True, on_time, rework, len(due), sum(case.late for case in due))


def standards_units(roster: Roster, day: date) -> frozenset[str]:
    """The units of the standards office: shown, not ranked (definitions 4.4)."""
    role = ROLES["standards_office"]
    return frozenset(post.unit for post in roster.posts if post.role == role and post.unit and post.span.holds(day))
