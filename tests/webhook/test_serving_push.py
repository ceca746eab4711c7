"""The running process tells of changes, and is told: the jobs of ``jielu run`` that push needs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import gspread
import pytest
from google.oauth2.service_account import Credentials

from sync.service import Service
from sync.workbook import transport
from tests.deaths import processes
from tests.google_stage import GoogleStage, google_stage
from tests.workbook.clients.test_channels import FILES, Receiver
from webhook import server

SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]


def until(met: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        threading.Event().wait(0.05)


def test_jielu_run_tells_a_program_that_watches_its_workbook(tmp_path: Path) -> None:
    receiver = Receiver()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JIELU", "GOOGLE"))} | {
        "JIELU_DATA": str(tmp_path / "data"),
        "JIELU_PUSH_HOSTS": f"hooks.example.cn, {receiver.host}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-m", "sync.cli.main"]
    process = subprocess.Popen(
        [*command, "run", "--port", "0"], env=env, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert address
        processes.jielu(["token", "program", "--out", "key.json"], env, tmp_path).check_returncode()
        credentials = Credentials.from_service_account_file(str(tmp_path / "key.json"), scopes=SCOPES)
        program = gspread.Client(auth=None, session=transport.remote(address[0], credentials))
        book = program.create("程序的表")
        channel = {"id": "run", "type": "web_hook", "address": receiver.address}
        program.http_client.request("post", f"{FILES}/{book.id}/watch", json=channel)
        until(lambda: receiver.messages)
        assert receiver.told() == [("sync", "1")]
        book.sheet1.update([["变了"]], "A1")
        until(lambda: receiver.messages)
        assert receiver.told() == [("update", "2")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
        receiver.server.shutdown()
        receiver.server.server_close()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleStage]:
    with google_stage(tmp_path, monkeypatch) as stage:
        stage.share()
        stage.api.push_hosts = ("jielu.example.cn",)
        yield stage


def open_channels(stage: GoogleStage) -> list[tuple[str, int]]:
    with stage.store.read() as tx:
        return list(tx.run("SELECT address, expires FROM channels"))


def test_a_service_over_a_google_sheet_watches_it_while_it_runs(
    stage: GoogleStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``serve`` itself, in a thread: its clock opens the channel, its end closes it."""
    monkeypatch.setattr(server, "PUSH_SECONDS", 1)
    service = stage.service(JIELU_URL="https://jielu.example.cn")
    servers, started = [], threading.Event()
    listen = server.listen
    monkeypatch.setattr(server, "listen", lambda *given: servers.append(listen(*given)) or servers[-1])

    def serve(service: Service) -> None:
        server.serve(service, "127.0.0.1", 0, lambda _: started.set())

    thread = threading.Thread(target=serve, args=(service,))
    thread.start()
    assert started.wait(20)
    until(lambda: open_channels(stage))
    ((address, expires),) = open_channels(stage)
    assert address == "https://jielu.example.cn/hooks/drive"
    hours = (expires / 1000 - datetime.now(UTC).timestamp()) / 3600
    assert 5.9 < hours <= 6
    servers[0].close()
    thread.join(30)
    assert not thread.is_alive() and open_channels(stage) == []
    service.close()
