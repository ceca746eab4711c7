"""What a test does in a process of its own, as the command ``jielu`` or to be killed there: forked from a process that
has the program loaded, so that a start takes a tenth of a second instead of two.

``python -m tests.deaths.processes`` is that process. It does one thing after the other and ends with its input.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

LOADED = ("sync.cli.main", "sync.service", "sync.intake.files.file_rows", "webhook.server", "tests.live_book")
SECONDS = 120  # that it may take
LENGTH = struct.Struct("<q")
ROOT = Path(__file__).parents[2]


def run(function: Callable[..., None], *args: Any) -> int:
    """Run a module's function in a process of its own. Its exit status, or a signal's number below zero."""
    server = _server()
    assert server.stdin and server.stdout
    _send(server.stdin, pickle.dumps((function, args)))
    status: int = pickle.loads(_next(server.stdout))
    return status


def jielu(words: Sequence[str], environ: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The command ``jielu`` in a folder, with nothing else in its environment."""
    with tempfile.TemporaryDirectory() as place:
        said, error = Path(place) / "said", Path(place) / "error"
        status = run(_jielu, tuple(words), dict(environ), folder, said, error)
        return subprocess.CompletedProcess(words, status, said.read_text("utf-8"), error.read_text("utf-8"))


def _jielu(words: tuple[str, ...], environ: dict[str, str], folder: Path, said: Path, error: Path) -> None:
    from sync.cli.main import main

    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    _lead(1, said)
    _lead(2, error)
    main(list(words), "jielu")


def _lead(stream: int, path: Path) -> None:
    """Let a stream of this process end in a file, empty at first."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, stream)
    os.close(file)


@cache
def _server() -> subprocess.Popen[bytes]:
    """The one of this test process."""
    command = [sys.executable, "-m", "tests.deaths.processes"]
    started = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(started.communicate)  # its input ends, and it with that
    return started


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def _next(stream: IO[bytes]) -> bytes:
    """What was sent; empty at the stream's end."""
    head = stream.read(LENGTH.size)
    return stream.read(LENGTH.unpack(head)[0]) if head else b""


def _serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    while task := _next(asked):
        child = os.fork()
        if not child:
            _do(task)
        _send(answers, pickle.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


def _do(task: bytes) -> None:
    """The forked process: ends here."""
    signal.alarm(SECONDS)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    function, args = pickle.loads(task)
    function(*args)
    sys.exit()


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
