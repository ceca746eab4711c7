"""Where the product and ``tests.arithmetic`` come to different ends: an empty list is what a test wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync.core.look.follow import Followed
from tests.arithmetic import Month, Reckoned

Disagreements = list[tuple[object, ...]]
Row = Mapping[str, Any]
RATES = ("issues", "on_time", "rework_rate", "extend_rate")


def of_issues(month: Month, followed: Mapping[str, Followed]) -> Disagreements:
    """Number, what differs, the product's, the test's."""
    different: Disagreements = []
    for report in month.reports:
        issue, own = followed[report.name], month.stands[report.name]
        stamps, life = issue.stamps, issue.life
        pairs = {
            "owner": (stamps.joined, report.owner.name if report.owner else ""),
            "repeat": (stamps.repeat, report.count),
            "levels": ({level.level: level.at for level in stamps.levels}, month.levels[report.name]),
            "deadline": (life.deadline, own and own.deadline),
            "late since": (life.late_since, own and own.late_since),
            "unit": (life.unit, own.unit if own else life.unit),
        }
        if own is not None:
            pairs |= {"mended": (life.fixed_at, own.mended), "closed": (life.closed_at, own.closed)}
        different += [(report.name, what, *pair) for what, pair in pairs.items() if pair[0] != pair[1]]
    return different


def of_lines(reckoned: Reckoned, lines: Iterable[Row]) -> Disagreements:
    """明细号, the product's points and the test's. ``lines``: of 扣分明细, for the month."""
    shown = {row["id"]: round(row["points"] * 100) for row in lines if row["points"] and row["rule"] != "基础分"}
    names = sorted(shown.keys() | reckoned.lines.keys())
    return [
        (name, shown.get(name), reckoned.lines.get(name))
        for name in names
        if shown.get(name) != reckoned.lines.get(name)
    ]


def of_rows(reckoned: Reckoned, rows: Iterable[Row]) -> Disagreements:
    """Target and kind, what differs, the product's, the test's. ``rows``: of 月度考核, for the month."""
    different: Disagreements = []
    for row in rows:
        key = row["target"], row["kind"]
        rank = row["rank"] if isinstance(row["rank"], int | float) else None
        pairs = {"score": (round(row["score"] * 100), reckoned.scores[key]), "rank": (rank, reckoned.ranks[key])}
        if key in reckoned.figures:
            shown = tuple(None if row[name] == "" else row[name] for name in RATES)
            pairs["rates"] = shown, reckoned.figures[key]
        different += [(*key, what, *pair) for what, pair in pairs.items() if pair[0] != pair[1]]
    missing = reckoned.scores.keys() - {(row["target"], row["kind"]) for row in rows}
    return [*different, *((*key, "no row") for key in sorted(missing))]
