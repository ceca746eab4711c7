"""An issue is stamped, then answers about it are judged, then it is followed, all at one look."""

from __future__ import annotations

from typing import Any

import pytest

from sync.core.memory import Memory
from tests.book import Book, bureau

LOG = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 12号 | 暴露垃圾 | 一般 | 垃圾成堆
"""
ASKED = """
申请审批
申请时间 | 申请人 | 类型 | 编号 | 移交单位 | 期望时间 | 理由 | 批复 | 批复人 | 批复时间
"""
AGREED = "2026-11-24 09:30 | 街路长01 | {kind} | 同意 | {{by}} | 2026-11-24 10:00"
ANSWERS = {
    kind: AGREED.format(kind=f"{kind} | 20261124-001 | {asked}")
    for kind, asked in (
        ("延期", "| 2026-11-26 12:00 | 等车"),
        ("挂账", "| 2026-11-26 12:00 | 封路"),
        ("移交", "市政处 | | 渣块"),
    )
}
SHOWN = ("状态", "责任单位", "截止时间")
UNMOVED = [("待整改", "环卫所", "2026-11-24 15:30")]
REFUSED = "批复人」填的是「支部书记06」"


def lose_the_ledger(book: Book) -> None:
    book.memory = Memory()


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_that_was_refused_stays_refused_when_the_ledger_is_lost(kind: str) -> None:
    book = bureau().add(LOG)
    book.settle("2026-11-24 09:05")
    book.add(ASKED + ANSWERS[kind].format(by="支部书记06"))
    book.settle("2026-11-24 10:05")
    assert book.rows("问题台账", *SHOWN) == UNMOVED and REFUSED in book.cell("申请审批", 1, "校验")
    lose_the_ledger(book)
    for at in ("2026-11-24 10:10", "2026-11-24 10:30", "2026-11-24 11:30"):
        book.settle(at)
        assert book.rows("问题台账", *SHOWN) == UNMOVED and REFUSED in book.cell("申请审批", 1, "校验")


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_same_answer_by_who_may_give_it_takes_effect_also_when_the_ledger_is_lost_meanwhile(kind: str) -> None:
    book = bureau().add(LOG)
    book.settle("2026-11-24 09:05")
    book.add(ASKED + ANSWERS[kind].format(by="支部书记04"))
    lose_the_ledger(book)
    book.settle("2026-11-24 10:05")
    assert book.rows("问题台账", *SHOWN) != UNMOVED and book.cell("申请审批", 1, "校验") == ""


def test_a_wrong_answer_typed_while_a_street_is_put_right_moves_nothing() -> None:
    """Between the same two looks: the mistyped street is mended and the secretary of another branch types 同意."""
    book = bureau().add(LOG.replace("新正街", "新正接"))
    book.settle("2026-11-24 09:05")
    book.type("问题台账", 1, "街路", "新正街")
    answer = ANSWERS["延期"].replace("2026-11-26", "2026-11-30").replace("2026-11-24 10:00", "")
    book.add(ASKED + answer.format(by="支部书记06"))
    for at in ("2026-11-24 10:05", "2026-11-24 10:30"):
        book.settle(at)
        assert book.cell("问题台账", 1, "截止时间") == "2026-11-24 16:35", "4 hours of work from 10:05"
        assert REFUSED in book.cell("申请审批", 1, "校验")


@pytest.mark.parametrize(("author", "stands"), [("支部书记06", "报指挥长"), ("支部书记04", "已答复")])
def test_a_dispatch_answers_only_where_its_author_is_set_over_the_issue(author: str, stands: str) -> None:
    """Also when issue and 现场调度 are seen for the first time at the same look, after the ledger was lost."""
    from sync.core.look.decide import look as look_at
    from sync.core.views.issue import explain
    from tests.book import hour

    book = bureau().add(LOG)
    book.settle("2026-11-24 09:05")
    book.row("整改反馈", {"填报时间": "2026-11-24 09:30", "填报人": "街路长01", "编号": "20261124-001",
                          "处理情况": "上报", "整改说明": "要吊车"})  # fmt: skip
    book.row("履职记录", {"填报时间": "2026-11-24 10:00", "填报人": author, "类型": "现场调度", "编号": "20261124-001"})
    lose_the_ledger(book)
    book.settle("2026-11-24 10:05")
    look = look_at(book.tables(), book.memory, book.rules, hour("2026-11-25 10:00"))
    told = explain.of(look, "20261124-001")
    assert told is not None and stands in "".join(dict(told.parts)["上报"])


def test_the_third_time_is_the_third_also_when_the_ledger_that_knew_the_others_is_lost() -> None:
    book = bureau().add(LOG)
    book.settle("2026-11-24 09:05")
    mend(book, 1, "2026-11-24 09:30")
    book.row("问题台账", again("2026-11-24 10:00"))
    book.settle("2026-11-24 10:05")
    mend(book, 2, "2026-11-24 10:30")
    book.row("问题台账", again("2026-11-24 11:00"))
    lose_the_ledger(book)
    book.settle("2026-11-24 11:05")
    assert book.rows("问题台账", "重复") == [("",), ("第2次",), ("第3次",)]


def mend(book: Book, number: int, at: str) -> None:
    """The issue in that row is mended and verified."""
    book.row("整改反馈", {"填报时间": at, "填报人": "街路长01", "编号": f"20261124-00{number}", "处理情况": "已整改",
                         "整改后照片": f"{number}.jpg"})  # fmt: skip
    book.settle(at)
    book.verify(number, "通过")
    book.settle(at)


def again(at: str) -> dict[str, str]:
    return {"填报时间": at, "填报人": "督查01", "来源": "督查", "街路": "新正街", "位置": "12号", "类别": "暴露垃圾",
            "严重程度": "一般", "问题描述": f"又有了 {at}"}  # fmt: skip


def test_a_case_under_a_second_letter_counts_double_also_when_the_ledger_was_lost() -> None:
    book = bureau().add(LOG.replace("一般", "严重"))
    for at in ("2026-11-24 09:05", "2026-11-24 17:30", "2026-11-27 17:31"):
        book.settle(at)
        for row in range(1, len(book.sheets["督办台账"])):
            if book.cell("督办台账", row, "状态") == "待签发":
                book.type("督办台账", row, "签发人", "办公室01")
        book.settle(at)
    before = second_letters(book)
    assert len(before) == 1 and "（0/2）" in before[0][2]
    lose_the_ledger(book)
    first: Any = book.tick("2026-11-27 17:40")
    assert not [line for group in first.lines.values() for line in group.values() if "撤销" in line.text]
    book.settle("2026-11-27 17:40")
    assert second_letters(book) == before


def second_letters(book: Book) -> list[tuple[str, ...]]:
    return [row for row in book.rows("扣分明细", "明细号", "分值", "说明") if "环卫所·按期率" in row[0]]


def test_a_signature_shows_at_the_look_that_saw_it() -> None:
    book = bureau().add(LOG.replace("一般", "严重"))
    book.settle("2026-11-24 09:05")
    book.settle("2026-11-24 17:30")
    book.type("督办台账", 2, "签发人", "办公室01")
    book.tick("2026-11-24 17:40")
    assert book.cell("问题台账", 1, "督办函号") == book.cell("督办台账", 2, "函号") != ""


def test_an_appeal_against_a_line_of_the_same_look_is_no_mistake() -> None:
    book = bureau().add(LOG)
    book.add("申请审批\n申请时间 | 申请人 | 类型 | 明细号 | 理由\n"
             "2026-11-24 09:30 | 街路长01 | 申诉 | 20261124-001·发现问题 | 不是我的街")  # fmt: skip
    book.tick("2026-11-24 09:35")
    assert book.cell("申请审批", 1, "校验") == ""
