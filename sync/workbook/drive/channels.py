"""Who is told when a file changes: ``files.watch``, ``channels.stop``, and the messages themselves.

Google's guide is developers.google.com/workspace/drive/api/guides/push. A message tells no more than that something
changed; several changes may be one message. ``X-Goog-Changed`` is not sent: what changed is not noted.
"""

from __future__ import annotations

import hashlib
import http.client
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import formatdate
from typing import NamedTuple

import orjson

from sync import addresses
from sync.workbook.api.call import Call
from sync.workbook.cells.store import AnyStore
from sync.workbook.cells.transaction import Transaction
from sync.workbook.drive.drive import masked
from sync.workbook.schema.errors import DriveError, Json
from sync.workbook.schema.schema import MESSAGES, REFUSED_FIELDS, read

USUAL_MS, LONGEST_MS = 3_600_000, 86_400_000  # how long a channel lives: an hour, a day at most
MOST_CHANNELS = 100  # of an account
LONGEST_WAIT_MS = 600_000  # between two tries
AGAIN = (500, 502, 503, 504)  # answers after which a message is sent again
_ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,15}")

Post = Callable[[str, dict[str, str]], int]  # an address and headers: the answer's status; raises what a network raises


class Channel(NamedTuple):
    """A row of the table. ``version``: the file's at the last message; ``due``: not before that hour."""

    account: str
    id: str
    file: str
    address: str
    token: str
    expires: int
    number: int
    version: int
    trashed: int
    tries: int
    due: int


class ChannelEvent(NamedTuple):
    """What a channel is to be told: the state, and the file's version and trash at that moment."""

    channel: Channel
    state: str
    version: int
    trashed: int


def resource_id(file_id: str) -> str:
    """What stands for the file in messages and in ``channels.stop``."""
    return hashlib.blake2b(file_id.encode(), digest_size=20).hexdigest()


def _resource_uri(file_id: str) -> str:
    return f"https://www.googleapis.com/drive/v3/files/{file_id}?alt=json"


# The two methods


def watch(call: Call, file_id: str) -> Json:
    """files.watch: a channel that tells an address of every change of the file until it expires."""
    call.drive_file(file_id)
    body = _body(call)
    if body.get("type") not in ("web_hook", "webhook"):
        raise DriveError(400, "Invalid Value", "invalid", "resource.type")
    _check_address(body.get("address", ""), call.push_hosts)
    channel = _new_channel(call, file_id, body)
    _add(call.tx, channel, _milliseconds(call.now))
    whole: Json = {
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": resource_id(file_id),
        "resourceUri": _resource_uri(file_id),
        **({"token": channel.token} if channel.token else {}),
        "expiration": str(channel.expires),
    }
    return masked(call, whole, tuple(whole))


def stop(call: Call) -> None:
    """channels.stop: no message follows."""
    body = _body(call)
    channels = (Channel(*record) for record in call.tx.channels() if record[:2] == (call.account, body.get("id", "")))
    if not any(resource_id(channel.file) == body.get("resourceId") for channel in channels):
        raise DriveError(404, f"Channel '{body.get('id', '')}' not found.", "notFound")
    call.tx.delete_channel(call.account, body["id"])


def _body(call: Call) -> Json:
    known = (MESSAGES["Channel"].keys() | REFUSED_FIELDS["Channel"]) - {"kind"}
    return read("Channel", {key: item for key, item in call.json().items() if key in known})


def _new_channel(call: Call, file_id: str, body: Json) -> Channel:
    name, token, now = body.get("id", ""), body.get("token", ""), _milliseconds(call.now)
    if not _ID.fullmatch(name):
        raise DriveError(400, "Invalid Value", "invalid", "resource.id")
    if len(token) > 256 or not (token.isascii() and token.isprintable()):
        raise DriveError(400, "Invalid Value", "invalid", "resource.token")
    expires = body.get("expiration", str(now + USUAL_MS))
    if not _NUMBER.fullmatch(expires) or int(expires) <= now:
        raise DriveError(400, "Invalid Value", "invalid", "resource.expiration")
    until = min(int(expires), now + LONGEST_MS)
    return Channel(call.account, name, file_id, body["address"], token, until, 0, 0, 0, 0, 0)


