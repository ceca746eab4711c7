"""``/explain``: why an issue stands where it stands, and why a score line counts what it counts."""

from __future__ import annotations

from typing import Any

import flask
from flask import render_template

from sync.core.letters import addressees
from sync.core.look.findings import Look
from sync.core.people.permissions import Person, sees, sees_score
from sync.core.scores.lines import Line
from sync.core.sheet.rows import plain
from sync.core.views import explain as explanations
from sync.core.views import reasons
from webhook import access
from webhook.access import Site
from webhook.look_cache import LookCache

NO_ISSUE = "没有这个编号的问题，或者不归您看。"
NO_LINE = "没有这条扣分明细，或者不归您看。"


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """An issue by its 编号, a line by its 明细号."""
    routes = flask.Blueprint("explain", __name__)

    @routes.get("/explain/<number>")
    @access.needs()
    def issue(number: str) -> Any:
        person, look = access.current_person(), look_cache.now()
        if person is None or not sees_issue(look, person, number):
            return _elsewhere(NO_ISSUE)
        explanation = explanations.of(look, number)
        return _issue(site, look, person, number, explanation) if explanation else _elsewhere(NO_ISSUE)

    @routes.get("/explain/line/<path:number>")
    @access.needs()
    def score_line(number: str) -> Any:
        person, look = access.current_person(), look_cache.now()
        line = reasons.line_of(look, number)
        if person is None or line is None or not sees_line(look, person, line):
            return _elsewhere(NO_LINE)
        return render_template("explain_line.html", line=line, explanation=reasons.reason(look, number),
                               issue=line.issue if sees_issue(look, person, line.issue) else "")  # fmt: skip

    return routes


def _elsewhere(sentence: str) -> Any:
    return render_template("closed.html", sentence=sentence), 404


def sees_issue(look: Look, person: Person, number: str) -> bool:
    """Whether the issue is his to see."""
    followed = look.followed.get(number)
    if followed is None:
        return False
    if person.oversees or not followed.stamps.street:
        return person.oversees
    stamps = followed.stamps
    area = {"street": stamps.street, "branch": stamps.branch, "district": stamps.district, "chief": stamps.chief}
    return sees(person, {**area, "unit": followed.life.unit})


def sees_line(look: Look, person: Person, line: Line) -> bool:
    """Whether a line is his to see: with the score that it is part of, or because he was the chief of that day."""
    mine = bool(line.chief) and line.chief == person.name
    return mine or sees_score(person, line.kind, line.target, look.roster, look.now.date())


def _issue(site: Site, look: Look, person: Person, number: str, explanation: explanations.Explanation) -> str:
    follow = look.followed[number]
    by_id = {line.id: line for line in look.scored.every if line.issue == number}
    lines = [by_id.get(line.id, line) for line in follow.lines]
    lines += [line for line in by_id.values() if line.id not in {each.id for each in lines}]
    row = look.memory.known.get("issues", {}).get(number)
    notices = [sent for sent in look.memory.notices.values() if sent.notice.issue == number]
    notices.sort(key=lambda sent: (sent.notice.time, sent.notice.number))
    return render_template(
        "explain.html", explanation=explanation, follow=follow, notices=notices, trail=site.service.trail(number),
        lines=[(line, sees_line(look, person, line)) for line in lines], detail=explanations.DETAIL,
        words=explanations.step_words, cells={key: plain(value) for key, value in row.cells.items()} if row else {},
        letters=[each for each in look.memory.letters.values()
                 if any(f.number == number for f in each.facts) and addressees.sees(person, each)],
    )  # fmt: skip
