"""``/bulletin``: 今日通报 to paste or forward by hand, since a WeChat group has no bot."""

from __future__ import annotations

from datetime import date
from typing import Any

import flask
from flask import Response, render_template, request

from sync.core.people.ordering import place_order
from sync.core.people.permissions import SUPERIORS, Area, Person, leads
from sync.core.people.roster import Roster
from sync.core.views.periods.bulletin import Scope, bulletin
from sync.outgoing import bulletin_picture
from webhook import access
from webhook.access import Site
from webhook.look_cache import LookCache

ELSEWHERE = "这一部分不归您管。"


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """The page and its picture: all of it for people who oversee all, their part for commanders and secretaries."""
    routes = flask.Blueprint("bulletins", __name__)

    @routes.get("/bulletin")
    @access.needs(*SUPERIORS)
    def page() -> Any:
        chosen, choices = asked_scope(site.service.roster(), site.now().date())
        return render_template(
            "bulletin.html", bulletin=bulletin(look_cache.now(), chosen), chosen=chosen,
            choices=choices, code_of=code_of, drawable=bulletin_picture.font_file() is not None,
            no_font=bulletin_picture.NO_FONT,
        )  # fmt: skip

    @routes.get("/bulletin.png")
    @access.needs(*SUPERIORS)
    def picture() -> Any:
        font = bulletin_picture.font_file() or access.refuse(bulletin_picture.NO_FONT)
        chosen, _ = asked_scope(site.service.roster(), site.now().date())
        drawn = bulletin_picture.draw(bulletin(look_cache.now(), chosen), font)
        return Response(drawn, 200, {"Cache-Control": "no-store"}, content_type="image/png")

    return routes


def asked_scope(roster: Roster, day: date) -> tuple[Scope, list[Scope]]:
    """The part that the request asks for, and all that the visitor may see."""
    choices = scopes(access.visitor(), roster, day)
    code = request.args.get("scope", "")
    chosen = next((scope for scope in choices if code in ("", code_of(scope))), None)
    return chosen or access.refuse(ELSEWHERE, 403), choices


def scopes(person: Person, roster: Roster, day: date) -> list[Scope]:
    """The parts that a person may ask for, the widest first."""
    areas = [Area(branch=s.branch, district=s.district) for s in roster.streets if s.span.holds(day)]
    districts = dict.fromkeys(area.district for area in areas if leads(person, Area(district=area.district)))
    branches = dict.fromkeys(area.branch for area in areas if leads(person, area))
    parts = [Scope(district=name) for name in sorted(districts, key=place_order) if name]
    parts += [Scope(branch=name) for name in sorted(branches, key=place_order) if name]
    return [Scope(), *parts] if person.oversees else parts


def code_of(scope: Scope) -> str:
    """How an address names it."""
    return f"district:{scope.district}" if scope.district else f"branch:{scope.branch}" if scope.branch else "all"
