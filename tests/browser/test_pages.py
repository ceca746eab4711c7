"""Every page in a real browser: what each role is shown, and that nobody is kept out by how it is made."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter, faults
from tests.house import OPERATOR, House

DESK_PAGES = ("/", "/people", "/answers")


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_office_s_pages_have_no_serious_fault(enter: Enter, home: House, phone: bool) -> None:
    page = enter(OPERATOR, phone=phone)
    for address in DESK_PAGES:
        page.goto(f"{home.url}{address}")
        assert faults(page) == [], address
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{address} is wider than the screen by {wide}"


def test_a_link_is_made_shown_to_scan_and_taken_back(enter: Enter, home: House) -> None:
    page = enter(OPERATOR)
    page.goto(f"{home.url}/people")
    page.get_by_role("button", name="给街路长01做链接").click()
    assert page.locator(".code svg").is_visible() and faults(page) == []
    link = page.get_by_label("地址").input_value()
    chief = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    chief.goto(link)
    assert chief.url == f"{home.url}/mine"
    page.goto(f"{home.url}/people")
    page.get_by_role("button", name="收回街路长01的链接和登录").click()
    assert "收回了" in page.get_by_role("status").inner_text()
    assert chief.goto(home.url).status == 401  # type: ignore[union-attr]
    chief.context.close()
