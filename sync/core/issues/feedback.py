"""整改反馈 about an issue: what each counts for, and what became of it, as 结果 says it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sync.core.issues import life as lives
from sync.core.issues.issues import Fix, Issue, Stamps, clock
from sync.core.issues.life import Event, Life
from sync.core.rules.conditions import MEASUREMENT, PHOTO
from sync.core.rules.rules import Rules

IGNORED = {
    lives.CLOSED: "问题已销号，不再计入",
    lives.VOID: "问题已作废，不再计入",
    lives.UNVERIFIED: "问题还没有受理",
}


def stopped_at(issue: Issue, stamps: Stamps, rules: Rules) -> datetime | None:
    """When the feedback since the last verdict stopped the clock; None: none did."""
    return first_since(issue, stamps, rules, "已整改")


def first_since(issue: Issue, stamps: Stamps, rules: Rules, kind: str) -> datetime | None:
    """The hour of the first feedback of a kind since the last verdict."""
    since = stamps.verdicts[-1].at if stamps.verdicts else stamps.received
    hours = (event.at for event in fed_back(issue, stamps, rules) if event.kind == kind)
    return next((at for at in hours if at >= since), None)


def fed_back(issue: Issue, stamps: Stamps, rules: Rules) -> list[Event]:
    """What was fed back, in the order of the hours that count: mended, said to be mended (without what the category
    needs), reported up."""
    if not issue.fixes:
        return []
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


class Result(NamedTuple):
    """What became of a feedback, as 结果 says it; ``waits``: for a verdict."""

    text: str
    waits: bool = False


def category_needs(issue: Issue, rules: Rules) -> Collection[str]:
    """What a feedback must carry to stop the clock."""
    category = rules.categories.get(issue.category)
    return category.needs if category else (PHOTO,)


def results(issue: Issue, life: Life, stamps: Stamps, rules: Rules) -> dict[str, Result]:
    """What became of each feedback, by its id."""
    if not issue.fixes:
        return {}
    ignored = {event.key for event in life.ignored if event.kind in ("已整改", "上报", lives.CLAIM)}
    verdicts = [verdict for verdict in stamps.verdicts if verdict.result != "通过" or life.closed_at]
    claims = {event.key for event in fed_back(issue, stamps, rules) if event.kind == lives.CLAIM}
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

    return {fix.rid: result(fix) for fix in issue.fixes}


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
