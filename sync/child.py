"""Foreign files are read in processes of their own, with limits of memory and time.

A file that is made to exhaust a machine, or that a reader dies of, takes only such a process with it: its sender gets a
sentence. A process serves many files, and is replaced after ``MOST_FILES`` or when it died.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pebble import ProcessPool

Reading = TypeVar("Reading")
MOST_MEMORY = 600 * 1024**2  # bytes of a process's own data
MOST_FILES = 200
PROCESSES = 2

log = logging.getLogger(__name__)


class TooMuch(RuntimeError):
    """The reader needed more memory or time than a file may take, or died of it. No sentence: who asked knows what was
    read."""


def read_apart(seconds: float, read: Callable[..., Reading], *arguments: Any) -> Reading:
    """What ``read(*arguments)`` returns, from a process of its own; all three are pickled. Raises ``TooMuch``, and what
    ``read`` raises."""
    from pebble import ProcessExpired

    future = _pool().schedule(read, args=arguments, timeout=seconds)
    try:
        result: Reading = future.result()
    except (MemoryError, TimeoutError, ProcessExpired) as error:
        log.warning("%s took too much: %r", read.__name__, error)
        raise TooMuch(type(error).__name__) from error
    return result


@cache
def _pool() -> ProcessPool:
    """Made for the first file: most commands read none."""
    import multiprocessing

    from pebble import ProcessPool

    spawn = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    pool = ProcessPool(max_workers=PROCESSES, max_tasks=MOST_FILES, initializer=_limit, context=spawn)
    atexit.register(_stop, pool)
    return pool


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
