"""Forms in a real browser: a report without a signal, measured taps, the weight of a page, verifying by two keys.

What was measured is printed (``pytest -s``) and not judged: a slow machine is no fault.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.book import ZONE, default_rules
from tests.browser.conftest import DESKTOP, PHONE, Enter, faults
from tests.intake.test_forms import ISSUE, body, post, report, upload
from tests.intake.test_photos import jpeg, scene
from tests.web_server import WebServer, web_server

FORMS = ("/forms/issues", "/forms/feedback", "/forms/duties", "/forms/requests")
HEAVIEST = 150 * 1024  # bytes of a form with everything that it loads


@pytest.fixture
def shots(tmp_path: Path) -> list[str]:
    """Photos as a camera of 12 megapixels leaves them."""
    found = []
    for number in (1, 2, 3):
        path = tmp_path / f"IMG_{number}.jpg"
        path.write_bytes(jpeg(scene(number, (4000, 3000))))
        found.append(str(path))
    return found


class Hand:
    """Taps as a thumb makes them, counted and timed."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.since = page, 0, time.monotonic()

    def tap(self, words: str) -> None:
        self.page.get_by_text(words, exact=True).first.tap()
        self.taps += 1

    def shoot(self, *files: str) -> None:
        """The button, and what the camera asks: release, take it. ``files`` one after the other."""
        for file in files:
            there = self.page.locator(".photo").count()
            self.page.set_input_files("#camera", file)
            expect(self.page.locator(".photo")).to_have_count(there + 1, timeout=15_000)
            self.taps += 3

    def tell(self, what: str) -> None:
        print(f"\n{what}: {self.taps} taps, {time.monotonic() - self.since:.1f} s by script")


def until(page: Page, promise: str) -> None:
    """Wait for a promise of the page to come true."""
    for _ in range(200):
        if page.evaluate(promise):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"never: {promise}")


def with_worker(page: Page, web: WebServer) -> None:
    """Opened once with a signal: the worker holds the pages."""
    page.goto(f"{web.url}/mine")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    until(page, "caches.open('jielu-pages-1').then(c => c.match('/forms/issues')).then(found => Boolean(found))")


def test_a_report_without_a_signal_is_one_row_when_it_is_back(enter: Enter, web: WebServer, shots: list[str]) -> None:
    page = enter("街路长01", phone=True)
    with_worker(page, web)
    page.context.set_offline(True)
    page.goto(f"{web.url}/forms/issues")
    hand = Hand(page)
    hand.shoot(*shots[:2])
    hand.tap("暴露垃圾")
    hand.tap("发送")
    expect(page.locator("#done-title")).to_contain_text("已保存在手机上")
    assert web.rows("问题台账", "编号") == []
    page.goto(f"{web.url}/mine")
    expect(page.locator("#waiting-list")).to_contain_text("填报问题 · 新正街 · 暴露垃圾")
    page.context.set_offline(False)
    until(page, "Submissions.all().then(all => !all.length)")
    expect(page.locator("#waiting")).to_be_hidden(timeout=40_000)
    web.tick()
    (row,) = web.rows("问题台账", "填报人", "街路", "类别", "问题描述", "状态", "责任单位", "校验")
    assert row == ("街路长01", "新正街", "暴露垃圾", "暴露垃圾", "待整改", "环卫所", "")
    ((cell,),) = web.rows("问题台账", "照片")
    assert len(set(cell.split("\n"))) == 2 and all(line.startswith("/photos/") for line in cell.split("\n"))
    page.goto(web.url + cell.split("\n")[0])
    width = page.evaluate("document.images[0].naturalWidth")
    assert width == default_rules().forms.photo_side, "shrunk on the phone, and shown"


