"""What a look comes to know holds at that look: points come back once, a level counts, an answer keeps its hour."""

from __future__ import annotations

import pytest

from sync.core.rules.rules import load
from tests.book import ROOT, Book, bureau
from tests.core.look.test_stamp_then_judge import LOG
from tests.core.scores.test_seals import october

AGREED = """
申请审批
申请时间 | 申请人 | 类型 | 编号 | 期望时间 | 理由 | 批复 | 批复人
2026-11-24 09:30 | 街路长01 | 延期 | 20261124-001 | 2026-11-26 12:00 | 等车 | 同意 | 支部书记04
"""
AWARD = """
申请审批
申请时间 | 申请人 | 类型 | 对象 | 分值 | 理由 | 批复 | 批复人 | 批复时间
2026-11-24 09:00 | 标准化办01 | 加减分 | 新桥路 | 2 | 创建有功 | 同意 | 办公室01 | 2026-11-24 09:30
"""


def points(book: Book, target: str) -> float:
    """What all lines of a target but its monthly base come to."""
    lines = book.rows("扣分明细", "对象", "规则", "分值")
    return round(sum(float(value) for name, rule, value in lines if name == target and rule != "基础分"), 2)


@pytest.mark.parametrize("first", ["void", "appeal", "both"])
def test_a_sealed_line_whose_issue_is_void_and_whose_appeal_is_upheld_comes_back_once(first: str) -> None:
    book = october()
    assert points(book, "新正街") < 0

    def void() -> None:
        book.type("问题台账", 1, "核实结果", "作废")
        book.type("问题台账", 1, "核实人", "标准化办01")
        book.type("问题台账", 1, "复核意见", "重复填报")

    def appeal() -> None:
        book.add(
            """申请审批
            申请时间 | 申请人 | 类型 | 明细号 | 理由 | 批复 | 批复人 | 批复时间
            2026-11-06 09:00 | 街路长01 | 申诉 | 20261012-001·发现问题 | 冤 | 同意 | 标准化办01 | 2026-11-06 10:00"""
        )

    steps = {"void": (void, appeal), "appeal": (appeal, void)}.get(first, (void, appeal))
    for step in steps:
        step()
        if first != "both":
            book.settle("2026-11-06 10:05")
    book.settle("2026-11-06 10:10")
    assert points(book, "新正街") == 0
    book.settle("2026-11-07 10:05")
    assert points(book, "新正街") == 0


def test_an_answer_without_an_hour_stays_with_who_held_the_post_when_it_was_given() -> None:
    book = bureau().add(LOG)
    book.settle("2026-11-24 09:05")
    book.add(AGREED)
    book.settle("2026-11-24 10:05")
    assert book.rows("问题台账", "截止时间") == [("2026-11-26 12:00",)]
    row = 1 + [name for (name,) in book.rows("组织架构", "姓名")].index("支部书记04")
    book.type("组织架构", row, "停用日期", "2026-11-24")
    for at in ("2026-11-25 09:05", "2026-11-26 09:05"):
        book.settle(at)
        assert book.rows("申请审批", "校验", "状态") == [("", "已同意")]


def test_a_condition_on_the_level_holds_at_the_look_that_reaches_it() -> None:
    text = (ROOT / "rules.toml").read_text("utf-8")
    rules = load(text.replace('urgent.severity = "严重"', "urgent.level = 1", 1))
    book = Book(rules)
    book.sheets = bureau().sheets
    book.add(LOG)
    book.settle("2026-11-24 09:05")
    book.settle("2026-11-24 19:00")  # late since 15:30; ordinary notices wait for the morning
    assert [level for (level,) in book.rows("问题台账", "升级")] == ["1 支部书记"]
    (escalated,) = [sent.notice for number, sent in book.memory.notices.items() if "升级1" in number]
    assert f"{escalated.due:%m-%d %H:%M}" == "11-24 19:00"


def test_an_award_for_a_street_that_is_not_in_the_roster_yet_is_booked_when_it_is() -> None:
    book = bureau().add(AWARD)
    book.settle("2026-11-24 10:05")
    assert "不是街路也不是责任单位" in book.cell("申请审批", 1, "校验")
    headers = ("街路", "类型", "区域", "支部", "街路长", "责任单位")
    first = dict(zip(headers, book.rows("街路名册", *headers)[0], strict=True))
    book.row("街路名册", {**first, "街路编号": "Z99", "街路": "新桥路", "启用日期": "2026-01-01"})
    book.settle("2026-11-24 11:05")
    assert book.cell("申请审批", 1, "校验") == ""
    assert points(book, "新桥路") == 2
