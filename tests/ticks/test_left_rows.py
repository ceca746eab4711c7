"""Rows of 履职记录 leave for the tab of their year: none is lost, doubled or counted another time, and no look holds
them."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from sync import archive_moves, tick
from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.look.rebuilding import archive
from sync.core.memory import Memory
from sync.core.rules.rules import load
from sync.core.views.periods.simulate import simulate
from sync.core.views.periods.verification import verify
from sync.core.views.waiting.inspections import inspections
from sync.intake.files import sealed_file
from sync.outgoing.export import export_file
from tests.book import hour, templates
from tests.deaths import processes
from tests.live_book import LiveBook
from tests.ticks.test_archive import LATER, killed_at, lose_the_move_after, october, others, verdict

TITLE, YEAR = "履职记录", "履职记录2026"
HEADERS = ("填报时间", "填报人", "类型", "街路", "支部", "内容", "照片")
DONE = """
    履职记录
    填报时间 | 填报人 | 类型 | 街路 | 支部 | 内容 | 照片
    2026-10-09 09:00 | 街路长01 | 巡查 | 新正街 | | 已巡查 |
    2026-10-09 09:10 | 街路长02 | 巡查 | 联胜路 | | 已巡查 |
    2026-10-09 10:00 | 督查01 | 督查 | 建设南路 | | 没有问题 | /photos/clean
    2026-10-09 16:00 | 支部书记01 | 支部例会 | | 第一支部 | 例会 |
    2026-10-12 08:50 | 街路长01 | 巡查 | 新正街 | | 已巡查 |
    """
SINCE = """
    履职记录
    填报时间 | 填报人 | 类型 | 街路 | 支部 | 内容 | 照片
    2027-01-06 08:40 | 街路长01 | 巡查 | 新正街 | | 已巡查 |
    2027-01-06 08:50 | 街路长02 | 巡查 | 联胜路 | | 已巡查 |
    """
LEAVING, STAYING = 5, 2
NOW = hour("2027-03-22 09:00")


def winter(live: LiveBook) -> LiveBook:
    """Five duties of a sealed October, two of this January; issues and rows of the service left already."""
    live.add(DONE)
    october(live)
    live.add(SINCE)
    live.settle("2027-01-06 09:00")
    return live


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    return winter(LiveBook(tmp_path))


def evening(live: LiveBook, minutes: int = 5) -> None:
    for minute in range(minutes):
        live.settle(f"2027-01-10 21:{minute:02d}")


def rows(live: LiveBook, title: str) -> list[tuple[str, ...]]:
    return live.rows(title, *HEADERS) if title in live.everything() else []


def wherever(live: LiveBook) -> Counter[tuple[str, ...]]:
    return Counter([*rows(live, TITLE), *rows(live, YEAR)])


def parted(live: LiveBook) -> tuple[int, int]:
    return len(rows(live, TITLE)), len(rows(live, YEAR))


def held(live: LiveBook) -> int:
    return len(live.ledger.current().known["duties"])


def deleted(live: LiveBook) -> list[str]:
    return [item for (item,) in live.rows("运行状态", "项目") if item.startswith("被删除的行")]


def pages(live: LiveBook, at: str = "2027-01-11 09:00") -> Look:
    return recall(templates(), live.ledger.memory(), live.rules, hour(at))


# Left
def test_duties_of_a_sealed_month_leave_and_no_look_holds_them(live: LiveBook) -> None:
    before = wherever(live)
    evening(live)
    assert parted(live) == (STAYING, LEAVING)
    assert wherever(live) == before
    assert live.book.worksheet(YEAR).row_values(1) == live.book.worksheet(TITLE).row_values(1)
    for restarts in (False, True):
        if restarts:
            live.restart()
        assert held(live) == STAYING
        assert not [mark for mark in live.ledger.current().archived.values() if mark.rid.startswith("duties")]
        assert live.settle("2027-01-10 21:10").cells == 0
        assert not deleted(live)
    assert wherever(live) == before


def test_they_stay_as_long_as_something_owed_may_reach_back_to_them(live: LiveBook) -> None:
    """October's last week is reckoned with until two months and a week later, whatever the seal says."""
    live.settle("2027-01-08 21:00")
    done = archive_moves.everything(live.gateway, live.ledger, live.rules, hour("2027-01-08 21:00"))
    assert done.records, "rows of the service leave when the command asks"
    assert parted(live) == (STAYING + LEAVING, 0)
    live.settle("2027-01-09 21:00")
    archive_moves.everything(live.gateway, live.ledger, live.rules, hour("2027-01-09 21:01"))
    assert parted(live) == (STAYING, LEAVING)


