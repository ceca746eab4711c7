"""A workbook of before, without the columns that came later, until ``jielu init`` adds them."""

from __future__ import annotations

import pytest

from sync.core.scores.facts import COLUMNS
from sync.core.views.periods import verification
from tests.book import Book, bureau, hour, templates
from tests.core.scores.test_seals import OCTOBER

LATER = [(tab.title, column.header) for tab in templates().values() for column in tab.columns if column.optional]


def without(book: Book, *columns: tuple[str, str]) -> Book:
    for title, header in columns:
        at = book.sheets[title][0].index(header)
        for row in book.sheets[title]:
            del row[at]
    return book


@pytest.mark.parametrize(
    ("there", "name", "state"),
    [(False, "", "待整改"), (True, "", "待核实"), (True, "标准化办01", "待整改")],
    ids=["no such column", "no name", "a name"],
)
def test_who_took_a_report_on_is_asked_for_where_the_workbook_has_a_column_for_it(
    there: bool, name: str, state: str
) -> None:
    book = bureau() if there else without(bureau(), ("问题台账", "核实人"))
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-11-24 09:00 | 居民 | 群众反映 | 新正街 | 1号 | 暴露垃圾 | 一般 | 垃圾
        """)
    book.settle("2026-11-24 09:01")
    book.type("问题台账", 1, "核实结果", "受理")
    if name:
        book.type("问题台账", 1, "核实人", name)
    book.settle("2026-11-24 09:30")
    assert book.rows("问题台账", "状态") == [(state,)]


@pytest.mark.parametrize("columns", [LATER, []], ids=["before", "now"])
def test_a_seal_proves_the_columns_that_the_workbook_has(columns: list[tuple[str, str]]) -> None:
    book = without(bureau(), *columns).add(OCTOBER)
    for at in ("2026-10-12 09:05", "2026-10-20 09:00", "2026-11-05 09:00"):
        book.settle(at)
    seal = book.memory.seals["2026-10"]
    proved = {
        name.removeprefix(COLUMNS): words.split("、") for _, name, words in seal.facts if name.startswith(COLUMNS)
    }
    assert ("任务" in proved["扣分明细"], "核实人" in proved["问题台账"]) == (not columns, not columns)
    agreement = verification.verify(book.tables(), book.memory, book.rules, hour("2026-11-05 10:00"), "2026-10")
    assert agreement is not None and agreement.right
