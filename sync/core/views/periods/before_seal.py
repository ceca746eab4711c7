"""What should be settled before a month is sealed: appeals against its lines that nobody has answered (plan 四·4)."""

from __future__ import annotations

from dataclasses import dataclass

from sync.core.look.findings import Look
from sync.core.look.scores.claims import APPEAL
from sync.core.scores.lines import Line
from sync.core.sheet.rows import Row


@dataclass(frozen=True)
class OpenAppeal:
    """An appeal without an answer, and the line that it is against."""

    row: Row
    line: Line


def open_appeals(look: Look, month: str) -> tuple[OpenAppeal, ...]:
    """Those against lines of the month, in the order of their rows. The seal does not wait for them: what is upheld
    later is given back in the month in which it is."""
    lines = {line.id: line for line in look.scored.every if line.month == month}
    asked = [row for row in look.rows.get("requests", ()) if row.cells.get("kind") == APPEAL]
    return tuple(
        OpenAppeal(row, lines[row.cells["line"]])
        for row in asked
        if "answer" not in row.cells and row.cells.get("line") in lines
    )
