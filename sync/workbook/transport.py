"""`requests` sessions for clients made for Google: requests to Google addresses come here.

In process (`session`) a test can stand between any two requests: run a person's edit, delay, cut, refuse.
Over HTTP (`remote`) the same addresses are led to another server, signed in by google-auth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from google.auth.transport.requests import AuthorizedSession
from google.auth.transport.requests import Request as GoogleRequest
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from sync.workbook.schema.errors import ApiError
from sync.workbook.server import Api, Request, Response

HOSTS = ("https://sheets.googleapis.com/", "https://www.googleapis.com/")

Before = Callable[[Request], Response | None]
After = Callable[[Request, Response], Response | None]


class Adapter(BaseAdapter):
    """Hands requests to an Api. The hooks make faults:

    `before(request)` runs before the request is applied. It may make other calls, sleep, raise a `requests`
    exception (the request was never applied) or return a Response to answer instead.
    `after(request, response)` runs when it has been applied. It may raise (applied, the answer lost) or return
    another Response.
    """

    def __init__(self, api: Api, account: str = "") -> None:
        super().__init__()
        self.api, self.account = api, account
        self.before: Before | None = None
        self.after: After | None = None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Answers one request of a client."""
        asked = self._asked(request)
        response = self.before(asked) if self.before else None
        if response is None:
            response = self.api.handle(asked)
            response = (self.after(asked, response) if self.after else None) or response
        return _answered(request, response)

    def _asked(self, request: requests.PreparedRequest) -> Request:
        parts = urlsplit(request.url or "")
        body = request.body or b""
        return Request(
            request.method or "GET",
            str(parts.path),
            [(str(key), str(value)) for key, value in parse_qsl(parts.query, keep_blank_values=True)],
            {str(key): str(value) for key, value in request.headers.items()},
            body.encode() if isinstance(body, str) else bytes(body),
            self.account,
        )

    def close(self) -> None:
        """Nothing is held."""


def refusal(error: ApiError) -> Response:
    """An error as a Response, for hooks: `refusal(errors.quota_exceeded())`."""
    return Response(error.code, {"Content-Type": "application/json; charset=UTF-8"}, error.body())


def _answered(request: requests.PreparedRequest, response: Response) -> requests.Response:
    answer = requests.Response()
    answer.status_code = response.status
    answer.headers.update(response.headers)
    answer.encoding = "utf-8"
    answer.url, answer.request = request.url or "", request
    answer.raw = HTTPResponse(BytesIO(response.body), preload_content=False, status=response.status)
    answer._content = response.body
    return answer


def session(api: Api, account: str = "") -> requests.Session:
    """A session whose Google addresses are answered by the Api in this process.

    `account` empty is the process itself, which owns the file. The adapter, for its hooks:
    `session.get_adapter(transport.HOSTS[0])`.
    """
    made = requests.Session()
    made.trust_env = False  # nothing leaves the process: no proxy and no password file has a say
    _mount(made, Adapter(api, account))
    return made


class Redirect(HTTPAdapter):
    """Leads requests for Google's addresses to another server."""

    def __init__(self, base_url: str, **options: Any) -> None:
        self.base_url = base_url.rstrip("/")
        super().__init__(**options)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Sends the request to the same path under the base address."""
        parts = urlsplit(request.url or "")
        request.url = self.base_url + str(parts.path) + (f"?{parts.query}" if parts.query else "")
        request.headers.pop("Host", None)
        return super().send(request, stream, timeout, verify, cert, proxies)


class Nowhere(BaseAdapter):
    """Answers 404 without going anywhere."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answers one request."""
        return _answered(request, Response(404, {"Content-Type": "application/json"}, b"{}"))

    def close(self) -> None:
        """Nothing is held."""


def remote(base_url: str, credentials: Any) -> AuthorizedSession:
    """A session signed in by google-auth whose Google addresses lead to the server at `base_url`.

    google-auth also asks Google, in the background and with the token, where an account may be used; a token of
    this server is none of Google's business.
    """
    signing_in = requests.Session()
    signing_in.mount("https://iamcredentials.googleapis.com/", Nowhere())
    made = AuthorizedSession(credentials, auth_request=GoogleRequest(signing_in))  # type: ignore[no-untyped-call]
    _mount(made, Redirect(base_url))
    return made


def _mount(made: requests.Session, adapter: BaseAdapter) -> None:
    for host in HOSTS:
        made.mount(host, adapter)
