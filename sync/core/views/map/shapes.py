"""Streets as lines on the earth: from 起点 and 终点 of 街路名册."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

from sync.core.people.roster import Roster
from sync.core.sheet.values.places import Position, is_far

Run = tuple[Position, ...]


@dataclass(frozen=True)
class Shape:
    """A street. ``runs``: its lines, each through these places (a single place is a point); ``closed``: they are the
    edges of areas."""

    street: str
    runs: tuple[Run, ...]
    closed: bool = False

    @property
    def places(self) -> Iterable[Position]:
        return (place for run in self.runs for place in run)


def roster_shapes(roster: Roster, day: date) -> dict[str, Shape]:
    """By name, the streets in use that day whose row says where they lie; a point where only 起点 is filled."""
    shapes = {}
    for street in roster.streets:
        if street.start and street.span.holds(day):
            ends = (street.start,) if street.end in (None, street.start) else (street.start, street.end)
            shapes[street.name] = Shape(street.name, (tuple(end for end in ends if end),))
    return shapes


def moved(shape: Shape, shift: Callable[[Position], Position]) -> Shape:
    """The same, each place moved by ``shift``."""
    return replace(shape, runs=tuple(tuple(map(shift, run)) for run in shape.runs))


def lies_near(shape: Shape, center: Position | None) -> bool:
    """Whether all of a street lies so near the middle of the county that it can be drawn with the others."""
    return not any(is_far(place, center) for place in shape.places)
