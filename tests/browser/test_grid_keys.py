"""Keys of the grid that close a panel, complete a choice, name a day; what is deleted there and comes back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.book import ZONE
from tests.browser.conftest import Enter
from tests.browser.test_grid import go, saved, sheet, until
from tests.web_server import OPERATOR, WebServer

TWO_STREETS = """
    问题台账
    填报人 | 街路
    甲 | 新正街
    乙 | 联胜路
"""


def command(page: Page, name: str) -> None:
    page.evaluate("(name) => document.getElementById('grid').grid.commands.run(name)", name)


def headers(page: Page) -> list[str]:
    names: list[str] = page.evaluate("document.getElementById('grid').grid.sheet.columns.map((c) => c.header)")
    return names


def test_the_enter_that_filters_does_not_reach_the_cell(enter: Enter, web: WebServer) -> None:
    web.add(TWO_STREETS)
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "街路")
    page.get_by_role("button", name="筛选和排序：街路", exact=True).click()
    page.get_by_label("含有").fill("联胜")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('grid').grid.sheet.lines === 1")
    page.locator("#grid .cell", has_text="联胜路").first.click()
    saved(page)
    assert web.rows("问题台账", "填报人", "街路") == [("甲", "新正街"), ("乙", "联胜路")]


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize("button", ["取消这一列的筛选", "筛选"])
def test_no_key_on_a_button_of_the_panel_reaches_the_cell(enter: Enter, web: WebServer, key: str, button: str) -> None:
    web.add(TWO_STREETS)
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 2, "街路")
    page.get_by_role("button", name="筛选和排序：街路", exact=True).click()
    page.locator("#grid .panel button", has_text=re.compile(f"^{button}$")).focus()
    page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    saved(page)
    assert web.rows("问题台账", "街路") == [("新正街",), ("联胜路",)]


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_no_key_in_the_menu_reaches_the_cell(enter: Enter, web: WebServer, key: str) -> None:
    web.add(TWO_STREETS)
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "街路")
    page.locator("#grid .cell", has_text="新正街").first.click(button="right")
    page.get_by_role("menuitem", name="向下填充").focus()
    page.keyboard.press(key)
    page.keyboard.press("ArrowRight")
    saved(page)
    assert web.rows("问题台账", "街路") == [("新正街",), ("联胜路",)]


def test_the_enter_that_searches_does_not_reach_the_cell(enter: Enter, web: WebServer) -> None:
    web.add(TWO_STREETS)
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "街路")
    page.keyboard.press("Control+f")
    page.keyboard.type("联胜")
    page.keyboard.press("Enter")
    expect(page.locator("#address")).to_have_text("H3")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    saved(page)
    assert web.rows("问题台账", "街路") == [("新正街",), ("联胜路",)]


def test_a_cell_of_white_space_is_empty(enter: Enter, web: WebServer) -> None:
    web.add(TWO_STREETS)
    page = sheet(enter(OPERATOR), web, "问题台账")
    for line, blank in ((1, " \u3000"), (2, "\u200b")):
        go(page, line, "街路")
        page.keyboard.insert_text(blank)
        page.keyboard.press("Tab")
    page.keyboard.press("Home")
    saved(page)
    values = web.book.worksheet("问题台账").get_values("A2:Z3")
    assert {value for row in values for value in row} == {"", "甲", "乙"}


def test_the_last_rows_of_a_tab_come_back(enter: Enter, web: WebServer) -> None:
    web.add(TWO_STREETS)
    page, tab = sheet(enter(OPERATOR), web, "问题台账"), web.book.worksheet("问题台账")
    tab.resize(rows=3)
    page.reload()
    sheet(page, web, "问题台账")
    for rows in ((2,), (1, 2)):
        page.evaluate(
            "([top, bottom]) => { const g = document.getElementById('grid').grid;"
            " g.select(top, 0); g.select(bottom, 0, true); }", [rows[0] - 1, rows[-1] - 1],
        )  # fmt: skip
        command(page, "remove")
        saved(page)
        assert len(web.rows("问题台账", "填报人")) == 2 - len(rows) or rows == (1, 2)  # a row stays beside the header
        page.keyboard.press("Control+z")
        saved(page)
        assert web.rows("问题台账", "填报人", "街路") == [("甲", "新正街"), ("乙", "联胜路")]


def own_column(page: Page, web: WebServer) -> int:
    """A column of the bureau's own behind all others, with a word in its first row; its place."""
    page.keyboard.press("Control+End")
    before = len(headers(page))
    command(page, "addColumn")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {before + 1}")
    tab = web.book.worksheet("问题台账")
    tab.update_cell(1, before + 1, "本局备注")
    tab.update_cell(2, before + 1, "记着")
    page.reload()
    sheet(page, web, "问题台账")
    go(page, 1, "本局备注")
    return before


