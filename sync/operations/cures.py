"""What mends what went wrong, each the same by a command and by a button of 运行状态.

A cure returns what it did, in a sentence, and whether people must still look at something. What a command refuses, a
button refuses: nothing is sent, purged or sealed while the hour is doubted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sync import archive_moves
from sync.ledger.operations.retention import Over
from sync.operations import backups, personal
from sync.operations.inspection import inspect, workbook_problems
from sync.operations.jobs import end_former_notes
from sync.outgoing.outbox import Delivery
from sync.service import Service
from sync.settings import SettingsError
from sync.sheets import set_up


@dataclass(frozen=True)
class Mended:
    """``words``: what was done; ``notes``: what people must look at, a sentence each."""

    words: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completed:
    """What was added to a workbook: ``tabs`` by title, ``columns`` as 表「列」; ``problems``: what people must do."""

    workbook: str
    tabs: tuple[str, ...]
    columns: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def words(self) -> str:
        columns = f"在右边补上了 {'、'.join(self.columns)}。" if self.columns else ""
        return f"工作簿 {self.workbook}：建好了 {'、'.join(self.tabs) or '（都已经有了）'}。{columns}"


def complete_workbook(service: Service) -> Completed:
    """Add the tabs and columns that are missing (`jielu init`); no cell that stands is touched."""
    made = set_up.build(service.gateway, service.rules())
    in_use = {key for key, known in service.ledger.memory().known.items() if known}
    added = set_up.complete(service.gateway, service.rules(), in_use)
    refused = workbook_problems(service)
    set_up.extend(service.gateway, service.rules(), renew=True)
    end_former_notes(service)
    return Completed(service.workbook, tuple(made), tuple(added), tuple(refused))


def delivery_words(done: Delivery) -> str:
    reasons = "；".join(list(dict.fromkeys(done.reasons))[:5])
    return f"发出 {done.sent} 条，失败 {done.failed} 条，稍后再试 {done.later} 条，没有发送 {done.unsent} 条。{reasons}"


def look(service: Service, now: datetime) -> Mended:
    """Look at everything now, also where nothing changed (`jielu tick --even-if-idle`)."""
    report = service.ticks(now, idle=False, doubt=service.doubt)
    doubted = "时间不敢相信，只做了校验。" if report.is_doubted else ""
    words = f"看了 {report.ticks} 轮，写了 {report.cells} 格，{report.problems} 行有问题。{doubted}"
    return Mended(words, tuple(part for part in (report.trouble, service.trouble) if part))


def send_due(service: Service, now: datetime) -> Mended:
    """Send what is due (`jielu deliver`). Raises ``SettingsError`` while the hour is doubted, ``Busy``."""
    if doubt := service.doubt(now):
        raise SettingsError(f"{doubt}，不敢相信，什么也没有发。时间没有错的，请先确认时间。")
    return Mended(delivery_words(service.deliver(now)))


def complete(service: Service, now: datetime) -> Mended:
    with service.ticking:
        done = complete_workbook(service)
    return Mended(done.words, done.problems)


def check(service: Service, now: datetime) -> Mended:
    """Rules, templates and workbook held against each other (`jielu check`)."""
    report = inspect(service)
    words = f"有 {len(report.problems)} 处要看。" if report.problems else "规则、模板和工作簿都一致。"
    return Mended(words, (*report.problems, *report.notes))


def back_up(service: Service, now: datetime) -> Mended:
    """A backup now (`jielu backup`). Raises ``SettingsError``, ``BackupTrouble``."""
    made, removed = backups.back_up(service, backups.folder_of(service, None), now)
    return Mended(backup_words(made, removed))


def backup_words(made: backups.Backup, removed: list[Path]) -> str:
    old = f"清理了到期的旧备份 {len(removed)} 份。" if removed else ""
    size = f"{made.size / 1e6:.1f} MB"
    return f"已备份到 {made.folder}：{len(made.manifest.files)} 个文件，{size}，逐个有校验值。{old}"


def purge(service: Service, now: datetime, *, dry_run: bool) -> list[Over]:
    """Let go personal data whose time is over (`jielu purge`). Raises ``SettingsError`` while the hour is doubted."""
    if doubt := service.doubt(now):
        raise SettingsError(f"服务器时间拿不准，没有清理：{doubt}")
    return personal.purge(service, now, dry_run=dry_run)


def restore_row(service: Service, number: str, now: datetime) -> tuple[bool, int, str]:
    """Put a deleted row back (`jielu restore`): whether it stands, how many cells the look wrote, its trouble. Raises
    ``SettingsError`` where no such row is deleted."""
    if not service.ledger.want_back(number):
        if number not in archive_moves.missing(service.gateway, service.ledger):
            raise SettingsError(f"没有编号为 {number} 的被删除的行；被删除的行列在「运行状态」里。")
        service.ledger.archive((), now, lost=(number,))
    report = service.ticks(now, idle=False)
    return service.ledger.is_back(number), report.cells, report.trouble


def restored_words(number: str, trouble: str, *, is_back: bool) -> str:
    if is_back:
        return f"{number} 已放回表格最后一行。"
    return f"{number} 还没有放回表格，下一次检查时再放。{trouble}"
