"""A month's points by street and task of the plan (plan 二): what each of the nine tasks cost or won each street."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sync.core.scores.lines import STREET, Line


def by_street(lines: Iterable[Line], month: str, tasks: Collection[str]) -> Mapping[str, Mapping[str, int]]:
    """Hundredths by street and task, after ceilings, those given back included; streets without any are left out."""
    points: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(tasks, 0))
    for line in lines:
        if line.month == month and line.kind == STREET and line.task in tasks:
            points[line.target][line.task] += line.points
    return points
