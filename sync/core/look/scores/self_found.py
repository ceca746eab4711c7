"""What problems that chiefs found themselves earn at all: with a photo that no row had before, and for so many reported
on one day (definitions 6.6). Their ceilings are in ``scores/ceilings.py``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from sync.core.look.follow import Followed
from sync.core.look.reading import Reading
from sync.core.scores.lines import SELF, Line
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import plain
from sync.core.sheet.values.photos import ids

NO_PHOTO, USED = "问题没有照片，不加分", "问题的照片以前用过，不加分"


def limited(lines: Iterable[Line], reading: Reading, followed: Mapping[str, Followed]) -> Iterator[Line]:
    """All lines; a bonus that does not count stays with no points and says why."""
    most, counts, firsts = reading.rules.score.self_found.per_day, Counter[tuple[str, str, date]](), _firsts(reading)
    for line in sorted(lines, key=lambda line: line.issue):
        if line.rule != SELF or line.points <= 0 or line.issue not in followed:
            yield line
            continue
        issue = followed[line.issue]
        why = _photo_fault(issue, reading, firsts)
        key = line.target, line.chief, issue.stamps.received.date()
        if not why:
            counts[key] += 1
            why = f"同一天报的只计 {most} 件，这一件不加分" if counts[key] > most else ""
        yield replace(line, points=0, text=f"{line.text}；{why}") if why else line


def _photo_fault(issue: Followed, reading: Reading, firsts: Mapping[Hashable, str]) -> str:
    scenes = [*_scenes(plain(issue.issue.cells.get("photos")), reading)]
    if not scenes:
        return NO_PHOTO
    return "" if any(firsts.get(scene) == issue.issue.rid for scene in scenes) else USED


def _firsts(reading: Reading) -> dict[Hashable, str]:
    """By what a photo shows, the row in which it was used first: an issue by its number."""
    rows = [row for key in ("issues", "feedback") for row in _rows(reading, key) if row.cells.get("photos")]
    firsts: dict[Hashable, str] = {}
    for row in sorted(rows, key=lambda row: (row.marks["heard"], len(row.rid), row.rid)):
        for scene in _scenes(plain(row.cells.get("photos")), reading):
            firsts.setdefault(scene, row.rid)
    return firsts


def _scenes(cell: str, reading: Reading) -> Iterator[Hashable]:
    """What each photo of a cell shows: its pixels, where it is known, else its address or name as it stands there."""
    for part in cell.split():
        known = [reading.memory.photos[photo].pixels for photo in ids(part) if photo in reading.memory.photos]
        yield from known or [part]


def _rows(reading: Reading, key: str) -> Iterator[Known]:
    return (row for row in reading.remembered(key).values() if not row.deleted and "heard" in row.marks)
