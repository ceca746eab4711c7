"""One process: pages, hooks and the workbook's API on waitress, ticks and deliveries on the clock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime
from functools import cache
from types import FrameType

import flask
import waitress  # type: ignore[import-untyped]

from sync.intake.pushes import Keep
from sync.scheduler import Clock
from sync.service import Service
from sync.settings import SettingsError
from webhook import access, api, hooks, looks
from webhook.forms import form_pages
from webhook.grid import page
from webhook.pages import (
    answers,
    bulletin,
    explain,
    imports,
    letters,
    map,
    month,
    notices,
    people,
    rules,
    status,
    trends,
    verify,
    week,
)

THREADS = 56  # a live page holds one while it is open (at most 40, webhook/grid.py); the rest answer
RECEIVE_SECONDS = 20  # for what waits for another try; a push itself is taken in at once
MOST_BYTES = 20 * 1024 * 1024  # a batchUpdate of a large workbook
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class TickTrouble(RuntimeError):
    """A tick came to its end, but what it had to write is not in the workbook."""


def create_app(
    service: Service,
    nudge: Callable[[], None],
    failures: Callable[[], int] = lambda: 0,
    arrived: Callable[[], None] = lambda: None,
) -> flask.Flask:
    """The web application; ``nudge`` makes the next tick come sooner, ``failures`` counts the failed ones in a row,
    ``arrived`` has what form tools pushed made into rows soon."""
    app = flask.Flask(__name__, static_folder=None)
    key = access.secret(service.settings.secret, service.settings.data)
    app.secret_key = key
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=service.settings.url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=access.IN_THE_STREET,
    )
    door = access.install(app, service, key)
    app.register_blueprint(status.blueprint(service, failures))
    app.register_blueprint(people.blueprint(door))
    app.register_blueprint(form_pages.blueprint(door, cache(lambda: form_pages.counter_of(service, key)), nudge))
    app.register_blueprint(verify.blueprint(door, nudge))
    app.register_blueprint(answers.blueprint(door, nudge))
    app.register_blueprint(letters.blueprint(door, nudge))
    app.register_blueprint(page.blueprint(service, door, nudge))
    app.register_blueprint(hooks.blueprint(key, nudge))
    app.register_blueprint(hooks.forms(service, arrived))
    app.register_blueprint(bulletin.blueprint(door))
    app.register_blueprint(imports.blueprint(door, nudge))
    app.register_blueprint(notices.blueprint(door))
    app.register_blueprint(rules.blueprint(door, nudge))
    seen = looks.Looks(door)
    app.register_blueprint(explain.blueprint(door, seen))
    app.register_blueprint(week.blueprint(seen))
    app.register_blueprint(month.blueprint(door, seen))
    app.register_blueprint(trends.blueprint(seen))
    app.register_blueprint(map.blueprint(seen))
    if service.embedded:
        app.register_blueprint(
            api.blueprint(
                service.api, service.accounts, f"{service.settings.url}/token" if service.settings.url else None
            )
        )

    @app.after_request
    def safe(response: flask.Response) -> flask.Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app


def run(service: Service, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl+C; a tick that is running is finished first."""
    zone = service.rules().bureau.zone
    clock = Clock(lambda: _tick(service), lambda: _deliver(service), zone)
    keep = hooks.keeper(service, cache(lambda: form_pages.counter_of(service, _key(service))))
    arrived = clock.also("receive", lambda: _receive(service, clock.nudge, keep), RECEIVE_SECONDS)
    app = create_app(service, clock.nudge, lambda: clock.failures, arrived)
    try:
        server = waitress.create_server(app, host=host, port=port, threads=THREADS, ident=None)
    except OSError as error:
        raise SettingsError(f"端口 {port} 用不了：{error.strerror}。换一个：jielu run --port 8618") from error
    _stop_on_signals()
    clock.start()
    announce(entrance(service, host, server.effective_port))
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        clock.stop()


def entrance(service: Service, host: str, port: int) -> str:
    """The address with a link, for one use, that opens all pages to who runs the service."""
    base = service.settings.url or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
    return link(service, access.OPERATOR, base)


def link(service: Service, name: str, base: str) -> str:
    """A new personal link. Raises ``SettingsError`` for a name that holds nothing today."""
    door = access.Door(service, access.secret(service.settings.secret, service.settings.data))
    person = door.person(name)
    if person is None:
        raise SettingsError(f"组织架构和街路名册里今天没有「{name}」。姓名要和表里写的一样；刚改的先运行 jielu tick。")
    return door.link(person, base)


def _tick(service: Service) -> None:
    report = service.ticks(datetime.now(service.rules().bureau.zone))
    if report.trouble:
        raise TickTrouble(report.trouble)


def _deliver(service: Service) -> None:
    service.deliver(datetime.now(service.rules().bureau.zone))


def _key(service: Service) -> str:
    return access.secret(service.settings.secret, service.settings.data)


def _receive(service: Service, nudge: Callable[[], None], keep: Keep) -> None:
    """Take in until a run finds nothing: what came during a run asked for one in vain."""
    while True:
        done = service.receive(datetime.now(service.rules().bureau.zone), keep)
        if not (done.added or done.edited or done.failed):
            return
        nudge()


def _stop_on_signals() -> None:
    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
