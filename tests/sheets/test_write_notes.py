"""写入记录: what the workbook notes of writes, apart from 内部记录, which has a row for each issue."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import gspread
import pytest
import requests

from sync.core.sheet.plan import Plan, TabPlan
from sync.operations import jobs
from sync.service import Service
from sync.settings import Settings, default_path
from sync.sheets import answers, write_notes
from sync.sheets.answers import Verdict
from sync.sheets.gateway import Client, Gateway, Unknown, Unreachable
from sync.workbook import transport
from sync.workbook.cells import model
from sync.workbook.server import Request, Response
from tests.book import hour, templates
from tests.live_book import LiveBook, append, name

AT = "2026-11-24 09:30"
ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 照片 | 指定时限
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 一般 | 甲 | 1.jpg | 2小时
2026-11-24 09:01 | 督查01 | 督查 | 新正街 | 2号 | 路面脏污 | 一般 | 乙 | 2.jpg |
"""
SIZES = "sheets.properties(title,hidden,gridProperties(rowCount,columnCount))"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveBook]:
    made = LiveBook(tmp_path).add(ISSUES)
    yield made
    made.ledger.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(Service(Settings.read({"JIELU_DATA": str(tmp_path), "JIELU_SECRET": "tests"}))) as made:
        jobs.ensure_tabs(made)
        yield made


def sizes(book: gspread.Spreadsheet) -> dict[str, tuple[int, int]]:
    """Rows and columns of each sheet, by title."""
    sheets = (sheet["properties"] for sheet in book.fetch_sheet_metadata({"fields": SIZES})["sheets"])
    grids = {sheet["title"]: sheet["gridProperties"] for sheet in sheets}
    return {title: (grid["rowCount"], grid["columnCount"]) for title, grid in grids.items()}


def book_of(service: Service) -> gspread.Spreadsheet:
    return gspread.Client(auth=None, session=transport.session(service.api)).open_by_key(service.workbook)


def as_before(book: gspread.Spreadsheet) -> None:
    """The workbook as 0.2 left it: the notes stand in 内部记录, from the sixth column on."""
    notes, records = book.worksheet("写入记录"), book.worksheet("内部记录")
    records.add_cols(200 - records.col_count)
    rows = [row[:194] for row in notes.get_values()]
    records.update(rows, "F1", raw=True)
    book.del_worksheet(notes)


def full_as_before(service: Service, monkeypatch: pytest.MonkeyPatch) -> gspread.Spreadsheet:
    """A workbook of 0.2 that has no room for another cell, with issues that no look has seen."""
    service.ticks(hour(AT), idle=False)
    book = book_of(service)
    as_before(book)
    monkeypatch.setattr(model, "MAX_CELLS", sum(rows * columns for rows, columns in sizes(book).values()))
    append(book, ISSUES)
    return book


# How large it is -----------------------------------------------------------------------------------------------
def test_an_issue_takes_three_cells_of_the_hidden_tab(live: LiveBook) -> None:
    """With 200 columns a workbook was full at 45,000 issues: it holds ten million cells."""
    live.settle(AT)
    assert sizes(live.book)["内部记录"][1] == len(templates()["records"].columns) == 3


def test_the_notes_of_writes_grow_with_no_write(live: LiveBook) -> None:
    before = sizes(live.book)["写入记录"]
    assert before == (136, 200)  # a row for each of fifteen tabs, for looks and for eight writes of pages; the header
    for minute in range(10, 22):
        live.add(f"问题台账\n填报时间 | 填报人 | 来源 | 街路\n2026-11-24 09:{minute} | 督查{minute} | 督查 | 新正街")
        live.settle("2026-11-24 09:30")
    assert sizes(live.book)["写入记录"] == before
    noted = [row[0] for row in live.book.worksheet("写入记录").get_values()[1:] if row[0]]
    assert len(noted) == len({text.split()[1] for text in noted}) >= 4, "the last write to each tab"


def test_people_do_not_see_it(live: LiveBook) -> None:
    assert live.book.worksheet("写入记录").isSheetHidden


# A workbook of before ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("workbook", ["as it is", "as it was before"])
def test_a_write_whose_answer_was_lost_is_known_by_its_note(live: LiveBook, workbook: str) -> None:
    """A column is inserted in the gap and taken away right after the write, whose answer is lost: only its note tells
    that it fell one column beside. With a note of before too, of a service that was renewed meanwhile."""
    live.settle(AT)
    for row in (1, 2):
        live.type("问题台账", row, "状态", "乱")
        live.type("问题台账", row, "街路长", "乱")
    before, sheet = live.rows("问题台账", "位置", "指定时限", "问题描述"), live.book.worksheet("问题台账")
    place = sheet.row_values(1).index("指定时限") + 1
    acts = _once(live, lambda: sheet.insert_cols([[]], place), lambda: sheet.delete_columns(place))
    with pytest.raises(Unreachable):
        live.settle("2026-11-24 09:31")
    assert acts == []
    live.before, live.after = lambda _: None, lambda *_: None
    if workbook != "as it is":
        as_before(live.book)
    live.restart()
    live.settle("2026-11-24 09:32")
    assert live.rows("问题台账", "位置", "指定时限", "问题描述") == before
    assert live.rows("问题台账", "状态", "街路长") == [("待整改", "街路长01")] * 2
    assert "写入记录" in sizes(live.book), "the next write made it"


