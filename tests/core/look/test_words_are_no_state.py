"""Words that people type change no points: what holds, and what was taken back, is a field of a line."""

from __future__ import annotations

import pytest

from tests.book import Book, bureau

REVOKED = "撤销（问题作废）："


def found_at(place: str) -> Book:
    book = bureau().add(f"""
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | {place} | 暴露垃圾 | 一般 | 垃圾成堆
""")
    book.settle("2026-11-24 09:05")
    return book


@pytest.mark.parametrize("place", ["旧报亭旁", "撤销的报亭旁", "撤销", REVOKED, f"{REVOKED}督查发现"])
def test_points_of_a_void_issue_come_back_whatever_its_place_is_called(place: str) -> None:
    book = found_at(place)
    book.settle("2026-11-24 16:00")
    assert ("20261124-001·超期未整改", "-0.4") in lines(book)
    book.type("问题台账", 1, "核实结果", "作废")
    book.type("问题台账", 1, "核实人", "标准化办01")
    book.type("问题台账", 1, "复核意见", "重复填报")
    book.settle("2026-11-24 17:00")
    assert {points for name, points in lines(book) if name.startswith("20261124-001")} == {"0"}
    assert all(text.startswith(REVOKED) for name, text in book.rows("扣分明细", "编号", "说明") if name)
    book.type("问题台账", 1, "核实结果", "")
    book.settle("2026-11-24 17:30")
    assert ("20261124-001·超期未整改", "-0.4") in lines(book), "and are charged again when it is no longer void"


def lines(book: Book) -> list[tuple[str, ...]]:
    return book.rows("扣分明细", "明细号", "分值")


@pytest.mark.parametrize("reason", ["帮助居民搬迁", "撤销店外摆放点，成绩好", "撤销（批复已收回）：没有的事"])
def test_an_award_whose_approval_is_taken_back_gives_nothing_whatever_its_reason_says(reason: str) -> None:
    book = bureau().add(f"""
申请审批
申请时间 | 申请人 | 类型 | 对象 | 分值 | 理由 | 批复 | 批复人 | 批复时间
2026-11-24 09:00 | 标准化办01 | 加减分 | 新正街 | 1 | {reason} | 同意 | 办公室01 | 2026-11-24 09:30
""")
    book.settle("2026-11-24 10:00")
    award = book.rows("扣分明细", "规则", "分值")
    assert ("加减分", "1") in award
    book.type("申请审批", 1, "批复", "")
    book.settle("2026-11-24 10:30")
    assert ("加减分", "0") in book.rows("扣分明细", "规则", "分值")
    book.type("申请审批", 1, "批复", "同意")
    book.settle("2026-11-24 11:00")
    assert ("加减分", "1") in book.rows("扣分明细", "规则", "分值"), "given once more, it counts once more"


@pytest.mark.parametrize("place", ["城管局门口；本月没有哪位街路长任职过半，不作个人奖惩建议", "·单位", "履职·巡查"])
def test_a_place_called_like_a_sentence_of_ours_changes_no_name_and_no_chief(place: str) -> None:
    book = found_at(place)
    book.settle("2026-11-24 16:00")
    assert [row for row in book.rows("月度考核", "对象", "街路长", "得分") if row[0] == "新正街"] == [
        ("新正街", "街路长01", "99.4")
    ]


def test_a_unit_is_found_for_its_letter_whatever_the_streets_are_called() -> None:
    """主送 names unit and streets in one sentence; the letter's row is known without taking it apart."""
    book = bureau().add("""
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 严重 | 甲
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 2号 | 占道经营 | 严重 | 乙
""")
    book.settle("2026-11-24 09:05")
    book.settle("2026-11-24 17:30")
    rows = book.rows("督办台账", "类型", "编号清单", "主送")
    assert len([row for row in rows if row[0] == "督办函"]) == 2
    for row in range(1, len(book.sheets["督办台账"])):
        book.type("督办台账", row, "函号", "")
    book.settle("2026-11-24 17:40")
    assert book.rows("督办台账", "类型", "编号清单", "主送") == rows and len(book.sheets["督办台账"]) == 1 + len(rows)
