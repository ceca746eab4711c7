"""Small inputs that once went wrong: each stands for a kind."""

import io
import time
from datetime import UTC, datetime
from typing import Any

import gspread
import openpyxl
import orjson
import pytest

from sync.workbook import transport
from sync.workbook.drive.drive import permission_id
from sync.workbook.server import Api, Request

DRIVE = "https://www.googleapis.com/drive/v3/files"
APIError = gspread.exceptions.APIError


def batch(book: gspread.Spreadsheet, **requests: Any) -> Any:
    """Several requests of one batchUpdate."""
    return book.batch_update({"requests": [{kind: body} for kind, body in requests.items()]})["replies"]


def formula(book: gspread.Spreadsheet, address: str, sheet: str = "Sheet1") -> Any:
    return book.worksheet(sheet).acell(address, value_render_option="FORMULA").value


def grid(row: int, end_row: int, column: int, end_column: int, sheet: int = 0) -> dict[str, int]:
    ends = {"startRowIndex": row, "endRowIndex": end_row, "startColumnIndex": column, "endColumnIndex": end_column}
    return {"sheetId": sheet, **ends}


@pytest.mark.parametrize("text", ["A2:B0", "A0", "A0:B2", "R0C1", "R1C0", "R1C1:R0C1", "R1C1:R1C0", "0:1", "A1:0"])
def test_a_range_of_row_or_column_zero_cannot_be_read(local, text):
    with pytest.raises(APIError, match="Unable to parse range"):
        local.sheet1.update([["x"]], text)
    assert local.sheet1.get_all_values() == [[]]


def test_a_range_in_r1c1_may_be_named_from_any_corner(local):
    local.sheet1.update([[1, 2], [3, 4]], "A1")
    assert local.values_get("R2C2:R1C1")["range"] == "Sheet1!A1:B2"


def test_what_is_found_is_what_the_cell_says(local):
    local.sheet1.update([["2026-09-05", 46, "46%"]], "A1", raw=False)
    assert local.sheet1.acell("A1", value_render_option="UNFORMATTED_VALUE").value == 46270
    told = batch(local, findReplace={"find": "46", "replacement": "47", "allSheets": True})[0]["findReplace"]
    assert (told["valuesChanged"], told["occurrencesChanged"]) == (2, 2)
    assert local.sheet1.row_values(1) == ["2026-09-05", "47", "47%"]
    batch(local, findReplace={"find": "09-05", "replacement": "09-06", "allSheets": True})
    assert local.sheet1.acell("A1", value_render_option="UNFORMATTED_VALUE").value == 46271


def test_a_pattern_that_would_never_end_is_refused_in_time(local):
    local.sheet1.update([["a" * 5000 + "!", "x-1"]], "A1")
    began = time.monotonic()
    with pytest.raises(APIError, match="takes too long"):
        batch(local, findReplace={"find": "(a+)+$", "replacement": "", "searchByRegex": True, "allSheets": True})
    assert time.monotonic() - began < 10
    with pytest.raises(APIError, match="Invalid regular expression") as refused:
        batch(local, findReplace={"find": "x", "replacement": "$7", "searchByRegex": True, "allSheets": True})
    assert "File" not in str(refused.value) and ".py" not in str(refused.value), "no place of this machine is told"
    batch(local, findReplace={"find": "(.)-(.)", "replacement": "$2\\$1", "searchByRegex": True, "allSheets": True})
    assert local.sheet1.acell("B1").value == "1\\x"


