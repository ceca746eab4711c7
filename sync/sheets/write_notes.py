"""The workbook's notes of writes, in the hidden sheet 写入记录: the number of each, and the header row that it met when
it arrived, so that a write whose answer was lost is told from one that never came, and that moved columns are seen
(DESIGN section 6). Each note takes the row of the one before it: the sheet does not grow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.core.sheet.landing import cell_at
from sync.core.sheet.plan import PAGES, Plan
from sync.core.sheet.rows import Raw, Table, plain

KEY, TITLE = "write notes", "写入记录"
IDS = range(3001, 10**4)  # of the sheet; of those that people make the workbook takes them from two thousand million
WIDTH = 200  # columns at least
RECORDS, FORMER = "records", 5  # up to 0.2 they stood in 内部记录, from this column on, which a row has for each issue
KEYS = (KEY, RECORDS)  # tabs to be read for the notes
HELP = "系统自己用的隐藏表，请不要改动。"
Request = dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """The sheet of the notes. ``made``: requests that make it, or make it as large as it must be; empty: it is."""

    id: int
    title: str
    is_there: bool
    made: Sequence[Request] = ()


UNKNOWN = Sheet(0, "", is_there=False)  # before the sheets were learnt


def sheet_of(sheets: Sequence[Mapping[str, Any]], tabs: Collection[str]) -> Sheet:
    """The sheet for the notes of writes to ``tabs`` (by title), in a workbook of these ``sheets`` (SheetProperties): a
    row for each tab and place, as wide as their headers. One of its title that people made is left alone."""
    grids = {sheet["title"]: sheet.get("gridProperties", {}) for sheet in sheets}
    wide = max((grids[title].get("columnCount", 0) for title in tabs if title in grids), default=0)
    rows, columns = 1 + len(tabs) * PAGES.stop, max(WIDTH, 1 + wide)
    for sheet in sheets:
        number, title = sheet.get("sheetId", 0), sheet["title"]
        if number in IDS and title.startswith(TITLE):
            return Sheet(number, title, is_there=True, made=_enlarged(number, grids[title], rows, columns))
    number = next(number for number in IDS if all(number != sheet.get("sheetId", 0) for sheet in sheets))
    title = next(title for title in (TITLE, *(f"{TITLE}{n}" for n in range(2, 1000))) if title not in grids)
    return Sheet(number, title, is_there=False, made=_new_sheet(number, title, rows, columns))


def _enlarged(sheet: int, size: Mapping[str, int], rows: int, columns: int) -> list[Request]:
    lacking = {"ROWS": rows - size.get("rowCount", 0), "COLUMNS": columns - size.get("columnCount", 0)}
    return [
        {"appendDimension": {"sheetId": sheet, "dimension": dimension, "length": length}}
        for dimension, length in lacking.items()
        if length > 0
    ]


def _new_sheet(sheet: int, title: str, rows: int, columns: int) -> list[Request]:
    size = {"rowCount": rows, "columnCount": columns, "frozenRowCount": 1}
    head = {"userEnteredValue": {"stringValue": "写入"}, "note": HELP}
    guarded = {"range": {"sheetId": sheet}, "warningOnly": True, "description": HELP}
    return [
        {"addSheet": {"properties": {"sheetId": sheet, "title": title, "gridProperties": size, "hidden": True}}},
        {
            "updateCells": {
                "start": {"sheetId": sheet, "rowIndex": 0, "columnIndex": 0},
                "rows": [{"values": [head]}],
                "fields": "userEnteredValue,note",
            }
        },
        {"addProtectedRange": {"protectedRange": guarded}},
    ]


def note(sheet: int, plan: Plan, key: str, source: int, tabs: Sequence[str]) -> list[Request]:
    """Requests that note a write to a tab, and copy its header (of the sheet ``source``) beside that as it stands when
    the write arrives. Pages write between a look's write and the look that asks where it fell: each place has a row for
    every one of the ``tabs``."""
    row = 1 + tabs.index(key) + plan.place * len(tabs)
    place = {"sheetId": sheet, "startRowIndex": row, "endRowIndex": row + 1}
    number = {"values": [{"userEnteredValue": {"stringValue": _name(plan, key)}}]}
    there = {**place, "startColumnIndex": 1, "endColumnIndex": 2}  # it grows to the source's width
    header = {"sheetId": source, "startRowIndex": 0, "endRowIndex": 1}
    return [
        {"updateCells": {"range": {**place, "startColumnIndex": 0}, "rows": [number], "fields": "userEnteredValue"}},
        {"copyPaste": {"source": header, "destination": there, "pasteType": "PASTE_VALUES"}},
    ]


def are_there(seen: Mapping[str, Table]) -> bool:
    """Whether the workbook that was ``seen`` notes writes, or did before."""
    return KEY in seen or bool(_former(seen))


def is_noted_before(numbers: Collection[str], seen: Mapping[str, Table]) -> bool:
    """Whether a note of one of these writes stands where up to 0.2 they stood."""
    return any(note.partition(" ")[0] in numbers for note in _former(seen))


def names(seen: Mapping[str, Table]) -> set[str]:
    """The writes that are noted in the workbook, each with its tab, as ``Cover.number`` names them."""
    return {*_former(seen), *_notes(seen, KEY, 0)}


def headers(plan: Plan, seen: Mapping[str, Table]) -> dict[str, Sequence[Raw]]:
    """The header row that the write met in each tab, by key; none for a tab where it was not seen to arrive."""
    notes = {**_former(seen), **_notes(seen, KEY, 0)}
    met = {key: notes.get(_name(plan, key)) for key in plan.tabs}
    return {key: header for key, header in met.items() if header is not None}


def _name(plan: Plan, key: str) -> str:
    return f"{plan.number} {key}"


def _former(seen: Mapping[str, Table]) -> dict[str, Sequence[Raw]]:
    return _notes(seen, RECORDS, FORMER)


def _notes(seen: Mapping[str, Table], key: str, first: int) -> dict[str, Sequence[Raw]]:
    """The header rows by name of the note, which stands in the column ``first``."""
    rows = seen[key].rows if key in seen else ()
    return {plain(cell_at(row, first)): row[first + 1 :] for row in rows if len(row) > first}
