"""How each person wishes to hear of each kind of notice (table ``wishes``); without a wish it is mail."""

from __future__ import annotations

import sqlalchemy as sa

from sync.core.notices.notices import GROUP, MAIL, NONE
from sync.ledger.ledger import Ledger
from sync.ledger.tables import upsert, wishes

CHANNELS = (MAIL, GROUP, NONE)


class Wishes:
    """The wishes of one bureau's people."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._mine = wishes.c.bureau == ledger.name

    def all(self) -> dict[tuple[str, str], str]:
        """By person and kind."""
        with self.ledger.engine.connect() as db:
            found = db.execute(sa.select(wishes).where(self._mine))
            return {(row.person, row.kind): row.channel for row in found}

    def of(self, person: str) -> dict[str, str]:
        """One person's, by kind."""
        return {kind: channel for (name, kind), channel in self.all().items() if name == person}

    def set(self, person: str, kind: str, channel: str) -> None:
        """Wish for a kind. ``ValueError`` for a channel that there is none of."""
        if channel not in CHANNELS:
            raise ValueError(f"没有「{channel}」这个选择")
        value = {"bureau": self.ledger.name, "person": person, "kind": kind, "channel": channel}
        with self.ledger.engine.begin() as db:
            upsert(db, wishes, [value])
