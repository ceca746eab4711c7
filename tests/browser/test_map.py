"""The map in a real browser, with Leaflet and without: a tap opens a card, which leads to the issue; keys do too."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.book import ROOT
from tests.browser.conftest import Enter, faults
from tests.web_server import OPERATOR, WebServer
from webhook.pages import map as map_page

ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 经度 | 纬度
2026-11-17 09:00 | 标准化办01 | 督查 | 新正街 | 8号门前 | 暴露垃圾 | 一般 | 一堆 | 112.371 | 26.970
2026-11-17 09:00 | 标准化办01 | 督查 | 新正街 | 9号门前 | 路面破损 | 一般 | 坑 | 112.371 | 26.970
2026-11-17 09:00 | 标准化办01 | 上级交办 | 联胜路 | 桥头 | 占道经营 | 严重 | 摆摊 | |
"""
ENDS = {"新正街": ("112.370,26.970", "112.380,26.970"), "联胜路": ("112.380,26.965", "112.380,26.975")}


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where npm is not there."""
    monkeypatch.setattr(map_page, "LEAFLET", tmp_path / "nothing")


@pytest.fixture
def leaflet() -> None:
    """As ``make run`` puts it there; ``make test`` has npm."""
    runpy.run_path(str(ROOT / "deploy" / "browser.py"))["provide"](ROOT)
    assert (map_page.LEAFLET / "leaflet.js").exists()


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


def small_targets(page: Page, selector: str) -> list[str]:
    """What is lower or narrower than a finger needs (WCAG 2.5.5)."""
    shown: list[str] = page.locator(f"{selector} >> visible=true").evaluate_all(
        "all => all.map(each => [each.outerHTML, each.getBoundingClientRect()])"
        ".filter(([, box]) => Math.min(box.height, box.width) < 43.9).map(([html]) => html)"
    )
    return shown


@pytest.mark.usefixtures("plain")
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
    assert small_targets(page, "#card a, #card button") == [] and small_targets(page, "#stage a.pin circle.reach") == []
    card.locator("article a").first.click()
    page.wait_for_url("**/issues/20261117-00*")


@pytest.mark.usefixtures("leaflet")
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_with_leaflet_a_tap_opens_the_same_card(enter: Enter, web: WebServer, phone: bool) -> None:
    fill(web)
    page = enter(OPERATOR, phone=phone)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{web.url}/map")
    tap(page, "#map .moving-pin", phone)
    card = page.get_by_role("dialog")
    expect(card.get_by_role("heading")).to_have_text("新正街")
    expect(card.locator("article")).to_have_count(2)
    assert faults(page) == []
    assert small_targets(page, "#map .moving-pin") == [] and small_targets(page, "#map .leaflet-bar a") == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0 and all(address.startswith(web.url) for address in asked), "nothing comes from elsewhere"
    card.get_by_role("button", name="关闭").click()
    tap(page, "#map .moving-name span", phone)
    expect(card).to_contain_text("没有办完")
    card.locator("article a").first.click()
    page.wait_for_url("**/issues/20261117-00*")


@pytest.mark.usefixtures("leaflet")
def test_with_leaflet_a_street_is_tapped_beside_its_line_and_the_map_works_by_keys(
    enter: Enter, web: WebServer
) -> None:
    fill(web)
    page = enter(OPERATOR)
    page.goto(f"{web.url}/map")
    line = page.locator("#map path.r-late").first.bounding_box()
    assert line is not None
    page.mouse.click(line["x"] + line["width"] * 0.7, line["y"] + line["height"] / 2 + 15)
    expect(page.get_by_role("dialog")).to_contain_text("没有办完")
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()
    pin = page.locator("#map .moving-pin").first
    pin.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_focused()
    page.get_by_role("button", name="放大").click()
    expect(page.locator("#map .moving-pin")).to_have_count(1)


@pytest.mark.usefixtures("plain")
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


@pytest.mark.usefixtures("plain")
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


@pytest.mark.usefixtures("plain")
def test_a_person_sees_on_the_map_what_is_his_and_no_more(enter: Enter, web: WebServer) -> None:
    """All streets are drawn; that another's is late is not."""
    fill(web)
    page = enter("街路长01")
    page.goto(f"{web.url}/map")
    assert "20261117-003" not in page.content() and "摆摊" not in page.content()
    expect(page.locator("svg.screen g[data-street=联胜路] path.r-calm")).to_have_count(1)
    expect(page.locator("svg.screen a[data-street=新正街] path.r-late")).to_have_count(1)
