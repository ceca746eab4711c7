"""What gspread may expect, whichever way it is connected. The facts are those of sheets-api.md."""

import gspread
import pytest
from gspread.exceptions import APIError, SpreadsheetNotFound, WorksheetNotFound
from gspread.utils import ExportFormat, ValidationConditionType, ValueInputOption, ValueRenderOption

USER = ValueInputOption.user_entered
UNFORMATTED = ValueRenderOption.unformatted


def refused(call, *arguments, **options) -> str:
    """The sentence with which the server refuses."""
    with pytest.raises(APIError) as refusal:
        call(*arguments, **options)
    return str(refusal.value)


def test_a_new_spreadsheet_has_one_empty_sheet(book):
    sheet = book.sheet1
    assert (sheet.title, sheet.id, sheet.row_count, sheet.col_count) == ("Sheet1", 0, 1000, 26)
    assert sheet.get_all_values() == [[]]
    assert (book.locale, book.timezone) == ("en_US", "Etc/GMT")


def test_what_was_written_is_read_back_with_trailing_blanks_trimmed(book):
    book.sheet1.update([["街路", "时间", ""], ["", "", ""], ["人民路", 45000.5, True]], "B2")
    assert book.sheet1.get(value_render_option=UNFORMATTED) == [
        [],
        ["", "街路", "时间"],
        [],
        ["", "人民路", 45000.5, True],
    ]
    assert book.sheet1.get("A1:C3") == [[], ["", "街路", "时间"]]


def test_raw_text_stays_text_whatever_it_begins_with(book):
    texts = ["=1+2", "+86 138", "-x", "@all", "'quoted", "007", "TRUE", "2026-09-05"]
    book.sheet1.update([texts], "A1", raw=True)
    assert book.sheet1.row_values(1, value_render_option=ValueRenderOption.formula) == texts


def test_typed_text_becomes_what_google_makes_of_it(book):
    typed = ["1-2", "2026-09-05", "007", "$100.15", "TRUE", "'0123", "=1+2", "3_1_0"]
    book.sheet1.update([typed], "A1", value_input_option=USER)
    assert book.sheet1.row_values(1, value_render_option=UNFORMATTED) == [
        46024,
        46270,
        7,
        100.15,
        True,
        "0123",
        3,
        "3_1_0",
    ]
    assert book.sheet1.row_values(1) == ["1-2", "2026-09-05", "7", "$100.15", "TRUE", "0123", "3", "3_1_0"]


def test_none_leaves_a_cell_alone_and_an_empty_text_empties_it(book):
    book.sheet1.update([["a", "b", "c"]], "A1")
    book.sheet1.update([[None, "", "C"]], "A1")
    assert book.sheet1.row_values(1) == ["a", "", "C"]


def test_batch_get_answers_every_range_in_order(book):
    book.sheet1.update([["a", "b"], ["c", "d"]], "A1")
    assert book.sheet1.batch_get(["B1:B", "A2:2", "A1"]) == [[["b"], ["d"]], [["c", "d"]], [["a"]]]
    assert refused(book.values_batch_get, ["A1", "nosheet!A1"]) == "APIError: [400]: Unable to parse range: nosheet!A1"


def test_sheet_names_need_no_plain_letters(book):
    for title in ["问题台账", "a/b:append", "D3", "it's 100%!", "🌵 x"]:
        sheet = book.add_worksheet(title, 5, 5)
        sheet.update([[title]], "B2")
        assert sheet.acell("B2").value == title
        sheet.append_row(["more"])
        sheet.batch_clear(["B2"])
        assert sheet.acell("B2").value is None
        assert sheet.acell("B3").value == "more"


def test_rows_are_appended_below_the_table(book):
    sheet = book.sheet1
    sheet.append_row(["a", "b"])
    answer = sheet.append_rows([["c", "d"], ["e", "f"]], table_range="A1")
    assert (answer["tableRange"], answer["updates"]["updatedRange"]) == ("Sheet1!A1:B1", "Sheet1!A2:B3")


