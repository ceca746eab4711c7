"""``/rules/figures``: the figures that every bureau changes, as a form over the draft of the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask
from flask import redirect, render_template, request

from sync import revision
from sync.core.people.permissions import OVERSEERS
from sync.core.rules.figures import UNITS, by_figure, groups, with_figures
from sync.core.sheet.values.texts import clean
from sync.revision import NotInForce
from webhook import access
from webhook.access import Site
from webhook.pages.administration.rules import in_force, plain_page

CHANGED = "您打开以后，草稿又被改过（别人改的，或者您在别处改的），没有存。您填的还在下面；再存一次就以它为准。"


def blueprint(site: Site, nudge: Callable[[], None]) -> flask.Blueprint:
    """The page; ``nudge`` makes the next look come soon when other rules are in force."""
    routes = flask.Blueprint("rule_figures", __name__)

    @routes.get("/rules/figures")
    @access.needs(*OVERSEERS)
    def form() -> str:
        return _form(site)

    @routes.post("/rules/figures")
    @access.needs(*OVERSEERS)
    def save() -> Any:
        draft = revision.draft(site.service)
        if revision.digest(draft.text) != request.form.get("seen"):
            return _form(site, CHANGED, typed=request.form), 409
        if revision.problems(site.service, draft.text):
            return _form(site), 422
        text, problems = with_figures(draft.text, request.form)
        told, others = by_figure(text, revision.problems(site.service, text))
        if problems or told or others:
            return _form(site, "没有存，先改好下面标出来的。", {**told, **problems}, others, request.form), 422
        if text != draft.text:
            revision.save_draft(site.service, text, access.visitor().name, site.now())
        act = request.form.get("act", "")
        if act == "force":
            return _force(site, nudge)
        return redirect("/rules/try") if act == "try" else redirect("/rules/draft")

    return routes


def _force(site: Site, nudge: Callable[[], None]) -> Any:
    reason, draft = clean(request.form.get("reason", "")), revision.draft(site.service)
    try:
        made = revision.put_in_force(site.service, draft.text, draft.base, access.visitor().name, reason, site.now())
    except NotInForce as error:
        return _form(site, str(error), reason=reason), 409
    nudge()
    return plain_page(site, in_force(made))


def _form(
    site: Site, message: str = "", problems: Mapping[str, str] | None = None, others: Sequence[str] = (),
    typed: Mapping[str, str] | None = None, reason: str = "",
) -> str:  # fmt: skip
    draft = revision.draft(site.service)
    mistakes, in_use = revision.problems(site.service, draft.text), site.service.rules_text()
    return render_template(
        "figures_form.html", groups=() if mistakes else groups(draft.text), units=UNITS, draft=draft, message=message,
        problems=problems or {}, others=others, typed=typed or {}, reason=reason or (typed or {}).get("reason", ""),
        mistakes=len(mistakes), seen=revision.digest(draft.text), others_changed=draft.text != in_use,
        behind=draft.base != revision.digest(in_use),
    )  # fmt: skip
