"""Every rule on which pay hangs, below, at and above its edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sync.core.issues import upward
from sync.core.issues.issues import Answer, Fix, Issue, Stamps
from sync.core.issues.life import Event, Life, Start, live
from sync.core.issues.photo_uses import Use, doubt
from sync.core.people.roster import Roster, Span, Street
from sync.core.scores import holders, monthly
from sync.core.scores.holders import most
from sync.core.scores.lines import STREET
from sync.core.scores.standings import Standing
from sync.core.sheet.values.photos import Picture
from tests.book import ZONE, bureau, default_rules, hour

RULES = default_rules()
SECOND = timedelta(seconds=1)
DEADLINE = hour("2026-11-24 15:30")
BELOW_AT_ABOVE = ["below", "at", "above"]


# Late or in time
def lived(now: str, *events: Event) -> Life:
    """An issue received at 9:00 with a limit of 4 hours of work: due at 15:30."""
    received = hour("2026-11-24 09:00")
    limit = RULES.categories["暴露垃圾"].limit("一般")
    start = Start(received, str(limit), DEADLINE)
    first = Event(received, "收到")
    return live([first, *events], start, (), "环卫所", hour(now), RULES.calendar, RULES.clock.rework, limit)


@pytest.mark.parametrize(("by", "late"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)], ids=BELOW_AT_ABOVE)
def test_what_is_mended_at_the_deadline_is_in_time(by: timedelta, late: bool) -> None:
    life = lived("2026-11-25 09:00", Event(DEADLINE + by, "已整改"))
    assert life.late is late and bool(life.missed) is late


@pytest.mark.parametrize(("by", "late"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)], ids=BELOW_AT_ABOVE)
def test_what_is_closed_on_the_spot_at_the_deadline_is_in_time(by: timedelta, late: bool) -> None:
    assert lived("2026-11-25 09:00", Event(DEADLINE + by, "通过")).late is late


@pytest.mark.parametrize(("by", "late"), [(-SECOND, False), (0 * SECOND, False), (SECOND, True)], ids=BELOW_AT_ABOVE)
def test_an_open_issue_is_late_after_its_deadline(by: timedelta, late: bool) -> None:
    now = DEADLINE + by
    limit = RULES.categories["暴露垃圾"].limit("一般")
    start = Start(hour("2026-11-24 09:00"), str(limit), DEADLINE)
    events = [Event(start.started, "收到")]
    life = live(events, start, (), "环卫所", now, RULES.calendar, RULES.clock.rework, limit)
    assert life.late is late


# What moves a deadline
@pytest.mark.parametrize(
    ("given", "stands"),
    [("2026-11-24 12:00", "2026-11-24 16:30"), ("2026-11-24 16:30", "2026-11-24 16:30"), ("2026-11-30 12:00",) * 2],
    ids=BELOW_AT_ABOVE,
)
def test_a_transfer_gives_the_new_unit_its_limit_but_takes_no_time_away(given: str, stands: str) -> None:
    """Handed over at 10:00, 4 hours of work lead to 16:30; a moment that was given for later stays."""
    received = hour("2026-11-24 09:00")
    limit = RULES.categories["暴露垃圾"].limit("一般")
    start = Start(received, "", hour(given))
    events = [Event(received, "收到"), Event(hour("2026-11-24 10:00"), "移交", "r1", unit="市政处")]
    now = hour("2026-11-24 10:05")
    life = live(events, start, (), "环卫所", now, RULES.calendar, RULES.clock.rework, limit)
    assert (life.deadline, life.unit) == (hour(stands), "市政处")


# Reports upward
@pytest.mark.parametrize(("by", "answered"), [(-SECOND, True), (0 * SECOND, True), (SECOND, False)], ids=BELOW_AT_ABOVE)
def test_a_superior_answers_in_time_until_his_limit_ends(by: timedelta, answered: bool) -> None:
    """Reported up at 9:30, the secretary has 4 hours of work: until 16:00. Later, the report has gone a step up."""
    at, until = hour("2026-11-24 09:30"), hour("2026-11-24 16:00")
    fix = Fix("feedback-1", at, "上报", "")
    issue = Issue(
        "20261124-001", {}, Stamps(hour("2026-11-24 09:00")), fixes=(fix,), answers=(Answer(until + by, agreed=True),)
    )
    first, *rest = upward.turns(issue, Life("待整改", "环卫所"), RULES, hour("2026-11-25 09:00"))
    assert first.until == until and (first.answered is not None) is answered
    assert [turn.role for turn in rest] == ([] if answered else ["commander"])


# Who held a street, who is last
@pytest.mark.parametrize(
    ("days", "more_than_half"), [(9, False), (10, False), (11, True)], ids=["9 of 20", "10 of 20", "11 of 20"]
)
def test_a_month_is_his_who_held_more_than_half_of_its_workdays(days: int, more_than_half: bool) -> None:
    names = ["街路长02"] * days + [f"其他{n}" for n in range(20 - days)]
    assert most(names) == ("街路长02", more_than_half)


MONTHS_BEFORE = [f"2025-{n}" for n in (10, 11, 12)] + [f"2026-{n:02d}" for n in range(1, 11)]


def ranked(scores: list[int], month: str = "2026-11", last: tuple[str, ...] = ()) -> list[Standing]:
    """月度考核 of streets with these scores (hundredths), all inspected often enough. ``last``: months in which the
    chief of the first street was last below the floor, sealed."""
    streets = [
        (Street(f"街路{n}", f"J{n}", "主次干道", "城西", "第一支部", f"街路长{n:02d}", "", (), (), Span()),
         f"街路长{n:02d}", False)
        for n in range(len(scores))
    ]  # fmt: skip
    points = {(month, STREET, f"街路{n}"): score for n, score in enumerate(scores)}
    visits = {(month, f"街路{n}"): RULES.score.min_inspections for n in range(len(scores))}
    sealed = [
        Standing(name, "街路0", STREET, "全部街路", "街路长00", 4, 0, None, None, None, 8000, 9, "", name in last)
        for name in MONTHS_BEFORE
    ]
    return monthly.standings({month: streets}, points, [], visits, RULES, sealed)


def of_november(rows: list[Standing]) -> Standing:
    return next(row for row in rows if (row.month, row.target) == ("2026-11", "街路0"))


@pytest.mark.parametrize(("score", "last"), [(8999, True), (9000, False), (9001, False)], ids=BELOW_AT_ABOVE)
def test_nobody_is_last_at_the_floor(score: int, last: bool) -> None:
    row = of_november(ranked([score, 9500, 9600]))
    assert row.last is last and ("末位" in row.advice) is last


@pytest.mark.parametrize(
    ("before", "rung"),
    [
        ((), "通报、末位表态"),
        (("2026-06",), "通报、末位表态"),
        (("2026-05", "2026-07"), "约谈、书面检查"),
        (("2025-12", "2026-07"), "约谈、书面检查"),
        (("2025-11", "2026-07"), "通报、末位表态"),
    ],
    ids=["once", "twice in 12 months", "three times in 12 months", "the 12th month counts", "the 13th does not"],
)
def test_the_ladder_counts_twelve_months_though_nothing_was_running(before: tuple[str, ...], rung: str) -> None:
    """末位 in November, and in the months before that are named: never two months in a row."""
    row = of_november(ranked([8000, 9500, 9600], last=before))
    assert row.advice.startswith(f"建议{rung}（末位连续1个月")


@pytest.mark.parametrize(("count", "counts"), [(3, False), (4, True), (5, True)], ids=BELOW_AT_ABOVE)
def test_a_street_is_ranked_from_the_least_number_of_inspections_on(count: int, counts: bool) -> None:
    street = Street("街路0", "J0", "主次干道", "城西", "第一支部", "街路长00", "", (), (), Span())
    points, visits = {("2026-11", STREET, "街路0"): 9000}, {("2026-11", "街路0"): count}
    rows = monthly.standings({"2026-11": [(street, "街路长00", False)]}, points, [], visits, RULES)
    assert (next(row for row in rows if row.kind == STREET).rank is not None) is counts


@pytest.mark.parametrize(("score", "praised"), [(8999, False), (9000, True), (9001, True)], ids=BELOW_AT_ABOVE)
def test_the_best_are_praised_from_the_least_score_on(score: int, praised: bool) -> None:
    row = of_november(ranked([score, 8000, 8000]))
    assert (row.advice == "建议通报表扬") is praised
    assert (row.praise is not None) is praised


def test_who_held_a_street_for_half_of_the_workdays_is_neither_praised_nor_blamed() -> None:
    """November 2026 has 21 workdays: 街路长02 has 11 of them from the 16th, 10 from the 17th, two others the rest."""
    for since, shared in (("2026-11-16", False), ("2026-11-17", True)):
        changes = tuple(
            change(name, first, last)
            for name, first, last in (
                ("街路长08", "2026-11-01", "2026-11-08"),
                ("街路长09", "2026-11-09", str(date.fromisoformat(since) - timedelta(days=1))),
                ("街路长02", since, "2026-11-30"),
            )
        )
        street = Street("新正街", "J1", "主次干道", "城中", "第四支部", "街路长01", "", (), (), Span())
        roster = Roster((street,), (), changes)
        [name] = holders.names_in(roster, "2026-11", date(2026, 11, 30))
        _, chief, whole = holders.in_month(roster, name, "2026-11", date(2026, 11, 30), RULES.calendar)
        assert (chief, whole) == ("街路长02", not shared)


def change(name: str, since: str, until: str) -> Any:
    from sync.core.people.roster import Change

    return Change("新正街", name, Span(date.fromisoformat(since), date.fromisoformat(until)))


# Points that come back
def test_an_upheld_appeal_gives_back_its_points_though_the_month_s_bonuses_are_used_up() -> None:
    """5 points of 加减分 fill the month's ceiling of bonuses; what an appeal returns is no bonus."""
    book = (
        bureau()
        .add("""
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 12号 | 暴露垃圾 | 一般 | 垃圾成堆
""")
        .add("""
申请审批
申请时间 | 申请人 | 类型 | 对象 | 分值 | 理由 | 批复 | 批复人 | 批复时间
2026-11-24 09:00 | 标准化办01 | 加减分 | 新正街 | 9 | 创建有功 | 同意 | 办公室01 | 2026-11-24 09:30
""")
    )
    book.settle("2026-11-24 10:00")
    before = score(book)
    book.add("""
申请审批
申请时间 | 申请人 | 类型 | 明细号 | 理由 | 批复 | 批复人 | 批复时间
2026-11-24 10:30 | 街路长01 | 申诉 | 20261124-001·发现问题 | 不是我的街 | 同意 | 标准化办01 | 2026-11-24 11:00
""")
    for at in ("2026-11-24 11:05", "2026-11-24 12:00"):
        book.settle(at)
        assert round(score(book) - before, 2) == 0.2
        assert ("申诉成立", "0.2") in book.rows("扣分明细", "规则", "分值")


