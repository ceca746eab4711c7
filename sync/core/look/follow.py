"""Every issue followed: lived, escalated, charged and told of; and what its row should say.

What an issue came to is taken from the look before until one of the things that it was computed from changes, or the
hour comes at which time alone changes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple

from sync.core.issues import course, escalation, feedback, issue_stamps, lateness, upward
from sync.core.issues import life as lives
from sync.core.issues.feedback import Result
from sync.core.issues.issues import Fix, Issue, Stamps
from sync.core.issues.life import Life
from sync.core.issues.open_units import unit_of
from sync.core.issues.upward import Turn
from sync.core.letters import letters
from sync.core.letters.letters import ByIssue
from sync.core.look import stamping
from sync.core.look.judging import Judged
from sync.core.look.people import People
from sync.core.look.reading import Reading
from sync.core.look.rebuilding.rebuild import PastPoints
from sync.core.look.stamping import Stamped
from sync.core.look.status import basis
from sync.core.look.verdicts import counted
from sync.core.memory import IssueFailed
from sync.core.notices.notices import Notice, NoticeCase, next_reminder
from sync.core.notices.timing import Hours
from sync.core.people.permissions import Area, holds, person
from sync.core.rules.conditions import ASSIGNED, INSPECTED, SELF_FOUND, SERIOUS, Lateness
from sync.core.rules.rules import Rules
from sync.core.scores import charging
from sync.core.scores import seal as sealing
from sync.core.scores.charging import Tally
from sync.core.scores.lines import AGAIN, BACK, DISCOVERED, LATE, OF_ISSUE, STREET, Group, Line, by_id, of_issues
from sync.core.sheet import checks, plan
from sync.core.sheet.problems import Problem, sentence
from sync.core.sheet.rows import Raw, Row


@dataclass(frozen=True, slots=True)
class Followed:
    """What one issue came to."""

    issue: Issue  # with the stamps as they are now
    life: Life
    turns: tuple[Turn, ...]  # whose it was and is to answer what was reported up
    problems: tuple[Problem, ...]
    cells: Mapping[str, Raw]  # what its row should show
    results: Mapping[str, Result]  # what became of its feedback, by id
    notices: tuple[Notice, ...]
    booking: Mapping[str, Line]  # its score lines by id, as the ledger keeps them
    tally: Tally | None  # its part in the month's rates
    wake: datetime | None  # when time alone changes something
    day: date = field(compare=False)  # on which it was followed
    fact: letters.Fact | None = None  # as a letter would show it, where the rules call for one
    serious: letters.Fact | None = None  # as a record of its day would show it, where it is 严重

    @property
    def stamps(self) -> Stamps:
        return self.issue.stamps

    @property
    def area(self) -> Area:
        """Where it lies, and who answers for it."""
        stamps = self.stamps
        return Area(stamps.street, stamps.branch, stamps.district, self.life.unit, stamps.chief)

    def lateness(self, rules: Rules, now: datetime) -> Lateness | None:
        """How late it is now; None: it is not. A part of another issue has no lateness of its own."""
        return None if self.stamps.joined else lateness.late_now(self.life, rules, now)

    def late_words(self, rules: Rules, now: datetime, *, in_hours: bool = True) -> str:
        """The same in the words of pages; empty: it is not late. ``in_hours``: what endangers people in hours; a
        mail, read later, says workdays."""
        late, category = self.lateness(rules, now), rules.categories.get(self.issue.category)
        danger = category is not None and category.dangerous(self.issue.severity)
        return lateness.late_words(late, now, in_hours=in_hours and danger) if late else ""

    @property
    def lines(self) -> Collection[Line]:
        return self.booking.values()


@dataclass(frozen=True)
class Following:
    """What issues are followed by. ``booked`` lines and sealed months are as they were before this look."""

    reading: Reading
    people: People
    stamped: Stamped
    judged: Judged
    fixes: Mapping[str, tuple[Fix, ...]]
    letters: ByIssue
    past: PastPoints

    @cached_property
    def hours(self) -> Hours:
        return Hours(self.reading.now, self.reading.rules)


def follow(step: Following) -> Mapping[str, Followed]:
    """Each issue by itself, by number; all of the look before where nothing is another and no hour is there yet."""
    if "issues" not in step.reading.layouts:
        return {}
    judged, memo = step.judged, step.reading.memo
    given = (
        _scope(step), step.past.lines, step.reading.rows["issues"], step.stamped.stamps, step.fixes, judged.asks,
        judged.approves, judged.answers, step.letters.numbers, step.letters.urged,
    )  # fmt: skip
    every = memo.of("all followed").result("", given, _follow_all, step, holds=_all_hold)
    memo.of("followed").keep_all()
    return every.followed


class _Every(NamedTuple):
    """All issues by number. ``wake``: the first hour at which time alone changes one; ``days``: on which those were
    followed that are not over."""

    followed: Mapping[str, Followed]
    wake: datetime | None
    days: frozenset[date]


def _scope(step: Following) -> tuple[object, ...]:
    """What every issue is followed by."""
    return step.people.lasting, step.reading.layouts["issues"], step.past.seals


def _all_hold(every: _Every, step: Following) -> bool:
    now = step.reading.now
    return (every.wake is None or now < every.wake) and every.days <= {now.date()}


def _follow_all(step: Following) -> _Every:
    rows, depths = step.reading.rows["issues"], step.stamped.depths
    followed = dict[str, Followed]()
    # what was taken over before what took it over, however people sorted the rows
    for depth in sorted({*depths.values()}, reverse=True):
        followed |= _follow_some(step, [row for row in rows if depths.get(row.rid) == depth], followed)
    followed |= _follow_some(step, [row for row in rows if row.rid not in depths], followed)
    as_owners = {rid: _as_owner(step, followed, rid) for rid in depths}
    followed = {row.rid: followed[row.rid] for row in rows} | as_owners
    wake = min((issue.wake for issue in followed.values() if issue.wake), default=None)
    days = frozenset(issue.day for issue in followed.values() if issue.life.state not in lives.ENDED)
    return _Every(followed, wake, days)


def _follow_some(step: Following, rows: Sequence[Row], followed: Mapping[str, Followed]) -> dict[str, Followed]:
    """Issues by number, once those that they took over are ``followed``."""
    rids = [row.rid for row in rows]
    booked = step.reading.memo.result("lines of issues", step.past.lines, of_issues, step.past.lines)
    left = [*zip(map(step.stamped.stamps.get, rids), map(booked.get, rids, repeat({})), strict=True)]
    belonging = _belonging(step, rids, followed)
    numbers = map(step.letters.numbers.get, rids)
    given = [*zip(repeat(_scope(step)), [row.parsed for row in rows], numbers, belonging, strict=False)]

    def make(n: int) -> Followed:
        try:
            return _follow(step, rows[n], belonging[n])
        except Exception as error:  # one issue never stops the rest
            raise IssueFailed(rows[n]) from error

    def holds(issue: Followed, n: int) -> bool:
        """Whether its stamps and lines stand as it left them, and time did not change it."""
        return (issue.issue.stamps, issue.booking) == left[n] and _is_in_time(issue, step.reading)

    return dict(zip(rids, step.reading.memo.of("followed").each(rids, given, make, holds), strict=True))


def _as_owner(step: Following, followed: Mapping[str, Followed], rid: str) -> Followed:
    """A part of another issue shows how that stands: it ends with it."""
    own, owner = followed[rid], step.stamped.owner(rid)
    if owner == rid or own.life.state == lives.VOID:
        return own
    of = followed.get(owner)
    shown = {key: of.cells[key] for key in ("state", "closed_at")} if of else {}
    words = "重复报" if own.stamps.start is None else "并入"
    return replace(own, cells={**own.cells, "hint": "", **shown, "repeat": f"{words}，见 {owner}"})


def _belonging(step: Following, rids: Sequence[str], followed: Mapping[str, Followed]) -> list[tuple[Any, ...]]:
    """What belongs to each issue besides its row: feedback, approvals, those taken back, answers, second letters, the
    days on which it was seen again, and what the issue that it took over cost."""
    judged, stamped = step.judged, step.stamped
    taken = {rid: _withdrawn(judged, rid, own) for rid, own in stamped.stamps.items() if own.taken}
    costs = {
        rid: sum(_cost(followed[other]) for other in parts if other in followed)
        for rid, parts in stamped.taken_over.items()
    }
    by_issue: tuple[tuple[Mapping[str, Any], Any], ...] = (
        (step.fixes, ()), (judged.asks, ()), (taken, NOTHING), (judged.answers, ()), (step.letters.urged, ()),
        (stamped.seen_days, 0), (costs, 0),
    )  # fmt: skip
    return [*zip(*(map(each.get, rids, repeat(nothing)) for each, nothing in by_issue), strict=True)]


def _cost(followed: Followed) -> int:
    """Hundredths that the steps of an issue's case cost its street: they count as one total."""
    steps = (DISCOVERED, LATE, AGAIN)
    return -sum(line.points for line in followed.lines if line.kind == STREET and line.rule in steps)


