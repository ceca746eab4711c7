"""Moves rows of sealed months to the tabs of their years. Of issues none is lost or doubled:

    1. meant    the ledger notes which rows are to leave, before any does
    2. moved    one atomic request copies and removes them; the server copies what stands there at that moment
    3. looked   both tabs are read again: what arrived as it was known is noted, what came along by mistake goes back

A crash after any step is settled by step 3 of the next run: where a row stands is read off the tabs.

What the service wrote of those months in 扣分明细 and 通知记录 moves after them: the ledger notes up to which month,
the rows move, and what came along by mistake goes back. Rows of 履职记录, 整改反馈 and 申请审批 move last, by the three
steps above; having no numbers, they are told by what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sync.core.look.conclude import (
    conclude,
    noted_with,
    past_of,
    past_rows,
    past_until,
    ripe_rows,
    wished_rows,
)
from sync.core.look.decide import look as look_at
from sync.core.look.feedback import with_results
from sync.core.look.findings import Look
from sync.core.look.leaving import months, pasted
from sync.core.look.leaving.arrivals import arrivals
from sync.core.look.reading import DUTY_TAB, LEAVING
from sync.core.look.rebuilding import archive, recalling
from sync.core.look.rebuilding.archive import KEY
from sync.core.memory import FEEDBACK, MOVING, THERE, Archived, FactsWanted, Tables
from sync.core.rules.rules import Rules
from sync.core.sheet.rows import Row, Table, layout_of, plain, read
from sync.core.sheet.tabs import Layout
from sync.guard import Guard
from sync.ledger.ledger import Ledger
from sync.sheets import set_up
from sync.sheets.gateway import Gateway, Refused, Unknown

QUEUE, TOGETHER = "归档", "一起移动"  # the queue of rows to move, and its item of many together
FAILED = "归档时出错，详见运行状态。"
MOST_AT_ONCE = 200  # rows in one request
MOST_RECORDS = 2000  # rows of the service in one request: they stand one below the other
DECLARED = (Refused, Unknown)  # what a request may raise: the next run looks where it fell
MOST_ROUNDS = 4  # a row that is astray goes back, and is looked for again

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Moved:
    """What became of the rows that were ripe: ``numbers`` of issues in the archive now, ``records`` how many rows of
    other tabs moved; ``trouble`` says why others did not."""

    numbers: tuple[str, ...] = ()
    records: int = 0
    trouble: str = ""

    def text(self) -> str:
        moved = [f"问题 {len(self.numbers)} 行"] if self.numbers else []
        moved += [f"扣分明细、通知记录、履职记录、整改反馈和申请审批 {self.records} 行"] if self.records else []
        return (f"移到归档表：{'，'.join(moved)}。" if moved else "没有移动。") + self.trouble


def unsettled(ledger: Ledger) -> bool:
    """Whether rows were meant to move and were not seen to arrive."""
    return bool(ledger.archived_as(MOVING))


def missing(gateway: Gateway, ledger: Ledger) -> list[str]:
    """Archived issues that stand in no tab any more: somebody deleted them there. Raises ``Unreachable``."""
    archived = {entry.rid for entry in _archived_rows(gateway, ledger.zone)}
    here = _live(gateway)
    return [] if here is None else archive.missing(ledger.current(), archived | here)


def _live(gateway: Gateway) -> set[str] | None:
    """The numbers in the live tab; None where it can't be read."""
    live = gateway.read((KEY,)).get(KEY)
    layout = layout_of(gateway.tabs[KEY], live)
    if live is None or isinstance(layout, str):
        return None
    return {plain(row[layout.at["id"]]) for row in live.rows if layout.at["id"] < len(row)} - {""}


def _archived_rows(gateway: Gateway, zone: ZoneInfo) -> Iterator[archive.ArchivedRow]:
    """The issues in the archive, a tab at a time: who goes through them holds one year's and not those of all years.
    Raises ``Unreachable``."""
    gateway.learn_sheets()
    tab = gateway.tabs[KEY]
    for title in sorted(title for title in gateway.titles if archive.is_title(tab, title)):
        yield from archive.archived_rows(tab, gateway.others([title]), zone)


