"""Foreign files are read in processes of their own, with limits of memory and time.

A file that is made to exhaust a machine, or that a reader dies of, takes only such a process with it: its sender gets a
sentence. A process serves many files, and is replaced after ``MOST_FILES`` or when it died.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pebble import ProcessPool

Reading = TypeVar("Reading")
MOST_MEMORY = 600 * 1024**2  # bytes of a process's own data
MOST_FILES = 200
PROCESSES = 2
MOST_TRIES = 10  # of a file, each in another process
MOST_LEFT = MOST_MEMORY // 4  # bytes that earlier files may have left in a process
FULL = 75  # the exit code of a process that holds more (EX_TEMPFAIL of sysexits.h: try again)

log = logging.getLogger(__name__)


class TooMuch(RuntimeError):
    """The reader needed more memory or time than a file may take, or died of it. No sentence: who asked knows what was
    read."""


def read_apart(seconds: float, read: Callable[..., Reading], *arguments: Any) -> Reading:
    """What ``read(*arguments)`` returns, from a process of its own; all three are pickled. Raises ``TooMuch``, and what
    ``read`` raises."""
    from pebble import ProcessExpired

    try:
        result: Reading = _scheduled(seconds, read, arguments).result()
    except (MemoryError, TimeoutError, ProcessExpired) as error:
        log.warning("%s took too much: %r", read.__name__, error)
        raise TooMuch(type(error).__name__) from error
    return result


def _scheduled(seconds: float, read: Callable[..., Reading], arguments: tuple[Any, ...]) -> Future[Reading]:
    """Ended, by a process that had room for it: each that is full ends in its place."""
    from pebble import ProcessExpired

    for _ in range(MOST_TRIES):  # those of others may fill the processes meanwhile
        future = _pool().schedule(_read_with_room, args=(read, arguments), timeout=seconds)
        error = future.exception()
        if not isinstance(error, ProcessExpired) or error.exitcode != FULL:
            break
    return future


def _read_with_room(read: Callable[..., Reading], arguments: tuple[Any, ...]) -> Reading:
    """What ``read`` returns and raises; ends the process first where earlier files left it too little room.

    An error lets go of what was read: the pool holds it while the next file is read, which would then fail in turn.
    A library that gets no memory may name another error (zlib -4 among others), so what the process holds decides.
    """
    if _own_data() > MOST_LEFT:
        os._exit(FULL)
    try:
        return read(*arguments)
    except Exception as error:
        is_full = _own_data() > MOST_MEMORY - MOST_LEFT
        traceback.clear_frames(error.__traceback__)
        error.__cause__ = error.__context__ = None
        if is_full:
            raise MemoryError(type(error).__name__) from None
        raise


def _own_data() -> int:
    """Bytes that count for ``RLIMIT_DATA`` (``VmData`` of proc(5)); 0 where the system doesn't tell them."""
    with contextlib.suppress(OSError), Path("/proc/self/status").open(encoding="ascii", errors="replace") as lines:
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData")), 0)
    return 0


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
