"""What an issue costs or earns: its lines, and its part in the month's rates (plan 四·2, 五·3, 四·4).

A line that was booked stays as booked, also under other rules. One whose ground is gone stands with no points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from sync.core.issues import life as lives
from sync.core.issues.issues import Issue, Stamps, Urged
from sync.core.issues.life import Life
from sync.core.rules.conditions import MINOR, PUBLIC, SELF_FOUND
from sync.core.rules.rules import Rules
from sync.core.rules.values import ASSUMED, FAKE, SOURCED, points_zh
from sync.core.scores.lines import (
    AGAIN,
    DISCOVERED,
    LATE,
    RETURNED,
    SELF,
    SILENT,
    STREET,
    UNIT,
    URGED,
    Line,
    by_id,
    month_of,
    revoke,
)

NOT_COUNTED = ("", lives.UNVERIFIED, lives.VOID)


class Tally(NamedTuple):
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


def tally(life: Life, stamps: Stamps) -> Tally | None:
    """The issue's part in the rates; None while it is not accepted, and for a void one."""
    if stamps.start is None or life.state in NOT_COUNTED:
        return None
    due = life.late or life.fixed_at is not None
    return Tally(
        month_of(stamps.start.started), stamps.street, stamps.branch, stamps.district, life.unit, due, life.late,
        bool(life.reworks), life.extended,
    )  # fmt: skip


def lines(
    issue: Issue, life: Life, stamps: Stamps, rules: Rules, booked: Mapping[str, Line], shared: bool
) -> tuple[Line, ...]:
    """The issue's lines by id. ``booked``: those of before, by id; ``shared``: as ``Case``."""
    if stamps.start is None and not booked:
        return ()
    due = by_id(due_lines(issue, life, stamps, rules, booked, shared))
    why = "问题作废" if life.state == lives.VOID else "依据不再成立"
    standing = {key: _standing(line, booked.get(key)) for key, line in due.items()}
    standing |= {key: revoke(line, why) for key, line in booked.items() if key not in due}
    return tuple(standing[key] for key in sorted(standing))


def _standing(due: Line, booked: Line | None) -> Line:
    """The booked line, unless it was revoked, stands on a street that was typed by mistake, or is shared by now."""
    becomes_shared = booked is not None and due.shared and not booked.shared
    if booked is None or booked.revoked or becomes_shared or (due.kind == STREET and booked.target != due.target):
        return due
    return booked


def due_lines(
    issue: Issue, life: Life, stamps: Stamps, rules: Rules, booked: Mapping[str, Line], shared: bool
) -> Iterator[Line]:
    """What the issue is charged under these rules. The steps of a case are one total: what the street was charged
    before (as ``booked``, where it was) counts towards the next step."""
    if stamps.start is None or life.state in NOT_COUNTED:
        return  # of a duplicate the start is None
    case = Case(issue, life, stamps, rules, stamps.start.started.date(), shared)
    charged = issue.charged
    for line in case.discovered(charged):
        if not line.points and line.id not in booked:
            continue  # what the public reports costs nothing while it is in time
        charged -= _standing(line, booked.get(line.id)).points
        yield line
    if life.late_since:
        for line in case.late(life.late_since, charged, booked):
            charged -= _standing(line, booked.get(line.id)).points if line.kind == STREET else 0
            yield line
    elif life.state == lives.CLOSED and not case.shown and not case.self_found:
        yield case.silent()
    if stamps.repeat >= rules.repeat.notable and not case.self_found and case.costs_again(booked):
        yield case.again(charged)
    for count, at in enumerate(life.reworks, start=1):
        yield from case.returned(count, at)
    yield from case.faked()
    yield from case.urged(booked)
    if life.state == lives.CLOSED and not life.late and case.self_found and case.shown:
        yield case.bonus()


@dataclass(frozen=True, slots=True)
class Charge:
    """What one step of a case costs or wins, before it is known who bears it. Fields as ``Line``'s."""

    rule: str
    points: int  # hundredths; below 0: lost
    day: date
    text: str
    clause: str
    working: tuple[str, ...]
    suffix: str = ""  # to the line's id, where a rule charges a case several times
    shared: bool = False


