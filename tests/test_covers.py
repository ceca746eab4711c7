"""People move columns, rows and headers between our read and our write: each value stays with the row of its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from sync.core.sheet.rows import Raw
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
    sheet_of(live).sort((column(live, "问题描述"), "asc"), range="A2:AH6")


def insert_row(live: LiveBook) -> None:
    sheet_of(live).insert_row([], 2)


def delete_first_row(live: LiveBook) -> None:
    sheet_of(live).delete_rows(2)


def photos_to_the_front(live: LiveBook) -> None:
    at = column(live, "照片") - 1
    source = {"sheetId": sheet_of(live).id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    live.book.batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": 0}}]})


def row_above_header(live: LiveBook) -> None:
    sheet_of(live).insert_row([], 1)


def row_above_header_goes(live: LiveBook) -> None:
    if not any(sheet_of(live).row_values(1)):
        sheet_of(live).delete_rows(1)


def second_state(live: LiveBook) -> None:
    sheet_of(live).insert_cols([["状态"]], column(live, "指定时限"))


def second_state_renamed(live: LiveBook) -> None:
    header = sheet_of(live).row_values(1)
    if header.count("状态") == 2:
        sheet_of(live).update_cell(1, header.index("状态", header.index("状态") + 1) + 1, "自己的")


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
    "a row above the header": ([row_above_header], [], [row_above_header_goes]),
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
