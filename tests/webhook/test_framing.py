"""Where a request ends is seen by everybody alike or the request is refused (RFC 9112), and methods that are none."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from tests.web_server import WebServer, web_server

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"  # what another program may take for a request of its own
POST = b"POST /enter HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
EMPTY = b"\r\n0\r\n\r\n"  # the end of the header, and a chunked body without content
AMBIGUOUS = {
    "length and chunks": POST + b"Content-Length: 5\r\n" + CHUNKED + EMPTY,
    "chunks and length": POST + CHUNKED + b"Content-Length: 5\r\n" + EMPTY,
    "length and chunks by another case": POST + b"content-length: 5\r\ntransfer-encoding: Chunked\r\n" + EMPTY,
    "chunks twice": POST + CHUNKED + CHUNKED + EMPTY,
    "chunks twice in one line": POST + b"Transfer-Encoding: chunked, chunked\r\n" + EMPTY,
    "chunks of HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n" + CHUNKED + EMPTY,
    "a coding that is none": POST + b"Transfer-Encoding: xchunked\r\n" + EMPTY,
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n" + EMPTY,
    "two lengths": POST + b"Content-Length: 35\r\nContent-Length: 0\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +35\r\n\r\n",
    "a length in hex": POST + b"Content-Length: 0x23\r\n\r\n",
    "a bare line feed": POST + b"X: y\n" + CHUNKED + EMPTY,
    "a size of a chunk with a sign": POST + CHUNKED + b"\r\n-0\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web")) as running:
        yield running


def answered(web: WebServer, sent: bytes) -> bytes:
    """All that is answered until the server closes the connection, or says nothing for half a second."""
    answer = b""
    with socket.create_connection(("127.0.0.1", web.server.effective_port), timeout=20) as connection:
        connection.sendall(sent)
        try:
            while part := connection.recv(65536):
                answer += part
                connection.settimeout(0.5)
        except TimeoutError:
            answer += b"(open)"
    return answer


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_request_whose_end_is_not_clear_is_refused_and_hides_no_other(web: WebServer, name: str) -> None:
    answer = answered(web, AMBIGUOUS[name] + HIDDEN)
    assert re.findall(rb"HTTP/1\.\d (\d+)", answer) in ([b"400"], [b"501"])
    assert not answer.endswith(b"(open)"), "what follows on this connection is nobody's request"


@pytest.mark.parametrize("head", [POST + b"Content-Length: 0\r\n\r\n", POST + CHUNKED + EMPTY])
def test_a_request_whose_end_is_clear_is_followed_by_the_next(web: WebServer, head: bytes) -> None:
    assert re.findall(rb"HTTP/1\.1 (\d+)", answered(web, head + HIDDEN)) == [b"403", b"200"]


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("address", ["/healthz", "/static/style.css", "/v4/spreadsheets/x", "/token"])
def test_a_method_that_no_address_has_is_refused_and_echoes_nothing(web: WebServer, method: str, address: str) -> None:
    head = f"{method} {address} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nCookie: session=secret\r\n\r\n"
    answer = answered(web, head.encode())
    assert answer.startswith((b"HTTP/1.1 405", b"HTTP/1.1 401", b"HTTP/1.1 400")) and b"secret" not in answer


@pytest.mark.parametrize(
    "address",
    ["/static/", "/static/grid", "/.git/config", "/static/../server.py", "/static/%2e%2e/server.py",
     "/static/..%2fapi.py", "/rules.toml", "/data/secret"],
)  # fmt: skip
def test_no_folder_is_listed_and_no_file_but_ours_is_sent(web: WebServer, address: str) -> None:
    assert answered(web, f"GET {address} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).startswith(b"HTTP/1.1 404")
