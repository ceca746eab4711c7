"""Sealed months: when a month closes, what its seal freezes, and what happens to points afterwards (plan 四·3).

A seal keeps the month's lines and rows as they stood, and the sealed text: one fact a line (tab, row, content).
The digest is SHA-256 over that text; docs/handbook.zh.md says how anybody computes it again. After the seal nothing of
that month moves: a line that comes into being later, and points that are given back, are booked in the first month
that is open, and say where they belong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property

from sync.core.calendar.worktime import Calendar
from sync.core.rules.rules import Rules
from sync.core.rules.values import points_zh
from sync.core.scores.lines import BACK, REVOKED, Line, last_day
from sync.core.scores.persons import PersonMonth
from sync.core.scores.standings import Standing, Term

SEALED, OPEN = "已封存", "未封存"
REBUILT = "按现有记录重建"
DUE_AGAIN = "依据又成立"
HEAD = "封存"
FIELD = " | "

Fact = tuple[str, str, str]  # tab's title (or 封存), the row's name in it, its cells as ``列=值`` joined by FIELD


@dataclass(frozen=True)
class Seal:
    """A sealed month. ``lines`` after ceilings; ``facts`` the sealed text; ``rules`` the text in force, ``calendar``
    its days as (item, words); ``adopted``: read off 月度考核 and 扣分明细 after the ledger was lost, without its facts;
    ``terms``: the quarter and the year that ended with it; ``persons``: each chief's month."""

    month: str
    sealed_at: datetime
    digest: str
    lines: tuple[Line, ...]
    rows: tuple[Standing, ...]
    facts: tuple[Fact, ...] = ()
    rules: str = ""
    calendar: tuple[tuple[str, str], ...] = ()
    adopted: bool = False
    terms: tuple[Term, ...] = ()
    persons: tuple[PersonMonth, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Line]:
        return {line.id: line for line in self.lines}


Seals = Mapping[str, Seal]  # by month
Lines = Mapping[str, Line]  # by id


# When
def next_month(month: str) -> str:
    return f"{last_day(month) + timedelta(days=1):%Y-%m}"


def hour(month: str, rules: Rules) -> datetime:
    """The hour at which a month is sealed by itself: a day and time of the month after it, and not before the time for
    appeals is over (holidays may push it back)."""
    seal = rules.score.seal
    first = last_day(month) + timedelta(days=1)
    return max(datetime.combine(first.replace(day=seal.day), seal.at, rules.bureau.zone), appeals_end(month, rules))


def appeals_end(month: str, rules: Rules) -> datetime:
    """Until when an appeal against a line of the month is in time: workdays count from the month's last day on, so that
    the first one after it counts as one."""
    limit, last = rules.score.appeal, last_day(month)
    since = last if limit.unit == "wd" else last + timedelta(days=1)
    return rules.calendar.add(datetime.combine(since, time(), rules.bureau.zone), limit).at


def due(months: Iterable[str], wanted: Iterable[str], rules: Rules, now: datetime) -> list[str]:
    """Which open months are to be sealed now, the earlier first: their hour has come, or somebody asked for it and
    they are over. None goes before an earlier one."""
    asked = {month for month in wanted if month < f"{now:%Y-%m}"}
    upto = max(asked, default="")
    return [
        month for month in sorted(months) if month < f"{now:%Y-%m}" and (month <= upto or hour(month, rules) <= now)
    ]


def open_month(month: str, sealed: Seals) -> str:
    """The first month from there on that is not sealed."""
    while month in sealed:
        month = next_month(month)
    return month


# The sealed text
def digest(facts: Iterable[Fact]) -> str:
    """SHA-256 over the facts in their order: tab, row and content parted by tabs, each fact ended by a line feed."""
    text = "".join(f"{tab}\t{row}\t{content}\n" for tab, row, content in facts)
    return hashlib.sha256(text.encode()).hexdigest()


def calendar_digest(days: Iterable[tuple[str, str]]) -> str:
    return hashlib.sha256("".join(f"{item}\t{words}\n" for item, words in days).encode()).hexdigest()


