"""WGS-84 and GCJ-02 against the points that eviltransform publishes (github.com/googollee/eviltransform, c/test.c)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.sheet.values.places import Position, metres
from sync.core.views.map.datum import to_gcj02, to_wgs84

POINTS = {
    "shanghai": (Position(121.5272106, 31.1774276), Position(121.531541859215, 31.17530398364597)),
    "shenzhen": (Position(113.912316, 22.543847), Position(113.9171764808363, 22.540796131694766)),
    "beijing": (Position(116.377817, 39.911954), Position(116.38404722455657, 39.91334545536069)),
}


@pytest.mark.parametrize("name", POINTS)
def test_published_points_are_met_both_ways(name: str) -> None:
    wgs, gcj = POINTS[name]
    assert tuple(to_gcj02(wgs)) == pytest.approx(tuple(gcj), abs=1e-12)
    assert metres(to_wgs84(gcj), wgs) < 0.01


@given(st.floats(73, 136), st.floats(3, 54))
def test_there_and_back_is_the_same_place_anywhere_in_china(longitude: float, latitude: float) -> None:
    place = Position(longitude, latitude)
    assert metres(to_gcj02(to_wgs84(place)), place) < 0.01
    assert metres(to_wgs84(to_gcj02(place)), place) < 0.01
    assert 10 < metres(to_gcj02(place), place) < 1500


def test_a_place_abroad_is_not_moved() -> None:
    london = Position(-0.1276, 51.5072)
    assert to_gcj02(london) == london == to_wgs84(london)
