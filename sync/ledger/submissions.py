"""What was sent by forms: submissions, each taken once however often it is sent, and photos."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync.core.sheet.photos import Photo
from sync.core.sheet.rows import Raw
from sync.ledger.ledger import Ledger
from sync.ledger.tables import photos, submissions, upsert

SENDING, IN = "待写入", "已写入"


@dataclass(frozen=True)
class Submission:
    """A form that was sent."""

    id: str  # made by the phone
    tab: str
    person: str
    at: datetime  # in the bureau's zone
    state: str  # 待写入: sent to the sheet or about to be, and not known to be in it; or 已写入
    cells: Mapping[str, Raw]  # by column key, as they go into the row
    details: Mapping[str, Any]  # what the sender was answered


class Submissions:
    """The submissions and photos of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.name, self.zone = ledger.name, ledger.zone

    def get(self, id: str) -> Submission | None:
        """The submission with that id, whoever sent it."""
        query = sa.select(submissions).where(submissions.c.bureau == self.name, submissions.c.id == id)
        with self.ledger.engine.connect() as db:
            row = db.execute(query).first()
        return self._read(row) if row else None

    def _read(self, row: Any) -> Submission:
        at = row.at.astimezone(self.zone)
        details = json.loads(row.details) if row.details else {}
        return Submission(row.id, row.tab, row.person, at, row.state, json.loads(row.cells), details)

    def save(self, submission: Submission) -> None:
        """Store a submission as it is now."""
        values = {
            "bureau": self.name,
            "id": submission.id,
            "tab": submission.tab,
            "person": submission.person,
            "at": submission.at,
            "state": submission.state,
            "cells": json.dumps(dict(submission.cells), ensure_ascii=False),
            "details": json.dumps(dict(submission.details), ensure_ascii=False),
        }
        mine = (submissions.c.bureau == self.name, submissions.c.id == submission.id)
        with self.ledger.engine.begin() as db:
            if not db.execute(sa.update(submissions).where(*mine).values(values)).rowcount:
                db.execute(sa.insert(submissions).values(values))

    def since(self, at: datetime, back: timedelta, person: str = "") -> int:
        """How many submissions came in the time ``back`` before ``at``, from senders whose name begins with
        ``person``."""
        query = sa.select(sa.func.count()).where(
            submissions.c.bureau == self.name,
            submissions.c.at > at - back,
            submissions.c.person.startswith(person, autoescape=True),
        )
        with self.ledger.engine.connect() as db:
            return int(db.execute(query).scalar_one())

    # Photos
    def photo(self, id: str) -> Photo | None:
        query = sa.select(photos.c.photo).where(photos.c.bureau == self.name, photos.c.id == id)
        with self.ledger.engine.connect() as db:
            text = db.execute(query).scalar()
        return self.ledger.records.read(Photo, text) if text else None

    def add_photo(self, photo: Photo) -> None:
        """Store a photo; the next look knows it. The same id again changes nothing."""
        values = {"bureau": self.name, "id": photo.id, "photo": self.ledger.records.text(photo)}
        with self.ledger.engine.begin() as db:
            upsert(db, photos, [values])

    def photos_since(self, at: datetime, back: timedelta, person: str) -> int:
        """How many photos came in the time ``back`` before ``at``, from senders whose name begins with ``person``."""
        begins = json.dumps(person, ensure_ascii=False)[:-1]
        query = sa.select(photos.c.photo).where(
            photos.c.bureau == self.name, photos.c.photo.contains(begins, autoescape=True)
        )
        with self.ledger.engine.connect() as db:
            stored = [self.ledger.records.read(Photo, text) for text in db.execute(query).scalars()]
        return sum(1 for photo in stored if at - back < photo.at and photo.person.startswith(person))
