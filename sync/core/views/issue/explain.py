"""Why an issue stands where it stands: every fact, every rule that fired and why, why not yet, what comes next.

The same look that the tick takes, for one issue, in sentences for staff (DESIGN section 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.core.calendar.worktime import Step
from sync.core.issues import course, escalation, upward
from sync.core.issues import life as lives
from sync.core.issues.escalation import Prospect
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.rules.values import ROLES
from sync.core.scores.lines import Line

TIME = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Explanation:
    """Groups of sentences, each under its heading; a ``Step`` among them is a stretch of the count of hours."""

    rid: str
    parts: tuple[tuple[str, tuple[str | Step, ...]], ...]

    @property
    def sentences(self) -> dict[str, list[str]]:
        """All in words, by heading."""
        return {
            heading: [told if isinstance(told, str) else f"  {step_words(told)}" for told in group]
            for heading, group in self.parts
        }

    def text(self) -> str:
        """The whole as plain text, a sentence a line."""
        lines = []
        for heading, sentences in self.sentences.items():
            lines += [heading, *(f"  {sentence}" for sentence in sentences)]
        return "\n".join(lines)


def of(look: Look, rid: str) -> Explanation | None:
    """All that is known of issue ``rid`` at a look; None where neither the log nor the archive has such a row."""
    followed = look.followed.get(rid)
    if followed is None:
        return None
    points = [f"{line.points / 100:+g} 分：{line.target} {line.text}（{line.clause}）" for line in lines_of(look, rid)]
    parts: list[tuple[str, Sequence[str | Step]]] = [
        ("事实", _facts(look, followed)),
        ("截止时间", _deadline(look, followed)),
        ("升级", _levels(look, followed)),
        ("上报", _upward(look, followed)),
        ("计分", points),
        ("通知", _notices(look, rid)),
        ("督办", _letters(look, followed)),
        ("接下来", _next(look, followed)),
    ]
    return Explanation(rid, tuple((heading, tuple(sentences)) for heading, sentences in parts if sentences))


def lines_of(look: Look, rid: str) -> list[Line]:
    """The issue's score lines with their points after ceilings, as 扣分明细 shows them."""
    shown = {line.id: line for line in look.scored.every if line.issue == rid}
    return [shown.pop(line.id, line) for line in look.followed[rid].lines] + list(shown.values())


def _facts(look: Look, followed: Followed) -> list[str]:
    cells, stamps = followed.issue.cells, followed.stamps
    problem = followed.cells["check"]
    if not stamps.street:
        return [f"这一行还有错，没有开始计时：{problem}"]
    sentences = [
        f"{stamps.street}　{cells.get('place', '')}，{cells.get('category', '')}，{cells.get('severity', '一般')}："
        f"{cells.get('text', '')}",
        f"{cells.get('source', '')}，{cells.get('reporter', '')}填报，{stamps.received:{TIME}} 收到，"
        f"状态{followed.life.state}",
        f"当天的街路长{stamps.chief or '（缺）'}，{stamps.branch}，{stamps.district}，责任单位{followed.life.unit}",
    ]
    if stamps.repeat > 1:
        sentences.append(f"{look.rules.repeat.window.zh}内同一地点同类问题第{stamps.repeat}次出现")
    return sentences + ([f"校验：{problem}"] if problem else [])


def _deadline(look: Look, followed: Followed) -> list[str | Step]:
    start, life = followed.stamps.start, followed.life
    if start is None:
        return ["还没有受理，没有开始计时"] if life.state == lives.UNVERIFIED else []
    limit = lives.limit_of(start)
    sentences: list[str | Step] = [
        f"{start.started:{TIME}} 起计，时限{limit.zh if limit else '为指定的时间'}，第一次定为 {start.deadline:{TIME}}"
        + ("（暂按无调休计算）" if start.provisional else ""),
        *(look.rules.calendar.steps(start.started, limit) if limit else ()),
    ]
    sentences += [f"{move.at:{TIME}} {move.kind}：改为 {move.deadline:{TIME}}" for move in life.moves]
    sentences += [f"停表 {pause.start:{TIME}} 至 {pause.end:{TIME}}：{pause.reason}" for pause in life.breaks]
    if life.deadline:
        sentences.append(f"现在的截止时间 {life.deadline:{TIME}}")
    if life.late_since:
        words = followed.late_words(look.rules, look.now)
        sentences.append(f"{life.late_since:{TIME}} 超期" + (f"，{words}" if words else ""))
    if life.fixed_at:
        sentences.append(f"{life.fixed_at:{TIME}} 停表（整改反馈）" + ("，超期" if life.late else "，按期"))
    return sentences


