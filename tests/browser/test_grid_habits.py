"""What people of Excel and WPS do without thinking, one habit a test: the grid does the same."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pypdfium2
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, Request, expect

from tests.book import ZONE
from tests.browser.conftest import Enter, faults
from tests.browser.test_grid import go, saved, sheet, until
from tests.intake.test_forms import ISSUE, body, post, upload
from tests.intake.test_photos import jpeg, scene
from tests.web_server import OPERATOR, WebServer
from webhook.grid.packed import page_scripts

GRID = "document.getElementById('grid').grid"
THREE = """
    问题台账
    填报人 | 来源 | 街路 | 问题描述
    甲 | 督查 | 新正街 | =1+1
    乙 | 街路长自查 | 联胜路 | 藏在中间
    丙 | 督查 | 联胜路 | 最后
"""


def exported(page: Page, item: str, tmp_path: Path) -> dict[str, list[list[object]]]:
    """The filled cells of each sheet of the file that the menu 导出 gives, row by row."""
    page.get_by_role("button", name="导出", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    book = load_workbook(file)
    return {
        sheet.title: [[cell.value for cell in row if cell.value not in ("", None)] for row in sheet.iter_rows()]
        for sheet in book.worksheets
    }


def test_the_tab_the_filtered_rows_and_the_whole_workbook_are_exported(
    enter: Enter, web: WebServer, tmp_path: Path
) -> None:
    web.add(THREE)
    own = web.book.add_worksheet("本局/备忘", 5, 2)
    own.update([["事项", "数"], ["=HYPERLINK(1)", 12]], "A1", raw=True)
    page = sheet(enter(OPERATOR), web, "问题台账")
    tab = exported(page, "这个工作表", tmp_path)
    assert [*tab] == ["问题台账"] and tab["问题台账"][1:4] == [
        ["甲", "督查", "新正街", "=1+1"],
        ["乙", "街路长自查", "联胜路", "藏在中间"],
        ["丙", "督查", "联胜路", "最后"],
    ]
    page.get_by_role("button", name="筛选和排序：街路", exact=True).click()
    page.get_by_label("含有").fill("联胜")
    page.keyboard.press("Enter")
    until(page, f"{GRID}.sheet.lines === 2")
    rows = exported(page, "筛选出来的行", tmp_path)["问题台账"]
    assert [row[0] for row in rows[1:] if row] == ["乙", "丙"]
    whole = exported(page, "整个工作簿", tmp_path)
    assert {"问题台账", "街路名册", "组织架构", "本局_备忘"} <= {*whole}
    assert whole["本局_备忘"] == [["事项", "数"], ["=HYPERLINK(1)", 12]]
    assert faults(page) == []


def test_no_export_holds_a_formula_or_a_mobile_number(enter: Enter, web: WebServer, tmp_path: Path) -> None:
    tab = web.book.worksheet("组织架构")
    tab.update_cell(2, tab.row_values(1).index("手机") + 1, "13800000000")
    web.add(THREE)
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.get_by_role("button", name="导出", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="整个工作簿").click()
    file = tmp_path / "all.xlsx"
    download.value.save_as(file)
    cells = [cell for part in load_workbook(file).worksheets for row in part.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert not [cell.value for cell in cells if cell.data_type == "f" or "13800000000" in str(cell.value)]


def typed(page: Page, line: int, header: str, text: str) -> None:
    go(page, line, header)
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")
    saved(page)


def item(page: Page, name: str) -> None:
    """Opens the menu at the cell by its key, and takes an item."""
    page.keyboard.press("ContextMenu")
    page.get_by_role("menuitem", name=name, exact=True).click()


def test_a_cell_says_who_changed_it_and_is_put_back(enter: Enter, web: WebServer) -> None:
    web.add(THREE)
    ours, theirs = sheet(enter(OPERATOR), web, "问题台账"), sheet(enter("标准化办01"), web, "问题台账")
    typed(ours, 2, "问题描述", "第一次改")
    web.tick()
    expect(theirs.locator("#grid .cell", has_text="第一次改")).to_be_visible()
    typed(theirs, 2, "问题描述", "第二次改")
    tab = web.book.worksheet("问题台账")
    tab.update_cell(3, tab.row_values(1).index("问题描述") + 1, "别的程序写的")
    web.tick()
    expect(ours.locator("#grid .cell", has_text="别的程序写的")).to_be_visible()
    go(ours, 2, "问题描述")
    ours.locator("#grid .cell", has_text="别的程序写的").click(button="right")
    ours.get_by_role("menuitem", name="这一格谁改过").click()
    entries = ours.get_by_role("dialog").locator(".entry")
    expect(entries).to_have_count(3)
    expect(entries.nth(0)).to_contain_text("不是在表格里改的")
    expect(entries.nth(0)).to_contain_text("「第二次改」 → 「别的程序写的」")
    expect(entries.nth(1)).to_contain_text("标准化办01")
    expect(entries.nth(1)).to_contain_text("「第一次改」 → 「第二次改」")
    expect(entries.nth(2)).to_contain_text("「藏在中间」 → 「第一次改」")
    assert faults(ours) == []
    entries.nth(2).get_by_role("button", name="恢复成「藏在中间」").click()
    saved(ours)
    assert web.rows("问题台账", "问题描述")[1] == ("藏在中间",)
    ours.keyboard.press("Control+z")
    saved(ours)
    assert web.rows("问题台账", "问题描述")[1] == ("别的程序写的",)


def test_the_menu_opens_by_its_key_and_cuts_copies_pastes_clears_inserts_and_deletes(
    enter: Enter, web: WebServer
) -> None:
    web.add(THREE)
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=web.url)
    go(page, 1, "填报人")
    item(page, "复制")
    go(page, 2, "填报人")
    item(page, "粘贴")
    expect(page.locator("#grid .cell", has_text=re.compile("^甲$"))).to_have_count(2)  # the clipboard is read first
    saved(page)
    assert web.rows("问题台账", "填报人") == [("甲",), ("甲",), ("丙",)]
    go(page, 3, "填报人")
    item(page, "剪切")
    saved(page)
    assert web.rows("问题台账", "填报人") == [("甲",), ("甲",), ("",)]
    go(page, 1, "填报人")
    page.keyboard.press("Shift+F10")
    page.keyboard.press("Escape")
    page.keyboard.insert_text("丁")  # the keyboard is back at the cell
    page.keyboard.press("Enter")
    go(page, 2, "填报人")
    item(page, "清除内容")
    go(page, 1, "填报人")
    item(page, "上面加行")
    until(page, f"{GRID}.sheet.order.length === 5")
    item(page, "删除这些行")
    until(page, f"{GRID}.sheet.order.length === 4")
    saved(page)
    assert web.rows("问题台账", "填报人") == [("丁",), ("",), ("",)]


def test_find_goes_to_the_next_and_the_previous_and_hides_nothing(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 位置\n" + "\n".join(f"人{n} | 第{n}号" for n in range(1, 701)) + "\n底 | 第7号对面")
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.keyboard.press("Control+f")
    page.keyboard.insert_text("第7号")
    page.keyboard.press("Enter")
    expect(page.locator("#matches")).to_have_text("1 / 2")
    expect(page.locator("#content")).to_have_text("第7号")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_have_text("第7号对面")  # a row that was not here yet
    page.keyboard.press("Enter")  # round the end
    expect(page.locator("#content")).to_have_text("第7号")
    page.get_by_role("button", name="上一个").click()
    expect(page.locator("#matches")).to_have_text("2 / 2")
    assert page.evaluate(f"{GRID}.sheet.lines") > 700
    page.get_by_label("查找").fill("没有的字")
    page.keyboard.press("Enter")
    expect(page.locator("#matches")).to_have_text("没有找到")
    page.keyboard.press("Escape")
    page.keyboard.press("F2")
    expect(page.locator("#grid .field.open")).to_be_focused()


def test_replace_says_in_how_many_cells_first_and_is_taken_back(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 街路 | 位置\n" + "\n".join(f"人{n} | 新正街 | 老地方{n}" for n in range(1, 601)))
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.keyboard.press("Control+h")
    page.keyboard.insert_text("老地方")
    page.get_by_label("换成").fill("新地方")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.get_by_role("button", name="全部换").click()
    saved(page)
    expect(page.locator("#grid .cell", has_text="老地方1").first).to_be_visible()
    assert "有 600 格" in asked[0] and "「老地方」换成「新地方」" in asked[0]
    page.get_by_role("button", name="下一个").click()
    expect(page.locator("#content")).to_have_text("老地方1")
    page.get_by_role("button", name="换这一个").click()
    expect(page.locator("#content")).to_have_text("老地方2")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="全部换").click()
    expect(page.locator("#said")).to_contain_text("换了 599 格")
    saved(page)
    assert {place for (place,) in web.rows("问题台账", "位置")} == {f"新地方{n}" for n in range(1, 601)}
    page.get_by_role("button", name="撤销").last.click()
    saved(page)
    assert web.rows("问题台账", "位置")[1:3] == [("老地方2",), ("老地方3",)]
    assert faults(page) == []


def filter_of(page: Page, header: str) -> None:
    page.get_by_role("button", name=f"筛选和排序：{header}", exact=True).click()


def shown(page: Page, words: str) -> None:
    expect(page.locator("#shown")).to_have_text(words)


def test_days_are_filtered_by_year_month_day_by_words_and_from_to(enter: Enter, web: WebServer) -> None:
    now = datetime.now(ZONE)
    last_month = now.replace(day=1) - timedelta(days=1)
    days = [now, now, last_month, datetime(2019, 12, 31, tzinfo=ZONE), datetime(2019, 12, 1, tzinfo=ZONE)]
    lines = "\n".join(f"{day:%Y-%m-%d} 09:0{n} | 人{n}" for n, day in enumerate(days))
    web.add(f"问题台账\n填报时间 | 填报人\n{lines}")
    page = sheet(enter(OPERATOR), web, "问题台账")
    shown(page, "共 5 行")
    for words, count in (("今天", 2), ("本月", 2), ("上月", 1)):
        filter_of(page, "填报时间")
        page.get_by_role("button", name=words, exact=True).click()
        shown(page, f"显示 {count} 行，共 5 行")
    assert faults(page) == []
    page.get_by_role("button", name="看全部行").click()
    shown(page, "共 5 行")
    filter_of(page, "填报时间")
    page.get_by_label("（全选）").uncheck()
    year = page.locator("details.fold", has_text="2019年").first
    year.locator("summary").first.click(position={"x": 2, "y": 8})
    year.get_by_label("12月").check()
    expect(page.get_by_label("2019年")).to_be_checked()
    page.locator("#grid .panel button.main:visible").click()
    shown(page, "显示 2 行，共 5 行")
    filter_of(page, "填报时间")
    month = year.locator(".fold", has_text="12月").first
    year.locator("summary").first.click(position={"x": 2, "y": 8})
    month.locator("summary").click(position={"x": 2, "y": 8})
    month.get_by_label("31日（1）").uncheck()
    page.locator("#grid .panel button.main:visible").click()
    shown(page, "显示 1 行，共 5 行")
    filter_of(page, "填报时间")
    page.get_by_role("button", name="取消这一列的筛选").click()
    filter_of(page, "填报时间")
    page.get_by_label("从", exact=True).fill("2019-12-02")
    page.get_by_label("到", exact=True).fill("2019-12-31")
    page.locator("#grid .panel button.main:visible").click()
    shown(page, "显示 1 行，共 5 行")
    filter_of(page, "填报时间")
    expect(page.get_by_label("到", exact=True)).to_have_value("2019-12-31")


def test_rows_are_sorted_by_several_columns(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 街路 | 位置\n乙 | 新正街 | 1\n甲 | 联胜路 | 2\n乙 | 联胜路 | 3\n甲 | 新正街 | 4")
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "填报人")
    item(page, "按几列排序…")
    page.get_by_label("第2列", exact=True).select_option(label="H 街路")
    page.get_by_label("第2列的次序").select_option("降序")
    assert faults(page) == []
    page.get_by_role("button", name="排序", exact=True).click()
    until(page, f"{GRID}.edits.history.done.length === 1")
    people, streets = zip(*web.rows("问题台账", "填报人", "街路"), strict=True)
    assert people[0] == people[1] and people[2] == people[3] and people[0] != people[2]
    assert streets[0] == streets[2] and streets[1] == streets[3] and streets[0] != streets[1]
    page.keyboard.press("Control+z")
    until(page, f"{GRID}.edits.history.done.length === 0")
    saved(page)
    assert [place for (place,) in web.rows("问题台账", "位置")] == ["1", "2", "3", "4"]


def address(page: Page, cell: str) -> None:
    expect(page.locator("#address")).to_have_text(cell)


def test_today_and_the_hour_by_a_key(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    before = datetime.now(ZONE)
    go(page, 1, "填报时间")
    page.keyboard.press("Control+;")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+;")
    page.keyboard.insert_text(" ")
    page.keyboard.press("Control+Shift+:")
    page.keyboard.press("Enter")
    go(page, 1, "问题描述")
    page.keyboard.insert_text("查于")
    page.keyboard.press("Control+;")
    page.keyboard.press("Enter")
    saved(page)
    times = {before, datetime.now(ZONE)}
    [(midnight, text), (hour, _)] = web.rows("问题台账", "填报时间", "问题描述")
    assert midnight in {f"{at:%Y-%m-%d} 00:00" for at in times} and hour in {f"{at:%Y-%m-%d %H:%M}" for at in times}
    assert text in {f"查于{at:%Y-%m-%d}" for at in times}


def test_ctrl_and_an_arrow_lead_to_the_edge_of_a_block(enter: Enter, web: WebServer) -> None:
    places = ["一", "二", "三", "", "", *(f"{n}" for n in range(900))]
    web.add("问题台账\n填报人 | 位置\n" + "\n".join(f"甲 | {place}" for place in places))
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "位置")
    for key, cell in (
        ("ArrowDown", "I4"), ("ArrowDown", "I7"), ("ArrowDown", "I906"), ("ArrowUp", "I7"), ("ArrowUp", "I4"),
        ("ArrowLeft", "F4"), ("ArrowLeft", "A4"), ("ArrowRight", "F4"), ("ArrowRight", "I4"),
    ):  # fmt: skip
        page.keyboard.press(f"Control+{key}")
        address(page, cell)
    page.keyboard.press("Control+Shift+ArrowUp")
    expect(page.locator("#count")).to_contain_text("3 行 × 1 列")


def test_rows_and_columns_are_selected_whole_and_tabs_turned_by_keys(enter: Enter, web: WebServer) -> None:
    web.add(THREE)
    page = sheet(enter(OPERATOR), web, "问题台账")
    columns = page.evaluate(f"{GRID}.sheet.columns.length")
    go(page, 2, "街路")
    page.keyboard.press("Shift+Space")
    expect(page.locator("#count")).to_contain_text(f"1 行 × {columns} 列")
    go(page, 2, "街路")
    page.keyboard.press("Control+Space")
    expect(page.locator("#count")).to_contain_text("行 × 1 列")
    saved(page)
    assert web.rows("问题台账", "街路")[1] == ("联胜路",)
    current = page.locator("#tabs a[aria-current]")
    page.keyboard.press("Control+PageDown")
    expect(current).to_have_text("整改反馈")
    until(page, f"{GRID} && {GRID}.sheet.title === '整改反馈'")
    page.keyboard.press("Control+Shift+PageUp")
    expect(current).to_have_text("问题台账")


def test_enter_after_tabs_goes_back_to_the_column_where_they_began(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "填报人")
    for line in ("甲", "乙"):
        page.keyboard.insert_text(line)
        page.keyboard.press("Tab")
        page.keyboard.insert_text("督查")
        page.keyboard.press("Tab")
        page.keyboard.insert_text("新正街")
        page.keyboard.press("Enter")
    address(page, "F4")
    go(page, 1, "来源")
    page.keyboard.press("Enter")
    address(page, "G3")
    saved(page)
    assert web.rows("问题台账", "填报人", "来源", "街路") == [("甲", "督查", "新正街"), ("乙", "督查", "新正街")]


def test_the_first_letters_of_pinyin_choose_and_tab_or_enter_takes_the_first_that_fits(
    enter: Enter, web: WebServer
) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "街路")
    page.keyboard.type("xzj")
    expect(page.get_by_role("option", selected=True)).to_have_text("新正街")
    page.keyboard.press("Tab")
    go(page, 1, "类别")
    page.keyboard.type("bllj")
    page.keyboard.press("Enter")
    saved(page)
    assert web.rows("问题台账", "街路", "类别") == [("新正街", "暴露垃圾")]


def drag_handle(page: Page, down: int, across: int, *, ctrl: bool = False) -> None:
    """Drags the small square of the selection so many lines down and columns (as wide as the first) across."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # it is drawn
    box = page.locator("#grid .handle").bounding_box()
    assert box
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    if ctrl:
        page.keyboard.down("Control")
    page.mouse.down()
    page.mouse.move(box["x"] + 2 + 75 * across, box["y"] + 26 * down, steps=5)
    page.mouse.up()
    if ctrl:
        page.keyboard.up("Control")
    saved(page)


