"""Who was responsible, as it is written down day by day (definitions 5.1, 5.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from sync.core.people.days import Days
from sync.core.people.recording import Recording, typed_over
from sync.core.people.roster import Change, Roster, Span, Street
from sync.core.scores import holders, standings
from tests.book import default_rules

CALENDAR = default_rules().calendar
DAY = timedelta(days=1)
STREET = Street("新正街", "J1", "主次干道", "城中", "第四支部", "甲", "", (), (), Span())
OPENS = date(2026, 11, 1)


def on(day: int) -> date:
    return date(2026, 11, day)


def look(roster: Roster, day: date, last: date | None = None, opens: date = OPENS, **facts: object) -> Roster:
    recording = Recording(roster, CALENDAR, day, last, opens, **facts)  # type: ignore[arg-type]
    return replace(roster, days=recording.days())


def named(roster: Roster, chief: str) -> Roster:
    return replace(roster, streets=(replace(STREET, chief=chief),))


def chiefs(roster: Roster, first: int, last: int) -> str:
    return "".join(roster.chief(STREET, on(day)) or "－" for day in range(first, last + 1))


def change(chief: str, since: int, until: int | None = None, asked: int = 1, *, leave: bool = False) -> Change:
    return Change("新正街", chief, Span(on(since), on(until) if until else None), leave, on(asked))


def test_a_typed_name_counts_from_the_next_workday_and_not_at_all_when_it_is_taken_back() -> None:
    before = look(Roster((STREET,), ()), on(2))
    typed = look(named(before, "乙"), on(6), on(2))  # a Friday
    assert chiefs(typed, 1, 10) == "甲甲甲甲甲甲甲甲乙乙"
    assert [(each.before, each.name, each.since) for each in typed_over(typed, on(6), CALENDAR)] == [
        ("甲", "乙", on(9))
    ]
    assert chiefs(look(named(typed, "甲"), on(7), on(6)), 1, 10) == "甲" * 10
    assert chiefs(look(named(typed, "甲"), on(9), on(6)), 1, 10) == "甲" * 10, "taken back before its day was looked at"
    later = look(typed, on(9), on(6))
    assert chiefs(look(named(later, "甲"), on(9), on(9)), 1, 12) == "甲甲甲甲甲甲甲甲乙甲甲甲"


def test_a_name_that_is_cleared_and_typed_again_on_one_day_comes_to_nothing() -> None:
    roster = look(Roster((STREET,), ()), on(2))
    cleared = look(named(roster, ""), on(4), on(3))
    assert chiefs(cleared, 1, 5) == "甲甲甲－－"
    assert look(named(cleared, "甲"), on(4), on(4)).days == roster.days
    other = look(named(cleared, "乙"), on(4), on(4))
    assert chiefs(other, 1, 5) == "甲甲甲甲乙", "clearing first opens no shorter way"
    assert [each.name for each in typed_over(other, on(4), CALENDAR)] == ["乙"]


def test_a_first_name_counts_at_once_and_is_not_listed() -> None:
    roster = look(Roster((replace(STREET, chief=""),), ()), on(2))
    named_now = look(named(roster, "乙"), on(4), on(2))
    assert chiefs(named_now, 1, 5) == "－－－乙乙"
    assert list(typed_over(named_now, on(4), CALENDAR)) == []


def test_the_past_is_not_read_off_the_roster_again() -> None:
    roster = look(Roster((STREET,), (), (change("丙", 3, 4, leave=True),)), on(5))
    assert chiefs(roster, 1, 6) == "甲甲丙丙甲甲"
    gone = look(replace(roster, changes=()), on(10), on(5))
    assert chiefs(gone, 1, 6) == "甲甲丙丙甲甲"
    assert list(typed_over(gone, on(10), CALENDAR)) == []


def test_a_stand_in_ends_though_nobody_looked_on_that_day() -> None:
    roster = look(Roster((STREET,), (), (change("丙", 3, 4, leave=True),)), on(3))
    assert chiefs(look(roster, on(12), on(3)), 1, 12) == "甲甲丙丙甲甲甲甲甲甲甲甲"


def test_a_change_for_days_that_are_over_writes_them_anew_but_not_in_a_sealed_month() -> None:
    roster = look(Roster((STREET,), ()), on(2))
    changed = replace(roster, changes=(change("乙", 3, asked=20),))
    assert chiefs(look(changed, on(20), on(19)), 1, 5) == "甲甲乙乙乙"
    sealed = look(changed, date(2026, 12, 7), on(30), date(2026, 12, 1))
    assert chiefs(sealed, 1, 30) == "甲" * 30
    assert sealed.chief(STREET, date(2026, 12, 1)) == "乙"


def test_the_newer_of_a_change_and_a_typed_name_counts() -> None:
    """A change of the 3rd was asked for on the 1st; 丙 is typed on the 10th; then 丁 is asked for on the 16th."""
    roster = look(Roster((STREET,), (), (change("乙", 3),)), on(9))
    typed = look(named(roster, "丙"), on(10), on(9))
    assert chiefs(typed, 1, 12) == "甲甲" + "乙" * 8 + "丙丙"
    both = look(replace(typed, changes=(*typed.changes, change("丁", 12, asked=16))), on(16), on(10))
    assert chiefs(both, 9, 16) == "乙乙丙丁丁丁丁丁"
    assert list(typed_over(both, on(16), CALENDAR)) == []


def test_after_a_loss_the_stamps_say_what_roster_and_changes_do_not() -> None:
    lost = look(Roster((STREET,), ()), on(20), evidence={"新正街": [(on(5), "乙"), (on(10), "甲")]}, lost=True)
    assert chiefs(lost, 4, 11) == "乙乙乙乙乙乙甲甲"
    assert all(care.rebuilt for care in lost.days["新正街"])


def test_a_day_before_the_last_look_writes_nothing() -> None:
    roster = look(Roster((STREET,), ()), on(20))
    assert look(named(roster, "乙"), on(10), on(20)).days == roster.days


MOVED = (
    replace(STREET, span=Span(None, on(3))),
    replace(STREET, branch="第六支部", district="城东", type="重点区域", span=Span(on(4), None)),
)


@pytest.mark.parametrize("streets", [MOVED, MOVED[::-1]], ids=["in order", "turned round"])
def test_a_month_goes_to_the_branch_of_most_workdays_in_any_order_of_rows(streets: tuple[Street, ...]) -> None:
    roster = look(Roster(streets, ()), on(2))
    roster = look(roster, on(30), on(2))
    [name] = holders.names_in(roster, "2026-11", on(30))
    street, chief, whole = holders.in_month(roster, name, "2026-11", on(30), CALENDAR)
    assert (street.branch, street.district, street.type, chief, whole) == ("第六支部", "城东", "重点区域", "甲", True)
    first: Days = roster.days
    assert [(care.since, care.branch) for care in first["新正街"]] == [(OPENS, "第四支部"), (on(4), "第六支部")]


def test_a_street_whose_row_is_gone_keeps_its_branch_and_type() -> None:
    roster = look(Roster((STREET,), ()), on(2))
    gone = look(replace(roster, streets=()), on(20), on(2))
    street, *_ = holders.in_month(gone, "新正街", "2026-11", on(30), CALENDAR)
    assert (street.branch, street.district, street.type) == ("第四支部", "城中", "主次干道")


def test_of_equal_days_the_later_has_the_month() -> None:
    """November 2026 has 21 workdays; of 2 to 27 there are 20, and the 16th begins the second half."""
    middle = (replace(STREET, span=Span(on(2), on(13))), replace(STREET, branch="第六支部", span=Span(on(16), on(27))))
    for streets in (middle, middle[::-1]):
        roster = look(Roster(streets, ()), on(2))
        roster = look(roster, on(27), on(2))
        [name] = holders.names_in(roster, "2026-11", on(30))
        street, *_ = holders.in_month(roster, name, "2026-11", on(30), CALENDAR)
        assert street.branch == "第六支部"


def test_a_branch_s_mean_weighs_a_street_by_its_workdays() -> None:
    assert standings.weighted([(9100, 21), (10000, 3)]) == 9213
    assert standings.weighted([(9100, 1), (10000, 1)]) == 9550
