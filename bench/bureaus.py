"""Many bureaus on one PostgreSQL here: looks a minute, how late they are, and what limits.

    python -m bench.bureaus [--bureaus 1000] [--issues 500] [--workers 1 2 4] [--seconds 120] [--every 60] [--edits 2]

One bureau is made and looked at until it is quiet; the others are copies of it by SQL, since their first looks would
take an hour. ``--edits``: rows that people add a second, each in another bureau, whose page then asks for a look.
``--every``: seconds between two looks at a bureau; 1 asks for more than can be done, so that looks a minute are the
most that so many workers do. Lateness: how long ago a look was due that was not done, of all bureaus every two seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench import tick
from sync.bureaus import registry
from sync.bureaus.folders import Folders
from sync.bureaus.queue import Queue, Wanted
from sync.core.sheet.rows import Raw
from sync.core.sheet.values import serials
from sync.ledger.bureaus.bureaus import LOOK, Bureaus
from sync.ledger.tables import bureaus, meta, works
from sync.service import Service
from tests.postgres import Postgres

ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
SAMPLED_EVERY = 2.0
FIRST = "b0000"
HEAD = (
    "workers | looks/min | late s: median, 95 %, most | edit to look s: median, 95 % (edits) | processors: workers "
    "| of PostgreSQL | most memory of one | processor time a look"
)


# The workbooks' rows in PostgreSQL, with new keys for sheets, which are the upper half of a row's id.
SPACES = (
    f"""insert into workbook.all_files (space, id, name, owner, created, modified, version, permissions, meta)
    select code, workbook, name, owner, created, modified, version, permissions, meta
    from workbook.all_files cross join copies where space = '{FIRST}'""",
    f"""create temporary table keys as select code, workbook, key as old,
    nextval(pg_get_serial_sequence('workbook.all_sheets', 'key'))::integer as new
    from workbook.all_sheets cross join copies where space = '{FIRST}'""",
    """insert into workbook.all_sheets (space, key, file, place, next_row, meta) overriding system value
    select keys.code, new, keys.workbook, place, next_row, meta from workbook.all_sheets s join keys on s.key = old""",
    "insert into workbook.blocks select new, block, ids from workbook.blocks join keys on sheet = old",
    """insert into workbook.rows select (new::bigint << 32) | (id & 4294967295), filled, formulas, vals, extra
    from workbook.rows join keys on id >> 32 = old""",
)


class Maker(tick.Bench):
    """Fills the workbook of a bureau with issues that are all open."""

    def __init__(self, service: Service) -> None:
        self.tabs, self.rules, self.client, self.id = (
            service.templates, service.rules(), service.client, service.workbook,
        )  # fmt: skip

    def issue(self, n: int, rows: int) -> dict[str, Raw]:
        cells = super().issue(n, rows)
        return {key: cell for key, cell in cells.items() if not key.startswith("verified")}


def make_first(folders: Folders, issues: int) -> None:
    """A bureau with so many open issues, looked at and delivered until nothing is left to do."""
    registry.add(folders, FIRST, "")
    with closing(Service(folders.settings(FIRST))) as service:
        tick.NOW = datetime.now(tick.ZONE)
        Maker(service).fill(issues)
        for _ in range(3):
            service.ticks(datetime.now(tick.ZONE), idle=False)
            service.deliver(datetime.now(tick.ZONE), groups=False)


def copy_all(folders: Folders, engine: sa.Engine, count: int) -> None:
    """The others: their folders, and their rows in every table of the ledger."""
    first = Bureaus(engine).get(FIRST)
    assert first is not None
    books = {f"b{n:04d}": f"{first.workbook[:-5]}{n:05d}" for n in range(1, count)}
    for code, workbook in books.items():
        folder = folders.folder(code)
        shutil.copytree(folders.folder(FIRST), folder)
        (folder / "workbook.id").write_text(f"{workbook}\n")
        if (folder / "workbook.sqlite3").exists():
            with closing(sqlite3.connect(folder / "workbook.sqlite3")) as db, db:
                db.execute("update files set id = ?", (workbook,))
                db.execute("update sheets set file = ?", (workbook,))
    with engine.begin() as db:
        db.execute(sa.text("create temporary table copies (code text, workbook text)"))
        db.execute(sa.text("insert into copies values (:code, :workbook)"),
                   [{"code": code, "workbook": workbook} for code, workbook in books.items()])  # fmt: skip
        for table in meta.sorted_tables:
            _copy_rows(db, table, first.workbook)
        if folders.common.get("JIELU_WORKBOOK_DATABASE"):
            for statement in SPACES:
                db.execute(sa.text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(sa.text("vacuum analyze"))


def _copy_rows(db: sa.Connection, table: sa.Table, workbook: str) -> None:
    if "bureau" in table.c and table.name != "leases":
        names = [f'"{column.name}"' for column in table.columns if column.name not in ("bureau", "n")]
        key, where = "workbook", "bureau = :workbook"
        names = names + (['"n"'] if table.c.get("n") is not None and table.c.n.autoincrement is not True else [])
        into = "bureau"
    elif table.name in ("bureaus", "works"):
        names = [f'"{column.name}"' for column in table.columns if column.name not in ("code", "workbook")]
        key, where, into = "code", f"code = '{FIRST}'", "code"
    else:
        return
    more_into, more = (", workbook", ", copies.workbook") if table.name == "bureaus" else ("", "")
    listed = "".join(f", {name}" for name in names)
    taken = "".join(f", old.{name}" for name in names)
    db.execute(
        sa.text(
            f"insert into {table.name} ({into}{more_into}{listed}) select copies.{key}{more}{taken} "
            f"from {table.name} old cross join copies where old.{where}"
        ),
        {"workbook": workbook} if ":workbook" in where else {},
    )


@dataclass
class Seen:
    """What was seen during a run: looks (code, hour), lateness in seconds, from an edit to its look in seconds."""

    looks: set[tuple[str, datetime]] = field(default_factory=set)
    lateness: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)


def watch(engine: sa.Engine, seconds: float, pids: Sequence[int]) -> tuple[Seen, list[int]]:
    """Look at the registry until the time is over; also the most memory of each worker, in MB."""
    seen, until, memory = Seen(), time.monotonic() + seconds, [0] * len(pids)
    columns = (works.c.code, works.c.went, works.c.due)
    while time.monotonic() < until:
        now = datetime.now(UTC)
        with engine.connect() as db:
            rows = list(db.execute(sa.select(*columns).where(works.c.kind == LOOK)))
        seen.looks |= {(row.code, row.went) for row in rows if row.went}
        seen.lateness += [max(0.0, (now - row.due).total_seconds()) for row in rows]
        memory = [max(most, resident(pid)) for most, pid in zip(memory, pids, strict=True)]
        time.sleep(max(0.0, SAMPLED_EVERY - (datetime.now(UTC) - now).total_seconds()))
    return seen, memory


class People(threading.Thread):
    """People who add issues, and whose pages ask for a look."""

    def __init__(self, folders: Folders, engine: sa.Engine, each_second: float) -> None:
        super().__init__(daemon=True)
        self.folders, self.engine, self.each_second = folders, engine, each_second
        self.codes = [bureau.code for bureau in Bureaus(engine).all()]
        self.added: list[tuple[str, datetime]] = []
        self.done = threading.Event()

    def run(self) -> None:
        chance = random.Random(1)
        with closing(Queue(self.folders.database)) as queue:
            while self.each_second and not self.done.wait(1 / self.each_second):
                code = chance.choice(self.codes)
                self._add(code, chance.randrange(10**6))
                self.added.append((code, datetime.now(UTC)))
                queue.put([Wanted(code, LOOK, at_once=True)])

    def _add(self, code: str, n: int) -> None:
        with closing(Service(self.folders.settings(code))) as service:
            maker, now = Maker(service), datetime.now(tick.ZONE)
            cells = {**maker.issue(n, 10**6), "reported_at": serials.from_datetime(now, tick.ZONE), "place": f"新{n}"}
            maker.append("issues", [cells])

    def answers(self, looks: set[tuple[str, datetime]]) -> list[float]:
        """Seconds from each edit to the first look after it that went through."""
        by_code: dict[str, list[datetime]] = {}
        for code, went in looks:
            by_code.setdefault(code, []).append(went)
        later = [
            [(went - at).total_seconds() for went in by_code.get(code, []) if went > at] for code, at in self.added
        ]
        return [min(waits) for waits in later if waits]


def resident(pid: int) -> int:
    """MB of memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 >> 20