def test_appending_at_the_end_grows_the_grid(book):
    sheet = book.add_worksheet("small", 2, 2)
    for number in range(4):
        sheet.append_row([number, "x"])
    assert book.worksheet("small").row_count == 4
    assert sheet.col_values(1) == ["0", "1", "2", "3"]


def test_rows_are_inserted_deleted_moved_and_sorted(book):
    sheet = book.sheet1
    sheet.update([["b", 2], ["c", 3], ["a", 1]], "A1")
    sheet.insert_row(["head", 0], 1)
    sheet.sort((1, "asc"), range="A2:B4")
    assert sheet.get_all_values() == [["head", "0"], ["a", "1"], ["b", "2"], ["c", "3"]]
    sheet.delete_rows(3)
    assert sheet.col_values(1) == ["head", "a", "c"]
    move = {"source": {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}, "destinationIndex": 1}
    book.batch_update({"requests": [{"moveDimension": move}]})
    assert sheet.col_values(1) == ["head", "c", "a"]


def test_columns_are_inserted_and_deleted(book):
    sheet = book.sheet1
    sheet.update([["a", "b", "c"]], "A1")
    sheet.insert_cols([["x"], ["y"]], 2)
    assert sheet.row_values(1) == ["a", "x", "y", "b", "c"]
    sheet.delete_columns(1, 3)
    assert sheet.row_values(1) == ["b", "c"]


def test_worksheets_are_added_renamed_copied_reordered_and_deleted(book):
    first = book.sheet1
    first.update([["here"]], "A1")
    second = book.add_worksheet("second", 10, 10, index=0)
    copied = first.duplicate(new_sheet_name="third")
    assert [sheet.title for sheet in book.worksheets()] == ["third", "second", "Sheet1"]
    assert copied.acell("A1").value == "here"
    book.reorder_worksheets([first, second, copied])
    second.update_title("zweite")
    book.del_worksheet(copied)
    assert [sheet.title for sheet in book.worksheets()] == ["Sheet1", "zweite"]
    with pytest.raises(WorksheetNotFound):
        book.worksheet("third")


def test_a_copied_spreadsheet_stands_alone(client, book):
    book.sheet1.update([["x"]], "A1")
    copied = client.copy(book.id, title="copy")
    book.sheet1.update([["y"]], "A1")
    assert copied.sheet1.acell("A1").value == "x"
    assert client.open("copy").id == copied.id


def test_several_spreadsheets_live_in_one_server(client, book):
    other = client.create("另一个")
    other.sheet1.update([["other"]], "A1")
    assert book.sheet1.get_all_values() == [[]]
    assert {file["name"] for file in client.list_spreadsheet_files()} == {"台账", "另一个"}
    client.del_spreadsheet(other.id)
    with pytest.raises(SpreadsheetNotFound):
        client.open_by_key(other.id)


def test_formats_notes_and_validation_are_kept_apart_from_values(book):
    sheet = book.sheet1
    sheet.format("A1:B2", {"textFormat": {"bold": True}, "backgroundColor": {"red": 0.5}})
    sheet.update_note("A1", "看这里")
    sheet.add_validation("A1", ValidationConditionType.one_of_list, ["是", "否"], showCustomUi=True)
    sheet.update([["是"]], "A1")
    sheet.batch_clear(["A1"])
    fields = "sheets.data.rowData.values(note,userEnteredFormat,dataValidation)"
    cell = book.fetch_sheet_metadata({"ranges": "A1", "fields": fields})["sheets"][0]["data"][0]["rowData"][0][
        "values"
    ][0]
    assert cell["note"] == "看这里"
    assert cell["userEnteredFormat"]["backgroundColor"] == {"red": 0.49803922}
    assert cell["userEnteredFormat"]["textFormat"] == {"bold": True}
    assert [value["userEnteredValue"] for value in cell["dataValidation"]["condition"]["values"]] == ["是", "否"]


