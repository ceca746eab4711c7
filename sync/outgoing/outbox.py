"""Sends what is due, apart from the tick: digests a person, retries with growing gaps, and says what became of it.

No notice is missing: it stays in the ledger until the receiver's server said yes. Which notices share a mail is fixed
before it is sent, so a repeat after a crash is the same mail with the same Message-ID (DESIGN section 12, promise 2).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape

from sync.core.notices.notices import KINDS, MAIL, Notice, spared
from sync.core.rules.section_links import BOT_KINDS
from sync.ledger.ledger import Ledger, Waiting
from sync.ledger.preferences import Wishes
from sync.outgoing.mail import Connection, Failure, Letter, Mail

GAPS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
MOST_TRIES = 10
Files = tuple[tuple[str, bytes], ...]
MOST_IN_ONE = 50  # notices in one mail; more are split
UNSET = "邮箱未配置"
FOOT = "这封邮件由街路长台账自动发出。问题整改并反馈后不会再提醒；不用回复本邮件。"


@dataclass
class Delivery:
    """How many notices went out, failed for good, wait for another try, and can't be sent as things are."""

    sent: int = 0
    failed: int = 0
    later: int = 0
    unsent: int = 0
    reasons: list[str] = field(default_factory=list)

    def __add__(self, other: Delivery) -> Delivery:
        numbers = (self.sent + other.sent, self.failed + other.failed, self.later + other.later)
        return Delivery(*numbers, self.unsent + other.unsent, [*self.reasons, *other.reasons])


def deliver(
    ledger: Ledger,
    mail: Mail | None,
    now: datetime,
    *,
    digest: bool = True,
    link: str = "",
    asked: Container[str] = tuple(KINDS.values()),
    files: Callable[[Notice], Files] = lambda _: (),
) -> Delivery:
    """Send every mail whose hour has come. ``mail`` None: nothing is configured, and each notice says so. ``asked``:
    kinds that nobody can do without. ``files``: what a notice brings with it."""
    done = Delivery()
    waiting = ledger.waiting(now, ("待发送",) if mail is None else ("待发送", "未发送"))
    waiting = [notice_ for notice_ in waiting if notice_.notice.channel not in BOT_KINDS]
    addresses = ledger.memory().addresses
    sendable = [notice_ for notice_ in waiting if not notice_.notice.reason]
    done.unsent += len(waiting) - len(sendable)
    sendable = _wished(ledger, sendable, asked, now, done)
    if mail is None:
        hold(ledger, sendable, UNSET, done)
        return done
    nowhere = [notice_ for notice_ in sendable if notice_.notice.to not in addresses]
    for name, group in _by_name(nowhere).items():
        hold(ledger, group, f"组织架构里没有{name}的邮箱", done)
    parcels = _parcels(ledger, [notice_ for notice_ in sendable if notice_.notice.to in addresses], digest)
    if parcels:
        _send_all(ledger, mail, parcels, addresses, now, link, done, files)
    return done


def _wished(
    ledger: Ledger, waiting: Sequence[Waiting], asked: Container[str], now: datetime, done: Delivery
) -> list[Waiting]:
    """Those that are to go by mail now; what its receiver wished to hear otherwise is settled, or waits."""
    wishes = Wishes(ledger).all()
    groups = _groups(ledger) if wishes else {}
    wished = []
    for notice_ in waiting:
        wish = wishes.get((notice_.notice.to, notice_.notice.kind), MAIL)
        reason = spared(notice_.notice, wish, asked, groups.get(_occasion(notice_.notice), {}), now)
        if reason is None:
            wished.append(notice_)
        elif reason:
            ledger.settle([notice_.notice.number], "不再发送", reason)
        else:
            done.later += 1
    return wished


def _groups(ledger: Ledger) -> Mapping[str, dict[str, str]]:
    """By occasion, how the notices of the groups stand."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for sent in ledger.memory().notices.values():
        if sent.notice.channel in BOT_KINDS:
            groups[_occasion(sent.notice)][sent.notice.to] = sent.state
    return groups


def _occasion(notice: Notice) -> str:
    return notice.number.removesuffix(f"·{notice.to}")


def hold(ledger: Ledger, group: Sequence[Waiting], reason: str, done: Delivery) -> None:
    """They can't be sent as things are, and say so."""
    if group:
        ledger.settle([notice_.notice.number for notice_ in group], "未发送", reason)
        done.unsent += len(group)
        done.reasons.append(reason)


def _by_name(group: Sequence[Waiting]) -> Mapping[str, list[Waiting]]:
    by_name: dict[str, list[Waiting]] = defaultdict(list)
    for notice_ in group:
        by_name[notice_.notice.to].append(notice_)
    return by_name


