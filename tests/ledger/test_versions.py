"""Data folders of every version so far open, go on, and say what they said (tests/data/versions/README.md)."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.ledger.visitors.sessions import Owner, Sessions
from sync.service import Service
from sync.settings import Settings
from tests.book import hour
from tests.data.versions import make
from tests.mail_server import mail_server
from webhook.server import create_app

PAST = sorted(file.parent.name for file in make.HERE.glob("*/made.json"))
NOW = "now"  # a folder that is made by the code that stands here
LATER = timedelta(minutes=30)
FROZEN = ("编号", "街路长", "支部", "区域", "责任单位", "截止时间", "升级", "重复", "督办函号", "销号时间")

Row = dict[str, Any]


@dataclass
class Folder:
    """A copy of a version's folder. ``export`` is the file that came with it."""

    data: Path
    export: Path
    made: dict[str, Any]

    @property
    def environ(self) -> dict[str, str]:
        return self.made["environment"] | {"JIELU_DATA": str(self.data), "JIELU_SECRET": ""}

    @property
    def last_look(self) -> datetime:
        return hour(self.made["last_look"])

    def service(self, **environ: str) -> Service:
        return Service(Settings.read(self.environ | environ))

    def jielu(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(main, list(words), env=self.environ)
        assert done.exit_code == status, done.output
        return done.output

    def exported(self, name: str) -> dict[str, list[Row]]:
        """The workbook as ``jielu export`` writes it now."""
        self.jielu("export", str(self.data.parent / name))
        return sheets(self.data.parent / name)


def sheets(file: Path) -> dict[str, list[Row]]:
    """Each sheet's rows under their headers, as values."""
    tables = {}
    for sheet in openpyxl.load_workbook(file, read_only=True):
        header, *rows = sheet.iter_rows(values_only=True)
        tables[sheet.title] = [dict(zip(header, row, strict=True)) for row in rows]
    return tables


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions") / NOW
    make.play(folder)
    return folder


@pytest.fixture(params=[*PAST, NOW])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    source = request.getfixturevalue("fresh") if request.param == NOW else make.HERE / request.param
    shutil.copytree(source, tmp_path / "folder")
    made = json.loads((source / "made.json").read_text("utf-8"))
    return Folder(tmp_path / "folder" / "data", source / "export.xlsx", made)


def sealed_lines(folder: Folder, tables: dict[str, list[Row]], title: str) -> list[Row]:
    """The sealed month's rows of a tab and of its tab of the year, where rows of sealed months leave for."""
    year = folder.made["month"][:4]
    rows = [*tables[title], *tables.get(f"{title}{year}", [])]
    return [row for row in rows if row["月份"] == folder.made["month"]]


def test_the_folders_are_small_and_whole() -> None:
    assert "0.1" in PAST
    for version in PAST:
        files = [file for file in (make.HERE / version).rglob("*") if file.is_file()]
        assert sum(file.stat().st_size for file in files) < 2_000_000, version
        assert not [file for file in files if file.name.endswith(("-wal", "-shm"))], version


def test_every_version_that_was_released_has_its_folder() -> None:
    released = re.findall(r"^## (\d+\.\d+)\.\d+$", (make.ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert "0.1" in released and sorted(released) == PAST


def test_the_export_is_the_one_that_was_made_then(folder: Folder) -> None:
    was, now = sheets(folder.export), folder.exported("now.xlsx")
    assert list(now) == list(was)
    for title, rows in was.items():
        assert now[title] == rows, title
    assert len(was["问题台账"]) + len(was["问题台账2026"]) >= 16


def test_a_look_changes_no_stamp_and_no_sealed_line(folder: Folder) -> None:
    was, service = sheets(folder.export), folder.service()
    memory = service.ledger.memory()
    stamps, seals = dict(memory.stamps), dict(memory.seals)
    assert stamps and list(seals) == [folder.made["month"]]
    report = service.ticks(folder.last_look + LATER, idle=False)
    assert report.ticks and not report.trouble
    memory = service.ledger.memory()
    assert (memory.stamps, memory.seals) == (stamps, seals)
    service.close()
    now = folder.exported("now.xlsx")
    for title in ("问题台账", "问题台账2026"):
        frozen = [[{header: row[header] for header in FROZEN} for row in rows] for rows in (was[title], now[title])]
        assert frozen[0] == frozen[1], title
    for title, least in (("月度考核", 1), ("扣分明细", 50)):
        lines = sealed_lines(folder, was, title)
        assert len(lines) > least and sealed_lines(folder, now, title) == lines, title


def test_the_sealed_month_agrees(folder: Folder) -> None:
    at, month = f"{folder.last_look + LATER:%Y-%m-%dT%H:%M}", folder.made["month"]
    folder.jielu("tick", "--now", at, status=1)  # one row has a mistake
    verdict = json.loads(folder.jielu("verify", month, "--now", at, "--json"))
    assert (verdict["agrees"], verdict["differences"]) == (True, [])
    alone = json.loads(folder.jielu("verify", month, "--file", str(folder.export), "--json"))
    assert alone["digest"] == verdict["digest"] == alone["now"]


def test_a_sealed_line_of_each_rule_explains_itself_by_its_sentence(folder: Folder) -> None:
    lines = {row["规则"]: row for row in sealed_lines(folder, sheets(folder.export), "扣分明细")}
    assert len(lines) >= 10
    at = f"{folder.last_look + LATER:%Y-%m-%dT%H:%M}"
    for line in lines.values():
        explanation = folder.jielu("explain", line["明细号"], "--now", at)
        assert line["说明"] in explanation and "已于" in explanation, explanation


def test_a_push_that_was_taken_in_does_not_come_twice(folder: Folder) -> None:
    service, push = folder.service(), folder.made["push"]
    rows = len(service.gateway.read()["issues"].rows)
    woken: list[int] = []
    browser = create_app(service, lambda: None, arrived=lambda: woken.append(1)).test_client()
    assert browser.post(push["address"], json=push["body"]).status_code == 200
    done = service.receive(folder.last_look + LATER)
    assert (woken, done.added, done.edited, done.later) == ([], 0, 0, 0)
    assert len(service.gateway.read()["issues"].rows) == rows
    service.close()


def test_a_link_opens_and_a_session_goes_on(folder: Folder) -> None:
    service = folder.service()
    opened = Sessions(service.ledger).session(folder.made["session"], folder.last_look + LATER)
    assert opened is not None and opened.owner == Owner(folder.made["person"])
    browser = create_app(service, lambda: None).test_client()
    page = browser.get(folder.made["link"])
    assert page.status_code == 200 and "进入" in page.text
    sent = {"data": {"link": folder.made["link"]}, "headers": {"Sec-Fetch-Site": "same-origin"}}
    assert browser.post("/enter", **sent).status_code == 302
    assert folder.made["person"] in browser.get("/mine").text
    service.close()


def test_what_was_mailed_is_not_mailed_again(folder: Folder) -> None:
    with mail_server() as (mailbox, smtp):
        service = folder.service(JIELU_SMTP=smtp)
        states = [sent.state for sent in service.ledger.memory().notices.values()]
        assert states.count("已发送") > 100
        service.ticks(folder.last_look + LATER, idle=False)
        service.deliver(folder.last_look + LATER)
        assert mailbox.texts() == []
        service.close()
