"""A workbook goes from a SQLite file into a space of PostgreSQL and back, and nothing of it is another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gspread
import orjson
import pytest

from sync.workbook import transport
from sync.workbook.accounts import Accounts
from sync.workbook.cells import moving
from sync.workbook.cells.moving import SpaceTaken, copy_space, is_filled
from sync.workbook.cells.postgres import PostgresStore
from sync.workbook.cells.store import AnyStore, Store
from sync.workbook.cells.transaction import span
from sync.workbook.server import Api, Request
from tests import stores
from tests.workbook.clients.test_accounts import assertion
from tests.workbook.conftest import NOW

_spaces = (f"moving-{number}" for number in itertools.count())


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Store]:
    """A workbook with something of everything."""
    store = Store(tmp_path / "first.sqlite3")
    api = Api(store, lambda: NOW, ("hooks.example.cn",))
    people = gspread.Client(auth=None, session=transport.session(api))
    for name in ("台账", "另一本", "空的"):
        people.create(name)
    book = people.open("台账")
    book.sheet1.update([["乙", 2], ["甲", "=B1*2"], ["丙", True]], "A1", raw=False)
    book.sheet1.sort((1, "asc"))
    book.sheet1.insert_row(["新"], 2)
    book.sheet1.delete_rows(3)
    book.sheet1.format("A1:B9", {"textFormat": {"bold": True}})
    book.sheet1.add_validation("C1", gspread.utils.ValidationConditionType.one_of_list, ["是", "否"])
    book.add_worksheet("二", 30, 5).update([[n] for n in range(20)], "A1")
    book.reorder_worksheets(list(reversed(book.worksheets())))
    accounts = Accounts(store)
    accounts.exchange(assertion(accounts.create("robot", "https://x/token")))
    watch = {"id": "first", "type": "web_hook", "address": "https://hooks.example.cn/"}
    made = api.handle(Request("POST", f"/drive/v3/files/{book.id}/watch", body=orjson.dumps(watch)))
    assert made.status == 200
    yield store
    store.close()


@pytest.fixture
def space() -> Iterator[PostgresStore]:
    """An empty space, and another whose sheets come before and after."""
    other = PostgresStore(stores.server().url, next(_spaces))
    gspread.Client(auth=None, session=transport.session(Api(other))).create("其他局")
    store = PostgresStore(stores.server().url, next(_spaces))
    yield store
    store.close()
    other.close()


def whole(store: AnyStore) -> dict[str, Any]:
    """All that a store holds, apart from its sheets' own keys."""
    with store.read() as tx:
        sheets = [
            (
                record[0],
                next_row,
                meta,
                tx.order(key),
                [(row_id - (key << 32), *others) for row_id, *others in tx.records(*span(key), 10**6)],
                [row_id - (key << 32) for (row_id,) in tx.formula_rows(*span(key))],
            )
            for record in tx.files()
            for key, next_row, meta in tx.sheets(record[0])
        ]
        others = {"accounts": tx.accounts(), "tokens": tx.tokens(), "channels": tx.channels()}
        return {"files": tx.files(), "sheets": sheets, **others}


def exported(store: AnyStore) -> list[bytes]:
    """What the API gives of each document, cell by cell."""
    api = Api(store, lambda: NOW)
    with store.read() as tx:
        ids = [record[0] for record in tx.files()]
    query = [("includeGridData", "true")]
    return [api.handle(Request("GET", f"/v4/spreadsheets/{file_id}", query)).body for file_id in ids]


def test_in_and_out_nothing_is_another(
    file: Store, space: PostgresStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "PORTION", 7)  # so that sheets take several
    before = whole(file)
    assert len(before["files"]) == 3 and len(before["sheets"]) == 4
    assert len(before["accounts"]) == len(before["tokens"]) == len(before["channels"]) == 1
    copy_space(file, space)
    assert whole(space) == before and exported(space) == exported(file)
    back = Store(tmp_path / "back.sqlite3")
    copy_space(space, back)
    assert whole(back) == before and exported(back) == exported(file)
    back.close()
    assert sorted(path.name for path in tmp_path.glob("back*")) == ["back.sqlite3"]


def test_what_came_in_goes_on_as_it_was(file: Store, space: PostgresStore) -> None:
    copy_space(file, space)
    for store in (file, space):
        people = gspread.Client(auth=None, session=transport.session(Api(store, lambda: NOW)))
        sheet = people.open("台账").worksheet("Sheet1")
        sheet.append_row(["后来"], table_range="A1")
        sheet.insert_row(["前面"], 1)
    assert whole(space) == whole(file)


def test_one_workbook_in_two_spaces_is_two(file: Store, space: PostgresStore) -> None:
    copy_space(file, space)
    second = PostgresStore(stores.server().url, next(_spaces))
    copy_space(space, second)
    before = whole(space)
    assert whole(second) == before
    people = gspread.Client(auth=None, session=transport.session(Api(second, lambda: NOW)))
    people.del_spreadsheet(people.open("台账").id)
    assert whole(space) == before
    second.close()


def test_a_space_that_is_not_empty_is_refused(file: Store, space: PostgresStore) -> None:
    Accounts(space).create("robot", "https://x/token")
    before = whole(space)
    with pytest.raises(SpaceTaken, match="已经有工作簿，没有复制"):
        copy_space(file, space)
    assert whole(space) == before
    copy_space(file, space, over=True)
    assert whole(space) == whole(file)


@pytest.mark.parametrize("over", [False, True])
def test_a_copy_that_fails_at_its_end_leaves_the_target_as_it_was(
    file: Store, space: PostgresStore, monkeypatch: pytest.MonkeyPatch, over: bool
) -> None:
    if over:
        Accounts(space).create("before", "https://x/token")
    before = whole(space)

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("sync.workbook.cells.transaction.Transaction.add_channel", broken)
        with pytest.raises(RuntimeError):
            copy_space(file, space, over=over)
    assert whole(space) == before and is_filled(space) == over
