"""Promise 4: a sealed month verifies from an exported file alone, by the handbook's recipe or by ``jielu verify``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from sync.cli.main import main
from tests.book import hour
from tests.core.scores.test_seals import FIXED, OCTOBER
from tests.web_server import WebServer, web_server


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workbook with a sealed October: its folder, and the exported file."""
    folder = tmp_path_factory.mktemp("sealed")
    with web_server(folder) as one:
        october(one)
    assert jielu(folder, "export", f"{folder}/全部.xlsx").exit_code == 0
    return folder, f"{folder}/全部.xlsx"


def october(one: WebServer) -> None:
    one.add(OCTOBER)
    one.tick("2026-10-12 09:05")
    one.add(FIXED)
    one.tick("2026-10-12 09:50")
    one.tick("2026-10-31 09:00")
    one.tick("2026-11-05 09:00")


def jielu(folder: Path, *words: str):  # type: ignore[no-untyped-def]
    environment = {"JIELU_DATA": str(folder / "data"), "JIELU_SECRET": "a secret of the tests"}
    return CliRunner().invoke(main, [*words], env=environment)


def column(book: openpyxl.Workbook, sheet: str, *headers: str) -> list[tuple[str, ...]]:
    rows = list(book[sheet].iter_rows(values_only=True))
    at = [rows[0].index(header) for header in headers]
    return [tuple("" if row[i] is None else str(row[i]) for i in at) for row in rows[1:]]


def by_the_recipe(file: str, month: str) -> None:
    """The handbook's five steps and nothing of ``sync``."""
    book = openpyxl.load_workbook(file)
    digest = dict(column(book, "封存月份", "月份", "摘要值"))[month]
    rows = [row[1:] for row in column(book, "封存依据", "月份", "表", "行", "内容") if row[0] == month]
    text = "".join(f"{tab}\t{row}\t{content}\n" for tab, row, content in rows)
    assert hashlib.sha256(text.encode("utf-8")).hexdigest() == digest
    assert {row for row in column(book, "月度考核", "月份", "摘要值") if row[0] == month} == {(month, digest)}
    said = {row: content for tab, row, content in rows if tab == "封存"}
    rules = "\n".join(words for name, words in column(book, "封存规则", "规则摘要", "文字") if name == said["规则摘要"])
    assert hashlib.sha256(rules.encode("utf-8")).hexdigest() == said["规则摘要"]
    days = [row[1:] for row in column(book, "封存日历", "日历摘要", "项目", "内容") if row[0] == said["日历摘要"]]
    calendar = "".join(f"{item}\t{words}\n" for item, words in days)
    assert hashlib.sha256(calendar.encode("utf-8")).hexdigest() == said["日历摘要"]


def test_anybody_can_compute_the_digest_again(sealed: tuple[Path, str]) -> None:
    by_the_recipe(sealed[1], "2026-10")


def test_the_file_agrees_with_the_ledger_and_needs_nothing_else(sealed: tuple[Path, str], tmp_path: Path) -> None:
    folder, file = sealed
    live = json.loads(jielu(folder, "verify", "2026-10", "--json", "--now", "2026-11-05T10:00").output)
    environment = {"JIELU_DATA": str(tmp_path / "none"), "JIELU_RULES": str(tmp_path / "none.toml")}
    alone = CliRunner().invoke(main, ["verify", "2026-10", "--file", file, "--json"], env=environment)
    assert alone.exit_code == 0, alone.output
    found = json.loads(alone.output)
    assert found["agrees"] and live["agrees"]
    assert found["digest"] == found["now"] == live["digest"] == live["now"]
    assert not (tmp_path / "none").exists()


CHANGES = [
    ("问题台账", "问题描述", "垃圾成堆", "没什么", "20261012-001（第 2 行）「问题描述」：封存时「垃圾成堆」"),
    ("扣分明细", "分值", -0.2, 0, "「分值」：封存时「-0.2」，现在「0」"),
    ("月度考核", "得分", 99.8, 100, "「得分」：封存时「99.8」，现在「100」"),
    ("整改反馈", "整改后照片", "1.jpg", "8.jpg", "「整改后照片」：封存时「1.jpg」，现在「8.jpg」"),
    ("封存依据", "内容", None, None, "这张表本身被改过"),
    ("封存规则", "文字", "[score]", "[scores]", "「封存规则」规则摘要"),
    ("封存日历", "内容", "休息 国庆节", "上班", "「封存日历」日历摘要"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "header", "before", "after", "said"), CHANGES, ids=[one[0] for one in CHANGES])
