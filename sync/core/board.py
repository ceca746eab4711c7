"""The score board: the lines of all issues and the month's table, as rows of 扣分明细 and 月度考核.

Worked out anew only when an issue came to something else, or somebody inspected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sync.core import plan, scores, standings
from sync.core.followup import Followed
from sync.core.reading import Reading
from sync.core.roster import Roster
from sync.core.scores import Line

Rows = dict[tuple[str, ...], dict[str, Any]]


@dataclass
class Board:
    """The board of one look."""

    reading: Reading
    roster: Roster
    followed: Mapping[str, Followed]

    def run(self) -> tuple[Rows, Rows]:
        """扣分明细 and 月度考核 of every month that has lines, and of this one: cells by key."""
        visits = self._visits()
        found = tuple(self.followed.values())
        memo = self.reading.memory.memo.scores
        if memo and memo[0] == visits and _same_items(memo[1], found):
            lines, rows = memo[2]
        else:
            lines, rows = self._scores(visits)
        self.reading.memory.memo.scores = (visits, found, (lines, rows))
        return lines, rows

    def _scores(self, visits: Mapping[tuple[str, str], int]) -> tuple[Rows, Rows]:
        lines = [line for one in self.followed.values() for line in one.lines] + self._of_lost_rows()
        today = self.reading.now.date()
        months = sorted({line.month for line in lines} | {scores.month_of(today)})
        bases = [
            line for month in months for line in scores.base_lines(month, self._targets(month), self.reading.rules)
        ]
        lines = scores.capped(lines, self.reading.rules)
        tallies = [one.tally for one in self.followed.values() if one.tally]
        table = standings.standings(
            months, scores.sums([*bases, *lines]), tallies, visits, self.roster, self.reading.rules, today
        )
        ordered = sorted([*bases, *lines], key=lambda line: (line.month, line.date, line.id))
        cells: Rows = {(line.id,): self._line_cells(line) for line in ordered}
        return cells, {(row.month, row.target, row.kind): row.cells() for row in table}

    def _line_cells(self, line: Line) -> dict[str, Any]:
        return self.reading.memory.memo.cells_of(line.id, line, lambda: line_cells(line, self.reading.zone))

    def _of_lost_rows(self) -> list[Line]:
        """Deleting a row is no decision about its points: they stay until the row is back and made void."""
        lost = [booked for rid, booked in self.reading.memory.lines.items() if rid not in self.followed]
        return [line for booked in lost for line in booked.values()]

    def _targets(self, month: str) -> list[tuple[str, str, str]]:
        streets = standings.streets_of(self.roster, month, self.reading.now.date())
        found = [(scores.STREET, street.name, chief) for street, chief in streets]
        return found + [(scores.UNIT, unit, "") for unit in self.reading.rules.units]

    def _visits(self) -> dict[tuple[str, str], int]:
        """Inspections by month and street: one a street, person and day, with or without a finding."""
        seen = {
            (row.cells["reporter"], street.name, day)
            for row in self.reading.rows.get("duties", [])
            if row.cells.get("kind") == "督查" and "reporter" in row.cells
            for day in [(row.cells.get("reported_at") or self.reading.mark("duties", row.rid, "heard")).date()]
            for street in [self.roster.street(row.cells.get("street", ""), day)]
            if street
        }
        for row in self.reading.rows.get("issues", []):
            one = self.followed.get(row.rid)
            if one and one.stamps.street and row.cells.get("source") == "督查":
                seen.add((row.cells.get("reporter", ""), one.stamps.street, one.stamps.received.date()))
        found: dict[tuple[str, str], int] = defaultdict(int)
        for _, street, day in seen:
            found[scores.month_of(day), street] += 1
        return dict(found)


def _same_items(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    return len(before) == len(now) and all(a is b for a, b in zip(before, now, strict=True))


def line_cells(line: Line, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": line.id,
        "month": line.month,
        "target": line.target,
        "chief": line.chief,
        "issue": line.issue,
        "rule": line.rule,
        "clause": line.clause,
        "points": line.points / 100,
        "text": line.text,
        "date": plan.to_raw(line.date, zone),
    }
