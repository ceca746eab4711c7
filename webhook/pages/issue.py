"""``/issues``: one page an issue: its photos, its place, what happened, why, and what the visitor may do.

And why a score line counts what it counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import flask
from flask import redirect, render_template

from sync.core.letters import addressees
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.look.scores.claims import APPEAL
from sync.core.people.permissions import sees_notice
from sync.core.scores.lines import Line
from sync.core.sheet.rows import issue_number
from sync.core.sheet.values.photos import photo_lines
from sync.core.views.forms import forms
from sync.core.views.issue import acts, reasons
from sync.core.views.issue import explain as explanations
from sync.core.views.issue.acts import Act
from sync.core.views.issue.history import history, photos_after
from sync.core.views.issue.listing import is_his
from sync.ledger.received.submissions import Sender, Submissions
from webhook import access
from webhook.access import Site
from webhook.links import map_link
from webhook.look_cache import LookCache

NO_ISSUE = "没有这个编号的问题，或者不归您看。"
NO_LINE = "没有这条扣分明细，或者不归您看。"
UNSEEN = timedelta(hours=1)  # how old a form may be that no look has seen


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """An issue by its 编号, a line by its 明细号."""
    routes = flask.Blueprint("issue", __name__)

    @routes.get("/issues/<number>")
    @access.needs()
    def page(number: str) -> Any:
        look, number = look_cache.now(), issue_number(number)
        return _issue(site, look, number) if sees_issue(look, number) else _reported(site, look, number)

    @routes.get("/explain/<number>")
    @access.needs()
    def moved(number: str) -> Any:
        """The address of the page in 0.1, which stands in bookmarks."""
        return redirect(f"/issues/{quote(number)}", 301)

    @routes.get("/explain/line/<path:number>")
    @access.needs()
    def score_line(number: str) -> Any:
        look = look_cache.now()
        line = reasons.line_of(look, number)
        return _line(look, line) if line and sees_line(look, line) else access.refuse(NO_LINE)

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
    return number in look.followed and is_his(look, access.visitor(), look.followed[number])


def sees_line(look: Look, line: Line) -> bool:
    """Whether a line is the visitor's to see."""
    return acts.sees_line(look, access.visitor(), line)


def address(act: Act, number: str) -> str:
    """Where something is done about an issue: the form with what is known filled in, or its card on the page 复核."""
    return f"/forms/{act.form}?{urlencode(act.cells)}" if act.form else f"/verify#i{number}"


def appeal(line: Line, case: str = "") -> str:
    """The form for 申诉 against a line; ``case``: of a computed line, the issue that it should be without."""
    cells = {"kind": APPEAL, "line": line.id, "issue": case}
    return f"/forms/requests?{urlencode({key: text for key, text in cells.items() if text})}"


def _map_link(look: Look, followed: Followed) -> str:
    cells = followed.issue.cells
    place = (cells["longitude"], cells["latitude"]) if "longitude" in cells and "latitude" in cells else None
    return map_link(look.rules, place, followed.stamps.street)


def _issue(site: Site, look: Look, number: str) -> str:
    person, followed = access.visitor(), look.followed[number]
    notices = [sent for sent in look.memory.notices.values() if sent.notice.issue == number]
    notices.sort(key=lambda sent: (sent.notice.time, sent.notice.number))
    return render_template(
        "issue.html", explanation=explanations.of(look, number), follow=followed, now=look.now,
        late=followed.late_words(look.rules, look.now), time_left=forms.time_left,
        before=photo_lines(followed.issue.cells.get("photos")), after=photos_after(look, followed),
        entries=history(look, followed), map_link=_map_link(look, followed), address=address, appeal=appeal,
        acts=acts.acts(look, person, followed), seen=sees_issue(look, followed.stamps.joined),
        notices=[(sent, sees_notice(person, sent.notice.to)) for sent in notices],
        trail=site.service.trail(number) if person.oversees else (),
        lines=[(line, sees_line(look, line), acts.may_appeal(look, person, line))
               for line in explanations.lines_of(look, number)],
        letters=[each for each in look.memory.letters.values()
                 if any(f.number == number for f in each.facts) and addressees.sees(person, each)],
    )  # fmt: skip


def _line(look: Look, line: Line) -> str:
    cases = line.reckoning.against() if line.reckoning else ()
    return render_template(
        "line.html", line=line, explanation=reasons.reason(look, line.id), appeal=appeal,
        may_appeal=acts.may_appeal(look, access.visitor(), line),
        issue=line.issue if sees_issue(look, line.issue) else "",
        cases=[(case, sees_issue(look, case)) for case in cases],
    )  # fmt: skip
