"""Who sees and answers what: a person's roles of a day, from 组织架构 and 街路名册 (plan 三, 五·1, 五·2).

The office and the standards office see all; a commander his district, a secretary his branch; a unit's people every
issue whose 责任单位 they are, wherever it lies; a chief his streets. Nobody else sees anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.people.roster import ROLES, UNIT_HEADS, Roster, assemble
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row, parse
from sync.core.sheet.tabs import Tab, template_layout

OVERSEERS = frozenset({"office", "standards_office"})
_CODES = {word: code for code, word in ROLES.items()}


@dataclass(frozen=True)
class Person:
    """A person with the roles (code words of ``roster.ROLES``) that he holds that day, and over what."""

    name: str
    roles: frozenset[str]
    districts: frozenset[str] = field(default=frozenset())
    branches: frozenset[str] = field(default=frozenset())
    units: frozenset[str] = field(default=frozenset())
    streets: frozenset[str] = field(default=frozenset())

    @property
    def oversees(self) -> bool:
        """Whether all tabs are his to see and to edit."""
        return bool(self.roles & OVERSEERS)


def person(roster: Roster, name: str, day: date) -> Person | None:
    """The person of that name on that day; None for a name that holds nothing then."""
    posts = [post for post in roster.posts if post.name == name and post.span.holds(day)]
    streets = [s.name for s in roster.streets if s.span.holds(day) and roster.chief(s, day) == name]
    roles = {_CODES[post.role] for post in posts if post.role in _CODES} | ({"chief"} if streets else set())
    if not roles:
        return None
    units = {post.unit for post in posts if post.role in UNIT_HEADS and post.unit}
    return Person(
        name,
        frozenset(roles | ({"unit"} if units else set())),
        districts=frozenset(post.district for post in posts if post.role == ROLES["commander"] and post.district),
        branches=frozenset(post.branch for post in posts if post.role == ROLES["secretary"] and post.branch),
        units=frozenset(units),
        streets=frozenset(streets),
    )


def people(roster: Roster, day: date) -> list[Person]:
    """Everybody who holds anything that day, in the order of 组织架构."""
    names = [*(post.name for post in roster.posts), *(street.chief for street in roster.streets)]
    holders = (person(roster, name, day) for name in dict.fromkeys(name for name in names if name))
    return [holder for holder in holders if holder]


def sees(person: Person, issue: Mapping[str, Any]) -> bool:
    """Whether an issue (street, branch, district, unit, chief as its row shows them) is his to see."""
    return (
        person.oversees
        or issue.get("district") in person.districts
        or issue.get("branch") in person.branches
        or answers(person, issue)
    )


def answers(person: Person, issue: Mapping[str, Any]) -> bool:
    """Whether he may send 整改反馈 for it: the street's chief of today or of its day, and the unit's people."""
    mine = "chief" in person.roles and (issue.get("street") in person.streets or issue.get("chief") == person.name)
    return mine or issue.get("unit") in person.units


def remembered(tabs: Mapping[str, Tab], known: Mapping[str, Mapping[str, Known]], zone: ZoneInfo) -> Roster:
    """The roster as the last look at the workbook left it. ``known``: rows by tab key and id."""
    return assemble(*(_rows(tabs[key], known.get(key, {}), zone) for key in ("streets", "posts", "changes")))


def _rows(tab: Tab, known: Mapping[str, Known], zone: ZoneInfo) -> Iterable[Row]:
    layout = template_layout(tab)
    for rid, row in list(known.items()):
        if not row.deleted:
            raw = tuple(row.cells.get(column.key, "") for column in tab.columns)
            yield Row(0, raw, parse(layout, raw, zone), rid)


def sees_score(person: Person, kind: str, target: str, roster: Roster, day: date) -> bool:
    """Whether the score of a 街路, 支部, 区域 or 单位 is his to see, line by line; rankings are the bureau's own."""
    if person.oversees or kind == "单位":
        return person.oversees or target in person.units
    if kind == "区域":
        return target in person.districts
    if kind == "支部":
        return target in person.branches or bool(_districts_of(roster, target) & person.districts)
    street = roster.street(target, day) or next((s for s in roster.streets if s.name == target), None)
    above = street is not None and (street.branch in person.branches or street.district in person.districts)
    return above or target in person.streets


def _districts_of(roster: Roster, branch: str) -> set[str]:
    return {street.district for street in roster.streets if street.branch == branch}
