"""The people page: roles and access of each person; makes links (address, QR to print, mail) and revokes them."""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

import flask
import segno
from flask import render_template, request

from sync.core.people.ordering import place_order
from sync.core.people.permissions import OVERSEERS, Person, may_make_link, newcomers, people
from sync.core.rules.values import ROLES
from sync.ledger.visitors.sessions import NO_ACCESS, OpenAccess, Owner
from sync.operations.setting_up import address_notes
from sync.outgoing.mail import Failure
from sync.outgoing.mail_text import Message
from webhook import access
from webhook.access import Site

ROLE_ORDER = list(ROLES)


@dataclass(frozen=True)
class Row:
    """A person on the page."""

    person: Person
    roles: str
    access: OpenAccess
    has_mail: bool
    may_make: bool  # whether the visitor may make a link of his
    since: date | None = None  # his first day, where it is still to come


def blueprint(site: Site) -> flask.Blueprint:
    """The pages, for who oversees all."""
    routes = flask.Blueprint("people", __name__)

    @routes.get("/people")
    @access.needs(*OVERSEERS)
    def everybody() -> str:
        return _page(site)

    @routes.post("/people/link")
    @access.needs(*OVERSEERS)
    def make() -> Any:
        person, why_not = _asked_for(site)
        if person is None:
            return _page(site, f"{why_not}，链接没有做。"), 400
        made = site.link(person, site.service.address, access.visitor().name)
        return _link_page(site, person, made)

    @routes.get("/people/cards")
    @access.needs(*OVERSEERS)
    def choose() -> str:
        return _choose_cards(site, every=bool(request.args.get("all")))

    @routes.post("/people/cards")
    @access.needs(*OVERSEERS)
    def cards() -> Any:
        wanted = request.form.getlist("name")
        chosen = [holder for holder in _card_holders(site) if holder.person.name in wanted]
        if not chosen:
            return _choose_cards(site, "请至少选一个人，没有印。"), 400
        cards = [_card(site, holder) for holder in chosen]
        return render_template("cards.html", cards=cards, bureau=site.service.rules().bureau.name)

    @routes.post("/people/mail")
    @access.needs(*OVERSEERS)
    def mail() -> Any:
        person, why_not = _asked_for(site)
        message, status = _mail(site, person) if person else (f"{why_not}，没有发。", 400)
        return _page(site, message), status

    @routes.post("/people/revoke")
    @access.needs(*OVERSEERS)
    def revoke() -> Any:
        operator = bool(request.form.get("operator"))
        owner = Owner(site.operator.name if operator else request.form.get("name", ""), operator)
        count, name = site.sessions.revoke(owner, site.now()), owner.person
        return _page(site, f"{name}的链接和登录都收回了（{count} 个）。" if count else f"{name}没有可以收回的。")

    return routes


# Cards
@dataclass(frozen=True)
class CardHolder:
    """Somebody who may have a card. ``since``: his first day, where it is still to come; ``has_card``: a link of his
    opens."""

    person: Person
    roles: str
    since: date | None
    has_card: bool


def _card_holders(site: Site) -> list[CardHolder]:
    """Everybody whose links are good for long, today or later, as the plan counts them."""
    now = site.now()
    roster, access_of = site.service.roster(), site.sessions.by_owner(now)
    everybody: list[tuple[date | None, Person]] = [(None, person) for person in people(roster, now.date())]
    everybody += newcomers(roster, now.date())
    return [
        CardHolder(person, _described(site, person), since, bool(access_of.get(Owner(person.name), NO_ACCESS).links))
        for since, person in sorted(everybody, key=lambda pair: _rank(pair[1]))
        if not person.oversees
    ]


def _choose_cards(site: Site, message: str = "", *, every: bool = False) -> str:
    """The first of two steps: who gets a card. ``every``: all are ticked, also those who have one."""
    holders = _card_holders(site)
    return render_template(
        "cards_choose.html", holders=holders, message=message, notes=address_notes(site.service),
        address=site.service.address, every=every, without=sum(not holder.has_card for holder in holders),
    )  # fmt: skip


def _card(site: Site, holder: CardHolder) -> tuple[CardHolder, str]:
    """A new card; the one before opens nothing any more, whoever has it."""
    if holder.has_card:
        site.sessions.revoke(Owner(holder.person.name), site.now())
    return holder, qr(site.link(holder.person, site.service.address, access.visitor().name))