def test_dragging_goes_on_with_a_series_down_and_to_the_right(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报时间 | 位置 | 经度 | 纬度\n2026-11-24 00:00 | 1号 | 110.5 | 26\n | | 111 |")
    page = sheet(enter(OPERATOR), web, "问题台账")
    for header, lines in (("填报时间", 1), ("位置", 1), ("经度", 2)):
        go(page, 1, header)
        if lines == 2:
            page.keyboard.press("Shift+ArrowDown")
        drag_handle(page, 4 - lines, 0)
    assert web.rows("问题台账", "填报时间", "位置", "经度") == [
        (f"2026-11-{24 + n} 00:00", f"{n + 1}号", str(number)) for n, number in enumerate((110.5, 111, 111.5, 112))
    ]
    go(page, 1, "经度")
    page.keyboard.press("Shift+ArrowDown")
    drag_handle(page, 2, 0, ctrl=True)
    assert [number for (number,) in web.rows("问题台账", "经度")] == ["110.5", "111", "110.5", "111"]
    go(page, 1, "经度")
    drag_handle(page, 0, 1)
    assert web.rows("问题台账", "纬度")[0] == ("110.5",)
    page.keyboard.press("Control+z")
    saved(page)
    assert web.rows("问题台账", "纬度")[0] == ("26",)


def test_ctrl_d_and_ctrl_r_copy(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 位置 | 经度\n甲 | 1号 | 110\n乙 | | ")
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 2, "位置")
    page.keyboard.press("Control+d")
    go(page, 1, "纬度")
    page.keyboard.press("Control+r")
    saved(page)
    assert web.rows("问题台账", "位置", "纬度") == [("1号", "110"), ("1号", "")]


def test_a_selection_says_its_count_sum_and_mean(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 经度 | 纬度\n甲 | 110.5 | 26\n乙 | 111 | 27.5\n丙 | |")
    page, count = sheet(enter(OPERATOR), web, "问题台账"), None
    count = page.locator("#count")
    go(page, 1, "经度")
    expect(count).to_have_text("")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    expect(count).to_have_text("选了 2 行 × 2 列 · 计数 4 · 求和 275 · 平均 68.75")
    go(page, 1, "填报人")
    page.keyboard.press("Shift+ArrowDown")
    expect(count).to_have_text("选了 2 行 × 1 列 · 计数 2")


def test_a_whole_long_column_is_summed_as_filtered(enter: Enter, web: WebServer) -> None:
    tab = web.book.add_worksheet("大表", 3001, 40)
    tab.update([["名", *map(str, range(39))], *([["甲" if n % 2 else "乙", *[1] * 39] for n in range(3000)])], "A1")
    page = sheet(enter(OPERATOR), web, "大表")
    go(page, 1, "0")
    page.keyboard.press("Control+a")
    expect(page.locator("#count")).to_contain_text("计数 120000 · 求和 117000 · 平均 1")
    filter_of(page, "名")
    page.get_by_label("含有").fill("甲")
    page.keyboard.press("Enter")
    shown(page, "显示 1500 行，共 3000 行")
    page.keyboard.press("Control+a")
    expect(page.locator("#count")).to_contain_text("计数 60000 · 求和 58500 · 平均 1")


def test_words_to_the_person_cover_no_row(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "编号")
    page.keyboard.insert_text("7")
    said, grid = page.locator("#said"), page.locator("#grid")
    expect(said).to_contain_text("由系统填写")
    words, rows = said.bounding_box(), grid.bounding_box()
    assert words and rows and words["y"] >= rows["y"] + rows["height"]


def test_numbers_addresses_and_photos_open(enter: Enter, web: WebServer) -> None:
    chief = web.enter("街路长01")
    before, after = (upload(web, chief, jpeg(scene(n)), n).json()["photo"] for n in (5, 6))
    number = post(web, chief, "issues", body(ISSUE, photos=(before,))).json()["number"]
    web.tick()
    given = {"issue": number, "outcome": "已整改", "text": "清了"}
    assert post(web, chief, "feedback", body(given, 2, (after,))).ok
    page = sheet(enter(OPERATOR), web, "问题台账")
    link = page.locator("#grid a.issue", has_text=number)
    assert link.get_attribute("href") == f"/issues/{number}" and link.get_attribute("target") == "_blank"
    typed(page, 1, "问题描述", "https://example.invalid/x?a=1")
    address_link = page.locator("#grid a.address")
    assert address_link.get_attribute("href") == "https://example.invalid/x?a=1"
    assert "noopener" in str(address_link.get_attribute("rel"))
    typed(page, 1, "问题描述", "javascript:alert(1)")
    expect(address_link).to_have_count(0)
    go(page, 1, "照片")
    thumbnail = page.locator("#grid a.photos img")
    until(page, "document.querySelector('#grid a.photos img')?.naturalWidth > 0")
    thumbnail.click()
    large = page.get_by_role("dialog", name="照片").locator(".pair img")
    expect(large).to_have_count(2)
    sources = [str(image.get_attribute("src")) for image in large.all()]
    assert sources == [f"/photos/{before}", f"/photos/{after}"]
    until(page, "[...document.querySelectorAll('.pair img')].every((image) => image.naturalWidth > 300)")
    assert faults(page) == []
    page.keyboard.press("Escape")
    with page.expect_popup() as popup:
        go(page, 1, "编号")
        item(page, "打开链接、看照片")
    popup.value.wait_for_url(f"**/issues/{number}")


def clip(page: Page, text: str, html: str = "") -> None:
    """Ctrl+V of what another program put onto the clipboard, as it stands there."""
    page.evaluate(
        "([text, html]) => { const data = new DataTransfer(); data.setData('text/plain', text);"
        " if (html) data.setData('text/html', html); document.querySelector('#grid .field').dispatchEvent("
        " new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }",
        [text, html],
    )
    saved(page)


LIBREOFFICE = Path(__file__).parents[1] / "data" / "clipboard" / "libreoffice.html"
LIBREOFFICE_TEXT = (
    '11/24/26 9:30\t007\t督查\t新正街\t"门口\n第二行"\t110.3\n11/25/26 14:05\t=1+1\t督查\t联胜路\t<b>5&6</b>\t111.0\n'
)


def test_what_libreoffice_copies_comes_in_with_the_days_and_numbers_behind_what_is_shown(
    enter: Enter, web: WebServer
) -> None:
    own = web.book.add_worksheet("本局备忘", 5, 6)
    own.update([["时", "号", "来源", "街路", "处", "数"]], "A1")
    page, html = sheet(enter(OPERATOR), web, "问题台账"), LIBREOFFICE.read_text("utf-8")
    go(page, 1, "填报时间")
    clip(page, LIBREOFFICE_TEXT, html)
    assert web.rows("问题台账", "填报时间", "填报人", "来源", "街路", "位置", "类别") == [
        ("2026-11-24 09:30", "007", "督查", "新正街", "门口\n第二行", "110.3"),
        ("2026-11-25 14:05", "=1+1", "督查", "联胜路", "<b>5&6</b>", "111.0"),
    ]
    sheet(page, web, "本局备忘")
    go(page, 1, "时")
    clip(page, LIBREOFFICE_TEXT, html)
    numbers = [row[-1] for row in own.get_values("A2:F3", value_render_option="UNFORMATTED_VALUE")]
    assert numbers == [110.2537, 111]


def test_a_whole_copied_row_leaves_verdicts_behind(enter: Enter, web: WebServer) -> None:
    head = "填报人 | 街路 | 问题描述 | 核实结果 | 核实人 | 复核结果 | 复核人"
    web.add(f"问题台账\n{head}\n甲 | 新正街 | 一 | 受理 | 乙 | 通过 | 丙")
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=web.url)
    headers = ("填报人", "街路", "问题描述", "核实结果", "核实人", "复核结果", "复核人")
    go(page, 1, "填报人")
    page.keyboard.press("Shift+Space")
    page.keyboard.press("Control+c")
    go(page, 2, "编号")
    page.keyboard.press("Control+v")
    expect(page.locator("#said")).to_contain_text("「复核结果」")
    saved(page)
    assert web.rows("问题台账", *headers)[1] == ("甲", "新正街", "一", "", "", "", "")
    go(page, 1, "复核结果")
    page.keyboard.press("Control+c")
    go(page, 2, "复核结果")
    page.keyboard.press("Control+v")  # asked for, it comes
    saved(page)
    assert web.rows("问题台账", "复核结果")[1] == ("通过",)


def test_two_thousand_pasted_and_undone_rows_leave_nothing(enter: Enter, web: WebServer) -> None:
    web.add("问题台账\n填报人 | 问题描述\n甲 | 一")
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 2, "填报人")
    clip(page, "".join(f"人{n}\t督查\t新正街\n" for n in range(2000)))
    shown(page, "共 2001 行")
    web.tick()  # numbers are given
    page.keyboard.press("Control+z")
    shown(page, "共 1 行")
    saved(page)
    assert web.rows("问题台账", "填报人", "问题描述") == [("甲", "一")]
    assert len(web.book.worksheet("问题台账").get_values()) == 2
    page.keyboard.press("Control+y")
    shown(page, "共 2001 行")
    saved(page)
    assert web.rows("问题台账", "填报人")[-1] == ("人1999",)


