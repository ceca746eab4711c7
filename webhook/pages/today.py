"""``/``: what waits today, for each by his role; a chief has his own at /mine.

Requests are answered and letters signed here as well: the forms go to /answers and /letters, which lead back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import flask
from flask import redirect, render_template, request

from sync.core.duties.duties import Owed
from sync.core.letters import letters
from sync.core.letters.addressees import districts
from sync.core.letters.letters import LETTER, Letter
from sync.core.look.findings import Look
from sync.core.people.permissions import Person, holds, may_sign
from sync.core.views.waiting import today as views
from sync.core.views.waiting.agenda import agenda
from sync.core.views.waiting.questions import Question
from webhook import access
from webhook.access import Site
from webhook.look_cache import LookCache
from webhook.pages.answers import questions
from webhook.pages.periods.week import LEVELS

DONE = {"answered": "已批复。", "signed": "已签发。"}  # by the parameter that the other pages lead back with
PLACES = {  # where a figure leads: for who oversees all, for others
    views.NEW: ("/rows?since={yesterday}", "/rows?since={yesterday}"),
    views.LATE: ("/rows?late=1&sort=deadline", "/rows?late=1&sort=deadline"),
    views.TO_VERIFY: ("/verify", "/rows?state=待复核"),
    views.TO_ACCEPT: ("/verify#a-title", ""),
    views.TO_ANSWER: ("/answers", "/answers"),
    views.TO_SIGN: ("/letters", "/letters"),
    views.TO_REPLY: ("/letters", "/letters"),
}


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """The page."""
    routes = flask.Blueprint("today", __name__)

    @routes.get("/")
    @access.needs()
    def page() -> Any:
        if not holds(access.visitor(), LEVELS):
            return redirect("/mine")
        return _page(look_cache.now(), questions(site, look_cache))

    return routes


def _page(look: Look, asked: list[Question]) -> str:
    person, args = access.visitor(), request.args
    return render_template(
        "today.html", person=person, now=look.now, today=views.today(look, person), agenda=agenda(look, person),
        place=place, most=views.MOST, rules=look.rules, duties=_duties(look, person),
        questions=[question for question in asked if question.print != args.get("answered")],
        drafts=[letter for letter in _drafts(look, person) if letter.key != args.get("signed")],
        message="".join(sentence for key, sentence in DONE.items() if key in args),
    )  # fmt: skip


def place(figure: views.Figure, person: Person, day: date) -> str:
    """Where a figure leads."""
    overseers, others = PLACES[figure.name]
    return (overseers if person.oversees else others).replace("{yesterday}", f"{day - timedelta(days=1)}")


def _drafts(look: Look, person: Person) -> list[Letter]:
    """Letters that wait for this person's signature; whoever runs the service signs nothing."""
    signers = look.rules.letters.signers
    drafts = (each for each in look.memory.letters.values() if each.kind == LETTER and each.state == letters.DRAFT)
    return [each for each in drafts if not person.operator and may_sign(person, signers, districts(each))]


def _duties(look: Look, person: Person) -> Sequence[Owed]:
    """What he owes this week, with the days on which he did it."""
    monday = look.duties.monday
    return [duty for duty in look.duties.due(monday, monday + timedelta(days=6)) if person.name in duty.names]
