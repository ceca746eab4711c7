"""``/healthz`` for machines and the status page for the office."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from sync.config import Office
from sync.core.life import STATES
from webhook import access

SENDING = ("待发送", "已发送", "未发送", "发送失败")


@dataclass(frozen=True)
class Standing:
    """What the status page shows. ``looked``: the hour of the last look, empty before the first."""

    bureau: str
    workbook: str
    looked: str
    states: list[tuple[str, int]]
    notices: list[tuple[str, int]]
    unsent: list[tuple[str, int]]
    items: list[tuple[str, str, str]]
    ticks: list[dict[str, Any]]
    late: int


def standing(office: Office) -> Standing:
    """Numbers from the ledger: no person's name, no row."""
    rules = office.rules()
    memory = office.ledger.memory()
    lives = [result.life for _, _, result in memory.memo.followed.values()]
    states = Counter(life.state for life in lives)
    notices = Counter(one.state for one in memory.notices.values())
    reasons = Counter(one.reason for one in memory.notices.values() if one.state == "未发送")
    return Standing(
        bureau=rules.bureau.name,
        workbook="内置工作簿" if office.embedded else "Google 表格",
        looked=f"{memory.last_tick:%Y-%m-%d %H:%M}" if memory.last_tick else "",
        states=[(state, states[state]) for state in STATES if states[state]],
        notices=[(state, notices[state]) for state in SENDING if notices[state]],
        unsent=reasons.most_common(5),
        items=[(item, text, f"{since:%m-%d %H:%M}") for item, (text, since) in sorted(memory.status.items())],
        ticks=office.ledger.ticks(8),
        late=sum(1 for life in lives if life.late and life.running),
    )


def blueprint(office: Office, key: str) -> Blueprint:
    pages = Blueprint("pages", __name__, template_folder="templates", static_folder="static", static_url_path="/static")

    @pages.get("/healthz")
    def healthz() -> tuple[Response, int]:
        office.ledger.ticks(1)
        return jsonify(status="ok"), 200

    @pages.get("/")
    def home() -> Answer | str | tuple[str, int]:
        token = request.args.get("link", "")
        if token and access.enter(key, token):
            return redirect("/")
        if not access.inside():
            return render_template("closed.html"), 403
        return render_template("status.html", one=standing(office))

    return pages
