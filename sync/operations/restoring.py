"""``jielu restore-backup``: a backup back into an empty data folder, checked before anything is touched.

All is copied beside the data folder, held against the manifest while it is copied, and put into its place by a rename.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import requests

from sync.ledger import copying
from sync.operations.backups import (
    EXPORT,
    RULES,
    TEMPLATES,
    WORKBOOK,
    Backup,
    BackupTrouble,
    digest,
    read_backup,
)
from sync.settings import RULES_NAME, Settings, default_path
from sync.sheets import own_store
from sync.workbook.cells.moving import is_filled
from sync.workbook.cells.store import Unavailable
from sync.workbook.cells.upgrade import WrongVersion

MARKS = {"running.url"}  # what a stopped service may leave in an empty data folder
ASIDE = ".restoring-"


@dataclass(frozen=True)
class Restored:
    """What was restored. ``aside``: where the data folder of before lies; None: it was empty. ``notes``: what people
    must see to themselves."""

    backup: Backup
    aside: Path | None
    notes: tuple[str, ...]


def restore(settings: Settings, folder: Path, now: datetime, *, over: bool) -> Restored:
    """Put the backup in ``folder`` into the data folder. ``over``: also where that is not empty; what was there is put
    beside it. Raises ``BackupTrouble``; then nothing was changed."""
    backup = _verified(folder)
    filled = _demand_place(settings, over)
    prefix = f"{ASIDE}{settings.data.name}-"
    for left in settings.data.absolute().parent.glob(f"{prefix}*"):  # by a restore that died
        shutil.rmtree(left, ignore_errors=True)
    part = settings.data.absolute().with_name(f"{prefix}{uuid4().hex}")
    try:
        _copy(backup, part, settings)
        aside = _beside(settings.data, now) if filled else None
        if copying.DUMP in backup.manifest.files:
            _restore_dump(settings, backup, aside, over=over)
        if settings.workbook_database and (part / WORKBOOK).exists():
            _restore_workbook(settings, part / WORKBOOK, aside, over=over)
        _into_place(part, settings, aside)
    except (sqlite3.Error, Unavailable, WrongVersion) as error:
        reason = str(error).rstrip("。")
        raise BackupTrouble(f"没有恢复工作簿：{reason}。数据文件夹 {settings.data} 没有动。") from error
    except OSError as error:
        raise BackupTrouble(f"没有恢复：{error.strerror or error}。数据文件夹 {settings.data} 没有动。") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Restored(backup, aside, tuple(_notes(settings, backup)))


# What is demanded before


def _verified(folder: Path) -> Backup:
    """The backup, each file as its manifest says. Raises ``BackupTrouble`` for one that is damaged or newer."""
    backup = read_backup(folder)
    if not copying.fits(backup.manifest.ledger):
        raise BackupTrouble(f"{folder} 是更新的版本（{backup.manifest.release}）做的备份，请安装更新的 jielu 再恢复。")
    if damaged := [path for path in backup.manifest.files if not _is_whole(backup, path)]:
        named = "、".join(damaged[:3]) + (f" 等 {len(damaged)} 个文件" if len(damaged) > 3 else "")
        raise BackupTrouble(f"{folder} 是坏的：{named} 不见了，或者和备份时不一样。什么也没有恢复，请换一份备份。")
    return backup


def _is_whole(backup: Backup, path: str) -> bool:
    try:
        return digest(backup.folder / path) == backup.manifest.files[path]
    except OSError:
        return False


def _demand_place(settings: Settings, over: bool) -> bool:
    """Whether something is there already. Raises ``BackupTrouble`` where it must not be touched."""
    if _is_running(settings.data / "running.url"):
        raise BackupTrouble("jielu run 正在运行，没有恢复。请先停下它。")
    file = copying.ledger_file(settings.database)
    taken = settings.data.exists() and any(path.name not in MARKS for path in settings.data.iterdir())
    outside = file is not None and file.exists() and not _is_in(file, settings.data)
    filled = file is None and not copying.is_empty(settings.database)
    space = bool(settings.workbook_database and not settings.workbook) and _has_workbook(settings)
    if (taken or outside or filled or space) and not over:
        place = f"数据库 {file or 'PostgreSQL'}" if not taken else f"数据文件夹 {settings.data}"
        raise BackupTrouble(
            f"{place} 里已经有东西，没有恢复。请用 JIELU_DATA（和 JIELU_DATABASE）指到空的地方；"
            "确实要换掉，加上 --over：原来的会先放到旁边。"
        )
    return taken or filled or outside or space


def _has_workbook(settings: Settings) -> bool:
    """Whether anything is in this bureau's space of PostgreSQL. Raises ``SettingsError``."""
    with closing(own_store.open_store(settings)) as store:
        return is_filled(store)


def _is_running(noted: Path) -> bool:
    """Whether the service whose address is noted there answers."""
    try:
        return requests.get(f"{noted.read_text('utf-8').strip()}/healthz", timeout=5).status_code in (200, 503)
    except (OSError, ValueError, requests.RequestException):
        return False


def _is_in(file: Path, folder: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve())


# Putting it there


