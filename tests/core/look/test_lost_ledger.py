"""The ledger is lost and made again from the sheet: what stands there stays, whatever only the ledger had known."""

from __future__ import annotations

import pytest

from sync.core.memory import Memory
from tests.book import Book, bureau

ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
2026-11-16 09:00 | 督查01 | 督查 | 新正街 | 1号 | 缺株死树 | 甲
2026-11-16 09:00 | 督查01 | 督查 | 联胜路 | 1号 | 暴露垃圾 | 乙
2026-11-16 09:00 | 街路长02 | 街路长自查 | 联胜路 | 2号 | 路面脏污 | 丙
2026-11-16 09:00 | 督查01 | 督查 | 建设南路 | 1号 | 路灯故障 | 丁
"""
SEEN = ("编号", "状态", "街路长", "责任单位", "截止时间", "升级", "重复", "销号时间", "时限提示", "校验", "依据")
TABS = ("问题台账", "整改反馈", "申请审批", "督办台账", "扣分明细", "月度考核", "通知记录")


def transfer_without_hour(book: Book) -> None:
    book.add("""
        申请审批
        申请时间 | 申请人 | 类型 | 编号 | 移交单位 | 理由 | 批复 | 批复人
        2026-11-16 10:00 | 城管执法大队 | 移交 | 20261116-004 | 市政处 | 灯是他们的 | 同意 | 指挥长01
        2026-11-16 10:00 | 街路长01 | 延期 | 20261116-001 | | 等苗 | 同意 | 支部书记04
        """)
    book.type("申请审批", 2, "期望时间", "2026-11-27 12:00")


def refused_source(book: Book) -> None:
    mend(book, "20261116-003", "街路长02")
    book.type("问题台账", 3, "来源", "督查")


def mend(book: Book, number: str, reporter: str) -> None:
    book.add(f"""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
         | {reporter} | {number} | 已整改 | {number}.jpg
        """)


def waits_for_its_second_verdict(book: Book) -> None:
    mend(book, "20261116-002", "街路长02")
    book.settle("2026-11-16 11:00")
    book.verify(2, "返工")
    book.settle("2026-11-16 14:35")
    mend(book, "20261116-002", "街路长02")


def closed_without_hour(book: Book) -> None:
    mend(book, "20261116-002", "街路长02")
    book.settle("2026-11-16 11:00")
    book.verify(2, "通过")


def photo_came_later(book: Book) -> None:
    book.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况
        2026-11-16 10:30 | 街路长02 | 20261116-002 | 已整改
        """)
    book.settle("2026-11-16 10:35")
    book.settle("2026-11-18 09:00")
    book.type("整改反馈", 1, "整改后照片", "late.jpg")


def typed_late(book: Book) -> None:
    """A row whose hour was not believed: it counts from the look that saw it."""
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
        2026-11-01 09:00 | 督查01 | 督查 | 新正街 | 9号 | 暴露垃圾 | 迟录
        """)


def returned(book: Book, photo: str) -> None:
    book.add(f"""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2026-11-16 10:30 | 街路长02 | 20261116-002 | 已整改 | {photo}
        """)
    book.settle("2026-11-16 10:35")
    book.verify(2, "返工")
    book.settle("2026-11-16 11:00")
    del book.sheets["整改反馈"][1]


def returned_and_its_feedback_deleted(book: Book) -> None:
    returned(book, "后.jpg")


def returned_and_its_feedback_without_photo_deleted(book: Book) -> None:
    returned(book, "")


def swapped_chief(book: Book) -> None:
    book.type("街路名册", 1, "街路长", "街路长03")


STORIES = [transfer_without_hour, refused_source, waits_for_its_second_verdict, closed_without_hour, photo_came_later,
           typed_late, swapped_chief, returned_and_its_feedback_deleted,
           returned_and_its_feedback_without_photo_deleted]  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_what_stands_in_the_sheet_stays(story) -> None:  # type: ignore[no-untyped-def]
    book = bureau().add(ISSUES)
    book.settle("2026-11-16 09:05")
    story(book)
    book.settle("2026-11-18 14:35")
    book.settle("2026-11-24 10:00")
    before = {tab: [list(row) for row in book.sheets[tab]] for tab in TABS}
    stamps, days = book.memory.stamps, book.memory.days
    book.memory = Memory()
    book.settle("2026-11-24 10:05")
    assert {tab: book.sheets[tab] for tab in TABS} == before
    assert book.memory.stamps == stamps and book.memory.days == days
    book.settle("2026-11-24 10:10")
    assert {tab: book.sheets[tab] for tab in TABS} == before


def test_an_edit_made_while_the_ledger_was_lost_counts_from_the_next_look() -> None:
    book = bureau().add(ISSUES)
    book.settle("2026-11-16 09:05")
    mend(book, "20261116-002", "街路长02")
    book.settle("2026-11-16 10:00")
    book.memory = Memory()
    book.verify(2, "返工")
    book.settle("2026-11-16 10:30")
    assert book.rows("问题台账", "编号", "状态")[1] == ("20261116-002", "返工")


def test_a_deleted_row_s_record_brings_nothing_back() -> None:
    book = bureau().add(ISSUES)
    book.settle("2026-11-16 09:05")
    book.memory = Memory()
    del book.sheets["问题台账"][2]
    book.settle("2026-11-16 10:30")
    assert [row[0] for row in book.rows("问题台账", "编号")] == ["20261116-001", "20261116-003", "20261116-004"]
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
        2026-11-16 10:35 | 督查01 | 督查 | 新正街 | 5号 | 暴露垃圾 | 新的
        """)
    book.settle("2026-11-16 10:40")
    assert book.rows("问题台账", "编号")[-1] == ("20261116-005",), "a number is not given twice"


def test_a_record_that_somebody_changed_stops_no_other() -> None:
    book = bureau().add(ISSUES)
    book.settle("2026-11-16 09:05")
    before = book.rows("问题台账", *SEEN)
    records = book.sheets["内部记录"]
    for row in records[1:]:
        if row[1] == "20261116-002":
            row[2] = "{改坏了"
        if row[1] == "20261116-003":
            row[2] = '{"print": 5, "marks": [], "stamps": {"received": "昨天"}}'
    book.memory = Memory()
    book.settle("2026-11-16 09:10")
    again = book.rows("问题台账", *SEEN)
    assert [row[:9] for row in again] == [row[:9] for row in before]


def test_archived_and_new_records_take_the_places_that_are_free() -> None:
    book = bureau().add(ISSUES)
    book.settle("2026-11-16 09:05")
    count = len(book.sheets["内部记录"])
    del book.sheets["问题台账"][1:4]
    book.settle("2026-11-16 10:00")
    book.settle("2026-11-16 10:05")
    book.add("\n".join(ISSUES.replace("2026-11-16 09:00", "2026-11-17 09:00").splitlines()[:-1]))
    book.settle("2026-11-17 09:05")
    assert len(book.sheets["内部记录"]) == count


def test_the_lines_of_a_sealed_month_stay_though_it_had_no_issue() -> None:
    """The seal is read off the sheet, and its lines with it, whether or not a row of 问题台账 stands there."""
    book = bureau()
    book.settle("2026-11-16 09:00")
    book.settle("2026-12-05 09:30")
    stands = {tab: [list(row) for row in book.sheets[tab]] for tab in ("扣分明细", "月度考核")}
    assert {row[0] for row in book.rows("月度考核", "月份", "状态") if row[1] == "已封存"} == {"2026-11"}
    book.memory = Memory()
    book.settle("2026-12-05 09:31")
    assert {tab: [list(row) for row in book.sheets[tab]] for tab in stands} == stands
