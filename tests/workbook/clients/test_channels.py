"""Who watches a file is told of its changes: files.watch, channels.stop and the messages, as Google describes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gspread
import orjson
import pytest

from sync.outgoing import channel_posts
from sync.outgoing.channel_posts import ChannelPosts, NotAllowed
from sync.workbook.cells.store import AnyStore
from sync.workbook.drive import channels
from sync.workbook.server import Api, Request
from tests.stores import open_store
from tests.workbook.conftest import NOW

FILES = "https://www.googleapis.com/drive/v3/files"
STOP = "https://www.googleapis.com/drive/v3/channels/stop"
OTHER = "somebody@example.test"


class Receiver:
    """An address that is told of changes. ``messages``: the headers of each, by name in lower case."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.status = 200
        receiver = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.messages.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.address = f"http://{self.host}/hooks/drive"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def told(self) -> list[tuple[str, str]]:
        """State and number of each message, which are forgotten."""
        told = [(message["x-goog-resource-state"], message["x-goog-message-number"]) for message in self.messages]
        self.messages.clear()
        return told


@pytest.fixture
def receiver(api: Api) -> Iterator[Receiver]:
    made = Receiver()
    api.push_hosts = (made.host,)
    yield made
    made.server.shutdown()
    made.server.server_close()


Deliver = Callable[..., int]


@pytest.fixture
def deliver(store: AnyStore, api: Api) -> Deliver:
    """Tells all who are to be told, some seconds after the hour of the tests."""
    return lambda after=0: channels.tell_channels(
        store, ChannelPosts(api.push_hosts).post, NOW + timedelta(seconds=after)
    )


def watch(book: gspread.Spreadsheet, address: str, **more: object) -> dict[str, str]:
    body = {"id": "first", "type": "web_hook", "address": address, "token": "a token", **more}
    channel: dict[str, str] = book.client.request("post", f"{FILES}/{book.id}/watch", json=body).json()
    return channel


def test_the_whole_life_of_a_channel(book: gspread.Spreadsheet, receiver: Receiver, deliver: Deliver) -> None:
    """By gspread, in process and over HTTP with google-auth."""
    channel = watch(book, receiver.address)
    until = int((NOW + timedelta(hours=1)).timestamp() * 1000)
    assert channel == {
        "kind": "api#channel",
        "id": "first",
        "resourceId": channel["resourceId"],
        "resourceUri": f"{FILES}/{book.id}?alt=json",
        "token": "a token",
        "expiration": str(until),
    }
    assert deliver() == 1
    assert receiver.messages[0] | {"host": "", "accept-encoding": ""} == {
        "host": "",
        "accept-encoding": "",
        "content-length": "0",
        "x-goog-channel-id": "first",
        "x-goog-channel-token": "a token",
        "x-goog-channel-expiration": "Sat, 05 Sep 2026 09:00:00 GMT",
        "x-goog-resource-id": channel["resourceId"],
        "x-goog-resource-uri": f"{FILES}/{book.id}?alt=json",
        "x-goog-resource-state": "sync",
        "x-goog-message-number": "1",
    }
    receiver.messages.clear()
    assert deliver() == 0, "nothing changed"
    book.sheet1.update([["a"]], "A1")
    book.sheet1.update([["b"]], "A2")
    deliver()
    assert receiver.told() == [("update", "2")], "what changed before it was told is one message"
    book.client.request("post", STOP, json={key: channel[key] for key in ("id", "resourceId")})
    book.sheet1.update([["c"]], "A3")
    assert deliver() == 0 and receiver.messages == []
    with pytest.raises(gspread.exceptions.APIError, match="not found"):
        book.client.request("post", STOP, json={key: channel[key] for key in ("id", "resourceId")})


def test_trash_and_removal_are_told(local: gspread.Spreadsheet, receiver: Receiver, deliver: Deliver) -> None:
    watch(local, receiver.address)
    deliver()
    for trashed in (True, False):
        local.client.request("patch", f"{FILES}/{local.id}", json={"trashed": trashed})
        deliver()
    local.client.request("delete", f"{FILES}/{local.id}")
    deliver()
    assert receiver.told() == [("sync", "1"), ("trash", "2"), ("untrash", "3"), ("remove", "4")]
    assert deliver() == 0, "the channel is gone with the file"


