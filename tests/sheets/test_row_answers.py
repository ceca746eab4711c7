"""A verdict lands on the row that it is about, whatever people do to the tab between our read and our write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from sync.core.sheet.rows import Raw, plain
from sync.sheets import answers
from sync.sheets.answers import NotWritten, Verdict
from sync.sheets.gateway import Gateway, Unknown
from sync.workbook.server import Request, Response
from tests.book import templates
from tests.live_book import LiveBook

ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲
2026-11-24 09:10 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 乙
2026-11-24 09:20 | 督查01 | 督查 | 建设南路 | 暴露垃圾 | 丙
"""
NUMBER = "20261124-002"
CELLS: dict[str, Raw] = {"verified": "通过", "verifier": "标准化办01", "verified_at": 46350.5, "verify_note": ""}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveBook]:
    made = LiveBook(tmp_path).add(ISSUES)
    made.settle("2026-11-24 09:25")
    yield made
    made.ledger.close()


def gateway(live: LiveBook) -> Gateway:
    return Gateway(live.gateway.client, live.book.id, templates())


def fine(row: Mapping[str, Raw]) -> str:
    return ""


def seen(live: LiveBook) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in live.rows("问题台账", "问题描述", "复核结果", "复核人", "核实结果", "执法依据")}


def once_before_the_write(live: LiveBook, edit: Callable[[], None]) -> None:
    done: list[str] = []

    def before(request: Request) -> Response | None:
        if request.path.endswith(":batchUpdate") and not done:
            done.append("x")
            edit()
        return None

    live.before = before


LATER = "2026-11-24 09:10"
OPEN = ("", "", "", "")
DONE = ("通过", "标准化办01", "", "")


def test_a_verdict_lands_in_its_row(live: LiveBook) -> None:
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    assert seen(live) == {"甲": OPEN, "乙": DONE, "丙": OPEN}
    assert live.log[-2:] == ["read", "write"]


@pytest.mark.parametrize("edit", ["insert", "sort", "delete"])
def test_rows_that_moved_in_the_same_second_get_back_what_they_had(live: LiveBook, edit: str) -> None:
    live.type("问题台账", 1, "复核结果", "返工")
    live.type("问题台账", 1, "复核人", "标准化办02")
    sheet = live.book.worksheet("问题台账")
    header = sheet.row_values(1)
    edits = {
        "insert": lambda: sheet.insert_row([], 2),
        "sort": lambda: sheet.sort((header.index("街路") + 1, "asc"), range="A2:AF4"),
        "delete": lambda: sheet.delete_rows(4),
    }
    once_before_the_write(live, edits[edit])
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.settle(LATER)
    found = seen(live)
    assert found["甲"][:2] == ("返工", "标准化办02") and found["乙"] == DONE
    assert found.get("丙", OPEN) == OPEN and "" not in found


def test_a_column_inserted_in_the_same_second_loses_nobody_s_cell(live: LiveBook) -> None:
    live.type("问题台账", 2, "核实结果", "受理")
    live.type("问题台账", 2, "核实人", "标准化办01")
    live.type("问题台账", 2, "执法依据", "案号1")
    sheet = live.book.worksheet("问题台账")
    at = sheet.row_values(1).index("核实结果")
    once_before_the_write(live, lambda: sheet.insert_cols([["本局备注", "", "自己写的"]], at))
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.settle(LATER)
    assert seen(live)["乙"] == ("通过", "标准化办01", "受理", "案号1")
    assert sheet.col_values(at) == ["本局备注", "", "自己写的"]


