"""Who may see and do what: personal links that open sessions, and the roles that 组织架构 gives on that day.

A link of the office and the standards office is good for two hours and one use; a chief's is good until it is revoked
or was not used for a year. A cookie carries the session's secret and no more. Roles are looked up with every request: a
person who left has no access at once, and who came to oversee all needs a link for one use. The operator is no name:
his links are made by the command line alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import flask
from flask import g, redirect, render_template, request, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from sync.core.people.permissions import Person, holds, starting
from sync.core.people.permissions import person as find
from sync.core.people.roster import OPERATOR, RESERVED
from sync.ledger.visitors.sessions import Owner, Session, Sessions
from sync.operations import setting_up
from sync.service import Service
from sync.settings import SettingsError
from webhook.refusals import refusal

ONE_USE_LINK = timedelta(hours=2)  # how long a link for one use is good
OVERSEER_SESSION = timedelta(hours=12)  # how long a session lasts of a person who oversees all
LONGEST_SESSION = timedelta(days=180)  # how long everybody else's lasts
SIGNED_PATHS = ("/v4/", "/drive/", "/upload/", "/token", "/hooks/")  # their requests carry a token or a signature
NO_LINK = "这个链接已经用过、过期或者被收回了，请向标准化办要一个新的。"
USED_ADDRESS = (
    "这个地址已经用过或者过期了：它只能用一次，两小时有效。要接着设置，请运行服务的人在服务器上运行 "
    "jielu link --operator，打开新打印的地址。"
)
COMING = "{name}，您的职务从 {since:%Y年%m月%d日} 起。到那一天再打开这个链接（或者扫同一张卡片）就能进来，不用换新的。"
SAFE = ("GET", "HEAD", "OPTIONS")
OF_BEFORE = {"digest_method": hashlib.sha1}  # what signed links and cookies until 0.2
View = TypeVar("View", bound=Callable[..., Any])


def secret(given: str, data: Path) -> str:
    """The key of this installation: the one given, else one that is made once and stored in the data folder."""
    if given:
        return given
    path = data / "secret"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        _make_secret(path)
    return path.read_text().strip()


def _make_secret(path: Path) -> None:
    """Write a new key in whole or not at all; where another process was first, its key counts."""
    half = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        with contextlib.suppress(FileExistsError):
            os.link(half, path)
    finally:
        half.unlink()


class Cookies(SecureCookieSessionInterface):
    """Signs by SHA-256, and takes cookies of before."""

    digest_method = staticmethod(hashlib.sha256)

    def get_signing_serializer(self, app: flask.Flask) -> URLSafeTimedSerializer | None:
        """What signs and checks a cookie."""
        serializer = super().get_signing_serializer(app)
        if serializer:
            serializer.fallback_signers = [{**OF_BEFORE, "key_derivation": self.key_derivation}]
        return serializer


@dataclass(frozen=True)
class Site:
    """Links and sessions of one bureau, signed with the key of its installation."""

    service: Service
    key: str

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.service.ledger)

    def now(self) -> datetime:
        return self.service.now()

    def person(self, name: str) -> Person | None:
        """The person of that name with the roles of today; None where the roster has none."""
        return find(self.service.roster(), name, self.now().date())

    def starting(self, name: str) -> tuple[date, Person] | None:
        """From which day on that name holds something, and what; None where it does today, or never will."""
        return starting(self.service.roster(), name, self.now().date())

    def link_holder(self, name: str) -> tuple[Person | None, str]:
        """Who of that name may have a link now, today or for a later day; None with the reason where nobody may."""
        if person := self.person(name):
            return person, ""
        coming = self.starting(name)
        if coming is None:
            return None, f"组织架构和街路名册里今天没有「{name}」"
        since, person = coming
        late = f"{name}从 {since:%Y-%m-%d} 起任职，他的链接只有两小时，到那天再做"
        return (None, late) if person.oversees else (person, "")

    @property
    def operator(self) -> Person:
        """Who runs the service: sees all, stands in no sheet."""
        return Person(OPERATOR, frozenset({"office"}), operator=True)

    def person_of(self, owner: Owner) -> Person | None:
        """Whoever has a link or a session, with the roles of today; None where he has none."""
        return self.operator if owner.operator else self.person(owner.person)

    def visitor(self, opened: Session) -> Person | None:
        """The person of an open session; None where he has no role today, or oversees all and came in too long ago."""
        person = self.person_of(opened.owner)
        return None if person and person.oversees and opened.since + OVERSEER_SESSION <= self.now() else person

    def link(self, person: Person, base: str, maker: str = "") -> str:
        """The address of a new link, with its signed secret behind the #, which browsers send to nobody: it stands in
        no log of a server or proxy. ``maker``: who makes it; empty: the command line."""
        now, once = self.now(), person.oversees
        owner, until = Owner(person.name, person.operator), now + ONE_USE_LINK if once else None
        made = self.sessions.make_link(owner, now, until=until, once=once, maker=maker)
        return f"{base}/enter#{self._signer.dumps(made)}"

    @property
    def _signer(self) -> URLSafeSerializer:
        signed = {"digest_method": hashlib.sha256}
        return URLSafeSerializer(self.key, salt="personal-link", signer_kwargs=signed, fallback_signers=[OF_BEFORE])

    def secret_of(self, token: str) -> str:
        """The secret in a link's token; empty where this installation did not sign it."""
        try:
            return str(self._signer.loads(token))
        except BadSignature:
            return ""

    def holder(self, token: str) -> Person | None:
        """Whose link it is, with the roles of today; None where it opens nothing: a link that is good for long is none
        for who oversees all by now."""
        link = self.sessions.link(self.secret_of(token), self.now())
        person = self.person_of(link.owner) if link else None
        return None if person and link and person.oversees and not link.once else person

    def closed(self, token: str) -> str:
        """Why a link's token opens nothing, in a sentence."""
        link = self.sessions.link(self.secret_of(token), self.now())
        coming = self.starting(link.owner.person) if link and not link.owner.operator else None
        if coming:
            return COMING.format(name=coming[1].name, since=coming[0])
        return USED_ADDRESS if setting_up.is_open(self.service) else NO_LINK


