"""What people change afterwards: rows mended, mistyped, deleted, cut; approvals whose giver left; months that passed.

The case: 督查, 新正街 (街路长01), 暴露垃圾, reported 2026-11-24 09:00, due 15:30, number 20261124-001.
"""

from __future__ import annotations

import pytest

from sync.core.memory import THERE, Archived
from tests.book import Book, bureau, hour

ONE = "20261124-001"


def case(source: str = "督查", street: str = "新正街", severity: str = "一般", limit: str = "") -> Book:
    book = bureau().add(f"""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 指定时限
        2026-11-24 09:00 | 督查01 | {source} | {street} | 一号 | 暴露垃圾 | {severity} | 甲 | {limit}
        """)
    book.settle("2026-11-24 09:05")
    return book


def fix(book: Book, at: str, photos: str = "后.jpg", number: str = ONE, text: str = "清了") -> None:
    book.row("整改反馈", {"填报时间": at, "填报人": "街路长01", "编号": number, "处理情况": "已整改", "整改说明": text,
                      "整改后照片": photos})  # fmt: skip


def ask(book: Book, kind: str, until: str, answered: str = "2026-11-24 10:00", approver: str = "支部书记04") -> None:
    asked = {"申请时间": "2026-11-24 09:30", "申请人": "街路长01", "类型": kind, "编号": ONE, "期望时间": until}
    book.row("申请审批", {**asked, "理由": "等车", "批复": "同意", "批复人": approver, "批复时间": answered})


def shown(book: Book, *headers: str) -> tuple[str, ...]:
    return book.rows("问题台账", *headers)[0]


def points(book: Book) -> dict[str, str]:
    return {line: value for line, value in book.rows("扣分明细", "明细号", "分值") if "基础分" not in line}


def told(book: Book) -> list[str]:
    return [number for number, state in book.rows("通知记录", "通知号", "状态") if state != "不再发送"]


# Feedback --------------------------------------------------------------------------------------------------------
def test_a_better_photo_does_not_make_the_work_late() -> None:
    book = case()
    fix(book, "2026-11-24 10:00")
    book.settle("2026-11-24 10:01")
    fix(book, "2026-11-25 10:00", "更清楚.jpg")
    book.settle("2026-11-25 10:01")
    assert shown(book, "状态", "时限提示", "升级") == ("待复核", "", "")


def test_feedback_cut_for_a_moment_still_counts() -> None:
    book = case()
    fix(book, "2026-11-24 10:00")
    book.settle("2026-11-24 10:01")
    row = book.sheets["整改反馈"].pop()
    book.tick("2026-11-25 09:00")
    book.sheets["整改反馈"].append(row)
    book.settle("2026-11-25 09:01")
    assert shown(book, "状态", "升级") == ("待复核", "")
    assert not [number for number in told(book) if "超期" in number]


def test_deleting_the_feedback_of_a_closed_issue_costs_nobody_a_point() -> None:
    book = case()
    fix(book, "2026-11-24 10:00")
    book.verify(1, "通过")
    book.settle("2026-11-24 10:30")
    before = points(book)
    book.sheets["整改反馈"].pop()
    for at in ("2026-11-24 11:00", "2026-11-24 11:01", "2026-11-25 00:01"):
        book.settle(at)
    assert points(book) == before and shown(book, "状态") == ("已销号",)


def test_feedback_on_an_archived_issue_says_what_became_of_it_whatever_its_cell_says() -> None:
    book = case()
    fix(book, "2026-11-24 10:00")
    book.verify(1, "返工")
    book.settle("2026-11-24 10:30")
    fix(book, "2026-11-24 11:00", "又.jpg")
    book.settle("2026-11-24 11:01")
    book.verify(1, "通过")
    book.settle("2026-11-24 11:30")
    before = book.rows("整改反馈", "结果")
    assert before == [("返工",), ("通过，按期",)]
    book.sheets["问题台账"].pop()
    book.remember(archived={ONE: Archived(ONE, "问题台账2026", THERE, hour("2026-11-24 12:00"))})
    book.type("整改反馈", 1, "结果", "通过，按期")
    book.settle("2026-11-24 12:01")
    assert book.rows("整改反馈", "结果") == before
    fix(book, "2026-11-24 12:30", "再.jpg")
    book.settle("2026-11-24 12:31")
    assert book.rows("整改反馈", "结果") == [*before, ("问题已归档，不再处理",)]


