"""What the core remembers between two looks, and what it decides: plain values, kept by the ledger.

``Memory`` goes into ``decide``; ``Decision`` comes out and says what to remember, what to send, what to write and
when to look again.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sync.core.duties.duties import Done
from sync.core.issues.issues import Stamps
from sync.core.letters.letters import Letter
from sync.core.memo import Memo
from sync.core.notices.notices import WAITING, Notice
from sync.core.people.days import Days
from sync.core.scores import facts
from sync.core.scores.lines import Booked
from sync.core.scores.seal import Fact, Seal
from sync.core.sheet.identity import Known
from sync.core.sheet.plan import Cover, Plan, Restore
from sync.core.sheet.rows import Raw, Row, Table, issue_number
from sync.core.sheet.tabs import Tab
from sync.core.sheet.values.photos import Picture

NOTHING: Mapping[str, Any] = {}
K = TypeVar("K")
V = TypeVar("V")


class Failed(NamedTuple):
    """Something at which a step raised what nobody foresaw: left as it was, while the others went on."""

    queue: str  # what it is of, as 运行状态 says it
    item: str
    error: BaseException
    name: str = ""  # what people know it by; empty: ``item``


NAMED_CELLS, LONGEST_NAME = 4, 80  # of a row that failed, and characters
ISSUES, REQUESTS, DUTIES, ROSTER = "问题", "申请审批", "履职记录", "组织架构和人员调整"
SCORES = "考核"
TABS = "工作表"  # what people typed can't be told from what a write of ours covered
ROW_QUEUES = (ISSUES, REQUESTS, DUTIES, ROSTER)  # of rows that fail, as 运行状态 says them


class RowFailed(Exception):
    """A row at which a step raised what nobody foresaw (its cause). ``queue``: of ``ROW_QUEUES``."""

    def __init__(self, row: Row, queue: str) -> None:
        super().__init__(row.rid)
        self.queue, self.row = queue, row

    def item(self, known: Mapping[str, Mapping[str, Known]]) -> str:
        """What the row is told by at the next look: its id, where that is remembered, else its fingerprint. The id that
        a new row was about to get goes to the next one."""
        row = self.row
        return row.rid if any(row.rid in rows for rows in known.values()) else row.parsed.print

    @property
    def name(self) -> str:
        """What stands first in the row, and where it stood."""
        cells = [_shown(cell) for cell in islice(self.row.cells.values(), NAMED_CELLS)]
        return f"{'、'.join(cells)[:LONGEST_NAME]}（第 {self.row.number} 行）"


def _shown(cell: Any) -> str:
    return f"{cell:%Y-%m-%d %H:%M}" if isinstance(cell, datetime) else str(cell)


class IssueFailed(RowFailed):
    """An issue at which a step raised what nobody foresaw (its cause)."""

    def __init__(self, row: Row) -> None:
        super().__init__(row, ISSUES)


class FactsWanted(Exception):
    """A look has to do with what is in the ledger alone: it is read, and the look begins again. ``numbers``: issues;
    ``prints``: by tab, fingerprints of rows that may have left it, as often as they stand there."""

    def __init__(self, numbers: frozenset[str], prints: Mapping[str, Sequence[str]] = NOTHING) -> None:
        super().__init__("、".join(sorted([*numbers, *(each for group in prints.values() for each in group)])))
        self.numbers, self.prints = numbers, prints


@contextmanager
def row_alone(row: Row, queue: str) -> Iterator[None]:
    """What is done with one row: RowFailed for whatever it raises, so that it stops no other."""
    try:
        yield
    except RowFailed:
        raise  # of another row, which this one asked for
    except Exception as error:
        raise RowFailed(row, queue) from error


@dataclass(frozen=True)
class Tables:
    """What was read: ``tabs`` the templates by key, ``seen`` the tables by key; a tab that is not there is absent.
    ``archives``: the tabs of archived issues by title, where they were read."""

    tabs: Mapping[str, Tab]
    seen: Mapping[str, Table]
    archives: Mapping[str, Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Archived:
    """An issue in the archive tab ``title``. ``state``: ``moving``, meant and not yet seen there; ``there``; ``back``,
    in the live tab again since ``at``, by a person's hand. ``stored``: its facts are in the ledger alone
    (``look/leaving/stored.py``). A row of 履职记录 has a mark while it moves, and when it is back; what was filed about
    an issue also while it is held in memory, ``title`` being the key of its tab of the year (feedback2026)."""

    rid: str
    title: str
    state: str
    at: datetime
    stored: bool = False


MOVING, THERE, BACK = "moving", "there", "back"


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice that the ledger knows, with its state as 通知记录 shows it. ``mail``: the name of the mail or message
    with which it may have been received, while it is 发送中."""

    notice: Notice
    state: str = WAITING
    reason: str = ""
    mail: str = ""


