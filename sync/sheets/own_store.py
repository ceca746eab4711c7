"""Where the embedded workbook is kept: a SQLite file of the data folder, or this bureau's space in PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sync.backup import copy_sqlite
from sync.settings import Settings, SettingsError
from sync.workbook.cells.moving import copy_space
from sync.workbook.cells.store import AnyStore, Store, Unavailable
from sync.workbook.cells.upgrade import WrongVersion

FILE = "workbook.sqlite3"


def open_store(settings: Settings) -> AnyStore:
    """The store that the settings name. Raises ``SettingsError``."""
    try:
        return _in_postgresql(settings) if settings.workbook_database else Store(settings.data / FILE)
    except OSError as error:
        reason = error.strerror
    except sqlite3.Error as error:
        reason = str(error)
    except WrongVersion as error:
        raise SettingsError(str(error)) from error
    raise SettingsError(f"数据文件夹 {settings.data} 用不了：{reason}。请检查 JIELU_DATA。")


def _in_postgresql(settings: Settings) -> AnyStore:
    try:
        from sync.workbook.cells.postgres import SPACE, PostgresStore
    except ImportError as error:
        raise SettingsError('工作簿放在 PostgreSQL 里，要安装 "jielu[postgresql]"。') from error
    if not SPACE.fullmatch(settings.space):
        raise SettingsError(
            f"用 JIELU_WORKBOOK_DATABASE 要设置 JIELU_BUREAU：本局的代号，字母、数字和 -，最多 40 个"
            f"（现在是「{settings.space}」）。"
        )
    try:
        return PostgresStore(settings.workbook_database, settings.space)
    except Unavailable as error:
        raise SettingsError(f"{error}。请检查数据库和 JIELU_WORKBOOK_DATABASE。") from error
    except ValueError as error:
        raise SettingsError(f"JIELU_WORKBOOK_DATABASE {error}；不写就用数据文件夹里的 SQLite。") from error


def copy_out(store: AnyStore, file: Path) -> None:
    """Write the workbook as it is now to a new SQLite file. Raises ``OSError``, ``sqlite3.Error``, ``Unavailable``."""
    if isinstance(store, Store):
        copy_sqlite(store.path, file)
        return
    copy = Store(file)
    try:
        copy_space(store, copy)
    finally:
        copy.close()


def copy_in(file: Path, store: AnyStore, *, over: bool) -> None:
    """Fill a store from a SQLite file, all or nothing. ``over``: what is in it goes. Raises ``SpaceTaken``,
    ``sqlite3.Error``, ``WrongVersion``, ``Unavailable``."""
    source = Store(file)
    try:
        copy_space(source, store, over=over)
    finally:
        source.close()
