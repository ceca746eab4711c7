"""Conditions: what they say yes to, why, when a no turns by itself, and what is no condition at all."""

import tomllib
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.calendar.workdays import Season
from sync.core.calendar.worktime import Break, Calendar, Limit, parse_limit
from sync.core.rules.conditions import FACTS, Condition, ConditionError, Lateness, Usage, parse_condition

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(ZONE, [Season((1, 1), (12, 31), ((time(8), time(12)), (time(14, 30), time(17, 30))))])
NAMES = {
    "task": ("占道秩序", "垃圾清运"),
    "category": ("占道经营", "暴露垃圾"),
    "unit": ("环卫所", "城管执法大队"),
}


def when(text: str) -> Condition:
    """A condition as it stands in rules.toml, without the `when.`"""
    return parse_condition(tomllib.loads(text), NAMES)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZONE)


def late(now: str, deadline: str = "24 17:30", limit: str = "") -> Lateness:
    return Lateness(at(deadline), at(now), CALENDAR, parse_limit(limit) if limit else None)


def used(now: str, *breaks: Break) -> Usage:
    """A limit of four work hours that began on Tuesday at 16:00."""
    return Usage(at("24 16:00"), Limit(4, "wh"), breaks, at(now), CALENDAR)


@pytest.mark.parametrize(
    ("condition", "facts", "yes"),
    [
        ('severity = "严重"', {"severity": "严重"}, True),
        ('severity = "严重"', {"severity": "一般"}, False),
        ('severity = ["一般", "严重"]', {"severity": "一般"}, True),
        ('severity = ["一般", "严重"]', {"severity": "轻微"}, False),
        ('source = "上级交办"', {"source": "上级交办"}, True),
        ('kind = "执法类"', {"kind": "服务类"}, False),
        ('task = "垃圾清运"', {"task": "垃圾清运"}, True),
        ('category = "暴露垃圾"', {"category": "占道经营"}, False),
        ('unit = "环卫所"', {"unit": "环卫所"}, True),
        ('street_type = "背街小巷"', {"street_type": "主次干道"}, False),
        ('state = ["待整改", "返工"]', {"state": "返工"}, True),
        ("repeat = 3", {"repeat": 3}, True),
        ("repeat = 3", {"repeat": 4}, False),
        ('repeat = ">= 3"', {"repeat": 2}, False),
        ('repeat = ">=3"', {"repeat": 3}, True),
        ('rework = "> 1"', {"rework": 1}, False),
        ('rework = "> 1"', {"rework": 2}, True),
        ('rework = "<= 1"', {"rework": 1}, True),
        ('rework = "< 1"', {"rework": 1}, False),
        ("level = 0", {"level": 0}, True),
        ("overdue = true", {"overdue": late("24 17:30")}, False),
        ("overdue = true", {"overdue": late("24 17:31")}, True),
        ('overdue = ">= 1wd"', {"overdue": late("25 17:29")}, False),
        ('overdue = ">= 1wd"', {"overdue": late("25 17:30")}, True),
        ('overdue = ">= 2wh"', {"overdue": late("25 09:59")}, False),
        ('overdue = ">= 2wh"', {"overdue": late("25 10:00")}, True),
        ('overdue = ">= 1d"', {"overdue": late("25 17:30")}, True),
        ('overdue = ">= 100%"', {"overdue": late("25 11:59", limit="4wh")}, False),
        ('overdue = ">= 100%"', {"overdue": late("25 14:30", limit="4wh")}, True),
        ('overdue = ">= 50%"', {"overdue": late("25 09:59", limit="4wh")}, False),
        ('overdue = ">= 50%"', {"overdue": late("25 10:00", limit="4wh")}, True),
        ('overdue = ">= 100%"', {"overdue": late("27 10:00")}, False),
        ('used = ">= 75%"', {"used": used("25 09:29")}, False),
        ('used = ">= 75%"', {"used": used("25 09:30")}, True),
        ('used = ">= 100%"', {"used": used("25 10:30")}, True),
        ('severity = "严重"\noverdue = true', {"severity": "严重", "overdue": late("25 08:00")}, True),
        ('severity = "严重"\noverdue = true', {"severity": "一般", "overdue": late("25 08:00")}, False),
        ('severity = "严重"\noverdue = true', {"severity": "严重", "overdue": late("24 08:00")}, False),
        ('severity = "严重"', {}, False),
        ('severity = "严重"', {"severity": None}, False),
        ("overdue = true", {"severity": "严重"}, False),
        ("repeat = 1", {"level": 1}, False),
    ],
)
def test_a_condition_holds_or_not(condition: str, facts: dict[str, Any], yes: bool) -> None:
    assert when(condition).holds(facts) is yes
    assert when(condition).check(facts).yes is yes


