"""``/healthz`` for machines and ``/status`` for who runs the service."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from sync.core.issues import life as lives
from sync.core.memory import Memory
from sync.core.notices.notices import SENDING, UNSENT
from sync.core.people.permissions import OVERSEERS, SUPERIORS, Person, holds
from sync.core.rules.conditions import STATES
from sync.core.sheet.identity import DELETED
from sync.core.sheet.rows import Raw, plain
from sync.core.sheet.values import serials
from sync.ledger.ledger import Busy
from sync.operations.audit import Clockwork, findings
from sync.service import Service
from webhook import access
from webhook.pages.administration.cures import BY_COMMAND, cures_for
from webhook.pages.periods.week import LEVELS

MOST_DELETED = 50  # rows listed one by one
MOST_OF_DELETED = 60  # characters of a deleted row
LOOKED_AT_EVERY = 10.0  # seconds: /healthz may be asked often


log = logging.getLogger(__name__)


def health(service: Service, clockwork: Clockwork) -> Callable[[], tuple[dict[str, Any], int]]:
    """What /healthz says, worked out at most every ``LOOKED_AT_EVERY`` seconds: words that give nothing away, and the
    status."""
    known: list[tuple[float, int, tuple[dict[str, Any], int]]] = []

    def answer() -> tuple[dict[str, Any], int]:
        failures, at = clockwork.failures(), time.monotonic()
        if not known or known[0][1] != failures or at - known[0][0] >= LOOKED_AT_EVERY:
            known[:] = [(at, failures, _health(service, clockwork))]
        return known[0][2]

    return answer


def _health(service: Service, clockwork: Clockwork) -> tuple[dict[str, Any], int]:
    try:
        now = service.now()
        parts = sorted({finding.part for finding in findings(service, clockwork, now) if finding.wrong})
    except Exception:  # the ledger does not answer, the rules file is gone: the place stands in the log
        log.exception("the audit failed")
        parts = ["service"]
    return ({"status": "attention", "parts": parts}, 503) if parts else ({"status": "ok"}, 200)


def overview(service: Service) -> dict[str, Any]:
    """What the status page shows: numbers from the ledger, no person's name, no row."""
    rules, memory = service.rules(), service.ledger.memory()
    looked = (memory.last_tick or datetime.now(UTC)).astimezone(rules.bureau.zone)
    issues = {rid: row.shown for rid, row in memory.known.get("issues", {}).items() if not row.deleted}
    states = Counter(str(shown.get("state", "")) for shown in issues.values())
    parts = {rid for rid, stamps in memory.stamps.items() if stamps.joined}  # of other issues, which are late for them
    sent = Counter(notice.state for notice in memory.notices.values())
    reasons = Counter(notice.reason for notice in memory.notices.values() if notice.state == UNSENT)
    return {
        "bureau": rules.bureau.name,
        "embedded": service.embedded,
        "looked": memory.last_tick,
        "states": [(state, states[state]) for state in STATES if states[state]],
        "late": sum(_is_late(shown, looked) for rid, shown in issues.items() if rid not in parts),
        "notices": [(state, sent[state]) for state in SENDING if sent[state]],
        "unsent": reasons.most_common(5),
        "items": sorted(memory.status.items()),
        "deleted": _deleted(service, memory)[:MOST_DELETED],
        "ticks": service.ledger.ticks(8),
    }


def status_page(service: Service, clockwork: Clockwork, **told: Any) -> str:
    """The page. ``told``: what a cure did (``message``, ``notes``), or what it would let go (``over``)."""
    now, visitor = service.now(), access.visitor()
    shown = {"audit": findings(service, clockwork, now), "trouble": service.trouble, "doubted": service.doubt(now)}
    cures = cures_for(visitor)
    return render_template("status.html", **overview(service), **shown, cures=cures, by_command=BY_COMMAND, **told)


def _waive(service: Service, tab: str, rid: str) -> bool:
    """Whether it was noted that a row was deleted on purpose; the visitor is told where a look is under way."""
    try:
        with service.ticking, service.ledger.turn():
            return service.ledger.waive(tab, rid, access.visitor().name, service.now())
    except Busy:
        access.refuse("系统正在更新表格，请过几秒再点一次。", 503)


