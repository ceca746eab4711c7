"""Conditions are tables, not a language.

    when.severity = "严重"               one value
    when.severity = ["一般", "严重"]     any of these
    when.repeat   = ">= 3"               a number compared: >= <= > < or the number itself
    when.used     = ">= 75%"             a share of the limit that is gone
    when.overdue  = true                 the deadline has passed
    when.overdue  = ">= 1wd"             it passed at least that long ago
    when.overdue  = ">= 100%"            it passed as long ago as the whole limit that the issue got

All parts of a table must hold; a second rule is the 'or'. `FACTS` lists what may be asked. A table is
parsed once, when the rules are loaded, into functions that answer yes or no and why. A fact that is missing
does not hold. Time makes parts come true and never untrue, so the moment at which a verdict can change by
itself is known: `Verdict.at`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sync.core.calendar.worktime import Break, Calendar, Limit, parse_limit
from sync.core.rules.text import Path, suggestion

MINOR, NORMAL, SERIOUS = SEVERITIES = ("轻微", "一般", "严重")
SOURCES = INSPECTED, SELF_FOUND, PUBLIC, ASSIGNED = ("督查", "街路长自查", "群众反映", "上级交办")
PHOTO, MEASUREMENT = NEEDS = ("照片", "检测")  # what a category may need before its clock stops
ENFORCEMENT, SERVICE = CATEGORY_KINDS = ("执法类", "服务类")
STREET_TYPES = ("主次干道", "背街小巷", "重点区域")
STATES = ("待核实", "待整改", "待复核", "已销号", "返工", "挂账", "作废", "历史")

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_COMPARISON = re.compile(r"(>=|<=|>|<|)\s*(-?[0-9]{1,4})")
_AT_LEAST = re.compile(r">=\s*(.+)")
_SHARE = re.compile(r">=\s*([0-9]{1,3})\s*%")
_INSTANT = timedelta(seconds=1)
_NEVER = 2999


@dataclass(frozen=True, slots=True)
class ConditionFact:
    """Something that a condition may ask. `values` empty: names that the rules themselves declare."""

    key: str
    label: str
    type: Literal["choice", "number", "duration", "share"]
    values: tuple[str, ...] = ()
    least: int = 0


FACTS = {
    fact.key: fact
    for fact in (
        ConditionFact("severity", "严重程度", "choice", SEVERITIES),
        ConditionFact("source", "来源", "choice", SOURCES),
        ConditionFact("kind", "执法或服务", "choice", CATEGORY_KINDS),
        ConditionFact("task", "工作任务", "choice"),
        ConditionFact("category", "类别", "choice"),
        ConditionFact("unit", "责任单位", "choice"),
        ConditionFact("street_type", "街路类型", "choice", STREET_TYPES),
        ConditionFact("state", "状态", "choice", STATES),
        ConditionFact("overdue", "超期", "duration"),
        ConditionFact("used", "已用时限", "share"),
        ConditionFact("repeat", "重复次数", "number", least=1),
        ConditionFact("seen_days", "督查重复看到的天数", "number"),
        ConditionFact("rework", "返工次数", "number"),
        ConditionFact("level", "升级级别", "number"),
    )
}


@dataclass(frozen=True, slots=True)
class Lateness:
    """The fact `overdue`: a deadline looked at from `now` (for a clock that has stopped: its last moment)."""

    deadline: datetime
    now: datetime
    calendar: Calendar
    limit: Limit | None = None  # the issue's own; None where a moment was given instead
    breaks: Sequence[Break] = ()  # in which it did not grow
    _since: dict[Limit | None, datetime] = field(default_factory=dict, init=False, compare=False, repr=False)

    def since(self, limit: Limit | None) -> datetime:
        """From when on the lateness is at least `limit`; None: from when on it is late at all. Many rules ask the same,
        and it is worked out once.

        The deadline itself is still in time; a second later is late (the sheet counts whole seconds).
        """
        if limit not in self._since:
            late = self.deadline + _INSTANT
            self._since[limit] = late if limit is None else self.calendar.add(self.deadline, limit, self.breaks).at
        return self._since[limit]

    def beyond(self, percent: int) -> datetime:
        """From when on the lateness is that share of the issue's own limit; without one never."""
        if self.limit is None:
            return self.deadline.replace(year=_NEVER)
        return self.calendar.share(self.deadline, self.limit, percent / 100, self.breaks)


