"""What single rows and columns are like: height, width, hidden. Kept as runs, since whole ranges are alike."""

from __future__ import annotations

from sync.workbook.cells.defaults import COLUMN_PIXELS, ROW_PIXELS
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits import metadata
from sync.workbook.edits.spans import span_of
from sync.workbook.schema.errors import Json
from sync.workbook.schema.masks import assign, paths, required_fields

_KEYS = {"ROWS": "rowProperties", "COLUMNS": "columnProperties"}
_USUAL = {"ROWS": ROW_PIXELS, "COLUMNS": COLUMN_PIXELS}


def properties(sheet: Sheet, dimension: str) -> dict[int, Json]:
    """DimensionProperties by index, of those that are not as usual."""
    runs = sheet.meta.get(_KEYS[dimension], [])
    return {index: props for start, end, props in runs for index in range(start, end)}


def keep(sheet: Sheet, dimension: str, known: dict[int, Json]) -> None:
    """Stores what `properties` gave, changed."""
    runs: list[list[object]] = []
    for index in sorted(known):
        props = _kept(known[index], _USUAL[dimension])
        if runs and runs[-1][1] == index and runs[-1][2] == props:
            runs[-1][1] = index + 1
        elif props:
            runs.append([index, index + 1, props])
    sheet.meta[_KEYS[dimension]] = runs


def _kept(props: Json, usual: int) -> Json:
    return {key: value for key, value in props.items() if value and not (key == "pixelSize" and value == usual)}


def shown(sheet: Sheet, dimension: str, start: int, end: int) -> list[Json]:
    """DimensionProperties of every row or column of a span, as answered."""
    sheet.touch(end - start)
    known, usual = properties(sheet, dimension), {"pixelSize": _USUAL[dimension]}
    for entry in metadata.of_sheet(sheet):
        index = entry.row if dimension == "ROWS" else entry.column
        if index is not None:
            told = known.get(index, {})
            known[index] = {**told, "developerMetadata": [*told.get("developerMetadata", ()), entry.answer()]}
    return [{**usual, **known.get(index, {})} for index in range(start, end)]


def update_dimension_properties(book: Book, request: Json) -> None:
    """updateDimensionProperties: pixelSize and hiddenByUser."""
    sheet, dimension, start, end = span_of(book, request["range"])
    mask = paths("DimensionProperties", required_fields(request))
    sheet.touch(end - start)
    known = properties(sheet, dimension)
    for index in range(start, end):
        changed = dict(known.get(index, {}))
        for path in mask:
            assign(changed, request.get("properties", {}), path)
        known[index] = changed
    keep(sheet, dimension, known)


def auto_resize(book: Book, request: Json) -> None:
    """autoResizeDimensions: a column as wide as its longest text, by a rough measure of the default font."""
    sheet, dimension, start, end = span_of(book, request["dimensions"])
    sheet.touch(end - start, len(sheet.grid.order) if dimension == "COLUMNS" else 1)
    known = properties(sheet, dimension)
    for index in range(start, end):
        size = ROW_PIXELS if dimension == "ROWS" else _width(sheet, index)
        if size:
            known[index] = {**known.get(index, {}), "pixelSize": size}
    keep(sheet, dimension, known)


def _width(sheet: Sheet, column: int) -> int | None:
    values = (row.value(column) for row in sheet.grid.rows(0, sheet.rows) if row is not None)
    texts = [str(value) for value in values if value != ""]
    return 3 + max(map(_pixels, texts)) + 3 if texts else None


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
