"""spreadsheets.values.*: rectangles of values read and written (sheets-api.md sections 4, 5 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from sync.workbook.cells.entry import raw, typed
from sync.workbook.cells.formats import is_date, show
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.row import OF_FORMULA, Row, decode, plain, trim
from sync.workbook.edits.dimensions.dimensions import extend
from sync.workbook.schema import a1
from sync.workbook.schema.a1 import Bounds, Box
from sync.workbook.schema.errors import ApiError, Json, invalid, violation

MAX_CHARACTERS = 50_000
VALUE_OPTIONS = ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
DATE_OPTIONS = ("SERIAL_NUMBER", "FORMATTED_STRING")
DIMENSIONS = ("ROWS", "COLUMNS")
INPUT_OPTIONS = ("RAW", "USER_ENTERED")


class Shown(NamedTuple):
    """How values are wished: majorDimension, valueRenderOption, dateTimeRenderOption."""

    dimension: str = "ROWS"
    render: str = "FORMATTED_VALUE"
    dates: str = "SERIAL_NUMBER"


# Reading


def value_range(book: Book, sheet: Sheet, bounds: Bounds, shown: Shown) -> list[bytes]:
    """One ValueRange as pieces of JSON text, for the caller to join: a large sheet is copied as seldom as can be."""
    box = sheet.clip(bounds)
    head = orjson.dumps({"range": a1.full(sheet.title, box), "majorDimension": shown.dimension})
    rows = _row_texts(book, sheet, box, shown)
    return [head[:-1], b',"values":[', b",".join(rows), b"]}"] if rows else [head]


def _row_texts(book: Book, sheet: Sheet, box: Box, shown: Shown) -> list[bytes]:
    if shown == Shown("ROWS", "UNFORMATTED_VALUE", "SERIAL_NUMBER"):
        if box.left == 0 and box.right >= sheet.columns:
            # The rows' own texts, ready in the file: nothing is parsed and nothing built.
            return sheet.grid.texts(box.top, box.bottom)
        return [orjson.dumps(row) for row in sheet.grid.lists(box)]
    return [orjson.dumps(row) for row in values(book, sheet, box, shown)]


def values(book: Book, sheet: Sheet, box: Box, shown: Shown) -> list[list[Any]]:
    """The values of a rectangle as wished, trailing blanks trimmed."""
    render, formulas = _renderer(book, sheet, shown), shown.render == "FORMULA"
    shape: list[list[Any]] = []
    for index, record in enumerate(sheet.grid.records(box.top, box.bottom), box.top):
        row = decode(*record) if record else Row([], {})
        # A text shows as it is, unless it is what a formula yields and the formula is wished.
        alone = not (formulas and row.cells)
        if formulas and row.cells:
            _stretch(row)
        items = enumerate(row.values[box.left : box.right], box.left)
        shape.append([v if alone and v.__class__ is str else render(index, column, row) for column, v in items])
    return _trimmed(_turned(shape) if shown.dimension == "COLUMNS" else shape)


def _stretch(row: Row) -> None:
    """Gives a row that is only read blanks up to its last formula, which may show nothing."""
    last = max((column for column, cell in row.cells.items() if "formula" in cell), default=-1)
    row.values.extend([""] * (last + 1 - len(row.values)))


def _renderer(book: Book, sheet: Sheet, shown: Shown) -> Callable[[int, int, Row], Any]:
    locale, painted = book.locale, sheet.layers.view()

    def number_format(index: int, column: int, row: Row) -> Json | None:
        own = row.cells.get(column)
        if own is not None and "userEnteredFormat" in own:
            return own["userEnteredFormat"].get("numberFormat")  # type: ignore[no-any-return]
        return painted(index, column).get("numberFormat")

    def formatted(index: int, column: int, row: Row) -> Any:
        value = row.values[column]
        return value if value.__class__ is str else show(value, number_format(index, column, row), locale)

    def unformatted(index: int, column: int, row: Row) -> Any:
        value = row.values[column]
        if shown.dates == "FORMATTED_STRING" and value.__class__ in (int, float):
            wished = number_format(index, column, row)
            return show(value, wished, locale) if is_date(wished) else value
        return value

    def formula(index: int, column: int, row: Row) -> Any:
        return row.cells.get(column, {}).get("formula") or unformatted(index, column, row)

    return {"FORMATTED_VALUE": formatted, "UNFORMATTED_VALUE": unformatted, "FORMULA": formula}[shown.render]


def _turned(rows: list[list[Any]]) -> list[list[Any]]:
    width = max((len(row) for row in rows), default=0)
    return [[row[column] if column < len(row) else "" for row in rows] for column in range(width)]


def _trimmed(lists: list[list[Any]]) -> list[list[Any]]:
    for items in lists:
        while items and items[-1] == "":
            items.pop()
    while lists and not lists[-1]:
        lists.pop()
    return lists


# Writing


class Written(NamedTuple):
    """What an update did: the rectangle, and which of its rows and columns got a value."""

    box: Box
    rows: frozenset[int]
    columns: frozenset[int]
    cells: int


def update(book: Book, sheet: Sheet, bounds: Bounds, rows: Sequence[Sequence[Any]], option: str) -> Written:
    """Writes rows of values from the range's first cell on; refuses what leaves a range of several cells."""
    top, left = bounds.top or 0, bounds.left or 0
    if top >= sheet.rows or left >= sheet.columns:
        raise sheet.beyond(bounds)
    width = max((len(row) for row in rows), default=0)
    box = Box(top, top + max(len(rows), 1), left, left + max(width, 1))
    _check_inside(sheet, bounds, box)
    grow(book, sheet, box.bottom, box.right)
    return _write(book, sheet, box, rows, option)


