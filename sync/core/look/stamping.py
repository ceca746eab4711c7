"""Every issue stamped: when it was received, whose street it was that day, which limit runs (plan 五·3 限时整改).

Stamping comes before anybody's request is judged: whose the answer is to give hangs on the issue's branch and district.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, partial
from itertools import repeat
from typing import Any, NamedTuple

from sync.core.issues import course, issue_stamps, photo_uses, repeats
from sync.core.issues import life as lives
from sync.core.issues.issue_stamps import heard
from sync.core.issues.issues import Fix, Issue, Stamps
from sync.core.look.people import People
from sync.core.look.reading import SHOWN, Reading
from sync.core.look.rebuilding import adoption
from sync.core.look.verdicts import area_of, at_first_sight, counted, is_copy
from sync.core.memory import IssueFailed
from sync.core.people.permissions import Area, counted_source
from sync.core.rules.conditions import INSPECTED, MEASUREMENT, NORMAL, PUBLIC
from sync.core.sheet import checks
from sync.core.sheet.identity import Known
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import Row, issue_number, plain
from sync.core.sheet.values import serials

PLACES, STAMPED = "places", "stamps as known"  # kinds of the memo
NO_RELATION = repeats.Relation()
Places = dict[tuple[str, ...], list[str]]  # issues by what must be equal for a repeat


@dataclass(frozen=True)
class Stamped:
    """The stamps of every issue that stands in the live tab, by number; those of rows with a fault have no street."""

    stamps: Mapping[str, Stamps]

    def area(self, issue: str) -> Area:
        """Where an issue lies and who answers for it; empty before it is stamped."""
        stamps = self.stamps.get(issue)
        return area_of(stamps) if stamps else Area()

    def owner(self, issue: str, at: datetime | None = None) -> str:
        """The issue of which this one was a part then (None: at last); itself where it stands alone."""
        return [issue, *self.owners(issue, at)][-1]

    def owners(self, issue: str, at: datetime | None = None) -> list[str]:
        """The issue of which this one was a part then (None: at last), that of which that was one, and so on."""
        chain = [issue]
        while (own := self.stamps.get(chain[-1])) and own.joined and (at is None or (own.joined_at or at) <= at):
            if own.joined in chain:
                break
            chain.append(own.joined)
        return chain[1:]

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """Of each issue that is a part of another, how many it is a part of, one inside the other."""
        return {rid: len(self.owners(rid)) for rid, own in self.stamps.items() if own.joined}

    @cached_property
    def taken_over(self) -> Mapping[str, tuple[str, ...]]:
        """The issues that another took over, by the number of that."""
        parts: dict[str, list[str]] = defaultdict(list)
        for rid, own in self.stamps.items():
            if own.joined and own.start is not None:
                parts[own.joined].append(rid)
        return {rid: tuple(group) for rid, group in parts.items()}

    @cached_property
    def seen_days(self) -> Mapping[str, int]:
        """On how many days an inspection reported an issue again while it was open, by its number."""
        days: dict[str, set[date]] = defaultdict(set)
        for rid, own in self.stamps.items():
            if own.joined and own.start is None and own.source == INSPECTED and not own.voided:
                days[self.owner(rid)].add(own.received.date())
        return {rid: len(group) for rid, group in days.items()}


def fixes_by_issue(reading: Reading) -> dict[str, tuple[Fix, ...]]:
    """整改反馈 by issue, in the order of the hours that count."""
    fixes: dict[str, list[Fix]] = defaultdict(list)
    reused = reused_photos(reading)
    for row in reading.rows.get("feedback", []):
        if "issue" in row.cells and "outcome" in row.cells:
            known = reading.known_row("feedback", row.rid)
            fixes[row.cells["issue"]].append(_fix(known, row.cells, reused))
    for number, fix in _fixes_out_of_sight(reading, reused):
        fixes[number].append(fix)
    return _in_order(fixes)


def of_owners(fixes: Mapping[str, tuple[Fix, ...]], stamped: Stamped) -> dict[str, tuple[Fix, ...]]:
    """整改反馈 by the issue that it counts for: what names a duplicate counts for the issue that the duplicate is
    of."""
    by_owner: dict[str, list[Fix]] = defaultdict(list)
    for number, group in fixes.items():
        for fix in group:
            by_owner[stamped.owner(number, fix.at)].append(fix)
    return _in_order(by_owner)


def with_parts_away(reading: Reading, stamped: Stamped) -> Stamped:
    """The stamps with those of issues that are a part of another and left the live tab: what was filed about them
    counts for it still."""
    known = reading.memory.stamps.items()
    parts = {rid: own for rid, own in known if own.joined and rid not in stamped.stamps and rid in reading.away}
    return Stamped({**parts, **stamped.stamps}) if parts else stamped


def _in_order(fixes: Mapping[str, Iterable[Fix]]) -> dict[str, tuple[Fix, ...]]:
    return {rid: tuple(sorted(group, key=lambda fix: (fix.at, fix.rid))) for rid, group in fixes.items()}


def _fix(known: Known, cells: Mapping[str, Any], reused: Mapping[str, str]) -> Fix:
    measured = MEASUREMENT in plain(cells.get("text"))
    shown_at, again = known.marks.get(SHOWN), reused.get(known.rid, "")
    outcome, photos = plain(cells.get("outcome")), plain(cells.get("photos"))
    return Fix(known.rid, known.marks["heard"], outcome, photos, shown_at, again, measured)


def reused_photos(reading: Reading) -> Mapping[str, str]:
    """By feedback, where its photos were used before: those all of whose photos are files that came earlier."""
    pictures = reading.memory.photos
    if not pictures:
        return {}
    memo = reading.memo.of("reused photos")
    rows = [reading.remembered(key) for key in ("issues", "feedback")]
    return memo.result("", (pictures, *rows), photo_uses.reused, *(group.values() for group in rows), pictures)


def _fixes_out_of_sight(reading: Reading, reused: Mapping[str, str]) -> Iterator[tuple[str, Fix]]:
    """Feedback whose row is not there now: cut for a moment, it still counts; deleted, it counts when a verdict was
    given on it, at this very look perhaps."""
    seen = {row.rid for row in reading.rows.get("feedback", [])}
    known = reading.memory.known.get("feedback", {})
    absent = {rid: row for rid, row in known.items() if rid not in seen and "issue" in row.cells}
    issues = reading.rows.get("issues", []) if absent else ()
    results = {row.rid: row.cells for row in issues if "verified" in row.cells}
    for rid, row in absent.items():
        number, at = issue_number(row.cells["issue"]), row.marks["heard"]
        stamps = reading.memory.stamps.get(number)
        verdicts = stamps.verdicts if stamps else ()
        is_new = number in results and not (verdicts and not issue_stamps.is_news(results[number], verdicts[-1]))
        if is_new or any(verdict.at >= at for verdict in verdicts) or not reading.known_row("feedback", rid).deleted:
            yield number, _fix(row, row.cells, reused)


def stamp(
    reading: Reading, people: People, fixes: Mapping[str, Sequence[Fix]], archived: Mapping[str, Stamps]
) -> Stamped:
    """Stamps that the ledger holds stand, but for what was mistyped and nobody answered yet; after the ledger was lost
    those that the sheet shows stand; new rows get their first. The earlier of two new ones at the same place is the
    first. ``archived``: stamps of archived issues that were read off the sheet at this look."""
    if "issues" not in reading.layouts:
        return Stamped({})
    rows, known = reading.rows["issues"], reading.memory.stamps
    given = rows, known, fixes, people.lasting, reading.layouts["issues"], reading.adopted, reading.now.date()
    before = reading.memo.of("stamped before").result("", given, _stamped_before, reading, people, fixes)
    stamps = _with_news(reading, people, fixes, before, archived) if before.unsettled else before.stamps
    for kind in (STAMPED, PLACES):
        reading.memo.of(kind).keep_all()
    return Stamped(stamps)


def _with_news(
    reading: Reading,
    people: People,
    fixes: Mapping[str, Sequence[Fix]],
    before: _Before,
    archived: Mapping[str, Stamps],
) -> dict[str, Stamps]:
    """The stamps of before, with those that come or are others now."""
    rows, known = reading.rows["issues"], reading.memory.stamps
    others = {rid: other for rid, other in {**known, **archived}.items() if rid not in before.stamps}
    stamps = {**before.stamps, **_settled(reading, people, before.unsettled, before.stamps)}
    fresh = [row for row in before.unsettled if row.rid not in stamps or not stamps[row.rid].street]
    earlier = EarlierIssues(reading, fixes, {**others, **stamps})
    waiting = _taken_on(reading, people, before.unsettled, stamps)
    taken = sorted(waiting, key=lambda row: (stamps[row.rid].received, row.number))
    for row in (*sorted(fresh, key=partial(_order, reading)), *taken):  # what is taken on joins what runs by then
        try:
            earlier.stamps |= _entered(reading, people, row, stamps.get(row.rid), earlier)
        except Exception as error:
            raise IssueFailed(row) from error
    return {row.rid: earlier.stamps[row.rid] for row in rows}


class _Before(NamedTuple):
    """The stamps of the rows that have some, by number, and the rows whose stamps may come or be others now: those
    without a clock, and reports that came after a feedback."""

    stamps: Mapping[str, Stamps]
    unsettled: Sequence[Row]


def _stamped_before(reading: Reading, people: People, fixes: Mapping[str, Sequence[Fix]]) -> _Before:
    rows = reading.rows["issues"]
    rids = [row.rid for row in rows]
    before = [*map(({**_adopted_now(reading, people), **reading.memory.stamps}).get, rids)]
    parsed, scope = [row.parsed for row in rows], (people.lasting, reading.now.date())
    given = [*zip(parsed, before, map(fixes.get, rids), repeat(scope), strict=False)]

    def make(n: int) -> Stamps | None:
        own = before[n]
        try:
            return _known(reading, people, rows[n], own, fixes) if own else None
        except Exception as error:  # one issue never stops the rest
            raise IssueFailed(rows[n]) from error

    results = reading.memo.of(STAMPED)
    stamps = results.each(rids, given, make)
    results.drop(rid for rid, own in zip(rids, before, strict=True) if not own)  # by the next look it has some
    unsettled = [row for row, own in zip(rows, stamps, strict=True) if not own or _is_unsettled(own)]
    return _Before({rid: own for rid, own in zip(rids, stamps, strict=True) if own}, unsettled)


def _is_unsettled(own: Stamps) -> bool:
    return not own.street or own.start is None or bool(own.behind)


def _adopted_now(reading: Reading, people: People) -> dict[str, Stamps]:
    """The stamps of rows that the ledger does not know, as the sheet shows them."""
    stamps = dict[str, Stamps]()
    for row in reading.rows["issues"] if reading.adopted else ():
        if row.rid in reading.adopted and row.rid not in reading.memory.stamps:
            try:
                own = _adopted(reading, people, row)
            except Exception as error:
                raise IssueFailed(row) from error
            stamps |= {row.rid: own} if own else {}
    return stamps


def _adopted(reading: Reading, people: People, row: Row) -> Stamps | None:
    """The stamps that the sheet still shows of a row that the ledger does not know."""
    return adoption.read_stamps(reading.layouts["issues"], row, reading.rules, reading.now, people.roster)


def _order(reading: Reading, row: Row) -> tuple[object, ...]:
    """By the hour that counts for the report; of one hour an inspection before a chief's own report."""
    return _received(reading, row), row.cells.get("source") != INSPECTED, row.number


