"""One workbook in process and over HTTP, and gspread as the client of each."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gspread
import pytest
from flask import Flask
from google.oauth2.service_account import Credentials
from werkzeug.serving import make_server

from sync.workbook import transport
from sync.workbook.accounts import Accounts
from sync.workbook.cells.store import AnyStore
from sync.workbook.server import Api
from tests.stores import open_store
from webhook.api import blueprint

NOW = datetime(2026, 9, 5, 8, 0, tzinfo=UTC)
SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AnyStore]:
    """An empty workbook."""
    store = open_store(tmp_path / "workbook.db")
    yield store
    store.close()


@pytest.fixture
def api(store: AnyStore) -> Api:
    """The server; its clock stands still."""
    return Api(store, lambda: NOW)


class Server:
    """The workbook over HTTP on loopback, with its token endpoint."""

    def __init__(self, api: Api, accounts: Accounts) -> None:
        app = Flask("workbook")
        app.register_blueprint(blueprint(api, accounts, lambda: f"{self.url}/token"))
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.accounts = accounts
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def key_file(self, folder: Path, name: str = "robot") -> Path:
        """A service-account file as `jielu token` writes it."""
        path = folder / f"{name}.json"
        path.write_text(json.dumps(self.accounts.create(name, f"{self.url}/token")))
        return path

    def client(self, key_file: Path) -> gspread.Client:
        """gspread, signed in by google-auth from the file."""
        credentials: Any = Credentials.from_service_account_file(str(key_file), scopes=SCOPES)
        return gspread.Client(auth=None, session=transport.remote(self.url, credentials))


@pytest.fixture
def server(api: Api, store: AnyStore) -> Iterator[Server]:
    """The server, running."""
    server = Server(api, Accounts(store))
    yield server
    server.server.shutdown()


@pytest.fixture(params=["in process", "over HTTP"])
def client(request: pytest.FixtureRequest, api: Api, tmp_path: Path) -> gspread.Client:
    """gspread by each way of connecting."""
    if request.param == "in process":
        return gspread.Client(auth=None, session=transport.session(api))
    server: Server = request.getfixturevalue("server")
    return server.client(server.key_file(tmp_path))


@pytest.fixture
def book(client: gspread.Client) -> gspread.Spreadsheet:
    """A new spreadsheet, by each way of connecting."""
    return client.create("台账")


@pytest.fixture
def local(api: Api) -> gspread.Spreadsheet:
    """A new spreadsheet, in process only: for what is the same either way."""
    return gspread.Client(auth=None, session=transport.session(api)).create("台账")