def test_without_the_rule_they_stay(tmp_path: Path) -> None:
    live = LiveBook(tmp_path)
    live.rules = load(live.rules.text.replace('archive = "60d"', ""))
    winter(live)
    evening(live)
    assert parted(live) == (STAYING + LEAVING, 0)


def test_some_at_a_time(live: LiveBook, monkeypatch: pytest.MonkeyPatch) -> None:
    evening_before(live)
    before = wherever(live)
    monkeypatch.setattr(archive_moves, "MOST_RECORDS", 2)
    evening(live, 2)
    assert parted(live) == (STAYING + 1, LEAVING - 1)
    evening(live)
    assert parted(live) == (STAYING, LEAVING)
    assert wherever(live) == before


def test_each_year_has_its_tab(live: LiveBook) -> None:
    evening(live)
    for at in ("2027-02-05 09:00", "2027-04-12 20:00", *(f"2027-04-12 21:0{minute}" for minute in range(8))):
        live.settle(at)
    assert (parted(live), len(rows(live, "履职记录2027"))) == ((0, LEAVING), STAYING)
    live.add(SINCE.replace("2027-01-06", "2027-04-13"))
    live.settle("2027-04-13 09:00")
    assert held(live) == 2


def test_one_about_an_issue_stays_with_what_it_answers(tmp_path: Path) -> None:
    live = LiveBook(tmp_path)
    live.add("""
        履职记录
        填报时间 | 填报人 | 类型 | 编号 | 区域
        2026-10-12 08:50 | 指挥长02 | 现场调度 | 20261012-003 | 城中
        2026-10-12 08:55 | 指挥长02 | 现场调度 | | 城中
        """)
    october(live)
    evening(live)
    assert parted(live) == (1, 1)
    assert live.rows(TITLE, "编号") == [("20261012-003",)]


# Nothing else changes
def test_nothing_else_changes_when_they_leave(live: LiveBook) -> None:
    (live.folder / "other").mkdir()
    never = LiveBook(live.folder / "other")
    never.rules = load(never.rules.text.replace('archive = "60d"', ""))
    winter(never)
    for bureau in (live, never):
        evening(bureau)
        bureau.add(SINCE.replace("2027-01-06", "2027-01-11"))
        for at in ("2027-01-11 09:00", "2027-01-11 15:00", "2027-01-12 09:00", "2027-02-05 09:00", "2027-02-06 00:01"):
            bureau.settle(at)
    assert (parted(live), parted(never)) == ((2 * STAYING, LEAVING), (2 * STAYING + LEAVING, 0))
    assert others(live) == others(never)


def half_a_year(live: LiveBook, keep: str) -> None:
    """Patrols, some of them missing, late or typed without an hour, inspections and meetings of half a year; a missing
    patrol costs half a point."""
    text = live.rules.text.replace("points = 0               # 【默认】", "points = 0.5", 1)
    live.rules = load(text.replace('archive = "60d"', keep))
    sunday = date(2026, 10, 4)
    while sunday < date(2027, 3, 21):
        monday = sunday + timedelta(days=1)
        live.add("\n".join(["履职记录", " | ".join(HEADERS), *records(monday)]))
        live.settle(f"{monday + timedelta(days=4)} 17:00")
        sunday += timedelta(days=7)
        for minute in range(3):
            live.settle(f"{sunday} 21:0{minute}")


def records(monday: date) -> Iterator[str]:
    for n in range(5):
        day, chief = monday + timedelta(days=n), 1 + (n + monday.day) % 3
        street = ("新正街", "联胜路", "建设南路")[chief - 1]
        late = day - timedelta(days=40) if n == 3 else day
        yield f"{late} 09:{n}0 | 街路长{chief:02d} | 巡查 | {street} | | 已巡查 |"
        yield f"{day} 10:00 | 督查01 | 督查 | {street} | | 没有问题 | /photos/{day}"
    yield " | 街路长02 | 巡查 | 高铁站广场 | | 没写时间 |"
    yield f"{monday} 16:00 | 支部书记06 | 支部例会 | | 第六支部 | 例会 |"


