"""Over HTTP every failure is Google's JSON, on every address, whoever asks and however."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.auth import crypt, jwt

from sync.workbook.accounts import GRANT, READ_ONLY, SCOPES
from sync.workbook.cells.store import AnyStore, Unavailable
from sync.workbook.server import Api


def assertion(server: Any, key: dict[str, Any], scope: str) -> str:
    """What an account signs to ask for a token of some scopes."""
    import time

    now = int(time.time())
    claims = {"iss": key["client_email"], "aud": f"{server.url}/token", "iat": now, "exp": now + 3600, "scope": scope}
    return str(jwt.encode(crypt.RSASigner.from_service_account_info(key), claims).decode())


def token(server: Any, key: dict[str, Any], scope: str) -> str:
    """An access token for some scopes."""
    form = {"grant_type": GRANT, "assertion": assertion(server, key, scope)}
    return str(requests.post(f"{server.url}/token", data=form, timeout=5).json()["access_token"])


@pytest.fixture
def signed_in(server) -> Iterator[requests.Session]:
    session = requests.Session()
    key = server.accounts.create("robot", f"{server.url}/token")
    session.headers["Authorization"] = f"Bearer {token(server, key, SCOPES[0])}"
    yield session
    session.close()


PATHS = [
    "/v4", "/v4/", "/v4/x", "/v4/spreadsheets", "/v4/spreadsheets/x", "/v4/spreadsheets/x:y", "/v4/spreadsheets/%00",
    "/v4/spreadsheets/x/values/",
    "/v4/spreadsheets/%00/values/A1", "/v4/spreadsheets/x/values/%ff", "/drive", "/drive/v3", "/drive/v3/files/x/y/z",
    "/drive/v2/files", "/drive/v3/channels/stop", "/upload", "/upload/drive/v3/files", "/upload/drive/v2/files/x",
    "/token",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
def test_every_failure_is_json(server, signed_in, path, method):
    for session in (signed_in, requests):
        for body in (b"", b"[", b"\xff\xfe", b'{"a": 1}', b"\x00" * 100):
            answer = session.request(method, server.url + path, data=body, timeout=5)
            assert answer.status_code in (200, 400, 401, 403, 404, 405), (answer.status_code, answer.text)
            assert answer.headers["Content-Type"].lower() == "application/json; charset=utf-8"
            assert "error" in answer.json() or answer.status_code == 200


@pytest.mark.parametrize("path", ["/v4/spreadsheets/x", "/drive/v3/files", "/upload/drive/v2/files/x"])
def test_an_unknown_parameter_is_refused_over_http(server, signed_in, path):
    method = "PUT" if path.startswith("/upload") else "GET"
    answer = signed_in.request(method, f"{server.url}{path}?foo=1", timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert 'Unknown name "foo"' in answer.json()["error"]["message"]


def test_the_token_endpoint_refuses_an_unknown_parameter(server):
    key = server.accounts.create("robot", f"{server.url}/token")
    form = {"grant_type": GRANT, "assertion": assertion(server, key, SCOPES[0])}
    answer = requests.post(f"{server.url}/token?foo=1", data=form, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.json()["error_description"] == "Parameter not allowed for this message type: foo"
    assert requests.post(f"{server.url}/token?alt=json&prettyPrint=false", data=form, timeout=5).status_code == 200


@pytest.mark.parametrize("name", ["access_token", "oauth_token"])
def test_a_token_in_the_address_signs_in(server, name):
    key = server.accounts.create("robot", f"{server.url}/token")
    url = f"{server.url}/drive/v3/files"
    assert requests.get(url, params={name: token(server, key, SCOPES[1])}, timeout=5).json()["files"] == []
    assert requests.get(url, params={name: "x"}, timeout=5).status_code == 401


def test_our_own_fault_is_json_and_logged(server, signed_in, monkeypatch, caplog):
    def broken(_self: Api, _request: Any) -> None:
        raise KeyError("nobody foresaw it")

    monkeypatch.setattr(Api, "handle", broken)
    answer = signed_in.get(f"{server.url}/v4/spreadsheets/x", timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (500, "INTERNAL")
    assert "nobody foresaw it" in caplog.text


def test_a_store_that_does_not_answer_is_told_to_try_again(server, signed_in, monkeypatch):
    def away(_self: Any, **_: Any) -> None:
        raise Unavailable("工作簿数据库没有应答。")

    signed_in.get(f"{server.url}/v4/spreadsheets/x", timeout=5)  # has a token from now on
    monkeypatch.setattr(AnyStore, "_transaction", away)
    answer = signed_in.get(f"{server.url}/v4/spreadsheets/x", timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (503, "UNAVAILABLE")


@pytest.mark.parametrize("scope", READ_ONLY)
def test_a_read_only_scope_reads_and_writes_nothing(server, signed_in, scope):
    key = server.accounts.create("reader", f"{server.url}/token")
    readers = {"Authorization": f"Bearer {token(server, key, scope)}"}
    made = signed_in.post(f"{server.url}/v4/spreadsheets", json={}, timeout=5).json()
    share = {"type": "user", "role": "writer", "emailAddress": key["client_email"]}
    signed_in.post(f"{server.url}/drive/v3/files/{made['spreadsheetId']}/permissions", json=share, timeout=5)
    address = f"{server.url}/v4/spreadsheets/{made['spreadsheetId']}"
    assert requests.get(address, headers=readers, timeout=5).status_code == 200
    writes = [
        ("PUT", f"{address}/values/A1?valueInputOption=RAW", {"values": [[1]]}),
        ("POST", f"{address}:batchUpdate", {"requests": []}),
        ("POST", f"{address}/developerMetadata:search", {}),
        ("POST", f"{server.url}/drive/v3/files", {}),
        ("DELETE", f"{server.url}/drive/v3/files/{made['spreadsheetId']}", None),
    ]
    for method, url, body in writes:
        answer = requests.request(method, url, json=body, headers=readers, timeout=5)
        assert (answer.status_code, answer.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
        assert "insufficient authentication scopes" in answer.text


def test_requests_at_the_same_time_are_all_answered(server, signed_in):
    made = signed_in.post(f"{server.url}/v4/spreadsheets", json={}, timeout=5).json()["spreadsheetId"]
    headers, statuses = dict(signed_in.headers), []

    def write(n: int) -> None:
        url = f"{server.url}/v4/spreadsheets/{made}/values/A{n}?valueInputOption=RAW"
        statuses.append(requests.put(url, json={"values": [[n]]}, headers=headers, timeout=30).status_code)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
