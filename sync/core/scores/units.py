"""The score of units by rates (definitions 6.3; domain.md 3.2): what was due in the month and how much of it in time,
what is closed, what came back, which letters went unanswered. Each rate is one line with its cases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sync.core.issues import life as lives
from sync.core.issues.issues import Issue
from sync.core.issues.life import Life
from sync.core.rules.conditions import MINOR, SERIOUS
from sync.core.rules.rules import Rules
from sync.core.rules.section_score import Above, Aim, UnitScore
from sync.core.rules.values import FAKE
from sync.core.scores.lines import OF_COMPUTED, STREET, UNIT, Line, last_day, month_of
from sync.core.scores.reckoning import ABOVE, AIM, EACH, Part, Reckoning, listed

ON_TIME, CLOSED, SERIOUS_ON_TIME, REWORK, LETTERS = "按期率", "销号率", "严重问题按期率", "返工率", "督办函逾期"
RATES = (ON_TIME, CLOSED, SERIOUS_ON_TIME, REWORK, LETTERS, FAKE)
NOT_COUNTED = ("", lives.UNVERIFIED, lives.VOID)


@dataclass(frozen=True, slots=True)
class UnitCase:
    """An issue while one unit was responsible for it. ``month``: of the first deadline that the unit missed, else of
    the one that holds; ``present``: it is the unit's now; ``mended``: when its clock stopped; ``out``: suspended."""

    number: str
    unit: str
    month: str
    late: bool
    serious: bool
    weight: int
    present: bool = False
    out: bool = False
    mended: datetime | None = None
    closed: bool = False
    returned: bool = False


def cases(issue: Issue, life: Life, own: Collection[str], rules: Rules, now: datetime) -> Iterator[UnitCase]:
    """The issue once for each unit that was responsible when a deadline came. ``own``: the units of who reported it.
    Out: what is not yet due and not mended, what is suspended or taken over before it was late, and what a unit's own
    people reported and mended in time."""
    if life.state in NOT_COUNTED or life.deadline is None:
        return
    missed = dict(life.late_units)
    for unit, deadline in {life.unit: life.deadline, **missed}.items():
        late, present = unit in missed, unit == life.unit and not issue.stamps.joined
        runs_out = life.state != lives.SUSPENDED and not issue.stamps.joined
        decided = late or (runs_out and (life.fixed_at or life.deadline < now))
        if not decided or (not late and unit in own):
            continue
        yield UnitCase(
            issue.rid, unit, month_of(deadline), late, issue.severity == SERIOUS, _weight(issue, unit, rules), present,
            present and life.state == lives.SUSPENDED, life.fixed_at if present else None,
            present and life.state == lives.CLOSED, present and bool(life.reworks),
        )  # fmt: skip


def _weight(issue: Issue, unit: str, rules: Rules) -> int:
    """上级交办 from 一般 up and what a second letter is about count double, never fourfold."""
    score = rules.score
    ordered = issue.source in score.superior_sources and issue.severity != MINOR
    urged = any(letter.unit == unit for letter in issue.urged)
    return max(score.superior_multiplier if ordered else 1, rules.letters.repeat_factor if urged else 1)


@dataclass(frozen=True)
class UnitMonth:
    """A unit's month. ``cases``: all of the unit; ``fakes``: lines of 弄虚作假 about its issues;
    ``late_letters``: their numbers."""

    month: str
    unit: str
    score: UnitScore
    cases: Sequence[UnitCase]
    late_letters: Sequence[str]
    fakes: Sequence[Line]

    @cached_property
    def due(self) -> list[UnitCase]:
        """Those whose deadline lies in the month."""
        return [case for case in self.cases if case.month == self.month]

    @property
    def to_close(self) -> list[UnitCase]:
        """Those, and every late one that was still open when the month began, as far as they are the unit's now."""
        earlier = [case for case in self.cases if case.late and case.month < self.month]
        left = [case for case in earlier if not case.closed or not self._mended_before(case)]
        return [case for case in [*self.due, *left] if case.present and not case.out]

    def _mended_before(self, case: UnitCase) -> bool:
        return case.mended is not None and month_of(case.mended) < self.month

    def _closed(self, case: UnitCase) -> bool:
        """Mended before the month was over, and closed by now."""
        return case.closed and case.mended is not None and month_of(case.mended) <= self.month

    @cached_property
    def reckonings(self) -> Mapping[str, Reckoning]:
        """Each rate that anything counts for, by the name of its line."""
        return dict(self._reckonings())

    def _reckonings(self) -> Iterator[tuple[str, Reckoning]]:
        score, due = self.score, self.due
        serious = [case for case in due if case.serious]
        mine = [case for case in due if case.present]
        yield from _aimed(ON_TIME, score.on_time, [_part(case, not case.late) for case in due])
        yield from _aimed(CLOSED, score.closed, [_part(case, self._closed(case)) for case in self.to_close])
        yield from _aimed(SERIOUS_ON_TIME, score.serious, [_part(case, not case.late) for case in serious])
        yield from _aimed(REWORK, score.rework, [_part(case, case.returned) for case in mine])
        if self.late_letters:
            parts = tuple(Part(number) for number in self.late_letters)
            yield LETTERS, Reckoning(EACH, parts, (score.letters.late_each, 1), most=score.letters.most)
        if self.fakes:
            parts = tuple(Part(line.issue) for line in self.fakes)
            yield FAKE, Reckoning(EACH, parts, (score.fake_each, 1))

    def lines(self, today: date) -> list[Line]:
        return list(self._lines(min(last_day(self.month), today)))

    def _lines(self, day: date) -> Iterator[Line]:
        for rule, reckoning in self.reckonings.items():
            numbers = reckoning.against()
            named = f"；{_NAMES.get(rule, '涉及')}：{listed(numbers)}" if numbers else ""
            yield Line(
                f"{self.month}·{self.unit}·{rule}", self.month, self.unit, UNIT, "", "", rule, "四·4",
                reckoning.points(), f"{rule} {reckoning.words()}{named}", day,
                origin=OF_COMPUTED, working=tuple(reckoning.working()), reckoning=reckoning,
            )  # fmt: skip


_NAMES = {ON_TIME: "没有按期的", SERIOUS_ON_TIME: "没有按期的", CLOSED: "没有销号的", REWORK: "返工的"}


def _part(case: UnitCase, hit: bool) -> Part:
    return Part(case.number, case.weight, hit)


def _aimed(rule: str, bar: Aim | Above, parts: Sequence[Part]) -> Iterator[tuple[str, Reckoning]]:
    if parts:
        how, percent = (AIM, bar.aim) if isinstance(bar, Aim) else (ABOVE, bar.above)
        ordered = tuple(sorted(parts, key=lambda part: part.number))
        yield rule, Reckoning(how, ordered, (bar.per_point, 1), percent, bar.most)


def fakes_of(lines: Iterable[Line]) -> list[Line]:
    """The lines of streets about 弄虚作假 that hold."""
    return [line for line in lines if line.tier == FAKE and line.kind == STREET and not line.revoked and line.points]
