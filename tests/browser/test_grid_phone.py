"""The grid on a phone: what stays takes a third, a finger scrolls, a tap selects and the second writes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter, faults
from tests.browser.test_grid import saved, sheet, until
from tests.web_server import WebServer

GRID = "document.getElementById('grid').grid"
MANY = "问题台账\n填报人 | 来源 | 街路 | 问题描述\n" + "\n".join(
    f"标准化办01 | 督查 | 新正街 | 第{number}件" for number in range(1, 61)
)


def swipe(page: Page, selector: str, across: int = 0, up: int = 0) -> None:
    """A finger moved over an element."""
    box = page.locator(selector).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    for step in range(11):
        point = {"x": x - across * step / 10, "y": y - up * step / 10}
        kind = "touchMove" if step else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        page.wait_for_timeout(16)
    page.wait_for_timeout(200)  # the finger stands still: nothing goes on by its impetus
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def tap(page: Page, line: int, header: str) -> None:
    """A finger on a cell in sight: the n-th row under the header (1 is the first)."""
    x, y = page.evaluate(
        "([line, header]) => { const g = document.getElementById('grid').grid;"
        " const at = g.view.rectangle(line - 1, g.sheet.columns.findIndex((c) => c.header === header));"
        " return [at.left + 20, at.top + at.height / 2]; }",
        [line, header],
    )
    page.touchscreen.tap(x, y)


@pytest.mark.parametrize("title", ["问题台账", "扣分明细", "通知记录", "运行状态", "整改反馈"])
def test_what_stays_leaves_two_thirds_of_a_phone(enter: Enter, web: WebServer, title: str) -> None:
    page = sheet(enter("标准化办01", phone=True), web, title)
    side = page.locator("#grid .side").bounding_box()
    assert side and side["width"] <= 0.37 * 390
    page.set_viewport_size({"width": 844, "height": 390})  # it is turned
    until(page, f"{GRID}.view.frozen === {GRID}.sheet.columns[0].width")


def test_the_first_cell_to_write_in_is_in_sight(enter: Enter, web: WebServer) -> None:
    web.add(MANY)
    page = sheet(enter("标准化办01", phone=True), web, "问题台账")
    cell = page.locator("#grid .active").last.bounding_box()
    side = page.locator("#grid .side").bounding_box()
    assert cell and side and side["width"] <= cell["x"] and cell["x"] + cell["width"] <= 390
    expect(page.locator("#state")).to_be_in_viewport()
    assert faults(page) == []


def test_a_finger_scrolls_and_selects_nothing(enter: Enter, web: WebServer) -> None:
    web.add(MANY)
    page = sheet(enter("标准化办01", phone=True), web, "问题台账")
    before = page.evaluate(f"{GRID}.view.selection")
    swipe(page, "#grid .scroller", across=150)
    until(page, f"{GRID}.view.scroller.scrollLeft > 300")
    swipe(page, "#grid .scroller", up=300)
    until(page, f"{GRID}.view.scroller.scrollTop > 250")
    top = page.evaluate(f"{GRID}.view.scroller.scrollTop")
    swipe(page, "#grid .side", up=200)
    until(page, f"{GRID}.view.scroller.scrollTop > {top + 150}")
    assert page.evaluate(f"{GRID}.view.selection") == before
    assert page.evaluate(f"{GRID}.editor.field.inputMode") == "none", "no keyboard comes up"


def test_a_tap_selects_and_the_second_writes(enter: Enter, web: WebServer) -> None:
    web.add(MANY)
    page = sheet(enter("标准化办01", phone=True), web, "问题台账")
    field = f"{GRID}.editor.field"
    swipe(page, "#grid .scroller", across=150)
    tap(page, 3, "填报人")
    expect(page.locator("#content")).to_have_text("标准化办01")
    assert page.evaluate(f"[{GRID}.view.selection.line, {field}.inputMode]") == [2, "none"]
    assert not page.evaluate(f"{GRID}.editor.editing")
    tap(page, 3, "填报人")
    until(page, f"{GRID}.editor.editing")
    assert page.evaluate(f"[{field}.inputMode, document.activeElement === {field}]") == ["", True]
    page.keyboard.press("Control+a")
    page.keyboard.type("标准化办02")
    page.keyboard.press("Enter")
    saved(page)
    assert web.rows("问题台账", "填报人")[2] == ("标准化办02",)
    tap(page, 5, "填报人")
    page.get_by_role("button", name="修改", exact=True).tap()
    until(page, f"{GRID}.editor.editing")


def test_a_choice_is_taken_by_a_finger_that_may_scroll_the_list(enter: Enter, web: WebServer) -> None:
    web.add(MANY)
    page = sheet(enter("标准化办01", phone=True), web, "问题台账")
    page.evaluate(f"{GRID}.select(1, {GRID}.sheet.columns.findIndex((c) => c.header === '类别'))")
    page.locator("#grid .arrow").tap()
    choices = page.get_by_role("option")
    expect(choices.first).to_be_visible()
    swipe(page, "#grid .choices", up=60)
    until(page, f"{GRID}.editor.list.scrollTop > 30")
    assert page.evaluate(f"{GRID}.editor.editing"), "scrolling the list takes nothing"
    choices.get_by_text("乱晾晒", exact=True).tap()
    saved(page)
    assert web.rows("问题台账", "类别")[1] == ("乱晾晒",)
