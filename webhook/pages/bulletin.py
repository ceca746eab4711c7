"""``/bulletin``: 今日通报 to paste or forward by hand, since a WeChat group has no bot."""

from __future__ import annotations

from typing import Any

import flask
from flask import Response, render_template, request

from sync.core.approvals.requests import SUPERIORS
from sync.core.people.permissions import Person
from sync.core.people.roster import Roster
from sync.core.views.bulletin import Bulletin, Scope, bulletin
from sync.outgoing import bulletin_picture
from webhook import access
from webhook.access import Site

ELSEWHERE = "这一部分不归您管。"


def blueprint(site: Site) -> flask.Blueprint:
    """The page and its picture: all of it for people who oversee all, their part for commanders and secretaries."""
    routes = flask.Blueprint("bulletins", __name__)

    @routes.get("/bulletin")
    @access.needs(*SUPERIORS)
    def page() -> Any:
        chosen, choices = _asked(site)
        if chosen is None:
            return render_template("closed.html", sentence=ELSEWHERE), 403
        return render_template(
            "bulletin.html",
            bulletin=_bulletin(site, chosen),
            chosen=code_of(chosen),
            choices=[(code_of(scope), scope.words) for scope in choices],
            drawable=bulletin_picture.font_file() is not None,
            no_font=bulletin_picture.NO_FONT,
        )

    @routes.get("/bulletin.png")
    @access.needs(*SUPERIORS)
    def picture() -> Any:
        chosen, _ = _asked(site)
        font = bulletin_picture.font_file()
        if chosen is None or font is None:
            return render_template(
                "closed.html", sentence=ELSEWHERE if font else bulletin_picture.NO_FONT
            ), 403 if font else 404
        headers = {"Cache-Control": "no-store"}
        return Response(bulletin_picture.draw(_bulletin(site, chosen), font), 200, headers, content_type="image/png")

    return routes


def _bulletin(site: Site, scope: Scope) -> Bulletin:
    return bulletin(site.service.ledger.memory(), scope, site.now())


def _asked(site: Site) -> tuple[Scope | None, list[Scope]]:
    """The part that the request asks for, None where the person may not see it; and all parts that he may see."""
    now = site.now()
    roster = site.service.roster()
    person = access.current_person()
    choices = scopes(person, roster, now) if person else []
    code = request.args.get("scope", "")
    chosen = next((scope for scope in choices if code_of(scope) == code), None)
    return (choices[0] if choices and not code else chosen), choices


def scopes(person: Person, roster: Roster, now: Any) -> list[Scope]:
    """The parts that a person may ask for, the widest first."""
    streets = [street for street in roster.streets if street.span.holds(now.date())]
    districts = dict.fromkeys(street.district for street in streets if street.district)
    branches = dict.fromkeys(street.branch for street in streets if street.branch)
    own_branches = {street.branch for street in streets if street.district in person.districts} | person.branches
    parts = [Scope()] if person.oversees else []
    parts += [Scope(district=name) for name in districts if person.oversees or name in person.districts]
    return parts + [Scope(branch=name) for name in branches if person.oversees or name in own_branches]


def code_of(scope: Scope) -> str:
    """How an address names it."""
    return f"district:{scope.district}" if scope.district else f"branch:{scope.branch}" if scope.branch else "all"
