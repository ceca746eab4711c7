"""The map's drawing: to scale, north up, marks that a finger can tell apart, names that cover nothing."""

from __future__ import annotations

from itertools import combinations
from math import hypot

import pytest

from sync.core.look.decide import recall
from sync.core.sheet.values.places import Position
from sync.core.views.map.drawing import (
    CALM,
    LATE,
    OPEN,
    PHONE,
    SCREEN,
    Drawing,
    Places,
    Size,
    Spot,
    covered,
    draw,
    sort_out,
)
from sync.core.views.map.labels import Road, along, place_names, width
from sync.core.views.map.projection import TILE, Box, Point, at_zoom, thinned
from sync.core.views.map.shapes import Shape, roster_shapes
from sync.demo import ground
from sync.demo.cast import places as demo_places
from tests.book import bureau, hour, templates

HERE = Position(112.37, 26.97)
KILOMETRE = 1000 / 111_320.0  # in degrees of the meridian
EAST = KILOMETRE / 0.8912  # cos 26.97°


def spots(*places: Position | None) -> list[Spot]:
    return [Spot(f"n{n}", "新正街", "open", place) for n, place in enumerate(places)]


def moved(east: float, north: float) -> Position:
    """So many kilometres from ``HERE``."""
    return Position(HERE.longitude + east * EAST, HERE.latitude + north * KILOMETRE)


def line(name: str, *places: Position) -> Shape:
    return Shape(name, (places,))


def shapes(*given: Shape) -> dict[str, Shape]:
    return {shape.street: shape for shape in given}


@pytest.mark.parametrize("size", [PHONE, SCREEN], ids=["phone", "screen"])
def test_the_drawing_is_to_scale_north_up(size: Size) -> None:
    """A kilometre east and a kilometre north are equally long, and as long as the scale bar says."""
    made = draw(sort_out(spots(HERE, moved(1, 0), moved(0, 1)), {}), size)
    at = {mark.issues[0].issue: (mark.x, mark.y) for mark in made.marks}
    across, up = at["n1"][0] - at["n0"][0], at["n0"][1] - at["n2"][1]
    assert across == pytest.approx(up, rel=0.01) and across > 0
    assert across * made.bar / 1000 == pytest.approx(made.bar_length, rel=0.01)
    assert all(0 < mark.x < made.width and 0 < mark.y < made.height for mark in made.marks)
    assert made.height <= size.tallest * size.width + 1


def test_near_ones_are_one_mark_with_the_worst_in_front() -> None:
    given = [Spot("a", "新正街", "fixed", HERE), Spot("b", "新正街", "late", HERE),
             Spot("c", "联胜路", "open", moved(3, 0)), Spot("d", "联胜路", "open", None),
             Spot("e", "联胜路", "open", Position(75.0, 26.97))]  # fmt: skip
    places = sort_out(given, {})
    made = draw(places, SCREEN)
    assert [(mark.kind, [spot.issue for spot in mark.issues]) for mark in made.marks] == [
        ("late", ["b", "a"]),
        ("open", ["c"]),
    ]
    assert [spot.issue for spot in places.missing] == ["d"] and [spot.issue for spot in places.odd] == ["e"]


def test_nothing_and_one_place_are_drawn_too() -> None:
    assert draw(sort_out([], {}), PHONE).marks == ()
    assert draw(sort_out(spots(HERE), {}), PHONE).marks[0].kind == "open"
    only = draw(sort_out([], shapes(line("高铁站广场", HERE))), PHONE)
    assert [label.street for label in only.labels] == ["高铁站广场"] and only.roads[0].kind == CALM


def test_a_street_stands_as_the_worst_issue_on_it_wherever_that_lies() -> None:
    streets = shapes(*(line(name, moved(0, n), moved(2, n)) for n, name in enumerate(("甲路", "乙路", "丙路"))))
    given = [Spot("a", "甲路", "fixed", moved(1, 0)), Spot("b", "甲路", "late", None), Spot("c", "乙路", "fixed", None)]
    made = draw(sort_out(given, streets), SCREEN)
    assert [(road.street, road.kind, road.count) for road in made.roads] == [
        ("甲路", LATE, 2),
        ("乙路", OPEN, 1),
        ("丙路", CALM, 0),
    ]


def test_a_street_far_off_is_not_drawn_and_moves_nothing() -> None:
    near = [line(f"{n}路", moved(0, n), moved(1, n)) for n in range(3)]
    places = sort_out([], shapes(*near, line("远路", Position(80.0, 40.0))))
    assert sorted(places.shapes) == ["0路", "1路", "2路"]
    assert draw(places, SCREEN) == draw(sort_out([], shapes(*near)), SCREEN)


