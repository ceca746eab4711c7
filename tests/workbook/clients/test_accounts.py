"""No token, no data: service accounts, their tokens, and what a forged one gets."""

import threading
import time

import gspread
import orjson
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from google.auth import crypt, jwt
from google.auth.exceptions import RefreshError

from sync.workbook.accounts import GOOGLE, GRANT, SCOPES, Accounts, TokenError
from tests.stores import content


@pytest.fixture
def accounts(store) -> Accounts:
    return Accounts(store)


def assertion(key: dict, **claims) -> str:
    """What google-auth sends, with some claims changed."""
    now = int(time.time())
    usual = {"iss": key["client_email"], "aud": GOOGLE, "iat": now, "exp": now + 3600, "scope": SCOPES[0]}
    return jwt.encode(crypt.RSASigner.from_service_account_info(key), usual | claims).decode()


def test_google_auth_signs_in_with_the_file_unchanged(server, tmp_path):
    client = server.client(server.key_file(tmp_path))
    book = client.create("mine")
    book.sheet1.update([["x"]], "A1")
    assert client.open("mine").sheet1.acell("A1").value == "x"


def test_the_file_has_googles_shape(accounts):
    key = accounts.create("robot", "https://example.org/token")
    assert list(key) == [
        "type", "project_id", "private_key_id", "private_key", "client_email", "client_id", "auth_uri", "token_uri",
        "auth_provider_x509_cert_url", "client_x509_cert_url", "universe_domain",
    ]  # fmt: skip
    assert (key["type"], key["token_uri"]) == ("service_account", "https://example.org/token")


def test_only_the_public_key_is_kept(accounts, store):
    key = accounts.create("robot", "https://example.org/token")
    accounts.exchange(assertion(key))
    kept = content(store)
    assert b"PUBLIC KEY" in kept
    assert b"PRIVATE KEY" not in kept
    assert b"ya29." not in kept


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer ya29.guess"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize("path", ["/v4/spreadsheets/x", "/drive/v3/files", "/upload/drive/v2/files/x"])
def test_without_a_good_token_nothing_is_answered(server, header, path):
    answer = requests.get(server.url + path, headers=header, timeout=5)
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"aud": "https://elsewhere.example.org/token"}, "Failed audience check."),
        ({"exp": 1}, "Invalid JWT: Token must be a short-lived token"),
        ({"exp": int(time.time()) + 90_000}, "Invalid JWT: Token must be a short-lived token"),
        ({"iat": "now"}, "Invalid JWT: iat and exp must be numbers."),
        ({"nbf": int(time.time()) + 90_000}, "Invalid JWT: Token must be a short-lived token"),
        ({"nbf": "soon"}, "Invalid JWT: Token must be a short-lived token"),
        ({"aud": None}, "Failed audience check."),
        ({"scope": "https://www.googleapis.com/auth/gmail.send"}, "Invalid OAuth scope"),
        ({"iss": "nobody@workbook.iam.gserviceaccount.com"}, "Invalid grant: account not found"),
    ],
)
def test_an_assertion_that_proves_too_little_is_refused(accounts, claims, sentence):
    key = accounts.create("robot", "https://example.org/token")
    with pytest.raises(TokenError, match=sentence):
        accounts.exchange(assertion(key, **claims))


def test_a_key_is_as_strong_as_a_digest(accounts):
    """128 bits of security: NIST SP 800-57 part 1, table 2."""
    key = accounts.create("robot", "https://example.org/token")
    assert serialization.load_pem_private_key(key["private_key"].encode(), None).key_size == 3072


def test_a_foreign_key_is_refused(accounts):
    key, other = (accounts.create(name, "https://example.org/token") for name in ("robot", "other"))
    with pytest.raises(TokenError, match="Invalid JWT Signature"):
        accounts.exchange(assertion(other, iss=key["client_email"]))


