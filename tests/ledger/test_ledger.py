"""What enters the ledger comes out the same, in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from sync.core.look.decide import decide
from sync.core.memory import Memory, absorb
from sync.core.sheet.plan import Cover, Plan, Restore, TabPlan, Write
from sync.core.sheet.values.photos import Photo
from sync.ledger import leases as leases_module
from sync.ledger import ledger as ledger_module
from sync.ledger import records as records_module
from sync.ledger.leases import LEASE_SECONDS, Busy, ourselves
from sync.ledger.ledger import Ledger, WrongVersion
from sync.ledger.received.submissions import Submissions
from sync.ledger.records import Records, to_json
from sync.ledger.tables import leases
from tests.book import ZONE, Book, bureau, hour

FIELDS = (
    "known",
    "stamps",
    "lines",
    "seals",
    "notices",
    "numbers",
    "days",
    "opened",
    "addresses",
    "status",
    "plan",
    "restores",
    "covers",
    "last_tick",
)


def busy_bureau() -> Book:
    return bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 复核结果
        2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲 | 返工
        2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 一号 | 井盖缺损 | 严重 | 乙 |
        2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 一号 | 怪事 | 严重 | 丙 |
        """)


def open_ledger(url: str, name: str = "某县") -> Ledger:
    return Ledger(url, name, ZONE)


def run(book: Book, ledger: Ledger, at: str) -> None:
    now = hour(at)
    decision = decide(book.tables(), ledger.memory(), book.rules, now)
    ledger.commit(decision, now, book.rules.hash, book.rules.text, "7")
    book.memory = absorb(book.memory, decision, now)
    book.apply(decision)


def test_memory_comes_back_as_it_was(database: str) -> None:
    book, ledger = busy_bureau(), open_ledger(database)
    for at in ("2026-11-24 09:05", "2026-11-24 12:00", "2026-11-27 18:00", "2026-12-05 09:00"):
        run(book, ledger, at)
    restore = Restore("issues", 3, "位置", "一号", "待整改", {"填报人": "a", "经度": 2.5, "核实结果": True})
    cover = Cover("n", "issues", ("编号",), ("编号", "位置"), (Write(3, 1, 2.5),), {3: ("a", 2.5)}, {3: (True, "b")})
    ledger.landed([cover], [restore], 0.5)
    again = open_ledger(database).memory()
    for field in FIELDS:
        kept, read = getattr(ledger.memory(), field), getattr(again, field)
        if field == "known":
            kept = {tab: rows for tab, rows in kept.items() if rows}
        assert read == kept, field
    assert again.stamps["20261124-002"].received.tzinfo is ZONE, "times come back in the bureau's clock"


@pytest.mark.parametrize("large", [5_000, 50], ids=["as it is", "packed"])
def test_an_unlanded_plan_is_kept_for_the_next_look(large: int, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_module, "LARGE", large)
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    plan = open_ledger(database).memory().plan
    assert plan == ledger.memory().plan and plan is not None and plan.cells > 50


def test_two_bureaus_share_a_database_and_see_nothing_of_each_other(database: str) -> None:
    book, one, other = busy_bureau(), open_ledger(database, "甲县"), open_ledger(database, "乙县")
    run(book, one, "2026-11-24 09:05")
    assert other.memory().stamps == {} and other.waiting(hour("2027-01-01 00:00"), ["待发送"]) == []


def test_one_tick_at_a_time(database: str) -> None:
    one, other = open_ledger(database), open_ledger(database)
    with one.turn(), pytest.raises(Busy, match="另一个进程"), other.turn():
        pass
    with other.turn():
        pass


def hold(ledger: Ledger, holder: str, seconds: float = LEASE_SECONDS) -> None:
    """Another process holds the turn for so many seconds."""
    with ledger.engine.begin() as db:
        held = {"bureau": "某县", "holder": holder, "until": time.time() + seconds}
        db.execute(sa.insert(leases).values(held))


def test_the_turn_of_a_process_that_died_here_is_taken_over(database: str) -> None:
    ledger = open_ledger(database)
    died = subprocess.Popen(["true"])
    died.wait()
    hold(ledger, ":".join((*ourselves()._replace(number=str(died.pid), start="1"), "x")))
    with ledger.turn():
        pass


def test_the_turn_of_a_process_whose_number_came_again_is_taken_over(database: str) -> None:
    """A container restarts: the same host name, the same number, another process."""
    ledger = open_ledger(database)
    hold(ledger, ":".join((*ourselves()._replace(start="1"), "x")))
    with ledger.turn():
        pass


