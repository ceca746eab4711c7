"""Groups of rows and columns that can be folded away, one level in another."""

from __future__ import annotations

from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits.spans import size_of, span_of
from sync.workbook.schema.errors import Json, invalid
from sync.workbook.schema.masks import paths, required_fields


def add_group(book: Book, request: Json) -> Json:
    """addDimensionGroup: one level deeper where groups lie already."""
    sheet, dimension, start, end = span_of(book, request["range"])
    depths = _depths(sheet, dimension, size_of(sheet, dimension))
    for index in range(start, end):
        depths[index] += 1
    sheet.props["gridProperties"][_control(dimension)] = True
    return {"dimensionGroups": answered_groups(sheet, _regroup(sheet, dimension, depths))}


def answered_groups(sheet: Sheet, groups: list[Json]) -> list[Json]:
    """Groups as they are answered: with the sheetId unless that is 0."""
    return [{**group, "range": sheet.ranged(group["range"])} for group in groups]


def delete_group(book: Book, request: Json) -> Json:
    """deleteDimensionGroup: one level less; what is left of the groups is the reply."""
    sheet, dimension, start, end = span_of(book, request["range"])
    depths = _depths(sheet, dimension, size_of(sheet, dimension))
    if not any(depths[start:end]):
        raise invalid("Cannot delete a group that does not exist.")
    for index in range(start, end):
        depths[index] = max(0, depths[index] - 1)
    groups = _regroup(sheet, dimension, depths)
    return {"dimensionGroups": answered_groups(sheet, groups)} if groups else {}


def update_group(book: Book, request: Json) -> None:
    """updateDimensionGroup: collapsed or not."""
    given = request["dimensionGroup"]
    sheet, dimension, start, end = span_of(book, given["range"])
    for group in sheet.meta.get(_group_key(dimension), []):
        same = (group["range"]["startIndex"], group["range"]["endIndex"]) == (start, end)
        if same and group["depth"] == given.get("depth", 0):
            named = paths("DimensionGroup", required_fields(request))
            if any(path[:1] in ((), ("collapsed",)) for path in named):
                group["collapsed"] = bool(given.get("collapsed"))
            return
    raise invalid("Cannot update a group that does not exist.")


def _control(dimension: str) -> str:
    return "rowGroupControlAfter" if dimension == "ROWS" else "columnGroupControlAfter"


def _group_key(dimension: str) -> str:
    return "rowGroups" if dimension == "ROWS" else "columnGroups"


def _depths(sheet: Sheet, dimension: str, size: int) -> list[int]:
    sheet.touch(size)
    depths = [0] * size
    for group in sheet.meta.get(_group_key(dimension), []):
        for index in range(group["range"]["startIndex"], min(group["range"]["endIndex"], size)):
            depths[index] = max(depths[index], group["depth"])
    return depths


def _regroup(sheet: Sheet, dimension: str, depths: list[int]) -> list[Json]:
    old = sheet.meta.get(_group_key(dimension), [])
    collapsed = {(g["range"]["startIndex"], g["range"]["endIndex"], g["depth"]) for g in old if g.get("collapsed")}
    groups: list[Json] = []
    for depth in range(1, max(depths, default=0) + 1):
        for start, end in _runs([level >= depth for level in depths]):
            where = {"dimension": dimension, "startIndex": start, "endIndex": end}
            more = {"collapsed": True} if (start, end, depth) in collapsed else {}
            groups.append({"range": where, "depth": depth, **more})
    sheet.meta[_group_key(dimension)] = groups
    return groups


def _runs(flags: list[bool]) -> list[tuple[int, int]]:
    runs, start = [], None
    for index, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = index
        elif not flag and start is not None:
            runs.append((start, index))
            start = None
    return runs
