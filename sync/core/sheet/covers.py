"""Cells of people that a write of ours covered, given back (DESIGN section 6).

A write goes to coordinates. When columns were inserted or moved before it arrived, it fell under other headers; when
rows were, on other rows. What a row held before is known: the ledger remembers every row's cells as last read. So a
person's cell that holds what such a write brought, and held something else before, was covered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.core.sheet.former_columns import place_then
from sync.core.sheet.identity import Known
from sync.core.sheet.known_rows import KnownRows
from sync.core.sheet.landing import cell_at, heading, id_place, is_service, is_watched, put, touched
from sync.core.sheet.plan import Comparable, Cover, Plan, TabPlan, Write, comparable
from sync.core.sheet.rows import Raw, Table, plain
from sync.core.sheet.tabs import Layout, Tab

MOST_COMPARED = 200  # rows that a write fell into: beyond it a row is not held against each of them
EMPTY = {"", None}


@dataclass(frozen=True)
class Uncovered:
    """The table with people's cells back in it, the writes that give them back, and the covers of which no cell stands
    there any more; the others stay open until a look sees none."""

    table: Table
    plan: TabPlan
    settled: tuple[Cover, ...] = ()


def uncover(layout: Layout, table: Table, covers: Sequence[Cover], known: Mapping[str, Known]) -> Uncovered:
    """People's cells that these writes covered, as they were. ``known``: the rows as last read, by id. A covered cell
    of a row that nobody has read before is emptied: what stood there is not known."""
    rows = [list(row) for row in table.rows]
    memory, written, settled = KnownRows(layout, known), dict[tuple[int, int], Raw](), list[Cover]()
    for cover in reversed(covers):  # the last write first, so that each is held against what it met
        cells = list(_covered(layout, rows, table.first, cover, memory))
        for index, column, value in cells:
            put(rows[index], column, value)
            written[index, column] = value
        if not cells:
            settled.append(cover)
    writes = tuple(Write(index + table.first, column, value) for (index, column), value in written.items())
    given_back = replace(table, rows=rows) if written else table  # by this a row is known, should this write fall too
    tab_plan = TabPlan(table.tab, tuple(table.header), writes, rows=touched(given_back, writes))
    return Uncovered(given_back, tab_plan, tuple(settled))


Mark = str | frozenset[tuple[str, Comparable]]  # the id of a row, or its cells; empty: it has neither


class Marks:
    """What tells the rows of a tab from each other: the id of each, else the filled cells that make it that row, by
    header, but those that a cover wrote: whoever pastes the row as it was before means the same one."""

    def __init__(self, layout: Layout, table: Table, known: Collection[str]) -> None:
        """``known``: the ids of rows that come back."""
        self.layout, self.table, self.known = layout, table, known
        self._by_columns: dict[frozenset[str], set[Mark]] = {}

    def is_back(self, cover: Cover) -> bool:
        """Whether a row into which a cover fell is in the tab."""
        fallen = self._fallen_into(cover)
        return bool(fallen) and not self._there(cover).isdisjoint(fallen.values())

    def part_away(self, cover: Cover) -> Cover | None:
        """What of a cover fell into cells of people in rows that are not in the tab; None where all are there."""
        fallen = self._fallen_into(cover)
        there = self._there(cover) if fallen else set()
        away = {row: mark for row, mark in fallen.items() if mark not in there and self._can_come(mark)}
        return self._in_rows(cover, away) if away else None

    def _can_come(self, mark: Mark) -> bool:
        return not isinstance(mark, str) or mark in self.known

    def _fallen_into(self, cover: Cover) -> dict[int, Mark]:
        """The marks of the rows in which it fell into cells of people, by number, as far as they were seen."""
        hit = {write.row for write in cover.writes if not is_service(self.layout.tab, cover.header, write.column)}
        mark = _marker(self.layout.tab, cover.header, _columns_written(cover))
        marks = {number: mark(fell) for number, fell in cover.fell.items() if number in hit}
        return {number: mark for number, mark in marks.items() if mark}

    def _there(self, cover: Cover) -> set[Mark]:
        written = _columns_written(cover)
        if written not in self._by_columns:
            mark = _marker(self.layout.tab, self.layout.header, written)
            self._by_columns[written] = set(map(mark, self.table.rows))
        return self._by_columns[written]

    def _in_rows(self, cover: Cover, rows: Mapping[int, Mark]) -> Cover:
        """What of it fell into these rows, with those of then that bear their marks: it may wait for long, and an
        answer remembers its whole tab."""
        mark, marks = _marker(self.layout.tab, cover.planned, _columns_written(cover)), set(rows.values())
        writes = tuple(write for write in cover.writes if write.row in rows)
        then = {number: row for number, row in cover.rows.items() if mark(row) in marks}
        return replace(cover, writes=writes, rows=then, fell={number: cover.fell[number] for number in rows})


def _marker(tab: Tab, header: Sequence[str], aside: Collection[str]) -> Callable[[Sequence[Raw]], Mark]:
    """What gives the mark of a row under this header. ``aside``: names of columns that don't count."""
    at, identity = id_place(tab, header), {tab.by_key[key].header for key in tab.identity} - set(aside)
    names = [(column, heading(header, column)) for column in range(len(header))]
    here = [(column, name) for column, name in names if name in identity]

    def mark(row: Sequence[Raw]) -> Mark:
        rid = plain(cell_at(row, at)) if at >= 0 else ""
        filled = ((name, cell_at(row, column)) for column, name in here)
        return rid or frozenset((name, comparable(cell)) for name, cell in filled if cell not in EMPTY)

    return mark


