"""Where a write fell: under which headers, and which cells that a form changed it brought (DESIGN section 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from sync.core.sheet.identity import is_of_none
from sync.core.sheet.plan import Comparable, Cover, Plan, Restore, TabPlan, Write, comparable, same
from sync.core.sheet.rows import Raw, Table, plain
from sync.core.sheet.tabs import Tab


def covers(plan: Plan, fell: Mapping[str, Table], tabs: Mapping[str, Tab]) -> list[Cover]:
    """The writes of a plan that fell into cells of people, or ids on rows, for which they were not meant, or may have.
    ``fell``: each tab as it stood right after the write, by key: its header, and its touched rows where they are known.
    A tab that is absent was not written."""
    return [
        cover
        for key, tab_plan in plan.tabs.items()
        if key in fell and (cover := _cover(plan.number, tab_plan, fell[key], tabs[key]))
    ]


def put_back(plan: Plan, fell: Mapping[str, Table], fallen: Iterable[Cover]) -> list[str]:
    """The ids of deleted rows that a plan put back, each under its own headers: whoever takes one away again from now
    on means it. ``fallen``: the plan's covers; those of rows that stood there already say nothing of the added ones."""
    astray = {cover.tab for cover in fallen if cover.is_displaced or any(write.row <= 0 for write in cover.writes)}
    return [rid for key, tab_plan in plan.tabs.items() if key in fell and key not in astray for rid in tab_plan.back]


def _cover(number: str, tab_plan: TabPlan, table: Table, tab: Tab) -> Cover | None:
    header, header_row, is_displaced = _header_then(tab_plan, table, headers_of(tab))
    astray = tab_plan.writes if is_displaced else _astray(tab_plan, table, tab)
    if not astray:
        return None
    numbers = {write.row for write in astray}
    fell = {row: tuple(cells) for row, cells in enumerate(table.rows, table.first) if row in numbers}
    was = _with_given_ids(tab_plan, tab)
    return Cover(f"{number} {tab.key}", tab.key, header, tab_plan.header, astray, was, fell, is_displaced, header_row)


def headers_of(tab: Tab) -> frozenset[str]:
    """The names of a tab's columns, none of which people take away."""
    return frozenset(column.header for column in tab.columns)


def _header_then(tab_plan: TabPlan, table: Table, lasting: Collection[str]) -> tuple[tuple[str, ...], int, bool]:
    """The header under which a plan fell, the row in which it stood where cells of it were written over (0: nobody saw
    it, or none were), and whether they were: a row was inserted above it, it was sorted away, or names were to be put
    back into it and its columns moved."""
    numbered: list[tuple[int, Sequence[Raw]]] = []
    if not is_alike(table.header, tab_plan.header):
        numbered = [*enumerate(table.rows, table.first)]
    elif any(write.row == 1 for write in tab_plan.writes) and _names(table.header) != _names(tab_plan.header):
        numbered = [(1, table.header)]
    else:
        return table.header, 0, False
    header_row, row = next(((n, row) for n, row in numbered if is_alike(row, tab_plan.header)), (0, ()))
    writes = [write for write in tab_plan.writes if write.row == header_row]
    return mended(row, tab_plan.header, writes, lasting=lasting), header_row, True


def _names(header: Sequence[str]) -> list[str]:
    """The names of a header, without the empty cells at its end: of those no cells may come."""
    names = [name.strip() for name in header]
    return names[: 1 + max((at for at, name in enumerate(names) if name), default=-1)]


def _with_given_ids(tab_plan: TabPlan, tab: Tab) -> dict[int, tuple[Raw, ...]]:
    """The rows as they were seen, each with the id that the plan gives it: by that the ledger knows it."""
    rows, at = {number: list(row) for number, row in tab_plan.rows.items()}, id_place(tab, tab_plan.header)
    for write in tab_plan.writes:
        if write.column == at and write.row in rows:
            put(rows[write.row], at, write.value)
    return {number: tuple(row) for number, row in rows.items()}


def is_alike(header: Sequence[Raw], planned: Sequence[str]) -> bool:
    """Whether a row holds half of the planned header's names."""
    names, there = {name.strip() for name in planned if name.strip()}, {str(cell).strip() for cell in header}
    return 2 * len(names & there) >= len(names)


