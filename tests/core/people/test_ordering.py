"""Streets and branches in lists: by number and in the plan's order."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from sync.core.look.decide import recall
from sync.core.memo import Memo
from sync.core.people.ordering import place_order
from sync.core.people.permissions import person, remembered
from sync.core.views.forms import forms
from sync.core.views.periods import bulletin
from sync.core.views.waiting.agenda import agenda
from tests.book import ZONE, Book, bureau, hour, templates

BRANCHES = ["第一支部", "第二支部", "第三支部", "第四支部", "第五支部", "第六支部"]
STREETS = [f"示例街路{number}" for number in range(1, 13)]


def shuffled(names: list[str]) -> list[str]:
    return random.Random(7).sample(names, len(names))


def test_numbers_count_by_their_value_and_districts_as_the_plan_has_them() -> None:
    for names in (
        BRANCHES,
        STREETS,
        ["城西", "城中", "城东"],
        ["第九支部", "第十支部", "第十一支部", "第二十支部", "第二十一支部", "第一百支部", "第一百零三支部"],
        ["街路２", "街路10", "街路11号", "街路12"],
        ["", "9" * 5000, "甲", "甲1", "甲1乙", "甲2"],
        ["甲1路2段", "甲1路10段", "甲2路1段"],
    ):
        assert sorted(shuffled(names), key=place_order) == names


def roster_book() -> Book:
    """Twelve streets in six branches, typed in no order; one person holds all branches, another all streets."""
    book = Book()
    for street in shuffled(STREETS):
        number = STREETS.index(street)
        area = {"区域": ("城西", "城中", "城东")[number % 3], "支部": BRANCHES[number % 6]}
        book.row("街路名册", {"街路编号": f"A{number}", "街路": street, "类型": "主次干道", "街路长": "甲", **area})
    book.row("组织架构", {"姓名": "甲", "角色": "街路长"})
    for branch in shuffled(BRANCHES):
        book.row("组织架构", {"姓名": "乙", "角色": "支部书记", "支部": branch, "区域": "城西"})
    book.settle("2026-11-24 09:00")
    return book


def test_every_list_of_streets_and_branches_is_in_that_order() -> None:
    book, day = roster_book(), hour("2026-11-24 09:00").date()
    roster = remembered(templates(), book.memory.known, ZONE)
    assert list(roster.names) == STREETS
    chief, secretary = person(roster, "甲", day), person(roster, "乙", day)
    assert chief and secretary
    streets = dict.fromkeys(shuffled(STREETS))
    fields = forms.fields(forms.FORMS["issues"], templates()["issues"], chief, streets, book.rules)
    assert next(field for field in fields if field.key == "street").options == tuple(STREETS)
    duty = forms.fields(forms.FORMS["duties"], templates()["duties"], secretary, streets, book.rules)
    assert next(field for field in duty if field.key == "branch").options == tuple(BRANCHES)
    branches = [row[2] for row in book.rows("月度考核", "月份", "类别", "对象") if row[1] == "支部"]
    assert branches == BRANCHES


def test_late_streets_of_one_length_stand_by_number() -> None:
    late = [bulletin.Late(street, 1, 0, ()) for street in shuffled(STREETS)]
    assert [each.street for each in bulletin.ordered(late)] == STREETS


def test_the_agenda_names_parts_and_streets_in_that_order() -> None:
    book = roster_book()
    secretary = person(remembered(templates(), book.memory.known, ZONE), "乙", hour("2026-11-24 09:00").date())
    assert secretary
    shown = agenda(recall(templates(), book.memory, book.rules, hour("2026-11-24 10:00"), Memo()), secretary)
    assert shown.words == "、".join(BRANCHES)
    assert list(shown.unseen) == STREETS


CHAIN = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 桥头 | 暴露垃圾 | 轻微 | 甲
2026-11-24 09:10 | 督查01 | 督查 | 新正街 | 桥头 | 暴露垃圾 | 一般 | 乙
2026-11-24 09:20 | 督查01 | 督查 | 新正街 | 桥头 | 暴露垃圾 | 严重 | 丙
"""


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_issues_that_took_each_other_over_may_stand_in_any_order(order: tuple[int, ...]) -> None:
    """甲 went into 乙, and 乙 into 丙: a graver report of the same place takes over the one that runs."""
    book = bureau().add(CHAIN)
    book.settle("2026-11-24 09:30")
    heads = ("问题描述", "状态", "重复", "截止时间")
    before = sorted(book.rows("问题台账", *heads))
    rows = book.sheets["问题台账"]
    rows[1:] = [rows[at] for at in order]
    for at in ("2026-11-24 09:40", "2026-11-25 09:00"):
        book.settle(at)
    assert [row[0] for row in book.rows("问题台账", "问题描述")] == ["甲乙丙"[at - 1] for at in order]
    after = sorted(book.rows("问题台账", *heads))
    assert [(text, repeat) for text, _, repeat, _ in after] == [
        ("丙", ""), ("乙", "并入，见 20261124-003"), ("甲", "并入，见 20261124-003"),
    ]  # fmt: skip
    assert [row[3] for row in after] == [row[3] for row in before], "deadlines stand"
    assert not any("出错" in " ".join(row) for row in book.rows("运行状态", "项目", "内容"))
