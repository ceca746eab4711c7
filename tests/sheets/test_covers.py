"""People move columns, rows and headers between our read and our write: each value stays with the row of its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import gspread
import pytest
import requests

from sync.core.sheet.plan import Restore, appended
from sync.core.sheet.rows import Raw, layout_of
from sync.core.sheet.tabs import Layout
from sync.sheets import answers
from sync.sheets.answers import Verdict
from sync.sheets.appending import Astray, append
from sync.sheets.gateway import Unknown, Unreachable
from sync.workbook import transport
from sync.workbook.schema import errors
from sync.workbook.server import Request, Response
from tests.live_book import LiveBook, name

AT = "2026-11-24 09:30"
ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 照片 | 指定时限
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 一般 | 戊 | 1.jpg | 2小时
2026-11-24 09:01 | 督查01 | 督查 | 新正街 | 2号 | 路面脏污 | 一般 | 丁 | 2.jpg |
2026-11-24 09:02 | 督查02 | 督查 | 新正街 | 3号 | 缺株死树 | 一般 | 丙 | 3.jpg | 4工作时
2026-11-24 09:03 | 督查02 | 督查 | 新正街 | 4号 | 暴露垃圾 | 一般 | 乙 | 4.jpg |
2026-11-24 09:04 | 督查01 | 督查 | 新正街 | 5号 | 路面脏污 | 一般 | 甲 | 5.jpg | 1工作日
"""
PEOPLE = ("填报人", "街路", "位置", "类别", "严重程度", "照片", "指定时限")
Act = Callable[[LiveBook], None]


def sheet_of(live: LiveBook):  # type: ignore[no-untyped-def]
    return live.book.worksheet("问题台账")


def column(live: LiveBook, header: str) -> int:
    """1-based."""
    return int(sheet_of(live).row_values(1).index(header)) + 1


def insert_before_limit(live: LiveBook) -> None:
    sheet_of(live).insert_cols([[]], column(live, "指定时限"))


def insert_filled_before_limit(live: LiveBook) -> None:
    sheet_of(live).insert_cols([["本局备注", "子", "丑", "寅", "卯", "辰"]], column(live, "指定时限"))


def take_column_away(live: LiveBook) -> None:
    sheet_of(live).delete_columns(column(live, "指定时限") - 1)


def rename_place(live: LiveBook) -> None:
    sheet_of(live).update_cell(1, column(live, "位置"), "地点")


def name_it_back(live: LiveBook) -> None:
    header = sheet_of(live).row_values(1)
    if "地点" in header:
        sheet_of(live).update_cell(1, header.index("地点") + 1, "位置")


def sort_by_text(live: LiveBook) -> None:
    last = gspread.utils.rowcol_to_a1(6, sheet_of(live).col_count)
    sheet_of(live).sort((column(live, "问题描述"), "asc"), range=f"A2:{last}")


def insert_row(live: LiveBook) -> None:
    sheet_of(live).insert_row([], 2)


def delete_first_row(live: LiveBook) -> None:
    sheet_of(live).delete_rows(2)


