"""月度考核: what a month's lines, inspections and rates add up to, ranked within groups (plan 四·3, 四·4).

Scores are whole hundredths. A street is ranked; the ladder of suggestions follows its chief. Suggestions are
the service's, decisions are people's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from sync.core.calendar.worktime import Calendar
from sync.core.people.days import on
from sync.core.people.ordering import place_order
from sync.core.people.roster import Roster, Span, Street
from sync.core.rules.rules import Rules
from sync.core.scores.charging import Tally
from sync.core.scores.lines import BRANCH, DISTRICT, STREET, UNIT, first_day, last_day

ONE_GROUP = "全部街路"
PRAISE = "建议通报表扬"
TOO_FEW = "督查次数不足，不参与排名"
TOO_FEW_CASES = "到期案件不足，不参与排名"
NOT_RANKED = "标准化办，不参与排名"
Key = tuple[str, str]  # target and kind
Points = Mapping[tuple[str, str, str], int]  # by month, kind and target
Visits = Mapping[tuple[str, str], int]  # inspections by month and street


class UnitFigures(NamedTuple):
    """What else is known of a unit's month: why it is not ranked, and its rates where it is scored by them."""

    unranked: str = ""
    by_rates: bool = False
    on_time: float | None = None
    rework: float | None = None
    due: int = 0
    late: int = 0


Units = Mapping[tuple[str, str], UnitFigures]  # by month and unit
Held = tuple[Street, str, bool]  # a street, its chief, and whether nobody held it for more than half of the month


@dataclass(frozen=True)
class Praise:
    """Why a row is commended: its ``rank`` of ``size`` that are ranked in its group, and what was asked besides.
    ``due``, ``late``: its issues; ``min_cases``: with fewer due than these, ``inspections`` were held against
    ``middle``, the median of its group. A unit's rank and score are all that is asked."""

    rank: int
    size: int
    due: int
    late: int
    min_cases: int
    inspections: int
    middle: float


@dataclass(frozen=True)
class Standing:
    """One row of 月度考核. Rates are shares or None where nothing counts; ``rank`` is None for the unranked, and
    ``unranked`` says why for a unit; ``last``: 末位, the last of its group and below the floor; ``shared``: nobody held
    the street for more than half of the month, so that nobody is praised or blamed for it. ``due``, ``late``: issues
    that the rate of timeliness counts; ``step``, ``result``: the rung of the ladder, from 1, that it leads to;
    ``praise``: why it is commended, None where it is not and in a month that was sealed before this was kept."""

    month: str
    target: str
    kind: str
    group: str
    chief: str
    inspections: int | None
    issues: int
    on_time: float | None
    rework_rate: float | None
    extend_rate: float | None
    score: int
    rank: int | None
    advice: str = ""
    last: bool = False
    shared: bool = False
    due: int = 0
    late: int = 0
    unranked: str = ""
    step: int = 0
    result: str = ""
    praise: Praise | None = None

    @property
    def key(self) -> Key:
        return self.target, self.kind

    def cells(self) -> dict[str, Any]:
        """The row as the sheet shows it: points as numbers, rates to four places."""
        return {
            "month": self.month, "target": self.target, "kind": self.kind, "group": self.group, "chief": self.chief,
            "inspections": self.inspections, "issues": self.issues, "on_time": _share(self.on_time),
            "rework_rate": _share(self.rework_rate), "extend_rate": _share(self.extend_rate),
            "score": self.score / 100, "rank": shown_rank(self), "advice": self.advice,
        }  # fmt: skip


@dataclass(frozen=True)
class Term:
    """One row of 季度讲评 or 年度兑现. ``name``: 2026年第4季度 or 2026; ``score`` in hundredths; ``rank`` None for the
    unranked; ``praise`` as of ``Standing``."""

    name: str
    target: str
    kind: str
    group: str
    chief: str
    score: int
    rank: int | None
    advice: str = ""
    unranked: str = ""
    praise: Praise | None = None

    @property
    def key(self) -> Key:
        return self.target, self.kind


T = TypeVar("T", Standing, Term)


def shown_rank(row: Standing | Term) -> int | str | None:
    if row.rank is not None:
        return row.rank
    return row.unranked or (TOO_FEW if row.kind == STREET else None)


def _share(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)


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


