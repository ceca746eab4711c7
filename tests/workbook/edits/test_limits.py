"""Limits on one call: the cells that a document holds, and those that a call goes through one by one."""

import time
from typing import Any

import gspread
import orjson
import pytest

from sync.workbook.cells import model
from sync.workbook.cells.model import MAX_CELLS
from sync.workbook.server import Api, Request

LARGE = {"rowCount": 9000, "columnCount": 1000}
ALL = {"sheetId": 7}
ROWS = {"sheetId": 7, "dimension": "ROWS"}
TEXT = {"userEnteredValue": {"stringValue": "x"}}
FILL = {"source": {**ALL, "endRowIndex": 1}, "dimension": "ROWS", "fillLength": 8999}
BOLD = {
    "range": ALL,
    "cell": {"userEnteredFormat": {"textFormat": {"bold": True}}},
    "fields": "userEnteredFormat",
}
GOES_THROUGH = {
    "repeatCell": {"range": ALL, "cell": TEXT, "fields": "userEnteredValue"},
    "repeatCell of notes": {"range": ALL, "cell": {"note": "x"}, "fields": "note"},
    "updateBorders": {"range": ALL, "innerHorizontal": {"style": "SOLID"}},
    "copyPaste": {"source": ALL, "destination": ALL},
    "copyPaste of one": {"source": {**ALL, "endRowIndex": 1, "endColumnIndex": 1}, "destination": ALL},
    "cutPaste": {"source": ALL, "destination": {"sheetId": 7}},
    "insertRange": {"range": {**ALL, "endRowIndex": 1}, "shiftDimension": "ROWS"},
    "deleteRange": {"range": {**ALL, "endRowIndex": 1}, "shiftDimension": "ROWS"},
    "autoFill": {"sourceAndDestination": FILL},
    "autoFill of a range": {"range": ALL},
    "mergeCells": {"range": ALL, "mergeType": "MERGE_ROWS"},
    "sortRange": {"range": {**ALL, "endColumnIndex": 999}, "sortSpecs": [{"dimensionIndex": 0}]},
    "autoResizeDimensions": {"dimensions": {"sheetId": 7, "dimension": "COLUMNS"}},
    "insertDimension": {"range": {"sheetId": 7, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 100}},
    "updateCells": {"range": ALL, "rows": [], "fields": "note"},
}


def grow(api: Api, path: str, last: Any = "y") -> None:
    """A sheet of nine million cells, with something in its first and its last row."""
    properties = {"sheetId": 7, "title": "large", "gridProperties": LARGE}
    body = orjson.dumps({"requests": [{"addSheet": {"properties": properties}}]})
    assert api.handle(Request("POST", f"{path}:batchUpdate", body=body)).status == 200
    data = [{"range": "large!A1:B1", "values": [["x", "z"]]}, {"range": "large!A9000", "values": [[last]]}]
    body = orjson.dumps({"valueInputOption": "RAW", "data": data})
    assert api.handle(Request("POST", f"{path}/values:batchUpdate", body=body)).status == 200


def asked(api: Api, path: str, kind: str, body: Any) -> tuple[int, Any]:
    request = orjson.dumps({"requests": [{kind: body}]})
    answer = api.handle(Request("POST", f"{path}:batchUpdate", body=request))
    return answer.status, orjson.loads(answer.body)


@pytest.mark.parametrize("name", GOES_THROUGH)
def test_a_call_that_goes_through_millions_of_cells_is_refused_at_once(api: Api, local, name: str) -> None:
    path, kind = f"/v4/spreadsheets/{local.id}", name.partition(" ")[0]
    grow(api, path)
    if name == "updateCells":  # with something painted over it, a cleared cell must say so
        assert asked(api, path, "repeatCell", BOLD)[0] == 200
    began = time.thread_time()
    status, answer = asked(api, path, kind, GOES_THROUGH[name])
    assert time.thread_time() - began < 2
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    told = f"Invalid requests[0].{kind}: This action would touch more than the limit of 500000 cells in one call."
    assert answer["error"]["message"] == told
    assert local.worksheet("large").get("A1:B1") == [["x", "z"]] and local.worksheet("large").get("A9000") == [["y"]]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("repeatCell", BOLD),
        ("repeatCell", {"range": ALL, "cell": {}, "fields": "userEnteredValue"}),
        ("setDataValidation", {"range": ALL, "rule": {"condition": {"type": "NOT_BLANK"}}}),
        ("mergeCells", {"range": {**ALL, "startColumnIndex": 5}}),
        ("sortRange", {"range": ALL, "sortSpecs": [{"dimensionIndex": 0}]}),
        ("deleteDimension", {"range": {**ROWS, "startIndex": 1}}),
        ("findReplace", {"find": "x", "replacement": "w", "allSheets": True}),
        ("updateDimensionProperties", {"range": ROWS, "properties": {"pixelSize": 5}, "fields": "pixelSize"}),
    ],
)  # fmt: skip
def test_what_does_not_go_cell_by_cell_takes_any_sheet(api: Api, local, kind: str, body: Any) -> None:
    path = f"/v4/spreadsheets/{local.id}"
    grow(api, path)
    began = time.thread_time()
    status, answer = asked(api, path, kind, body)
    assert status == 200, answer
    assert time.thread_time() - began < 2


