"""Every issue followed: stamped, lived, escalated, charged and told of; and what its row should say.

Step 6 of a look (``decide.py``). What an issue came to is kept in the memo until one of the things that it was
computed from changes, or the hour comes at which time alone changes it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sync.core.approvals import checks
from sync.core.approvals.requests import SUPERIORS, over
from sync.core.issues import escalation, issues, upward
from sync.core.issues.issues import Ask, Fix, Issue, Stamps, heard
from sync.core.issues.life import Life
from sync.core.letters import letters
from sync.core.look import adoption, status
from sync.core.look.reading import Reading
from sync.core.notices import notices
from sync.core.notices.notices import Notice
from sync.core.people.permissions import person
from sync.core.people.roster import Roster
from sync.core.scores import scores, seal
from sync.core.scores.scores import Line, Tally
from sync.core.sheet import plan
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row, plain
from sync.core.sheet.tabs import Layout


@dataclass(frozen=True, slots=True)
class Followed:
    """What one issue came to: its stamps, life, service cells, feedback results, notices, lines, next moment, and as a
    letter would show it, where the rules call for one."""

    stamps: Stamps
    life: Life
    cells: Mapping[str, Any]
    results: Mapping[int, str]
    notices: tuple[Notice, ...]
    lines: tuple[Line, ...]
    tally: Tally | None
    wake: datetime | None
    fact: letters.Fact | None = None


@dataclass
class FollowUp:
    """Follows the issues of one look. ``lists``: known streets, categories, units; ``faulty``: rows with a fault."""

    reading: Reading
    roster: Roster
    lists: Mapping[str, list[str]]
    faulty: set[str]

    def __post_init__(self) -> None:
        self.memory, self.rules, self.now = self.reading.memory, self.reading.rules, self.reading.now
        self.decision, self.zone = self.reading.decision, self.reading.zone
        self.letters = letters.ByIssue.of(self.memory.letters)

    def run(self) -> dict[str, Followed]:
        """Each issue by itself, by rid: stamp it, see where it stands, say what its row should show."""
        layout = self.reading.layouts["issues"]
        remembered = self.memory.memo.followed
        used: dict[str, Any] = {}
        for row in self._in_order():
            fixes, asks = self.fixes.get(row.rid, ()), self.asks.get(row.rid, ())
            heard_of = (self.answers.get(row.rid, ()), tuple(self.letters.numbers.get(row.rid, ())))
            given = (layout.header, row.parsed, fixes, asks, self._withdrawn(row.rid), heard_of)
            state = (self.memory.stamps.get(row.rid), self.reading.booked.get(row.rid), self.reading.closings)
            memo = remembered.get(row.rid)
            if memo and memo[0] == given and memo[1] == state and (memo[2].wake is None or self.now < memo[2].wake):
                used[row.rid] = memo  # its stamps and lines stand in the ledger already
                continue
            result = self._follow(layout, row)
            used[row.rid] = (given, (*self._take(row, result), self.reading.closings), result)
        self.memory.memo.followed = used
        return {rid: result for rid, (_, _, result) in used.items()}

    def _in_order(self) -> list[Row]:
        """Rows known before as they stand, then the new ones by the hour of their report: the earlier one of two at the
        same place is the first."""
        rows = self.reading.rows["issues"]
        fresh = [row for row in rows if row.rid not in self.memory.stamps]
        fresh.sort(key=lambda row: (row.cells.get("reported_at") or self.now, row.number))
        return [row for row in rows if row.rid in self.memory.stamps] + fresh

    def _take(self, row: Row, result: Followed) -> tuple[Stamps, Mapping[str, Line] | None]:
        """Note what changed; returns the state that following this issue again would start from."""
        stamps = self.memory.stamps.get(row.rid)
        if stamps is None or (result.stamps is not stamps and result.stamps != stamps):
            stamps = self.decision.stamps[row.rid] = result.stamps
        booked = self.reading.booked.get(row.rid)
        if len(result.lines) != len(booked or ()) or any((booked or {}).get(line.id) != line for line in result.lines):
            booked = self.decision.lines[row.rid] = {line.id: line for line in result.lines}
        return stamps, booked

    @cached_property
    def fixes(self) -> dict[str, tuple[Fix, ...]]:
        """Feedback by issue, in the order of the hours that count."""
        fixes: dict[str, list[Fix]] = defaultdict(list)
        for row in self.reading.rows.get("feedback", []):
            cells = row.cells
            if "issue" in cells and "outcome" in cells:
                heard_at = self.reading.mark("feedback", row.rid, "heard")
                fix = Fix(row.rid, row.number, heard_at, cells["outcome"], cells.get("photos", ""))
                fixes[cells["issue"]].append(fix)
        for number, fix in self._fixes_not_seen():
            fixes[number].append(fix)
        return {rid: tuple(sorted(group, key=lambda fix: (fix.at, fix.rid))) for rid, group in fixes.items()}

    def _fixes_not_seen(self) -> Iterator[tuple[str, Fix]]:
        """Feedback whose row is not there now: cut for a moment, it still counts; deleted, it counts when a verdict was
        given on it."""
        seen = {row.rid for row in self.reading.rows.get("feedback", [])}
        for rid, row in self.memory.known.get("feedback", {}).items():
            if rid in seen or "issue" not in row.cells:
                continue
            now = self.decision.known.get("feedback", {}).get(rid, row)
            number, at = plain(row.cells["issue"]), row.marks["heard"]
            stamps = self.memory.stamps.get(number)
            verified = stamps is not None and any(verdict.at >= at for verdict in stamps.verdicts)
            if not now.deleted or verified:
                yield number, Fix(rid, 0, at, plain(row.cells.get("outcome")), plain(row.cells.get("photos")))

    @cached_property
    def asks(self) -> dict[str, tuple[Ask, ...]]:
        """Approved requests without a fault that move a clock, by issue."""
        asks: dict[str, list[Ask]] = defaultdict(list)
        for row in self.reading.rows.get("requests", []):
            if _approves(row) and row.rid not in self.faulty:
                at = self.reading.mark("requests", row.rid, "answered")
                ask = Ask(row.rid, row.cells["kind"], at, row.cells.get("until"), row.cells.get("to_unit", ""))
                asks[row.cells["issue"]].append(ask)
        return {rid: tuple(sorted(group, key=lambda ask: (ask.at, ask.rid))) for rid, group in asks.items()}

    @cached_property
    def answers(self) -> dict[str, tuple[datetime, ...]]:
        """When superiors answered, by issue: answers to requests that move it, yes or no, and their 现场调度."""
        hours: dict[str, list[datetime]] = defaultdict(list)
        for row in self.reading.rows.get("requests", []):
            moves = row.cells.get("kind") in ("延期", "挂账", "移交")
            if moves and "answer" in row.cells and "issue" in row.cells and row.rid not in self.faulty:
                hours[row.cells["issue"]].append(self.reading.mark("requests", row.rid, "answered"))
        for row in self.reading.rows.get("duties", []):
            named = row.cells.get("kind") == "现场调度" and "issue" in row.cells
            if named and row.rid not in self.faulty and self._by_a_superior(row):
                hours[row.cells["issue"]].append(self.reading.mark("duties", row.rid, "heard"))
        return {rid: tuple(sorted(hours)) for rid, hours in hours.items()}

    def _by_a_superior(self, row: Row) -> bool:
        """Whether who dispatched is set over the issue: nobody answers what he reported up himself."""
        stamps = self.memory.stamps.get(row.cells.get("issue", ""))
        superior = person(
            self.roster, row.cells.get("reporter", ""), self.reading.mark("duties", row.rid, "heard").date()
        )
        area = {"branch": stamps.branch, "district": stamps.district} if stamps else {}
        return superior is not None and any(over(superior, role, area) for role in SUPERIORS)

    @cached_property
    def _about(self) -> dict[str, str]:
        """Which issue each request that is there approves something for; empty where it approves nothing."""
        rows = self.reading.rows.get("requests", [])
        return {row.rid: row.cells["issue"] if _approves(row) else "" for row in rows}

    def _withdrawn(self, rid: str) -> frozenset[str]:
        """Approvals of this issue that were taken back: the row is there and no longer says so."""
        stamps = self.memory.stamps.get(rid)
        taken = stamps.taken if stamps else ()
        return frozenset(ask.rid for ask in taken if self._about.get(ask.rid, rid) != rid)

    def _follow(self, layout: Layout, row: Row) -> Followed:
        issue = Issue(
            row.rid,
            row.cells,
            self._stamps(layout, row),
            self.fixes.get(row.rid, ()),
            self.asks.get(row.rid, ()),
            self._withdrawn(row.rid),
            self.answers.get(row.rid, ()),
            self.letters.urged.get(row.rid, ()),
        )
        stamped = issue.stamps.start is not None or issue.stamps.street != ""
        problems = self._issue_problems(layout, row)
        if not stamped:
            return self._waiting(row, issue, problems)
        stamps, life = issues.follow(issue, self.rules, self.now)
        street = self.roster.street(stamps.street, stamps.received.date())
        known = escalation.facts(issue, life, stamps, self.rules, street.type if street else "")
        stamps = replace(stamps, levels=escalation.climb(life, stamps, self.rules, known, self.now))
        if not issues.may_close(issue, self.rules) and row.cells.get("verified") == "通过":
            problems.append(
                f"{checks.place(layout, 'legal_basis')}没有填，执法类问题销号前要填案号，或写明不立案的理由。"
            )
        problems += self._unheeded(layout, row, stamps)
        cells = self._issue_cells(row, issue, stamps, life, problems)
        groups = self.reading.decision.groups
        turns = upward.turns(issue, life, self.rules, self.now)
        told = notices.implied(issue, life, stamps, self.rules, self.roster, known, self.now, groups, turns)
        moments = issues.turning_points(life, stamps, self.rules)
        moments += escalation.next_steps(life, stamps, self.rules, known) + checks.ripe(row.cells)
        moments += upward.next_turn(turns, self.now)
        moments += letters.next_calls(life, self.rules, known)
        why = letters.call(life, self.rules, known)
        booked = self.reading.booked.get(row.rid, {})
        return Followed(
            stamps,
            life,
            cells,
            issues.results(issue, life, stamps),
            tuple(told),
            self._lines(issue, life, stamps, booked),
            scores.tally(life, stamps),
            self._next(moments),
            letters.freeze(issue, life, stamps, self.rules, why) if why else None,
        )

    def _lines(self, issue: Issue, life: Life, stamps: Stamps, booked: Mapping[str, Line]) -> tuple[Line, ...]:
        """The issue's lines, with regard to months that are sealed."""
        own = {name: line for name, line in booked.items() if line.rule != scores.BACK}
        lines = scores.lines(issue, life, stamps, self.rules, own)
        return seal.settle(lines, booked, self.reading.closings, self.reading.returned, self.now.date())

    def _next(self, moments: Iterable[datetime]) -> datetime | None:
        return min((moment for moment in moments if moment > self.now), default=None)

    def _waiting(self, row: Row, issue: Issue, problems: list[str]) -> Followed:
        """A row with a fault: its number, and what to mend; no clock runs."""
        cells = {column.key: "" for column in self.reading.layouts["issues"].tab.service}
        cells |= {"id": row.rid, "check": checks.sentence(problems)}
        results = {fix.row: "问题台账里这一行还有错，先改正" for fix in issue.fixes}
        wake = self._next(checks.ripe(row.cells))
        return Followed(issue.stamps, Life("", ""), cells, results, (), (), None, wake)

    def _issue_problems(self, layout: Layout, row: Row) -> list[str]:
        problems = [*row.parsed.problems, *checks.known_lists(layout, row.cells, self.lists)]
        problems += checks.future(layout, row.cells, "reported_at", self.now)
        problems += checks.future(layout, row.cells, "verified_at", self.now)
        return problems + checks.past_limit(layout, row.cells)

    def _stamps(self, layout: Layout, row: Row) -> Stamps:
        """The stamps that the ledger holds, or those that the sheet still shows, or the first ones."""
        stamps = self.memory.stamps.get(row.rid)
        if stamps is None and row.rid in self.reading.adopted:
            stamps = adoption.read_stamps(layout, row, self.rules, self.now, self.roster)
        if stamps is not None and stamps.street:
            return self._corrected(row, stamps)
        if self._issue_problems(layout, row):
            return stamps or Stamps(self.now)
        received = self._received(row)
        street = self.roster.street(row.cells["street"], received.date())
        if street is None:
            return stamps or Stamps(self.now)
        return issues.receive(
            row.cells, received, street, self.roster, self.rules, self._repeat(row, street.name, received)
        )

    def _received(self, row: Row) -> datetime:
        """The hour of receipt: of the first sight of a row without fault."""
        before = self.memory.stamps.get(row.rid)
        if before is not None:  # the row had a fault when it was first seen; nobody could answer it until now
            return self.now
        return heard(row.cells.get("reported_at"), self.now, self.reading.grace)

    def _corrected(self, row: Row, stamps: Stamps) -> Stamps:
        """A street, category or source that was mistyped is put right while nobody answered yet; a deadline stays."""
        if self._answered(row, stamps):
            return stamps
        cells = row.cells
        street = self.roster.street(cells.get("street", ""), stamps.received.date())
        category = self.rules.categories.get(cells.get("category", ""))
        if street and category and (street.name, category.name) != (stamps.street, stamps.category):
            stamps = issues.assign(stamps, category, street, self.roster)
        source = cells.get("source", "")
        if stamps.source == issues.PUBLIC and stamps.start is None and source not in ("", issues.PUBLIC):
            stamps = issues.begin(replace(stamps, source=source), cells, self.rules, self.now)
        return stamps

    def _answered(self, row: Row, stamps: Stamps) -> bool:
        return bool(self.fixes.get(row.rid) or stamps.verdicts or stamps.levels or stamps.moves)

    def _unheeded(self, layout: Layout, row: Row, stamps: Stamps) -> list[str]:
        """Edits that came too late to change what was stamped: said, since silence would look like consent."""
        problems = []
        name = row.cells.get("street", "")
        street = self.roster.street(name, stamps.received.date())
        if street and street.name != stamps.street:
            problems.append(f"{checks.place(layout, 'street')}改成「{name}」没有采用：已经有反馈、复核或升级。"
                         f"仍由「{stamps.street}」负责；确实填错了，请作废后重新填报。")  # fmt: skip
        source = row.cells.get("source", "")
        if source and stamps.source and source != stamps.source:
            place = checks.place(layout, "source")
            problems.append(f"{place}改成「{source}」没有采用：收到时是「{stamps.source}」，计时和计分不变。")
        verdict, typed = row.cells.get("verified"), row.cells.get("verified_at")
        last = stamps.verdicts[-1] if stamps.verdicts else None
        if verdict and typed and last and last.typed == typed and last.at != typed and typed <= self.now:
            problems.append(
                f"{checks.place(layout, 'verified_at')}早于填报或整改反馈，按看到复核结果的 {last.at:%m-%d %H:%M} 计。"
            )
        return problems

    def _repeat(self, row: Row, street: str, received: datetime) -> int:
        """Which occurrence this is of the same place and category within the window of the rules."""
        key = issues.same_place(row.cells, street, self.rules.repeat.same)
        if key is None:
            return 1
        window = issues.clock(self.rules.repeat.window)
        earlier = self._places[key]
        count = bisect_right(earlier, received) - bisect_left(earlier, received - window)
        insort(earlier, received)
        return 1 + count

    @cached_property
    def _places(self) -> dict[tuple[str, ...], list[datetime]]:
        """Hours of receipt by what must be equal for a repeat, in order."""
        hours_by_place: dict[tuple[str, ...], list[datetime]] = defaultdict(list)
        for row in self.reading.rows["issues"]:
            stamps = self.memory.stamps.get(row.rid)
            if stamps and stamps.street and not stamps.voided:
                key = issues.same_place(row.cells, stamps.street, self.rules.repeat.same)
                if key:
                    hours_by_place[key].append(stamps.received)
        for rid, archived in self.reading.away.items():
            stamps = self.memory.stamps.get(rid)
            if stamps and stamps.street and not stamps.voided:
                key = issues.same_place(_texts(archived), stamps.street, self.rules.repeat.same)
                if key:
                    hours_by_place[key].append(stamps.received)
        for hours in hours_by_place.values():
            hours.sort()
        return hours_by_place

    def _issue_cells(
        self, row: Row, issue: Issue, stamps: Stamps, life: Life, problems: Iterable[str]
    ) -> dict[str, Any]:
        return {
            "id": row.rid,
            "check": checks.sentence(problems),
            "state": life.state,
            "hint": issues.hint(life, stamps, self.now),
            "chief": stamps.chief,
            "branch": stamps.branch,
            "district": stamps.district,
            "unit": life.unit,
            "deadline": plan.to_raw(life.deadline, self.zone),
            "level": escalation.words(stamps, self.rules),
            "repeat": f"第{stamps.repeat}次" if stamps.repeat > 1 else "",
            "letter": self.letters.shown(row.rid, life.unit),
            "closed_at": plan.to_raw(life.closed_at, self.zone),
            "basis": status.basis(issue, stamps, life, self.rules),
        }


def _texts(row: Known) -> dict[str, str]:
    """The cells of a row that is not there, as a reader would give them where they are texts."""
    return {key: plain(value) for key, value in row.cells.items()}


def _approves(row: Row) -> bool:
    cells = row.cells
    return cells.get("answer") == "同意" and cells.get("kind") in ("延期", "挂账", "移交") and "issue" in cells
