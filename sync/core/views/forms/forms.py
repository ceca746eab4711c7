"""The forms that people fill outside the workbook: what each asks of whom, and what is taken from an answer.

One form a tab. A form asks for people's columns alone, in the words of the sheet templates; who fills it and when are
the service's to say, not his. What a role may say (a chief files no 督查) keeps the scores honest: plan 五·2, 六·2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sync.core.approvals.request_checks import REQUEST_NEEDS
from sync.core.memory import Memory
from sync.core.people.ordering import by_number
from sync.core.people.permissions import FILED, Person, files
from sync.core.rules.rules import Rules
from sync.core.rules.values import FAKE
from sync.core.sheet.checks import AHEAD
from sync.core.sheet.rows import Raw, Table, issue_number, plain
from sync.core.sheet.tabs import Column, Layout, Tab
from sync.core.sheet.values import serials
from sync.core.sheet.values.texts import clean, is_whole
from sync.core.views.forms.row_index import RowIndex

LONGEST = 1000  # characters in one answer; a note of more than a page is a mistake
OLDEST = timedelta(days=7)  # a report that waited longer for a signal than this counts from its arrival
TELLS_APART = 1e-9  # of a day, some 90 millionths of a second: more than a spreadsheet rounds away


@dataclass(frozen=True)
class Form:
    """What a form asks, in order. ``kind``: the question on whose answer the hints depend, and other questions in some
    forms. ``words``: of choices that say too little alone. ``reporter`` and ``when`` are columns that the service fills
    for the sender."""

    tab: str
    title: str
    asks: tuple[str, ...]
    reporter: str = "reporter"
    when: str = "reported_at"
    kind: str = "kind"
    words: Mapping[str, str] = field(default_factory=dict)


FORMS: Mapping[str, Form] = {
    form.tab: form
    for form in (
        Form("issues", "填报问题", ("photos", "street", "category", "severity", "text", "place", "source",
                                "given_limit", "longitude", "latitude"), kind="source"),
        Form("feedback", "整改反馈", ("issue", "outcome", "photos", "text"), kind="outcome",
             words={"上报": "上报上级"}),
        Form("duties", "履职记录", ("kind", "street", "branch", "district", "issue", "text", "photos",
                                "longitude", "latitude")),
        Form("requests", "申请", ("kind", "issue", "line", "target", "to_unit", "until", "points", "reason"),
             "requester", "requested_at"),
    )
}  # fmt: skip
ONLY_FOR: Mapping[tuple[str, str], tuple[str, ...]] = {  # questions that only some kinds of a form ask
    ("duties", "street"): ("巡查", "督查", "走访"),
    ("duties", "branch"): ("支部例会", "驻点"),
    ("duties", "district"): ("驻点", "现场调度"),
    ("duties", "issue"): ("现场调度",),
    ("requests", "issue"): ("延期", "挂账", "移交", "申诉", FAKE),
    ("requests", "line"): ("申诉",),
    ("requests", "target"): ("加减分",),
    ("requests", "points"): ("加减分",),
    ("requests", "to_unit"): ("移交",),
    ("requests", "until"): ("延期", "挂账"),
}
REPORT = Form("issues", "群众反映", ("photos", "street", "category", "text", "place"))
ROLE_BOUND = ("source", "kind", "branch", "district")  # choices that depend on who asks


@dataclass(frozen=True)
class Field:
    """One question: its column, what may be chosen (empty: free), what is filled in already, ``only``: the kinds of
    this form that ask it (empty: all); ``needed``: those that can't do without an answer; ``hints``: what is said under
    it, by the kinds that this person may choose."""

    column: Column
    options: tuple[str, ...] = ()
    value: str = ""
    only: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    hints: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return self.column.key


def fields(form: Form, tab: Tab, person: Person, streets: Iterable[str], rules: Rules) -> tuple[Field, ...]:
    """The questions of a form to this person, with what can be known filled in. ``streets``: those in force."""
    return tuple(
        _field(tab.by_key[key], form, person, streets, rules)
        for key in form.asks
        if key != "given_limit" or person.oversees  # another limit than the category's is the superiors' to give
    )


def _field(column: Column, form: Form, person: Person, streets: Iterable[str], rules: Rules) -> Field:
    options = _options(column, form, person, streets, rules)
    known, only = _known(column, person, options), ONLY_FOR.get((form.tab, column.key), ())
    return Field(column, options, known, only, _needed(form, column), _hints(column, form, person))


def _hints(column: Column, form: Form, person: Person) -> tuple[tuple[str, str], ...]:
    """What is said of the kinds that he may choose; of a form without such a choice nothing."""
    bound = (form.tab, form.kind) in FILED
    own = files(person, form.tab, form.kind) if bound else tuple(column.hints)
    return tuple((kind, words) for kind, words in column.hints.items() if kind in own and form.kind in form.asks)


def _needed(form: Form, column: Column) -> tuple[str, ...]:
    """The kinds of request that need an answer in this column."""
    kinds = REQUEST_NEEDS.items() if form.tab == "requests" else ()
    return tuple(kind for kind, keys in kinds if column.key in keys)


def _options(column: Column, form: Form, person: Person, streets: Iterable[str], rules: Rules) -> tuple[str, ...]:
    if column.choices == "streets":
        return tuple(sorted(by_number(streets), key=lambda street: street not in person.streets))  # his own first
    if (form.tab, column.key) in FILED:
        return files(person, form.tab, column.key)
    values = rules.lists.get(column.choices, column.values)
    own = {"branch": person.branches, "district": person.districts}.get(column.key)
    return tuple(value for value in values if value in own) if own else values


def _known(column: Column, person: Person, options: tuple[str, ...]) -> str:
    """What is filled in already: his street, branch and district; what his role files first."""
    own = {"streets": person.streets, "branch": person.branches, "district": person.districts}
    mine = own.get(column.choices) or own.get(column.key)
    if mine is not None:
        return next((option for option in options if option in mine), "")
    return options[0] if column.key in ("source", "kind", "outcome") and options else ""


def foreign(given: Mapping[str, str], asked: Iterable[Field]) -> dict[str, str]:
    """Answers that the form did not offer to this person, a sentence by key: nobody needs the page to send them."""
    by_key = {field.key: field for field in asked}
    problems: dict[str, str] = {}
    for key, text in given.items():
        field = by_key.get(key)
        if field is None:
            problems[key] = "这张表单没有这一项。"
        elif len(text) > LONGEST:
            problems[key] = f"写了 {len(text)} 个字，最多 {LONGEST} 个，请写短一点。"
        elif not is_whole(text):
            problems[key] = "里面有半个字（多半是没有输全的表情），请删掉再发。"
        elif key in ROLE_BOUND and text and text not in field.options:
            problems[key] = f"「{text}」不由您的角色填，可以选 {'、'.join(field.options)}。"
    return problems


def cells(given: Mapping[str, str], tab: Tab, zone: ZoneInfo) -> dict[str, Raw]:
    """Answers as raw cells: a date as a serial, a number as a number, anything else as the text that it is."""
    raw_cells: dict[str, Raw] = {}
    for key, typed in given.items():
        text = "\n".join(line.strip() for line in clean(typed).splitlines()).strip()
        if text and key == "issue":
            raw_cells[key] = issue_number(text)
        elif text:
            raw_cells[key] = _raw(text, tab.by_key[key].type, zone)
    return raw_cells


def _raw(text: str, kind: str, zone: ZoneInfo) -> Raw:
    try:
        if kind in ("datetime", "date") or (kind == "limit" and "T" in text):
            return serials.from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone), zone)
        return float(text) if kind in ("number", "integer", "points") else text
    except ValueError:
        return text  # the row's own reading says what is wrong with it


def when_sent(typed: datetime | None, now: datetime) -> datetime:
    """The hour of a submission: the phone's while it can be believed, else ours."""
    return min(typed, now) if typed is not None and now - OLDEST <= typed <= now + AHEAD else now


