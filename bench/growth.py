"""How the cost of a look grows: with the rows of the log, with what changed since the last look, with the years.

    python -m bench.growth [--rows 1000 3000 10000 30000 100000] [--changes 0 10 100 1000 10000] [--years 1 2 3 4 5]
                           [--duties 1 2 3] [--filed 1 2 3] [--out docs/growth]   `make bench` runs it as it stands

Each size runs in a process of its own, beside the plain limit (the same JSON received and decoded). Writes the figures
into `growth.json` and the plots `rows.svg`, `changes.svg`, `years.svg`, `duties.svg`,
`filed.svg`.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.tick import NOW, STREETS, TIMES, ZONE, Bench, median, nine_in_ten
from sync import tick
from sync.core.sheet.values import serials

HERE = Path(__file__).resolve().parent.parent
CHANGED_ROWS = 10_000  # in the log while the number of changes grows
ISSUES_A_WEEK = 50
START_YEAR = 2027
LATER = timedelta(hours=5)  # in the evening closed issues are archived
MB = 1024 * 1024
Figures = dict[str, float]


def of_rows(rows: int) -> Figures:
    """A log of so many rows, nine in ten of them closed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder, rows)
        began = time.perf_counter()
        tick.ticks(bench.gateway, bench.ledger, bench.rules, NOW, idle=False)
        first = time.perf_counter() - began
        _verified(bench, nine_in_ten(rows), NOW)
        bench.quiet()
        return {"first": first, "peak MB": _peak(), **_looks(bench), **_sizes(folder)}


def _looks(bench: Bench) -> Figures:
    limit = median(TIMES, lambda _: bench.plain())
    quiet = median(TIMES, lambda _: bench.quiet())
    edited = median(TIMES, bench.edited)
    before = bench.client.calls
    bench.edited(TIMES)
    return {"limit": limit, "quiet": quiet, "edited": edited, "calls": bench.client.calls - before - 1}


def of_changes(count: int) -> Figures:
    """A log in which so many rows came since the last look."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), CHANGED_ROWS)
        tick.ticks(bench.gateway, bench.ledger, bench.rules, NOW, idle=False)
        _verified(bench, nine_in_ten(CHANGED_ROWS), NOW)
        bench.quiet()
        added = [{**bench.issue(n, count), "reported_at": serials.from_datetime(NOW, ZONE), "place": f"新{n}"}
                 for n in range(count)]  # fmt: skip
        bench.append("issues", added)
        bench.client.calls, began = 0, time.perf_counter()
        tick.tick(bench.gateway, bench.ledger, bench.rules, NOW)
        took = time.perf_counter() - began
        return {"look": took, "calls": bench.client.calls, "limit": median(TIMES, lambda _: bench.plain())}


def of_years(years: int) -> Figures:
    """A bureau that has worked so many years: months sealed, closed issues in their archives."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder, 0)
        for at in _weeks(years):
            _verified(bench, _reported(bench, at), at + LATER)
        live = len(bench.gateway.read()["issues"].rows)
        now = at + LATER
        return {"live rows": live, "peak MB": _peak(), **_looks_at(bench, now), **_sizes(folder)}


def _reported(bench: Bench, at: datetime) -> range:
    """The issues of a week are reported and looked at; their rows of the log, counted from 0."""
    bench.append("issues", [_new(bench, at, n) for n in range(ISSUES_A_WEEK)])
    tick.ticks(bench.gateway, bench.ledger, bench.rules, at, idle=False)
    end = len(bench.gateway.read()["issues"].rows)  # on a holiday closed issues were archived just now
    return range(end - ISSUES_A_WEEK, end)


def of_duties(years: int) -> Figures:
    """A bureau in which each chief has recorded a patrol a workday for so many years, and nothing else came about."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder, 0)
        for at in _weeks(years):
            monday = at - timedelta(days=at.weekday(), hours=6)
            days = [monday + timedelta(days=day) for day in range(5)]
            bench.append("duties", [_patrol(day, n) for day in days for n in range(STREETS)])
            tick.ticks(bench.gateway, bench.ledger, bench.rules, at + timedelta(days=2), idle=False)
            tick.ticks(bench.gateway, bench.ledger, bench.rules, at + timedelta(days=2) + LATER, idle=False)
        gc.collect()
        live, held = len(bench.gateway.read()["duties"].rows), len(bench.ledger.current().known["duties"])
        return {"live rows": live, "held rows": held, "peak MB": _peak(), **_looks_at(bench, at), **_sizes(folder)}


def _patrol(at: datetime, n: int) -> dict[str, Any]:
    name = {"reporter": f"街路长{n + 1:02d}", "street": f"街路{n}"}
    return {**name, "reported_at": serials.from_datetime(at, ZONE), "kind": "巡查", "text": "已巡查"}


def _weeks(years: int) -> Iterator[datetime]:
    """The hours of the looks: Wednesdays at 15:00."""
    at = datetime(START_YEAR, 1, 6, 15, tzinfo=ZONE)
    while at.year < START_YEAR + years:
        yield at
        at += timedelta(days=7)


def _new(bench: Bench, at: datetime, n: int) -> dict[str, Any]:
    """An issue that was found a quarter of an hour before a look."""
    found = serials.from_datetime(at - timedelta(minutes=15), ZONE)
    return {**bench.issue(n, ISSUES_A_WEEK), "reported_at": found, "place": f"{at:%Y%m%d}-{n}号"}


def _verified(bench: Bench, numbers: Iterable[int], now: datetime) -> None:
    """These rows are seen to be done, and looked at."""
    bench.verify(numbers, now)
    tick.ticks(bench.gateway, bench.ledger, bench.rules, now, idle=False)


def _looks_at(bench: Bench, now: datetime) -> Figures:
    limit = median(TIMES, lambda _: bench.plain())
    quiet = median(TIMES, lambda _: tick.tick(bench.gateway, bench.ledger, bench.rules, now))
    return {"limit": limit, "quiet": quiet}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _sizes(folder: Path) -> Figures:
    names = {"workbook MB": "workbook.sqlite3*", "ledger MB": "ledger.sqlite3*"}
    return {name: sum(file.stat().st_size for file in folder.glob(files)) / MB for name, files in names.items()}


def of_filed(years: int) -> Figures:
    """As ``of_years``, with a feedback about each issue."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder, 0)
        for at in _weeks(years):
            rows = _reported(bench, at)
            bench.append("feedback", [_mended(at + timedelta(minutes=5), n) for n in range(ISSUES_A_WEEK)])
            tick.ticks(bench.gateway, bench.ledger, bench.rules, at + timedelta(minutes=6), idle=False)
            bench.verify(rows, at + timedelta(minutes=30))
            for hours in range(3):  # one run moves rows of one tab
                tick.ticks(bench.gateway, bench.ledger, bench.rules, at + LATER + timedelta(hours=hours), idle=False)
        seen, known = bench.gateway.read(), bench.ledger.current().known
        counts = {"live rows": len(seen["feedback"].rows), "held rows": len(known.get("feedback", ()))}
        return {**counts, "peak MB": _peak(), **_looks_at(bench, at + LATER), **_sizes(folder)}


