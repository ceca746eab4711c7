"""Named and protected ranges, merges, filters, conditional formats and bands (sheets-api.md section 9)."""

from __future__ import annotations

import copy
import re
from typing import Any

from sync.workbook.cells.formats import settle_colours
from sync.workbook.cells.model import Book, Sheet, range_of
from sync.workbook.edits.sorting import sort_rows
from sync.workbook.edits.values import clear
from sync.workbook.schema import a1
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid
from sync.workbook.schema.masks import assign, paths, required_fields

_NAME = re.compile(r"[^\W\d][\w.]*")


def home_of(book: Book, grid_range: Json) -> tuple[Sheet, Json]:
    """The sheet of a GridRange and the range without its sheetId; refused where it goes beyond the grid."""
    sheet = book.sheet(grid_range.get("sheetId", 0))
    sheet.box(grid_range)
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
    sheet, bare = home_of(book, grid_range)
    return sheet.ranged(bare)


def _check_name(book: Book, name: str, own: str | None) -> None:
    if not _NAME.fullmatch(name) or a1.parse_area(name) is not None or len(name) > 250:
        raise invalid("The name given to this range is invalid")
    for other in book.named_ranges:
        if other["name"].casefold() == name.casefold() and other["namedRangeId"] != own:
            raise invalid(f'A named range with the name "{name}" already exists. Please enter another name.')


def update_named_range(book: Book, request: Json) -> None:
    """updateNamedRange: name, range or both."""
    given = request["namedRange"]
    named = _by_id(book.named_ranges, "namedRangeId", given.get("namedRangeId"), "named range")
    changed = masked(named, given, "NamedRange", request, "namedRangeId")
    _check_name(book, changed.get("name", ""), named["namedRangeId"])
    changed["range"] = _named(book, _required_range(changed))
    named.clear()
    named.update(changed)


def masked(stored: Json, given: Json, message: str, request: Json, own: str) -> Json:
    """A copy of the stored message with what the request's mask names made as in the given; its id stays."""
    changed = copy.deepcopy(stored)
    for path in paths(message, required_fields(request)):
        assign(changed, given, path)
    return {**changed, own: stored[own]}


def _required_range(changed: Json) -> Json:
    if "range" not in changed:
        raise invalid("range is required.")
    return dict(changed["range"])


def placed(book: Book, sheet: Sheet, group: str, stored: Json, changed: Json) -> Sheet:
    """Puts a changed message in the place of the stored one, on the sheet of its range."""
    target, bare = home_of(book, _required_range(changed))
    changed["range"] = bare
    if target is sheet:
        stored.clear()
        stored.update(changed)
    else:
        sheet.meta[group].remove(stored)
        target.meta.setdefault(group, []).append(changed)
    return target


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
    sheet, bare = home_of(book, given.get("range", {}))
    if any(p["protectedRangeId"] == protected_id for s in book.sheets for p in s.meta.get("protectedRanges", ())):
        raise invalid(f"Protected range with id {protected_id} already exists.")
    stored: Json = {"protectedRangeId": protected_id, "range": bare}
    stored |= {key: given[key] for key in ("namedRangeId", "description") if given.get(key)}
    if given.get("unprotectedRanges"):
        stored["unprotectedRanges"] = _unprotected(book, given)
    if given.get("warningOnly"):
        stored["warningOnly"] = True
    else:
        stored["editors"] = _editors(book, given.get("editors", {}))
    sheet.meta.setdefault("protectedRanges", []).append(stored)
    reply = answered_protection(book, sheet, stored)
    if "editors" in reply:
        reply["editors"] = {key: value for key, value in given.get("editors", {}).items() if value}
    return {"protectedRange": reply}


def _editors(book: Book, given: Json) -> Json:
    users = list(given.get("users", []))
    users += [book.owner] if book.owner and book.owner not in users else []
    editors = {"users": users, "groups": given.get("groups", []), "domainUsersCanEdit": given.get("domainUsersCanEdit")}
    return {key: value for key, value in editors.items() if value}


def answered_protection(book: Book, sheet: Sheet, stored: Json) -> Json:
    """A protected range as it is answered."""
    answer = {**stored, "range": sheet.ranged(stored["range"])}
    if may_edit(book, stored):
        answer["requestingUserCanEdit"] = True
    if "unprotectedRanges" in stored:
        answer["unprotectedRanges"] = [sheet.ranged(item) for item in stored["unprotectedRanges"]]
    return answer


def may_edit(book: Book, stored: Json) -> bool:
    """Whether the account that opened the document may edit a protected range: the process and the owner always."""
    editors = stored.get("editors", {})
    if not book.account or stored.get("warningOnly") or book.account in (book.owner, *editors.get("users", ())):
        return True
    return bool(editors.get("domainUsersCanEdit")) and book.account.partition("@")[2] == book.owner.partition("@")[2]


def stored_in(book: Book, group: str, key: str, wanted: Any, name: str) -> tuple[Sheet, Json]:
    """What a sheet holds in ``group`` under the id ``wanted``, and that sheet; ``name``: how errors call it."""
    for sheet in book.sheets:
        for item in sheet.meta.get(group, ()):
            if item[key] == wanted:
                return sheet, item
    raise invalid(f"No {name} with id: {wanted}")


