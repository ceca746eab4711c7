"""「这一格谁改过」: what was changed in a cell in the grid, by whom, and what the looks saw changed by other ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import flask
from flask import Response

from sync.core.sheet.rows import Raw
from sync.ledger.visitors.cell_edits import CellEdit
from sync.workbook.cells.model import Sheet
from sync.workbook.edits import live
from webhook.grid.state import GridState, Refused
from webhook.grid.writing import json_answer

MOST_SHOWN = 200  # changes of a cell, the newest


class Trace(NamedTuple):
    """A change of a cell. ``person``: empty where it was not made in the grid. ``put_back``: the service had filled it
    with ``before``, and put that back after somebody had written ``after``."""

    at: datetime
    person: str
    before: Raw
    after: Raw
    put_back: bool = False


def trail_routes(routes: flask.Blueprint, state: GridState) -> None:
    @routes.get("/grid/history/<int:sheet_id>/<int:row>/<int:column>")
    def history_of_cell(sheet_id: int, row: int, column: int) -> Response:
        with state.service.store.read() as tx:
            sheet = state.book(tx).sheet(sheet_id)
            heads = state.heads(sheet)
            if column >= len(heads):
                raise Refused("这一列已经不在了。")
            name, rid = heads[column].header, _record_id(state, sheet, row)
        noted = state.cell_edits.of(sheet_id, row, name)
        entries = merged(noted, list(_looks(state, sheet, rid, name)))[:MOST_SHOWN]
        return json_answer({"entries": [_message(entry) for entry in entries]})


def _record_id(state: GridState, sheet: Sheet, row: int) -> str:
    """The number under which the ledger knows a row; empty where it has none."""
    at, tab = live.place(sheet, row), state.tab(sheet)
    record = sheet.grid.peek(at) if at else None
    if record is None or tab is None or not tab.id:
        return ""
    heads = state.heads(sheet)
    place = next((place for place, head in enumerate(heads) if head.column and head.column.key == tab.id), None)
    return str(record.value(place)) if place is not None else ""


def _looks(state: GridState, sheet: Sheet, rid: str, name: str) -> Iterator[Trace]:
    """What the looks saw changed in that cell, oldest first."""
    tab = state.tab(sheet)
    if tab is None or not rid:
        return
    for step in state.service.ledger.trail(rid):
        if step["tab"] == tab.key and step["what"] == name:
            yield Trace(step["at"], "", step["before"], step["after"], step["put_back"])


def merged(noted: Sequence[CellEdit], looks: Sequence[Trace]) -> list[Trace]:
    """All changes of a cell, newest first. What a look saw is left out where the last edit before it led there; else it
    came after that edit, whatever stood there at the look before."""
    entries = [Trace(edit.at, edit.person, edit.before, edit.after) for edit in noted if edit.at]
    for look in looks:
        before = next((entry for entry in reversed(entries) if entry.at <= look.at), None)
        if look.put_back or before is None:
            entries.append(look)
        elif before.after != look.after:
            entries.append(look._replace(before=before.after))
        entries.sort(key=lambda entry: entry.at)
    return entries[::-1]


def _message(entry: Trace) -> dict[str, Any]:
    return {
        "at": f"{entry.at:%Y-%m-%d %H:%M}",
        "by": entry.person,
        "before": entry.before,
        "after": entry.after,
        "putBack": entry.put_back,
    }
