"""When is it due? Vectors, every minute round the bell, every day of a year, and laws that always hold."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.core.calendar.workdays import PROVISIONAL, Day, Season, Year
from sync.core.calendar.worktime import Break, Calendar, Limit, parse_limit

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = (time(8), time(12))
SUMMER = Season((7, 1), (9, 30), (MORNING, (time(15), time(18))))
WINTER = Season((10, 1), (6, 30), (MORNING, (time(14, 30), time(17, 30))))
STATUTORY_2027 = (
    "01-01 元旦", "02-05 春节", "02-06 春节", "02-07 春节", "02-08 春节", "04-05 清明", "05-01 劳动节",
    "05-02 劳动节", "06-09 端午", "09-15 中秋", "10-01 国庆", "10-02 国庆", "10-03 国庆",
)  # fmt: skip
UNPUBLISHED = Year(2027, False, tuple(Day(date.fromisoformat(f"2027-{d[:5]}"), False, d[6:]) for d in STATUTORY_2027))
CALENDAR = Calendar(ZONE, (SUMMER, WINTER), years=(UNPUBLISHED,))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def due(start: str, limit: str, *breaks: Break) -> str:
    return f"{CALENDAR.add(at(start), parse_limit(limit), breaks).at:%Y-%m-%d %H:%M}"


def pause(start: str, end: str, reason: str = "挂账") -> Break:
    return Break(at(start), at(end), reason)


# Checked by hand against the paper of 2025-11-04 (国办) and 湘潭's office hours.
VECTORS = """
2026-02-13 17:00 + 4wh -> 2026-02-14 11:30   Sat make-up day
2026-02-14 17:00 + 4wh -> 2026-02-24 11:30   over Spring Festival
2026-02-16 10:00 + 4wh -> 2026-02-24 12:00   filed on a holiday
2026-05-08 16:30 + 4wh -> 2026-05-09 11:00   Sat make-up day
2026-07-10 17:30 + 2wh -> 2026-07-13 09:30   summer hours
2026-09-30 17:00 + 4wh -> 2026-10-08 11:00   summer, National Day, winter
2026-11-24 16:00 + 4wh -> 2026-11-25 10:30   over a night
2026-12-31 17:00 + 4wh -> 2027-01-04 11:30   PROVISIONAL
2026-02-13 09:00 + 3wd -> 2026-02-25 17:30   over Spring Festival
2026-09-18 09:00 + 3wd -> 2026-09-22 18:00   Sun make-up day
2026-12-30 09:00 + 3wd -> 2027-01-05 17:30   PROVISIONAL

