"""``/map``: streets as named lines and the open issues on them, with no map of others."""

from __future__ import annotations

from collections.abc import Iterator

import flask
from flask import render_template

from sync.core.issues import life as lives
from sync.core.look.findings import Look
from sync.core.people.ordering import by_number
from sync.core.people.permissions import Person, sees
from sync.core.sheet.photos import ids, photo_lines
from sync.core.sheet.places import Position
from sync.core.views.map.drawing import PHONE, PIN_KINDS, SCREEN, Places, Spot, draw, sort_out
from sync.core.views.map.shapes import roster_shapes
from sync.intake.street_file import StreetFile
from webhook import access
from webhook.access import Site
from webhook.look_cache import LookCache

WORDS = {"late": "超期", "rework": "返工", "open": "待整改", "fixed": "待复核", "other": "挂账、待核实"}
ROAD_WORDS = {"late": "有超期的", "open": "有没办完的", "calm": "都办完了"}
KIND = {lives.OPEN: "open", lives.REWORK: "rework", lives.FIXED: "fixed"}
OVER = (lives.CLOSED, lives.VOID, "")


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """The page, to each with the issues that are his to see."""
    routes = flask.Blueprint("places", __name__)

    @routes.get("/map")
    @access.needs()
    def page() -> str:
        return _page(site.service.street_file, look_cache.now(), access.visitor())

    return routes


def _page(street_file: StreetFile, look: Look, person: Person) -> str:
    day = look.now.date()
    drawn, problems = street_file.shapes(look.roster, day)
    places = sort_out(_spots(look, person), roster_shapes(look.roster, day) | drawn)
    shown = [draw(places, size) for size in (SCREEN, PHONE)]
    rows = sorted(places.all_spots, key=lambda spot: (PIN_KINDS.index(spot.kind), spot.issue))
    photos = {spot.issue: _photo(look, spot.issue) for spot in rows}
    return render_template(
        "map.html", drawings=shown, places=places, rows=rows, words=WORDS, road_words=ROAD_WORDS, photos=photos,
        follow=look.followed, now=look.now, rules=look.rules, undrawn=_undrawn(look, places),
        problems=problems,
    )  # fmt: skip


def _spots(look: Look, person: Person) -> Iterator[Spot]:
    for rid, each in look.followed.items():
        if each.life.state not in OVER and sees(person, each.area):
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
