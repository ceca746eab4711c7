"""In which order the look at one issue enters the core's packages: each once, but for those that all use."""

from __future__ import annotations

import sys
from itertools import groupby
from types import FrameType
from typing import Any

from sync.core.look import follow
from tests.book import ROOT, bureau, hour
from tests.core.look import test_stamp_then_judge

SHARED = ("people", "rules", "sheet", "calendar")
CORE = str(ROOT / "sync" / "core")


def package(frame: FrameType | None) -> str:
    """The core's package whose code a frame runs; empty for other code."""
    name = frame.f_code.co_filename if frame else ""
    return name.removeprefix(CORE).split("/")[1] if name.startswith(CORE) else ""


def test_an_issue_passes_each_package_once(monkeypatch: Any) -> None:
    book = bureau().add(test_stamp_then_judge.LOG.replace("一般", "严重"))
    book.settle("2026-11-24 09:05")
    entered: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and package(frame.f_back) == "look" and package(frame) not in ("look", "", *SHARED):
            entered.append(package(frame))

    real = follow._follow

    def watched(*arguments: Any) -> Any:
        sys.setprofile(note)
        try:
            return real(*arguments)
        finally:
            sys.setprofile(None)

    monkeypatch.setattr(follow, "_follow", watched)
    book.tick(hour("2026-11-25 17:31"))
    assert [name for name, _ in groupby(entered)] == ["issues", "scores", "notices", "letters"]
