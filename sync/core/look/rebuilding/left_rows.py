"""Rows of 履职记录 that left it, after the ledger was lost: read off the tabs of the years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync.core.duties.duties import Done, outlasting, recorded
from sync.core.look.reading import DUTY_TAB, Reading
from sync.core.look.rebuilding import archive
from sync.core.people.roster import Roster
from sync.core.scores.lines import month_of
from sync.core.scores.seal import next_month
from sync.core.sheet.identity import Known, Numbers
from sync.core.sheet.rows import Row


@dataclass(frozen=True)
class LeftRows:
    """The reading with what is still asked of the rows; ``moved``: what is known of them, by the key of their tab."""

    reading: Reading
    moved: Mapping[str, Sequence[Known]] = field(default_factory=dict)


def adopt(reading: Reading, roster: Roster) -> LeftRows:
    """The rows as they stand in the tabs of the years. The hour that counted for one is that which it says itself."""
    numbers, tables = Numbers(reading.numbers), reading.tables
    moved, records, months = defaultdict[str, list[Known]](list), list[Done | None](), set[str]()
    for title, _, row in archive.rows_of(tables.tabs[DUTY_TAB], tables.archives, reading.zone):
        at: datetime = row.cells.get("reported_at", reading.now)
        moved[archive.left_key(tables.tabs[DUTY_TAB], title)].append(_known(row, at, numbers))
        if "reported_at" in row.cells:
            months.add(month_of(at))
            records.append(recorded(row, at, faulty=False, roster=roster, rules=reading.rules))
    if not moved:
        return LeftRows(reading)
    until = min(next_month(max(months)) if months else "", month_of(reading.now))
    noted = outlasting(filter(None, records))
    memory = replace(reading.memory, left={**reading.memory.left, DUTY_TAB: until}, noted=noted)
    return LeftRows(replace(reading, memory=memory, numbers=numbers.highest), moved)


def _known(row: Row, at: datetime, numbers: Numbers) -> Known:
    rid = f"{DUTY_TAB}-{numbers.next_of(DUTY_TAB)}"
    return Known(rid, row.parsed.typed, row.parsed.print, {"heard": at})
