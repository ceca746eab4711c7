"""What other machines call: a nudge, and rows that form tools push.

``POST /hooks/nudge``: something changed, so that the next tick comes sooner; nothing else follows. Signed with
HMAC-SHA256 over ``timestamp.body`` with ``JIELU_NUDGE_SECRET`` (a key that is good for nothing else, for scripts that
others can read) or ``JIELU_SECRET``; a signature is good for five minutes and once.

``POST /hooks/drive``: the same from Google Drive, known by the token of the channel that this installation opened.

``POST /hooks/form/NAME`` (金数据 and 草料: ``/hooks/form/NAME/SECRET``): a push by ``[[hook]]`` of rules.toml. It is
stored as it came and answered at once; ``sync.intake.pushes`` makes a row of it afterwards.
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
from sync.intake.form_tools import WINDOW_SECONDS, sign
from sync.intake.forms import FormIntake
from sync.intake.pushes import StorePhoto
from sync.ledger.received.pushes import Pushes
from sync.service import Service
from sync.sheets import drive_push

MOST_NUDGE_BYTES = 64 * 1024
MOST_PUSH_BYTES = 1024 * 1024
PUSHED = "表单推送"  # the person of the photos that came by pushes

log = logging.getLogger(__name__)


@dataclass
class NudgeCheck:
    """Checks the signatures of nudges, each of which is good once. ``keys``: those that sign; an empty one is none."""

    keys: tuple[str, ...]
    clock: Callable[[], float] = lambda: time.time()  # noqa: PLW0108 - looked up at the call, so that a test can set it
    used: dict[str, float] = field(default_factory=dict)  # by signature, when it came (seconds since 1970)

    def fault(self, timestamp: str, signature: str, body: bytes) -> str:
        """Why a nudge is refused; empty where it is not."""
        now = self.clock()
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
            return "X-Jielu-Timestamp 应当是从 1970 年起的秒数"
        if abs(now - int(timestamp)) > WINDOW_SECONDS:
            return "时间戳和服务器相差超过五分钟"
        given = signature.encode("utf-8", "replace")
        matches = [hmac.compare_digest(sign(key, timestamp, body).encode(), given) for key in self.keys if key]
        if not any(matches):
            return "签名不对"
        self.used = {digest: at for digest, at in self.used.items() if now - at <= 2 * WINDOW_SECONDS}
        if signature in self.used:
            return "这个签名已经用过"
        self.used[signature] = now
        return ""


def nudge_hook(keys: tuple[str, ...], nudge: Callable[[], None]) -> Blueprint:
    """The route of nudges; ``nudge`` is called for each that is signed well with one of the ``keys``."""
    routes = Blueprint("hooks", __name__)
    check = NudgeCheck(keys)

    @routes.post("/hooks/nudge")
    def nudged() -> tuple[Response, int]:
        if (request.content_length or 0) > MOST_NUDGE_BYTES:
            return jsonify(error="内容太长"), 413
        body = request.get_data(cache=False)
        headers = request.headers
        fault = check.fault(headers.get("X-Jielu-Timestamp", ""), headers.get("X-Jielu-Signature", ""), body)
        if fault:
            return jsonify(error=fault), 403
        nudge()
        return jsonify(ok=True), 202

    return routes


def drive_hook(key: str, nudge: Callable[[], None]) -> Blueprint:
    """The route on which Google Drive tells that the spreadsheet changed (``sync.sheets.drive_push``). It says no more
    than that, so one that is sent twice does no harm."""
    routes = Blueprint("drive_hook", __name__)

    @routes.post("/hooks/drive")
    def changed() -> tuple[Response, int]:
        headers = request.headers
        if not drive_push.is_ours(key, headers.get("X-Goog-Channel-ID", ""), headers.get("X-Goog-Channel-Token", "")):
            return jsonify(error="不是本系统订阅的通知"), 403
        if headers.get("X-Goog-Resource-State") != "sync":  # the first message of a channel
            nudge()
        return jsonify(ok=True), 200

    return routes


def form_hooks(service: Service, arrived: Callable[[], None]) -> Blueprint:
    """The routes of form tools; ``arrived`` is called when a push was stored."""
    routes = Blueprint("form_hooks", __name__)

    @routes.post("/hooks/form/<name>")
    @routes.post("/hooks/form/<name>/<token>")
    def push(name: str, token: str = "") -> tuple[Response, int]:
        sent = _hook_request(token)
        if sent is None:
            return jsonify(error="内容太长，最多 1 MB"), 413
        hook = next((hook for hook in service.rules().hooks if hook.name == name), None)
        if hook is None or not _genuine(hook, service, sent):
            return jsonify(error="地址或签名不对"), 403
        return _store(hook, sent.body, service, arrived)

    return routes


def photo_store(service: Service, intake: Callable[[], FormIntake]) -> StorePhoto:
    """A function that stores a fetched photo like those of the forms; the same file is the same photo."""

    def store(content: bytes) -> str:
        rules = service.rules()
        name = hashlib.sha256(content).hexdigest()
        photo = intake().take_photo(content, PUSHED, name, rules, datetime.now(rules.bureau.zone))
        return f"{service.settings.url}/photos/{photo.id}"

    return store


def _hook_request(token: str) -> form_tools.HookRequest | None:
    """The request; None where it is too long."""
    request.max_content_length = MOST_PUSH_BYTES
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return form_tools.HookRequest(body, request.args.to_dict(), headers, token)


def _genuine(hook: Hook, service: Service, sent: form_tools.HookRequest) -> bool:
    key = service.settings.environ.get(hook.key, "")
    if not key:
        log.warning("hook %s: the variable %s is not set", hook.name, hook.key)
    return form_tools.genuine(hook, key, sent, time.time())


def _store(hook: Hook, body: bytes, service: Service, arrived: Callable[[], None]) -> tuple[Response, int]:
    try:
        payload = form_tools.text_of(body, request.mimetype_params.get("charset", ""))
        entry = form_tools.read_entry(hook, payload.encode("utf-8", "replace"))
    except form_tools.Unreadable as error:
        return jsonify(error=str(error)), 400
    if Pushes(service.ledger).add(hook.name, entry.id, payload, entry.version, datetime.now(UTC)):
        arrived()
    return jsonify(ok=True), 200