def _mended(at: datetime, n: int) -> dict[str, Any]:
    """A feedback about the issue that came ``n``-th on its day."""
    number = f"{at:%Y%m%d}-{n + 1:03d}"
    hour = serials.from_datetime(at, ZONE)
    return {
        "reported_at": hour,
        "reporter": "街路长01",
        "issue": number,
        "outcome": "已整改",
        "photos": f"{number}.jpg",
    }


KINDS = {"rows": of_rows, "changes": of_changes, "years": of_years, "duties": of_duties, "filed": of_filed}


def measured(kind: str, sizes: list[int]) -> dict[int, Figures]:
    """Each size in a process of its own, so that memory is its own."""
    figures = {}
    for size in sizes:
        command = [sys.executable, "-m", "bench.growth", "--one", kind, str(size)]
        done = subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True)
        figures[size] = json.loads(done.stdout.splitlines()[-1])
        print(kind, size, {name: round(value, 3) for name, value in figures[size].items()}, flush=True)
    return figures


PLOTS = {
    "rows": ("rows of the log", [("seconds", ("first", "edited", "quiet", "limit")), ("calls", ("calls",)),
                                 ("MB", ("peak MB", "workbook MB", "ledger MB"))]),
    "changes": ("rows that came since the last look", [("seconds", ("look", "limit")), ("calls", ("calls",))]),
    "years": ("years", [("seconds", ("quiet", "limit")), ("rows", ("live rows",)),
                        ("MB", ("peak MB", "workbook MB", "ledger MB"))]),
    "duties": ("years of duties", [("seconds", ("quiet", "limit")), ("rows", ("live rows", "held rows")),
                                   ("MB", ("peak MB", "workbook MB", "ledger MB"))]),
    "filed": ("years of feedback", [("seconds", ("quiet", "limit")), ("rows", ("live rows", "held rows")),
                                    ("MB", ("peak MB", "workbook MB", "ledger MB"))]),
}  # fmt: skip


def draw(kind: str, figures: dict[int, Figures], folder: Path) -> None:
    """One picture a kind: a plot for each unit, beside each other."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "jielu"
    from matplotlib import pyplot

    label, plots = PLOTS[kind]
    drawing, axes = pyplot.subplots(1, len(plots), figsize=(4.2 * len(plots), 3.4), layout="constrained")
    for axis, (unit, names) in zip(axes, plots, strict=True):
        for name in names:
            axis.plot(list(figures), [each[name] for each in figures.values()], marker="o", label=name)
        axis.set(xlabel=label, ylabel=unit)
        if kind in ("years", "duties", "filed"):
            axis.set_xticks(list(figures))
        else:
            axis.set_xscale("symlog" if kind == "changes" else "log")
            if unit != "calls":
                axis.set_yscale("log")
        if axis.get_yscale() == "linear":
            axis.set_ylim(bottom=0)
        axis.legend(frameon=False, fontsize="small")
        axis.grid(alpha=0.3)
    drawing.savefig(folder / f"{kind}.svg", metadata={"Date": None})
    pyplot.close(drawing)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="*", default=[1_000, 3_000, 10_000, 30_000, 100_000])
    options.add_argument("--changes", type=int, nargs="*", default=[0, 10, 100, 1_000, 10_000])
    options.add_argument("--years", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    options.add_argument("--duties", type=int, nargs="*", default=[1, 2, 3])
    options.add_argument("--filed", type=int, nargs="*", default=[1, 2, 3])
    options.add_argument("--out", type=Path, default=HERE / "docs" / "growth")
    options.add_argument("--one", nargs=2, metavar=("KIND", "SIZE"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        gc.set_threshold(200_000, 500, 100)  # as the command line does
        print(json.dumps(KINDS[given.one[0]](int(given.one[1]))))
        return
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "growth.json"
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    for kind in KINDS:
        if sizes := getattr(given, kind):
            figures = measured(kind, sizes)
            known[kind] = {str(size): each for size, each in figures.items()}
            draw(kind, figures, given.out)
    file.write_text(json.dumps(known, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