def _is_in_time(followed: Followed, reading: Reading) -> bool:
    """Whether the issue's hour is not yet there, and it is over or no day went by, which makes an open one later."""
    if followed.wake is not None and reading.now >= followed.wake:
        return False
    return followed.day == reading.now.date() or followed.life.state in lives.ENDED


NOTHING: frozenset[str] = frozenset()
NOT_HIS = {SELF_FOUND: "自查只算这条街路的街路长自己报的，按督查计，不加分", ASSIGNED: "按督查计，不加倍"}
ANSWERED, ANEW = "已经有反馈、复核或升级。", "确实填错了，请作废后重新填报。"


def _withdrawn(judged: Judged, rid: str, stamps: Stamps) -> frozenset[str]:
    """Approvals of this issue that were taken back: the row is there and no longer says so."""
    return frozenset(ask.rid for ask in stamps.taken if judged.approves.get(ask.rid, rid) != rid)


def _follow(step: Following, row: Row, belonging: tuple[Any, ...]) -> Followed:
    """The issue's own life first, then what follows from it: points, notices, letters."""
    rules, now, roster = step.reading.rules, step.reading.now, step.people.roster
    known_stamps = step.stamped.stamps[row.rid]
    counting, refused = counted(step.reading, roster, row, known_stamps)
    before = Issue(row.rid, counting, known_stamps, *belonging)
    faults = [*stamping.problems(step.reading, step.people, row), *refused]
    if before.stamps.start is None and not before.stamps.street:
        return _waiting(step.reading, row, before, faults)
    memory = step.reading.memory
    stamps, life = course.follow(before, rules, now, memory.last_tick, memory.latest or memory.last_tick)
    street = roster.street(stamps.street, stamps.received.date())
    known = escalation.facts(before, life, stamps, rules, street.type if street else "")
    levels = escalation.climb(before, life, stamps, rules, known, now)
    stamps = stamps if levels == stamps.levels else replace(stamps, levels=levels)
    known = {**known, "level": escalation.highest(stamps.levels)}  # letters and notices ask for what is reached now
    issue = before if stamps is known_stamps else replace(before, stamps=stamps)
    turns = tuple(upward.turns(before, life, rules, now))
    problems = (*faults, *_unheeded(step, row, issue))
    cells, results = _cells(step, issue, life, problems), feedback.results(issue, life, stamps, rules)
    moments = (
        *lateness.turning_points(life, stamps, rules),
        *escalation.next_steps(life, stamps, rules, known),
        *checks.ripe(row.cells),
        *upward.next_turn(turns, now),
    )
    serious = issue.severity == SERIOUS and life.deadline is not None and not stamps.joined
    lines, tally = by_id(_lines(step, issue, life)), charging.tally(life, stamps)
    told = NoticeCase(issue, life, stamps, rules, roster, known, now, step.people.groups, turns, step.hours).notices()
    reminder = next_reminder(life, stamps, rules)
    calls, later = letters.call(life, rules, known), letters.next_calls(life, rules, known)
    calls = "" if stamps.joined else calls
    return Followed(
        issue, life, turns, problems, {**cells, "letter": step.letters.shown(row.rid, life.unit)}, results, tuple(told),
        lines, tally, _next((*moments, *reminder, *later), now), now.date(),
        letters.freeze(issue, life, stamps, rules, calls) if calls else None,
        letters.freeze(issue, life, stamps, rules, letters.SERIOUS_FOUND) if serious else None,
    )  # fmt: skip


