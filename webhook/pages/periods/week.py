"""``/week``: what each level should look at now, for 每周例会 and before it (plan 四·3); ``/week/meeting``: the same to
look at together, a screen of a projector or a sheet of A4 for each point."""

from __future__ import annotations

from typing import Any

import flask
from flask import redirect, render_template

from sync.core.people.permissions import SUPERIORS, holds
from sync.core.rules.values import ROLES
from sync.core.sheet.values.photos import photo_lines
from sync.core.views.periods.meeting import meeting
from sync.core.views.waiting.agenda import agenda
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

    @routes.get("/week/meeting")
    @access.needs()
    def together() -> Any:
        person = access.visitor()
        if not holds(person, LEVELS):
            return redirect("/mine")
        look = look_cache.now()
        return render_template("meeting.html", meeting=meeting(look, person), agenda=agenda(look, person), now=look.now,
                               rules=look.rules, photos=photo_lines, bureau=look.rules.bureau.name)  # fmt: skip

    return routes
