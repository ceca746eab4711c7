"""A PostgreSQL server of the tests' own on loopback, which can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import sqlalchemy as sa


def tool(name: str) -> str | None:
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or next(map(str, beside), None)


class Postgres:
    """``url``: of its empty database. ``durable``: what it commits is on the disk. Skips the test where PostgreSQL is
    not installed."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        initdb, server = tool("initdb"), tool("postgres")
        if not initdb or not server:
            pytest.skip("needs PostgreSQL: apt-get install postgresql")
        self.folder, self._server, self._run = folder, server, _as_nobody(folder)
        self._speed = [] if durable else ["-F"]
        made = ["-D", f"{folder}/db", "-U", "jielu", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*self._run, initdb, *made], check=True, capture_output=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"postgresql+psycopg://jielu@127.0.0.1:{self.port}/postgres"
        self.start()

    def start(self) -> None:
        """Start, also after ``kill``, and wait until it answers."""
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder), *self._speed]
        command = [*self._run, self._server, "-D", f"{self.folder}/db", *options]
        for _ in range(100):  # until the shared memory of what was killed is free
            self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            if self._answers():
                return
        raise RuntimeError("PostgreSQL did not start")

    def _answers(self) -> bool:
        """Whether it comes to answer; False where it gave up."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        while self.process.poll() is None:
            try:
                engine.connect().close()
                return True
            except sa.exc.OperationalError:
                time.sleep(0.05)
        return False

    def backends(self) -> list[int]:
        """The processes that serve others' connections."""
        query = "select pid from pg_stat_activity where client_port is not null and pid <> pg_backend_pid()"
        with sa.create_engine(self.url, poolclass=sa.NullPool).connect() as db:
            return list(db.execute(sa.text(query)).scalars())

    def kill(self) -> None:
        """Kill the server; its connections end."""
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)  # fast shutdown: clients that tests left open don't matter
        self.process.wait(30)


def _as_nobody(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    folder.chmod(0o755)
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
