"""The own tests of google-spreadsheet (npm), sent over HTTP to the embedded workbook on loopback.

Its folder is written to: where its tests look for documents and a key, and a configuration of vitest. vitest, nock and
google-auth-library are those of its `node_modules`, or of a folder above.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from bench.outcome import Outcome
from bench.python_client import OWNER, Counted
from sync.workbook.accounts import GOOGLE, Accounts
from sync.workbook.cells.store import Store
from sync.workbook.server import Request
from webhook.api import blueprint

# Whom a document of the tests is shared with, and as what; "anyone" has no address.
SHARED = {
    "public": ("anyone", "writer"),
    "publicReadOnly": ("anyone", "reader"),
    "private": ("user", "writer"),
    "privateReadOnly": ("user", "reader"),
}
SETUP = """
const send = globalThis.fetch;
const google = ["sheets.googleapis.com", "www.googleapis.com", "oauth2.googleapis.com"];
globalThis.fetch = (input, options) => {
  const request = new Request(input, options);
  const url = new URL(request.url);
  return send(google.includes(url.host) ? new Request("SERVER" + url.pathname + url.search, request) : request);
};
"""
CONFIG = """
export default {
  resolve: { alias: { "varlock/env": "FOLDER/workbook.env.mjs", "timers/promises": "node:timers/promises" } },
  test: { include: ["src/**/*.test.ts"], hookTimeout: 15000, fileParallelism: false,
          setupFiles: ["FOLDER/workbook.setup.mjs"] },
};
"""
SIGNING_IN = """
import { JWT } from "google-auth-library";
import { documents, email, key } from "./documents.mjs";

export const DOC_IDS = documents;
const fetchImplementation = (...request) => globalThis.fetch(...request);
const scopes = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive.file"];
export const testServiceAccountAuth = new JWT({ email, key, scopes, transporterOptions: { fetchImplementation } });
"""


@contextmanager
def served(api: Counted, accounts: Accounts) -> Iterator[str]:
    """The address of the workbook over HTTP, as long as it is needed."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Flask("workbook")
    app.register_blueprint(blueprint(api, accounts, lambda: GOOGLE))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def document(api: Counted, name: str, email: str) -> str:
    """The number of a new document of somebody else, shared as the tests expect."""
    header = [{"userEnteredValue": {"stringValue": letter}} for letter in "abc"]
    body = {"properties": {"title": name}, "sheets": [{"data": [{"rowData": [{"values": header}]}]}]}
    asked = Request("POST", "/v4/spreadsheets", body=json.dumps(body).encode(), account=OWNER)
    made = json.loads(api.handle(asked).body)["spreadsheetId"]
    kind, role = SHARED[name]
    right = {"type": kind, "role": role} | ({"emailAddress": email} if kind == "user" else {})
    path = f"/drive/v3/files/{made}/permissions"
    api.handle(Request("POST", path, body=json.dumps(right).encode(), account=OWNER))
    return str(made)


def configure(folder: Path, api: Counted, key: dict[str, str], server: str) -> Path:
    """The path of the configuration, written with all that it names."""
    documents = {name: document(api, name, key["client_email"]) for name in SHARED}
    known = {"documents": documents, "email": key["client_email"], "key": key["private_key"]}
    lines = [f"export const {name} = {json.dumps(value)};" for name, value in known.items()]
    (folder / "src/test/auth/documents.mjs").write_text("\n".join(lines))
    (folder / "src/test/auth/docs-and-auth.ts").write_text(SIGNING_IN)
    (folder / "workbook.env.mjs").write_text("export const ENV = process.env;\n")
    (folder / "workbook.setup.mjs").write_text(SETUP.replace("SERVER", server))
    path = folder / "workbook.config.mjs"
    path.write_text(CONFIG.replace("FOLDER", str(folder)))
    return path


def vitest(folder: Path) -> Path:
    """The program that runs the tests; LookupError where it is not installed."""
    for place in (folder, *folder.parents):
        if (program := place / "node_modules/vitest/vitest.mjs").exists():
            return program
    raise LookupError(
        f"{folder}: npm install vitest nock google-auth-library es-toolkit ky, there or in a folder above"
    )


def outcome(folder: Path) -> Outcome:
    """What came of the tests."""
    store = Store(Path(tempfile.mkdtemp(), "workbook.db"))
    api, accounts, report = (
        Counted(store, lambda: datetime.now(UTC)),
        Accounts(store),
        Path(tempfile.mkdtemp(), "report"),
    )
    with served(api, accounts) as server:
        path = configure(folder, api, accounts.create("robot", GOOGLE), server)
        api.asked = 0
        options = ["run", f"--config={path}", "--reporter=json", f"--outputFile={report}"]
        known = {**os.environ, "GOOGLE_API_KEY": "a key that the workbook does not know"}
        subprocess.run(["node", vitest(folder), *options], cwd=folder, env=known, check=False)
    files = json.loads(report.read_text("utf-8"))["testResults"]
    tests = [test for file in files for test in file["assertionResults"]]
    others = {test["fullName"]: _why(test) for test in tests if test["status"] != "passed"}
    others |= {file["name"]: str(file["message"])[:300] for file in files if not file["assertionResults"]}
    return Outcome(sum(test["status"] == "passed" for test in tests), others, api.asked)


def _why(test: dict[str, list[str]]) -> str:
    return "\n".join(test["failureMessages"])[:300] or "left out by its own file"
