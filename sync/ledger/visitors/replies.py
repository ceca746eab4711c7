"""What the grid answered to edits, for browsers that send one again, perhaps to another process (table ``replies``)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa

from sync.ledger.ledger import Ledger
from sync.ledger.tables import replies, upsert

REMEMBERED = timedelta(hours=1)


class Replies:
    """The replies of one bureau, each as the text that was sent."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._mine = replies.c.bureau == ledger.name

    def get(self, asked: str) -> str | None:
        """The reply to the edit with that id; None where none is remembered."""
        with self.ledger.engine.connect() as db:
            return db.execute(sa.select(replies.c.reply).where(self._mine, replies.c.id == _key(asked))).scalar()

    def note(self, asked: str, reply: str, now: datetime) -> None:
        """Remember a reply, and forget the old ones."""
        with self.ledger.engine.begin() as db:
            upsert(db, replies, [{"bureau": self.ledger.name, "id": _key(asked), "reply": reply, "at": now}])
            db.execute(sa.delete(replies).where(self._mine, replies.c.at < now - REMEMBERED))


def _key(asked: str) -> str:
    """What stands for an id, which a browser makes as long as it likes."""
    return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()
