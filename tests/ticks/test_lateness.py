"""One measure of lateness: it reads the same in the sheet, on every page, on the command line and in a mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.core.duties import weekly
from sync.core.look.decide import recall
from tests.book import hour, templates
from tests.web_server import OPERATOR, WebServer, web_server
from webhook.access import Site

LOG = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述 | 经度 | 纬度
2026-11-19 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 一堆 | 112.370 | 26.970
"""
DANGER = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述 | 经度 | 纬度
2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 井盖缺损 | 一般 | 缺盖 | 112.371 | 26.970
"""
NOW = "2026-11-24 18:30"
LATE, IN_HOURS = "已超期3个工作日", "已超期3小时"  # due on Thursday 15:30, and on the day at 15:00
PAGES = ("/week", "/map", "/bulletin", "/issues/{number}", "/mine")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("late")) as made:
        made.add(LOG)
        made.tick("2026-11-19 09:05")
        made.add(DANGER)
        made.tick("2026-11-24 09:05")
        made.tick(NOW)
        yield made


@pytest.fixture
def visitor_at_now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(Site, "now", lambda _: hour(NOW))
    return hour(NOW)


def test_the_sheet_counts_workdays(web: WebServer) -> None:
    assert dict(web.rows("问题台账", "编号", "时限提示")) == {
        "20261119-001": LATE, "20261124-001": "已超期（不足1个工作日）",
    }  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_every_page_says_the_same_and_what_endangers_people_in_hours(
    web: WebServer, visitor_at_now: datetime, address: str
) -> None:
    person = web.enter(OPERATOR)
    for number, words in (("20261119-001", LATE), ("20261124-001", IN_HOURS)):
        page = person.get(web.url + address.format(number=number), timeout=20)
        assert page.status_code == 200 and words in page.text


def test_the_command_line_says_the_same(web: WebServer) -> None:
    environment = {"JIELU_DATA": str(Path(web.folder) / "data"), "JIELU_SECRET": "a secret of the tests"}
    at = NOW.replace(" ", "T")
    for number, words in (("20261119-001", LATE), ("20261124-001", IN_HOURS)):
        told = CliRunner().invoke(main, ["explain", number, "--now", at], env=environment)
        assert words in told.output, told.output


def test_a_mail_says_it_as_the_sheet_did_at_that_hour(web: WebServer) -> None:
    texts = {number: text for number, text in web.rows("通知记录", "通知号", "内容") if "升级" in number}
    assert texts and all("已超期" in text for text in texts.values())


def test_the_weekly_list_says_it_as_the_sheet_does(web: WebServer) -> None:
    look = recall(templates(), web.service.ledger.memory(), web.service.rules(), hour(NOW))
    late = {fact.issue: fact.late for fact in look.duties.facts()}
    assert late == dict(web.rows("问题台账", "编号", "时限提示"))
    text = weekly.week(look.duties.facts(), (), (), look.duties.monday, hour(NOW)).text
    assert f"20261119-001 新正街（环卫所，{LATE}）" in text
