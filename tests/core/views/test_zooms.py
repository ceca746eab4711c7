"""The map that can be moved: what finds a place at each zoom, and which tiles show the county."""

from __future__ import annotations

from itertools import combinations
from math import hypot

import pytest

from sync.core.sheet.values.places import GCJ02, WGS84, Position, metres
from sync.core.views.map.datum import between
from sync.core.views.map.drawing import Places, sort_out
from sync.core.views.map.labels import width
from sync.core.views.map.projection import TILE, Box, at_zoom
from sync.core.views.map.zooms import HIGHEST, LOWEST, NARROWEST, NEAR, covers, lowest, moved_places, zooms
from tests.core.views.test_map import HERE, line, moved, shapes, spots, town


def test_at_each_zoom_marks_lie_apart_and_names_cover_no_other() -> None:
    for shown in zooms(town()):
        frame = at_zoom(shown.zoom)
        at = [frame.at(pin.place) for pin in shown.pins]
        assert min(hypot(a.x - b.x, a.y - b.y) for a, b in combinations(at, 2)) >= NEAR - 0.2
        boxes = []
        for name in shown.names:
            x, y = frame.at(name.place)
            boxes.append(Box(x - width(name.street) / 2, y - 6, x + width(name.street) / 2, y + 6))
        assert not [pair for pair in combinations(boxes, 2) if pair[0].meets(pair[1])]


def test_the_lowest_zoom_shows_all_and_the_highest_names_all() -> None:
    places = town()
    frame = at_zoom(lowest(places))
    xs, ys = zip(*(frame.at(place) for place in places.all_places), strict=True)
    assert NARROWEST / 2 < max(max(xs) - min(xs), max(ys) - min(ys)) <= NARROWEST
    first, *_, last = zooms(places)
    assert first.zoom == lowest(places) and last.zoom == HIGHEST
    assert len(first.names) < len(last.names) == len(places.shapes)
    assert sum(len(pin.issues) for pin in first.pins) == len(places.spots)


def test_a_map_of_nothing_and_of_one_place_has_zooms() -> None:
    assert lowest(sort_out([], {})) == HIGHEST and lowest(sort_out(spots(HERE), {})) == HIGHEST
    assert lowest(sort_out(spots(HERE, moved(500, 0)), {})) == LOWEST


def test_a_place_is_moved_to_the_datum_of_the_tiles() -> None:
    places = sort_out(spots(HERE, None), shapes(line("新正街", HERE, moved(1, 0))))
    there = moved_places(places, between(WGS84, GCJ02))
    assert there.spots[0].place and 300 < metres(there.spots[0].place, HERE) < 800
    assert there.shapes["新正街"].runs[0][0] == there.spots[0].place and there.missing == places.missing
    back = moved_places(there, between(GCJ02, WGS84))
    assert back.spots[0].place and metres(back.spots[0].place, HERE) < 0.01
    assert moved_places(places, between(WGS84, WGS84)) == places


def tile_of(zoom: int, place: Position) -> tuple[int, int, int]:
    x, y = at_zoom(zoom).at(place)
    return zoom, int(x // TILE), int(y // TILE)


@pytest.mark.parametrize(
    ("tile", "is_shown"),
    [
        (tile_of(15, HERE), True),
        (tile_of(18, moved(20, 20)), True),  # beside the county seat
        (tile_of(15, moved(60, 0)), False),
        (tile_of(15, Position(116.39, 39.91)), False),
        ((15, -1, 5), False),
        ((15, 1 << 15, 5), False),
        ((10, 5, 1 << 10), False),
        ((LOWEST - 1, 0, 0), False),
    ],
    ids=range(8),
)
def test_only_tiles_of_the_county_are_asked_for(tile: tuple[int, int, int], is_shown: bool) -> None:
    assert covers(sort_out(spots(HERE), {}), *tile) is is_shown


def test_without_any_place_there_is_no_tile() -> None:
    nowhere: Places = sort_out(spots(None), {})
    assert not covers(nowhere, *tile_of(15, HERE))
