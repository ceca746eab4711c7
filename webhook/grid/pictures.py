"""Photos in the grid: thumbnails for cells, and those of a row before and after."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import flask
from flask import Response

from sync.core.sheet.values.photos import ids
from sync.intake.photos import PhotoFolder, thumbnail
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits import live
from webhook.forms.submissions import NAME, photos_of
from webhook.grid.exports import rows_of
from webhook.grid.state import GridState, Refused
from webhook.grid.writing import json_answer

SIDE = 96  # pixels of a thumbnail's longer side
MOST_KEPT = 1000  # thumbnails in memory, of two or three kilobytes each


def picture_routes(routes: flask.Blueprint, state: GridState) -> None:
    folder = PhotoFolder(photos_of(state.service), "")

    @routes.get("/grid/thumbnails/<photo_id>")
    def small(photo_id: str) -> Response:
        path = folder.path(photo_id)
        if not NAME.fullmatch(photo_id) or not path.exists():
            flask.abort(404)
        return Response(_small(path), mimetype="image/jpeg", headers={"Cache-Control": "no-store"})

    @routes.get("/grid/photos/<int:sheet_id>/<int:row>")
    def photos_of_row(sheet_id: int, row: int) -> Response:
        with state.service.store.read() as tx:
            book = state.book(tx)
            before, after = pair(state, book, book.sheet(sheet_id), row)
        return json_answer({"before": before, "after": after})


@lru_cache(maxsize=MOST_KEPT)
def _small(path: Path) -> bytes:
    return thumbnail(path.read_bytes(), SIDE)  # a photo never changes


def pair(state: GridState, book: Book, sheet: Sheet, row: int) -> tuple[list[str], list[str]]:
    """The photos of a row before and after: an issue's own and those of its feedback, wherever the row stands; of a
    row about no issue its own. Raises ``Refused``."""
    at, tab = live.place(sheet, row), state.tab(sheet)
    if not at:
        raise Refused("这一行已经被别人删除。")
    cells = _cells(state, sheet, at)
    number = cells.get("id" if tab and tab.key == "issues" else "issue", "")
    if not number:
        return ids(cells.get("photos", "")), []
    return list(_photos(state, book, "issues", "id", number)), list(_photos(state, book, "feedback", "issue", number))


def _photos(state: GridState, book: Book, tab: str, key: str, number: str) -> Iterator[str]:
    """The photos of the rows of a tab that carry an issue's number."""
    for sheet in book.sheets:
        known = state.tab(sheet)
        if known is None or known.key != tab:
            continue
        at = {head.column.key: place for place, head in enumerate(state.heads(sheet)) if head.column}
        if key not in at or "photos" not in at:
            continue
        for values in rows_of(sheet, None):
            cells = dict(enumerate(values))
            if str(cells.get(at[key], "")).strip() == number:
                yield from ids(cells.get(at["photos"]))


def _cells(state: GridState, sheet: Sheet, at: int) -> dict[str, str]:
    """The cells of a row under the template's columns, by key."""
    row = sheet.grid.peek(at)
    heads = enumerate(state.heads(sheet))
    return {head.column.key: str(row.value(place)).strip() for place, head in heads if head.column} if row else {}
