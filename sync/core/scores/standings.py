"""One row of 月度考核, 季度讲评 and 年度兑现 as a value. Scores are whole hundredths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from sync.core.people.roster import Street
from sync.core.scores.lines import STREET

TOO_FEW = "督查次数不足，不参与排名"
TOO_FEW_CASES = "到期案件不足，不参与排名"
NOT_RANKED = "标准化办，不参与排名"
Key = tuple[str, str]  # target and kind
Points = Mapping[tuple[str, str, str], int]  # by month, kind and target
Visits = Mapping[tuple[str, str], int]  # inspections by month and street


class UnitFigures(NamedTuple):
    """What else is known of a unit's month: why it is not ranked, and its rates where it is scored by them."""

    unranked: str = ""
    by_rates: bool = False
    on_time: float | None = None
    rework: float | None = None
    due: int = 0
    late: int = 0


Units = Mapping[tuple[str, str], UnitFigures]  # by month and unit
Held = tuple[Street, str, bool]  # a street, its chief, and whether nobody held it for more than half of the month


@dataclass(frozen=True)
class Praise:
    """Why a row is commended: its ``rank`` of ``size`` that are ranked in its group, and what was asked besides.
    ``due``, ``late``: its issues; ``min_cases``: with fewer due than these, ``inspections`` were held against
    ``middle``, the median of its group. A unit's rank and score are all that is asked."""

    rank: int
    size: int
    due: int
    late: int
    min_cases: int
    inspections: int
    middle: float


@dataclass(frozen=True)
class Standing:
    """One row of 月度考核. Rates are shares or None where nothing counts; ``rank`` is None for the unranked, and
    ``unranked`` says why for a unit; ``last``: 末位, the last of its group and below the floor; ``shared``: nobody held
    the street for more than half of the month, so that nobody is praised or blamed for it. ``due``, ``late``: issues
    that the rate of timeliness counts; ``step``, ``result``: the rung of the ladder, from 1, that it leads to;
    ``praise``: why it is commended, None where it is not and in a month that was sealed before this was kept."""

    month: str
    target: str
    kind: str
    group: str
    chief: str
    inspections: int | None
    issues: int
    on_time: float | None
    rework_rate: float | None
    extend_rate: float | None
    score: int
    rank: int | None
    advice: str = ""
    last: bool = False
    shared: bool = False
    due: int = 0
    late: int = 0
    unranked: str = ""
    step: int = 0
    result: str = ""
    praise: Praise | None = None

    @property
    def key(self) -> Key:
        return self.target, self.kind

    def cells(self) -> dict[str, Any]:
        """The row as the sheet shows it: points as numbers, rates to four places."""
        return {
            "month": self.month, "target": self.target, "kind": self.kind, "group": self.group, "chief": self.chief,
            "inspections": self.inspections, "issues": self.issues, "on_time": _share(self.on_time),
            "rework_rate": _share(self.rework_rate), "extend_rate": _share(self.extend_rate),
            "score": self.score / 100, "rank": shown_rank(self), "advice": self.advice,
        }  # fmt: skip


@dataclass(frozen=True)
class Term:
    """One row of 季度讲评 or 年度兑现. ``name``: 2026年第4季度 or 2026; ``score`` in hundredths; ``rank`` None for the
    unranked; ``praise`` as of ``Standing``."""

    name: str
    target: str
    kind: str
    group: str
    chief: str
    score: int
    rank: int | None
    advice: str = ""
    unranked: str = ""
    praise: Praise | None = None

    @property
    def key(self) -> Key:
        return self.target, self.kind


T = TypeVar("T", Standing, Term)


def shown_rank(row: Standing | Term) -> int | str | None:
    if row.rank is not None:
        return row.rank
    return row.unranked or (TOO_FEW if row.kind == STREET else None)


def _share(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)


def mean(points: Sequence[int]) -> int:
    """Mean in hundredths, half up."""
    return (2 * sum(points) + len(points)) // (2 * len(points))


def weighted(points: Iterable[tuple[int, int]]) -> int:
    """Mean of points by their weights, in hundredths, half up."""
    pairs = list(points)
    weight = sum(weight for _, weight in pairs)
    return (2 * sum(points * weight for points, weight in pairs) + weight) // (2 * weight)


def median(counts: Sequence[int]) -> Fraction:
    """The middle of these counts; of an even number the mean of the two in the middle."""
    ordered, half = sorted(counts), len(counts) // 2
    return Fraction(ordered[half] + ordered[-half - 1], 2)
