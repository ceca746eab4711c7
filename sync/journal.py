"""The log: one line a request, look and delivery with an id, how long it took and what came of it; no personal data.

What a line carries is decided here and not where it is written: a text that is no plain word (a name, a cell, an
address, a path with a key) is shown as a digest, an exception by its type and the places that it came through, never by
its words.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

FORMATS = ("text", "json")
_WORD = re.compile(r"[A-Za-z0-9_.:/<>*+-]{1,80}", re.ASCII)
_MANY_DIGITS = re.compile(r"[0-9]{6,}")
_ISSUE = re.compile(r"20[0-9]{6}-[0-9]{1,6}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # what ends a line or moves a terminal's cursor
_FOREIGN = re.compile(r"[^\x00-\x7f]+|[0-9]{6,}|\S*[@?=]\S*")
OURS = ("sync", "webhook")
_work: ContextVar[str] = ContextVar("work", default="")  # kind and id of what goes on in this thread

log = logging.getLogger(__name__)


class Plain(str):
    """A text of ours, which the log shows as it is."""

    __slots__ = ()


@contextmanager
def work(kind: str, *, quiet: Callable[[Mapping[str, Any]], bool] = lambda _: False) -> Iterator[dict[str, Any]]:
    """One line in the log for what goes on in the block: its id, its duration, and the fields that are put into what is
    yielded. ``quiet``: whether it is not worth a line. Lines that are written meanwhile carry the same id."""
    fields: dict[str, Any] = {"outcome": "done"}
    token, began = _work.set(f"{kind} {uuid4().hex[:12]}"), time.perf_counter()
    try:
        yield fields
    except BaseException as error:
        fields["outcome"] = type(error).__name__
        raise
    finally:
        fields["ms"] = round((time.perf_counter() - began) * 1000)
        log.log(logging.DEBUG if quiet(fields) else logging.INFO, kind, extra={"fields": fields})
        _work.reset(token)


def current_id() -> str:
    """The id of what goes on in this thread; empty where nothing does."""
    return _work.get().rpartition(" ")[2]


class Formatter(logging.Formatter):
    """A line of text, or of JSON, without personal data."""

    def __init__(self, kind: str = "text") -> None:
        super().__init__()
        self.kind = kind

    def format(self, record: logging.LogRecord) -> str:
        work_kind, _, work_id = _work.get().partition(" ")
        fields = {key: shown(value) for key, value in getattr(record, "fields", {}).items()}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "work": work_kind,
            "id": work_id,
            "message": message(record),
            **fields,
            "error": error_of(record),
        }
        filled = {key: value for key, value in line.items() if value not in ("", None)}
        if self.kind == "json":
            return json.dumps(filled, ensure_ascii=False)
        head = " ".join(str(filled.pop(key)) for key in ("time", "level", "work", "id", "message") if key in filled)
        error = filled.pop("error", "")
        filled.pop("logger")
        return " ".join([head, *(f"{key}={value}" for key, value in filled.items())]) + (f"\n{error}" if error else "")


def shown(value: object) -> object:
    """What the log shows of a value: numbers and plain words as they are, of everything else a digest or its type."""
    if isinstance(value, bool | int | float | Plain) or value is None:
        return value
    if isinstance(value, BaseException):
        return type(value).__name__
    text = value if isinstance(value, str) else str(value)
    plain = _WORD.fullmatch(text) and (_ISSUE.fullmatch(text) or not _MANY_DIGITS.search(text))
    return text if plain or not text else pseudonym(text)


def pseudonym(text: str) -> Plain:
    """What stands for a text: the same for the same text."""
    return Plain(f"#{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}")


def message(record: logging.LogRecord) -> str:
    """The record's words with what it carries as ``shown``, on one line."""
    given = record.args
    if isinstance(given, Mapping):
        safe: Any = {key: shown(value) for key, value in given.items()}
    else:
        safe = tuple(shown(value) for value in given or ())
    try:
        text = str(record.msg) % safe if safe else str(record.msg)
    except (TypeError, ValueError):
        text = str(record.msg)
    ours = record.name.partition(".")[0] in OURS
    return _CONTROLS.sub(" ", text if ours else _FOREIGN.sub("…", text))


def error_of(record: logging.LogRecord) -> str:
    """Types of the exception and of what caused it, with the places of the last, without their words."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    places = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    causes: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < 10:
        causes.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return "\n".join([" from ".join(causes), *places])


def begin(kind: str) -> None:
    """Write the log to standard error from now on, as ``kind`` of ``FORMATS``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(kind))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("apscheduler", "waitress", "procrastinate", "psycopg.pool", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.raiseExceptions = False  # what can't be written must not show the record as it came
