"""Who may look and do: personal links that open sessions, and the roles that 组织架构 gives on that day.

A link for the office and the standards office is short and spent by its first use; a chief's is good until revoked.
Nothing is believed of a cookie but the session that it stands for: roles are asked anew with every request, so that
who left is out at once.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import flask
from flask import g, redirect, render_template, request, session
from itsdangerous import BadSignature, URLSafeSerializer

from sync.core.people.permissions import Person
from sync.core.people.permissions import person as find
from sync.ledger.sessions import Visits
from sync.service import Service

OPERATOR = "管理员"  # who runs the service; sees all, stands in no sheet
SHORT = timedelta(hours=2)  # how long a link for one use waits
AT_DESK = timedelta(hours=12)  # sessions of who sees all
IN_THE_STREET = timedelta(days=180)
OWN_PROOF = ("/v4/", "/drive/", "/upload/", "/token", "/hooks/")  # doors where a token or signature stands for itself
SAFE = ("GET", "HEAD", "OPTIONS")
View = TypeVar("View", bound=Callable[..., Any])


def secret(given: str, data: Path) -> str:
    """The key of this installation: from the environment, else made once and kept in the data folder."""
    if given:
        return given
    path = data / "secret"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


@dataclass(frozen=True)
class Door:
    """Links and sessions of one bureau, signed with the key of its installation."""

    service: Service
    key: str

    @property
    def visits(self) -> Visits:
        return Visits(self.service.ledger)

    def now(self) -> datetime:
        return datetime.now(self.service.rules().bureau.zone)

    def person(self, name: str) -> Person | None:
        """Who that is today."""
        if name == OPERATOR:
            return Person(OPERATOR, frozenset({"office"}))
        return find(self.service.roster(), name, self.now().date())

    def mint(self, person: Person) -> str:
        """What a new link of his carries."""
        now = self.now()
        made = self.visits.make_link(
            person.name, now, until=now + SHORT if person.oversees else None, once=person.oversees
        )
        return self._signer.dumps(made)

    def link(self, person: Person, base: str) -> str:
        """The whole address of a new link."""
        return f"{base}/enter?link={self.mint(person)}"

    @property
    def _signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.key, salt="personal-link")

    def opened(self, token: str) -> str | None:
        """The secret inside a link that this installation signed."""
        try:
            return str(self._signer.loads(token))
        except BadSignature:
            return None


def install(app: flask.Flask, service: Service, key: str) -> Door:
    """Know the visitor of every request, and refuse what another site makes a browser send."""
    door = Door(service, key)
    app.extensions["door"] = door

    @app.before_request
    def same_origin() -> Any:
        if request.method in SAFE or request.path.startswith(OWN_PROOF) or _from_here(service.settings.url):
            return None
        return _refusal("这个请求不是从本系统的页面发出的，没有执行。请回到页面上再试一次。", 403)

    @app.context_processor
    def shown() -> dict[str, Any]:
        return {"visitor": visitor()}

    app.register_blueprint(_routes(door))
    return door


def _from_here(url: str) -> bool:
    """Whether a browser sent this from a page of ours: it says so itself, and no page can make it lie."""
    sent = request.headers.get("Sec-Fetch-Site")
    if sent is not None:
        return sent == "same-origin"
    host = urlsplit(request.headers.get("Origin") or request.headers.get("Referer", "")).netloc
    return bool(host) and host in (request.host, urlsplit(url).netloc)


def visitor() -> Person | None:
    """Who asks, with today's roles; None without an open session or without a role."""
    if "visitor" not in g:
        g.visitor = _find()
    person: Person | None = g.visitor
    return person


def _find() -> Person | None:
    door: Door = flask.current_app.extensions["door"]
    carried = session.get("sid")
    visit = door.visits.visit(carried, door.now()) if carried else None
    return door.person(visit.person) if visit else None


def needs(*roles: str) -> Callable[[View], View]:
    """Only for a visitor with one of these roles (none named: anybody who has one)."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            person = visitor()
            if person is None:
                return _refusal("请用自己的链接打开。", 401)
            if roles and not person.roles & set(roles):
                return _refusal("这一页不归您的角色看。", 403)
            return view(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return wrap


def _refusal(sentence: str, status: int) -> Any:
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return flask.jsonify(error=sentence), status
    return render_template("closed.html", sentence=sentence), status


def _routes(door: Door) -> flask.Blueprint:
    routes = flask.Blueprint("access", __name__)

    @routes.get("/enter")
    def knock() -> Any:
        token = request.args.get("link", "")
        name = door.visits.whose(door.opened(token) or "", door.now())
        person = door.person(name) if name else None
        if person is None:
            return _refusal("这个链接已经用过、过期或者被收回了，请向标准化办要一个新的。", 403)
        if person.oversees:  # spent by its first use: a chat program that looks at links must not be the first
            return render_template("enter.html", name=person.name, token=token)
        return _open(door, token, person)

    @routes.post("/enter")
    def come_in() -> Any:
        token = request.form.get("link", "")
        name = door.visits.whose(door.opened(token) or "", door.now())
        person = door.person(name) if name else None
        return _open(door, token, person) if person else _refusal("这个链接已经用过、过期或者被收回了。", 403)

    @routes.post("/leave")
    def leave() -> Any:
        if carried := session.pop("sid", None):
            door.visits.leave(carried, door.now())
        return render_template("left.html")

    return routes


def _open(door: Door, token: str, person: Person) -> Any:
    stay = AT_DESK if person.oversees else IN_THE_STREET
    made = door.visits.enter(door.opened(token) or "", door.now(), stay)
    if made is None:
        return _refusal("这个链接已经用过、过期或者被收回了。", 403)
    session.clear()
    session["sid"] = made
    session.permanent = True
    g.visitor = person
    return redirect("/")
