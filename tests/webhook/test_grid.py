"""Edits of the grid as a browser sends them: each is done once, whatever is sent again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.house import OPERATOR, House, house


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as running:
        yield running


def edit(home: House, session: requests.Session, id_: str) -> requests.Response:
    """Type into the first row of 问题台账 that was never written."""
    sheet = home.book.worksheet("问题台账")
    reporter = sheet.row_values(1).index("填报人")
    cells = [{"row": 0, "at": 1, "column": reporter, "to": "街路长01", "was": ""}]
    return session.post(
        f"{home.url}/grid/edit/{sheet.id}", json={"id": id_, "ops": [{"op": "set", "cells": cells}]}, timeout=20
    )


def test_an_edit_that_comes_again_is_answered_as_before_and_not_done_again(home: House) -> None:
    session = home.enter(OPERATOR)
    answers = [edit(home, session, "the same id").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert home.rows("问题台账", "填报人") == [("街路长01",)]


def test_an_edit_that_comes_again_while_it_is_being_done_is_done_once(home: House) -> None:
    session, answers = home.enter(OPERATOR), list[object]()
    threads = [
        threading.Thread(target=lambda: answers.append(edit(home, session, "the same id").json())) for _ in range(6)
    ]
    with home.office.store.write():  # so long none of them can be done
        for thread in threads:
            thread.start()
        threads[0].join(1)
    for thread in threads:
        thread.join()
    assert len(answers) == 6 and all(answer == answers[0] for answer in answers)
    assert home.rows("问题台账", "填报人") == [("街路长01",)]
