"""The archive: issues of sealed months leave the live tab for 问题台账YYYY, and none is lost (DESIGN section 4).

What is over, whose months are all sealed, and which nobody asks about any more, is ripe. Where a row stands is read off
the tabs themselves; the ledger only keeps what was meant, so that a row that left is not taken for a deleted one. A row
that stands in the live tab counts there, whatever the archive says.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sync.core.issues.issues import Stamps
from sync.core.look.reading import LEAVING, Reading
from sync.core.look.rebuilding import adoption
from sync.core.memory import FILED, MOVING, THERE, Archived, Memory, Tables
from sync.core.people.roster import Roster
from sync.core.sheet.identity import NUMBER, Known, Numbers
from sync.core.sheet.rows import Raw, Row, Table, layout_of, plain, read
from sync.core.sheet.tabs import Column, Layout, Tab, locate

KEY = "issues"
SERVICE = ("lines", "notices")  # tabs of the service whose rows move too, a month as a whole


@dataclass(frozen=True)
class ArchivedRow:
    """A row as it stands in an archive tab. ``typed`` are people's raw cells by key."""

    title: str
    rid: str
    row: Row
    layout: Layout

    @property
    def typed(self) -> Mapping[str, Raw]:
        return self.row.parsed.typed


# Tabs
def title_of(tab: Tab, year: int) -> str:
    """The archive tab of a year's rows; of an issue that in which it was received."""
    return f"{tab.title}{year}"


def is_title(tab: Tab, title: str) -> bool:
    return re.fullmatch(re.escape(tab.title) + "20[0-9]{2}", title) is not None


def key_of(tabs: Mapping[str, Tab], title: str) -> str:
    """Of which tab's rows an archive tab is; empty for another tab."""
    return next((key for key in (KEY, *SERVICE, *LEAVING) if key in tabs and is_title(tabs[key], title)), "")


def left_key(tab: Tab, title: str) -> str:
    """By which the ledger calls the rows of a people's tab that left for the archive tab ``title``: duties2026."""
    return f"{tab.key}{title.removeprefix(tab.title)}"


def tab_like(tab: Tab, title: str, header: Sequence[str]) -> Tab:
    """The template of an archive tab: the columns as they stand in the live tab, the bureau's own too."""
    by_header = {column.header: column for column in tab.columns}
    columns = [by_header.get(text) or Column(f"own-{at}", text, "text", "staff", "") for at, text in enumerate(header)]
    return replace(tab, key=left_key(tab, title), title=title, columns=tuple(columns))


def misfit(title: str, tab: Tab, live: Table, there: Table) -> str:
    """Why rows can't be moved between the two tabs as they stand; empty where they can."""
    if _trimmed(live.header) == _trimmed(there.header):
        return ""
    how = f"请把「{title}」第 1 行改成和{tab.title}一样（列的次序也一样）。"
    return f"「{title}」的表头和{tab.title}的不一样，没有归档。{how}"


def _trimmed(header: Sequence[str]) -> list[str]:
    cells = [str(cell).strip() for cell in header]
    while cells and not cells[-1]:
        cells.pop()
    return cells


# Rows in the archive
def archived_rows(tab: Tab, archives: Mapping[str, Table], zone: ZoneInfo) -> Iterator[ArchivedRow]:
    """Every filled row of the archive tabs whose headers can be found; ``rid`` is empty where no number stands."""
    for title, layout, row in rows_of(tab, archives, zone):
        yield ArchivedRow(title, _number(row, layout), row, layout)


def standing_rows(layout: Layout, live: Table, zone: ZoneInfo) -> list[ArchivedRow]:
    """The same of the live tab. A number counts under its own header alone."""
    rows = read(layout, live, zone).rows
    return [ArchivedRow(layout.tab.title, plain(row.seen(layout, "id")), row, layout) for row in rows]


def rows_of(tab: Tab, archives: Mapping[str, Table], zone: ZoneInfo) -> Iterator[tuple[str, Layout, Row]]:
    """The rows of a tab in its archive tabs, each with the title of that and its columns."""
    for title, table in sorted(archives.items()):
        layout = locate(tab, table.header) if is_title(tab, title) else ""
        if isinstance(layout, Layout):
            yield from ((title, layout, row) for row in read(layout, table, zone).rows)


def _number(row: Row, layout: Layout) -> str:
    """The row's number; under whichever header, since a column may have moved while the row was copied."""
    cells = [plain(row.seen(layout, "id")), *(plain(cell) for cell in row.raw)]
    return next((cell for cell in cells if NUMBER.fullmatch(cell)), "")