def processor(pid: int) -> float:
    """Seconds of processor time of a process and of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def processor_with_children(pid: int) -> float:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    total = processor(pid)
    for child in children:
        try:
            total += processor(int(child))
        except OSError:
            continue
    return total


@contextmanager
def workers(
    folders: Folders, count: int, jobs: int, most_open: int, log: Path
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many ``jielu worker``; they are stopped at the end."""
    options = ["--jobs", str(jobs), "--open", str(most_open), "--memory", "4096"]
    command = [sys.executable, "-m", "sync.cli.main", "worker", *options]
    environ = {**os.environ, **folders.common, "PYTHONPATH": str(ROOT)}
    with log.open("ab") as file:
        running = [subprocess.Popen(command, env=environ, stderr=file) for _ in range(count)]
    try:
        yield running
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(60)


def spread(engine: sa.Engine, every: int) -> None:
    """The looks are due one after the other over an interval; other works later."""
    now = datetime.now(UTC)
    with engine.begin() as db:
        codes = list(db.execute(sa.select(bureaus.c.code)).scalars())
        chance = random.Random(2)
        due = [{"c": code, "d": now + timedelta(seconds=5 + every * chance.random())} for code in codes]
        later = {"due": now + timedelta(minutes=30), "went": None, "tries": 0, "took": 0.0}
        db.execute(sa.update(works).values(later))
        key = works.c.code == sa.bindparam("c")
        db.execute(sa.update(works).where(key, works.c.kind == LOOK).values(due=sa.bindparam("d")), due)


