"""What failed in a way that nobody foresaw, by queue and item (table ``failures``), until it goes through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sync.ledger.ledger import Ledger
from sync.ledger.tables import failures, upsert

LONGEST_NAME = 200  # characters of an item's name in the key
FORGET_AFTER = timedelta(days=1)  # an item that was not tried again when it could be is gone from its queue


@dataclass(frozen=True)
class Failure:
    """An item that failed. ``release``: the version of jielu at which it failed; another one tries again at once."""

    queue: str
    item: str
    tries: int
    error: str  # kind of the last exception
    next_try: datetime  # aware
    given_up: bool
    release: str
    name: str = ""  # what people know the item by; empty: ``item``

    def waits(self, now: datetime, release: str) -> bool:
        """Whether the item is not to be tried at ``now``."""
        return now < self.next_try and (self.release == release or not self.given_up)


class Failures:
    """The failures of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._mine = failures.c.bureau == ledger.name

    def all(self) -> list[Failure]:
        """In the order of queue and item; hours in the bureau's zone."""
        with self.ledger.engine.connect() as db:
            rows = list(db.execute(sa.select(failures).where(self._mine).order_by(failures.c.queue, failures.c.item)))
        return [
            Failure(
                row.queue, row.item, row.tries, row.error, row.next_try.astimezone(self.ledger.zone), row.given_up,
                row.release, row.name,
            )
            for row in rows
        ]  # fmt: skip

    def note(self, failure: Failure, now: datetime) -> None:
        """Store a failure, and drop those of items that are gone."""
        value = {"bureau": self.ledger.name, **{key: getattr(failure, key) for key in failure.__dataclass_fields__}}
        with self.ledger.engine.begin() as db:
            upsert(db, failures, [value])
            db.execute(sa.delete(failures).where(self._mine, failures.c.next_try < now - FORGET_AFTER))

    def drop(self, queue: str, item: str) -> None:
        """The item went through."""
        with self.ledger.engine.begin() as db:
            db.execute(sa.delete(failures).where(self._mine, failures.c.queue == queue, failures.c.item == item))
