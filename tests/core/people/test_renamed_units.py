"""A unit that was renamed, or that others went into (definitions 5.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync.core.issues.issues import Stamps, Verdict
from sync.core.issues.open_units import open_units
from sync.core.people.permissions import person, units_of
from sync.core.people.roster import Post, Roster, Span
from sync.core.rules.rules import Rules, RulesError, demand_units, load
from sync.core.scores import monthly
from sync.core.scores.lines import UNIT
from sync.core.scores.periods import Periods
from sync.core.scores.standings import Standing
from sync.core.sheet.identity import Known
from tests.book import bureau, default_rules, hour

TEXT = default_rules().text
DAY = date(2026, 11, 24)


def renamed(*formerly: str, unit: str = "环境中心") -> Rules:
    """The rules with these units gone into one."""
    text, names = TEXT, "、".join(f'"{name}"' for name in formerly).replace("、", ", ")
    for name in formerly:
        text = text.replace(f'"{name}", ', "", 1).replace(f'"{name}"', f'"{unit}"')
    text = text.replace("units = [", f'units = ["{unit}", ', 1)
    return load(text.replace("letter_code", f'renamed = [{{ unit = "{unit}", formerly = [{names}] }}]\nletter_code', 1))


def row(month: str, unit: str, score: int, cases: int) -> Standing:
    return Standing(month, unit, UNIT, UNIT, "", None, cases, None, None, None, score, 1)


def periods(rules: Rules, *rows: Standing) -> Periods:
    months = {month: [each for each in rows if each.month == month] for month in sorted({each.month for each in rows})}
    return Periods({month: monthly.under_new_names(group, rules) for month, group in months.items()}, rules)


def test_months_under_the_old_name_count_in_the_successor_s_quarter_and_year() -> None:
    rows = row("2026-10", "环卫所", 9000, 5), row("2026-11", "环境中心", 8000, 5), row("2026-12", "环境中心", 7000, 5)
    made = periods(renamed("环卫所"), *rows)
    assert [(term.target, term.score) for term in made.quarters()] == [("环境中心", 8000)]
    assert [(term.target, term.score) for term in made.years()] == [("环境中心", 8000)]


def test_several_that_went_into_one_weigh_by_their_cases() -> None:
    """(90 × 30 + 60 × 10) ÷ 40 = 82.5; without any case they weigh the same."""
    rules = renamed("环卫所", "园林所")
    rows = [row("2026-10", "环卫所", 9000, 30), row("2026-10", "园林所", 6000, 10), row("2026-10", "市政处", 9900, 3)]
    found = {each.target: (each.score, each.issues) for each in monthly.under_new_names(rows, rules)}
    assert found == {"环境中心": (8250, 40), "市政处": (9900, 3)}
    [idle] = monthly.under_new_names([replace(each, issues=0) for each in rows[:2]], rules)
    assert idle.score == 7500


def test_a_quarter_that_was_sealed_under_the_old_name_stands_and_counts_in_the_successor_s_year() -> None:
    old = [row(month, "环卫所", 9000, 5) for month in ("2026-07", "2026-08", "2026-09")]
    frozen = {"2026年第3季度": Periods({each.month: [each] for each in old}, default_rules()).quarters()}
    rules, new = renamed("环卫所"), row("2026-10", "环境中心", 7000, 5)
    months = {each.month: monthly.under_new_names([each], rules) for each in (*old, new)}
    made = Periods(months, rules, frozen)
    assert [(term.name, term.target) for term in made.quarters()] == [
        ("2026年第3季度", "环卫所"),
        ("2026年第4季度", "环境中心"),
    ]
    assert [(term.target, term.score) for term in made.years()] == [("环境中心", 8000)]


def test_its_people_are_those_of_the_unit_under_either_name() -> None:
    posts = (
        Post("甲", "支部书记", "", "第一支部", "环卫所", "", Span()),
        Post("乙", "责任单位", "", "", "环境中心", "", Span()),
    )
    roster = Roster((), posts, names_of_units=renamed("环卫所").names_of_units)
    both = frozenset({"环卫所", "环境中心"})
    assert [units_of(roster, name, DAY) for name in "甲乙"] == [both, both]
    head = person(roster, "甲", DAY)
    assert head and head.units == both
    assert roster.people("unit", DAY, unit="环境中心") == ("甲",) == roster.people("unit", DAY, unit="环卫所")


ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 垃圾成堆
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 2号 | 缺株死树 | 枯树
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 3号 | 路面脏污 | 污水
"""


def test_a_unit_with_open_issues_that_the_rules_no_longer_name_is_a_mistake_in_its_place() -> None:
    book = bureau().add(ISSUES)
    book.settle("2026-11-24 09:05")
    book.verify(3, "通过")
    book.type("问题台账", 3, "复核意见", "现场看过")
    book.settle("2026-11-24 10:00")
    memory = book.memory
    needed = open_units(memory.stamps, memory.known["issues"], memory.archived)
    assert needed == {"环卫所": ["20261124-001"], "园林所": ["20261124-002"]}
    demand_units(book.rules, needed)
    demand_units(renamed("环卫所"), needed)
    dropped = load(TEXT.replace('"环卫所", ', "", 1).replace('"环卫所"', '"市政处"'))
    with pytest.raises(RulesError) as told:
        demand_units(dropped, needed)
    [problem] = told.value.problems
    line = dropped.text.splitlines()[problem.line - 1]
    assert line.startswith("units = [") and "「环卫所」" in problem.message and "20261124-001" in problem.message
    demand_units(dropped, {"园林所": ["20261124-002"]})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('renamed = [{ unit = "环卫所", formerly = ["园林所"] }]', "「园林所」还在 units 里"),
        ('renamed = [{ unit = "环卫", formerly = ["甲"] }]', "没有「环卫」"),
        (
            'renamed = [{ unit = "环卫所", formerly = ["甲"] }, { unit = "市政处", formerly = ["甲"] }]',
            "「甲」写了两次",
        ),
        ('renamed = [{ unit = "环卫所", formerly = [] }]', "formerly：至少要写一项"),
    ],
)
def test_former_names_are_checked(more: str, words: str) -> None:
    with pytest.raises(RulesError, match=words):
        load(TEXT.replace("letter_code", f"{more}\nletter_code", 1))


@pytest.mark.parametrize(
    ("fields", "shown", "is_open"),
    [
        ({}, {}, True),
        ({"voided": hour("2026-11-24 10:00")}, {}, False),
        ({"verdicts": (Verdict("返工", hour("2026-11-24 10:00"), None),)}, {}, True),
        ({"verdicts": (Verdict("通过", hour("2026-11-24 10:00"), None),)}, {}, False),
        ({"verdicts": (Verdict("通过", hour("2026-11-24 10:00"), None),)}, {"state": "待整改"}, True),
        ({"joined": "20261124-002"}, {}, False),
    ],
    ids=["open", "void", "returned", "passed", "its state says otherwise", "part of another"],
)
def test_a_unit_has_open_issues_by_their_state_and_where_none_was_shown_yet_by_what_people_decided(
    fields: dict[str, Any], shown: dict[str, str], is_open: bool
) -> None:
    stamps = Stamps(hour("2026-11-24 09:00"), unit="环卫所", **fields)
    rows = {"20261124-001": Known("20261124-001", {}, "", shown=shown)}
    assert open_units({"20261124-001": stamps}, rows, ()) == ({"环卫所": ["20261124-001"]} if is_open else {})
