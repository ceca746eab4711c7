"""Copies of SQLite files: as they are committed, also while others use them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path


def copy_sqlite(file: Path, target: Path) -> None:
    """Write the database as it is committed now to a new file, in one piece. Raises ``OSError``, ``sqlite3.Error``."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def copy_beside(file: Path, version: str) -> Path:
    """A copy of the database as it is committed now, also while others use it: ``ledger.sqlite3.backup-0001``, with -2,
    -3 … behind it where that name is taken. Raises ``OSError`` and ``sqlite3.Error``; then there is no copy."""
    names = (file.with_name(f"{file.name}.backup-{version}{f'-{n}' if n > 1 else ''}") for n in count(1))
    copy = next(name for name in names if not name.exists())
    part = file.with_name(f"{copy.name}.{os.getpid()}.part")
    try:
        copy_sqlite(file, part)
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)
    return copy


@contextmanager
def copied_before(file: Path, version: str) -> Iterator[Path]:
    """``copy_beside`` before the block, removed again where the block fails: the database is then as it was."""
    copy = copy_beside(file, version)
    try:
        yield copy
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