def standings(
    months: Mapping[str, Sequence[Held]], points: Points, tallies: Iterable[Tally], inspections: Visits, rules: Rules,
    sealed: Sequence[Standing] = (), units: Units = MappingProxyType({}), workdays: Visits = MappingProxyType({}),
) -> list[Standing]:  # fmt: skip
    """All rows of 月度考核, month by month. ``months``: the streets of each open month; ``sealed``: the rows of sealed
    months, as they stand; ``units``: what else is known of a unit's month; ``workdays``: on how many each street was in
    use, by month and street."""
    areas = {(month, street.name): (street.branch, street.district) for month in months for street, *_ in months[month]}
    rates = _rates(tallies, areas)
    by_month = {
        month: _month(month, points, rates, inspections, held, rules, units, workdays) for month, held in months.items()
    }
    return _advise(by_month, rules, sealed)


@dataclass(frozen=True)
class _Rates:
    issues: int = 0
    due: int = 0
    late: int = 0
    on_time: float | None = None
    rework: float | None = None
    extend: float | None = None


Rates = Mapping[tuple[str, str, str], _Rates]  # by month, kind and name


def _rates(tallies: Iterable[Tally], areas: Mapping[tuple[str, str], tuple[str, str]]) -> Rates:
    """Of streets, branches, districts and units. ``areas``: branch and district of the month, by month and street."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * 5)
    for each in tallies:
        branch, district = areas.get((each.month, each.street), (each.branch, each.district))
        counts = (1, each.due, each.due and each.late, each.reworked, each.extended)
        for kind, name in ((STREET, each.street), (BRANCH, branch), (DISTRICT, district), (UNIT, each.unit)):
            group = sums[each.month, kind, name]
            group[:] = [total + count for total, count in zip(group, counts, strict=True)]
    return {key: _rates_of(*counts) for key, counts in sums.items()}


def _rates_of(issues: int, due: int, late: int, reworked: int, extended: int) -> _Rates:
    on_time = (due - late) / due if due else None
    return _Rates(issues, due, late, on_time, reworked / issues, extended / issues)


def _month(
    month: str, points: Points, rates: Rates, inspections: Visits, streets: Sequence[Held], rules: Rules, units: Units,
    workdays: Visits,
) -> list[Standing]:  # fmt: skip
    groups = groups_of([street for street, *_ in streets], rules)

    def row(name: str, kind: str, score: int, visits: int | None, *, chief: str = "", shared: bool = False) -> Standing:
        rate = rates.get((month, kind, name), _Rates())
        group = groups[name] if kind == STREET else kind
        return Standing(
            month, name, kind, group, chief, visits, rate.issues, rate.on_time, rate.rework, rate.extend, score, None,
            shared=shared, due=rate.due, late=rate.late,
        )  # fmt: skip

    def visits(name: str) -> int:
        return inspections.get((month, name), 0)

    score = {street.name: points.get((month, STREET, street.name), 0) for street, *_ in streets}
    of_streets = [
        row(street.name, STREET, score[street.name], visits(street.name), chief=chief, shared=shared)
        for street, chief, shared in streets
    ]
    of_areas = [
        row(area, kind, weighted((score[n], workdays.get((month, n), 1)) for n in names), sum(map(visits, names)))
        for kind in (BRANCH, DISTRICT)
        for area, names in sorted(_areas(kind, streets).items(), key=lambda pair: place_order(pair[0]))
    ]
    of_units = [
        _as_unit(row(unit, UNIT, points.get((month, UNIT, unit), 0), None), units.get((month, unit)))
        for unit in rules.units
    ]
    least = rules.score.min_inspections
    return [
        *rank(of_streets, lambda row: (row.inspections or 0) >= least),
        *rank([*of_areas, *of_units], lambda row: not row.unranked),
    ]


def _as_unit(row: Standing, figures: UnitFigures | None) -> Standing:
    """With the unit's own rates, where its month is by rates."""
    if figures is None:
        return row
    row = replace(row, unranked=figures.unranked)
    if not figures.by_rates:
        return row
    return replace(row, on_time=figures.on_time, rework_rate=figures.rework, due=figures.due, late=figures.late)


def _areas(kind: str, streets: Sequence[Held]) -> Mapping[str, list[str]]:
    """The names of the streets by branch or district."""
    areas: dict[str, list[str]] = defaultdict(list)
    for street, *_ in streets:
        if area := street.branch if kind == BRANCH else street.district:
            areas[area].append(street.name)
    return areas


