"""Letters and records drafted: one 督办函 a unit and day, one 问题记录单 a commander and day, 重复督办 after the time
given (plan 五·3; the second letter is other places' practice, domain.md 3.1 b)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from sync.core.issues import life as lives
from sync.core.letters import letters
from sync.core.letters.addressees import Addressees
from sync.core.letters.letters import LETTER, RECORD, Fact, Letter
from sync.core.look.follow import Followed
from sync.core.look.reading import Reading


@dataclass
class Drafting:
    """What a look adds to ``letters``, by key."""

    reading: Reading
    followed: Mapping[str, Followed]
    people: Addressees
    letters: dict[str, Letter]
    wakes: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules, self.now, self.day = self.reading.rules, self.reading.now, self.reading.now.date()

    def run(self) -> None:
        """Drop what was mended, draft, repeat, record, finish: in this order."""
        self._tidy()
        self._draft()
        self._repeat()
        self._record()
        self._finish()

    def _tidy(self) -> None:
        """A draft holds only what still calls for it; a row that is cut for a moment stays in it."""
        for key, one in self.letters.items():
            if one.kind == LETTER and not one.number and not one.void and one.facts:
                kept = tuple(fact for fact in one.facts if self._still(fact.number, one))
                if kept != one.facts:
                    self.letters[key] = self.people.of(replace(one, facts=kept))

    def _still(self, rid: str, draft: Letter) -> bool:
        """Whether an issue stays in a draft: to be mended by its unit, in a second letter owed to the first."""
        one = self.followed.get(rid)
        if one is None:
            return not self._gone(rid)
        before = self.letters.get(draft.follows)
        if before is not None:
            return self._owed(rid, before)
        return one.life.running and one.life.unit == draft.unit

    def _gone(self, rid: str) -> bool:
        known = self.reading.decision.known.get("issues", {}).get(rid)
        known = known or self.reading.memory.known.get("issues", {}).get(rid)
        return known is None or known.deleted

    def _draft(self) -> None:
        """Issues that call for a letter and stand in none to their unit go into the day's draft of it; a unit that was
        written to today waits until tomorrow."""
        bound = {(fact.number, one.unit) for one in self.letters.values() if one.standing for fact in one.facts}
        waiting: dict[str, list[Fact]] = {}
        for rid, one in self.followed.items():
            if one.fact and (rid, one.life.unit) not in bound:
                waiting.setdefault(one.life.unit, []).append(one.fact)
        for unit, facts in sorted(waiting.items()):
            today = [one for one in self.letters.values() if one.unit == unit and not one.follows and not one.void
                     and one.drafted_at.date() == self.day]  # fmt: skip
            if not any(one.number for one in today):
                self._add(today[0] if today else self._new(unit), facts)

    def _add(self, one: Letter, facts: list[Fact]) -> None:
        found = sorted((*one.facts, *facts), key=lambda fact: fact.number)
        self.letters[one.key] = self.people.of(replace(one, facts=tuple(found)))

    def _new(self, unit: str, mark: str = "") -> Letter:
        key = letters.key_of(self.day, unit, self.letters, mark)
        return Letter(key, LETTER, self.now.replace(microsecond=0), letters.head(self.rules), (), unit=unit)

    def _repeat(self) -> None:
        """The second letter: nobody answered by the time given, or did not mend."""
        followed_up = {one.follows for one in self.letters.values() if one.standing and one.state != letters.IDLE}
        for one in list(self.letters.values()):
            late = one.due is not None and self.now > one.due and not one.done_at
            if not late or one.void or one.key in followed_up:
                continue
            owed = [fact for fact in one.facts if self._owed(fact.number, one)]
            if owed:
                self._add(replace(self._new(one.unit, "·重复"), follows=one.key, first=one.number), owed)

    def _owed(self, rid: str, letter: Letter) -> bool:
        """Whether an issue keeps a letter open past its time: not mended, or (nobody answered) not over yet."""
        one = self.followed.get(rid)
        if one is None or one.life.unit != letter.unit:
            return False
        late = one.life.running and one.life.deadline is not None and self.now > one.life.deadline
        return late or (not letter.answered_at and one.life.state == lives.FIXED)

    # Records
    def _record(self) -> None:
        """What entered a letter goes into the day's record for the commander, sent at the hour of the rules."""
        told = {(fact.number, fact.why) for one in self.letters.values() if one.kind == RECORD for fact in one.facts}
        for one in list(self.letters.values()):
            if one.kind == LETTER and not one.adopted and one.drafted_at.date() == self.day:
                mark = f"重复督办，续{one.first}" if one.follows else ""
                shown = [replace(fact, why=mark or fact.why) for fact in one.facts if fact.district]
                for fact in (fact for fact in shown if (fact.number, fact.why) not in told):
                    self._note(fact)
        for key, one in self.letters.items():
            if one.kind == RECORD and not one.number:
                self._send(key, one)

    def _note(self, fact: Fact) -> None:
        """Into today's record, or tomorrow's once today's is out."""
        keys = [f"记录·{self.day + timedelta(days=ahead):%Y%m%d}·{fact.district}" for ahead in range(2)]
        key = next((key for key in keys if key not in self.letters or not self.letters[key].number), keys[-1])
        names = self.people.commanders(fact.district)
        one = self.letters.get(key) or Letter(
            key, RECORD, self.now.replace(microsecond=0), letters.head(self.rules), (), district=fact.district
        )
        found = sorted((*one.facts, fact), key=lambda fact: fact.number)
        self.letters[key] = replace(one, facts=tuple(found), to=_to(fact.district, names), receivers=names)

    def _send(self, key: str, one: Letter) -> None:
        day = datetime.strptime(key.split("·")[1], "%Y%m%d").date()  # noqa: DTZ007 - a day, as the key names it
        due = datetime.combine(day, time(self.rules.letters.record_at), self.reading.zone)
        names = self.people.commanders(one.district)
        if names and not one.receivers:
            one = replace(one, receivers=names, to=_to(one.district, names))
        if self.now >= due and one.receivers:
            one = replace(one, number=key, signed_at=self.now.replace(microsecond=0))
        self.letters[key] = one
        if self.now < due:
            self.wakes.append(due)

    def _finish(self) -> None:
        """Answered, and all its issues over: done, for good."""
        for key, one in self.letters.items():
            if one.kind == LETTER and one.number and one.answered_at and not one.void and not one.done_at:
                lived = [(fact.number, self.followed.get(fact.number)) for fact in one.facts]
                if all(self._gone(rid) if now is None else now.life.state in lives.ENDED for rid, now in lived):
                    self.letters[key] = replace(one, done_at=self.now)


def _to(district: str, names: tuple[str, ...]) -> str:
    return f"{district}区域指挥长{'、'.join(names)}"
