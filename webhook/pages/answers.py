"""``/answers``: what waits for a superior's 批复 or 意见, each for his own area, written into the row that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import flask
from flask import redirect, render_template, request

from sync.core.people.permissions import SUPERIORS
from sync.core.sheet import plan
from sync.core.sheet.rows import Raw, plain
from sync.core.views.waiting.questions import Question, waiting
from sync.sheets.answers import Verdict
from webhook import access, writing
from webhook.access import Site
from webhook.look_cache import LookCache

ANSWERS = ("同意", "不同意")


def blueprint(site: Site, look_cache: LookCache, nudge: Callable[[], None]) -> flask.Blueprint:
    """The page and the answers that it gives."""
    routes = flask.Blueprint("answers", __name__)

    @routes.get("/answers")
    @access.needs(*SUPERIORS)
    def page() -> str:
        return _page(site, look_cache)

    @routes.post("/answers")
    @access.needs(*SUPERIORS)
    def answer() -> Any:
        given = request.form
        row = (given.get("tab"), given.get("row"))
        asked = next((question for question in questions(site, look_cache) if question.row == row), None)
        if asked is None:
            return _page(site, look_cache, "这一条已经有人批复了，或者不归您批复，没有改动。"), 409
        if given.get("answer") not in ANSWERS:
            return _page(site, look_cache, "请选同意或不同意。"), 422
        sentence, status = _write(site, nudge, asked, given["answer"])
        if status == 200 and given.get("page") == "today":
            return redirect(f"/?{urlencode({'answered': asked.print})}", 303)
        return _page(site, look_cache, sentence, done=asked if status == 200 else None), status

    return routes


def questions(site: Site, look_cache: LookCache) -> list[Question]:
    """What waits for the visitor's answer."""
    service, look = site.service, look_cache.now()
    lines = {line.id: line for line in look.scored.every}
    day = site.now().date()
    return waiting(service.ledger.memory(), service.roster(), service.rules(), access.visitor(), day, lines)


def _page(site: Site, look_cache: LookCache, message: str = "", done: Question | None = None) -> str:
    """``done``: answered just now; it stays in the ledger's memory until the next look."""
    asked = [question for question in questions(site, look_cache) if done is None or question.row != done.row]
    return render_template("answers.html", listed=asked, message=message)


def _write(site: Site, nudge: Callable[[], None], asked: Question, given: str) -> tuple[str, int]:
    service = site.service
    now = site.now().replace(microsecond=0)  # a moment that lies ahead would wait for the look after the next
    cells: dict[str, Raw] = {asked.column: given}
    if asked.tab == "requests":
        cells |= {"approver": access.visitor().name, "answered_at": plan.to_raw(now, service.rules().bureau.zone)}
    verdict = Verdict(asked.print, cells, lambda row: _taken(row, asked), asked.tab)
    sentence, status = writing.write(service, verdict, nudge)
    return sentence or f"{asked.kind}：已批复「{given}」。", status


def _taken(row: Mapping[str, Raw], asked: Question) -> str:
    stands = plain(row[asked.column])
    return f"刚才已经批复为「{stands}」，没有改动。" if stands else ""