def mean(points: Sequence[int]) -> int:
    """Mean in hundredths, half up."""
    return (2 * sum(points) + len(points)) // (2 * len(points))


def weighted(points: Iterable[tuple[int, int]]) -> int:
    """Mean of points by their weights, in hundredths, half up."""
    pairs = list(points)
    weight = sum(weight for _, weight in pairs)
    return (2 * sum(points * weight for points, weight in pairs) + weight) // (2 * weight)


def under_new_names(rows: Iterable[Standing], rules: Rules) -> list[Standing]:
    """The rows of a month, units that were renamed since as they are called now; several that went into one are weighed
    by their cases (definitions 5.3)."""
    units: dict[str, list[Standing]] = defaultdict(list)
    for row in rows:
        if row.kind == UNIT:
            units[rules.unit_now(row.target)].append(row)
    others = [row for row in rows if row.kind != UNIT]
    return [*others, *(_together(unit, group) for unit, group in units.items())]


def _together(unit: str, rows: Sequence[Standing]) -> Standing:
    if len(rows) == 1:
        return rows[0] if rows[0].target == unit else replace(rows[0], target=unit)
    cases = sum(row.issues for row in rows)
    score = weighted((row.score, row.issues if cases else 1) for row in rows)
    due, late = sum(row.due for row in rows), sum(row.late for row in rows)
    ranked = next((row for row in rows if not row.unranked), rows[0])
    return replace(ranked, target=unit, issues=cases, score=score, due=due, late=late)


def groups_of(streets: Sequence[Street], rules: Rules) -> dict[str, str]:
    """Ranking group by street: its type, or one group for all where a group would be too small."""
    sizes = Counter(street.type for street in streets)
    small = any(sizes[name] < rules.score.min_group for name in rules.score.groups)
    return {
        street.name: ONE_GROUP if small or street.type not in rules.score.groups else street.type for street in streets
    }


def rank(rows: Iterable[T], takes_part: Callable[[T], bool] = lambda row: True) -> list[T]:
    """Ranks within each group, ties sharing a rank; who takes no part keeps None."""
    rows = list(rows)
    scores: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in filter(takes_part, rows):
        scores[row.kind, row.group].append(row.score)
    return [
        replace(row, rank=1 + sum(score > row.score for score in scores[row.kind, row.group]))
        if takes_part(row)
        else row
        for row in rows
    ]


def _advise(by_month: Mapping[str, Sequence[Standing]], rules: Rules, sealed: Sequence[Standing]) -> list[Standing]:
    """Suggestions by the ladder: the best of a group, and chiefs who were last below the floor, month after month. A
    sealed month keeps its own, and says who was last then."""
    last, ranked = times_last(sealed), months_ranked(sealed)
    advised = [*sealed]
    for rows in (by_month[month] for month in sorted(by_month)):
        bottom = last_of_groups(rows, rules)
        here = [replace(row, last=row.key in bottom and not row.shared) for row in rows]
        for chief, months_last in times_last(here).items():
            last[chief] = sorted({*last[chief], *months_last})
        for chief, months in months_ranked(here).items():
            ranked[chief] |= months
        good = commended(map(_merit, here), rules)
        advised += [
            replace(row, advice=PRAISE, praise=good[row.key])
            if row.key in good
            else _advised(row, last[row.chief], ranked[row.chief], rules)
            for row in here
        ]
    return sorted(advised, key=lambda row: row.month)


def times_last(rows: Iterable[Standing]) -> dict[str, list[str]]:
    """The months in which each chief had a street that was last below the floor, in order. 末位 follows the chief,
    whatever street he has now."""
    months_of: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.last and row.chief:
            months_of[row.chief].add(row.month)
    return defaultdict(list, {chief: sorted(months) for chief, months in months_of.items()})


def last_of_groups(rows: Iterable[Standing | Term], rules: Rules) -> set[Key]:
    """末位: the last of each group of streets, when below the floor as well (nobody is shamed at 96)."""
    groups: dict[str, list[Standing | Term]] = defaultdict(list)
    for row in rows:
        if row.kind == STREET and row.rank is not None:
            groups[row.group].append(row)
    last, bottom = rules.score.last, set[Key]()
    for group in groups.values():
        bar = sorted(row.score for row in group)[min(last.last, len(group)) - 1]
        bottom |= {row.key for row in group if row.score <= bar and row.score < last.below}
    return bottom


