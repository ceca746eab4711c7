"""Rows of 整改反馈 and 申请审批 leave for the tab of their year with the issue that they are about: none is lost or
doubled, no look holds them once nobody asks, and where the issue comes back they count as if they had never left."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Set
from pathlib import Path

import pytest

from sync import archive_moves, tick
from sync.core.look.decide import look as look_at
from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.look.rebuilding import archive
from sync.core.memory import Tables
from sync.core.rules.rules import load
from sync.core.views.issue.history import history
from sync.core.views.periods.simulate import simulate
from sync.intake.files import sealed_file
from sync.outgoing.export import export_file
from tests.book import hour, templates
from tests.deaths import processes
from tests.live_book import LiveBook
from tests.ticks.test_archive import FIXED, LATER, LOG, delivered, killed_at, lose_the_move_after, others, verdict

EXTENSION = "延期 | 20261012-001 | 2026-10-13 17:00 | | | 等配件 | 同意 | 标准化办01"
ASKED = f"""
    申请审批
    申请时间 | 申请人 | 类型 | 编号 | 期望时间 | 对象 | 分值 | 理由 | 批复 | 批复人 | 批复时间
    2026-10-12 09:20 | 街路长01 | {EXTENSION} | 2026-10-12 09:25
    2026-10-12 09:20 | 标准化办01 | 加减分 | | | 联胜路 | 2 | 帮了别的街路 | 同意 | 办公室01 | 2026-10-12 09:25
    """
TITLES = ("整改反馈", "申请审批")
GONE = {"20261012-001", "20261012-002", "20261012-004"}
STANDS = ("问题描述", "编号", "状态", "街路长", "截止时间", "升级", "重复", "销号时间", "依据")
FILED = {  # people's columns that tell the rows apart, and what the service says of each
    "整改反馈": ("填报时间", "填报人", "编号", "处理情况", "整改说明", "整改后照片", "结果", "校验"),
    "申请审批": ("申请时间", "申请人", "类型", "编号", "对象", "理由", "批复", "批复人", "状态", "校验"),
}


def autumn(live: LiveBook, more: str = "", twin: str = "") -> LiveBook:
    """甲 and =丁 were mended in time and verified late, 乙 was void, 丙 goes on; an extension and points were granted;
    October is sealed. ``more``: further feedback; ``twin``: another report of 甲, about which the feedback is, void
    later."""
    live.add(f"{LOG}{twin}")
    live.settle("2026-10-12 09:05")
    live.add(ASKED)
    live.settle("2026-10-12 09:28")
    live.add(FIXED.replace("20261012-001", "20261012-005") if twin else FIXED)
    if more:
        live.add(more)
    live.settle("2026-10-12 09:45")
    at = {row[0]: index for index, row in enumerate(live.rows("问题台账", "问题描述"), start=1)}
    void(live, at["乙"])
    live.settle("2026-10-12 10:00")
    for text in ("甲", "=丁"):
        live.type("问题台账", at[text], "复核结果", "通过")
        live.type("问题台账", at[text], "复核人", "标准化办01")
    live.settle("2026-10-14 10:00")
    if twin:
        void(live, at["又报了甲"])
        live.settle("2026-10-14 11:00")
    for at_hour in ("2026-11-05 09:00", "2026-12-05 09:00", "2027-01-05 09:00"):
        live.settle(at_hour)
    return live


def void(live: LiveBook, row: int) -> None:
    live.type("问题台账", row, "核实结果", "作废")
    live.type("问题台账", row, "核实人", "标准化办01")
    live.type("问题台账", row, "复核意见", "重复填报")


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    return autumn(LiveBook(tmp_path))


def evening(live: LiveBook, day: str = "2027-01-10", minutes: int = 9) -> LiveBook:
    for minute in range(minutes):
        live.settle(f"{day} 21:{minute:02d}")
    return live


def put_by(live: LiveBook, gone: Set[str] = GONE) -> LiveBook:
    """All left, and its facts are in the ledger alone."""
    delivered(live)
    live.ledger.settle(list(live.ledger.memory().notices), "已发送", "")
    evening(live)
    evening(live, "2027-02-18")
    assert {rid for rid, mark in live.ledger.current().archived.items() if mark.stored} == gone
    return live


def filed(live: LiveBook) -> Counter[tuple[str, ...]]:
    """Every row of both tabs, wherever it stands."""
    return Counter(row for title in TITLES for row in live.wherever(title, *FILED[title]))


def parted(live: LiveBook) -> list[tuple[int, int]]:
    """Of each tab how many rows stand in it, and how many in that of the year."""
    return [(len(live.rows(title, "编号")), _in_year(live, title)) for title in TITLES]


def _in_year(live: LiveBook, title: str) -> int:
    titles = [sheet.title for sheet in live.book.worksheets()]
    return len(live.rows(f"{title}2026", *FILED[title])) if f"{title}2026" in titles else 0


def held(live: LiveBook) -> int:
    known = live.ledger.current().known
    return sum(len(known.get(key, ())) for key in ("feedback", "requests"))


def deleted(live: LiveBook) -> list[str]:
    return [item for (item,) in live.rows("运行状态", "项目") if item.startswith("被删除的行")]


def looked(live: LiveBook, at: str = "2027-02-19 09:00") -> Look:
    """What a look at the live tabs comes to, by what looks hold."""
    tables = Tables(live.gateway.tabs, live.gateway.read())
    return look_at(tables, live.ledger.current(), live.rules, hour(at))


def pages(live: LiveBook, at: str = "2027-02-19 09:00") -> Look:
    return recall(templates(), live.ledger.memory(), live.rules, hour(at))


def copied(live: LiveBook, title: str, text: str, at: str, *, times: int = 1) -> None:
    """Somebody copies a row from the tab of its year to the end of its own."""
    values = live.book.worksheet(f"{title}2026").get_values(value_render_option="UNFORMATTED_VALUE")
    row = next(row for row in values if text in row)
    sheet = live.book.worksheet(title)
    sheet.append_rows([row] * times, value_input_option="RAW", table_range="A1")
    live.settle(at)


def standing(live: LiveBook, text: str) -> tuple[str, ...]:
    return next(row for row in live.wherever("问题台账", *STANDS) if row[0] == text)


# Left
def test_what_was_filed_leaves_with_its_issue(live: LiveBook) -> None:
    before = filed(live)
    assert [row[-2:] for row in live.rows("申请审批", *FILED["申请审批"])] == [("已同意", "")] * 2
    evening(live)
    assert parted(live) == [(0, 2), (0, 2)]
    assert filed(live) == before
    for title in TITLES:
        assert live.book.worksheet(f"{title}2026").row_values(1) == live.book.worksheet(title).row_values(1)
    assert live.settle("2027-01-10 21:20").cells == 0
    assert not deleted(live)


def test_no_look_holds_it_once_its_issue_is_in_the_ledger_alone(live: LiveBook) -> None:
    before = filed(live)
    evening(live)
    assert held(live) == 3, "the award is about no issue"
    put_by(live)
    for restarts in (False, True):
        if restarts:
            live.restart()
        assert held(live) == 0
        assert live.ledger.current().archived.keys() == GONE
        assert live.settle("2027-02-18 21:30").cells == 0
    assert filed(live) == before
    assert not deleted(live)


def test_one_with_a_fault_stays_and_one_about_an_issue_that_stays(tmp_path: Path) -> None:
    more = """
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2026-10-12 09:32 | 街路长01 | 20261012-003 | 已整改 | third.jpg
        2026-10-12 09:31 | 街路长01 | 20261012-001 | 上报 |
        """
    live = evening(autumn(LiveBook(tmp_path), more))
    left = live.rows("整改反馈", "编号", "处理情况")
    assert left == [("20261012-003", "已整改"), ("20261012-001", "上报")]
    assert "整改说明" in live.rows("整改反馈", "校验")[1][0]


def test_one_whose_hour_nobody_could_read_off_it_stays(tmp_path: Path) -> None:
    """A ledger that was lost would take it for one of today."""
    untimed = """
        整改反馈
        填报人 | 编号 | 处理情况 | 整改后照片
        街路长01 | 20261012-001 | 已整改 | untimed.jpg
        """
    live = evening(autumn(LiveBook(tmp_path), untimed))
    assert live.rows("整改反馈", "整改后照片") == [("untimed.jpg",)]


def test_without_the_rule_it_stays(tmp_path: Path) -> None:
    live = LiveBook(tmp_path)
    live.rules = load(live.rules.text.replace('archive = "60d"', ""))
    evening(autumn(live))
    assert parted(live) == [(2, 0), (2, 0)]
    archive_moves.everything(live.gateway, live.ledger, live.rules, hour(LATER))
    assert parted(live) == [(0, 2), (0, 2)], "the command asks"


# Nothing else changes
def test_nothing_else_changes_when_it_leaves(live: LiveBook, monkeypatch: pytest.MonkeyPatch) -> None:
    (live.folder / "other").mkdir()
    other = autumn(LiveBook(live.folder / "other"))
    with monkeypatch.context() as patch:
        patch.setattr("sync.core.look.leaving.filed.leaving", lambda *_: ())
        put_by(other)
    put_by(live)
    for bureau in (live, other):
        bureau.add(LOG.replace("2026-10-12", "2027-02-19"))
        for at in ("2027-02-19 09:05", "2027-03-05 09:00", "2027-04-06 09:00"):
            with monkeypatch.context() as patch:
                if bureau is other:
                    patch.setattr("sync.core.look.leaving.filed.leaving", lambda *_: ())
                bureau.settle(at)
    assert (parted(live), parted(other)) == ([(0, 2), (0, 2)], [(2, 0), (2, 0)])
    shown, stayed = others(live), others(other)
    for tabs in (shown, stayed):
        for title in TITLES:
            tabs[title].sort(key=str)
    assert shown == stayed


def test_an_issue_that_comes_back_stands_as_it_stood(live: LiveBook) -> None:
    """Verified late, it is in time by its feedback alone; its extension and points stay."""
    issue = looked(live).followed["20261012-001"].issue
    before, lines = standing(live, "甲"), live.wherever("扣分明细", "明细号", "分值")
    put_by(live)
    copied(live, "问题台账", "甲", "2027-02-18 21:20")
    assert held(live) == 2, "the feedback and the extension"
    assert looked(live).followed["20261012-001"].issue == issue
    for restarts in (False, True):
        if restarts:
            live.restart()
        for minute in range(21, 23):
            live.settle(f"2027-02-18 21:{minute}")
        assert live.rows("问题台账", *STANDS)[-1] == before
    live.settle("2027-03-05 09:00")
    old = [row for row in live.wherever("扣分明细", "明细号", "分值") if "20261012" in row[0]]
    assert old == [row for row in lines if "20261012" in row[0]], "not a point is charged anew"
    assert parted(live) == [(0, 2), (0, 2)], "it counts where it stands"
    evening(live, "2027-05-08")
    assert [row[0] for row in live.rows("问题台账", "问题描述")] == ["丙"]


def test_an_issue_that_stands_nowhere_comes_back_with_what_was_filed_about_it(live: LiveBook) -> None:
    before = standing(live, "甲")
    put_by(live)
    at = [row[0] for row in live.rows("问题台账2026", "问题描述")].index("甲") + 2
    live.book.worksheet("问题台账2026").delete_rows(at)
    assert archive_moves.missing(live.gateway, live.ledger) == ["20261012-001"]
    live.ledger.archive([], hour("2027-02-18 21:20"), lost=["20261012-001"])
    for minute in range(21, 24):
        live.settle(f"2027-02-18 21:{minute}")
    assert standing(live, "甲") == before


def test_feedback_about_a_duplicate_comes_back_with_the_issue_that_it_counts_for(tmp_path: Path) -> None:
    twin = "2026-10-12 09:01 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 又报了甲"
    live = autumn(LiveBook(tmp_path), twin=twin)
    before = looked(live).followed["20261012-001"].issue.fixes
    assert len(before) == 1
    put_by(live, GONE | {"20261012-005"})
    copied(live, "问题台账", "甲", "2027-02-18 21:20")
    assert looked(live).followed["20261012-001"].issue.fixes == before


# What looks at the past
def test_a_sealed_month_verifies_and_what_was_changed_there_is_told(live: LiveBook) -> None:
    put_by(live)
    for restarts in (False, True):
        if restarts:
            live.restart()
        assert verdict(live).right, verdict(live).text()
    live.type("整改反馈2026", 1, "整改后照片", "another.jpg")
    text = verdict(live).text()
    assert "「整改反馈2026」20261012-00" in text and "（第 2 行）「整改后照片」" in text
    live.book.worksheet("申请审批2026").delete_rows(2)
    assert "「申请审批」" in verdict(live).text() and "封存时有这一行，现在没有" in verdict(live).text()
    live.settle("2027-02-19 09:00")
    assert not any("封存月份" in item for (item,) in live.rows("运行状态", "项目")), "the live tabs were not changed"


def test_an_exported_file_verifies_alone(live: LiveBook) -> None:
    put_by(live)
    tables, tabs = archive.sheets(archive_moves.tables(live.gateway))
    file = live.folder / "全部.xlsx"
    export_file(tables, tabs, file, live.rules, live.rules.bureau.zone, live.ledger.memory().seals.values())
    told = sealed_file.verify(file, "2026-10")
    assert told.right, told.text()


def test_pages_commands_and_a_simulation_say_the_same(live: LiveBook) -> None:
    other = load(live.rules.text.replace("found = 0.2, over", "found = 0.3, over"))

    def told() -> tuple[object, ...]:
        look, memory = pages(live), live.ledger.everything()
        simulated = simulate(templates(), memory, live.rules, other, "2026-10", hour("2027-02-18 22:00")).fields()
        entries = [*history(look, look.followed["20261012-001"])]
        rows = {
            (key, frozenset(row.cells.items()))
            for key in ("feedback", "requests")
            for row in memory.known[key].values()
        }
        return entries, simulated, rows

    before = told()
    assert any("after.jpg" in str(entry) for entry in before[0])  # type: ignore[attr-defined]
    evening(live)
    assert told() == before
    put_by(live)
    for restarts in (False, True):
        if restarts:
            live.restart()
        assert told() == before


def test_a_photo_of_feedback_that_left_is_used(live: LiveBook) -> None:
    put_by(live)
    for restarts in (False, True):
        if restarts:
            live.restart()
        left = live.ledger.current().left_photos
        assert {row.cells["photos"] for row in left.values()} == {"after.jpg"}
        assert {row.cells["issue"] for row in left.values()} == {"20261012-001", "20261012-004"}


# Put back by people
def test_one_that_is_pasted_back_is_the_row_that_it_was(live: LiveBook) -> None:
    before = pages(live).followed["20261012-001"]
    put_by(live)
    for title, text in (("整改反馈", "20261012-001"), ("申请审批", "20261012-001"), ("申请审批", "加减分")):
        copied(live, title, text, "2027-02-18 21:20")
    look = pages(live)
    assert look.followed["20261012-001"].issue.fixes == before.issue.fixes
    assert look.followed["20261012-001"].issue.asks == before.issue.asks
    assert sum(line.points for line in look.scored.every if line.rule == "加减分") == 200, "not booked twice"
    assert [row[-2:] for row in live.rows("整改反馈", *FILED["整改反馈"])] == [("通过，按期", "")]
    assert [row[-2:] for row in live.rows("申请审批", *FILED["申请审批"])] == [("已同意", "")] * 2
    live.restart()
    evening(live, "2027-02-20")
    assert [at for at, _ in parted(live)] == [1, 2], "it stays as long as the rules let a row stay"
    evening(live, "2027-05-08")
    assert [at for at, _ in parted(live)] == [0, 0]
    assert verdict(live).right, verdict(live).text()


def test_one_that_is_filed_after_its_issue_left_is_another(live: LiveBook) -> None:
    """However like it is to the one before; and nobody sees it vanish overnight."""
    put_by(live)
    live.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2027-02-19 09:00 | 街路长01 | 20261012-001 | 已整改 | after.jpg
        """)
    live.settle("2027-02-19 09:05")
    evening(live, "2027-02-20")
    assert live.rows("整改反馈", "编号", "结果", "校验") == [("20261012-001", "问题已归档，不再处理", "")]
    assert len(pages(live).followed["20261012-001"].issue.fixes) == 2
    assert held(live) == 1


