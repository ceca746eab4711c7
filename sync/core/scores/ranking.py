"""Ranks within groups, and who is commended (plan 四·3, 四·4)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from sync.core.people.roster import Street
from sync.core.rules.rules import Rules
from sync.core.scores.lines import STREET, UNIT
from sync.core.scores.standings import Key, Praise, T, median

ONE_GROUP = "全部街路"


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
