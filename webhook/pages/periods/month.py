"""``/month``: a month's ranking within groups, rates and advice, each score opening into its lines (plan 四·3, 四·4).

A ranking is the bureau's own: who oversees all sees all of it, a commander and a secretary their part, a chief his
streets' lines and rank, a unit its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import accumulate, groupby
from typing import Any
from urllib.parse import quote, urlencode

import flask
from flask import Response, redirect, render_template, request

from sync.core.look.findings import Look
from sync.core.look.scores.seals import GROUP_KINDS
from sync.core.people.ordering import place_order
from sync.core.people.permissions import OVERSEERS, Person, above, sees_score
from sync.core.scores import periods, persons
from sync.core.scores import seal as sealing
from sync.core.scores.lines import BASE, BRANCH, DISTRICT, STREET, month_of
from sync.core.scores.standings import Standing
from sync.core.sheet.rows import cell_text, plain
from sync.core.views.periods import report as reports
from sync.core.views.periods import tasks
from sync.core.views.periods.before_seal import open_appeals
from sync.core.views.periods.praise import reason
from sync.outgoing import docx, report_pictures, xlsx
from webhook import access
from webhook.access import Site
from webhook.look_cache import LookCache
from webhook.pages.issue import sees_issue, sees_line

SEALING = "已请求封存，下一次更新时封存；有工作表读不到的，「运行状态」里会说明。"
FILES = {"docx": docx.MIME, "xlsx": xlsx.MIME}
NOT_THERE = "没有这个月的这一个得分，或者不归您看。"


def blueprint(site: Site, look_cache: LookCache, nudge: Callable[[], None]) -> flask.Blueprint:
    """The month, one score of it, and its seal. ``nudge`` makes the next look come soon."""
    routes = flask.Blueprint("month", __name__)

    @routes.get("/month")
    @access.needs()
    def page() -> Any:
        look = look_cache.now()
        months = sorted({row.month for row in look.scored.table}, reverse=True)
        month = request.args.get("month") or _open_month(months, look.scored.seals)
        if month not in months:
            access.refuse("没有这个月的考核。")
        return _month(look, month, months, SEALING if "sealing" in request.args else "")

    @routes.post("/month/<month>/seal")
    @access.needs(*OVERSEERS)
    def seal(month: str) -> Any:
        look = look_cache.now()
        if month not in {row.month for row in look.scored.table} or month >= month_of(look.now):
            access.refuse("没有这个月的考核，或者这个月还没有过完，不能封存。", 409)
        if request.form.get("sure") != "1":
            access.refuse("请先勾选「核对过了」。", 422)
        if month not in look.scored.seals:
            site.service.ledger.want_sealed(month)
            nudge()
        return redirect(f"/month?{urlencode({'month': month, 'sealing': 1})}", 303)

    @routes.get("/month/<month>/<kind>/<path:target>")
    @access.needs()
    def score(month: str, kind: str, target: str) -> Any:
        look = look_cache.now()
        row = next((r for r in look.scored.table if (r.month, r.kind, r.target) == (month, kind, target)), None)
        if row is None or not sees(look, access.visitor(), row):
            access.refuse(NOT_THERE)
        return _score(site, look, row)

    _report_routes(routes, look_cache)
    return routes


def _open_month(months: Sequence[str], seals: Container[str]) -> str:
    """The month at which the page opens: the one before this until it is sealed, since appeals are heard of that;
    ``months``: the newest first."""
    return next((month for month in months[1:2] if month not in seals), months[0])


def _report_routes(routes: flask.Blueprint, look_cache: LookCache) -> None:
    """本月通报 as files, and its charts."""

    @routes.get("/month/<name>/report.<kind>")
    @access.needs(*OVERSEERS)
    def file(name: str, kind: str) -> Any:
        made = _report(look_cache.now(), name)
        if made is None or kind not in FILES:
            access.refuse("没有这个通报。")
        shown = f"attachment; filename*=UTF-8''{quote(made.title)}.{kind}"
        return Response(_file(made, kind), 200, {"Content-Disposition": shown}, content_type=FILES[kind])

    @routes.get("/month/<name>/chart/<int:number>.png")
    @access.needs(*OVERSEERS)
    def chart(name: str, number: int) -> Any:
        made, charts = _report(look_cache.now(), name), report_pictures.CHARTS
        drawn = report_pictures.picture(made, charts[number]) if made and number < len(charts) else b""
        return Response(drawn, 200, content_type="image/png") if drawn else access.refuse("没有这张图。")


def _file(report: reports.Report, kind: str) -> bytes:
    """The report as one of ``FILES``."""
    from sync.outgoing import report_files  # what draws papers is loaded for the first, not with the page

    draw = report_files.docx if kind == "docx" else report_files.xlsx
    return draw(report, report_pictures.pictures(report))


def _report(look: Look, name: str) -> reports.Report | None:
    """The report of a period by its name; None where there is none."""
    wanted = reports.period(name)
    return reports.report(look, wanted) if wanted else None


def sees(look: Look, person: Person, row: Standing) -> bool:
    """Whether a row of 月度考核 is his to see."""
    places = above(look.roster, row.kind, row.target, look.now.date())
    past = row.month < month_of(look.now)
    return sees_score(person, row.kind, row.target, places, row.chief, past=past)


def _month(look: Look, month: str, months: list[str], message: str = "") -> str:
    table = [row for row in look.scored.table if row.month == month]
    mine = sorted((row for row in table if sees(look, access.visitor(), row)), key=_order)
    quarter, base = periods.quarter_of(month), look.rules.score.base
    return render_template(
        "month.html", month=month, months=months, seal=look.scored.seals.get(month), rules=look.rules, message=message,
        may_seal=access.visitor().oversees and month < month_of(look.now), seals_at=sealing.hour(month, look.rules),
        reports=_reports(month) if access.visitor().oversees else (), charts=report_pictures.CHARTS,
        groups={key: list(group) for key, group in groupby(mine, key=lambda row: (row.kind, row.group))},
        sizes=Counter((row.kind, row.group) for row in table), decisions={row: _decision(look, row) for row in mine},
        widest={kind: max((abs(row.score - base) for row in mine if row.kind == kind), default=0) or 1
                for kind in GROUP_KINDS},
        terms={quarter.name: _terms(look, quarter.name, look.scored.quarters),
               f"{quarter.year}年": _terms(look, f"{quarter.year}", look.scored.years)},
        tasks=_tasks(look, month, mine), reason=reason, appeals_end=sealing.appeals_end(month, look.rules),
        oversees=access.visitor().oversees, appeals=open_appeals(look, month) if access.visitor().oversees else (),
        drift=look.drift.get(month, ()) if access.visitor().oversees else [],
    )  # fmt: skip


def _reports(month: str) -> list[reports.Period]:
    """The month, its quarter and its year, by the names in addresses."""
    quarter = periods.quarter_of(month)
    names = (month, f"{quarter.year}-Q{quarter.number}", f"{quarter.year}")
    return [period for period in map(reports.period, names) if period]


def _tasks(look: Look, month: str, mine: Iterable[Standing]) -> list[tuple[Standing, Mapping[str, int]]]:
    """The visitor's streets with what each task of the plan came to, in the order of lists."""
    streets = sorted((row for row in mine if row.kind == STREET), key=lambda row: place_order(row.target))
    points = tasks.by_street(look.scored.every, month, look.rules.tasks)
    return [(row, points[row.target]) for row in streets if row.target in points]


