"""What workers do for many bureaus: each by itself, none for one that rests, none late for another's fault."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import tenacity
from click.testing import CliRunner

from bench.bureaus import copy_all
from sync.bureaus import queue, worker
from sync.cli.main import main
from sync.ledger.bureaus.bureaus import DELIVER, LOOK, RECEIVE, Work, late
from sync.ledger.received.pushes import Pushes
from sync.ledger.tables import leases, outbox, rows
from sync.service import Service
from sync.sheets.gateway import Client, Gateway
from sync.workbook import transport
from sync.workbook.server import Request, Response
from tests import stores
from tests.book import ROOT
from tests.bureaus.province import Province
from tests.deaths.bureau import wait_for


def test_each_bureau_gets_its_own_numbers_and_sees_no_other(either: Province) -> None:
    for code in ("xidu", "beidu"):
        either.add(code)
        either.report(code, f"{code}的垃圾")
    with either.running():
        wait_for(lambda: all(all(either.numbers(code).values()) for code in ("xidu", "beidu")))
    assert {code: list(either.numbers(code)) for code in ("xidu", "beidu")} == {
        "xidu": ["xidu的垃圾"],
        "beidu": ["beidu的垃圾"],
    }
    with either.service("xidu") as mine, either.service("beidu") as other:
        assert mine.workbook != other.workbook
        assert [row.cells["text"] for row in mine.ledger.memory().known["issues"].values()] == ["xidu的垃圾"]
        assert [row.cells["text"] for row in other.ledger.memory().known["issues"].values()] == ["beidu的垃圾"]


def test_a_bureau_that_is_paused_is_left_alone_until_it_is_resumed(province: Province) -> None:
    environ = dict(province.folders.common)
    province.add("xidu")
    done = CliRunner().invoke(main, ["bureaus", "pause", "xidu", "--why", "搬家"], env=environ)
    assert done.exit_code == 0, done.output
    province.report("xidu", "垃圾")
    made = province.worker()
    made.see_what_is_due()
    assert made.queue.outstanding() == set()
    made.work("xidu", LOOK)  # what waited in the queue when it was paused
    made.close()
    assert province.numbers("xidu") == {"垃圾": ""}
    shown = CliRunner().invoke(main, ["bureaus", "list", "--json"], env=environ)
    (bureau,) = json.loads(shown.output)["bureaus"]
    assert (bureau["paused_why"], bureau["late_seconds"], bureau["last_look"]) == ("搬家", 0, None)
    CliRunner().invoke(main, ["bureaus", "resume", "xidu"], env=environ)
    with province.running():
        wait_for(lambda: all(province.numbers("xidu").values()))


def answers_500(calls: list[str]) -> Client:
    """A client of a spreadsheet that is unwell: a look at it takes longer than a work may hold its place."""

    def fault(request: Request) -> Response:
        calls.append(request.path)
        return Response(500, {"Content-Type": "application/json"}, b'{"error": {"code": 500, "message": "unwell"}}')

    session = transport.session(None)  # type: ignore[arg-type]
    adapter = session.get_adapter(transport.HOSTS[0])
    assert isinstance(adapter, transport.Adapter)
    adapter.before = fault
    client = Client(None, session)
    client.waits = tenacity.wait_fixed(1.5)
    return client


def test_fifty_bureaus_are_on_time_beside_two_poisoned_ones(
    province: Province, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Rules that raise in each look, and a spreadsheet that answers 500, so that its looks take long."""
    province.environ |= {"JIELU_LOOK_SECONDS": "4"}
    province.environ.pop("JIELU_WORKBOOK_DATABASE")
    province.add("b0000")
    province.report("b0000", "垃圾")
    made = province.worker()
    made.work("b0000", LOOK)
    made.close()
    with province.registry() as there:
        copy_all(province.folders, there.engine, 50)
    for code in ("rules", "sheet"):
        province.add(code)
    (province.folders.folder("rules") / "rules.toml").write_text("[bureau\n")
    env = province.folders.folder("sheet") / ".env"
    env.write_text("JIELU_WORKBOOK='a-google-sheet-of-the-tests'\n")
    calls: list[str] = []
    new_client = Service._new_client
    monkeypatch.setattr(
        Service, "_new_client", lambda self, rate: new_client(self, rate) if self.embedded else answers_500(calls)
    )
    with province.registry() as there, caplog.at_level(logging.CRITICAL):
        now = datetime.now(UTC)
        for work in there.works():
            there.note(worker.replace(work, due=now, went=None))
            there.resume(work.code, now)
        healthy, went, late_ones = [f"b{n:04d}" for n in range(50)], Counter[str](), set[str]()
        with province.running():
            until, seen = time.monotonic() + 60, dict[str, object]()
            while time.monotonic() < until and (not calls or min(went[code] for code in healthy) < 2):
                works, now = there.looks(), datetime.now(UTC)
                late_ones |= set(late(there.all(), works, now, province.folders.late_after))
                looks = {work.code: work.went for work in works if work.went}
                went.update(code for code, at in looks.items() if seen.get(code) != at)
                seen |= looks
                time.sleep(0.2)
        after = {work.code: work for work in there.works() if work.kind == LOOK}
    assert calls and min(went[code] for code in healthy) >= 2
    assert late_ones <= {"rules", "sheet"}
    assert {after[code].tries for code in healthy} == {0}
    assert after["rules"].tries > 0 and after["rules"].error == "RulesError"
    assert after["sheet"].went is None
    assert worker.lane(after["rules"]) == queue.SLOW


