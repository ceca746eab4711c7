"""``/letters``: 督办函 and 问题记录单 to read, print, sign, answer and make void, each for whom it concerns.

What a person does here goes into the row of 督办台账, as he would type it there; the next look takes it in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import flask
from flask import Response, render_template, request

from sync.core.letters import letters
from sync.core.letters.addressees import may_sign, sees
from sync.core.letters.letters import LETTER, Letter
from sync.core.letters.papers import paper
from sync.core.people.permissions import Person
from sync.core.people.roster import ROLES
from sync.core.sheet import plan
from sync.core.sheet.rows import Raw, plain
from sync.outgoing.docx import MIME, BadTemplate
from sync.sheets.answers import Verdict
from webhook import access, writing
from webhook.access import OPERATOR, Door

MOST_LISTED = 200
MOST_WORDS = 1000
NOT_THERE = "没有这封函，或者不归您看。"
ORDER = (letters.DRAFT, letters.SIGNED, letters.ANSWERED, letters.GATHERING)  # what waits for somebody comes first


def blueprint(door: Door, nudge: Callable[[], None]) -> flask.Blueprint:
    """The list, a letter as a page and as a file, and what people do to it."""
    routes = flask.Blueprint("letters", __name__)

    @routes.get("/letters")
    @access.needs()
    def listed() -> str:
        return _list(door)

    @routes.get("/letters/<name>")
    @access.needs()
    def page(name: str) -> Any:
        one = _found(door, name)
        return _page(door, one) if one else _elsewhere()

    @routes.get("/letters/<name>/file.docx")
    @access.needs()
    def file(name: str) -> Any:
        one = _found(door, name)
        if one is None:
            return _elsewhere()
        try:
            content = door.office.docx(one)
        except BadTemplate as error:
            return render_template("closed.html", sentence=str(error)), 500
        shown = f"attachment; filename*=UTF-8''{quote(one.name)}.docx"
        return Response(content, 200, {"Content-Disposition": shown, "Cache-Control": "no-store"}, content_type=MIME)

    @routes.post("/letters/<name>")
    @access.needs()
    def act(name: str) -> Any:
        one, who = _found(door, name), access.visitor()
        if one is None or who is None:
            return _elsewhere()
        said, status = _act(door, one, who, request.form)
        if status == 200:
            nudge()
        return _page(door, one, said, done=status == 200), status

    return routes


def _elsewhere() -> Any:
    return render_template("closed.html", sentence=NOT_THERE), 404


def _found(door: Door, name: str) -> Letter | None:
    one, who = door.office.letter(name), access.visitor()
    return one if one and who and sees(who, one) else None


def _list(door: Door) -> str:
    who = access.visitor()
    found = [one for one in door.office.ledger.memory().letters.values() if who and sees(who, one)]
    found.sort(key=lambda one: one.drafted_at, reverse=True)
    found.sort(key=lambda one: ORDER.index(one.state) if one.state in ORDER else len(ORDER))
    rules = door.office.rules()
    waiting = [one for one in found if who and one.state == letters.DRAFT and may_sign(who, rules, one)]
    rest = [one for one in found if one not in waiting]
    return render_template("letters.html", waiting=waiting, rest=rest[:MOST_LISTED],
                           more=max(0, len(rest) - MOST_LISTED), now=door.now())  # fmt: skip


def _page(door: Door, one: Letter, said: str = "", *, done: bool = False) -> str:
    """``done``: written just now; the ledger knows of it after the next look."""
    who = access.visitor()
    does = set() if done or who is None else {what for what in ACTS if _barred(door, one, who, what) == ""}
    return render_template("letter.html", one=one, paper=paper(one), said=said, does=does, LETTER=LETTER,
                           links=[fact.number for fact in one.facts])  # fmt: skip


# What people do

ACTS = {"sign": "签发", "reply": "回复", "void": "作废"}
COLUMNS = {"sign": ("signer", "签发人"), "reply": ("answer", "回复情况"), "void": ("void_reason", "作废原因")}


def _barred(door: Door, one: Letter, who: Person, what: str) -> str:
    """Why this is not his to do, or not to be done now; empty where he may."""
    rules = door.office.rules()
    if one.kind != LETTER or one.void:
        return "这一份不用办理了。"
    if what == "sign":
        roles = "、".join(ROLES[role] for role in rules.letters.signers)
        if not may_sign(who, rules, one) or who.name == OPERATOR:
            return f"由{roles}签发，不归您签发。"
        return "" if one.state == letters.DRAFT else f"现在是「{one.state}」，不用签发了。"
    if what == "reply":
        mine = who.oversees or one.unit in who.units
        if not mine:
            return "由责任单位回复。"
        return "" if one.state in (letters.SIGNED, letters.ANSWERED) else f"现在是「{one.state}」，不能回复。"
    return "" if who.oversees or may_sign(who, rules, one) else "由签发的人、标准化办或者办公室作废。"


def _act(door: Door, one: Letter, who: Person, form: Mapping[str, str]) -> tuple[str, int]:
    what = form.get("act", "")
    if what not in ACTS:
        return "请选要做什么。", 422
    if barred := _barred(door, one, who, what):
        return barred, 409
    words = " ".join(form.get("words", "").split())[:MOST_WORDS]
    if what in ("reply", "void") and not words:
        return f"请写明{'回复情况' if what == 'reply' else '作废的原因'}。", 422
    at = plan.to_raw(door.now().replace(microsecond=0), door.office.rules().bureau.zone)
    written: dict[str, dict[str, Raw]] = {
        "sign": {"signer": who.name, "signed_at": at},
        "reply": {"answer": words, "answered_at": at},
        "void": {"void_reason": words},
    }
    return _write(door, one, what, Verdict(one.name, written[what], lambda row: _taken(row, what, one), "letters"))


def _taken(row: Mapping[str, Raw], what: str, one: Letter) -> str:
    """What somebody else wrote there meanwhile is said and left."""
    key, header = COLUMNS[what]
    stands = plain(row[key])
    if what == "reply" and stands == one.answer:
        return ""  # an answer may be completed by who saw the last one
    return f"「{header}」刚才已经写了「{stands[:40]}」，没有改动。" if stands else ""


def _write(door: Door, one: Letter, what: str, verdict: Verdict) -> tuple[str, int]:
    said, status = writing.write(door.office, verdict)
    if said:
        return said, status
    more = "函号马上给出，请稍后刷新。" if what == "sign" else ""
    return f"{one.name}：已{ACTS[what]}。{more}", 200
