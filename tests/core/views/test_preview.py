"""A preview says what the next look then says, and leaves no trace in the memory that it was made from."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.memo import Memo
from sync.core.people.permissions import RANK, Person
from sync.core.sheet.rows import Raw
from sync.core.views.forms import forms
from sync.core.views.forms.forms import FORMS
from sync.core.views.forms.preview import NoTab, faults, preview
from tests.book import Book, bureau, cell, hour, shown, templates

NOW = hour("2026-11-24 10:00")
ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 位置 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 12号 | 甲
2026-11-24 09:10 | 督查01 | 督查 | 联胜路 | 占道经营 | 严重 | | 乙
"""


def book() -> Book:
    made = bureau().add(ISSUES)
    made.settle("2026-11-24 09:30")
    return made


def raw(tab: str, cells: dict[str, str]) -> dict[str, Raw]:
    by_key = templates()[tab].by_key
    return {key: cell(text, by_key[key].type) for key, text in cells.items() if text}


def remembered(made: Book) -> Any:
    return copy.deepcopy(replace(made.memory, memo=Memo()))


texts = st.sampled_from(["新正街", "联胜路", "新正接", ""])
reports = st.fixed_dictionaries(
    {
        "reported_at": st.sampled_from(["2026-11-24 09:58", "2026-11-24 07:00", "2027-01-01 08:00", ""]),
        "reporter": st.sampled_from(["街路长01", ""]),
        "source": st.sampled_from(["督查", "街路长自查", "群众反映", "别的"]),
        "street": texts,
        "category": st.sampled_from(["暴露垃圾", "占道经营", "井盖缺损", "没有这类"]),
        "severity": st.sampled_from(["严重", "", "很严重"]),
        "place": st.sampled_from(["12号", ""]),
        "text": st.sampled_from(["垃圾", "=1+1"]),
        "given_limit": st.sampled_from(["", "2小时", "很快"]),
    }
)


@given(cells=reports)
def test_the_next_look_says_what_the_preview_said(cells: dict[str, str]) -> None:
    made = book()
    row = raw("issues", cells)
    before = remembered(made)
    said = preview(made.tables(), made.memory, made.rules, NOW, "issues", row)
    assert remembered(made) == before
    made.row("问题台账", {templates()["issues"].by_key[key].header: text for key, text in cells.items()})
    made.tick(NOW)
    for column in templates()["issues"].service:
        wished = shown(said.shown.get(column.key, ""), column.type)
        assert made.cell("问题台账", 3, column.header) == wished, column.header
    assert bool(said.faults) == bool(made.cell("问题台账", 3, "校验"))


def test_a_look_after_a_preview_is_as_if_there_had_been_none() -> None:
    made, other = book(), book()
    for number in range(3):
        row = raw("feedback", {"reporter": "街路长01", "issue": f"20261124-00{number}", "outcome": "已整改"})
        preview(made.tables(), made.memory, made.rules, NOW, "feedback", row)
    late = hour("2026-11-25 12:00")
    assert made.tick(late) == other.tick(late)


def test_a_tab_whose_headers_were_moved_takes_nothing() -> None:
    made = book()
    made.sheets["整改反馈"][0][0] = "时间"
    with pytest.raises(NoTab, match="整改反馈"):
        preview(made.tables(), made.memory, made.rules, NOW, "feedback", {"reporter": "x"})
    del made.sheets["申请审批"]
    with pytest.raises(NoTab, match="申请审批"):
        faults(made.tables(), made.rules, "requests", {"reason": "x"})


def test_single_cells_can_be_checked_without_a_memory() -> None:
    made = book()
    wrong = faults(made.tables(), made.rules, "requests", raw("requests", {"requester": "街路长01", "kind": "延迟"}))
    assert set(wrong) == {"kind", "reason"} and "是不是「延期」" in wrong["kind"]


# What a form asks of whom


@pytest.mark.parametrize("tab", FORMS)
def test_a_form_asks_for_columns_of_people_alone(tab: str) -> None:
    form, template = FORMS[tab], templates()[tab]
    assert {template.by_key[key].owner for key in (*form.asks, form.reporter, form.when)} == {"staff"}
    answers = {"accepted", "verified", "verifier", "verified_at", "verify_note", "legal_basis"}
    assert not answers & set(form.asks) and not {"answer", "approver", "answered_at"} & set(form.asks)
    required = {column.key for column in template.staff if column.required}
    assert required <= {*form.asks, form.reporter}


def test_every_role_has_a_first_choice_that_the_template_knows() -> None:
    made = book()
    for role in RANK:
        one = Person("某人", frozenset({role}))
        for tab, key in (("issues", "source"), ("duties", "kind"), ("requests", "kind")):
            asked = forms.fields(FORMS[tab], templates()[tab], one, ("新正街",), made.rules)
            field = next(field for field in asked if field.key == key)
            assert field.value == field.options[0]
            assert set(field.options) <= set(templates()[tab].by_key[key].values)


def test_only_superiors_give_another_limit() -> None:
    made = book()
    for role, gives in (("chief", False), ("unit", False), ("secretary", False), ("standards_office", True)):
        one = Person("某人", frozenset({role}))
        asked = forms.fields(FORMS["issues"], templates()["issues"], one, (), made.rules)
        assert ("given_limit" in {field.key for field in asked}) == gives