# What people and crashes do meanwhile
def feedback(live: LiveBook):  # type: ignore[no-untyped-def]
    return live.book.worksheet("整改反馈")


def insert_row(live: LiveBook) -> None:
    feedback(live).insert_row([], 2)


def file_at_the_top(live: LiveBook) -> None:
    new = [["2027-01-10 20:00", "街路长01", "20261012-003", "上报", "请协调"]]
    feedback(live).insert_rows(new, 2, value_input_option="USER_ENTERED")  # type: ignore[arg-type]


def sort_tab(live: LiveBook) -> None:
    feedback(live).sort((3, "des"))


def edit_what_moves(live: LiveBook) -> None:
    live.type("整改反馈", 1, "整改后照片", "刚换的.jpg")


def delete_above(live: LiveBook) -> None:
    feedback(live).delete_rows(2)


def say_it_again(live: LiveBook) -> None:
    """An equal row, by whoever pressed twice."""
    values = feedback(live).get_values(value_render_option="UNFORMATTED_VALUE")
    feedback(live).append_rows([values[1]], value_input_option="RAW", table_range="A1")


def bring_its_issue_back(live: LiveBook) -> None:
    values = live.book.worksheet("问题台账2026").get_values(value_render_option="UNFORMATTED_VALUE")
    rows = [row for row in values if "甲" in row]
    live.book.worksheet("问题台账").append_rows(rows, value_input_option="RAW", table_range="A1")


