"""Many bureaus in a folder and a database of their own, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gspread

from sync.bureaus import registry
from sync.bureaus.folders import Folders
from sync.bureaus.worker import Worker
from sync.ledger.bureaus.bureaus import Bureaus
from sync.service import Service
from sync.workbook import transport
from tests.book import CAST, PEOPLE
from tests.live_book import append
from webhook import worker_parts

ISSUE = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
{at} | 督查01 | 督查 | 联胜路 | {place} | 暴露垃圾 | 一般 | {text}
"""


@dataclass
class Province:
    """``database``: URL; ``environ``: what else all have in common."""

    root: Path
    database: str
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def folders(self) -> Folders:
        common = {"JIELU_BUREAUS": str(self.root), "JIELU_DATABASE": self.database, "JIELU_LOOK_SECONDS": "2"}
        return Folders.read(common | self.environ)

    def add(self, code: str, *tabs: str, url: str = "") -> str:
        """A new bureau with the cast and these rows in its tabs; its code."""
        registry.add(self.folders, code, url)
        self.type(code, CAST, PEOPLE, *tabs)
        return code

    @contextmanager
    def service(self, code: str) -> Iterator[Service]:
        with closing(Service(self.folders.settings(code))) as service:
            yield service

    def type(self, code: str, *tabs: str) -> None:
        """Rows as ``tests/book.py`` writes them, typed by people into the bureau's workbook."""
        with self.service(code) as service:
            people = gspread.Client(auth=None, session=transport.session(service.api))
            book = people.open_by_key(service.workbook)
            for text in tabs:
                append(book, text)

    def report(self, code: str, text: str, at: str = "2026-11-24 09:00") -> None:
        """Somebody reports an issue."""
        self.type(code, ISSUE.format(at=at, place=f"{text}旁", text=text))

    def numbers(self, code: str) -> dict[str, str]:
        """The numbers that the issues have in the sheet, by their text."""
        with self.service(code) as service:
            table = service.gateway.read()["issues"]
            columns = {column.header: column.key for column in service.templates["issues"].columns}
            at = {columns.get(header, header): place for place, header in enumerate(table.header)}
            rows = [[str(each) for each in row] + [""] * len(table.header) for row in table.rows]
            texts = [row[at["text"]] for row in rows if row[at["text"]]]
            assert len(texts) == len(set(texts)), "no row is doubled"
            return {row[at["text"]]: row[at["id"]] for row in rows if row[at["text"]]}

    @contextmanager
    def registry(self) -> Iterator[Bureaus]:
        with registry.opened(self.folders) as there:
            yield there

    def worker(self, **options: int) -> Worker:
        """A worker that does not run by itself. Close it."""
        made = Worker(self.folders, worker_parts.PARTS, **options)
        made.queue.set_up()
        return made

    @contextmanager
    def running(self, **options: int) -> Iterator[Worker]:
        """A worker that runs while the block does."""
        made = Worker(self.folders, worker_parts.PARTS, **options)
        thread = threading.Thread(target=made.run)
        thread.start()
        try:
            yield made
        finally:
            time.sleep(0.1)
            made.works.stop()
            thread.join(60)
