"""What a month comes to by plain arithmetic that shares nothing with the product: nothing here imports ``sync``.

Deadlines, duplicates, repeats, levels, lines, sums and ranks, from what people typed and when; written from
definitions.md and the figures of domain.md. Points are whole hundredths, times are aware, hours of 2026's October and
November.
"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

# By category: 一般 and 严重 (轻微 as 一般). h: hours of the clock, wh: of office time, wd: workdays.
LIMITS = {
    "占道经营": ("2wh", "1wh"), "店外经营": ("2wh", "2wh"), "门店堆物": ("4wh", "2wh"), "马路市场": ("1wd", "4wh"),
    "路面脏污": ("2wh", "1wh"), "路面积水": ("4wh", "2wh"), "绿地垃圾": ("4wh", "2wh"), "缺株死树": ("5wd", "4h"),
    "乱张贴乱涂画": ("1wd", "4wh"), "乱晾晒": ("4wh", "4wh"), "背街堆物": ("1wd", "4h"), "暴露垃圾": ("4wh", "2wh"),
    "垃圾满溢": ("4wh", "2wh"), "环卫设施破损": ("3wd", "1wd"), "渣土遗撒": ("4h", "2h"), "渣土乱倒": ("2wd", "1wd"),
    "建筑垃圾": ("4wh", "4wh"), "井盖缺损": ("6h", "2h"), "路面破损": ("5wd", "1wd"), "路灯故障": ("2wd", "1wd"),
    "设施占用": ("1wd", "4wh"), "油烟超标": ("3wd", "1wd"), "噪音扰民": ("2wh", "2wh"), "焚烧燃放": ("1h", "1h"),
    "其他": ("2wd", "4wh"),
}  # fmt: skip
TASKS = {  # by task: unit, weight in points, categories
    "占道秩序": ("城管执法大队", 15, "占道经营 店外经营 门店堆物 马路市场"),
    "清扫保洁": ("环卫所", 20, "路面脏污 路面积水"),
    "园林绿化": ("园林所", 10, "绿地垃圾 缺株死树"),
    "背街小巷": ("城管执法大队", 10, "乱张贴乱涂画 乱晾晒 背街堆物"),
    "垃圾清运": ("环卫所", 15, "暴露垃圾 垃圾满溢 环卫设施破损"),
    "渣土运输": ("渣土办", 10, "渣土遗撒 渣土乱倒 建筑垃圾"),
    "公用设施": ("市政处", 10, "井盖缺损 路面破损 路灯故障 设施占用"),
    "油烟噪音": ("城管执法大队", 5, "油烟超标 噪音扰民 焚烧燃放"),
    "其他": ("市容股", 5, "其他"),
}
TASK_OF = {category: task for task, (_, _, names) in TASKS.items() for category in names.split()}
ENFORCED = {
    "占道经营", "店外经营", "门店堆物", "马路市场", "乱张贴乱涂画", "背街堆物", "渣土遗撒", "渣土乱倒", "建筑垃圾",
    "设施占用", "油烟超标", "噪音扰民", "焚烧燃放",
}  # fmt: skip
TIERS = {"轻微": (10, 30, 60), "一般": (20, 60, 120), "严重": (50, 150, 300)}  # found, late, repeated
GRAVITY = {"轻微": 0, "一般": 1, "严重": 2}
COSTS = {"按期率": (90, 100, 5000), "销号率": (90, 100, 2000), "严重问题按期率": (95, 50, 1000), "返工率": (5, 50, 500)}
GROUPS = ("主次干道", "背街小巷", "重点区域")
FREE = {date(2026, 10, day) for day in range(1, 8)}
WORKED = {date(2026, 10, 10)}
RUNS, WAITS, CLOSED, SUSPENDED, VOID = "在办", "待复核", "已销号", "挂账", "作废"
Span = tuple[datetime, datetime]


# Hours ----------------------------------------------------------------------------------------------------------
def works(day: date) -> bool:
    return day in WORKED or (day.weekday() < 5 and day not in FREE)


def office(day: date, zone: object) -> list[Span]:
    """Winter hours, from 1 October: 8:00 to 12:00 and 14:30 to 17:30."""
    hours = ((time(8), time(12)), (time(14, 30), time(17, 30))) if works(day) else ()
    return [(datetime.combine(day, low, zone), datetime.combine(day, high, zone)) for low, high in hours]  # type: ignore[arg-type]


def without(spans: Iterable[Span], breaks: Iterable[Span]) -> list[Span]:
    rest = list(spans)
    for low, high in breaks:
        rest = [part for a, b in rest for part in ((a, min(b, low)), (max(a, high), b)) if part[0] < part[1]]
    return rest


def close_of(start: datetime, workdays: int) -> datetime:
    day = start.date()
    while workdays:
        day += timedelta(days=1)
        workdays -= works(day)
    return datetime.combine(day, time(17, 30), start.tzinfo)


def after(start: datetime, limit: str, breaks: Sequence[Span] = ()) -> datetime:
    """Where the limit leads from there; what lies in the breaks does not count."""
    amount, unit = int(limit.rstrip("hwd")), limit.lstrip("0123456789")
    need = timedelta(days=amount) if unit == "d" else timedelta(hours=amount)
    if unit == "wd":
        if not breaks:
            return close_of(start, amount)
        spans = (span for n in range(400) for span in office(start.date() + timedelta(days=n), start.tzinfo))
        end = close_of(start, amount)
        need = sum((min(b, end) - max(a, start) for a, b in spans if b > start and a < end), timedelta())
    day = start.date()
    while True:
        whole = [(datetime.combine(day, time(), start.tzinfo), datetime.combine(day, time(), start.tzinfo))]
        hours = office(day, start.tzinfo) if unit in ("wh", "wd") else [(whole[0][0], whole[0][1] + timedelta(days=1))]
        for low, high in without([(max(a, start), b) for a, b in hours if b > start], breaks):
            if high - low >= need:
                return low + need
            need -= high - low
        day += timedelta(days=1)


# What people did ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Fix:
    """A row of 整改反馈. ``shows``: it carries what the category asks for; ``typed``: the look that first saw it, where
    that makes a difference."""

    at: datetime
    outcome: str
    shows: bool = False
    typed: datetime | None = None

    def is_known(self, look: datetime) -> bool:
        return (self.typed or self.at) <= look


@dataclass(frozen=True)
class Verdict:
    """``known``: from when it counts, for an enforced one the hour of its legal basis."""

    at: datetime
    result: str
    known: datetime

    def counts_from(self, fixes: Iterable[Fix]) -> datetime:
        """Its hour; that of the look where it was typed as given before the last feedback that stood there."""
        before = (fix.at <= self.at for fix in fixes if fix.outcome == "已整改" and fix.is_known(self.known))
        return self.at if all(before) else self.known


@dataclass(frozen=True)
class Answer:
    """A superior's answer to a request about the issue: 延期, 挂账 or 移交."""

    at: datetime
    agreed: bool
    kind: str
    until: datetime | None = None
    unit: str = ""


