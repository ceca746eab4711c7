"""Edits of the grid as a browser sends them: each is done once, whatever is sent again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sync.workbook.cells import changes as feed_of
from sync.workbook.cells.changes import Change, Feed, SheetChange
from sync.workbook.cells.row import Row
from sync.workbook.cells.store import AnyStore, Unavailable
from tests.stores import open_place, place
from tests.web_server import OPERATOR, WebServer, web_server
from webhook.grid import page


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


def test_a_store_that_does_not_answer_is_told_to_try_again(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The grid asks again after any status above 500."""

    def away(_self: Any, **_: Any) -> None:
        raise Unavailable("工作簿数据库没有应答。")

    session, sheet = web.enter(OPERATOR), web.book.worksheet("问题台账")
    monkeypatch.setattr(AnyStore, "_transaction", away)
    ops = [{"op": "set", "cells": [{"row": 0, "at": 1, "column": 0, "to": "x", "was": ""}]}]
    answer = session.post(f"{web.url}/grid/edit/{sheet.id}", json={"id": "first", "ops": ops}, timeout=20)
    assert answer.status_code == 503 and "过一会儿再试" in answer.json()["error"]
    opened = session.get(f"{web.url}/grid", headers={"Accept": "text/html"}, timeout=20)
    assert opened.status_code == 503 and "过一会儿再试" in opened.text


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


# Changes since a version --------------------------------------------------------------------------------------
def changes(web: WebServer, session: requests.Session, since: int | None = None) -> dict[str, Any]:
    asked = {} if since is None else {"since": since}
    answer = session.get(f"{web.url}/grid/changes", params=asked, timeout=20)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    return dict(answer.json())


def test_changes_come_in_order_and_each_once(web: WebServer) -> None:
    session, book = web.enter(OPERATOR), web.book.worksheet("问题台账")
    start = changes(web, session)
    assert start["changes"] == [] and not start["stale"]
    for text in ("一", "二"):
        book.append_row([text], table_range="A1")
    told = changes(web, session, start["version"])
    assert [change["version"] for change in told["changes"]] == [start["version"] + 1, start["version"] + 2]
    assert told["version"] == start["version"] + 2 and not told["more"]
    assert changes(web, session, told["version"])["changes"] == []


def test_an_answer_has_room_for_so_many_changes(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_TOLD", 2)
    session, book = web.enter(OPERATOR), web.book.worksheet("问题台账")
    start = changes(web, session)["version"]
    for text in ("一", "二", "三"):
        book.append_row([text], table_range="A1")
    first = changes(web, session, start)
    assert (first["version"], first["more"], len(first["changes"])) == (start + 2, True, 2)
    last = changes(web, session, first["version"])
    assert (last["version"], last["more"], len(last["changes"])) == (start + 3, False, 1)


def test_a_change_of_very_many_rows_is_read_anew(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_CHANGED_ROWS", 3)
    session, book = web.enter(OPERATOR), web.book.worksheet("问题台账")
    start = changes(web, session)["version"]
    book.append_rows([["甲"]], table_range="A1")
    book.append_rows([["甲"]] * 4, table_range="A1")
    first = changes(web, session, start)
    assert len(first["changes"]) == 1 and first["more"]
    assert changes(web, session, first["version"])["stale"]


def test_who_asks_for_what_is_not_remembered_looks_anew(web: WebServer) -> None:
    session, book = web.enter(OPERATOR), web.book.worksheet("问题台账")
    start = changes(web, session)["version"]
    with web.service.store.feed.lock:
        web.service.store.feed._asked = -1e9  # nobody asked for a long time
    book.append_row(["没有记住"], table_range="A1")
    told = changes(web, session, start)
    assert told["stale"] and told["version"] == start + 1
    assert changes(web, session, start + 50)["stale"], "a version that is not there yet: the file was put back"


def test_what_another_process_wrote_is_read_anew(web: WebServer) -> None:
    session, start = web.enter(OPERATOR), 0
    start = changes(web, session)["version"]
    other = open_place(*place(web.service.store))
    with other.write() as tx:
        record = tx.file(web.service.workbook)
        assert record is not None
        tx.save_file((*record[:5], record[5] + 1, *record[6:]))
    other.close()
    assert changes(web, session, start) == {
        "version": start + 1,
        "stale": True,
        "more": False,
        "changes": [],
        "others": [],
    }


def test_a_feed_forgets_the_oldest_of_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, of_rows = Feed(), {1: Row([], {})}
    monkeypatch.setattr(feed_of, "MOST_CHANGES", 3)
    for version in range(1, 6):
        feed.publish(Change("book", version, (SheetChange(1, 9, of_rows, None, False),)))
    assert feed.since("book", 1, 5) is None and feed.since("other", 2, 5) is None
    assert [change.version for change in feed.since("book", 2, 5) or ()] == [3, 4, 5]
    monkeypatch.setattr(feed_of, "MOST_ROWS", 2)
    feed.publish(Change("book", 6, ()))
    assert feed.since("book", 3, 6) is not None and feed.since("book", 2, 6) is None


@pytest.mark.parametrize(
    "op",
    [
        {"op": "set", "cells": [{"row": 0, "at": 1, "to": "x"}]},
        {"op": "sort"},
        {"op": "sort", "column": 5, "then": [{}]},
        {"op": "moveColumn"},
        {"op": "moveColumn", "column": 1, "to": 10_000},
        {"op": "sort", "column": 5, "then": "x"},
        {"op": "delete", "rows": [9], "empty": True},
    ],
)
def test_an_op_that_leaves_things_out_is_done_or_refused_with_a_sentence(web: WebServer, op: dict[str, Any]) -> None:
    sheet = web.book.worksheet("问题台账")
    answer = web.enter(OPERATOR).post(f"{web.url}/grid/edit/{sheet.id}", json={"id": "x", "ops": [op]}, timeout=20)
    assert answer.status_code in {200, 409} and ("results" in answer.json() or answer.json()["error"])


@pytest.mark.parametrize("path", ["find", "search", "sums", "export", "layout"])
@pytest.mark.parametrize(
    "body", [{}, {"filters": [{"from": "x"}]}, {"filters": [{"until": True}]}, {"filters": 1, "widths": {"a": 9}}]
)
def test_a_question_that_is_none_is_refused_with_a_sentence(web: WebServer, path: str, body: dict[str, Any]) -> None:
    sheet = web.book.worksheet("问题台账")
    answer = web.enter(OPERATOR).post(f"{web.url}/grid/{path}/{sheet.id}", json=body, timeout=20)
    assert answer.status_code == 409 and "请求的格式不对" in answer.json()["error"]
