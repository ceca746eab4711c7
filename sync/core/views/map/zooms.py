"""The same streets and issues for a map that can be moved: at each zoom the marks and names that find a place.

A zoom shows the world 256 · 2ᶻ pixels wide wherever one looks, so that what finds a place can be said beforehand: at
whole zooms, and halfway between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sync.core.sheet.values.places import FAR, Position
from sync.core.views.map.drawing import Places, Spot, covered, drawn_roads, grouped
from sync.core.views.map.labels import place_names
from sync.core.views.map.projection import TILE, Box, Frame, Point, at_zoom, bounds
from sync.core.views.map.shapes import moved

LOWEST, HIGHEST = 10, 18  # a county seat lies in a few pixels; a house in the whole screen
NEAR = 44.0  # pixels between two marks that a finger can tell apart
EDGE = 40.0  # pixels around all places that a screen shows too: names may stand there
NARROWEST = 250.0  # pixels: the lowest zoom is the last at which all places lie in so many


@dataclass(frozen=True)
class Pin:
    """A mark: its place, the kind of the issue that matters most, its issues."""

    place: Position
    kind: str
    issues: tuple[str, ...]


@dataclass(frozen=True)
class Name:
    """A street's name, its middle at a place."""

    street: str
    kind: str
    place: Position


@dataclass(frozen=True)
class Zoom:
    """What is shown at a zoom."""

    zoom: float
    pins: tuple[Pin, ...]
    names: tuple[Name, ...]


def zooms(places: Places, highest: int = HIGHEST) -> Iterator[Zoom]:
    """Each from the one that shows all places on a phone to the highest."""
    for step in range(2 * lowest(places), 2 * highest + 1):
        zoom = step / 2
        frame = at_zoom(zoom)
        marks = tuple(grouped(places.spots, frame, NEAR))
        labels = place_names(drawn_roads(places, frame), map(covered, marks), _county(places, frame, EDGE))
        yield Zoom(
            zoom,
            tuple(Pin(frame.place(Point(m.x, m.y)), m.kind, tuple(spot.issue for spot in m.issues)) for m in marks),
            tuple(Name(label.street, label.kind, frame.place(Point(label.x, label.y))) for label in labels),
        )


def lowest(places: Places) -> int:
    """The highest whole zoom at which all places lie in the narrowest screen."""
    for zoom in range(HIGHEST, LOWEST, -1):
        box = _county(places, at_zoom(zoom), 0.0)
        if max(box.right - box.left, box.bottom - box.top) <= NARROWEST:
            return zoom
    return LOWEST


def covers(places: Places, zoom: int, x: int, y: int) -> bool:
    """Whether a tile shows something of the county: there is such a tile, and it lies within ``FAR`` of a place."""
    frame, shown = at_zoom(zoom), places.all_places
    if not shown or not zoom >= LOWEST or not (0 <= x < 1 << zoom and 0 <= y < 1 << zoom):
        return False
    county = _county(places, frame, FAR / frame.unit(shown[0].latitude))
    return county.meets(Box(x * TILE, y * TILE, (x + 1) * TILE, (y + 1) * TILE))


def _county(places: Places, frame: Frame, margin: float) -> Box:
    """What all places cover, and a margin around it."""
    left, top, right, bottom = bounds([frame.at(place) for place in places.all_places] or [Point(0.0, 0.0)])
    return Box(left - margin, top - margin, right + margin, bottom + margin)


def moved_places(places: Places, shift: Callable[[Position], Position]) -> Places:
    """The same, every place moved by ``shift``: to the datum of the tiles beneath."""

    def shifted(spots: tuple[Spot, ...]) -> tuple[Spot, ...]:
        return tuple(replace(spot, place=shift(spot.place)) if spot.place else spot for spot in spots)

    shapes = {name: moved(shape, shift) for name, shape in places.shapes.items()}
    return Places(shapes, shifted(places.spots), places.missing, shifted(places.odd))
