"""Named and protected ranges, merges, filters, conditional formats and bands (sheets-api.md section 9)."""

from __future__ import annotations

import re
from typing import Any

from sync.workbook.cells.formats import settle_colours
from sync.workbook.cells.model import Book, Sheet, range_of
from sync.workbook.edits.dimensions import required_fields
from sync.workbook.edits.sorting import sort_rows
from sync.workbook.edits.values import clear
from sync.workbook.schema import a1
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid
from sync.workbook.schema.masks import assign, paths

_NAME = re.compile(r"[^\W\d][\w.]*")


def _home(book: Book, grid_range: Json) -> tuple[Sheet, Json]:
    """The sheet of a GridRange and the range without its sheetId."""
    sheet = book.sheet(grid_range.get("sheetId", 0))
    return sheet, {key: value for key, value in grid_range.items() if key != "sheetId"}


# Named ranges


def add_named_range(book: Book, request: Json) -> Json:
    """addNamedRange: the id is made here unless it is given."""
    given = request["namedRange"]
    _check_name(book, given.get("name", ""), None)
    named = {"namedRangeId": given.get("namedRangeId") or str(book.free_id()), "name": given["name"]}
    if any(other["namedRangeId"] == named["namedRangeId"] for other in book.named_ranges):
        raise invalid(f"Named range with id {named['namedRangeId']} already exists.")
    named["range"] = _named(book, given.get("range", {}))
    book.named_ranges.append(named)
    return {"namedRange": named}


def _named(book: Book, grid_range: Json) -> Json:
    sheet, bare = _home(book, grid_range)
    return sheet.ranged(bare)


def _check_name(book: Book, name: str, own: str | None) -> None:
    if not _NAME.fullmatch(name) or a1.parse_area(name) is not None or len(name) > 250:
        raise invalid("The name given to this range is invalid")
    for other in book.named_ranges:
        if other["name"].casefold() == name.casefold() and other["namedRangeId"] != own:
            raise invalid(f'A named range with the name "{name}" already exists. Please enter another name.')


def update_named_range(book: Book, request: Json) -> None:
    """updateNamedRange: name, range or both."""
    given = dict(request["namedRange"])
    named = _by_id(book.named_ranges, "namedRangeId", given.get("namedRangeId"), "named range")
    mask = paths("NamedRange", required_fields(request))
    if any(path[:1] in ((), ("name",)) for path in mask):
        _check_name(book, given.get("name", ""), named["namedRangeId"])
    if "range" in given:
        given["range"] = _named(book, given["range"])
    for path in mask:
        assign(named, given, path)


def delete_named_range(book: Book, request: Json) -> None:
    """deleteNamedRange."""
    named = _by_id(book.named_ranges, "namedRangeId", request.get("namedRangeId"), "named range")
    book.named_ranges.remove(named)


def _by_id(items: list[Json], key: str, wanted: Any, noun: str) -> Json:
    for item in items:
        if item[key] == wanted:
            return item
    raise invalid(f"No {noun} with id: {wanted}")


# Protected ranges


def add_protected_range(book: Book, request: Json) -> Json:
    """addProtectedRange: the owner may always edit; editors are listed from the next read on."""
    given = request["protectedRange"]
    protected_id = given.get("protectedRangeId") or book.free_id()
    sheet, bare = _home(book, given.get("range", {}))
    if any(p["protectedRangeId"] == protected_id for s in book.sheets for p in s.meta.get("protectedRanges", ())):
        raise invalid(f"Protected range with id {protected_id} already exists.")
    stored: Json = {"protectedRangeId": protected_id, "range": bare}
    stored |= {key: given[key] for key in ("namedRangeId", "description", "unprotectedRanges") if given.get(key)}
    if given.get("warningOnly"):
        stored["warningOnly"] = True
    else:
        stored["editors"] = _editors(book, given.get("editors", {}))
    sheet.meta.setdefault("protectedRanges", []).append(stored)
    reply = answered_protection(sheet, stored)
    if "editors" in reply:
        reply["editors"] = {key: value for key, value in given.get("editors", {}).items() if value}
    return {"protectedRange": reply}