def _copy(backup: Backup, part: Path, settings: Settings) -> None:
    """Copy what belongs into the data folder to ``part``. Raises ``OSError``, ``BackupTrouble``."""
    part.mkdir(parents=True, mode=0o700)
    for path, noted in backup.manifest.files.items():
        if path in (EXPORT, copying.DUMP) or _is_as_delivered(backup, path):
            continue
        target = part / path
        if path == copying.FILE:
            target = part / (_ledger_in_data(settings) or path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(backup.folder / path, target)
        target.chmod(0o600)
        _sync(target)
        if digest(target) != noted:
            raise BackupTrouble(f"{path} 复制以后和备份不一样，没有恢复。请检查磁盘。")


def _is_as_delivered(backup: Backup, path: str) -> bool:
    """Whether it is the package's own rules file or template: later versions bring their own."""
    if path != RULES and not path.startswith(f"{TEMPLATES}/"):
        return False
    own = default_path(RULES_NAME) if path == RULES else default_path(TEMPLATES) / path.removeprefix(f"{TEMPLATES}/")
    return own.exists() and digest(own) == backup.manifest.files[path]


def _ledger_in_data(settings: Settings) -> Path | None:
    """Where in the data folder the settings want the ledger; None: elsewhere."""
    file = copying.ledger_file(settings.database)
    if file is None or not _is_in(file, settings.data):
        return None
    return file.resolve().relative_to(settings.data.resolve())


def _beside(data: Path, now: datetime) -> Path:
    """A name beside the data folder that nobody has: ``data.before-20261129-083000``."""
    base = f"{data.name}.before-{now:%Y%m%d-%H%M%S}"
    names = (base, *(f"{base}-{number}" for number in range(2, 1000)))
    return next(path for name in names if not (path := data.absolute().with_name(name)).exists())


def _restore_dump(settings: Settings, backup: Backup, aside: Path | None, *, over: bool) -> None:
    """Fill PostgreSQL, with a dump of what is there put beside the data folder first."""
    if copying.ledger_file(settings.database) is not None:
        raise BackupTrouble("备份里的台账是 PostgreSQL 的，请用 JIELU_DATABASE 指到一个空的 PostgreSQL 数据库再恢复。")
    if over and aside is not None and not copying.is_empty(settings.database):
        before = aside.with_name(f"{aside.name}.database")
        before.mkdir()
        copying.copy_out(settings.database, before)
    copying.copy_in(settings.database, backup.folder / copying.DUMP, over=over)


def _restore_workbook(settings: Settings, file: Path, aside: Path | None, *, over: bool) -> None:
    """Fill this bureau's space of PostgreSQL from the file, which goes; what was there is put beside the data folder
    first."""
    with closing(own_store.open_store(settings)) as store:
        if aside is not None and is_filled(store):
            before = aside.with_name(f"{aside.name}.database")
            before.mkdir(exist_ok=True)
            own_store.copy_out(store, before / WORKBOOK)
        own_store.copy_in(file, store, over=over)
    file.unlink()


def _into_place(part: Path, settings: Settings, aside: Path | None) -> None:
    """The folder that is whole becomes the data folder; the one of before becomes ``aside``."""
    data = settings.data.absolute()
    for name in MARKS:
        (data / name).unlink(missing_ok=True)
    outside = copying.ledger_file(settings.database)
    if outside is not None and not _is_in(outside, data) and (part / copying.FILE).exists():
        _ledger_outside(part / copying.FILE, outside, aside)
    if aside is not None and data.exists():
        data.rename(aside)
    try:
        part.rename(data)  # onto an empty folder, or where there is none
    except OSError:
        if aside is not None and aside.exists() and not data.exists():
            aside.rename(data)
        raise
    _sync(data.parent)


def _ledger_outside(restored: Path, file: Path, aside: Path | None) -> None:
    """The ledger's file lies elsewhere than in the data folder."""
    if aside is not None and file.exists():
        for suffix in ("", "-wal", "-shm"):
            if (beside := file.with_name(file.name + suffix)).exists():
                beside.rename(file.with_name(f"{file.name}.{aside.name.rpartition('.')[2]}{suffix}"))
    file.parent.mkdir(parents=True, exist_ok=True)
    near = file.with_name(f"{ASIDE}{file.name}")
    shutil.copyfile(restored, near)
    _sync(near)
    near.rename(file)
    restored.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _notes(settings: Settings, backup: Backup) -> Iterator[str]:
    files = backup.manifest.files
    if WORKBOOK not in files:
        yield f"工作簿在 Google，没有动；备份时的样子在 {backup.folder / EXPORT}。"
    if settings.environ.get("JIELU_RULES") and not _is_as_delivered(backup, RULES):
        yield f"设置了 JIELU_RULES，执行的是 {settings.rules}；备份里的规则在 {settings.data / RULES}，请核对。"
    templates = [path for path in files if path.startswith(f"{TEMPLATES}/")]
    if not all(_is_as_delivered(backup, path) for path in templates):
        yield f"备份用的是自己的表格模板，已恢复到 {settings.data / TEMPLATES}，请让 JIELU_TEMPLATES 指到那里。"
