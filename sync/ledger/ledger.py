"""The memory that a spreadsheet can't hold: one small database (DESIGN section 5).

Only this package imports sqlalchemy. ``tables`` holds the tables, ``records`` how values of the core become rows and
back. A decision enters in one transaction, before any cell is touched.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync.core.duties.duties import Done
from sync.core.issues.open_units import open_units
from sync.core.memory import (
    BACK,
    FILED,
    THERE,
    YEAR,
    Archived,
    Change,
    Decision,
    Memory,
    Sent,
    absorb,
    held_about,
    is_held,
    seals_in_short,
    still_open,
    stored_issues,
    with_facts,
    without_facts,
    without_rows,
)
from sync.core.notices.notices import HANDED, WAITING, Notice
from sync.core.sheet.identity import DELETED, WAIVED, Known
from sync.core.sheet.plan import Cover, Restore
from sync.core.sheet.values.photos import Picture
from sync.ledger import sharing
from sync.ledger.leases import Busy, Leases
from sync.ledger.page_writes import PageWrites, RowSource
from sync.ledger.records import Records, SentMail, of_done, packed
from sync.ledger.tables import Unusable, WrongVersion, history, outbox, rules, ticks
from sync.ledger.upgrade import open_database

__all__ = ["Busy", "Ledger", "QueuedNotice", "SentMail", "Unusable", "WrongVersion"]


@dataclass(frozen=True)
class QueuedNotice:
    """A notice in the outbox that is not settled."""

    notice: Notice
    attempts: int  # how often it was sent in vain
    batch: str | None  # the message that it belongs to; None: not put into one yet
    state: str = WAITING


@dataclass
class Held:
    """A memory that is held between ticks, and the revision of the database that it is of."""

    memory: Memory | None = None
    revision: int = -1


HELD_SECONDS = 600.0  # for which the whole memory is held after somebody asked for it
PHOTO_REVISION = "photo_revision"  # fact: rises with every photo
OWED = ("plan", "restores", "covers", "wanted_back", "wanted_closed")  # facts for which a look can't wait
IN_BETWEEN = "正在交给对方的服务器；中断的，不知道收到没有，会用同一封再发一次"


class Ledger:
    """The ledger of one bureau. What is remembered is held between ticks and read again when another process wrote."""

    def __init__(self, url: str, name: str, zone: ZoneInfo) -> None:
        self.engine = sharing.lend(url, open_database)
        self.leases = Leases(self.engine)
        self.name = name
        self.zone = zone
        self.records = Records(name, zone)
        self.page_writes = PageWrites(self.engine, self.records)
        self.warnings: dict[str, str] = {}  # sentences for 运行状态, by item, from outside the core
        self._unsettled: list[tuple[tuple[str, ...], str, str, int, datetime | None, SentMail | None]] = []
        self._current, self._whole = Held(), Held()
        self._photos: tuple[int, Mapping[str, Picture]] = (-1, {})  # and the revision that they were read at
        self.beside_whole: dict[str, Any] = {}  # what pages made of the whole memory: dropped with it
        self._coming = set[int]()  # revisions that threads are writing, or have written and not taken in yet
        self._asked = 0.0  # when the whole memory was last asked for, in seconds
        self._reading = threading.Lock()  # pages ask while the clock ticks

    def close(self) -> None:
        sharing.give_back(self.engine)

    # What the core reads
    def memory(self) -> Memory:
        """Everything remembered, for pages, explanations and exports: also the facts of issues that no look needs.
        They are held as long as somebody asks for them."""
        self._asked = time.monotonic()
        current = self.current()
        if not current.left and not any(mark.stored for mark in current.archived.values()):
            return current
        with self._reading, self._one_view() as db:
            return self._held(db, self._whole, self._load_whole)

    def current(self) -> Memory:
        """What a look starts from, from memory or from the database: of issues that are ``stored`` it holds little."""
        with self._reading, self._one_view() as db:
            if time.monotonic() - self._asked > HELD_SECONDS:
                self._whole = Held()
                self.beside_whole.clear()
            return self._held(db, self._current, self.records.load)

    @contextmanager
    def _one_view(self) -> Iterator[sa.Connection]:
        """A connection whose statements all see the database as it was at the first of them: what is remembered is
        read from many tables, while others commit."""
        with self.engine.connect() as db:
            if db.dialect.name == "sqlite" and self.engine.url.database not in (None, "", ":memory:"):
                db.exec_driver_sql("BEGIN")  # the driver begins none before it reads
            elif db.dialect.name == "postgresql":
                db.execution_options(isolation_level="REPEATABLE READ")
            yield db

    def _load_whole(self, db: sa.Connection) -> Memory:
        memory = self._held(db, self._current, self.records.load)
        return with_facts(memory, self.records.stored_facts(db, memory))

    def _held(self, db: sa.Connection, held: Held, load: Callable[[sa.Connection], Memory]) -> Memory:
        facts = self.records.facts(db, "revision", PHOTO_REVISION, "wanted_back", "wanted_closed")
        revision, memory = facts.get("revision", 0), held.memory
        is_coming = revision == held.revision + 1 and revision in self._coming
        if memory is None or not (revision == held.revision or is_coming):
            memory = load(db)
            held.revision = self._current.revision if held is self._whole else revision
        held.memory = replace(
            memory,
            wanted_back=tuple(facts.get("wanted_back", ())),
            wanted_sealed=tuple(facts.get("wanted_closed", ())),
            photos=self._photos_of(db, facts.get(PHOTO_REVISION, 0)),
            warnings=self.warnings,
        )
        return held.memory

    def _photos_of(self, db: sa.Connection, revision: int) -> Mapping[str, Picture]:
        """All photos. Those that came are read alone: in years they are many, and every form asks."""
        if self._photos[0] != revision:
            self._photos = revision, self.records.photos(db, self._photos[1])
        return self._photos[1]

    @property
    def is_read(self) -> bool:
        """Whether what is remembered was read from the database, which takes much longer than to ask for a fact."""
        return self._current.memory is not None

    def last_hour(self) -> datetime | None:
        """The hour that a person confirmed since the last look, else that of the last look; None: there was none."""
        with self.engine.connect() as db:
            facts = self.records.facts(db, "confirmed", "last_tick")
        text = facts.get("confirmed") or facts.get("last_tick")
        return datetime.fromisoformat(text).astimezone(self.zone) if text else None

    def archived_as(self, state: str) -> list[Archived]:
        """The issues that left the live tab, or are to leave it, and stand so. Asks the database for these alone."""
        with self.engine.connect() as db:
            return self.records.archived_as(db, state)

    def open_units(self) -> dict[str, list[str]]:
        """The numbers of the issues that are not over, by unit."""
        memory = self.current()
        return open_units(memory.stamps, memory.known.get("issues", {}), memory.archived)

    # Commit
    def commit(
        self,
        decision: Decision,
        now: datetime,
        rules_hash: str,
        rules_text: str,
        seen_version: str,
        settled: int | None = None,
    ) -> None:
        """Stamps, notices, history and the intended writes, in one transaction; then the memory moves on.

        ``settled``: that of the memory from which the decision was made. Where a notice was settled since, the decision
        has not seen it, and the next tick must look whatever the workbook's version is. Raises ``Busy`` where another
        process has the turn by now: nothing is remembered then.
        """
        if not decision.believed:
            self._commit_in_doubt(decision, now)
            return
        with self._changing() as (db, revision):
            self.leases.check(db, self.name)
            decision = replace(decision, notices=self.records.unsent(db, decision.notices))
            unchanged = settled is None or settled == self.records.fact(db, "settled", 0)
            self.records.put(db, decision, now, rules_hash, rules_text)
            db.execute(sa.insert(ticks).values(bureau=self.name, at=now, wrote=decision.plan.cells))
            back = [rid for rid in self.records.fact(db, "wanted_back", []) if rid not in decision.restored]
            asked = self.records.fact(db, "wanted_closed", [])
            at = now.astimezone(UTC).isoformat()
            self.records.set_facts(
                db,
                {
                    **self._told(db, decision),
                    "numbers": decision.numbers,
                    "addresses": decision.addresses,
                    "groups": {name: at.astimezone(UTC).isoformat() for name, at in decision.groups.items()},
                    "wanted_back": back,
                    "wanted_closed": [month for month in asked if month not in decision.asked_seals],
                    "left_until": decision.left_until,
                    "left": decision.left,
                    "noted": of_done(decision.noted),
                    "last_tick": at,
                    "latest": max(at, self.records.fact(db, "latest", at)),
                    "wake": decision.wake.astimezone(UTC).isoformat() if decision.wake else None,
                    "version": seen_version if unchanged else "",
                    "rules": rules_hash,
                    "confirmed": None,
                },
            )
        self._take_in(revision, lambda memory: absorb(memory, decision, now))

    def _commit_in_doubt(self, decision: Decision, now: datetime) -> None:
        """What a look at an hour that is not believed leaves behind; the next tick looks again."""
        with self._changing() as (db, revision):
            self.records.set_facts(db, {**self._told(db, decision), "version": ""})
        self._take_in(revision, lambda memory: absorb(memory, decision, now))

    def _told(self, db: sa.Connection, decision: Decision) -> dict[str, Any]:
        """The facts that every look leaves behind, whether its hour was believed or not."""
        covers = still_open(self.records.covers(db), decision)
        return {
            "status": {key: (text, at.astimezone(UTC).isoformat()) for key, (text, at) in decision.status.items()},
            "plan": packed(decision.plan) if decision.plan.tabs else None,
            "restores": self.records.codec.unstructure(decision.restores),
            "covers": self.records.codec.unstructure(covers),
            "waiting": self.records.codec.unstructure(decision.waiting),
            "problems": decision.problems,
            "warnings": decision.warnings,
            "first_seen": {key: at.astimezone(UTC).isoformat() for key, at in decision.first_seen.items()},
        }

    def begin_demo(self) -> None:
        """What is in this ledger is a demo: mails of it go into a mailbox of the data folder."""
        with self.engine.begin() as db:
            self.records.set_facts(db, {"demo": True})

    @contextmanager
    def unsynced(self) -> Iterator[None]:
        """Where the database is a SQLite file, no change waits until it is on the disk; at the end all of it is. For
        what is made anew where the machine dies in between."""
        if self.engine.dialect.name != "sqlite":
            yield
            return
        self._run("PRAGMA synchronous=OFF")
        try:
            yield
        finally:
            self._run("PRAGMA synchronous=FULL")
            self._run("PRAGMA wal_checkpoint")

    def _run(self, command: str) -> None:
        with self.engine.connect() as db:
            db.exec_driver_sql(command)

    def is_demo(self) -> bool:
        with self.engine.connect() as db:
            return bool(self.records.fact(db, "demo", False))

    def confirm_hour(self, now: datetime, person: str) -> None:
        """A person says that ``now`` is the hour: looks are measured by it from now on."""
        with self._changing() as (db, revision):
            self.records.set_facts(db, {"confirmed": now.astimezone(UTC).isoformat(), "version": ""})
            self.records.put_history(db, [Change("status", "服务器时间", "时间", "", f"{person} 确认", now)])
        self._take_in(revision, lambda memory: replace(memory, confirmed=now))

    def landed(
        self,
        covers: Iterable[Cover],
        restores: Iterable[Restore],
        took: float,
        back: Collection[str] = (),
        given_back: Collection[str] = (),
    ) -> None:
        """It is known where the write fell: the plan is done. ``covers``: what it may have covered; ``restores``: what
        is still to be written; ``back``: deleted rows that came back with it; ``given_back``: numbers of the earlier
        covers whose cells came back with it, as the answer shows."""
        new, owed = list(covers), list(restores)
        with self._changing() as (db, revision):
            earlier = self.records.covers(db)
            covers_now = (*(replace(c, is_given_back=c.is_given_back or c.number in given_back) for c in earlier), *new)
            wanted = [rid for rid in self.records.fact(db, "wanted_back", []) if rid not in back]
            facts = {"plan": None, "restores": owed, "covers": covers_now, "wanted_back": wanted}
            self.records.set_facts(db, self.records.codec.unstructure(facts))
            last = sa.select(sa.func.max(ticks.c.n)).where(ticks.c.bureau == self.name).scalar_subquery()
            db.execute(sa.update(ticks).where(ticks.c.n == last).values(took=took))
        self._take_in(revision, lambda memory: replace(memory, plan=None, restores=tuple(owed), covers=covers_now,
                                             wanted_back=tuple(wanted)))  # fmt: skip

    def end_page_write(self, number: str, covers: Collection[Cover] = (), sources: Iterable[RowSource] = ()) -> None:
        """It is known where a page's write fell, or that it never will. ``covers``: what fell elsewhere than it was
        meant to; the next look takes it back. ``sources``: whose rows are in, as they were meant to be."""
        if not covers:
            with self.engine.begin() as db:
                self.page_writes.drop(db, number)
                self.page_writes.note_arrivals(db, sources)
            return
        with self._changing() as (db, revision):
            self.page_writes.drop(db, number)
            new = {cover.number: cover for cover in covers}
            now = (*(cover for cover in self.records.covers(db) if cover.number not in new), *covers)
            self.records.set_facts(db, {"covers": self.records.codec.unstructure(now), "version": ""})
        self._take_in(revision, lambda memory: replace(memory, covers=now))

    @contextmanager
    def _changing(self) -> Iterator[tuple[sa.Connection, int]]:
        """A transaction that changes what is remembered, and the revision of the database that it makes: others wait
        here. Until ``_take_in`` follows pages are given the memory as it was."""
        revision = -1
        try:
            with self.engine.begin() as db:
                revision = self.records.bump(db)
                self._coming.add(revision)
                yield db, revision
        except BaseException:
            self._coming.discard(revision)
            raise

    def _take_in(
        self,
        revision: int,
        change: Callable[[Memory], Memory],
        whole: Callable[[Memory], Memory] | None = None,
    ) -> None:
        """The committed change that made this revision enters the memory that is held: where it was read since, the
        change is in it; where one before is not in it yet, the next question reads all anew. Several threads change
        and read at once. ``whole``: the change of the whole memory, where that is another."""
        with self._reading:
            try:
                for held, taken_in in ((self._current, change), (self._whole, whole or change)):
                    if held.memory is not None and held.revision < revision:
                        memory, held.memory = held.memory, None  # where the change fails, all is read anew
                        held.memory = taken_in(memory) if held.revision + 1 == revision else None
                        held.revision = revision
            finally:
                self._coming.discard(revision)

    def _forget(self, revision: int) -> None:
        """After the change that made this revision the next question reads all anew."""
        with self._reading:
            self._current, self._whole = Held(), Held()
            self._coming.discard(revision)

    # Between ticks
    def problems(self) -> int:
        """How many rows had a problem at the last look."""
        with self.engine.connect() as db:
            return int(self.records.fact(db, "problems", 0))

    def quiet_until(self, version: str, rules_hash: str) -> datetime | None:
        """When the next look is due if the workbook is still at ``version`` under these rules, with the same warnings
        to show; None: look now."""
        with self.engine.connect() as db:
            facts = self.records.facts(db, *OWED, "version", "rules", "warnings", "wake")
        busy = any(facts.get(key) for key in OWED)
        same = (
            version
            and version == facts.get("version")
            and rules_hash == facts.get("rules")
            and self.warnings == facts.get("warnings", {})
        )
        wake = facts.get("wake")
        return datetime.fromisoformat(wake).astimezone(self.zone) if wake and same and not busy else None

    def wake(self) -> datetime | None:
        """When the last look wanted the next one."""
        with self.engine.connect() as db:
            wake = self.records.fact(db, "wake", None)
        return datetime.fromisoformat(wake).astimezone(self.zone) if wake else None

    def want_back(self, rid: str) -> bool:
        """Ask for a deleted row; False where no deleted row has that id."""
        memory = self.current()
        if not any(rid in group and group[rid].deleted for group in memory.known.values()):
            return False
        with self._changing() as (db, revision):
            self._want_back(db, [rid])
        self._take_in(revision, lambda memory: memory)
        return True

    def waive(self, tab: str, rid: str, person: str, at: datetime) -> bool:
        """Note that a row was deleted on purpose: 运行状态 names it no more. False where no such row waits to be told.
        Take the ``turn`` first: a tick that is running would overlook it."""
        row = self.current().known.get(tab, {}).get(rid)
        if row is None or row.gone != DELETED:
            return False
        waived = {rid: replace(row, gone=WAIVED)}
        with self._changing() as (db, revision):
            self.records.put_rows(db, tab, waived.values())
            self.records.put_history(db, [Change(tab, rid, "行被删除", "", f"{person}：是有意删的", at)])
        self._take_in(
            revision, lambda memory: replace(memory, known={**memory.known, tab: {**memory.known[tab], **waived}})
        )
        return True

    def want_sealed(self, month: str) -> None:
        """Ask for a month to be sealed before its hour, by the next look."""
        with self._changing() as (db, revision):  # two may ask at once
            wanted = sorted({*self.records.fact(db, "wanted_closed", []), month})
            self.records.set_facts(db, {"wanted_closed": wanted})
        self._take_in(revision, lambda memory: memory)

    def leave(self, until: str) -> None:
        """Note up to which month (without it) the rows of 扣分明细 and 通知记录 leave for the tabs of their years."""
        with self._changing() as (db, revision):
            self.records.set_facts(db, {"left_until": until})
        self._take_in(revision, lambda memory: replace(memory, left_until=until))

    def leave_rows(
        self, key: str, until: str, marks: Collection[Archived], noted: tuple[Done, ...], rows: Mapping[str, Known]
    ) -> None:
        """Note which rows of a people's tab are meant to leave it, all of months before ``until``. ``noted``: what is
        still asked of duties that left; ``rows``: what is remembered of some of them from now on, by id."""
        left = {**self.current().left, key: max(until, self.current().left.get(key, ""))}
        moving = {mark.rid: mark for mark in marks}
        with self._changing() as (db, revision):
            self.records.put_archived(db, moving.values())
            self.records.put_rows(db, key, rows.values())
            self.records.set_facts(db, {"left": left, "noted": of_done(noted)})

        def taken_in(memory: Memory) -> Memory:
            return replace(_archived(memory, moving, set(), rows, key), left=left, noted=noted)

        def in_short(memory: Memory) -> Memory:
            seals = seals_in_short(memory.seals, stored_issues(memory.archived), left)
            return replace(taken_in(memory), seals=seals)

        self._take_in(revision, in_short, whole=taken_in)

    def rows_left(
        self, key: str, tab: str, there: Collection[str], stayed: Collection[str], lost: Iterable[str]
    ) -> None:
        """Rows of a people's tab that were meant to leave it: those ``there`` are of ``tab`` from now on, and no look
        holds them, but what was filed about an issue whose facts it holds; those that ``stayed`` are as before; those
        ``lost`` the next look is to put back."""
        memory = self.current()
        known = memory.known.get(key, {})
        dead = {rid: replace(known[rid], gone=DELETED) for rid in lost if rid in known}
        marks = {rid: replace(memory.archived[rid], title=tab, state=THERE) for rid in there}
        held = {rid: mark for rid, mark in marks.items() if key in FILED and is_held(memory, known[rid])}
        gone = {*there} - held.keys()
        with self._changing() as (db, revision):
            self.records.put_archived(db, held.values(), {*gone, *stayed, *dead})
            self.records.move_rows(db, key, gone, tab)
            self.records.put_rows(db, key, dead.values())
            self._want_back(db, dead)

        def taken_in(memory: Memory) -> Memory:
            return _archived(without_rows(memory, key, gone), held, {*stayed, *dead}, dead, key)

        def whole(memory: Memory) -> Memory:
            return _archived(memory, marks, {*stayed, *dead}, dead, key)

        self._take_in(revision, taken_in, whole=whole if key in FILED else None)

    def everything(self) -> Memory:
        """As ``memory``, with the duties that left their tab, which no other memory holds: for what goes back as far as
        they do."""
        memory, left = self.memory(), defaultdict[str, dict[str, Known]](dict)
        with self.engine.connect() as db:
            for tab, row in self.records.left_rows(db):
                left[tab[:-YEAR]][row.rid] = row
        return replace(memory, known={**memory.known, **{key: {**left[key], **memory.known[key]} for key in left}})

    def left_naming(self, key: str, text: str) -> list[Known]:
        """The rows that left a people's tab and hold a text of plain letters in a cell."""
        with self.engine.connect() as db:
            return [row for _, row in self.records.left_naming(db, key, text)]

    def left_like(self, key: str, prints: Iterable[str]) -> list[tuple[str, Known]]:
        """The rows that left a people's tab and have one of these fingerprints, each with the tab of its year as the
        ledger calls it (duties2026)."""
        with self.engine.connect() as db:
            return list(self.records.left_like(db, key, prints))

    def bring_back(self, key: str, prints: Iterable[str], at: datetime) -> None:
        """Have looks know rows that left a people's tab again, as many of each of these fingerprints as there are."""
        wanted, back = Counter(prints), list[tuple[str, Known]]()
        for tab, row in self.left_like(key, wanted):
            if wanted[row.print] > 0:
                wanted[row.print] -= 1
                back.append((tab, row))
        if not back:
            return
        marks = {row.rid: Archived(row.rid, tab, BACK, at) for tab, row in back}
        with self._changing() as (db, revision):
            self.records.put_archived(db, marks.values())
            for tab, row in back:
                self.records.move_rows(db, tab, [row.rid], key)
        rows = {row.rid: row for _, row in back}
        self._take_in(revision, lambda memory: _archived(memory, marks, set(), rows, key))

    def archive(
        self, marks: Iterable[Archived], at: datetime, *, gone: Iterable[str] = (), lost: Iterable[str] = ()
    ) -> None:
        """Note where issues are meant to stand, or were seen to. ``gone``: ids that are not archived after all;
        ``lost``: ids that stand nowhere any more, which the next look is to put back."""
        lost, noted = [*lost], {mark.rid: mark for mark in marks}
        self.fetch(lost)
        known = self.current().known.get("issues", {})
        dead = {rid: replace(known[rid], gone=DELETED) for rid in lost if rid in known}
        there = [mark for mark in noted.values() if mark.state == THERE]
        moved = [Change("issues", mark.rid, "归档", "", mark.title, at) for mark in there]
        dropped = {*gone, *dead}
        with self._changing() as (db, revision):
            self.records.put_archived(db, noted.values(), dropped)
            self.records.put_rows(db, "issues", dead.values())
            self.records.put_history(db, moved)
            self._want_back(db, dead)
        self._take_in(revision, lambda memory: _archived(memory, noted, dropped, dead, "issues"))

    def _want_back(self, db: sa.Connection, rids: Collection[str]) -> None:
        if rids:
            wanted = [*dict.fromkeys([*self.records.fact(db, "wanted_back", []), *rids])]
            self.records.set_facts(db, {"wanted_back": wanted})

    def store(self, numbers: Collection[str]) -> None:
        """Note of archived issues that no look needs their facts: from now on they are in the database alone, with what
        was filed about them and left its tab."""
        memory = self.current()
        marks = {rid: replace(memory.archived[rid], stored=True) for rid in numbers}
        filed = {key: held_about(memory, key, marks) for key in FILED}
        with self._changing() as (db, revision):
            self.records.put_archived(db, marks.values(), [rid for held in filed.values() for rid in held])
            for key, held in filed.items():
                for mark in held.values():
                    self.records.move_rows(db, key, [mark.rid], mark.title)

        def in_short(memory: Memory) -> Memory:
            for key, held in filed.items():
                memory = without_rows(memory, key, held)
            return without_facts(memory, marks)

        self._take_in(revision, in_short, whole=lambda memory: replace(memory, archived={**memory.archived, **marks}))

    def fetch(self, numbers: Iterable[str]) -> None:
        """Have looks know the facts of these issues again, where they were stored, and of those that they are a part
        of, or that are a part of them; with what was filed about them, wherever that stands."""
        archived = self.current().archived
        wanted = [rid for rid in numbers if rid in archived and archived[rid].stored]
        if not wanted:
            return
        with self._changing() as (db, revision):
            stored = self.records.linked(db, wanted, stored_issues(archived))
            marks = [replace(archived[rid], stored=False) for rid in stored]
            for tab, row in [*self.records.left_about(db, stored)]:
                marks.append(Archived(row.rid, tab, THERE, row.marks["heard"]))
                self.records.move_rows(db, tab, [row.rid], tab[:-YEAR])
            self.records.put_archived(db, marks)
        self._forget(revision)

    def put_back(self, restores: Iterable[Restore]) -> None:
        """Have the next tick write cells of people into their rows (what a form changed after its row was in).

        Take the ``turn`` first: a tick that is running would overlook them.
        """
        memory = self.current()
        owed = [*memory.restores, *restores]
        with self._changing() as (db, revision):
            self.records.set_facts(db, {"restores": self.records.codec.unstructure(owed)})
        self._take_in(revision, lambda memory: replace(memory, restores=tuple(owed)))

    def note_history(self, prints: Iterable[str]) -> None:
        """Rows of these fingerprints are history when they are seen for the first time. Take the ``turn`` first."""
        noted = self.current().history | frozenset(prints)
        with self._changing() as (db, revision):
            self.records.set_facts(db, {"history_rows": sorted(noted)})
        self._take_in(revision, lambda memory: replace(memory, history=noted))

    def is_back(self, rid: str) -> bool:
        """Whether a row that was asked for was seen in the sheet again."""
        memory = self.current()
        gone = any(rid in group and group[rid].deleted for group in memory.known.values())
        return not gone and rid not in memory.wanted_back

    def last_rules_hash(self) -> str:
        """The hash of the rules that were in force last; empty where no look was made."""
        with self.engine.connect() as db:
            return str(self.records.fact(db, "rules", ""))

    def last_rules(self) -> str | None:
        """The rules text that was in force last."""
        with self.engine.connect() as db:
            query = sa.select(rules.c.text).where(
                rules.c.bureau == self.name, rules.c.hash == self.records.fact(db, "rules", "")
            )
            return db.execute(query).scalar()

    def trail(self, rid: str) -> list[dict[str, Any]]:
        """The history of a row: tab, what, before, after, at (bureau's zone), put_back, oldest first."""
        with self.engine.connect() as db:
            entries = db.execute(
                sa.select(history).where(history.c.bureau == self.name, history.c.rid == rid).order_by(history.c.n)
            )
            return [
                {
                    "tab": row.tab,
                    "what": row.what,
                    "before": json.loads(row.before),
                    "after": json.loads(row.after),
                    "at": row.at.astimezone(self.zone),
                    "put_back": row.put_back,
                }
                for row in entries
            ]

    def ticks(self, most: int = 20) -> list[dict[str, Any]]:
        """The last ticks that wrote something, newest first: at, wrote (cells), took (seconds)."""
        with self.engine.connect() as db:
            rows = db.execute(
                sa.select(ticks)
                .where(ticks.c.bureau == self.name, ticks.c.wrote > 0)
                .order_by(ticks.c.n.desc())
                .limit(most)
            )
            return [{"at": row.at.astimezone(self.zone), "wrote": row.wrote, "took": row.took} for row in rows]

    # The outbox
    def waiting(self, now: datetime, states: Iterable[str]) -> list[QueuedNotice]:
        """Notices whose hour has come, in the order of their numbers. Raises where what went out before could not be
        noted still: nothing is sent then, so that nothing is sent twice."""
        while self._unsettled:
            self._settle(*self._unsettled[0])
            del self._unsettled[0]
        with self.engine.connect() as db:
            query = (
                sa.select(outbox)
                .where(
                    outbox.c.bureau == self.name,
                    outbox.c.state.in_(list(states)),
                    outbox.c.due <= now,
                    sa.or_(outbox.c.next_try.is_(None), outbox.c.next_try <= now),
                )
                .order_by(outbox.c.number)
            )
            return [
                QueuedNotice(self.records.read(Notice, row.notice), row.attempts, row.batch, row.state)
                for row in db.execute(query)
            ]

    def notice_states(self) -> dict[str, int]:
        """How many notices stand in each state."""
        with self.engine.connect() as db:
            query = sa.select(outbox.c.state, sa.func.count().label("number")).where(outbox.c.bureau == self.name)
            return {row.state: row.number for row in db.execute(query.group_by(outbox.c.state))}

    def tries(self, number: str) -> tuple[int, datetime | None, tuple[str, ...]]:
        """How a notice went so far: attempts, when the next is due (bureau's zone; None: none is), and the numbers that
        went out in one message with it."""
        with self.engine.connect() as db:
            mine = sa.select(outbox).where(outbox.c.bureau == self.name)
            row = db.execute(mine.where(outbox.c.number == number)).first()
            if row is None:
                return 0, None, ()
            same = sa.select(outbox.c.number).where(outbox.c.bureau == self.name, outbox.c.batch == row.batch)
            batch = db.execute(same.order_by(outbox.c.number)).scalars() if row.batch else ()
            next_try = row.next_try.astimezone(self.zone) if row.next_try else None
            return row.attempts, next_try, tuple(other for other in batch if other != number)

    def mailed(self, now: datetime) -> dict[str, int]:
        """How many mails each person got on the day of ``now``."""
        with self.engine.connect() as db:
            day, counts = self.records.fact(db, "mailed", ["", {}])
        return dict(counts) if day == self._day(now) else {}

    def _note_mail(self, db: sa.Connection, mail: SentMail) -> None:
        """Keep a mail that went out, and count it for its receiver's day."""
        day, counts = self.records.fact(db, "mailed", ["", {}])
        today = self._day(mail.at)
        counts = counts if day == today else {}
        self.records.set_facts(db, {"mailed": [today, {**counts, mail.person: counts.get(mail.person, 0) + 1}]})
        self.records.put_mail(db, mail)

    def _day(self, now: datetime) -> str:
        return now.astimezone(self.zone).date().isoformat()

    def batch(self, batches: Mapping[str, Sequence[str]]) -> None:
        """Fix which notices (numbers by batch) go out in one mail or message, before it is sent: a repeat after a crash
        is the same."""
        with self.engine.begin() as db:
            for batch, numbers in batches.items():
                mine = (outbox.c.bureau == self.name, outbox.c.number.in_(numbers))
                db.execute(sa.update(outbox).where(*mine).values(batch=batch))

    def hand_over(self, numbers: Iterable[str], attempts: int) -> None:
        """Note that a mail or message with these notices is handed to its server now. Until its answer is noted they
        may have been received: they go again in the same one and are never called off."""
        self._settle(tuple(numbers), HANDED, IN_BETWEEN, attempts, None, None)

    def settle(
        self,
        numbers: Iterable[str],
        state: str,
        reason: str,
        *,
        attempts: int = 0,
        next_try: datetime | None = None,
        mail: SentMail | None = None,
    ) -> None:
        """What became of these notices; the next tick shows it in 通知记录. ``mail``: that in which they went out.
        Where that can't be written (disk full), it is noted before anything else is sent."""
        settled = (tuple(numbers), state, reason, attempts, next_try, mail)
        try:
            self._settle(*settled)
        except Exception:
            self._unsettled.append(settled)
            raise

    def _settle(
        self, numbers: tuple[str, ...], state: str, reason: str, attempts: int, next_try: datetime | None,
        mail: SentMail | None,
    ) -> None:  # fmt: skip
        with self._changing() as (db, revision):
            notices = self.records.open_notices(db, numbers, state)
            mine = (outbox.c.bureau == self.name, outbox.c.number.in_(list(notices)))
            news = {"state": state, "reason": reason, "attempts": attempts, "next_try": next_try}
            db.execute(sa.update(outbox).where(*mine).values(news))
            if mail is not None:
                self._note_mail(db, mail)
            is_news = any(stood != (state, reason) for _, stood in notices.values())
            count = self._count_settled(db) if is_news else 0

        def taken_in(memory: Memory) -> Memory:
            known = {n: memory.notices[n].notice for n in notices if n in memory.notices}
            changed = {
                n: Sent(notice, state, reason, notices[n][0] if state == HANDED else "") for n, notice in known.items()
            }
            return replace(memory, notices={**memory.notices, **changed}, settled=count or memory.settled)

        self._take_in(revision, taken_in)

    def _count_settled(self, db: sa.Connection) -> int:
        """Have the next look see what a decision that is made now does not, whatever the workbook's version is."""
        count = int(self.records.fact(db, "settled", 0)) + 1
        self.records.set_facts(db, {"version": "", "settled": count})
        return count

    def opened(self, letter: str, person: str, now: datetime) -> None:
        """Somebody to whom a letter was sent opened it, by its key; the next tick shows it in 督办台账."""
        if (letter, person) in self.current().opened:
            return
        with self._changing() as (db, revision):
            self.records.put_opened(db, letter, person, now)
            count = self._count_settled(db)
        pair = {(letter, person): now}
        self._take_in(revision, lambda memory: replace(memory, opened={**memory.opened, **pair}, settled=count))

    # Turns
    def turn(self, work: str = "") -> AbstractContextManager[Callable[[], None]]:
        """The right to tick this bureau's workbook, or to do another ``work`` that only one process may do at a time.

        Yields a function that renews it. Raises ``Busy`` where another process has it.
        """
        return self.leases.turn(f"{self.name}·{work}" if work else self.name)


def _archived(
    memory: Memory, noted: Mapping[str, Archived], dropped: set[str], rows: Mapping[str, Known], key: str
) -> Memory:
    """The memory with these marks of archived rows, without those that were ``dropped``, with ``rows`` of tab ``key``
    as they are known now."""
    marks = {rid: mark for rid, mark in memory.archived.items() if rid not in dropped}
    known = {**memory.known, key: {**memory.known.get(key, {}), **rows}} if rows else memory.known
    return replace(memory, archived={**marks, **noted}, known=known)
