"""``/trends``: numbers over weeks and months as drawings that print, each with its table; for all, a district or a
branch."""

from __future__ import annotations

from typing import Any

import flask
from flask import render_template, request

from sync.core.approvals.requests import SUPERIORS
from sync.core.views.bulletin import Scope
from sync.core.views.trends import Trends, trends
from webhook import access
from webhook.charts import chart
from webhook.look_cache import LookCache
from webhook.pages.bulletin import ELSEWHERE, code_of, scopes

NAMES = (("reported", "新交办"), ("closed", "销号"), ("late", "到期未整改"), ("rework", "返工"))


def blueprint(look_cache: LookCache) -> flask.Blueprint:
    """The page, for who leads."""
    routes = flask.Blueprint("trends", __name__)

    @routes.get("/trends")
    @access.needs(*SUPERIORS)
    def page() -> Any:
        person, look = access.current_person(), look_cache.now()
        choices = scopes(person, look.roster, look.now) if person else []
        asked = request.args.get("scope", "")
        chosen = next((each for each in choices if code_of(each) == asked or not asked), None)
        if chosen is None:
            return render_template("closed.html", sentence=ELSEWHERE), 403
        categories = {row.rid: row.cells.get("category", "") for row in look.rows.get("issues", [])}
        shown = trends(look.followed, categories, look.scored.table, look.roster, chosen, look.now)
        return _page(shown, chosen, choices)

    return routes


def _page(shown: Trends, chosen: Scope, choices: list[Scope]) -> str:
    weeks = chart([f"{week.monday:%m-%d}" for week in shown.weeks],
                  [[getattr(week, name) for week in shown.weeks] for name, _ in NAMES])  # fmt: skip
    months = sorted({month.month for month in shown.months})
    groups = sorted({group.group for group in shown.months})
    by_key = {(month.month, month.group): month for month in shown.months}
    scores = {group: _span([by_key.get((month, group)) for month in months], months) for group in groups}
    rate = chart([month for month, _ in shown.on_time],
                 [[None if share is None else 100 * share for _, share in shown.on_time]])  # fmt: skip
    return render_template("trends.html", trends=shown, chosen=code_of(chosen), area=chosen.words, weeks=weeks,
                           choices=[(code_of(each), each.words) for each in choices], names=NAMES, scores=scores,
                           rate=rate, most=max((count for _, count in shown.categories), default=1))  # fmt: skip


def _span(group: list[Any], months: list[str]) -> Any:
    """The chart of a group's lowest, mean and highest score (points) by month, and what it shows."""
    rows = [[each and getattr(each, name) / 100 for each in group] for name in ("low", "mean", "high")]
    return chart(months, rows, None), group
