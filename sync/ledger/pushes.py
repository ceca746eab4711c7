"""What form tools pushed, as it came: kept before it is answered, worked on afterwards (table ``deliveries``).

A push is known by its source (the hook's name) and its id, so the same one twice is one; a later version of it takes
the place of the earlier and goes to the same row.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync.core.sheet.rows import Raw
from sync.ledger.ledger import Ledger
from sync.ledger.tables import deliveries, upsert

RECEIVED, DONE, FAILED = "收到", "已入表", "没有入表"
WORDS = {RECEIVED: "还没有入表", DONE: "入了表但要看", FAILED: "没有入表"}
IMPORTS = "导入"  # files that people upload wait here too; no hook can be called so
SAID_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Arrival:
    """One push. ``payload``: the body as sent; ``version``: the tool's mark of its last change; ``put``: the cells that
    its row was given (by key), None while it has none; ``sent``: the cells that may be in the sheet, and ``before`` how
    many such rows stood there before they were sent; ``past``: by key, what later versions were to put there;
    ``photos``: where a fetched photo is kept, by its link; ``at``: first heard of, aware; ``next_try``: when it is to
    be worked on again, once it is done the hour at which that was said."""

    source: str
    id: str
    at: datetime
    payload: str
    version: str = ""
    put: Mapping[str, Raw] | None = None
    sent: Mapping[str, Raw] | None = None
    before: int = 0
    past: Mapping[str, Sequence[Raw]] | None = None
    photos: Mapping[str, str] | None = None
    state: str = RECEIVED
    sentence: str = ""
    attempts: int = 0
    next_try: datetime | None = None

    @property
    def body(self) -> str:
        """All that has no column of its own."""
        kept = {key: getattr(self, key) for key in ("payload", "version", "put", "sent", "before", "past", "photos")}
        return json.dumps(kept, ensure_ascii=False)


class Arrivals:
    """The pushes of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._mine = deliveries.c.bureau == ledger.name

    def take(self, source: str, id: str, payload: str, version: str, now: datetime) -> bool:
        """Keep a push; False where it is known already, or older than what is known. One that was settled and comes
        with other words is to be worked on again."""
        fresh = Arrival(source, id, now, payload, version)
        with self.ledger.engine.begin() as db:
            before = self._locked(db, source, id)
            if before is None:
                self._put(db, [fresh])
                return True
            if before.payload in ("", payload) or version < before.version:
                return False
            self._put(db, [replace(before, payload=payload, version=version, state=RECEIVED, sentence="", attempts=0,
                                   next_try=None)])  # fmt: skip
        return True

    def due(self, now: datetime, most: int = 200) -> list[Arrival]:
        """Those to be worked on at ``now``, the oldest first."""
        query = (
            sa.select(deliveries)
            .where(self._mine, deliveries.c.state == RECEIVED)
            .where(sa.or_(deliveries.c.next_try.is_(None), deliveries.c.next_try <= now))
            .order_by(deliveries.c.at, deliveries.c.source, deliveries.c.id)
            .limit(most)
        )
        with self.ledger.engine.connect() as db:
            return [self._read(row) for row in db.execute(query)]

    def get(self, source: str, id: str) -> Arrival | None:
        with self.ledger.engine.connect() as db:
            row = db.execute(self._one(source, id)).first()
        return self._read(row) if row else None

    def keep(self, group: Iterable[Arrival]) -> None:
        """What became of these. Where another version came meanwhile, what was put in the sheet is kept all the same,
        and the new version stays to be worked on."""
        with self.ledger.engine.begin() as db:
            for one in group:
                now = self._locked(db, one.source, one.id)
                if now is not None and now.payload != one.payload:
                    done = {key: getattr(one, key) for key in ("put", "sent", "before", "past", "photos")}
                    one = replace(now, **done)  # noqa: PLW2901
                self._put(db, [one])

    def troubles(self, now: datetime) -> dict[str, str]:
        """By hook, what people must look at: pushes that are no row, or not yet, and for a day after it was said what
        they must know of one that is."""
        query = sa.select(deliveries).where(self._mine, deliveries.c.said != "", deliveries.c.source != IMPORTS)
        lately = sa.or_(deliveries.c.state != DONE, deliveries.c.next_try > now - SAID_FOR)
        with self.ledger.engine.connect() as db:
            found = list(db.execute(query.where(lately).order_by(deliveries.c.at)))
        counts = Counter((row.source, row.state) for row in found)
        return {row.source: f"{counts[row.source, row.state]} 条{WORDS.get(row.state, row.state)}，"
                            f"最近一条（{row.id}）：{row.said}" for row in found}  # fmt: skip

    def forget(self, before: datetime) -> int:
        """Drop the words of what is over since before that hour (they may hold a telephone number); the id stays, so
        that a repeat is still known. Returns how many."""
        query = sa.select(deliveries).where(self._mine, deliveries.c.state != RECEIVED, deliveries.c.at < before)
        with self.ledger.engine.begin() as db:
            old = [one for row in db.execute(query) if (one := self._read(row)).payload]
            self._put(db, [replace(one, payload="") for one in old])
        return len(old)

    def _locked(self, db: sa.Connection, source: str, id: str) -> Arrival | None:
        """As it stands; written to first, so that nobody else changes it meanwhile."""
        key = (self._mine, deliveries.c.source == source, deliveries.c.id == id)
        db.execute(sa.update(deliveries).where(*key).values(state=deliveries.c.state))
        row = db.execute(self._one(source, id)).first()
        return self._read(row) if row else None

    def _one(self, source: str, id: str) -> sa.Select[Any]:
        return sa.select(deliveries).where(self._mine, deliveries.c.source == source, deliveries.c.id == id)

    def _put(self, db: sa.Connection, group: Iterable[Arrival]) -> None:
        plain = ("source", "id", "at", "state", "body", "attempts", "next_try")
        upsert(
            db,
            deliveries,
            [
                {"bureau": self.ledger.name, "said": push.sentence, **{key: getattr(push, key) for key in plain}}
                for push in group
            ],
        )

    def _read(self, row: Any) -> Arrival:
        next_try = row.next_try.astimezone(self.ledger.zone) if row.next_try else None
        kept = json.loads(row.body)
        at = row.at.replace(tzinfo=row.at.tzinfo or UTC).astimezone(self.ledger.zone)
        return Arrival(row.source, row.id, at, **kept, state=row.state, sentence=row.said, attempts=row.attempts,
                       next_try=next_try)  # fmt: skip