def town() -> Places:
    """The demo's fifty streets, and three issues on each of the first twenty."""
    ends = ground.ends(place.name for place in demo_places())
    given = [
        Spot(f"{name}{n}", name, ("late", "open", "fixed")[at % 3], ground.along(ends[name], 0.2 + 0.3 * n))
        for at, name in enumerate(list(ends)[:20])
        for n in range(3)
    ]
    return sort_out(given, {name: line(name, *run) for name, run in ends.items()})


@pytest.mark.parametrize("size", [PHONE, SCREEN], ids=["phone", "screen"])
def test_no_name_covers_another_or_a_mark_or_the_edge(size: Size) -> None:
    made = draw(town(), size)
    boxes = [*name_boxes(made), *map(covered, made.marks)]
    assert len(made.labels) >= 10
    assert not [pair for pair in combinations(boxes, 2) if pair[0].meets(pair[1]) and pair[0] in name_boxes(made)]
    assert all(Box(0, 0, made.width, made.height).holds(box) for box in name_boxes(made))


def test_no_name_covers_a_street_that_is_a_point() -> None:
    """The ring lies where the street's name would stand best."""
    street = Road("新正街", CALM, 0, ((Point(0, 100), Point(100, 100)),))
    alone, *_ = place_names([street], [], None)
    ring = Road("广场", CALM, 0, ((Point(alone.x, alone.y),),))
    beside, *_ = place_names([street, ring], [], None)
    assert beside.street == "新正街" and hypot(beside.x - alone.x, beside.y - alone.y) > 12


def name_boxes(made: Drawing) -> list[Box]:
    return [
        Box(label.x - width(label.street) / 2, label.y - 6, label.x + width(label.street) / 2, label.y + 6)
        for label in made.labels
    ]


@pytest.mark.parametrize(("size", "shown"), [(PHONE, 326), (SCREEN, 702)], ids=["phone", "screen"])
def test_a_finger_meets_one_mark(size: Size, shown: float) -> None:
    """``shown``: pixels of the drawing on the narrowest screen of its kind; a finger needs 44 (WCAG 2.5.5)."""
    made = draw(town(), size)
    pixel = shown / made.width
    assert 2 * made.reach * pixel >= 43.9
    apart = min(hypot(one.x - other.x, one.y - other.y) for one, other in combinations(made.marks, 2))
    assert apart >= 2 * made.reach - 0.2


def test_what_is_late_is_named_first() -> None:
    """Two names for one place: the street that matters more has it."""
    streets = shapes(
        line("静静静静静静静路", HERE), line("忙忙忙忙忙忙忙路", moved(0, 0.01)), line("东路", moved(2, 0))
    )
    made = draw(sort_out([Spot("a", "忙忙忙忙忙忙忙路", "late", None)], streets), PHONE)
    assert made.labels[0].street == "忙忙忙忙忙忙忙路"


def test_a_name_that_finds_no_place_is_left_out() -> None:
    road = Road("新正街", CALM, 0, ((Point(50, 50), Point(60, 50)),))
    assert place_names([road], [Box(0, 0, 100, 100)], None) == ()
    assert place_names([road], [], Box(0, 0, 20, 20)) == ()
    assert len(place_names([road, road], [], None)) == 2, "the second stands elsewhere"


def test_a_long_line_loses_only_what_nobody_sees() -> None:
    points = [Point(at / 10, (at / 10) % 0.5) for at in range(1000)]
    thin = thinned(points, 1.0)
    assert 90 <= len(thin) <= 110 and (thin[0], thin[-1]) == (points[0], points[-1])
    assert thinned([Point(1, 1)], 1.0) == (Point(1, 1),)
    assert along([Point(0, 0), Point(10, 0), Point(10, 10)], 0.75) == Point(10, 5)


def test_tiles_lie_where_web_mercator_says() -> None:
    """The example of the OpenStreetMap wiki (Slippy map tilenames): Shibuya at zoom 18; a corner of the world."""
    shibuya = Position(139.7006793, 35.6590699)
    point = at_zoom(18).at(shibuya)
    assert (int(point.x // TILE), int(point.y // TILE)) == (232798, 103246)
    assert at_zoom(18).place(point) == pytest.approx(shibuya)
    assert at_zoom(0).at(Position(180.0, 85.0511287798)) == pytest.approx((256, 0), abs=1e-6)


def test_the_roster_gives_lines_and_points_of_streets_in_use() -> None:
    book = bureau()
    for row, cells in enumerate((("112.37,26.97", "112.38,26.97"), ("112.39,26.97", ""), ("112.40,26.97", "写错"))):
        for header, text in zip(("起点", "终点"), cells, strict=True):
            book.type("街路名册", row + 1, header, text)
    book.settle("2026-11-24 09:00")
    now = hour("2026-11-24 09:01")
    look = recall(templates(), book.memory, book.rules, now)
    assert [shape.runs for shape in roster_shapes(look.roster, now.date()).values()] == [
        (((112.37, 26.97), (112.38, 26.97)),),
        (((112.39, 26.97),),),
        (((112.40, 26.97),),),
    ]
