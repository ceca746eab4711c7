"""``/inspections``: the streets that were not inspected yet, and a clean inspection by one tap (plan 五·3)."""

from __future__ import annotations

import flask
from flask import render_template

from sync.core.people.permissions import OVERSEERS, files
from sync.core.rules.values import INSPECTION
from sync.core.views.waiting.inspections import inspections
from webhook import access
from webhook.look_cache import LookCache


def blueprint(look_cache: LookCache) -> flask.Blueprint:
    """The page. An inspection is a form of 履职记录, sent by the page's script."""
    routes = flask.Blueprint("inspections", __name__)

    @routes.get("/inspections")
    @access.needs(*OVERSEERS)
    def page() -> str:
        person, look = access.visitor(), look_cache.now()
        streets = inspections(look)
        return render_template(
            "inspections.html", person=person, kind=INSPECTION, month=look.now.month,
            unseen=[each for each in streets if not each.count], seen=[each for each in streets if each.count],
            may=INSPECTION in files(person, "duties", "kind") and not person.operator,
        )  # fmt: skip

    return routes
