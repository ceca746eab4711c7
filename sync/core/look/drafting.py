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
        for key, letter in self.letters.items():
            if letter.kind == LETTER and not letter.number and not letter.void and letter.facts:
                facts = tuple(fact for fact in letter.facts if self._still(fact.number, letter))
                if facts != letter.facts:
                    self.letters[key] = self.people.of(replace(letter, facts=facts))

    def _still(self, rid: str, draft: Letter) -> bool:
        """Whether an issue stays in a draft: to be mended by its unit, in a second letter owed to the first."""
        followed = self.followed.get(rid)
        if followed is None:
            return not self._gone(rid)
        before = self.letters.get(draft.follows)
        if before is not None:
            return self._owed(rid, before)
        return followed.life.running and followed.life.unit == draft.unit

    def _gone(self, rid: str) -> bool:
        known = self.reading.decision.known.get("issues", {}).get(rid)
        known = known or self.reading.memory.known.get("issues", {}).get(rid)
        return known is None or known.deleted

    def _draft(self) -> None:
        """Issues that call for a letter and stand in none to their unit go into the day's draft of it; a unit that was
        written to today waits until tomorrow."""
        bound = {
            (fact.number, letter.unit) for letter in self.letters.values() if letter.standing for fact in letter.facts
        }
        waiting: dict[str, list[Fact]] = {}
        for rid, followed in self.followed.items():
            if followed.fact and (rid, followed.life.unit) not in bound:
                waiting.setdefault(followed.life.unit, []).append(followed.fact)
        for unit, facts in sorted(waiting.items()):
            first_ones = (letter for letter in self.letters.values() if letter.unit == unit and not letter.follows)
            today = [letter for letter in first_ones if not letter.void and letter.drafted_at.date() == self.day]
            if not any(letter.number for letter in today):
                self._add(today[0] if today else self._new(unit), facts)

    def _add(self, letter: Letter, facts: list[Fact]) -> None:
        all_facts = sorted((*letter.facts, *facts), key=lambda fact: fact.number)
        self.letters[letter.key] = self.people.of(replace(letter, facts=tuple(all_facts)))

    def _new(self, unit: str, mark: str = "") -> Letter:
        key = letters.key_of(self.day, unit, self.letters, mark)
        return Letter(key, LETTER, self.now.replace(microsecond=0), letters.head(self.rules), (), unit=unit)

    def _repeat(self) -> None:
        """The second letter: nobody answered by the time given, or did not mend."""
        followed_up = {
            letter.follows for letter in self.letters.values() if letter.standing and letter.state != letters.IDLE
        }
        for letter in list(self.letters.values()):
            late = letter.due is not None and self.now > letter.due and not letter.done_at
            if not late or letter.void or letter.key in followed_up:
                continue
            owed = [fact for fact in letter.facts if self._owed(fact.number, letter)]
            if owed:
                self._add(replace(self._new(letter.unit, "·重复"), follows=letter.key, first=letter.number), owed)

    def _owed(self, rid: str, letter: Letter) -> bool:
        """Whether an issue keeps a letter open past its time: not mended, or (nobody answered) not over yet."""
        followed = self.followed.get(rid)
        if followed is None or followed.life.unit != letter.unit:
            return False
        late = followed.life.running and followed.life.deadline is not None and self.now > followed.life.deadline
        return late or (not letter.answered_at and followed.life.state == lives.FIXED)

    # Records
    def _record(self) -> None:
        """What entered a letter goes into the day's record for the commander, sent at the hour of the rules."""
        told = {
            (fact.number, fact.why)
            for letter in self.letters.values()
            if letter.kind == RECORD
            for fact in letter.facts
        }
        for letter in list(self.letters.values()):
            if letter.kind == LETTER and not letter.adopted and letter.drafted_at.date() == self.day:
                mark = f"重复督办，续{letter.first}" if letter.follows else ""
                shown = [replace(fact, why=mark or fact.why) for fact in letter.facts if fact.district]
                for fact in (fact for fact in shown if (fact.number, fact.why) not in told):
                    self._note(fact)
        for key, letter in self.letters.items():
            if letter.kind == RECORD and not letter.number:
                self._send(key, letter)

    def _note(self, fact: Fact) -> None:
        """Into today's record, or tomorrow's once today's is out."""
        keys = [f"记录·{self.day + timedelta(days=ahead):%Y%m%d}·{fact.district}" for ahead in range(2)]
        key = next((key for key in keys if key not in self.letters or not self.letters[key].number), keys[-1])
        names = self.people.commanders(fact.district)
        record = self.letters.get(key) or Letter(
            key, RECORD, self.now.replace(microsecond=0), letters.head(self.rules), (), district=fact.district
        )
        facts = sorted((*record.facts, fact), key=lambda fact: fact.number)
        self.letters[key] = replace(record, facts=tuple(facts), to=_to(fact.district, names), receivers=names)

    def _send(self, key: str, record: Letter) -> None:
        day = datetime.strptime(key.split("·")[1], "%Y%m%d").date()  # noqa: DTZ007 - a day, as the key names it
        due = datetime.combine(day, time(self.rules.letters.record_at), self.reading.zone)
        names = self.people.commanders(record.district)
        if names and not record.receivers:
            record = replace(record, receivers=names, to=_to(record.district, names))
        if self.now >= due and record.receivers:
            record = replace(record, number=key, signed_at=self.now.replace(microsecond=0))
        self.letters[key] = record
        if self.now < due:
            self.wakes.append(due)

    def _finish(self) -> None:
        """Answered, and all its issues over: done, for good."""
        for key, letter in self.letters.items():
            if (
                letter.kind == LETTER
                and letter.number
                and letter.answered_at
                and not letter.void
                and not letter.done_at
            ):
                lived = [(fact.number, self.followed.get(fact.number)) for fact in letter.facts]
                if all(self._gone(rid) if now is None else now.life.state in lives.ENDED for rid, now in lived):
                    self.letters[key] = replace(letter, done_at=self.now)


def _to(district: str, names: tuple[str, ...]) -> str:
    return f"{district}区域指挥长{'、'.join(names)}"
