"""Where rows without a number stand after a move: told by what they say.

The rows came in below the header of the archive tab, so that what came along by mistake stands among its first rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from sync.core.sheet import identity
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Raw, Row

Content = frozenset[tuple[str, Raw]]  # people's cells of a row


@dataclass(frozen=True)
class Arrivals:
    """What the tabs say of rows that were meant to move, by id: ``there`` arrived, ``stayed`` never left or are back,
    ``lost`` stand nowhere. ``astray``: sheet rows of the archive tab that came along by mistake, or changed on the
    way."""

    there: tuple[str, ...]
    stayed: tuple[str, ...]
    lost: tuple[str, ...]
    astray: tuple[int, ...]


def arrivals(
    known: Mapping[str, Known],
    moving: Set[str],
    live: Sequence[Row],
    archived: Sequence[Row],
    left: Iterable[Known],
    is_old: Callable[[Row], bool],
    keys: Sequence[str],
) -> Arrivals:
    """``known``: rows of the live tab, with those that are ``moving``; ``live``, ``archived``: what stands in the two
    tabs; ``left``: what is known of the rows that left for this one before; ``is_old``: whether a row may have been
    among those; ``keys``: the cells by which a row is known."""
    standing = _standing(known, moving, live)
    known_before, came = Counter(map(_content, left)), Counter(row_content(row) for row in archived)
    there = []
    for rid in sorted(moving - standing):
        content = _content(known[rid])
        if came[content] > known_before[content]:
            known_before[content] += 1
            there.append(rid)
    astray = _astray(archived[: len(moving)], known_before)
    if standing == moving:  # perhaps nothing moved: somebody typed in a row that stood there before
        prints = {row.print for row in known.values()}
        astray = [row for row in astray if row.parsed.print in prints or not is_old(row)]
    rest = {rid: known[rid] for rid in moving - standing - {*there}}
    edited = _edited(known, live, rest, keys)
    lost = () if astray else sorted(rest.keys() - edited)
    return Arrivals(tuple(there), tuple(sorted(standing | edited)), tuple(lost), tuple(row.number for row in astray))


def row_content(row: Row) -> Content:
    return frozenset(row.parsed.typed.items())


def _content(row: Known) -> Content:
    return frozenset(row.cells.items())


def _standing(known: Mapping[str, Known], moving: Set[str], live: Sequence[Row]) -> set[str]:
    """Those that stand in the live tab still. Of rows that say the same, others stand there first."""
    prints = Counter(row.parsed.print for row in live)
    prints -= Counter(row.print for rid, row in known.items() if rid not in moving and not row.deleted)
    standing = set()
    for rid in sorted(moving):
        if prints[known[rid].print] > 0:
            prints[known[rid].print] -= 1
            standing.add(rid)
    return standing


def _astray(first: Sequence[Row], expected: Counter[Content]) -> list[Row]:
    """Of the first rows of the archive tab those that nobody expects."""
    astray, left = [], Counter(expected)
    for row in first:
        content = row_content(row)
        if left[content] > 0:
            left[content] -= 1
        elif row.parsed.typed:
            astray.append(row)
    return astray


def _edited(
    known: Mapping[str, Known], live: Sequence[Row], rest: Mapping[str, Known], keys: Sequence[str]
) -> set[str]:
    """Those of the rest that stand in the live tab with other words."""
    prints = {row.print for row in known.values()}
    strangers = [row for row in live if row.parsed.typed and row.parsed.print not in prints]
    return {*identity.bind(strangers, {}, rest, keys).rids.values()}
