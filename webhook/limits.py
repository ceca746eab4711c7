"""How many requests a person, or an address without a login, may send: a bucket of tokens each.

A person's own work never comes near; a script or a page gone wild is told how long to wait, and stops nobody else.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import flask
from flask import request

from sync.workbook.schema import errors
from webhook import access
from webhook.refusals import API, refusal

MOST_BUCKETS = 10_000  # that are remembered; full ones are forgotten first


@dataclass(frozen=True)
class Rate:
    """So many requests at once, and then so many each second."""

    at_once: int
    each_second: float


PERSON = Rate(1200, 20)
ADDRESS = Rate(600, 10)  # a whole bureau may share one address
PROGRAM = Rate(3000, 100)  # an address whose requests carry a token or a signature
FREE = ("/static/", "/leaflet/")


@dataclass
class Limits:
    """The buckets of one process, by whose they are."""

    off: bool = False  # for a program that tries very many
    _buckets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)  # tokens left, at which second
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, key: tuple[str, str], rate: Rate, now: float) -> float:
        """Take a token: 0.0, or seconds until there is one again. ``now``: monotonic seconds."""
        with self._lock:
            left, at = self._buckets.get(key, (float(rate.at_once), now))
            left = min(float(rate.at_once), left + (now - at) * rate.each_second)
            if left < 1:
                return (1 - left) / rate.each_second
            self._buckets[key] = (left - 1, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._forget()
        return 0.0

    def _forget(self) -> None:
        """Forget the half that was used the longest ago."""
        by_age = sorted(self._buckets.items(), key=lambda item: item[1][1])
        self._buckets = dict(by_age[len(by_age) // 2 :])


def install(app: flask.Flask) -> None:
    """Answer 429 with Retry-After to who asks too much."""
    limits = Limits()
    app.extensions["limits"] = limits

    @app.before_request
    def limit() -> Any:
        if limits.off or request.path.startswith(FREE):
            return None
        wait = limits.wait(*_key(), time.monotonic())
        return _too_many(math.ceil(wait)) if wait else None


def address(remote: str | None) -> str:
    """An address as limits count it: of IPv6 the network that one line is given (/64), which holds addresses without
    end."""
    try:
        ip = ipaddress.ip_address((remote or "").partition("%")[0])
    except ValueError:
        return remote or ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def address_digest(key: str, remote: str | None) -> str:
    """What stands for an address where it is stored or logged: 16 hex digits that nobody reads back without ``key``."""
    return hmac.new(key.encode(), f"address\n{address(remote)}".encode(), hashlib.sha256).hexdigest()[:16]


def _key() -> tuple[tuple[str, str], Rate]:
    """Whose bucket a request takes from."""
    where = address(request.remote_addr)
    if request.path.startswith(access.SIGNED_PATHS):
        return ("program", where), PROGRAM
    person = access.current_person()
    return (("person", person.name), PERSON) if person else (("address", where), ADDRESS)


def _too_many(seconds: int) -> flask.Response:
    if request.path.startswith(API):
        answer = flask.Response(errors.quota_exceeded("Requests").body(), 429, mimetype="application/json")
    else:
        answer = flask.make_response(refusal(f"请求太多，这一次没有执行。请过 {seconds} 秒再试。", 429))
    answer.headers["Retry-After"] = str(seconds)
    return answer