def _astray(tab_plan: TabPlan, table: Table, tab: Tab) -> tuple[Write, ...]:
    """The watched writes that fell under another header, or into another row, than they were meant for. Of an added row
    also those that were watched where they were meant to fall: it lacks what fell under a service header."""
    planned, columns = tab_plan.header, _columns(tab_plan)
    watched = {column for column in columns if is_watched(tab, table.header, column)}
    meant = {column for column in columns if is_watched(tab, planned, column)}
    stayed = {column for column in watched | meant if _stayed(planned, table.header, column)}
    named_otherwise = _named_otherwise(planned, table.header)
    cells = _cells(tab_plan, watched | meant)
    writes = [write for write in cells if write.column in watched or write.row <= 0]
    hit = _rows_hit(tab_plan, table, tab, {write.row for write in writes})
    missed = {
        write
        for write in writes
        if write.row not in hit or write.column not in (stayed if write.row > 0 else stayed | named_otherwise)
    }
    added = {write.row for write in missed if write.row <= 0}  # of an added row nothing may stay behind
    return tuple(write for write in writes if write in missed or write.row in added)


def _stayed(planned: Sequence[str], header: Sequence[str], column: int) -> bool:
    """Whether the column that stood there stands there: under its name, and no other of that name came."""
    name, before, now = heading(planned, column), *([cell.strip() for cell in row] for row in (planned, header))
    return name == heading(header, column) and now.count(name) <= max(1, before.count(name))


def _named_otherwise(planned: Sequence[str], header: Sequence[str]) -> set[int]:
    """The columns that got a new name in their place, where nothing else changed: an added row stands in its columns,
    though one bears no name of ours until somebody names it back."""
    then, now = [name.strip() for name in planned], [name.strip() for name in header]
    changed = {at for at, (old, new) in enumerate(zip(then, now, strict=False)) if old != new}
    names = {now[at] for at in changed}
    return (
        changed
        if len(then) == len(now) and not names & {*then} and not {then[at] for at in changed} & {*now}
        else set()
    )


def _rows_hit(tab_plan: TabPlan, table: Table, tab: Tab, numbers: Iterable[int]) -> set[int]:
    """Of these row numbers those at which the row stands that was meant: people's other cells are as they were seen,
    whatever its id says; of rows that are equal in them, its id as well. An added row is nobody's but its own."""
    written: dict[int, dict[int, Raw]] = defaultdict(dict)  # by row and column
    for write in tab_plan.writes:
        written[write.row][write.column] = write.value
    by_number, moved = dict(enumerate(table.rows, table.first)), _moved(tab_plan, table, tab)
    there = {number for number in numbers if number in tab_plan.rows and number in by_number}
    alike = {n for n in there if _is_same(by_number[n], tab_plan.rows[n], moved, written[n])}
    strangers = alike & _strangers(tab_plan, table, tab, alike, written)
    ambiguous = _equal_rows(tab_plan.rows, moved) if strangers else set()
    return {number for number in numbers if number <= 0} | (alike - (strangers & ambiguous))


def _strangers(
    tab_plan: TabPlan, table: Table, tab: Tab, numbers: Iterable[int], written: Mapping[int, Mapping[int, Raw]]
) -> set[int]:
    """Of these rows those that bear neither the id that they bore nor the one that they were given; none in a tab
    without ids."""
    was, now = id_place(tab, tab_plan.header), id_place(tab, table.header)
    if was < 0 or now < 0:
        return set()
    strangers = set()
    for number in numbers:
        id_now, id_before = cell_at(table.rows[number - table.first], now), cell_at(tab_plan.rows[number], was)
        if not same(id_now, id_before) and not same(id_now, written[number].get(was, id_before)):
            strangers.add(number)
    return strangers


def id_place(tab: Tab, header: Sequence[str]) -> int:
    """Where the column of ids stands; -1 in a tab without, and where its header stands not once."""
    places = [at for at, name in enumerate(header) if tab.id and name.strip() == tab.by_key[tab.id].header]
    return places[0] if len(places) == 1 else -1


def _equal_rows(rows: Mapping[int, tuple[Raw, ...]], moved: Iterable[int]) -> set[int]:
    """The numbers of rows of which another held the same in people's columns."""
    columns = list(moved)
    alike: dict[tuple[Comparable, ...], list[int]] = defaultdict(list)
    for number, row in rows.items():
        alike[tuple(comparable(cell_at(row, at)) for at in columns)].append(number)
    return {number for numbers in alike.values() if len(numbers) > 1 for number in numbers}


def _moved(tab_plan: TabPlan, table: Table, tab: Tab) -> dict[int, int]:
    """Where the columns stand in which a row is compared, by where they stood: people's. With other headers than were
    planned only those whose name stands in both once."""
    names, planned = [name.strip() for name in table.header], [name.strip() for name in tab_plan.header]
    if names == planned:
        width = max([len(planned), *map(len, table.rows), *map(len, tab_plan.rows.values())])
        places = {at: at for at in range(width)}
    else:
        once = [at for at, name in enumerate(planned) if name and planned.count(name) == names.count(name) == 1]
        places = {at: names.index(planned[at]) for at in once}
    return {at: now for at, now in places.items() if not is_service(tab, tab_plan.header, at)}


