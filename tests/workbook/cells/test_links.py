"""Where a cell leads: by formula, by format, by its runs of text."""

from typing import Any

import gspread
import pytest


def links(book: gspread.Spreadsheet, where: str) -> list[Any]:
    fields = "sheets.data.rowData.values(hyperlink,formattedValue)"
    data = book.fetch_sheet_metadata({"ranges": where, "fields": fields})["sheets"][0]["data"][0]
    return [cell.get("hyperlink") for row in data["rowData"] for cell in row.get("values", [])]


def test_a_cell_leads_where_its_formula_its_format_or_its_text_says(local):
    rows = [["https://x.example/", '=HYPERLINK(A1&"7","seven")', '=IF(TRUE,HYPERLINK("mailto:a@b"),"")', "=UPPER(B1)"]]
    local.sheet1.update(rows, "A1", raw=False)
    assert local.sheet1.row_values(1)[1:] == ["seven", "mailto:a@b", "SEVEN"]
    assert links(local, "A1:D1") == [None, "https://x.example/7", "mailto:a@b", None]
    local.sheet1.update([["https://y.example/"]], "A1")
    assert links(local, "B1") == ["https://y.example/7"]
    local.sheet1.update([["plain"]], "B1")
    assert links(local, "B1") == [None]


@pytest.mark.parametrize("runs", [1, 2])
def test_a_link_of_format_or_runs(local, runs):
    link = {"textFormat": {"link": {"uri": "https://f.example/"}}}
    text = {"userEnteredValue": {"stringValue": "see here there"}}
    spans = [{"startIndex": n * 4, "format": {"link": {"uri": f"https://r{n}.example/"}}} for n in range(runs)]
    cells = [{**text, "userEnteredFormat": link}, {**text, "textFormatRuns": spans}]
    request = {"updateCells": {"rows": [{"values": cells}], "fields": "*", "start": {}}}
    local.batch_update({"requests": [request]})
    assert links(local, "A1:B1") == ["https://f.example/", "https://r0.example/" if runs == 1 else None]
