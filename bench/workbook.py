"""The embedded workbook against plain SQLite: reads, scattered writes, appends, rows inserted and sorted.

Run: `python -m bench.workbook [rows]`. Every figure is the best of several runs, in milliseconds. "SQLite" is what
the same bytes cost without a workbook: one record a row, one JSON text a record.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from sync.workbook.cells.store import Store
from sync.workbook.server import Api, Request

ROW: list[Any] = [
    *(45000.5, "张三", "督查", "人民路", "人民路12号门前", "占道经营", "一般", "流动摊贩占用人行道,影响通行"),
    *("photo.jpg", 104.1, 30.2, "", 1, "通过", "李四", 45001.25),
    *("", "", "WT-2026-000123", "", "已销号", "王五", "第一支部", "城西"),
]
FIELDS = (
    "replies,updatedSpreadsheet.sheets("
    "properties(sheetId,title),data(startRow,startColumn,rowData.values.userEnteredValue))"
)


def best(run: Callable[[], Any], times: int = 5) -> float:
    """The shortest of several runs, in milliseconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        spent.append(time.perf_counter() - start)
    return min(spent) * 1000


class Workbook:
    """A workbook with one filled sheet, asked in process."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.api = Api(Store(folder / "workbook.db"))
        self.id = self.call("POST", "/drive/v3/files", {"name": "bench"})["id"]
        self.path = f"/v4/spreadsheets/{self.id}"
        size = {"rowCount": rows + 10, "columnCount": len(ROW)}
        properties = {"sheetId": 0, "gridProperties": size}
        fields = "gridProperties.rowCount,gridProperties.columnCount"
        self.batch([{"updateSheetProperties": {"properties": properties, "fields": fields}}])
        for start in range(0, rows, 10_000):
            values = [ROW] * min(10_000, rows - start)
            where = f"{self.path}/values/A{start + 1}"
            self.call("PUT", where, {"values": values}, [("valueInputOption", "RAW")])

    def raw(self, method: str, path: str, body: Any = None, query: list[tuple[str, str]] | None = None) -> bytes:
        response = self.api.handle(Request(method, path, query or [], {}, orjson.dumps(body) if body else b""))
        assert response.status == 200, response.body
        return response.body

    def call(self, method: str, path: str, body: Any = None, query: list[tuple[str, str]] | None = None) -> Any:
        return orjson.loads(self.raw(method, path, body, query))

    def batch(self, requests: list[Any], fields: str = "", **more: Any) -> bytes:
        query = [("fields", fields)] if fields else []
        return self.raw("POST", f"{self.path}:batchUpdate", {"requests": requests, **more}, query)

    def read(self, *ranges: str, **options: str) -> bytes:
        query = [("ranges", text) for text in ranges] + list(options.items())
        return self.raw("GET", f"{self.path}/values:batchGet", None, query)


def scattered(rows: int, count: int) -> list[Any]:
    """Requests that write one cell each, all over the sheet."""
    chosen = random.Random(1).sample(range(1, rows), min(count, rows - 1))
    cell = {
        "rows": [{"values": [{"userEnteredValue": {"stringValue": str(time.time())}}]}],
        "fields": "userEnteredValue",
    }
    return [{"updateCells": {**cell, "start": {"sheetId": 0, "rowIndex": row, "columnIndex": 18}}} for row in chosen]


def appended(count: int) -> Any:
    """One request that appends rows."""
    kinds: dict[type, str] = {str: "stringValue", int: "numberValue", float: "numberValue"}
    values = [{"userEnteredValue": {kinds[type(value)]: value}} for value in ROW]
    return {"appendCells": {"sheetId": 0, "rows": [{"values": values}] * count, "fields": "userEnteredValue"}}


class Plain:
    """The limit: the same texts in SQLite, and nothing around them."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.rows = rows
        self.db = sqlite3.connect(folder / "plain.db", isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, vals BLOB)")
        text = orjson.dumps(ROW)
        with_ids = ((n, text) for n in range(1, rows + 1))
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO rows VALUES (?, ?)", with_ids)
        self.db.execute("COMMIT")

    def read(self) -> bytes:
        return b"[" + b",".join([text for (text,) in self.db.execute("SELECT vals FROM rows")]) + b"]"

    def write(self, count: int) -> None:
        chosen = random.Random(1).sample(range(1, self.rows), min(count, self.rows - 1))
        text = str(time.time())
        self.db.execute("BEGIN IMMEDIATE")
        for number in chosen:
            row = orjson.loads(self.db.execute("SELECT vals FROM rows WHERE id = ?", (number,)).fetchone()[0])
            row[18] = text  # another one each time: SQLite writes nothing when nothing changes
            self.db.execute("UPDATE rows SET vals = ? WHERE id = ?", (orjson.dumps(row), number))
        self.db.execute("COMMIT")

    def append(self, count: int) -> None:
        self.db.executemany("INSERT INTO rows (vals) VALUES (?)", [(orjson.dumps(ROW),)] * count) if count > 1 else (
            self.db.execute("INSERT INTO rows (vals) VALUES (?)", (orjson.dumps(ROW),))
        )