def _is_same(row: Sequence[Raw], was: Sequence[Raw], moved: Mapping[int, int], written: Collection[int]) -> bool:
    """Whether the row holds what it held, but for what was written; ``moved``: where each column stands now."""
    for at, now in moved.items():
        if now not in written:
            seen, before = row[now] if now < len(row) else "", was[at] if at < len(was) else ""
            if seen is not before and not same(seen, before):
                return False
    return True


def _columns(tab_plan: TabPlan) -> set[int]:
    """The columns that a plan writes into."""
    width = max(map(len, tab_plan.appends), default=0)
    return {write.column for write in tab_plan.writes} | set(range(width))


def _cells(tab_plan: TabPlan, columns: Collection[int]) -> Iterator[Write]:
    """Every cell of these columns that a plan fills; those of added rows in rows 0, -1, …, since nobody knows where
    they came to stand."""
    yield from (write for write in tab_plan.writes if write.column in columns)
    for index, added in enumerate(tab_plan.appends):
        for column in sorted(columns):
            if cell_at(added, column) not in ("", None):
                yield Write(-index, column, added[column])


def is_service(tab: Tab, header: Sequence[str], column: int) -> bool:
    """Whether a column is one that the service fills; of two with its name neither counts."""
    name = heading(header, column)
    return name in {column.header for column in tab.service} and [cell.strip() for cell in header].count(name) == 1


def is_watched(tab: Tab, header: Sequence[str], column: int) -> bool:
    """Whether it matters on which row a write into the column falls: it is people's, or says which row it is."""
    is_id = bool(tab.id) and heading(header, column) == tab.by_key[tab.id].header
    return is_id or not is_service(tab, header, column)


def heading(header: Sequence[str], column: int) -> str:
    return header[column].strip() if column < len(header) else ""


def mended(
    header: Sequence[Raw],
    planned: Sequence[str],
    writes: Iterable[Write],
    brought: Collection[str] = (),
    fell: Collection[int] | None = None,
    lasting: Collection[str] = (),
) -> tuple[str, ...]:
    """A header row with the names that one row of these writes covered, going by the names to the left and to the right
    of them. A name that can't be told is empty: people see the tab's sentence, and no column is taken for another.
    ``brought``: what other writes put there; ``fell``: the columns whose names are covered, where that is known;
    ``lasting``: names that are there somewhere: where only one of them is left, and one column, it is its name."""
    writes = list(writes)
    then, fell = [name.strip() for name in planned], fell_on(header, writes) if fell is None else fell
    names = [plain(cell) for cell in header] + [""] * (1 + max(fell, default=-1) - len(header))
    values = {plain(write.value) for write in writes} | {*brought}
    covered = {*fell, *(at for at, name in enumerate(names) if name in values - {"", *then})}
    empty = {at for at, name in enumerate(names) if not name} if "" in values and not fell else set()
    order = {name: at for at, name in enumerate(then) if name and then.count(name) == 1}
    missing = order.keys() - {name for at, name in enumerate(names) if at not in covered}
    standing = [(at, order[name]) for at, name in enumerate(names) if name in order.keys() - missing]
    known = _in_order(standing)
    # Elsewhere stands a column that was moved, or a new one that got the name of one that was covered.
    elsewhere = {then[place] for _, place in {*standing} - {*known}}
    for (left, first), (right, last) in pairwise([(-1, -1), *known, (len(names), len(then))]):
        between = range(left + 1, right)
        tell = partial(_told, names, between, then[first + 1 : last], covered=covered, empty=empty)
        told = tell(missing) or tell(missing | elsewhere)
        names[left + 1 : right] = [told.get(at, "" if at in covered else names[at]) for at in between]
    untold, unnamed = [at for at in covered if not names[at]], missing - {*names}
    if len(untold) == len(unnamed) == 1 and unnamed <= {*lasting}:
        names[untold[0]] = min(unnamed)
    return tuple(names)


