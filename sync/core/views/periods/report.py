"""本月通报: what a month, a quarter or a year came to, as it is handed in and read out (plan 四·3).

Scores, ranks and rates are those of 月度考核, of sealed months as sealed; those of quarters and years are of 季度讲评
and 年度兑现. Nothing is scored anew here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sync.core.letters import letters
from sync.core.letters.letters import LETTER
from sync.core.look.findings import Look
from sync.core.people.ordering import place_order
from sync.core.scores.lines import BASE, STREET, UNIT, Line, first_day, last_day, month_of
from sync.core.scores.periods import Quarter
from sync.core.scores.standings import Standing, shown_rank

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 3  # streets named as the best and as the last of a group
MOST_CATEGORIES = 10
MOST_REASONS = 3  # lines named as the reason of a score
RATES = ("late", "reworked", "extended")


@dataclass(frozen=True)
class Period:
    """A month, a quarter or a year. ``name``: as its tab shows it; ``months``: of it, as ``2026-10``."""

    name: str
    words: str
    months: tuple[str, ...]
    address: str  # as ``period`` reads it

    @property
    def first(self) -> date:
        return first_day(self.months[0])

    @property
    def last(self) -> date:
        return last_day(self.months[-1])

    @property
    def is_year(self) -> bool:
        return len(self.months) == 12

    @property
    def before(self) -> tuple[str, ...]:
        """The same number of months before it."""
        months, first = list[str](), self.first
        while len(months) < len(self.months):
            months.insert(0, month_of(first - timedelta(days=1)))
            first = first_day(months[0])
        return tuple(months)


@dataclass(frozen=True)
class Totals:
    """What a period counts: issues handed out, due, late; shares of those due, None where nothing was."""

    issues: int
    closed: int
    on_time: float | None
    rework: float | None
    extension: float | None


@dataclass(frozen=True)
class Ranked:
    """A row of a ranking: score in hundredths; rates as shares or None; ``reasons``: what moved it most."""

    target: str
    rank: str
    score: int
    on_time: float | None = None
    rework: float | None = None
    extension: float | None = None
    inspections: int | None = None
    issues: int | None = None
    advice: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """``groups``: rankings by (kind, group), in the order of the tab; ``best``, ``last``: streets with reasons;
    ``categories``: the most frequent with their numbers now and in the period before; ``spans``: the weeks, of a year
    the months, each with its name, what was handed out, closed, fell late; ``letters``: how many were drafted, signed,
    answered and settled."""

    bureau: str
    period: Period
    sealed: bool
    totals: Totals
    before: Totals | None
    groups: Mapping[tuple[str, str], tuple[Ranked, ...]]
    best: tuple[Ranked, ...]
    last: tuple[Ranked, ...]
    categories: tuple[tuple[str, int, int], ...]
    spans: tuple[tuple[str, int, int, int], ...]
    letters: tuple[tuple[str, int], ...]

    @property
    def title(self) -> str:
        return f"{self.period.words}街路长制工作情况通报"


def period(name: str) -> Period | None:
    """The period of a name: ``2026-10``, ``2026-Q4`` or ``2026``; None where it is none."""
    year, _, part = name.partition("-")
    if not (len(year) == 4 and year.isdecimal()):
        return None
    if not part:
        return Period(year, f"{year}年", tuple(f"{year}-{month:02d}" for month in range(1, 13)), name)
    if part in ("Q1", "Q2", "Q3", "Q4"):
        quarter = Quarter(int(year), int(part[1]))
        return Period(quarter.name, quarter.name, tuple(quarter.months), name)
    if len(part) == 2 and part.isdecimal() and 1 <= int(part) <= 12:
        return Period(name, f"{year}年{int(part)}月", (name,), name)
    return None


def report(look: Look, wanted: Period) -> Report | None:
    """The period as it stands at the look; None where nothing of it is known."""
    months = [month for month in wanted.months if any(row.month == month for row in look.scored.table)]
    if not months:
        return None
    cases = _cases(look)
    before = _totals(cases, wanted.before, look)
    rows = _monthly(look, months[0]) if len(wanted.months) == 1 else _terms(look, wanted)
    streets = [row for (kind, _), group in rows.items() if kind == STREET for row in group]
    ranked = sorted((row for row in streets if row.rank.isdecimal()), key=lambda row: -row.score)
    sealed = all(month in look.scored.seals for month in wanted.months)
    return Report(
        look.rules.bureau.name, wanted, sealed, _totals(cases, wanted.months, look), before if before.issues else None,
        rows, tuple(ranked[:MOST_NAMED]), tuple(reversed(ranked[-MOST_NAMED:])), _categories(cases, wanted),
        _spans(cases, wanted, look.now.date()), tuple(_letters(look, wanted)),
    )  # fmt: skip


# Issues


def _cases(look: Look) -> pd.DataFrame:
    """A row an issue that counts in rates: month, category, unit, started, closed, and what became of it."""
    import pandas as pd  # a hundred megabytes that only reports and imports need

    counted = [(each, each.tally) for each in look.followed.values() if each.tally]
    return pd.DataFrame(
        [
            {
                "month": tally.month, "category": each.issue.category, "unit": tally.unit, "due": tally.due,
                "late": tally.late, "reworked": tally.reworked, "extended": tally.extended,
                "started": each.stamps.start.started.date() if each.stamps.start else None,
                "closed": each.life.closed_at.date() if each.life.closed_at else None,
                "missed": each.life.late_since.date() if each.life.late_since else None,
            }
            for each, tally in counted
        ],
        columns=["month", "category", "unit", "due", *RATES, "started", "closed", "missed"],
    )  # fmt: skip


def _totals(cases: pd.DataFrame, months: Sequence[str], look: Look) -> Totals:
    """On time as 月度考核 has it: of its rows of streets; rework and extension of the issues themselves."""
    inside = cases[cases["month"].isin(months)]
    streets = [row for row in look.scored.table if row.kind == STREET and row.month in months]
    due, late = sum(row.due for row in streets), sum(row.late for row in streets)
    counted = inside[inside["due"].astype(bool)]
    share = {key: float(counted[key].astype(bool).mean()) if len(counted) else None for key in RATES}
    closed = int(inside["closed"].notna().sum())
    return Totals(len(inside), closed, 1 - late / due if due else None, share["reworked"], share["extended"])


def _categories(cases: pd.DataFrame, wanted: Period) -> tuple[tuple[str, int, int], ...]:
    now = cases[cases["month"].isin(wanted.months)].groupby("category").size()
    then = cases[cases["month"].isin(wanted.before)].groupby("category").size()
    most = sorted(now.items(), key=lambda pair: (-pair[1], str(pair[0])))[:MOST_CATEGORIES]
    return tuple((str(name), int(count), int(then.get(name, 0))) for name, count in most)


def _spans(cases: pd.DataFrame, wanted: Period, today: date) -> tuple[tuple[str, int, int, int], ...]:
    """The weeks that the period touches, or the months of a year, up to today."""
    last = min(wanted.last, today)
    spans = _months(wanted, last) if wanted.is_year else _weeks(wanted, last)
    days = [cases[column].dropna() for column in ("started", "closed", "missed")]

    def counts(first: date, last: date) -> Iterator[int]:
        return (sum(first <= day <= last for day in column) for column in days)

    return tuple((name, *counts(first, last)) for name, first, last in spans)  # type: ignore[misc]


def _weeks(wanted: Period, last: date) -> Iterator[tuple[str, date, date]]:
    monday = wanted.first - timedelta(days=wanted.first.weekday())
    while monday <= last:
        yield f"{monday:%m-%d}", monday, monday + timedelta(days=6)
        monday += timedelta(days=7)


def _months(wanted: Period, last: date) -> Iterator[tuple[str, date, date]]:
    for month in wanted.months:
        if first_day(month) <= last:
            yield f"{first_day(month).month}月", first_day(month), last_day(month)


# Rankings


def _monthly(look: Look, month: str) -> dict[tuple[str, str], tuple[Ranked, ...]]:
    groups: dict[tuple[str, str], list[Standing]] = {}
    for row in look.scored.table:
        if row.month == month:
            groups.setdefault((row.kind, row.group), []).append(row)
    lines = _lines(look, [month])
    return {
        key: tuple(_of_standing(row, lines) for row in sorted(group, key=_order))
        for key, group in sorted(groups.items(), key=_group_order)
    }


def _group_order(pair: tuple[tuple[str, str], Any]) -> tuple[Any, ...]:
    (kind, group), _ = pair
    return (STREET, "支部", "区域", UNIT).index(kind) if kind in (STREET, "支部", "区域", UNIT) else 9, group


def _order(row: Standing) -> tuple[Any, ...]:
    return row.rank or 10**6, -row.score, place_order(row.target)


def _of_standing(row: Standing, lines: Mapping[tuple[str, str], Sequence[Line]]) -> Ranked:
    rank = str(shown_rank(row) or "不参与")
    reasons = tuple(_reasons(lines.get((row.kind, row.target), ())))
    return Ranked(
        row.target, rank, row.score, row.on_time, row.rework_rate, row.extend_rate, row.inspections, row.issues,
        row.result or row.advice, reasons,
    )  # fmt: skip


def _terms(look: Look, wanted: Period) -> dict[tuple[str, str], tuple[Ranked, ...]]:
    """The rows of 季度讲评 or 年度兑现, with reasons from the months that they are made of: the sealed ones."""
    rows = look.scored.years if wanted.is_year else look.scored.quarters
    on_time = _on_time(look, wanted)
    lines = _lines(look, [month for month in wanted.months if month in look.scored.seals])
    groups: dict[tuple[str, str], list[Ranked]] = {}
    for (term, target, kind), cells in rows.items():
        if term == wanted.name:
            reasons = tuple(_reasons(lines.get((kind, target), ())))
            row = Ranked(
                target,
                str(cells.get("rank") or ""),
                round(100 * cells["score"]),
                on_time.get((kind, target)),
                advice=str(cells.get("advice") or ""),
                reasons=reasons,
            )
            groups.setdefault((kind, ""), []).append(row)
    ordered = {
        key: tuple(sorted(group, key=lambda row: (-row.score, place_order(row.target))))
        for key, group in groups.items()
    }
    return dict(sorted(ordered.items(), key=_group_order))


def _on_time(look: Look, wanted: Period) -> dict[tuple[str, str], float]:
    """The share of what was due that was done in time, over all months of the period, by kind and target."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row in look.scored.table:
        if row.month in wanted.months:
            due, late = counts.get((row.kind, row.target), (0, 0))
            counts[row.kind, row.target] = [due + row.due, late + row.late]
    return {key: 1 - late / due for key, (due, late) in counts.items() if due}