def _check_inside(sheet: Sheet, bounds: Bounds, box: Box) -> None:
    if bounds.bottom == box.top + 1 and bounds.right == box.left + 1:
        return  # one cell is an anchor, it binds nothing
    too_wide = bounds.right is not None and box.right > bounds.right
    too_long = bounds.bottom is not None and box.bottom > bounds.bottom
    if not (too_wide or too_long):
        return
    bottom, right = bounds.bottom or sheet.rows, bounds.right or sheet.columns
    text = a1.full(sheet.title, Box(box.top, bottom, box.left, right))
    where = f"column [{a1.letters(right)}]" if too_wide else f"row [{bottom + 1}]"
    raise invalid(f"Requested writing within range [{text}], but tried writing to {where}")


def grow(book: Book, sheet: Sheet, rows: int, columns: int) -> None:
    """Makes the grid at least this large."""
    if rows > sheet.rows:
        extend(book, sheet, "ROWS", rows - sheet.rows)
    if columns > sheet.columns:
        extend(book, sheet, "COLUMNS", columns - sheet.columns)


def _write(book: Book, sheet: Sheet, box: Box, rows: Sequence[Sequence[Any]], option: str) -> Written:
    put = put_typed if option == "USER_ENTERED" else put_raw
    touched, columns, cells = set(), set(), 0
    for index, items in enumerate(rows, box.top):
        if all(item is None for item in items):
            continue
        row = sheet.grid.edit(index)
        touched.add(index)
        for column, item in enumerate(items, box.left):
            if item is not None:
                put(book, sheet, index, column, row, item)
                columns.add(column)
                cells += 1
    return Written(box, frozenset(touched), frozenset(columns), cells)


def put_raw(book: Book, sheet: Sheet, index: int, column: int, row: Row, item: Any) -> None:
    """Puts a value as RAW: a string stays the string it is."""
    del book, sheet, index
    row.put(column, raw(item))
    if column in row.cells:
        plain(row, column)


