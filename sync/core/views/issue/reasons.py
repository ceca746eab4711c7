"""Why a score line counts what it counts: rule, clause, how the points came about, and since (plan 四·1, 四·4).

The line stands as it was booked; where the rules in force would book other points today, that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sync.core.issues import upward
from sync.core.look.findings import Look
from sync.core.rules.values import points_zh
from sync.core.scores import charging
from sync.core.scores.lines import BASE, BY_RATES, DUTY, OF_ISSUE, Line
from sync.core.scores.seal import hour
from sync.core.views.issue.explain import Explanation

TIME = "%Y-%m-%d %H:%M"


def line_of(look: Look, number: str) -> Line | None:
    """The line of that 明细号, after ceilings; None where there is none."""
    return next((line for line in look.scored.every if line.id == number), None)


def reason(look: Look, number: str) -> Explanation | None:
    """All about the line of that 明细号; None where there is none."""
    line = line_of(look, number)
    if line is None:
        return None
    parts = (
        ("明细", _facts(line)),
        ("规则和条款", _clause(look, line)),
        ("分是怎么来的", _how(look, line)),
        ("上限", _ceiling(look, line)),
        ("后来", _later(look, line)),
        ("封存", _seal(look, line)),
    )
    told = ((heading, tuple(words)) for heading, words in parts)
    return Explanation(number, tuple((heading, words) for heading, words in told if words))


def _facts(line: Line) -> Iterator[str]:
    yield f"{line.month}，{line.kind}「{line.target}」，{line.points / 100:+g} 分，{line.date:%Y-%m-%d}"
    yield line.text
    if line.chief:
        yield f"当天的街路长{line.chief}"
    if line.issue:
        yield f"来自问题 {line.issue}"


def _clause(look: Look, line: Line) -> Iterator[str]:
    words = look.rules.plan.clauses.get(line.clause)
    yield f"{line.rule}：{f'方案{line.clause}，{words}' if words else '本局默认，方案里没有写'}"


# How the points came about


def _how(look: Look, line: Line) -> Iterator[str]:
    """As the line says, and whether the rules in force would still say so."""
    yield from line.working
    booked, due = _booked(look, line), _due(look, line)
    if due is not None and booked is not None and booked.points != due.points and not booked.revoked:
        now, then = points_zh(abs(due.points)), points_zh(abs(booked.points))
        yield f"按现在的规则是 {now} 分；登记时是 {then} 分，登记过的不再变"


def _due(look: Look, line: Line) -> Line | None:
    """The line as the rules in force would book it; None where they would book none, or it was people's decision."""
    if line.rule == BASE:
        rates = look.rules.score.unit if line.tier == BY_RATES else None
        return replace(line, points=rates.base if rates else look.rules.score.base)
    followed = look.followed.get(line.issue)
    if followed is None or line.origin != OF_ISSUE:
        return None
    issue, life = followed.issue, followed.life
    shared = upward.shares_lateness(issue, life, look.rules, look.now)
    due = charging.due_lines(issue, life, followed.stamps, look.rules, followed.booking, shared)
    return next((other for other in due if other.id == line.id), None)


# Afterwards


def _booked(look: Look, line: Line) -> Line | None:
    """The line as it was before ceilings."""
    followed = look.followed.get(line.issue)
    booked = followed.booking.get(line.id) if followed else None
    past = (group[line.id] for group in look.rebuilt.past.lines.values() if line.id in group)
    return booked or next(past, None)


def _ceiling(look: Look, line: Line) -> Iterator[str]:
    booked, rules = _booked(look, line), look.rules
    if booked is None or booked.points == line.points:
        return
    less = points_zh(abs(booked.points - line.points))
    if line.points > 0 or booked.points > 0:
        own, in_all = points_zh(rules.score.self_found.cap), points_zh(rules.score.bonus_cap)
        yield f"本月加分到了上限（自查 {own} 分，全部 {in_all} 分；自查还要有新照片，只补扣掉的分）"
    elif line.task == DUTY:
        yield f"履职一个月最多扣 {points_zh(rules.duties.cap)} 分"
    elif line.task in rules.tasks:
        yield f"「{line.task}」一个月最多扣 {points_zh(rules.tasks[line.task].weight)} 分，已经扣满"
    yield f"本来 {booked.points / 100:+g} 分，少计 {less} 分，计 {line.points / 100:+g} 分"


def _later(look: Look, line: Line) -> Iterator[str]:
    """What became of the points: taken back, appealed against, given back."""
    if line.revoked:
        yield "已经撤销，不再计分"
    for each in look.scored.every:
        if each.returns == line.id:
            yield f"{each.rule}：{each.date:%Y-%m-%d} 计入 {each.month}，{each.points / 100:+g} 分"
    for row in look.rows.get("requests", []):
        if row.cells.get("line") == line.id and row.cells.get("kind") == "申诉":
            answer = row.cells.get("answer", "")
            yield "有申诉，" + (f"批复「{answer}」" if answer else "还没有批复；批复以前照常计分")


def _seal(look: Look, line: Line) -> Iterator[str]:
    seal = look.scored.seals.get(line.month)
    at = hour(line.month, look.rules)
    if seal:
        yield f"{line.month} 已于 {seal.sealed_at:{TIME}} 封存，这一条不会再变"
    else:
        yield f"{line.month} 还没有封存，" + (f"到 {at:{TIME}} 封存" if at > look.now else f"应在 {at:{TIME}} 封存")