@dataclass(frozen=True, slots=True)
class Usage:
    """The fact `used`: a limit that runs from `start`, looked at from `now`."""

    start: datetime
    limit: Limit
    breaks: Sequence[Break]
    now: datetime
    calendar: Calendar
    _since: dict[int, datetime] = field(default_factory=dict, init=False, compare=False, repr=False)

    def since(self, percent: int) -> datetime:
        """From when on that share of the limit is gone; worked out once."""
        if percent not in self._since:
            self._since[percent] = self.calendar.share(self.start, self.limit, percent / 100, self.breaks)
        return self._since[percent]


class Verdict(NamedTuple):
    """An answer with its reasons, one Chinese sentence a part.

    `at` is the next moment at which a no becomes a yes merely because time passes; None if it never does.
    """

    yes: bool
    why: tuple[str, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a condition's table: at the value of `path`, or at its key."""

    path: Path
    message: str
    key: bool = False


class ConditionError(ValueError):
    """A table that is no condition, with all its mistakes."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("；".join(mistake.message for mistake in mistakes))


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a condition: `want` in Chinese, and the functions it was parsed into.

    `since` tells for a fact that depends on time from when on the part holds.
    """

    fact: ConditionFact
    want: str
    holds: Callable[[Any], bool] = field(compare=False, repr=False)
    since: Callable[[Any], datetime] | None = field(default=None, compare=False, repr=False)

    def why(self, value: Any) -> str:
        """Whether the part holds for a value and why, in one sentence."""
        if value is None:
            return f"{self.fact.label}未知，按不符合处理（要求{self.want}）"
        holds = self.holds(value)
        if self.since is None:
            return f"{self.fact.label}是{value}，{'' if holds else '不'}符合“{self.want}”"
        return f"{self.want}：{self.since(value):%Y-%m-%d %H:%M} 起，{'已到' if holds else '未到'}"


@dataclass(frozen=True, slots=True)
class Condition:
    """All parts must hold. Two conditions that ask the same are equal."""

    parts: tuple[Part, ...]

    @property
    def zh(self) -> str:
        """In words: 严重程度为严重，且已超期."""
        return "，且".join(p.want if p.since else f"{p.fact.label}为{p.want}" for p in self.parts)

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Only yes or no: for tens of thousands of issues a tick."""
        for part in self.parts:
            value = facts.get(part.fact.key)
            if value is None or not part.holds(value):
                return False
        return True

    def check(self, facts: Mapping[str, Any]) -> Verdict:
        """Yes or no, why, and when a no may turn by itself."""
        why = tuple(part.why(facts.get(part.fact.key)) for part in self.parts)
        return Verdict(self.holds(facts), why, self.turns(facts))

    def turns(self, facts: Mapping[str, Any]) -> datetime | None:
        """When a no may turn by itself; None for a yes, and where it never does."""
        latest: datetime | None = None
        for part in self.parts:
            value = facts.get(part.fact.key)
            if value is not None and part.holds(value):
                continue
            if value is None or part.since is None:
                return None
            at = part.since(value)
            latest = at if latest is None else max(latest, at)
        return latest


def parse_condition(table: object, names: Mapping[str, Collection[str]]) -> Condition:
    """A `when` table of rules.toml as a condition; ConditionError holds every mistake.

    `names` gives the allowed values of task, category and unit.
    """
    if not isinstance(table, Mapping) or not table:
        raise ConditionError([Mistake((), '条件应当是至少有一项的表，例如 when.severity = "严重"')])
    parts: list[Part] = []
    mistakes: list[Mistake] = []
    for key, value in table.items():
        fact = FACTS.get(key)
        if fact is None:
            message = f"条件里没有「{key}」这一项{suggestion(key, FACTS)}"
            mistakes.append(Mistake((key,), message, key=True))
            continue
        try:
            parts.append(_PARSERS[fact.type](fact, value, names))
        except _PartError as error:
            mistakes.append(Mistake((key, *error.where), f"{fact.label}：{error}"))
    if mistakes:
        raise ConditionError(mistakes)
    # What is cheap to ask is asked first.
    return Condition(tuple(sorted(parts, key=lambda part: part.since is not None)))


class _PartError(ValueError):
    def __init__(self, message: str, where: Path = ()) -> None:
        self.where = where
        super().__init__(message)


def _choice(fact: ConditionFact, value: object, names: Mapping[str, Collection[str]]) -> Part:
    allowed = fact.values or tuple(names.get(fact.key, ()))
    chosen = value if isinstance(value, list | tuple) else (value,)
    if not chosen:
        raise _PartError("空的列表永远不成立")
    for index, word in enumerate(chosen):
        if not isinstance(word, str) or word not in allowed:
            where = (index,) if chosen is value else ()
            raise _PartError(f"没有「{word}」{suggestion(str(word), allowed)}", where)
    return Part(fact, "、".join(chosen), frozenset(chosen).__contains__)


def _number(fact: ConditionFact, value: object, names: Mapping[str, Collection[str]]) -> Part:
    match = _COMPARISON.fullmatch(str(value).strip())
    if not match:
        raise _PartError(f'「{value}」看不懂，应当是整数或比较，例如 3、">= 3"')
    compare, bound = _OPERATORS[match[1] or "="], int(match[2])
    # Above every bound there is a number; so it is enough to look as far as one beyond.
    if not any(compare(n, bound) for n in range(fact.least, max(bound, fact.least) + 2)):
        raise _PartError(f"「{value}」永远不成立，最小是 {fact.least}")
    sign = match[1].replace(">=", "≥").replace("<=", "≤")
    return Part(fact, f"{sign}{bound}", lambda number: compare(number, bound))


def _duration(fact: ConditionFact, value: object, names: Mapping[str, Collection[str]]) -> Part:
    if value is True:
        return _late(fact, None)
    if isinstance(value, str) and _SHARE.fullmatch(value.strip()):
        return _late_by_share(fact, _percent(value))
    match = _AT_LEAST.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise _PartError(f'「{_toml(value)}」看不懂，应当是 true（已超期）或 ">= 1wd"（超期满多久）')
    try:
        return _late(fact, parse_limit(match[1]))
    except ValueError as error:
        raise _PartError(str(error)) from None


def _late(fact: ConditionFact, limit: Limit | None) -> Part:
    def holds(late: Lateness) -> bool:
        return late.now > late.deadline and (limit is None or late.now >= late.since(limit))

    want = "已超期" if limit is None else f"超期满{limit.zh}"
    return Part(fact, want, holds, lambda late: late.since(limit))


def _late_by_share(fact: ConditionFact, percent: int) -> Part:
    def holds(late: Lateness) -> bool:
        return late.now > late.deadline and late.now >= late.beyond(percent)

    return Part(fact, f"超期满时限的{percent}%", holds, lambda late: late.beyond(percent))


def _percent(value: str) -> int:
    match = _SHARE.fullmatch(value.strip())
    percent = int(match[1]) if match else 0
    if not 0 < percent <= 100:
        raise _PartError(f"「{value}」应当在 1% 到 100% 之间，用完以后请用 overdue")
    return percent


def _share(fact: ConditionFact, value: object, names: Mapping[str, Collection[str]]) -> Part:
    if not isinstance(value, str) or not _SHARE.fullmatch(value.strip()):
        raise _PartError(f'「{_toml(value)}」看不懂，应当是份额，例如 ">= 75%"')
    percent = _percent(value)
    return Part(
        fact,
        f"时限已用{percent}%",
        lambda usage: bool(usage.now >= usage.since(percent)),
        lambda usage: usage.since(percent),
    )


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_PARSERS = {"choice": _choice, "number": _number, "duration": _duration, "share": _share}
