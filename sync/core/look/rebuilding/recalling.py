"""What no other tab shows, kept in the hidden tab 内部记录, so that a ledger that was lost is made again as it was:
stamps of issues, hours at which rows were first seen, who was responsible, open letters, the last numbers given, and
which notices went together in a mail that may have been received.

A record stands for a row of a live tab, and is written in the same request as the row's cells: the two agree.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import repeat
from typing import Any, TypeVar

import orjson

from sync.core.issues.issues import Stamps
from sync.core.letters.letters import Letter
from sync.core.look.reading import SHOWN, Reading, known_again
from sync.core.memory import Memory
from sync.core.people.days import Care, Days
from sync.core.sheet.codec import codec
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Parsed, Row, plain

Recorded = TypeVar("Recorded")
log = logging.getLogger(__name__)

TAB = "records"
# the kinds that are of no tab; a row's kind is its tab's title
NUMBERS, DAYS, LETTERS, MAILS = "编号", "责任", "函件", "邮件"
NAME_OF_MAIL = re.compile("[0-9a-f]{32}")  # it becomes a header of the mail, and people may type in the tab
ALWAYS = ("issues", "feedback", "requests", "changes")  # tabs whose rows are called by their ids elsewhere
RECORDED = (*ALWAYS, "duties")
Key = tuple[str, ...]  # kind and name
Marks = Mapping[str, datetime]  # hours at which a row was first seen
Given = tuple[Parsed, str, Marks, Stamps | None, bool]  # of a row; last whether it is about an issue that was archived
TEXTS, OF_ROWS = "records", "records of rows"  # kinds of the memo


@dataclass(frozen=True)
class OfRow:
    """What is known of a row besides its cells. ``stamps``: of an issue."""

    print: str
    marks: Marks = field(default_factory=dict)
    stamps: Stamps | None = None


# Writing
def wished(
    reading: Reading,
    stamps: Mapping[str, Stamps],
    days: Days,
    letters: Mapping[str, Letter],
    numbers: Mapping[str, int],
    mails: Mapping[str, Sequence[str]],
) -> dict[Key, Mapping[str, Any]]:
    """The records, by kind and name, with the cells of each. ``mails``: the numbers of notices by the mail or message
    with which they may have been received."""
    values: dict[Key, Any] = {(NUMBERS, NUMBERS): dict(numbers)} if numbers else {}
    values |= {(DAYS, street): cares for street, cares in days.items()}
    values |= {(LETTERS, key): letter for key, letter in letters.items()}
    values |= {(MAILS, mail): notices for mail, notices in mails.items()}
    converter = codec(reading.zone, short=True)
    keys, given = [*values], [*values.values()]
    cells = reading.memo.of(TEXTS).each(keys, given, lambda n: _cells(keys[n], given[n], converter))
    return dict(zip(keys, cells, strict=True)) | _of_rows(reading, stamps, converter)


def _cells(key: Key, value: object, converter: Any) -> dict[str, Any]:
    return {"kind": key[0], "name": key[1], "text": _text(converter.unstructure(value))}


def _text(plain_value: Any) -> str:
    """As JSON, the same for the same value. What orjson refuses (half a character) goes the slower way."""
    try:
        return orjson.dumps(plain_value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        return json.dumps(plain_value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _of_rows(reading: Reading, stamps: Mapping[str, Stamps], converter: Any) -> dict[Key, Mapping[str, Any]]:
    """The records of rows, by kind and name, with the cells of each."""
    records = dict[Key, Mapping[str, Any]]()
    for key in RECORDED:
        rows, title = reading.standing(key), reading.tables.tabs[key].title
        names = [(title, row.rid) for row in rows]
        own = [stamps.get(row.rid) for row in rows] if key == "issues" else repeat(None)
        known = reading.known_rows(key, rows)
        past = _past(reading, rows) if key in ALWAYS else repeat(True)
        parsed, prints, marks = [row.parsed for row in rows], [of.print for of in known], [of.marks for of in known]
        given = [*zip(parsed, prints, marks, own, past, strict=False)]
        make = partial(_record, names, given, converter)
        cells = reading.memo.of(f"{OF_ROWS} {key}").each(names, given, make)
        records |= {name: record for name, record in zip(names, cells, strict=True) if record}
    return records


def _record(names: Sequence[Key], given: Sequence[Given], converter: Any, n: int) -> Mapping[str, Any] | None:
    """The record of a row; None where a lost ledger would come to the same without one."""
    parsed, row_print, marks, stamps, is_past = given[n]
    if is_past and _is_plain(parsed, marks):
        return None
    return _cells(names[n], OfRow(row_print, marks, stamps), converter)


def _past(reading: Reading, rows: Sequence[Row]) -> list[bool]:
    """Of each row, whether it is about an issue that was archived."""
    away = reading.away
    return [plain(row.parsed.cells.get("issue")) in away for row in rows] if away else [False] * len(rows)


def _is_plain(parsed: Parsed, marks: Marks) -> bool:
    """Whether a lost ledger would come to the same hours by the row's own cells."""
    typed = parsed.cells.get("reported_at")
    return typed is not None and all(at == typed for mark, at in marks.items() if mark in ("heard", SHOWN))


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


def mails(reading: Reading) -> dict[str, tuple[str, ...]]:
    """``wished``'s ``mails`` as they stand; nothing where the tab can't be read."""
    if not reading.readable(TAB):
        return {}
    texts = {name: text for (kind, name), text in _records(reading) if kind == MAILS and NAME_OF_MAIL.fullmatch(name)}
    every = {name: _read(reading, text, tuple[str, ...]) for name, text in texts.items()}
    return {name: numbers for name, numbers in every.items() if numbers}


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
