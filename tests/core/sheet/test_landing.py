"""What a write covered is given back, wherever columns went in the meantime (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.core.look.decide import decide
from sync.core.memory import absorb
from sync.core.sheet.landing import cell_at, covers
from sync.core.sheet.plan import Plan, TabPlan, Write
from sync.core.sheet.rows import Raw, Table
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


def landed(book: Book, plan: Plan) -> None:
    """What the write of a plan may have covered, going by the tabs as they stand now."""
    numbered = replace(plan, number=str(len(book.memory.covers)))
    news = covers(numbered, book.tables().seen, templates())
    book.remember(covers=(*book.memory.covers, *news))


@pytest.mark.parametrize("reply", ["seen", "lost"])
@pytest.mark.parametrize("name", EDITS)
def test_an_edit_between_read_and_write(name: str, reply: str) -> None:
    book, now = one_issue(), hour("2026-11-24 09:05")
    before = people(book)
    decision = decide(book.tables(), book.memory, book.rules, now)
    EDITS[name](book.sheets["问题台账"])  # a person is quicker than our write
    book.memory = absorb(book.memory, decision, now)
    book.apply(decision)
    if reply == "seen":
        landed(book, decision.plan)
    else:  # the process died; the next tick finds the plan unlanded
        assert book.memory.plan is not None
        landed(book, book.memory.plan)
    book.remember(plan=None)
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
        book.memory = absorb(book.memory, decision, hour("2026-11-24 09:05"))
        book.apply(decision)
        if not decision.plan.tabs:
            return
        landed(book, decision.plan)
    raise AssertionError("never quiet")


# Whatever people do, whenever they do it -------------------------------------------------------------------------
STAFF = [column.header for column in templates()["issues"].staff]
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ("type", "new row", "sort", "delete", "insert row", "insert column", "move column", "copy row")
        ),
        st.integers(0, 40),
        st.integers(0, 40),
        st.sampled_from(("between ticks", "while we write")),
    ),
    max_size=14,
)


class Two:
    """The workbook, and a shadow of it in which the same people do the same and no service ever writes."""

    def __init__(self) -> None:
        self.book = one_issue()
        self.shadow = [list(row) for row in self.book.sheets["问题台账"]]
        self.count = 0

    def do(self, what: str, a: int, b: int) -> None:
        self.count += 1
        end = len(self.shadow)  # below it may lie cells of ours that fell on a row that was deleted
        for sheet in (self.book.sheets["问题台账"], self.shadow):
            self.edit(sheet, what, a, b, end)

    def edit(self, sheet: list[list[Raw]], what: str, a: int, b: int, end: int) -> None:
        width, rows = len(sheet[0]), end - 1
        row = 1 + a % rows if rows else 0
        if what == "new row":
            sheet.insert(end, self.filled(sheet[0]))
        elif what == "insert row":
            sheet.insert(1 + a % (rows + 1), [""] * width)
        elif what == "insert column":
            insert_column(b % (width + 1), f"自加列{self.count}" if a % 2 else "")(sheet)
        elif what == "move column":
            move_column(a % width, b % width)(sheet)
        elif row and what == "type":
            at = sheet[0].index(STAFF[b % len(STAFF)])
            sheet[row] += [""] * (at + 1 - len(sheet[row]))
            sheet[row][at] = f"第{self.count}次改"
        elif row and what == "sort":
            at = sheet[0].index("问题描述")
            sheet[1:end] = sorted(sheet[1:end], key=lambda cells: text_at(cells, at), reverse=bool(a % 2))
        elif row and what == "delete":
            del sheet[row]
        elif row and what == "copy row":
            sheet.insert(end, list(sheet[row]))

    def filled(self, header: list[Raw]) -> list[Raw]:
        cells = {"填报人": "督查01", "来源": "督查", "街路": "新正街", "类别": "其他", "问题描述": f"新的{self.count}"}
        return [cells.get(str(name), "") for name in header]

    def tick(self, now: datetime, during: list[tuple[str, int, int]]) -> bool:
        """One tick, with edits between its read and its write; whether it wrote."""
        decision = decide(self.book.tables(), self.book.memory, self.book.rules, now)
        for what, a, b in during:
            self.do(what, a, b)
        self.book.memory = absorb(self.book.memory, decision, now)
        self.book.apply(decision)
        landed(self.book, decision.plan)
        return bool(decision.plan.tabs)

    def rest(self, now: datetime) -> None:
        """Ticks until one writes nothing."""
        for _ in range(8):
            if not self.tick(now, []):
                return
        raise AssertionError("never quiet")


def text_at(cells: list[Raw], at: int) -> str:
    return str(cells[at]) if at < len(cells) else ""


def theirs(sheet: list[list[Raw]]) -> list[list[str]]:
    """Every cell that is people's, place by place: all columns but the service's."""
    service = {column.header for column in templates()["issues"].service}
    columns = [index for index, header in enumerate(sheet[0]) if header not in service]
    rows = [[str(row[index]) if index < len(row) else "" for index in columns] for row in sheet]
    while not any(rows[-1]):
        rows.pop()
    return rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_no_value_of_a_person_ever_changes_by_our_hand(plan: list[tuple[str, int, int, str]]) -> None:
    """Promise 1: after the next quiet tick every person's value stands where that person put it."""
    two, now = Two(), hour("2026-11-24 09:05")
    for what, a, b, when in plan:
        now += timedelta(minutes=7)
        # Who copies a row copies all that stands in it; and a cell that is being put back is not typed into in the same
        # instant: no spreadsheet API can tell that apart (there is no compare-and-set). Everything else may coincide.
        if what in ("copy row", "type"):
            two.rest(now)
        if when == "between ticks":
            two.do(what, a, b)
            two.tick(now, [])
        else:
            two.tick(now, [(what, a, b)])
    two.rest(now)
    assert theirs(two.book.sheets["问题台账"]) == theirs(two.shadow)
    sheet = two.book.sheets["问题台账"]
    if sheet[0].count("编号") == 1:
        ids = [row[sheet[0].index("编号")] for row in sheet[1:] if len(row) > sheet[0].index("编号")]
        given_ = [one for one in ids if one]
        assert len(given_) == len(set(given_))


@pytest.mark.parametrize(
    ("column", "cell"), [(0, "甲"), (1, "乙"), (2, ""), (3, "")], ids=["first", "last", "at the end", "beyond"]
)
def test_a_row_that_ends_early_is_empty_from_there_on(column: int, cell: str) -> None:
    assert cell_at(["甲", "乙"], column) == cell


class Counted(tuple[Write, ...]):
    """Writes that count how often all of them are gone through."""

    times = 0

    def __iter__(self) -> Iterator[Write]:
        type(self).times += 1
        return super().__iter__()


def test_a_write_of_many_rows_is_gone_through_as_often_as_one_of_few() -> None:
    """Once for each of ten thousand rows was ninety seconds of a first look."""
    tab, times = templates()["issues"], []
    header = tuple(column.header for column in tab.columns)
    id_column = header.index(tab.by_key[tab.id].header)
    for count in (2, 200):
        rows = {
            number: tuple("" if at == id_column else f"{number}" for at in range(8)) for number in range(2, count + 2)
        }
        Counted.times = 0
        writes = Counted(Write(number, id_column, f"id {number}") for number in rows)
        after = [tuple(cell or f"id {number}" for cell in row) for number, row in rows.items()]
        plan = Plan({"issues": TabPlan("issues", header, writes, rows=rows)}, number=1)
        assert covers(plan, {"issues": Table("issues", header, after)}, {"issues": tab}) == []
        times.append(Counted.times)
    assert times[0] == times[1] > 0