def put_typed(book: Book, sheet: Sheet, index: int, column: int, row: Row, item: Any) -> None:
    """Puts a value as USER_ENTERED: parsed, with the number format that its look brings along."""
    current = sheet.cell_format(index, column, row)
    number_format = current.get("numberFormat")
    if isinstance(item, str) and number_format is not None and number_format.get("type") == "TEXT":
        put_raw(book, sheet, index, column, row, item)
        return
    entry = typed(item, book.local_now.date(), book.locale)
    if entry.formula is not None:
        put_formula(book, row, column, entry.formula)
        return
    put_raw(book, sheet, index, column, row, entry.value)
    if entry.number_format is not None and number_format is None:
        row.cells.setdefault(column, {})["userEnteredFormat"] = {**current, "numberFormat": entry.number_format}


def put_formula(book: Book, row: Row, column: int, formula: str) -> None:
    """Puts a formula; its value is worked out at the end of the request."""
    check_length(formula)
    row.put(column, "")
    cell = row.cells.setdefault(column, {})
    cell["formula"] = formula
    for key in OF_FORMULA:
        cell.pop(key, None)
    book.recalculate = True


def clear(sheet: Sheet, box: Box) -> None:
    """Empties the values of a rectangle; notes, formats and validations stay."""
    for index, grid_row in enumerate(sheet.grid.rows(box.top, box.bottom), box.top):
        if grid_row is None or not _anything(grid_row, box):
            continue
        row = sheet.grid.edit(index)
        for column in range(box.left, min(box.right, len(row.values))):
            row.values[column] = ""
        trim(row.values)
        for column in [c for c in row.cells if box.left <= c < box.right]:
            plain(row, column)


def _anything(row: Row, box: Box) -> bool:
    return len(row.values) > box.left or any(box.left <= column < box.right for column in row.cells)


# What came in


def check_option(name: str, value: str | None, known: Sequence[str], default: str | None = None) -> str:
    """A query option that must be one of a few words."""
    if not value or value.endswith("_UNSPECIFIED"):
        if default is None:
            raise invalid(f"'{name}' is required but not specified")
        return default
    if value not in known:
        raise violation(
            name,
            f"Invalid value at '{_snake(name)}' (type.googleapis.com/google.apps.sheets.v4.{_type(name)}), \"{value}\"",
        )
    return value


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def _type(name: str) -> str:
    kind = name.removeprefix("response")
    return {"valueInputOption": "ValueInputOption", "majorDimension": "Dimension"}.get(name, kind[0].upper() + kind[1:])


def rows_of(body: Json, field: str = "data") -> list[list[Any]]:
    """The values of a ValueRange as rows, whichever way they were sent; ApiError when they are no table."""
    given = body.get("values") or []
    kind = "type.googleapis.com/google.protobuf.ListValue"
    if not isinstance(given, list):
        text = f"Invalid value at '{field}.values' ({kind}), {orjson.dumps(given).decode()}"
        raise violation(f"{field}.values", text)
    for n, row in enumerate(given):
        if not isinstance(row, list):
            text = f"Invalid value at '{field}.values[{n}]' ({kind}), {orjson.dumps(row).decode()}"
            raise violation(f"{field}.values[{n}]", text)
        for m, item in enumerate(row):
            if isinstance(item, list | dict):
                raise _nested(n, m, item)
            if isinstance(item, str):
                check_length(item)
    if body.get("majorDimension") == "COLUMNS":
        height = max((len(column) for column in given), default=0)
        return [[column[n] if n < len(column) else None for column in given] for n in range(height)]
    return given


def _nested(row: int, column: int, item: Any) -> ApiError:
    kind = "list_value" if isinstance(item, list) else "struct_value"
    return invalid(f"Invalid values[{row}][{column}]: {kind} {{\n}}\n")


def check_length(text: str) -> None:
    """Refuses a text that no cell can hold."""
    if len(text) > MAX_CHARACTERS:
        raise invalid(f"Your input contains more than the maximum of {MAX_CHARACTERS} characters in a single cell.")