def test_a_new_feedback_never_takes_the_place_of_a_deleted_one() -> None:
    book = case()
    fix(book, "2026-11-24 10:00", text="已清运")
    book.settle("2026-11-24 10:01")
    book.sheets["整改反馈"].pop()
    for at in ("2026-11-24 10:10", "2026-11-24 10:11"):
        book.settle(at)
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-26 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 乙
        """)
    book.settle("2026-11-26 09:01")
    fix(book, "2026-11-26 10:00", number="20261126-001", text="已清运")
    book.settle("2026-11-26 16:00")
    assert book.rows("问题台账", "编号", "状态")[1] == ("20261126-001", "待复核")


def test_feedback_given_while_the_row_had_a_fault_counts_once_it_is_mended() -> None:
    book = case(street="新正接")
    fix(book, "2026-11-24 10:00")
    book.settle("2026-11-24 10:01")
    book.type("问题台账", 1, "街路", "新正街")
    book.settle("2026-11-24 11:00")
    assert shown(book, "状态", "时限提示") == ("待复核", "")
    assert book.rows("整改反馈", "结果") == [("待复核",)]


def test_feedback_given_before_acceptance_counts_from_acceptance() -> None:
    book = case(source="群众反映")
    fix(book, "2026-11-24 10:00")
    book.settle("2026-11-24 10:01")
    book.type("问题台账", 1, "核实结果", "受理")
    book.type("问题台账", 1, "核实人", "标准化办01")
    book.settle("2026-11-24 14:30")
    assert shown(book, "状态") == ("待复核",)


# Approvals -------------------------------------------------------------------------------------------------------
def test_a_pause_that_ends_before_it_was_approved_pauses_nothing_and_says_so() -> None:
    book = case()
    ask(book, "挂账", "2026-11-24 09:50")
    book.settle("2026-11-24 10:05")
    assert shown(book, "状态") == ("待整改",)
    assert "早于批复时间" in book.cell("申请审批", 1, "校验")


def test_a_given_moment_moves_by_as_long_as_the_clock_stood() -> None:
    book = case(limit="2026-11-25 17:00")
    ask(book, "挂账", "2026-11-26 10:00")
    book.settle("2026-11-24 10:05")
    book.settle("2026-11-26 10:01")
    assert shown(book, "状态", "截止时间", "升级") == ("待整改", "2026-11-27 17:00", "")


def test_an_approver_who_leaves_undoes_nothing() -> None:
    book = case()
    ask(book, "挂账", "2026-11-27 10:00")
    book.settle("2026-11-24 10:05")
    at = next(n for n, (name,) in enumerate(book.rows("组织架构", "姓名"), 1) if name == "支部书记04")
    del book.sheets["组织架构"][at]
    book.settle("2026-11-25 09:00")
    assert shown(book, "状态", "升级") == ("挂账", "")


def test_an_approval_taken_back_is_taken_back() -> None:
    book = case()
    ask(book, "挂账", "2026-11-27 10:00")
    book.settle("2026-11-24 10:05")
    book.type("申请审批", 1, "批复", "不同意")
    book.settle("2026-11-24 10:30")
    assert shown(book, "状态") == ("待整改",)


def test_an_extension_that_is_extended_moves_again() -> None:
    book = case()
    ask(book, "延期", "2026-11-26 12:00")
    book.settle("2026-11-24 10:05")
    book.type("申请审批", 1, "期望时间", "2026-11-27 12:00")
    book.settle("2026-11-24 11:00")
    assert shown(book, "截止时间") == ("2026-11-27 12:00",)


# The row itself --------------------------------------------------------------------------------------------------
def test_a_source_corrected_before_acceptance_starts_the_clock() -> None:
    book = case(source="群众反映")
    book.type("问题台账", 1, "来源", "督查")
    book.settle("2026-11-24 10:00")
    assert shown(book, "状态", "截止时间") == ("待整改", "2026-11-24 16:30")


@pytest.mark.parametrize(
    ("other", "words"), [("街路长自查", "填报人督查01不能用"), ("群众反映", "没有采用：收到时是「督查」")]
)
def test_a_source_changed_afterwards_changes_neither_points_nor_clock_and_says_so(other: str, words: str) -> None:
    book = case()
    before = points(book)
    book.type("问题台账", 1, "来源", other)
    book.settle("2026-11-24 10:00")
    assert (points(book), shown(book, "截止时间", "状态")) == (before, ("2026-11-24 15:30", "待整改"))
    assert words in shown(book, "校验")[0]


def test_a_mistyped_street_takes_its_points_along() -> None:
    book = case()
    book.type("问题台账", 1, "街路", "联胜路")
    book.settle("2026-11-24 09:08")
    assert shown(book, "街路长") == ("街路长02",)
    assert ("联胜路", "-0.2") in book.rows("扣分明细", "对象", "分值")
    assert ("新正街", "街路", "100") in book.rows("月度考核", "对象", "类别", "得分")


def test_a_street_changed_after_an_answer_is_not_heeded_and_that_is_said() -> None:
    book = case()
    fix(book, "2026-11-24 10:00")
    book.settle("2026-11-24 10:01")
    book.type("问题台账", 1, "街路", "联胜路")
    book.settle("2026-11-24 10:05")
    assert shown(book, "街路长") == ("街路长01",)
    assert "改成「联胜路」没有采用" in shown(book, "校验")[0]


def test_a_category_corrected_in_time_finds_its_unit() -> None:
    book = case()
    book.type("问题台账", 1, "类别", "缺株死树")
    book.settle("2026-11-24 09:08")
    assert shown(book, "责任单位", "截止时间") == ("园林所", "2026-11-24 15:30")


def test_a_severity_edited_later_still_adds_up_to_the_total() -> None:
    book = case()
    book.type("问题台账", 1, "严重程度", "严重")
    book.settle("2026-11-24 16:00")
    street = [float(value) for line, value in points(book).items() if line.startswith(ONE)]
    assert round(sum(street), 2) == -1.5, "本件共扣1.5分"


def test_a_verdict_dated_before_the_feedback_does_not_erase_lateness() -> None:
    book = case()
    fix(book, "2026-11-25 09:00")
    book.settle("2026-11-25 09:01")
    book.verify(1, "通过")
    book.type("问题台账", 1, "复核时间", "2026-11-24 10:30")
    book.settle("2026-11-25 10:00")
    assert shown(book, "状态", "时限提示", "销号时间") == ("已销号", "超期整改", "2026-11-25 10:00")
    assert "早于填报或整改反馈" in shown(book, "校验")[0]
    assert book.rows("整改反馈", "结果") == [("通过，超期",)]


def test_a_closed_issue_can_still_be_made_void() -> None:
    book = case()
    book.verify(1, "通过")
    book.settle("2026-11-24 10:00")
    book.type("问题台账", 1, "核实结果", "作废")
    book.type("问题台账", 1, "核实人", "标准化办01")
    book.type("问题台账", 1, "复核意见", "重复填报")
    book.settle("2026-11-24 11:00")
    assert shown(book, "状态") == ("作废",)
    assert ("新正街", "街路", "100") in book.rows("月度考核", "对象", "类别", "得分")


# Notices ---------------------------------------------------------------------------------------------------------
def test_a_second_deadline_missed_is_told_again() -> None:
    book = case()
    book.settle("2026-11-24 16:00")
    fix(book, "2026-11-24 17:00")
    book.settle("2026-11-24 17:01")
    book.verify(1, "返工")
    book.settle("2026-11-25 08:00")
    assert f"{ONE}·超期2·街路长01" not in told(book), "the rework's deadline lies ahead"
    book.settle("2026-11-26 08:00")
    assert f"{ONE}·超期2·街路长01" in told(book)


def test_a_notice_that_waited_overnight_is_called_off_when_the_issue_is_void() -> None:
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-24 21:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲
        """)
    book.settle("2026-11-24 21:01")
    book.type("问题台账", 1, "核实结果", "作废")
    book.type("问题台账", 1, "核实人", "标准化办01")
    book.type("问题台账", 1, "复核意见", "重复填报")
    book.settle("2026-11-24 21:05")
    assert set(book.rows("通知记录", "状态", "原因")) == {("不再发送", "问题已作废")}