BAND = {"rowProperties": {"headerColor": {"red": 1}}}
KINDS = {
    "ProtectedRange": "protectedRange",
    "NamedRange": "namedRange",
    "Banding": "bandedRange",
    "FilterView": "filter",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mask_of_everything_without_a_range_is_refused(local, kind):
    field = KINDS[kind]
    body = {"range": grid(0, 3, 0, 2), **({"name": "x"} if kind == "NamedRange" else BAND if kind == "Banding" else {})}
    made = batch(local, **{f"add{kind}": {field: body}})[0][f"add{kind}"][field]
    number = {key: value for key, value in made.items() if key.endswith("Id")}
    without = {**{key: value for key, value in body.items() if key != "range"}, **number}
    with pytest.raises(APIError, match="range is required"):
        batch(local, **{f"update{kind}": {field: without, "fields": "*"}})
    other = local.add_worksheet("other", 9, 9)
    moved = {**without, "range": grid(1, 2, 1, 2, other.id)}
    batch(local, **{f"update{kind}": {field: moved, "fields": "range"}})
    batch(local, insertDimension={"range": {"sheetId": other.id, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}})
    meta = local.fetch_sheet_metadata()
    held = meta["namedRanges"] if kind == "NamedRange" else meta["sheets"][1][HELD[kind]]
    assert held[0]["range"] == grid(2, 3, 1, 2, other.id)
    assert len(held) == 1


HELD = {"ProtectedRange": "protectedRanges", "Banding": "bandedRanges", "FilterView": "filterViews", "NamedRange": ""}


@pytest.mark.parametrize(
    "requests",
    [
        {"addNamedRange": {"namedRange": {"name": "x", "range": grid(0, 1001, 0, 1)}}},
        {"addProtectedRange": {"protectedRange": {"range": grid(0, 1, 0, 27)}}},
        {"addBanding": {"bandedRange": {"range": grid(-1, 1, 0, 2), **BAND}}},
        {"addFilterView": {"filter": {"range": grid(0, 2000, 0, 2)}}},
        {"addDimensionGroup": {"range": {"dimension": "ROWS", "startIndex": 999, "endIndex": 1001}}},
        {
            "updateDimensionProperties": {
                "range": {"dimension": "COLUMNS", "startIndex": 26, "endIndex": 27},
                "properties": {"pixelSize": 5},
                "fields": "pixelSize",
            }
        },
        {"autoResizeDimensions": {"dimensions": {"dimension": "COLUMNS", "startIndex": 0, "endIndex": 30}}},
        {"addConditionalFormatRule": {"rule": {"ranges": [grid(0, 5000, 0, 1)], "booleanRule": {}}}},
        {"duplicateSheet": {"sourceSheetId": 0, "insertSheetIndex": -1}},
        {"duplicateSheet": {"sourceSheetId": 0, "insertSheetIndex": 9}},
        {"updateConditionalFormatRule": {"index": 0, "newIndex": 5, "sheetId": 0}},
        {"setBasicFilter": {"filter": {"range": grid(0, 5, 0, 5), "criteria": {"x": {}}}}},
    ],
)
def test_an_index_beyond_the_grid_is_refused(local, requests):
    rule = {"ranges": [grid(0, 1, 0, 1)], "booleanRule": {"condition": {"type": "NOT_BLANK"}}}
    batch(local, addConditionalFormatRule={"rule": rule})
    with pytest.raises(APIError, match=r"\[400\]"):
        batch(local, **requests)


def test_lists_that_are_empty_are_left_out_of_a_filter(local):
    empty = {"range": grid(0, 5, 0, 3), "criteria": {}, "filterSpecs": [], "sortSpecs": []}
    view = batch(local, setBasicFilter={"filter": empty}, addFilterView={"filter": empty})[1]["addFilterView"]["filter"]
    shown = local.fetch_sheet_metadata()["sheets"][0]
    assert shown["basicFilter"] == {"range": grid(0, 5, 0, 3)} | {"range": shown["basicFilter"]["range"]}
    assert view.keys() == shown["filterViews"][0].keys() == {"filterViewId", "range", "title"} & view.keys()


def test_two_bandings_over_one_cell_are_refused(local):
    batch(local, addBanding={"bandedRange": {"range": grid(0, 3, 0, 3), **BAND}})
    with pytest.raises(APIError, match="already has alternating background colors"):
        batch(local, addBanding={"bandedRange": {"range": grid(2, 5, 2, 5), **BAND}})


def test_formulas_that_show_nothing_are_read(local):
    local.sheet1.update([["a", '=""', '=""'], ['=""'], ["b", ""]], "A1", raw=False)
    assert local.sheet1.get("A1:C3", value_render_option="FORMULA") == [["a", '=""', '=""'], ['=""'], ["b"]]
    assert local.sheet1.get("A1:C3") == [["a"], [], ["b"]]


def test_rows_land_below_a_table_far_to_the_right(local):
    sheet = local.add_worksheet("wide", 10, 100)
    sheet.update([["h", "k"], [1, 2]], "BX1")
    answer = sheet.append_row(["x", "y"], table_range="BX1")
    assert answer["tableRange"] == "wide!BX1:BY2"
    assert answer["updates"]["updatedRange"] == "wide!BX3:BY3"


# References follow cells


def test_cells_pushed_down_and_pulled_up_take_references_along(local):
    local.sheet1.update([["=B3", "x"], ["=SUM(B1:B4)", "y"], ["=C3+B4", 3, 7], ["", 4]], "A1", raw=False)
    batch(local, addNamedRange={"namedRange": {"name": "three", "range": grid(2, 3, 1, 2)}})
    batch(local, insertRange={"range": grid(1, 3, 1, 2), "shiftDimension": "ROWS"})
    assert [formula(local, f"A{n}") for n in (1, 2, 3)] == ["=B5", "=SUM(B1:B6)", "=C3+B6"]
    assert local.sheet1.col_values(1) == ["3", "7", "11"]
    assert local.sheet1.get("three") == [["3"]]
    batch(local, deleteRange={"range": grid(1, 3, 1, 2), "shiftDimension": "ROWS"})
    assert [formula(local, f"A{n}") for n in (1, 2, 3)] == ["=B3", "=SUM(B1:B4)", "=C3+B4"]
    batch(local, insertRange={"range": grid(2, 3, 1, 2), "shiftDimension": "COLUMNS"})
    assert [formula(local, f"A{n}") for n in (1, 3)] == ["=C3", "=D3+B4"]
    batch(local, deleteRange={"range": grid(2, 3, 2, 3), "shiftDimension": "COLUMNS"})
    assert [formula(local, f"A{n}") for n in (1, 3)] == ["=#REF!", "=C3+B4"]


def test_cells_that_were_cut_take_references_along(local):
    other = local.add_worksheet("其 它", 5, 5)
    local.sheet1.update([[1, 2, "=A1+B1", "=SUM(A1:B1)", "=SUM(A:A)"]], "A1", raw=False)
    batch(local, cutPaste={"source": grid(0, 1, 0, 1), "destination": {"rowIndex": 4}, "pasteType": "PASTE_NORMAL"})
    assert [formula(local, f"{c}1") for c in "CDE"] == ["=A5+B1", "=SUM(A1:B1)", "=SUM(A:A)"]
    cut = {"source": grid(0, 1, 2, 3), "destination": {"sheetId": other.id, "rowIndex": 1, "columnIndex": 1}}
    batch(local, cutPaste={**cut, "pasteType": "PASTE_NORMAL"})
    assert formula(local, "B2", "其 它") == "=Sheet1!A5+Sheet1!B1"
    batch(local, cutPaste={"source": grid(4, 5, 0, 1), "destination": {"sheetId": other.id}})
    assert formula(local, "B2", "其 它") == "='其 它'!A1+Sheet1!B1"
    assert other.acell("B2").value == "3"


def test_conditions_follow_references(local):
    other = local.add_worksheet("list", 9, 5)
    condition = {"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": "=list!A1:A3"}]}
    custom = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": "=$B2>list!$A$2"}]}
    batch(
        local,
        setDataValidation={"range": grid(0, 2, 0, 1), "rule": {"condition": condition}},
        addConditionalFormatRule={"rule": {"ranges": [grid(1, 9, 0, 1)], "booleanRule": {"condition": custom}}},
        setBasicFilter={"filter": {"range": grid(0, 9, 0, 3), "criteria": {"1": {"condition": custom}}}},
    )
    batch(local, setDataValidation={"range": grid(0, 900, 3, 4), "rule": {"condition": condition}})
    for dimension in ("ROWS", "COLUMNS"):
        where = {"sheetId": other.id, "dimension": dimension, "startIndex": 0, "endIndex": 1}
        batch(local, insertDimension={"range": where})
    other.update_title("表 1")
    text = orjson.dumps(local.fetch_sheet_metadata({"includeGridData": True})).decode()
    assert text.count("='表 1'!B2:B4") == 2 + 900
    assert text.count("=$B2>'表 1'!$B$3") == 3 and "list!" not in text
    first = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    batch(local, insertDimension={"range": first})
    basic = local.fetch_sheet_metadata()["sheets"][0]["basicFilter"]
    assert list(basic["criteria"]) == ["2"] and basic["filterSpecs"][0]["columnIndex"] == 2
    assert "=$C2>" in str(basic)