@pytest.mark.parametrize(
    ("condition", "facts", "why"),
    [
        ('severity = "严重"', {"severity": "严重"}, ("严重程度是严重，符合“严重”",)),
        ('severity = ["一般", "严重"]', {"severity": "轻微"}, ("严重程度是轻微，不符合“一般、严重”",)),
        ('repeat = ">= 3"', {"repeat": 2}, ("重复次数是2，不符合“≥3”",)),
        ('severity = "严重"', {}, ("严重程度未知，按不符合处理（要求严重）",)),
        ("overdue = true", {"overdue": late("24 09:00")}, ("已超期：2026-11-24 17:30 起，未到",)),
        ('overdue = ">= 1d"', {"overdue": late("26 09:00")}, ("超期满1天：2026-11-25 17:30 起，已到",)),
        ('used = ">= 75%"', {"used": used("24 17:00")}, ("时限已用75%：2026-11-25 09:30 起，未到",)),
        (
            'overdue = true\nseverity = "严重"',
            {"severity": "一般", "overdue": late("25 08:00")},
            ("严重程度是一般，不符合“严重”", "已超期：2026-11-24 17:30 起，已到"),
        ),
    ],
)
def test_a_verdict_gives_a_reason_for_every_part(condition: str, facts: dict[str, Any], why: tuple[str, ...]) -> None:
    assert when(condition).check(facts).why == why


@pytest.mark.parametrize(
    ("condition", "facts", "moment"),
    [
        ("overdue = true", {"overdue": late("24 09:00")}, at("24 17:30:01")),
        ('overdue = ">= 1wd"', {"overdue": late("24 18:00")}, at("25 17:30")),
        ('used = ">= 75%"', {"used": used("24 16:00")}, at("25 09:30")),
        (
            'used = ">= 75%"',
            {"used": used("24 16:00", Break(at("24 16:30"), at("24 17:30"), "延期"))},
            at("25 10:30"),
        ),
        (
            'used = ">= 75%"\noverdue = ">= 2wh"',
            {"used": used("24 16:00"), "overdue": late("24 16:00", "25 10:30")},
            at("25 15:00"),
        ),
        ("overdue = true", {"overdue": late("25 09:00")}, None),  # holds already
        ('severity = "严重"\noverdue = true', {"severity": "一般", "overdue": late("24 09:00")}, None),
        ('severity = "严重"\noverdue = true', {"overdue": late("24 09:00")}, None),
        ("overdue = true", {}, None),
    ],
)
def test_a_no_knows_when_time_alone_makes_it_a_yes(
    condition: str, facts: dict[str, Any], moment: datetime | None
) -> None:
    assert when(condition).check(facts).at == moment