def _in_order(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of these (place now, place then) in which the places of then rise."""
    best: list[list[tuple[int, int]]] = []  # by index: the longest part that ends there
    for at, (_, then) in enumerate(places):
        before = [part for part in best if part[-1][1] < then]
        best.append([*max(before, key=len, default=[]), places[at]])
    return max(best, key=len, default=[])


def _told(
    names: Sequence[str],
    between: range,
    then: Sequence[str],
    missing: Collection[str],
    covered: Collection[int],
    empty: Collection[int],
) -> dict[int, str]:
    """The names of the columns of a header ``between`` two that are known, by their places. ``then``: those that stood
    there; ``empty``: places that may be among the ``covered``."""
    places, may_be = [at for at in between if at in covered], [at for at in between if at in covered or at in empty]
    as_then = dict(zip(between, then, strict=False))
    if len(then) == len(between) and all(
        as_then[at] in {"", *missing} if at in may_be else as_then[at] == names[at] for at in between
    ):
        return {at: as_then[at] for at in may_be}
    lost = [name for name in then if name in missing]
    for hit in (places, may_be):
        if len(hit) == len(lost):
            return dict(zip(hit, lost, strict=True))
    return {}


def fell_on(header: Sequence[Raw], writes: Iterable[Write]) -> set[int]:
    """The columns of the row of these writes that stands in the header, whole; of several the one that says most."""
    by_row: dict[int, dict[int, str]] = defaultdict(dict)
    for write in writes:
        by_row[write.row][write.column] = plain(write.value)
    whole = [
        group for group in by_row.values() if all(plain(cell_at(header, at)) == value for at, value in group.items())
    ]
    return {*max(whole, key=lambda group: (sum(map(bool, group.values())), len(group)), default=())}


# What forms and files changed
def unlanded(restores: Iterable[Restore], plan: Plan, seen: Mapping[str, Table]) -> list[Restore]:
    """Those that a write's reply (``seen``) does not show in their rows; the next look tries them again."""
    return [restore for restore in restores if not _stands(restore, plan.tabs.get(restore.tab), seen.get(restore.tab))]


def _stands(restore: Restore, tab_plan: TabPlan | None, table: Table | None) -> bool:
    if tab_plan is None or table is None or restore.header not in table.header:
        return False
    index = restore.row - table.first
    row = table.rows[index] if 0 <= index < len(table.rows) else ()
    at = {header: column for column, header in enumerate(table.header)}
    cells = {header: cell_at(row, at[header]) for header in restore.was if header in at}
    stands = same(cell_at(row, at[restore.header]), restore.value)
    return stands and all(same(value, restore.was[header]) for header, value in cells.items())


def cell_at(row: Sequence[Raw], column: int) -> Raw:
    """A cell of a ragged row; an empty text beyond its end."""
    return row[column] if column < len(row) else ""


def give_back(table: Table, restores: Iterable[Restore], tab: Tab) -> tuple[Table, TabPlan, list[Restore]]:
    """The table with these cells changed, the writes that change them, and the restores that are written, each with the
    row that it goes to. One whose row no longer says what it is to replace is done: it came there, or a person typed
    over it."""
    rows = [list(row) for row in table.rows]
    writes: list[Write] = []
    given: list[Restore] = []
    for restore in restores:
        place = place_of(rows, table, restore, restore.covering)
        if place is not None:
            index, column = place
            writes.append(Write(index + table.first, column, restore.value))
            given.append(replace(restore, row=index + table.first))
            put(rows[index], column, restore.value)
    plan = TabPlan(tab.key, tuple(table.header), tuple(writes), rows=touched(table, writes))
    return (replace(table, rows=rows) if given else table), plan, given


def put(row: list[Raw], column: int, value: Raw) -> None:
    """A cell of a ragged row set."""
    row += [""] * (column + 1 - len(row))
    row[column] = value


def touched(table: Table, writes: Iterable[Write]) -> dict[int, tuple[Raw, ...]]:
    """The rows into which these writes go, as they stand, by number."""
    return {write.row: tuple(table.rows[write.row - table.first]) for write in writes}


def place_of(rows: Sequence[Sequence[Raw]], table: Table, restore: Restore, held: Raw) -> tuple[int, int] | None:
    """The cell (row index, column) of a restore: in the row that looks most like the one that it was, if that holds
    ``held``; nowhere, when no row shares half of what that one held. One that is of none of the restore's marks is
    another, however much it shares."""
    columns = [at for at, header in enumerate(table.header) if header == restore.header]
    if len(columns) != 1:
        return None
    column, at = columns[0], {name: table.header.index(name) for name in restore.was if name in table.header}
    marks = {name: table.header.index(name) for name in restore.marks if name in table.header}
    best, place = (len(restore.was) - 1, False), None
    for index, row in enumerate(rows):
        like = sum(1 for name, i in at.items() if i < len(row) and same(row[i], restore.was[name]))
        holds = same(cell_at(row, column), held)
        score = (2 * like + (index + table.first == restore.row), holds)
        if score > best and not is_of_none({name: cell_at(row, i) for name, i in marks.items()}, restore.marks):
            best, place = score, (index, column) if holds else None
    return place
