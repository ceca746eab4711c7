"""Jobs by the clock: one that is asked for runs now, and one that fails ends nothing."""

from __future__ import annotations

import threading

from sync.scheduler import Scheduler
from tests.book import ZONE


def test_another_job_runs_when_it_is_asked_for_and_its_failure_is_no_failed_tick() -> None:
    ran, count = threading.Event(), 0

    def receive() -> None:
        nonlocal count
        count += 1
        ran.set()
        raise RuntimeError("a form tool's server is down")

    clock = Scheduler(lambda: None, lambda: None, ZONE, every=3600)
    soon = clock.add_job("receive", receive, 3600)
    clock.start()
    try:
        for n in (1, 2):
            while not ran.wait(0.2):  # asked for while it still runs, it does not run once more
                soon()
            ran.clear()
            assert count >= n
        assert clock.failures == 0
    finally:
        clock.stop()
