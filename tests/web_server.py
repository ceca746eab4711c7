"""The whole service over a data folder, without the scheduler: the cast in its tabs, a web server, personal links."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import gspread
import requests

from sync import tick
from sync.core.people.roster import OPERATOR
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up
from sync.workbook import transport
from tests import stores
from tests.book import CAST, PEOPLE, ZONE, hour, shown, templates
from tests.live_book import append
from webhook import access, server

__all__ = ["OPERATOR", "WebServer", "web_server"]


class WebServer:
    """A running service. ``url``: its address; ``nudges``: how often it was asked to look soon."""

    def __init__(self, folder: Path, *, cast: bool = True, at: str = "", **settings: str) -> None:
        """``cast`` False: a bureau that is still to be set up. ``at``: the hour from which its clock runs; empty: this
        machine's clock."""
        environment = {"JIELU_DATA": str(folder / "data"), "JIELU_SECRET": "a secret of the tests"}
        environment |= stores.settings(folder / "data") | settings
        service = Service(Settings.read(environment))
        self.behind = datetime.now(ZONE) - hour(at) if at else timedelta()
        if at:
            service.read_clock = lambda zone: datetime.now(zone) - self.behind
        self.open(folder, service, gspread.Client(auth=None, session=transport.session(service.api)), cast=cast)

    def open(self, folder: Path, service: Service, people: gspread.Client, *, cast: bool = True) -> None:
        """Build the service's workbook, have ``people`` fill the cast in, and serve."""
        self.folder, self.service, self.people = folder, service, people
        self.nudges = 0
        set_up.build(self.service.gateway, self.service.rules())
        self.book = self.people.open_by_key(self.service.workbook)
        if cast:
            self.add(CAST)
            self.add(PEOPLE)
        self.tick()
        self.app = server.create_app(self.service, self.nudge)
        self.server = server.listen(self.app, "127.0.0.1", 0, self.service.settings.proxy)
        self.url = f"http://127.0.0.1:{self.server.effective_port}"
        self.service.noted_address.write_text(self.url, "utf-8")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):  # its sockets are closed by the test's own thread
            self.server.run()

    def nudge(self) -> None:
        self.nudges += 1

    def add(self, text: str) -> None:
        """Rows as ``tests/book.py`` writes them, typed by people into the workbook."""
        append(self.book, text)

    def rows(self, title: str, *headers: str) -> list[tuple[str, ...]]:
        """The tab as people see it, under these headers."""
        values = self.book.worksheet(title).get_values(value_render_option="UNFORMATTED_VALUE")
        tab = next(tab for tab in templates().values() if tab.title == title)
        types = {column.header: column.type for column in tab.columns}
        at = {str(header): index for index, header in enumerate(values[0])}
        return [
            tuple(shown(row[at[h]] if at[h] < len(row) else "", types.get(h, "text")) for h in headers)
            for row in values[1:]
            if any(one not in ("", None) for one in row)
        ]

    def tick(self, at: str = "") -> tick.Report:
        """Look until nothing is left to write, at an hour or now. A clock that was set goes on from a later hour."""
        if at and self.behind:
            self.behind = min(self.behind, datetime.now(ZONE) - hour(at))
        return self.service.ticks(hour(at) if at else self.service.now(), idle=False)

    def link(self, name: str) -> str:
        """A new personal link; ``OPERATOR``: of who runs the service."""
        if name == OPERATOR:
            return access.operator_link(self.service, self.url)
        return access.link(self.service, name, self.url)

    def enter(self, name: str) -> requests.Session:
        """A person with an open session, outside a browser."""
        person = requests.Session()
        person.headers["Origin"] = self.url
        token = self.link(name).partition("#")[2]
        page = person.post(f"{self.url}/enter", data={"link": token}, timeout=10, allow_redirects=False)
        assert page.status_code == 302, page.text
        return person

    def close(self) -> None:
        server.close(self.server, seconds=5)
        self.service.close()


@contextmanager
def web_server(folder: Path, *, cast: bool = True, at: str = "", **settings: str) -> Iterator[WebServer]:
    made = WebServer(folder, cast=cast, at=at, **settings)
    try:
        yield made
    finally:
        made.close()