def _editors(book: Book, given: Json) -> Json:
    users = list(given.get("users", []))
    users += [book.owner] if book.owner and book.owner not in users else []
    editors = {"users": users, "groups": given.get("groups", []), "domainUsersCanEdit": given.get("domainUsersCanEdit")}
    return {key: value for key, value in editors.items() if value}


def answered_protection(sheet: Sheet, stored: Json) -> Json:
    """A protected range as it is answered."""
    answer = {**stored, "range": sheet.ranged(stored["range"]), "requestingUserCanEdit": True}
    if "unprotectedRanges" in stored:
        answer["unprotectedRanges"] = [sheet.ranged(item) for item in stored["unprotectedRanges"]]
    return answer


def _stored(book: Book, group: str, key: str, wanted: Any, name: str) -> tuple[Sheet, Json]:
    """What a sheet holds in ``group`` under the id ``wanted``, and that sheet; ``name``: how errors call it."""
    for sheet in book.sheets:
        for item in sheet.meta.get(group, ()):
            if item[key] == wanted:
                return sheet, item
    raise invalid(f"No {name} with id: {wanted}")


def _protected(book: Book, wanted: Any) -> tuple[Sheet, Json]:
    return _stored(book, "protectedRanges", "protectedRangeId", wanted, "protected range")


def _banded(book: Book, wanted: Any) -> tuple[Sheet, Json]:
    return _stored(book, "bandedRanges", "bandedRangeId", wanted, "banding")


def update_protected_range(book: Book, request: Json) -> None:
    """updateProtectedRange."""
    given = dict(request["protectedRange"])
    _, stored = _protected(book, given.get("protectedRangeId"))
    if "range" in given:
        given["range"] = _home(book, given["range"])[1]
    for path in paths("ProtectedRange", required_fields(request)):
        if path[:1] not in (("requestingUserCanEdit",), ("protectedRangeId",)):
            assign(stored, given, path)


def delete_protected_range(book: Book, request: Json) -> None:
    """deleteProtectedRange."""
    sheet, stored = _protected(book, request.get("protectedRangeId"))
    sheet.meta["protectedRanges"].remove(stored)


# Merges