@dataclass(eq=False)
class Report:
    """A row of 问题台账 and what was done about it. ``at``: the hour that counts; ``look``: the first that saw it;
    ``taken``: when somebody took on what the public reported."""

    name: str
    at: datetime
    look: datetime
    source: str
    reporter: str
    street: str
    place: str
    category: str
    severity: str
    unit: str
    given: str = ""
    taken: datetime | None = None
    void: datetime | None = None
    fixes: list[Fix] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    # worked out:
    owner: Report | None = None  # that it only reports again, or that took it over
    joined: datetime | None = None
    known_as_part: datetime | None = None  # the look that joined it
    is_duplicate: bool = False  # it never had a clock of its own
    levels: dict[int, datetime] = field(default_factory=dict)  # reached before it became a duplicate
    behind: Report | None = None
    count: int = 1
    after_late: bool = False

    @property
    def started(self) -> datetime | None:
        return self.taken if self.source == "群众反映" else self.at

    @property
    def own_limit(self) -> str:
        return LIMITS[self.category][self.severity == "严重"]

    @property
    def limit(self) -> str:
        return self.given or self.own_limit

    @property
    def task(self) -> str:
        return TASK_OF[self.category]


@dataclass
class Stand:
    """Where an issue stands at an hour."""

    state: str
    unit: str
    deadline: datetime
    base: tuple[datetime, str]
    mended: datetime | None = None
    closed: datetime | None = None
    late_since: datetime | None = None
    late_units: dict[str, datetime] = field(default_factory=dict)
    returns: list[datetime] = field(default_factory=list)
    breaks: list[Span] = field(default_factory=list)
    pauses: list[Span] = field(default_factory=list)
    measured_from: datetime | None = None  # lateness, where a return after the deadline gave a new date
    rest_given: bool = False
    extended: bool = False
    reported_up: datetime | None = None
    handed_over: datetime | None = None
    claimed: bool = False

    def miss(self, at: datetime) -> None:
        if self.state == RUNS and at > self.deadline:
            self.late_since = self.late_since or self.deadline
            self.late_units.setdefault(self.unit, self.deadline)

    def later(self, deadline: datetime) -> None:
        self.deadline = max(self.deadline, deadline)

    def fed_back(self, fix: Fix) -> None:
        if fix.outcome != "已整改":
            self.reported_up = self.reported_up or fix.at
        elif not fix.shows:
            self.claimed = True
        else:
            self.miss(fix.at)
            if self.state == SUSPENDED:
                self.breaks[-1] = (self.breaks[-1][0], fix.at)
                self.later(after(*self.base, self.breaks))
            self.state, self.mended = WAITS, self.mended or fix.at

    def judged(self, verdict: Verdict) -> None:
        if verdict.result == "通过":
            self.miss(verdict.at)
            self.state, self.closed, self.mended = CLOSED, verdict.at, self.mended or verdict.at
        elif self.state == WAITS or self.claimed:
            self.miss(verdict.at)
            self.sent_back(verdict)

    def sent_back(self, verdict: Verdict) -> None:
        mended, self.mended, self.state, self.claimed = self.mended, None, RUNS, False
        self.returns.append(verdict.at)
        late = self.late_since is not None and self.late_units.get(self.unit) is not None
        if verdict.result == "未整改":
            self.miss(verdict.at)
            self.pauses.append((mended or verdict.at, verdict.at))
            return
        before = self.deadline
        if mended and not late:
            self.breaks.append((mended, verdict.at))
            self.later(after(*self.base, self.breaks))
        rest = after(verdict.at, "1wh")
        if (mended or late) and not self.rest_given and rest > self.deadline:
            self.rest_given, self.base = True, (verdict.at, "1wh")
            self.later(rest)
        if late:
            self.pauses.append((mended or verdict.at, max(self.deadline, verdict.at)))
            self.measured_from = self.measured_from or before

    def granted(self, answer: Answer) -> None:
        self.miss(answer.at)
        if answer.kind == "移交":
            self.unit, self.handed_over, self.measured_from = answer.unit, self.handed_over or answer.at, None
        elif answer.kind == "延期" and answer.until:
            self.extended = True
            if answer.until > self.deadline:
                self.breaks.append((self.deadline, answer.until))
                self.deadline, self.measured_from = answer.until, None
        elif answer.kind == "挂账" and self.state == RUNS:
            self.state, self.extended, self.mended = SUSPENDED, True, None
            self.breaks.append((answer.at, answer.until or answer.at))

    def resumed(self) -> None:
        if self.state == SUSPENDED:
            self.state, self.measured_from = RUNS, None
            self.later(after(*self.base, self.breaks))


