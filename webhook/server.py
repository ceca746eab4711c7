"""One process: pages, hooks and the workbook's API on waitress, ticks and deliveries by the scheduler."""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from http import HTTPStatus
from types import FrameType
from typing import Any

import flask
import waitress  # type: ignore[import-untyped]
from flask import request
from waitress import wasyncore

from sync.intake.unfinished import Uploads
from sync.ledger.operations.evidence import Evidence
from sync.operations import jobs, systemd
from sync.operations.audit import Clockwork
from sync.outgoing.channel_posts import ChannelPosts
from sync.scheduler import Scheduler
from sync.service import Service
from sync.settings import SettingsError
from sync.sheets.drive_push import DrivePush
from sync.sheets.gateway import Gateway
from webhook import access, api, framing, hooks, limits, metrics, refusals, request_log
from webhook.forms import form_pages
from webhook.forms.submissions import form_intake, photos_of
from webhook.grid import page
from webhook.links import pictures, pieces
from webhook.look_cache import LookCache
from webhook.pages import answers, inspections, issue, letters, mails, map, notices, rows, today, verify
from webhook.pages.administration import cures, figures, first_steps, imports, people, rules, status
from webhook.pages.periods import bulletin, month, trends, week

SWITCH_SECONDS = 0.002  # Python's 5 ms, at each of a form's fifty statements, is what a look would keep it waiting for
THREADS = 24  # no request holds one for long
CONNECTIONS = 1000  # open at once; silent ones hold no thread
OPEN_FILES = 4096  # asked of the system: one a connection, and those of the databases
SILENT_SECONDS = 30  # after which a connection that says nothing is closed
CLEANUP_SECONDS = 5  # how often those are looked for
FORGET_SECONDS = 60  # how often unfinished uploads are looked for that nobody goes on with
STOP_SECONDS = 4.5  # after SIGTERM; what is not done by then is done after the next start
STUCK_SECONDS = 900.0  # a job that runs so long will not end
BACKUP_SECONDS = 60  # how often it is looked whether one is due
PUSH_SECONDS = 30  # how often it is looked whether Drive's channel has to be renewed
CHANNEL_SECONDS = 2  # how often it is looked whom the embedded workbook has to tell of a change
RECEIVE_SECONDS = 20  # how often pushes are tried again; a new one is taken in at once
MOST_REQUEST_BYTES = 20 * 1024 * 1024  # a batchUpdate of a large workbook
MOST_BODY_BYTES = 24 * 1024 * 1024  # above, not even a sentence is answered: the server would store it first
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}  # a browser that came once comes by https for a year
TEXT_FILES = ("text/javascript", "application/javascript", "text/css", "image/svg+xml")
# The same for everybody; all else may be somebody's and is stored by no browser and no proxy.
FILES = ("/static/", "/leaflet/")
NEVER_CHANGED = "/static/packed/"  # each state of a file has a name of its own


log = logging.getLogger(__name__)


def create_app(
    service: Service,
    nudge: Callable[[], None],
    failures: Callable[[], int] = lambda: 0,
    arrived: Callable[[], None] = lambda: None,
    silence: Callable[[], Mapping[str, float]] = dict,
) -> flask.Flask:
    """The web application.

    ``nudge`` makes the next tick come sooner, ``failures`` tells how many ticks failed one after the other, ``arrived``
    makes pushes be taken in soon, ``silence`` tells by job of the clock the seconds since it last went through.
    """
    app = flask.Flask(__name__, static_folder=None)
    key = app.secret_key = access.key_of(service)
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_REQUEST_BYTES,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=service.settings.url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=access.LONGEST_SESSION,
        SESSION_REFRESH_EACH_REQUEST=False,  # a session ends when it was opened to end, however often it is used
    )
    request_log.note_requests(app, key)
    refusals.install(app)
    limits.install(app)
    site = access.install(app, service, key)
    _add_pages(app, site, nudge)
    clockwork = Clockwork(failures, silence)
    app.register_blueprint(status.blueprint(service, clockwork, nudge))
    app.register_blueprint(cures.blueprint(service, partial(status.status_page, service, clockwork), nudge))
    app.register_blueprint(metrics.blueprint(service, clockwork))
    app.register_blueprint(hooks.nudge_hook((key, service.settings.nudge_secret), nudge))
    app.register_blueprint(hooks.drive_hook(key, nudge))
    app.register_blueprint(hooks.form_hooks(service, arrived))
    if service.embedded:
        app.register_blueprint(api.blueprint(service.api, service.accounts, lambda: f"{service.address}/token"))
    _add_headers(app, https=service.settings.url.startswith("https://"))
    return app


