"""The rows that came to a tab since the last look, read without the rest of the tab.

A tab is read as a whole once. From then on its last row is read again with what stands below it: where that row is
another one, rows were moved, and the tab is to be read as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sync.core.sheet.landing import cell_at
from sync.core.sheet.rows import Raw, Table, fingerprint, layout_of, plain
from sync.core.sheet.tabs import Layout
from sync.sheets.gateway import Gateway

RawRow = Sequence[Raw]


@dataclass(frozen=True)
class TabEnd:
    """How far a tab was read: its header, the sheet number and fingerprint of its last row, and the rows that the
    ledger did not know then."""

    header: tuple[str, ...]
    number: int
    print: str
    new: Sequence[RawRow]
    prints: Collection[str]  # of the rows that it knew


@dataclass
class NewRows:
    """How far each tab was read through a gateway, by key. For one thread at a time."""

    gateway: Gateway
    _ends: dict[str, TabEnd] = field(default_factory=dict)

    def read(self, key: str, prints: Collection[str]) -> Table | None:
        """The tab's header with the rows that the ledger does not know (``prints``: the fingerprints of those that it
        knows); None where the whole must be read. Raises ``Unreachable``."""
        end = self._ends.pop(key, None)
        table = self.gateway.read_end(key, end.number, len(end.header)) if end else None
        if end is None or table is None or table.header != end.header or not table.rows:
            return None
        layout = layout_of(self.gateway.tabs[key], table)
        if isinstance(layout, str) or _print(layout, table.rows[0]) != end.print:
            return None
        earlier = end.new if end.prints is prints else _unknown(layout, end.new, prints)
        end = _end(layout, table, [*earlier, *_unknown(layout, table.rows[1:], prints)], prints)
        self._ends[key] = end
        return Table(key, end.header, end.new)

    def note(self, table: Table, prints: Collection[str]) -> None:
        """A tab that was read as a whole."""
        layout = layout_of(self.gateway.tabs[table.tab], table)
        if table.rows and not isinstance(layout, str):
            self._ends[table.tab] = _end(layout, table, _unknown(layout, table.rows, prints), prints)


def _end(layout: Layout, table: Table, new: Sequence[RawRow], prints: Collection[str]) -> TabEnd:
    """The end of a tab as it was read now."""
    at = next((at for at in reversed(range(len(table.rows))) if _is_filled(table.rows[at])), 0)
    return TabEnd(table.header, table.first + at, _print(layout, table.rows[at]), new, prints)


def _unknown(layout: Layout, rows: Iterable[RawRow], prints: Collection[str]) -> list[RawRow]:
    """Those of which the ledger knows no row with that fingerprint."""
    return [row for row in rows if _is_filled(row) and not _has_id(layout, row) and _print(layout, row) not in prints]


def _print(layout: Layout, row: RawRow) -> str:
    """As a look takes it (``rows.parse``): a cell of blanks is empty."""
    cells = {key: _cell(layout, row, key) for key in layout.tab.identity or layout.tab.rows}
    return fingerprint(layout.tab, {key: "" if plain(cell).strip() == "" else cell for key, cell in cells.items()})


def _cell(layout: Layout, row: RawRow, key: str) -> Raw:
    return cell_at(row, layout.at.get(key, len(row)))


def _is_filled(row: RawRow) -> bool:
    return any(cell not in ("", None) for cell in row)


def _has_id(layout: Layout, row: RawRow) -> bool:
    return bool(layout.tab.id) and plain(_cell(layout, row, layout.tab.id)) != ""
