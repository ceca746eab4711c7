"""What being last leads to, month after month: the ladder of suggestions, which follows the chief (plan 四·4).

Suggestions are the service's, decisions are people's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sync.core.rules.rules import Rules
from sync.core.scores.lines import STREET, first_day
from sync.core.scores.ranking import Merit, commended
from sync.core.scores.standings import Key, Standing, Term

PRAISE = "建议通报表扬"


def advise(by_month: Mapping[str, Sequence[Standing]], rules: Rules, sealed: Sequence[Standing]) -> list[Standing]:
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


def _merit(row: Standing) -> Merit:
    visits = row.inspections or 0
    return Merit(row.key, row.group, row.rank, row.score, row.due, row.late, visits, not row.shared)


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
