"""Kills, signals, a full disk and a restart as the same process number: the quick form (`bench/deaths.py` is long)."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.deaths.bureau import (
    LONGEST_LOCK_OUT,
    Bureau,
    Clients,
    UnwellMailServer,
    all_is_quiet,
    nothing_lost,
    wait_for,
)
from tests.mail_server import mail_server
from tests.postgres import Postgres

KILLS = 2


@pytest.fixture
def mails() -> Iterator[tuple[UnwellMailServer, str]]:
    with mail_server(mails=UnwellMailServer(13)) as (served, url):
        assert isinstance(served, UnwellMailServer)
        yield served, url


@pytest.fixture
def bureau(tmp_path: Path, mails: tuple[UnwellMailServer, str]) -> Iterator[Bureau]:
    made = Bureau(tmp_path / "bureau", mails[1])
    yield made
    made.end()


def end_well(bureau: Bureau, clients: Clients, mails: UnwellMailServer) -> dict[str, int]:
    mails.well = True
    clients.end()
    wait_for(lambda: all_is_quiet(bureau), 60)
    assert bureau.stop(signal.SIGTERM) < 5
    return nothing_lost(bureau, clients.count, mails)


def test_kills_under_clients_and_an_unwell_mail_server(bureau: Bureau, mails: tuple[UnwellMailServer, str]) -> None:
    clients = Clients(bureau, bureau.prepare())
    bureau.start()
    clients.work()
    for number in range(KILLS):
        clients.see_more()
        wait_for(lambda number=number: sum(mails[0].faults.values()) > number, 60)
        time.sleep(0.3 * number)
        bureau.stop(signal.SIGKILL)
        bureau.start()
    counted = end_well(bureau, clients, mails[0])
    assert counted["forms"] > KILLS and counted["mails"] > 0 and sum(mails[0].faults.values()) > 0
    assert max(bureau.lock_outs) < LONGEST_LOCK_OUT


def in_a_namespace() -> tuple[str, ...]:
    """The command before one that runs as process number 1 each time, as in a container."""
    command = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    if not shutil.which("unshare") or subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs unshare --pid: process numbers can't be made to come again here")
    return command


def test_a_restart_as_the_same_process_number_is_not_locked_out(
    bureau: Bureau, mails: tuple[UnwellMailServer, str], tmp_path: Path
) -> None:
    bureau.prefix, mails[0].well = in_a_namespace(), True
    clients = Clients(bureau, bureau.prepare())
    mark = tmp_path / "writing"
    bureau.start(DEATHS_STALL=f"write:{mark}")
    clients.count = 1
    threading.Thread(target=clients.send, args=(1,), daemon=True).start()
    wait_for(mark.exists, 30)  # a look holds the lease now
    bureau.stop(signal.SIGKILL)
    bureau.start()
    assert bureau.lock_outs[-1] < LONGEST_LOCK_OUT
    end_well(bureau, clients, mails[0])


def test_a_stop_within_five_seconds_whatever_goes_on(
    bureau: Bureau, mails: tuple[UnwellMailServer, str], tmp_path: Path
) -> None:
    clients, mails[0].well = Clients(bureau, bureau.prepare()), True
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(20)
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"}
        for number, what in enumerate(("write", "mail"), start=1):
            mark = tmp_path / what
            bureau.start(DEATHS_STALL=f"{what}:{mark}", **told)
            while channel.recv(100) != b"READY=1":
                pass
            assert channel.recv(100) == b"WATCHDOG=1"
            clients.count = number
            threading.Thread(target=clients.send, args=(number,), daemon=True).start()
            wait_for(mark.exists, 30)
            assert bureau.stop(signal.SIGTERM) < 5
            assert bureau.process is not None and bureau.process.returncode == 0
            while (heard := channel.recv(100)) != b"STOPPING=1":
                assert heard == b"WATCHDOG=1"
    assert not (bureau.folder / "data" / "running.url").exists()
    assert "/enter#" not in (bureau.folder / "log").read_text("utf-8"), "a log is no place for a link that opens"
    bureau.start()
    end_well(bureau, clients, mails[0])


def test_a_database_that_is_killed_during_a_look_loses_nothing(
    tmp_path: Path, mails: tuple[UnwellMailServer, str]
) -> None:
    with tempfile.TemporaryDirectory(prefix="jielu-pg-") as name:
        postgres = Postgres(Path(name))
        bureau, mails[0].well = Bureau(tmp_path / "bureau", mails[1], postgres.url), True
        try:
            clients, mark = Clients(bureau, bureau.prepare()), tmp_path / "writing"
            bureau.start(DEATHS_STALL=f"write:{mark}", DEATHS_SECONDS="1")
            clients.work()
            wait_for(mark.exists, 30)  # the look has committed and not written
            postgres.kill()
            time.sleep(2)
            postgres.start()
            clients.see_more()
            os.kill(postgres.backends()[0], signal.SIGKILL)  # the server ends all others, and recovers
            clients.see_more()
            end_well(bureau, clients, mails[0])
        finally:
            bureau.end()
            postgres.stop()


def fill(bureau: Bureau) -> Path | None:
    """Leave no room on the bureau's disk; the file that takes it up, None where it has none of its own."""
    filler = bureau.folder / "data" / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return filler


