"""What people fill outside: 我的 and the four forms.

The pages work without a signal once they were opened (``sw.js``); what is sent carries an id made on the phone, so that
sending it again changes nothing. Nobody names himself: the sender is the visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flask
from flask import render_template, request

from sync.core.people.permissions import Person, answers, sees
from sync.core.sheet.rows import Raw
from sync.core.views import forms, worklist
from sync.core.views.forms import FORMS, Form
from sync.intake.forms import Answer, Counter, Handed
from sync.service import Service
from webhook import access
from webhook.access import Door
from webhook.forms import report, uploads
from webhook.forms.submissions import MOST_LISTED, Sent, Window, answer, by_task, counter_of, photo_lines, read, sender

__all__ = ["blueprint", "counter_of"]


def blueprint(door: Door, counter: Callable[[], Counter], nudge: Callable[[], None]) -> flask.Blueprint:
    """The pages. ``counter`` opens the workbook when it is first asked for."""
    routes = flask.Blueprint("forms", __name__)
    _pages(routes, door, counter, nudge)
    uploads.add(routes, door, counter)
    report.add(routes, door, counter, nudge)

    @routes.get("/sw.js")
    def worker() -> flask.Response:
        static = f"{flask.current_app.root_path}/static"
        answer = flask.send_from_directory(static, "forms_worker.js", mimetype="text/javascript")
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return routes


def _pages(routes: flask.Blueprint, door: Door, counter: Callable[[], Counter], nudge: Callable[[], None]) -> None:
    @routes.get("/mine")
    @access.needs()
    def mine() -> str:
        person, now = sender(), door.now()
        service = door.service
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
        person, window = sender(), Window(door, counter(), nudge)
        choices = window.choices(person)
        rules = door.service.rules()
        asked = forms.fields(form, door.service.templates[form.tab], person, choices, rules)
        return render_template(
            "form.html", form=form, fields=asked, person=person, issues=choices.issues, tasks=by_task(rules),
            own=person.streets, wish=rules.forms, chosen=request.args.get("issue", ""), post=f"/forms/{key}",
            uploads="/photos/upload/",
        )  # fmt: skip

    @routes.post("/forms/<key>")
    @access.needs()
    def send(key: str) -> Any:
        form = FORMS.get(key)
        if form is None:
            flask.abort(404)
        return _send(form, Window(door, counter(), nudge), sender())


def _send(form: Form, window: Window, person: Person) -> Any:
    sent = read(request.get_json(silent=True))
    if sent is None:
        return flask.jsonify(state="mend", faults={"": "这份表单不完整，请刷新页面以后重新填。"}), 422
    if sent.person and sent.person != person.name:
        return flask.jsonify(state="other", words=f"这一份是{sent.person}填的，请他登录以后再发。"), 409
    done = window.counter.answered(sent.id, person.name)
    return answer(done or _hand_in(form, window, person, sent), window)


def _hand_in(form: Form, window: Window, person: Person, sent: Sent) -> Answer:
    service, rules = window.service, window.service.rules()
    asked = forms.fields(form, service.templates[form.tab], person, window.choices(person), rules)
    cell, wrong = photo_lines(window, person.name, sent.photos, rules.forms.photos)
    wrong |= _not_his(form, service, person, sent.cells)
    if wrong:
        return Answer("mend", {}, wrong)
    extra: dict[str, Raw] = {"photos": cell} if cell else {}
    source = {field.key: field.value for field in asked if field.key == "source"}  # his role's, unless he chose another
    handed = Handed(sent.id, form, person.name, {**source, **sent.cells}, asked, extra, sent.at)
    return window.counter.hand_in(handed, rules, window.door.now())


def _not_his(form: Form, service: Service, person: Person, cells: Mapping[str, str]) -> dict[str, str]:
    """An issue that he may not answer, or may not see: said in its place."""
    number = cells.get("issue", "").strip()
    if not number:
        return {}
    may = (lambda facts: answers(person, facts) or person.oversees) if form.tab == "feedback" else (
        lambda facts: sees(person, facts))  # fmt: skip
    if number in worklist.numbers(service.ledger.memory(), may):
        return {}
    return {"issue": f"「{number}」不在您名下，或者已经销号。请在“我的”里选。"}
