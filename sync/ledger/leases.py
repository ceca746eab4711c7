"""The right to do a work that only one process may do at a time, as a row in the database that both see.

A lease is short and renewed while its work runs, so that a process that was killed locks nobody out for long. One of
a process of this machine that is gone is taken over at once: a process is known by the machine's boot, its process
namespace, its number and when it started, since numbers (and in containers host names) come again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import sqlalchemy as sa

from sync.ledger.tables import leases

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
RENEWED_EVERY = 20  # seconds, while the work runs

BUSY = "另一个进程正在处理同一个工作簿，请稍后再试。"

_running: set[str] = set()  # holders whose work runs in this process


class Busy(RuntimeError):
    """Another process has the turn (``Leases.turn``)."""


class Process(NamedTuple):
    """What tells a process from every other: the machine's boot, the namespace of process numbers, the number, and the
    hour of its start in the kernel's clock."""

    boot: str
    namespace: str
    number: str
    start: str


class Leases:
    """The leases in one database. ``held``: the holder of each work that runs through this object, by name."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.held: dict[str, str] = {}

    @contextmanager
    def turn(self, name: str) -> Iterator[Callable[[], None]]:
        """Hold the lease ``name`` for as long as the block runs. Yields a function that renews it and raises ``Busy``
        where another process took over. Raises ``Busy`` where another has it."""
        holder = ":".join((*ourselves(), uuid4().hex))
        self._take(name, holder)
        _running.add(holder)
        self.held[name] = holder
        try:
            with self._renewed(name, holder):
                yield lambda: self._renew(name, holder)
        finally:
            _running.discard(holder)
            self.held.pop(name, None)
            self._give(name, holder)

    def check(self, db: sa.Connection, name: str) -> None:
        """Raises ``Busy`` where the work ``name`` runs through this object and another process took it over.

        Until the transaction ends nobody can take it over either: PostgreSQL locks the row, SQLite has one writer.
        """
        holder = self.held.get(name)
        if holder is not None:
            lease = sa.select(leases.c.holder).where(leases.c.bureau == name)
            held = db.execute(lease.with_for_update(read=True)).scalar()
            if held != holder:
                raise Busy(BUSY)

    def _take(self, name: str, holder: str) -> None:
        with self.engine.begin() as db:
            now = self._now(db)
            lease = db.execute(sa.select(leases).where(leases.c.bureau == name)).first()
            if lease and (not now <= lease.until <= now + 2 * LEASE_SECONDS or is_over(lease.holder)):
                same = (leases.c.bureau == name, leases.c.holder == lease.holder, leases.c.until == lease.until)
                db.execute(sa.delete(leases).where(*same))
            try:
                db.execute(sa.insert(leases).values(bureau=name, holder=holder, until=now + LEASE_SECONDS))
            except sa.exc.IntegrityError as error:
                raise Busy(BUSY) from error

    def _renew(self, name: str, holder: str) -> None:
        ours = sa.update(leases).where(leases.c.bureau == name, leases.c.holder == holder)
        with self.engine.begin() as db:
            if not db.execute(ours.values(until=self._now(db) + LEASE_SECONDS)).rowcount:
                raise Busy(BUSY)

    def _give(self, name: str, holder: str) -> None:
        """Give the lease back. Where that can't be done (disk full, database restarted), this process takes it over at
        its next turn, and others when it has run out."""
        try:
            with self.engine.begin() as db:
                db.execute(sa.delete(leases).where(leases.c.bureau == name, leases.c.holder == holder))
        except sa.exc.SQLAlchemyError as error:
            log.warning("the lease %s could not be given back: %s", name, error)

    @contextmanager
    def _renewed(self, name: str, holder: str) -> Iterator[None]:
        """Renew the lease from time to time while the block runs. A database in memory is nobody else's."""
        if self.engine.url.database in (None, "", ":memory:"):
            yield
            return
        done = threading.Event()
        thread = threading.Thread(target=self._renew_until, args=(done, name, holder), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()

    def _renew_until(self, done: threading.Event, name: str, holder: str) -> None:
        while not done.wait(RENEWED_EVERY):
            try:
                self._renew(name, holder)
            except Busy:
                return
            except Exception as error:  # a driver's own, where it is locked as the connection opens: it is tried again
                log.warning("the lease %s could not be renewed: %s", name, error)

    def _now(self, db: sa.Connection) -> float:
        """Seconds by a clock that all who share the database have in common."""
        if self.engine.dialect.name == "postgresql":
            return float(db.execute(sa.text("select extract(epoch from clock_timestamp())")).scalar_one())
        return time.time()


def is_over(holder: str) -> bool:
    """Whether the holder is known to work no more: a work of this process that ended, or of a process of this machine
    that is gone. What another machine does can't be told: its lease runs out."""
    process = Process(*holder.split(":")[:4]) if holder.count(":") == 4 else None
    if process is None or process[:2] != ourselves()[:2]:
        return False
    if process == ourselves():
        return holder not in _running
    return _start(process.number) != process.start


def ourselves() -> Process:
    """This process."""
    return _process(os.getpid())


@cache
def _process(number: int) -> Process:
    boot = socket.gethostname()
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    return Process(boot, namespace, str(number), _start(str(number)))


def _start(number: str) -> str:
    """When a process started, in ticks of the kernel's clock; empty where there is none."""
    try:
        stat = Path(f"/proc/{int(number)}/stat").read_text("utf-8", "replace")
    except (OSError, ValueError):
        return ""
    return stat.rpartition(")")[2].split()[19]
