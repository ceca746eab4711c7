"""Files in and out against the plain limit of the libraries under them. Side by side in one run; ratios, not times.

    python bench/load.py [rows ...]        default: 1000 10000 100000

For each size: an xlsx and a csv of 问题台账 are read for import (every cell checked) against calamine and the csv
module alone; the rows are appended through the embedded workbook; the workbook is exported against xlsxwriter alone.
"""

from __future__ import annotations

import csv
import gc
import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from sync.core.sheet.rows import Raw, Table
from sync.intake.files import file_rows
from sync.outgoing.export import export_file
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up

HEADERS = ("填报时间", "填报人", "来源", "街路", "位置", "类别", "严重程度", "问题描述")


def rows(count: int) -> list[list[Raw]]:
    """Issues of a year: a real date, texts, one that begins with =."""
    return [
        [
            46000 + n % 365 + 0.4,
            f"街路长{n % 50:02d}",
            "督查",
            f"示例街路{20 + n % 31}",
            f"{n}号门前",
            "暴露垃圾",
            "一般",
            f"=第{n}处垃圾没有清走",
        ]
        for n in range(count)
    ]


def write_xlsx(path: Path, table: list[list[Raw]]) -> None:
    """The plain limit of writing: the same cells, nothing else."""
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        sheet = book.add_worksheet("问题台账")
        date = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for number, cells in enumerate([list(HEADERS), *table]):
            for index, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(number, index, cell)
                else:
                    sheet.write_number(number, index, cell, date)


def write_csv(path: Path, table: list[list[Raw]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADERS, *(["2026/11/24 9:36", *cells[1:]] for cells in table)])


def seconds(work: Callable[[], Any]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def plain_xlsx(path: Path) -> Any:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def plain_csv(path: Path) -> Any:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))


def bench(folder: Path, count: int) -> None:
    service = Service(Settings.read({"JIELU_DATA": str(folder / "data")}))
    set_up.build(service.gateway, service.rules())
    tab, rules, table = service.templates["issues"], service.rules(), rows(count)
    xlsx, sheet, out = folder / "in.xlsx", folder / "in.csv", folder / "out.xlsx"
    say(count, "xlsxwriter alone", base := seconds(lambda: write_xlsx(xlsx, table)))
    write_csv(sheet, table)
    header = tuple(column.header for column in tab.columns)
    at = [header.index(name) for name in HEADERS]
    wide = [[cells[at.index(i)] if i in at else "" for i in range(len(header))] for cells in table]
    tables = {"issues": Table("issues", header, wide)}
    zone = rules.bureau.zone
    say(count, "export", seconds(lambda: export_file(tables, service.templates, out, rules, zone)), base)
    say(count, "calamine alone", base := seconds(lambda: plain_xlsx(xlsx)))
    say(count, "import xlsx", seconds(lambda: file_rows.read_file(xlsx, tab)), base)
    say(count, "csv module alone", base := seconds(lambda: plain_csv(sheet)))
    read: list[dict[str, Raw]] = []
    say(count, "import csv", seconds(lambda: read.extend(file_rows.read_file(sheet, tab))), base)
    say(count, "append, embedded", seconds(lambda: file_rows.append(service.client, service.workbook, tab, read)))
    service.close()


def say(count: int, what: str, took: float, base: float | None = None) -> None:
    ratio = f"{took / base:6.1f} x" if base else ""
    print(f"{count:>8} {what:<18} {took:8.3f} s {ratio}", flush=True)


def main() -> None:
    for count in [int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000]:
        with tempfile.TemporaryDirectory() as folder:
            bench(Path(folder), count)


if __name__ == "__main__":
    main()
