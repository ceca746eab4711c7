"""A backup: ledger, workbook, photos, rules and templates in one folder, with a manifest of files and their SHA-256.

It is written beside its place and renamed when it is whole, so that there is all of a backup or none. The databases are
copied between two looks; photos never change, so one that the last backup has is linked to it and takes no room.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from sync.core.rules.sections import Backups
from sync.guard import RELEASE
from sync.intake import photo_records
from sync.intake.street_file import NAME as STREET_FILE
from sync.ledger import copying
from sync.ledger.bureaus import bureau_rows
from sync.ledger.ledger import Busy
from sync.ledger.operations.backup_notes import BackupNotes
from sync.service import Service
from sync.settings import SettingsError
from sync.sheets import own_store
from sync.upkeep import is_due
from sync.workbook.cells.store import Unavailable

FORMAT = 1
MANIFEST = "manifest.json"
WORKBOOK, WORKBOOK_ID, RULES, SECRET = own_store.FILE, "workbook.id", "rules.toml", "secret"
EXPORT = "workbook.xlsx"  # of a Google spreadsheet, which is not ours to restore
PHOTOS, TEMPLATES = "photos", "sheet_templates"
WORK = "备份"
NAME = "jielu-"
WAIT = 60.0  # seconds for a look that runs
CHUNK = 1 << 20
SPARE = 64 << 20  # bytes that stay free on the disk


class BackupTrouble(RuntimeError):
    """A backup can't be made, or this one can't be used; the sentence says what to do."""


@dataclass(frozen=True)
class Copied:
    """A file of a backup: its SHA-256 in hex, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """``files``: by path inside the backup. ``ledger``: the revision of its tables."""

    bureau: str
    made_at: datetime
    release: str
    ledger: str
    files: dict[str, Copied]


@dataclass(frozen=True)
class Backup:
    """A whole backup and its folder."""

    folder: Path
    manifest: Manifest

    @property
    def size(self) -> int:
        return sum(file.size for file in self.manifest.files.values())


