"""Push by Google Drive: it calls ``/hooks/drive`` when the spreadsheet changes, so that the next look comes sooner.

A channel is opened for some hours (``files.watch``; Drive allows a day at most), replaced by a new one at half time,
and closed at the end (``channels.stop``). Without it nothing is missed: looks go on by the clock.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sync.sheets.gateway import Gateway, Refused, Unknown

LIFETIME = timedelta(hours=6)
LONGEST_WAIT = timedelta(hours=1)  # between two tries
CHANNEL_ID = re.compile(r"[0-9a-f]{32}")

log = logging.getLogger(__name__)


def token(key: str, channel: str) -> str:
    """The secret of a channel (64 hex digits): whoever calls with it was told it by this installation, also before a
    restart."""
    return hmac.new(key.encode(), f"drive channel\n{channel}".encode(), hashlib.sha256).hexdigest()


def is_ours(key: str, channel: str, given: str) -> bool:
    """Whether a call names a channel of this installation and its token."""
    if not CHANNEL_ID.fullmatch(channel):
        return False
    return hmac.compare_digest(token(key, channel).encode(), given.encode("utf-8", "replace"))


class DrivePush:
    """The channel that is open. ``address``: where Drive calls; for one thread at a time."""

    def __init__(self, gateway: Gateway, address: str, key: str) -> None:
        self.gateway, self.address, self.key = gateway, address, key
        self.channel: tuple[str, str] | None = None  # its id, and the id of what it watches
        self.due = datetime.min.replace(tzinfo=UTC)
        self.failures = 0

    def renew_when_due(self, now: datetime) -> None:
        """Open a channel where none is open or half of its time is over, and close the one before. A refusal is
        logged, and tried again after growing gaps."""
        if now < self.due:
            return
        before = self.channel
        try:
            self.channel, until = self._open(now)
        except (Refused, Unknown) as error:
            self.due = now + min(timedelta(minutes=1) * 2 ** min(self.failures, 10), LONGEST_WAIT)
            self.failures += 1
            log.warning("drive push: no channel (%s); changes are seen by the clock", type(error.__cause__).__name__)
            return
        self.failures, self.due = 0, now + (until - now) / 2
        if before is not None:
            self._close(before)

    def stop(self) -> None:
        """Close the channel that is open."""
        if self.channel is not None:
            self._close(self.channel)
            self.channel = None

    def _open(self, now: datetime) -> tuple[tuple[str, str], datetime]:
        """The new channel and when it ends. Raises ``Refused`` and ``Unknown``."""
        name, until = uuid4().hex, now + LIFETIME
        made = self.gateway.watch(
            {
                "id": name,
                "type": "web_hook",
                "address": self.address,
                "token": token(self.key, name),
                "expiration": str(int(until.timestamp() * 1000)),
            }
        )
        return (name, made["resourceId"]), datetime.fromtimestamp(int(made["expiration"]) / 1000, UTC)

    def _close(self, channel: tuple[str, str]) -> None:
        try:
            self.gateway.stop_watching(*channel)
        except (Refused, Unknown) as error:  # it ends by itself
            log.warning("drive push: a channel was not closed (%s)", type(error.__cause__).__name__)
