"""The pages for phones: 我的 and the four forms.

They work without a signal once they were opened (``sw.js``). A form carries an id made on the phone, so that sending it
again changes nothing. The sender is the person of the session, never a name in the form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flask
from flask import render_template, request

from sync.core.people.permissions import Person, may_send_feedback, sees
from sync.core.sheet.rows import Raw
from sync.core.views import forms, worklist
from sync.core.views.forms import FORMS, Form
from sync.intake.forms import Answer, FilledForm, FormIntake
from sync.service import Service
from webhook import access
from webhook.access import Site
from webhook.forms import report, uploads
from webhook.forms.submissions import (
    MOST_LISTED,
    FormContext,
    PostedForm,
    answer,
    by_task,
    photo_lines,
    read_form,
)


def blueprint(site: Site, intake: Callable[[], FormIntake], nudge: Callable[[], None]) -> flask.Blueprint:
    """The pages. ``intake`` opens the workbook when it is first called."""
    routes = flask.Blueprint("forms", __name__)
    _pages(routes, site, intake, nudge)
    uploads.add_routes(routes, site, intake)
    report.add_routes(routes, site, intake, nudge)

    @routes.get("/sw.js")
    def worker() -> flask.Response:
        static = f"{flask.current_app.root_path}/static"
        answer = flask.send_from_directory(static, "forms_worker.js", mimetype="text/javascript")
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return routes


def _pages(routes: flask.Blueprint, site: Site, intake: Callable[[], FormIntake], nudge: Callable[[], None]) -> None:
    @routes.get("/mine")
    @access.needs()
    def mine() -> str:
        person, now = access.visitor(), site.now()
        service = site.service
        items = worklist.mine(service.ledger.memory(), service.rules(), person)
        return render_template(
            "mine.html", person=person, now=now, items=items[:MOST_LISTED], more=max(0, len(items) - MOST_LISTED),
            late=sum(item.late(now) for item in items), left=forms.left,
        )  # fmt: skip

    @routes.get("/forms/<key>")
    @access.needs()
    def page(key: str) -> Any:
        form = FORMS.get(key)
        if form is None:
            flask.abort(404)
        person, context = access.visitor(), FormContext(site, intake(), nudge)
        choices = context.choices(person)
        rules = site.service.rules()
        asked = forms.fields(form, site.service.templates[form.tab], person, choices, rules)
        return render_template(
            "form.html", form=form, fields=asked, person=person, issues=choices.issues, tasks=by_task(rules),
            own=person.streets, form_rules=rules.forms, chosen=request.args.get("issue", ""), post=f"/forms/{key}",
            uploads="/photos/upload/",
        )  # fmt: skip

    @routes.post("/forms/<key>")
    @access.needs()
    def send(key: str) -> Any:
        form = FORMS.get(key)
        if form is None:
            flask.abort(404)
        return _send(form, FormContext(site, intake(), nudge), access.visitor())


def _send(form: Form, context: FormContext, person: Person) -> Any:
    posted = read_form(request.get_json(silent=True))
    if posted is None:
        return flask.jsonify(state="mend", faults={"": "这份表单不完整，请刷新页面以后重新填。"}), 422
    if posted.person and posted.person != person.name:
        return flask.jsonify(state="other", words=f"这一份是{posted.person}填的，请他登录以后再发。"), 409
    done = context.intake.answered(posted.id, person.name)
    return answer(done or _submit(form, context, person, posted), context)


def _submit(form: Form, context: FormContext, person: Person, posted: PostedForm) -> Answer:
    service, rules = context.service, context.service.rules()
    asked = forms.fields(form, service.templates[form.tab], person, context.choices(person), rules)
    cell, wrong = photo_lines(context, person.name, posted.photos, rules.forms.photos)
    wrong |= _issue_fault(form, service, person, posted.cells)
    if wrong:
        return Answer("mend", {}, wrong)
    extra: dict[str, Raw] = {"photos": cell} if cell else {}
    source = {
        field.key: field.value for field in asked if field.key == "source"
    }  # of the sender's role, unless another was chosen
    filled = FilledForm(posted.id, form, person.name, {**source, **posted.cells}, asked, extra, posted.at)
    return context.intake.submit(filled, rules, context.site.now())


def _issue_fault(form: Form, service: Service, person: Person, cells: Mapping[str, str]) -> dict[str, str]:
    """A sentence for the field ``issue`` where the person may not answer or see that issue."""
    number = cells.get("issue", "").strip()
    if not number:
        return {}
    area, may = worklist.area_of(service.ledger.memory(), number), may_send_feedback if form.tab == "feedback" else sees
    if area and may(person, area):
        return {}
    return {"issue": f"「{number}」不在您名下，或者已经销号。请在“我的”里选。"}
