"""The mails that went out, as they were sent, until `jielu purge` lets them go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sync.core.notices.notices import Notice
from sync.ledger.ledger import Ledger, SentMail
from sync.ledger.tables import mails, outbox


@dataclass(frozen=True)
class MailPage:
    """Some of the mails, the newest first. ``count``: of all that were asked for."""

    mails: tuple[SentMail, ...]
    count: int


class Mails:
    """The sent mails of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def page(self, person: str, notice: str, start: int, most: int) -> MailPage:
        """Those to a person (empty: to anybody) with a notice whose number begins so (empty: with any), from the
        ``start``-th on, the newest first."""
        wanted = [mails.c.bureau == self.ledger.name]
        if person:
            wanted.append(mails.c.person == person)
        if notice:
            wanted.append(mails.c.id.in_(self._batches(notice)))
        query = sa.select(mails).where(*wanted).order_by(mails.c.at.desc(), mails.c.id)
        with self.ledger.engine.connect() as db:
            count = int(db.execute(sa.select(sa.func.count()).select_from(mails).where(*wanted)).scalar_one())
            rows = list(db.execute(query.offset(start).limit(most)))
        return MailPage(tuple(self._read(row) for row in rows), count)

    def _batches(self, notice: str) -> sa.Select[Any]:
        named = outbox.c.number.startswith(notice, autoescape=True)
        return sa.select(outbox.c.batch).where(outbox.c.bureau == self.ledger.name, named, outbox.c.batch.is_not(None))

    def mail(self, id: str) -> SentMail | None:
        with self.ledger.engine.connect() as db:
            row = db.execute(sa.select(mails).where(mails.c.bureau == self.ledger.name, mails.c.id == id)).first()
        return self._read(row) if row else None

    def of_notice(self, number: str) -> str:
        """The id of the mail in which a notice went out; empty where it is not kept."""
        mine = (outbox.c.bureau == self.ledger.name, outbox.c.number == number)
        query = sa.select(mails.c.id).where(
            mails.c.bureau == self.ledger.name, mails.c.id == sa.select(outbox.c.batch).where(*mine).scalar_subquery()
        )
        with self.ledger.engine.connect() as db:
            return str(db.execute(query).scalar() or "")

    def persons(self) -> list[str]:
        """Everybody to whom a mail went."""
        query = sa.select(mails.c.person).where(mails.c.bureau == self.ledger.name).distinct()
        with self.ledger.engine.connect() as db:
            return sorted(db.execute(query).scalars())

    def notices(self, id: str) -> Iterator[Notice]:
        """Those that went out in a mail, in the order of their numbers."""
        mine = (outbox.c.bureau == self.ledger.name, outbox.c.batch == id)
        with self.ledger.engine.connect() as db:
            texts = list(db.execute(sa.select(outbox.c.notice).where(*mine).order_by(outbox.c.number)).scalars())
        return (self.ledger.records.read(Notice, text) for text in texts)

    def _read(self, row: Any) -> SentMail:
        at, files = row.at.astimezone(self.ledger.zone), tuple(json.loads(row.files))
        return SentMail(row.id, row.person, row.address, at, row.subject, row.html, files)
