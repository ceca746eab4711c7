"""Cells copied, cut, pasted and pushed aside."""

from __future__ import annotations

from typing import Any

from sync.workbook.cells.model import Book, Sheet, range_of
from sync.workbook.edits.cells import forget_value
from sync.workbook.edits.dimensions.shifts import Shift, each_formula, shift_all
from sync.workbook.edits.values import grow, put_formula, put_raw, put_typed
from sync.workbook.formulas.references import Carried, carry, offset, qualify
from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json, invalid

Clip = Json  # value, and of formula, error, userEnteredFormat, dataValidation, note, textFormatRuns what there is
_BLANK: Clip = {"value": ""}
_CARRIED = ("userEnteredFormat", "dataValidation", "note", "textFormatRuns")
_PARTS: dict[str, tuple[str, ...]] = {
    "PASTE_NORMAL": ("value", *_CARRIED),
    "PASTE_NO_BORDERS": ("value", *_CARRIED),
    "PASTE_VALUES": ("shown",),
    "PASTE_FORMAT": ("userEnteredFormat",),
    "PASTE_FORMULA": ("value",),
    "PASTE_DATA_VALIDATION": ("dataValidation",),
    "PASTE_CONDITIONAL_FORMATTING": (),
}


def take(sheet: Sheet, box: Box) -> list[list[Clip]]:
    """Copies of the cells of a rectangle."""
    sheet.touch(max(0, min(box.bottom, sheet.rows) - box.top), box.right - box.left)
    return [
        [_clip(sheet, index, column) for column in range(box.left, box.right)]
        for index in range(box.top, min(box.bottom, sheet.rows))
    ]


def _clip(sheet: Sheet, index: int, column: int) -> Clip:
    row = sheet.grid.peek(index)
    cell = row.cells.get(column, {}) if row else {}
    clip: Clip = {"value": row.value(column) if row else "", **cell}
    look = sheet.cell_format(index, column, row)
    rule = sheet.validation(index, column, row)
    clip |= {"userEnteredFormat": look} if look else {}
    clip |= {"dataValidation": rule} if rule else {}
    return clip


def give(book: Book, sheet: Sheet, index: int, column: int, clip: Clip, kind: str, moved: tuple[int, int]) -> None:
    """Puts what was taken into a cell; its formula moves by rows and columns, as a copy does."""
    row = sheet.grid.edit(index)
    parts = _PARTS[kind]
    if "value" in parts and "formula" in clip:
        put_formula(book, row, column, offset(clip["formula"], *moved))
    elif "value" in parts or "shown" in parts:
        put_raw(book, sheet, index, column, row, clip["value"])
    for key in _CARRIED:
        if key not in parts:
            continue
        look = clip.get(key)
        if kind == "PASTE_NO_BORDERS" and key == "userEnteredFormat" and look:
            look = {name: part for name, part in look.items() if name != "borders"}
        _set(sheet, index, column, key, look)


def _set(sheet: Sheet, index: int, column: int, key: str, look: Any) -> None:
    row = sheet.grid.edit(index)
    painted: Any = None
    if key == "userEnteredFormat":
        painted = sheet.layers.format_at(index, column)
    elif key == "dataValidation":
        painted = sheet.layers.validation_at(index, column)
    if look:
        row.cells.setdefault(column, {})[key] = look
    elif painted:
        row.cells.setdefault(column, {})[key] = {} if key == "userEnteredFormat" else None
    elif column in row.cells:
        row.cells[column].pop(key, None)
        if not row.cells[column]:
            del row.cells[column]


def _kind(request: Json) -> str:
    kind: str = request.get("pasteType", "PASTE_NORMAL")
    if kind not in _PARTS:
        raise invalid(f"Invalid pasteType: {kind}")
    return kind


def copy_paste(book: Book, request: Json) -> None:
    """copyPaste: a larger destination is filled with repetitions, a smaller one grows to the source's size."""
    source = book.sheet(request["source"].get("sheetId", 0))
    target = book.sheet(request["destination"].get("sheetId", 0))
    taken, at = source.box(request["source"]), target.box(request["destination"])
    clips = take(source, taken)
    turned = request.get("pasteOrientation") == "TRANSPOSE"
    if turned:
        clips = [list(column) for column in zip(*clips, strict=True)]
    height, width = len(clips), len(clips[0]) if clips else 0
    if not height or not width:
        return
    rows = (at.bottom - at.top) // height * height or height
    columns = (at.right - at.left) // width * width or width
    target.touch(rows, columns)
    grow(book, target, at.top + rows, at.left + columns)
    for down in range(rows):
        for across in range(columns):
            n, m = (across % width, down % height) if turned else (down % height, across % width)
            moved = (at.top + down - taken.top - n, at.left + across - taken.left - m)
            clip = clips[down % height][across % width]
            if clip == _BLANK and target.grid.peek(at.top + down) is None:
                continue
            give(book, target, at.top + down, at.left + across, clip, _kind(request), moved)
    if _kind(request) in ("PASTE_NORMAL", "PASTE_NO_BORDERS") and not turned:
        _copy_merges(source, taken, target, at)


def _copy_merges(source: Sheet, taken: Box, target: Sheet, at: Box) -> None:
    down, across = at.top - taken.top, at.left - taken.left
    merges = target.meta.setdefault("merges", [])
    copied = [m for m in source.meta.get("merges", []) if taken.covers(source.box(m))]
    target.touch(len(copied), len(merges))
    for merge in copied:
        box = source.box(merge)
        moved = Box(box.top + down, box.bottom + down, box.left + across, box.right + across)
        if not any(target.box(m).meets(moved) for m in merges):
            merges.append(range_of(moved))


