"""The pages of many bureaus in one process or several: each by its host; what one process did the other knows."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from sync.ledger.bureaus.bureaus import LOOK
from tests.bureaus.province import Province
from tests.deaths.bureau import form, wait_for
from webhook import access, server
from webhook.hosts import ManyBureaus

XIDU, BEIDU = "xidu.example", "beidu.example"
TOKEN = "a token of the tests"


@dataclass
class Web:
    """A running ``jielu web``."""

    pages: ManyBureaus
    url: str

    def get(self, host: str, path: str, **options: object) -> requests.Response:
        headers = {"Host": host, **options.pop("headers", {})}  # type: ignore[dict-item]
        return requests.get(self.url + path, headers=headers, timeout=30, allow_redirects=False, **options)  # type: ignore[arg-type]

    def post(self, host: str, path: str, **options: object) -> requests.Response:
        headers = {"Host": host, "Origin": f"http://{host}"}
        return requests.post(self.url + path, headers=headers, timeout=30, allow_redirects=False, **options)  # type: ignore[arg-type]


@contextmanager
def web(province: Province) -> Iterator[Web]:
    with closing(ManyBureaus(province.folders, most_open=4)) as pages:
        listening = server.listen(pages, "127.0.0.1", 0)

        def run() -> None:
            with suppress(OSError):
                listening.run()

        threading.Thread(target=run, daemon=True).start()
        try:
            yield Web(pages, f"http://127.0.0.1:{listening.effective_port}")
        finally:
            server.close(listening, seconds=5)


@pytest.fixture
def two(province: Province) -> Province:
    province.environ["JIELU_METRICS"] = TOKEN
    for code, host in (("xidu", XIDU), ("beidu", BEIDU)):
        province.add(code, url=f"http://{host}")
        province.report(code, f"{code}的垃圾")
    made = province.worker()
    for code in ("xidu", "beidu"):
        made.work(code, LOOK)
    made.close()
    return province


def entered(province: Province, served: Web, code: str, host: str, name: str = "街路长02") -> dict[str, str]:
    """The cookies of a person who opened his link; without a name of the operator."""
    with province.service(code) as service:
        base = f"http://{host}"
        link = access.link(service, name, base) if name else access.operator_link(service, base)
    token = link.partition("#")[2]
    answer = served.post(host, "/enter", data={"link": token})
    assert answer.status_code == 302, answer.text
    return answer.cookies.get_dict()


def test_a_bureau_is_shown_under_its_host_alone(two: Province) -> None:
    with web(two) as served:
        cookies = entered(two, served, "xidu", XIDU)
        shown = served.get(XIDU, "/rows", cookies=cookies)
        assert "xidu的垃圾" in shown.text and "beidu的垃圾" not in shown.text
        assert served.get(BEIDU, "/rows", cookies=cookies).status_code == 401, "a session of another bureau"
        assert served.get(XIDU, "/rows").status_code == 401
        unknown = served.get("nowhere.example", "/rows", cookies=cookies)
        assert unknown.status_code == 404 and "没有台账" in unknown.text


def test_a_form_makes_the_next_look_come_at_once(two: Province) -> None:
    with web(two) as served:
        cookies = entered(two, served, "xidu", XIDU)
        assert served.post(XIDU, "/forms/issues", json=form(1), cookies=cookies).status_code == 201
        assert ("xidu", LOOK) in served.pages.nudges.queue.outstanding()
        with two.running():
            wait_for(lambda: two.numbers("xidu").get("第1处"))


def test_what_one_process_did_another_knows(two: Province) -> None:
    """A session opened here is open there; a form that comes again there is taken once; a session that ends ends
    everywhere."""
    with web(two) as first, web(two) as second:
        cookies = entered(two, first, "xidu", XIDU)
        assert second.get(XIDU, "/rows", cookies=cookies).status_code == 200
        assert first.post(XIDU, "/forms/issues", json=form(2), cookies=cookies).status_code == 201
        assert second.post(XIDU, "/forms/issues", json=form(2), cookies=cookies).status_code in (200, 201)
        assert list(two.numbers("xidu")).count("第2处") == 1
        made = two.worker()
        made.work("xidu", LOOK)
        made.close()
        for served in (first, second):
            assert "第2处" in served.get(XIDU, "/rows", cookies=cookies).text
        assert second.post(XIDU, "/leave", cookies=cookies).status_code == 200
        assert first.get(XIDU, "/rows", cookies=cookies).status_code == 401


def test_an_edit_of_the_grid_that_comes_again_to_another_process_is_not_done_again(two: Province) -> None:
    with two.service("xidu") as service:
        service.gateway.learn_sheets()
        sheet = service.gateway.titles["问题台账"]
    cells = [{"row": 0, "at": 1, "column": 1, "to": "街路长01", "was": ""}]
    asked = {"id": "the same id", "ops": [{"op": "set", "cells": cells}]}
    with web(two) as first, web(two) as second:
        cookies = entered(two, first, "xidu", XIDU, "")
        answers = [
            served.post(XIDU, f"/grid/edit/{sheet}", json=asked, cookies=cookies) for served in (first, second, first)
        ]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()


def test_one_bureau_that_can_t_be_opened_is_told_and_others_go_on(two: Province) -> None:
    (two.folders.folder("beidu") / "workbook.id").unlink()
    with web(two) as served:
        broken = served.get(BEIDU, "/")
        assert broken.status_code == 503 and "暂时打不开" in broken.text
        assert served.get(XIDU, "/rows", cookies=entered(two, served, "xidu", XIDU)).status_code == 200


def test_two_bureaus_with_one_address_are_served_to_nobody(two: Province) -> None:
    (two.folders.folder("beidu") / ".env").write_text(f"JIELU_URL=http://{XIDU}\n")
    with web(two) as served:
        assert served.get(XIDU, "/").status_code == 404


def test_late_bureaus_are_counted_for_machines_and_nothing_is_named(two: Province) -> None:
    two.environ["JIELU_LATE_LOOKS"] = "1"
    with web(two) as served:
        wait_for(lambda: served.get("10.0.0.1", "/healthz").json()["late"] == 2)
        answer = served.get("10.0.0.1", "/healthz")
        assert (answer.status_code, answer.json()["bureaus"], answer.json()["status"]) == (200, 2, "ok")
        assert served.get("10.0.0.1", "/metrics").status_code == 401
        measured = served.get("10.0.0.1", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
        assert 'jielu_bureaus{state="late"} 2.0' in measured
        assert 'jielu_look_timestamp_seconds{bureau="xidu"}' in measured


def test_a_bureau_that_moved_out_is_shown_no_more(two: Province) -> None:
    with web(two) as served:
        assert served.get(XIDU, "/enter").status_code == 200
        (two.folders.folder("xidu") / "moved.txt").write_text("elsewhere")
        assert served.get(XIDU, "/enter").status_code == 404


def test_processes_that_begin_together_sign_with_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One asks while the other is writing the key."""
    seen: list[str] = []
    token = secrets.token_urlsafe

    def slow(size: int) -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", token)
        seen.append(access.secret("", tmp_path))
        return token(size)

    monkeypatch.setattr(secrets, "token_urlsafe", slow)
    key = access.secret("", tmp_path)
    assert seen == [key] and len(key) >= 48
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]
