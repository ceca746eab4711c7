"""Who is responsible where, on which day: streets, posts and the changes that took effect.

街路名册 gives each street with its dates, 组织架构 the people, 人员调整 who takes over from when
(plan 五·1, 七, notes 1 and 2). A question is always asked for a day: an issue keeps the chief of its day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from sync.core.people.days import Days, on
from sync.core.people.ordering import by_number, place_order
from sync.core.rules.values import ROLES
from sync.core.sheet.rows import Row
from sync.core.sheet.values.places import Position

LEAVE = "请假顶岗"
OPERATOR = "管理员"  # how pages and records show the person who runs the service; he stands in no sheet
RESERVED = frozenset({OPERATOR, "群众"})  # in records these stand for the operator and the public, for no person
UNIT_HEADS = ("支部书记", "责任单位", "标准化办")  # plan 五·1: a unit's head is a branch's secretary
MOST_REMEMBERED = 10_000  # answers of one roster, 200 bytes each
Remembered = TypeVar("Remembered")


@dataclass(frozen=True)
class Span:
    """Days on which something holds, both ends included; an open end is None."""

    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def meets(self, other: Span) -> bool:
        """Whether the two share a day."""
        starts_late = self.since and other.until and self.since > other.until
        ends_early = self.until and other.since and self.until < other.since
        return not starts_late and not ends_early


@dataclass(frozen=True)
class Street:
    """One row of 街路名册."""

    name: str
    code: str
    type: str
    district: str
    branch: str
    chief: str
    unit: str
    near: tuple[str, ...]
    aliases: tuple[str, ...]
    span: Span
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True)
class Post:
    """One row of 组织架构: a person in a role."""

    name: str
    role: str
    district: str
    branch: str
    unit: str
    mail: str
    span: Span


@dataclass(frozen=True)
class Change:
    """One approved row of 人员调整."""

    street: str
    chief: str
    span: Span
    for_leave: bool = False
    asked: date | None = None  # the day of 申请时间


@dataclass(frozen=True)
class Roster:
    """All streets, posts and approved changes, and who was responsible as it was written down; equal rosters answer
    equally."""

    streets: tuple[Street, ...]
    posts: tuple[Post, ...]
    changes: tuple[Change, ...] = ()
    days: Days = field(default_factory=dict)
    names_of_units: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of those that were renamed
    _memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # of what the days do not change
    _chiefs: dict[date, Mapping[str, list[str]]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def _by_name(self) -> Mapping[str, list[Street]]:
        by_name: dict[str, list[Street]] = defaultdict(list)
        for street in self.streets:
            by_name[street.name].append(street)
        for street in self.streets:  # after all names: an alias never stands before a street's own name
            for name in street.aliases:
                by_name[name].append(street)
        return by_name

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of all streets, in the order of lists."""
        return tuple(by_number(street.name for street in self.streets))

    def holding(self, day: date) -> tuple[object, ...]:
        """Which rows hold that day, and who looks after each street: what the day adds to what an equal roster says
        of it."""
        spans = (row.span for rows in (self.streets, self.posts, self.changes) for row in rows)
        cares = (on(self.days.get(street.name, ()), day) for street in self.streets)
        return *(span.holds(day) for span in spans), *cares

    def addresses(self, day: date) -> dict[str, str]:
        """Mail by name: of the first post that holds that day and has one."""
        addresses: dict[str, str] = {}
        for post in self.posts:
            if post.mail and post.span.holds(day):
                addresses.setdefault(post.name, post.mail)
        return addresses

    def units_of(self, name: str, day: date) -> list[str]:
        """The units in which that name stands; more than one are two people of one name."""
        return self._remembered(("units", name, day), self._units_of, name, day)

    def _units_of(self, name: str, day: date) -> list[str]:
        units = {post.unit for post in self.posts if post.name == name and post.unit and post.span.holds(day)}
        return sorted(units, key=place_order)

    def _remembered(self, key: Hashable, make: Callable[..., Remembered], *arguments: Any) -> Remembered:
        """What ``make(*arguments)`` gives, once for each key. All is forgotten where it becomes much: days pass, and an
        untouched roster lasts for years."""
        answer: Remembered | None = self._memo.get(key)
        if answer is None:
            if len(self._memo) >= MOST_REMEMBERED:
                self._memo.clear()
            answer = self._memo[key] = make(*arguments)
        return answer

    def street(self, name: str, day: date) -> Street | None:
        """The street of that name or alias on that day, with the branch, district and type that it had then."""
        street = self.listed(name, day)
        care = on(self.days.get(street.name, ()), day) if street else None
        if street is None or care is None:
            return street
        if (street.branch, street.district, street.type) == (care.branch, care.district, care.group):
            return street
        return replace(street, branch=care.branch, district=care.district, type=care.group)

    def listed(self, name: str, day: date) -> Street | None:
        """The row of 街路名册 with that name or alias that is in use on that day."""
        for street in self._by_name.get(name, ()):
            if street.span.holds(day):
                return street
        return None

    def chief(self, street: Street, day: date) -> str:
        """Who is responsible for the street on that day, as it was written down; before that the change that took
        effect last, else the roster."""
        days = self.days.get(street.name, ())
        if care := on(days, day):
            return care.chief
        change = newest(change for change in self.changes_of(street) if change.span.holds(day))
        return change.chief if change else days[0].typed if days else street.chief

    def streets_of(self, name: str, day: date) -> list[str]:
        """The streets for which that name is responsible on that day."""
        if day not in self._chiefs:
            streets: dict[str, list[str]] = defaultdict(list)
            for street in self.streets:
                if street.span.holds(day):
                    streets[self.chief(street, day)].append(street.name)
            self._chiefs[day] = streets
        return self._chiefs[day].get(name, [])

    def changes_of(self, street: Street) -> list[Change]:
        names = (street.name, *street.aliases)
        return [change for change in self.changes if change.street in names]

    def holder(self, name: str, day: date) -> str:
        """Who is responsible that day for the street of that name. Empty where nobody is, or it is not in use."""
        street = self.listed(name, day)
        return self.chief(street, day) if street else ""

    def all_names(self, units: Iterable[str]) -> frozenset[str]:
        """These units under every name that they have or had."""
        return frozenset(name for unit in units for name in self.names_of_units.get(unit, (unit,)))

    def people(self, role: str, day: date, *, branch: str = "", district: str = "", unit: str = "") -> tuple[str, ...]:
        """Names of those who hold ``role`` (code word) that day for the branch, district or unit."""
        key = (role, day, branch, district, unit)
        return self._remembered(key, self._people, *key)

    def _people(self, role: str, day: date, branch: str, district: str, unit: str) -> tuple[str, ...]:
        held = [post for post in self.posts if post.span.holds(day)]
        if role == "unit":
            names = self.all_names([unit])
            ranked = [[p for p in held if p.unit in names and p.role == head] for head in UNIT_HEADS]
            holders = next((group for group in ranked if group), [])
        else:
            holders = [p for p in held if p.role == ROLES[role]]
            if role == "commander":
                holders = [p for p in holders if p.district == district]
            if role == "secretary":
                holders = [p for p in holders if p.branch == branch]
        return tuple(dict.fromkeys(post.name for post in holders))


