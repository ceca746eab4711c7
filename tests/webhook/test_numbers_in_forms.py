"""编号 in a form of a phone, as people type it; the page 为什么 of an issue that was reported just now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
import requests

from tests.book import ZONE
from tests.web_server import OPERATOR, WebServer, web_server
from webhook.look_cache import LookCache

ISSUE = {"street": "新正街", "category": "暴露垃圾", "text": "垃圾成堆", "place": "门前", "source": "街路长自查"}
names = count()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


def send(web: WebServer, who: str, form: str, cells: dict[str, str]) -> requests.Response:
    body = {"id": f"abcdefghijklmnop{next(names)}", "cells": cells, "photos": []}
    return web.enter(who).post(f"{web.url}/forms/{form}", json=body, timeout=30)


def test_a_number_is_stored_as_the_service_writes_it_and_the_nearest_is_named(web: WebServer) -> None:
    number = send(web, "街路长01", "issues", ISSUE).json()["number"]
    web.tick()
    cells = {"issue": number.replace("-", "—") + " 门前", "outcome": "上报", "text": "要吊车"}
    answer = send(web, "街路长01", "feedback", cells)
    assert answer.status_code == 201, answer.text
    assert web.rows("整改反馈", "编号") == [(number,)]
    wrong = send(web, "街路长01", "feedback", cells | {"issue": f"{number[:-3]}010"})
    assert wrong.status_code == 422 and f"是不是「{number}」？" in wrong.json()["faults"]["issue"]
    page = web.enter("街路长01").get(f"{web.url}/explain/{number.replace('-', '')}", timeout=10)
    assert page.status_code == 200 and number in page.text


def explained(web: WebServer, who: str, number: str) -> requests.Response:
    return web.enter(who).get(f"{web.url}/explain/{number}", headers={"Accept": "text/html"}, timeout=10)


def test_why_an_issue_that_was_just_reported_stands_so_says_what_the_form_said(web: WebServer) -> None:
    said = send(web, "街路长01", "issues", ISSUE).json()
    deadline = f"{datetime.fromisoformat(said['deadline']):%Y-%m-%d %H:%M}"
    for who in ("街路长01", OPERATOR):
        before = explained(web, who, said["number"])  # no look since
        assert before.status_code == 200 and "还没有处理到" in before.text
        assert all(words in before.text for words in (said["number"], said["status"], deadline, said["unit"]))
    assert explained(web, "街路长02", said["number"]).status_code == 404
    web.tick()
    after = explained(web, "街路长01", said["number"])
    looked = web.service.ledger.memory().last_tick
    assert looked and f"按 {looked.astimezone(ZONE):%m-%d %H:%M} 的表格算的" in after.text
    assert after.status_code == 200 and "没有开始" not in after.text and "还没有处理到" not in after.text
    assert f">{said['status']}<" in after.text and f"截止 {deadline}" in after.text


def test_a_look_that_pages_show_is_never_older_than_the_last_tick(web: WebServer) -> None:
    cache = LookCache(web.app.extensions["site"])
    first = cache.now()
    assert cache.now() is first
    web.tick()
    said = send(web, "街路长01", "issues", ISSUE).json()
    web.tick()
    fresh = cache.now()
    assert fresh.now >= web.service.ledger.memory().last_tick
    assert fresh.followed[said["number"]].life.state == said["status"]
