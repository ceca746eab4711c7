"""Who is responsible for each street from which day on, written down at this look; and names that were typed over
街路长 without 人员调整 (definitions 5.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from sync.core.issues.issues import Stamps
from sync.core.look.people import People, with_scopes
from sync.core.look.reading import Reading
from sync.core.look.rebuilding import adoption
from sync.core.look.rebuilding.rebuild import Rebuilt
from sync.core.notices import timing
from sync.core.notices.notices import TYPED_OVER, Notice
from sync.core.people.days import Days
from sync.core.people.recording import Evidence, Recording, TypedOver, typed_over
from sync.core.scores.lines import first_day, month_of
from sync.core.scores.seal import next_month

ITEM = "未经支部、指挥长同意的街路长"


def with_days(people: People, rebuilt: Rebuilt) -> People:
    """The people, with who was responsible written down up to this look; where no workbook is read, as it was known."""
    reading, roster = rebuilt.reading, people.roster
    if not reading.tables.seen:
        return people
    today, last = reading.now.date(), reading.memory.last_tick
    stamps = list(_stamps(people, rebuilt))
    opens = _opens(rebuilt, stamps, today)
    begins = any(street.name not in roster.days for street in roster.streets)
    evidence = _evidence(stamps) if begins else {}
    lost = last is None and bool(reading.adopted) and not reading.memory.days
    given = (roster, reading.rules.hash, today, last and last.date(), opens, evidence, lost)
    recording = Recording(roster, reading.rules.calendar, today, last.date() if last else None, opens, evidence, lost)
    days: Days = reading.memo.result("days", given, recording.days)
    written = roster if days == roster.days else replace(roster, days=days)
    return with_scopes(replace(people, roster=written), reading)


def _opens(rebuilt: Rebuilt, stamps: Iterable[Stamps], today: date) -> date:
    """The first day that is in no sealed month; where none is sealed, of the month in which the first issue came."""
    if sealed := rebuilt.past.seals:
        return min(first_day(next_month(max(sealed))), today.replace(day=1))
    received = min((each.received.date() for each in stamps), default=today)
    return min(received, today).replace(day=1)


def _stamps(people: People, rebuilt: Rebuilt) -> Iterator[Stamps]:
    """Those of all issues before this look, after the ledger was lost as the sheets show them."""
    reading = rebuilt.reading
    yield from (stamps for stamps in (*reading.memory.stamps.values(), *rebuilt.stamps.values()) if stamps.street)
    for row in reading.rows.get("issues", ()) if reading.adopted else ():
        if row.rid in reading.adopted and row.rid not in reading.memory.stamps:
            layout = reading.layouts["issues"]
            stamps = adoption.read_stamps(layout, row, reading.rules, reading.now, people.roster)
            if stamps and stamps.street:
                yield stamps


def _evidence(stamps: Iterable[Stamps]) -> Evidence:
    """Which chief the issues of each street were stamped with, in the order of days."""
    chiefs: dict[str, dict[date, str]] = defaultdict(dict)
    for each in stamps:
        if each.chief:
            chiefs[each.street][each.received.date()] = each.chief
    return {street: sorted(by_day.items()) for street, by_day in chiefs.items()}


def is_rebuilt(days: Days, month: str) -> bool:
    """Whether days of the month were worked out again after the ledger was lost."""
    rebuilt = (care for cares in days.values() for care in cares if care.rebuilt)
    return any(month_of(care.since) <= month <= month_of(care.written) for care in rebuilt)


# Names typed over
def unagreed(reading: Reading, people: People) -> list[TypedOver]:
    return list(typed_over(people.roster, reading.now.date(), reading.rules.calendar))


def sentence(change: TypedOver) -> str:
    before, name = change.before or "空着", change.name or "空着"
    return (
        f"{change.street.name}：街路名册里街路长由「{before}」改成「{name}」，从 {change.since:%Y-%m-%d} 起算，"
        "未经支部、指挥长同意"
    )


def status(changes: list[TypedOver]) -> dict[str, str]:
    """运行状态: those that nobody agreed to."""
    if not changes:
        return {}
    return {ITEM: f"{'；'.join(map(sentence, changes))}。请补一行「人员调整」，支部和指挥长都填同意；改错的请改回来。"}


def tell_at_once(reading: Reading, people: People) -> Iterator[Notice]:
    """To the standards office, the secretary of the branch and the commander of the district."""
    for change in (change for change in unagreed(reading, people) if not change.rebuilt):
        street, day = change.street, reading.now.date()
        names = [
            name
            for role in ("standards_office", "secretary", "commander")
            for name in people.roster.people(role, day, branch=street.branch, district=street.district)
        ]
        for name in dict.fromkeys(names):
            yield _notice(reading, change, name, reading.now)


def _notice(reading: Reading, change: TypedOver, to: str, now: datetime) -> Notice:
    number = f"{change.street.name}·{TYPED_OVER}·{change.name or '空'}{change.since:%Y%m%d}·{to}"
    text = f"{sentence(change)}。同意的，请补一行「人员调整」；不同意的，请在名册里改回来。（方案附注2）"
    subject = f"【{TYPED_OVER}】{change.street.name}"
    return Notice(number, TYPED_OVER, "", to, now, timing.allowed_from(now, reading.rules), subject, text)
