"""A workbook of before gets the columns and choices that came later, and goes on without them until then."""

from __future__ import annotations

from pathlib import Path

from sync.sheets import set_up
from tests.live_book import LiveBook

ROW = """
    问题台账
    填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
    2026-11-24 09:00 | 群众 | 群众反映 | 新正街 | 一号 | 暴露垃圾 | 垃圾
    """


def test_a_workbook_of_before_goes_on_and_gets_what_came_later(tmp_path: Path) -> None:
    live = LiveBook(tmp_path)
    sheet = live.book.worksheet("问题台账")
    sheet.delete_columns(sheet.row_values(1).index("核实人") + 1)
    live.add(ROW)
    live.settle("2026-11-24 09:05")
    live.type("问题台账", 1, "核实结果", "受理")
    live.settle("2026-11-24 09:10")
    assert live.rows("问题台账", "状态", "校验") == [("待整改", "")], "who looked at it can't be written here"
    before = sheet.get_values()
    added = set_up.extend(live.gateway, live.rules)
    assert [name for name in added if name.startswith("问题台账")] == ["问题台账「核实人」"]
    after = sheet.get_values()
    assert [row[: len(before[0])] for row in after] == [row[: len(before[0])] for row in before]
    assert sheet.row_values(1)[-1] == "核实人"
    fields = "sheets.data.rowData.values.dataValidation.condition.values.userEnteredValue"
    at = sheet.row_values(1).index("复核结果") + 1
    cell = sheet.cell(2, at).address
    shown = live.book.client.request(
        "get",
        f"https://sheets.googleapis.com/v4/spreadsheets/{live.book.id}",
        params={"ranges": f"问题台账!{cell}", "fields": fields, "includeGridData": "true"},
    ).json()
    values = shown["sheets"][0]["data"][0]["rowData"][0]["values"][0]["dataValidation"]["condition"]["values"]
    assert [value["userEnteredValue"] for value in values] == ["通过", "返工", "未整改"]
    assert set_up.extend(live.gateway, live.rules) == []
