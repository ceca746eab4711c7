"""To whom a letter goes, and what they are told (plan 五·3): unit and chiefs, copies to commander and secretaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sync.core.letters import letters
from sync.core.letters.letters import LETTER, RECORD, Letter
from sync.core.notices import timing
from sync.core.notices.notices import Notice
from sync.core.people.permissions import Person, sees_letter
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.rules.values import ROLES

OF_LETTER, OF_RECORD = MAILED = ("督办", "记录单")  # kinds of notice that carry the letter itself
ASKED = "待签发"


@dataclass(frozen=True)
class Addressees:
    """Who is who on one day."""

    roster: Roster
    rules: Rules
    day: date

    def of(self, letter: Letter) -> Letter:
        """The letter addressed as things stand that day."""
        streets = list(dict.fromkeys(fact.street for fact in letter.facts))
        copies = list(self._superiors(letter))
        unit = self.roster.people("unit", self.day, unit=letter.unit)
        receivers = tuple(dict.fromkeys((*unit, *(fact.chief for fact in letter.facts if fact.chief))))
        told = dict.fromkeys(name for _, names in copies for name in names)
        return replace(
            letter,
            to=f"{letter.unit}，{'、'.join(streets)}街路长" if streets else letter.unit,
            copy="，".join(f"{what}{'、'.join(names)}" for what, names in copies),
            urgent=self.rules.letters.urgent and letters.serious(letter.facts),
            head=letters.head(self.rules, letter.facts),
            receivers=receivers,
            copies=tuple(name for name in told if name not in receivers),
        )

    def _superiors(self, letter: Letter) -> Iterator[tuple[str, tuple[str, ...]]]:
        for district in dict.fromkeys(fact.district for fact in letter.facts if fact.district):
            yield f"{district}区域{ROLES['commander']}", self.commanders(district)
        for branch in dict.fromkeys(fact.branch for fact in letter.facts if fact.branch):
            yield f"{branch}书记", self.roster.people("secretary", self.day, branch=branch)

    def commanders(self, district: str) -> tuple[str, ...]:
        return self.roster.people("commander", self.day, district=district)

    def signers(self, letter: Letter) -> tuple[str, ...]:
        """Who may sign it: a commander where it concerns his district."""
        districts = dict.fromkeys(fact.district for fact in letter.facts)
        names = (name for role in self.rules.letters.signers for district in districts
                 for name in self.roster.people(role, self.day, district=district))  # fmt: skip
        return tuple(dict.fromkeys(names))

    def told(self, letter: Letter, now: datetime) -> Iterator[Notice]:
        """What a letter in this state calls for; told once, since each notice has its number."""
        if letter.adopted or letter.void or letter.done_at:
            return
        due = self._due(letter, now)
        kind, text = "", ""
        for kind, names, text in _words(letter, self):
            for name in names:
                yield Notice(
                    notice_number(letter, kind, name),
                    kind,
                    letter.name,
                    name,
                    now,
                    due,
                    f"【{kind}】{letter.name}",
                    text,
                )
        for post in self._vacant(letter, now) if kind else ():
            number, reason = f"{letter.name}·{kind}·{post}（缺）", f"没有{post}，请在组织架构里补上"
            yield Notice(number, kind, letter.name, post, now, due, f"【{kind}】{letter.name}", text, reason)

    def _due(self, letter: Letter, now: datetime) -> datetime:
        """An urgent letter doesn't wait for the sending hours, a record goes with those of its hour."""
        if letter.urgent:
            return timing.allowed_from(now, self.rules)
        if letter.kind != RECORD:
            return timing.sent_together(now, self.rules)
        day, hour = letter.day or letter.drafted_at.date(), time(self.rules.letters.record_at)
        return timing.sent_with(datetime.combine(day, hour, self.rules.bureau.zone), now, self.rules)

    def _vacant(self, letter: Letter, now: datetime) -> Iterator[str]:
        """Posts that a letter in this state is for and that nobody holds; who went after its time is no matter."""
        if letter.state == letters.DRAFT:
            if not self.signers(letter):
                yield "、".join(ROLES[role] for role in self.rules.letters.signers)
            return
        if letter.receivers if letter.kind == RECORD else letter.due is None or letter.due < now:
            return
        if letter.kind == LETTER and not self.roster.people("unit", self.day, unit=letter.unit):
            yield f"{letter.unit}{ROLES['unit']}"
        districts = (
            [letter.district] if letter.kind == RECORD else [fact.district for fact in letter.facts if fact.district]
        )
        for district in dict.fromkeys(districts):
            if not self.commanders(district):
                yield f"{district}{ROLES['commander']}"


def notice_number(letter: Letter, kind: str, name: str) -> str:
    """The number of the notice of that kind to one person."""
    return f"{letter.name}·{kind}·{name}"


def carrying_notice(letter: Letter, name: str) -> str:
    """The number of the notice that carries the letter or record itself to one person."""
    return notice_number(letter, OF_RECORD if letter.kind == RECORD else OF_LETTER, name)


def _words(letter: Letter, people: Addressees) -> Iterator[tuple[str, Iterable[str], str]]:
    """Kind, names and text of each notice."""
    if letter.kind == RECORD and (letter.number or not letter.receivers):
        text = f"{letter.name}：{len(letter.facts)} 件较严重或者重复出现、未及时处理的问题，请予调度（方案五·3）。"
        yield OF_RECORD, letter.receivers, text
    elif letter.kind == LETTER and letter.number and letter.due:
        until, what = f"{letter.due:%Y-%m-%d %H:%M}", f"{letter.name}：{letter.unit}{len(letter.facts)} 件问题限期整改"
        yield OF_LETTER, letter.receivers, f"{what}，请于 {until} 前整改并书面回复（方案五·3）。"
        yield OF_LETTER, letter.copies, f"抄送 {what}，回复期限 {until}。"
    elif letter.state == letters.DRAFT:
        yield ASKED, people.signers(letter), f"{letter.name}：{len(letter.facts)} 件问题的{letter.label}等您签发。"


def districts(letter: Letter) -> frozenset[str]:
    """The districts that a letter or record is about."""
    return frozenset({letter.district, *(fact.district for fact in letter.facts)})


def sees(person: Person, letter: Letter) -> bool:
    """Whether a letter is his to read: once it is signed also for those to whom it went."""
    signed = bool(letter.number) and letter.kind == LETTER
    names = (*letter.receivers, *letter.copies) if signed else ()
    return sees_letter(person, districts(letter), letter.unit if signed else "", names)
