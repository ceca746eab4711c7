"""What upkeep is due, and what 运行状态 says where it is late."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sync.ledger.operations.backup_notes import BackupState

BACKUP_ITEM = "备份"  # item of 运行状态
TRY_AGAIN = timedelta(minutes=15)
LATE_AFTER = timedelta(hours=3)  # after the hour of a day's backup that was not made


def last_due(now: datetime, at: time) -> datetime:
    """The last hour at which a backup was to be made. ``now`` aware, in the bureau's zone."""
    today = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if now >= today else today - timedelta(days=1)


def is_due(state: BackupState, now: datetime, at: time) -> bool:
    """Whether a backup is to be made now."""
    if state.failed_at and now - state.failed_at < TRY_AGAIN:
        return False
    return state.made_at is None or state.made_at < last_due(now, at)


def is_late(state: BackupState, now: datetime, at: time, since: datetime) -> bool:
    """Whether the last good backup is older than it should be. ``since``: from when on the service was at work, for the
    first backup."""
    if state.made_at is None:
        return state.failed_at is not None or since < now - LATE_AFTER
    return state.made_at < last_due(now - LATE_AFTER, at)


def backup_sentence(state: BackupState, now: datetime, at: time) -> str:
    """What 运行状态 says of backups; empty where all is well. The words change with the facts alone."""
    if not state.reason and not is_late(state, now, at, since=now):
        return ""
    good = f"最近一次好的备份是 {state.made_at:%Y-%m-%d %H:%M}" if state.made_at else "还没有一次好的备份"
    why = f"上一次没有成功：{state.reason}" if state.reason else f"每天 {at:%H:%M} 应当备份，没有做"
    return f"{good}；{why}。每 15 分钟再试一次；请看 JIELU_BACKUP 和磁盘，也可以运行 jielu backup。"
