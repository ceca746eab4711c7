"""The embedded workbook over HTTP against the plain limit: the same body decoded and the same cells committed durably.

    python bench/over_http.py [CHECKOUT ...] [--rows 10000] [--times 5]

Each checkout (default: this one) serves a workbook of so many rows from a process of its own, as ``jielu run`` does but
without looks. Five rounds, the checkouts and the limit one after the other in each; medians, the lowest and the highest
of the rounds, and the ratio to the limit. One connection, kept open, on loopback.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from bench.workbook import ROW

HERE = Path(__file__).resolve().parent.parent
MOST_ROWS = 300_000
SERVE = """
import gc, sys
gc.set_threshold(200_000, 500, 100)
from sync.service import Service
from sync.settings import Settings
from webhook import server
import sync.workbook.accounts as accounts
service = Service(Settings.read())
with service.store.write() as tx:
    tx.add_token((accounts._digest("bench"), "bench@example", 1 << 40, True))
listening = server.listen(server.create_app(service, lambda: None), "127.0.0.1", 0)
print(listening.effective_port, flush=True)
listening.run()
"""


class Asked(NamedTuple):
    """What is measured: requests of one kind, and what the limit does for the same cells."""

    name: str
    count: int  # requests a round
    make: Callable[[], tuple[str, str, Any]]  # method, path below the spreadsheet, body
    rows: Callable[[], list[int]]  # records that the limit writes; none: it reads them all


class Served:
    """A workbook with one filled sheet, served by a process of its own."""

    def __init__(self, port: int, rows: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.id = self.call(
            "POST", "/drive/v3/files", {"name": "bench", "mimeType": "application/vnd.google-apps.spreadsheet"}
        )["id"]
        self.path = f"/v4/spreadsheets/{self.id}"
        size = {"sheetId": 0, "gridProperties": {"rowCount": rows + 10, "columnCount": len(ROW)}}
        fields = "gridProperties.rowCount,gridProperties.columnCount"
        self.call(
            "POST",
            f"{self.path}:batchUpdate",
            {"requests": [{"updateSheetProperties": {"properties": size, "fields": fields}}]},
        )
        for start in range(0, rows, 10_000):
            values = [ROW] * min(10_000, rows - start)
            self.call("PUT", f"{self.path}/values/A{start + 1}?valueInputOption=RAW", {"values": values})

    def raw(self, method: str, path: str, body: Any = None) -> bytes:
        headers = {"Authorization": "Bearer bench", "Content-Type": "application/json"}
        self.connection.request(method, path, None if body is None else orjson.dumps(body), headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(content.decode())
        return content

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return orjson.loads(self.raw(method, path, body))


class Limit:
    """One JSON text a record in SQLite, WAL and durable; nothing around it."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.db = sqlite3.connect(folder / "plain.db", isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, vals BLOB)")
        text = orjson.dumps(ROW)
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO rows VALUES (?, ?)", ((number, text) for number in range(1, rows + 1)))
        self.db.execute("COMMIT")

    def write(self, body: bytes, rows: list[int]) -> None:
        orjson.loads(body)
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", [(row, _text()) for row in rows])
        self.db.execute("COMMIT")

    def read(self) -> None:
        orjson.loads(b"[" + b",".join([text for (text,) in self.db.execute("SELECT vals FROM rows")]) + b"]")


def _text() -> bytes:
    return orjson.dumps([*ROW[:-1], random.random()])


def kinds(rows: int) -> list[Asked]:
    """Each with the same cells for the limit."""
    ends = iter(range(rows + 1, MOST_ROWS * 2))

    def block(row: int) -> dict[str, Any]:
        return {"range": f"A{row}:E{row}", "values": [["甲", "乙", random.random(), "丙", 1]]}

    def chosen(count: int) -> list[int]:
        return random.sample(range(2, rows), count)

    def scattered(count: int, make: Callable[[int], Any]) -> tuple[str, str, Any]:
        return "POST", "/values:batchUpdate", {"valueInputOption": "RAW", "data": [make(row) for row in chosen(count)]}

    def cell(row: int) -> dict[str, Any]:
        return {"range": f"S{row}", "values": [[random.random()]]}

    append = "/values/A1:append?valueInputOption=RAW&insertDataOption=INSERT_ROWS"
    return [
        Asked("append one row", 60, lambda: ("POST", append, {"values": [ROW]}), lambda: [next(ends)]),
        Asked("one cell", 60, lambda: scattered(1, cell), lambda: chosen(1)),
        Asked("200 rows of 5 cells", 10, lambda: scattered(200, block), lambda: chosen(200)),
        Asked("1000 scattered cells", 5, lambda: scattered(1000, cell), lambda: chosen(1000)),
        Asked("read all", 3, lambda: ("GET", "/values/A1:X?valueRenderOption=UNFORMATTED_VALUE", None), list),
    ]


@contextmanager
def served(checkout: Path, rows: int) -> Iterator[Served]:
    """The workbook as that checkout serves it; its process ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "JIELU_DATA": folder, "PYTHONPATH": str(checkout)}
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE], cwd=checkout, env=environ, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            yield Served(int(process.stdout.readline()), rows)
        finally:
            process.terminate()
            process.wait(20)


def times(count: int, act: Callable[[], Any]) -> list[float]:
    """Milliseconds of each run."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def asked(book: Served, kind: Asked) -> list[float]:
    requests = [kind.make() for _ in range(kind.count)]
    prepared = iter([(method, book.path + path, body) for method, path, body in requests])
    return times(kind.count, lambda: orjson.loads(book.raw(*next(prepared))))


def limit(plain: Limit, kind: Asked) -> list[float]:
    work = [(orjson.dumps(kind.make()[2]), kind.rows()) for _ in range(kind.count)]
    prepared = iter(work)
    return times(kind.count, lambda: plain.write(*next(prepared)) if work[0][1] else plain.read())


def summary(rounds: list[list[float]]) -> tuple[float, str]:
    """The median of the rounds' medians; that, the rounds' lowest and highest, and p95 of all runs in words."""
    medians = [statistics.median(times) for times in rounds]
    everything = sorted(time for times in rounds for time in times)
    p95 = everything[int(len(everything) * 0.95)]
    middle = statistics.median(medians)
    return middle, f"{middle:8.2f} ({min(medians):.2f}–{max(medians):.2f}) p95 {p95:.2f}"


def measure(books: dict[str, Served], plain: Limit, rows: int, count: int) -> None:
    for kind in kinds(rows):
        rounds: dict[str, list[list[float]]] = {name: [] for name in ("limit", *books)}
        for _ in range(count):
            rounds["limit"].append(limit(plain, kind))
            for name, book in books.items():
                rounds[name].append(asked(book, kind))
        base, words = summary(rounds.pop("limit"))
        print(f"{kind.name:>22} | limit {words}", flush=True)
        for name, each in rounds.items():
            middle, words = summary(each)
            print(f"{'':>22} | {name} {words} = {middle / base:.1f}×", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[HERE])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    rows = min(given.rows, MOST_ROWS)
    print(f"{rows} rows of {len(ROW)} cells; milliseconds: median (lowest–highest of {given.times} rounds)")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        books = {path.resolve().name: stack.enter_context(served(path.resolve(), rows)) for path in given.checkouts}
        measure(books, Limit(folder, rows), rows, given.times)


if __name__ == "__main__":
    main()