def _columns_written(cover: Cover) -> frozenset[str]:
    return frozenset(heading(cover.header, write.column) for write in cover.writes)


def _covered(
    layout: Layout, rows: Sequence[Sequence[Raw]], first: int, cover: Cover, memory: KnownRows
) -> Iterator[tuple[int, int, Raw]]:
    """Row index, column and former value of each covered cell."""
    places, taken = _places(layout, rows, cover), set[str]()
    every, numbers = _hits(layout, rows, cover, places)
    claims = Counter(memory.claim(row) for row in rows) if every else Counter[str]()
    for index, hits in every.items():
        row = rows[index]
        if cover.is_given_back and not _whole(layout, row, cover):
            continue  # what it brought is gone: a person typed some of the same
        is_sure = claims[memory.claim(row)] == 1 or layout.at.get(layout.tab.id) in hits
        then = numbers.get(index)
        planned = (
            _id_then(layout, cover, then, hits)
            if then is not None
            else _id_planned(layout, cover, index + first, row, hits)
        )
        known = memory.of(row, hits, taken, "" if is_sure else planned)
        if known is None:
            yield from _of_unknown(layout, index, row, hits, cover)
        else:
            taken.add(known.rid)
            yield from _of_known(layout, index, row, hits, cover, known)


Places = Mapping[int, Mapping[Comparable, set[int]]]  # by column: what fell into it, and into which rows


def _hits(
    layout: Layout, rows: Sequence[Sequence[Raw]], cover: Cover, places: Places
) -> tuple[dict[int, list[int]], dict[int, int]]:
    """Columns that hold what fell into them, by row index, and the numbers of such rows then (``_numbers_then``). Where
    the row that a write fell into was seen, only the row that looks most like it counts: every other holds the same by
    a person's hand."""
    every = ((index, _hit_columns(row, places)) for index, row in enumerate(rows))
    numbers = {index: by_column for index, by_column in every if by_column}
    seen = {**_fell_into(layout, rows, cover, numbers), **_came_with(layout, rows, cover, numbers, places)}
    hits = {
        index: [column for column, into in by_column.items() if any(index in seen.get(n, (index,)) for n in into)]
        for index, by_column in numbers.items()
    }
    return {index: columns for index, columns in hits.items() if columns}, _numbers_then(cover, seen)


def _numbers_then(cover: Cover, seen: Mapping[int, set[int]]) -> dict[int, int]:
    """By row index, the number that the row had right after the write: of each pair that look like each other alone."""
    alike = {number: indexes for number, indexes in seen.items() if number in cover.fell}
    times = Counter(index for indexes in alike.values() for index in indexes)
    alone = {next(iter(indexes)): number for number, indexes in alike.items() if len(indexes) == 1}
    return {index: number for index, number in alone.items() if times[index] == 1}


