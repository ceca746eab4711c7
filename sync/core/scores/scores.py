"""Points with their reasons: lines, and what a month's lines add up to (plan 四·2, 四·3, 四·4; DESIGN section 8).

Points are whole hundredths of a point, so that sums are exact. A line carries the street and the chief of its
day; a street's score is the sum of its lines, base included. Units have lines of their own; branches and
districts show the mean of their streets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from sync.core.issues import life as lives
from sync.core.issues.issues import Issue, Stamps, Urged
from sync.core.issues.life import Life
from sync.core.rules.rules import Rules

STREET, BRANCH, DISTRICT, UNIT = "街路", "支部", "区域", "单位"
BASE, FOUND, LATE, AGAIN, SILENT, RETURNED, SELF = (
    "基础分",
    "发现问题",
    "超期未整改",
    "重复出现",
    "没有同角度照片",
    "返工",
    "自查自纠",
)
URGED = "重复督办"
CASE = (FOUND, LATE, AGAIN)  # the steps of one total
AWARD, APPEALED, BACK = "加减分", "申诉成立", "封存后退回"
RETURNS = (APPEALED, BACK)  # give back what was charged: no ceiling holds for them
ASSUMED, SOURCED = "本局默认", "有来源"  # what rests on no clause of the plan
BASES = "基础·"  # under this name and the month the ledger keeps the base lines
SELF_SOURCE = "街路长自查"
DUTY = "履职"  # the pot that the ceiling of duty lines is kept for
REVOKED = "撤销"
ASKED = "申请·"  # under this name and the request the ledger keeps the lines that a request led to
NOBODYS = "；本月没有哪位街路长任职过半，不作个人奖惩建议"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of 扣分明细. ``points``: hundredths, negative for a deduction. ``task``: the plan's task, for the
    ceiling; ``text`` says why."""

    id: str
    month: str
    target: str
    kind: str
    chief: str
    issue: str
    rule: str
    clause: str
    points: int
    text: str
    date: date
    task: str = ""

    def cells(self) -> dict[str, Any]:
        """The line as a row of 扣分明细: points as a number."""
        return {
            "id": self.id,
            "month": self.month,
            "target": self.target,
            "chief": self.chief,
            "issue": self.issue,
            "rule": self.rule,
            "clause": self.clause,
            "points": self.points / 100,
            "text": self.text,
            "date": self.date,
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """What an issue counts for in the month's rates. ``due``: it was mended or its deadline passed."""

    month: str
    street: str
    branch: str
    district: str
    unit: str
    due: bool
    late: bool
    reworked: bool
    extended: bool


def month_of(day: date | datetime) -> str:
    return f"{day:%Y-%m}"


def tally(life: Life, stamps: Stamps) -> Tally | None:
    """The issue's part in the rates; None while it is not accepted, and for a void one."""
    if stamps.start is None or life.state in ("", lives.UNVERIFIED, lives.VOID):
        return None
    due = life.late or life.fixed_at is not None
    return Tally(
        month_of(stamps.start.started),
        stamps.street,
        stamps.branch,
        stamps.district,
        life.unit,
        due,
        life.late,
        bool(life.reworks),
        life.extended,
    )


def lines(issue: Issue, life: Life, stamps: Stamps, rules: Rules, booked: Mapping[str, Line]) -> tuple[Line, ...]:
    """The issue's lines. One that was booked before stays as booked, also under other rules; one that no longer
    holds becomes a line of no points that says so."""
    if stamps.start is None and not booked:
        return ()
    due = {line.id: line for line in _due(issue, life, stamps, rules, booked)}
    standing = {key: _standing(line, booked.get(key)) for key, line in due.items()}
    gone = {key: _revoke(line, life) for key, line in booked.items() if key not in due}
    return tuple({**standing, **gone}[key] for key in sorted({**standing, **gone}))


def _standing(due: Line, booked: Line | None) -> Line:
    """The booked line, unless it was revoked or stands on a street that was typed by mistake."""
    if booked is None or revoked(booked) or (due.kind == STREET and booked.target != due.target):
        return due
    return booked


def revoked(line: Line) -> bool:
    """Whether the line no longer holds: it stands with no points and says why."""
    return line.text.startswith(REVOKED)


def _revoke(line: Line, life: Life) -> Line:
    if revoked(line):
        return line
    why = "问题作废" if life.state == lives.VOID else "依据不再成立"
    return revoke(line, why)


def revoke(line: Line, why: str) -> Line:
    """The line with no points, saying why."""
    return line if revoked(line) else replace(line, points=0, text=f"{revoke_words(why)}{line.text}")


def revoke_words(why: str) -> str:
    """How the text of a revoked line begins."""
    return f"{REVOKED}（{why}）："


def _due(issue: Issue, life: Life, stamps: Stamps, rules: Rules, booked: Mapping[str, Line]) -> Iterator[Line]:
    if stamps.start is None or life.state in ("", lives.UNVERIFIED, lives.VOID):
        return
    book = _Book(issue, life, stamps, rules, booked)
    yield from book.discovery()
    if life.late_since:
        yield from book.late(life.late_since)
    elif life.state == lives.CLOSED and not _shown(issue) and issue.source != SELF_SOURCE:
        yield from book.silent()
    if stamps.repeat >= rules.repeat.notable:
        yield from book.again()
    for count, at in enumerate(life.reworks, start=1):
        yield from book.returned(count, at)
    yield from book.urged()
    if life.state == lives.CLOSED and not life.late and issue.source == SELF_SOURCE and _shown(issue):
        yield from book.bonus()


def _shown(issue: Issue) -> bool:
    """Whether a feedback with an after photo was given (plan 五·3)."""
    return any(fix.outcome == "已整改" and fix.photos for fix in issue.fixes)


@dataclass
class _Book:
    """Writes the lines of one issue."""

    issue: Issue
    life: Life
    stamps: Stamps
    rules: Rules
    booked: Mapping[str, Line]
    charged: int = field(default=0)  # what the street was charged so far: a case's points are a total, not a sum

    @property
    def factor(self) -> int:
        score = self.rules.score
        return score.superior_multiplier if self.issue.source in score.superior_sources else 1

    def street(self, rule: str, points: int, day: date, text: str, clause: str, suffix: str = "") -> Line:
        line = self._line(STREET, self.stamps.street, self.stamps.chief, rule, points, day, text, clause, suffix)
        if rule in CASE:
            self.charged -= _standing(line, self.booked.get(line.id)).points
        return line

    def unit(self, rule: str, points: int, day: date, text: str, clause: str, suffix: str = "", unit: str = "") -> Line:
        return self._line(UNIT, unit or self.life.unit, "", rule, points, day, text, clause, suffix)

    def _line(
        self,
        kind: str,
        target: str,
        chief: str,
        rule: str,
        points: int,
        day: date,
        text: str,
        clause: str,
        suffix: str,
    ) -> Line:
        category = self.rules.categories.get(self.issue.cells.get("category", ""))
        number = f"{self.issue.rid}·{rule}{suffix}" + ("·单位" if kind == UNIT else "")
        return Line(
            number,
            month_of(day),
            target,
            kind,
            chief,
            self.issue.rid,
            rule,
            clause,
            points,
            text,
            day,
            category.task if category else "",
        )

    def _what(self) -> str:
        cells = self.issue.cells
        return f"{cells.get('place', '')}{cells.get('category', '')}（{self.issue.severity}）"

    def discovery(self) -> Iterator[Line]:
        if self.issue.source == SELF_SOURCE or self.stamps.start is None:
            return
        points = self.rules.score.case[self.issue.severity].discovery * self.factor
        twice = "，上级交办加倍" if self.factor > 1 else ""
        yield self.street(
            FOUND,
            -points,
            self.stamps.start.started.date(),
            f"{self.issue.source}发现{self._what()}{twice}",
            "四·2",
        )

    def late(self, deadline: datetime) -> Iterator[Line]:
        """Up to the case's total for lateness; a problem reported up in time is shared with the unit."""
        total = self.rules.score.case[self.issue.severity].overdue * self.factor
        rest = max(0, total - self.charged)
        text = f"{self._what()}到 {deadline:%Y-%m-%d %H:%M} 没有整改，本件共扣{points_words(total)}分"
        share = self.rules.score.share
        if self._shared():
            rest, total = rest * share.chief // 100, total * share.unit // 100
            text += f"；到期前已上报，街路长承担{share.chief}%"
        yield self.street(LATE, -rest, deadline.date(), text, "五·3")
        for unit, missed in self.life.late_units:
            first = missed == deadline
            told = text if first else f"{text}；移交后到 {missed:%Y-%m-%d %H:%M} 仍没有整改"
            yield self.unit(LATE, -total, missed.date(), told, "四·4", "" if first else f"·{unit}", unit)

    def _shared(self) -> bool:
        """Whether it was reported up before it was late."""
        up, late = self.life.reported_up, self.life.late_since
        return up is not None and late is not None and up <= late

    def urged(self) -> Iterator[Line]:
        """Second letters: a unit pays for its lateness as often as the rules say, however many letters follow (practice
        of another place). Lines booked a letter, as they once were, stay."""
        charged: set[str] = set()
        for letter in self.issue.urged:
            before = self._urged(letter, letter.number)
            if before.id in self.booked:
                yield before
            elif letter.unit not in charged and self.rules.letters.repeat_factor > 1:
                yield self._urged(letter, f"·{letter.unit}")
            charged.add(letter.unit)

    def _urged(self, letter: Urged, suffix: str) -> Line:
        times = self.rules.letters.repeat_factor
        total = self.rules.score.case[self.issue.severity].overdue * self.factor * (times - 1)
        total = total * self.rules.score.share.unit // 100 if self._shared() else total
        text = f"{self._what()}逾期没有回复或整改，{letter.number}重复督办，超期扣分按{times}倍"
        return self.unit(URGED, -total, letter.day, text, SOURCED, suffix, letter.unit)

    def again(self) -> Iterator[Line]:
        if self.issue.source == SELF_SOURCE or self.stamps.start is None:
            return
        total = self.rules.score.case[self.issue.severity].repeat * self.factor
        rest = max(0, total - self.charged)
        yield self.street(
            AGAIN,
            -rest,
            self.stamps.start.started.date(),
            f"{self._what()}{self.rules.repeat.window.zh}内第{self.stamps.repeat}次出现，本件共扣{points_words(total)}分",
            "五·3",
        )

    def silent(self) -> Iterator[Line]:
        day = (self.life.closed_at or self.stamps.received).date()
        yield self.street(
            SILENT, -self.rules.score.no_feedback, day, f"{self._what()}已销号，但没有整改后的照片", "五·3"
        )

    def returned(self, count: int, at: datetime) -> Iterator[Line]:
        rework = self.rules.score.rework
        points = rework.first_two if count <= 2 else rework.from_third
        text = f"{self._what()}第{count}次复核未通过"
        yield self.street(RETURNED, -points, at.date(), text, "五·3", str(count))
        yield self.unit(RETURNED, -points, at.date(), text, "四·4", str(count))

    def bonus(self) -> Iterator[Line]:
        day = (self.life.closed_at or self.stamps.received).date()
        yield self.street(SELF, self.rules.score.self_found.bonus, day, f"自查{self._what()}按期整改", ASSUMED)


def points_words(hundredths: int) -> str:
    """Hundredths as people read points: 120 → 1.2."""
    return f"{hundredths / 100:g}"


def base_lines(month: str, targets: Iterable[tuple[str, str, str, bool]], rules: Rules) -> list[Line]:
    """The base of each (kind, target, chief, whether shared): the first line of its month."""
    first = date.fromisoformat(f"{month}-01")
    return [
        Line(
            f"{month}·{target}·{BASE}",
            month,
            target,
            kind,
            chief,
            "",
            BASE,
            ASSUMED,
            rules.score.base,
            f"每月基础分{NOBODYS if shared else ''}",
            first,
        )
        for kind, target, chief, shared in targets
    ]


def sums(lines: Sequence[Line]) -> dict[tuple[str, str, str], int]:
    """Points by (month, kind, target)."""
    if not lines:
        return {}
    table = pd.DataFrame(
        {
            "month": [line.month for line in lines],
            "kind": [line.kind for line in lines],
            "target": [line.target for line in lines],
            "points": [line.points for line in lines],
        }
    )
    total = table.groupby(["month", "kind", "target"], sort=False)["points"].sum()
    return {key: int(points) for key, points in total.items()}  # type: ignore[misc]
