"""The embedded workbook in the browser: its page, blocks of rows, edits by row id, and what changed since a version.

Edits go through the same code as a batchUpdate of the API. Only people who oversee all have this page.
"""

from __future__ import annotations

import gzip
import logging
import time
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import flask
from flask import Response, render_template, request

from sync.core.people.ordering import place_order
from sync.core.people.permissions import OVERSEERS
from sync.core.sheet.tabs import Column, Tab
from sync.core.sheet.values.texts import clean
from sync.ledger.visitors.cell_edits import CellEdit
from sync.sheets import set_up
from sync.workbook.cells.changes import Change, SheetChange
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.transaction import Transaction
from sync.workbook.edits import live
from sync.workbook.edits.dimensions import lines
from sync.workbook.formulas.evaluate import recalculate
from sync.workbook.schema.errors import ApiError
from webhook import access
from webhook.access import Site
from webhook.grid import edits
from webhook.grid.exports import export_routes, rows_of
from webhook.grid.initials import initials
from webhook.grid.layouts import layout_routes
from webhook.grid.packed import page_scripts
from webhook.grid.pictures import picture_routes
from webhook.grid.presence import Position, place_of
from webhook.grid.printing import print_routes
from webhook.grid.reading import grouper, passing, reader, summed
from webhook.grid.state import GridState, Refused
from webhook.grid.trail import trail_routes
from webhook.grid.writing import json_answer

log = logging.getLogger(__name__)

MOST_ROWS = 1000  # rows in one answer
MOST_MATCHES = 20_000  # that a search finds
MOST_VALUES = 500  # values that a filter lists
MOST_DAYS = 5000  # the same of a column of dates
LONGEST_ID = 64  # characters of a page's own id
MOST_TOLD = 100  # changes in one answer
MOST_CHANGED_ROWS = 5000  # rows of all changes in one answer; a change with more is not told, the tab is read anew


def blueprint(site: Site, nudge: Any) -> flask.Blueprint:
    """The page and what its script asks for. ``nudge``: an edit makes the next look come sooner."""
    routes, service = flask.Blueprint("grid", __name__), site.service
    state = GridState(service, site)

    @routes.before_request
    @access.needs(*OVERSEERS)
    def only_overseers() -> None:
        return None

    @routes.errorhandler(Refused)
    def refused(error: Refused) -> Any:
        return flask.jsonify(error=str(error)), 409

    @routes.errorhandler(ApiError)
    def not_valid(error: ApiError) -> Any:
        return flask.jsonify(error=f"工作簿拒绝了这次修改：{error.message}"), 409

    @routes.get("/grid")
    def page() -> str:
        if not service.embedded:
            address = f"https://docs.google.com/spreadsheets/d/{service.settings.workbook}/edit"
            return render_template("elsewhere.html", address=address)
        with service.store.read() as tx:
            titles = [(sheet.id, sheet.title) for sheet in state.book(tx).sheets if not sheet.hidden]
        script, modules = page_scripts()
        return render_template("grid.html", sheets=titles, script=script, modules=modules)

    _reading(routes, state)
    _searching(routes, state)
    _live(routes, state, nudge)
    export_routes(routes, state)
    trail_routes(routes, state)
    picture_routes(routes, state)
    layout_routes(routes, state)
    print_routes(routes, state)
    return routes


def _reading(routes: flask.Blueprint, state: GridState) -> None:
    store = state.service.store

    @routes.get("/grid/open/<int:sheet_id>")
    def open_sheet(sheet_id: int) -> Response:
        with store.read() as tx:
            book = state.book(tx)
            return json_answer(_opened(state, book, book.sheet(sheet_id)))

    @routes.get("/grid/order/<int:sheet_id>")
    def order(sheet_id: int) -> Response:
        with store.read() as tx:
            book = state.book(tx)
            sheet = book.sheet(sheet_id)
            return _bytes(sheet.grid.order.tobytes(), book.version)

    @routes.get("/grid/filled/<int:sheet_id>/<int:column>")
    def filled(sheet_id: int, column: int) -> Response:
        with store.read() as tx:
            book = state.book(tx)
            sheet = book.sheet(sheet_id)
            lists = sheet.grid.lists(sheet.whole()._replace(bottom=max(len(sheet.grid.order), 1)))
            flags = bytes(column < len(values) and values[column] != "" for values in lists)
            return _bytes(flags, book.version)

    @routes.get("/grid/rows/<int:sheet_id>")
    def rows(sheet_id: int) -> Response:
        top = request.args.get("top", 0, int)
        bottom = min(request.args.get("bottom", 0, int), top + MOST_ROWS)
        with store.read() as tx:
            book = state.book(tx)
            block = live.block(book.sheet(sheet_id), max(0, top), bottom)
            return json_answer({"version": book.version, "rows": [_row(number, row) for number, row in block]})

    @routes.get("/grid/values/<int:sheet_id>/<int:column>")
    def values(sheet_id: int, column: int) -> Response:
        with store.read() as tx:
            sheet = state.book(tx).sheet(sheet_id)
            heads = state.heads(sheet)
            most = MOST_DAYS if column < len(heads) and heads[column].dated else MOST_VALUES
            values, more = live.distinct(sheet, column, grouper(heads), place_order, most)
            return json_answer({"values": values, "more": more})


