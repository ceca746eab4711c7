"""Rows of 问题台账 become issues: received, stamped, followed; and what their service columns should say.

A stamp is a fact that does not move: when the issue was received, whose street it was that day, which limit it
got from which rules (plan 五·3 限时整改; DESIGN sections 5 and 7).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sync.core.calendar.worktime import Limit
from sync.core.issues import life as lives
from sync.core.issues.life import Event, Life, Move, Start
from sync.core.people.roster import Roster, Street
from sync.core.rules.conditions import ENFORCEMENT, MEASUREMENT, NORMAL, PHOTO, PUBLIC, Lateness
from sync.core.rules.rules import Category, Rules
from sync.core.rules.values import FAKE

ACCEPTED = TAKEN_ON, APART = ("受理", "另立")  # 核实结果; 另立: and no duplicate of another
IGNORED = {
    lives.CLOSED: "问题已销号，不再计入",
    lives.VOID: "问题已作废，不再计入",
    lives.UNVERIFIED: "问题还没有受理",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One 复核: 通过, 返工 or 未整改, when, and the hour that stood in the sheet (None: the cell was empty).

    ``mended``: when the feedback that it judged had stopped the clock; None: nothing had, or the verdict is of before
    0.2. ``claimed``: it judged a feedback that had stopped nothing."""

    result: str
    at: datetime
    typed: datetime | None = None
    mended: datetime | None = None
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """An escalation level, when it was reached and by which step of the rules."""

    level: int
    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A row of 整改反馈 about an issue. ``row``: its sheet row now, to write 结果 there. ``shown_at``: the hour that
    counts for its photos (None: it has none); ``reused``: where each of its photos was used before, in a sentence;
    ``measured``: it names a 检测."""

    rid: str
    row: int
    at: datetime
    outcome: str
    photos: str
    shown_at: datetime | None = None
    reused: str = ""
    measured: bool = False

    def shows(self, needs: Collection[str]) -> bool:
        """Whether it carries what the category needs to stop the clock."""
        shown = self.shown_at is not None and not self.reused
        return (shown or PHOTO not in needs) and (self.measured or MEASUREMENT not in needs)


@dataclass(frozen=True, slots=True)
class Ask:
    """An approved row of 申请审批: 延期, 挂账 or 移交, which move the clock, or 弄虚作假."""

    rid: str
    kind: str
    at: datetime
    until: datetime | None
    unit: str


@dataclass(frozen=True, slots=True)
class Stamps:
    """What the ledger holds of an issue besides its cells. Times are aware; ``rules`` and ``calendar`` are the digests
    in force at the first stamp; ``taken`` are approvals that took effect, whatever becomes of their rows; ``adopted``:
    read off the sheet after the ledger was lost. ``joined``: the issue that this one only reports again, or that took
    it over, from ``joined_at`` on; ``behind``: the issue of the same place whose feedback waited for its verdict then;
    ``after_late``: whether the occurrence before this one was late; ``copied``: the verdict that the row brought along
    when it was first seen; ``history``: it is of before the service looked."""

    received: datetime
    street: str = ""
    chief: str = ""
    branch: str = ""
    district: str = ""
    unit: str = ""
    source: str = ""
    category: str = ""
    repeat: int = 1
    accepted: datetime | None = None
    start: Start | None = None
    verdicts: tuple[Verdict, ...] = ()
    voided: datetime | None = None
    moves: tuple[Move, ...] = ()
    levels: tuple[Reached, ...] = ()
    taken: tuple[Ask, ...] = ()
    joined: str = ""
    joined_at: datetime | None = None
    behind: str = ""
    after_late: bool = False
    copied: Verdict | None = None
    history: bool = False
    adopted: bool = False
    rules: str = ""
    calendar: str = ""


class Answer(NamedTuple):
    """When a superior answered about an issue, and whether he agreed: 同意, or a 现场调度 of his own."""

    at: datetime
    agreed: bool


@dataclass(frozen=True, slots=True)
class Urged:
    """A second letter (重复督办): its number, the day of signing, and the unit that pays for it."""

    number: str
    day: date
    unit: str


@dataclass(frozen=True, slots=True)
class Issue:
    """All that is known of one issue before it is looked at: the row's typed cells, stamps, what belongs to it.
    ``answers``: those of superiors to what was reported up; ``urged``: second letters about it;
    ``seen_days``: on how many days an inspection reported it again while it was open; ``charged``: hundredths that the
    issue which it took over cost its street."""

    rid: str
    cells: Mapping[str, Any]
    stamps: Stamps
    fixes: tuple[Fix, ...] = ()
    asks: tuple[Ask, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    answers: tuple[Answer, ...] = ()
    urged: tuple[Urged, ...] = ()
    seen_days: int = 0
    charged: int = 0

    @property
    def severity(self) -> str:
        return str(self.cells.get("severity", NORMAL))

    @property
    def source(self) -> str:
        """The source as stamped: changing the cell later makes nobody's fault a merit."""
        return self.stamps.source or str(self.cells.get("source", ""))

    @property
    def category(self) -> str:
        """The category as stamped, for the same reason."""
        return self.stamps.category or str(self.cells.get("category", ""))


