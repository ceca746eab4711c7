"""Where an issue stands: all that happened to it by its row and its stamps, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sync.core.issues import life as lives
from sync.core.issues.feedback import fed_back
from sync.core.issues.issue_stamps import own_limit, renew
from sync.core.issues.issues import Issue, Stamps
from sync.core.issues.life import Event, Life
from sync.core.rules.conditions import ENFORCEMENT, PUBLIC
from sync.core.rules.rules import Rules
from sync.core.rules.values import FAKE


def events(issue: Issue, stamps: Stamps, rules: Rules) -> list[Event]:
    """Everything dated that happened to the issue."""
    first = PUBLIC if issue.source == PUBLIC else "收到"
    events = [Event(stamps.received, first)]
    if first == PUBLIC and stamps.accepted:
        events.append(Event(stamps.accepted, "受理"))
    if stamps.voided:
        events.append(Event(stamps.voided, lives.VOID))
    fixes = fed_back(issue, stamps, rules)
    events += [*fixes, *_judged(stamps, fixes)]
    for verdict in stamps.verdicts:
        if verdict.result in lives.RETURNS or may_close(issue.category, issue.cells.get("legal_basis"), rules):
            key = f"{verdict.result}@{verdict.at.isoformat()}"
            events.append(Event(verdict.at, verdict.result, key, mended=verdict.mended, claimed=verdict.claimed))
    for ask in (ask for ask in stamps.taken if ask.kind != FAKE):
        key = f"{ask.rid}@{ask.until.isoformat()}" if ask.until else ask.rid
        events.append(Event(ask.at, ask.kind, key, ask.until, ask.unit))
        if ask.kind == lives.SUSPENDED and ask.until:
            events.append(Event(max(ask.until, ask.at), lives.RESUMED, f"{key}恢复"))
    return events


def _judged(stamps: Stamps, fixes: Sequence[Event]) -> Iterator[Event]:
    """An event for each feedback that a verdict was given on and that is not among ``fixes``: its row was deleted, and
    the ledger lost since. What was decided meanwhile stands as it did."""
    hours = {event.at for event in fixes}
    for verdict in stamps.verdicts:
        if verdict.mended and verdict.mended not in hours:
            yield Event(verdict.mended, "已整改", f"已整改@{verdict.mended.isoformat()}")


def may_close(category: str, legal_basis: object, rules: Rules) -> bool:
    """Enforcement needs a case number, or a reason why there is none, before it is closed (plan 六·1). ``category``: as
    stamped."""
    known = rules.categories.get(category)
    return not known or known.kind != ENFORCEMENT or bool(legal_basis)


def follow(
    issue: Issue, rules: Rules, now: datetime, last_look: datetime | None = None, latest: datetime | None = None
) -> tuple[Stamps, Life]:
    """Stamps as they should be, and where the issue stands at ``now``. ``last_look``: what was typed since counts by
    its typed hour; ``latest``: as ``own_hour``."""
    hour = own_hour(issue, rules, now, latest)
    stamps = renew(issue, rules, hour, last_look)
    life = lived(issue, stamps, rules, hour)
    return (stamps if life.moves == stamps.moves else replace(stamps, moves=life.moves)), life


def own_hour(issue: Issue, rules: Rules, now: datetime, latest: datetime | None) -> datetime:
    """``now``; or, where the clock was put back, the hour of the last thing that had happened to the issue by then: it
    happened, whatever the clock says now. ``latest``: the latest hour of any look; None: not known."""
    if latest is not None and now >= latest:
        return now
    happened = (event.at for event in events(issue, issue.stamps, rules) if event.kind != lives.RESUMED)
    return max([now, *(at for at in happened if latest is None or at <= latest)])


def lived(issue: Issue, stamps: Stamps, rules: Rules, now: datetime) -> Life:
    """Where the issue stands at ``now`` by these stamps; one that is a part of another stands as it did then, unless it
    is void."""
    if stamps.history:
        closed = stamps.verdicts[-1].at if stamps.verdicts else None
        return Life(lives.HISTORY, stamps.unit, fixed_at=closed, closed_at=closed)
    now = min(now, stamps.joined_at) if stamps.joined_at and not stamps.voided else now
    past, own = events(issue, stamps, rules), own_limit(issue.category, issue.cells, rules)
    life = lives.live(past, stamps.start, stamps.moves, stamps.unit, now, rules.calendar, rules.clock.rework, own)
    late = {rules.unit_now(unit): deadline for unit, deadline in reversed(life.late_units)}
    unit, late_units = rules.unit_now(life.unit), tuple(reversed(late.items()))
    as_before = (unit, late_units) == (life.unit, life.late_units)
    return life if as_before else replace(life, unit=unit, late_units=late_units)
