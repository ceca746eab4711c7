"""The chain upward: what a chief reports up goes to the secretary, then to the commander, each with his own clock
(plan 五·2: 向包区包块的上级予以反映; 六·1: 逐级报告).

A report is answered by an answer to a request about the issue (延期, 挂账, 移交; yes or no), by a 现场调度 that names
it, or by the mending itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.core.issues.issues import Issue
from sync.core.issues.life import Life
from sync.core.rules.rules import Rules

_INSTANT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """One superior's turn to answer the ``report``-th report (from 1): ``step`` from 1, his role (code word), the hour
    at which it came to him, and until when he has; ``answered`` is the hour of the answer that ended it."""

    report: int
    step: int
    role: str
    since: datetime
    until: datetime
    answered: datetime | None

    @property
    def occurrence(self) -> str:
        """How notices tell it from other turns; the first of all needs no name."""
        return "" if self.report == self.step == 1 else f"{self.report}.{self.step}"


def turns(issue: Issue, life: Life, rules: Rules, now: datetime) -> list[Turn]:
    """Every turn that has come by ``now``, in order. A report while another waits for its answer is the same one."""
    found_turns: list[Turn] = []
    waits_until: datetime | None = None
    count = 0
    for at in _reports(issue, life):
        if at > now or (count and (waits_until is None or at < waits_until)):
            continue
        count += 1
        waits_until = _answer(issue, life, at)
        found_turns += _climb(count, at, waits_until, rules, now)
    return found_turns


def _reports(issue: Issue, life: Life) -> list[datetime]:
    ignored = {event.key for event in life.ignored}
    return [fix.at for fix in issue.fixes if fix.outcome in ("上报", "非本单位") and fix.rid not in ignored]


def _answer(issue: Issue, life: Life, at: datetime) -> datetime | None:
    ends = (*(answer.at for answer in issue.answers), life.fixed_at, life.closed_at)
    return min((end for end in ends if end and end >= at), default=None)


def _climb(report: int, at: datetime, answered: datetime | None, rules: Rules, now: datetime) -> Iterator[Turn]:
    since = at
    for step, superior in enumerate(rules.upward, start=1):
        until = rules.calendar.add(since, superior.limit).at
        yield Turn(report, step, superior.to, since, until, answered if answered and answered <= until else None)
        if (answered and answered <= until) or until > now:
            return
        since = until


def ending(issue: Issue, turn: Turn, turns_so_far: Sequence[Turn], now: datetime) -> str:
    """What became of a turn, in words: how it was answered, where the report went on silence; empty while it waits."""
    if turn.answered:
        agreed = [answer.agreed for answer in issue.answers if answer.at == turn.answered]
        if not agreed:
            return f"{turn.answered:%Y-%m-%d %H:%M} 已经整改"
        return f"{turn.answered:%Y-%m-%d %H:%M} {'已答复' if any(agreed) else '没有同意'}"
    if turn.until > now:
        return ""
    further = any((other.report, other.step) == (turn.report, turn.step + 1) for other in turns_so_far)
    return "没有答复，报上一级" if further else "没有答复，上面没有别的一级了"


def shares_lateness(issue: Issue, life: Life, rules: Rules, now: datetime) -> bool:
    """Whether the chief bears only his share of a lateness that he reported up before it came: his superiors agreed to
    something, or were silent for the whole of the first limit (definitions 4.1). Refused, nothing is shared."""
    up, late = life.reported_up, life.late_since
    if up is None or late is None or up > late:
        return False
    answered = min((answer for answer in issue.answers if answer.at >= up), default=None)
    limit = rules.calendar.add(up, rules.upward[0].limit).at if rules.upward else up
    return answered.agreed if answered and answered.at <= limit else now > limit


def next_turn(turns_so_far: Sequence[Turn], now: datetime) -> list[datetime]:
    """When the report goes a step further by the clock alone, and when silence counts: a second later."""
    waiting = [turn.until for turn in turns_so_far if turn.answered is None]
    return [moment for until in waiting for moment in (until, until + _INSTANT) if moment > now]
