"""What other rules would have done to a month: one look at its last hour under each rules file, compared line by line
(DESIGN section 7).

Both sides are worked out anew from what the ledger holds of rows and hours, with the month's own stamps and lines left
out, so that whatever differs comes from the rules. Nothing is written, and nothing of it is remembered.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sync.core.issues import course, escalation, issue_stamps
from sync.core.issues import life as lives
from sync.core.issues.issues import Issue, Reached, Stamps
from sync.core.issues.life import Life
from sync.core.issues.repeats import occurrence, same_place
from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.memory import Memory
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.scores.lines import OF_BASE, OF_DUTY, OF_ISSUE, Group, last_day, month_of
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row
from sync.core.sheet.tabs import Tab

TIME = "%Y-%m-%d %H:%M"
Words = Iterator[tuple[tuple[str, str], str]]  # by row and column


class NotKnown(ValueError):
    """Nothing of that month is known; the sentence says so."""


@dataclass(frozen=True)
class Difference:
    """One thing that would be otherwise: ``what`` (编号, 明细号 or 对象), the column, before and after."""

    what: str
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """``parts``: differences by heading; empty where nothing differs. ``unsure``: what a simulation can't know."""

    month: str
    issues: int
    parts: tuple[tuple[str, tuple[Difference, ...]], ...]
    unsure: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(len(differences) for _, differences in self.parts)

    def fields(self) -> dict[str, Any]:
        """As one object: 月份, 问题数, each heading with its differences, 模拟不知道的."""
        parts = {heading: [astuple(difference) for difference in differences] for heading, differences in self.parts}
        return {"月份": self.month, "问题数": self.issues, **parts, "模拟不知道的": list(self.unsure)}

    def text(self) -> str:
        """The whole as plain text, a difference a line."""
        head = f"{self.month}：{self.issues} 个问题按两份规则各算一遍，" + (
            f"有 {self.count} 处不同。" if self.count else "没有不同。"
        )
        lines = [head]
        for heading, differences in self.parts:
            lines.append(f"{heading}（{len(differences)}）")
            lines += [
                f"  {difference.what} {difference.column}：{difference.before or '无'} → {difference.after or '无'}"
                for difference in differences
            ]
        return "\n".join([*lines, "模拟不知道的", *(f"  {sentence}" for sentence in self.unsure)])


def simulate(
    tabs: Mapping[str, Tab], memory: Memory, rules: Rules, other: Rules, month: str, now: datetime
) -> Comparison:
    """What ``other`` would have made of the month (``2026-10``) instead of ``rules``. Raises ``NotKnown``."""
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month):
        raise NotKnown(f"月份「{month}」看不懂，请写成 2026-10。")
    at = _last_hour(month, rules, now)
    inside = {rid for rid, stamps in memory.stamps.items() if stamps.street and month_of(stamps.received) == month}
    if not inside:
        known = sorted({month_of(stamps.received) for stamps in memory.stamps.values() if stamps.street})
        raise NotKnown(f"{month} 没有已经收到的问题，没有可以模拟的；有的是 {'、'.join(known) or '（还没有）'}。")
    before, after = (_worked_out(tabs, memory, side, month, at, inside) for side in (rules, other))
    return Comparison(month, len(inside), tuple(_parts(before, after)), tuple(_unsure(memory, inside)))


def _last_hour(month: str, rules: Rules, now: datetime) -> datetime:
    after = last_day(month) + timedelta(days=1)
    return min(datetime.combine(after, time(), rules.bureau.zone) - timedelta(seconds=1), now)


# One side


@dataclass(frozen=True)
class Outcome:
    """A month under one rules file: its issues, the lines of all that is scored in it, 月度考核 by row, and which rule
    called for a letter about which issue."""

    followed: Mapping[str, Followed]
    lines: Mapping[tuple[str, ...], Mapping[str, Any]]
    rows: Mapping[tuple[str, ...], Mapping[str, Any]]
    rules: Rules
    called: Mapping[str, str]


