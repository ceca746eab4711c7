"""Points of before: as the ledger keeps them, or, after it was lost, as the sheets show them (DESIGN section 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sync.core.issues.issues import Stamps
from sync.core.look.people import People
from sync.core.look.reading import Reading
from sync.core.look.rebuilding import adoption, archive, left_rows
from sync.core.look.rebuilding.archive import FromArchive
from sync.core.memory import Archived
from sync.core.people.roster import Roster
from sync.core.scores import persons
from sync.core.scores.lines import APPEALED, OF_REQUEST, Booked, Group, Line, by_origin
from sync.core.scores.seal import SEALED, Seal, next_month
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row, plain
from sync.core.sheet.tabs import Layout
from sync.core.sheet.values import serials


@dataclass(frozen=True)
class PastPoints:
    """What was booked before this look, and the months that were sealed."""

    lines: Booked
    seals: Mapping[str, Seal]  # by month
    by_origin: Mapping[str, Booked]  # the lines

    def of(self, origin: str) -> Booked:
        """The lines of that origin."""
        return self.by_origin.get(origin, {})

    @cached_property
    def returned(self) -> Mapping[str, int]:
        """Points that upheld appeals gave back, by the line that they were charged with."""
        groups = self.of(OF_REQUEST).values()
        return {line.returns: line.points for group in groups for line in group.values() if line.rule == APPEALED}

    @cached_property
    def by_id(self) -> Mapping[str, Line]:
        """Every line, those of sealed months as sealed."""
        lines = {name: line for group in self.lines.values() for name, line in group.items()}
        for seal in self.seals.values():
            lines |= seal.by_id
        return lines


@dataclass(frozen=True)
class Rebuilt:
    """What this look starts from. ``reading``: with archived issues that were read off the sheet; the rest is news for
    the ledger, empty unless it was lost."""

    reading: Reading
    past: PastPoints
    stamps: Mapping[str, Stamps] = field(default_factory=dict)  # of archived issues
    archived: Mapping[str, Archived] = field(default_factory=dict)
    lines: Mapping[Group, Mapping[str, Line]] = field(default_factory=dict)
    seals: Mapping[str, Seal] = field(default_factory=dict)
    moved: Mapping[str, Sequence[Known]] = field(default_factory=dict)  # rows that left people's tabs, by archive tab


def rebuild(reading: Reading, people: People) -> Rebuilt:
    """Points and sealed months stay as the sheets show them, also when the ledger that booked them was lost."""
    memory = reading.memory
    lost = memory.last_tick is None and bool(reading.tables.archives)
    moved = archive.adopt(reading, people.roster) if lost else FromArchive()
    reading = _with_archive(reading, moved) if lost else reading
    left = _left(reading) if lost and "lines" in reading.layouts else []
    is_new = bool(reading.adopted) or memory.last_tick is None  # a month without issues has lines and a seal, too
    lines = memory.lines
    if is_new and not lines and "lines" in reading.layouts:
        lines = _lines(reading, moved.categories, left)
    seals = memory.seals
    if is_new and not seals:
        seals = _closings(reading, lines, people.roster)
    new_lines = {} if lines is memory.lines else lines
    new_seals = {} if seals is memory.seals else seals
    reading = _with_left(reading, lines, left)
    gone = left_rows.adopt(reading, people.roster) if lost else left_rows.LeftRows(reading)
    past = PastPoints(lines, seals, reading.memo.result("lines by origin", lines, by_origin, lines))
    return Rebuilt(gone.reading, past, moved.stamps, moved.archived, new_lines, new_seals, gone.moved)


def _with_archive(reading: Reading, moved: FromArchive) -> Reading:
    return replace(
        reading,
        known={**reading.known, "issues": {**reading.known.get("issues", {}), **moved.known}},
        archived={**reading.archived, **moved.archived},
        adopted=reading.adopted | moved.known.keys(),
        numbers=moved.numbers,
    )


def _left(reading: Reading) -> list[tuple[Layout, Row]]:
    """The lines that left 扣分明细, each with the columns of its tab."""
    tables = reading.tables
    return [(layout, row) for _, layout, row in archive.rows_of(tables.tabs["lines"], tables.archives, reading.zone)]


def _with_left(reading: Reading, booked: Booked, left: Sequence[tuple[Layout, Row]]) -> Reading:
    """With the first month whose lines did not leave, read off the lines that did."""
    ids = {plain(row.seen(layout, "id")) for layout, row in left}
    months = {line.month for group in booked.values() for line in group.values() if line.id in ids}
    if not months:
        return reading
    return replace(reading, memory=replace(reading.memory, left_until=next_month(max(months))))


def _lines(
    reading: Reading, archived: Mapping[str, str], left: Sequence[tuple[Layout, Row]]
) -> dict[Group, dict[str, Line]]:
    """扣分明细 as it stands, and what ``left`` it. ``archived``: the category of archived issues by number."""
    names = {row.rid: row.cells.get("category", "") for row in reading.rows["issues"]} | dict(archived)
    categories = {rid: reading.rules.categories.get(name) for rid, name in names.items()}
    tasks = {rid: category.task for rid, category in categories.items() if category}
    live = ((reading.layouts["lines"], row) for row in reading.rows.get("lines", []))
    return adoption.read_lines([*left, *live], tasks, reading.rules)


def _closings(reading: Reading, booked: Booked, roster: Roster) -> dict[str, Seal]:
    """Closings read off 月度考核 and 扣分明细 after the ledger was lost: lines, rows and digest as they stand there."""
    layout = reading.layouts.get("scores")
    if layout is None or {"scores", "lines"} & set(reading.skipped):
        return {}
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in reading.rows.get("scores", []):
        if plain(row.seen(layout, "state")) == SEALED:
            rows[plain(row.seen(layout, "month"))].append(row)
    lines = [line for group in booked.values() for line in group.values()]
    seals = {}
    for month, group in rows.items():
        standings = tuple(adoption.read_standing(layout, row, reading.rules) for row in group)
        digest = plain(group[0].seen(layout, "digest"))
        sealed = serials.moment(group[0].seen(layout, "sealed_at"), reading.zone) or reading.now
        mine = tuple(sorted((line for line in lines if line.month == month), key=lambda line: (line.date, line.id)))
        days = persons.days_held(roster, month, reading.rules.calendar)
        people = tuple(persons.months_of(month, days, mine, standings, roster, reading.rules))
        seals[month] = Seal(month, sealed, digest, mine, standings, adopted=True, persons=people)
    return seals
