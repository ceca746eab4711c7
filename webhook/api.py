"""The embedded workbook over HTTP: Google's paths under this server's address, and the token endpoint.

No token, no data: every path but `/token` wants `Authorization: Bearer` with a token of that endpoint.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from sync.workbook import accounts as sign_in
from sync.workbook.accounts import Accounts, SignedIn, TokenError
from sync.workbook.cells.store import Unavailable
from sync.workbook.schema import errors, parameters
from sync.workbook.server import Api, Request

_COMPRESSED_FROM = 1000  # bytes; below, gzip costs more than it saves
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_AS_JSON = {"Content-Type": "application/json; charset=UTF-8"}

log = logging.getLogger(__name__)


def blueprint(api: Api, accounts: Accounts, token_uri: Callable[[], str]) -> Blueprint:
    """The routes. `token_uri` tells the audience that assertions must name."""
    routes = Blueprint("workbook_api", __name__)

    @routes.route("/token", methods=_METHODS)
    def token() -> Response:
        if request.method != "POST":
            refusal = TokenError("invalid_request", "The token endpoint takes POST.")
            return _token_answer(405, refusal.body)
        if name := parameters.unknown(request.args.items(multi=True)):
            refusal = TokenError("invalid_request", f"Parameter not allowed for this message type: {name}")
            return _token_answer(400, refusal.body)
        return _token_answer(*sign_in.token_answer(accounts, request.form.to_dict(), token_uri()))

    def answer(**_: str) -> Response:
        signed_in = accounts.signed_in(_bearer())
        if signed_in is None:
            return _json(
                401,
                errors.unauthenticated().body(),
                _AS_JSON | {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'},
            )
        response = api.handle(_asked(signed_in))
        return _json(response.status, response.body, response.headers)

    for root in ("/v4", "/drive", "/upload"):
        for rule in (root, f"{root}/", f"{root}/<path:rest>"):
            routes.add_url_rule(rule, f"answer{root}", answer, methods=_METHODS)
    routes.register_error_handler(Exception, _fault)
    return routes


def _fault(error: Exception) -> Response:
    """What nobody foresaw, and what the framework refuses, in Google's words."""
    if isinstance(error, HTTPException) and error.code:
        refusal = errors.ApiError(error.code, error.description or error.name, error.name.upper().replace(" ", "_"))
        return _json(error.code, refusal.body(), _AS_JSON)
    log.error("%s %s", request.method, request.path, exc_info=error)
    refusal = errors.unavailable() if isinstance(error, Unavailable) else errors.internal()
    return _json(refusal.code, refusal.body(), _AS_JSON)


def _token_answer(status: int, body: bytes) -> Response:
    return Response(body, status, {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"})


def _bearer() -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    in_address = request.args.get("access_token") or request.args.get("oauth_token") or ""
    return value.strip() if kind.lower() == "bearer" else in_address


def _asked(signed_in: SignedIn) -> Request:
    # The path as sent: Flask has decoded `%2F` of a sheet's name, the workbook must tell it from a slash.
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    path = raw.partition("?")[0] or quote(request.path)
    query = list(request.args.items(multi=True))
    headers, body = dict(request.headers), request.get_data()
    return Request(request.method, path, query, headers, body, signed_in.email, signed_in.writes)


def _json(status: int, body: bytes, headers: dict[str, str]) -> Response:
    return compressed(Response(body, status, headers))


def compressed(response: Response) -> Response:
    """The response, packed where it is worth it and the asker takes it."""
    body = response.get_data()
    if len(body) >= _COMPRESSED_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(body, compresslevel=1))
        response.headers["Content-Encoding"] = "gzip"
    return response
