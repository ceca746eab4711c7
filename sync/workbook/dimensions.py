"""Rows and columns inserted, deleted, moved, appended, hidden, sized and grouped (sheets-api.md section 9)."""

from __future__ import annotations

from typing import Any

from .a1 import Box
from .defaults import COLUMN_PIXELS, ROW_PIXELS
from .errors import Json, invalid
from .grid import Row
from .masks import assign, paths
from .model import Book, Sheet
from .shifts import Shift, shift_all

_INHERITED = ("userEnteredFormat", "dataValidation")
_NOUN = {"ROWS": "row", "COLUMNS": "column"}


def _size(sheet: Sheet, dimension: str) -> int:
    return sheet.rows if dimension == "ROWS" else sheet.columns


def _ends(book: Book, dimension_range: Json) -> tuple[Sheet, str, int, int]:
    """Sheet, dimension and the two ends; open ends are the grid's."""
    sheet = book.sheet(dimension_range.get("sheetId", 0))
    dimension = dimension_range.get("dimension", "")
    if dimension not in _NOUN:
        raise invalid("No dimension was specified.")
    start = dimension_range.get("startIndex", 0)
    end = dimension_range.get("endIndex", _size(sheet, dimension))
    if start < 0 or end < start:
        raise invalid(f"Invalid dimension range: startIndex[{start}] endIndex[{end}].")
    return sheet, dimension, start, end


def insert_dimension(book: Book, request: Json) -> None:
    """insertDimension: new rows or columns take their formats from the neighbour that the request names."""
    sheet, dimension, start, end = _ends(book, request["range"])
    before = bool(request.get("inheritFromBefore"))
    if before and start == 0:
        raise invalid("inheritFromBefore cannot be true when inserting at index 0.")
    if start > _size(sheet, dimension):
        raise invalid(f"range.startIndex[{start}] is after last {_NOUN[dimension]} in sheet[{_size(sheet, dimension)}]")
    insert(book, sheet, dimension, start, end - start, before)


def insert(book: Book, sheet: Sheet, dimension: str, at: int, count: int, before: bool) -> None:
    """Makes room for rows or columns and shifts everything behind."""
    if count <= 0:
        return
    rows, columns = sheet.rows, sheet.columns
    rows, columns = (rows + count, columns) if dimension == "ROWS" else (rows, columns + count)
    book.check_size(rows, columns, instead_of=sheet)
    template = {}
    if dimension == "ROWS":
        template = _template(sheet, at - 1 if before else at)
        sheet.grid.insert_rows(at, count)
    else:
        _insert_columns(sheet, at, count, before)
    sheet.resize(rows, columns)
    shift_all(book, sheet, Shift(dimension, at, count))
    _stretch(sheet, 0 if dimension == "ROWS" else 2, at, count, before)
    _inherit(sheet, template, at, count)


def _template(sheet: Sheet, index: int) -> dict[int, Json]:
    """What new rows inherit from the row beside them."""
    row = sheet.grid.peek(index) if 0 <= index < sheet.rows else None
    if row is None:
        return {}
    looks = {c: {k: cell[k] for k in _INHERITED if k in cell} for c, cell in row.cells.items()}
    return {column: look for column, look in looks.items() if look}


def _stretch(sheet: Sheet, edge: int, at: int, count: int, before: bool) -> None:
    """Lets painted ranges that end or begin beside the new rows cover them, since these inherit their look."""
    for layer in sheet.layers.stored:
        ends = layer["range"]
        if before and ends[edge + 1] == at:
            ends[edge + 1] = at + count
        elif not before and ends[edge] == at + count:
            ends[edge] = at


def _insert_columns(sheet: Sheet, at: int, count: int, before: bool) -> None:
    source = at - 1 if before else at

    def change(values: list[Any]) -> None:
        if at < len(values):
            values[at:at] = [""] * count

    sheet.grid.rewrite_columns(change, lambda column: column + count if column >= at else column)
    _copy_column_looks(sheet, source if source < at else source + count, at, count)


def _copy_column_looks(sheet: Sheet, source: int, at: int, count: int) -> None:
    for index, row in enumerate(sheet.grid.rows(0, sheet.rows)):
        cell = row.cells.get(source, {}) if row else {}
        look = {key: cell[key] for key in _INHERITED if key in cell}
        if look:
            sheet.grid.edit(index).cells.update({column: dict(look) for column in range(at, at + count)})


def delete_dimension(book: Book, request: Json) -> None:
    """deleteDimension: never all rows or columns, never all that are not frozen."""
    sheet, dimension, start, end = _ends(book, request["range"])
    size, noun = _size(sheet, dimension), _NOUN[dimension]
    if start >= size:
        raise invalid(
            f"Cannot delete a {noun} that doesn't exist. "
            f"Tried to delete {noun} index {start} but there are only {size} {noun}s."
        )
    end = min(end, size)
    if end - start >= size:
        raise invalid(f"You can't delete all the {noun}s on the sheet.")
    frozen = sheet.props["gridProperties"].get(f"frozen{noun.capitalize()}Count", 0)
    kept_frozen = frozen - max(0, min(end, frozen) - start)
    if kept_frozen >= size - (end - start):
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {noun}s.")
    delete(book, sheet, dimension, start, end)
    if frozen:
        _set_frozen(sheet, noun, kept_frozen)


