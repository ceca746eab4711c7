"""``/notices``: everybody's own notices, why each came, and how he wishes to hear of each kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flask
from flask import redirect, render_template, request

from sync.core.memory import Sent
from sync.core.notices.notices import GROUP, MAIL, NONE, OF_LETTERS, TYPED_OVER, demanded, grounds
from sync.core.people.permissions import Person, holds, sees_notice
from sync.core.rules.rules import Rules
from sync.core.rules.section_links import BOT_KINDS
from sync.core.rules.values import NOTICE_KINDS
from sync.ledger.sent.mails import Mails
from sync.ledger.sent.preferences import Preferences
from webhook import access
from webhook.access import Site

MOST_SHOWN = 100
NOT_SHOWN = "没有这条通知，或者不是发给您的。"
WORDS = {MAIL: "邮件", GROUP: "只看群消息", NONE: "不要"}


def blueprint(site: Site) -> flask.Blueprint:
    """The page, for everybody who has a role."""
    routes = flask.Blueprint("notices", __name__)

    @routes.get("/notices")
    @access.needs()
    def page() -> str:
        return _page(site, "已保存。" if "saved" in request.args else "")

    @routes.get("/notices/history/<path:number>")
    @access.needs()
    def history(number: str) -> Any:
        sent = site.service.ledger.memory().notices.get(number)
        if sent is None or not sees_notice(access.visitor(), sent.notice.to):
            access.refuse(NOT_SHOWN)
        return _history(site, sent)

    @routes.post("/notices")
    @access.needs()
    def save() -> Any:
        asked, preferences = demanded(site.service.rules()), Preferences(site.service.ledger)
        for kind in NOTICE_KINDS.values():
            channel = request.form.get(kind, "")
            if channel and channel not in _choices(kind, asked):
                return _page(site, f"「{kind}」是方案要求的，至少留一种收法。"), 400
            if channel:
                preferences.set(access.visitor().name, kind, channel)
        return redirect("/notices?saved=1", 303)

    return routes


def _choices(kind: str, asked: set[str]) -> tuple[str, ...]:
    return (MAIL, GROUP) if kind in asked else (MAIL, GROUP, NONE)


def _page(site: Site, message: str) -> str:
    person, rules, memory = access.visitor(), site.service.rules(), site.service.ledger.memory()
    asked, preferences = demanded(rules), Preferences(site.service.ledger).of(person.name)
    mine = [
        sent
        for sent in list(memory.notices.values())
        if sent.notice.to == person.name and sent.notice.channel not in BOT_KINDS
    ]
    mine.sort(key=lambda sent: (sent.notice.time, sent.notice.number), reverse=True)
    kinds = [(kind, _groups(site, kind), kind in asked, preferences.get(kind, MAIL), _choices(kind, asked))
             for kind in _kinds_of(person, mine, rules)]  # fmt: skip
    why = {kind: grounds(kind, person.roles, rules) for kind in (*NOTICE_KINDS.values(), *OF_LETTERS, TYPED_OVER)}
    return render_template("notices.html", message=message,
                           mine=mine[:MOST_SHOWN], count=len(mine), kinds=kinds, why=why,
                           send_at=[f"{hour:%H:%M}" for hour in rules.notices.send_at],
                           words=WORDS, mail=memory.addresses.get(person.name, ""))  # fmt: skip


def _history(site: Site, sent: Sent) -> str:
    service, notice = site.service, sent.notice
    attempts, again, batch = service.ledger.tries(notice.number)
    memory = service.ledger.memory()
    with_it = [memory.notices[other].notice for other in batch if other in memory.notices]
    mail_id = Mails(service.ledger).of_notice(notice.number) if access.visitor().oversees else ""
    return render_template("notice.html", mail_id=mail_id, sent=sent, notice=notice, attempts=attempts, again=again,
                           batch=with_it, mail=memory.addresses.get(notice.to, ""),
                           why=grounds(notice.kind, (), service.rules()),
                           letter=service.letter(notice.issue) if notice.issue else None)  # fmt: skip


def _kinds_of(person: Person, mine: Iterable[Sent], rules: Rules) -> list[str]:
    """The kinds of notice that come to a person: by a role, or because one came before."""
    got = {sent.notice.kind for sent in mine}
    got |= {NOTICE_KINDS[rule.event] for rule in rules.notices.send if holds(person, rule.to)}
    return [kind for kind in NOTICE_KINDS.values() if kind in got]


def _groups(site: Site, kind: str) -> list[str]:
    """The groups that hear of such events."""
    return [bot.name for bot in site.service.rules().bots if any(NOTICE_KINDS[event] == kind for event in bot.events)]
