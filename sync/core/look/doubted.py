"""A look at an hour that is not believed (DESIGN section 3): rows are checked, people get their cells back, 运行状态
says why; nothing is stamped, raised, sealed, charged, moved or sent, and nothing of it is remembered but when each new
row was first seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sync.core.look import conclude
from sync.core.look.findings import Look
from sync.core.look.reading import PEOPLE
from sync.core.memory import Decision, Memory
from sync.core.sheet import plan
from sync.core.sheet.rows import Row

ITEM = "服务器时间"  # of 运行状态
WAYS = (
    "在确认以前，只做校验，不定时限、不升级、不计分、不封存、不归档、不发通知。"
    "请校准服务器的时间；时间没有错的，请标准化办在“运行状态”页面、或运维运行 jielu clock --yes 确认。"
)
ROOM = timedelta(days=1)  # rows are checked at the last look's hour and so much: its day is not over for them yet


def hour_of_checks(memory: Memory, now: datetime) -> datetime:
    """The hour at which rows are checked while ``now`` is doubted."""
    return memory.last_tick + ROOM if memory.last_tick else now


def conclude_in_doubt(look: Look, now: datetime, doubt: str) -> Decision:
    """The decision of a look while ``now`` is doubted; ``doubt`` says why."""
    reading, memory = look.reading, look.memory
    written, faulty, new = reading.given_back.plan, 0, list(_new(look))
    for key in PEOPLE:
        if reading.readable(key) and key in reading.rows:
            rows = [(row, {"check": cells.get("check", "")}) for row, cells in conclude.people_cells(look, key)]
            faulty += sum(bool(cells["check"]) for _, cells in rows)
            written = written.with_tab(plan.tab_plan(reading.layouts[key], conclude.differences(reading, key, rows)))
    status = {**memory.status, ITEM: _told(memory, now) or (f"{doubt}，不敢相信。{WAYS}", now)}
    return Decision(
        plan=conclude.with_status(reading, written, status),
        wake=None,
        status=status,
        problems=faulty,
        warnings=memory.warnings,
        believed=False,
        uncovered=reading.given_back.uncovered,
        reopened=reading.given_back.reopened,
        waiting=reading.given_back.waiting,
        first_seen={**{row.parsed.print: now for row in new}, **memory.first_seen},
        hours=tuple(_hours(new)),
        memo=memory.memo,
    )


def _told(memory: Memory, now: datetime) -> tuple[str, datetime] | None:
    """What was said of the doubt on the same day: the hour goes on, and no cell counts it."""
    before = memory.status.get(ITEM)
    return before if before and before[1].astimezone(now.tzinfo).date() == now.date() else None


def _new(look: Look) -> Iterator[Row]:
    """The rows that nobody saw before."""
    for key in PEOPLE:
        known = look.memory.known.get(key, {})
        yield from (row for row in look.reading.rows.get(key, ()) if row.rid not in known and row.parsed.typed)


def _hours(rows: Iterable[Row]) -> Iterator[datetime]:
    """The typed hour of each row that has one."""
    typed = (row.cells.get("reported_at") or row.cells.get("requested_at") for row in rows)
    return (at for at in typed if at is not None)