def test_mail_goes_to_the_address_that_holds_today() -> None:
    book = bureau()
    book.type("组织架构", 1, "停用日期", "2026-10-31")
    book.add("""
        组织架构
        姓名 | 角色 | 支部 | 邮箱 | 启用日期
        街路长01 | 街路长 | 第四支部 | new@xidu.example | 2026-11-01
        """)
    decision = book.tick("2026-11-24 09:00")
    assert decision.addresses["街路长01"] == "new@xidu.example"
    assert book.cell("组织架构", 1, "校验") == "", "one after the other is no fault"


# Roster and months -----------------------------------------------------------------------------------------------
def test_the_order_of_changes_does_not_matter() -> None:
    rows = [
        "2026-05-20 09:00 | 标准化办01 | 调整 | 新正街 | 街路长01 | 街路长02 | 2026-06-01 | 同意 | 同意",
        "2026-08-20 09:00 | 标准化办01 | 调整 | 新正街 | 街路长02 | 街路长03 | 2026-09-01 | 同意 | 同意",
    ]
    for order in (rows, rows[::-1]):
        head = "申请时间 | 申请人 | 类型 | 街路 | 原街路长 | 新街路长 | 生效日期 | 支部意见 | 指挥长意见"
        book = bureau().add("\n".join(["人员调整", head, *order]))
        book.settle("2026-11-24 09:00")
        assert ("新正街", "街路长03") in book.rows("街路名册", "街路", "现任街路长")
        assert {check for (check,) in book.rows("人员调整", "校验")} == {""}


