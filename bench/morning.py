"""Eight o'clock on a workday: chiefs send forms with photos, staff edit in the grid, grids stand open, looks run.

    python bench/morning.py --data FOLDER [CHECKOUT] [--minutes 1 5] [--forms 200] [--staff 20] [--grids 200]

FOLDER: a data folder with a roster and a log (``jielu demo`` makes one); each run works on a copy of it. Every form has
a photo of its own, sent in pieces as a phone does, and is sent again where the service says 「later」. A grid asks for
changes once a second. At the end the rows of the log are counted: a form that was taken in and has no row is lost.
At most 400 forms, 300 grids and five minutes a run, on loopback alone; the service is stopped at the end.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import requests
from PIL import Image

from bench.rush import PATIENCE, Chief, asked, service

HERE = Path(__file__).resolve().parent.parent
MOST_MINUTES, MOST_FORMS, MOST_STAFF, MOST_GRIDS = 5.0, 400, 40, 300
PIECE = 128 * 1024  # bytes, as the pages send them
PHOTO_SIDE, NOISE_SIDE = 1600, 200  # pixels of a photo, and of what it is drawn from
EDIT_SECONDS = 6.0  # between two edits of one of the staff
POLL_SECONDS = 1.0  # between two questions of an open grid
AGAIN_SECONDS = 2.0  # until a form that was told 「later」 is sent again
LATEST = 60.0  # seconds after the last form was begun with, in which it has to be in
GRIDS_A_THREAD = 10
ROWS = """
import sys
from sync.service import Service
from sync.settings import Settings
table = Service(Settings.read()).gateway.read()["issues"]
place = table.header.index("问题描述")
for row in table.rows:
    if len(row) > place and str(row[place]).startswith(sys.argv[1]):
        print(row[place])