def _add_pages(app: flask.Flask, site: access.Site, nudge: Callable[[], None]) -> None:
    """What the people of the bureau open. ``nudge`` makes the next tick come sooner."""
    look_cache = LookCache(site)
    app.jinja_env.globals["pictures"] = pictures
    app.jinja_env.globals["pieces"] = pieces
    open_intake = cache(lambda: form_intake(site.service, site.key))
    for blueprint in (
        today.blueprint(site, look_cache),
        rows.blueprint(site, look_cache),
        people.blueprint(site),
        form_pages.blueprint(site, look_cache, open_intake, nudge),
        verify.blueprint(site, look_cache, nudge),
        answers.blueprint(site, look_cache, nudge),
        letters.blueprint(site, nudge),
        page.blueprint(site, nudge),
        imports.blueprint(site, nudge),
        first_steps.blueprint(site, nudge),
        notices.blueprint(site),
        mails.blueprint(site),
        rules.blueprint(site, nudge),
        figures.blueprint(site, nudge),
        bulletin.blueprint(site, look_cache),
        issue.blueprint(site, look_cache),
        inspections.blueprint(look_cache),
        week.blueprint(look_cache),
        month.blueprint(site, look_cache, nudge),
        trends.blueprint(look_cache),
        map.blueprint(site, look_cache),
    ):
        app.register_blueprint(blueprint)


