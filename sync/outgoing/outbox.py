"""Mails the notices that are due, apart from the tick: one digest a person, one line a problem, retried with growing
gaps.

No notice is missing: it stays in the ledger until the mail server accepted it. Which notices share a mail is fixed
before it is sent, so that a repeat after a crash is the same mail with the same Message-ID (DESIGN section 12, 2).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from html import escape
from urllib.parse import quote

from sync.core.notices.notices import FAILED, HANDED, MAIL, OFF, PENDING, UNSENT, WAITING, Notice, spared
from sync.core.notices.problems import by_problem, line
from sync.core.rules.section_links import BOT_KINDS
from sync.core.rules.values import NOTICE_KINDS
from sync.guard import GAPS, Guard
from sync.ledger.ledger import Ledger, QueuedNotice, SentMail
from sync.ledger.sent.preferences import Preferences
from sync.outgoing.mail import Connection, Failure, Mailer
from sync.outgoing.mail_text import Message
from sync.outgoing.mailbox import DemoMailbox

MOST_TRIES = 10
Attachments = tuple[tuple[str, bytes], ...]
MOST_A_DAY = 5  # mails to a person, but for danger
MOST_WRITTEN = 50  # problems of one mail that are written out; of more the numbers stand there
QUEUE = "邮件"
UNSET = "邮箱未配置"
FOOT = "这封邮件由街路长台账自动发出。问题整改并反馈后不会再提醒；不用回复本邮件。"


@dataclass
class Delivery:
    """What became of notices: how many of each, and why some were not sent."""

    sent: int = 0
    failed: int = 0  # for good
    later: int = 0  # waiting for another try
    unsent: int = 0  # can't be sent as things are
    reasons: list[str] = field(default_factory=list)

    def __add__(self, other: Delivery) -> Delivery:
        numbers = (self.sent + other.sent, self.failed + other.failed, self.later + other.later)
        return Delivery(*numbers, self.unsent + other.unsent, [*self.reasons, *other.reasons])


def deliver(
    ledger: Ledger,
    mailer: Mailer | DemoMailbox | None,
    now: datetime,
    *,
    digest: bool = True,
    hours: Sequence[datetime] | None = None,
    link: str = "",
    asked: Container[str] = tuple(NOTICE_KINDS.values()),
    attachments: Callable[[Notice], Attachments] = lambda _: (),
    tries: int = MOST_TRIES,
) -> Delivery:
    """Send every mail that is due at ``now``.

    ``mailer`` None: no server is configured, which each notice then says. ``digest``: several notices in one mail.
    ``hours``: the sending hours of today (None: any), by which ``MOST_A_DAY`` is kept.
    ``link``: our address, at a mail's end and before its numbers. ``asked``: kinds that nobody can do without.
    ``tries``: after how many a mail that fails in an unforeseen way is given up.
    """
    done, guard = Delivery(), Guard(ledger, tries, now)
    waiting = ledger.waiting(now, (WAITING,) if mailer is None else (*PENDING, HANDED))
    waiting = [queued for queued in waiting if queued.notice.channel not in BOT_KINDS]
    addresses = ledger.current().addresses
    sendable = [queued for queued in waiting if not queued.notice.reason]
    done.unsent += len(waiting) - len(sendable)
    sendable = _by_mail(ledger, sendable, asked, now, done)
    if mailer is None:
        hold(ledger, sendable, UNSET, done)
        return done
    nowhere = [queued for queued in sendable if queued.notice.to not in addresses]
    for name, group in _by_name(nowhere).items():
        hold(ledger, group, f"组织架构里没有{name}的邮箱", done)
    going = [queued for queued in sendable if queued.notice.to in addresses]
    if hours is not None:
        going = _in_measure(going, ledger.mailed(now), now, hours)
    batches = _batches(ledger, going, digest)
    if batches:
        _send_all(ledger, mailer, batches, addresses, now, link, done, attachments, guard)
    return done


def _in_measure(
    waiting: Sequence[QueuedNotice], sent: Mapping[str, int], now: datetime, hours: Sequence[datetime]
) -> list[QueuedNotice]:
    """Without those that wait for a later mail of today, so that nobody gets more than ``MOST_A_DAY``."""
    going = [queued for queued in waiting if queued.batch]
    passed = sum(hour <= now for hour in hours)
    morning = passed == 0  # before the first hour nothing of yesterday goes
    fresh = [queued for queued in waiting if not queued.batch and not (morning and _of_before(queued.notice, now))]
    for name, group in _by_name(fresh).items():
        danger = [queued for queued in group if queued.notice.danger]
        others = [queued.notice for queued in group if not queued.notice.danger]
        beside = bool(danger) and 0 < passed < len(hours)  # a mail goes by day anyhow
        going += group if beside or _goes(others, sent.get(name, 0), now, hours) else danger
    return going


def _of_before(notice: Notice, now: datetime) -> bool:
    """Whether it was to go on a day before."""
    return notice.due.astimezone(now.tzinfo).date() < now.date()


def _goes(group: Sequence[Notice], sent: int, now: datetime, hours: Sequence[datetime]) -> bool:
    """Whether a mail goes now to somebody who got ``sent`` mails today. The last is kept for the last sending hour; at
    those between only as many went as there were hours, so that there is room for what can't wait."""
    passed = sum(hour <= now for hour in hours)
    if hours and passed == len(hours):
        return sent < MOST_A_DAY
    at_once = any(notice.due not in hours for notice in group if not _of_before(notice, now))
    return sent < (MOST_A_DAY - 1 if at_once or passed == 1 else passed)


