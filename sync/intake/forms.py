"""Takes forms and photos in: checks a form, writes its row once, and answers what the next look will say of it.

A form carries an id that its phone made. A row is noted before it is sent; where the answer is lost, the row is looked
for by its content before it is sent again, so that a bad connection never doubles a report.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from sync.core.memory import FactsWanted, Memory, Tables
from sync.core.rules.rules import Rules
from sync.core.sheet.plan import appended
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Layout
from sync.core.sheet.values import serials
from sync.core.sheet.values.photos import Photo
from sync.core.views.forms import forms
from sync.core.views.forms.forms import Field, Form
from sync.core.views.forms.preview import NoTab, Preview, faults, present_layout, preview, preview_alone
from sync.core.views.forms.row_index import RowIndex
from sync.intake import photo_records, photos
from sync.intake.photos import PhotoFolder
from sync.intake.unfinished import BadPhoto, Upload, Uploads
from sync.ledger.ledger import Busy, Ledger
from sync.ledger.page_writes import RowSource
from sync.ledger.received.submissions import Sender, Submission, Submissions
from sync.ledger.tables import IN, SENDING
from sync.sheets.appending import append, awaited, settle_those_of
from sync.sheets.gateway import Gateway, Refused, Unknown, Unreachable
from sync.sheets.new_rows import NewRows

PUBLIC_OWNER = "群众 "  # whose photos of the public are: not an address's, which changes as a phone moves
TICK_SECONDS = 2.0  # how long to wait for a running tick before a form is taken without a preview
NUMBER_LATER = "已收到，编号和截止时间稍后在“我的”里可见。"
UNCONFIRMED = "表格没有应答，可能已经收到。手机会核对以后再试，不会重复。"
QUEUE_SECONDS = 30.0  # how long to wait for the forms before this one
MOST_WAITING = 12  # forms at once, half of the server's threads: the next is told to come again, and stops no page
NOT_WRITTEN = "表格暂时写不进去，内容还在手机上，会自动再试。"


@dataclass(frozen=True)
class FilledForm:
    """A form as somebody filled it."""

    id: str
    form: Form
    sender: Sender
    given: Mapping[str, str]  # answers by column key
    asked: tuple[Field, ...]
    extra: Mapping[str, Raw] = field(default_factory=dict)  # cells that the service adds (photos, a source)
    at: datetime | None = None  # the phone's clock (aware), where it told it


@dataclass(frozen=True)
class Piece:
    """A piece of the photo that the sender's phone calls ``name``."""

    sender: Sender
    name: str
    offset: int  # bytes before it
    total: int  # bytes of the whole photo
    taken: str = ""  # hour of the phone's file (2026-11-24 09:30:00), used where the photo itself has none


@dataclass(frozen=True)
class Answer:
    """What a sender is answered."""

    state: str  # in (written), mend (nothing was written), later (try again)
    details: Mapping[str, Any]  # words and, where there was a preview, number, status, deadline (ISO), unit, chief
    faults: Mapping[str, str] = field(default_factory=dict)  # a sentence by column key


@dataclass(frozen=True)
class _Seen:
    """What was seen before a row is written: where its tab's columns stand, whether it ``stands`` there already, what
    the next look will say of it (None: not known) and what is wrong with it."""

    layout: Layout
    row: Preview | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    stands: bool = False


