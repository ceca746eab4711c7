"""``/healthz`` for machines and the status page for the office."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template
from werkzeug.wrappers import Response as Answer

from sync.core.notices.notices import SENDING, UNSENT
from sync.core.people.permissions import Person
from sync.core.rules.conditions import STATES
from sync.core.views.bulletin import is_late
from sync.service import Service
from webhook import access

SICK_FROM = 3  # ticks that failed one after the other before /healthz says so


@dataclass(frozen=True)
class Overview:
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


def overview(service: Service) -> Overview:
    """Numbers from the ledger: no person's name, no row."""
    rules = service.rules()
    memory = service.ledger.memory()
    looked = (memory.last_tick or datetime.now(UTC)).astimezone(rules.bureau.zone)
    issues = [row.shown for row in memory.known.get("issues", {}).values() if not row.deleted]
    states = Counter(str(shown.get("state", "")) for shown in issues)
    notices = Counter(sent.state for sent in memory.notices.values())
    reasons = Counter(sent.reason for sent in memory.notices.values() if sent.state == UNSENT)
    return Overview(
        bureau=rules.bureau.name,
        workbook="内置工作簿" if service.embedded else "Google 表格",
        looked=f"{memory.last_tick:%Y-%m-%d %H:%M}" if memory.last_tick else "",
        states=[(state, states[state]) for state in STATES if states[state]],
        notices=[(state, notices[state]) for state in SENDING if notices[state]],
        unsent=reasons.most_common(5),
        items=[(item, text, f"{since:%m-%d %H:%M}") for item, (text, since) in sorted(memory.status.items())],
        ticks=service.ledger.ticks(8),
        late=sum(is_late(shown, looked) for shown in issues),
    )


# address, words, and whether a new group of pages begins with it
OVERSEEING = (
    ("/", "运行状态", False),
    ("/week", "每周", True),
    ("/month", "每月", False),
    ("/trends", "趋势", False),
    ("/map", "地图", False),
    ("/grid", "表格", True),
    ("/verify", "复核", False),
    ("/answers", "批复", False),
    ("/letters", "督办", False),
    ("/bulletin", "今日通报", True),
    ("/import", "导入", True),
    ("/rules", "规则", False),
    ("/people", "人员链接", False),
    ("/mine", "我的", True),
    ("/notices", "我的通知", False),
)
LEADERS = {"commander", "secretary"}
WEEK = ("/week", "每周", False)
OWN = (
    ("/mine", "我的", False),
    ("/letters", "督办", False),
    ("/month", "每月", False),
    ("/map", "地图", False),
    ("/notices", "我的通知", False),
)
LEADING = (
    OWN[0],
    WEEK,
    ("/answers", "批复", False),
    ("/bulletin", "今日通报", False),
    ("/trends", "趋势", False),
    *OWN[1:],
)


def navigation(person: Person) -> tuple[tuple[str, str, bool], ...]:
    """The pages that a person has: address, words, and where a new group begins."""
    if person.oversees:
        return OVERSEEING
    if person.roles & LEADERS:
        return LEADING
    return (OWN[0], WEEK, *OWN[1:]) if "unit" in person.roles else OWN


def blueprint(service: Service, failures: Callable[[], int] = lambda: 0) -> Blueprint:
    """The pages. ``failures``: how many ticks failed one after the other until now."""
    pages = Blueprint("pages", __name__, static_folder="../static", static_url_path="/static")

    @pages.get("/healthz")
    def healthz() -> tuple[Response, int]:
        if (count := failures()) >= SICK_FROM:
            return jsonify(status="ticks fail", failures=count), 503
        service.ledger.ticks(1)
        return jsonify(status="ok"), 200

    @pages.get("/")
    @access.needs()
    def home() -> Answer | str:
        person = access.current_person()
        if person is None or not person.oversees:
            return redirect("/mine")
        return render_template("status.html", overview=overview(service))

    @pages.app_context_processor
    def links() -> dict[str, Any]:
        return {"navigation": navigation}

    return pages