def _by_mail(
    ledger: Ledger, waiting: Sequence[QueuedNotice], asked: Container[str], now: datetime, done: Delivery
) -> list[QueuedNotice]:
    """Those that go by mail now; one whose receiver prefers another channel is settled, or waits."""
    wishes = Preferences(ledger).all()
    groups = _groups(ledger) if wishes else {}
    wished = []
    for queued in waiting:
        wish = MAIL if queued.state == HANDED else wishes.get((queued.notice.to, queued.notice.kind), MAIL)
        reason = spared(queued.notice, wish, asked, groups.get(queued.notice.occasion, {}), now)
        if reason is None:
            wished.append(queued)
        elif reason:
            ledger.settle([queued.notice.number], OFF, reason)
        else:
            done.later += 1
    return wished


def _groups(ledger: Ledger) -> Mapping[tuple[str, str, str], dict[str, str]]:
    """The states of the groups' notices: by occasion, then by group."""
    groups: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for sent in ledger.current().notices.values():
        if sent.notice.channel in BOT_KINDS:
            groups[sent.notice.occasion][sent.notice.to] = sent.state
    return groups


def hold(ledger: Ledger, group: Sequence[QueuedNotice], reason: str, done: Delivery) -> None:
    """Settle notices that can't be sent as things are, with the reason."""
    if group:
        ledger.settle([queued.notice.number for queued in group], UNSENT, reason)
        done.unsent += len(group)
        done.reasons.append(reason)


def _by_name(group: Sequence[QueuedNotice]) -> Mapping[str, list[QueuedNotice]]:
    by_name: dict[str, list[QueuedNotice]] = defaultdict(list)
    for queued in group:
        by_name[queued.notice.to].append(queued)
    return by_name


def _batches(ledger: Ledger, waiting: Sequence[QueuedNotice], digest: bool) -> dict[str, list[QueuedNotice]]:
    """Notices by the mail that they go with: those put together before stay so, the others are put together now."""
    batches: dict[str, list[QueuedNotice]] = defaultdict(list)
    made: dict[str, list[str]] = {}
    for queued in waiting:
        if queued.batch:
            batches[queued.batch].append(queued)
    fresh = [queued for queued in waiting if not queued.batch]
    handed = [queued for queued in fresh if queued.state == HANDED]  # before the ledger was lost: the same mail again
    others = [queued for queued in fresh if queued.state != HANDED]
    for group in (*_by_name(handed).values(), *_by_name(others).values()):
        size = len(group) if digest else 1
        for start in range(0, len(group), size):
            part = group[start : start + size]
            numbers = [queued.notice.number for queued in part]
            batch = hashlib.sha256("\n".join(numbers).encode()).hexdigest()[:32]
            made[batch], batches[batch] = numbers, part
    ledger.batch(made)
    return dict(batches)


def _send_all(
    ledger: Ledger,
    mailer: Mailer | DemoMailbox,
    batches: Mapping[str, list[QueuedNotice]],
    addresses: Mapping[str, str],
    now: datetime,
    link: str,
    done: Delivery,
    attachments: Callable[[Notice], Attachments],
    guard: Guard,
) -> None:
    left = dict(batches)

    def send(batch: str, group: list[QueuedNotice]) -> None:
        files = tuple(dict(file for queued in group for file in attachments(queued.notice)).items())
        to = addresses[group[0].notice.to]
        _send_batch(ledger, server, batch, group, to, now, link, done, files)

    try:
        with mailer.open() as server:
            for batch, group in batches.items():
                first = group[0].notice
                give_up = partial(fail, ledger, group, done)
                guard.handle(QUEUE, f"{first.to} {batch[:8]}", partial(send, batch, group), give_up, (Failure,))
                del left[batch]
    except Failure as failure:  # no connection, or too fast: all that are left wait, those after the first untried
        untried = Failure(str(failure), stops=True)
        for number, group in enumerate(left.values()):
            later(ledger, group, untried if number else failure, now, done)


def _send_batch(
    ledger: Ledger,
    server: Connection | DemoMailbox,
    batch: str,
    group: list[QueuedNotice],
    to: str,
    now: datetime,
    link: str,
    done: Delivery,
    files: Attachments,
) -> None:
    numbers = [queued.notice.number for queued in group]
    mail = Message(to, _subject(group), _text(group, link), batch, _html(group, link), files, now)
    if server.may_be_silent:
        ledger.hand_over(numbers, group[0].attempts)
    try:
        server.send(mail)
    except Failure as failure:
        if failure.permanent:
            fail(ledger, group, done, str(failure))
        elif failure.stops:
            raise
        else:
            later(ledger, group, failure, now, done)
        return
    names = tuple(name for name, _ in files)
    sent = SentMail(batch, group[0].notice.to, to, now, mail.subject, mail.html, names)
    ledger.settle(numbers, server.went_out, "", attempts=group[0].attempts + 1, mail=sent)
    done.sent += len(numbers)