"""


class Sent(NamedTuple):
    """What became of a form: its state, seconds of its last request, and with its photo and all tries."""

    state: str
    seconds: float
    whole: float
    tries: int


def photo(number: int) -> bytes:
    """A JPEG of some 200 KB, another one for each number."""
    noise = random.Random(number).randbytes(NOISE_SIDE * NOISE_SIDE * 3)
    image = Image.frombytes("RGB", (NOISE_SIDE, NOISE_SIDE), noise).resize((PHOTO_SIDE, PHOTO_SIDE * 3 // 4))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=80)
    return content.getvalue()


def uploaded(url: str, session: requests.Session, content: bytes) -> str:
    """The id of a photo that was sent in pieces."""
    address, offset, answer = f"{url}/photos/upload/{uuid.uuid4().hex}", 0, dict[str, Any]()
    while offset < len(content):
        piece = content[offset : offset + PIECE]
        sent = {"offset": offset, "total": len(content)}
        response = session.put(address, data=piece, params=sent, timeout=PATIENCE)
        response.raise_for_status()
        answer = response.json()
        offset = answer["offset"]
    return str(answer["photo"])


def form(url: str, chief: Chief, run: str, number: int, content: bytes) -> Sent:
    """A report with its photo, sent until it is taken in."""
    began, tries, state, seconds = time.perf_counter(), 0, "", 0.0
    try:
        cells = {"street": chief.street, "category": "暴露垃圾", "source": "街路长自查"}
        cells |= {"text": f"{run}第{number}堆", "place": f"{number}号门前"}
        body = {"id": uuid.uuid4().hex, "cells": cells, "photos": [uploaded(url, chief.session, content)]}
        while time.perf_counter() - began < LATEST:
            tries, asked_at = tries + 1, time.perf_counter()
            headers = {"Accept": "application/json"}
            answer = chief.session.post(f"{url}/forms/issues", json=body, headers=headers, timeout=PATIENCE)
            seconds, state = time.perf_counter() - asked_at, str(answer.json().get("state", answer.status_code))
            if state != "later":
                break
            time.sleep(AGAIN_SECONDS)
    except (requests.RequestException, ValueError) as error:
        state = type(error).__name__
    return Sent(state, seconds, time.perf_counter() - began, tries)


def grid_polls(url: str, session: requests.Session, count: int, stop: threading.Event) -> list[float]:
    """How long each question takes of so many grids that stand open."""
    seconds: list[float] = []
    versions: list[int | None] = [None] * count
    while not stop.is_set():
        began = time.perf_counter()
        for number in range(count):
            asked_at = time.perf_counter()
            since = {} if versions[number] is None else {"since": versions[number]}
            reply = session.get(f"{url}/grid/changes", params=since, timeout=PATIENCE)
            versions[number] = reply.json()["version"]
            seconds.append(time.perf_counter() - asked_at)
        stop.wait(max(0.0, POLL_SECONDS - (time.perf_counter() - began)))
    return seconds


class Grid(NamedTuple):
    """The log as an open grid knows it: its sheet, the column of 位置, ids of rows with their positions."""

    sheet: int
    column: int
    rows: list[tuple[int, int]]


def opened(url: str, session: requests.Session) -> Grid:
    """The log, as its first rows stand."""
    page = session.get(f"{url}/grid", timeout=PATIENCE).text
    sheet = next(int(part.split('"')[0]) for part in page.split('data-sheet="')[1:] if "问题台账" in part.split("<")[0])
    columns = session.get(f"{url}/grid/open/{sheet}", timeout=PATIENCE).json()["columns"]
    rows = session.get(f"{url}/grid/rows/{sheet}", params={"top": 1, "bottom": 400}, timeout=PATIENCE).json()
    column = next(at for at, each in enumerate(columns) if each["header"] == "位置")
    return Grid(sheet, column, [(row[0], at) for at, row in enumerate(rows["rows"], 1) if row[0]])


def edits(url: str, session: requests.Session, grid: Grid, number: int, stop: threading.Event) -> list[float]:
    """How long each edit takes of one of the staff, who changes the place of one row after the other."""
    chance, seconds = random.Random(number), list[float]()
    while not stop.wait(chance.uniform(0.5, 1.5) * EDIT_SECONDS):
        row, at = chance.choice(grid.rows)
        cell = {"row": row, "at": at, "column": grid.column, "to": f"{chance.randrange(1000)}号旁"}
        began = time.perf_counter()
        body = {"id": uuid.uuid4().hex, "ops": [{"op": "set", "cells": [cell]}]}
        session.post(f"{url}/grid/edit/{grid.sheet}", json=body, timeout=PATIENCE).raise_for_status()
        seconds.append(time.perf_counter() - began)
    return seconds


def morning(url: str, people: list[Chief], run: str, given: argparse.Namespace, minutes: float) -> dict[str, Any]:
    """Forms spread over some minutes, with all that goes on beside them."""
    chiefs, office = [each for each in people if each.street], [each.session for each in people if not each.street]
    stop, count = threading.Event(), min(given.forms, MOST_FORMS)
    photos = [photo(number) for number in range(count)]
    grid, grids = opened(url, office[0]), min(given.grids, MOST_GRIDS)
    with ThreadPoolExecutor(400) as pool:
        groups = [min(GRIDS_A_THREAD, grids - at) for at in range(0, grids, GRIDS_A_THREAD)]
        polls = [pool.submit(grid_polls, url, office[n % len(office)], each, stop) for n, each in enumerate(groups)]
        staff = [pool.submit(edits, url, session, grid, n, stop) for n, session in enumerate(office)]
        healthz = pool.submit(asked, f"{url}/healthz", requests.Session(), stop)
        page = pool.submit(asked, f"{url}/", chiefs[0].session, stop)
        began, sent = time.perf_counter(), []
        for number, content in enumerate(photos):
            time.sleep(max(0.0, began + number * minutes * 60 / count - time.perf_counter()))
            sent.append(pool.submit(form, url, chiefs[number % len(chiefs)], run, number, content))
        forms = [each.result() for each in sent]
        stop.set()
        beside = {
            "an edit": [second for each in staff for second in each.result()],
            "a grid's question": [second for each in polls for second in each.result()],
            "/healthz": healthz.result(),
            "今日": page.result(),
        }
    states = Counter(each.state for each in forms)
    told = {
        "a form": [each.seconds for each in forms if each.state == "in"],
        "a form with its photo": [each.whole for each in forms],
    }
    return {
        "states": " ".join(f"{state}:{number}" for state, number in states.items()),
        "sent again": sum(each.tries > 1 for each in forms),
        **{name: _words(seconds) for name, seconds in (told | beside).items()},
        "in": states["in"],
    }


def _words(seconds: Iterable[float]) -> str:
    times = sorted(1000 * second for second in seconds)
    if not times:
        return "-"
    p95 = times[int(0.95 * (len(times) - 1))]
    return f"{len(times)} times, median {statistics.median(times):.0f} ms, p95 {p95:.0f}, longest {times[-1]:.0f}"


def rows_of(checkout: Path, data: Path, run: str) -> Counter[str]:
    """How often each form of a run stands in the log, once the service is stopped."""
    environ = {**os.environ, "JIELU_DATA": str(data), "PYTHONPATH": str(checkout)}
    made = subprocess.run([sys.executable, "-c", ROWS, run], cwd=checkout, env=environ, check=True, capture_output=True)
    return Counter(made.stdout.decode().splitlines())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("checkout", nargs="?", type=Path, default=HERE)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--minutes", type=float, nargs="+", default=[1.0, 5.0])
    options.add_argument("--forms", type=int, default=200)
    options.add_argument("--staff", type=int, default=20)
    options.add_argument("--grids", type=int, default=200)
    given = options.parse_args()
    for wished in given.minutes:
        run, minutes = f"晨{uuid.uuid4().hex[:6]}", min(wished, MOST_MINUTES)
        with tempfile.TemporaryDirectory() as folder:
            staff = max(1, min(given.staff, MOST_STAFF))
            with service(given.checkout.resolve(), given.data, Path(folder), staff) as (url, people):
                figures = morning(url, people, run, given, minutes)
            rows = rows_of(given.checkout.resolve(), Path(folder) / "data", run)
        print(f"{given.forms} forms in {minutes:g} min, {given.staff} staff, {given.grids} grids:", flush=True)
        for name, words in figures.items():
            print(f"    {name}: {words}", flush=True)
        lost, doubled = figures["in"] - len(rows), sum(count > 1 for count in rows.values())
        print(f"    rows: {len(rows)}, lost: {max(0, lost)}, doubled: {doubled}", flush=True)


if __name__ == "__main__":
    main()
