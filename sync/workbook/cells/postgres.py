"""Workbooks of many bureaus in one PostgreSQL database, each in a space of its own.

The tables that a listing goes through have a column ``space``. A transaction says which space it is in, and goes
through views that show that one alone (``postgres_tables.py``), so that the statements are those of SQLite.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.string import StrDumper

from sync.workbook.cells.postgres_tables import SCHEMA, bring_up
from sync.workbook.cells.row import RowRecord
from sync.workbook.cells.store import AnyStore, Unavailable
from sync.workbook.cells.transaction import ROW, Dialect, Transaction

MOST_CONNECTIONS = 10  # of a process to one database, for all spaces
LONGEST_IDLE = 600.0  # seconds after which a connection that nobody used is closed
LONGEST_WAIT = 30.0  # seconds for a connection, and for others' changes of the same space
SPACE = re.compile(r"[A-Za-z0-9-]{1,40}")
LOST = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)
SHUT = "57P"  # codes of a server that ends connections
PATIENCE = {  # seconds (milliseconds) after which a server that fell silent counts as gone, where the URL says nothing
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


class WithoutNul(StrDumper):
    """A text for PostgreSQL, whose texts can't hold the character 0: U+FFFD stands in its place."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


class Statements:
    """A connection that takes statements with ``?`` for values, as SQLite's does."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
        return self._connection.execute(_with_marks(statement), values, binary=True)

    def executemany(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        self._connection.cursor().executemany(_with_marks(statement), values)


@cache
def _with_marks(statement: str) -> bytes:
    """The statement with psycopg's marks for values; there is no other question mark in any."""
    return statement.replace("?", "%s").encode()


def _insert_rows(tx: Transaction, records: Iterable[RowRecord], replace: str) -> None:
    columns = [list(column) for column in zip(*records, strict=True)]
    source = "unnest(?::bigint[], ?::bigint[], ?::boolean[], ?::bytea[], ?::bytea[])"
    if columns:
        tx.run(f"INSERT INTO rows ({ROW}) SELECT * FROM {source} {replace}", columns)  # noqa: S608


POSTGRESQL = Dialect(
    among="id = ANY(?)",
    listed=list,
    has_rule=(
        "position(CAST('\"dataValidation\"' AS bytea) IN extra) > 0 "
        'AND position(CAST(\'"userEnteredValue":"=\' AS bytea) IN extra) > 0'
    ),
    with_formulas="rows",
    insert_rows=_insert_rows,
)


class Database:
    """The connections of this process to one database, made when they are needed and kept while they are used now and
    then. ``name``: for messages; ``stores``: how many use them."""

    def __init__(self, conninfo: str, name: str) -> None:
        self.conninfo, self.name, self.stores = conninfo, name, 0
        self._idle: list[tuple[float, psycopg.Connection[Any]]] = []  # since when, monotonic; the last used last
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)

    @contextmanager
    def begun(self, begin: bytes) -> Iterator[psycopg.Connection[Any]]:
        """A connection for the block, in a transaction that began with these statements and is undone where the block
        ends without a commit. Raises ``Unavailable`` where all are in use for too long, and ``psycopg.Error``."""
        if not self._free.acquire(timeout=LONGEST_WAIT):
            raise Unavailable(f"{self.name}的 {MOST_CONNECTIONS} 个连接都忙，等了 {LONGEST_WAIT:.0f} 秒没有轮到。")
        try:
            connection = self._made_before(begin) or self._connected(begin)
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._free.release()

    def _made_before(self, begin: bytes) -> psycopg.Connection[Any] | None:
        """One that was made before; those that the server closed meanwhile are left out."""
        while self._idle:
            with suppress(IndexError):  # another thread was first
                _, connection = self._idle.pop()
                try:
                    connection.execute(begin, prepare=False)
                    return connection
                except psycopg.OperationalError as error:
                    if not (connection.closed or (error.sqlstate or "").startswith(SHUT)):
                        self._give_back(connection)
                        raise
                    connection.close()
        return None

    def _connected(self, begin: bytes) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.conninfo, autocommit=True)
        connection.adapters.register_dumper(str, WithoutNul)
        try:
            connection.execute(begin, prepare=False)
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: psycopg.Connection[Any]) -> None:
        with suppress(psycopg.Error):
            if connection.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                connection.execute("ROLLBACK", prepare=False)
        if connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self._idle.append((time.monotonic(), connection))
        else:
            connection.close()
        self._close_idle(before=time.monotonic() - LONGEST_IDLE)

    def _close_idle(self, before: float) -> None:
        with suppress(IndexError):  # another thread closed it
            while self._idle and self._idle[0][0] < before:
                self._idle.pop(0)[1].close()

    def close(self) -> None:
        """Closes the connections that nobody is using."""
        self._close_idle(math.inf)


