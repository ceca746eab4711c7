"""Developer metadata and data filters, filter views, autoFill (sheets-api.md section 10)."""

from typing import Any

import gspread
import pytest

APIError = gspread.exceptions.APIError
URL = "https://sheets.googleapis.com/v4/spreadsheets/{}"


def post(book: gspread.Spreadsheet, rest: str, body: dict[str, Any]) -> Any:
    return book.client.request("post", URL.format(book.id) + rest, json=body).json()


def batch(book: gspread.Spreadsheet, *requests: dict[str, Any]) -> Any:
    return book.batch_update({"requests": list(requests)})["replies"]


def tie(key: str, number: int, location: dict[str, Any], value: str = "") -> dict[str, Any]:
    given = {"metadataKey": key, "metadataId": number, "location": location, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": {**given, "metadataValue": value}}}


def line(dimension: str, index: int, sheet: int = 0) -> dict[str, Any]:
    where = {"sheetId": sheet, "dimension": dimension, "startIndex": index, "endIndex": index + 1}
    return {"dimensionRange": where}


def by(**lookup: Any) -> dict[str, Any]:
    return {"developerMetadataLookup": lookup}


def search(book: gspread.Spreadsheet, **lookup: Any) -> list[int]:
    matched = post(book, "/developerMetadata:search", {"dataFilters": [by(**lookup)]})
    return [m["developerMetadata"]["metadataId"] for m in matched.get("matchedDeveloperMetadata", [])]


@pytest.fixture
def tied(local: gspread.Spreadsheet) -> gspread.Spreadsheet:
    """A row of each of three issues, a column, the sheet and the document, each with an entry."""
    local.sheet1.update([["no", "what"], [3, "c"], [1, "a"], [2, "b"]], "A1")
    batch(
        local,
        *(tie("row", 10 + n, line("ROWS", n), str(n)) for n in (1, 2, 3)),
        tie("column", 20, line("COLUMNS", 1)),
        tie("sheet", 30, {"sheetId": 0}),
        tie("document", 40, {"spreadsheet": True}),
    )
    return local


def places(book: gspread.Spreadsheet) -> dict[str, Any]:
    """What stands in column A of each tied row, by the entry's id."""
    filters = [by(metadataId=number) for number in (11, 12, 13)]
    answer = post(book, "/values:batchGetByDataFilter", {"dataFilters": filters})
    return {
        v["dataFilters"][0]["developerMetadataLookup"]["metadataId"]: v["valueRange"]["values"][0][0]
        for v in answer.get("valueRanges", [])
    }


def test_what_is_tied_to_a_row_goes_where_the_row_goes(tied):
    assert places(tied) == {11: "3", 12: "1", 13: "2"}
    tied.sheet1.sort((1, "asc"), range="A2:Z4")
    assert places(tied) == {11: "3", 12: "1", 13: "2"}
    tied.sheet1.insert_row([], 2)
    where = {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    batch(tied, {"moveDimension": {"source": where, "destinationIndex": 5}})
    assert places(tied) == {11: "3", 12: "1", 13: "2"}
    tied.sheet1.delete_rows(tied.sheet1.find("3").row)
    assert places(tied) == {12: "1", 13: "2"}
    with pytest.raises(APIError, match="No developer metadata with ID 11"):
        tied.client.request("get", URL.format(tied.id) + "/developerMetadata/11")


def test_what_is_tied_to_a_column_goes_where_the_column_goes(tied):
    tied.sheet1.insert_cols([[]], 1)
    answer = tied.client.request("get", URL.format(tied.id) + "/developerMetadata/20").json()
    location = {"locationType": "COLUMN", "dimensionRange": line("COLUMNS", 2)["dimensionRange"]}
    assert answer == {"metadataId": 20, "metadataKey": "column", "visibility": "DOCUMENT", "location": location}
    tied.sheet1.delete_columns(3)
    assert search(tied, metadataKey="column") == []


def test_it_stands_where_it_is_tied(tied):
    meta = tied.fetch_sheet_metadata({"includeGridData": True})
    assert meta["developerMetadata"][0]["metadataId"] == 40
    sheet = meta["sheets"][0]
    assert sheet["developerMetadata"][0]["location"] == {"locationType": "SHEET", "sheetId": 0}
    rows = [row.get("developerMetadata", [{}])[0].get("metadataId") for row in sheet["data"][0]["rowMetadata"][:5]]
    assert rows == [None, 11, 12, 13, None]
    assert sheet["data"][0]["columnMetadata"][1]["developerMetadata"][0]["metadataId"] == 20


def test_it_is_looked_up_by_all_that_is_given(tied):
    assert search(tied) == [40, 11, 12, 13, 20, 30]
    assert search(tied, metadataKey="row", metadataValue="2") == [12]
    assert search(tied, locationType="COLUMN") == [20]
    assert search(tied, metadataLocation=line("ROWS", 2)) == [12, 20, 30]
    exact = {"locationMatchingStrategy": "EXACT_LOCATION"}
    assert search(tied, metadataLocation=line("ROWS", 2), **exact) == [12]
    assert search(tied, metadataLocation={"sheetId": 0}, **exact) == [30]
    assert search(tied, metadataLocation={"spreadsheet": True}) == [40]
    intersecting = {"locationMatchingStrategy": "INTERSECTING_LOCATION"}
    with pytest.raises(APIError, match="400"):
        search(tied, metadataLocation={"spreadsheet": True}, **intersecting)


def test_it_is_changed_moved_and_deleted_by_filters(tied):
    given = {"metadataValue": "neu", "location": line("ROWS", 5)}
    update = {"dataFilters": [by(metadataId=11)], "developerMetadata": given, "fields": "metadataValue,location"}
    told = batch(tied, {"updateDeveloperMetadata": update})[0]["updateDeveloperMetadata"]["developerMetadata"][0]
    assert (told["metadataValue"], told["location"]["dimensionRange"]["startIndex"]) == ("neu", 5)
    gone = batch(tied, {"deleteDeveloperMetadata": {"dataFilter": by(metadataKey="row")}})[0]["deleteDeveloperMetadata"]
    assert {m["metadataId"] for m in gone["deletedDeveloperMetadata"]} == {11, 12, 13}
    assert search(tied, metadataKey="row") == []


def rows(start: int, end: int) -> dict[str, Any]:
    return {"dimensionRange": {"dimension": "ROWS", "startIndex": start, "endIndex": end}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metadataKey": ""}, "metadataKey is required"),
        ({"visibility": None}, "visibility is required"),
        ({"metadataId": 40}, "already in use"),
        ({"metadataId": -1}, "not positive"),
        ({"location": None}, "location is required"),
        ({"location": rows(0, 2)}, "single row or column"),
        ({"location": rows(5000, 5001)}, "Invalid dimension"),
        ({"metadataValue": "x" * 30_001}, "30000 characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_tied_is_refused(tied, change, words):
    given = {"metadataKey": "k", "visibility": "PROJECT", "location": {"sheetId": 0}, **change}
    with pytest.raises(APIError, match=words):
        batch(tied, {"createDeveloperMetadata": {"developerMetadata": given}})


def test_a_copy_of_a_sheet_has_entries_of_its_own(tied):
    copy = tied.duplicate_sheet(0, new_sheet_name="copy")
    matched = post(tied, "/developerMetadata:search", {"dataFilters": [by(metadataKey="row")]})
    entries = [m["developerMetadata"] for m in matched["matchedDeveloperMetadata"]]
    assert len({entry["metadataId"] for entry in entries}) == 6
    assert [e["location"]["dimensionRange"]["sheetId"] for e in entries].count(copy.id) == 3


def test_values_are_written_and_cleared_by_filters(tied):
    data = [
        {"dataFilter": by(metadataId=12), "values": [["x", None, "z"]]},
        {"dataFilter": {"a1Range": "Sheet1!E1"}, "values": [["e"]]},
        {"dataFilter": {"gridRange": {"startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 5}}, "values": [["f"]]},
    ]
    answer = post(tied, "/values:batchUpdateByDataFilter", {"valueInputOption": "RAW", "data": data})
    assert (answer["totalUpdatedCells"], answer["totalUpdatedRows"]) == (4, 2)
    assert answer["responses"][0]["updatedRange"] == "Sheet1!A3:C3" and "dataFilter" in answer["responses"][0]
    assert tied.sheet1.row_values(3) == ["x", "a", "z"]
    assert tied.sheet1.row_values(1) == ["no", "what", "", "", "e", "f"]
    cleared = post(tied, "/values:batchClearByDataFilter", {"dataFilters": [by(metadataId=12)]})
    assert cleared["clearedRanges"] == ["Sheet1!A3:Z3"] and tied.sheet1.row_values(3) == []
    with pytest.raises(APIError, match=r"Invalid data\[0\]: Unable to parse range"):
        bad = [{"dataFilter": {"a1Range": "!!!"}, "values": [["x"]]}]
        post(tied, "/values:batchUpdateByDataFilter", {"valueInputOption": "RAW", "data": bad})


def test_a_document_is_read_by_filters(tied):
    tied.add_worksheet("other", 3, 3)
    body = {"dataFilters": [by(metadataId=13)], "includeGridData": True}
    answer = post(tied, ":getByDataFilter", body)
    assert [sheet["properties"]["title"] for sheet in answer["sheets"]] == ["Sheet1"]
    data = answer["sheets"][0]["data"]
    assert len(data) == 1 and data[0]["startRow"] == 3
    assert data[0]["rowData"][0]["values"][1]["formattedValue"] == "b"


# Filter views


def test_filter_views_are_made_changed_copied_and_deleted(local):
    whole = {"startRowIndex": 0, "endRowIndex": 9, "startColumnIndex": 0, "endColumnIndex": 3}
    given = {"title": "late", "range": whole, "criteria": {"1": {"hiddenValues": ["x"]}}}
    made = batch(local, {"addFilterView": {"filter": given}})[0]["addFilterView"]["filter"]
    assert made["filterSpecs"] == [{"columnIndex": 1, "filterCriteria": {"hiddenValues": ["x"]}}]
    change = {"filterViewId": made["filterViewId"], "title": "new", "criteria": {"2": {"hiddenValues": ["y"]}}}
    batch(local, {"updateFilterView": {"filter": change, "fields": "title,criteria"}})
    copied = batch(local, {"duplicateFilterView": {"filterId": made["filterViewId"]}})[0]["duplicateFilterView"][
        "filter"
    ]
    assert (copied["title"], list(copied["criteria"])) == ("Copy of new", ["2"])
    local.sheet1.insert_cols([[]], 1)
    views = local.fetch_sheet_metadata()["sheets"][0]["filterViews"]
    assert [(v["title"], list(v["criteria"]), v["range"]["startColumnIndex"]) for v in views] == [
        ("new", ["3"], 1), ("Copy of new", ["3"], 1),
    ]  # fmt: skip
    batch(local, {"deleteFilterView": {"filterId": made["filterViewId"]}})
    assert len(local.fetch_sheet_metadata()["sheets"][0]["filterViews"]) == 1
    with pytest.raises(APIError, match="No filter view with id"):
        batch(local, {"deleteFilterView": {"filterId": made["filterViewId"]}})


# autoFill


def cells(row: int, end_row: int, column: int, end_column: int) -> dict[str, int]:
    return {"startRowIndex": row, "endRowIndex": end_row, "startColumnIndex": column, "endColumnIndex": end_column}


def test_what_stands_there_is_continued(local):
    rows = [[1, "第1条", "=A1*2", "2026-11-28", "x", 7], [3, "", "", "", "y", ""]]
    local.sheet1.update(rows, "A1", raw=False)
    batch(local, {"autoFill": {"range": cells(0, 5, 0, 1)}})
    for column in (1, 2, 3, 5):
        batch(local, {"autoFill": {"range": cells(0, 5, column, column + 1)}})
    batch(local, {"autoFill": {"range": cells(0, 5, 4, 5)}})
    assert local.sheet1.get("A1:F5") == [
        ["1", "第1条", "2", "2026-11-28", "x", "7"], ["3", "第1条", "6", "2026-11-29", "y", "7"],
        ["5", "第1条", "10", "2026-11-30", "x", "7"], ["7", "第1条", "14", "2026-12-01", "y", "7"],
        ["9", "第1条", "18", "2026-12-02", "x", "7"],
    ]  # fmt: skip


def test_a_source_is_continued_in_either_direction(local):
    local.sheet1.update([["任务 09", 5]], "C3")
    fill = {"source": cells(2, 3, 2, 4), "dimension": "ROWS"}
    batch(local, {"autoFill": {"sourceAndDestination": {**fill, "fillLength": 2}, "useAlternateSeries": False}})
    batch(local, {"autoFill": {"sourceAndDestination": {**fill, "fillLength": -2}}})
    batch(local, {"autoFill": {"sourceAndDestination": {**fill, "dimension": "COLUMNS", "fillLength": 23}}})
    assert local.sheet1.get("C1:D5") == [
        ["任务 07", "5"],
        ["任务 08", "5"],
        ["任务 09", "5"],
        ["任务 10", "5"],
        ["任务 11", "5"],
    ]
    assert local.sheet1.column_count == 27
    local.sheet1.update([[5]], "A1")
    one = {"source": cells(0, 1, 0, 1), "dimension": "ROWS", "fillLength": 2}
    batch(local, {"autoFill": {"sourceAndDestination": one, "useAlternateSeries": True}})
    assert local.sheet1.get("A1:A3") == [["5"], ["6"], ["7"]]
    with pytest.raises(APIError, match="beyond the grid"):
        batch(local, {"autoFill": {"sourceAndDestination": {**one, "fillLength": -1}}})
