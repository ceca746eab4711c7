"""What people fill outside: 我的, the four forms, photos in pieces, and the page on which the public reports.

The pages work without a signal once they were opened (``sw.js``); what is sent carries an id made on the phone, so that
sending it again changes nothing. Nobody names himself: the sender is the visitor.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import flask
from flask import render_template, request

from sync.config import Office
from sync.core import forms, worklist
from sync.core.forms import FORMS, REPORT, Choices, Field, Form
from sync.core.pictures import ids
from sync.core.rows import Raw
from sync.core.sight import Person, answers, remembered, sees
from sync.core.worklist import Item
from sync.counter import PUBLIC, Answer, Counter, Handed, Piece, same_sender
from sync.gateway import Gateway
from sync.photos import BadPhoto, Crowded, Shelf
from webhook import access
from webhook.access import Door

NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")  # made by a phone
CHUNK = 512 * 1024  # bytes of a photo in one request at most
MOST_LISTED = 100
STATUS = {"in": 201, "mend": 422, "later": 503}
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Desk:
    """The counter of one office, as its pages use it."""

    door: Door
    counter: Counter
    nudge: Callable[[], None]

    @property
    def office(self) -> Office:
        return self.door.office

    def choices(self, one: Person) -> Choices:
        now = self.door.now()
        office = self.office
        found = worklist.to_answer(office.ledger.memory(), office.rules(), one)
        return Choices(_streets(office, now), tuple(_choice(item) for item in found[:MOST_LISTED]))

    def base(self) -> str:
        return self.office.settings.url or request.host_url.rstrip("/")


def _choice(item: Item) -> tuple[str, str, str]:
    photos = ids("\n".join(item.before))
    return item.number, f"{item.street} {item.category} {item.text}"[:40], photos[0] if photos else ""


def _streets(office: Office, now: datetime) -> tuple[str, ...]:
    """The streets that are in force now, as the last look left the roster."""
    roster = remembered(office.templates, office.ledger.memory(), office.rules().bureau.zone)
    return worklist.streets(roster, now.date())


def counter_of(office: Office, key: str) -> Counter:
    """The counter of an office; photos lie in the data folder."""
    gateway = Gateway(office.client, office.workbook, office.templates)
    return Counter(gateway, office.ledger, Shelf(office.settings.data / "photos", key), office.ticking)


def blueprint(door: Door, counter: Callable[[], Counter], nudge: Callable[[], None]) -> flask.Blueprint:
    """The pages. ``counter`` opens the workbook when it is first asked for."""
    routes = flask.Blueprint("forms", __name__, template_folder="templates")
    _pages(routes, door, counter, nudge)
    _photos(routes, door, counter)
    _public(routes, door, counter, nudge)

    @routes.get("/sw.js")
    def worker() -> flask.Response:
        answer = flask.send_from_directory(f"{routes.root_path}/static", "forms_worker.js", mimetype="text/javascript")
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return routes


def _pages(
    routes: flask.Blueprint, door: Door, counter: Callable[[], Counter], nudge: Callable[[], None]
) -> None:
    @routes.get("/mine")
    @access.needs()
    def mine() -> str:
        one, now = _visitor(), door.now()
        office = door.office
        found = worklist.mine(office.ledger.memory(), office.rules(), one)
        return render_template(
            "mine.html", one=one, now=now, items=found[:MOST_LISTED], more=max(0, len(found) - MOST_LISTED),
            late=sum(item.late(now) for item in found), left=forms.left,
        )  # fmt: skip

    @routes.get("/forms/<key>")
    @access.needs()
    def page(key: str) -> Any:
        form = FORMS.get(key)
        if form is None:
            flask.abort(404)
        one, desk = _visitor(), Desk(door, counter(), nudge)
        choices = desk.choices(one)
        rules = door.office.rules()
        asked = forms.fields(form, door.office.templates[form.tab], one, choices, rules)
        return render_template(
            "form.html", form=form, fields=asked, one=one, issues=choices.issues, tasks=_by_task(rules),
            own=one.streets, wish=rules.forms, chosen=request.args.get("issue", ""), post=f"/forms/{key}",
            uploads="/photos/upload/",
        )  # fmt: skip

    @routes.post("/forms/<key>")
    @access.needs()
    def send(key: str) -> Any:
        form = FORMS.get(key)
        if form is None:
            flask.abort(404)
        return _send(form, Desk(door, counter(), nudge), _visitor())


def _visitor() -> Person:
    one = access.visitor()
    if one is None:  # the guard of every view lets nobody in who is nobody
        flask.abort(401)
    return one


def _by_task(rules: Any) -> dict[str, list[str]]:
    """Names of the categories by the task that they belong to, in the order of the rules."""
    found: dict[str, list[str]] = {name: [] for name in rules.tasks}
    for category in rules.categories.values():
        found[category.task].append(category.name)
    return {task: names for task, names in found.items() if names}


# Handing in


@dataclass(frozen=True)
class Sent:
    """The body of a submission, read and of the right shape."""

    id: str
    person: str
    at: datetime | None
    cells: Mapping[str, str]
    photos: tuple[str, ...]


def _read(body: Any) -> Sent | None:
    if not isinstance(body, dict) or not isinstance(body.get("cells", {}), dict):
        return None
    cells, taken = body.get("cells", {}), body.get("photos", [])
    right = isinstance(body.get("id"), str) and NAME.fullmatch(body["id"]) and isinstance(taken, list)
    if not right or not all(isinstance(value, str) for value in (*cells, *cells.values(), *taken)):
        return None
    return Sent(body["id"], str(body.get("person", "")), _hour(body.get("at")), cells, tuple(taken))


def _hour(text: Any) -> datetime | None:
    """The phone's hour; None where it says none with a zone."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _send(form: Form, desk: Desk, one: Person) -> Any:
    sent = _read(request.get_json(silent=True))
    if sent is None:
        return flask.jsonify(state="mend", faults={"": "这份表单不完整，请刷新页面以后重新填。"}), 422
    if sent.person and sent.person != one.name:
        return flask.jsonify(state="other", words=f"这一份是{sent.person}填的，请他登录以后再发。"), 409
    done = desk.counter.answered(sent.id, one.name)
    return _answer(done or _hand_in(form, desk, one, sent), desk)