def stand(report: Report, fixes: Sequence[Fix], now: datetime, known: datetime | None = None) -> Stand | None:
    """Where the issue stands at ``now``; None before its clock started. ``known``: what came later is not looked at."""
    known = known or now
    if report.void and report.void <= known:
        return None
    if report.owner is not None and report.joined is not None and not report.is_duplicate:
        now = min(now, report.joined)
    started = report.started
    if started is None or started > now or report.is_duplicate:
        return None
    issue = Stand(RUNS, report.unit, after(started, report.limit), (started, report.limit))
    acts: list[tuple[datetime, int, Callable[[], None]]] = []
    for answer in report.answers:
        if answer.agreed:
            acts.append((answer.at, 0, lambda a=answer: grant(issue, report, a)))  # type: ignore[misc]
            if answer.kind == "挂账" and answer.until:
                acts.append((max(answer.until, answer.at), 1, issue.resumed))
    for fix in (fix for fix in fixes if fix.is_known(known)):
        at = max(fix.at, started)
        moved = Fix(at, fix.outcome, fix.shows)
        acts.append((at, 2, lambda f=moved: issue.fed_back(f)))  # type: ignore[misc]
    for verdict in report.verdicts:
        if verdict.known <= known:
            given = replace(verdict, at=verdict.counts_from(fixes))
            acts.append((given.at, 3, lambda v=given: issue.judged(v)))  # type: ignore[misc]
    for at, _, act in sorted(acts, key=lambda entry: entry[:2]):
        if at <= now and issue.state not in (CLOSED, VOID):
            act()
    issue.miss(now)
    return issue


