"""The rules and the calendar in the browser: in plain words, as a draft, tried on a past month, in force, and back.

Only the office and the standards office change them; every change has a reason and can be undone.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import flask
from flask import redirect, render_template, request

from sync import revision
from sync.core.look.status import calendar_warning
from sync.core.people.permissions import OVERSEERS
from sync.core.rules import holidays
from sync.core.rules.rules import Rules, RulesError, load
from sync.core.scores.lines import month_of
from sync.core.sheet.values.texts import clean, is_whole
from sync.core.views.periods.simulate import NotKnown, simulate
from sync.ledger.operations.editions import Edition, Editions
from sync.revision import NotInForce
from webhook import access
from webhook.access import Site

CHANGED = "您打开以后，草稿又被改过（别人改的，或者您在别处填了日历），没有保存。您打的字还在下面；再存一次就以它为准。"
MOST_TEXT = 400_000  # characters of a rules file


def blueprint(site: Site, nudge: Callable[[], None]) -> flask.Blueprint:
    """The pages; ``nudge`` makes the next look come soon when other rules are in force."""
    routes = flask.Blueprint("rulebook", __name__)

    @routes.before_request
    @access.needs(*OVERSEERS)
    def only_overseers() -> None:
        return None

    @routes.get("/rules")
    def plain() -> str:
        return plain_page(site)

    @routes.get("/rules/draft")
    def draft() -> str:
        return _draft(site)

    @routes.post("/rules/draft")
    def keep() -> Any:
        text = request.form.get("text", "")
        if not text.strip() or len(text) > MOST_TEXT:
            return _draft(site, "规则不能是空的，也不能太长，没有保存。"), 422
        if request.form.get("seen") != revision.digest(revision.draft(site.service).text):
            return _draft(site, CHANGED, request.form.get("reason", ""), text.replace("\r\n", "\n")), 409
        revision.save_draft(site.service, text, access.visitor().name, site.now())
        act = request.form.get("act", "keep")
        if act == "force":
            return _force(site, nudge)
        return redirect("/rules/try") if act == "try" else _draft(site, "草稿存好了，现在的规则没有变。")

    @routes.post("/rules/drop")
    def drop() -> Any:
        Editions(site.service.ledger).drop_draft()
        return redirect("/rules/draft")

    @routes.post("/rules/check")
    def check() -> Any:
        body = request.get_json(silent=True)
        text = body.get("text") if isinstance(body, dict) else None
        if not isinstance(text, str) or len(text) > MOST_TEXT or not is_whole(text):
            return flask.jsonify(error="请求的格式不对。"), 422
        problems = revision.problems(site.service, text)
        return flask.jsonify(problems=[{"line": p.line, "column": p.column, "message": p.message} for p in problems])

    _edition_routes(routes, site, nudge)
    _calendar_routes(routes, site)
    return routes


def _edition_routes(routes: flask.Blueprint, site: Site, nudge: Callable[[], None]) -> None:
    trying = threading.Lock()  # a simulation is long work: one at a time

    @routes.get("/rules/try")
    def tried() -> Any:
        with trying:
            return _tried(site, request.args.get("month", ""))

    @routes.get("/rules/editions/<int:number>")
    def edition(number: int) -> Any:
        return _edition(site, number)

    @routes.post("/rules/editions/<int:number>/back")
    def back(number: int) -> Any:
        return _back(site, number, nudge)


# In plain words


def plain_page(site: Site, message: str = "") -> str:
    """All rules in plain words, under what is to be told."""
    rules = site.service.rules()
    bases = sorted(rules.clauses(), key=lambda basis: SECTION_ORDER.get(basis.kind, len(SECTION_ORDER)))
    groups = [(kind, list(group)) for kind, group in groupby(bases, key=lambda basis: basis.kind)]
    return render_template(
        "rules.html", groups=groups, plan=rules.plan, uncovered=rules.uncovered(), message=message,
        editions=revision.editions(site.service, site.now()), draft=Editions(site.service.ledger).draft(),
        trouble=site.service.trouble,
    )  # fmt: skip


SECTION_ORDER = {
    kind: at
    for at, kind in enumerate(("任务", "类别", "受理时间", "到期提醒", "返工时限", "重复出现", "升级", "逐级上报"))
}


# The draft


def _draft(site: Site, message: str = "", reason: str = "", typed: str = "") -> str:
    """``typed``: what was typed and not kept, to be shown again."""
    draft, text = revision.draft(site.service), site.service.rules_text()
    shown = typed or draft.text
    return render_template(
        "rules_draft.html", draft=draft, shown=shown, seen=revision.digest(draft.text), message=message, reason=reason,
        problems=revision.problems(site.service, shown), changed=list(_difference(text, shown)),
        behind=draft.base != revision.digest(text),
    )  # fmt: skip


def _difference(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Lines of the difference with what each is: ``added``, ``gone``, ``same`` or ``place``."""
    old, new = before.splitlines(), after.splitlines()
    for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(2):
        yield "place", f"第 {group[0][3] + 1} 行附近"
        for kind, start, end, new_start, new_end in group:
            if kind == "equal":
                yield from (("same", line) for line in old[start:end])
            else:
                yield from (("gone", line) for line in old[start:end])
                yield from (("added", line) for line in new[new_start:new_end])


