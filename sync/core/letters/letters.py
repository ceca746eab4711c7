"""Letters and records as values: who needs one, what it froze, where it stands (plan 五·3; domain.md 4).

One 督办函 a responsible unit and day, with the issues that call for it; one 问题记录单 a commander and day. What a
letter says is frozen in it, so that it can be made again with equal content whatever becomes of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sync.core.calendar.worktime import Limit
from sync.core.issues.issues import Issue, Stamps, Urged
from sync.core.issues.life import Life, limit_of
from sync.core.rules.conditions import SERIOUS
from sync.core.rules.rules import Rules
from sync.core.sheet.values.phones import masked

LETTER, RECORD = "督办函", "问题记录单"
DRAFT, ANSWERED, DONE, VOID, IDLE = "待签发", "已回复", "已办结", "作废", "不用签发"
UNDELIVERED, DELIVERED = "待送达", "已送达"  # of signed letters and of records that went out
GATHERING = "待发送"
OLD_SENT = "已发送"  # what 0.1 showed of a record that went out, whether it arrived or not
NUMBERED = re.compile(r"(?P<code>.+)〔(?P<year>[0-9]{4})〕(?P<n>[0-9]{1,6})号")


@dataclass(frozen=True, slots=True)
class Fact:
    """One issue as a letter shows it, frozen when it entered. ``started`` is when it was handed out; ``why`` names the
    rule that called for the letter. Times are aware; ``limit`` is in words."""

    number: str
    street: str
    place: str
    category: str
    severity: str
    source: str
    text: str
    chief: str
    branch: str
    district: str
    started: datetime | None
    limit: str
    deadline: datetime | None
    repeat: int
    close: str
    why: str


@dataclass(frozen=True, slots=True)
class Head:
    """What the rules say on every letter, as they said it when this one was drafted or signed. ``factor``: how often
    lateness counts after a second letter; 0 in a letter of before this was kept, which said 加倍; ``by_rates``: units
    are scored by rates, in which the case counts as so many."""

    bureau: str
    title: str
    reply: str
    window: str
    contact: str = ""
    phone: str = ""
    factor: int = 0
    by_rates: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter or record. ``key`` is its name in the ledger for good: before signing it stands in 函号 as well.

    ``unit``: a letter's; ``district``: a record's. ``receivers``, ``copies``: names, as of signing. ``follows`` and
    ``first``: key and number of the letter that nobody answered. ``answer`` and ``void`` are as people typed them.
    ``day``: on which a record goes out. ``delivered_at``: since when all its receivers are known to have it, by mail or
    because they opened it; ``handed_at``: when it was handed over on paper, as 送达 says now.
    """

    key: str
    kind: str
    drafted_at: datetime
    head: Head
    facts: tuple[Fact, ...]
    unit: str = ""
    district: str = ""
    to: str = ""
    copy: str = ""
    urgent: bool = False
    receivers: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    follows: str = ""
    first: str = ""
    number: str = ""
    signer: str = ""
    signed_at: datetime | None = None
    due: datetime | None = None
    answer: str = ""
    answered_at: datetime | None = None
    void: str = ""
    done_at: datetime | None = None
    adopted: bool = False
    day: date | None = None
    delivered_at: datetime | None = None
    handed_at: datetime | None = None

    @property
    def name(self) -> str:
        """What stands in 函号."""
        return self.number or self.key

    @property
    def standing(self) -> bool:
        """Whether it binds its issues: a number made void binds them no more, a draft that was turned down does."""
        return self.kind == LETTER and not (self.void and self.number)

    @property
    def state(self) -> str:
        if self.kind == RECORD:
            return self._arrival if self.number else GATHERING
        if self.void:
            return VOID
        if not self.number:
            return DRAFT if self.facts else IDLE
        if self.done_at:
            return DONE
        return ANSWERED if self.answered_at else self._arrival

    @property
    def _arrival(self) -> str:
        return DELIVERED if self.delivered_at or self.handed_at else UNDELIVERED

    @property
    def sent(self) -> bool:
        """Whether it is on its way to those whom it names: signed or gone out, and not made void."""
        return bool(self.number) and not self.void

    @property
    def is_open(self) -> bool:
        """Whether anything can become of it still."""
        return not (self.void or self.done_at or (self.kind == RECORD and self.delivered_at))

    @property
    def label(self) -> str:
        """类型 as staff read it."""
        return f"重复{self.head.title}（续{self.first}）" if self.follows else self.head.title


