"""Which streets were inspected this month and which were not, for 每天组织督查 (plan 五·3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sync.core.look.findings import Look
from sync.core.people.ordering import place_order
from sync.core.rules.values import INSPECTION
from sync.core.scores.lines import STREET, month_of


@dataclass(frozen=True)
class Inspected:
    """A street in use: ``count``: inspections that count for this month's ranking; ``last``: the day of the last one
    ever, None for none; ``today``: whether one was noted today."""

    street: str
    branch: str
    district: str
    count: int
    last: date | None
    today: bool


def inspections(look: Look) -> list[Inspected]:
    """Every street in use, those without an inspection this month first, then by the day of the last."""
    day, month = look.now.date(), month_of(look.now)
    counts = {
        row.target: row.inspections or 0 for row in look.scored.table if row.month == month and row.kind == STREET
    }
    last: dict[str, date] = {}
    for record in look.duties.records.done:
        if record.kind == INSPECTION and record.street:
            last[record.street] = max(record.day, last.get(record.street, record.day))
    streets = [
        Inspected(s.name, s.branch, s.district, counts.get(s.name, 0), last.get(s.name), last.get(s.name) == day)
        for s in look.roster.streets
        if s.span.holds(day)
    ]
    return sorted(streets, key=lambda each: (each.count > 0, each.last or date.min, place_order(each.street)))
