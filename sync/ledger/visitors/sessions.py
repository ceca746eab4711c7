"""Personal links and the sessions that they open. Of what a link or a cookie carries only the digest is stored.

Whose a link is, is a name of the roster or the operator, who has no name there: a kind of its own in both tables.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync.ledger.ledger import Ledger
from sync.ledger.tables import links, sessions

UNUSED = timedelta(days=365)  # after which a link that is good until revoked opens no more


@dataclass(frozen=True)
class Owner:
    """Whose a link or a session is. ``operator``: who runs the service, whatever ``person`` says; else ``person`` is a
    name of the roster."""

    person: str
    operator: bool = False


@dataclass(frozen=True)
class Link:
    """A link that opens a session."""

    owner: Owner
    once: bool  # spent by its first use
    maker: str  # who made it; empty: the command line, or a version before 0.2
    made: datetime  # in the bureau's zone
    used: datetime | None  # last, in the bureau's zone


@dataclass(frozen=True)
class Session:
    """A session that is open."""

    owner: Owner
    since: datetime


@dataclass(frozen=True)
class OpenAccess:
    """What gives a person access now."""

    links: tuple[Link, ...]  # that open a session, the newest first
    sessions: int  # that are open
    last: datetime | None  # when the last session was opened, in the bureau's zone

    @property
    def count(self) -> int:
        return len(self.links) + self.sessions


NO_ACCESS = OpenAccess((), 0, None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Sessions:
    """The links and sessions of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.name, self.zone = ledger.name, ledger.zone

    def make_link(self, owner: Owner, now: datetime, *, until: datetime | None, once: bool, maker: str = "") -> str:
        """The secret of a new link. ``until`` None: good until revoked or unused for ``UNUSED``; ``once``: spent by its
        first use."""
        secret = secrets.token_urlsafe(24)
        values = {
            "id": _digest(secret)[:40], "person": owner.person, "operator": owner.operator, "made": now,
            "until": until, "once": once, "maker": maker,
        }  # fmt: skip
        with self.ledger.engine.begin() as db:
            db.execute(sa.insert(links).values(bureau=self.name, **values))
        return secret

    def link(self, secret: str, now: datetime) -> Link | None:
        """A link that still opens; spends nothing, since chat programs open links before people do."""
        query = sa.select(links).where(*self._good(now), links.c.id == _digest(secret)[:40])
        with self.ledger.engine.connect() as db:
            row = db.execute(query).first()
        return self._link(row) if row else None

    def open(self, secret: str, now: datetime, stay: timedelta) -> str | None:
        """The secret of a new session, and a link for one use is spent; None where the link does not open."""
        link = _digest(secret)[:40]
        with self.ledger.engine.begin() as db:
            opened = sa.update(links).where(*self._good(now), links.c.id == link).values(used=now)
            if not db.execute(opened).rowcount:
                return None
            columns = sa.select(links.c.person, links.c.operator)
            (owner,) = db.execute(columns.where(links.c.bureau == self.name, links.c.id == link))
            made = secrets.token_urlsafe(32)
            values = {"id": _digest(made), "person": owner.person, "operator": owner.operator, "link": link}
            db.execute(sa.insert(sessions).values(bureau=self.name, since=now, until=now + stay, **values))
        return made

    def _good(self, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        """The conditions under which links open a session."""
        return (
            links.c.bureau == self.name,
            links.c.revoked.is_(None),
            sa.or_(links.c.until.is_(None), links.c.until > now),
            sa.func.coalesce(links.c.used, links.c.made) > now - UNUSED,
            sa.or_(~links.c.once, links.c.used.is_(None)),
        )

    def _link(self, row: sa.Row[Any]) -> Link:
        used = row.used.astimezone(self.zone) if row.used else None
        return Link(Owner(row.person, row.operator), row.once, row.maker, row.made.astimezone(self.zone), used)

    def session(self, secret: str, now: datetime) -> Session | None:
        """The open session that a cookie stands for; None where it is over, revoked or unknown."""
        query = sa.select(sessions).where(
            sessions.c.bureau == self.name,
            sessions.c.id == _digest(secret),
            sessions.c.revoked.is_(None),
            sessions.c.until > now,
        )
        with self.ledger.engine.connect() as db:
            row = db.execute(query).first()
        return Session(Owner(row.person, row.operator), row.since) if row else None

    def end(self, secret: str, now: datetime) -> None:
        """End the session of a cookie."""
        ended = sa.update(sessions).where(sessions.c.bureau == self.name, sessions.c.id == _digest(secret))
        with self.ledger.engine.begin() as db:
            db.execute(ended.values(revoked=now))

    def revoke(self, owner: Owner, now: datetime) -> int:
        """End all links and sessions of a person or of the operator; returns how many were still open."""
        is_open = {
            links: self._good(now),
            sessions: (sessions.c.bureau == self.name, sessions.c.revoked.is_(None), sessions.c.until > now),
        }
        with self.ledger.engine.begin() as db:
            return sum(
                db.execute(sa.update(table).where(*_of(table, owner), *conditions).values(revoked=now)).rowcount
                for table, conditions in is_open.items()
            )

    def by_owner(self, now: datetime) -> dict[Owner, OpenAccess]:
        """Of everybody who has a link that opens or ever had a session."""
        good = sa.select(links).where(*self._good(now)).order_by(links.c.made.desc())
        is_open = sa.and_(sessions.c.revoked.is_(None), sessions.c.until > now)
        columns = (sessions.c.person, sessions.c.operator)
        counts = sa.select(*columns, sa.func.sum(sa.case((is_open, 1), else_=0)), sa.func.max(sessions.c.since))
        with self.ledger.engine.connect() as db:
            all_links = [self._link(row) for row in db.execute(good)]
            rows = db.execute(counts.where(sessions.c.bureau == self.name).group_by(*columns)).all()
        opened = {Owner(row[0], row[1]): (row[2], row[3].astimezone(self.zone)) for row in rows}
        return {
            owner: OpenAccess(tuple(link for link in all_links if link.owner == owner), *opened.get(owner, (0, None)))
            for owner in {*(link.owner for link in all_links), *opened}
        }


def _of(table: sa.Table, owner: Owner) -> tuple[sa.ColumnElement[bool], ...]:
    """The operator is one, whatever name stands beside it."""
    if owner.operator:
        return (table.c.operator,)
    return (~table.c.operator, table.c.person == owner.person)