def photos_to_the_front(live: LiveBook) -> None:
    at = column(live, "照片") - 1
    source = {"sheetId": sheet_of(live).id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    live.book.batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": 0}}]})


def photos_behind_longitude(live: LiveBook) -> None:
    """What is meant for 照片 falls under 经度, where the row holds nothing."""
    at = column(live, "照片") - 1
    source = {"sheetId": sheet_of(live).id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    live.book.batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": at + 2}}]})


def hint_behind_the_hour(live: LiveBook) -> None:
    """What is meant for 填报时间 falls under 时限提示, a service header."""
    at = column(live, "时限提示") - 1
    source = {"sheetId": sheet_of(live).id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    live.book.batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": at + 2}}]})


def verdict_before_state(live: LiveBook) -> None:
    """What is meant for 状态 falls under 复核结果."""
    source, target = column(live, "复核结果") - 1, column(live, "状态") - 1
    span = {"sheetId": sheet_of(live).id, "dimension": "COLUMNS", "startIndex": source, "endIndex": source + 1}
    live.book.batch_update({"requests": [{"moveDimension": {"source": span, "destinationIndex": target}}]})


def row_above_header(live: LiveBook) -> None:
    sheet_of(live).insert_row([], 1)


def row_above_header_goes(live: LiveBook) -> None:
    if not any(sheet_of(live).row_values(1)):
        sheet_of(live).delete_rows(1)


def move_branch_to_the_end(live: LiveBook) -> None:
    """The column of 支部, whose name a write may have covered."""
    move_to_the_end(live, [each.header for each in live.tab("问题台账").columns].index("支部"))


def move_to_the_end(live: LiveBook, at: int) -> None:
    source = {"sheetId": sheet_of(live).id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    end = len(sheet_of(live).row_values(1))
    live.book.batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": end}}]})


def second_state(live: LiveBook) -> None:
    sheet_of(live).insert_cols([["状态"]], column(live, "指定时限"))


def second_state_renamed(live: LiveBook) -> None:
    header = sheet_of(live).row_values(1)
    if header.count("状态") == 2:
        sheet_of(live).update_cell(1, header.index("状态", header.index("状态") + 1) + 1, "自己的")


def state_before_state(live: LiveBook) -> None:
    sheet_of(live).insert_cols([["状态"]], column(live, "状态"))


def state_before_state_renamed(live: LiveBook) -> None:
    sheet_of(live).update_cell(1, column(live, "状态"), "自己的")


STORIES: dict[str, tuple[list[Act], list[Act], list[Act]]] = {  # in the gap; right after the write; before the look
    "a column": ([insert_before_limit], [], []),
    "a column with cells of their own": ([insert_filled_before_limit], [], []),
    "a column, and a header renamed in the gap": ([insert_before_limit, rename_place], [], [name_it_back]),
    "a column, and a header renamed after the write": ([insert_before_limit], [rename_place], [name_it_back]),
    "a column, and sorted in the gap": ([insert_before_limit, sort_by_text], [], []),
    "a column, and a row above": ([insert_before_limit, insert_row], [], []),
    "a column of their own, and a row above": ([insert_filled_before_limit, insert_row], [], []),
    "a column, and the first row deleted": ([insert_before_limit, delete_first_row], [], []),
    "photos to the front, and the first row deleted": ([photos_to_the_front, delete_first_row], [], []),
    "a column, sorted after the write": ([insert_before_limit], [sort_by_text], []),
    "a column, taken away after the write": ([insert_before_limit], [take_column_away], []),
    "a column of a name that is ours": ([second_state], [], [second_state_renamed]),
    "a column of a name that is ours, right before it": ([state_before_state], [], [state_before_state_renamed]),
    "a row above the header": ([row_above_header], [], [row_above_header_goes]),
    "a row above the header, a column moved after": (
        [row_above_header],
        [],
        [row_above_header_goes, move_branch_to_the_end],
    ),
    "a row above the header, sorted after": ([row_above_header], [row_above_header_goes, sort_by_text], []),
}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveBook]:
    made = LiveBook(tmp_path).add(ISSUES)
    yield made
    made.ledger.close()


def people(live: LiveBook) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in live.rows("问题台账", "问题描述", *PEOPLE)}


def own(live: LiveBook) -> dict[Raw, Raw]:
    """The cells of a column of the bureau's own, and of one without a name, by text."""
    values = sheet_of(live).get_values(value_render_option="UNFORMATTED_VALUE")
    at, header = values[0].index("问题描述"), values[0]
    known = {column.header for column in live.tab("问题台账").columns}
    columns = [i for i in range(max(map(len, values))) if i >= len(header) or header[i] not in known]
    cells = {row[at]: [row[i] for i in columns if i < len(row) and row[i] != ""] for row in values[1:] if len(row) > at}
    return {text: row[0] for text, row in cells.items() if row}


@pytest.mark.parametrize("answer", ["arrives", "is lost", "is lost and the service dies"])
@pytest.mark.parametrize("when", ["at the first look", "at a later look"])
@pytest.mark.parametrize("story", STORIES)
def test_each_value_stays_with_the_row_of_its_owner(live: LiveBook, story: str, when: str, answer: str) -> None:
    gap, after, later = STORIES[story]
    if when == "at a later look":
        live.settle(AT)
        for row in range(1, 6):
            live.type("问题台账", row, "状态", "乱")
            live.type("问题台账", row, "街路长", "乱")
    before = people(live)
    cells = dict(zip(before, "子丑寅卯辰", strict=True)) if insert_filled_before_limit in gap else {}
    written: list[int] = []

    def in_the_gap(request: Request) -> Response | None:
        if name(request) == "write" and not written:
            written.append(1)
            for act in gap:
                act(live)
        return None

    def right_after(request: Request, response: Response) -> Response | None:
        if name(request) == "write" and written == [1]:
            written.append(2)
            for act in after:
                act(live)
            if answer != "arrives":
                raise requests.ConnectionError("cut after it was applied")
        return None

    live.before, live.after = in_the_gap, right_after
    report = live.settle(AT)
    if answer == "is lost and the service dies":
        live.restart()
    assert written == [1, 2] and report is not None
    for act in later:
        act(live)
    live.settle("2026-11-24 09:31")
    if delete_first_row in gap:
        del before["戊"]
    assert people(live) == before
    assert own(live) == {text: cell for text, cell in cells.items() if text in before}
    stands = {row[0]: row[1:] for row in live.rows("问题台账", "问题描述", "编号", "状态", "街路长")}
    numbers = {text: f"20261124-{n:03d}" for n, text in enumerate("戊丁丙乙甲", start=1)}
    assert stands == {text: (numbers[text], "待整改", "街路长01") for text in before}


def own_before_unit(live: LiveBook) -> None:
    """A column of the bureau's own among those that a look writes."""
    header = next(row for row in sheet_of(live).get_values() if "责任单位" in row)
    at = header.index("责任单位")
    sheet_of(live).insert_cols([[]], at + 1)
    sheet_of(live).update_cell(1 + sheet_of(live).col_values(at + 2).index("责任单位"), at + 1, "本局备注")


def own_to_the_end(live: LiveBook) -> None:
    move_to_the_end(live, [each.header for each in live.tab("问题台账").columns].index("责任单位"))


AMONG: dict[str, tuple[list[Act], list[Act]]] = {  # in the gap; right after the write
    "a column among those written": ([own_before_unit, row_above_header], []),
    "a column among those written, another moved after": (
        [own_before_unit, row_above_header],
        [row_above_header_goes, move_branch_to_the_end],
    ),
    "a column among those written, moved after": (
        [own_before_unit, row_above_header],
        [row_above_header_goes, own_to_the_end],
    ),
}


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize("rows", [(1, 2, 3, 4, 5), (3,)])
@pytest.mark.parametrize("story", AMONG)
def test_no_column_takes_the_name_of_another(live: LiveBook, story: str, rows: tuple[int, ...], answer: str) -> None:
    """Names that can't be told stay empty until somebody types them; then everything stands where it belongs."""
    live.settle(AT)
    for row in rows:
        for header in ("状态", "街路长", "支部", "区域", "责任单位", "截止时间"):
            live.type("问题台账", row, header, "乱")
    before, right = people(live), list[str]()

    def right_after(request: Request, response: Response) -> Response | None:
        if name(request) == "write" and not right:
            for act in AMONG[story][1]:
                act(live)
            right.extend(right_header(live, story))
            if answer == "is lost":
                raise requests.ConnectionError("cut after it was applied")
        return None

    in_the_gap_once(live, *AMONG[story][0])
    live.after = right_after
    live.settle("2026-11-24 09:31")
    row_above_header_goes(live)
    live.settle("2026-11-24 09:32")
    header = sheet_of(live).row_values(1)
    assert [(name, true) for name, true in zip(header, right, strict=False) if name not in ("", true)] == []
    sheet_of(live).update([right], "A1")
    live.settle("2026-11-24 09:33")
    assert people(live) == before
    assert own(live) == {}
    assert sorted(live.rows("问题台账", *STANDS)) == sorted(RIGHT)


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize("twin", ["街路长", "区域"])
def test_names_come_back_though_a_new_column_bears_one_of_them(live: LiveBook, twin: str, answer: str) -> None:
    """One row's write falls into the header, shifted by a column to its left that is called as one of ours."""
    live.settle(AT)
    right = sheet_of(live).row_values(1)
    at = right.index("照片")
    live.type("问题台账", 1, "街路", "联胜路")

    in_the_gap_once(live, lambda book: sheet_of(book).insert_cols([[twin]], at + 1), row_above_header)
    cut_an_answer(live, answer)
    live.settle("2026-11-24 09:31")
    row_above_header_goes(live)
    live.settle("2026-11-24 09:32")
    assert sheet_of(live).row_values(1) == [*right[:at], twin, *right[at:]]


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize("rows", [(1,), (1, 2, 3, 4, 5)])
def test_names_that_are_put_back_while_a_column_comes_take_no_column_for_another(
    live: LiveBook, rows: tuple[int, ...], answer: str
) -> None:
    """The write that mends the header falls one column beside."""
    live.settle(AT)
    before, right = people(live), sheet_of(live).row_values(1)
    at = right.index("照片")
    for row in rows:
        for header in ("状态", "街路长", "支部", "区域", "责任单位", "截止时间"):
            live.type("问题台账", row, header, "乱")
    in_the_gap_once(live, row_above_header)
    live.tick("2026-11-24 09:31")
    row_above_header_goes(live)
    in_the_gap_once(live, lambda book: sheet_of(book).insert_cols([["本局备注", *"子丑寅卯辰"]], at + 1))
    cut_an_answer(live, answer)
    for minute in (32, 33, 34):
        live.settle(f"2026-11-24 09:{minute}")
    assert sheet_of(live).row_values(1) == [*right[:at], "本局备注", *right[at:]]
    assert people(live) == before and notes(live) == list("子丑寅卯辰")
    assert sorted(live.rows("问题台账", *STANDS)) == sorted(RIGHT)


def right_header(live: LiveBook, story: str) -> list[str]:
    header = [each.header for each in live.tab("问题台账").columns]
    header.insert(header.index("责任单位"), "本局备注")
    moved = {own_to_the_end: "本局备注", move_branch_to_the_end: "支部"}
    for act in AMONG[story][1]:
        if act in moved:
            header.append(header.pop(header.index(moved[act])))
    return header


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize("is_moved", [False, True])
@pytest.mark.parametrize("unnamed", [(), ("状态",), ("时限提示", "销号时间")])
def test_a_name_where_a_write_emptied_a_cell_comes_back(
    live: LiveBook, unnamed: tuple[str, ...], is_moved: bool, answer: str
) -> None:
    """The row below the header is closed: its words of state change, its hint goes. Another column may be moved then,
    and others may have no name."""
    for header in unnamed:
        sheet_of(live).insert_cols([[]], column(live, header))
    live.type("问题台账", 1, "填报时间", 46349.4)
    live.settle(AT)
    right = sheet_of(live).row_values(1)
    for header, cell in (("复核结果", "通过"), ("复核人", "标准化办01"), ("复核时间", 46350.396), ("复核意见", "看过")):
        live.type("问题台账", 1, header, cell)

    in_the_gap_once(live, row_above_header)
    cut_an_answer(live, answer)
    live.settle("2026-11-24 09:31")
    row_above_header_goes(live)
    if is_moved:
        move_to_the_end(live, right.index("支部"))
        right.append(right.pop(right.index("支部")))
    live.settle("2026-11-24 09:32")
    assert sheet_of(live).row_values(1) == right
    assert live.rows("问题台账", "状态", "时限提示")[0] == ("已销号", "")


@pytest.mark.parametrize("refusal", ["timeout", "no such column"])
def test_names_come_back_though_the_write_that_puts_them_back_fails_once(live: LiveBook, refusal: str) -> None:
    """It never arrives, or is refused as a whole, since a column was deleted and the tab is no longer so wide."""
    live.settle(AT)
    right = sheet_of(live).row_values(1)
    for header, cell in (("复核结果", "通过"), ("复核人", "标准化办01"), ("复核时间", 46350.396), ("复核意见", "看过")):
        live.type("问题台账", 1, header, cell)
    in_the_gap_once(live, row_above_header)
    live.settle("2026-11-24 09:31")
    row_above_header_goes(live)
    assert sheet_of(live).row_values(1) != right

    def before(request: Request) -> Response | None:
        if name(request) != "write":
            return None
        live.before = lambda request: None
        if refusal == "timeout":
            raise requests.ReadTimeout("slow")
        return transport.refusal(errors.ApiError(400, "Attempting to write column: 34", "INVALID_ARGUMENT"))

    live.before = before
    for minute in (32, 33, 34):
        live.settle(f"2026-11-24 09:{minute}")
    assert sheet_of(live).row_values(1) == right
    assert live.rows("问题台账", "状态", "时限提示")[0] == ("已销号", "")
    assert not live.ledger.current().covers


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize("header", ["复核结果", "位置"])
def test_the_only_name_that_is_left_is_that_of_the_only_column_without(
    live: LiveBook, header: str, answer: str
) -> None:
    """It was moved to where a write fell, in the second in which a row came above the header."""
    in_the_gap_once(live, lambda book: move_to_the_end(book, column(book, header) - 1), row_above_header)
    cut_an_answer(live, answer)
    live.settle(AT)
    row_above_header_goes(live)
    live.settle("2026-11-24 09:31")
    right = [each.header for each in live.tab("问题台账").columns]
    right.append(right.pop(right.index(header)))
    assert sheet_of(live).row_values(1) == right
    told = {row[0]: row[1:] for row in live.rows("问题台账", "问题描述", "状态", "街路长", "区域")}
    assert told == dict.fromkeys("甲乙丙丁戊", ("待整改", "街路长01", "城中"))


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
def test_a_name_that_the_only_cell_of_a_write_emptied_comes_back(live: LiveBook, answer: str) -> None:
    live.settle(AT)
    right = sheet_of(live).row_values(1)
    live.type("问题台账", 1, "重复", "乱")
    in_the_gap_once(live, row_above_header)
    cut_an_answer(live, answer)
    live.settle("2026-11-24 09:31")
    row_above_header_goes(live)
    live.settle("2026-11-24 09:32")
    assert sheet_of(live).row_values(1) == right


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize("header", ["本局备注", ""])
def test_a_column_of_the_bureau_s_own_that_moves_keeps_its_cells_whether_or_not_it_has_a_name(
    live: LiveBook, header: str, answer: str
) -> None:
    sheet_of(live).insert_cols([[header, "子", "丑", "寅", "卯", "辰"]], 7)

    def right_after(request: Request, response: Response) -> Response | None:
        if name(request) == "write" and answer == "is lost":
            raise requests.ConnectionError("cut after it was applied")
        return None

    def to_the_front(book: LiveBook) -> None:
        source = {"sheetId": sheet_of(book).id, "dimension": "COLUMNS", "startIndex": 6, "endIndex": 7}
        book.book.batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": 0}}]})

    in_the_gap_once(live, to_the_front)
    live.after = right_after
    live.settle(AT)
    live.after = lambda request, response: None
    live.settle("2026-11-24 09:31")
    assert own(live) == dict(zip("戊丁丙乙甲", "子丑寅卯辰", strict=True))
    assert live.rows("问题台账", *STANDS) == RIGHT


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
def test_a_column_without_a_name_keeps_its_cells_beside_another_without(live: LiveBook, answer: str) -> None:
    """It is known by the columns between which it stands."""
    sheet_of(live).insert_cols([["", *"子丑寅卯辰"]], column(live, "截止时间"))
    sheet_of(live).insert_cols([[]], column(live, "街路"))

    in_the_gap_once(live, lambda book: sheet_of(book).insert_cols([["本局备注"]], column(book, "街路长")))
    cut_an_answer(live, answer)
    live.settle(AT)
    live.settle("2026-11-24 09:31")
    assert own(live) == dict(zip("戊丁丙乙甲", "子丑寅卯辰", strict=True))
    assert live.rows("问题台账", *STANDS) == RIGHT


@pytest.mark.parametrize("first", ["the copy", "the row"])
def test_a_row_that_is_copied_with_what_fell_on_it_is_right_twice(live: LiveBook, first: str) -> None:
    """One of the two gets another number; both say what the row said."""
    insert_before_limit(live)
    live.settle(AT)
    live.type("问题台账", 2, "街路", "联胜路")

    def copy(request: Request, response: Response) -> Response | None:
        if name(request) == "write":
            live.after = lambda request, response: None
            row = sheet_of(live).get_values("3:3", value_render_option="UNFORMATTED_VALUE")[0]
            sheet_of(live).insert_row(row, 4, value_input_option="RAW")
            live.type("问题台账", 3 if first == "the copy" else 2, "编号", "20261124-005")
        return None

    in_the_gap_once(live, insert_before_limit)
    live.after = copy
    for minute in (31, 32):
        live.settle(f"2026-11-24 09:{minute}")
    limits = [row for row in live.rows("问题台账", "问题描述", "指定时限", "街路长") if row[0] == "丁"]
    assert limits == [("丁", "", "街路长02")] * 2


def move_before(live: LiveBook, header: str, other: str) -> None:
    source, target = column(live, header) - 1, column(live, other) - 1
    span = {"sheetId": sheet_of(live).id, "dimension": "COLUMNS", "startIndex": source, "endIndex": source + 1}
    live.book.batch_update({"requests": [{"moveDimension": {"source": span, "destinationIndex": target}}]})


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize(("street", "chief"), [("联胜路", "街路长02"), ("-", "")])
def test_of_two_rows_with_one_number_each_keeps_its_own_cell(
    live: LiveBook, street: str, chief: str, answer: str
) -> None:
    """The upper is edited and the lower is its copy: the lower keeps the number, and the write that brings the upper
    its own falls beside."""
    move_before(live, "街路", "截止时间")
    live.settle(AT)
    row = sheet_of(live).get_values("3:3", value_render_option="UNFORMATTED_VALUE")[0]
    sheet_of(live).insert_row(row, 4, value_input_option="RAW")
    live.type("问题台账", 2, "街路", street)
    in_the_gap_once(live, lambda book: move_before(book, "编号", "复核结果"))
    cut_an_answer(live, answer)
    for minute in (31, 32):
        live.settle(f"2026-11-24 09:{minute}")
    streets = [row[1:] for row in live.rows("问题台账", "问题描述", "街路", "编号", "街路长") if row[0] == "丁"]
    assert streets == [(street, "20261124-006", chief), ("新正街", "20261124-002", "街路长01")]


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
def test_a_column_that_gets_another_name_while_it_is_written_over_keeps_its_cells(live: LiveBook, answer: str) -> None:
    note_before_deadline(live, *"子丑寅卯辰")

    def rename(book: LiveBook) -> None:
        sheet_of(book).update_cell(1, column(book, "本局备注"), "备注二")

    in_the_gap_once(live, rename, lambda book: sheet_of(book).insert_cols([[]], column(book, "街路长")))
    cut_an_answer(live, answer)
    live.settle(AT)
    live.settle("2026-11-24 09:31")
    assert own(live) == dict(zip("戊丁丙乙甲", "子丑寅卯辰", strict=True))
    assert live.rows("问题台账", *STANDS) == RIGHT


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
def test_a_new_column_in_the_place_of_one_that_is_moved_stays_empty(live: LiveBook, answer: str) -> None:
    """For a while it bears the name of another, so that nothing is put right before the other is gone from there."""
    live.settle(AT)
    row = sheet_of(live).get_values("3:3", value_render_option="UNFORMATTED_VALUE")[0]
    sheet_of(live).insert_row(row, 4, value_input_option="RAW")

    in_the_gap_once(live, lambda book: sheet_of(book).insert_cols([["填报人"]], column(book, "截止时间")))
    cut_an_answer(live, answer)
    with suppress(Unknown):
        live.tick("2026-11-24 09:31")
    header = sheet_of(live).row_values(1)
    sheet_of(live).update_cell(1, header.index("填报人", header.index("填报人") + 1) + 1, "本局备注")
    move_before(live, "截止时间", "来源")
    for minute in (32, 33):
        live.settle(f"2026-11-24 09:{minute}")
    assert notes(live) == [""] * 6


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize("names", [("", ""), ("", "本局备注")])
def test_columns_without_a_name_behind_the_last_keep_their_cells(
    live: LiveBook, names: tuple[str, str], answer: str
) -> None:
    sheet_of(live).insert_cols([[]], column(live, "街路长"))
    width = len(sheet_of(live).row_values(1))
    notes = [[names[0], *"子丑寅卯辰"], [names[1], *"一二三四五"]]
    sheet_of(live).add_cols(max(0, width + 2 - sheet_of(live).col_count))
    sheet_of(live).update([*zip(*notes, strict=True)], gspread.utils.rowcol_to_a1(1, width + 1), raw=True)

    in_the_gap_once(live, lambda book: sheet_of(book).delete_columns(column(book, "街路长") - 1))
    cut_an_answer(live, answer)
    live.settle(AT)
    live.settle("2026-11-24 09:31")
    assert [row[width - 1 :] for row in sheet_of(live).get_values()] == [*map(list, zip(*notes, strict=True))]
    assert live.rows("问题台账", *STANDS) == RIGHT


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
def test_of_two_writes_that_fell_beside_their_columns_the_last_is_taken_back_first(live: LiveBook, answer: str) -> None:
    """Both bring the same: what the second met was no work of the first."""
    in_the_gap_once(live, lambda book: sheet_of(book).insert_cols([["填报时间"]], column(book, "街路长")))
    live.settle(AT)
    sheet_of(live).update_cell(1, column(live, "街路长") - 1, "自己的")
    sheet_of(live).insert_cols([["本局备注", *"子丑寅卯辰"]], column(live, "街路长"))
    in_the_gap_once(live, lambda book: sheet_of(book).insert_cols([[]], 1))
    cut_an_answer(live, answer)
    live.settle("2026-11-24 09:31")
    live.settle("2026-11-24 09:32")
    assert own(live) == dict(zip("戊丁丙乙甲", "子丑寅卯辰", strict=True))
    assert live.rows("问题台账", *STANDS) == RIGHT


SIXTH: dict[str, Raw] = {
    "填报人": "督查02", "来源": "督查", "街路": "联胜路", "位置": "6号", "类别": "渣土遗撒", "严重程度": "一般",
    "问题描述": "己", "指定时限": "2小时",
}  # fmt: skip
SIXTH_BY_KEY: dict[str, Raw] = {
    "reported_at": 46350.385, "reporter": "督查02", "source": "督查", "street": "联胜路", "place": "6号",
    "category": "渣土遗撒", "severity": "一般", "text": "己", "given_limit": "2小时",
}  # fmt: skip


@pytest.mark.parametrize("answer", ["arrives", "is lost", "is lost and the service dies"])
@pytest.mark.parametrize("column_after", [None, "责任单位", "照片"])
@pytest.mark.parametrize("above", [1, 2])
def test_a_write_of_one_row_that_fell_on_another_under_other_columns(
    live: LiveBook, above: int, column_after: str | None, answer: str
) -> None:
    """The column in front goes, rows come above the header: the row written is not the one below the header."""
    sheet_of(live).insert_cols([[]], 1)
    live.settle(AT)
    live.type("问题台账", 6, "填报时间", 46350.385)
    for header, cell in SIXTH.items():
        live.type("问题台账", 6, header, cell)
    before = live.rows("问题台账", "问题描述", "填报时间", *PEOPLE)

    def gap(book: LiveBook) -> None:
        sheet_of(book).delete_columns(1)
        if column_after:
            sheet_of(book).insert_cols([["本局备注"]], column(book, column_after) + 1)
        for _ in range(above):
            row_above_header(book)

    def right_after(request: Request, response: Response) -> Response | None:
        if name(request) == "write" and answer != "arrives":
            raise requests.ConnectionError("cut after it was applied")
        return None

    in_the_gap_once(live, gap)
    live.after = right_after
    live.settle("2026-11-24 09:31")
    if answer == "is lost and the service dies":
        live.restart()
    live.after = lambda request, response: None
    while not any(sheet_of(live).row_values(1)):
        sheet_of(live).delete_rows(1)
    live.settle("2026-11-24 09:32")
    assert live.rows("问题台账", "问题描述", "填报时间", *PEOPLE) == before
    assert own(live) == {}
    assert live.rows("问题台账", *STANDS) == [*RIGHT, NEW]


def in_the_gap_once(live: LiveBook, *acts: Act) -> None:
    """These acts between a read and the write that follows it, one time."""
    done: list[int] = []

    def before(request: Request) -> Response | None:
        if name(request) == "write" and not done:
            done.append(1)
            for act in acts:
                act(live)
        return None

    live.before = before


def cut_an_answer(live: LiveBook, answer: str) -> None:
    """The answer to the next write is lost where ``answer`` says so."""

    def right_after(request: Request, response: Response) -> Response | None:
        if name(request) == "write":
            live.after = lambda request, response: None
            if answer == "is lost":
                raise requests.ConnectionError("cut after it was applied")
        return None

    live.after = right_after


STANDS = ("问题描述", "编号", "状态", "街路长")
RIGHT = [(text, f"20261124-{n:03d}", "待整改", "街路长01") for n, text in enumerate("戊丁丙乙甲", start=1)]
NEW = ("己", "20261124-006", "待整改", "街路长02")


@pytest.mark.parametrize("meanwhile", ["a form's row", "a verdict", "both"])
def test_where_a_look_s_write_fell_is_known_though_a_page_wrote_before_the_next(live: LiveBook, meanwhile: str) -> None:
    """The service dies right after the write; a new one takes forms and answers before it looks."""
    live.settle(AT)
    live.type("问题台账", 2, "状态", "乱")
    before = people(live)
    in_the_gap_once(live, verdict_before_state)

    def dies(step: str) -> None:
        if step == "write":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        live.tick("2026-11-24 09:31", dies)
    live.restart()
    if meanwhile != "a verdict":
        layout = layout_of(live.gateway.tabs["issues"], live.gateway.read()["issues"])
        assert isinstance(layout, Layout)
        append(live.gateway, live.ledger, appended(layout, [SIXTH_BY_KEY]))
        before |= {"己": ("督查02", "联胜路", "6号", "渣土遗撒", "一般", "", "2小时")}
    if meanwhile != "a form's row":
        cells: dict[str, Raw] = {"verified": "返工", "verifier": "标准化办01", "verify_note": "没有扫净"}
        answers.write(live.gateway, live.ledger, Verdict("20261124-001", cells, lambda _: ""))
    live.settle("2026-11-24 09:32")
    assert people(live) == before
    assert own(live) == {}
    verdicts = [] if meanwhile == "a form's row" else [("戊", "返工")]
    assert [row for row in live.rows("问题台账", "问题描述", "复核结果") if row[1]] == verdicts


def test_a_column_that_goes_while_we_write_stops_nothing_for_long(live: LiveBook) -> None:
    """The write is refused as a whole, since its last column is not there any more; the next look finds the columns
    where they stand now, though no row has changed."""
    at = column(live, "依据")
    sheet_of(live).insert_cols([[]], at)
    sheet_of(live).resize(cols=len(sheet_of(live).row_values(1)))
    in_the_gap_once(live, lambda book: sheet_of(book).delete_columns(at))
    live.settle(AT)
    assert live.settle("2026-11-24 09:31").trouble == ""
    assert live.rows("问题台账", *STANDS) == RIGHT


@pytest.mark.parametrize("gap", [(insert_filled_before_limit, photos_to_the_front), (hint_behind_the_hour,)])
def test_a_form_s_row_that_fell_under_other_columns_is_taken_away_and_added_again(
    live: LiveBook, gap: tuple[Act, ...]
) -> None:
    live.settle(AT)
    gateway, table = live.gateway, live.gateway.read()["issues"]
    layout = layout_of(gateway.tabs["issues"], table)
    assert isinstance(layout, Layout)
    row = {
        "reported_at": 46350.4,
        "reporter": "督查02",
        "source": "督查",
        "street": "联胜路",
        "category": "暴露垃圾",
        "text": "己",
    }
    in_the_gap_once(live, *gap)
    for _ in range(2):  # what fell must be settled first
        with pytest.raises(Astray, match="列刚被移动过"):
            append(gateway, live.ledger, appended(layout, [row]))
    live.before = lambda request: None
    live.settle("2026-11-24 09:40")
    layout = layout_of(gateway.tabs["issues"], gateway.read()["issues"])
    assert isinstance(layout, Layout)
    append(gateway, live.ledger, appended(layout, [row]))
    live.settle("2026-11-24 09:41")
    assert live.rows("问题台账", *STANDS) == [*RIGHT, NEW]
    told = live.rows("问题台账", "填报时间", "填报人", "来源", "街路")
    assert told[-1] == ("2026-11-24 09:36", "督查02", "督查", "联胜路")


def test_a_row_that_fell_under_other_columns_goes_though_its_page_died_before_it_knew(live: LiveBook) -> None:
    live.settle(AT)
    layout = layout_of(live.gateway.tabs["issues"], live.gateway.read()["issues"])
    assert isinstance(layout, Layout)
    in_the_gap_once(live, insert_filled_before_limit, photos_to_the_front)

    def dies(request: Request, response: Response) -> Response | None:
        raise KeyboardInterrupt

    live.after = dies
    row = {"reported_at": 46350.4, "reporter": "督查02", "source": "督查", "street": "联胜路", "text": "己"}
    with pytest.raises(KeyboardInterrupt):
        append(live.gateway, live.ledger, appended(layout, [row]))
    live.restart()
    live.settle("2026-11-24 09:40")
    assert live.rows("问题台账", *STANDS) == RIGHT
    assert not live.ledger.page_writes.under_way()


def test_a_row_that_falls_under_other_columns_once_a_look_has_read_goes(live: LiveBook) -> None:
    """The look has not seen it, and must not take it for gone."""
    live.settle(AT)
    layout = layout_of(live.gateway.tabs["issues"], live.gateway.read()["issues"])
    assert isinstance(layout, Layout)
    row = {"reported_at": 46350.4, "reporter": "督查02", "source": "督查", "street": "联胜路", "text": "己"}

    def form(step: str) -> None:
        if step == "read":
            in_the_gap_once(live, insert_filled_before_limit, photos_to_the_front)
            with pytest.raises(Astray):
                append(live.gateway, live.ledger, appended(layout, [row]))
            live.before = lambda request: None

    live.type("问题台账", 1, "位置", "桥头")
    with suppress(Unreachable):  # it looks again later
        live.tick("2026-11-24 09:35", form)
    live.settle("2026-11-24 09:40")
    assert live.rows("问题台账", *STANDS) == RIGHT
    assert "督查02" not in {cell for row in live.everything()["问题台账"][1 + len(RIGHT) :] for cell in row}
    assert live.ledger.memory().covers == ()


def test_a_verdict_that_fell_on_an_empty_row_leaves_it_empty(live: LiveBook) -> None:
    live.settle(AT)
    in_the_gap_once(live, insert_row)
    cells: dict[str, Raw] = {"verified": "返工", "verifier": "标准化办01", "verify_note": "没有扫净"}
    answers.write(live.gateway, live.ledger, Verdict("20261124-001", cells, lambda _: ""))
    live.settle("2026-11-24 09:40")
    assert live.rows("问题台账", "问题描述", "编号", "复核结果", "复核意见") == [
        (text, number, *(("返工", "没有扫净") if text == "戊" else ("", ""))) for text, number, *_ in RIGHT
    ]


def test_a_verdict_that_fell_on_an_empty_row_is_given_to_no_row_that_looks_alike(live: LiveBook) -> None:
    live.settle(AT)
    for header, value in zip(PEOPLE[:5], next(iter(people(live).values()))[:5], strict=True):
        live.type("问题台账", 2, header, value)
    live.settle("2026-11-24 09:35")
    in_the_gap_once(live, insert_row)
    cells: dict[str, Raw] = {"verified": "通过", "verifier": "标准化办01", "verify_note": "现场看到扫净了"}
    answers.write(live.gateway, live.ledger, Verdict("20261124-001", cells, lambda _: ""))
    live.settle("2026-11-24 09:40")
    live.settle("2026-11-24 09:41")
    told = live.rows("问题台账", "问题描述", "复核结果")
    assert told == [("戊", "通过"), ("丁", ""), ("丙", ""), ("乙", ""), ("甲", "")]


def test_an_answer_noted_while_a_look_reads_is_held_against_a_later_read(live: LiveBook) -> None:
    """A page writes after the look's read was answered, and before the look knows what is owed."""
    live.settle(AT)
    done: list[int] = []
    cells: dict[str, Raw] = {"verified": "返工", "verifier": "标准化办01"}

    def page_writes(request: Request, response: Response) -> Response | None:
        if name(request) == "read" and not done:
            done.append(1)
            in_the_gap_once(live, sort_by_text)
            answers.write(live.gateway, live.ledger, Verdict("20261124-001", cells, lambda _: ""))
        return None

    live.type("问题台账", 1, "位置", "1号旁")
    live.after = page_writes
    live.settle("2026-11-24 09:40")
    live.after = lambda request, response: None
    live.settle("2026-11-24 09:41")
    assert {row[0]: row[1] for row in live.rows("问题台账", "问题描述", "复核结果")} == {
        "戊": "返工", "丁": "", "丙": "", "乙": "", "甲": "",
    }  # fmt: skip


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize("gap", [photos_to_the_front, photos_behind_longitude, hint_behind_the_hour, take_column_away])
def test_a_row_that_comes_back_while_a_column_moves_comes_back_whole(live: LiveBook, gap: Act, answer: str) -> None:
    """Where it fell first it is taken away, and comes to stand in the very row that was emptied."""
    insert_before_limit(live)
    live.type(
        "问题台账", 2, "指定时限", "2小时"
    )  # what the row that goes has in the only cell that does not fall elsewhere
    live.settle(AT)
    before = sorted(live.rows("问题台账", "填报时间", "经度", *PEOPLE))
    sheet_of(live).delete_rows(2)
    for minute in (31, 32):
        live.settle(f"2026-11-24 09:{minute}")
    live.ledger.want_back("20261124-001")
    in_the_gap_once(live, gap)
    cut_an_answer(live, answer)
    for minute in (33, 34):
        live.settle(f"2026-11-24 09:{minute}")
    assert sorted(live.rows("问题台账", "填报时间", "经度", *PEOPLE)) == before


def test_a_row_that_comes_back_while_a_header_is_renamed_takes_nothing_of_others(live: LiveBook) -> None:
    """It stands under its own columns, whose names are right again; what somebody typed into another row is his."""
    live.settle(AT)
    before = people(live)
    sheet_of(live).delete_rows(2)
    for minute in (31, 32):
        live.settle(f"2026-11-24 09:{minute}")
    live.ledger.want_back("20261124-001")
    in_the_gap_once(live, rename_place)
    live.settle("2026-11-24 09:33")
    name_it_back(live)
    live.type("问题台账", 1, "类别", "暴露垃圾")  # as in the row that came back
    live.settle("2026-11-24 09:34")
    assert people(live) == before | {"丁": ("督查01", "新正街", "2号", "暴露垃圾", "一般", "2.jpg", "")}
    assert [row[0] for row in live.rows("问题台账", "问题描述")] == ["丁", "丙", "乙", "甲", "戊"]


@pytest.mark.parametrize("number", ["", "20261124-002"])
@pytest.mark.parametrize("header", ["位置", "编号"])
def test_a_row_that_came_back_stays_whatever_people_type_over_its_number(
    live: LiveBook, header: str, number: str
) -> None:
    """A header was renamed in the gap, so that the row was put back under a name that was not its own then."""
    live.settle(AT)
    before = people(live)
    sheet_of(live).delete_rows(2)
    for minute in (31, 32):
        live.settle(f"2026-11-24 09:{minute}")
    live.ledger.want_back("20261124-001")
    at = column(live, header)
    in_the_gap_once(live, lambda book: sheet_of(book).update_cell(1, at, "改名"))
    live.settle("2026-11-24 09:33")
    sheet_of(live).update_cell(1, at, header)
    live.type("问题台账", 5, "编号", number)
    live.settle("2026-11-24 09:34")
    assert people(live) == before
    assert live.rows("问题台账", "问题描述", "编号") == [(row[0], row[1]) for row in [*RIGHT[1:], RIGHT[0]]]


def test_what_a_form_changes_in_a_new_row_stays_on_no_row_that_looks_like_it(live: LiveBook) -> None:
    """The new row has no number yet when the change is planned."""
    live.settle(AT)
    before = people(live)
    new = SIXTH | {
        "填报时间": 46350.3777777778,
        "填报人": "督查01",
        "街路": "新正街",
        "类别": "路面脏污",
        "照片": "6.jpg",
    }
    for header, cell in new.items():
        live.type("问题台账", 6, header, cell)
    was = {header: cell for header, cell in new.items() if header != "位置"}
    live.ledger.put_back([Restore("issues", 7, "位置", "推送改", "6号", was)])
    in_the_gap_once(live, insert_row)
    live.settle("2026-11-24 09:31")
    live.settle("2026-11-24 09:32")
    changed = ("督查01", "新正街", "推送改", "路面脏污", "一般", "6.jpg", "2小时")
    assert people(live) == before | {"己": changed}


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
def test_what_a_form_changes_in_a_row_that_goes_stays_on_no_row_that_looks_like_it(live: LiveBook, answer: str) -> None:
    """Of the row that it fell on a look has read what stood there."""
    live.type("问题台账", 2, "类别", "暴露垃圾")
    live.settle(AT)
    before = people(live)
    header, row = sheet_of(live).get_values("1:2", value_render_option="UNFORMATTED_VALUE")
    staff = {each.header for each in live.tab("问题台账").columns if each.owner == "staff"} - {"位置"}
    was = {name: cell for name, cell in zip(header, row, strict=False) if name in staff and cell != ""}
    live.ledger.put_back([Restore("issues", 2, "位置", "推送改", "1号", was)])
    in_the_gap_once(live, delete_first_row)
    cut_an_answer(live, answer)
    live.settle("2026-11-24 09:31")
    live.settle("2026-11-24 09:32")
    del before["戊"]
    assert people(live) == before


def test_a_number_that_fell_on_another_row_does_not_make_it_the_old_issue(live: LiveBook) -> None:
    def another_report(book: LiveBook) -> None:
        row = sheet_of(book).row_values(2)
        sheet_of(book).update([[""] * len(row)], "A2", raw=True)
        book.type("问题台账", 1, "填报时间", 46350.4)
        for header, cell in (
            ("填报人", "街路长02"),
            ("来源", "街路长自查"),
            ("街路", "联胜路"),
            ("类别", "暴露垃圾"),
            ("问题描述", "己"),
        ):
            book.type("问题台账", 1, header, cell)

    in_the_gap_once(live, another_report)
    live.settle(AT)
    rows = {row[0]: row[1:] for row in live.rows("问题台账", *STANDS)}
    assert rows["己"] == ("20261124-006", "待整改", "街路长02")


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
def test_the_only_row_that_goes_while_we_write_stops_no_look(live: LiveBook, answer: str) -> None:
    """Nothing stands in the log any more that could look like what the write fell into."""
    while len(live.rows("问题台账", "编号")) > 1:
        sheet_of(live).delete_rows(2)
    gap: list[int] = []

    def before(request: Request) -> Response | None:
        if name(request) == "write" and not gap:
            gap.append(1)
            sheet_of(live).delete_rows(2)
        return None

    def after(request: Request, response: Response) -> Response | None:
        if name(request) == "write" and gap == [1]:
            gap.append(2)
            if answer == "is lost":
                raise requests.ConnectionError("cut after it was applied")
        return None

    live.before, live.after = before, after
    live.settle("2026-11-24 09:30")
    assert live.settle("2026-11-24 09:31").trouble == "" and gap == [1, 2]
    assert live.rows("问题台账", "编号", "问题描述") == []


def test_a_write_that_fell_on_a_copy_of_another_row_is_taken_back_though_it_was_edited_since(live: LiveBook) -> None:
    """By its cells the row that it fell on looks less like itself by then than the row of which it is a copy."""
    live.settle("2026-11-24 09:28")
    values = sheet_of(live).get_values(value_render_option="UNFORMATTED_VALUE")
    staff = {each.header for each in live.tab("问题台账").columns if each.owner == "staff"}
    copied = [cell if head in staff else "" for head, cell in zip(values[0], values[1], strict=False)]
    sheet_of(live).append_row(copied, table_range="A1", value_input_option="RAW")
    live.settle("2026-11-24 09:29")
    last = len(values) + 1
    (number, place), (_, copied_place) = (live.rows("问题台账", "编号", "位置")[row] for row in (1, last - 2))
    was = {head: cell for head, cell in zip(values[0], values[2], strict=False) if head in staff - {"位置"} and cell}
    with live.ledger.turn():
        live.ledger.put_back([Restore("issues", 3, "位置", "新位置", place, was)])
    done: list[str] = []

    def before(request: Request) -> Response | None:
        if name(request) == "write" and not done:
            done.append("moved")
            source = {"sheetId": sheet_of(live).id, "dimension": "ROWS", "startIndex": last - 1, "endIndex": last}
            live.book.batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": 2}}]})
        return None

    def after(request: Request, response: Response) -> Response | None:
        if name(request) == "write" and done == ["moved"]:
            done.append("edited")
            live.type("问题台账", 2, "问题描述", "改过的")
        return None

    live.before, live.after = before, after
    live.settle("2026-11-24 09:30")
    live.settle("2026-11-24 09:31")
    stands = {row[0]: row[1:] for row in live.rows("问题台账", "编号", "位置", "问题描述")}
    assert done == ["moved", "edited"] and stands[number][0] == "新位置"
    assert [cells for cells in stands.values() if cells[1] == "改过的"] == [(copied_place, "改过的")]


def note_before_deadline(live: LiveBook, *notes: str) -> None:
    """A column of the bureau's own, a note a row, that a write falls on once a column comes to its left."""
    sheet_of(live).insert_cols([["本局备注", *notes]], column(live, "截止时间"))


def notes(live: LiveBook) -> list[Raw]:
    """The bureau's own column, from the top."""
    header, *rows = sheet_of(live).get_values(value_render_option="UNFORMATTED_VALUE")
    return [row[header.index("本局备注")] for row in rows if any(row)]


def a_copy_with_a_note_of_its_own(live: LiveBook) -> None:
    row = sheet_of(live).get_values("6:6", value_render_option="UNFORMATTED_VALUE")[0]
    sheet_of(live).append_row(row, table_range="A1", value_input_option="RAW")
    live.type("问题台账", 6, "本局备注", "巳")


def a_new_row_that_takes_the_number_of_another(live: LiveBook) -> None:
    live.type("问题台账", 6, "填报时间", 46350.385)
    for header, cell in SIXTH.items():
        live.type("问题台账", 6, header, cell)
    live.type("问题台账", 6, "本局备注", "巳")
    live.type("问题台账", 6, "编号", "20261124-005")
    live.type("问题台账", 5, "编号", "")


def a_new_row_told_otherwise_afterwards(live: LiveBook) -> None:
    a_new_row_that_takes_the_number_of_another(live)
    live.type("问题台账", 6, "编号", "")


@pytest.mark.parametrize("answer", ["arrives", "is lost"])
@pytest.mark.parametrize(
    "story",
    [a_copy_with_a_note_of_its_own, a_new_row_that_takes_the_number_of_another, a_new_row_told_otherwise_afterwards],
)
def test_a_note_stays_with_a_row_that_got_its_number_by_the_write_that_fell_on_it(
    live: LiveBook, story: Act, answer: str
) -> None:
    """The row of then is known by the number that it was given, whatever stood in its place, and in its cells since."""
    note_before_deadline(live, *"子丑寅卯辰")
    live.settle(AT)
    story(live)

    def right_after(request: Request, response: Response) -> Response | None:
        if name(request) == "write":
            live.after = lambda request, response: None
            if story is a_new_row_told_otherwise_afterwards:
                live.type("问题台账", 6, "问题描述", "己，改过")
            if answer == "is lost":
                raise requests.ConnectionError("cut after it was applied")
        return None

    in_the_gap_once(live, lambda book: sheet_of(book).insert_cols([[]], column(book, "街路长")))
    live.after = right_after
    for minute in (31, 32):
        live.settle(f"2026-11-24 09:{minute}")
    assert notes(live) == list("子丑寅卯辰巳")


def test_equal_rows_that_are_sorted_after_a_write_that_nobody_saw_land_come_to_rest(tmp_path: Path) -> None:
    """The process dies right after it wrote the first numbers, below an empty row; the number of another row then
    stands on one of three equal ones. It was moved back and forth by every look."""
    live = LiveBook(tmp_path).add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
        2026-11-24 08:30 | 督查01 | 督查 | 联胜路 | 4号 | 渣土遗撒 | 甲
        2026-11-24 08:30 | 督查01 | 督查 | 联胜路 | 4号 | 渣土遗撒 | 甲
        2026-11-24 08:30 | 督查02 | 督查 | 建设南路 | 6号 | 路面脏污 | 乙
        2026-11-24 08:30 | 督查01 | 督查 | 联胜路 | 4号 | 渣土遗撒 | 甲
        """)
    sheet = live.book.worksheet("问题台账")
    sheet.insert_row([], 2)

    def dies(step: str) -> None:
        if step == "write":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        live.tick("2026-11-24 08:36", step=dies)
    live.restart()
    sheet.sort((column(live, "问题描述"), "asc"), range="A2:AG4")
    live.settle("2026-11-24 08:37")
    assert live.settle("2026-11-24 08:38").cells == 0
    assert sorted(row[0] for row in live.rows("问题台账", "编号")) == [f"20261124-00{n}" for n in (1, 2, 3, 4)]
    live.ledger.close()


@pytest.mark.parametrize("answer", ["seen", "lost"])
def test_a_number_that_fell_on_the_next_report_of_the_same_inspector_is_not_its_own(
    live: LiveBook, answer: str
) -> None:
    """Two reports of one inspector on one street, a minute apart: the first, which the look has read, is deleted while
    its number is on the way, and the second comes to stand in its place."""
    live.settle(AT)
    new = "2026-11-24 09:3{} | 督查01 | 督查 | 高铁站广场 | 暴露垃圾 | 轻微 | {}"
    head = "问题台账\n填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述\n"
    live.add(head + new.format(1, "己"))
    row = 2 + [text for (text,) in live.rows("问题台账", "问题描述")].index("己")

    def gap(book: LiveBook) -> None:
        book.add(head + new.format(2, "庚"))
        sheet_of(book).delete_rows(row)

    in_the_gap_once(live, gap)
    cut_an_answer(live, answer)
    live.settle("2026-11-24 09:33")
    live.settle("2026-11-24 09:34")
    given = dict(live.rows("问题台账", "问题描述", "编号"))
    assert given["庚"] == "20261124-007" and "20261124-006" not in given.values()


def test_an_answer_that_the_office_was_told_to_be_in_stays_in(live: LiveBook) -> None:
    """In the gap a colleague types the same and inserts a column: nobody can tell our words from his. The office is
    told to try again, and what it then is told stands."""
    live.settle(AT)

    def the_same(live: LiveBook) -> None:
        told = ("复核结果", "通过"), ("复核人", "标准化办01"), ("复核意见", "扫净了"), ("执法依据", "案号1")
        for header, value in told:
            live.type("问题台账", 2, header, value)
        sheet_of(live).insert_cols([["本局备注", "子", "丑", "寅", "卯", "辰"]], column(live, "依据"))

    in_the_gap_once(live, the_same)
    verdict = Verdict("20261124-002", ANSWER, lambda _: "")
    with pytest.raises(answers.NotWritten, match="下一轮校验会拿走"):
        answers.write(live.gateway, live.ledger, verdict)
    live.settle("2026-11-24 09:31")
    answers.write(live.gateway, live.ledger, verdict)
    live.settle("2026-11-24 09:32")
    assert told(live)["丁"] == CLOSED


# Equal rows that differ in a column of the bureau's own ----------------------------------------------------------
NOTES = ("问题描述", "本局备注", "本局二")


def two_equal_rows(live: LiveBook, second: str = "") -> None:
    """戊 and its copy, right below it, which a look has not read; each with a note of the bureau's own."""
    sheet_of(live).delete_rows(3, 6)
    row = sheet_of(live).get_values("A2:2", value_render_option="UNFORMATTED_VALUE")[0]
    sheet_of(live).update([row], "A3", raw=True)
    if second:
        live.type("问题台账", 2, "编号", second)
    sheet_of(live).insert_cols([["本局备注", "子", "丑"]], column(live, "销号时间"))


def two_columns_come(live: LiveBook) -> None:
    """What is meant for 销号时间 falls on 本局备注; the second column no look has read."""
    sheet_of(live).insert_cols([["本局二", "寅", "卯"]], column(live, "来源"))
    sheet_of(live).insert_cols([["本局三"]], 1)


def own_notes(live: LiveBook) -> list[tuple[Raw, ...]]:
    header, *rows = sheet_of(live).get_values(value_render_option="UNFORMATTED_VALUE")
    return sorted(tuple(row[header.index(name)] for name in NOTES) for row in rows)


def test_equal_rows_that_are_sorted_after_the_write_keep_their_own_notes(live: LiveBook) -> None:
    two_equal_rows(live)
    in_the_gap_once(live, two_columns_come)
    live.tick(AT)
    last = gspread.utils.rowcol_to_a1(3, sheet_of(live).col_count)
    sheet_of(live).sort((column(live, "本局二"), "asc"), range=f"A2:{last}")
    live.settle("2026-11-24 09:31")
    assert own_notes(live) == [("戊", "丑", "卯"), ("戊", "子", "寅")]


def test_a_copy_that_bears_the_number_of_its_row_keeps_its_own_note_though_it_was_edited(live: LiveBook) -> None:
    live.settle(AT)
    two_equal_rows(live, second="20261124-001")
    in_the_gap_once(live, two_columns_come)
    live.tick("2026-11-24 09:31")
    live.type("问题台账", 2, "类别", "昨天")
    live.settle("2026-11-24 09:32")
    assert own_notes(live) == [("戊", "丑", "卯"), ("戊", "子", "寅")]


# A row that went before anybody looked --------------------------------------------------------------------------
ANSWER: dict[str, Raw] = {"verified": "通过", "verifier": "标准化办01", "verify_note": "扫净了"}


def first_rows_go_after_the_write(live: LiveBook, title: str = "问题台账", rows: int = 1) -> list[list[Raw]]:
    """Right after the next write somebody takes the first rows away. The list gets them as they stood then."""
    taken: list[list[Raw]] = []

    def takes(request: Request, response: Response) -> Response | None:
        if name(request) == "write" and not taken:
            sheet = live.book.worksheet(title)
            taken.extend(sheet.get_values(value_render_option="UNFORMATTED_VALUE")[1 : 1 + rows])
            sheet.delete_rows(2, 1 + rows)
        return None

    live.after = takes
    return taken


def answer_on_the_first_row_cut(live: LiveBook) -> list[Raw]:
    """The office answers 20261124-001 (戊, in the first row) while somebody sorts: it falls on 甲, whose row is cut
    right after that. What was cut."""
    last = gspread.utils.rowcol_to_a1(6, sheet_of(live).col_count)
    in_the_gap_once(live, lambda book: sheet_of(book).sort((column(book, "编号"), "des"), range=f"A2:{last}"))
    taken = first_rows_go_after_the_write(live)
    answers.write(live.gateway, live.ledger, Verdict("20261124-001", ANSWER, lambda _: ""))
    live.after = lambda request, response: None
    return taken[0]


def told(live: LiveBook) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in live.rows("问题台账", "问题描述", "状态", "复核结果", "复核人", "复核意见")}


OPEN, CLOSED = ("待整改", "", "", ""), ("已销号", "通过", "标准化办01", "扫净了")


@pytest.mark.parametrize("looks", [1, 2, 5])
def test_an_answer_that_fell_on_a_row_which_was_cut_closes_nothing_when_that_is_pasted(
    live: LiveBook, looks: int
) -> None:
    live.settle(AT)
    cut = answer_on_the_first_row_cut(live)
    assert (cut[11], "通过" in cut) == ("甲", True)
    for minute in range(31, 31 + looks):
        live.settle(f"2026-11-24 09:{minute}")
    assert told(live) == {"戊": CLOSED, "丁": OPEN, "丙": OPEN, "乙": OPEN}
    sheet_of(live).append_row(cut, value_input_option="RAW", table_range="A1")  # type: ignore[arg-type]
    live.settle("2026-11-24 09:50")
    assert told(live) == {"戊": CLOSED, "丁": OPEN, "丙": OPEN, "乙": OPEN, "甲": OPEN}
    assert not live.ledger.current().waiting and not live.ledger.current().covers


def test_it_waits_though_the_service_starts_anew_and_keeps_no_look_from_resting(live: LiveBook) -> None:
    live.settle(AT)
    cut = answer_on_the_first_row_cut(live)
    live.settle("2026-11-24 09:31")
    live.restart()
    live.settle("2026-11-24 09:32", idle=True)
    assert live.settle("2026-11-24 09:33", idle=True).idle
    sheet_of(live).append_row(cut, value_input_option="RAW", table_range="A1")  # type: ignore[arg-type]
    live.settle("2026-11-24 09:34", idle=True)
    assert told(live)["甲"] == OPEN


def test_while_it_waits_the_same_words_of_people_count_in_other_rows(live: LiveBook) -> None:
    live.settle(AT)
    cut = answer_on_the_first_row_cut(live)
    live.settle("2026-11-24 09:31")
    row = [text for text, *_ in live.rows("问题台账", "问题描述")].index("丁") + 1
    for header, value in (("复核结果", "通过"), ("复核人", "标准化办01"), ("复核意见", "扫净了")):
        live.type("问题台账", row, header, value)
    answers.write(live.gateway, live.ledger, Verdict("20261124-003", ANSWER, lambda _: ""))
    live.settle("2026-11-24 09:32")
    assert told(live) == {"戊": CLOSED, "丁": CLOSED, "丙": CLOSED, "乙": OPEN}
    sheet_of(live).append_row(cut, value_input_option="RAW", table_range="A1")  # type: ignore[arg-type]
    live.settle("2026-11-24 09:33")
    assert told(live) == {"戊": CLOSED, "丁": CLOSED, "丙": CLOSED, "乙": OPEN, "甲": OPEN}


def test_what_fell_on_a_row_that_was_deleted_goes_when_the_deletion_is_undone(live: LiveBook) -> None:
    """A look's write, one column beside: 街路长 of its own fell into a cell of people."""
    live.settle(AT)
    before = people(live)
    live.type("问题台账", 1, "街路长", "乱")
    in_the_gap_once(live, insert_before_limit)
    taken = first_rows_go_after_the_write(live)
    live.settle("2026-11-24 09:31")
    live.after = lambda request, response: None
    live.settle("2026-11-24 09:32")
    sheet_of(live).insert_row(taken[0], 2, value_input_option="RAW")  # type: ignore[arg-type]
    live.settle("2026-11-24 09:33")
    assert people(live) == before


# The same in tabs whose rows bear no number ----------------------------------------------------------------------
REQUESTS = """
申请审批
申请时间 | 申请人 | 类型 | 编号 | 期望时间 | 理由
2026-11-24 09:20 | 街路长01 | 延期 | 20261124-001 | 2026-11-25 12:00 | 甲
2026-11-24 09:21 | 街路长01 | 延期 | 20261124-003 | 2026-11-26 12:00 | 乙
2026-11-24 09:22 | 街路长01 | 延期 | 20261124-005 | 2026-11-27 12:00 | 丙
"""
AGREED: dict[str, Raw] = {"answer": "同意", "approver": "标准化办01"}


def agreement_on_the_first_row_cut(live: LiveBook, rows: int = 1) -> list[list[Raw]]:
    """The office agrees to 甲, in the first row, while somebody sorts: it falls on 丙, whose row is cut right after
    that, as the first of so many ``rows``. What was cut."""
    sheet = live.book.worksheet("申请审批")
    known = live.ledger.current().known["requests"].values()
    mark = next(row.print for row in known if row.cells["reason"] == "甲")
    at = sheet.row_values(1).index("理由") + 1
    in_the_gap_once(live, lambda book: book.book.worksheet("申请审批").sort((at, "asc"), range="A2:Z4"))
    taken = first_rows_go_after_the_write(live, "申请审批", rows)
    answers.write(live.gateway, live.ledger, Verdict(mark, AGREED, lambda _: "", "requests"))
    live.after = lambda request, response: None
    return taken


@pytest.mark.parametrize("looks", [1, 3])
def test_an_agreement_that_fell_on_a_request_which_was_cut_grants_nothing_when_that_is_pasted(
    live: LiveBook, looks: int
) -> None:
    live.settle(AT)
    live.add(REQUESTS)
    live.settle("2026-11-24 09:31")
    (cut,) = agreement_on_the_first_row_cut(live)
    assert {"丙", "同意"} <= set(cut)
    for minute in range(32, 32 + looks):
        live.settle(f"2026-11-24 09:{minute}")
    (waiting,) = live.ledger.current().waiting
    assert [row[9] for row in waiting.rows.values()] == ["丙"], "not the whole tab, which is stored at each look"
    paste(live, cut)
    live.settle("2026-11-24 09:50")
    granted = dict(live.rows("申请审批", "理由", "批复"))
    assert granted == {"甲": "同意", "乙": "", "丙": ""}
    assert not live.ledger.current().waiting


def paste(live: LiveBook, row: list[Raw]) -> None:
    live.book.worksheet("申请审批").append_row(row, value_input_option="RAW", table_range="A1")  # type: ignore[arg-type]


def agree(live: LiveBook, row: int) -> None:
    """The office agrees in the tab itself."""
    live.type("申请审批", row, "批复", "同意")
    live.type("申请审批", row, "批复人", "标准化办01")


def test_of_two_requests_that_went_only_the_one_it_fell_on_loses_it(live: LiveBook) -> None:
    """People agree to the other one themselves, and to the first once it is back and the agreement taken from it."""
    live.settle(AT)
    live.add(REQUESTS)
    live.settle("2026-11-24 09:31")
    cut, other = agreement_on_the_first_row_cut(live, rows=2)
    live.settle("2026-11-24 09:32")
    paste(live, other)
    live.settle("2026-11-24 09:33")
    assert dict(live.rows("申请审批", "理由", "批复")) == {"甲": "同意", "乙": ""}
    agree(live, 2)
    live.settle("2026-11-24 09:34")
    paste(live, cut)
    live.settle("2026-11-24 09:35")
    assert live.rows("申请审批", "理由", "批复") == [("甲", "同意"), ("乙", "同意"), ("丙", "")]
    agree(live, 3)
    live.settle("2026-11-24 09:36")
    assert live.rows("申请审批", "理由", "批复") == [("甲", "同意"), ("乙", "同意"), ("丙", "同意")]
    assert not live.ledger.current().waiting and not live.ledger.current().covers


def test_a_request_that_is_edited_once_it_is_back_was_granted_by_nobody(live: LiveBook) -> None:
    live.settle(AT)
    live.add(REQUESTS)
    live.settle("2026-11-24 09:31")
    (cut,) = agreement_on_the_first_row_cut(live)
    live.settle("2026-11-24 09:32")
    paste(live, cut)
    live.type("申请审批", 3, "期望时间", 46353.5)
    live.settle("2026-11-24 09:33")
    assert dict(live.rows("申请审批", "理由", "批复")) == {"甲": "同意", "乙": "", "丙": ""}


def test_an_edited_row_is_not_away_and_what_people_agree_to_in_it_stays(live: LiveBook) -> None:
    """The agreement falls on 丙, which stays; its 期望时间 is edited twice."""
    live.settle(AT)
    live.add(REQUESTS)
    live.settle("2026-11-24 09:31")
    (cut,) = agreement_on_the_first_row_cut(live)
    paste(live, cut)
    live.type("申请审批", 3, "期望时间", 46353.5)
    live.settle("2026-11-24 09:32")
    assert not live.ledger.current().waiting
    live.type("申请审批", 3, "期望时间", 46353.75)
    agree(live, 3)
    live.settle("2026-11-24 09:33")
    assert dict(live.rows("申请审批", "理由", "批复")) == {"甲": "同意", "乙": "", "丙": "同意"}
