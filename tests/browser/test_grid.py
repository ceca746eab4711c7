"""The grid as staff use it: real keys, real clipboard, several people at once."""

from __future__ import annotations

import csv
import re
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Enter, faults
from tests.web_server import OPERATOR, WebServer
from webhook.grid import packed as packing
from webhook.grid import page as grid_page


def sheet(page: Page, web: WebServer, title: str) -> Page:
    """The grid, open at a tab, ready to type."""
    page.goto(f"{web.url}/grid")
    page.locator("#tabs a", has_text=re.compile(f"^{title}$")).click()
    expect(page.locator("#tabs a[aria-current]")).to_have_text(title)
    until(page, f"document.getElementById('grid').grid.sheet.title === {title!r}")
    page.wait_for_selector("#grid .cell:not(.waits)", state="attached")
    until(page, "!document.querySelector('#grid .cell.waits')")  # what is not read yet can't be copied
    expect(page.locator("#state")).to_have_text("已保存")
    return page


def go(page: Page, line: int, header: str) -> None:
    """Stand on a cell: the n-th row under the header (1 is the first)."""
    page.evaluate(
        "([line, header]) => { const g = document.getElementById('grid').grid;"
        " g.select(line - 1, g.sheet.columns.findIndex((c) => c.header === header)); }",
        [line, header],
    )


def reach(page: Page, *ends: int) -> None:
    """Select from one line and column (from 0) to another."""
    page.evaluate(
        "([line, column, line2, column2]) => { const g = document.getElementById('grid').grid;"
        " g.select(line, column); g.select(line2, column2, true); }",
        list(ends),
    )


def saved(page: Page) -> None:
    until(page, "document.getElementById('grid').grid.waiting() === 0")


def until(page: Page, holds: str, seconds: float = 10) -> None:
    """Wait until an expression holds in the page (the page's own policy forbids it to evaluate texts itself)."""
    end = time.monotonic() + seconds
    while not page.evaluate(holds):
        assert time.monotonic() < end, f"never: {holds}"
        page.wait_for_timeout(30)


