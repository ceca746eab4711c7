"""Fetches a picture from an address that others wrote, without being led into the own network.

Only https, only hosts of the list, no private address (a name is resolved once, and that address is the one connected
to), every redirect checked like the first link, and limits of bytes and seconds. What whoever runs the service names
himself (``Fetcher.inside``) may lie in the own network.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

from sync.addresses import PinnedConnection, PinnedPlainConnection, allowed, public

MOST_HOPS = 3
PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Bounds:
    """``what`` is fetched and where its hosts are ``listed``, for sentences; ``size``: the most bytes; ``answer``:
    seconds for each answer of the server, ``whole``: for all of it, however slowly it comes."""

    what: str
    listed: str
    size: int
    answer: float
    whole: float


PHOTO = Bounds("照片", "photo_hosts", 12 * 1024 * 1024, 10.0, 30.0)


class Lost(RuntimeError):
    """A picture that could not be fetched. ``permanent``: it never will be."""

    def __init__(self, sentence: str, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent


@dataclass(frozen=True)
class Fetcher:
    """``any_address``: for tests, also this machine and any port. ``inside``: hosts, with a port that is not the usual
    one, that may be private and without https."""

    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    any_address: bool = False
    bounds: Bounds = PHOTO
    inside: tuple[str, ...] = ()

    def get(self, link: str, hosts: Iterable[str]) -> bytes:
        """The picture's bytes. Raises ``Lost``."""
        allowed, until = tuple(hosts), time.monotonic() + self.bounds.whole
        for _ in range(MOST_HOPS):
            try:
                answer = self._once(self._checked(link, allowed), until)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise Lost(f"连接中断：{type(error).__name__}") from error
            if isinstance(answer, bytes):
                return answer
            link = urljoin(link, answer)
        raise Lost("转来转去没有尽头", permanent=True)

    def _checked(self, link: str, hosts: tuple[str, ...]) -> SplitResult:
        try:
            parts = urlsplit(link)
            port = parts.port
        except ValueError:
            raise Lost("链接看不懂", permanent=True) from None
        is_inside = parts.netloc in self.inside
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_inside)
        if not is_safe or not parts.hostname or parts.username:
            raise Lost("只取 https 的链接", permanent=True)
        if not allowed(parts.hostname, hosts) or (port not in (None, 443) and not (is_inside or self.any_address)):
            raise Lost(f"{parts.hostname} 不在 {self.bounds.listed} 里", permanent=True)
        return parts

    def _once(self, parts: SplitResult, until: float) -> bytes | str:
        """The body, or the address of a redirect."""
        connection = self._connection(parts)
        try:
            connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
            answer = connection.getresponse()
            if answer.status in (301, 302, 303, 307, 308):
                return answer.getheader("Location", "")
            if answer.status != 200:
                raise Lost(f"对方答 {answer.status}", permanent=answer.status not in PASSING)
            return self._body(answer, until)
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host, address, seconds = parts.hostname or "", self._address(parts), self.bounds.answer
        if parts.scheme == "http":
            return PinnedPlainConnection(host, parts.port or 80, address, seconds)
        return PinnedConnection(host, parts.port or 443, self.context, address, seconds)

    def _address(self, parts: SplitResult) -> str:
        """One address of the host. Raises ``Lost`` where any of its addresses is private."""
        infos = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
        addresses = [str(info[4][0]) for info in infos]
        is_free = self.any_address or parts.netloc in self.inside
        if not is_free and not all(public(address) for address in addresses):
            raise Lost(f"{parts.hostname} 指向内部网络", permanent=True)
        return addresses[0]

    def _body(self, answer: http.client.HTTPResponse, until: float) -> bytes:
        kind = answer.getheader("Content-Type", "").partition(";")[0].strip().lower()
        if not kind.startswith("image/") and kind != "application/octet-stream":
            raise Lost(f"取到的是 {kind or '不明的内容'}，不是{self.bounds.what}", permanent=True)
        body = bytearray()
        while part := answer.read1(65536):
            body += part
            if len(body) > self.bounds.size:
                raise Lost(f"{self.bounds.what}太大", permanent=True)
            if time.monotonic() > until:
                raise Lost("对方给得太慢")
        return bytes(body)
