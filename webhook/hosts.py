"""The pages of many bureaus in one process: the bureau is the one whose JIELU_URL has the request's host.

Any number of such processes run behind a balancer. What they share is in the databases and in the bureaus' folders.
"""

from __future__ import annotations

import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import flask
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import ClosingIterator

from sync.bureaus.folders import Folders
from sync.bureaus.nudges import Nudges
from sync.bureaus.opened import OpenBureaus
from sync.service import Service
from sync.settings import LEAST_SECRETS, MOVED
from webhook.server import create_app

READ_AGAIN = 5.0  # seconds after which an unknown host is looked for again in the folders
UNKNOWN = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>没有这个网址</title>'
    "<p>这个网址下面没有台账。请检查网址，或者问发给您链接的人。</p>"
)
BROKEN = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>暂时打不开</title>'
    "<p>这个局的台账暂时打不开，已经记下来了。请过一会儿再试；还是这样，请告诉管理员。</p>"
)

log = logging.getLogger(__name__)
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Pages:
    """The application of a bureau, made when it is first asked for."""

    make: Callable[[], flask.Flask]
    _app: flask.Flask | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def app(self) -> flask.Flask:
        with self._lock:
            if self._app is None:
                self._app = self.make()
            return self._app


class Hosts:
    """Which bureau a host is of, by the folders as they are. A host of two bureaus is nobody's."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self._codes: dict[str, str] = {}
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def code(self, host: str) -> str:
        """The code; empty where there is none."""
        code = self._codes.get(host, "")
        if code and self._is_here(code, host):
            return code
        with self._lock:
            if time.monotonic() - self._read_at > READ_AGAIN:
                self._codes, self._read_at = self._read(), time.monotonic()
        code = self._codes.get(host, "")
        return code if self._is_here(code, host) else ""

    def _is_here(self, code: str, host: str) -> bool:
        return bool(code) and self.folders.host(code) == host and not (self.folders.folder(code) / MOVED).exists()

    def _read(self) -> dict[str, str]:
        codes: dict[str, str] = {}
        twice: set[str] = set()
        for code in self.folders.codes():
            host = self.folders.host(code)
            if (self.folders.folder(code) / MOVED).exists():
                continue
            if host in codes:
                log.error("bureaus %s and %s have the same address: neither is served", codes[host], code)
                twice.add(host)
            codes[host] = code
        return {host: code for host, code in codes.items() if host and host not in twice}


class ManyBureaus:
    """The WSGI application. Close it."""

    def __init__(self, folders: Folders, most_open: int = 64, most_bytes: int = 0) -> None:
        self.folders = folders
        self.nudges = Nudges(folders)
        self.hosts = Hosts(folders)
        self.open = OpenBureaus(folders, self.nudges.registry.demand, self._pages, most_open, most_bytes)
        self._metrics = CollectorRegistry()
        self._metrics.register(BureausCollector(self.nudges))

    def close(self) -> None:
        self.open.close()
        self.nudges.close()

    def _pages(self, service: Service) -> Pages:
        code, nudges = service.settings.space, self.nudges
        asked = (partial(nudges.look, code), partial(nudges.failures, code), partial(nudges.receive, code))
        return Pages(lambda: create_app(service, *asked))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        code = self.hosts.code(str(environ.get("HTTP_HOST", "")).lower())
        if not code:
            return self._of_all(Request(environ))(environ, start_response)
        with ExitStack() as held:
            try:
                app = held.enter_context(self.open.use(code)).made.app()
            except Exception:  # this bureau's settings or database: others go on
                log.exception("the pages of %s can't be opened", code)
                return Response(BROKEN, 503, mimetype="text/html")(environ, start_response)
            return ClosingIterator(app(environ, start_response), held.pop_all().close)

    def _of_all(self, request: Request) -> Response:
        """What the process says of itself, to machines that ask it by its own address."""
        if request.path == "/healthz":
            return self._health()
        if request.path == "/metrics":
            return self._measured(request)
        return Response(UNKNOWN, 404, mimetype="text/html")

    def _health(self) -> Response:
        """The process is well also while bureaus are late."""
        try:
            counts = self.nudges.counts()
        except Exception:
            log.exception("the registry does not answer")
            return Response('{"status": "attention", "parts": ["database"]}', 503, mimetype="application/json")
        return Response(json.dumps({"status": "ok", **counts}), mimetype="application/json")

    def _measured(self, request: Request) -> Response:
        token = self.folders.common.get("JIELU_METRICS", "")
        if len(token) < LEAST_SECRETS["JIELU_METRICS"]:
            return Response(UNKNOWN, 404, mimetype="text/html")
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            return Response(UNKNOWN, 401, mimetype="text/html")
        return Response(generate_latest(self._metrics), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class BureausCollector(Collector):
    """What Prometheus is told of all bureaus."""

    def __init__(self, nudges: Nudges) -> None:
        self.nudges = nudges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges."""
        counts = GaugeMetricFamily("jielu_bureaus", "Bureaus by state; works that wait", labels=["state"])
        for state, count in self.nudges.counts().items():
            counts.add_metric([state], count)
        yield counts
        looks = GaugeMetricFamily("jielu_look_timestamp_seconds", "Last look that went through", labels=["bureau"])
        for work in self.nudges.looks():
            if work.went:
                looks.add_metric([work.code], work.went.timestamp())
        yield looks
