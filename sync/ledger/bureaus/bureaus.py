"""The bureaus that share one database: which there are, which are paused or late, and when each of their works is due.

No secret stands here, and nothing of what a bureau's ledger holds: this is for whoever runs the machines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from sync.core.notices.notices import HANDED, WAITING
from sync.ledger.received.pushes import RECEIVED
from sync.ledger.tables import bureaus, deliveries, outbox, upsert, works
from sync.settings import SettingsError

LOOK, DELIVER, RECEIVE, NIGHTLY = "look", "deliver", "receive", "nightly"  # kinds of work
STILL_SECONDS = 60
KINDS = (LOOK, DELIVER, RECEIVE, NIGHTLY)


@dataclass(frozen=True)
class Bureau:
    """A bureau as registered. ``workbook``: what the ledger's tables call it; hours aware."""

    code: str
    workbook: str
    since: datetime  # when it was added, or resumed
    paused: datetime | None = None  # since when; None: it is not
    paused_by: str = ""
    paused_why: str = ""
    moved_to: str = ""  # folder that it was moved out to; empty: it is here
    late_since: datetime | None = None  # None: it is not late

    @property
    def is_active(self) -> bool:
        """Whether anything is done for it by the clock."""
        return self.paused is None and not self.moved_to


@dataclass(frozen=True)
class Work:
    """How a kind of work goes for a bureau. ``tries``: that failed one after the other; hours aware."""

    code: str
    kind: str
    due: datetime
    began: datetime | None = None  # last
    went: datetime | None = None  # when it last went through
    took: float = 0.0  # seconds, the last time
    tries: int = 0
    error: str = ""  # type of the last one's error


