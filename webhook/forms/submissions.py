"""A form as it was posted: its body read, its photos found, the answer to its sender."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
from flask import request

from sync.core.people.permissions import Person
from sync.core.sheet.photos import ids
from sync.core.views import worklist
from sync.core.views.forms import Choices
from sync.core.views.worklist import Item
from sync.intake.forms import Answer, FormIntake, same_sender
from sync.intake.photos import PhotoFolder
from sync.service import Service
from webhook.access import Site

NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")  # made by a phone
MOST_LISTED = 100
STATUS = {"in": 201, "mend": 422, "later": 503}


@dataclass(frozen=True)
class FormContext:
    """What the pages of forms use."""

    site: Site
    intake: FormIntake
    nudge: Callable[[], None]

    @property
    def service(self) -> Service:
        return self.site.service

    def choices(self, person: Person) -> Choices:
        now = self.site.now()
        service = self.service
        items = worklist.to_answer(service.ledger.memory(), service.rules(), person)
        return Choices(streets(service, now), tuple(_choice(item) for item in items[:MOST_LISTED]))

    def base(self) -> str:
        return self.service.settings.url or request.host_url.rstrip("/")


def _choice(item: Item) -> tuple[str, str, str]:
    photos = ids("\n".join(item.before))
    return item.number, f"{item.street} {item.category} {item.text}"[:40], photos[0] if photos else ""


def streets(service: Service, now: datetime) -> tuple[str, ...]:
    """The streets that are in force at ``now``, by the last look at the roster."""
    return worklist.street_names(service.roster(), now.date())


def form_intake(service: Service, key: str) -> FormIntake:
    """What takes the forms of a service in; photos are stored in its data folder. ``key``: the installation's."""
    gateway = service.new_gateway(*service.templates)
    return FormIntake(gateway, service.ledger, PhotoFolder(service.settings.data / "photos", key), service.ticking)


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


def photo_lines(context: FormContext, person: str, taken: tuple[str, ...], most: int) -> tuple[str, dict[str, str]]:
    """The cell of photos, one address a line, and the faults: a photo must be the person's own and complete."""
    if len(taken) > most:
        return "", {"photos": f"有 {len(taken)} 张照片，一次最多 {most} 张。"}
    photos = [context.intake.submissions.photo(photo_id) for photo_id in taken]
    if any(photo is None or not same_sender(photo.person, person) for photo in photos):
        return "", {"photos": "有一张照片没有传完，请删掉重新拍。"}
    return "\n".join(f"{context.base()}/photos/{photo_id}" for photo_id in taken), {}


def answer(done: Answer, context: FormContext) -> Any:
    """The response; a new row makes the next look come sooner."""
    if done.state == "in":
        context.nudge()
    return flask.jsonify(state=done.state, faults=dict(done.faults), **done.details), STATUS[done.state]


def by_task(rules: Any) -> dict[str, list[str]]:
    """Names of the categories by the task that they belong to, in the order of the rules."""
    names: dict[str, list[str]] = {task: [] for task in rules.tasks}
    for category in rules.categories.values():
        names[category.task].append(category.name)
    return {task: group for task, group in names.items() if group}
