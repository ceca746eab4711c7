"""Why a score line counts what it counts: rule, clause, how the points came about, and since (plan 四·1, 四·4).

The line stands as it was booked; where the rules in force would book other points today, that is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from sync.core.duties import duties
from sync.core.look.decide import Look
from sync.core.rules.values import points_zh
from sync.core.scores import scores
from sync.core.scores.scores import Line
from sync.core.scores.seal import hour
from sync.core.views.explain import Explanation

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
    """The sum in words, and whether the rules in force would still say so."""
    due: int | None = None
    if line.rule == scores.BASE:
        due = look.rules.score.base
        yield f"每月从 {points_zh(due)} 分起"
    elif line.rule == scores.AWARD:
        yield "经批准的加减分，分值由申请写明"
    elif line.rule in scores.RETURNS:
        yield f"退回的是明细 {line.id.rpartition('·')[0]} 计过的分，不受上限限制"
    elif line.id.startswith(duties.LINES):
        yield from _of_duty(look, line)
    elif line.issue in look.followed:
        due, words = _of_issue(look, line)
        yield from words
    booked = _booked(look, line)
    if due is not None and booked is not None and booked.points != due and not scores.revoked(booked):
        now, then = points_zh(abs(due)), points_zh(abs(booked.points))
        yield f"按现在的规则是 {now} 分；登记时是 {then} 分，登记过的不再变"


def _of_duty(look: Look, line: Line) -> Iterator[str]:
    kind = line.rule.removesuffix("缺记")
    rule = next((rule for rule in look.rules.duties.owed if rule.kind == kind and rule.points), None)
    if rule:
        yield f"{kind}每缺一天扣 {points_zh(rule.points)} 分"


def _of_issue(look: Look, line: Line) -> tuple[int | None, list[str]]:
    """Points that the rules in force give, and how, in words."""
    followed, score = look.followed[line.issue], look.rules.score
    row = next(row for row in look.rows["issues"] if row.rid == line.issue)
    severity, source = row.cells.get("severity", "一般"), followed.stamps.source or row.cells.get("source", "")
    factor = score.superior_multiplier if source in score.superior_sources else 1
    tiers = score.case[severity]
    steps = {scores.FOUND: tiers.discovery, scores.LATE: tiers.overdue, scores.AGAIN: tiers.repeat}
    if line.rule in steps:
        total = steps[line.rule] * factor
        words = [f"{severity}问题，{line.rule}一件共扣 {points_zh(steps[line.rule])} 分"]
        words += [f"来源是{source}，按 {factor} 倍，{points_zh(total)} 分"] if factor > 1 else []
        return _of_case(look, line, total, words)
    if line.rule == scores.RETURNED:
        return _of_rework(look, line)
    if line.rule == scores.SILENT:
        return -score.no_feedback, [f"销号了但没有整改后的照片，扣 {points_zh(score.no_feedback)} 分"]
    if line.rule == scores.SELF:
        due = score.self_found.bonus
        return due, [f"自查发现并按期整改，加 {points_zh(due)} 分，每月最多 {points_zh(score.self_found.cap)} 分"]
    if line.rule == scores.URGED:
        return None, [f"重复督办后超期扣分按 {look.rules.letters.repeat_factor} 倍，这一条是多出来的部分"]
    return None, []


def _of_rework(look: Look, line: Line) -> tuple[int, list[str]]:
    rework = look.rules.score.rework
    count = int(line.id.removesuffix("·单位").rpartition(scores.RETURNED)[2])
    first, more = points_zh(rework.first_two), points_zh(rework.from_third)
    return -(rework.first_two if count <= 2 else rework.from_third), [
        f"第 {count} 次返工：前两次各扣 {first} 分，第三次起各扣 {more} 分"
    ]


def _of_case(look: Look, line: Line, total: int, words: list[str]) -> tuple[int, list[str]]:
    """A case's points are a total: what was charged before counts towards it; reported up in time, it is shared."""
    followed, share = look.followed[line.issue], look.rules.score.share
    life = followed.life
    shared = line.rule == scores.LATE and bool(
        life.reported_up and life.late_since and life.reported_up <= life.late_since
    )
    if line.kind == scores.UNIT:
        return (-(total * share.unit // 100), [*words, f"到期前已上报，单位承担 {share.unit}%"]) if shared else (
            -total, words)  # fmt: skip
    before = scores.CASE[: scores.CASE.index(line.rule)]
    charged = -sum(each.points for each in followed.lines if each.rule in before and each.kind == scores.STREET)
    rest = max(0, total - charged)
    if charged:
        words.append(f"同一件前面已经扣了 {points_zh(charged)} 分，不重复扣，再扣 {points_zh(rest)} 分")
    if shared:
        words.append(f"到期前已上报，街路长只承担 {share.chief}%")
        rest = rest * share.chief // 100
    return -rest, words


# Afterwards


def _booked(look: Look, line: Line) -> Line | None:
    """The line as it was before ceilings."""
    followed = look.followed.get(line.issue)
    lines = [
        *(followed.lines if followed else ()),
        *(each for group in look.reading.booked.values() for each in group.values()),
    ]
    return next((each for each in lines if each.id == line.id), None)


def _ceiling(look: Look, line: Line) -> Iterator[str]:
    booked, rules = _booked(look, line), look.rules
    if booked is None or booked.points == line.points:
        return
    less = points_zh(abs(booked.points - line.points))
    if line.points > 0 or booked.points > 0:
        own, all_ = points_zh(rules.score.self_found.cap), points_zh(rules.score.bonus_cap)
        yield f"本月加分到了上限（自查 {own} 分，全部 {all_} 分）"
    elif line.task == scores.DUTY:
        yield f"履职一个月最多扣 {points_zh(rules.duties.cap)} 分"
    elif line.task in rules.tasks:
        yield f"「{line.task}」一个月最多扣 {points_zh(rules.tasks[line.task].weight)} 分，已经扣满"
    yield f"本来 {booked.points / 100:+g} 分，少计 {less} 分，计 {line.points / 100:+g} 分"


def _later(look: Look, line: Line) -> Iterator[str]:
    """What became of the points: taken back, appealed against, given back."""
    if scores.revoked(line):
        yield "已经撤销，不再计分"
    for each in look.scored.every:
        if each.id in (f"{line.id}·{scores.APPEALED}", f"{line.id}·{scores.BACK}"):
            yield f"{each.rule}：{each.date:%Y-%m-%d} 计入 {each.month}，{each.points / 100:+g} 分"
    for row in look.rows.get("requests", []):
        if row.cells.get("line") == line.id and row.cells.get("kind") == "申诉":
            answer = row.cells.get("answer", "")
            yield "有申诉，" + (f"批复「{answer}」" if answer else "还没有批复；批复以前照常计分")


def _seal(look: Look, line: Line) -> Iterator[str]:
    closing = look.scored.closings.get(line.month)
    at = hour(line.month, look.rules)
    if closing:
        yield f"{line.month} 已于 {closing.sealed_at:{TIME}} 封存，这一条不会再变"
    else:
        yield f"{line.month} 还没有封存，" + (f"到 {at:{TIME}} 封存" if at > look.now else f"应在 {at:{TIME}} 封存")
