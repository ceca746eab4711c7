"""Rows keep their identity whatever people do to ids, order and copies (DESIGN section 6)."""

from __future__ import annotations

import pytest

from sync.core.look.rebuilding import archive
from sync.core.memory import BACK, MOVING, THERE, Archived, Memory
from sync.core.sheet.rows import Table
from tests.book import ZONE, Book, bureau, hour, templates

HEAD = "填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述"
AT = "2026-11-24 09:05"


def three() -> Book:
    book = bureau().add(f"""
        问题台账
        {HEAD}
        2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲
        2026-11-24 09:01 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 乙
        2026-11-24 09:02 | 督查01 | 督查 | 建设南路 | 暴露垃圾 | 丙
        """)
    book.settle(AT)
    return book


def ids(book: Book) -> dict[str, str]:
    """Id by text."""
    return {text: rid for rid, text in book.rows("问题台账", "编号", "问题描述")}


FIRST = {"甲": "20261124-001", "乙": "20261124-002", "丙": "20261124-003"}


def test_rows_get_numbers_in_order() -> None:
    assert ids(three()) == FIRST


def test_a_sorted_tab_keeps_every_id_on_its_row() -> None:
    book = three()
    sheet = book.sheets["问题台账"]
    sheet[1:] = sheet[:0:-1]
    decision = book.tick("2026-11-24 09:10")
    assert not decision.plan.tabs, "a sort changes nothing"
    assert ids(book) == FIRST


def test_only_the_id_column_sorted_is_put_right() -> None:
    book = three()
    sheet = book.sheets["问题台账"]
    column = [row[0] for row in sheet[1:]][::-1]
    for row, value in zip(sheet[1:], column, strict=True):
        row[0] = value
    book.settle("2026-11-24 09:10")
    assert ids(book) == FIRST


def test_pasted_over_ids_come_back() -> None:
    book = three()
    for number in (1, 2, 3):
        book.type("问题台账", number, "编号", "乱填的")
    book.settle("2026-11-24 09:10")
    assert ids(book) == FIRST


def test_an_emptied_id_comes_back_also_when_the_row_was_edited() -> None:
    book = three()
    book.type("问题台账", 2, "编号", "")
    book.type("问题台账", 2, "位置", "五号门前")
    book.settle("2026-11-24 09:10")
    assert ids(book) == FIRST


def test_a_number_put_on_a_new_row_while_its_own_was_edited_goes_back() -> None:
    """Two numbers swapped, one row reworded, the other new, all between two looks."""
    book = three()
    book.add(f"问题台账\n{HEAD}\n2026-11-24 09:08 | 督查01 | 督查 | 高铁站广场 | 缺株死树 | 丁")
    book.type("问题台账", 4, "编号", FIRST["甲"])
    book.type("问题台账", 1, "编号", "")
    book.type("问题台账", 1, "问题描述", "甲改过")
    book.settle("2026-11-24 09:10")
    assert (ids(book)["甲改过"], ids(book)["丁"]) == ("20261124-001", "20261124-004")


def test_a_number_put_on_a_new_row_while_street_and_category_of_its_own_were_edited_goes_back() -> None:
    """The words and most of the rest are as they were; the new row has the street or the category alone."""
    book = three()
    book.add(f"问题台账\n{HEAD}\n2026-11-24 09:08 | 督查02 | 督查 | 新正街 | 缺株死树 | 丁")
    book.type("问题台账", 4, "编号", FIRST["甲"])
    book.type("问题台账", 1, "编号", "")
    book.type("问题台账", 1, "街路", "建设南路")
    book.type("问题台账", 1, "类别", "路面脏污")
    book.settle("2026-11-24 09:10")
    assert (ids(book)["甲"], ids(book)["丁"]) == ("20261124-001", "20261124-004")


