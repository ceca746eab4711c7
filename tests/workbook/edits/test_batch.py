"""The kinds of batchUpdate that go beyond what gspread's own methods send."""

from typing import Any

import pytest
from gspread.exceptions import APIError

from tests.stores import count

BOLD = {"userEnteredFormat": {"textFormat": {"bold": True}}}
DATE = {"type": "DATE", "pattern": "yyyy-mm-dd"}


def batch(book, *requests: Any) -> list[Any]:
    return book.batch_update({"requests": list(requests)})["replies"]


def refused(book, request: Any) -> str:
    with pytest.raises(APIError) as refusal:
        batch(book, request)
    return refusal.value.error["message"]


def area(address: str) -> dict[str, Any]:
    """A GridRange of the first sheet by its address."""
    from gspread.utils import a1_range_to_grid_range

    return a1_range_to_grid_range(address, 0)


def cells(book, address: str, fields: str = "*") -> list[list[Any]]:
    """CellData of a range."""
    meta = book.fetch_sheet_metadata({"ranges": address, "fields": f"sheets.data.rowData.values({fields})"})
    return [row.get("values", []) for row in meta["sheets"][0]["data"][0].get("rowData", [])]


def sheet_meta(book, key: str) -> Any:
    return book.fetch_sheet_metadata()["sheets"][0].get(key)


@pytest.fixture
def book(local):
    local.sheet1.update([["b", 2, "x"], ["c", 3, "y"], ["a", 1, "z"]], "A1")
    return local


def values(*items: Any) -> dict[str, Any]:
    kinds = {str: "stringValue", int: "numberValue", float: "numberValue", bool: "boolValue"}
    return {"values": [{} if v is None else {"userEnteredValue": {kinds[type(v)]: v}} for v in items]}


# Cells


def test_a_range_is_cleared_where_the_rows_do_not_reach(book):
    request = {"range": area("A1:C3"), "rows": [values("new", None)], "fields": "userEnteredValue"}
    batch(book, {"updateCells": request})
    assert book.sheet1.get_all_values() == [["new"]]


def test_from_a_start_only_what_is_given_is_touched(book):
    start = {"sheetId": 0, "rowIndex": 1, "columnIndex": 1}
    batch(book, {"updateCells": {"start": start, "rows": [values(9)], "fields": "userEnteredValue"}})
    assert book.sheet1.get_all_values() == [["b", "2", "x"], ["c", "9", "y"], ["a", "1", "z"]]


def test_a_masked_field_that_is_absent_is_reset(book):
    batch(book, {"repeatCell": {"range": area("A1:B1"), "cell": BOLD, "fields": "userEnteredFormat"}})
    batch(
        book, {"updateCells": {"start": {}, "rows": [{"values": [{}]}], "fields": "userEnteredFormat.textFormat.bold"}}
    )
    assert cells(book, "A1:B1", "userEnteredFormat") == [[{}, BOLD]]
    assert book.sheet1.acell("A1").value == "b"


CUT = {
    "repeatCell": {"cell": BOLD, "fields": "userEnteredFormat.textFormat.bold"},
    "setDataValidation": {"rule": {"condition": {"type": "NOT_BLANK"}}},
    "updateBorders": {"bottom": {"style": "SOLID"}},
    "sortRange": {"sortSpecs": [{"dimensionIndex": 24}]},
    "randomizeRange": {},
    "deleteDuplicates": {},
    "findReplace": {"find": "b", "replacement": "b"},
    "trimWhitespace": {},
}


@pytest.mark.parametrize("kind", CUT)
def test_a_range_that_ends_beyond_the_grid_is_taken_as_far_as_the_grid_goes(book, kind):
    book.sheet1.update([["b", "b"], ["a", "c"]], "Y999")
    ends = {"sheetId": 0, "startRowIndex": 998, "endRowIndex": 1003, "startColumnIndex": 24, "endColumnIndex": 30}
    batch(book, {kind: {"range": ends, **CUT[kind]}})
    sheet = book.worksheet("Sheet1")
    assert (sheet.row_count, sheet.col_count) == (1000, 26)
    assert sorted(sheet.get("Y999:Z1000")) == [["a", "c"], ["b", "b"]]
    look = cells(book, "Z1000", "userEnteredFormat,dataValidation")
    touched = kind in ("repeatCell", "setDataValidation", "updateBorders")
    assert (look != [[{}]] and look != []) == touched