def test_a_key_that_an_assertion_brings_along_is_not_used(accounts):
    key, other = (accounts.create(name, "https://example.org/token") for name in ("robot", "other"))
    now = int(time.time())
    claims = {"iss": key["client_email"], "aud": GOOGLE, "iat": now, "exp": now + 60, "scope": SCOPES[0]}
    for header in (
        {"kid": other["private_key_id"]},
        {"jku": "https://elsewhere.example/keys"},
        {"jwk": {"kty": "RSA"}},
    ):
        forged = jwt.encode(crypt.RSASigner.from_service_account_info(other), claims, header=header).decode()
        with pytest.raises(TokenError, match="Invalid JWT Signature"):
            accounts.exchange(forged)


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.e30", "e30.e30.e30.e30", "\x00.\x00.\x00"])
def test_what_is_no_assertion_is_refused(accounts, text):
    with pytest.raises(TokenError, match="Invalid"):
        accounts.exchange(text)


def test_an_unsigned_assertion_is_refused(accounts):
    key = accounts.create("robot", "https://example.org/token")
    head, body, _ = assertion(key).split(".")
    none = jwt._helpers.unpadded_urlsafe_b64encode(b'{"alg":"none"}').decode()
    for forged in (f"{none}.{body}.", f"{head}.{body}."):
        with pytest.raises(TokenError, match="Invalid JWT"):
            accounts.exchange(forged)


def test_a_token_lives_an_hour(store):
    now = time.time()
    accounts = Accounts(store, lambda: now)
    token = accounts.exchange(assertion(accounts.create("robot", "https://example.org/token")))["access_token"]
    now += 3599
    assert accounts.check(token) == "robot@workbook.iam.gserviceaccount.com"
    now += 1
    assert accounts.check(token) is None


def test_a_revoked_account_is_out_at_once(server, tmp_path):
    client = server.client(server.key_file(tmp_path))
    client.create("x")
    assert server.accounts.revoke("robot")
    assert not server.accounts.revoke("robot")
    with pytest.raises(RefreshError):
        client.list_spreadsheet_files()


def test_a_new_key_puts_the_old_one_out(accounts):
    old = accounts.create("robot", "https://example.org/token")
    new = accounts.create("robot", "https://example.org/token")
    with pytest.raises(TokenError):
        accounts.exchange(assertion(old))
    assert accounts.exchange(assertion(new))["token_type"] == "Bearer"


def test_names_that_ascii_cannot_hold_get_addresses_of_their_own(accounts):
    addresses = {
        accounts.create(name, "https://example.org/token")["client_email"]
        for name in ("市容股", "环卫所", "a b", "a-b")
    }
    assert len(addresses) == 4
    assert all(address.isascii() for address in addresses)


def test_the_token_endpoint_speaks_oauth(server):
    answer = requests.post(f"{server.url}/token", data={"grant_type": "password"}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    answer = requests.post(f"{server.url}/token", data={"grant_type": GRANT, "assertion": "x.y.z"}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_one_account_does_not_see_anothers_files(server, tmp_path):
    mine = server.client(server.key_file(tmp_path, "mine"))
    other = server.client(server.key_file(tmp_path, "other"))
    book = mine.create("private")
    assert other.list_spreadsheet_files() == []
    with pytest.raises(PermissionError):
        other.open_by_key(book.id)
    book.share("other@workbook.iam.gserviceaccount.com", "user", "reader")
    assert other.open("private").sheet1.get_all_values() == [[]]
    with pytest.raises(gspread.exceptions.APIError, match="does not have permission"):
        other.open("private").sheet1.update([["x"]], "A1")


def test_what_the_process_made_is_open_to_its_accounts(server, tmp_path, local):
    local.sheet1.update([["x"]], "A1")
    client = server.client(server.key_file(tmp_path))
    assert client.open_by_key(local.id).sheet1.acell("A1").value == "x"


def test_answers_are_compressed_when_asked(server, tmp_path):
    client = server.client(server.key_file(tmp_path))
    book = client.create("x")
    book.sheet1.update([["x" * 2000]], "A1")
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{book.id}/values/A1"
    answer = client.http_client.request("get", url)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert orjson.loads(answer.content)["values"] == [["x" * 2000]]


def test_a_token_is_shown_to_no_other_server(server, tmp_path, monkeypatch):
    hosts = set()
    send = requests.adapters.HTTPAdapter.send

    def watched(self, request, *arguments, **options):
        answer = send(self, request, *arguments, **options)
        hosts.add(request.url.split("/")[2].partition(":")[0])
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", watched)
    server.client(server.key_file(tmp_path)).create("x")
    for thread in threading.enumerate():
        if "RegionalAccess" in type(thread).__name__:
            thread.join(10)
    assert hosts == {"127.0.0.1"}
