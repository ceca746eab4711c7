"""Ticks and deliveries by the clock. Only this module imports apscheduler.

One at a time, coalesced: a tick that takes longer than its interval is followed by one tick, not by a queue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

TICK_SECONDS = 20
DELIVER_SECONDS = 30
LEAST_REST = 0.1  # seconds: a job whose last run is not quite over is left out

log = logging.getLogger(__name__)


class Scheduler:
    """Runs ``tick`` and ``deliver`` in the background until ``stop``; ``nudge`` makes the next tick come now.

    ``failures``: how many ticks failed one after the other until now."""

    def __init__(
        self, tick: Callable[[], None], deliver: Callable[[], None], zone: ZoneInfo, every: int = TICK_SECONDS
    ) -> None:
        self.zone = zone
        self.failures = 0
        self._went: dict[str, float] = {}  # by job: when it last went through, or was begun with
        self._running: dict[str, float] = {}  # by job that runs: since when
        self._turn = threading.Lock()
        self._asked: set[str] = set()  # jobs that are to run once more, since they last began
        self._rest_until: dict[str, float] = {}
        self._jobs = BackgroundScheduler(
            timezone=zone, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": 30}
        )
        now = datetime.now(zone)
        self._jobs.add_job(self._guarded(tick, "tick"), "interval", seconds=every, id="tick", next_run_time=now)
        self._jobs.add_job(self._guarded(deliver, "deliver"), "interval", seconds=DELIVER_SECONDS, id="deliver")

    def add_job(self, name: str, job: Callable[[], None], seconds: int) -> Callable[[], None]:
        """Another job by the clock; what it gives makes it run now, apart from the tick."""
        self._jobs.add_job(self._guarded(job, name), "interval", seconds=seconds, id=name)
        return lambda: self._ask(name)

    def silence(self) -> dict[str, float]:
        """By job, the seconds since it last went through."""
        now = time.monotonic()
        return {name: now - at for name, at in self._went.items()}

    def longest(self) -> float:
        """For how many seconds the job runs that runs longest; 0 where none does."""
        now = time.monotonic()
        return max((now - since for since in list(self._running.values())), default=0.0)

    def start(self) -> None:
        self._jobs.start()

    def nudge(self) -> None:
        """Something changed: look soon. Many nudges before the next look are one."""
        self._ask("tick")

    def _ask(self, name: str) -> None:
        """Run a job soon. While it runs, another run follows, since this one may have read already."""
        with self._turn:
            self._asked.add(name)
            if name not in self._running:
                self._run_in(name, self._rest_until.get(name, 0.0) - time.monotonic())

    def _run_in(self, name: str, seconds: float) -> None:
        self._jobs.modify_job(name, next_run_time=datetime.now(self.zone) + timedelta(seconds=max(0.0, seconds)))

    def _begin(self, name: str) -> None:
        with self._turn:
            self._asked.discard(name)
            self._running[name] = time.monotonic()

    def _end(self, name: str) -> None:
        """After a look comes a rest as long as it took: in a rush pages and forms get half of the processor."""
        with self._turn:
            now = time.monotonic()
            took = now - self._running.pop(name)
            rest = max(LEAST_REST, took if name == "tick" else 0.0)
            self._rest_until[name] = now + rest
            if name in self._asked:
                self._run_in(name, rest)

    def stop(self) -> None:
        """Wait for a tick that is running, then end."""
        self._jobs.shutdown(wait=True)

    def _guarded(self, job: Callable[[], None], name: str) -> Callable[[], None]:
        self._went[name] = time.monotonic()

        def run() -> None:
            failed = 0
            self._begin(name)
            try:
                job()
                self._went[name] = time.monotonic()
            except Exception:  # a job that failed must not end the clock; the next one looks again
                log.exception("%s failed", name)
                failed = self.failures + 1
            finally:
                self._end(name)
            if name == "tick":
                self.failures = failed

        return run
