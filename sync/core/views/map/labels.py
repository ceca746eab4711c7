"""Where the names of streets stand on a map: beside their line, over no other name and no mark; what finds no place is
left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from sync.core.views.map.projection import Box, Point, Raster

SIZE = 12.0  # units of a sign's height, and of a Chinese one's width
NARROW = 0.6  # of that: the width of a Latin letter or a digit
GAP = 6.0  # between the middle of a line and its name
POINT_GAP = 15.0  # the same of a point, on which a mark may lie
RING = 7.0  # from the middle of a point to its edge
SHARES = (0.5, 0.3, 0.7, 0.15, 0.85)  # of a line's length: where a name is tried, the middle first


@dataclass(frozen=True)
class Road:
    """A street as drawn: its lines in units. ``kind``: how it stands (``drawing.ROAD_KINDS``); ``count``: issues."""

    street: str
    kind: str
    count: int
    lines: tuple[tuple[Point, ...], ...]
    closed: bool = False

    @property
    def length(self) -> float:
        return sum(_length(line) for line in self.lines)


@dataclass(frozen=True)
class Label:
    """A street's name, its middle at (x, y)."""

    street: str
    kind: str
    x: float
    y: float


def width(name: str) -> float:
    """Units that a name takes."""
    return sum(SIZE if unicodedata.east_asian_width(sign) in "WF" else SIZE * NARROW for sign in name)


def place_names(roads: Sequence[Road], taken: Iterable[Box], inside: Box | None) -> tuple[Label, ...]:
    """The names that find a place, in the order of ``roads``. ``taken``: where marks lie; ``inside``: the drawing's
    edge, None where it has none."""
    rings = (around(line[0], RING) for road in roads for line in road.lines if len(line) == 1)
    boxes, labels = Raster([*taken, *rings]), []
    for road in roads:
        for middle in _candidates(road):
            box = _box(road.street, middle)
            if (inside is None or inside.holds(box)) and boxes.is_free(box):
                boxes.add(box)
                labels.append(Label(road.street, road.kind, round(middle.x, 1), round(middle.y, 1)))
                break
    return tuple(labels)


def around(middle: Point, reach: float) -> Box:
    """The square around a point."""
    return Box(middle.x - reach, middle.y - reach, middle.x + reach, middle.y + reach)


def _box(name: str, middle: Point) -> Box:
    across, up = width(name) / 2 + 2, SIZE / 2 + 2
    return Box(middle.x - across, middle.y - up, middle.x + across, middle.y + up)


def _candidates(road: Road) -> Iterator[Point]:
    """Middles at which the name may stand, the best first: along the longest line, beside it, then on it."""
    line = max(road.lines, key=_length)
    gap = GAP if _length(line) else POINT_GAP
    across, up = width(road.street) / 2 + gap, SIZE / 2 + gap
    flat = _length(line) == 0 or abs(line[-1].x - line[0].x) >= abs(line[-1].y - line[0].y)
    beside = ((0.0, -up), (0.0, up)) if flat else ((across, 0.0), (-across, 0.0))
    others = ((across, 0.0), (-across, 0.0)) if flat else ((0.0, -up), (0.0, up))
    for shifts in (beside, ((0.0, 0.0),), others):
        for share in SHARES if _length(line) else SHARES[:1]:
            x, y = along(line, share)
            yield from (Point(x + right, y + down) for right, down in shifts)


def along(line: Sequence[Point], share: float) -> Point:
    """The point after that share of a line's length."""
    left = _length(line) * share
    for start, end in pairwise(line):
        step = hypot(end.x - start.x, end.y - start.y)
        if step and left <= step:
            part = left / step
            return Point(start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part)
        left -= step
    return line[-1]


def _length(line: Sequence[Point]) -> float:
    return sum(hypot(end.x - start.x, end.y - start.y) for start, end in pairwise(line))