def _received(reading: Reading, row: Row) -> datetime:
    """The hour that counts for a row that nobody knew before."""
    return heard(row.cells.get("reported_at"), reading.seen_at(row.parsed.print), reading.grace)


def _known(reading: Reading, people: People, row: Row, stamps: Stamps, fixes: Mapping[str, Sequence[Fix]]) -> Stamps:
    """A street, category or source that was mistyped is put right while nobody answered yet; a deadline stays. An open
    issue of a street that had no chief goes to the first who gets it."""
    cells = row.cells
    as_typed = cells.get("street") == stamps.street and cells.get("category") == stamps.category
    if stamps.copied and not is_copy(cells, stamps):
        stamps = replace(stamps, copied=None)
    if stamps.street and not stamps.chief and not _is_over(stamps):
        stamps = replace(stamps, chief=people.roster.holder(stamps.street, reading.now.date()))
    if not stamps.street or (as_typed and (stamps.source != PUBLIC or stamps.start is not None)):
        return stamps
    if fixes.get(row.rid) or stamps.verdicts or stamps.levels or stamps.moves:
        return stamps
    return _corrected(reading, people, row, stamps)


def _is_over(stamps: Stamps) -> bool:
    return bool(stamps.voided or (stamps.verdicts and stamps.verdicts[-1].result == "通过"))


