"""Backups: whole or not there, made while the service works, and restored to the same export."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time, timedelta
from pathlib import Path

import gspread
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from sync import upkeep
from sync.core.rules.sections import Backups
from sync.intake.photos import PhotoFolder
from sync.ledger import copying
from sync.ledger.ledger import Ledger
from sync.ledger.operations.backup_notes import BackupNotes, BackupState
from sync.operations import backups, restoring
from sync.operations.backups import BackupTrouble
from sync.service import Service
from sync.settings import Settings
from sync.workbook import transport
from sync.workbook.accounts import Accounts
from sync.workbook.cells.postgres import PostgresStore
from sync.workbook.cells.store import Store
from tests import stores
from tests.book import ROOT, ZONE
from tests.deaths import processes
from tests.web_server import WebServer, web_server

NOW = datetime(2026, 11, 29, 8, 30, tzinfo=ZONE)
KEY = "a secret of the tests"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as served:
        yield served


def send_form(served: WebServer, person: requests.Session, n: int) -> int:
    cells = {"street": "联胜路", "category": "暴露垃圾", "text": f"第{n}处", "source": "街路长自查"}
    form = {"id": f"{n:032x}", "cells": cells, "photos": []}
    return person.post(f"{served.url}/forms/issues", json=form, timeout=30).status_code


def settings_of(folder: Path, **more: str) -> Settings:
    return Settings.read({"JIELU_DATA": str(folder), "JIELU_SECRET": KEY} | more)


def export(folder: Path) -> bytes:
    """What ``jielu export`` writes of a data folder."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("JIELU")}
    environ |= {"JIELU_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    file = folder.with_suffix(".xlsx")
    processes.jielu(["export", str(file)], environ, folder.parent).check_returncode()
    return file.read_bytes()


def with_photo(served: WebServer, name: str) -> Path:
    photos = PhotoFolder(served.folder / "data" / "photos", KEY)
    photos.save(photos.id_of("街路长02", name), b"\xff\xd8 a photo")
    return photos.path(photos.id_of("街路长02", name))


def test_a_backup_made_while_ticks_and_forms_go_on_restores_to_the_same_export(running: WebServer) -> None:
    done, statuses = threading.Event(), []

    def work() -> None:
        person = running.enter("街路长02")
        for n in range(1000):
            if done.is_set():
                break
            statuses.append(send_form(running, person, n))
            running.tick()

    with_photo(running, "a")
    (running.folder / "data" / "map.geojson").write_text("{}", "utf-8")
    clients = threading.Thread(target=work)
    clients.start()
    try:
        while len(statuses) < 3:
            assert clients.is_alive()
        made = [backups.make(running.service, running.folder / "backups", NOW + timedelta(hours=n)) for n in range(3)]
    finally:
        done.set()
        clients.join()
    assert set(statuses) == {201}
    for number, backup in enumerate(made):
        target = running.folder / f"restored{number}"
        restoring.restore(settings_of(target), backup.folder, NOW, over=False)
        service = Service(settings_of(target))
        for minute in range(3):
            service.ticks(datetime.now(ZONE) + timedelta(minutes=minute), idle=False)
        texts = [str(row.cells["text"]) for row in service.ledger.memory().known["issues"].values()]
        assert len(texts) >= 3 and sorted(texts) == sorted({f"第{n}处" for n in range(len(texts))})
        assert not any(item.startswith("被删除的行") for item in service.ledger.memory().status)
        service.close()
        assert [path.read_bytes() for path in (target / "photos").rglob("*.jpg")] == [b"\xff\xd8 a photo"]
        assert (target / "map.geojson").read_text("utf-8") == "{}"
    quiet = backups.make(running.service, running.folder / "backups", NOW + timedelta(days=1))
    restoring.restore(settings_of(running.folder / "quiet"), quiet.folder, NOW, over=False)
    running.close()
    assert export(running.folder / "quiet") == export(running.folder / "data")


def test_a_photo_that_the_last_backup_has_takes_no_room_and_a_damaged_one_is_copied_anew(running: WebServer) -> None:
    photo, folder = with_photo(running, "a"), running.folder / "backups"
    inside = f"photos/{photo.parent.name}/{photo.name}"
    first, second = (backups.make(running.service, folder, NOW + timedelta(hours=n)).folder / inside for n in (0, 1))
    assert first.samefile(second)
    first.write_bytes(b"rot")
    third = backups.make(running.service, folder, NOW + timedelta(hours=2)).folder / inside
    assert third.read_bytes() == photo.read_bytes()


def damage(backup: Path, how: str) -> None:
    file = next((backup / "photos").rglob("*.jpg")) if how == "photo" else backup / "ledger.sqlite3"
    match how:
        case "gone":
            file.unlink()
        case "cut manifest":
            (backup / "manifest.json").write_bytes((backup / "manifest.json").read_bytes()[:-40])
        case "no manifest":
            (backup / "manifest.json").unlink()
        case "newer" | "newer format" | "path":
            noted = json.loads((backup / "manifest.json").read_text("utf-8"))
            changed = {"newer": {"ledger": "9999"}, "newer format": {"format": 99}}
            noted |= changed.get(how, {"files": noted["files"] | {"../outside": {"sha256": "", "size": 0}}})
            (backup / "manifest.json").write_text(json.dumps(noted), "utf-8")
        case _:
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 1
            file.write_bytes(content)


SENTENCES = {
    "ledger": "ledger.sqlite3 不见了，或者和备份时不一样",
    "photo": "photos/.* 不见了，或者和备份时不一样",
    "gone": "ledger.sqlite3 不见了",
    "cut manifest": "不是完整的备份",
    "no manifest": "不是完整的备份",
    "newer": "更新的版本",
    "newer format": "更新的版本",
    "path": "不该有的路径「../outside」",
}


@pytest.mark.parametrize("how", SENTENCES)
def test_a_damaged_or_newer_backup_is_refused_and_nothing_is_touched(running: WebServer, how: str) -> None:
    with_photo(running, "a")
    backup = backups.make(running.service, running.folder / "backups", NOW).folder
    damage(backup, how)
    before = sorted(path.name for path in running.folder.iterdir())
    with pytest.raises(BackupTrouble, match=SENTENCES[how]):
        restoring.restore(settings_of(running.folder / "new"), backup, NOW, over=False)
    assert sorted(path.name for path in running.folder.iterdir()) == before


def test_a_folder_with_something_in_it_is_left_alone_but_for_over(running: WebServer) -> None:
    backup = backups.make(running.service, running.folder / "backups", NOW).folder
    target = running.folder / "other"
    target.mkdir()
    (target / "notes.txt").write_text("mine")
    with pytest.raises(BackupTrouble, match="里已经有东西，没有恢复"):
        restoring.restore(settings_of(target), backup, NOW, over=False)
    assert [path.name for path in target.iterdir()] == ["notes.txt"]
    done = restoring.restore(settings_of(target), backup, NOW, over=True)
    assert done.aside is not None and (done.aside / "notes.txt").read_text() == "mine"
    assert {path.name for path in target.iterdir()} >= {"ledger.sqlite3", "workbook.sqlite3", "workbook.id"}
    assert not (target / "rules.toml").exists(), "the package's own rules are not frozen by a backup"


def test_a_running_service_is_not_restored_under(running: WebServer) -> None:
    backup = backups.make(running.service, running.folder / "backups", NOW).folder
    running.service.noted_address.write_text(running.url, "utf-8")
    with pytest.raises(BackupTrouble, match="请先停下它"):
        restoring.restore(running.service.settings, backup, NOW, over=True)


KILLED = """
import os, signal, sys
from datetime import datetime, timezone
from pathlib import Path
from sync.operations import backups, restoring
from sync.service import Service
from sync.settings import Settings

what, first, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
folder, watched = Path(sys.argv[4]), Path(sys.argv[5])
seen = 0

def count_down(event, arguments):
    global seen
    if event in ("open", "os.mkdir", "os.rename", "os.link", "os.rmdir", "sqlite3.connect"):
        seen += 1
        if seen == count:
            os.kill(os.getpid(), signal.SIGKILL)

service, now = Service(Settings.read()), datetime(2026, 11, 29, 9, tzinfo=timezone.utc)
if what == "make":
    service.rules()
for count in range(first, 1000, step):
    child = os.fork()
    if child == 0:
        sys.addaudithook(count_down)
        if what == "make":
            backups.make(service, folder, now)
        else:
            restoring.restore(service.settings, folder, now, over=False)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        sys.exit(0 if os.WEXITSTATUS(status) == 0 else 3)
    print(count, *sorted(path.name for path in watched.iterdir()), flush=True)
    if (watched / "new").exists():  # it died after the last step
        break
"""


def killed_at_every_step(what: str, folder: Path, data: Path, watched: Path, first: int, step: int) -> list[list[str]]:
    """Do it again and again, killed at one step on the disk after the other until it goes through; what ``watched``
    held after each death."""
    environ = os.environ | {"JIELU_DATA": str(data), "JIELU_SECRET": KEY, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, what, str(first), str(step), str(folder), str(watched)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split()[1:] for line in done.stdout.splitlines()]


def test_killed_in_the_middle_leaves_no_half_backup_and_the_next_clears_up(running: WebServer) -> None:
    with_photo(running, "a")
    folder, bureau = running.folder / "backups", running.service.workbook
    good = backups.make(running.service, folder, NOW).folder.name
    running.service.close()
    deaths = killed_at_every_step("make", folder, running.folder / "data", folder, 1, 19)
    assert len(deaths) > 4
    for names in deaths:
        assert [name for name in names if not name.startswith(".")] == [good]
        assert sum(name.endswith(".part") for name in names) <= 1, "what the death before left is cleared"
    assert any(len(names) > 1 for names in deaths), "some came in the middle"
    assert len(backups.existing(folder, bureau)) == 2 and not list(folder.glob(".*.part"))


def test_killed_in_the_middle_leaves_no_half_data_folder(running: WebServer) -> None:
    with_photo(running, "a")
    backup, data = backups.make(running.service, running.folder / "backups", NOW).folder, running.folder / "new"
    deaths = killed_at_every_step("restore", backup, data, running.folder, 1, 9)
    assert len(deaths) > 4 and any(name.startswith(".restoring") for names in deaths for name in names)
    assert all("new" not in names for names in deaths[:-1])
    assert all(sum(name.startswith(".restoring") for name in names) <= 1 for names in deaths)
    service = Service(settings_of(data))
    assert service.gateway.read()["posts"].rows, "what is there is whole"
    service.close()


def test_a_disk_without_room_is_a_sentence_and_leaves_the_others(
    running: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = running.folder / "backups"
    backups.make(running.service, folder, NOW)
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(BackupTrouble, match=r"磁盘放不下：要 .* MB，还剩 0 MB。.*原来的备份没有动"):
        backups.make(running.service, folder, NOW + timedelta(hours=1))
    assert [path.name for path in folder.iterdir()] == ["jielu-20261129-083000"]


def test_backups_on_the_same_disk_folder_are_refused(running: WebServer) -> None:
    with pytest.raises(RuntimeError, match="不能放在数据文件夹里面"):
        backups.folder_of(running.service, running.folder / "data" / "backups")


# PostgreSQL
def test_a_ledger_in_postgresql_comes_back(database: str, tmp_path: Path) -> None:
    other = f"{database}_back" if database.startswith("postgresql") else f"sqlite:///{tmp_path / 'back.sqlite3'}"
    if database.startswith("postgresql"):
        import sqlalchemy as sa

        with sa.create_engine(database, isolation_level="AUTOCOMMIT").connect() as db:
            db.execute(sa.text(f"create database {other.rpartition('/')[2]}"))
    first = Service(settings_of(tmp_path / "data", JIELU_DATABASE=database))
    BackupNotes(first.ledger).note_failure(NOW, "the disk was full")
    with first.ledger.turn("something else"):
        made = backups.make(first, tmp_path / "backups", NOW)
    first.close()
    done = restoring.restore(settings_of(tmp_path / "new", JIELU_DATABASE=other), made.folder, NOW, over=False)
    assert done.aside is None
    ledger = Ledger(other, made.manifest.bureau, ZONE)
    assert BackupNotes(ledger).backup().reason == "the disk was full"
    with ledger.turn("something else"):
        pass  # who held it when the backup was made holds nothing here
    ledger.close()
    with pytest.raises(BackupTrouble, match="里已经有东西"):
        restoring.restore(settings_of(tmp_path / "third", JIELU_DATABASE=other), made.folder, NOW, over=False)
    over = restoring.restore(settings_of(tmp_path / "third", JIELU_DATABASE=other), made.folder, NOW, over=True)
    assert over.aside is not None


def in_space(folder: Path, space: str) -> Settings:
    return settings_of(folder, JIELU_WORKBOOK_DATABASE=stores.server().url, JIELU_BUREAU=space)


def titles(settings: Settings) -> tuple[list[str], list[str]]:
    """The workbook's first tabs, and the accounts."""
    with closing(Service(settings)) as service:
        book = gspread.Client(auth=None, session=transport.session(service.api)).open_by_key(service.workbook)
        return [sheet.title for sheet in book.worksheets()], service.accounts.names()


def test_a_workbook_in_postgresql_moves_by_its_backup(tmp_path: Path) -> None:
    """Out of a space into a file, into another space, and over what is there, which is kept beside."""
    first = Service(in_space(tmp_path / "data", "backup-first"))
    book = gspread.Client(auth=None, session=transport.session(first.api)).open_by_key(first.workbook)
    book.add_worksheet("本局", 3, 3).update([["甲"]], "A1")
    first.accounts.create("robot", "https://x/token")
    made = backups.make(first, tmp_path / "backups", NOW)
    assert backups.WORKBOOK in made.manifest.files
    first.close()
    before = titles(first.settings)
    assert before[0][-1] == "本局" and before[1] == ["robot"]

    in_a_file = settings_of(tmp_path / "file")
    restoring.restore(in_a_file, made.folder, NOW, over=False)
    assert titles(in_a_file) == before and (tmp_path / "file" / backups.WORKBOOK).exists()
    in_another = in_space(tmp_path / "another", "backup-another")
    restoring.restore(in_another, made.folder, NOW, over=False)
    assert titles(in_another) == before and not (tmp_path / "another" / backups.WORKBOOK).exists()

    taken = in_space(tmp_path / "third", "backup-another")
    with pytest.raises(BackupTrouble, match="里已经有东西"):
        restoring.restore(taken, made.folder, NOW, over=False)
    with closing(Service(in_another)) as service:
        service.accounts.create("later", "https://x/token")
    over = restoring.restore(taken, made.folder, NOW, over=True)
    assert titles(taken) == before
    assert over.aside is not None
    kept = Store(over.aside.with_name(f"{over.aside.name}.database") / backups.WORKBOOK)
    assert Accounts(kept).names() == ["later", "robot"]
    kept.close()


def test_a_dump_of_the_ledger_leaves_the_workbooks_beside_it_alone(tmp_path: Path) -> None:
    """Ledger and workbooks in one database: who puts a ledger back takes no other bureau's workbook away."""
    url = stores.new_database()
    other = PostgresStore(url, "other")
    Accounts(other).create("robot", "https://x/token")
    settings = settings_of(
        tmp_path / "data", JIELU_DATABASE=url, JIELU_WORKBOOK_DATABASE=url, JIELU_BUREAU="restored"
    )
    service = Service(settings)
    made = backups.make(service, tmp_path / "backups", NOW)
    service.close()
    Accounts(other).create("later", "https://x/token")
    restoring.restore(settings, made.folder, NOW, over=True)
    assert Accounts(other).names() == ["later", "robot"]
    other.close()


def test_without_pg_dump_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(copying.CopyTrouble, match="要用 pg_dump，没有找到。请安装 postgresql-client"):
        copying.copy_out("postgresql+psycopg://a:secret@127.0.0.1:1/db", tmp_path)


# Keeping times
def test_the_last_of_each_day_week_and_month_stays() -> None:
    rule = Backups(days=3, weeks=2, months=2)
    hours = [NOW - timedelta(hours=12 * n) for n in range(300)]
    stay = sorted(backups.to_keep(hours, rule), reverse=True)
    assert [f"{hour:%m-%d %H}" for hour in stay] == ["11-29 08", "11-28 20", "11-27 20", "11-22 20", "10-31 20"]


@given(st.lists(st.integers(0, 400 * 24), min_size=1, max_size=60), st.integers(1, 5), st.integers(0, 5))
def test_the_last_backup_always_stays(ages: list[int], days: int, others: int) -> None:
    hours = [NOW - timedelta(hours=age) for age in ages]
    stay = backups.to_keep(hours, Backups(days=days, weeks=others, months=others))
    assert max(hours) in stay and stay <= set(hours) and len(stay) <= days + 2 * others


def test_old_backups_go_and_those_of_others_stay(running: WebServer) -> None:
    folder, bureau = running.folder / "backups", running.service.workbook
    for n in range(4):
        backups.make(running.service, folder, NOW + timedelta(minutes=n))
    other = folder / "jielu-of-another"
    shutil.copytree(next(folder.glob("jielu-*")), other)
    text = (other / "manifest.json").read_text("utf-8")
    (other / "manifest.json").write_text(text.replace(bureau, "another"), "utf-8")
    (folder / "jielu-broken").mkdir()
    assert len(backups.prune(folder, bureau, Backups(days=1, weeks=0, months=0))) == 3
    assert {path.name for path in folder.iterdir()} == {"jielu-of-another", "jielu-broken", "jielu-20261129-083300"}


# By the clock
def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "made", "failed", "due", "late"),
    [  # at work since 29T08:00
        ("29T02:29", "28T02:31", None, False, False),
        ("29T02:30", "28T02:31", None, True, False),
        ("29T05:31", "28T02:31", None, True, True),
        ("29T05:31", "29T02:30", None, False, False),
        ("29T02:40", "28T02:31", "29T02:30", False, False),
        ("29T02:46", "28T02:31", "29T02:30", True, False),
        ("29T08:01", None, None, True, False),
        ("29T08:01", None, "29T08:00", False, True),
        ("29T12:00", None, None, True, True),
    ],
)
def test_a_backup_is_due_once_a_day_and_tried_again(
    now: str, made: str | None, failed: str | None, due: bool, late: bool
) -> None:
    state = BackupState(
        at(made) if made else None, at(failed) if failed else None, "the disk is full" if failed else ""
    )
    assert upkeep.is_due(state, at(now), time(2, 30)) is due
    assert upkeep.is_late(state, at(now), time(2, 30), at("29T08:00")) is late