def _searching(routes: flask.Blueprint, state: GridState) -> None:
    """Which rows pass filters, which cells hold words, and sums."""
    store = state.service.store

    @routes.post("/grid/find/<int:sheet_id>")
    def find(sheet_id: int) -> Response:
        tests = edits.tests_of(request.get_json())
        with store.read() as tx:
            book = state.book(tx)
            sheet = book.sheet(sheet_id)
            ids = passing(state, sheet, tests)
            return json_answer({"version": book.version, "ids": ids.tolist()})

    @routes.post("/grid/search/<int:sheet_id>")
    def search(sheet_id: int) -> Response:
        asked = request.get_json()
        tests, words = edits.tests_of(asked), str(asked.get("words", "")).casefold()
        with store.read() as tx:
            sheet = state.book(tx).sheet(sheet_id)
            heads = state.heads(sheet)
            ids = set(passing(state, sheet, tests)) if tests else None
            columns = {at for at, head in enumerate(heads) if not head.owned} if asked.get("texts") else None
            cells, more = live.holding(sheet, words, ids, columns, reader(heads), MOST_MATCHES)
            return json_answer({"cells": cells, "more": more})

    @routes.post("/grid/sums/<int:sheet_id>")
    def sums(sheet_id: int) -> Response:
        asked = request.get_json()
        tests, (left, right) = edits.tests_of(asked), (edits.whole(asked, key) for key in ("left", "right"))
        with store.read() as tx:
            sheet = state.book(tx).sheet(sheet_id)
            ids = set(passing(state, sheet, tests)) if tests else None
            return json_answer(summed(rows_of(sheet, ids), state.heads(sheet)[left : right + 1], left))


def _live(routes: flask.Blueprint, state: GridState, nudge: Any) -> None:
    """Edits, and what others did since."""
    store = state.service.store

    @routes.post("/grid/edit/<int:sheet_id>")
    def edit(sheet_id: int) -> Response:
        ops, asked = edits.listed(request.get_json(), "ops"), clean(str(request.get_json().get("id", "")))
        # The same edit may come again while it is being done: a browser whose line broke does not wait for the answer.
        with state.editing:
            if (before := state.replied(asked)) is not None:
                return json_answer(before)
            reply = _edit(state, sheet_id, ops, asked)
            state.answer(asked, reply)
        nudge()
        return json_answer(reply)

    @routes.get("/grid/changes")
    def changes() -> Response:
        known, others = request.args.get("since", type=int), _others(state)
        with store.read() as tx, store.feed.lock:  # in this order, as a writer has its connection before the lock
            version = _version(state, tx)
            came = store.feed.since(state.service.workbook, version if known is None else known, version)
        if came is None or sum(change.rows for change in came[:1]) > MOST_CHANGED_ROWS:
            return json_answer({"version": version, "stale": True, "more": False, "changes": [], "others": others})
        told = _first(came)
        at = told[-1].version if told else version
        parts = [_change(change) for change in told]
        return json_answer({"version": at, "stale": False, "more": at < version, "changes": parts, "others": others})


def _others(state: GridState) -> list[Position]:
    """Where others stand; where the page that asks stands, they are told."""
    page, now = request.args.get("page", "")[:LONGEST_ID], time.monotonic()
    place = place_of(access.visitor().name, request.args)
    if page and place:
        state.presence.stand(page, place, now)
    return state.presence.others(page, now)


def _first(changes: Sequence[Change]) -> Sequence[Change]:
    """The first changes, as many as one answer has room for, and one at least."""
    rows = list(accumulate(change.rows for change in changes))
    return changes[: max(1, sum(count <= MOST_CHANGED_ROWS for count in rows[:MOST_TOLD]))]


