"""Which cells that forms and files changed stand in their rows, though the write that brought them may have fallen on
others (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from sync.core.sheet.identity import Known, is_of_none
from sync.core.sheet.known_rows import KnownRows
from sync.core.sheet.landing import heading, place_of
from sync.core.sheet.plan import Comparable, Cover, Restore, comparable, same
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Layout

Fallen = Collection[tuple[str, Comparable]]  # header and value of each cell that covers brought


def standing(
    layout: Layout, table: Table, restores: Iterable[Restore], covers: Iterable[Cover], known: Mapping[str, Known]
) -> list[Restore]:
    """Those that stand in their rows already, though a look before could not tell: the row was changed in the gap.
    ``known``: the rows as last read, by id: one that held something else then is another row."""
    written = ((cover.header, write) for cover in covers for write in cover.writes)
    fallen = {(heading(header, write.column), comparable(write.value)) for header, write in written}
    memory = KnownRows(layout, known)
    return [
        restore
        for restore in restores
        if place_of(table.rows, table, restore, restore.covering) is None
        and (place := place_of(table.rows, table, restore, restore.value)) is not None
        and not _is_another(layout, table.rows[place[0]], place[1], restore, fallen, memory)
    ]


def without(cover: Cover, restores: Iterable[Restore]) -> Cover:
    """The cover without the writes by which these restores came to stand where they were to: those covered nothing."""
    done = {(restore.row, restore.header, comparable(restore.value)) for restore in restores}
    if not done:
        return cover
    name = partial(heading, cover.planned)
    writes = [write for write in cover.writes if (write.row, name(write.column), comparable(write.value)) not in done]
    return replace(cover, writes=tuple(writes))


def _is_another(
    layout: Layout, row: Sequence[Raw], column: int, restore: Restore, fallen: Fallen, memory: KnownRows
) -> bool:
    """Whether a row was of none of a restore's marks, or held neither what it was to replace nor what it brought."""
    read = _as_read(layout, row, fallen, memory)
    if read is None:
        return False
    headers = {key: layout.tab.by_key[key].header for key in read.cells if key in layout.tab.by_key}
    if is_of_none({headers[key]: value for key, value in read.cells.items() if key in headers}, restore.marks):
        return True
    held = [read.cells.get(key, "") for key, place in layout.at.items() if place == column]
    return any(not same(cell, restore.covering) and not same(cell, restore.value) for cell in held)


def _as_read(layout: Layout, row: Sequence[Raw], fallen: Fallen, memory: KnownRows) -> Known | None:
    """The row as last read, known by its cells without those that fell on it, else by its number."""
    hits = [at for at, cell in enumerate(row) if (heading(layout.header, at), comparable(cell)) in fallen]
    return memory.of(row, hits, set()) or memory.known.get(memory.claim(row))
