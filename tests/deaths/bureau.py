"""A bureau on disk whose service runs as a process of its own, is killed and started again, and what must hold then."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from sync.ledger.operations.evidence import Evidence
from sync.ledger.page_writes import AWAITED
from sync.service import Service
from sync.settings import Settings
from tests.book import ROOT
from tests.mail_server import MailServer, words
from tests.web_server import web_server
from webhook import access

CHIEF = "街路长02"
LONGEST_LOCK_OUT = 90.0  # seconds from a start to the first look that went through

# A form whose process died while it wrote waits for it, unless that process is seen to be gone: one in another
# namespace of process numbers, as after a container was started again, is not.
LONGEST_TRY_AGAIN = AWAITED + 30.0


class UnwellMailServer(MailServer):
    """Refuses for now, greylists, stalls and dies after DATA, by a seed; ``well``: takes everything."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.dice, self.well = random.Random(seed), False
        self.met: set[str] = set()
        self.faults: Counter[str] = Counter()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if not self.well and address not in self.met:
            self.met.add(address)
            self.faults["greylisted"] += 1
            return "451 4.7.1 greylisted, try again"
        if not self.well and self.dice.random() < 0.1:
            self.faults["refused"] += 1
            return "450 4.2.0 mailbox busy"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        import asyncio

        answer = await super().handle_DATA(server, session, envelope)
        chance = 1.0 if self.well else self.dice.random()
        if chance < 0.2:
            self.faults["died after DATA"] += 1
            server.transport.abort()
        elif chance < 0.3:
            self.faults["stalled"] += 1
            await asyncio.sleep(3.5)
        return answer


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.deaths.launch", __name__])  # loaded once: a start takes half a second, not five


class Forked:
    """A process of its own that was forked from one that has the program loaded; what ``Popen`` has of it."""

    def __init__(self, environ: Mapping[str, str], folder: Path, port: int) -> None:
        self._process = FORKS.Process(target=_serve, args=(environ, folder, port))
        self._process.start()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    returncode = property(poll)

    def wait(self, seconds: float) -> int:
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("jielu run", seconds)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def _serve(environ: Mapping[str, str], folder: Path, port: int) -> None:
    from tests.deaths import launch  # not above: it makes the clock of its process run faster

    launch.serve_forked(environ, folder, port)


@cache
def prepared() -> tuple[TemporaryDirectory[str], dict[str, str]]:
    """A folder with the data of a bureau that has its cast, and the cookies of a chief who has entered."""
    folder = TemporaryDirectory(prefix="jielu-deaths-")
    return folder, prepare(Path(folder.name))


def prepare(folder: Path, **environ: str) -> dict[str, str]:
    """Make the cast in its tabs; the cookies of a chief who has entered."""
    with web_server(folder, JIELU_RULES=str(ROOT / "rules.toml"), **environ) as served:
        link = access.link(served.service, CHIEF, served.url)
        form, headers = {"link": link.partition("#")[2]}, {"Origin": served.url}
        with requests.Session() as person:
            entered = person.post(f"{served.url}/enter", data=form, headers=headers, timeout=10, allow_redirects=False)
            assert entered.status_code == 302
            return person.cookies.get_dict()


@dataclass
class Bureau:
    """``mails``: the URL of its mail server; ``database``: of its ledger, empty: a file; ``forked``: its service starts
    from a process that has the program loaded. Use ``prepare`` once, before the first ``start``."""

    folder: Path
    mails: str
    database: str = ""
    port: int = 0
    forked: bool = True
    prefix: Sequence[str] = ()  # before the command, such as unshare
    process: subprocess.Popen[str] | Forked | None = None
    lock_outs: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        bare = {key: value for key, value in os.environ.items() if not key.startswith(("JIELU", "DEATHS"))}
        mine = {"JIELU_DATA": str(self.folder / "data"), "JIELU_RULES": str(self.folder / "rules.toml"),
                "JIELU_DATABASE": self.database, "JIELU_SMTP": self.mails,
                "JIELU_MAIL_FROM": "jielu@xidu.example", "JIELU_URL": self.url,
                "JIELU_SECRET": "a secret of the tests", "PYTHONPATH": str(ROOT)}  # fmt: skip
        return bare | mine

    def prepare(self) -> requests.Session:
        """The cast in its tabs, rules by which notices go at any hour; a chief who has entered."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        rules = (ROOT / "rules.toml").read_text("utf-8")
        rules = re.sub(r"(?m)^send_at = .*$", "send_at = []", rules, count=1)
        rules = rules.replace('hours = ["08:00-20:00"]', 'hours = ["00:00-23:59"]')
        (self.folder / "rules.toml").write_text(rules, "utf-8")
        person = requests.Session()
        person.headers["Origin"] = self.url
        if self.database:
            person.cookies.update(prepare(self.folder, JIELU_DATABASE=self.database))
        else:
            made, cookies = prepared()
            shutil.copytree(Path(made.name) / "data", self.folder / "data")
            person.cookies.update(cookies)
        return person

    def start(self, **environ: str) -> None:
        """Start the service and wait for its pages and its first look."""
        began, looked = time.monotonic(), self.last_look()
        self.launch(**environ)
        wait_for(self._answers, 60)
        if not environ:
            wait_for(lambda: self.last_look() != looked, LONGEST_LOCK_OUT)
            self.lock_outs.append(time.monotonic() - began)

    def launch(self, **environ: str) -> None:
        """Start the process and wait for nothing."""
        if self.forked and not self.prefix:
            self.process = Forked(self.environ | environ, self.folder, self.port)
            return
        command = [*self.prefix, sys.executable, "-m", "tests.deaths.launch", str(self.port)]
        log = (self.folder / "log").open("a")
        self.process = subprocess.Popen(
            command, env=self.environ | environ, cwd=self.folder, stdout=log, stderr=log, text=True
        )

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).status_code in (200, 503)
        except requests.RequestException:
            return False

    def last_look(self) -> object:
        """When the last look went through, as the ledger says."""
        service = Service(Settings.read(self.environ))
        try:
            return Evidence(service.ledger).looks()[-1:]
        finally:
            service.close()

    def stop(self, how: int = signal.SIGKILL, patience: float = 30.0) -> float:
        """Send the process a signal; the seconds until it was gone."""
        assert self.process is not None
        began, number = time.monotonic(), self.process.pid
        if self.prefix:
            number = int(Path(f"/proc/{number}/task/{number}/children").read_text().split()[0])
        os.kill(number, how)
        self.process.wait(patience)
        return time.monotonic() - began

    def end(self) -> None:
        """Whatever became of it, no process stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


