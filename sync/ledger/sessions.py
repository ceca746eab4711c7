"""Personal links and the sessions that they open. What a link or a cookie carries is not kept, only its digest."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sync.ledger.ledger import Ledger
from sync.ledger.tables import links, sessions


@dataclass(frozen=True)
class Visit:
    """A session that is open: whose, and until when (bureau's zone)."""

    person: str
    until: datetime


@dataclass(frozen=True)
class Keys:
    """What a person holds: how many links that still open, how many sessions, when he came in last."""

    links: int
    sessions: int
    last: datetime | None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Visits:
    """The links and sessions of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.name, self.zone = ledger.name, ledger.zone

    def make_link(self, person: str, now: datetime, *, until: datetime | None, once: bool) -> str:
        """A new link's secret. ``until`` None: good until revoked; ``once``: spent by its first use."""
        secret = secrets.token_urlsafe(24)
        values = {"id": _digest(secret)[:40], "person": person, "made": now, "until": until, "once": once}
        with self.ledger.engine.begin() as db:
            db.execute(sa.insert(links).values(bureau=self.name, **values))
        return secret

    def whose(self, secret: str, now: datetime) -> str | None:
        """Whose link this is, if it still opens; spends nothing (a chat program looks at links before people do)."""
        with self.ledger.engine.connect() as db:
            return db.execute(sa.select(links.c.person).where(*self._opens(secret, now))).scalar()

    def enter(self, secret: str, now: datetime, stay: timedelta) -> str | None:
        """A new session's secret, and a link for one use is spent; None where the link does not open."""
        with self.ledger.engine.begin() as db:
            opened = sa.update(links).where(*self._opens(secret, now)).values(used=now)
            if not db.execute(opened).rowcount:
                return None
            link = _digest(secret)[:40]
            person = db.execute(sa.select(links.c.person).where(links.c.bureau == self.name, links.c.id == link))
            made = secrets.token_urlsafe(32)
            values = {"id": _digest(made), "person": person.scalar_one(), "link": link, "since": now}
            db.execute(sa.insert(sessions).values(bureau=self.name, until=now + stay, **values))
        return made

    def _opens(self, secret: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            links.c.bureau == self.name,
            links.c.id == _digest(secret)[:40],
            links.c.revoked.is_(None),
            sa.or_(links.c.until.is_(None), links.c.until > now),
            sa.or_(~links.c.once, links.c.used.is_(None)),
        )

    def visit(self, secret: str, now: datetime) -> Visit | None:
        """The open session that a cookie stands for."""
        query = sa.select(sessions.c.person, sessions.c.until).where(
            sessions.c.bureau == self.name,
            sessions.c.id == _digest(secret),
            sessions.c.revoked.is_(None),
            sessions.c.until > now,
        )
        with self.ledger.engine.connect() as db:
            found = db.execute(query).first()
        return Visit(found.person, found.until.astimezone(self.zone)) if found else None

    def leave(self, secret: str, now: datetime) -> None:
        """End the session that a cookie stands for."""
        ended = sa.update(sessions).where(sessions.c.bureau == self.name, sessions.c.id == _digest(secret))
        with self.ledger.engine.begin() as db:
            db.execute(ended.values(revoked=now))

    def revoke(self, person: str, now: datetime) -> int:
        """Close all of a person's links and sessions at once; how many were still open."""
        with self.ledger.engine.begin() as db:
            return sum(
                db.execute(
                    sa.update(table)
                    .where(table.c.bureau == self.name, table.c.person == person, table.c.revoked.is_(None))
                    .where(sa.or_(table.c.until.is_(None), table.c.until > now))
                    .values(revoked=now)
                ).rowcount
                for table in (links, sessions)
            )

    def keys(self, now: datetime) -> dict[str, Keys]:
        """What each person holds now, by name."""
        open_links = sa.select(links.c.person, sa.func.count()).where(
            links.c.bureau == self.name,
            links.c.revoked.is_(None),
            sa.or_(links.c.until.is_(None), links.c.until > now),
            sa.or_(~links.c.once, links.c.used.is_(None)),
        )
        here = sa.and_(sessions.c.revoked.is_(None), sessions.c.until > now)
        visits = sa.select(
            sessions.c.person, sa.func.sum(sa.case((here, 1), else_=0)), sa.func.max(sessions.c.since)
        ).where(sessions.c.bureau == self.name)
        with self.ledger.engine.connect() as db:
            held = {row[0]: row[1] for row in db.execute(open_links.group_by(links.c.person))}
            came = {row[0]: (row[1], row[2]) for row in db.execute(visits.group_by(sessions.c.person))}
        return {
            name: Keys(
                held.get(name, 0), came[name][0] if name in came else 0,
                came[name][1].astimezone(self.zone) if name in came else None,
            )
            for name in {*held, *came}
        }  # fmt: skip
