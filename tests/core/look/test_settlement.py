"""What the tabs say of issues that were meant to leave: what it rests on does not grow with the years of archive."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.look.rebuilding.archive import ArchivedRow, archived_rows, in_question, settlement, standing_rows
from sync.core.memory import BACK, MOVING, THERE, Archived, Memory
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Layout, locate
from tests.book import ZONE, hour, templates

ISSUES = templates()["issues"]
HEADER = tuple(column.header for column in ISSUES.columns)
NUMBERS = ("20261012-001", "20261012-002", "20261012-003", "20261012-004")
WORDS = ("甲", "乙", "丙")
AT = hour("2027-01-10 21:00")

number_and_words = st.tuples(st.sampled_from(["", "20251012-999", *NUMBERS]), st.sampled_from(WORDS))
tabs = st.lists(number_and_words, max_size=6)
marks = st.fixed_dictionaries({number: st.sampled_from([None, MOVING, THERE, BACK]) for number in NUMBERS})
words_of = st.fixed_dictionaries({}, optional={number: st.sampled_from(WORDS) for number in NUMBERS})


def table(rows: Iterable[tuple[str, str]]) -> Table:
    """A tab of the log with rows of these numbers and words."""
    at = {column.key: n for n, column in enumerate(ISSUES.columns)}
    sheet_rows: list[list[Raw]] = []
    for number, words in rows:
        cells: list[Raw] = [""] * len(HEADER)
        cells[at["id"]], cells[at["text"]] = number, words
        sheet_rows.append(cells)
    return Table("issues", HEADER, sheet_rows)


def in_archive(*years: Iterable[tuple[str, str]]) -> list[ArchivedRow]:
    """The rows of the archive tabs of 2026 and the years after."""
    archives = {f"问题台账{year}": table(rows) for year, rows in enumerate(years, start=2026)}
    return [*archived_rows(ISSUES, archives, ZONE)]


def in_log(rows: Iterable[tuple[str, str]]) -> list[ArchivedRow]:
    layout = locate(ISSUES, HEADER)
    assert isinstance(layout, Layout)
    return standing_rows(layout, table(rows), ZONE)


def remembered(states: dict[str, str | None], words: dict[str, str]) -> Memory:
    known = {number: Known(number, {"text": text}, "") for number, text in words.items()}
    archived = {number: Archived(number, "问题台账2026", state, AT) for number, state in states.items() if state}
    return Memory(known={"issues": known}, archived=archived)


@given(tabs, tabs, tabs, marks, words_of)
def test_rows_that_are_in_no_question_change_nothing(
    log: list[tuple[str, str]],
    last_year: list[tuple[str, str]],
    this_year: list[tuple[str, str]],
    states: dict[str, str | None],
    words: dict[str, str],
) -> None:
    memory, archived, here = remembered(states, words), in_archive(last_year, this_year), in_log(log)
    assert settlement(memory, here, [*in_question(memory, archived)]) == settlement(memory, here, archived)


@pytest.mark.parametrize("years", [1, 5])
def test_of_years_of_archive_only_what_comes_is_in_question(years: int) -> None:
    numbers = [[f"{2026 + year}{n:04}-001" for n in range(40)] for year in range(years)]
    coming = numbers[-1][:3]
    states: dict[str, str | None] = {number: THERE for year in numbers for number in year}
    words = {number: number for number in states}
    memory = remembered({**states, **dict.fromkeys(coming, MOVING)}, words)
    archived = in_archive(*([(number, number) for number in year] for year in numbers))
    assert [row.rid for row in in_question(memory, archived)] == coming