def test_a_number_put_on_a_new_row_while_its_own_was_cut_goes_back_with_the_row() -> None:
    """The row was away until it counted as deleted; it is pasted with an edited cell and without its number."""
    book = three()
    row = book.sheets["问题台账"].pop(1)
    for minute in (10, 11):
        book.tick(f"2026-11-24 09:{minute}")
    book.add(f"问题台账\n{HEAD}\n2026-11-24 09:12 | 督查02 | 督查 | 新正街 | 缺株死树 | 丁")
    book.sheets["问题台账"].append(row)
    book.type("问题台账", 3, "编号", FIRST["甲"])
    book.type("问题台账", 4, "编号", "")
    book.type("问题台账", 4, "类别", "路面脏污")
    book.settle("2026-11-24 09:13")
    assert (ids(book)["甲"], ids(book)["丁"]) == ("20261124-001", "20261124-004")


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"问题描述": "丁", "街路": "高铁站广场", "类别": "路面脏污"}, True),
        ({"填报时间": "2026-11-24 09:20", "街路": "高铁站广场", "类别": "路面脏污"}, True),
        ({"填报时间": "2026-11-24 09:20", "问题描述": "丁"}, False),
    ],
)
def test_a_row_of_another_hour_in_other_words_is_another_issue(changes: dict[str, str], is_same: bool) -> None:
    """Whoever corrects a report may change all the rest. Another hour and other words are another problem, whose
    deadline is not that of the first; that one is told as deleted."""
    book = three()
    for header, cell in changes.items():
        book.type("问题台账", 2, header, cell)
    book.settle("2026-11-24 09:30")
    assert [number for (number,) in book.rows("问题台账", "编号")][1] == ("20261124-002" if is_same else "20261124-004")
    named = [text for item, text, *_ in book.rows("运行状态", "项目", "内容") if item.startswith("被删除的行")]
    assert [("20261124-002" in text) for text in named] == ([] if is_same else [True])


def test_a_number_put_on_a_new_row_of_the_same_reporter_while_its_own_was_cut_stays_with_its_own() -> None:
    book = three()
    (row,) = (row for row in book.sheets["问题台账"][1:] if "乙" in row)
    book.sheets["问题台账"].remove(row)
    book.add(f"""
        问题台账
        {HEAD}
        2026-11-24 09:07 | 督查01 | 督查 | 高铁站广场 | 暴露垃圾 | 丁
        """)
    book.type("问题台账", 3, "编号", "20261124-002")
    book.settle("2026-11-24 09:10")
    book.sheets["问题台账"].append([*row])
    book.settle("2026-11-24 09:12")
    assert ids(book) == FIRST | {"丁": "20261124-004"}


def test_numbers_of_two_rows_swapped_while_both_were_edited_go_back() -> None:
    book = three()
    for number, text, other in ((1, "甲改过", "乙"), (2, "乙改过", "甲")):
        book.type("问题台账", number, "编号", FIRST[other])
        book.type("问题台账", number, "问题描述", text)
    book.settle("2026-11-24 09:10")
    assert ids(book) == {"甲改过": FIRST["甲"], "乙改过": FIRST["乙"], "丙": FIRST["丙"]}


def test_a_number_put_on_a_new_row_goes_back_to_the_copy_that_bore_it_though_the_first_is_cut() -> None:
    """The copy says what the first said: the number that a stranger bears is its own, the one that nobody bears not."""
    book = three()
    book.add(f"问题台账\n{HEAD}\n2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲")
    book.settle("2026-11-24 09:06")
    book.add(f"问题台账\n{HEAD}\n2026-11-24 09:08 | 督查01 | 督查 | 高铁站广场 | 暴露垃圾 | 丁")
    book.type("问题台账", 5, "编号", "20261124-004")
    book.type("问题台账", 4, "编号", "")
    book.sheets["问题台账"].pop(1)
    book.settle("2026-11-24 09:10")
    assert ids(book) == {"乙": FIRST["乙"], "丙": FIRST["丙"], "甲": "20261124-004", "丁": "20261124-005"}


def test_of_two_rows_whose_numbers_are_swapped_the_edited_is_known_though_the_other_is_cut() -> None:
    """No row bears the number of the edited one any more: it bears that of the row that was cut."""
    book = three()
    for number, other in ((1, "乙"), (2, "甲")):
        book.type("问题台账", number, "编号", FIRST[other])
    book.type("问题台账", 2, "问题描述", "乙改过")
    cut = book.sheets["问题台账"].pop(1)
    book.settle("2026-11-24 09:10")
    assert ids(book) == {"乙改过": FIRST["乙"], "丙": FIRST["丙"]}
    book.sheets["问题台账"].append(cut)
    book.settle("2026-11-24 09:12")
    assert ids(book) == {"乙改过": FIRST["乙"], "丙": FIRST["丙"], "甲": FIRST["甲"]}


