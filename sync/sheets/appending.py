"""Rows added at the end of a tab for a person, a form tool or a file."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from sync.core.sheet.landing import covers
from sync.core.sheet.plan import Cover, Plan
from sync.ledger.ledger import Ledger
from sync.sheets.gateway import RECORDS, Gateway, Refused, Unknown, Unreachable


class Astray(Refused):
    """Columns were moved while the rows were on their way: they fell under other headers, the next look takes them
    away, and they are to be added again."""


def _known_astray(gateway: Gateway, plan: Plan) -> list[Cover]:
    """The covers of a write whose answer was lost, where the workbook's note of it shows that it fell under other
    headers; else nobody would take away what it left there."""
    try:
        seen = gateway.read()
    except Unreachable:
        return []
    return covers(plan, gateway.fell(plan, seen), gateway.tabs) if RECORDS in seen else []


def append(gateway: Gateway, ledger: Ledger, rows: Plan) -> None:
    """Send a plan that adds rows. Raises ``Astray`` and ``Refused`` (they are not there), and ``Unknown``."""
    plan = replace(rows, number=uuid4().hex)
    try:
        fallen = covers(plan, gateway.write(plan), gateway.tabs)
    except Unknown:
        fallen = _known_astray(gateway, plan)
        if not fallen:
            raise
    if fallen:
        ledger.note_covers(fallen)
        titles = "、".join(gateway.tabs[cover.tab].title for cover in fallen)
        raise Astray(f"「{titles}」的列正在被移动，没有写进去，请再试一次。")