def title(page: Page, header: str) -> Locator:
    return page.locator("#grid .title", has_text=re.compile(f"^[A-Z]+{header}[▾▼]$"))


def edge_of(page: Page, header: str) -> tuple[float, float]:
    box = title(page, header).locator(".edge").bounding_box()
    assert box
    return box["x"] + 2, box["y"] + 12


def width(page: Page, header: str) -> float:
    box = title(page, header).bounding_box()
    assert box
    return box["width"]


def test_widths_hidden_columns_and_wrapping_are_a_person_s_own_and_stay(enter: Enter, web: WebServer) -> None:
    long = "很长的一句话，" * 12
    web.add(f"问题台账\n填报人 | 位置\n甲 | {long}")
    page = sheet(enter(OPERATOR), web, "问题台账")
    x, y = edge_of(page, "填报人")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 70, y, steps=4)
    page.mouse.up()
    until(page, f"{GRID}.sheet.layout.widths['填报人'] === 160")
    title(page, "位置").locator(".edge").dblclick()
    until(page, f"{GRID}.sheet.layout.widths['位置'] === 600")
    go(page, 1, "来源")
    page.keyboard.press("Shift+ArrowRight")
    item(page, "隐藏这些列（只影响自己）")
    expect(title(page, "街路")).to_have_count(0)
    go(page, 1, "填报人")
    page.keyboard.press("ArrowRight")
    address(page, "I2")
    page.keyboard.press("ArrowLeft")
    address(page, "F2")
    with page.expect_response("**/grid/layout/*"):
        page.get_by_role("button", name="换行", exact=True).click()
    cell = page.locator("#grid .line .cell", has_text="很长的一句话").bounding_box()
    assert cell and cell["height"] == 2 * 21 + 4
    assert faults(page) == []
    page.reload()
    sheet(page, web, "问题台账")
    assert width(page, "填报人") == 160 and width(page, "位置") == 600
    expect(title(page, "来源")).to_have_count(0)
    other = sheet(enter("标准化办01"), web, "问题台账")
    assert width(other, "填报人") == 90
    page.get_by_role("button", name="显示隐藏的 2 列").click()
    expect(title(page, "来源")).to_have_count(1)
    page.get_by_role("button", name="换行", exact=True).click()