def test_half_a_year_of_duties_comes_to_the_same_lines_scores_and_notices(tmp_path: Path) -> None:
    bureaus = []
    for name, keep in (("leaves", 'archive = "60d"'), ("stays", "")):
        (tmp_path / name).mkdir()
        bureaus.append(LiveBook(tmp_path / name))
        half_a_year(bureaus[-1], keep)
    leaving, staying = bureaus
    assert wherever(leaving) == wherever(staying)
    assert len(rows(leaving, YEAR)) > 100 and rows(staying, YEAR) == []
    assert min(row[0] for row in rows(leaving, TITLE) if row[0]) >= "2026-11-21", "typed late"
    shown, other = others(leaving), others(staying)
    for tabs in (shown, other):
        tabs[TITLE].sort(key=str)
    assert sum("巡查缺记" in str(row) for row in shown["扣分明细"]) > 100
    assert shown == other
    for bureau in bureaus:
        bureau.restart()
        for month in ("2026-10", "2026-11", "2026-12"):
            told = verify(archive_moves.tables(bureau.gateway), bureau.ledger.memory(), bureau.rules, NOW, month)
            assert told and told.right, told and told.text()
    seals = [bureau.ledger.memory().seals for bureau in bureaus]
    assert [seal.lines for seal in seals[0].values()] == [seal.lines for seal in seals[1].values()]
    assert [seal.rows for seal in seals[0].values()] == [seal.rows for seal in seals[1].values()]


def test_an_exported_file_verifies_alone(live: LiveBook) -> None:
    evening(live)
    tables, tabs = archive.sheets(archive_moves.tables(live.gateway))
    file = live.folder / "全部.xlsx"
    export_file(tables, tabs, file, live.rules, live.rules.bureau.zone, live.ledger.memory().seals.values())
    told = sealed_file.verify(file, "2026-10")
    assert told and told.right, told and told.text()


def test_a_sealed_month_verifies_and_what_was_changed_there_is_told(live: LiveBook) -> None:
    evening(live)
    for restarts in (False, True):
        if restarts:
            live.restart()
        assert verdict(live).right, verdict(live).text()
    at = [text for *_, text, _ in rows(live, YEAR)].index("没有问题") + 1
    live.type(YEAR, at, "内容", "改过")
    text = verdict(live).text()
    assert f"「{YEAR}」督查01·建设南路（第 {at + 1} 行）「内容」：封存时「没有问题」，现在「改过」" in text
    live.book.worksheet(YEAR).delete_rows(at + 1)
    assert "封存时有这一行，现在没有" in verdict(live).text()
    live.settle("2027-01-11 09:00")
    assert not any("封存月份" in item for (item,) in live.rows("运行状态", "项目")), "the live tab was not changed"


def test_a_simulation_of_their_month_says_the_same(live: LiveBook) -> None:
    other = load(live.rules.text.replace("points = 0               # 【默认】", "points = 0.5", 1))

    def simulated(memory: Memory) -> dict[str, object]:
        return simulate(templates(), memory, live.rules, other, "2026-10", hour("2027-01-11 22:00")).fields()

    before = simulated(live.ledger.memory())
    evening(live)
    assert simulated(live.ledger.everything()) == before


def test_what_is_asked_of_them_is_remembered(live: LiveBook) -> None:
    """Since when a kind is recorded, so that it is owed; and when a street was last inspected."""

    def asked() -> tuple[object, ...]:
        look = pages(live)
        last = {street.street: street.last for street in inspections(look)}
        return dict(look.duties.records.begun), last, [duty.kind for duty in look.duties.due(*[date(2027, 1, 10)] * 2)]

    before = asked()
    assert before[1] == {"新正街": date(2026, 10, 12), "联胜路": date(2026, 10, 12), "建设南路": date(2026, 10, 9),
                         "高铁站广场": None}  # fmt: skip
    assert "支部例会" in before[2]
    live.ledger.memory()
    evening(live)
    left = asked()
    live.restart()
    assert left == asked()
    assert left[0] == before[0] and left[2] == before[2]
    assert left[1]["建设南路"] == date(2026, 10, 9)


