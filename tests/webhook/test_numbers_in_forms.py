"""编号 in a form of a phone, as people type it; the page 为什么 of an issue that was reported just now."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import requests

from tests.web_server import WebServer, web_server

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