@pytest.mark.parametrize("kind", CUT)
def test_a_range_that_starts_beyond_the_grid_is_refused(book, kind):
    words = refused(book, {kind: {"range": {"startRowIndex": 1000, "endColumnIndex": 2}, **CUT[kind]}})
    assert words == (
        f"Invalid requests[0].{kind}: Range (Sheet1!A1001:B) exceeds grid limits. Max rows: 1000, max columns: 26"
    )


@pytest.mark.parametrize(
    ("edges", "named"),
    [
        ({"startRowIndex": 1005, "startColumnIndex": 0, "endColumnIndex": 2}, "A1006:B"),
        ({"startRowIndex": 1000, "endRowIndex": 1001, "endColumnIndex": 2}, "A1001:B1001"),
        ({"endRowIndex": 2, "startColumnIndex": 26, "endColumnIndex": 27}, "AA1:AA2"),
        ({"endRowIndex": 2, "startColumnIndex": 26}, "AA1:2"),
        ({"startColumnIndex": 26, "endColumnIndex": 28}, "AA:AB"),
        ({"startRowIndex": 1000, "endRowIndex": 1002}, "1001:1002"),
        ({"startRowIndex": 1000, "endRowIndex": 1001, "startColumnIndex": 1, "endColumnIndex": 2}, "B1001"),
    ],
)
def test_a_refused_range_is_named_as_it_was_asked_for(book, edges, named):
    assert f"Range (Sheet1!{named}) exceeds" in refused(book, {"trimWhitespace": {"range": edges}})


def test_a_range_of_no_cell_changes_nothing(book):
    batch(book, {"repeatCell": {"range": {"startRowIndex": 3, "endRowIndex": 3}, "cell": BOLD, "fields": "*"}})
    assert book.sheet1.get_all_values() == [["b", "2", "x"], ["c", "3", "y"], ["a", "1", "z"]]


def test_writing_beyond_the_grid_is_refused(book):
    start = {"sheetId": 0, "rowIndex": 0, "columnIndex": 25}
    request = {"updateCells": {"start": start, "rows": [values(1, 2)], "fields": "userEnteredValue"}}
    assert refused(book, request).endswith("Attempting to write column: 26, beyond the last requested column of: 25")


def test_a_repeated_formula_shifts(book):
    cell = {"userEnteredValue": {"formulaValue": "=B1*$B$1"}}
    batch(book, {"repeatCell": {"range": area("D1:D3"), "cell": cell, "fields": "userEnteredValue"}})
    assert book.sheet1.col_values(4) == ["4", "6", "2"]


def test_cells_are_appended_below_the_last_row_with_data(book):
    batch(
        book, {"updateCells": {"start": {"rowIndex": 8}, "rows": [{"values": [{"note": "no data"}]}], "fields": "note"}}
    )
    batch(book, {"appendCells": {"sheetId": 0, "rows": [values("=d", 4), values("e")], "fields": "userEnteredValue"}})
    assert book.sheet1.get("A4:B5") == [["=d", "4"], ["e"]]


