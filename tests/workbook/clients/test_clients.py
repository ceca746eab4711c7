"""Clients made for Google, over HTTP: the ordinary things that each does. What one cannot do stands with its reason."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gspread
import gspread_dataframe
import gspread_formatting as looks
import httplib2
import pandas
import pygsheets
import pytest
from google.oauth2.service_account import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpRequest, MediaInMemoryUpload

from sync.workbook.cells.defaults import SPREADSHEET
from sync.workbook.server import ROUTES, Api
from tests.workbook.conftest import SCOPES, Server


class Led(httplib2.Http):
    """Leads what is meant for Google to another server."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def request(self, uri: str, *args: Any, **options: Any) -> Any:
        parts = urlsplit(uri)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(f"{self.base}{parts.path}{query}", *args, **options)


@pytest.fixture
def http(server: Server, tmp_path) -> AuthorizedHttp:
    credentials = Credentials.from_service_account_file(str(server.key_file(tmp_path)), scopes=SCOPES)
    return AuthorizedHttp(credentials, http=Led(server.url))


@pytest.fixture
def sheets(http: AuthorizedHttp) -> Iterator[Any]:
    """Google's own client of the Sheets API."""
    with build("sheets", "v4", http=http, static_discovery=True) as service:
        yield service.spreadsheets()


@pytest.fixture
def drive(http: AuthorizedHttp) -> Iterator[Any]:
    with build("drive", "v3", http=http, static_discovery=True) as service:
        yield service


@pytest.fixture
def sheet(server: Server, tmp_path) -> gspread.Worksheet:
    """A tab by gspread, for its add-ons."""
    return server.client(server.key_file(tmp_path, "other")).create("台账").sheet1


# google-api-python-client


def test_googles_own_client_reads_and_writes(sheets):
    made = sheets.create(
        body={"properties": {"title": "台账", "locale": "zh_CN", "timeZone": "Asia/Shanghai"}}
    ).execute()
    number = made["spreadsheetId"]
    values = sheets.values()
    written = values.update(
        spreadsheetId=number, range="A1", valueInputOption="USER_ENTERED", body={"values": [["a", "=1+1"], ["b", 3]]}
    ).execute()
    assert written["updatedCells"] == 4
    values.append(spreadsheetId=number, range="A1", valueInputOption="RAW", body={"values": [["c", "=4"]]}).execute()
    assert values.get(spreadsheetId=number, range="A:B").execute()["values"] == [["a", "2"], ["b", "3"], ["c", "=4"]]
    data = [{"range": f"C{n}", "values": [[n]]} for n in range(1, 101)]
    values.batchUpdate(spreadsheetId=number, body={"valueInputOption": "RAW", "data": data}).execute()
    ranges = [f"Sheet1!C{n}:D{n}" for n in range(1, 200)]  # too long for an address: sent as a POST
    answer = values.batchGet(spreadsheetId=number, ranges=ranges, majorDimension="COLUMNS").execute()
    assert [r.get("values") for r in answer["valueRanges"][98:101]] == [[["99"]], [["100"]], None]
    values.clear(spreadsheetId=number, range="C:C").execute()
    values.batchClear(spreadsheetId=number, body={"ranges": ["A3:B3"]}).execute()
    assert values.get(spreadsheetId=number, range="Sheet1").execute()["values"] == [["a", "2"], ["b", "3"]]
    filters = {"dataFilters": [{"a1Range": "Sheet1!A1:A2"}]}
    matched = values.batchGetByDataFilter(spreadsheetId=number, body=filters).execute()["valueRanges"][0]
    assert matched["valueRange"]["values"] == [["a"], ["b"]]


def test_googles_own_client_changes_a_document(sheets):
    number = sheets.create(body={}).execute()["spreadsheetId"]
    requests = [
        {"addSheet": {"properties": {"title": "二", "sheetId": 7}}},
        {"repeatCell": {"range": {"sheetId": 7, "endRowIndex": 1}, "fields": "userEnteredFormat.textFormat.bold",
                        "cell": {"userEnteredFormat": {"textFormat": {"bold": True}}}}},
        {"createDeveloperMetadata": {"developerMetadata": {"metadataKey": "k", "visibility": "DOCUMENT",
                                                           "location": {"sheetId": 7}}}},
    ]  # fmt: skip
    replies = sheets.batchUpdate(spreadsheetId=number, body={"requests": requests}).execute()["replies"]
    tied = replies[2]["createDeveloperMetadata"]["developerMetadata"]["metadataId"]
    metadata = sheets.developerMetadata()
    assert metadata.get(spreadsheetId=number, metadataId=tied).execute()["metadataKey"] == "k"
    lookup = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "k"}}]}
    assert metadata.search(spreadsheetId=number, body=lookup).execute()["matchedDeveloperMetadata"]
    assert (
        sheets.getByDataFilter(spreadsheetId=number, body=lookup).execute()["sheets"][0]["properties"]["sheetId"] == 7
    )
    copied = sheets.sheets().copyTo(
        spreadsheetId=number, sheetId=7, body={"destinationSpreadsheetId": number}
    ).execute()  # fmt: skip
    assert copied["title"] == "Copy of 二"
    with pytest.raises(HttpError) as refused:
        sheets.batchUpdate(spreadsheetId=number, body={"requests": [{"addChart": {}}]}).execute()
    assert refused.value.status_code == 400 and 'Unknown name "addChart"' in refused.value.reason
    with pytest.raises(HttpError, match="Requested entity was not found"):
        sheets.get(spreadsheetId="nothing").execute()


