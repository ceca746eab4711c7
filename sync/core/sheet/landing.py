"""Where a write fell: which cells of people it covered, and how they are given back (DESIGN section 6).

The plan keeps the header and the touched rows as they were seen. They are held against the write's reply, or against
the next read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sync.core.sheet.plan import Plan, Restore, TabPlan, Write, same
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Tab


def land(plan: Plan, seen: Mapping[str, Table], tabs: Mapping[str, Tab]) -> list[Restore]:
    """Which cells of people the plan's writes covered, judging by where the headers stand now.

    ``seen`` may hold only the touched rows (a reply) or everything (the next read). A write that never arrived
    covers nothing, since the cell does not hold its value.
    """
    restores: list[Restore] = []
    for key, tab_plan in plan.tabs.items():
        table = seen.get(key)
        if table is None:
            continue
        if _moved(tab_plan.header, table.header):
            restores += [*_covered(tab_plan, table, tabs[key]), *tab_plan.given]
        elif tab_plan.given:
            restores += _missed(tab_plan, table, tabs[key])
    return restores


def _missed(tab_plan: TabPlan, table: Table, tab: Tab) -> Iterable[Restore]:
    """Cells put back into a row that had moved meanwhile: the row that stands there now gets its own cell back, and
    the row that was meant is tried again."""
    by_number = dict(enumerate(table.rows, start=table.first))
    written = {(write.row, write.column) for write in tab_plan.writes}
    for given in tab_plan.given:
        column = tab_plan.header.index(given.header) if given.header in tab_plan.header else None
        row = by_number.get(given.row)
        if column is None or row is None:
            continue
        aside = {at for number, at in written if number == given.row}
        was = tab_plan.rows.get(given.row, ())
        if _alike(row, was, aside):
            twins = (other for number, other in tab_plan.rows.items() if number != given.row)
            if any(_alike(other, was, aside) for other in twins):
                yield given  # which of two equal rows this is can't be told: look once more
            continue
        yield given
        own = max(tab_plan.rows.values(), key=lambda was: _common(row, was, aside), default=())
        own = own if _common(row, own, aside) else ()  # a row that was empty has nothing to get back
        value = own[column] if column < len(own) else ""
        if not same(value, given.value):
            yield Restore(
                tab_plan.tab, given.row, given.header, value, given.value, _people(tab_plan.header, own, tab, column)
            )


def _alike(row: Sequence[Raw], was: Sequence[Raw], aside: set[int]) -> bool:
    width = max(len(row), len(was))
    return all(
        same(row[i] if i < len(row) else "", was[i] if i < len(was) else "") for i in range(width) if i not in aside
    )


def _common(row: Sequence[Raw], was: Sequence[Raw], aside: set[int]) -> int:
    """Filled cells that the two rows share."""
    return sum(1 for i, cell in enumerate(row) if i not in aside and cell not in ("", None) and i < len(was)
               and same(cell, was[i]))  # fmt: skip


def _moved(before: Sequence[str], now: Sequence[str]) -> bool:
    width = max(len(before), len(now))
    return _padded(before, width) != _padded(now, width)


def _padded(header: Sequence[str], width: int) -> list[str]:
    return [*header, *[""] * (width - len(header))]


def _covered(tab_plan: TabPlan, table: Table, tab: Tab) -> Iterable[Restore]:
    service = {column.header for column in tab.service}
    by_number = dict(enumerate(table.rows, start=table.first))
    writes = [(write.row, write.column, write.value, tab_plan.rows.get(write.row, ())) for write in tab_plan.writes]
    writes += [
        (number, column, value, ())
        for number, row in by_number.items()
        for added in tab_plan.appends
        if _starts(row, added)
        for column, value in enumerate(added)
        if value not in ("", None)
    ]
    for number, column, value, was in writes:
        header = table.header[column] if column < len(table.header) else ""
        row = by_number.get(number, ())
        stands = row[column] if column < len(row) else ""
        if header in service or number not in by_number or not same(stands, value):
            continue
        before = _before(tab_plan.header, header, was)
        if not same(before, value):
            yield Restore(tab_plan.tab, number, header, before, value, _people(tab_plan.header, was, tab, header))


def _people(header: Sequence[str], row: Sequence[Raw], tab: Tab, aside: str | int) -> dict[str, Raw]:
    """People's filled cells of a row by header, but the one that is ``aside`` (by header or index)."""
    service = {column.header for column in tab.service}
    return {
        name: row[i]
        for i, name in enumerate(header)
        if name and name not in service and aside not in (name, i) and i < len(row) and row[i] not in ("", None)
    }


def _starts(row: Sequence[Raw], added: Sequence[Raw]) -> bool:
    filled = [(i, value) for i, value in enumerate(added) if value not in ("", None)]
    return bool(filled) and all(i < len(row) and same(row[i], value) for i, value in filled)


def _before(header: Sequence[str], name: str, was: Sequence[Raw]) -> Raw:
    """What stood under that header before; nothing under a column that is new."""
    if name in header:
        index = header.index(name)
        return was[index] if index < len(was) else ""
    return ""


def give_back(table: Table, restores: Iterable[Restore], tab: Tab) -> tuple[Table, TabPlan]:
    """The table with people's cells back in it, and the writes that put them back."""
    rows = [list(row) for row in table.rows]
    writes: list[Write] = []
    given: list[Restore] = []
    for restore in restores:
        cell = _find(rows, table, restore)
        if cell is None:
            continue
        index, column = cell
        number = index + table.first
        writes.append(Write(number, column, restore.value))
        given.append(replace(restore, row=number))
        rows[index] += [""] * (column + 1 - len(rows[index]))
        rows[index][column] = restore.value
    seen = {number: tuple(row) for number, row in enumerate(table.rows, table.first)} if given else {}
    plan = TabPlan(tab.key, tuple(table.header), tuple(writes), rows=seen, given=tuple(given))
    return (replace(table, rows=rows) if given else table), plan


def _find(rows: Sequence[Sequence[Raw]], table: Table, restore: Restore) -> tuple[int, int] | None:
    """The cell (row index, column) that still holds our value under that header, in the row that looks most like the
    one that it was; nowhere, when no row shares half of what that one held."""
    columns = [at for at, header in enumerate(table.header) if header == restore.header]
    if restore.header and len(columns) > 1:
        return None
    at = {name: table.header.index(name) for name in restore.was if name in table.header}
    best, place = len(restore.was) - 1, None
    for index, row in enumerate(rows):
        for column in columns:
            if same(row[column] if column < len(row) else "", restore.covering):
                like = sum(1 for name, i in at.items() if i < len(row) and same(row[i], restore.was[name]))
                score = 2 * like + (index + table.first == restore.row)
                if score > best:
                    best, place = score, (index, column)
    return place
