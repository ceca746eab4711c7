"""What one person should look at now, for the weekly meeting and before it (plan 四·3 每周例会; 五·2, 六·1, 六·2).

The office and the standards office see all, a commander his district, a secretary his branch, a unit its own issues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sync.core.approvals import requests
from sync.core.duties import weekly
from sync.core.duties.duties import Owed
from sync.core.duties.weekly import IssueFact, WeeklyList
from sync.core.issues import life as lives
from sync.core.letters import addressees, letters
from sync.core.letters.letters import Letter
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.people.permissions import Person, sees
from sync.core.people.roster import ROLES, Street, vacant
from sync.core.views import questions


@dataclass(frozen=True)
class Asked:
    """An issue that was reported up and waits. ``mine``: it is this person's turn; ``until`` he has time."""

    issue: str
    street: str
    unit: str
    role: str
    until: datetime
    mine: bool


@dataclass(frozen=True)
class Agenda:
    """``weeks``: this and the last one; ``words`` says whose part it is; ``vacant``: streets in no chief's care with
    the nearest chiefs; ``to_verify``: issues that wait for 复核, ``to_accept``: for 核实; ``questions`` for 批复."""

    words: str
    weeks: tuple[WeeklyList, WeeklyList]
    asked: tuple[Asked, ...]
    letters: tuple[Letter, ...]
    unseen: tuple[str, ...]
    vacant: tuple[tuple[Street, tuple[str, ...]], ...]
    questions: int
    to_verify: int
    to_accept: int


def agenda(look: Look, person: Person) -> Agenda:
    """His part of everything at the look's hour."""
    mine = {rid: each for rid, each in look.followed.items() if _in_part(person, each)}
    facts = [fact for fact in look.duties.facts() if fact.issue in mine]
    states = [each.life.state for each in mine.values()]
    streets = [s for s in look.roster.streets if s.span.holds(look.now.date()) and _over(person, s)]
    names = {street.name for street in streets}
    unseen = tuple(name for name in weekly.unseen(look.roster, look.duties.records, look.now.date()) if name in names)
    monday = look.duties.monday
    weeks = tuple(_week(look, person, facts, monday - timedelta(days=7 * back)) for back in (0, 1))
    return Agenda(
        _words(person),
        (weeks[0], weeks[1]),
        tuple(_asked(look, person, mine)),
        tuple(_letters(look, person)),
        unseen,
        tuple(pair for pair in vacant(look.roster, look.now.date()) if pair[0].name in names),
        len(questions.waiting(look.memory, look.roster, look.rules, person, look.now.date())),
        states.count(lives.FIXED) if person.oversees else 0,
        states.count(lives.UNVERIFIED) if person.oversees else 0,
    )


def _words(person: Person) -> str:
    parts = (
        ("全部",) if person.oversees else (*sorted(person.districts), *sorted(person.branches), *sorted(person.units))
    )
    return "、".join(parts) or "、".join(sorted(person.streets))


def _in_part(person: Person, each: Followed) -> bool:
    stamps = each.stamps
    area = {"street": stamps.street, "branch": stamps.branch, "district": stamps.district, "unit": each.life.unit}
    return bool(stamps.street) and sees(person, {**area, "chief": stamps.chief})


def _over(person: Person, street: Street) -> bool:
    return person.oversees or street.district in person.districts or street.branch in person.branches


def _week(look: Look, person: Person, facts: list[IssueFact], monday: date) -> WeeklyList:
    """One week of his part; a duty counts as missing once its day or week is over."""
    owed, today = _owed(look, person), look.now.date()
    due = look.duties.due(monday, monday + timedelta(days=6))
    over = [each for each in due if each.last < today and owed(each)]
    return weekly.week(facts, over, (), monday, look.now, look.duties.records if person.oversees else None)


def _owed(look: Look, person: Person) -> Callable[[Owed], bool]:
    """Whether a duty is owed in his area, or by himself."""
    streets = [street for street in look.roster.streets if _over(person, street)]
    places = {street.name for street in streets} | person.districts | person.branches
    places |= {street.branch for street in streets if street.district in person.districts}
    return lambda each: person.oversees or person.name in each.names or each.where in places


def _asked(look: Look, person: Person, mine: dict[str, Followed]) -> Iterator[Asked]:
    """Whose turn it is, of what was reported up and has no answer."""
    for rid, each in mine.items():
        turn = each.turns[-1] if each.turns and each.life.running else None
        if turn and turn.answered is None:
            area = {"branch": each.stamps.branch, "district": each.stamps.district}
            hit = requests.over(person, turn.role, area)
            yield Asked(rid, each.stamps.street, each.life.unit, ROLES[turn.role], turn.until, hit)


def _letters(look: Look, person: Person) -> Iterator[Letter]:
    """Letters that wait for a signature or for an answer."""
    for letter in look.memory.letters.values():
        waits = letter.state in (letters.DRAFT, letters.SIGNED)
        if waits and letter.kind == letters.LETTER and addressees.sees(person, letter):
            yield letter