def archives(gateway: Gateway) -> dict[str, Table]:
    """The archive tabs by title. Raises ``Unreachable``."""
    if not gateway.titles:
        gateway.learn_sheets()
    return gateway.others([title for title in gateway.titles if archive.key_of(gateway.tabs, title)])


def tables(gateway: Gateway) -> Tables:
    """All tabs with the archive tabs. Raises ``Unreachable``."""
    gateway.learn_sheets()
    archived = archives(gateway)
    return Tables(gateway.tabs, gateway.read(), archived)


def _live_tables(gateway: Gateway) -> Tables:
    """All tabs without those of the archive, which only the first look of a ledger reads. Raises ``Unreachable``."""
    gateway.learn_sheets()
    return Tables(gateway.tabs, gateway.read())


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
    for key in LEAVING:
        guard.handle(QUEUE, _title(gateway, key), partial(settle_rows, gateway, ledger, key, step), through=DECLARED)
    seen = tables(gateway) if ledger.last_hour() is None else _live_tables(gateway)
    try:
        look = look_at(seen, ledger.current(), rules, now)
    except FactsWanted:  # of a row that came just now: the next look fetches them
        return Moved()
    if conclude(look).plan.tabs.keys() - {recalling.TAB}:  # records of what moved just now are cleared by the next look
        return Moved(trouble="工作簿里还有要写的，先不归档。")
    rows = [row for row in ripe_rows(look, wait) if not guard.waits(QUEUE, row.rid)]
    if not rows:
        moved = _records(gateway, ledger, seen, look, rules, wait, step)
        if moved.records or moved.trouble:
            return moved
        for key in LEAVING:
            move = partial(_rows, gateway, ledger, seen, look, rules, key, wait, step)
            moved = guard.handle(QUEUE, _title(gateway, key), move, through=DECLARED) or Moved(trouble=FAILED)
            if moved.records or moved.trouble:
                break
        return moved
    year, rows = _of_a_year(rows, [look.followed[row.rid].stamps.received.year for row in rows])
    title, rows = archive.title_of(gateway.tabs[KEY], year), rows[:MOST_AT_ONCE]
    if trouble := _ready(gateway, rules, seen, KEY, title):
        return Moved(trouble=trouble)
    return _move_guarded(partial(_move, gateway, ledger, now, title, step=step), rows, guard)


def _move_guarded(move: Callable[[Sequence[Row]], Moved], rows: Sequence[Row], guard: Guard) -> Moved:
    """Move the rows together; after that failed in an unforeseen way, row by row, a run for each: a run that failed may
    have moved some, and where the others stand is read anew."""
    alone = guard.has_failed(QUEUE, TOGETHER)
    name, group = (rows[0].rid, rows[:1]) if alone else (TOGETHER, rows)
    moved = guard.handle(QUEUE, name, partial(move, group), through=(Refused, Unknown))
    return moved or Moved(trouble=FAILED)


def everything(
    gateway: Gateway, ledger: Ledger, rules: Rules, now: datetime, *, step: Progress = lambda _: None
) -> Moved:
    """Move all that is over in sealed months, without waiting (``jielu archive``). Raises as ``run``, and ``Busy``."""
    done, records = tuple[str, ...](), 0
    with ledger.turn() as renew:
        while True:
            renew()
            moved = run(gateway, ledger, rules, now, wait=timedelta(0), step=step)
            done, records = done + moved.numbers, records + moved.records
            if not moved.numbers and not moved.records:
                return Moved(done, records, moved.trouble)