def test_a_street_s_name_goes_before_another_s_alias() -> None:
    book = bureau()
    book.type("街路名册", 1, "别名", "联胜路")
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 甲
        """)
    book.settle("2026-11-24 09:05")
    assert shown(book, "街路长") == ("街路长02",)
    assert "「联胜路」是另一条街路的名称" in book.cell("街路名册", 1, "校验")


def every_line_is_in_a_score(book: Book) -> None:
    scores = {(month, target): round(float(score) * 100) for month, target, kind, score
              in book.rows("月度考核", "月份", "对象", "类别", "得分") if kind in ("街路", "单位")}  # fmt: skip
    sums: dict[tuple[str, str], int] = {}
    for month, target, value in book.rows("扣分明细", "月份", "对象", "分值"):
        sums[month, target] = sums.get((month, target), 0) + round(float(value) * 100)
    assert sums == scores


@pytest.mark.parametrize(("column", "value"), [("街路", "新正大街"), ("停用日期", "2026-11-24")])
def test_a_street_renamed_or_given_up_keeps_its_points(column: str, value: str) -> None:
    book = case()
    every_line_is_in_a_score(book)
    book.type("街路名册", 1, column, value)
    book.settle("2026-11-25 09:00")
    every_line_is_in_a_score(book)
    assert ("新正街", "-0.4") in book.rows("扣分明细", "对象", "分值")


def test_a_month_that_is_over_keeps_its_chiefs() -> None:
    book = case()
    book.settle("2026-12-01 09:00")
    book.type("街路名册", 1, "街路长", "街路长03")
    book.settle("2026-12-02 09:00")
    book.settle("2026-12-04 09:00")  # the name counts from the 3rd
    rows = book.rows("月度考核", "月份", "对象", "街路长")
    assert ("2026-11", "新正街", "街路长01") in rows and ("2026-12", "新正街", "街路长03") in rows
    every_line_is_in_a_score(book)


# The ledger lost -------------------------------------------------------------------------------------------------
def test_without_the_ledger_closings_and_points_stay() -> None:
    book = case()
    book.row("整改反馈", {"填报人": "街路长01", "编号": ONE, "处理情况": "已整改", "整改后照片": "后.jpg"})
    book.settle("2026-11-24 10:00")
    book.verify(1, "通过")
    book.settle("2026-11-24 11:00")
    before = book.rows("问题台账", "编号", "状态", "截止时间", "时限提示", "销号时间"), points(book)
    book.memory = Book().memory
    book.settle("2026-11-30 09:00")
    assert (book.rows("问题台账", "编号", "状态", "截止时间", "时限提示", "销号时间"), points(book)) == before


def test_without_the_ledger_nothing_is_sent_while_the_record_can_not_be_read() -> None:
    book = case()
    for number in range(1, len(book.sheets["通知记录"])):
        book.type("通知记录", number, "状态", "已发送")
    book.memory = Book().memory
    book.sheets["通知记录"][0][0] = "号"
    assert book.tick("2026-11-24 09:10").notices == {}
    book.sheets["通知记录"][0][0] = "通知号"
    book.settle("2026-11-24 09:11")
    assert {state for (state,) in book.rows("通知记录", "状态")} == {"已发送"}


# Odd numbers -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "number", ["20261124-" + "9" * 5000, "20261124-99999999", "20261124-999999", "２０２６１１２４-001"]
)
def test_an_invented_number_stops_nothing_and_is_not_kept(number: str) -> None:
    book = case()
    book.row(
        "问题台账",
        {"编号": number, "填报人": "督查01", "来源": "督查", "街路": "新正街", "类别": "其他", "问题描述": "乙"},
    )
    book.settle("2026-11-24 09:10")
    assert [rid for (rid,) in book.rows("问题台账", "编号")] == [ONE, "20261124-002"]


def test_the_earlier_of_two_reports_is_the_first_whatever_their_order() -> None:
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
        2026-11-24 10:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 后
        2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 先
        """)
    book.settle("2026-11-24 10:05")
    assert dict(book.rows("问题台账", "问题描述", "重复")) == {"后": "重复报，见 20261124-002", "先": ""}