def score(book: Any) -> float:
    return float(next(points for name, points in book.rows("月度考核", "对象", "得分") if name == "新正街"))


# Rows and photos
def test_of_two_rows_with_one_number_the_original_keeps_it_though_the_copy_stands_above_and_both_were_edited() -> None:
    """The original had its severity put right; the copy above it is another problem at another place."""
    book = bureau().add("""
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 12号 | 暴露垃圾 | 一般 | 垃圾成堆
""")
    book.settle("2026-11-24 09:05")
    log = book.sheets["问题台账"]
    log.insert(1, list(log[1]))
    book.type("问题台账", 1, "位置", "99号")
    book.type("问题台账", 1, "填报人", "督查02")
    book.type("问题台账", 1, "问题描述", "另一处")
    book.type("问题台账", 2, "问题描述", "垃圾成堆，两处")
    book.settle("2026-11-24 10:05")
    assert book.rows("问题台账", "编号", "位置") == [("20261124-002", "99号"), ("20261124-001", "12号")]


@pytest.mark.parametrize(
    ("seconds", "upper_before"),
    [(-1, False), (0, True), (1, True)],
    ids=["lower one first", "same second", "upper first"],
)
def test_of_two_equal_photos_the_later_one_is_to_be_looked_at_in_one_second_the_lower(
    seconds: int, upper_before: bool
) -> None:
    at = hour("2026-11-24 09:00")
    upper = Use("20261124-001", False, at, (10, "feedback-1"), "a")
    lower = Use("20261124-002", False, at + timedelta(seconds=seconds), (10, "feedback-2"), "b")
    pictures = {"a": Picture("same", 1), "b": Picture("same", 1)}
    uses = [upper, lower]
    assert bool(doubt([lower], uses, pictures, 3)) is upper_before
    assert bool(doubt([upper], uses, pictures, 3)) is not upper_before


