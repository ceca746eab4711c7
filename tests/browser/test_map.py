"""The map in a real browser: a tap opens a card, which leads to the issue; it works by keys, and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Enter, faults
from tests.web_server import OPERATOR, WebServer

ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 经度 | 纬度
2026-11-17 09:00 | 标准化办01 | 督查 | 新正街 | 8号门前 | 暴露垃圾 | 一般 | 一堆 | 112.371 | 26.970
2026-11-17 09:00 | 标准化办01 | 督查 | 新正街 | 9号门前 | 路面破损 | 一般 | 坑 | 112.371 | 26.970
2026-11-17 09:00 | 标准化办01 | 上级交办 | 联胜路 | 桥头 | 占道经营 | 严重 | 摆摊 | |
"""
ENDS = {"新正街": ("112.370,26.970", "112.380,26.970"), "联胜路": ("112.380,26.965", "112.380,26.975")}


def fill(web: WebServer) -> None:
    sheet = web.book.worksheet("街路名册")
    headers, names = sheet.row_values(1), sheet.col_values(2)
    for street, ends in ENDS.items():
        for header, end in zip(("起点", "终点"), ends, strict=True):
            sheet.update_cell(names.index(street) + 1, headers.index(header) + 1, end)
    web.add(ISSUES)
    web.tick("2026-11-17 09:05")
    web.tick("2026-11-24 15:30")


def tap(page: Page, selector: str, phone: bool) -> None:
    there = page.locator(f"{selector} >> visible=true").first
    there.tap() if phone else there.click()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_tap_on_a_mark_opens_the_card_that_leads_to_the_issue(enter: Enter, web: WebServer, phone: bool) -> None:
    fill(web)
    page = enter(OPERATOR, phone=phone)
    page.goto(f"{web.url}/map")
    tap(page, "#stage a.pin circle.reach", phone)
    card = page.get_by_role("dialog")
    expect(card.get_by_role("heading")).to_have_text("新正街")
    expect(card.locator("article")).to_have_count(2)
    expect(card).to_contain_text("9号门前　路面破损")
    assert faults(page) == []
    small = card.locator("a:visible, button:visible").evaluate_all(
        "all => all.filter(each => each.getBoundingClientRect().height < 43.9).map(each => each.outerHTML)"
    )
    assert small == []
    card.locator("article a").first.click()
    page.wait_for_url("**/issues/20261117-00*")


def test_a_tap_on_a_street_shows_what_has_no_place_too(enter: Enter, web: WebServer) -> None:
    fill(web)
    page = enter(OPERATOR, phone=True)
    page.goto(f"{web.url}/map")
    expect(page.get_by_role("heading", name="没有位置的 1 件")).to_be_visible()
    tap(page, "#stage text.name[data-street=联胜路]", True)
    card = page.get_by_role("dialog")
    expect(card).to_contain_text("联胜路：没有办完 1 件")
    expect(card).to_contain_text("桥头")
    card.get_by_role("link", name="这条街路的全部问题").click()
    page.wait_for_url("**/rows?street=*")


def test_the_map_works_by_keys(enter: Enter, web: WebServer) -> None:
    fill(web)
    page = enter(OPERATOR)
    page.goto(f"{web.url}/map")
    mark = page.locator("svg.screen a.pin").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()
    expect(mark).to_be_focused()


def test_without_scripts_a_mark_leads_to_its_issue(enter: Enter, web: WebServer, browser: Browser) -> None:
    web.add("\n".join(ISSUES.splitlines()[:4]))
    web.tick("2026-11-17 09:05")
    state = enter(OPERATOR).context.storage_state()
    with browser.new_context(java_script_enabled=False, storage_state=state) as context:
        page = context.new_page()
        page.goto(f"{web.url}/map")
        page.locator("svg.screen a.pin circle.reach").first.click()
        page.wait_for_url("**/issues/20261117-001")


def test_a_person_sees_on_the_map_what_is_his_and_no_more(enter: Enter, web: WebServer) -> None:
    """All streets are drawn; that another's is late is not."""
    fill(web)
    page = enter("街路长01")
    page.goto(f"{web.url}/map")
    assert "20261117-003" not in page.content() and "摆摊" not in page.content()
    expect(page.locator("svg.screen g[data-street=联胜路] path.r-calm")).to_have_count(1)
    expect(page.locator("svg.screen a[data-street=新正街] path.r-late")).to_have_count(1)
