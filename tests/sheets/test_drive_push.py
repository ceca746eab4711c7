"""Push by Drive, the whole way over HTTP: the service watches its sheet, a person edits it, the next look is nudged."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from sync.outgoing.channel_posts import ChannelPosts
from sync.service import Service
from sync.settings import Settings
from sync.sheets import drive_push
from sync.workbook.drive import channels
from tests.google_stage import GoogleStage, google_stage
from tests.mail_server import certificate
from webhook import server

KEY = "a secret of the tests, of 32 characters"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleStage]:
    with google_stage(tmp_path, monkeypatch) as stage:
        stage.share()
        yield stage


class Bureau:
    """A jielu with an https address whose sheet is on the stage. ``nudges``: how often a look was asked for."""

    def __init__(self, stage: GoogleStage, folder: Path) -> None:
        self.stage, self.nudges = stage, 0
        self.trusted, context = certificate(folder)
        self.server = make_server("127.0.0.1", 0, Flask("later"), threaded=True, ssl_context=context)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.service = stage.service(JIELU_URL=f"https://{self.host}/")
        self.server.app = server.create_app(self.service, self.nudge)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        push = server._drive_push(self.service)
        assert push is not None
        self.push = push
        stage.api.push_hosts = (self.host,)

    def nudge(self) -> None:
        self.nudges += 1

    def told(self, now: datetime) -> int:
        """How many messages the sheet's server sends; none is refused."""
        posts = ChannelPosts(self.stage.api.push_hosts, ssl.create_default_context(cafile=str(self.trusted)))
        return channels.tell_channels(self.stage.store, posts.post, now)

    def channels(self) -> list[str]:
        with self.stage.store.read() as tx:
            return [name for (name,) in tx.run("SELECT id FROM channels")]

    def call(self, **headers: str) -> int:
        """Somebody calls the hook."""
        url, named = (
            f"https://{self.host}/hooks/drive",
            {f"X-Goog-{k.replace('_', '-')}": v for k, v in headers.items()},
        )
        return requests.post(url, headers=named, verify=str(self.trusted), timeout=10).status_code

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.service.close()


@pytest.fixture
def bureau(stage: GoogleStage, tmp_path: Path) -> Iterator[Bureau]:
    with closing(Bureau(stage, tmp_path)) as bureau:
        yield bureau


def test_an_edit_asks_for_a_look_until_the_service_stops(bureau: Bureau) -> None:
    now = datetime.now(UTC)
    bureau.push.renew_when_due(now)
    assert bureau.told(now) == 1 and bureau.nudges == 0, "the first message only says that the channel is open"
    bureau.stage.book.sheet1.update([["一"]], "A1")
    bureau.stage.book.sheet1.update([["二"]], "A2")
    assert bureau.told(now) == 1 and bureau.nudges == 1
    bureau.push.stop()
    assert bureau.channels() == []
    bureau.stage.book.sheet1.update([["三"]], "A3")
    assert bureau.told(now) == 0 and bureau.nudges == 1


def test_the_channel_is_renewed_before_it_expires_and_none_is_left_behind(bureau: Bureau) -> None:
    start = datetime.now(UTC)
    bureau.push.renew_when_due(start)
    first = bureau.channels()
    bureau.push.renew_when_due(start + timedelta(hours=2, minutes=59))
    assert bureau.channels() == first
    bureau.stage.api.clock = lambda: start + timedelta(hours=3)
    bureau.push.renew_when_due(start + timedelta(hours=3, seconds=1))
    second = bureau.channels()
    assert len(second) == 1 and second != first
    bureau.stage.book.sheet1.update([["一"]], "A1")
    later = start + timedelta(hours=8)  # when the first would have been over
    bureau.told(later)
    bureau.stage.book.sheet1.update([["二"]], "A1")
    bureau.told(later)
    assert bureau.nudges == 1


