"""今日: what waits for whom now, with how it stood when yesterday ended; and the list of rows that are one's own."""

from __future__ import annotations

import pytest

from sync.core.look.findings import Look
from sync.core.views.issue.listing import SORTS, Query, choices, ordered, own, select
from sync.core.views.periods.bulletin import Scope, bulletin
from sync.core.views.periods.trends import trends
from sync.core.views.waiting.today import own_scores, today
from tests.book import Book, bureau, hour
from tests.looking import looked, of

# Monday: 001 and 002, both late on Tuesday; 003 waits for 核实. One more on Tuesday, and one on Wednesday.
MONDAY = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-16 09:00 | 督查01 | 督查 | 新正街 | 8号 | 暴露垃圾 | 一般 | 一堆
2026-11-16 09:00 | 督查01 | 督查 | 联胜路 | 桥头 | 占道经营 | 严重 | 摆摊
2026-11-16 09:00 | 群众 | 群众反映 | 联胜路 | 3号 | 暴露垃圾 | 一般 | 一袋
"""
TUESDAY = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-17 10:00 | 督查01 | 督查 | 新正街 | 30号 | 路面破损 | 一般 | 坑
"""
WEDNESDAY = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-18 09:00 | 街路长02 | 街路长自查 | 联胜路 | 9号 | 垃圾满溢 | 一般 | 满了
"""
MENDED = """
整改反馈
填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
{at} | 街路长01 | 20261116-001 | 已整改 | https://x.example/b.jpg
"""
ASKED = """
申请审批
申请时间 | 申请人 | 类型 | 编号 | 期望时间 | 理由
2026-11-17 11:00 | 街路长02 | 延期 | 20261116-002 | 2026-11-20 12:00 | 等人
"""


@pytest.fixture
def book() -> Book:
    made = bureau()
    made.add(MONDAY)
    made.settle("2026-11-16 09:05")
    made.add(TUESDAY)
    made.settle("2026-11-17 10:05")
    made.add(ASKED)
    made.settle("2026-11-17 11:05")
    return made


def settled(book: Book, at: str) -> Look:
    """The same once the service looked at that hour."""
    book.settle(at)
    return looked(book, at)


def figures(look: Look, name: str) -> dict[str, tuple[int, int]]:
    return {figure.name: (figure.now, figure.before) for figure in today(look, of(look, name)).figures}


def test_each_figure_has_yesterday_s_beside_it(book: Book) -> None:
    book.add(MENDED.format(at="2026-11-17 15:00"))
    book.settle("2026-11-17 15:05")
    book.add(WEDNESDAY)
    look = settled(book, "2026-11-18 09:05")
    assert figures(look, "标准化办01") == {
        "新增": (1, 1),
        "超期": (1, 1),
        "待复核": (1, 1),
        "待核实": (1, 1),
        "待批复": (1, 1),
        "待签发": figures(look, "标准化办01")["待签发"],
    }
    assert figures(look, "指挥长03") | {"待签发": (0, 0)} == {
        "新增": (1, 0), "超期": (1, 1), "待复核": (0, 0), "待批复": (1, 1), "待签发": (0, 0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mended", "before"), [("2026-11-17 23:59", 1), ("2026-11-18 00:00", 1), ("2026-11-18 00:01", 0)],
    ids=["a minute before midnight", "at midnight", "a minute after"],
)  # fmt: skip
def test_yesterday_is_how_it_stood_at_midnight(book: Book, mended: str, before: int) -> None:
    book.add(MENDED.format(at=mended))
    look = settled(book, "2026-11-18 00:02")
    assert figures(look, "标准化办01")["待复核"] == (1, before)


def test_what_became_late_today_was_not_late_yesterday(book: Book) -> None:
    before = settled(book, "2026-11-17 18:00")
    (other,) = [each for each in before.followed.values() if each.issue.rid == "20261117-001"]
    assert other.life.deadline is not None
    after = settled(book, f"{other.life.deadline:%Y-%m-%d} 23:00")
    late, was_late = figures(after, "标准化办01")["超期"]
    assert late > was_late
    units = {unit: (here, then) for unit, here, then in today(after, of(after, "标准化办01")).late_units}
    assert sum(here for here, _ in units.values()) == late and sum(then for _, then in units.values()) == was_late


def test_each_sees_his_own_part(book: Book) -> None:
    look = settled(book, "2026-11-17 12:00")
    parts = {name: [each.issue.rid for each in today(look, of(look, name)).late] for name in ("指挥长02", "指挥长03")}
    assert parts == {"指挥长02": ["20261116-001"], "指挥长03": ["20261116-002"]}
    assert [each.issue.rid for each in today(look, of(look, "支部书记04")).new] == ["20261117-001", "20261116-001"]


def test_a_request_that_was_answered_yesterday_waits_no_more(book: Book) -> None:
    book.type("申请审批", 1, "批复", "不同意")
    book.type("申请审批", 1, "批复人", "指挥长03")
    book.type("申请审批", 1, "批复时间", "2026-11-17 12:00")
    look = settled(book, "2026-11-17 12:05")
    assert figures(look, "指挥长03")["待批复"] == (0, 0)
    look = settled(book, "2026-11-18 09:00")
    assert figures(look, "指挥长03")["待批复"] == (0, 0)


def test_a_chief_reads_his_score_with_what_yesterday_changed(book: Book) -> None:
    look = settled(book, "2026-11-18 09:00")
    (score,) = own_scores(look, of(look, "街路长01"))
    assert score.standing.target == "新正街"
    assert [(line.rule, line.issue) for line in score.news] == [("发现问题", "20261117-001")]
    assert score.change == sum(line.points for line in score.news) < 0
    (later,) = own_scores(settled(book, "2026-11-19 09:00"), of(look, "街路长01"))
    assert later.news == () and later.change == 0


# The list


def numbers(look: Look, name: str, **wanted: object) -> list[str]:
    rows = select(own(look, of(look, name)), Query(**wanted), look)  # type: ignore[arg-type]
    return [each.issue.rid for each in ordered(rows, "number", False)]


def test_the_list_holds_what_is_one_s_own_and_no_other_row(book: Book) -> None:
    look = settled(book, "2026-11-17 12:00")
    assert numbers(look, "街路长01") == ["20261116-001", "20261117-001"]
    assert numbers(look, "支部书记06") == ["20261116-002", "20261116-003"]
    assert numbers(look, "支部书记01") == ["20261116-002"], "it is his unit's, wherever it lies"
    assert numbers(look, "支部书记03") == ["20261116-001", "20261116-003"]
    assert numbers(look, "督查01") == ["20261116-001", "20261116-002", "20261116-003", "20261117-001"]
    assert choices(own(look, of(look, "街路长01"))).street == ("新正街",)


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ({"state": "待核实"}, ["20261116-003"]),
        ({"unit": "环卫所"}, ["20261116-001", "20261116-003"]),
        ({"street": "新正街", "category": "路面破损"}, ["20261117-001"]),
        ({"late": True}, ["20261116-001", "20261116-002"]),
        ({"since": hour("2026-11-17 00:00").date()}, ["20261117-001"]),
        ({"until": hour("2026-11-16 00:00").date()}, ["20261116-001", "20261116-002", "20261116-003"]),
        ({"text": "桥头"}, ["20261116-002"]),
        ({"text": "=1+1"}, []),
    ],
    ids=["state", "unit", "street and category", "late", "since a day", "until a day", "text", "nothing"],
)
def test_the_list_is_filtered(book: Book, wanted: dict[str, object], there: list[str]) -> None:
    assert numbers(settled(book, "2026-11-17 12:00"), "督查01", **wanted) == there


@pytest.mark.parametrize("sort", SORTS)
def test_the_list_is_sorted_both_ways_and_what_has_no_value_stands_last(book: Book, sort: str) -> None:
    look = settled(book, "2026-11-17 12:00")
    rows = own(look, of(look, "督查01"))
    up, down = ordered(rows, sort, False), ordered(rows, sort, True)
    assert {each.issue.rid for each in up} == {each.issue.rid for each in down} and len(up) == 4
    if sort == "deadline":
        assert up[0].issue.rid == "20261116-002"
        assert up[-1].life.deadline is None and down[-1].life.deadline is None
    if sort == "number":
        assert up == down[::-1]


def test_on_time_is_the_share_of_what_fell_due_that_was_not_late(book: Book) -> None:
    """001 was mended in time; 002, 003 and 004 are late or not yet due."""
    book.add(MENDED.format(at="2026-11-16 10:00"))
    book.settle("2026-11-16 10:01")
    look = settled(book, "2026-11-18 09:05")
    tallies = [each.tally for each in look.followed.values() if each.tally]
    due, late = sum(tally.due for tally in tallies), sum(tally.late for tally in tallies)
    assert 0 < late < due
    shown = trends(look.followed.values(), (), look.roster, Scope(), look.now)
    assert shown.on_time == (("2026-11", (due - late) / due),)


def test_what_the_public_reported_yesterday_and_was_taken_on_today_is_given_out_today() -> None:
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
        2026-11-16 17:00 | 群众 | 群众反映 | 联胜路 | 3号 | 暴露垃圾 | 一袋
        """)
    book.settle("2026-11-16 17:01")
    book.type("问题台账", 1, "核实结果", "受理")
    book.type("问题台账", 1, "核实人", "标准化办01")
    book.settle("2026-11-17 09:00")
    assert [line[:12] for line in bulletin(settled(book, "2026-11-17 09:01"), Scope()).assigned] == ["20261116-001"]