# Drive


@pytest.fixture
def people(api: Api):
    """Sessions of accounts by name."""
    return {name: gspread.Client(auth=None, session=transport.session(api, f"{name}@x.example")) for name in "abc"}


def test_rights_of_people_with_like_addresses_stand_beside_each_other(api, people):
    book = people["a"].create("mine")
    readers = ("alice@gmail.com", "carol@gmail.com", "b@x.example")
    for address in readers:
        book.share(address, "user", "reader", notify=False)
    roles = {p["emailAddress"]: p["role"] for p in book.list_permissions()}
    assert roles == {"a@x.example": "owner", **dict.fromkeys(readers, "reader")}
    assert people["b"].open_by_key(book.id).title == "mine"
    book.remove_permissions("b@x.example")
    with pytest.raises((PermissionError, gspread.exceptions.SpreadsheetNotFound)):
        people["b"].open_by_key(book.id)
    assert len({permission_id("user", f"{n}@gmail.com") for n in range(20_000)}) == 20_000


def test_a_reader_may_give_up_his_right_and_no_other(people):
    book = people["a"].create("mine")
    for name in "bc":
        book.share(f"{name}@x.example", "user", "reader", notify=False)
    url = f"{DRIVE}/{book.id}/permissions"
    request = people["b"].http_client.request
    with pytest.raises(APIError, match="403"):
        request("delete", f"{url}/{permission_id('user', 'c@x.example')}")
    request("delete", f"{url}/{permission_id('user', 'b@x.example')}")
    assert len(book.list_permissions()) == 2


