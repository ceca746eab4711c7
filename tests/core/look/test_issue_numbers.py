"""编号 as people type it: understood where it can mean but one, else the nearest is named."""

from __future__ import annotations

import pytest

from sync.core.sheet.rows import issue_number
from tests.book import bureau

AS_TYPED = (
    "20261124-001", "２０２６１１２４－００１", "20261124—001", "20261124–001", "20261124001", "20261124 001",
    "20261124-1", " 20261124 - 001 ", "20261124-001号门前的垃圾", "编号：20261124-001（联胜路）",
    "2026\u200b1124-001",
    20261124001.0,
    "20261124-001\n20261124-001",
)  # fmt: skip


@pytest.mark.parametrize("typed", AS_TYPED)
def test_a_number_is_understood_however_it_was_typed(typed: str | float) -> None:
    assert issue_number(typed) == "20261124-001"


NONE_OR_SEVERAL = ("", "20261124", "20261124-001、20261124-002", "20261124-0010000", "昨天", "13800138000")


@pytest.mark.parametrize("typed", NONE_OR_SEVERAL)
def test_what_names_none_or_several_stays_as_it_is(typed: str) -> None:
    assert issue_number(typed) == typed


@pytest.mark.parametrize("typed", ["２０２６１１２４—００１ 桥头", "20261124001"])
def test_rows_that_refer_to_an_issue_are_taken_as_if_they_were_typed_well(typed: str) -> None:
    book = bureau()
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
        2026-11-24 09:00 | 标准化办01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 垃圾成堆
    """)
    book.settle("2026-11-24 09:05")
    book.row("整改反馈", {"填报时间": "2026-11-24 10:00", "填报人": "街路长01", "编号": typed, "处理情况": "已整改",
                      "整改后照片": "https://example.cn/a.jpg"})  # fmt: skip
    book.row("申请审批", {"申请时间": "2026-11-24 10:00", "申请人": "街路长01", "类型": "延期", "编号": typed,
                      "期望时间": "2026-11-27 12:00", "理由": "等车"})  # fmt: skip
    book.row("履职记录", {"填报时间": "2026-11-24 10:00", "填报人": "指挥长02", "类型": "现场调度", "编号": typed})
    book.settle("2026-11-24 10:05")
    assert book.rows("问题台账", "状态") == [("待复核",)]
    for title in ("整改反馈", "申请审批", "履职记录"):
        assert "编号" not in book.cell(title, 1, "校验"), title
        assert book.cell(title, 1, "编号") == typed, "a person's cell stays"


def test_an_unknown_number_has_the_nearest_named() -> None:
    book = bureau()
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
        2026-11-24 09:00 | 标准化办01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 垃圾成堆
    """)
    row = {"填报时间": "2026-11-24 10:00", "填报人": "街路长01", "编号": "20261124-010", "处理情况": "已整改"}
    book.row("整改反馈", row)
    book.settle("2026-11-24 10:05")
    assert "没有这个编号，是不是「20261124-001」？" in book.cell("整改反馈", 1, "校验")
