"""Who must hear of what, once (plan 五·3: 将发现的问题即时发送, 限时整改; 五·2: 逐级报告).

A notice's number is made of what it is about, why and to whom; so the same thing is told to the same person
once, also when the ledger was lost and 通知记录 still stands.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sync.core.issues import life as lives
from sync.core.issues.escalation import OPEN
from sync.core.issues.issues import Issue, Stamps
from sync.core.issues.lateness import late_now, late_words, warn_at
from sync.core.issues.life import Life
from sync.core.issues.upward import Turn
from sync.core.notices.timing import SOON, Hours, is_soon
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.rules.sections import Notice as Rule
from sync.core.rules.values import NOTICE_KINDS, ROLES
from sync.core.sheet.values.phones import masked

OF_LETTERS = {
    "督办": "督办函发给责任单位和街路长，抄送指挥长和支部书记",
    "记录单": "问题记录单发给包区的指挥长",
    "待签发": "起草好的督办函告诉可以签发的人",
}
TYPED_OVER = "街路长改动"  # the kind that tells of a name typed over 街路长 without 人员调整
# states of a notice
SENDING = WAITING, HANDED, SENT, IN_DEMO, UNSENT, FAILED, OFF = (
    "待发送", "发送中", "已发送", "已发送（演示信箱）", "未发送", "发送失败", "不再发送",
)  # fmt: skip
WENT_OUT = (SENT, IN_DEMO)  # its receiver has it; in a demo he has it in the mailbox that the service keeps for all
PENDING = (WAITING, UNSENT)  # nobody can have received it; HANDED: its server was given it, and may have said yes
MAIL = "邮件"
GROUP, NONE = "群", "不要"  # what a person may wish for a kind instead of mail
LOOK_BACK = timedelta(days=1)  # a group that is new in the rules hears of this last day too, not of all that was
PATIENCE = timedelta(hours=1)  # so long a mail waits for the group that its receiver prefers
WAITED, ON_THE_SPOT = "催办", "警示"  # occurrences of 待核实: nobody looked at it in time; danger


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
    occurrence: str = ""  # which of several of its kind and issue; the same for all who hear of it
    danger: bool = False  # calls somebody to a place of danger: it goes however many mails went before

    @property
    def occasion(self) -> tuple[str, str, str]:
        """What it tells, whoever hears of it: issue, kind, occurrence."""
        return self.issue, self.kind, self.occurrence


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event that calls for notices: ``at`` is when it came about, ``occurrence`` tells the second rework from the
    first; ``turn``: whose it is to answer; ``level``: the one reached."""

    event: str
    at: datetime
    occurrence: str = ""
    turn: Turn | None = None
    level: int = 0


