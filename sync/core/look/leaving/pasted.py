"""Rows without numbers that somebody may have pasted back from the tab of their year: they are new, and speak of a
month whose rows left. What names an issue is asked for by that (``stored.py``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sync.core.look.reading import DUTY_TAB, Reading
from sync.core.memory import FILED
from sync.core.scores.lines import month_of
from sync.core.sheet.rows import Row

REQUESTS = "requests"


def maybe_back(reading: Reading) -> Mapping[str, Sequence[str]]:
    """By tab the fingerprints of rows that may have left it. Those for which the ledger was asked are left out."""
    if reading.memory.asked is None:
        return {}
    prints = {key: [*_prints(reading, key)] for key in (DUTY_TAB, REQUESTS)}
    return {key: group for key, group in prints.items() if group}


def _prints(reading: Reading, key: str) -> Iterator[str]:
    until, asked = reading.memory.left.get(key, ""), reading.memory.asked or ()
    for row in new_rows(reading, key) if until else ():
        is_by_issue = key in FILED and "issue" in row.cells
        if speaks_of(row, until) and not is_by_issue and row.parsed.print not in asked:
            yield row.parsed.print


def new_rows(reading: Reading, key: str) -> Iterator[Row]:
    """The rows of a tab of which nothing is remembered."""
    news, before = reading.known.get(key, {}), reading.memory.known.get(key, {})
    return (row for row in reading.rows.get(key, ()) if row.rid in news and row.rid not in before)


def speaks_of(row: Row, until: str) -> bool:
    """Whether a row speaks of a month before ``until``."""
    at: datetime | None = row.cells.get("reported_at") or row.cells.get("requested_at")
    return at is not None and month_of(at) < until
