"""Where tests keep workbooks and ledgers: in SQLite files, with ``JIELU_TEST_DATABASE=postgresql`` in PostgreSQL."""

from __future__ import annotations

import atexit
import hashlib
import itertools
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from sync.ledger.tables import meta, open_engine
from sync.workbook.cells.postgres import PostgresStore
from sync.workbook.cells.store import AnyStore, Store
from tests.postgres import Postgres

_databases = itertools.count()

ON_POSTGRESQL = os.environ.get("JIELU_TEST_DATABASE") == "postgresql"


@cache
def server() -> Postgres:
    """The server of this test process, stopped at its end. Skips the test where PostgreSQL is not installed."""
    folder, owner = Path(tempfile.mkdtemp(prefix="jielu-pg-")), os.getpid()
    started = Postgres(folder)

    def stop() -> None:
        if os.getpid() == owner:  # no process that a test forked
            started.stop()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return started


def new_database() -> str:
    """The URL of an empty database of the server."""
    name = f"jielu_{next(_databases)}"
    with sa.create_engine(server().url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as db:
        db.execute(sa.text(f"create database {name}"))
    return server().url.replace("/postgres", f"/{name}")


def space(path: Path) -> str:
    """The space that stands for a file."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:32]


def open_store(path: Path) -> AnyStore:
    """The workbook of that path; opened twice it is the same."""
    return PostgresStore(server().url, space(path)) if ON_POSTGRESQL else Store(path)


def place(store: AnyStore) -> tuple[str, ...]:
    """Where it is kept, for ``open_place``, in another process too."""
    if isinstance(store, PostgresStore):
        return store.url, store.space
    assert isinstance(store, Store)
    return (str(store.path),)


def open_place(*place: str) -> AnyStore:
    """The workbook that is kept there."""
    return PostgresStore(*place) if len(place) == 2 else Store(Path(place[0]))


def content(store: AnyStore) -> bytes:
    """All that is kept, of all stores that are kept with it."""
    if isinstance(store, Store):
        return b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    with store.read() as tx:
        tables = [name for (name,) in tx.run("SELECT tablename FROM pg_tables WHERE schemaname = 'workbook'")]
        cells = [cell for table in tables for row in tx.run(f"SELECT * FROM {table}") for cell in row]
    return b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)


def count(store: AnyStore, table: str) -> int:
    """How many rows a table has; in PostgreSQL with those of other spaces where it is one for all."""
    with store.read() as tx:
        [(counted,)] = tx.run(f"SELECT count(*) FROM {table}").fetchall()
    return int(counted)


def lose_ledger(url: str, bureau: str) -> None:
    """Take away all that the ledger of a bureau holds; nobody has it open."""
    engine = open_engine(url)
    if engine.dialect.name == "sqlite":
        for file in Path(engine.url.database or "").parent.glob(f"{Path(engine.url.database or '').name}*"):
            file.unlink()
        return
    with engine.begin() as db:
        for table in (table for table in meta.sorted_tables if "bureau" in table.c):
            db.execute(table.delete().where(table.c.bureau == bureau))
    engine.dispose()


def settings(data: Path) -> dict[str, str]:
    """What a service with that data folder is told of its databases."""
    if not ON_POSTGRESQL:
        return {}
    url = server().url
    return {"JIELU_DATABASE": url, "JIELU_WORKBOOK_DATABASE": url, "JIELU_BUREAU": space(data)}


def ledger_url(path: Path) -> str:
    """The database of a ledger whose bureau no other test has."""
    return server().url if ON_POSTGRESQL else f"sqlite:///{path}"
