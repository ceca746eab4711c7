"""Silent connections, many grids of one person and requests without end: nobody else waits for them. Real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import flask
import pytest
import requests

from tests.web_server import OPERATOR, WebServer, web_server
from webhook import limits, server
from webhook.limits import Limits, Rate

LONGEST = 3.0  # seconds for a page of somebody else, on a machine that is busy


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as running:
        yield running


def slowest(web: WebServer, person: requests.Session, path: str, times: int) -> float:
    """Seconds of the slowest of so many answers, each over a connection of its own."""
    took = []
    for _ in range(times):
        begin = time.monotonic()
        answer = person.get(f"{web.url}{path}", timeout=20, headers={"Connection": "close"})
        assert answer.status_code == 200
        took.append(time.monotonic() - begin)
    return max(took)


def silent(web: WebServer, said: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", web.server.effective_port), timeout=20)
    connection.sendall(said)
    return connection


@pytest.mark.parametrize(
    "said", [b"", b"GET /mine HTTP/1.1\r\nHost: x\r\n", b"PUT /report HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"]
)
def test_silent_connections_stop_nobody(web: WebServer, said: bytes) -> None:
    chief = web.enter("街路长01")
    with ExitStack() as held:
        for _ in range(300):
            held.enter_context(silent(web, said))
        assert slowest(web, chief, "/mine", 5) < LONGEST


def test_a_connection_that_says_nothing_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SILENT_SECONDS", 1)
    monkeypatch.setattr(server, "CLEANUP_SECONDS", 1)
    with web_server(tmp_path) as web, silent(web, b"GET / HTTP/1.1\r\n") as connection:
        assert connection.recv(1) == b""


def test_forty_grids_of_one_person_stop_nobody(web: WebServer) -> None:
    operator, chief, over = web.enter(OPERATOR), web.enter("街路长01"), threading.Event()
    statuses: list[int] = []

    def look() -> None:
        """As the page does: a question a second, over a connection that stays open."""
        with requests.Session() as grid:
            grid.cookies.update(operator.cookies)
            since = 0
            while not over.is_set():
                answer = grid.get(f"{web.url}/grid/changes", params={"since": since}, timeout=20)
                statuses.append(answer.status_code)
                since = answer.json().get("version", since)
                over.wait(1)

    grids = [threading.Thread(target=look) for _ in range(40)]
    for grid in grids:
        grid.start()
    try:
        web.book.worksheet("问题台账").append_row(["甲"], table_range="A1")
        assert slowest(web, chief, "/mine", 10) < LONGEST
        over.wait(3)
    finally:
        over.set()
        for grid in grids:
            grid.join(20)
    assert len(statuses) >= 100 and set(statuses) == {200}


def test_who_asks_too_much_is_told_how_long_to_wait_and_nobody_else(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PERSON", Rate(20, 0.5))
    greedy, other = web.enter("街路长01"), web.enter("街路长02")
    answers = [greedy.get(f"{web.url}/mine", timeout=20) for _ in range(25)]
    assert [answer.status_code for answer in answers[:18]] == [200] * 18
    late = answers[-1]
    assert late.status_code == 429 and late.headers["Retry-After"] == "2" and "请过 2 秒再试" in late.text
    assert other.get(f"{web.url}/mine", timeout=20).status_code == 200
    assert requests.get(f"{web.url}/healthz", timeout=20).status_code == 200
    assert greedy.get(f"{web.url}/static/style.css", timeout=20).status_code == 200


def test_an_address_without_a_login_has_a_limit_and_its_people_have_theirs(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = web.enter("街路长01")
    monkeypatch.setattr(limits, "ADDRESS", Rate(5, 0.1))
    web.app.extensions["limits"]._buckets.clear()
    assert [requests.get(web.url, timeout=20).status_code for _ in range(7)] == [401] * 5 + [429] * 2
    assert person.get(f"{web.url}/mine", timeout=20).status_code == 200
    made_up = requests.get(web.url, cookies={"session": "made-up"}, timeout=20)
    assert made_up.status_code == 429, "a cookie that nobody signed is no login"


def test_programs_are_told_in_google_s_words(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROGRAM", Rate(1, 0.1))
    answers = [requests.get(f"{web.url}/v4/spreadsheets/x", timeout=20) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [401, 429]
    assert answers[1].json()["error"]["status"] == "RESOURCE_EXHAUSTED" and answers[1].headers["Retry-After"]


def test_a_body_that_is_too_long_is_not_stored(web: WebServer) -> None:
    with silent(
        web, b"PUT /report HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (server.MOST_BODY_BYTES + 1)
    ) as sent:
        assert b" 413 " in sent.recv(200)


def test_a_proxy_that_is_named_tells_whose_request_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ADDRESS", Rate(2, 0.1))

    def statuses(web: WebServer) -> list[int]:
        web.app.extensions["limits"]._buckets.clear()
        asked = (f"203.0.113.{n}" for n in range(4))
        return [requests.get(web.url, headers={"X-Forwarded-For": ip}, timeout=20).status_code for ip in asked]

    with web_server(tmp_path / "named", JIELU_PROXY="127.0.0.1") as web:
        assert statuses(web) == [401] * 4
    with web_server(tmp_path / "not") as web:
        assert statuses(web) == [401, 401, 429, 429], "anybody can write that header"


def test_tokens_come_back_with_time_and_the_oldest_buckets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    made, rate = Limits(), Rate(2, 0.5)
    assert [made.wait(("person", "甲"), rate, at) for at in (0, 0, 0, 1, 2, 2)] == [0, 0, 2, 1, 0, 2]
    assert made.wait(("person", "甲"), rate, 100) == made.wait(("person", "甲"), rate, 100) == 0
    assert made.wait(("person", "甲"), rate, 100) == 2, "no more than the bucket holds"
    monkeypatch.setattr(limits, "MOST_BUCKETS", 4)
    for n in range(50):
        made.wait(("address", str(n)), rate, 200 + n)
    assert len(made._buckets) <= 4 and ("address", "49") in made._buckets


def test_a_request_that_ends_after_the_server_writes_into_no_other_file(tmp_path: Path) -> None:
    app, began, may_end = flask.Flask("slow"), threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> str:
        began.set()
        may_end.wait(20)
        return "done"

    slow_server = server.listen(app, "127.0.0.1", 0)

    def serve() -> None:
        with suppress(OSError):
            slow_server.run()

    threading.Thread(target=serve, daemon=True).start()
    caller = socket.create_connection(("127.0.0.1", slow_server.effective_port), timeout=20)
    caller.sendall(b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert began.wait(20)
    server.close(slow_server)
    with ExitStack() as stack:  # databases that are opened while the service stops take the numbers that are free
        files = [stack.enter_context((tmp_path / f"{n}.sqlite3").open("w+b", buffering=0)) for n in range(40)]
        may_end.set()
        end = time.monotonic() + 20
        while slow_server.task_dispatcher.threads and time.monotonic() < end:
            time.sleep(0.02)
        assert not slow_server.task_dispatcher.threads
        caller.close()
        assert [file.name for file in files if Path(file.name).stat().st_size] == []
