"""A form reads the end of its tab alone, and the whole workbook where rows or columns were moved since."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.core.people.permissions import Person
from sync.core.sheet.rows import Raw
from sync.core.views.forms.forms import FORMS, fields
from sync.intake.forms import Answer, FilledForm, FormIntake
from sync.intake.photos import PhotoFolder
from sync.ledger.received.submissions import Sender
from sync.workbook.server import Request, Response
from tests.book import cell, default_rules, hour, templates
from tests.live_book import LiveBook, name

CHIEF = Person("街路长01", frozenset({"chief"}), streets=frozenset({"新正街"}))
LOG = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 08:50 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 一般 | 甲
2026-11-24 08:51 | 督查01 | 督查 | 联胜路 | 2号 | 占道经营 | 一般 | 乙
2026-11-24 08:52 | 督查01 | 督查 | 新正街 | 3号 | 路面破损 | 一般 | 丙
"""


class Counter:
    """A bureau that takes forms in, and how many ranges each read of the service asked for."""

    def __init__(self, folder: Path) -> None:
        self.live = LiveBook(folder).add(LOG)
        self.live.settle("2026-11-24 09:00")
        self.intake = FormIntake(self.live.gateway, self.live.ledger, PhotoFolder(folder, "key"), threading.RLock())
        self.ranges: list[int] = []
        self.live.before = self._count
        self.sent = 0

    def _count(self, request: Request) -> Response | None:
        if name(request) == "read":
            self.ranges.append(len([key for key, _ in request.query if key == "ranges"]))
        return None

    def send(self, place: str, at: str = "2026-11-24 09:10") -> Answer:
        self.sent += 1
        self.ranges.clear()
        given = {"street": "新正街", "category": "暴露垃圾", "text": "垃圾", "source": "街路长自查", "place": place}
        asked = fields(FORMS["issues"], templates()["issues"], CHIEF, ("新正街",), default_rules())
        filled = FilledForm(f"form-{self.sent}", FORMS["issues"], Sender(CHIEF.name), given, asked, {}, hour(at))
        return self.intake.submit(filled, default_rules(), hour(at))

    def places(self) -> list[tuple[str, ...]]:
        return self.live.rows("问题台账", "位置", "填报人", "编号")


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.live.ledger.close()


def number(answer: Answer) -> str:
    assert answer.state == "in", answer
    return str(answer.details["number"])


def test_the_first_form_reads_all_and_the_next_the_end_of_one_tab(counter: Counter) -> None:
    numbers = [number(counter.send("4号"))]
    assert counter.ranges == [len(templates())]
    for place in ("5号", "6号", "7号"):
        numbers.append(number(counter.send(place)))
        assert counter.ranges == [2], "the header, and the last row with what stands below it"
    assert numbers == [f"20261124-{n:03d}" for n in (4, 5, 6, 7)]
    counter.live.settle("2026-11-24 09:20")
    assert [row[2] for row in counter.places()] == [f"20261124-{n:03d}" for n in range(1, 8)]
    assert number(counter.send("8号", "2026-11-24 09:30")) == "20261124-008" and counter.ranges == [2]


def typed(counter: Counter, place: str) -> list[Raw]:
    """A row that a clerk types."""
    row = {"填报时间": "2026-11-24 09:05", "填报人": "督查01", "来源": "督查", "街路": "联胜路", "位置": place,
           "类别": "暴露垃圾", "严重程度": "一般", "问题描述": "丁"}  # fmt: skip
    types = {column.header: column.type for column in templates()["issues"].columns}
    return [cell(row[header], types[header]) if header in row else "" for header in _sheet(counter).row_values(1)]


def _sheet(counter: Counter):  # type: ignore[no-untyped-def]
    return counter.live.book.worksheet("问题台账")


def below(counter: Counter) -> None:
    _sheet(counter).append_row(typed(counter, "9号"), value_input_option="RAW", table_range="A1")


def above(counter: Counter) -> None:
    _sheet(counter).insert_row(typed(counter, "9号"), 2, value_input_option="RAW")


def first_deleted(counter: Counter) -> None:
    _sheet(counter).delete_rows(2)


def last_deleted(counter: Counter) -> None:
    _sheet(counter).delete_rows(len(counter.places()) + 1)


def cut_short(counter: Counter) -> None:
    """The last rows are gone, and the grid ends above where they stood."""
    last_deleted(counter)
    last_deleted(counter)
    _sheet(counter).resize(rows=len(counter.places()) + 1)


def sorted_down(counter: Counter) -> None:
    _sheet(counter).sort((_sheet(counter).row_values(1).index("位置") + 1, "des"))


def column_inserted(counter: Counter) -> None:
    _sheet(counter).insert_cols([["本局备注"]], 3)


def columns_swapped(counter: Counter) -> None:
    sheet, header = _sheet(counter), _sheet(counter).row_values(1)
    at = header.index("位置")
    move = {"source": {"sheetId": sheet.id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}}
    counter.live.book.batch_update({"requests": [{"moveDimension": {**move, "destinationIndex": len(header)}}]})


def renamed_tab(counter: Counter) -> None:
    """And named back: in between nothing could be read."""
    _sheet(counter).update_title("别的")
    assert counter.send("没有这个表").state == "later"
    counter.live.book.worksheet("别的").update_title("问题台账")


WHOLE = [len(templates())]


@pytest.mark.parametrize(
    ("people", "expected", "whole"),
    [
        (below, "20261124-006", False),  # what was typed below the last row comes first
        (above, "20261124-006", True),
        (first_deleted, "20261124-005", True),
        (last_deleted, "20261124-004", False),  # the form before: what was read last stands
        (cut_short, "20261124-004", True),
        (sorted_down, "20261124-005", True),
        (column_inserted, "20261124-005", True),
        (columns_swapped, "20261124-005", True),
        (renamed_tab, "20261124-005", True),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_people_do_between_two_forms_is_seen(
    counter: Counter, people: Callable[[Counter], None], expected: str, whole: bool
) -> None:
    assert number(counter.send("4号")) == "20261124-004"
    people(counter)
    assert number(counter.send("5号")) == expected
    assert (WHOLE[0] in counter.ranges) == whole, counter.ranges
    counter.live.settle("2026-11-24 09:20")
    assert [row[2] for row in counter.places() if row[0] == "5号" and row[1] == CHIEF.name] == [expected]


def test_a_form_that_is_sent_again_is_found_among_the_new_rows(counter: Counter) -> None:
    counter.send("4号")
    counter.send("5号")
    rows = counter.places()
    counter.live.ledger.close()
    counter.sent = 1  # the phone sends the second once more, and the ledger has forgotten it
    (counter.live.folder / "ledger.sqlite3").unlink()
    counter.live.open()
    counter.live.settle("2026-11-24 09:12")
    counter.intake = FormIntake(
        counter.live.gateway, counter.live.ledger, PhotoFolder(counter.live.folder, "key"), threading.RLock()
    )
    assert counter.send("5号").state == "in"
    assert [row[:2] for row in counter.places()] == [row[:2] for row in rows]
