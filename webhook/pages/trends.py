"""``/trends``: numbers over weeks and months as drawings that print, each with its table; for all, a district or a
branch."""

from __future__ import annotations

from typing import Any

import flask
from flask import render_template, request

from sync.core.views.bulletin import Scope
from sync.core.views.trends import Trends, trends
from webhook import access
from webhook.charts import chart
from webhook.looks import Looks
from webhook.pages.bulletin import ELSEWHERE, LEADERS, code_of, scopes

NAMES = (("reported", "新交办"), ("closed", "销号"), ("late", "到期未整改"), ("rework", "返工"))


def blueprint(looks: Looks) -> flask.Blueprint:
    """The page, for who leads."""
    routes = flask.Blueprint("trends", __name__)

    @routes.get("/trends")
    @access.needs(*LEADERS)
    def page() -> Any:
        one, look = access.visitor(), looks.now()
        choices = scopes(one, look.roster, look.now) if one else []
        asked = request.args.get("scope", "")
        chosen = next((each for each in choices if code_of(each) == asked or not asked), None)
        if chosen is None:
            return render_template("closed.html", sentence=ELSEWHERE), 403
        categories = {row.rid: row.cells.get("category", "") for row in look.rows.get("issues", [])}
        found = trends(look.followed, categories, look.scored.table, look.roster, chosen, look.now)
        return _page(found, chosen, choices)

    return routes


def _page(found: Trends, chosen: Scope, choices: list[Scope]) -> str:
    weeks = chart([f"{one.monday:%m-%d}" for one in found.weeks],
                  [[getattr(one, name) for one in found.weeks] for name, _ in NAMES])  # fmt: skip
    months = sorted({one.month for one in found.months})
    groups = sorted({one.group for one in found.months})
    by_key = {(one.month, one.group): one for one in found.months}
    scores = {group: _span([by_key.get((month, group)) for month in months], months) for group in groups}
    rate = chart([month for month, _ in found.on_time],
                 [[None if share is None else 100 * share for _, share in found.on_time]])  # fmt: skip
    return render_template("trends.html", one=found, chosen=code_of(chosen), area=chosen.words, weeks=weeks,
                           choices=[(code_of(each), each.words) for each in choices], names=NAMES, scores=scores,
                           rate=rate, most=max((count for _, count in found.categories), default=1))  # fmt: skip


def _span(found: list[Any], months: list[str]) -> Any:
    rows = [[each and getattr(each, name) / 100 for each in found] for name in ("low", "mean", "high")]
    return chart(months, rows, None), found
