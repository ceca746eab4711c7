"""What the requests of the grid share: the workbook as staff know it, and the changes that can be undone."""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from sync.core.sheet.tabs import Column, Tab
from sync.ledger.visitors.cell_edits import CellEdits
from sync.ledger.visitors.layouts import Layouts
from sync.ledger.visitors.replies import Replies
from sync.service import Service
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.transaction import Transaction
from webhook.access import Site
from webhook.grid.presence import Presence

MOST_UNDO = 100  # deletions and sorts that can be undone
MOST_ANSWERS = 500  # replies remembered for browsers that did not get them


NO_FIELDS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|general', re.IGNORECASE)  # what a number format writes as it is
DIGITS = re.compile(r"[#0]")


class Refused(ValueError):
    """An edit that is not done as a whole; the sentence says why."""


@dataclass(frozen=True)
class Head:
    """A column of the sheet as it stands."""

    header: str
    column: Column | None  # the template's; None: a column of the bureau's own
    pattern: str  # number format; empty: none

    @property
    def owned(self) -> bool:
        return self.column is not None and self.column.owner == "service"

    @property
    def dated(self) -> bool:
        """Whether its numbers are days or moments."""
        fields = NO_FIELDS.sub("", self.pattern).lower()
        return ("y" in fields or "d" in fields) and not DIGITS.search(fields)


@dataclass
class GridState:
    """What the requests of the grid share: the service, and the changes that can be undone."""

    service: Service
    site: Site
    undo: OrderedDict[str, Any] = field(default_factory=OrderedDict)  # by token, what ``live`` needs to undo a change
    answered: OrderedDict[str, Any] = field(default_factory=OrderedDict)  # reply by the id of its request
    presence: Presence = field(default_factory=Presence)
    lock: threading.Lock = field(default_factory=threading.Lock)
    editing: threading.Lock = field(default_factory=threading.Lock)  # held from "is it done already?" to its answer

    @cached_property
    def cell_edits(self) -> CellEdits:
        return CellEdits(self.service.ledger)

    @cached_property
    def replies(self) -> Replies:
        return Replies(self.service.ledger)

    @cached_property
    def layouts(self) -> Layouts:
        return Layouts(self.service.ledger)

    def book(self, tx: Transaction) -> Book:
        record = tx.file(self.service.workbook)
        if record is None:
            raise Refused("工作簿不在数据文件夹里了。")
        return Book(tx, record, self.site.now())

    def tab(self, sheet: Sheet) -> Tab | None:
        """The template of a sheet, by its title; None for a sheet of the bureau's own."""
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

    def remember(self, change: Any) -> str:
        """A token by which the change can be undone."""
        token = secrets.token_urlsafe(16)
        self._put(self.undo, token, change, MOST_UNDO)
        return token

    def replied(self, asked: str) -> Any:
        """The reply that a request of that id got before; None where it is new, or that was long ago."""
        if asked in self.answered or not self.service.settings.is_of_many:
            return self.answered.get(asked)
        text = self.replies.get(asked)
        return orjson.loads(text) if text else None

    def answer(self, asked: str, reply: Any) -> None:
        """Remember a reply by the id of its request, so that a repeat gets the same reply and is not done again: of
        many bureaus a repeat may come to another process."""
        self._put(self.answered, asked, reply, MOST_ANSWERS)
        if self.service.settings.is_of_many:
            self.replies.note(asked, orjson.dumps(reply).decode(), self.site.now())

    def _put(self, store: OrderedDict[str, Any], key: str, value: Any, most: int) -> None:
        with self.lock:
            store[key] = value
            while len(store) > most:
                store.popitem(last=False)