def _protected(book: Book, wanted: Any) -> tuple[Sheet, Json]:
    return stored_in(book, "protectedRanges", "protectedRangeId", wanted, "protected range")


def _banded(book: Book, wanted: Any) -> tuple[Sheet, Json]:
    return stored_in(book, "bandedRanges", "bandedRangeId", wanted, "banding")


def with_sheet(sheet: Sheet, stored: Json) -> Json:
    """A stored message whose range says on which sheet it lies, for a mask to be laid over."""
    return {**stored, "range": sheet.ranged(stored["range"])}


def update_protected_range(book: Book, request: Json) -> None:
    """updateProtectedRange."""
    given = request["protectedRange"]
    sheet, stored = _protected(book, given.get("protectedRangeId"))
    changed = masked(with_sheet(sheet, stored), given, "ProtectedRange", request, "protectedRangeId")
    changed.pop("requestingUserCanEdit", None)
    changed["unprotectedRanges"] = _unprotected(book, changed)
    if changed.get("warningOnly"):
        changed.pop("editors", None)
    else:
        changed["editors"] = _editors(book, changed.get("editors", {}))
    placed(book, sheet, "protectedRanges", stored, {key: item for key, item in changed.items() if item})


def _unprotected(book: Book, given: Json) -> list[Json]:
    return [home_of(book, item)[1] for item in given.get("unprotectedRanges", [])]


def delete_protected_range(book: Book, request: Json) -> None:
    """deleteProtectedRange."""
    sheet, stored = _protected(book, request.get("protectedRangeId"))
    sheet.meta["protectedRanges"].remove(stored)


# Merges

_CELLS_A_MERGE = 100  # what a merge costs beside a cell: every later request carries it along


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
    kind = request.get("mergeType", "MERGE_ALL")
    counts = {"MERGE_COLUMNS": box.right - box.left, "MERGE_ROWS": box.bottom - box.top}
    sheet.touch(counts.get(kind, 1), _CELLS_A_MERGE)
    for part in _merged(box, kind):
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
    sheet.meta["basicFilter"] = mirrored({**given, "range": range_of(box)})
    if given.get("sortSpecs"):
        sort_rows(book, sheet, box._replace(top=box.top + 1), given["sortSpecs"])


def mirrored(stored: Json) -> Json:
    """A filter whose criteria and filterSpecs say the same."""
    stored = {key: item for key, item in stored.items() if item or key not in ("criteria", "filterSpecs", "sortSpecs")}
    criteria, specs = stored.get("criteria"), stored.get("filterSpecs")
    if specs and not criteria:
        return {**stored, "criteria": {str(s.get("columnIndex", 0)): s.get("filterCriteria", {}) for s in specs}}
    if not all(column.isascii() and column.isdigit() for column in criteria or ()):
        raise invalid("The keys of criteria must be column indexes.")
    if criteria:
        specs = [{"columnIndex": int(column), "filterCriteria": rule} for column, rule in criteria.items()]
        return {**stored, "filterSpecs": specs}
    return stored


def clear_basic_filter(book: Book, request: Json) -> None:
    """clearBasicFilter."""
    book.sheet(request.get("sheetId", 0)).meta.pop("basicFilter", None)


# Conditional formats


def _rules(sheet: Sheet) -> list[Json]:
    rules: list[Json] = sheet.meta.setdefault("conditionalFormats", [])
    return rules


def _stored_rule(book: Book, rule: Json) -> tuple[Sheet, Json]:
    homes = [home_of(book, item) for item in rule.get("ranges", [])]
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
    _rule_at(sheet, target)
    del _rules(sheet)[index]
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
    """addBanding: no cell lies in two."""
    given = settle_colours(request["bandedRange"])
    number = given.get("bandedRangeId") or book.free_id()
    if any(band["bandedRangeId"] == number for sheet in book.sheets for band in sheet.meta.get("bandedRanges", ())):
        raise invalid(f"Banding with id {number} already exists.")
    sheet, bare = home_of(book, given.get("range", {}))
    stored = {**given, "bandedRangeId": number, "range": bare}
    sheet.meta.setdefault("bandedRanges", []).append(stored)
    _check_bands(sheet, stored)
    return {"bandedRange": with_sheet(sheet, stored)}


def _check_bands(sheet: Sheet, banded: Json) -> None:
    box = sheet.box(banded["range"])
    others = (other for other in sheet.meta["bandedRanges"] if other["bandedRangeId"] != banded["bandedRangeId"])
    if any(sheet.loose_box(other["range"]).meets(box) for other in others):
        raise invalid(
            "You cannot add alternating background colors to a range that already has alternating background colors."
        )
    if not (banded.get("rowProperties") or banded.get("columnProperties")):
        raise invalid("At least one of rowProperties or columnProperties must be specified.")


def update_banding(book: Book, request: Json) -> None:
    """updateBanding."""
    given = settle_colours(request["bandedRange"])
    sheet, stored = _banded(book, given.get("bandedRangeId"))
    changed = masked(with_sheet(sheet, stored), given, "BandedRange", request, "bandedRangeId")
    _check_bands(placed(book, sheet, "bandedRanges", stored, changed), changed)


def delete_banding(book: Book, request: Json) -> None:
    """deleteBanding."""
    sheet, stored = _banded(book, request.get("bandedRangeId"))
    sheet.meta["bandedRanges"].remove(stored)
