"""What is wrong with a row as a whole, beyond single cells (those are read in ``rows.py``).

Each check takes the row's cells and what else is known, and gives problems that say what stands there and what to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import nearest, quoted
from sync.core.sheet.tabs import Tab

ONE_DIGIT = 0.9  # of a 编号 is the same where one digit is mistyped
AHEAD = timedelta(minutes=10)  # clocks of phones differ; more is a mistyped date
Cells = Mapping[str, Any]
NOT_IN_LIST = {
    "streets": "街路名册里没有这条街路。",
    "categories": "规则里没有这个类别。",
    "units": "规则里没有这个单位。",
    "districts": "规则里没有这个区域。",
    "branches": "规则里没有这个支部。",
}
DUTY_NEEDS: Mapping[str, tuple[str, ...]] = {
    "巡查": ("street",),
    "督查": ("street",),
    "支部例会": ("branch",),
}


def known_lists(tab: Tab, cells: Cells, lists: Mapping[str, Collection[str]]) -> list[Problem]:
    """Cells that must be in a live list and are not."""
    problems = []
    for column in tab.listed:
        value = cells.get(column.key)
        if value is not None and value not in lists[column.choices]:
            hint = nearest(value, lists[column.choices]) or "请从下拉列表里选。"
            problems.append(Problem(column.key, f"填的是{quoted(value)}，{NOT_IN_LIST[column.choices]}{hint}"))
    return problems


def future(cells: Cells, key: str, now: datetime) -> list[Problem]:
    """A time of filing that lies ahead of us."""
    moment = cells.get(key)
    if moment and moment > now + AHEAD:
        return [Problem(key, f"填的是 {moment:%Y-%m-%d %H:%M}，还没有到这个时间，请改成实际时间。")]
    return []


def past_limit(cells: Cells) -> list[Problem]:
    """A deadline given as a moment that lies before the report."""
    given, typed = cells.get("given_limit"), cells.get("reported_at")
    if isinstance(given, datetime) and typed and given <= typed:
        return [Problem("given_limit", f"填的是 {given:%Y-%m-%d %H:%M}，早于填报时间，请改成以后的时间。")]
    return []


def ripe(cells: Cells) -> list[datetime]:
    """When times that lie ahead stop being a fault by themselves."""
    typed = [cells[key] for key in ("reported_at", "verified_at") if key in cells]
    return [moment - AHEAD for moment in typed]


def needed(cells: Cells, keys: Iterable[str], because: str) -> list[Problem]:
    """Columns that this kind of row needs."""
    return [Problem(key, f"没有填，{because}要填。") for key in keys if key not in cells]


@dataclass(frozen=True)
class IssueNumbers:
    """Every number that a row may refer to."""

    numbers: frozenset[str]

    @cached_property
    def _by_part(self) -> Mapping[str, Sequence[str]]:
        """By their day, and by their count in it."""
        by_part: dict[str, list[str]] = defaultdict(list)
        for number in self.numbers:
            by_part[number[:8]].append(number)
            by_part[number[8:]].append(number)
        return by_part

    def alike(self, number: str) -> frozenset[str] | None:
        """Those that share day or count with one that no issue has; None where an issue has it."""
        if number in self.numbers:
            return None
        return frozenset((*self._by_part.get(number[:8], ()), *self._by_part.get(number[8:], ())))


def reference(cells: Cells, key: str, known: IssueNumbers) -> list[Problem]:
    """A number of an issue that does not exist."""
    alike = known.alike(cells[key]) if key in cells else None
    if alike is None:
        return []
    hint = nearest(cells[key], alike, ONE_DIGIT) or "请核对。"
    return [Problem(key, f"填的是{quoted(cells[key])}，问题台账里没有这个编号，{hint}")]


def duty(cells: Cells) -> list[Problem]:
    kind = cells.get("kind", "")
    return needed(cells, DUTY_NEEDS.get(kind, ()), kind)