def step_words(step: Step) -> str:
    """One stretch of the count as a sentence: what counted, or why it did not."""
    span = f"{step.date:%m-%d} {step.start:%H:%M}-{step.end:%H:%M}"
    if not step.counted:
        return f"{span} 不计：{step.note}"
    hours, minutes = divmod(step.counted // 60, 60)
    counted = "".join(part for part in (f"{hours}小时" if hours else "", f"{minutes}分" if minutes else ""))
    return f"{span} 计{counted}" + (f"（{step.note}）" if step.note else "")


def _levels(look: Look, followed: Followed) -> list[str]:
    return [_level_words(prospect, followed.life.state) for prospect in _prospects(look, followed)]


def _level_words(prospect: Prospect, state: str) -> str:
    step, reached = prospect.step, prospect.reached
    head = f"第{step.level}级 {step.name}（{step.plan or '本局默认'}）"
    if reached is None:
        return f"{head}：{'，'.join(filter(None, (prospect.why[0], '；'.join(prospect.why[1:]))))}"
    there = "已到" if reached.name == step.name else f"已按「{reached.name}」到这一级"
    since = f"，现在{state}，不再升级" if state not in escalation.OPEN else ""
    return f"{head}：{reached.at:{TIME}} {there}{since}"


def _prospects(look: Look, followed: Followed) -> list[Prospect]:
    known = _known(look, followed)
    return escalation.prospects(followed.issue, followed.life, followed.stamps, look.rules, known, look.now)


def _upward(look: Look, followed: Followed) -> list[str]:
    """Whose turn it was and is to answer what the chief reported up (plan 五·2)."""
    sentences = []
    for turn in followed.turns:
        ending = upward.ending(followed.issue, turn, followed.turns, look.now)
        ending = ending if turn.answered else "，".join(filter(None, (f"{turn.until:{TIME}} 前答复", ending)))
        sentences.append(f"{turn.since:{TIME}} 报{ROLES[turn.role]}，{ending}")
    return sentences


def _letters(look: Look, followed: Followed) -> list[str]:
    """In which letters it stands, or why in none (plan 五·3)."""
    sentences = [
        f"{letter.drafted_at:{TIME}} 起草 {letter.name}，{letter.state}"
        for letter in look.drafted.letters.values()
        if any(fact.number == followed.issue.rid for fact in letter.facts)
    ]
    if sentences or not followed.life.running:
        return sentences
    known = _known(look, followed)
    calls = [(f"{rule.name}（{rule.plan or '本局默认'}）", rule.when.check(known)) for rule in look.rules.letters.when]
    return [f"{name}：{'符合' if verdict.yes else '还不符合'}，{'；'.join(verdict.why)}" for name, verdict in calls]


def _known(look: Look, followed: Followed) -> dict[str, object]:
    street = look.roster.street(followed.stamps.street, followed.stamps.received.date())
    street_type = street.type if street else ""
    return dict(escalation.facts(followed.issue, followed.life, followed.stamps, look.rules, street_type))


def _notices(look: Look, rid: str) -> list[str]:
    sent = {**look.memory.notices, **look.told.news}
    return [
        f"{notice.notice.time:{TIME}} {notice.notice.kind} → {notice.notice.to}：{notice.state}"
        f"{'，' + notice.reason if notice.reason else ''}"
        for notice in sorted(sent.values(), key=lambda notice: (notice.notice.time, notice.notice.number))
        if notice.notice.issue == rid
    ]


def _next(look: Look, followed: Followed) -> list[str]:
    life = followed.life
    if life.state in lives.ENDED:
        return ["已经办结，不会再有变化"]
    if life.state == lives.UNVERIFIED:
        return ["等标准化办核实：填「核实结果」"]
    if life.state == lives.FIXED:
        issue = followed.issue
        may_close = course.may_close(issue.category, issue.cells.get("legal_basis"), look.rules)
        lacking = [] if may_close else ["执法类问题，销号前还要填「执法依据」"]
        return ["等标准化办复核：填「复核结果」", *lacking]
    steps = ((prospect.at, prospect.step) for prospect in _prospects(look, followed))
    moments = [(at, f"升到第{step.level}级（{step.name}）") for at, step in steps if at]
    waits = "等整改反馈" if life.running else "挂账中"
    return [f"{at:{TIME}} {what}" for at, what in sorted(moments)] or [waits]
