"""/healthz and the status page: what should have happened in two days is held against what did."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from sync.ledger.operations.evidence import Evidence
from sync.operations import audit
from sync.operations.audit import Clockwork, findings
from tests.book import ROOT, ZONE
from tests.web_server import OPERATOR, WebServer, web_server

ISSUE = """
    问题台账
    填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
    2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 一般 | 垃圾成堆
    """
NOW = datetime(2026, 11, 24, 9, 5, tzinfo=ZONE)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[WebServer]:
    rules = tmp_path / "rules.toml"
    shutil.copy(ROOT / "rules.toml", rules)
    with web_server(tmp_path, JIELU_RULES=str(rules)) as running:
        yield running


def parts(served: WebServer, now: datetime, clockwork: Clockwork | None = None) -> list[tuple[str, bool]]:
    return [(each.part, each.wrong) for each in findings(served.service, clockwork or Clockwork(), now)]


def look(served: WebServer, at: datetime) -> None:
    served.service.ticks(at, idle=False)


def test_where_all_was_done_nothing_is_said(served: WebServer) -> None:
    assert requests.get(f"{served.url}/healthz", timeout=10).json() == {"status": "ok"}
    assert "该做的都做了" in served.enter(OPERATOR).get(f"{served.url}/status", timeout=10).text


def test_a_look_that_was_due_and_not_made(served: WebServer) -> None:
    look(served, NOW)
    wake = served.service.ledger.wake()
    assert wake is not None
    assert parts(served, wake + timedelta(minutes=9)) == []
    assert ("looks", True) in parts(served, wake + timedelta(minutes=11))
    answer = requests.get(f"{served.url}/healthz", timeout=10)  # at the hour of this machine
    assert (answer.status_code, answer.json()) == (503, {"status": "attention", "parts": ["looks"]})


def test_hours_without_a_look_are_told_for_two_days_and_are_over(served: WebServer) -> None:
    look(served, NOW)
    evidence = Evidence(served.service.ledger)
    for minute in range(0, 120, 5):
        evidence.note_look(NOW + timedelta(minutes=minute - 300))
    evidence.note_look(NOW)
    assert len(evidence.looks()) == 2
    (told,) = findings(served.service, Clockwork(), NOW)
    assert (told.part, told.wrong) == ("looks", False) and "11-24 06:00 到 11-24 09:05 没有检查" in told.sentence
    later = NOW + timedelta(days=4)
    look(served, later)
    Evidence(served.service.ledger).note_look(later)
    assert parts(served, later) == []


def test_a_notice_that_nobody_sent_or_explained(served: WebServer) -> None:
    served.add(ISSUE)
    look(served, NOW)
    later = NOW + timedelta(hours=40)
    assert ("notices", True) in parts(served, later)
    served.service.deliver(later)
    assert ("notices", True) not in parts(served, later), "each says now that no mail server is set"


def test_a_month_that_should_be_sealed(served: WebServer) -> None:
    served.add(ISSUE)
    look(served, NOW)
    assert ("seals", True) not in parts(served, datetime(2026, 12, 5, 9, tzinfo=ZONE))
    late = datetime(2026, 12, 20, 9, tzinfo=ZONE)
    assert ("seals", True) in parts(served, late)
    look(served, late)
    assert ("seals", True) not in parts(served, late)


def test_rules_jobs_room_and_a_backup(served: WebServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    look(served, NOW)
    silent = Clockwork(lambda: 3, lambda: {"tick": 1.0, "deliver": 301.0, "backup": 9999.0})
    assert parts(served, NOW, silent) == [("looks", True), ("jobs", True)]
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(audit.shutil, "disk_usage", lambda path: usage._replace(free=audit.LEAST_ROOM - 1))
    assert parts(served, NOW) == [("disk", True)]
    monkeypatch.undo()
    monkeypatch.setattr("sync.clock.kernel_is_synchronised", lambda: True)
    rules = tmp_path / "rules.toml"
    rules.write_text(rules.read_text("utf-8").replace("[repeat]", "[repeats]"), "utf-8")
    served.service.rules()
    assert parts(served, NOW) == [("rules", True)]
    answer = requests.get(f"{served.url}/healthz", timeout=10)
    assert (answer.status_code, answer.json()["status"]) == (503, "attention")
    assert set(answer.json()["parts"]) <= {"rules", "looks"}, "words that give nothing away"


def test_a_backup_that_is_late_and_one_that_was_made(tmp_path: Path) -> None:
    from sync.operations import backups

    with web_server(tmp_path, JIELU_BACKUP=str(tmp_path / "backups")) as running:
        look(running, NOW)
        Evidence(running.service.ledger).note_look(NOW)
        assert parts(running, NOW) == [], "a service that began just now makes its first backup soon"
        assert ("backup", True) in parts(running, NOW + timedelta(hours=4))
        backups.back_up(running.service, tmp_path / "backups", NOW)
        assert ("backup", True) not in parts(running, NOW + timedelta(hours=4))


def test_a_ledger_that_does_not_answer_is_said_without_a_word_of_it(
    served: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.pages.administration.status.findings", lambda *_: 1 / 0)
    answer = requests.get(f"{served.url}/healthz", timeout=10)
    assert (answer.status_code, answer.json()) == (503, {"status": "attention", "parts": ["service"]})


def test_metrics_are_for_whoever_has_the_token(tmp_path: Path) -> None:
    token = "a token for prometheus alone"
    with web_server(tmp_path, JIELU_METRICS=token) as running:
        address = f"{running.url}/metrics"
        for header in ("", "Bearer ", "Bearer wrong", f"Basic {token}"):
            assert requests.get(address, headers={"Authorization": header}, timeout=10).status_code == 401
        assert running.enter(OPERATOR).get(address, timeout=10).status_code == 401
        text = requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=10).text
    for line in ('jielu_attention{part="looks"} 0.0', 'jielu_notices{state="sent"} 0.0', "jielu_tick_failures 0.0"):
        assert line in text
    assert 'jielu_request_seconds_count{method="GET",rule="/metrics",status="401"}' in text
    assert text.isascii(), "no name and no word that somebody typed"


def test_without_a_token_there_are_no_metrics(served: WebServer) -> None:
    assert requests.get(f"{served.url}/metrics", headers={"Authorization": "Bearer "}, timeout=10).status_code == 404


def test_a_token_that_can_be_guessed_opens_no_metrics(tmp_path: Path) -> None:
    with web_server(tmp_path, JIELU_METRICS="m" * 19) as running:
        header = {"Authorization": f"Bearer {'m' * 19}"}
        assert requests.get(f"{running.url}/metrics", headers=header, timeout=10).status_code == 404
