"""The rules as the bureau changed them: one draft at a time, and each edition that was in force, by whom and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync.ledger.ledger import Ledger
from sync.ledger.tables import drafts, editions, upsert


@dataclass(frozen=True)
class Draft:
    """A text that is being changed. ``base``: hash of the rules in force when it was begun."""

    text: str
    base: str
    person: str
    at: datetime


@dataclass(frozen=True)
class Edition:
    """A text that came in force, the ``n``-th. ``person`` is empty where the file itself was edited."""

    n: int
    hash: str
    text: str
    person: str
    reason: str
    at: datetime


class Editions:
    """The draft and the editions of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.name, self.zone = ledger.name, ledger.zone

    def draft(self) -> Draft | None:
        with self.ledger.engine.connect() as db:
            row = db.execute(sa.select(drafts).where(drafts.c.bureau == self.name)).one_or_none()
        return Draft(row.text, row.base, row.person, row.at.astimezone(self.zone)) if row else None

    def save_draft(self, draft: Draft) -> None:
        values = {"text": draft.text, "base": draft.base, "person": draft.person, "at": draft.at}
        with self.ledger.engine.begin() as db:
            upsert(db, drafts, [{"bureau": self.name, **values}])

    def drop_draft(self) -> None:
        with self.ledger.engine.begin() as db:
            db.execute(sa.delete(drafts).where(drafts.c.bureau == self.name))

    def all(self) -> list[Edition]:
        """All editions, the newest first."""
        query = sa.select(editions).where(editions.c.bureau == self.name).order_by(editions.c.n.desc())
        with self.ledger.engine.connect() as db:
            return [self._edition(row) for row in db.execute(query)]

    def last(self) -> Edition | None:
        query = sa.select(editions).where(editions.c.bureau == self.name).order_by(editions.c.n.desc()).limit(1)
        with self.ledger.engine.connect() as db:
            row = db.execute(query).one_or_none()
        return self._edition(row) if row else None

    def note(self, digest: str, text: str, person: str, reason: str, at: datetime) -> Edition:
        """Add the text that is in force now as the next edition."""
        with self.ledger.engine.begin() as db:
            highest = db.execute(sa.select(sa.func.max(editions.c.n)).where(editions.c.bureau == self.name)).scalar()
            made = Edition(int(highest or 0) + 1, digest, text, person, reason, at)
            db.execute(sa.insert(editions).values(bureau=self.name, **asdict(made)))
        return made

    def _edition(self, row: Any) -> Edition:
        return Edition(row.n, row.hash, row.text, row.person, row.reason, row.at.astimezone(self.zone))
