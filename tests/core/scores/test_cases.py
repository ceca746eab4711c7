"""What a case costs, counts for and leads to: rules that the stories pass by, each by an example of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sync.core.issues.issues import Issue, Stamps
from sync.core.issues.life import FIXED, OPEN, Life
from sync.core.letters import letters
from sync.core.letters.letters import LETTER, RECORD, Letter
from sync.core.look.decide import recall
from sync.core.look.scores.unit_scores import Units
from sync.core.look.stamping import Stamped
from sync.core.people.permissions import counted_source
from sync.core.people.roster import Post, Roster, Span
from sync.core.rules.rules import load
from sync.core.scores.seal import appeals_end
from sync.core.scores.standings import NOT_RANKED, TOO_FEW_CASES
from sync.core.scores.units import LETTERS, ON_TIME, UnitCase, UnitMonth, cases
from tests.book import Book, bureau, default_rules, hour, templates

RULES = default_rules()
NOW = hour("2026-11-24 16:00")
HEAD = "问题台账\n填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述"


def reported(*rows: str, at: str, book: Book | None = None) -> Book:
    book = book or bureau()
    book.add("\n".join([HEAD, *rows]))
    book.settle(at)
    return book


def fed_back(book: Book, at: str, number: str, photo: str = "后.jpg") -> None:
    book.add(
        f"整改反馈\n填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片\n{at} | 街路长02 | {number} | 已整改 | {photo}"
    )
    book.settle(at)


def judged(book: Book, at: str, result: str) -> None:
    book.verify(1, result)
    book.type("问题台账", 1, "复核时间", at)
    book.settle(at)


# Points
def test_the_third_return_costs_more() -> None:
    book = reported("2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 1号 | 路面破损 | 一般 | 破了", at="2026-11-24 09:01")
    for n in range(1, 5):
        fed_back(book, f"2026-11-24 1{n}:00", "20261124-001", f"{n}.jpg")
        judged(book, f"2026-11-24 1{n}:30", "返工")
    returns = [row for row in book.rows("扣分明细", "规则", "分值", "明细号") if row[0] == "返工"]
    assert [row[:2] for row in returns] == [("返工", "-0.2"), ("返工", "-0.2"), ("返工", "-0.5"), ("返工", "-0.5")]


@pytest.mark.parametrize(
    ("source", "photo", "line"),
    [("街路长自查", "后.jpg", ("自查自纠", "0.1")), ("督查", "", ("没有同角度照片", "-0.2"))],
)
def test_what_the_closing_costs_or_wins_counts_in_the_month_of_the_closing(
    source: str, photo: str, line: tuple[str, str]
) -> None:
    """Found on the last day of October with five workdays, closed on 2 November. The bonus fills a deduction of that
    month."""
    reporter = "街路长02" if source == "街路长自查" else "督查01"
    book = reported(
        f"2026-10-31 09:00 | {reporter} | {source} | 联胜路 | 1号 | 路面破损 | 一般 | 破了", at="2026-10-31 09:01"
    )
    book.type("问题台账", 1, "照片", "前.jpg")
    reported("2026-11-02 09:00 | 督查01 | 督查 | 联胜路 | 2号 | 路面脏污 | 一般 | 脏", at="2026-11-02 09:01", book=book)
    fed_back(book, "2026-11-02 10:00", "20261031-001", photo)
    book.type("问题台账", 1, "复核意见", "现场看过")
    judged(book, "2026-11-02 11:00", "通过")
    assert ("2026-11", *line) in book.rows("扣分明细", "月份", "规则", "分值")


# Units
def life(state: str = FIXED, late: bool = False) -> Life:
    deadline = hour("2026-11-20 15:30")
    missed = (("环卫所", deadline),) if late else ()
    return Life(state, "环卫所", deadline, fixed_at=deadline, late_units=missed)


@pytest.mark.parametrize(
    ("late", "own", "counts"), [(False, (), 1), (False, ("环卫所",), 0), (True, ("环卫所",), 1), (True, (), 1)]
)
def test_what_a_unit_s_own_people_report_is_left_out_only_in_time(
    late: bool, own: tuple[str, ...], counts: int
) -> None:
    issue = Issue("20261120-001", {"severity": "一般"}, Stamps(hour("2026-11-20 09:00")))
    assert len(list(cases(issue, life(late=late), own, RULES, NOW))) == counts


@pytest.mark.parametrize("late", [False, True])
def test_what_another_issue_took_over_counts_where_it_was_late_and_is_closed_with_that(late: bool) -> None:
    taken_over = Stamps(hour("2026-11-20 09:00"), joined="20261120-002", joined_at=hour("2026-11-20 14:00"))
    issue = Issue("20261120-001", {"severity": "一般"}, taken_over)
    counted = list(cases(issue, replace(life(OPEN, late), fixed_at=None), (), RULES, NOW))
    assert [(case.late, case.present) for case in counted] == [(True, False)] * late


def letter(**fields: object) -> Letter:
    made = Letter("a", LETTER, hour("2026-11-10 09:00"), letters.head(RULES), (), unit="环卫所", number="1号")
    return replace(made, **{"due": hour("2026-11-13 17:30"), **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signed", "late"),
    [
        (letter(), 1),
        (letter(void="发错了"), 0),
        (letter(kind=RECORD), 0),
        (letter(due=NOW), 0),
        (letter(due=hour("2026-11-24 15:59")), 1),
        (letter(answered_at=hour("2026-11-13 17:30")), 0),
        (letter(answered_at=hour("2026-11-13 17:31")), 1),
        (letter(done_at=hour("2026-11-12 09:00"), answered_at=hour("2026-11-16 09:00")), 0),
        (letter(unit="园林所"), 0),
    ],
    ids=["open", "void", "record", "due now", "due", "answered", "answered late", "mended", "another unit's"],
)
def test_a_letter_that_was_not_answered_in_time_costs_its_unit_a_point(signed: Letter, late: int) -> None:
    units = Units({}, [signed], (), Roster((), ()), RULES, NOW)
    month = units.months({"2026-11"}, ())["2026-11", "环卫所"]
    assert {name: rate.points() for name, rate in month.reckonings.items()} == ({LETTERS: -100} if late else {})


@pytest.mark.parametrize(
    ("unit", "count", "unranked"),
    [("市容股", 10, NOT_RANKED), ("市容股", 9, NOT_RANKED), ("环卫所", 10, ""), ("环卫所", 9, TOO_FEW_CASES)],
)
def test_the_standards_office_is_shown_and_not_ranked(unit: str, count: int, unranked: str) -> None:
    assert RULES.score.unit
    due = [UnitCase(f"{n}", unit, "2026-11", late=n == 0, serious=False, weight=1) for n in range(count)]
    month = UnitMonth("2026-11", unit, RULES.score.unit, due, (), ())
    office = Roster((), (Post("标准化办01", "标准化办", "", "", "市容股", "", Span()),))
    figures = dict(Units({}, (), (), office, RULES, NOW).figures(["2026-11"], {("2026-11", unit): month}))
    assert figures["2026-11", unit].unranked == unranked
    assert (figures["2026-11", unit].due, figures["2026-11", unit].late) == (count, 1)
    assert ON_TIME in month.reckonings


# Sources, levels, feedback
@pytest.mark.parametrize(
    ("reporter", "counts"), [("办公室01", "上级交办"), ("街路长01", "督查"), ("没有这个人", "督查")]
)
def test_an_order_from_above_is_one_from_who_may_give_it(reporter: str, counts: str) -> None:
    posts = [
        Post(name, role, "", "", "", "", Span())
        for name, role in (("办公室01", "领导小组办公室"), ("街路长01", "街路长"))
    ]
    roster = Roster((), tuple(posts))
    may = RULES.sources.assigned
    assert counted_source(roster, "上级交办", reporter, "新正街", date(2026, 11, 24), may) == counts


@pytest.mark.parametrize("asked", ['category = "暴露垃圾"', 'task = "垃圾清运"', 'kind = "服务类"', 'unit = "环卫所"'])
def test_a_step_may_ask_for_what_the_category_says(asked: str) -> None:
    """Of two that are late, the one that the condition names climbs."""
    text = RULES.text.replace("when.overdue = true", f"when.overdue = true\nwhen.{asked}", 1)
    book = reported(
        "2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 1号 | 暴露垃圾 | 一般 | 垃圾",
        "2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 2号 | 占道经营 | 一般 | 摊",
        at="2026-11-24 09:01",
        book=bureau(rules=load(text)),
    )
    book.settle("2026-11-24 17:00")
    assert book.rows("问题台账", "升级") == [("1 支部书记",), ("",)]


def test_a_better_photo_waits_for_the_verdict_like_the_first() -> None:
    book = reported("2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 1号 | 暴露垃圾 | 一般 | 垃圾", at="2026-11-24 09:01")
    fed_back(book, "2026-11-24 10:00", "20261124-001", "1.jpg")
    fed_back(book, "2026-11-24 10:30", "20261124-001", "2.jpg")
    assert book.rows("整改反馈", "结果") == [("待复核",), ("待复核",)]


# Notices
def due_at(book: Book, kind: str, to: str) -> list[str]:
    notices = (sent.notice for sent in book.memory.notices.values())
    return [f"{notice.due:%H:%M}" for notice in notices if (notice.kind, notice.to) == (kind, to)]


def test_what_is_due_within_two_hours_of_work_goes_to_the_chief_at_once_and_to_nobody_else() -> None:
    """占道经营 has two hours of work, 暴露垃圾 four; what is late goes with the others."""
    book = reported("2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 占道经营 | 一般 | 摊", at="2026-11-24 09:01")
    assert due_at(book, "交办", "街路长01") == ["09:01"]
    assert due_at(book, "交办", "支部书记01") == ["11:30"], "the head of the unit"
    reported(
        "2026-11-24 09:02 | 督查01 | 督查 | 新正街 | 2号 | 暴露垃圾 | 一般 | 垃圾", at="2026-11-24 09:03", book=book
    )
    assert sorted(due_at(book, "交办", "街路长01")) == ["09:01", "11:30"]
    book.settle("2026-11-24 11:01")
    assert due_at(book, "超期", "街路长01") == ["11:30"]


def test_who_lets_a_report_of_the_public_wait_is_reminded_when_it_waited_too_long_and_not_before() -> None:
    book = reported("2026-11-24 09:00 | 居民 | 群众反映 | 新正街 | 1号 | 暴露垃圾 | 一般 | 垃圾", at="2026-11-24 09:01")
    assert len(due_at(book, "待核实", "标准化办01")) == 1
    book.settle("2026-11-24 10:59")
    assert len(due_at(book, "待核实", "标准化办01")) == 1
    book.settle("2026-11-24 11:01")
    assert len(due_at(book, "待核实", "标准化办01")) == 2


# Hours
@pytest.mark.parametrize(("limit", "end"), [("3wd", "2026-12-03 17:30"), ("3d", "2026-12-04 00:00")])
def test_the_window_of_appeals_begins_when_the_month_is_over(limit: str, end: str) -> None:
    """November ends on a Monday: workdays count from its last day on, days from the midnight after it."""
    text = RULES.text.replace('appeal = "3wd"', f'appeal = "{limit}"', 1)
    assert appeals_end("2026-11", load(text)) == hour(end)


def test_a_duplicate_is_told_of_by_its_issue_alone_and_whoever_took_it_on_is_not_reminded() -> None:
    """One found by an inspection, one reported by the public and taken on in time: no notice without a deadline."""
    book = reported(
        "2026-11-18 09:00 | 督查01 | 督查 | 联胜路 | 1号 | 占道经营 | 一般 | 摊",
        "2026-11-18 09:05 | 督查02 | 督查 | 联胜路 | 1号 | 占道经营 | 一般 | 摊",
        "2026-11-18 09:06 | 居民 | 群众反映 | 联胜路 | 1号 | 占道经营 | 一般 | 摊",
        at="2026-11-18 09:10",
    )
    book.type("问题台账", 3, "核实结果", "受理")
    book.type("问题台账", 3, "核实人", "督查01")
    for at in ("2026-11-18 09:30", "2026-11-18 14:30", "2026-11-23 08:40"):
        book.settle(at)
    notices = [sent.notice for sent in book.memory.notices.values()]
    assert {notice.kind for notice in notices if notice.issue == "20261118-002"} == set()
    assert {(notice.kind, notice.occurrence) for notice in notices if notice.issue == "20261118-003"} == {
        ("待核实", "")
    }
    weekly = [notice.text for notice in notices if notice.kind == "每周例会"]
    assert weekly and not any("没有按时核实" in text for text in weekly)


def test_what_was_taken_over_is_told_of_by_what_took_it_over() -> None:
    book = reported("2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 1号 | 占道经营 | 一般 | 摊", at="2026-11-24 09:01")
    graver = "2026-11-24 09:10 | 督查01 | 督查 | 联胜路 | 1号 | 占道经营 | 严重 | 摊"
    reported(graver, at="2026-11-24 09:11", book=book)
    book.settle("2026-11-24 17:00")
    late = {sent.notice.issue for sent in book.memory.notices.values() if sent.notice.kind in ("超期", "升级")}
    assert late == {"20261124-002"}


# Letters, appeals, people
@pytest.mark.parametrize(("source", "listed"), [("督查", True), ("群众反映", False)])
def test_the_record_of_the_day_lists_what_is_serious_once_somebody_took_it_on(source: str, listed: bool) -> None:
    row = f"2026-11-24 09:00 | 督查01 | {source} | 联胜路 | 1号 | 暴露垃圾 | 严重 | 垃圾"
    book = reported(row, at="2026-11-24 09:01")
    book.settle("2026-11-24 17:05")
    records = [letter for letter in book.memory.letters.values() if letter.kind == RECORD]
    assert [fact.number for record in records for fact in record.facts] == ["20261124-001"] * listed


def test_nobody_gets_back_what_he_won() -> None:
    """An appeal against a bonus, agreed to by mistake, takes nothing away and gives nothing."""
    book = reported("2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 2号 | 路面破损 | 一般 | 破", at="2026-11-24 09:01")
    row = "2026-11-24 09:10 | 街路长02 | 街路长自查 | 联胜路 | 1号 | 暴露垃圾 | 一般 | 垃圾"
    reported(row, at="2026-11-24 09:11", book=book)
    book.type("问题台账", 2, "照片", "前.jpg")
    fed_back(book, "2026-11-24 10:00", "20261124-002")
    book.verify(2, "通过")
    book.settle("2026-11-24 11:00")
    assert ("20261124-002·自查自纠", "0.1") in book.rows("扣分明细", "明细号", "分值")
    before = book.rows("扣分明细", "明细号", "分值")
    book.add(
        "申请审批\n申请时间 | 申请人 | 类型 | 明细号 | 理由 | 批复 | 批复人\n"
        "2026-11-24 11:10 | 街路长02 | 申诉 | 20261124-002·自查自纠 | 不对 | 同意 | 办公室01"
    )
    book.settle("2026-11-24 11:20")
    assert book.rows("扣分明细", "明细号", "分值") == before


@pytest.mark.parametrize(
    ("asked", "since"), [("2026-11-10", "2026-11-20"), ("2026-11-16", "2026-11-02")], ids=["asked before", "back-dated"]
)
def test_a_change_holds_over_a_typed_name_that_is_older_in_one_of_both(asked: str, since: str) -> None:
    """街路长02 is typed over 街路长01 on the 12th; the change was asked for later, or begins later."""
    book = bureau()
    book.settle("2026-11-02 09:00")

    def change() -> None:
        book.add(
            "人员调整\n申请时间 | 申请人 | 类型 | 街路 | 新街路长 | 生效日期 | 理由 | 支部意见 | 指挥长意见\n"
            f"{asked} 09:00 | 标准化办01 | 调整 | 新正街 | 街路长03 | {since} | 调动 | 同意 | 同意"
        )
        book.settle(f"{asked} 10:00")

    if asked < "2026-11-12":
        change()
    book.type("街路名册", 1, "街路长", "街路长02")
    for day in (12, 13):
        book.settle(f"2026-11-{day} 09:00")
    assert book.rows("街路名册", "现任街路长")[0] == ("街路长02",)
    if asked > "2026-11-12":
        change()
    book.settle("2026-11-23 09:00")
    assert book.rows("街路名册", "现任街路长")[0] == ("街路长03",)


def test_a_street_out_of_use_has_no_chief_now_and_a_leave_that_is_over_says_so() -> None:
    book = bureau()
    book.add(
        "人员调整\n申请时间 | 申请人 | 类型 | 街路 | 新街路长 | 生效日期 | 结束日期 | 理由 | 支部意见 | 指挥长意见\n"
        "2026-11-02 08:00 | 标准化办01 | 请假顶岗 | 新正街 | 街路长03 | 2026-11-03 | 2026-11-05 | 休假 | 同意 | 同意"
    )
    book.type("街路名册", 2, "停用日期", "2026-11-04")
    for at, chiefs, state in (
        ("2026-11-03 09:00", ("街路长03", "街路长02"), "已生效"),
        ("2026-11-05 09:00", ("街路长03", ""), "已生效"),
        ("2026-11-06 09:00", ("街路长01", ""), "已结束"),
    ):
        book.settle(at)
        assert tuple(row[0] for row in book.rows("街路名册", "现任街路长")[:2]) == chiefs
        assert book.rows("人员调整", "状态") == [(state,)]


def test_a_new_base_holds_for_the_month_that_runs_and_not_for_one_that_is_over() -> None:
    book = bureau()
    book.settle("2026-10-30 09:00")
    book.settle("2026-11-02 09:00")
    book.rules = load(RULES.text.replace("base = 100  ", "base = 90  ", 1).replace("weight = 20", "weight = 10", 1))
    book.settle("2026-11-03 09:00")
    bases = [row[2] for row in book.rows("扣分明细", "月份", "对象", "分值", "规则") if row[1] == "新正街"]
    assert bases == ["100", "90"]


def test_a_duplicate_that_is_void_says_so_and_is_no_day_on_which_the_problem_was_seen() -> None:
    book = reported(
        "2026-11-18 09:00 | 督查01 | 督查 | 联胜路 | 1号 | 占道经营 | 一般 | 摊",
        "2026-11-18 09:05 | 督查02 | 督查 | 联胜路 | 1号 | 占道经营 | 一般 | 摊",
        at="2026-11-18 09:10",
    )
    for header, text in (("核实结果", "作废"), ("核实人", "督查02"), ("复核意见", "填错了")):
        book.type("问题台账", 2, header, text)
    book.settle("2026-11-18 09:30")
    assert book.rows("问题台账", "状态", "重复") == [("待整改", ""), ("作废", "")]
    look = recall(templates(), book.memory, book.rules, hour("2026-11-18 09:40"))
    assert look.followed["20261118-001"].issue.seen_days == 0


@pytest.mark.parametrize(
    ("at", "counts_for"),
    [("13:59", "20261120-001"), ("14:00", "20261120-002"), ("14:01", "20261120-002")],
    ids=["before", "at the hour", "after"],
)
def test_feedback_counts_for_the_issue_that_took_over_from_that_hour_on(at: str, counts_for: str) -> None:
    joined = Stamps(hour("2026-11-20 09:00"), joined="20261120-002", joined_at=hour("2026-11-20 14:00"))
    stamped = Stamped({"20261120-001": joined, "20261120-002": Stamps(hour("2026-11-20 14:00"))})
    assert stamped.owner("20261120-001", hour(f"2026-11-20 {at}")) == counts_for


def test_a_base_line_says_nothing_of_chiefs_where_one_had_the_street_all_month_and_of_a_unit() -> None:
    """Nor for a street that has left the roster and has lines."""
    book = reported("2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 2号 | 路面破损 | 一般 | 破", at="2026-11-24 09:01")
    del book.sheets["街路名册"][2]
    book.settle("2026-11-24 10:00")
    book.settle("2026-11-24 10:01")
    lines = book.rows("扣分明细", "对象", "规则", "说明")
    bases = {target: words for target, rule, words in lines if rule == "基础分"}
    assert {"联胜路", "新正街", "环卫所"} <= bases.keys()
    assert set(bases.values()) == {"每月基础分"}


def test_a_line_for_lateness_says_when_it_was_due_and_speaks_of_a_transfer_where_there_was_one() -> None:
    book = reported("2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 1号 | 暴露垃圾 | 一般 | 垃圾", at="2026-11-24 09:01")
    book.rules = load(
        RULES.text[: RULES.text.index("[score.unit]\n")] + RULES.text[RULES.text.index("# 街路长到期前上报") :]
    )
    book.settle("2026-11-24 17:00")
    due = [words for number, words in book.rows("扣分明细", "明细号", "说明") if "超期未整改" in number]
    assert len(due) == 2 and all("到 2026-11-24 15:30 没有整改" in words and "移交" not in words for words in due)
