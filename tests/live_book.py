"""The real parts together: an embedded workbook, people at it, the gateway, the ledger and the tick, in one folder.

People act through gspread, as a client of the same API; a test can let them act between any two of our requests, cut
an answer off, or refuse a request as Google does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import gspread

from sync import tick
from sync.core.memory import Decision
from sync.core.sheet.rows import Raw
from sync.ledger.ledger import Ledger
from sync.sheets import set_up
from sync.sheets.gateway import Client, Gateway
from sync.workbook import transport
from sync.workbook.server import Api, Request, Response
from tests import stores
from tests.book import CAST, PEOPLE, ZONE, cell, default_rules, hour, shown, templates

Fault = Callable[[Request], Response | None]


class Place(NamedTuple):
    """Where a bureau's ledger and workbook are kept."""

    folder: Path
    database: str
    store: tuple[str, ...]
    workbook: str


class LiveBook:
    """A bureau with its files in a folder. ``log`` names each request of the gateway: read, write, version, other."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.database = database or stores.ledger_url(folder / "ledger.sqlite3")
        self.store = stores.open_store(folder / "workbook.sqlite3")
        self.api = Api(self.store)
        self.rules = default_rules()
        self.log: list[str] = []
        self.people = gspread.Client(auth=None, session=transport.session(self.api))
        self.book = self.people.create("街路长工作簿")
        self.open()
        set_up.build(self.gateway, self.rules)
        self.add(CAST).add(PEOPLE)

    @property
    def place(self) -> Place:
        """Where it is, for ``again`` in another process."""
        return Place(self.folder, self.database, stores.place(self.store), self.book.id)

    def open(self) -> None:
        """Start the service: a new client, gateway and ledger, as after a crash."""
        session = transport.session(self.api)
        self.adapter = session.get_adapter(transport.HOSTS[0])
        assert isinstance(self.adapter, transport.Adapter)
        self.before: Fault = lambda request: None
        self.after: Callable[[Request, Response], Response | None] = lambda request, response: None
        self.adapter.before, self.adapter.after = self._before, lambda request, response: self.after(request, response)
        client = Client(None, session)
        client.waits = _no_wait
        self.gateway = Gateway(client, self.book.id, templates())
        self.ledger = Ledger(self.database, self.book.id, ZONE)

    def restart(self) -> None:
        self.ledger.close()
        self.open()

    def lose_ledger(self) -> None:
        """All that the ledger holds is gone, and the service starts anew."""
        self.ledger.close()
        stores.lose_ledger(self.database, self.book.id)
        self.open()

    def _before(self, request: Request) -> Response | None:
        self.log.append(name(request))
        return self.before(request)

    # People
    def add(self, text: str) -> LiveBook:
        append(self.book, text)
        return self

    def tab(self, title: str):  # type: ignore[no-untyped-def]
        """The template of a tab; of an archive tab that of the live one."""
        live = title[:-4] if title[-4:].isdigit() else title
        return next(tab for tab in templates().values() if tab.title == live)

    def type(self, title: str, row: int, header: str, value: Raw) -> None:
        sheet = self.book.worksheet(title)
        column = sheet.row_values(1).index(header) + 1
        sheet.update([[value]], gspread.utils.rowcol_to_a1(row + 1, column), raw=True)  # type: ignore[arg-type]

    def rows(self, title: str, *headers: str) -> list[tuple[str, ...]]:
        """The tab as people see it, under these headers."""
        values = self.book.worksheet(title).get_values(value_render_option="UNFORMATTED_VALUE")
        types = {column.header: column.type for column in self.tab(title).columns}
        at = {str(header): index for index, header in enumerate(values[0])}
        return [
            tuple(shown(row[at[h]] if at[h] < len(row) else "", types.get(h, "text")) for h in headers)
            for row in values[1:]
            if any(cell not in ("", None) for cell in row)
        ]

    def wherever(self, title: str, *headers: str) -> list[tuple[str, ...]]:
        """The rows of a tab and of the tabs of its years, in an order of their own."""
        titles = [sheet.title for sheet in self.book.worksheets()]
        years = [year for year in titles if year.startswith(title) and year[len(title) :].isdigit()]
        return sorted(row for each in (title, *years) for row in self.rows(each, *headers))

    def everything(self) -> dict[str, list[list[Raw]]]:
        """All tabs that people see."""
        shown = (sheet for sheet in self.book.worksheets() if not sheet.isSheetHidden)
        return {sheet.title: sheet.get_values(value_render_option="UNFORMATTED_VALUE") for sheet in shown}

    # The service
    def tick(self, at: str | datetime, step: Callable[[str], None] = lambda _: None) -> Decision:
        now = hour(at) if isinstance(at, str) else at
        return tick.tick(self.gateway, self.ledger, self.rules, now, step=step)

    def settle(self, at: str, *, idle: bool = False) -> tick.Report:
        return tick.ticks(self.gateway, self.ledger, self.rules, hour(at), idle=idle)


def again(place: Place) -> LiveBook:
    """A bureau over a workbook that is there already."""
    live = LiveBook.__new__(LiveBook)
    live.folder, live.database, live.rules, live.log = place.folder, place.database, default_rules(), []
    live.store = stores.open_place(*place.store)
    live.api = Api(live.store)
    live.people = gspread.Client(auth=None, session=transport.session(live.api))
    live.book = live.people.open_by_key(place.workbook)
    live.open()
    return live


def append(book: gspread.Spreadsheet, text: str) -> None:
    """Rows as ``tests/book.py`` writes them, typed by people below the last one of their tab."""
    title, head, *lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    headers = [part.strip() for part in head.split("|")]
    rows = [dict(zip(headers, (part.strip() for part in line.split("|")), strict=True)) for line in lines]
    sheet = book.worksheet(title)
    stands = sheet.row_values(1)
    types = {c.header: c.type for tab in templates().values() if tab.title == title for c in tab.columns}
    cells = [[cell(row[h], types[h]) if row.get(h) else "" for h in stands] for row in rows]
    sheet.append_rows(cells, value_input_option="RAW", table_range="A1")  # type: ignore[arg-type]


def _no_wait(_: object) -> float:
    return 0.0


def name(request: Request) -> str:
    if request.path.endswith("values:batchGet"):
        return "read"
    if request.path.endswith(":batchUpdate"):
        return "write"
    return "version" if request.path.startswith("/drive/v3/files/") else "other"
