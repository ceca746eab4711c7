"""Forms as they come at eight o'clock: sent at a steady rate to ``jielu run`` of several checkouts in turn.

    python bench/rush.py --data FOLDER CHECKOUT [CHECKOUT ...] [--rates 5 10 30] [--seconds 20] [--times 3] [--warm 5]

FOLDER: a data folder with a roster and a log (``jielu demo`` makes one, `bench/filled.py` a larger one); each run works
on a copy of it. A sender waits for no other: what the service can't take shows as time. Beside it somebody asks
/healthz and opens 今日. Looks run as always. At most 40 forms a second and 60 seconds a run, on loopback alone; the
service is stopped at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

MOST_RATE, MOST_SECONDS, SENDERS = 40.0, 60.0, 60
PATIENCE = 30  # seconds for an answer
WARM_SECONDS = 5.0
LINKS = """
import json, sys
from datetime import datetime
from sync.service import Service
from sync.settings import Settings
from webhook import access
service, wanted = Service(Settings.read()), int(sys.argv[1])
names = [f"标准化办{number}" for number in range(51, 51 + wanted)]
if names:
    import gspread
    from sync.workbook.transport import session
    sheet = gspread.Client(None, session(service.api)).open_by_key(service.workbook).worksheet("组织架构")
    places = {header: at for at, header in enumerate(sheet.row_values(1))}
    rows = [[""] * len(places) for _ in names]
    for row, name in zip(rows, names):
        row[places["姓名"]], row[places["角色"]] = name, "标准化办"
    sheet.append_rows(rows, table_range="A1")
    service.ticks(datetime.now(service.rules().bureau.zone), idle=False)
day = service.ledger.memory().last_tick.date()
roster = service.roster()
streets = [(street.name, roster.chief(street, day)) for street in roster.streets if street.span.holds(day)]
chiefs = {name: street for street, name in streets if name}
people = [*list(chiefs.items())[:30], *((name, "") for name in names)]
print(json.dumps([[name, street, access.link(service, name, "")] for name, street in people]))
"""


class Chief(NamedTuple):
    """Somebody with an open session, and a street of his; the office has none."""

    name: str
    street: str
    session: requests.Session


class Sent(NamedTuple):
    """What became of a request: its answer's state, and the seconds until it came."""

    state: str
    seconds: float


@contextmanager
def service(
    checkout: Path, data: Path, folder: Path, staff: int = 0, warm: float = WARM_SECONDS
) -> Iterator[tuple[str, list[Chief]]]:
    """``jielu run`` of a checkout on a copy of the data in ``folder``, with its address and people who are signed in:
    chiefs, and so many more of the office."""
    shutil.copytree(data, folder / "data")
    environ = {**os.environ, "JIELU_DATA": f"{folder}/data", "PYTHONPATH": str(checkout), "JIELU_SMTP": ""}
    made = [sys.executable, "-c", LINKS, str(staff)]
    links = subprocess.run(made, cwd=checkout, env=environ, check=True, capture_output=True).stdout
    command = [sys.executable, "-c", "from sync.cli.main import main; main()", "run", "--port", "0"]
    running = subprocess.Popen(
        command, cwd=checkout, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        url = _address(running)
        chiefs = [_signed_in(url, *link) for link in json.loads(links)]
        form(url, chiefs[0], 0)
        time.sleep(warm)  # the first look reads everything
        yield url, chiefs
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


def _address(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    for line in running.stdout:
        if "http://127.0.0.1:" in line:
            return "http://127.0.0.1:" + line.split("http://127.0.0.1:")[1].split("/")[0].split("（")[0].strip()
    raise RuntimeError("the service did not start")


def _signed_in(url: str, name: str, street: str, link: str) -> Chief:
    session = requests.Session()
    session.headers["Origin"] = url
    session.post(f"{url}/enter", data={"link": link.partition("#")[2]}, timeout=PATIENCE).raise_for_status()
    return Chief(name, street, session)


def form(url: str, chief: Chief, number: int) -> Sent:
    """A report of a street's chief, sent once."""
    cells = {"street": chief.street, "category": "暴露垃圾", "text": f"第{number}堆", "place": f"{number}号门前",
             "source": "街路长自查"}  # fmt: skip
    body: dict[str, Any] = {"id": uuid.uuid4().hex, "cells": cells, "photos": []}
    began = time.perf_counter()
    try:
        headers = {"Accept": "application/json"}
        answer = chief.session.post(f"{url}/forms/issues", json=body, headers=headers, timeout=PATIENCE)
        state = str(answer.json().get("state", answer.status_code))
    except (requests.RequestException, ValueError) as error:
        state = type(error).__name__
    return Sent(state, time.perf_counter() - began)


def asked(url: str, session: requests.Session, stop: threading.Event) -> list[float]:
    """How long an address takes, asked twice a second until ``stop``."""
    seconds = []
    while not stop.wait(0.5):
        began = time.perf_counter()
        try:
            session.get(url, timeout=PATIENCE)
        finally:
            seconds.append(time.perf_counter() - began)
    return seconds


def rush(url: str, chiefs: list[Chief], rate: float, seconds: float) -> dict[str, float | str]:
    """Forms at a steady rate for some seconds."""
    stop, count = threading.Event(), int(rate * seconds)
    with ThreadPoolExecutor(SENDERS + 2) as pool:
        beside = [
            pool.submit(asked, f"{url}{path}", session, stop)
            for path, session in (("/healthz", requests.Session()), ("/", chiefs[0].session))
        ]
        began, sent = time.perf_counter(), []
        for number in range(count):
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
            sent.append(pool.submit(form, url, chiefs[number % len(chiefs)], number))
        answers = [each.result() for each in sent]
        took = time.perf_counter() - began
        stop.set()
        healthz, page = (each.result() for each in beside)
    times, states = sorted(answer.seconds for answer in answers), Counter(answer.state for answer in answers)
    return {
        "in": states["in"],
        "other": " ".join(f"{state}:{number}" for state, number in states.items() if state != "in") or "-",
        "forms/s": states["in"] / took,
        "median, ms": 1000 * statistics.median(times),
        "p95, ms": 1000 * times[int(0.95 * (len(times) - 1))],
        "longest, ms": 1000 * times[-1],
        "/healthz longest, ms": 1000 * max(healthz, default=0.0),
        "今日 longest, ms": 1000 * max(page, default=0.0),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("checkouts", nargs="+", type=Path)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--rates", type=float, nargs="+", default=[5, 10, 30])
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--times", type=int, default=1)
    options.add_argument("--warm", type=float, default=WARM_SECONDS, help="seconds until the first look has read all")
    given = options.parse_args()
    for rate in given.rates:
        for _ in range(given.times):
            for checkout in given.checkouts:
                with (
                    tempfile.TemporaryDirectory() as name,
                    service(checkout.resolve(), given.data, Path(name), warm=given.warm) as at,
                ):
                    figures = rush(*at, min(rate, MOST_RATE), min(given.seconds, MOST_SECONDS))
                words = "  ".join(f"{k} {v:.0f}" if isinstance(v, float) else f"{k} {v}" for k, v in figures.items())
                print(f"{rate:g}/s  {checkout.name}: {words}", flush=True)


if __name__ == "__main__":
    main()
