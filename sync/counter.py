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

from sync import photos
from sync.core import forms
from sync.core.forms import Field, Form
from sync.core.memory import Tables
from sync.core.pictures import Photo
from sync.core.plan import Plan, append_row
from sync.core.preview import NoTab, Preview, faults, layout_of, preview, when
from sync.core.rows import Raw
from sync.core.rules import Rules
from sync.gateway import Gateway, Refused, Unknown, Unreachable
from sync.ledger import Ledger
from sync.ledger.intake import IN, SENDING, Intake, Submission
from sync.photos import Shelf

WAIT = 2.0  # seconds for a tick that is at work, before a form is taken without a preview
LATER = "已收到，编号和截止时间稍后在“我的”里可见。"
MAYBE = "表格没有应答，可能已经收到。手机会核对以后再试，不会重复。"
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
class Answer:
    """``state``: in (written), mend (``faults``: a sentence by column key, nothing was written), later (try again).

    ``said``: ``words`` and, where the next look could be asked, number, status, deadline (ISO), unit, chief.
    """

    state: str
    said: Mapping[str, Any]
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Counter:
    """One for a process. ``ticking`` is held by whoever uses the ledger's memory for a look."""

    gateway: Gateway
    ledger: Ledger
    shelf: Shelf
    ticking: threading.RLock
    _door: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.intake = Intake(self.ledger)

    # Forms
    def answered(self, id_: str, person: str) -> Answer | None:
        """What this submission was answered, if it is in already."""
        kept = self.intake.find(id_)
        if kept is None or kept.person != person or kept.state != IN:
            return None
        return Answer("in", kept.said)

    def hand_in(self, one: Handed, rules: Rules, now: datetime) -> Answer:
        """Take a form: one at a time, each id once."""
        with self._door:
            kept = self.intake.find(one.id)
            if kept is not None and (kept.person, kept.tab) != (one.person, one.form.tab):
                return Answer("mend", {}, {"": "这份表单的编号已经用过，请重新填一份。"})
            if kept is not None and kept.state == IN:
                return Answer("in", kept.said)
            wrong = forms.foreign(one.given, one.asked)
            if wrong:
                return Answer("mend", {}, wrong)
            try:
                tables = Tables(self.gateway.tabs, self.gateway.read())
                return self._take(one, kept, tables, rules, now)
            except (NoTab, Unreachable) as error:
                return Answer("later", {"words": f"{KEPT}（{error}）"})

    def _take(self, one: Handed, kept: Submission | None, tables: Tables, rules: Rules, now: datetime) -> Answer:
        """Raises ``NoTab``."""
        layout, table = layout_of(tables, one.form.tab), tables.seen[one.form.tab]
        if kept is not None and forms.stands(table, layout, kept.cells):
            return self._in(kept, {"words": LATER})
        at = kept.at if kept is not None else forms.moment(one.at, now)
        row = self._row(one, at)
        seen = self._preview(tables, rules, now, one.form.tab, row)
        wrong = seen.faults if seen else faults(tables, rules, one.form.tab, row)
        if wrong:
            return Answer("mend", {}, wrong)
        sent = Submission(one.id, one.form.tab, one.person, at, SENDING, row, {})
        self.intake.keep(sent)
        plan = Plan()
        append_row(plan, layout, row)
        try:
            self.gateway.write(plan)
        except Unknown:
            return Answer("later", {"words": MAYBE})
        except Refused as error:
            return Answer("later", {"words": f"{KEPT}（{error}）"})
        return self._in(sent, said(seen, one.form, rules) if seen else {"words": LATER})

    def _row(self, one: Handed, at: datetime) -> dict[str, Raw]:
        tab = self.gateway.tabs[one.form.tab]
        zone = self.ledger.zone
        row = {**forms.cells(one.given, tab, zone), **one.extra}
        return {one.form.when: forms.serial(at, one.id, zone), one.form.who: one.person, **row}

    def _preview(self, tables: Tables, rules: Rules, now: datetime, key: str, row: Mapping[str, Raw]) -> Preview | None:
        """None while a tick holds the memory longer than a person waits."""
        if not self.ticking.acquire(timeout=WAIT):
            return None
        try:
            return preview(tables, self.ledger.memory(), rules, now, key, row)
        finally:
            self.ticking.release()

    def _in(self, sent: Submission, words: Mapping[str, Any]) -> Answer:
        self.intake.keep(replace(sent, state=IN, said=words))
        return Answer("in", words)

    # Photos
    def take_photo(
        self, content: bytes, person: str, name: str, rules: Rules, now: datetime, taken: str = ""
    ) -> Photo:
        """Take in a photo that ``person``'s phone calls ``name``; ``taken``: the hour of the phone's file, for when the
        photo itself says none. Raises ``BadPhoto``."""
        wish = rules.forms
        made = photos.take(content, wish.photo_side, wish.photo_quality, keep_place=wish.photo_place)
        found = Photo(
            self.shelf.id_of(person, name), person, now, made.received, made.pixels, made.fingerprint,
            *made.size, len(made.jpeg), made.taken or taken, made.place,
        )  # fmt: skip
        self.shelf.keep(found.id, made.jpeg)
        self.intake.add_photo(found)
        return found


def said(seen: Preview, form: Form, rules: Rules) -> dict[str, Any]:
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