def test_exports(book):
    book.sheet1.update([["a1", "B2"], ["=1", "x,y"]], "A1")
    assert book.export(ExportFormat.CSV) == b'a1,B2\r\n=1,"x,y"'
    assert book.export(ExportFormat.EXCEL)[:2] == b"PK"


def test_csv_replaces_everything(client, book):
    book.add_worksheet("gone", 5, 5)
    client.import_csv(book.id, "名,数\n人民路,12\n")
    assert [sheet.title for sheet in book.worksheets()] == ["台账"]
    assert book.get_worksheet(0).get(value_render_option=UNFORMATTED) == [["名", "数"], ["人民路", 12]]


def test_sharing(book):
    before = len(book.list_permissions())
    book.share("chief@example.org", "user", "reader")
    assert {"emailAddress": "chief@example.org", "role": "reader"}.items() <= book.list_permissions()[-1].items()
    book.remove_permissions("chief@example.org", role="reader")
    assert len(book.list_permissions()) == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A5000:B5001", "Range (Sheet1!A5000:B5001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("A1001:ZZ", "Range (Sheet1!A1001:ZZ) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("!!!", "Unable to parse range: !!!"),
        ("A1:B2:C3", "Unable to parse range: A1:B2:C3"),
        ("AAAA1", "Unable to parse range: AAAA1"),
    ],
)
def test_ranges_that_name_nothing_are_refused(book, text, sentence):
    assert refused(book.values_get, text) == f"APIError: [400]: {sentence}"


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (
            {"addSheet": {"properties": {"title": "sheet1"}}},
            'A sheet with the name "sheet1" already exists. Please enter another name.',
        ),
        ({"addSheet": {"properties": {"sheetId": 0}}}, "Sheet with id 0 already exists"),
        ({"deleteSheet": {"sheetId": 0}}, "You can't remove all the sheets in a document."),
        ({"deleteSheet": {"sheetId": 7}}, "No sheet with id: 7"),
        ({"updateCells": {"start": {"sheetId": 1234}, "fields": "*"}}, "No grid with id: 1234"),
        (
            {"updateCells": {"start": {"sheetId": 0}}},
            "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)",
        ),
        ({"deleteDimension": {"range": {"dimension": "ROWS"}}}, "You can't delete all the rows on the sheet."),
    ],
)
def test_a_batch_that_is_refused_in_part_leaves_nothing_behind(book, request_, sentence):
    good = {
        "updateCells": {"start": {}, "rows": [{"values": [{"userEnteredValue": {"numberValue": 1}}]}], "fields": "*"}
    }
    kind = next(iter(request_))
    said = refused(book.batch_update, {"requests": [good, request_]})
    assert said == f"APIError: [400]: Invalid requests[1].{kind}: {sentence}"
    assert book.sheet1.get_all_values() == [[]]


def test_unknown_requests_are_refused_by_name(book):
    said = refused(book.batch_update, {"requests": [{"addChart": {}}]})
    assert said == (
        "APIError: [400]: Invalid JSON payload received. Unknown name \"addChart\" at 'requests[0]': Cannot find field."
    )


def test_the_reply_shows_the_state_right_after_the_batch(book):
    cells = [{"userEnteredValue": {"stringValue": "=x"}}, {"userEnteredValue": {"numberValue": 2}}]
    body = {
        "requests": [
            {
                "updateCells": {
                    "start": {"rowIndex": 4, "columnIndex": 1},
                    "rows": [{"values": cells}],
                    "fields": "userEnteredValue",
                }
            }
        ],
        "includeSpreadsheetInResponse": True,
        "responseRanges": ["Sheet1!A5:E5", "Sheet1!A1:1"],
    }
    fields = (
        "replies,updatedSpreadsheet.sheets(properties(sheetId,title),"
        "data(startRow,startColumn,rowData.values.userEnteredValue))"
    )
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{book.id}:batchUpdate"
    answer = book.client.request("post", url, params={"fields": fields}, json=body).json()
    assert answer == {
        "replies": [{}],
        "updatedSpreadsheet": {
            "sheets": [
                {
                    "properties": {"sheetId": 0, "title": "Sheet1"},
                    "data": [{"startRow": 4, "rowData": [{"values": [{}, *cells]}]}, {}],
                }
            ]
        },
    }