def _order(row: Standing) -> tuple[Any, ...]:
    return GROUP_KINDS.index(row.kind), row.group, row.rank or 10**6, -row.score, place_order(row.target)


def _terms(look: Look, name: str, rows: Mapping[tuple[str, ...], Mapping[str, Any]]) -> list[Any]:
    """The rows of that quarter or year that are the visitor's to see, each with why it is commended."""
    day, visitor = look.now.date(), access.visitor()
    reasons = {(term.name, *term.key): reason(term) for term in look.scored.terms}
    himself = {persons.target(visitor.name, unit) for unit in (*look.roster.units_of(visitor.name, day), "")}
    return [
        (cells, reasons.get((term, target, kind), ""))
        for (term, target, kind), cells in rows.items()
        if term == name
        and (
            sees_score(visitor, kind, target, above(look.roster, kind, target, day))
            or (kind == persons.PERSON and target in himself)
        )
    ]


def _decision(look: Look, row: Standing) -> tuple[str, str]:
    """What people decided about a row of 月度考核, and the day of it in words."""
    known = look.memory.known.get("scores", {}).get(f"{row.month}·{row.target}·{row.kind}")
    cells = known.cells if known else {}
    return plain(cells.get("decision")), cell_text(cells.get("decided_on"), "date", look.reading.zone)


def _score(site: Site, look: Look, row: Standing) -> str:
    lines = [line for line in look.scored.every if (line.month, line.kind, line.target) == (
        row.month, row.kind, row.target)]  # fmt: skip
    lines.sort(key=lambda line: (line.rule != BASE, line.date, line.id))
    sums = list(accumulate(line.points for line in lines))
    parts = [each for each in look.scored.table if each.month == row.month and each.kind == STREET
             and _part_of(look, each, row)]  # fmt: skip
    parts.sort(key=lambda each: place_order(each.target))
    return render_template(
        "score.html", row=row, why=reason(row),
        decision=_decision(look, row), seal=look.scored.seals.get(row.month), parts=parts,
        lines=[(line, total, sees_issue(look, line.issue), sees_line(look, line))
               for line, total in zip(lines, sums, strict=True)],
        trail=site.service.trail(f"{row.month}·{row.target}·{row.kind}"),
    )  # fmt: skip


def _part_of(look: Look, each: Standing, row: Standing) -> bool:
    """Whether a street's score is in the mean of a branch or district."""
    field = {BRANCH: "branch", DISTRICT: "district"}.get(row.kind)
    street = next((s for s in look.roster.streets if s.name == each.target), None)
    return bool(field and street and getattr(street, field) == row.target)
