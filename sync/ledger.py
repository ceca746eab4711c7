"""The memory that a spreadsheet can't hold: one small database (DESIGN section 5). The only room of sqlalchemy.

SQLite by default, PostgreSQL by URL. Every table carries the bureau. Times are stored in UTC and come back in the
bureau's zone. A decision enters in one transaction, before any cell is touched.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import cattrs
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from sync.core.identity import Known
from sync.core.issues import Stamps
from sync.core.memory import Decision, Memory, Sent, absorb
from sync.core.notices import Notice
from sync.core.plan import Plan, Restore
from sync.core.rows import Raw
from sync.core.scores import Line

T = TypeVar("T")
LEASE_SECONDS = 300  # longer than any tick; a dead holder is replaced after it
DONE = ("已发送", "发送失败")


class Busy(RuntimeError):
    """Another process is at the same workbook's tick."""


class Moment(sa.TypeDecorator[datetime]):
    """An aware datetime, kept in UTC: SQLite drops zones and would give the local clock back."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone must not enter the ledger")
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


meta = sa.MetaData()


def bureau() -> sa.Column[str]:
    """A fresh first column for each table: many workbooks may share one database."""
    return sa.Column("bureau", sa.String(120), primary_key=True)


rows = sa.Table(
    "rows",
    meta,
    bureau(),
    sa.Column("tab", sa.String(40), primary_key=True),
    sa.Column("rid", sa.String(60), primary_key=True),
    sa.Column("print", sa.String(40), nullable=False),
    sa.Column("gone", sa.Integer, nullable=False),
    sa.Column("cells", sa.Text, nullable=False),
    sa.Column("marks", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False, default="{}"),
)
stamps = sa.Table(
    "stamps",
    meta,
    bureau(),
    sa.Column("rid", sa.String(60), primary_key=True),
    sa.Column("stamps", sa.Text, nullable=False),
)
lines = sa.Table(
    "lines",
    meta,
    bureau(),
    sa.Column("issue", sa.String(60), primary_key=True),
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
)
history = sa.Table(
    "history",
    meta,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("bureau", sa.String(120), nullable=False),
    sa.Column("tab", sa.String(40), nullable=False),
    sa.Column("rid", sa.String(60), nullable=False, index=True),
    sa.Column("what", sa.String(60), nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
outbox = sa.Table(
    "outbox",
    meta,
    bureau(),
    sa.Column("number", sa.String(200), primary_key=True),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("to", sa.String(120), nullable=False),
    sa.Column("due", Moment, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("next_try", Moment),
    sa.Column("batch", sa.String(64)),
)
ticks = sa.Table(
    "ticks",
    meta,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("bureau", sa.String(120), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("wrote", sa.Integer, nullable=False),
    sa.Column("took", sa.Float, nullable=False, default=0.0),
    sa.Column("note", sa.Text, nullable=False, default=""),
)
rules = sa.Table(
    "rules",
    meta,
    bureau(),
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("since", Moment, nullable=False),
)
facts = sa.Table(
    "facts",
    meta,
    bureau(),
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
leases = sa.Table(
    "leases",
    meta,
    bureau(),
    sa.Column("holder", sa.String(120), nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)


def codec(zone: ZoneInfo) -> cattrs.Converter:
    """Values of the core to JSON and back: times as UTC texts, back in the bureau's zone."""
    converter = cattrs.Converter()
    converter.register_unstructure_hook(datetime, lambda value: value.astimezone(UTC).isoformat())
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text).astimezone(zone))
    converter.register_unstructure_hook(date, lambda value: value.isoformat())
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_structure_hook_func(lambda kind: kind == Raw, lambda raw, _: raw)
    return converter


@dataclass(frozen=True)
class Waiting:
    """A notice in the outbox with what the sender must know."""

    notice: Notice
    attempts: int
    batch: str | None