def _hit_columns(row: Sequence[Raw], places: Places) -> dict[int, set[int]]:
    """By column that holds what fell into it, the numbers of the rows into which that fell."""
    cells = ((column, values, comparable(cell_at(row, column))) for column, values in places.items())
    return {column: values[value] for column, values, value in cells if value in values}


def _fell_into(
    layout: Layout, rows: Sequence[Sequence[Raw]], cover: Cover, numbers: Mapping[int, Mapping[int, set[int]]]
) -> dict[int, set[int]]:
    """The rows (indexes) that look most like those that writes fell into, by the number of the latter; half of their
    cells are the same at least. Those that bear the same id, where any does: another row may be a copy of what it was,
    with cells that a person typed there; what the service alone says nobody types, and it is a copy of that. Nothing
    where nobody saw under which header they fell."""
    if len(cover.fell) > MOST_COMPARED:
        return {}
    if not cover.header:
        return {}
    written = {write.column for write in cover.writes}
    peoples = {column for column in written if not is_service(layout.tab, cover.planned, column)}
    ours = cover.fell.keys() - {write.row for write in cover.writes if write.column in peoples}
    pairs = [(here, there) for here, there in _pairs(layout, cover.header, ()) if there not in written]
    into = {index: set[int]().union(*by_column.values()) for index, by_column in numbers.items()}
    best = {}
    for number, fell in cover.fell.items():
        alike = {index: _unlike(rows[index], fell, pairs) for index in into if number in into[index]}
        least = min(alike.values(), default=1.0)
        if least > 0:  # the row itself may hold nothing of it any more
            least = min((_unlike(row, fell, pairs) for row in rows), default=least)
        half = {index for index, unlike in alike.items() if unlike <= 0.5}
        equal = {index for index in half if alike[index] == least}
        bearers = {index for index in half if _bears_id_of(layout, rows[index], fell, cover)}
        best[number] = bearers | equal if number in ours else bearers or equal
    return best


def _came_with(
    layout: Layout,
    rows: Sequence[Sequence[Raw]],
    cover: Cover,
    numbers: Mapping[int, Mapping[int, set[int]]],
    places: Places,
) -> dict[int, set[int]]:
    """The rows (indexes) that may be an added one, by its number: they hold more than half of it, and not all of it
    under its headers already. It went into a row of its own, and covered nothing of another."""
    added: dict[int, list[Write]] = defaultdict(list)
    for write in cover.writes:
        if write.row <= 0:
            added[write.row].append(write)
    return {
        number: {
            index
            for index, by_column in numbers.items()
            if 2 * sum(number in into for into in by_column.values()) > _number_placed(writes, places)
            and not _stands_as_meant(layout, rows[index], cover, writes)
        }
        for number, writes in added.items()
    }


def _number_placed(writes: Iterable[Write], places: Places) -> int:
    """How many of these writes fell into a column of people that can be told."""
    values = {value for by_value in places.values() for value in by_value}
    return sum(comparable(write.value) in values for write in writes)


def _stands_as_meant(layout: Layout, row: Sequence[Raw], cover: Cover, writes: Iterable[Write]) -> bool:
    """Whether a row holds each of these writes of people's cells under the header for which it was meant; its number
    may have been typed over since."""
    at, nowhere = {name.strip(): place for place, name in enumerate(layout.header)}, max(len(row), len(layout.header))
    meant = ((at.get(heading(cover.planned, write.column), nowhere), write.value) for write in writes)
    return all(
        comparable(cell_at(row, place)) == comparable(value) for place, value in meant if _is_peoples(layout, place)
    )


def _bears_id_of(layout: Layout, row: Sequence[Raw], fell: Sequence[Raw], cover: Cover) -> bool:
    """Whether a row bears the id of the row that a write fell into."""
    here, there = layout.at.get(layout.tab.id, -1), id_place(layout.tab, cover.header)
    return here >= 0 and there >= 0 and plain(cell_at(row, here)) == plain(cell_at(fell, there)) != ""


