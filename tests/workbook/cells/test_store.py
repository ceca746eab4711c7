"""One file, many hands: threads, processes, a crash in the middle of a request."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import gspread
import pytest

from sync.workbook import transport
from sync.workbook.cells.transaction import BLOCK, Transaction
from sync.workbook.server import Api
from tests.stores import count, open_place, place

APPEND = """
import sys, gspread
from sync.workbook import transport
from sync.workbook.server import Api
from tests.stores import open_place
sheet = gspread.Client(auth=None, session=transport.session(Api(open_place(*sys.argv[2:])))).open("台账").sheet1
for number in range(20):
    sheet.append_row([sys.argv[1], number], table_range="A1")
"""


def test_threads_append_without_losing_a_row(api, local):
    def append(number):
        sheet = gspread.Client(auth=None, session=transport.session(api)).open_by_key(local.id).sheet1
        for _ in range(10):
            sheet.append_row([number], table_range="A1")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(4)))
    assert sorted(local.sheet1.col_values(1)) == sorted(str(n) for n in range(4) for _ in range(10))


def test_processes_append_without_losing_a_row(store, local):
    run = [sys.executable, "-c", APPEND]
    started = [subprocess.Popen([*run, name, *place(store)]) for name in ("a", "b")]
    assert [process.wait(60) for process in started] == [0, 0]
    assert sorted(local.sheet1.col_values(1)) == ["a"] * 20 + ["b"] * 20


def test_a_request_that_breaks_leaves_nothing(store, local, monkeypatch):
    local.sheet1.update([["before"]], "A1")

    def broken(*_):
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("sync.workbook.cells.transaction.Transaction.save_file", broken)
        with pytest.raises(RuntimeError):
            local.sheet1.update([["after"]], "A1")
    assert local.sheet1.acell("A1").value == "before"


def test_what_was_answered_is_there_after_opening_again(store, local):
    local.sheet1.update([["x"]], "A1")
    store.close()
    again = open_place(*place(store))
    client = gspread.Client(auth=None, session=transport.session(Api(again)))
    assert client.open_by_key(local.id).sheet1.acell("A1").value == "x"
    again.close()


def test_inserting_a_row_writes_numbers_and_no_rows(store, local):
    rows = 3 * BLOCK
    local.sheet1.resize(rows=rows)
    local.sheet1.update([[n] for n in range(rows)], "A1")

    def records() -> list[tuple[int, bytes]]:
        with store.read() as tx:
            return tx.run("SELECT id, vals FROM rows ORDER BY id").fetchall()

    before = records()
    local.sheet1.insert_row([], 1)
    local.sheet1.sort((1, "des"))
    assert records() == before
    assert local.sheet1.acell("A1").value == str(rows - 1)


def test_rows_in_sequence_are_read_many_at_a_time(local, monkeypatch):
    local.sheet1.update([[n] for n in range(500)], "A1")
    reads = []
    whole = Transaction._all
    monkeypatch.setattr(Transaction, "_all", lambda *given: reads.append(given[2]) or whole(*given))
    local.sheet1.update([[-n] for n in range(300)], "A100")
    assert len([source for source in reads if source.startswith("rows")]) < 12
    assert local.sheet1.col_values(1)[98:101] == ["98", "0", "-1"]


def test_a_deleted_spreadsheet_leaves_no_rows(store, client):
    tables = ("files", "sheets", "blocks", "rows")
    before = [count(store, table) for table in tables]
    book = client.create("台账")
    book.sheet1.update([["x"]], "A1")
    assert [count(store, table) for table in tables] == [number + 1 for number in before]
    client.del_spreadsheet(book.id)
    assert [count(store, table) for table in tables] == before


def test_deleted_rows_leave_no_records(store, local):
    before = count(store, "rows")
    local.sheet1.update([[n] for n in range(10)], "A1")
    local.sheet1.delete_rows(2, 9)
    assert count(store, "rows") == before + 2