def test_only_a_channel_of_this_installation_is_believed(bureau: Bureau) -> None:
    bureau.push.renew_when_due(datetime.now(UTC))
    (name,) = bureau.channels()
    good = drive_push.token(KEY, name)
    wrong = [
        {},
        {"Channel_ID": name},
        {"Channel_ID": name, "Channel_Token": good[:-1]},
        {"Channel_ID": name, "Channel_Token": "ü" * 64},
        {"Channel_ID": "0" * 32, "Channel_Token": good},
        {"Channel_ID": f"{name} ", "Channel_Token": drive_push.token("another secret", name)},
    ]
    for headers in wrong:
        assert (
            bureau.call(**{k: v.encode().decode("latin-1") for k, v in headers.items()}, Resource_State="update") == 403
        )
    assert bureau.nudges == 0
    assert bureau.call(Channel_ID=name, Channel_Token=good, Resource_State="update") == 200
    assert bureau.nudges == 1


def test_a_channel_of_before_a_kill_is_still_known(bureau: Bureau) -> None:
    now = datetime.now(UTC)
    bureau.push.renew_when_due(now)
    again = server._drive_push(bureau.service)  # the process after it, which knows of no channel
    assert again is not None
    again.renew_when_due(now)
    assert len(bureau.channels()) == 2
    bureau.told(now)
    bureau.stage.book.sheet1.update([["一"]], "A1")
    assert bureau.told(now) == 2 and bureau.nudges == 2, "two nudges before a look are one look"


def test_a_refusal_is_asked_again_after_growing_gaps_and_stops_nothing(
    bureau: Bureau, caplog: pytest.LogCaptureFixture
) -> None:
    bureau.stage.api.push_hosts = ()  # as Google refuses a domain that it does not know
    now = datetime.now(UTC)
    waits = []
    for _ in range(8):
        bureau.push.renew_when_due(now)
        waits.append(round((bureau.push.due - now).total_seconds() / 60))
        now = bureau.push.due
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60] and bureau.channels() == []
    assert "no channel (APIError)" in caplog.text and bureau.host not in caplog.text
    bureau.stage.api.push_hosts = (bureau.host,)
    bureau.push.renew_when_due(now)
    assert len(bureau.channels()) == 1 and bureau.push.failures == 0
    bureau.push.stop()


def test_a_channel_that_can_not_be_closed_ends_by_itself(bureau: Bureau) -> None:
    bureau.push.renew_when_due(datetime.now(UTC))
    bureau.push.channel = ("0" * 32, "of another file")
    bureau.push.stop()
    assert bureau.push.channel is None


@pytest.mark.parametrize("url", ["", "http://jielu.example.cn"])
def test_without_an_https_address_nothing_is_watched(stage: GoogleStage, url: str) -> None:
    with closing(stage.service(JIELU_URL=url)) as service:
        assert server._drive_push(service) is None


def test_the_embedded_workbook_is_not_watched_by_its_own_service(tmp_path: Path) -> None:
    settings = Settings.read({"JIELU_DATA": str(tmp_path / "own"), "JIELU_URL": "https://jielu.example.cn"})
    with closing(Service(settings)) as service:
        assert server._drive_push(service) is None
        assert service.client.quota is None and service.page_client is service.client, "it has no quota"


def test_google_has_a_quota_each_for_looks_and_pages(stage: GoogleStage) -> None:
    with closing(stage.service()) as service:
        assert service.client.quota and service.page_client.quota
        assert service.gateway.client is service.client and service.new_gateway().client is service.page_client


def test_the_accounts_scopes_are_enough_to_watch() -> None:
    """Those of ``sync/sheets/credentials.py``, by Google's own description of the two methods."""
    from sync.sheets.credentials import SCOPES
    from tests.workbook.clients.test_discovery import METHODS

    for name in ("drive.files.watch", "drive.channels.stop", "drive.files.get"):
        assert set(METHODS[name]["scopes"]) & set(SCOPES), name
