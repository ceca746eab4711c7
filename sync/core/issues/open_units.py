"""The units that still have something to mend, by the name with which their issues were stamped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping

from sync.core.issues import life as lives
from sync.core.issues.issues import Stamps
from sync.core.sheet.identity import Known


def unit_of(stamps: Stamps) -> str:
    """The unit that an issue was stamped with or last handed to."""
    return next((move.unit for move in reversed(stamps.moves) if move.unit), stamps.unit)


def open_units(
    stamps: Mapping[str, Stamps], known: Mapping[str, Known], archived: Container[str]
) -> dict[str, list[str]]:
    """The numbers of the issues that are not over, by unit. ``known``: the rows, ``archived``: those of the archive."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for rid, own in sorted(stamps.items()):
        row = known.get(rid)
        if row and not row.deleted and rid not in archived and own.unit and not own.joined and not _is_over(own, row):
            numbers[unit_of(own)].append(rid)
    return dict(numbers)


def _is_over(stamps: Stamps, row: Known) -> bool:
    if state := row.shown.get("state"):
        return state in lives.ENDED
    return stamps.voided is not None or any(verdict.result == "通过" for verdict in stamps.verdicts)
