"""A form as it was posted: its body read, its photos found, the answer to its sender."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import flask
from flask import render_template

from sync.core.people.permissions import Person
from sync.core.rules.rules import Rules
from sync.core.scores.lines import Line
from sync.core.sheet.values.photos import ids
from sync.core.views.forms import forms
from sync.core.views.forms.forms import Field, Form
from sync.core.views.waiting import worklist
from sync.intake.forms import Answer, FilledForm, FormIntake
from sync.intake.photos import PhotoFolder
from sync.ledger.received.submissions import Sender
from sync.service import Service
from webhook.access import Site

NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")  # made by a phone
MOST_LISTED = 100
MOST_CHOICES = 300  # in a list to choose from; what is not in it is chosen on its own page
STATUS = {"in": 201, "mend": 422, "later": 503}


@dataclass(frozen=True)
class FormContext:
    """What the pages of forms use. ``open_intake`` opens the workbook when it is first called."""

    site: Site
    open_intake: Callable[[], FormIntake]
    nudge: Callable[[], None]

    @property
    def intake(self) -> FormIntake:
        return self.open_intake()

    @property
    def rules(self) -> Rules:
        return self.site.service.rules()

    def fields(self, form: Form, person: Person) -> tuple[Field, ...]:
        """The questions of a form to this person."""
        service, day = self.site.service, self.site.now().date()
        streets = dict.fromkeys(street.name for street in service.roster().streets if street.span.holds(day))
        return forms.fields(form, service.templates[form.tab], person, streets, self.rules)

    def page(self, form: Form, person: Person, post: str, uploads: str, lines: Sequence[Line] = ()) -> str:
        """The form to fill; its script fills in what the page's address names. ``post`` and ``uploads``: where it and
        its photos go; ``lines``: those that 申诉 can be filed against."""
        memory, rules = self.site.service.ledger.current(), self.rules
        listed = worklist.to_answer if form.tab == "feedback" else worklist.mine
        items = listed(memory, rules, person) if person.name else []
        return render_template(
            "form.html", form=form, fields=self.fields(form, person), person=person, tasks=by_task(rules),
            issues=[(item, ids("\n".join(item.before))) for item in items[:MOST_CHOICES]], form_rules=rules.forms,
            post=post, uploads=uploads, lines=lines[:MOST_CHOICES],
        )  # fmt: skip


def form_intake(service: Service, key: str) -> FormIntake:
    """What takes the forms of a service in; photos are stored in its data folder. ``key``: the installation's."""
    gateway = service.new_gateway()
    return FormIntake(gateway, service.ledger, PhotoFolder(photos_of(service), key), service.ticking)


def photos_of(service: Service) -> Path:
    """The folder of its photos, and of uploads."""
    return service.settings.data.absolute() / "photos"  # Flask takes a relative path as one of its own package


@dataclass(frozen=True)
class PostedForm:
    """The body of a submission, whose shape was checked."""

    id: str
    person: str  # whom the phone takes for its user; empty: unknown
    at: datetime | None  # the phone's clock (aware), where it told it
    cells: Mapping[str, str]  # answers by column key
    photos: tuple[str, ...]  # their ids


def read_form(body: Any) -> PostedForm | None:
    """The posted form; None where the body has not the shape of one."""
    if not isinstance(body, dict) or not isinstance(body.get("cells", {}), dict):
        return None
    cells, taken = body.get("cells", {}), body.get("photos", [])
    right = isinstance(body.get("id"), str) and NAME.fullmatch(body["id"]) and isinstance(taken, list)
    if not right or not all(isinstance(value, str) for value in (*cells, *cells.values(), *taken)):
        return None
    return PostedForm(body["id"], str(body.get("person", "")), _hour(body.get("at")), cells, tuple(taken))


def _hour(text: Any) -> datetime | None:
    """The phone's clock; None where its text is no time with a zone."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def submit(
    context: FormContext, filled: FilledForm, photos: tuple[str, ...], faults: Mapping[str, str] | None = None
) -> Answer:
    """Send a form in with these photos. ``faults``: what is wrong with it already."""
    faults = {**(faults or {}), **_photo_faults(context, filled.sender, photos)}
    if faults:
        return Answer("mend", {}, faults)
    base = context.site.service.settings.url  # without one a path of ours
    cell = "\n".join(f"{base}/photos/{photo_id}" for photo_id in photos)
    filled = replace(filled, extra={**filled.extra, "photos": cell}) if cell else filled
    if filled.at is not None:
        context.site.service.phone_hour = filled.at  # it may speak for this machine's
    return context.intake.submit(filled, context.rules, _hour_of(context, filled))


def _hour_of(context: FormContext, filled: FilledForm) -> datetime:
    """Ours; while ours is not believed the phone's, or else that of the last look."""
    service, now = context.site.service, context.site.now()
    if not service.doubt(now):
        return now
    return filled.at or service.ledger.current().last_tick or now


def _photo_faults(context: FormContext, sender: Sender, taken: tuple[str, ...]) -> dict[str, str]:
    """What is wrong with the photos: each must be the sender's own and complete."""
    most, submissions = context.rules.forms.photos, context.intake.submissions
    if len(taken) > most:
        return {"photos": f"有 {len(taken)} 张照片，一次最多 {most} 张。"}
    photos = [submissions.photo(photo_id) if NAME.fullmatch(photo_id) else None for photo_id in taken]
    if all(photo and sender.is_same(Sender(photo.person, photo.public)) for photo in photos):
        return {}
    return {"photos": "有一张照片没有传完，请删掉重新拍。"}


def answer(done: Answer, context: FormContext) -> Any:
    """The response; a new row makes the next look come sooner."""
    if done.state == "in":
        context.nudge()
    return flask.jsonify(state=done.state, faults=dict(done.faults), **done.details), STATUS[done.state]


def by_task(rules: Rules) -> dict[str, list[str]]:
    """Names of the categories by the task that they belong to, in the order of the rules."""
    names: dict[str, list[str]] = {task: [] for task in rules.tasks}
    for category in rules.categories.values():
        names[category.task].append(category.name)
    return {task: group for task, group in names.items() if group}
