"""What waits today, by person, with yesterday beside it (plan 四·3 每日督查; 五·2, 六·1).

Yesterday is how things stood when it ended. What stood then is worked out by the same functions from the same stamps,
so that a count and yesterday's can be subtracted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sync.core.approvals.request_checks import answerers
from sync.core.issues import course
from sync.core.issues import life as lives
from sync.core.letters import letters
from sync.core.letters.addressees import districts, sees
from sync.core.letters.letters import Letter
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.look.verdicts import area_of
from sync.core.people.ordering import place_order
from sync.core.people.permissions import Area, Person, holds, may_answer, may_sign
from sync.core.people.permissions import sees as sees_issue
from sync.core.scores.lines import BASE, STREET, Line, month_of
from sync.core.scores.standings import Standing
from sync.core.sheet.rows import Row

NEW, LATE, TO_VERIFY, TO_ACCEPT, TO_ANSWER, TO_SIGN, TO_REPLY = (
    "新增", "超期", "待复核", "待核实", "待批复", "待签发", "函待回复",
)  # fmt: skip
MOST = 12  # listed one by one


@dataclass(frozen=True)
class Figure:
    """A count of what stands now (``NEW``: since midnight) and of what stood when yesterday ended (``NEW``: all of
    yesterday)."""

    name: str
    now: int
    before: int


@dataclass(frozen=True)
class Today:
    """``since``: the midnight before the look; ``late_units``: units with late issues now and at midnight, the most
    first; ``new``: what came in since yesterday began, the newest first; ``late``: what is late, the longest first."""

    since: datetime
    figures: tuple[Figure, ...]
    late_units: tuple[tuple[str, int, int], ...]
    new: tuple[Followed, ...]
    late: tuple[Followed, ...]


def today(look: Look, person: Person) -> Today:
    """His part of everything at the look's hour; whoever oversees sees all."""
    midnight = datetime.combine(look.now.date(), time(), look.reading.zone)
    mine = [each for each in look.followed.values() if each.stamps.street and sees_issue(person, each.area)]
    apart = [each for each in mine if not each.stamps.joined]  # what only reports another again is no work of its own
    late, was_late, before = late_against(look, apart, midnight)
    yesterday = midnight - timedelta(days=1)
    new = [each for each in mine if each.stamps.received >= yesterday]
    figures = (
        Figure(NEW, *_split(new, midnight)),
        Figure(LATE, len(late), len(was_late)),
        *_in_states(person, apart, before),
        *_asked(look, person, midnight),
        *_letters(look, person, midnight),
    )
    units = by_unit((each.life.unit for each in late), (before[each.issue.rid].unit for each in was_late))
    newest = sorted(new, key=lambda each: (each.stamps.received, each.issue.rid), reverse=True)
    return Today(midnight, figures, tuple(units), tuple(newest), tuple(late))


def late_against(
    look: Look, counted: Iterable[Followed], hour: datetime
) -> tuple[list[Followed], list[Followed], dict[str, lives.Life]]:
    """Those that are late now, the longest first; those that were at an hour that is past; and how each stood then."""
    counted = list(counted)
    before = {each.issue.rid: _life_at(each, look, hour) for each in counted if each.stamps.received < hour}
    late = sorted((each for each in counted if _is_late(each.life, look.now)), key=deadline_order)
    was_late = [each for each in counted if each.issue.rid in before and _is_late(before[each.issue.rid], hour)]
    return late, was_late, before


def _life_at(each: Followed, look: Look, hour: datetime) -> lives.Life:
    """How the issue stood at an hour that is past."""
    return course.lived(each.issue, each.stamps, look.rules, hour)


def _is_late(life: lives.Life, hour: datetime) -> bool:
    """Whether an issue that stood so at an hour was late."""
    return lives.is_late(life.state, life.deadline, hour)


def deadline_order(each: Followed) -> tuple[datetime, str]:
    """What late issues are ordered by, the longest late first."""
    return each.life.deadline or each.stamps.received, each.issue.rid


def _split(new: Iterable[Followed], midnight: datetime) -> tuple[int, int]:
    """How many came since midnight, and how many the day before."""
    count = Counter(each.stamps.received >= midnight for each in new)
    return count[True], count[False]