def test_the_clock_makes_them_and_the_status_says_what_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    with web_server(tmp_path, JIELU_BACKUP=str(folder)) as served:
        status = lambda: served.service.ledger.memory().status.get("备份", ("",))[0]  # noqa: E731
        folder.write_text("a file, not a folder")
        with pytest.raises(BackupTrouble):
            backups.back_up_when_due(served.service, NOW)
        served.service.ticks(NOW, idle=False)
        assert "还没有一次好的备份；上一次没有成功：" in status() and "每 15 分钟再试一次" in status()
        folder.unlink()
        backups.back_up_when_due(served.service, NOW + timedelta(minutes=5))
        assert not folder.exists(), "not before its time"
        backups.back_up_when_due(served.service, NOW + timedelta(minutes=16))
        assert len(list(folder.glob("jielu-*"))) == 1
        served.service.ticks(NOW + timedelta(minutes=17), idle=False)
        assert status() == ""
        backups.back_up_when_due(served.service, NOW + timedelta(minutes=18))
        assert len(list(folder.glob("jielu-*"))) == 1
        served.service.ticks(NOW + timedelta(days=1, hours=-3), idle=False)
        assert status() == (
            "最近一次好的备份是 2026-11-29 08:46；每天 02:30 应当备份，没有做。"
            "每 15 分钟再试一次；请看 JIELU_BACKUP 和磁盘，也可以运行 jielu backup。"
        )
