"""The bureau that every run begins with: built once, kept as bytes, copied into memory for each run."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import gspread
import orjson
import sqlalchemy as sa

from sync import tick
from sync.ledger import ledger as ledger_module
from sync.ledger.ledger import Ledger
from sync.ledger.tables import open_engine
from sync.ledger.upgrade import open_database
from sync.sheets import set_up
from sync.sheets.gateway import Client, Gateway
from sync.workbook import transport
from sync.workbook.cells.store import AnyStore, Store
from sync.workbook.cells.upgrade import bring_up
from sync.workbook.server import Api
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


@cache
def database() -> Database:
    return Database()


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
    """``workbook``, ``ledger``: their bytes; ``empty_ledger``: one that was lost; ``sheets``: sheetId by title;
    ``keys``: the workbook's own key of each sheet, by sheetId."""

    file_id: str
    workbook: bytes
    ledger: bytes
    empty_ledger: bytes
    sheets: dict[str, int]
    keys: dict[int, int]


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
    open_database("sqlite://").dispose()
    made = sqlite3.connect(":memory:")
    engine = sa.create_engine("sqlite://", creator=lambda: made, poolclass=sa.pool.StaticPool)
    from sync.ledger.upgrade import _create

    with engine.begin() as db:
        _create(db)
    empty = made.serialize()
    database().load(empty)
    ledger = open_ledger(book.id)
    tick.ticks(gateway, ledger, default_rules(), hour(BEGIN), idle=False)
    gateway.learn_sheets()
    keys = _plain(store, book.id)
    return Base(book.id, store.content(), database().content(), empty, gateway.titles, keys)


def _plain(store: Store, file_id: str) -> dict[int, int]:
    """Takes colours and protection off every sheet, which cost a run a tenth of its time and change no cell; returns
    the workbook's key of each by sheetId."""
    keys = {}
    with store.write() as transaction:
        for place, (key, next_row, meta) in enumerate(transaction.sheets(file_id)):
            properties = orjson.loads(meta)["properties"]
            keys[properties.get("sheetId", 0)] = key
            transaction.save_sheet(key, place, next_row, orjson.dumps({"properties": properties}))
    return keys


def _add(book: gspread.Spreadsheet, text: str) -> None:
    title, head, *lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    headers = [part.strip() for part in head.split("|")]
    sheet = book.worksheet(title)
    stands = sheet.row_values(1)
    rows = [dict(zip(headers, (part.strip() for part in line.split("|")), strict=True)) for line in lines]
    cells = [[row.get(str(name), "") for name in stands] for row in rows]
    sheet.append_rows(cells, value_input_option="RAW", table_range="A1")  # type: ignore[arg-type]
