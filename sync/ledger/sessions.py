"""Personal links and the sessions that they open. Of what a link or a cookie carries only the digest is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sync.ledger.ledger import Ledger
from sync.ledger.tables import links, sessions


@dataclass(frozen=True)
class OpenAccess:
    """What gives a person access now."""

    links: int  # that open a session
    sessions: int  # that are open
    last: datetime | None  # when the last session was opened, in the bureau's zone


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Sessions:
    """The links and sessions of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.name, self.zone = ledger.name, ledger.zone

    def make_link(self, person: str, now: datetime, *, until: datetime | None, once: bool) -> str:
        """The secret of a new link. ``until`` None: good until revoked; ``once``: spent by its first use."""
        secret = secrets.token_urlsafe(24)
        values = {"id": _digest(secret)[:40], "person": person, "made": now, "until": until, "once": once}
        with self.ledger.engine.begin() as db:
            db.execute(sa.insert(links).values(bureau=self.name, **values))
        return secret

    def owner(self, secret: str, now: datetime) -> str | None:
        """The person of a link that still opens; spends nothing, since chat programs open links before people do."""
        with self.ledger.engine.connect() as db:
            return db.execute(sa.select(links.c.person).where(*self._opens(secret, now))).scalar()

    def open(self, secret: str, now: datetime, stay: timedelta) -> str | None:
        """The secret of a new session, and a link for one use is spent; None where the link does not open."""
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
        """The conditions under which a link opens a session."""
        return (
            links.c.bureau == self.name,
            links.c.id == _digest(secret)[:40],
            links.c.revoked.is_(None),
            sa.or_(links.c.until.is_(None), links.c.until > now),
            sa.or_(~links.c.once, links.c.used.is_(None)),
        )

    def person(self, secret: str, now: datetime) -> str | None:
        """Whose open session a cookie is; None where it is over, revoked or unknown."""
        query = sa.select(sessions.c.person).where(
            sessions.c.bureau == self.name,
            sessions.c.id == _digest(secret),
            sessions.c.revoked.is_(None),
            sessions.c.until > now,
        )
        with self.ledger.engine.connect() as db:
            return db.execute(query).scalar()

    def end(self, secret: str, now: datetime) -> None:
        """End the session of a cookie."""
        ended = sa.update(sessions).where(sessions.c.bureau == self.name, sessions.c.id == _digest(secret))
        with self.ledger.engine.begin() as db:
            db.execute(ended.values(revoked=now))

    def revoke(self, person: str, now: datetime) -> int:
        """End all links and sessions of a person; returns how many were still open."""
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

    def by_person(self, now: datetime) -> dict[str, OpenAccess]:
        """By name, of everybody who has a link that opens or ever had a session."""
        open_links = sa.select(links.c.person, sa.func.count()).where(
            links.c.bureau == self.name,
            links.c.revoked.is_(None),
            sa.or_(links.c.until.is_(None), links.c.until > now),
            sa.or_(~links.c.once, links.c.used.is_(None)),
        )
        is_open = sa.and_(sessions.c.revoked.is_(None), sessions.c.until > now)
        all_sessions = sa.select(
            sessions.c.person, sa.func.sum(sa.case((is_open, 1), else_=0)), sa.func.max(sessions.c.since)
        ).where(sessions.c.bureau == self.name)
        with self.ledger.engine.connect() as db:
            counts = {row[0]: row[1] for row in db.execute(open_links.group_by(links.c.person))}
            opened = {row[0]: (row[1], row[2]) for row in db.execute(all_sessions.group_by(sessions.c.person))}
        return {
            name: OpenAccess(
                counts.get(name, 0), opened[name][0] if name in opened else 0,
                opened[name][1].astimezone(self.zone) if name in opened else None,
            )
            for name in {*counts, *opened}
        }  # fmt: skip
