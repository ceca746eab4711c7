"""Who must hear of what, once (plan 五·3: 将发现的问题即时发送, 限时整改; 五·2: 逐级报告).

A notice's number is made of what it is about, why and to whom; so the same thing is told to the same person
once, also when the ledger was lost and 通知记录 still stands.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sync.core.issues import life as lives
from sync.core.issues.escalation import OPEN
from sync.core.issues.issues import Issue, Stamps, warn_at
from sync.core.issues.life import Life
from sync.core.issues.upward import Turn
from sync.core.people.roster import ROLES, Roster
from sync.core.rules import values
from sync.core.rules.rules import Rules
from sync.core.rules.sections import Notice as Rule

NOTICE_KINDS = values.NOTICE_KINDS
OF_LETTERS = {
    "督办": "督办函发给责任单位和街路长，抄送指挥长和支部书记",
    "记录单": "问题记录单发给包区的指挥长",
    "待签发": "起草好的督办函告诉可以签发的人",
}
WAITING, SENT, UNSENT, OFF = "待发送", "已发送", "未发送", "不再发送"  # states of a notice
PENDING = (WAITING, UNSENT)
MAIL = "邮件"
GROUP, NONE = "群", "不要"  # what a person may wish for a kind instead of mail
LOOK_BACK = timedelta(days=1)  # a group that is new in the rules hears of this last day too, not of all that was
PATIENCE = timedelta(hours=1)  # so long a mail waits for the group that its receiver prefers


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing for one person. ``due``: not before this hour. ``to`` is a name of 组织架构; where nobody holds
    the role, ``to`` is the role and ``reason`` says so."""

    number: str
    kind: str
    issue: str
    to: str
    time: datetime
    due: datetime
    subject: str
    text: str
    reason: str = ""
    channel: str = MAIL


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event that calls for notices: ``at`` is when it came about, ``occurrence`` tells the second rework from the
    first; ``turn``: whose it is to answer; ``level``: the one reached."""

    event: str
    at: datetime
    occurrence: str = ""
    turn: Turn | None = None
    level: int = 0


def occasions(
    life: Life, stamps: Stamps, rules: Rules, now: datetime, turns: Sequence[Turn] = ()
) -> Iterator[Occasion]:
    """What the issue's present state calls for."""
    received = stamps.accepted or stamps.received
    if life.state == lives.CLOSED:
        yield Occasion("closed", life.closed_at or now)
    if life.state == lives.UNVERIFIED:
        yield Occasion("unverified", received)
    if life.state not in OPEN:
        return
    yield Occasion("assigned", received)
    for turn in turns:
        yield Occasion("reported_up", turn.since, turn.occurrence, turn)
    for reached in stamps.levels:
        yield Occasion("escalated", reached.at, str(reached.level), level=reached.level)
    if life.state == lives.REWORK:
        yield Occasion("rework", life.reworks[-1] if life.reworks else now, str(len(life.reworks)))
    if life.running:
        warn = warn_at(stamps, life, rules)
        if life.deadline and now > life.deadline:
            yield Occasion("overdue", life.deadline, str(len(life.missed)) if len(life.missed) > 1 else "")
        elif warn and warn <= now:
            yield Occasion("warned", warn)


def implied(
    issue: Issue,
    life: Life,
    stamps: Stamps,
    rules: Rules,
    roster: Roster,
    known: Mapping[str, Any],
    now: datetime,
    groups: Mapping[str, datetime] | None = None,
    turns: Sequence[Turn] = (),
) -> list[Notice]:
    """All notices that the issue's state calls for, sent before or not. ``groups``: since when each group hears;
    ``turns``: whose it was to answer what was reported up."""
    notices: dict[str, Notice] = {}
    urgent = rules.notices.urgent is not None and rules.notices.urgent.holds(known)
    due = now if urgent else allowed_from(now, rules)
    for occasion in occasions(life, stamps, rules, now, turns):
        asked = {**known, "level": occasion.level} if occasion.level else known
        for rule in rules.notices.send:
            if rule.event != occasion.event or (rule.when is not None and not rule.when.holds(asked)):
                continue
            for role in (occasion.turn.role,) if occasion.turn else rule.to:
                for notice in _address(issue, life, stamps, roster, occasion, role, now, due):
                    notices.setdefault(notice.number, notice)
        for notice in _posted(issue, life, stamps, rules, occasion, asked, now, due, groups or {}):
            notices.setdefault(notice.number, notice)
    return list(notices.values())