def test_one_changed_cell_is_found_and_named(
    sealed: tuple[Path, str], tmp_path: Path, sheet: str, header: str, before: object, after: object, said: str
) -> None:
    book = openpyxl.load_workbook(sealed[1])
    names = [cell.value for cell in book[sheet][1]]
    cells = [row[names.index(header)] for row in book[sheet].iter_rows(min_row=2)]
    cell = next(one for one in cells if (before is None and "垃圾成堆" in str(one.value)) or one.value == before)
    cell.value = after if before is not None else str(cell.value).replace("垃圾成堆", "没什么")
    book.save(tmp_path / "改过.xlsx")
    done = CliRunner().invoke(main, ["verify", "2026-10", "--file", str(tmp_path / "改过.xlsx")])
    assert done.exit_code == 1, done.output
    assert said in done.output


def test_a_month_is_sealed_before_its_hour_only_when_it_is_over(tmp_path: Path) -> None:
    with web_server(tmp_path) as one:
        one.add(OCTOBER)
        one.tick("2026-10-12 09:05")
    early = jielu(tmp_path, "seal", "2026-10", "--now", "2026-10-31T18:00")
    assert (early.exit_code, "还没有过完" in early.output) == (2, True)
    assert jielu(tmp_path, "verify", "2026-10").exit_code == 2
    first = jielu(tmp_path, "seal", "2026-10", "--now", "2026-11-01T08:00", "--json")
    again = jielu(tmp_path, "seal", "2026-10", "--now", "2026-11-02T08:00", "--json")
    assert (first.exit_code, again.exit_code) == (0, 0)
    told, same = json.loads(first.output), json.loads(again.output)
    assert told["sealed_at"] == same["sealed_at"] == str(hour("2026-11-01 08:00"))
    assert (told["digest"], told["before"], same["before"]) == (same["digest"], False, True)
    assert jielu(tmp_path, "seal", "2026-13").exit_code == 2
    assert jielu(tmp_path, "seal", "2026-09", "--now", "2026-11-02T08:00").exit_code == 2


def test_the_old_word_for_sealing_works_and_is_shown_to_nobody(tmp_path: Path) -> None:
    with web_server(tmp_path) as one:
        one.add(OCTOBER)
        one.tick("2026-10-12 09:05")
    sealed = jielu(tmp_path, "close", "2026-10", "--now", "2026-11-01T08:00", "--json")
    assert sealed.exit_code == 0, sealed.output
    assert json.loads(sealed.output)["sealed_at"] == str(hour("2026-11-01 08:00"))
    listed = [line.split()[0] for line in jielu(tmp_path, "--help").output.splitlines() if line.startswith("  ")]
    assert "seal" in listed and "close" not in listed


def test_what_changed_after_the_seal_is_told_with_status_1(tmp_path: Path) -> None:
    with web_server(tmp_path) as one:
        october(one)
        row = one.book.worksheet("问题台账").row_values(1).index("位置") + 1
        one.book.worksheet("问题台账").update_cell(2, row, "二号")
    done = jielu(tmp_path, "verify", "2026-10", "--now", "2026-11-06T09:00")
    assert done.exit_code == 1
    assert "「位置」：封存时「一号」，现在「二号」" in done.output


def test_a_file_that_is_none_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("没有")
    openpyxl.Workbook().save(tmp_path / "b.xlsx")
    for name, said in (("a.xlsx", "不是 xlsx"), ("b.xlsx", "没有「封存月份」"), ("c.xlsx", "打不开")):
        done = CliRunner().invoke(main, ["verify", "2026-10", "--file", str(tmp_path / name)])
        assert (done.exit_code, said in done.output) == (2, True), done.output


def test_a_file_without_a_tab_or_with_a_line_too_many_never_agrees(sealed: tuple[Path, str], tmp_path: Path) -> None:
    for change in ("问题台账", "扣分明细"):
        book = openpyxl.load_workbook(sealed[1])
        if change == "问题台账":
            del book[change]
        else:
            head = [cell.value for cell in book[change][1]]
            book[change].append([{"明细号": "假", "月份": "2026-10"}.get(str(name)) for name in head])
        book.save(tmp_path / "改.xlsx")
        found = jielu(tmp_path, "verify", "2026-10", "--file", f"{tmp_path}/改.xlsx")
        assert found.exit_code == 1
        assert ("不能核对：「问题台账」" if change == "问题台账" else "现在「假」") in found.output