def test_a_row_that_bears_its_own_number_keeps_it_though_a_deleted_one_was_more_like_it() -> None:
    """Who retypes a row over another's, cell by cell, and deletes that one: the number says which it is."""
    book = three()
    for header, cell in (("填报时间", "2026-11-24 09:01"), ("街路", "联胜路")):
        book.type("问题台账", 1, header, cell)
    book.sheets["问题台账"].pop(2)
    book.settle("2026-11-24 09:10")
    assert ids(book) == {"甲": FIRST["甲"], "丙": FIRST["丙"]}


def test_a_new_row_like_an_edited_one_does_not_take_its_number() -> None:
    """The same inspector, street and category at another time: the row that bears the number keeps it."""
    book = three()
    book.add(f"问题台账\n{HEAD}\n2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 丁")
    book.type("问题台账", 1, "问题描述", "甲改过")
    book.settle("2026-11-24 09:10")
    assert (ids(book)["甲改过"], ids(book)["丁"]) == ("20261124-001", "20261124-004")


@pytest.mark.parametrize("hour_of_new", ["2026-11-24 09:08", ""])
def test_a_new_row_with_an_hour_does_not_take_the_number_of_one_without(hour_of_new: str) -> None:
    """The words and the street of the row without an hour were edited: the new row shares more of the rest with it, but
    speaks of an hour, and in other words."""
    book = bureau().add(f"问题台账\n{HEAD}\n | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲")
    book.settle(AT)
    book.add(f"问题台账\n{HEAD}\n{hour_of_new} | 督查01 | 督查 | 新正街 | 暴露垃圾 | 丁")
    book.type("问题台账", 1, "问题描述", "甲改过")
    book.type("问题台账", 1, "街路", "建设南路" if hour_of_new else "新正街")
    book.settle("2026-11-24 09:10")
    assert (ids(book)["甲改过"], ids(book)["丁"]) == ("20261124-001", "20261124-002")


def test_a_copied_row_is_a_new_issue_and_the_first_keeps_its_id() -> None:
    book = three()
    book.sheets["问题台账"].append(list(book.sheets["问题台账"][1]))
    book.settle("2026-11-24 09:10")
    assert [row[0] for row in book.sheets["问题台账"][1:]] == [*FIRST.values(), "20261124-004"]


def test_a_copy_put_above_and_the_original_edited_the_fingerprint_decides() -> None:
    book = three()
    sheet = book.sheets["问题台账"]
    sheet.append(list(sheet[1]))  # the copy, untouched
    book.type("问题台账", 1, "问题描述", "甲改过")
    book.settle("2026-11-24 09:10")
    assert ids(book)["甲"] == "20261124-001"
    assert ids(book)["甲改过"] == "20261124-004"


def test_a_row_gone_twice_is_listed_and_comes_back_whole() -> None:
    book = three()
    del book.sheets["问题台账"][2]
    book.tick("2026-11-24 09:10")
    assert "被删除的行：问题台账" not in dict(book.rows("运行状态", "项目", "内容"))
    book.settle("2026-11-24 09:11")
    assert "20261124-002，共 1 行" in dict(book.rows("运行状态", "项目", "内容"))["被删除的行：问题台账"]
    book.remember(wanted_back=("20261124-002",))
    book.settle("2026-11-24 12:00")
    assert ids(book) == FIRST
    assert book.rows("问题台账", "问题描述", "截止时间")[-1] == ("乙", "2026-11-24 15:31"), "clock and all"


def test_a_row_cut_and_pasted_between_two_looks_is_the_same_row() -> None:
    book = three()
    row = book.sheets["问题台账"].pop(1)
    book.tick("2026-11-24 09:10")
    book.sheets["问题台账"].append(row)
    book.settle("2026-11-24 09:11")
    assert ids(book) == FIRST