@pytest.mark.parametrize("change", [{"boot": "another"}, {"namespace": "another"}])
def test_the_turn_of_another_machine_lasts_until_it_runs_out(
    database: str, change: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(database)
    hold(ledger, ":".join((*ourselves()._replace(start="1", **change), "x")), 3)
    with pytest.raises(Busy), ledger.turn():
        pass
    time.sleep(3.1)
    with ledger.turn():
        pass


@pytest.mark.parametrize("holder", ["old-host:17:140230", "another:1:2:3:x"])
def test_a_turn_from_beyond_the_longest_term_is_of_a_clock_that_went_back(database: str, holder: str) -> None:
    """Also what version 0.1 left behind, whose turns ran for half an hour."""
    ledger = open_ledger(database)
    hold(ledger, holder, 1800)
    with ledger.turn():
        pass


def test_a_turn_that_could_not_be_given_back_is_ours_at_the_next_look(database: str) -> None:
    """The disk is full, or the database restarts, at the moment at which the work ends."""
    ledger = open_ledger(database)

    def full(db: sa.Connection, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM leases"):
            raise sa.exc.OperationalError(statement, {}, Exception("database or disk is full"))

    sa.event.listen(ledger.engine, "before_cursor_execute", full)
    with ledger.turn():
        pass
    sa.event.remove(ledger.engine, "before_cursor_execute", full)
    with ledger.turn():
        pass


def test_who_lost_the_turn_commits_nothing(database: str) -> None:
    """A machine that slept in the middle of a look, while another took over."""
    book, one, other = busy_bureau(), open_ledger(database), open_ledger(database)
    now = hour("2026-11-24 09:05")
    with one.turn():
        decision = decide(book.tables(), one.memory(), book.rules, now)
        with one.engine.begin() as db:
            db.execute(sa.delete(leases))
        with other.turn():
            pass
        with pytest.raises(Busy):
            one.commit(decision, now, book.rules.hash, book.rules.text, "")
    assert open_ledger(database).memory().stamps == {}


def test_a_long_look_keeps_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "LEASE_SECONDS", 0.6)
    monkeypatch.setattr(leases_module, "RENEWED_EVERY", 0.1)
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    one, other = open_ledger(url), open_ledger(url)
    with one.turn():
        time.sleep(1)
        with pytest.raises(Busy), other.turn():
            pass


def test_a_lease_that_could_not_be_renewed_once_is_renewed_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long transaction kept SQLite from opening a connection: the driver says so in its own words."""
    monkeypatch.setattr(leases_module, "LEASE_SECONDS", 0.6)
    monkeypatch.setattr(leases_module, "RENEWED_EVERY", 0.1)
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    here, other = open_ledger(url), open_ledger(url)
    renew, refused = leases_module.Leases._renew, list[str]()

    def locked_once(leases: leases_module.Leases, name: str, holder: str) -> None:
        if not refused:
            refused.append(name)
            raise sqlite3.OperationalError("database is locked")
        renew(leases, name, holder)

    monkeypatch.setattr(leases_module.Leases, "_renew", locked_once)
    with here.turn():
        time.sleep(1)
        with pytest.raises(Busy), other.turn():
            pass
    assert refused


def test_a_turn_lasts_as_long_as_it_is_renewed(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = open_ledger(database), open_ledger(database)
    clock = [time.time()]
    monkeypatch.setattr(leases_module.Leases, "_now", lambda *_: clock[0])
    with one.turn() as renew:
        for _ in range(4):
            clock[0] += LEASE_SECONDS - 1
            renew()
            with pytest.raises(Busy), other.turn():
                pass
        clock[0] += LEASE_SECONDS + 1
        with other.turn(), pytest.raises(Busy):
            renew()


@pytest.mark.parametrize("same", [True, False], ids=["same process", "another process"])
def test_a_notice_settled_between_decide_and_commit_makes_the_next_tick_look(database: str, same: bool) -> None:
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    ledger.landed([], [], 0.0)
    now, settled = hour("2026-11-24 09:06"), ledger.memory().settled
    decision = decide(book.tables(), ledger.memory(), book.rules, now)
    number = next(iter(ledger.memory().notices))
    (ledger if same else open_ledger(database)).settle([number], "已发送", "")
    ledger.commit(decision, now, book.rules.hash, book.rules.text, "8", settled)
    ledger.landed([], [], 0.0)
    assert ledger.quiet_until("8", book.rules.hash) is None
    assert ledger.memory().notices[number].state == "已发送"
    settled = ledger.memory().settled
    decision = decide(book.tables(), ledger.memory(), book.rules, now)
    ledger.commit(decision, now, book.rules.hash, book.rules.text, "8", settled)
    ledger.landed([], [], 0.0)
    assert ledger.quiet_until("8", book.rules.hash) is not None


def test_a_notice_given_up_stays_so_and_one_that_went_out_was_sent(database: str) -> None:
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    late, gone = list(ledger.memory().notices)[:2]
    memory, now = ledger.memory(), hour("2026-11-24 09:06")
    decision = decide(book.tables(), memory, book.rules, now)
    off = {n: replace(memory.notices[n], state="不再发送") for n in (late, gone)}
    decision = replace(decision, notices={**decision.notices, **off})
    ledger.settle([gone], "已发送", "")
    ledger.commit(decision, now, book.rules.hash, book.rules.text, "")
    ledger.settle([late], "待发送", "稍后再试")
    for look in (ledger, open_ledger(database)):
        assert [look.memory().notices[n].state for n in (late, gone)] == ["不再发送", "已发送"]
    waits = [one.notice.number for one in ledger.waiting(hour("2027-01-01 00:00"), ["待发送", "未发送"])]
    assert late not in waits and gone not in waits


def test_another_process_s_work_is_read_anew(database: str) -> None:
    book, one, other = busy_bureau(), open_ledger(database), open_ledger(database)
    assert other.memory().stamps == {}
    run(book, one, "2026-11-24 09:05")
    assert other.memory().stamps == one.memory().stamps


def counted_loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each time that the whole memory is read from the database."""
    loads: list[int] = []
    load = Records.load

    def counted(self: Records, db: sa.Connection) -> Memory:
        loads.append(1)
        return load(self, db)

    monkeypatch.setattr(Records, "load", counted)
    return loads


def asked_meanwhile(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, fails: bool = False) -> list[Memory]:
    """The memory that a page is given while a look is being committed; ``fails``: the commit does."""
    given: list[Memory] = []
    put_facts = Records.set_facts

    def put(self: Records, db: sa.Connection, facts: dict[str, Any]) -> None:
        put_facts(self, db, facts)
        if "last_tick" in facts:
            page = Thread(target=lambda: given.append(ledger.memory()))
            page.start()
            page.join()
            if fails:
                raise OSError("no room")

    monkeypatch.setattr(Records, "set_facts", put)
    return given


def test_a_page_that_asks_while_a_look_is_committed_has_nothing_read_anew(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    loads, given = counted_loads(monkeypatch), asked_meanwhile(ledger, monkeypatch)
    run(book, ledger, "2026-11-24 12:00")
    assert [memory.last_tick for memory in given] == [hour("2026-11-24 09:05")], "as it was before"
    assert ledger.memory().last_tick == hour("2026-11-24 12:00") and loads == []


def test_after_a_commit_that_failed_what_another_process_wrote_is_seen(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, ledger, other = busy_bureau(), open_ledger(database), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    with monkeypatch.context() as patch:
        asked_meanwhile(ledger, patch, fails=True)
        with pytest.raises(OSError, match="no room"):
            run(book, ledger, "2026-11-24 12:00")
    assert ledger.memory().last_tick == hour("2026-11-24 09:05")
    run(book, other, "2026-11-24 13:00")
    assert ledger.memory().last_tick == hour("2026-11-24 13:00")


def remembered_alike(ledger: Ledger, database: str) -> None:
    """What is held is what another process reads from the database."""
    held, read = ledger.memory(), open_ledger(database).memory()
    for field in FIELDS:
        assert getattr(held, field) == getattr(read, field), field


FOURTH = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 09:05 | 督查01 | 督查 | 联胜路 | 二号 | 暴露垃圾 | 一般 | 丁
"""


class Pause:
    """Stops the first thread that comes to a place until it is let go."""

    def __init__(self) -> None:
        self.reached, self.goes_on = Event(), Event()

    def here(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.goes_on.wait(20)


@pytest.mark.parametrize("page_asks", ["between", "not at all", "before the mail is taken in"])
def test_a_look_and_a_mail_that_commit_at_once_are_both_remembered(
    database: str, monkeypatch: pytest.MonkeyPatch, page_asks: str
) -> None:
    """A mail is settled, and before that enters the memory a look commits, while a page asks for the memory: the look's
    numbers were forgotten, and its rows got others at the next look, and everybody two mails."""
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    ledger.landed([], [], 0.0)
    mailed, looked, take_in = Pause(), Pause(), ledger._take_in
    put_facts = Records.set_facts

    def settled(*given: Any, **more: Any) -> None:
        mailed.here()
        take_in(*given, **more)

    def committed(self: Records, db: sa.Connection, facts: dict[str, Any]) -> None:
        put_facts(self, db, facts)
        if "last_tick" in facts:
            looked.here()

    monkeypatch.setattr(ledger, "_take_in", settled)
    monkeypatch.setattr(Records, "set_facts", committed)
    book.add(FOURTH)
    now = hour("2026-11-24 09:06")
    decision = decide(book.tables(), ledger.memory(), book.rules, now)
    number = next(iter(ledger.memory().notices))
    mail = Thread(target=ledger.settle, args=([number], "已发送", ""))
    look = Thread(target=ledger.commit, args=(decision, now, book.rules.hash, book.rules.text, ""))
    mail.start()
    assert mailed.reached.wait(20)
    if page_asks == "before the mail is taken in":
        ledger.current()
    look.start()
    assert looked.reached.wait(20)
    if page_asks == "between":
        ledger.current()
    mailed.goes_on.set()
    mail.join()
    looked.goes_on.set()
    look.join()
    assert ledger.memory().notices[number].state == "已发送"
    assert "20261124-004" in ledger.memory().stamps and ledger.memory().numbers["20261124"] == 4
    remembered_alike(ledger, database)


def test_a_seal_that_is_asked_for_while_a_look_runs_is_for_the_next(database: str) -> None:
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    ledger.want_sealed("2026-09")
    now = hour("2026-11-24 09:06")
    decision = decide(book.tables(), ledger.memory(), book.rules, now)
    ledger.want_sealed("2026-10")
    ledger.commit(decision, now, book.rules.hash, book.rules.text, "")
    assert ledger.memory().wanted_sealed == ("2026-10",)


def test_what_could_not_be_taken_in_is_read_anew(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look is committed, and no memory is left to take it in: the next look must not start from before it."""
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")

    def fails(*_: object) -> Memory:
        raise MemoryError

    decision = decide(book.tables(), ledger.memory(), book.rules, hour("2026-11-24 12:00"))
    monkeypatch.setattr(ledger_module, "absorb", fails)
    with pytest.raises(MemoryError):
        ledger.commit(decision, hour("2026-11-24 12:00"), book.rules.hash, book.rules.text, "")
    monkeypatch.undo()
    assert ledger.current().last_tick == hour("2026-11-24 12:00")
    remembered_alike(ledger, database)


def test_mails_are_settled_without_reading_all_that_is_remembered(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process changed something meanwhile."""
    book, ledger, other = busy_bureau(), open_ledger(database), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    numbers = list(ledger.memory().notices)
    loads = counted_loads(monkeypatch)
    for n, number in enumerate(numbers):
        other.confirm_hour(hour(f"2026-11-24 09:{n + 6:02}"), "标准化办01")
        ledger.settle([number], "已发送", "")
    assert loads == [] and len(numbers) > 3
    monkeypatch.undo()
    remembered_alike(ledger, database)


def test_months_that_several_ask_to_seal_at_once_are_all_asked_for(database: str) -> None:
    months = [f"2025-{month:02}" for month in range(1, 13)]
    ledgers = [open_ledger(database) for _ in range(3)]
    threads = [Thread(target=ledgers[n % 3].want_sealed, args=(month,)) for n, month in enumerate(months)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledgers[0].memory().wanted_sealed == tuple(months)


def test_what_many_threads_change_at_once_is_all_remembered(database: str) -> None:
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    ledger.landed([], [], 0.0)
    numbers, asking = list(ledger.memory().notices), Event()

    def settle(state: str) -> None:
        for n in range(12):
            ledger.settle(numbers, state, f"第 {n} 次")

    def look() -> None:
        for minute in range(6, 18):
            now = hour(f"2026-11-24 09:{minute:02}")
            decision = decide(book.tables(), ledger.memory(), book.rules, now)
            ledger.commit(decision, now, book.rules.hash, book.rules.text, "")
            ledger.landed([], [], 0.0)

    def ask() -> None:
        while not asking.is_set():
            ledger.current()

    asker = Thread(target=ask)
    threads = [Thread(target=settle, args=("待发送",)), Thread(target=settle, args=("未发送",)), Thread(target=look)]
    for thread in (asker, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    asking.set()
    asker.join()
    remembered_alike(ledger, database)


def test_a_look_that_commits_while_the_memory_is_read_is_in_it_whole_or_not_at_all(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows were read before it and the last number after it: the rows got other numbers."""
    book, one, other = busy_bureau(), open_ledger(database), open_ledger(database)
    run(book, other, "2026-11-24 09:05")
    read_days, times = Records._days, [1]

    def days(self: Records, db: sa.Connection) -> Any:
        if times and times.pop():
            book.add(FOURTH)
            run(book, other, "2026-11-24 09:06")
        return read_days(self, db)

    monkeypatch.setattr(Records, "_days", days)
    memory = one.memory()
    assert (len(memory.known["issues"]), memory.numbers["20261124"]) == (3, 3) and not times
    remembered_alike(one, database)
    assert one.memory().numbers["20261124"] == 4


def test_a_time_without_a_zone_is_refused(database: str) -> None:
    with pytest.raises(Exception, match="without a zone"):
        open_ledger(database).waiting(datetime(2026, 11, 24, 9, 0), [])  # noqa: DTZ001


def test_the_trail_of_a_row(database: str) -> None:
    book, ledger = busy_bureau(), open_ledger(database)
    run(book, ledger, "2026-11-24 09:05")
    book.type("问题台账", 3, "类别", "其他")
    run(book, ledger, "2026-11-24 09:10")
    assert ledger.trail("20261124-003") == [
        {
            "tab": "issues",
            "what": "类别",
            "before": "怪事",
            "after": "其他",
            "at": hour("2026-11-24 09:10"),
            "put_back": False,
        }
    ]


def test_a_database_of_another_version_is_said(database: str) -> None:
    ledger = open_ledger(database)
    with ledger.engine.begin() as db:
        db.execute(sa.text("alter table rows drop column shown"))
    ledger.close()
    with pytest.raises(WrongVersion, match="缺少表 rows 的列 shown"):
        open_ledger(database)


def test_a_play_waits_for_no_disk_and_all_else_does(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", "县", ZONE)

    def level() -> int:
        with ledger.engine.connect() as db:
            return int(db.exec_driver_sql("PRAGMA synchronous").scalar_one())

    before = level()
    with pytest.raises(KeyError), ledger.unsynced():
        assert (before, level()) == (2, 0)
        raise KeyError("the play fails")
    assert level() == 2
    ledger.close()


def test_a_plan_becomes_the_same_json_whatever_stands_in_its_cells() -> None:
    """Half a character and a number beyond 64 bits go the slower way."""
    records = Records("b", ZONE)
    for value in ("二号", "\ud800", 10**30):
        tab = TabPlan("issues", ("编号",), (Write(2, 1, value),), (("a", None, 1.5, True),), {2: ("b", 1, None)})
        plan = Plan({"issues": tab}, "n")
        assert json.loads(to_json(plan)) == json.loads(json.dumps(records.codec.unstructure(plan)))


def test_a_photo_that_another_process_took_in_is_known_at_once_and_read_alone(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In years they are many, and a form asks for them several times."""
    here, there = open_ledger(database), open_ledger(database)
    read, structure = list[str](), Records.read

    def counted(records: Records, kind: type, text: str) -> Any:
        read.extend(["photo"] if kind is Photo else [])
        return structure(records, kind, text)

    def add(ledger: Ledger, number: int) -> None:
        at = hour("2026-11-24 09:30")
        Submissions(ledger).add_photo(Photo(f"p{number}", "街路长01", at, "r", f"pixels{number}", number, 10, 20, 99))

    monkeypatch.setattr(Records, "read", counted)
    for number in range(3):
        add(there, number)
    assert {photo: picture.pixels for photo, picture in here.memory().photos.items()} == {
        "p0": "pixels0", "p1": "pixels1", "p2": "pixels2",
    }  # fmt: skip
    add(here, 3)
    add(there, 4)
    add(there, 4)
    book = busy_bureau()
    run(book, there, "2026-11-24 09:05")  # what is remembered is read anew
    assert sorted(here.memory().photos) == ["p0", "p1", "p2", "p3", "p4"]
    assert len(read) == 5 + 5, "by each of the two once"
    assert sorted(open_ledger(database).memory().photos) == ["p0", "p1", "p2", "p3", "p4"]
