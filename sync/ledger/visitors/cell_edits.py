"""Who changed which cell in the grid (table ``cell_edits``): the history of a cell names the person from here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sync.core.sheet.rows import Raw
from sync.ledger.ledger import Ledger
from sync.ledger.records import to_json
from sync.ledger.tables import cell_edits


@dataclass(frozen=True)
class CellEdit:
    """A cell that was changed: the record number of its row, its header, what stood there before and stands there
    after (a formula or a value). ``person`` and ``at`` (bureau's zone) of those that were noted."""

    row: int
    header: str
    before: Raw
    after: Raw
    person: str = ""
    at: datetime | None = None


class CellEdits:
    """The edits of one bureau's cells in the grid."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def note(self, sheet: int, person: str, at: datetime, edits: Iterable[CellEdit]) -> None:
        """Remember what a person changed in one edit."""
        rows = [
            {
                "bureau": self.ledger.name,
                "sheet": sheet,
                "row": edit.row,
                "header": edit.header,
                "person": person,
                "before": to_json(edit.before),
                "after": to_json(edit.after),
                "at": at,
            }
            for edit in edits
        ]
        if rows:
            with self.ledger.engine.begin() as db:
                db.execute(sa.insert(cell_edits), rows)

    def of(self, sheet: int, row: int, header: str) -> list[CellEdit]:
        """What was changed in one cell, oldest first."""
        cell = sa.and_(
            cell_edits.c.bureau == self.ledger.name,
            cell_edits.c.sheet == sheet,
            cell_edits.c.row == row,
            cell_edits.c.header == header,
        )
        with self.ledger.engine.connect() as db:
            rows = db.execute(sa.select(cell_edits).where(cell).order_by(cell_edits.c.n)).all()
        return [
            CellEdit(
                edit.row,
                edit.header,
                json.loads(edit.before),
                json.loads(edit.after),
                edit.person,
                edit.at.astimezone(self.ledger.zone),
            )
            for edit in rows
        ]
