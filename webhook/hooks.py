"""``POST /hooks/nudge``: somebody says that something changed; all that follows is that the next tick comes sooner.

Signed with HMAC-SHA256 over ``timestamp.body`` with ``JIELU_SECRET``; five minutes' window; a signature works once.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Blueprint, Response, jsonify, request

WINDOW_SECONDS = 300
MOST_BYTES = 64 * 1024


def sign(key: str, timestamp: str, body: bytes) -> str:
    """The hex signature that a nudge must carry in ``X-Jielu-Signature``."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@dataclass
class Doorbell:
    """Checks signatures and remembers those of the last window."""

    key: str
    clock: Callable[[], float] = lambda: time.time()  # noqa: PLW0108 - looked up at the call, so that a test can set it
    heard: dict[str, float] = field(default_factory=dict)

    def fault(self, timestamp: str, signature: str, body: bytes) -> str:
        """Why this ring does not count; empty where it does."""
        now = self.clock()
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
            return "X-Jielu-Timestamp 应当是从 1970 年起的秒数"
        if abs(now - int(timestamp)) > WINDOW_SECONDS:
            return "时间戳和服务器相差超过五分钟"
        if not hmac.compare_digest(sign(self.key, timestamp, body).encode(), signature.encode("utf-8", "replace")):
            return "签名不对"
        self.heard = {one: at for one, at in self.heard.items() if now - at <= 2 * WINDOW_SECONDS}
        if signature in self.heard:
            return "这个签名已经用过"
        self.heard[signature] = now
        return ""


def blueprint(key: str, nudge: Callable[[], None]) -> Blueprint:
    """The hooks, with ``nudge`` called for each good ring."""
    hooks = Blueprint("hooks", __name__)
    bell = Doorbell(key)

    @hooks.post("/hooks/nudge")
    def ring() -> tuple[Response, int]:
        if (request.content_length or 0) > MOST_BYTES:
            return jsonify(error="内容太长"), 413
        body = request.get_data(cache=False)
        headers = request.headers
        fault = bell.fault(headers.get("X-Jielu-Timestamp", ""), headers.get("X-Jielu-Signature", ""), body)
        if fault:
            return jsonify(error=fault), 403
        nudge()
        return jsonify(ok=True), 202

    return hooks