def _posted(
    issue: Issue,
    life: Life,
    stamps: Stamps,
    rules: Rules,
    occasion: Occasion,
    known: Mapping[str, Any],
    now: datetime,
    due: datetime,
    groups: Mapping[str, datetime],
) -> Iterator[Notice]:
    """What the groups of the rules hear of it."""
    kind = NOTICE_KINDS[occasion.event]
    for bot in rules.bots:
        fits = occasion.event in bot.events and bot.hears(stamps.district, stamps.branch, life.unit)
        if not fits or (bot.when is not None and not bot.when.holds(known)):
            continue
        if bot.name in groups and occasion.at >= groups[bot.name]:
            number = f"{issue.rid}·{kind}{occasion.occurrence}·{bot.name}"
            text = group_words(issue, life, stamps, occasion)
            yield Notice(number, kind, issue.rid, bot.name, now, due, text, text, channel=bot.kind)


def group_words(issue: Issue, life: Life, stamps: Stamps, occasion: Occasion) -> str:
    """One line for a group: number, street, category, unit and deadline. Nothing that a person typed freely goes out,
    so no telephone number and no text from a form (domain.md section 8)."""
    what = " ".join(part for part in (stamps.street, issue.category, life.unit) if part)
    level = f"到第 {occasion.level} 级" if occasion.level else ""
    until = f" 截止 {life.deadline:%m-%d %H:%M}" if life.deadline and occasion.event != "closed" else ""
    return f"【{NOTICE_KINDS[occasion.event]}{level}】{issue.rid} {what}{until}"


def groups_since(rules: Rules, before: Mapping[str, datetime], now: datetime) -> dict[str, datetime]:
    """From when on each group of the rules hears: one that is new does not hear of all that was."""
    return {bot.name: before.get(bot.name, now - LOOK_BACK) for bot in rules.bots}


# What a person wishes


def demanded(rules: Rules) -> set[str]:
    """The kinds that a clause of the plan asks for: nobody can do without them."""
    return {NOTICE_KINDS[rule.event] for rule in rules.notices.send if rule.plan}


def grounds(kind: str, roles: Container[str], rules: Rules) -> list[str]:
    """Why such a notice comes to who holds ``roles`` (code words): the rules that send it, and what each rests on."""
    if kind in OF_LETTERS:
        return [f"{OF_LETTERS[kind]}，依据方案五·3：{rules.plan.clauses.get('五·3', '督办函')}"]
    sent = [rule for rule in rules.notices.send if NOTICE_KINDS[rule.event] == kind]
    mine = [rule for rule in sent if any(role in roles for role in rule.to)] or sent
    return [_ground(kind, rule, rules) for rule in mine]


def _ground(kind: str, rule: Rule, rules: Rules) -> str:
    to = "、".join(ROLES[role] for role in rule.to)
    when = f"（{rule.when.zh}）" if rule.when else ""
    words = f"方案{rule.plan}：{rules.plan.clauses[rule.plan]}" if rule.plan else rule.base
    return f"{kind}通知{to}{when}，依据{words}"


def spared(notice: Notice, wish: str, asked: Container[str], groups: Mapping[str, str], now: datetime) -> str | None:
    """Why this mail need not go out; None: it is to go; empty: not before it is known whether the group heard.

    ``asked``: kinds that the plan demands; ``groups``: by group, how its notice of the same occasion stands."""
    if wish == NONE and notice.kind not in asked:
        return "本人不要这一类通知"
    if wish != GROUP:
        return None
    for group, state in groups.items():
        if state == SENT:
            return f"本人选择只看群消息，「{group}」已发"
    waits = any(state == WAITING for state in groups.values()) and now < notice.due + PATIENCE
    return "" if waits else None


