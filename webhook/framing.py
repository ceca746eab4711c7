"""Requests whose end a proxy may see at another place than this server are refused before anything is done (RFC 9112).

The server reads them one way, a proxy in front may read them the other: what one takes for the rest of a body is the
other's next request, of somebody else.
"""

from __future__ import annotations

from collections import defaultdict

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Waitress's parser, which lets chunks go before a length that contradicts them."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request. Raises ``ParsingError``; the answer is 400, and the connection is closed."""
        super().parse_header(header_plus)
        if fault := fault_of(header_plus, self.version):
            raise ParsingError(fault)


def fault_of(head: bytes, version: str) -> str:
    """What of a request's head can be read in two ways; empty where nothing is. ``version``: of HTTP."""
    values: dict[bytes, list[bytes]] = defaultdict(list)
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        values[name.lower()].append(value)
    codings = b",".join(values[b"transfer-encoding"])
    if codings and (version != "1.1" or b"," in codings or values[b"content-length"]):
        return "Transfer-Encoding contradicts what else is said of the length"  # section 6.1
    if version == "1.1" and len(values[b"host"]) != 1:
        return "a request names one host"  # section 3.2
    return ""


def read_strictly() -> None:
    """Let every server of this process read requests so."""
    HTTPChannel.parser_class = Parser
