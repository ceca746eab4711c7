"""Open issues by place: their recorded 经度 and 纬度 on a plain drawing, north up, to scale (plan 五·3).

No map of anybody's is used: distances come from the coordinates alone, a degree of longitude shortened by the cosine
of the latitude. Marks that would lie over each other are one mark with their count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from statistics import median

from sync.core.people.ordering import place_order

DEGREE = 111_320.0  # metres of a degree of latitude, and of longitude at the equator
FAR = 30_000.0  # metres from the middle: a county seat is smaller, so the cell must be wrong
NEAR = 22.0  # units of the drawing between two marks that can be told apart
MARGIN = 30.0
SMALLEST = 400.0  # metres across: a few issues in one street are not blown up further
BARS = (50, 100, 200, 500, 1000, 2000, 5000)  # metres
PIN_KINDS = ("late", "rework", "open", "fixed", "other")  # the one that matters most first


@dataclass(frozen=True)
class Spot:
    """An open issue with its place. ``kind``: how it stands, one of ``PIN_KINDS``."""

    issue: str
    street: str
    kind: str
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True)
class Mark:
    """One mark at (x, y) of the drawing: its issues, and the kind of the one that matters most."""

    x: float
    y: float
    kind: str
    issues: tuple[Spot, ...]


@dataclass(frozen=True)
class Drawing:
    """``bar``: metres of the scale bar, ``bar_length`` its length in the drawing; ``missing``: streets with how many
    open issues lie at no known place; ``odd``: issues whose coordinates lie far off."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    bar: int
    bar_length: float
    missing: tuple[tuple[str, int], ...]
    odd: tuple[Spot, ...]


def draw(spots: Iterable[Spot], width: float = 640.0) -> Drawing:
    """The drawing, ``width`` units wide, as high as the places ask for (between a half and one and a half of it)."""
    known: list[Spot] = []
    nowhere: list[Spot] = []
    for spot in spots:
        (known if spot.longitude is not None and spot.latitude is not None else nowhere).append(spot)
    metres = _metres(known)
    odd = tuple(spot for spot, (x, y) in zip(known, metres, strict=True) if hypot(x, y) > FAR)
    there = [(spot, at) for spot, at in zip(known, metres, strict=True) if hypot(*at) <= FAR]
    scale, left, top, height = _fit([at for _, at in there], width)
    placed = [(spot, MARGIN + (x - left) * scale, MARGIN + (top - y) * scale) for spot, (x, y) in there]
    bar = max((length for length in BARS if length * scale <= width / 3), default=BARS[0])
    missing = Counter(spot.street for spot in nowhere)
    ordered = tuple(sorted(missing.items(), key=lambda pair: (-pair[1], place_order(pair[0]))))
    return Drawing(width, round(height, 1), tuple(_grouped(placed)), bar, round(bar * scale, 1), ordered, odd)


def _metres(spots: Sequence[Spot]) -> list[tuple[float, float]]:
    """East and north of the middle of all places."""
    if not spots:
        return []
    east = median(spot.longitude for spot in spots if spot.longitude is not None)
    north = median(spot.latitude for spot in spots if spot.latitude is not None)
    shrink = cos(radians(north))
    return [
        (((spot.longitude or 0) - east) * DEGREE * shrink, ((spot.latitude or 0) - north) * DEGREE) for spot in spots
    ]


def _fit(places: Sequence[tuple[float, float]], width: float) -> tuple[float, float, float, float]:
    """Units a metre, the west and north edge in metres, and the drawing's height."""
    inner = width - 2 * MARGIN
    if not places:
        return inner / SMALLEST, 0.0, 0.0, width / 2
    west, east = min(x for x, _ in places), max(x for x, _ in places)
    south, north = min(y for _, y in places), max(y for _, y in places)
    across, up = max(east - west, SMALLEST), max(north - south, SMALLEST / 4)
    scale = min(inner / across, (1.5 * width - 2 * MARGIN) / up)
    height = max(width / 2, up * scale + 2 * MARGIN)
    spare = (inner / scale - (east - west)) / 2, ((height - 2 * MARGIN) / scale - (north - south)) / 2
    return scale, west - spare[0], north + spare[1], height


def _grouped(placed: Sequence[tuple[Spot, float, float]]) -> Iterable[Mark]:
    """Near ones together, each with the first that lies near it; what matters most is placed first and so is seen."""
    groups: list[tuple[float, float, list[Spot]]] = []
    for spot, x, y in sorted(placed, key=lambda at: (PIN_KINDS.index(at[0].kind), at[0].issue)):
        near = next((group for group in groups if hypot(group[0] - x, group[1] - y) < NEAR), None)
        if near:
            near[2].append(spot)
        else:
            groups.append((x, y, [spot]))
    for x, y, spots in groups:
        yield Mark(round(x, 1), round(y, 1), spots[0].kind, tuple(spots))