def test_a_line_with_wrapped_texts_is_as_high_as_they_need(enter: Enter, web: WebServer) -> None:
    texts = [f"第{n}行" if n % 3 else f"第{n}行" + "很长的一句话，" * (n % 5 + 2) for n in range(1, 121)]
    web.add("问题台账\n填报人 | 位置\n" + "\n".join(f"甲 | {text}" for text in texts))
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.get_by_role("button", name="换行", exact=True).click()
    rows = page.locator("#grid .scroller .line")
    until(page, f"{GRID}.view.lines.height(2) > 26")
    cut = "cells => cells.filter(c => c.scrollHeight > c.clientHeight + 1).map(c => c.textContent)"
    assert page.locator("#grid .scroller .cell").evaluate_all(cut) == [], "each text is read to its end"
    heights = page.evaluate(f"[0, 1, 2, 5].map(line => {GRID}.view.lines.height(line))")
    assert heights[0] == heights[1] == 26 < heights[2] and heights[2] != heights[3]
    for line in (118, 60, 1):  # far ones stay in sight when those beside them are measured, and are met by the mouse
        go(page, line, "位置")
        page.wait_for_timeout(300)
        active = page.locator("#grid .space .active").bounding_box()
        assert active and active["y"] > 150 and active["y"] + active["height"] < 900, line
        page.mouse.click(active["x"] + 20, active["y"] + active["height"] - 4)
        expect(page.locator("#content")).to_have_text(texts[line - 1])
    assert rows.count() < 60, "only lines in sight are drawn"
    page.mouse.move(700, 500)
    tops = []
    for _ in range(12):
        page.mouse.wheel(0, 200)
        page.wait_for_timeout(60)
        tops.append(page.evaluate(f"{GRID}.view.scroller.scrollTop"))
    assert tops == sorted(tops) and tops[-1] > 1500, "it never jumps back"
    page.get_by_role("button", name="换行", exact=True).click()
    until(page, f"{GRID}.view.lines.height(2) === 26")


