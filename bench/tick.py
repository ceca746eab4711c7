"""A tick against the plain limit: receiving and decoding the same JSON. Side by side in one run; ratios, not times.

    python bench/tick.py [rows ...]        default: 1000 10000 100000

For each size a workbook is filled through the API with issues of three weeks and looked at for the first time; then
nine in ten of them are verified, and it is ticked until it is quiet. Then, several times over: the plain read, an idle
tick, a tick that changes nothing, a tick after one edit.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from sync import tick
from sync.core.rules.rules import load
from sync.core.sheet.rows import Raw
from sync.core.sheet.tabs import parse
from sync.core.sheet.values import serials
from sync.ledger.ledger import Ledger
from sync.sheets import set_up
from sync.sheets.gateway import Client, Gateway
from sync.workbook.cells.store import Store
from sync.workbook.schema.a1 import letters
from sync.workbook.server import Api
from sync.workbook.transport import session

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 18, tzinfo=ZONE)
STREETS = 50
VERIFIER = "标准化办01"
TIMES = 5


class Bench:
    """A bureau with ``rows`` issues."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.tabs = {
            tab.key: tab
            for tab in (parse(p.read_text("utf-8"), p.name) for p in (ROOT / "sheet_templates").glob("*.toml"))
        }
        self.rules = load((ROOT / "rules.toml").read_text("utf-8"))
        self.client = Client(None, session(Api(Store(folder / "workbook.sqlite3"))))
        file = {"name": "bench", "mimeType": "application/vnd.google-apps.spreadsheet"}
        made = self.client.request("post", "https://www.googleapis.com/drive/v3/files", json=file)
        self.id = made.json()["id"]
        self.gateway = Gateway(self.client, self.id, self.tabs)
        set_up.build(self.gateway, self.rules)
        self.ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite3'}", self.id, ZONE)
        self.fill(rows)

    def append(self, key: str, rows: list[dict[str, Raw]]) -> None:
        columns = self.tabs[key].columns
        for start in range(0, len(rows), 5000):
            values = [[row.get(column.key, "") for column in columns] for row in rows[start : start + 5000]]
            url = f"https://sheets.googleapis.com/v4/spreadsheets/{self.id}/values/'{self.tabs[key].title}'!A1:append"
            self.client.request("post", url, params={"valueInputOption": "RAW"}, json={"values": values})

    def fill(self, rows: int) -> None:
        chiefs = [f"街路长{n:02d}" for n in range(1, STREETS + 1)]
        post: dict[str, Raw] = {"role": "街路长", "branch": "第一支部", "mail": "chief@a.example"}
        office: dict[str, Raw] = {"role": "标准化办", "name": VERIFIER}
        self.append("posts", [*({**post, "name": name} for name in chiefs), office])
        street: dict[str, Raw] = {"type": "主次干道", "district": "城西", "branch": "第一支部"}
        self.append(
            "streets", [{**street, "code": f"J{n}", "street": f"街路{n}", "chief": c} for n, c in enumerate(chiefs)]
        )
        self.append("issues", [self.issue(n, rows) for n in range(rows)])

    def issue(self, n: int, rows: int) -> dict[str, Raw]:
        at = NOW - timedelta(days=21) + timedelta(days=21) * n / rows
        categories = list(self.rules.categories)
        return {
            "reported_at": serials.from_datetime(at, ZONE),
            "reporter": f"街路长{n % STREETS + 1:02d}",
            "source": "街路长自查",
            "street": f"街路{n % STREETS}",
            "place": f"{n}号",
            "category": categories[n % len(categories)],
            "severity": "一般",
            "text": f"第{n}件问题",
            "legal_basis": "不予立案",
        }

    def verify(self, numbers: Iterable[int], now: datetime) -> None:
        """These rows of the log, counted from 0, are seen to be done."""
        tab = self.tabs["issues"]
        keys = [column.key for column in tab.columns]
        cells: dict[str, Raw] = {
            "verified": "通过",
            "verifier": VERIFIER,
            "verified_at": serials.from_datetime(now, ZONE),
            "verify_note": "现场看过，已清理",
        }
        data = [
            {"range": f"'{tab.title}'!{letters(keys.index(key))}{n + 2}", "values": [[value]]}
            for n in numbers
            for key, value in cells.items()
        ]
        url = f"https://sheets.googleapis.com/v4/spreadsheets/{self.id}/values:batchUpdate"
        for start in range(0, len(data), 20_000):
            body = {"valueInputOption": "RAW", "data": data[start : start + 20_000]}
            self.client.request("post", url, json=body)

    def plain(self) -> None:
        """Receive and decode what a tick reads."""
        params = {"ranges": [f"'{tab.title}'" for tab in self.tabs.values()], "valueRenderOption": "UNFORMATTED_VALUE",
                  "dateTimeRenderOption": "SERIAL_NUMBER"}  # fmt: skip
        url = f"https://sheets.googleapis.com/v4/spreadsheets/{self.id}/values:batchGet"
        orjson.loads(self.client.request("get", url, params=params).content)

    def quiet(self) -> None:
        decision = tick.tick(self.gateway, self.ledger, self.rules, NOW)
        assert not decision.plan.tabs

    def idle(self) -> None:
        assert tick.ticks(self.gateway, self.ledger, self.rules, NOW).idle

    def edited(self, n: int) -> None:
        """A person reported an issue; one tick takes it in."""
        added = {**self.issue(0, 1), "reported_at": serials.from_datetime(NOW, ZONE), "place": f"新{n}"}
        self.append("issues", [added])
        decision = tick.tick(self.gateway, self.ledger, self.rules, NOW)
        assert decision.plan.tabs


def nine_in_ten(rows: int) -> list[int]:
    return [n for n in range(rows) if n % 10]


def median(times: int, act: Callable[[int], object]) -> float:
    """Median seconds of so many runs."""
    taken = []
    for n in range(times):
        began = time.perf_counter()
        act(n)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def measure(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), rows)
        began = time.perf_counter()
        report = tick.ticks(bench.gateway, bench.ledger, bench.rules, NOW, idle=False)
        first = time.perf_counter() - began
        bench.verify(nine_in_ten(rows), NOW)
        tick.ticks(bench.gateway, bench.ledger, bench.rules, NOW, idle=False)
        bench.quiet()
        limit = median(TIMES, lambda _: bench.plain())
        quiet = median(TIMES, lambda _: bench.quiet())
        tick.ticks(bench.gateway, bench.ledger, bench.rules, NOW)
        idle = median(TIMES, lambda _: bench.idle())
        edited = median(TIMES, bench.edited)
        bench.client.calls = 0
        bench.edited(TIMES)
        calls = bench.client.calls - 1
        ratios = f"{quiet / limit:6.2f} | {edited / limit:6.2f} | {idle / limit:7.4f}"
        cells = f"{report.cells:>8} cells in {first:.1f} s"
        print(f"{rows:>7} | {limit * 1000:8.0f} ms | {ratios} | {calls} | {cells}", flush=True)


def main() -> None:
    gc.set_threshold(200_000, 500, 100)  # as the command line does
    print("   rows |  plain limit | quiet  | edited | idle    | calls | the first look")
    for rows in [int(word) for word in sys.argv[1:]] or [1_000, 10_000, 100_000]:
        measure(rows)


if __name__ == "__main__":
    main()
