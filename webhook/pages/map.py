"""``/map``: streets as named lines and the open issues on them; with Leaflet it can be moved, with tiles beneath."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import flask
from flask import Response, jsonify, render_template, send_from_directory

from sync.core.issues import life as lives
from sync.core.look.findings import Look
from sync.core.people.ordering import by_number
from sync.core.people.permissions import Person, sees
from sync.core.rules.section_links import Map
from sync.core.sheet.values.photos import ids, photo_lines
from sync.core.sheet.values.places import WGS84, Position
from sync.core.views.map.datum import between
from sync.core.views.map.drawing import PHONE, PIN_KINDS, SCREEN, Places, Spot, draw, drawn_roads, sort_out
from sync.core.views.map.projection import at_zoom
from sync.core.views.map.shapes import Shape, moved, roster_shapes
from sync.core.views.map.zooms import Zoom, covers, lowest, moved_places, zooms
from sync.intake.tiles import NoTile
from sync.service import Service
from webhook import access
from webhook.access import Site
from webhook.api import compressed
from webhook.look_cache import LookCache

WORDS = {"late": "超期", "rework": "返工", "open": "待整改", "fixed": "待复核", "other": "挂账、待核实"}
ROAD_WORDS = {"late": "有超期的", "open": "有没办完的", "calm": "都办完了"}
KIND = {lives.OPEN: "open", lives.REWORK: "rework", lives.FIXED: "fixed"}
OVER = (lives.CLOSED, lives.VOID, "")
LEAFLET = Path(__file__).parent.parent / "leaflet"  # put there by deploy/leaflet.py
LEAFLET_FILES = ("leaflet.js", "leaflet.css")
TILE_SECONDS = 86400  # so long a browser keeps a tile


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """The page, to each with the issues that are his to see; what Leaflet draws, itself, and the tiles."""
    routes, county = flask.Blueprint("places", __name__), County(site.service)

    @routes.get("/map")
    @access.needs()
    def page() -> str:
        return _page(site.service, look_cache.now(), access.visitor())

    @routes.get("/map/zooms")
    @access.needs()
    def moving() -> Response:
        look = look_cache.now()
        return compressed(jsonify(_moving(look.rules.map, _places(site.service, look, access.visitor()))))

    @routes.get("/map/tiles/<int:layer>/<int:zoom>/<int:x>/<int:y>")
    @access.needs()
    def tile(layer: int, zoom: int, x: int, y: int) -> Response:
        look = look_cache.now()
        rules = look.rules.map
        if layer >= len(rules.tiles) or zoom > rules.highest or not covers(county.places(look), zoom, x, y):
            flask.abort(404)
        return _tile(site.service, rules, layer, (zoom, x, y))

    @routes.get("/leaflet/<name>")
    def leaflet(name: str) -> Response:
        if name not in LEAFLET_FILES:
            flask.abort(404)
        return send_from_directory(LEAFLET, name)

    return routes


def _page(service: Service, look: Look, person: Person) -> str:
    places = _places(service, look, person)
    problems = service.street_file.warning(look.roster, look.now.date())
    rows = sorted(places.all_spots, key=lambda spot: (PIN_KINDS.index(spot.kind), spot.issue))
    return render_template(
        "map.html", drawings=[draw(places, size) for size in (SCREEN, PHONE)], places=places, rows=rows, words=WORDS,
        road_words=ROAD_WORDS, photos={spot.issue: _photo(look, spot.issue) for spot in rows}, follow=look.followed,
        now=look.now, rules=look.rules, undrawn=_undrawn(look, places), problems=problems,
        tile_trouble=service.tiles.trouble if look.rules.map.tiles else "", movable=(LEAFLET / "leaflet.js").exists(),
    )  # fmt: skip


def _places(service: Service, look: Look, person: Person | None) -> Places:
    """What of the map is a person's to see, in WGS-84; without a person all of it."""
    return sort_out(_spots(look, person), _shapes(service, look, look.now.date()))


