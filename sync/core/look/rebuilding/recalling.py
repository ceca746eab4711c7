"""What no other tab shows, kept in the hidden tab 内部记录, so that a ledger that was lost is made again as it was:
stamps of issues, hours at which rows were first seen, who was responsible, open letters, and the last numbers given.

A record stands for a row of a live tab, and is written in the same request as the row's cells: the two agree.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from sync.core.issues.issues import Stamps
from sync.core.letters.letters import Letter
from sync.core.look.reading import SHOWN, Reading, known_again
from sync.core.memory import Memory
from sync.core.people.days import Care, Days
from sync.core.sheet.codec import codec
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row, plain

Recorded = TypeVar("Recorded")
log = logging.getLogger(__name__)

TAB = "records"
NUMBERS, DAYS, LETTERS = "编号", "责任", "函件"  # the kinds that are of no tab; a row's kind is its tab's title
ALWAYS = ("issues", "feedback", "requests", "changes")  # tabs whose rows are called by their ids elsewhere
RECORDED = (*ALWAYS, "duties")
Key = tuple[str, ...]  # kind and name
TEXTS, OF_ROWS = "records", "records of rows"  # kinds of the memo


@dataclass(frozen=True)
class OfRow:
    """What is known of a row besides its cells. ``stamps``: of an issue."""

    print: str
    marks: Mapping[str, datetime] = field(default_factory=dict)
    stamps: Stamps | None = None


# Writing
def wished(
    reading: Reading,
    stamps: Mapping[str, Stamps],
    days: Days,
    letters: Mapping[str, Letter],
    numbers: Mapping[str, int],
) -> dict[Key, Mapping[str, Any]]:
    """The records, by kind and name, with the cells of each."""
    values: dict[Key, Any] = {(NUMBERS, NUMBERS): dict(numbers)} if numbers else {}
    values |= {(DAYS, street): cares for street, cares in days.items()}
    values |= {(LETTERS, key): letter for key, letter in letters.items()}
    values |= _rows(reading, stamps)
    results, converter = reading.memo.of(TEXTS), codec(reading.zone, short=True)
    return {key: results.result(key, value, _cells, key, value, converter) for key, value in values.items()}


def _cells(key: Key, value: object, converter: Any) -> dict[str, Any]:
    text = json.dumps(converter.unstructure(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return {"kind": key[0], "name": key[1], "text": text}


def _rows(reading: Reading, stamps: Mapping[str, Stamps]) -> Iterator[tuple[Key, OfRow]]:
    results = reading.memo.of(OF_ROWS)
    for key in RECORDED:
        title = reading.tables.tabs[key].title
        for row in reading.rows.get(key, ()):
            known, own = reading.known_row(key, row.rid), stamps.get(row.rid) if key == "issues" else None
            if (key in ALWAYS and not _is_past(reading, row)) or not _is_plain(row, known):
                given = (known.print, known.marks, own)
                yield (title, row.rid), results.result((key, row.rid), given, OfRow, *given)


def _is_past(reading: Reading, row: Row) -> bool:
    """Whether a row is about an issue that was archived."""
    return plain(row.cells.get("issue")) in reading.away


def _is_plain(row: Row, known: Known) -> bool:
    """Whether a lost ledger would come to the same hours by the row's own cells."""
    typed = row.cells.get("reported_at")
    return typed is not None and all(at == typed for mark, at in known.marks.items() if mark in ("heard", SHOWN))


# Reading back
def recalled(reading: Reading) -> Reading:
    """The reading as of a ledger that knows what the records say, where it knows nothing at all: the ledger was lost.
    What stands in a sealed or archived month is read off its own tabs."""
    memory = reading.memory
    if memory.last_tick is not None or any(memory.known.values()) or not reading.readable(TAB):
        return reading
    records = dict(_records(reading))
    known, stamps = dict[str, dict[str, Known]](), dict[str, Stamps]()
    for key in RECORDED:
        title = reading.tables.tabs[key].title
        of_tab = {name: _read(reading, text, OfRow) for (kind, name), text in records.items() if kind == title}
        known[key] = {rid: Known(rid, {}, of.print, of.marks) for rid, of in of_tab.items() if of}
        stamps |= {rid: of.stamps for rid, of in of_tab.items() if of and of.stamps}
    if not any(known.values()):
        return reading
    days = {name: _read(reading, text, tuple[Care, ...]) for (kind, name), text in records.items() if kind == DAYS}
    letters = {name: _read(reading, text, Letter) for (kind, name), text in records.items() if kind == LETTERS}
    numbers = _read(reading, records.get((NUMBERS, NUMBERS), "{}"), dict[str, int])
    made = replace(
        memory,
        known=known,
        stamps=stamps,
        days={street: cares for street, cares in days.items() if cares},
        letters={key: letter for key, letter in letters.items() if letter},
        numbers={**memory.numbers, **(numbers or {})},
    )
    return _with_rows(reading, made)


def _with_rows(reading: Reading, made: Memory) -> Reading:
    """The memory that the records make, without those of rows that are not there. Issues that are known by one count as
    adopted."""
    again = known_again(replace(reading, memory=made))
    there = {key: {row.rid for row in again.rows.get(key, ())} for key in RECORDED}
    known = {key: {rid: row for rid, row in group.items() if rid in there[key]} for key, group in made.known.items()}
    stamps = {rid: own for rid, own in made.stamps.items() if rid in there["issues"]}
    memory = replace(made, known=known, stamps=stamps)
    return replace(reading, memory=memory, numbers=made.numbers, recalled=frozenset(known["issues"]))


def _records(reading: Reading) -> Iterator[tuple[Key, str]]:
    layout = reading.layouts[TAB]
    for row in reading.rows.get(TAB, ()):
        yield row.parsed.key, plain(row.seen(layout, "text"))


def _read(reading: Reading, text: str, kind: type[Recorded]) -> Recorded | None:
    """A record's value; None where somebody changed its text, so that it is made again by the other tabs."""
    try:
        return codec(reading.zone, short=True).structure(json.loads(text), kind)
    except Exception as error:  # whatever the text holds, the other records count
        log.warning("a record could not be read (%s): %.200s", error, text)
        return None