def test_appending_grows_the_grid_and_keeps_the_looks(local):
    sheet = local.sheet1
    sheet.resize(rows=60, cols=3)
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "是"}]}, "strict": True}
    where = {"sheetId": 0, "startRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    number_format = {"userEnteredFormat": {"numberFormat": DATE}}
    batch(
        local,
        {"setDataValidation": {"range": where, "rule": rule}},
        {"repeatCell": {"range": where, "cell": number_format, "fields": "userEnteredFormat.numberFormat"}},
        {"appendCells": {"sheetId": 0, "rows": [values(46270)] * 70, "fields": "userEnteredValue"}},
    )
    assert sheet_meta(local, "properties")["gridProperties"]["rowCount"] == 70
    assert sheet.acell("A70").value == "2026-09-05"
    (cell,) = cells(local, "A70", "dataValidation")[0]
    assert cell["dataValidation"] == rule


def test_later_requests_see_earlier_ones(local):
    made = {"properties": {"sheetId": 77, "title": "neu", "gridProperties": {"rowCount": 5, "columnCount": 5}}}
    start = {"sheetId": 77, "rowIndex": 0, "columnIndex": 0}
    replies = batch(local, {"addSheet": made}, {"updateCells": {"start": start, "rows": [values("x")], "fields": "*"}})
    assert replies == [{"addSheet": {"properties": {**made["properties"], "index": 1, "sheetType": "GRID"}}}, {}]
    assert local.worksheet("neu").acell("A1").value == "x"


def test_nulls_and_nested_lists_among_requests(local):
    answer = local.batch_update({"requests": [None, [{"clearBasicFilter": {"sheetId": 0}}], {"clearBasicFilter": {}}]})
    assert answer["replies"] == [{}, {}]
    with pytest.raises(APIError, match="Must specify at least one request"):
        local.batch_update({"requests": [None]})


# Looks


def test_a_look_painted_over_many_rows_costs_no_rows(book, store):
    before = count(store, "rows")
    batch(
        book,
        {
            "repeatCell": {
                "range": {"sheetId": 0, "startColumnIndex": 1, "endColumnIndex": 2},
                "cell": BOLD,
                "fields": "userEnteredFormat.textFormat",
            }
        },
    )
    assert count(store, "rows") == before
    assert cells(book, "A999:B999", "userEnteredFormat") == [[{}, BOLD]]


@pytest.mark.parametrize("look", ["B1:B60", "B2:B3"])
def test_looks_move_with_rows_that_are_sorted(book, look):
    batch(book, {"repeatCell": {"range": area(look), "cell": BOLD, "fields": "userEnteredFormat"}})
    before = {
        row[0]["formattedValue"]: row[1].get("userEnteredFormat")
        for row in cells(book, "A1:B3", "formattedValue,userEnteredFormat")
    }
    book.sheet1.sort((1, "asc"))
    after = {
        row[0]["formattedValue"]: row[1].get("userEnteredFormat")
        for row in cells(book, "A1:B3", "formattedValue,userEnteredFormat")
    }
    assert list(after) == ["a", "b", "c"]
    assert after == before


def test_a_painted_range_with_an_edge_inside_the_sort_goes_with_its_rows(book):
    batch(book, {"repeatCell": {"range": area("B2:B900"), "cell": BOLD, "fields": "userEnteredFormat"}})
    book.sheet1.sort((1, "asc"))
    assert [
        row[1].get("userEnteredFormat", {}) for row in cells(book, "A1:B3", "note,userEnteredFormat,formattedValue")
    ] == [
        BOLD["userEnteredFormat"],
        {},
        BOLD["userEnteredFormat"],
    ]


@pytest.mark.parametrize(("before", "bold"), [(True, True), (False, False)])
def test_inserted_rows_look_like_the_neighbour_that_is_named(book, before, bold):
    batch(book, {"repeatCell": {"range": area("A1:C1"), "cell": BOLD, "fields": "userEnteredFormat"}})
    where = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    batch(book, {"insertDimension": {"range": where, "inheritFromBefore": before}})
    row = (cells(book, "A2:C2", "userEnteredFormat") or [[{}]])[0]
    assert bool(row and row[0]) is bold


def test_notes_formats_and_validation_follow_their_row(book):
    book.sheet1.update_note("A3", "来")
    book.sheet1.sort((1, "asc"))
    assert book.sheet1.get_note("A1") == "来"
    book.sheet1.insert_row([], 1)
    assert book.sheet1.get_note("A2") == "来"


# Ranges that follow


def test_ranges_move_with_rows_and_columns(local):
    batch(
        local,
        {"addNamedRange": {"namedRange": {"name": "Data", "range": area("B2:C5")}}},
        {"addProtectedRange": {"protectedRange": {"range": area("B2:C5"), "warningOnly": True, "description": "d"}}},
        {"mergeCells": {"range": area("B2:C3"), "mergeType": "MERGE_ALL"}},
        {"setBasicFilter": {"filter": {"range": area("B2:C5")}}},
        {
            "addConditionalFormatRule": {
                "index": 0,
                "rule": {
                    "ranges": [area("B2:C5")],
                    "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}},
                },
            }
        },
    )
    local.sheet1.insert_row([], 1)
    local.sheet1.delete_columns(1)
    meta = local.fetch_sheet_metadata()
    sheet = meta["sheets"][0]
    moved = {key: value for key, value in area("A3:B6").items() if key != "sheetId"}
    assert meta["namedRanges"][0]["range"] == moved
    assert sheet["protectedRanges"][0] == {
        "protectedRangeId": sheet["protectedRanges"][0]["protectedRangeId"],
        "range": moved,
        "warningOnly": True,
        "description": "d",
        "requestingUserCanEdit": True,
    }
    assert sheet["merges"] == [{**moved, "endRowIndex": 4}]
    assert sheet["basicFilter"]["range"] == moved
    assert sheet["conditionalFormats"][0]["ranges"] == [moved]
    local.sheet1.delete_rows(2, 9)
    meta = local.fetch_sheet_metadata()
    assert "namedRanges" not in meta
    assert not {"merges", "protectedRanges", "basicFilter", "conditionalFormats"} & meta["sheets"][0].keys()


def test_conditional_formats_are_added_moved_replaced_and_deleted(local):
    def rule(text: str) -> dict[str, Any]:
        condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]}
        return {"ranges": [area("A1:A9")], "booleanRule": {"condition": condition, "format": {"strikethrough": True}}}

    def rule_(text: str) -> dict[str, Any]:
        return {**rule(text), "booleanRule": {**rule(text)["booleanRule"], "format": {"textFormat": {"italic": True}}}}

    assert batch(
        local, *[{"addConditionalFormatRule": {"rule": rule_(t), "index": n}} for n, t in enumerate("ab")]
    ) == [{}, {}]
    (moved,) = batch(local, {"updateConditionalFormatRule": {"sheetId": 0, "index": 0, "newIndex": 1}})
    assert (moved["updateConditionalFormatRule"]["newIndex"], moved["updateConditionalFormatRule"]["oldIndex"]) == (
        1,
        0,
    )
    (gone,) = batch(local, {"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}})
    assert gone["deleteConditionalFormatRule"]["rule"]["booleanRule"]["condition"]["values"] == [
        {"userEnteredValue": "b"}
    ]
    assert len(sheet_meta(local, "conditionalFormats")) == 1
    assert "No conditional format" in refused(local, {"deleteConditionalFormatRule": {"sheetId": 0, "index": 5}})
    assert "Unknown name" in refused(local, {"addConditionalFormatRule": {"rule": rule("x")}})


def test_a_filters_sort_specs_sort_under_the_header(book):
    book.sheet1.insert_row(["name", "n", "t"], 1)
    specs = [{"dimensionIndex": 1, "sortOrder": "DESCENDING"}]
    batch(book, {"setBasicFilter": {"filter": {"range": area("A1:C4"), "sortSpecs": specs}}})
    assert book.sheet1.col_values(1) == ["name", "c", "b", "a"]


def test_sheet_properties_by_mask(local):
    local.sheet1.freeze(rows=1, cols=2)
    size = sheet_meta(local, "properties")["gridProperties"]
    assert size == {"rowCount": 1000, "columnCount": 26, "frozenRowCount": 1, "frozenColumnCount": 2}
    local.sheet1.freeze(rows=0)
    assert "frozenRowCount" not in sheet_meta(local, "properties")["gridProperties"]
    wrong = {
        "updateSheetProperties": {
            "properties": {"sheetId": 0, "gridProperties": {"frozenRowCount": 1000}},
            "fields": "gridProperties.frozenRowCount",
        }
    }
    assert refused(local, wrong).endswith("You can't freeze all visible rows on the sheet.")
    local.sheet1.update_tab_color("#7F0000")
    assert sheet_meta(local, "properties")["tabColorStyle"] == {"rgbColor": {"red": 0.49803922}}


def test_frozen_rows_cannot_be_all_that_is_left(local):
    local.sheet1.resize(rows=3)
    local.sheet1.freeze(rows=1)
    where = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 3}
    assert refused(local, {"deleteDimension": {"range": where}}).endswith(
        "it is not possible to delete all non-frozen rows."
    )
    where = {"sheetId": 0, "dimension": "ROWS", "startIndex": 9, "endIndex": 10}
    assert "Cannot delete a row that doesn't exist. Tried to delete row index 9 but there are only 3 rows." in refused(
        local, {"deleteDimension": {"range": where}}
    )


@pytest.mark.parametrize(("index", "order"), [(3, "bcad"), (0, "abcd"), (1, "abcd"), (4, "bcda"), (2, "bacd")])
def test_an_index_is_counted_before_the_move(local, index, order):
    local.sheet1.update_title("a")
    for title in "bcd":
        local.add_worksheet(title, 2, 2)
    batch(local, {"updateSheetProperties": {"properties": {"sheetId": 0, "index": index}, "fields": "index"}})
    assert "".join(sheet.title for sheet in local.worksheets()) == order


def test_find_and_replace_counts(book):
    book.sheet1.update([["b b", "B"]], "A5")
    (reply,) = batch(book, {"findReplace": {"find": "b", "replacement": "x", "allSheets": True, "matchCase": True}})
    assert reply["findReplace"] == {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 3}
    assert book.sheet1.row_values(5) == ["x x", "B"]
    (reply,) = batch(book, {"findReplace": {"find": "nothing", "replacement": "", "sheetId": 0}})
    assert reply == {"findReplace": {}}
    regex = {"find": r"(x) (x)", "replacement": "$2-$1", "searchByRegex": True, "range": area("A5:B5")}
    batch(book, {"findReplace": regex})
    assert book.sheet1.acell("A5").value == "x-x"


def test_paste(book):
    batch(book, {"repeatCell": {"range": area("A1"), "cell": BOLD, "fields": "userEnteredFormat"}})
    copy = {"source": area("A1:B1"), "destination": area("E1:F4"), "pasteType": "PASTE_VALUES"}
    batch(book, {"copyPaste": copy})
    assert book.sheet1.get("E1:F4") == [["b", "2"]] * 4
    assert cells(book, "E1", "userEnteredFormat") == []
    turned = {"source": area("A1:C1"), "destination": area("H1"), "pasteOrientation": "TRANSPOSE"}
    batch(book, {"copyPaste": turned})
    assert book.sheet1.col_values(8) == ["b", "2", "x"]
    assert cells(book, "H1", "userEnteredFormat") == [[BOLD]]
    text = {"coordinate": {"rowIndex": 5}, "data": "1,2026-09-05\n=1+1,x", "delimiter": ",", "type": "PASTE_NORMAL"}
    batch(book, {"pasteData": text})
    assert book.sheet1.get("A6:B7", value_render_option="UNFORMATTED_VALUE") == [[1, 46270], [2, "x"]]


def test_cells_pushed_aside(book):
    batch(book, {"insertRange": {"range": area("A1:A2"), "shiftDimension": "ROWS"}})
    assert book.sheet1.get_all_values() == [
        ["", "2", "x"],
        ["", "3", "y"],
        ["b", "1", "z"],
        ["c", "", ""],
        ["a", "", ""],
    ]
    batch(book, {"deleteRange": {"range": area("A1:A2"), "shiftDimension": "ROWS"}})
    assert book.sheet1.get_all_values() == [["b", "2", "x"], ["c", "3", "y"], ["a", "1", "z"]]
    batch(book, {"deleteRange": {"range": area("A1"), "shiftDimension": "COLUMNS"}})
    assert book.sheet1.row_values(1) == ["2", "x"]


def test_doubles_go_and_the_first_stays(book):
    book.sheet1.update([["B", 2, "x"], ["b", 2, "other"]], "A4")
    where = {"range": area("A1:C5"), "comparisonColumns": [{"dimension": "COLUMNS", "startIndex": 0, "endIndex": 2}]}
    (reply,) = batch(book, {"deleteDuplicates": where})
    assert reply == {"deleteDuplicates": {"duplicatesRemovedCount": 2}}
    assert book.sheet1.get_all_values() == [["b", "2", "x"], ["c", "3", "y"], ["a", "1", "z"]]


def test_limits(local):
    size = {"rowCount": 1_000_000, "columnCount": 26}
    request = {
        "updateSheetProperties": {"properties": {"sheetId": 0, "gridProperties": size}, "fields": "gridProperties"}
    }
    assert refused(local, request).endswith("above the limit of 10000000 cells.")
    wide = {"addSheet": {"properties": {"gridProperties": {"rowCount": 1, "columnCount": 18_279}}}}
    assert refused(local, wide).endswith("above the limit of 18278 columns.")
    local.sheet1.update([["x" * 50_000]], "A1")
    with pytest.raises(APIError, match="more than the maximum of 50000 characters in a single cell"):
        local.sheet1.update([["x" * 50_001]], "A1")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            {"requests": [{"addSheet": {"tilte": "x"}}]},
            "Unknown name \"tilte\" at 'requests[0].add_sheet': Cannot find field.",
        ),
        (
            {"requests": ["repeatCell"]},
            "Invalid value at 'requests[0]' (type.googleapis.com/google.apps.sheets.v4."
            'BatchUpdateSpreadsheetRequest.Request), "repeatCell"',
        ),
        (
            {"requests": [{"deleteSheet": {"sheetId": "x"}}]},
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"x\"",
        ),
        (
            {"requests": [{"sortRange": {"range": {}}}]},
            "Invalid requests[0].sortRange: At least one sort spec must be specified.",
        ),
        ({"requests": [{}]}, "Invalid requests[0]: No request set."),
        ({}, "Must specify at least one request."),
    ],
)
def test_bodies_that_do_not_fit(local, body, sentence):
    with pytest.raises(APIError) as refusal:
        local.batch_update(body)
    assert refusal.value.error["message"].endswith(sentence)


