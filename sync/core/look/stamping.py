"""Every issue stamped: when it was received, whose street it was that day, which limit runs (plan 五·3 限时整改).

Stamping comes before anybody's request is judged: whose the answer is to give hangs on the issue's branch and district.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from sync.core.issues import issues, photo_uses
from sync.core.issues.issues import Fix, Stamps, heard
from sync.core.look.people import People
from sync.core.look.reading import SHOWN, Reading
from sync.core.look.rebuilding import adoption
from sync.core.memory import IssueFailed
from sync.core.people.permissions import Area
from sync.core.rules.conditions import MEASUREMENT, PUBLIC
from sync.core.rules.sections import Repeat
from sync.core.sheet import checks
from sync.core.sheet.identity import Known
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import Row, issue_number, plain

Hours = dict[tuple[str, ...], list[datetime]]  # of receipt, in order, by what must be equal for a repeat


@dataclass(frozen=True)
class Stamped:
    """The stamps of every issue that stands in the live tab, by number; those of rows with a fault have no street."""

    stamps: Mapping[str, Stamps]

    def area(self, issue: str) -> Area:
        """Branch and district of an issue; empty before it is stamped."""
        stamps = self.stamps.get(issue)
        return Area(branch=stamps.branch, district=stamps.district) if stamps else Area()


def fixes_by_issue(reading: Reading) -> dict[str, tuple[Fix, ...]]:
    """整改反馈 by issue, in the order of the hours that count."""
    fixes: dict[str, list[Fix]] = defaultdict(list)
    reused = reused_photos(reading)
    for row in reading.rows.get("feedback", []):
        if "issue" in row.cells and "outcome" in row.cells:
            known = reading.known_row("feedback", row.rid)
            fixes[row.cells["issue"]].append(_fix(known, row.number, row.cells, reused))
    for number, fix in _fixes_out_of_sight(reading, reused):
        fixes[number].append(fix)
    return {rid: tuple(sorted(group, key=lambda fix: (fix.at, fix.rid))) for rid, group in fixes.items()}


def _fix(known: Known, number: int, cells: Mapping[str, Any], reused: Mapping[str, str]) -> Fix:
    measured = MEASUREMENT in plain(cells.get("text"))
    shown_at, again = known.marks.get(SHOWN), reused.get(known.rid, "")
    outcome, photos = plain(cells.get("outcome")), plain(cells.get("photos"))
    return Fix(known.rid, number, known.marks["heard"], outcome, photos, shown_at, again, measured)


def reused_photos(reading: Reading) -> Mapping[str, str]:
    """By feedback, where its photos were used before: those all of whose photos are files that came earlier."""
    pictures = reading.memory.photos
    if not pictures:
        return {}
    memo = reading.memo.of("reused photos")
    rows = [{**reading.memory.known.get(key, {}), **reading.known.get(key, {})} for key in ("issues", "feedback")]
    return memo.result("", (pictures, *rows), photo_uses.reused, *(group.values() for group in rows), pictures)


def _fixes_out_of_sight(reading: Reading, reused: Mapping[str, str]) -> Iterator[tuple[str, Fix]]:
    """Feedback whose row is not there now: cut for a moment, it still counts; deleted, it counts when a verdict was
    given on it, at this very look perhaps."""
    seen = {row.rid for row in reading.rows.get("feedback", [])}
    results = {row.rid: row.cells for row in reading.rows.get("issues", []) if "verified" in row.cells}
    for rid, row in reading.memory.known.get("feedback", {}).items():
        if rid in seen or "issue" not in row.cells:
            continue
        number, at = issue_number(row.cells["issue"]), row.marks["heard"]
        stamps = reading.memory.stamps.get(number)
        verdicts = stamps.verdicts if stamps else ()
        is_new = number in results and not (verdicts and not issues.is_news(results[number], verdicts[-1]))
        if is_new or any(verdict.at >= at for verdict in verdicts) or not reading.known_row("feedback", rid).deleted:
            yield number, _fix(row, 0, row.cells, reused)


def stamp(
    reading: Reading, people: People, fixes: Mapping[str, Sequence[Fix]], archived: Mapping[str, Stamps]
) -> Stamped:
    """Stamps that the ledger holds stand, but for what was mistyped and nobody answered yet; after the ledger was lost
    those that the sheet shows stand; new rows get their first. The earlier of two new ones at the same place is the
    first. ``archived``: stamps of archived issues that were read off the sheet at this look."""
    if "issues" not in reading.layouts:
        return Stamped({})
    rows, known = reading.rows["issues"], reading.memory.stamps
    stamps = dict[str, Stamps]()
    for row in rows:
        try:
            before = _adopted(reading, people, row) if row.rid in reading.adopted else known.get(row.rid)
            if before:
                stamps[row.rid] = _known(reading, people, row, before, fixes)
        except Exception as error:  # one issue never stops the rest
            raise IssueFailed(row) from error
    fresh = [row for row in rows if row.rid not in stamps or not stamps[row.rid].street]
    hours = cache(partial(_hours, reading, {**known, **archived, **stamps})) if fresh else dict
    for row in sorted(fresh, key=lambda row: _order(row, known, reading.now)):
        try:
            stamps[row.rid] = _first(reading, people, row, stamps.get(row.rid), hours)
        except Exception as error:
            raise IssueFailed(row) from error
    return Stamped(stamps)


def _adopted(reading: Reading, people: People, row: Row) -> Stamps | None:
    """The stamps that the sheet still shows of a row that the ledger does not know."""
    return adoption.read_stamps(reading.layouts["issues"], row, reading.rules, reading.now, people.roster)


def _order(row: Row, known: Mapping[str, Stamps], now: datetime) -> tuple[object, ...]:
    """Rows known before as they stand, then the new ones by the hour of their report."""
    new = row.rid not in known
    return (new, row.cells.get("reported_at") or now if new else now, row.number)


def _known(reading: Reading, people: People, row: Row, stamps: Stamps, fixes: Mapping[str, Sequence[Fix]]) -> Stamps:
    """A street, category or source that was mistyped is put right while nobody answered yet; a deadline stays."""
    cells = row.cells
    as_typed = cells.get("street") == stamps.street and cells.get("category") == stamps.category
    if not stamps.street or (as_typed and (stamps.source != PUBLIC or stamps.start is not None)):
        return stamps
    if fixes.get(row.rid) or stamps.verdicts or stamps.levels or stamps.moves:
        return stamps
    return _corrected(reading, people, row, stamps)


def _corrected(reading: Reading, people: People, row: Row, stamps: Stamps) -> Stamps:
    cells, rules = row.cells, reading.rules
    street = people.roster.street(cells.get("street", ""), stamps.received.date())
    category = rules.categories.get(cells.get("category", ""))
    if street and category and (street.name, category.name) != (stamps.street, stamps.category):
        stamps = issues.assign(stamps, category, street, people.roster)
    source = cells.get("source", "")
    if stamps.source == PUBLIC and stamps.start is None and source not in ("", PUBLIC):
        stamps = issues.begin(replace(stamps, source=source), cells, rules, reading.now)
    return stamps


def _first(reading: Reading, people: People, row: Row, before: Stamps | None, hours: Callable[[], Hours]) -> Stamps:
    """The first stamps of a row without fault. ``before``: those of a row that had a fault when it was first seen;
    nobody could answer it until now, so its clock starts now."""
    unstamped = before or Stamps(reading.now)
    if problems(reading, people, row):
        return unstamped
    seen = reading.seen_at(row.parsed.print)
    received = reading.now if before else heard(row.cells.get("reported_at"), seen, reading.grace)
    street = people.roster.street(row.cells["street"], received.date())
    if street is None:
        return unstamped
    repeat = _repeat(reading, row, street.name, received, hours())
    return issues.receive(row.cells, received, street, people.roster, reading.rules, repeat)


def problems(reading: Reading, people: People, row: Row) -> list[Problem]:
    """What is wrong with a row of 问题台账; a row with a fault gets no clock."""
    cells = row.cells
    return [
        *row.parsed.problems,
        *checks.known_lists(reading.layouts["issues"].tab, cells, people.lists),
        *checks.future(cells, "reported_at", reading.now),
        *checks.future(cells, "verified_at", reading.now),
        *checks.past_limit(cells),
    ]


def _repeat(reading: Reading, row: Row, street: str, received: datetime, hours: Hours) -> int:
    """Which occurrence this is of the same place and category within the window of the rules; it is entered in
    ``hours`` for those that come after it."""
    place = issues.same_place(row.cells, street, reading.rules.repeat.same)
    if place is None:
        return 1
    count = occurrence(hours.setdefault(place, []), received, reading.rules.repeat)
    insort(hours[place], received)
    return count


def occurrence(hours: Sequence[datetime], received: datetime, rule: Repeat) -> int:
    """Which occurrence one received then is: one more than the receipts (``hours``, in order) within the window before
    it."""
    window = issues.clock(rule.window)
    return 1 + bisect_right(hours, received) - bisect_left(hours, received - window)


def _hours(reading: Reading, stamps: Mapping[str, Stamps]) -> Hours:
    """When the issues with stamps were received, archived ones among them."""
    here = ((row.rid, row.cells) for row in reading.rows["issues"])
    away = ((rid, {key: plain(value) for key, value in row.cells.items()}) for rid, row in reading.away.items())
    hours: Hours = defaultdict(list)
    for rid, cells in (*here, *away):
        known = stamps.get(rid)
        if known and known.street and not known.voided:
            stamped = {**cells, "category": known.category or cells.get("category", "")}
            place = issues.same_place(stamped, known.street, reading.rules.repeat.same)
            if place:
                hours[place].append(known.received)
    for group in hours.values():
        group.sort()
    return hours
