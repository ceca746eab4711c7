"""Scores by rates, what is evened out, praise: below, at and above each edge; and what becomes of them at a seal, under
an older rules file and after the ledger was lost."""

from __future__ import annotations

from datetime import date

import pytest

from sync.core.memory import Memory
from sync.core.rules.rules import load
from sync.core.scores.evening import Group, Looks
from sync.core.scores.lines import DISCOVERED, STREET, UNIT, Line
from sync.core.scores.ranking import Merit, commended
from sync.core.scores.reckoning import ABOVE, AIM, EACH, SHARE, Part, Reckoning
from sync.core.scores.standings import Praise, Term, median
from sync.core.views.periods.praise import reason
from tests.book import Book, bureau, default_rules

RULES = default_rules()
BELOW_AT_ABOVE = ["below", "at", "above"]


def parts(hits: int, total: int) -> tuple[Part, ...]:
    return tuple(Part(f"{n:03d}", hit=n < hits) for n in range(total))


@pytest.mark.parametrize(("hits", "points"), [(89, -100), (90, 0), (91, 0)], ids=BELOW_AT_ABOVE)
def test_a_rate_that_reaches_its_aim_costs_nothing(hits: int, points: int) -> None:
    assert Reckoning(AIM, parts(hits, 100), (100, 1), 90, 5000).points() == points


@pytest.mark.parametrize(("hits", "points"), [(4, 0), (5, 0), (6, -50)], ids=BELOW_AT_ABOVE)
def test_a_rate_that_does_not_go_over_its_bar_costs_nothing(hits: int, points: int) -> None:
    assert Reckoning(ABOVE, parts(hits, 100), (50, 1), 5, 500).points() == points


@pytest.mark.parametrize(("hits", "points"), [(41, -4900), (40, -5000), (39, -5000)], ids=BELOW_AT_ABOVE)
def test_a_rate_costs_no_more_than_its_most(hits: int, points: int) -> None:
    assert Reckoning(AIM, parts(hits, 100), (100, 1), 90, 5000).points() == points


def test_ratios_are_exact_and_points_half_up() -> None:
    """1 of 8 above 5 %: 7.5 points at 0.5 are 3.75. 0.7 × (1 − 6/8) = 0.175, which is 0.18."""
    assert Reckoning(ABOVE, parts(1, 8), (50, 1), 5, 500).points() == -375
    assert Reckoning(SHARE, (Part("a", 20), Part("b", 50)), (1, 4)).points() == 18
    assert Reckoning(AIM, parts(2, 3), (100, 1), 90, 5000).points() == -2333
    assert Reckoning(EACH, parts(3, 3), (100, 1), most=200).points() == -200


def test_a_line_without_one_case_is_worked_out_from_the_others() -> None:
    """8 of 10 in time cost 10; without one that was late, 8 of 9 = 88.89 % cost 1.11; without both nothing."""
    reckoning = Reckoning(AIM, parts(8, 10), (100, 1), 90, 5000)
    assert [reckoning.points(gone) for gone in ((), {"008"}, {"008", "009"})] == [-1000, -111, 0]
    assert reckoning.against() == ["008", "009"]


def test_what_counts_double_weighs_double_and_nothing_without_cases() -> None:
    weighed = (Part("a", 2, hit=False), Part("b"), Part("c"))
    assert Reckoning(AIM, weighed, (100, 1), 90, 5000).points() == -4000, "2 of 4"
    assert Reckoning(AIM, (), (100, 1), 90, 5000).points() == 0


# What is evened out
def charged(street: str, points: int) -> Line:
    return Line(street, "2026-11", street, STREET, "", f"{street}-1", DISCOVERED, "", points, "", date(2026, 11, 2),
                tier=DISCOVERED)  # fmt: skip


@pytest.mark.parametrize(("days", "points"), [(5, None), (6, None), (8, 25)], ids=BELOW_AT_ABOVE)
def test_only_streets_above_the_median_get_points_back(days: int, points: int | None) -> None:
    looks = {"甲": Looks(days, days), "乙": Looks(6, 6), "丙": Looks(4, 4), "丁": Looks(9, 9)}
    looks |= {"戊": Looks(6, 6)}
    found = {line.target: line.points for line in Group("2026-11", dict.fromkeys(looks, ""), looks).lines(
        [charged("甲", -100)], {"甲-1"}, RULES, date(2026, 11, 30))}  # fmt: skip
    assert found.get("甲") == points


@pytest.mark.parametrize(("clean", "points"), [(2, 0), (3, 50), (4, 50)], ids=BELOW_AT_ABOVE)
def test_nothing_is_evened_out_where_fewer_than_a_quarter_found_nothing(clean: int, points: int) -> None:
    """12 inspections of the group; the median of 8, 2 and 2 is 2: 0.67 × (1 − 2/8) = 0.5025."""
    looks = {"甲": Looks(8, clean), "乙": Looks(2, 0), "丙": Looks(2, 0)}
    [line] = Group("2026-11", dict.fromkeys(looks, ""), looks).lines(
        [charged("甲", -67)], {"甲-1"}, RULES, date(2026, 11, 30)
    )
    assert line.points == points and ("不作均衡" in line.text) is (points == 0)


