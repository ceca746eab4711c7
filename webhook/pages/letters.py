"""``/letters``: 督办函 and 问题记录单 to read, print, sign, answer and make void, each for whom it concerns.

What a person does here goes into the row of 督办台账, as he would type it there; the next look takes it in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import flask
from flask import Response, redirect, render_template, request

from sync.core.letters import letters
from sync.core.letters.addressees import districts, sees
from sync.core.letters.letters import LETTER, Letter
from sync.core.letters.papers import paper
from sync.core.people.permissions import Person, may_reply, may_sign, may_void
from sync.core.rules.values import ROLES
from sync.core.sheet import plan
from sync.core.sheet.rows import Raw, plain
from sync.core.sheet.texts import clean
from sync.outgoing.docx import MIME, BadTemplate
from sync.sheets.answers import Verdict
from webhook import access, writing
from webhook.access import Site

MOST_LISTED = 200
GROUPS = TO_SIGN, TO_REPLY, OVER = ("待签发", "待送达和待回复", "已回复、已办结和记录单")
MOST_WORDS = 1000
NOT_THERE = "没有这封函，或者不归您看。"
STATE_ORDER = (
    letters.DRAFT,
    letters.UNDELIVERED,
    letters.DELIVERED,
    letters.ANSWERED,
    letters.GATHERING,
)  # the first waits for somebody


def blueprint(site: Site, nudge: Callable[[], None]) -> flask.Blueprint:
    """The list, a letter as a page and as a file, and what people do to it."""
    routes = flask.Blueprint("letters", __name__)

    @routes.get("/letters")
    @access.needs()
    def listed() -> str:
        return _list(site)

    @routes.get("/letters/<name>")
    @access.needs()
    def page(name: str) -> Any:
        return _page(site, _opened(site, name))

    @routes.get("/letters/<name>/file.docx")
    @access.needs()
    def file(name: str) -> Any:
        letter = _opened(site, name)
        try:
            content = site.service.docx(letter)
        except BadTemplate as error:
            access.refuse(str(error), 500)
        shown = f"attachment; filename*=UTF-8''{quote(letter.name)}.docx"
        return Response(content, 200, {"Content-Disposition": shown, "Cache-Control": "no-store"}, content_type=MIME)

    @routes.post("/letters/<name>")
    @access.needs()
    def act(name: str) -> Any:
        letter = _visible(site, name)
        message, status = _act(site, nudge, letter, request.form)
        if status == 200 and request.form.get("page") == "today":
            return redirect(f"/?{urlencode({'signed': letter.key})}", 303)
        return _page(site, letter, message, done=status == 200), status

    return routes


def _visible(site: Site, name: str) -> Letter:
    """The letter of that name, where it is the visitor's to see."""
    letter = site.service.letter(name)
    return letter if letter and sees(access.visitor(), letter) else access.refuse(NOT_THERE)


def _opened(site: Site, name: str) -> Letter:
    """The same, and where it was sent to the visitor himself, that he opened it is kept."""
    letter, person = _visible(site, name), access.visitor()
    if letter.sent and not letter.delivered_at and person.name in letter.receivers and not person.operator:
        site.service.ledger.opened(letter.key, person.name, site.now())
    return letter


def _list(site: Site) -> str:
    person, signers = access.visitor(), site.service.rules().letters.signers
    listed = [letter for letter in site.service.ledger.memory().letters.values() if sees(person, letter)]
    listed.sort(key=lambda letter: letter.drafted_at, reverse=True)
    listed.sort(key=lambda letter: STATE_ORDER.index(letter.state) if letter.state in STATE_ORDER else len(STATE_ORDER))
    groups = {name: [letter for letter in listed if _group(letter) == name] for name in GROUPS}
    fullest = next((name for name in GROUPS if groups[name]), TO_SIGN)  # the first in which something stands
    tab = request.args.get("tab", "")
    chosen = tab if tab in groups else fullest
    return render_template(
        "letters.html", groups={name: len(group) for name, group in groups.items()}, tab=chosen,
        letters=groups[chosen][:MOST_LISTED], more=max(0, len(groups[chosen]) - MOST_LISTED), now=site.now(),
        mine={letter.key for letter in groups[TO_SIGN] if may_sign(person, signers, districts(letter))},
    )  # fmt: skip


