"""Import, 今日通报 and 我的通知 in a real browser: a click does what it says, on a large screen and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sync.ledger.sent.preferences import Preferences
from tests.browser.conftest import Enter, faults
from tests.web_server import OPERATOR, WebServer

ROWS = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
2026-11-24 08:30 | 督查01 | 督查 | 新正街 | 占道经营 | 一般 | 摆摊
"""
CSV = "填报时间,填报人,来源,街路,类别,问题描述\n2026-11-24 09:00,督查01,督查,联胜路,暴露垃圾,一堆\n"


def narrow(page: Page) -> bool:
    """Whether nothing of the page lies beyond the right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("phone", [False, True])
def test_the_bulletin_is_copied_with_one_click(web: WebServer, enter: Enter, phone: bool) -> None:
    web.add(ROWS)
    web.tick("2026-11-24 08:35")
    web.tick("2026-11-24 15:31")
    page = enter(OPERATOR, phone=phone, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{web.url}/bulletin")
    page.get_by_role("button", name="复制文字").click()
    expect(page.get_by_role("status")).to_have_text("已复制，到群里粘贴即可。")
    assert "1. 新正街 1 件（城管执法大队）" in page.evaluate("navigator.clipboard.readText()")
    assert page.evaluate("document.querySelector('img.poster').decode().then(() => true)")
    assert faults(page) == [] and narrow(page)


def test_without_a_clipboard_the_text_is_marked_to_be_copied_by_hand(web: WebServer, enter: Enter) -> None:
    page = enter(OPERATOR)
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined});")
    page.goto(f"{web.url}/bulletin")
    page.get_by_role("button", name="复制文字").click()
    expect(page.get_by_role("status")).to_contain_text("复制")
    assert page.evaluate("document.activeElement.id") in ("text", "copy")


@pytest.mark.parametrize("phone", [False, True])
def test_a_file_is_looked_at_and_then_imported(web: WebServer, enter: Enter, tmp_path: Path, phone: bool) -> None:
    file = tmp_path / "问题.csv"
    file.write_text(CSV, "utf-8")
    page = enter("标准化办01", phone=phone)
    page.goto(f"{web.url}/import")
    page.get_by_label("文件（").set_input_files(file)
    page.get_by_role("button", name="先看看").click()
    expect(page.get_by_role("heading", name="问题.csv → 问题台账，1 行")).to_be_visible()
    assert faults(page) == [] and narrow(page)
    page.get_by_role("button", name="导入这 1 行").click()
    expect(page.get_by_role("status")).to_contain_text("导入「问题台账」1 行")
    assert web.rows("问题台账", "街路", "问题描述") == [("联胜路", "一堆")]
    assert faults(page) == []


@pytest.mark.parametrize("phone", [False, True])
def test_a_chief_says_how_he_wishes_to_hear(web: WebServer, enter: Enter, phone: bool) -> None:
    web.add(ROWS)
    web.tick("2026-11-24 08:35")
    page = enter("街路长01", phone=phone)
    page.goto(f"{web.url}/notices")
    expect(page.get_by_text("依据方案五·3").first).to_be_visible()
    assert page.get_by_label("交办").locator("option").all_inner_texts() == ["邮件", "只看群消息"]
    page.get_by_label("将到期").select_option("不要")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_have_text("已保存。")
    assert Preferences(web.service.ledger).of("街路长01")["将到期"] == "不要"
    assert faults(page) == [] and narrow(page)
