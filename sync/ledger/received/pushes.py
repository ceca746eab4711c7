"""What form tools pushed, stored before it is answered and made into rows afterwards (table ``deliveries``).

A push is known by its source (the hook's name) and its id, so that the same push twice is one. A later version takes
the place of the earlier one and goes to the same row. Files that wait for an import are stored here too.
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
STATE_WORDS = {RECEIVED: "还没有入表", DONE: "入了表但要看", FAILED: "没有入表"}
IMPORTS = "导入"  # source of the files that people upload; no hook can have this name
SHOWN_FOR = timedelta(days=1)  # how long 运行状态 shows the sentence of a push that is in the sheet
IN_BODY = ("payload", "version", "put", "sent", "before", "past", "photos")  # fields in the JSON of the column body


@dataclass(frozen=True)
class Push:
    """What one form entry came to."""

    source: str
    id: str
    at: datetime  # when it came first, aware
    payload: str  # the body as sent; empty once it was forgotten
    version: str = ""  # the tool's mark of its last change
    put: Mapping[str, Raw] | None = None  # the cells (by key) that its row was given; None: it has no row yet
    sent: Mapping[str, Raw] | None = None  # cells that may be in the sheet: their append was sent and not confirmed
    before: int = 0  # how many rows like ``sent`` stood there before they were sent
    past: Mapping[str, Sequence[Raw]] | None = None  # by key, what later versions were to put there
    photos: Mapping[str, str] | None = None  # by link, the address of the photo fetched from it
    state: str = RECEIVED
    sentence: str = ""  # what people must know of it
    attempts: int = 0
    next_try: datetime | None = None  # when to work on it again; once it is done, when that was noted

    @property
    def body(self) -> str:
        """The column ``body``: the fields that have no column of their own, as JSON."""
        return json.dumps({key: getattr(self, key) for key in IN_BODY}, ensure_ascii=False)


class Pushes:
    """The pushes of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._mine = deliveries.c.bureau == ledger.name

    def add(self, source: str, id: str, payload: str, version: str, now: datetime) -> bool:
        """Store a push. False where it is known already, or older than what is known; True where it is to be worked
        on: it is new, or it has other content than before."""
        fresh = Push(source, id, now, payload, version)
        with self.ledger.engine.begin() as db:
            before = self._locked(db, source, id)
            if before is None:
                self._put(db, [fresh])
                return True
            if before.payload in ("", payload) or _is_older(version, before.version):
                return False
            self._put(db, [replace(before, payload=payload, version=version, state=RECEIVED, sentence="", attempts=0,
                                   next_try=None)])  # fmt: skip
        return True

    def due(self, now: datetime, most: int = 200) -> list[Push]:
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

    def get(self, source: str, id: str) -> Push | None:
        with self.ledger.engine.connect() as db:
            row = db.execute(self._query(source, id)).first()
        return self._read(row) if row else None

    def arrivals(self, at: datetime, span: timedelta) -> list[datetime]:
        """The hours within ``span`` of ``at`` at which pushes came, in the bureau's zone."""
        within = deliveries.c.at.between(at - span, at + span)
        query = sa.select(deliveries).where(self._mine, deliveries.c.source != IMPORTS, within)
        with self.ledger.engine.connect() as db:
            return [self._read(row).at for row in db.execute(query)]

    def save(self, group: Iterable[Push]) -> None:
        """Store what became of these. Where another version came meanwhile, only what was put in the sheet is stored,
        and the new version stays due."""
        with self.ledger.engine.begin() as db:
            for push in group:
                now = self._locked(db, push.source, push.id)
                self._put(db, [_joined(now, push) if now is not None else push])

    def troubles(self, now: datetime) -> dict[str, str]:
        """By hook, a sentence for 运行状态: pushes without a row, and for a day those with a row and a sentence."""
        query = sa.select(deliveries).where(self._mine, deliveries.c.sentence != "", deliveries.c.source != IMPORTS)
        lately = sa.or_(deliveries.c.state != DONE, deliveries.c.next_try > now - SHOWN_FOR)
        with self.ledger.engine.connect() as db:
            rows = list(db.execute(query.where(lately).order_by(deliveries.c.at)))
        counts = Counter((row.source, row.state) for row in rows)
        return {row.source: f"{counts[row.source, row.state]} 条{STATE_WORDS.get(row.state, row.state)}，"
                            f"最近一条（{row.id}）：{row.sentence}" for row in rows}  # fmt: skip

    def forget(self, before: datetime) -> int:
        """Drop the payload of what is settled and came before that hour (it may hold a telephone number), and return
        how many. The ids stay, so that a repeat is still known."""
        query = sa.select(deliveries).where(self._mine, deliveries.c.state != RECEIVED, deliveries.c.at < before)
        with self.ledger.engine.begin() as db:
            old = [push for row in db.execute(query) if (push := self._read(row)).payload]
            self._put(db, [replace(push, payload="") for push in old])
        return len(old)

    def _locked(self, db: sa.Connection, source: str, id: str) -> Push | None:
        """As it is stored; an update comes first, so that nobody else changes it before this transaction ends."""
        key = (self._mine, deliveries.c.source == source, deliveries.c.id == id)
        db.execute(sa.update(deliveries).where(*key).values(state=deliveries.c.state))
        row = db.execute(self._query(source, id)).first()
        return self._read(row) if row else None

    def _query(self, source: str, id: str) -> sa.Select[Any]:
        return sa.select(deliveries).where(self._mine, deliveries.c.source == source, deliveries.c.id == id)

    def _put(self, db: sa.Connection, group: Iterable[Push]) -> None:
        columns = ("source", "id", "at", "state", "body", "sentence", "attempts", "next_try")
        rows = [{"bureau": self.ledger.name, **{key: getattr(push, key) for key in columns}} for push in group]
        upsert(db, deliveries, rows)

    def _read(self, row: Any) -> Push:
        next_try = row.next_try.astimezone(self.ledger.zone) if row.next_try else None
        at = row.at.replace(tzinfo=row.at.tzinfo or UTC).astimezone(self.ledger.zone)
        return Push(row.source, row.id, at, **json.loads(row.body), state=row.state, sentence=row.sentence,
                    attempts=row.attempts, next_try=next_try)  # fmt: skip


def _is_older(version: str, other: str) -> bool:
    """Whether a version comes before another: as moments where both are (tools write them in any zone)."""
    try:
        moments = [datetime.fromisoformat(text) for text in (version, other)]
        return moments[0] < moments[1]
    except (ValueError, TypeError):  # no moments, or one without a zone
        return version < other


def _joined(now: Push, push: Push) -> Push:
    """What became of a push, beside what is noted of it ``now``: a newer version came, or a look saw that its row is
    in."""
    put = now.put if push.put is None else push.put
    if now.payload == push.payload:
        return replace(push, put=put)
    return replace(now, put=put, sent=push.sent, before=push.before, past=push.past, photos=push.photos)
