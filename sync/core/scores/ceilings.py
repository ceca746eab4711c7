"""The ceilings of a month: a task's deductions, bonuses of a kind, all bonuses together (domain.md 3.2: 扣完为止)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from sync.core.rules.rules import Rules
from sync.core.rules.values import points_zh
from sync.core.scores.lines import AWARD, BACK, DUTY, RETURNS, SELF, Line

ENDLESS = 10**9


def capped(lines: Iterable[Line], rules: Rules) -> list[Line]:
    """Lines with the ceilings of their month: a task's deductions stop at its weight, bonuses at their caps. 加减分
    that people decided has no ceiling of a task, and what is given back none at all.

    A line that runs into a ceiling keeps its place with fewer points and says so.
    """
    limits = {name: (-task.weight, 0) for name, task in rules.tasks.items()} | {
        DUTY: (-rules.duties.cap, 0),
        SELF: (-ENDLESS, rules.score.self_found.cap),
        AWARD: (-ENDLESS, ENDLESS),
        BACK: (-ENDLESS, ENDLESS),
    }
    running: dict[tuple[str, str, str, str], int] = defaultdict(int)

    def counted(line: Line) -> int:
        """The line's points as far as the ceiling leaves room for them."""
        ceiling = _ceiling(line)
        low, high = limits.get(ceiling, (-ENDLESS, 0))
        key = (line.month, line.kind, line.target, ceiling)
        before, running[key] = running[key], running[key] + line.points
        return min(max(running[key], low), high) - min(max(before, low), high)

    ordered = sorted(lines, key=lambda line: (line.month, line.kind, line.target, line.date, line.id))
    return _all_bonuses([_left(line, counted(line)) for line in ordered], rules)


def _ceiling(line: Line) -> str:
    """Which ceiling a line is under: deductions of a task, bonuses of a kind; what is given back has none."""
    if line.rule in RETURNS:
        return BACK
    if line.points < 0:
        return line.task
    return SELF if line.rule == SELF else AWARD


def _all_bonuses(lines: list[Line], rules: Rules) -> list[Line]:
    """The month's ceiling of all bonuses together, whatever they are for."""
    free: dict[tuple[str, str, str], int] = defaultdict(lambda: rules.score.bonus_cap)

    def fitted(line: Line) -> Line:
        if line.points <= 0 or line.rule in RETURNS:
            return line
        key = (line.month, line.kind, line.target)
        left = min(line.points, free[key])
        free[key] -= left
        return _left(line, left)

    return [fitted(line) for line in lines]


def _left(line: Line, points: int) -> Line:
    return line if line.points == points else _shortened(line, points)


@lru_cache(maxsize=1 << 18)  # the same lines meet the same ceiling at every look
def _shortened(line: Line, points: int) -> Line:
    what = "本项已扣满" if line.points < 0 else "加分已到上限"
    return replace(line, points=points, text=f"{line.text}；{what}，少计{points_zh(abs(line.points - points))}分")
