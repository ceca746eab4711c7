"""One item never stops the rest: what is handled one after the other is handled each under a guard (DESIGN section 3).

An exception that nobody foresaw is logged with its place, counted, told in 运行状态, and the item is tried again with
growing gaps until it is given up by name; the next item goes on. What was foreseen is handled where it is known.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import TypeVar

from sync.journal import Plain
from sync.ledger.ledger import Busy, Ledger, Unusable
from sync.ledger.operations.failures import FORGET_AFTER, LONGEST_NAME, Failure, Failures
from sync.sheets.gateway import Unreachable
from sync.workbook.cells.store import Unavailable

Done = TypeVar("Done")
Item = TypeVar("Item")
OF_NO_ITEM = (Busy, Unusable, Unreachable, Unavailable)  # the ledger or the workbook does not answer
GAPS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
REST = timedelta(days=7)  # so long an item that was given up is left alone and named
MOST_NAMED = 3
TITLE = "处理出错"  # items of 运行状态 begin with it
RELEASE = version("jielu")

log = logging.getLogger(__name__)


class Guard:
    """Handles the items of queues at one hour. ``tries``: after how many an item is given up (``[limits] tries``)."""

    def __init__(self, ledger: Ledger, tries: int, now: datetime) -> None:
        self.failures, self.tries, self.now = Failures(ledger), tries, now
        self._known = {(failure.queue, failure.item): failure for failure in self.failures.all()}

    def handle(
        self,
        queue: str,
        item: str,
        action: Callable[[], Done],
        give_up: Callable[[str], None] = lambda _: None,
        through: tuple[type[Exception], ...] = (),
        name: str = "",
    ) -> Done | None:
        """What ``action`` gives; None where the item waits, was given up, or fails now.

        ``give_up`` gets a sentence once the item has failed too often. ``OF_NO_ITEM`` is raised, since it is no item's
        fault, and so is what is to come ``through``. ``name``: what people know the item by.
        """
        if self.waits(queue, item):
            return None
        try:
            result = action()
        except OF_NO_ITEM + through:
            raise
        except Exception as error:
            self.note(queue, item, error, give_up, name)
            return None
        self._drop(queue, item)
        return result

    def handle_all(
        self,
        queue: str,
        items: Iterable[Item],
        name: Callable[[Item], str],
        action: Callable[[list[Item]], None],
        give_up: Callable[[Item, str], None] = lambda *_: None,
    ) -> None:
        """Have ``action`` handle all items together; where that fails, each by itself."""
        ready = [item for item in items if not self.waits(queue, name(item))]
        if len(ready) > 1:
            try:
                action(ready)
            except OF_NO_ITEM:
                raise
            except Exception:
                log.exception("%s: %d together failed, each by itself now", Plain(queue), len(ready))
            else:
                return
        for item in ready:
            self.handle(queue, name(item), partial(action, [item]), partial(give_up, item))

    def waits(self, queue: str, item: str) -> bool:
        """Whether the item is not to be tried now."""
        failure = self._known.get((queue, item[:LONGEST_NAME]))
        return failure is not None and failure.waits(self.now, RELEASE)

    def has_failed(self, queue: str, item: str) -> bool:
        """Whether the item failed and did not go through since."""
        return (queue, item[:LONGEST_NAME]) in self._known

    def waiting(self, queue: str) -> frozenset[str]:
        """The items of a queue that are not to be tried now."""
        return frozenset(item for name, item in self._known if name == queue and self.waits(queue, item))

    def note(
        self,
        queue: str,
        item: str,
        error: BaseException,
        give_up: Callable[[str], None] = lambda _: None,
        name: str = "",
    ) -> None:
        """An item failed: it waits for its next try, or is given up. ``name``: what people know it by."""
        log.error("%s %s failed", Plain(queue), item, exc_info=error)
        item = item[:LONGEST_NAME]
        before = self._known.get((queue, item))
        tries = 1 if before is None or before.given_up else before.tries + 1
        given_up = tries >= self.tries
        gap = REST if given_up else GAPS[min(tries, len(GAPS)) - 1]
        failure = Failure(queue, item, tries, type(error).__name__[:120], self.now + gap, given_up, RELEASE, name)
        self._known[queue, item] = failure
        self.failures.note(failure, self.now)
        if given_up:
            give_up(f"处理时出错（{failure.error}），试了 {tries} 次都没有成功，不再试")

    def passed(self, queue: str, waited: Container[str]) -> None:
        """All items of a queue went through but those that were not tried (``waited``) and those that failed now."""
        for name, item in [key for key in self._known if key[0] == queue and key[1] not in waited]:
            if not self.waits(name, item):
                self._drop(name, item)

    def _drop(self, queue: str, item: str) -> None:
        """The item went through."""
        if self._known.pop((queue, item[:LONGEST_NAME]), None):
            self.failures.drop(queue, item[:LONGEST_NAME])


def sentences(failures: Iterable[Failure], now: datetime) -> dict[str, str]:
    """What 运行状态 says of failures: a sentence by item. An item that is gone from its queue is not told."""
    queues: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        if now < failure.next_try + FORGET_AFTER:
            queues[failure.queue].append(failure)
    return {f"{TITLE}：{queue}": _sentence(group) for queue, group in queues.items()}


def _sentence(group: list[Failure]) -> str:
    named = "；".join(_words(failure) for failure in group[:MOST_NAMED])
    more = f"；等共 {len(group)} 条" if len(group) > MOST_NAMED else ""
    return f"{named}{more}。其余照常处理。请把日志里的出错记录交给维护人员，升级程序以后会再试一次。"


def _words(failure: Failure) -> str:
    until = "已放弃" if failure.given_up else f"{failure.next_try:%m-%d %H:%M} 再试"
    return f"「{failure.name or failure.item}」出错 {failure.tries} 次（{failure.error}），{until}"
