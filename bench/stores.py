"""The embedded workbook in PostgreSQL against the one in a SQLite file, both durable, in turns in one run.

Run: `python -m bench.stores [URL of an empty database]`; without one a server of its own is started, on loopback and
with fsync. Every figure is the middle of several runs, in milliseconds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from bench.workbook import ROW
from sync.workbook.cells.postgres import PostgresStore
from sync.workbook.cells.store import AnyStore, Store
from sync.workbook.server import Api, Request
from tests.postgres import Postgres

ROWS, COLUMNS = 10_000, len(ROW)
RAW = [("valueInputOption", "RAW")]
UNFORMATTED = [("valueRenderOption", "UNFORMATTED_VALUE")]


class Book:
    """A workbook with two sheets of 10,000 rows, one of them filled, asked in process."""

    def __init__(self, store: AnyStore) -> None:
        self.store, self.api, self.writes = store, Api(store), 0
        size = {"rowCount": ROWS + 5000, "columnCount": COLUMNS}
        sheets = [{"properties": {"title": title, "gridProperties": size}} for title in ("full", "other")]
        made = orjson.loads(self.ask("POST", "/v4/spreadsheets", {"sheets": sheets}))
        self.path = f"/v4/spreadsheets/{made['spreadsheetId']}"
        self.write_all("full")

    def ask(self, method: str, path: str, body: Any = None, query: list[tuple[str, str]] | None = None) -> bytes:
        response = self.api.handle(Request(method, path, query or [], {}, orjson.dumps(body) if body else b""))
        assert response.status == 200, response.body
        return response.body

    def append(self) -> None:
        self.ask("POST", f"{self.path}/values/full!A1:append", {"values": [ROW]}, RAW)

    def write_some(self) -> None:
        """200 rows of 5 cells, another value each time."""
        self.writes += 1
        self.ask("PUT", f"{self.path}/values/full!A100", {"values": [[self.writes] * 5] * 200}, RAW)

    def write_all(self, sheet: str = "other") -> None:
        self.writes += 1
        self.ask("PUT", f"{self.path}/values/{sheet}!A1", {"values": [[self.writes, *ROW[1:]]] * ROWS}, RAW)

    def read_all(self) -> None:
        self.ask("GET", f"{self.path}/values/full", None, UNFORMATTED)

    def version(self) -> None:
        self.ask("GET", f"/drive/v3/files/{self.path.rpartition('/')[2]}", None, [("fields", "version")])


WORK: tuple[tuple[str, Callable[[Book], None], int], ...] = (
    ("file version (idle tick)", Book.version, 200),
    ("append a row", Book.append, 60),
    ("write 200 x 5 cells", Book.write_some, 40),
    (f"read {ROWS:,} x {COLUMNS}", Book.read_all, 15),
    (f"write {ROWS:,} x {COLUMNS}", Book.write_all, 7),
)


def middles(work: Callable[[Book], None], books: list[Book], times: int) -> list[float]:
    """The middle of what each book took, in milliseconds; they take turns, so that a disturbance hits all."""
    spent: list[list[float]] = [[] for _ in books]
    for _ in range(times):
        for book, measured in zip(books, spent, strict=True):
            start = time.perf_counter()
            work(book)
            measured.append((time.perf_counter() - start) * 1000)
    return [statistics.median(measured) for measured in spent]


@contextmanager
def server(given: list[str]) -> Iterator[str]:
    if given:
        yield given[0]
        return
    with tempfile.TemporaryDirectory(prefix="jielu-pg-") as folder:
        own = Postgres(Path(folder), durable=True)
        try:
            yield own.url
        finally:
            own.stop()


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as folder, server(sys.argv[1:]) as url:
        stores = [Store(Path(folder) / "workbook.db"), PostgresStore(url, "bench")]
        books = [Book(store) for store in stores]
        print(f"{'':<28}{'SQLite':>12}{'PostgreSQL':>14}{'ratio':>8}")
        for what, work, times in WORK:
            sqlite, postgresql = middles(work, books, times)
            print(f"{what:<28}{sqlite:>9.2f} ms{postgresql:>11.2f} ms{postgresql / sqlite:>8.2f}")
        for store in stores:
            store.close()


if __name__ == "__main__":
    main()