# Who needs one


SERIOUS_FOUND = "严重问题"  # why it stands in a record


def call(life: Life, rules: Rules, known: Mapping[str, Any]) -> str:
    """The name of the first rule that calls for a letter about an issue that nobody mended; empty for none."""
    if not life.running:
        return ""
    return next((rule.name for rule in rules.letters.when if rule.when.holds(known)), "")


def next_calls(life: Life, rules: Rules, known: Mapping[str, Any]) -> list[datetime]:
    """When time alone will make an issue call for a letter."""
    if not life.running:
        return []
    return [at for rule in rules.letters.when if (at := rule.when.turns(known))]


def freeze(issue: Issue, life: Life, stamps: Stamps, rules: Rules, why: str) -> Fact:
    """The issue as a letter shows it from now on."""
    cells = issue.cells
    category = rules.categories.get(issue.category)
    limit = limit_of(stamps.start)
    started, close = stamps.start.started if stamps.start else None, category.close if category else ""
    return Fact(
        issue.rid, stamps.street, masked(cells.get("place", "")), issue.category, issue.severity, issue.source,
        masked(cells.get("text", "")), stamps.chief, stamps.branch, stamps.district, started, limit.zh if limit else "",
        life.deadline, stamps.repeat, close, why,
    )  # fmt: skip


def head(rules: Rules, facts: Iterable[Fact] = ()) -> Head:
    own, term = rules.letters, reply_within(rules, facts)
    window = rules.repeat.window.zh
    rates = rules.score.unit is not None
    return Head(rules.bureau.name, own.title, term.zh, window, own.contact, own.phone, own.repeat_factor, rates)


def serious(facts: Iterable[Fact]) -> bool:
    return any(fact.severity == SERIOUS for fact in facts)


def reply_within(rules: Rules, facts: Iterable[Fact]) -> Limit:
    """How long a unit has from signing."""
    return rules.letters.reply_serious if serious(facts) else rules.letters.reply


def code(rules: Rules, year: int, n: int) -> str:
    """函号: 蒸执督〔2026〕1号, no zeros before (domain.md 4.1)."""
    return f"{rules.bureau.letter_code}〔{year}〕{n}号"


def key_of(day: date, what: str, taken: Iterable[str], mark: str = "") -> str:
    """A draft's name: 草稿·20261124·环卫所; a second one of that day gets a number."""
    base = f"草稿·{day:%Y%m%d}·{what}{mark}"
    used = set(taken)
    return base if base not in used else next(k for n in range(2, 10**6) if (k := f"{base}·{n}") not in used)


# What others ask of letters


@dataclass(frozen=True)
class ByIssue:
    """By issue, unit and number of the letters that stand, and the signed second ones."""

    numbers: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    urged: Mapping[str, tuple[Urged, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, letters: Mapping[str, Letter]) -> ByIssue:
        signed = [letter for letter in letters.values() if letter.standing and letter.number and letter.signed_at]
        signed.sort(key=lambda letter: (letter.signed_at, letter.key))
        numbers: dict[str, tuple[tuple[str, str], ...]] = {}
        urged: dict[str, tuple[Urged, ...]] = {}
        for letter in signed:
            second = letter.signed_at and Urged(letter.number, letter.signed_at.date(), letter.unit)
            for fact in letter.facts:
                numbers[fact.number] = (*numbers.get(fact.number, ()), (letter.unit, letter.number))
                if letter.follows and second:
                    urged[fact.number] = (*urged.get(fact.number, ()), second)
        return cls(numbers, urged)

    def shown(self, rid: str, unit: str) -> str:
        """督办函号 of 问题台账: the letters to the unit that answers for the issue now."""
        return "、".join(number for to, number in self.numbers.get(rid, ()) if to == unit)


def followers(letters: Iterable[Letter]) -> dict[str, Letter]:
    """By key of a letter the 重复督办函 that was sent since: it is the one that is to be answered."""
    return {letter.follows: letter for letter in letters if letter.follows and letter.sent}
