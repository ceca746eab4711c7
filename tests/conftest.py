"""Databases for the tests: SQLite always, a real PostgreSQL of its own where one is installed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

# The same examples every time, so that a red build is about the change; JIELU_EXPLORE=1 looks for new ones.
hypothesis.settings.register_profile("jielu", derandomize=not os.environ.get("JIELU_EXPLORE"), deadline=None)
hypothesis.settings.load_profile("jielu")


@pytest.fixture(scope="session", autouse=True)
def _the_clock_is_believed() -> Iterator[None]:
    """Tests give hours of their own; those about the clock (``tests/test_clock.py``) take this back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.clock.kernel_is_synchronised", lambda: True)
        yield


def _tool(name: str) -> str | None:
    found = shutil.which(name)
    return found or next((str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL server on loopback, stopped at the end."""
    initdb, server = _tool("initdb"), _tool("postgres")
    if not initdb or not server:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="jielu-pg-") as name:
        folder = Path(name)
        run = _as_nobody(folder)
        made = ["-D", f"{name}/db", "-U", "jielu", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*run, initdb, *made], check=True, capture_output=True)
        port = _free_port()
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", name, "-F"]
        process = subprocess.Popen([*run, server, "-D", f"{name}/db", *options], stderr=subprocess.DEVNULL)
        try:
            url = f"postgresql+psycopg://jielu@127.0.0.1:{port}/postgres"
            _wait(url)
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: clients that tests left open don't matter
            process.wait(30)


def _as_nobody(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    folder.chmod(0o755)
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(url: str) -> None:
    import time

    engine = sa.create_engine(url)
    for _ in range(200):
        try:
            engine.connect().close()
            return
        except sa.exc.OperationalError:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")


_made = iter(range(10**6))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    server = request.getfixturevalue("postgresql")
    name = f"jielu_{os.getpid()}_{next(_made)}"
    with sa.create_engine(server, isolation_level="AUTOCOMMIT").connect() as db:
        db.execute(sa.text(f"create database {name}"))
    return server.replace("/postgres", f"/{name}")