def test_a_photo_goes_on_where_the_line_broke(enter: Enter, web: WebServer, tmp_path: Path) -> None:
    noisy = Image.effect_noise((1600, 1200), 90)  # does not shrink: several pieces
    (tmp_path / "noise.jpg").write_bytes(jpeg(noisy.convert("RGB")))
    page, offsets, broken = enter("街路长01", phone=True, service_workers="block"), list[int](), list[int]()

    def line(route: Route) -> None:
        offset = int(route.request.url.partition("offset=")[2].partition("&")[0] or -1)
        if route.request.method == "PUT" and offset > 0 and len(broken) < 2:
            broken.append(offset)
            route.abort()
            return
        if route.request.method == "PUT":
            offsets.append(offset)
        route.continue_()

    page.route("**/photos/upload/**", line)
    page.goto(f"{web.url}/forms/issues")
    hand = Hand(page)
    hand.shoot(str(tmp_path / "noise.jpg"))
    hand.tap("暴露垃圾")
    hand.tap("发送")
    expect(page.locator("#done-title")).to_contain_text("已保存在手机上")
    page.goto(f"{web.url}/mine")
    until(page, "Submissions.all().then(all => !all.length)")
    assert len(broken) == 2 and broken[0] in offsets[1:]
    assert offsets == sorted(set(offsets)), "no piece went twice"
    assert len(web.rows("问题台账", "照片")) == 1


def report_offline(page: Page, web: WebServer) -> None:
    """A report that stays on the phone, which is without a signal from here on."""
    page.context.set_offline(True)
    page.goto(f"{web.url}/forms/issues")
    Hand(page).tap("店外经营")
    Hand(page).tap("发送")
    expect(page.locator("#done-title")).to_contain_text("已保存在手机上")


def test_the_same_form_sent_from_two_windows_is_one_row(enter: Enter, web: WebServer) -> None:
    page = enter("街路长01", phone=True)
    with_worker(page, web)
    report_offline(page, web)
    second = page.context.new_page()
    second.goto(f"{web.url}/mine")
    page.context.set_offline(False)
    page.goto(f"{web.url}/mine")
    second.reload()
    until(page, "Submissions.all().then(all => !all.length)")
    second.evaluate("Sending.flush()")
    assert len(web.rows("问题台账", "编号")) == 1


def posts(page: Page) -> list[str]:
    """The forms that a page posts from now on, as their bodies."""
    bodies: list[str] = []
    page.on("request", lambda request: bodies.append(request.post_data or "") if request.method == "POST" else None)
    return bodies


def test_a_form_whose_answer_is_lost_is_sent_again_and_is_one_row(enter: Enter, web: WebServer) -> None:
    page, lost = enter("街路长01", phone=True, service_workers="block"), list[int]()

    def line(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch().status)  # the server takes it, the phone never hears so
        route.abort()

    page.route("**/forms/issues", line)
    page.goto(f"{web.url}/forms/issues")
    sent = posts(page)
    Hand(page).tap("店外经营")
    Hand(page).tap("发送")
    expect(page.locator("#done-title")).to_contain_text("已保存在手机上")
    assert lost == [201] and len(web.rows("问题台账", "编号")) == 1
    page.goto(f"{web.url}/mine")
    until(page, "Submissions.all().then(all => !all.length)")
    assert len(sent) == 2 and sent[0] == sent[1], "under the same id"
    assert len(web.rows("问题台账", "编号")) == 1


def test_the_worker_and_the_page_that_send_at_once_leave_one_row(enter: Enter, web: WebServer) -> None:
    page = enter("街路长01", phone=True)
    with_worker(page, web)
    report_offline(page, web)
    until(page, "navigator.serviceWorker.ready.then(r => r.sync.getTags()).then(tags => tags.includes('send'))")
    sent: list[bool] = []  # by whom each was posted: true for the worker
    page.context.on(
        "request",
        lambda request: sent.append(request.service_worker is not None) if request.method == "POST" else None,
    )
    with web.service.ticking:  # so long the server answers none of the two
        page.context.set_offline(False)
        for _ in range(100):
            page.wait_for_timeout(20)
            if len(sent) > 1:
                break
    assert set(sent) == {True, False}, "both sent it"
    until(page, "Submissions.all().then(all => !all.length)")
    assert len(web.rows("问题台账", "编号")) == 1


