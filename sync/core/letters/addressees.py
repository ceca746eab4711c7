"""To whom a letter goes, and what they are told (plan 五·3): unit and chiefs, copies to commander and secretaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from sync.core.letters import letters
from sync.core.letters.letters import LETTER, RECORD, Letter
from sync.core.notices import notices
from sync.core.notices.notices import Notice
from sync.core.people.permissions import Person
from sync.core.people.roster import ROLES, Roster
from sync.core.rules.rules import Rules

MAILED = ("督办", "记录单")  # kinds of notice that carry the letter itself
ASKED = "待签发"


@dataclass(frozen=True)
class Addressees:
    """Who is who on one day."""

    roster: Roster
    rules: Rules
    day: date

    def of(self, one: Letter) -> Letter:
        """The letter addressed as things stand that day."""
        streets = list(dict.fromkeys(fact.street for fact in one.facts))
        copies = list(self._superiors(one))
        unit = self.roster.people("unit", self.day, unit=one.unit)
        receivers = tuple(dict.fromkeys((*unit, *(fact.chief for fact in one.facts if fact.chief))))
        told = dict.fromkeys(name for _, names in copies for name in names)
        return replace(
            one,
            to=f"{one.unit}，{'、'.join(streets)}街路长" if streets else one.unit,
            copy="，".join(f"{what}{'、'.join(names)}" for what, names in copies),
            urgent=self.rules.letters.urgent and letters.serious(one.facts),
            head=letters.head(self.rules, one.facts),
            receivers=receivers,
            copies=tuple(name for name in told if name not in receivers),
        )

    def _superiors(self, one: Letter) -> Iterator[tuple[str, tuple[str, ...]]]:
        for district in dict.fromkeys(fact.district for fact in one.facts if fact.district):
            yield f"{district}区域{ROLES['commander']}", self.commanders(district)
        for branch in dict.fromkeys(fact.branch for fact in one.facts if fact.branch):
            yield f"{branch}书记", self.roster.people("secretary", self.day, branch=branch)

    def commanders(self, district: str) -> tuple[str, ...]:
        return self.roster.people("commander", self.day, district=district)

    def signers(self, one: Letter) -> tuple[str, ...]:
        """Who may sign it: a commander where it concerns his district."""
        districts = dict.fromkeys(fact.district for fact in one.facts)
        found = (name for role in self.rules.letters.signers for district in districts
                 for name in self.roster.people(role, self.day, district=district))  # fmt: skip
        return tuple(dict.fromkeys(found))

    def told(self, one: Letter, now: datetime) -> Iterator[Notice]:
        """What a letter in this state calls for; told once, since each notice has its number."""
        if one.adopted or one.void or one.done_at:
            return
        due = now if one.urgent else notices.allowed_from(now, self.rules)
        kind, text = "", ""
        for kind, names, text in _words(one, self):
            for name in names:
                number = f"{one.name}·{kind}·{name}"
                yield Notice(number, kind, one.name, name, now, due, f"【{kind}】{one.name}", text)
        for post in self._vacant(one, now) if kind else ():
            number, reason = f"{one.name}·{kind}·{post}（缺）", f"没有{post}，请在组织架构里补上"
            yield Notice(number, kind, one.name, post, now, due, f"【{kind}】{one.name}", text, reason)

    def _vacant(self, one: Letter, now: datetime) -> Iterator[str]:
        """Posts that a letter in this state is for and that nobody holds; who went after its time is no matter."""
        if one.state == letters.DRAFT:
            if not self.signers(one):
                yield "、".join(ROLES[role] for role in self.rules.letters.signers)
            return
        if one.receivers if one.kind == RECORD else one.due is None or one.due < now:
            return
        if one.kind == LETTER and not self.roster.people("unit", self.day, unit=one.unit):
            yield f"{one.unit}{ROLES['unit']}"
        districts = [one.district] if one.kind == RECORD else [fact.district for fact in one.facts if fact.district]
        for district in dict.fromkeys(districts):
            if not self.commanders(district):
                yield f"{district}{ROLES['commander']}"


def _words(one: Letter, people: Addressees) -> Iterator[tuple[str, Iterable[str], str]]:
    """Kind, names and text of each notice."""
    if one.kind == RECORD and (one.number or not one.receivers):
        text = f"{one.name}：{len(one.facts)} 件较严重或者重复出现、未及时处理的问题，请予调度（方案五·3）。"
        yield "记录单", one.receivers, text
    elif one.kind == LETTER and one.number and one.due:
        until, what = f"{one.due:%Y-%m-%d %H:%M}", f"{one.name}：{one.unit}{len(one.facts)} 件问题限期整改"
        yield "督办", one.receivers, f"{what}，请于 {until} 前整改并书面回复（方案五·3）。"
        yield "督办", one.copies, f"抄送 {what}，回复期限 {until}。"
    elif one.state == letters.DRAFT:
        yield ASKED, people.signers(one), f"{one.name}：{len(one.facts)} 件问题的{one.label}等您签发。"


def sees(one: Person, letter: Letter) -> bool:
    """Whether a letter is his to read: all for who oversees all, a commander those about his district, others what was
    sent to them or to their unit."""
    if one.oversees or any(fact.district in one.districts for fact in letter.facts) or letter.district in one.districts:
        return True
    return bool(letter.number) and letter.kind == LETTER and (
        letter.unit in one.units or one.name in letter.receivers or one.name in letter.copies
    )  # fmt: skip


def may_sign(one: Person, rules: Rules, letter: Letter) -> bool:
    """Whether he holds, that day, a role that signs: as a commander only what concerns his district."""
    roles = one.roles & set(rules.letters.signers)
    return bool(roles - {"commander"}) or (
        "commander" in roles and any(fact.district in one.districts for fact in letter.facts)
    )