def _records(
    gateway: Gateway, ledger: Ledger, seen: Tables, look: Look, rules: Rules, wait: timedelta | None, step: Progress
) -> Moved:
    """Move up to MOST_RECORDS rows of one tab of the service to that of their year."""
    until, every, zone = past_until(look, wait), wished_rows(look), rules.bureau.zone
    for key, rows in past_rows(look.reading, every, until).items():
        if rows:
            wished = every[key]
            year, moving = _of_a_year(rows, [months.year_of(key, wished[row.parsed.key], zone) for row in rows])
            title, moving = archive.title_of(gateway.tabs[key], year), moving[:MOST_RECORDS]
            if trouble := _ready(gateway, rules, seen, key, title):
                return Moved(trouble=trouble)
            ledger.leave(until)
            step("left")
            try:
                gateway.move(gateway.sheet_ids[key], [row.number for row in moving], gateway.titles[title])
            except Unknown:  # it may be done all the same
                _send_back(gateway, key, title, wished, months.Past(until, zone))
                raise
            step("records moved")
            _send_back(gateway, key, title, wished, months.Past(until, zone))
            return Moved(records=len(moving))
    return Moved()


def _rows(
    gateway: Gateway,
    ledger: Ledger,
    seen: Tables,
    look: Look,
    rules: Rules,
    key: str,
    wait: timedelta | None,
    step: Progress,
) -> Moved:
    """Move up to MOST_RECORDS rows of one of ``LEAVING`` to the tab of their year."""
    reading, (until, rows) = look.reading, past_of(look, key, wait)
    if not rows:
        return Moved()
    year, rows = _of_a_year(rows, [reading.mark(key, row.rid, "heard").year for row in rows])
    title, rows = archive.title_of(gateway.tabs[key], year), rows[:MOST_RECORDS]
    if trouble := _ready(gateway, rules, seen, key, title):
        return Moved(trouble=trouble)
    meant = [Archived(row.rid, title, MOVING, reading.now) for row in rows]
    noted = noted_with(look, rows) if key == DUTY_TAB else reading.memory.noted
    results = with_results(reading, look.feedback) if key == FEEDBACK else {}
    ledger.leave_rows(key, until, meant, noted, {row.rid: results[row.rid] for row in rows if row.rid in results})
    step("rows meant")
    gateway.move(gateway.sheet_ids[key], [row.number for row in rows], gateway.titles[title])
    step("rows moved")
    return Moved(records=settle_rows(gateway, ledger, key, step))


def settle_rows(gateway: Gateway, ledger: Ledger, key: str, step: Progress) -> int:
    """Note where rows of one of ``LEAVING`` stand that were meant to move, and send back those that came along by
    mistake; how many arrived."""
    for _ in range(MOST_ROUNDS):
        memory = ledger.current()
        known = memory.known.get(key, {})
        marks = [mark for mark in memory.archived.values() if mark.state == MOVING and mark.rid in known]
        if not marks:
            return 0
        title = marks[0].title
        moving = {mark.rid for mark in marks if mark.title == title}
        seen = _rows_of(gateway, ledger, key, title)
        if seen is None:
            return 0
        live, there = seen
        prints = {row.parsed.print for row in there[: len(moving)]} | {known[rid].print for rid in moving}
        tab = archive.left_key(gateway.tabs[key], title)
        held = {rid for rid in known.keys() & memory.archived.keys() if memory.archived[rid].state == THERE}
        left = [row for of, row in ledger.left_like(key, prints) if of == tab]
        left += [known[rid] for rid in held if memory.archived[rid].title == tab]
        here = {rid: row for rid, row in known.items() if rid not in held}
        is_old = partial(pasted.speaks_of, until=memory.left[key])
        came = arrivals(here, moving, live, there, left, is_old, gateway.tabs[key].identity)
        if not came.astray:  # nothing is noted as settled while a row is on its way back
            ledger.rows_left(key, tab, came.there, came.stayed, came.lost)
            step("rows looked")
            return len(came.there)
        gateway.move(gateway.titles[title], came.astray, gateway.sheet_ids[key])
        step("rows sent back")
    return 0


def _title(gateway: Gateway, key: str) -> str:
    return gateway.tabs[key].title


