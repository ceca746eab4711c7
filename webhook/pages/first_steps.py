"""``/setup``: a new bureau set up step by step by who runs the service, with the one-time address of `jielu run`.

Every step can be left and taken up again: what it says is stored where it belongs, an upload until it is imported.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import flask
from flask import redirect, render_template, request

from sync import revision
from sync.core.people.permissions import newcomers, people
from sync.core.rules.rewriting import BureauAnswers, with_bureau
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.tabs import Tab
from sync.core.sheet.texts import clean
from sync.intake import held_files, imports, matched_files
from sync.intake.held_files import HeldFile
from sync.intake.matched_files import LookedAt, Matching
from sync.ledger.beginning import Beginning
from sync.ledger.ledger import Busy
from sync.operations import setting_up
from sync.outgoing import xlsx
from sync.revision import NotInForce
from sync.sheets import set_up
from sync.sheets.gateway import Refused, Unknown, Unreachable
from webhook import access
from webhook.access import Site
from webhook.pages.imports import MOST_UPLOAD_BYTES, file_preview, preview_parts
from webhook.pages.people import qr
from webhook.refusals import refusal

REASON = "开始使用：填写本局"
MOST_NAME = 60  # characters of a name
NO_SESSION = "请用启动时打印的地址打开（只能用一次）。再要一个，在服务器上运行 jielu link --operator。"
IN_USE = "本局已经开始使用，不用再设置。名称、单位在「规则」改，名册和人员在「表格」「导入」改，卡片在「人员链接」印。"
COME_AGAIN = "系统正在更新表格，请过几秒再点一次。"
PASTED = "粘贴的内容.csv"
OF_A_PERSON = ("name", "role", "district", "branch", "unit", "title", "mail")  # columns of 组织架构 asked of one person


def blueprint(site: Site, nudge: Callable[[], None]) -> flask.Blueprint:
    """The pages, for the operator alone, as long as the bureau is still to be set up."""
    routes = flask.Blueprint("first_steps", __name__)

    @routes.before_request
    def only_operator() -> Any:
        person = access.current_person()
        if person is None:
            return refusal(NO_SESSION, 401)
        if not person.operator:
            return refusal("设置由运行服务的人来做。", 403)
        return None if setting_up.is_open(site.service) else refusal(IN_USE, 409)

    @routes.get("/setup")
    def overview() -> str:
        return render_template("setup.html", **_frame(site, ""), stands=_stands(site))

    @routes.post("/setup/<step>/done")
    def done(step: str) -> Any:
        if step not in setting_up.STEPS:
            return refusal("没有这一步。", 404)
        Beginning(site.service.ledger).note(step)
        return redirect("/setup")

    @routes.post("/setup/end")
    def end() -> Any:
        Beginning(site.service.ledger).end()
        for step in setting_up.STEPS:
            held_files.drop(site.service.settings.data, step)
        return redirect("/people")

    _bureau_routes(routes, site, nudge)
    _roster_routes(routes, site, nudge)
    _reach_routes(routes, site)
    return routes


def _frame(site: Site, step: str, message: str = "") -> dict[str, Any]:
    """What every page of the set-up shows: the steps, which are done, and which comes behind ``step``."""
    steps, done = list(setting_up.STEPS), setting_up.progress(site.service).done
    following = next((each for each in steps[steps.index(step) + 1 :]), "") if step in steps else ""
    return {
        "steps": setting_up.STEPS, "done": done, "step": step, "following": following, "message": message,
        "bureau": site.service.rules().bureau.name,
    }  # fmt: skip


def _stands(site: Site) -> dict[str, str]:
    """What there is of each step, in a few words."""
    service, day = site.service, site.now().date()
    rules, roster = service.rules(), service.roster()
    everybody = [*people(roster, day), *(person for _, person in newcomers(roster, day))]
    mail = setting_up.mail_settings(service)
    links = site.sessions.by_owner(site.now())
    named = {owner.person for owner, opened in links.items() if opened.links and not owner.operator}
    return {
        "bureau": f"{rules.bureau.name}，{len(rules.units)} 个单位",
        "streets": f"{len(roster.streets)} 条街路" if roster.streets else "还没有街路",
        "posts": f"{len(everybody)} 个人" if roster.posts else "还没有人",
        "mail": "设置好了" if all(mail.values()) else "还没有设置，通知先不发邮件",
        "address": service.address,
        "cards": f"{len(named)} 个人有链接",
    }


# The bureau


def _bureau_routes(routes: flask.Blueprint, site: Site, nudge: Callable[[], None]) -> None:
    @routes.get("/setup/bureau")
    def bureau() -> str:
        return _bureau(site)

    @routes.post("/setup/bureau")
    def save() -> Any:
        answers, problems = _answers(site, request.form)
        if not problems:
            try:
                _put_in_force(site, answers, request.form.get("seen", ""))
            except NotInForce as error:
                problems = [str(error)]
            except (Unreachable, Refused, Unknown, Busy) as error:
                problems = [f"规则存好了，下拉选项没有更新：{error}再存一次就好。"]
        if problems:
            return _bureau(site, problems, answers), 422
        Beginning(site.service.ledger).note("bureau")
        nudge()
        return redirect("/setup")


def _lines(text: str) -> list[str]:
    """The names in a field, one a line or parted by 、; each once."""
    names = (clean(part).strip() for part in text.replace("、", "\n").replace("，", "\n").splitlines())
    return list(dict.fromkeys(name for name in names if name))


def _answers(site: Site, form: Mapping[str, str]) -> tuple[BureauAnswers, list[str]]:
    """What was typed, and what is wrong with it before the rules are asked."""
    rules = site.service.rules()
    names = {unit: clean(form.get(f"unit.{at}", "")).strip() for at, unit in enumerate(rules.units)}
    hours = [_stretches(form.get(f"hours.{at}", "")) for at, _ in enumerate(rules.calendar.seasons)]
    answers = BureauAnswers(
        clean(form.get("name", "")).strip(), clean(form.get("letter_code", "")).strip(), names,
        _lines(form.get("more", "")), _lines(form.get("districts", "")), _lines(form.get("branches", "")), hours,
    )  # fmt: skip
    needed = {
        "本局名称": answers.name, "机关代字": answers.letter_code, "区域": answers.districts, "支部": answers.branches,
    }  # fmt: skip
    problems = [f"「{what}」没有填。" for what, given in needed.items() if not given]
    problems += [f"「{unit}」本局叫什么没有填；没有的，写它的事由哪个单位办。" for unit in names if not names[unit]]
    listed = [answers.name, answers.letter_code, *names.values(), *answers.more_units, *answers.districts]
    problems += [f"「{name[:20]}……」太长，最多 {MOST_NAME} 个字。" for name in [*listed, *answers.branches]
                 if len(name) > MOST_NAME]  # fmt: skip
    return answers, problems


def _stretches(text: str) -> list[str]:
    text = clean(text).replace("：", ":").replace("—", "-").replace("～", "-").replace("~", "-").replace("至", "-")
    return [part.replace(" ", "") for part in _lines(text)]


def _put_in_force(site: Site, answers: BureauAnswers, seen: str) -> None:
    """Raises ``NotInForce``, and what the workbook's API raises."""
    service, before = site.service, site.service.rules_text()
    if revision.digest(before) != seen:
        raise NotInForce("您打开以后，规则被别人改过，没有存。您填的还在下面；看过以后再存一次，就以它为准。")
    text = with_bureau(before, answers)
    if text != before:
        revision.put_in_force(service, text, seen, access.visitor().name, REASON, site.now())
    with service.ticking:
        set_up.extend(service.new_gateway(*service.templates), service.rules(), renew=True)


