"""Level by level upward: who must look at an issue when those below did not manage (plan 五·2, 五·3).

A level that was reached stays. The steps and their conditions stand in ``rules.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sync.core.issues import issues
from sync.core.issues import life as lives
from sync.core.issues.issues import Issue, Reached, Stamps
from sync.core.issues.life import Life
from sync.core.rules.conditions import Usage
from sync.core.rules.rules import Rules
from sync.core.rules.values import ROLES

OPEN = (*lives.RUNNING, lives.FIXED)


def facts(issue: Issue, life: Life, stamps: Stamps, rules: Rules, street_type: str) -> Mapping[str, Any]:
    """What conditions may ask of an issue (``conditions.FACTS``)."""
    category = rules.categories.get(issue.category)
    known: dict[str, Any] = {
        "severity": issue.severity, "source": issue.source, "kind": category.kind if category else None,
        "task": category.task if category else None, "category": category.name if category else None,
        "unit": life.unit, "street_type": street_type, "state": life.state, "repeat": stamps.repeat,
        "rework": len(life.reworks), "level": highest(stamps.levels),
    }  # fmt: skip
    if life.deadline and life.end:
        limit = lives.limit_of(stamps.start)
        known["overdue"] = issues.lateness(life, rules, limit)
        if limit and stamps.start:
            known["used"] = Usage(stamps.start.started, limit, life.breaks, life.end, rules.calendar)
    return known


def highest(levels: Sequence[Reached]) -> int:
    """The highest level that was reached; 0 for none."""
    return max((reached.level for reached in levels), default=0)


def climb(life: Life, stamps: Stamps, rules: Rules, known: Mapping[str, Any], now: datetime) -> tuple[Reached, ...]:
    """The levels reached so far, in the order in which they were reached."""
    if life.state not in OPEN:
        return stamps.levels
    reached = {level.level for level in stamps.levels}
    levels = list(stamps.levels)
    for step in rules.escalation:
        if step.level not in reached and step.when.holds(known):
            levels.append(Reached(step.level, now, step.name))
            reached.add(step.level)
    return tuple(sorted(levels, key=lambda level: (level.at, level.level)))


def next_steps(life: Life, stamps: Stamps, rules: Rules, known: Mapping[str, Any]) -> list[datetime]:
    """When time alone will take the issue to a further level."""
    if not life.running:
        return []
    reached = {level.level for level in stamps.levels}
    verdicts = [step.when.check(known) for step in rules.escalation if step.level not in reached]
    return [verdict.at for verdict in verdicts if verdict.at]


def level_words(stamps: Stamps, rules: Rules) -> str:
    """升级 as staff read it: the highest level and who it went to."""
    if not stamps.levels:
        return ""
    top = highest(stamps.levels)
    to = next((step.to for step in rules.escalation if step.level == top), "")
    return f"{top} {ROLES.get(to, '')}".strip()
