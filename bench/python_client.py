"""The own tests of a client for Python, its requests for Google answered by the embedded workbook in this process.

The client is the folder's own. What is patched here stays so: for a process of its own.
"""

from __future__ import annotations

import configparser
import json
import sys
import tempfile
import types
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import google.oauth2.credentials
import google.oauth2.service_account
import httplib2
import pytest
import requests
from requests.adapters import BaseAdapter

from bench.outcome import Outcome
from sync.workbook.accounts import Accounts
from sync.workbook.cells.store import Store
from sync.workbook.server import Api, Request, Response
from sync.workbook.transport import Adapter

OWNER = "owner@example.com"
GOOGLE = ("sheets.googleapis.com", "www.googleapis.com")


class Counted(Api):
    """The server, and how many requests it was asked."""

    asked = 0

    def handle(self, request: Request) -> Response:
        """Answers one request and counts it."""
        self.asked += 1
        return super().handle(request)


def lead_here(api: Api) -> None:
    """Makes requests for Google end at the Api, whichever library sends them."""
    adapter, elsewhere = Adapter(api, OWNER), requests.Session.get_adapter

    def get_adapter(session: requests.Session, url: str | bytes) -> BaseAdapter:
        return adapter if urlsplit(str(url)).netloc in GOOGLE else elsewhere(session, url)

    def request(_http: Any, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any) -> Any:
        parts = urlsplit(uri)
        query = parse_qsl(parts.query, keep_blank_values=True)
        content = body.encode() if isinstance(body, str) else body or b""
        answer = api.handle(Request(method, parts.path, query, dict(headers or {}), content, OWNER))
        return httplib2.Response({"status": answer.status, **answer.headers}), answer.body

    requests.Session.get_adapter = get_adapter  # type: ignore[method-assign,assignment]
    httplib2.Http.request = request
    for kind in (google.oauth2.service_account.Credentials, google.oauth2.credentials.Credentials):
        kind.refresh = lambda credentials, _request: setattr(credentials, "token", "here")


def stand_in() -> None:
    """What the tests import and need not here: a recorder of requests, an older library for signing in."""
    vcr, errors = types.ModuleType("vcr"), types.ModuleType("vcr.errors")
    vcr.VCR = type("VCR", (), {"ensure_suffix": staticmethod(str)})  # type: ignore[attr-defined]
    errors.CannotOverwriteExistingCassetteException = type("Never", (Exception,), {})  # type: ignore[attr-defined]
    signing, service = types.ModuleType("oauth2client"), types.ModuleType("oauth2client.service_account")
    load: Callable[..., Any] = google.oauth2.service_account.Credentials.from_service_account_file
    named = {"from_json_keyfile_name": staticmethod(lambda path, scopes: load(path, scopes=scopes))}
    service.ServiceAccountCredentials = type("ServiceAccountCredentials", (), named)  # type: ignore[attr-defined]
    for module in (vcr, errors, signing, service):
        sys.modules[module.__name__] = module
    if not hasattr(configparser.ConfigParser, "readfp"):
        configparser.ConfigParser.readfp = configparser.ConfigParser.read_file  # type: ignore[attr-defined]


def configure(folder: Path, api: Api) -> None:
    """Writes where the tests look for it: a key, and the number of a document."""
    key = json.dumps(Accounts(api.store).create("robot", "https://oauth2.googleapis.com/token"))
    body = json.dumps({"properties": {"title": "tests"}}).encode()
    made = json.loads(api.handle(Request("POST", "/v4/spreadsheets", body=body, account=OWNER)).body)
    for name in ("tests.config", "tests/tests.config"):
        if (folder / name).parent.is_dir():
            (folder / name).write_text(f"[Spreadsheet]\nid: {made['spreadsheetId']}\n", "utf-8")
    for name in ("creds.json", "tests/creds.json", "tests/auth_test_data/pygsheettest_service_account.json"):
        if (folder / name).parent.is_dir():
            (folder / name).write_text(key, "utf-8")


class Report:
    """Counts what came out; a pytest plugin."""

    def __init__(self) -> None:
        self.passed, self.others = 0, dict[str, str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a test, or a part of it that failed or was left out."""
        if report.when == "call" and report.passed:
            self.passed += type(report) is pytest.TestReport  # the parts of a test are none
        elif report.failed or report.skipped:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.others[report.nodeid] = str(crash.message if crash else report.longrepr)[:300]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Counts a file that could not be read as one test."""
        if report.failed:
            self.others[report.nodeid] = str(report.longrepr)[-300:]


def outcome(folder: Path, tests: Sequence[str], talks: bool) -> Outcome:
    """What came of the tests; ``talks``: whether any is meant to speak with Google."""
    api = Counted(Store(Path(tempfile.mkdtemp(), "workbook.db")), lambda: datetime.now(UTC))
    sys.path.insert(0, str(folder))
    if talks:
        stand_in()
        configure(folder, api)
    lead_here(api)
    api.asked = 0
    report = Report()
    options = ["-q", "--no-header", "--tb=no", "--disable-warnings", "-p", "no:cacheprovider"]
    options += [f"--rootdir={folder}", "-c", "/dev/null"]
    pytest.main([*options, *(str(folder / name) for name in tests)], plugins=[report])
    return Outcome(report.passed, report.others, api.asked)
