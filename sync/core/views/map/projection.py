"""From degrees to units of a drawing: Web Mercator (EPSG:3857), in which tiles are drawn too and angles are true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import asinh, atan, cos, degrees, pi, radians, sinh, tan
from typing import NamedTuple

from sync.core.sheet.values.places import Position

EQUATOR = 40_075_016.686  # metres around the earth there (WGS-84's larger radius times 2π)
TILE = 256  # pixels across a tile, and across the whole world at zoom 0


class Point(NamedTuple):
    """Units of a drawing, from its left and its top."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle of a drawing."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies inside."""
        inside_across = self.left <= other.left and other.right <= self.right
        return inside_across and self.top <= other.top and other.bottom <= self.bottom


class Frame(NamedTuple):
    """Which part of the world a drawing shows. ``scale``: units across the whole world; ``left``, ``top``: where the
    drawing's corner lies in them."""

    scale: float
    left: float = 0.0
    top: float = 0.0

    def at(self, place: Position) -> Point:
        x, y = world(place)
        return Point(x * self.scale - self.left, y * self.scale - self.top)

    def place(self, point: Point) -> Position:
        """The place that is drawn at a point."""
        x, y = (point.x + self.left) / self.scale, (point.y + self.top) / self.scale
        return Position(x * 360 - 180, degrees(atan(sinh(pi * (1 - 2 * y)))))

    def unit(self, latitude: float) -> float:
        """Metres of a unit at that latitude."""
        return EQUATOR * cos(radians(latitude)) / self.scale


class Raster:
    """Boxes by the squares that they lie in, so that few are held against another."""

    SIDE = 64.0  # units

    def __init__(self, boxes: Iterable[Box] = ()) -> None:
        self._squares: dict[tuple[int, int], list[Box]] = defaultdict(list)
        for box in boxes:
            self.add(box)

    def add(self, box: Box) -> None:
        for square in self._of(box):
            self._squares[square].append(box)

    def is_free(self, box: Box) -> bool:
        """Whether the box meets none of those here."""
        return not any(box.meets(other) for square in self._of(box) for other in self._squares.get(square, ()))

    def _of(self, box: Box) -> Iterator[tuple[int, int]]:
        columns = range(int(box.left // self.SIDE), int(box.right // self.SIDE) + 1)
        rows = range(int(box.top // self.SIDE), int(box.bottom // self.SIDE) + 1)
        return ((column, row) for column in columns for row in rows)


def at_zoom(zoom: float) -> Frame:
    """The world as tiles of that zoom show it; between whole zooms they are drawn larger."""
    return Frame(TILE * 2.0**zoom)


def world(place: Position) -> Point:
    """The place with the whole world one unit wide and high."""
    return Point((place.longitude + 180) / 360, (1 - asinh(tan(radians(place.latitude))) / pi) / 2)


def bounds(points: Iterable[Point]) -> Box:
    """The rectangle around points, of which there is at least one."""
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def thinned(points: Sequence[Point], least: float) -> tuple[Point, ...]:
    """A line without the points that lie nearer than ``least`` to the one before; its ends stay."""
    line = list(points[:1])
    for point in points[1:-1]:
        if abs(point.x - line[-1].x) >= least or abs(point.y - line[-1].y) >= least:
            line.append(point)
    return (*line, *points[1:][-1:])
