"""Pages over a Google sheet whose quota is used up: no other page waits, nothing is written twice or lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync.sheets.quota import PAGES, Quota, Rate
from tests.google_stage import google_stage
from tests.intake.test_forms import ISSUE, body, post
from tests.web_server import WebServer


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    with google_stage(tmp_path, monkeypatch) as stage:
        stage.share()
        web = WebServer.__new__(WebServer)
        web.open(tmp_path, stage.service(), stage.people)
        with closing(web):
            yield web


def test_thirty_forms_at_once_wait_in_the_phones_and_stop_no_page(web: WebServer) -> None:
    chief, others = web.enter("街路长01"), web.enter("标准化办01")
    web.service.page_client.quota = Quota(Rate(3, 1.0, 2.0))  # as if all had come in the last minute
    states: dict[int, str] = {}

    def send(number: int) -> None:
        states[number] = post(web, chief, "issues", body(ISSUE | {"text": f"第{number}处"}, number)).json()["state"]

    phones = [threading.Thread(target=send, args=(number,)) for number in range(30)]
    for phone in phones:
        phone.start()
    longest = 0.0
    while any(phone.is_alive() for phone in phones):
        began = time.monotonic()
        assert others.get(f"{web.url}/static/style.css", timeout=20).ok
        longest = max(longest, time.monotonic() - began)
    for phone in phones:
        phone.join()
    assert longest < 2.0, "forms that wait leave threads for pages"
    assert 0 < sum(state == "later" for state in states.values()) < 30
    there = {row[0] for row in web.rows("问题台账", "问题描述")}
    assert there == {f"第{number}处" for number, state in states.items() if state == "in"}

    web.service.page_client.quota = None  # the minute is over: the phones send again, those that are in too
    for number in range(30):
        send(number)
    assert set(states.values()) == {"in"}
    assert sorted(row[0] for row in web.rows("问题台账", "问题描述")) == sorted(f"第{n}处" for n in range(30))
    web.tick()
    assert len({row[0] for row in web.rows("问题台账", "编号")}) == 30


def test_a_look_goes_on_while_pages_have_used_up_their_share(web: WebServer) -> None:
    web.service.page_client.quota = Quota(PAGES)
    chief = web.enter("街路长01")
    web.add(
        "问题台账\n填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述\n标准化办01 | 督查 | 联胜路 | 桥头 | 暴露垃圾 | 垃圾"
    )
    began = time.monotonic()
    web.tick()
    assert time.monotonic() - began < 5 and web.rows("问题台账", "编号")[0][0]
    web.service.page_client.quota = Quota(Rate(1, 60.0, 0.5))
    answer = post(web, chief, "issues", body(ISSUE))
    assert answer.json()["state"] == "later" and "对 Google 的访问已到上限" in answer.json()["words"], answer.text
