"""How each person has laid out the tabs of the grid (table ``layouts``): widths, hidden columns, wrapping."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa

from sync.ledger.ledger import Ledger
from sync.ledger.records import to_json
from sync.ledger.tables import layouts, upsert


@dataclass(frozen=True)
class TabLayout:
    """``widths``: pixels by header; ``hidden``: headers; ``wrap``: whether texts are wrapped in higher lines."""

    widths: Mapping[str, int] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    wrap: bool = False


class Layouts:
    """The layouts of one bureau's people."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def of(self, person: str, sheet: int) -> TabLayout:
        """How that person has laid out that sheet."""
        mine = sa.and_(layouts.c.bureau == self.ledger.name, layouts.c.person == person, layouts.c.sheet == sheet)
        with self.ledger.engine.connect() as db:
            text = db.execute(sa.select(layouts.c.layout).where(mine)).scalar()
        if text is None:
            return TabLayout()
        stored = json.loads(text)
        return TabLayout(stored["widths"], tuple(stored["hidden"]), stored["wrap"])

    def set(self, person: str, sheet: int, layout: TabLayout) -> None:
        """Remember it from now on."""
        row = {"bureau": self.ledger.name, "person": person, "sheet": sheet, "layout": to_json(asdict(layout))}
        with self.ledger.engine.begin() as db:
            upsert(db, layouts, [row])