def operator_link(service: Service, base: str) -> str:
    """A new link of the operator, for one use."""
    site = site_of(service)
    return site.link(site.operator, base)


def link(service: Service, name: str, base: str) -> str:
    """A new personal link. Raises ``SettingsError`` for a name that has no role today."""
    site = site_of(service)
    if name in RESERVED:
        raise SettingsError(f"「{name}」不是人名。运行服务的人的链接用 jielu link --operator 做。")
    person, why_not = site.link_holder(name)
    if person is None:
        raise SettingsError(f"{why_not}。姓名要和表里写的一样；刚改的先运行 jielu tick。")
    return site.link(person, base)


def site_of(service: Service) -> Site:
    """Links and sessions of a bureau, with the key of its own installation."""
    return Site(service, key_of(service))


def key_of(service: Service) -> str:
    """The key of a bureau's installation."""
    return secret(service.settings.secret, service.settings.data)


def install(app: flask.Flask, service: Service, key: str) -> Site:
    """Add sessions to the application, and refuse requests that another site makes a browser send."""
    site = Site(service, key)
    app.extensions["site"] = site
    app.session_interface = Cookies()

    @app.before_request
    def same_origin() -> Any:
        if request.method in SAFE or request.path.startswith(SIGNED_PATHS) or _from_here(service.settings.url):
            return None
        return refusal("这个请求不是从本系统的页面发出的，没有执行。请回到页面上再试一次。", 403)

    @app.context_processor
    def shown() -> dict[str, Any]:
        now, looked = site.now(), site.service.ledger.current().last_tick
        last_look = looked.astimezone(now.tzinfo) if looked else None
        person = current_person()
        setting = bool(person and person.operator) and setting_up.is_open(service)
        doubt = site.service.doubt(now)
        return {"current_person": person, "doubt": doubt, "last_look": last_look, "is_setting_up": setting}

    app.register_blueprint(_routes(site))
    return site


def _from_here(url: str) -> bool:
    """Whether a page of this site sent the request: the browser sets these headers, and no page can forge them."""
    sent = request.headers.get("Sec-Fetch-Site")
    if sent is not None:
        return sent == "same-origin"
    host = urlsplit(request.headers.get("Origin") or request.headers.get("Referer", "")).netloc
    return bool(host) and host in (request.host, urlsplit(url).netloc)


def current_person() -> Person | None:
    """The person whose session the request belongs to, with today's roles; None without a session or a role."""
    if "person" not in g:
        g.person = _find_person()
    person: Person | None = g.person
    return person


def visitor() -> Person:
    """The person of the session, on a page that ``needs`` one."""
    return current_person() or flask.abort(401)


def refuse(sentence: str, status: int = 404) -> NoReturn:
    """Answer the request with a page that says why what it asks for is not shown."""
    flask.abort(flask.make_response(refusal(sentence, status)))


def _find_person() -> Person | None:
    site: Site = flask.current_app.extensions["site"]
    secret = session.get("sid")
    opened = site.sessions.session(secret, site.now()) if secret else None
    return site.visitor(opened) if opened else None


def needs(*roles: str) -> Callable[[View], View]:
    """A decorator: the view is only for people with one of these roles (none named: with any role)."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            person = current_person()
            if person is None:
                return refusal("请用自己的链接打开。", 401)
            if roles and not holds(person, roles):
                return refusal("这一页不归您的角色看。", 403)
            return view(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return wrap


def _routes(site: Site) -> flask.Blueprint:
    routes = flask.Blueprint("access", __name__)

    @routes.get("/enter")
    def enter_page() -> Any:
        """A page with a button, whoever the link is of: chat programs open links too, and open no session by that."""
        token = request.args.get("link", "")  # of a link of before 0.2
        if token and site.holder(token) is None:
            return refusal(site.closed(token), 403)
        return render_template("enter.html", token=token)

    @routes.post("/enter")
    def enter() -> Any:
        token = _token(request.form.get("link", ""))
        person = site.holder(token)
        return _open_session(site, token, person) if person else refusal(site.closed(token), 403)

    @routes.post("/leave")
    def leave() -> Any:
        if secret := session.pop("sid", None):
            site.sessions.end(secret, site.now())
        return render_template("left.html")

    return routes


def _token(given: str) -> str:
    """The token in what was sent: alone, or the whole link, which a person pasted whose browser runs no script."""
    return re.split("[#=]", given.strip())[-1]


def _open_session(site: Site, token: str, person: Person) -> Any:
    stay = OVERSEER_SESSION if person.oversees else LONGEST_SESSION
    made = site.sessions.open(site.secret_of(token), site.now(), stay)
    if made is None:
        return refusal(site.closed(token), 403)
    if before := session.get("sid"):  # whoever it was of
        site.sessions.end(before, site.now())
    session.clear()
    session["sid"] = made
    session.permanent = True
    g.person = person
    return redirect("/setup") if person.operator and setting_up.is_open(site.service) else redirect("/")