def months_ranked(rows: Iterable[Standing]) -> dict[str, set[str]]:
    """The months in which each chief had a street that was ranked; the others are no part of a run."""
    months: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.kind == STREET and row.chief and row.rank is not None and not row.shared:
            months[row.chief].add(row.month)
    return months


class Merit(NamedTuple):
    """By what a ranked row may be commended. ``due``, ``late``: the issues of its months; ``inspections`` of them;
    ``able``: somebody held the street for most of the time."""

    key: Key
    group: str
    rank: int | None
    score: int
    due: int
    late: int
    inspections: int
    able: bool


def _merit(row: Standing) -> Merit:
    visits = row.inspections or 0
    return Merit(row.key, row.group, row.rank, row.score, row.due, row.late, visits, not row.shared)


def commended(merits: Iterable[Merit], rules: Rules) -> dict[Key, Praise]:
    """The best of each group of streets, at most a third of it, and the best units, where they are scored by rates;
    each with its figures."""
    groups: dict[str, list[Merit]] = defaultdict(list)
    for merit in merits:
        if merit.rank is not None and merit.key[1] in (STREET, UNIT):
            groups[f"{merit.key[1]}{merit.group}"].append(merit)
    return {merit.key: _praise(merit, group, rules) for group in groups.values() for merit in _best(group, rules)}


def _praise(merit: Merit, group: Sequence[Merit], rules: Rules) -> Praise:
    middle = float(median([each.inspections for each in group]))
    cases = rules.score.good.min_cases
    return Praise(merit.rank or 0, len(group), merit.due, merit.late, cases, merit.inspections, middle)


def _best(group: Sequence[Merit], rules: Rules) -> list[Merit]:
    if group[0].key[1] == UNIT:
        unit = rules.score.unit.good if rules.score.unit else None
        return [m for m in group if unit and m.rank and m.rank <= unit.top and m.score >= unit.min_score]
    middle = median([merit.inspections for merit in group])
    able = [merit for merit in group if _is_good(merit, middle, rules)]
    return [m for m in able if sum((o.rank or 0) <= (m.rank or 0) for o in able) <= len(group) // 3]


def _is_good(merit: Merit, middle: Fraction, rules: Rules) -> bool:
    """Whether it stands high enough, and mended in time, or (with few issues) was looked at as often as most."""
    good = rules.score.good
    if not merit.able or not merit.rank or merit.rank > good.top or merit.score < good.min_score:
        return False
    if merit.due >= good.min_cases:
        return 100 * (merit.due - merit.late) >= good.on_time * merit.due
    return merit.inspections >= middle


def median(counts: Sequence[int]) -> Fraction:
    """The middle of these counts; of an even number the mean of the two in the middle."""
    ordered, half = sorted(counts), len(counts) // 2
    return Fraction(ordered[half] + ordered[-half - 1], 2)


def _advised(row: Standing, last: Sequence[str], months: Collection[str], rules: Rules) -> Standing:
    """With the highest rung of the ladder that the chief's months lead to, where the row is one of 末位."""
    if row.shared or not row.last:
        return row
    running = _running(row.month, last, months)
    year = sum(1 for month in last if 0 <= _months_between(month, row.month) < 12)
    ladder = rules.score.ladder
    steps = [n for n, rung in enumerate(ladder, 1) if running >= rung.running or year >= rung.in_12_months]
    if not steps:
        return row
    result = ladder[steps[-1] - 1].name
    advice = f"建议{result}（末位连续{running}个月，12个月内{year}次；由局党组决定）"
    return replace(row, advice=advice, step=steps[-1], result=result)


def _running(month: str, last: Sequence[str], months: Collection[str]) -> int:
    """``months``: those in which the chief was ranked: one without a rank is skipped."""
    count = 0
    for earlier in sorted((m for m in months if m <= month), reverse=True):
        if earlier not in last:
            break
        count += 1
    return count


def _months_between(earlier: str, later: str) -> int:
    first, last = first_day(earlier), first_day(later)
    return (last.year - first.year) * 12 + last.month - first.month
