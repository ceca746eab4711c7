"""Filter views: a filter with a name that everybody may turn on for himself."""

from __future__ import annotations

import copy
from typing import Any

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits.ranges import home_of, masked, mirrored, placed, stored_in, with_sheet
from sync.workbook.schema.errors import Json, invalid
from sync.workbook.schema.masks import paths, required_fields

_KEY = "filterViews"


def add_filter_view(book: Book, request: Json) -> Json:
    """addFilterView: the id is made here unless it is given."""
    given = dict(request["filter"])
    number = given.get("filterViewId") or book.free_id()
    if any(view["filterViewId"] == number for sheet in book.sheets for view in sheet.meta.get(_KEY, ())):
        raise invalid(f"Filter view with id {number} already exists.")
    sheet, bare = home_of(book, _range(book, given))
    view = mirrored({**given, "filterViewId": number, "title": given.get("title") or _title(sheet), "range": bare})
    sheet.meta.setdefault(_KEY, []).append(view)
    return {"filter": with_sheet(sheet, view)}


def _range(book: Book, given: Json) -> Json:
    """The view's range, by its named range where it has one."""
    if "namedRangeId" not in given:
        return dict(given.get("range", {}))
    for named in book.named_ranges:
        if named["namedRangeId"] == given["namedRangeId"]:
            return dict(named["range"])
    raise invalid(f"No named range with id: {given['namedRangeId']}")


def _title(sheet: Sheet) -> str:
    return f"Filter {len(sheet.meta.get(_KEY, ())) + 1}"


def _stored(book: Book, number: Any) -> tuple[Sheet, Json]:
    return stored_in(book, _KEY, "filterViewId", number, "filter view")


def update_filter_view(book: Book, request: Json) -> None:
    """updateFilterView: what the mask names."""
    given = request["filter"]
    sheet, stored = _stored(book, given.get("filterViewId", 0))
    changed = masked(with_sheet(sheet, stored), given, "FilterView", request, "filterViewId")
    twins = {"criteria": "filterSpecs", "filterSpecs": "criteria"}
    for path in paths("FilterView", required_fields(request)):
        if path and path[0] in twins:
            changed.pop(twins[path[0]], None)
    placed(book, sheet, _KEY, stored, mirrored(changed))


def delete_filter_view(book: Book, request: Json) -> None:
    """deleteFilterView."""
    sheet, stored = _stored(book, request.get("filterId", 0))
    sheet.meta[_KEY].remove(stored)


def duplicate_filter_view(book: Book, request: Json) -> Json:
    """duplicateFilterView: `Copy of X`."""
    sheet, stored = _stored(book, request.get("filterId", 0))
    view = {**copy.deepcopy(stored), "filterViewId": book.free_id(), "title": f"Copy of {stored.get('title', '')}"}
    sheet.meta[_KEY].append(view)
    return {"filter": with_sheet(sheet, view)}