def test_a_verdict_is_not_taken_from_its_row_since_that_looks_like_the_one_it_fell_on_first(live: LiveBook) -> None:
    """The first try falls on a new row, which is given back; the look after it still knows of that try."""

    def report_above() -> None:
        live.book.worksheet("问题台账").insert_row([], 2)
        for header, cell in (("填报人", "督查01"), ("来源", "督查"), ("类别", "暴露垃圾"), ("问题描述", "丁")):
            live.type("问题台账", 1, header, cell)

    once_before_the_write(live, report_above)
    answers.write(gateway(live), live.ledger, Verdict("20261124-001", {**CELLS, "verify_note": "扫净了"}, fine))
    live.settle(LATER)
    assert {text: verdict for text, (_, verdict) in verdicts(live).items()} == {
        "丁": "",
        "甲": "通过",
        "乙": "",
        "丙": "",
    }


@pytest.mark.parametrize("before", ["复核结果", "复核人", "复核时间", "复核意见", "填报时间"])
def test_a_verdict_stays_where_a_column_came_among_its_cells(live: LiveBook, before: str) -> None:
    """The first try falls in part under other columns and is taken back by the next look, the second is not."""
    sheet = live.book.worksheet("问题台账")

    def insert() -> None:
        sheet.insert_cols([["自加"]], sheet.row_values(1).index(before) + 1)

    once_before_the_write(live, insert)
    answers.write(
        gateway(live), live.ledger, Verdict(NUMBER, {**CELLS, "verified": "返工", "verify_note": "意见"}, fine)
    )
    for minute in (26, 27, 28):
        live.settle(f"2026-11-24 09:{minute}")
    shown = live.rows("问题台账", "编号", "复核结果", "复核人", "复核意见", "自加")
    assert shown[1] == (NUMBER, "返工", "标准化办01", "意见", "")
    assert [row[1:] for row in (shown[0], shown[2])] == [("", "", "", "")] * 2


def swap_numbers(live: LiveBook, first: int, second: int) -> None:
    numbers = [row[0] for row in live.rows("问题台账", "编号")]
    live.type("问题台账", first, "编号", numbers[second - 1])
    live.type("问题台账", second, "编号", numbers[first - 1])


def verdicts(live: LiveBook) -> dict[str, tuple[str, str]]:
    rows = live.rows("问题台账", "问题描述", "编号", "复核结果")
    return {text: (number, verdict) for text, number, verdict in rows}


def test_a_verdict_stays_with_its_issue_where_numbers_are_swapped_before_the_write(live: LiveBook) -> None:
    """The row at which the page looked bears another number when the answer arrives: it is in its row all the same."""
    once_before_the_write(live, lambda: swap_numbers(live, 1, 2))
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.settle(LATER)
    assert verdicts(live) == {"甲": ("20261124-001", ""), "乙": (NUMBER, "通过"), "丙": ("20261124-003", "")}


def test_a_verdict_is_not_given_to_the_issue_that_bears_the_number_by_mistake(live: LiveBook) -> None:
    swap_numbers(live, 1, 2)
    with pytest.raises(NotWritten, match="现在写在另一个问题那一行"):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.settle(LATER)
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.settle(LATER)
    assert verdicts(live) == {"甲": ("20261124-001", ""), "乙": (NUMBER, "通过"), "丙": ("20261124-003", "")}


def test_of_two_equal_issues_the_number_says_which_is_meant(live: LiveBook) -> None:
    head, line = ISSUES.strip().splitlines()[1], ISSUES.strip().splitlines()[-1]
    live.add(f"问题台账\n{head}\n{line}").settle(LATER)
    once_before_the_write(live, lambda: swap_numbers(live, 3, 4))
    answers.write(gateway(live), live.ledger, Verdict("20261124-003", CELLS, fine))
    live.settle(LATER)
    rows = live.rows("问题台账", "编号", "复核结果")
    assert rows == [("20261124-001", ""), (NUMBER, ""), ("20261124-004", ""), ("20261124-003", "通过")]


def test_a_verdict_on_a_row_that_is_edited_meanwhile_is_not_taken_back(live: LiveBook) -> None:
    once_before_the_write(live, lambda: live.type("问题台账", 2, "问题描述", "乙，说得更细"))
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.settle(LATER)
    assert verdicts(live)["乙，说得更细"] == (NUMBER, "通过")