def test_what_does_not_arrive_is_sent_again_and_only_then_counted(
    local: gspread.Spreadsheet, receiver: Receiver, deliver: Deliver
) -> None:
    watch(local, receiver.address)
    receiver.status = 503
    for after in (0, 0.5, 1.5, 2.0, 4.0):
        deliver(after)
    assert [number for _, number in receiver.told()] == ["1", "1", "1"], "after 1 s, then 2 s more"
    receiver.status = 200
    deliver(60)
    assert receiver.told() == [("sync", "1")]
    receiver.status = 404  # it does not want it: Google sends none of these again
    local.sheet1.update([["a"]], "A1")
    deliver(61)
    deliver(300)
    assert receiver.told() == [("update", "2")]


def test_one_that_can_not_be_reached_holds_no_other_up(
    local: gspread.Spreadsheet, receiver: Receiver, deliver: Deliver, api: Api
) -> None:
    api.push_hosts = (receiver.host, "127.0.0.1:1")
    watch(local, "http://127.0.0.1:1/", id="a")
    watch(local, receiver.address, id="b")
    deliver()
    assert receiver.told() == [("sync", "1")]


def test_a_channel_that_expired_is_told_nothing(
    local: gspread.Spreadsheet, receiver: Receiver, deliver: Deliver
) -> None:
    soon = int((NOW + timedelta(minutes=1)).timestamp() * 1000)
    assert watch(local, receiver.address, expiration=str(soon))["expiration"] == str(soon)
    assert deliver(61) == 0
    late = int((NOW + timedelta(days=30)).timestamp() * 1000)
    day = int((NOW + timedelta(days=1)).timestamp() * 1000)
    assert watch(local, receiver.address, id="long", expiration=str(late))["expiration"] == str(day), "a day at most"


def test_who_may_not_see_the_file_any_more_hears_no_more_of_it(
    api: Api, local: gspread.Spreadsheet, receiver: Receiver, deliver: Deliver
) -> None:
    asked = Request(
        "POST",
        f"/drive/v3/files/{local.id}/watch",
        body=orjson.dumps({"id": "theirs", "type": "web_hook", "address": receiver.address}),
        account=OTHER,
        may_write=False,
    )
    assert api.handle(asked).status == 404, "not shared"
    local.share(OTHER, perm_type="user", role="reader")
    assert api.handle(asked).status == 200, "a read-only scope watches too"
    resource = channels.resource_id(local.id)
    stop = orjson.dumps({"id": "theirs", "resourceId": resource})
    assert api.handle(Request("POST", "/drive/v3/channels/stop", body=stop)).status == 404, "each account stops its own"
    local.remove_permissions(OTHER)
    deliver()
    local.sheet1.update([["secret"]], "A1")
    deliver()
    assert receiver.told() == [("remove", "1")]


REFUSALS: list[tuple[dict[str, object], int, str]] = [
    ({"id": ""}, 400, "invalid"),
    ({"id": "no spaces"}, 400, "invalid"),
    ({"id": "x" * 65}, 400, "invalid"),
    ({"type": "email"}, 400, "invalid"),
    ({"token": "two\r\nX-Evil: lines"}, 400, "invalid"),
    ({"token": "x" * 257}, 400, "invalid"),
    ({"expiration": "1"}, 400, "invalid"),
    ({"expiration": "soon"}, 400, "invalid"),
    ({"address": ""}, 400, "push.webhookUrlNotHttps"),
    ({"address": "http://hooks.example.cn/"}, 400, "push.webhookUrlNotHttps"),
    ({"address": "ftp://127.0.0.1:9/"}, 400, "push.webhookUrlNotHttps"),
    ({"address": "http://127.0.0.1:10/"}, 400, "push.webhookUrlNotHttps"),
    ({"address": "https://127.0.0.1:10/"}, 401, "push.webhookUrlUnauthorized"),
    ({"address": "https://elsewhere.example.cn/"}, 401, "push.webhookUrlUnauthorized"),
    ({"address": "https://hooks.example.cn:8443/"}, 401, "push.webhookUrlUnauthorized"),
    ({"address": "https://hooks.example.cn@evil.example/"}, 400, "push.webhookUrlNotHttps"),
]