def _address(
    issue: Issue,
    life: Life,
    stamps: Stamps,
    roster: Roster,
    occasion: Occasion,
    role: str,
    now: datetime,
    due: datetime,
) -> Iterator[Notice]:
    names = recipients(role, life, stamps, roster, now.date())
    kind = NOTICE_KINDS[occasion.event]
    subject, text = subject_and_body(issue, life, stamps, occasion)
    for name in names:
        yield Notice(f"{issue.rid}·{kind}{occasion.occurrence}·{name}", kind, issue.rid, name, now, due, subject, text)
    if not names:
        where = {
            "secretary": stamps.branch,
            "commander": stamps.district,
            "unit": life.unit,
            "chief": stamps.street,
        }.get(role, "")
        reason = f"{where}没有{ROLES[role]}，请在组织架构里补上"
        yield Notice(
            f"{issue.rid}·{kind}{occasion.occurrence}·{where}{ROLES[role]}（缺）",
            kind,
            issue.rid,
            f"{where}{ROLES[role]}",
            now,
            due,
            subject,
            text,
            reason,
        )


def recipients(role: str, life: Life, stamps: Stamps, roster: Roster, day: date) -> tuple[str, ...]:
    """Names of those who are told, in the role at the hour of telling. The chief is the one of the issue's day, and
    while it is open also who looks after the street now: he may be on leave, or have moved on."""
    if role == "chief":
        street = roster.street(stamps.street, day) if life.state in OPEN else None
        now = roster.chief(street, day) if street else ""
        return tuple(dict.fromkeys(name for name in (stamps.chief, now) if name))
    return roster.people(role, day, branch=stamps.branch, district=stamps.district, unit=life.unit)


def subject_and_body(issue: Issue, life: Life, stamps: Stamps, occasion: Occasion) -> tuple[str, str]:
    """Subject and text. No phone number and no photo goes out (domain.md section 8)."""
    cells = issue.cells
    kind = NOTICE_KINDS[occasion.event]
    what = " ".join(part for part in (stamps.street, cells.get("place", ""), issue.category) if part)
    deadline = f"{life.deadline:%Y-%m-%d %H:%M}" if life.deadline else ""
    told = {
        "assigned": f"请于 {deadline} 前整改，并以相同角度拍照反馈。",
        "warned": f"将于 {deadline} 到期，请抓紧整改并反馈。",
        "overdue": f"已于 {deadline} 到期，仍未整改，请立即处理。",
        "escalated": f"已升级到第 {occasion.level} 级，截止时间 {deadline}，请协调处理。",
        "rework": f"复核未通过，请于 {deadline} 前重新整改。{cells.get('verify_note', '')}",
        "closed": "复核通过，已销号。",
        "reported_up": _asked(occasion, deadline),
        "unverified": "群众反映的问题，请核实：填「核实结果」，受理后才开始计时。",
    }[occasion.event]
    subject = f"【{kind}】{issue.rid} {what}"
    text = f"{issue.rid} {what}：{cells.get('text', '')}。责任单位{life.unit}，街路长{stamps.chief or '（缺）'}。{told}"
    return subject[:120], text.replace("。。", "。")


def _asked(occasion: Occasion, deadline: str) -> str:
    told = f"街路长已上报，自己解决不了或不归本单位，截止时间 {deadline}"
    if occasion.turn is None:
        return f"{told}，请协调（方案五·2）。"
    late = "；下一级没有按时答复" if occasion.turn.step > 1 else ""
    until = f"请在 {occasion.turn.until:%m-%d %H:%M} 前协调答复"
    return f"{told}{late}，{until}：批复延期、挂账、移交，或者记现场调度（方案五·2）。"


def allowed_from(now: datetime, rules: Rules) -> datetime:
    """The first moment from now on at which the rules let a notice go out."""
    day = now.date()
    for ahead in range(40):
        send_day = day + timedelta(days=ahead)
        if rules.notices.workdays_only and not rules.calendar.is_workday(send_day):
            continue
        for opens, closes in rules.notices.hours:
            start, end = _at(send_day, opens, rules), _at(send_day, closes, rules)
            if now < end:
                return max(now, start)
    return now


def _at(day: date, hour: time, rules: Rules) -> datetime:
    return datetime.combine(day, hour, rules.bureau.zone)
