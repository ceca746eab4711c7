"""Photos: uploaded in pieces that resume, and shown to people who may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import flask
from flask import request

from sync.core.people.permissions import sees_photo
from sync.core.views import worklist
from sync.intake.forms import FormIntake, Piece
from sync.intake.photos import BadPhoto, TooManyUploads
from webhook import access
from webhook.access import Site
from webhook.forms.submissions import NAME

CHUNK = 512 * 1024  # bytes in one request at most


def add_routes(routes: flask.Blueprint, site: Site, intake: Callable[[], FormIntake]) -> None:
    @routes.route("/photos/upload/<name>", methods=["GET", "PUT"])
    @access.needs()
    def upload(name: str) -> Any:
        return take_piece(site, intake(), access.visitor().name, name)

    @routes.get("/photos/<photo_id>")
    @access.needs()
    def photo(photo_id: str) -> Any:
        photo = intake().submissions.photo(photo_id) if NAME.fullmatch(photo_id) else None
        if photo is None or not intake().photo_folder.path(photo_id).exists():
            flask.abort(404)
        shown = worklist.shows(site.service.ledger.memory(), photo_id)
        if not sees_photo(access.visitor(), photo.person, shown):
            flask.abort(404)  # not 403: whether there is such a photo is told to nobody else
        answer = flask.send_file(intake().photo_folder.path(photo_id), mimetype="image/jpeg", conditional=True)
        answer.headers["Cache-Control"] = "private, max-age=86400"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer


def take_piece(site: Site, intake: FormIntake, person: str, name: str) -> Any:
    """Add a piece to a photo; the response has the number of bytes that are here, and the photo's id once all are."""
    if not NAME.fullmatch(name):
        flask.abort(404)
    if (request.content_length or 0) > CHUNK:
        return flask.jsonify(error="一次传得太多。"), 413
    piece = Piece(person, name, _number("offset"), _number("total"), _taken(request.args.get("taken", "")))
    content = request.get_data(cache=False) if request.method == "PUT" else None
    try:
        here, photo = intake.add_piece(piece, content, site.service.rules(), site.now())
    except BadPhoto as error:
        return flask.jsonify(error=str(error)), 422
    except TooManyUploads as error:
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