def _check_address(address: str, hosts: tuple[str, ...]) -> None:
    """Refuses an address to which no message may go, in Google's words."""
    parts = addresses.split(address)
    if parts is not None and addresses.is_listed_loopback(parts, hosts) and parts.scheme in ("http", "https"):
        return
    if parts is None or parts.scheme != "https":
        raise DriveError(400, f"WebHook callback must be HTTPS: {address}", "push.webhookUrlNotHttps")
    if parts.port not in (None, 443) or not addresses.allowed(parts.hostname or "", hosts):
        raise DriveError(401, f"Unauthorized WebHook callback channel: {address}", "push.webhookUrlUnauthorized")


def _add(tx: Transaction, channel: Channel, now: int) -> None:
    tx.drop_old_channels(now)
    there = [name for account, name, *_ in tx.channels() if account == channel.account]
    if channel.id in there:
        raise DriveError(400, f"Channel id {channel.id} not unique", "channelIdNotUnique")
    if len(there) >= MOST_CHANNELS:
        raise DriveError(403, "Too many channels.", "rateLimitExceeded")
    tx.add_channel(channel)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


# The messages


def tell_channels(store: AnyStore, post: Post, now: datetime) -> int:
    """Tell every channel what changed since its last message; how many messages arrived. What an address does not
    take is sent again after growing gaps, until the channel expires; no channel waits for another's next try."""
    arrived = 0
    with store.read() as tx:
        changes = list(_changes(tx, now))
    for change in changes:
        status = _sent(post, change)
        arrived += status not in AGAIN
        with store.write() as tx:
            _settle(tx, change, status, _milliseconds(now))
    return arrived


def _changes(tx: Transaction, now: datetime) -> Iterator[ChannelEvent]:
    for row in tx.due_channels(_milliseconds(now)):
        channel, (version, meta, permissions, owner) = Channel(*row[:11]), row[11:]
        reader = Call(tx, now, channel.account, [], {}, b"")
        if version is None or not reader.may(orjson.loads(permissions), owner, False):  # gone, or no more to be seen
            yield ChannelEvent(channel, "remove", channel.version, channel.trashed)
        else:
            yield _change(channel, version, bool(orjson.loads(meta).get("trashed")))


def _change(channel: Channel, version: int, trashed: bool) -> ChannelEvent:
    if channel.number == 0:
        return ChannelEvent(channel, "sync", version, trashed)
    if trashed != bool(channel.trashed):
        return ChannelEvent(channel, "trash" if trashed else "untrash", version, trashed)
    return ChannelEvent(channel, "update", version, trashed)


def _headers(change: ChannelEvent) -> dict[str, str]:
    channel = change.channel
    return {
        "X-Goog-Channel-ID": channel.id,
        **({"X-Goog-Channel-Token": channel.token} if channel.token else {}),
        "X-Goog-Channel-Expiration": formatdate(channel.expires / 1000, usegmt=True),
        "X-Goog-Resource-ID": resource_id(channel.file),
        "X-Goog-Resource-URI": _resource_uri(channel.file),
        "X-Goog-Resource-State": change.state,
        "X-Goog-Message-Number": str(channel.number + 1),
    }


def _sent(post: Post, change: ChannelEvent) -> int:
    """The status that the address answers; 503 where nothing can be sent."""
    try:
        return post(change.channel.address, _headers(change))
    except (OSError, http.client.HTTPException, ValueError):
        return 503


def _settle(tx: Transaction, change: ChannelEvent, status: int, now: int) -> None:
    channel = change.channel
    if status in AGAIN:
        due = now + min(1000 << min(channel.tries, 20), LONGEST_WAIT_MS)
        values = channel._replace(tries=channel.tries + 1, due=due)
    else:
        number, version, trashed = channel.number + 1, change.version, int(change.trashed)
        values = channel._replace(number=number, version=version, trashed=trashed, tries=0, due=0)
    if change.state == "remove" and status not in AGAIN:
        tx.delete_channel(channel.account, channel.id)
        return
    tx.save_channel(values)
