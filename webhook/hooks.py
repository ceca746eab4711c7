"""The doors for machines: a nudge, and rows that form tools push.

``POST /hooks/nudge``: somebody says that something changed; all that follows is that the next tick comes sooner.
Signed with HMAC-SHA256 over ``timestamp.body`` with ``JIELU_SECRET``; five minutes' window; a signature works once.

``POST /hooks/form/NAME`` (金数据 and 草料: ``/hooks/form/NAME/SECRET``): a push by ``[[hook]]`` of rules.toml. It is
kept as it came and answered at once; ``sync.intake.pushes`` makes a row of it afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from sync.core.rules.section_links import Hook
from sync.intake import form_tools
from sync.intake.form_tools import sign
from sync.intake.forms import Counter
from sync.intake.pushes import Keep
from sync.ledger.pushes import Arrivals
from sync.service import Service

__all__ = ["Doorbell", "blueprint", "forms", "keeper", "sign"]

WINDOW_SECONDS = form_tools.WINDOW_SECONDS
MOST_BYTES = 64 * 1024
MOST_PUSHED = 1024 * 1024
PUSHED = "表单推送"  # whose photos they are: nobody's of the bureau

log = logging.getLogger(__name__)


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
        self.heard = {digest: at for digest, at in self.heard.items() if now - at <= 2 * WINDOW_SECONDS}
        if signature in self.heard:
            return "这个签名已经用过"
        self.heard[signature] = now
        return ""


def blueprint(key: str, nudge: Callable[[], None]) -> Blueprint:
    """The nudge, with ``nudge`` called for each good ring."""
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


def forms(service: Service, arrived: Callable[[], None]) -> Blueprint:
    """The door for form tools, with ``arrived`` called after a push was kept."""
    doors = Blueprint("form_hooks", __name__)

    @doors.post("/hooks/form/<name>")
    @doors.post("/hooks/form/<name>/<token>")
    def push(name: str, token: str = "") -> tuple[Response, int]:
        knock = _knock(token)
        if knock is None:
            return jsonify(error="内容太长，最多 1 MB"), 413
        hook = next((hook for hook in service.rules().hooks if hook.name == name), None)
        if hook is None or not _opens(hook, service, knock):
            return jsonify(error="地址或签名不对"), 403
        return _keep(hook, knock.body, service, arrived)

    return doors


def keeper(service: Service, counter: Callable[[], Counter]) -> Keep:
    """Keeps a fetched photo with those of the forms, made anew as they are; the same file is the same photo."""

    def keep(content: bytes) -> str:
        rules = service.rules()
        name = hashlib.sha256(content).hexdigest()
        photo = counter().take_photo(content, PUSHED, name, rules, datetime.now(rules.bureau.zone))
        return f"{service.settings.url}/photos/{photo.id}"

    return keep


def _knock(token: str) -> form_tools.Knock | None:
    """The request; None where it is too long."""
    request.max_content_length = MOST_PUSHED
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return form_tools.Knock(body, request.args.to_dict(), headers, token)


def _opens(hook: Hook, service: Service, knock: form_tools.Knock) -> bool:
    key = service.settings.environ.get(hook.key, "")
    if not key:
        log.warning("hook %s: the variable %s is not set", hook.name, hook.key)
    return form_tools.genuine(hook, key, knock, time.time())


def _keep(hook: Hook, body: bytes, service: Service, arrived: Callable[[], None]) -> tuple[Response, int]:
    try:
        push = form_tools.read(hook, body)
    except form_tools.Unreadable as error:
        return jsonify(error=str(error)), 400
    words = body.decode("utf-8", "replace")
    fresh = Arrivals(service.ledger).take(hook.name, push.id, words, push.version, datetime.now(UTC))
    if fresh:
        arrived()
    return jsonify(ok=True), 200
