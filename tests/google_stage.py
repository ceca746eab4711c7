"""The embedded workbook over HTTP in Google's place, and a jielu that takes it for Google.

gspread and google-auth are as they are: a session of theirs signs in with the key file, and asks Google's addresses,
which are led to the server here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gspread
import pytest

from sync.service import Service
from sync.settings import Settings
from sync.sheets.gateway import Client
from sync.sheets.quota import Rate
from sync.workbook import transport
from sync.workbook.accounts import Accounts
from sync.workbook.server import Api
from tests.stores import open_store
from tests.workbook.conftest import Server

FAST = Rate(1000, 0.0001, 5.0)  # a quota that no test waits for


class GoogleStage:
    """``people``: whoever made the sheet ``book``, signed in with an account of their own. ``env``: the settings of the
    jielu that the sheet was shared with."""

    def __init__(self, folder: Path, title: str = "街路长工作簿") -> None:
        self.store = open_store(folder / "google.sqlite3")
        self.api = Api(self.store)
        self.server = Server(self.api, Accounts(self.store))
        self.people = self.server.client(self.server.key_file(folder, "clerk"))
        self.book = self.people.create(title)
        robot = self.server.key_file(folder, "jielu")
        self.env = {
            "JIELU_DATA": str(folder / "data"),
            "JIELU_WORKBOOK": f"https://docs.google.com/spreadsheets/d/{self.book.id}/edit#gid=0",
            "JIELU_SECRET": "a secret of the tests, of 32 characters",
            "GOOGLE_APPLICATION_CREDENTIALS": str(robot),
        }
        self.robot = gspread.auth.service_account(str(robot)).http_client.auth.service_account_email

    def share(self) -> None:
        """The people let the service's account write."""
        self.book.share(self.robot, perm_type="user", role="writer", notify=False)

    def service(self, **settings: str) -> Service:
        """The service by its settings alone."""
        return Service(Settings.read(self.env | settings))

    def close(self) -> None:
        self.server.server.shutdown()
        self.server.server.server_close()
        self.store.close()


@contextmanager
def google_stage(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[GoogleStage]:
    """The stage; every client of every service leads to it."""
    made = GoogleStage(folder)
    plain = Service._new_client

    def led(service: Service, rate: Rate) -> Client:
        client = plain(service, rate)
        transport._mount(client.session, transport.Redirect(made.server.url))
        client.session._auth_request_session.mount("https://iamcredentials.googleapis.com/", transport.Nowhere())
        return client

    patch.setattr(Service, "_new_client", led)
    patch.setattr("sync.service.LOOKS", FAST)
    patch.setattr("sync.service.PAGES", FAST)
    try:
        yield made
    finally:
        made.close()
