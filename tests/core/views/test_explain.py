"""``explain``: one explanation for the command line and the page, by the functions that decide."""

from __future__ import annotations

from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.views.issue import explain
from tests.book import Book, bureau, hour, templates

LOG = """
    问题台账
    填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
    2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 没有人答复
    """
NUMBER = "20261124-001"


def late_book(log: str = LOG) -> Book:
    book = bureau().add(log)
    book.settle("2026-11-24 09:05")
    return book


def look_at(book: Book, at: str) -> Look:
    book.settle(at)
    return recall(templates(), book.memory, book.rules, hour(at))


def told(look: Look, heading: str, number: str = NUMBER) -> list[str]:
    explanation = explain.of(look, number)
    assert explanation
    return explanation.sentences.get(heading, [])


def test_points_are_those_of_the_score_lines_after_ceilings() -> None:
    """What a chief found himself only fills up deductions: where there are none it adds nothing."""
    book = late_book(LOG.replace("督查01 | 督查", "街路长01 | 街路长自查"))
    book.row("整改反馈", {"填报时间": "2026-11-24 10:00", "填报人": "街路长01", "编号": NUMBER, "处理情况": "已整改",
                         "整改后照片": "1.jpg"})  # fmt: skip
    book.settle("2026-11-24 10:05")
    for header, text in {"复核结果": "通过", "复核人": "标准化办01"}.items():
        book.type("问题台账", 1, header, text)
    look = look_at(book, "2026-11-24 10:10")
    points = dict(book.rows("扣分明细", "明细号", "分值"))
    shown = [f"{float(points[line.id]):+g} 分" for line in explain.lines_of(look, NUMBER)]
    assert shown and [words.partition("：")[0] for words in told(look, "计分")] == shown
    assert any(line.points != look.followed[NUMBER].booking[line.id].points for line in explain.lines_of(look, NUMBER))


def test_a_suspended_issue_climbs_no_further_and_says_so() -> None:
    book = late_book()
    book.settle("2026-11-24 16:00")  # late, level 1
    book.row("申请审批", {"申请时间": "2026-11-24 16:10", "申请人": "街路长01", "类型": "挂账", "编号": NUMBER,
                         "理由": "等设备", "批复": "同意", "批复人": "支部书记04",
                         "批复时间": "2026-11-24 16:20"})  # fmt: skip
    look = look_at(book, "2026-12-01 10:00")
    levels = told(look, "升级")
    assert look.followed[NUMBER].cells["level"] == "1 支部书记"
    assert levels[0] == "第1级 报支部书记（五·2）：2026-11-24 16:00 已到，现在挂账，不再升级"
    assert levels[1] == "第2级 报指挥长（五·3）：挂账，不升级"
    assert told(look, "接下来") == ["挂账中"]


def test_a_step_that_waits_for_an_answer_says_how_long() -> None:
    """屡次重复: level 3 a workday after level 2, where nobody answered."""
    look = look_at(late_book(), "2026-11-25 16:00")
    assert look.followed[NUMBER].stamps.levels[-1].level == 1
    step = told(look, "升级")[-1]
    assert step.startswith("第3级 屡次重复报领导小组办公室（五·3）：还不符合")


def test_silence_at_the_last_level_goes_nowhere_and_a_no_is_called_a_no() -> None:
    book = late_book()
    book.row("整改反馈", {"填报时间": "2026-11-24 10:00", "填报人": "街路长01", "编号": NUMBER, "处理情况": "上报",
                         "整改说明": "要铲车"})  # fmt: skip
    look = look_at(book, "2026-12-02 10:00")
    turns = told(look, "上报")
    assert len(turns) == len(book.rules.upward)
    assert [words.rpartition("，")[2] for words in turns] == ["报上一级"] * (len(turns) - 1) + ["上面没有别的一级了"]

    refused = late_book()
    refused.row("整改反馈", {"填报时间": "2026-11-24 10:00", "填报人": "街路长01", "编号": NUMBER,
                            "处理情况": "非本单位", "整改说明": "不归环卫"})  # fmt: skip
    refused.row("申请审批", {"申请时间": "2026-11-24 10:10", "申请人": "街路长01", "类型": "移交", "编号": NUMBER,
                            "移交单位": "市政处", "理由": "不归环卫", "批复": "不同意", "批复人": "支部书记04",
                            "批复时间": "2026-11-24 11:00"})  # fmt: skip
    look = look_at(refused, "2026-11-24 11:30")
    assert told(look, "上报") == ["2026-11-24 10:00 报支部书记，2026-11-24 11:00 没有同意"]
    assert refused.rows("整改反馈", "结果") == [("上级没有同意，仍由本单位整改",)]
