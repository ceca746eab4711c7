"""How long ``jielu demo`` takes, of several checkouts in turn: wall clock and processor time, and the ratios.

    python bench/demo.py CHECKOUT [CHECKOUT ...] [--times 3] [--until 2026-11-24T16:00]

The first checkout is what the others are held against. They take turns, so that what else the machine does falls on all
alike; where it does much, the processor time says more than the clock. ``child``: what other processes did beside the
play (photos, letters).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

PLAY = "from sync.cli.main import main; main()"


class Taken(NamedTuple):
    """Seconds: by the clock, of the processor in the play itself, and in the processes that it started."""

    wall: float
    own: float
    child: float


def played(checkout: Path, until: str) -> Taken:
    """A demo of that checkout in a folder of its own."""
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "JIELU_DATA": data, "PYTHONPATH": str(checkout), "JIELU_SMTP": ""}
        command = [sys.executable, __file__, "--play", until]
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, cwd=checkout, check=True, capture_output=True, text=True)
        own, child = map(float, done.stdout.split()[-2:])
        return Taken(time.perf_counter() - began, own, child)


def play(until: str) -> None:
    """In a process of its own: the demo of the checkout on the path, then the seconds that it took."""
    from click.testing import CliRunner

    from sync.cli.main import main

    result = CliRunner().invoke(main, ["demo", "--until", until, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    usage = (resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(*(f"{each.ru_utime + each.ru_stime:.2f}" for each in usage))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("checkouts", nargs="*", type=Path)
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--until", default="2026-11-24T16:00")
    options.add_argument("--play", default="")
    given = options.parse_args()
    if given.play:
        play(given.play)
        return
    runs: dict[Path, list[Taken]] = {checkout.resolve(): [] for checkout in given.checkouts}
    for _ in range(given.times):
        for checkout, taken in runs.items():
            taken.append(played(checkout, given.until))
            print(f"{checkout.name:<12}", "  ".join(f"{name} {n:6.1f}" for name, n in taken[-1]._asdict().items()))
    first = next(iter(runs.values()))
    for checkout, taken in runs.items():
        turns = list(zip(taken, first, strict=True))
        wall, own = (statistics.median(mine[n] / base[n] for mine, base in turns) for n in (0, 1))
        print(f"{checkout.name}: {wall:.2f} of the wall clock, {own:.2f} of the processor time of the first")


if __name__ == "__main__":
    main()
