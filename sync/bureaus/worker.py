"""A worker: takes works of all bureaus from the queue and does them, as the clock of a single process does.

Any number of them run. Each also sees what is due and puts it into the queue, one worker at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from sync import journal
from sync.bureaus import queue
from sync.bureaus.folders import Folders
from sync.bureaus.opened import OpenBureaus
from sync.bureaus.queue import Queue, Wanted
from sync.guard import GAPS
from sync.intake.pushes import StorePhoto
from sync.ledger import sharing
from sync.ledger.bureaus.bureaus import DELIVER, LOOK, NIGHTLY, RECEIVE, Bureaus, Work, late
from sync.ledger.leases import Busy
from sync.ledger.operations.evidence import Evidence
from sync.ledger.tables import Unusable
from sync.ledger.upgrade import open_database
from sync.operations import jobs
from sync.outgoing.channel_posts import ChannelPosts
from sync.service import Service
from sync.upkeep import last_due
from sync.workbook.cells.store import Unavailable

DELIVER_SECONDS, RECEIVE_SECONDS, NIGHTLY_SECONDS = 30, 20, 3600
BUSY_SECONDS = 10  # after which a work is tried again that another process was doing
NOT_NOW = (Busy, Unusable, Unavailable)  # no fault of the bureau's: another is at it, a database that all share is away
DUE_SECONDS = 2.0  # how often it is looked what is due
LONG_SECONDS = 5.0  # a work that takes longer makes no other wait
LONGEST_GAP = timedelta(minutes=15)  # after a failure
SPARE = 6  # works beside the usual number that may be long under way
DUE_LOCK = int.from_bytes(b"jl-due", "big")  # PostgreSQL's advisory lock of who sees what is due

log = logging.getLogger(__name__)


@dataclass
class Tools:
    """What a worker has of a bureau once, each made when it is first used."""

    service: Service
    photo_store: Callable[[Service], StorePhoto]
    noted: dict[str, datetime]  # as ``Evidence``

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self.service.ledger, self.noted)

    @cached_property
    def store_photo(self) -> StorePhoto:
        return self.photo_store(self.service)


@dataclass(frozen=True)
class WebParts:
    """What works need of the web server's package, by service: where a pushed photo goes, what forgets uploads."""

    photo_store: Callable[[Service], StorePhoto]
    forget_uploads: Callable[[Service], None]


