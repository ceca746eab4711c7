"""Brings the ledger's database up to the tables of this version, by the numbered steps in ``migrations/versions``.

The steps that are due run in one transaction and under a lock, before anything else is read or written: a step that
fails leaves the database as it was. Alembic is imported only where a step is due.
"""

from __future__ import annotations

import importlib
import logging
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from sync.backup import copied_before
from sync.ledger.tables import Unusable, WrongVersion, meta, open_engine

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0013"  # the last step: it leads to the tables of this version
FIRST = "0001"  # the step to the tables of 0.1, which noted no revision in its databases
STEPS = "sync.ledger:migrations"
FIRST_STEP = "sync.ledger.migrations.versions.0001_tables_of_0_1"
VERSION_TABLE = "alembic_version"
LOCK = int.from_bytes(b"jielu", "big")  # PostgreSQL's advisory lock under which steps are taken

log = logging.getLogger(__name__)
_alembic = threading.Lock()  # its context is one for a process


def open_database(url: str) -> Engine:
    """The ledger's database with the tables of this version.

    Raises ``WrongVersion`` for a database of a newer version, and for one that lacks a table or column which its
    revision should have (nothing was changed), ``Unusable`` for one that can't be opened or whose upgrade failed.
    """
    engine = open_engine(url)
    try:
        with engine.connect() as db:
            revision = revision_of(db)
            if revision == HEAD:
                _demand(db, meta, HEAD)
        if revision != HEAD:
            _upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def revision_of(db: Connection) -> str:
    """The last step that the database says it has; empty where it says none."""
    if not sa.inspect(db).has_table(VERSION_TABLE):
        return ""
    return str(db.execute(sa.text(f"select version_num from {VERSION_TABLE}")).scalar() or "")  # noqa: S608


def lacking(db: Connection, tables: sa.MetaData) -> list[str]:
    """Which of these tables, and which columns of those that are there, the database has not."""
    inspector = sa.inspect(db)
    there, gaps = set(inspector.get_table_names()), []
    for table in tables.sorted_tables:
        if table.name not in there:
            gaps.append(f"表 {table.name}")
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        gaps += [f"表 {table.name} 的列 {column.name}" for column in table.columns if column.name not in columns]
    return gaps


def _demand(db: Connection, tables: sa.MetaData, revision: str) -> None:
    """Raises ``WrongVersion`` unless all tables of that revision are there. A lost table is never made anew unseen:
    pushes would come twice, and sessions end."""
    if gaps := lacking(db, tables):
        raise WrongVersion(
            f"{_name(db)}缺少{'、'.join(gaps)}，版本 {revision} 应当有这些。没有补建，什么也没有改。请恢复备份；"
            "没有备份的，把这个数据库移到别处再运行：编号、截止时间和街路长会从工作簿收编，已发送的通知不会再发。"
        )


def _name(db: Connection) -> str:
    return f"台账数据库（{db.engine.url.render_as_string()}）"


def _upgrade(engine: Engine) -> None:
    """Take the steps that are due. Another process or thread may be first: what is due is looked up under the lock."""
    with _alembic, engine.begin() as db:
        _lock(db)
        if _is_new(db):
            _create(db)
            return
        config = _config(db)
        revision = revision_of(db) or _unnoted(db, config)
        if revision == HEAD:
            return
        _known(db, revision)
        file = _file(engine)
        if file is not None:
            copied = _take_with_copy(db, config, revision, file)
            log.warning("台账数据库从 %s 升级到 %s，升级以前的副本：%s", revision, HEAD, copied)
        else:
            _take(db, config, revision)


def _is_new(db: Connection) -> bool:
    """Whether the database has none of our tables and notes no revision."""
    return not revision_of(db) and not set(meta.tables) & set(sa.inspect(db).get_table_names())


def _create(db: Connection) -> None:
    """The tables of this version: the steps lead to the same ones (``tests/ledger/test_ledger_upgrade.py``), and
    a new process need not load Alembic for them."""
    meta.create_all(db)
    noted = sa.Table(VERSION_TABLE, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))
    noted.create(db)
    db.execute(sa.insert(noted).values(version_num=HEAD))


def _lock(db: Connection) -> None:
    if db.dialect.name == "sqlite":
        db.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins none of its own before it changes tables
    else:
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def _config(db: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", STEPS)
    config.attributes["connection"] = db
    return config


def _unnoted(db: Connection, config: Config) -> str:
    """The revision of a database that has tables and notes none: it is 0.1's, which is noted now."""
    from alembic import command

    tables: sa.MetaData = importlib.import_module(FIRST_STEP).meta
    _demand(db, tables, FIRST)
    command.stamp(config, FIRST)
    return FIRST


def _known(db: Connection, revision: str) -> None:
    """Raises ``WrongVersion`` for a revision that is none of ours up to HEAD."""
    if revision and not revision.isdecimal():
        other = f"{VERSION_TABLE}：{revision}"
        raise WrongVersion(
            f"{_name(db)}里是别的程序的表（{other}），什么也没有改。请在 JIELU_DATABASE 里另写一个数据库。"
        )
    if revision > HEAD:
        raise WrongVersion(
            f"{_name(db)}已经由更新的版本升级到 {revision}，现在的程序只认识到 {HEAD}，没有打开，什么也没有改。"
            "请安装更新的 jielu；一定要用现在这一版，先恢复升级以前的备份。"
        )


def _file(engine: Engine) -> Path | None:
    """The file of a SQLite database; None for one in memory and for PostgreSQL."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and Path(name).is_file() else None


def _take_with_copy(db: Connection, config: Config, revision: str, file: Path) -> Path:
    """Take the steps, with a copy of the database as it was left beside it; where it is."""
    try:
        with copied_before(file, revision) as copy:
            _take(db, config, revision)
    except (OSError, sqlite3.Error) as error:
        raise Unusable(
            f"{_name(db)}升级以前的副本写不出来：{error}。没有升级，什么也没有改。请检查磁盘空间和文件夹的权限。"
        ) from error
    return copy


def _take(db: Connection, config: Config, revision: str) -> None:
    """Take the steps to HEAD. Raises ``Unusable`` where one fails, ``WrongVersion`` where they don't lead there because
    something was lost before."""
    from alembic import command

    try:
        command.upgrade(config, HEAD)
    except Exception as error:
        text = f"{_name(db)}从 {revision} 升级到 {HEAD}没有成功，还是原来的样子：{error}。请把这句话告诉维护的人。"
        raise Unusable(text) from error
    _demand(db, meta, HEAD)