@given(
    st.sampled_from(["overdue = true", 'overdue = ">= 1h"', 'overdue = ">= 3wh"', 'overdue = ">= 2wd"']),
    st.integers(0, 20 * 24 * 3600),
)
def test_at_that_moment_the_verdict_turns_and_stays(condition: str, seconds: int) -> None:
    asked = when(condition)
    start = at("20 00:00")

    def verdict(now: datetime) -> bool:
        facts = {"overdue": Lateness(at("26 10:00"), now, CALENDAR)}
        found = asked.check(facts)
        assert found.yes == asked.holds(facts)
        return found.yes

    now = start + timedelta(seconds=seconds)
    moment = asked.check({"overdue": Lateness(at("26 10:00"), now, CALENDAR)}).at
    if moment is None:
        assert verdict(now)
    else:
        assert moment > now
        assert not verdict(moment - timedelta(seconds=1))
        assert verdict(moment)
        assert verdict(moment + timedelta(days=seconds % 50))


def test_conditions_that_ask_the_same_are_equal_and_say_so() -> None:
    one = when('severity = "严重"\noverdue = ">= 1wd"')
    assert one == when('overdue = ">=1wd"\nseverity = ["严重"]')
    assert one != when('severity = "严重"\noverdue = ">= 2wd"')
    assert one.zh == "严重程度为严重，且超期满1个工作日"


def test_every_fact_can_be_asked() -> None:
    value = {"number": 1, "duration": True, "share": ">= 50%"}
    for key, fact in FACTS.items():
        choice = (fact.values or NAMES.get(key, ("",)))[0]
        condition = parse_condition({key: value.get(fact.type, choice)}, NAMES)
        assert [part.fact for part in condition.parts] == [fact]


@pytest.mark.parametrize(
    ("condition", "path", "words"),
    [
        ('serverity = "严重"', ("serverity",), "条件里没有「serverity」这一项，是不是「severity」？"),
        ('severity = "较重"', ("severity",), "没有「较重」，是不是「严重」？"),
        ('severity = "特急"', ("severity",), "没有「特急」，可以写：轻微、一般、严重"),
        ('severity = ["严重", "一船"]', ("severity", 1), "没有「一船」，是不是「一般」？"),
        ("severity = []", ("severity",), "空的列表永远不成立"),
        ("severity = 3", ("severity",), "没有「3」"),
        ('category = "占道经菅"', ("category",), "没有「占道经菅」，是不是「占道经营」？"),
        ('repeat = "≥ 3"', ("repeat",), '「≥ 3」看不懂，应当是整数或比较，例如 3、">= 3"'),
        ('repeat = "三次"', ("repeat",), "「三次」看不懂"),
        ("repeat = true", ("repeat",), "看不懂"),
        ('repeat = "< 1"', ("repeat",), "「< 1」永远不成立，最小是 1"),
        ("rework = -1", ("rework",), "「-1」永远不成立，最小是 0"),
        ('overdue = ">= 1"', ("overdue",), "时限「1」看不懂"),
        ('overdue = "1wd"', ("overdue",), "「1wd」看不懂"),
        ('overdue = "< 1wd"', ("overdue",), "「< 1wd」看不懂"),
        ("overdue = false", ("overdue",), "「false」看不懂，应当是 true"),
        ("used = 0.75", ("used",), "「0.75」看不懂，应当是份额"),
        ('used = ">= 120%"', ("used",), "应当在 1% 到 100% 之间"),
        ('used = ">= 0%"', ("used",), "应当在 1% 到 100% 之间"),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place(
    condition: str, path: tuple[str | int, ...], words: str
) -> None:
    with pytest.raises(ConditionError) as caught:
        when(condition)
    (mistake,) = caught.value.mistakes
    assert mistake.path == path
    assert words in mistake.message


def test_all_mistakes_of_a_condition_are_told_at_once() -> None:
    with pytest.raises(ConditionError) as caught:
        when('severity = "较重"\nrepeat = "many"\nwhatever = 1')
    assert [mistake.path for mistake in caught.value.mistakes] == [("severity",), ("repeat",), ("whatever",)]


@pytest.mark.parametrize("table", [{}, "严重", None, ["severity"]])
def test_a_condition_that_asks_nothing_is_none(table: object) -> None:
    with pytest.raises(ConditionError, match="至少有一项"):
        parse_condition(table, NAMES)