def test_the_limit_is_of_all_requests_of_a_call_together(local, monkeypatch) -> None:
    monkeypatch.setattr(model, "MOST_TOUCHED", 100)
    one = {
        "repeatCell": {"range": {"endRowIndex": 5, "endColumnIndex": 10}, "cell": TEXT, "fields": "userEnteredValue"}
    }
    local.batch_update({"requests": [one, one]})
    assert local.sheet1.acell("J5").value == "x"
    more = {
        "repeatCell": {"range": {"endRowIndex": 1, "endColumnIndex": 1}, "cell": TEXT, "fields": "userEnteredValue"}
    }
    with pytest.raises(gspread.exceptions.APIError, match=r"requests\[2\].*limit of 100 cells"):
        local.batch_update({"requests": [one, one, more]})


def test_reading_a_look_that_is_painted_over_millions_of_cells_is_refused(api: Api, local) -> None:
    path = f"/v4/spreadsheets/{local.id}"
    grow(api, path, last="")
    assert asked(api, path, "repeatCell", BOLD)[0] == 200
    answer = api.handle(Request("GET", path, [("includeGridData", "true")]))
    assert answer.status == 400 and b"limit of 500000 cells" in answer.body
    part = api.handle(Request("GET", path, [("includeGridData", "true"), ("ranges", "large!A1:J100")]))
    assert part.status == 200 and part.body.count(b'"userEnteredFormat"') == 1000


FULL = {"rowCount": 9974, "columnCount": 1000}  # with the 26,000 cells of Sheet1 just ten million
GROWS = {
    "appendDimension": {"sheetId": 7, "dimension": "ROWS", "length": 1},
    "insertDimension": {"range": {**ROWS, "startIndex": 0, "endIndex": 1}},
    "updateSheetProperties": {
        "properties": {"sheetId": 7, "gridProperties": {"rowCount": 9975}}, "fields": "gridProperties.rowCount"},
    "addSheet": {"properties": {"gridProperties": {"rowCount": 1, "columnCount": 1}}},
    "duplicateSheet": {"sourceSheetId": 0},
    "appendCells": {"sheetId": 7, "rows": [{"values": [TEXT]}], "fields": "*"},
    "pasteData": {"coordinate": {"sheetId": 7, "rowIndex": 9974}, "data": "x", "delimiter": ","},
    "copyPaste": {"source": {"endRowIndex": 2, "endColumnIndex": 1},
                  "destination": {"sheetId": 7, "startRowIndex": 9973, "endRowIndex": 9974, "endColumnIndex": 1}},
    "cutPaste": {"source": {"endRowIndex": 1}, "destination": {"sheetId": 7, "rowIndex": 9974}},
    "insertRange": {"range": {"sheetId": 7, "startRowIndex": 9973, "endColumnIndex": 1}, "shiftDimension": "ROWS"},
    "autoFill": {"sourceAndDestination": {"source": {"sheetId": 7, "startRowIndex": 9973, "endColumnIndex": 1},
                                          "dimension": "ROWS", "fillLength": 1}},
    "textToColumns": {"source": {"sheetId": 7, "startColumnIndex": 999}, "delimiterType": "COMMA"},
}  # fmt: skip


@pytest.fixture
def full(api: Api, local) -> str:
    """The path of a document of just as many cells as it may have, filled at the end of its last row."""
    path = f"/v4/spreadsheets/{local.id}"
    properties = {"sheetId": 7, "title": "full", "gridProperties": FULL}
    assert FULL["rowCount"] * FULL["columnCount"] + 1000 * 26 == MAX_CELLS
    assert asked(api, path, "addSheet", {"properties": properties})[0] == 200
    data = [{"range": "full!A9974", "values": [["x"]]}, {"range": "full!ALL9974", "values": [["a,b"]]},
            {"range": "Sheet1!A1:A2", "values": [["p"], ["q"]]}]  # fmt: skip
    local.values_batch_update({"valueInputOption": "RAW", "data": data})
    return path


@pytest.mark.parametrize("kind", GROWS)
def test_a_document_does_not_grow_past_ten_million_cells(api: Api, local, full: str, kind: str) -> None:
    began = time.thread_time()
    status, answer = asked(api, full, kind, GROWS[kind])
    assert time.thread_time() - began < 2
    assert (status, answer["error"]["message"]) == (400, f"Invalid requests[0].{kind}: {OVER}")
    assert local.worksheet("full").row_count == 9974 and local.worksheet("full").acell("A9974").value == "x"


OVER = "This action would increase the number of cells in the workbook above the limit of 10000000 cells."


def test_values_and_uploads_do_not_grow_a_document_past_ten_million_cells(api: Api, local, full: str) -> None:
    sheet = local.worksheet("full")
    for write in (
        lambda: sheet.append_row(["x"]),
        lambda: sheet.append_row(["x"], insert_data_option="INSERT_ROWS"),
        lambda: sheet.update([["x"], ["y"]], "A9974"),
        lambda: local.sheet1.copy_to(local.id),
    ):
        with pytest.raises(gspread.exceptions.APIError, match=OVER):
            write()
    wide = {
        "properties": {"sheetId": 7, "gridProperties": {"columnCount": 18279}},
        "fields": "gridProperties.columnCount",
    }
    assert "above the limit of 18278 columns" in asked(api, full, "updateSheetProperties", wide)[1]["error"]["message"]
    with pytest.raises(gspread.exceptions.APIError, match="above the limit"):
        local.client.import_csv(local.id, "," * 10_100)
    assert sheet.acell("A9974").value == "x"