def _link_page(site: Site, person: Person, link: str) -> str:
    near = not site.service.settings.url  # the address may lead to this machine alone
    return render_template(
        "link.html", person=person, link=link, code=qr(link), roles=_described(site, person), near=near
    )


def _asked_for(site: Site) -> tuple[Person | None, str]:
    """Whose link the visitor asks for; None with the reason why he gets none."""
    person, why_not = site.link_holder(request.form.get("name", ""))
    if person is None:
        return None, why_not
    if not may_make_link(access.visitor(), person):
        return None, f"{person.name}的链接由领导小组办公室做"
    return person, ""


def qr(address: str) -> str:
    """The address as an SVG of any size to scan: dark on white, with the four modules of margin that readers want."""
    drawn = io.BytesIO()
    code = segno.make(address, error="m")
    code.save(drawn, kind="svg", border=4, light="#fff", omitsize=True, xmldecl=False, svgns=True, title="二维码")
    return drawn.getvalue().decode()


def _rank(person: Person) -> tuple[Any, ...]:
    """As the plan counts them, from the office down."""
    return min(ROLE_ORDER.index(role) for role in person.roles), place_order(person.name)


def role_words(person: Person) -> str:
    """A person's roles in Chinese, each with its districts, branches, units or streets."""
    over = {"commander": person.districts, "secretary": person.branches, "unit": person.units, "chief": person.streets}
    parts = []
    for role in sorted(person.roles, key=ROLE_ORDER.index):
        what = "、".join(sorted(over.get(role, ()), key=place_order))
        parts.append(ROLES[role] + (f"（{what}）" if what else ""))
    return "，".join(parts)


def _described(site: Site, person: Person) -> str:
    """His roles, and the units where others of his name are: whoever has the link has it for all of them."""
    units = site.service.roster().units_of(person.name, site.now().date())
    told = f"；「组织架构」里{'、'.join(units)}都有这个姓名，请先加单位区分" if len(units) > 1 else ""
    return role_words(person) + told


def _page(site: Site, message: str = "") -> str:
    now, visitor = site.now(), access.visitor()
    roster, access_of = site.service.roster(), site.sessions.by_owner(now)
    mails, everybody = roster.addresses(now.date()), sorted(people(roster, now.date()), key=_rank)
    rows = [
        Row(
            each, _described(site, each), access_of.get(Owner(each.name), NO_ACCESS), each.name in mails,
            may_make_link(visitor, each),
        )
        for each in everybody
    ]  # fmt: skip
    rows += [
        Row(each, _described(site, each), access_of.get(Owner(each.name), NO_ACCESS), False,
            may_make_link(visitor, each) and not each.oversees, since)
        for since, each in newcomers(roster, now.date())
    ]  # fmt: skip
    owners = {Owner(row.person.name) for row in rows}
    gone = sorted(
        (owner.person, opened) for owner, opened in access_of.items()
        if opened.count and owner not in owners and not owner.operator
    )  # fmt: skip
    operator = [opened for owner, opened in access_of.items() if owner.operator and opened.count]
    return render_template(
        "people.html", rows=rows, gone=gone, operator=operator, names={owner.person for owner in owners},
        message=message, mail=bool(site.service.settings.smtp),
    )  # fmt: skip


def _mail(site: Site, person: Person) -> tuple[str, int]:
    mailer, now = site.service.mailer, site.now()
    to = site.service.roster().addresses(now.date()).get(person.name, "")
    if mailer is None or not to:
        return "邮箱没有配置（JIELU_SMTP），没有发。" if not mailer else f"组织架构里没有{person.name}的邮箱。", 400
    link = site.link(person, site.service.address, access.visitor().name)
    short = "两小时内有效，只能用一次。" if person.oversees else "长期有效，请不要转给别人；丢了告诉标准化办收回。"
    text = f"{person.name}：\n\n这是您打开街路长台账的链接，{short}\n\n{link}\n"
    try:
        with mailer.open() as server:
            server.send(Message(to, "街路长台账：您的登录链接", text, secrets.token_hex(16)))
    except Failure as failure:
        return f"没有发出去：{failure}", 502
    return f"链接已经发到{person.name}的邮箱。", 200