def test_a_number_that_is_not_there_or_twice_is_said(live: LiveBook) -> None:
    with pytest.raises(NotWritten, match="有 0 行"):
        answers.write(gateway(live), live.ledger, Verdict("20261124-009", CELLS, fine))
    live.type("问题台账", 3, "编号", NUMBER)
    with pytest.raises(NotWritten, match="有 2 行"):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    assert seen(live)["乙"] == OPEN


def test_what_the_row_does_not_allow_is_not_written(live: LiveBook) -> None:
    live.type("问题台账", 2, "复核结果", "返工")

    def check(row: Mapping[str, Raw]) -> str:
        return "已经有人复核" if plain(row["verified"]) else ""

    with pytest.raises(NotWritten, match="已经有人复核"):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, check))
    assert seen(live)["乙"][0] == "返工" and "write" not in live.log[-2:]


def lose_replies(live: LiveBook, *, reads: bool = False) -> None:
    """No write is answered any more; with ``reads``, after one nothing is."""
    written: list[int] = []

    def after(request: Request, response: Response) -> Response | None:
        is_write = request.path.endswith(":batchUpdate")
        written.extend([1] if is_write else [])
        return Response(503, {}, b"{}") if is_write or (reads and written) else None

    live.after = after


def test_an_answer_whose_reply_was_lost_is_looked_up(live: LiveBook) -> None:
    lose_replies(live)
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    assert seen(live) == {"甲": OPEN, "乙": DONE, "丙": OPEN}
    assert live.log[-3:] == ["read", "write", "read"]


def test_an_answer_that_can_t_be_looked_up_is_unknown(live: LiveBook) -> None:
    lose_replies(live, reads=True)
    with pytest.raises(Unknown):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    assert seen(live)["乙"] == DONE


def test_an_answer_that_did_not_arrive_is_unknown(live: LiveBook) -> None:
    live.before = lambda request: Response(503, {}, b"{}") if request.path.endswith(":batchUpdate") else None
    with pytest.raises(Unknown):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    assert seen(live)["乙"] == OPEN


@pytest.mark.parametrize("given", [{"verified": "返工", "verifier": "标准化办02"}, {}])
@pytest.mark.parametrize("edit", ["insert", "sort"])
def test_an_answer_whose_reply_was_lost_stays_on_no_other_row(live: LiveBook, edit: str, given: dict[str, str]) -> None:
    headers = {"verified": "复核结果", "verifier": "复核人"}
    for key, value in given.items():
        live.type("问题台账", 1, headers[key], value)
    live.settle(LATER)
    sheet = live.book.worksheet("问题台账")
    header = sheet.row_values(1)
    edits = {
        "insert": lambda: sheet.insert_row([], 2),
        "sort": lambda: sheet.sort((header.index("街路") + 1, "asc"), range="A2:AF4"),
    }
    once_before_the_write(live, edits[edit])
    lose_replies(live)
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.after = lambda request, response: None
    live.settle("2026-11-24 09:11")
    shown = seen(live)
    assert shown["甲"][:2] == (given.get("verified", ""), given.get("verifier", "")) and shown["乙"] == DONE
    assert shown["丙"] == OPEN and "" not in shown


@pytest.mark.parametrize("gone", ["emptied", "deleted"])
def test_an_answer_whose_reply_was_lost_and_whose_row_is_gone_stays_on_no_other(live: LiveBook, gone: str) -> None:
    sheet = live.book.worksheet("问题台账")
    edits: dict[str, Callable[[], object]] = {
        "emptied": lambda: sheet.batch_clear(["A3:AZ3"]),
        "deleted": lambda: sheet.delete_rows(3),
    }
    once_before_the_write(live, edits[gone])
    lose_replies(live)
    with pytest.raises(NotWritten, match="有 0 行"):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.after = lambda request, response: None
    live.settle(LATER)
    shown = {text: cells for text, cells in seen(live).items() if text or any(cells)}
    assert shown == {"甲": OPEN, "丙": OPEN}