def fail(ledger: Ledger, group: Sequence[QueuedNotice], done: Delivery, reason: str) -> None:
    """These notices are given up."""
    ledger.settle([queued.notice.number for queued in group], "发送失败", reason, attempts=group[0].attempts + 1)
    done.failed += len(group)
    done.reasons.append(reason)


def later(ledger: Ledger, group: Sequence[QueuedNotice], failure: Failure, now: datetime, done: Delivery) -> None:
    """Try again after a gap. Only a notice whose receiver was refused again and again is given up: what keeps back
    every message (no server, our own settings) passes, and its tries do not count against the notice. What may have
    been received, by this try or one before, goes on as such."""
    attempts = group[0].attempts + 1
    numbers = [queued.notice.number for queued in group]
    done.reasons.append(str(failure))
    is_unsure = failure.unsure or group[0].state == HANDED
    sentence = f"不知道收到没有，稍后用同一封再发：{failure}" if is_unsure else f"还没有发出去，稍后再试：{failure}"
    if failure.recipient:
        if attempts >= MOST_TRIES:
            ledger.settle(numbers, FAILED, f"试了 {attempts} 次都没有成功：{failure}", attempts=attempts)
            done.failed += len(numbers)
            return
        sentence = f"第 {attempts} 次没有成功，稍后再试：{failure}"
    else:
        attempts = max(group[0].attempts, min(attempts, len(GAPS)))
    gap = GAPS[min(attempts, len(GAPS)) - 1]
    ledger.settle(numbers, HANDED if is_unsure else WAITING, sentence, attempts=attempts, next_try=now + gap)
    done.later += len(numbers)


def _subject(group: Sequence[QueuedNotice]) -> str:
    first, *others = _problems(group)
    subject = first[0].subject
    return f"【街路长】{len(others) + 1} 件：{subject} 等" if others else subject


def _problems(group: Sequence[QueuedNotice]) -> list[list[Notice]]:
    return by_problem(queued.notice for queued in group)


def _lines(problems: Sequence[Sequence[Notice]]) -> list[str]:
    """One line a problem; of very many the last ones by number alone."""
    count = len(problems) if len(problems) <= MOST_WRITTEN + 1 else MOST_WRITTEN
    lines = [line(problem) for problem in problems[:count]]
    numbered = [f"{number}. {words}" for number, words in enumerate(lines, start=1)] if len(problems) > 1 else lines
    rest: dict[str, list[str]] = defaultdict(list)
    for first, *_ in problems[count:]:
        rest[first.kind].append(first.issue or first.number)
    named = "；".join(f"{kind} {'、'.join(issues)}" for kind, issues in rest.items())
    return [*numbered, *([f"另有 {len(problems) - count} 件，只列编号：{named}。"] if rest else [])]


def _numbers(group: Sequence[QueuedNotice]) -> str:
    return f"通知号 {'、'.join(queued.notice.number for queued in group)}"


def _text(group: Sequence[QueuedNotice], link: str) -> str:
    parts = [f"{group[0].notice.to}：", "", *_lines(_problems(group)), "", FOOT, _numbers(group)]
    return "\n".join([*parts, link] if link else parts)


def _html(group: Sequence[QueuedNotice], link: str) -> str:
    """The same text, readable on a telephone; all of it is escaped, and nothing is loaded from elsewhere."""
    lines = (_linked(_marked(words), group, link) for words in _lines(_problems(group)))
    items = "".join(f'<p style="margin:0 0 14px">{words}</p>' for words in lines)
    where = f'<p><a href="{escape(link)}">打开街路长台账</a></p>' if link else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>'
        '<body style="margin:0;padding:16px;font-size:16px;line-height:1.6;max-width:40em">'
        f"<p>{escape(group[0].notice.to)}：</p>{items}"
        f'<p style="color:#666;font-size:13px">{FOOT}</p>{where}'
        f'<p style="color:#666;font-size:13px;word-break:break-all">{escape(_numbers(group))}</p></body></html>'
    )


def _linked(html: str, group: Sequence[QueuedNotice], link: str) -> str:
    """Escaped text in which each number of an issue that the mail is about leads to its page; ``link``: the base, empty
    for none."""
    numbers = sorted({escape(queued.notice.issue) for queued in group if queued.notice.issue}, key=len, reverse=True)
    if not link or not numbers:
        return html
    wanted = re.compile("|".join(map(re.escape, numbers)))
    return wanted.sub(lambda match: f'<a href="{escape(link)}/issues/{quote(match[0])}">{match[0]}</a>', html)


def _marked(words: str) -> str:
    """A line with its kind in bold, escaped."""
    number, kind, text = re.fullmatch(r"((?:[0-9]+\. )?)(【[^】]*】|)(.*)", words, re.DOTALL).groups()  # type: ignore[union-attr]
    return f"{escape(number)}<b>{escape(kind)}</b>{escape(text)}".replace("\n", "<br>")
