"""Developer metadata: a key and a value tied to a row, a column, a sheet or the document (sheets-api.md section 10).

What is tied to a row is kept by the row's record number, so it goes wherever the row goes, sorted or moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sync.workbook.cells import defaults
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits.spans import span_of
from sync.workbook.schema.a1 import Bounds, Box
from sync.workbook.schema.errors import Json, invalid
from sync.workbook.schema.masks import paths, required_fields

MOST = 30_000  # characters of keys and values, of a sheet and of the document itself
_TOLD = ("metadataId", "metadataKey", "metadataValue", "visibility")


class Tied(NamedTuple):
    """One entry and where it is tied: to `row` or `column` of the sheet, to the sheet, or to the document."""

    stored: Json
    sheet: Sheet | None
    row: int | None = None
    column: int | None = None

    @property
    def kind(self) -> str:
        """The locationType."""
        if self.sheet is None:
            return "SPREADSHEET"
        return "ROW" if self.row is not None else "COLUMN" if self.column is not None else "SHEET"

    def box(self) -> Box:
        """The cells to which it is tied, on its sheet."""
        assert self.sheet is not None
        box = self.sheet.whole()
        if self.row is not None:
            box = box._replace(top=self.row, bottom=self.row + 1)
        return box._replace(left=self.column, right=self.column + 1) if self.column is not None else box

    def answer(self) -> Json:
        """The DeveloperMetadata as it is answered."""
        told = {key: self.stored[key] for key in _TOLD if self.stored.get(key)}
        return {**told, "location": {"locationType": self.kind, **self._place()}}

    def _place(self) -> Json:
        if self.sheet is None:
            return {"spreadsheet": True}
        if self.kind == "SHEET":
            return {"sheetId": self.sheet.id}
        index = self.row if self.row is not None else self.column
        assert index is not None
        where = {"dimension": f"{self.kind}S", "startIndex": index, "endIndex": index + 1}
        return {"dimensionRange": {"sheetId": self.sheet.id, **where}}


def entries(book: Book) -> Iterator[Tied]:
    """All entries; what was tied to a row that is gone is gone with it."""
    for stored in book.meta.get("developerMetadata", ()):
        yield Tied(stored, None)
    for sheet in book.sheets:
        yield from of_sheet(sheet)


def of_sheet(sheet: Sheet) -> Iterator[Tied]:
    """The entries of one sheet."""
    stored_entries = sheet.meta.get("developerMetadata", ())
    places: dict[int, int] = {}
    if any("row" in stored for stored in stored_entries):
        places = {number: index for index, number in enumerate(sheet.grid.order) if number}
    for stored in stored_entries:
        if "row" not in stored:
            yield Tied(stored, sheet, None, stored.get("column"))
        elif stored["row"] in places:
            yield Tied(stored, sheet, places[stored["row"]])


def renumber(book: Book, sheet: Sheet) -> None:
    """Gives the entries of a copied sheet ids of their own."""
    for stored in sheet.meta.get("developerMetadata", ()):
        stored["metadataId"] = _fresh_id(book)


def _list(home: Book | Sheet) -> list[Json]:
    stored: list[Json] = home.meta.setdefault("developerMetadata", [])
    return stored


def _fresh_id(book: Book) -> int:
    taken = {entry.stored["metadataId"] for entry in entries(book)}
    while (number := defaults.random_id()) in taken:
        pass
    return number


# Looking up


def lookup(book: Book, wished: Json) -> list[Tied]:
    """The entries that fit all fields of a DeveloperMetadataLookup."""
    location, strategy = wished.get("metadataLocation"), wished.get("locationMatchingStrategy")
    if strategy and location is None:
        raise invalid("locationMatchingStrategy requires a metadataLocation.")
    fits = [e for e in entries(book) if all(e.stored.get(key) == wished[key] for key in _TOLD if key in wished)]
    if "locationType" in wished:
        fits = [entry for entry in fits if entry.kind == wished["locationType"]]
    if location is None:
        return fits
    if location.get("spreadsheet"):
        if strategy == "INTERSECTING_LOCATION":
            raise invalid("A location of the whole spreadsheet cannot be matched by INTERSECTING_LOCATION.")
        return [entry for entry in fits if entry.sheet is None]
    sheet, row, column = _located(book, location)
    wanted = Tied({}, sheet, row, column)
    if strategy == "EXACT_LOCATION":
        return [entry for entry in fits if entry[1:] == wanted[1:]]
    return [entry for entry in fits if entry.sheet is sheet and entry.box().meets(wanted.box())]


def _located(book: Book, location: Json) -> tuple[Sheet | None, int | None, int | None]:
    """Sheet, row and column of a DeveloperMetadataLocation."""
    if location.get("spreadsheet"):
        return None, None, None
    if "dimensionRange" not in location:
        if "sheetId" not in location:
            raise invalid("A location is required: spreadsheet, sheetId or dimensionRange.")
        return book.sheet(location["sheetId"]), None, None
    sheet, dimension, start, end = span_of(book, location["dimensionRange"])
    if end - start != 1:
        raise invalid("DimensionRange must represent a single row or column")
    return sheet, start if dimension == "ROWS" else None, start if dimension == "COLUMNS" else None


def ranges(book: Book, data_filter: Json) -> list[tuple[Sheet, Bounds]]:
    """What a DataFilter means: a range, or the rows, columns and sheets whose metadata it looks up."""
    if "a1Range" in data_filter:
        return [book.resolve(data_filter["a1Range"])]
    if "gridRange" in data_filter:
        sheet = book.sheet(data_filter["gridRange"].get("sheetId", 0))
        return [(sheet, Bounds(*sheet.cells(data_filter["gridRange"])))]
    if "developerMetadataLookup" not in data_filter:
        raise invalid("A data filter must name developerMetadataLookup, a1Range or gridRange.")
    fits = lookup(book, data_filter["developerMetadataLookup"])
    return [(entry.sheet, Bounds(*entry.box())) for entry in fits if entry.sheet is not None]


def matching(book: Book, data_filter: Json) -> list[Tied]:
    """The entries that a DataFilter looks up, or that lie on its range."""
    if "developerMetadataLookup" in data_filter:
        return lookup(book, data_filter["developerMetadataLookup"])
    boxes = [(sheet, sheet.clip(bounds)) for sheet, bounds in ranges(book, data_filter)]
    tied = [entry for entry in entries(book) if entry.sheet is not None]
    return [e for e in tied if any(e.sheet is sheet and e.box().meets(box) for sheet, box in boxes)]


# Requests


def create_metadata(book: Book, request: Json) -> Json:
    """createDeveloperMetadata."""
    given = request["developerMetadata"]
    if not given.get("metadataKey"):
        raise invalid("developerMetadata.metadataKey is required.")
    if "visibility" not in given:
        raise invalid("developerMetadata.visibility is required.")
    number = given.get("metadataId", 0) or _fresh_id(book)
    if number < 0 or any(entry.stored["metadataId"] == number for entry in entries(book)):
        raise invalid(f"Developer metadata id {number} is already in use or not positive.")
    stored = {**{key: given[key] for key in _TOLD if given.get(key)}, "metadataId": number}
    return {"developerMetadata": _tie(book, stored, given.get("location", {})).answer()}


def _tie(book: Book, stored: Json, location: Json) -> Tied:
    """Ties an entry to its place."""
    sheet, row, column = _located(book, location)
    home: Book | Sheet = sheet or book
    tied = {key: stored[key] for key in _TOLD if key in stored}
    if sheet is not None and row is not None:
        sheet.grid.edit(row)
        tied["row"] = sheet.grid.order[row]
    if column is not None:
        tied["column"] = column
    if sum(_length(other) for other in (*_list(home), tied)) > MOST:
        raise invalid(f"Developer metadata may not hold more than {MOST} characters.")
    _list(home).append(tied)
    return Tied(tied, sheet, row, column)


def _length(stored: Json) -> int:
    return len(stored["metadataKey"]) + len(stored.get("metadataValue", ""))


def update_metadata(book: Book, request: Json) -> Json:
    """updateDeveloperMetadata: all that fit any of the filters."""
    given = request["developerMetadata"]
    named = {path[0] if path else "*" for path in paths("DeveloperMetadata", required_fields(request))}
    keys = [key for key in _TOLD[1:] if named & {key, "*"}]
    if any(key in keys and not given.get(key) for key in ("metadataKey", "visibility")):
        raise invalid("developerMetadata.metadataKey and visibility cannot be cleared.")
    changed = []
    for entry in _all_matching(book, request.get("dataFilters", [])):
        stored = {**entry.stored, **{key: given.get(key, "") for key in keys}}
        _remove(book, entry)
        place = given.get("location") if named & {"location", "*"} else None
        changed.append(_tie(book, stored, place or entry.answer()["location"]).answer())
    return {"developerMetadata": changed} if changed else {}


def delete_metadata(book: Book, request: Json) -> Json:
    """deleteDeveloperMetadata: the reply holds what is gone."""
    gone = matching(book, request["dataFilter"])
    for entry in gone:
        _remove(book, entry)
    return {"deletedDeveloperMetadata": [entry.answer() for entry in gone]} if gone else {}


def _all_matching(book: Book, filters: list[Json]) -> list[Tied]:
    by_id = {e.stored["metadataId"]: e for data_filter in filters for e in matching(book, data_filter)}
    return list(by_id.values())


def _remove(book: Book, entry: Tied) -> None:
    home: Book | Sheet = entry.sheet or book
    _list(home)[:] = [stored for stored in _list(home) if stored is not entry.stored]
