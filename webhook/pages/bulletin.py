"""``/bulletin``: 今日通报 to paste or forward by hand, since a WeChat group has no bot."""

from __future__ import annotations

from typing import Any

import flask
from flask import Response, render_template, request

from sync.core.people.permissions import Person
from sync.core.people.roster import Roster
from sync.core.views.bulletin import Bulletin, Scope, bulletin
from sync.outgoing import bulletin_picture
from webhook import access
from webhook.access import Door

LEADERS = ("office", "standards_office", "commander", "secretary")
ELSEWHERE = "这一部分不归您管。"


def blueprint(door: Door) -> flask.Blueprint:
    """The page and its picture: all of it for who oversees all, their own part for commanders and secretaries."""
    routes = flask.Blueprint("bulletins", __name__)

    @routes.get("/bulletin")
    @access.needs(*LEADERS)
    def page() -> Any:
        chosen, choices = _asked(door)
        if chosen is None:
            return render_template("closed.html", sentence=ELSEWHERE), 403
        return render_template(
            "bulletin.html",
            bulletin=_bulletin(door, chosen),
            chosen=code_of(chosen),
            choices=[(code_of(scope), scope.words) for scope in choices],
            drawable=bulletin_picture.font_file() is not None,
            no_font=bulletin_picture.NO_FONT,
        )

    @routes.get("/bulletin.png")
    @access.needs(*LEADERS)
    def picture() -> Any:
        chosen, _ = _asked(door)
        font = bulletin_picture.font_file()
        if chosen is None or font is None:
            return render_template(
                "closed.html", sentence=ELSEWHERE if font else bulletin_picture.NO_FONT
            ), 403 if font else 404
        headers = {"Cache-Control": "no-store"}
        return Response(bulletin_picture.draw(_bulletin(door, chosen), font), 200, headers, content_type="image/png")

    return routes


def _bulletin(door: Door, scope: Scope) -> Bulletin:
    return bulletin(door.service.ledger.memory(), scope, door.now())


def _asked(door: Door) -> tuple[Scope | None, list[Scope]]:
    """What the visitor asked to see, None where it is not his; and what he may ask for."""
    now = door.now()
    roster = door.service.roster()
    person = access.visitor()
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
    scopes_ = [Scope()] if person.oversees else []
    scopes_ += [Scope(district=name) for name in districts if person.oversees or name in person.districts]
    return scopes_ + [Scope(branch=name) for name in branches if person.oversees or name in own_branches]


def code_of(scope: Scope) -> str:
    """How an address names it."""
    return f"district:{scope.district}" if scope.district else f"branch:{scope.branch}" if scope.branch else "all"