def test_the_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle() -> None:
    assert [median(counts) for counts in ([4], [4, 7], [9, 4, 7], [1, 2, 3, 10])] == [4, 5.5, 7, 2.5]


# Praise
def merit(name: str, rank: int, score: int = 9800, due: int = 0, late: int = 0, looks: int = 4) -> Merit:
    return Merit((name, STREET), "组", rank, score, due, late, looks, able=True)


@pytest.mark.parametrize(("late", "good"), [(11, False), (10, True), (9, True)], ids=BELOW_AT_ABOVE)
def test_praise_asks_for_timeliness(late: int, good: bool) -> None:
    group = [merit("甲", 1, due=100, late=late), merit("乙", 2), merit("丙", 3)]
    assert (("甲", STREET) in commended(group, RULES)) is good


@pytest.mark.parametrize(("due", "good"), [(4, True), (5, False), (6, False)], ids=BELOW_AT_ABOVE)
def test_with_few_issues_praise_asks_for_inspections_instead(due: int, good: bool) -> None:
    group = [merit("甲", 1, due=due, late=due), merit("乙", 2), merit("丙", 3)]
    assert (("甲", STREET) in commended(group, RULES)) is good
    seldom = [merit("甲", 1, looks=4), merit("乙", 2, looks=5), merit("丙", 3, looks=6)]
    assert ("甲", STREET) not in commended(seldom, RULES)


@pytest.mark.parametrize(
    ("due", "late", "words"),
    [
        (40, 2, "组内第1名（3个参与排名），98分；到期40件，按期38件（95%）"),
        (3, 0, "组内第1名（3个参与排名），98分；到期3件，不足5件，看督查次数：6次，组内中位数4次"),
    ],
    ids=["in time", "few issues"],
)
def test_praise_says_by_which_figures(due: int, late: int, words: str) -> None:
    group = [merit("甲", 1, due=due, late=late, looks=6), merit("乙", 2), merit("丙", 3)]
    praise = commended(group, RULES)["甲", STREET]
    assert praise == Praise(1, 3, due, late, 5, 6, 4)
    assert reason(Term("2026年第4季度", "甲", STREET, "组", "", 9800, 1, praise=praise)) == words


def test_at_most_a_third_of_a_group_is_praised_and_ties_at_the_edge_are_left_out() -> None:
    six = [merit(name, rank) for name, rank in zip("甲乙丙丁戊己", (1, 2, 2, 4, 5, 6), strict=True)]
    assert {*commended(six, RULES)} == {("甲", STREET)}
    nine = [*six, *(merit(name, 7) for name in "庚辛壬")]
    assert {*commended(nine, RULES)} == {("甲", STREET), ("乙", STREET), ("丙", STREET)}


@pytest.mark.parametrize(("score", "good"), [(9499, False), (9500, True), (9501, True)], ids=BELOW_AT_ABOVE)
def test_the_first_unit_is_praised_from_the_least_score_on(score: int, good: bool) -> None:
    unit = Merit(("环卫所", UNIT), "单位", 1, score, 20, 0, 0, able=True)
    assert (("环卫所", UNIT) in commended([unit], RULES)) is good


# Seals, older rules, a lost ledger
LATE = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 路面脏污 | 油渍
"""


def unit_lines(book: Book) -> list[tuple[str, ...]]:
    rows = book.rows("扣分明细", "明细号", "对象", "分值")
    return sorted((number, points) for number, target, points in rows if target == "环卫所")


def without_rates() -> str:
    text = RULES.text
    start, end = text.index("[score.unit]\n"), text.index("# 街路长到期前上报")
    return text[:start] + text[end:]


def test_a_month_whose_last_day_falls_under_a_file_without_rates_keeps_the_old_scheme() -> None:
    book = bureau(rules=load(without_rates())).add(LATE)
    book.settle("2026-11-24 09:05")
    book.settle("2026-11-24 16:00")
    case_by_case = [("2026-11·环卫所·基础分", "100"), ("20261124-001·超期未整改·单位", "-0.6")]
    assert unit_lines(book) == case_by_case
    book.settle("2026-11-30 18:00")
    book.rules = RULES  # changed in December, before November is sealed
    book.settle("2026-12-02 09:00")
    november = [row for row in unit_lines(book) if not row[0].startswith("2026-12")]
    assert november == case_by_case
    assert "2026-12·环卫所·销号率" in {number for number, _ in unit_lines(book)}, "December is by rates"


def test_a_lost_ledger_changes_no_computed_line_and_gives_nothing_back_twice() -> None:
    book = bureau().add(LATE)
    book.settle("2026-11-24 16:00")
    book.settle("2026-12-05 09:00")
    book.type("问题台账", 1, "核实结果", "作废")
    book.type("问题台账", 1, "核实人", "标准化办01")
    book.type("问题台账", 1, "复核意见", "重复填报")
    book.settle("2026-12-07 09:00")
    before = unit_lines(book)
    assert ("2026-11·环卫所·按期率·20261124-001·封存后退回", "50") in before
    book.memory = Memory()
    book.settle("2026-12-07 10:00")
    assert unit_lines(book) == before