def _unlike(row: Sequence[Raw], other: Sequence[Raw], pairs: Iterable[tuple[int, int]]) -> float:
    """The share of the filled cells in which two rows differ."""
    filled = [(here, there) for here, there in pairs if {cell_at(row, here), cell_at(other, there)} - EMPTY]
    return _differing(row, other, filled) / len(filled) if filled else 0.0


def _pairs(layout: Layout, header: Sequence[str], aside: Collection[int]) -> list[tuple[int, int]]:
    """People's columns here and under another header row, by name, but those ``aside``."""
    there = {name.strip(): at for at, name in enumerate(header) if name.strip()}
    here = ((at, heading(layout.header, at)) for at in range(len(layout.header)))
    return [(at, there[name]) for at, name in here if name in there and at not in aside and _is_peoples(layout, at)]


def _differing(row: Sequence[Raw], other: Sequence[Raw], pairs: Iterable[tuple[int, int]]) -> int:
    return sum(1 for here, there in pairs if comparable(cell_at(row, here)) != comparable(cell_at(other, there)))


def _of_known(
    layout: Layout, index: int, row: Sequence[Raw], hits: Sequence[int], cover: Cover, known: Known
) -> Iterator[tuple[int, int, Raw]]:
    keys = {at: key for key, at in layout.at.items()}
    for column in hits:
        seen = _as_seen(layout, row, column, hits, cover, known.rid) if _is_peoples(layout, column) else known.rid
        before = known.cells.get(keys.get(column, ""), "") if seen is None else seen
        if comparable(before) != comparable(cell_at(row, column)):
            yield index, column, before


def _of_unknown(
    layout: Layout, index: int, row: Sequence[Raw], hits: Sequence[int], cover: Cover
) -> Iterator[tuple[int, int, Raw]]:
    """The cells of a row that was not known: emptied where all that one row was given stands in it, or where nothing
    else does."""
    people = [at for at in range(len(row)) if at not in hits and row[at] not in ("", None) and _is_peoples(layout, at)]
    if people and not _whole(layout, row, cover):
        return
    for column in hits:
        before = (_as_seen(layout, row, column, hits, cover) if _is_peoples(layout, column) else "") or ""
        if comparable(before) != comparable(cell_at(row, column)):
            yield index, column, before


def _id_planned(layout: Layout, cover: Cover, number: int, row: Sequence[Raw], hits: Sequence[int]) -> str:
    """The id that the row of this number had or was given by the write, where that row stands there; else empty."""
    was, fell, at = cover.rows.get(number), cover.fell.get(number), id_place(layout.tab, cover.planned)
    if was is None or at < 0 or _differing(row, was, _pairs(layout, cover.planned, hits)):
        return ""
    is_there = fell is None or not _differing(row, fell, _pairs(layout, cover.header, ()))
    return plain(cell_at(was, at)) if is_there else ""


def _id_then(layout: Layout, cover: Cover, number: int, hits: Sequence[int]) -> str:
    """The id that the row of this number had or was given by the write, where that fell into the same row by its other
    cells of people; else empty."""
    was, at = cover.rows.get(number), id_place(layout.tab, cover.planned)
    if was is None or at < 0:
        return ""
    planned = dict(_pairs(layout, cover.planned, hits))
    pairs = [(then, planned[now]) for now, then in _pairs(layout, cover.header, hits) if now in planned]
    return "" if _differing(cover.fell[number], was, pairs) else plain(cell_at(was, at))


def _is_peoples(layout: Layout, column: int) -> bool:
    return not is_service(layout.tab, layout.header, column)


def _whole(layout: Layout, row: Sequence[Raw], cover: Cover) -> bool:
    """Whether a row holds all that the cover brought to one row."""
    by_row: dict[int, list[Write]] = defaultdict(list)
    for write in cover.writes:
        by_row[write.row].append(write)
    width = max(len(row), len(layout.header))
    columns = {write.column: _columns(layout, cover, write.column, width) for write in cover.writes}
    return any(
        all(
            any(comparable(cell_at(row, at)) == comparable(write.value) for at in columns[write.column])
            for write in group
        )
        for group in by_row.values()
    )