def clock(limit: Limit) -> timedelta:
    """A limit of the rules as plain clock time, where no calendar matters: days of 24 hours."""
    return timedelta(days=limit.amount) if limit.unit in ("d", "wd") else timedelta(hours=limit.amount)


def heard(typed: datetime | None, now: datetime, grace: timedelta, last_tick: datetime | None = None) -> datetime:
    """The hour that counts for a row first seen ``now``: the typed one when it is near enough to be believed.

    Near enough: within ``grace`` of now, or (``last_tick`` given) of the last look, since a service that was
    down must not make a person late.
    """
    if typed is None or typed > now:
        return now
    since = now if last_tick is None else min(now, last_tick)
    return typed if typed >= since - grace else now


def receive(
    cells: Mapping[str, Any], received: datetime, street: Street, roster: Roster, rules: Rules, repeat: int = 1
) -> Stamps:
    """The first stamp of a row that has no fault: the people of that day, and the clock unless it waits for 受理."""
    category, source = rules.categories[cells["category"]], cells.get("source", "")
    return Stamps(
        received=received,
        repeat=repeat,
        source=source,
        start=None if source == PUBLIC else _start(category.name, cells, rules, received),
        rules=rules.hash,
        calendar=rules.calendar.digest,
        **_responsible(category, street, roster, received.date()),  # type: ignore[arg-type]
    )


def assign(stamps: Stamps, category: Category, street: Street, roster: Roster) -> Stamps:
    """Put the issue in the care of those responsible for the street on the day of receipt."""
    return replace(stamps, **_responsible(category, street, roster, stamps.received.date()))  # type: ignore[arg-type]


def _responsible(category: Category, street: Street, roster: Roster, day: date) -> dict[str, str]:
    """Who is responsible on a day, as the fields of ``Stamps``."""
    return {
        "street": street.name,
        "chief": roster.chief(street, day),
        "branch": street.branch,
        "district": street.district,
        "unit": street.unit or category.unit,
        "category": category.name,
    }


def begin(stamps: Stamps, cells: Mapping[str, Any], rules: Rules, at: datetime) -> Stamps:
    """Start the clock at ``at``: the limit given in the row, else the category's for its severity."""
    return replace(stamps, start=_start(stamps.category, cells, rules, at))


def _start(category: str, cells: Mapping[str, Any], rules: Rules, at: datetime) -> Start:
    given = cells.get("given_limit")
    if isinstance(given, datetime) and given > at:
        return Start(at, "", given)
    limit = given if isinstance(given, Limit) else own_limit(category, cells, rules)
    due = rules.calendar.add(at, limit)
    return Start(at, str(limit), due.at, due.provisional)


def own_limit(name: str, cells: Mapping[str, Any], rules: Rules) -> Limit:
    """The category's limit for the row's severity; the rework limit where the category is gone from the rules."""
    category = rules.categories.get(name)
    return category.limit(cells.get("severity", NORMAL)) if category else rules.clock.rework


