"""Where a workbook's documents are kept: in a SQLite file, WAL, durable. ``postgres.py`` keeps them in PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sync.workbook.cells.changes import Feed
from sync.workbook.cells.row import RowRecord
from sync.workbook.cells.transaction import ROW, Dialect, Transaction
from sync.workbook.cells.upgrade import bring_up


class Unavailable(RuntimeError):
    """The store does not answer; the sentence says what to do. Nothing of the transaction was done, or, where its end
    was not confirmed, all of it may be."""


class AnyStore(ABC):
    """A workbook's documents, for use by several threads and several processes. ``feed``: changes of this process.

    Each transaction has a connection of its own while it lasts; writers of one process queue on a lock, those of
    several on the database's.
    """

    dialect: Dialect

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self.feed = Feed()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One consistent view of the store."""
        with self._transaction(writes=False) as transaction:
            yield transaction

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One change of the store: all of it is durable at the end, or nothing after an exception."""
        with self._writing, self._transaction(writes=True) as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Transaction]:
        with self._begun(writes=writes) as connection:
            transaction = Transaction(connection, self.dialect, watched=self.feed.watched)
            yield transaction
            with self.feed.lock if transaction.changes else nullcontext():
                connection.execute("COMMIT")
                for change in transaction.changes:
                    self.feed.publish(change)

    @abstractmethod
    def _begun(self, *, writes: bool) -> AbstractContextManager[Any]:
        """A connection for the block, in a transaction that is undone where the block ends without a commit."""

    @abstractmethod
    def close(self) -> None:
        """Closes the connections that nobody is using."""


def _insert_rows(tx: Transaction, records: Iterable[RowRecord], replace: str) -> None:
    tx.run_many(f"INSERT INTO rows ({ROW}) VALUES (?, ?, ?, ?, ?) {replace}", records)  # noqa: S608


SQLITE = Dialect(
    among="id IN (SELECT value FROM json_each(?))",
    listed=lambda ids: json.dumps(list(ids)),
    has_rule=(
        'instr(extra, CAST(\'"dataValidation"\' AS BLOB)) AND instr(extra, CAST(\'"userEnteredValue":"=\' AS BLOB))'
    ),
    with_formulas="rows INDEXED BY rows_with_formulas",  # without the name a scan would read every row
    insert_rows=_insert_rows,
)


class Store(AnyStore):
    """The SQLite file."""

    dialect = SQLITE

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._idle: list[sqlite3.Connection] = []
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
    def _begun(self, *, writes: bool) -> Iterator[sqlite3.Connection]:
        # pop and append of a list are atomic, so that the idle connections need no lock
        connection = self._taken()
        try:
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._idle.append(connection)

    def _taken(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
