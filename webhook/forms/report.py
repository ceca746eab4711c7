"""The page on which the public reports: off until the rules open it, without a login, limited, not believed at once.

No name and no phone is asked for; the address that a report came from is kept as a digest that can't be read back.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import flask
from flask import render_template, request

from sync.core.people.permissions import Person
from sync.core.sheet.rows import Raw
from sync.core.views import forms
from sync.core.views.forms import REPORT, Choices, Field
from sync.intake.forms import PUBLIC, Answer, Counter, Handed
from webhook.access import Door
from webhook.forms.submissions import STATUS, Sent, Window, by_task, photo_lines, read, streets
from webhook.forms.uploads import take_piece

HOUR = timedelta(hours=1)


def add(routes: flask.Blueprint, door: Door, counter: Callable[[], Counter], nudge: Callable[[], None]) -> None:
    @routes.get("/report")
    def report() -> Any:
        _open_to_the_public(door)
        rules = door.service.rules()
        return render_template(
            "form.html", form=REPORT, fields=_asked(door), person=None, issues=(), tasks=by_task(rules), own=(),
            wish=rules.forms, chosen="", post="/report", uploads="/report/photos/",
        )  # fmt: skip

    @routes.post("/report")
    def reported() -> Any:
        _open_to_the_public(door)
        return _report(Window(door, counter(), nudge))

    @routes.route("/report/photos/<name>", methods=["GET", "PUT"])
    def picture(name: str) -> Any:
        _open_to_the_public(door)
        person, intake = _somebody(door), counter().intake
        wish = door.service.rules().forms
        mine, all_ = (intake.photos_since(door.now(), HOUR, owner) for owner in (person, PUBLIC))
        if mine >= wish.public_per_hour * wish.photos or all_ >= wish.public_total_per_hour * wish.photos:
            return flask.jsonify(error="今天传的照片太多了，请过一小时再试。"), 429
        return take_piece(door, counter(), person, name)


def _open_to_the_public(door: Door) -> None:
    if not door.service.rules().forms.public:
        flask.abort(404)


def _somebody(door: Door) -> str:
    """Who that is, as far as a limit needs it: a digest of the address, which can't be read back."""
    address = request.remote_addr or ""
    return PUBLIC + hmac.new(door.key.encode(), f"address\n{address}".encode(), hashlib.sha256).hexdigest()[:16]


def _asked(door: Door) -> tuple[Field, ...]:
    now = door.now()
    choices = Choices(streets(door.service, now))
    nobody = Person("", frozenset())
    return forms.fields(REPORT, door.service.templates["issues"], nobody, choices, door.service.rules())


def _report(window: Window) -> Any:
    person, wish = _somebody(window.door), window.service.rules().forms
    sent = read(request.get_json(silent=True))
    if sent is None:
        return flask.jsonify(state="mend", faults={"": "没有收到内容，请刷新页面以后重新填。"}), 422
    if sent.cells.get("website"):  # a field that no person sees; what fills it is told that all is well
        return flask.jsonify(state="in", words="已收到，谢谢您。"), 201
    intake, now = window.counter.intake, window.door.now()
    done = window.counter.answered(sent.id, person)
    if done is None and (
        intake.since(now, HOUR, person) >= wish.public_per_hour
        or intake.since(now, HOUR, PUBLIC) >= wish.public_total_per_hour
    ):
        return flask.jsonify(state="busy", words="这一小时收到的反映太多了，请过一会儿再试，或者打 12319。"), 429
    done = done or _from_the_public(window, person, sent)
    if done.state == "in":
        window.nudge()
        return flask.jsonify(state="in", words="已收到，谢谢您。核实以后会安排处理。"), 201
    return flask.jsonify(state=done.state, faults=dict(done.faults), **done.details), STATUS[done.state]


def _from_the_public(window: Window, person: str, sent: Sent) -> Answer:
    cells = {key: value for key, value in sent.cells.items() if key != "website"}
    cell, wrong = photo_lines(window, person, sent.photos, window.service.rules().forms.photos)
    if wrong:
        return Answer("mend", {}, wrong)
    extra: dict[str, Raw] = {"source": forms.PUBLIC, "reporter": "群众"}
    if cell:
        extra["photos"] = cell
    handed = Handed(sent.id, REPORT, person, cells, _asked(window.door), extra, sent.at)
    return window.counter.hand_in(handed, window.service.rules(), window.door.now())