def test_typing_lands_in_the_sheet_and_the_service_s_columns_refuse(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "填报人")
    for text in ("街路长01", "街路长自查", "新正街", "12号门前", "暴露垃圾"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    saved(page)
    assert web.rows("问题台账", "填报人", "来源", "街路", "位置", "类别") == [
        ("街路长01", "街路长自查", "新正街", "12号门前", "暴露垃圾")
    ]
    go(page, 1, "编号")
    page.keyboard.type("7")
    expect(page.locator("#said")).to_contain_text("「编号」由系统填写")
    web.tick()
    expect(page.locator(".cell.owned", has_text=re.compile(r"^\d{8}-\d{3}$"))).to_be_visible()
    assert faults(page) == []


def test_a_tab_whose_link_the_browser_follows_by_itself_is_opened(enter: Enter, web: WebServer) -> None:
    """As it does with a tap from before the page's script listened, and with its own button back."""
    page = sheet(enter(OPERATOR), web, "问题台账")
    link = page.locator("#tabs a", has_text=re.compile("^扣分明细$")).get_attribute("href")
    page.evaluate("(link) => { location.hash = link; }", link)
    expect(page.locator("#tabs a[aria-current]")).to_have_text("扣分明细")


def test_without_the_packed_file_the_scripts_are_loaded_each_for_itself(
    enter: Enter, web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a checkout where npm is not there."""
    static = tmp_path / "static"
    static.mkdir()
    (static / "grid").symlink_to(packing.SCRIPTS)
    monkeypatch.setattr(grid_page, "page_scripts", lambda: packing.page_scripts(static))
    page = sheet(enter(OPERATOR), web, "问题台账")
    assert page.locator("script[src='/static/grid/main.js']").count() == 1
    assert page.locator("link[rel=modulepreload]").count() > 30
    go(page, 1, "填报人")
    page.keyboard.type("街路长01")
    page.keyboard.press("Enter")
    saved(page)
    assert web.rows("问题台账", "填报人") == [("街路长01",)] and faults(page) == []


def clipboard(page: Page, web: WebServer) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=web.url)


def paste(page: Page, text: str) -> None:
    """Ctrl+V of what another program copied."""
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")
    saved(page)


# As Excel copies: quotes around cells with line breaks and quotes, leading zeros, texts that look like formulas.
EXCEL = (
    '街路长01\t督查\t新正街\t"门口\n第二行"\t暴露垃圾\t一般\t"他说""好"""\r\n'
    "007\t督查\t联胜路\t=1+1\t占道经营\t\t@SUM(A1)\r\n"
)


def test_what_excel_copies_is_pasted_as_it_stands_and_copied_out_again(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    clipboard(page, web)
    go(page, 1, "填报人")
    paste(page, EXCEL)
    assert web.rows("问题台账", "填报人", "来源", "街路", "位置", "类别", "严重程度", "问题描述") == [
        ("街路长01", "督查", "新正街", "门口\n第二行", "暴露垃圾", "一般", '他说"好"'),
        ("007", "督查", "联胜路", "=1+1", "占道经营", "", "@SUM(A1)"),
    ]
    page.keyboard.press("Control+c")
    plain = EXCEL.replace("\r\n", "\n").rstrip("\n").replace('"他说""好"""', '他说"好"')
    assert page.evaluate("navigator.clipboard.readText()") == plain
    go(page, 1, "填报时间")
    paste(page, "2026-11-24 9:30\n2026年11月24日\n")
    assert web.rows("问题台账", "填报时间") == [("2026-11-24 09:30",), ("2026-11-24 00:00",)]


def test_what_is_pasted_beside_what_was_just_typed_stays_in_its_row(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    clipboard(page, web)
    go(page, 1, "填报人")
    page.keyboard.type("街路长01")
    page.keyboard.press("Tab")
    saved(page)
    paste(page, "督查\t新正街")
    assert web.rows("问题台账", "填报人", "来源", "街路") == [("街路长01", "督查", "新正街")]


def test_what_is_copied_out_is_the_same_in_libreoffice(enter: Enter, web: WebServer, tmp_path: Path) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    clipboard(page, web)
    go(page, 1, "填报人")
    paste(page, '007\t督查\t新正街\t=1+1\t暴露垃圾\t\t1/2\n\'x\t督查\t<b>街</b>\t-5\t12%\t\t"两\n行"\n')
    go(page, 1, "填报时间")
    paste(page, "2026-11-24 9:30\n")
    reach(page, 0, 4, 1, 11)
    page.keyboard.press("Control+c")
    html = page.evaluate("async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()")
    (tmp_path / "copied.html").write_text(html, "utf-8")
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--infilter=HTML (StarCalc)",
         "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false", "--outdir", str(tmp_path),
         str(tmp_path / "copied.html")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / "copied.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if any(row)]
    assert rows == [
        ["2026-11-24 09:30", "007", "督查", "新正街", "=1+1", "暴露垃圾", "", "1/2"],
        ["", "'x", "督查", "<b>街</b>", "-5", "12%", "", "两\n行"],
    ]


def test_undo_takes_back_one_s_own_edits_only(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 位置 | 问题描述\n甲 | 一号 | 原来\n乙 | 二号 | 原来")
    ours, theirs = sheet(enter(OPERATOR), web, "问题台账"), sheet(enter("标准化办01"), web, "问题台账")
    for page, line, header, text in (
        (ours, 1, "问题描述", "我们的一"),
        (ours, 2, "问题描述", "我们的二"),
        (theirs, 2, "问题描述", "他们的"),
        (theirs, 1, "位置", "他们的位置"),
    ):
        if text == "他们的":  # over a value that its author did not see it would be refused
            expect(theirs.locator("#grid .cell", has_text="我们的二")).to_be_visible()
        go(page, line, header)
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        saved(page)
    expect(ours.locator("#grid .cell", has_text="他们的位置")).to_be_visible()
    ours.keyboard.press("Control+z")  # 我们的二, which somebody changed since
    expect(ours.locator("#said")).to_contain_text("后来被别人改过")
    ours.keyboard.press("Control+z")
    saved(ours)
    assert web.rows("问题台账", "位置", "问题描述") == [("他们的位置", "原来"), ("二号", "他们的")]
    ours.keyboard.press("Control+y")
    saved(ours)
    assert web.rows("问题台账", "位置", "问题描述") == [("他们的位置", "我们的一"), ("二号", "他们的")]


def test_rows_inserted_deleted_and_sorted_come_back_whole(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 问题描述\n丙 | 三\n甲 | 一\n乙 | 二")
    web.tick()
    page = sheet(enter(OPERATOR), web, "问题台账")
    before = web.rows("问题台账", "编号", "填报人", "问题描述")
    go(page, 2, "填报人")
    page.get_by_role("button", name="删行").click()
    saved(page)
    assert len(web.rows("问题台账", "编号")) == 2
    page.keyboard.press("Control+z")
    saved(page)
    assert web.rows("问题台账", "编号", "填报人", "问题描述") == before
    page.locator(".title", has_text="填报人").get_by_role("button").click()
    page.get_by_role("button", name="升序（所有人看到的顺序都会变）").click()
    saved(page)
    order = [row[0] for row in web.rows("问题台账", "填报人")]
    assert order == sorted(order) and order != ["丙", "甲", "乙"]
    page.keyboard.press("Control+z")
    saved(page)
    assert web.rows("问题台账", "编号", "填报人", "问题描述") == before
    go(page, 1, "填报人")
    page.get_by_role("button", name="上面加行").click()
    saved(page)
    page.keyboard.type("新的")
    page.keyboard.press("Enter")
    saved(page)
    assert [row[0] for row in web.rows("问题台账", "填报人")] == ["新的", "丙", "甲", "乙"]


def test_a_change_from_elsewhere_leaves_the_cell_in_hand_alone(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 问题描述\n甲 | 原来\n乙 | 第二行")
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 2, "问题描述")
    page.keyboard.type("写到一半")
    tab = web.book.worksheet("问题台账")
    tab.insert_row(["", "", "", "", "", "丁"], 2)  # the row in hand moves down by one
    expect(page.locator("#grid .cell", has_text="丁")).to_be_visible()
    tab.update([["别人写的"]], f"L{4}", raw=True)
    expect(page.locator("#said")).to_contain_text("刚把这一格改成「别人写的」")
    web.tick()
    page.keyboard.type("，写完了")
    page.keyboard.press("Enter")
    saved(page)
    assert web.rows("问题台账", "填报人", "问题描述") == [("丁", ""), ("甲", "原来"), ("乙", "写到一半，写完了")]


def test_pinyin_is_typed_into_the_cell_that_is_selected(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "问题描述")
    client = page.context.new_cdp_session(page)
    for text in ("l", "la", "la ji"):
        client.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Process"})
        client.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    client.send("Input.insertText", {"text": "垃圾成堆"})
    page.keyboard.press("Enter")
    saved(page)
    assert web.rows("问题台账", "问题描述") == [("垃圾成堆",)]
    go(page, 2, "类别")
    page.keyboard.type("暴露")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    saved(page)
    assert web.rows("问题台账", "类别") == [("",), ("暴露垃圾",)]


def test_problems_show_at_the_very_cell(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 来源 | 街路 | 类别 | 问题描述\n街路长01 | 督查 | 新正接 | 暴露垃圾 | 一堆")
    web.tick()
    page = sheet(enter(OPERATOR), web, "问题台账")
    wrong = page.locator("#grid .cell.wrong")
    expect(wrong).to_have_count(1)
    expect(wrong).to_have_text("新正接")
    assert "是不是「新正街」" in str(wrong.get_attribute("title"))


def test_a_filter_is_one_s_own_and_finds_rows_that_were_never_loaded(enter: Enter, web: WebServer) -> None:
    rows = "\n".join(f"人{n} | 第{n}条" for n in range(1, 901))
    web.add(f"问题台账\n填报人 | 问题描述\n{rows}\n最后 | 藏在最下面")
    ours, theirs = sheet(enter(OPERATOR), web, "问题台账"), sheet(enter("标准化办01"), web, "问题台账")
    ours.get_by_label("查找").fill("藏在")
    ours.get_by_role("button", name="只看这些行").click()
    expect(ours.locator("#grid .cell", has_text="藏在最下面")).to_be_visible()
    assert ours.evaluate("document.getElementById('grid').grid.sheet.lines") == 1
    assert theirs.evaluate("document.getElementById('grid').grid.sheet.lines") > 900
    go(ours, 1, "问题描述")
    ours.keyboard.type("找到了")
    ours.keyboard.press("Enter")
    saved(ours)
    assert web.rows("问题台账", "填报人", "问题描述")[-1] == ("最后", "找到了")


def test_nothing_typed_is_lost_while_the_server_can_t_be_reached(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.context.set_offline(True)
    go(page, 1, "填报人")
    for text in ("街路长01", "督查"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.locator("#state")).to_contain_text("2 处修改还没有保存")
    page.context.set_offline(False)
    saved(page)
    assert web.rows("问题台账", "填报人", "来源") == [("街路长01", "督查")]


def test_what_is_typed_after_the_session_is_over_is_saved_once_its_person_signed_in_again(
    enter: Enter, web: WebServer
) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.context.clear_cookies()
    go(page, 1, "填报人")
    for text in ("街路长01", "督查"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.locator("#state")).to_contain_text("登录已经过期，2 处修改还没有保存")
    assert web.rows("问题台账", "填报人", "来源") == []
    other = page.context.new_page()
    other.goto(web.link(OPERATOR))
    other.get_by_role("button", name="进入").click()
    saved(page)
    assert web.rows("问题台账", "填报人", "来源") == [("街路长01", "督查")]


def test_where_a_filter_shows_nothing_nothing_is_typed(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 问题描述\n甲 | 一")
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.get_by_label("查找").fill("没有的")
    page.get_by_role("button", name="只看这些行").click()
    until(page, "document.getElementById('grid').grid.sheet.lines === 0")
    page.keyboard.type("写在哪里")
    expect(page.locator("#said")).to_contain_text("没有符合筛选的行")
    page.get_by_role("button", name="下面加行").click()
    saved(page)
    assert web.rows("问题台账", "填报人", "问题描述") == [("甲", "一")]


def test_the_last_column_goes_while_it_is_selected(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.keyboard.press("Control+End")
    count = int(page.evaluate("document.getElementById('grid').grid.sheet.columns.length"))
    page.evaluate("document.getElementById('grid').grid.commands.run('addColumn')")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {count + 1}")
    page.keyboard.press("End")
    page.on("dialog", lambda dialog: dialog.accept())
    page.evaluate("document.getElementById('grid').grid.commands.run('dropColumn')")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {count}")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("还能写")
    page.keyboard.press("Enter")
    saved(page)


def test_an_edit_on_its_way_when_its_author_opens_another_tab_is_saved_and_taken_back(
    enter: Enter, web: WebServer
) -> None:
    web.add("问题台账\n填报人 | 问题描述\n甲 | 一")
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "问题描述")
    page.keyboard.type("二")
    page.locator("#tabs a", has_text=re.compile("^履职记录$")).click()  # what is in hand is written
    page.locator("#tabs a", has_text=re.compile("^整改反馈$")).click()
    expect(page.locator("#tabs a[aria-current]")).to_have_text("整改反馈")
    saved(page)
    assert web.rows("问题台账", "问题描述") == [("二",)]
    page.locator("#tabs a", has_text=re.compile("^问题台账$")).click()
    expect(page.locator("#tabs a[aria-current]")).to_have_text("问题台账")
    page.keyboard.press("Control+z")
    saved(page)
    assert web.rows("问题台账", "问题描述") == [("一",)]


def test_what_is_typed_while_another_tab_is_read_falls_into_neither(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 问题描述\n甲 | 一")
    page, held = sheet(enter(OPERATOR), web, "问题台账"), list[Route]()
    go(page, 1, "问题描述")
    page.route("**/grid/order/*", lambda route: held.append(route))
    page.locator("#tabs a", has_text=re.compile("^履职记录$")).click()
    page.keyboard.type("太早了")
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("#tabs a[aria-current]")).to_have_text("履职记录")
    saved(page)
    assert web.rows("问题台账", "问题描述") == [("一",)] and web.rows("履职记录", "内容") == []
