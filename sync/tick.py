"""One tick: look at everything, decide, remember, write the difference, see where it landed.

    1. read      all tabs, in one call (not even that when nothing can have changed)
    2. land      what an earlier tick wrote and never saw land
    3. decide    pure
    4. commit    stamps, notices, history and the intended writes, in one transaction
    5. write     the changed cells alone, in at most one call
    6. land      by the write's reply

A crash after any step loses nothing: before 4 nothing happened, after it the ledger knows what was meant.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import uuid4

from sync import archive_moves
from sync.core.calendar import belief
from sync.core.look.decide import decide
from sync.core.look.letters.drafting import LETTERS
from sync.core.look.reading import LEAVING
from sync.core.memory import ROW_QUEUES, SCORES, TABS, Decision, FactsWanted, Memory, Tables
from sync.core.notices.notices import OFF
from sync.core.rules.rules import Rules
from sync.core.sheet.covers import with_own_cells
from sync.core.sheet.landing import covers, put_back, unlanded
from sync.core.sheet.plan import Cover, Plan
from sync.core.sheet.rows import Table
from sync.guard import Guard
from sync.ledger.ledger import Ledger
from sync.sheets import answers, appending, write_notes
from sync.sheets.gateway import Gateway, Refused, Unknown, Unreachable

MOST_READS = 3
IN_MOTION = "表格正在被改动，这一轮先不看。"
WRITES = "写入的核对"  # queue
MOST_TICKS = 6  # a tick that wrote is followed by another; more than this in a row is people at work, or a bug


@dataclass(frozen=True)
class Report:
    """What a run of ticks did: cells written, rows with problems, notices made, seconds, what went wrong, and how many
    rows went to the archive."""

    ticks: int = 0
    cells: int = 0
    problems: int = 0
    notices: int = 0
    seconds: float = 0.0
    idle: bool = False
    trouble: str = ""
    archived: int = 0
    is_doubted: bool = False  # the hour was not believed: rows were checked, nothing else was done


def tick(
    gateway: Gateway,
    ledger: Ledger,
    rules: Rules,
    now: datetime,
    *,
    version: str = "",
    doubt: str = "",
    own: Collection[datetime] = (),
    step: Callable[[str], None] = lambda _: None,
) -> Decision:
    """One tick at ``now``. ``version``: the workbook's, looked up before; ``doubt``: why the hour is not believed,
    unless rows that people typed speak for it; ``own``: hours that rows may have from us; ``step`` is called by name
    after each step (tests stop the process there).

    Raises ``Unreachable``, ``Refused``, ``Unknown``; in each case the next tick puts it right.
    """
    began = time.perf_counter()
    seen, noted = _read(gateway, ledger)
    if not seen:
        raise Unreachable("工作簿里一个要用的工作表也没有，请先运行 jielu init。")
    step("read")
    guard = Guard(ledger, rules.limits.tries, now)
    memory = _land_earlier(gateway, ledger, seen, guard)
    _demand_seen(memory, noted, seen)
    step("land earlier")
    archives = archive_moves.archives(gateway) if memory.last_tick is None else {}  # a ledger that was lost adopts them
    tables = Tables(gateway.tabs, seen, archives)
    memory = replace(memory, aside=frozenset().union(*map(guard.waiting, ROW_QUEUES)))
    decision = _decided(ledger, tables, memory, rules, now, doubt)
    if doubt and belief.confirmed_by(now, (at for at in decision.hours if at not in own)):
        decision = _decided(ledger, tables, memory, rules, now)
    _note_failures(guard, decision, memory.aside)
    plan = replace(with_own_cells(decision.plan, seen, gateway.tabs), number=uuid4().hex)
    decision = replace(decision, plan=plan)
    step("decide")
    ledger.commit(decision, now, rules.hash, rules.text, version, memory.settled)
    step("commit")
    if plan.tabs:
        reply = gateway.write(plan)
        step("write")
        owed, fallen = unlanded(decision.restores, plan, reply), covers(plan, reply, gateway.tabs)
        right = plan.tabs.keys() - {cover.tab for cover in fallen}
        given_back = {cover.number for cover in memory.covers if cover.tab in right}
        ledger.landed(fallen, owed, time.perf_counter() - began, put_back(plan, reply, fallen), given_back)
    step("land")
    return decision


def _note_failures(guard: Guard, decision: Decision, aside: Collection[str]) -> None:
    """The guard learns which rows failed, and which went through. ``aside``: those that were not tried."""
    for failed in decision.failures:
        if not guard.waits(failed.queue, failed.item):
            guard.note(failed.queue, failed.item, failed.error, name=failed.name)
    for queue in (*ROW_QUEUES, TABS, LETTERS, SCORES):
        guard.passed(queue, aside)


def _decided(ledger: Ledger, tables: Tables, memory: Memory, rules: Rules, now: datetime, doubt: str = "") -> Decision:
    """What the look comes to; where it needs what is in the ledger alone, that is fetched."""
    try:
        return decide(tables, replace(memory, asked=()), rules, now, doubt)
    except FactsWanted as wanted:
        ledger.fetch(wanted.numbers)
        for key, prints in wanted.prints.items():
            ledger.bring_back(key, prints, now)
        asked = frozenset(each for prints in wanted.prints.values() for each in prints)
        held = replace(ledger.current(), aside=memory.aside, unsure=memory.unsure, asked=asked)
        return decide(tables, held, rules, now, doubt)


def _read(gateway: Gateway, ledger: Ledger) -> tuple[dict[str, Table], tuple[Cover, ...]]:
    """All tabs with the notes of writes, and the covers that were noted before. Where a page noted meanwhile that its
    answer fell beside its row, they are read again: whether that stands in what was read can't be told. Raises
    ``Unreachable``."""
    for _ in range(MOST_READS):
        noted = ledger.current().covers
        seen = gateway.read_with_notes()
        if ledger.current().covers == noted:
            return seen, noted
    raise Unreachable(IN_MOTION)


def _demand_seen(memory: Memory, noted: Collection[Cover], seen: Mapping[str, Table]) -> None:
    """Raises ``Unreachable`` where a page noted, after ``seen`` was read, that its write fell beside its row: of a
    cover whose cells are not in what was read nothing would stand, and it would be forgotten."""
    if not write_notes.are_there(seen):
        return
    read = {cover.number for cover in noted} | write_notes.names(seen)
    if any(cover.number not in read for cover in memory.covers):
        raise Unreachable(IN_MOTION)


def _land_earlier(gateway: Gateway, ledger: Ledger, seen: Mapping[str, Table], guard: Guard) -> Memory:
    """What is remembered, once it is known where earlier writes fell whose answers nobody saw: those of pages and that
    of the last look. A write of which nobody can tell that counts in the end as fallen where it was meant to."""
    for number in ledger.page_writes.numbers():
        land = partial(_land_page_write, gateway, ledger, number, seen)
        guard.handle(WRITES, number, land, partial(_forget_page_write, ledger, number), name="网页或表单的一次写入")
    memory = ledger.current()
    if memory.plan is None:
        return memory
    fell = partial(_fell, gateway, memory.plan, seen)
    fallen, back = guard.handle(WRITES, memory.plan.number, fell, name="上一轮校验的写入") or ((), ())
    ledger.landed(fallen, memory.restores, 0.0, back)
    return replace(ledger.current(), unsure=True)


def _fell(gateway: Gateway, plan: Plan, seen: Mapping[str, Table]) -> tuple[Sequence[Cover], Collection[str]]:
    """What a look's write may have covered, and the deleted rows that came back with it."""
    fell = gateway.fell(plan, seen)
    fallen = covers(plan, fell, gateway.tabs)
    return fallen, put_back(plan, fell, fallen) if write_notes.are_there(seen) else ()


