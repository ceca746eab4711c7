"""The pages to look at, in a real browser: they fit, they can be read aloud, and lead where they say."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter, faults
from tests.web_server import OPERATOR, WebServer
from tests.webhook.pages.test_looks import ISSUES

PAGES = (
    "/week",
    "/week/meeting",
    "/month",
    "/month/2026-11/街路/联胜路",
    "/trends",
    "/map",
    "/issues/20261117-001",
    "/rows",
    "/inspections",
    "/status",
    "/explain/line/20261117-002·超期未整改",
)


def fill(web: WebServer) -> None:
    web.add("\n".join(ISSUES.strip().splitlines()[:4]))
    web.tick("2026-11-17 09:05")
    web.tick("2026-11-24 15:30")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_pages_have_no_serious_fault_and_fit(enter: Enter, web: WebServer, phone: bool) -> None:
    fill(web)
    page = enter(OPERATOR, phone=phone)
    for address in PAGES:
        answer = page.goto(f"{web.url}{address}")
        assert answer and answer.status == 200, address
        assert faults(page) == [], address
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{address} is wider than the screen by {wide}"
        if not phone:
            assert page.evaluate("document.querySelector('nav.top').offsetHeight") < 60, "the navigation is one line"


def test_a_rank_leads_to_its_lines_and_a_line_to_its_reason(enter: Enter, web: WebServer) -> None:
    fill(web)
    page = enter(OPERATOR)
    page.goto(f"{web.url}/month?month=2026-11")
    page.get_by_role("link", name="联胜路").click()
    page.get_by_role("link", name="超期未整改").click()
    expect(page.locator("main")).to_contain_text("不重复扣")
    page.get_by_role("link", name="看问题 20261117-002").click()
    expect(page.locator("main")).to_contain_text("时间一天一天怎么计")
