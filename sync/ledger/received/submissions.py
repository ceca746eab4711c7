"""What was sent by forms: submissions, each taken once however often it is sent, and photos."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync.core.sheet.rows import Raw
from sync.core.sheet.values.photos import Photo
from sync.ledger.leases import BUSY, Busy
from sync.ledger.ledger import PHOTO_REVISION, Ledger
from sync.ledger.tables import SENDING, add_new, photos, submissions, upsert

RECORDS_EXCHANGED = "photo_records"  # fact


@dataclass(frozen=True)
class Sender:
    """Who sent a form or a photo: a person by name, or somebody of the public by the digest of his address."""

    name: str
    public: bool = False

    def is_same(self, other: Sender) -> bool:
        """Whether both stand for one sender. All of the public count as one: addresses change as a phone moves, and
        the id of a submission is known to its phone alone."""
        return self == other or (self.public and other.public)


@dataclass(frozen=True)
class Submission:
    """A form that was sent."""

    id: str  # made by the phone
    tab: str
    sender: Sender
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
        sender = Sender(row.person, row.public)
        return Submission(row.id, row.tab, sender, at, row.state, json.loads(row.cells), details)

    def begin(self, db: sa.Connection, submission: Submission, *, is_new: bool) -> None:
        """Note that a row is about to be written. ``is_new``: this is the first try. Raises ``Busy`` where that is not
        so any more: another process took the form at the same time. Until the transaction ends it can't."""
        values, mine = self._values(submission), self._mine(submission)
        if is_new:
            stored = add_new(db, submissions, values)
        else:
            waiting = sa.update(submissions).where(*mine, submissions.c.state == SENDING)
            stored = bool(db.execute(waiting.values(values)).rowcount)
        if not stored:
            raise Busy(BUSY)

    def save(self, submission: Submission) -> None:
        """Store a submission as it is now."""
        values, mine = self._values(submission), self._mine(submission)
        with self.ledger.engine.begin() as db:
            if not db.execute(sa.update(submissions).where(*mine).values(values)).rowcount:
                db.execute(sa.insert(submissions).values(values))

    def _mine(self, submission: Submission) -> tuple[sa.ColumnElement[bool], ...]:
        return submissions.c.bureau == self.name, submissions.c.id == submission.id

    def _values(self, submission: Submission) -> dict[str, Any]:
        return {
            "bureau": self.name,
            "id": submission.id,
            "tab": submission.tab,
            "person": submission.sender.name,
            "public": submission.sender.public,
            "at": submission.at,
            "state": submission.state,
            "cells": json.dumps(dict(submission.cells), ensure_ascii=False),
            "details": json.dumps(dict(submission.details), ensure_ascii=False),
        }

    def around(self, at: datetime, span: timedelta) -> list[Submission]:
        """The submissions whose hour lies within ``span`` of ``at``."""
        within = submissions.c.at.between(at - span, at + span)
        query = sa.select(submissions).where(submissions.c.bureau == self.name, within)
        with self.ledger.engine.connect() as db:
            return [self._read(row) for row in db.execute(query)]

    def public_reports(self, since: datetime, name: str = "") -> int:
        """How many reports of the public came after ``since``; of one sender alone where one is named."""
        return self._public(submissions, since, name)

    def public_photos(self, since: datetime, name: str = "") -> int:
        """How many photos of the public came after ``since``; of one sender alone where one is named."""
        return self._public(photos, since, name)

    def _public(self, table: sa.Table, since: datetime, name: str) -> int:
        mine = (
            table.c.bureau == self.name,
            table.c.public,
            table.c.at > since,
            table.c.person == name if name else sa.true(),
        )
        with self.ledger.engine.connect() as db:
            return int(db.execute(sa.select(sa.func.count()).where(*mine)).scalar_one())

    # Photos
    def photo(self, id: str) -> Photo | None:
        query = sa.select(photos.c.photo).where(photos.c.bureau == self.name, photos.c.id == id)
        with self.ledger.engine.connect() as db:
            text = db.execute(query).scalar()
        return self.photo_of(text) if text else None

    def photos(self) -> dict[str, Photo]:
        """All photos by id."""
        with self.ledger.engine.connect() as db:
            texts = db.scalars(sa.select(photos.c.photo).where(photos.c.bureau == self.name)).all()
        return {photo.id: photo for photo in map(self.photo_of, texts)}

    def photo_of(self, text: str) -> Photo:
        """A photo from its JSON."""
        return self.ledger.records.read(Photo, text)

    def photo_text(self, photo: Photo) -> str:
        """A photo as JSON."""
        return self.ledger.records.text(photo)

    def are_records_exchanged(self) -> bool:
        """Whether this ledger and the folder of photos know the same photos since it was made."""
        with self.ledger.engine.connect() as db:
            return bool(self.ledger.records.fact(db, RECORDS_EXCHANGED, False))

    def note_records_exchanged(self) -> None:
        with self.ledger.engine.begin() as db:
            self.ledger.records.set_facts(db, {RECORDS_EXCHANGED: True})

    def add_photo(self, photo: Photo) -> None:
        """Store a photo; the next look knows it. The same id again changes nothing."""
        values = {
            "bureau": self.name,
            "id": photo.id,
            "photo": self.photo_text(photo),
            "person": photo.person,
            "at": photo.at,
            "public": photo.public,
        }
        with self.ledger.engine.begin() as db:
            self.ledger.records.bump(db, PHOTO_REVISION)
            upsert(db, photos, [values])
