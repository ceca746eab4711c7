"""The bureau's own file of streets: GeoJSON (RFC 7946), each feature with the name of a street in its properties."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sync.core.people.roster import Roster
from sync.core.sheet.rows import nearest, quoted
from sync.core.sheet.values.places import FAR, Position, Unreadable, demand_in_china, middle
from sync.core.sheet.values.texts import clean
from sync.core.views.map.shapes import Run, Shape, lies_near

NAME_KEYS = ("街路", "名称", "路名", "道路名称", "name", "NAME", "Name")  # of properties: any may hold the name
MOST_PLACES = 20_000  # in all lines together
MOST_STRANGE = 10  # names in a sentence
DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
AREAS = ("Polygon", "MultiPolygon")


class Unusable(ValueError):
    """A file or a feature that can't be drawn; the sentence says what is wrong."""


@dataclass(frozen=True)
class Feature:
    """One feature that can be drawn: a name, its runs of places, whether they are edges of areas."""

    name: str
    runs: tuple[Run, ...]
    closed: bool


def features(content: object) -> tuple[tuple[Feature, ...], tuple[str, ...]]:
    """The features of a file's JSON that can be drawn, and sentences about the others. Raises ``Unusable`` for JSON
    that is no ``FeatureCollection``, or too large."""
    listed = content.get("features") if isinstance(content, dict) else None
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection" or not isinstance(listed, list):
        raise Unusable("不是 GeoJSON：最外层应当是 FeatureCollection，里面有 features。")
    drawable, problems, places = [], [], 0
    for number, feature in enumerate(listed, 1):
        try:
            drawable.append(read := _feature(feature))
        except Unusable as error:
            problems.append(f"第 {number} 个要素{error}")
            continue
        places += sum(map(len, read.runs))
        if places > MOST_PLACES:
            raise Unusable(f"点太多：全部线一共最多 {MOST_PLACES} 个点，请先简化。")
    return tuple(drawable), tuple(problems)


def _feature(feature: object) -> Feature:
    """Raises ``Unusable``."""
    properties, geometry = (
        (feature.get("properties"), feature.get("geometry")) if isinstance(feature, dict) else (None, None)
    )
    name = _name(properties if isinstance(properties, dict) else {})
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or not isinstance(kind, str) or kind not in DEPTHS:
        raise Unusable(f"（{name}）的形状是 {quoted(str(kind))}，只认点、线和面（Point、LineString、Polygon 等）。")
    try:
        runs = tuple(_runs(geometry.get("coordinates"), DEPTHS[kind]))
    except Unreadable as error:
        raise Unusable(f"（{name}）的坐标{error}") from error
    if not runs or not all(runs):
        raise Unusable(f"（{name}）没有坐标。")
    return Feature(name, runs, kind in AREAS)


def _name(properties: Mapping[str, Any]) -> str:
    for key in NAME_KEYS:
        if isinstance(text := properties.get(key), str) and clean(text):
            return clean(text)[:60]
    raise Unusable(f"没有街路名称：请在 properties 里写 {NAME_KEYS[0]} 或者 {NAME_KEYS[4]}。")


def _runs(coordinates: object, depth: int) -> Iterator[Run]:
    """The runs of a geometry whose positions lie ``depth`` lists deep. Raises ``Unreadable``."""
    if depth == 0:
        yield (_position(coordinates),)
        return
    if not isinstance(coordinates, list):
        raise Unreadable("写法不对，应当是列表。")
    if depth == 1:
        yield tuple(_position(each) for each in coordinates)
        return
    for each in coordinates:
        yield from _runs(each, depth - 1)


def _position(coordinates: object) -> Position:
    """Longitude first (RFC 7946 section 3.1.1); a height behind it is left out. Raises ``Unreadable``."""
    pair = coordinates[:2] if isinstance(coordinates, list) else []
    if len(pair) != 2 or not all(isinstance(each, int | float) and not isinstance(each, bool) for each in pair):
        raise Unreadable("写法不对，每个点应当是 [经度, 纬度]。")
    longitude, latitude = (float(each) if abs(each) < 1000 else math.inf for each in pair)
    return demand_in_china(longitude, latitude)


def file_shapes(given: Iterable[Feature], roster: Roster, day: date) -> tuple[dict[str, Shape], tuple[str, ...]]:
    """The streets of the file by the roster's names, and a sentence about names that the roster does not know. A name
    is matched as in 问题台账: by name or alias, in use that day."""
    runs: dict[str, list[Feature]] = defaultdict(list)
    strange: list[str] = []
    for feature in given:
        street = roster.listed(feature.name, day)
        if street is None:
            strange.append(feature.name)
        else:
            runs[street.name].append(feature)
    shapes = {
        name: Shape(name, tuple(run for feature in group for run in feature.runs), all(f.closed for f in group))
        for name, group in runs.items()
    }
    return shapes, (*_strange(dict.fromkeys(strange), roster), *_far(shapes.values()))


def _far(shapes: Collection[Shape]) -> Iterator[str]:
    center = middle([shape.runs[0][0] for shape in shapes])
    if far := [shape.street for shape in shapes if not lies_near(shape, center)]:
        yield f"{'、'.join(far[:MOST_STRANGE])}离其他街路 {FAR / 1000:.0f} 千米以上，没有画，请核对经纬度。"


def _strange(names: Iterable[str], roster: Roster) -> Iterator[str]:
    listed = list(names)
    if not listed:
        return
    hint = nearest(listed[0], roster.names)
    shown = "、".join(quoted(name) for name in listed[:MOST_STRANGE])
    rest = f"等 {len(listed)} 个" if len(listed) > MOST_STRANGE else ""
    yield f"街路名册里没有{shown}{rest}，没有画。{hint}"