def test_a_dragged_column_stands_elsewhere_for_all_and_is_taken_back(enter: Enter, web: WebServer) -> None:
    web.add(THREE)
    page = sheet(enter(OPERATOR), web, "问题台账")
    names = f"{GRID}.sheet.columns.map((column) => column.header)"
    before = page.evaluate(names)
    source, target = title(page, "街路").bounding_box(), title(page, "填报人").bounding_box()
    assert source and target
    page.mouse.move(source["x"] + 30, source["y"] + 12)
    page.mouse.down()
    page.mouse.move(target["x"] + 8, target["y"] + 12, steps=6)
    expect(page.locator("#grid .drop")).to_have_count(1)
    page.mouse.up()
    expect(page.locator("#said")).to_contain_text("移动了「街路」")
    moved = [name for name in before if name != "街路"]
    moved.insert(moved.index("填报人"), "街路")
    until(page, f"{names}.join() === '{','.join(moved)}'")
    assert web.book.worksheet("问题台账").row_values(1) == moved
    web.tick()
    assert [street for (street,) in web.rows("问题台账", "街路")] == ["新正街", "联胜路", "联胜路"]
    page.locator("#said").get_by_role("button", name="撤销").click()
    until(page, f"{names}.indexOf('街路') === {before.index('街路')}")
    assert web.book.worksheet("问题台账").row_values(1) == before