@dataclass(frozen=True)
class DeletedRow:
    """A row that is gone and that nobody said was meant to go. ``words``: what people had typed, in short."""

    tab: str
    title: str
    rid: str
    words: str


def _deleted(service: Service, memory: Memory) -> list[DeletedRow]:
    """In the order of tabs and numbers."""
    rows = []
    for key, tab in service.templates.items():
        gone = sorted(
            (row for row in memory.known.get(key, {}).values() if row.gone == DELETED), key=lambda row: row.rid
        )
        for row in gone:
            texts = (plain(row.cells.get(column.key)) for column in tab.columns if column.type == "text")
            rows.append(DeletedRow(key, tab.title, row.rid, "，".join(filter(None, texts))[:MOST_OF_DELETED]))
    return rows


def _is_late(shown: Mapping[str, Raw], now: datetime) -> bool:
    """Whether an issue is late at ``now`` (aware, in the bureau's zone), by its service cells as last looked at."""
    deadline = serials.moment(shown.get("deadline"), now.tzinfo)
    return lives.is_late(str(shown.get("state", "")), deadline, now)


# address, words, and whether a new group of pages begins with it
OVERSEEING = (
    ("/", "今日", False),
    ("/week", "每周", True),
    ("/month", "每月", False),
    ("/trends", "趋势", False),
    ("/map", "地图", False),
    ("/rows", "问题", False),
    ("/grid", "表格", True),
    ("/inspections", "督查", False),
    ("/verify", "复核", False),
    ("/answers", "批复", False),
    ("/letters", "督办", False),
    ("/bulletin", "今日通报", True),
    ("/import", "导入", True),
    ("/rules", "规则", False),
    ("/people", "人员链接", False),
    ("/mails", "发出的邮件", False),
    ("/status", "运行状态", False),
    ("/mine", "我的", True),
    ("/notices", "我的通知", False),
)
OTHERS: tuple[tuple[str, str, Collection[str]], ...] = (  # address, words, the roles that have it; empty: all
    ("/", "今日", LEVELS),
    ("/mine", "我的", ()),
    ("/rows", "问题", ()),
    ("/week", "每周", LEVELS),
    ("/answers", "批复", SUPERIORS),
    ("/bulletin", "今日通报", SUPERIORS),
    ("/trends", "趋势", SUPERIORS),
    ("/letters", "督办", ()),
    ("/month", "每月", ()),
    ("/map", "地图", ()),
    ("/notices", "我的通知", ()),
)


def navigation(person: Person) -> Sequence[tuple[str, str, bool]]:
    """The pages that a person has: address, words, and where a new group begins."""
    if person.oversees:
        return OVERSEEING
    return [(address, words, False) for address, words, roles in OTHERS if not roles or holds(person, roles)]


def blueprint(service: Service, clockwork: Clockwork, nudge: Callable[[], None]) -> Blueprint:
    """The pages. ``clockwork``: how the jobs of this process go; ``nudge`` makes the next look come soon."""
    how_it_is = health(service, clockwork)
    pages = Blueprint("pages", __name__, static_folder="../../static", static_url_path="/static")

    @pages.get("/healthz")
    def healthz() -> tuple[Response, int]:
        words, status = how_it_is()
        return jsonify(words), status

    @pages.get("/status")
    @access.needs(*OVERSEERS)
    def how() -> str:
        return status_page(service, clockwork)

    @pages.post("/status/deleted")
    @access.needs(*OVERSEERS)
    def deleted() -> Answer:
        """A deleted row is wanted back, or was deleted on purpose."""
        tab, rid = request.form.get("tab", ""), request.form.get("row", "")
        wanted_back = request.form.get("act") == "back"
        if not (service.ledger.want_back(rid) if wanted_back else _waive(service, tab, rid)):
            access.refuse("没有这一行被删除的行，也许刚才已经处理了。", 409)
        nudge()
        return redirect("/status")

    @pages.post("/clock")
    @access.needs(*OVERSEERS)
    def confirm() -> Answer:
        """A person who oversees says that this machine's hour is right."""
        service.ledger.confirm_hour(service.now(), access.visitor().name)
        return redirect("/status")

    @pages.app_context_processor
    def links() -> dict[str, Any]:
        return {"navigation": navigation}

    return pages
