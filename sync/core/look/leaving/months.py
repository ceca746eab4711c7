"""Which rows of 扣分明细 and 通知记录 stand in a tab of their year: those of months that were sealed long enough ago.

What the service wrote of such a month changes no more. Left where it is, each look would read all years again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.look.reading import Reading
from sync.core.memory import Sent
from sync.core.notices.notices import HANDED, PENDING
from sync.core.scores.lines import first_day
from sync.core.scores.seal import Seals, next_month
from sync.core.sheet.rows import Row
from sync.core.sheet.values import serials

LINES = "lines"
UNSETTLED = (*PENDING, HANDED)  # states of a notice that may still become another
Wished = Mapping[tuple[str, ...], Mapping[str, Any]]  # the rows of a tab by their key, as ``plan.by_key``


def sealed_until(seals: Seals, wait: timedelta, now: datetime, before: str = "") -> str:
    """The first month whose rows stay: all before it were sealed ``wait`` ago. Not earlier than ``before``, which was
    the first at an earlier look; empty: no month may leave."""
    until = before
    for month, seal in sorted(seals.items()):
        if seal.sealed_at + wait > now:
            break
        until = max(until, next_month(month))
    return until


@dataclass(frozen=True)
class Past:
    """The rows of all months before ``until`` (as 2026-11; empty: of none)."""

    until: str
    zone: ZoneInfo

    @cached_property
    def _end(self) -> datetime:
        return datetime.combine(first_day(self.until), time(), self.zone)

    @cached_property
    def _serial(self) -> float:
        return serials.from_datetime(self._end, self.zone)

    def has(self, sent: Sent) -> bool:
        """Whether a notice is of these months, and settled."""
        return bool(self.until) and sent.state not in UNSETTLED and sent.notice.time < self._end

    def covers(self, key: str, cells: Mapping[str, Any]) -> bool:
        """The same of a row of one of ``archive.SERVICE``, by what it should say."""
        if not self.until:
            return False
        if key == LINES:
            return str(cells["month"]) < self.until
        return cells["state"] not in UNSETTLED and float(cells["time"]) < self._serial


def left(reading: Reading) -> Past:
    """What has left its tab, or was meant to."""
    return Past(reading.memory.left_until, reading.zone)


def staying(reading: Reading, key: str, wished: Wished) -> Wished:
    """What the live tab should hold of ``wished``: of what has left only rows that (still, or again) stand there."""
    past = left(reading)
    if not past.until or key not in reading.rows:
        return wished
    standing = in_tab(reading, key)
    return {name: cells for name, cells in wished.items() if name in standing or not past.covers(key, cells)}


def in_tab(reading: Reading, key: str) -> Collection[tuple[str, ...]]:
    """The keys of the rows that stand in a tab."""
    return {row.parsed.key for row in reading.rows.get(key, ())}


def ripe_rows(reading: Reading, key: str, wished: Wished, until: str) -> Iterator[Row]:
    """The rows of a live tab of months before ``until``."""
    past = Past(until, reading.zone)
    for row in reading.rows.get(key, ()):
        cells = wished.get(row.parsed.key)
        if cells is not None and past.covers(key, cells):
            yield row


def year_of(key: str, cells: Mapping[str, Any], zone: ZoneInfo) -> int:
    """In whose tab a row stands."""
    return int(str(cells["month"])[:4]) if key == LINES else serials.to_datetime(float(cells["time"]), zone).year
