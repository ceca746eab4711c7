"""What a transaction changed, told to whoever asks: rows by their record numbers, and where they stand now.

A row's record number is its id for a watcher: it stays the same while rows around it come, go and move.
"""

from __future__ import annotations

import math
import threading
import time
from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sync.workbook.cells.row import Row

MOST_CHANGES = 500  # that are remembered; who is further behind looks anew
MOST_ROWS = 50_000  # in all changes that are remembered
WATCHED_FOR = 60.0  # seconds after a question in which changes are remembered


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
    ``tabs``: whether sheets came, went or changed places. ``by``, ``asked``: who did it, by which request.
    ``did``: what others should be told of it, in words that follow the name."""

    file: str
    version: int
    sheets: tuple[SheetChange, ...]
    by: str = ""
    tabs: bool = False
    asked: str = ""
    did: str = ""

    @property
    def rows(self) -> int:
        """How many rows it tells of."""
        return sum(len(sheet.rows) + (len(sheet.splice.ids) if sheet.splice else 0) for sheet in self.sheets)


@dataclass
class Feed:
    """Remembers the last changes for those who ask what came since a version; nothing while nobody asks.

    ``lock`` is held while a change is committed and remembered, so that whoever holds it and reads a version finds all
    changes up to it.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    _changes: deque[Change] = field(default_factory=deque)
    _rows: int = 0  # of all changes that are remembered
    _asked: float = -math.inf  # monotonic, when somebody asked last

    @property
    def watched(self) -> bool:
        """Whether somebody asked lately."""
        return time.monotonic() - self._asked < WATCHED_FOR

    def publish(self, change: Change) -> None:
        """Remember a change, and forget the oldest of too many. Under ``lock``."""
        self._changes.append(change)
        self._rows += change.rows
        while len(self._changes) > MOST_CHANGES or self._rows > MOST_ROWS:
            self._rows -= self._changes.popleft().rows

    def since(self, file: str, known: int, version: int) -> tuple[Change, ...] | None:
        """The changes that lead from one version to another; None where some are not remembered. Under ``lock``."""
        self._asked = time.monotonic()
        changes = {change.version: change for change in self._changes if change.file == file}
        steps = range(known + 1, version + 1)
        if known > version or len(steps) > MOST_CHANGES or not all(step in changes for step in steps):
            return None
        return tuple(changes[step] for step in steps)


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