@pytest.mark.parametrize("afterwards", ["nothing", "another column", "taken away again"])
@pytest.mark.parametrize("before", ["责任单位", "复核结果", "复核时间", "填报时间"])
def test_an_answer_whose_reply_was_lost_while_a_column_came_stands_in_its_row(
    live: LiveBook, before: str, afterwards: str
) -> None:
    """The workbook's note says under which headers it fell."""
    live.type("问题台账", 2, "核实结果", "受理")
    sheet = live.book.worksheet("问题台账")
    header = sheet.row_values(1)
    at = header.index(before) + 1
    later: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "another column": lambda: sheet.insert_cols([["自加二"]], at),
        "taken away again": lambda: sheet.delete_columns(at),
    }
    once_before_the_write(live, lambda: sheet.insert_cols([["自加"]], at))
    done: list[int] = []

    def after(request: Request, response: Response) -> Response | None:
        if done or not request.path.endswith(":batchUpdate"):
            return None
        done.append(1)
        later[afterwards]()
        return Response(503, {}, b"{}")

    live.after = after
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, {**CELLS, "verify_note": "扫净了"}, fine))
    for minute in (26, 27, 28):
        live.settle(f"2026-11-24 09:{minute}")
    shown = live.rows("问题台账", "编号", "复核结果", "复核人", "复核意见", "核实结果", "核实人", "执法依据")
    assert shown[1] == (NUMBER, "通过", "标准化办01", "扫净了", "受理", "", "")
    assert [row[1:] for row in (shown[0], shown[2])] == [("", "", "", "", "", "")] * 2
    own = [sheet.col_values(place)[1:] for place, name in enumerate(sheet.row_values(1), 1) if name not in header]
    assert not any(any(cells) for cells in own)


def test_a_service_column_is_never_written(live: LiveBook) -> None:
    with pytest.raises(AssertionError):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, {"state": "已销号"}, fine))


class Killed(BaseException):
    """The page's process died here."""


@pytest.mark.parametrize("edit", ["", "column", "sort", "delete"])
def test_an_answer_whose_page_died_before_it_saw_where_it_fell_stays_on_no_other_row(live: LiveBook, edit: str) -> None:
    """Another process looks next: the answer stands where it fell right, and nowhere else."""
    sheet = live.book.worksheet("问题台账")
    header = sheet.row_values(1)
    edits: dict[str, Callable[[], object]] = {
        "": lambda: None,
        "column": lambda: sheet.insert_cols([["本局备注"]], header.index("核实结果") + 1),
        "sort": lambda: sheet.sort((header.index("街路") + 1, "asc"), range="A2:AF4"),
        "delete": lambda: sheet.delete_rows(3),
    }
    once_before_the_write(live, edits[edit])
    die_after_a_write(live)
    with pytest.raises(Killed):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.restart()
    live.settle(LATER)
    stands = {"": {"甲": OPEN, "乙": DONE, "丙": OPEN}, "delete": {"甲": OPEN, "丙": OPEN}}
    assert seen(live) == stands.get(edit, {"甲": OPEN, "乙": OPEN, "丙": OPEN})
    assert not live.ledger.page_writes.under_way() and not live.ledger.current().covers


def die_after_a_write(live: LiveBook) -> None:
    def after(request: Request, response: Response) -> Response | None:
        if request.path.endswith(":batchUpdate"):
            raise Killed
        return None

    live.after = after