def _corrected(reading: Reading, people: People, row: Row, stamps: Stamps) -> Stamps:
    cells, rules = row.cells, reading.rules
    street = people.roster.street(cells.get("street", ""), stamps.received.date())
    category = rules.categories.get(cells.get("category", ""))
    if street and category and (street.name, category.name) != (stamps.street, stamps.category):
        stamps = issue_stamps.assign(stamps, category, street, people.roster)
    source = cells.get("source", "")
    if stamps.source == PUBLIC and stamps.start is None and source not in ("", PUBLIC):
        stamps = issue_stamps.begin(replace(stamps, source=source), cells, rules, reading.now)
    return stamps


def _entered(
    reading: Reading, people: People, row: Row, before: Stamps | None, earlier: EarlierIssues
) -> Mapping[str, Stamps]:
    """The stamps of a new row, or of a report of the public that was taken on now, and of an issue that it takes
    over."""
    was_waiting = bool(before and before.street)
    own = before if before and before.street else _first(reading, people, row, before)
    accepted = counted(reading, people.roster, row, own)[0].get("accepted")
    if not own.street or own.history or accepted == issue_stamps.APART:
        return {row.rid: own}
    return earlier.related(row, own, accepted == issue_stamps.TAKEN_ON, was_waiting)


def _first(reading: Reading, people: People, row: Row, before: Stamps | None) -> Stamps:
    """The first stamps of a row without fault. ``before``: those of a row that had a fault when it was first seen;
    nobody could answer it until now, so its clock starts now."""
    unstamped = before or Stamps(reading.now)
    if problems(reading, people, row):
        return unstamped
    received = reading.now if before else _received(reading, row)
    street = people.roster.street(row.cells["street"], received.date())
    if street is None:
        return unstamped
    cells = {**row.cells, "source": counted_as(reading, people, row, street.name, received)}
    if _is_history(reading, row):
        closed = serials.moment(row.seen(reading.layouts["issues"], "closed_at"), reading.zone)
        return issue_stamps.of_before(cells, received, street, people.roster, reading.rules, closed)
    stamps = issue_stamps.receive(cells, received, street, people.roster, reading.rules)
    copied = at_first_sight(row.cells, reading.now)
    return replace(stamps, copied=copied) if copied else stamps


