"""Personal data: what is over goes and nothing else, and a person is shown all that is held of him."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.core.rules.sections import Keep
from sync.ledger.operations.retention import Retention
from sync.ledger.received.submissions import Sender, Submission, Submissions
from sync.ledger.tables import IN, SENDING
from sync.ledger.visitors.cell_edits import CellEdit, CellEdits
from sync.ledger.visitors.sessions import Owner, Sessions
from sync.operations import personal
from tests.book import ZONE
from tests.web_server import WebServer, web_server

NOW = datetime(2026, 11, 29, 9, tzinfo=ZONE)
ISSUE = """
    问题台账
    填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
    2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 一般 | 垃圾成堆
    """


@pytest.fixture
def served(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as running:
        yield running


def form(served: WebServer, n: int, days: int, state: str = IN, public: bool = False) -> None:
    sender = Sender("digest of an address" if public else "街路长02", public)
    at = NOW - timedelta(days=days)
    given = Submission(f"{n:032x}", "issues", sender, at, state, {"text": "垃圾"}, {"number": "20261124-001"})
    Submissions(served.service.ledger).save(given)


def stored(served: WebServer, n: int) -> Submission:
    found = Submissions(served.service.ledger).get(f"{n:032x}")
    assert found is not None
    return found


def test_what_is_over_goes_and_the_rest_stays(served: WebServer) -> None:
    ledger, keep = served.service.ledger, Keep()
    for n, (days, state, public) in enumerate(
        [(366, IN, False), (364, IN, False), (366, SENDING, False), (31, IN, True), (29, IN, True)]
    ):
        form(served, n, days, state, public)
    visits = Sessions(ledger)
    old, new = NOW - timedelta(days=300), NOW - timedelta(days=10)
    for at in (old, new):
        secret = visits.make_link(Owner("办公室01"), at, until=at + timedelta(hours=2), once=True)
        assert visits.open(secret, at, timedelta(hours=12))
    visits.make_link(Owner("街路长02"), old, until=None, once=False)
    counted = Retention(ledger).purge(keep, NOW, dry_run=True)
    assert [stored(served, n).cells for n in range(5)] == [{"text": "垃圾"}] * 5, "a dry run changes nothing"
    assert Retention(ledger).purge(keep, NOW, dry_run=False) == counted
    assert {over.kind: over.count for over in counted} == {
        "过期的登录": 1,
        "过期的登录链接": 1,
        "手机表单的内容（行还在表格里）": 1,
        "表格里谁改过哪一格": 0,
        "群众反映的网络地址摘要": 1,
        "群众照片的网络地址摘要": 0,
        "发出的邮件（通知还在通知记录里）": 0,
    }
    assert [bool(stored(served, n).cells) for n in range(5)] == [False, True, True, True, True]
    assert [stored(served, n).sender.name for n in (3, 4)] == ["", "digest of an address"]
    assert stored(served, 0).details == {"number": "20261124-001"}, "it is still taken once"
    assert {over.count for over in Retention(ledger).purge(keep, NOW, dry_run=False)} == {0}
    assert len([row for row in Retention(ledger).doings_of("街路长02") if row[0] == "登录链接"]) == 1


def test_who_changed_which_cell_is_let_go_with_what_people_sent_in(served: WebServer) -> None:
    ledger, edits = served.service.ledger, CellEdits(served.service.ledger)
    for days, before in ((366, "旧"), (364, "新")):
        edits.note(1001, "街路长02", NOW - timedelta(days=days), [CellEdit(5, "位置", before, "改过")])
    counted = {over.kind: over.count for over in Retention(ledger).purge(Keep(), NOW, dry_run=True)}
    assert counted["表格里谁改过哪一格"] == 1
    assert len(edits.of(1001, 5, "位置")) == 2, "a dry run changes nothing"
    Retention(ledger).purge(Keep(), NOW, dry_run=False)
    assert [edit.before for edit in edits.of(1001, 5, "位置")] == ["新"]
    assert not any("旧" in row[2] for row in Retention(ledger).doings_of("街路长02"))


def test_old_files_go(served: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    data = served.folder / "data"
    for name, days in (("a1/old.jpg", 1100), ("a1/new.jpg", 10), ("coming/left", 8), ("coming/now", 1)):
        file = data / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
        at = datetime.now().timestamp() - days * 86400  # noqa: DTZ005
        os.utime(file, (at, at))
    (data / "ledger.sqlite3.backup-0001").write_bytes(b"x")
    os.utime(data / "ledger.sqlite3.backup-0001", (1, 1))
    left = lambda: sorted(path.name for path in (data / "photos").rglob("*") if path.is_file())  # noqa: E731
    done = {over.kind: over.count for over in personal.purge(served.service, NOW, dry_run=False)}
    assert (done["没有传完的照片"], done["升级以前的数据库副本"]) == (1, 1)
    assert left() == ["new.jpg", "now", "old.jpg"] and not (data / "ledger.sqlite3.backup-0001").exists()
    text = served.service.rules_text().replace("# photos = 1095", "photos = 1095")
    (data / "rules.toml").write_text(text, "utf-8")
    personal.purge(served.service, NOW, dry_run=True)
    assert left() == ["new.jpg", "now", "old.jpg"]
    personal.purge(served.service, NOW, dry_run=False)
    assert left() == ["new.jpg", "now"]


def test_a_person_is_shown_all_that_is_held_of_him(
    served: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.add(ISSUE)
    served.tick("2026-11-24 09:05")
    served.enter("街路长02")
    form(served, 1, 3)
    form(served, 2, 3, public=True)
    monkeypatch.setenv("JIELU_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["personal", "街路长02", "--out", "held.xlsx"])
    assert done.exit_code == 0 and re.search("关于「街路长02」的 [0-9]+ 条已写到 held.xlsx", done.output), done.output
    book = openpyxl.load_workbook(tmp_path / "held.xlsx")
    sheets = {sheet.title: [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()] for sheet in book}
    rows = sheets["表格里的行"]
    assert any(row[0] == "组织架构" and row[2:] == ["邮箱", "c02@xidu.example"] for row in rows)
    assert any(row[:1] == ["问题台账"] and row[2:] == ["街路长", "街路长02"] for row in rows)
    assert not any("c01@xidu.example" in row for row in rows), "no other person's"
    assert any(row[2] == "交办" for row in sheets["通知"])
    assert [row[0] for row in sheets["登录和填报"][1:]].count("手机表单") == 1, "not the public's"
    assert {"登录链接", "登录"} <= {row[0] for row in sheets["登录和填报"]}
    for words in (["personal", "x", "--out", "a.xlsx"], ["personal", "街路长02", "--out", "a.txt"]):
        assert CliRunner().invoke(main, words).exit_code == 2


def test_the_command_says_what_would_go(served: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIELU_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["purge", "--dry-run"])
    assert done.exit_code == 0 and done.output.startswith("会清理") and "过期的登录：0" in done.output
    assert CliRunner().invoke(main, ["purge"]).output.startswith("已清理")