@dataclass(frozen=True)
class Case:
    """One issue that is charged. ``started``: the day on which its clock started; ``shared``: the chief bears only his
    share of the lateness, since he reported it up in time."""

    issue: Issue
    life: Life
    stamps: Stamps
    rules: Rules
    started: date
    shared: bool = False

    @property
    def self_found(self) -> bool:
        return self.issue.source == SELF_FOUND

    @property
    def shown(self) -> bool:
        """Whether a feedback with an after photo was given (plan 五·3)."""
        return any(fix.outcome == "已整改" and fix.photos for fix in self.issue.fixes)

    @property
    def factor(self) -> int:
        score = self.rules.score
        doubled = self.issue.source in score.superior_sources and self.issue.severity != MINOR
        return score.superior_multiplier if doubled else 1

    @property
    def handed_over(self) -> datetime | None:
        """When it was first handed to another unit: for what is late afterwards the chief does not pay."""
        return next((move.at for move in self.life.moves if move.unit), None)

    @property
    def _what(self) -> str:
        return f"{self.issue.cells.get('place', '')}{self.issue.category}（{self.issue.severity}）"

    @property
    def _discovery(self) -> int:
        """What being found costs: what the public reports has a figure of its own while it is in time."""
        score = self.rules.score
        in_time = self.issue.source == PUBLIC and not self.life.late
        return score.public.discovery if in_time else score.case[self.issue.severity].discovery

    def discovered(self, charged: int) -> Iterator[Line]:
        if self.self_found:
            return
        total, working = self._total(DISCOVERED, self._discovery)
        total, working = self._rest(total, charged, working)
        twice = "，上级交办加倍" if self.factor > 1 else ""
        text = f"{self.issue.source}发现{self._what}{twice}"
        yield self._street(Charge(DISCOVERED, -total, self.started, text, "四·2", working))

    def late(self, deadline: datetime, charged: int, booked: Mapping[str, Line]) -> Iterator[Line]:
        """The street's line up to the case's total for lateness, then each late unit's. A problem that was reported up
        in time is shared; what is late only after it was handed over is the new unit's alone."""
        total, working = self._total(LATE, self.rules.score.case[self.issue.severity].overdue)
        share, shared = self.rules.score.share, self.shared
        text = f"{self._what}到 {deadline:%Y-%m-%d %H:%M} 没有整改，本件共扣{points_zh(total)}分"
        text += f"；到期前已上报，上级同意或者没有按时答复，街路长承担{share.chief}%" if shared else ""
        rest, of_street = self._rest(total, charged, working)
        if shared:
            rest, of_street = rest * share.chief // 100, (*of_street, f"到期前已上报，街路长只承担 {share.chief}%")
        line = self._street(Charge(LATE, -rest, deadline.date(), text, "五·3", of_street, shared=shared))
        if self.handed_over is None or deadline <= self.handed_over or line.id in booked:
            yield line
        for unit, missed in self.life.late_units:
            first = missed == deadline
            sentence = text if first else f"{text}；移交后到 {missed:%Y-%m-%d %H:%M} 仍没有整改"
            suffix = "" if first else f"·{unit}"
            charge = Charge(LATE, -total, missed.date(), sentence, "四·4", working, suffix)
            yield self._unit(charge, unit)

    def costs_again(self, booked: Mapping[str, Line]) -> bool:
        """Whether the repeat costs more: only when this issue or the one before was late (plan 五·3: 未及时处理). What
        was booked before 0.2 stays."""
        before = booked.get(f"{self.issue.rid}·{AGAIN}")
        return bool(self.life.late or self.stamps.after_late or (before and not before.revoked))

    def again(self, charged: int) -> Line:
        total, working = self._total(AGAIN, self.rules.score.case[self.issue.severity].repeat)
        rest, working = self._rest(total, charged, working)
        window, count = self.rules.repeat.window.zh, self.stamps.repeat
        text = f"{self._what}{window}内第{count}次出现，本件共扣{points_zh(total)}分"
        return self._street(Charge(AGAIN, -rest, self.started, text, "五·3", working))

    def silent(self) -> Line:
        points = self.rules.score.no_feedback
        working = (f"销号了但没有整改后的照片，扣 {points_zh(points)} 分",)
        text = f"{self._what}已销号，但没有整改后的照片"
        return self._street(Charge(SILENT, -points, self._closed_on, text, "五·3", working))

    def returned(self, count: int, at: datetime) -> Iterator[Line]:
        rework = self.rules.score.rework
        points = rework.first_two if count <= 2 else rework.from_third
        first, more = points_zh(rework.first_two), points_zh(rework.from_third)
        working = (f"第 {count} 次返工：前两次各扣 {first} 分，第三次起各扣 {more} 分",)
        text = f"{self._what}第{count}次复核未通过"
        charge = Charge(RETURNED, -points, at.date(), text, "五·3", working, str(count))
        yield self._street(charge)
        yield self._unit(replace(charge, clause="四·4"), self.life.unit)

    def faked(self) -> Iterator[Line]:
        """What somebody else agreed to call 弄虚作假; no ceiling of a task holds for it."""
        points = self.rules.score.fake
        fakes = [ask for ask in self.stamps.taken if ask.kind == FAKE]
        for count, ask in enumerate(fakes, start=1):
            working = (f"弄虚作假，一次扣 {points_zh(points)} 分",)
            charge = Charge(FAKE, -points, ask.at.date(), f"{self._what}经核定弄虚作假", SOURCED, working, str(count))
            yield replace(self._street(charge), task="")

    def urged(self, booked: Mapping[str, Line]) -> Iterator[Line]:
        """Second letters: a unit pays for its lateness as often as the rules say, however many letters follow (practice
        of another place). Lines booked a letter, as they once were, stay."""
        charged: set[str] = set()
        for letter in self.issue.urged:
            before = self._urged(letter, letter.number)
            if before.id in booked:
                yield before
            elif letter.unit not in charged and self.rules.letters.repeat_factor > 1:
                yield self._urged(letter, f"·{letter.unit}")
            charged.add(letter.unit)

    def _urged(self, letter: Urged, suffix: str) -> Line:
        times = self.rules.letters.repeat_factor
        total = self.rules.score.case[self.issue.severity].overdue * self.factor * (times - 1)
        text = f"{self._what}逾期没有回复或整改，{letter.number}重复督办，超期扣分按{times}倍"
        working = (f"重复督办后超期扣分按 {times} 倍，这一条是多出来的部分",)
        return self._unit(Charge(URGED, -total, letter.day, text, SOURCED, working, suffix), letter.unit)

    def bonus(self) -> Line:
        own = self.rules.score.self_found
        working = (f"自查发现并按期整改，加 {points_zh(own.bonus)} 分，每月最多 {points_zh(own.cap)} 分",)
        return self._street(Charge(SELF, own.bonus, self._closed_on, f"自查{self._what}按期整改", ASSUMED, working))

    @property
    def _closed_on(self) -> date:
        return (self.life.closed_at or self.stamps.received).date()

    def _total(self, rule: str, points: int) -> tuple[int, tuple[str, ...]]:
        """What the case costs in all at this step, and how that comes about."""
        return points * self.factor, _total_words(rule, self.issue.severity, points, self.issue.source, self.factor)

    @staticmethod
    def _rest(total: int, charged: int, working: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
        """What is left of the total after what was charged before."""
        rest = max(0, total - charged)
        if not charged:
            return rest, working
        words = f"同一件前面已经扣了 {points_zh(charged)} 分，不重复扣，再扣 {points_zh(rest)} 分"
        return rest, (*working, words)

    def _street(self, charge: Charge) -> Line:
        return self._line(charge, STREET, self.stamps.street, self.stamps.chief)

    def _unit(self, charge: Charge, unit: str) -> Line:
        return self._line(charge, UNIT, unit or self.life.unit, "", "·单位")

    def _line(self, charge: Charge, kind: str, target: str, chief: str, ending: str = "") -> Line:
        rid, month = self.issue.rid, month_of(charge.day)
        return Line(
            f"{rid}·{charge.rule}{charge.suffix}{ending}", month, target, kind, chief, rid, charge.rule, charge.clause,
            charge.points, charge.text, charge.day, self._task,
            tier=charge.rule, shared=charge.shared, working=charge.working,
        )  # fmt: skip

    @property
    def _task(self) -> str:
        category = self.rules.categories.get(self.issue.category)
        return category.task if category else ""


@lru_cache(maxsize=1024)  # most cases cost the same: one text in memory, not ten thousand
def _total_words(rule: str, severity: str, points: int, source: str, factor: int) -> tuple[str, ...]:
    words = f"{severity}问题，{rule}一件共扣 {points_zh(points)} 分"
    return (words, f"来源是{source}，按 {factor} 倍，{points_zh(points * factor)} 分") if factor > 1 else (words,)