def calendar_days(calendar: Calendar, month: str) -> tuple[tuple[str, str], ...]:
    """The bureau's calendar of the month's year and the next, in which its deadlines lie: zone, office hours, and every
    day that is not what its weekday says."""
    days = [("时区", str(calendar.zone.key))]
    for season in calendar.seasons:
        spans = "、".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in season.hours)
        days.append((f"办公时间 {_day(season.first)}~{_day(season.last)}", spans))
    for year in (int(month[:4]), int(month[:4]) + 1):
        days.append((str(year), "放假安排已公布" if year in calendar.known else "放假安排未公布，暂按无调休计算"))
        days += [
            (f"{day.on}", f"{'上班' if day.works else '休息'} {day.name}".strip()) for day in calendar.special(year)
        ]
    return tuple(days)


def _day(pair: tuple[int, int]) -> str:
    return f"{pair[0]:02d}-{pair[1]:02d}"


def head(month: str, rules: Rules, days: Sequence[tuple[str, str]]) -> list[Fact]:
    """What the seal says of itself. The hour is not part of it: sealed again from the same facts, it is the same."""
    return [(HEAD, "月份", month), (HEAD, "规则摘要", rules.hash), (HEAD, "日历摘要", calendar_digest(days))]


# Points after the seal
def after_seals(
    lines: Iterable[Line], booked: Lines, sealed: Seals, returned: Mapping[str, int], today: date
) -> tuple[Line, ...]:
    """An issue's (or a request's) lines with regard to sealed months. What a seal holds stays; what is no longer
    due is given back by a line of its own; what became due afterwards goes to the first open month. ``returned``:
    points given back by appeals, by line id."""
    if not sealed:
        return tuple(lines)
    return tuple(sorted(_after_seals(lines, booked, sealed, returned, today), key=lambda line: line.id))


def _after_seals(
    lines: Iterable[Line], booked: Lines, sealed: Seals, returned: Mapping[str, int], today: date
) -> Iterator[Line]:
    for line in lines:
        was = booked.get(line.id)
        if was is not None and was.month in sealed:
            yield was
            yield from _back(line, was, booked, sealed, returned, today)
        elif line.month in sealed:
            yield from _moved(line, sealed, today)
        else:
            yield line


def _moved(line: Line, sealed: Seals, today: date) -> Iterator[Line]:
    if line.points:
        text = f"{line.text}（{line.date:%Y-%m-%d} 的事，{line.month} 已封存，计入本月）"
        yield replace(line, month=open_month(line.month, sealed), date=today, text=text)


def _back(
    line: Line, was: Line, booked: Lines, sealed: Seals, returned: Mapping[str, int], today: date
) -> Iterator[Line]:
    """The line that gives back (or takes back, for a bonus) what a sealed line counted."""
    name = f"{was.id}·{BACK}"
    before = booked.get(name)
    if before is not None and before.month in sealed:
        yield before
    elif line.revoked and not was.revoked:
        held = sealed[was.month].by_id.get(was.id)  # none where rates stood for a unit's single cases
        counted = held.points + returned.get(was.id, 0) if held else 0
        if before is not None and not before.revoked:
            yield before
        elif counted:
            yield _returning(line, was, counted, name, open_month(was.month, sealed), today)
    elif before is not None:
        yield before if before.revoked else _due_again(before)


def _returning(line: Line, was: Line, counted: int, name: str, month: str, today: date) -> Line:
    how = "退回" if counted < 0 else "扣回"
    text = f"{line.revoked}：{was.month} 已封存，{how}{points_zh(abs(counted))}分（明细 {was.id}）"
    return replace(
        was, id=name, month=month, rule=BACK, points=-counted, text=text, date=today, returns=was.id,
        working=(returned_words(was.id),),
    )  # fmt: skip


def _due_again(before: Line) -> Line:
    return replace(before, points=0, revoked=DUE_AGAIN, text=f"{REVOKED}（{DUE_AGAIN}）：{before.text}")


def returned_words(name: str) -> str:
    """How the points of a line came about that gives others back."""
    return f"退回的是明细 {name} 计过的分，不受上限限制"
