"""Buckets of calls that all processes share: when each is full again, by the clock of the database."""

from __future__ import annotations

from collections.abc import Callable, Collection

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from sync.ledger.tables import quotas, upsert


class Quotas:
    """The buckets of one project, in a PostgreSQL database."""

    def __init__(self, engine: Engine, project: str) -> None:
        self.engine, self.project = engine, project

    def begin(self, kinds: Collection[str], full_at: Callable[[float], float]) -> None:
        """Make the buckets that are not there; ``full_at`` gives of the second of now that at which one is full."""
        with self.engine.begin() as db:
            there = set(db.execute(sa.select(quotas.c.kind).where(quotas.c.project == self.project)).scalars())
            at = full_at(self._now(db))
            fresh = [{"project": self.project, "kind": kind, "full_at": at} for kind in kinds if kind not in there]
            upsert(db, quotas, fresh)

    def change(self, kind: str, change: Callable[[float, float], float]) -> None:
        """Change a bucket while nobody else does: ``change`` gets when it is full and the second of now, and gives when
        it is full from now on. What it raises comes through; the bucket is as it was then."""
        mine = (quotas.c.project == self.project, quotas.c.kind == kind)
        with self.engine.begin() as db:
            full_at = db.execute(sa.select(quotas.c.full_at).where(*mine).with_for_update()).scalar_one()
            db.execute(sa.update(quotas).where(*mine).values(full_at=change(full_at, self._now(db))))

    def _now(self, db: sa.Connection) -> float:
        return float(db.execute(sa.text("select extract(epoch from clock_timestamp())")).scalar_one())