def test_rows_are_ordered_by_number_not_by_text() -> None:
    at = hour("2026-11-24 09:00")
    ninth = replace(Use("1", False, at, (len("feedback-9"), "feedback-9"), "a"))
    tenth = replace(Use("2", False, at, (len("feedback-10"), "feedback-10"), "b"))
    pictures = {"a": Picture("same", 1), "b": Picture("same", 1)}
    assert doubt([tenth], [ninth, tenth], pictures, 3) and not doubt([ninth], [ninth, tenth], pictures, 3)
    assert at.tzinfo == ZONE


@pytest.mark.parametrize(
    ("typed", "problem", "wakes"),
    [("08:55", False, False), ("09:10", False, False), ("09:11", True, True)],
    ids=["a while ago", "ten minutes ahead", "more than that ahead"],
)
def test_an_hour_that_lies_ahead_waits_until_it_is_near_and_no_other_hour_does(
    typed: str, problem: bool, wakes: bool
) -> None:
    book = bureau().add(
        f"履职记录\n填报时间 | 填报人 | 类型 | 街路 | 内容\n2026-11-24 {typed} | 街路长01 | 巡查 | 新正街 | 走了"
    )
    decision = book.tick("2026-11-24 09:00")
    assert bool(book.cell("履职记录", 1, "校验")) == problem
    assert decision.wake is not None
    assert (decision.wake <= hour("2026-11-24 09:01")) == wakes
