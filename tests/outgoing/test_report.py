"""本月通报: the numbers of the tabs, in a paper and a workbook that other programs open."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from docx import Document

from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.views.periods.report import Report, period, report
from sync.outgoing import report_files, report_pictures
from tests.book import Book, bureau, hour, templates

OCTOBER = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-10-20 09:00 | 督查01 | 督查 | 新正街 | 8号 | 暴露垃圾 | 一般 | 一堆
2026-10-21 09:00 | 督查01 | 督查 | 联胜路 | 桥头 | 占道经营 | 严重 | 摆摊
"""
NOVEMBER = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-10 09:00 | 督查01 | 督查 | 新正街 | =80号 | 暴露垃圾 | 一般 | 一堆
2026-11-11 09:00 | 督查01 | 督查 | 新正街 | 9号 | 暴露垃圾 | 一般 | 一堆
2026-11-12 09:00 | 督查01 | 督查 | 联胜路 | 桥尾 | 占道经营 | 严重 | 摆摊
"""
MENDED = """
整改反馈
填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
2026-11-10 10:00 | 街路长01 | 20261110-001 | 已整改 | https://x.example/b.jpg
"""


@pytest.fixture(scope="module")
def book() -> Book:
    made = bureau()
    made.add(OCTOBER)
    made.settle("2026-10-21 09:05")
    made.settle("2026-11-06 09:00")
    made.add(NOVEMBER)
    made.settle("2026-11-12 09:05")
    made.add(MENDED)
    made.settle("2026-11-12 10:05")
    made.settle("2026-12-02 09:00")
    return made


@pytest.fixture(scope="module")
def look(book: Book) -> Look:
    return recall(templates(), book.memory, book.rules, hour("2026-12-02 09:00"))


def made_of(look: Look, name: str) -> Report:
    wanted = period(name)
    assert wanted
    made = report(look, wanted)
    assert made
    return made


@pytest.mark.parametrize(
    ("name", "words", "months", "before"),
    [
        ("2026-11", "2026年11月", ("2026-11",), ("2026-10",)),
        ("2026-01", "2026年1月", ("2026-01",), ("2025-12",)),
        ("2026-Q1", "2026年第1季度", ("2026-01", "2026-02", "2026-03"), ("2025-10", "2025-11", "2025-12")),
        ("2026", "2026年", tuple(f"2026-{n:02d}" for n in range(1, 13)), tuple(f"2025-{n:02d}" for n in range(1, 13))),
    ],
    ids=["a month", "january", "a quarter", "a year"],
)
def test_a_period_is_read_with_the_one_before(
    name: str, words: str, months: tuple[str, ...], before: tuple[str, ...]
) -> None:
    wanted = period(name)
    assert wanted and (wanted.words, wanted.months, wanted.before) == (words, months, before)


@pytest.mark.parametrize("name", ["", "2026-13", "2026-00", "2026-Q5", "26-10", "2026-1", "二〇二六", "2026-10-01"])
def test_what_is_no_period_is_none(name: str) -> None:
    assert period(name) is None


def test_the_numbers_are_those_of_the_tabs(book: Book, look: Look) -> None:
    made = made_of(look, "2026-11")
    assert (made.totals.issues, made.totals.closed) == (3, 0)
    assert made.before and made.before.issues == 2
    rows = {row.target: f"{row.score / 100:g}" for group in made.groups.values() for row in group}
    months = book.rows("月度考核", "月份", "对象", "得分")
    assert rows == {target: score for month, target, score in months if month == "2026-11"}
    assert made.categories == (("暴露垃圾", 2, 1), ("占道经营", 1, 1))
    assert sum(count for _, count, *_ in made.spans) == 3
    assert [name for name, *_ in made.spans] == ["10-26", "11-02", "11-09", "11-16", "11-23", "11-30"]
    reasons = [reason for group in made.groups.values() for row in group for reason in row.reasons]
    assert any(reason.startswith("超期未整改1件−") for reason in reasons)


def test_a_year_counts_by_months_and_a_quarter_by_weeks(look: Look) -> None:
    year, quarter = made_of(look, "2026"), made_of(look, "2026-Q4")
    names = [f"{month}月" for month in range(1, 13)]
    assert [name for name, *_ in year.spans] == names and [count for _, count, *_ in year.spans][9:] == [2, 3, 0]
    assert quarter.spans[0][0] == "09-28" and len(quarter.spans) == 10
    assert sum(count for _, count, *_ in quarter.spans) == 5


@pytest.mark.parametrize("name", ["2026-11", "2026-Q4", "2026"])
def test_every_report_has_its_three_charts(look: Look, name: str) -> None:
    made = made_of(look, name)
    drawn = report_pictures.pictures(made)
    assert list(drawn) == list(report_pictures.CHARTS)
    paper = Document(io.BytesIO(report_files.docx(made, drawn)))
    assert len(paper.inline_shapes) == 3
    headings = [paragraph.text for paragraph in paper.paragraphs]
    assert headings[headings.index("三、好的和差的街路") + 1] != "四、问题最多的类别", "something stands under it"


def test_a_term_s_timeliness_is_that_of_all_its_months(look: Look) -> None:
    """Four of five in October and one of five in November are half of what was due, not the mean of the shares."""
    table = [
        replace(row, due=5, late=1 if row.month == "2026-10" else 4)
        for row in look.scored.table
        if row.month in ("2026-10", "2026-11")
    ]
    made = made_of(replace(look, scored=replace(look.scored, table=tuple(table))), "2026-Q4")
    (units,) = [group for (kind, _), group in made.groups.items() if kind == "单位"]
    assert next(row.on_time for row in units if row.target == "环卫所") == 0.5


def test_a_month_that_is_sealed_says_nothing_of_changes(look: Look) -> None:
    assert made_of(look, "2026-10").sealed and not made_of(look, "2026-11").sealed


def test_a_period_of_which_nothing_is_known_is_none(look: Look) -> None:
    wanted = period("2025-03")
    assert wanted and report(look, wanted) is None


def test_the_workbook_holds_numbers_and_no_formula(look: Look) -> None:
    made = made_of(look, "2026-11")
    content = report_files.xlsx(made, report_pictures.pictures(made))
    book = openpyxl.load_workbook(io.BytesIO(content))
    streets = [sheet for sheet in book if sheet.title.startswith("街路")]
    scores = {row[0]: row[2] for sheet in streets for row in sheet.iter_rows(min_row=2, values_only=True)}
    rows = [row for (kind, _), group in made.groups.items() if kind == "街路" for row in group]
    assert scores == {row.target: row.score / 100 for row in rows}
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert len(book["总的情况"]._images) == 3


def test_equal_reports_are_equal_papers_and_libreoffice_opens_them(look: Look, tmp_path: Path) -> None:
    made = made_of(look, "2026-11")
    drawn = report_pictures.pictures(made)
    assert list(drawn) == list(report_pictures.CHARTS)
    content = report_files.docx(made, drawn)
    assert content == report_files.docx(made_of(look, "2026-11"), report_pictures.pictures(made))
    paper = Document(io.BytesIO(content))
    texts = [paragraph.text for paragraph in paper.paragraphs]
    assert texts[0] == "2026年11月街路长制工作情况通报" and "还没有封存" in texts[2] and "签发：" in texts[-1]
    assert len(paper.inline_shapes) == 3
    path = tmp_path / "report.docx"
    path.write_bytes(content)
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    subprocess.run(["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)],
                   check=True, capture_output=True, timeout=120)  # fmt: skip
    pages = pypdfium2.PdfDocument(tmp_path / "report.pdf")
    assert "街路长制工作情况通报" in pages[0].get_textpage().get_text_range().replace(" ", "")


def test_without_a_chinese_font_the_report_has_no_picture(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_pictures, "font_file", lambda: None)
    made = made_of(look, "2026-11")
    assert report_pictures.pictures(made) == {}
    assert Document(io.BytesIO(report_files.docx(made, {}))).paragraphs[-1].text.startswith("签发")
