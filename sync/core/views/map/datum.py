"""From WGS-84, in which phones tell places, to GCJ-02, in which 高德 and 腾讯 draw their maps, and back.

The state's own formula is not published. This is the one that was found out and that all libraries share, written
after github.com/googollee/eviltransform. ``tests/core/views/test_datum.py`` holds its published points, which come out
to the last digit with the radius of Krasovsky's ellipsoid. It agrees with the maps within a few metres.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, radians, sin, sqrt

from sync.core.sheet.values.places import GCJ02, Position

RADIUS = 6_378_245.0  # metres, of Krasovsky's ellipsoid
ECCENTRICITY = 0.00669342162296594323  # squared, of the same
ROUNDS = 4  # each makes what is off some thousand times smaller
EDGE = (72.004, 137.8347, 0.8293, 55.8271)  # degrees west, east, south, north, between which places are moved


def between(source: str, target: str) -> Callable[[Position], Position]:
    """What moves a place of one of ``DATUMS`` to another."""
    if source == target:
        return lambda place: place
    return to_gcj02 if target == GCJ02 else to_wgs84


def to_gcj02(place: Position) -> Position:
    """A place of WGS-84 where GCJ-02 has it."""
    west, east, south, north = EDGE
    if not (west <= place.longitude <= east and south <= place.latitude <= north):
        return place
    off = _offset(place)
    return Position(place.longitude + off.longitude, place.latitude + off.latitude)


def to_wgs84(place: Position) -> Position:
    """A place of GCJ-02 where WGS-84 has it, to less than a centimetre: what leads there when it is moved."""
    guess = place
    for _ in range(ROUNDS):
        reached = to_gcj02(guess)
        guess = Position(
            guess.longitude + place.longitude - reached.longitude, guess.latitude + place.latitude - reached.latitude
        )
    return guess


def _offset(place: Position) -> Position:
    """Degrees by which a place of WGS-84 is moved."""
    x, y = place.longitude - 105.0, place.latitude - 35.0
    curve = 1 - ECCENTRICITY * sin(radians(place.latitude)) ** 2
    east, north = _metres(x, y)
    return Position(
        east * 180 / (RADIUS / sqrt(curve) * cos(radians(place.latitude)) * pi),
        north * 180 / (RADIUS * (1 - ECCENTRICITY) / (curve * sqrt(curve)) * pi),
    )


def _metres(x: float, y: float) -> tuple[float, float]:
    """East and north. ``x``, ``y``: degrees from 105° E, 35° N."""
    both = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    east = both + 20 * sin(x * pi) + 40 * sin(x * pi / 3) + 150 * sin(x * pi / 12) + 300 * sin(x * pi / 30)
    north = both + 20 * sin(y * pi) + 40 * sin(y * pi / 3) + 160 * sin(y * pi / 12) + 320 * sin(y * pi / 30)
    root = sqrt(abs(x))
    return (
        300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east * 2 / 3,
        -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north * 2 / 3,
    )