def test_columns_have_letters_and_one_sees_where_others_stand_and_who_sorted(enter: Enter, web: WebServer) -> None:
    web.add(THREE)
    ours, theirs = sheet(enter(OPERATOR), web, "问题台账"), sheet(enter("标准化办01"), web, "问题台账")
    expect(title(ours, "街路")).to_have_text("H街路▾")
    go(theirs, 2, "街路")
    other = ours.locator("#grid .other")
    expect(other).to_have_text("标准化办01")
    box, cell = other.bounding_box(), ours.locator("#grid .cell", has_text="联胜路").first.bounding_box()
    assert box and cell and abs(box["x"] - cell["x"]) < 3 and abs(box["y"] - cell["y"]) < 3
    expect(theirs.locator("#grid .other")).to_have_text("管理员")
    item(theirs, "按这一列降序（所有人）")
    expect(ours.locator("#said")).to_have_text("标准化办01按「街路」降序排了序。")
    expect(theirs.locator("#said")).to_have_text("")
    theirs.locator("#tabs a", has_text=re.compile("^履职记录$")).click()
    expect(other).to_have_count(0)
    assert faults(ours) == []


def test_all_rows_are_printed_on_a4_across_under_the_bureau_s_name(enter: Enter, web: WebServer) -> None:
    rows = "\n".join(f"甲 | <b>第{n}号</b>" for n in range(1, 301))
    web.add(f"问题台账\n填报人 | 位置\n{rows}")
    page = sheet(enter(OPERATOR), web, "问题台账")
    page.context.add_init_script("window.print = () => (window.printed = true)")
    go(page, 1, "填报人")
    with page.expect_popup() as popup:
        page.keyboard.press("Control+p")
    paper = popup.value
    paper.wait_for_load_state()
    until(paper, "window.printed === true")
    expect(paper.get_by_role("heading")).to_have_text(f"{web.service.rules().bureau.name} 问题台账")
    expect(paper.locator("tbody tr")).to_have_count(300)
    expect(paper.locator("tbody tr").nth(299)).to_contain_text("<b>第300号</b>")
    assert faults(paper) == []
    file = pypdfium2.PdfDocument(paper.pdf(prefer_css_page_size=True))
    wide, high = file.get_page_size(0)
    assert abs(wide - 842) < 2 and abs(high - 595) < 2 and len(file) > 3
    last = file[len(file) - 1]
    words = last.get_textpage()
    text = re.sub(r"\s", "", words.get_text_range())
    assert text.startswith("填报人位置") and "第300号" in text, "the header comes on each page"
    for part in (words, last, file):
        part.close()
    filter_of(page, "位置")
    page.get_by_label("含有").fill("第30")
    page.keyboard.press("Enter")
    shown(page, "显示 2 行，共 300 行")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="打印").click()
    expect(popup.value.locator("tbody tr")).to_have_count(2)


