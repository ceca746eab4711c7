"""How fast each group was told, so that no process and no restart outruns what its bot takes (a fact of the ledger)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.ledger.ledger import Ledger

MOST = 15  # messages a bot a minute; 企业微信 and 钉钉 take twenty
MINUTE = timedelta(minutes=1)
KEY = "paces"


class Paces:
    """By the name of the bot: the hours of its last messages, and until when it is to be left alone."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.records = ledger, ledger.records

    def left(self, name: str, now: datetime) -> int:
        """How many messages may go to the bot at ``now``."""
        with self.ledger.engine.connect() as db:
            one = self.records.fact(db, KEY, {}).get(name, {})
        if one.get("until") and now < datetime.fromisoformat(one["until"]):
            return 0
        return MOST - len(_fresh(one, now))

    def spend(self, name: str, now: datetime) -> None:
        """Note a message before it is sent: one that may have arrived counts."""
        with self.ledger.engine.begin() as db:
            found = self.records.fact(db, KEY, {})
            one = found.get(name, {})
            sent = [*_fresh(one, now), now.astimezone(UTC).isoformat()]
            self.records.set_facts(db, {KEY: {**found, name: {**one, "sent": sent}}})

    def block(self, name: str, until: datetime) -> None:
        """Leave the bot alone until then."""
        with self.ledger.engine.begin() as db:
            found = self.records.fact(db, KEY, {})
            one = {**found.get(name, {}), "until": until.astimezone(UTC).isoformat()}
            self.records.set_facts(db, {KEY: {**found, name: one}})


def _fresh(one: Mapping[str, Any], now: datetime) -> list[str]:
    return [at for at in one.get("sent", []) if now - datetime.fromisoformat(at) < MINUTE]
