"""批复 by those whose it is: each sees what waits for him, and what he says stands in the row that asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.book import ZONE
from tests.web_server import WebServer, web_server

ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
{before} | 标准化办01 | 督查 | 新正街 | 暴露垃圾 | 一堆
{before} | 标准化办01 | 督查 | 联胜路 | 暴露垃圾 | 两堆
"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        before = datetime.now(ZONE) - timedelta(minutes=30)
        made.add(ISSUES.format(before=f"{before:%Y-%m-%d %H:%M}"))
        made.tick()
        made.numbers = [row[0] for row in made.rows("问题台账", "编号")]
        made.add(
            "申请审批\n申请人 | 类型 | 编号 | 期望时间 | 分值 | 对象 | 理由\n"
            f"街路长01 | 延期 | {made.numbers[0]} | 2027-03-01 12:00 | | | 等车\n"
            f"街路长02 | 挂账 | {made.numbers[1]} | 2027-03-01 12:00 | | | 封路\n"
            "标准化办01 | 加减分 | | | 1 | 新正街 | 受表扬"
        )
        made.add(
            "人员调整\n申请人 | 类型 | 街路 | 原街路长 | 新街路长 | 生效日期 | 理由\n"
            "标准化办01 | 调整 | 新正街 | 街路长01 | 街路长02 | 2031-01-01 | 轮岗"
        )
        made.tick()
        yield made


def asked(web: WebServer, who: requests.Session) -> list[str]:
    page = who.get(f"{web.url}/answers", timeout=10)
    assert page.ok
    return re.findall(r"<h2>(.+?) · ", page.text)


def say(web: WebServer, who: requests.Session, kind: str, given: str) -> requests.Response:
    page = who.get(f"{web.url}/answers", timeout=10).text
    part = page[page.index(f"<h2>{kind} · ") :]
    tab, row = re.findall(r'name="(?:tab|row)" value="(\w+)"', part)[:2]
    return who.post(f"{web.url}/answers", data={"tab": tab, "row": row, "answer": given}, timeout=10)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("支部书记04", ["延期", "人员调整"]),
        ("支部书记06", ["挂账"]),
        ("指挥长02", ["延期"]),  # the change waits for the branch first (plan note 2)
        ("指挥长03", ["挂账"]),
        ("标准化办01", ["延期", "挂账"]),
        ("办公室01", ["延期", "挂账", "加减分"]),
    ],
)
def test_each_superior_is_asked_what_is_his_to_answer(web: WebServer, name: str, kinds: list[str]) -> None:
    assert asked(web, web.enter(name)) == kinds


def test_an_answer_stands_in_its_row_and_moves_the_clock(web: WebServer) -> None:
    secretary = web.enter("支部书记04")
    assert "已批复「同意」" in say(web, secretary, "延期", "同意").text
    web.tick()
    assert web.rows("申请审批", "类型", "批复", "批复人", "校验", "状态")[0] == (
        "延期",
        "同意",
        "支部书记04",
        "",
        "已同意",
    )
    assert web.rows("问题台账", "截止时间")[0] == ("2027-03-01 12:00",)
    assert asked(web, secretary) == ["人员调整"]


def test_a_change_asks_the_branch_first_then_the_commander(web: WebServer) -> None:
    assert say(web, web.enter("支部书记04"), "人员调整", "同意").ok
    web.tick()
    commander = web.enter("指挥长02")
    assert asked(web, commander) == ["延期", "人员调整"]
    assert say(web, commander, "人员调整", "不同意").ok
    web.tick()
    assert web.rows("人员调整", "支部意见", "指挥长意见", "状态") == [("同意", "不同意", "未同意")]


def test_nobody_answers_what_is_not_his_or_was_answered(web: WebServer) -> None:
    page = web.enter("支部书记04").get(f"{web.url}/answers", timeout=10).text
    row = re.findall(r'name="row" value="(\w+)"', page)[0]
    other = web.enter("支部书记06")
    refused = other.post(f"{web.url}/answers", data={"tab": "requests", "row": row, "answer": "同意"}, timeout=10)
    assert refused.status_code == 409 and "不归您批复" in refused.text
    assert web.rows("申请审批", "批复") == [("",), ("",), ("",)]
    first, second = web.enter("支部书记04"), web.enter("指挥长02")
    assert say(web, first, "延期", "同意").ok
    again = say(web, second, "延期", "不同意")
    assert again.status_code == 409 and "刚才已经批复为「同意」" in again.text
    assert web.rows("申请审批", "批复", "批复人")[0] == ("同意", "支部书记04")


def test_an_answer_typed_by_another_branch_s_secretary_has_no_effect(web: WebServer) -> None:
    sheet = web.book.worksheet("申请审批")
    sheet.update([["同意", "支部书记06"]], "K2:L2", raw=True)
    web.tick()
    said, state = web.rows("申请审批", "校验", "状态")[0]
    assert "延期应当由第四支部的支部书记、城中的指挥长" in said
    assert web.rows("问题台账", "截止时间")[0] != ("2027-03-01 12:00",), state
