"""Letters and records drafted: one 督办函 a unit and day, one 问题记录单 a commander and day, 重复督办 after the time
given (plan 五·3; the second letter is other places' practice, domain.md 3.1 b)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property

from sync.core.issues import life as lives
from sync.core.letters import letters
from sync.core.letters.addressees import ASKED, Addressees, carrying_notice
from sync.core.letters.letters import LETTER, RECORD, SERIOUS_FOUND, Fact, Letter
from sync.core.look.follow import Followed
from sync.core.look.letters.letter_rows import LettersIn
from sync.core.look.reading import Reading
from sync.core.memory import Failed
from sync.core.notices.notices import OF_LETTERS, WENT_OUT, Notice

LETTERS = "督办函"  # the queue of letters that fail
Letters = Mapping[str, Letter]  # by key


@dataclass(frozen=True)
class Drafted:
    """The letters as this look leaves them, by key; the notices that they call for; when to look again."""

    letters: Letters
    notices: tuple[Notice, ...] = ()
    wakes: tuple[datetime, ...] = ()
    failures: tuple[Failed, ...] = ()

    def called_off(self, notice: Notice) -> str:
        """Why a notice that asks for a signature, or tells of a letter that was made void, need not go out any more;
        empty where it is to go."""
        letter = self._of(notice)
        over = letter and (letter.void if notice.kind != ASKED else letter.state != letters.DRAFT)
        return f"这一封现在是「{letter.state}」" if letter and over else ""

    def since(self, notice: Notice) -> str:
        """What has become of a letter of which a notice tells; empty where nothing has."""
        letter = self._of(notice)
        if letter is None or letter.kind != LETTER:
            return ""
        at, words = (letter.done_at, "办结") if letter.done_at else (letter.answered_at, "回复")
        return f"已于 {at:%m-%d %H:%M} {words}" if at else ""

    def _of(self, notice: Notice) -> Letter | None:
        if notice.kind not in OF_LETTERS:
            return None
        return self.letters.get(notice.issue) or self._by_number.get(notice.issue)

    @cached_property
    def _by_number(self) -> Mapping[str, Letter]:
        return {letter.number: letter for letter in self.letters.values() if letter.number}


def draft(reading: Reading, followed: Mapping[str, Followed], intake: LettersIn) -> Drafted:
    """Drop what was mended, draft, repeat, record, finish: in this order."""
    if intake.blind:
        return Drafted({})
    after, told, failures = intake.letters, list[Notice](), list[Failed]()
    if "issues" in reading.layouts:
        drafting = Drafting(reading, followed, intake.addressees, failures.append)
        for step in (drafting.completed, drafting.tidied, drafting.drafted, drafting.repeated, drafting.recorded,
                     drafting.sent, drafting.delivered, drafting.finished):  # fmt: skip
            try:
                after = {**after, **step(after)}
            except Exception as error:  # letters never stop what else a look does
                failures.append(Failed(LETTERS, step.__name__, error))
    for letter in after.values():
        try:
            told += intake.addressees.told(letter, reading.now)
        except Exception as error:  # one letter never stops the rest
            failures.append(Failed(LETTERS, letter.name, error))
    return Drafted(after, tuple(told), (*intake.ahead, *_wakes(reading, after)), tuple(failures))


def _wakes(reading: Reading, after: Letters) -> Iterable[datetime]:
    now, before = reading.now, reading.memory.letters
    if any(before.get(key) != letter for key, letter in after.items()):
        yield now  # what follows from it (督办函号, points) is seen by another look
    for letter in after.values():
        if letter.due and letter.due >= now and not letter.done_at:
            yield letter.due + timedelta(seconds=1)
        if letter.kind == RECORD and not letter.number and now < (due := sending_hour(reading, letter)):
            yield due


def sending_hour(reading: Reading, record: Letter) -> datetime:
    """When a record goes to its commander."""
    day = record.day or record.drafted_at.date()
    return datetime.combine(day, time(reading.rules.letters.record_at), reading.zone)


@dataclass(frozen=True)
class Drafting:
    """Each step gives the letters that it changes or adds, by key."""

    reading: Reading
    followed: Mapping[str, Followed]
    addressees: Addressees
    failed: Callable[[Failed], None]

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """What is done with one letter: where it fails, the letter stays as it is and the others go on."""
        try:
            yield
        except Exception as error:
            self.failed(Failed(LETTERS, name, error))

    @property
    def day(self) -> date:
        return self.reading.now.date()

    @property
    def now(self) -> datetime:
        return self.reading.now.replace(microsecond=0)

    def completed(self, before: Letters) -> dict[str, Letter]:
        """Facts that were read off the sheet after the ledger was lost do not say which rule called for the letter."""
        changed = {}
        for key, letter in before.items():
            with self._alone(letter.name):
                if any(not fact.why for fact in letter.facts):
                    changed[key] = replace(letter, facts=tuple(self._completed(fact) for fact in letter.facts))
        return changed

    def _completed(self, fact: Fact) -> Fact:
        followed = self.followed.get(fact.number)
        return (followed and not fact.why and followed.fact) or fact

    def tidied(self, before: Letters) -> dict[str, Letter]:
        """A draft holds only what still calls for it; a row that is cut for a moment stays in it."""
        changed = {}
        for key, letter in before.items():
            with self._alone(letter.name):
                if letter.kind == LETTER and not letter.number and not letter.void and letter.facts:
                    facts = tuple(fact for fact in letter.facts if self._still(fact.number, letter, before))
                    if facts != letter.facts:
                        changed[key] = self.addressees.of(replace(letter, facts=facts))
        return changed

    def _still(self, rid: str, draft: Letter, before: Letters) -> bool:
        """Whether an issue stays in a draft: to be mended by its unit, in a second letter owed to the first."""
        followed = self.followed.get(rid)
        if followed is None:
            return not self.reading.is_gone("issues", rid)
        first = before.get(draft.follows)
        if first is not None:
            return self._owed(rid, first)
        return followed.life.running and followed.life.unit == draft.unit

    def drafted(self, before: Letters) -> dict[str, Letter]:
        """Issues that call for a letter and stand in none to their unit go into the day's draft of it; a unit that was
        written to today waits until tomorrow."""
        bound = {(fact.number, letter.unit) for letter in before.values() if letter.standing for fact in letter.facts}
        waiting: dict[str, list[Fact]] = {}
        for rid, followed in self.followed.items():
            if followed.fact and (rid, followed.life.unit) not in bound:
                waiting.setdefault(followed.life.unit, []).append(followed.fact)
        changed: dict[str, Letter] = {}
        for unit, facts in sorted(waiting.items()):
            with self._alone(unit):
                firsts = (letter for letter in before.values() if letter.unit == unit and not letter.follows)
                today = [letter for letter in firsts if not letter.void and letter.drafted_at.date() == self.day]
                if not any(letter.number for letter in today):
                    letter = self._with(today[0] if today else self._new(unit, before), facts)
                    changed[letter.key] = letter
        return changed

    def _with(self, letter: Letter, facts: Sequence[Fact]) -> Letter:
        together = sorted((*letter.facts, *facts), key=lambda fact: fact.number)
        return self.addressees.of(replace(letter, facts=tuple(together)))

    def _new(self, unit: str, taken: Iterable[str], mark: str = "") -> Letter:
        key = letters.key_of(self.day, unit, taken, mark)
        return Letter(key, LETTER, self.now, letters.head(self.reading.rules), (), unit=unit)

    def repeated(self, before: Letters) -> dict[str, Letter]:
        """The second letter: nobody answered by the time given, or did not mend."""
        standing = (letter for letter in before.values() if letter.standing and letter.state != letters.IDLE)
        followed_up = {letter.follows for letter in standing}
        changed: dict[str, Letter] = {}
        for letter in before.values():
            late = letter.due is not None and self.reading.now > letter.due and not letter.done_at
            if not late or letter.void or letter.key in followed_up:
                continue
            with self._alone(letter.name):
                owed = [fact for fact in letter.facts if self._owed(fact.number, letter)]
                if owed:
                    new = self._new(letter.unit, {**before, **changed}, "·重复")
                    second = self._with(replace(new, follows=letter.key, first=letter.number), owed)
                    changed[second.key] = second
        return changed

    def _owed(self, rid: str, letter: Letter) -> bool:
        """Whether an issue keeps a letter open past its time: not mended, or (nobody answered) not over yet."""
        followed = self.followed.get(rid)
        if followed is None or followed.life.unit != letter.unit:
            return False
        life = followed.life
        late = lives.is_late(life.state, life.deadline, self.reading.now)
        return late or (not letter.answered_at and life.state == lives.FIXED)

    # Records
    def recorded(self, before: Letters) -> dict[str, Letter]:
        """What is 严重, and what entered a letter, goes into the day's record for the commander (plan 五·3)."""
        records = (letter for letter in before.values() if letter.kind == RECORD)
        told = {(fact.number, why) for record in records for fact in record.facts for why in (fact.why, SERIOUS_FOUND)}
        changed: dict[str, Letter] = {}
        for fact in (*self._serious(), *self._written(before)):
            if fact.district and (fact.number, fact.why) not in told:
                with self._alone(fact.number):
                    record = self._noted(fact, {**before, **changed})
                    changed[record.key] = record
        return changed

    def _serious(self) -> Iterator[Fact]:
        """What is 严重 and began today, or after yesterday's record went out."""
        for followed in self.followed.values():
            fact = followed.serious
            if fact and fact.started and fact.started.date() >= self.day - timedelta(days=1):
                yield fact

    def _written(self, before: Letters) -> Iterator[Fact]:
        """What entered a first letter today."""
        for letter in before.values():
            first = letter.kind == LETTER and not letter.follows and not letter.adopted
            if first and letter.drafted_at.date() == self.day:
                yield from letter.facts

    def _noted(self, fact: Fact, before: Letters) -> Letter:
        """Into today's record, or tomorrow's once today's is out."""
        today = self._record(self.day, fact.district, before)
        record = self._record(self.day + timedelta(days=1), fact.district, before) if today.number else today
        others = (other for other in record.facts if other.number != fact.number)
        return replace(record, facts=tuple(sorted((*others, fact), key=lambda fact: fact.number)))

    def _record(self, day: date, district: str, before: Letters) -> Letter:
        key = f"记录·{day:%Y%m%d}·{district}"
        head = letters.head(self.reading.rules)
        return before.get(key) or Letter(key, RECORD, self.now, head, (), district=district, day=day)

    def sent(self, before: Letters) -> dict[str, Letter]:
        """Records go out at the hour of the rules to who is commander then, once there is one."""
        changed = {}
        for key, letter in before.items():
            if letter.kind == RECORD and not letter.number:
                with self._alone(letter.name):
                    changed[key] = self._sent(letter)
        return changed

    def _sent(self, record: Letter) -> Letter:
        names = self.addressees.commanders(record.district)
        record = replace(record, receivers=names, to=_to(record.district, names))
        if names and self.reading.now >= sending_hour(self.reading, record):
            record = replace(record, number=record.key, signed_at=self.now)
        return record

    def delivered(self, before: Letters) -> dict[str, Letter]:
        """Known to be with all its receivers, for good: a mail server took the mail, or they opened it themselves."""
        changed = {}
        for key, letter in before.items():
            with self._alone(letter.name):
                waits = letter.sent and letter.receivers and not letter.delivered_at
                if waits and all(self._has(letter, name) for name in letter.receivers):
                    changed[key] = replace(letter, delivered_at=self.now)
        return changed

    def _has(self, letter: Letter, name: str) -> bool:
        memory = self.reading.memory
        told = memory.notices.get(carrying_notice(letter, name))
        return (letter.key, name) in memory.opened or (told is not None and told.state in WENT_OUT)

    def finished(self, before: Letters) -> dict[str, Letter]:
        """Answered, and all its issues over: done, for good."""
        standing = (letter for letter in before.values() if letter.kind == LETTER and letter.number and not letter.void)
        changed = {}
        for letter in standing:
            with self._alone(letter.name):
                if letter.answered_at and not letter.done_at and all(self._over(fact.number) for fact in letter.facts):
                    changed[letter.key] = replace(letter, done_at=self.reading.now)
        return changed

    def _over(self, rid: str) -> bool:
        followed = self.followed.get(rid)
        return self.reading.is_gone("issues", rid) if followed is None else followed.life.state in lives.ENDED


def _to(district: str, names: Sequence[str]) -> str:
    return f"{district}区域指挥长{'、'.join(names)}"
