"""``jielu run`` as it is, with a clock that runs faster: the jobs every second, tries again after seconds.

``DEATHS_STALL=write:FILE``: the first write of a look (``mail:FILE``: the first mail) makes FILE and takes a minute, or
``DEATHS_SECONDS``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import sync.guard
import sync.outgoing.mail
from sync import scheduler

scheduler.DELIVER_SECONDS = 1
scheduler.Scheduler.__init__.__defaults__ = (1,)
sync.outgoing.mail.TIMEOUT = 3
sync.guard.GAPS = (timedelta(seconds=1),) * 6

from sync.cli.main import main  # noqa: E402 - the gaps are taken over when the outbox is loaded
from sync.outgoing.mail import Connection  # noqa: E402
from sync.sheets.gateway import Gateway  # noqa: E402


def stalled(action: Callable[..., Any], mark: Path) -> Callable[..., Any]:
    def stall(*args: Any, **kwargs: Any) -> Any:
        if not mark.exists():
            mark.touch()
            time.sleep(float(os.environ.get("DEATHS_SECONDS", "60")))
        return action(*args, **kwargs)

    return stall


def serve(port: int) -> None:
    """Run the service by the environment until it ends."""
    what, _, place = os.environ.get("DEATHS_STALL", "").partition(":")
    if what == "write":
        Gateway.write = stalled(Gateway.write, Path(place))  # type: ignore[method-assign]
    elif what == "mail":
        Connection.send = stalled(Connection.send, Path(place))  # type: ignore[method-assign]
    main(["run", "--port", str(port)])


def serve_forked(environ: Mapping[str, str], folder: Path, port: int) -> None:
    """The same in a process that was forked, which has the environment and the output of another."""
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    serve(port)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
