"""Sends groups their notices: as few messages as hold them, no faster than the group's bot takes them.

Which notices share a message is fixed before it is sent, as with mail: a repeat after a crash is the same message with
the same number at its end.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from sync.core.notices.notices import HANDED, OFF, PENDING, Notice
from sync.core.notices.problems import by_problem
from sync.core.rules.section_links import BOT_KINDS
from sync.guard import Guard
from sync.ledger.ledger import Busy, Ledger, QueuedNotice
from sync.ledger.sent.bot_rates import BotRates
from sync.outgoing.bots import Bot, Refusal, cut, harmless, pages
from sync.outgoing.outbox import MOST_TRIES, Delivery, fail, hold, later

QUEUE = "群消息"
MOST_AT_ONCE = 5  # messages a bot in one run: 飞书 takes five a second
STALE = timedelta(days=1)
HEAD_BYTES = 120  # of a message, for its first and last line


def deliver(ledger: Ledger, bots: Mapping[str, Bot], now: datetime, done: Delivery, tries: int = MOST_TRIES) -> None:
    """Send every group's notices that are due, unless another process does; what became of them is added to
    ``done``. ``tries``: after how many a message that fails in an unforeseen way is given up."""
    with suppress(Busy), ledger.turn("群"):
        _deliver(ledger, bots, now, done, Guard(ledger, tries, now))


def _deliver(ledger: Ledger, bots: Mapping[str, Bot], now: datetime, done: Delivery, guard: Guard) -> None:
    groups: dict[str, list[QueuedNotice]] = defaultdict(list)
    for queued in ledger.waiting(now, (*PENDING, HANDED)):
        if queued.notice.channel in BOT_KINDS:
            groups[queued.notice.to].append(queued)
    for name, waiting in groups.items():
        guard.handle(QUEUE, name, partial(_to_group, ledger, bots.get(name), waiting, now, done, guard))


def _to_group(
    ledger: Ledger, bot: Bot | None, waiting: Sequence[QueuedNotice], now: datetime, done: Delivery, guard: Guard
) -> None:
    group = _fresh(ledger, waiting, now, done)
    if bot is None:
        hold(ledger, group, "rules.toml 里没有这个群机器人", done)
    elif not bot.address:
        hold(ledger, group, "群机器人的地址没有设置（环境变量）", done)
    elif not bot.quiet(now):
        _send(ledger, bot, group, now, done, guard)


def _fresh(ledger: Ledger, waiting: Sequence[QueuedNotice], now: datetime, done: Delivery) -> list[QueuedNotice]:
    """Those that are not stale. What could not be sent for a day is not sent to the group any more; people who chose
    the group over mail get a mail."""
    stale = (queued for queued in waiting if now - queued.notice.due > STALE and queued.state != HANDED)
    old = [queued.notice.number for queued in stale]
    if old:
        ledger.settle(old, OFF, "一天没有发出去，群里不再补发")
        done.unsent += len(old)
    return [queued for queued in waiting if queued.notice.number not in set(old)]


def _send(ledger: Ledger, bot: Bot, group: Sequence[QueuedNotice], now: datetime, done: Delivery, guard: Guard) -> None:
    rates = BotRates(ledger)
    left = min(rates.left(bot.name, now), MOST_AT_ONCE)
    for batch, part in list(_messages(ledger, bot, group).items())[: max(left, 0)]:
        post = partial(_post, ledger, bot, rates, batch, part, now, done)
        goes_on = guard.handle(QUEUE, f"{bot.name} {batch[:8]}", post, partial(fail, ledger, part, done))
        if goes_on is False:
            return


def _post(
    ledger: Ledger,
    bot: Bot,
    rates: BotRates,
    batch: str,
    part: Sequence[QueuedNotice],
    now: datetime,
    done: Delivery,
) -> bool:
    """Send one message; whether the bot takes more now."""
    rates.spend(bot.name, now)
    numbers, text = [queued.notice.number for queued in part], _text(part, batch, bot)
    ledger.hand_over(numbers, part[0].attempts)
    try:
        bot.send(text, now)
    except Refusal as refusal:
        if refusal.permanent:
            fail(ledger, part, done, str(refusal))
            return True
        rates.block(bot.name, now + refusal.pause)
        later(ledger, part, refusal, now, done)
        return False
    ledger.settle(numbers, "已发送", "", attempts=part[0].attempts + 1)
    done.sent += len(numbers)
    return True


def _messages(ledger: Ledger, bot: Bot, group: Sequence[QueuedNotice]) -> dict[str, list[QueuedNotice]]:
    """Notices by the message that they go with: those put together before stay together, the others are put together
    now."""
    messages: dict[str, list[QueuedNotice]] = defaultdict(list)
    for queued in group:
        if queued.batch:
            messages[queued.batch].append(queued)
    fresh = {queued.notice.number: queued for queued in group if not queued.batch}
    problems = by_problem(queued.notice for queued in fresh.values())
    rest = list(problems)
    for page in pages((_line(problem, bot) for problem in problems), bot.most_bytes - HEAD_BYTES):
        told, rest = rest[: len(page)], rest[len(page) :]
        numbers = sorted(notice.number for problem in told for notice in problem)
        batch = hashlib.sha256("\n".join([bot.name, *numbers]).encode()).hexdigest()[:32]
        ledger.batch({batch: numbers})
        messages[batch] = [fresh[number] for number in numbers]
    return dict(messages)


def _line(problem: Sequence[Notice], bot: Bot) -> str:
    """The gravest that is told of it: the others are in it."""
    return cut(harmless(problem[0].text), bot.most_bytes - HEAD_BYTES - 10)


def _text(group: Sequence[QueuedNotice], batch: str, bot: Bot) -> str:
    lines = [_line(problem, bot) for problem in by_problem(queued.notice for queued in group)]
    head = f"街路长台账 {len(lines)} 条" if len(lines) > 1 else "街路长台账"
    return "\n".join([head, *lines, f"（{batch[:8]}）"])