def _set_frozen(sheet: Sheet, noun: str, count: int) -> None:
    key = f"frozen{noun.capitalize()}Count"
    sheet.props["gridProperties"].pop(key, None)
    if count:
        sheet.props["gridProperties"][key] = count


def delete(book: Book, sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Takes rows or columns away and shifts everything behind."""
    if dimension == "ROWS":
        sheet.grid.delete_rows(start, end)
        sheet.resize(rows=sheet.rows - (end - start))
    else:
        delete_columns(sheet, start, end)
        sheet.resize(columns=sheet.columns - (end - start))
    shift_all(book, sheet, Shift(dimension, start, start - end))


def delete_columns(sheet: Sheet, start: int, end: int) -> None:
    """Takes columns out of every row."""

    def change(values: list[Any]) -> None:
        del values[start:end]

    shift = Shift("COLUMNS", start, start - end)
    sheet.grid.rewrite_columns(change, shift.index)


def move_dimension(book: Book, request: Json) -> None:
    """moveDimension: `destinationIndex` counts before the move."""
    sheet, dimension, start, end = _ends(book, request["source"])
    to, size = request.get("destinationIndex", 0), _size(sheet, dimension)
    if start >= size or end > size or not 0 <= to <= size:
        raise invalid(f"Cannot move {_NOUN[dimension]}s [{start}:{end}) to index {to}: beyond the grid.")
    if start <= to <= end:
        return
    shift = Shift(dimension, start, end - start, to)
    if dimension == "ROWS":
        bake(sheet, Box(min(start, to), max(end, to), 0, sheet.columns))
        sheet.grid.move_rows(start, end, to)
    else:
        bake(sheet, sheet.whole())
        _move_columns(sheet, start, end, to, shift)
    shift_all(book, sheet, shift)


def _move_columns(sheet: Sheet, start: int, end: int, to: int, shift: Shift) -> None:
    def change(values: list[Any]) -> None:
        values.extend([""] * (max(end, to) - len(values)))
        moved = values[start:end]
        del values[start:end]
        at = to if to <= start else to - len(moved)
        values[at:at] = moved

    sheet.grid.rewrite_columns(change, shift.index)


def bake(sheet: Sheet, box: Box) -> None:
    """Gives cells their own look where a painted range covers only some rows of what is about to move."""
    if not sheet.layers.uneven(box):
        return
    formats = sheet.layers.columns(box, "format")
    rules = sheet.layers.columns(box, "validation")
    for index in range(box.top, min(box.bottom, max(len(sheet.grid.order), box.top))):
        row = sheet.grid.edit(index)
        _bake_row(sheet, row, index, formats, rules)


def _bake_row(sheet: Sheet, row: Row, index: int, formats: list[int], rules: list[int]) -> None:
    for column in formats:
        if "userEnteredFormat" not in row.cells.get(column, {}):
            row.cells.setdefault(column, {})["userEnteredFormat"] = sheet.layers.format_at(index, column)
    for column in rules:
        if "dataValidation" not in row.cells.get(column, {}):
            row.cells.setdefault(column, {})["dataValidation"] = sheet.layers.validation_at(index, column)


def append_dimension(book: Book, request: Json) -> None:
    """appendDimension: rows or columns at the end, looking like the last ones."""
    sheet = book.sheet(request.get("sheetId", 0))
    dimension, count = request.get("dimension", ""), request.get("length", 0)
    if dimension not in _NOUN:
        raise invalid("No dimension was specified.")
    if count <= 0:
        raise invalid("length must be greater than 0.")
    extend(book, sheet, dimension, count)


def extend(book: Book, sheet: Sheet, dimension: str, count: int) -> None:
    """Rows or columns at the end: nothing lies behind them, so nothing shifts."""
    rows, columns = sheet.rows, sheet.columns
    grown = (rows + count, columns) if dimension == "ROWS" else (rows, columns + count)
    book.check_size(*grown, instead_of=sheet)
    sheet.resize(*grown)
    if dimension == "ROWS":
        _stretch(sheet, 0, rows, count, True)
        _inherit(sheet, _template(sheet, rows - 1), rows, count)
    else:
        _stretch(sheet, 2, columns, count, True)
        _copy_column_looks(sheet, columns - 1, columns, count)


def _inherit(sheet: Sheet, template: dict[int, Json], at: int, count: int) -> None:
    for index in range(at, at + count) if template else ():
        sheet.grid.edit(index).cells.update({column: dict(cell) for column, cell in template.items()})


def update_dimension_properties(book: Book, request: Json) -> None:
    """updateDimensionProperties: pixelSize and hiddenByUser."""
    sheet, dimension, start, end = _ends(book, request["range"])
    mask = paths("DimensionProperties", required_fields(request))
    for index in range(start, end):
        properties = _properties(sheet, dimension, index)
        for path in mask:
            assign(properties, request.get("properties", {}), path)
        _store(sheet, dimension, index, properties)


def required_fields(request: Json) -> str:
    """The request's mask; refused when it names nothing."""
    mask: str = request.get("fields", "")
    if not mask:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    return mask


def _key(dimension: str) -> str:
    return "rowProperties" if dimension == "ROWS" else "columnProperties"


def _properties(sheet: Sheet, dimension: str, index: int) -> Json:
    return dict(sheet.meta.get(_key(dimension), {}).get(str(index), {}))


def _store(sheet: Sheet, dimension: str, index: int, properties: Json) -> None:
    usual = ROW_PIXELS if dimension == "ROWS" else COLUMN_PIXELS
    kept = {k: v for k, v in properties.items() if v and not (k == "pixelSize" and v == usual)}
    table = sheet.meta.setdefault(_key(dimension), {})
    table.pop(str(index), None)
    if kept:
        table[str(index)] = kept


def auto_resize(book: Book, request: Json) -> None:
    """autoResizeDimensions: a column as wide as its longest text, by a rough measure of the default font."""
    sheet, dimension, start, end = _ends(book, request["dimensions"])
    if dimension == "ROWS":
        for index in range(start, end):
            _store(sheet, dimension, index, {**_properties(sheet, dimension, index), "pixelSize": ROW_PIXELS})
        return
    rows = [row for row in sheet.grid.rows(0, sheet.rows) if row is not None]
    for column in range(start, end):
        texts = [str(row.value(column)) for row in rows if row.value(column) != ""]
        if texts:
            size = 3 + max(map(_pixels, texts)) + 3
            _store(sheet, dimension, column, {**_properties(sheet, dimension, column), "pixelSize": size})


def _pixels(text: str) -> int:
    longest = max(text.splitlines(), key=len, default="")
    return round(sum(_letter_pixels(letter) for letter in longest))


def _letter_pixels(letter: str) -> float:
    # By the one recorded width: 1,024 letters A make a column of 8,691 pixels.
    if ord(letter) > 0x2E7F:
        return 13.33
    if letter in "fijlrtI.,:;!|'()[] ":
        return 3.7
    if letter in "mwMW@%":
        return 11.3
    return 8.4814 if letter.isupper() else 7.07


# Groups


def add_group(book: Book, request: Json) -> Json:
    """addDimensionGroup: one level deeper where groups lie already."""
    sheet, dimension, start, end = _ends(book, request["range"])
    depths = _depths(sheet, dimension, max(end, _size(sheet, dimension)))
    for index in range(start, end):
        depths[index] += 1
    sheet.props["gridProperties"][_control(dimension)] = True
    return {"dimensionGroups": answered_groups(sheet, _regroup(sheet, dimension, depths))}


def answered_groups(sheet: Sheet, groups: list[Json]) -> list[Json]:
    """Groups as they are answered: with the sheetId unless that is 0."""
    return [{**group, "range": sheet.ranged(group["range"])} for group in groups]


def delete_group(book: Book, request: Json) -> Json:
    """deleteDimensionGroup: one level less; what is left of the groups is the reply."""
    sheet, dimension, start, end = _ends(book, request["range"])
    depths = _depths(sheet, dimension, max(end, _size(sheet, dimension)))
    if not any(depths[start:end]):
        raise invalid("Cannot delete a group that does not exist.")
    for index in range(start, end):
        depths[index] = max(0, depths[index] - 1)
    groups = _regroup(sheet, dimension, depths)
    return {"dimensionGroups": answered_groups(sheet, groups)} if groups else {}


def update_group(book: Book, request: Json) -> None:
    """updateDimensionGroup: collapsed or not."""
    given = request["dimensionGroup"]
    sheet, dimension, start, end = _ends(book, given["range"])
    for group in sheet.meta.get(_group_key(dimension), []):
        same = (group["range"]["startIndex"], group["range"]["endIndex"]) == (start, end)
        if same and group["depth"] == given.get("depth", 0):
            for path in paths("DimensionGroup", required_fields(request)):
                assign(group, given, path)
            return
    raise invalid("Cannot update a group that does not exist.")


def _control(dimension: str) -> str:
    return "rowGroupControlAfter" if dimension == "ROWS" else "columnGroupControlAfter"


def _group_key(dimension: str) -> str:
    return "rowGroups" if dimension == "ROWS" else "columnGroups"


def _depths(sheet: Sheet, dimension: str, size: int) -> list[int]:
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
