"""The embedded workbook over HTTP: Google's paths under this server's address, and the token endpoint.

No token, no data: every path but `/token` wants `Authorization: Bearer` with a token of that endpoint.
"""

from __future__ import annotations

import gzip
from urllib.parse import quote

from flask import Blueprint, Response, request

from sync.workbook import accounts as sign_in
from sync.workbook.accounts import Accounts
from sync.workbook.schema import errors
from sync.workbook.server import Api, Request

_COMPRESSED_FROM = 1000  # bytes; below, gzip costs more than it saves
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def blueprint(api: Api, accounts: Accounts, token_uri: str | None = None) -> Blueprint:
    """The routes. `token_uri` is the audience that assertions must name; None takes this server's own address."""
    routes = Blueprint("workbook_api", __name__)

    @routes.post("/token")
    def token() -> Response:
        audience = token_uri or f"{request.host_url}token"
        status, body = sign_in.token_answer(accounts, request.form.to_dict(), audience)
        return Response(body, status, {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"})

    def answer(**_: str) -> Response:
        account = accounts.check(_bearer())
        if account is None:
            return _json(
                401,
                errors.unauthenticated().body(),
                {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'},
            )
        response = api.handle(_asked(account))
        return _json(response.status, response.body, response.headers)

    for root in ("/v4", "/drive/v3", "/upload/drive/v2"):
        routes.add_url_rule(f"{root}/<path:rest>", f"answer{root}", answer, methods=_METHODS)
    return routes


def _bearer() -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def _asked(account: str) -> Request:
    # The path as sent: Flask has decoded `%2F` of a sheet's name, the workbook must tell it from a slash.
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    path = raw.partition("?")[0] or quote(request.path)
    query = list(request.args.items(multi=True))
    return Request(request.method, path, query, dict(request.headers), request.get_data(), account)


def _json(status: int, body: bytes, headers: dict[str, str]) -> Response:
    return compressed(Response(body, status, headers))


def compressed(response: Response) -> Response:
    """The response, packed where it is worth it and the asker takes it."""
    body = response.get_data()
    if len(body) >= _COMPRESSED_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(body, compresslevel=1))
        response.headers["Content-Encoding"] = "gzip"
    return response