def _once(live: LiveBook, in_the_gap: Callable[[], object], after: Callable[[], object]) -> list[str]:
    """Before the next write and after it; its answer is lost, and so is that to each read until the service starts
    anew. The list is emptied as they happen."""
    left = ["in the gap", "after"]

    def before(request: Request) -> None:
        if name(request) == "write" and left == ["in the gap", "after"]:
            left.pop(0)
            in_the_gap()
        elif name(request) == "read" and not left:
            raise requests.ReadTimeout("slow")

    def afterwards(request: Request, _: Response) -> None:
        if name(request) == "write" and left == ["after"]:
            left.pop()
            after()
            raise requests.ConnectionError("cut after it was applied")

    live.before, live.after = before, afterwards
    return left


def test_at_a_start_the_hidden_tab_is_made_as_narrow_as_it_need_be(service: Service) -> None:
    service.ticks(hour(AT), idle=False)
    as_before(book_of(service))
    assert sizes(book_of(service))["内部记录"][1] == 200
    records = book_of(service).worksheet("内部记录").get_values("A:C")
    jobs.ensure_tabs(service)
    assert sizes(book_of(service))["内部记录"][1] == 5
    assert book_of(service).worksheet("内部记录").get_values("A:C") == records


def test_not_while_a_write_is_under_way_that_is_noted_there(service: Service) -> None:
    service.ticks(hour(AT), idle=False)
    as_before(book_of(service))
    plan = service.ledger.page_writes.begin(Plan({"issues": TabPlan("issues", ("街路",))}))
    book_of(service).worksheet("内部记录").update([[f"{plan.number} issues", "街路"]], "F20", raw=True)
    jobs.ensure_tabs(service)
    assert sizes(book_of(service))["内部记录"][1] == 200
    service.ledger.end_page_write(plan.number)
    jobs.ensure_tabs(service)
    assert sizes(book_of(service))["内部记录"][1] == 5


