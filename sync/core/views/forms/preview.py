"""What the next look would say of a row that is not in the sheet yet: the same ``decide``, and nothing kept of it.

Pure. A form shows it before the row is written (what is wrong, field by field) and after (number, deadline, who).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sync.core.look.decide import look as look_at
from sync.core.look.decide import look_at_rows
from sync.core.look.findings import RowLook
from sync.core.memory import FactsWanted, Memory, RowFailed, Tables
from sync.core.rules.rules import Rules
from sync.core.sheet.plan import filled_row, to_raw
from sync.core.sheet.problems import by_column
from sync.core.sheet.rows import Raw, Table, layout_of, parse
from sync.core.sheet.tabs import Layout, Tab
from sync.core.views.forms.concerned import concerned
from sync.core.views.forms.row_index import RowIndex


class NoTab(ValueError):
    """The tab can't be found, or its headers can't; the sentence says what to mend."""


@dataclass(frozen=True)
class Preview:
    """``faults``: a sentence by column key ("" for what concerns no single one). ``shown``: the service's cells as the
    look would write them, typed (``deadline`` a serial)."""

    faults: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)


def present_layout(tables: Tables, key: str) -> Layout:
    """Where the columns stand now. Raises ``NoTab``."""
    layout = layout_of(tables.tabs[key], tables.seen.get(key))
    if isinstance(layout, str):
        raise NoTab(layout)
    return layout


def preview(tables: Tables, memory: Memory, rules: Rules, now: datetime, key: str, row: Mapping[str, Raw]) -> Preview:
    """What a look at ``now`` would say with this row (raw cells by column key) at the end of its tab.

    ``memory`` is left as it is. Raises ``NoTab``, ``FactsWanted``.
    """
    layout = present_layout(tables, key)
    table, number = _with_row(tables.seen[key], filled_row(layout, row))
    return _shown(look_at(Tables(tables.tabs, {**tables.seen, key: table}), memory, rules, now), key, number)


def preview_alone(
    index: RowIndex,
    tabs: Mapping[str, Tab],
    new: Table,
    memory: Memory,
    rules: Rules,
    now: datetime,
    row: Mapping[str, Raw],
) -> Preview | None:
    """As ``preview``, by the rows alone that have a say in this one, as the last look knew them. ``new``: the tab's
    header, and the rows that came since; ``index``: of the memory, or of one before. None where all must be looked at.
    Raises ``NoTab``."""
    key = new.tab
    layout = present_layout(Tables(tabs, {key: new}), key)
    day = now.astimezone(rules.bureau.zone).date()
    about = concerned(index, memory, rules, layout, day, row, new.rows)
    if about is None:
        return None
    table, number = _with_row(replace(new, rows=about.rows), filled_row(layout, row))
    try:
        look = look_at_rows(Tables(tabs, {key: table}), about.memory, rules, now)
    except (RowFailed, FactsWanted):  # a look at all sets it aside; or more must be known of the issue that it names
        return None
    index.memo = look.reading.memo.closed()
    return _shown(look, key, number)


def _with_row(table: Table, row: Sequence[Raw]) -> tuple[Table, int]:
    """The tab with a row at its end, and the number of that row."""
    return replace(table, rows=[*table.rows, row]), table.first + len(table.rows)


def _shown(look: RowLook, key: str, number: int) -> Preview:
    last = next((row for row in look.rows[key] if row.number == number), None)
    if last is None:
        return Preview()
    problems, cells = look.shown(key, last.rid)
    zone = look.rules.bureau.zone
    return Preview(by_column(problems), {name: to_raw(value, zone) for name, value in cells.items() if value != ""})


def faults(tables: Tables, rules: Rules, key: str, row: Mapping[str, Raw]) -> Mapping[str, str]:
    """What is wrong with single cells, by their reading alone: for when the memory can't be had. Raises ``NoTab``."""
    layout = present_layout(tables, key)
    return by_column(parse(layout, filled_row(layout, row), rules.bureau.zone).problems)
