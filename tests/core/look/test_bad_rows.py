"""Thirty bad rows, each with the sentence that its 校验 must show: which cell, what stands there, what to do."""

from __future__ import annotations

import pytest

from sync.core.look.decide import recall
from sync.core.sheet import checks
from tests.book import Book, bureau, hour, templates

GOOD: dict[str, dict[str, str]] = {
    "问题台账": {
        "填报时间": "2026-11-24 09:00", "填报人": "督查01", "来源": "督查", "街路": "新正街",
        "类别": "暴露垃圾", "严重程度": "一般", "问题描述": "垃圾成堆",
    },
    "整改反馈": {"填报时间": "2026-11-24 09:00", "填报人": "街路长01", "编号": "20261124-001", "处理情况": "已整改"},
    "履职记录": {"填报时间": "2026-11-24 09:00", "填报人": "街路长01", "类型": "巡查", "街路": "新正街"},
    "申请审批": {
        "申请时间": "2026-11-24 09:00", "申请人": "街路长01", "类型": "延期", "编号": "20261124-001",
        "期望时间": "2026-11-26 12:00", "理由": "等车",
    },
    "人员调整": {
        "申请时间": "2026-11-24 09:00", "申请人": "标准化办01", "类型": "调整", "街路": "新正街",
        "新街路长": "街路长02", "生效日期": "2026-11-30",
    },
    "街路名册": {
        "街路编号": "J50", "街路": "清江路", "类型": "主次干道", "区域": "城西", "支部": "第一支部",
        "街路长": "街路长03", "起点": "112.3700,26.9700", "终点": "112.3800，26.9700",
    },
    "组织架构": {"姓名": "街路长09", "角色": "街路长", "支部": "第一支部"},
}  # fmt: skip

