"""``/explain``: why an issue stands where it stands, and why a score line counts what it counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import flask
from flask import render_template

from sync.core.letters import addressees
from sync.core.look.findings import Look
from sync.core.people.permissions import above, sees, sees_notice, sees_score
from sync.core.scores.lines import Line
from sync.core.sheet.rows import issue_number
from sync.core.views import explain as explanations
from sync.core.views import reasons
from sync.ledger.submissions import Sender, Submissions
from webhook import access
from webhook.access import Site
from webhook.look_cache import LookCache

NO_ISSUE = "没有这个编号的问题，或者不归您看。"
NO_LINE = "没有这条扣分明细，或者不归您看。"
UNSEEN = timedelta(hours=1)  # how old a form may be that no look has seen


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """An issue by its 编号, a line by its 明细号."""
    routes = flask.Blueprint("explain", __name__)

    @routes.get("/explain/<number>")
    @access.needs()
    def issue(number: str) -> Any:
        look, number = look_cache.now(), issue_number(number)
        explanation = explanations.of(look, number) if sees_issue(look, number) else None
        return _issue(site, look, number, explanation) if explanation else _reported(site, look, number)

    @routes.get("/explain/line/<path:number>")
    @access.needs()
    def score_line(number: str) -> Any:
        look = look_cache.now()
        line = reasons.line_of(look, number)
        if line is None or not sees_line(look, line):
            access.refuse(NO_LINE)
        return render_template("explain_line.html", line=line, explanation=reasons.reason(look, number),
                               issue=line.issue if sees_issue(look, line.issue) else "")  # fmt: skip

    return routes


def _reported(site: Site, look: Look, number: str) -> str:
    """What a form's sender was answered, for him and for who oversees all, until the next look knows the issue."""
    person, now = access.visitor(), site.now()
    submitted = Submissions(site.service.ledger).around(now, UNSEEN) if number not in look.followed else []
    for submission in submitted:
        answer, mine = submission.details, submission.sender == Sender(person.name)
        if answer.get("number") == number and (mine or person.oversees):
            deadline = datetime.fromisoformat(answer["deadline"]) if answer.get("deadline") else None
            return render_template("reported.html", answer=answer, deadline=deadline, at=submission.at)
    return access.refuse(NO_ISSUE)


def sees_issue(look: Look, number: str) -> bool:
    """Whether there is such an issue and it is the visitor's to see."""
    return number in look.followed and sees(access.visitor(), look.followed[number].area)


def sees_line(look: Look, line: Line) -> bool:
    """Whether a line is the visitor's to see: with the score that it is part of, or as the chief of that day."""
    places = above(look.roster, line.kind, line.target, look.now.date())
    return sees_score(access.visitor(), line.kind, line.target, places, line.chief)


def _issue(site: Site, look: Look, number: str, explanation: explanations.Explanation) -> str:
    person, follow = access.visitor(), look.followed[number]
    notices = [sent for sent in look.memory.notices.values() if sent.notice.issue == number]
    notices.sort(key=lambda sent: (sent.notice.time, sent.notice.number))
    return render_template(
        "explain.html", explanation=explanation, follow=follow, late=follow.late_words(look.rules, look.now),
        notices=[(sent, sees_notice(person, sent.notice.to)) for sent in notices],
        trail=site.service.trail(number) if person.oversees else (),
        lines=[(line, sees_line(look, line)) for line in explanations.lines_of(look, number)],
        letters=[each for each in look.memory.letters.values()
                 if any(f.number == number for f in each.facts) and addressees.sees(person, each)],
    )  # fmt: skip