def chosen(archived: Iterable[ArchivedRow], known: Mapping[str, Known]) -> dict[str, ArchivedRow]:
    """By number the row that counts: of two, the one that says what the ledger knows, else the upper one."""
    groups: dict[str, list[ArchivedRow]] = defaultdict(list)
    for entry in archived:
        if entry.rid:
            groups[entry.rid].append(entry)
    return {rid: min(group, key=lambda entry: not _as_known(entry, known.get(rid))) for rid, group in groups.items()}


def _as_known(entry: ArchivedRow, known: Known | None) -> bool:
    return known is not None and known.cells == entry.typed


# After a move
@dataclass(frozen=True)
class Settlement:
    """What the tabs say of rows that were meant to move. ``there`` arrived; ``stayed`` never left, or are back;
    ``lost`` stand nowhere; ``astray`` came along by mistake, or changed on the way: sheet rows by archive tab."""

    there: tuple[str, ...]
    stayed: tuple[str, ...]
    lost: tuple[str, ...]
    astray: Mapping[str, tuple[int, ...]]


def settlement(memory: Memory, here: Sequence[ArchivedRow], archived: Sequence[ArchivedRow]) -> Settlement:
    """``here``: the rows of the live tab; ``archived``: those of the archive tabs."""
    known, best = memory.known.get(KEY, {}), chosen(archived, memory.known.get(KEY, {}))
    live, moving = {entry.rid for entry in here} - {""}, _moving(memory)
    there = {rid for rid in moving - live if rid in best and _as_known(best[rid], known.get(rid))}
    stayed = (moving & live) | _under_another_number(here, known, moving - live - there).keys()
    disguised = _under_another_number(archived, known, moving - there - stayed)
    astray: dict[str, list[int]] = defaultdict(list)
    for entry in archived:
        if entry in disguised.values() or _is_astray(entry, memory, live, there):
            astray[entry.title].append(entry.row.number)
    coming = {entry.rid for entry in archived if entry.row.number in astray.get(entry.title, ())}
    lost = moving - there - stayed - coming - disguised.keys()
    return Settlement(
        tuple(sorted(there)),
        tuple(sorted(stayed)),
        tuple(sorted(lost)),
        {title: tuple(rows) for title, rows in sorted(astray.items())},
    )


def in_question(memory: Memory, archived: Iterable[ArchivedRow]) -> Iterator[ArchivedRow]:
    """Those of the ``archived`` rows on which a settlement can depend: not the many, more every year, of issues that
    were seen there before, unless such a row says what an issue says that is on its way."""
    known = memory.known.get(KEY, {})
    coming = {frozenset(known[rid].cells.items()) for rid in _moving(memory)}
    for entry in archived:
        mark = memory.archived.get(entry.rid)
        if mark is None or mark.state != THERE or frozenset(entry.typed.items()) in coming:
            yield entry


def _moving(memory: Memory) -> set[str]:
    """The issues that were meant to move and were not seen there yet."""
    known = memory.known.get(KEY, {})
    return {rid for rid, mark in memory.archived.items() if mark.state == MOVING and rid in known}


def _under_another_number(
    rows: Iterable[ArchivedRow], known: Mapping[str, Known], numbers: Collection[str]
) -> dict[str, ArchivedRow]:
    """Of these issues those whose row bears no number or that of another issue, which somebody pasted over it while it
    moved: by its own number."""
    entries: dict[str, ArchivedRow] = {}
    for entry in rows if numbers else ():
        if not _as_known(entry, known.get(entry.rid)):
            rid = next((rid for rid in sorted(numbers) if _as_known(entry, known[rid]) and rid not in entries), "")
            entries |= {rid: entry} if rid else {}
    return entries


def missing(memory: Memory, standing: set[str]) -> list[str]:
    """Issues that were seen in the archive and are not among the numbers ``standing`` in any tab now."""
    filed = {rid for key in FILED for rid in memory.known.get(key, {})}
    there = {rid for rid, archived in memory.archived.items() if archived.state == THERE}
    return sorted(there - filed - standing)


def _is_astray(entry: ArchivedRow, memory: Memory, live: set[str], there: set[str]) -> bool:
    """A row that must not be here: without a number, or of an issue that was not meant to come, or not as it was when
    it was meant to. Numbers that the ledger never knew are old records of people, and none of our business."""
    if not entry.rid:
        return True
    if entry.rid in live or entry.rid in there or entry.rid not in memory.known.get(KEY, {}):
        return False
    mark = memory.archived.get(entry.rid)
    return mark is None or mark.state != THERE


