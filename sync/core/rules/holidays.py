"""A year's holidays and make-up days written into the text of rules.toml, and read out of it (domain.md section 5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sync.core.calendar.workdays import Day

HEADER = "[[calendar.year]]"
_SECTION = re.compile(r"^\s*\[", re.MULTILINE)


def with_year(text: str, year: int, published: bool, off: Sequence[str], on: Sequence[str]) -> str:
    """The text with that year's table in the place of the one that was there, or behind the last of its kind. ``off``
    and ``on`` are days as the file writes them: ``02-05~02-08 春节``."""
    table = _table(year, published, off, on)
    blocks = list(_tables(text))
    own = re.compile(rf"^\s*year\s*=\s*{year}\b", re.MULTILINE)
    for start, end in blocks:
        if own.search(text, start, end):
            return text[:start] + table + text[end:]
    at = blocks[-1][1] if blocks else len(text.rstrip()) + 1
    return f"{text[:at].rstrip()}\n\n{table}{text[at:]}"


def _tables(text: str) -> Iterable[tuple[int, int]]:
    """Where each year's table stands: from its header to the end of its last value."""
    at = text.find(HEADER)
    while at >= 0:
        following = _SECTION.search(text, at + len(HEADER))
        stop = following.start() if following else len(text)
        body = text[at:stop]
        last = max((match.end() for match in re.finditer(r"^(?!\s*#)\s*\S.*$", body, re.MULTILINE)), default=0)
        yield at, at + last + 1
        at = text.find(HEADER, at + len(HEADER))


def _table(year: int, published: bool, off: Sequence[str], on: Sequence[str]) -> str:
    lines = [HEADER, f"year = {year}", f"published = {str(published).lower()}"]
    return "\n".join([*lines, *_listed("off", off), *_listed("on", on)]) + "\n"


def _listed(key: str, days: Sequence[str]) -> list[str]:
    if not days:
        return [f"{key} = []"]
    return [f"{key} = [", *(f'    "{_plain(day)}",' for day in days), "]"]


def _plain(day: str) -> str:
    """No quote or backslash of a person's typing leaves its string."""
    return " ".join(day.replace("\\", "").replace('"', "").split())


def written(days: Iterable[Day], works: bool) -> list[str]:
    """Days as the file writes them, neighbours of one name as a stretch."""
    spans: list[tuple[date, date, str]] = []
    for day in sorted((day for day in days if day.works is works), key=lambda day: day.on):
        if spans and spans[-1][2] == day.name and day.on - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day.on, day.name)
        else:
            spans.append((day.on, day.on, day.name))
    return [f"{first:%m-%d}{'' if first == last else f'~{last:%m-%d}'} {name}" for first, last, name in spans]
