"""The bureau that every run begins with: built once, kept as bytes, copied into memory for each run."""

from __future__ import annotations

import pickle
import sqlite3
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import gspread
import orjson
import psycopg
import sqlalchemy as sa

from sync import tick
from sync.ledger import ledger as ledger_module
from sync.ledger.ledger import Ledger
from sync.ledger.tables import meta, open_engine
from sync.ledger.upgrade import _create, open_database
from sync.sheets import set_up
from sync.sheets.gateway import Client, Gateway
from sync.workbook import transport
from sync.workbook.cells.moving import copy_space
from sync.workbook.cells.postgres import PostgresStore
from sync.workbook.cells.store import AnyStore, Store
from sync.workbook.cells.upgrade import bring_up
from sync.workbook.server import Api
from tests import stores
from tests.book import CAST, PEOPLE, ZONE, default_rules, hour, templates

MEMORY = Path(":memory:")
BEGIN = "2026-11-24 08:25"  # a Tuesday, before the offices do much


class MemoryStore(Store):
    """A workbook in memory, for one thread. ``content``: the bytes of one that was built before."""

    def __init__(self, content: bytes = b"") -> None:
        AnyStore.__init__(self)
        self.path = MEMORY
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        if content:
            connection.deserialize(content)
        else:
            bring_up(connection, MEMORY)
        self._idle = [connection]

    def content(self) -> bytes:
        return self._idle[0].serialize()


class Faulty(sqlite3.Connection):
    """The ledger's connection. ``is_full`` is asked before each statement that writes."""

    is_full: Any = staticmethod(lambda: False)

    def close(self) -> None:
        """A killed process closes nothing; what it had not committed is undone."""
        self.rollback()

    def cursor(self, factory: Any = None) -> sqlite3.Cursor:
        return super().cursor(factory or FaultyCursor)


class FaultyCursor(sqlite3.Cursor):
    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        if writes(statement) and Faulty.is_full():
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(statement, *arguments)


def writes(statement: str) -> bool:
    return statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")


class Database:
    """The ledger's database in memory: one engine for all runs, since its statements are dear to compile."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", factory=Faulty, check_same_thread=False)
        self.engine = open_engine("sqlite://")
        sa.event.listen(self.engine, "do_connect", self._connect)

    def _connect(self, *_: Any) -> sqlite3.Connection:
        return self.connection

    def load(self, content: bytes) -> None:
        self.connection.rollback()
        self.connection.deserialize(content)

    def content(self) -> bytes:
        return self.connection.serialize()


class PostgresDatabase:
    """The same in PostgreSQL. Its content is the rows of all tables."""

    def __init__(self) -> None:
        url = stores.new_database()
        self.engine = open_database(url)
        sa.event.listen(self.engine, "do_execute", self._refuse_when_full)
        sa.event.listen(self.engine, "do_executemany", self._refuse_when_full)
        self.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        self._loading = sa.create_engine(url, poolclass=sa.pool.StaticPool)  # nobody listens to its statements

    @staticmethod
    def _refuse_when_full(_: Any, statement: str, *__: Any) -> None:
        if writes(statement) and Faulty.is_full():
            raise psycopg.errors.DiskFull("could not extend file: No space left on device")

    def load(self, content: bytes) -> None:
        rows = pickle.loads(content)
        with self._loading.begin() as db:
            db.execute(sa.text("set local lock_timeout = '10s'"))
            for table in meta.sorted_tables:
                db.execute(sa.delete(table))
                if rows[table.name]:
                    db.execute(sa.insert(table), rows[table.name])
                for column in table.columns:
                    if column is table.autoincrement_column:
                        last = max((row[column.key] for row in rows[table.name]), default=0)
                        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
                        db.execute(sa.select(sa.func.setval(sequence, max(last, 1), last > 0)))

    def content(self) -> bytes:
        with self._loading.begin() as db:
            tables = {
                table.name: [{column.key: row[n] for n, column in enumerate(table.columns)} for row in
                             db.execute(sa.select(table))]
                for table in meta.sorted_tables
            }  # fmt: skip
        return pickle.dumps(tables)


@cache
def database() -> Database | PostgresDatabase:
    return PostgresDatabase() if stores.ON_POSTGRESQL else Database()


@cache
def _space() -> PostgresStore:
    return PostgresStore(stores.server().url, "simulation")


def new_store(content: bytes) -> AnyStore:
    """The workbook of a run; there is no other run in this process."""
    if not stores.ON_POSTGRESQL:
        return MemoryStore(content)
    copy_space(MemoryStore(content), _space(), over=True)
    return _space()


def open_ledger(file_id: str) -> Ledger:
    """A ledger over whatever the shared database holds."""
    opened = ledger_module.open_database
    ledger_module.open_database = lambda _: database().engine  # type: ignore[assignment]
    try:
        return Ledger("sqlite://", file_id, ZONE)
    finally:
        ledger_module.open_database = opened


@dataclass(frozen=True)
class Base:
    """``workbook``, ``ledger``: their bytes; ``empty_ledger``: one that was lost; ``sheets``: sheetId by title."""

    file_id: str
    workbook: bytes
    ledger: bytes
    empty_ledger: bytes
    sheets: dict[str, int]


@cache
def base() -> Base:
    store = MemoryStore()
    api = Api(store)
    people = gspread.Client(auth=None, session=transport.session(api))
    book = people.create("街路长工作簿")
    gateway = Gateway(Client(None, transport.session(api)), book.id, templates())
    set_up.build(gateway, default_rules())
    for text in (CAST, PEOPLE):
        _add(book, text)
    empty = _empty_ledger()
    database().load(empty)
    ledger = open_ledger(book.id)
    tick.ticks(gateway, ledger, default_rules(), hour(BEGIN), idle=False)
    gateway.learn_sheets()
    _plain(store, book.id)
    return Base(book.id, store.content(), database().content(), empty, gateway.titles)


def _empty_ledger() -> bytes:
    if stores.ON_POSTGRESQL:
        return pickle.dumps({table.name: [] for table in meta.sorted_tables})
    open_database("sqlite://").dispose()
    made = sqlite3.connect(":memory:")
    engine = sa.create_engine("sqlite://", creator=lambda: made, poolclass=sa.pool.StaticPool)
    with engine.begin() as db:
        _create(db)
    return made.serialize()


def keys(store: AnyStore, file_id: str) -> dict[int, int]:
    """The store's own key of each sheet by sheetId."""
    with store.read() as transaction:
        sheets = transaction.sheets(file_id)
    return {orjson.loads(meta)["properties"].get("sheetId", 0): key for key, _, meta in sheets}


def _plain(store: Store, file_id: str) -> None:
    """Takes colours and protection off every sheet, which cost a run a tenth of its time and change no cell."""
    with store.write() as transaction:
        for place, (key, next_row, meta) in enumerate(transaction.sheets(file_id)):
            properties = orjson.loads(meta)["properties"]
            transaction.save_sheet(key, place, next_row, orjson.dumps({"properties": properties}))


def _add(book: gspread.Spreadsheet, text: str) -> None:
    title, head, *lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    headers = [part.strip() for part in head.split("|")]
    sheet = book.worksheet(title)
    stands = sheet.row_values(1)
    rows = [dict(zip(headers, (part.strip() for part in line.split("|")), strict=True)) for line in lines]
    cells = [[row.get(str(name), "") for name in stands] for row in rows]
    sheet.append_rows(cells, value_input_option="RAW", table_range="A1")  # type: ignore[arg-type]