def test_what_is_held_of_a_person_and_who_may_see_a_photo(live: LiveBook) -> None:
    evening(live)
    known = live.ledger.everything().known["duties"]
    assert (len(known), held(live)) == (STAYING + LEAVING, STAYING)
    assert [row.cells["reporter"] for row in live.ledger.left_naming("duties", "/photos/clean")] == ["督查01"]
    assert live.ledger.left_naming("duties", "/photos/another") == []


# What people and crashes do meanwhile
def duties(live: LiveBook):  # type: ignore[no-untyped-def]
    return live.book.worksheet(TITLE)


def insert_row(live: LiveBook) -> None:
    duties(live).insert_row([], 2)


def record_at_the_top(live: LiveBook) -> None:
    new = [["2027-01-10 20:00", "街路长03", "走访", "建设南路"]]
    duties(live).insert_rows(new, 2, value_input_option="USER_ENTERED")  # type: ignore[arg-type]


def sort_tab(live: LiveBook) -> None:
    duties(live).sort((2, "des"))


def insert_column(live: LiveBook) -> None:
    duties(live).insert_cols([[]], 3)


def edit_what_moves(live: LiveBook) -> None:
    live.type(TITLE, 1, "内容", "移走前刚改的")


def edit_its_photos(live: LiveBook) -> None:
    live.type(TITLE, 2, "照片", "/photos/later")


def delete_above(live: LiveBook) -> None:
    duties(live).delete_rows(2)


ACTS = [insert_row, record_at_the_top, sort_tab, insert_column, edit_what_moves, edit_its_photos, delete_above]