# Columns
def _places(layout: Layout, rows: Sequence[Sequence[Raw]], cover: Cover) -> dict[int, dict[Comparable, set[int]]]:
    """The values that fell into each column of people, with the numbers of their rows, by where that column stands
    now."""
    width = max(len(layout.header), max((len(row) for row in rows), default=0))
    columns = {column: _columns(layout, cover, column, width) for column in {write.column for write in cover.writes}}
    places: dict[int, dict[Comparable, set[int]]] = defaultdict(lambda: defaultdict(set))
    for write in cover.writes:
        for at in columns[write.column]:
            places[at][comparable(write.value)].add(write.row)
    return {at: dict(values) for at, values in places.items()}


def _columns(layout: Layout, cover: Cover, column: int, width: int) -> list[int]:
    """Where the column of a write stands now: under the same header, else wherever a header stands that was not there
    then. Under no header: the columns without one as well. Where nobody saw under which header it fell: anywhere."""
    if not cover.header:
        return [at for at in range(width) if is_watched(layout.tab, layout.header, at)]
    header, now = heading(cover.header, column), [heading(layout.header, at) for at in range(width)]
    same_name = [at for at, name in enumerate(now) if name == header]
    then = [name.strip() for name in cover.header]
    there = [at for at in same_name if is_watched(layout.tab, layout.header, at)]
    if header and same_name and then.count(header) == 1:
        return there
    renamed = [at for at, name in enumerate(now) if name and name not in then and _is_peoples(layout, at)]
    return [*there, *renamed]


def _as_seen(layout: Layout, row: Sequence[Raw], column: int, hits: Sequence[int], cover: Cover, rid: str = "") -> Raw:
    """What the row held in a column when the write was planned, going by the row of then that shares most of its cells,
    and more than half; None where none does, or equal ones held different things. ``rid``: its id, where that is known:
    a row of then that bore another is another."""
    at = place_then(layout.header, cover.planned, column)
    if at is None:
        return None
    pairs = _pairs(layout, cover.planned, hits)
    best, values = 0, list[Raw]()
    for was in _rows_of_then(layout, cover, rid, row, hits):
        filled = [(here, there) for here, there in pairs if cell_at(was, there) not in ("", None)]
        like = len(filled) - _differing(row, was, filled)
        if 2 * like > len(filled) and like >= best:
            best, values = like, [*(values if like == best else ()), cell_at(was, at)]
    return values[0] if values and all(comparable(value) == comparable(values[0]) for value in values) else None


def _rows_of_then(
    layout: Layout, cover: Cover, rid: str, row: Sequence[Raw], hits: Sequence[int]
) -> Iterable[tuple[Raw, ...]]:
    """The rows as they were when the write was planned; of one whose id is known those that bore it, else those without
    an id that hold the cells by which it is that row."""
    at, every = id_place(layout.tab, cover.planned), cover.rows.values()
    if at < 0 or not rid:
        return every
    bearers = [was for was in every if plain(cell_at(was, at)) == rid]
    identity = {layout.at[key] for key in layout.tab.identity if key in layout.at}
    pairs = [(here, there) for here, there in _pairs(layout, cover.planned, hits) if here in identity]
    return bearers or [was for was in every if plain(cell_at(was, at)) == "" and not _differing(row, was, pairs)]


# What a plan must remember for it
def with_own_cells(plan: Plan, seen: Mapping[str, Table], tabs: Mapping[str, Tab]) -> Plan:
    """The plan with every row that has cells in columns of the bureau's own, which the ledger remembers nowhere
    else; a hidden tab has none."""
    wanted = (key for key in plan.tabs if key in seen and not tabs[key].hidden)
    with_rows = {key: _with_own(plan.tabs[key], seen[key], tabs[key]) for key in wanted}
    return replace(plan, tabs={**plan.tabs, **with_rows})


def _with_own(tab_plan: TabPlan, table: Table, tab: Tab) -> TabPlan:
    names = {column.header for column in tab.columns}
    width = max((len(row) for row in table.rows), default=0)
    own = [at for at in range(width) if heading(table.header, at) not in names]
    if not own:
        return tab_plan
    rows = {
        number: tuple(row)
        for number, row in enumerate(table.rows, table.first)
        if any(cell_at(row, at) not in ("", None) for at in own)
    }
    return replace(tab_plan, rows={**rows, **tab_plan.rows})
