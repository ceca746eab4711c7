"""Other rules over a month that is over: what would differ, and nothing else."""

from __future__ import annotations

import pytest

from sync.core.rules.rules import load
from sync.core.views.periods.simulate import Comparison, NotKnown, simulate
from tests.book import ROOT, Book, bureau, hour, templates

TEXT = (ROOT / "rules.toml").read_text("utf-8")
AT = "2026-12-01 00:30"


@pytest.fixture
def book() -> Book:
    """November: rubbish mended late, a stall found by the chief himself, the same rubbish again, a rework."""
    month = bureau()
    month.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述 | 照片
        2026-11-03 09:00 | 督查01 | 督查 | 新正街 | 12号 | 暴露垃圾 | 甲 | a.jpg
        2026-11-03 09:00 | 街路长01 | 街路长自查 | 新正街 | 3号 | 路面脏污 | 乙 | b.jpg
        2026-11-03 09:00 | 督查01 | 督查 | 联胜路 | | 路面破损 | 丙 | c.jpg
        """)
    month.settle("2026-11-03 09:01")
    month.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2026-11-03 10:00 | 街路长01 | 20261103-002 | 已整改 | b2.jpg
        2026-11-03 16:30 | 街路长01 | 20261103-001 | 已整改 | a2.jpg
        """)
    month.settle("2026-11-03 16:31")
    month.verify(1, "通过")
    month.verify(2, "返工")
    month.settle("2026-11-03 17:00")
    month.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2026-11-03 17:10 | 街路长01 | 20261103-002 | 已整改 | b3.jpg
        """)
    month.settle("2026-11-03 17:11")
    month.verify(2, "通过")
    month.type("问题台账", 2, "复核时间", "2026-11-03 17:20")
    month.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述 | 照片
        2026-11-05 09:00 | 督查01 | 督查 | 新正街 | 12号 | 暴露垃圾 | 丁 | d.jpg
        """)
    month.settle("2026-11-05 09:01")
    month.settle("2026-11-30 18:00")
    return month


def compare(book: Book, before: str, after: str) -> Comparison:
    assert before in TEXT
    return simulate(templates(), book.memory, book.rules, load(TEXT.replace(before, after)), "2026-11", hour(AT))


def told(found: Comparison) -> dict[str, list[tuple[str, str, str, str]]]:
    return {heading: [(d.what, d.column, d.before, d.after) for d in part] for heading, part in found.parts}


def test_the_same_rules_change_nothing(book: Book) -> None:
    found = simulate(templates(), book.memory, book.rules, load(TEXT), "2026-11", hour(AT))
    assert (found.issues, found.parts) == (4, ())
    assert "没有不同" in found.text()


def test_what_is_worked_out_anew_is_what_was_booked(book: Book) -> None:
    """With rules that charge double, the side of the present rules shows the points as they were booked."""
    booked = {line.id: line.points for group in book.memory.lines.values() for line in group.values()}
    found = compare(book, "normal = { found = 0.2, overdue = 0.6", "normal = { found = 0.4, overdue = 1.2")
    lines = {what: round(float(before) * 100) for what, _, before, _ in told(found)["扣分明细"]}
    assert lines and {number: booked[number] for number in lines} == lines


def test_a_longer_limit_moves_deadlines_of_its_category_alone(book: Book) -> None:
    found = told(
        compare(
            book,
            'limit = { normal = "4wh", serious = "2wh" }   # 一般【有来源】外地某区 4 工作时，另一地 1 工作日',
            'limit = { normal = "1wd", serious = "2wh" }   # 一般【有来源】外地某区 4 工作时，另一地 1 工作日',
        )
    )
    assert found["问题"] == [
        ("20261103-001", "截止时间", "2026-11-03 15:30", "2026-11-04 17:30"),
        ("20261103-001", "是否超期", "超期", "按期"),
        ("20261105-001", "截止时间", "2026-11-05 15:30", "2026-11-06 17:30"),
    ]
    assert found["升级"] == [("20261103-001", "升级", "1 支部书记", "")]
    assert found["扣分明细"] == [
        ("2026-11·环卫所·按期率", "环卫所 分值", "-50", "-23.33"),  # 1 of 3 in time, then 2 of 3
        ("20261103-001·超期未整改", "新正街 分值", "-0.4", ""),
    ]
    assert [row for row in found["月度考核"] if row[1] == "得分"] == [
        ("城中（区域）", "得分", "98.7", "99.1"),
        ("新正街（街路）", "得分", "98.7", "99.1"),
        ("环卫所（单位）", "得分", "25", "51.67"),
        ("第四支部（支部）", "得分", "98.7", "99.1"),
    ]


def test_another_unit_and_another_measure_of_repeats(book: Book) -> None:
    found = told(compare(book, 'name = "清扫保洁"\nunit = "环卫所"', 'name = "清扫保洁"\nunit = "市容股"'))
    assert found["问题"] == [("20261103-002", "责任单位", "环卫所", "市容股")]
    found = told(compare(book, 'window = "7d" ', 'window = "1d" '))
    assert found == {"问题": [("20261105-001", "重复", "第2次", "第1次")]}


def test_other_conditions_of_letters_and_of_levels(book: Book) -> None:
    found = told(compare(book, 'when.source = "上级交办"\nwhen.overdue = true', "when.overdue = true"))
    assert set(found) == {"督办函"}
    assert [row[0] for row in found["督办函"]] == ["20261103-001"]
    assert found["督办函"][0][2] == ""
    found = told(compare(book, 'when.overdue = ">= 1wd"\nplan = "五·3"', 'when.overdue = ">= 1h"\nplan = "五·3"'))
    assert found == {"升级": [("20261103-001", "升级", "1 支部书记", "2 指挥长")]}


def test_nothing_is_remembered_of_a_simulation(book: Book) -> None:
    before = (dict(book.memory.stamps), dict(book.memory.lines), dict(book.memory.known["issues"]))
    compare(book, 'window = "7d" ', 'window = "1d" ')
    assert before == (dict(book.memory.stamps), dict(book.memory.lines), dict(book.memory.known["issues"]))


def test_a_month_that_is_not_there_is_said(book: Book) -> None:
    with pytest.raises(NotKnown, match=r"2026-09 没有已经收到的问题.*有的是 2026-11"):
        simulate(templates(), book.memory, book.rules, book.rules, "2026-09", hour(AT))
    with pytest.raises(NotKnown, match="看不懂"):
        simulate(templates(), book.memory, book.rules, book.rules, "2026-9", hour(AT))


def test_an_issue_of_the_month_before_keeps_what_it_was_given() -> None:
    """Found late on the last workday of October and still open, so that it is late in November."""
    book = bureau()
    for found_at in ("2026-10-30 16:30", "2026-11-03 09:00"):
        book.add(f"""
            问题台账
            填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
            {found_at} | 督查01 | 督查 | 联胜路 | {found_at} | 暴露垃圾 | 甲
            """)
        book.settle(found_at)
    book.settle("2026-11-30 18:00")
    late = [
        number for number, month in book.rows("扣分明细", "明细号", "月份") if "超期" in number and month == "2026-11"
    ]
    assert "20261030-001·超期未整改" in late
    found = told(compare(book, 'limit = { normal = "4wh", serious = "2wh" }   #', 'limit = { normal = "60wd" }   #'))
    assert {row[0][:12] for row in [*found["问题"], *found["升级"]]} == {"20261103-001"}
    of_issues = {row[0] for row in found["扣分明细"] if row[0].startswith("2026") and "·超期" in row[0]}
    assert of_issues == {"20261103-001·超期未整改"}
