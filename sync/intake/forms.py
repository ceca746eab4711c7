"""The counter where forms and photos are handed in: checked, written once, answered with what the next look will say.

A form carries an id that its phone made. Before a row is sent it is noted; where the answer is lost, the row is looked
for by its content before it is sent again, so that a bad line never doubles a report.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sync.core.memory import Tables
from sync.core.rules.rules import Rules
from sync.core.sheet.photos import Photo
from sync.core.sheet.plan import appended
from sync.core.sheet.rows import Raw
from sync.core.views import forms
from sync.core.views.forms import Field, Form
from sync.core.views.preview import NoTab, Preview, faults, layout_of, preview, when
from sync.intake import photos
from sync.intake.photos import PUBLIC_ROOM, ROOM, BadPhoto, Shelf
from sync.ledger.ledger import Ledger
from sync.ledger.submissions import IN, SENDING, Intake, Submission
from sync.sheets.gateway import Gateway, Refused, Unknown, Unreachable

PUBLIC = "群众 "  # how the sender of a public report begins in the ledger: behind it a digest of his address
WAIT = 2.0  # seconds for a tick that is at work, before a form is taken without a preview
LATER = "已收到，编号和截止时间稍后在“我的”里可见。"
MAYBE = "表格没有应答，可能已经收到。手机会核对以后再试，不会重复。"
QUEUE = 30.0  # seconds for the forms before this one
DECODERS = 2  # photos decoded at a time: a large one takes some hundred megabytes
KEPT = "表格暂时写不进去，内容还在手机上，会自动再试。"


@dataclass(frozen=True)
class Handed:
    """A form as it came: ``given`` answers by column key, ``extra`` cells that the service adds (photos, a source),
    ``at`` the phone's hour (aware) if it said one."""

    id: str
    form: Form
    person: str
    given: Mapping[str, str]
    asked: tuple[Field, ...]
    extra: Mapping[str, Raw] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True)
class Piece:
    """A piece of the photo that ``person``'s phone calls ``name``: where it begins, how long the whole is in bytes;
    ``taken``: the wall clock of the phone's file, for when the photo itself says none."""

    person: str
    name: str
    offset: int
    total: int
    taken: str = ""