@pytest.mark.parametrize("what", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("answer", ["comes", "is lost"])
def test_a_person_between_read_and_move(live: LiveBook, what: Callable[[LiveBook], None], answer: str) -> None:
    evening_before(live)
    meant: list[Counter[tuple[str, ...]]] = []

    def act() -> None:
        what(live)
        meant.append(wherever(live))

    act_before_the_move(live, act, lose=answer == "is lost")
    evening(live)
    stands = wherever(live)
    if what is delete_above:
        assert meant[0] - stands == Counter(), "no row is lost"
        assert max(stands.values()) == 1, "none is doubled"
    else:
        assert stands == meant[0]
    if what is not insert_column:  # the archive tab lacks it
        stays = [row for row in rows(live, TITLE) if row[0] < "2027"]
        assert all("刚改" in row[5] or row[6] == "/photos/later" for row in stays)
    assert not any(row[0] >= "2027" for row in rows(live, YEAR)), "what is not over is in the live tab"
    assert not deleted(live)


def act_before_the_move(live: LiveBook, act: Callable[[], None], *, lose: bool) -> None:
    """A person acts right before the request that moves rows; its answer may be lost."""
    done: list[str] = []

    def step(name: str) -> None:
        if name == "rows meant" and not done:
            act()
            done.append("acted")

    if lose:
        lose_the_move_after(live, done)
    tick.ticks(live.gateway, live.ledger, live.rules, hour("2027-01-10 20:59"), idle=False, step=step)
    assert done == (["acted", "lost"] if lose else ["acted"])


def evening_before(live: LiveBook) -> None:
    """All that may leave left, but duties."""
    for minute in range(6):
        live.settle(f"2027-01-08 21:0{minute}")
    assert parted(live)[1] == 0


@pytest.mark.parametrize("step", ["rows meant", "rows moved", "rows looked"])
def test_killed_after_any_step_every_row_stands_once(live: LiveBook, step: str) -> None:
    evening_before(live)
    before = wherever(live)
    assert processes.run(killed_at, live.place, step) == -signal.SIGKILL
    assert wherever(live) == before
    live.restart()
    live.settle(LATER, idle=True)
    live.settle("2027-01-10 21:10")
    assert parted(live) == (STAYING, LEAVING)
    assert wherever(live) == before
    assert not deleted(live)
    assert held(live) == STAYING


@pytest.mark.parametrize("what", ["a row", "the tab"])
def test_what_somebody_deletes_on_the_way_comes_back(live: LiveBook, what: str) -> None:
    evening_before(live)
    before = wherever(live)

    def lose(done: str) -> None:
        if done == "rows moved" and what == "a row":
            live.book.worksheet(YEAR).delete_rows(2)
        elif done == "rows moved":
            live.book.del_worksheet(live.book.worksheet(YEAR))

    tick.ticks(live.gateway, live.ledger, live.rules, hour(LATER), idle=False, step=lose)
    for minute in range(10, 14):
        live.settle(f"2027-01-10 21:{minute}")
    assert wherever(live) == before


def test_nothing_is_put_back_while_the_archive_tab_can_not_be_read(live: LiveBook) -> None:
    evening_before(live)
    before = wherever(live)

    def rename(done: str) -> None:
        if done == "rows moved":
            live.book.worksheet(YEAR).update([["谁填的"]], "B1")

    tick.ticks(live.gateway, live.ledger, live.rules, hour(LATER), idle=False, step=rename)
    live.settle("2027-01-10 21:10")
    assert (len(rows(live, TITLE)), deleted(live)) == (STAYING, [])
    live.book.worksheet(YEAR).update([["填报人"]], "B1")
    live.settle("2027-01-10 21:11")
    assert (wherever(live), held(live)) == (before, STAYING)


# Put back by people
def pasted(live: LiveBook, text: str = "没有问题", at: str = "2027-01-11 09:00", **cells: str) -> None:
    """Somebody copies a row from the archive to the end of 履职记录."""
    values = live.book.worksheet(YEAR).get_values(value_render_option="UNFORMATTED_VALUE")
    row = next(row for row in values if text in row)
    for header, value in cells.items():
        row[values[0].index(header)] = value
    duties(live).append_rows([row], value_input_option="RAW", table_range="A1")
    live.settle(at)


def test_one_that_is_pasted_back_is_the_row_that_it_was(live: LiveBook) -> None:
    """It is no inspection of today; and it leaves again after the same time."""
    evening(live)
    before = pages(live).duties.records.done
    pasted(live)
    assert (parted(live), held(live)) == ((STAYING + 1, LEAVING), STAYING + 1)
    assert pages(live).duties.records.done == before
    assert verdict(live).right, verdict(live).text()
    live.restart()
    live.settle("2027-01-11 21:00")
    assert parted(live) == (STAYING + 1, LEAVING), "it stays as long as the rules let a row stay"
    for minute in range(8):
        live.settle(f"2027-03-20 21:0{minute}")
    assert [row for row in rows(live, TITLE) if row[0] < "2027"] == []
    assert verdict(live).right, verdict(live).text()


def test_one_that_is_pasted_back_twice_is_there_once(live: LiveBook) -> None:
    evening(live)
    before = pages(live).duties.records.done
    values = live.book.worksheet(YEAR).get_values(value_render_option="UNFORMATTED_VALUE")
    duties(live).append_rows(values[1:], value_input_option="RAW", table_range="A1")
    live.settle("2027-01-11 09:00")
    assert held(live) == STAYING + LEAVING
    done = pages(live).duties.records.done
    assert {record for record in done if record.day >= date(2027, 1, 1)} <= before


def test_an_old_row_that_nobody_knew_counts_for_the_day_on_which_it_came(live: LiveBook) -> None:
    evening(live)
    live.add("""
        履职记录
        填报时间 | 填报人 | 类型 | 街路
        2026-10-09 09:00 | 街路长03 | 巡查 | 建设南路
        """)
    live.settle("2027-01-11 09:00")
    done = [record for record in pages(live).duties.records.done if record.person == "街路长03"]
    assert [record.day for record in done] == [date(2027, 1, 11)]


# A ledger that is lost
def test_a_lost_ledger_reads_them_off_the_tabs(live: LiveBook) -> None:
    evening(live)
    before, look = live.everything(), pages(live)
    live.lose_ledger()
    for minute in range(4):
        live.settle(f"2027-01-10 22:0{minute}")
    after = live.everything()
    changed = {title for title in before if title not in ("运行状态", "问题台账") and after[title] != before[title]}
    assert changed == set()
    assert (parted(live), held(live)) == ((STAYING, LEAVING), STAYING)
    assert pages(live).duties.records.begun == look.duties.records.begun
    assert len(live.ledger.everything().known["duties"]) == STAYING + LEAVING
    before_it = pages(live).duties.records.done
    pasted(live)
    assert pages(live).duties.records.done == before_it
    assert held(live) == STAYING + 1