def test_a_letter_waits_for_the_answer_of_its_unit_and_of_nobody_who_may_read_it_besides() -> None:
    """支部书记03 heads 环卫所, to which it goes; 支部书记04 heads 园林所 and reads it as the branch's secretary."""
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-11-17 09:00 | 督查01 | 督查 | 新正街 | 一号 | 路面脏污 | 严重 | 油污
        """)
    book.settle("2026-11-17 09:05")
    book.settle("2026-11-17 10:01")
    draft = [kind for (kind,) in book.rows("督办台账", "类型")].index("督办函") + 1
    book.type("督办台账", draft, "签发人", "办公室01")
    look = settled(book, "2026-11-17 10:10")
    assert [figures(look, name)["函待回复"] for name in ("支部书记03", "支部书记04")] == [(1, 0), (0, 0)]


def test_a_letter_that_was_followed_by_a_second_is_waited_for_no_more() -> None:
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-11-17 09:00 | 督查01 | 督查 | 新正街 | 一号 | 路面脏污 | 严重 | 油污
        """)
    book.settle("2026-11-17 09:05")
    book.settle("2026-11-17 10:01")
    for at, kind in (("2026-11-17 10:10", "督办函"), ("2026-11-20 10:10", "重复督办函")):
        book.settle(at)
        draft = [shown.partition("（")[0] for (shown,) in book.rows("督办台账", "类型")].index(kind) + 1
        book.type("督办台账", draft, "签发人", "办公室01")
        look = settled(book, at)
        assert figures(look, "支部书记03")["函待回复"][0] == 1, kind


def test_a_draft_whose_issues_were_mended_waits_for_no_signature() -> None:
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-11-17 09:00 | 督查01 | 督查 | 新正街 | 一号 | 路面脏污 | 严重 | 油污
        """)
    book.settle("2026-11-17 09:05")
    look = settled(book, "2026-11-17 10:01")
    assert figures(look, "办公室01")["待签发"] == (1, 0)
    book.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2026-11-17 10:30 | 街路长01 | 20261117-001 | 已整改 | https://x.example/b.jpg
        """)
    look = settled(book, "2026-11-17 10:31")
    assert "不用签发" in [state for (state,) in book.rows("督办台账", "状态")]
    assert figures(look, "办公室01")["待签发"] == (0, 0)
