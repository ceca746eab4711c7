"""What 每周例会 looks at together: what is late now against seven days ago, and the three worst streets (plan 四·3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.people.ordering import place_order
from sync.core.people.permissions import Person
from sync.core.people.permissions import sees as sees_issue
from sync.core.views.waiting.today import by_unit, deadline_order, late_against

WEEK = timedelta(days=7)
MOST_STREETS = 3
MOST_ISSUES = 3  # shown of a street, the longest late


@dataclass(frozen=True)
class WorstStreet:
    """A street with late issues: how many now and seven days ago; ``issues``: those that are late longest."""

    street: str
    late: int
    before: int
    issues: tuple[Followed, ...]


@dataclass(frozen=True)
class Meeting:
    """``late``, ``before``: late issues now and at the same hour seven days ago; ``units``: each with its number now
    and then, the most first; ``worst``: the streets with most, at most three."""

    late: int
    before: int
    units: tuple[tuple[str, int, int], ...]
    worst: tuple[WorstStreet, ...]


def meeting(look: Look, person: Person) -> Meeting:
    """His part of what is late at the look's hour. What only reports another issue again is not counted."""
    then = look.now - WEEK
    mine = [each for each in look.followed.values() if each.stamps.street and not each.stamps.joined]
    mine = [each for each in mine if sees_issue(person, each.area)]
    late, was_late, lives = late_against(look, mine, then)
    units = by_unit((each.life.unit for each in late), (lives[each.issue.rid].unit for each in was_late))
    before = Counter(each.stamps.street for each in was_late)
    return Meeting(len(late), len(was_late), tuple(units), _worst(late, before))


def _worst(late: Iterable[Followed], before: Mapping[str, int]) -> tuple[WorstStreet, ...]:
    """``late`` stands with the longest first, and so does what comes of each street."""
    streets: dict[str, list[Followed]] = defaultdict(list)
    for each in late:
        streets[each.stamps.street].append(each)
    ordered = sorted(
        streets.items(), key=lambda item: (-len(item[1]), deadline_order(item[1][0]), place_order(item[0]))
    )
    return tuple(
        WorstStreet(street, len(issues), before.get(street, 0), tuple(issues[:MOST_ISSUES]))
        for street, issues in ordered[:MOST_STREETS]
    )