def _force(site: Site, nudge: Callable[[], None]) -> Any:
    reason, draft = clean(request.form.get("reason", "")), revision.draft(site.service)
    try:
        made = revision.put_in_force(site.service, draft.text, draft.base, access.visitor().name, reason, site.now())
    except NotInForce as error:
        return _draft(site, str(error), reason), 409
    nudge()
    return plain_page(site, in_force(made))


def in_force(made: Edition) -> str:
    """What is told of an edition that came in force."""
    words = "没有定下来的（时限、计分）从下一轮起按新的规则，已经定下来的不动。"
    return f"已经启用，这是第 {made.n} 版。{words}"


# A past month


def _months(site: Site) -> list[str]:
    stamps = site.service.ledger.memory().stamps.values()
    return sorted({month_of(issue.received) for issue in stamps if issue.street}, reverse=True)


def _tried(site: Site, month: str) -> Any:
    months = _months(site)
    month = month or next(iter(months), "")
    comparison, message = None, ""
    try:
        other = load(revision.draft(site.service).text)
        if month:
            rules, memory = site.service.rules(), site.service.ledger.everything()
            comparison = simulate(site.service.templates, memory, rules, other, month, site.now())
    except RulesError as error:
        message = f"草稿还有 {len(error.problems)} 处错，改好才能模拟。"
    except NotKnown as error:
        message = str(error)
    page = render_template("rules_try.html", comparison=comparison, months=months, month=month, message=message)
    return page, 200 if not message else 422


# Editions


def _edition(site: Site, number: int) -> Any:
    editions = {edition.n: edition for edition in revision.editions(site.service, site.now())}
    if number not in editions:
        return plain_page(site, f"没有第 {number} 版。"), 404
    before = editions[number - 1].text if number - 1 in editions else ""
    changed = list(_difference(before, editions[number].text))
    return render_template("rules_edition.html", edition=editions[number], newest=max(editions), changed=changed)


def _back(site: Site, number: int, nudge: Callable[[], None]) -> Any:
    chosen = next((e for e in revision.editions(site.service, site.now()) if e.n == number), None)
    if chosen is None:
        return plain_page(site, f"没有第 {number} 版。"), 404
    base = revision.digest(site.service.rules_text())
    try:
        made = revision.put_in_force(
            site.service, chosen.text, base, access.visitor().name, f"退回到第 {number} 版", site.now()
        )
    except NotInForce as error:
        return plain_page(site, str(error)), 409
    nudge()
    return plain_page(site, f"已经退回到第 {number} 版的内容，记为第 {made.n} 版。")


# The calendar


def _calendar_routes(routes: flask.Blueprint, site: Site) -> None:
    @routes.get("/calendar")
    def calendar() -> Any:
        return _calendar(site, _year(request.args) or site.now().year)

    @routes.post("/calendar")
    def write() -> Any:
        given, year = request.form, _year(request.form)
        if not year:
            return _calendar(site, site.now().year, "请选年份。"), 422
        off, on = (_lines(given.get(key, "")) for key in ("off", "on"))
        draft = revision.draft(site.service)
        text = holidays.with_year(draft.text, year, given.get("published") == "yes", off, on)
        if problems := revision.problems(site.service, text):
            return _calendar(site, year, f"没有存：{problems[0].message}", given), 422
        revision.save_draft(site.service, text, access.visitor().name, site.now())
        return _draft(site, f"{year} 年的日历写进了草稿，启用以后才生效。", f"填写 {year} 年放假和调休安排")


def _year(given: Mapping[str, str]) -> int:
    """The year that is asked for; 0 for none that there can be."""
    year = given.get("year", "")
    return int(year) if len(year) == 4 and year.isdecimal() and 2004 <= int(year) <= 2100 else 0


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _calendar(site: Site, year: int, message: str = "", typed: Any = None) -> str:
    rules = site.service.rules()
    table = rules.calendar.published(year)
    return render_template(
        "calendar.html", year=year, this_year=site.now().year, known=year in rules.calendar.known, message=message,
        off=typed["off"] if typed else "\n".join(holidays.written(table, works=False)),
        on=typed["on"] if typed else "\n".join(holidays.written(table, works=True)),
        months=[(f"{month}月", _weeks(rules, year, month)) for month in range(1, 13)],
        warning=calendar_warning(rules, site.now().date()),
    )  # fmt: skip


def _weeks(rules: Rules, year: int, month: int) -> list[list[tuple[int, str, str] | None]]:
    """Weeks from Monday: (day of the month, what it is, why); None outside the month."""
    first = date(year, month, 1)
    day = first - timedelta(days=first.weekday())
    weeks = []
    while day.month == month or day < first:
        week = [day + timedelta(days=n) for n in range(7)]
        weeks.append([_day(rules, day) if day.month == month else None for day in week])
        day += timedelta(days=7)
    return weeks


def _day(rules: Rules, day: date) -> tuple[int, str, str]:
    works, note = rules.calendar.is_workday(day), rules.calendar.note(day)
    weekday = day.weekday() < 5
    kind = ("work" if weekday else "on") if works else ("off" if weekday or "放假" in note else "weekend")
    return day.day, kind, note