def test_a_workbook_that_is_full_is_written_again_after_the_start(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its looks were refused: of each the ledger holds what it meant to write, and none is noted."""
    book = full_as_before(service, monkeypatch)
    assert "limit" in service.ticks(hour(AT), idle=False).trouble
    jobs.ensure_tabs(service)
    assert sizes(book)["写入记录"] == (136, 201), "made in the same request"
    assert not service.ticks(hour(AT), idle=False).trouble
    assert all(row[0] for row in book.worksheet("问题台账").get_values("A2:A3")), "numbered"


def test_what_a_full_workbook_refused_is_known_never_to_have_come(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where columns were moved meanwhile, nothing is looked for in the cells of people."""
    full_as_before(service, monkeypatch)
    service.ticks(hour(AT), idle=False)
    jobs.ensure_tabs(service)
    plan, seen = service.ledger.current().plan, service.gateway.read_with_notes()
    assert plan is not None and service.gateway.fell(plan, seen) == {}


def test_templates_of_before_without_the_hidden_tab_start(tmp_path: Path) -> None:
    """A bureau's own folder of templates, copied when there was no 内部记录 yet."""
    folder = tmp_path / "templates"
    shutil.copytree(default_path("sheet_templates"), folder)
    (folder / "records.toml").unlink()
    values = {"JIELU_DATA": str(tmp_path / "data"), "JIELU_SECRET": "tests", "JIELU_TEMPLATES": str(folder)}
    with closing(Service(Settings.read(values))) as service:
        jobs.ensure_tabs(service)
        jobs.ensure_tabs(service)
        assert set(sizes(book_of(service))) == {tab.title for tab in service.templates.values()} | {"写入记录"}


def test_a_column_that_stands_behind_the_notes_keeps_them(service: Service) -> None:
    """Somebody put 内容 behind them: what it says is worth more than the room."""
    service.ticks(hour(AT), idle=False)
    as_before(book_of(service))
    records = book_of(service).worksheet("内部记录")
    source = {"sheetId": records.id, "dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}
    book_of(service).batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": 200}}]})
    jobs.ensure_tabs(service)
    assert sizes(book_of(service))["内部记录"][1] == 200


def test_the_hidden_tab_of_a_workbook_without_is_made_at_the_start(service: Service) -> None:
    book = book_of(service)
    book.del_worksheet(book.worksheet("内部记录"))
    jobs.ensure_tabs(service)
    assert "内部记录" in sizes(book)


# Who makes it --------------------------------------------------------------------------------------------------
def test_the_next_write_makes_it_anew_where_somebody_deleted_it(live: LiveBook) -> None:
    live.settle(AT)
    live.book.del_worksheet(live.book.worksheet("写入记录"))
    live.type("问题台账", 1, "街路长", "乱")
    report = live.settle("2026-11-24 09:31")
    assert not report.trouble and live.rows("问题台账", "街路长")[0] == ("街路长01",)
    assert any(row[0].endswith(" issues") for row in live.book.worksheet("写入记录").get_values())


def test_two_processes_that_need_it_at_once_are_not_refused(live: LiveBook) -> None:
    """Both learnt the sheets while there was none."""
    live.settle(AT)
    live.book.del_worksheet(live.book.worksheet("写入记录"))
    gateways = [Gateway(Client(None, transport.session(live.api)), live.book.id, templates()) for _ in range(2)]
    for gateway in gateways:
        gateway.learn_sheets()
    for number, gateway in enumerate(gateways, start=1):
        header = gateway.read(("status",))["status"].header
        plan = Plan({"status": TabPlan("status", header, appends=((f"项目{number}", "", ""),))}, number=f"{number:032}")
        gateway.write(replace(plan, place=number))
    seen = gateways[0].read_with_notes()
    for number in (1, 2):
        assert write_notes.headers(Plan({"status": TabPlan("status", ())}, number=f"{number:032}"), seen)


def test_an_answer_on_its_way_to_a_workbook_without_it_is_waited_for(live: LiveBook) -> None:
    """Whatever arrives makes the sheet: where it is not there, the answer may still come, and the ledger must know of
    it once it falls one column beside."""
    sheet = live.book.worksheet("问题台账")
    end, place = len(sheet.row_values(1)), sheet.row_values(1).index("核实结果")
    sheet.insert_cols([["自己的", "甲说", "乙说"]], end + 1)
    live.settle(AT)
    live.book.del_worksheet(live.book.worksheet("写入记录"))
    live.restart()
    on_its_way: list[Request] = []

    def slow(request: Request) -> None:
        if name(request) == "write":
            on_its_way.append(request)
            raise requests.ReadTimeout("slow")

    live.before = slow
    answer = Verdict(live.rows("问题台账", "编号")[0][0], {"accepted": "受理"}, allowed)
    with pytest.raises(Unknown):
        answers.write(live.gateway, live.ledger, answer)
    live.before = lambda _: None
    source = {"sheetId": sheet.id, "dimension": "COLUMNS", "startIndex": end, "endIndex": end + 1}
    live.book.batch_update({"requests": [{"moveDimension": {"source": source, "destinationIndex": place}}]})
    assert live.api.handle(on_its_way[0]).status == 200
    live.settle("2026-11-24 09:31")
    assert sheet.col_values(place + 1) == ["自己的", "甲说", "乙说"]


def allowed(_: object) -> str:
    return ""


# Where it is not as we made it ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("dimension", "left"), [("ROWS", 2), ("COLUMNS", 1)])
def test_it_is_made_large_enough_where_somebody_deleted_of_it(live: LiveBook, dimension: str, left: int) -> None:
    """So it is where a later version knows of more tabs."""
    live.settle(AT)
    gone = {"sheetId": live.book.worksheet("写入记录").id, "dimension": dimension, "startIndex": left}
    live.book.batch_update({"requests": [{"deleteDimension": {"range": gone}}]})
    live.type("问题台账", 1, "街路长", "乱")
    report = live.settle("2026-11-24 09:31")
    assert not report.trouble and live.rows("问题台账", "街路长")[0] == ("街路长01",)
    assert sizes(live.book)["写入记录"] == (136, 200)
    live.type("问题台账", 1, "街路长", "乱")
    live.settle("2026-11-24 09:32")
    assert sizes(live.book)["写入记录"] == (136, 200), "once"


def test_it_is_wider_than_the_widest_tab_before_a_header_is_copied_into_it() -> None:
    """Whether a copy makes a sheet of Google wider is nowhere written. 内部记录 of 0.2 has 200 columns."""
    size = {"rowCount": 1000, "columnCount": 200}
    records = {"sheetId": 1014, "title": "内部记录", "gridProperties": size}
    wide = {"sheetId": 7, "title": "本局自己的", "gridProperties": {"rowCount": 9, "columnCount": 900}}
    new = write_notes.sheet_of([records, wide], ["内部记录", "问题台账"])
    assert new.made[0]["addSheet"]["properties"]["gridProperties"]["columnCount"] == 201
    there = {"sheetId": new.id, "title": new.title, "gridProperties": size}
    more = write_notes.sheet_of([records, wide, there], ["内部记录", "问题台账"]).made
    assert more == [{"appendDimension": {"sheetId": new.id, "dimension": "COLUMNS", "length": 1}}]


def test_a_sheet_of_that_name_which_people_made_is_left_as_it_is(live: LiveBook) -> None:
    live.book.del_worksheet(live.book.worksheet("写入记录"))
    own = [[f"{row}号{column}" for column in "甲乙丙"] for row in range(200)]
    live.book.add_worksheet("写入记录", 200, 3).update(own, raw=True)
    assert not live.settle(AT).trouble
    assert live.book.worksheet("写入记录").get_values() == own
    assert live.book.worksheet("写入记录2").isSheetHidden
    gateway = Gateway(live.gateway.client, live.book.id, templates())
    assert any(str(row[0]).endswith(" issues") for row in gateway.read_with_notes()[write_notes.KEY].rows if row)
