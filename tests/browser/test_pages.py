"""Every page in a real browser: what each role is shown, and that nobody is kept out by how it is made."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter, faults
from tests.browser.test_forms import fill
from tests.web_server import OPERATOR, WebServer

DESK_PAGES = ("/", "/people", "/people/cards", "/answers", "/letters", "/rules", "/rules/draft", "/rules/figures",
              "/status", "/rules/try", "/calendar?year=2027")  # fmt: skip
WAITING = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 严重 | 垃圾成堆
"""
REPORTED = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
2026-11-24 08:10 | 群众 | 群众反映 | 联胜路 | 暴露垃圾 | 一般 | 桶满了
"""
# Who opens it, the page, and how many buttons of it do nothing without a script.
SCRIPTED = (
    ("标准化办01", "/verify", 3),
    ("标准化办01", "/inspections", 4),
    ("街路长01", "/forms/issues", 1),
    ("办公室01", "/bulletin", 1),
)
ASKING = """
申请审批
申请时间 | 申请人 | 类型 | 编号 | 期望时间 | 理由
2026-11-24 10:00 | 街路长01 | 延期 | 20261124-001 | 2026-11-30 12:00 | 等车
"""


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_office_s_pages_have_no_serious_fault(enter: Enter, web: WebServer, phone: bool) -> None:
    web.add(WAITING)
    web.tick("2026-11-24 09:05")
    web.add(ASKING)
    web.tick("2026-11-24 12:00")  # a request waits for its answer, and a letter for its signature
    page = enter(OPERATOR, phone=phone)
    page.goto(f"{web.url}/answers")
    assert page.get_by_role("button", name="同意", exact=True).count() == 1
    page.goto(f"{web.url}/letters")
    page.locator("main a[href^='/letters/']").first.click()
    page.wait_for_url("**/letters/*")
    assert faults(page) == [], "a letter"
    for address in DESK_PAGES:
        page.goto(f"{web.url}{address}")
        assert faults(page) == [], address
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{address} is wider than the screen by {wide}"


def test_a_link_is_made_shown_to_scan_and_taken_back(enter: Enter, web: WebServer) -> None:
    page = enter(OPERATOR)
    page.goto(f"{web.url}/people")
    page.get_by_role("button", name="做链接：街路长01").click()
    expect(page.locator(".code svg")).to_be_visible()
    assert faults(page) == []
    link = page.get_by_label("地址").input_value()
    chief = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    requests: list[str] = []
    chief.on("request", lambda request: requests.append(request.url))
    chief.goto(link)
    secret = link.partition("#")[2]
    expect(chief.get_by_label("您的链接")).to_be_hidden()
    assert chief.url == f"{web.url}/enter" and faults(chief) == []
    chief.get_by_role("button", name="进入").click()
    chief.wait_for_url(f"{web.url}/mine")
    assert secret and not [url for url in requests if secret in url], "it is posted, and stands in no address"
    page.goto(f"{web.url}/people")
    page.get_by_role("button", name="收回：街路长01的链接和登录").click()
    expect(page.get_by_role("status")).to_contain_text("收回了")
    assert chief.goto(web.url).status == 401  # type: ignore[union-attr]
    chief.context.close()


def test_a_link_opens_without_a_script_too(enter: Enter, web: WebServer) -> None:
    context = enter(OPERATOR).context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    page, link = context.new_page(), web.link("街路长02")
    page.goto(link)
    page.get_by_label("您的链接").fill(link)
    page.get_by_role("button", name="进入").click()
    page.wait_for_url(f"{web.url}/mine")
    context.close()


def test_mistakes_of_the_rules_are_shown_while_one_types(enter: Enter, web: WebServer) -> None:
    page = enter(OPERATOR)
    page.goto(f"{web.url}/rules/draft")
    text = page.locator("#text")
    text.fill(text.input_value().replace('rework = "1wh"', 'rework = "4xx"'))
    wrong = page.locator("#problems a[data-line]")
    wrong.first.wait_for()
    expect(page.locator("#problems")).to_contain_text("4xx")
    wrong.first.click()
    at = page.evaluate("document.getElementById('text').selectionStart")
    assert text.input_value()[at:].startswith('"4xx"'), "the cursor stands at the mistake"
    text.fill(text.input_value().replace('rework = "4xx"', 'rework = "6wh"'))
    page.get_by_text("没有错。").wait_for()
    page.get_by_label("为什么改").fill("返工给足")
    page.get_by_role("button", name="启用", exact=True).click()
    expect(page.locator("main")).to_contain_text("已经启用，这是第 2 版")
    assert str(web.service.rules().clock.rework) == "6wh"


@pytest.mark.parametrize("address", ["/", "/letters", "/status", "/notices", "/rules/draft"])
def test_the_navigation_of_a_phone_shows_where_one_is_and_scrolls_freely(
    enter: Enter, web: WebServer, address: str
) -> None:
    page = enter(OPERATOR, phone=True)
    page.goto(f"{web.url}{address}")
    expect(page.locator("nav.top [aria-current]")).to_be_in_viewport(ratio=1)
    page.wait_for_timeout(500)
    page.locator("nav.top").evaluate("nav => { nav.scrollLeft = 300; }")
    page.wait_for_timeout(200)
    assert page.locator("nav.top").evaluate("nav => nav.scrollLeft") == 300


def test_filters_fold_on_a_phone_and_say_how_many_are_set(enter: Enter, web: WebServer) -> None:
    web.add(WAITING)
    web.tick("2026-11-24 09:05")
    page = enter(OPERATOR, phone=True)
    page.goto(f"{web.url}/rows?state=待整改&late=1")
    expect(page.get_by_label("责任单位")).to_be_hidden()
    page.get_by_text("筛选（已设 2 项）").tap()
    expect(page.get_by_label("责任单位")).to_be_visible()
    expect(page.get_by_label("只看超期")).to_be_checked()
    assert faults(page) == []
    page.goto(f"{web.url}/rows")
    labels = page.locator("tbody td").evaluate_all("cells => cells.map(cell => cell.dataset.label)")
    assert labels == ["街路", "类别", "问题", "状态", "责任单位", "截止", "超期"]
    desk = enter(OPERATOR)
    desk.goto(f"{web.url}/rows")
    expect(desk.get_by_label("责任单位")).to_be_visible()
    expect(desk.locator("label.fold")).to_be_hidden()
    assert faults(desk) == []


def test_no_button_is_offered_before_its_script_listens(enter: Enter, web: WebServer) -> None:
    """A tap on a slow phone, while the scripts are still coming, would be lost without a word."""
    fill(web)
    web.add(REPORTED)
    web.tick()
    for name, address, buttons in SCRIPTED:
        page = enter(name)
        page.route("**/*.js", lambda route: route.abort())
        page.goto(f"{web.url}{address}")
        shown = page.locator("main button[type=button]:visible").all_text_contents()
        assert len(shown) >= buttons, (address, shown)
        assert page.locator("main button[type=button]:visible:enabled").all_text_contents() == [], address
        page.unroute("**/*.js")
        page.reload()
        expect(page.locator("main button[type=button]:visible:disabled")).to_have_count(0)
