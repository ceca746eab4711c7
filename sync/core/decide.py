"""Everything that the plan asks for is decided here: tables, memory, rules and the hour in, a decision out.

Pure: the same input gives the same output, byte for byte. One bad row, cell or tab is a problem of that row, cell
or tab and stops nothing else. Read ``decide`` first; each step below is one room of the core.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sync.core import checks, escalation, identity, issues, notices, plan, roster, scores, standings, status
from sync.core import life as lives
from sync.core.identity import Known, Numbers
from sync.core.issues import Ask, Fix, Issue, Stamps, heard
from sync.core.life import Life
from sync.core.memory import Change, Decision, Memory, Sent, Tables
from sync.core.notices import Notice
from sync.core.rows import Raw, Reader, Row, plain
from sync.core.rules import Rules
from sync.core.scores import Line, Tally
from sync.core.tabs import Layout, locate
from sync.core.worktime import Limit

PEOPLE = ("streets", "posts", "changes", "issues", "feedback", "duties", "requests")
KEPT = ("scores", "lines", "notices", "status")


def decide(tables: Tables, memory: Memory, rules: Rules, now: datetime) -> Decision:
    """What the sheets should say at ``now`` (aware), what to remember, whom to tell, and when to look again."""
    now = now.astimezone(rules.bureau.zone)
    return take(Look(tables, memory, rules, now)).decision


def take(look: Look) -> Look:
    """All steps of a look, in order."""
    look.find_columns()
    look.read_rows()
    look.know_rows()
    look.know_roster()
    look.check_small_tabs()
    look.follow_issues()
    look.answer_feedback()
    look.score_months()
    look.tell()
    look.report()
    return look


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
class Look:
    """One look at everything; each method is a step and leaves its findings in the fields."""

    tables: Tables
    memory: Memory
    rules: Rules
    now: datetime
    layouts: dict[str, Layout] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    gone: dict[str, list[Known]] = field(default_factory=dict)
    adopted: set[str] = field(default_factory=set)
    faulty: set[str] = field(default_factory=set)
    roster: roster.Roster = field(default_factory=lambda: roster.Roster((), ()))
    followed: dict[str, Followed] = field(default_factory=dict)
    wakes: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.zone = self.rules.bureau.zone
        self.grace = grace(self.rules)
        self.numbers = Numbers(dict(self.memory.numbers))
        self.decision = Decision(plan.Plan(), None)

    # 1. Columns
    def find_columns(self) -> None:
        """A tab whose headers can't be found is skipped and said so; the others go on."""
        for key, tab in self.tables.tabs.items():
            table = self.tables.seen.get(key)
            if table is None:
                self.skipped[key] = (
                    f"「{tab.title}」本轮跳过，其余各表照常。工作簿里没有这个工作表，请把名称改回「{tab.title}」。"
                )
                continue
            layout = locate(tab, table.header)
            if isinstance(layout, str):
                self.skipped[key] = layout
            else:
                self.layouts[key] = layout

    # 2. Rows
    def read_rows(self) -> None:
        """Read every cell, with people's cells that a write of ours covered given back first."""
        for key, layout in self.layouts.items():
            table = self.tables.seen[key]
            given = [one for one in self.memory.restores if one.tab == key]
            if given:
                table = plan.give_back(table, given, self.decision.plan, layout.tab)
            self.rows[key] = self._reader(layout).read(table)
        for key in PEOPLE:
            if key not in self.rows and key in self.tables.tabs:
                self.rows[key] = self._remembered(key)

    def _reader(self, layout: Layout) -> Reader:
        kept = self.memory.memo.readers.get(layout.tab.key)
        if kept is None or kept.layout.header != layout.header or kept.layout.tab is not layout.tab:
            kept = Reader(layout, self.zone)
            self.memory.memo.readers[layout.tab.key] = kept
        reader: Reader = kept
        return reader

    def _remembered(self, key: str) -> list[Row]:
        """Rows of a tab that can't be read now, as they were last known: deadlines go on."""
        tab = self.tables.tabs[key]
        header = tuple(column.header for column in tab.columns)
        layout = Layout(tab, header, {column.key: i for i, column in enumerate(tab.columns)})
        self.layouts.setdefault(key, layout)
        reader = Reader(layout, self.zone)
        found = []
        for rid, one in self.memory.known.get(key, {}).items():
            if not one.deleted:
                raw = tuple(one.cells.get(column.key, "") for column in tab.columns)
                found.append(Row(0, raw, reader.parse(raw), rid))
        return found

    # 3. Identity
    def know_rows(self) -> None:
        for key in PEOPLE:
            if key in self.skipped or key not in self.rows:
                continue
            self._know(key)

    def _know(self, key: str) -> None:
        layout, rows = self.layouts[key], self.rows[key]
        known = self.memory.known.get(key, {})
        id_key = layout.tab.id
        rows = [row for row in rows if row.parsed.kept or (id_key and row.seen(layout, id_key) not in ("", None))]
        claims = {row.number: plain(row.seen(layout, id_key)) for row in rows} if id_key else {}
        self._blank_rows(layout, rows)
        rows = [row for row in rows if row.parsed.kept]
        binding = identity.bind(rows, claims, known)
        if id_key:
            identity.adopt(binding, claims, self.numbers, known)
            self.adopted |= {row.rid for row in binding.adopted}
        for row in binding.fresh:
            row.rid = self.numbers.next(self.now.date()) if id_key else self._own_number(key)
        self.rows[key] = rows
        self._remember(key, rows, known)
        self._miss(key, binding.missing)

    def _blank_rows(self, layout: Layout, rows: Iterable[Row]) -> None:
        """A row without any cell of a person has nothing for us to say."""
        empty = {column.key: "" for column in layout.tab.service}
        for row in self.rows[layout.tab.key]:
            if not row.parsed.kept:
                plan.wish(self.decision.plan, layout, row, empty, self.zone)

    def _own_number(self, key: str) -> str:
        self.numbers.highest[key] = self.numbers.highest.get(key, 0) + 1
        return f"{key}-{self.numbers.highest[key]}"

    def _remember(self, key: str, rows: Iterable[Row], known: Mapping[str, Known]) -> None:
        changed = self.decision.known.setdefault(key, {})
        for row in rows:
            before = known.get(row.rid)
            marks = self._marks(row, before)
            entry = identity.remember(row, before, marks)
            if entry is not None:
                changed[row.rid] = entry
                if before is not None:
                    self._trace(key, row, before)

    def _marks(self, row: Row, before: Known | None) -> Mapping[str, datetime]:
        """Hours stamped at first sight: of the row, and of the answer that it waits for."""
        marks = before.marks if before else None
        if marks is None:
            typed = row.cells.get("reported_at") or row.cells.get("requested_at")
            marks = {"heard": heard(typed, self.now, self.grace, self.memory.last_tick or typed)}
        answered = "answer" in row.cells
        if answered != ("answered" in marks):
            typed = row.cells.get("answered_at")
            marks = {key: value for key, value in marks.items() if key != "answered"}
            if answered:
                marks["answered"] = heard(typed, self.now, self.grace, self.memory.last_tick or typed)
        return marks

    def _trace(self, key: str, row: Row, before: Known) -> None:
        after = row.parsed.kept
        for column in self.tables.tabs[key].staff:
            old, new = before.cells.get(column.key, ""), after.get(column.key, "")
            if old != new:
                self.decision.history.append(Change(key, row.rid, column.header, old, new, self.now))

    def _miss(self, key: str, missing: Iterable[Known]) -> None:
        """Rows not found: gone twice in a row counts as deleted (DESIGN section 6)."""
        changed = self.decision.known.setdefault(key, {})
        for one in missing:
            entry = replace(one, gone=one.gone + 1)
            changed[one.rid] = entry
            if entry.deleted:
                self.decision.history.append(Change(key, one.rid, "", "", "行被删除", self.now))
        known = {**self.memory.known.get(key, {}), **changed}
        self.gone[key] = [one for one in known.values() if one.deleted]

    # 4. Roster
    def know_roster(self) -> None:
        parts = tuple(self.rows.get(key, []) for key in ("streets", "posts", "changes"))
        self.roster = roster.assemble(*parts)
        self.decision.addresses = self.roster.addresses
        scope = (self.rules.hash, self.roster, self.now.date())
        memo = self.memory.memo
        if memo.scope != scope:
            memo.scope, memo.followed, memo.scores = scope, {}, None
        self.lists = {
            "streets": [*self.roster.names, *(a for s in self.roster.streets for a in s.aliases)],
            "categories": list(self.rules.categories),
            "units": list(self.rules.units),
        }

    # 5. Rows of the tabs around the log
    def check_small_tabs(self) -> None:
        day = self.now.date()
        if "streets" in self.rows:
            problems = checks.streets(self.layouts["streets"], self.rows["streets"], self.roster, day)
            self._write_checks("streets", problems, self._chief_now)
        if "posts" in self.rows:
            self._write_checks("posts", checks.posts(self.layouts["posts"], self.rows["posts"]))
        self._write_checks("changes", {}, self._change_cells)
        self._write_checks("duties", {}, self._duty_cells)
        self._write_checks("requests", {}, self._request_cells)

    def _write_checks(self, key: str, problems: Mapping[int, list[str]], more: Any = None) -> None:
        layout = self.layouts.get(key)
        if layout is None:
            return
        for row in self.rows[key]:
            extra, cells = more(layout, row) if more else ([], {})
            lists = checks.known_lists(layout, row.cells, self.lists)
            cells["check"] = checks.sentence(row.parsed.problems, lists, problems.get(row.number, []), extra)
            if cells["check"]:
                self.faulty.add(row.rid)
            self._say(key, row, cells)

    def _say(self, key: str, row: Row, cells: Mapping[str, Any]) -> None:
        self.decision.problems += bool(cells.get("check"))
        if key not in self.skipped:
            plan.wish(self.decision.plan, self.layouts[key], row, cells, self.zone)

    def _chief_now(self, layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
        street = roster.read_street(row.cells)
        day = self.now.date()
        chief = self.roster.chief(street, day) if street and street.span.holds(day) else ""
        return [], {"chief_now": chief}

    def _change_cells(self, layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
        problems = checks.change(layout, row.cells, self.roster)
        return problems, {"state": change_state(row.cells, self.now.date())}

    def _duty_cells(self, layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
        problems = checks.future(layout, row.cells, "reported_at", self.now)
        problems += checks.duty(layout, row.cells)
        return problems + checks.reference(layout, row.cells, "issue", self._numbers), {}

    def _request_cells(self, layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
        problems = checks.future(layout, row.cells, "requested_at", self.now)
        problems += checks.request(layout, row.cells, self.roster)
        problems += checks.reference(layout, row.cells, "issue", self._numbers)
        return problems, {"state": request_state(row.cells)}

    @cached_property
    def _numbers(self) -> set[str]:
        return {row.rid for row in self.rows.get("issues", [])}

    # 6. Issues
    def follow_issues(self) -> None:
        """Each issue by itself: stamp it, see where it stands, say so in its row."""
        layout = self.layouts.get("issues")
        if layout is None:
            return
        self.fixes, self.asks = self._fixes(), self._asks()
        kept = self.memory.memo.followed
        used: dict[str, Any] = {}
        for row in self.rows["issues"]:
            given = (row.parsed, self.fixes.get(row.rid, ()), self.asks.get(row.rid, ()))
            state = (self.memory.stamps.get(row.rid), self.memory.lines.get(row.rid))
            memo = kept.get(row.rid)
            if memo and memo[0] == given and memo[1] == state and (memo[2].wake is None or self.now < memo[2].wake):
                result = memo[2]
            else:
                result = self._follow(layout, row)
            used[row.rid] = (given, self._take(row, result), result)
        self.memory.memo.followed = used

    def _take(self, row: Row, result: Followed) -> tuple[Stamps, Mapping[str, Line] | None]:
        """Note what changed; returns the state that following this issue again would start from."""
        self.followed[row.rid] = result
        stamps = self.memory.stamps.get(row.rid)
        if stamps is None or (result.stamps is not stamps and result.stamps != stamps):
            stamps = self.decision.stamps[row.rid] = result.stamps
        booked = self.memory.lines.get(row.rid)
        if len(result.lines) != len(booked or ()) or any((booked or {}).get(line.id) != line for line in result.lines):
            booked = self.decision.lines[row.rid] = {line.id: line for line in result.lines}
        if result.wake:
            self.wakes.append(result.wake)
        self._say("issues", row, result.cells)
        return stamps, booked

    def _fixes(self) -> dict[str, tuple[Fix, ...]]:
        """Feedback by issue, in the order of the hours that count."""
        found: dict[str, list[Fix]] = defaultdict(list)
        for row in self.rows.get("feedback", []):
            cells = row.cells
            if "issue" in cells and "outcome" in cells:
                found[cells["issue"]].append(
                    Fix(
                        row.rid,
                        row.number,
                        self._mark("feedback", row.rid, "heard"),
                        cells["outcome"],
                        cells.get("photos", ""),
                    )
                )
        return {rid: tuple(sorted(group, key=lambda fix: (fix.at, fix.rid))) for rid, group in found.items()}

    def _asks(self) -> dict[str, tuple[Ask, ...]]:
        """Approved requests without a fault that move a clock, by issue."""
        found: dict[str, list[Ask]] = defaultdict(list)
        for row in self.rows.get("requests", []):
            cells = row.cells
            if cells.get("answer") == "同意" and cells.get("kind") in ("延期", "挂账", "移交") and "issue" in cells:
                if row.rid in self.faulty:
                    continue
                at = self._mark("requests", row.rid, "answered")
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
            return Followed(
                issue.stamps,
                Life("", ""),
                self._blank_cells(row, problems),
                self._unmet(issue),
                (),
                (),
                None,
                None,
            )
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
        moments += escalation.next_steps(life, stamps, self.rules, known)
        wake = min((moment for moment in moments if moment > self.now), default=None)
        booked = self.memory.lines.get(row.rid, {})
        return Followed(
            stamps,
            life,
            cells,
            issues.results(issue, life, stamps),
            tuple(told),
            scores.lines(issue, life, stamps, self.rules, booked),
            scores.tally(life, stamps),
            wake,
        )

    def _issue_problems(self, layout: Layout, row: Row) -> list[str]:
        found = [*row.parsed.problems, *checks.known_lists(layout, row.cells, self.lists)]
        found += checks.future(layout, row.cells, "reported_at", self.now)
        found += checks.future(layout, row.cells, "verified_at", self.now)
        return found

    def _stamps(self, layout: Layout, row: Row) -> Stamps:
        """The stamps that the ledger holds, or those that the sheet still shows, or the first ones."""
        stamps = self.memory.stamps.get(row.rid)
        if stamps is None and row.rid in self.adopted:
            stamps = self._adopt(layout, row)
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
        return heard(row.cells.get("reported_at"), self.now, self.grace)

    def _corrected(self, row: Row, stamps: Stamps) -> Stamps:
        """A street that was mistyped is put right while nobody answered yet; the deadline stays."""
        name = row.cells.get("street", "")
        street = self.roster.street(name, stamps.received.date())
        answered = self.fixes.get(row.rid) or stamps.verdicts or stamps.levels
        category = self.rules.categories.get(row.cells.get("category", ""))
        if street is None or street.name == stamps.street or answered or category is None:
            return stamps
        return issues.assign(stamps, category, street, self.roster)

    def _adopt(self, layout: Layout, row: Row) -> Stamps | None:
        """Deadline and people as they stand in the sheet, after the ledger was lost."""
        return adopt(layout, row, self.rules, self.now, self.roster)

    def _repeat(self, row: Row, street: str, received: datetime) -> int:
        """Which occurrence this is of the same place and category within the window of the rules."""
        key = issues.same_place(row.cells, street, self.rules.repeat.same)
        if key is None:
            return 1
        window = timedelta(seconds=_clock_seconds(self.rules.repeat.window))
        earlier = self._places[key]
        count = 1 + sum(1 for rid, when in earlier if rid != row.rid and received - window <= when <= received)
        earlier.append((row.rid, received))
        return count

    @cached_property
    def _places(self) -> dict[tuple[str, ...], list[tuple[str, datetime]]]:
        found: dict[tuple[str, ...], list[tuple[str, datetime]]] = defaultdict(list)
        for row in self.rows["issues"]:
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

    def _blank_cells(self, row: Row, problems: Iterable[str]) -> dict[str, Any]:
        """A row with a fault: its number, and what to mend; no clock runs."""
        cells = {column.key: "" for column in self.layouts["issues"].tab.service}
        return {**cells, "id": row.rid, "check": checks.sentence(problems)}

    def _unmet(self, issue: Issue) -> dict[int, str]:
        return {fix.row: "问题台账里这一行还有错，先改正" for fix in issue.fixes}

    # 7. Feedback
    def answer_feedback(self) -> None:
        results = {number: text for one in self.followed.values() for number, text in one.results.items()}

        def more(layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
            problems = checks.future(layout, row.cells, "reported_at", self.now)
            problems += checks.reference(layout, row.cells, "issue", self._numbers)
            if row.cells.get("outcome") in ("上报", "非本单位"):
                problems += checks.needed(layout, row.cells, ("text",), row.cells["outcome"])
            return problems, {"result": results.get(row.number, "")}

        self._write_checks("feedback", {}, more)

    # 8. Scores
    def score_months(self) -> None:
        """月度考核 and 扣分明细 of every month that has lines, and of this one."""
        visits = self._visits()
        found = tuple(self.followed.values())
        memo = self.memory.memo.scores
        if memo and memo[0] == visits and _same_items(memo[1], found):
            lines, rows = memo[2]
        else:
            lines, rows = self._scores(visits)
        self.memory.memo.scores = (visits, found, (lines, rows))
        self._wish("lines", lines)
        self._wish("scores", rows)

    def _scores(self, visits: Mapping[tuple[str, str], int]) -> tuple[dict[Any, Any], dict[Any, Any]]:
        lines = [line for one in self.followed.values() for line in one.lines] + self._of_lost_rows()
        today = self.now.date()
        months = sorted({line.month for line in lines} | {scores.month_of(today)})
        bases = [line for month in months for line in scores.base_lines(month, self._targets(month), self.rules)]
        lines = scores.capped(lines, self.rules)
        tallies = [one.tally for one in self.followed.values() if one.tally]
        table = standings.standings(
            months, scores.sums([*bases, *lines]), tallies, visits, self.roster, self.rules, today
        )
        ordered = sorted([*bases, *lines], key=lambda line: (line.month, line.date, line.id))
        cells = {
            (line.id,): {
                "id": line.id,
                "month": line.month,
                "target": line.target,
                "chief": line.chief,
                "issue": line.issue,
                "rule": line.rule,
                "clause": line.clause,
                "points": line.points / 100,
                "text": line.text,
                "date": plan.to_raw(line.date, self.zone),
            }
            for line in ordered
        }
        return cells, {(row.month, row.target, row.kind): row.cells() for row in table}

    def _of_lost_rows(self) -> list[Line]:
        """Deleting a row is no decision about its points: they stay until the row is back and made void."""
        return [line for rid, booked in self.memory.lines.items() if rid not in self.followed for line in booked.values()]

    def _targets(self, month: str) -> list[tuple[str, str, str]]:
        streets = standings.streets_of(self.roster, month, self.now.date())
        found = [(scores.STREET, street.name, chief) for street, chief in streets]
        return found + [(scores.UNIT, unit, "") for unit in self.rules.units]

    def _visits(self) -> dict[tuple[str, str], int]:
        """Inspections by month and street: one a street, person and day, with or without a finding."""
        seen = {
            (row.cells["reporter"], street.name, day)
            for row in self.rows.get("duties", [])
            if row.cells.get("kind") == "督查" and "reporter" in row.cells
            for day in [self._mark("duties", row.rid, "heard").date()]
            for street in [self.roster.street(row.cells.get("street", ""), day)]
            if street
        }
        for row in self.rows.get("issues", []):
            one = self.followed.get(row.rid)
            if one and one.stamps.street and row.cells.get("source") == "督查":
                seen.add((row.cells.get("reporter", ""), one.stamps.street, one.stamps.received.date()))
        found: dict[tuple[str, str], int] = defaultdict(int)
        for _, street, day in seen:
            found[scores.month_of(day), street] += 1
        return dict(found)

    # 9. Notices
    def tell(self) -> None:
        """Notices that nobody was given yet go out; those that 通知记录 shows as sent are never sent again."""
        layout = self.layouts.get("notices")
        known = dict(self.memory.notices)
        if layout is not None and "notices" not in self.skipped:
            self._adopt_notices(layout, known)
        for one in self.followed.values():
            for notice in one.notices:
                if notice.number not in known:
                    state = "未发送" if notice.reason else "待发送"
                    known[notice.number] = self.decision.notices[notice.number] = Sent(notice, state, notice.reason)
        self._wish(
            "notices",
            {
                (sent.notice.number,): notice_cells(sent, self.zone)
                for sent in sorted(known.values(), key=lambda sent: (sent.notice.time, sent.notice.number))
            },
        )

    def _adopt_notices(self, layout: Layout, known: dict[str, Sent]) -> None:
        if self.memory.last_tick is not None:
            return
        for row in self.rows["notices"]:
            sent = read_notice(layout, row, self.now, self.rules)
            if sent and sent.notice.number not in known:
                known[sent.notice.number] = self.decision.notices[sent.notice.number] = sent

    def _wish(self, key: str, wished: Mapping[tuple[str, ...], Mapping[str, Any]]) -> None:
        layout = self.layouts.get(key)
        if layout is not None and key not in self.skipped:
            plan.wish_rows(self.decision.plan, layout, self.rows[key], wished, self.zone)

    # 10. Status
    def report(self) -> None:
        """运行状态: what people must look at; then what to remember and when to look again."""
        self._bring_back()
        said = status.items(
            self.skipped,
            self.gone,
            self.roster,
            self.rules,
            self.now,
            self.decision.problems,
            len(self.adopted),
            self.tables.tabs,
        )
        said = {**self.memory.warnings, **said}
        before = self.memory.status
        self.decision.status = {
            item: before[item] if item in before and before[item][0] == text else (text, self.now)
            for item, text in said.items()
        }
        self._wish(
            "status",
            {
                (item,): {"item": item, "text": text, "time": since}
                for item, (text, since) in self.decision.status.items()
            },
        )
        self.decision.numbers = self.numbers.highest
        self.wakes.append(status.next_day(self.now))
        self.decision.wake = min(self.wakes)

    def _bring_back(self) -> None:
        """Rows that ``jielu restore`` asked for are put at the end of their tab, as they were."""
        done = []
        for rid in self.memory.wanted_back:
            for key, group in self.gone.items():
                for one in group:
                    if one.rid == rid and key not in self.skipped:
                        cells = {**one.cells, self.layouts[key].tab.id: rid} if self.layouts[key].tab.id else one.cells
                        plan.append_row(self.decision.plan, self.layouts[key], cells)
                        done.append(rid)
        self.decision.restored = tuple(done)


def grace(rules: Rules) -> timedelta:
    """How long after the typed hour a row may be seen first and still count from that hour."""
    return timedelta(seconds=_clock_seconds(rules.clock.receipt_grace))


def _clock_seconds(limit: Limit) -> int:
    return limit.amount * (86400 if limit.unit in ("d", "wd") else 3600)


def _same_items(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    return len(before) == len(now) and all(a is b for a, b in zip(before, now, strict=True))


def change_state(cells: Mapping[str, Any], day: date) -> str:
    """状态 of a row of 人员调整 (plan note 2)."""
    opinions = (cells.get("branch_opinion"), cells.get("commander_opinion"))
    if "不同意" in opinions:
        return "未同意"
    if opinions[0] != "同意":
        return "待支部意见"
    if opinions[1] != "同意":
        return "待指挥长同意"
    since, until = cells.get("since"), cells.get("until")
    if since is None or day < since:
        return "已同意"
    return "已结束" if until and until < day else "已生效"


def request_state(cells: Mapping[str, Any]) -> str:
    return {"同意": "已同意", "不同意": "未同意"}.get(cells.get("answer", ""), "待批复")


def notice_cells(sent: Sent, zone: Any) -> dict[str, Any]:
    notice = sent.notice
    return {
        "number": notice.number,
        "time": plan.to_raw(notice.time, zone),
        "to": notice.to,
        "channel": notice.channel,
        "kind": notice.kind,
        "issue": notice.issue,
        "text": notice.text,
        "state": sent.state,
        "reason": sent.reason,
    }


def read_notice(layout: Layout, row: Row, now: datetime, rules: Rules) -> Sent | None:
    """A row of 通知记录 back as what the ledger lost."""
    cell: dict[str, Raw] = {column.key: row.seen(layout, column.key) for column in layout.tab.columns}
    number = plain(cell["number"])
    if not number:
        return None
    at = status.moment(cell["time"], rules) or now
    notice = Notice(
        number,
        plain(cell["kind"]),
        plain(cell["issue"]),
        plain(cell["to"]),
        at,
        at,
        f"【{plain(cell['kind'])}】{plain(cell['issue'])}",
        plain(cell["text"]),
        channel=plain(cell["channel"]),
    )
    return Sent(notice, plain(cell["state"]), plain(cell["reason"]))


def adopt(layout: Layout, row: Row, rules: Rules, now: datetime, people: roster.Roster) -> Stamps | None:
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
