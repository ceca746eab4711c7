"""Ticks and deliveries by the clock: the only room of apscheduler.

One at a time, coalesced: a tick that takes longer than its interval is followed by one tick, not by a queue.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

TICK_SECONDS = 20
DELIVER_SECONDS = 30

log = logging.getLogger(__name__)


class Clock:
    """Runs ``tick`` and ``deliver`` in the background until ``stop``; ``nudge`` makes the next tick come now."""

    def __init__(
        self, tick: Callable[[], None], deliver: Callable[[], None], zone: ZoneInfo, every: int = TICK_SECONDS
    ) -> None:
        self.zone = zone
        self._jobs = BackgroundScheduler(
            timezone=zone, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": 30}
        )
        self._jobs.add_job(_told(tick, "tick"), "interval", seconds=every, id="tick", next_run_time=datetime.now(zone))
        self._jobs.add_job(_told(deliver, "deliver"), "interval", seconds=DELIVER_SECONDS, id="deliver")

    def start(self) -> None:
        self._jobs.start()

    def nudge(self) -> None:
        """Something changed: look soon. Many nudges before the next look are one."""
        self._jobs.modify_job("tick", next_run_time=datetime.now(self.zone))

    def stop(self) -> None:
        """Wait for a tick that is running, then end."""
        self._jobs.shutdown(wait=True)


def _told(job: Callable[[], None], name: str) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        except Exception:  # a job that failed must not end the clock; the next one looks again
            log.exception("%s failed", name)

    return run
