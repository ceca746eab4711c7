"""Rows that left people's tabs without numbers, after the ledger was lost: read off the tabs of the years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync.core.duties.duties import Done, outlasting, recorded
from sync.core.look.reading import DUTY_TAB, LEAVING, SHOWN, Reading, with_rows_of_years
from sync.core.look.rebuilding import archive
from sync.core.memory import FEEDBACK, FILED, PHOTOS, THERE, Archived
from sync.core.people.roster import Roster
from sync.core.scores.lines import month_of
from sync.core.scores.seal import next_month
from sync.core.sheet.identity import Known, Numbers
from sync.core.sheet.rows import Row, plain
from sync.core.sheet.tabs import Layout


@dataclass(frozen=True)
class LeftRows:
    """The reading with what is still asked of the rows; ``moved``: what is known of those that no look holds, by the
    key of their tab."""

    reading: Reading
    moved: Mapping[str, Sequence[Known]] = field(default_factory=dict)


def adopt(reading: Reading, roster: Roster) -> LeftRows:
    """The rows as they stand in the tabs of the years. The hour that counted for one is that which it says itself. What
    was filed about an issue counts as the issue does, until that is stored again."""
    numbers, moved, first = Numbers(reading.numbers), dict[str, list[Known]](), dict[str, str]()
    for key in LEAVING:
        adopted = [*_adopted(reading, key, numbers)]
        held = [(tab, known) for tab, row, known in adopted if key in FILED and "issue" in row.cells]
        reading = _held(reading, key, held)
        for tab, row, known in adopted:
            if key not in FILED or "issue" not in row.cells:
                moved.setdefault(tab, []).append(known)
        if adopted:
            first[key] = _first_month(reading, [row for _, row, _ in adopted])
        if key == DUTY_TAB and adopted:
            reading = _with_duties(reading, roster, [row for _, row, _ in adopted])
    memory = replace(reading.memory, left={**reading.memory.left, **first})
    return LeftRows(with_rows_of_years(replace(reading, memory=memory, numbers=numbers.highest)), moved)


def _adopted(reading: Reading, key: str, numbers: Numbers) -> Iterator[tuple[str, Row, Known]]:
    """The rows of the archive tabs of a people's tab, each with the key of its own. One that was copied back counts
    where it stands."""
    tab, here = reading.tables.tabs[key], Counter[str]()
    if key in FILED:
        here.update(row.parsed.print for row in reading.standing(key))
    for title, layout, row in archive.rows_of(tab, reading.tables.archives, reading.zone):
        if here[row.parsed.print] > 0:
            here[row.parsed.print] -= 1
        else:
            rid = f"{key}-{numbers.next_of(key)}"
            yield archive.left_key(tab, title), row, _known(key, rid, layout, row, _hour(row, reading.now))


def _hour(row: Row, now: datetime) -> datetime:
    at: datetime = row.cells.get("reported_at") or row.cells.get("requested_at") or now
    return at


def _known(key: str, rid: str, layout: Layout, row: Row, at: datetime) -> Known:
    marks, shown = {"heard": at}, {}
    if key in FILED and "answer" in row.cells:
        marks["answered"] = row.cells.get("answered_at") or at
    if key == FEEDBACK:
        marks |= {SHOWN: at} if PHOTOS in row.cells else {}
        shown = {"issue": row.cells.get("issue", ""), "result": plain(row.seen(layout, "result"))}
    return Known(rid, row.parsed.typed, row.parsed.print, marks, shown=shown)


def _held(reading: Reading, key: str, rows: Sequence[tuple[str, Known]]) -> Reading:
    """With rows that a look holds."""
    known = {row.rid: row for _, row in rows}
    marks = {row.rid: Archived(row.rid, tab, THERE, reading.now) for tab, row in rows}
    news = {**reading.known, key: {**reading.known.get(key, {}), **known}}
    return replace(reading, known=news, archived={**reading.archived, **marks}) if rows else reading


def _first_month(reading: Reading, rows: Sequence[Row]) -> str:
    """The first month of which no row left."""
    months = {month_of(_hour(row, reading.now)) for row in rows if _hour(row, reading.now) < reading.now}
    return min(next_month(max(months)) if months else "", month_of(reading.now))


def _with_duties(reading: Reading, roster: Roster, rows: Sequence[Row]) -> Reading:
    """With what is still asked of duties that left."""
    typed = ((row, row.cells["reported_at"]) for row in rows if "reported_at" in row.cells)
    records: list[Done | None] = [
        recorded(row, at, faulty=False, roster=roster, rules=reading.rules) for row, at in typed
    ]
    return replace(reading, memory=replace(reading.memory, noted=outlasting(filter(None, records))))
