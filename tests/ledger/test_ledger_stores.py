"""What the ledger keeps of pushes, wishes and paces, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from sync.ledger.ledger import Busy, Ledger
from sync.ledger.received.pushes import DONE, RECEIVED, Pushes
from sync.ledger.sent.bot_rates import MOST_A_MINUTE, BotRates
from sync.ledger.sent.preferences import Preferences
from tests.book import ZONE, hour

NOW = hour("2026-11-24 11:40")


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    found = Ledger(database, "县", ZONE)
    yield found
    found.close()


def test_a_push_is_known_by_its_hook_and_id_and_only_a_later_version_counts(ledger: Ledger) -> None:
    pushes = Pushes(ledger)
    taken = [pushes.add(*one, NOW) for one in (
        ("jsj", "1", "甲", "2"), ("jsj", "1", "甲", "2"), ("jsj", "1", "乙", "1"), ("jsj", "1", "丙", "3"),
        ("jdy", "1", "甲", ""),
    )]  # fmt: skip
    assert taken == [True, False, False, True, True]
    assert [(one.source, one.payload, one.at) for one in pushes.due(NOW)] == [("jdy", "甲", NOW), ("jsj", "丙", NOW)]


def test_a_version_that_comes_while_another_is_worked_on_stays_to_be_done(ledger: Ledger) -> None:
    pushes = Pushes(ledger)
    pushes.add("jsj", "1", "甲", "1", NOW)
    (one,) = pushes.due(NOW)
    pushes.add("jsj", "1", "乙", "2", NOW)
    pushes.save([replace(one, state=DONE, put={"text": "甲"}, sent={"text": "甲"}, before=0)])
    (left,) = pushes.due(NOW)
    assert (left.payload, left.put, left.state) == ("乙", {"text": "甲"}, RECEIVED)


def test_another_bureau_s_pushes_wishes_and_paces_are_its_own(ledger: Ledger, database: str) -> None:
    other = Ledger(database, "市", ZONE)
    Pushes(ledger).add("jsj", "1", "甲", "", NOW)
    Preferences(ledger).set("街路长01", "交办", "群")
    Preferences(ledger).set("街路长01", "交办", "邮件")
    BotRates(ledger).spend("群", NOW)
    assert (Pushes(other).due(NOW), Preferences(other).all()) == ([], {})
    assert BotRates(other).left("群", NOW) == MOST_A_MINUTE
    assert Preferences(ledger).all() == {("街路长01", "交办"): "邮件"}
    other.close()


def test_a_pace_is_kept_over_a_restart_and_ends_with_its_minute(ledger: Ledger, database: str) -> None:
    for n in range(MOST_A_MINUTE):
        BotRates(ledger).spend("群", NOW + timedelta(seconds=n))
    again = Ledger(database, "县", ZONE)
    assert BotRates(again).left("群", NOW + timedelta(seconds=59)) == 0
    assert BotRates(again).left("群", NOW + timedelta(seconds=60)) == 1
    BotRates(again).block("群", NOW + timedelta(minutes=10))
    assert BotRates(again).left("群", NOW + timedelta(minutes=9)) == 0
    assert BotRates(again).left("群", NOW + timedelta(minutes=10)) == MOST_A_MINUTE
    again.close()


def test_works_of_which_there_is_one_at_a_time_don_t_wait_for_each_other(ledger: Ledger, database: str) -> None:
    other = Ledger(database, "县", ZONE)
    with ledger.turn(), ledger.turn("推送"), other.turn("群"):
        for work in ("", "推送"):
            with pytest.raises(Busy), other.turn(work):
                pass
    with other.turn("推送"):
        pass
    other.close()
