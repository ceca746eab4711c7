"""The rows of 月度考核: what a month's lines, inspections and rates add up to, ranked (plan 四·3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from sync.core.people.ordering import place_order
from sync.core.rules.rules import Rules
from sync.core.scores.charging import Tally
from sync.core.scores.ladder import advise
from sync.core.scores.lines import BRANCH, DISTRICT, STREET, UNIT
from sync.core.scores.ranking import groups_of, rank
from sync.core.scores.standings import Held, Points, Standing, UnitFigures, Units, Visits, weighted


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
    return advise(by_month, rules, sealed)


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
    for each, times in Counter(tallies).items():  # many issues count for the same
        branch, district = areas.get((each.month, each.street), (each.branch, each.district))
        counts = [times * count for count in (1, each.due, each.due and each.late, each.reworked, each.extended)]
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