def _rows_of(gateway: Gateway, ledger: Ledger, key: str, title: str) -> tuple[Sequence[Row], Sequence[Row]] | None:
    """The rows of a tab, and of its archive tab (none where that is not there); None where one can't be read."""
    gateway.learn_sheets()
    live = gateway.read((key,)).get(key)
    there = gateway.others([title])[title] if title in gateway.titles else Table(title, live.header if live else (), ())
    layouts = [layout_of(gateway.tabs[key], table) for table in (live, there)]
    here, archived = (
        read(layout, table, ledger.zone).rows if table and isinstance(layout, Layout) else None
        for layout, table in zip(layouts, (live, there), strict=True)
    )
    return None if here is None or archived is None else (here, archived)


def _of_a_year(rows: Sequence[Row], years: Sequence[int]) -> tuple[int, list[Row]]:
    """The year of the first row, and the rows of that year: they go to one tab."""
    return years[0], [row for row, year in zip(rows, years, strict=True) if year == years[0]]


def _send_back(gateway: Gateway, key: str, title: str, wished: months.Wished, past: months.Past) -> None:
    """Rows that came along by mistake, since people moved rows meanwhile, go back to the live tab. One that stands
    there again by then is left empty by the next look."""
    rows = archive.rows_of(gateway.tabs[key], gateway.others([title]), past.zone)
    astray = [row.number for _, _, row in rows if (cells := wished.get(row.parsed.key)) and not past.covers(key, cells)]
    if astray:
        gateway.move(gateway.titles[title], astray, gateway.sheet_ids[key])


def _ready(gateway: Gateway, rules: Rules, seen: Tables, key: str, title: str) -> str:
    """Why no row can be moved into the archive tab ``title``, which is made where it lacks; empty: rows can."""
    is_there = title in gateway.titles
    there = gateway.others([title])[title] if is_there else _made(gateway, rules, key, title, seen.seen[key])
    return archive.misfit(title, gateway.tabs[key], seen.seen[key], there)


def _made(gateway: Gateway, rules: Rules, key: str, title: str, live: Table) -> Table:
    """A new archive tab, as wide as the live one."""
    tab = archive.tab_like(gateway.tabs[key], title, live.header)
    sheet = next(n for n in range(2001, 10**6) if n not in gateway.titles.values())
    gateway.send(set_up.tab_requests(tab, sheet, rules))
    gateway.learn_sheets()
    return gateway.others([title])[title]


def _move(gateway: Gateway, ledger: Ledger, now: datetime, title: str, rows: Sequence[Row], *, step: Progress) -> Moved:
    ledger.archive([Archived(row.rid, title, MOVING, now) for row in rows], now)
    step("meant")
    gateway.move(gateway.sheet_ids[KEY], [row.number for row in rows], gateway.titles[title])
    step("moved")
    settle(gateway, ledger, now, step)
    marks = ledger.current().archived
    return Moved(tuple(row.rid for row in rows if row.rid in marks and marks[row.rid].state == THERE))


def settle(gateway: Gateway, ledger: Ledger, now: datetime, step: Progress = lambda _: None) -> None:
    """Note where the rows stand that were meant to move, and send back those that came along by mistake."""
    issues = ledger.current().known.get(KEY, {})
    for _ in range(MOST_ROUNDS):
        if not any(mark.rid in issues for mark in ledger.archived_as(MOVING)):
            return
        memory = ledger.current()
        archived = [*archive.in_question(memory, _archived_rows(gateway, ledger.zone))]
        live = gateway.read((KEY,)).get(KEY)
        layout = layout_of(gateway.tabs[KEY], live)
        if live is None or isinstance(layout, str):
            return
        settlement = archive.settlement(memory, archive.standing_rows(layout, live, ledger.zone), archived)
        for title, numbers in settlement.astray.items():
            gateway.move(gateway.titles[title], numbers, gateway.sheet_ids[KEY])
            step("sent back")
        if not settlement.astray:  # nothing is noted as settled while a row is on its way back
            arrived = [replace(memory.archived[rid], state=THERE, at=now) for rid in settlement.there]
            ledger.archive(arrived, now, gone=settlement.stayed, lost=settlement.lost)
            step("looked")
