"""The grid as staff use it: real keys, real clipboard, several people at once."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter, faults
from tests.house import OPERATOR, House


def sheet(page: Page, home: House, title: str) -> Page:
    """The grid, open at a tab, ready to type."""
    page.goto(f"{home.url}/grid")
    page.locator("#tabs a", has_text=re.compile(f"^{title}$")).click()
    expect(page.locator("#tabs a[aria-current]")).to_have_text(title)
    until(page, f"document.getElementById('grid').grid.sheet.title === {title!r}")
    page.wait_for_selector("#grid .cell:not(.waits)", state="attached")
    expect(page.locator("#state")).to_have_text("已保存")
    return page


def go(page: Page, line: int, header: str) -> None:
    """Stand on a cell: the n-th row under the header (1 is the first)."""
    page.evaluate(
        "([line, header]) => { const g = document.getElementById('grid').grid;"
        " g.select(line - 1, g.sheet.columns.findIndex((c) => c.header === header)); }",
        [line, header],
    )


def saved(page: Page) -> None:
    until(page, "document.getElementById('grid').grid.waiting() === 0")


def until(page: Page, holds: str, seconds: float = 10) -> None:
    """Wait until an expression holds in the page (the page's own policy forbids it to evaluate texts itself)."""
    end = time.monotonic() + seconds
    while not page.evaluate(holds):
        assert time.monotonic() < end, f"never: {holds}"
        page.wait_for_timeout(30)


def test_typing_lands_in_the_sheet_and_the_service_s_columns_refuse(enter: Enter, home: House) -> None:
    page = sheet(enter(OPERATOR), home, "问题台账")
    go(page, 1, "填报人")
    for text in ("街路长01", "街路长自查", "新正街", "12号门前", "暴露垃圾"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    saved(page)
    assert home.rows("问题台账", "填报人", "来源", "街路", "位置", "类别") == [
        ("街路长01", "街路长自查", "新正街", "12号门前", "暴露垃圾")
    ]
    go(page, 1, "编号")
    page.keyboard.type("7")
    expect(page.locator("#said")).to_contain_text("「编号」由系统填写")
    home.tick()
    expect(page.locator(".cell.owned", has_text=re.compile(r"^\d{8}-\d{3}$"))).to_be_visible(timeout=3000)
    assert faults(page) == []
