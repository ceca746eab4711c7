"""Writes of pages, forms, pushes and imports that are under way: noted before they are sent, so that the next look
knows of one whose process died before it saw where its write fell (DESIGN section 6)."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

import sqlalchemy as sa

from sync.core.sheet.plan import PAGES, Plan
from sync.ledger import leases
from sync.ledger.records import Records
from sync.ledger.tables import IN, SENDING, deliveries, facts, submissions

log = logging.getLogger(__name__)
Beside = Callable[[sa.Connection], None]  # notes something else in the same transaction
WRITE_FACT = "write "  # of the fact, followed by the write's place and number
AWAITED = 120.0  # seconds for which a write of another process keeps the same form of a second try out
FORGOTTEN = 600.0  # seconds after which a write that was not seen to arrive arrives no more: no request lasts as long


@dataclass(frozen=True)
class RowSource:
    """What a row is added for: a form of a phone by its id, or a push by the name of its form tool and its id.
    ``details``: what the phone is answered once the row is in, as JSON; empty: nobody could tell."""

    tool: str  # empty: a phone
    id: str
    details: str = ""


@dataclass(frozen=True)
class PageWrite:
    """``row``: the 编号 or fingerprint of the row that it answers; empty: it adds rows, those of ``sources`` where it
    is forms or pushes that add them. ``at``: seconds since 1970."""

    plan: Plan
    row: str
    at: float
    sources: tuple[RowSource, ...] = ()
    process: str = ""  # that sends it, as leases know processes

    @property
    def is_awaited(self) -> bool:
        """Whether another process, which may be alive, is about to see where it fell."""
        is_over = self.process == _this_process() or leases.is_over(self.process)
        return not is_over and time.time() - self.at < AWAITED

    @property
    def is_overdue(self) -> bool:
        return time.time() - self.at > FORGOTTEN


@dataclass(frozen=True)
class PageWrites:
    """Those of one bureau."""

    engine: sa.Engine
    records: Records

    def begin(
        self,
        plan: Plan,
        row: str = "",
        sources: Sequence[RowSource] = (),
        beside: Beside = lambda _: None,
    ) -> Plan:
        """Note a write that is about to be sent: its plan with a number, and with a place for the workbook's note that
        no other under way has, as far as there are places. ``beside``: what else the transaction notes, first. Raises
        ``Busy`` where another process is adding the row of one of these forms."""
        number = uuid4().hex
        with self.engine.begin() as db:
            beside(db)
            rows = db.execute(sa.select(facts.c.key, facts.c.value).where(*self._mine()))
            noted = {row.key: row.value for row in rows}
            self._refuse_a_second(noted.values(), sources)
            taken = {int(key.split()[1]) for key in noted}
            place = next((place for place in PAGES if place not in taken), PAGES[-1])
            numbered = replace(plan, number=number, place=place)
            written = PageWrite(numbered, row, time.time(), tuple(sources), _this_process())
            self.records.set_facts(db, {f"{WRITE_FACT}{place} {number}": written})
        return numbered

    def _refuse_a_second(self, noted: Iterable[str], sources: Sequence[RowSource]) -> None:
        """A phone on a bad line sends a form twice, and two processes may take it at once."""
        forms = [source.id for source in sources if not source.tool]
        alike = (self._structured(text) for text in noted if any(id in text for id in forms))
        if any(write.is_awaited and source.id in forms for write in alike for source in write.sources):
            raise leases.Busy(leases.BUSY)

    def numbers(self) -> list[str]:
        """Those of which nobody has seen yet where they fell."""
        with self.engine.connect() as db:
            return [key.split()[2] for key in db.scalars(sa.select(facts.c.key).where(*self._mine()))]

    def get(self, number: str) -> PageWrite | None:
        """None where somebody saw meanwhile where it fell. Raises where what is noted can't be read."""
        query = sa.select(facts.c.value).where(*self._mine(), facts.c.key.endswith(number))
        with self.engine.connect() as db:
            text = db.scalar(query)
        return self._structured(text) if text else None

    def under_way(self) -> list[PageWrite]:
        """Those of which nobody has seen yet where they fell, the earliest first. What can't be read is left to the
        look, which tells of it: no page stops over it."""
        with self.engine.connect() as db:
            noted = db.execute(sa.select(facts.c.key, facts.c.value).where(*self._mine())).all()
        writes: list[PageWrite] = []
        for key, text in noted:
            try:
                writes.append(self._structured(text))
            except Exception:
                log.exception("the note of the %s can't be read", key)
        return sorted(writes, key=lambda write: write.at)

    def drop(self, db: sa.Connection, number: str) -> None:
        """It is known where this write fell, or that it never will."""
        db.execute(sa.delete(facts).where(*self._mine(), facts.c.key.endswith(number)))

    def note_arrivals(self, db: sa.Connection, sources: Iterable[RowSource]) -> None:
        """The rows of these forms and pushes are in: whatever becomes of them there, none is added again."""
        for source in sources:
            if source.tool:
                self._note_push(db, source)
            else:
                mine = (submissions.c.bureau == self.records.name, submissions.c.id == source.id)
                values = {"state": IN, "details": source.details}
                db.execute(sa.update(submissions).where(*mine, submissions.c.state == SENDING).values(values))

    def _note_push(self, db: sa.Connection, source: RowSource) -> None:
        mine = (
            deliveries.c.bureau == self.records.name,
            deliveries.c.source == source.tool,
            deliveries.c.id == source.id,
        )
        db.execute(sa.update(deliveries).where(*mine).values(state=deliveries.c.state))  # nobody changes it meanwhile
        body = json.loads(db.scalar(sa.select(deliveries.c.body).where(*mine)) or "{}")
        if body.get("sent") is not None and body["put"] is None:
            text = json.dumps({**body, "put": body["sent"]}, ensure_ascii=False)
            db.execute(sa.update(deliveries).where(*mine).values(body=text))

    def _structured(self, text: str) -> PageWrite:
        stored = json.loads(text)
        sources = tuple(RowSource(**source) for source in stored.get("sources", ()))
        plan = self.records.plan(stored["plan"])
        return PageWrite(plan, stored["row"], stored["at"], sources, stored.get("process", ""))

    def _mine(self) -> Iterator[sa.ColumnElement[bool]]:
        yield facts.c.bureau == self.records.name
        yield facts.c.key.startswith(WRITE_FACT)


def _this_process() -> str:
    return ":".join((*leases.ourselves(), ""))
