"""Quarters and years against sums made by hand; money only where the bureau filled it in, and only for units."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.rules.rules import Rules, load
from sync.core.scores.lines import BRANCH, STREET, UNIT
from sync.core.scores.periods import Periods, quarter_of
from sync.core.scores.persons import PERSON, PersonMonth
from sync.core.scores.standings import Standing
from tests.book import default_rules

BANDS = "bands = [{ from = 90, percent = 100 }, { from = 80, percent = 94 }, { from = 0, percent = 85 }]"


def row(month: str, target: str, score: int, kind: str = STREET, looks: int = 4, last: bool = False) -> Standing:
    group = "全部街路" if kind == STREET else kind
    return Standing(month, target, kind, group, f"{target}的街路长", looks, 1, 1.0, 0.0, 0.0, score, 1, "", last)


def periods(*rows: Standing, rules: Rules | None = None) -> Periods:
    months: dict[str, list[Standing]] = {}
    for one in rows:
        months.setdefault(one.month, []).append(one)
    return Periods(months, rules or default_rules())


def test_a_month_belongs_to_its_quarter() -> None:
    assert [quarter_of(f"2026-{month:02d}").name[5:7] for month in range(1, 13)] == [
        f"第{n}" for n in (1, 2, 3, 4) for _ in "123"
    ]


def test_means_are_half_up_in_hundredths() -> None:
    """(99.95 + 99.90 + 99.90) ÷ 3 = 99.9166…; (99.95 + 99.90) ÷ 2 = 99.925, which is 99.93."""
    three = periods(row("2026-01", "甲", 9995), row("2026-02", "甲", 9990), row("2026-03", "甲", 9990))
    two = periods(row("2026-01", "甲", 9995), row("2026-02", "甲", 9990))
    assert [one.score for one in three.quarters()] == [9992]
    assert [one.score for one in two.quarters()] == [9993]
    assert two.quarters()[0].advice.startswith("暂定：含1、2月，3月未封存")


def test_a_year_is_the_mean_of_its_quarters_and_not_of_its_months() -> None:
    """A quarter of one month (80) and one of three (100): 90, not 95. Of three streets one may be praised."""
    months = (9, 10, 11, 12)
    rows = [row(f"2026-{month:02d}", "甲", 8000 if month == 9 else 10000) for month in months]
    rows += [row(f"2026-{month:02d}", name, 7000) for month in months for name in ("乙", "丙")]
    assert next((one.name, one.score, one.advice) for one in periods(*rows).years()) == (
        "2026", 9000, "含第3、4季度；建议年度表扬、兑现奖励"
    )  # fmt: skip


def test_ranks_are_within_a_group_with_ties_and_without_those_nobody_inspected() -> None:
    rows = [row("2026-01", "甲", 9900), row("2026-01", "乙", 9900), row("2026-01", "丙", 9800)]
    rows += [row("2026-01", "丁", 10000, looks=3), row("2026-01", "第一支部", 9000, BRANCH, looks=0)]
    found = {one.target: one.rank for one in periods(*rows).quarters()}
    assert found == {"甲": 1, "乙": 1, "丙": 3, "丁": None, "第一支部": 1}


def test_inspections_are_asked_for_by_the_number_of_months() -> None:
    twice = [row("2026-01", "甲", 9900, looks=8), row("2026-02", "甲", 9900, looks=0)]
    once = [row("2026-01", "甲", 9900, looks=4), row("2026-02", "甲", 9900, looks=3)]
    assert [one.rank for one in periods(*twice).quarters()] == [1]
    assert [one.rank for one in periods(*once).quarters()] == [None]


def his_month(
    month: str, name: str, score: int, days: int = 20, *, step: int = 0, group: str = "全部街路"
) -> PersonMonth:
    results = ("", "通报、末位表态", "约谈、书面检查", "通报批评、诫勉")
    return PersonMonth(month, name, "环卫所", score, {group: days}, days, 20, step > 0, step, results[step])


def test_personal_consequences_stand_on_persons_rows_the_highest_step_of_their_months() -> None:
    rows = [row(f"2026-{month:02d}", name, score, last=name == "乙") for month in (1, 2, 3)
            for name, score in (("甲", 9500), ("乙", 8000))]  # fmt: skip
    people = {
        f"2026-{month:02d}": (his_month(f"2026-{month:02d}", "张三", 9500), his_month(f"2026-{month:02d}", "李四", 8000,
                                                                                     step=(1, 3, 2)[month - 1]))
        for month in (1, 2, 3)
    }  # fmt: skip
    found = {one.key: one for one in replace(periods(*rows), persons=people).quarters()}
    assert "末位" not in found["乙", STREET].advice + found["甲", STREET].advice
    blamed = found["李四（环卫所）", PERSON]
    assert blamed.advice == "含1、2、3月；月度末位3次，建议通报批评、诫勉（由局党组决定）"
    assert (blamed.score, blamed.rank, found["张三（环卫所）", PERSON].rank) == (8000, 2, 1)


@pytest.mark.parametrize(("days", "counts"), [(9, False), (10, True), (11, True)], ids=["below", "at", "above"])
def test_who_held_office_for_under_half_of_the_workdays_is_shown_and_not_ranked(days: int, counts: bool) -> None:
    people = {"2026-01": (his_month("2026-01", "张三", 9500, days), his_month("2026-01", "李四", 9000))}
    found = {one.target: one for one in replace(periods(row("2026-01", "甲", 9000)), persons=people).quarters()}
    assert (found["张三（环卫所）"].rank == 1) is counts
    assert found["张三（环卫所）"].unranked == ("" if counts else "任职不到一半，不参与排名")


def test_the_text_of_a_period_names_only_the_months_and_quarters_in_the_row() -> None:
    """乙 was in use from August on; 张三 came in November."""
    rows = [row(f"2026-{month:02d}", "甲", 9000) for month in range(1, 13)]
    rows += [row(f"2026-{month:02d}", "乙", 9000) for month in range(8, 13)]
    people = {"2026-11": (his_month("2026-11", "张三", 9500),), "2026-12": (his_month("2026-12", "张三", 9400),)}
    made = replace(periods(*rows), persons=people)
    assert {one.target: one.advice for one in made.years()} == {
        "甲": "含第1、2、3、4季度", "乙": "含第3、4季度", "张三（环卫所）": "含第4季度"
    }  # fmt: skip
    fourth = {one.target: one.advice for one in made.quarters() if "第4" in one.name}
    assert fourth == {"甲": "含10、11、12月", "乙": "含10、11、12月", "张三（环卫所）": "含11、12月"}
    assert {one.target: one.score for one in made.years()}["张三（环卫所）"] == 9450


def test_nobody_is_last_at_96() -> None:
    found = periods(row("2026-01", "甲", 9900), row("2026-01", "乙", 9600)).quarters()
    assert not any("末位" in one.advice for one in found)


def test_money_is_spoken_of_only_when_the_bureau_filled_it_in_and_only_for_units() -> None:
    rows = [row("2026-01", "环卫所", 8500, UNIT), row("2026-01", "甲", 8500), row("2026-01", "市政处", 9000, UNIT)]
    assert not any("拨付" in one.advice for one in periods(*rows).quarters())
    text = default_rules().text.replace(
        "[score.fund]\nenabled = false\nbands = []", f"[score.fund]\nenabled = true\n{BANDS}"
    )
    found = {one.target: one.advice for one in periods(*rows, rules=load(text)).quarters()}
    assert found["环卫所"].endswith("建议拨付比例94%")
    assert found["市政处"].endswith("建议拨付比例100%")
    assert "拨付" not in found["甲"]


def held(month: str, chief: str, score: int = 9900, *, shared: bool = False) -> Standing:
    return replace(row(month, "甲", score), chief=chief, shared=shared)


def test_a_quarter_is_praised_with_the_chief_of_most_months_and_with_nobody_else() -> None:
    others = [row(f"2026-{month:02d}", name, 7000) for month in (7, 8, 9) for name in ("乙", "丙")]
    mostly = periods(held("2026-07", "一"), held("2026-08", "一"), held("2026-09", "二"), *others).quarters()[0]
    assert (mostly.chief, mostly.advice) == ("一", "含7、8、9月；建议讲评表扬")
    three = periods(held("2026-07", "一"), held("2026-08", "二"), held("2026-09", "三"), *others).quarters()[0]
    assert (three.chief, three.advice) == ("三", "含7、8、9月")
    months = held("2026-07", "一", shared=True), held("2026-08", "一"), held("2026-09", "二")
    parted = periods(*months, *others).quarters()[0]
    assert (parted.chief, parted.advice) == ("二", "含7、8、9月")
