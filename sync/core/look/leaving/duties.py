"""Which rows of 履职记录 stand in a tab of their year: those of months that were sealed long enough ago, where no
period in which something is owed reaches back to them.

A row has no number. Where it stands after a move is told by what it says (``arrivals.py``); the ledger keeps it without
holding it, so that one that somebody pastes back is the row that it was, and not a duty done today.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sync.core.look.leaving import months
from sync.core.look.owed import BACK as OWED
from sync.core.look.reading import DUTY_TAB, Reading
from sync.core.scores.lines import first_day, month_of
from sync.core.scores.seal import Seals
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row

WEEK = timedelta(days=7)  # the longest period in which something is owed


def stays_from(reading: Reading, seals: Seals, wait: timedelta) -> str:
    """The first month whose rows stay; empty: no row may leave. ``wait``: how long after the seal."""
    reckoned = month_of((reading.now - OWED - WEEK).date())
    return min(months.sealed_until(seals, wait, reading.now), reckoned)


def ripe(reading: Reading, until: str, wait: timedelta) -> Iterator[Row]:
    """The rows that are to leave: of months before ``until``, about no issue. One that somebody pasted back stays as
    long as the rules let a row stay."""
    if not until or not reading.readable(DUTY_TAB):
        return
    end = datetime.combine(first_day(until), time(), reading.zone)
    for row in reading.rows[DUTY_TAB]:
        known, back = reading.known_row(DUTY_TAB, row.rid), reading.memory.archived.get(row.rid)
        if _is_over(known, end) and (back is None or back.at + wait <= reading.now):
            yield row


def _is_over(known: Known, end: datetime) -> bool:
    """Whether a row came before ``end``: the day for which it counts is never later."""
    return not known.gone and known.marks["heard"] < end and "issue" not in known.cells
