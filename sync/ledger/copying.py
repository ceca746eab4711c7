"""The whole ledger as one file, consistent while others write to it, and back into an empty database.

Of SQLite the file is a copy, of PostgreSQL a dump of ``pg_dump`` in its custom format. Leases are left out: whoever
held them does not run where the copy is opened.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from sync.backup import copy_sqlite
from sync.ledger.tables import Unusable, leases, meta, open_engine
from sync.ledger.upgrade import HEAD, VERSION_TABLE

FILE, DUMP = "ledger.sqlite3", "ledger.dump"
WORKBOOKS = "workbook"  # the schema of the embedded workbooks, where they share the ledger's database


class CopyTrouble(RuntimeError):
    """The ledger can't be copied or restored; the sentence says what to do."""


def ledger_file(url: str) -> Path | None:
    """The file of a ledger in SQLite; None for PostgreSQL."""
    parsed = sa.make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def copy_out(url: str, folder: Path) -> Path:
    """Write the ledger into ``folder``; the file. Raises ``CopyTrouble``, ``OSError``, ``sqlite3.Error``."""
    file = ledger_file(url)
    if file is None:
        without = (f"--exclude-table-data={leases.name}", f"--exclude-schema={WORKBOOKS}")
        _pg("pg_dump", url, "--format=custom", *without, f"--file={folder / DUMP}")
        return folder / DUMP
    copy = folder / FILE
    copy_sqlite(file, copy)
    with closing(sqlite3.connect(copy)) as db:
        db.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        db.execute(f"DELETE FROM {leases.name}")  # noqa: S608
        db.commit()
    return copy


def copy_in(url: str, dump: Path, *, over: bool) -> None:
    """Fill a PostgreSQL database from a dump, all or nothing. ``over``: what is in it goes. Raises ``CopyTrouble``."""
    replaced = ["--clean", "--if-exists"] if over else []
    _pg("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", *replaced, str(dump))


def is_empty(url: str) -> bool:
    """Whether the database has none of our tables. Raises ``Unusable``."""
    engine = open_engine(url)
    try:
        with engine.connect() as db:
            return not {*meta.tables, VERSION_TABLE} & set(sa.inspect(db).get_table_names())
    finally:
        engine.dispose()


def fits(revision: str) -> bool:
    """Whether this version can go on with a ledger of that revision."""
    return revision.isdecimal() and revision <= HEAD


def _pg(tool: str, url: str, *options: str) -> None:
    """Run a tool of PostgreSQL on the database; the password goes by the environment, which no list of processes
    shows."""
    program, parsed = shutil.which(tool), sa.make_url(url)
    if program is None:
        raise CopyTrouble(f"台账放在 PostgreSQL 里，备份和恢复要用 {tool}，没有找到。请安装 postgresql-client。")
    environ = {**os.environ, **({"PGPASSWORD": parsed.password} if parsed.password else {})}
    bare = parsed.set(drivername="postgresql", password=None).render_as_string()
    target = f"--dbname={bare}"
    done = _run([program, target, *options], environ)
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"状态 {done.returncode}"]
        raise CopyTrouble(f"{tool} 没有成功：{words[0]}")


def _run(command: Sequence[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603


__all__ = ["DUMP", "FILE", "HEAD", "CopyTrouble", "Unusable", "copy_in", "copy_out", "fits", "is_empty", "ledger_file"]
