"""Lines of 扣分明细 as values: what each point was lost or won for (plan 四·2 to 四·4; DESIGN section 8).

Points are whole hundredths, so that sums are exact. A line carries the street and the chief of its day. What the code
needs to know of a line is a field; its sentence is made last and never read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sync.core.rules.rules import Rules
from sync.core.rules.values import ASSUMED, points_zh
from sync.core.scores.reckoning import Reckoning

STREET, BRANCH, DISTRICT, UNIT = "街路", "支部", "区域", "单位"
BASE, DISCOVERED, LATE, AGAIN, SILENT, RETURNED, SELF = (
    "基础分",
    "发现问题",
    "超期未整改",
    "重复出现",
    "没有同角度照片",
    "返工",
    "自查自纠",
)
URGED = "重复督办"
AWARD, APPEALED, BACK = "加减分", "申诉成立", "封存后退回"
RETURNS = (APPEALED, BACK)  # give back what was charged: no ceiling holds for them
DUTY = "履职"  # stands for a task: duty lines have a ceiling of their own
OF_ISSUE, OF_BASE, OF_REQUEST, OF_DUTY, OF_COMPUTED = (
    "issue",
    "base",
    "request",
    "duty",
    "computed",
)  # where a line comes from
BASE_TEXT = "每月基础分"
BY_RATES = "按率考核"  # tier of a unit's base line
NOBODYS = "；本月没有哪位街路长任职过半，不作个人奖惩建议"
REVOKED = "撤销"


class Group(NamedTuple):
    """What lines were booked together for. ``name``: the issue's number, the month of base and duty lines, the
    request's row (or, after the ledger was lost, the line that it led to)."""

    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of 扣分明细."""

    id: str  # 明细号
    month: str  # 2026-11
    target: str  # street or unit
    kind: str  # STREET or UNIT
    chief: str  # of that day; empty for a unit
    issue: str  # number; empty where it is about none
    rule: str  # DISCOVERED, LATE, …
    clause: str  # of the plan; ASSUMED or SOURCED where it rests on none
    points: int  # hundredths, negative for a deduction
    text: str  # the sentence that staff read
    date: date
    task: str = ""  # of the plan, for the ceiling; DUTY for duties
    origin: str = OF_ISSUE
    returns: str = ""  # id of the line whose points it gives back
    revoked: str = ""  # why it holds no longer; empty while it holds
    tier: str = ""  # which step of a case it was charged for, also where it gives that back; empty: for no case
    shared: bool = False  # LATE: reported up in time; BASE: nobody held the street for more than half of the month
    reckoning: Reckoning | None = None  # of a computed line: from which cases, and by which rule
    working: tuple[str, ...] = ()  # how the points came about, in sentences; empty for lines of version 0.1

    def cells(self) -> dict[str, Any]:
        """The line as a row of 扣分明细: points as a number."""
        return {
            "id": self.id, "month": self.month, "target": self.target, "chief": self.chief, "issue": self.issue,
            "rule": self.rule, "clause": self.clause, "points": self.points / 100, "text": self.text, "date": self.date,
            "task": self.task,
        }  # fmt: skip


Booked = Mapping[Group, Mapping[str, Line]]  # lines by what they were booked for, then by id


def month_of(day: date | datetime) -> str:
    return f"{day.year:04}-{day.month:02}"  # strftime takes three times as long, and scores ask for every case


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    return (first_day(month) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def by_origin(booked: Booked) -> dict[str, Booked]:
    """The groups of each origin that has some."""
    groups: dict[str, dict[Group, Mapping[str, Line]]] = defaultdict(dict)
    for group, lines in booked.items():
        groups[group.origin][group] = lines
    return {**groups}


def of_issues(booked: Booked) -> dict[str, Mapping[str, Line]]:
    """The lines of issues, by number."""
    return {group.name: lines for group, lines in booked.items() if group.origin == OF_ISSUE}


def by_id(lines: Iterable[Line]) -> dict[str, Line]:
    return {line.id: line for line in lines}


def revoke(line: Line, why: str) -> Line:
    """The line with no points, saying why. A line that was revoked before keeps its reason."""
    if line.revoked:
        return line
    return replace(line, points=0, revoked=why, text=f"{REVOKED}（{why}）：{line.text}")


def base_lines(month: str, targets: Iterable[tuple[str, str, str, bool]], rules: Rules) -> list[Line]:
    """The base of each (kind, target, chief, whether shared): the first line of its month. That of a unit says whether
    its month is by rates."""
    rates, first = rules.score.unit, first_day(month)
    of_unit = (rates.base, BY_RATES) if rates else (rules.score.base, "")
    return [
        Line(
            f"{month}·{target}·{BASE}", month, target, kind, chief, "", BASE, ASSUMED, points,
            f"{BASE_TEXT}{NOBODYS if shared else ''}", first, origin=OF_BASE, tier=tier, shared=shared,
            working=(f"每月从 {points_zh(points)} 分起",),
        )
        for kind, target, chief, shared in targets
        for points, tier in [of_unit if kind == UNIT else (rules.score.base, "")]
    ]  # fmt: skip


def sums(lines: Iterable[Line]) -> Mapping[tuple[str, str, str], int]:
    """Points by (month, kind, target)."""
    points: dict[tuple[str, str, str], int] = defaultdict(int)
    for line in lines:
        points[line.month, line.kind, line.target] += line.points
    return points
