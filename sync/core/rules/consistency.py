"""What the tables of rules.toml must be to each other: sums, gaps, doubles, conditions that can't hold.

A check takes the tables that its parameters name, as `sections` reads them, and yields what is wrong: the
path of the value and a Chinese sentence. It runs if all its tables could be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise

from sync.core.calendar.workdays import Day
from sync.core.rules.conditions import Condition
from sync.core.rules.section_letters import Letters
from sync.core.rules.section_links import Bot, Hook
from sync.core.rules.section_score import Score
from sync.core.rules.sections import Bureau, CalendarTable, Category, Notices, Step, Task
from sync.core.rules.text import Path
from sync.core.rules.values import ROLES, points_zh

Found = Iterator[tuple[Path, str]]


def _names_are_unique(task: tuple[Task, ...], category: tuple[Category, ...]) -> Found:
    for section, rows in (("task", task), ("category", category)):
        for attribute in ("key", "name"):
            yield from _twice(section, attribute, [getattr(row, attribute) for row in rows])


def _links_are_unique(hook: tuple[Hook, ...], bot: tuple[Bot, ...]) -> Found:
    yield from _twice("hook", "name", [hook.name for hook in hook])
    yield from _twice("bot", "name", [bot.name for bot in bot])


def _twice(section: str, attribute: str, values: Iterable[str]) -> Found:
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if value in seen:
            yield (section, index, attribute), f"「{value}」重复，第 {seen[value] + 1} 个已经用了"
        seen.setdefault(value, index)


def _renamed_units_are_gone(bureau: Bureau) -> Found:
    seen: set[str] = set()
    for index, row in enumerate(bureau.renamed):
        for at, name in enumerate(row.formerly):
            if name in bureau.units:
                yield (
                    ("bureau", "renamed", index, "formerly", at),
                    f"「{name}」还在 units 里，现在的单位不能写成以前的名称",
                )
            if name in seen:
                yield ("bureau", "renamed", index, "formerly", at), f"「{name}」写了两次，只能并入一个单位"
            seen.add(name)


def _weights_fill_the_base(task: tuple[Task, ...], score: Score) -> Found:
    total = sum(task.weight for task in task)
    if total != score.base:
        message = f"各任务的 weight 合起来是 {points_zh(total)} 分，应当是 {points_zh(score.base)} 分"
        yield ("task", len(task) - 1, "weight"), message


def _seasons_fill_the_year(calendar: CalendarTable) -> Found:
    for offset in range(366):
        day = date(2024, 1, 1) + timedelta(days=offset)
        covering = [i for i, table in enumerate(calendar.season) if table.season.covers(day)]
        if len(covering) != 1:
            what = "没有写" if not covering else "写了两次"
            yield ("calendar", "season", *covering[1:2]), f"{day.month}月{day.day}日的办公时间{what}"
            return


def _days_are_written_once(calendar: CalendarTable) -> Found:
    seen_years: set[int] = set()
    for index, table in enumerate(calendar.year):
        if table.year in seen_years:
            yield ("calendar", "year", index, "year"), f"{table.year} 年写了两次"
        seen_years.add(table.year)
        yield from _doubles(("calendar", "year", index), {"off": table.off, "on": table.on})
    yield from _doubles(("calendar",), {"holidays": calendar.holidays, "workdays": calendar.workdays})


def _doubles(path: Path, lists: dict[str, tuple[tuple[Day, ...], ...]]) -> Found:
    seen: set[date] = set()
    for key, rows in lists.items():
        for index, days in enumerate(rows):
            for day in days:
                if day.on in seen:
                    yield (*path, key, index), f"{day.on} 写了两次"
                seen.add(day.on)


def _levels_follow(escalation: tuple[Step, ...]) -> Found:
    levels = {step.level for step in escalation}
    for index, step in enumerate(escalation):
        if step.level > 1 and step.level - 1 not in levels:
            yield ("escalation", index, "level"), f"有第 {step.level} 级，却没有第 {step.level - 1} 级"
        same = next(other for other in escalation if other.level == step.level)
        if step.to != same.to:
            message = f"第 {step.level} 级已经报给{ROLES[same.to]}，同一级只能报一处"
            yield ("escalation", index, "to"), message


def _conditions_can_hold(
    category: tuple[Category, ...],
    escalation: tuple[Step, ...],
    notices: Notices,
    bot: tuple[Bot, ...],
    letters: Letters,
) -> Found:
    top = max((step.level for step in escalation), default=0)
    for path, condition in _conditions(escalation, notices, bot, letters):
        parts = {part.fact.key: part.holds for part in condition.parts}
        if "level" in parts and not any(parts["level"](level) for level in range(top + 1)):
            yield (*path, "level"), f"升级级别最高是 {top}，这个条件永远不成立"
        facts: list[tuple[str, Callable[[Category], str]]] = [
            ("category", lambda c: c.name),
            ("task", lambda c: c.task),
            ("kind", lambda c: c.kind),
        ]
        asked = [(parts[key], value) for key, value in facts if key in parts]
        if asked and not any(all(holds(value(c)) for holds, value in asked) for c in category):
            yield path, "没有一个类别能同时符合这些条件，它永远不成立"


def _conditions(
    escalation: tuple[Step, ...], notices: Notices, bot: tuple[Bot, ...], letters: Letters
) -> Iterator[tuple[Path, Condition]]:
    for index, call in enumerate(letters.when):
        yield ("letters", "when", index, "when"), call.when
    for index, rule in enumerate(bot):
        if rule.when:
            yield ("bot", index, "when"), rule.when
    for index, step in enumerate(escalation):
        yield ("escalation", index, "when"), step.when
    if notices.urgent:
        yield ("notices", "urgent"), notices.urgent
    for index, notice in enumerate(notices.send):
        if notice.when:
            yield ("notices", "send", index, "when"), notice.when


def _sending_hours_are_allowed(notices: Notices) -> Found:
    if "send_at" in notices.model_fields_set:
        for index, hour in enumerate(notices.send_at):
            if not any(opens <= hour < closes for opens, closes in notices.hours):
                yield ("notices", "send_at", index), f"{hour:%H:%M} 不在 hours 写的时段里，这时候不能发"


def _letters_are_answered(letters: Letters) -> Found:
    yield from (
        (("letters", *path), message) for path, message in _twice("when", "name", [c.name for c in letters.when])
    )
    if letters.reply.unit == letters.reply_serious.unit and letters.reply_serious.amount > letters.reply.amount:
        yield ("letters", "reply_serious"), f"有严重问题的应当更快回复，不能比 reply 的 {letters.reply} 还长"


def _being_late_costs_more(score: Score) -> Found:
    for severity in ("minor", "normal", "serious"):
        tiers = getattr(score.case, severity)
        steps = (("发现", "discovery"), ("超期", "overdue"), ("重复", "repeat"))
        for (label, key), (next_label, next_key) in pairwise(steps):
            less, more = getattr(tiers, key), getattr(tiers, next_key)
            if more < less:
                message = f"{next_label}扣 {points_zh(more)} 分，不应当少于{label}扣的 {points_zh(less)} 分"
                yield ("score", "case", severity, next_key), message


def _scores_are_sound(score: Score) -> Found:
    total = score.share.chief + score.share.unit if score.share.unit is not None else 100
    if total != 100:
        yield ("score", "share"), f"chief 和 unit 合起来是 {total}，应当是 100"
    for index, (lower, higher) in enumerate(pairwise(score.ladder)):
        if higher.running < lower.running or higher.in_12_months < lower.in_12_months:
            message = f"「{higher.name}」的次数不应当少于前一级「{lower.name}」"
            yield ("score", "ladder", index + 1), message
    for index, rung in enumerate(score.ladder):
        if rung.in_12_months < rung.running:
            message = f"12 个月内 {rung.in_12_months} 次，不应当少于连续 {rung.running} 次"
            yield ("score", "ladder", index, "in_12_months"), message
    if score.fund.enabled and not score.fund.bands:
        yield ("score", "fund", "bands"), "启用以前要先填 bands"


CHECKS: tuple[Callable[..., Found], ...] = (
    _names_are_unique,
    _links_are_unique,
    _renamed_units_are_gone,
    _weights_fill_the_base,
    _seasons_fill_the_year,
    _days_are_written_once,
    _levels_follow,
    _conditions_can_hold,
    _sending_hours_are_allowed,
    _letters_are_answered,
    _being_late_costs_more,
    _scores_are_sound,
)
