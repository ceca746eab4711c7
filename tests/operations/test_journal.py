"""The log of a played day names nobody, and each request, look and delivery has its line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sync import journal
from sync.guard import Guard
from sync.ledger.operations.evidence import Evidence
from sync.operations import jobs
from tests.book import CAST, PEOPLE, hour
from tests.mail_server import mail_server
from tests.web_server import WebServer, web_server

PHONE, TEXT, PLACE = "13812345678", "垃圾堆到张老板门前", "幸福里七号"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that is logged, at the finest level, as the service would write it."""
    written, root = io.StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(written), root.level
    handler.setFormatter(journal.Formatter("json"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def names() -> set[str]:
    """Every name, address and street of the cast."""
    words = {word.strip() for line in (CAST + PEOPLE).splitlines() for word in line.split("|")}
    return {word for word in words if len(word) > 2 and any(sign.isdigit() or sign in "路街@" for sign in word)}


def play(served: WebServer, url: str) -> None:
    """A day: forms, pages with names in their addresses, a mail server that names addresses, failures of all kinds."""
    chief, office = served.enter("街路长02"), served.enter("办公室01")
    for n in range(2):
        cells = {"street": "联胜路", "category": "暴露垃圾", "text": f"{TEXT}{n} {PHONE}", "place": f"{PLACE}{n}",
                 "source": "街路长自查"}  # fmt: skip
        form = {"id": f"{n:032x}", "cells": cells, "photos": []}
        assert chief.post(f"{served.url}/forms/issues", json=form, timeout=30).status_code == 201
    jobs.look_now(served.service, Evidence(served.service.ledger))
    for page in (
        "/",
        "/week",
        "/month/2026-11/街路/联胜路",
        f"/explain/{TEXT}",
        f"/letters/{PHONE}",
        "/nowhere/街路长02",
    ):
        office.get(served.url + page, params={"link": "secret-token-of-somebody"}, timeout=30)
    requests.get(f"{served.url}/enter", params={"link": "secret-token-of-somebody"}, timeout=30)
    jobs.deliver_due(served.service)
    guard = Guard(served.service.ledger, 3, hour("2026-11-24 09:00"))
    guard.handle("邮件", "街路长02·交办", lambda: {}[f"{TEXT} {PHONE} c02@xidu.example"])  # type: ignore[misc]
    served.app.view_functions["week.week"] = lambda: {}[f"街路长02 {TEXT}"]
    office.get(f"{served.url}/week", timeout=30)
    logging.getLogger("a.library").warning("no answer for c02@xidu.example about 街路长02, %s", TEXT)


def test_the_log_of_a_day_names_nobody(tmp_path: Path, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as (mails, url), web_server(tmp_path, JIELU_SMTP=url, JIELU_MAIL_FROM="a@b.example") as served:
        mails.answer = lambda address: f"550 no such user {address}"
        monkeypatch.setattr(served.service, "looks_first", lambda now: False)
        play(served, url)
    text = lines.getvalue()
    banned = {*names(), PHONE, TEXT, PLACE, "张老板", "secret-token-of-somebody"}
    assert len(banned) > 25
    assert [word for word in banned if word in text] == []
    written = [json.loads(line) for line in text.splitlines()]
    assert {"request", "tick", "delivery"} <= {line.get("work") for line in written}
    requests_seen = [line for line in written if line["message"] == "request"]
    assert all({"id", "ms", "method", "rule", "status", "outcome"} <= set(line) for line in requests_seen)
    assert "/month/<month>/<kind>/<target>" in {line["rule"] for line in requests_seen} or len(requests_seen) > 8
    failed = [line for line in written if line.get("error")]
    assert failed and any("KeyError" in line["error"] and "test_journal.py" in line["error"] for line in failed)
    (tick,) = [line for line in written if line["message"] == "tick"]
    assert tick["cells"] > 0 and tick["outcome"] == "done"


def test_an_answer_carries_the_id_of_its_line(tmp_path: Path, lines: io.StringIO) -> None:
    with web_server(tmp_path) as served:
        answer = requests.get(f"{served.url}/nowhere", timeout=10)
    assert f'"id": "{answer.headers["X-Request-Id"]}"' in lines.getvalue()


def test_every_way_in_leaves_a_line_with_who_and_whence(tmp_path: Path, lines: io.StringIO) -> None:
    with web_server(tmp_path) as served:
        assert served.enter("街路长02").get(f"{served.url}/people", timeout=10).status_code == 403
        for address in ("/enter", "/hooks/nudge", "/hooks/form/none/guessed", "/token"):
            requests.post(served.url + address, data={"link": "guessed"}, headers={"Origin": served.url}, timeout=10)
        requests.get(f"{served.url}/v4/spreadsheets/x", headers={"Authorization": "Bearer guessed"}, timeout=10)
    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    tried = {(line["rule"], line["status"]): line for line in written if line["message"] == "request"}
    assert set(tried) >= {
        ("/enter", 302), ("/people", 403), ("/enter", 403), ("/hooks/nudge", 403), ("/hooks/form/<name>/<token>", 403),
        ("/token", 400), ("/v4/<path:rest>", 401),
    }  # fmt: skip
    assert tried["/enter", 302]["person"] == tried["/people", 403]["person"] == journal.pseudonym("街路长02")
    assert "person" not in tried["/enter", 403]
    whence = {line["address"] for line in tried.values()}
    assert len(whence) == 1 and "127.0.0.1" not in str(tried)
    assert whence != {journal.pseudonym("127.0.0.1")}, "an address is guessed from a digest without a key"


@pytest.mark.parametrize("kind", journal.FORMATS)
@pytest.mark.parametrize("logger", ["sync.guard", "a.library"])
@pytest.mark.parametrize("sign", ["\n", "\r", "\r\n", "\x1b[2K", "\u2028", "\x85", "\x00"])
def test_nobody_writes_a_line_of_his_own(kind: str, logger: str, sign: str) -> None:
    forged = f"no answer{sign}2026-11-24T09:00:00.000+00:00 INFO request 0 request status=200"
    for record in (
        logging.LogRecord(logger, logging.WARNING, "x.py", 1, forged, None, None),
        logging.LogRecord(logger, logging.WARNING, "x.py", 1, "%s", (journal.Plain(forged),), None),
    ):
        line = journal.Formatter(kind).format(record)
        assert len(line.splitlines()) == 1 and line.isprintable()


@pytest.mark.parametrize(
    ("value", "as_shown"),
    [(3, 3), (True, True), ("place", "place"), ("20261124-001", "20261124-001"), (ValueError("街路长02"), "ValueError"),
     (journal.Plain("邮件"), "邮件"), ("", "")],
)  # fmt: skip
def test_what_gives_nothing_away_is_shown(value: object, as_shown: object) -> None:
    assert journal.shown(value) == as_shown


@pytest.mark.parametrize(
    "value", ["街路长02", "c02@xidu.example", PHONE, "/enter?link=abc", "x" * 81, ["张三"], b"secret"]
)
def test_everything_else_is_a_digest(value: object) -> None:
    assert str(journal.shown(value)).startswith("#") and len(str(journal.shown(value))) == 9


def test_a_line_of_text(lines: io.StringIO) -> None:
    record = logging.LogRecord(
        "sync.guard", logging.ERROR, "x.py", 1, "%s %s failed", (journal.Plain("邮件"), "张三"), None
    )
    assert journal.Formatter().format(record).split(" ", 1)[1].startswith("ERROR 邮件 #")
