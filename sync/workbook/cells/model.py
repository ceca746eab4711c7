"""A spreadsheet and its sheets within one transaction: found by id or name, changed, saved as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sync.workbook.cells import changes, defaults
from sync.workbook.cells.grid import Grid
from sync.workbook.cells.layers import Layers
from sync.workbook.cells.row import Row
from sync.workbook.cells.transaction import Transaction
from sync.workbook.schema import a1
from sync.workbook.schema.a1 import Bounds, Box
from sync.workbook.schema.errors import ApiError, Json, invalid

MAX_CELLS = 10_000_000
MAX_COLUMNS = 18_278
MOST_TOUCHED = 500_000  # cells that one call goes through, filled or not; each takes some ten microseconds
_WORD = re.compile(r"[^\W\d][\w.]*")


class Sheet:
    """One sheet: `props` is its SheetProperties without the index, `meta` all else but its cells."""

    def __init__(self, tx: Transaction, key: int, next_row: int, meta: Json) -> None:
        self.key, self.meta = key, meta
        self.props: Json = meta["properties"]
        self.grid = Grid(tx, key, next_row)
        self.layers = Layers(meta.setdefault("layers", []))

    @property
    def id(self) -> int:
        """The sheetId."""
        number: int = self.props["sheetId"]
        return number

    @property
    def title(self) -> str:
        """The name on the tab."""
        text: str = self.props["title"]
        return text

    @property
    def rows(self) -> int:
        """rowCount."""
        count: int = self.props["gridProperties"]["rowCount"]
        return count

    @property
    def columns(self) -> int:
        """columnCount."""
        count: int = self.props["gridProperties"]["columnCount"]
        return count

    @property
    def hidden(self) -> bool:
        """Whether the tab is hidden."""
        return bool(self.props.get("hidden"))

    def resize(self, rows: int | None = None, columns: int | None = None) -> None:
        """Sets the size; the caller has seen to the cells that fall away."""
        size = self.props["gridProperties"]
        size["rowCount"] = rows or size["rowCount"]
        size["columnCount"] = columns or size["columnCount"]

    def touch(self, rows: int, columns: int = 1) -> None:
        """Counts cells that are about to be gone through one by one; refuses a call that goes through too many."""
        self.grid.tx.touched += rows * columns
        if self.grid.tx.touched > MOST_TOUCHED:
            raise invalid(f"This action would touch more than the limit of {MOST_TOUCHED} cells in one call.")

    def whole(self) -> Box:
        """All cells."""
        return Box(0, self.rows, 0, self.columns)

    def clip(self, bounds: Bounds) -> Box:
        """The rectangle with open ends closed and ends cut at the grid's edge; refused when it starts beyond."""
        top, left = bounds.top or 0, bounds.left or 0
        if top >= self.rows or left >= self.columns:
            raise self.beyond(bounds)
        bottom = self.rows if bounds.bottom is None else min(bounds.bottom, self.rows)
        right = self.columns if bounds.right is None else min(bounds.right, self.columns)
        return Box(top, bottom, left, right)

    def beyond(self, bounds: Bounds) -> ApiError:
        """The refusal of a range that starts outside the grid."""
        text = a1.asked(self.title, bounds)
        return invalid(f"Range ({text}) exceeds grid limits. Max rows: {self.rows}, max columns: {self.columns}")

    def cells(self, grid_range: Json) -> Box:
        """The cells of a GridRange, ends cut at the grid's edge; refused when it is none or starts beyond."""
        self.loose_box(grid_range)
        return self.clip(bounds_of(grid_range))

    def box(self, grid_range: Json) -> Box:
        """The rectangle of a GridRange that is stored or moved; refused when it is none or goes beyond the grid."""
        box = self.loose_box(grid_range)
        if box.bottom > self.rows or box.right > self.columns:
            raise self.beyond(Bounds(*box))
        return box

    def loose_box(self, grid_range: Json) -> Box:
        """A GridRange's rectangle, which may go beyond the grid."""
        top, left = grid_range.get("startRowIndex", 0), grid_range.get("startColumnIndex", 0)
        bottom = grid_range.get("endRowIndex", max(self.rows, top))
        right = grid_range.get("endColumnIndex", max(self.columns, left))
        if not (0 <= top <= bottom and 0 <= left <= right):
            raise invalid(
                f"Invalid range: startRowIndex[{top}] endRowIndex[{bottom}] "
                f"startColumnIndex[{left}] endColumnIndex[{right}]"
            )
        return Box(top, bottom, left, right)

    def corner(self, coordinate: Json) -> tuple[int, int]:
        """A GridCoordinate's row and column."""
        row, column = coordinate.get("rowIndex", 0), coordinate.get("columnIndex", 0)
        if row < 0 or column < 0:
            raise invalid(f"Invalid coordinate: rowIndex[{row}] columnIndex[{column}]")
        return row, column

    def cell_format(self, index: int, column: int, row: Row | None) -> Json:
        """The userEnteredFormat of a cell, from the cell itself or from the ranges painted over it."""
        cell = row.cells.get(column) if row else None
        if cell is not None and "userEnteredFormat" in cell:
            own: Json = cell["userEnteredFormat"]
            return own
        return self.layers.format_at(index, column)

    def validation(self, index: int, column: int, row: Row | None) -> Json | None:
        """The data validation rule of a cell."""
        cell = row.cells.get(column) if row else None
        if cell is not None and "dataValidation" in cell:
            own: Json | None = cell["dataValidation"]
            return own
        return self.layers.validation_at(index, column)

    def ranged(self, grid_range: Json) -> Json:
        """A stored range as it is answered: with the sheetId unless that is 0."""
        return {"sheetId": self.id, **grid_range} if self.id else dict(grid_range)


