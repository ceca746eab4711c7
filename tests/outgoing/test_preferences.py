"""``/notices``: everybody his own, with the rule and clause that sent each, and his wish for each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sync.core.notices.notices import grounds
from sync.core.rules.rules import load
from sync.ledger.sent.preferences import Preferences
from sync.operations.inspection import link_problems
from tests.book import ROOT, default_rules
from tests.web_server import WebServer, web_server

ROWS = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | <script>alert(1)</script>
2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 一般 | 别人的
"""
BOT = '\n[[bot]]\nname = "城中群"\nkind = "企业微信"\naddress = "BOT_CZ"\nevents = ["交办"]\n'


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    folder: Path = tmp_path_factory.mktemp("web")
    (folder / "rules.toml").write_text((ROOT / "rules.toml").read_text("utf-8") + BOT, "utf-8")
    with web_server(folder, JIELU_RULES=str(folder / "rules.toml")) as made:
        made.add(ROWS)
        made.tick("2026-11-24 09:05")
        yield made


def test_a_notice_says_which_rule_and_clause_sent_it() -> None:
    rules = default_rules()
    assert grounds("交办", {"chief"}, rules) == [
        "交办通知街路长、责任单位，依据方案五·3：问题即时交办、限时整改、同角度照片；较严重或重复未处理的报包区领导并发督办函"
    ]
    assert grounds("升级", {"secretary"}, rules) == [
        "升级通知支部书记（升级级别为1），依据方案五·2：街路长是第一责任人，自己解决不了的向包块包区的上级反映"
    ]
    assert grounds("将到期", {"chief"}, rules) == ["将到期通知街路长，依据本局默认"]
    assert len(grounds("升级", {"commander", "office"}, rules)) == 2


def test_check_names_a_group_that_would_never_hear(web: WebServer) -> None:
    asked = 'events = ["交办"]\nbranches = ["第六之部", "第六支部"]'
    deaf = load(web.service.rules_text().replace('events = ["交办"]', asked))
    assert link_problems(web.service, deaf) == [
        "[[bot]]「城中群」的 address：环境变量 BOT_CZ 没有设置。",
        "[[bot]]「城中群」：街路名册里没有支部「第六之部」。是不是「第六支部」？",
    ]


def test_everybody_sees_his_own_and_why(web: WebServer) -> None:
    page = web.enter("街路长01").get(f"{web.url}/notices", timeout=10)
    assert page.status_code == 200
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text and "<script>alert" not in page.text
    assert "别人的" not in page.text and "依据方案五·3" in page.text and "城中群" in page.text
    assert requests.get(f"{web.url}/notices", timeout=10).status_code == 401


def test_a_wish_is_kept_and_what_the_plan_demands_can_not_be_switched_off(web: WebServer) -> None:
    person = web.enter("街路长01")
    page = person.post(f"{web.url}/notices", data={"交办": "群", "超期": "不要"}, timeout=10)
    assert "已保存。" in page.text
    assert Preferences(web.service.ledger).of("街路长01") == {"交办": "群", "超期": "不要"}
    refused = person.post(f"{web.url}/notices", data={"交办": "不要"}, timeout=10)
    assert refused.status_code == 400 and "「交办」是方案要求的，至少留一种收法。" in refused.text
    assert Preferences(web.service.ledger).of("街路长01")["交办"] == "群"
    assert person.post(f"{web.url}/notices", data={"销号": "电话"}, timeout=10).status_code == 400
    assert Preferences(web.service.ledger).of("街路长02") == {}


def test_a_letter_says_why_it_comes(web: WebServer) -> None:
    rules = web.service.rules()
    assert grounds("督办", {"unit"}, rules) == [
        "督办函发给责任单位和街路长，抄送指挥长和支部书记，依据方案五·3：" + rules.plan.clauses["五·3"]
    ]