def test_a_role_is_changed_and_a_file_handed_over(people):
    book = people["a"].create("mine")
    book.share("b@x.example", "user", "reader", notify=False)
    url, number = f"{DRIVE}/{book.id}/permissions", permission_id("user", "b@x.example")
    request = people["a"].http_client.request
    with pytest.raises(APIError, match="403"):
        people["b"].open_by_key(book.id).sheet1.update([["x"]], "A1")
    assert request("patch", f"{url}/{number}", json={"role": "writer"}).json()["role"] == "writer"
    people["b"].open_by_key(book.id).sheet1.update([["x"]], "A1")
    with pytest.raises(APIError, match="transferOwnership"):
        request("patch", f"{url}/{number}", json={"role": "owner"})
    request("patch", f"{url}/{number}", json={"role": "owner"}, params={"transferOwnership": "true"})
    roles = {p["emailAddress"]: p["role"] for p in book.list_permissions()}
    assert roles == {"b@x.example": "owner", "a@x.example": "writer"}
    with pytest.raises(APIError, match="403"):
        request("patch", f"{url}/{number}", json={"role": "reader"})


def test_only_the_owner_trashes_and_takes_back(api, people, local):
    book = people["a"].create("mine")
    book.share("b@x.example", "user", "writer", notify=False)
    url = f"{DRIVE}/{book.id}"
    mine, other = (people[name].http_client.request for name in "ab")
    with pytest.raises(APIError, match="sufficient permissions"):
        other("patch", url, json={"trashed": True})
    mine("patch", url, json={"trashed": True})
    assert book.sheet1.title == "Sheet1"
    shown = {"q": "trashed=false and 'root' in parents and name='mine'", "fields": "files(id)"}
    assert mine("get", DRIVE, params=shown).json() == {"files": []}
    assert mine("get", url, params={"fields": "trashed"}).json() == {"trashed": True}
    mine("patch", url, json={"trashed": False})
    assert mine("get", url, params={"fields": "trashed"}).json() == {"trashed": False}
    local.share("a@x.example", "user", "writer", notify=False)  # what the process itself made is nobody's to trash
    for method, body in (("patch", {"trashed": True}), ("delete", None)):
        with pytest.raises(APIError, match="sufficient permissions"):
            mine(method, f"{DRIVE}/{local.id}", json=body)
    assert local.sheet1.title == "Sheet1"


def test_folders(people):
    request = people["a"].http_client.request
    folder = request("post", DRIVE, json={"name": "f", "mimeType": "application/vnd.google-apps.folder"}).json()["id"]
    book = people["a"].create("in it", folder_id=folder)
    assert [f["id"] for f in people["a"].list_spreadsheet_files(folder_id=folder)] == [book.id]
    assert [f["name"] for f in people["a"].list_spreadsheet_files()] == ["in it"]
    with pytest.raises(APIError, match="not supported for this document"):
        people["a"].open_by_key(folder).sheet1.get_all_values()
    request("patch", f"{DRIVE}/{book.id}", params={"addParents": "root", "removeParents": folder})
    assert request("get", f"{DRIVE}/{book.id}", params={"fields": "parents"}).json() == {"parents": ["root"]}


def test_tabs_whose_names_excel_does_not_take_are_named_apart(local):
    titles = ["a:b", "x/y", "[z]*?\\", "街" * 40, "街" * 40 + "二", "A_B", "history", "'q'"]
    for title in titles:
        local.add_worksheet(title, 2, 2)
    local.worksheet("a:b").update([["长" * 40_000]], "A1")
    content = local.client.export(local.id, gspread.utils.ExportFormat.EXCEL)
    names = openpyxl.load_workbook(io.BytesIO(content)).sheetnames
    assert names[:4] == ["Sheet1", "a_b", "x_y", "_z____"] and len(names) == 9
    assert all(len(name) <= 31 for name in names) and len({name.casefold() for name in names}) == 9


