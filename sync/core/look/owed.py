"""The duties of one look: what is owed now, whom to remind, the list for the weekly meeting, lines for the score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property

from sync.core.duties import duties, weekly
from sync.core.duties.duties import Done, Owed, Records
from sync.core.duties.weekly import IssueFact
from sync.core.issues.escalation import highest
from sync.core.issues.issues import Stamps
from sync.core.issues.life import RUNNING, SUSPENDED
from sync.core.look.follow import Followed
from sync.core.look.judging import Judged
from sync.core.look.people import People
from sync.core.look.reading import Reading
from sync.core.look.rebuilding.rebuild import PastPoints
from sync.core.memory import DUTIES, row_alone
from sync.core.notices import timing
from sync.core.notices.notices import Notice, accept_by
from sync.core.people.permissions import may_answer, people
from sync.core.people.roster import Roster
from sync.core.rules.conditions import PUBLIC
from sync.core.rules.values import NOTICE_KINDS
from sync.core.scores.lines import OF_DUTY, Group, Line, by_id
from sync.core.sheet.rows import Row

DISPATCH_LEVEL, DISPATCH_DAYS = 3, 3  # from which a superior should go there himself (definitions 3.4)
SEEN = "duties seen at issues"  # kind of the memo
BACK = timedelta(days=62)  # so far back a missing duty is still booked by a service that stood still


@dataclass(frozen=True)
class Duties:
    """``followed``: every issue as this look left it."""

    reading: Reading
    people: People
    judged: Judged
    followed: Mapping[str, Followed]
    past: PastPoints

    @property
    def roster(self) -> Roster:
        return self.people.roster

    @property
    def day(self) -> date:
        return self.reading.now.date()

    @property
    def monday(self) -> date:
        return self.day - timedelta(days=self.day.weekday())

    @cached_property
    def records(self) -> Records:
        """Read anew only when somebody recorded something, or an issue is stamped otherwise."""
        rows = self.reading.rows.get("duties", [])
        checked = [(row, self.judged.faulty("duties", row.rid)) for row in rows]
        issues, left = self.reading.rows.get("issues", []), self.reading.memory.noted
        reported = self.reading.memo.result("reported", (issues, self.followed), self._reported, issues)
        given = [(row.parsed, faulty) for row, faulty in checked], self.people.lasting, reported, left
        records = self.reading.memo.result("duty records", given, self._read, checked, reported)
        self.reading.memo.of("duty").keep(row.rid for row in rows)
        self.reading.memo.of(SEEN).keep_all()
        return records

    def _reported(self, issues: Sequence[Row]) -> dict[str, tuple[str, Stamps]]:
        """Who reported each issue, and its stamps."""
        reporters = {row.rid: row.parsed.cells.get("reporter", "") for row in issues}
        return {rid: (reporters.get(rid, ""), followed.issue.stamps) for rid, followed in self.followed.items()}

    def _read(self, checked: Sequence[tuple[Row, bool]], reported: Mapping[str, tuple[str, Stamps]]) -> Records:
        reading, given = self.reading, [*reported.values()]
        seen = reading.memo.of(SEEN).each([*reported], given, lambda n: duties.seen_at_issue(*given[n]))
        rows = (self.record(row, faulty) for row, faulty in checked)
        return Records(frozenset([*filter(None, seen), *filter(None, rows), *reading.memory.noted]))

    def record(self, row: Row, faulty: bool) -> Done | None:
        """What a row of 履职记录 records. Raises ``RowFailed``."""
        given = (self.people.lasting, row.parsed, faulty)
        with row_alone(row, DUTIES):
            return self.reading.memo.of("duty").result(row.rid, given, self._recorded, row, faulty)

    def _recorded(self, row: Row, faulty: bool) -> Done | None:
        heard = self.reading.mark("duties", row.rid, "heard")
        return duties.recorded(row, heard, faulty, self.roster, self.reading.rules)

    def due(self, first: date, last: date) -> list[Owed]:
        return duties.owed(self.reading.rules, self.roster, self.records, first, last)

    # Points
    @cached_property
    def booking(self) -> Mapping[Group, Mapping[str, Line]]:
        """All duty lines by month, those booked before included. Nothing new while a row that may show a duty done
        fails."""
        groups = self.past.of(OF_DUTY)
        booked = by_id(line for group in groups.values() for line in group.values())
        if not any(rule.points for rule in self.reading.rules.duties.owed) or self.reading.memory.aside:
            return duties.months(booked)
        sealed = {key: line for key, line in booked.items() if line.month in self.past.seals}
        now, since = self.reading.now, self.reading.memory.last_tick
        return duties.months({**duties.duty_lines(self._over(), self.reading.rules, booked, now, since), **sealed})

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for group in self.booking.values() for line in group.values())

    def _over(self) -> list[Owed]:
        """What was owed in periods that are over, worked out anew once a day or when the records are others."""
        given = (self.records, self.roster, self.reading.rules.hash, self.day)
        return self.reading.memo.result("duties owed", given, self.due, self.day - BACK, self.day)

    # Notices
    def notices(self) -> Iterator[Notice]:
        yield from self._reminders()
        yield from self._weekly()

    def wakes(self) -> list[datetime]:
        """The next hours at which somebody is to be told by the clock alone."""
        own = self.reading.rules.duties
        days = (self.day, self.day + timedelta(days=1))
        hours = (self._at(day, hour) for day in days for hour in (own.remind, own.meeting_hour))
        return [at for at in hours if at > self.reading.now]

    def _reminders(self) -> Iterator[Notice]:
        rules, now = self.reading.rules, self.reading.now
        if now < self._at(self.day, rules.duties.remind) or not self._told("duty"):
            return
        if timing.allowed_from(now, rules) > now:
            return  # tomorrow morning it would be about yesterday
        week = self.due(self.day, self.monday + timedelta(days=6))
        due = [duty for duty in week if duty.first <= self.day and duty.role in self._told("duty")]
        named = [self._named(duty) for duty in due]
        sent = timing.sent_with(self._at(self.day, rules.duties.remind), now, rules)
        at = sent if sent.date() == self.day else now
        for name, mine in duties.to_remind(named, rules, self.day).items():
            yield self._notice("duty", name, self.day, "履职提醒", duties.reminder(mine), at)

    def _named(self, duty: Owed) -> Owed:
        """What a whole office owes is told to all of it."""
        return duty if duty.names else replace(duty, names=self.roster.people(duty.role, self.day))

    def _weekly(self) -> Iterator[Notice]:
        rules, now = self.reading.rules, self.reading.now
        ready = self._at(weekly.meeting_day(rules, self.day), rules.duties.meeting_hour)
        if not now >= ready or self.day - ready.date() > timedelta(days=2):
            return
        monday = self.monday - timedelta(days=7)
        names = dict.fromkeys(name for role in sorted(self._told("weekly")) for name in self._people(role))
        if all(_number("weekly", name, monday) in self.reading.memory.notices for name in names):
            return  # told already: the list is long work
        if not any(followed.stamps.received.date() < self.monday for followed in self.followed.values()):
            return  # nothing was there yet
        unseen = weekly.unseen(self.roster, self.records, self.day)
        due = self.due(monday, monday + timedelta(days=6))
        told = weekly.week(self.facts(), due, unseen, monday, now, self.records)
        for name in names:
            at = timing.sent_with(ready, now, rules)
            yield self._notice("weekly", name, monday, f"每周例会清单　{told.title}", told.text, at)

    def _people(self, role: str) -> tuple[str, ...]:
        return self.roster.people(role, self.day) if role in ("standards_office", "office") else ()

    def _told(self, event: str) -> frozenset[str]:
        return frozenset(role for rule in self.reading.rules.notices.send if rule.event == event for role in rule.to)

    def _notice(self, event: str, name: str, day: date, subject: str, text: str, due: datetime) -> Notice:
        kind, number = NOTICE_KINDS[event], _number(event, name, day)
        return Notice(number, kind, "", name, self.reading.now, due, f"【{kind}】{subject}"[:120], text)

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.reading.zone)

    def facts(self) -> Iterator[IssueFact]:
        """Where every issue stands that has a clock or waits for one, for the weekly list."""
        for rid, followed in self.followed.items():
            stamps, life = followed.stamps, followed.life
            started = stamps.start.started if stamps.start else None
            public = followed.issue.source == PUBLIC and bool(life.state)
            until = accept_by(stamps.received, self.reading.rules) if public else None
            if started is None and until is None:
                continue
            yield IssueFact(rid, stamps.street, stamps.branch, stamps.district, life.unit, started, life.state,
                       None if stamps.joined else life.deadline, life.closed_at, life.missed, until,
                       stamps.accepted or stamps.voided, tuple(self._dispatch(rid, followed)),
                       tuple(self._silent(followed)),
                       followed.late_words(self.reading.rules, self.reading.now, in_hours=False))  # fmt: skip

    def _dispatch(self, rid: str, followed: Followed) -> Iterator[str]:
        """Why a superior should go there himself: what the ordinary way did not settle (plan 五·2, definitions 3.4)."""
        life, stamps = followed.life, followed.stamps
        if life.state == SUSPENDED and life.resume is None:
            yield "挂账没有期限"
        if life.state not in (*RUNNING, SUSPENDED):
            return
        if (level := highest(stamps.levels)) >= DISPATCH_LEVEL:
            yield f"升到第{level}级"
        if rid in self._refused_transfers:
            yield "移交没有同意"
        if (times := sum(ask.kind == "移交" for ask in stamps.taken)) > 1:
            yield f"移交{times}次"
        if followed.issue.seen_days >= DISPATCH_DAYS:
            yield f"督查{followed.issue.seen_days}天都看到"

    @cached_property
    def _refused_transfers(self) -> frozenset[str]:
        rows = [row for row in self.reading.rows.get("requests", ()) if row.cells.get("kind") == "移交"]
        refused = (row for row in rows if row.cells.get("answer") == "不同意")
        return frozenset(row.cells.get("issue", "") for row in refused if not self.judged.faulty("requests", row.rid))

    def _silent(self, followed: Followed) -> Iterator[tuple[str, datetime]]:
        """Who let the time for his answer to what was reported up go by, and until when he had."""
        for turn in followed.turns:
            if turn.answered is None and turn.until < self.reading.now:
                for name in self._superiors(turn.role, followed, turn.until.date()):
                    yield name, turn.until

    def _superiors(self, role: str, followed: Followed, day: date) -> Iterator[str]:
        """Those who hold the role over an issue that day."""
        for holder in people(self.roster, day):
            if role in holder.roles and may_answer(holder, (role,), followed.area):
                yield holder.name


def _number(event: str, name: str, day: date) -> str:
    return f"{NOTICE_KINDS[event]}·{day:%Y%m%d}·{name}"