@pytest.mark.parametrize(("wrong", "status", "reason"), REFUSALS)
def test_what_is_refused_is_refused_in_googles_words(
    api: Api, local: gspread.Spreadsheet, wrong: dict[str, object], status: int, reason: str
) -> None:
    api.push_hosts = ("hooks.example.cn", "127.0.0.1:9")
    body = {"id": "first", "type": "web_hook", "address": "https://hooks.example.cn/drive"}
    path = f"/drive/v3/files/{local.id}/watch"
    answer = api.handle(Request("POST", path, body=orjson.dumps(body | wrong)))
    assert (answer.status, orjson.loads(answer.body)["error"]["errors"][0]["reason"]) == (status, reason)
    assert api.handle(Request("POST", path, body=orjson.dumps(body))).status == 200
    again = api.handle(Request("POST", path, body=orjson.dumps(body)))
    assert orjson.loads(again.body)["error"]["errors"][0]["reason"] == "channelIdNotUnique"


def test_an_operator_who_allows_no_address_has_no_channels(api: Api, local: gspread.Spreadsheet) -> None:
    body = orjson.dumps({"id": "first", "type": "web_hook", "address": "https://hooks.example.cn/drive"})
    assert api.handle(Request("POST", f"/drive/v3/files/{local.id}/watch", body=body)).status == 401


def test_an_account_has_so_many_channels(
    local: gspread.Spreadsheet, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "MOST_CHANNELS", 2)
    watch(local, receiver.address, id="a")
    watch(local, receiver.address, id="b")
    with pytest.raises(gspread.exceptions.APIError, match="Too many channels"):
        watch(local, receiver.address, id="c")


@pytest.mark.parametrize(
    ("address", "host_addresses"),
    [
        ("https://hooks.example.cn/", ["8.8.8.8", "10.0.0.7"]),
        ("https://hooks.example.cn/", ["127.0.0.1"]),
        ("https://hooks.example.cn/", ["::ffff:169.254.169.254"]),
        ("https://hooks.example.cn:444/", ["8.8.8.8"]),
        ("http://hooks.example.cn/", ["8.8.8.8"]),
        ("https://taken-off-the-list.example.cn/", ["8.8.8.8"]),
        ("http://127.0.0.1:7/", ["127.0.0.1"]),
        ("http://localhost:9/", ["127.0.0.1"]),
    ],
)
def test_no_message_goes_into_the_own_network(
    monkeypatch: pytest.MonkeyPatch, address: str, host_addresses: list[str]
) -> None:
    """Whatever an address led to when it was watched: what counts is where it leads now."""
    infos = [(0, 0, 0, "", (each, 443)) for each in host_addresses]
    monkeypatch.setattr(channel_posts.socket, "getaddrinfo", lambda *_, **__: infos)
    posts = ChannelPosts(("hooks.example.cn", "127.0.0.1:9", "localhost:9"))
    with pytest.raises(NotAllowed):
        posts.post(address, {})


def test_channels_outlive_the_process(tmp_path: Path, receiver: Receiver) -> None:
    for number in range(2):
        with closing(open_store(tmp_path / "again.sqlite3")) as store:
            api = Api(store, lambda: NOW, (receiver.host,))
            if number == 0:
                made = orjson.loads(api.handle(Request("POST", "/v4/spreadsheets", body=b"{}")).body)
                path = f"/drive/v3/files/{made['spreadsheetId']}/watch"
                body = {"id": "first", "type": "web_hook", "address": receiver.address}
                assert api.handle(Request("POST", path, body=orjson.dumps(body))).status == 200
            else:
                channels.tell_channels(store, ChannelPosts((receiver.host,)).post, NOW)
    assert receiver.told() == [("sync", "1")]
