"""An uploaded file that waits until somebody has said which of its columns is which: one for each tab, the last."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path

from sync.core.sheet.problems import FileProblem

FOLDER = "uploads"


@dataclass(frozen=True)
class HeldFile:
    """``name`` as the sender called it."""

    name: str
    content: bytes


def hold(data: Path, tab: str, file: HeldFile) -> None:
    """Store a file for the tab, in the place of the one before. Raises ``FileProblem`` where there is no room."""
    path = _path(data, tab)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    text = json.dumps({"name": file.name, "content": base64.b64encode(file.content).decode()}, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8", errors="replace")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FileProblem([f"文件没有存下来：{error.strerror}。请检查磁盘和数据文件夹 {data}。"]) from error


def held(data: Path, tab: str) -> HeldFile | None:
    """The file that waits for the tab; None where there is none."""
    try:
        stored = json.loads(_path(data, tab).read_text("utf-8"))
    except OSError:
        return None
    return HeldFile(stored["name"], base64.b64decode(stored["content"]))


def drop(data: Path, tab: str) -> None:
    """It waits no more."""
    _path(data, tab).unlink(missing_ok=True)


def _path(data: Path, tab: str) -> Path:
    return data / FOLDER / f"{tab}.json"