class Bureaus:
    """The registry in a database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # Which there are
    def all(self) -> list[Bureau]:
        """All bureaus, by code."""
        with self.engine.connect() as db:
            return [Bureau(**row) for row in db.execute(sa.select(bureaus).order_by(bureaus.c.code)).mappings()]

    def get(self, code: str) -> Bureau | None:
        with self.engine.connect() as db:
            row = db.execute(sa.select(bureaus).where(bureaus.c.code == code)).mappings().first()
        return Bureau(**row) if row else None

    def add(self, code: str, workbook: str, now: datetime) -> None:
        """Register a bureau; all its works are due."""
        with self.engine.begin() as db:
            register(db, code, workbook, now)

    def demand(self, code: str, workbook: str) -> None:
        """Raises ``SettingsError`` for a code that is not registered. Where its workbook is another by now, as its
        settings say, that is noted: by it the ledger knows the bureau."""
        bureau = self.get(code)
        if bureau is None:
            raise SettingsError(f"「{code}」没有登记：它的文件夹在，但不是 jielu bureaus add 或 move-in 来的。")
        if bureau.workbook != workbook:
            self._set(code, workbook=workbook)

    def pause(self, code: str, now: datetime, person: str, why: str) -> bool:
        """Nothing is done for it by the clock until ``resume``. False where there is no such bureau."""
        return self._set(code, paused=now, paused_by=person, paused_why=why, late_since=None)

    def resume(self, code: str, now: datetime) -> bool:
        """Go on with a bureau at once. False where there is no such bureau."""
        with self.engine.begin() as db:
            db.execute(sa.update(works).where(works.c.code == code).values(due=now, tries=0, error=""))
            values = {"paused": None, "paused_by": "", "paused_why": "", "since": now}
            return bool(db.execute(sa.update(bureaus).where(bureaus.c.code == code).values(values)).rowcount)

    def move_out(self, code: str, folder: str) -> bool:
        """Note that the bureau goes on elsewhere; nothing is done for it here."""
        return self._set(code, moved_to=folder, late_since=None)

    def note_late(self, code: str, since: datetime | None) -> None:
        """Note since when a bureau is late; None: it is not."""
        self._set(code, late_since=since)

    def _set(self, code: str, **values: Any) -> bool:
        with self.engine.begin() as db:
            return bool(db.execute(sa.update(bureaus).where(bureaus.c.code == code).values(values)).rowcount)

    # Their works
    def works(self) -> list[Work]:
        """All works of all bureaus."""
        return self._works(sa.select(works))

    def looks(self) -> list[Work]:
        """How the looks of all bureaus go."""
        return self._works(sa.select(works).where(works.c.kind == LOOK))

    def _works(self, query: sa.Select[Any]) -> list[Work]:
        with self.engine.connect() as db:
            return [Work(**row) for row in db.execute(query).mappings()]

    def work(self, code: str, kind: str) -> Work | None:
        """A kind of work of a bureau; None where there is no such bureau."""
        with self.engine.connect() as db:
            row = db.execute(sa.select(works).where(works.c.code == code, works.c.kind == kind)).mappings().first()
        return Work(**row) if row else None

    def due(self, now: datetime) -> list[Work]:
        """The works that are due at ``now``, the longest overdue first: a delivery only where a notice waits, pushes
        only where one was stored."""
        there = sa.select(works).join(bureaus, bureaus.c.code == works.c.code)
        mine = (bureaus.c.paused.is_(None), bureaus.c.moved_to == "", works.c.due <= now)
        needed = sa.case(
            (works.c.kind == DELIVER, _has_notices(now)), (works.c.kind == RECEIVE, _has_pushes(now)), else_=True
        )
        return self._works(there.where(*mine, needed).order_by(works.c.due, works.c.code))

    @contextmanager
    def alone(self, number: int) -> Iterator[bool]:
        """Whether no other process is in such a block with that number. One that stands still inside loses its place to
        the others after ``STILL_SECONDS``."""
        with self.engine.begin() as db:
            db.execute(sa.text(f"set local idle_in_transaction_session_timeout = '{STILL_SECONDS}s'"))
            yield bool(db.execute(sa.select(sa.func.pg_try_advisory_xact_lock(number))).scalar())

    def begin(self, code: str, kind: str, now: datetime) -> Work | None:
        """Note that a work begins; how it went before. None where nothing is to be done for the bureau any more."""
        mine = (works.c.code == code, works.c.kind == kind)
        works_now = sa.select(works).join(bureaus, bureaus.c.code == works.c.code)
        with self.engine.begin() as db:
            alive = (bureaus.c.paused.is_(None), bureaus.c.moved_to == "")
            row = db.execute(works_now.where(*mine, *alive)).mappings().first()
            if row is None:
                return None
            db.execute(sa.update(works).where(*mine).values(began=now))
            return Work(**row)

    def note(self, work: Work) -> None:
        """Note how a work went, and when it is due again."""
        values = {name: getattr(work, name) for name in ("due", "went", "took", "tries", "error")}
        with self.engine.begin() as db:
            mine = (works.c.code == work.code, works.c.kind == work.kind)
            db.execute(sa.update(works).where(*mine).values(values))


def register(db: Connection, code: str, workbook: str, now: datetime) -> None:
    """Register a bureau in a transaction, in the place of what was registered under its code."""
    bureau = {"code": code, "workbook": workbook, "since": now, "paused": None, "paused_by": "", "paused_why": "",
              "moved_to": "", "late_since": None}  # fmt: skip
    upsert(db, bureaus, [bureau])
    fresh = {"code": code, "due": now, "began": None, "went": None, "took": 0.0, "tries": 0, "error": ""}
    upsert(db, works, [{**fresh, "kind": kind} for kind in KINDS])


def late(there: Iterable[Bureau], looks: Collection[Work], now: datetime, after: timedelta) -> dict[str, timedelta]:
    """By code of each bureau that is late, how long ago its last look went through, or how long it is there."""
    went = {work.code: work.went for work in looks}
    ages = {
        bureau.code: now - max(filter(None, (went.get(bureau.code), bureau.since)))
        for bureau in there
        if bureau.is_active
    }
    return {code: age for code, age in ages.items() if age > after}


def _has_notices(now: datetime) -> sa.Exists:
    ready = sa.or_(outbox.c.next_try.is_(None), outbox.c.next_try <= now)
    mine = (outbox.c.bureau == bureaus.c.workbook, outbox.c.state.in_((WAITING, HANDED)), outbox.c.due <= now, ready)
    return sa.exists().where(*mine)


def _has_pushes(now: datetime) -> sa.Exists:
    ready = sa.or_(deliveries.c.next_try.is_(None), deliveries.c.next_try <= now)
    return sa.exists().where(deliveries.c.bureau == bureaus.c.workbook, deliveries.c.state == RECEIVED, ready)
