"""The month of another city, played in a book and worked out again by ``tests.arithmetic``: no disagreement."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sync.core.letters.letters import LETTER
from sync.core.look.decide import recall
from tests import comparison
from tests.arithmetic import Given, Month, reckon
from tests.book import templates
from tests.city_month import END, CityMonth

NOVEMBER = "2026-11"


@pytest.fixture(scope="module")
def city() -> CityMonth:
    return CityMonth()


@pytest.fixture(scope="module")
def month(city: CityMonth) -> Month:
    return Month(city.reports, city.looks)


def rows(city: CityMonth, key: str) -> list[dict[str, Any]]:
    header, *body = city.book.sheets[templates()[key].title]
    keys = {column.header: column.key for column in templates()[key].columns}
    return [{keys[str(name)]: cell for name, cell in zip(header, row, strict=False)} for row in body]


def test_every_issue_stands_where_other_arithmetic_puts_it(city: CityMonth, month: Month) -> None:
    look = recall(templates(), city.book.memory, city.book.rules, END)
    assert comparison.of_issues(month, look.followed) == []
    seen = Counter("重复报" if report.is_duplicate else report.count for report in city.reports)
    levels = Counter(max(levels, default=0) for levels in month.levels.values())
    assert len(city.reports) == 734 and seen["重复报"] >= 50 and seen[2] >= 20, seen
    assert min(levels[level] for level in range(4)) >= 10, levels


def test_lines_sums_and_ranks_are_what_other_arithmetic_makes_of_the_issues(city: CityMonth, month: Month) -> None:
    letters = city.book.memory.letters.values()
    assert not any(letter.kind == LETTER and letter.number for letter in letters), "nobody signs here"
    reckoned = reckon(month, NOVEMBER, Given(city.streets, city.home, city.days, city.finds))
    lines = [row for row in rows(city, "lines") if row["month"] == NOVEMBER]
    scores = [row for row in rows(city, "scores") if row["month"] == NOVEMBER]
    assert comparison.of_lines(reckoned, lines) == []
    assert comparison.of_rows(reckoned, scores) == []
    assert len(reckoned.lines) > 500
