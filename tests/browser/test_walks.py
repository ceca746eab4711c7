"""What each person of the bureau does most, by the way that was there before and by the shortest one: taps and seconds.

Both ways lead to the same end, which is checked; taps are counted and held, seconds are printed (``pytest -s``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Enter
from tests.web_server import WebServer, web_server


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    """In the middle of a month: a score on its first day is of the month before."""
    with web_server(tmp_path, at="2026-11-24 15:30") as made:
        yield made


@dataclass
class Walk:
    """Taps of one person on one page, counted from ``/``."""

    page: Page
    url: str
    taps: int = 0
    since: float = field(default_factory=time.monotonic)

    def tap(self, target: Locator) -> None:
        target.first.click()
        self.taps += 1

    def link(self, name: str) -> None:
        self.tap(self.page.get_by_role("link", name=name))

    def button(self, name: str) -> None:
        self.tap(self.page.get_by_role("button", name=name, exact=True))

    def choose(self, label: str, value: str) -> None:
        """A list is opened, and its entry tapped."""
        self.page.get_by_label(label).select_option(value)
        self.taps += 2

    def chip(self, words: str) -> None:
        self.tap(self.page.locator(".chip", has_text=words))

    @property
    def figures(self) -> tuple[int, float]:
        return self.taps, time.monotonic() - self.since


Steps = Callable[[Walk], None]


def walked(page: Page, web: WebServer, steps: Steps) -> tuple[int, float]:
    page.goto(web.url)
    walk = Walk(page, web.url)
    steps(walk)
    return walk.figures


def compare(what: str, page: Page, web: WebServer, before: Steps, now: Steps) -> tuple[int, int]:
    """Taps by both ways, also printed; what the first wrote is looked at before the second begins."""
    old = walked(page, web, before)
    web.tick()
    new = walked(page, web, now)
    print(f"\n{what}: {old[0]} taps {old[1]:.1f} s → {new[0]} taps {new[1]:.1f} s")
    return old[0], new[0]


def fill(web: WebServer) -> None:
    """Two late issues of two units with a letter each to sign, and two requests that wait."""
    before = web.service.now() - timedelta(hours=6)
    rows = "\n".join(
        f"{before:%Y-%m-%d %H:%M} | 督查01 | 督查 | {street} | {place} | {category} | 严重 | 1小时 | 油污"
        for street, place, category in (("新正街", "8号", "路面脏污"), ("联胜路", "桥头", "路面破损"))
    )
    web.add(f"问题台账\n填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 指定时限 | 问题描述\n{rows}")
    web.tick(f"{before + timedelta(minutes=1):%Y-%m-%d %H:%M}")
    until = f"{web.service.now() + timedelta(days=3):%Y-%m-%d %H:%M}"
    (_, second) = [row[0] for row in web.rows("问题台账", "编号")]
    asked = "\n".join(
        f"{before + timedelta(minutes=minute):%Y-%m-%d %H:%M} | 街路长02 | {kind} | {second} | {until} | 等人"
        for minute, kind in ((10, "延期"), (20, "挂账"))
    )
    web.add(f"申请审批\n申请时间 | 申请人 | 类型 | 编号 | 期望时间 | 理由\n{asked}")
    web.tick()


def by_old_form(walk: Walk) -> None:
    """A request by the form: kind and issue are looked for there."""
    walk.link("申请延期、移交等")
    walk.chip("挂账")
    walk.page.locator("#f-issue option").nth(1).wait_for(state="attached")
    walk.choose("编号", walk.page.locator("#f-issue option").nth(1).get_attribute("value") or "")


def clean_by_form(walk: Walk) -> None:
    walk.link("我的")
    walk.link("记一次履职")
    walk.chip("督查")
    walk.choose("街路", "建设南路")
    walk.tap(walk.page.get_by_label("内容"))
    walk.page.get_by_label("内容").fill("没有发现问题")
    walk.button("附上现在的位置")
    expect(walk.page.locator("#gps-said")).to_contain_text("已附上")
    walk.button("发送")
    expect(walk.page.locator("#done")).to_be_visible()


def clean_by_tap(walk: Walk) -> None:
    walk.link("督查")
    row = walk.page.locator("li[data-street='高铁站广场']")
    walk.tap(row.get_by_role("button"))
    expect(row.locator(".told")).to_have_text("已记一次督查。")


def answer_by_page(walk: Walk) -> None:
    walk.link("批复")
    walk.button("不同意")
    expect(walk.page.get_by_role("status")).to_contain_text("已批复")


def answer_here(walk: Walk) -> None:
    walk.button("同意")
    expect(walk.page.get_by_role("status")).to_contain_text("已批复")


def sign_by_letter(walk: Walk) -> None:
    walk.link("督办")
    expect(walk.page.get_by_role("heading", name="督办", exact=True)).to_be_visible()
    walk.tap(walk.page.locator("main th a"))
    walk.button("签发")
    expect(walk.page.get_by_text("已签发").first).to_be_visible()


def sign_here(walk: Walk) -> None:
    walk.button("签发")
    expect(walk.page.get_by_role("status")).to_contain_text("已签发")


def late_by_week(walk: Walk) -> None:
    walk.link("每周")
    walk.tap(walk.page.locator("main th a"))
    expect(walk.page.get_by_role("heading", name="经过")).to_be_visible()


def late_here(walk: Walk) -> None:
    walk.tap(walk.page.locator("[aria-labelledby=late] a"))
    expect(walk.page.get_by_role("heading", name="经过")).to_be_visible()


def report_up_by_form(walk: Walk) -> None:
    walk.link("反馈")
    walk.chip("上报上级")
    expect(walk.page.get_by_label("上报上级")).to_be_checked()


def report_up_here(walk: Walk) -> None:
    walk.link("上报上级 新正街")
    expect(walk.page.get_by_label("上报上级")).to_be_checked()


def put_off_here(walk: Walk) -> None:
    walk.link("延期 新正街")
    expect(walk.page.get_by_label("编号")).not_to_have_value("")


def appeal_by_form(walk: Walk) -> None:
    walk.link("申请延期、移交等")
    walk.chip("申诉")
    walk.choose("明细号", walk.page.locator("#f-line option").nth(1).get_attribute("value") or "")


def appeal_from_score(walk: Walk) -> None:
    walk.tap(walk.page.locator("section.score a").first)
    walk.tap(walk.page.locator("tbody th a").last)
    walk.link("申诉")
    expect(walk.page.get_by_label("明细号")).not_to_have_value("")


def test_the_shortest_way_of_each_person_is_short(enter: Enter, web: WebServer) -> None:
    fill(web)
    office, commander, secretary = enter("办公室01"), enter("指挥长03", phone=True), enter("支部书记04", phone=True)
    chief, inspector = enter("街路长01", phone=True), enter("标准化办01", phone=True)
    inspector.context.grant_permissions(["geolocation"])
    inspector.context.set_geolocation({"longitude": 112.36, "latitude": 26.97})
    taps = {
        "sign": compare("the office signs a letter", office, web, sign_by_letter, sign_here),
        "answer": compare("a commander answers a request", commander, web, answer_by_page, answer_here),
        "late": compare("a secretary opens what is late", secretary, web, late_by_week, late_here),
        "up": compare("a chief reports up", chief, web, report_up_by_form, report_up_here),
        "put off": compare("a chief asks for time", chief, web, by_old_form, put_off_here),
        "appeal": compare("a chief appeals", chief, web, appeal_by_form, appeal_from_score),
        "clean": compare("a clean inspection", inspector, web, clean_by_form, clean_by_tap),
    }
    assert taps == {
        "sign": (3, 1), "answer": (2, 1), "late": (2, 1), "up": (2, 1), "put off": (4, 1), "appeal": (4, 3),
        "clean": (8, 2),
    }  # fmt: skip
    assert len(web.rows("履职记录", "街路")) == 2