BAD = [
    ("问题台账", {"街路": "新正接"}, "H列「街路」填的是「新正接」，街路名册里没有这条街路。是不是「新正街」？"),
    ("问题台账", {"街路": "没有的地方"}, "H列「街路」填的是「没有的地方」，街路名册里没有这条街路。请从下拉列表里选。"),
    ("问题台账", {"街路": ""}, "H列「街路」没有填，请补上。"),
    ("街路名册", {"区域": "北区"}, "列「区域」填的是「北区」，规则里没有这个区域。请从下拉列表里选。"),
    ("街路名册", {"支部": "一支部"}, "列「支部」填的是「一支部」，规则里没有这个支部。是不是「第一支部」？"),
    ("组织架构", {"支部": "一支部"}, "列「支部」填的是「一支部」，规则里没有这个支部。是不是「第一支部」？"),
    ("履职记录", {"区域": "北区"}, "列「区域」填的是「北区」，规则里没有这个区域。"),
    ("问题台账", {"类别": "暴漏垃圾"}, "J列「类别」填的是「暴漏垃圾」，规则里没有这个类别。是不是「暴露垃圾」？"),
    ("问题台账", {"类别": ""}, "J列「类别」没有填，请补上。"),
    ("问题台账", {"来源": "电话"}, "G列「来源」填的是「电话」，只能选 督查、街路长自查、群众反映、上级交办。"),
    ("问题台账", {"来源": "自查"}, "只能选 督查、街路长自查、群众反映、上级交办。是不是「街路长自查」？"),
    ("问题台账", {"严重程度": "特急"}, "K列「严重程度」填的是「特急」，只能选 轻微、一般、严重。"),
    ("问题台账", {"填报人": ""}, "F列「填报人」没有填，请补上。"),
    ("问题台账", {"问题描述": "   "}, "L列「问题描述」没有填，请补上。"),
    (
        "问题台账",
        {"填报时间": "昨天下午"},
        "E列「填报时间」填的是「昨天下午」，看不出是什么时间，请写成 2026-11-24 09:30。",
    ),
    ("问题台账", {"填报时间": "2062-11-24 09:00"}, "E列「填报时间」填的是 2062-11-24 09:00，还没有到这个时间"),
    ("问题台账", {"填报时间": "11月24日"}, "E列「填报时间」填的是「11月24日」，看不出是什么时间"),
    ("问题台账", {"经度": "东经112度"}, "N列「经度」填的是「东经112度」，应当是数字。"),
    ("问题台账", {"纬度": "112.36"}, "O列「纬度」填的是「112.36」，应当在 3 到 54 之间。"),
    (
        "问题台账",
        {"指定时限": "尽快"},
        "P列「指定时限」填的是「尽快」，看不出是多久，请写成 4工作时、2小时、1工作日、3天",
    ),
    ("问题台账", {"指定时限": "2026-11-24 08:00"}, "P列「指定时限」填的是 2026-11-24 08:00，早于填报时间"),
    ("问题台账", {"复核结果": "合格"}, "Z列「复核结果」填的是「合格」，只能选 通过、返工、未整改。"),
    ("问题台账", {"核实结果": "不属实"}, "Y列「核实结果」填的是「不属实」，只能选 受理、作废、另立。"),
    ("问题台账", {"复核时间": "2027-01-01 09:00"}, "AB列「复核时间」填的是 2027-01-01 09:00，还没有到这个时间"),
    ("整改反馈", {"编号": "20261124-999"}, "C列「编号」填的是「20261124-999」，问题台账里没有这个编号，请核对。"),
    ("整改反馈", {"编号": ""}, "C列「编号」没有填，请补上。"),
    ("整改反馈", {"处理情况": "弄好了"}, "D列「处理情况」填的是「弄好了」，只能选 已整改、上报、非本单位。"),
    ("整改反馈", {"处理情况": "上报"}, "E列「整改说明」没有填，上报要填。"),
    ("履职记录", {"类型": "支部例会", "街路": ""}, "E列「支部」没有填，支部例会要填。"),
    ("申请审批", {"期望时间": ""}, "H列「期望时间」没有填，延期要填。"),
    ("申请审批", {"类型": "移交"}, "G列「移交单位」没有填，移交要填。"),
    ("申请审批", {"批复": "同意"}, "L列「批复人」没有填，批复要写明是谁批的。"),
    ("申请审批", {"批复": "同意", "批复人": "支部书记05"}, "组织架构里没有这个人。是不是「支部书记0"),
    ("申请审批", {"批复": "同意", "批复人": "街路长01"}, "延期应当由第四支部的支部书记、城中的指挥长、标准化办、"),
    ("人员调整", {"类型": "请假顶岗"}, "H列「结束日期」没有填，请假顶岗要填。"),
    ("人员调整", {"新街路长": "张三"}, "F列「新街路长」填的是「张三」，组织架构里没有这个人。"),
    ("人员调整", {"结束日期": "2026-11-01"}, "H列「结束日期」早于生效日期，请改正其中一个。"),
    ("人员调整", {"原街路长": "街路长03"}, "E列「原街路长」填的是「街路长03」，名册里是「街路长01」，请核对。"),
    ("街路名册", {"街路编号": "J01"}, "A列「街路编号」「J01」出现了 2 次，请只留一行，旧的填停用日期。"),
    ("街路名册", {"街路长": "街路长99"}, "G列「街路长」填的是「街路长99」，组织架构里没有这位街路长。"),
    ("街路名册", {"责任单位": "环卫局"}, "H列「责任单位」填的是「环卫局」，规则里没有这个单位。是不是「环卫所」？"),
    ("街路名册", {"起点": "26.97,112.37"}, "L列「起点」填的是「26.97,112.37」，经纬度写反了，先写经度，请改成"),
    ("街路名册", {"终点": "112.37,126.97"}, "M列「终点」填的是「112.37,126.97」，不在中国：经度应当在 73 到 136 之间"),
    ("街路名册", {"起点": "112.37"}, "L列「起点」填的是「112.37」，应当是先经度、后纬度两个数，中间用逗号，例如 112."),
    ("街路名册", {"起点": "新正街口"}, "L列「起点」填的是「新正街口」，应当是先经度、后纬度两个数"),
    ("街路名册", {"起点": ""}, "L列「起点」没有填，填了终点的要填起点。"),
    ("组织架构", {"邮箱": "街路长09"}, "I列「邮箱」填的是「街路长09」，不是有效的邮箱，请写成 name@example.cn。"),
    ("组织架构", {"角色": "支部书记", "支部": ""}, "D列「支部」没有填，支部书记要填。"),
]


def one_row(title: str, cells: dict[str, str]) -> tuple[Book, int]:
    book = bureau()
    book.row("问题台账", GOOD["问题台账"])
    book.row(title, cells)
    book.settle("2026-11-24 09:05")
    return book, len(book.sheets[title]) - 1


