"""Everything that the plan asks for is decided here: tables, memory, rules and the hour in, a decision out.

Pure: the same input gives the same output, byte for byte. One bad row, cell or tab is a problem of that row, cell
or tab and stops nothing else. Read ``decide`` first; each step below is one room of the core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sync.core.approvals import checks
from sync.core.look import adoption, archive, decisions, doubts, seals, status
from sync.core.look.claims import Claims
from sync.core.look.follow import Followed, FollowUp
from sync.core.look.letterbook import LetterBook
from sync.core.look.noticebook import NoticeBook
from sync.core.look.reading import Reading
from sync.core.look.rounds import Rounds
from sync.core.look.scoring import Board
from sync.core.memory import Change, Decision, Memory, Tables
from sync.core.notices import notices
from sync.core.notices.notices import Notice
from sync.core.people import roster
from sync.core.rules.rules import Rules
from sync.core.sheet import plan
from sync.core.sheet.rows import Raw, Row
from sync.core.sheet.tabs import Layout


def decide(tables: Tables, memory: Memory, rules: Rules, now: datetime) -> Decision:
    """What the sheets should say at ``now`` (aware), what to remember, whom to tell, and when to look again."""
    now = now.astimezone(rules.bureau.zone)
    return take(Look(tables, memory, rules, now)).decision


def take(look: Look) -> Look:
    """All steps of a look, in order."""
    look.reading.find_columns()
    look.reading.read_rows()
    look.reading.know_rows()
    look.know_roster()
    look.adopt()
    look.check_small_tabs()
    look.follow_issues()
    look.answer_feedback()
    look.go_rounds()
    look.write_letters()
    look.score_months()
    look.tell()
    look.report()
    return look


ARCHIVED = "问题已归档，不再处理"
More = Callable[[Layout, Row], tuple[list[str], dict[str, Any]]]


@dataclass
class Look:
    """One look at everything; each method is a step and leaves its findings in the fields."""

    tables: Tables
    memory: Memory
    rules: Rules
    now: datetime
    faulty: set[str] = field(default_factory=set)
    roster: roster.Roster = field(default_factory=lambda: roster.Roster((), ()))
    followed: dict[str, Followed] = field(default_factory=dict)
    wakes: list[datetime] = field(default_factory=list)
    of_letters: list[Notice] = field(default_factory=list)
    unsaid: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.zone = self.rules.bureau.zone
        self.decision = Decision(plan.Plan(), None)
        self.reading = Reading(self.tables, self.memory, self.rules, self.now, self.decision)
        self.layouts, self.rows, self.skipped = self.reading.layouts, self.reading.rows, self.reading.skipped

    # Roster
    def know_roster(self) -> None:
        parts = tuple(self.rows.get(key, []) for key in ("streets", "posts", "changes"))
        self.roster = roster.assemble(*parts)
        self.decision.addresses = self.roster.addresses(self.now.date())
        self.decision.groups = notices.groups_since(self.rules, self.memory.groups, self.now)
        scope = (self.rules.hash, self.roster, self.now.date())
        memo = self.memory.memo
        if memo.scope != scope:
            memo.scope, memo.followed, memo.scores, memo.checked = scope, {}, None, {}
            memo.duties = memo.owed = None
        self.lists = {
            "streets": [*self.roster.names, *(a for s in self.roster.streets for a in s.aliases)],
            "categories": list(self.rules.categories),
            "units": list(self.rules.units),
        }

    # A ledger that was lost
    def adopt(self) -> None:
        """Points and sealed months stay as the sheets show them, also when the ledger that booked them was lost."""
        lost = self.memory.last_tick is None and bool(self.tables.archives)
        moved = archive.adopt(self) if lost else {}
        self.reading.adopted |= moved.keys()
        if self.reading.adopted and not self.memory.lines and "lines" in self.layouts:
            self._adopt_lines(moved)
        if not self.memory.closings and (self.reading.adopted or self.memory.last_tick is None):
            self.reading.closings = self.decision.closings = seals.adopt(self.reading)
        self.claims = Claims(self.reading, self.roster, self.faulty)

    def _adopt_lines(self, moved: Mapping[str, str]) -> None:
        names = {row.rid: row.cells.get("category", "") for row in self.rows["issues"]} | dict(moved)
        categories = {rid: self.rules.categories.get(name) for rid, name in names.items()}
        tasks = {rid: category.task for rid, category in categories.items() if category}
        lines = adoption.read_lines(self.layouts["lines"], self.rows.get("lines", []), tasks, self.rules)
        self.reading.booked = lines
        self.decision.lines |= lines

    # Rows of the tabs around the log
    def check_small_tabs(self) -> None:
        day = self.now.date()
        streets = checks.streets(self.layouts["streets"], self.rows["streets"], self.roster, day)
        posts = checks.posts(self.layouts["posts"], self.rows["posts"])
        self._write_checks("streets", self._street_cells(streets), lambda row: streets.get(row.number))
        self._write_checks("posts", lambda _, row: (posts.get(row.number, []), {}), lambda row: posts.get(row.number))
        self._write_checks("changes", self._change_cells, lambda row: None)
        self._write_checks("duties", self._duty_cells, self._about)
        self._write_checks("requests", self._request_cells, lambda row: (*self._about(row), self.claims.context(row)))

    def _write_checks(self, key: str, more: More, context: Callable[[Row], object]) -> None:
        """Say in each row what is wrong with it. ``more`` gives the tab's own sentences and cells; they depend on the
        row, the roster and rules, and ``context``: what else they depend on."""
        layout = self.layouts.get(key)
        if layout is None:
            return
        remembered, used = self.memory.memo.checked.get(key, {}), {}
        for row in self.rows[key]:
            about, memo = context(row), remembered.get(row.rid)
            if memo is None or memo[0] is not row.parsed or memo[1] != about:
                memo = (row.parsed, about, self._checked(layout, row, more))
            used[row.rid] = memo
            if memo[2]["check"]:
                self.faulty.add(row.rid)
            self._say(key, row, memo[2])
        self.memory.memo.checked[key] = used

    def _checked(self, layout: Layout, row: Row, more: More) -> dict[str, Any]:
        problems, cells = more(layout, row)
        lists = checks.known_lists(layout, row.cells, self.lists)
        return {**cells, "check": checks.sentence(row.parsed.problems, lists, problems)}

    def _about(self, row: Row) -> tuple[object, ...]:
        """Whether its time lies ahead, whether the issue that it names is there, and where that lies."""
        typed = row.cells.get("reported_at") or row.cells.get("requested_at")
        ahead = bool(typed and typed > self.now + checks.AHEAD)
        if ahead and typed:
            self.wakes.append(typed - checks.AHEAD)
        issue = row.cells.get("issue", "")
        return ahead, issue in self._numbers, tuple(self._area(issue).values())

    def _say(self, key: str, row: Row, cells: Mapping[str, Any]) -> None:
        self.decision.problems += bool(cells.get("check"))
        if key in self.skipped:
            return
        settled = self.memory.memo.settled.setdefault(key, {})
        written = plan.wish(self.decision.plan, self.layouts[key], row, cells, self.zone, settled, row.rid)
        if written and key == "issues":
            self._trace_hands(row, cells, written)

    def _trace_hands(self, row: Row, cells: Mapping[str, Any], written: list[tuple[str, Raw, Raw]]) -> None:
        """A service cell that somebody changed by hand is put back, and that is recorded (DESIGN section 5)."""
        known = self.reading.known("issues", row.rid)
        for key, seen, wished in written:
            if not self.memory.unsure and key in known.shown and plan.same(known.shown[key], wished):
                header = self.tables.tabs["issues"].by_key[key].header
                self.decision.history.append(
                    Change("issues", row.rid, f"{header}（系统列，已还原）", wished, seen, self.now)
                )
        shown = {key: plan.to_raw(value, self.zone) for key, value in cells.items()}
        self.decision.known["issues"][row.rid] = replace(known, shown=shown)

    def _street_cells(self, problems: Mapping[int, list[str]]) -> More:
        day = self.now.date()

        def more(_: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
            street = roster.read_street(row.cells)
            chief = self.roster.chief(street, day) if street and street.span.holds(day) else ""
            return problems.get(row.number, []), {"chief_now": chief}

        return more

    def _change_cells(self, layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
        problems = checks.change(layout, row.cells, self.roster)
        return problems, {"state": change_state(row.cells, self.now.date())}

    def _duty_cells(self, layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
        problems = checks.future(layout, row.cells, "reported_at", self.now)
        problems += checks.duty(layout, row.cells)
        return problems + checks.reference(layout, row.cells, "issue", self._numbers), {}

    def _request_cells(self, layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
        problems = checks.future(layout, row.cells, "requested_at", self.now)
        answered = row.cells.get("answered_at") or self.now
        area = self._area(row.cells.get("issue", ""))
        problems += checks.request(layout, row.cells, checks.Asked(self.roster, self.rules, answered.date(), area))
        problems += checks.reference(layout, row.cells, "issue", self._numbers)
        problems += self.claims.problems(layout, row)
        return problems, {"state": self.claims.state(row, request_state(row.cells))}

    def _area(self, issue: str) -> Mapping[str, str]:
        """Branch and district of an issue as stamped; empty before it is stamped."""
        stamps = self.memory.stamps.get(issue)
        return {"branch": stamps.branch, "district": stamps.district} if stamps else {}

    @cached_property
    def _numbers(self) -> set[str]:
        return {row.rid for row in self.rows.get("issues", [])} | self.reading.away.keys()

    # The issue log
    def follow_issues(self) -> None:
        """Each issue by itself; its row says where it stands."""
        if "issues" not in self.layouts:
            return
        self.followup = FollowUp(self.reading, self.roster, self.lists, self.faulty)
        self.followed = self.followup.run()
        for row in self.rows["issues"]:
            self._say("issues", row, self.followed[row.rid].cells)
        self.wakes += [followed.wake for followed in self.followed.values() if followed.wake]

    # Feedback
    def answer_feedback(self) -> None:
        results = {number: text for followed in self.followed.values() for number, text in followed.results.items()}
        if self.followed:
            results |= doubts.doubted(self.reading, self.followup.fixes, results)

        def more(layout: Layout, row: Row) -> tuple[list[str], dict[str, Any]]:
            problems = checks.future(layout, row.cells, "reported_at", self.now)
            problems += checks.reference(layout, row.cells, "issue", self._numbers)
            if row.cells.get("outcome") in ("上报", "非本单位"):
                problems += checks.needed(layout, row.cells, ("text",), row.cells["outcome"])
            if row.cells.get("issue") in self.reading.away:
                return problems, {"result": row.seen(layout, "result") or ARCHIVED}
            return problems, {"result": results.get(row.number, "")}

        self._write_checks("feedback", more, lambda row: (*self._about(row), results.get(row.number, "")))

    # Duties
    def go_rounds(self) -> None:
        """What people owe on workdays: read once, for the score and for those who are told."""
        self.rounds = Rounds(self.reading, self.roster, self.followed)
        self.wakes += self.rounds.wakes()

    # Letters
    def write_letters(self) -> None:
        """督办函 and 问题记录单: drafted, signed, answered, repeated."""
        self.book = book = LetterBook(self.reading, self.roster, self.followed)
        self.of_letters = book.run()
        self.wakes += book.wakes
        self.unsaid = {"督办台账": book.unsaid} if book.unsaid else {}

    # Scores
    def score_months(self) -> None:
        """月度考核 and 扣分明细 of every month that has lines, and of this one."""
        duties = tuple(self.rounds.lines())
        self.scored = Board(self.reading, self.roster, self.followed, self.claims, duties).run()
        self.wakes.append(self.scored.wake)
        self._wish("lines", self.scored.lines)
        self._wish("scores", self.scored.rows)
        self._wish("quarters", self.scored.quarters)
        self._wish("years", self.scored.years)
        decisions.note(self.reading)

    # Notices
    def tell(self) -> None:
        of_issues = (notice for followed in self.followed.values() for notice in followed.notices)
        told = (*of_issues, *self.rounds.notices(), *self.of_letters)
        rows = NoticeBook(self.reading, self.followed, self.book.settled).take(told)
        if rows is not None:
            self._wish("notices", rows)

    def _wish(self, key: str, wished: Mapping[tuple[str, ...], Mapping[str, Any]]) -> None:
        layout = self.layouts.get(key)
        if layout is not None and key not in self.skipped:
            settled = self.memory.memo.settled.setdefault(key, {})
            plan.wish_rows(self.decision.plan, layout, self.rows[key], wished, self.zone, settled)

    # Status
    def report(self) -> None:
        """运行状态: what people must look at; then what to remember and when to look again."""
        self._bring_back()
        items = status.items(
            self.skipped,
            self.reading.gone,
            self.roster,
            self.rules,
            self.now,
            self.decision.problems,
            len(self.reading.adopted),
            self.tables.tabs,
        )
        self.seals = seals.Seals(self.reading, self.followed)
        self.drift = self.seals.drift()
        items |= {
            f"封存月份：{month}": seals.warning(month, differences)
            for month, (_, differences) in self.drift.items()
            if differences
        }
        before = self.memory.status
        if status.ADOPTED in before and before[status.ADOPTED][1].date() == self.now.date():
            items.setdefault(status.ADOPTED, before[status.ADOPTED][0])  # to be read, it must stand longer than a look
        items = {**self.memory.warnings, **self.unsaid, **items}
        self.decision.status = {
            item: before[item] if item in before and before[item][0] == text else (text, self.now)
            for item, text in items.items()
        }
        if "status" in self.layouts and "status" not in self.skipped:
            cells = [
                {"item": item, "text": text, "time": since} for item, (text, since) in self.decision.status.items()
            ]
            plan.wish_list(self.decision.plan, self.layouts["status"], self.rows["status"], cells, self.zone)
        self.decision.ripe = tuple(row.rid for row in archive.ripe(self))
        self.decision.numbers = self.reading.numbers.highest
        if any(row.gone > 0 for group in self.decision.known.values() for row in group.values()):
            self.wakes.append(self.now)  # a row was missed once: look again, it may only have been cut
        self.wakes.append(status.next_day(self.now))
        self.decision.wake = min(self.wakes)

    def _bring_back(self) -> None:
        """Rows that ``jielu restore`` asked for are put at the end of their tab, as they were; ``restored`` are those
        that were seen there again."""
        gone = {row.rid for group in self.reading.gone.values() for row in group}
        done = [rid for rid in self.memory.wanted_back if rid not in gone]
        for rid in self.memory.wanted_back:
            for key, group in self.reading.gone.items():
                for row in group:
                    if row.rid == rid and key not in self.skipped:
                        cells = {**row.cells, self.layouts[key].tab.id: rid} if self.layouts[key].tab.id else row.cells
                        plan.append_row(self.decision.plan, self.layouts[key], cells)
        self.decision.restored = tuple(done)


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
