"""The pages for phones: 我的 and the four forms.

They work without a signal once they were opened (``sw.js``). A form carries an id made on the phone, so that sending it
again changes nothing. The sender is the person of the session, never a name in the form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flask
from flask import render_template, request

from sync.core.look.scores.claims import APPEAL
from sync.core.people.permissions import Person, files, may_send_feedback, sees
from sync.core.sheet.rows import issue_number, nearest
from sync.core.views.forms import forms
from sync.core.views.forms.forms import FORMS, Form
from sync.core.views.issue.acts import appealable
from sync.core.views.waiting import worklist
from sync.core.views.waiting.today import own_scores
from sync.core.views.waiting.worklist import Item
from sync.intake.forms import Answer, FilledForm, FormIntake
from sync.ledger.received.submissions import Sender
from webhook import access
from webhook.access import Site
from webhook.forms import report, uploads
from webhook.forms.submissions import MOST_LISTED, FormContext, PostedForm, answer, read_form, submit
from webhook.links import map_link
from webhook.look_cache import LookCache


def blueprint(
    site: Site, look_cache: LookCache, open_intake: Callable[[], FormIntake], nudge: Callable[[], None]
) -> flask.Blueprint:
    """The pages. ``open_intake`` opens the workbook when it is first called."""
    routes, context = flask.Blueprint("forms", __name__), FormContext(site, open_intake, nudge)
    _pages(routes, context, look_cache)
    uploads.add_routes(routes, context)
    report.add_routes(routes, context)

    @routes.get("/sw.js")
    def worker() -> flask.Response:
        static = f"{flask.current_app.root_path}/static"
        answer = flask.send_from_directory(static, "forms_worker.js", mimetype="text/javascript")
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return routes


def _pages(routes: flask.Blueprint, context: FormContext, look_cache: LookCache) -> None:
    @routes.get("/mine")
    @access.needs()
    def mine() -> str:
        person, now = access.visitor(), context.site.now()
        items = worklist.mine(context.site.service.ledger.current(), context.rules, person)
        late = [item.number for item in items if item.late(now)]
        return render_template(
            "mine.html", person=person, now=now, items=items[:MOST_LISTED], more=max(0, len(items) - MOST_LISTED),
            late=_late_words(look_cache, late), time_left=forms.time_left, map_link=_map_link(context),
            scores=own_scores(look_cache.now(), person) if person.streets else (),
            asks=files(person, "requests", "kind"),
        )  # fmt: skip

    @routes.get("/forms/<key>")
    @access.needs()
    def page(key: str) -> Any:
        form, person = FORMS.get(key) or flask.abort(404), access.visitor()
        asks = form.tab == "requests" and APPEAL in files(person, "requests", "kind")
        lines = appealable(look_cache.now(), person) if asks else ()
        return context.page(form, person, f"/forms/{key}", "/photos/upload/", lines)

    @routes.post("/forms/<key>")
    @access.needs()
    def send(key: str) -> Any:
        return _send(FORMS.get(key) or flask.abort(404), context, access.visitor())


def _map_link(context: FormContext) -> Callable[[Item], str]:
    return lambda item: map_link(context.rules, item.place_at, item.street)


def _late_words(look_cache: LookCache, numbers: Sequence[str]) -> dict[str, str]:
    """How late each of these issues is, by number, in the words of all pages."""
    look = look_cache.now() if numbers else None
    there = [number for number in numbers if look and number in look.followed]
    return {number: look.followed[number].late_words(look.rules, look.now) for number in there if look}


def _send(form: Form, context: FormContext, person: Person) -> Any:
    posted = read_form(request.get_json(silent=True))
    if posted is None:
        return flask.jsonify(state="mend", faults={"": "这份表单不完整，请刷新页面以后重新填。"}), 422
    if posted.person and posted.person != person.name:
        return flask.jsonify(state="other", words=f"这一份是{posted.person}填的，请他登录以后再发。"), 409
    done = context.intake.answered(posted.id, Sender(person.name))
    return answer(done or _submit(form, context, person, posted), context)


def _submit(form: Form, context: FormContext, person: Person, posted: PostedForm) -> Answer:
    asked = context.fields(form, person)
    source = {field.key: field.value for field in asked if field.key == "source"}  # of his role, where he chose none
    filled = FilledForm(posted.id, form, Sender(person.name), {**source, **posted.cells}, asked, {}, posted.at)
    return submit(context, filled, posted.photos, _issue_fault(form, context, person, posted.cells.get("issue", "")))


def _issue_fault(form: Form, context: FormContext, person: Person, typed: str) -> dict[str, str]:
    """A sentence for the field ``issue`` where the person may not answer or see that issue."""
    number, may = issue_number(typed), may_send_feedback if form.tab == "feedback" else sees
    if not number:
        return {}
    memory = context.site.service.ledger.current()  # an issue that can be answered has not left
    area = worklist.area_of(memory, number)
    if area and may(person, area):
        return {}
    hint = nearest(number, (item.number for item in worklist.mine(memory, context.rules, person)))
    return {"issue": f"「{number}」不在您名下，或者已经销号。{hint}请在“我的”里选。"}
