"""What is wrong with a row of 申请审批: what its kind needs, and whose the answer is to give (plan 五·2, 六·1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sync.core.people import permissions
from sync.core.people.permissions import Area
from sync.core.people.roster import Roster
from sync.core.people.roster_checks import person
from sync.core.rules.rules import Rules
from sync.core.rules.values import ROLES
from sync.core.sheet.checks import Cells, needed
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import quoted

REQUEST_NEEDS: Mapping[str, tuple[str, ...]] = {
    "延期": ("issue", "until"),
    "挂账": ("issue",),
    "移交": ("issue", "to_unit"),
    "申诉": ("line",),
    "加减分": ("target", "points"),
}


@dataclass(frozen=True)
class Asked:
    """What an answer is held against: the roster and rules, the day it was given, and the area of what it is about."""

    roster: Roster
    rules: Rules
    day: date
    area: Area


def request(cells: Cells, asked: Asked) -> list[Problem]:
    kind = cells.get("kind", "")
    problems = needed(cells, REQUEST_NEEDS.get(kind, ()), kind)
    if "answer" in cells and "approver" not in cells:
        problems.append(Problem("approver", "没有填，批复要写明是谁批的。"))
    elif "approver" in cells:
        answerer = person(cells, "approver", asked.roster) or superior(cells, asked)
        problems += answerer or _own_request(cells)
    until, answered = cells.get("until"), cells.get("answered_at")
    if kind in ("延期", "挂账") and until and answered and until <= answered:
        problems.append(Problem("until", f"早于批复时间，{kind}不起作用，请改成以后的时间。"))
    return problems


def superior(cells: Cells, asked: Asked) -> list[Problem]:
    """An answer by somebody whose it is not to give (plan 五·2: 向包区包块的上级反映)."""
    kind = cells.get("kind", "")
    roles, answerer = answerers(asked.rules, kind), permissions.person(asked.roster, cells["approver"], asked.day)
    if not kind or (answerer and permissions.may_answer(answerer, roles, asked.area)):
        return []
    of = {"secretary": asked.area.branch, "commander": asked.area.district}
    named = "、".join(f"{of[role]}的{ROLES[role]}" if of.get(role) else ROLES[role] for role in roles)
    return [Problem("approver", f"填的是{quoted(cells['approver'])}，{kind}应当由{named}批复。")]


def answerers(rules: Rules, kind: str) -> tuple[str, ...]:
    """The roles (code words) that answer requests of that kind."""
    return next((rule.to for rule in rules.approvals if kind in rule.kinds), ())


def _own_request(cells: Cells) -> list[Problem]:
    """Points are never approved by who asked for them."""
    kind = cells.get("kind", "")
    if kind not in ("申诉", "加减分") or "requester" not in cells or cells["requester"] != cells["approver"]:
        return []
    return [Problem("approver", f"和申请人是同一个人，{kind}要由别人批复，这个批复不算。")]
