"""``jielu init`` and ``check`` on a sheet that people made by hand, over HTTP with gspread and google-auth as they are.

Nothing of people's is moved, covered or lost, neither by init nor by the first looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gspread
import pytest
from click.testing import CliRunner, Result

from sync.cli.main import main
from tests.book import hour, templates
from tests.google_stage import GoogleStage, google_stage

TABS = [tab.title for tab in templates().values()]
ISSUES = {column.header: column for column in templates()["issues"].columns}
# The clerk's own order, two columns of his own, one of them a formula; most columns are not there.
HEADERS = ["问题描述", "我局备注", "街路", "类别", "来源", "填报时间", "填报人", "距今天数", "位置"]
ROWS = [
    ["垃圾成堆", "急办", "新正街", "暴露垃圾", "街路长自查", "2026-11-24 09:00", "街路长01", "=INT(F2)", "一号"],
    ["占道经营", "", "联胜路", "占道经营", "督查", "2026-11-24 08:00", "标准化办01", "=INT(F3)", "桥头"],
    ["", "", "", "", "", "", "", "=INT(F4)", ""],
    ["", "", "", "", "", "", "", "=INT(F5)", ""],
]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleStage]:
    with google_stage(tmp_path, monkeypatch) as stage:
        for name, value in stage.env.items():
            monkeypatch.setenv(name, value)
        yield stage


def jielu(*words: str) -> Result:
    done = CliRunner().invoke(main, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def made_by_hand(stage: GoogleStage, rows: list[list[str]], headers: list[str] = HEADERS) -> gspread.Worksheet:
    """A sheet of notes first, then 问题台账 as a clerk would type it."""
    stage.book.sheet1.update([["本局街路长制台账", "每周一更新"]], "A1")
    sheet = stage.book.add_worksheet("问题台账", 40, 26)
    sheet.update([headers, *rows], "A1", value_input_option="USER_ENTERED")
    stage.share()
    return sheet


def typed(stage: GoogleStage) -> dict[tuple[str, int, int], Any]:
    """What people see and what they typed, formulas as formulas, by tab, row and column."""
    fields = "sheets(properties.title,data.rowData.values(userEnteredValue))"
    data = stage.book.fetch_sheet_metadata({"includeGridData": "true", "fields": fields})
    return {
        (sheet["properties"]["title"], row, column): cell["userEnteredValue"]
        for sheet in data["sheets"]
        for block in sheet.get("data", ())
        for row, values in enumerate(block.get("rowData", ()))
        for column, cell in enumerate(values.get("values", ()))
        if cell
    }


def test_a_sheet_with_its_own_order_columns_and_formulas_is_completed_and_followed(stage: GoogleStage) -> None:
    sheet = made_by_hand(stage, ROWS)
    stage.book.reorder_worksheets([sheet, stage.book.sheet1])
    before = typed(stage)
    checked = jielu("check")
    assert checked.exit_code == 1 and "运行 jielu init 可以补在右边" in checked.stdout
    done = jielu("init", "--json")
    assert done.exit_code == 0, done.output
    added = [name for name in json.loads(done.stdout)["columns"] if name.startswith("问题台账")]
    assert added == [f"问题台账「{header}」" for header in ISSUES if header not in HEADERS]
    header = sheet.row_values(1)
    assert header[: len(HEADERS)] == HEADERS and sorted(header) == sorted({*HEADERS, *ISSUES})
    assert [other.title for other in stage.book.worksheets()][:2] == ["问题台账", "Sheet1"]
    assert before.items() <= typed(stage).items(), "no cell of people's is elsewhere or otherwise"
    checked = jielu("check", "--json")
    assert json.loads(checked.stdout)["problems"] == [] and checked.exit_code == 0
    again = json.loads(jielu("init", "--json").stdout)
    assert (again["tabs"], again["columns"]) == ([], [])

    with closing(stage.service()) as service:
        report = service.ticks(hour("2026-11-24 09:30"), idle=False)
    assert report.trouble == ""
    assert before.items() <= typed(stage).items(), "nor after looks"
    shown = sheet.get_all_records()
    assert [row["编号"] for row in shown] == ["20261124-001", "20261124-002", "", ""], "a formula alone is no issue"
    assert [bool(row["校验"]) for row in shown] == [True, True, False, False], "a street that no roster has"
    skipped = [row for row in stage.book.worksheet("运行状态").get_all_values() if "本轮跳过" in row[1]]
    assert skipped == []


def test_columns_are_added_behind_a_formula_that_shows_nothing(stage: GoogleStage) -> None:
    """It stands in no read of values, and has no header of its own."""
    sheet = made_by_hand(stage, ROWS)
    sheet.update([['=IF(1=2,"x","")']], "M1", value_input_option="USER_ENTERED")
    sheet.update([['=IF(1=2,"x","")']], "N3", value_input_option="USER_ENTERED")
    before = typed(stage)
    assert jielu("init").exit_code == 0
    assert before.items() <= typed(stage).items() and sheet.row_values(1)[14] not in ("", None)
    assert sheet.row_values(1)[9:14] == [""] * 5


def test_the_only_sheet_is_deleted_only_where_it_is_empty(stage: GoogleStage) -> None:
    """Until now a file with one sheet named as new ones are lost it, whatever stood in it."""
    stage.share()
    stage.book.sheet1.update([["街路", "街路长"], ["新正街", "张三"]], "A1")
    before = typed(stage)
    assert jielu("init").exit_code == 0
    assert before and before.items() <= typed(stage).items()


def test_an_empty_file_has_our_tabs_alone(stage: GoogleStage) -> None:
    stage.share()
    assert jielu("init").exit_code == 0
    assert sorted(sheet.title for sheet in stage.book.worksheets()) == sorted([*TABS, "写入记录"])


def test_numbers_of_sheets_that_are_taken_are_passed_over(stage: GoogleStage) -> None:
    stage.share()
    for number in (1001, 1003):
        properties = {"sheetId": number, "title": f"旧表{number}"}
        stage.book.batch_update({"requests": [{"addSheet": {"properties": properties}}]})
    assert jielu("init").exit_code == 0
    assert {sheet.title for sheet in stage.book.worksheets()} == {"Sheet1", "旧表1001", "旧表1003", *TABS, "写入记录"}


def test_an_empty_tab_of_that_name_gets_all_its_columns(stage: GoogleStage) -> None:
    stage.book.add_worksheet("街路名册", 10, 5)
    stage.share()
    assert jielu("init").exit_code == 0
    expected = [column.header for column in templates()["streets"].columns]
    assert stage.book.worksheet("街路名册").row_values(1) == expected
    assert jielu("check").exit_code == 0


SERVICE = ["编号", "状态", "街路长"]
LEFT_ALONE: list[tuple[str, list[list[str]], str]] = [
    ("a title above", [["2026 年问题台账"], HEADERS, *ROWS], "「问题台账」的表头在第 2 行"),
    ("a sheet of another kind", [["车牌", "里程"], ["湘A12345", "100"]], "第 1 行里没有一个认识的表头"),
    ("another usual name", [["街路名称", *HEADERS[3:]], ["新正街", "暴露垃圾"]], "A1「街路名称」改成「街路」"),
    ("the same header twice", [[*HEADERS, "街路"], *ROWS], "表头出现了不止一次：街路"),
    ("own values in our columns", [[*HEADERS, *SERVICE], [*ROWS[0], "A-7", "整改中", "张三"]],
     "「编号」（1 格）、「状态」（1 格）、「街路长」（1 格） 是系统填写的列"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "sentence"), [case[1:] for case in LEFT_ALONE], ids=[case[0] for case in LEFT_ALONE])
def test_what_is_not_clear_is_left_alone_and_told(stage: GoogleStage, rows: list[list[str]], sentence: str) -> None:
    sheet = made_by_hand(stage, rows[1:], rows[0])
    before = typed(stage)
    done = jielu("init")
    assert done.exit_code == 1 and sentence in done.stdout, done.output
    with closing(stage.service()) as service:
        service.ticks(hour("2026-11-24 09:30"), idle=False)
    after = {cell: value for cell, value in typed(stage).items() if cell[0] in ("Sheet1", "问题台账")}
    assert after == before, sheet.get_all_values()
    checked = jielu("check")
    assert checked.exit_code == 1 and sentence in checked.stdout


def test_values_in_our_columns_of_a_whole_tab_are_told_before_the_first_look(stage: GoogleStage) -> None:
    headers = list(ISSUES)
    row = dict(zip(HEADERS, ROWS[1], strict=True)) | {"状态": "整改中"}
    made_by_hand(stage, [[row.get(header, "") for header in headers]], headers)
    done = jielu("init")
    assert done.exit_code == 1 and "「状态」（1 格） 是系统填写的列" in done.stdout


def test_a_header_that_was_renamed_in_use_is_not_added_again(stage: GoogleStage) -> None:
    sheet = made_by_hand(stage, ROWS)
    jielu("init")
    with closing(stage.service()) as service:
        service.ticks(hour("2026-11-24 09:30"), idle=False)
    sheet.update_cell(1, HEADERS.index("位置") + 1, "在哪里")
    before = typed(stage)
    done = jielu("init")
    assert done.exit_code == 1 and "I1「在哪里」" in done.stdout
    assert typed(stage) == before


def test_a_sheet_that_was_not_shared_is_told_with_whom_to_share(stage: GoogleStage) -> None:
    done = jielu("init")
    assert done.exit_code == 2 and "共享给服务账号" in done.stderr, done.output
