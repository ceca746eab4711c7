"""One issue as values: what its row says, what is stamped on it, what people filed about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sync.core.calendar.worktime import Limit
from sync.core.issues.life import Move, Start
from sync.core.rules.conditions import MEASUREMENT, NORMAL, PHOTO


@dataclass(frozen=True, slots=True)
class Verdict:
    """One 复核: 通过, 返工 or 未整改, when, and the hour that stood in the sheet (None: the cell was empty).

    ``mended``: when the feedback that it judged had stopped the clock; None: nothing had, or the verdict is of before
    0.2. ``claimed``: it judged a feedback that had stopped nothing."""

    result: str
    at: datetime
    typed: datetime | None = None
    mended: datetime | None = None
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """An escalation level, when it was reached and by which step of the rules."""

    level: int
    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A row of 整改反馈 about an issue. ``shown_at``: the hour that counts for its photos (None: it has none);
    ``reused``: where each of its photos was used before, in a sentence; ``measured``: it names a 检测."""

    rid: str
    at: datetime
    outcome: str
    photos: str
    shown_at: datetime | None = None
    reused: str = ""
    measured: bool = False

    def shows(self, needs: Collection[str]) -> bool:
        """Whether it carries what the category needs to stop the clock."""
        shown = self.shown_at is not None and not self.reused
        return (shown or PHOTO not in needs) and (self.measured or MEASUREMENT not in needs)


@dataclass(frozen=True, slots=True)
class Ask:
    """An approved row of 申请审批: 延期, 挂账 or 移交, which move the clock, or 弄虚作假."""

    rid: str
    kind: str
    at: datetime
    until: datetime | None
    unit: str


@dataclass(frozen=True, slots=True)
class Stamps:
    """What the ledger holds of an issue besides its cells. Times are aware; ``rules`` and ``calendar`` are the digests
    in force at the first stamp; ``taken`` are approvals that took effect, whatever becomes of their rows; ``adopted``:
    read off the sheet after the ledger was lost. ``joined``: the issue that this one only reports again, or that took
    it over, from ``joined_at`` on; ``behind``: the issue of the same place whose feedback waited for its verdict then;
    ``after_late``: whether the occurrence before this one was late; ``copied``: the verdict that the row brought along
    when it was first seen; ``history``: it is of before the service looked."""

    received: datetime
    street: str = ""
    chief: str = ""
    branch: str = ""
    district: str = ""
    unit: str = ""
    source: str = ""
    category: str = ""
    repeat: int = 1
    accepted: datetime | None = None
    start: Start | None = None
    verdicts: tuple[Verdict, ...] = ()
    voided: datetime | None = None
    moves: tuple[Move, ...] = ()
    levels: tuple[Reached, ...] = ()
    taken: tuple[Ask, ...] = ()
    joined: str = ""
    joined_at: datetime | None = None
    behind: str = ""
    after_late: bool = False
    copied: Verdict | None = None
    history: bool = False
    adopted: bool = False
    rules: str = ""
    calendar: str = ""


class Answer(NamedTuple):
    """When a superior answered about an issue, and whether he agreed: 同意, or a 现场调度 of his own."""

    at: datetime
    agreed: bool


@dataclass(frozen=True, slots=True)
class Urged:
    """A second letter (重复督办): its number, the day of signing, and the unit that pays for it."""

    number: str
    day: date
    unit: str


@dataclass(frozen=True, slots=True)
class Issue:
    """All that is known of one issue before it is looked at: the row's typed cells, stamps, what belongs to it.
    ``answers``: those of superiors to what was reported up; ``urged``: second letters about it;
    ``seen_days``: on how many days an inspection reported it again while it was open; ``charged``: hundredths that the
    issue which it took over cost its street."""

    rid: str
    cells: Mapping[str, Any]
    stamps: Stamps
    fixes: tuple[Fix, ...] = ()
    asks: tuple[Ask, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    answers: tuple[Answer, ...] = ()
    urged: tuple[Urged, ...] = ()
    seen_days: int = 0
    charged: int = 0

    @property
    def severity(self) -> str:
        return str(self.cells.get("severity", NORMAL))

    @property
    def source(self) -> str:
        """The source as stamped: changing the cell later makes nobody's fault a merit."""
        return self.stamps.source or str(self.cells.get("source", ""))

    @property
    def category(self) -> str:
        """The category as stamped, for the same reason."""
        return self.stamps.category or str(self.cells.get("category", ""))


def clock(limit: Limit) -> timedelta:
    """A limit of the rules as plain clock time, where no calendar matters: days of 24 hours."""
    return timedelta(days=limit.amount) if limit.unit in ("d", "wd") else timedelta(hours=limit.amount)