def _add_headers(app: flask.Flask, https: bool) -> None:
    headers = HEADERS | (HTTPS_HEADERS if https else {})

    @app.after_request
    def add_headers(response: flask.Response) -> flask.Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.path.startswith(FILES):
            if request.path.startswith(NEVER_CHANGED) and response.status_code == HTTPStatus.OK:
                response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            return zipped(response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def zipped(response: flask.Response) -> flask.Response:
    """A script or style sheet, packed where the browser takes it: a third of its bytes go over the line."""
    if response.status_code == HTTPStatus.OK and response.mimetype in TEXT_FILES:
        response.direct_passthrough = False
        response.vary.add("Accept-Encoding")
        return api.compressed(response)
    return response


def serve(service: Service, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl+C; a running tick is finished first, but for ``STOP_SECONDS`` at most: whatever it
    leaves, the next start puts right. ``announce`` is called with the link to open.

    Raises ``SettingsError`` for a port that can't be used.
    """
    zone = service.rules().bureau.zone
    evidence = Evidence(service.ledger)
    scheduler = Scheduler(lambda: _look(service, evidence), lambda: jobs.deliver_due(service), zone)
    store_photo = hooks.photo_store(service, cache(lambda: form_intake(service, access.key_of(service))))
    scheduler.add_job("uploads", Uploads(photos_of(service)).forget, FORGET_SECONDS)
    arrived = scheduler.add_job("receive", lambda: jobs.receive(service, scheduler.nudge, store_photo), RECEIVE_SECONDS)
    scheduler.add_job("backup", lambda: jobs.back_up(service), BACKUP_SECONDS)
    if service.embedded and service.settings.push_hosts:
        posts = ChannelPosts(service.settings.push_hosts)
        scheduler.add_job("channels", lambda: jobs.tell_channels(service, posts), CHANNEL_SECONDS)
    push = _drive_push(service)
    if push is not None:
        scheduler.add_job("push", lambda: push.renew_when_due(datetime.now(UTC)), PUSH_SECONDS)
    app = create_app(service, scheduler.nudge, lambda: scheduler.failures, arrived, scheduler.silence)
    server = _listening(app, host, port, service.settings.proxy, "jielu run --port 8618")
    if seconds := systemd.watchdog_seconds():
        scheduler.add_job("watchdog", lambda: _tell_alive(scheduler), max(1, int(seconds)))
    _stop_on_signals(partial(service.noted_address.unlink, missing_ok=True))
    scheduler.start()
    announce(entrance(service, host, server.effective_port))
    service.noted_address.write_text(_base(service, host, server.effective_port), "utf-8")
    systemd.notify("READY=1")
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        service.noted_address.unlink(missing_ok=True)
        close(server)
        scheduler.stop()
        if push is not None:
            push.stop()


def listen(app: Callable[..., Any], host: str, port: int, proxy: str = "") -> Any:
    """A server that listens and does not run yet. ``proxy``: the address of a reverse proxy whose X-Forwarded-For is
    believed. Raises ``OSError`` where the port can't be had."""
    framing.read_strictly()
    behind = {"trusted_proxy": proxy, "trusted_proxy_count": 1, "trusted_proxy_headers": "x-forwarded-for"}
    return waitress.create_server(
        app, host=host, port=port, threads=THREADS, ident=None, connection_limit=min(CONNECTIONS, _open_files() - 200),
        channel_timeout=SILENT_SECONDS, cleanup_interval=CLEANUP_SECONDS, asyncore_use_poll=True,
        max_request_body_size=MOST_BODY_BYTES, clear_untrusted_proxy_headers=True, **(behind if proxy else {}),
    )  # fmt: skip


def _listening(app: Callable[..., Any], host: str, port: int, proxy: str, another: str) -> Any:
    """As ``listen``. Raises ``SettingsError``, which names the option for ``another`` port."""
    try:
        return listen(app, host, port, proxy)
    except OSError as error:
        raise SettingsError(f"端口 {port} 用不了：{error.strerror}。换一个：{another}") from error


def serve_pages(app: Callable[..., Any], host: str, port: int, proxy: str, announce: Callable[[int], None]) -> None:
    """Serve an application without a clock until SIGTERM or Ctrl+C; ``announce`` is called with the port. Raises
    ``SettingsError`` for one that can't be used."""
    server = _listening(app, host, port, proxy, "--port 8618")
    _stop_on_signals(lambda: None)
    announce(server.effective_port)
    systemd.notify("READY=1")
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        close(server)


def close(server: Any, seconds: float = 0) -> None:
    """Give the port back; requests under way have so many ``seconds`` to end.

    What wakes the server's loop stays open while one of them goes on: waitress writes a byte to the number of that file
    at its end, and once it is closed the number may be that of a database, whose first byte this would replace.
    """
    server.task_dispatcher.shutdown(timeout=seconds)
    if server.task_dispatcher.threads:
        wasyncore.dispatcher.close(server)
    else:
        server.close()


def _open_files() -> int:
    """How many files this process may have open, after asking for ``OPEN_FILES``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < OPEN_FILES:
        soft = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def entrance(service: Service, host: str, port: int) -> str:
    """The address with a link for one use that opens all pages to the person who runs the service."""
    return access.operator_link(service, _base(service, host, port))


def _base(service: Service, host: str, port: int) -> str:
    return service.settings.url or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104


def _look(service: Service, evidence: Evidence) -> None:
    jobs.look_now(service, evidence)


def _drive_push(service: Service) -> DrivePush | None:
    """What has Google tell of changes, where the workbook is Google's and this service has an https address."""
    if service.embedded or not service.settings.url.startswith("https://"):
        return None
    return DrivePush(
        Gateway(service.client, service.workbook, {}), f"{service.settings.url}/hooks/drive", access.key_of(service)
    )



def _tell_alive(scheduler: Scheduler) -> None:
    if scheduler.longest() < STUCK_SECONDS:
        systemd.notify("WATCHDOG=1")


def _stop_on_signals(leave: Callable[[], None]) -> None:
    """End at SIGTERM; ``leave`` is called where that takes too long."""

    def end() -> None:
        log.warning("what was going on did not end within %s s; the next start puts it right", STOP_SECONDS)
        leave()
        os._exit(0)

    def stop(_: int, __: FrameType | None) -> None:
        systemd.notify("STOPPING=1")
        last = threading.Timer(STOP_SECONDS, end)
        last.daemon = True
        last.start()
        raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
