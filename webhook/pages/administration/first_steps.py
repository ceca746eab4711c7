"""``/setup``: a new bureau set up step by step by who runs the service, with the one-time address of `jielu run`.

Every step can be left and taken up again: what it says is stored where it belongs, an upload until it is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask
from flask import redirect, render_template, request

from sync import revision
from sync.core.people.permissions import newcomers, people
from sync.core.rules.rewriting import BureauAnswers, with_bureau
from sync.core.sheet.values.texts import clean
from sync.intake.files import held_files
from sync.ledger.ledger import Busy
from sync.ledger.operations.beginning import Beginning
from sync.operations import setting_up
from sync.revision import NotInForce
from sync.sheets import set_up
from sync.sheets.gateway import Refused, Unknown, Unreachable
from webhook import access
from webhook.access import Site
from webhook.pages.administration import roster_steps
from webhook.pages.administration.people import qr
from webhook.pages.administration.step_frame import frame
from webhook.refusals import refusal

REASON = "开始使用：填写本局"
MOST_NAME = 60  # characters of a name
NO_SESSION = "请用启动时打印的地址打开（只能用一次）。再要一个，在服务器上运行 jielu link --operator。"
IN_USE = "本局已经开始使用，不用再设置。名称、单位在「规则」改，名册和人员在「表格」「导入」改，卡片在「人员链接」印。"


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
        return render_template("setup.html", **frame(site, ""), stands=_stands(site))

    @routes.post("/setup/<step>/done")
    def done(step: str) -> Any:
        if step not in setting_up.STEPS:
            return refusal("没有这一步。", 404)
        Beginning(site.service.ledger).note(step)
        return _on_from(step)

    @routes.post("/setup/end")
    def end() -> Any:
        Beginning(site.service.ledger).end()
        for step in setting_up.STEPS:
            held_files.drop(site.service.settings.data, step)
        return redirect("/people")

    _bureau_routes(routes, site, nudge)
    roster_steps.add_routes(routes, site, nudge)
    _reach_routes(routes, site)
    return routes


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
        return _on_from("bureau")


def _on_from(step: str) -> Any:
    """On to the next step; behind the last to what there is of all of them."""
    following = setting_up.following(step)
    return redirect(f"/setup/{following}" if following else "/setup")


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
        set_up.extend(service.new_gateway(), service.rules(), renew=True)


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
        "setup_bureau.html", **frame(site, "bureau"), shown=shown, seasons=[when for when, _ in seasons], tasks=tasks,
        problems=problems, seen=revision.digest(site.service.rules_text()),
    )  # fmt: skip


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
            "setup_address.html", **frame(site, "address"), address=address, code=qr(f"{address}/enter"),
            notes=setting_up.address_notes(site.service),
        )  # fmt: skip

    @routes.get("/setup/cards")
    def cards() -> str:
        service, day = site.service, site.now().date()
        coming = newcomers(service.roster(), day)
        return render_template(
            "setup_cards.html", **frame(site, "cards"), notes=setting_up.address_notes(service), coming=coming,
            count=len([person for person in people(service.roster(), day) if not person.oversees]),
            lacking=setting_up.lacking_people(service.roster(), day),
        )  # fmt: skip


def _mail(site: Site, message: str = "") -> str:
    return render_template("setup_mail.html", **frame(site, "mail", message),
                           settings=setting_up.mail_settings(site.service))  # fmt: skip