class Book:
    """One spreadsheet document, as an account has opened it; empty is the process itself.

    ``before_saving``: what may still refuse the changes.
    """

    def __init__(self, tx: Transaction, record: tuple[Any, ...], now: datetime, account: str = "") -> None:
        self.tx, self.now, self.account = tx, now, account
        self.before_saving: Callable[[], None] | None = None
        self.id, self.name, self.owner, self.created, self.modified, self.version, permissions, meta = record
        self.permissions: list[Json] = orjson.loads(permissions)
        self.meta: Json = orjson.loads(meta)
        self.sheets = [Sheet(tx, key, n, orjson.loads(data)) for key, n, data in tx.sheets(self.id)]
        self.recalculate = False
        self._keys = [sheet.key for sheet in self.sheets]

    @property
    def locale(self) -> str:
        """en_US, zh_CN and the like."""
        text: str = self.meta["properties"]["locale"]
        return text

    @property
    def mime_type(self) -> str:
        """A spreadsheet's, unless another is noted."""
        text: str = self.meta.get("mimeType", defaults.SPREADSHEET)
        return text

    @property
    def trashed(self) -> bool:
        """Whether it lies in the trash."""
        return bool(self.meta.get("trashed"))

    @property
    def local_now(self) -> datetime:
        """The hour in the document's own zone."""
        try:
            return self.now.astimezone(ZoneInfo(self.meta["properties"]["timeZone"]))
        except (KeyError, ValueError, OSError):  # an unknown zone
            return self.now

    @property
    def named_ranges(self) -> list[Json]:
        """The named ranges, each range with its sheetId."""
        ranges: list[Json] = self.meta.setdefault("namedRanges", [])
        return ranges

    # Finding

    def sheet(self, sheet_id: int) -> Sheet:
        """The sheet by id; refused as Google refuses an unknown one."""
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise invalid(f"No grid with id: {sheet_id}")

    def titled(self, title: str) -> Sheet | None:
        """The sheet by name, without regard to case."""
        folded = title.casefold()
        return next((sheet for sheet in self.sheets if sheet.title.casefold() == folded), None)

    def first_visible(self) -> Sheet:
        """The sheet that a range without a sheet means."""
        return next((sheet for sheet in self.sheets if not sheet.hidden), self.sheets[0])

    def resolve(self, text: str) -> tuple[Sheet, Bounds]:
        """The sheet and the rectangle that a range in A1 notation means (sheets-api.md section 3)."""
        title, rest, quoted = a1.split_sheet(text)
        target = self._bare(rest) if title is None else self._within(title, rest, quoted)
        if target is None:
            raise invalid(f"Unable to parse range: {text}")
        return target

    def _within(self, title: str, rest: str, quoted: bool) -> tuple[Sheet, Bounds] | None:
        sheet = self.titled(title)
        if sheet is None:
            return None
        if rest == "" and quoted:
            return sheet, Bounds(None, None, None, None)
        named = self._named(rest)
        if named is not None and named[0] is sheet:
            return named
        bounds = a1.parse_area(rest)
        return (sheet, bounds) if bounds else None

    def _bare(self, text: str) -> tuple[Sheet, Bounds] | None:
        named = self._named(text)
        if named is not None:
            return named
        bounds = a1.parse_area(text)
        if bounds is not None:
            return self.first_visible(), bounds
        sheet = self.titled(text)
        return (sheet, Bounds(None, None, None, None)) if sheet else None

    def _named(self, text: str) -> tuple[Sheet, Bounds] | None:
        if not self.named_ranges or not _WORD.fullmatch(text):
            return None
        for named in self.named_ranges:
            if named["name"].casefold() == text.casefold():
                return self.sheet(named["range"].get("sheetId", 0)), bounds_of(named["range"])
        return None

    # Changing

    def add_sheet(self, props: Json, index: int | None = None, meta: Json | None = None) -> Sheet:
        """A new sheet with these properties (without index)."""
        whole = {**(meta or {}), "properties": props}
        sheet = Sheet(self.tx, self.tx.add_sheet(self.id, orjson.dumps(whole)), 1, whole)
        self.sheets.insert(len(self.sheets) if index is None else index, sheet)
        return sheet

    def check_size(self, rows: int, columns: int, instead_of: Sheet | None = None) -> None:
        """Refuses a sheet size that would go over the limits."""
        if columns > MAX_COLUMNS:
            raise invalid(
                "This action would increase the number of columns in the sheet above the limit of "
                f"{MAX_COLUMNS} columns."
            )
        others = sum(sheet.rows * sheet.columns for sheet in self.sheets if sheet is not instead_of)
        if others + rows * columns > MAX_CELLS:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {MAX_CELLS} cells."
            )

    def free_id(self) -> int:
        """A random positive number that no sheet, named or protected range bears."""
        taken = {sheet.id for sheet in self.sheets} | set(self._range_ids())
        while (number := defaults.random_id()) in taken:
            pass
        return number

    def _range_ids(self) -> Iterator[int]:
        for named in self.named_ranges:
            if named["namedRangeId"].isdigit():
                yield int(named["namedRangeId"])
        for sheet in self.sheets:
            yield from (p["protectedRangeId"] for p in sheet.meta.get("protectedRanges", ()))
            yield from (b["bandedRangeId"] for b in sheet.meta.get("bandedRanges", ()))

    def save(self) -> None:
        """Writes all that changed and gives the document its next version."""
        if self.before_saving:
            self.before_saving()
        self._tell()
        for place, sheet in enumerate(self.sheets):
            sheet.grid.flush()
            self.tx.save_sheet(sheet.key, place, sheet.grid.next_row, orjson.dumps(sheet.meta))
        self.modified = defaults.timestamp(self.now)
        self.version += 1
        self.tx.save_file(
            (
                self.id, self.name, self.owner, self.created, self.modified, self.version,
                orjson.dumps(self.permissions), orjson.dumps(self.meta),
            )
        )  # fmt: skip

    def _tell(self) -> None:
        """Leave what changed for those who watch."""
        if self.tx.watched:
            changed = tuple(change for sheet in self.sheets if (change := changes.of_sheet(sheet)))
            reshaped = self._keys != [sheet.key for sheet in self.sheets]
            told = changes.Change(self.id, self.version + 1, changed, self.tx.by, reshaped, self.tx.asked, self.tx.did)
            self.tx.changes.append(told)


def bounds_of(grid_range: Json) -> Bounds:
    """A GridRange as a rectangle with open ends."""
    get = grid_range.get
    return Bounds(get("startRowIndex"), get("endRowIndex"), get("startColumnIndex"), get("endColumnIndex"))


def range_of(box: Box) -> Json:
    """A rectangle as a GridRange without its sheet."""
    return {
        "startRowIndex": box.top,
        "endRowIndex": box.bottom,
        "startColumnIndex": box.left,
        "endColumnIndex": box.right,
    }
