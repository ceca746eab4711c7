"""The page on which the public reports: off unless the rules open it, without a login, limited, accepted by a person.

No name and no phone is asked for; the address that a report came from is stored as a digest that can't be read back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import flask
from flask import request

from sync.core.people.permissions import Person
from sync.core.rules.conditions import PUBLIC
from sync.core.views.forms.forms import REPORT
from sync.intake.forms import Answer, FilledForm
from sync.ledger.received.submissions import Sender
from webhook import limits
from webhook.access import Site
from webhook.forms.submissions import FormContext, PostedForm, answer, read_form, submit
from webhook.forms.uploads import take_piece

HOUR = timedelta(hours=1)
NOBODY = Person("", frozenset())
TRAP = "website"  # a field that no person sees


def add_routes(routes: flask.Blueprint, context: FormContext) -> None:
    @routes.get("/report")
    def report() -> Any:
        _require_open(context)
        return context.page(REPORT, NOBODY, "/report", "/report/photos/")

    @routes.post("/report")
    def reported() -> Any:
        _require_open(context)
        return _report(context)

    @routes.route("/report/photos/<name>", methods=["GET", "PUT"])
    def picture(name: str) -> Any:
        _require_open(context)
        sender, count = _sender(context.site), context.intake.submissions.public_photos
        if _too_many(context, sender, count, context.rules.forms.photos):
            return flask.jsonify(error="今天传的照片太多了，请过一小时再试。"), 429
        return take_piece(context, sender, name)


def _require_open(context: FormContext) -> None:
    """404 unless the rules let the public report."""
    if not context.rules.forms.public:
        flask.abort(404)


def _sender(site: Site) -> Sender:
    """The sender by whom limits count: a digest of the address."""
    return Sender(limits.address_digest(site.key, request.remote_addr), public=True)


def _too_many(context: FormContext, sender: Sender, count: Callable[..., int], each: int) -> bool:
    """Whether the sender, or all together, used up an hour's reports; ``each``: how many in each report."""
    limits, since = context.rules.forms, context.site.now() - HOUR
    own, total = count(since, sender.name), count(since)
    return own >= limits.public_per_hour * each or total >= limits.public_total_per_hour * each


def _report(context: FormContext) -> Any:
    sender, posted = _sender(context.site), read_form(request.get_json(silent=True))
    if posted is None:
        return flask.jsonify(state="mend", faults={"": "没有收到内容，请刷新页面以后重新填。"}), 422
    if posted.cells.get(TRAP):  # a robot filled it, and is answered as if all were well
        return flask.jsonify(state="in", words="已收到，谢谢您。"), 201
    done = context.intake.answered(posted.id, sender)
    if done is None and _too_many(context, sender, context.intake.submissions.public_reports, 1):
        return flask.jsonify(state="busy", words="这一小时收到的反映太多了，请过一会儿再试，或者打 12319。"), 429
    done = done or _submit(context, sender, posted)
    if done.state == "in":
        context.nudge()
        return flask.jsonify(state="in", words="已收到，谢谢您。核实以后会安排处理。"), 201
    return answer(done, context)


def _submit(context: FormContext, sender: Sender, posted: PostedForm) -> Answer:
    given = {key: value for key, value in posted.cells.items() if key != TRAP}
    asked, extra = context.fields(REPORT, NOBODY), {"source": PUBLIC, "reporter": "群众"}
    return submit(context, FilledForm(posted.id, REPORT, sender, given, asked, extra, posted.at), posted.photos)
