"""What the core remembers between two looks, and what it decides: plain values, kept by the ledger.

``Memory`` goes into ``decide``; ``Decision`` comes out and says what to remember, what to send, what to write and
when to look again. ``Memo`` only saves work: with or without it a decision is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync.core.issues.issues import Stamps
from sync.core.letters.letters import Letter
from sync.core.notices.notices import Notice
from sync.core.scores.scores import Line
from sync.core.scores.seal import Closing
from sync.core.sheet.identity import Known
from sync.core.sheet.photos import Picture
from sync.core.sheet.plan import Plan, Restore, Settled
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Tab


@dataclass(frozen=True)
class Tables:
    """What was read: ``tabs`` the templates by key, ``seen`` the tables by key; a tab that is not there is absent.
    ``archives``: the tabs of archived issues by title, where they were read."""

    tabs: Mapping[str, Tab]
    seen: Mapping[str, Table]
    archives: Mapping[str, Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Archived:
    """An issue in the archive tab ``title``. ``state``: ``moving``, meant and not yet seen there; ``there``; ``back``,
    in the live tab again since ``at``, by a person's hand."""

    rid: str
    title: str
    state: str
    at: datetime


MOVING, THERE, BACK = "moving", "there", "back"


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice that the ledger knows, with its state as 通知记录 shows it."""

    notice: Notice
    state: str = "待发送"
    reason: str = ""


@dataclass
class Memo:
    """Results of earlier looks by what they were computed from."""

    scope: Any = None
    readers: dict[str, Any] = field(default_factory=dict)
    followed: dict[str, Any] = field(default_factory=dict)
    scores: Any = None
    duties: Any = None
    owed: Any = None
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    drift: Any = None
    checked: dict[str, dict[str, tuple[object, object, dict[str, Any]]]] = field(default_factory=dict)
    settled: dict[str, Settled] = field(default_factory=dict)
    cells: dict[str, tuple[object, dict[str, Any]]] = field(default_factory=dict)

    def cells_of(self, number: str, thing: object, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The row that shows a line or a notice, made anew only when the thing itself is another."""
        memo = self.cells.get(number)
        if memo is None or memo[0] is not thing:
            memo = self.cells[number] = (thing, make())
        return memo[1]


@dataclass
class Memory:
    """All that the ledger holds for one bureau, by tab and row id. ``warnings``: what the shell has to say in
    运行状态, by item (a rules file that can't be read). ``photos``: those taken in, by id. ``groups``: since when each
    group of the rules hears. ``wanted_closed``: months that somebody wants sealed before their hour. ``unsure``:
    whether the last write landed is not known."""

    known: dict[str, dict[str, Known]] = field(default_factory=dict)
    stamps: dict[str, Stamps] = field(default_factory=dict)
    lines: dict[str, dict[str, Line]] = field(default_factory=dict)
    closings: dict[str, Closing] = field(default_factory=dict)
    notices: dict[str, Sent] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    groups: dict[str, datetime] = field(default_factory=dict)
    photos: dict[str, Picture] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    archived: dict[str, Archived] = field(default_factory=dict)
    status: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    plan: Plan | None = None
    restores: list[Restore] = field(default_factory=list)
    wanted_back: tuple[str, ...] = ()
    wanted_closed: tuple[str, ...] = ()
    warnings: dict[str, str] = field(default_factory=dict)
    last_tick: datetime | None = None
    unsure: bool = False
    memo: Memo = field(default_factory=Memo)


@dataclass(frozen=True, slots=True)
class Change:
    """A person's cell, or a stamp, that changed between two looks."""

    tab: str
    rid: str
    column: str
    before: Raw
    after: Raw
    at: datetime


@dataclass
class Decision:
    """What a look at everything led to. Only what changed is in ``known``, ``stamps``, ``lines``, ``closings``,
    ``notices``, ``letters``, ``archived``. ``ripe``: issues that may leave the live tab."""

    plan: Plan
    wake: datetime | None
    known: dict[str, dict[str, Known]] = field(default_factory=dict)
    stamps: dict[str, Stamps] = field(default_factory=dict)
    lines: dict[str, dict[str, Line]] = field(default_factory=dict)
    closings: dict[str, Closing] = field(default_factory=dict)
    notices: dict[str, Sent] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    groups: dict[str, datetime] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    archived: dict[str, Archived] = field(default_factory=dict)
    ripe: tuple[str, ...] = ()
    status: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    restored: tuple[str, ...] = ()
    problems: int = 0


def absorb(memory: Memory, decision: Decision, now: datetime) -> None:
    """Take a committed decision into the memory that the next look starts from.

    What changes is put in the place of what was, never changed itself: a page that is reading goes on reading.
    """
    changed = {key: {**memory.known.get(key, {}), **rows} for key, rows in decision.known.items() if rows}
    memory.known = {**memory.known, **changed}
    memory.stamps = memory.stamps | decision.stamps if decision.stamps else memory.stamps
    memory.lines = memory.lines | decision.lines if decision.lines else memory.lines
    memory.closings = memory.closings | decision.closings if decision.closings else memory.closings
    memory.notices = memory.notices | decision.notices if decision.notices else memory.notices
    memory.letters = memory.letters | decision.letters if decision.letters else memory.letters
    memory.archived = memory.archived | decision.archived if decision.archived else memory.archived
    memory.numbers = dict(decision.numbers)
    memory.addresses = dict(decision.addresses)
    memory.groups = dict(decision.groups)
    memory.status = dict(decision.status)
    memory.plan = decision.plan if decision.plan.tabs else None
    memory.restores = []
    memory.wanted_back = tuple(rid for rid in memory.wanted_back if rid not in decision.restored)
    memory.wanted_closed = ()
    memory.last_tick = now


def same_items(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    """Whether two lists hold the very same things."""
    return len(before) == len(now) and all(a is b for a, b in zip(before, now, strict=True))