def cut_paste(book: Book, request: Json) -> None:
    """cutPaste: the source is left empty; developer metadata would stay behind, as on Google."""
    source = book.sheet(request["source"].get("sheetId", 0))
    destination = request["destination"]
    target = book.sheet(destination.get("sheetId", 0))
    taken = source.box(request["source"])
    top, left = target.corner(destination)
    clips = take(source, taken)
    kind = _kind(request)
    _wipe(source, taken, whole=kind == "PASTE_NORMAL")
    grow(book, target, top + len(clips), left + taken.right - taken.left)
    for index, clip_row in enumerate(clips, top):
        for column, clip in enumerate(clip_row, left):
            if target is not source and "formula" in clip:
                clip["formula"] = qualify(clip["formula"], source.title)
            give(book, target, index, column, clip, kind, (0, 0))
    _carry(book, Carried(taken, source.title, top - taken.top, left - taken.left, target.title), source, target)


def _carry(book: Book, carried: Carried, source: Sheet, target: Sheet) -> None:
    """Leads to the new place all that meant cells which were cut: formulas, named ranges, merges."""
    each_formula(book, lambda sheet, text: carry(text, carried, sheet.title))
    for named in book.named_ranges:
        home = named["range"].get("sheetId", 0) == source.id
        if home and carried.box.covers(source.loose_box(named["range"])):
            named["range"] = target.ranged(range_of(_carried_box(source.loose_box(named["range"]), carried)))
    merges = source.meta.get("merges", [])
    moving = [merge for merge in merges if carried.box.covers(source.box(merge))]
    source.meta["merges"] = [merge for merge in merges if not carried.box.covers(source.box(merge))]
    target.meta.setdefault("merges", []).extend(range_of(_carried_box(source.box(m), carried)) for m in moving)


def _carried_box(box: Box, carried: Carried) -> Box:
    down, across = carried.rows, carried.columns
    return Box(box.top + down, box.bottom + down, box.left + across, box.right + across)


def _wipe(sheet: Sheet, box: Box, whole: bool) -> None:
    box = _used(sheet, box)
    sheet.touch(box.bottom - box.top, box.right - box.left)
    for index in range(box.top, box.bottom):
        if sheet.grid.peek(index) is None:
            continue
        row = sheet.grid.edit(index)
        for column in range(box.left, box.right):
            forget_value(row, column)
            for key in _CARRIED if whole else ():
                _set(sheet, index, column, key, None)


def paste_data(book: Book, request: Json) -> None:
    """pasteData: delimited text from a coordinate on, parsed as if typed."""
    start = request.get("coordinate", {})
    sheet = book.sheet(start.get("sheetId", 0))
    if request.get("html"):
        raise invalid("Pasting HTML is not supported here; send a delimiter.")
    delimiter = request.get("delimiter") or "\t"
    lines = [line.split(delimiter) for line in request.get("data", "").splitlines()]
    top, left = sheet.corner(start)
    grow(book, sheet, top + len(lines), left + max(map(len, lines), default=0))
    for index, items in enumerate(lines, top):
        row = sheet.grid.edit(index)
        for column, item in enumerate(items, left):
            put_typed(book, sheet, index, column, row, item)


# Cells pushed aside


def insert_range(book: Book, request: Json) -> None:
    """insertRange: the cells of the range and behind it move down or to the right."""
    sheet, box, down = _pushed(book, request)
    rest = box._replace(bottom=sheet.rows) if down else box._replace(right=sheet.columns)
    by = (box.bottom - box.top, 0) if down else (0, box.right - box.left)
    clips = take(sheet, _used(sheet, rest))
    grow(
        book,
        sheet,
        rest.top + len(clips) + by[0],
        rest.left + (len(clips[0]) if clips else 0) + by[1] if not down else 0,
    )
    _wipe(sheet, rest, whole=True)
    _lay(book, sheet, rest.top + by[0], rest.left + by[1], clips)
    shift_all(book, sheet, _pushing(box, down, 1))


def _pushing(box: Box, rows: bool, sign: int) -> Shift:
    """The cells of a range pushed aside (1), or others pulled into their place (-1)."""
    if rows:
        return Shift("ROWS", box.top, sign * (box.bottom - box.top), across=(box.left, box.right))
    return Shift("COLUMNS", box.left, sign * (box.right - box.left), across=(box.top, box.bottom))


def delete_range(book: Book, request: Json) -> None:
    """deleteRange: the cells behind the range move up or to the left into it."""
    sheet, box, up = _pushed(book, request)
    behind = (
        box._replace(top=box.bottom, bottom=sheet.rows) if up else box._replace(left=box.right, right=sheet.columns)
    )
    clips = take(sheet, _used(sheet, behind)) if behind.top < behind.bottom and behind.left < behind.right else []
    whole = box._replace(bottom=sheet.rows) if up else box._replace(right=sheet.columns)
    _wipe(sheet, whole, whole=True)
    _lay(book, sheet, box.top, box.left, clips)
    shift_all(book, sheet, _pushing(box, up, -1))


def _pushed(book: Book, request: Json) -> tuple[Sheet, Box, bool]:
    dimension = request.get("shiftDimension", "")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("shiftDimension is required.")
    sheet = book.sheet(request["range"].get("sheetId", 0))
    return sheet, sheet.box(request["range"]), dimension == "ROWS"


def _used(sheet: Sheet, box: Box) -> Box:
    return box._replace(bottom=max(box.top, min(box.bottom, len(sheet.grid.order))))


def _lay(book: Book, sheet: Sheet, top: int, left: int, clips: list[list[Clip]]) -> None:
    for index, clip_row in enumerate(clips, top):
        for column, clip in enumerate(clip_row, left):
            if clip != _BLANK and column < sheet.columns:
                give(book, sheet, index, column, clip, "PASTE_NORMAL", (0, 0))