def renew(issue: Issue, rules: Rules, now: datetime, last_look: datetime | None = None) -> Stamps:
    """Stamps brought up to what the row says now: 受理, 作废, 复核, approvals, and a calendar that became known."""
    if issue.stamps.history:
        return issue.stamps
    stamps = _voided(issue, issue.stamps, now)
    if stamps.joined:
        return stamps
    stamps = take_in(stamps, issue.asks, issue.withdrawn)
    if issue.cells.get("accepted") in ACCEPTED and stamps.accepted is None:
        stamps = replace(stamps, accepted=now)
        if stamps.start is None:
            stamps = begin(stamps, issue.cells, rules, now)
    stamps = _reverify(issue, stamps, rules, now, last_look)
    return _recalendar(stamps, rules)


def _voided(issue: Issue, stamps: Stamps, now: datetime) -> Stamps:
    void = issue.cells.get("accepted") == lives.VOID
    return stamps if void == (stamps.voided is not None) else replace(stamps, voided=now if void else None)


def _reverify(issue: Issue, stamps: Stamps, rules: Rules, now: datetime, last_look: datetime | None) -> Stamps:
    """Take in what stands in 复核结果. A verdict that changed before anybody answered it was a slip of the pen:
    the new one replaces it. 通过 without what the category needs takes 复核意见: it was seen on the spot."""
    result, typed = issue.cells.get("verified", ""), issue.cells.get("verified_at")
    last = stamps.verdicts[-1] if stamps.verdicts else None
    if last and not is_news(issue.cells, last):
        return stamps
    answered = last is not None and any(fix.outcome == "已整改" and fix.at > last.at for fix in issue.fixes)
    stamps = stamps if answered or last is None else replace(stamps, verdicts=stamps.verdicts[:-1])
    mended = stopped_at(issue, stamps, rules)
    if not result or (result == "通过" and mended is None and not issue.cells.get("verify_note")):
        return stamps
    at = heard(typed, now, clock(rules.clock.receipt_grace), last_look)
    at = at if at >= earliest_verdict(issue, stamps, now) else now
    claimed = mended is None and _first_since(issue, stamps, rules, lives.CLAIM) is not None
    return replace(stamps, verdicts=(*stamps.verdicts, Verdict(result, at, typed, mended, claimed)))


def stopped_at(issue: Issue, stamps: Stamps, rules: Rules) -> datetime | None:
    """When the feedback since the last verdict stopped the clock; None: none did."""
    return _first_since(issue, stamps, rules, "已整改")


def _first_since(issue: Issue, stamps: Stamps, rules: Rules, kind: str) -> datetime | None:
    """The hour of the first feedback of a kind since the last verdict."""
    since = stamps.verdicts[-1].at if stamps.verdicts else stamps.received
    hours = (event.at for event in _feedback(issue, stamps, rules) if event.kind == kind)
    return next((at for at in hours if at >= since), None)


def is_news(cells: Mapping[str, Any], last: Verdict) -> bool:
    """Whether 复核结果 says another thing than the last verdict."""
    return cells.get("verified", "") != last.result or cells.get("verified_at") not in (None, last.typed)


def earliest_verdict(issue: Issue, stamps: Stamps, now: datetime) -> datetime:
    """Nothing is verified before it was reported, or before the last feedback that is verified."""
    mended = [fix.at for fix in issue.fixes if fix.outcome == "已整改" and fix.at <= now]
    return max([stamps.received, *mended])


def _recalendar(stamps: Stamps, rules: Rules) -> Stamps:
    """A deadline that was counted without the year's make-up days moves once the year is published, later only."""
    start = stamps.start
    if start is None or not start.provisional or stamps.calendar == rules.calendar.digest:
        return stamps
    limit = lives.limit_of(start)
    due = rules.calendar.add(start.started, limit) if limit else None
    if due is None or due.provisional:
        return stamps
    start = replace(start, deadline=max(start.deadline, due.at), provisional=False)
    return replace(stamps, start=start, calendar=rules.calendar.digest)


