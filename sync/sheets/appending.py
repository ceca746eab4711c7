"""Rows added at the end of a tab for a person, a form tool or a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace

from sync.core.sheet.landing import covers
from sync.core.sheet.plan import Cover, Plan
from sync.core.sheet.rows import Table
from sync.ledger.ledger import Ledger
from sync.ledger.page_writes import Beside, PageWrite, RowSource
from sync.sheets import write_notes
from sync.sheets.gateway import Gateway, Refused, Unknown, Unreachable

log = logging.getLogger(__name__)


class Astray(Refused):
    """Columns were moved while rows were on their way: they fell under other headers, and the next look takes them
    away. Whether it did, or they stand as they were meant to since the columns were moved back, must be looked for
    before they are added again; until that look none are added to the tab."""


def awaited(covers: Iterable[Cover], key: str) -> list[Cover]:
    """Those of a tab by which added rows fell under other headers: until a look settled them, what stands in the tab
    may be taken away, or may be in its place again, and nothing can be said of it."""
    return [cover for cover in covers if cover.tab == key and any(write.row <= 0 for write in cover.writes)]


def fallen_unseen(gateway: Gateway, plan: Plan, seen: Mapping[str, Table]) -> list[Cover] | None:
    """The covers of a write that adds rows and whose answer was lost, by the workbook's note of it: none where it fell
    as it was meant. None where nothing is noted: it may still arrive."""
    fell = gateway.fell(plan, seen) if write_notes.are_there(seen) else {}
    return covers(plan, fell, gateway.tabs) if fell.keys() == plan.tabs.keys() else None


def settle(gateway: Gateway, ledger: Ledger, write: PageWrite, seen: Mapping[str, Table]) -> bool:
    """Whether the workbook's note tells where a write that added rows fell; then the ledger knows it too, and whose
    rows are in."""
    fallen = fallen_unseen(gateway, write.plan, seen)
    if fallen is not None:
        ledger.end_page_write(write.plan.number, fallen, () if fallen else write.sources)
    return fallen is not None


def settle_those_of(
    gateway: Gateway, ledger: Ledger, sources: Collection[RowSource], seen: Mapping[str, Table] | None = None
) -> None:
    """The same for all writes under way for one of these forms or pushes. ``seen``: the workbook as it was just read;
    else its notes are read, where there is such a write. Raises ``Unreachable``."""
    names = {(source.tool, source.id) for source in sources}
    writes = [
        write
        for write in ledger.page_writes.under_way()
        if any((source.tool, source.id) in names for source in write.sources)
    ]
    if writes:
        settle_each(settle, gateway, ledger, writes, gateway.read(write_notes.KEYS) if seen is None else seen)


def settle_each(
    settle: Callable[[Gateway, Ledger, PageWrite, Mapping[str, Table]], bool],
    gateway: Gateway,
    ledger: Ledger,
    writes: Iterable[PageWrite],
    seen: Mapping[str, Table],
) -> None:
    """Settle writes of others. Where something unforeseen comes up the next look tells of it: who is about to write is
    no part of it."""
    for write in writes:
        try:
            settle(gateway, ledger, write, seen)
        except Exception:
            log.exception("where the write %s fell", write.plan.number)


def _read_once(gateway: Gateway) -> dict[str, Table]:
    """All tabs, asked for once: somebody waits, and what can't be seen now is looked for again later."""
    client = copy(gateway.client)
    client.tries = 1
    try:
        return replace(gateway, client=client).read_with_notes()
    except Unreachable:
        return {}


def append(
    gateway: Gateway,
    ledger: Ledger,
    rows: Plan,
    sources: Sequence[RowSource] = (),
    beside: Beside = lambda _: None,
) -> None:
    """Send a plan that adds rows. Where the answer is lost, the workbook's note tells at once whether it arrived: a
    person may change the rows, or take them away, before they are looked for. ``sources``: the forms or pushes that
    they are of; the ledger notes of these that their rows are in. ``beside``: what it notes together with the write,
    before that is sent. Raises ``Astray`` and ``Refused`` (they are not there), and ``Unknown``."""
    waiting = [cover for key in rows.tabs for cover in awaited(ledger.current().covers, key)]
    if waiting:
        raise _astray(gateway, waiting)
    plan = ledger.page_writes.begin(rows, sources=sources, beside=beside)
    try:
        fallen = covers(plan, gateway.write(plan), gateway.tabs)
    except Refused:
        ledger.end_page_write(plan.number)
        raise
    except Unknown:
        unseen = fallen_unseen(gateway, plan, _read_once(gateway))
        if unseen is None:
            raise
        fallen = unseen
    ledger.end_page_write(plan.number, fallen, () if fallen else sources)
    if fallen:
        raise _astray(gateway, fallen)


def _astray(gateway: Gateway, fallen: Iterable[Cover]) -> Astray:
    titles = "、".join(dict.fromkeys(gateway.tabs[cover.tab].title for cover in fallen))
    return Astray(f"「{titles}」的列刚被移动过，没有写进去，请过一分钟再试。")
