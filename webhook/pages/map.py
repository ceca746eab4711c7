"""``/map``: open issues by place on a plain drawing of their recorded coordinates, with no map of others."""

from __future__ import annotations

from collections.abc import Iterator

import flask
from flask import render_template

from sync.core.issues import life as lives
from sync.core.look.findings import Look
from sync.core.people.permissions import Person, sees
from sync.core.views.map import Spot, draw
from webhook import access
from webhook.look_cache import LookCache

WORDS = {"late": "超期", "rework": "返工", "open": "待整改", "fixed": "待复核", "other": "挂账、待核实"}
KIND = {lives.OPEN: "open", lives.REWORK: "rework", lives.FIXED: "fixed"}
OVER = (lives.CLOSED, lives.VOID, "")


def blueprint(look_cache: LookCache) -> flask.Blueprint:
    """The page, to each with the issues that are his to see."""
    routes = flask.Blueprint("places", __name__)

    @routes.get("/map")
    @access.needs()
    def page() -> str:
        look = look_cache.now()
        spots = list(_spots(look, access.visitor()))
        return render_template("map.html", drawing=draw(spots), count=len(spots), words=WORDS, follow=look.followed,
                               now=look.now, rules=look.rules)  # fmt: skip

    return routes


def _spots(look: Look, person: Person) -> Iterator[Spot]:
    for rid, each in look.followed.items():
        if each.life.state not in OVER and sees(person, each.area):
            late = each.lateness(look.rules, look.now)
            kind, cells = "late" if late else KIND.get(each.life.state, "other"), each.issue.cells
            yield Spot(rid, each.stamps.street, kind, cells.get("longitude"), cells.get("latitude"))
