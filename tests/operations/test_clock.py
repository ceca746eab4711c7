"""The hour of a machine that shows a wrong one: over the real service, across a restart, and the ways back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from sync import clock
from sync.cli.main import main
from sync.core.look import follow
from sync.core.look.doubted import ITEM
from sync.core.rules.rules import load
from sync.intake.pushes import PushIntake
from sync.ledger.operations.failures import Failures
from sync.ledger.received.pushes import Pushes
from sync.service import Service
from tests.book import ROOT, hour
from tests.web_server import WebServer, web_server

LAST = hour("2026-11-27 16:00")
WRONG = hour("2036-01-01 08:00")
HEAD = "填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述"
ROW = "2026-11-27 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 垃圾成堆"


@pytest.fixture(autouse=True)
def _nothing_keeps_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "kernel_is_synchronised", lambda: False)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        made.add("\n".join(["问题台账", HEAD, ROW]))
        made.service.ledger.confirm_hour(LAST, "测试")
        made.service.ticks(LAST)
        yield made


def shown(web: WebServer) -> list[list[tuple[str, ...]]]:
    return [
        web.rows("问题台账", "编号", "状态", "截止时间", "升级"),
        web.rows("月度考核", "月份", "对象", "得分", "状态"),
        web.rows("通知记录", "通知号", "状态"),
    ]


def status(web: WebServer) -> dict[str, str]:
    return dict(web.rows("运行状态", "项目", "内容"))  # type: ignore[arg-type]


def look(service: Service, at: datetime) -> bool:
    """Whether a look at that hour of this machine's clock was believed."""
    return not service.ticks(at, doubt=service.doubt).is_doubted


def test_one_look_at_a_wrong_hour_leaves_nothing_behind(web: WebServer) -> None:
    before = shown(web)
    assert not look(web.service, WRONG) and not look(web.service, WRONG + timedelta(seconds=20))
    assert shown(web) == before and "2036年1月1日 星期二 08:00" in status(web)[ITEM]
    assert look(web.service, LAST + timedelta(minutes=1))
    assert shown(web) == before and ITEM not in status(web)


def test_the_doubt_stands_across_a_restart(web: WebServer) -> None:
    assert not look(web.service, WRONG)
    again = Service(web.service.settings)
    assert not look(again, WRONG + timedelta(minutes=1)) and look(again, LAST + timedelta(minutes=1))
    again.close()


def test_a_step_back_of_two_minutes_waits(web: WebServer) -> None:
    report = web.service.ticks(LAST - timedelta(minutes=2), idle=False, doubt=web.service.doubt)
    assert report.idle and not report.is_doubted


def test_a_person_who_types_an_hour_near_by_speaks_for_the_clock(web: WebServer) -> None:
    later = LAST + timedelta(days=30)
    assert not look(web.service, later)
    web.add("\n".join(["问题台账", HEAD, f"{later:%Y-%m-%d} 15:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 乙"]))
    assert look(web.service, later + timedelta(minutes=1))


HOOK = """
[[hook]]
name = "tui"
kind = "通用"
tab = "问题台账"
key = "K_TUI"
id = "id"
columns = { "填报人" = "who", "街路" = "street", "类别" = "category", "问题描述" = "text" }
constants = { "来源" = "督查" }
"""
ENTRY = '{"id": "1", "who": "督查01", "street": "新正街", "category": "暴露垃圾", "text": "甲"}'


@pytest.mark.parametrize("text", ["甲", "甲，又一堆"], ids=["as it came", "put right by a person"])
def test_a_push_that_came_by_a_wrong_clock_does_not_speak_for_it(web: WebServer, text: str) -> None:
    """Its 填报时间 is the hour at which this machine took it in: else one push would seal nine years of months."""
    rules = load((ROOT / "rules.toml").read_text("utf-8") + HOOK)
    Pushes(web.service.ledger).add("tui", "1", ENTRY, "", WRONG)
    PushIntake(web.service.new_gateway(), web.service.ledger, rules).work(WRONG)
    assert web.rows("问题台账", "填报时间")[-1][0] == "2036-01-01 08:00"
    sheet = web.book.worksheet("问题台账")
    sheet.update_cell(3, sheet.row_values(1).index("问题描述") + 1, text)
    assert not look(web.service, WRONG + timedelta(minutes=1))


