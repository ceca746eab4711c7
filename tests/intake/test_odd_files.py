"""Files as people have them: what a cell means is never dropped without a word, and no file stops the service."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from sync import child
from sync.core.sheet.problems import FileProblem
from sync.intake.files import files, xlsx_cells
from sync.intake.files.file_rows import FileRows, read_rows
from tests.book import ZONE, templates

CASES = Path(__file__).parents[1] / "data" / "cases"
ISSUES, STREETS = templates()["issues"], templates()["streets"]
HEAD: list[object] = ["填报时间", "填报人", "来源", "街路", "位置", "类别", "严重程度", "问题描述"]
ROW: list[object] = ["2026-11-27 09:01", "标准化办02", "督查", "向阳南路", "1号门前", "背街堆物", "一般", "门前堆物"]


def case(name: str) -> FileRows:
    return read_rows(CASES / name, ISSUES, None, ZONE)


def book(path: Path, *rows: list[object], merge: str = "") -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    made.save(path)
    return path


ROWS = "solver.xlsx last_col.xlsx last_row.xlsx hidden_sheet.xlsx zerowidth.xlsx double_bom.csv sep_line.csv"


@pytest.mark.parametrize("name", ROWS.split())
def test_the_row_comes_in(name: str) -> None:
    (row,) = (row for _, row in case(name).rows)
    assert (row["reporter"], row["street"], row["category"]) == ("标准化办02", "向阳南路", "背街堆物")
    assert row["text"] in ("门前堆放杂物", "门前堆物")


def test_a_picture_in_a_cell_is_named_and_its_row_comes_in() -> None:
    brought = case("one_sheet.xlsx")
    assert [(row["street"], row.get("photos")) for _, row in brought.rows] == [("向阳南路", None)]
    assert any("第 2 行 I 列「照片」：是图片，没有导入" in note for note in brought.notes)


def test_a_date_among_texts_is_named_and_the_rest_comes_as_it_shows() -> None:
    with pytest.raises(FileProblem) as caught:
        case("place.xlsx")
    assert "第 2 行 E 列「位置」：是日期 2026-03-05，不是文字" in str(caught.value)
    with pytest.raises(FileProblem) as caught:
        read_rows(CASES / "roster.xlsx", STREETS, None, ZONE)
    assert "A 列「街路编号」：是日期 2026-01-02，不是文字" in str(caught.value)


SHOWN = {
    "a share": (0.5, "0%", "50%"),
    "a share with places": (0.125, "0.0%", "12.5%"),
    "a truth": (True, "General", "TRUE"),
    "a number": (12, "General", "12"),
}


@pytest.mark.parametrize("what", SHOWN)
def test_a_number_among_texts_comes_as_it_shows(tmp_path: Path, what: str) -> None:
    value, style, shown = SHOWN[what]
    path = book(tmp_path / "a.xlsx", HEAD, [*ROW[:4], value, *ROW[5:]])
    made = openpyxl.load_workbook(path)
    made.active["E2"].number_format = style  # type: ignore[index]
    made.save(path)
    assert read_rows(path, ISSUES, None, ZONE).rows[0][1]["place"] == shown


WRONG: dict[str, tuple[object, str]] = {
    "an error": ("#N/A", "E 列「位置」：是错误值 #N/A，请改成内容"),
    "a formula without a result": ("=A1&B1", "E 列「位置」：是公式，没有算出结果"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_content_is_named(tmp_path: Path, what: str) -> None:
    value, words = WRONG[what]
    path = book(tmp_path / "a.xlsx", HEAD, [*ROW[:4], value, *ROW[5:]])
    with pytest.raises(FileProblem) as caught:
        read_rows(path, ISSUES, None, ZONE)
    assert words in str(caught.value)


def test_titles_above_the_header_and_the_usual_other_names(tmp_path: Path) -> None:
    head: list[object] = ["街路编号", "街路名称", "街路类型", "所属片区", "支部名称", "路长"]
    row: list[object] = ["J01", "新正街", "主次干道", "城西", "第一支部", "街路长01"]
    path = book(tmp_path / "a.xlsx", ["云岭县街路名册"], [], head, row)
    brought = read_rows(path, STREETS, None, ZONE)
    assert brought.rows == [
        (4, {"code": "J01", "street": "新正街", "type": "主次干道", "district": "城西", "branch": "第一支部",
             "chief": "街路长01"})
    ]  # fmt: skip


def test_merged_cells_are_told_as_such(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["督查情况"], HEAD, ROW, [*ROW[:3], None, *ROW[4:]], merge="D3:D4")
    with pytest.raises(FileProblem) as caught:
        read_rows(path, ISSUES, None, ZONE)
    assert "D3:D4 是合并的单元格" in str(caught.value)


def test_a_merged_title_is_no_fault(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["督查情况"], HEAD, ROW, merge="A1:H1")
    assert len(read_rows(path, ISSUES, None, ZONE).rows) == 1


def test_a_column_without_a_header_is_named(tmp_path: Path) -> None:
    brought = read_rows(book(tmp_path / "a.xlsx", HEAD, [*ROW, "", "请尽快"]), ISSUES, None, ZONE)
    assert len(brought.rows) == 1 and any("第 2 行 J 列有内容，这一列没有表头" in note for note in brought.notes)


def test_hours_in_every_way_of_writing_and_the_row_of_the_one_that_is_none() -> None:
    with pytest.raises(FileProblem) as caught:
        case("ampm.csv")
    _, problem = caught.value.problems
    assert "第 8 行 A 列「填报时间」：填的是「11/27/26 15:20」" in problem


def test_signs_that_programs_put_around_texts() -> None:
    rows = [row for _, row in case("eq_quote.csv").rows]
    assert [row["place"] for row in rows] == ["007", "13800000000"]


def test_a_byte_that_is_none_is_named_with_its_place() -> None:
    with pytest.raises(FileProblem) as caught:
        case("one_bad_byte.csv")
    assert "第 2 行 H 列有一个字读不出来" in str(caught.value)


def packed(name: str, part: bytes, times: int) -> Callable[[Path], Path]:
    """An xlsx in which one of the files is so often the same bytes."""

    def make(path: Path) -> Path:
        book(path, HEAD, ROW)
        with zipfile.ZipFile(path) as good:
            parts = {item: good.read(item) for item in good.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad:
            for item, content in parts.items():
                with bad.open(item, "w", force_zip64=True) as file:
                    if item != name:
                        file.write(content)
                        continue
                    begin, end = content[: content.index(b"<row")], content[content.rindex(b"</sheetData") :]
                    file.write(begin)
                    for _ in range(times):
                        file.write(part)
                    file.write(end)
        return path

    return make


def foreign(path: Path) -> Path:
    """An xlsx one of whose texts is another file of the machine."""
    book(path, HEAD, ROW)
    with zipfile.ZipFile(path) as good:
        parts = {item: good.read(item) for item in good.namelist()}
    (path.parent / "secret").write_text("nobody reads this", "utf-8")
    head = f'<!DOCTYPE s [<!ENTITY out SYSTEM "file://{path.parent / "secret"}">]>'.encode()
    name = "xl/worksheets/sheet1.xml"
    row = b"<row r='9'><c r='A9' t='str'><v>&out;</v></c><c r='H9' t='str'><v>&out;</v></c></row></sheetData>"
    sheet = parts[name].replace(b"</sheetData>", row)
    assert b"&out;" in sheet
    parts[name] = head + sheet.removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad:
        for item, content in parts.items():
            bad.writestr(item, content)
    return path


def entities(path: Path) -> Path:
    """An xlsx whose sheet names a text that grows a billion times."""
    book(path, HEAD, ROW)
    with zipfile.ZipFile(path) as good:
        parts = {item: good.read(item) for item in good.namelist()}
    grow = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE s [<!ENTITY e0 "ha">{grow}]>'.encode()
    row = b"<row r='9'><c r='A9' t='str'><v>&e9;</v></c></row></sheetData>"
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", row)
    parts["xl/worksheets/sheet1.xml"] = head + sheet.removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad:
        for item, content in parts.items():
            bad.writestr(item, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"
BOMBS = {
    "rows without end": packed(SHEET, b'<row><c t="inlineStr"><is><t>a</t></is></c></row>' * 1000, 1200),
    "one text of a gigabyte": packed(SHEET, b"<row><!--" + b"a" * 10**7 + b"--></row>", 60),
    "elements in elements": packed(SHEET, b"<row>" * 10**5, 20),
    "a text that grows": entities,
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_file_that_is_made_to_exhaust_gets_a_sentence(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SECONDS", 5)
    path = BOMBS[what](tmp_path / "a.xlsx")
    assert path.stat().st_size < 3_000_000
    with pytest.raises(FileProblem) as caught:
        read_rows(path, ISSUES, None, ZONE)
    assert str(caught.value).startswith("文件 a.xlsx") and str(caught.value).endswith("。")
    assert len(case("solver.xlsx").rows) == 1, "and the next file is read"


def test_a_file_reads_no_other_file_of_the_machine(tmp_path: Path) -> None:
    path = foreign(tmp_path / "a.xlsx")
    try:
        told = str(read_rows(path, ISSUES, None, ZONE))
    except FileProblem as problem:
        told = str(problem)
    assert told and "nobody reads this" not in told


def test_memory_is_bounded_by_what_is_filled() -> None:
    names = child.read_apart(60, xlsx_cells.sheet_names, (CASES / "last_col.xlsx").read_bytes())
    grid = child.read_apart(60, xlsx_cells.read_sheet, (CASES / "last_col.xlsx").read_bytes(), names[0])
    assert sum(len(cells) for cells in grid.rows.values()) < 30


def test_a_file_cut_off_anywhere_gets_a_sentence_or_its_rows(tmp_path: Path) -> None:
    whole = book(tmp_path / "a.xlsx", HEAD, ROW).read_bytes()
    for end in range(10, len(whole), 97):
        path = tmp_path / "b.xlsx"
        path.write_bytes(whole[:end])
        with pytest.raises(FileProblem):
            read_rows(path, ISSUES, None, ZONE)


def test_a_file_with_a_changed_byte_gets_a_sentence_or_its_rows(tmp_path: Path) -> None:
    buffer = io.BytesIO(book(tmp_path / "a.xlsx", HEAD, ROW).read_bytes())
    whole, read = buffer.getvalue(), 0
    for at in range(0, len(whole), 61):
        path = tmp_path / "b.xlsx"
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            read += len(read_rows(path, ISSUES, None, ZONE).rows)
        except FileProblem as error:
            assert str(error).endswith("。")
    assert read > 0
