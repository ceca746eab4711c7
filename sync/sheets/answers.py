"""A person's answer written into the row that it is about (复核, 核实, 批复), found at the moment of writing.

People sort and insert while we write. The row is read right before, its old answer held against what the person saw,
and the reply shows where the cells fell; what fell on another row the next look takes back, and it is tried again.
Where the reply is lost, another read shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.core.sheet import identity
from sync.core.sheet.former_columns import place_then
from sync.core.sheet.landing import cell_at, covers
from sync.core.sheet.plan import Cover, Plan, TabPlan, Write, same, typed
from sync.core.sheet.rows import Raw, Table, fingerprint, layout_of, plain, read
from sync.core.sheet.tabs import Layout, Tab, locate
from sync.ledger.ledger import Ledger
from sync.ledger.page_writes import PageWrite
from sync.sheets import write_notes
from sync.sheets.appending import settle_each
from sync.sheets.gateway import Gateway, Refused, Unknown, Unreachable

TRIES = 3
MOVING = "表格正在被改动，这次没有写进去，请再试一次。"
FELL = "这一行里刚落进了别处的内容，下一轮校验会拿走。这次没有写进去，请过一分钟再试。"


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


def write(gateway: Gateway, ledger: Ledger, verdict: Verdict) -> None:
    """Put the answer into its row and see it there.

    Raises ``NotWritten``; ``Unreachable`` and ``Refused`` (nothing was done), ``Unknown`` (perhaps done: asking again
    is safe, since the row is looked at first).
    """
    _settle_others(gateway, ledger, verdict.tab)
    for tried in range(TRIES):
        fallen = [cover for cover in ledger.current().covers if cover.tab == verdict.tab and not cover.is_given_back]
        spot = _find(ledger, verdict, gateway.tabs[verdict.tab], gateway.read((verdict.tab,)).get(verdict.tab))
        verdict = _as_far_as_there_are_columns(verdict, spot.layout)
        if sentence := verdict.check(_cells(spot.layout, spot.at(spot.row))):
            raise NotWritten(MOVING if tried else sentence)  # the row may hold what fell there a moment ago
        if _holds_what_fell(fallen, spot, verdict):  # an earlier try as well
            raise NotWritten(FELL)
        if _write(gateway, ledger, spot, verdict):
            return
    raise NotWritten(MOVING)


def _write(gateway: Gateway, ledger: Ledger, spot: _Spot, verdict: Verdict) -> bool:
    """Whether the answer stands in its row. What fell on another row, or under another header, the next look takes
    back."""
    rows = {number: tuple(row) for number, row in enumerate(spot.table.rows, spot.table.first)}
    tab_plan = replace(typed(spot.layout, spot.row, spot.at(spot.row), verdict.cells), rows=rows)
    plan = ledger.page_writes.begin(Plan().with_tab(tab_plan), verdict.number)
    try:
        reply = gateway.write(plan)
    except Refused:
        ledger.end_page_write(plan.number)
        raise
    except Unknown:
        outcome = _looked_up(gateway, ledger, plan, verdict.number)
        if outcome is None:
            raise
        ledger.end_page_write(plan.number, outcome.covers)
        if outcome.stands is None:
            raise
        return outcome.stands
    astray = covers(plan, reply, gateway.tabs)
    stands = _landed(spot, reply.get(verdict.tab), verdict, is_astray=bool(astray))
    ledger.end_page_write(plan.number, () if stands else astray)
    return stands


def _holds_what_fell(covers: Iterable[Cover], spot: _Spot, verdict: Verdict) -> bool:
    """Whether a cell that is to be written holds the same already, which another write left there by mistake: the next
    look takes it back, and with it an answer that says so."""
    mine = {spot.layout.at[key]: value for key, value in verdict.cells.items()}
    row = {place: cell_at(spot.at(spot.row), place) for place in mine}
    for cover in covers:
        for write in cover.writes:
            place = place_then(cover.header, spot.table.header, write.column)
            if place in mine and write.value != "" and same(mine[place], write.value) and same(row[place], write.value):
                return True
    return False


def _settle_others(gateway: Gateway, ledger: Ledger, tab: str) -> None:
    """Answers under way to this tab, whose processes may be dead: once another row says the same, nobody can tell any
    more which of the two it fell on."""
    writes = [write for write in ledger.page_writes.under_way() if write.row and tab in write.plan.tabs]
    if writes:
        settle_each(settle, gateway, ledger, writes, gateway.read((tab, *write_notes.KEYS)))


def settle(gateway: Gateway, ledger: Ledger, write: PageWrite, seen: Mapping[str, Table]) -> bool:
    """Whether it can be told where an answer fell, by the workbook's note of it and the tab as it was ``seen`` since;
    then the ledger knows it too."""
    told = outcome(gateway, ledger, write.plan, write.row, seen)
    if told is not None:
        ledger.end_page_write(write.plan.number, told.covers)
    return told is not None


@dataclass(frozen=True)
class Outcome:
    """``stands``: whether an answer of which no reply came stands in its row; None: that can't be told. ``covers``:
    where else it may stand."""

    stands: bool | None
    covers: Sequence[Cover] = ()


def _looked_up(gateway: Gateway, ledger: Ledger, plan: Plan, number: str) -> Outcome | None:
    try:
        return outcome(gateway, ledger, plan, number, gateway.read((*plan.tabs, *write_notes.KEYS)))
    except Unreachable:
        return None


def outcome(gateway: Gateway, ledger: Ledger, plan: Plan, number: str, seen: Mapping[str, Table]) -> Outcome | None:
    """What the workbook's note of an answer tells, and the tab as it was ``seen`` since. None where it may still
    arrive, or where nobody noted whether the columns moved before it arrived. ``number``: as in ``Verdict``."""
    (key, tab_plan), *_ = plan.tabs.items()
    table, fell, layout = seen.get(key), gateway.fell(plan, seen).get(key), locate(gateway.tabs[key], tab_plan.header)
    if table is None or fell is None or isinstance(layout, str):
        return None
    if not write_notes.are_there(seen):
        return None
    spot = _planned(layout, tab_plan)
    if fell.header == tab_plan.header and _is_in(ledger, _written(spot, tab_plan, number), spot.layout.tab, table):
        return Outcome(stands=True)
    row = _fell_into(spot, table, fell.header, tab_plan.writes)
    if row is not None:
        return Outcome(False, covers(plan, {key: replace(fell, rows=[row], first=spot.row)}, gateway.tabs))
    return Outcome(None, covers(plan, {key: fell}, gateway.tabs) if fell.header != tab_plan.header else ())


def _planned(layout: Layout, tab_plan: TabPlan) -> _Spot:
    """The row that an answer was planned for, as it stood then."""
    table = Table(tab_plan.tab, tab_plan.header, [*tab_plan.rows.values()], min(tab_plan.rows))
    return _Spot(layout, table, tab_plan.writes[0].row)


def _written(spot: _Spot, tab_plan: TabPlan, number: str) -> Verdict:
    """The answer that these writes are."""
    keys = {at: key for key, at in spot.layout.at.items()}
    cells = {keys[write.column]: write.value for write in tab_plan.writes}
    return Verdict(number, cells, lambda _: "", spot.layout.tab.key)


def _is_in(ledger: Ledger, verdict: Verdict, tab: Tab, table: Table) -> bool:
    """Whether the row says it now."""
    try:
        now = _find(ledger, verdict, tab, table)
    except NotWritten:
        return False
    return _holds(now.layout, now.at(now.row), verdict)


def _fell_into(spot: _Spot, now: Table, header: Sequence[str], writes: Sequence[Write]) -> list[Raw] | None:
    """The row that holds what fell under ``header`` and that did not stand so before, as it stands under that header;
    None where there is none: somebody changed it since."""
    width = max(len(header), 1 + max(write.column for write in writes))
    places = [place_then(header, now.header, column) for column in range(width)]
    before = {_filled(row) for row in _as_headed(spot.table, now.header)}
    there = [write for write in writes if places[write.column] is not None]  # the others went with their column
    for row in now.rows if there else ():
        headed = _moved(row, places)
        if all(same(headed[write.column], write.value) for write in there) and _filled(row) not in before:
            return headed
    return None


def _as_headed(table: Table, header: Sequence[str]) -> Iterable[list[Raw]]:
    """The rows of a table as they would stand under another header."""
    places = [place_then(header, table.header, column) for column in range(len(header))]
    return (_moved(row, places) for row in table.rows)


def _moved(row: Sequence[Raw], places: Iterable[int | None]) -> list[Raw]:
    """The cells of a row at these places; an empty one where a column has none."""
    return ["" if place is None else cell_at(row, place) for place in places]


def _holds(layout: Layout, row: Sequence[Raw], verdict: Verdict) -> bool:
    cells = _cells(layout, row)
    return all(same(cells.get(key, ""), value) for key, value in verdict.cells.items())


def _filled(row: Sequence[Raw]) -> tuple[tuple[int, str], ...]:
    """A row as it is compared whole: its filled cells by place."""
    return tuple((at, plain(cell)) for at, cell in enumerate(row) if cell not in ("", None))


def _as_far_as_there_are_columns(verdict: Verdict, layout: Layout) -> Verdict:
    """Without the cells of columns that came later and that the workbook has not yet."""
    return replace(verdict, cells={key: value for key, value in verdict.cells.items() if key in layout.at})


def _find(ledger: Ledger, verdict: Verdict, tab: Tab, table: Table | None) -> _Spot:
    """The row in the tab as it was read just now. Raises ``NotWritten``."""
    layout = layout_of(tab, table)
    if isinstance(layout, str) or table is None:
        raise NotWritten(str(layout))
    rows = [n for n, row in enumerate(table.rows, table.first) if _name(layout, row) == verdict.number]
    if len(rows) != 1:
        which = f"编号 {verdict.number}" if tab.id else "这一条"
        raise NotWritten(f"「{tab.title}」里{which}有 {len(rows)} 行，等下一轮校验以后再试。")
    spot = _Spot(layout, table, rows[0])
    if tab.id and not _is_its_own(ledger, spot, verdict.number):
        raise NotWritten(f"编号 {verdict.number} 现在写在另一个问题那一行，等下一轮校验放回去以后再试。")
    return spot


def _is_its_own(ledger: Ledger, spot: _Spot, number: str) -> bool:
    """Whether the row that bears the number is the one that a look would take for it: people swap numbers and paste
    over them. A number that no look has seen is whose row bears it."""
    layout = spot.layout
    known = ledger.current().known.get(layout.tab.key, {})
    if number not in known or known[number].print == _print(layout, _cells(layout, spot.at(spot.row))):
        return True
    rows = [row for row in read(layout, spot.table, ledger.zone).rows if row.parsed.typed]
    claims = {row.number: plain(row.seen(layout, layout.tab.id)) for row in rows}
    return identity.bind(rows, claims, known, layout.tab.identity).rids.get(spot.row) == number


def _name(layout: Layout, row: Sequence[Raw]) -> str:
    """What a row is known by: its id, or the fingerprint of the cells that make it that row."""
    cells = _cells(layout, row)
    return plain(cells[layout.tab.id]) if layout.tab.id else _print(layout, cells)


def _print(layout: Layout, cells: Mapping[str, Raw]) -> str:
    """The fingerprint of a row (raw by column key); empty where people filled nothing."""
    raw_cells = {
        column.key: cells[column.key] for column in layout.tab.staff if cells.get(column.key) not in ("", None)
    }
    return fingerprint(layout.tab, raw_cells) if raw_cells else ""


def _cells(layout: Layout, row: Sequence[Raw]) -> dict[str, Raw]:
    return {key: row[at] if at < len(row) else "" for key, at in layout.at.items()}


def _landed(spot: _Spot, reply: Table | None, verdict: Verdict, *, is_astray: bool) -> bool:
    """Whether the reply shows the answer in its row, under the headers as they were. A row is known by people's cells,
    not by its number: people swap numbers while we write. ``is_astray``: whether some of those cells differ, as in
    another row, or in this one where somebody typed in it; then its number counts, and half of what it held."""
    if reply is None or reply.header != spot.table.header:
        return False
    row, was = _Spot(spot.layout, reply, spot.row).at(spot.row), spot.at(spot.row)
    is_row = not is_astray or (_name(spot.layout, row) == verdict.number and _is_half(spot.layout, row, was))
    cells = _cells(spot.layout, row)
    return is_row and all(same(cells[key], value) for key, value in verdict.cells.items())


def _is_half(layout: Layout, row: Sequence[Raw], was: Sequence[Raw]) -> bool:
    """Whether a row holds half of the cells that people had filled in another."""
    cells, before = _cells(layout, row), _cells(layout, was)
    filled = [column.key for column in layout.tab.staff if before.get(column.key, "") not in ("", None)]
    return 2 * sum(same(cells[key], before[key]) for key in filled) >= len(filled)
