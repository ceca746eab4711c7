"""The page on which the public reports: off unless the rules open it, without a login, limited, accepted by a person.

No name and no phone is asked for; the address that a report came from is stored as a digest that can't be read back.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import flask
from flask import render_template, request

from sync.core.issues.issues import PUBLIC
from sync.core.people.permissions import Person
from sync.core.sheet.rows import Raw
from sync.core.views import forms
from sync.core.views.forms import REPORT, Choices, Field
from sync.intake.forms import PUBLIC_SENDER, Answer, FilledForm, FormIntake
from webhook.access import Site
from webhook.forms.submissions import STATUS, FormContext, PostedForm, by_task, photo_lines, read_form, streets
from webhook.forms.uploads import take_piece

HOUR = timedelta(hours=1)


def add_routes(
    routes: flask.Blueprint, site: Site, intake: Callable[[], FormIntake], nudge: Callable[[], None]
) -> None:
    @routes.get("/report")
    def report() -> Any:
        _require_open(site)
        rules = site.service.rules()
        return render_template(
            "form.html", form=REPORT, fields=_asked(site), person=None, issues=(), tasks=by_task(rules), own=(),
            form_rules=rules.forms, chosen="", post="/report", uploads="/report/photos/",
        )  # fmt: skip

    @routes.post("/report")
    def reported() -> Any:
        _require_open(site)
        return _report(FormContext(site, intake(), nudge))

    @routes.route("/report/photos/<name>", methods=["GET", "PUT"])
    def picture(name: str) -> Any:
        _require_open(site)
        person, submissions = _sender(site), intake().submissions
        form_rules = site.service.rules().forms
        own, total = (submissions.photos_since(site.now(), HOUR, sender) for sender in (person, PUBLIC_SENDER))
        most_own, most = form_rules.public_per_hour, form_rules.public_total_per_hour  # reports, each with photos
        if own >= most_own * form_rules.photos or total >= most * form_rules.photos:
            return flask.jsonify(error="今天传的照片太多了，请过一小时再试。"), 429
        return take_piece(site, intake(), person, name)


def _require_open(site: Site) -> None:
    """404 unless the rules let the public report."""
    if not site.service.rules().forms.public:
        flask.abort(404)


def _sender(site: Site) -> str:
    """The sender in the ledger, by which limits count: a digest of the address."""
    address = request.remote_addr or ""
    return PUBLIC_SENDER + hmac.new(site.key.encode(), f"address\n{address}".encode(), hashlib.sha256).hexdigest()[:16]


def _asked(site: Site) -> tuple[Field, ...]:
    now = site.now()
    choices = Choices(streets(site.service, now))
    nobody = Person("", frozenset())
    return forms.fields(REPORT, site.service.templates["issues"], nobody, choices, site.service.rules())


def _report(context: FormContext) -> Any:
    person, form_rules = _sender(context.site), context.service.rules().forms
    posted = read_form(request.get_json(silent=True))
    if posted is None:
        return flask.jsonify(state="mend", faults={"": "没有收到内容，请刷新页面以后重新填。"}), 422
    if posted.cells.get(
        "website"
    ):  # a field that no person sees: a robot filled it, and is answered as if all were well
        return flask.jsonify(state="in", words="已收到，谢谢您。"), 201
    submissions, now = context.intake.submissions, context.site.now()
    done = context.intake.answered(posted.id, person)
    if done is None and (
        submissions.since(now, HOUR, person) >= form_rules.public_per_hour
        or submissions.since(now, HOUR, PUBLIC_SENDER) >= form_rules.public_total_per_hour
    ):
        return flask.jsonify(state="busy", words="这一小时收到的反映太多了，请过一会儿再试，或者打 12319。"), 429
    done = done or _from_the_public(context, person, posted)
    if done.state == "in":
        context.nudge()
        return flask.jsonify(state="in", words="已收到，谢谢您。核实以后会安排处理。"), 201
    return flask.jsonify(state=done.state, faults=dict(done.faults), **done.details), STATUS[done.state]


def _from_the_public(context: FormContext, person: str, posted: PostedForm) -> Answer:
    cells = {key: value for key, value in posted.cells.items() if key != "website"}
    cell, wrong = photo_lines(context, person, posted.photos, context.service.rules().forms.photos)
    if wrong:
        return Answer("mend", {}, wrong)
    extra: dict[str, Raw] = {"source": PUBLIC, "reporter": "群众"}
    if cell:
        extra["photos"] = cell
    filled = FilledForm(posted.id, REPORT, person, cells, _asked(context.site), extra, posted.at)
    return context.intake.submit(filled, context.service.rules(), context.site.now())
