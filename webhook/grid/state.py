"""What the requests of the grid share: the workbook as staff know it, and what can still be taken back."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from sync.core.sheet.tabs import Column, Tab
from sync.service import Service
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.store import Transaction
from webhook.access import Door

MOST_KEPT = 100  # deletions and sorts that can be taken back
MOST_ANSWERS = 500  # replies kept for a browser that did not get them


class Refused(ValueError):
    """An edit that is not done as a whole; the sentence says why."""


@dataclass(frozen=True)
class Head:
    """A column as it stands in the sheet: its header, and the template's column where it is one of ours."""

    header: str
    column: Column | None
    pattern: str

    @property
    def owned(self) -> bool:
        return self.column is not None and self.column.owner == "service"


@dataclass
class Desk:
    """What the requests of the grid share: the service, and the changes that can be undone."""

    service: Service
    door: Door
    undo: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    answered: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    watching: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def book(self, tx: Transaction) -> Book:
        record = tx.file(self.service.workbook)
        if record is None:
            raise Refused("工作簿不在数据文件夹里了。")
        return Book(tx, record, self.door.now())

    def tab(self, sheet: Sheet) -> Tab | None:
        """The template that a sheet follows, by its title."""
        return next((tab for tab in self.service.templates.values() if tab.title == sheet.title), None)

    def heads(self, sheet: Sheet) -> list[Head]:
        """The columns from the left, as far as headers or the template go."""
        tab, row = self.tab(sheet), sheet.grid.peek(0)
        by_header = {column.header: column for column in tab.columns} if tab else {}
        names = [str(row.value(at)) if row else "" for at in range(sheet.columns)]
        return [Head(name, by_header.get(name.strip()), self._pattern(sheet, at)) for at, name in enumerate(names)]

    def _pattern(self, sheet: Sheet, at: int) -> str:
        pattern: str = sheet.cell_format(1, at, sheet.grid.peek(1)).get("numberFormat", {}).get("pattern", "")
        return pattern

    def keep(self, what: Any) -> str:
        """A word by which something can be taken back."""
        token = secrets.token_urlsafe(12)
        with self.lock:
            self.undo[token] = what
            while len(self.undo) > MOST_KEPT:
                self.undo.popitem(last=False)
        return token

    def answer(self, asked: str, reply: Any) -> None:
        """Remember a reply by the id that the browser gave its request: one that comes again is not done again."""
        with self.lock:
            self.answered[asked] = reply
            while len(self.answered) > MOST_ANSWERS:
                self.answered.popitem(last=False)