def _in_states(person: Person, apart: Iterable[Followed], before: Mapping[str, lives.Life]) -> Iterator[Figure]:
    """待复核 for all, 待核实 for whoever it is to give."""
    now = Counter(each.life.state for each in apart)
    then = Counter(life.state for life in before.values())
    for name, state in ((TO_VERIFY, lives.FIXED), (TO_ACCEPT, lives.UNVERIFIED)):
        if name == TO_VERIFY or person.oversees:
            yield Figure(name, now[state], then[state])


def by_unit(now: Iterable[str], before: Iterable[str]) -> list[tuple[str, int, int]]:
    """Units with how often each is named now and before, the most first."""
    here, then = Counter(now), Counter(before)
    return sorted(
        ((unit, here[unit], then[unit]) for unit in here | then), key=lambda row: (-row[1], place_order(row[0]))
    )


# Requests and letters


def _asked(look: Look, person: Person, midnight: datetime) -> Iterator[Figure]:
    """待批复: requests that are his to answer; whoever oversees counts everybody's."""
    if not (person.oversees or holds(person, ("commander", "secretary"))):
        return
    rows = [row for row in look.rows.get("requests", ()) if person.oversees or _his_to_answer(look, person, row)]
    open_now = sum("answer" not in row.cells for row in rows)
    yield Figure(TO_ANSWER, open_now, sum(_stood(look, row, midnight) for row in rows))


def _his_to_answer(look: Look, person: Person, row: Row) -> bool:
    stamps = look.stamped.stamps.get(row.cells.get("issue", ""))
    return may_answer(person, answerers(look.rules, row.cells.get("kind", "")), area_of(stamps) if stamps else Area())


def _stood(look: Look, row: Row, hour: datetime) -> bool:
    """Whether a request waited at that hour."""
    answered = "answer" in row.cells and look.reading.mark("requests", row.rid, "answered") < hour
    return look.reading.mark("requests", row.rid, "heard") < hour and not answered


def _letters(look: Look, person: Person, midnight: datetime) -> Iterator[Figure]:
    """待签发 for signers and whoever oversees; 函待回复 for the people of units."""
    signers = look.rules.letters.signers
    mine = [letter for letter in look.memory.letters.values() if letter.kind == letters.LETTER and sees(person, letter)]
    if person.oversees or holds(person, signers):
        wanted = (each for each in mine if each.signed_at or each.state == letters.DRAFT)  # what was mended needs none
        drafts = [each for each in wanted if person.oversees or may_sign(person, signers, districts(each))]
        yield _count(TO_SIGN, drafts, midnight, lambda each: each.drafted_at, lambda each: each.signed_at)
    if person.units and not person.oversees:
        received = [each for each in mine if each.unit in person.units and each.signed_at]
        later = {key: each.signed_at for key, each in letters.followers(mine).items()}
        yield _count(
            TO_REPLY, received, midnight, lambda each: each.signed_at,
            lambda each: each.answered_at or later.get(each.key),
        )  # fmt: skip


Hour = Callable[[Letter], datetime | None]


def _count(name: str, listed: Iterable[Letter], midnight: datetime, began: Hour, ended: Hour) -> Figure:
    """Letters that wait: begun and neither ended, void nor done."""
    open_now = before = 0
    for letter in listed:
        start, end = began(letter), ended(letter) or letter.done_at
        open_now += bool(start and not end and not letter.void)
        before += bool(start and start < midnight and (end is None or end >= midnight) and not letter.void)
    return Figure(name, open_now, before)


# A chief's score


@dataclass(frozen=True)
class OwnScore:
    """The score of this month of a street in his care. ``news``: the lines of yesterday and today; ``change``: what
    they come to, in hundredths."""

    standing: Standing
    of: int  # how many are ranked in its group
    change: int
    news: tuple[Line, ...]


def own_scores(look: Look, person: Person) -> list[OwnScore]:
    """His streets' scores of this month, in the order of lists."""
    month, yesterday = month_of(look.now), look.now.date() - timedelta(days=1)
    table = [row for row in look.scored.table if row.month == month and row.kind == STREET]
    sizes = Counter(row.group for row in table if row.rank)
    scores = []
    for row in sorted(table, key=lambda row: place_order(row.target)):
        if row.target in person.streets:
            lines = (
                each
                for each in look.scored.every
                if (each.month, each.kind, each.target) == (month, STREET, row.target)
            )
            news = tuple(line for line in lines if line.date >= yesterday and line.rule != BASE)
            scores.append(OwnScore(row, sizes[row.group], sum(line.points for line in news), news))
    return scores