def _is_history(reading: Reading, row: Row) -> bool:
    """Whether a new row is of before: imported so, or old when a new ledger looks for the first time."""
    if row.parsed.print in reading.memory.history:
        return True
    typed, layout = row.cells.get("reported_at"), reading.layouts["issues"]
    if reading.memory.last_tick is not None or typed is None or plain(row.seen(layout, "id")):
        return False
    return bool(typed < reading.history_ends)


def _taken_on(reading: Reading, people: People, rows: Sequence[Row], stamps: Mapping[str, Stamps]) -> Iterator[Row]:
    """Reports of the public that are taken on at this look: now it shows whether they are duplicates."""
    for row in rows:
        known = stamps.get(row.rid)
        if known and waits(known):
            accepted = counted(reading, people.roster, row, known)[0].get("accepted")
            if accepted == issue_stamps.TAKEN_ON:
                yield row


def waits(stamps: Stamps) -> bool:
    """Whether it is a report of the public that nobody has taken on."""
    return bool(stamps.street) and stamps.start is None and not stamps.joined and stamps.source == PUBLIC


def _settled(reading: Reading, people: People, rows: Sequence[Row], stamps: Mapping[str, Stamps]) -> dict[str, Stamps]:
    """What became of reports that came after a feedback, and of duplicates: those that stand for themselves from now
    on, since somebody says so (另立) or their issue is gone."""
    settled = {}
    for row in rows:
        own = stamps.get(row.rid)
        if own and own.behind:
            settled[row.rid] = _behind(own, stamps.get(own.behind))
        elif own and own.joined and own.start is None and _stands_alone(reading, people, row, own):
            settled[row.rid] = issue_stamps.begin(
                replace(own, joined="", joined_at=None), row.cells, reading.rules, reading.now
            )
    return settled


