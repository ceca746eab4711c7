"""Facts of issues that left the live tab a while ago are in the ledger alone: a look does without them and comes to
the same, and reads them again where a row, a form or the rules call for them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from sync import archive_moves
from sync.core.look.decide import recall
from sync.core.memory import Memory
from sync.core.rules.rules import load
from sync.core.views.forms.forms import FORMS, fields
from sync.core.views.periods.simulate import simulate
from sync.intake.forms import FilledForm, FormIntake
from sync.intake.photos import PhotoFolder
from sync.ledger.received.submissions import Sender
from tests.book import hour, templates
from tests.live_book import LiveBook
from tests.sheets.test_new_rows import CHIEF
from tests.ticks.test_archive import (
    LATER,
    LOG,
    OVER,
    delivered,
    issues,
    october,
    others,
    people,
    shelf,
    texts,
    verdict,
    whole,
)

GONE = {"20261012-001", "20261012-002", "20261012-004"}
LATER_STILL = "2027-02-18 21:0"  # more than a week, in which a repeat would count, and a month


def stored(live: LiveBook) -> set[str]:
    return {rid for rid, mark in live.ledger.current().archived.items() if mark.stored}


def put_by(live: LiveBook) -> LiveBook:
    """A bureau whose closed October stands in its archive, and whose facts are in the ledger alone."""
    february(live)
    assert stored(live) == GONE
    return live


def february(live: LiveBook) -> None:
    """All was sent; what is over left the live tabs more than a month ago."""
    delivered(live)
    live.ledger.settle(list(live.ledger.memory().notices), "已发送", "")
    for minute in range(6):
        live.settle(f"2027-01-10 21:0{minute}")
    for minute in range(5):
        live.settle(f"{LATER_STILL}{minute}")


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    return october(LiveBook(tmp_path))


def test_a_look_does_without_them_and_writes_nothing_else(live: LiveBook) -> None:
    put_by(live)
    current = live.ledger.current()
    assert not GONE & current.stamps.keys()
    assert not [sent for sent in current.notices.values() if sent.notice.issue in GONE]
    assert all(not current.known["issues"][rid].cells for rid in GONE)
    before = live.everything()
    live.restart()
    for at in ("2027-02-18 21:05", "2027-02-18 21:06"):
        assert live.settle(at).cells == 0
    assert live.everything() == before
    assert stored(live) == GONE
    assert not GONE & live.ledger.current().stamps.keys()


def test_no_word_of_them_is_in_what_a_look_holds(live: LiveBook) -> None:
    assert [text for text in texts_of(live.ledger.current()) if "=丁" in text], "while it is in the log"
    put_by(live)
    assert live.settle("2027-02-18 21:05").cells == 0
    assert [text for text in texts_of(live.ledger.current()) if "=丁" in text] == [], "though 丙 of its month is open"


def texts_of(memory: Memory) -> Iterator[str]:
    """Every text that can be reached from the memory: in its values, and in results of looks that it keeps."""
    seen, open_objects = set[int](), list[object]([memory])
    while open_objects:
        each = open_objects.pop()
        if id(each) in seen or isinstance(each, type | ModuleType | FunctionType):
            continue
        seen.add(id(each))
        if isinstance(each, str):
            yield each
        open_objects += gc.get_referents(each)


def test_nothing_is_another_than_where_all_is_held(live: LiveBook, monkeypatch: pytest.MonkeyPatch) -> None:
    put_by(live)
    (live.folder / "other").mkdir()
    other = october(LiveBook(live.folder / "other"))
    with monkeypatch.context() as patch:
        patch.setattr("sync.core.look.leaving.stored.ROOM", timedelta(days=9000))
        february(other)
    assert stored(other) == set()
    for bureau in (live, other):
        bureau.add(LOG.replace("2026-10-12", "2027-02-19"))
        bureau.settle("2027-02-19 09:05")
        bureau.settle("2027-03-05 09:00")
        if bureau is live:
            bureau.restart()
        bureau.settle("2027-04-06 09:00")
    assert others(live) == others(other)
    assert live.rows("问题台账", "编号", "状态", "重复") == other.rows("问题台账", "编号", "状态", "重复")


def test_pages_and_commands_are_given_everything(live: LiveBook) -> None:
    before, other = live.ledger.memory(), load(live.rules.text.replace("found = 0.2, over", "found = 0.3, over"))

    def simulated(memory: Memory) -> dict[str, object]:
        return simulate(templates(), memory, live.rules, other, "2026-10", hour("2027-02-18 22:00")).fields()

    put_by(live)
    for restarts in (False, True):
        if restarts:
            live.restart()
        memory = live.ledger.memory()
        assert {rid: memory.stamps[rid] for rid in GONE} == {rid: before.stamps[rid] for rid in GONE}
        assert all(memory.known["issues"][rid] == before.known["issues"][rid] for rid in GONE)
        assert memory.notices.keys() >= before.notices.keys()
        assert memory.seals["2026-10"] == before.seals["2026-10"]
        assert simulated(memory) == simulated(before)
        assert verdict(live).right
    live.settle("2027-02-19 09:00")
    assert live.ledger.memory().stamps.keys() >= GONE


@pytest.mark.parametrize("number", ["with its number", "without a number"])
def test_a_row_that_is_copied_back_goes_on_as_it_was(live: LiveBook, number: str) -> None:
    before = live.ledger.memory()
    put_by(live)
    notices = live.ledger.memory().notices
    values = live.book.worksheet("问题台账2026").get_values(value_render_option="UNFORMATTED_VALUE")
    row = next(row for row in values if "甲" in row)
    if number != "with its number":
        row[values[0].index("编号")] = ""
    issues(live).append_rows([row], value_input_option="RAW", table_range="A1")
    for at in ("2027-02-18 21:05", "2027-02-18 21:06"):
        live.settle(at)
    assert texts(live, "问题台账") == ["丙", "甲"]
    memory = live.ledger.current()
    rid = next(rid for rid in GONE if memory.known["issues"][rid].cells.get("text") == "甲")
    assert memory.stamps[rid] == before.stamps[rid], "its clock does not begin anew"
    assert live.ledger.memory().notices.keys() == notices.keys(), "nobody is told again"
    assert {row[0] for row in live.rows("问题台账", "编号") if row[0]} == {rid, "20261012-003"}
    assert verdict(live).right


def test_what_was_changed_in_a_row_that_is_copied_back_is_told(live: LiveBook) -> None:
    put_by(live)
    values = live.book.worksheet("问题台账2026").get_values(value_render_option="UNFORMATTED_VALUE")
    row = next(row for row in values if "甲" in row)
    row[values[0].index("位置")] = "一号半"
    issues(live).append_rows([row], value_input_option="RAW", table_range="A1")
    for at in ("2027-02-18 21:05", "2027-02-18 21:06"):
        live.settle(at)
    status = dict(live.rows("运行状态", "项目", "内容"))
    assert "现在「一号半」" in status["封存月份：2026-10"]


def test_rules_that_look_back_farther_count_them_again(live: LiveBook) -> None:
    put_by(live)
    live.rules = load(live.rules.text.replace('window = "7d"', 'window = "160d"'))
    live.add(LOG.replace("2026-10-12", "2027-02-19").split("2027-02-19 09:00 | 督查01 | 督查 | 联胜路")[0])
    live.settle("2027-02-19 09:05")
    assert ("甲", "第2次") in live.rows("问题台账", "问题描述", "重复")


def test_each_feedback_keeps_its_own_result_where_its_tab_can_not_be_read(live: LiveBook) -> None:
    live.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2026-12-06 08:50 | 街路长01 | 20261012-001 | 已整改 | later.jpg
        """)
    live.settle("2026-12-06 09:00")
    live.type("整改反馈", 0, "处理情况", "怎么处理的")
    for minute in range(3):
        live.settle(f"2027-01-10 21:0{minute}")
    pages = recall(templates(), live.ledger.memory(), live.rules, hour("2027-01-11 09:00"))
    live.type("整改反馈", 0, "怎么处理的", "处理情况")
    live.settle("2027-01-11 09:00")
    shown = [result for (result,) in live.rows("整改反馈", "结果")]
    assert len({*shown}) == 2
    assert [row.cells["result"] for row in pages.feedback.values()] == shown
    known = live.ledger.current().known["feedback"].values()
    assert [row.shown["result"] for row in known] == shown