@pytest.mark.parametrize(("title", "wrong", "words"), BAD, ids=range(len(BAD)))
def test_a_bad_row_says_what_where_and_what_to_do(title: str, wrong: dict[str, str], words: str) -> None:
    book, number = one_row(title, {**GOOD[title], **wrong})
    assert words in book.cell(title, number, "校验")
    assert book.cell("问题台账", 1, "校验") == "", "the good row beside it goes on"
    assert book.cell("问题台账", 1, "截止时间") == "2026-11-24 15:30"


@pytest.mark.parametrize("title", GOOD)
def test_the_good_row_of_each_tab_says_nothing(title: str) -> None:
    book, number = one_row(title, GOOD[title])
    assert book.cell(title, number, "校验") == ""


def test_a_street_far_from_the_others_is_told_once_there_are_some() -> None:
    """Three streets in a county, and 116.37 typed for 112.37; with two alone nobody could say which is wrong."""
    for count, words in ((2, ""), (3, "L列「起点」离其他街路有 403 千米，请核对经纬度。")):
        book = bureau()
        for number in range(count - 1):
            book.type("街路名册", number + 1, "起点", f"112.3{number}, 26.97")
        book.row("街路名册", {**GOOD["街路名册"], "起点": "116.37,26.97", "终点": ""})
        book.settle("2026-11-24 09:05")
        checks = [check for _, check in book.rows("街路名册", "街路", "校验")]
        assert checks == [""] * (len(checks) - 1) + [words]


def test_one_person_in_two_branches_is_said_in_both_rows() -> None:
    """街路长04 stands in two branches by mistake."""
    book = bureau().add("""
        组织架构
        姓名 | 角色 | 支部
        街路长04 | 街路长 | 第一支部
        街路长04 | 街路长 | 第二支部
        """)
    book.settle("2026-11-24 09:00")
    said = [check for name, check in book.rows("组织架构", "姓名", "校验") if name == "街路长04"]
    assert said == ["A列「姓名」「街路长04」同时在第一支部、第二支部任街路长，请只留一个，另一行填停用日期。"] * 2


def test_several_faults_stand_in_one_cell() -> None:
    book, number = one_row("问题台账", {**GOOD["问题台账"], "街路": "", "类别": "怪事", "严重程度": "大"})
    said = book.cell("问题台账", number, "校验")
    assert all(column in said for column in ("H列「街路」", "J列「类别」", "K列「严重程度」"))


@pytest.mark.parametrize("text", ["=1+1", "+86", "-5 度", "@某人", "'007"])
def test_text_from_a_form_stays_text(text: str) -> None:
    book, number = one_row("问题台账", {**GOOD["问题台账"], "问题描述": text})
    assert book.sheets["问题台账"][number][11] == text
    assert text in dict(book.rows("通知记录", "编号", "内容"))["20261124-002"]


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        ("20261124-002", ""),
        ("20261123-002", "20261124-002"),
        ("20261124-003", "20261124-002"),
        ("20251011-009", "请核对"),
    ],
    ids=["there", "another day", "another number of the day", "unlike any"],
)
def test_a_duty_that_names_an_issue_names_one_that_is_there(number: str, hint: str) -> None:
    known = checks.IssueNumbers(frozenset({"20261124-002", "20260305-117"}))
    problems = checks.reference({"issue": number}, "issue", known)
    assert [hint in problem.text for problem in problems] == ([True] if hint else [])
    book = bureau().add(
        f"履职记录\n填报时间 | 填报人 | 类型 | 街路 | 编号\n2026-11-24 09:00 | 督查01 | 督查 | 新正街 | {number}"
    )
    book.settle("2026-11-24 09:05")
    assert "没有这个编号" in book.cell("履职记录", 1, "校验")


def test_a_fault_of_the_roster_stays_with_its_row_where_no_workbook_is_read() -> None:
    book = bureau()
    book.type("街路名册", 1, "街路长", "没有这个人")
    book.type("组织架构", 1, "姓名", "群众")
    book.settle("2026-11-24 09:00")
    look = recall(templates(), book.memory, book.rules, hour("2026-11-24 09:10"))
    wrong = {
        key: [number for number, row in enumerate(look.rows[key], 1) if look.checked(key)[row.rid].problems]
        for key in ("streets", "posts")
    }
    assert wrong == {"streets": [1], "posts": [1]}
