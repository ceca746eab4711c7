"""What the next look would say of a row that is not in the sheet yet: the same ``decide``, and nothing kept of it.

Pure. A form shows it before the row is written (what is wrong, field by field) and after (number, deadline, who).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sync.core.look.decide import Look, take
from sync.core.memory import Memo, Memory, Tables
from sync.core.rules.rules import Rules
from sync.core.sheet import serials
from sync.core.sheet.rows import Raw, Reader, Table
from sync.core.sheet.tabs import Layout, Tab, locate


class NoTab(ValueError):
    """The tab can't be found, or its headers can't; the sentence says what to mend."""


@dataclass(frozen=True)
class Preview:
    """``faults``: a sentence by column key ("" for what concerns no single one). ``shown``: the service's cells as the
    look would write them, typed (``deadline`` a serial)."""

    faults: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)


def layout_of(tables: Tables, key: str) -> Layout:
    """Where the columns stand now. Raises ``NoTab``."""
    table = tables.seen.get(key)
    layout = locate(tables.tabs[key], table.header) if table else f"工作簿里没有「{tables.tabs[key].title}」。"
    if isinstance(layout, str):
        raise NoTab(layout)
    return layout


def preview(tables: Tables, memory: Memory, rules: Rules, now: datetime, key: str, row: Mapping[str, Raw]) -> Preview:
    """What a look at ``now`` would say with this row (raw cells by column key) at the end of its tab.

    ``memory`` is left as it is. Raises ``NoTab``.
    """
    layout = layout_of(tables, key)
    table = tables.seen[key]
    grown = Table(table.tab, table.header, [*table.rows, _placed(layout, row)], table.first)
    look = Look(
        Tables(tables.tabs, {**tables.seen, key: grown}),
        replace(memory, memo=_aside(memory.memo)),
        rules,
        now.astimezone(rules.bureau.zone),
    )
    take(look)
    return _said(look, layout, table.first + len(table.rows))


def faults(tables: Tables, rules: Rules, key: str, row: Mapping[str, Raw]) -> dict[str, str]:
    """What is wrong with single cells, by their reading alone: for when the memory can't be had. Raises ``NoTab``."""
    layout = layout_of(tables, key)
    parsed = Reader(layout, rules.bureau.zone).parse(_placed(layout, row))
    return by_column("".join(parsed.problems), layout.tab)


def _placed(layout: Layout, row: Mapping[str, Raw]) -> tuple[Raw, ...]:
    placed: list[Raw] = [""] * (max(layout.at.values()) + 1)
    for name, value in row.items():
        placed[layout.at[name]] = value
    return tuple(placed)


def _aside(memo: Memo) -> Memo:
    """The same savings in containers of their own: what this look finds is not to be found by the next."""
    readers = {key: Reader(reader.layout, reader.zone, list(reader.last)) for key, reader in memo.readers.items()}
    return replace(
        memo,
        readers=readers,
        followed=dict(memo.followed),
        checked={key: dict(group) for key, group in memo.checked.items()},
        settled={key: dict(group) for key, group in memo.settled.items()},
        cells=dict(memo.cells),
    )


def _said(look: Look, layout: Layout, number: int) -> Preview:
    """The service's cells that the look would write into that row."""
    planned = look.decision.plan.tabs.get(layout.tab.key)
    at = {index: name for name, index in layout.at.items()}
    written = {at[write.column]: write.value for write in planned.writes if write.row == number} if planned else {}
    shown = {name: value for name, value in written.items() if value != ""}
    return Preview(by_column(str(shown.get("check", "")), layout.tab), shown)


def by_column(check: str, tab: Tab) -> dict[str, str]:
    """校验 taken apart: each sentence under the column that it begins with, without the letters of a sheet."""
    keys = {column.header: column.key for column in tab.columns}
    place = re.compile(r"[A-Z]{1,2}列「(" + "|".join(map(re.escape, keys)) + ")」")
    by_column_: dict[str, str] = {}
    spots = list(place.finditer(check))
    if check and (not spots or spots[0].start()):
        by_column_[""] = check[: spots[0].start()] if spots else check
    ends = [spot.start() for spot in spots[1:]] + [len(check)]
    for spot, end in zip(spots, ends, strict=False):
        text = check[spot.end() : end].strip()
        key = keys[spot[1]]
        by_column_[key] = by_column_.get(key, "") + text
    return by_column_


def when(shown: Mapping[str, Any], rules: Rules) -> datetime | None:
    """截止时间 of a preview, in the bureau's zone."""
    value = shown.get("deadline")
    return serials.to_datetime(value, rules.bureau.zone) if isinstance(value, int | float) else None
