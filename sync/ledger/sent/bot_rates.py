"""How many messages each group bot was sent lately, so that no process and no restart exceeds what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.ledger.ledger import Ledger

MOST_A_MINUTE = 15  # messages to one bot; 企业微信 and 钉钉 take twenty
MINUTE = timedelta(minutes=1)
KEY = "paces"  # the key of the fact, as databases have it


class BotRates:
    """By name of the bot: the hours of its last messages, and until when none is to be sent. Kept as one fact."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.records = ledger, ledger.records

    def left(self, name: str, now: datetime) -> int:
        """How many messages may go to the bot at ``now``; negative where it had too many."""
        with self.ledger.engine.connect() as db:
            rate = self.records.fact(db, KEY, {}).get(name, {})
        if rate.get("until") and now < datetime.fromisoformat(rate["until"]):
            return 0
        return MOST_A_MINUTE - len(_last_minute(rate, now))

    def spend(self, name: str, now: datetime) -> None:
        """Note a message before it is sent, since one whose answer is lost may have arrived."""
        with self.ledger.engine.begin() as db:
            rates = self.records.fact(db, KEY, {})
            rate = rates.get(name, {})
            sent = [*_last_minute(rate, now), now.astimezone(UTC).isoformat()]
            self.records.set_facts(db, {KEY: {**rates, name: {**rate, "sent": sent}}})

    def block(self, name: str, until: datetime) -> None:
        """Have nothing sent to the bot before ``until``."""
        with self.ledger.engine.begin() as db:
            rates = self.records.fact(db, KEY, {})
            rate = {**rates.get(name, {}), "until": until.astimezone(UTC).isoformat()}
            self.records.set_facts(db, {KEY: {**rates, name: rate}})


def _last_minute(rate: Mapping[str, Any], now: datetime) -> list[str]:
    """The hours (ISO) of the messages in the minute before ``now``."""
    return [at for at in rate.get("sent", []) if now - datetime.fromisoformat(at) < MINUTE]
