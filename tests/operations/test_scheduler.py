"""Jobs by the clock: one that is asked for runs now, and one that fails ends nothing."""

from __future__ import annotations

import threading
import time

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
            soon()
            assert ran.wait(10)
            ran.clear()
            assert count >= n
        assert clock.failures == 0
    finally:
        clock.stop()


def test_what_changes_during_a_look_is_looked_at_by_another() -> None:
    """The look may have read before it; until now the next one came by the clock."""
    begun, go_on, looks = threading.Semaphore(0), threading.Semaphore(0), 0

    def look() -> None:
        nonlocal looks
        looks += 1
        begun.release()
        go_on.acquire(timeout=10)

    clock = Scheduler(look, lambda: None, ZONE, every=3600)
    clock.start()
    try:
        assert begun.acquire(timeout=10)
        for _ in range(5):
            clock.nudge()
        go_on.release()
        assert begun.acquire(timeout=10), "five changes, one more look"
        go_on.release()
        assert not begun.acquire(timeout=1) and looks == 2
    finally:
        go_on.release()
        clock.stop()


def test_in_a_rush_a_look_rests_as_long_as_it_took() -> None:
    begins, ends, enough = list[float](), list[float](), threading.Event()

    def look() -> None:
        begins.append(time.monotonic())
        time.sleep(0.3)
        ends.append(time.monotonic())
        if len(ends) == 4:
            enough.set()

    clock = Scheduler(look, lambda: None, ZONE, every=3600)
    clock.start()
    try:
        until = time.monotonic() + 20
        while not enough.wait(0.02):  # somebody types all the time
            clock.nudge()
            assert time.monotonic() < until
    finally:
        clock.stop()
    for begin, end, next_begin in zip(begins, ends, begins[1:], strict=False):
        assert next_begin - end >= 0.9 * (end - begin)
