"""How a person lays out a tab of the grid."""

from __future__ import annotations

from typing import Any

import flask
from flask import Response, request

from sync.ledger.visitors.layouts import TabLayout
from webhook import access
from webhook.grid.state import GridState, Refused
from webhook.grid.writing import json_answer

MOST_COLUMNS = 1000
NARROWEST, WIDEST = 24, 1000  # pixels


def layout_routes(routes: flask.Blueprint, state: GridState) -> None:
    @routes.post("/grid/layout/<int:sheet_id>")
    def set_layout(sheet_id: int) -> Response:
        layout = _read(request.get_json())
        with state.service.store.read() as tx:
            state.book(tx).sheet(sheet_id)  # there is such a sheet
        state.layouts.set(access.visitor().name, sheet_id, layout)
        return json_answer({})


def _read(body: Any) -> TabLayout:
    """The layout that a browser sent. Raises ``Refused``."""
    given = body if isinstance(body, dict) else {}
    widths, hidden, wrap = given.get("widths"), given.get("hidden"), given.get("wrap")
    if not (isinstance(widths, dict) and isinstance(hidden, list) and isinstance(wrap, bool)):
        raise Refused("请求的格式不对。")
    pixels = all(type(width) is int and NARROWEST <= width <= WIDEST for width in widths.values())
    if not pixels or not all(isinstance(header, str) for header in hidden) or len(widths) + len(hidden) > MOST_COLUMNS:
        raise Refused("请求的格式不对。")
    return TabLayout(widths, tuple(hidden), wrap)