ACTS = [insert_row, file_at_the_top, sort_tab, edit_what_moves, delete_above, say_it_again, bring_its_issue_back]


@pytest.mark.parametrize("what", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("answer", ["comes", "is lost"])
def test_a_person_between_read_and_move(live: LiveBook, what: Callable[[LiveBook], None], answer: str) -> None:
    evening(live, minutes=3)
    assert parted(live)[0] == (2, 0)
    meant: list[Counter[tuple[str, ...]]] = []
    done: list[str] = []

    def step(name: str) -> None:
        if name == "rows meant" and not done:
            what(live)
            meant.append(of_people(live))
            done.append("acted")

    if answer == "is lost":
        lose_the_move_after(live, done)
    for minute in range(20, 25):
        tick.ticks(live.gateway, live.ledger, live.rules, hour(f"2027-01-10 21:{minute}"), idle=False, step=step)
    assert done == (["acted", "lost"] if answer == "is lost" else ["acted"])
    evening(live, "2027-01-11", 3)
    stands = of_people(live)
    if what is delete_above:
        assert meant[0] - stands == Counter(), "no row is lost"
        assert max(stands.values()) == 1, "none is doubled"
    else:
        assert stands == meant[0]
    assert not deleted(live)
    assert pages(live).followed["20261012-001"].issue.fixes


def of_people(live: LiveBook) -> Counter[tuple[str, ...]]:
    return Counter(row for title in TITLES for row in live.wherever(title, *FILED[title][:-2]))


@pytest.mark.parametrize("step", ["rows meant", "rows moved", "rows looked"])
def test_killed_after_any_step_every_row_stands_once(live: LiveBook, step: str) -> None:
    evening(live, minutes=3)
    before = filed(live)
    assert processes.run(killed_at, live.place, step) == -signal.SIGKILL
    assert filed(live) == before
    live.restart()
    evening(live, "2027-01-11")
    assert parted(live) == [(0, 2), (0, 2)]
    assert filed(live) == before
    assert not deleted(live)


@pytest.mark.parametrize("what", ["a row", "the tab"])
def test_what_somebody_deletes_on_the_way_comes_back(live: LiveBook, what: str) -> None:
    evening(live, minutes=3)
    before = filed(live)

    def lose(done: str) -> None:
        if done == "rows moved" and what == "a row":
            live.book.worksheet("整改反馈2026").delete_rows(2)
        elif done == "rows moved":
            live.book.del_worksheet(live.book.worksheet("整改反馈2026"))

    tick.ticks(live.gateway, live.ledger, live.rules, hour(LATER), idle=False, step=lose)
    evening(live, "2027-01-11", 5)
    assert filed(live) == before


# A ledger that is lost
@pytest.mark.parametrize("when", ["just left", "in the ledger alone"])
def test_a_lost_ledger_reads_it_off_the_tabs(live: LiveBook, when: str) -> None:
    if when == "just left":
        evening(live)
    else:
        put_by(live)
    day = "2027-01-10" if when == "just left" else "2027-02-18"
    before, whole = standing(live, "甲"), filed(live)
    everything = live.everything()
    live.lose_ledger()
    for minute in range(40, 44):
        live.settle(f"{day} 21:{minute}")
    after = live.everything()
    assert {title for title in everything if after[title] != everything[title]} <= {"运行状态", "问题台账"}
    assert filed(live) == whole
    results = [row.shown["result"] for row in live.ledger.memory().known["feedback"].values()]
    assert results == ["通过，按期"] * 2
    copied(live, "问题台账", "甲", f"{day} 21:45")
    shown = live.rows("问题台账", *STANDS)[-1]
    assert shown[:-1] == before[:-1], "but for 依据, of which the ledger knew more"
    copied(live, "整改反馈", "20261012-001", f"{day} 21:46")
    assert len(pages(live).followed["20261012-001"].issue.fixes) == 1
    assert filed(live).total() == whole.total() + 1


def test_a_lost_ledger_counts_a_row_that_was_pasted_back_once(live: LiveBook) -> None:
    put_by(live)
    copied(live, "整改反馈", "20261012-001", "2027-02-18 21:40")
    live.lose_ledger()
    for minute in range(41, 44):
        live.settle(f"2027-02-18 21:{minute}")
    assert len(pages(live).followed["20261012-001"].issue.fixes) == 1


def test_some_at_a_time(live: LiveBook, monkeypatch: pytest.MonkeyPatch) -> None:
    before = filed(live)
    monkeypatch.setattr(archive_moves, "MOST_RECORDS", 1)
    for day in range(10, 30):
        evening(live, f"2027-01-{day}", 3)
    assert parted(live) == [(0, 2), (0, 2)]
    assert filed(live) == before
