"""Rows known again by the cells that the ledger last read of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from sync.core.sheet.identity import Known, is_another
from sync.core.sheet.landing import cell_at, put, touched
from sync.core.sheet.plan import TabPlan, Write
from sync.core.sheet.rows import Raw, Table, plain
from sync.core.sheet.tabs import Layout


class KnownRows:
    """The rows of a tab as last read, to be known again by their cells. Indexes are made at the first question."""

    def __init__(self, layout: Layout, known: Mapping[str, Known]) -> None:
        self.layout, self.known = layout, known
        self.staff = {layout.at[column.key]: column.key for column in layout.tab.staff if column.key in layout.at}

    @cached_property
    def _by_cell(self) -> Mapping[tuple[str, str], Sequence[str]]:
        by_cell: dict[tuple[str, str], list[str]] = defaultdict(list)
        for rid, known in self.known.items():
            for key, value in known.cells.items():
                by_cell[key, plain(value)].append(rid)
        return by_cell

    def of(self, row: Sequence[Raw], hits: Sequence[int], taken: set[str], planned: str = "") -> Known | None:
        """The row that this one is, going by what stands outside of the covered columns ``hits``: it shares more than
        half of the cells. Of equal rows that of the id that was ``planned`` for it, or that it bears, else the first
        that is not ``taken``."""
        if self.layout.tab.rows:
            return self._by_key(row)
        typed = self._typed(row, hits)
        mine, is_id_hit = _texts(typed), self.layout.at.get(self.layout.tab.id) in hits
        claim = self.claim(row)
        best: tuple[int, bool, bool, bool] = (0, False, False, False)
        match = None
        for rid in self._candidates(mine, claim):
            known = self.known[rid]
            if is_another(typed, known.cells, self.layout.tab.identity):
                continue
            like = sum(1 for key, text in mine.items() if plain(known.cells.get(key)) == text)
            others = [key for key in known.cells if self.layout.at.get(key) not in hits]
            score = (2 * like - max(len(mine), len(others)), rid == planned, rid == claim, rid not in taken)
            if score > best and (score[0] > 0 or (rid == claim and not is_id_hit)):
                best, match = score, known
        return match

    def is_part(self, row: Sequence[Raw], known: Known) -> bool:
        """Whether a row carries the id, or holds nothing but what the known one held."""
        mine = _texts(self._typed(row, ()))
        return self.claim(row) == known.rid or all(plain(known.cells.get(key)) == text for key, text in mine.items())

    def _by_key(self, row: Sequence[Raw]) -> Known | None:
        """A row that the service fills, by its key; people may have typed nothing beside it yet."""
        key = [plain(cell_at(row, self.layout.at[name])) for name in self.layout.tab.rows]
        return self.known.get("·".join(key)) or (Known("·".join(key), {}, "") if all(key) else None)

    def _typed(self, row: Sequence[Raw], hits: Sequence[int]) -> dict[str, Raw]:
        cells = {key: cell_at(row, at) for at, key in self.staff.items() if at not in hits}
        return {key: cell for key, cell in cells.items() if cell not in ("", None)}

    def claim(self, row: Sequence[Raw]) -> str:
        at = self.layout.at.get(self.layout.tab.id, -1)
        return plain(cell_at(row, at)) if at >= 0 else ""

    def _candidates(self, mine: Mapping[str, str], claim: str) -> list[str]:
        """Ids of rows that share the rarest cell, and the one that is named, in the order in which they are known."""
        named = [claim] if claim in self.known else []
        groups = [self._by_cell.get(pair, ()) for pair in mine.items()]
        shared = [rid for group in sorted((group for group in groups if group), key=len)[:3] for rid in group]
        return [*dict.fromkeys([*named, *shared])]


def _texts(typed: Mapping[str, Raw]) -> dict[str, str]:
    texts = {key: plain(cell) for key, cell in typed.items()}
    return {key: text for key, text in texts.items() if text}


def completed(layout: Layout, table: Table, wanted: Mapping[str, Known]) -> tuple[Table, TabPlan]:
    """The table with the empty cells filled of rows that were put back while columns moved, and the writes that fill
    them. ``wanted``: the rows that somebody wants back, by id, as they were."""
    rows, memory, writes = [list(row) for row in table.rows], KnownRows(layout, wanted), list[Write]()
    for index, row in enumerate(rows):
        known = memory.of(row, (), set())
        if known is not None and memory.is_part(row, known):
            for key, value in known.cells.items():
                at = layout.at.get(key)
                if at is not None and cell_at(row, at) in ("", None):
                    put(row, at, value)
                    writes.append(Write(index + table.first, at, value))
    tab_plan = TabPlan(table.tab, tuple(table.header), tuple(writes), rows=touched(table, writes))
    return (replace(table, rows=rows) if writes else table), tab_plan