def test_an_answer_that_no_look_saw_arrive_is_waited_for(live: LiveBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page died before it was sent, or it is on its way: after ten minutes no request is."""

    def before(request: Request) -> Response | None:
        if request.path.endswith(":batchUpdate"):
            raise Killed
        return None

    live.before = before
    with pytest.raises(Killed):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.restart()
    live.settle(LATER)
    assert [write.row for write in live.ledger.page_writes.under_way()] == [NUMBER]
    hour = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: hour)
    live.tick(LATER)
    assert not live.ledger.page_writes.under_way()
    assert seen(live) == {"甲": OPEN, "乙": OPEN, "丙": OPEN}


def test_two_answers_whose_pages_died_are_told_apart(live: LiveBook) -> None:
    """Each write under way has a place of its own for the workbook's note."""
    sheet = live.book.worksheet("问题台账")
    die_after_a_write(live)
    for number, column in ((NUMBER, "核实结果"), ("20261124-003", "来源")):
        at = sheet.row_values(1).index(column) + 1
        once_before_the_write(live, partial(sheet.insert_cols, [[f"备注{number[-1]}"]], at))
        with pytest.raises(Killed):
            answers.write(gateway(live), live.ledger, Verdict(number, CELLS, fine))
    live.restart()
    live.settle(LATER)
    assert seen(live) == {"甲": OPEN, "乙": OPEN, "丙": OPEN}
    assert live.rows("问题台账", "备注2", "备注3", "来源") == [("", "", "督查")] * 3


def test_a_verifier_typed_on_a_row_while_an_answer_is_taken_from_its_copy_stays(live: LiveBook) -> None:
    """The page's answer for 乙 falls on a copy of 甲 that came above it. While that is taken back, the standards office
    verifies 甲 itself, in the same name: that cell is its own."""
    sheet = live.book.worksheet("问题台账")

    def copy_above() -> None:
        live.type("问题台账", 1, "位置", "三号门")
        sheet.insert_row(sheet.row_values(2, value_render_option="UNFORMATTED_VALUE"), 3)

    def verify() -> None:
        for key, header in (("verifier", "复核人"), ("verify_note", "复核意见")):
            live.type("问题台账", 1, header, {**CELLS, "verify_note": "扫净了"}[key])
        live.type("问题台账", 1, "复核结果", "通过")

    once_before_the_write(live, copy_above)
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, {**CELLS, "verified": "返工"}, fine))
    once_before_the_write(live, verify)
    live.settle(LATER)
    assert verdicts_of(live) == [
        ("甲", "通过", "标准化办01", "扫净了"),
        ("甲", "", "", ""),
        ("乙", "返工", "标准化办01", ""),
        ("丙", "", "", ""),
    ]


def verdicts_of(live: LiveBook) -> list[tuple[str, ...]]:
    return live.rows("问题台账", "问题描述", "复核结果", "复核人", "复核意见")


def test_an_answer_waits_while_the_same_words_of_another_stand_in_its_row_by_mistake(live: LiveBook) -> None:
    """A row came in the second of the write: 乙's answer fell on 甲 first. What the next look takes back there must not
    be the answer that is given for 甲 meanwhile."""
    sheet = live.book.worksheet("问题台账")
    once_before_the_write(live, lambda: sheet.insert_row([], 2))
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    assert seen(live) == {"甲": DONE, "乙": DONE, "丙": OPEN}
    with pytest.raises(NotWritten, match="请过一分钟再试"):
        answers.write(gateway(live), live.ledger, Verdict("20261124-001", CELLS, fine))
    live.settle(LATER)
    assert seen(live) == {"甲": OPEN, "乙": DONE, "丙": OPEN}
    answers.write(gateway(live), live.ledger, Verdict("20261124-001", CELLS, fine))
    live.settle(LATER)
    assert seen(live) == {"甲": DONE, "乙": DONE, "丙": OPEN}


def test_an_answer_whose_page_died_is_told_from_the_same_that_is_given_next(live: LiveBook) -> None:
    """乙's answer fell on 丙, since 甲 was deleted in that second, and is given once more at once."""
    sheet = live.book.worksheet("问题台账")
    once_before_the_write(live, lambda: sheet.delete_rows(2))
    die_after_a_write(live)
    with pytest.raises(Killed):
        answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.restart()
    assert seen(live) == {"乙": OPEN, "丙": DONE}
    answers.write(gateway(live), live.ledger, Verdict(NUMBER, CELLS, fine))
    live.settle(LATER)
    assert seen(live) == {"乙": DONE, "丙": OPEN}
