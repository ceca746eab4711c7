"""Who was responsible for a street, as it was written down on the day on which it changed (definitions 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Care:
    """Who is responsible for a street from ``since`` on, until the next. ``typed``: 街路长 of 街路名册 that counts
    where no row of 人员调整 says otherwise, ``written``: the day on which that was first seen; ``rebuilt``: worked out
    on that day from what was left after the ledger was lost."""

    since: date
    chief: str
    branch: str
    district: str
    group: str
    typed: str
    written: date
    rebuilt: bool = False

    @property
    def content(self) -> tuple[str, ...]:
        """All but when."""
        return self.chief, self.branch, self.district, self.group, self.typed


Days = Mapping[str, tuple[Care, ...]]  # by street, in the order of time


def on(days: tuple[Care, ...], day: date) -> Care | None:
    """What holds that day; None before anything was written down."""
    for care in reversed(days):  # it is nearly always the last that is asked for
        if care.since <= day:
            return care
    return None