@dataclass
class Slots:
    """So many works go on at once; one that takes long gives its place up, so that it delays no other."""

    count: int
    _free: threading.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = threading.Semaphore(self.count)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for a place."""
        self._free.acquire()
        given = threading.Lock()

        def give() -> None:
            if given.acquire(blocking=False):
                self._free.release()

        timer = threading.Timer(LONG_SECONDS, give)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            give()


class Worker:
    """Does the works of all bureaus. ``at_once``: how many at once; ``most_open``, ``most_bytes``: ``OpenBureaus``."""

    def __init__(
        self, folders: Folders, parts: WebParts, at_once: int = 1, most_open: int = 64, most_bytes: int = 0
    ) -> None:
        self.folders, self.parts = folders, parts
        self.engine = sharing.lend(folders.database, open_database)
        self.registry = Bureaus(self.engine)
        self.queue = Queue(folders.database)
        lanes = {queue.QUICK: at_once + SPARE, queue.SLOW: 2, queue.NIGHT: 1}
        self.works = queue.Works(
            folders.database, self.work, lanes, lambda: self.see_what_is_due(DUE_SECONDS), DUE_SECONDS / 2
        )
        self.noted: dict[str, datetime] = {}
        self.places = Slots(at_once)
        self.open = OpenBureaus(folders, self.registry.demand, self._tools, most_open, most_bytes)

    def run(self) -> None:
        """Work until SIGTERM or Ctrl+C."""
        self.queue.set_up()
        try:
            self.works.run()
        finally:
            self.close()

    def close(self) -> None:
        self.open.close()
        self.queue.close()
        sharing.give_back(self.engine)

    def _tools(self, service: Service) -> Tools:
        return Tools(service, self.parts.photo_store, self.noted)

    # One work
    def work(self, code: str, kind: str) -> None:
        """Do a work of a bureau and note how it went. Raises nothing: what failed is tried again after growing gaps."""
        with self.places.held() if kind != NIGHTLY else nullcontext():
            try:
                self._work(code, kind)
            except Exception:
                log.exception("%s of %s could not be noted", kind, code)

    def _work(self, code: str, kind: str) -> None:
        now = datetime.now(UTC)
        before = self.registry.begin(code, kind, now)
        if before is None:
            return
        with journal.work(kind, quiet=lambda fields: fields["outcome"] == "done") as fields:
            fields["bureau"] = code
            began = time.monotonic()
            try:
                due = self._done(code, kind, now)
            except NOT_NOW as error:
                fields["outcome"] = type(error).__name__
                done = replace(before, due=now + timedelta(seconds=BUSY_SECONDS))
            except Exception as error:
                fields["outcome"] = "failed"
                log.exception("%s of %s failed", kind, code)
                done = _failed(before, now, error)
            else:
                done = replace(before, due=due, went=datetime.now(UTC), tries=0, error="")
            self.registry.note(replace(done, took=time.monotonic() - began))

    def _done(self, code: str, kind: str, now: datetime) -> datetime:
        """Do it; when it is due again."""
        with self.open.use(code, passing=True) as opened:
            service, tools = opened.service, opened.made
            if kind == LOOK:
                opened.wanted |= self._look(service, tools)
                return now + timedelta(seconds=self.folders.look_seconds)
            if kind == DELIVER:
                jobs.deliver_due(service)
                return now + timedelta(seconds=DELIVER_SECONDS)
            if kind == RECEIVE:
                jobs.receive(service, lambda: self.queue.put([Wanted(code, LOOK, at_once=True)]), tools.store_photo)
                return now + timedelta(seconds=RECEIVE_SECONDS)
            return self._nightly(service, now)

    def _look(self, service: Service, tools: Tools) -> bool:
        """Look; whether there was anything to look at, so that there soon may be again."""
        report = jobs.look_now(service, tools.evidence)
        if service.embedded and service.settings.push_hosts:
            jobs.tell_channels(service, ChannelPosts(service.settings.push_hosts))
        return not report.idle

    def _nightly(self, service: Service, now: datetime) -> datetime:
        jobs.ensure_tabs(service)
        self.parts.forget_uploads(service)
        jobs.back_up(service)
        rules = service.rules()
        next_backup = last_due(now.astimezone(rules.bureau.zone), rules.backup.at) + timedelta(days=1)
        return min(next_backup, now + timedelta(seconds=NIGHTLY_SECONDS))

    # What is due
    def see_what_is_due(self, rest: float = 0.0) -> None:
        """Put into the queue what is due and is not there; note and tell which bureaus are late. Not while another
        worker does, nor for ``rest`` seconds afterwards: with many workers it is looked up as often as with one."""
        with self.registry.alone(DUE_LOCK) as alone:
            if alone:
                self._put_what_is_due()
                time.sleep(rest)

    def _put_what_is_due(self) -> None:
        now = datetime.now(UTC)
        outstanding = self.queue.outstanding()
        due = [work for work in self.registry.due(now) if (work.code, work.kind) not in outstanding]
        if due:
            self.queue.put(Wanted(work.code, work.kind, lane(work)) for work in due)
        self._tell_late(now)

    def _tell_late(self, now: datetime) -> None:
        """Each lateness is logged once, at its begin."""
        there = self.registry.all()
        ages = late(there, self.registry.looks(), now, self.folders.late_after)
        for bureau in there:
            if bureau.code in ages and bureau.late_since is None:
                log.error("bureau %s is late: no look for %s s", bureau.code, round(ages[bureau.code].total_seconds()))
                self.registry.note_late(bureau.code, now)
            elif bureau.code not in ages and bureau.late_since is not None:
                log.warning("bureau %s is late no more", bureau.code)
                self.registry.note_late(bureau.code, None)


def lane(work: Work) -> str:
    """Where a work waits: one that failed or took long waits among its like."""
    if work.kind == NIGHTLY:
        return queue.NIGHT
    return queue.SLOW if work.tries or work.took > LONG_SECONDS else queue.QUICK


def _failed(before: Work, now: datetime, error: Exception) -> Work:
    tries = before.tries + 1
    gap = min(GAPS[min(tries, len(GAPS)) - 1], LONGEST_GAP)
    return replace(before, due=now + gap, tries=tries, error=type(error).__name__[:120])
