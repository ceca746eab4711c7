"""The duties of one look: what is owed now, whom to remind, the list for the weekly meeting, lines for the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import chain

from sync.core.duties import duties, weekly
from sync.core.duties.duties import Owed, Records
from sync.core.duties.weekly import Fact
from sync.core.look.follow import Followed
from sync.core.look.reading import Reading
from sync.core.memory import same_items
from sync.core.notices import notices
from sync.core.notices.notices import Notice
from sync.core.people.roster import Roster
from sync.core.scores.scores import Line
from sync.core.sheet.rows import Row

BACK = timedelta(days=62)  # so far back a missing duty is still booked by a service that stood still


@dataclass
class Rounds:
    """``followed``: every issue as this look left it."""

    reading: Reading
    roster: Roster
    followed: Mapping[str, Followed]

    def __post_init__(self) -> None:
        self.rules, self.now = self.reading.rules, self.reading.now
        self.day = self.now.date()

    @cached_property
    def records(self) -> Records:
        """Read anew only when somebody recorded something, or an issue came to something else."""
        rows = self.reading.rows.get("duties", [])
        given = (*(row.parsed for row in rows), self.roster, *self.followed.values())
        memo = self.reading.memory.memo
        if memo.duties is None or not same_items(memo.duties[0], given):
            memo.duties = (given, self._read(rows))
        records: Records = memo.duties[1]
        return records

    def _read(self, rows: list[Row]) -> Records:
        issues = {row.rid: row.cells.get("reporter", "") for row in self.reading.rows.get("issues", [])}
        seen = ((issues.get(rid, ""), followed.stamps) for rid, followed in self.followed.items())
        return duties.records(rows, seen, self.roster, self.rules, self._heard)

    def _heard(self, tab: str, rid: str) -> datetime:
        return self.reading.mark(tab, rid, "heard")

    def due(self, first: date, last: date) -> list[Owed]:
        return duties.owed(self.rules, self.roster, self.records, first, last)

    @property
    def monday(self) -> date:
        return self.day - timedelta(days=self.day.weekday())

    # Points
    def lines(self) -> list[Line]:
        """All duty lines, those booked before included; new ones are handed to the ledger."""
        groups = {key: group for key, group in self.reading.booked.items() if key.startswith(duties.LINES)}
        booked = {line.id: line for line in chain.from_iterable(group.values() for group in groups.values())}
        since, closed = self.reading.memory.last_tick, self.reading.memory.closings
        sealed = {key: line for key, line in booked.items() if line.month in closed}
        lines = booked
        if self._charged:
            lines = {**duties.lines(self._over(), self.rules, booked, self.now, since), **sealed}
        for key, group in duties.months(lines).items():
            if group != groups.get(key):
                self.reading.decision.lines[key] = group
        return list(lines.values())

    def _over(self) -> list[Owed]:
        """What was owed in periods that are over, worked out anew once a day or when the records are others."""
        memo = self.reading.memory.memo
        key = (self.records, self.rules.hash, self.day)
        if memo.owed is None or memo.owed[0] != key:
            memo.owed = (key, self.due(self.day - BACK, self.day))
        owed: list[Owed] = memo.owed[1]
        return owed

    @property
    def _charged(self) -> bool:
        return any(rule.points for rule in self.rules.duties.owed)

    # Notices
    def notices(self) -> Iterator[Notice]:
        yield from self._reminders()
        yield from self._weekly()

    def wakes(self) -> list[datetime]:
        """The next hours at which somebody is to be told by the clock alone."""
        hours = (self.rules.duties.remind, self.rules.duties.meeting_hour)
        days = (self.day, self.day + timedelta(days=1))
        return [at for at in (self._at(day, hour) for day in days for hour in hours) if at > self.now]

    def _reminders(self) -> Iterator[Notice]:
        if self.now < self._at(self.day, self.rules.duties.remind) or not self._told("duty"):
            return
        if notices.allowed_from(self.now, self.rules) > self.now:
            return  # tomorrow morning it would be about yesterday
        week = self.due(self.day, self.monday + timedelta(days=6))
        due = [duty for duty in week if duty.first <= self.day and duty.role in self._told("duty")]
        named = [self._named(duty) for duty in due]
        for name, mine in duties.to_remind(named, self.rules, self.day).items():
            yield self._notice("duty", name, self.day, "履职提醒", duties.reminder(mine))

    def _named(self, duty: Owed) -> Owed:
        """What a whole office owes is told to all of it."""
        if duty.names:
            return duty
        return replace(duty, names=self.roster.people(duty.role, self.day))

    def _weekly(self) -> Iterator[Notice]:
        ready = self._at(weekly.meeting_day(self.rules, self.day), self.rules.duties.meeting_hour)
        if not self.now >= ready or self.day - ready.date() > timedelta(days=2):
            return
        monday = self.monday - timedelta(days=7)
        names = dict.fromkeys(name for role in sorted(self._told("weekly")) for name in self._people(role))
        if all(self._number("weekly", name, monday) in self.reading.memory.notices for name in names):
            return  # told already: the list is long work
        if not any(stamps.received.date() < self.monday for stamps in (f.stamps for f in self.followed.values())):
            return  # nothing was there yet
        unseen = weekly.unseen(self.roster, self.records, self.day)
        due = self.due(monday, monday + timedelta(days=6))
        told = weekly.week(self.facts(), due, unseen, monday, self.now, self.records)
        for name in names:
            yield self._notice("weekly", name, monday, f"每周例会清单　{told.title}", told.text)

    def _people(self, role: str) -> tuple[str, ...]:
        return self.roster.people(role, self.day) if role in ("standards_office", "office") else ()

    def _told(self, event: str) -> frozenset[str]:
        return frozenset(role for rule in self.rules.notices.send if rule.event == event for role in rule.to)

    @staticmethod
    def _number(event: str, name: str, day: date) -> str:
        return f"{notices.KINDS[event]}·{day:%Y%m%d}·{name}"

    def _notice(self, event: str, name: str, day: date, subject: str, text: str) -> Notice:
        kind = notices.KINDS[event]
        due = notices.allowed_from(self.now, self.rules)
        number = self._number(event, name, day)
        return Notice(number, kind, "", name, self.now, due, f"【{kind}】{subject}"[:120], text)

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.rules.bureau.zone)

    def facts(self) -> Iterator[Fact]:
        for rid, followed in self.followed.items():
            stamps, life = followed.stamps, followed.life
            started = stamps.start.started if stamps.start else None
            yield Fact(rid, stamps.street, stamps.branch, stamps.district, life.unit, started, life.state,
                       life.deadline, life.closed_at, life.missed)  # fmt: skip
