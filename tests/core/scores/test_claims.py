"""Points are given back once, whatever was appealed against, taken back and sealed in between."""

from __future__ import annotations

import pytest

from tests.book import Book, bureau


def appealed(month: str, sealed_at: str, upheld: str) -> Book:
    book = bureau()
    book.add(
        f"""申请审批
        申请时间 | 申请人 | 类型 | 对象 | 分值 | 理由 | 批复 | 批复人 | 批复时间
        {month}-12 09:00 | 标准化办01 | 加减分 | 新正街 | -2 | 假照片 | 同意 | 办公室01 | {month}-12 10:00"""
    )
    book.settle(f"{month}-12 10:05")
    name = next(row[0] for row in book.rows("扣分明细", "明细号") if row[0].startswith("加减分"))
    if sealed_at:
        book.settle(sealed_at)
    book.add(
        f"""申请审批
        申请时间 | 申请人 | 类型 | 明细号 | 理由 | 批复 | 批复人 | 批复时间
        {upheld} 09:00 | 街路长01 | 申诉 | {name} | 冤 | 同意 | 标准化办01 | {upheld} 10:00"""
    )
    book.settle(f"{upheld} 10:05")
    return book


@pytest.mark.parametrize(("month", "sealed_at"), [("2026-11", ""), ("2026-10", "2026-11-16 09:00")])
def test_an_award_taken_back_after_its_appeal_returns_its_points_once(month: str, sealed_at: str) -> None:
    book = appealed(month, sealed_at, "2026-11-17")
    book.type("申请审批", 1, "批复", "不同意")
    book.settle("2026-11-18 10:05")
    lines = book.rows("扣分明细", "对象", "规则", "分值")
    assert sum(float(points) for target, rule, points in lines if target == "新正街" and rule != "基础分") == 0


@pytest.mark.parametrize(("asker", "said"), [("办公室01", True), ("标准化办01", False)])
def test_nobody_approves_what_he_asked_for_himself(asker: str, said: bool) -> None:
    book = bureau()
    book.add(
        f"""申请审批
        申请时间 | 申请人 | 类型 | 对象 | 分值 | 理由 | 批复 | 批复人 | 批复时间
        2026-11-12 09:00 | {asker} | 加减分 | 新正街 | 2 | 好 | 同意 | 办公室01 | 2026-11-12 10:00"""
    )
    book.settle("2026-11-12 10:05")
    assert ("同一个人" in book.cell("申请审批", 1, "校验")) is said
    assert any(name.startswith("加减分") for (name,) in book.rows("扣分明细", "明细号")) is not said