def _parcels(ledger: Ledger, waiting: Sequence[Waiting], digest: bool) -> dict[str, list[Waiting]]:
    """Notices by mail: those put together before stay together, the others are put together now."""
    parcels: dict[str, list[Waiting]] = defaultdict(list)
    for notice_ in waiting:
        if notice_.batch:
            parcels[notice_.batch].append(notice_)
    size = MOST_IN_ONE if digest else 1
    for group in _by_name([notice_ for notice_ in waiting if not notice_.batch]).values():
        for start in range(0, len(group), size):
            part = group[start : start + size]
            numbers = [notice_.notice.number for notice_ in part]
            batch = hashlib.sha256("\n".join(numbers).encode()).hexdigest()[:32]
            ledger.batch(numbers, batch)
            parcels[batch] = part
    return dict(parcels)


def _send_all(
    ledger: Ledger,
    mail: Mail,
    parcels: Mapping[str, list[Waiting]],
    addresses: Mapping[str, str],
    now: datetime,
    link: str,
    done: Delivery,
    files: Callable[[Notice], Files],
) -> None:
    left = dict(parcels)
    try:
        with mail.open() as server:
            for batch, group in parcels.items():
                brought = tuple(dict(file for notice_ in group for file in files(notice_.notice)).items())
                _send_one(ledger, mail, server, batch, group, addresses[group[0].notice.to], now, link, done, brought)
                del left[batch]
    except Failure as failure:  # no connection: all that is left waits
        for group in left.values():
            later(ledger, group, failure, now, done)


def _send_one(
    ledger: Ledger,
    mail: Mail,
    server: Connection,
    batch: str,
    group: list[Waiting],
    to: str,
    now: datetime,
    link: str,
    done: Delivery,
    files: Files,
) -> None:
    numbers = [notice_.notice.number for notice_ in group]
    try:
        mail.send(server, Letter(to, _subject(group), _text(group, link), batch, _html(group, link), files))
    except Failure as failure:
        if failure.permanent:
            ledger.settle(numbers, "发送失败", str(failure), attempts=group[0].attempts + 1)
            done.failed += len(numbers)
            done.reasons.append(str(failure))
        else:
            later(ledger, group, failure, now, done)
        return
    ledger.settle(numbers, "已发送", "", attempts=group[0].attempts + 1)
    done.sent += len(numbers)


def later(ledger: Ledger, group: Sequence[Waiting], failure: Failure, now: datetime, done: Delivery) -> None:
    """Another try after a gap. Only a receiver who was refused again and again is given up: what stands in the way of
    every letter (no server, our own settings) passes, and its tries must not be held against the notice."""
    attempts = group[0].attempts + 1
    numbers = [notice_.notice.number for notice_ in group]
    done.reasons.append(str(failure))
    sentence = f"还没有发出去，稍后再试：{failure}"
    if failure.recipient:
        if attempts >= MOST_TRIES:
            ledger.settle(numbers, "发送失败", f"试了 {attempts} 次都没有成功：{failure}", attempts=attempts)
            done.failed += len(numbers)
            return
        sentence = f"第 {attempts} 次没有成功，稍后再试：{failure}"
    else:
        attempts = max(group[0].attempts, min(attempts, len(GAPS)))
    gap = GAPS[min(attempts, len(GAPS)) - 1]
    ledger.settle(numbers, "待发送", sentence, attempts=attempts, next_try=now + gap)
    done.later += len(numbers)


def _subject(group: Sequence[Waiting]) -> str:
    first = group[0].notice
    return first.subject if len(group) == 1 else f"【街路长】{len(group)} 条待办：{first.subject} 等"


def _text(group: Sequence[Waiting], link: str) -> str:
    parts = [f"{group[0].notice.to}：", ""]
    for number, notice_ in enumerate(group, start=1):
        head = f"{number}. " if len(group) > 1 else ""
        parts += [f"{head}【{notice_.notice.kind}】{notice_.notice.text}", f"   通知号 {notice_.notice.number}", ""]
    parts.append(FOOT)
    if link:
        parts.append(link)
    return "\n".join(parts)


def _html(group: Sequence[Waiting], link: str) -> str:
    """The same words, readable on a telephone: nothing is loaded from anywhere, and no word is markup."""
    items = "".join(
        f'<li style="margin:0 0 14px"><b>【{escape(notice_.notice.kind)}】</b>{escape(notice_.notice.text)}<br>'
        f'<span style="color:#666;font-size:13px">通知号 {escape(notice_.notice.number)}</span></li>'
        for notice_ in group
    )
    where = f'<p><a href="{escape(link)}">打开街路长台账</a></p>' if link else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>'
        '<body style="margin:0;padding:16px;font-size:16px;line-height:1.6;max-width:40em">'
        f'<p>{escape(group[0].notice.to)}：</p><ol style="padding-left:1.4em">{items}</ol>'
        f'<p style="color:#666;font-size:13px">{FOOT}</p>{where}</body></html>'
    )
