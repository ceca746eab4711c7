"""Two steps of the set-up: 街路名册 and 组织架构 from somebody's own file, whose columns are matched by clicks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import flask
from flask import redirect, render_template, request

from sync.core.sheet.problems import FileProblem
from sync.core.sheet.tabs import Tab
from sync.core.sheet.values.texts import clean
from sync.intake.files import held_files, imports, matched_files
from sync.intake.files.held_files import HeldFile
from sync.intake.files.matched_files import LookedAt, Matching
from sync.ledger.ledger import Busy
from sync.ledger.operations.beginning import Beginning
from sync.operations import setting_up
from sync.outgoing import xlsx
from sync.sheets import set_up
from sync.sheets.gateway import Unreachable
from webhook import access
from webhook.access import Site
from webhook.pages.administration.imports import MOST_UPLOAD_BYTES, file_preview, preview_parts
from webhook.pages.administration.step_frame import frame

COME_AGAIN = "系统正在更新表格，请过几秒再点一次。"
PASTED = "粘贴的内容.csv"
OF_A_PERSON = ("name", "role", "district", "branch", "unit", "title", "mail")  # columns of 组织架构 asked of one person


def add_routes(routes: flask.Blueprint, site: Site, nudge: Callable[[], None]) -> None:
    """The addresses of both steps; ``nudge`` makes the next look come soon."""
    data = site.service.settings.data

    @routes.get("/setup/template.xlsx")
    def template() -> Any:
        answer = flask.make_response(_template(site))
        answer.mimetype = xlsx.MIME
        answer.headers["Content-Disposition"] = "attachment; filename=template.xlsx"
        return answer

    @routes.get("/setup/<any(streets, posts):step>")
    def choose(step: str) -> Any:
        return _choose(site, step)

    @routes.post("/setup/<any(streets, posts):step>/file")
    def upload(step: str) -> Any:
        try:
            file = _uploaded()
            matched_files.look(file, site.service.templates[step])  # what can't be read is told before it is stored
            held_files.hold(data, step, file)
        except FileProblem as error:
            return _choose(site, step, problems=error.problems), 422
        return redirect(f"/setup/{step}/match")

    @routes.get("/setup/<any(streets, posts):step>/match")
    def match(step: str) -> Any:
        return _match(site, step, request.args.get("sheet", ""), _number(request.args.get("head", "")))

    @routes.post("/setup/<any(streets, posts):step>/match")
    def matched(step: str) -> Any:
        return _matched(site, step, request.form)

    @routes.post("/setup/<any(streets, posts):step>/confirm")
    def confirm(step: str) -> Any:
        return _confirm(site, step, request.form.get("id", ""), nudge)

    _people_routes(routes, site, nudge)


def _people_routes(routes: flask.Blueprint, site: Site, nudge: Callable[[], None]) -> None:
    """What 组织架构 has beside files."""

    @routes.post("/setup/posts/person")
    def person() -> Any:
        try:
            preview = file_preview(site, "加一个人.csv", _person_file(site), site.service.templates["posts"])
        except FileProblem as error:
            return _choose(site, "posts", problems=error.problems), 422
        return _confirm(site, "posts", preview.id, nudge)

    @routes.post("/setup/posts/chiefs")
    def chiefs() -> Any:
        try:
            count = setting_up.add_chiefs(site.service)
            _look_now(site)
        except (FileProblem, Busy, Unreachable) as error:
            return _choose(site, "posts", problems=[COME_AGAIN if isinstance(error, Busy) else str(error)]), 503
        nudge()
        return _choose(site, "posts", f"加了 {count} 位街路长。")


def _person_file(site: Site) -> bytes:
    """What was typed of a person, as a file of one row."""
    tab, text = site.service.templates["posts"], io.StringIO()
    typed = {tab.by_key[key]: clean(request.form.get(key, "")).strip() for key in OF_A_PERSON}
    cells = {column.header: cell for column, cell in typed.items() if cell or column.required}
    writer = csv.DictWriter(text, list(cells))
    writer.writeheader()
    writer.writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def _template(site: Site) -> bytes:
    """An empty file with the two tabs, for people's columns alone."""
    tabs = {}
    for key in ("streets", "posts"):
        tab = site.service.templates[key]
        tabs[key] = replace(tab, columns=tab.staff, colors=())
    rules = site.service.rules()
    return xlsx.render({}, tabs, rules, rules.bureau.zone)


def _uploaded() -> HeldFile:
    """The file that was sent, or what was pasted. Raises ``FileProblem``."""
    file, pasted = request.files.get("file"), request.form.get("pasted", "")
    if file is not None and file.filename:
        name, content = file.filename, file.stream.read(MOST_UPLOAD_BYTES + 1)
    elif pasted.strip():
        name, content = PASTED, pasted.strip("\r\n").encode("utf-8", "replace")
    else:
        raise FileProblem(["请选一个文件，或者把表格粘贴进来。"])
    if len(content) > MOST_UPLOAD_BYTES:
        raise FileProblem(["文件太大，最多 10 MB。"])
    return HeldFile(name, content)


