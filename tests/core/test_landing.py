"""What a write covered is given back, wherever columns went in the meantime (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.core.decide import decide
from sync.core.memory import absorb
from sync.core.plan import land
from sync.core.rows import Raw
from tests.book import Book, bureau, hour, templates

Edit = Callable[[list[list[Raw]]], None]


def one_issue() -> Book:
    return bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 照片 | 经度 | 核实结果 | 复核人
        2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲 | a.jpg | 112.36 | 受理 | 丙
        2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 二号 | 路面脏污 | 严重 | 乙 | b.jpg | 112.37 | 受理 | 丁
        """)


def insert_column(at: int, header: str = "") -> Edit:
    def edit(sheet: list[list[Raw]]) -> None:
        for number, row in enumerate(sheet):
            row += [""] * (at - len(row))
            row.insert(at, header if number == 0 else "")

    return edit


def move_column(source: int, target: int) -> Edit:
    def edit(sheet: list[list[Raw]]) -> None:
        width = len(sheet[0])
        for row in sheet:
            row += [""] * (width - len(row))
            row.insert(target, row.pop(source))

    return edit


def insert_row_above(sheet: list[list[Raw]]) -> None:
    sheet.insert(1, [""] * len(sheet[0]))


def swap_rows(sheet: list[list[Raw]]) -> None:
    sheet[1], sheet[2] = sheet[2], sheet[1]


EDITS = {
    "a column inserted at the left": insert_column(0),
    "a column inserted among the service columns": insert_column(2, "本局备注"),
    "a column inserted in the middle": insert_column(18),
    "a service column moved to the right": move_column(1, 20),
    "a person's column moved to the left": move_column(11, 0),
    "rows sorted": swap_rows,
    "a row inserted above": insert_row_above,
}


def people(book: Book) -> list[dict[str, Raw]]:
    """What people typed, by header, in the order of their texts."""
    sheet = book.sheets["问题台账"]
    mine = [column.header for column in templates()["issues"].staff]
    at = {str(header): i for i, header in enumerate(sheet[0])}
    rows = [{header: row[at[header]] if at[header] < len(row) else "" for header in mine} for row in sheet[1:]]
    return sorted((row for row in rows if any(row.values())), key=lambda row: str(row["问题描述"]))


@pytest.mark.parametrize("reply", ["seen", "lost"])
@pytest.mark.parametrize("name", EDITS)
def test_an_edit_between_read_and_write(name: str, reply: str) -> None:
    book, now = one_issue(), hour("2026-11-24 09:05")
    before = people(book)
    decision = decide(book.tables(), book.memory, book.rules, now)
    EDITS[name](book.sheets["问题台账"])  # a person is quicker than our write
    absorb(book.memory, decision, now)
    book.apply(decision)
    if reply == "seen":
        book.memory.restores = land(decision.plan, book.tables().seen, templates())
    else:  # the process died; the next tick finds the plan unlanded
        assert book.memory.plan is not None
        book.memory.restores = land(book.memory.plan, book.tables().seen, templates())
    book.memory.plan = None
    settle(book)
    assert people(book) == before
    shown = sorted(book.rows("问题台账", "问题描述", "编号", "状态", "街路长", "责任单位", "截止时间"))
    assert shown == [
        ("乙", "20261124-002", "待整改", "街路长02", "环卫所", "2026-11-24 10:00"),
        ("甲", "20261124-001", "待整改", "街路长01", "环卫所", "2026-11-24 15:30"),
    ]


def settle(book: Book) -> None:
    for _ in range(6):
        decision = decide(book.tables(), book.memory, book.rules, hour("2026-11-24 09:05"))
        absorb(book.memory, decision, hour("2026-11-24 09:05"))
        book.apply(decision)
        if not decision.plan.tabs:
            return
        book.memory.restores = land(decision.plan, book.tables().seen, templates())
    raise AssertionError("never quiet")
