"""One engine for all ledgers of a process in the same PostgreSQL database: a thousand bureaus share one pool.

A SQLite file is one bureau's; each ledger opens it by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy.engine import Engine

_lock = threading.Lock()
_engines: dict[str, Engine] = {}  # by URL
_users: dict[Engine, int] = {}  # how many ledgers have it


def lend(url: str, opened: Callable[[str], Engine]) -> Engine:
    """The engine of a database; ``opened`` makes it for its first user. Give it back by ``give_back``."""
    if url.startswith("sqlite"):
        return opened(url)
    with _lock:
        engine = _engines.get(url) or opened(url)
        _engines[url] = engine
        _users[engine] = _users.get(engine, 0) + 1
        return engine


def give_back(engine: Engine) -> None:
    """A user needs the engine no more; after the last one its connections are closed."""
    with _lock:
        others = _users.get(engine, 1) - 1
        if others:
            _users[engine] = others
            return
        _users.pop(engine, None)
        for url in [url for url, known in _engines.items() if known is engine]:
            del _engines[url]
    engine.dispose()
