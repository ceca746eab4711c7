"""今日通报: what a WeChat group should read today, for all, a district or a branch (plan 四·3 每日督查, 五·3).

Numbers and streets alone: no person's name, no telephone number, no word that somebody typed freely.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sync.core.issues import life as lives
from sync.core.issues.issues import Stamps
from sync.core.issues.lateness import hours_late, workdays_late
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.people.ordering import place_order

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
    """A street with overdue issues: how many, how many workdays the longest is late, of which units; ``longest``: the
    same in words."""

    street: str
    count: int
    days: int
    units: tuple[str, ...]
    longest: str = ""

    @property
    def words(self) -> str:
        longest = f"，最久的{self.longest}" if self.longest else ""
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


def bulletin(look: Look, scope: Scope) -> Bulletin:
    """A look in numbers."""
    today = look.now.date()
    issues = [each for each in look.followed.values() if each.stamps.street and scope.holds(each.stamps)]
    states = [each.cells.get("state") for each in issues if not each.stamps.joined]  # a duplicate is counted once
    late = [each for each in issues if each.lateness(look.rules, look.now)]
    in_time = [each for each in issues if each.life.running and not each.lateness(look.rules, look.now)]
    numbers = (
        ("今日新收", sum(each.stamps.received.date() == today for each in issues)),
        ("今日销号", sum(_day(each.life.closed_at) == today for each in issues)),
        ("待整改", states.count(lives.OPEN)),
        ("返工", states.count(lives.REWORK)),
        ("待复核", states.count(lives.FIXED)),
        ("今日到期", sum(_day(each.life.deadline) == today for each in in_time)),
        (OVERDUE, len(late)),
    )
    assigned = [each for each in in_time if _started(each).date() == today]
    assigned.sort(key=lambda each: (_started(each), each.issue.rid), reverse=True)
    lines = tuple(_assigned(each) for each in assigned)
    return Bulletin(f"街路长工作通报·{scope.words}", look.now, numbers, _by_street(look, late), lines)


def _started(each: Followed) -> datetime:
    return each.stamps.start.started if each.stamps.start else each.stamps.received


def _assigned(each: Followed) -> str:
    until = f"，{each.life.deadline:%m-%d %H:%M} 前" if each.life.deadline else ""
    return f"{each.issue.rid} {each.stamps.street} {each.stamps.category}（{each.life.unit}）{until}"


def _by_street(look: Look, late: Iterable[Followed]) -> tuple[Late, ...]:
    groups: dict[str, list[Followed]] = defaultdict(list)
    for each in late:
        groups[each.stamps.street].append(each)
    return ordered(_late(look, street, group) for street, group in groups.items())


def ordered(streets: Iterable[Late]) -> tuple[Late, ...]:
    """The longest lists first, then the latest."""
    return tuple(sorted(streets, key=lambda street: (-street.count, -street.days, place_order(street.street))))


def _late(look: Look, street: str, group: Sequence[Followed]) -> Late:
    units = dict.fromkeys(each.life.unit for each in group if each.life.unit)
    longest = max(group, key=lambda each: _how_late(look, each))
    words = longest.late_words(look.rules, look.now)
    return Late(street, len(group), _how_late(look, longest)[0], tuple(units), words)


def _how_late(look: Look, each: Followed) -> tuple[int, int]:
    """Workdays, then hours."""
    late = each.lateness(look.rules, look.now)
    return (workdays_late(late, look.now), hours_late(late, look.now)) if late else (0, 0)


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None