def test_googles_own_client_keeps_files(drive, sheets):
    number = sheets.create(body={"properties": {"title": "x"}}).execute()["spreadsheetId"]
    files = drive.files()
    assert files.list(q="name='x' and trashed=false").execute()["files"][0]["id"] == number
    assert files.update(fileId=number, body={"name": "y"}).execute()["name"] == "y"
    copied = files.copy(fileId=number, body={}).execute()
    assert copied["name"] == "Copy of y"
    assert files.export(fileId=number, mimeType="text/csv").execute() == b""
    rights = drive.permissions()
    share = {"type": "user", "role": "reader", "emailAddress": "a@example.org"}
    made = rights.create(fileId=number, body=share).execute()
    assert rights.update(fileId=number, permissionId=made["id"], body={"role": "writer"}).execute()["role"] == "writer"
    assert rights.get(fileId=number, permissionId=made["id"]).execute()["role"] == "writer"
    rights.delete(fileId=number, permissionId=made["id"]).execute()
    assert len(rights.list(fileId=number).execute()["permissions"]) == 1
    files.update(fileId=number, body={"trashed": True}).execute()
    files.update(fileId=number, body={"trashed": False}).execute()
    files.delete(fileId=copied["id"]).execute()
    with pytest.raises(HttpError, match="File not found"):
        files.get(fileId=copied["id"]).execute()


def test_googles_own_client_asks_every_method_that_is_served(http: AuthorizedHttp, api: Api) -> None:
    """Each method of Google's descriptions, as its own client ships them, that the server answers."""
    api.push_hosts = ("127.0.0.1:9",)
    asked = list[HttpRequest]()

    def noted(*given: Any, **named: Any) -> HttpRequest:
        asked.append(HttpRequest(*given, **named))
        return asked[-1]

    sheets, drive, older = (
        build(name, version, http=http, static_discovery=True, requestBuilder=noted)
        for name, version in (("sheets", "v4"), ("drive", "v3"), ("drive", "v2"))
    )
    _ask_about_a_spreadsheet(sheets.spreadsheets())
    _ask_about_files(drive, older)
    names = {request.methodId.removeprefix("sheets.") for request in asked if "/drive/v2/" not in request.uri}
    assert names | {"drive.v2.files.update"} == {route.name for route in ROUTES}


def test_what_googles_own_client_cannot_do_here(drive: Any) -> None:
    """An upload goes to Drive's second version, and a batch of Drive requests is sent one by one."""
    rows = MediaInMemoryUpload("编号,街路\n".encode(), "text/csv")
    with pytest.raises(HttpError, match="Requested entity was not found"):
        drive.files().create(body={"name": "台账"}, media_body=rows).execute()
    batch = drive.new_batch_http_request()
    batch.add(drive.files().list())
    with pytest.raises(HttpError) as refused:
        batch.execute()
    assert refused.value.status_code == 404


