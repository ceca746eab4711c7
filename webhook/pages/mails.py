"""``/mails``: the mails that went out, as their receivers have them, for the standards office and the office."""

from __future__ import annotations

from typing import Any

import flask
from flask import Response, render_template, request

from sync.core.people.permissions import OVERSEERS
from sync.core.sheet.values.texts import clean
from sync.ledger.records import SentMail
from sync.ledger.sent.mails import Mails
from webhook import access
from webhook.access import Site

ON_A_PAGE = 50
NOT_THERE = "没有这封邮件，也许已经到了保存时间。"
# The mail stands in a frame of its own: no script runs there, nothing is loaded, and a link opens a page of its own.
ALONE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox",
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
}
HEAD, LINKS_OUTSIDE = "<head>", '<head><base target="_blank">'


def blueprint(site: Site) -> flask.Blueprint:
    """The list, a mail, and its body alone."""
    routes = flask.Blueprint("mails", __name__)

    @routes.get("/mails")
    @access.needs(*OVERSEERS)
    def listed() -> str:
        return _list(site)

    @routes.get("/mails/<id>")
    @access.needs(*OVERSEERS)
    def page(id: str) -> str:
        mail = _mail(site, id)
        notices = list(Mails(site.service.ledger).notices(id))
        return render_template("mail.html", mail=mail, notices=notices, in_demo=_in_demo(site))

    @routes.get("/mails/<id>/body")
    @access.needs(*OVERSEERS)
    def body(id: str) -> Any:
        html = _mail(site, id).html
        return Response(html.replace(HEAD, LINKS_OUTSIDE, 1), 200, ALONE, content_type="text/html; charset=utf-8")

    return routes


def _mail(site: Site, id: str) -> SentMail:
    """The mail. Ends the request where there is none."""
    mail = Mails(site.service.ledger).mail(id)
    if mail is None:
        access.refuse(NOT_THERE, 404)
    return mail


def _list(site: Site) -> str:
    mails = Mails(site.service.ledger)
    person, notice = (clean(request.args.get(name, "")).strip() for name in ("person", "notice"))
    first = request.args.get("from", "")
    start = int(first) if first.isascii() and first.isdigit() and len(first) < 8 else 0
    shown = mails.page(person, notice, start, ON_A_PAGE)
    return render_template(
        "mails.html", mails=shown.mails, count=shown.count, start=start, next=start + ON_A_PAGE,
        before=max(0, start - ON_A_PAGE), persons=mails.persons(), person=person, notice=notice,
        in_demo=_in_demo(site), days=site.service.rules().keep.mails,
    )  # fmt: skip


def _in_demo(site: Site) -> bool:
    """Whether mails go into the mailbox of a demo."""
    return not site.service.settings.smtp and site.service.ledger.is_demo()