@dataclass
class Clients:
    """Chiefs whose phones send forms again until they are answered. ``taken``: the numbers of forms that were."""

    bureau: Bureau
    person: requests.Session
    count: int = 0
    taken: set[int] = field(default_factory=set)
    done: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def send(self, n: int) -> int:
        """Post form ``n``; the status of the answer, 0 for none."""
        try:
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.person.cookies)
            headers = {"Origin": self.bureau.url, "Accept": "application/json", "Cookie": cookies}
            answer = requests.post(f"{self.bureau.url}/forms/issues", json=form(n), timeout=10, headers=headers)
        except requests.RequestException:
            return 0
        assert answer.status_code not in (400, 401, 403, 422), answer.text
        if answer.status_code in (200, 201):
            self.taken.add(n)
        return answer.status_code

    def work(self, threads: int = 2) -> None:
        for _ in range(threads):
            thread = threading.Thread(target=self._send_on, daemon=True)
            thread.start()
            self.threads.append(thread)

    def _send_on(self) -> None:
        while not self.done.is_set():
            self.count += 1
            n = self.count
            while self.send(n) not in (200, 201) and not self.done.is_set():
                time.sleep(0.05)
            time.sleep(0.2)

    def see_more(self) -> None:
        """Wait until some more forms were taken."""
        taken = len(self.taken)
        wait_for(lambda: len(self.taken) > taken + 2, 60)

    def end(self) -> None:
        """No new forms; those that were begun are sent until they are answered."""
        self.done.set()
        for thread in self.threads:
            thread.join(60)
        for n in range(1, self.count + 1):
            if n not in self.taken:
                wait_for(lambda n=n: self.send(n) in (200, 201), LONGEST_TRY_AGAIN)


def form(n: int) -> dict[str, object]:
    """The ``n``-th form, as a phone sends it."""
    cells = {
        "street": "联胜路",
        "category": "暴露垃圾",
        "text": f"第{n}处",
        "place": f"{n}号门",
        "source": "街路长自查",
    }
    return {"id": f"{n:032x}", "cells": cells, "photos": []}


def wait_for(what: Callable[[], object], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, f"it did not come within {seconds} s"
        time.sleep(0.1)


def nothing_lost(bureau: Bureau, forms: int, mails: UnwellMailServer) -> dict[str, int]:
    """What must hold once all is quiet and the process was stopped; what was counted. Fails with what is broken."""
    service = Service(Settings.read(bureau.environ))
    try:
        memory = service.ledger.memory()
        column = service.templates["issues"]
        table = service.gateway.read()["issues"]
        at = table.header.index(column.by_key["text"].header)
        rows = Counter(str(row[at]) for row in table.rows if len(row) > at and row[at])
        assert rows == Counter(f"第{n}处" for n in range(1, forms + 1)), "each form stands in one row"
        assert not [item for item in memory.status if item.startswith(("被删除的行", "处理出错"))], memory.status
        messages: dict[str, list[str]] = defaultdict(list)
        for letter in mails.received:
            for number in re.findall(r"(?m)^通知号 (.*)$", words(letter))[0].split("、"):
                messages[number.strip()].append(str(letter["Message-ID"]))
        told = {number: sent for number, sent in memory.notices.items() if sent.notice.channel == "邮件"}
        for number, sent in told.items():
            assert sent.state != "待发送" or sent.reason, (number, sent.state)
            assert (sent.state == "已发送") == (number in messages), (number, sent.state, sent.reason)
            assert len(set(messages[number])) <= 1, "a repeat is the same message"
        assert set(messages) - {number for number in messages if not messages[number]} <= set(told)
        repeats = sum(len(ids) - 1 for ids in messages.values() if ids)
        return {"forms": forms, "notices": len(told), "mails": len(mails.received), "repeats": repeats}
    finally:
        service.close()


def all_is_quiet(bureau: Bureau) -> bool:
    """Whether every form has its number and no notice waits."""
    service = Service(Settings.read(bureau.environ))
    try:
        memory = service.ledger.memory()
        issues = memory.known.get("issues", {})
        waiting = [each for each in memory.notices.values() if each.state == "待发送"]
        return memory.plan is None and bool(issues) and not waiting and service.ledger.tries("") == (0, None, ())
    finally:
        service.close()