def _worked_out(
    tabs: Mapping[str, Tab], memory: Memory, rules: Rules, month: str, at: datetime, inside: set[str]
) -> Outcome:
    bare = _stripped(memory, month, at, inside)
    first = recall(tabs, bare, rules, at)
    stamped = _stamped(first, memory, inside)
    anew = {**bare.stamps, **{rid: stamps for rid, (stamps, _) in stamped.items()}}
    look = recall(tabs, replace(bare, stamps=anew), rules, at, first.reading.memo)
    lines, rows = look.scored.lines, look.scored.rows
    return Outcome(
        {rid: look.followed[rid] for rid in sorted(inside) if rid in look.followed},
        {key: cells for key, cells in lines.items() if cells["month"] == month},
        {key: cells for key, cells in rows.items() if cells["month"] == month},
        rules,
        {rid: called for rid, (_, called) in stamped.items()},
    )


def _stripped(memory: Memory, month: str, at: datetime, inside: set[str]) -> Memory:
    """The memory as it would be without what was stamped and booked in the month, and without what came later."""

    def there(rid: str, row: Known) -> bool:
        stamps = memory.stamps.get(rid)
        return not row.deleted and (stamps is None or stamps.received <= at)

    present = {rid: row for rid, row in memory.known.get("issues", {}).items() if there(rid, row)}
    own = {Group(OF_BASE, month), Group(OF_DUTY, month), *(Group(OF_ISSUE, rid) for rid in inside)}
    return Memory(
        known={**memory.known, "issues": present},
        stamps={rid: stamps for rid, stamps in memory.stamps.items() if rid not in inside and stamps.received <= at},
        lines={group: lines for group, lines in memory.lines.items() if group not in own},
        seals={name: seal for name, seal in memory.seals.items() if name < month},
        numbers=memory.numbers,
        days=memory.days,
        photos=memory.photos,
        letters={key: letter for key, letter in memory.letters.items() if letter.drafted_at <= at},
        last_tick=datetime.combine(date.fromisoformat(f"{month}-01"), time(), at.tzinfo),
    )


def _stamped(look: Look, memory: Memory, inside: set[str]) -> dict[str, tuple[Stamps, str]]:
    """The month's issues stamped anew: hours that people made stay, whatever rules made is made again. With each, the
    rule that called for a letter."""
    rows = {row.rid: row for row in look.rows.get("issues", []) if row.rid in inside}
    repeats = _repeats(look, memory)
    stamped: dict[str, tuple[Stamps, str]] = {}
    for rid, row in rows.items():
        stamps = _begun(row, memory.stamps[rid], look.roster, look.rules, repeats.get(rid, (1, False)))
        if stamps is not None:
            levels, called = _reached(look, row, stamps)
            stamped[rid] = (replace(stamps, levels=levels), called)
    return stamped


def _begun(row: Row, was: Stamps, roster: Roster, rules: Rules, repeat: tuple[int, bool]) -> Stamps | None:
    street = roster.street(was.street, was.received.date())
    if street is None or row.cells.get("category") not in rules.categories:
        return None
    stamps = issue_stamps.receive({**row.cells, "source": was.source}, was.received, street, roster, rules, repeat[0])
    if was.accepted and was.start and stamps.start is None:
        stamps = issue_stamps.begin(stamps, row.cells, rules, was.start.started)
    stamps = replace(stamps, accepted=was.accepted, verdicts=was.verdicts, voided=was.voided, taken=was.taken)
    stamps = replace(stamps, after_late=repeat[1], joined=was.joined, joined_at=was.joined_at, copied=was.copied)
    return stamps if was.start else replace(stamps, start=None)


def _repeats(look: Look, memory: Memory) -> dict[str, tuple[int, bool]]:
    """Which occurrence each issue is, by the rules' own window and measure of sameness, and whether the one before was
    late. What was a duplicate stays one."""
    repeat = look.rules.repeat
    places: dict[tuple[str, ...], list[Life]] = defaultdict(list)
    counts: dict[str, tuple[int, bool]] = {}
    known = [(memory.stamps[row.rid], row) for row in look.rows.get("issues", []) if row.rid in memory.stamps]
    for stamps, row in sorted(known, key=lambda pair: (pair[0].received, pair[1].rid)):
        alone = stamps.street and not stamps.voided and not stamps.joined
        key = same_place(row.cells, stamps.street, repeat.same) if alone else None
        if key is None:
            continue
        counts[row.rid] = occurrence(places[key], stamps.received, repeat)
        issue = Issue(row.rid, row.cells, stamps, look.followed[row.rid].issue.fixes)
        places[key].append(course.lived(issue, stamps, look.rules, look.now))
    return counts


