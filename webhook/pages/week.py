"""``/week``: what each level should look at now, for 每周例会 and before it (plan 四·3)."""

from __future__ import annotations

from typing import Any

import flask
from flask import redirect, render_template

from sync.core.approvals.requests import SUPERIORS
from sync.core.views.agenda import agenda
from webhook import access
from webhook.look_cache import LookCache

LEVELS = {*SUPERIORS, "unit"}


def blueprint(look_cache: LookCache) -> flask.Blueprint:
    """The page; a chief has his own at /mine."""
    routes = flask.Blueprint("week", __name__)

    @routes.get("/week")
    @access.needs()
    def page() -> Any:
        person = access.current_person()
        if person is None or not person.roles & LEVELS:
            return redirect("/mine")
        look = look_cache.now()
        late = {rid: each.life.deadline for rid, each in look.followed.items() if each.life.running}
        return render_template("week.html", agenda=agenda(look, person), now=look.now, late=late, rows=_rows(look))

    return routes


def _rows(look: Any) -> dict[str, Any]:
    return {row.rid: row.cells for row in look.rows.get("issues", [])}