def events(issue: Issue, stamps: Stamps, rules: Rules) -> list[Event]:
    """Everything dated that happened to the issue."""
    first = PUBLIC if issue.source == PUBLIC else "收到"
    events = [Event(stamps.received, first)]
    if first == PUBLIC and stamps.accepted:
        events.append(Event(stamps.accepted, "受理"))
    if stamps.voided:
        events.append(Event(stamps.voided, lives.VOID))
    events += _feedback(issue, stamps, rules)
    for verdict in stamps.verdicts:
        if verdict.result in lives.RETURNS or may_close(issue.category, issue.cells.get("legal_basis"), rules):
            key = f"{verdict.result}@{verdict.at.isoformat()}"
            events.append(Event(verdict.at, verdict.result, key, mended=verdict.mended, claimed=verdict.claimed))
    for ask in (ask for ask in stamps.taken if ask.kind != FAKE):
        key = f"{ask.rid}@{ask.until.isoformat()}" if ask.until else ask.rid
        events.append(Event(ask.at, ask.kind, key, ask.until, ask.unit))
        if ask.kind == lives.SUSPENDED and ask.until:
            events.append(Event(max(ask.until, ask.at), lives.RESUMED, f"{key}恢复"))
    return events


def _feedback(issue: Issue, stamps: Stamps, rules: Rules) -> list[Event]:
    """What was fed back, in the order of the hours that count: mended, said to be mended (without what the category
    needs), reported up."""
    events, claims = list[Event](), list[datetime]()
    needs, grace = category_needs(issue, rules), clock(rules.clock.receipt_grace)
    for fix in issue.fixes:
        at = _counts(fix, stamps)
        if fix.outcome != "已整改":
            events.append(Event(at, "上报", fix.rid))
        elif fix.shows(needs) or (stamps.adopted and _judged_before(at, stamps)):
            shown = max(at, fix.shown_at or at)
            early = [claim for claim in claims if shown - claim <= grace and not _judged_before(claim, stamps, shown)]
            events.append(Event(min([shown, *early]), "已整改", fix.rid))
        else:
            claims.append(at)
            events.append(Event(at, lives.CLAIM, fix.rid))
    return sorted(events, key=lambda event: event.at)


def _judged_before(at: datetime, stamps: Stamps, until: datetime | None = None) -> bool:
    """Whether a verdict was given on what was fed back then, up to ``until``."""
    return any(verdict.at >= at and (until is None or verdict.at <= until) for verdict in stamps.verdicts)


def _counts(fix: Fix, stamps: Stamps) -> datetime:
    """The hour from which a feedback counts: work reported before the clock started counts from its start. After the
    ledger was lost, a feedback without an hour can't be later than the closing that it led to."""
    at = max(fix.at, stamps.start.started) if stamps.start else fix.at
    closed = [verdict.at for verdict in stamps.verdicts if verdict.result == "通过"] if stamps.adopted else []
    return min([at, *closed])


def take_in(stamps: Stamps, asks: Iterable[Ask], withdrawn: Collection[str]) -> Stamps:
    """Approvals that took effect are stamped: a row lost later, or an approver who left, undoes none of them; only the
    approval itself taken back does."""
    now = {ask.rid: ask for ask in asks}
    standing = [now.pop(ask.rid, ask) for ask in stamps.taken if ask.rid not in withdrawn]
    taken = tuple(sorted([*standing, *now.values()], key=lambda ask: (ask.at, ask.rid)))
    return stamps if taken == stamps.taken else replace(stamps, taken=taken)


def may_close(category: str, legal_basis: object, rules: Rules) -> bool:
    """Enforcement needs a case number, or a reason why there is none, before it is closed (plan 六·1). ``category``: as
    stamped."""
    known = rules.categories.get(category)
    return not known or known.kind != ENFORCEMENT or bool(legal_basis)