def _ask_about_a_spreadsheet(sheets: Any) -> None:
    number = sheets.create(body={"properties": {"title": "台账"}}).execute()["spreadsheetId"]
    values, own, head = sheets.values(), {"spreadsheetId": number}, {"dataFilters": [{"a1Range": "A1:B1"}]}
    values.update(**own, range="A1", valueInputOption="RAW", body={"values": [["编号", "街路"]]}).execute()
    values.append(**own, range="A1", valueInputOption="RAW", body={"values": [["1", "新正街"]]}).execute()
    data = [{"range": "A3", "values": [["2", "联胜路"]]}]
    values.batchUpdate(**own, body={"valueInputOption": "RAW", "data": data}).execute()
    assert values.get(**own, range="A1:B").execute()["values"] == [["编号", "街路"], ["1", "新正街"], ["2", "联胜路"]]
    values.clear(**own, range="A3:B3").execute()
    values.batchClear(**own, body={"ranges": ["A2:B2"]}).execute()
    assert values.batchGet(**own, ranges=["A1:B9"]).execute()["valueRanges"][0]["values"] == [["编号", "街路"]]
    data = [{"dataFilter": head["dataFilters"][0], "values": [["号", "路"]]}]
    values.batchUpdateByDataFilter(**own, body={"valueInputOption": "RAW", "data": data}).execute()
    matched = values.batchGetByDataFilter(**own, body=head).execute()["valueRanges"]
    assert matched[0]["valueRange"]["values"] == [["号", "路"]]
    values.batchClearByDataFilter(**own, body=head).execute()
    entry = {"metadataKey": "街路", "metadataId": 5, "visibility": "DOCUMENT", "location": {"sheetId": 0}}
    made = [{"createDeveloperMetadata": {"developerMetadata": entry}}]
    sheets.batchUpdate(**own, body={"requests": made}).execute()
    metadata, looked_up = sheets.developerMetadata(), {"dataFilters": [{"developerMetadataLookup": {"metadataId": 5}}]}
    assert metadata.get(**own, metadataId=5).execute()["metadataKey"] == "街路"
    assert metadata.search(**own, body=looked_up).execute()["matchedDeveloperMetadata"]
    assert sheets.getByDataFilter(**own, body=looked_up).execute()["sheets"]
    sheets.sheets().copyTo(**own, sheetId=0, body={"destinationSpreadsheetId": number}).execute()
    assert [sheet["properties"]["title"] for sheet in sheets.get(**own).execute()["sheets"]] == [
        "Sheet1",
        "Copy of Sheet1",
    ]


def _ask_about_files(drive: Any, older: Any) -> None:
    files, rights = drive.files(), drive.permissions()
    own = {"fileId": files.create(body={"name": "台账", "mimeType": SPREADSHEET}).execute()["id"]}
    rows = MediaInMemoryUpload("编号,街路\n1,新正街\n".encode(), "text/csv")
    older.files().update(**own, media_body=rows, convert=True).execute()
    assert files.export(**own, mimeType="text/csv").execute().decode().split() == ["编号,街路", "1,新正街"]
    assert files.update(**own, body={"name": "问题台账"}).execute()["name"] == "问题台账"
    files.copy(**own, body={"name": "副本"}).execute()
    assert {file["name"] for file in files.list().execute()["files"]} >= {"问题台账", "副本"}
    assert drive.comments().list(**own, fields="comments").execute() == {"comments": []}
    share = {"type": "user", "role": "reader", "emailAddress": "a@example.org"}
    right = {**own, "permissionId": rights.create(**own, body=share).execute()["id"]}
    rights.update(**right, body={"role": "writer"}).execute()
    assert rights.get(**right).execute()["role"] == "writer"
    rights.delete(**right).execute()
    assert len(rights.list(**own).execute()["permissions"]) == 1
    channel = {"id": "c", "type": "web_hook", "address": "https://127.0.0.1:9/", "token": "t"}
    watched = files.watch(**own, body=channel).execute()
    drive.channels().stop(body={key: watched[key] for key in ("id", "resourceId")}).execute()
    assert files.get(**own, fields="id").execute() == {"id": own["fileId"]}
    files.delete(**own).execute()


# pygsheets


@pytest.fixture
def sheets_of_py(server: Server, tmp_path, monkeypatch) -> pygsheets.client.Client:
    """pygsheets, its transport led here."""
    key = server.key_file(tmp_path, "py")
    made = httplib2.Http.request

    def request(self: httplib2.Http, uri: str, *args: Any, **options: Any) -> Any:
        parts = urlsplit(uri)
        if parts.hostname and parts.hostname.endswith("googleapis.com"):
            uri = f"{server.url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return made(self, uri, *args, **options)

    monkeypatch.setattr(httplib2.Http, "request", request)
    return pygsheets.authorize(service_account_file=str(key))


def test_pygsheets_works_as_usual(sheets_of_py):
    book = sheets_of_py.create("台账")
    sheet = book.sheet1
    sheet.update_value("A1", "街路")
    sheet.update_values("A2", [["人民路", 3], ["解放路", 5]])
    assert sheet.get_value("A3") == "解放路"
    assert sheet.get_all_values(include_tailing_empty=False, include_tailing_empty_rows=False)[:3] == [
        ["街路"], ["人民路", "3"], ["解放路", "5"],
    ]  # fmt: skip
    sheet.append_table(["中山路", 7])
    assert sheet.get_row(4, include_tailing_empty=False) == ["中山路", "7"]
    cell = sheet.cell("B2")
    cell.set_text_format("bold", True).color = (1, 0, 0, 0)
    cell.note = "看"
    cell = sheet.cell("B2")
    assert cell.note == "看" and cell.text_format["bold"]
    cell.formula = "=SUM(B3:B4)"
    assert sheet.cell("B2").value == "12"
    sheet.insert_rows(1, values=["x", 1])
    sheet.delete_rows(2)
    assert sheet.find("解放路")
    sheet.set_dataframe(pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "D1")
    assert sheet.get_as_df(start="D1", end="E3").to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}
    other = book.add_worksheet("二", rows=5, cols=5)
    assert [s.title for s in book.worksheets()] == ["Sheet1", "二"]
    book.del_worksheet(other)
    book.share("a@example.org", role="reader")
    assert any(p.get("emailAddress") == "a@example.org" for p in book.permissions)
    assert sheets_of_py.open("台账").id == book.id
    metadata = sheet.create_developer_metadata("k", "v")
    assert [m.value for m in sheet.get_developer_metadata("k")] == ["v"]
    metadata.delete()
    book.delete()