def test_one_draft_in_two_windows_is_two_reports(enter: Enter, web: WebServer) -> None:
    first = enter("街路长01", phone=True)
    first.goto(f"{web.url}/forms/issues")
    first.get_by_label("问题描述").fill("在街口")
    until(first, "Submissions.all().then(all => all.length === 1)")
    second = first.context.new_page()
    second.goto(f"{web.url}/forms/issues")
    expect(second.get_by_label("问题描述")).to_have_value("在街口")
    for page, words, category in ((first, "在街口", "暴露垃圾"), (second, "在桥下", "店外经营")):
        page.bring_to_front()
        page.get_by_label("问题描述").fill(words)
        Hand(page).tap(category)
        Hand(page).tap("发送")
        expect(page.locator("#done-title")).to_contain_text("已收到")
    assert web.rows("问题台账", "问题描述", "类别") == [("在街口", "暴露垃圾"), ("在桥下", "店外经营")]
    until(first, "Submissions.all().then(all => !all.length)")


def test_a_form_that_is_refused_as_a_whole_is_not_sent_for_ever(enter: Enter, web: WebServer) -> None:
    page = enter("街路长01", phone=True, service_workers="block")
    page.route(
        "**/forms/issues",
        lambda route: (
            route.fulfill(status=400, body="Bad Request") if route.request.method == "POST" else route.continue_()
        ),
    )
    page.goto(f"{web.url}/forms/issues")
    sent = posts(page)
    Hand(page).tap("店外经营")
    Hand(page).tap("发送")
    expect(page.locator("#e-")).to_contain_text("服务器不收（400）")
    page.goto(f"{web.url}/mine")
    expect(page.locator("#waiting-list")).to_contain_text("要改正才能收下")
    page.get_by_role("button", name="现在发送").tap()
    page.evaluate("Sending.flush()")
    assert len(sent) == 1
    page.unroute("**/forms/issues")
    page.get_by_role("link", name="去改").tap()
    Hand(page).tap("发送")
    expect(page.locator("#done-title")).to_contain_text("已收到")
    assert len(web.rows("问题台账", "编号")) == 1


def test_a_phone_that_is_full_sends_while_there_is_a_signal(enter: Enter, web: WebServer) -> None:
    page = enter("街路长01", phone=True, service_workers="block")
    page.goto(f"{web.url}/forms/issues")
    page.evaluate("Submissions.all()")
    page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", {"origin": web.url, "quotaSize": 1})
    page.get_by_label("问题描述").fill("桥下")
    expect(page.locator("#e-")).to_contain_text("手机存不下草稿")
    Hand(page).tap("店外经营")
    page.context.set_offline(True)
    Hand(page).tap("发送")
    expect(page.locator("#e-")).to_contain_text("手机存不下，也没有发出")
    page.context.set_offline(False)
    Hand(page).tap("发送")
    expect(page.locator("#done-title")).to_contain_text("已收到")
    assert web.rows("问题台账", "问题描述") == [("桥下",)]
    assert page.evaluate("Submissions.all().then(all => all.length)") == 0


def test_a_report_takes_few_taps_and_is_answered_at_once(enter: Enter, web: WebServer, shots: list[str]) -> None:
    page = enter("街路长01", phone=True)
    page.goto(f"{web.url}/mine")
    hand = Hand(page)
    hand.tap("填报问题")
    page.wait_for_url("**/forms/issues")
    hand.shoot(shots[0])
    hand.tap("垃圾满溢")
    hand.tap("发送")
    expect(page.locator("#done-said")).to_contain_text("环卫所")
    hand.tell("a report with a photo")
    said = page.locator("#done-said").inner_text()
    web.tick()
    ((number, deadline),) = web.rows("问题台账", "编号", "截止时间")
    assert number in said and deadline[-5:] in said and "街路长01" in said
    assert hand.taps <= 6


def test_a_feedback_takes_few_taps_and_shows_the_side_to_stand_on(
    enter: Enter, web: WebServer, shots: list[str]
) -> None:
    chief = web.enter("街路长01")
    photo = upload(web, chief, jpeg(scene(5))).json()["photo"]
    number = post(web, chief, "issues", body(ISSUE, photos=(photo,))).json()["number"]
    web.tick()
    page = enter("街路长01", phone=True)
    page.goto(f"{web.url}/mine")
    assert "还剩" in page.locator(".left").inner_text()
    hand = Hand(page)
    hand.tap("反馈")
    page.wait_for_url("**/forms/feedback*")
    expect(page.locator("#before img")).to_be_visible()
    hand.shoot(shots[1])
    hand.tap("发送")
    expect(page.locator("#done-title")).to_contain_text("待复核")
    hand.tell("a feedback with a photo")
    web.tick()
    assert web.rows("整改反馈", "编号", "处理情况", "结果") == [(number, "已整改", "待复核")]
    assert web.rows("问题台账", "状态") == [("待复核",)]
    assert hand.taps <= 5


