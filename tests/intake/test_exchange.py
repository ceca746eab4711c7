"""The workbook as an xlsx, read back by two other readers; files of people read in, the bad ones with a sentence."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import requests
from python_calamine import CalamineWorkbook

from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.values import serials
from sync.intake.files import file_rows, mapping
from sync.intake.files.file_rows import FileProblem
from sync.outgoing.export import export_file
from sync.sheets.gateway import Client
from tests.book import ZONE, default_rules, hour, templates

AT = hour("2026-11-24 09:30")
WALL = AT.replace(tzinfo=None)  # a cell has no zone
HEADERS = {key: tuple(column.header for column in tab.columns) for key, tab in templates().items()}


def row(key: str, **cells: Raw) -> list[Raw]:
    return [cells.get(column.key, "") for column in templates()[key].columns]


@pytest.fixture
def tables() -> dict[str, Table]:
    issues = [
        row(
            "issues",
            id="20261124-001",
            reported_at=serials.from_datetime(AT, ZONE),
            reporter="标准化办01",
            street="新正街",
            text='=HYPERLINK("http://x.example","点我")',
            longitude=112.36,
            state="已销号",
            check="要改",
        ),
        row("issues", id="20261124-002", reporter="@SUM(A1)", place="-1+2", text="+86 0734", severity="一般"),
    ]
    posts = [row("posts", name="街路长01", role="街路长", mobile="0134 0000 0000", since=serials.from_date(AT.date()))]
    streets = [
        row("streets", code="001", street="新正街", type="主次干道", district="城中", branch="第四支部", chief_now="甲")
    ]
    scores = [row("scores", month="2026-11", score=93.5, on_time=0.8478)]
    return {
        key: Table(key, HEADERS[key], rows)
        for key, rows in (("issues", issues), ("posts", posts), ("streets", streets), ("scores", scores))
    }


@pytest.fixture
def exported(tables: dict[str, Table], tmp_path: Path) -> Path:
    path = tmp_path / "工作簿.xlsx"
    export_file(tables, templates(), path, default_rules(), ZONE)
    return path


def at(key: str, column: str) -> int:
    return HEADERS[key].index(column) + 1


# Export ----------------------------------------------------------------------------------------------------------


def test_all_tabs_in_order_with_their_headers(exported: Path) -> None:
    book = openpyxl.load_workbook(exported)
    shown = [tab for tab in templates().values() if not tab.hidden]
    assert book.sheetnames == [tab.title for tab in shown]
    for tab in shown:
        assert [cell.value for cell in book[tab.title][1]] == [column.header for column in tab.columns]
        assert book[tab.title].freeze_panes == "A2"


def test_types_in_openpyxl(exported: Path) -> None:
    book = openpyxl.load_workbook(exported)
    issues = book["问题台账"]
    when = issues.cell(2, at("issues", "填报时间"))
    assert (when.value, when.number_format, when.data_type) == (WALL, "yyyy-mm-dd hh:mm", "d")
    assert issues.cell(2, at("issues", "经度")).value == 112.36
    assert book["组织架构"].cell(2, at("posts", "启用日期")).value == WALL.replace(hour=0, minute=0)
    assert book["街路名册"].cell(2, at("streets", "街路编号")).value == "001"
    assert book["月度考核"].cell(2, at("scores", "得分")).number_format == "0.00"
    assert book["月度考核"].cell(2, at("scores", "按期率")).number_format == "0.0%"


def test_no_text_becomes_a_formula(exported: Path) -> None:
    issues = openpyxl.load_workbook(exported)["问题台账"]
    for number, header, text in (
        (2, "问题描述", '=HYPERLINK("http://x.example","点我")'),
        (3, "填报人", "@SUM(A1)"),
        (3, "位置", "-1+2"),
        (3, "问题描述", "+86 0734"),
    ):
        cell = issues.cell(number, at("issues", header))
        # openpyxl calls any text that begins with = a formula, so the file's own type counts: calamine's test below
        assert cell.value == text
        assert cell.hyperlink is None
    assert "<f>" not in sheet_xml(exported, 1)


def sheet_xml(path: Path, number: int) -> str:
    with ZipFile(path) as file:
        return file.read(f"xl/worksheets/sheet{number}.xml").decode()


def test_mobile_numbers_stay_behind(exported: Path) -> None:
    """组织架构 promises it; the header stays, so that the file can be imported again."""
    posts = openpyxl.load_workbook(exported)["组织架构"]
    assert posts.cell(1, at("posts", "手机")).value == "手机"
    assert posts.cell(2, at("posts", "手机")).value is None
    with ZipFile(exported) as file:
        assert not [name for name in file.namelist() if b"0134 0000" in file.read(name)]


def test_types_in_calamine(exported: Path) -> None:
    issues = CalamineWorkbook.from_path(exported).get_sheet_by_name("问题台账").to_python()
    assert issues[1][at("issues", "填报时间") - 1] == WALL
    assert issues[1][at("issues", "问题描述") - 1] == '=HYPERLINK("http://x.example","点我")'
    assert issues[2][at("issues", "问题描述") - 1] == "+86 0734"
    assert issues[1][at("issues", "经度") - 1] == 112.36


def test_widths_help_and_grey(exported: Path) -> None:
    book = openpyxl.load_workbook(exported)
    for tab in (tab for tab in templates().values() if not tab.hidden):
        sheet = book[tab.title]
        for index, column in enumerate(tab.columns, start=1):
            letter = openpyxl.utils.get_column_letter(index)
            dimension = next(one for one in sheet.column_dimensions.values() if one.min <= index <= one.max)
            assert dimension.width * 7 == pytest.approx(column.width, abs=8), (tab.title, letter)
            comment = sheet.cell(1, index).comment
            assert comment is not None
            assert comment.text.startswith(column.help)
            assert comment.text.endswith("（必填）") is column.required
    issues = book["问题台账"]
    grey = issues.cell(2, at("issues", "状态")).fill.fgColor.rgb
    assert grey == "FFEFEFEF"
    assert issues.cell(2, at("issues", "问题描述")).fill.fill_type is None


def test_drop_downs(exported: Path) -> None:
    book = openpyxl.load_workbook(exported)
    lists = {
        str(one.sqref).split("2")[0].rstrip("0123456789"): one.formula1
        for one in book["问题台账"].data_validations.dataValidation
    }
    letters = {header: openpyxl.utils.get_column_letter(at("issues", header)) for header in HEADERS["issues"]}
    assert lists[letters["来源"]] == '"督查,街路长自查,群众反映,上级交办"'
    assert lists[letters["类别"]] == f'"{",".join(default_rules().categories)}"'
    assert lists[letters["街路"]].startswith("'街路名册'!$B$2:$B$")
    assert letters["状态"] not in lists
    units = [one for one in book["街路名册"].data_validations.dataValidation if "环卫所" in one.formula1]
    assert len(units) == 1
    assert all(one.errorStyle == "warning" for one in book["问题台账"].data_validations.dataValidation)


def test_a_long_list_refers_to_cells(tables: dict[str, Table]) -> None:
    from sync.outgoing.xlsx import Drawing

    rules = default_rules()
    column = templates()["issues"].by_key["category"]
    many = {f"第{n}种很长的类别名称": next(iter(rules.categories.values())) for n in range(40)}
    drawing = Drawing(None, tables, templates(), dataclasses.replace(rules, categories=many))
    assert drawing.source(column) == "=选项!$A$1:$A$40"
    assert drawing.long == {tuple(many): 0}


def test_colours(exported: Path) -> None:
    issues = openpyxl.load_workbook(exported)["问题台账"]
    rules = {
        str(area.sqref): [(rule.formula, rule.dxf.fill.bgColor.rgb) for rule in found]
        for area, found in issues.conditional_formatting._cf_rules.items()
    }
    state = openpyxl.utils.get_column_letter(at("issues", "状态"))
    hint = openpyxl.utils.get_column_letter(at("issues", "时限提示"))
    by_column = {area.split("2")[0].rstrip("0123456789"): found for area, found in rules.items()}
    assert ([f'OR(${state}2="已销号")'], "FFD9EAD3") in by_column[state]
    assert ([f'OR(${state}2="作废",${state}2="挂账")'], "FFD9D9D9") in by_column[state]
    assert ([f'LEFT(${hint}2,3)="已超期"'], "FFF4CCCC") in by_column[hint]
    assert any("LEN(" in formula[0] for found in by_column.values() for formula, _ in found)


def test_equal_tables_give_equal_bytes(tables: dict[str, Table], exported: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    export_file(tables, templates(), again, default_rules(), ZONE)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(exported.read_bytes()).digest()
    with ZipFile(again) as file:
        assert {one.date_time for one in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "2022-05-10T00:00:00Z" in file.read("docProps/core.xml").decode()


def test_columns_of_the_bureaus_own_and_moved_ones_keep_their_place(tables: dict[str, Table], tmp_path: Path) -> None:
    header = ("本局备注", *reversed(HEADERS["streets"]))
    moved = [["07", *reversed(tables["streets"].rows[0])]]
    path = tmp_path / "out.xlsx"
    export_file({**tables, "streets": Table("streets", header, moved)}, templates(), path, default_rules(), ZONE)
    sheet = openpyxl.load_workbook(path)["街路名册"]
    assert [cell.value for cell in sheet[1]] == list(header)
    assert sheet["A2"].value == "07"
    issues = openpyxl.load_workbook(path)["问题台账"]
    letter = openpyxl.utils.get_column_letter(header.index("街路") + 1)
    assert any(one.formula1.startswith(f"'街路名册'!${letter}$2") for one in issues.data_validations.dataValidation)


def test_a_text_too_long_for_excel_says_so(tables: dict[str, Table], tmp_path: Path) -> None:
    tables["streets"].rows[0][HEADERS["streets"].index("备注")] = "长" * 40000  # type: ignore[index]
    path = tmp_path / "out.xlsx"
    export_file(tables, templates(), path, default_rules(), ZONE)
    text = openpyxl.load_workbook(path)["街路名册"].cell(2, at("streets", "备注")).value
    assert len(text) == 32767
    assert text.endswith("（超过一格的上限，以下略）")


def test_an_export_that_fails_leaves_the_old_file(tables: dict[str, Table], tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=r"写不了 .*文件夹"):
        export_file(tables, templates(), tmp_path / "没有" / "out.xlsx", default_rules(), ZONE)
    assert list(tmp_path.iterdir()) == []


# Round trip ------------------------------------------------------------------------------------------------------


def test_what_was_exported_can_be_imported(exported: Path, tables: dict[str, Table]) -> None:
    """Staff columns come back as they were; the service's are left to the service."""
    for key in ("posts", "streets"):
        tab, cells = templates()[key], tables[key].rows[0]
        wanted = {
            column.key: cell
            for column, cell in zip(tab.columns, cells, strict=True)
            if column.owner == "staff" and cell != "" and column.key != "mobile"
        }
        assert file_rows.read_file(exported, tab) == [wanted]