def test_masks(local):
    assert local.fetch_sheet_metadata({"fields": "sheets/properties/title"}) == {
        "sheets": [{"properties": {"title": "Sheet1"}}]
    }
    assert local.fetch_sheet_metadata({"fields": "sheets.properties(sheet_id,title)"}) == {
        "sheets": [{"properties": {"sheetId": 0, "title": "Sheet1"}}]
    }
    assert local.fetch_sheet_metadata({"fields": "namedRanges"}) == {}
    with pytest.raises(APIError) as refusal:
        local.fetch_sheet_metadata({"fields": "sheets.sheetProperties"})
    assert refusal.value.error["message"] == "Request contains an invalid argument."
    assert "Cannot find matching fields for path 'sheets.sheetProperties'" in str(refusal.value.error["details"])


def test_grid_data_of_a_range(book):
    answer = book.fetch_sheet_metadata({"ranges": "B2:C9", "includeGridData": "true"})
    (data,) = answer["sheets"][0]["data"]
    assert (data["startRow"], data["startColumn"], len(data["rowMetadata"]), len(data["columnMetadata"])) == (
        1,
        1,
        8,
        2,
    )
    assert len(data["rowData"]) == 2
    cell = data["rowData"][0]["values"][0]
    assert (cell["userEnteredValue"], cell["effectiveValue"], cell["formattedValue"]) == (
        {"numberValue": 3},
        {"numberValue": 3},
        "3",
    )
    assert cell["effectiveFormat"]["textFormat"]["fontSize"] == 10