def test_what_is_wrong_is_said_in_its_place_and_nothing_typed_is_lost(enter: Enter, web: WebServer) -> None:
    page = enter("标准化办01", phone=True)
    page.goto(f"{web.url}/forms/issues")
    page.get_by_label("问题描述").fill("=1+1 不是公式")
    page.get_by_label("指定时限").fill("很快")
    Hand(page).tap("发送")
    expect(page.locator("#e-street")).to_contain_text("没有填")
    page.get_by_label("街路 必填").select_option("联胜路")
    Hand(page).tap("噪音扰民")
    Hand(page).tap("发送")
    expect(page.locator("#e-given_limit")).to_contain_text("看不出是多久")
    assert page.get_by_label("指定时限").get_attribute("aria-invalid") == "true" and faults(page) == []
    assert page.get_by_label("问题描述").input_value() == "=1+1 不是公式" and web.rows("问题台账", "编号") == []
    page.reload()
    expect(page.get_by_label("问题描述")).to_have_value("=1+1 不是公式")
    page.goto(f"{web.url}/mine")
    page.get_by_role("link", name="去改").tap()
    expect(page.get_by_label("指定时限")).to_have_value("很快")
    page.get_by_label("指定时限").fill("2小时")
    Hand(page).tap("发送")
    expect(page.locator("#done-title")).to_contain_text("已收到")
    web.tick()
    assert web.rows("问题台账", "问题描述", "校验", "来源") == [("=1+1 不是公式", "", "督查")]


def test_a_draft_waits_for_its_person_and_goes_when_he_leaves(enter: Enter, web: WebServer) -> None:
    page = enter("街路长01", phone=True)
    with_worker(page, web)
    page.goto(f"{web.url}/forms/duties")
    page.get_by_label("内容").fill("巡查了一半")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.get_by_label("内容")).to_have_value("巡查了一半")
    page.get_by_role("button", name="退出").tap()
    page.wait_for_url("**/leave")
    until(page, "caches.has('jielu-pages-1').then(has => !has)")
    page.goto(web.link("街路长01"))
    page.get_by_role("button", name="进入").tap()
    page.wait_for_url("**/mine")
    page.goto(f"{web.url}/forms/duties")
    expect(page.get_by_label("内容")).to_have_value("")
    assert page.evaluate("Submissions.all().then(all => all.length)") == 0


def weigh(page: Page, address: str) -> int:
    """Bytes of a page and of all that it loads, as they come over the line to a phone that never was here."""
    cold = page.context.browser.new_context(  # type: ignore[union-attr]
        storage_state=page.context.storage_state(), service_workers="block", **PHONE
    )
    total: list[int] = []
    fresh = cold.new_page()
    fresh.on("requestfinished", lambda request: total.append(_size(request)))
    fresh.goto(address)
    fresh.wait_for_load_state("networkidle")
    cold.close()
    assert len(total) >= 6, "the page, two style sheets and its scripts"
    return sum(total)


def _size(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


@pytest.mark.parametrize("address", ["/mine", *FORMS])
def test_a_form_is_light(enter: Enter, web: WebServer, address: str) -> None:
    weight = weigh(enter("街路长01", phone=True), f"{web.url}{address}")
    print(f"\n{address}: {weight / 1024:.1f} KB")
    assert weight <= HEAVIEST


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_no_page_has_a_serious_fault_or_is_wider_than_the_screen(enter: Enter, web: WebServer, phone: bool) -> None:
    fill(web)
    for who, addresses in (("街路长01", ("/mine", *FORMS)), ("标准化办01", ("/verify", "/forms/issues"))):
        page = enter(who, phone=phone)
        for address in addresses:
            page.goto(f"{web.url}{address}")
            page.wait_for_load_state("networkidle")
            assert faults(page) == [], address
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
                address
            )
            small = page.evaluate(SMALL)
            assert small == [], f"{address}: smaller than a thumb: {small}"


FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
SMALL = """() => Array.from(document.querySelectorAll('main button, main a.button, main select, main textarea, .chip'))
  .filter(one => one.offsetParent && Math.min(one.offsetHeight, one.offsetWidth) < 44)
  .map(one => one.outerHTML.slice(0, 80))"""


# Verifying


def fill(web: WebServer) -> list[str]:
    """Three issues that were answered; the second is 执法类."""
    chief = web.enter("街路长01")
    past = (datetime.now(ZONE) - timedelta(minutes=5)).isoformat()
    photos = [upload(web, chief, jpeg(scene(number)), number).json()["photo"] for number in range(1, 7)]
    numbers = [
        post(web, chief, "issues", body({**ISSUE, "category": category}, 10 + i, (photos[i],), at=past)).json()[
            "number"
        ]
        for i, category in enumerate(("暴露垃圾", "店外经营", "路面脏污"))
    ]
    web.tick()
    for i, number in enumerate(numbers):
        post(web, chief, "feedback", body({"issue": number, "outcome": "已整改"}, 20 + i, (photos[3 + i],)))
    web.tick()
    return numbers


def verdicts(web: WebServer) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in web.rows("问题台账", "编号", "复核结果", "复核人", "复核意见", "执法依据")}


def test_verifying_takes_two_keys(enter: Enter, web: WebServer) -> None:
    first, legal, last = fill(web)
    page = enter("标准化办01")
    page.clock.install()
    page.goto(f"{web.url}/verify")
    expect(page.locator(".verify")).to_have_count(3)
    expect(page.locator(".verify:visible")).to_have_count(1)
    order = page.locator(".verify").evaluate_all("all => all.map(one => one.dataset.number)")
    assert sorted(order) == sorted([first, legal, last])
    while page.locator(".verify.now").get_attribute("data-number") != first:
        page.keyboard.press("j")
    page.keyboard.press("1")
    expect(page.locator("#v-place")).to_contain_text("共 2 件")
    while page.locator(".verify.now").get_attribute("data-number") != last:
        page.keyboard.press("ArrowDown") if order.index(last) > order.index(legal) else page.keyboard.press("k")
    page.keyboard.press("2")
    page.keyboard.press("2")
    expect(page.locator("#v-place")).to_have_text("第 1 件，共 1 件")
    page.keyboard.press("p")
    expect(page.locator(".verify.now .fault")).to_contain_text("执法依据")
    page.keyboard.type("蒸城管罚〔2026〕15号")
    page.keyboard.press("Enter")
    expect(page.locator("#v-none")).to_be_visible()
    expect(page.locator("#undo li")).to_have_count(3)
    assert not any(verdict[0] for verdict in verdicts(web).values()), "nothing is written yet"
    page.clock.fast_forward(10_000)
    expect(page.locator(".verify")).to_have_count(0)
    assert verdicts(web) == {
        first: ("通过", "标准化办01", "", ""),
        last: ("返工", "标准化办01", "没有清理干净", ""),
        legal: ("通过", "标准化办01", "", "蒸城管罚〔2026〕15号"),
    }
    web.tick()
    states = dict(web.rows("问题台账", "编号", "状态"))
    assert states == {first: "已销号", last: "返工", legal: "已销号"}


@pytest.mark.parametrize("by_key", [True, False], ids=["by key", "by button"])
def test_a_verdict_is_taken_back_within_ten_seconds(enter: Enter, web: WebServer, by_key: bool) -> None:
    first, *_ = fill(web)
    page = enter("标准化办01")
    page.clock.install()
    page.goto(f"{web.url}/verify#i{first}")
    expect(page.locator(".verify.now")).to_have_attribute("data-number", first)
    page.keyboard.press("1")
    expect(page.locator("#v-count")).to_have_text("2")
    page.clock.fast_forward(4_000)
    page.keyboard.press("u") if by_key else page.get_by_role("button", name="撤回").click()
    expect(page.locator(".verify.now")).to_have_attribute("data-number", first)
    expect(page.locator("#v-count")).to_have_text("3")
    page.clock.fast_forward(20_000)
    assert verdicts(web)[first][0] == ""