# Import ----------------------------------------------------------------------------------------------------------
DUTIES = templates()["duties"]
GOOD = """填报时间,填报人,类型,街路,内容
2026-11-24 09:30,街路长01,巡查,新正街,"=1+1, 没事"
2026年11月25日,007,督查,联胜路,
"""


def written(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    first, second = file_rows.read_file(written(tmp_path / "a.csv", GOOD, encoding), DUTIES)
    assert first == {
        "reported_at": serials.from_datetime(AT, ZONE),
        "reporter": "街路长01",
        "kind": "巡查",
        "street": "新正街",
        "text": "=1+1, 没事",
    }
    assert second["reported_at"] == serials.from_date(hour("2026-11-25 00:00").date())
    assert second["reporter"] == "007"


@pytest.mark.parametrize("mark", ["\t", ";", "，"])
def test_csv_with_other_marks(tmp_path: Path, mark: str) -> None:
    text = f"填报人{mark}类型{mark}街路\n街路长01{mark}巡查{mark}新正街\n"
    assert file_rows.read_file(written(tmp_path / "a.csv", text), DUTIES) == [
        {"reporter": "街路长01", "kind": "巡查", "street": "新正街"}
    ]


def xlsx(path: Path, rows: list[list[Any]], title: str = "Sheet1") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for cells in rows:
        sheet.append(cells)
    book.save(path)
    return path


def test_xlsx_with_real_types(tmp_path: Path) -> None:
    rows = [
        ["填报时间", "填报人", "类型", "街路"],
        [WALL, 13800000000, "巡查", "新正街"],
        [],
        [46350, "街路长01", "督查", "新正街"],
    ]
    first, second = file_rows.read_file(xlsx(tmp_path / "a.xlsx", rows), DUTIES)
    assert first == {
        "reported_at": serials.from_datetime(AT, ZONE),
        "reporter": "13800000000",
        "kind": "巡查",
        "street": "新正街",
    }
    assert second["reported_at"] == 46350


ISSUES = "填报人,来源,街路,类别,问题描述,"
BAD: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "extension": ("duties", lambda p: written(p / "a.xls", b"x"), "文件 a.xls：只能导入 .xlsx 和 .csv"),
    "missing": ("duties", lambda p: p / "没有.csv", "文件 没有.csv 打不开：No such file"),
    "empty": ("duties", lambda p: written(p / "a.csv", " \n"), "文件 a.csv 是空的"),
    "header only": ("duties", lambda p: written(p / "a.csv", "填报人,类型\n"), "只有表头，没有数据"),
    "no header": ("duties", lambda p: written(p / "a.csv", "\n\n甲,巡查\n"), "第 1 行没有表头"),
    "encoding": ("duties", lambda p: written(p / "a.csv", b"\xff\x00\x80\x81\x00\xff"), "看不出是什么编码"),
    "half a character": ("duties", lambda p: written(p / "a.csv", b"\xff\xfe\x00"), "看不出是什么编码"),
    "csv is xlsx": ("duties", lambda p: xlsx(p / "a.xlsx", [["填报人"]]).rename(p / "a.csv"), "请把扩展名改成 .xlsx"),
    "xlsx is csv": ("duties", lambda p: written(p / "a.xlsx", GOOD), "文件 a.xlsx 不是 xlsx"),
    "xlsx is xls": (
        "duties",
        lambda p: written(p / "a.xlsx", b"\xd0\xcf\x11\xe0" + b"0" * 99),
        "旧的 .xls 或者加了密码",
    ),
    "broken": ("duties", lambda p: written(p / "a.xlsx", b"PK\x03\x04broken"), "读不出来，可能已损坏"),
    "unknown header": (
        "duties",
        lambda p: written(p / "a.csv", "填报人,类型,街到\n甲,巡查,乙\n"),
        "第 1 行 C 列的表头「街到」，「履职记录」里没有。是不是「街路」？",
    ),
    "double header": (
        "duties",
        lambda p: written(p / "a.csv", "填报人,类型,类型\n甲,巡查,乙\n"),
        "表头「类型」出现了不止一次",
    ),
    "required column": (
        "duties",
        lambda p: written(p / "a.csv", "类型\n巡查\n"),
        "缺少必填的列 填报人。请在第 1 行（表头）补上",
    ),
    "required cell": (
        "duties",
        lambda p: written(p / "a.csv", "填报人,类型\n甲,\n"),
        "第 2 行 B 列「类型」：没有填，这一列必填",
    ),
    "choice": (
        "duties",
        lambda p: written(p / "a.csv", "填报人,类型\n甲,巡视\n"),
        "第 2 行 B 列「类型」：填的是「巡视」，只能选",
    ),
    "date": (
        "duties",
        lambda p: written(p / "a.csv", "填报人,类型,填报时间\n甲,巡查,昨天\n"),
        "第 2 行 C 列「填报时间」：填的是「昨天」，看不出是什么时间",
    ),
    "number": (
        "issues",
        lambda p: written(p / "a.csv", ISSUES + "经度\n甲,督查,乙,丙,丁,12\n"),
        "第 2 行 F 列「经度」：填的是「12」，应当在 73 到 136 之间",
    ),
    "limit": (
        "issues",
        lambda p: written(p / "a.csv", ISSUES + "指定时限\n甲,督查,乙,丙,丁,尽快\n"),
        "第 2 行 F 列「指定时限」：填的是「尽快」",
    ),
    "quotes": ("duties", lambda p: written(p / "a.csv", '填报人,类型\n甲,"巡查\n'), "多半是双引号不成对"),
    "sheet": ("duties", lambda p: two_sheets(p / "a.xlsx"), "没有工作表「履职记录」，有：一、二"),
}


