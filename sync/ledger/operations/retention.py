"""Personal data whose time is over, and all that is held of one person: the questions to the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync.core.notices.notices import Notice
from sync.core.rules.sections import Keep
from sync.ledger.ledger import Ledger
from sync.ledger.tables import (
    IN,
    cell_edits,
    editions,
    history,
    links,
    mails,
    openings,
    outbox,
    photos,
    sessions,
    submissions,
    wishes,
)

Rows = list[tuple[str, ...]]
EMPTY = "{}"  # the cells of a form that was emptied: its id stays, so that it is still taken once


@dataclass(frozen=True)
class Over:
    """What is over of one kind: its name for staff, and how many there are."""

    kind: str
    count: int


class Retention:
    """The personal data of one bureau in its ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def purge(self, keep: Keep, now: datetime, *, dry_run: bool) -> list[Over]:
        """Empty or delete what is over; ``dry_run``: only count."""
        with self.ledger.engine.begin() as db:
            done = []
            for kind, count, change in self._over(keep, now):
                done.append(Over(kind, int(db.execute(count).scalar_one())))
                if not dry_run:
                    db.execute(change)
            return done

    def _over(self, keep: Keep, now: datetime) -> Iterator[tuple[str, sa.Select[Any], sa.Update | sa.Delete]]:
        """By kind: how to count what is over, and how to let it go."""
        name = self.ledger.name

        def before(days: int) -> datetime:
            return now - timedelta(days=days)

        ended = sa.or_(sessions.c.until < before(keep.sessions), sessions.c.revoked < before(keep.sessions))
        spent = sa.or_(
            links.c.until < before(keep.sessions),
            links.c.revoked < before(keep.sessions),
            sa.and_(links.c.once, links.c.used < before(keep.sessions)),
        )
        forms = sa.and_(submissions.c.state == IN, submissions.c.at < before(keep.forms), submissions.c.cells != EMPTY)
        senders = sa.and_(submissions.c.public, submissions.c.at < before(keep.public), submissions.c.person != "")
        photographers = sa.and_(photos.c.public, photos.c.at < before(keep.public), photos.c.person != "")
        kinds = (
            ("过期的登录", sessions, ended, None),
            ("过期的登录链接", links, spent, None),
            ("手机表单的内容（行还在表格里）", submissions, forms, {"cells": EMPTY}),
            ("表格里谁改过哪一格", cell_edits, cell_edits.c.at < before(keep.forms), None),
            ("群众反映的网络地址摘要", submissions, senders, {"person": ""}),
            ("群众照片的网络地址摘要", photos, photographers, {"person": ""}),
            ("发出的邮件（通知还在通知记录里）", mails, mails.c.at < before(keep.mails), None),
        )
        for kind, table, over, values in kinds:
            mine = sa.and_(table.c.bureau == name, over)
            change = sa.update(table).where(mine).values(values) if values else sa.delete(table).where(mine)
            yield kind, sa.select(sa.func.count()).select_from(table).where(mine), change

    # What is held of one person
    def notices_to(self, person: str) -> Rows:
        """Number, hour, kind, text, state and reason of each notice to that person."""
        query = sa.select(outbox).where(outbox.c.bureau == self.ledger.name, outbox.c.to == person)
        with self.ledger.engine.connect() as db:
            rows = list(db.execute(query.order_by(outbox.c.number)))
        told = ((self.ledger.records.read(Notice, row.notice), row) for row in rows)
        return [(row.number, self._hour(n.time), n.kind, n.text, row.state, row.reason) for n, row in told]

    def changes_naming(self, person: str) -> Rows:
        """Hour, tab, id, what, before and after of each entry of the history that names that person."""
        named = sa.or_(
            history.c.before.contains(person, autoescape=True), history.c.after.contains(person, autoescape=True)
        )
        query = sa.select(history).where(history.c.bureau == self.ledger.name, named).order_by(history.c.n)
        with self.ledger.engine.connect() as db:
            rows = list(db.execute(query))
        return [(self._hour(row.at), row.tab, row.rid, row.what, row.before, row.after) for row in rows]

    def doings_of(self, person: str) -> Rows:
        """What that person did with the service, as (what, hour, details)."""
        return sorted([*self._visits(person), *self._sent(person)], key=lambda row: row[1])

    def _visits(self, person: str) -> Iterator[tuple[str, ...]]:
        for row in self._mine(links, links.c.person == person):
            until = f"到 {self._hour(row.until)}" if row.until else "长期有效"
            yield "登录链接", self._hour(row.made), "已收回" if row.revoked else until
        for row in self._mine(sessions, sessions.c.person == person):
            yield "登录", self._hour(row.since), f"到 {self._hour(row.until)}{'，已收回' if row.revoked else ''}"
        for row in self._mine(mails, mails.c.person == person):
            yield "收到的邮件", self._hour(row.at), f"{row.address}：{row.subject}"
        for row in self._mine(openings, openings.c.person == person):
            yield "打开督办函", self._hour(row.at), row.letter

    def _sent(self, person: str) -> Iterator[tuple[str, ...]]:
        for row in self._mine(submissions, submissions.c.person == person, ~submissions.c.public):
            yield "手机表单", self._hour(row.at), row.cells
        for row in self._mine(photos, photos.c.person == person, ~photos.c.public):
            yield "照片", self._hour(row.at) if row.at else "", row.id
        for row in self._mine(cell_edits, cell_edits.c.person == person):
            yield "改表格", self._hour(row.at), f"{row.header}：{row.before} → {row.after}"
        for row in self._mine(editions, editions.c.person == person):
            yield "修改规则", self._hour(row.at), row.reason
        for row in self._mine(wishes, wishes.c.person == person):
            yield "通知方式", "", f"{row.kind}：{row.channel}"

    def _mine(self, table: sa.Table, *conditions: Any) -> list[Any]:
        with self.ledger.engine.connect() as db:
            return list(db.execute(sa.select(table).where(table.c.bureau == self.ledger.name, *conditions)))

    def _hour(self, at: datetime) -> str:
        return f"{at.astimezone(self.ledger.zone):%Y-%m-%d %H:%M}"