def _land_page_write(gateway: Gateway, ledger: Ledger, number: str, seen: Mapping[str, Table]) -> None:
    """The page may be about to see it too, or its process died. Where it has not arrived, it may yet."""
    write = ledger.page_writes.get(number)
    if write is None:
        return
    settle = answers.settle if write.row else appending.settle
    if not settle(gateway, ledger, write, seen) and write.is_overdue:
        ledger.end_page_write(number)


def _forget_page_write(ledger: Ledger, number: str, _: str) -> None:
    ledger.end_page_write(number)


def ticks(
    gateway: Gateway,
    ledger: Ledger,
    rules: Rules,
    now: datetime,
    *,
    idle: bool = True,
    doubt: str = "",
    own: Collection[datetime] = (),
    step: Callable[[str], None] = lambda _: None,
) -> Report:
    """Tick until one writes nothing. ``idle``: skip it all when nothing can have changed; ``doubt``, ``own``: as
    ``tick``."""
    with ledger.turn() as renew:
        version = gateway.version()
        under_way = not doubt and archive_moves.unsettled(ledger)
        wake = ledger.quiet_until(version, rules.hash) if idle and not under_way and not doubt else None
        if wake is not None and now < wake:
            return Report(idle=True, problems=ledger.problems())
        report, began, guard = Report(), time.perf_counter(), Guard(ledger, rules.limits.tries, now)
        quiet: Decision | None = None
        if under_way:
            settle = partial(archive_moves.settle, gateway, ledger, now, step)
            report = guard.handle(archive_moves.QUEUE, "核对", partial(_settled, settle, report)) or report
            for key in LEAVING:
                settle_rows = partial(archive_moves.settle_rows, gateway, ledger, key, step)
                title = gateway.tabs[key].title
                report = guard.handle(archive_moves.QUEUE, title, partial(_settled, settle_rows, report)) or report
        while report.ticks < MOST_TICKS:
            renew()
            next_tick = partial(tick, gateway, ledger, rules, now, version=version, doubt=doubt, own=own, step=step)
            report, quiet = _again(next_tick, report, now)
            doubt = doubt if report.is_doubted else ""
            if quiet is not None:
                break
            version = gateway.version()
        if quiet and (quiet.ripe or quiet.past):
            report = _archive(gateway, ledger, rules, now, step, guard, report)
        if quiet and quiet.over:
            ledger.store(quiet.over)
        return replace(report, seconds=time.perf_counter() - began)