def measure(folders: Folders, engine: sa.Engine, server: Postgres, count: int, asked: argparse.Namespace) -> None:
    spread(engine, asked.every)
    people = People(folders, engine, asked.edits)
    with workers(folders, count, asked.jobs, asked.open, folders.root / "log") as running:
        pids = [process.pid for process in running]
        time.sleep(5)
        people.start()
        database, mine = processor_with_children(server.process.pid), [processor(pid) for pid in pids]
        began = time.monotonic()
        seen, memory = watch(engine, asked.seconds, pids)
        took = time.monotonic() - began
        used = [(processor(pid) - before) / took for pid, before in zip(pids, mine, strict=True)]
        database = (processor_with_children(server.process.pid) - database) / took
        people.done.set()
    late, answers = sorted(seen.lateness), sorted(people.answers(seen.looks)) or [0.0]
    cells = (
        f"{count:>7}",
        f"{len(seen.looks) * 60 / took:9.0f}",
        f"{statistics.median(late):6.1f} {late[int(len(late) * 0.95)]:6.1f} {late[-1]:6.1f}",
        f"{statistics.median(answers):5.1f} {answers[int(len(answers) * 0.95)]:5.1f} ({len(people.added)})",
        f"{sum(used):4.2f}",
        f"{database:4.2f}",
        f"{max(memory):6} MB",
        f"{(sum(used) + database) * took * 1000 / max(1, len(seen.looks)):4.0f} ms",
    )
    print(" | ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, standard in (
        ("bureaus", 1000),
        ("issues", 500),
        ("seconds", 120),
        ("every", 60),
        ("jobs", 1),
        ("open", 64),
    ):
        parser.add_argument(f"--{name}", type=int, default=standard)
    parser.add_argument("--edits", type=float, default=2.0)
    parser.add_argument("--files", action="store_true", help="workbooks in SQLite files")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jielu-bureaus-") as name:
        top = Path(name)
        top.chmod(0o755)
        (top / "pg").mkdir()
        server = Postgres(top / "pg")
        try:
            environ = {"JIELU_BUREAUS": str(top / "all"), "JIELU_DATABASE": server.url,
                       "JIELU_LOOK_SECONDS": str(asked.every)}  # fmt: skip
            if not asked.files:
                environ["JIELU_WORKBOOK_DATABASE"] = server.url
            folders, began = Folders.read(environ), time.monotonic()
            make_first(folders, asked.issues)
            with registry.opened(folders) as there:
                copy_all(folders, there.engine, asked.bureaus)
                size = sum(file.stat().st_size for file in (top / "pg").rglob("*") if file.is_file()) >> 20
                print(f"{asked.bureaus} bureaus × {asked.issues} open issues made in {time.monotonic() - began:.0f} s, "
                      f"database {size} MB", flush=True)  # fmt: skip
                print(HEAD, flush=True)
                for count in asked.workers:
                    measure(folders, there.engine, server, count, asked)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
