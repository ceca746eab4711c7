"""The ceilings of a month: a task's deductions, what self-found problems fill up, all bonuses together (domain.md 3.2:
扣完为止; definitions 6.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from sync.core.rules.rules import Rules
from sync.core.rules.values import points_zh
from sync.core.scores.lines import AWARD, BACK, DUTY, OF_BASE, OF_COMPUTED, RETURNS, SELF, Line

ENDLESS = 10**9
FULL_TASK, FULL_BONUS, FULL_BASE = "本项已扣满", "加分已到上限", "自查只补当月扣掉的分"
Target = tuple[str, str, str]  # month, kind, target


def capped(lines: Iterable[Line], rules: Rules) -> list[Line]:
    """Lines with all ceilings of their month; computed ones among them count as they are.

    A line that runs into a ceiling keeps its place with fewer points and says so.
    """
    return of_bonuses(of_tasks(lines, rules), rules)


def of_tasks(lines: Iterable[Line], rules: Rules) -> list[Line]:
    """A task's deductions stop at its weight, those for duties and bonuses for self-found problems at theirs. 加减分
    that people decided has no ceiling of a task, what is given back and what is computed none at all."""
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
    return [_left(line, counted(line), FULL_TASK if line.points < 0 else FULL_BONUS) for line in ordered]


def of_bonuses(lines: Sequence[Line], rules: Rules) -> list[Line]:
    """What chiefs found themselves fills up what the month took and no more; then the month's ceiling of all bonuses
    together, whatever they are for."""
    lines = _filled_up(lines)
    free: dict[Target, int] = defaultdict(lambda: rules.score.bonus_cap)

    def fitted(line: Line) -> Line:
        if not _is_bonus(line):
            return line
        left = min(line.points, free[_target(line)])
        free[_target(line)] -= left
        return _left(line, left, FULL_BONUS)

    return [fitted(line) for line in lines]


def _filled_up(lines: Sequence[Line]) -> list[Line]:
    room: dict[Target, int] = defaultdict(int)
    for line in lines:
        if not _is_bonus(line) and line.origin != OF_BASE:
            room[_target(line)] -= line.points

    def fitted(line: Line) -> Line:
        if line.rule != SELF or line.points <= 0:
            return line
        left = min(line.points, max(0, room[_target(line)]))
        room[_target(line)] -= left
        return _left(line, left, FULL_BASE)

    return [fitted(line) for line in lines]


def _target(line: Line) -> Target:
    return line.month, line.kind, line.target


def _is_bonus(line: Line) -> bool:
    return line.points > 0 and line.rule not in RETURNS and line.origin not in (OF_COMPUTED, OF_BASE)


def _ceiling(line: Line) -> str:
    """Which ceiling a line is under: deductions of a task, bonuses of a kind; what is given back has none."""
    if line.rule in RETURNS or line.origin == OF_COMPUTED:
        return BACK
    if line.rule == AWARD:
        return AWARD
    if line.points < 0:
        return line.task
    return SELF if line.rule == SELF else AWARD


def _left(line: Line, points: int, why: str) -> Line:
    return line if line.points == points else _shortened(line, points, why)


@lru_cache(maxsize=1 << 18)  # the same lines meet the same ceiling at every look
def _shortened(line: Line, points: int, why: str) -> Line:
    return replace(line, points=points, text=f"{line.text}；{why}，少计{points_zh(abs(line.points - points))}分")
