"""Every issue followed: stamped, lived, escalated, charged and told of; and what its row should say.

Step 6 of a look (``decide.py``). What an issue came to is kept in the memo until one of the things that it was
computed from changes, or the hour comes at which time alone changes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sync.core import checks, escalation, issues, notices, plan, scores, status
from sync.core import life as lives
from sync.core.issues import Ask, Fix, Issue, Stamps, heard
from sync.core.life import Life
from sync.core.notices import Notice
from sync.core.reading import Reading
from sync.core.roster import Roster
from sync.core.rows import Row, plain
from sync.core.rules import Rules
from sync.core.scores import Line, Tally
from sync.core.tabs import Layout


@dataclass(frozen=True, slots=True)
class Followed:
    """What one issue came to: its stamps, life, service cells, feedback results, notices, lines, next moment."""

    stamps: Stamps
    life: Life
    cells: Mapping[str, Any]
    results: Mapping[int, str]
    notices: tuple[Notice, ...]
    lines: tuple[Line, ...]
    tally: Tally | None
    wake: datetime | None


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

    def run(self) -> dict[str, Followed]:
        """Each issue by itself, by rid: stamp it, see where it stands, say what its row should show."""
        layout = self.reading.layouts["issues"]
        kept = self.memory.memo.followed
        used: dict[str, Any] = {}
        for row in self.reading.rows["issues"]:
            given = (row.parsed, self.fixes.get(row.rid, ()), self.asks.get(row.rid, ()))
            state = (self.memory.stamps.get(row.rid), self.memory.lines.get(row.rid))
            memo = kept.get(row.rid)
            if memo and memo[0] == given and memo[1] == state and (memo[2].wake is None or self.now < memo[2].wake):
                used[row.rid] = memo  # its stamps and lines stand in the ledger already
                continue
            result = self._follow(layout, row)
            used[row.rid] = (given, self._take(row, result), result)
        self.memory.memo.followed = used
        return {rid: result for rid, (_, _, result) in used.items()}

    def _take(self, row: Row, result: Followed) -> tuple[Stamps, Mapping[str, Line] | None]:
        """Note what changed; returns the state that following this issue again would start from."""
        stamps = self.memory.stamps.get(row.rid)
        if stamps is None or (result.stamps is not stamps and result.stamps != stamps):
            stamps = self.decision.stamps[row.rid] = result.stamps
        booked = self.memory.lines.get(row.rid)
        if len(result.lines) != len(booked or ()) or any((booked or {}).get(line.id) != line for line in result.lines):
            booked = self.decision.lines[row.rid] = {line.id: line for line in result.lines}
        return stamps, booked

    @cached_property
    def fixes(self) -> dict[str, tuple[Fix, ...]]:
        """Feedback by issue, in the order of the hours that count."""
        found: dict[str, list[Fix]] = defaultdict(list)
        for row in self.reading.rows.get("feedback", []):
            cells = row.cells
            if "issue" in cells and "outcome" in cells:
                found[cells["issue"]].append(
                    Fix(
                        row.rid,
                        row.number,
                        self.reading.mark("feedback", row.rid, "heard"),
                        cells["outcome"],
                        cells.get("photos", ""),
                    )
                )
        return {rid: tuple(sorted(group, key=lambda fix: (fix.at, fix.rid))) for rid, group in found.items()}

    @cached_property
    def asks(self) -> dict[str, tuple[Ask, ...]]:
        """Approved requests without a fault that move a clock, by issue."""
        found: dict[str, list[Ask]] = defaultdict(list)
        for row in self.reading.rows.get("requests", []):
            cells = row.cells
            if cells.get("answer") == "同意" and cells.get("kind") in ("延期", "挂账", "移交") and "issue" in cells:
                if row.rid in self.faulty:
                    continue
                at = self.reading.mark("requests", row.rid, "answered")
                found[cells["issue"]].append(
                    Ask(row.rid, cells["kind"], at, cells.get("until"), cells.get("to_unit", ""))
                )
        return {rid: tuple(sorted(group, key=lambda ask: (ask.at, ask.rid))) for rid, group in found.items()}

    def _mark(self, key: str, rid: str, mark: str) -> datetime:
        one = self.decision.known.get(key, {}).get(rid) or self.memory.known.get(key, {}).get(rid)
        return one.marks.get(mark, self.now) if one else self.now

    def _follow(self, layout: Layout, row: Row) -> Followed:
        issue = Issue(
            row.rid,
            row.cells,
            self._stamps(layout, row),
            self.fixes.get(row.rid, ()),
            self.asks.get(row.rid, ()),
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
        cells = self._issue_cells(row, issue, stamps, life, problems)
        told = notices.implied(issue, life, stamps, self.rules, self.roster, known, self.now)
        moments = issues.turning_points(life, stamps, self.rules)
        moments += escalation.next_steps(life, stamps, self.rules, known) + checks.ripe(row.cells)
        booked = self.memory.lines.get(row.rid, {})
        return Followed(
            stamps,
            life,
            cells,
            issues.results(issue, life, stamps),
            tuple(told),
            scores.lines(issue, life, stamps, self.rules, booked),
            scores.tally(life, stamps),
            self._next(moments),
        )

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
        found = [*row.parsed.problems, *checks.known_lists(layout, row.cells, self.lists)]
        found += checks.future(layout, row.cells, "reported_at", self.now)
        found += checks.future(layout, row.cells, "verified_at", self.now)
        return found + checks.past_limit(layout, row.cells)

    def _stamps(self, layout: Layout, row: Row) -> Stamps:
        """The stamps that the ledger holds, or those that the sheet still shows, or the first ones."""
        stamps = self.memory.stamps.get(row.rid)
        if stamps is None and row.rid in self.reading.adopted:
            stamps = adopt(layout, row, self.rules, self.now, self.roster)
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
        """A street that was mistyped is put right while nobody answered yet; the deadline stays."""
        name = row.cells.get("street", "")
        street = self.roster.street(name, stamps.received.date())
        answered = self.fixes.get(row.rid) or stamps.verdicts or stamps.levels
        category = self.rules.categories.get(row.cells.get("category", ""))
        if street is None or street.name == stamps.street or answered or category is None:
            return stamps
        return issues.assign(stamps, category, street, self.roster)

    def _repeat(self, row: Row, street: str, received: datetime) -> int:
        """Which occurrence this is of the same place and category within the window of the rules."""
        key = issues.same_place(row.cells, street, self.rules.repeat.same)
        if key is None:
            return 1
        window = issues.clock(self.rules.repeat.window)
        earlier = self._places[key]
        count = 1 + sum(1 for rid, when in earlier if rid != row.rid and received - window <= when <= received)
        earlier.append((row.rid, received))
        return count

    @cached_property
    def _places(self) -> dict[tuple[str, ...], list[tuple[str, datetime]]]:
        found: dict[tuple[str, ...], list[tuple[str, datetime]]] = defaultdict(list)
        for row in self.reading.rows["issues"]:
            stamps = self.memory.stamps.get(row.rid)
            if stamps and stamps.street and not stamps.voided:
                key = issues.same_place(row.cells, stamps.street, self.rules.repeat.same)
                if key:
                    found[key].append((row.rid, stamps.received))
        return found

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
            "letter": "",
            "closed_at": plan.to_raw(life.closed_at, self.zone),
            "basis": status.basis(issue, stamps, life, self.rules),
        }


def adopt(layout: Layout, row: Row, rules: Rules, now: datetime, people: Roster) -> Stamps | None:
    """Stamps from a row's service columns, when the ledger has none: id, deadline and chief stay as they stand."""

    def text(key: str) -> str:
        return plain(row.seen(layout, key))

    deadline = status.moment(row.seen(layout, "deadline"), rules)
    if not text("state") or not text("district") + text("branch") + text("chief"):
        return None
    received = row.cells.get("reported_at") or now
    street = people.street(row.cells.get("street", ""), received.date())
    repeat = "".join(filter(str.isdigit, text("repeat")))
    stamps = Stamps(
        received,
        street.name if street else row.cells.get("street", ""),
        text("chief"),
        text("branch"),
        text("district"),
        text("unit"),
        int(repeat or 1),
        rules=rules.hash,
        calendar=rules.calendar.digest,
    )
    accepted = received if row.cells.get("accepted") == "受理" else None
    started = None if text("state") == lives.UNVERIFIED else received
    if started and deadline:
        limit = str(issues.own_limit(row.cells, rules))
        stamps = replace(stamps, start=lives.Start(started, limit, deadline, "暂按" in text("hint")), accepted=accepted)
    elif started:
        stamps = issues.begin(replace(stamps, accepted=accepted), row.cells, rules, started)
    level = text("level")[:1]
    if level.isdigit():
        reached = tuple(issues.Reached(n, received, "") for n in range(1, int(level) + 1))
        stamps = replace(stamps, levels=reached)
    return stamps