@dataclass(frozen=True)
class Memory:
    """All that the ledger holds for one bureau. A decision taken in makes another one."""

    known: Mapping[str, Mapping[str, Known]] = field(default_factory=dict)  # rows, by tab and id
    stamps: Mapping[str, Stamps] = field(default_factory=dict)  # by number
    lines: Booked = field(default_factory=dict)
    seals: Mapping[str, Seal] = field(default_factory=dict)  # by month
    notices: Mapping[str, Sent] = field(default_factory=dict)  # by number
    numbers: Mapping[str, int] = field(default_factory=dict)  # the last one given, by run
    addresses: Mapping[str, str] = field(default_factory=dict)  # mail by name
    groups: Mapping[str, datetime] = field(default_factory=dict)  # since when each group of the rules hears
    photos: Mapping[str, Picture] = field(default_factory=dict)  # those taken in, by id
    letters: Mapping[str, Letter] = field(default_factory=dict)  # by key
    opened: Mapping[tuple[str, str], datetime] = field(default_factory=dict)  # who opened which letter
    archived: Mapping[str, Archived] = field(default_factory=dict)  # by number
    days: Days = field(default_factory=dict)  # who was responsible, by street
    status: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)  # 运行状态 by item
    plan: Plan | None = None  # the last write, while nobody saw it land
    restores: tuple[Restore, ...] = ()  # cells of people that a form or a file changed, to be written
    covers: tuple[Cover, ...] = ()  # writes of ours that may stand in cells of people
    waiting: tuple[Cover, ...] = ()  # those that fell into a row that went before it was looked at: it may come back
    wanted_back: tuple[str, ...] = ()  # ids of deleted rows that somebody wants back
    settled: int = 0  # rises with every notice that was settled, and every letter that was opened
    wanted_sealed: tuple[str, ...] = ()  # months that somebody wants sealed before their hour
    warnings: Mapping[str, str] = field(default_factory=dict)  # what the service says of itself in 运行状态, by item
    last_tick: datetime | None = None
    latest: datetime | None = None  # the latest hour of any look; later than the last one where the clock was put back
    unsure: bool = False  # whether the last write landed is not known
    first_seen: Mapping[str, datetime] = field(default_factory=dict)  # by fingerprint, rows that came while in doubt
    aside: frozenset[str] = frozenset()  # issues that failed and are left as they were: numbers, or fingerprints
    history: frozenset[str] = frozenset()  # fingerprints of rows that were imported as history
    confirmed: datetime | None = None  # the hour that a person said yes to, since the last look that was believed
    left_until: str = ""  # the first month whose rows of 扣分明细 and 通知记录 have not left for the tab of their year
    left: Mapping[str, str] = field(default_factory=dict)  # by people's tab the first month of which no row has left
    noted: tuple[Done, ...] = ()  # what is still asked of rows that left 履职记录
    left_photos: Mapping[str, Known] = field(default_factory=dict)  # of feedback that left: its photos count as used
    asked: Collection[str] | None = None  # fingerprints for which the ledger was asked; None: it can't be
    memo: Memo = field(default_factory=Memo, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that changed between two looks. ``column``: its header; ``put_back``: a service cell that a person had
    changed (``after``) and that says again what it said before."""

    tab: str
    rid: str
    column: str
    before: Raw
    after: Raw
    at: datetime
    put_back: bool = False


@dataclass(frozen=True)
class Decision:
    """What a look at everything led to; of what is remembered only what is new or another."""

    plan: Plan
    wake: datetime | None  # when to look again though nobody typed anything
    known: Mapping[str, Mapping[str, Known]] = field(default_factory=dict)
    stamps: Mapping[str, Stamps] = field(default_factory=dict)
    lines: Booked = field(default_factory=dict)
    seals: Mapping[str, Seal] = field(default_factory=dict)
    notices: Mapping[str, Sent] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, datetime] = field(default_factory=dict)
    letters: Mapping[str, Letter] = field(default_factory=dict)
    archived: Mapping[str, Archived] = field(default_factory=dict)
    days: Days = field(default_factory=dict)  # of streets for which somebody else is responsible now, all their days
    ripe: tuple[str, ...] = ()  # issues that may leave the live tab
    past: tuple[str, ...] = ()  # tabs of the service with rows that may leave
    over: tuple[str, ...] = ()  # issues whose facts may be in the ledger alone from now on
    left_until: str = ""  # as ``Memory``
    left: Mapping[str, str] = field(default_factory=dict)
    noted: tuple[Done, ...] = ()
    moved: Mapping[str, Sequence[Known]] = field(default_factory=dict)  # by archive tab, rows that no look needs
    status: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    history: tuple[Change, ...] = ()
    warnings: Mapping[str, str] = field(default_factory=dict)  # those of the memory
    restored: tuple[str, ...] = ()  # wanted rows that were seen in their tab again
    asked_seals: tuple[str, ...] = ()  # ``wanted_sealed`` of the memory: what is asked for later is for the next look
    restores: tuple[Restore, ...] = ()  # those of the memory that are not seen in their rows yet
    uncovered: frozenset[str] = frozenset()  # covers of the memory (numbers) of which nothing stands any more
    reopened: tuple[Cover, ...] = ()  # covers that waited, and whose row is back
    waiting: tuple[Cover, ...] = ()  # as ``Memory``
    problems: int = 0  # rows with a fault
    failures: tuple[Failed, ...] = ()  # what failed and was left as it was
    believed: bool = True  # whether the hour was; if not, only checks were made
    first_seen: Mapping[str, datetime] = field(default_factory=dict)  # as ``Memory``
    hours: tuple[datetime, ...] = ()  # in doubt: the hours that stand in rows that are new
    memo: Memo = field(default_factory=Memo, compare=False, repr=False)


def absorb(memory: Memory, decision: Decision, now: datetime) -> Memory:
    """The memory that the next look starts from, once the decision is committed. After a look in doubt little is
    another."""
    if not decision.believed:
        written = decision.plan if decision.plan.tabs else None
        news = {"status": decision.status, "plan": written, "first_seen": decision.first_seen}
        owed = {
            "restores": decision.restores,
            "covers": still_open(memory.covers, decision),
            "waiting": decision.waiting,
        }
        return replace(memory, unsure=False, **news, **owed)  # type: ignore[arg-type]
    changed = {key: {**memory.known.get(key, {}), **rows} for key, rows in decision.known.items() if rows}
    return replace(
        memory,
        known={**memory.known, **changed},
        stamps=_with(memory.stamps, decision.stamps),
        lines=_with(memory.lines, decision.lines),
        seals=_with(memory.seals, decision.seals),
        notices=_with(memory.notices, decision.notices),
        letters=_with(memory.letters, decision.letters),
        archived=_with(memory.archived, decision.archived),
        days=_with(memory.days, decision.days),
        numbers=decision.numbers,
        addresses=decision.addresses,
        groups=decision.groups,
        status=decision.status,
        plan=decision.plan if decision.plan.tabs else None,
        restores=decision.restores,
        covers=still_open(memory.covers, decision),
        waiting=decision.waiting,
        wanted_back=tuple(rid for rid in memory.wanted_back if rid not in decision.restored),
        wanted_sealed=(),
        last_tick=now,
        latest=max(now, memory.latest or now),
        unsure=False,
        first_seen={},
        confirmed=None,
        left_until=decision.left_until,
        left=decision.left,
        noted=decision.noted,
        memo=decision.memo,
    )


def still_open(covers: Iterable[Cover], decision: Decision) -> tuple[Cover, ...]:
    """The ``covers`` of which something may stand yet after a look, and those that it opened again."""
    return (*(cover for cover in covers if cover.number not in decision.uncovered), *decision.reopened)


def _with(before: Mapping[K, V], news: Mapping[K, V]) -> Mapping[K, V]:
    return {**before, **news} if news else before


# Issues whose facts are in the ledger alone
PHOTOS, FEEDBACK, REQUESTS_TAB = "photos", "feedback", "requests"
FILED = (FEEDBACK, REQUESTS_TAB)  # what was filed about issues: its rows leave, and count again, with them
YEAR = len("2026")
NOT_COMPARED = (facts.LINES, facts.SCORES)  # facts of a seal that no look needs


def without_facts(memory: Memory, gone: Mapping[str, Archived]) -> Memory:
    """The memory with the facts of these archived issues in the ledger alone. ``gone``: their marks, by number."""
    marks = {**memory.archived, **gone}
    known = {rid: in_short(row) if rid in gone else row for rid, row in memory.known.get("issues", {}).items()}
    stored = stored_issues(marks)
    return replace(
        memory,
        archived=marks,
        known={**memory.known, "issues": known},
        stamps={rid: own for rid, own in memory.stamps.items() if rid not in gone},
        notices={number: sent for number, sent in memory.notices.items() if sent.notice.issue not in gone},
        seals=seals_in_short(memory.seals, stored, memory.left),
    )


def without_rows(memory: Memory, key: str, gone: Container[str]) -> Memory:
    """The memory without these rows of people's tab ``key``: they are in the ledger alone from now on."""
    known = memory.known.get(key, {})
    rows = {rid: row for rid, row in known.items() if rid not in gone}
    marks = {rid: mark for rid, mark in memory.archived.items() if rid not in gone}
    left = {rid: in_short(row) for rid, row in known.items() if rid in gone and PHOTOS in row.cells}
    photos = {**memory.left_photos, **left} if key == FEEDBACK else memory.left_photos
    return replace(memory, known={**memory.known, key: rows}, archived=marks, left_photos=photos)


def is_held(memory: Memory, row: Known) -> bool:
    """Whether a row of 整改反馈 or 申请审批 that left its tab is about an issue whose facts are in the memory."""
    number = about(row)
    return bool(number) and number not in stored_issues(memory.archived)


def held_about(memory: Memory, key: str, issues: Container[str]) -> dict[str, Archived]:
    """The marks of rows of 整改反馈 or 申请审批 about these issues that stand in the tab of their year and are held."""
    known = memory.known.get(key, {})
    there = (memory.archived[rid] for rid in known.keys() & memory.archived.keys())
    return {mark.rid: mark for mark in there if mark.state == THERE and about(known[mark.rid]) in issues}


def about(row: Known) -> str:
    """The number of the issue that a row names; empty: it names none."""
    return issue_number(row.cells.get("issue"))


class Facts(NamedTuple):
    """The facts of issues that are in the ledger alone, and the seals with all of theirs."""

    known: Mapping[str, Known]
    stamps: Mapping[str, Stamps]
    notices: Mapping[str, Sent]
    seals: Mapping[str, Seal]
    filed: Mapping[str, Mapping[str, Known]] = NOTHING  # what was filed about them, by its tab of the year


def with_facts(memory: Memory, stored: Facts) -> Memory:
    """The memory with all facts."""
    known = {**memory.known, "issues": {**memory.known.get("issues", {}), **stored.known}}
    marks = dict(memory.archived)
    for tab, rows in stored.filed.items():
        known[tab[:-YEAR]] = {**known.get(tab[:-YEAR], {}), **rows}
        marks |= {rid: Archived(rid, tab, THERE, row.marks["heard"]) for rid, row in rows.items()}
    return replace(
        memory,
        known=known,
        archived=marks,
        stamps={**stored.stamps, **memory.stamps},
        notices={**stored.notices, **memory.notices},
        seals=stored.seals,
    )


def stored_issues(archived: Mapping[str, Archived]) -> frozenset[str]:
    return frozenset(rid for rid, mark in archived.items() if mark.stored)


def in_short(row: Known) -> Known:
    """What a look holds of a row that is stored: its photos count as used."""
    if PHOTOS in row.cells:
        cells = {key: row.cells[key] for key in (PHOTOS, "issue") if key in row.cells}
        return replace(row, cells=cells, shown=NOTHING)
    return replace(row, cells=NOTHING, marks=NOTHING, shown=NOTHING)


def seals_in_short(seals: Mapping[str, Seal], stored: Container[str], left: Mapping[str, str]) -> Mapping[str, Seal]:
    """Seals without facts that no look compares: those of issues that are ``stored``, with them those of lines and
    scores, and of people's tabs whose rows of that month ``left``, or went with their issue."""
    return {month: _in_short(seal, stored, left) for month, seal in seals.items()}


def _in_short(seal: Seal, stored: Container[str], left: Mapping[str, str]) -> Seal:
    idle = {title for title, key in facts.LEAVING.items() if seal.month < left.get(key, "")}
    idle |= {*NOT_COMPARED} if any(title == facts.ISSUES and name in stored for title, name, _ in seal.facts) else set()
    compared = tuple(
        fact for fact in seal.facts if fact[0] not in idle and not _is_away(fact, seal.month, stored, left)
    )
    return seal if len(compared) == len(seal.facts) else replace(seal, facts=compared)


def _is_away(fact: Fact, month: str, stored: Container[str], left: Mapping[str, str]) -> bool:
    """Whether a fact speaks of an issue that is stored, or of what was filed about it, or of points in a month whose
    requests left."""
    title, name, text = fact
    if title in (facts.ISSUES, facts.FEEDBACK):
        return issue_number(name) in stored
    if title != facts.REQUESTS:
        return False
    number = issue_number(facts.fields_of(text).get("编号"))
    return number in stored if number else month < left.get(REQUESTS_TAB, "")
