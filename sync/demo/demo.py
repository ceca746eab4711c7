"""The demo: a month of a county's streets, made of real city reports, played through the API.

``cast`` says who and where, ``city`` reads the reports, ``script`` says what people do with each, ``play`` does it hour
by hour. Nothing here is chance: the same file and hour give the same workbook.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sync.core.issues.life import CLOSED, ENDED
from sync.core.notices.notices import OFF
from sync.core.scores.lines import STREET
from sync.core.sheet.rows import Table, layout_of
from sync.core.sheet.tabs import Tab
from sync.demo import city
from sync.demo.cast import roster
from sync.demo.play import HOUR, play
from sync.demo.script import Script, floor
from sync.intake.files import file_rows
from sync.service import Service

SAMPLE_EVERY = 2 * HOUR  # the sample is to be there within half a minute; a typed hour is believed for as long

__all__ = ["Summary", "play", "roster", "run"]


@dataclass
class Summary:
    """What the demo's month came to. Rates are shares; ``lowest`` and ``highest`` are the streets' points in ``month``,
    the calendar month in which most of it lies."""

    streets: int
    issues: int
    closed: int
    open: int
    problems: int
    on_time: float
    rework: float
    month: str
    lowest: float
    highest: float
    notices: int
    looks: int
    seconds: float
    lost: int

    def text(self) -> str:
        """For people."""
        lost = f"有 {self.lost} 件没有找到要填的行。" if self.lost else ""
        return (
            f"演示数据（非真实街路和人员，街路的位置是示意）：{self.streets} 条街路，{self.issues} 个问题，"
            f"已销号 {self.closed} 个，办理中 {self.open} 个，{self.problems} 行等人改正；"
            f"按期率 {self.on_time:.0%}，返工率 {self.rework:.1%}，"
            f"{self.month} 得分 {self.lowest:g}～{self.highest:g}。"
            f"一共看了 {self.looks} 次，通知 {self.notices} 条，用时 {self.seconds:.0f} 秒。{lost}"
        )


def run(service: Service, until: datetime, file: Path | None = None, *, progress: bool = True) -> Summary:
    """Fill an empty workbook (its tabs are there) with a month that ends at ``until`` (aware), and play it.

    ``file``: the whole city file instead of the sample that comes with the package. Raises ``FileProblem`` for a file
    that can't be read, and what the gateway and the ledger raise.
    """
    began = time.perf_counter()
    rules = service.rules()
    until = until.astimezone(rules.bureau.zone)
    people = roster()
    reports = city.read(file or city.SAMPLE, service.templates, until, len(people["streets"]))
    every = HOUR if file else SAMPLE_EVERY
    entries = Script(rules, until, people["streets"], every).write(reports)
    service.ledger.begin_demo()
    for key, rows in people.items():
        file_rows.append(service.client, service.workbook, service.templates[key], rows)
    start = floor(entries[0].at, every) if entries else until
    with service.ledger.unsynced():
        played = play(service, entries, start, until, every, progress=progress)
    sums = summed(service.gateway.read(), service.templates)
    told = sum(sent.state != OFF for sent in service.ledger.memory().notices.values())
    return Summary(**sums, notices=told, looks=played.looks, lost=len(played.lost), seconds=time.perf_counter() - began)


def summed(tables: Mapping[str, Table], templates: Mapping[str, Tab]) -> dict[str, Any]:
    """The figures, read off the workbook as people see it."""
    issues, feedback = (_columns(tables, templates, key) for key in ("issues", "feedback"))
    scores = _columns(tables, templates, "scores")
    ranked = [
        (month, float(score), int(count or 0))
        for month, score, count, kind in zip(
            scores["month"], scores["score"], scores["issues"], scores["kind"], strict=True
        )
        if kind == STREET
    ]
    counts: Counter[str] = Counter()
    for month, _, count in ranked:
        counts[month] += count
    fullest = counts.most_common(1)[0][0] if counts else ""
    points = [score for month, score, _ in ranked if month == fullest]
    states = issues["state"]
    answers = [str(answer) for answer in feedback["result"]]
    passed = max(1, sum(answer.startswith("通过") for answer in answers))
    return {
        "streets": len(_columns(tables, templates, "streets")["street"]),
        "issues": len(states),
        "closed": states.count(CLOSED),
        "open": sum(state not in ("", *ENDED) for state in states),
        "problems": sum(sentence != "" for sentence in issues["check"]),
        "on_time": answers.count("通过，按期") / passed,
        "rework": answers.count("返工") / passed,
        "month": fullest,
        "lowest": min(points, default=0.0),
        "highest": max(points, default=0.0),
    }


def _columns(tables: Mapping[str, Table], templates: Mapping[str, Tab], key: str) -> dict[str, list[Any]]:
    """A tab's columns by key, empty where the tab can't be read."""
    table = tables.get(key)
    layout = layout_of(templates[key], table)
    if table is None or isinstance(layout, str):
        return {column.key: [] for column in templates[key].columns}
    return {name: [row[at] if at < len(row) else "" for row in table.rows] for name, at in layout.at.items()}