def test_the_file_version_rises_with_every_change_and_with_nothing_else(client, book):
    url = f"https://www.googleapis.com/drive/v3/files/{book.id}"

    def version() -> int:
        return int(client.http_client.request("get", url, params={"fields": "version"}).json()["version"])

    first = version()
    book.sheet1.get_all_values()
    assert version() == first
    changes = [
        lambda: book.sheet1.update([["x"]], "A1"),
        lambda: book.sheet1.append_row(["x"]),
        lambda: book.sheet1.sort((1, "asc")),
        lambda: book.sheet1.batch_clear(["A1"]),
        lambda: book.update_title("新名"),
    ]
    for change in changes:
        before = version()
        change()
        assert version() > before


def test_gspread_finds_what_it_wrote(book: gspread.Spreadsheet):
    book.sheet1.update([["编号", "状态"], ["WT-1", "已销号"]], "A1")
    assert book.sheet1.get_all_records() == [{"编号": "WT-1", "状态": "已销号"}]
    assert book.sheet1.find("已销号").address == "B2"


def test_a_sheet_is_copied_into_another_spreadsheet(client, book):
    book.sheet1.update([["x"]], "A1")
    other = client.create("target")
    answer = book.sheet1.copy_to(other.id)
    assert (answer["title"], answer["index"]) == ("Copy of Sheet1", 1)
    assert other.worksheet("Copy of Sheet1").acell("A1").value == "x"


def test_a_spreadsheet_is_created_with_its_sheets(client):
    sheets = [
        {"properties": {"title": "一", "gridProperties": {"rowCount": 5, "columnCount": 3}}},
        {"properties": {"title": "二"}},
    ]
    sheets[0]["data"] = [{"rowData": [{"values": [{"userEnteredValue": {"stringValue": "x"}}]}]}]
    body = {"properties": {"title": "ready", "locale": "zh_CN"}, "sheets": sheets}
    made = client.http_client.request("post", "https://sheets.googleapis.com/v4/spreadsheets", json=body).json()
    assert (made["properties"]["title"], made["properties"]["locale"]) == ("ready", "zh_CN")
    book = client.open_by_key(made["spreadsheetId"])
    assert [(s.title, s.row_count) for s in book.worksheets()] == [("一", 5), ("二", 1000)]
    assert book.worksheet("一").acell("A1").value == "x"


def test_rows_and_columns_keep_their_size_when_others_are_inserted(book):
    sheet = book.sheet1
    sheet.hide_rows(4, 6)
    sheet.hide_columns(1, 2)
    sheet.insert_row([], 1)
    sheet.delete_columns(1)
    meta = book.fetch_sheet_metadata({"fields": "sheets.data(rowMetadata.hiddenByUser,columnMetadata.hiddenByUser)"})
    data = meta["sheets"][0]["data"][0]
    assert [n for n, row in enumerate(data["rowMetadata"]) if row.get("hiddenByUser")] == [5, 6]
    assert not any(column.get("hiddenByUser") for column in data["columnMetadata"][1:])
    assert data["columnMetadata"][0] == {"hiddenByUser": True}


def test_a_file_lies_in_its_folder(client):
    made = client.create("in a folder", folder_id="F1")
    assert [file["id"] for file in client.list_spreadsheet_files(folder_id="F1")] == [made.id]
    assert client.list_spreadsheet_files(folder_id="F2") == []
