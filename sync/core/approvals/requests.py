"""Whose answer to a request counts: the superiors that the rules name, each in his own area (plan 五·2, 六·1; note 2).

A secretary answers for his branch, a commander for his district, office and standards office for all; what they held
on the day of the answer counts, so that who moves on later takes no answer back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sync.core.people.permissions import Person, person
from sync.core.people.roster import ROLES, Roster
from sync.core.rules.rules import Rules

SUPERIORS = ("office", "standards_office", "commander", "secretary")
OPINIONS = {"branch_opinion": "secretary", "commander_opinion": "commander"}  # 人员调整, plan note 2


def answerers(rules: Rules, kind: str) -> tuple[str, ...]:
    """The roles (code words) that answer requests of that kind."""
    return next((rule.to for rule in rules.approvals if kind in rule.kinds), ())


def over(answerer: Person, role: str, area: Mapping[str, Any]) -> bool:
    """Whether he holds that role over an area (``branch``, ``district``; what is not known is not held against him)."""
    if role not in answerer.roles:
        return False
    if role == "secretary":
        return not area.get("branch") or area["branch"] in answerer.branches
    if role == "commander":
        return not area.get("district") or area["district"] in answerer.districts
    return True


def may_answer(answerer: Person, rules: Rules, kind: str, area: Mapping[str, Any]) -> bool:
    return any(over(answerer, role, area) for role in answerers(rules, kind))


def entitled(roster: Roster, rules: Rules, kind: str, name: str, day: date, area: Mapping[str, Any]) -> bool:
    """Whether that name could answer on that day."""
    answerer = person(roster, name, day)
    return answerer is not None and may_answer(answerer, rules, kind, area)


def words(rules: Rules, kind: str, area: Mapping[str, Any]) -> str:
    """Who answers, as a sentence names them: 第四支部的支部书记、城中的指挥长."""
    of = {"secretary": area.get("branch"), "commander": area.get("district")}
    named = [f"{of[role]}的{ROLES[role]}" if of.get(role) else ROLES[role] for role in answerers(rules, kind)]
    return "、".join(named)


def opinion(answerer: Person, street: Mapping[str, Any]) -> str:
    """Which opinion on a change of a street's chief is his to give; empty for none."""
    return next((key for key, role in OPINIONS.items() if over(answerer, role, street)), "")
