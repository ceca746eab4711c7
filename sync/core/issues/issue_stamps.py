"""What is stamped on an issue and does not move: when it was received, whose street it was, which limit it got, what
was verified and approved (plan 五·3 限时整改; DESIGN sections 5 and 7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sync.core.calendar.worktime import Limit
from sync.core.issues import life as lives
from sync.core.issues.feedback import first_since, stopped_at
from sync.core.issues.issues import Ask, Issue, Stamps, Verdict, clock
from sync.core.issues.life import Start
from sync.core.people.roster import Roster, Street
from sync.core.rules.conditions import NORMAL, PUBLIC
from sync.core.rules.rules import Category, Rules

ACCEPTED = TAKEN_ON, APART = ("受理", "另立")  # 核实结果; 另立: and no duplicate of another


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


def of_before(
    cells: Mapping[str, Any], seen_at: datetime, street: Street, roster: Roster, rules: Rules, closed: datetime | None
) -> Stamps:
    """The stamp of a row of before the service looked: the people of the day on which it was seen, and no clock; with
    its 销号时间 (``closed``) it counts for repeats."""
    return Stamps(
        received=cells.get("reported_at") or seen_at,
        source=cells.get("source", ""),
        verdicts=(Verdict("通过", closed),) if closed else (),
        history=True,
        rules=rules.hash,
        calendar=rules.calendar.digest,
        **_responsible(rules.categories[cells["category"]], street, roster, seen_at.date()),  # type: ignore[arg-type]
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
    claimed = mended is None and first_since(issue, stamps, rules, lives.CLAIM) is not None
    return replace(stamps, verdicts=(*stamps.verdicts, Verdict(result, at, typed, mended, claimed)))


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


def take_in(stamps: Stamps, asks: Iterable[Ask], withdrawn: Collection[str]) -> Stamps:
    """Approvals that took effect are stamped: a row lost later, or an approver who left, undoes none of them; only the
    approval itself taken back does."""
    now = {ask.rid: ask for ask in asks}
    standing = [now.pop(ask.rid, ask) for ask in stamps.taken if ask.rid not in withdrawn]
    taken = tuple(sorted([*standing, *now.values()], key=lambda ask: (ask.at, ask.rid)))
    return stamps if taken == stamps.taken else replace(stamps, taken=taken)
