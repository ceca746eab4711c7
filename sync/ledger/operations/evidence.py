"""What the ledger can say of what was done: when looks went through, and which notices nobody sent or explained."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from sync.core.notices.notices import WAITING, Notice
from sync.ledger.ledger import Ledger
from sync.ledger.tables import outbox

LOOKS = "looks_went"  # key of the fact
NOTED_EVERY = timedelta(minutes=5)
APART = timedelta(minutes=15)  # two looks farther apart than this are two stretches
REMEMBERED = timedelta(days=3)

Stretch = tuple[datetime, datetime]  # from the first look to the last, in the bureau's zone


class Evidence:
    """Evidence of one bureau."""

    def __init__(self, ledger: Ledger, noted: dict[str, datetime] | None = None) -> None:
        """``noted``: by ledger, when a look was written down last; for a process that opens many in turn."""
        self.ledger = ledger
        self._noted: dict[str, datetime] = {} if noted is None else noted

    def looks(self) -> list[Stretch]:
        """The stretches of time in which looks went through, also those at which nothing had changed."""
        with self.ledger.engine.connect() as db:
            noted: Sequence[Sequence[str]] = self.ledger.records.fact(db, LOOKS, [])
        return [(self._hour(first), self._hour(last)) for first, last in noted]

    def note_look(self, now: datetime) -> None:
        """A look went through at ``now``. Written down from time to time."""
        before = self._noted.get(self.ledger.name)
        if before and timedelta(0) <= now - before < NOTED_EVERY:
            return
        stretches = [stretch for stretch in self.looks() if now - REMEMBERED < stretch[1] <= now]
        if stretches and now - stretches[-1][1] <= APART:
            stretches[-1] = (stretches[-1][0], now)
        else:
            stretches.append((now, now))
        noted = [[at.astimezone(UTC).isoformat() for at in stretch] for stretch in stretches]
        with self.ledger.engine.begin() as db:
            self.ledger.records.set_facts(db, {LOOKS: noted})
        self._noted[self.ledger.name] = now

    def unexplained(self, until: datetime, danger_until: datetime) -> int:
        """How many notices were due before ``until`` (of danger: before ``danger_until``), are not sent and say no
        reason."""
        mine = (outbox.c.bureau == self.ledger.name, outbox.c.state == WAITING, outbox.c.reason == "")
        with self.ledger.engine.connect() as db:
            rows = list(db.execute(sa.select(outbox.c.notice, outbox.c.due).where(*mine, outbox.c.due < danger_until)))
        notices = [(self.ledger.records.read(Notice, row.notice), row.due) for row in rows]
        return sum(due < until or notice.danger for notice, due in notices)

    def _hour(self, text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(self.ledger.zone)
