"""The look that pages show: taken from the ledger's memory, at most once a minute while nothing changed. It is dropped
with the whole memory once nobody asks for either.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.memo import Memo
from sync.core.memory import Memory
from webhook.access import Site

LAST = "look of pages"  # and what it was made of


@dataclass
class LookCache:
    """The last look, and the memo that saves work on the next."""

    site: Site
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> Look:
        """Everything as it stands at this minute; while the hour is doubted, as the last look left it.

        It is taken at the very second: at the minute's begin, what was reported since would not have started."""
        service, now = self.site.service, self.site.now()
        rules, memory = service.rules(), service.ledger.memory()
        hour = (memory.last_tick or now) if service.doubt(now) else now
        given = (hour.replace(second=0, microsecond=0), rules.hash, *_parts(memory))
        with self._lock:
            last: tuple[tuple[Any, ...], Look] | None = service.ledger.beside_whole.get(LAST)
            if last is None or not _same(last[0], given):
                memo = last[1].reading.memo.closed() if last else Memo()
                last = service.ledger.beside_whole[LAST] = (given, recall(service.templates, memory, rules, hour, memo))
            return last[1]


def _parts(memory: Memory) -> tuple[Any, ...]:
    """The parts of the memory that a look is made of. A part that changes is replaced, so that identity shows it."""
    letters = memory.letters, memory.opened
    return (memory.known, memory.stamps, memory.lines, memory.seals, memory.notices, *letters, memory.photos)


def _same(before: tuple[Any, ...], given: tuple[Any, ...]) -> bool:
    return before[:2] == given[:2] and all(a is b for a, b in zip(before[2:], given[2:], strict=True))
