"""The cures of the handbook as buttons of /status: each does what its command does, for whom and when that would."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from sync import revision
from sync.cli.main import main
from sync.ledger.ledger import Busy
from sync.service import DELIVERY
from tests.book import ROOT, ZONE
from tests.mail_server import mail_server
from tests.web_server import OPERATOR, WebServer, web_server
from webhook.pages.administration.cures import BY_COMMAND, CURES

ISSUE = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 臭
"""
TEXT = (ROOT / "rules.toml").read_text("utf-8")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path, JIELU_BACKUP=str(tmp_path / "backups")) as made:
        yield made


@pytest.fixture
def operator(web: WebServer) -> requests.Session:
    return web.enter(OPERATOR)


def press(web: WebServer, person: requests.Session, name: str, **fields: str) -> requests.Response:
    return person.post(f"{web.url}/status/cure/{name}", data=fields, timeout=60)


def test_every_cure_names_a_command_that_there_is() -> None:
    commands = [cure.command for cure in CURES] + [command for _, _, command in BY_COMMAND]
    named = [command.split()[1] for command in commands if command.startswith("jielu ")]
    assert len(named) >= 8 and set(named) <= set(main.commands)
    handbook = (ROOT / "docs" / "handbook.zh.md").read_text("utf-8")
    assert all(cure.button in handbook for cure in CURES)


def test_what_is_the_operator_s_has_no_button_for_others(web: WebServer, operator: requests.Session) -> None:
    office = web.enter("标准化办01")
    theirs, his = (set(re.findall(r'action="/status/cure/(\w+)"', person.get(f"{web.url}/status", timeout=20).text))
                   for person in (office, operator))  # fmt: skip
    assert his - theirs == {"complete", "backup", "purge"} and theirs == {"look", "check", "restore", "deliver"}
    for name in his - theirs:
        assert press(web, office, name).status_code == 403
    for name in ("look", "check"):
        assert press(web, office, name).status_code == 200
    assert press(web, operator, "none").status_code == 404
    assert press(web, web.enter("街路长02"), "look").status_code == 403


def test_a_look_and_a_check_say_what_they_saw(web: WebServer, operator: requests.Session) -> None:
    web.add(ISSUE.replace("新正街", "新正接"))
    assert "1 行有问题" in press(web, operator, "look").text
    assert "新正接" in "".join(check for (check,) in web.rows("问题台账", "校验"))
    page = press(web, operator, "check").text
    assert "JIELU_SECRET 只有" in page and "a secret of the tests" not in page
    web.book.worksheet("问题台账").update_acell("A1", "改名")
    assert "第 1 行找不到表头" in press(web, operator, "check").text


def test_a_tab_that_is_missing_is_built_and_no_cell_is_touched(web: WebServer, operator: requests.Session) -> None:
    before = web.book.worksheet("街路名册").get_values()
    web.book.del_worksheet(web.book.worksheet("人员调整"))
    assert "建好了 人员调整" in press(web, operator, "complete").text
    assert web.book.worksheet("人员调整").row_values(1) and web.book.worksheet("街路名册").get_values() == before


def test_a_deleted_row_comes_back_by_its_number(web: WebServer, operator: requests.Session) -> None:
    web.add(ISSUE)
    web.tick()
    ((number,),) = web.rows("问题台账", "编号")
    web.book.worksheet("问题台账").delete_rows(2)
    for _ in range(3):
        web.tick()
    assert web.rows("问题台账", "编号") == []
    assert press(web, operator, "restore", number="20200101-001").status_code == 409
    assert "已放回" in press(web, operator, "restore", number=f" {number} ").text
    assert web.rows("问题台账", "编号") == [(number,)]


def test_mails_that_are_due_go_at_once_and_not_twice(tmp_path: Path) -> None:
    with mail_server() as (mails, url), web_server(tmp_path, JIELU_SMTP=url, JIELU_MAIL_FROM="j@xidu.example") as web:
        operator = web.enter(OPERATOR)
        with web.service.ledger.turn(DELIVERY):
            busy = press(web, operator, "deliver")
            with pytest.raises(Busy):
                web.service.deliver(datetime.now(ZONE))
        assert busy.status_code == 503 and "过几秒" in busy.text
        assert "发出 0 条" in press(web, operator, "deliver").text and mails.received == []


def test_a_backup_is_made_and_where_nobody_said_it_goes_is_told(web: WebServer, operator: requests.Session) -> None:
    page = press(web, operator, "backup").text
    assert "已备份到" in page and list((web.folder / "backups").glob("jielu-*/manifest.json"))


def test_without_a_folder_no_backup_is_made(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        page = press(web, web.enter(OPERATOR), "backup")
        assert page.status_code == 409 and "JIELU_BACKUP" in page.text


def test_a_purge_is_looked_at_first_and_done_by_a_second_click(web: WebServer, operator: requests.Session) -> None:
    old = web.folder / "data" / "ledger.sqlite3.backup-0001"
    old.write_bytes(b"x")
    past = (datetime.now(ZONE) - timedelta(days=200)).timestamp()
    os.utime(old, (past, past))
    page = press(web, operator, "purge").text
    assert "升级以前的数据库副本：1" in page and "找不回来" in page and old.exists()
    done = press(web, operator, "purge", sure="1").text
    assert "升级以前的数据库副本 1" in done and not old.exists()


def test_rules_with_a_mistake_go_back_to_the_newest_without(web: WebServer, operator: requests.Session) -> None:
    assert press(web, operator, "rules").status_code == 409, "nothing is wrong"
    base, now = revision.digest(TEXT), datetime.now(ZONE)
    good = TEXT.replace('warn_at = "75%"', 'warn_at = "60%"')
    revision.put_in_force(web.service, good, base, "标准化办01", "早点提醒", now)
    web.service.settings.rules.write_text(good.replace('"60%"', '"六成"'), "utf-8")
    web.service.rules()
    assert "退回没有错的一版" in operator.get(f"{web.url}/status", timeout=20).text
    done = press(web, operator, "rules").text
    assert "退回到第 2 版" in done and web.service.rules_text() == good and web.service.trouble == ""
    assert [edition.n for edition in revision.editions(web.service, now)] == [4, 3, 2, 1]


def test_two_clicks_on_a_look_are_two_looks_and_no_fault(web: WebServer, operator: requests.Session) -> None:
    answers: list[int] = []
    clicks = [threading.Thread(target=lambda: answers.append(press(web, operator, "look").status_code)) for _ in "ab"]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert set(answers) <= {200, 503} and 200 in answers


def test_in_doubt_nothing_is_sent_or_purged(
    web: WebServer, operator: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.clock.kernel_is_synchronised", lambda: False)
    web.service.ledger.confirm_hour(datetime.now(ZONE) + timedelta(days=400), "测试")
    for name in ("deliver", "purge"):
        page = press(web, operator, name)
        assert page.status_code == 409 and "没有" in page.text
    assert "时间没有错，确认" in operator.get(f"{web.url}/status", timeout=20).text
