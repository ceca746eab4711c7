"""All rows of a tab, or those that a filter shows, as a page for A4 across."""

from __future__ import annotations

import json
from itertools import islice

import flask
from flask import render_template, request

from webhook.grid import edits
from webhook.grid.exports import rows_of
from webhook.grid.reading import passing, reader
from webhook.grid.state import GridState, Refused

MOST_PRINTED = 5000  # rows: some hundred sheets of paper


def print_routes(routes: flask.Blueprint, state: GridState) -> None:
    @routes.post("/grid/print/<int:sheet_id>")
    def print_rows(sheet_id: int) -> str:
        asked = _asked()
        tests, hidden = edits.tests_of(asked), asked.get("hidden")
        with state.service.store.read() as tx:
            sheet = state.book(tx).sheet(sheet_id)
            heads, text = state.heads(sheet), reader(state.heads(sheet))
            rows = rows_of(sheet, set(passing(state, sheet, tests)) if tests else None)
        left_out = hidden if isinstance(hidden, list) else ()
        filled = {at for row in rows for at, value in enumerate(row) if value not in ("", None)}
        seen = (at for at, head in enumerate(heads) if head.header and head.header not in left_out)
        columns = [at for at in seen if at in filled or not rows]
        rules = state.service.rules()
        return render_template(
            "grid_print.html",
            bureau=rules.bureau.name,
            title=sheet.title,
            today=f"{state.site.now().astimezone(rules.bureau.zone):%Y-%m-%d}",
            heads=[heads[at].header for at in columns],
            rows=[
                [text(at, row[at]) if at < len(row) and row[at] is not None else "" for at in columns]
                for row in islice(rows, MOST_PRINTED)
            ],
            count=len(rows),
            filtered=bool(tests),
            left_out=len(rows) > MOST_PRINTED,
        )


def _asked() -> dict[str, object]:
    """What the form asks for. Raises ``Refused``."""
    try:
        asked = json.loads(request.form.get("asked", ""))
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise Refused("请求的格式不对。")
    return asked
