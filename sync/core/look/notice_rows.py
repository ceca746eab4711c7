"""通知记录: what was told, once each; what waits and is over by now is called off (DESIGN section 12, promise 2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.look.follow import Followed
from sync.core.look.leaving import months
from sync.core.look.letters.drafting import Drafted
from sync.core.look.reading import Reading
from sync.core.look.rebuilding import adoption, archive, recalling
from sync.core.memory import Sent
from sync.core.notices.notices import HANDED, MAIL, OFF, PENDING, UNSENT, WAITING, Notice
from sync.core.notices.outdated import ABOUT_NOW, OVERDUE, moot, since, with_since
from sync.core.rules.values import NOTICE_KINDS
from sync.core.sheet import plan

CELLS = "notice cells"  # kind of the memo
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Told:
    """``news``: notices that are new or stand otherwise now, by number; ``rows``: 通知记录 by number, None where the
    tab can't be read and the ledger was lost: better late than twice."""

    news: Mapping[str, Sent] = field(default_factory=dict)
    rows: Mapping[tuple[str, ...], Mapping[str, Any]] | None = None


def tell(reading: Reading, followed: Mapping[str, Followed], drafted: Drafted, notices: Iterable[Notice]) -> Told:
    """Notices that nobody was given yet go out; those that 通知记录 shows as sent are never sent again."""
    known, readable = reading.memory.notices, reading.readable("notices")
    if not known and not readable and (reading.adopted or reading.memory.stamps):  # at the second look they are stamped
        return Told()
    news = _adopted(reading) if readable and not known else {}
    called = {notice.number: notice for notice in notices}
    now_as = _Waiting(reading, followed, drafted, called)
    for number, sent in known.items():
        if sent.state in PENDING and (news_of := now_as.of(sent)) != sent:
            news[number] = news_of
    for number, notice in called.items():
        if number not in known and number not in news:
            sent = Sent(notice, UNSENT if notice.reason else WAITING, notice.reason)
            news[number] = now_as.of(sent)
    past = months.left(reading)
    standing = months.in_tab(reading, "notices") if past.until else frozenset()
    given = known, news, past, standing
    rows = reading.memo.result("notice rows", given, _rows, reading, {**known, **news}, past, standing)
    reading.memo.of(CELLS).keep_all()
    return Told(news, rows)


def mails_under_way(known: Mapping[str, Sent], news: Mapping[str, Sent]) -> dict[str, tuple[str, ...]]:
    """The numbers of the notices that may have been received, by the mail or message with which they go; ``news``: as
    ``Told``, in place of those ``known``."""
    by_mail: dict[str, list[str]] = defaultdict(list)
    for number, sent in {**known, **news}.items():
        if sent.mail:
            by_mail[sent.mail].append(number)
    return {mail: tuple(sorted(numbers)) for mail, numbers in by_mail.items()}


def _rows(
    reading: Reading, register: Mapping[str, Sent], past: months.Past, standing: Collection[tuple[str, ...]]
) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """What the live tab should hold: of months that have left only what still stands there (``standing``)."""
    there = (sent for number, sent in register.items() if not past.has(sent) or (number,) in standing)
    every = sorted(there, key=lambda sent: (sent.notice.time, sent.notice.number))
    numbers = [(sent.notice.number,) for sent in every]
    cells = reading.memo.of(CELLS).each(numbers, every, lambda n: _cells(every[n], reading.zone))
    return dict(zip(numbers, cells, strict=True))


def _adopted(reading: Reading) -> dict[str, Sent]:
    """After the ledger was lost: the register as it stands, with what has left for the tabs of the years."""
    register = dict[str, Sent]()
    live, tables = [("", reading.layouts["notices"], row) for row in reading.rows["notices"]], reading.tables
    for _, layout, row in (*live, *archive.rows_of(tables.tabs["notices"], tables.archives, reading.zone)):
        sent = adoption.read_notice(layout, row, reading.now, reading.rules)
        if sent and sent.notice.number not in register:
            register[sent.notice.number] = sent
    return register | _in_mails(register, recalling.mails(reading))


def _in_mails(register: Mapping[str, Sent], mails: Mapping[str, Sequence[str]]) -> dict[str, Sent]:
    """The notices that may have been received, each with its mail; ``mails``: numbers by mail. One of several people
    is none."""
    named = dict[str, Sent]()
    for mail, numbers in mails.items():
        group = [register[number] for number in numbers if number in register and register[number].state == HANDED]
        if len({sent.notice.to for sent in group}) == 1:
            named |= {sent.notice.number: replace(sent, mail=mail) for sent in group}
    return named


@dataclass(frozen=True)
class _Waiting:
    """What waits (for its hour, or for a mail server) as it stands now: what is over by now is not sent any more and
    says why, the rest says what is true now. ``called``: what this look calls for, by number."""

    reading: Reading
    followed: Mapping[str, Followed]
    drafted: Drafted
    called: Mapping[str, Notice]

    def of(self, sent: Sent) -> Sent:
        notice = sent.notice
        why = self._over(notice) or self.drafted.called_off(notice)
        if why:
            return Sent(notice, OFF, why)
        fresh = self.called.get(notice.number, notice)
        text = with_since(fresh.text, self._since(notice))
        if text == notice.text:
            return sent
        return replace(sent, notice=replace(notice, subject=fresh.subject, text=text))

    def _since(self, notice: Notice) -> str:
        issue = self.followed.get(notice.issue)
        return since(notice, issue.life, issue.turns) if issue else self.drafted.since(notice)

    def _over(self, notice: Notice) -> str:
        now = self.reading.now
        if notice.kind == NOTICE_KINDS["duty"] and notice.time.date() < now.date():
            return "过了当天，不再提醒"
        if notice.kind == NOTICE_KINDS["weekly"] and now - notice.time > WEEK:
            return "过了一周，看新的一期"
        issue = self.followed.get(notice.issue)
        return self._over_of(notice, issue, now) if issue and issue.life.state else ""

    def _over_of(self, notice: Notice, issue: Followed, now: datetime) -> str:
        if issue.stamps.joined and notice.kind in ABOUT_NOW:
            return f"并入 {issue.stamps.joined}"
        if why := moot(notice, issue.life, now):
            return why
        asks = notice.kind in ABOUT_NOW and (issue.life.running or notice.kind != OVERDUE)  # it was late: that is told
        mailed = notice.channel == MAIL and not notice.reason
        return f"这个问题现在不归{notice.to}管" if asks and mailed and notice.number not in self.called else ""


def _cells(sent: Sent, zone: ZoneInfo) -> dict[str, Any]:
    """The row that shows a notice."""
    notice = sent.notice
    return {
        "number": notice.number, "time": plan.to_raw(notice.time, zone), "to": notice.to, "channel": notice.channel,
        "kind": notice.kind, "issue": notice.issue, "text": notice.text, "state": sent.state, "reason": sent.reason,
    }  # fmt: skip
