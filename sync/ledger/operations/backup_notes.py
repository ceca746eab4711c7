"""What the ledger knows of backups: when the last good backup was made, and why the last try failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sync.ledger.ledger import Ledger

BACKUP = "backup"  # key of the fact


@dataclass(frozen=True)
class BackupState:
    """``made_at``: of the last good backup; ``failed_at``, ``reason``: of a try after it that failed. Hours in the
    bureau's zone; None: there was none."""

    made_at: datetime | None = None
    failed_at: datetime | None = None
    reason: str = ""


class BackupNotes:
    """BackupNotes of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def backup(self) -> BackupState:
        """How backups stand."""
        with self.ledger.engine.connect() as db:
            noted = self.ledger.records.fact(db, BACKUP, {})
        made_at, failed_at = (self._hour(noted.get(key)) for key in ("made_at", "failed_at"))
        return BackupState(made_at, failed_at, noted.get("reason", ""))

    def note_backup(self, made_at: datetime) -> None:
        """A good backup was made."""
        self._note(BackupState(made_at))

    def note_failure(self, at: datetime, reason: str) -> None:
        """A backup failed, for this reason in words."""
        self._note(BackupState(self.backup().made_at, at, reason))

    def _note(self, state: BackupState) -> None:
        noted = {"made_at": _text(state.made_at), "failed_at": _text(state.failed_at), "reason": state.reason}
        with self.ledger.engine.begin() as db:
            self.ledger.records.set_facts(db, {BACKUP: noted})

    def _hour(self, text: str | None) -> datetime | None:
        return datetime.fromisoformat(text).astimezone(self.ledger.zone) if text else None


def _text(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
