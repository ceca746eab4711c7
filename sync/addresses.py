"""Addresses that strangers wrote: which of them may be asked, and a connection that goes to the checked one alone."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291 2.4, IANA: all else (mapped, compatible, NAT64, …) is no host's
PACKED = [ipaddress.IPv6Network(each) for each in ("2001::/23", "2002::/16", "3fff::/20")]  # Teredo …, 6to4, RFC 9637
NO_HOSTS = [ipaddress.IPv4Network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15")]  # RFC 6890


def public(address: str) -> bool:
    """Whether an address lies outside every private, local or reserved network, and is none that leads to another one:
    of IPv6 only what is handed out to hosts (2000::/3), without the parts in which an IPv4 address is packed."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in UNICAST or any(ip in network for network in PACKED)):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or any(ip in network for network in NO_HOSTS))


def allowed(host: str, hosts: Iterable[str]) -> bool:
    """Whether the list names the host, or ``*.`` the domain that it lies in."""
    return any(host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:])) for pattern in hosts)


def is_listed_loopback(parts: SplitResult, hosts: Iterable[str]) -> bool:
    """Whether the address is one of this machine that the list names with its port (``127.0.0.1:9000``)."""
    try:
        is_loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
    return is_loopback and parts.port is not None and parts.netloc in hosts


def split(address: str) -> SplitResult | None:
    """The parts of an address; None where it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and not parts.username else None


class PinnedConnection(http.client.HTTPSConnection):
    """Connects to the ``address`` that was checked, and checks the certificate for the name."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext, address: str, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds, context=context)
        self._to, self._tls, self._seconds = address, context, seconds

    def connect(self) -> None:
        plain = socket.create_connection((self._to, self.port), self._seconds)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


class PinnedPlainConnection(http.client.HTTPConnection):
    """The same without encryption, for a host of the own network."""

    def __init__(self, host: str, port: int, address: str, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._to, self._seconds = address, seconds

    def connect(self) -> None:
        self.sock = socket.create_connection((self._to, self.port), self._seconds)


def leads_here(address: str) -> bool:
    """Whether an address of the web leads to the machine itself that asks for it, or to none."""
    parts = split(address)
    if parts is None or parts.hostname == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return False
    return ip.is_loopback or ip.is_unspecified