@pytest.mark.parametrize("at_restart", [False, True])
def test_the_result_of_its_feedback_is_put_back(live: LiveBook, at_restart: bool) -> None:
    put_by(live)
    late(live)
    live.settle("2027-02-18 21:05")
    before = live.rows("整改反馈", "编号", "结果", "校验")
    assert before == [("20261012-001", "问题已归档，不再处理", "")]
    assert stored(live) == GONE
    if at_restart:
        live.restart()
    live.type("整改反馈", 1, "结果", "没人看过")
    live.settle("2027-02-18 21:06")
    assert live.rows("整改反馈", "编号", "结果", "校验") == before
    assert stored(live) == GONE, "nothing had to be read for it"


def late(live: LiveBook) -> None:
    live.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2027-02-18 09:30 | 街路长01 | 20261012-001 | 已整改 | later.jpg
        """)


def named_anew(live: LiveBook) -> None:
    late(live)
    live.settle("2027-02-18 21:05")
    (*_, (*_, text)) = rows = live.rows("整改反馈", "编号", "整改后照片")
    assert text == "later.jpg"
    live.type("整改反馈", len(rows), "编号", "20261012-002")


@pytest.mark.parametrize("act", [late, named_anew], ids=["a late feedback", "a feedback that names another"])
def test_feedback_that_nobody_looked_at_before_says_what_it_always_said(
    live: LiveBook, act: Callable[[LiveBook], None]
) -> None:
    (live.folder / "other").mkdir()
    other = october(LiveBook(live.folder / "other"))
    other.settle(LATER)  # moved, and never stored
    put_by(live)
    for bureau in (live, other):
        act(bureau)
        bureau.settle("2027-02-19 09:05")
    assert live.wherever("整改反馈", "编号", "结果", "校验") == other.wherever("整改反馈", "编号", "结果", "校验")


def test_one_that_stands_nowhere_comes_back_with_its_clock(live: LiveBook) -> None:
    before = live.ledger.memory()
    put_by(live)
    everything = people(live)
    live.book.worksheet("问题台账2026").delete_rows(2)
    (number,) = archive_moves.missing(live.gateway, live.ledger)
    live.ledger.archive([], hour("2027-02-18 21:05"), lost=[number])
    for minute in range(6, 9):
        live.settle(f"{LATER_STILL}{minute}")
    assert people(live) == everything
    assert live.ledger.memory().stamps[number] == before.stamps[number]


def test_a_lost_ledger_begins_without_any_that_is_stored(live: LiveBook) -> None:
    put_by(live)
    before = whole(live)
    live.lose_ledger()
    for minute in range(5, 8):
        live.settle(f"{LATER_STILL}{minute}")
    assert whole(live) == before
    assert shelf(live) == OVER
    assert live.ledger.memory().stamps.keys() >= GONE


@pytest.mark.parametrize(
    ("tab", "given", "reads"),
    [
        ("issues", {"street": "新正街", "category": "暴露垃圾", "text": "垃圾", "source": "街路长自查"}, 0),
        ("feedback", {"issue": "20261012-001", "outcome": "上报", "text": "已经修好"}, 1),
    ],
)
def test_a_form_reads_them_only_where_it_is_about_one(
    live: LiveBook, monkeypatch: pytest.MonkeyPatch, tab: str, given: dict[str, str], reads: int
) -> None:
    put_by(live)
    live.restart()
    load_whole, loads = live.ledger._load_whole, list[str]()
    monkeypatch.setattr(live.ledger, "_load_whole", lambda db: loads.append("whole") or load_whole(db))
    intake = FormIntake(live.gateway, live.ledger, PhotoFolder(live.folder, "key"), threading.RLock())
    at, form = hour("2027-02-19 09:10"), FORMS[tab]
    asked = fields(form, templates()[tab], CHIEF, ("新正街",), live.rules)
    answer = intake.submit(FilledForm("f1", form, Sender(CHIEF.name), given, asked, {}, at), live.rules, at)
    assert (answer.state, len(loads)) == ("in", reads)
    live.settle("2027-02-19 09:12")
    title, shown = ("整改反馈", "结果") if tab == "feedback" else ("问题台账", "编号")
    ((last,),) = live.rows(title, shown)[-1:]
    assert last and last in (answer.details.get("number", ""), answer.details["words"].removeprefix("已收到，")[:-1])
