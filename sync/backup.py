"""Copies of SQLite files beside them, made before their tables are changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path


def copy_beside(file: Path, version: str) -> Path:
    """A copy of the database as it is committed now, also while others use it: ``ledger.sqlite3.backup-0001``, with -2,
    -3 … behind it where that name is taken. Raises ``OSError`` and ``sqlite3.Error``; then there is no copy."""
    names = (file.with_name(f"{file.name}.backup-{version}{f'-{n}' if n > 1 else ''}") for n in count(1))
    copy = next(name for name in names if not name.exists())
    part = file.with_name(f"{copy.name}.{os.getpid()}.part")
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
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