@dataclass
class FormIntake:
    """One for each process. ``ticking`` is held while a look uses the ledger's memory."""

    gateway: Gateway
    ledger: Ledger
    photo_folder: PhotoFolder
    ticking: threading.RLock
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.submissions = Submissions(self.ledger)
        self.uploads = Uploads(self.photo_folder.folder)
        self._new_rows, self._index = NewRows(self.gateway), RowIndex()
        self._queue = threading.BoundedSemaphore(MOST_WAITING)
        self._upload_locks = [threading.Lock() for _ in range(64)]  # two connections may send the same photo

    # Forms
    def answered(self, id: str, sender: Sender) -> Answer | None:
        """What a submission was answered, where its row is written already; else None."""
        submission = self.submissions.get(id)
        if submission is None or not submission.sender.is_same(sender) or submission.state != IN:
            return None
        return _in_already(submission)

    def submit(self, filled: FilledForm, rules: Rules, now: datetime) -> Answer:
        """Write a form's row: one form at a time, each id once."""
        if not self._queue.acquire(blocking=False):
            return Answer("later", {"words": NOT_WRITTEN})
        try:
            return self._in_turn(filled, rules, now)
        finally:
            self._queue.release()

    def _in_turn(self, filled: FilledForm, rules: Rules, now: datetime) -> Answer:
        if not self._turn.acquire(timeout=QUEUE_SECONDS):
            return Answer("later", {"words": NOT_WRITTEN})
        try:
            return self._submit(filled, rules, now)
        except (NoTab, Unreachable, Busy) as error:
            return Answer("later", {"words": f"{NOT_WRITTEN}（{error}）"})
        finally:
            self._turn.release()

    def _submit(self, filled: FilledForm, rules: Rules, now: datetime) -> Answer:
        """Raises ``NoTab`` and ``Unreachable``: nothing was done."""
        submission = self.submissions.get(filled.id)
        if submission is not None and not (
            submission.sender.is_same(filled.sender) and submission.tab == filled.form.tab
        ):
            return Answer("mend", {}, {"": "这份表单的编号已经用过，请重新填一份。"})
        if submission is not None and submission.state == SENDING:
            settle_those_of(self.gateway, self.ledger, [RowSource("", filled.id)])
            submission = self.submissions.get(filled.id)
        if submission is not None and submission.state == IN:
            return _in_already(submission)
        if wrong := forms.foreign(filled.given, filled.asked):
            return Answer("mend", {}, wrong)
        at = submission.at if submission is not None else forms.when_sent(filled.at, now)
        sent = Submission(filled.id, filled.form.tab, filled.sender, at, SENDING, self._row(filled, at), {})
        return self._write(filled.form, sent, submission, rules, now)

    def _write(self, form: Form, sent: Submission, earlier: Submission | None, rules: Rules, now: datetime) -> Answer:
        """``earlier``: the try before this. Raises ``Busy`` where another process takes the same form."""
        before = earlier or sent  # where the ledger was lost, this try may have been written already
        memory = self.ledger.current()
        if awaited(memory.covers, form.tab):
            return Answer("later", {"words": f"{NOT_WRITTEN}（表格的列刚被移动过。）"})
        looked = memory, form.tab, sent, before, rules, now
        seen = self._seen_alone(*looked) or self._seen(*looked)
        layout, row = seen.layout, seen.row
        if seen.stands:
            self.submissions.save(replace(before, state=IN, details={"words": NUMBER_LATER}))
            return Answer("in", {"words": NUMBER_LATER})
        if seen.faults:
            return Answer("mend", {}, seen.faults)
        told = details(row, form, rules) if row else {"words": NUMBER_LATER}
        source = RowSource("", sent.id, json.dumps(told, ensure_ascii=False))
        begin = partial(self.submissions.begin, submission=sent, is_new=earlier is None)
        try:
            append(self.gateway, self.ledger, appended(layout, (sent.cells,)), [source], begin)
        except Unknown:
            return Answer("later", {"words": UNCONFIRMED})
        except Refused as error:
            return Answer("later", {"words": f"{NOT_WRITTEN}（{error}）"})
        return Answer("in", told)

    def _seen_alone(
        self, memory: Memory, key: str, sent: Submission, before: Submission, rules: Rules, now: datetime
    ) -> _Seen | None:
        """By the rows that have a say in this one; None where the whole workbook must be read."""
        new = self._new_rows.read(key, self._index.prints(memory, key))
        if new is None:
            return None
        layout = present_layout(Tables(self.gateway.tabs, {key: new}), key)
        if self._came(memory, new, layout, before):
            return _Seen(layout, stands=True)
        row = preview_alone(self._index, self.gateway.tabs, new, memory, rules, now, sent.cells)
        return _Seen(layout, row, row.faults) if row else None

    def _seen(
        self, memory: Memory, key: str, sent: Submission, before: Submission, rules: Rules, now: datetime
    ) -> _Seen:
        """By the whole workbook."""
        tables = Tables(self.gateway.tabs, self.gateway.read())
        layout = present_layout(tables, key)
        self._new_rows.note(tables.seen[key], self._index.prints(memory, key))
        if self._came(memory, tables.seen[key], layout, before):
            return _Seen(layout, stands=True)
        row = self._preview(tables, rules, now, key, sent.cells)
        return _Seen(layout, row, row.faults if row else faults(tables, rules, key, sent.cells))

    def _came(self, memory: Memory, table: Table, layout: Layout, sent: Submission) -> bool:
        """Whether the row stands among these, or a look saw it: people may have moved or deleted it since."""
        return forms.stands(table, layout, sent.cells) or forms.is_known(self._index, memory, layout.tab, sent.cells)

    def _row(self, filled: FilledForm, at: datetime) -> dict[str, Raw]:
        tab = self.gateway.tabs[filled.form.tab]
        zone = self.ledger.zone
        row = {**forms.cells(filled.given, tab, zone), **filled.extra}
        return {filled.form.when: forms.serial(at, filled.id, zone), filled.form.reporter: filled.sender.name, **row}

    def _preview(self, tables: Tables, rules: Rules, now: datetime, key: str, row: Mapping[str, Raw]) -> Preview | None:
        """What the next look would say of the row; None where a tick runs for longer than a person waits."""
        if not self.ticking.acquire(timeout=TICK_SECONDS):
            return None
        try:
            return preview(tables, self.ledger.current(), rules, now, key, row)
        except FactsWanted:  # the row is about an issue that left long ago
            return preview(tables, self.ledger.memory(), rules, now, key, row)
        finally:
            self.ticking.release()

    # Photos
    def add_piece(self, piece: Piece, content: bytes | None, rules: Rules, now: datetime) -> tuple[int, str]:
        """Add a piece to its photo (None: only ask): how many bytes are here, and the photo's id once all are.

        Raises ``BadPhoto`` (nothing of it is stored) and ``TooManyUploads``.
        """
        owner = PUBLIC_OWNER if piece.sender.public else piece.sender.name
        photo_id = self.photo_folder.id_of(owner, piece.name)
        upload = Upload(photo_id, piece.sender.name, piece.sender.public, piece.total)
        with self._upload_locks[int(photo_id[:8], 16) % len(self._upload_locks)]:
            if self.submissions.photo(photo_id) is not None:
                return piece.total, photo_id
            if content is None:
                return self.uploads.offset(upload), ""
            return self._add_chunk(upload, piece, content, rules, now)

    def _add_chunk(self, upload: Upload, piece: Piece, content: bytes, rules: Rules, now: datetime) -> tuple[int, str]:
        try:
            here = self.uploads.add(upload, piece.offset, content)
            if here < piece.total:
                return here, ""
            self._store(upload.photo, self.uploads.content(upload), piece.sender, rules, now, piece.taken)
        except BadPhoto:
            self.uploads.drop(upload)
            raise
        self.uploads.drop(upload)
        return here, upload.photo

    def take_photo(self, content: bytes, person: str, name: str, rules: Rules, now: datetime) -> Photo:
        """Store a whole photo that ``person`` calls ``name``. Raises ``BadPhoto``."""
        return self._store(self.photo_folder.id_of(person, name), content, Sender(person), rules, now, "")

    def _store(self, photo_id: str, content: bytes, sender: Sender, rules: Rules, now: datetime, taken: str) -> Photo:
        form_rules = rules.forms
        made = photos.convert(
            content, form_rules.photo_side, form_rules.photo_quality, keep_place=form_rules.photo_place
        )
        photo = Photo(
            photo_id, sender.name, now, made.received, made.pixels, made.fingerprint, *made.size, len(made.jpeg),
            made.taken or taken, made.place, sender.public,
        )  # fmt: skip
        self.photo_folder.save(photo_id, made.jpeg)
        photo_records.save(self.photo_folder.folder, photo, self.submissions)
        self.submissions.add_photo(photo)
        return photo


def _in_already(submission: Submission) -> Answer:
    return Answer("in", submission.details or {"words": NUMBER_LATER})


def details(seen: Preview, form: Form, rules: Rules) -> dict[str, Any]:
    """``Answer.details`` for a row that the next look would show as ``seen``."""
    shown, deadline = seen.shown, serials.moment(seen.shown.get("deadline"), rules.bureau.zone)
    if form.tab != "issues":
        result = str(shown.get("result") or shown.get("state") or "")
        return {"words": f"已收到，{result}。" if result else "已收到，记下了。"}
    known = {"number": shown.get("id", ""), "status": shown.get("state", "")}
    if deadline is None:
        return {"words": "已收到，等标准化办核实。", **known}
    more = {key: shown.get(key, "") for key in ("unit", "chief", "repeat")}
    return {"words": "已收到。", **known, "deadline": deadline.isoformat(), **more}