def test_a_full_disk_takes_no_form_and_loses_none(bureau: Bureau, mails: tuple[UnwellMailServer, str]) -> None:
    clients = Clients(bureau, bureau.prepare())
    data = bureau.folder / "data"
    aside = data.rename(bureau.folder / "aside")
    data.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(data)], capture_output=True)
    try:
        shutil.copytree(aside, data, dirs_exist_ok=True)
        bureau.start()
        assert bureau.process is not None
        wait_for(lambda: clients.send(1) == 201, 20)
        if mounted.returncode == 0:
            filler = fill(bureau)
        else:  # as near to a full disk as this machine allows: no file grows
            resource.prlimit(bureau.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        clients.count = 4
        refused = [clients.send(n) for n in (2, 3, 4)]
        assert not {200, 201} & set(refused), refused
        if mounted.returncode == 0 and filler is not None:
            filler.unlink()
        else:
            whole = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(bureau.process.pid, resource.RLIMIT_FSIZE, whole)
        began = time.monotonic()
        end_well(bureau, clients, mails[0])
        assert time.monotonic() - began < LONGEST_LOCK_OUT
    finally:
        bureau.end()
        if mounted.returncode == 0:
            subprocess.run(["umount", str(data)], check=False)


def test_a_disk_that_turns_read_only_takes_no_form_and_loses_none(
    bureau: Bureau, mails: tuple[UnwellMailServer, str], tmp_path: Path
) -> None:
    """As a kernel turns it after a fault of the disk, under files that are open."""
    image, data = tmp_path / "disk", bureau.folder / "data"
    clients, mails[0].well = Clients(bureau, bureau.prepare()), True
    aside = data.rename(bureau.folder / "aside")
    data.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    mount = ["mount", "-o", "loop", str(image), str(data)]
    made = shutil.which("mkfs.ext4") and subprocess.run(["mkfs.ext4", "-q", str(image)], check=False).returncode == 0
    if not made or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs mkfs.ext4 and a loop device: a disk can't be made to fail here")
    try:
        shutil.copytree(aside, data, dirs_exist_ok=True)
        subprocess.run(["sync", "-f", str(data)], check=True)
        bureau.start()
        wait_for(lambda: clients.send(1) == 201, 20)
        subprocess.run(["mount", "-o", "remount,abort", str(data)], check=True)
        clients.count = 4
        refused = [clients.send(n) for n in (2, 3, 4)]
        assert not {200, 201} & set(refused), refused
        assert bureau.process is not None and bureau.process.poll() is None, "who looks at pages is still answered"
        assert requests.get(f"{bureau.url}/enter", timeout=10).status_code == 200
        assert bureau.stop(signal.SIGTERM) < 5
        subprocess.run(["umount", str(data)], check=True)
        subprocess.run(mount, check=True)
        bureau.start()
        end_well(bureau, clients, mails[0])
    finally:
        bureau.end()
        subprocess.run(["umount", str(data)], check=False)


def test_a_folder_that_can_only_be_read_is_said_and_nothing_is_touched(bureau: Bureau) -> None:
    bureau.prepare()
    data = bureau.folder / "data"
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    bound = subprocess.run(["mount", "--bind", str(data), str(data)], capture_output=True).returncode == 0
    if bound:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(data)], check=True)
    elif os.geteuid():
        data.chmod(0o500)
    else:
        pytest.skip("root writes everywhere, and mounting is not allowed here")
    try:
        bureau.launch()
        assert bureau.process is not None and bureau.process.wait(30) == 2
        log = (bureau.folder / "log").read_text("utf-8")
        assert "Traceback" not in log and str(data) in log, log
    finally:
        if bound:
            subprocess.run(["umount", str(data)], check=True)
        else:
            data.chmod(0o700)
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before