_databases: dict[str, Database] = {}
_opening = threading.Lock()


def _taken(url: str) -> Database:
    """The database with the tables of this version, open until every store that uses it gave it back."""
    conninfo, name = _address(url)
    with _opening:
        database = _databases.get(conninfo)
        if database is None:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.isolation_level = IsolationLevel.READ_COMMITTED  # sees the upgrade that it waited for
                bring_up(connection, name)
            database = _databases[conninfo] = Database(conninfo, name)
        database.stores += 1
    return database


def _given_back(database: Database) -> None:
    with _opening:
        database.stores -= 1
        if not database.stores:
            del _databases[database.conninfo]
            database.close()


def _address(url: str) -> tuple[str, str]:
    """What libpq is told, and the database's name for messages. Raises ``ValueError`` without a word of the URL."""
    scheme, _, rest = url.partition("://")
    try:
        if scheme not in ("postgresql", "postgresql+psycopg"):
            raise ValueError
        parts = conninfo_to_dict(f"postgresql://{rest}")
    except (ValueError, psycopg.Error):
        raise ValueError("要写成 postgresql://用户:密码@服务器/库名") from None
    name = f"工作簿数据库 {parts.get('host', '')}/{parts.get('dbname', '')} "
    return make_conninfo("", **{**PATIENCE, **parts}), name


class PostgresStore(AnyStore):
    """The workbook of the bureau that has this space. Raises ``ValueError`` for a URL or space that can't be one,
    ``Unavailable`` for a database that does not answer, ``WrongVersion`` for one that is not ours."""

    dialect = POSTGRESQL

    def __init__(self, url: str, space: str) -> None:
        super().__init__()
        self.url, self.space = url, space
        if not SPACE.fullmatch(space):
            raise ValueError("只能用字母、数字和 -，最多 40 个字符")
        lock = int.from_bytes(blake2b(f"jielu workbook {space}".encode(), digest_size=8).digest(), "big", signed=True)
        here = f"SET LOCAL search_path = {SCHEMA}; SET LOCAL workbook.space = '{space}'"
        self._reading = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {here}".encode()
        # Each statement sees what is committed when it begins: with the lock, all that was written before.
        self._changing = (
            f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {here}; SET LOCAL lock_timeout = '{LONGEST_WAIT:.0f}s'; "
            f"SELECT pg_advisory_xact_lock({lock})"
        ).encode()
        try:
            self._database: Database | None = _taken(url)
        except LOST as error:
            raise Unavailable(f"{_address(url)[1]}连接不上：{_reason(error)}") from error

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Transaction]:
        try:
            with super()._transaction(writes=writes) as transaction:
                yield transaction
        except LOST as error:
            raise Unavailable(f"工作簿数据库没有应答：{_reason(error)}。") from error

    @contextmanager
    def _begun(self, *, writes: bool) -> Iterator[Statements]:
        if self._database is None:
            raise Unavailable("工作簿数据库已经关上。")
        with self._database.begun(self._changing if writes else self._reading) as connection:
            yield Statements(connection)

    def close(self) -> None:
        """Closes the connections, where no other space uses them."""
        database, self._database = self._database, None
        if database is not None:
            _given_back(database)


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip("。.")
