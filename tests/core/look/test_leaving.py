"""Rows of 扣分明细 and 通知记录 leave for the tab of their year: which months, below, at and above the wait."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sync.core.look.leaving.months import Past, sealed_until, year_of
from sync.core.memory import Sent
from sync.core.notices.notices import FAILED, HANDED, IN_DEMO, OFF, SENT, UNSENT, WAITING, Notice
from sync.core.scores.seal import Seal
from sync.core.sheet.values import serials
from tests.book import ZONE, hour

WAIT = timedelta(days=60)
SEALED = {
    "2026-10": Seal("2026-10", hour("2026-11-05 09:00"), "", (), ()),
    "2026-11": Seal("2026-11", hour("2026-12-05 09:00"), "", (), ()),
}
NOVEMBER = Past("2026-11", ZONE)  # October and what was before it


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2027-01-04 08:59", ""),
        ("2027-01-04 09:00", "2026-11"),
        ("2027-02-03 08:59", "2026-11"),
        ("2027-02-03 09:00", "2026-12"),
    ],
    ids=["before sixty days", "sixty days after October's seal", "before November's", "sixty days after November's"],
)
def test_a_month_leaves_sixty_days_after_its_seal(now: str, until: str) -> None:
    assert sealed_until(SEALED, WAIT, hour(now)) == until


def test_what_has_left_does_not_come_back_where_the_rules_wait_longer() -> None:
    assert sealed_until(SEALED, timedelta(days=900), hour("2027-01-04 09:00"), "2026-11") == "2026-11"


def test_no_month_leaves_before_an_earlier_one() -> None:
    late = {**SEALED, "2026-10": Seal("2026-10", hour("2026-12-20 09:00"), "", (), ())}
    assert sealed_until(late, WAIT, hour("2027-02-10 09:00")) == ""


@pytest.mark.parametrize(("month", "leaves"), [("2026-09", True), ("2026-10", True), ("2026-11", False)])
def test_lines_go_by_their_month(month: str, leaves: bool) -> None:
    assert NOVEMBER.covers("lines", {"month": month}) is leaves
    assert not Past("", ZONE).covers("lines", {"month": month})


def notice(at: datetime, state: str) -> Sent:
    return Sent(Notice("1", "交办", "20261031-001", "街路长01", at, at, "", ""), state)


@pytest.mark.parametrize(
    ("at", "leaves"),
    [("2026-10-31 23:59", True), ("2026-11-01 00:00", False), ("2026-11-01 00:01", False)],
    ids=["last minute of October", "midnight", "after midnight"],
)
def test_notices_go_by_their_hour(at: str, leaves: bool) -> None:
    cells = {"time": serials.from_datetime(hour(at), ZONE), "state": SENT}
    assert NOVEMBER.covers("notices", cells) is leaves
    assert NOVEMBER.has(notice(hour(at), SENT)) is leaves


@pytest.mark.parametrize(
    ("state", "leaves"),
    [(WAITING, False), (UNSENT, False), (HANDED, False), (SENT, True), (IN_DEMO, True), (FAILED, True), (OFF, True)],
    ids=["waits", "no mailbox", "handed over", "sent", "in the demo's mailbox", "failed", "called off"],
)
def test_a_notice_that_may_still_go_out_stays(state: str, leaves: bool) -> None:
    at = hour("2026-10-20 09:00")
    assert NOVEMBER.has(notice(at, state)) is leaves
    assert NOVEMBER.covers("notices", {"time": serials.from_datetime(at, ZONE), "state": state}) is leaves


def test_each_row_goes_to_the_tab_of_its_own_year() -> None:
    assert year_of("lines", {"month": "2026-12"}, ZONE) == 2026
    assert year_of("notices", {"time": serials.from_datetime(hour("2026-12-31 23:59"), ZONE)}, ZONE) == 2026
    assert year_of("notices", {"time": serials.from_datetime(hour("2027-01-01 00:00"), ZONE)}, ZONE) == 2027