def _stands_alone(reading: Reading, people: People, row: Row, own: Stamps) -> bool:
    return (
        reading.is_gone("issues", own.joined)
        or counted(reading, people.roster, row, own)[0].get("accepted") == issue_stamps.APART
    )


def _behind(own: Stamps, other: Stamps | None) -> Stamps:
    verdicts = other.verdicts if other else ()
    verdict = next((verdict for verdict in verdicts if verdict.at >= own.received), None)
    if verdict and verdict.result in lives.RETURNS:
        return repeats.joined(own, own.behind, own.received)
    return replace(own, behind="") if verdict or other is None else own


def counted_as(reading: Reading, people: People, row: Row, street: str, received: datetime) -> str:
    """The source that the row counts under, whatever its reporter chose."""
    source, reporter = row.cells.get("source", ""), row.cells.get("reporter", "")
    may_assign = reading.rules.sources.assigned
    return counted_source(people.roster, source, reporter, street, received.date(), may_assign)


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


@dataclass
class EarlierIssues:
    """The issues that a new report may repeat: ``stamps`` by number, those of this look among them; ``taken_on``: whose
    clock starts at this look, since somebody takes them on."""

    reading: Reading
    fixes: Mapping[str, Sequence[Fix]]
    stamps: dict[str, Stamps]
    taken_on: set[str] = field(default_factory=set)

    def related(self, row: Row, own: Stamps, takes_on: bool, was_waiting: bool) -> dict[str, Stamps]:
        """The stamps of a report with what it is to the issues before it, and of the issue that it takes over. A number
        that was given while it was waiting (``was_waiting``) for somebody to take it on stays."""
        place = repeats.same_place(row.cells, own.street, self.reading.rules.repeat.same)
        unanswered = own.source == PUBLIC and not takes_on
        relation, at = NO_RELATION, own.received
        if place:
            relation = self._relation(row, own, place)
            self._places.setdefault(place, []).append(row.rid)
        if waits(own) and takes_on:
            if place and not relation.owner and not relation.takes_over:
                relation, at = self._when_taken_on(row, own, place, relation), self.reading.now
            self.taken_on |= set() if relation.owner else {row.rid}
        if relation.owner and not unanswered:
            seen = max(own.received, self.stamps[relation.owner].received)  # what was fed back before is not about it
            own = replace(own, accepted=self.reading.now) if waits(own) else own
            return {row.rid: repeats.joined(own, relation.owner, seen)}
        new = {row.rid: own}
        if not was_waiting and relation != NO_RELATION:
            count, behind, after_late = relation.count, relation.behind, relation.after_late
            new = {row.rid: replace(own, repeat=count, behind=behind, after_late=after_late)}
        if relation.takes_over and not unanswered:
            new[relation.takes_over] = repeats.joined(self.stamps[relation.takes_over], row.rid, at)
        return new

    def _when_taken_on(
        self, row: Row, own: Stamps, place: tuple[str, ...], before: repeats.Relation
    ) -> repeats.Relation:
        """A report that had to wait joins what runs when it is taken on, though that was reported or taken on later
        than it was reported. ``before``: its relation at the hour of its report."""
        now, severity = self.reading.now, row.cells.get("severity", NORMAL)
        others = [self._at(rid, now) for rid in self._standing(row, place)]
        running = [other for other in others if other.life.state in repeats.CLOCK_RUNS]
        relation = repeats.relate(now, own.source, severity, running, self.reading.rules.repeat)
        return replace(before, owner=relation.owner, takes_over=relation.takes_over)

    def _relation(self, row: Row, own: Stamps, place: tuple[str, ...]) -> repeats.Relation:
        severity, rids = row.cells.get("severity", NORMAL), self._standing(row, place)
        before = [self._at(rid, own.received) for rid in rids if self.stamps[rid].received <= own.received]
        return repeats.relate(own.received, own.source, severity, before, self.reading.rules.repeat)

    def _standing(self, row: Row, place: tuple[str, ...]) -> list[str]:
        """The other issues of the place that stand for themselves, in the order of their receipt."""
        rids = dict.fromkeys(self._places.get(place, ()))
        standing = [rid for rid in rids if rid != row.rid and not self.stamps[rid].joined]
        return sorted(standing, key=lambda rid: self.stamps[rid].received)

    def _at(self, rid: str, hour: datetime) -> repeats.Earlier:
        issue = Issue(rid, self._cells(rid), self.stamps[rid], tuple(self.fixes.get(rid, ())))
        rules, memory = self.reading.rules, self.reading.memory
        if hour == self.reading.now:
            hour = course.own_hour(issue, rules, hour, memory.latest or memory.last_tick)
        life = course.lived(issue, issue.stamps, rules, hour)
        if rid in self.taken_on and hour >= self.reading.now:
            life = replace(life, state=lives.OPEN)
        return repeats.Earlier(rid, issue.severity, life)

    def _cells(self, rid: str) -> Mapping[str, Any]:
        row = self._rows.get(rid)
        if row is not None:
            return row.cells
        return {key: plain(value) for key, value in self.reading.away[rid].cells.items()}

    @cached_property
    def _rows(self) -> Mapping[str, Row]:
        return {row.rid: row for row in self.reading.rows["issues"]}

    @cached_property
    def _places(self) -> Places:
        """Issues with stamps by place, archived ones among them; a report of the public counts once it is taken on."""
        places: Places = defaultdict(list)
        content = {rid: row.parsed for rid, row in self._rows.items()}
        every = {**self.reading.away, **content}
        rids = [rid for rid in (*content, *self.reading.away) if (own := self.stamps.get(rid)) and own.street]
        same, stamps = self.reading.rules.repeat.same, [self.stamps[rid] for rid in rids]
        given = [(same, every[rid], own.street, own.category) for rid, own in zip(rids, stamps, strict=True)]
        of_each = self.reading.memo.of(PLACES).each(rids, given, lambda n: self._place(rids[n], stamps[n]))
        for rid, own, place in zip(rids, stamps, of_each, strict=True):
            if place and not own.voided:
                places[place].append(rid)
        return places

    def _place(self, rid: str, known: Stamps) -> tuple[str, ...] | None:
        cells = self._cells(rid)
        stamped = {**cells, "category": known.category or cells.get("category", "")}
        return repeats.same_place(stamped, known.street, self.reading.rules.repeat.same)
