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
from sync.core.rules.values import FAKE, ROLES
from sync.core.sheet.checks import Cells, needed
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import quoted

REQUEST_NEEDS: Mapping[str, tuple[str, ...]] = {
    "延期": ("issue", "until"),
    "挂账": ("issue",),
    "移交": ("issue", "to_unit"),
    "申诉": ("line",),
    "加减分": ("target", "points"),
    FAKE: ("issue", "reason"),
}
PUT_OFF = ("延期", "挂账")
ANSWERED_BY: Mapping[str, tuple[str, ...]] = {FAKE: ("office", "commander")}  # where the rules file does not say
MOVES = ("延期", "挂账", "移交")  # kinds of request that move an issue's clock
RANKS: Mapping[str, int] = {"secretary": 1, "commander": 2, "standards_office": 2, "office": 3}


@dataclass(frozen=True)
class Asked:
    """What an answer is held against: the roster and rules, the day it was given, and the area of what it is about.
    ``rank``: of who agreed to an earlier 延期 or 挂账 of the issue (0: nobody did)."""

    roster: Roster
    rules: Rules
    day: date
    area: Area
    rank: int = 0


def request(cells: Cells, asked: Asked) -> list[Problem]:
    kind = cells.get("kind", "")
    problems = needed(cells, REQUEST_NEEDS.get(kind, ()), kind)
    if "answer" in cells and "approver" not in cells:
        problems.append(Problem("approver", "没有填，批复要写明是谁批的。"))
    elif "approver" in cells:
        answerer = person(cells, "approver", asked.roster) or superior(cells, asked)
        problems += answerer or not_his(cells, asked)
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
    return next((rule.to for rule in rules.approvals if kind in rule.kinds), ANSWERED_BY.get(kind, ()))


def rank_of(name: str, asked: Asked) -> int:
    """The highest rank of a person over the issue that day; 0 for none."""
    answerer = permissions.person(asked.roster, name, asked.day)
    roles = [role for role in RANKS if answerer and permissions.may_answer(answerer, (role,), asked.area)]
    return max((RANKS[role] for role in roles), default=0)


def not_his(cells: Cells, asked: Asked) -> list[Problem]:
    """Why an answer is not this person's to give though he holds a role that gives such answers; empty where it is."""
    return _own_request(cells, asked) or _too_low(cells, asked)


def _own_request(cells: Cells, asked: Asked) -> list[Problem]:
    """Nobody answers what he asked for himself, or for an issue of his own unit."""
    kind, name = cells.get("kind", ""), cells["approver"]
    if cells.get("requester") == name:
        return [Problem("approver", f"和申请人是同一个人，{kind}要由别人批复，这个批复不算。")]
    own = asked.area.unit and asked.area.unit in permissions.units_of(asked.roster, name, asked.day)
    if "issue" in cells and kind in MOVES and own:
        text = f"是{asked.area.unit}的人，本单位的{kind}要由上一级批复，这个批复不算。"
        return [Problem("approver", text)]
    return []


def _too_low(cells: Cells, asked: Asked) -> list[Problem]:
    """The second 延期 or 挂账 takes one rank above who agreed to the first."""
    needed_rank = min(asked.rank + 1, max(RANKS.values())) if asked.rank else 0
    if rank_of(cells["approver"], asked) >= needed_rank:
        return []
    roles = "、".join(ROLES[role] for role, rank in RANKS.items() if rank >= needed_rank)
    return [Problem("approver", f"批过的延期、挂账以后再批，要高一级：由{roles}批复，这个批复不算。")]
