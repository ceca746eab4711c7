"""A photo's address that somebody else wrote leads to allowed hosts alone, and never into the own network."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from sync.addresses import allowed, public
from sync.intake import fetching
from sync.intake.fetching import Fetcher, Lost
from tests.mail_server import certificate

PHOTO = b"\xff\xd8 a photo"


class Answers(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        status, headers, body = {
            "/photo.jpg": (200, {"Content-Type": "image/jpeg"}, PHOTO),
            "/page": (200, {"Content-Type": "text/html"}, b"<html>"),
            "/large": (200, {"Content-Type": "image/jpeg"}, b"x" * 5000),
            "/moved": (302, {"Location": "/photo.jpg"}, b""),
            "/away": (302, {"Location": "https://evil.example.cn/photo.jpg"}, b""),
            "/inside": (302, {"Location": "http://127.0.0.1/photo.jpg"}, b""),
            "/round": (302, {"Location": "/round"}, b""),
            "/busy": (503, {}, b""),
        }.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def shop(folder: Path) -> Iterator[tuple[str, list[str], ssl.SSLContext]]:
    """A server with photos on loopback: its address, what was asked of it, and who trusts its certificate."""
    trusted, context = certificate(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.asked = []  # type: ignore[attr-defined]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        asked: list[str] = server.asked  # type: ignore[attr-defined]
        yield f"https://127.0.0.1:{server.server_port}", asked, ssl.create_default_context(cafile=str(trusted))
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[str, list[str], Fetcher]]:
    with shop(tmp_path) as (url, asked, context):
        yield url, asked, Fetcher(context, any_address=True)


HOSTS = ("127.0.0.1",)


@pytest.mark.parametrize("path", ["/photo.jpg", "/moved"])
def test_a_photo_is_fetched(host: tuple[str, list[str], Fetcher], path: str) -> None:
    url, _, fetcher = host
    assert fetcher.get(url + path, HOSTS) == PHOTO


@pytest.mark.parametrize(
    ("path", "said", "permanent"),
    [
        ("/page", "取到的是 text/html，不是照片", True),
        ("/away", "evil.example.cn 不在 photo_hosts 里", True),
        ("/inside", "只取 https 的链接", True),
        ("/round", "转来转去没有尽头", True),
        ("/gone", "对方答 404", True),
        ("/busy", "对方答 503", False),
    ],
)
def test_what_is_not_fetched_says_why(
    host: tuple[str, list[str], Fetcher], path: str, said: str, permanent: bool
) -> None:
    url, _, fetcher = host
    with pytest.raises(Lost, match=said) as caught:
        fetcher.get(url + path, HOSTS)
    assert caught.value.permanent is permanent


def test_too_many_bytes_are_not_read(host: tuple[str, list[str], Fetcher]) -> None:
    url, _, fetcher = host
    small = replace(fetcher, bounds=replace(fetching.PHOTO, size=4999))
    with pytest.raises(Lost, match="照片太大"):
        small.get(f"{url}/large", HOSTS)


def test_this_machine_is_not_asked_whatever_the_list_says(tmp_path: Path) -> None:
    with shop(tmp_path) as (url, asked, context):
        with pytest.raises(Lost, match="不在 photo_hosts 里"):
            Fetcher(context).get(f"{url}/photo.jpg", HOSTS)  # a port of its own
        with pytest.raises(Lost, match="指向内部网络"):
            Fetcher(context).get("https://127.0.0.1/photo.jpg", HOSTS)
        assert asked == []


def test_a_name_that_leads_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(0, 0, 0, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.7")]
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Lost, match="指向内部网络"):
        Fetcher().get("https://files.example.cn/1.jpg", ("files.example.cn",))


def test_an_unknown_certificate_is_not_trusted(tmp_path: Path) -> None:
    with shop(tmp_path) as (url, asked, _):
        with pytest.raises(Lost, match="连接中断"):
            Fetcher(any_address=True).get(f"{url}/photo.jpg", HOSTS)
        assert asked == []


OTHERS = [
    "http://a.example.cn/x",
    "ftp://a.example.cn/x",
    "https://u@a.example.cn/x",
    "//a.example.cn",
    "https://[bad",
    "file:///etc/passwd",
    "https://a.example.cn.evil.cn/x",
]


@pytest.mark.parametrize("link", ["", *OTHERS])
def test_other_links_are_not_followed(link: str) -> None:
    with pytest.raises(Lost) as caught:
        Fetcher().get(link, ("a.example.cn",))
    assert caught.value.permanent


OWN = """
127.0.0.1 10.1.2.3 192.168.1.1 172.16.0.1 169.254.169.254 0.0.0.0 100.64.0.1 224.0.0.1 240.0.0.1 255.255.255.255
192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1
:: ::1 fe80::1%eth0 fc00::1 fec0::1 ff02::1 100::1 2001:db8::1 3fff::1 5f00::1
::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:10.0.0.1 ::127.0.0.1 ::8.8.8.8
64:ff9b::10.0.0.1 64:ff9b::7f00:1 64:ff9b::8.8.8.8 64:ff9b:1::1 64:ff9b:1::10.0.0.1
2002:0a00:0001::1 2002:7f00:1::1 2002:808:808::1 2001:0:7f00:1::1 2001::1 2001:10::1 2001:20::1
"""


@pytest.mark.parametrize("address", OWN.split())
def test_an_address_of_the_own_network_is_known(address: str) -> None:
    """And so is one that leads to another address: mapped, compatible, NAT64, 6to4, Teredo."""
    assert not public(address)


def test_the_address_that_was_checked_is_the_address_that_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads outside when it is asked for first, and inside from then on: also after a redirect."""
    answers = iter(["8.8.8.8", "10.0.0.7", "10.0.0.7"])
    connected: list[str] = []

    def resolve(*_: object, **__: object) -> list[object]:
        return [(0, 0, 0, "", (next(answers), 443))]

    def connect(address: tuple[str, int], *_: object) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(fetching.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(fetching.socket, "create_connection", connect)
    with pytest.raises(Lost, match="连接中断"):
        Fetcher().get("https://files.example.cn/1.jpg", ("files.example.cn",))
    assert connected == ["8.8.8.8"], "asked for once"
    with pytest.raises(Lost, match="指向内部网络"):
        Fetcher().get("https://files.example.cn/1.jpg", ("files.example.cn",))
    assert connected == ["8.8.8.8"]


def test_a_redirect_is_resolved_and_checked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = {"a.example.cn": "8.8.8.8", "b.example.cn": "::ffff:10.0.0.7"}

    def moved(self: http.client.HTTPConnection, *_: object) -> None:
        assert self._to == "8.8.8.8", "the one of the name before"  # type: ignore[attr-defined]

    answer = SimpleNamespace(status=302, getheader=lambda *_: "https://b.example.cn/1.jpg")
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda host, *_, **__: [(0, 0, 0, "", (addresses[host], 443))])
    monkeypatch.setattr(fetching.PinnedConnection, "request", moved)
    monkeypatch.setattr(fetching.PinnedConnection, "getresponse", lambda _: answer)
    with pytest.raises(Lost, match=r"b\.example\.cn 指向内部网络"):
        Fetcher().get("https://a.example.cn/1.jpg", ("*.example.cn",))


def test_addresses_of_the_world_and_hosts_of_the_list() -> None:
    assert public("8.8.8.8") and public("2400:3200::1")
    hosts = ("a.cn", "*.b.cn")
    assert [allowed(one, hosts) for one in ("a.cn", "x.b.cn", "b.cn", "xb.cn", "x.a.cn", "")] == [
        True, True, False, False, False, False]  # fmt: skip
