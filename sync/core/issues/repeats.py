"""Reports of what was reported before: duplicates (重复报) and repeats (plan 五·3 「每天重复出现」; definitions 2).

Made while the clock of the earlier issue runs or stands, a report is a duplicate of it: no clock, points or letter of
its own. Made after a feedback it is an issue of its own, and a duplicate only if that feedback does not pass. Made
after the clock stopped, within the window, it is a repeat.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sync.core.issues import life as lives
from sync.core.issues.issues import Stamps, clock
from sync.core.issues.life import Life
from sync.core.rules.conditions import ASSIGNED, NORMAL, SEVERITIES
from sync.core.rules.sections import Repeat

CLOCK_RUNS = (*lives.RUNNING, lives.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An issue of the same street, place and category as it stood at the hour of the new report."""

    rid: str
    severity: str
    life: Life


@dataclass(frozen=True, slots=True)
class Relation:
    """What a report is to those before it. ``owner``: the issue that it only reports again; ``takes_over``: the open
    issue that ends with it; ``behind``: the issue whose feedback waits for its verdict; ``count``: which occurrence it
    is; ``after_late``: whether the one before was late."""

    owner: str = ""
    takes_over: str = ""
    behind: str = ""
    count: int = 1
    after_late: bool = False


def same_place(cells: Mapping[str, Any], street: str, fields: Iterable[str]) -> tuple[str, ...] | None:
    """What must be equal for a duplicate or repeat, without width, blanks and punctuation; None where a part is
    empty."""
    parts = [street if name == "street" else _plain(str(cells.get(name, ""))) for name in fields]
    return tuple(parts) if all(parts) else None


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).casefold()


def relate(received: datetime, source: str, severity: str, before: Sequence[Earlier], rule: Repeat) -> Relation:
    """What a report received then is to those ``before`` it, in the order of their receipt."""
    running = [earlier for earlier in before if earlier.life.state in CLOCK_RUNS]
    if running and source != ASSIGNED and not _graver(severity, running[-1].severity):
        return Relation(owner=running[-1].rid)
    count, after_late = occurrence([earlier.life for earlier in before], received, rule)
    fixed = [earlier.rid for earlier in before if earlier.life.state == lives.FIXED]
    return Relation("", running[-1].rid if running else "", fixed[-1] if fixed else "", count, after_late)


def occurrence(before: Iterable[Life], received: datetime, rule: Repeat) -> tuple[int, bool]:
    """Which occurrence it is, and whether the one before was late: counted are those whose clock stopped within the
    window before it."""
    since = received - clock(rule.window)
    stopped = [(life.fixed_at, life.late) for life in before if life.fixed_at and since <= life.fixed_at <= received]
    return 1 + len(stopped), max(stopped, default=(received, False))[1]


def _graver(severity: str, other: str) -> bool:
    rank = {name: place for place, name in enumerate(SEVERITIES)}
    return rank.get(severity, rank[NORMAL]) > rank.get(other, rank[NORMAL])


def joined(stamps: Stamps, owner: str, at: datetime) -> Stamps:
    """The issue as a part of another from that hour on. Joined at its receipt, or before its clock started, it has
    nothing of its own."""
    had_clock = stamps.start is not None and at > stamps.received
    stamps = replace(stamps, joined=owner, joined_at=at, behind="")
    return stamps if had_clock else replace(stamps, start=None, repeat=1, after_late=False)
