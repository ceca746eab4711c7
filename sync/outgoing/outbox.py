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
    waiting = [one for one in waiting if one.notice.channel not in BOT_KINDS]
    addresses = ledger.memory().addresses
    sendable = [one for one in waiting if not one.notice.reason]
    done.unsent += len(waiting) - len(sendable)
    sendable = _wished(ledger, sendable, asked, now, done)
    if mail is None:
        hold(ledger, sendable, UNSET, done)
        return done
    nowhere = [one for one in sendable if one.notice.to not in addresses]
    for name, group in _by_name(nowhere).items():
        hold(ledger, group, f"组织架构里没有{name}的邮箱", done)
    parcels = _parcels(ledger, [one for one in sendable if one.notice.to in addresses], digest)
    if parcels:
        _send_all(ledger, mail, parcels, addresses, now, link, done, files)
    return done


def _wished(
    ledger: Ledger, waiting: Sequence[Waiting], asked: Container[str], now: datetime, done: Delivery
) -> list[Waiting]:
    """Those that are to go by mail now; what its receiver wished to hear otherwise is settled, or waits."""
    wishes = Wishes(ledger).all()
    groups = _groups(ledger) if wishes else {}
    found = []
    for one in waiting:
        wish = wishes.get((one.notice.to, one.notice.kind), MAIL)
        reason = spared(one.notice, wish, asked, groups.get(_occasion(one.notice), {}), now)
        if reason is None:
            found.append(one)
        elif reason:
            ledger.settle([one.notice.number], "不再发送", reason)
        else:
            done.later += 1
    return found


def _groups(ledger: Ledger) -> Mapping[str, dict[str, str]]:
    """By occasion, how the notices of the groups stand."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for sent in ledger.memory().notices.values():
        if sent.notice.channel in BOT_KINDS:
            found[_occasion(sent.notice)][sent.notice.to] = sent.state
    return found


def _occasion(notice: Notice) -> str:
    return notice.number.removesuffix(f"·{notice.to}")


def hold(ledger: Ledger, group: Sequence[Waiting], reason: str, done: Delivery) -> None:
    """They can't be sent as things are, and say so."""
    if group:
        ledger.settle([one.notice.number for one in group], "未发送", reason)
        done.unsent += len(group)
        done.reasons.append(reason)


def _by_name(group: Sequence[Waiting]) -> Mapping[str, list[Waiting]]:
    found: dict[str, list[Waiting]] = defaultdict(list)
    for one in group:
        found[one.notice.to].append(one)
    return found


def _parcels(ledger: Ledger, waiting: Sequence[Waiting], digest: bool) -> dict[str, list[Waiting]]:
    """Notices by mail: those put together before stay together, the others are put together now."""
    found: dict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        if one.batch:
            found[one.batch].append(one)
    size = MOST_IN_ONE if digest else 1
    for group in _by_name([one for one in waiting if not one.batch]).values():
        for start in range(0, len(group), size):
            part = group[start : start + size]
            numbers = [one.notice.number for one in part]
            batch = hashlib.sha256("\n".join(numbers).encode()).hexdigest()[:32]
            ledger.batch(numbers, batch)
            found[batch] = part
    return dict(found)


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
                brought = tuple(dict(file for one in group for file in files(one.notice)).items())
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
    numbers = [one.notice.number for one in group]
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
    numbers = [one.notice.number for one in group]
    done.reasons.append(str(failure))
    said = f"还没有发出去，稍后再试：{failure}"
    if failure.recipient:
        if attempts >= MOST_TRIES:
            ledger.settle(numbers, "发送失败", f"试了 {attempts} 次都没有成功：{failure}", attempts=attempts)
            done.failed += len(numbers)
            return
        said = f"第 {attempts} 次没有成功，稍后再试：{failure}"
    else:
        attempts = max(group[0].attempts, min(attempts, len(GAPS)))
    gap = GAPS[min(attempts, len(GAPS)) - 1]
    ledger.settle(numbers, "待发送", said, attempts=attempts, next_try=now + gap)
    done.later += len(numbers)


def _subject(group: Sequence[Waiting]) -> str:
    first = group[0].notice
    return first.subject if len(group) == 1 else f"【街路长】{len(group)} 条待办：{first.subject} 等"


def _text(group: Sequence[Waiting], link: str) -> str:
    parts = [f"{group[0].notice.to}：", ""]
    for number, one in enumerate(group, start=1):
        head = f"{number}. " if len(group) > 1 else ""
        parts += [f"{head}【{one.notice.kind}】{one.notice.text}", f"   通知号 {one.notice.number}", ""]
    parts.append(FOOT)
    if link:
        parts.append(link)
    return "\n".join(parts)


def _html(group: Sequence[Waiting], link: str) -> str:
    """The same words, readable on a telephone: nothing is loaded from anywhere, and no word is markup."""
    items = "".join(
        f'<li style="margin:0 0 14px"><b>【{escape(one.notice.kind)}】</b>{escape(one.notice.text)}<br>'
        f'<span style="color:#666;font-size:13px">通知号 {escape(one.notice.number)}</span></li>'
        for one in group
    )
    where = f'<p><a href="{escape(link)}">打开街路长台账</a></p>' if link else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>'
        '<body style="margin:0;padding:16px;font-size:16px;line-height:1.6;max-width:40em">'
        f'<p>{escape(group[0].notice.to)}：</p><ol style="padding-left:1.4em">{items}</ol>'
        f'<p style="color:#666;font-size:13px">{FOOT}</p>{where}</body></html>'
    )