def newest(changes: Iterable[Change]) -> Change | None:
    """The change that took effect last."""
    return max(changes, key=lambda change: change.span.since or date.min, default=None)


def split_names(text: str) -> tuple[str, ...]:
    """Several names in one cell, parted by 、 or a comma."""
    for mark in "，,;；\n":
        text = text.replace(mark, "、")
    return tuple(part.strip() for part in text.split("、") if part.strip())


def span(cells: Mapping[str, Any]) -> Span:
    return Span(cells.get("since"), cells.get("until"))


def read_street(cells: Mapping[str, Any]) -> Street | None:
    """A street from the cells that could be read; None without a name."""
    if not cells.get("street"):
        return None
    code, kind, district, branch, chief, unit = _texts(cells, "code", "type", "district", "branch", "chief", "unit")
    near, aliases = split_names(cells.get("near", "")), split_names(cells.get("aliases", ""))
    ends = cells.get("start"), cells.get("end")
    return Street(cells["street"], code, kind, district, branch, chief, unit, near, aliases, span(cells), *ends)


def _texts(cells: Mapping[str, Any], *keys: str) -> list[str]:
    return [cells.get(key, "") for key in keys]


def read_post(cells: Mapping[str, Any]) -> Post | None:
    if not cells.get("name") or not cells.get("role"):
        return None
    district, branch, unit, mail = _texts(cells, "district", "branch", "unit", "mail")
    return Post(cells["name"], cells["role"], district, branch, unit, mail, span(cells))


def read_change(cells: Mapping[str, Any]) -> Change | None:
    """A change that branch and commander both agreed to (plan note 2); None otherwise."""
    agreed = cells.get("branch_opinion") == cells.get("commander_opinion") == "同意"
    if not agreed or not cells.get("street") or not cells.get("to_chief") or not cells.get("since"):
        return None
    asked = cells["requested_at"].date() if "requested_at" in cells else None
    return Change(cells["street"], cells["to_chief"], span(cells), cells.get("kind") == LEAVE, asked)


def assemble(streets: Iterable[Row], posts: Iterable[Row], changes: Iterable[Row]) -> Roster:
    """The roster that the three tabs give; rows that can't be read say so in their own 校验."""
    return Roster(
        tuple(street for row in streets if (street := read_street(row.cells))),
        tuple(post for row in posts if (post := read_post(row.cells))),
        tuple(change for row in changes if (change := read_change(row.cells))),
    )


def unposted_chiefs(roster: Roster) -> list[Post]:
    """The chiefs of 街路名册 who stand nowhere in 组织架构, as posts that they would have: from their first street's
    first day, in the branch of their streets where it is but one."""
    posted, streets = {post.name for post in roster.posts}, defaultdict[str, list[Street]](list)
    for street in roster.streets:
        if street.chief and street.chief not in posted and street.chief not in RESERVED:
            streets[street.chief].append(street)
    return [_post_of(name, theirs) for name, theirs in streets.items()]


def _post_of(name: str, streets: Iterable[Street]) -> Post:
    branches, sinces = {street.branch for street in streets}, [street.span.since for street in streets]
    since = None if None in sinces else min(day for day in sinces if day)
    return Post(name, ROLES["chief"], "", branches.pop() if len(branches) == 1 else "", "", "", Span(since))


def vacant(roster: Roster, day: date) -> list[tuple[Street, tuple[str, ...]]]:
    """Streets in no chief's care that day, with the chiefs of the neighbouring streets (plan note 1)."""
    streets, places = [], {name: at for at, name in enumerate(roster.names)}
    for street in sorted(roster.streets, key=lambda street: places[street.name]):
        if street.span.holds(day) and not roster.chief(street, day):
            near = [roster.street(name, day) for name in street.near]
            chiefs = [roster.chief(street, day) for street in near if street]
            streets.append((street, tuple(dict.fromkeys(chief for chief in chiefs if chief))))
    return streets
