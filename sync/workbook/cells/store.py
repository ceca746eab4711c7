"""The SQLite file under the workbook: documents, sheets, rows, accounts. One transaction a request, WAL, durable.

A sheet's row is one record: the JSON text of its unformatted values kept ready for an answer, and one of all else
that its cells carry. Where a row stands is kept apart, in blocks of record numbers, so that inserting, deleting,
moving or sorting rows moves numbers and leaves the records alone.
"""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sync.workbook.cells.changes import Change, Feed
from sync.workbook.cells.upgrade import bring_up

BLOCK = 1000  # record numbers a block: 4,000 bytes, which fit one page of SQLite
SHIFT = 32  # a record's id is its sheet's key in the upper half and its number in the lower

# id, bit set of the filled columns, whether it holds formulas, values, all else
RowRecord = tuple[int, int, bool, bytes, bytes | None]


class Store:
    """The file, for use by several threads and several processes.

    Each transaction has a connection of its own while it lasts; writers of one process queue on a lock, those of
    several on SQLite's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self.feed = Feed()
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._connect()
        try:
            bring_up(connection, path)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-65536")
        return connection

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One consistent view of the file."""
        with self._transaction("BEGIN") as transaction:
            yield transaction

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One change of the file: all of it is durable at the end, or nothing after an exception."""
        with self._writing, self._transaction("BEGIN IMMEDIATE") as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        # pop and append of a list are atomic, so that the idle connections need no lock
        connection = self._taken()
        try:
            connection.execute(begin)
            transaction = Transaction(connection, watched=self.feed.watched)
            yield transaction
            with self.feed.lock if transaction.changes else nullcontext():
                connection.execute("COMMIT")
                for change in transaction.changes:
                    self.feed.publish(change)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            self._idle.append(connection)

    def _taken(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def close(self) -> None:
        """Closes the connections that nobody is using."""
        while self._idle:
            self._idle.pop().close()


class Transaction:
    """What one request may ask of the file: plain records in and out, without their meaning.

    ``changes``: remembered for those who ask, once it is committed; ``by`` and ``asked``: who, and the request's id;
    ``did``: what others should be told of it.
    ``touched``: how many cells its requests went through.
    """

    def __init__(self, connection: sqlite3.Connection, *, watched: bool = False) -> None:
        self.run = connection.execute
        self.run_many = connection.executemany
        self.watched, self.changes, self.by = watched, list[Change](), ""
        self.asked, self.did, self.touched = "", "", 0

    # Documents

    def file(self, file_id: str) -> tuple[Any, ...] | None:
        """id, name, owner, created, modified, version, permissions, meta."""
        record: tuple[Any, ...] | None = self.run("SELECT * FROM files WHERE id = ?", (file_id,)).fetchone()
        return record

    def files(self) -> list[tuple[Any, ...]]:
        """All documents, the one changed last first."""
        return self.run("SELECT * FROM files ORDER BY modified DESC, rowid DESC").fetchall()

    def save_file(self, record: tuple[Any, ...]) -> None:
        """Inserts or replaces a document's record."""
        self.run(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
            "owner = excluded.owner, modified = excluded.modified, version = excluded.version, "
            "permissions = excluded.permissions, meta = excluded.meta",
            record,
        )

    def delete_file(self, file_id: str) -> None:
        """Removes a document and everything in it."""
        for key, *_ in self.sheets(file_id):
            self.delete_sheet(key)
        self.run("DELETE FROM files WHERE id = ?", (file_id,))

    # Sheets

    def sheets(self, file_id: str) -> list[tuple[int, int, bytes]]:
        """key, next row number and meta of a document's sheets in their order."""
        query = "SELECT key, next_row, meta FROM sheets WHERE file = ? ORDER BY place"
        return self.run(query, (file_id,)).fetchall()

    def add_sheet(self, file_id: str, meta: bytes) -> int:
        """The key of a new, empty sheet; its place is set when the document is saved."""
        cursor = self.run(
            "INSERT INTO sheets (file, place, next_row, meta) VALUES (?, ?, ?, ?)", (file_id, 1 << 30, 1, meta)
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def save_sheet(self, key: int, place: int, next_row: int, meta: bytes) -> None:
        """Writes what is known of a sheet apart from its rows."""
        values = (place, next_row, meta, key)
        self.run("UPDATE sheets SET place = ?, next_row = ?, meta = ? WHERE key = ?", values)

    def delete_sheet(self, key: int) -> None:
        """Removes a sheet with its rows."""
        self.run("DELETE FROM rows WHERE id BETWEEN ? AND ?", span(key))
        self.run("DELETE FROM blocks WHERE sheet = ?", (key,))
        self.run("DELETE FROM sheets WHERE key = ?", (key,))

    def copy_rows(self, source: int, target: int) -> None:
        """Gives an empty sheet the rows of another."""
        self.run(
            "INSERT INTO rows SELECT id + ?, filled, formulas, vals, extra FROM rows WHERE id BETWEEN ? AND ?",
            ((target - source) << SHIFT, *span(source)),
        )
        self.run("INSERT INTO blocks SELECT ?, block, ids FROM blocks WHERE sheet = ?", (target, source))

    # Rows

    def order(self, key: int) -> bytes:
        """The record numbers of a sheet's rows from the top, 32 bits each; 0 is a row without a record."""
        blocks = self.run("SELECT ids FROM blocks WHERE sheet = ? ORDER BY block", (key,))
        return b"".join([ids for (ids,) in blocks])

    def save_order(self, key: int, old: bytes, new: bytes) -> None:
        """Writes the blocks in which the new order differs from the old."""
        size = BLOCK * 4
        count = -(-len(new) // size)
        starts = range(0, len(new), size)
        changed = [(key, n, new[s : s + size]) for n, s in enumerate(starts) if old[s : s + size] != new[s : s + size]]
        self.run_many("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", changed)
        if len(new) < len(old):
            self.run("DELETE FROM blocks WHERE sheet = ? AND block >= ?", (key, count))

    def row(self, row_id: int) -> tuple[bytes, bytes | None] | None:
        """The values and all else of one record."""
        record: tuple[bytes, bytes | None] | None = self.run(
            "SELECT vals, extra FROM rows WHERE id = ?", (row_id,)
        ).fetchone()
        return record

    def select(self, columns: str, first: int, last: int, more: str = "") -> sqlite3.Cursor:
        """Columns of the records from one id to another, by id."""
        return self.run(f"SELECT {columns} FROM rows WHERE id BETWEEN ? AND ? {more}", (first, last))  # noqa: S608

    def formula_rows(self, first: int, last: int) -> sqlite3.Cursor:
        """Ids of the records that hold formulas; the index is named, since a scan would read every row."""
        query = "SELECT id FROM rows INDEXED BY rows_with_formulas WHERE formulas AND id BETWEEN ? AND ?"
        return self.run(query, (first, last))

    def rule_rows(self, first: int, last: int) -> sqlite3.Cursor:
        """Ids of the records in which a rule for what may be typed holds a formula."""
        text = (
            'instr(extra, CAST(\'"dataValidation"\' AS BLOB)) AND instr(extra, CAST(\'"userEnteredValue":"=\' AS BLOB))'
        )
        return self.run(f"SELECT id FROM rows WHERE id BETWEEN ? AND ? AND {text}", (first, last))  # noqa: S608

    def save_rows(self, records: Iterable[RowRecord]) -> None:
        """Inserts or replaces records."""
        self.run_many("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", records)

    def delete_rows(self, key: int, numbers: Iterable[int]) -> None:
        """Removes records of a sheet."""
        base = key << SHIFT
        self.run_many("DELETE FROM rows WHERE id = ?", ((base | number,) for number in numbers if number))


def span(key: int) -> tuple[int, int]:
    """The first and the last id that a sheet's records can have."""
    return key << SHIFT, (key << SHIFT) | 0xFFFFFFFF


def numbers(data: bytes) -> array[int]:
    """Record numbers from their stored form."""
    return array("I", data)
