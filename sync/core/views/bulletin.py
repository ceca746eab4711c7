"""今日通报: what a WeChat group should read today, for all, a district or a branch (plan 四·3 每日督查, 五·3).

Numbers and streets alone: no person's name, no telephone number, no word that somebody typed freely.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sync.core.issues import life
from sync.core.issues.issues import Stamps
from sync.core.memory import Memory
from sync.core.people.ordering import place_order
from sync.core.sheet import serials
from sync.core.sheet.rows import Raw

OVERDUE = "超期未整改"
MOST_STREETS = 15  # named one by one; a group reads no more
MOST_ASSIGNED = 15


@dataclass(frozen=True)
class Scope:
    """What it is about: everything (both empty), a district or a branch."""

    district: str = ""
    branch: str = ""

    @property
    def words(self) -> str:
        return self.district or self.branch or "全部"

    def holds(self, stamps: Stamps) -> bool:
        return self.district in ("", stamps.district) and self.branch in ("", stamps.branch)


@dataclass(frozen=True)
class Late:
    """A street with overdue issues: how many, of which units, the earliest missed deadline's days ago."""

    street: str
    count: int
    days: int
    units: tuple[str, ...]

    @property
    def words(self) -> str:
        longest = f"，最久超期 {self.days} 天" if self.days else ""
        return f"{self.street} {self.count} 件（{'、'.join(self.units)}）{longest}"


@dataclass(frozen=True)
class Bulletin:
    """``numbers`` in the order in which they are read; ``late``: the most first; ``assigned``: what came today
    and still has time, the latest first, a line each (plan 五·3: 即时发送至工作群)."""

    title: str
    at: datetime
    numbers: tuple[tuple[str, int], ...]
    late: tuple[Late, ...]
    assigned: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As it is pasted into a group."""
        told = "，".join(f"{label} {count} 件" for label, count in self.numbers)
        head = f"【{self.title}】{self.at.month}月{self.at.day}日 {self.at:%H:%M}"
        return "\n".join([head, f"{told}。", *self.lines])

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands under the numbers."""
        if not self.assigned:
            return self.streets
        more = len(self.assigned) - MOST_ASSIGNED
        rest = [f"……今天另外还交办了 {more} 件。"] if more > 0 else []
        return "今日交办，请按时整改：", *self.assigned[:MOST_ASSIGNED], *rest, *self.streets

    @property
    def streets(self) -> tuple[str, ...]:
        if not self.late:
            return ("没有超期未整改的问题。",)
        named = [f"{n}. {street.words}" for n, street in enumerate(self.late[:MOST_STREETS], start=1)]
        if more := self.late[MOST_STREETS:]:
            named.append(f"……另有 {len(more)} 条街路 {sum(street.count for street in more)} 件。")
        return ("超期未整改，按街路：", *named, "请以上街路和责任单位抓紧整改并反馈。")


def bulletin(memory: Memory, scope: Scope, now: datetime) -> Bulletin:
    """What the last look left, in numbers. ``now``: aware, in the bureau's zone."""
    issues = [
        (memory.stamps[rid], row.shown)
        for rid, row in memory.known.get("issues", {}).items()
        if not row.deleted and rid in memory.stamps and scope.holds(memory.stamps[rid])
    ]
    states = [str(shown.get("state", "")) for _, shown in issues]
    late: list[tuple[Stamps, Mapping[str, Raw]]] = []
    in_time: list[tuple[Stamps, Mapping[str, Raw]]] = []
    for stamps, shown in issues:
        if shown.get("state") in life.RUNNING:
            (late if is_late(shown, now) else in_time).append((stamps, shown))
    numbers = (
        ("今日新收", sum(stamps.received.date() == now.date() for stamps, _ in issues)),
        ("今日销号", sum(_day(shown.get("closed_at")) == now.date() for _, shown in issues)),
        ("待整改", states.count(life.OPEN)),
        ("返工", states.count(life.REWORK)),
        ("待复核", states.count(life.FIXED)),
        ("今日到期", sum(_day(shown.get("deadline")) == now.date() for _, shown in in_time)),
        (OVERDUE, len(late)),
    )
    assigned = [pair for pair in in_time if pair[0].start and pair[0].start.started.date() == now.date()]
    assigned.sort(key=lambda pair: (_started(pair[0]), str(pair[1].get("id", ""))), reverse=True)
    lines = tuple(_assigned(stamps, shown, now) for stamps, shown in assigned)
    return Bulletin(f"街路长工作通报·{scope.words}", now, numbers, _by_street(late, now.date()), lines)


def _started(stamps: Stamps) -> datetime:
    return stamps.start.started if stamps.start else stamps.received


def _assigned(stamps: Stamps, shown: Mapping[str, Raw], now: datetime) -> str:
    deadline = serials.moment(shown.get("deadline"), now.tzinfo)
    until = f"，{deadline:%m-%d %H:%M} 前" if deadline else ""
    return f"{shown.get('id', '')} {stamps.street} {stamps.category}（{shown.get('unit', '')}）{until}"


def is_late(shown: Mapping[str, Raw], now: datetime) -> bool:
    """Whether an issue is late at ``now`` (aware, in the bureau's zone), by its service cells as last looked at."""
    deadline = serials.moment(shown.get("deadline"), now.tzinfo)
    return life.is_late(str(shown.get("state", "")), deadline, now)


def _by_street(late: Iterable[tuple[Stamps, Mapping[str, Raw]]], today: date) -> tuple[Late, ...]:
    groups: dict[str, list[Mapping[str, Raw]]] = defaultdict(list)
    for stamps, shown in late:
        groups[stamps.street].append(shown)
    return ordered(_late(street, group, today) for street, group in groups.items())


def ordered(streets: Iterable[Late]) -> tuple[Late, ...]:
    """The longest lists first, then the latest."""
    return tuple(sorted(streets, key=lambda street: (-street.count, -street.days, place_order(street.street))))


def _late(street: str, group: Sequence[Mapping[str, Raw]], today: date) -> Late:
    units = dict.fromkeys(str(shown["unit"]) for shown in group if shown.get("unit"))
    days = max((today - (_day(shown.get("deadline")) or today)).days for shown in group)
    return Late(street, len(group), days, tuple(units))


def _day(raw: Raw) -> date | None:
    return serials.to_date(raw) if serials.is_moment(raw) else None
