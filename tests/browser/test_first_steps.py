"""A new bureau set up in a browser: from an empty data folder to a roster, cards, and a form that a chief sends."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, faults
from tests.browser.test_cards import on_screen
from tests.browser.test_forms import Hand
from tests.mail_server import MailServer, mail_server
from tests.web_server import OPERATOR, WebServer, web_server

WIDTHS = (1440, 390)


@pytest.fixture
def mails() -> Iterator[tuple[MailServer, str]]:
    with mail_server() as made:
        yield made


@pytest.fixture
def web(tmp_path: Path, mails: tuple[MailServer, str]) -> Iterator[WebServer]:
    sender = {"JIELU_SMTP": mails[1], "JIELU_MAIL_FROM": "jielu@xidu.example"}
    with web_server(tmp_path, cast=False, **sender) as made:
        yield made


@pytest.fixture
def page(browser: Browser, web: WebServer) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", **DESKTOP)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(web.link(OPERATOR))
    page.get_by_role("button", name="进入").click()
    yield page
    context.close()
    assert not errors


def look(page: Page) -> None:
    """Nothing is wider than the screen and nothing serious is wrong for who can't see it, wide and narrow."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        assert faults(page) == [], page.url
    page.set_viewport_size(DESKTOP["viewport"])  # type: ignore[arg-type]


def press(page: Page, name: str) -> None:
    """A button that leads to another page, until that is there."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def follow(page: Page, name: str) -> None:
    """A link, until its page is there."""
    with page.expect_navigation():
        page.get_by_role("link", name=name).click()


def roster() -> bytes:
    """Somebody's own file: a title, other headers, other words, and a sheet that is not wanted."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "说明"
    sheet.append(["填表说明"])
    own = book.create_sheet("2026年花名册")
    for row in (["丙县街路长花名册"], ["路名", "路的类型", "片区", "所属支部", "路长姓名", "手机"],
                ["人民路", "主干道", "东片", "第一支部", "张三", "13800000001"],
                ["后巷", "背街小巷", "西片", "第一支部", "李四", "13800000002"]):  # fmt: skip
        own.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_from_an_empty_folder_to_a_form_of_a_chief(
    page: Page, web: WebServer, browser: Browser, mails: tuple[MailServer, str]
) -> None:
    expect(page.get_by_role("heading", name="设置本局")).to_be_visible()
    look(page)

    follow(page, "去做：本局")
    look(page)
    page.get_by_label("本局名称").fill("丙县城市管理局")
    page.get_by_label("区域，由").fill("东区\n西区")
    press(page, "存下来")

    look(page)
    page.get_by_label("文件（").set_input_files({"name": "花名册.xlsx", "mimeType": "", "buffer": roster()})
    press(page, "对列")
    expect(page.get_by_label("工作表")).to_have_value("2026年花名册")
    look(page)
    page.get_by_label("路的类型").select_option(label="类型（必填）")
    press(page, "先看看")
    expect(page.get_by_text("第 3 行 B 列「路的类型」：填的是「主干道」")).to_be_visible()
    page.get_by_label("主干道 就是").select_option("主次干道")
    page.get_by_label("东片 就是").select_option("东区")
    page.get_by_label("西片 就是").select_option("西区")
    page.goto(f"{web.url}/setup")  # left, and taken up again
    follow(page, "去做：街路名册")
    follow(page, "接着对列")
    page.get_by_label("路的类型").select_option(label="类型（必填）")
    press(page, "先看看")
    page.get_by_label("主干道 就是").select_option("主次干道")
    page.get_by_label("东片 就是").select_option("东区")
    page.get_by_label("西片 就是").select_option("西区")
    press(page, "先看看")
    look(page)
    press(page, "导入这 2 行")
    expect(page.get_by_text("导入「街路名册」2 行")).to_be_visible()
    press(page, "这一步好了")

    press(page, "把这 2 位加进去")
    expect(page.get_by_text("没有人能复核")).to_be_visible()
    look(page)
    page.get_by_label("或者从表格里复制").fill("姓名\t角色\t邮箱\n王五\t标准化办\twang@bing.example\n")
    press(page, "对列")
    press(page, "先看看")
    press(page, "导入这 1 行")
    page.get_by_label("姓名").fill("赵六")
    page.get_by_label("角色").select_option("指挥长")
    page.get_by_label("区域").select_option("东区")
    page.get_by_role("button", name="加进去", exact=True).click()
    expect(page.get_by_text("导入「组织架构」1 行")).to_be_visible()
    look(page)
    expect(page.get_by_text("没有人能复核")).to_have_count(0)
    press(page, "这一步好了")

    look(page)
    page.get_by_label("发到哪个邮箱").fill("wang@bing.example")
    press(page, "试发")
    expect(page.get_by_text("邮件服务器收下了")).to_be_visible()
    assert [mail["To"] for mail in mails[0].received] == ["wang@bing.example"]
    press(page, "这一步好了")

    expect(page.get_by_text("只有服务器自己打得开")).to_be_visible()
    look(page)
    assert on_screen(page) == {f"{web.url}/enter"}
    press(page, "这一步好了")

    look(page)
    follow(page, "选人，印卡片")
    look(page)
    press(page, "印勾上的")
    expect(page.get_by_text("丙县城市管理局").first).to_be_visible()
    look(page)
    links = on_screen(page)
    assert len(links) == 3, "of two chiefs and a commander"

    page.goto(f"{web.url}/setup")
    press(page, "开始使用")
    assert page.url == f"{web.url}/people"
    page.goto(f"{web.url}/setup")
    expect(page.get_by_text("本局已经开始使用")).to_be_visible()

    sent = set()
    for link in links:
        sent.add(send_form(browser, link))
    sent.discard(("赵六",))
    web.tick()
    assert {row[:1] for row in web.rows("问题台账", "填报人")} == sent == {("张三",), ("李四",)}
    assert {(chief, unit) for chief, unit in web.rows("问题台账", "街路长", "责任单位")} == {
        ("张三", "环卫所"), ("李四", "环卫所"),
    }  # fmt: skip
    assert all(number for (number,) in web.rows("问题台账", "编号"))


def send_form(browser: Browser, link: str) -> tuple[str]:
    """A chief scans his card and reports a problem; his name."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **PHONE)
    phone = context.new_page()
    phone.goto(link)
    phone.get_by_role("button", name="进入").click()
    name = phone.locator(".who").inner_text()
    if name == "赵六":  # reports what the public or the bureau's leaders say, of any street: not played here
        context.close()
        return (name,)
    phone.goto(f"{link.partition('/enter')[0]}/forms/issues")
    phone.get_by_label("问题描述").fill("垃圾成堆")
    Hand(phone).tap("暴露垃圾")
    Hand(phone).tap("发送")
    expect(phone.locator("#done-title")).to_contain_text("已收到", timeout=20_000)
    context.close()
    return (name,)