def _lines(look: Look, months: Iterable[str]) -> dict[tuple[str, str], list[Line]]:
    """Lines after ceilings by what they count for, the base left out."""
    wanted, grouped = set(months), dict[tuple[str, str], list[Line]]()
    for line in look.scored.every:
        if line.month in wanted and line.rule != BASE and not line.revoked and line.points:
            grouped.setdefault((line.kind, line.target), []).append(line)
    return grouped


def _reasons(lines: Sequence[Line]) -> Iterator[str]:
    """What moved a score most: the rules with their number and points."""
    import pandas as pd

    if not lines:
        return
    frame = pd.DataFrame([{"rule": line.rule, "points": line.points} for line in lines])
    summed = frame.groupby("rule")["points"].agg(["sum", "count"])
    for rule, row in sorted(summed.iterrows(), key=lambda pair: (-abs(pair[1]["sum"]), str(pair[0])))[:MOST_REASONS]:
        points = f"{row['sum'] / 100:+g}".replace("-", "−")  # a minus, after which no line is broken
        yield f"{rule}{int(row['count'])}件{points}"


# Letters


def _letters(look: Look, wanted: Period) -> Iterator[tuple[str, int]]:
    """Letters that were drafted in the period, by how far they are."""
    months = set(wanted.months)
    drafted = [
        each for each in look.memory.letters.values() if each.kind == LETTER and month_of(each.drafted_at) in months
    ]
    signed = [each for each in drafted if each.signed_at]
    yield "起草", len(drafted)
    yield "签发", len(signed)
    yield "已回复", sum(bool(each.answered_at) for each in signed)
    yield "已办结", sum(each.state == letters.DONE for each in signed)
    yield "重复督办", sum(bool(each.follows) for each in signed)
