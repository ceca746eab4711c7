"""企业微信, 钉钉 and 飞书 on loopback: what their group bots take and how they refuse, as domain.md 6.1 has it.

A refusal is an answer 200 with a code in its body, as with the real ones. ``clock`` is the servers' own hour; the
signatures are computed here, not with the code under test.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class BotServer:
    """``texts``: what groups got, by kind. ``force``: an answer to give whatever comes (status, body)."""

    clock: datetime
    secret: str = ""
    keyword: str = ""
    url: str = ""
    texts: dict[str, list[str]] = field(default_factory=lambda: {"企业微信": [], "钉钉": [], "飞书": []})
    asked: list[str] = field(default_factory=list)
    times: dict[str, list[datetime]] = field(default_factory=dict)
    blocked: datetime | None = None
    force: tuple[int, bytes] | None = None

    def address(self, kind: str) -> str:
        return (
            self.url
            + {
                "企业微信": "/cgi-bin/webhook/send?key=k-0f1e",
                "钉钉": "/robot/send?access_token=t-0f1e",
                "飞书": "/open-apis/bot/v2/hook/h-0f1e",
            }[kind]
        )

    def answer(self, path: str, query: dict[str, str], raw: bytes) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.force:
            return self.force
        if path == "/cgi-bin/webhook/send":
            return self._wecom(query, json.loads(raw))
        if path == "/robot/send":
            return self._dingtalk(query, json.loads(raw))
        if path == "/open-apis/bot/v2/hook/h-0f1e":
            return self._feishu(raw)
        return 404, b"not found"

    def _wecom(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, bytes]:
        if query.get("key") != "k-0f1e":
            return _response(errcode=93000, errmsg="invalid webhook url")
        text = body["text"]["content"]
        if self._too_fast("企业微信", 20, MINUTE):
            return _response(errcode=45009, errmsg="api freq out of limit")
        if len(text.encode()) > 2048:
            return _response(errcode=40058, errmsg="exceed max length 2048")
        return self._take("企业微信", text, errcode=0, errmsg="ok")

    def _dingtalk(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, bytes]:
        text = body["text"]["content"]
        if self.blocked and self.clock < self.blocked:
            return _response(errcode=130101, errmsg="send too fast, exceed 20 times per minute")
        if self._too_fast("钉钉", 20, MINUTE):
            self.blocked = self.clock + 10 * MINUTE
            return _response(errcode=130101, errmsg="send too fast, exceed 20 times per minute")
        if self.secret:
            stamp = query.get("timestamp", "0")
            mac = hmac.new(self.secret.encode(), f"{stamp}\n{self.secret}".encode(), hashlib.sha256).digest()
            late = abs(self.clock.timestamp() - int(stamp) / 1000) > HOUR.total_seconds()
            if late or base64.b64encode(mac).decode() != query.get("sign"):
                return _response(errcode=310000, errmsg="sign not match")
        if self.keyword and self.keyword not in text:
            return _response(errcode=310000, errmsg="keywords not in content")
        return self._take("钉钉", text, errcode=0, errmsg="ok")

    def _feishu(self, raw: bytes) -> tuple[int, bytes]:
        body = json.loads(raw)
        if len(raw) > 20 * 1024 or "text" not in body.get("content", {}):
            return _response(code=9499, msg="Bad Request")
        if self.clock.minute in (0, 30):
            return _response(code=11232, msg="frequency limited")
        if self._too_fast("飞书", 5, timedelta(seconds=1)) or self._too_fast("飞书", 100, MINUTE, note=False):
            return _response(code=11232, msg="frequency limited")
        if self.secret:
            stamp = body.get("timestamp", "0")
            mac = hmac.new(f"{stamp}\n{self.secret}".encode(), b"", hashlib.sha256).digest()
            late = abs(self.clock.timestamp() - int(stamp)) > HOUR.total_seconds()
            if late or base64.b64encode(mac).decode() != body.get("sign"):
                message = "sign match fail or timestamp is not within one hour from current time"
                return _response(code=19021, msg=message)
        if self.keyword and self.keyword not in body["content"]["text"]:
            return _response(code=19024, msg="Key Words Not Found")
        return self._take("飞书", body["content"]["text"], StatusCode=0, StatusMessage="success", code=0)

    def _too_fast(self, kind: str, most: int, window: timedelta, *, note: bool = True) -> bool:
        times = self.times.setdefault(kind, [])
        if note:
            times.append(self.clock)
        return len([at for at in times if self.clock - at < window]) > most

    def _take(self, kind: str, text: str, **body: Any) -> tuple[int, bytes]:
        self.texts[kind].append(text)
        return _response(**body)


def _response(**body: Any) -> tuple[int, bytes]:
    return 200, json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    bots: BotServer

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        assert self.headers["Content-Type"].startswith("application/json")
        status, body = self.bots.answer(parts.path, query, raw)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status in (301, 302):
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def bot_server(clock: datetime, **more: str) -> Iterator[BotServer]:
    """The three bot servers under one address."""
    bots = BotServer(clock, **more)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bots": bots}))
    bots.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield bots
    finally:
        server.shutdown()
        server.server_close()