def measure(rows: int, folder: Path) -> list[tuple[str, float, float | None]]:
    """What is measured, the workbook's milliseconds and SQLite's where there is such a thing."""
    book, plain = Workbook(folder, rows), Plain(folder, rows)
    body = book.read("Sheet1", valueRenderOption="UNFORMATTED_VALUE")
    shown = {"includeSpreadsheetInResponse": True}
    touched = [f"Sheet1!A{n + 2}:X{n + 2}" for n in range(0, rows - 2, max(1, rows // 1000))]
    sort = {"range": {"sheetId": 0, "startRowIndex": 1}, "sortSpecs": [{"dimensionIndex": 18}]}
    row = {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}
    raw = [("valueInputOption", "RAW")]
    return [
        (
            "read all, unformatted",
            best(lambda: book.read("Sheet1", valueRenderOption="UNFORMATTED_VALUE")),
            best(plain.read),
        ),
        ("  orjson.loads of that body", best(lambda: orjson.loads(body)), None),
        ("read all, formatted", best(lambda: book.read("Sheet1"), 2), None),
        ("read the ids alone", best(lambda: book.read("S1:S", valueRenderOption="UNFORMATTED_VALUE"), 3), None),
        (
            "file version (idle tick)",
            best(lambda: book.call("GET", f"/drive/v3/files/{book.id}", None, [("fields", "version")])),
            None,
        ),
        ("1 cell", best(lambda: book.batch(scattered(rows, 1)), 20), best(lambda: plain.write(1), 20)),
        ("1,000 scattered cells", best(lambda: book.batch(scattered(rows, 1000))), best(lambda: plain.write(1000))),
        (
            "10,000 scattered cells + 1,000 rows",
            best(lambda: book.batch([*scattered(rows, 9999), appended(1000)]), 2),
            None,
        ),
        (
            "  the same, 1,000 rows shown in the reply",
            best(
                lambda: book.batch(
                    [*scattered(rows, 9999)], FIELDS, responseRanges=["Sheet1!A1:1", "S1:S", *touched], **shown
                ),
                2,
            ),
            None,
        ),
        ("append 1 row (appendCells)", best(lambda: book.batch([appended(1)]), 20), best(lambda: plain.append(1), 20)),
        (
            "append 1 row (values.append)",
            best(lambda: book.call("POST", f"{book.path}/values/Sheet1:append", {"values": [ROW]}, raw)),
            best(lambda: plain.append(1)),
        ),
        ("insert a row at the top", best(lambda: book.batch([{"insertDimension": row}])), None),
        ("delete it", best(lambda: book.batch([{"deleteDimension": row}])), None),
        ("sort all rows", best(lambda: book.batch([{"sortRange": sort}]), 2), None),
        ("read all after the sort", best(lambda: book.read("Sheet1", valueRenderOption="UNFORMATTED_VALUE")), None),
    ]


def main() -> None:
    """Prints the figures."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        print(f"{rows:,} rows x {len(ROW)} columns{'':<22} workbook    SQLite")
        for what, ours, limit in measure(rows, Path(folder)):
            print(f"{what:<44}{ours:>9.2f} ms" + (f"{limit:>9.2f} ms" if limit is not None else ""))


if __name__ == "__main__":
    main()
