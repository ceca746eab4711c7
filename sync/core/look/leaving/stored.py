"""Whose facts are in the ledger alone: issues that left the live tab a while ago and in which no rule has a say any
more. A look holds of each its number, its fingerprint and its photos (they count as used); the rest is read from the
ledger where a row calls for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sync.core.issues.issues import Stamps, clock
from sync.core.look.feedback import remembered_result, result_of
from sync.core.look.leaving import months, pasted
from sync.core.look.reading import Reading
from sync.core.memory import THERE, FactsWanted
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import issue_number, plain

KEY, FEEDBACK, NOTICES = "issues", "feedback", "notices"
ROOM = timedelta(days=31)  # by which the hour that counts for a report may lie before the look that sees it


# Where they are wanted
def demand(reading: Reading) -> None:
    """Raises ``FactsWanted`` where a row, or the rules as they are now, call for facts that are not in the memory."""
    wanted, prints = _wanted(reading), pasted.maybe_back(reading)
    if wanted or prints:
        raise FactsWanted(frozenset(wanted), prints)


def _wanted(reading: Reading) -> set[str]:
    """The issues whose facts are called for."""
    absent, last = reading.memo.result("stored", (reading.memory.archived, reading.memory.stamps), _absent, reading)
    if not absent:
        return set()
    wanted = {number for number in _named(reading) if number in absent}
    since = _counts_since(reading)
    if last > since:  # the rules look back farther than they did
        wanted |= {rid for rid in absent if reading.memory.archived[rid].at > since}
    return wanted


def _absent(reading: Reading) -> tuple[frozenset[str], datetime]:
    """The issues whose facts are not in the memory, and when the last of them moved."""
    memory = reading.memory
    moved = {rid: mark.at for rid, mark in memory.archived.items() if mark.stored and rid not in memory.stamps}
    return frozenset(moved), max(moved.values(), default=reading.now)


def _named(reading: Reading) -> Iterator[str]:
    """The issues that rows stand for, or whose number they bear; those of feedback whose 结果 is not remembered, of
    new 申请, and of notices that stand in their tab."""
    for row in reading.rows.get(KEY, ()):
        yield row.rid
        yield plain(row.seen(reading.layouts[KEY], "id"))
    for row in reading.rows.get(FEEDBACK, ()):
        number = row.cells.get("issue", "")
        if number and remembered_result(reading, row.rid, number) is None:
            yield number
    for row in pasted.new_rows(reading, pasted.REQUESTS):
        yield row.cells.get("issue", "")
    for row in reading.rows.get(NOTICES, ()):
        yield row.parsed.key[0].partition("·")[0]


def _counts_since(reading: Reading) -> datetime:
    """What was over before then is no earlier occurrence of any report."""
    return reading.now - clock(reading.rules.repeat.window) - ROOM


# Whose may be stored from now on
def storable(reading: Reading) -> frozenset[str]:
    """The issues whose facts no look needs any more: for a repeat they are too old, every notice about them left, 结果
    of their feedback is remembered, and what they are a part of, or is a part of them, is stored too."""
    memory, past = reading.memory, months.left(reading)
    since = _counts_since(reading)
    here = {row.rid for row in reading.rows.get(KEY, ())}
    archived = (mark for mark in memory.archived.values() if mark.state == THERE and not mark.stored)
    moved = (mark.rid for mark in archived if mark.at <= since and mark.rid in memory.stamps)
    old = {rid for rid in moved if rid not in here and _is_quiet(memory.known[KEY].get(rid))}
    if not old:
        return frozenset()
    old -= {sent.notice.issue for sent in memory.notices.values() if not past.has(sent)}
    old -= set(_with_open_feedback({**memory.known.get(FEEDBACK, {}), **reading.known.get(FEEDBACK, {})}.values()))
    return _without_parts_of_others(old, memory.stamps)


def _is_quiet(row: Known | None) -> bool:
    return row is not None and row.gone == 0


def _with_open_feedback(feedback: Iterable[Known]) -> Iterator[str]:
    """The issues of feedback whose 结果 is not remembered."""
    for row in feedback:
        number = issue_number(row.cells.get("issue"))
        if not row.deleted and result_of(row, number) is None:
            yield number


def _without_parts_of_others(numbers: set[str], stamps: Mapping[str, Stamps]) -> frozenset[str]:
    """Without those that belong to an issue that stays, or to which such a one belongs."""
    links = [(rid, other) for rid, own in stamps.items() for other in (own.joined, own.behind) if other in stamps]
    while torn := {rid for link in links for rid in link if (link[0] in numbers) != (link[1] in numbers)} & numbers:
        numbers = numbers - torn
    return frozenset(numbers)
