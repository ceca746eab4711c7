"""The tick on the real embedded workbook: what people do meanwhile, what servers do, and a process that dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import gspread
import pytest
import requests
import responses

from sync import tick
from sync.core.sheet.rows import Raw
from sync.ledger.leases import LEASE_SECONDS
from sync.ledger.ledger import Busy, Ledger
from sync.sheets import set_up
from sync.sheets.gateway import Client, Gateway, Refused, Unknown, Unreachable
from sync.workbook.schema import errors
from sync.workbook.server import Request, Response
from sync.workbook.transport import refusal
from tests.book import ZONE, hour, templates
from tests.deaths import processes
from tests.live_book import LiveBook, Place, again, name

LOG = """
    问题台账
    填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
    2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲
    2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 二号 | 路面脏污 | 严重 | 乙
    2026-11-24 09:00 | 督查01 | 督查 | 新正接 | 三号 | 暴露垃圾 | 一般 | 丙
    """
AT = "2026-11-24 09:05"
RIGHT = {
    "甲": ("20261124-001", "待整改", "街路长01", "环卫所", "2026-11-24 15:30"),
    "乙": ("20261124-002", "待整改", "街路长02", "环卫所", "2026-11-24 10:00"),
    "丙": ("20261124-003", "", "", "", ""),
}
MINE = ("填报人", "来源", "街路", "位置", "类别", "严重程度", "问题描述", "填报时间")


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    return LiveBook(tmp_path).add(LOG)


def right(live: LiveBook) -> dict[str, tuple[str, ...]]:
    shown = live.rows("问题台账", "问题描述", "编号", "状态", "街路长", "责任单位", "截止时间")
    return {row[0]: row[1:] for row in shown}


def people(live: LiveBook) -> list[tuple[str, ...]]:
    return sorted(live.rows("问题台账", *MINE))


def issues(live: LiveBook) -> gspread.Worksheet:
    return live.book.worksheet("问题台账")


def test_a_wrong_row_says_what_to_do_and_a_right_one_is_stamped(live: LiveBook) -> None:
    live.settle(AT)
    assert right(live) == RIGHT
    said = dict(live.rows("问题台账", "问题描述", "校验"))
    assert said["丙"] == "H列「街路」填的是「新正接」，街路名册里没有这条街路。是不是「新正街」？"
    assert said["甲"] == said["乙"] == ""


def test_the_hidden_tab_does_not_grow_wider_with_every_write(live: LiveBook) -> None:
    live.settle(AT)
    records = live.gateway.sheet_ids["records"]
    before = live.gateway.widths()[records]
    for n in range(3):
        live.add(f"问题台账\n填报时间 | 填报人 | 来源 | 街路\n2026-11-24 09:0{n} | 督查0{n} | 督查 | 新正街")
        live.settle("2026-11-24 09:10")
    assert live.gateway.widths()[records] == before


# How many calls ------------------------------------------------------------------------------------------------
def test_a_tick_is_one_read_and_at_most_one_write(live: LiveBook) -> None:
    live.gateway.learn_sheets()
    live.log.clear()
    live.tick(AT)
    assert live.log == ["read", "write"]
    live.log.clear()
    live.tick(AT)
    assert live.log == ["read"], "a tick that changes nothing writes nothing"


def test_an_idle_tick_is_one_small_call(live: LiveBook) -> None:
    live.settle(AT, idle=True)
    live.log.clear()
    assert live.settle("2026-11-24 09:06", idle=True).idle
    assert live.log == ["version"]


def test_a_look_is_not_idle_when_somebody_typed_or_an_hour_came(live: LiveBook) -> None:
    live.settle(AT, idle=True)
    live.type("问题台账", 3, "街路", "新正街")
    assert not live.settle("2026-11-24 09:06", idle=True).idle
    assert live.settle("2026-11-24 09:44", idle=True).idle
    assert not live.settle("2026-11-24 09:45", idle=True).idle, (
        "three quarters of an hour are gone: the chief is warned"
    )
    assert live.settle("2026-11-24 10:00", idle=True).idle, "the last minute is in time"
    assert not live.settle("2026-11-24 10:01", idle=True).idle
    assert dict(live.rows("问题台账", "问题描述", "时限提示"))["乙"] == "已超期（不足1个工作日）"


def test_calls_do_not_grow_with_rows(live: LiveBook) -> None:
    lines = [
        f"2026-11-24 09:0{n % 10} | 督查0{n % 7} | 督查 | 新正街 | {n}号 | 暴露垃圾 | 一般 | 第{n}件"
        for n in range(300)
    ]
    live.add("\n".join(["问题台账", "填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述", *lines]))
    live.gateway.learn_sheets()
    live.log.clear()
    live.tick("2026-11-24 09:15")
    assert live.log == ["read", "write"]


# What people do between our read and our write -------------------------------------------------------------------
def sort_tab(live: LiveBook) -> None:
    sheet = issues(live)
    sheet.sort((sheet.row_values(1).index("问题描述") + 1, "des"))


def insert_row(live: LiveBook) -> None:
    issues(live).insert_row([], 2)


def insert_full_row(live: LiveBook) -> None:
    sheet = issues(live)
    at = sheet.row_values(1).index("问题描述")
    sheet.insert_row(["", "", "", ""] + [""] * (at - 4) + ["半路插进来的"], 2)


def delete_row_above(live: LiveBook) -> None:
    issues(live).delete_rows(2)


def insert_column(live: LiveBook) -> None:
    issues(live).insert_cols([[]], 3)


def insert_named_column(live: LiveBook) -> None:
    issues(live).insert_cols([["本局备注", "备注一"]], 1)


def paste_over_ids(live: LiveBook) -> None:
    issues(live).update([["贴"], ["上"], ["来"]], "A2:A4")


def paste_rows_over_others(live: LiveBook) -> None:
    sheet = issues(live)
    sheet.update([sheet.row_values(2, value_render_option="UNFORMATTED_VALUE")], "A5", raw=True)  # type: ignore[arg-type]


def move_column(live: LiveBook) -> None:
    sheet = issues(live)
    source = sheet.row_values(1).index("截止时间")
    move = {"source": {"sheetId": sheet.id, "dimension": "COLUMNS", "startIndex": source, "endIndex": source + 1}}
    live.book.batch_update({"requests": [{"moveDimension": {**move, "destinationIndex": 4}}]})


EDITS: dict[str, Callable[[LiveBook], None]] = {
    "sorts the tab": sort_tab,
    "inserts an empty row above": insert_row,
    "inserts a column": insert_column,
    "inserts a column with a header": insert_named_column,
    "moves a column": move_column,
    "pastes over ids": paste_over_ids,
}


@pytest.mark.parametrize("what", EDITS)
@pytest.mark.parametrize("seen", ["the first write", "a later write"])
def test_a_person_between_read_and_write(live: LiveBook, what: str, seen: str) -> None:
    """After the next quiet tick every value stands where that person put it and every service cell is right."""
    if seen == "a later write":
        live.settle(AT)
        for row in (1, 2, 3):  # all service cells have to be written again
            live.type("问题台账", row, "状态", "乱")
            live.type("问题台账", row, "街路长", "乱")
    before = people(live)
    done: list[int] = []

    def edit(request: Request) -> None:
        if name(request) == "write" and not done:
            done.append(1)
            EDITS[what](live)

    live.before = edit
    live.settle(AT)
    assert done and people(live) == before
    assert right(live) == RIGHT


@pytest.mark.parametrize("what", EDITS)
def test_a_person_between_read_and_write_and_the_answer_is_lost(live: LiveBook, what: str) -> None:
    before = people(live)
    done: list[int] = []

    def edit(request: Request) -> None:
        if name(request) == "write" and not done:
            done.append(1)
            EDITS[what](live)

    def cut(request: Request, response: Response) -> None:
        if name(request) == "write" and len(done) == 1:
            done.append(2)
            raise requests.ConnectionError("cut after it was applied")

    live.before, live.after = edit, cut
    live.settle(AT)
    assert done == [1, 2] and people(live) == before
    assert right(live) == RIGHT


def test_a_row_deleted_between_read_and_write_stays_deleted_and_the_others_are_right(live: LiveBook) -> None:
    live.before = once_before_write(lambda: delete_row_above(live))
    live.settle(AT)
    assert right(live) == {text: row for text, row in RIGHT.items() if text != "甲"}
    assert "20261124-001" in dict(live.rows("运行状态", "项目", "内容"))["被删除的行：问题台账"]


def test_a_row_filled_in_between_read_and_write_is_a_new_issue(live: LiveBook) -> None:
    live.before = once_before_write(lambda: insert_full_row(live))
    live.settle(AT)
    assert right(live).pop("半路插进来的")[0] == "20261124-004"
    assert {text: row for text, row in right(live).items() if text in RIGHT} == RIGHT


def test_a_copied_row_between_read_and_write_is_a_new_issue(live: LiveBook) -> None:
    live.settle(AT)
    live.before = once_before_write(lambda: paste_rows_over_others(live))
    live.type("问题台账", 1, "状态", "乱")
    live.settle(AT)
    ids = [rid for (rid,) in live.rows("问题台账", "编号")]
    assert ids == ["20261124-001", "20261124-002", "20261124-003", "20261124-004"]


def once_before_write(act: Callable[[], None]) -> Callable[[Request], None]:
    done: list[int] = []

    def before(request: Request) -> None:
        if name(request) == "write" and not done:
            done.append(1)
            act()

    return before


def test_a_tab_that_is_named_back_is_read_again(live: LiveBook) -> None:
    """运行状态 asks for it; until now nothing came of it before the service was started anew."""
    issues(live).update_title("台账")
    live.settle("2026-11-24 09:00")
    assert any("请把名称改回「问题台账」" in text for _, text in live.rows("运行状态", "项目", "内容"))
    live.book.worksheet("台账").update_title("问题台账")
    live.settle(AT)
    assert not any("本轮跳过" in text for _, text in live.rows("运行状态", "项目", "内容"))
    assert right(live) == RIGHT


def test_a_tab_deleted_between_read_and_write_stops_that_write_alone(live: LiveBook) -> None:
    live.before = once_before_write(lambda: live.book.del_worksheet(live.book.worksheet("月度考核")))
    live.settle(AT)
    assert right(live) == RIGHT
    assert "没有这个工作表" in dict(live.rows("运行状态", "项目", "内容"))["表格：月度考核"]
    set_up.build(live.gateway, live.rules)
    live.settle(AT)
    assert len(live.rows("月度考核", "对象")) > 10


# What servers do -------------------------------------------------------------------------------------------------
def failing(kind: str, times: int, answer: Callable[[], Response | None]) -> Callable[[Request], Response | None]:
    left = [times]

    def before(request: Request) -> Response | None:
        if name(request) == kind and left[0]:
            left[0] -= 1
            return answer()
        return None

    return before


def timeout() -> Response | None:
    raise requests.ReadTimeout("slow")


BROKEN: dict[str, Callable[[], Response | None]] = {
    "429": lambda: refusal(errors.quota_exceeded()),
    "500": lambda: refusal(errors.ApiError(500, "Internal error encountered.", "INTERNAL")),
    "503": lambda: refusal(errors.ApiError(503, "The service is currently unavailable.", "UNAVAILABLE")),
    "time-out": timeout,
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_read_is_tried_again(live: LiveBook, fault: str) -> None:
    live.before = failing("read", 3, BROKEN[fault])
    live.settle(AT)
    assert right(live) == RIGHT


@pytest.mark.parametrize("fault", BROKEN)
def test_a_read_that_fails_for_long_changes_nothing(live: LiveBook, fault: str) -> None:
    before = live.everything()
    live.before = failing("read", 99, BROKEN[fault])
    with pytest.raises(Unreachable, match="工作簿"):
        live.tick(AT)
    assert live.everything() == before and live.ledger.memory().stamps == {}


@pytest.mark.parametrize("fault", ["500", "503", "time-out"])
def test_a_write_is_sent_once_and_the_next_tick_looks(live: LiveBook, fault: str) -> None:
    live.before = failing("write", 1, BROKEN[fault])
    live.log.clear()
    with pytest.raises(Unknown):
        live.tick(AT)
    assert live.log.count("write") == 1
    live.settle(AT)
    assert right(live) == RIGHT


def test_a_write_is_tried_again_after_429_alone(live: LiveBook) -> None:
    live.before = failing("write", 3, BROKEN["429"])
    live.log.clear()
    live.tick(AT)
    assert live.log.count("write") == 4 and right(live) == RIGHT


def test_a_write_refused_for_good_is_said(live: LiveBook) -> None:
    live.before = failing("write", 99, lambda: refusal(errors.ApiError(403, "no", "PERMISSION_DENIED")))
    with pytest.raises(Refused, match="被拒绝"):
        live.tick(AT)
    assert live.settle(AT).trouble.startswith("写入工作簿被拒绝")


def test_a_write_whose_answer_was_lost_is_not_done_twice(live: LiveBook) -> None:
    lost: list[int] = []

    def cut(request: Request, response: Response) -> None:
        if name(request) == "write" and not lost:
            lost.append(1)
            raise requests.ConnectionError("cut")

    live.after = cut
    report = live.settle(AT)
    assert lost and report.trouble == "" and right(live) == RIGHT
    numbers = [number for (number,) in live.rows("通知记录", "通知号")]
    assert len(numbers) == len(set(numbers)) == 4
    lines = [line for (line,) in live.rows("扣分明细", "明细号")]
    assert len(lines) == len(set(lines))


@responses.activate
def test_a_server_that_talks_nonsense_is_unreachable() -> None:
    """What no real server can be made to give: a page where JSON should be."""
    responses.get(url="https://sheets.googleapis.com/v4/spreadsheets/x", body="<html>login</html>", status=502)
    client = Client(None, requests.Session())
    client.waits = lambda _: 0.0
    with pytest.raises(Unreachable):
        Gateway(client, "x", templates()).read()
    assert len(responses.calls) == client.tries


def test_time_outs_are_always_set() -> None:
    assert Client(None, requests.Session()).timeout == (10, 120)


# A process that dies ---------------------------------------------------------------------------------------------
STEPS = ("read", "land earlier", "decide", "commit", "write", "land")


def _killed_at(place: Place, step: str, at: str) -> None:
    """In a process of its own: tick, and kill -9 oneself after the step."""
    live = again(place)

    def stop(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    live.tick(at, step=stop)


def kill(live: LiveBook, step: str, at: str) -> None:
    assert processes.run(_killed_at, live.place, step, at) == -signal.SIGKILL


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    live = LiveBook(tmp_path_factory.mktemp("unkilled")).add(LOG)
    live.settle(AT)
    live.settle("2026-11-24 16:00")
    return {"sheets": live.everything(), "waiting": waiting(live)}


def waiting(live: LiveBook) -> list[str]:
    return [one.notice.number for one in live.ledger.waiting(hour("2026-12-31 00:00"), ["待发送"])]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("tick", ["the first", "a later one"])
def test_killed_after_any_step_the_next_tick_gives_the_same(
    live: LiveBook, unkilled: dict[str, object], step: str, tick: str
) -> None:
    if tick == "a later one":
        live.settle(AT)
        kill(live, step, "2026-11-24 16:00")
    else:
        kill(live, step, AT)
        live.restart()
        live.settle(AT)
    live.restart()
    live.settle("2026-11-24 16:00")
    assert live.everything() == unkilled["sheets"]
    assert waiting(live) == unkilled["waiting"], "no notice lost, none twice"


SEAL = "2026-12-05 09:00"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[Raw]]]:
    live = LiveBook(tmp_path_factory.mktemp("sealed")).add(LOG)
    for at in (AT, "2026-11-24 16:00", SEAL):
        live.settle(at)
    return live.everything()


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step_of_a_seal_the_month_is_sealed_once(
    live: LiveBook, sealed: dict[str, list[list[Raw]]], step: str
) -> None:
    for at in (AT, "2026-11-24 16:00"):
        live.settle(at)
    kill(live, step, SEAL)
    live.restart()
    live.settle(SEAL)
    assert live.everything() == sealed
    assert {row[2] for row in live.rows("月度考核", "月份", "状态", "摘要值") if row[0] == "2026-11"} == {
        live.ledger.memory().seals["2026-11"].digest
    }


# A ledger that is lost -------------------------------------------------------------------------------------------
def test_without_its_ledger_everything_is_adopted(live: LiveBook) -> None:
    live.settle(AT)
    live.settle("2026-11-24 16:00")
    live.ledger.settle([n for (n,) in live.rows("通知记录", "通知号")], "已发送", "")
    live.settle("2026-11-24 16:01")
    columns = ("编号", "截止时间", "街路长", "支部", "责任单位", "升级", "状态", "时限提示")
    before, notices = live.rows("问题台账", *columns), live.rows("通知记录", "通知号", "状态")
    live.lose_ledger()
    live.settle("2026-11-24 16:02")
    assert live.rows("问题台账", *columns) == before
    assert live.rows("通知记录", "通知号", "状态") == notices
    assert live.ledger.waiting(hour("2026-12-31 00:00"), ["待发送", "未发送"]) == []
    assert "收编" in dict(live.rows("运行状态", "项目", "内容"))["收编的行"]


def test_a_return_stands_though_the_feedback_that_it_judged_was_deleted_before_the_ledger_was_lost(
    live: LiveBook,
) -> None:
    """A look read the verdict and an agreement to shelve the issue at once: 返工 counts, since it had been mended."""
    live.settle(AT)
    mended, asked = "2026-11-24 09:40", "2026-11-24 09:41"
    live.add(f"""
    整改反馈
    填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
    {mended} | 街路长01 | 20261124-001 | 已整改 | 后.jpg
    """)
    live.add(f"""
    申请审批
    申请时间 | 申请人 | 类型 | 编号 | 期望时间 | 理由
    {asked} | 街路长01 | 挂账 | 20261124-001 | 2026-11-28 12:00 | 等设备
    """)
    live.settle("2026-11-24 09:45")
    row = 1 + [number for (number,) in live.rows("问题台账", "编号")].index("20261124-001")
    for title, at, header, value in (
        ("申请审批", 1, "批复", "同意"),
        ("申请审批", 1, "批复人", "标准化办01"),
        ("问题台账", row, "复核结果", "返工"),
        ("问题台账", row, "复核人", "标准化办01"),
    ):
        live.type(title, at, header, value)
    live.settle("2026-11-24 09:50")
    before = live.rows("问题台账", "编号", "状态", "截止时间", "升级")
    assert before[row - 1][1] == "返工"
    live.book.worksheet("整改反馈").delete_rows(2)
    live.settle("2026-11-24 09:51")
    live.lose_ledger()
    live.settle("2026-11-24 09:52")
    assert live.rows("问题台账", "编号", "状态", "截止时间", "升级") == before


def test_a_deleted_row_comes_back(live: LiveBook) -> None:
    live.settle(AT)
    delete_row_above(live)
    live.settle("2026-11-24 09:10")
    live.settle("2026-11-24 09:11")
    assert live.ledger.want_back("20261124-001")
    live.settle("2026-11-24 12:00")
    assert right(live) == RIGHT


@pytest.mark.parametrize("beside", ["nothing", "a new row"])
@pytest.mark.parametrize("answer", ["arrives", "is lost"])
def test_a_row_that_came_back_and_was_taken_away_at_once_does_not_come_again(
    live: LiveBook, answer: str, beside: str
) -> None:
    """``beside``: what else the look writes into the tab."""
    live.settle(AT)
    delete_row_above(live)
    live.settle("2026-11-24 09:10")
    live.settle("2026-11-24 09:11")
    live.ledger.want_back("20261124-001")
    if beside == "a new row":
        live.add("\n".join([*LOG.strip().splitlines()[:2], LOG.strip().splitlines()[-1].replace("09:", "11:")]))
    before = live.rows("问题台账", "填报时间")

    def take_away(request: Request, response: Response) -> Response | None:
        if not request.path.endswith(":batchUpdate"):
            return None
        live.after = lambda *_: None
        live.book.worksheet("问题台账").delete_rows(1 + len(live.rows("问题台账", "填报时间")))
        return Response(503, {}, b"{}") if answer == "is lost" else None

    live.after = take_away
    live.settle("2026-11-24 12:00")
    live.settle("2026-11-24 12:01")
    assert live.rows("问题台账", "填报时间") == before


def test_a_row_that_was_never_deleted_can_not_come_back(live: LiveBook) -> None:
    live.settle(AT)
    assert not live.ledger.want_back("20261124-001")


def test_a_second_process_waits_its_turn(live: LiveBook) -> None:
    other = Ledger(live.database, live.book.id, ZONE)
    with other.turn(), pytest.raises(Busy):
        live.settle(AT)


def test_every_tick_renews_the_turn(live: LiveBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of slow ticks is longer than a lease, and nobody takes it over meanwhile."""
    clock, other = [time.time()], Ledger(live.database, live.book.id, ZONE)
    monkeypatch.setattr(time, "time", lambda: clock[0])

    def slow(step: str) -> None:
        if step == "read":
            clock[0] += LEASE_SECONDS - 1
            with pytest.raises(Busy), other.turn():
                pass

    report = tick.ticks(live.gateway, live.ledger, live.rules, hour(AT), idle=False, step=slow)
    assert report.ticks > 1
    with other.turn():
        pass
    other.close()
