"""Photos over the line: taken in by pieces that resume, and shown to who may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import flask
from flask import request

from sync.core.people.permissions import sees
from sync.core.views import worklist
from sync.intake.forms import Counter, Piece
from sync.intake.photos import BadPhoto, Crowded
from webhook import access
from webhook.access import Door
from webhook.forms.submissions import NAME, sender

CHUNK = 512 * 1024  # bytes in one request at most


def add(routes: flask.Blueprint, door: Door, counter: Callable[[], Counter]) -> None:
    @routes.route("/photos/upload/<name>", methods=["GET", "PUT"])
    @access.needs()
    def upload(name: str) -> Any:
        return take_piece(door, counter(), sender().name, name)

    @routes.get("/photos/<id_>")
    @access.needs()
    def photo(id_: str) -> Any:
        photo = counter().intake.photo(id_) if NAME.fullmatch(id_) else None
        if photo is None or not counter().shelf.path(id_).exists():
            flask.abort(404)
        person = sender()
        may = person.oversees or photo.person == person.name
        if not may and not any(sees(person, facts) for facts in worklist.shows(door.service.ledger.memory(), id_)):
            flask.abort(404)  # whether it is there is nobody else's to know
        answer = flask.send_file(counter().shelf.path(id_), mimetype="image/jpeg", conditional=True)
        answer.headers["Cache-Control"] = "private, max-age=86400"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer


def take_piece(door: Door, counter: Counter, person: str, name: str) -> Any:
    """A piece of a photo; the answer says how many bytes are here, and the photo's id once all are."""
    if not NAME.fullmatch(name):
        flask.abort(404)
    if (request.content_length or 0) > CHUNK:
        return flask.jsonify(error="一次传得太多。"), 413
    piece = Piece(person, name, _number("offset"), _number("total"), _taken(request.args.get("taken", "")))
    content = request.get_data(cache=False) if request.method == "PUT" else None
    try:
        here, photo = counter.add_piece(piece, content, door.service.rules(), door.now())
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