def _bureau(site: Site, problems: Sequence[str] = (), typed: BureauAnswers | None = None) -> str:
    rules = site.service.rules()
    seasons = [
        (f"{season.first[0]}月{season.first[1]}日 到 {season.last[0]}月{season.last[1]}日",
         [f"{start:%H:%M}-{end:%H:%M}" for start, end in season.hours])
        for season in rules.calendar.seasons
    ]  # fmt: skip
    bureau = rules.bureau
    shown = typed or BureauAnswers(
        bureau.name, bureau.letter_code, {unit: unit for unit in bureau.units}, (), bureau.districts, bureau.branches,
        [stretches for _, stretches in seasons],
    )  # fmt: skip
    tasks = {unit: [task.name for task in rules.tasks.values() if task.unit == unit] for unit in rules.units}
    return render_template(
        "setup_bureau.html", **_frame(site, "bureau"), shown=shown, seasons=[when for when, _ in seasons], tasks=tasks,
        problems=problems, seen=revision.digest(site.service.rules_text()),
    )  # fmt: skip


# 街路名册 and 组织架构


def _roster_routes(routes: flask.Blueprint, site: Site, nudge: Callable[[], None]) -> None:
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
        "setup_roster.html", **_frame(site, step, message), tab=service.templates[step], problems=problems,
        waiting=waiting.name if waiting else "", count=len(roster.streets if step == "streets" else roster.posts),
        chiefs=[post.name for post in setting_up.chiefs_to_add(service)] if step == "posts" else [],
        lacking=setting_up.lacking_people(roster, site.now().date()) if step == "posts" else [],
        asked=[service.templates[step].by_key[key] for key in OF_A_PERSON] if step == "posts" else [],
        options=_options(site, service.templates[step]),
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
        "setup_match.html", **_frame(site, step), tab=tab, name=file.name, looked=looked, matching=matching,
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
    return render_template("setup_preview.html", **_frame(site, step), **preview_parts(site, preview))


def _confirm(site: Site, step: str, import_id: str, nudge: Callable[[], None]) -> Any:
    service, update = site.service, bool(request.form.get("update"))
    try:
        with service.ticking:
            gateway = service.new_gateway(*service.templates)
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


# Mail and address


def _reach_routes(routes: flask.Blueprint, site: Site) -> None:
    @routes.get("/setup/mail")
    def mail() -> str:
        return _mail(site)

    @routes.post("/setup/mail")
    def test() -> Any:
        return _mail(site, setting_up.send_test_letter(site.service, clean(request.form.get("to", "")).strip()))

    @routes.get("/setup/address")
    def address() -> str:
        address = site.service.address
        return render_template(
            "setup_address.html", **_frame(site, "address"), address=address, code=qr(f"{address}/enter"),
            notes=setting_up.address_notes(site.service),
        )  # fmt: skip

    @routes.get("/setup/cards")
    def cards() -> str:
        service, day = site.service, site.now().date()
        coming = newcomers(service.roster(), day)
        return render_template(
            "setup_cards.html", **_frame(site, "cards"), notes=setting_up.address_notes(service), coming=coming,
            count=len([person for person in people(service.roster(), day) if not person.oversees]),
            lacking=setting_up.lacking_people(service.roster(), day),
        )  # fmt: skip


def _mail(site: Site, message: str = "") -> str:
    return render_template("setup_mail.html", **_frame(site, "mail", message),
                           settings=setting_up.mail_settings(site.service))  # fmt: skip
