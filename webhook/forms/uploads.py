"""Photos: uploaded in pieces that resume, and shown to people who may see them."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import flask
from flask import request

from sync.core.people.permissions import sees_photo
from sync.core.views.waiting import worklist
from sync.intake.forms import Piece
from sync.intake.photos import thumbnail
from sync.intake.unfinished import BadPhoto, TooManyUploads
from sync.ledger.received.submissions import Sender
from webhook import access
from webhook.forms.submissions import NAME, FormContext

SMALL_SIDE = 360  # pixels of a photo in a list
CHUNK = 512 * 1024  # bytes in one request at most


def add_routes(routes: flask.Blueprint, context: FormContext) -> None:
    @routes.route("/photos/upload/<name>", methods=["GET", "PUT"])
    @access.needs()
    def upload(name: str) -> Any:
        return take_piece(context, Sender(access.visitor().name), name)

    @routes.get("/photos/<photo_id>")
    @access.needs()
    def photo(photo_id: str) -> Any:
        intake = context.intake
        photo = intake.submissions.photo(photo_id) if NAME.fullmatch(photo_id) else None
        path = intake.photo_folder.path(photo_id)
        if photo is None or not path.exists():
            flask.abort(404)
        ledger = context.site.service.ledger
        shown = worklist.shows(ledger.memory(), photo_id, ledger.left_naming("duties", photo_id))
        if not sees_photo(access.visitor(), "" if photo.public else photo.person, shown):
            flask.abort(404)  # not 403: whether there is such a photo is told to nobody else
        wants_small = flask.request.args.get("side") == "small"
        shown_file = io.BytesIO(thumbnail(path.read_bytes(), SMALL_SIDE)) if wants_small else path
        answer = flask.send_file(shown_file, mimetype="image/jpeg", conditional=True)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer


def take_piece(context: FormContext, sender: Sender, name: str) -> Any:
    """Add a piece to a photo; the response has the number of bytes that are here, and the photo's id once all are."""
    if not NAME.fullmatch(name):
        flask.abort(404)
    piece = Piece(sender, name, _number("offset"), _number("total"), _taken(request.args.get("taken", "")))
    content = request.get_data(cache=False) if request.method == "PUT" else None
    if content is not None and len(content) > CHUNK:
        return flask.jsonify(error="一次传得太多。"), 413
    try:
        here, photo = context.intake.add_piece(piece, content, context.rules, context.site.now())
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