def _hand_in(form: Form, desk: Desk, one: Person, sent: Sent) -> Answer:
    office, rules = desk.office, desk.office.rules()
    asked = forms.fields(form, office.templates[form.tab], one, desk.choices(one), rules)
    lines, wrong = _lines(desk, one.name, sent.photos, rules.forms.photos)
    wrong |= _not_his(form, office, one, sent.cells)
    if wrong:
        return Answer("mend", {}, wrong)
    extra: dict[str, Raw] = {"photos": lines} if lines else {}
    handed = Handed(sent.id, form, one.name, sent.cells, asked, extra, sent.at)
    return desk.counter.hand_in(handed, rules, desk.door.now())


def _lines(desk: Desk, person: str, taken: tuple[str, ...], most: int) -> tuple[str, dict[str, str]]:
    """The cell of photos, an address a line; only his own photos, which are all here."""
    if len(taken) > most:
        return "", {"photos": f"有 {len(taken)} 张照片，一次最多 {most} 张。"}
    found = [desk.counter.intake.photo(one) for one in taken]
    if any(photo is None or not same_sender(photo.person, person) for photo in found):
        return "", {"photos": "有一张照片没有传完，请删掉重新拍。"}
    return "\n".join(f"{desk.base()}/photos/{one}" for one in taken), {}


def _not_his(form: Form, office: Office, one: Person, cells: Mapping[str, str]) -> dict[str, str]:
    """An issue that he may not answer, or may not see: said in its place."""
    number = cells.get("issue", "").strip()
    if not number:
        return {}
    may = (lambda facts: answers(one, facts) or one.oversees) if form.tab == "feedback" else (
        lambda facts: sees(one, facts))  # fmt: skip
    if number in worklist.numbers(office.ledger.memory(), may):
        return {}
    return {"issue": f"「{number}」不在您名下，或者已经销号。请在“我的”里选。"}


def _answer(done: Answer, desk: Desk) -> Any:
    if done.state == "in":
        desk.nudge()
    return flask.jsonify(state=done.state, faults=dict(done.faults), **done.said), STATUS[done.state]


# Photos


def _photos(routes: flask.Blueprint, door: Door, counter: Callable[[], Counter]) -> None:
    @routes.route("/photos/upload/<name>", methods=["GET", "PUT"])
    @access.needs()
    def upload(name: str) -> Any:
        return _upload(door, counter(), _visitor().name, name)

    @routes.get("/photos/<id_>")
    @access.needs()
    def photo(id_: str) -> Any:
        found = counter().intake.photo(id_) if NAME.fullmatch(id_) else None
        if found is None or not counter().shelf.path(id_).exists():
            flask.abort(404)
        one = _visitor()
        may = one.oversees or found.person == one.name
        if not may and not any(sees(one, facts) for facts in worklist.shows(door.office.ledger.memory(), id_)):
            flask.abort(404)  # whether it is there is nobody else's to know
        answer = flask.send_file(counter().shelf.path(id_), mimetype="image/jpeg", conditional=True)
        answer.headers["Cache-Control"] = "private, max-age=86400"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer


def _upload(door: Door, counter: Counter, person: str, name: str) -> Any:
    """A piece of a photo; the answer says how many bytes are here, and the photo's id once all are."""
    if not NAME.fullmatch(name):
        flask.abort(404)
    if (request.content_length or 0) > CHUNK:
        return flask.jsonify(error="一次传得太多。"), 413
    piece = Piece(person, name, _number("offset"), _number("total"), _taken(request.args.get("taken", "")))
    content = request.get_data(cache=False) if request.method == "PUT" else None
    try:
        here, photo = counter.add_piece(piece, content, door.office.rules(), door.now())
    except BadPhoto as error:
        return flask.jsonify(error=str(error)), 422
    except Crowded as error:
        return flask.jsonify(error=str(error)), 429
    return flask.jsonify(offset=here, photo=photo) if photo else flask.jsonify(offset=here)


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _taken(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return ""


# The public


def _public(
    routes: flask.Blueprint, door: Door, counter: Callable[[], Counter], nudge: Callable[[], None]
) -> None:
    @routes.get("/report")
    def report() -> Any:
        _open_to_the_public(door)
        rules = door.office.rules()
        return render_template(
            "form.html", form=REPORT, fields=_asked(door), one=None, issues=(), tasks=_by_task(rules), own=(),
            wish=rules.forms, chosen="", post="/report", uploads="/report/photos/",
        )  # fmt: skip

    @routes.post("/report")
    def reported() -> Any:
        _open_to_the_public(door)
        return _report(Desk(door, counter(), nudge))

    @routes.route("/report/photos/<name>", methods=["GET", "PUT"])
    def picture(name: str) -> Any:
        _open_to_the_public(door)
        person, intake = _somebody(door), counter().intake
        wish = door.office.rules().forms
        mine, all_ = (intake.photos_since(door.now(), HOUR, who) for who in (person, PUBLIC))
        if mine >= wish.public_per_hour * wish.photos or all_ >= wish.public_total_per_hour * wish.photos:
            return flask.jsonify(error="今天传的照片太多了，请过一小时再试。"), 429
        return _upload(door, counter(), person, name)


def _open_to_the_public(door: Door) -> None:
    if not door.office.rules().forms.public:
        flask.abort(404)


def _somebody(door: Door) -> str:
    """Who that is, as far as a limit needs it: a digest of the address, which can't be read back."""
    address = request.remote_addr or ""
    return PUBLIC + hmac.new(door.key.encode(), f"address\n{address}".encode(), hashlib.sha256).hexdigest()[:16]


def _asked(door: Door) -> tuple[Field, ...]:
    now = door.now()
    choices = Choices(_streets(door.office, now))
    nobody = Person("", frozenset())
    return forms.fields(REPORT, door.office.templates["issues"], nobody, choices, door.office.rules())


def _report(desk: Desk) -> Any:
    person, wish = _somebody(desk.door), desk.office.rules().forms
    sent = _read(request.get_json(silent=True))
    if sent is None:
        return flask.jsonify(state="mend", faults={"": "没有收到内容，请刷新页面以后重新填。"}), 422
    if sent.cells.get("website"):  # a field that no person sees; what fills it is told that all is well
        return flask.jsonify(state="in", words="已收到，谢谢您。"), 201
    intake, now = desk.counter.intake, desk.door.now()
    done = desk.counter.answered(sent.id, person)
    if done is None and (
        intake.since(now, HOUR, person) >= wish.public_per_hour
        or intake.since(now, HOUR, PUBLIC) >= wish.public_total_per_hour
    ):
        return flask.jsonify(state="busy", words="这一小时收到的反映太多了，请过一会儿再试，或者打 12319。"), 429
    done = done or _from_the_public(desk, person, sent)
    if done.state == "in":
        desk.nudge()
        return flask.jsonify(state="in", words="已收到，谢谢您。核实以后会安排处理。"), 201
    return flask.jsonify(state=done.state, faults=dict(done.faults), **done.said), STATUS[done.state]


def _from_the_public(desk: Desk, person: str, sent: Sent) -> Answer:
    cells = {key: value for key, value in sent.cells.items() if key != "website"}
    lines, wrong = _lines(desk, person, sent.photos, desk.office.rules().forms.photos)
    if wrong:
        return Answer("mend", {}, wrong)
    extra: dict[str, Raw] = {"source": forms.PUBLIC, "reporter": "群众"}
    if lines:
        extra["photos"] = lines
    one = Handed(sent.id, REPORT, person, cells, _asked(desk.door), extra, sent.at)
    return desk.counter.hand_in(one, desk.office.rules(), desk.door.now())