def test_an_edit_is_remembered_with_before_and_after() -> None:
    book = three()
    book.type("问题台账", 1, "严重程度", "严重")
    decision = book.tick("2026-11-24 09:10")
    assert [(one.rid, one.column, one.before, one.after) for one in decision.history] == [
        ("20261124-001", "严重程度", "", "严重")
    ]
    assert book.cell("问题台账", 1, "截止时间") == "2026-11-24 15:30", "stamped once"


def test_feedback_rows_without_ids_are_known_after_an_edit() -> None:
    book = three().add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改说明
        2026-11-24 10:00 | 街路长01 | 20261124-001 | 已整改 | 清了
        """)
    book.settle("2026-11-24 10:01")
    book.type("整改反馈", 1, "整改说明", "清干净了")
    decision = book.tick("2026-11-24 10:05")
    assert [(one.column, one.after) for one in decision.history] == [("整改说明", "清干净了")]


def test_a_lost_ledger_keeps_ids_deadlines_and_chiefs_and_sends_nothing_again() -> None:
    book = three()
    book.settle("2026-11-24 15:40")
    before = book.rows("问题台账", "编号", "截止时间", "街路长", "升级", "责任单位")
    for number in range(1, len(book.sheets["通知记录"])):
        book.type("通知记录", number, "状态", "已发送")
    notices = book.rows("通知记录", "通知号", "状态")
    book.memory = Book().memory
    decisions = book.settle("2026-11-24 15:41")
    assert book.rows("问题台账", "编号", "截止时间", "街路长", "升级", "责任单位") == before
    assert book.rows("通知记录", "通知号", "状态") == notices
    assert all(sent.state == "已发送" for one in decisions for sent in one.notices.values())


def test_a_blank_row_gets_nothing_and_an_id_typed_into_it_is_taken_out() -> None:
    book = three()
    book.sheets["问题台账"].append([""] * 5)
    book.sheets["问题台账"].append(["20261124-099"])
    book.settle("2026-11-24 09:10")
    assert [row[0] for row in book.sheets["问题台账"][4:]] == ["", ""]


def test_an_invented_id_on_a_new_row_does_not_take_a_number_that_was_given() -> None:
    book = three().add(f"""
        问题台账
        编号 | {HEAD}
        20261124-002 | 2026-11-24 09:06 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 丁
        """)
    book.settle("2026-11-24 09:10")
    assert ids(book) == {**FIRST, "丁": "20261124-004"}


def test_deleting_a_row_does_not_delete_its_points() -> None:
    book = three()
    before = book.rows("扣分明细", "明细号", "分值")
    del book.sheets["问题台账"][2]
    book.settle("2026-11-24 09:10")
    book.settle("2026-11-24 09:11")
    assert book.rows("扣分明细", "明细号", "分值") == before


@pytest.mark.parametrize(
    ("cells", "number"),
    [
        (["20261012-001", "", "垃圾"], "20261012-001"),
        (["", "20261012-001", "垃圾"], "20261012-001"),
        (["合计", "12", "垃圾"], ""),
        (["合计 20261012-001", "", "垃圾"], ""),
    ],
    ids=["under its header", "under another, a column moved", "no number", "a number in a text"],
)
def test_an_archived_row_is_known_by_its_number_wherever_that_stands(cells: list[str], number: str) -> None:
    issues = templates()["issues"]
    table = Table("issues", tuple(column.header for column in issues.columns), [[*cells]])
    assert [row.rid for row in archive.archived_rows(issues, {"问题台账2026": table}, ZONE)] == [number]


@pytest.mark.parametrize(
    ("state", "stands", "missing"),
    [(THERE, False, True), (THERE, True, False), (MOVING, False, False), (BACK, False, False)],
    ids=["seen there, stands nowhere", "seen there", "on its way", "copied back"],
)
def test_an_archived_issue_is_missed_where_it_was_seen_there_and_stands_nowhere(
    state: str, stands: bool, missing: bool
) -> None:
    numbers = ["20261012-002", "20261012-001"]
    at = hour("2026-11-24 09:00")
    memory = Memory(archived={number: Archived(number, "问题台账2026", state, at) for number in numbers})
    assert archive.missing(memory, {*numbers} if stands else set()) == (sorted(numbers) if missing else [])
