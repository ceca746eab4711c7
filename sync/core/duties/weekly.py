"""每周例会: what the bureau's weekly meeting should look at (plan 四·3; 六·2).

Last week's numbers, what is still open and late, duties that were not done, streets that nobody inspected this month.
No text that somebody typed freely.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sync.core.duties.duties import Owed, Records, missing_words
from sync.core.issues import life as lives
from sync.core.people.ordering import by_number
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.rules.values import INSPECTION

MOST = 15  # named one by one
EARLY = timedelta(days=7)  # so far into a month the month before counts too


@dataclass(frozen=True, slots=True)
class IssueFact:
    """Where one issue stands. ``missed``: the deadlines that went by; ``accept_by``: until when the standards office
    had to look at it (None: nobody waited for it), ``accepted``: when it said what it is; ``dispatch``: why a
    superior should go there himself (definitions 3.4); ``silent``: who let the time for his answer go by, and until
    when he had; ``late``: how late it is, in words."""

    issue: str
    street: str
    branch: str
    district: str
    unit: str
    started: datetime | None
    state: str
    deadline: datetime | None
    closed_at: datetime | None
    missed: tuple[datetime, ...]
    accept_by: datetime | None = None
    accepted: datetime | None = None
    dispatch: tuple[str, ...] = ()
    silent: tuple[tuple[str, datetime], ...] = ()
    late: str = ""

    def waited(self, now: datetime) -> bool:
        """Whether it waited for 受理 longer than the rules say."""
        return self.accept_by is not None and (self.accepted or now) > self.accept_by


@dataclass(frozen=True)
class WeeklyList:
    """One week, Monday to Sunday. ``open_late``: the longest first; ``done``: duties that were noted, by kind;
    ``missing``: those that were not, each who and how many days; ``waited``: reports of the public that nobody
    looked at in time; ``dispatch``: what a superior should go and see; ``silent``: who did not answer in time what was
    reported up, and about which issues."""

    first: date
    last: date
    reported: int
    closed: int
    late: int
    open_late: tuple[IssueFact, ...]
    suspended: int
    missing: tuple[tuple[str, list[str]], ...]
    unseen: tuple[str, ...]
    done: tuple[tuple[str, int], ...] = ()
    waited: tuple[IssueFact, ...] = ()
    dispatch: tuple[IssueFact, ...] = ()
    silent: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def title(self) -> str:
        return f"{self.first.month}月{self.first.day}日至{self.last.month}月{self.last.day}日"

    @property
    def text(self) -> str:
        """As it is read out, and mailed."""
        numbers = (
            f"新交办 {self.reported} 件，销号 {self.closed} 件，到期未整改 {self.late} 件；挂账 {self.suspended} 件"
        )
        lines = [f"{self.title}：{numbers}。"]
        if self.open_late:
            late = [f"{fact.issue} {fact.street}（{fact.unit}，{fact.late}）" for fact in self.open_late]
            lines.append(f"仍然超期没有整改：{_first(late, '件')}。")
        if self.waited:
            waited = [f"{fact.issue} {fact.street}" for fact in self.waited]
            lines.append(f"群众反映没有按时核实（标准化办）：{_first(waited, '件')}。")
        if self.dispatch:
            proposed = [f"{fact.issue} {fact.street}（{'，'.join(fact.dispatch)}）" for fact in self.dispatch]
            lines.append(f"建议现场调度：{_first(proposed, '件')}。")
        if self.silent:
            named = "、".join(f"{name}（{'、'.join(issues)}）" for name, issues in self.silent)
            lines.append(f"上报没有按时答复：{named}。")
        if self.done:
            lines.append(f"履职记录　{'、'.join(f'{kind} {count} 次' for kind, count in self.done)}。")
        lines += [f"履职缺记　{kind}：{'、'.join(holders)}。" for kind, holders in self.missing]
        if self.unseen:
            lines.append(f"月初以来还没有督查到的街路：{_first(self.unseen, '条')}。")
        return "\n".join(lines)


def _first(words: Sequence[str], unit: str) -> str:
    """The first of them, and of how many where there are more."""
    return f"{'、'.join(words[:MOST])}{f'等 {len(words)} {unit}' if len(words) > MOST else ''}"


def week(
    facts: Iterable[IssueFact],
    due: Iterable[Owed],
    unseen: Sequence[str],
    monday: date,
    now: datetime,
    records: Records | None = None,
) -> WeeklyList:
    """The week that begins on ``monday``, as things stand at ``now``. ``due``: what was owed in it; ``records``: what
    was noted."""
    first, last = monday, monday + timedelta(days=6)
    facts = list(facts)
    known = [fact for fact in facts if fact.started and fact.state not in ("", lives.VOID, lives.UNVERIFIED)]

    def inside(moment: datetime | None) -> bool:
        return moment is not None and first <= moment.date() <= last

    waited = [fact for fact in facts if fact.waited(now) and (not fact.accepted or inside(fact.accept_by))]
    late = [fact for fact in known if lives.is_late(fact.state, fact.deadline, now)]
    return WeeklyList(
        first, last, sum(inside(fact.started) for fact in known), sum(inside(fact.closed_at) for fact in known),
        sum(any(inside(missed) for missed in fact.missed) for fact in known),
        tuple(sorted(late, key=lambda fact: (fact.deadline, fact.issue))),
        sum(fact.state == lives.SUSPENDED for fact in known),
        tuple(missing_words(duty for duty in due if first <= duty.last <= last)), tuple(unseen),
        _done(records, first, last) if records else (), tuple(sorted(waited, key=lambda fact: fact.issue)),
        tuple(sorted((fact for fact in known if fact.dispatch), key=lambda fact: fact.issue)),
        tuple(_silent(known, inside)),
    )  # fmt: skip


def _silent(facts: Iterable[IssueFact], inside: Callable[[datetime], bool]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who let his time for an answer go by in the week, by name, with the issues."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        for name, until in fact.silent:
            if inside(until):
                by_name[name].append(fact.issue)
    for name in by_number(by_name):
        yield name, tuple(sorted(set(by_name[name])))


def _done(records: Records, first: date, last: date) -> tuple[tuple[str, int], ...]:
    kinds = Counter(record.kind for record in records.done if record.noted and first <= record.day <= last)
    return tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])))


def unseen(roster: Roster, known: Records, day: date) -> list[str]:
    """Streets in use that nobody inspected since the month began (plan 五·3: 每天组织督查); in its first days since the
    month before began, or all would be named."""
    since = (day - EARLY).replace(day=1)
    seen = {record.street for record in known.done if record.kind == INSPECTION and record.day >= since}
    return by_number(s.name for s in roster.streets if s.span.holds(day) and s.name not in seen)


def meeting_day(rules: Rules, day: date) -> date:
    """The day of the week of ``day`` on which the list is made ready: that of the rules, put off over holidays."""
    wished = day - timedelta(days=day.weekday()) + timedelta(days=rules.duties.meeting)
    later = (wished + timedelta(days=n) for n in range(7 - rules.duties.meeting))
    return next((day for day in later if rules.calendar.is_workday(day)), wished)