def _edit(state: GridState, sheet_id: int, ops: Sequence[dict[str, Any]], asked: str) -> dict[str, Any]:
    """Do ops as one change of the workbook; ``asked``: the browser's id of the edit. What the browser is told."""
    person = access.visitor().name
    with state.service.store.write() as tx:
        tx.by, tx.asked, tx.watched = person, asked, True
        book = state.book(tx)
        results, written = [], list[CellEdit]()
        for op in ops:
            sheet = book.sheet(sheet_id)
            heads = state.heads(sheet)
            results.append(edits.apply(state, book, sheet, op))
            written += edits.written(heads, op, results[-1])
            tx.did = edits.told_to_others(heads, op) or tx.did
        recalculate(book)
        book.save()
        made = tx.changes[-1]
    try:
        state.cell_edits.note(sheet_id, person, state.site.now(), written)
    except Exception:  # the edit itself stands in the workbook, and is answered
        log.exception("an edit of the grid could not be noted in the history of its cells")
    return {"results": [edits.told(result) for result in results], "change": _change(made)}


# What is sent ------------------------------------------------------------------------------------------------
def _bytes(content: bytes, version: int) -> Response:
    """Something of each row, as it was at a version."""
    answer = Response(gzip.compress(content, 1), mimetype="application/octet-stream")
    answer.headers.update({"Content-Encoding": "gzip", "X-Version": str(version), "Cache-Control": "no-store"})
    return answer


def _row(number: int, row: Any) -> list[Any]:
    """Id, values, and the formulas by column where there are any."""
    formulas = {str(column): cell["formula"] for column, cell in row.cells.items() if "formula" in cell}
    return [number, row.values, formulas] if formulas else [number, row.values]


def _change(change: Change) -> dict[str, Any]:
    return {
        "version": change.version,
        "by": change.by,
        "asked": change.asked,
        "did": change.did,
        "tabs": change.tabs,
        "sheets": [_sheet_change(sheet_change) for sheet_change in change.sheets],
    }


def _sheet_change(sheet_change: SheetChange) -> dict[str, Any]:
    moved = sheet_change.splice
    return {
        "sheet": sheet_change.sheet,
        "size": sheet_change.size,
        "shape": sheet_change.shape,
        "rows": [_row(number, row) for number, row in sheet_change.rows.items()],
        "splice": [moved.at, moved.removed, moved.ids.tolist()] if moved else None,
    }


def _opened(state: GridState, book: Book, sheet: Sheet) -> dict[str, Any]:
    tab, widths = state.tab(sheet), lines.properties(sheet, "COLUMNS")
    header = sheet.grid.peek(0)
    return {
        "version": book.version,
        "title": sheet.title,
        "note": tab.note if tab else "",
        "size": sheet.rows,
        "used": len(sheet.grid.order),
        "layout": state.layouts.of(access.visitor().name, sheet.id),
        "columns": [
            {
                "header": head.header,
                "width": widths.get(at, {}).get("pixelSize", 100),
                "note": (header.cells.get(at, {}) if header else {}).get("note", ""),
                "pattern": head.pattern,
                "dated": head.dated,
                "kind": head.column.type if head.column else "",
                "key": head.column.key if head.column else "",
                "owned": head.owned,
                "ours": head.column is not None,
                "verdict": bool(head.column and head.column.verdict),
                "link": _link(tab, head.column),
                "choices": choices,
                "initials": [initials(choice) for choice in choices],
            }
            for at, head in enumerate(state.heads(sheet))
            for choices in [_choices(state, head.column)]
        ],
        "colors": [{**vars(color), "column": tab.by_key[color.column].header} for color in tab.colors] if tab else [],
    }


def _link(tab: Tab | None, column: Column | None) -> str:
    """What the cells of a column lead to: an issue, photos, or nothing."""
    if tab is None or column is None:
        return ""
    links = {"issue": "issue", "photos": "photos", "id": "issue" if tab.key == "issues" else ""}
    return links.get(column.key, "")


def _choices(state: GridState, column: Column | None) -> Sequence[str]:
    if column is None or column.owner == "service":
        return ()
    if column.choices == "streets":
        return state.service.roster().names
    return set_up.choices(column, state.service.rules())


def _version(state: GridState, tx: Transaction) -> int:
    record = tx.file(state.service.workbook)
    return int(record[5]) if record else 0