@dataclass(frozen=True)
class NoticeCase:
    """An issue of which people may have to hear. ``known``: what conditions may ask of it; ``groups``: since when each
    group hears; ``turns``: whose it was to answer what was reported up; ``hours``: when what is told now goes out."""

    issue: Issue
    life: Life
    stamps: Stamps
    rules: Rules
    roster: Roster
    known: Mapping[str, Any]
    now: datetime
    groups: Mapping[str, datetime]
    turns: Sequence[Turn]
    hours: Hours

    def notices(self) -> list[Notice]:
        """All notices that the issue's state calls for, sent before or not."""
        notices: dict[str, Notice] = {}
        for notice in (notice for occasion in self.occasions() for notice in self._called(occasion)):
            other = notices.get(notice.number)
            if other is None or notice.due < other.due:  # in two roles: the one that is more urgent
                notices[notice.number] = notice
        return list(notices.values())

    @cached_property
    def endangers(self) -> bool:
        """Whether people are in danger: the only thing that is told at night."""
        category = self.rules.categories.get(self.issue.category)
        return category is not None and category.dangerous(self.issue.severity)

    def _in_danger(self, occasion: Occasion) -> bool:
        return self.endangers and occasion.event != "closed"

    @cached_property
    def _urgent(self) -> bool:
        return self.rules.notices.urgent is not None and self.rules.notices.urgent.holds(self.known)

    @property
    def _pressing(self) -> bool:
        return self.life.deadline is not None and self.life.deadline <= self.hours.soon_ends

    def due(self, occasion: Occasion, role: str = "") -> datetime:
        """When it goes out to a role; ``role`` empty: to a group, which hears as soon as it may."""
        if self._in_danger(occasion):
            return self.now
        ordered = role == "chief" and occasion.event in ("assigned", "rework")
        at_once = not role or self._urgent or (ordered and self._pressing)
        return self.hours.allowed if at_once else self.hours.together

    def occasions(self) -> Iterator[Occasion]:
        """What the issue's present state calls for; a part of another calls for nothing, since that does."""
        life, stamps, now = self.life, self.stamps, self.now
        if stamps.joined:
            return
        received = stamps.accepted or stamps.received
        if life.state == lives.CLOSED:
            yield Occasion("closed", life.closed_at or now)
        if life.state == lives.UNVERIFIED:
            yield from self._unverified(stamps.received)
        if life.state not in OPEN:
            return
        yield Occasion("assigned", received)
        for turn in self.turns:
            yield Occasion("reported_up", turn.since, turn.occurrence, turn)
        for reached in stamps.levels:
            yield Occasion("escalated", reached.at, str(reached.level), level=reached.level)
        if life.state == lives.REWORK:
            yield Occasion("rework", life.reworks[-1] if life.reworks else now, str(len(life.reworks)))
        if life.running:
            if life.deadline and now > life.deadline:
                yield Occasion("overdue", life.deadline, missed(life))
            elif not self._short and (warn := warn_at(stamps, life, self.rules)) and warn <= now:
                yield Occasion("warned", warn)

    def _unverified(self, received: datetime) -> Iterator[Occasion]:
        """群众反映: to be looked at; not looked at in time; to be secured before anybody looked (definitions 1.6)."""
        yield Occasion("unverified", received)
        if (late := accept_by(received, self.rules)) <= self.now:
            yield Occasion("unverified", late, WAITED)
        if self.endangers:
            yield Occasion("unverified", received, ON_THE_SPOT)

    @property
    def _short(self) -> bool:
        """Whether the limit is so short that a warning would come with the order."""
        start, limit = self.stamps.start, lives.limit_of(self.stamps.start)
        if limit:
            return limit.unit in ("h", "wh") and limit.amount <= SOON.amount
        return start is not None and is_soon(start.deadline, start.started, self.rules)

    def _called(self, occasion: Occasion) -> Iterator[Notice]:
        if occasion.occurrence == ON_THE_SPOT:
            yield from self._mailed(occasion, ("chief", "unit"))
            return
        known = {**self.known, "level": occasion.level} if occasion.level else self.known
        for rule in self.rules.notices.send:
            if rule.event == occasion.event and (rule.when is None or rule.when.holds(known)):
                yield from self._mailed(occasion, (occasion.turn.role,) if occasion.turn else rule.to)
        for bot in self.rules.bots:
            place = self.stamps.district, self.stamps.branch, self.life.unit
            fits = occasion.event in bot.events and bot.hears(*place) and (bot.when is None or bot.when.holds(known))
            if fits and bot.name in self.groups and occasion.at >= self.groups[bot.name]:
                text = self.group_words(occasion)
                yield self._notice(occasion, bot.name, self.due(occasion), text, text, channel=bot.kind)

    def _notice(
        self, occasion: Occasion, to: str, due: datetime, subject: str, text: str, reason: str = "", channel: str = MAIL
    ) -> Notice:
        rid, kind = self.issue.rid, NOTICE_KINDS[occasion.event]
        number = f"{rid}·{kind}{occasion.occurrence}·{to}{'（缺）' if reason else ''}"
        danger = self._in_danger(occasion) and occasion.event in ("assigned", "rework", "unverified")
        occurrence = occasion.occurrence
        return Notice(number, kind, rid, to, self.now, due, subject, text, reason, channel, occurrence, danger)

    def _mailed(self, occasion: Occasion, roles: Iterable[str]) -> Iterator[Notice]:
        """To those who hold one of the roles, or for a role that nobody holds a notice that says so."""
        subject, text = self.subject_and_body(occasion)
        for role in roles:
            due = self.due(occasion, role)
            names = self.recipients(role)
            for name in names:
                yield self._notice(occasion, name, due, subject, text)
            if not names:
                where = self._place(role)
                reason = f"{where}没有{ROLES[role]}，请在组织架构里补上"
                yield self._notice(occasion, f"{where}{ROLES[role]}", due, subject, text, reason)

    def _place(self, role: str) -> str:
        """The branch, district, unit or street whose post it is; empty for a post of the whole bureau."""
        stamps = self.stamps
        places = {
            "secretary": stamps.branch,
            "commander": stamps.district,
            "unit": self.life.unit,
            "chief": stamps.street,
        }
        return places.get(role, "")

    def recipients(self, role: str) -> tuple[str, ...]:
        """Names of those who are told, in the role at the hour of telling. The chief is the one of the issue's day, and
        while it is open also who looks after the street now: he may be on leave, or have moved on."""
        stamps, roster, day = self.stamps, self.roster, self.now.date()
        if role == "chief":
            street = roster.street(stamps.street, day) if self.life.state in OPEN else None
            now = roster.chief(street, day) if street else ""
            return tuple(dict.fromkeys(name for name in (stamps.chief, now) if name))
        return roster.people(role, day, branch=stamps.branch, district=stamps.district, unit=self.life.unit)

    def group_words(self, occasion: Occasion) -> str:
        """One line for a group: number, street, category, unit and deadline. Nothing that a person typed freely goes
        out, so no telephone number and no text from a form (domain.md section 8)."""
        life = self.life
        what = " ".join(part for part in (self.stamps.street, self.issue.category, life.unit) if part)
        level = f"到第 {occasion.level} 级" if occasion.level else ""
        until = f" 截止 {life.deadline:%m-%d %H:%M}" if life.deadline and occasion.event != "closed" else ""
        return f"【{NOTICE_KINDS[occasion.event]}{level}】{self.issue.rid} {what}{until}"

    def _late(self) -> str:
        """How late it is, behind its deadline; empty: it is not, or no more."""
        late = late_now(self.life, self.rules, self.now)
        return f"，{late_words(late, self.now)}" if late else ""

    @cached_property
    def _typed(self) -> Mapping[str, str]:
        """What people typed, without phone numbers (domain.md section 8)."""
        return {key: masked(self.issue.cells.get(key, "")) for key in ("place", "text", "verify_note")}

    def subject_and_body(self, occasion: Occasion) -> tuple[str, str]:
        """Subject and text. No phone number and no photo goes out (domain.md section 8)."""
        rid, street, chief = self.issue.rid, self.stamps.street, self.stamps.chief or "（缺）"
        what = " ".join(part for part in (street, self._typed["place"], self.issue.category) if part)
        unit, told = self.life.unit, self._told(occasion)
        text = f"{rid} {what}：{self._typed['text']}。责任单位{unit}，街路长{chief}。{told}"
        return f"【{NOTICE_KINDS[occasion.event]}】{rid} {what}"[:120], text.replace("。。", "。")

    def _told(self, occasion: Occasion) -> str:
        """What is to be done, or is done."""
        deadline = f"{self.life.deadline:%Y-%m-%d %H:%M}" if self.life.deadline else ""
        match occasion.event:
            case "assigned":
                told = f"请于 {deadline} 前整改，并以相同角度拍照反馈。"
            case "warned":
                told = f"将于 {deadline} 到期，请抓紧整改并反馈。"
            case "overdue":
                told = f"已于 {deadline} 到期，仍未整改，请立即处理。"
            case "escalated":
                told = f"已升级到第 {occasion.level} 级，截止时间 {deadline}{self._late()}，请协调处理。"
            case "rework":
                told = f"复核未通过，请于 {deadline} 前重新整改。{self._typed['verify_note']}"
            case "closed":
                told = "复核通过，已销号。"
            case "reported_up":
                told = _asked(occasion, deadline)
            case _:
                told = self._to_verify(occasion)
        return told

    def _to_verify(self, occasion: Occasion) -> str:
        if occasion.occurrence == ON_THE_SPOT:
            return "群众反映，待核实；危及安全，请先到场警示。受理后才开始计时。"
        ask = "请核实：填「核实结果」，受理后才开始计时。"
        waited = f"已经超过{self.rules.clock.accept.zh}没有核实，" if occasion.occurrence == WAITED else ""
        return f"群众反映的问题，{waited}{ask}"


