"""What a transaction changed, told to whoever watches: rows by their record numbers, and where they stand now.

A row's record number is its id for a watcher: it stays the same while rows around it come, go and move.
"""

from __future__ import annotations

import queue
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sync.workbook.cells.grid import Row

MOST_WAITING = 500  # changes that a watcher may be behind before it is told to look anew


@dataclass(frozen=True)
class Splice:
    """From position ``at`` on, ``removed`` rows gave way to the rows with these ids (0: never written)."""

    at: int
    removed: int
    ids: array[int]


@dataclass(frozen=True)
class SheetChange:
    """``rows``: what stands in the rows that were written, by id. ``shape``: columns came, went or moved."""

    sheet: int
    size: int
    rows: dict[int, Row]
    splice: Splice | None
    shape: bool


@dataclass(frozen=True)
class Change:
    """A document's step from the version before to ``version``. ``sheets`` may be empty: something else changed.
    ``tabs``: whether sheets came, went or changed places. ``by``, ``asked``: who did it, by which request."""

    file: str
    version: int
    sheets: tuple[SheetChange, ...]
    by: str = ""
    tabs: bool = False
    asked: str = ""


@dataclass
class Feed:
    """Tells every watcher of every change, in the order of the commits or nearly so (the version tells)."""

    watchers: list[queue.Queue[Change | None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def watch(self) -> Iterator[queue.Queue[Change | None]]:
        """A queue that fills with changes until the end of the block; None in it: some were dropped."""
        mine: queue.Queue[Change | None] = queue.Queue()
        with self._lock:
            self.watchers.append(mine)
        try:
            yield mine
        finally:
            with self._lock:
                self.watchers.remove(mine)

    def publish(self, change: Change) -> None:
        with self._lock:
            for watcher in self.watchers:
                if watcher.qsize() < MOST_WAITING:
                    watcher.put(change)
                elif watcher.qsize() == MOST_WAITING:
                    watcher.put(None)


def splice(old: array[int], new: array[int]) -> Splice | None:
    """The one stretch in which two orders differ; None where they don't."""
    if old == new:
        return None
    head, most = 0, min(len(old), len(new))
    step = 4096
    while head + step <= most and old[head : head + step] == new[head : head + step]:
        head += step
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail + step <= most - head and _ends(old, tail, step) == _ends(new, tail, step):
        tail += step
    while tail < most - head and old[len(old) - 1 - tail] == new[len(new) - 1 - tail]:
        tail += 1
    return Splice(head, len(old) - tail - head, new[head : len(new) - tail])


def _ends(order: array[int], tail: int, step: int) -> array[int]:
    return order[len(order) - tail - step : len(order) - tail]


def of_sheet(sheet: Any) -> SheetChange | None:
    """What happened to a sheet (``model.Sheet``) since it was read; None for nothing."""
    grid = sheet.grid
    before, after = grid.before()
    moved = None if before is None else splice(before, after)
    if not grid.touched and moved is None and not grid.reshaped:
        return None
    return SheetChange(sheet.id, sheet.rows, dict(grid.touched), moved, grid.reshaped)
