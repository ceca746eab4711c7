"""How long commands take to begin, beside the interpreter with the libraries that the bureau's sheets and ledger need.

    python -m bench.start [--times 5]

Each command runs on a small bureau of its own that was looked at once; all of them in turn, several times over.
``run`` is timed until `/healthz` answers. Prints medians in seconds of the clock and of the processor, and ratios.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = [sys.executable, "-c", "import gspread, sqlalchemy, pydantic, orjson"]
JIELU = [str(Path(sys.executable).with_name("jielu"))]
COMMANDS = {
    "--help": ["--help"],
    "clock": ["clock"],
    "tick": ["tick"],
    "check": ["check"],
    "explain": ["explain", "20261124-001"],
    "link": ["link", "--operator"],
    "deliver": ["deliver"],
}
PATIENCE = 60.0  # seconds for `jielu run` to answer
Seconds = tuple[float, float]  # of the clock, of the processor


def once(command: Sequence[str], environ: dict[str, str]) -> Seconds:
    """A run of a command, whatever its exit status: a young bureau has problems that it tells of."""
    return timed(lambda: subprocess.run(command, env=environ, capture_output=True, check=False))


def timed(act: Callable[[], object]) -> Seconds:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    act()
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def served(environ: dict[str, str]) -> Seconds:
    """From the start of `jielu run` until it answers; its processor time is told with its end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    until_answer: list[float] = []

    def serve() -> None:
        began = time.perf_counter()
        command = [*JIELU, "run", "--port", str(port)]
        with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            wait_for(port, began + PATIENCE)
            until_answer.append(time.perf_counter() - began)
            process.send_signal(signal.SIGTERM)

    _, processor = timed(serve)
    return until_answer[0], processor


def wait_for(port: int, until: float) -> None:
    """Returns once the page answers, with whatever status. Raises ``TimeoutError``."""
    while time.perf_counter() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("jielu run does not answer")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--times", type=int, default=5)
    times = options.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "JIELU_DATA": folder, "JIELU_RULES": str(ROOT / "rules.toml")}
        once([*JIELU, "init"], environ)
        once([*JIELU, "tick"], environ)
        figures: dict[str, list[Seconds]] = {"libraries": [], **{name: [] for name in COMMANDS}, "run": []}
        for _ in range(times):
            figures["libraries"].append(once(LIMIT, environ))
            for name, words in COMMANDS.items():
                figures[name].append(once([*JIELU, *words], environ))
            figures["run"].append(served(environ))
    show(figures)


def show(figures: dict[str, list[Seconds]]) -> None:
    limit = statistics.median(processor for _, processor in figures["libraries"])
    print("command     | clock  | processor | of the libraries alone")
    for name, taken in figures.items():
        clock, processor = (statistics.median(column) for column in zip(*taken, strict=True))
        print(f"{name:<11} | {clock:5.2f}s | {processor:8.2f}s | {processor / limit:5.2f}")


if __name__ == "__main__":
    main()
