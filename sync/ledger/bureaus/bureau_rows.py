"""All that a ledger holds of one bureau, from one database into another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from sync.ledger.tables import leases, meta
from sync.ledger.upgrade import open_database

PORTION = 500  # rows in memory at a time


class Taken(RuntimeError):
    """The database holds rows of this bureau already."""


TABLES = [table for table in meta.sorted_tables if "bureau" in table.c and table is not leases]


def copy_rows(source: Connection, target: Connection, bureau: str) -> dict[str, int]:
    """Copy the rows of a bureau, in the order in which they were written; how many, by table. Leases are left out:
    whoever held them does not work in the target."""
    return {table.name: _copied(source, target, table, bureau) for table in TABLES}


def _copied(source: Connection, target: Connection, table: sa.Table, bureau: str) -> int:
    columns = [column for column in table.columns if column.autoincrement is not True]
    order = table.primary_key.columns
    rows = source.execute(sa.select(*columns).where(table.c.bureau == bureau).order_by(*order))
    count = 0
    for portion in rows.partitions(PORTION):
        values = [{column.key: value for column, value in zip(columns, row, strict=True)} for row in portion]
        target.execute(sa.insert(table), values)
        count += len(values)
    return count


def to_file(source: Engine, file: Path, bureau: str) -> dict[str, int]:
    """Write the ledger of a bureau to a new SQLite file, as it stands now; how many rows, by table."""
    target = open_database(f"sqlite:///{file}")
    try:
        with source.connect().execution_options(isolation_level="REPEATABLE READ") as old, target.begin() as new:
            counts = copy_rows(old, new, bureau)
        with target.connect() as db:
            db.exec_driver_sql("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        return counts
    finally:
        target.dispose()


@contextmanager
def from_file(file: Path, target: Engine, bureau: str, *, over: bool) -> Iterator[tuple[Connection, dict[str, int]]]:
    """Copy the ledger of a bureau out of a SQLite file, in one transaction which goes on while the block runs; its
    connection, and how many rows, by table. ``over``: what is held of the bureau goes. Raises ``Taken``."""
    source = open_database(f"sqlite:///{file}")
    try:
        with target.begin() as new:
            if over:
                delete_rows(new, bureau)
            elif is_held(new, bureau):
                raise Taken(bureau)
            with source.connect() as old:
                counts = copy_rows(old, new, bureau)
            source.dispose()
            yield new, counts
    finally:
        source.dispose()


def is_held(db: Connection, bureau: str) -> bool:
    """Whether any table holds a row of the bureau."""
    return any(
        db.execute(sa.select(sa.literal(1)).where(table.c.bureau == bureau).limit(1)).first() for table in TABLES
    )


def delete_rows(db: Connection, bureau: str) -> None:
    """Remove all that is held of the bureau."""
    for table in TABLES:
        db.execute(sa.delete(table).where(table.c.bureau == bureau))
