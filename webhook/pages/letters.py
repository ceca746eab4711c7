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
from sync.core.sheet.values.texts import clean
from sync.outgoing.docx import MIME, BadTemplate
from sync.sheets.answers import Verdict
from webhook import access, writing
from webhook.access import Site

MOST_LISTED = 200
TABS = TO_SIGN, TO_DELIVER, TO_REPLY, OVER, AGAIN, RECORDS = (
    "待签发", "待送达", "待回复", "已回复、已办结、作废", "已再次督办", "问题记录单",
)  # fmt: skip
FIRST_DRAFTED, FIRST_DUE, NEWEST = "起草早的在前", "回复期限早的在前", "新的在前"
ORDERS = {TO_SIGN: FIRST_DRAFTED, TO_DELIVER: FIRST_DUE, TO_REPLY: FIRST_DUE}  # of the others: NEWEST
MOST_WORDS = 1000
NOT_THERE = "没有这封函，或者不归您看。"


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
    seen = [letter for letter in site.service.ledger.current().letters.values() if sees(person, letter)]
    later = letters.followers(seen)
    by_tab: dict[str, list[Letter]] = {name: [] for name in TABS}
    for letter in seen:
        by_tab[_tab(letter, later)].append(letter)
    first = next((name for name in TABS if by_tab[name]), TO_SIGN)
    tab = request.args.get("tab", "")
    chosen = tab if tab in by_tab else first
    listed, order = by_tab[chosen], ORDERS.get(chosen, NEWEST)
    return render_template(
        "letters.html", tabs={name: len(group) for name, group in by_tab.items()}, tab=chosen, order=order,
        letters=_ordered(listed, order)[:MOST_LISTED], more=max(0, len(listed) - MOST_LISTED), now=site.now(),
        later=later, mine={letter.key for letter in by_tab[TO_SIGN] if may_sign(person, signers, districts(letter))},
    )  # fmt: skip


def _tab(letter: Letter, later: Mapping[str, Letter]) -> str:
    """The tab in which a letter stands. ``later``: by key of a letter the one that was sent after it."""
    if letter.kind != LETTER:
        return RECORDS
    waits = {letters.DRAFT: TO_SIGN, letters.UNDELIVERED: TO_DELIVER, letters.DELIVERED: TO_REPLY}.get(letter.state)
    return AGAIN if waits and letter.key in later else waits or OVER


def _ordered(listed: list[Letter], order: str) -> list[Letter]:
    """The letters of a tab in its order; those without a reply date last."""
    newest = sorted(listed, key=lambda letter: letter.drafted_at, reverse=True)
    if order == NEWEST:
        return newest
    if order == FIRST_DRAFTED:
        return newest[::-1]
    return sorted(newest, key=lambda letter: (letter.due is None, letter.due or letter.drafted_at))


def _page(site: Site, letter: Letter, message: str = "", *, done: bool = False) -> str:
    """``done``: written just now; the ledger knows of it after the next look."""
    does = set() if done else {what for what in ACTS if _barred(site, letter, access.visitor(), what) == ""}
    sent = (other for other in site.service.ledger.current().letters.values() if sees(access.visitor(), other))
    again = letters.followers(sent).get(letter.key)
    return render_template("letter.html", letter=letter, paper=paper(letter), message=message, does=does, again=again)


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
