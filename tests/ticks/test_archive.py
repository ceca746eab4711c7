"""The archive on the real embedded workbook: rows that leave the live tab are never lost, doubled or forgotten."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import gspread
import openpyxl
import pytest

from sync import archive_moves, tick
from sync.core.rules.rules import load
from sync.core.sheet.rows import Raw
from sync.core.views.periods import verification
from sync.core.views.periods.simulate import simulate
from sync.service import Service
from sync.settings import Settings
from sync.workbook import transport
from sync.workbook.server import Request, Response
from tests.book import hour, templates
from tests.core.scores.test_seals import FIXED as FIXED_THERE
from tests.core.scores.test_seals import OCTOBER
from tests.deaths import processes
from tests.intake.test_sealed_months import by_the_recipe, jielu
from tests.live_book import LiveBook, Place, again
from tests.ticks.test_tick import MINE, timeout
from tests.web_server import WebServer, web_server

LOG = """
    问题台账
    填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
    2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲
    2026-10-12 09:00 | 督查01 | 督查 | 联胜路 | 二号 | 路面脏污 | 一般 | 乙
    2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 三号 | 暴露垃圾 | 一般 | 丙
    2026-10-12 09:00 | 督查01 | 督查 | 联胜路 | 四号 | 暴露垃圾 | 一般 | =丁
    """
FIXED = """
    整改反馈
    填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
    2026-10-12 09:30 | 街路长01 | 20261012-001 | 已整改 | after.jpg
    2026-10-12 09:30 | 街路长02 | 20261012-004 | 已整改 | after.jpg
    """
LATER = "2027-01-10 21:00"
OVER = ["=丁", "乙", "甲"]


def october(live: LiveBook) -> LiveBook:
    """甲 and =丁 were closed, 乙 was void, 丙 goes on; October is sealed."""
    live.add(LOG)
    live.settle("2026-10-12 09:05")
    live.add(FIXED)
    live.settle("2026-10-12 09:45")
    at = {row[0]: index for index, row in enumerate(live.rows("问题台账", "问题描述"), start=1)}
    for text in ("甲", "=丁"):
        live.type("问题台账", at[text], "复核结果", "通过")
        live.type("问题台账", at[text], "复核人", "标准化办01")
    live.type("问题台账", at["乙"], "核实结果", "作废")
    live.type("问题台账", at["乙"], "核实人", "标准化办01")
    live.type("问题台账", at["乙"], "复核意见", "重复填报")
    live.settle("2026-10-12 10:00")
    for at_hour in ("2026-11-05 09:00", "2026-12-05 09:00", "2027-01-05 09:00"):
        live.settle(at_hour)
    return live


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    return october(LiveBook(tmp_path))


def texts(live: LiveBook, title: str) -> list[str]:
    return sorted(row[0] for row in live.rows(title, "问题描述"))


def shelf(live: LiveBook) -> list[str]:
    titles = [sheet.title for sheet in live.book.worksheets()]
    return texts(live, "问题台账2026") if "问题台账2026" in titles else []


def whole(live: LiveBook) -> Counter[tuple[Raw, ...]]:
    """Every row of the log wherever it stands, with all its cells; 时限提示, which counts workdays, in three words."""
    found: Counter[tuple[Raw, ...]] = Counter()
    for sheet in live.book.worksheets():
        if sheet.title.startswith("问题台账"):
            values = sheet.get_values(value_render_option="UNFORMATTED_VALUE")
            width = len(values[0])
            hint = values[0].index("时限提示")
            full = [[*row, *[""] * (width - len(row))] for row in values[1:]]
            full = [(*row[:hint], str(row[hint])[:3], *row[hint + 1 :]) for row in full]
            found.update(row for row in full if any(cell not in ("", None) for cell in row))
    return found


# What the service wrote
SERVICE = ("扣分明细", "通知记录")


def written(live: LiveBook, title: str) -> Counter[str]:
    """Every row of a tab of the service, wherever it stands."""
    tabs = live.everything()
    return Counter(str(row) for name in (title, f"{title}2026") for row in tabs.get(name, [[]])[1:] if any(row))


LATE = "20261012-003·交办·街路长01"


def delivered(live: LiveBook) -> None:
    """All mails went out but ``LATE``, for which no server was there; then issues leave, and nothing else yet."""
    live.ledger.settle([number for number in live.ledger.memory().notices if number != LATE], "已发送", "")
    live.settle("2027-01-10 20:30")


def months(live: LiveBook, title: str) -> set[str]:
    return {month for (month,) in live.rows(title, "月份") if month}


def test_lines_and_notices_of_a_sealed_month_leave_for_the_tab_of_their_year(live: LiveBook) -> None:
    delivered(live)
    before = {title: written(live, title) for title in SERVICE}
    for minute in range(4):  # a tab at a time
        live.settle(f"2027-01-10 21:0{minute}")
    assert {title: written(live, title) for title in SERVICE} == before
    assert (min(months(live, "扣分明细")), months(live, "扣分明细2026")) == ("2026-11", {"2026-10"})
    october = [row for row in live.rows("通知记录", "通知号", "时间") if row[1] < "2026-11"]
    assert [number for number, _ in october] == [LATE], "what may yet be sent stays"
    assert len(live.rows("通知记录2026", "通知号")) > 5
    assert live.settle("2027-01-10 21:05").cells == 0
    live.restart()
    assert live.settle("2027-01-10 21:06").cells == 0
    assert {title: written(live, title) for title in SERVICE} == before


def test_what_was_put_off_leaves_once_it_was_sent(live: LiveBook) -> None:
    delivered(live)
    for minute in range(4):
        live.settle(f"2027-01-10 21:0{minute}")
    live.ledger.settle([LATE], "已发送", "")
    live.settle("2027-01-11 20:00")
    live.settle("2027-01-11 20:01")
    assert (LATE,) in live.rows("通知记录2026", "通知号")
    assert (LATE,) not in live.rows("通知记录", "通知号")


def lose_the_move_after(live: LiveBook, done: list[str]) -> None:
    """The answer is lost to the first request that moves rows, which alone inserts some, once somebody ``acted``."""

    def after(request: Request, response: Response) -> Response | None:
        if done == ["acted"] and b"insertDimension" in (request.body or b""):
            done.append("lost")
            return timeout()
        return response

    live.after = after


@pytest.mark.parametrize("what", ["a row is put in at the top", "the first row is deleted", "sorted"])
@pytest.mark.parametrize("answer", ["comes", "is lost"])
def test_a_person_at_a_tab_of_the_service_while_its_rows_move(live: LiveBook, what: str, answer: str) -> None:
    delivered(live)
    before = {title: written(live, title) for title in SERVICE}
    tab = live.book.worksheet("扣分明细")
    acts: dict[str, Callable[[], object]] = {
        "a row is put in at the top": lambda: tab.insert_row(["", "", "别删"], 2),
        "the first row is deleted": lambda: tab.delete_rows(2),
        "sorted": lambda: tab.sort((3, "des")),
    }
    done: list[str] = []

    def act(step: str) -> None:
        if step == "left" and not done:
            acts[what]()
            done.append("acted")

    if answer == "is lost":
        lose_the_move_after(live, done)
    for minute in range(1, 8):
        tick.ticks(live.gateway, live.ledger, live.rules, hour(f"2027-01-10 21:0{minute}"), idle=False, step=act)
    assert done == (["acted", "lost"] if answer == "is lost" else ["acted"])
    after = written(live, "扣分明细")
    lost = before["扣分明细"] - after
    assert sum(lost.values()) == (1 if what == "the first row is deleted" else 0)
    assert verdict(live).right == (not lost), "a line that somebody deleted is told"
    assert "2026-10" not in months(live, "扣分明细")
    assert max(after.values()) == 1


@pytest.mark.parametrize("step", ["left", "records moved"])
def test_killed_while_rows_of_the_service_move(live: LiveBook, step: str) -> None:
    delivered(live)
    before = {title: written(live, title) for title in SERVICE}
    assert processes.run(killed_at, live.place, step) == -signal.SIGKILL
    live.restart()
    for minute in range(1, 5):
        live.settle(f"2027-01-10 21:0{minute}")
    assert {title: written(live, title) for title in SERVICE} == before
    assert "2026-10" not in months(live, "扣分明细")


def test_a_month_that_left_verifies_and_a_changed_line_is_told(live: LiveBook) -> None:
    for minute in range(4):
        live.settle(f"2027-01-10 21:0{minute}")
    assert verdict(live).right, verdict(live).text()
    live.type("扣分明细2026", 1, "分值", 3)
    assert "「扣分明细2026」" in verdict(live).text()


def test_a_lost_ledger_reads_what_left_and_sends_nothing_again(live: LiveBook) -> None:
    delivered(live)
    for minute in range(4):
        live.settle(f"2027-01-10 21:0{minute}")
    before, notices = live.everything(), dict(live.ledger.memory().notices)
    seal = live.ledger.memory().seals["2026-10"]
    live.lose_ledger()
    for minute in range(4):
        live.settle(f"2027-01-10 22:0{minute}")
    after = live.everything()
    assert {
        title for title in before if title not in ("运行状态", "问题台账") and after[title] != before[title]
    } == set()
    memory = live.ledger.memory()
    assert memory.notices.keys() == notices.keys()
    assert {line.id for line in memory.seals["2026-10"].lines} == {line.id for line in seal.lines}
    assert memory.left_until == "2026-11"


# Moved
def test_what_is_over_moves_after_the_seal_and_not_a_cell_changes(live: LiveBook) -> None:
    before = whole(live)
    assert live.settle("2027-01-03 21:00").archived == 0, "not sixty days yet"
    assert live.settle("2027-01-11 10:00").archived == 0, "people are at work"
    report = live.settle(LATER)
    assert (report.archived, report.trouble) == (3, "")
    assert (texts(live, "问题台账"), shelf(live)) == (["丙"], OVER)
    assert whole(live) == before
    status = dict(live.rows("运行状态", "项目", "内容"))
    again = live.settle(LATER)
    assert (again.cells, again.archived) == (15, 0), "the records of three issues and two feedbacks are cleared"
    again = live.settle(LATER)
    assert (again.cells, again.archived) == (0, 0)
    assert dict(live.rows("运行状态", "项目", "内容")) == status
    assert not any(item.startswith("被删除的行") for item in status)
    assert live.book.worksheet("问题台账2026").row_values(1) == live.book.worksheet("问题台账").row_values(1)


def test_nothing_else_changes_when_rows_move(live: LiveBook) -> None:
    (live.folder / "other").mkdir()
    never = LiveBook(live.folder / "other")
    never.rules = load(never.rules.text.replace('archive = "60d"', ""))
    october(never)
    for one in (live, never):
        one.settle("2027-01-10 20:59")
        one.settle("2027-01-11 00:01")
        one.settle("2027-01-11 00:02")
    assert (shelf(live), shelf(never)) == (OVER, [])
    assert others(live) == others(never)


def others(live: LiveBook) -> dict[str, list[list[Raw]]]:
    """All tabs beside the log, without the digest, in which the rules are; rows that left for a tab of their year stand
    in the tab that they left."""
    found = {title: rows for title, rows in live.everything().items() if not title.startswith("问题台账")}
    for title in [title for title in found if title[4:].isdigit()]:
        header, *left = found.pop(title)
        found[title[:4]] = [header, *left, *found[title[:4]][1:]]
    for title in ("扣分明细", "通知记录"):
        header, *rows = found[title]
        found[title] = [header, *sorted(rows, key=str)]
    at = found["月度考核"][0].index("摘要值")
    found["月度考核"] = [row[:at] for row in found["月度考核"]]
    return found


@pytest.mark.parametrize("why", ["an appeal waits", "changed after the seal"])
def test_what_somebody_must_look_at_stays(live: LiveBook, why: str) -> None:
    if why == "an appeal waits":
        live.add("""
            申请审批
            申请时间 | 申请人 | 类型 | 编号 | 理由
            2026-11-06 09:00 | 街路长01 | 延期 | 20261012-001 | 再给几天
            """)
    else:
        at = [row[0] for row in live.rows("问题台账", "问题描述")].index("甲") + 1
        live.type("问题台账", at, "位置", "一号半")
    live.settle(LATER)
    assert texts(live, "问题台账") == ["丙", "甲"]


def test_rows_stay_until_the_command_where_the_rules_do_not_say_when(tmp_path: Path) -> None:
    live = LiveBook(tmp_path)
    live.rules = load(live.rules.text.replace('archive = "60d"', ""))
    october(live)
    live.settle("2029-01-10 21:00")
    assert shelf(live) == []
    moved = archive_moves.everything(live.gateway, live.ledger, live.rules, hour("2029-01-10 21:00"))
    assert len(moved.numbers) == 3
    assert shelf(live) == OVER


def test_a_tab_with_other_headers_is_left_alone(live: LiveBook) -> None:
    live.settle(LATER)
    live.add(LOG.replace("2026-10-12 09:00", "2026-10-12 09:01"))
    issues(live).insert_cols([["本局的列"]], 3)
    for row in range(1, 6):
        live.type("问题台账", row, "核实结果", "作废")
        live.type("问题台账", row, "核实人", "标准化办01")
        live.type("问题台账", row, "复核意见", "重复填报")
    live.settle("2027-01-10 21:01")
    live.settle("2027-02-05 09:00")
    report = live.settle("2027-05-10 21:00")
    assert "表头" in report.trouble
    assert shelf(live) == OVER


# What people and crashes do meanwhile
def issues(live: LiveBook) -> gspread.Worksheet:
    return live.book.worksheet("问题台账")


def sort_tab(live: LiveBook) -> None:
    sheet = issues(live)
    sheet.sort((sheet.row_values(1).index("问题描述") + 1, "des"))


def insert_row(live: LiveBook) -> None:
    issues(live).insert_row([], 2)


def type_a_new_one(live: LiveBook) -> None:
    sheet = issues(live)
    at = sheet.row_values(1).index("问题描述")
    sheet.insert_row([""] * at + ["半路插进来的"], 2)


def insert_column(live: LiveBook) -> None:
    issues(live).insert_cols([[]], 3)


def edit_what_moves(live: LiveBook) -> None:
    at = [row[0] for row in live.rows("问题台账", "问题描述")].index("甲") + 1
    live.type("问题台账", at, "位置", "搬走前刚改的")


def delete_above(live: LiveBook) -> None:
    issues(live).delete_rows(2)


def row_of(live: LiveBook, text: str) -> int:
    return [row[0] for row in live.rows("问题台账", "问题描述")].index(text) + 1


def number_of_what_stays_over_what_moves(live: LiveBook) -> None:
    live.type("问题台账", row_of(live, "甲"), "编号", "20261012-003")


def number_of_what_moves_over_what_moves(live: LiveBook) -> None:
    live.type("问题台账", row_of(live, "甲"), "编号", "20261012-002")


def numbers_swapped(live: LiveBook) -> None:
    live.type("问题台账", row_of(live, "甲"), "编号", "20261012-003")
    live.type("问题台账", row_of(live, "丙"), "编号", "20261012-001")


def no_number_on_what_moves(live: LiveBook) -> None:
    live.type("问题台账", row_of(live, "甲"), "编号", "")


def people(live: LiveBook) -> Counter[tuple[str, ...]]:
    headers = (*MINE, "核实结果", "复核结果", "复核人")
    titles = [sheet.title for sheet in live.book.worksheets() if sheet.title.startswith("问题台账")]
    return Counter(row for title in titles for row in live.rows(title, *headers))


NUMBERS_TYPED = [
    number_of_what_stays_over_what_moves,
    number_of_what_moves_over_what_moves,
    numbers_swapped,
    no_number_on_what_moves,
]
ACTS = [sort_tab, insert_row, type_a_new_one, insert_column, edit_what_moves, delete_above, *NUMBERS_TYPED]


@pytest.mark.parametrize("what", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("answer", ["comes", "is lost"])
def test_a_person_between_read_and_move(live: LiveBook, what: Callable[[LiveBook], None], answer: str) -> None:
    meant: list[Counter[tuple[str, ...]]] = []

    def act() -> None:
        what(live)
        meant.append(people(live))

    act_once(live, act, lose=answer == "is lost")
    for minute in range(1, 6):
        live.settle(f"2027-01-10 21:{minute:02d}")
    found = people(live)
    if what is delete_above:
        assert meant[0] - found == Counter(), "no row is lost"
        assert max(found.values()) == 1, "none is doubled"
    else:
        assert found == meant[0]
    numbers = [row[0] for title in ("问题台账", "问题台账2026") for row in live.rows(title, "编号") if row[0]]
    assert len(numbers) == len(set(numbers))
    assert texts(live, "问题台账").count("丙") == 1, "what is not over is in the live tab"


def act_once(live: LiveBook, act: Callable[[], None], *, lose: bool) -> None:
    """A person acts right before the request that moves rows, which alone deletes some; its answer may be lost."""
    done: list[str] = []

    def before(request: Request) -> None:
        if b"deleteDimension" in (request.body or b"") and not done:
            done.append("acted")
            act()

    def after(request: Request, response: Response) -> Response | None:
        if lose and b"deleteDimension" in (request.body or b"") and len(done) == 1:
            done.append("lost")
            return timeout()
        return response

    live.before, live.after = before, after


# Killed
STEPS = ["meant", "moved", "looked"]


def killed_at(place: Place, step: str) -> None:
    live = again(place)

    def stop(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    tick.ticks(live.gateway, live.ledger, live.rules, hour(LATER), idle=False, step=stop)


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step_every_row_stands_once(live: LiveBook, step: str) -> None:
    before = whole(live)
    assert processes.run(killed_at, live.place, step) == -signal.SIGKILL
    assert whole(live) == before
    live.restart()
    live.settle(LATER, idle=True)
    assert (texts(live, "问题台账"), shelf(live)) == (["丙"], OVER)
    assert whole(live) == before
    live.settle("2027-01-10 21:10")
    assert not any(row[0].startswith("被删除的行") for row in live.rows("运行状态", "项目"))


def test_a_row_that_somebody_deletes_on_the_way_comes_back(live: LiveBook) -> None:
    def lose(done: str) -> None:
        if done == "moved":
            live.book.worksheet("问题台账2026").delete_rows(2)

    before = people(live)
    tick.ticks(live.gateway, live.ledger, live.rules, hour(LATER), idle=False, step=lose)
    live.settle("2027-01-10 21:10")
    live.settle("2027-01-10 21:11")
    assert people(live) == before


def test_the_last_rows_of_the_live_tab_move_too(live: LiveBook) -> None:
    at = [row[0] for row in live.rows("问题台账", "问题描述")].index("丙") + 1
    live.type("问题台账", at, "核实结果", "作废")
    live.type("问题台账", at, "核实人", "标准化办01")
    live.type("问题台账", at, "复核意见", "重复填报")
    live.settle("2027-01-10 20:00")
    live.settle("2027-02-05 09:00")
    live.settle("2027-05-10 21:00")
    live.settle("2027-05-10 21:01")
    assert (texts(live, "问题台账"), shelf(live)) == ([], [*OVER[:1], "丙", *OVER[1:]])
    live.add(LOG.replace("2026-10-12", "2027-05-11"))
    live.settle("2027-05-11 09:05")
    assert [row[0] for row in live.rows("问题台账", "编号")] == [f"20270511-{n:03d}" for n in range(1, 5)]


def test_many_rows_move_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_moves, "MOST_AT_ONCE", 2)
    live = october(LiveBook(tmp_path))
    before = whole(live)
    assert [live.settle(f"2027-01-10 21:0{minute}").archived for minute in range(3)] == [2, 1, 0]
    assert whole(live) == before


def test_the_archive_is_read_a_year_at_a_time(live: LiveBook) -> None:
    for year in ("2024", "2025"):
        archived = issues(live).duplicate(new_sheet_name=f"问题台账{year}")
        archived.delete_rows(2, archived.row_count - 1)
        live.type(f"问题台账{year}", 1, "问题描述", f"写在{year}年的")
    together: list[int] = []

    def before(request: Request) -> None:
        titles = [text for name, text in request.query if name == "ranges" and text.startswith("'问题台账20")]
        if titles:
            together.append(len(titles))

    live.before = before
    live.settle(LATER)
    assert shelf(live) == OVER
    assert (len(together) >= 3, {*together}) == (True, {1})
    assert [texts(live, f"问题台账{year}") for year in ("2024", "2025")] == [[], []], "what has no number goes back"
    assert texts(live, "问题台账") == ["丙", "写在2024年的", "写在2025年的"]


def test_a_tab_that_somebody_deletes_on_the_way_comes_back_from_the_ledger(live: LiveBook) -> None:
    def lose(done: str) -> None:
        if done == "moved":
            live.book.del_worksheet(live.book.worksheet("问题台账2026"))

    before = people(live)
    tick.ticks(live.gateway, live.ledger, live.rules, hour(LATER), idle=False, step=lose)
    for minute in range(10, 14):
        live.settle(f"2027-01-10 21:{minute}")
    assert people(live) == before


# Still seen
def test_a_simulation_says_the_same_of_a_month_that_was_archived(live: LiveBook) -> None:
    other = load(live.rules.text.replace("normal = { found = 0.2", "normal = { found = 0.3"))

    def simulated() -> dict[str, object]:
        memory = live.ledger.memory()
        return simulate(templates(), memory, live.rules, other, "2026-10", hour("2027-01-10 22:00")).fields()

    before = simulated()
    live.settle(LATER)
    assert shelf(live) == OVER
    assert simulated() == before


def test_a_repeat_of_an_archived_issue_counts(live: LiveBook) -> None:
    live.rules = load(live.rules.text.replace('window = "7d"', 'window = "120d"'))
    live.settle(LATER)
    assert shelf(live) == OVER
    live.add(LOG.replace("2026-10-12", "2027-01-11").split("2027-01-11 09:00 | 督查01 | 督查 | 联胜路")[0])
    live.settle("2027-01-11 09:05")
    assert ("甲", "第2次") in live.rows("问题台账", "问题描述", "重复")


def test_feedback_on_an_archived_issue_keeps_what_it_said(live: LiveBook) -> None:
    said = live.rows("整改反馈", "编号", "结果", "校验")
    live.settle(LATER)
    live.settle("2027-01-11 00:01")
    assert live.rows("整改反馈", "编号", "结果", "校验") == said
    assert all(result for _, result, _ in said)


def verdict(live: LiveBook) -> verification.Agreement:
    found = verification.verify(
        archive_moves.tables(live.gateway), live.ledger.memory(), live.rules, hour("2027-01-11 10:00"), "2026-10"
    )
    assert found is not None
    return found


def test_a_sealed_month_verifies_from_the_archive_and_a_changed_cell_is_told(live: LiveBook) -> None:
    live.settle(LATER)
    assert verdict(live).right, verdict(live).text()
    live.restart()
    assert verdict(live).right
    at = [row[0] for row in live.rows("问题台账2026", "问题描述")].index("甲") + 1
    live.type("问题台账2026", at, "位置", "改过")
    found = verdict(live)
    assert not found.right
    assert f"「问题台账2026」20261012-001（第 {at + 1} 行）「位置」：封存时「一号」，现在「改过」" in found.text()


def test_a_row_copied_back_counts_in_the_live_tab_until_it_moves_again(live: LiveBook) -> None:
    live.settle(LATER)
    sheet, log = live.book.worksheet("问题台账2026"), issues(live)
    values = sheet.get_values(value_render_option="UNFORMATTED_VALUE")[1]
    log.append_rows([values], value_input_option="RAW", table_range="A1")
    live.settle("2027-01-11 21:00")
    live.settle("2027-01-11 21:01")
    assert len(texts(live, "问题台账")) == 2, "it stays as long as the rules let a row stay after the seal"
    assert verdict(live).right
    live.settle("2027-04-01 21:00")
    assert texts(live, "问题台账") == ["丙"]
    assert verdict(live).right


# On the command line
def over(one: WebServer) -> None:
    """Two issues of a sealed October are closed."""
    one.add(OCTOBER)
    one.tick("2026-10-12 09:05")
    one.add(FIXED_THERE)
    sheet = one.book.worksheet("问题台账")
    at = sheet.row_values(1).index("复核结果") + 1  # 复核人 stands beside it
    for row in (2, 4):
        sheet.update([["通过", "标准化办01"]], gspread.utils.rowcol_to_a1(row, at))
    one.tick("2026-10-12 09:50")
    one.tick("2026-11-05 09:00")


def test_export_verify_and_explain_after_moving(tmp_path: Path) -> None:
    with web_server(tmp_path) as one:
        over(one)
    done = jielu(tmp_path, "archive", "--now", "2026-11-05T10:00", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == {"archived": ["20261012-001", "20261012-003"], "records": 25, "trouble": ""}
    again_ = jielu(tmp_path, "archive", "--now", "2026-11-05T10:01")
    assert (again_.exit_code, again_.output) == (0, "没有移动。\n")
    assert jielu(tmp_path, "verify", "2026-10", "--now", "2026-11-05T10:02").exit_code == 0
    file = f"{tmp_path}/全部.xlsx"
    assert jielu(tmp_path, "export", file).exit_code == 0
    by_the_recipe(file, "2026-10")
    assert jielu(tmp_path, "verify", "2026-10", "--file", file).exit_code == 0
    said = jielu(tmp_path, "explain", "20261012-001", "--now", "2026-11-05T10:02").output
    assert "垃圾成堆" in said
    assert "归档： → 问题台账2026" in said
    book = openpyxl.load_workbook(file)
    sheet = book["问题台账2026"]
    at = [cell.value for cell in sheet[1]].index("位置") + 1
    sheet.cell(2, at).value = "改过"
    book.save(file)
    wrong = jielu(tmp_path, "verify", "2026-10", "--file", file)
    assert wrong.exit_code == 1
    assert "「问题台账2026」" in wrong.output
    assert "现在「改过」" in wrong.output


def test_a_row_that_somebody_deletes_in_the_archive_can_come_back(tmp_path: Path) -> None:
    with web_server(tmp_path) as one:
        over(one)
    assert jielu(tmp_path, "archive", "--now", "2026-11-05T10:00").exit_code == 0
    service = Service(Settings.read({"JIELU_DATA": str(tmp_path / "data")}))
    clerk = gspread.Client(auth=None, session=transport.session(service.api))
    clerk.open_by_key(service.workbook).worksheet("问题台账2026").delete_rows(2)
    service.close()
    said = json.loads(jielu(tmp_path, "check", "--json").output)["problems"]
    gone = next(text for text in said if "归档表里找不到" in text)
    number = gone.split("找不到 ")[1][:12]
    assert jielu(tmp_path, "restore", number, "--now", "2026-11-05T10:05").exit_code == 0
    assert jielu(tmp_path, "verify", "2026-10", "--now", "2026-11-05T10:06").exit_code == 0
    assert jielu(tmp_path, "restore", number, "--now", "2026-11-05T10:07").exit_code == 2


# A ledger that is lost
def without_basis(live: LiveBook) -> dict[str, list[list[Raw]]]:
    """All tabs without 依据, which the names of levels are lost from."""
    found = live.everything()
    at = found["问题台账"][0].index("依据")
    return found | {"问题台账": [[*row[:at], *row[at + 1 :]] for row in found["问题台账"]]}


def test_a_lost_ledger_adopts_the_archive(live: LiveBook) -> None:
    for minute in range(5):
        live.settle(f"2027-01-10 21:0{minute}")
    everything = without_basis(live)
    live.ledger.close()
    live.database = f"sqlite:///{live.folder / 'new.sqlite3'}"
    live.open()
    for minute in range(3):
        live.settle(f"2027-01-10 22:0{minute}")
    changed = {title for title, rows in without_basis(live).items() if rows != everything[title]}
    assert changed <= {"运行状态"}
    memory = live.ledger.memory()
    there = {rid for rid, mark in memory.archived.items() if mark.state == "there"}
    assert there & memory.known["issues"].keys() == {f"20261012-{n:03d}" for n in (1, 2, 4)}
    assert memory.numbers["20261012"] >= 4
    live.rules = load(live.rules.text.replace('window = "7d"', 'window = "120d"'))
    live.add(LOG.replace("2026-10-12", "2027-01-11").split("2027-01-11 09:00 | 督查01 | 督查 | 联胜路")[0])
    live.settle("2027-01-11 09:05")
    assert ("甲", "第2次") in live.rows("问题台账", "问题描述", "重复")
    assert verdict(live).digest