2026-11-24 17:30 + 1wh -> 2026-11-25 09:00   received at the bell
2026-11-24 12:00 + 1wh -> 2026-11-24 15:30   received at noon
2026-11-24 13:00 + 1wh -> 2026-11-24 15:30   received at lunch
2026-11-24 08:00 + 4wh -> 2026-11-24 12:00   used up at noon, not at 14:30
2026-11-24 10:30 + 5wh -> 2026-11-25 08:30   over noon and a night
2026-11-27 23:59 + 1wh -> 2026-11-30 09:00   Friday night
2026-12-31 16:30 + 1wh -> 2026-12-31 17:30   used up as the known year closes
2026-12-31 17:30 + 1wh -> 2027-01-04 09:00   PROVISIONAL
2026-11-24 09:00 + 1wd -> 2026-11-25 17:30   the day itself does not count
2026-11-24 17:30 + 1wd -> 2026-11-25 17:30   received at the bell
2026-11-24 23:00 + 1wd -> 2026-11-25 17:30   received at night
2026-11-28 10:00 + 1wd -> 2026-11-30 17:30   received on a Saturday
2026-10-03 10:00 + 1wd -> 2026-10-08 17:30   received on a holiday
2026-02-14 17:30 + 1h -> 2026-02-14 18:30    clock hours know no office
2026-02-14 23:30 + 1h -> 2026-02-15 00:30    nor holidays
2026-02-14 10:00 + 7d -> 2026-02-21 10:00
2026-12-31 23:00 + 2h -> 2027-01-01 01:00    nor an unknown year
""".strip().splitlines()


@pytest.mark.parametrize("line", [line for line in VECTORS if line])
def test_a_limit_ends_when_the_table_says(line: str) -> None:
    asked, answer = line.split(" -> ")
    start, limit = asked.split(" + ")
    found = CALENDAR.add(at(start), parse_limit(limit))
    assert f"{found.at:%Y-%m-%d %H:%M}" == answer[:16]
    assert found.provisional == ("PROVISIONAL" in line)


# Days


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range(366) if n < 365 or year % 4 == 0]


def test_every_day_of_2026_is_what_the_state_council_said() -> None:
    breaks = ("01-01~01-03", "02-15~02-23", "04-04~04-06", "05-01~05-05", "06-19~06-21", "09-25~09-27",
              "10-01~10-07")  # fmt: skip
    make_up = {date(2026, m, d) for m, d in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))}
    off = {day for day in days_of(2026) if any(b[:5] <= f"{day:%m-%d}" <= b[6:] for b in breaks)}
    expected = [day in make_up or (day.weekday() < 5 and day not in off) for day in days_of(2026)]
    assert [CALENDAR.is_workday(day) for day in days_of(2026)] == expected
    assert sum(expected) == 248


def test_hours_follow_the_season_to_the_day() -> None:
    close = {day: CALENDAR.hours(day)[-1][1].time() for day in days_of(2026) if CALENDAR.is_workday(day)}
    summer = [day for day, hour in close.items() if hour == time(18)]
    assert (min(summer), max(summer)) == (date(2026, 7, 1), date(2026, 9, 30))
    assert {hour for day, hour in close.items() if day not in summer} == {time(17, 30)}


@pytest.mark.parametrize(
    ("day", "note"),
    [
        ("2026-11-24", ""),
        ("2026-11-28", "周末"),
        ("2026-02-17", "春节放假"),
        ("2026-02-14", "调休上班"),
        ("2027-01-01", "元旦放假（暂按无调休计算）"),
        ("2027-01-04", "暂按无调休计算"),
    ],
)
def test_a_day_says_why_it_is_what_it_is(day: str, note: str) -> None:
    assert CALENDAR.note(date.fromisoformat(day)) == note


def test_the_bureaus_own_days_go_before_all_others() -> None:
    own = (Day(date(2026, 11, 25), False, "全局体检"), Day(date(2026, 11, 28), True, "迎检"))
    calendar = Calendar(ZONE, (SUMMER, WINTER), own=own)
    assert not calendar.is_workday(date(2026, 11, 25))
    assert calendar.note(date(2026, 11, 25)) == "全局体检（本局放假）"
    assert calendar.add(at("2026-11-24 16:30"), Limit(2, "wh")).at == at("2026-11-26 09:00")
    assert calendar.add(at("2026-11-27 16:30"), Limit(2, "wh")).at == at("2026-11-28 09:00")


def test_a_published_year_is_known_and_moves_what_was_provisional() -> None:
    days = (*UNPUBLISHED.days, Day(date(2027, 1, 2), False, "元旦"), Day(date(2027, 1, 4), False, "元旦"))
    published = Calendar(ZONE, (SUMMER, WINTER), years=(Year(2027, True, days),))
    start = at("2026-12-31 17:00")
    assert (CALENDAR.known_until, published.known_until) == (2026, 2027)
    assert published.add(start, Limit(4, "wh")) == (at("2027-01-05 11:30"), False)
    assert published.digest != CALENDAR.digest


def test_a_published_year_may_change_the_december_before_it() -> None:
    """The notice for 2019 made 29 December 2018 a workday and 31 December a holiday."""
    days = (Day(date(2026, 12, 31), False, "元旦"), *UNPUBLISHED.days)
    published = Calendar(ZONE, (SUMMER, WINTER), years=(Year(2027, True, days),))
    assert published.add(at("2026-12-30 16:30"), Limit(2, "wh")).at == at("2027-01-04 09:00")


def test_an_unpublished_year_steps_back_behind_the_library() -> None:
    stale = Year(2026, False, (Day(date(2026, 11, 25), False, "旧"),))
    assert Calendar(ZONE, (SUMMER, WINTER), years=(stale, UNPUBLISHED)) == CALENDAR


def test_names_of_holidays_do_not_change_the_digest_but_hours_do() -> None:
    renamed = tuple(Day(day.on, day.works, "别名") for day in UNPUBLISHED.days)
    longer = Season((7, 1), (9, 30), (MORNING, (time(15), time(18, 30))))
    assert Calendar(ZONE, (SUMMER, WINTER), years=(Year(2027, False, renamed),)) == CALENDAR
    assert Calendar(ZONE, (longer, WINTER), years=(UNPUBLISHED,)) != CALENDAR
    assert Calendar(ZoneInfo("Asia/Urumqi"), (SUMMER, WINTER), years=(UNPUBLISHED,)) != CALENDAR


def test_seasons_that_leave_a_day_without_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="10月1日没有办公时间"):
        Calendar(ZONE, (SUMMER, Season((10, 2), (6, 30), (MORNING,))))


# Every minute round the bell, against a clerk who counts minute by minute


def count_minutes(start: datetime, minutes: int) -> datetime:
    now = start
    while minutes:
        minutes -= any(low <= now < high for low, high in CALENDAR.hours(now.date()))
        now += timedelta(minutes=1)
    return now


@pytest.mark.parametrize("day", ["2026-11-24", "2026-07-10", "2026-09-30", "2026-02-14"])
def test_every_minute_of_a_day_counts_as_a_clerk_would(day: str) -> None:
    for minute in range(0, 24 * 60):
        start = at(day) + timedelta(minutes=minute)
        assert CALENDAR.add(start, Limit(1, "wh")).at == count_minutes(start, 60), start


def test_every_second_round_noon_and_the_bell() -> None:
    for bell, opens in (("12:00", "14:30"), ("17:30", "08:00")):
        next_day = timedelta(days=bell == "17:30")
        for second in range(-90, 91):
            start = at(f"2026-11-24 {bell}") + timedelta(seconds=second)
            left = timedelta(seconds=max(-second, 0))
            expected = at(f"2026-11-24 {opens}") + next_day + timedelta(hours=1) - left
            assert CALENDAR.add(start, Limit(1, "wh")).at == expected


@pytest.mark.parametrize("days", [1, 3, 5])
def test_every_day_of_2026_has_its_nth_workday(days: int) -> None:
    for day in days_of(2026):
        later = [day + timedelta(days=n) for n in range(1, 60)]
        last = [d for d in later if CALENDAR.is_workday(d)][days - 1]
        start = datetime.combine(day, time(10), ZONE)
        found = CALENDAR.add(start, Limit(days, "wd"))
        assert (found.at, found.provisional) == (CALENDAR.hours(last)[-1][1], last.year == 2027)


def test_a_long_limit_runs_through_years() -> None:
    later = [date(2024, 1, 3) + timedelta(days=n) for n in range(1600)]
    last = [day for day in later if CALENDAR.is_workday(day)][999]
    assert due("2024-01-02 08:00", "1000wd") == f"{last} 17:30" == "2027-12-31 17:30"


# Breaks


def test_a_break_adds_the_work_time_inside_it() -> None:
    wait = pause("2026-11-24 16:30", "2026-11-26 09:00")  # 1 + 7 + 1 work hours
    assert due("2026-11-24 16:00", "4wh") == "2026-11-25 10:30"
    assert due("2026-11-24 16:00", "4wh", wait) == "2026-11-26 15:00"
    assert due("2026-11-24 16:00", "1wd", wait) == "2026-11-27 10:00"  # 9 hours after the 25th's close


def test_a_break_adds_clock_time_to_a_clock_limit() -> None:
    wait = pause("2026-11-24 16:30", "2026-11-26 09:00")
    assert due("2026-11-24 16:00", "1h", wait) == "2026-11-26 09:30"
    assert due("2026-11-24 16:00", "2d", wait) == "2026-11-28 08:30"


@pytest.mark.parametrize("limit", ["2h", "4wh", "1d", "2wd"])
@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("2026-11-20 08:00", "2026-11-24 16:00", "over before the start"),
        ("2026-12-20 08:00", "2026-12-24 16:00", "after the deadline"),
        ("2026-11-24 16:30", "2026-11-24 16:30", "of no length"),
    ],
)
def test_a_break_outside_the_limit_changes_nothing(start: str, end: str, why: str, limit: str) -> None:
    assert due("2026-11-24 16:00", limit, pause(start, end)) == due("2026-11-24 16:00", limit), why


def test_a_break_at_night_costs_no_work_time() -> None:
    assert due("2026-11-24 16:00", "4wh", pause("2026-11-24 17:30", "2026-11-25 08:00")) == "2026-11-25 10:30"


def test_a_start_inside_a_break_waits_for_its_end() -> None:
    wait = pause("2026-11-24 10:00", "2026-11-25 09:00")
    assert due("2026-11-24 11:00", "2wh", wait) == "2026-11-25 11:00"
    assert due("2026-11-24 11:00", "2h", wait) == "2026-11-25 11:00"


def test_a_deadline_reached_as_the_break_begins_is_reached() -> None:
    assert due("2026-11-24 09:00", "1wh", pause("2026-11-24 10:00", "2026-11-25 09:00")) == "2026-11-24 10:00"


def test_breaks_that_overlap_or_come_out_of_order_count_once() -> None:
    one = pause("2026-11-24 09:00", "2026-11-24 11:00")
    two = pause("2026-11-24 10:00", "2026-11-24 11:30")
    whole = pause("2026-11-24 09:00", "2026-11-24 11:30")
    for limit in ("1h", "4wh", "1wd"):
        assert due("2026-11-24 08:30", limit, two, one) == due("2026-11-24 08:30", limit, whole)


def test_a_break_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="早于开始"):
        pause("2026-11-24 10:00", "2026-11-24 09:59")


# Shares, spent time, steps


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("4wh", "2026-11-25 09:30"),  # 3 of 4 hours
        ("4h", "2026-11-24 19:00"),
        ("1d", "2026-11-25 10:00"),
        ("1wd", "2026-11-25 15:22"),  # 8.5 hours from start to close, 6 h 22 min 30 s of them
    ],
)
def test_three_quarters_of_a_limit(limit: str, expected: str) -> None:
    found = CALENDAR.share(at("2026-11-24 16:00"), parse_limit(limit), 0.75)
    assert f"{found:%Y-%m-%d %H:%M}" == expected


def test_a_share_is_between_nothing_and_all() -> None:
    start = at("2026-11-24 22:00")
    assert CALENDAR.share(start, Limit(4, "wh"), 0) == start
    assert CALENDAR.share(start, Limit(4, "wh"), 1) == CALENDAR.add(start, Limit(4, "wh")).at
    for wrong in (-0.01, 1.01):
        with pytest.raises(ValueError, match="0 到 1"):
            CALENDAR.share(start, Limit(4, "wh"), wrong)


def test_spent_counts_office_hours_outside_breaks() -> None:
    start, end = at("2026-11-24 16:00"), at("2026-11-26 09:00")
    assert CALENDAR.spent(start, end) == (1.5 + 7 + 1) * 3600
    assert CALENDAR.spent(start, end, [pause("2026-11-24 17:00", "2026-11-25 10:00")]) == 7 * 3600
    assert CALENDAR.spent(start, end, [pause("2026-11-20 17:00", "2026-11-24 17:00")]) == 8.5 * 3600
    assert CALENDAR.spent(end, start) == 0
    assert CALENDAR.spent(at("2025-12-31 17:00"), at("2026-01-04 08:30")) == 3600
    assert CALENDAR.spent(at("2024-12-31 08:00"), at("2027-01-01 00:00")) == 7 * 3600 * (1 + 248 + 248)


def test_steps_tell_a_deadline_day_by_day() -> None:
    waits = [pause("2026-02-13 16:00", "2026-02-13 17:00", "等苗木")]
    steps = CALENDAR.steps(at("2026-02-13 15:30"), Limit(5, "wh"), waits)
    told = [f"{s.date:%m-%d} {s.start:%H:%M}-{s.end:%H:%M} {s.counted / 3600:g} {s.note}".strip() for s in steps]
    assert told == [
        "02-13 15:30-16:00 0.5",
        "02-13 16:00-17:00 0 暂停：等苗木",
        "02-13 17:00-17:30 0.5",
        "02-14 08:00-12:00 4 调休上班",
    ]


@pytest.mark.parametrize("start", ["17:30", "18:00", "23:59"])
def test_steps_name_the_days_off_and_what_is_provisional(start: str) -> None:
    steps = CALENDAR.steps(at(f"2026-12-31 {start}"), Limit(1, "wh"))
    assert [(f"{s.date:%m-%d}", s.counted, s.note) for s in steps] == [
        ("12-31", 0, "当日办公时间已过"),
        ("01-01", 0, f"元旦放假（{PROVISIONAL}）"),
        ("01-02", 0, f"周末（{PROVISIONAL}）"),
        ("01-03", 0, f"周末（{PROVISIONAL}）"),
        ("01-04", 3600, PROVISIONAL),
    ]


def test_steps_of_clock_hours_cross_midnight_and_holidays() -> None:
    steps = CALENDAR.steps(at("2026-02-16 23:00"), Limit(2, "h"))
    assert [(f"{s.start:%d %H:%M}", s.counted, s.note) for s in steps] == [
        ("16 23:00", 3600, ""),
        ("17 00:00", 3600, ""),
    ]


# Limits and zones


@pytest.mark.parametrize(
    ("text", "limit", "zh"),
    [
        ("4wh", Limit(4, "wh"), "4个工作时"),
        ("2h", Limit(2, "h"), "2小时"),
        (" 3 wd ", Limit(3, "wd"), "3个工作日"),
        ("7d", Limit(7, "d"), "7天"),
    ],
)
def test_a_limit_is_read_and_said(text: str, limit: Limit, zh: str) -> None:
    assert parse_limit(text) == limit
    assert limit.zh == zh
    assert parse_limit(str(limit)) == limit


@pytest.mark.parametrize("text", ["", "4", "wh", "4x", "0wh", "-1wh", "4.5wh", "4个工作时", "４wh", "99999h"])
def test_what_is_no_limit_is_quoted_back(text: str) -> None:
    with pytest.raises(ValueError, match=f"「{text}」"):
        parse_limit(text)


def test_a_time_without_zone_is_refused() -> None:
    naive = at("2026-11-24 16:00").replace(tzinfo=None)
    aware = at("2026-11-24 16:00")
    for call in (
        lambda: CALENDAR.add(naive, Limit(1, "h")),
        lambda: CALENDAR.share(naive, Limit(1, "wh"), 0.5),
        lambda: CALENDAR.spent(aware, naive),
        lambda: CALENDAR.steps(naive, Limit(1, "wh")),
        lambda: Break(naive, aware, ""),
    ):
        with pytest.raises(ValueError, match="没有时区"):
            call()


def test_the_answer_is_in_the_calendars_zone_whatever_came_in() -> None:
    found = CALENDAR.add(at("2026-11-24 16:00").astimezone(UTC), Limit(4, "wh")).at
    assert (found.tzinfo, f"{found:%H:%M}") == (ZONE, "10:30")


# Laws

SECONDS_2026 = 365 * 24 * 3600
moments = st.integers(0, SECONDS_2026).map(lambda s: at("2026-01-01") + timedelta(seconds=s))
units = st.sampled_from(["h", "wh", "d", "wd"])
limits = st.builds(Limit, st.integers(1, 40), units)
pauses = st.builds(
    lambda start, hours: Break(start, start + timedelta(hours=hours), "挂账"), moments, st.integers(0, 400)
)
several = st.lists(pauses, max_size=4)


@given(moments, moments, limits, several)
def test_who_starts_later_is_due_no_earlier(a: datetime, b: datetime, limit: Limit, breaks: list[Break]) -> None:
    # A break lengthens `wd` only for those whose clock was running, so the law is for the others.
    waits = [] if limit.unit == "wd" else breaks
    first, second = sorted((a, b))
    assert CALENDAR.add(first, limit, waits) <= CALENDAR.add(second, limit, waits)


@given(moments, limits, several)
def test_more_time_is_due_later(start: datetime, limit: Limit, breaks: list[Break]) -> None:
    more = Limit(limit.amount + 1, limit.unit)
    assert start < CALENDAR.add(start, limit, breaks).at < CALENDAR.add(start, more, breaks).at


@given(moments, limits, several, pauses)
def test_a_further_break_never_makes_a_deadline_earlier(
    start: datetime, limit: Limit, breaks: list[Break], further: Break
) -> None:
    before, after = CALENDAR.add(start, limit, breaks), CALENDAR.add(start, limit, [*breaks, further])
    assert before.at <= after.at


@given(moments, st.integers(1, 100), several)
@example(at("2026-11-24 17:30"), 1, [])
def test_what_is_spent_until_the_deadline_is_the_limit(start: datetime, hours: int, breaks: list[Break]) -> None:
    end = CALENDAR.add(start, Limit(hours, "wh"), breaks).at
    assert CALENDAR.spent(start, end, breaks) == hours * 3600
    assert CALENDAR.spent(start, end - timedelta(seconds=1), breaks) == hours * 3600 - 1


@given(moments, limits, several)
def test_steps_sum_to_the_limit_and_follow_each_other(start: datetime, limit: Limit, breaks: list[Break]) -> None:
    steps = CALENDAR.steps(start, limit, breaks)
    end = CALENDAR.add(start, limit, breaks).at
    total = sum(step.counted for step in steps)
    if limit.unit in ("h", "d"):
        assert total == limit.amount * (3600 if limit.unit == "h" else 86400)
    else:
        assert total == CALENDAR.spent(start, end, breaks)
    assert steps[0].start >= start
    assert steps[-1].end == end
    assert all(one.end <= two.start for one, two in pairwise(steps))


@given(moments, limits, several, st.integers(0, 99))
def test_a_greater_share_is_gone_later(start: datetime, limit: Limit, breaks: list[Break], percent: int) -> None:
    some = CALENDAR.share(start, limit, percent / 100, breaks)
    more = CALENDAR.share(start, limit, (percent + 1) / 100, breaks)
    assert start <= some < more <= CALENDAR.share(start, limit, 1, breaks)
    assert CALENDAR.share(start, limit, 1, breaks) == CALENDAR.add(start, limit, breaks).at
