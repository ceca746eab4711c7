"""Which column of somebody else's table is which column of a tab, as far as the headers say it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from sync.core.sheet.rows import plain
from sync.core.sheet.tabs import Column, Tab
from sync.core.sheet.values.texts import narrow


def known_names(tab: Tab) -> dict[str, Column]:
    """People's columns of a tab by each name under which files have them, narrowed."""
    others = {narrow(name): column for column in tab.staff for name in column.other_names}
    return others | {narrow(column.header): column for column in tab.staff}


def suggested(tab: Tab, header: Sequence[str]) -> list[str]:
    """For each header of a file the key of the tab's column that it means; empty where none, or an earlier one does."""
    known, keys = known_names(tab), list[str]()
    for name in header:
        column = known.get(narrow(name))
        keys.append(column.key if column and column.key not in keys else "")
    return keys


def numbered(names: Iterable[object], standing: Mapping[str, str], prefix: str = "J") -> list[str]:
    """A code for each street of a file that has none: the one that it has in the tab (``standing``, by name), else the
    next that nobody has. The same file gets the same codes, so that it is known when it comes again."""
    taken, codes, number = set(standing.values()), list[str](), 0
    given = dict(standing)
    for name in (plain(cell) for cell in names):  # type: ignore[arg-type]
        if name not in given:
            number = _next(number, taken, prefix)
            given[name] = f"{prefix}{number:02}"
        codes.append(given[name])
    return codes


def _next(number: int, taken: Container[str], prefix: str) -> int:
    number += 1
    while f"{prefix}{number:02}" in taken:
        number += 1
    return number
