"""What of 核实 and 复核 in a row of 问题台账 counts, and why the rest does not.

A verdict counts with a name whose it is to give; one that stood in the row when it was first seen came along with a
copy (definitions 1.8, 2.3, 4.2). A verdict that was taken in stays, whatever becomes of its author.
"""

from __future__ import annotations

from datetime import datetime

from sync.core.approvals.verdict_checks import by_whom
from sync.core.issues import issue_stamps
from sync.core.issues import life as lives
from sync.core.issues.issues import Stamps, Verdict
from sync.core.issues.open_units import unit_of
from sync.core.look.reading import Reading
from sync.core.people.permissions import Area
from sync.core.people.roster import Roster
from sync.core.sheet.checks import Cells
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import Row, plain

COPIED = "这一行第一次读到时就有了，不算；要复核的，请清空，下一轮再选。"
UNSIGNED = "没有填，复核要写明是谁复核的，不写不算。"


def counted(reading: Reading, roster: Roster, row: Row, stamps: Stamps) -> tuple[Cells, list[Problem]]:
    """The row's cells with only those verdicts that count, and what is wrong with the others."""
    cells, accepting = _accepted(reading, roster, row, stamps)
    cells, verifying = _verified(reading, roster, row, cells, stamps)
    return cells, [*accepting, *verifying]


def is_copy(cells: Cells, stamps: Stamps) -> bool:
    """Whether the verdict is the one that stood in the row when it was first seen."""
    copied = stamps.copied
    return copied is not None and (copied.result, copied.typed) == (cells.get("verified"), cells.get("verified_at"))


def at_first_sight(cells: Cells, now: datetime) -> Verdict | None:
    """The verdict that a new row brought along."""
    return Verdict(cells["verified"], now, cells.get("verified_at")) if "verified" in cells else None


def _accepted(reading: Reading, roster: Roster, row: Row, stamps: Stamps) -> tuple[Cells, list[Problem]]:
    cells, result = row.cells, row.cells.get("accepted", "")
    done = stamps.voided if result == lives.VOID else stamps.accepted or (stamps.start and not stamps.voided)
    if not result or done or stamps.adopted:
        return cells, []
    problems = by_whom(cells, "acceptor", roster, area_of(stamps), reading.now.date())
    named = "acceptor" in reading.layouts["issues"].at
    if named and "acceptor" not in cells:
        problems.append(Problem("acceptor", "没有填，核实要写明是谁核实的，不写不算。"))
    if result == lives.VOID and stamps.start and not cells.get("verify_note"):
        problems.append(Problem("verify_note", "没有填，已经交办的问题作废要写明原因，不写不算。"))
    return (_without(cells, "accepted") if problems else cells), problems


def _verified(reading: Reading, roster: Roster, row: Row, cells: Cells, stamps: Stamps) -> tuple[Cells, list[Problem]]:
    last = stamps.verdicts[-1] if stamps.verdicts else None
    if "verified" not in cells or (last and not issue_stamps.is_news(cells, last)):
        return cells, []
    day = (cells.get("verified_at") or reading.now).date()
    problems = by_whom(cells, "verifier", roster, area_of(stamps), day)
    if "verifier" not in cells and not (stamps.history or _counted_before(reading, row, stamps)):
        problems = [Problem("verifier", UNSIGNED)]
    if is_copy(cells, stamps):
        problems = [Problem("verified", COPIED)]
    if not problems:
        return cells, []
    return (_without(cells, "verified") if last is None else {**cells, **_as(last)}), problems


def _counted_before(reading: Reading, row: Row, stamps: Stamps) -> bool:
    """Whether 状态 still shows the return that a lost ledger had taken in, when no name was asked for."""
    shown = plain(row.seen(reading.layouts["issues"], "state"))
    return stamps.adopted and not stamps.verdicts and shown == lives.REWORK and row.cells["verified"] in lives.RETURNS


def _as(verdict: Verdict) -> Cells:
    """The cells of a verdict that stands."""
    return {"verified": verdict.result, "verified_at": verdict.typed}


def _without(cells: Cells, key: str) -> Cells:
    return {name: value for name, value in cells.items() if name != key}


def area_of(stamps: Stamps) -> Area:
    """Where an issue lies, and who answers for it."""
    return Area(stamps.street, stamps.branch, stamps.district, unit_of(stamps), stamps.chief)
