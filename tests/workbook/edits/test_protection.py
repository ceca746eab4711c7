"""Protected ranges against accounts that may not edit them."""

from typing import Any

import gspread
import pytest

from sync.workbook import transport
from sync.workbook.edits.protection import REFUSAL
from sync.workbook.server import Api

RANGE = {"startRowIndex": 1, "endRowIndex": 4, "startColumnIndex": 1, "endColumnIndex": 3}


def of(api: Api, name: str) -> gspread.Client:
    return gspread.Client(auth=None, session=transport.session(api, f"{name}@x.example"))


@pytest.fixture
def shared(api: Api) -> gspread.Spreadsheet:
    """A document of a, written by b and c, with a range that only a and c may edit, but for one open cell."""
    book = of(api, "a").create("shared")
    book.sheet1.update([["h", "h", "h", "h"], *[[f"{c}{n}" for c in "abcd"] for n in range(2, 7)]], "A1")
    for name in "bc":
        book.share(f"{name}@x.example", "user", "writer", notify=False)
    opened = [{"startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 1, "endColumnIndex": 2}]
    given = {"range": RANGE, "editors": {"users": ["c@x.example"]}, "unprotectedRanges": opened}
    book.batch_update({"requests": [{"addProtectedRange": {"protectedRange": given}}]})
    return book


def rows(start: int, end: int) -> dict[str, Any]:
    return {"sheetId": 0, "dimension": "ROWS", "startIndex": start, "endIndex": end}


BOLD = {"userEnteredFormat": {"textFormat": {"bold": True}}}
REFUSED: dict[str, Any] = {
    "value": lambda sheet: sheet.update([["x"]], "C2"),
    "clear": lambda sheet: sheet.batch_clear(["A1:D9"]),
    "sort": lambda sheet: sheet.sort((1, "des"), range="A2:D6"),
    "row deleted": lambda sheet: sheet.delete_rows(3),
    "row inserted": lambda sheet: sheet.insert_row(["x"], 3),
    "column deleted": lambda sheet: sheet.delete_columns(3),
    "note": lambda sheet: sheet.insert_note("C3", "x"),
    "format": lambda sheet: sheet.format("B3", {"textFormat": {"bold": True}}),
    "large format": lambda sheet: sheet.format("A1:D300", {"textFormat": {"bold": True}}),
    "formula": lambda sheet: sheet.update([["=1"]], "C4", raw=False),
    "tab deleted": lambda sheet: (sheet.spreadsheet.add_worksheet("n", 1, 1), sheet.spreadsheet.del_worksheet(sheet)),
    "csv": lambda sheet: sheet.spreadsheet.client.import_csv(sheet.spreadsheet.id, "x\n"),
    "lifted": lambda sheet: sheet.delete_protected_range(protection(sheet)["protectedRangeId"]),
    "moved": lambda sheet: sheet.spreadsheet.batch_update(
        {"requests": [{"moveDimension": {"source": rows(2, 3), "destinationIndex": 6}}]}
    ),
}
ALLOWED: dict[str, Any] = {
    "beside": lambda sheet: sheet.update([["x"]], "A2"),
    "open cell": lambda sheet: sheet.update([["x"]], "B2"),
    "row above": lambda sheet: sheet.insert_row(["x"], 1),
    "row below": lambda sheet: sheet.delete_rows(6),
    "column before": lambda sheet: sheet.insert_cols([["x"]], 1),
    "sort below": lambda sheet: sheet.sort((1, "des"), range="A5:D6"),
    "append": lambda sheet: sheet.append_row(["x"]),
}


def protection(sheet: gspread.Worksheet) -> dict[str, Any]:
    meta = sheet.spreadsheet.fetch_sheet_metadata()
    found: dict[str, Any] = meta["sheets"][0]["protectedRanges"][0]
    return found


@pytest.mark.parametrize("kind", REFUSED)
def test_who_may_not_edit_changes_nothing_of_it(api, shared, kind):
    sheet = of(api, "b").open_by_key(shared.id).sheet1
    before = shared.sheet1.get_all_values()
    with pytest.raises(gspread.exceptions.APIError, match=REFUSAL):
        REFUSED[kind](sheet)
    assert shared.sheet1.get_all_values() == before
    for editor in ("c", "a"):
        if kind not in ("tab deleted", "csv", "lifted"):
            REFUSED[kind](of(api, editor).open_by_key(shared.id).sheet1)


@pytest.mark.parametrize("kind", ALLOWED)
def test_what_lies_beside_it_is_everybodys(api, shared, kind):
    ALLOWED[kind](of(api, "b").open_by_key(shared.id).sheet1)
    with pytest.raises(gspread.exceptions.APIError, match=REFUSAL):
        of(api, "b").open_by_key(shared.id).sheet1.update([["x"]] * 9, "D1:D9")
        of(api, "b").open_by_key(shared.id).sheet1.update([["x"] * 9] * 9, "A1")


def test_a_formula_s_value_is_nobodys_edit_and_a_warning_forbids_nothing(api, shared):
    shared.sheet1.update([["=A2"]], "C2", raw=False)
    sheet = of(api, "b").open_by_key(shared.id).sheet1
    sheet.update([["new"]], "A2")
    assert shared.sheet1.acell("C2").value == "new"
    assert "requestingUserCanEdit" not in protection(sheet) and protection(shared.sheet1)["requestingUserCanEdit"]
    given = {"protectedRangeId": protection(sheet)["protectedRangeId"], "warningOnly": True}
    shared.batch_update({"requests": [{"updateProtectedRange": {"protectedRange": given, "fields": "warningOnly"}}]})
    sheet.update([["x"]], "C3")
