"""Whatever is asked of whatever address: an answer in Chinese and no traceback; an unforeseen fault is logged."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests

from tests.web_server import OPERATOR, WebServer, web_server
from tests.webhook.test_addresses import TABLE

FORM = "application/x-www-form-urlencoded"
HALF = "\\ud83d"  # as a phone's JSON writes a cut emoji
BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b"[" * 100_000),
    ("application/json", b"{"),
    ("application/json", b"\xff\xfe\x00"),
    ("application/json", b"NaN"),
    ("application/json", b"null"),
    ("application/json", b"[]"),
    ("application/json", b'{"id": 7, "cells": {"text": 7}, "photos": {}, "ops": 7, "filters": [7], "text": []}'),
    ("application/json", b'{"id": [], "ops": [{"op": []}], "filters": [{"column": "x", "words": {}}], "person": {}}'),
    ("application/json", b'{"id": "HALF", "ops": [{"op": "sort", "column": 10e9}], "text": "HALF", "result": "HALF"}'),
    ("application/json", b'{"ops": [{"op": "set", "cells": [{"at": 1, "column": 1, "to": 1e999}]}], "text": null}'),
    ("application/json", b'{"ops": [{"op": "set", "cells": [{"at": 1, "column": 1, "to": {"a": 1}, "was": []}]}]}'),
    ("application/json", b'{"ops": [{"op": "delete", "rows": [-1, 99999999999999999]}], "filters": [{"allowed": 1}]}'),
    ("application/json", b'{"ops": [{"op": "back", "token": {}}, {"op": "dropColumn", "column": true}]}'),
    (FORM, b"name=%00%1b&text=%ED%A0%80&year=%C2%B2026&tab=%00&row=x&answer=y&act=force&link=%ff"),
    (FORM, b"year=" + b"9" * 5000 + b"&off=x&on=x&published=yes&act=sign&words=%00"),
    ("multipart/form-data; boundary=x",
     b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00.xlsx"\r\n\r\nPK\r\n--x--\r\n'),
    ("multipart/form-data", b"no boundary"),
    ("text/plain", b"\x00"),
)  # fmt: skip
QUERIES = (
    "",
    "?month=2026-13&year=²026&scope=%00&top=-1&bottom=99999999999999999999&offset=-1&total=x&taken=9999-12-31",
    f"?month=%ff&year={'9' * 5000}&scope=branch:x&top=x&link=%ED%A0%80&issue=%00%1b&offset=999999999&total=999999999",
    "?top=99999999999999999999999999&bottom=-99999999999999999999999999",
)
ENGLISH = ("Traceback", "Internal Server Error", "Not Found", "Bad Request", "Method Not Allowed", "<html lang=en>")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web")) as made:
        made.app.extensions["limits"].off = True  # they are asked more than any person asks
        yield made


def fault(answer: requests.Response) -> str:
    """What is wrong with an answer; empty where nothing is."""
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"{answer.status_code}"
    text = answer.text
    return next((word for word in ENGLISH if word in text), "")


def asked(web: WebServer, person: requests.Session, method: str, address: str, **more: Any) -> str:
    address = re.sub("^(/grid/[a-z]+)/1", rf"\1/{web.book.worksheet('问题台账').id}", address)
    more |= {"timeout": 30, "stream": True, "allow_redirects": False}
    with person.request(method, f"{web.url}{address}", **more) as answer:
        if answer.is_redirect or answer.headers["Content-Type"].startswith("text/event-stream"):
            return ""
        return fault(answer)


def odd(address: str) -> tuple[str, ...]:
    """The address, and the same with an odd last part."""
    if address.count("/") < 2 or address.startswith(("/static", "/enter")):
        return (address,)
    root = address.rsplit("/", 1)[0]
    return address, f"{root}/%00%1b", f"{root}/99999999999999999999999999", f"{root}/%ED%A0%80{'x' * 3000}"


PATHS = [(method, path) for method, address in TABLE for path in odd(address)
         if not address.startswith(("/v4", "/drive", "/upload", "/token"))]  # fmt: skip


def test_odd_queries_are_answered_in_chinese(web: WebServer) -> None:
    for headers in ({"Accept": "text/html"}, {"Accept": "application/json"}):
        person = web.enter(OPERATOR)
        person.headers.update(headers)
        wrong = [
            (address + query[:60], words)
            for method, address in PATHS
            for query in QUERIES
            if method == "GET" and (words := asked(web, person, "GET", address + query))
        ]
        assert wrong == []


def test_odd_bodies_are_answered_in_chinese(web: WebServer) -> None:
    wrong = []
    for method, address in PATHS:
        if method == "GET" or address in ("/rules/drop", "/leave"):
            continue
        for kind, body in BODIES:
            person = web.enter(OPERATOR) if address == "/enter" else web_operator(web)
            data = body.replace(b"HALF", HALF.encode())
            if words := asked(web, person, method, address, data=data, headers={"Content-Type": kind}):
                wrong.append((method, address[:60], body[:60], words))
    assert wrong == []


_operators: dict[int, requests.Session] = {}


def web_operator(web: WebServer) -> requests.Session:
    if id(web) not in _operators:
        _operators[id(web)] = web.enter(OPERATOR)
    return _operators[id(web)]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "BREW"])
@pytest.mark.parametrize("address", ["/gibt-es-nicht", "/mine", "/static/none.css", "/grid/none", "/../etc/passwd"])
def test_an_unknown_address_has_a_chinese_page_with_a_way_back(web: WebServer, method: str, address: str) -> None:
    person = web_operator(web)
    if (method, address) == ("GET", "/mine"):
        return
    page = person.request(method, web.url + address, headers={"Accept": "text/html"}, timeout=10)
    assert page.status_code in (404, 405) and fault(page) == ""
    if not address.startswith("/grid"):
        assert 'href="/"' in page.text and 'lang="zh-CN"' in page.text
    told = person.request(method, web.url + address, headers={"Accept": "application/json"}, timeout=10)
    assert told.status_code == page.status_code and told.json()["error"]


def test_an_unforeseen_fault_is_a_chinese_page_or_sentence_and_is_logged(
    web: WebServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("nobody foresaw this")

    person = web_operator(web)
    monkeypatch.setattr("webhook.pages.administration.people._page", broken)
    with caplog.at_level(logging.ERROR):
        page = person.get(f"{web.url}/people", headers={"Accept": "text/html"}, timeout=10)
        told = person.get(f"{web.url}/people", headers={"Accept": "application/json"}, timeout=10)
    assert page.status_code == told.status_code == 500
    assert "系统出错了" in page.text and 'href="/"' in page.text and "RuntimeError" not in page.text
    assert "系统出错了" in told.json()["error"]
    assert "nobody foresaw this" in caplog.text
    monkeypatch.setattr("webhook.refusals.render_template", broken)
    bare = person.get(f"{web.url}/people", headers={"Accept": "text/html"}, timeout=10)
    assert bare.status_code == 500 and "系统出错了" in bare.text and 'href="/"' in bare.text


numbers = count()


def filed(web: WebServer, cells: dict[str, str]) -> requests.Response:
    form = {"id": f"abcdefghijklmnop{next(numbers)}", "cells": cells, "photos": []}
    return web.enter("街路长01").post(f"{web.url}/forms/issues", json=form, timeout=30)


ISSUE = {"street": "新正街", "category": "暴露垃圾", "text": "垃圾", "place": "门前", "source": "街路长自查"}


def test_half_a_character_is_told_by_its_field(web: WebServer) -> None:
    answer = filed(web, ISSUE | {"text": "垃圾\ud83d"})
    assert answer.status_code == 422 and "半个字" in answer.json()["faults"]["text"]


def test_signs_that_nobody_sees_are_taken_out_and_the_rest_stays(web: WebServer) -> None:
    assert filed(web, ISSUE | {"text": "桶\x00满\x1b[31m了\u202e\n第二行 👨\u200d👩\u200d👧"}).status_code == 201
    assert web.rows("问题台账", "问题描述") == [("桶满[31m了\n第二行 👨\u200d👩\u200d👧",)]


ODD_FORMS: tuple[dict[str, Any], ...] = (
    {"photos": ["\ud83d"]},
    {"photos": ["\x00" * 32]},
    {"photos": ["../" * 8]},
    {"person": "\ud83d"},
    {"person": ["a"]},
    {"cells": {"\ud83d": "x"}},
    {"cells": ISSUE | {"street": "\ud83d"}},
    {"cells": ISSUE | {"category": "\x00"}},
    {"cells": ISSUE | {"longitude": "1e999", "latitude": "nan"}},
    {"cells": ISSUE | {"longitude": "9" * 900}},
    {"cells": ISSUE | {"text": "x" * 100_000}},
    {"cells": ISSUE | {"issue": "9" * 900}},
)


@pytest.mark.parametrize("odd_part", ODD_FORMS, ids=range(len(ODD_FORMS)))
def test_an_odd_form_is_told_what_is_wrong_and_never_tried_again(web: WebServer, odd_part: dict[str, Any]) -> None:
    form = {"id": f"abcdefghijklmnop{next(numbers)}", "cells": ISSUE, "photos": []} | odd_part
    for path in ("/forms/issues", "/forms/feedback", "/forms/duties", "/forms/requests"):
        answer = web.enter("街路长01").post(f"{web.url}{path}", json=form, timeout=30)
        assert answer.status_code in (409, 422), answer.text
        assert any("\u4e00" <= sign <= "\u9fff" for sign in str(answer.json()))


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x", 7, None, [], "\ud83d"])
def test_an_odd_clock_of_a_phone_does_no_harm(web: WebServer, at: Any) -> None:
    form = {"id": f"abcdefghijklmnop{next(numbers)}", "cells": ISSUE, "photos": [], "at": at}
    assert web.enter("街路长01").post(f"{web.url}/forms/issues", json=form, timeout=30).status_code == 201
    web.service.phone_hour = None