def grant(issue: Stand, report: Report, answer: Answer) -> None:
    issue.granted(answer)
    if answer.kind == "移交":  # the new unit gets the category's limit anew
        issue.base = (answer.at, report.own_limit)
        issue.later(after(*issue.base))


# Duplicates and repeats -----------------------------------------------------------------------------------------
def plain(text: object) -> str:
    """A place without width, blanks and punctuation."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", str(text or "")) if sign.isalnum()).casefold()


def _turn(entry: tuple[bool, Report]) -> tuple[object, ...]:
    """New reports before those that are taken on; of one hour an inspection first."""
    taking, report = entry
    return taking, report.at, report.source != "督查", report.name


@dataclass
class Month:
    """Everything that was reported. ``looks``: the hours at which the service looked; ``now``: the last of them."""

    reports: list[Report]
    looks: Sequence[datetime]

    def __post_init__(self) -> None:
        self.now = self.looks[-1]
        self.taken: list[Report] = []
        self.places: dict[tuple[str, str, str], list[Report]] = defaultdict(list)
        entries: dict[datetime, list[tuple[bool, Report]]] = defaultdict(list)
        for report in self.reports:
            entries[report.look].append((False, report))
            if report.taken:
                entries[report.taken].append((True, report))
        for look in self.looks:
            self._settle(look)
            for taking, report in sorted(entries[look], key=_turn):
                self._enter(report, look, taking=taking)
                self.taken += [report] * taking
        self.stands = {report.name: self.at(report, self.now) for report in self.reports}
        self.levels = {report.name: self._climb(report, self.now) for report in self.reports}

    def fixes(self, report: Report) -> list[Fix]:
        """Its own, but for those of after it was joined to another; and those of its duplicates, once they are that."""
        fixes = [fix for fix in report.fixes if report.joined is None or fix.at < report.joined]
        for other in (other for other in self.reports if other.owner is not None):
            for fix in other.fixes:
                owner, known = other, fix.typed or fix.at
                while owner.owner and owner.joined and owner.known_as_part and owner.joined <= fix.at:
                    owner, known = owner.owner, max(known, owner.known_as_part)
                if owner is report and other is not report:
                    fixes.append(replace(fix, typed=known))
        return sorted(fixes, key=lambda fix: fix.at)

    def at(self, report: Report, hour: datetime, known: datetime | None = None) -> Stand | None:
        return stand(report, self.fixes(report), hour, known)

    def _enter(self, report: Report, look: datetime, *, taking: bool) -> None:
        waiting = report.source == "群众反映" and not taking
        place = report.street, plain(report.place), report.category
        if not place[1]:
            return
        before = [r for r in self.places[place] if r.owner is None and r is not report and r.at <= report.at]
        before.sort(key=lambda other: other.at)
        stands = [(r, s) for r in before if self._was_taken(r) and (s := self.at(r, report.at, look))]
        running, since = [r for r, s in stands if s.state in (RUNS, SUSPENDED)], report.at
        if report not in self.places[place]:
            self.places[place].append(report)
        heavier = running and GRAVITY[report.severity] > GRAVITY[running[-1].severity]
        if running and not heavier and report.source != "上级交办":
            if not waiting:
                self._join(report, running[-1], look)
                return
        elif not taking:
            week = report.at - timedelta(days=7)
            stopped = [(s.mended, s.late_since is not None) for _, s in stands if s.mended and week <= s.mended]
            report.count = 1 + len(stopped)
            report.after_late = max(stopped)[1] if stopped else False
            waits = [r for r, s in stands if s.state == WAITS]
            report.behind = waits[-1] if waits else None
        if taking and not running and report.owner is None:
            running = self._runs_now(report, place, look)
            if running and GRAVITY[report.severity] <= GRAVITY[running[-1].severity]:
                self._join(report, running[-1], look)
                return
            since = look
        if running and not waiting:
            running[-1].owner, running[-1].joined, running[-1].known_as_part = report, since, look
            running[-1].is_duplicate = since <= running[-1].at

    @staticmethod
    def _join(report: Report, owner: Report, look: datetime) -> None:
        report.owner, report.joined, report.known_as_part = owner, max(report.at, owner.at), look
        report.is_duplicate, report.count, report.after_late, report.behind = True, 1, False, None

    def _runs_now(self, report: Report, place: tuple[str, str, str], look: datetime) -> list[Report]:
        """What runs when somebody takes on what the public reported, in the order of the reports."""
        others = [r for r in self.places[place] if r is not report and r.owner is None and r.look <= look]
        stands = [(r, self.at(r, look)) for r in sorted(others, key=lambda r: r.at) if self._was_taken(r)]
        return [r for r, s in stands if s and (s.state in (RUNS, SUSPENDED) or r.taken == look)]

    def _was_taken(self, report: Report) -> bool:
        return report.source != "群众反映" or report in self.taken

    def _settle(self, look: datetime) -> None:
        """What came after a feedback is a duplicate if that does not pass."""
        for report in self.reports:
            if report.behind is None or report.look > look:
                continue
            behind = report.behind
            later = [verdict for verdict in behind.verdicts if verdict.at >= report.at and verdict.known < look]
            if later and later[0].result != "通过":
                report.levels = self._climb(report, look)
                self._join(report, behind, look)
            if later:
                report.behind = None

    # Levels -----------------------------------------------------------------------------------------------------
    def _climb(self, report: Report, until: datetime) -> dict[int, datetime]:
        """When each level was reached: at the first look that found its condition, while the issue was open."""
        levels = dict(report.levels)
        fixes = self.fixes(report)
        last = stand(replace(report, void=None), fixes, until)
        if last is None or (not last.late_since and (report.count < 3 or not report.after_late)):
            return levels
        for look in (look for look in self.looks if report.look <= look <= until):
            if report.taken and look < report.taken:
                continue
            issue = stand(report, fixes, look)
            if issue is None or issue.state == CLOSED:
                break
            if issue.state in (RUNS, WAITS):
                for level in self._reached(report, issue, look, levels, fixes):
                    levels.setdefault(level, look)
        return levels

    def _reached(
        self, report: Report, issue: Stand, look: datetime, levels: Mapping[int, datetime], fixes: Sequence[Fix]
    ) -> Iterator[int]:
        end = issue.mended if issue.state == WAITS and issue.mended else look
        if report.owner is not None and report.joined is not None:
            end = min(end, report.joined)
        since = issue.measured_from or issue.deadline
        often = report.count >= 3 and (issue.late_since is not None or report.after_late)

        def late(limit: str) -> bool:
            return after(since, limit, issue.pauses) <= end

        if since < end:
            yield 1
            if report.severity == "严重" or late("1wd"):
                yield from (1, 2)
            if late("3wd"):
                yield from (1, 2, 3)
        if often:
            yield from (1, 2)
            below = levels.get(2)
            acts = [*fixes, *report.answers]
            if below and after(below, "1wd") <= look and not any(below <= act.at <= look for act in acts):
                yield 3

    # Lines ------------------------------------------------------------------------------------------------------
    def lines(self, chiefs: Mapping[str, str]) -> list[Line]:
        """Every line of a street's issues, before ceilings."""
        return [line for report in self._in_turn() for line in self._lines(report, chiefs)]

    def _in_turn(self) -> list[Report]:
        """What was taken over before what took it over."""
        return sorted(self.reports, key=lambda report: report.owner is None)

    def _lines(self, report: Report, chiefs: Mapping[str, str]) -> list[Line]:
        issue, lines = self.stands[report.name], list[Line]()
        if issue is None:
            return lines
        first, late_tier, again = TIERS[report.severity]
        times = 2 if report.source == "上级交办" and report.severity != "轻微" else 1
        own = report.source == "街路长自查"
        cost = sum(-line.points for other in self._taken_over(report) for line in self._steps(other, chiefs))

        def add(rule: str, points: int, day: date, suffix: str = "") -> None:
            name = f"{report.name}·{rule}{suffix}"
            lines.append(Line(name, report, rule, points, day, report.task, chiefs[report.street]))

        in_time_public = report.source == "群众反映" and not issue.late_since
        if not own and not in_time_public:
            points = max(0, first * times - cost)
            add("发现问题", -points, report.started.date())  # type: ignore[union-attr]
            cost += points
        shown = any(fix.shows for fix in self.fixes(report))
        if issue.late_since:
            rest = max(0, late_tier * times - cost)
            rest = rest * 20 // 100 if self._shared(report, issue) else rest
            if issue.handed_over is None or issue.late_since <= issue.handed_over:
                add("超期未整改", -rest, issue.late_since.date())
                cost += rest
        elif issue.closed and not shown and not own:
            add("没有同角度照片", -20, issue.closed.date())
        if report.count >= 3 and not own and (issue.late_since or report.after_late):
            add("重复出现", -max(0, again * times - cost), report.started.date())  # type: ignore[union-attr]
        for number, at in enumerate(issue.returns, start=1):
            add("返工", -(20 if number <= 2 else 50), at.date(), str(number))
        if own and issue.closed and not issue.late_since and shown:
            add("自查自纠", 10, issue.closed.date())
        return lines

    def _taken_over(self, report: Report) -> list[Report]:
        return [other for other in self.reports if other.owner is report and not other.is_duplicate]

    def _steps(self, report: Report, chiefs: Mapping[str, str]) -> list[Line]:
        return [line for line in self._lines(report, chiefs) if line.rule in ("发现问题", "超期未整改", "重复出现")]

    def _shared(self, report: Report, issue: Stand) -> bool:
        """Reported up before it was late, and agreed to, or met with silence for the whole of the first 4wh."""
        if not issue.reported_up or not issue.late_since or issue.reported_up > issue.late_since:
            return False
        limit = after(issue.reported_up, "4wh")
        answers = [answer for answer in report.answers if issue.reported_up <= answer.at <= limit]
        return answers[0].agreed if answers else self.now > limit

    def figures(self, month: str) -> dict[str, Figures]:
        """By street."""
        figures: dict[str, Figures] = defaultdict(Figures)
        for report in self.reports:
            issue = self.stands[report.name]
            if issue is not None and f"{report.started:%Y-%m}" == month:
                late = issue.late_since is not None
                due = late or issue.mended is not None
                figures[report.street] += Figures(1, due, late, bool(issue.returns), issue.extended)
        return figures

    # Units ------------------------------------------------------------------------------------------------------
    def cases(self, home: Mapping[str, Collection[str]], urged: Collection[tuple[str, str]]) -> list[Case]:
        """Every issue once for each unit that was responsible when a deadline came. ``home``: the units of people;
        ``urged``: issue and unit of second letters."""
        cases = []
        for report in self.reports:
            issue = self.stands[report.name]
            if issue is None:
                continue
            for unit, deadline in {issue.unit: issue.deadline, **issue.late_units}.items():
                late = unit in issue.late_units
                runs_out = issue.state != SUSPENDED and report.owner is None
                decided = late or (runs_out and (issue.mended or deadline < self.now))
                if not decided or (not late and unit in home.get(report.reporter, ())):
                    continue
                double = report.source == "上级交办" and report.severity != "轻微"
                weight = 2 if double or (report.name, unit) in urged else 1
                cases.append(
                    Case(
                        report,
                        unit,
                        f"{deadline:%Y-%m}",
                        late,
                        weight,
                        issue,
                        unit == issue.unit and report.owner is None,
                    )
                )
        return cases