def test_a_synchronised_kernel_speaks_for_the_clock(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not look(web.service, LAST + timedelta(days=30))
    monkeypatch.setattr(clock, "kernel_is_synchronised", lambda: True)
    assert look(web.service, LAST + timedelta(days=30, minutes=1))


def test_a_phone_s_hour_speaks_for_the_clock(web: WebServer) -> None:
    later = LAST + timedelta(days=30)
    assert not look(web.service, later)
    web.service.phone_hour = later - timedelta(hours=25)
    assert not look(web.service, later), "more than a day away"
    web.service.phone_hour = later - timedelta(hours=23)
    assert look(web.service, later)


@pytest.mark.parametrize(
    ("date", "right"),
    [("Fri, 27 Nov 2026 08:00:00 GMT", True), ("Fri, 27 Nov 2026 08:06:00 GMT", False), ("", False), ("x", False)],
)
def test_the_date_of_google_s_answer(date: str, right: bool) -> None:
    assert clock.agrees(date, LAST) is right


def test_the_standards_office_says_yes_on_the_page(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.access.Site.now", lambda _: LAST + timedelta(days=30))
    person, chief = web.enter("标准化办01"), web.enter("街路长01")
    page = person.get(web.url, timeout=10)
    assert "服务器的时间不敢相信" in page.text and "2026年12月27日 星期日 16:00" in page.text
    assert 'action="/clock"' in page.text and 'action="/clock"' not in chief.get(f"{web.url}/mine", timeout=10).text
    assert chief.post(f"{web.url}/clock", timeout=10).status_code == 403
    assert person.post(f"{web.url}/clock", timeout=10).status_code == 200
    assert web.service.ledger.memory().confirmed is not None
    assert any("标准化办01 确认" in str(entry["after"]) for entry in web.service.ledger.trail(ITEM))


def test_the_command_says_why_and_takes_a_yes(web: WebServer) -> None:
    settings = {"JIELU_DATA": str(web.service.settings.data), "JIELU_SECRET": "a secret of the tests"}
    web.service.ledger.confirm_hour(hour("2026-01-02 09:00"), "测试")

    def jielu(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, list(words), env=settings)
        return done.exit_code, done.output

    assert "不敢相信。没有错的，请运行 jielu clock --yes" in jielu("clock")[1]
    code, words = jielu("deliver")
    assert code == 2 and "什么也没有发" in words
    assert "只做了校验" in jielu("tick")[1]
    assert "可以相信" in jielu("clock", "--yes")[1]
    assert "只做了校验" not in jielu("tick")[1]


@pytest.mark.parametrize(("days", "trusted", "done"), [(31, False, True), (32, False, False), (32, True, True)])
def test_an_hour_given_by_hand(web: WebServer, days: int, trusted: bool, done: bool) -> None:
    settings = {"JIELU_DATA": str(web.service.settings.data), "JIELU_SECRET": "a secret of the tests"}
    words = ["tick", "--now", f"{LAST + timedelta(days=days):%Y-%m-%dT%H:%M}", *["--trust-clock"] * trusted]
    output = CliRunner().invoke(main, words, env=settings).output
    assert ("只做了校验" not in output) is done


def test_an_issue_that_fails_at_a_wrong_hour_does_not_wait_for_it(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next try would be in 2036."""

    def failing(*_: object) -> None:
        raise LookupError("odd")

    monkeypatch.setattr(follow, "_follow", failing)
    web.add("\n".join(["问题台账", HEAD, ROW.replace("垃圾成堆", "另一处")]))
    assert not look(web.service, WRONG) and Failures(web.service.ledger).all() == []
    monkeypatch.undo()
    assert look(web.service, LAST + timedelta(minutes=1))
    assert len([number for (number,) in web.rows("问题台账", "编号") if number]) == 2


def test_a_form_in_doubt_carries_the_phone_s_hour(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.access.Site.now", lambda _: WRONG)
    person: requests.Session = web.enter("街路长01")
    body = {"id": "a" * 20, "at": "2026-11-27T16:10:00+08:00",
            "cells": {"street": "新正街", "category": "暴露垃圾", "severity": "一般", "text": "甲"}}  # fmt: skip
    sent = person.post(f"{web.url}/forms/issues", json=body, timeout=20)
    assert sent.status_code == 201, sent.text
    assert web.rows("问题台账", "填报时间")[-1][0] == "2026-11-27 16:10"
