"""Streets and open issues on a plain drawing, north up, to scale, with no map of others (plan 五·3).

Marks that would lie over each other are one mark with their count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import NamedTuple

from sync.core.sheet.values.places import Position, is_far, middle
from sync.core.views.map.labels import Label, Road, around, place_names
from sync.core.views.map.projection import Box, Frame, Point, bounds, thinned, world
from sync.core.views.map.shapes import Shape, lies_near

MARGIN = 30.0
SMALLEST = 400.0  # metres across: a few issues in one street are not blown up further
LOWEST = 0.5  # of the width: the height of a drawing of places that lie side by side
BARS = (50, 100, 200, 500, 1000, 2000, 5000)  # metres
LEAST_STEP = 1.0  # units between two points of a line that can be told apart
MARK = 12.0  # units from the middle of a mark to its edge
PIN_KINDS = ("late", "rework", "open", "fixed", "other")  # the one that matters most first
LATE, OPEN, CALM = ROAD_KINDS = ("late", "open", "calm")  # something on it is late, is open, nothing is


@dataclass(frozen=True)
class Spot:
    """An open issue with its place, None where none is known. ``kind``: how it stands, one of ``PIN_KINDS``."""

    issue: str
    street: str
    kind: str
    place: Position | None


@dataclass(frozen=True)
class Mark:
    """One mark at (x, y) of the drawing: its issues, and the kind of the one that matters most."""

    x: float
    y: float
    kind: str
    issues: tuple[Spot, ...]


class Size(NamedTuple):
    """``near``: units between two marks that a finger can tell apart; ``tallest``: of the width."""

    width: float
    near: float
    tallest: float


PHONE = Size(356.0, 48.0, 1.3)  # as wide as a phone of 390 pixels shows it: 44 of them on one of 360
SCREEN = Size(860.0, 54.0, 0.72)  # shown at 702 pixels or more


@dataclass(frozen=True)
class Places:
    """What can be drawn, and what can't: ``missing``: issues that lie at no known place; ``odd``: those whose place
    lies far off. ``shapes`` by street, without those that lie far off."""

    shapes: Mapping[str, Shape]
    spots: tuple[Spot, ...]
    missing: tuple[Spot, ...]
    odd: tuple[Spot, ...]

    @property
    def all_places(self) -> list[Position]:
        lines = [place for shape in self.shapes.values() for place in shape.places]
        return [*lines, *(spot.place for spot in self.spots if spot.place)]

    @property
    def all_spots(self) -> tuple[Spot, ...]:
        return (*self.spots, *self.missing, *self.odd)


@dataclass(frozen=True)
class Drawing:
    """``bar``: metres of the scale bar, ``bar_length`` its length in the drawing; ``reach``: units around a mark that
    are its to be tapped."""

    width: float
    height: float
    roads: tuple[Road, ...]
    labels: tuple[Label, ...]
    marks: tuple[Mark, ...]
    bar: int
    bar_length: float
    reach: float


def sort_out(spots: Iterable[Spot], shapes: Mapping[str, Shape]) -> Places:
    """What lies where. The middle is that of all streets and issues, which a few mistyped places do not move."""
    known: list[Spot] = []
    missing: list[Spot] = []
    for spot in spots:
        (known if spot.place else missing).append(spot)
    center = middle(
        [*(shape.runs[0][0] for shape in shapes.values()), *(spot.place for spot in known if spot.place is not None)]
    )
    near: list[Spot] = []
    odd: list[Spot] = []
    for spot in known:
        (odd if spot.place and is_far(spot.place, center) else near).append(spot)
    drawn = {name: shape for name, shape in shapes.items() if lies_near(shape, center)}
    return Places(drawn, tuple(near), tuple(missing), tuple(odd))


def draw(places: Places, size: Size) -> Drawing:
    """The drawing, as high as the places ask for."""
    there = places.all_places
    frame, height = _fit(there, size)
    roads, marks = drawn_roads(places, frame), tuple(grouped(places.spots, frame, size.near))
    labels = place_names(roads, map(covered, marks), Box(0.0, 0.0, size.width, height))
    unit = frame.unit(there[0].latitude if there else 0.0)
    bar = max((length for length in BARS if length / unit <= size.width / 3), default=BARS[0])
    return Drawing(size.width, round(height, 1), roads, labels, marks, bar, round(bar / unit, 1), size.near / 2)


def drawn_roads(places: Places, frame: Frame) -> tuple[Road, ...]:
    """The streets, what matters most first, of the same kind the longest first: so they are named, and drawn last."""
    kinds, roads = _kinds_by_street(places.all_spots), []
    for name, shape in places.shapes.items():
        lines = tuple(thinned([frame.at(place) for place in run], LEAST_STEP) for run in shape.runs)
        on_it = kinds.get(name, [])
        kind = LATE if LATE in on_it else OPEN if on_it else CALM
        roads.append(Road(name, kind, len(on_it), lines, shape.closed))
    return tuple(sorted(roads, key=lambda road: (ROAD_KINDS.index(road.kind), -road.length)))


def _kinds_by_street(spots: Iterable[Spot]) -> Mapping[str, Sequence[str]]:
    """How the open issues of each street stand."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for spot in spots:
        kinds[spot.street].append(spot.kind)
    return kinds


def covered(mark: Mark) -> Box:
    """What a mark covers."""
    return around(Point(mark.x, mark.y), MARK)


def _fit(places: Collection[Position], size: Size) -> tuple[Frame, float]:
    """The frame that shows all places in the middle of the drawing, and the drawing's height."""
    inner = size.width - 2 * MARGIN
    if not places:
        return Frame(inner), size.width * LOWEST
    box, latitude = bounds(map(world, places)), max(place.latitude for place in places)
    smallest = SMALLEST / Frame(1.0).unit(latitude)
    across, up = max(box.right - box.left, smallest), max(box.bottom - box.top, smallest / 4)
    scale = min(inner / across, (size.tallest * size.width - 2 * MARGIN) / up)
    height = max(size.width * LOWEST, up * scale + 2 * MARGIN)
    left = (box.left + box.right) / 2 * scale - size.width / 2
    return Frame(scale, left, (box.top + box.bottom) / 2 * scale - height / 2), height


def grouped(spots: Sequence[Spot], frame: Frame, near: float) -> Iterator[Mark]:
    """Near ones together, each with the first that lies near it; what matters most is placed first and so is seen."""
    groups: list[tuple[Point, list[Spot]]] = []
    squares: dict[tuple[int, int], list[int]] = defaultdict(list)  # of ``near`` units: the groups whose first is there
    for spot in sorted(spots, key=lambda spot: (PIN_KINDS.index(spot.kind), spot.issue)):
        if spot.place is None:
            continue
        at = frame.at(spot.place)
        column, row = int(at.x // near), int(at.y // near)
        around_it = (squares.get((column + right, row + down), ()) for right in (-1, 0, 1) for down in (-1, 0, 1))
        beside = [number for square in around_it for number in square if _apart(groups[number][0], at) < near]
        if beside:
            groups[min(beside)][1].append(spot)
        else:
            squares[column, row].append(len(groups))
            groups.append((at, [spot]))
    for at, group in groups:
        yield Mark(round(at.x, 1), round(at.y, 1), group[0].kind, tuple(group))


def _apart(point: Point, other: Point) -> float:
    return hypot(point.x - other.x, point.y - other.y)
