"""A person's answer written into the row that it is about (复核, 核实, 批复), found at the moment of writing.

People sort and insert while we write. The row is read right before, its old answer held against what the person saw,
and the reply shows where the cells fell; what fell on another row is taken back and tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.core.sheet.landing import give_back, land
from sync.core.sheet.plan import Plan, Restore, same, typed
from sync.core.sheet.rows import Raw, Table, fingerprint, layout_of, plain
from sync.core.sheet.tabs import Layout
from sync.sheets.gateway import Gateway

TRIES = 3


class NotWritten(RuntimeError):
    """The answer is not in the row; the sentence says why and what to do."""


@dataclass(frozen=True)
class Verdict:
    """Cells (raw, by column key) for one row. ``number``: its 编号 in 问题台账, in another ``tab`` its fingerprint.
    ``check`` gives a sentence where the row as it stands now (raw by column key) does not allow it, else an empty one.
    """

    number: str
    cells: Mapping[str, Raw]
    check: Callable[[Mapping[str, Raw]], str]
    tab: str = "issues"


@dataclass(frozen=True)
class _Spot:
    """The row where it stood a moment ago."""

    layout: Layout
    table: Table
    row: int

    def at(self, row: int) -> Sequence[Raw]:
        index = row - self.table.first
        return self.table.rows[index] if 0 <= index < len(self.table.rows) else ()


def write(gateway: Gateway, verdict: Verdict) -> None:
    """Put the answer into its row and see it there.

    Raises ``NotWritten``; ``Unreachable`` and ``Refused`` (nothing was done), ``Unknown`` (perhaps done: asking again
    is safe, since the row is looked at first).
    """
    for _ in range(TRIES):
        spot = _find(gateway, verdict)
        verdict = _as_far_as_there_are_columns(verdict, spot.layout)
        if sentence := verdict.check(_cells(spot.layout, spot.at(spot.row))):
            raise NotWritten(sentence)
        plan = _plan(spot, spot.row, verdict.cells)
        reply = gateway.write(plan)
        if _landed(spot, reply.get(verdict.tab), verdict):
            return
        _take_back(gateway, spot, verdict, land(plan, reply, gateway.tabs))
    raise NotWritten("表格正在被改动，这次没有写进去，请再试一次。")


def _as_far_as_there_are_columns(verdict: Verdict, layout: Layout) -> Verdict:
    """Without the cells of columns that came later and that the workbook has not yet."""
    return replace(verdict, cells={key: value for key, value in verdict.cells.items() if key in layout.at})


def _find(gateway: Gateway, verdict: Verdict) -> _Spot:
    tab = gateway.tabs[verdict.tab]
    table = gateway.read().get(verdict.tab)
    layout = layout_of(tab, table)
    if isinstance(layout, str) or table is None:
        raise NotWritten(str(layout))
    rows = [n for n, row in enumerate(table.rows, table.first) if _name(layout, row) == verdict.number]
    if len(rows) != 1:
        which = f"编号 {verdict.number}" if tab.id else "这一条"
        raise NotWritten(f"「{tab.title}」里{which}有 {len(rows)} 行，等下一轮校验以后再试。")
    return _Spot(layout, table, rows[0])


def _name(layout: Layout, row: Sequence[Raw]) -> str:
    """What a row is known by: its id, or the fingerprint of the cells that make it that row."""
    cells = _cells(layout, row)
    if layout.tab.id:
        return plain(cells[layout.tab.id])
    raw_cells = {
        column.key: cells[column.key] for column in layout.tab.staff if cells.get(column.key) not in ("", None)
    }
    return fingerprint(layout.tab, raw_cells) if raw_cells else ""


def _cells(layout: Layout, row: Sequence[Raw]) -> dict[str, Raw]:
    return {key: row[at] if at < len(row) else "" for key, at in layout.at.items()}


def _plan(spot: _Spot, row: int, cells: Mapping[str, Raw]) -> Plan:
    return Plan().with_tab(typed(spot.layout, row, spot.at(row), cells))


def _landed(spot: _Spot, reply: Table | None, verdict: Verdict) -> bool:
    """Whether the reply shows the row of that number with the answer in it, under the headers as they were."""
    if reply is None or reply.header != spot.table.header:
        return False
    row = _Spot(spot.layout, reply, spot.row).at(spot.row)
    cells = _cells(spot.layout, row)
    return _name(spot.layout, row) == verdict.number and all(
        same(cells[key], value) for key, value in verdict.cells.items()
    )


def _take_back(gateway: Gateway, before: _Spot, verdict: Verdict, covered: Sequence[Restore]) -> None:
    """Give back what stood where the answer fell: cells under columns that moved (``covered``), or the same cells of
    another row, known by its number."""
    table = gateway.read().get(verdict.tab)
    layout = layout_of(gateway.tabs[verdict.tab], table)
    if table is None or not isinstance(layout, Layout):
        title = gateway.tabs[verdict.tab].title
        raise NotWritten(f"「{title}」的表头正在被改动，这次没有写进去，请看一下这一行再试。")
    plan = Plan().with_tab(give_back(table, covered, layout.tab)[1])
    now = _Spot(layout, table, before.row)
    stray = _cells(layout, now.at(before.row))
    number = _name(layout, now.at(before.row))
    if not covered and number != verdict.number:
        was = _row_of(before, number)
        old = {key: was.get(key, "") for key, value in verdict.cells.items() if same(stray[key], value)}
        plan = _plan(now, before.row, old) if old else plan
    if plan.tabs:
        gateway.write(plan)


def _row_of(spot: _Spot, number: str) -> Mapping[str, Raw]:
    rows = (row for row in spot.table.rows if _name(spot.layout, row) == number)
    return _cells(spot.layout, next(rows, ()))
