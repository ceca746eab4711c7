"""Which rows of 整改反馈 and 申请审批 stand in a tab of their year: those about issues that left the live tab, and
申请 about points alone, of months that were sealed long enough ago.

They have no numbers either: where one stands after a move is told by what it says (``arrivals.py``). As long as a look
holds the facts of its issue, it holds the row, which counts as if it stood in its tab (``reading.with_rows_of_years``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

from sync.core.look.reading import SHOWN, Reading
from sync.core.memory import FILED, THERE
from sync.core.scores.lines import first_day
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row, plain

FEEDBACK, REQUESTS = FILED
TYPED = {  # by tab the cell from which each hour that counts for a row can be read
    FEEDBACK: {"heard": "reported_at", SHOWN: "reported_at"},
    REQUESTS: {"heard": "requested_at", "answered": "answered_at"},
}


def leaving(reading: Reading, key: str, until: str, wait: timedelta, is_over: Callable[[Row], bool]) -> Iterator[Row]:
    """The rows of a tab that are to leave, of months before ``until``. ``is_over``: whether nothing is wrong with a
    row, and nothing is asked about it. One that somebody pasted back stays as long as the rules let a row stay."""
    if not until or not reading.readable(key):
        return
    end = datetime.combine(first_day(until), time(), reading.zone)
    for row in reading.standing(key):
        known, back = reading.known_row(key, row.rid), reading.memory.archived.get(row.rid)
        is_away = _is_told_by_itself(key, row, known, end) and _is_away(reading, key, row)
        if is_away and (back is None or back.at + wait <= reading.now) and is_over(row):
            yield row


def _is_told_by_itself(key: str, row: Row, known: Known, end: datetime) -> bool:
    """Whether each hour that counts for a row lies before ``end`` and stands in it: a ledger that was lost reads them
    there."""
    typed = TYPED[key]
    hours = {mark: at for mark, at in known.marks.items() if mark in typed}
    return not known.gone and all(at < end and row.cells.get(typed[mark]) == at for mark, at in hours.items())


def _is_away(reading: Reading, key: str, row: Row) -> bool:
    """Whether the issue that a row names, as its number is written, left the live tab; of 申请 also where it names
    none."""
    number = row.cells.get("issue", "")
    if not number:
        return key == REQUESTS and "issue" not in row.parsed.typed
    mark = reading.memory.archived.get(number)
    is_there = mark is not None and mark.state == THERE and number in reading.away
    return is_there and number in plain(row.parsed.typed.get("issue"))