# gspread's add-ons


def test_data_frames_go_in_and_out(sheet):
    days = pandas.to_datetime(["2026-09-05", "2026-09-06"])
    frame = pandas.DataFrame({"街路": ["人民路", "解放路"], "分": [1.5, 2.0], "日": days})
    gspread_dataframe.set_with_dataframe(sheet, frame, resize=True)
    assert (sheet.row_count, sheet.col_count) == (3, 3)
    read = gspread_dataframe.get_as_dataframe(sheet, parse_dates=["日"])
    assert read.to_dict("list") == frame.to_dict("list")
    gspread_dataframe.set_with_dataframe(sheet, pandas.DataFrame({"f": ["=1+1"]}), row=5, col=1)
    assert sheet.acell("A6").value == "2"


def test_formats_are_set_and_read(sheet):
    red = looks.Color(1, 0, 0)
    look = looks.CellFormat(backgroundColor=red, textFormat=looks.TextFormat(bold=True), horizontalAlignment="CENTER")
    looks.format_cell_range(sheet, "A1:B2", look)
    read = looks.get_user_entered_format(sheet, "B2")
    assert read.textFormat.bold and read.horizontalAlignment == "CENTER" and read.backgroundColor == red
    assert looks.get_effective_format(sheet, "A1").textFormat.fontSize == 10
    looks.set_frozen(sheet, rows=1, cols=1)
    assert (looks.get_frozen_row_count(sheet), looks.get_frozen_column_count(sheet)) == (1, 1)
    looks.set_column_width(sheet, "A", 55)
    looks.set_row_height(sheet, "1:2", 44)
    rule = looks.DataValidationRule(looks.BooleanCondition("ONE_OF_LIST", ["1", "2"]), showCustomUi=True)
    looks.set_data_validation_for_cell_range(sheet, "A2:D2", rule)
    assert looks.get_data_validation_rule(sheet, "D2") == rule
    rules = looks.get_conditional_format_rules(sheet)
    condition = looks.BooleanRule(
        looks.BooleanCondition("NUMBER_GREATER", ["5"]), looks.CellFormat(backgroundColor=red)
    )
    rules.append(looks.ConditionalFormatRule([looks.GridRange.from_a1_range("C1:C9", sheet)], condition))
    rules.save()
    assert looks.get_conditional_format_rules(sheet)[0].booleanRule.condition.values[0].userEnteredValue == "5"
    with looks.batch_updater(sheet.spreadsheet) as batch:
        batch.format_cell_range(sheet, "C1", looks.CellFormat(textFormat=looks.TextFormat(italic=True)))
        batch.set_row_height(sheet, "3", 30)
    assert looks.get_user_entered_format(sheet, "C1").textFormat.italic


def test_what_other_clients_cannot_do_here_is_named(sheet):
    """Charts, tables, slicers, comments and PDF: refused, each in Google's words for what is not there."""
    for kind in ("addChart", "addTable", "addSlicer", "insertComment", "addDataSource"):
        with pytest.raises(gspread.exceptions.APIError, match=f'Unknown name "{kind}"'):
            sheet.spreadsheet.batch_update({"requests": [{kind: {}}]})
    with pytest.raises(gspread.exceptions.APIError, match="conversion is not supported"):
        sheet.spreadsheet.export(gspread.utils.ExportFormat.PDF)
    assert json.dumps(sheet.spreadsheet.fetch_sheet_metadata({"fields": "sheets.charts"})) == '{"sheets": [{}]}'


# google-spreadsheet, for Node

SCRIPT = Path(__file__).parents[2] / "js" / "google_spreadsheet.js"


@pytest.mark.skipif(
    not (SCRIPT.parents[2] / "node_modules/google-spreadsheet").exists(),
    reason="google-spreadsheet: make js installs it",
)
def test_google_spreadsheet_for_node(server: Server, tmp_path: Path) -> None:
    known = {**os.environ, "WORKBOOK": server.url, "KEY": str(server.key_file(tmp_path))}
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(SCRIPT)], env=known, capture_output=True, text=True, timeout=120
    )
    assert "# fail 0" in done.stdout and "# pass 6" in done.stdout, done.stdout