def two_sheets(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "一"
    book.create_sheet("二")
    book.save(path)
    return path


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_says_what_and_where(tmp_path: Path, case: str) -> None:
    key, make, message = BAD[case]
    with pytest.raises(FileProblem) as caught:
        file_rows.read_file(make(tmp_path), templates()[key])
    assert message in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_all_mistakes_are_told_at_once_and_the_line_is_that_of_the_file(tmp_path: Path) -> None:
    text = '填报人,类型,填报时间\n甲,"巡\n查",2026-11-24\n\n乙,巡视,前天\n'
    with pytest.raises(FileProblem) as caught:
        file_rows.read_file(written(tmp_path / "a.csv", text), DUTIES)
    assert [one.split("：")[0] for one in caught.value.problems[1:]] == [
        "第 5 行 C 列「填报时间」",
        "第 2 行 B 列「类型」",
        "第 5 行 B 列「类型」",
    ]
    assert caught.value.problems[0].endswith("有 3 处要改，一行也没有导入。")


def test_a_great_many_mistakes_are_counted(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as caught:
        rows = "".join(f"甲,看{n}\n" for n in range(500))
        file_rows.read_file(written(tmp_path / "a.csv", f"填报人,类型\n{rows}"), DUTIES)
    assert len(str(caught.value).splitlines()) == 21
    assert str(caught.value).endswith("……另有 481 处。")


def test_one_mistake_in_many_rows_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as caught:
        file_rows.read_file(written(tmp_path / "a.csv", "填报人,类型\n" + "甲,巡视\n" * 9), DUTIES)
    (sentence,) = caught.value.problems[1:]
    assert sentence.startswith("第 2、3、4、5、6、7 等 9 行 B 列「类型」：填的是「巡视」，只能选 ")


def test_a_row_of_sums_stays_behind_and_is_told(tmp_path: Path) -> None:
    text = "填报人,类型\n甲,巡查\n合 计,1次\n乙,巡查\n"
    brought = file_rows.read_rows(written(tmp_path / "a.csv", text), DUTIES)
    assert [(number, row["reporter"]) for number, row in brought.rows] == [(2, "甲"), (4, "乙")]
    assert brought.notes == ("第 3 行是「合计」，没有导入。",)


# Mapping files ---------------------------------------------------------------------------------------------------
MAP = """
[columns]
"填报时间" = "When"
"填报人" = "Who"
"经度" = "Lon"
"类别" = "What"
[constants]
"来源" = "督查"
"街路" = "新正街"
"问题描述" = "导入"
[dates]
"填报时间" = "%m/%d/%Y %I:%M:%S %p"
[numbers]
"经度" = { thousands = ".", decimal = ",", remove = "°" }
[values."类别"]
"Trash" = "暴露垃圾"
"*" = "其他"
"""


def mapped(tmp_path: Path, csv: str, text: str = MAP) -> list[dict[str, Raw]]:
    rules = mapping.read_mapping(written(tmp_path / "m.toml", text))
    return file_rows.read_file(written(tmp_path / "a.csv", csv), templates()["issues"], rules, ZONE)


def test_a_mapping_file_turns_columns_values_dates_and_numbers(tmp_path: Path) -> None:
    found = mapped(tmp_path, 'When,Who,Lon,What,Rest\n11/24/2026 09:30:00 AM,甲,"112,36°",Trash,x\n,乙,,Noise,y\n')
    assert found == [
        {
            "reported_at": serials.from_datetime(AT, ZONE),
            "reporter": "甲",
            "source": "督查",
            "street": "新正街",
            "category": "暴露垃圾",
            "text": "导入",
            "longitude": 112.36,
        },
        {"reporter": "乙", "source": "督查", "street": "新正街", "category": "其他", "text": "导入"},
    ]


@pytest.mark.parametrize(
    ("change", "csv", "message"),
    [
        (("[constants]", "[constant]"), "When,Who,Lon,What\n1,2,3,4\n", "不认识「constant」。是不是「constants」？"),
        (
            ('"填报人" = "Who"', '"填报仁" = "Who"'),
            "When,Who,Lon,What\n1,2,3,4\n",
            "「问题台账」没有「填报仁」这一列。是不是「填报人」？",
        ),
        (
            ("", ""),
            "Wen,Who,Lon,What\n1,2,3,4\n",
            "没有「When」这一列（对照文件 m.toml 里对应「填报时间」）。是不是「Wen」？",
        ),
        (
            ("", ""),
            "When,Who,Lon,What\n2026-11-24,甲,,x\n",
            "第 2 行 A 列「When」：填的是「2026-11-24」，不是 %m/%d/%Y",
        ),
        (('"街路" = "新正街"', ""), "When,Who,Lon,What\n,甲,,x\n", "缺少必填的列 街路。请在对照文件 m.toml 的"),
        (('"填报人" = "Who"', '"填报人" = 3'), "When,Who,Lon,What\n,甲,,x\n", "columns 的「填报人」应当是文字"),
        (("[columns]", "[columns"), "When\n1\n", "对照文件 m.toml 不是有效的 TOML"),
        (
            ('"来源" = "督查"', '"来源" = "督察"'),
            "When,Who,Lon,What\n,甲,,x\n",
            "第 2 行 对照文件里的「来源」：填的是「督察」",
        ),
    ],
)
def test_a_bad_mapping_says_what(tmp_path: Path, change: tuple[str, str], csv: str, message: str) -> None:
    with pytest.raises(FileProblem) as caught:
        mapped(tmp_path, csv, MAP.replace(*change) if change[0] else MAP)
    assert message in str(caught.value)


def test_a_mapping_names_the_sheet_and_the_header_row(tmp_path: Path) -> None:
    text = 'sheet = "数据"\nheader_row = 3\n[columns]\n"填报人" = "谁"\n"类型" = "何"\n'
    rules = mapping.read_mapping(written(tmp_path / "m.toml", text))
    path = xlsx(tmp_path / "a.xlsx", [["某某表"], [], ["谁", "何"], ["甲", "巡查"]], "数据")
    assert file_rows.read_file(path, DUTIES, rules) == [{"reporter": "甲", "kind": "巡查"}]


# Append ----------------------------------------------------------------------------------------------------------


class Recorder(Client):
    """A workbook with one tab, which notes what is sent to it. ``fail``: the status of the answer to the n-th write."""

    def __init__(self, header: list[str], fail: dict[int, int] | None = None) -> None:
        super().__init__(None, requests.Session())
        self.header, self.sent, self.fail, self.tries = header, [], fail or {}, 1

    def request(self, method: str, *args: Any, **kwargs: Any) -> requests.Response:
        url, answer = args[0] if args else kwargs["endpoint"], requests.Response()
        answer.status_code = 200
        body: dict[str, Any] = {"sheets": [{"properties": {"sheetId": 7, "title": "履职记录"}}]}
        if "values:batchGet" in url:
            body = {"valueRanges": [{"values": [self.header]}]}
        if method == "post":
            self.sent.append(json.loads(kwargs["data"])["requests"])
            answer.status_code = self.fail.get(len(self.sent), 200)
            body = {"error": {"code": answer.status_code, "message": "不行", "status": "X"}}
        answer._content = json.dumps(body).encode()
        if answer.status_code != 200:
            from gspread.exceptions import APIError

            raise APIError(answer)
        return answer


def test_append_follows_the_sheets_own_order_and_sends_strings() -> None:
    header = ["备用", *reversed(HEADERS["duties"])]
    client = Recorder(header)
    assert file_rows.append(client, "book", DUTIES, [{"text": "=1+1", "reported_at": 46350.5, "reporter": "007"}]) == 1
    request = client.sent[0][0]["appendCells"]
    cells = request["rows"][0]["values"]
    assert request["sheetId"] == 7
    assert {header[i]: cell["userEnteredValue"] for i, cell in enumerate(cells) if cell} == {
        "内容": {"stringValue": "=1+1"},
        "填报时间": {"numberValue": 46350.5},
        "填报人": {"stringValue": "007"},
    }


def test_append_in_blocks_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_rows, "BLOCK", 2)
    rows: list[dict[str, Raw]] = [{"reporter": str(n)} for n in range(5)]
    client = Recorder(list(HEADERS["duties"]))
    assert file_rows.append(client, "book", DUTIES, rows) == 5
    assert [len(sent[0]["appendCells"]["rows"]) for sent in client.sent] == [2, 2, 1]
    with pytest.raises(FileProblem, match="前 2 行已经导入，其余没有"):
        file_rows.append(Recorder(list(HEADERS["duties"]), {2: 400}), "book", DUTIES, rows)
    with pytest.raises(FileProblem, match="前 2 行已经导入，后面的可能也进去了"):
        file_rows.append(Recorder(list(HEADERS["duties"]), {2: 500}), "book", DUTIES, rows)


def test_append_to_a_tab_whose_header_was_renamed_does_nothing() -> None:
    client = Recorder(["谁", *HEADERS["duties"][2:]])
    with pytest.raises(FileProblem, match=r"一行也没有导入。.*找不到表头：填报时间、填报人"):
        file_rows.append(client, "book", DUTIES, [{"reporter": "甲"}])
    assert client.sent == []


def test_times_in_another_zone_stay_wall_clock(tmp_path: Path) -> None:
    rows = [
        file_rows.read_file(written(tmp_path / "a.csv", GOOD), DUTIES, None, ZoneInfo(zone))[0]["reported_at"]
        for zone in ("UTC", "Asia/Shanghai", "America/Los_Angeles")
    ]
    assert len(set(rows)) == 1
