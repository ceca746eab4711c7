"""``/month``: a month's ranking within groups, rates and advice, each score opening into its lines (plan 四·3, 四·4).

A ranking is the bureau's own: who oversees all sees all of it, a commander and a secretary their part, a chief his
streets' lines and rank, a unit its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import flask
from flask import render_template, request

from sync.core.look.findings import Look
from sync.core.look.seals import GROUP_KINDS
from sync.core.people.permissions import Person, sees_score
from sync.core.scores import periods
from sync.core.scores.lines import BASE, BRANCH, DISTRICT, STREET, month_of
from sync.core.scores.standings import Standing
from sync.core.sheet import serials
from sync.core.sheet.rows import plain
from webhook import access
from webhook.access import Site
from webhook.look_cache import LookCache
from webhook.pages.explain import sees_issue, sees_line

NOT_THERE = "没有这个月的这一个得分，或者不归您看。"


@dataclass(frozen=True)
class Place:
    """A row of the ranking with what people decided about it. ``apart``: hundredths above (+) or below the base."""

    row: Standing
    apart: int
    decision: str
    decided: str

    @property
    def order(self) -> tuple[Any, ...]:
        return (
            GROUP_KINDS.index(self.row.kind),
            self.row.group,
            self.row.rank or 10**6,
            -self.row.score,
            self.row.target,
        )


def blueprint(site: Site, look_cache: LookCache) -> flask.Blueprint:
    """The month, and one score of it."""
    routes = flask.Blueprint("month", __name__)

    @routes.get("/month")
    @access.needs()
    def page() -> Any:
        person, look = access.current_person(), look_cache.now()
        assert person is not None
        months = sorted({row.month for row in look.scored.table}, reverse=True)
        month = request.args.get("month") or months[0]
        if month not in months:
            return render_template("closed.html", sentence="没有这个月的考核。"), 404
        return _month(look, person, month, months)

    @routes.get("/month/<month>/<kind>/<path:target>")
    @access.needs()
    def score(month: str, kind: str, target: str) -> Any:
        person, look = access.current_person(), look_cache.now()
        row = next((r for r in look.scored.table if (r.month, r.kind, r.target) == (month, kind, target)), None)
        if person is None or row is None or not sees(look, person, row):
            return render_template("closed.html", sentence=NOT_THERE), 404
        return _score(site, look, person, row)

    return routes


def sees(look: Look, person: Person, row: Standing) -> bool:
    """A chief sees the months that were his, and this one of his streets; what his predecessor's led to is not his."""
    mine = bool(row.chief) and row.chief == person.name
    over = row.month < month_of(look.now) and row.chief
    viewer = replace(person, streets=frozenset()) if over else person
    return mine or sees_score(viewer, row.kind, row.target, look.roster, look.now.date())


def _month(look: Look, person: Person, month: str, months: list[str]) -> str:
    table = [row for row in look.scored.table if row.month == month]
    mine = sorted((_place(look, row) for row in table if sees(look, person, row)), key=lambda place: place.order)
    groups: dict[tuple[str, str], list[Place]] = {}
    for place in mine:
        groups.setdefault((place.row.kind, place.row.group), []).append(place)
    sizes = {key: sum(1 for row in table if (row.kind, row.group) == key) for key in groups}
    quarter = periods.quarter_of(month)
    terms = {quarter.name: look.scored.quarters, f"{quarter.year}": look.scored.years}
    return render_template(
        "month.html", month=month, months=months, groups=groups, sizes=sizes, seal=look.scored.seals.get(month),
        widest={kind: max((abs(place.apart) for place in mine if place.row.kind == kind), default=0) or 1
                for kind in GROUP_KINDS}, rules=look.rules,
        terms={name: _terms(look, person, name, rows) for name, rows in terms.items()},
        drift=look.drift.get(month, ("", []))[1] if person.oversees else [],
    )  # fmt: skip


def _terms(look: Look, person: Person, name: str, rows: Mapping[tuple[str, ...], Mapping[str, Any]]) -> list[Any]:
    """The rows of that quarter or year that are his to see."""
    day = look.now.date()
    return [
        cells
        for (term, target, kind), cells in rows.items()
        if term == name and sees_score(person, kind, target, look.roster, day)
    ]


def _place(look: Look, row: Standing) -> Place:
    known = look.memory.known.get("scores", {}).get(f"{row.month}·{row.target}·{row.kind}")
    cells = known.cells if known else {}
    apart, decided = row.score - look.rules.score.base, _day(cells.get("decided_on"), look)
    return Place(row, apart, plain(cells.get("decision")), decided)


def _day(raw: Any, look: Look) -> str:
    """A date cell as words."""
    at = serials.moment(raw, look.reading.zone)
    return f"{at:%Y-%m-%d}" if at else plain(raw)


def _trail(site: Site, look: Look, row: Standing) -> list[tuple[Any, str, str, str]]:
    """What people decided, each change: when, which column, before, after."""
    entries = site.service.trail(f"{row.month}·{row.target}·{row.kind}")
    return [(entry["at"], entry["what"], entry["before"], entry["after"]) for entry in entries]


def _score(site: Site, look: Look, person: Person, row: Standing) -> str:
    lines = [line for line in look.scored.every if (line.month, line.kind, line.target) == (
        row.month, row.kind, row.target)]  # fmt: skip
    lines.sort(key=lambda line: (line.rule != BASE, line.date, line.id))
    sums = list(accumulate(line.points for line in lines))
    parts = [each for each in look.scored.table if each.month == row.month and each.kind == STREET
             and _part_of(look, each, row)]  # fmt: skip
    return render_template(
        "score.html", row=row, place=_place(look, row), seal=look.scored.seals.get(row.month), parts=parts,
        lines=[(line, total, sees_issue(look, person, line.issue), sees_line(look, person, line))
               for line, total in zip(lines, sums, strict=True)],
        trail=_trail(site, look, row),
    )  # fmt: skip


def _part_of(look: Look, each: Standing, row: Standing) -> bool:
    """Whether a street's score is in the mean of a branch or district."""
    field = {BRANCH: "branch", DISTRICT: "district"}.get(row.kind)
    street = next((s for s in look.roster.streets if s.name == each.target), None)
    return bool(field and street and getattr(street, field) == row.target)
