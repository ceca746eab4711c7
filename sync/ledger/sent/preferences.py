"""By which channel each person wants each kind of notice (table ``wishes``); mail where nothing was chosen."""

from __future__ import annotations

import sqlalchemy as sa

from sync.core.notices.notices import GROUP, MAIL, NONE
from sync.ledger.ledger import Ledger
from sync.ledger.tables import upsert, wishes

CHANNELS = (MAIL, GROUP, NONE)


class Preferences:
    """The preferences of one bureau's people."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._mine = wishes.c.bureau == ledger.name

    def all(self) -> dict[tuple[str, str], str]:
        """Channel by person and kind of notice."""
        with self.ledger.engine.connect() as db:
            rows = db.execute(sa.select(wishes).where(self._mine))
            return {(row.person, row.kind): row.channel for row in rows}

    def of(self, person: str) -> dict[str, str]:
        """Channel by kind of notice, for one person."""
        return {kind: channel for (name, kind), channel in self.all().items() if name == person}

    def set(self, person: str, kind: str, channel: str) -> None:
        """Choose a channel for a kind. Raises ``ValueError`` for an unknown channel."""
        if channel not in CHANNELS:
            raise ValueError(f"没有「{channel}」这个选择")
        value = {"bureau": self.ledger.name, "person": person, "kind": kind, "channel": channel}
        with self.ledger.engine.begin() as db:
            upsert(db, wishes, [value])
