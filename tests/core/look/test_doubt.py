"""The hour is evidence too: in doubt rows are checked, and nothing that can't be taken back is done."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from sync.core.calendar import belief
from sync.core.look.doubted import ITEM
from tests.book import Book, bureau, default_rules, hour

LAST = hour("2026-11-27 16:00")  # a Friday
CALENDAR = default_rules().calendar
HEAD = "填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述"
ROW = "2026-11-27 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 垃圾成堆"
SAME = ("问题台账", "扣分明细", "月度考核", "通知记录", "督办台账")
BELIEVED = {
    "the same minute": "2026-11-27 16:00",
    "two minutes back": "2026-11-27 15:58",
    "ten days on": "2026-12-07 16:00",
}
DOUBTED = {
    "two minutes and a second back": "2026-11-27 15:57:59",
    "1970": "1970-01-01 08:00",
    "ten days and a second on": "2026-12-07 16:00:01",
    "three weeks on": "2026-12-18 16:00",
    "2036": "2036-01-01 08:00",
}


@pytest.mark.parametrize("what", BELIEVED)
def test_an_hour_that_is_believed(what: str) -> None:
    assert belief.doubt(hour(BELIEVED[what]), LAST, CALENDAR) == ""


@pytest.mark.parametrize("what", DOUBTED)
def test_an_hour_that_is_not(what: str) -> None:
    assert belief.doubt(hour(DOUBTED[what]), LAST, CALENDAR).startswith("服务器的时间是 ")


def test_a_long_holiday_is_no_reason_to_doubt() -> None:
    """2026-02-13 was the last workday before 春节; 17 days later only three workdays have passed."""
    last = hour("2026-02-13 17:00")
    days = [last + timedelta(days=n) for n in range(1, 30)]
    doubted = [day for day in days if belief.doubt(day, last, CALENDAR)]
    workdays = [day for day in days if CALENDAR.is_workday(day.date())]
    assert doubted[0] == max(workdays[3], last + timedelta(days=11))


def test_without_a_look_before_only_the_impossible_is_doubted() -> None:
    assert belief.doubt(hour("1970-01-01 08:00"), None, CALENDAR) and not belief.doubt(LAST, None, CALENDAR)


def test_a_small_step_back_is_waited_for() -> None:
    assert belief.waits(LAST - timedelta(seconds=1), LAST) and belief.waits(LAST - timedelta(minutes=2), LAST)
    assert not belief.waits(LAST - timedelta(minutes=2, seconds=1), LAST) and not belief.waits(LAST, LAST)


def test_an_hour_given_by_hand_is_believed_for_31_days() -> None:
    most = LAST + timedelta(days=31)
    assert not belief.given(most, LAST) and belief.given(most + timedelta(seconds=1), LAST)


def month(book: Book) -> Book:
    book.add("\n".join(["问题台账", HEAD, ROW]))
    book.settle("2026-11-27 09:05")
    return book


@pytest.mark.parametrize("wrong", ["2036-01-01 08:00", "1970-01-01 08:00", "2026-12-20 08:00"])
def test_in_doubt_nothing_is_done_that_can_not_be_taken_back(wrong: str) -> None:
    """The case of the clock that stood in 2036 once: 109 months sealed, every issue at level 3, 213 notices."""
    book = month(bureau())
    before = {title: copy.deepcopy(book.sheets[title]) for title in SAME}
    memory = book.memory
    for _ in range(3):
        decision = book.tick(hour(wrong), doubt="时钟不对")
        assert (decision.notices, decision.stamps, decision.lines, decision.seals, decision.letters) == ({},) * 5
        assert decision.known == {} and decision.ripe == () and decision.numbers == {}
    assert {title: book.sheets[title] for title in before} == before
    assert (book.memory.last_tick, book.memory.known) == (memory.last_tick, memory.known)
    text = dict(book.rows("运行状态", "项目", "内容"))[ITEM]
    assert text.startswith("时钟不对，不敢相信。") and "jielu clock --yes" in text
    book.settle("2026-11-27 10:00")
    assert ITEM not in dict(book.rows("运行状态", "项目", "内容")), "and silence once the hour is right again"
    assert book.rows("月度考核", "月份")[0] == ("2026-11",)


def test_in_doubt_nothing_is_written_as_the_minutes_go_by() -> None:
    book = month(bureau())
    first = hour("2036-01-01 08:00")
    for minutes in range(3):
        at = first + timedelta(minutes=minutes)
        decision = book.tick(at, doubt=belief.doubt(at, LAST, CALENDAR))
    assert not decision.plan.tabs


def test_in_doubt_rows_are_checked() -> None:
    book = month(bureau())
    book.add("\n".join(["问题台账", HEAD, "2026-12-20 07:00 | 督查01 | 督查 | 新正接 | 暴露垃圾 | 一般 | 乙"]))
    book.tick(hour("2026-12-20 08:00"), doubt="时钟不对")
    new = book.rows("问题台账", "编号", "校验")[1]
    assert new[0] == "" and "新正街" in new[1], "a mistyped street is said, and no number is given"


def test_rows_that_came_in_doubt_are_stamped_with_the_hour_of_their_first_look() -> None:
    """Three weeks off, the clock was right, and the yes came three hours later."""
    book = month(bureau())
    book.add("\n".join(["问题台账", HEAD, "2026-12-18 08:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 乙"]))
    book.tick(hour("2026-12-18 08:01"), doubt="时钟不对")
    book.tick(hour("2026-12-18 09:00"), doubt="时钟不对")
    book.settle("2026-12-18 11:00")
    assert book.memory.stamps["20261218-001"].received == hour("2026-12-18 08:00")  # 填报时间


def test_rows_that_came_while_the_clock_was_wrong_are_stamped_with_the_hour_that_is_right() -> None:
    book = month(bureau())
    book.add("\n".join(["问题台账", HEAD, " | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 乙"]))
    book.tick(hour("2036-01-01 08:00"), doubt="时钟不对")
    book.type("问题台账", 2, "填报时间", "2026-11-27 10:10")
    book.settle("2026-11-27 10:11")
    assert book.memory.stamps["20261127-002"].received == hour("2026-11-27 10:10")


def late_in_the_morning(book: Book) -> Book:
    """The clock ran an hour ahead, and nobody knew: an issue is received at 09:55, mended at 10:05, each by that
    clock."""
    book.add("\n".join(["问题台账", HEAD, "2026-11-24 09:55 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 垃圾成堆"]))
    book.settle("2026-11-24 10:00")
    book.add("""
    整改反馈
    填报时间 | 填报人 | 编号 | 处理情况 | 整改说明 | 整改后照片
    2026-11-24 10:05 | 街路长01 | 20261124-001 | 已整改 | 扫了 | 后.jpg
    """)
    book.settle("2026-11-24 10:10")
    return book


def test_what_happened_by_a_clock_that_ran_ahead_has_happened_when_it_is_put_right() -> None:
    """An hour that a person's row confirms may lie before the last look. Nothing that was known by then is unknown."""
    book = late_in_the_morning(bureau())
    shown = book.rows("问题台账", "编号", "状态", "截止时间", "街路长")
    assert shown == [("20261124-001", "待复核", "2026-11-24 16:25", "街路长01")]
    book.type("街路名册", 2, "责任单位", "市政处")  # nothing of the look before may stand in for this one
    for at in ("2026-11-24 09:10", "2026-11-24 09:11"):
        book.settle(at)
        assert book.rows("问题台账", "编号", "状态", "截止时间", "街路长") == shown
        book.type("问题台账", 1, "严重程度", "轻微")


def test_a_verdict_given_after_the_clock_was_put_right_counts() -> None:
    book = late_in_the_morning(bureau())
    for header, text in (("复核结果", "通过"), ("复核人", "标准化办01"), ("复核时间", "2026-11-24 09:10")):
        book.type("问题台账", 1, header, text)
    book.settle("2026-11-24 09:11")
    assert book.rows("问题台账", "状态") == [("已销号",)]


def test_a_look_at_an_earlier_hour_takes_no_result_of_a_later_one() -> None:
    """What was late by the clock that ran ahead is not late, whatever the look before had worked out."""
    book = month(bureau())
    book.settle("2026-11-27 15:40")
    late = book.rows("问题台账", "时限提示")
    book.settle("2026-11-27 15:00")
    assert (late, book.rows("问题台账", "时限提示")) == ([("已超期（不足1个工作日）",)], [("今日到期",)])
