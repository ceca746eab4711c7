"""Moves issues of sealed months from the live tab to 问题台账YYYY and sees to it that none is lost or doubled.

    1. meant    the ledger notes which rows are to leave, before any does
    2. moved    one atomic request copies and removes them; the server copies what stands there at that moment
    3. looked   both tabs are read again: what arrived as it was known is noted, what came along by mistake goes back

A crash after any step is settled by step 3 of the next run: where a row stands is read off the tabs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sync.core.look.conclude import conclude, ripe_rows
from sync.core.look.decide import look as look_at
from sync.core.look.rebuilding import archive
from sync.core.look.rebuilding.archive import KEY
from sync.core.memory import MOVING, THERE, Archived, Tables
from sync.core.rules.rules import Rules
from sync.core.sheet.rows import Row, Table, layout_of, plain
from sync.guard import Guard
from sync.ledger.ledger import Ledger
from sync.sheets import set_up
from sync.sheets.gateway import RECORDS, Gateway, Refused, Unknown

QUEUE, TOGETHER = "归档", "一起移动"  # the queue of rows to move, and its item of many together
MOST_AT_ONCE = 200  # rows in one request
MOST_ROUNDS = 4  # a row that is astray goes back, and is looked for again

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Moved:
    """What became of the rows that were ripe: ``numbers`` in the archive now; ``trouble`` says why others are not."""

    numbers: tuple[str, ...] = ()
    trouble: str = ""

    def text(self) -> str:
        words = f"移到归档表 {len(self.numbers)} 行。" if self.numbers else "没有移动。"
        return words + self.trouble


def unsettled(ledger: Ledger) -> bool:
    """Whether rows were meant to move and were not seen to arrive."""
    return bool(ledger.archived_as(MOVING))


def missing(gateway: Gateway, ledger: Ledger) -> list[str]:
    """Archived issues that stand in no tab any more: somebody deleted them there. Raises ``Unreachable``."""
    seen = tables(gateway)
    archived_rows, here = archive.archived_rows(gateway.tabs[KEY], seen.archives, ledger.zone), _live(gateway, seen)
    return [] if here is None else archive.missing(ledger.memory(), {entry.rid for entry in archived_rows} | here)


def _live(gateway: Gateway, seen: Tables) -> set[str] | None:
    """The numbers in the live tab; None where it can't be read."""
    live = seen.seen.get(KEY)
    layout = layout_of(gateway.tabs[KEY], live)
    if live is None or isinstance(layout, str):
        return None
    return {plain(row[layout.at["id"]]) for row in live.rows if layout.at["id"] < len(row)} - {""}


def archives(gateway: Gateway) -> dict[str, Table]:
    """The archive tabs by title. Raises ``Unreachable``."""
    if not gateway.titles:
        gateway.learn_sheets()
    tab = gateway.tabs.get(KEY)
    return gateway.others([title for title in gateway.titles if tab and archive.is_title(tab, title)])


def tables(gateway: Gateway) -> Tables:
    """All tabs with the archive tabs. Raises ``Unreachable``."""
    gateway.learn_sheets()
    archived = archives(gateway)
    return Tables(gateway.tabs, gateway.read(), archived)


