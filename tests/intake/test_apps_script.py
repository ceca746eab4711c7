"""The script of docs/google.zh.md, run by Node with stand-ins of Google's objects; the hook is the real one."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.book import ROOT
from tests.web_server import WebServer, web_server

DOCUMENT = (ROOT / "docs" / "google.zh.md").read_text("utf-8")
(SCRIPT,) = re.findall(r"```javascript\n(.*?)```", DOCUMENT, re.DOTALL)
KEY = "一把只管这件事的钥匙，足够长、足够随机"
# Google's objects as its reference describes them: bytes are signed, a cache forgets after seconds.
STAND_INS = """
const crypto = require('node:crypto');
const { url, key, calls, forget } = JSON.parse(process.argv[2]);
const requests = [], triggers = [], cached = new Map();
const properties = { JIELU_URL: url, JIELU_NUDGE_SECRET: key };
const PropertiesService = { getScriptProperties: () => ({ getProperty: (name) => properties[name] ?? null }) };
const CacheService = { getScriptCache: () => ({
  get: (name) => cached.get(name) ?? null,
  put: (name, value, seconds) => { if (!(seconds > 0)) throw new Error('seconds'); cached.set(name, value); },
}) };
const Utilities = {
  Charset: { UTF_8: 'utf-8' },
  getUuid: () => crypto.randomUUID(),
  computeHmacSha256Signature: (text, secret, charset) => {
    if (charset !== 'utf-8') throw new Error('charset');
    return [...new Int8Array(crypto.createHmac('sha256', secret).update(text, 'utf-8').digest())];
  },
};
const UrlFetchApp = { fetch: (address, options) => {
  requests.push({ address, ...options });
  return { getResponseCode: () => 202, getContentText: () => '' };
} };
const ScriptApp = {
  getProjectTriggers: () => [...triggers],
  deleteTrigger: (trigger) => triggers.splice(triggers.indexOf(trigger), 1),
  newTrigger: (name) => ({ forSpreadsheet: () => Object.fromEntries(['onFormSubmit', 'onChange'].map((kind) =>
    [kind, () => ({ create: () => triggers.push({ kind, getHandlerFunction: () => name }) })])) }),
};
const SpreadsheetApp = { getActive: () => ({}) };
"""
RUN = """
triggers.push({ kind: 'theirs', getHandlerFunction: () => 'theirs' });
install();
install();
for (let call = 0; call < calls; call += 1) {
  if (forget) cached.clear();
  nudge();
}
console.log(JSON.stringify({ requests, triggers: triggers.map((trigger) => trigger.kind) }));
"""


def run(folder: Path, url: str, *, key: str = KEY, calls: int = 1, forget: bool = True) -> dict[str, Any]:
    """What the script did."""
    file = folder / "script.js"
    file.write_text(STAND_INS + SCRIPT + RUN, "utf-8")
    given = json.dumps({"url": url, "key": key, "calls": calls, "forget": forget})
    done = subprocess.run(["node", str(file), given], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    did: dict[str, Any] = json.loads(done.stdout)
    return did


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web"), JIELU_NUDGE_SECRET=KEY) as web:
        yield web


def send(web: WebServer, request: dict[str, Any]) -> int:
    """The request over HTTP, as Apps Script would send it."""
    assert (request["method"], request["muteHttpExceptions"]) == ("post", True)
    headers = request["headers"] | {"Content-Type": request["contentType"]}
    answer = requests.post(request["address"], data=request["payload"].encode(), headers=headers, timeout=10)
    return answer.status_code


def test_what_the_script_sends_is_taken_by_the_hook(web: WebServer, tmp_path: Path) -> None:
    before = web.nudges
    did = run(tmp_path, f"{web.url}/", calls=3)
    assert [send(web, request) for request in did["requests"]] == [202, 202, 202], "three in the same second too"
    assert web.nudges == before + 3
    assert send(web, did["requests"][0]) == 403, "each is good once"
    assert did["triggers"] == ["theirs", "onFormSubmit", "onChange"], "installed twice, there once; others' stay"


def test_another_key_is_refused(web: WebServer, tmp_path: Path) -> None:
    before = web.nudges
    (request,) = run(tmp_path, web.url, key="another key")["requests"]
    assert send(web, request) == 403 and web.nudges == before


def test_many_changes_within_seconds_are_one_call(web: WebServer, tmp_path: Path) -> None:
    assert len(run(tmp_path, web.url, calls=20, forget=False)["requests"]) == 1


def test_the_document_says_which_key_the_script_must_not_have() -> None:
    assert "JIELU_SECRET" not in SCRIPT and "不要用 `JIELU_SECRET`" in DOCUMENT