# What was stamped stands ----------------------------------------------------------------------------------------
def test_a_category_that_is_changed_after_the_feedback_is_refused_and_opens_no_way_round_the_case_number() -> None:
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 占道经营 | 一般 | 甲
        """)
    book.settle("2026-11-24 09:05")
    fix(book, "2026-11-24 09:30")
    book.settle("2026-11-24 09:31")
    book.type("问题台账", 1, "类别", "暴露垃圾")
    book.verify(1, "通过")
    book.settle("2026-11-24 10:00")
    state, check, basis = shown(book, "状态", "校验", "依据")
    assert state == "待复核" and "类别」改成「暴露垃圾」没有采用" in check and "执法类问题销号前要填案号" in check
    assert basis.startswith("占道经营·一般")


def test_a_category_that_is_changed_late_moves_no_points_to_another_task_and_no_limit_to_another_unit() -> None:
    book = case()
    fix(book, "2026-11-24 09:30")
    book.settle("2026-11-24 09:31")
    book.type("问题台账", 1, "类别", "占道经营")
    ask(book, "移交", "")
    book.type("申请审批", 1, "移交单位", "市政处")
    book.settle("2026-11-24 10:01")
    book.settle("2026-11-26 10:00")
    tasks = {line.task for group in book.memory.lines.values() for line in group.values() if line.issue == ONE}
    assert tasks == {book.rules.categories["暴露垃圾"].task}
    limit = book.rules.categories["暴露垃圾"].limit("一般")
    assert book.memory.stamps[ONE].moves[0].deadline == book.rules.calendar.add(hour("2026-11-24 10:00"), limit).at


def test_feedback_that_is_deleted_at_the_look_of_its_verdict_counts_at_that_look() -> None:
    book = case()
    fix(book, "2026-11-24 10:00")
    book.settle("2026-11-24 10:01")
    book.sheets["整改反馈"].pop()
    book.tick("2026-11-24 10:10")
    book.verify(1, "通过")
    lines = [line.rule for group in book.tick("2026-11-24 10:20").lines.values() for line in group.values()]
    assert "没有同角度照片" not in lines
    assert book.memory.stamps[ONE].verdicts and "没有同角度照片" not in " ".join(points(book))


def test_an_inspection_that_is_typed_long_after_its_day_counts_for_the_day_on_which_it_came() -> None:
    book = bureau()
    book.settle("2026-11-30 09:00")
    book.row("履职记录", {"填报时间": "2026-11-02 09:00", "填报人": "督查01", "类型": "督查", "街路": "新正街",
                           "照片": "a.jpg"})  # fmt: skip
    book.settle("2026-12-01 09:00")
    months = book.rows("月度考核", "月份", "对象", "督查次数")
    assert ("2026-12", "新正街", "1") in months and ("2026-11", "新正街", "1") not in months


def test_changing_the_source_of_an_issue_takes_no_inspection_away_and_makes_none() -> None:
    book = case()
    book.type("问题台账", 1, "来源", "上级交办")
    book.settle("2026-11-24 09:10")
    assert ("新正街", "1") in book.rows("月度考核", "对象", "督查次数")
    other = case(source="上级交办")
    other.type("问题台账", 1, "来源", "督查")
    other.settle("2026-11-24 09:10")
    assert ("新正街", "0") in other.rows("月度考核", "对象", "督查次数")
