"""``/week``: what each level should look at now, for 每周例会 and before it (plan 四·3)."""

from __future__ import annotations

from typing import Any

import flask
from flask import redirect, render_template

from sync.core.people.permissions import SUPERIORS, holds
from sync.core.rules.values import ROLES
from sync.core.views.agenda import agenda
from webhook import access
from webhook.look_cache import LookCache

LEVELS = SUPERIORS | {"unit"}


def blueprint(look_cache: LookCache) -> flask.Blueprint:
    """The page; a chief has his own at /mine."""
    routes = flask.Blueprint("week", __name__)

    @routes.get("/week")
    @access.needs()
    def page() -> Any:
        if not holds(access.visitor(), LEVELS):
            return redirect("/mine")
        look = look_cache.now()
        return render_template("week.html", agenda=agenda(look, access.visitor()), now=look.now, follow=look.followed,
                               roles=ROLES, rules=look.rules)  # fmt: skip

    return routes