def serial(at: datetime, name: str, zone: ZoneInfo) -> float:
    """That hour as a serial. Its fraction of a second comes of ``name`` (the client's id), so that two alike reports of
    one second are two rows with two fingerprints; people see minutes."""
    millionths = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 400_000  # never rounded up to the next second
    return serials.from_datetime(at, zone) + millionths / 1e6 / serials.DAY


def stands(table: Table, layout: Layout, row: Mapping[str, Raw]) -> bool:
    """Whether a row that was sent stands in the tab already: its hour, which has a fraction of its own, and its
    reporter are the same. The rest may have been edited since."""
    keys = [(layout.at[key], row.get(key, "")) for key in layout.tab.identity[:2]]
    return any(all(_alike(seen[at] if at < len(seen) else "", value) for at, value in keys) for seen in table.rows)


def is_known(index: RowIndex, memory: Memory, tab: Tab, row: Mapping[str, Raw]) -> bool:
    """The same of rows that the ledger knows."""
    sent = [(key, row.get(key, "")) for key in tab.identity[:2]]
    known = index.at_hour(memory, tab.key, *sent[0])
    return any(all(_alike(seen.cells.get(key, ""), value) for key, value in sent) for seen in known)


def _alike(seen: Raw, sent: Raw) -> bool:
    if isinstance(seen, float) and isinstance(sent, float):
        return abs(seen - sent) < TELLS_APART
    return plain(seen) == plain(sent)


def time_left(deadline: datetime, now: datetime) -> str:
    """How long until a deadline, in words of at most two units. How late something is says ``issues.late_words``."""
    if deadline < now:
        return "已超期"
    minutes = int((deadline - now).total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        words = f"{days} 天 {hours} 小时" if hours else f"{days} 天"
    elif hours:
        words = f"{hours} 小时 {rest} 分" if rest else f"{hours} 小时"
    else:
        words = f"{rest} 分钟"
    return f"还剩 {words}"
