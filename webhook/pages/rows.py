"""``/rows``: the rows of 问题台账 that are the visitor's, to filter, sort and take along as .xlsx.

The grid is for who oversees all. What is not his never leaves the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote, urlencode

import flask
from flask import Response, render_template, request

from sync.core.look.follow import Followed
from sync.core.sheet.tabs import Tab
from sync.core.sheet.values.texts import clean
from sync.core.views.issue.listing import SORTS, Query, choices, faults, ordered, own, select, street_of, table
from sync.outgoing import xlsx
from webhook import access
from webhook.access import Site
from webhook.look_cache import LookCache

PAGE = 100  # rows on one page
MOST_TYPED = 60


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """The list, and the same rows as a file."""
    routes = flask.Blueprint("rows", __name__)

    @routes.get("/rows")
    @access.needs()
    def listed() -> str:
        return _page(look_cache, site.service.templates["issues"])

    @routes.get("/rows.xlsx")
    @access.needs()
    def file() -> Response:
        look, tab = look_cache.now(), site.service.templates["issues"]
        rows = _rows(look_cache, request.args)
        content = xlsx.render(
            {"issues": table(rows, tab, look.memory.known.get("issues", {}))},
            {"issues": tab},
            look.rules,
            look.reading.zone,
        )
        name = f"attachment; filename*=UTF-8''{quote('问题台账')}-{look.now:%Y%m%d}.xlsx"
        return Response(content, 200, {"Content-Disposition": name}, content_type=xlsx.MIME)

    return routes


def _query(given: Mapping[str, str]) -> Query:
    words = {
        key: clean(given.get(key, ""))[:MOST_TYPED].strip() for key in ("state", "unit", "street", "category", "text")
    }
    return Query(
        **words, late=given.get("late") == "1", faulty=given.get("faulty") == "1",
        since=_day(given.get("since")), until=_day(given.get("until")),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    """The day; None for none and for what is no day."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _sort(given: Mapping[str, str]) -> tuple[str, bool]:
    """By what, and whether downwards; the newest number first where nothing is asked for."""
    sort = given.get("sort", "")
    return (sort, given.get("down") == "1") if sort in SORTS else ("number", True)


def _rows(look_cache: LookCache, given: Mapping[str, str]) -> list[Followed]:
    look = look_cache.now()
    return ordered(select(own(look, access.visitor()), _query(given), look), *_sort(given))


def _page(look_cache: LookCache, tab: Tab) -> str:
    look, given = look_cache.now(), request.args.to_dict()
    rows, (sort, down) = _rows(look_cache, given), _sort(given)
    last = max(0, (len(rows) - 1) // PAGE)
    number = min(int(given["page"]), last) if given.get("page", "").isdecimal() and len(given["page"]) < 6 else 0
    return render_template(
        "rows.html", rows=rows[number * PAGE : (number + 1) * PAGE], count=len(rows), query=_query(given), sort=sort,
        down=down, sorts=SORTS, choices=choices(own(look, access.visitor())), page=number, last=last, now=look.now,
        late={each.issue.rid: each.late_words(look.rules, look.now) for each in rows}, address=_address(given),
        faults={each.issue.rid: faults(each, tab) for each in rows}, street_of=street_of,
    )  # fmt: skip


def _address(given: Mapping[str, str]):  # type: ignore[no-untyped-def]
    """A function that gives the query of this page with some of its parts changed."""

    def address(**changed: object) -> str:
        parts = {**given, **{key: str(value) for key, value in changed.items()}}
        return urlencode({key: value for key, value in parts.items() if value})

    return address