def _lines(step: Following, issue: Issue, life: Life) -> tuple[Line, ...]:
    """The issue's lines, with regard to months that are sealed."""
    booked, past = step.past.lines.get(Group(OF_ISSUE, issue.rid), {}), step.past
    own = {name: line for name, line in booked.items() if line.rule != BACK}
    shared = upward.shares_lateness(issue, life, step.reading.rules, step.reading.now)
    lines = charging.lines(issue, life, issue.stamps, step.reading.rules, own, shared)
    return sealing.after_seals(lines, booked, past.seals, past.returned, step.reading.now.date())


def _next(moments: Iterable[datetime], now: datetime) -> datetime | None:
    return min((moment for moment in moments if moment > now), default=None)


def _waiting(reading: Reading, row: Row, issue: Issue, problems: Sequence[Problem]) -> Followed:
    """A row with a fault: its number, and what to mend; no clock runs."""
    layout = reading.layouts["issues"]
    cells = {**plan.nothing(layout), "id": row.rid, "check": sentence(layout, problems)}
    results = {fix.rid: Result("问题台账里这一行还有错，先改正") for fix in issue.fixes}
    wake = _next(checks.ripe(row.cells), reading.now)
    return Followed(issue, Life("", ""), (), tuple(problems), cells, results, (), {}, None, wake, reading.now.date())


