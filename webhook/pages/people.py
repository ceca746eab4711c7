"""The people page: who holds what, who has a way in; make a link (address, QR to print, mail) and take it back."""

from __future__ import annotations

import io
import secrets
from typing import Any

import flask
import segno
from flask import render_template, request

from sync.core.people.permissions import OVERSEERS, Person, people
from sync.core.people.roster import ROLES
from sync.outgoing.mail import Failure, Letter
from webhook import access
from webhook.access import Door

ORDER = list(ROLES)


def blueprint(door: Door) -> flask.Blueprint:
    """The pages, for who oversees all."""
    routes = flask.Blueprint("people", __name__)

    @routes.get("/people")
    @access.needs(*OVERSEERS)
    def everybody() -> str:
        return _page(door)

    @routes.post("/people/link")
    @access.needs(*OVERSEERS)
    def make() -> Any:
        person = door.person(request.form.get("name", ""))
        if person is None:
            return _page(door, "组织架构和街路名册里没有这个人，链接没有做。"), 400
        made = door.link(person, door.service.settings.url or request.host_url.rstrip("/"))
        return render_template("link.html", person=person, link=made, code=qr(made), roles=role_words(person))

    @routes.post("/people/cards")
    @access.needs(*OVERSEERS)
    def cards() -> str:
        now, base = door.now(), door.service.settings.url or request.host_url.rstrip("/")
        held = door.visits.keys(now)
        without = [
            person for person in people(door.service.roster(), now.date())
            if not person.oversees and not (person.name in held and held[person.name].links)
        ]  # fmt: skip
        cards_ = [(person, role_words(person), qr(door.link(person, base))) for person in sorted(without, key=_rank)]
        return render_template("cards.html", cards=cards_)

    @routes.post("/people/mail")
    @access.needs(*OVERSEERS)
    def mail() -> Any:
        person = door.person(request.form.get("name", ""))
        message, status = _mail(door, person) if person else ("组织架构里没有这个人，没有发。", 400)
        return _page(door, message), status

    @routes.post("/people/revoke")
    @access.needs(*OVERSEERS)
    def revoke() -> Any:
        name = request.form.get("name", "")
        count = door.visits.revoke(name, door.now())
        return _page(door, f"{name}的链接和登录都收回了（{count} 个）。" if count else f"{name}没有可以收回的。")

    return routes


def qr(address: str) -> str:
    """The address as an SVG to scan."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=4, border=2, xmldecl=False, svgns=True, title="二维码")
    return drawn.getvalue().decode()


def _rank(person: Person) -> tuple[int, str]:
    """As the plan counts them, from the office down."""
    return min(ORDER.index(role) for role in person.roles), person.name


def role_words(person: Person) -> str:
    """His roles as staff call them, with what they are over."""
    over = {"commander": person.districts, "secretary": person.branches, "unit": person.units, "chief": person.streets}
    parts = []
    for role in sorted(person.roles, key=ORDER.index):
        what = "、".join(sorted(over.get(role, ())))
        parts.append(ROLES[role] + (f"（{what}）" if what else ""))
    return "，".join(parts)


def _page(door: Door, message: str = "") -> str:
    now = door.now()
    roster, keys = door.service.roster(), door.visits.keys(now)
    mails, everybody = roster.addresses(now.date()), sorted(people(roster, now.date()), key=_rank)
    rows = [(person, role_words(person), keys.get(person.name), person.name in mails) for person in everybody]
    gone = sorted(name for name, held in keys.items() if held.links + held.sessions and name not in _names(rows))
    return render_template("people.html", rows=rows, gone=gone, message=message, mail=bool(door.service.settings.smtp))


def _names(rows: list[Any]) -> set[str]:
    return {row[0].name for row in rows} | {access.OPERATOR}


def _mail(door: Door, person: Person) -> tuple[str, int]:
    post, now = door.service.mail, door.now()
    to = door.service.roster().addresses(now.date()).get(person.name, "")
    if post is None or not to:
        return ("邮箱没有配置（JIELU_SMTP），没有发。" if post is None else f"组织架构里没有{person.name}的邮箱。"), 400
    link = door.link(person, door.service.settings.url or request.host_url.rstrip("/"))
    short = "两小时内有效，只能用一次。" if person.oversees else "长期有效，请不要转给别人；丢了告诉标准化办收回。"
    text = f"{person.name}：\n\n这是您打开街路长台账的链接，{short}\n\n{link}\n"
    try:
        with post.open() as server:
            post.send(server, Letter(to, "街路长台账：您的登录链接", text, secrets.token_hex(16)))
    except Failure as failure:
        return f"没有发出去：{failure}", 502
    return f"链接已经发到{person.name}的邮箱。", 200