def follow(
    issue: Issue, rules: Rules, now: datetime, last_look: datetime | None = None, latest: datetime | None = None
) -> tuple[Stamps, Life]:
    """Stamps as they should be, and where the issue stands at ``now``. ``last_look``: what was typed since counts by
    its typed hour; ``latest``: as ``own_hour``."""
    hour = own_hour(issue, rules, now, latest)
    stamps = renew(issue, rules, hour, last_look)
    life = lived(issue, stamps, rules, hour)
    return (stamps if life.moves == stamps.moves else replace(stamps, moves=life.moves)), life


def own_hour(issue: Issue, rules: Rules, now: datetime, latest: datetime | None) -> datetime:
    """``now``; or, where the clock was put back, the hour of the last thing that had happened to the issue by then: it
    happened, whatever the clock says now. ``latest``: the latest hour of any look; None: not known."""
    if latest is not None and now >= latest:
        return now
    happened = (event.at for event in events(issue, issue.stamps, rules) if event.kind != lives.RESUMED)
    return max([now, *(at for at in happened if latest is None or at <= latest)])


def lived(issue: Issue, stamps: Stamps, rules: Rules, now: datetime) -> Life:
    """Where the issue stands at ``now`` by these stamps; one that is a part of another stands as it did then, unless it
    is void."""
    if stamps.history:
        closed = stamps.verdicts[-1].at if stamps.verdicts else None
        return Life(lives.HISTORY, stamps.unit, fixed_at=closed, closed_at=closed)
    now = min(now, stamps.joined_at) if stamps.joined_at and not stamps.voided else now
    past, own = events(issue, stamps, rules), own_limit(issue.category, issue.cells, rules)
    life = lives.live(past, stamps.start, stamps.moves, stamps.unit, now, rules.calendar, rules.clock.rework, own)
    late = {rules.unit_now(unit): deadline for unit, deadline in reversed(life.late_units)}
    return replace(life, unit=rules.unit_now(life.unit), late_units=tuple(reversed(late.items())))


WORKDAY = Limit(1, "wd")


def lateness(life: Life, rules: Rules, limit: Limit | None = None) -> Lateness | None:
    """The one measure of lateness, for levels, letters, words and pages; None where no clock ever ran. ``limit``: the
    issue's own."""
    if life.overdue_from is None or life.end is None:
        return None
    return Lateness(life.overdue_from, life.end, rules.calendar, limit, life.pauses)


def late_now(life: Life, rules: Rules, now: datetime) -> Lateness | None:
    """How late an issue is that runs past its deadline; None: it does not."""
    return lateness(life, rules) if lives.is_late(life.state, life.deadline, now) else None


def workdays_late(late: Lateness, now: datetime) -> int:
    """The largest n for which ``overdue >= n wd`` holds then."""
    days = 0
    while late.since(Limit(days + 1, "wd")) <= now:
        days += 1
    return days


def hours_late(late: Lateness, now: datetime) -> int:
    """Whole hours of the clock since the deadline, without the pauses."""
    spans = [min(pause.end, now) - max(pause.start, late.deadline) for pause in late.breaks]
    paused = sum((span for span in spans if span > timedelta()), timedelta())
    return (now - late.deadline - paused) // timedelta(hours=1)


def late_words(late: Lateness, now: datetime, *, in_hours: bool = False) -> str:
    """How late it is, in the words of every tab, page and mail; empty: not late. ``in_hours``: as pages say it of what
    endangers people."""
    if late.since(None) > now:
        return ""
    if in_hours:
        hours = hours_late(late, now)
        return f"已超期{hours}小时" if hours else "已超期（不足1小时）"
    days = workdays_late(late, now)
    return f"已超期{days}个工作日" if days else "已超期（不足1个工作日）"


def hint(life: Life, stamps: Stamps, rules: Rules, now: datetime) -> str:
    """时限提示: words that change at most once a workday."""
    if life.state == lives.SUSPENDED:
        return "挂账中"
    if life.state in (lives.FIXED, lives.CLOSED):
        return "超期整改" if life.late else ""
    if not life.running or life.deadline is None:
        return ""
    if late := late_now(life, rules, now):
        return late_words(late, now)
    if life.deadline.date() == now.date():
        return "今日到期"
    return "暂按无调休计算" if stamps.start and stamps.start.provisional else ""


