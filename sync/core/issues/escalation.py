"""Level by level upward: who must look at an issue when those below did not manage (plan 五·2, 五·3).

A level that was reached stays. The steps and their conditions stand in ``rules.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sync.core.issues import lateness
from sync.core.issues import life as lives
from sync.core.issues.issues import Issue, Reached, Stamps
from sync.core.issues.life import Life
from sync.core.rules.conditions import Usage
from sync.core.rules.rules import Rules
from sync.core.rules.sections import Step
from sync.core.rules.values import ROLES

OPEN = (*lives.RUNNING, lives.FIXED)


def facts(issue: Issue, life: Life, stamps: Stamps, rules: Rules, street_type: str) -> Mapping[str, Any]:
    """What conditions may ask of an issue (``conditions.FACTS``)."""
    category = rules.categories.get(issue.category)
    known: dict[str, Any] = {
        "severity": issue.severity, "source": issue.source, "kind": category.kind if category else None,
        "task": category.task if category else None, "category": category.name if category else None,
        "unit": life.unit, "street_type": street_type, "state": life.state,
        "repeat": stamps.repeat if life.late or stamps.after_late else 1, "seen_days": issue.seen_days,
        "rework": len(life.reworks), "level": highest(stamps.levels),
    }  # fmt: skip
    if life.deadline and life.end:
        limit = lives.limit_of(stamps.start)
        known["overdue"] = lateness.lateness(life, rules, limit)
        if limit and stamps.start:
            known["used"] = Usage(stamps.start.started, limit, life.breaks, life.end, rules.calendar)
    return known


def highest(levels: Sequence[Reached]) -> int:
    """The highest level that was reached; 0 for none."""
    return max((reached.level for reached in levels), default=0)


def climb(
    issue: Issue, life: Life, stamps: Stamps, rules: Rules, known: Mapping[str, Any], now: datetime
) -> tuple[Reached, ...]:
    """The levels reached so far, in the order in which they were reached, level by level: a level that is reached
    without the one below brings that along."""
    return reach(issue, stamps.levels, rules, known, now) if life.state in OPEN else stamps.levels


def reach(
    issue: Issue, before: Sequence[Reached], rules: Rules, known: Mapping[str, Any], now: datetime
) -> tuple[Reached, ...]:
    """The levels of ``before``, and those that these facts lead to."""
    levels = {level.level: level for level in before}
    for step in sorted(rules.escalation, key=lambda step: step.level):
        if step.level not in levels and _holds(step, issue, levels, rules, known, now):
            for below in rules.escalation:
                if below.level < step.level:
                    levels.setdefault(below.level, Reached(below.level, now, below.name))
            levels[step.level] = Reached(step.level, now, step.name)
    return tuple(sorted(levels.values(), key=lambda level: (level.at, level.level)))


def _holds(
    step: Step, issue: Issue, levels: Mapping[int, Reached], rules: Rules, known: Mapping[str, Any], now: datetime
) -> bool:
    if not step.when.holds(known):
        return False
    due = _waits_until(step, levels, rules)
    return step.after is None or (due is not None and due <= now and not _answered(issue, levels[step.level - 1].at))


def _waits_until(step: Step, levels: Mapping[int, Reached], rules: Rules) -> datetime | None:
    """When a step that waits for an answer at the level below has waited long enough; None before that was reached."""
    below = levels.get(step.level - 1)
    return rules.calendar.add(below.at, step.after).at if below and step.after else None


def _answered(issue: Issue, since: datetime) -> bool:
    """Whether somebody answered since: feedback, a superior's 现场调度 or answer, an approval."""
    return any(answer.at >= since for group in (issue.fixes, issue.answers, issue.asks) for answer in group)


class Prospect(NamedTuple):
    """A step of the rules as it stands for an issue. ``reached``: how the issue came to its level, None: not yet;
    ``why``: in sentences, why not or not through this step; ``at``: when time alone will take it there."""

    step: Step
    reached: Reached | None
    why: tuple[str, ...] = ()
    at: datetime | None = None


def prospects(
    issue: Issue, life: Life, stamps: Stamps, rules: Rules, known: Mapping[str, Any], now: datetime
) -> list[Prospect]:
    """Every step, in the order of the rules, as ``climb`` decides it at ``now``."""
    levels = {level.level: level for level in stamps.levels}
    return [_prospect(step, issue, life, levels, rules, known, now) for step in rules.escalation]


def _prospect(
    step: Step, issue: Issue, life: Life, levels: Mapping[int, Reached], rules: Rules, known: Mapping[str, Any],
    now: datetime,
) -> Prospect:  # fmt: skip
    if reached := levels.get(step.level):
        return Prospect(step, reached)
    if life.state not in OPEN:
        return Prospect(step, None, (f"{life.state}，不升级",))
    verdict = step.when.check(known)
    ahead = verdict.at if life.running and verdict.at and verdict.at > now else None
    if not verdict.yes or step.after is None:
        return Prospect(
            step, None, ("符合" if verdict.yes else "还不符合", *verdict.why), None if verdict.yes else ahead
        )
    since, due = levels.get(step.level - 1), _waits_until(step, levels, rules)
    if since is None or due is None:
        return Prospect(step, None, (f"要先到第{step.level - 1}级", *verdict.why))
    if _answered(issue, since.at):
        return Prospect(step, None, (f"第{step.level - 1}级以后已经有反馈、现场调度或批复", *verdict.why))
    why = f"第{step.level - 1}级以后再过{step.after.zh}没有反馈、现场调度或批复的才升"
    return Prospect(step, None, (why, *verdict.why), due if due > now else None)


def next_steps(life: Life, stamps: Stamps, rules: Rules, known: Mapping[str, Any]) -> list[datetime]:
    """When time alone will take the issue to a further level."""
    if not life.running:
        return []
    levels = {level.level: level for level in stamps.levels}
    steps = [step for step in rules.escalation if step.level not in levels]
    moments = (step.when.turns(known) for step in steps)
    waits = (_waits_until(step, levels, rules) for step in steps)
    return [at for at in (*moments, *waits) if at]


def level_words(stamps: Stamps, rules: Rules) -> str:
    """升级 as staff read it: the highest level and who it went to."""
    if not stamps.levels:
        return ""
    top = highest(stamps.levels)
    to = next((step.to for step in rules.escalation if step.level == top), "")
    return f"{top} {ROLES.get(to, '')}".strip()