@dataclass(frozen=True)
class Line:
    """A line of 扣分明细 about an issue of a street."""

    name: str
    report: Report
    rule: str
    points: int
    day: date
    task: str
    chief: str

    @property
    def month(self) -> str:
        return f"{self.day:%Y-%m}"


@dataclass(frozen=True)
class Case:
    report: Report
    unit: str
    month: str
    late: bool
    weight: int
    issue: Stand
    present: bool


# Sums -----------------------------------------------------------------------------------------------------------
def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def middle(counts: Sequence[int]) -> Fraction:
    ordered = sorted(counts)
    return Fraction(ordered[len(counts) // 2] + ordered[(len(counts) - 1) // 2], 2)


def under_ceilings(lines: Iterable[Line]) -> dict[str, int]:
    """Points by line of one street and month: each task takes its weight at most."""
    taken: dict[str, int] = defaultdict(int)
    points = {}
    for line in sorted(lines, key=lambda line: (line.day, line.name)):
        if line.points >= 0:
            points[line.name] = line.points
            continue
        left = max(0, 100 * TASKS[line.task][1] - taken[line.task])
        points[line.name] = -min(-line.points, left)
        taken[line.task] += -line.points
    return points


def bonuses(lines: Iterable[Line], counted: dict[str, int], given_back: int) -> None:
    """What chiefs found themselves: two a day, two points a month, and never more than the month took."""
    room = -sum(points for points in counted.values() if points < 0) - given_back
    a_day: dict[date, int] = defaultdict(int)
    won = [line for line in lines if line.rule == "自查自纠"]
    for line in sorted(won, key=lambda line: line.report.name):
        a_day[line.report.at.date()] += 1
        if a_day[line.report.at.date()] > 2:
            counted[line.name] = 0
    total = 0
    for line in sorted(won, key=lambda line: (line.day, line.name)):
        fits = max(0, min(counted[line.name], 200 - total))
        total += counted[line.name]
        counted[line.name] = max(0, min(fits, room))
        room -= counted[line.name]


@dataclass(frozen=True)
class Figures:
    """What a street's month, or that of several, counts: issues whose clock started then."""

    issues: int = 0
    due: int = 0
    late: int = 0
    returned: int = 0
    extended: int = 0

    def __add__(self, other: Figures) -> Figures:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Figures(*(a + b for a, b in pairs))

    def shares(self) -> tuple[float | None, float | None, float | None]:
        """按期率, 返工率, 延期率 as 月度考核 shows them; None where nothing counts."""
        on_time = round((self.due - self.late) / self.due, 4) if self.due else None
        if not self.issues:
            return None, None, None
        return on_time, round(self.returned / self.issues, 4), round(self.extended / self.issues, 4)


@dataclass(frozen=True)
class Street:
    name: str
    group: str
    branch: str
    district: str
    chief: str
    unit: str = ""


def groups(streets: Sequence[Street]) -> dict[str, str]:
    """The ranking group of each street: its type, or all in one where a group would have fewer than six."""
    sizes = [sum(street.group == name for street in streets) for name in GROUPS]
    return {s.name: s.group if min(sizes) >= 6 and s.group in GROUPS else "全部街路" for s in streets}


def evened(
    streets: Mapping[str, str], days: Mapping[str, set[date]], finds: Mapping[str, set[date]], lost: Mapping[str, int]
) -> dict[str, int]:
    """What is given back to each street that was inspected more than the others (definitions 6.2). ``streets``: the
    group of each; ``lost``: what it lost by finds of inspections."""
    back = {}
    for group in set(streets.values()):
        ranked = [name for name in streets if streets[name] == group and len(days[name]) >= 4]
        if not ranked:
            continue
        clean = sum(len(days[name] - finds[name]) for name in ranked)
        enough = 4 * clean >= sum(len(days[name]) for name in ranked)
        usual = middle([len(days[name]) for name in ranked])
        for name in ranked:
            if len(days[name]) > usual and lost.get(name):
                back[name] = half_up(lost[name] * (1 - usual / len(days[name]))) if enough else 0
    return back


def ranks(scores: Mapping[str, int]) -> dict[str, int]:
    return {name: 1 + sum(other > score for other in scores.values()) for name, score in scores.items()}


def rates(cases: Sequence[Case], unit: str, month: str) -> dict[str, tuple[int, int, int]]:
    """By rate: what counts for it, of how much, and the hundredths that it costs (definitions 6.3)."""
    due = [case for case in cases if case.unit == unit and case.month == month]
    earlier = [case for case in cases if case.unit == unit and case.late and case.month < month]
    left = [c for c in earlier if not (c.issue.state == CLOSED and c.issue.mended and _month(c.issue.mended) < month)]
    to_close = [case for case in [*due, *left] if case.present and case.issue.state != SUSPENDED]
    closed = [c for c in to_close if c.issue.state == CLOSED and c.issue.mended and _month(c.issue.mended) <= month]
    serious, here = [c for c in due if c.report.severity == "严重"], [c for c in due if c.present]
    shares = {
        "按期率": ([case for case in due if not case.late], due),
        "销号率": (closed, to_close),
        "严重问题按期率": ([case for case in serious if not case.late], serious),
        "返工率": ([case for case in here if case.issue.returns], here),
    }
    return {rule: _rate(rule, _weigh(good), _weigh(whole)) for rule, (good, whole) in shares.items() if whole}


def _rate(rule: str, good: int, whole: int) -> tuple[int, int, int]:
    aim, each, most = COSTS[rule]
    percent = Fraction(100 * good, whole)
    apart = percent - aim if rule == "返工率" else aim - percent
    return good, whole, min(most, half_up(each * max(Fraction(0), apart)))


def _month(at: datetime) -> str:
    return f"{at:%Y-%m}"


def _weigh(cases: Iterable[Case]) -> int:
    return sum(case.weight for case in cases)


# A month as a whole ---------------------------------------------------------------------------------------------
UNITS = ("环卫所", "城管执法大队", "园林所", "市政处", "渣土办", "高铁站广场服务所", "市容股")
Key = tuple[str, str]  # target and kind


@dataclass
class Reckoned:
    """What a month came to. ``lines``: points by 明细号, but for those of 0; ``scores`` and ``ranks`` (None: not
    ranked) by target and kind; ``figures``: 问题数, 按期率, 返工率 and 延期率 of streets, branches and districts."""

    lines: dict[str, int]
    scores: dict[Key, int]
    ranks: dict[Key, int | None]
    figures: dict[Key, tuple[int, float | None, float | None, float | None]]


@dataclass
class Given:
    """What is not worked out here: who inspected what on which days, second and late letters; and the lines that a
    sealed month before this one holds."""

    streets: Sequence[Street]
    home: Mapping[str, Collection[str]]
    days: Mapping[str, set[date]]
    finds: Mapping[str, set[date]]
    urged: Collection[tuple[str, str]] = ()
    late_letters: Sequence[str] = ()  # their units
    sealed: Collection[str] = ()


def reckon(month: Month, name: str, given: Given) -> Reckoned:
    """The month by the sum of its issues."""
    chiefs = {street.name: street.chief for street in given.streets}
    by_street: dict[str, list[Line]] = defaultdict(list)
    for line in month.lines(chiefs):
        if line.name not in given.sealed and (line.month == name or (given.sealed and line.month < name)):
            by_street[line.report.street].append(line)
    counted = {street: under_ceilings(lines) for street, lines in by_street.items()}
    finds = {
        street: -sum(counted[street][line.name] for line in lines if (line.rule, line.report.source) == FOUND)
        for street, lines in by_street.items()
    }
    back = evened(groups(given.streets), given.days, given.finds, finds)
    for street, lines in by_street.items():
        bonuses(lines, counted[street], back.get(street, 0))
    lines = {line: points for group in counted.values() for line, points in group.items() if points}
    lines |= {f"{name}·{street}·督查均衡": points for street, points in back.items() if points}
    of_streets = {s: 10000 + sum(counted.get(s, {}).values()) + back.get(s, 0) for s in chiefs}
    of_units = _of_units(month, name, given)
    result = Reckoned(lines | of_units.lines, {}, {}, {})
    _put_streets(result, of_streets, month.figures(name), given)
    result.scores |= of_units.scores
    result.ranks |= of_units.ranks
    return result


FOUND = ("发现问题", "督查")


def _put_streets(result: Reckoned, scores: Mapping[str, int], figures: Mapping[str, Figures], given: Given) -> None:
    group_of = groups(given.streets)
    result.scores |= {(street, "街路"): score for street, score in scores.items()}
    result.ranks |= {(street, "街路"): None for street in scores}
    for group in set(group_of.values()):
        ranked = {s: scores[s] for s in scores if group_of[s] == group and len(given.days.get(s, ())) >= 4}
        result.ranks |= {(street, "街路"): rank for street, rank in ranks(ranked).items()}
    areas = {(street.name, "街路"): [street] for street in given.streets}
    for street in given.streets:
        areas.setdefault((street.branch, "支部"), []).append(street)
        areas.setdefault((street.district, "区域"), []).append(street)
    for key, members in areas.items():
        whole = sum((figures.get(street.name, Figures()) for street in members), Figures())
        result.figures[key] = whole.issues, *whole.shares()
    for kind in ("支部", "区域"):
        means = {
            area: half_up(Fraction(sum(scores[s.name] for s in members), len(members)))
            for (area, its), members in areas.items()
            if its == kind
        }
        result.scores |= {(area, kind): score for area, score in means.items()}
        result.ranks |= {(area, kind): rank for area, rank in ranks(means).items()}


def _of_units(month: Month, name: str, given: Given) -> Reckoned:
    cases, result = month.cases(given.home, given.urged), Reckoned({}, {}, {}, {})
    ranked = {}
    for unit in UNITS:
        costs = {rule: points for rule, (_, _, points) in rates(cases, unit, name).items()}
        if late := given.late_letters.count(unit):
            costs["督办函逾期"] = min(500, 100 * late)
        result.lines |= {f"{name}·{unit}·{rule}": -points for rule, points in costs.items() if points}
        result.scores[unit, "单位"] = 10000 - sum(costs.values())
        result.ranks[unit, "单位"] = None
        if unit != "市容股" and sum(case.unit == unit and case.month == name for case in cases) >= 10:
            ranked[unit] = result.scores[unit, "单位"]
    result.ranks |= {(unit, "单位"): rank for unit, rank in ranks(ranked).items()}
    return result
