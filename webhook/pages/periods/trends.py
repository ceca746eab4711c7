"""``/trends``: numbers over weeks and months as drawings that print, each with its table; for all, a district or a
branch."""

from __future__ import annotations

from typing import Any

import flask
from flask import render_template

from sync.core.people.permissions import SUPERIORS
from sync.core.views.periods.bulletin import Scope
from sync.core.views.periods.trends import Trends, trends
from webhook import access
from webhook.charts import chart
from webhook.look_cache import LookCache
from webhook.pages.periods.bulletin import asked_scope, code_of

NAMES = (("reported", "新交办"), ("closed", "销号"), ("late", "到期未整改"), ("rework", "返工"))


def blueprint(look_cache: LookCache) -> flask.Blueprint:
    """The page, for who leads."""
    routes = flask.Blueprint("trends", __name__)

    @routes.get("/trends")
    @access.needs(*SUPERIORS)
    def page() -> Any:
        look = look_cache.now()
        chosen, choices = asked_scope(look.roster, look.now.date())
        shown = trends(look.followed.values(), look.scored.table, look.roster, chosen, look.now)
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
    most = max((count for _, count in shown.categories), default=1)
    return render_template("trends.html", trends=shown, chosen=chosen, choices=choices, code_of=code_of, weeks=weeks,
                           names=NAMES, scores=scores, rate=rate, most=most)  # fmt: skip


def _span(group: list[Any], months: list[str]) -> Any:
    """The chart of a group's lowest, mean and highest score (points) by month, and what it shows."""
    rows = [[each and getattr(each, name) / 100 for each in group] for name in ("low", "mean", "high")]
    return chart(months, rows, None), group
