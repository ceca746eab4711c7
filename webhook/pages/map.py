"""``/map``: open issues by place on a plain drawing of their recorded coordinates, with no map of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flask
from flask import render_template

from sync.core.issues import life as lives
from sync.core.look.findings import Look
from sync.core.people.permissions import Person
from sync.core.views.map import Spot, draw
from webhook import access
from webhook.look_cache import LookCache
from webhook.pages.explain import sees_issue

WORDS = {"late": "超期", "rework": "返工", "open": "待整改", "fixed": "待复核", "other": "挂账、待核实"}
KIND = {lives.OPEN: "open", lives.REWORK: "rework", lives.FIXED: "fixed"}
OVER = (lives.CLOSED, lives.VOID, "")


def blueprint(look_cache: LookCache) -> flask.Blueprint:
    """The page, to each with the issues that are his to see."""
    routes = flask.Blueprint("places", __name__)

    @routes.get("/map")
    @access.needs()
    def page() -> str:
        person, look = access.current_person(), look_cache.now()
        assert person is not None
        rows = {row.rid: row.cells for row in look.rows.get("issues", [])}
        spots = list(_spots(look, person, rows))
        return render_template("map.html", drawing=draw(spots), count=len(spots), words=WORDS, rows=rows,
                               follow=look.followed, now=look.now)  # fmt: skip

    return routes


def _spots(look: Look, person: Person, rows: dict[str, Any]) -> Iterator[Spot]:
    for rid, cells in rows.items():
        each = look.followed.get(rid)
        if each and each.life.state not in OVER and sees_issue(look, person, rid):
            late = lives.is_late(each.life.state, each.life.deadline, look.now)
            kind = "late" if late else KIND.get(each.life.state, "other")
            yield Spot(rid, each.stamps.street, kind, cells.get("longitude"), cells.get("latitude"))
