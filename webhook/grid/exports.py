"""What of the workbook leaves the grid as a file: a tab, its filtered rows, the whole workbook as .xlsx."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import flask
from flask import Response, request

from sync.core.scores import facts
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Tab
from sync.outgoing import xlsx
from sync.workbook.cells.model import Sheet
from webhook.grid import edits
from webhook.grid.reading import passing
from webhook.grid.state import GridState

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_routes(routes: flask.Blueprint, state: GridState) -> None:
    @routes.post("/grid/export/<int:sheet_id>")
    def export_tab(sheet_id: int) -> Response:
        tests = edits.tests_of(request.get_json())
        with state.service.store.read() as tx:
            sheet = state.book(tx).sheet(sheet_id)
            title = sheet.title
            content = _read(state, [sheet], set(passing(state, sheet, tests)) if tests else None)
        return _file(content.rendered(state), f"{title}{'（筛选）' if tests else ''} {_today(state)}.xlsx")

    @routes.post("/grid/export")
    def export_workbook() -> Response:
        with state.service.store.read() as tx:
            content = _read(state, [sheet for sheet in state.book(tx).sheets if not sheet.hidden], None)
        seals = facts.sheets(state.service.ledger.memory().seals.values())
        return _file(content.rendered(state, seals), f"{state.service.rules().bureau.name}台账 {_today(state)}.xlsx")


@dataclass(frozen=True)
class Content:
    """What a file is made of, as it was read: tabs of the templates by key, and sheets of the bureau's own."""

    tabs: dict[str, Tab]
    tables: dict[str, Table]
    own: list[xlsx.OwnSheet]

    def rendered(self, state: GridState, seals: Sequence[xlsx.Texts] = ()) -> bytes:
        rules = state.service.rules()
        return xlsx.render(self.tables, self.tabs, rules, rules.bureau.zone, seals, self.own)


def _read(state: GridState, sheets: Sequence[Sheet], ids: Collection[int] | None) -> Content:
    """``ids``: only these rows."""
    tabs = {tab.key: tab for sheet in sheets if (tab := state.tab(sheet))}
    tables = {tab.key: _table(sheet, tab.key, ids) for sheet in sheets if (tab := state.tab(sheet))}
    return Content(tabs, tables, [_own(state, sheet, ids) for sheet in sheets if state.tab(sheet) is None])


def _table(sheet: Sheet, key: str, ids: Collection[int] | None) -> Table:
    return Table(key, tuple(_header(sheet)), rows_of(sheet, ids))


def _own(state: GridState, sheet: Sheet, ids: Collection[int] | None) -> xlsx.OwnSheet:
    patterns = [head.pattern for head in state.heads(sheet)]
    return xlsx.OwnSheet(sheet.title, _header(sheet), rows_of(sheet, ids), patterns)


def _header(sheet: Sheet) -> list[str]:
    """The header row, as far as it is filled."""
    row = sheet.grid.peek(0)
    return [str(value) for value in row.values] if row else []


def rows_of(sheet: Sheet, ids: Collection[int] | None) -> list[list[Raw]]:
    """The rows under the header that hold anything, in their order. ``ids``: only those with these ids."""
    order = sheet.grid.order
    lists = sheet.grid.lists(sheet.whole()._replace(top=1, bottom=max(len(order), 1)))
    numbered = zip(order[1:], lists, strict=False)
    return [list(values) for number, values in numbered if any(values) and (ids is None or number in ids)]


def _today(state: GridState) -> str:
    return f"{state.site.now().astimezone(state.service.rules().bureau.zone):%Y-%m-%d}"


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(content, mimetype=XLSX, headers=headers)