# Looking at everything
def sheets(tables: Tables) -> tuple[dict[str, Table], dict[str, Tab]]:
    """Tables and templates by key with an own tab for each archive, behind the live ones: what an export shows."""
    seen, tabs = dict(tables.seen), dict(tables.tabs)
    for title, table in sorted(tables.archives.items()):
        tab = tab_like(tables.tabs[key_of(tables.tabs, title)], title, table.header)
        seen[tab.key], tabs[tab.key] = replace(table, tab=tab.key), tab
    return seen, tabs


@dataclass(frozen=True)
class FromArchive:
    """Archived issues as they stand, by number: what is known of them, where they are, their stamps and categories;
    ``numbers``: the last number given, by run, theirs included."""

    known: Mapping[str, Known] = field(default_factory=dict)
    archived: Mapping[str, Archived] = field(default_factory=dict)
    stamps: Mapping[str, Stamps] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)


def adopt(reading: Reading, roster: Roster) -> FromArchive:
    """After the ledger was lost: the archived issues as they stand, so that no number is given again and what rests on
    them is found."""
    here, numbers = {row.rid for row in reading.rows.get(KEY, [])}, Numbers(reading.numbers)
    tables, now = reading.tables, reading.now
    rows = chosen(archived_rows(tables.tabs[KEY], tables.archives, reading.zone), {})
    archived = {rid: entry for rid, entry in rows.items() if rid not in here}
    for rid in archived:
        numbers.take(rid)
    stamps = {
        rid: adoption.read_stamps(entry.layout, entry.row, reading.rules, now, roster)
        for rid, entry in archived.items()
    }
    return FromArchive(
        {rid: _known(entry, now) for rid, entry in archived.items()},
        {rid: Archived(rid, entry.title, THERE, now) for rid, entry in archived.items()},
        {rid: known for rid, known in stamps.items() if known},
        {rid: entry.row.cells.get("category", "") for rid, entry in archived.items()},
        numbers.highest,
    )


def _known(entry: ArchivedRow, now: datetime) -> Known:
    marks = {"heard": entry.row.cells.get("reported_at") or now}
    shown = {column.key: entry.row.seen(entry.layout, column.key) for column in entry.layout.tab.service}
    return Known(entry.rid, entry.typed, entry.row.parsed.print, marks, shown=shown)


SheetPlaces = Mapping[tuple[str, int], tuple[str, int]]  # by title and row of a view where a row really stands


def merged(tables: Tables, memory: Memory, zone: ZoneInfo) -> tuple[Tables, Memory, SheetPlaces]:
    """Tables and memory as if no issue had been archived, nor what was filed about it, for a look that keeps nothing;
    and where the rows of this view that were stand."""
    places, seen = dict[tuple[str, int], tuple[str, int]](), dict(tables.seen)
    for key in (KEY, *FILED):
        live = tables.seen.get(key)
        layout = layout_of(tables.tabs[key], live) if key in tables.tabs else ""
        if live is None or isinstance(layout, str):
            continue
        away = _away(tables, memory, layout, live, zone) if key == KEY else _filed_away(tables, layout, live, zone)
        first, rows = live.first + len(live.rows), list(live.rows)
        for number, (title, row) in enumerate(away, start=first):
            places[layout.tab.title, number] = (title, row.number)
            rows.append(_aligned(row, tables.archives[title].header, live.header))
        seen[key] = replace(live, rows=rows)
    return replace(tables, seen=seen), replace(memory, archived={}), places


def _away(tables: Tables, memory: Memory, layout: Layout, live: Table, zone: ZoneInfo) -> Iterator[tuple[str, Row]]:
    """The archived issues that do not stand in the live tab, each with the title of its tab."""
    stand = {plain(row[layout.at["id"]]) for row in live.rows if layout.at["id"] < len(row)}
    best = chosen(archived_rows(layout.tab, tables.archives, zone), memory.known.get(KEY, {}))
    return ((entry.title, entry.row) for rid, entry in sorted(best.items()) if rid not in stand)


def _filed_away(tables: Tables, layout: Layout, live: Table, zone: ZoneInfo) -> Iterator[tuple[str, Row]]:
    """The same of what was filed, but for rows that somebody copied back as they were."""
    stand = Counter(row.parsed.print for row in read(layout, live, zone).rows)
    for title, _, row in rows_of(layout.tab, tables.archives, zone):
        if stand[row.parsed.print] > 0:
            stand[row.parsed.print] -= 1
        else:
            yield title, row


def _aligned(row: Row, header: Sequence[str], live: Sequence[str]) -> tuple[Raw, ...]:
    at = {text: index for index, text in enumerate(header) if text}
    return tuple(row.raw[at[text]] if text in at and at[text] < len(row.raw) else "" for text in live)