def test_what_waits_is_written_when_the_page_is_left(enter: Enter, web: WebServer) -> None:
    first, *_ = fill(web)
    page = enter("标准化办01")
    page.goto(f"{web.url}/verify#i{first}")
    page.keyboard.press("1")
    expect(page.locator("#undo li")).to_have_count(1)
    page.goto(f"{web.url}/status")
    for _ in range(50):
        if verdicts(web)[first][0]:
            break
        time.sleep(0.1)
    assert verdicts(web)[first][:2] == ("通过", "标准化办01")


def test_both_photos_are_seen_large(enter: Enter, web: WebServer) -> None:
    first, *_ = fill(web)
    page = enter("标准化办01")
    page.goto(f"{web.url}/verify#i{first}")
    assert faults(page) == []
    page.keyboard.press("z")
    dialog = page.get_by_role("dialog", name="看大图")
    expect(dialog).to_be_visible()
    shown = dialog.locator("img")
    expect(shown).to_have_count(2)
    for image in shown.all():
        image.evaluate("image => image.decode()")
    shown.first.click()
    expect(dialog.locator("figure").first).to_have_class("own-size")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_what_waits_is_filtered_by_street_and_lateness(enter: Enter, web: WebServer) -> None:
    fill(web)
    page = enter("标准化办01")
    page.goto(f"{web.url}/verify")
    streets = page.get_by_label("街路").locator("option").all_inner_texts()
    page.get_by_label("街路").select_option(streets[1])
    page.get_by_role("button", name="筛选").click()
    page.wait_for_url("**street=**")
    texts = page.locator(".verify .task-head b").all_text_contents()
    assert texts and all(text.startswith(streets[1]) for text in texts)
    page.goto(f"{web.url}/verify?late=1")
    expect(page.locator(".verify")).to_have_count(0)


def test_what_another_verified_meanwhile_is_said_and_left(enter: Enter, web: WebServer) -> None:
    first, *_ = fill(web)
    page = enter("标准化办01", phone=True)
    page.clock.install()
    page.goto(f"{web.url}/verify#i{first}")
    sheet = web.book.worksheet("问题台账")
    header = sheet.row_values(1)
    sheet.update_cell(2, header.index("复核结果") + 1, "返工")
    sheet.update_cell(2, header.index("复核人") + 1, "标准化办02")
    item = page.locator(f"[data-number='{first}']")
    item.get_by_role("button", name="通过").tap()
    page.clock.fast_forward(10_000)
    expect(item.locator(".fault")).to_contain_text("刚才已由标准化办02复核为「返工」")
    assert verdicts(web)[first][:2] == ("返工", "标准化办02")


def test_a_public_report_is_accepted_on_the_same_page(tmp_path: Path, browser: Any) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(default_rules().text.replace("public = false", "public = true"), "utf-8")
    with web_server(tmp_path, JIELU_RULES=str(rules)) as web:
        phone = browser.new_context(locale="zh-CN", **PHONE).new_page()
        phone.goto(f"{web.url}/report")
        assert faults(phone) == []
        phone.get_by_label("街路 必填").select_option("联胜路")
        phone.get_by_text("噪音扰民", exact=True).tap()
        phone.get_by_label("问题描述").fill("半夜切割")
        phone.get_by_role("button", name="发送").tap()
        expect(phone.locator("#done-title")).to_contain_text("谢谢")
        report(web, body({"street": "新正街", "category": "路面积水", "text": "误报"}, 7))
        web.tick()
        page = browser.new_context(locale="zh-CN", **DESKTOP).new_page()
        page.goto(web.link("标准化办01"))
        page.get_by_role("button", name="进入").click()
        page.clock.install()
        page.goto(f"{web.url}/verify")
        page.locator(".accept", has_text="半夜切割").get_by_role("button", name="受理").click()
        page.locator(".accept", has_text="误报").get_by_role("button", name="作废").click()
        expect(page.locator("#a-none")).to_be_visible()
        page.clock.fast_forward(10_000)
        expect(page.locator(".accept")).to_have_count(0)
        web.tick()
        assert web.rows("问题台账", "问题描述", "核实结果", "状态") == [
            ("半夜切割", "受理", "待整改"),
            ("误报", "作废", "作废"),
        ]
        phone.context.close()
        page.context.close()


