"""The queue of works in PostgreSQL. Only this module imports procrastinate.

A job is one kind of work of one bureau. Its lock lets one of these run at a time; its queueing lock lets one wait.
Neither guards the bureau: a worker that hangs may go on after its job was given to another, so what is committed is
guarded by the ledger's lease. Bureaus whose last work failed or took long have a lane of their own, in which they
delay one another alone; so has what is done once an hour or a night, which is due for very many at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import procrastinate
from procrastinate import exceptions
from procrastinate.jobs import Job, Status

QUICK, SLOW, NIGHT = "quick", "slow", "night"  # lanes
AT_ONCE = 10  # priority of what a person waits for
STALLED_SECONDS = 30.0  # without a sign of life a worker is gone
HEARTBEAT_SECONDS = 5.0
POLL_SECONDS = 2.0  # how often a lane is looked into where no notification comes
TASK = "work"

Work = Callable[[str, str], None]  # does a work, by bureau and kind

log = logging.getLogger(__name__)


class Wanted(NamedTuple):
    """A work that is to be done. ``at_once``: before those of the clock."""

    code: str
    kind: str
    lane: str = QUICK
    at_once: bool = False

    @property
    def lock(self) -> str:
        return f"{self.code} {self.kind}"

    @property
    def queueing_lock(self) -> str:
        return f"{self.lock} now" if self.at_once else self.lock


def _job(work: Wanted) -> Job:
    return Job(
        queue=work.lane, lock=work.lock, queueing_lock=work.queueing_lock, task_name=TASK,
        task_kwargs={"code": work.code, "kind": work.kind}, priority=AT_ONCE if work.at_once else 0,
    )  # fmt: skip


class Queue:
    """The queue for programs that put works into it. Close it."""

    def __init__(self, url: str) -> None:
        self.app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=conninfo(url), max_size=8))
        self.app.open()

    def close(self) -> None:
        self.app.close()

    def set_up(self) -> None:
        """Make the queue's own tables where they are not there."""
        if self.app.check_connection():
            return
        try:
            self.app.schema_manager.apply_schema()
        except exceptions.ConnectorException:  # another process was first
            if not self.app.check_connection():
                raise

    def put(self, works: Iterable[Wanted]) -> None:
        """Put works into the queue, each where it does not wait there already."""
        jobs = [_job(work) for work in works]
        try:
            self.app.job_manager.batch_defer_jobs(jobs)
        except exceptions.AlreadyEnqueued:
            for job in jobs:
                with contextlib.suppress(exceptions.AlreadyEnqueued):
                    self.app.job_manager.defer_job(job)

    def outstanding(self) -> set[tuple[str, str]]:
        """Bureau and kind of the works that wait or run."""
        jobs = (job for state in ("todo", "doing") for job in self.app.job_manager.list_jobs(status=state))
        return {(str(job.task_kwargs["code"]), str(job.task_kwargs["kind"])) for job in jobs}

    def waiting(self) -> Counter[str]:
        """By bureau, how many works wait."""
        return Counter(str(job.task_kwargs["code"]) for job in self.app.job_manager.list_jobs(status="todo"))


@dataclass
class Works:
    """Does works until ``stop``, SIGTERM or Ctrl+C; what runs is ended first.

    ``work`` does one, by bureau and kind, and raises nothing. ``lanes``: how many of each lane at a time. ``beside`` is
    called every ``beside_seconds``.
    """

    url: str
    work: Work
    lanes: Mapping[str, int]
    beside: Callable[[], None]
    beside_seconds: float
    _stop: Callable[[], object] = field(default=lambda: None, init=False)

    def run(self) -> None:
        asyncio.run(self._run())

    def stop(self) -> None:
        """From any thread; ``run`` returns soon."""
        self._stop()

    async def _run(self) -> None:
        connector = procrastinate.PsycopgConnector(
            conninfo=conninfo(self.url), min_size=2, max_size=4 + 2 * len(self.lanes)
        )
        app = procrastinate.App(connector=connector)
        app.task(name=TASK)(self.work)
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(sum(self.lanes.values()) + 2))
        async with app.open_async():
            sides = (
                _every(self.beside_seconds, partial(asyncio.to_thread, self.beside)),
                _every(HEARTBEAT_SECONDS, partial(_take_back, app)),
            )
            lanes = (_lane(app, lane, count) for lane, count in self.lanes.items())
            tasks = [asyncio.create_task(each) for each in (*sides, *lanes)]
            self._stop = partial(loop.call_soon_threadsafe, _cancel, tasks)
            if threading.current_thread() is threading.main_thread():
                for number in (signal.SIGTERM, signal.SIGINT):
                    loop.add_signal_handler(number, _cancel, tasks)
            await asyncio.gather(*tasks, return_exceptions=True)


def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


async def _lane(app: procrastinate.App, lane: str, count: int) -> None:
    """Do the works of a lane until cancelled; begins again where the database was away."""
    while True:
        try:
            await app.run_worker_async(
                queues=[lane], name=lane, concurrency=count, delete_jobs="always", install_signal_handlers=False,
                fetch_job_polling_interval=POLL_SECONDS, update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=10 * STALLED_SECONDS,
            )  # fmt: skip
        except exceptions.ConnectorException:
            log.exception("the queue does not answer")
        await asyncio.sleep(POLL_SECONDS)


async def _every(seconds: float, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Call it again and again; where it fails, the next time tries again."""
    while True:
        try:
            await action()
        except Exception:
            log.exception("what runs beside the works failed")
        await asyncio.sleep(seconds)


async def _take_back(app: procrastinate.App) -> None:
    """Give the works of workers that died to others."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        log.warning("a worker is gone: %s", job.lock)
        await _again(app, job)


async def _again(app: procrastinate.App, job: Job) -> None:
    try:
        await app.job_manager.retry_job(job)
    except exceptions.UniqueViolation:  # another of the same waits
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
    except exceptions.ConnectorException:  # another worker was first
        log.info("a work was taken back already: %s", job.lock)


def conninfo(url: str) -> str:
    """The address as libpq knows it."""
    return re.sub(r"^postgresql\+\w+", "postgresql", url)
