"""Messages of the embedded workbook's channels to the addresses that the operator allows, and nowhere else.

As with photos (``sync/intake/fetching.py``): https to hosts of the list, none of whose addresses is private, the name
looked up once; or an address of this machine that the list names with its port. No redirect is followed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import SplitResult

from sync import addresses
from sync.addresses import PinnedConnection

ANSWER_SECONDS = 5.0  # for each answer


class NotAllowed(ValueError):
    """No message may go to this address any more."""


@dataclass(frozen=True)
class ChannelPosts:
    """``hosts``: JIELU_PUSH_HOSTS."""

    hosts: tuple[str, ...]
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def post(self, address: str, headers: dict[str, str]) -> int:
        """POST without a body: the answer's status. Raises ``NotAllowed``, ``OSError`` and ``HTTPException``."""
        parts = addresses.split(address)
        if parts is None:
            raise NotAllowed(address)
        connection = self._connection(parts)
        try:
            connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), b"", headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        if addresses.is_listed_loopback(parts, self.hosts):
            if parts.scheme == "http":
                return http.client.HTTPConnection(host, parts.port, timeout=ANSWER_SECONDS)
            return PinnedConnection(host, parts.port or 443, self.context, host, ANSWER_SECONDS)
        if parts.scheme != "https" or parts.port not in (None, 443) or not addresses.allowed(host, self.hosts):
            raise NotAllowed(host)
        return PinnedConnection(host, 443, self.context, _public_address(host), ANSWER_SECONDS)


def _public_address(host: str) -> str:
    """One address of the host. Raises ``NotAllowed`` where any of its addresses is private."""
    infos = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    host_addresses = [str(info[4][0]) for info in infos]
    if not all(addresses.public(each) for each in host_addresses):
        raise NotAllowed(host)
    return host_addresses[0]