def merge_cells(book: Book, request: Json) -> None:
    """mergeCells: all into one, or column by column, or row by row; the top left value stays."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    box = sheet.box(request["range"])
    merges = sheet.meta.setdefault("merges", [])
    for merge in merges:
        other = sheet.box(merge)
        if other.meets(box) and not box.covers(other):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    merges[:] = [merge for merge in merges if not box.covers(sheet.box(merge))]
    for part in _merged(box, request.get("mergeType", "MERGE_ALL")):
        merges.append(range_of(part))
        clear(sheet, Box(part.top, part.top + 1, part.left + 1, part.right))
        clear(sheet, Box(part.top + 1, part.bottom, part.left, part.right))


def _merged(box: Box, kind: str) -> list[Box]:
    if kind == "MERGE_COLUMNS":
        parts = [Box(box.top, box.bottom, column, column + 1) for column in range(box.left, box.right)]
    elif kind == "MERGE_ROWS":
        parts = [Box(row, row + 1, box.left, box.right) for row in range(box.top, box.bottom)]
    else:
        parts = [box]
    return [part for part in parts if (part.bottom - part.top) * (part.right - part.left) > 1]


def unmerge_cells(book: Book, request: Json) -> None:
    """unmergeCells: every merge inside the range; one that is cut by it is refused."""
    sheet = book.sheet(request["range"].get("sheetId", 0))
    box = sheet.box(request["range"])
    merges = sheet.meta.get("merges", [])
    if any(sheet.box(m).meets(box) and not box.covers(sheet.box(m)) for m in merges):
        raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.meta["merges"] = [merge for merge in merges if not sheet.box(merge).meets(box)]


# The basic filter


def set_basic_filter(book: Book, request: Json) -> None:
    """setBasicFilter: the range is bounded, criteria and filterSpecs mirror each other, sortSpecs sort."""
    given = request["filter"]
    sheet = book.sheet(given.get("range", {}).get("sheetId", 0))
    box = sheet.box(given.get("range", {}))
    stored = {**given, "range": range_of(box)}
    criteria, specs = given.get("criteria"), given.get("filterSpecs")
    if specs and not criteria:
        stored["criteria"] = {str(s.get("columnIndex", 0)): s.get("filterCriteria", {}) for s in specs}
    elif criteria and not specs:
        stored["filterSpecs"] = [{"columnIndex": int(c), "filterCriteria": what} for c, what in criteria.items()]
    sheet.meta["basicFilter"] = stored
    if given.get("sortSpecs"):
        sort_rows(book, sheet, box._replace(top=box.top + 1), given["sortSpecs"])


def clear_basic_filter(book: Book, request: Json) -> None:
    """clearBasicFilter."""
    book.sheet(request.get("sheetId", 0)).meta.pop("basicFilter", None)


# Conditional formats


def _rules(sheet: Sheet) -> list[Json]:
    rules: list[Json] = sheet.meta.setdefault("conditionalFormats", [])
    return rules


def _stored_rule(book: Book, rule: Json) -> tuple[Sheet, Json]:
    homes = [_home(book, item) for item in rule.get("ranges", [])]
    if not homes:
        raise invalid("ConditionalFormatRule.ranges is required.")
    if any(sheet is not homes[0][0] for sheet, _ in homes):
        raise invalid("All ranges of a rule must be on the same sheet.")
    return homes[0][0], {**settle_colours(rule), "ranges": [bare for _, bare in homes]}


def answered_rule(sheet: Sheet, rule: Json) -> Json:
    """A conditional format as it is answered."""
    return {**rule, "ranges": [sheet.ranged(item) for item in rule["ranges"]]}


def add_conditional_format(book: Book, request: Json) -> None:
    """addConditionalFormatRule: `index` says where among the rules, default 0 (proto3)."""
    sheet, rule = _stored_rule(book, request["rule"])
    index = request.get("index", 0)
    if not 0 <= index <= len(_rules(sheet)):
        raise invalid(f"No conditional format on sheet: {sheet.id} at index: {index}")
    _rules(sheet).insert(index, rule)


def _rule_at(sheet: Sheet, index: int) -> Json:
    if not 0 <= index < len(_rules(sheet)):
        raise invalid(f"No conditional format on sheet: {sheet.id} at index: {index}")
    return _rules(sheet)[index]


def update_conditional_format(book: Book, request: Json) -> Json:
    """updateConditionalFormatRule: another rule at the index, or the rule at another index."""
    index = request.get("index", 0)
    if "rule" in request:
        sheet, rule = _stored_rule(book, request["rule"])
        old = _rule_at(sheet, index)
        _rules(sheet)[index] = rule
        return {"newRule": answered_rule(sheet, rule), "newIndex": index, "oldRule": answered_rule(sheet, old)}
    sheet = book.sheet(request.get("sheetId", 0))
    rule, target = _rule_at(sheet, index), request.get("newIndex", 0)
    _rules(sheet).remove(rule)
    _rules(sheet).insert(target, rule)
    return {"newRule": answered_rule(sheet, rule), "newIndex": target, "oldIndex": index}


def delete_conditional_format(book: Book, request: Json) -> Json:
    """deleteConditionalFormatRule: the rule is the reply."""
    sheet = book.sheet(request.get("sheetId", 0))
    rule = _rule_at(sheet, request.get("index", 0))
    del _rules(sheet)[request.get("index", 0)]
    return {"rule": answered_rule(sheet, rule)}


# Bands


def add_banding(book: Book, request: Json) -> Json:
    """addBanding."""
    given = settle_colours(request["bandedRange"])
    sheet, bare = _home(book, given.get("range", {}))
    stored = {**given, "bandedRangeId": given.get("bandedRangeId") or book.free_id(), "range": bare}
    sheet.meta.setdefault("bandedRanges", []).append(stored)
    return {"bandedRange": {**stored, "range": sheet.ranged(bare)}}


def update_banding(book: Book, request: Json) -> None:
    """updateBanding."""
    given = settle_colours(request["bandedRange"])
    _, stored = _banded(book, given.get("bandedRangeId"))
    if "range" in given:
        given["range"] = _home(book, given["range"])[1]
    for path in paths("BandedRange", required_fields(request)):
        assign(stored, given, path)


def delete_banding(book: Book, request: Json) -> None:
    """deleteBanding."""
    sheet, stored = _banded(book, request.get("bandedRangeId"))
    sheet.meta["bandedRanges"].remove(stored)