def turning_points(life: Life, stamps: Stamps, rules: Rules) -> list[datetime]:
    """Moments at which time alone changes what the row says or who hears of it."""
    if life.state == lives.SUSPENDED:
        return [life.resume] if life.resume else []  # a later 恢复 is an event of its own
    if not life.running or life.deadline is None:
        return []
    midnight = datetime.combine(life.deadline.date(), time(), rules.bureau.zone)
    moments = [midnight, life.deadline + timedelta(seconds=1)]
    if (warn := warn_at(stamps, life, rules)) is not None:
        moments.append(warn)
    if late := lateness(life, rules):
        moments.append(late.since(Limit(workdays_late(late, life.end or late.now) + 1, "wd")))
    return moments


def warn_at(stamps: Stamps, life: Life, rules: Rules) -> datetime | None:
    """The hour at which the chief is warned: a share of the first limit is gone. None once it was moved."""
    start = stamps.start
    if start is None or life.deadline != start.deadline:
        return None
    limit = lives.limit_of(start)
    if limit is None:
        return start.started + (start.deadline - start.started) * rules.clock.warn_at
    return rules.calendar.share(start.started, limit, rules.clock.warn_at)


class Result(NamedTuple):
    """What became of a feedback, as 结果 says it; ``waits``: for a verdict."""

    text: str
    waits: bool = False


def category_needs(issue: Issue, rules: Rules) -> Collection[str]:
    """What a feedback must carry to stop the clock."""
    category = rules.categories.get(issue.category)
    return category.needs if category else (PHOTO,)


def results(issue: Issue, life: Life, stamps: Stamps, rules: Rules) -> dict[int, Result]:
    """What became of each feedback, by its sheet row."""
    ignored = {event.key for event in life.ignored if event.kind in ("已整改", "上报", lives.CLAIM)}
    verdicts = [verdict for verdict in stamps.verdicts if verdict.result != "通过" or life.closed_at]
    claims = {event.key for event in _feedback(issue, stamps, rules) if event.kind == lives.CLAIM}
    needs = category_needs(issue, rules)

    def result(fix: Fix) -> Result:
        if fix.rid in ignored:
            return Result(IGNORED.get(life.state, "不计入"))
        if fix.outcome != "已整改":
            return Result(_report_words(issue, fix))
        answer = next((verdict for verdict in verdicts if verdict.at >= _counts(fix, stamps)), None)
        if answer is None:
            return _lacking(fix, needs) if fix.rid in claims else _waits(life)
        if answer.result in lives.RETURNS:
            return Result(answer.result)
        return Result("通过，超期" if life.late else "通过，按期")

    return {fix.row: result(fix) for fix in issue.fixes}


def _report_words(issue: Issue, fix: Fix) -> str:
    """What became of something that was reported up: no superior answered yet, none agreed, or one did."""
    answers = [answer for answer in issue.answers if answer.at >= fix.at]
    if any(answer.agreed for answer in answers):
        return "上级已协调"
    if answers:
        return "上级没有同意，仍由本单位整改"
    return "已上报，等上级协调" if fix.outcome == "上报" else "已转上级协调"


def _waits(life: Life) -> Result:
    return Result("待复核，超期" if life.late else "待复核", waits=True)


def _lacking(fix: Fix, needs: Collection[str]) -> Result:
    """What a feedback lacks that stops nothing."""
    if fix.reused:
        return Result(f"{fix.reused}，不算整改后照片，时限还在走")
    lacking = {
        PHOTO: "" if fix.shown_at else "没有整改后照片",
        MEASUREMENT: "" if fix.measured else "整改说明里没有写检测结果",
    }
    words = "，".join(filter(None, (lacking[need] for need in needs)))
    return Result(f"{words}，时限还在走，补上才算整改")
