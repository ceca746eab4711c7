"""The verification page of the standards office: before beside after, 通过, 返工 or 未整改 by two taps or two keys.

A verdict goes straight into the row that it is about, as a person would type it: 复核结果, 复核人, 复核时间, 复核意见,
and 执法依据 where the law wants one. What somebody else wrote there meanwhile is said and left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flask
from flask import render_template, request

from sync.core.approvals import verdict_checks
from sync.core.issues import life as lives
from sync.core.issues.course import may_close
from sync.core.issues.issue_stamps import ACCEPTED
from sync.core.issues.issues import Stamps
from sync.core.look.verdicts import area_of
from sync.core.people.ordering import place_order
from sync.core.people.permissions import OVERSEERS, Area
from sync.core.sheet import plan
from sync.core.sheet.rows import Raw, plain
from sync.core.sheet.values.texts import clean
from sync.core.views.waiting import worklist
from sync.core.views.waiting.worklist import ToVerify, standing
from sync.sheets.answers import Verdict
from webhook import access, writing
from webhook.access import Site
from webhook.look_cache import LookCache

MOST_LISTED = 60
MOST_WORDS = 500
REASONS = {  # by verdict, as the page offers them
    lives.REWORK: ("角度不同", "没有清理干净", "照片不清楚"),
    lives.NOT_DONE: ("去看没有整改", "照片是别处的", "照片是以前的"),
}


def blueprint(site: Site, look_cache: LookCache, nudge: Callable[[], None]) -> flask.Blueprint:
    """The page and the two answers that it gives."""
    routes = flask.Blueprint("verify", __name__)

    @routes.get("/verify")
    @access.needs(*OVERSEERS)
    def page() -> str:
        memory, rules = site.service.ledger.memory(), site.service.rules()
        street, late, now = request.args.get("street", ""), request.args.get("late") == "1", site.now()
        every, reported = worklist.to_verify(memory, rules), worklist.to_accept(memory, rules)
        waiting = [
            each for each in every if street in ("", each.item.street) and (not late or _is_late(look_cache, each))
        ]
        reasons = [(result, reason) for result, group in REASONS.items() for reason in group]
        return render_template(
            "verify.html", waiting=waiting[:MOST_LISTED], more=max(0, len(waiting) - MOST_LISTED),
            reported=reported[:MOST_LISTED], reasons=reasons, now=now, street=street, late=late,
            streets=sorted({each.item.street for each in every}, key=place_order),
        )  # fmt: skip

    @routes.post("/verify/<number>")
    @access.needs(*OVERSEERS)
    def verdict(number: str) -> Any:
        return _write(site, nudge, _verdict(site, number, _body()))

    @routes.post("/verify/<number>/accept")
    @access.needs(*OVERSEERS)
    def accept(number: str) -> Any:
        return _write(site, nudge, _acceptance(site, number, _body()))

    return routes


def _is_late(look_cache: LookCache, waiting: ToVerify) -> bool:
    """Whether it was mended after its deadline."""
    followed = look_cache.now().followed.get(waiting.item.number)
    return followed is not None and followed.life.late


def _body() -> Mapping[str, str]:
    body = request.get_json(silent=True)
    given = body if isinstance(body, dict) else {}
    return {key: clean(str(value))[:MOST_WORDS].strip() for key, value in given.items()}


def _verdict(site: Site, number: str, body: Mapping[str, str]) -> Verdict | str:
    """What is to be written, or what is missing."""
    result, note, basis = body.get("result", ""), body.get("note", ""), body.get("basis", "")
    if result not in ("通过", *lives.RETURNS):
        return "请选通过、返工或未整改。"
    if result in lives.RETURNS and not note:
        return f"{result}要写明哪里没改好。"
    cells: dict[str, Raw] = {
        "verified": result,
        "verifier": access.visitor().name,
        "verified_at": plan.to_raw(site.now(), site.service.rules().bureau.zone),
        "verify_note": note,
    }
    if basis:
        cells["legal_basis"] = basis
    return Verdict(number, cells, lambda row: _conflict(site, row, body.get("stands", ""), cells))


def _conflict(site: Site, row: Mapping[str, Raw], stands: str, cells: Mapping[str, Raw]) -> str:
    if plain(row["state"]) != "待复核":
        return f"这个问题现在是「{plain(row['state'])}」，不用复核了。"
    if standing(row) != stands:
        verifier = plain(row["verifier"]) or "别人"
        return f"刚才已由{verifier}复核为「{plain(row['verified']) or '空白'}」，没有改动。"
    stamps = site.service.ledger.memory().stamps.get(plain(row["id"]))
    if refused := _refusal(site, stamps):
        return f"{refused}。"
    category = (stamps.category if stamps else "") or plain(row["category"])
    legal_basis = plain(row["legal_basis"]) or cells.get("legal_basis")
    if cells["verified"] == "通过" and not may_close(category, legal_basis, site.service.rules()):
        return "执法类问题要先填执法依据：案号，或不立案的理由。"
    if cells.get("legal_basis") and plain(row["legal_basis"]) not in ("", cells["legal_basis"]):
        return f"执法依据已经填了「{plain(row['legal_basis'])}」，没有改动；要改请在表格里改。"
    return ""


def _refusal(site: Site, stamps: Stamps | None) -> str:
    """Why the visitor's verdict about this issue would not count; empty where it would."""
    area = area_of(stamps) if stamps else Area()
    return verdict_checks.refusal(site.service.roster(), access.visitor().name, area, site.now().date())


def _acceptance(site: Site, number: str, body: Mapping[str, str]) -> Verdict | str:
    result = body.get("result", "")
    if result not in (*ACCEPTED, lives.VOID):
        return "请选受理、另立或作废。"

    def check(row: Mapping[str, Raw]) -> str:
        if plain(row["accepted"]):
            return f"刚才已由别人核实为「{plain(row['accepted'])}」，没有改动。"
        if plain(row["state"]) != "待核实":
            return f"这个问题现在是「{plain(row['state'])}」，不用核实了。"
        refused = _refusal(site, site.service.ledger.memory().stamps.get(plain(row["id"])))
        return f"{refused}。" if refused else ""

    return Verdict(number, {"accepted": result, "acceptor": access.visitor().name}, check)


def _write(site: Site, nudge: Callable[[], None], verdict: Verdict | str) -> Any:
    if isinstance(verdict, str):
        return flask.jsonify(error=verdict), 422
    sentence, status = writing.write(site.service, verdict, nudge)
    return flask.jsonify(error=sentence) if sentence else flask.jsonify(ok=True), status
