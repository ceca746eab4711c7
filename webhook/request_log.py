"""A line in the log for each request: method, the rule of its address (never the address itself), status, how long.

Who came, and from which address of the network, stand there as digests: enough to see what belongs together.
"""

from __future__ import annotations

from contextlib import ExitStack

import flask
from flask import g, request

from sync import journal
from webhook import limits

QUIET = ("/healthz", "/static/", "/grid/changes")  # asked every few seconds


def note_requests(app: flask.Flask, key: str) -> None:
    """Log every request of the application; the answer carries the id of its line. ``key``: the installation's."""

    @app.before_request
    def begin() -> None:
        stack = g.request_log = ExitStack()
        quiet = request.path.startswith(QUIET)
        fields = stack.enter_context(journal.work("request", quiet=lambda fields: quiet and fields["status"] < 400))
        rule = journal.Plain(request.url_rule.rule) if request.url_rule else journal.Plain("-")
        address = journal.Plain(f"#{limits.address_digest(key, request.remote_addr)[:8]}")
        fields |= {"method": request.method, "rule": rule, "status": 500, "address": address}
        g.request_fields = fields

    @app.after_request
    def note(response: flask.Response) -> flask.Response:
        if "request_fields" in g:
            g.request_fields["status"] = response.status_code
            if person := g.get("person"):
                g.request_fields["person"] = journal.pseudonym(person.name)
            response.headers["X-Request-Id"] = journal.current_id()
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        if stack := g.pop("request_log", None):
            stack.close()
