"""The tables of the workbook's SQLite file, as numbered steps; ``PRAGMA user_version`` says how many a file has.

A new file takes all steps, an older one those that it lacks, in one transaction and before anything else.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from sync.backup import copied_before

Migration = Callable[[sqlite3.Connection], None]

log = logging.getLogger(__name__)


class WrongVersion(RuntimeError):
    """The file or database is not one that this version can go on with; the sentence says what to do."""


def newer(name: str, version: int, known: int) -> WrongVersion:
    """What to say of one that a newer version brought up."""
    return WrongVersion(
        f"{name}已经由更新的版本升级到 {version}，现在的程序只认识到 {known}，没有打开，"
        "什么也没有改。请安装更新的 jielu；一定要用现在这一版，先恢复升级以前的备份。"
    )


def failed(name: str, version: int, error: Exception) -> WrongVersion:
    """What to say of one whose upgrade to ``version`` failed."""
    return WrongVersion(f"{name}升级到 {version} 没有成功，还是原来的样子：{error}。请把这句话告诉维护的人。")


def demand(name: str, version: int, gaps: Sequence[str]) -> None:
    """Raises ``WrongVersion`` where there are gaps in what that version has."""
    if gaps:
        raise WrongVersion(
            f"{name}缺少 {'、'.join(gaps)}，版本 {version} 应当有这些。没有补建，什么也没有改。请恢复备份。"
        )


def _tables_of_0_1(db: sqlite3.Connection) -> None:
    db.execute("""CREATE TABLE files (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
        version INTEGER NOT NULL, permissions BLOB NOT NULL, meta BLOB NOT NULL)""")
    db.execute("""CREATE TABLE sheets (
        key INTEGER PRIMARY KEY AUTOINCREMENT, file TEXT NOT NULL, place INTEGER NOT NULL,
        next_row INTEGER NOT NULL, meta BLOB NOT NULL)""")
    db.execute("CREATE INDEX sheets_of_file ON sheets (file)")
    db.execute("""CREATE TABLE blocks (
        sheet INTEGER NOT NULL, block INTEGER NOT NULL, ids BLOB NOT NULL, PRIMARY KEY (sheet, block)) WITHOUT ROWID""")
    db.execute("""CREATE TABLE rows (
        id INTEGER PRIMARY KEY, filled INTEGER NOT NULL, formulas INTEGER NOT NULL, vals BLOB NOT NULL, extra BLOB)""")
    db.execute("CREATE INDEX rows_with_formulas ON rows (id) WHERE formulas")
    db.execute("""CREATE TABLE accounts (
        name TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, key_id TEXT NOT NULL, public_key BLOB NOT NULL)""")
    db.execute("CREATE TABLE tokens (digest TEXT PRIMARY KEY, email TEXT NOT NULL, expires INTEGER NOT NULL)")


def _scopes_and_finite_numbers(db: sqlite3.Connection) -> None:
    """Tokens know whether they may write. A number that was not finite stood as null and made every read fail."""
    db.execute("ALTER TABLE tokens ADD COLUMN writes INTEGER NOT NULL DEFAULT 1")
    broken = db.execute("SELECT id, vals FROM rows WHERE instr(vals, CAST('null' AS BLOB))").fetchall()
    for row_id, vals in broken:
        values = ["#NUM!" if value is None else value for value in json.loads(vals)]
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
        db.execute("UPDATE rows SET vals = ? WHERE id = ?", (text, row_id))


def _channels(db: sqlite3.Connection) -> None:
    """Who is told when a file changes, and what of it each was told; hours in milliseconds since 1970."""
    db.execute("""CREATE TABLE channels (
        account TEXT NOT NULL, id TEXT NOT NULL, file TEXT NOT NULL, address TEXT NOT NULL, token TEXT NOT NULL,
        expires INTEGER NOT NULL, number INTEGER NOT NULL, version INTEGER NOT NULL, trashed INTEGER NOT NULL,
        tries INTEGER NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (account, id)) WITHOUT ROWID""")


# The n-th leads to user_version n; none is ever changed or removed.
STEPS: tuple[Migration, ...] = (_tables_of_0_1, _scopes_and_finite_numbers, _channels)


def bring_up(db: sqlite3.Connection, file: Path) -> None:
    """The tables of this version in an open file (autocommit, outside a transaction).

    Raises ``WrongVersion`` for a file of a newer version, one that lacks a table, column or index which its version
    should have, or one whose upgrade failed (nothing was changed), and ``sqlite3.Error`` for one that can't be used.
    """
    if _version(db) == len(STEPS):
        _demand(db, file, len(STEPS))
    else:
        _upgrade(db, file)


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _upgrade(db: sqlite3.Connection, file: Path) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        _take_due(db, file)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _take_due(db: sqlite3.Connection, file: Path) -> None:
    """What is due is looked up under the lock: another process may have been first."""
    version = _version(db)
    if version > len(STEPS):
        raise newer(f"工作簿文件 {file} ", version, len(STEPS))
    if version == 0 and _layout(db):  # 0.1 noted no version
        _demand(db, file, 1)
        version = 1
    due = STEPS[version:]
    if version and due:
        _take_with_copy(db, file, version, due)
    else:
        _take(db, file, due)


def _take_with_copy(db: sqlite3.Connection, file: Path, version: int, due: Sequence[Migration]) -> None:
    try:
        with copied_before(file, str(version)) as copy:
            _take(db, file, due)
    except OSError as error:
        raise WrongVersion(
            f"工作簿文件 {file} 升级以前的副本写不出来：{error}。没有升级，什么也没有改。请检查磁盘空间和文件夹的权限。"
        ) from error
    log.warning("工作簿文件从 %s 升级到 %s，升级以前的副本：%s", version, len(STEPS), copy)


def _take(db: sqlite3.Connection, file: Path, due: Sequence[Migration]) -> None:
    try:
        for step in due:
            step(db)
    except Exception as error:
        raise failed(f"工作簿文件 {file} ", len(STEPS), error) from error
    _demand(db, file, len(STEPS))
    db.execute(f"PRAGMA user_version = {len(STEPS)}")


def _demand(db: sqlite3.Connection, file: Path, version: int) -> None:
    """Raises ``WrongVersion`` unless all that the steps up to that version make is there."""
    demand(f"工作簿文件 {file} ", version, sorted(_made_by(STEPS[:version]) - _layout(db)))


@cache
def _made_by(steps: tuple[Migration, ...]) -> frozenset[str]:
    """The layout that these steps lead to."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for step in steps:
            step(db)
        return _layout(db)


def _layout(db: sqlite3.Connection) -> frozenset[str]:
    """Tables with their columns, and indexes, by name."""
    query = """SELECT CASE m.type WHEN 'table' THEN '表 ' || m.name || ' 的列 ' || c.name ELSE '索引 ' || m.name END
        FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c ON m.type = 'table'
        WHERE m.type IN ('table', 'index') AND m.name NOT LIKE 'sqlite@_%' ESCAPE '@'"""
    return frozenset(name for (name,) in db.execute(query))
