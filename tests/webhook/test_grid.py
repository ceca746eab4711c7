"""Edits of the grid as a browser sends them: each is done once, whatever is sent again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.web_server import OPERATOR, WebServer, web_server


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as running:
        yield running


def edit(web: WebServer, session: requests.Session, id_: str) -> requests.Response:
    """Type into the first row of 问题台账 that was never written."""
    sheet = web.book.worksheet("问题台账")
    reporter = sheet.row_values(1).index("填报人")
    cells = [{"row": 0, "at": 1, "column": reporter, "to": "街路长01", "was": ""}]
    return session.post(
        f"{web.url}/grid/edit/{sheet.id}", json={"id": id_, "ops": [{"op": "set", "cells": cells}]}, timeout=20
    )


def test_an_edit_that_comes_again_is_answered_as_before_and_not_done_again(web: WebServer) -> None:
    session = web.enter(OPERATOR)
    answers = [edit(web, session, "the same id").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert web.rows("问题台账", "填报人") == [("街路长01",)]


def test_an_edit_that_comes_again_while_it_is_being_done_is_done_once(web: WebServer) -> None:
    session, answers = web.enter(OPERATOR), list[object]()
    threads = [
        threading.Thread(target=lambda: answers.append(edit(web, session, "the same id").json())) for _ in range(6)
    ]
    with web.service.store.write():  # so long none of them can be done
        for thread in threads:
            thread.start()
        threads[0].join(1)
    for thread in threads:
        thread.join()
    assert len(answers) == 6 and all(answer == answers[0] for answer in answers)
    assert web.rows("问题台账", "填报人") == [("街路长01",)]


def test_signs_that_nobody_sees_and_numbers_that_are_none_do_not_enter(web: WebServer) -> None:
    session, sheet = web.enter(OPERATOR), web.book.worksheet("问题台账")
    at = {header: sheet.row_values(1).index(header) for header in ("填报人", "问题描述")}

    def put(column: str, text: object, name: str) -> requests.Response:
        op = {"op": "set", "cells": [{"row": 0, "at": 1, "column": at[column], "to": text}]}
        return session.post(f"{web.url}/grid/edit/{sheet.id}", json={"id": name, "ops": [op]}, timeout=20)

    assert put("问题描述", "桶\x00满\x1b了\u202e\ud83d", "half \ud83d").status_code == 200
    assert web.rows("问题台账", "问题描述") == [("桶满了",)]
    assert put("填报人", " \u3000\u200b", "blank").status_code == 200
    assert web.rows("问题台账", "问题描述", "填报人") == [("桶满了", "")]
    assert put("填报人", 10**400, "large").status_code == 409