@dataclass(frozen=True)
class Answer:
    """``state``: in (written), mend (``faults``: a sentence by column key, nothing was written), later (try again).

    ``said``: ``words`` and, where the next look could be asked, number, status, deadline (ISO), unit, chief.
    """

    state: str
    details: Mapping[str, Any]
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Counter:
    """One for a process. ``ticking`` is held by whoever uses the ledger's memory for a look."""

    gateway: Gateway
    ledger: Ledger
    shelf: Shelf
    ticking: threading.RLock
    _door: threading.Lock = field(default_factory=threading.Lock)
    _decoders: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(DECODERS))

    def __post_init__(self) -> None:
        self.intake = Intake(self.ledger)
        self._shelves = [threading.Lock() for _ in range(64)]  # two lines may send the same photo at once

    # Forms
    def answered(self, id_: str, person: str) -> Answer | None:
        """What this submission was answered, if it is in already."""
        submission = self.intake.find(id_)
        if submission is None or not same_sender(submission.person, person) or submission.state != IN:
            return None
        return Answer("in", submission.details)

    def hand_in(self, handed: Handed, rules: Rules, now: datetime) -> Answer:
        """Take a form: one at a time, each id once."""
        if not self._door.acquire(timeout=QUEUE):
            return Answer("later", {"words": KEPT})
        try:
            return self._hand_in(handed, rules, now)
        except (NoTab, Unreachable) as error:
            return Answer("later", {"words": f"{KEPT}（{error}）"})
        finally:
            self._door.release()

    def _hand_in(self, handed: Handed, rules: Rules, now: datetime) -> Answer:
        """Raises ``NoTab`` and ``Unreachable``: nothing was done."""
        submission = self.intake.find(handed.id)
        if submission is not None and not (
            same_sender(submission.person, handed.person) and submission.tab == handed.form.tab
        ):
            return Answer("mend", {}, {"": "这份表单的编号已经用过，请重新填一份。"})
        if submission is not None and submission.state == IN:
            return Answer("in", submission.details)
        if wrong := forms.foreign(handed.given, handed.asked):
            return Answer("mend", {}, wrong)
        at = submission.at if submission is not None else forms.moment(handed.at, now)
        sent = Submission(handed.id, handed.form.tab, handed.person, at, SENDING, self._row(handed, at), {})
        return self._take(handed.form, sent, submission or sent, rules, now)

    def _take(self, form: Form, sent: Submission, before: Submission, rules: Rules, now: datetime) -> Answer:
        """``before``: what may have been written already: an earlier try, or one that a lost ledger forgot."""
        tables = Tables(self.gateway.tabs, self.gateway.read())
        layout = layout_of(tables, form.tab)
        if forms.stands(tables.seen[form.tab], layout, before.cells):
            return self._in(before, {"words": LATER})
        seen = self._preview(tables, rules, now, form.tab, sent.cells)
        wrong = seen.faults if seen else faults(tables, rules, form.tab, sent.cells)
        if wrong:
            return Answer("mend", {}, wrong)
        self.intake.keep(sent)
        try:
            self.gateway.write(appended(layout, (sent.cells,)))
        except Unknown:
            return Answer("later", {"words": MAYBE})
        except Refused as error:
            return Answer("later", {"words": f"{KEPT}（{error}）"})
        return self._in(sent, details(seen, form, rules) if seen else {"words": LATER})

    def _row(self, handed: Handed, at: datetime) -> dict[str, Raw]:
        tab = self.gateway.tabs[handed.form.tab]
        zone = self.ledger.zone
        row = {**forms.cells(handed.given, tab, zone), **handed.extra}
        return {handed.form.when: forms.serial(at, handed.id, zone), handed.form.reporter: handed.person, **row}

    def _preview(self, tables: Tables, rules: Rules, now: datetime, key: str, row: Mapping[str, Raw]) -> Preview | None:
        """None while a tick holds the memory longer than a person waits."""
        if not self.ticking.acquire(timeout=WAIT):
            return None
        try:
            return preview(tables, self.ledger.memory(), rules, now, key, row)
        finally:
            self.ticking.release()

    def _in(self, sent: Submission, words: Mapping[str, Any]) -> Answer:
        self.intake.keep(replace(sent, state=IN, details=words))
        return Answer("in", words)

    # Photos
    def add_piece(self, piece: Piece, content: bytes | None, rules: Rules, now: datetime) -> tuple[int, str]:
        """Put a piece where it belongs (None: only look): how many bytes are here, and the photo's id once all are.

        Raises ``BadPhoto`` (nothing of it is kept) and ``Crowded``.
        """
        owner = PUBLIC if piece.person.startswith(PUBLIC) else piece.person  # a phone's address changes as it walks
        id_ = self.shelf.id_of(owner, piece.name)
        with self._shelves[int(id_[:8], 16) % len(self._shelves)]:
            if self.intake.photo(id_) is not None:
                return piece.total, id_
            if content is None:
                return self.shelf.offset(id_), ""
            return self._add(id_, piece, content, rules, now)

    def _add(self, id_: str, piece: Piece, content: bytes, rules: Rules, now: datetime) -> tuple[int, str]:
        try:
            here = self.shelf.add(id_, piece.offset, content, PUBLIC_ROOM if piece.person.startswith(PUBLIC) else ROOM)
            if here < piece.total:
                return here, ""
            self._keep(id_, self.shelf.whole(id_), piece.person, rules, now, piece.taken)
        except BadPhoto:
            self.shelf.done(id_)
            raise
        self.shelf.done(id_)
        return here, id_

    def take_photo(self, content: bytes, person: str, name: str, rules: Rules, now: datetime) -> Photo:
        """Take in a whole photo that ``person`` calls ``name``. Raises ``BadPhoto``."""
        return self._keep(self.shelf.id_of(person, name), content, person, rules, now, "")

    def _keep(self, id_: str, content: bytes, person: str, rules: Rules, now: datetime, taken: str) -> Photo:
        wish = rules.forms
        with self._decoders:
            made = photos.take(content, wish.photo_side, wish.photo_quality, keep_place=wish.photo_place)
        photo = Photo(
            id_, person, now, made.received, made.pixels, made.fingerprint, *made.size, len(made.jpeg),
            made.taken or taken, made.place,
        )  # fmt: skip
        self.shelf.keep(id_, made.jpeg)
        self.intake.add_photo(photo)
        return photo


def same_sender(person: str, other: str) -> bool:
    """Whether two names in the ledger stand for one sender: the public is known by the id on its phone alone."""
    return person == other or (person.startswith(PUBLIC) and other.startswith(PUBLIC))


def details(seen: Preview, form: Form, rules: Rules) -> dict[str, Any]:
    """What the sender is told of his row."""
    shown, deadline = seen.shown, when(seen.shown, rules)
    if form.tab != "issues":
        result = str(shown.get("result") or shown.get("state") or "")
        return {"words": f"已收到，{result}。" if result else "已收到，记下了。"}
    if deadline is None:
        return {"words": "已收到，等标准化办核实。", "number": shown.get("id", ""), "status": shown.get("state", "")}
    return {
        "words": "已收到。",
        "number": shown.get("id", ""),
        "status": shown.get("state", ""),
        "deadline": deadline.isoformat(),
        "unit": shown.get("unit", ""),
        "chief": shown.get("chief", ""),
        "repeat": shown.get("repeat", ""),
    }
