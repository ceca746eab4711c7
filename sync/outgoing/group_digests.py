"""What groups are told: the notices of one group in as few messages as hold them, no faster than its bot takes them.

Which notices share a message is fixed before it is sent, as with mail: a repeat after a crash is the same message with
the same number at its end.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sync.core.rules.section_links import BOT_KINDS
from sync.ledger.bot_rates import Paces
from sync.ledger.ledger import Busy, Ledger, Waiting
from sync.outgoing.bots import Bot, Refusal, cut, harmless, pages
from sync.outgoing.outbox import Delivery, hold, later

MOST_AT_ONCE = 5  # messages a bot in one run: 飞书 takes five a second
STALE = timedelta(days=1)
HEAD_BYTES = 120  # of a message, for its first and last line


def deliver(ledger: Ledger, bots: Mapping[str, Bot], now: datetime, done: Delivery) -> None:
    """Send every group's notices whose hour has come, unless another process is at it; what became of them goes to
    ``done``."""
    with suppress(Busy), ledger.turn("群"):
        _deliver(ledger, bots, now, done)


def _deliver(ledger: Ledger, bots: Mapping[str, Bot], now: datetime, done: Delivery) -> None:
    groups: dict[str, list[Waiting]] = defaultdict(list)
    for waiting_notice in ledger.waiting(now, ("待发送", "未发送")):
        if waiting_notice.notice.channel in BOT_KINDS:
            groups[waiting_notice.notice.to].append(waiting_notice)
    for name, waiting in groups.items():
        bot, group = bots.get(name), _fresh(ledger, waiting, now, done)
        if bot is None:
            hold(ledger, group, "rules.toml 里没有这个群机器人", done)
        elif not bot.address:
            hold(ledger, group, "群机器人的地址没有设置（环境变量）", done)
        elif not bot.quiet(now):
            _tell(ledger, bot, group, now, done)


def _fresh(ledger: Ledger, waiting: Sequence[Waiting], now: datetime, done: Delivery) -> list[Waiting]:
    """Those that are news. A group is not told days later of all that was while its bot could not speak; whoever
    relied on the group gets a mail."""
    old = [notice_.notice.number for notice_ in waiting if now - notice_.notice.due > STALE]
    if old:
        ledger.settle(old, "不再发送", "一天没有发出去，群里不再补发")
        done.unsent += len(old)
    return [notice_ for notice_ in waiting if notice_.notice.number not in set(old)]


def _tell(ledger: Ledger, bot: Bot, group: Sequence[Waiting], now: datetime, done: Delivery) -> None:
    paces = Paces(ledger)
    left = min(paces.left(bot.name, now), MOST_AT_ONCE)
    for batch, part in list(_messages(ledger, bot, group).items())[: max(left, 0)]:
        paces.spend(bot.name, now)
        numbers = [notice_.notice.number for notice_ in part]
        try:
            bot.send(_text(part, batch, bot), now)
        except Refusal as refusal:
            if refusal.permanent:
                ledger.settle(numbers, "发送失败", str(refusal), attempts=part[0].attempts + 1)
                done.failed += len(numbers)
                done.reasons.append(str(refusal))
                continue
            paces.block(bot.name, now + refusal.pause)
            later(ledger, part, refusal, now, done)
            return
        ledger.settle(numbers, "已发送", "", attempts=part[0].attempts + 1)
        done.sent += len(numbers)


def _messages(ledger: Ledger, bot: Bot, group: Sequence[Waiting]) -> dict[str, list[Waiting]]:
    """Notices by message: those put together before stay together, the others are put together now."""
    messages: dict[str, list[Waiting]] = defaultdict(list)
    for notice_ in group:
        if notice_.batch:
            messages[notice_.batch].append(notice_)
    fresh = {notice_.notice.number: notice_ for notice_ in group if not notice_.batch}
    room = bot.most_bytes - HEAD_BYTES
    by_line = {number: cut(harmless(notice_.notice.text), room - 10) for number, notice_ in fresh.items()}
    rest = list(fresh)
    for page in pages(by_line.values(), room):
        numbers, rest = rest[: len(page)], rest[len(page) :]
        batch = hashlib.sha256("\n".join([bot.name, *numbers]).encode()).hexdigest()[:32]
        ledger.batch(numbers, batch)
        messages[batch] = [fresh[number] for number in numbers]
    return dict(messages)


def _text(group: Sequence[Waiting], batch: str, bot: Bot) -> str:
    lines = [cut(harmless(notice_.notice.text), bot.most_bytes - HEAD_BYTES - 10) for notice_ in group]
    head = f"街路长台账 {len(lines)} 条" if len(lines) > 1 else "街路长台账"
    return "\n".join([head, *lines, f"（{batch[:8]}）"])
