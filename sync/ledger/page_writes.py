"""Writes of pages, forms, pushes and imports that are under way: noted before they are sent, so that the next look
knows of one whose process died before it saw where its write fell (DESIGN section 6)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

import sqlalchemy as sa

from sync.core.sheet.plan import PAGES, Plan
from sync.ledger.records import Records
from sync.ledger.tables import facts

WRITE_FACT = "write "  # of the fact, followed by the write's place and number
FORGOTTEN = 600.0  # seconds after which a write that was not seen to arrive arrives no more: no request lasts as long


@dataclass(frozen=True)
class PageWrite:
    """``row``: the 编号 or fingerprint of the row that it answers; empty: it adds rows. ``at``: seconds since 1970."""

    plan: Plan
    row: str
    at: float

    @property
    def is_overdue(self) -> bool:
        return time.time() - self.at > FORGOTTEN


@dataclass(frozen=True)
class PageWrites:
    """Those of one bureau."""

    engine: sa.Engine
    records: Records

    def begin(self, plan: Plan, row: str = "") -> Plan:
        """Note a write that is about to be sent: its plan with a number, and with a place for the workbook's note that
        no other under way has, as far as there are places."""
        number = uuid4().hex
        with self.engine.begin() as db:
            taken = {int(key.split()[1]) for key in db.scalars(sa.select(facts.c.key).where(*self._mine()))}
            place = next((place for place in PAGES if place not in taken), PAGES[-1])
            numbered = replace(plan, number=number, place=place)
            self.records.set_facts(db, {f"{WRITE_FACT}{place} {number}": PageWrite(numbered, row, time.time())})
        return numbered

    def under_way(self) -> list[PageWrite]:
        """Those of which nobody has seen yet where they fell, the earliest first."""
        with self.engine.connect() as db:
            texts = db.scalars(sa.select(facts.c.value).where(*self._mine())).all()
        return sorted((self._structured(text) for text in texts), key=lambda write: write.at)

    def drop(self, db: sa.Connection, number: str) -> None:
        """It is known where this write fell, or that it never will."""
        db.execute(sa.delete(facts).where(*self._mine(), facts.c.key.endswith(number)))

    def _structured(self, text: str) -> PageWrite:
        stored = json.loads(text)
        return PageWrite(self.records.plan(stored["plan"]), stored["row"], stored["at"])

    def _mine(self) -> Iterator[sa.ColumnElement[bool]]:
        yield facts.c.bureau == self.records.name
        yield facts.c.key.startswith(WRITE_FACT)