def _reached(look: Look, row: Row, stamps: Stamps) -> tuple[tuple[Reached, ...], str]:
    """The levels that the issue came to, and the rule that called for a letter about it. Lateness only grows while the
    clock runs, so what was reached is what held just before something moved or stopped it."""
    before = look.followed[row.rid].issue
    issue = Issue(row.rid, row.cells, stamps, before.fixes, before.asks)
    street = look.roster.street(stamps.street, stamps.received.date())
    levels: tuple[Reached, ...] = ()
    called = ""
    for moment in _moments(issue, look.now):
        known_stamps, life = course.follow(issue, look.rules, moment)
        known = escalation.facts(issue, life, known_stamps, look.rules, street.type if street else "")
        if life.state not in (*escalation.OPEN, lives.CLOSED):
            continue
        levels = escalation.reach(issue, levels, look.rules, known, moment)
        called = called or next((rule.name for rule in look.rules.letters.when if rule.when.holds(known)), "")
    return levels, called


def _moments(issue: Issue, now: datetime) -> list[datetime]:
    """Just before each verdict and each approval, and now."""
    events = (*(event.at for event in issue.stamps.verdicts), *(event.at for event in issue.stamps.taken))
    return [*sorted(at - timedelta(seconds=1) for at in events if at <= now), now]


# Side by side: what a row and a column of it say on one side, in words


def _issues(side: Outcome) -> Words:
    for rid, followed in side.followed.items():
        life = followed.life
        if life.deadline:
            yield (rid, "截止时间"), f"{life.deadline:{TIME}}"
            yield (rid, "是否超期"), "超期" if life.late else "按期"
        yield (rid, "责任单位"), life.unit
        yield (rid, "重复"), f"第{followed.stamps.repeat}次"


def _levels(side: Outcome) -> Words:
    for rid, followed in side.followed.items():
        yield (rid, "升级"), escalation.level_words(followed.stamps, side.rules)


def _letters(side: Outcome) -> Words:
    for rid, called in side.called.items():
        yield (rid, "督办"), called


def _lines(side: Outcome) -> Words:
    for key, cells in side.lines.items():
        yield (key[0], "分值"), f"{cells['points']:g}"


def _ranks(side: Outcome) -> Words:
    named = {"score": "得分", "group": "组", "rank": "排名", "advice": "建议"}
    for key, cells in side.rows.items():
        for name, header in named.items():
            yield (f"{key[1]}（{key[2]}）", header), _text(cells.get(name))


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


PARTS = {"问题": _issues, "升级": _levels, "督办函": _letters, "扣分明细": _lines, "月度考核": _ranks}


def _parts(before: Outcome, after: Outcome) -> Iterator[tuple[str, tuple[Difference, ...]]]:
    """The differences under each heading that has any."""
    targets = {key[0]: cells["target"] for side in (before, after) for key, cells in side.lines.items()}
    for heading, words in PARTS.items():
        was, would = dict(words(before)), dict(words(after))
        differences = []
        for key in sorted(was.keys() | would.keys()):
            what, column = key
            if was.get(key, "") != would.get(key, ""):
                shown = f"{targets[what]} {column}" if words is _lines else column
                differences.append(Difference(what, shown, was.get(key, ""), would.get(key, "")))
        if differences:
            yield heading, tuple(differences)


def _unsure(memory: Memory, inside: set[str]) -> Iterator[str]:
    yield "时限、提醒不一样，人的做法也会不一样：整改、反馈、复核的时间按实际发生的算。"
    yield "各行按现在的内容算；街路长、责任单位按当天的名册算。"
    deleted = sum(1 for rid in inside if (known := memory.known.get("issues", {}).get(rid)) is None or known.deleted)
    if deleted:
        yield f"有 {deleted} 行已经从台账删除，没有算进来。"
    adopted = sum(memory.stamps[rid].adopted for rid in inside)
    if adopted:
        yield f"有 {adopted} 个问题是台账记忆丢失后收编的，升级和复核的时间不全。"
