"""What should have happened in the last two days, held against what did: for ``/healthz`` and the status page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sync.core.scores import seal as sealing
from sync.ledger.operations.backup_notes import BackupNotes
from sync.ledger.operations.evidence import Evidence
from sync.service import Service
from sync.upkeep import is_late

WINDOW = timedelta(days=2)
LOOK_GRACE = timedelta(minutes=10)
GAP = timedelta(minutes=30)  # so long without a look is told
NOTICE_GRACE = timedelta(hours=36)  # a mail may wait for the next day where a person got five
DANGER_GRACE = timedelta(minutes=15)
SEAL_GRACE = timedelta(hours=3)
LEAST_ROOM = 500 << 20  # bytes
SILENT_SECONDS = 300.0  # a job of the clock that did not go through for so long
SICK_FROM = 3  # ticks that failed one after the other


@dataclass(frozen=True)
class Finding:
    """``part``: a word that gives nothing away; ``sentence``: for the person who runs the service. ``wrong``: now, not
    only in the past."""

    part: str
    sentence: str
    wrong: bool = True


@dataclass(frozen=True)
class Clockwork:
    """How the jobs of this process go: ticks that failed one after the other, and by job the seconds since it last went
    through."""

    failures: Callable[[], int] = lambda: 0
    silence: Callable[[], Mapping[str, float]] = dict


def findings(service: Service, clockwork: Clockwork, now: datetime) -> list[Finding]:
    """All that is not as it should be, in the order in which a person would look."""
    return [
        *_clock(service, now),
        *_rules(service),
        *_jobs(clockwork),
        *_looks(service, now),
        *_notices(service, now),
        *_seals(service, now),
        *_backups(service, now),
        *_room(service),
    ]


def _clock(service: Service, now: datetime) -> Iterator[Finding]:
    if doubt := service.doubt(now):
        yield Finding("clock", f"服务器时间拿不准：{doubt}")


def _rules(service: Service) -> Iterator[Finding]:
    if service.trouble:
        yield Finding("rules", f"规则文件有错，仍按上一份执行：{service.trouble}")


def _jobs(clockwork: Clockwork) -> Iterator[Finding]:
    if (count := clockwork.failures()) >= SICK_FROM:
        yield Finding("looks", f"定时检查连续 {count} 次没有成功，请看日志。")
    words = {"tick": "定时检查", "deliver": "发送通知", "receive": "接收推送"}
    for name, seconds in clockwork.silence().items():
        if name in words and seconds > SILENT_SECONDS:
            yield Finding("jobs", f"{words[name]}已经 {seconds // 60:.0f} 分钟没有做完一次，请看日志。")


def _looks(service: Service, now: datetime) -> Iterator[Finding]:
    wake, last = service.ledger.wake(), service.ledger.current().last_tick
    if wake and last and last < wake < now - LOOK_GRACE:
        yield Finding("looks", f"{wake:%m-%d %H:%M} 应当检查一次，到现在没有做。")
    stretches = Evidence(service.ledger).looks()
    for (_, before), (after, _) in pairwise(stretches):
        if after - before > GAP and after > now - WINDOW:
            yield Finding(
                "looks", f"{before:%m-%d %H:%M} 到 {after:%m-%d %H:%M} 没有检查（系统停着？），后来已经补上。", False
            )


def _notices(service: Service, now: datetime) -> Iterator[Finding]:
    if count := Evidence(service.ledger).unexplained(now - NOTICE_GRACE, now - DANGER_GRACE):
        yield Finding("notices", f"{count} 条通知早该发出，没有发，也没有写明原因。")


def _seals(service: Service, now: datetime) -> Iterator[Finding]:
    rules, memory = service.rules(), service.ledger.current()
    open_months = {line.month for lines in memory.lines.values() for line in lines.values()} - set(memory.seals)
    for month in sealing.due(open_months, (), rules, now - SEAL_GRACE):
        yield Finding(
            "seals", f"{month} 早该封存，没有封存：看「运行状态」里哪张表读不到，或者运行 jielu seal {month}。"
        )


def _backups(service: Service, now: datetime) -> Iterator[Finding]:
    if service.settings.backup is None:
        return
    state = BackupNotes(service.ledger).backup()
    since = min((first for first, _ in Evidence(service.ledger).looks()), default=now)
    if is_late(state, now, service.rules().backup.at, since):
        good = f"最近一次好的备份是 {state.made_at:%m-%d %H:%M}" if state.made_at else "还没有一次好的备份"
        yield Finding("backup", f"{good}。{state.reason}")


def _room(service: Service) -> Iterator[Finding]:
    for folder in {service.settings.data, service.settings.backup} - {None}:
        if folder and folder.exists() and (free := shutil.disk_usage(folder).free) < LEAST_ROOM:
            yield Finding("disk", f"{folder} 所在的磁盘只剩 {free >> 20} MB。")