def make(service: Service, folder: Path, now: datetime) -> Backup:
    """Make a backup in ``folder``. Raises ``BackupTrouble``; then there is none, and what was there is as it was."""
    bureau = service.workbook
    prefix = f".{NAME}{hashlib.sha256(bureau.encode()).hexdigest()[:8]}-"
    with service.ledger.turn(WORK):
        part = folder / f"{prefix}{uuid4().hex}.part"
        try:
            part.mkdir(parents=True)
            _clear(folder, prefix, part)
            files = _copy(service, part, existing(folder, bureau))
            manifest = Manifest(bureau, now, RELEASE, copying.HEAD, files)
            _write(part / MANIFEST, json.dumps(_as_json(manifest), ensure_ascii=False, indent=1).encode())
            return Backup(_into_place(part, folder, now), manifest)
        except (OSError, sqlite3.Error, copying.CopyTrouble, Unavailable) as error:
            raise BackupTrouble(f"备份没有做成：{_reason(error)}。备份文件夹 {folder} 里原来的备份没有动。") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _reason(error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words.rstrip("。")


def _clear(folder: Path, prefix: str, ours: Path) -> None:
    """Remove what a process that died left behind; only one makes backups of this bureau at a time."""
    for path in folder.glob(f"{prefix}*.part"):
        if path != ours:
            shutil.rmtree(path, ignore_errors=True)


def _into_place(part: Path, folder: Path, now: datetime) -> Path:
    """Rename the finished backup; its folder."""
    for path in (*(path for path in part.rglob("*") if path.is_dir()), part):
        _sync(path)
    base = f"{NAME}{now:%Y%m%d-%H%M%S}"
    name, number = base, 1
    while (folder / name).exists():
        number += 1
        name = f"{base}-{number}"
    part.rename(folder / name)
    _sync(folder)
    return folder / name


# What is copied


def _copy(service: Service, part: Path, earlier: Sequence[Backup]) -> dict[str, Copied]:
    """Copy everything into ``part``; the files by path."""
    data = service.settings.data
    _demand_room(service, part, earlier)
    with between_looks(service):
        made = [_ledger_out(service, part)]
        if service.embedded:
            own_store.copy_out(service.store, part / WORKBOOK)
            made.append(part / WORKBOOK)
    for file in made:
        _check_database(file)
        _sync(file)
    files = {file.name: digest(file) for file in made}
    for path, content in _texts(service):
        files[path] = _write(part / path, content)
    return files | dict(_photos(data / PHOTOS, part, earlier[-1] if earlier else None))


def _ledger_out(service: Service, part: Path) -> Path:
    """The ledger as a file. Of a database of many bureaus this one's part, as a single process has it."""
    if not service.settings.is_of_many:
        return copying.copy_out(service.settings.database, part)
    bureau_rows.to_file(service.ledger.engine, part / copying.FILE, service.workbook)
    return part / copying.FILE


@contextmanager
def between_looks(service: Service) -> Iterator[None]:
    """No look runs during the block, in this process or another: ledger and workbook know the same. Waits for one that
    runs. Raises ``BackupTrouble`` where none ends within ``WAIT``."""
    until = time.monotonic() + WAIT
    with contextlib.ExitStack() as held:
        while True:
            with contextlib.ExitStack() as tried:
                tried.enter_context(service.ticking)
                try:
                    tried.enter_context(service.ledger.turn())
                except Busy as error:
                    if time.monotonic() > until:
                        raise BackupTrouble(f"备份没有做成：{error}") from error
                else:
                    held.enter_context(tried.pop_all())
                    break
            time.sleep(0.1)
        yield


def _demand_room(service: Service, part: Path, earlier: Sequence[Backup]) -> None:
    """Raises ``OSError`` where the disk has no room for the files."""
    files = [service.settings.data / WORKBOOK, copying.ledger_file(service.settings.database)]
    needed = sum(file.stat().st_size for file in files if file and file.exists())
    had = earlier[-1].manifest.files if earlier else {}
    photos = service.settings.data / PHOTOS
    needed += sum(path.stat().st_size for path in photo_records.files(photos) if _inside(path, photos) not in had)
    free = shutil.disk_usage(part).free
    if free < needed + SPARE:
        raise OSError(f"磁盘放不下：要 {(needed + SPARE) >> 20} MB，还剩 {free >> 20} MB")


def _texts(service: Service) -> Iterator[tuple[str, bytes]]:
    """Small files by path: rules and templates in force, the workbook's id, the key of the installation, the map."""
    yield RULES, service.rules_text().encode()
    for path in sorted(service.settings.templates.rglob("*")):
        if path.is_file():
            yield f"{TEMPLATES}/{path.relative_to(service.settings.templates).as_posix()}", path.read_bytes()
    for name in (WORKBOOK_ID, SECRET, STREET_FILE):
        if (service.settings.data / name).exists():
            yield name, (service.settings.data / name).read_bytes()
    if not service.embedded:
        yield EXPORT, _exported(service)


def _exported(service: Service) -> bytes:
    """The Google spreadsheet as a file to read."""
    import tempfile

    from sync import archive_moves
    from sync.core.look.rebuilding import archive
    from sync.outgoing.export import export_file

    rules = service.rules()
    tables, templates = archive.sheets(archive_moves.tables(service.gateway))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / EXPORT
        export_file(tables, templates, file, rules, rules.bureau.zone, service.ledger.memory().seals.values())
        return file.read_bytes()


def _inside(photo: Path, photos: Path) -> str:
    return f"{PHOTOS}/{photo.relative_to(photos).as_posix()}"


def _photos(photos: Path, part: Path, last: Backup | None) -> Iterator[tuple[str, Copied]]:
    """The photos and their records by path: linked to the last backup where it has them, else copied."""
    for photo in photo_records.files(photos):
        path = _inside(photo, photos)
        had = last.manifest.files.get(path) if last else None
        target = part / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if last and had and _linked(last.folder / path, target, had):
            yield path, had
            continue
        with contextlib.suppress(FileNotFoundError):  # its time was over meanwhile
            yield path, _write(target, photo.read_bytes())


def _linked(file: Path, target: Path, had: Copied) -> bool:
    """Whether the photo of the last backup could be linked: it is as it was, and the disk links files."""
    try:
        if digest(file) != had:
            return False
        os.link(file, target)
    except OSError:
        return False
    return True


def _check_database(file: Path) -> None:
    """Raises ``sqlite3.Error`` for a copy that is damaged."""
    if file.name == copying.DUMP:
        return
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        answer = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise sqlite3.DatabaseError(f"{file.name} 的副本是坏的（{answer}）")


def digest(file: Path) -> Copied:
    """What a manifest says of a file."""
    state, size = hashlib.sha256(), 0
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            state.update(chunk)
            size += len(chunk)
    return Copied(state.hexdigest(), size)


def _write(target: Path, content: bytes) -> Copied:
    """Write a file durably."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Copied(hashlib.sha256(content).hexdigest(), len(content))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# The manifest


def _as_json(manifest: Manifest) -> dict[str, Any]:
    files = {path: {"sha256": file.sha256, "size": file.size} for path, file in sorted(manifest.files.items())}
    return {
        "format": FORMAT,
        "bureau": manifest.bureau,
        "made_at": manifest.made_at.isoformat(),
        "release": manifest.release,
        "ledger": manifest.ledger,
        "files": files,
    }


def read_backup(folder: Path) -> Backup:
    """The backup in a folder, by its manifest alone. Raises ``BackupTrouble`` for one that can't be read."""
    try:
        noted = json.loads((folder / MANIFEST).read_text("utf-8"))
        if noted["format"] > FORMAT:
            raise BackupTrouble(f"{folder} 是更新的版本（{noted['release']}）做的备份，请安装更新的 jielu 再恢复。")
        files = {str(path): Copied(str(file["sha256"]), int(file["size"])) for path, file in noted["files"].items()}
        hour = datetime.fromisoformat(noted["made_at"])
        manifest = Manifest(str(noted["bureau"]), hour, str(noted["release"]), str(noted["ledger"]), files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupTrouble(f"{folder} 不是完整的备份：里面的 {MANIFEST} 没有或者看不懂。请换一份备份。") from error
    if strange := [path for path in files if not _is_within(path)]:
        raise BackupTrouble(f"{folder} 的 {MANIFEST} 里有不该有的路径「{strange[0]}」，没有恢复。")
    return Backup(folder, manifest)


def _is_within(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts and "\\" not in path


def existing(folder: Path, bureau: str) -> list[Backup]:
    """The backups of a bureau in the folder, the oldest first. What can't be read is not among them."""
    backups = []
    for path in folder.glob(f"{NAME}*"):
        with contextlib.suppress(BackupTrouble):
            backups.append(read_backup(path))
    ours = (backup for backup in backups if backup.manifest.bureau == bureau)
    return sorted(ours, key=lambda backup: (backup.manifest.made_at, backup.folder.name))


# How long they stay


def to_keep(hours: Iterable[datetime], rule: Backups) -> set[datetime]:
    """The hours of the backups that stay: the last one, and the last of each of so many days, weeks and months."""
    newest_first = sorted(hours, reverse=True)
    stay = set(newest_first[:1])
    periods = ((rule.days, "%Y-%m-%d"), (rule.weeks, "%G-%V"), (rule.months, "%Y-%m"))
    for count, period in periods:
        last_of: dict[str, datetime] = {}
        for hour in newest_first:
            last_of.setdefault(f"{hour:{period}}", hour)
        stay |= set(list(last_of.values())[:count])
    return stay


def prune(folder: Path, bureau: str, rule: Backups) -> list[Path]:
    """Remove the backups whose time is over; their folders. Call it after a good one was made: that one stays."""
    backups = existing(folder, bureau)
    stay = to_keep((backup.manifest.made_at for backup in backups), rule)
    old = [backup.folder for backup in backups if backup.manifest.made_at not in stay]
    prefix = f".{NAME}{hashlib.sha256(bureau.encode()).hexdigest()[:8]}-"
    for path in old:
        aside = folder / f"{prefix}{uuid4().hex}.part"  # what dies here is cleared by the next backup
        path.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    return old


# By the clock


def back_up(service: Service, folder: Path, now: datetime) -> tuple[Backup, list[Path]]:
    """Make a backup and remove old ones where the hour is believed; the backup, and what was removed. Success and
    failure are noted. Raises ``BackupTrouble``."""
    upkeep = BackupNotes(service.ledger)
    try:
        backup = make(service, folder, now)
    except Exception as error:
        known = isinstance(error, BackupTrouble)
        upkeep.note_failure(now, str(error).rstrip("。") if known else f"意外出错（{type(error).__name__}）")
        raise
    upkeep.note_backup(now)
    removed = [] if service.doubt(now) else prune(folder, service.workbook, service.rules().backup)
    return backup, removed


def back_up_when_due(service: Service, now: datetime) -> None:
    """The job of the clock. Raises ``BackupTrouble``; it is tried again after a while."""
    folder, rule = service.settings.backup, service.rules().backup
    if folder is not None and is_due(BackupNotes(service.ledger).backup(), now, rule.at):
        back_up(service, folder, now)


def folder_of(service: Service, given: Path | None) -> Path:
    """Where backups go. Raises ``SettingsError`` where nobody said it."""
    folder = given or service.settings.backup
    if folder is None:
        raise SettingsError("备份放到哪里？请设置 JIELU_BACKUP，或者写 jielu backup --to 文件夹。")
    if folder.resolve().is_relative_to(service.settings.data.resolve()):
        raise SettingsError(f"备份不能放在数据文件夹里面（{folder}），最好放在另一块磁盘上。")
    return folder
