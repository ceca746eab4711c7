"""What is known of all bureaus together, and how one is added, paused and resumed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from sync.bureaus.folders import ENV, Folders
from sync.bureaus.queue import Queue
from sync.ledger import sharing
from sync.ledger.bureaus.bureaus import Bureau, Bureaus, Work, late
from sync.ledger.upgrade import open_database
from sync.operations import jobs
from sync.service import Service
from sync.settings import RULES_NAME, SettingsError, default_path


@dataclass(frozen=True)
class Standing:
    """How a bureau stands. ``late``: how long ago its last look went through, where that is too long; else None."""

    bureau: Bureau
    url: str
    look: Work | None
    waiting: int  # works in the queue
    late: timedelta | None
    is_there: bool  # its folder is there


@contextmanager
def opened(folders: Folders) -> Iterator[Bureaus]:
    """The registry, while the block runs."""
    engine = sharing.lend(folders.database, open_database)
    try:
        yield Bureaus(engine)
    finally:
        sharing.give_back(engine)


@contextmanager
def queue_of(folders: Folders) -> Iterator[Queue]:
    """The queue, with its tables, while the block runs."""
    queue = Queue(folders.database)
    try:
        queue.set_up()
        yield queue
    finally:
        queue.close()


def standings(folders: Folders, now: datetime) -> list[Standing]:
    """How all bureaus stand, by code."""
    with opened(folders) as registry, queue_of(folders) as queue:
        there, works, waiting = registry.all(), registry.looks(), queue.waiting()
    looks = {work.code: work for work in works}
    ages = late(there, works, now, folders.late_after)
    return [
        Standing(
            bureau, folders.settings(bureau.code).url, looks.get(bureau.code), waiting[bureau.code],
            ages.get(bureau.code), folders.folder(bureau.code).exists(),
        )
        for bureau in there
    ]  # fmt: skip


def demand(registry: Bureaus, code: str) -> Bureau:
    """The bureau of that code. Raises ``SettingsError`` where there is none."""
    bureau = registry.get(code)
    if bureau is None:
        raise SettingsError(f"没有登记代码是「{code}」的局。登记的有哪些，运行 jielu bureaus list。")
    return bureau


def check_new(folders: Folders, code: str, url: str) -> Path:
    """The folder of a bureau that is to be added. Raises ``SettingsError`` where it is there or its address is used."""
    folder = folders.folder(code)
    if folder.exists():
        raise SettingsError(f"文件夹 {folder} 已经在了。换一个代码；确实是这个局的，先把它移到别处。")
    host = urlsplit(url).netloc.lower()
    if url and not host:
        raise SettingsError(f"网址「{url}」看不懂，请写成 https://xidu.jielu.example。")
    taken = [other for other in folders.codes() if host and folders.host(other) == host]
    if taken:
        raise SettingsError(f"网址 {url} 已经是「{taken[0]}」的了。每个局要有自己的网址，网页按它分到各局。")
    return folder


def add(folders: Folders, code: str, url: str) -> Bureau:
    """Make a bureau: its folder with rules, an empty workbook, its place in the registry. All or nothing."""
    folder = check_new(folders, code, url)
    with opened(folders) as registry, queue_of(folders):
        if registry.get(code) is not None:
            raise SettingsError(f"「{code}」已经登记过（现在没有 {folder}）。它的台账还在库里，请给新的局换一个代码。")
        try:
            _make_folder(folder, url)
            workbook = _make_workbook(folders, code)
            registry.add(code, workbook, datetime.now(UTC))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return demand(registry, code)


def _make_folder(folder: Path, url: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    shutil.copyfile(default_path(RULES_NAME), folder / RULES_NAME)
    write_env(folder / ENV, {"JIELU_URL": url} if url else {})


def _make_workbook(folders: Folders, code: str) -> str:
    """Its empty tabs; the workbook's id."""
    service = Service(folders.settings(code))
    try:
        jobs.ensure_tabs(service)
        return service.workbook
    finally:
        service.close()


def write_env(file: Path, values: dict[str, str]) -> None:
    """Write a bureau's own settings, for nobody else to read."""
    half = file.with_name(f".{uuid4().hex}.part")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as text:
        text.write("# 这个局自己的设置；共用的在进程的环境里。见 docs/bureaus.zh.md\n")
        text.writelines(f"{key}='{value}'\n" for key, value in values.items())
    half.rename(file)
