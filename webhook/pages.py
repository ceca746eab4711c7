"""``/healthz`` for machines and the status page for the office."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from sync.config import Office
from webhook import access


@dataclass(frozen=True)
class Standing:
    """What the status page shows."""

    bureau: str
    workbook: str
    states: list[tuple[str, int]]
    notices: list[tuple[str, int]]
    items: list[tuple[str, str, str]]
    ticks: list[dict[str, Any]]
    late: int


def standing(office: Office) -> Standing:
    """Numbers from the ledger: no person's name, no row."""
    rules = office.rules()
    memory = office.ledger.memory()
    states = Counter(one.state for one in memory.notices.values())
    followed = memory.memo.followed
    lives = [result.life for _, _, result in followed.values() if result.life.state]
    return Standing(
        bureau=rules.bureau.name,
        workbook="内置工作簿" if office.embedded else "Google 表格",
        states=sorted(Counter(life.state for life in lives).items(), key=lambda one: -one[1]),
        notices=sorted(states.items(), key=lambda one: -one[1]),
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
