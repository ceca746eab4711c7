"""Why an issue stands where it stands: every fact, every rule that fired and why, why not yet, what comes next.

The same look that the tick takes, for one issue, in sentences for staff (DESIGN section 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.core.calendar.worktime import Step
from sync.core.issues import escalation, issues, upward
from sync.core.issues import life as lives
from sync.core.issues.issues import Issue
from sync.core.look import archive
from sync.core.look.decide import Look, take
from sync.core.look.follow import Followed
from sync.core.memory import Memory, Tables
from sync.core.people.roster import ROLES
from sync.core.rules.rules import Rules
from sync.core.sheet.rows import Row

TIME = "%Y-%m-%d %H:%M"
DETAIL = "  "  # begins a sentence that a page shows as a line of a table


@dataclass(frozen=True)
class Explanation:
    """Sentences in groups: (heading, sentences); ``steps``: the count of hours day by day, also told among them."""

    rid: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    steps: tuple[Step, ...] = ()

    def text(self) -> str:
        """The whole as plain text, a sentence a line."""
        found = []
        for heading, sentences in self.parts:
            found += [heading, *(f"  {sentence}" for sentence in sentences)]
        return "\n".join(found)


def explain(tables: Tables, memory: Memory, rules: Rules, now: datetime, rid: str) -> Explanation | None:
    """All that is known of issue ``rid`` at ``now``; None where neither the log nor the archive has such a row."""
    tables, memory, _ = archive.merged(tables, memory, rules.bureau.zone)
    return of(take(Look(tables, memory, rules, now.astimezone(rules.bureau.zone))), rid)


def of(look: Look, rid: str) -> Explanation | None:
    """The same, of a look that was taken."""
    row = next((row for row in look.rows.get("issues", []) if row.rid == rid), None)
    if row is None:
        return None
    one = look.followed[rid]
    follow = look.followup
    answers = follow.answers.get(rid, ())
    issue = Issue(rid, row.cells, one.stamps, follow.fixes.get(rid, ()), follow.asks.get(rid, ()), answers=answers)
    parts = [
        ("事实", _facts(look, row, one)),
        ("截止时间", _deadline(one, look.rules)),
        ("升级", _levels(look, issue, one)),
        ("上报", _upward(look, issue, one)),
        (
            "计分",
            tuple(f"{line.points / 100:+g} 分：{line.target} {line.text}（{line.clause}）" for line in one.lines),
        ),
        ("通知", _notices(look, rid)),
        ("督办", _letters(look, issue, one)),
        ("接下来", _next(look, issue, one)),
    ]
    told = tuple((heading, tuple(sentences)) for heading, sentences in parts if sentences)
    return Explanation(rid, told, tuple(_steps(one, look.rules)))


def _facts(look: Look, row: Row, one: Followed) -> list[str]:
    cells, stamps = row.cells, one.stamps
    problem = one.cells.get("check", "")
    if not stamps.street:
        return [f"这一行还有错，没有开始计时：{problem}"]
    found = [
        f"{stamps.street}　{cells.get('place', '')}，{cells.get('category', '')}，{cells.get('severity', '一般')}："
        f"{cells.get('text', '')}",
        f"{cells.get('source', '')}，{cells.get('reporter', '')}填报，{stamps.received:{TIME}} 收到，"
        f"状态{one.life.state}",
        f"当天的街路长{stamps.chief or '（缺）'}，{stamps.branch}，{stamps.district}，责任单位{one.life.unit}",
    ]
    if stamps.repeat > 1:
        found.append(f"{look.rules.repeat.window.zh}内同一地点同类问题第{stamps.repeat}次出现")
    return found + ([f"校验：{problem}"] if problem else [])


def _deadline(one: Followed, rules: Rules) -> list[str]:
    start, life = one.stamps.start, one.life
    if start is None:
        return ["还没有受理，没有开始计时"] if life.state == lives.UNVERIFIED else []
    limit = lives.limit_of(start)
    found = [
        f"{start.started:{TIME}} 起计，时限{limit.zh if limit else '为指定的时间'}，第一次定为 {start.deadline:{TIME}}"
        + ("（暂按无调休计算）" if start.provisional else "")
    ]
    found += [f"{DETAIL}{step_words(step)}" for step in _steps(one, rules)]
    found += [f"{move.at:{TIME}} {move.kind}：改为 {move.deadline:{TIME}}" for move in life.moves]
    found += [f"停表 {pause.start:{TIME}} 至 {pause.end:{TIME}}：{pause.reason}" for pause in life.breaks]
    if life.deadline:
        found.append(f"现在的截止时间 {life.deadline:{TIME}}")
    if life.late_since:
        found.append(f"{life.late_since:{TIME}} 超期")
    if life.fixed_at:
        found.append(f"{life.fixed_at:{TIME}} 停表（整改反馈）" + ("，超期" if life.late else "，按期"))
    return found


def _steps(one: Followed, rules: Rules) -> Sequence[Step]:
    start = one.stamps.start
    limit = lives.limit_of(start) if start else None
    return rules.calendar.steps(start.started, limit) if start and limit else ()


def step_words(step: Step) -> str:
    """One stretch of the count as a sentence: what counted, or why it did not."""
    span = f"{step.date:%m-%d} {step.start:%H:%M}-{step.end:%H:%M}"
    if not step.counted:
        return f"{span} 不计：{step.note}"
    hours, minutes = divmod(step.counted // 60, 60)
    counted = "".join(part for part in (f"{hours}小时" if hours else "", f"{minutes}分" if minutes else ""))
    return f"{span} 计{counted}" + (f"（{step.note}）" if step.note else "")


def _levels(look: Look, issue: Issue, one: Followed) -> list[str]:
    known = _known(look, issue, one)
    reached = {level.level: level for level in one.stamps.levels}
    found = []
    for step in look.rules.escalation:
        clause = f"（{step.plan or '本局默认'}）"
        if step.level in reached and reached[step.level].name == step.name:
            found.append(f"第{step.level}级 {step.name}{clause}：{reached[step.level].at:{TIME}} 已到")
            continue
        verdict = step.when.check(known)
        answer = "符合" if verdict.yes else "还不符合"
        found.append(f"第{step.level}级 {step.name}{clause}：{answer}，{'；'.join(verdict.why)}")
    return found


def _upward(look: Look, issue: Issue, one: Followed) -> list[str]:
    """Whose turn it was and is to answer what the chief reported up (plan 五·2)."""
    found = []
    for turn in upward.turns(issue, one.life, look.rules, look.now):
        ended = f"{turn.answered:{TIME}} 已答复" if turn.answered else f"{turn.until:{TIME}} 前答复"
        late = "，没有答复，报上一级" if not turn.answered and turn.until <= look.now else ""
        found.append(f"{turn.since:{TIME}} 报{ROLES[turn.role]}，{ended}{late}")
    return found


def _letters(look: Look, issue: Issue, one: Followed) -> list[str]:
    """In which letters it stands, or why in none (plan 五·3)."""
    found = [
        f"{letter.drafted_at:{TIME}} 起草 {letter.name}，{letter.state}"
        for letter in look.book.letters.values()
        if any(fact.number == issue.rid for fact in letter.facts)
    ]
    if found or not one.life.running:
        return found
    known = _known(look, issue, one)
    calls = [(f"{one.name}（{one.plan or '本局默认'}）", one.when.check(known)) for one in look.rules.letters.when]
    return [f"{name}：{'符合' if said.yes else '还不符合'}，{'；'.join(said.why)}" for name, said in calls]


def _known(look: Look, issue: Issue, one: Followed) -> dict[str, object]:
    street = look.roster.street(one.stamps.street, one.stamps.received.date())
    return dict(escalation.facts(issue, one.life, one.stamps, look.rules, street.type if street else ""))


def _notices(look: Look, rid: str) -> list[str]:
    sent = {**look.memory.notices, **look.decision.notices}
    return [
        f"{one.notice.time:{TIME}} {one.notice.kind} → {one.notice.to}：{one.state}"
        f"{'，' + one.reason if one.reason else ''}"
        for one in sorted(sent.values(), key=lambda one: (one.notice.time, one.notice.number))
        if one.notice.issue == rid
    ]


def _next(look: Look, issue: Issue, one: Followed) -> list[str]:
    life = one.life
    if life.state in lives.ENDED:
        return ["已经办结，不会再有变化"]
    if life.state == lives.UNVERIFIED:
        return ["等标准化办核实：填「核实结果」"]
    if life.state == lives.FIXED:
        found = ["等标准化办复核：填「复核结果」"]
        return found if issues.may_close(issue, look.rules) else [*found, "执法类问题，销号前还要填「执法依据」"]
    moments = [(at, "下一次状态变化") for at in issues.turning_points(life, one.stamps, look.rules) if at > look.now]
    for step in look.rules.escalation:
        verdict = step.when.check(_known(look, issue, one))
        if not verdict.yes and verdict.at and verdict.at > look.now and life.running:
            moments.append((verdict.at, f"升到第{step.level}级（{step.name}）"))
    return [f"{at:{TIME}} {what}" for at, what in sorted(set(moments)) if not what.startswith("下一次")] or [
        "等整改反馈" if life.running else "挂账中"
    ]