def _group(letter: Letter) -> str:
    """The tab in which a letter stands."""
    if letter.kind == LETTER and letter.state == letters.DRAFT:
        return TO_SIGN
    waits = letter.kind == LETTER and letter.state in (letters.UNDELIVERED, letters.DELIVERED)
    return TO_REPLY if waits else OVER


def _page(site: Site, letter: Letter, message: str = "", *, done: bool = False) -> str:
    """``done``: written just now; the ledger knows of it after the next look."""
    does = set() if done else {what for what in ACTS if _barred(site, letter, access.visitor(), what) == ""}
    return render_template("letter.html", letter=letter, paper=paper(letter), message=message, does=does)


# What people do

ACTS = {"sign": "签发", "reply": "回复", "void": "作废"}
COLUMNS = {"sign": ("signer", "签发人"), "reply": ("answer", "回复情况"), "void": ("void_reason", "作废原因")}


def _barred(site: Site, letter: Letter, person: Person, what: str) -> str:
    """Why this is not his to do, or not to be done now; empty where he may."""
    signers = site.service.rules().letters.signers
    if letter.kind != LETTER or letter.void:
        return "这一份不用办理了。"
    if what == "sign":
        roles = "、".join(ROLES[role] for role in signers)
        if not may_sign(person, signers, districts(letter)) or person.operator:
            return f"由{roles}签发，不归您签发。"
        return "" if letter.state == letters.DRAFT else f"现在是「{letter.state}」，不用签发了。"
    if what == "reply":
        if not may_reply(person, letter.unit):
            return "由责任单位回复。"
        answerable = (letters.UNDELIVERED, letters.DELIVERED, letters.ANSWERED)
        return "" if letter.state in answerable else f"现在是「{letter.state}」，不能回复。"
    return "" if may_void(person, signers, districts(letter)) else "由签发的人、标准化办或者办公室作废。"


def _act(site: Site, nudge: Callable[[], None], letter: Letter, form: Mapping[str, str]) -> tuple[str, int]:
    what, person = form.get("act", ""), access.visitor()
    if what not in ACTS:
        return "请选要做什么。", 422
    if barred := _barred(site, letter, person, what):
        return barred, 409
    words = " ".join(clean(form.get("words", "")).split())[:MOST_WORDS]
    if what in ("reply", "void") and not words:
        return f"请写明{'回复情况' if what == 'reply' else '作废的原因'}。", 422
    at = plan.to_raw(site.now().replace(microsecond=0), site.service.rules().bureau.zone)
    written: dict[str, dict[str, Raw]] = {
        "sign": {"signer": person.name, "signed_at": at},
        "reply": {"answer": words, "answered_at": at},
        "void": {"void_reason": words},
    }
    verdict = Verdict(letter.name, written[what], lambda row: _taken(row, what, letter), "letters")
    message, status = writing.write(site.service, verdict, nudge)
    if message:
        return message, status
    more = "函号马上给出，请稍后刷新。" if what == "sign" else ""
    return f"{letter.name}：已{ACTS[what]}。{more}", 200


def _taken(row: Mapping[str, Raw], what: str, letter: Letter) -> str:
    """What somebody else wrote there meanwhile is said and left."""
    key, header = COLUMNS[what]
    stands = plain(row[key])
    if what == "reply" and stands == letter.answer:
        return ""  # an answer may be completed by who saw the last one
    return f"「{header}」刚才已经写了「{stands[:40]}」，没有改动。" if stands else ""
