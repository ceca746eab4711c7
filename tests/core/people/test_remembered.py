"""A roster that nobody changes is asked about every day for years: it answers each the same and holds no more."""

from __future__ import annotations

from datetime import date, timedelta

from sync.core.people import roster
from sync.core.people.roster import Post, Roster, Span

DAYS = [date(2027, 1, 4) + timedelta(days=n) for n in range(roster.MOST_REMEMBERED + 1)]
POST = Post("刘芳", "标准化办", "", "", "市容股", "", Span(DAYS[1]))


def test_what_it_remembers_is_bounded_and_right() -> None:
    people = Roster((), (POST,))
    for _ in range(2):
        answers = [(people.units_of("刘芳", day), people.people("standards_office", day)) for day in DAYS]
        assert answers == [([], ()), *[(["市容股"], ("刘芳",))] * (len(DAYS) - 1)]
        assert len(people._memo) <= roster.MOST_REMEMBERED