def test_the_arrow_stands_beside_the_cell_and_hides_none_of_its_text(enter: Enter, web: WebServer) -> None:
    web.add(THREE)
    page = sheet(enter(OPERATOR), web, "问题台账")
    last = page.evaluate(f"{GRID}.sheet.columns.findLast((c) => !c.owned && c.choices.length).header")
    for header in ("填报时间", "街路", last):
        go(page, 1, header)
        page.wait_for_timeout(100)
        cell = page.locator("#grid .space .active").bounding_box()
        arrow = page.get_by_role("button", name="选值").bounding_box()
        assert cell and arrow and cell["x"] + cell["width"] <= arrow["x"], header
        assert arrow["x"] + arrow["width"] <= 1440, header


def test_an_arrow_opens_the_choices_for_the_mouse(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    arrow = page.get_by_role("button", name="选值")
    go(page, 1, "问题描述")
    expect(arrow).to_be_hidden()
    go(page, 1, "严重程度")
    arrow.click()
    assert faults(page) == []
    page.get_by_role("option", name="严重", exact=True).click()
    saved(page)
    assert web.rows("问题台账", "严重程度") == [("严重",)]


def test_the_grid_weighs_little_without_its_data(enter: Enter, web: WebServer) -> None:
    page, sizes = enter(OPERATOR), dict[str, int]()

    def finished(request: Request) -> None:
        path = request.url.removeprefix(web.url)
        if path == "/grid" or path.startswith("/static/"):
            sizes[path] = request.sizes()["responseBodySize"]

    page.on("requestfinished", finished)
    sheet(page, web, "问题台账")
    assert {"/grid", f"/static/{page_scripts()[0]}", "/static/grid/grid.css"} <= {*sizes}
    assert sum(sizes.values()) <= 200_000, sizes
