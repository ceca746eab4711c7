"""Places on the earth as people write them, in one cell: degrees east, a comma, degrees north."""

from __future__ import annotations

import re
from collections.abc import Collection
from math import cos, hypot, radians
from statistics import median
from typing import NamedTuple

from sync.core.sheet.values.readings import number
from sync.core.sheet.values.texts import narrow

WGS84, GCJ02 = DATUMS = ("WGS-84", "GCJ-02")  # what degrees are counted by: of satellites, of maps in China
EAST, NORTH = (73.0, 136.0), (3.0, 54.0)  # degrees between which China lies
DEGREE = 111_320.0  # metres of a degree of latitude, and of longitude at the equator
FAR = 30_000.0  # metres from the middle: a county seat is smaller, so what was typed must be wrong
FEWEST = 3  # places before one can lie far from the others
_BETWEEN = re.compile(r"[\s,、;/]+")
_WORDS = re.compile(r"[°度()\[\]]|东经|北纬|经度:?|纬度:?")
EXAMPLE = "112.3700,26.9700"


class Position(NamedTuple):
    """Degrees east and north."""

    longitude: float
    latitude: float


class Unreadable(ValueError):
    """A text that names no place in China; the sentence says what to do."""


def read_position(text: str) -> Position:
    """The place that a text names: ``112.3700,26.9700``. Raises ``Unreadable``."""
    numbers = [number(part) for part in _BETWEEN.split(_WORDS.sub(" ", narrow(text)).strip(" ,"))]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        raise Unreadable(f"应当是先经度、后纬度两个数，中间用逗号，例如 {EXAMPLE}。")
    return demand_in_china(numbers[0], numbers[1])


def demand_in_china(longitude: float, latitude: float) -> Position:
    """The place of these degrees. Raises ``Unreadable`` for one outside China."""
    if _lies_in_china(longitude, latitude):
        return Position(longitude, latitude)
    if _lies_in_china(latitude, longitude):
        raise Unreadable(f"经纬度写反了，先写经度，请改成 {latitude:g},{longitude:g}。")
    raise Unreadable(
        f"不在中国：经度应当在 {EAST[0]:g} 到 {EAST[1]:g} 之间，纬度在 {NORTH[0]:g} 到 {NORTH[1]:g} 之间，"
        f"例如 {EXAMPLE}。"
    )


def _lies_in_china(longitude: float, latitude: float) -> bool:
    return EAST[0] <= longitude <= EAST[1] and NORTH[0] <= latitude <= NORTH[1]


def middle(positions: Collection[Position]) -> Position | None:
    """The median of these places, which a few mistyped ones do not move, to hold each place against; None where they
    are too few to say which is wrong."""
    if len(positions) < FEWEST:
        return None
    return Position(median(at.longitude for at in positions), median(at.latitude for at in positions))


def is_far(position: Position, center: Position | None) -> bool:
    """Whether a place lies too far from the middle to be right."""
    return center is not None and metres(position, center) > FAR


def metres(start: Position, end: Position) -> float:
    """How far two places of a county lie apart, on a plane: a degree of longitude is shorter by the cosine."""
    across = (start.longitude - end.longitude) * cos(radians((start.latitude + end.latitude) / 2))
    return hypot(across, start.latitude - end.latitude) * DEGREE