def test_a_clean_inspection_is_one_tap(enter: Enter, web: WebServer) -> None:
    page = enter("标准化办01", phone=True)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 112.36, "latitude": 26.97})
    page.goto(f"{web.url}/inspections")
    expect(page.get_by_role("heading", name="还没有督查到的（4 条）")).to_be_visible()
    assert faults(page) == []
    row = page.locator("li[data-street='新正街']")
    row.get_by_role("button", name="这条路没问题").tap()
    expect(row.locator(".told")).to_have_text("已记一次督查。")
    assert web.rows("履职记录", "填报人", "类型", "街路", "经度", "纬度") == [
        ("标准化办01", "督查", "新正街", "112.36", "26.97")
    ]
    web.tick()
    page.goto(f"{web.url}/inspections")
    expect(page.get_by_role("heading", name="还没有督查到的（3 条）")).to_be_visible()
    page.context.clear_permissions()
    page.locator("li[data-street='联胜路']").get_by_role("button", name="这条路没问题").tap()
    page.wait_for_url("**/forms/duties?**")
    expect(page.get_by_label("街路")).to_have_value("联胜路")
    expect(page.get_by_label("内容")).to_have_value("没有发现问题")


def test_a_form_is_filled_by_the_page_that_leads_to_it(enter: Enter, web: WebServer) -> None:
    chief = web.enter("街路长01")
    photo = upload(web, chief, jpeg(scene(5))).json()["photo"]
    number = post(web, chief, "issues", body(ISSUE, photos=(photo,))).json()["number"]
    web.tick()
    page = enter("街路长01", phone=True)
    page.goto(f"{web.url}/mine")
    expect(page.locator(".task-photo img")).to_be_visible()
    page.locator(".task-photo img").evaluate("image => image.decode()")
    page.get_by_role("link", name="延期 新正街").tap()
    expect(page.get_by_label("编号")).to_have_value(number)
    expect(page.get_by_label("延期")).to_be_checked()
    page.get_by_label("理由").fill("等车")
    page.goto(f"{web.url}/forms/feedback?issue={number}&outcome=上报")
    expect(page.get_by_label("编号")).to_have_value(number)
    expect(page.get_by_label("上报上级")).to_be_checked()
    page.goto(f"{web.url}/forms/requests?kind=申诉&line={number}·发现问题")
    expect(page.get_by_label("明细号 必填")).to_have_value(f"{number}·发现问题")
    expect(page.get_by_label("理由")).to_have_value("")


def test_what_a_kind_of_request_needs_is_marked_and_asked_for(enter: Enter, web: WebServer) -> None:
    page = enter("街路长01", phone=True)
    page.goto(f"{web.url}/forms/requests?kind=移交")
    page.get_by_label("理由").fill("不归我们")
    expect(page.get_by_label("移交单位 必填")).to_be_visible()
    page.get_by_role("button", name="发送").tap()
    expect(page.locator("#e-to_unit")).to_have_text("没有填，请补上。")
    expect(page.locator("#e-issue")).to_have_text("没有填，请补上。")
    page.get_by_text("申诉", exact=True).tap()
    expect(page.get_by_label("明细号 必填")).to_be_visible()
    expect(page.locator("#f-issue")).to_be_visible()
    expect(page.locator("[data-key=issue] .must")).to_be_hidden()


def test_what_is_said_under_a_question_follows_the_kind_that_is_chosen(enter: Enter, web: WebServer) -> None:
    page = enter("街路长01", phone=True)
    page.goto(f"{web.url}/forms/requests")
    kind, until_when = page.locator("#h-kind"), page.locator("#h-until")
    expect(kind).to_have_text("要更多时间整改。", use_inner_text=True)
    expect(until_when).to_have_text("希望延到的时间，必填。", use_inner_text=True)
    page.get_by_text("挂账", exact=True).tap()
    expect(kind).to_have_text("暂时无法整改，停表。", use_inner_text=True)
    expect(until_when).to_have_text("预计恢复的时间，不填则一直挂着。", use_inner_text=True)
    expect(page.locator("[data-of=弄虚作假], [data-of=加减分]")).to_have_count(0)  # he may ask for neither
    page.goto(f"{web.url}/forms/feedback")
    page.get_by_text("非本单位", exact=True).tap()
    expect(page.locator("#h-text")).to_have_text("为什么不归本单位、应归谁，必填。", use_inner_text=True)