class Ledger:
    """The ledger of one bureau. ``memory`` is kept between ticks and read anew when another process wrote."""

    def __init__(self, url: str, name: str, zone: ZoneInfo) -> None:
        self.engine = _engine(url)
        self.name = name
        self.zone = zone
        self.codec = codec(zone)
        self._memory: Memory | None = None
        self._revision = -1
        meta.create_all(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    # What the core reads
    def memory(self) -> Memory:
        """Everything remembered, from memory or from the database."""
        with self.engine.connect() as db:
            revision = self._fact(db, "revision", 0)
            if self._memory is None or revision != self._revision:
                self._memory = self._load(db)
                self._revision = revision
            self._memory.wanted_back = tuple(self._fact(db, "wanted_back", []))
        return self._memory

    def _load(self, db: Connection) -> Memory:
        found = Memory()
        for row in db.execute(sa.select(rows).where(rows.c.bureau == self.name).order_by(rows.c.tab, rows.c.rid)):
            marks = {
                key: datetime.fromisoformat(text).astimezone(self.zone) for key, text in json.loads(row.marks).items()
            }
            found.known.setdefault(row.tab, {})[row.rid] = Known(
                row.rid, json.loads(row.cells), row.print, marks, row.gone, json.loads(row.shown)
            )
        for row in db.execute(sa.select(stamps).where(stamps.c.bureau == self.name)):
            found.stamps[row.rid] = self._read(Stamps, row.stamps)
        for row in db.execute(sa.select(lines).where(lines.c.bureau == self.name).order_by(lines.c.id)):
            found.lines.setdefault(row.issue, {})[row.id] = self._read(Line, row.line)
        for row in db.execute(sa.select(outbox).where(outbox.c.bureau == self.name).order_by(outbox.c.number)):
            found.notices[row.number] = Sent(self._read(Notice, row.notice), row.state, row.reason)
        found.numbers = self._fact(db, "numbers", {})
        found.addresses = self._fact(db, "addresses", {})
        found.status = {
            key: (text, datetime.fromisoformat(at).astimezone(self.zone))
            for key, (text, at) in self._fact(db, "status", {}).items()
        }
        found.plan = self._plan(db)
        found.restores = self.codec.structure(self._fact(db, "restores", []), list[Restore])
        last = self._fact(db, "last_tick", None)
        found.last_tick = datetime.fromisoformat(last).astimezone(self.zone) if last else None
        return found

    def _plan(self, db: Connection) -> Plan | None:
        kept = self._fact(db, "plan", None)
        if kept is None:
            return None
        for one in kept["tabs"].values():
            one["rows"] = {int(number): row for number, row in one["rows"].items()}
        return self.codec.structure(kept, Plan)

    def _read(self, kind: type[T], text: str) -> T:
        return self.codec.structure(json.loads(text), kind)

    def _text(self, value: Any) -> str:
        return json.dumps(self.codec.unstructure(value), ensure_ascii=False, separators=(",", ":"))

    # Commit
    def commit(self, decision: Decision, now: datetime, rules_hash: str, rules_text: str, seen_version: str) -> None:
        """Stamps, notices, history and the intended writes, in one transaction; then the memory moves on."""
        memory = self.memory()
        with self.engine.begin() as db:
            self._put_rows(db, decision)
            self._put_notices(db, decision)
            self._put_history(db, decision)
            self._put_rules(db, rules_hash, rules_text, now)
            db.execute(sa.insert(ticks).values(bureau=self.name, at=now, wrote=decision.plan.cells))
            back = [rid for rid in self._fact(db, "wanted_back", []) if rid not in decision.restored]
            self._facts(
                db,
                {
                    "numbers": decision.numbers,
                    "addresses": decision.addresses,
                    "status": {
                        key: (text, at.astimezone(UTC).isoformat()) for key, (text, at) in decision.status.items()
                    },
                    "plan": self.codec.unstructure(decision.plan) if decision.plan.tabs else None,
                    "restores": [],
                    "wanted_back": back,
                    "last_tick": now.astimezone(UTC).isoformat(),
                    "wake": decision.wake.astimezone(UTC).isoformat() if decision.wake else None,
                    "version": seen_version,
                    "rules": rules_hash,
                },
            )
            self._revision = self._bump(db)
        absorb(memory, decision, now)

    def _put_rows(self, db: Connection, decision: Decision) -> None:
        self._upsert(
            db,
            rows,
            [
                {
                    "tab": tab,
                    "rid": one.rid,
                    "print": one.print,
                    "gone": one.gone,
                    "shown": json.dumps(dict(one.shown), ensure_ascii=False),
                    "cells": json.dumps(dict(one.cells), ensure_ascii=False),
                    "marks": json.dumps({key: at.astimezone(UTC).isoformat() for key, at in one.marks.items()}),
                }
                for tab, group in decision.known.items()
                for one in group.values()
            ],
        )
        self._upsert(db, stamps, [{"rid": rid, "stamps": self._text(one)} for rid, one in decision.stamps.items()])
        self._upsert(
            db,
            lines,
            [
                {"issue": rid, "id": line.id, "line": self._text(line)}
                for rid, group in decision.lines.items()
                for line in group.values()
            ],
        )

    def _put_notices(self, db: Connection, decision: Decision) -> None:
        self._upsert(
            db,
            outbox,
            [
                {
                    "number": number,
                    "notice": self._text(sent.notice),
                    "to": sent.notice.to,
                    "due": sent.notice.due,
                    "state": sent.state,
                    "reason": sent.reason,
                    "attempts": 0,
                }
                for number, sent in decision.notices.items()
            ],
        )

    def _put_history(self, db: Connection, decision: Decision) -> None:
        if decision.history:
            db.execute(
                sa.insert(history),
                [
                    {
                        "bureau": self.name,
                        "tab": one.tab,
                        "rid": one.rid,
                        "what": one.column,
                        "before": json.dumps(one.before, ensure_ascii=False),
                        "after": json.dumps(one.after, ensure_ascii=False),
                        "at": one.at,
                    }
                    for one in decision.history
                ],
            )

    def _put_rules(self, db: Connection, rules_hash: str, text: str, now: datetime) -> None:
        if self._fact(db, "rules", "") != rules_hash:
            self._upsert(db, rules, [{"hash": rules_hash, "text": text, "since": now}])

    def landed(self, restores: Iterable[Restore], took: float) -> None:
        """The write's reply was seen: the plan is done, and these cells of people are to be given back."""
        kept = list(restores)
        with self.engine.begin() as db:
            self._facts(db, {"plan": None, "restores": self.codec.unstructure(kept)})
            last = sa.select(sa.func.max(ticks.c.n)).where(ticks.c.bureau == self.name).scalar_subquery()
            db.execute(sa.update(ticks).where(ticks.c.n == last).values(took=took))
        memory = self.memory()
        memory.plan, memory.restores = None, kept

    # Between ticks
    def quiet_until(self, version: str, rules_hash: str) -> datetime | None:
        """When the next look is due if the workbook is still at ``version`` under these rules; None: look now."""
        with self.engine.connect() as db:
            busy = self._fact(db, "plan", None) or self._fact(db, "restores", []) or self._fact(db, "wanted_back", [])
            same = version and version == self._fact(db, "version", "") and rules_hash == self._fact(db, "rules", "")
            wake = self._fact(db, "wake", None)
        return datetime.fromisoformat(wake).astimezone(self.zone) if wake and same and not busy else None

    def stir(self) -> None:
        """Make the next tick look, whatever the workbook's version is."""
        with self.engine.begin() as db:
            self._facts(db, {"version": ""})

    def want_back(self, rid: str) -> bool:
        """Ask for a deleted row; False where no deleted row has that id."""
        memory = self.memory()
        if not any(rid in group and group[rid].deleted for group in memory.known.values()):
            return False
        with self.engine.begin() as db:
            wanted = [*dict.fromkeys([*self._fact(db, "wanted_back", []), rid])]
            self._facts(db, {"wanted_back": wanted})
        return True

    def last_rules(self) -> str | None:
        """The rules text that was in force last."""
        with self.engine.connect() as db:
            query = sa.select(rules.c.text).where(
                rules.c.bureau == self.name, rules.c.hash == self._fact(db, "rules", "")
            )
            return db.execute(query).scalar()

    def trail(self, rid: str) -> list[dict[str, Any]]:
        """The history of a row: what, before, after, at (bureau's zone), oldest first."""
        with self.engine.connect() as db:
            found = db.execute(
                sa.select(history).where(history.c.bureau == self.name, history.c.rid == rid).order_by(history.c.n)
            )
            return [
                {
                    "tab": row.tab,
                    "what": row.what,
                    "before": json.loads(row.before),
                    "after": json.loads(row.after),
                    "at": row.at.astimezone(self.zone),
                }
                for row in found
            ]

    def ticks(self, most: int = 20) -> list[dict[str, Any]]:
        """The last ticks that wrote something, newest first: at, wrote (cells), took (seconds)."""
        with self.engine.connect() as db:
            found = db.execute(
                sa.select(ticks)
                .where(ticks.c.bureau == self.name, ticks.c.wrote > 0)
                .order_by(ticks.c.n.desc())
                .limit(most)
            )
            return [{"at": row.at.astimezone(self.zone), "wrote": row.wrote, "took": row.took} for row in found]

    # The outbox
    def waiting(self, now: datetime, states: Iterable[str]) -> list[Waiting]:
        """Notices whose hour has come, in the order of their numbers."""
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
            return [Waiting(self._read(Notice, row.notice), row.attempts, row.batch) for row in db.execute(query)]

    def batch(self, numbers: Iterable[str], batch: str) -> None:
        """Fix which notices go out in one mail, before it is sent: a repeat after a crash is the same mail."""
        with self.engine.begin() as db:
            db.execute(
                sa.update(outbox)
                .where(outbox.c.bureau == self.name, outbox.c.number.in_(list(numbers)))
                .values(batch=batch)
            )

    def settle(
        self,
        numbers: Iterable[str],
        state: str,
        reason: str,
        *,
        attempts: int = 0,
        next_try: datetime | None = None,
    ) -> None:
        """What became of these notices; the next tick shows it in 通知记录."""
        kept = list(numbers)
        memory = self.memory()
        changed = [
            n
            for n in kept
            if n in memory.notices and (memory.notices[n].state, memory.notices[n].reason) != (state, reason)
        ]
        with self.engine.begin() as db:
            db.execute(
                sa.update(outbox)
                .where(outbox.c.bureau == self.name, outbox.c.number.in_(kept))
                .values(state=state, reason=reason, attempts=attempts, next_try=next_try)
            )
            if changed:
                self._facts(db, {"version": ""})
                self._revision = self._bump(db)
        for number in changed:
            memory.notices[number] = Sent(memory.notices[number].notice, state, reason)

    # One tick at a time
    @contextmanager
    def turn(self) -> Iterator[None]:
        """The right to tick this bureau's workbook; ``Busy`` where another process has it."""
        holder = f"{socket.gethostname()}:{os.getpid()}:{id(self)}"
        self._lease(holder)
        try:
            yield
        finally:
            with self.engine.begin() as db:
                db.execute(sa.delete(leases).where(leases.c.bureau == self.name, leases.c.holder == holder))

    def _lease(self, holder: str) -> None:
        with self.engine.begin() as db:
            now = time.time()
            held = db.execute(sa.select(leases).where(leases.c.bureau == self.name)).first()
            if held and (held.until < now or _dead(held.holder)):
                db.execute(sa.delete(leases).where(leases.c.bureau == self.name, leases.c.holder == held.holder))
            try:
                db.execute(sa.insert(leases).values(bureau=self.name, holder=holder, until=now + LEASE_SECONDS))
            except sa.exc.IntegrityError as error:
                raise Busy("另一个进程正在处理同一个工作簿，请稍后再试。") from error

    # Small values
    def _fact(self, db: Connection, key: str, default: Any) -> Any:
        query = sa.select(facts.c.value).where(facts.c.bureau == self.name, facts.c.key == key)
        text = db.execute(query).scalar()
        return default if text is None else json.loads(text)

    def _facts(self, db: Connection, values: Mapping[str, Any]) -> None:
        self._upsert(
            db,
            facts,
            [{"key": key, "value": json.dumps(value, ensure_ascii=False)} for key, value in values.items()],
        )

    def _bump(self, db: Connection) -> int:
        revision = int(self._fact(db, "revision", 0)) + 1
        self._facts(db, {"revision": revision})
        return revision

    def _upsert(self, db: Connection, table: sa.Table, values: list[dict[str, Any]]) -> None:
        if not values:
            return
        insert = _insert_for(self.engine)(table)
        keys = [column.name for column in table.primary_key]
        changed = {column: insert.excluded[column] for column in values[0] if column not in keys}
        statement = insert.on_conflict_do_update(index_elements=keys, set_=changed)
        db.execute(statement, [{"bureau": self.name, **one} for one in values])


def _dead(holder: str) -> bool:
    """Whether the process on this machine that held a lease is gone (killed in mid-tick)."""
    host, pid, _ = holder.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _insert_for(engine: Engine) -> Any:
    if engine.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql

        return postgresql
    from sqlalchemy.dialects.sqlite import insert as sqlite

    return sqlite


def _engine(url: str) -> Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def durable(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA busy_timeout=30000")

    return engine
