"""A form as it comes over the line: read, its photos found, handed in at the counter, answered."""

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
from sync.intake.forms import Answer, Counter, same_sender
from sync.intake.photos import Shelf
from sync.service import Service
from sync.sheets.gateway import Gateway
from webhook import access
from webhook.access import Door

NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")  # made by a phone
MOST_LISTED = 100
STATUS = {"in": 201, "mend": 422, "later": 503}


@dataclass(frozen=True)
class Window:
    """The counter of one service, as its pages use it."""

    door: Door
    counter: Counter
    nudge: Callable[[], None]

    @property
    def service(self) -> Service:
        return self.door.service

    def choices(self, person: Person) -> Choices:
        now = self.door.now()
        service = self.service
        items = worklist.to_answer(service.ledger.memory(), service.rules(), person)
        return Choices(streets(service, now), tuple(_choice(item) for item in items[:MOST_LISTED]))

    def base(self) -> str:
        return self.service.settings.url or request.host_url.rstrip("/")


def _choice(item: Item) -> tuple[str, str, str]:
    photos = ids("\n".join(item.before))
    return item.number, f"{item.street} {item.category} {item.text}"[:40], photos[0] if photos else ""


def streets(service: Service, now: datetime) -> tuple[str, ...]:
    """The streets that are in force now, as the last look left the roster."""
    return worklist.streets(service.roster(), now.date())


def counter_of(service: Service, key: str) -> Counter:
    """The counter of a service; photos lie in the data folder."""
    gateway = Gateway(service.client, service.workbook, service.templates)
    return Counter(gateway, service.ledger, Shelf(service.settings.data / "photos", key), service.ticking)


@dataclass(frozen=True)
class Sent:
    """The body of a submission, read and of the right shape."""

    id: str
    person: str
    at: datetime | None
    cells: Mapping[str, str]
    photos: tuple[str, ...]


def read(body: Any) -> Sent | None:
    if not isinstance(body, dict) or not isinstance(body.get("cells", {}), dict):
        return None
    cells, taken = body.get("cells", {}), body.get("photos", [])
    right = isinstance(body.get("id"), str) and NAME.fullmatch(body["id"]) and isinstance(taken, list)
    if not right or not all(isinstance(value, str) for value in (*cells, *cells.values(), *taken)):
        return None
    return Sent(body["id"], str(body.get("person", "")), _hour(body.get("at")), cells, tuple(taken))


def _hour(text: Any) -> datetime | None:
    """The phone's hour; None where it says none with a zone."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def photo_lines(window: Window, person: str, taken: tuple[str, ...], most: int) -> tuple[str, dict[str, str]]:
    """The cell of photos, an address a line; only his own photos, which are all here."""
    if len(taken) > most:
        return "", {"photos": f"有 {len(taken)} 张照片，一次最多 {most} 张。"}
    photos = [window.counter.intake.photo(id_) for id_ in taken]
    if any(photo is None or not same_sender(photo.person, person) for photo in photos):
        return "", {"photos": "有一张照片没有传完，请删掉重新拍。"}
    return "\n".join(f"{window.base()}/photos/{id_}" for id_ in taken), {}


def answer(done: Answer, window: Window) -> Any:
    if done.state == "in":
        window.nudge()
    return flask.jsonify(state=done.state, faults=dict(done.faults), **done.details), STATUS[done.state]


def by_task(rules: Any) -> dict[str, list[str]]:
    """Names of the categories by the task that they belong to, in the order of the rules."""
    by_task_: dict[str, list[str]] = {name: [] for name in rules.tasks}
    for category in rules.categories.values():
        by_task_[category.task].append(category.name)
    return {task: names for task, names in by_task_.items() if names}


def sender() -> Person:
    """The visitor of a page that only somebody can open."""
    person = access.visitor()
    if person is None:  # the guard of every view lets nobody in who is nobody
        flask.abort(401)
    return person
