"""What came from forms: submissions, each taken once whatever a bad line repeats, and photos."""

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
    """A form that was sent: ``cells`` raw by column key as they go into the row, ``details`` what it was answered.

    ``state``: 待写入 (sent or about to be, and not known to be in the sheet) or 已写入.
    """

    id: str
    tab: str
    person: str
    at: datetime
    state: str
    cells: Mapping[str, Raw]
    details: Mapping[str, Any]


class Intake:
    """Submissions and photos of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.name, self.zone = ledger.name, ledger.zone

    def find(self, id_: str) -> Submission | None:
        """The submission of that id, whoever sent it."""
        query = sa.select(submissions).where(submissions.c.bureau == self.name, submissions.c.id == id_)
        with self.ledger.engine.connect() as db:
            row = db.execute(query).first()
        return self._read(row) if row else None

    def _read(self, row: Any) -> Submission:
        at = row.at.astimezone(self.zone)
        said = json.loads(row.said) if row.said else {}
        return Submission(row.id, row.tab, row.person, at, row.state, json.loads(row.cells), said)

    def keep(self, one: Submission) -> None:
        """Remember a submission as it stands now."""
        values = {
            "bureau": self.name,
            "id": one.id,
            "tab": one.tab,
            "person": one.person,
            "at": one.at,
            "state": one.state,
            "cells": json.dumps(dict(one.cells), ensure_ascii=False),
            "said": json.dumps(dict(one.details), ensure_ascii=False),
        }
        mine = (submissions.c.bureau == self.name, submissions.c.id == one.id)
        with self.ledger.engine.begin() as db:
            if not db.execute(sa.update(submissions).where(*mine).values(values)).rowcount:
                db.execute(sa.insert(submissions).values(values))

    def since(self, at: datetime, back: timedelta, person: str = "") -> int:
        """How many submissions came in the time before ``at``, of those whose sender's name begins with ``person``."""
        query = sa.select(sa.func.count()).where(
            submissions.c.bureau == self.name,
            submissions.c.at > at - back,
            submissions.c.person.startswith(person, autoescape=True),
        )
        with self.ledger.engine.connect() as db:
            return int(db.execute(query).scalar_one())

    # Photos
    def photo(self, id_: str) -> Photo | None:
        query = sa.select(photos.c.photo).where(photos.c.bureau == self.name, photos.c.id == id_)
        with self.ledger.engine.connect() as db:
            text = db.execute(query).scalar()
        return self.ledger.records.read(Photo, text) if text else None

    def add_photo(self, photo: Photo) -> None:
        """Remember a photo; the next look knows it. The same id again changes nothing."""
        values = {"bureau": self.name, "id": photo.id, "photo": self.ledger.records.text(photo)}
        with self.ledger.engine.begin() as db:
            upsert(db, photos, [values])

    def photos_since(self, at: datetime, back: timedelta, person: str) -> int:
        """How many photos came in the time before ``at``, of those whose sender's name begins with ``person``."""
        begins = json.dumps(person, ensure_ascii=False)[:-1]
        asked = sa.select(photos.c.photo).where(
            photos.c.bureau == self.name, photos.c.photo.contains(begins, autoescape=True)
        )
        with self.ledger.engine.connect() as db:
            found = [self.ledger.records.read(Photo, text) for text in db.execute(asked).scalars()]
        return sum(1 for one in found if at - back < one.at and one.person.startswith(person))