def _unheeded(step: Following, row: Row, issue: Issue) -> list[Problem]:
    """What the row asks for and does not get: said, since silence would look like consent."""
    if issue.stamps.history:
        return []
    return [
        *_lacking_basis(step, row, issue),
        *_late_street(step, row, issue.stamps),
        *_late_category(step, row, issue.stamps),
        *_source(step, row, issue.stamps),
        *_early_verdict(step, row, issue.stamps),
        *_lacking_photo(step, row, issue),
    ]


def _lacking_photo(step: Following, row: Row, issue: Issue) -> list[Problem]:
    """通过 without what the category needs, and nobody says that he saw it on the spot (definitions 1.1)."""
    last = issue.stamps.verdicts[-1] if issue.stamps.verdicts else None
    if row.cells.get("verified") != "通过" or (last and not issue_stamps.is_news(row.cells, last)):
        return []
    if row.cells.get("verify_note") or feedback.stopped_at(issue, issue.stamps, step.reading.rules):
        return []
    why = "没有填。还没有整改后照片（要检测的，还有检测结果），选通过要在这里写明在现场看到的情况。"
    return [Problem("verify_note", why)]


def _lacking_basis(step: Following, row: Row, issue: Issue) -> list[Problem]:
    """Enforcement is not closed without a case number (plan 六·1)."""
    legal_basis = row.cells.get("legal_basis")
    if row.cells.get("verified") != "通过" or course.may_close(issue.category, legal_basis, step.reading.rules):
        return []
    return [Problem("legal_basis", "没有填，执法类问题销号前要填案号，或写明不立案的理由。")]


def _late_street(step: Following, row: Row, stamps: Stamps) -> list[Problem]:
    street = step.people.roster.street(row.cells.get("street", ""), stamps.received.date())
    why = f"{ANSWERED}仍由「{stamps.street}」负责；{ANEW}"
    return _refused(row, "street", why) if street and street.name != stamps.street else []


def _late_category(step: Following, row: Row, stamps: Stamps) -> list[Problem]:
    name, why = row.cells.get("category", ""), f"{ANSWERED}仍按「{stamps.category}」处理；{ANEW}"
    known = name in step.reading.rules.categories and stamps.category
    return _refused(row, "category", why) if known and name != stamps.category else []


def _source(step: Following, row: Row, stamps: Stamps) -> list[Problem]:
    """A source that the reporter may not use, or that was changed later."""
    name, reporter, day = row.cells.get("source", ""), row.cells.get("reporter", ""), stamps.received.date()
    if not name or not stamps.source:
        return []
    counts = stamping.counted_as(step.reading, step.people, row, stamps.street, stamps.received)
    if counts != name and stamps.source == counts:
        return [Problem("source", f"填的是「{name}」，填报人{reporter}不能用，{NOT_HIS[name]}；计时照常。")]
    if name != stamps.source:
        return _refused(row, "source", f"收到时是「{stamps.source}」，计时和计分不变。")
    holder = person(step.people.roster, reporter, day) if name == INSPECTED else None
    if name == INSPECTED and not (holder and holds(holder, step.reading.rules.sources.inspected)):
        return [Problem("source", f"填的是「{name}」，填报人{reporter}不能用，按发现问题计，不算督查次数；计时照常。")]
    return []


def _refused(row: Row, key: str, why: str) -> list[Problem]:
    return [Problem(key, f"改成「{row.cells[key]}」没有采用：{why}")]


def _early_verdict(step: Following, row: Row, stamps: Stamps) -> list[Problem]:
    """A verdict that was typed as given before the report or the feedback."""
    typed, last = row.cells.get("verified_at"), stamps.verdicts[-1] if stamps.verdicts else None
    if not row.cells.get("verified") or not typed or not last or last.typed != typed or last.at == typed:
        return []
    if typed > step.reading.now:
        return []
    return [Problem("verified_at", f"早于填报或整改反馈，按看到复核结果的 {last.at:%m-%d %H:%M} 计。")]


def _cells(step: Following, issue: Issue, life: Life, problems: Sequence[Problem]) -> dict[str, Raw]:
    rules, zone, stamps = step.reading.rules, step.reading.zone, issue.stamps
    stamped = unit_of(stamps)  # as it was called then
    unit = stamped if rules.unit_now(stamped) == life.unit else life.unit
    return {
        "id": issue.rid, "check": sentence(step.reading.layouts["issues"], problems), "state": life.state,
        "hint": lateness.hint(life, stamps, rules, step.reading.now), "chief": stamps.chief, "branch": stamps.branch,
        "district": stamps.district, "unit": unit, "deadline": plan.to_raw(life.deadline, zone),
        "level": escalation.level_words(stamps, rules), "repeat": f"第{stamps.repeat}次" if stamps.repeat > 1 else "",
        "letter": "", "closed_at": plan.to_raw(life.closed_at, zone), "basis": basis(issue, stamps, life, rules),
    }  # fmt: skip
