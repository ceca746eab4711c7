"""Whose 复核 and 核实 count (plan 四·1 「由局标准化办具体负责实施」; definitions 2.3, 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sync.core.people import permissions
from sync.core.people.permissions import Area
from sync.core.people.roster import Roster
from sync.core.people.roster_checks import person
from sync.core.sheet.checks import Cells
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import quoted

ACTS: Mapping[str, str] = {"verifier": "复核", "acceptor": "核实"}


def by_whom(cells: Cells, key: str, roster: Roster, area: Area, day: date) -> list[Problem]:
    """What is wrong with the name in 复核人 or 核实人; an empty cell is no fault here."""
    if key not in cells:
        return []
    unknown, refused = person(cells, key, roster), refusal(roster, cells[key], area, day)
    text = f"填的是{quoted(cells[key])}，{refused}，这次{ACTS[key]}不算。"
    return unknown or ([Problem(key, text)] if refused else [])


def refusal(roster: Roster, name: str, area: Area, day: date) -> str:
    """Why this person's 复核 or 核实 of an issue does not count; empty where it does."""
    holder, units = permissions.person(roster, name, day), permissions.units_of(roster, name, day)
    if holder is None or not holder.oversees:
        return "复核和核实由标准化办负责"
    if permissions.may_verify(holder, area, units):
        return ""
    if area.unit in units:
        return f"{area.unit}整改的不能由本单位的人复核、核实，请由领导小组办公室负责"
    return "街路长不能复核、核实自己街路的问题"