def run(
    gateway: Gateway,
    ledger: Ledger,
    rules: Rules,
    now: datetime,
    *,
    wait: timedelta | None = None,
    step: Progress = lambda _: None,
    guard: Guard | None = None,
) -> Moved:
    """Move up to MOST_AT_ONCE rows that are ripe; to be called with the ledger's turn. ``wait``: as ``ripe_rows``.

    Raises ``Unreachable``, ``Refused``, ``Unknown``; the next run settles what was under way.
    """
    guard = guard or Guard(ledger, rules.limits.tries, now)
    settle(gateway, ledger, now, step)
    seen = tables(gateway)
    look = look_at(seen, ledger.memory(), rules, now)
    if conclude(look).plan.tabs.keys() - {RECORDS}:  # records of what was moved just now are cleared by the next look
        return Moved(trouble="工作簿里还有要写的，先不归档。")
    rows = [row for row in ripe_rows(look, wait) if not guard.waits(QUEUE, row.rid)]
    if not rows:
        return Moved()
    titles = [archive.title_of(gateway.tabs[KEY], look.followed[row.rid].stamps.received) for row in rows]
    title = titles[0]
    rows = [row for row, other in zip(rows, titles, strict=True) if other == title][:MOST_AT_ONCE]
    there = seen.archives.get(title) or _made(gateway, rules, title, seen.seen[KEY])
    if trouble := archive.misfit(title, seen.seen[KEY], there):
        return Moved(trouble=trouble)
    return _move_guarded(partial(_move, gateway, ledger, now, title, step=step), rows, guard)


def _move_guarded(move: Callable[[Sequence[Row]], Moved], rows: Sequence[Row], guard: Guard) -> Moved:
    """Move the rows together; after that failed in an unforeseen way, row by row, a run for each: a run that failed may
    have moved some, and where the others stand is read anew."""
    alone = guard.has_failed(QUEUE, TOGETHER)
    name, group = (rows[0].rid, rows[:1]) if alone else (TOGETHER, rows)
    moved = guard.handle(QUEUE, name, partial(move, group), through=(Refused, Unknown))
    return moved or Moved(trouble="归档时出错，详见运行状态。")


def everything(
    gateway: Gateway, ledger: Ledger, rules: Rules, now: datetime, *, step: Progress = lambda _: None
) -> Moved:
    """Move all that is over in sealed months, without waiting (``jielu archive``). Raises as ``run``, and ``Busy``."""
    done: tuple[str, ...] = ()
    with ledger.turn() as renew:
        while True:
            renew()
            moved = run(gateway, ledger, rules, now, wait=timedelta(0), step=step)
            done += moved.numbers
            if not moved.numbers:
                return Moved(done, moved.trouble)


def _made(gateway: Gateway, rules: Rules, title: str, live: Table) -> Table:
    """A new archive tab, as wide as the live one."""
    tab = archive.tab_like(gateway.tabs[KEY], title, live.header)
    sheet = next(n for n in range(2001, 10**6) if n not in gateway.titles.values())
    gateway.send(set_up.tab_requests(tab, sheet, rules))
    return tables(gateway).archives[title]


def _move(gateway: Gateway, ledger: Ledger, now: datetime, title: str, rows: Sequence[Row], *, step: Progress) -> Moved:
    ledger.archive([Archived(row.rid, title, MOVING, now) for row in rows], now)
    step("meant")
    gateway.move(gateway.sheet_ids[KEY], [row.number for row in rows], gateway.titles[title])
    step("moved")
    settle(gateway, ledger, now, step)
    marks = ledger.memory().archived
    return Moved(tuple(row.rid for row in rows if row.rid in marks and marks[row.rid].state == THERE))


def settle(gateway: Gateway, ledger: Ledger, now: datetime, step: Progress = lambda _: None) -> None:
    """Note where the rows stand that were meant to move, and send back those that came along by mistake."""
    for _ in range(MOST_ROUNDS):
        if not unsettled(ledger):
            return
        seen = tables(gateway)
        here = _live(gateway, seen)
        if here is None:
            return
        memory = ledger.memory()
        settlement = archive.settlement(
            memory, here, list(archive.archived_rows(gateway.tabs[KEY], seen.archives, ledger.zone))
        )
        for title, numbers in settlement.astray.items():
            gateway.move(gateway.titles[title], numbers, gateway.sheet_ids[KEY])
            step("sent back")
        if not settlement.astray:  # nothing is noted as settled while a row is on its way back
            arrived = [replace(memory.archived[rid], state=THERE, at=now) for rid in settlement.there]
            ledger.archive(arrived, now, gone=settlement.stayed, lost=settlement.lost)
            step("looked")