def test_a_work_that_hangs_gives_its_place_to_others(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LONG_SECONDS", 0.5)
    for code in ("hangs", "beidu"):
        province.add(code)
        province.report(code, "垃圾")
    began, goes_on = threading.Event(), threading.Event()
    read = Gateway.read_with_notes

    def hang(self: Gateway) -> object:
        if self.workbook == workbook:
            began.set()
            goes_on.wait(30)
        return read(self)

    with province.service("hangs") as service:
        workbook = service.workbook
    monkeypatch.setattr(Gateway, "read_with_notes", hang)
    made = province.worker(at_once=1)
    thread = threading.Thread(target=made.work, args=("hangs", LOOK))
    thread.start()
    began.wait(30)
    made.work("beidu", LOOK)
    assert not goes_on.is_set() and thread.is_alive()
    goes_on.set()
    thread.join(30)
    made.close()
    monkeypatch.undo()
    assert all(province.numbers("beidu").values()) and all(province.numbers("hangs").values())


def test_two_workers_never_look_at_one_bureau_at_once(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    province.add("xidu")
    province.report("xidu", "垃圾")
    inside, most, lock, read = [0], [0], threading.Lock(), Gateway.read_with_notes

    def watched(self: Gateway) -> object:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.3)
        try:
            return read(self)
        finally:
            with lock:
                inside[0] -= 1

    monkeypatch.setattr(Gateway, "read_with_notes", watched)
    workers = [province.worker() for _ in range(3)]
    threads = [threading.Thread(target=made.work, args=("xidu", LOOK)) for made in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for made in workers:
        made.close()
    assert most == [1]
    with province.registry() as there:
        work = there.work("xidu", LOOK)
    assert work is not None and work.tries == 0, "who came second has not failed"


def test_a_slow_worker_that_lost_its_lease_commits_nothing(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue gave its work to another, who looked meanwhile."""
    province.add("xidu")
    province.report("xidu", "垃圾")
    read, asleep, awake = Gateway.read_with_notes, threading.Event(), threading.Event()
    slow, quick = province.worker(), province.worker()

    def stalled(self: Gateway) -> object:
        seen = read(self)
        if threading.current_thread() is thread and not asleep.is_set():
            asleep.set()
            awake.wait(30)
        return seen

    thread = threading.Thread(target=slow.work, args=("xidu", LOOK))
    monkeypatch.setattr(Gateway, "read_with_notes", stalled)
    thread.start()
    asleep.wait(30)
    with quick.engine.begin() as db:
        db.execute(sa.update(leases).values(until=1.0, holder="boot:namespace:1:1:another machine"))
    quick.work("xidu", LOOK)
    numbers = province.numbers("xidu")
    with province.service("xidu") as service:
        looks = len(service.ledger.ticks())
    awake.set()
    thread.join(30)
    with province.service("xidu") as service:
        assert len(service.ledger.ticks()) == looks >= 1, "the slow one has committed nothing"
        assert service.ledger.memory().plan is None
    assert province.numbers("xidu") == numbers and all(numbers.values())
    slow.close()
    quick.close()


LAUNCH = """
import sys, time
from pathlib import Path
from sync.bureaus import queue, worker
from sync.sheets.gateway import Gateway
queue.STALLED_SECONDS, queue.HEARTBEAT_SECONDS, worker.DUE_SECONDS = 3.0, 0.5, 0.5
write, mark = Gateway.write, Path(sys.argv.pop())

def stalled(self, plan):
    if mark.name != "-" and not mark.exists():
        reply = write(self, plan) if mark.name == "after" else None
        mark.touch()
        time.sleep(600)
    return write(self, plan)

Gateway.write = stalled
from sync.cli.main import main
main(["worker"])
"""


def launched(province: Province, mark: Path | None = None) -> subprocess.Popen[bytes]:
    """A worker as a process of its own; at its first write it makes ``mark`` and takes very long."""
    environ = {**os.environ, **province.folders.common, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", LAUNCH, str(mark or "-")], env=environ, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_in_the_middle_of_a_look_loses_nothing(province: Province, tmp_path: Path, when: str) -> None:
    """It dies after the ledger knows what is to be written, before or after it stands in the sheet."""
    codes = [province.add(f"b{n}") for n in range(3)]
    for code in codes:
        province.report(code, "第一处")
        province.report(code, "第二处")
    mark = tmp_path / when
    first = launched(province, mark)
    try:
        wait_for(mark.exists, 60)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        second = launched(province)
        try:
            wait_for(lambda: all(all(province.numbers(code).values()) for code in codes), 60)
            with province.registry() as there:
                wait_for(lambda: all(work.went for work in there.works() if work.kind == LOOK), 60)
        finally:
            second.send_signal(signal.SIGTERM)
            assert second.wait(30) == 0
    finally:
        first.kill()
    made = province.worker()
    for code in codes:
        made.work(code, LOOK)
        numbers = province.numbers(code)
        assert sorted(numbers) == ["第一处", "第二处"] and len(set(numbers.values())) == 2
        with province.service(code) as service:
            memory = service.ledger.memory()
            assert memory.plan is None and not memory.restores
            assert set(memory.known["issues"]) == set(numbers.values())
            assert not [row for row in memory.known["issues"].values() if row.deleted]
            with service.ledger.engine.connect() as db:
                sent = list(db.execute(sa.select(outbox.c.number).where(outbox.c.bureau == service.workbook)).scalars())
            assert sent and len(sent) == len(set(sent))
    made.close()


def test_notices_and_pushes_are_worked_on_where_they_wait(province: Province) -> None:
    for code in ("xidu", "beidu"):
        province.add(code)
    province.report("xidu", "垃圾")
    made = province.worker()
    made.work("xidu", LOOK)
    made.work("beidu", LOOK)
    with province.service("beidu") as service:
        Pushes(service.ledger).add("wenti", "1", "{}", "1", datetime.now(UTC))
    later = datetime.now(UTC) + timedelta(days=2)
    with province.registry() as there:
        due = {(work.code, work.kind) for work in there.due(later)}
    assert {("xidu", DELIVER), ("beidu", RECEIVE)} <= due
    assert not {("beidu", DELIVER), ("xidu", RECEIVE)} & due
    made.close()


def test_a_late_bureau_is_listed_and_logged_once(province: Province, caplog: pytest.LogCaptureFixture) -> None:
    province.add("xidu")
    with province.registry() as there:
        for work in there.works():
            there.note(worker.replace(work, due=datetime.now(UTC) + timedelta(hours=1)))
    made = province.worker()
    time.sleep(6.1)
    for _ in range(3):
        made.see_what_is_due()
    assert [record.getMessage()[:21] for record in caplog.records if record.levelno >= logging.ERROR] == [
        "bureau xidu is late: "
    ]
    listed = CliRunner().invoke(main, ["bureaus", "list", "--json"], env=dict(province.folders.common))
    assert json.loads(listed.output)["late"] == 1
    made.work("xidu", LOOK)
    made.see_what_is_due()
    assert "is late no more" in caplog.text
    made.close()


def test_a_bureau_whose_folder_lacks_a_code_or_whose_database_is_a_file_is_refused(province: Province) -> None:
    for words, environ, sentence in (
        (["bureaus", "add", "西渡"], {}, "只能是字母"),
        (["bureaus", "add", "../x"], {}, "只能是字母"),
        (["bureaus", "list"], {"JIELU_DATABASE": ""}, "PostgreSQL"),
        (["bureaus", "list"], {"JIELU_BUREAUS": ""}, "JIELU_BUREAUS"),
        (["bureaus", "list"], {"JIELU_LOOK_SECONDS": "often"}, "JIELU_LOOK_SECONDS"),
        (["bureaus", "pause", "xidu", "--why", "x"], {}, "没有登记"),
    ):
        done = CliRunner().invoke(main, words, env={**province.folders.common, **environ})
        assert done.exit_code == 2 and sentence in done.output, done.output


def test_what_is_one_bureau_s_own_comes_from_its_own_file_alone(province: Province) -> None:
    province.environ |= {"JIELU_SMTP": "smtp://all", "JIELU_WORKBOOK": "of-another", "JIELU_SECRET": "of another"}
    province.root.mkdir()
    folder = province.folders.folder("xidu")
    folder.mkdir()
    (folder / ".env").write_text("JIELU_URL=https://x.example\nJIELU_DATABASE=sqlite:///other\nJIELU_BACKUP=/b\n")
    settings = province.folders.settings("xidu")
    assert (settings.workbook, settings.secret, settings.url) == ("", "", "https://x.example")
    assert (settings.smtp, settings.database, settings.data) == ("smtp://all", province.database, folder)


def test_the_rules_of_a_bureau_name_no_password_of_all(province: Province) -> None:
    """The key of map tiles goes to a host that the bureau names, a bot's address is called."""
    province.environ |= {"JIELU_SMTP": "smtps://all:password@mail", "GROUP_OF_ALL": "https://all"}
    province.add("xidu")
    (province.folders.folder("xidu") / ".env").write_text("MAP_KEY=mine\nJIELU_DATABASE=postgresql://x\n")
    environ = province.folders.settings("xidu").environ
    assert environ["MAP_KEY"] == "mine"
    assert not {"JIELU_DATABASE", "JIELU_WORKBOOK_DATABASE", "JIELU_SMTP", "GROUP_OF_ALL", "PATH"} & set(environ)


def test_a_worker_keeps_open_what_it_had_work_with_and_no_more_than_it_may(province: Province) -> None:
    codes = [province.add(f"b{n}") for n in range(4)]
    made = province.worker(most_open=2)
    for code in codes:
        made.work(code, LOOK)  # the first look of each has much to do
    assert list(made.open._open) == codes[-2:]
    made.work(codes[0], LOOK)  # nothing changed
    assert list(made.open._open) == codes[-2:], "what is only passed by puts no other out"
    province.report(codes[0], "垃圾")
    made.work(codes[0], LOOK)
    assert list(made.open._open) == [codes[-1], codes[0]]
    made.close()


def test_any_command_runs_for_one_bureau(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())  # which the command changes
    province.add("xidu", url="http://x.example")
    province.add("beidu")
    province.report("xidu", "垃圾")
    done = CliRunner().invoke(main, ["bureaus", "for", "xidu", "tick", "--json"], env=dict(province.folders.common))
    assert done.exit_code in (0, 1) and json.loads(done.output)["cells"] > 0, done.output
    assert all(province.numbers("xidu").values()) and province.numbers("beidu") == {}
    linked = CliRunner().invoke(main, ["bureaus", "for", "xidu", "link", "--operator"], env=province.folders.common)
    assert "http://x.example/enter#" in linked.output
    unknown = CliRunner().invoke(main, ["bureaus", "for", "gone", "tick"], env=province.folders.common)
    assert unknown.exit_code == 2 and "没有登记" in unknown.output


def test_of_a_folder_that_is_gone_no_new_bureau_is_made(province: Province) -> None:
    """A disk that is not mounted."""
    province.add("xidu")
    folder = province.folders.folder("xidu")
    folder.rename(province.root.parent / "elsewhere")
    made = province.worker()
    made.work("xidu", LOOK)
    with province.registry() as there:
        work = there.work("xidu", LOOK)
    assert work is not None and (work.tries, work.error) == (1, "SettingsError")
    assert not folder.exists()
    (province.root.parent / "elsewhere").rename(folder)
    made.work("xidu", LOOK)
    made.close()
    done = CliRunner().invoke(main, ["bureaus", "list", "--json"], env=dict(province.folders.common))
    assert json.loads(done.output)["bureaus"][0]["failed"] == 0


def test_a_bureau_that_takes_up_another_workbook_is_looked_after_under_that(province: Province) -> None:
    province.add("xidu")
    with (province.folders.folder("xidu") / ".env").open("a") as env:
        env.write("JIELU_WORKBOOK='a-google-sheet'\n")
    made = province.worker()
    made.work("xidu", LOOK)
    made.close()
    with province.registry() as there:
        (bureau,) = there.all()
    assert bureau.workbook == "a-google-sheet"


def test_no_row_of_a_bureau_bears_another_s_name(province: Province) -> None:
    for code in ("xidu", "beidu"):
        province.add(code)
        province.report(code, code)
    made = province.worker()
    for code in ("xidu", "beidu", "xidu"):
        made.work(code, LOOK)
    with made.engine.connect() as db:
        texts = {
            (row.bureau, json.loads(row.cells)["text"]) for row in db.execute(sa.select(rows)) if row.tab == "issues"
        }
    made.close()
    with province.service("xidu") as mine, province.service("beidu") as other:
        assert texts == {(mine.workbook, "xidu"), (other.workbook, "beidu")}


def test_workers_go_on_once_the_database_is_back(province: Province) -> None:
    province.add("xidu")
    with province.running():
        wait_for(lambda: all(work.went for work in looks_of(province)))
        stores.server().kill()
        time.sleep(2)
        stores.server().start()
        back = datetime.now(UTC)
        wait_for(lambda: all(work.went and work.went > back for work in looks_of(province)), 60)
    province.report("xidu", "垃圾")
    made = province.worker()
    made.work("xidu", LOOK)
    made.close()
    assert all(province.numbers("xidu").values())


def looks_of(province: Province) -> list[Work]:
    with province.registry() as there:
        return there.looks()