def test_a_column_goes_after_a_question_and_comes_back(enter: Enter, web: WebServer) -> None:
    web.add(TWO_STREETS)
    page = sheet(enter(OPERATOR), web, "问题台账")
    before = own_column(page, web)
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    command(page, "dropColumn")
    saved(page)
    assert "「本局备注」" in asked[0] and len(headers(page)) == before + 1
    page.once("dialog", lambda dialog: dialog.accept())
    command(page, "dropColumn")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {before}")
    page.keyboard.press("Control+z")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {before + 1}")
    tab = web.book.worksheet("问题台账")
    assert [tab.cell(row, before + 1).value for row in (1, 2)] == ["本局备注", "记着"]
    page.keyboard.press("Control+y")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {before}")


def test_a_column_that_was_added_is_taken_back_while_it_is_empty(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    before = headers(page)
    go(page, 1, "街路")
    command(page, "addColumn")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {len(before) + 1}")
    page.keyboard.press("Control+z")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {len(before)}")
    assert headers(page) == before


@pytest.mark.parametrize("key", ["Tab", "Enter", "ArrowRight"])
def test_what_is_typed_into_a_cell_with_choices_becomes_the_first_that_fits(
    enter: Enter, web: WebServer, key: str
) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    for header, typed in (("来源", "督"), ("街路", "联"), ("严重程度", "严")):
        go(page, 1, header)
        page.keyboard.insert_text(typed)
        expect(page.locator(".choices li[aria-selected=true]")).to_have_count(1)
        page.keyboard.press(key)
    saved(page)
    assert web.rows("问题台账", "来源", "街路", "严重程度") == [("督查", "联胜路", "严重")]


def test_a_choice_that_was_typed_whole_emptied_or_fits_nothing_stays_as_typed(enter: Enter, web: WebServer) -> None:
    web.add(TWO_STREETS)
    page = sheet(enter(OPERATOR), web, "问题台账")
    go(page, 1, "街路")
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.keyboard.press("F2")
    page.keyboard.press("Enter")  # looked at, not changed
    go(page, 1, "来源")
    page.keyboard.insert_text("没有的")
    page.keyboard.press("Enter")
    saved(page)
    assert web.rows("问题台账", "来源", "街路") == [("没有的", ""), ("", "联胜路")]


def test_a_day_and_an_hour_are_understood_as_they_are_typed(enter: Enter, web: WebServer) -> None:
    page, now = sheet(enter(OPERATOR), web, "问题台账"), datetime.now(ZONE)
    day = now - timedelta(days=1)
    short = f"{day.month}/{day.day}"
    texts = (short.replace("/", "-"), "9:30", f"{short} 9:30", f"{day:%Y%m%d}", f"{day.month}月{day.day}日")
    for line, typed in enumerate(texts, 1):
        go(page, line, "填报时间")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    saved(page)
    midnight = f"{day:%Y-%m-%d} 00:00"
    assert web.rows("问题台账", "填报时间") == [
        (midnight,), (f"{now:%Y-%m-%d} 09:30",), (f"{day:%Y-%m-%d} 09:30",), (midnight,), (midnight,),
    ]  # fmt: skip
    expect(page.locator(".cell.number-cell", has_text=f"{day:%m-%d}").first).to_be_visible()


def test_steps_of_before_somebody_else_s_new_column_are_not_taken_back_in_other_columns(
    enter: Enter, web: WebServer
) -> None:
    web.add(TWO_STREETS)
    page, other = (sheet(enter(OPERATOR), web, "问题台账") for _ in range(2))
    go(page, 1, "街路")
    page.keyboard.insert_text("联胜路")
    page.keyboard.press("Enter")
    saved(page)
    count = len(headers(page))
    go(other, 1, "填报人")
    command(other, "addColumn")
    until(page, f"document.getElementById('grid').grid.sheet.columns.length === {count + 1}")
    page.keyboard.press("Control+z")
    expect(page.locator("#said")).to_contain_text("没有可以撤销的了")
    assert web.rows("问题台账", "街路") == [("联胜路",), ("联胜路",)]


def test_the_name_of_a_column_is_taken_back(enter: Enter, web: WebServer) -> None:
    page = sheet(enter(OPERATOR), web, "问题台账")
    own_column(page, web)
    page.once("dialog", lambda dialog: dialog.accept("改了名"))
    command(page, "rename")
    until(page, "document.getElementById('grid').grid.sheet.columns.at(-1).header === '改了名'")
    page.keyboard.press("Control+z")
    until(page, "document.getElementById('grid').grid.sheet.columns.at(-1).header === '本局备注'")