def _shapes(service: Service, look: Look, day: date) -> dict[str, Shape]:
    """The streets as the roster has them, or better the bureau's own file."""
    drawn, _ = service.street_file.shapes(look.roster, day)
    shift = between(look.rules.map.streets, WGS84)
    return {name: moved(shape, shift) for name, shape in (roster_shapes(look.roster, day) | drawn).items()}


def _spots(look: Look, person: Person | None) -> Iterator[Spot]:
    for rid, each in look.followed.items():
        if each.life.state not in OVER and (person is None or sees(person, each.area)):
            late = each.lateness(look.rules, look.now)
            kind, cells = "late" if late else KIND.get(each.life.state, "other"), each.issue.cells
            here = "longitude" in cells and "latitude" in cells
            yield Spot(rid, each.stamps.street, kind, Position(cells["longitude"], cells["latitude"]) if here else None)


def _photo(look: Look, issue: str) -> str:
    """The address of an issue's first photo, small; empty where this service has none."""
    lines = photo_lines(look.followed[issue].issue.cells.get("photos"))
    photo = next((photo for line in lines for photo in ids(line)), "")
    return f"/photos/{photo}?side=small" if photo else ""


def _undrawn(look: Look, places: Places) -> list[str]:
    """The streets in use whose row does not say where they lie."""
    day = look.now.date()
    return by_number({s.name for s in look.roster.streets if s.span.holds(day)} - places.shapes.keys())


# With Leaflet
def _moving(rules: Map, places: Places) -> dict[str, Any]:
    """All that Leaflet draws: places as [latitude, longitude] by the datum of the tiles."""
    there = moved_places(places, between(WGS84, rules.datum)) if rules.tiles else places
    shown = list(zooms(there, rules.highest))
    roads = {road.street: road for road in drawn_roads(there, at_zoom(rules.highest))}
    return {
        "tiles": [f"/map/tiles/{layer}/{{z}}/{{x}}/{{y}}" for layer in range(len(rules.tiles))],
        "credit": rules.credit,
        "zooms": [lowest(there), rules.highest],
        "places": [_degrees(place) for place in there.all_places],
        "streets": [
            {"street": name, "kind": road.kind, "count": road.count, "closed": road.closed,
             "lines": [[_degrees(place) for place in run] for run in there.shapes[name].runs]}
            for name, road in reversed(roads.items())
        ],
        "levels": {f"{zoom.zoom:g}": _level(zoom) for zoom in shown},
    }  # fmt: skip


def _level(zoom: Zoom) -> dict[str, Any]:
    return {
        "pins": [{"at": _degrees(pin.place), "kind": pin.kind, "issues": pin.issues} for pin in zoom.pins],
        "names": [{"at": _degrees(name.place), "kind": name.kind, "street": name.street} for name in zoom.names],
    }


def _degrees(place: Position) -> tuple[float, float]:
    """As Leaflet takes a place: within a metre."""
    return round(place.latitude, 5), round(place.longitude, 5)


@dataclass
class County:
    """Where all streets and issues lie, worked out once a look: a map asks for many tiles."""

    service: Service
    _last: tuple[Look, Places] | None = None

    def places(self, look: Look) -> Places:
        if self._last is None or self._last[0] is not look:
            self._last = look, _places(self.service, look, None)
        return self._last[1]


def _tile(service: Service, rules: Map, layer: int, tile: tuple[int, int, int]) -> Response:
    key = service.settings.environ.get(rules.key, "") if rules.key else ""
    try:
        picture = service.tiles.get(rules.tiles[layer].replace("{key}", key), *tile)
    except NoTile as error:
        return Response(str(error), 503 if error.soon else 502, content_type="text/plain; charset=utf-8")
    answer = Response(picture.content, content_type=picture.kind)
    answer.headers["Cache-Control"] = f"private, max-age={TILE_SECONDS}"
    return answer
