"""What one person should look at now, for the weekly meeting and before it (plan 四·3 每周例会; 五·2, 六·1, 六·2).

The office and the standards office see all, a commander his district, a secretary his branch, a unit its own issues.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sync.core.duties import weekly
from sync.core.duties.weekly import IssueFact, WeeklyList
from sync.core.issues import life as lives
from sync.core.letters import addressees, letters
from sync.core.letters.letters import Letter
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.people.ordering import place_order
from sync.core.people.permissions import Area, Person, leads, may_answer, sees
from sync.core.people.roster import Street, vacant
from sync.core.views.waiting import questions


@dataclass(frozen=True)
class Agenda:
    """``weeks``: this and the last one; ``words`` says whose part it is; ``his_turn`` and ``others_turn``: issues that
    were reported up and wait, for him or for somebody else; ``vacant``: streets in no chief's care with the nearest
    chiefs; ``to_verify``: issues that wait for 复核, ``to_accept``: for 核实; ``questions`` for 批复."""

    words: str
    weeks: tuple[WeeklyList, WeeklyList]
    his_turn: tuple[Followed, ...]
    others_turn: tuple[Followed, ...]
    letters: tuple[Letter, ...]
    unseen: tuple[str, ...]
    vacant: tuple[tuple[Street, tuple[str, ...]], ...]
    questions: int
    to_verify: int
    to_accept: int


def agenda(look: Look, person: Person) -> Agenda:
    """His part of everything at the look's hour."""
    mine = {rid: each for rid, each in look.followed.items() if each.stamps.street and sees(person, each.area)}
    facts = [fact for fact in look.duties.facts() if fact.issue in mine]
    asked = [each for each in mine.values() if each.life.running and each.turns and each.turns[-1].answered is None]
    states = [each.life.state for each in mine.values()]
    streets = [s for s in look.roster.streets if leads(person, Area(branch=s.branch, district=s.district))]
    names = {street.name for street in streets if street.span.holds(look.now.date())}
    unseen = tuple(name for name in weekly.unseen(look.roster, look.duties.records, look.now.date()) if name in names)
    monday = look.duties.monday
    places = {name for street in streets for name in (street.name, street.branch)}
    places |= person.districts | person.branches
    weeks = tuple(_week(look, person, facts, places, monday - timedelta(days=7 * back)) for back in (0, 1))
    return Agenda(
        _words(person),
        (weeks[0], weeks[1]),
        tuple(each for each in asked if may_answer(person, (each.turns[-1].role,), each.area)),
        tuple(each for each in asked if not may_answer(person, (each.turns[-1].role,), each.area)),
        tuple(_letters(look, person)),
        unseen,
        tuple(pair for pair in vacant(look.roster, look.now.date()) if pair[0].name in names),
        len(questions.waiting(look.memory, look.roster, look.rules, person, look.now.date(), {})),
        states.count(lives.FIXED) if person.oversees else 0,
        states.count(lives.UNVERIFIED) if person.oversees else 0,
    )


def _words(person: Person) -> str:
    areas = (person.districts, person.branches, person.units)
    parts = ("全部",) if person.oversees else [name for area in areas for name in sorted(area, key=place_order)]
    return "、".join(parts or sorted(person.streets, key=place_order))


def _week(look: Look, person: Person, facts: list[IssueFact], places: set[str], monday: date) -> WeeklyList:
    """One week of his part, that is what is owed in these places or by himself; a duty counts as missing once its day
    or week is over."""
    today = look.now.date()
    over = [
        each
        for each in look.duties.due(monday, monday + timedelta(days=6))
        if each.last < today and (person.oversees or person.name in each.names or each.where in places)
    ]
    return weekly.week(facts, over, (), monday, look.now, look.duties.records if person.oversees else None)


def _letters(look: Look, person: Person) -> Iterator[Letter]:
    """Letters that wait for a signature or for an answer."""
    for letter in look.memory.letters.values():
        waits = letter.state in (letters.DRAFT, letters.UNDELIVERED, letters.DELIVERED)
        if waits and letter.kind == letters.LETTER and addressees.sees(person, letter):
            yield letter