def _number(text: str) -> int:
    """The number of a row that was typed; 0 for none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _choose(site: Site, step: str, message: str = "", problems: Sequence[str] = ()) -> str:
    service = site.service
    waiting, roster = held_files.held(service.settings.data, step), service.roster()
    return render_template(
        "setup_roster.html", **frame(site, step, message), tab=service.templates[step], problems=problems,
        waiting=waiting.name if waiting else "", count=len(roster.streets if step == "streets" else roster.posts),
        chiefs=[post.name for post in setting_up.chiefs_to_add(service)] if step == "posts" else [],
        lacking=setting_up.lacking_people(roster, site.now().date()) if step == "posts" else [],
        asked=[service.templates[step].by_key[key] for key in OF_A_PERSON] if step == "posts" else [],
        options=_options(site, service.templates[step]), faulty=setting_up.faulty_rows(service, step),
    )  # fmt: skip


def _options(site: Site, tab: Tab) -> dict[str, tuple[str, ...]]:
    """The choices of each of people's columns that has a fixed list, by key."""
    rules = site.service.rules()
    return {column.key: set_up.choices(column, rules) for column in tab.staff if set_up.choices(column, rules)}


def _match(
    site: Site, step: str, title: str = "", head: int = 0, matching: Matching | None = None,
    problems: Sequence[str] = (),
) -> Any:  # fmt: skip
    tab, file = site.service.templates[step], held_files.held(site.service.settings.data, step)
    if file is None:
        return redirect("/setup")
    try:
        looked = matched_files.look(file, tab, title, head)
    except FileProblem as error:
        return _choose(site, step, problems=error.problems), 422
    matching = matching or matched_files.first_guess(looked, tab)
    options = _options(site, tab)
    needed = [column for column in tab.staff if column.required and column.key not in matching.keys]
    lacking = [column for column in needed if column.key in options or column.key == "code"]
    return render_template(
        "setup_match.html", **frame(site, step), tab=tab, name=file.name, looked=looked, matching=matching,
        options=options, lacking=lacking, problems=problems,
        strange=matched_files.strange_words(looked, matching, tab, options),
    ), 422 if problems else 200  # fmt: skip


def _matching(form: Mapping[str, str], looked: LookedAt, tab: Tab, options: Mapping[str, Sequence[str]]) -> Matching:
    """The answers of the page; what it never offered counts as no answer."""
    keys = matched_files.checked([form.get(f"column.{at}", "") for at in range(len(looked.sheet.header))], looked, tab)
    constants = {key: form.get(f"all.{key}", "") for key in options if form.get(f"all.{key}", "") in options[key]}
    words = {
        key: {word: ours for at, word in enumerate(looked.words(keys.index(key)))
              if (ours := form.get(f"word.{key}.{at}", "")) in options[key]}
        for key in options if key in keys
    }  # fmt: skip
    return Matching(keys, constants, words, codes=tab.key == "streets" and "code" not in keys)


def _matched(site: Site, step: str, form: Mapping[str, str]) -> Any:
    tab, file = site.service.templates[step], held_files.held(site.service.settings.data, step)
    if file is None:
        return redirect("/setup")
    title, head = form.get("sheet", ""), _number(form.get("head", ""))
    matching = None
    try:
        looked = matched_files.look(file, tab, title, head)
        matching = _matching(form, looked, tab, _options(site, tab))
        standing = {street.name: street.code for street in site.service.roster().streets}
        columns = matched_files.column_map(looked, matching, tab, standing)
        preview = file_preview(site, file.name, file.content, tab, columns)
    except FileProblem as error:
        return _match(site, step, title, head, matching, error.problems)
    return render_template("setup_preview.html", **frame(site, step), **preview_parts(site, preview))


def _confirm(site: Site, step: str, import_id: str, nudge: Callable[[], None]) -> Any:
    service, update = site.service, bool(request.form.get("update"))
    try:
        with service.ticking:
            gateway = service.new_gateway()
            by = access.visitor().name
            sentence = imports.confirm(gateway, service.ledger, import_id, by, site.now(), update=update)
            _look_now(site)
    except FileProblem as error:
        return _choose(site, step, problems=error.problems), 422
    except Busy:
        return _choose(site, step, problems=[COME_AGAIN]), 503
    held_files.drop(service.settings.data, step)
    Beginning(service.ledger).note(step)
    nudge()
    return _choose(site, step, f"{sentence}。")


def _look_now(site: Site) -> None:
    """Read the workbook, so that the next page knows what was added."""
    site.service.ticks(site.now(), doubt=site.service.doubt)
