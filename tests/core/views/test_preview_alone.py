"""A row's preview by the few rows that have a say in it is the preview by all of them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.sheet.rows import Raw, Table
from sync.core.views.forms.preview import Preview, preview, preview_alone
from sync.core.views.forms.row_index import RowIndex
from tests.book import Book, bureau, cell, hour, templates

NOW = hour("2026-11-24 15:00")
STREETS, PLACES, CATEGORIES = ("新正街", "联胜路"), ("12号", "１２号", "桥头", ""), ("暴露垃圾", "占道经营", "路面破损")
SOURCES = ("督查", "街路长自查", "群众反映", "上级交办", "媒体曝光")
PHOTOS = ("/photos/p1", "/photos/p2", "/photos/p3", "")
HEADS = {
    "issues": "填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 照片",
    "feedback": "填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片 | 整改说明",
}


def log(seed: int, day: int) -> str:
    """Twenty reports of a day in November 2026, many of one place."""
    draw, lines = random.Random(seed * 100 + day), ["问题台账", HEADS["issues"]]
    for number in range(20):
        cells = [draw.choice(options) for options in (SOURCES, STREETS, PLACES, CATEGORIES, ("一般", "严重"))]
        reporter, photo = draw.choice(("街路长01", "督查01")), draw.choice(PHOTOS)
        at = f"2026-11-{day} {8 + number % 3:02d}:{number:02d}"
        lines.append(" | ".join([at, reporter, *cells, f"{day}日第{number}处", photo]))
    return "\n".join(lines)


def answers(made: Book, seed: int, day: int) -> str:
    """Feedback on issues that wait for it, some of it with photos that were used before."""
    draw, lines = random.Random(seed * 100 + day), ["整改反馈", HEADS["feedback"]]
    for number, state in made.rows("问题台账", "编号", "状态"):
        if "待整改" in state and draw.random() < 0.6:
            outcome = draw.choice(("已整改", "已整改", "上报", "非本单位"))
            photo = draw.choice((*PHOTOS, *[f"/photos/{number}"] * 4))
            at = f"2026-11-{day} 13:{draw.randrange(60):02d}"
            lines.append(f"{at} | 街路长01 | {number} | {outcome} | {photo} | 好了")
    return "\n".join(lines)


@cache
def played(seed: int) -> Book:
    """A bureau whose issues are new, answered, passed, returned, voided and duplicates of each other."""
    made, draw = bureau(), random.Random(seed)
    made.photograph(("p1", "摊", ""), ("p2", "坑", ""), ("p3", "摊", ""))  # p3 is p1, sent once more
    made.settle("2026-11-20 08:00")
    for day in (20, 23, 24):
        made.add(log(seed, day))
        made.settle(f"2026-11-{day} 11:30")
        made.add(answers(made, seed, day))
        made.settle(f"2026-11-{day} 14:10")
        for row, (state,) in enumerate(made.rows("问题台账", "状态"), 1):
            if "待复核" in state and draw.random() < 0.8:
                made.verify(row, draw.choice(("通过", "返工", "未整改")))
            if "待核实" in state and draw.random() < 0.8:
                made.type("问题台账", row, "核实结果", draw.choice(("受理", "作废")))
        made.settle(f"2026-11-{day} 14:30")
    return made


def raw(tab: str, cells: dict[str, str]) -> dict[str, Raw]:
    by_key = templates()[tab].by_key
    return {key: cell(text, by_key[key].type) for key, text in cells.items() if text}


def in_sheet(tab: str, cells: dict[str, Raw]) -> list[Raw]:
    return [cells.get(column.key, "") for column in templates()[tab].columns]


def alone(made: Book, tab: str, row: dict[str, Raw], *before: dict[str, Raw]) -> Preview | None:
    """``before``: rows that came since the last look."""
    new = Table(tab, made.tables().seen[tab].header, [in_sheet(tab, cells) for cells in before])
    return preview_alone(INDEX, made.tables().tabs, new, made.memory, made.rules, NOW, row)


def by_all(made: Book, tab: str, row: dict[str, Raw], *before: dict[str, Raw]) -> Preview:
    tables = made.tables()
    table = tables.seen[tab]
    grown = replace(table, rows=[*table.rows, *(in_sheet(tab, cells) for cells in before)])
    return preview(replace(tables, seen={**tables.seen, tab: grown}), made.memory, made.rules, NOW, tab, row)


ISSUE_ROWS = st.fixed_dictionaries(
    {
        "reported_at": st.sampled_from(["2026-11-24 14:58", "2026-11-23 07:00", "2027-01-01 08:00"]),
        "reporter": st.sampled_from(["街路长01", "督查01", ""]),
        "source": st.sampled_from(SOURCES),
        "street": st.sampled_from([*STREETS, "新正接"]),
        "place": st.sampled_from([*PLACES, "别处"]),
        "category": st.sampled_from([*CATEGORIES, "没有这类"]),
        "severity": st.sampled_from(["一般", "严重", "很严重"]),
        "text": st.just("垃圾"),
        "photos": st.sampled_from(PHOTOS),
    }
)
ANSWER_ROWS = st.fixed_dictionaries(
    {
        "reported_at": st.sampled_from(["2026-11-24 14:58", "2026-11-20 07:00"]),
        "reporter": st.sampled_from(["街路长01", "督查01"]),
        "issue": st.integers(0, 61),
        "outcome": st.sampled_from(["已整改", "非本单位", "上报", "好了"]),
        "photos": st.sampled_from(PHOTOS),
        "text": st.just("清走了"),
    }
)
DUTY_ROWS = st.fixed_dictionaries(
    {
        "reported_at": st.sampled_from(["2026-11-24 14:58", "2027-01-01 08:00"]),
        "reporter": st.sampled_from(["街路长01", "指挥长01"]),
        "kind": st.sampled_from(["巡查", "现场调度", "驻点", "别的"]),
        "street": st.sampled_from([*STREETS, ""]),
        "issue": st.integers(0, 61),
        "text": st.just("看过"),
    }
)
SEEDS = st.integers(1, 4)
NOBODY_S = "20261124-999"
INDEX = RowIndex()  # of all bureaus, one after the other: what it holds of another is never taken


def numbered(made: Book, cells: dict[str, str | int]) -> dict[str, str]:
    """The n-th number of the log; behind it none, and at last one that nobody gave."""
    numbers = [number for (number,) in made.rows("问题台账", "编号")]
    named = dict(enumerate([*numbers, "", NOBODY_S]))
    return {key: named[value] if isinstance(value, int) else value for key, value in cells.items()}


def before(rows: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(rows, max_size=3)


@given(seed=SEEDS, cells=ISSUE_ROWS, earlier=before(ISSUE_ROWS))
def test_a_report(seed: int, cells: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    made, row, new = played(seed), raw("issues", cells), [raw("issues", each) for each in earlier]
    assert alone(made, "issues", row, *new) == by_all(made, "issues", row, *new)


@pytest.mark.parametrize(("tab", "rows"), [("feedback", ANSWER_ROWS), ("duties", DUTY_ROWS)])
def test_a_row_about_an_issue(tab: str, rows: st.SearchStrategy[dict[str, Any]]) -> None:
    @given(seed=SEEDS, cells=rows, earlier=before(rows))
    def compare(seed: int, cells: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
        made = played(seed)
        row, *new = (raw(tab, numbered(made, each)) for each in (cells, *earlier))
        told = alone(made, tab, row, *new)
        if row.get("issue") == NOBODY_S:
            assert told is None, "the whole is read"
        else:
            assert told == by_all(made, tab, row, *new)

    compare()


def test_the_logs_have_every_kind_of_issue() -> None:
    """Else the comparisons above would compare little."""
    states = Counter(state for seed in range(1, 5) for (state,) in played(seed).rows("问题台账", "状态"))
    repeats = Counter(text[:3] for seed in range(1, 5) for (text,) in played(seed).rows("问题台账", "重复"))
    assert len(states) >= 6 and {"第2次", "重复报"} <= repeats.keys(), (states, repeats)
    results = Counter(text[:6] for seed in range(1, 5) for (text,) in played(seed).rows("整改反馈", "结果"))
    assert len(results) >= 4, results


@pytest.mark.parametrize(("header", "value"), [("位置", "7号"), ("类别", "占道经营"), ("街路", "联胜路")])
def test_an_issue_that_was_moved_since_the_last_form_counts_where_it_is_now(header: str, value: str) -> None:
    """Which issues are at a place is held between two forms."""
    made = bureau()
    made.settle("2026-11-24 08:00")
    line = "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 12号 | 暴露垃圾 | 一般 | 垃圾 |"
    made.add(f"问题台账\n{HEADS['issues']}\n{line}")
    made.settle("2026-11-24 09:05")
    cells = {"reported_at": "2026-11-24 14:58", "reporter": "督查01", "source": "督查", "severity": "一般"}
    here = raw("issues", {**cells, "street": "新正街", "place": "12号", "category": "暴露垃圾", "text": "又有"})
    key = {"位置": "place", "类别": "category", "街路": "street"}[header]
    there: dict[str, Raw] = {**here, key: value}
    assert [alone(made, "issues", row) == by_all(made, "issues", row) for row in (here, there)] == [True, True]
    assert "重复报" in str(by_all(made, "issues", here).shown["repeat"])
    made.type("问题台账", 1, header, value)
    made.settle("2026-11-24 14:30")
    assert "repeat" not in by_all(made, "issues", here).shown
    assert "重复报" in str(by_all(made, "issues", there).shown["repeat"])
    assert [alone(made, "issues", row) == by_all(made, "issues", row) for row in (here, there)] == [True, True]


def test_rows_that_came_since_the_last_look_take_their_numbers_first() -> None:
    made = played(1)
    row = raw("issues", {"reported_at": "2026-11-24 14:58", "reporter": "督查01", "source": "督查", "street": "联胜路",
                         "place": "别处", "category": "暴露垃圾", "severity": "一般", "text": "垃圾"})  # fmt: skip
    before = {**row, "text": "另一堆", "place": "远处"}
    first, second = alone(made, "issues", row), alone(made, "issues", row, before)
    assert first is not None and second is not None
    day, number = str(first.shown["id"]).split("-")
    assert second.shown["id"] == f"{day}-{int(number) + 1:03d}"


def test_of_a_request_and_before_the_first_look_the_whole_is_read() -> None:
    made = played(1)
    request = raw("requests", {"requester": "街路长01", "kind": "延期", "reason": "大雨"})
    assert alone(made, "requests", request) is None
    new = bureau().add(log(1, 24))
    assert alone(new, "issues", raw("issues", {"reporter": "街路长01", "street": "新正街"})) is None