def test_files_are_listed_in_the_order_that_is_wished(api, people):
    request = people["a"].http_client.request
    for n, name in enumerate(("b12", "B2", "a", "b1")):
        api.clock = lambda n=n: datetime(2026, 9, 5, 8, n, tzinfo=UTC)
        kind = "application/vnd.google-apps.folder" if name == "a" else "application/vnd.google-apps.spreadsheet"
        request("post", DRIVE, json={"name": name, "mimeType": kind})

    def listed(order: str, **more: Any) -> list[str]:
        return [f["name"] for f in request("get", DRIVE, params={"orderBy": order, **more}).json()["files"]]

    assert listed("name") == ["a", "b1", "b12", "B2"]
    assert listed("name_natural desc") == ["b12", "B2", "b1", "a"]
    assert listed("createdTime") == ["b12", "B2", "a", "b1"] == listed("modifiedTime")[:4]
    assert listed("folder, name_natural") == ["a", "b1", "B2", "b12"]
    assert listed("folder desc,modifiedTime desc") == ["b1", "B2", "b12", "a"]
    assert listed("") == listed("recency desc") == ["b1", "a", "B2", "b12"]
    assert listed("name", pageSize=2) == ["a", "b1"] and listed("name", pageSize=2, pageToken="2") == ["b12", "B2"]
    for wrong in ("starred", "name up", "name desc desc", ",", "name,", "Name"):
        with pytest.raises(APIError, match=f"cannot order by '{wrong.split(',')[-1]}'"):
            listed(wrong)


def test_permissions_come_by_pages(people):
    book = people["a"].create("mine")
    for n in range(4):
        book.share(f"p{n}@x.example", "user", "reader", notify=False)
    url, request = f"{DRIVE}/{book.id}/permissions", people["a"].http_client.request
    first = request("get", url, params={"pageSize": 3}).json()
    rest = request("get", url, params={"pageSize": 3, "pageToken": first["nextPageToken"]}).json()
    assert [len(page["permissions"]) for page in (first, rest)] == [3, 2] and "nextPageToken" not in rest


@pytest.mark.parametrize("query", [{"pageToken": "x"}, {"pageSize": "-1"}, {"pageSize": "1e9"}, {"q": "name ="}])
def test_an_option_of_a_wrong_kind_is_refused(people, query):
    with pytest.raises(APIError, match="Invalid Value"):
        people["a"].http_client.request("get", DRIVE, params=query)


def test_an_upload_that_is_no_text_is_refused(local):
    with pytest.raises(APIError, match="not UTF-8"):
        local.client.import_csv(local.id, b"\xff\xfe\x00")


# The document


def test_a_get_too_long_for_an_address_is_answered(api, local):
    local.sheet1.update([["x"]], "B7")
    body = "&".join(f"ranges=Sheet1!B{n}" for n in range(1, 101)).encode()
    headers = {"x-http-method-override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
    path = f"/v4/spreadsheets/{local.id}/values:batchGet"
    answer = orjson.loads(api.handle(Request("POST", path, [("alt", "json")], headers, body)).body)
    assert len(answer["valueRanges"]) == 100 and answer["valueRanges"][6]["values"] == [["x"]]


def test_the_document_s_zone_and_language_are_checked(local):
    for field, value in (("timeZone", "Mars/Olympus"), ("timeZone", "../etc/passwd"), ("locale", "x")):
        properties = {"properties": {field: value}, "fields": field}
        with pytest.raises(APIError, match=r"\[400\]"):
            batch(local, updateSpreadsheetProperties=properties)
        with pytest.raises(APIError, match=r"\[400\]"):
            made = {"properties": {field: value}}
            local.client.request("post", "https://sheets.googleapis.com/v4/spreadsheets", json=made)
    with pytest.raises(APIError, match=r"\[400\]"):
        batch(local, updateSpreadsheetProperties={"properties": {}, "fields": "locale"})


def test_a_date_typed_late_in_the_evening_is_the_document_s(api, local):
    api.clock = lambda: datetime(2026, 12, 31, 18, tzinfo=UTC)
    zone = {"properties": {"timeZone": "Asia/Shanghai"}, "fields": "timeZone"}
    batch(local, updateSpreadsheetProperties=zone)
    local.sheet1.update([["1月2日"]], "A1", raw=False)
    assert local.sheet1.acell("A1", value_render_option="UNFORMATTED_VALUE").value == 46389