def missed(life: Life) -> str:
    """Which deadline was missed last; the first needs no name."""
    return str(len(life.missed)) if len(life.missed) > 1 else ""


def accept_by(received: datetime, rules: Rules) -> datetime:
    """Until when the standards office has looked at what the public reported (definitions 1.6)."""
    return rules.calendar.add(received, rules.clock.accept).at


def next_reminder(life: Life, stamps: Stamps, rules: Rules) -> list[datetime]:
    """When time alone calls for a reminder that an issue waits for 受理."""
    return [accept_by(stamps.received, rules)] if life.state == lives.UNVERIFIED else []


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
    if kind == TYPED_OVER:
        return ["名册里的街路长没有经过人员调整就改了，告诉标准化办、支部书记和指挥长，依据方案附注2"]
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
    if wish == NONE and notice.kind not in asked and not notice.danger:
        return "本人不要这一类通知"
    if wish != GROUP:
        return None
    for group, state in groups.items():
        if state == SENT:
            return f"本人选择只看群消息，「{group}」已发"
    waits = any(state == WAITING for state in groups.values()) and now < notice.due + PATIENCE
    return "" if waits else None


def _asked(occasion: Occasion, deadline: str) -> str:
    told = f"街路长已上报，自己解决不了或不归本单位，截止时间 {deadline}"
    if occasion.turn is None:
        return f"{told}，请协调（方案五·2）。"
    late = "；下一级没有按时答复" if occasion.turn.step > 1 else ""
    until = f"请在 {occasion.turn.until:%m-%d %H:%M} 前协调答复"
    return f"{told}{late}，{until}：批复延期、挂账、移交，或者记现场调度（方案五·2）。"