def _settled(settle: Callable[[], object], report: Report) -> Report:
    """The report, with why what was meant to move could not be looked after."""
    try:
        settle()
    except (Refused, Unknown) as error:
        return replace(report, trouble=str(error))
    return report


def _archive(
    gateway: Gateway,
    ledger: Ledger,
    rules: Rules,
    now: datetime,
    step: Callable[[str], None],
    guard: Guard,
    report: Report,
) -> Report:
    try:
        run = partial(archive_moves.run, gateway, ledger, rules, now, step=step, guard=guard)
        moved = guard.handle(archive_moves.QUEUE, "移动", run, through=(Refused, Unknown)) or archive_moves.Moved()
    except (Refused, Unknown) as error:
        return replace(report, trouble=str(error))
    return replace(report, archived=len(moved.numbers), trouble=moved.trouble)


def _again(next_tick: Callable[[], Decision], report: Report, now: datetime) -> tuple[Report, Decision | None]:
    """One more tick; its decision once there was nothing to write, else None."""
    try:
        decision = next_tick()
    except (Refused, Unknown) as error:
        return replace(report, ticks=report.ticks + 1, trouble=str(error)), None
    report = replace(
        report,
        ticks=report.ticks + 1,
        cells=report.cells + decision.plan.cells,
        problems=decision.problems,
        notices=report.notices + made(decision, now),
        trouble="",
        is_doubted=not decision.believed,
    )
    return report, None if decision.plan.tabs else decision


def made(decision: Decision, now: datetime) -> int:
    """How many notices a look at ``now`` made: those that only stand otherwise since, or are left out, do not count."""
    return sum(sent.notice.time == now and sent.state != OFF for sent in decision.notices.values())
