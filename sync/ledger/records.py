"""Values of the core as rows of the ledger, and back: what a memory is read from and a decision is put into."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import cattrs
import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from sync.core.duties.duties import Done
from sync.core.issues.issues import Stamps
from sync.core.letters.letters import Letter
from sync.core.memory import (
    FEEDBACK,
    PHOTOS,
    REQUESTS_TAB,
    Archived,
    Change,
    Decision,
    Facts,
    Memory,
    Sent,
    about,
    in_short,
    seals_in_short,
    stored_issues,
)
from sync.core.notices.notices import HANDED, PENDING, WENT_OUT, Notice
from sync.core.people.days import Care, Days
from sync.core.scores.lines import Booked, Group, Line
from sync.core.scores.seal import Seal
from sync.core.sheet.codec import codec
from sync.core.sheet.identity import Known
from sync.core.sheet.plan import Cover, Plan, Restore
from sync.core.sheet.values.photos import Photo, Picture
from sync.ledger.tables import (
    add_new,
    archived,
    closings,
    days,
    facts,
    history,
    letters,
    lines,
    mails,
    openings,
    outbox,
    photos,
    rows,
    rules,
    stamps,
    upsert,
)

T = TypeVar("T")
OF_A_YEAR = "%20__"  # tabs of rows that left for that of a year, as duties2026: no look holds them
MOST_ASKED = 10_000  # values in one question; SQLite takes some thirty thousand
LARGE, PACKED = 5_000, "packed"  # cells of a plan; name under which the text of one stands that has more
MOST_TEXTS = 100  # texts for which cells are searched in one question

# Statements that every change runs; to build them takes longer than to run them.
FACTS = sa.select(facts.c.key, facts.c.value).where(
    facts.c.bureau == sa.bindparam("bureau"), facts.c.key.in_(sa.bindparam("keys", expanding=True))
)
BUMP = (
    sa.update(facts)
    .where(facts.c.bureau == sa.bindparam("of"), facts.c.key == sa.bindparam("name"))
    .values(value=sa.cast(sa.cast(facts.c.value, sa.Integer) + 1, facts.c.value.type))
)

CARE = tuple(each.name for each in fields(Care))
KEYED = {  # tables that hold one value a key: the columns of both
    "stamps": ("rid", "stamps"),
    "closings": ("month", "closing"),
    "letters": ("key", "letter"),
    "archived": ("rid", "archived"),
}


def of_years(key: str) -> sa.ColumnElement[bool]:
    """Rows that left a tab for those of the years."""
    return rows.c.tab.like(f"{key}{OF_A_YEAR[1:]}")


IS_FILED = sa.or_(*map(of_years, (FEEDBACK, REQUESTS_TAB)))
LEFT_PHOTOS = of_years(FEEDBACK), rows.c.cells.contains(f'"{PHOTOS}"', autoescape=True)


def to_json(value: Any) -> str:
    """A value as JSON text, dataclasses of plain values among it. What orjson refuses (numbers beyond 64 bits, half a
    character) goes the slower way."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"), default=asdict)


def packed(plan: Plan) -> Any:
    """A plan as a fact holds it. The text of a large one, ten megabytes where it writes 150,000 cells, is packed."""
    if plan.cells < LARGE:
        return plan
    try:
        text = orjson.dumps(plan, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return plan
    return {PACKED: b64encode(zlib.compress(text, level=1)).decode()}


def unpacked(stored: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a plan from its fact."""
    return orjson.loads(zlib.decompress(b64decode(stored[PACKED]))) if PACKED in stored else stored


class SharedTexts:
    """Reads JSON so that equal texts are one object: most of what a ledger holds says the same again and again."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def read(self, text: str) -> Any:
        return json.loads(text, object_pairs_hook=self._object)

    def share(self, text: str) -> str:
        return self._texts.setdefault(text, text)

    def _object(self, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        share = self._texts.setdefault
        return {share(key, key): share(value, value) if type(value) is str else value for key, value in pairs}


def _as_booked(line: Line, booked: Mapping[str, Line]) -> Line:
    same = booked.get(line.id)
    return same if same is not None and same == line else line


def of_done(records: Iterable[Done]) -> list[dict[str, Any]]:
    """Records of duties as JSON holds them."""
    return [{**record._asdict(), "day": record.day.isoformat()} for record in records]


def _as_done(record: dict[str, Any]) -> Done:
    return Done(**{**record, "day": date.fromisoformat(record["day"])})


def _by_number(rows: Mapping[str, Any]) -> dict[int, Any]:
    """Rows by number, whose keys JSON made texts."""
    return {int(number): row for number, row in rows.items()}


@dataclass(frozen=True)
class SentMail:
    """A mail that went out. ``id``: the batch of its notices, also in its Message-ID; ``at``: when (aware);
    ``html``: its body; ``files``: names of its attachments."""

    id: str
    person: str
    address: str
    at: datetime
    subject: str
    html: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Records:
    """The records of one bureau; every method works on a connection that the caller opened."""

    name: str
    zone: ZoneInfo

    @cached_property
    def codec(self) -> cattrs.Converter:
        return codec(self.zone)

    def load(self, db: Connection) -> Memory:
        """What is remembered, without the facts of issues that are stored, and but what ``Ledger.memory`` asks for
        every time."""
        texts = SharedTexts()
        marks = self._values(db, archived, Archived, texts)
        stored = stored_issues(marks)
        lines, left = self._lines(db, texts), self.fact(db, "left", {})
        last, confirmed = self.fact(db, "last_tick", None), self.fact(db, "confirmed", None)
        latest = self.fact(db, "latest", last)  # an older ledger tells the last alone
        return Memory(
            known=self._known(db, texts, stored),
            stamps=self._values(db, stamps, Stamps, texts, lambda rid: rid not in stored),
            lines=lines,
            seals=seals_in_short(self._seals(db, texts, lines), stored, left),
            notices=self._notices(db, texts, lambda rid: rid not in stored),
            letters=self._values(db, letters, Letter, texts),
            opened={
                (row.letter, row.person): row.at.astimezone(self.zone)
                for row in self._rows(db, openings, openings.c.letter, openings.c.person)
            },
            archived=marks,
            days=self._days(db),
            numbers=self.fact(db, "numbers", {}),
            settled=self.fact(db, "settled", 0),
            addresses=self.fact(db, "addresses", {}),
            groups={name: self._moment(at) for name, at in self.fact(db, "groups", {}).items()},
            left_until=self.fact(db, "left_until", ""),
            left=left,
            left_photos={row.rid: in_short(row) for _, row in self.left_rows(db, *LEFT_PHOTOS)},
            noted=tuple(_as_done(record) for record in self.fact(db, "noted", [])),
            status={item: (text, self._moment(at)) for item, (text, at) in self.fact(db, "status", {}).items()},
            plan=self._plan(db),
            restores=self.codec.structure(self.fact(db, "restores", []), tuple[Restore, ...]),
            covers=self.covers(db),
            waiting=self.covers(db, "waiting"),
            last_tick=self._moment(last) if last else None,
            latest=self._moment(latest) if latest else None,
            first_seen={key: self._moment(at) for key, at in self.fact(db, "first_seen", {}).items()},
            history=frozenset(self.fact(db, "history_rows", [])),
            confirmed=self._moment(confirmed) if confirmed else None,
        )

    def stored_facts(self, db: Connection, memory: Memory) -> Facts:
        """The facts of issues that are stored. ``memory``: that without them."""
        texts, stored = SharedTexts(), stored_issues(memory.archived)
        mine = (rows.c.bureau == self.name, rows.c.tab == "issues")
        filed = defaultdict[str, dict[str, Known]](dict)
        for tab, entry in self.left_rows(db, IS_FILED):
            filed[tab][entry.rid] = entry
        issues = (row for row in db.execute(sa.select(rows).where(*mine)) if row.rid in stored)
        return Facts(
            {row.rid: self._known_row(row, texts) for row in issues},
            self._values(db, stamps, Stamps, texts, stored.__contains__),
            self._notices(db, texts, stored.__contains__),
            self._seals(db, texts, memory.lines),
            filed,
        )

    def _rows(self, db: Connection, table: sa.Table, *order: sa.Column[Any]) -> sa.CursorResult[Any]:
        return db.execute(sa.select(table).where(table.c.bureau == self.name).order_by(*order))

    def _values(
        self,
        db: Connection,
        table: sa.Table,
        kind: type[T],
        texts: SharedTexts,
        wanted: Callable[[str], bool] = lambda _: True,
    ) -> dict[str, T]:
        """The values of a table that holds one a key (``KEYED``), in the order of their keys; ``wanted``: by key."""
        key, column = KEYED[table.name]
        return {
            texts.share(row[key]): self.codec.structure(texts.read(row[column]), kind)
            for row in self._rows(db, table, table.c[key]).mappings()
            if wanted(row[key])
        }

    def _put_values(self, db: Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
        key, column = KEYED[table.name]
        self._upsert(db, table, ({key: name, column: self.text(value)} for name, value in values.items()))

    def _moment(self, text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(self.zone)

    def _known(self, db: Connection, texts: SharedTexts, stored: Container[str]) -> dict[str, dict[str, Known]]:
        known: dict[str, dict[str, Known]] = defaultdict(dict)
        mine = sa.select(rows).where(rows.c.bureau == self.name, ~rows.c.tab.like(OF_A_YEAR))
        for row in db.execute(mine.order_by(rows.c.tab, rows.c.rid)):
            entry = self._known_row(row, texts)
            known[row.tab][entry.rid] = in_short(entry) if row.tab == "issues" and row.rid in stored else entry
        return dict(known)

    def _known_row(self, row: Any, texts: SharedTexts) -> Known:
        marks = {key: self._moment(text) for key, text in texts.read(row.marks).items()}
        return Known(texts.share(row.rid), texts.read(row.cells), row.print, marks, row.gone, texts.read(row.shown))

    def _lines(self, db: Connection, texts: SharedTexts) -> dict[Group, dict[str, Line]]:
        groups: dict[Group, dict[str, Line]] = defaultdict(dict)
        for row in self._rows(db, lines, lines.c.id):
            line = self.codec.structure(texts.read(row.line), Line)
            groups[Group(texts.share(row.origin), texts.share(row.issue))][line.id] = line
        return dict(groups)

    def _seals(self, db: Connection, texts: SharedTexts, booked: Booked) -> dict[str, Seal]:
        """The sealed months. A line that stands in its seal as it was ``booked`` is one value."""
        by_id = {name: line for group in booked.values() for name, line in group.items()}
        seals = self._values(db, closings, Seal, texts)
        for month, seal in seals.items():
            booked_lines = tuple(_as_booked(line, by_id) for line in seal.lines)
            sealed = tuple((texts.share(tab), texts.share(name), content) for tab, name, content in seal.facts)
            seals[month] = replace(seal, lines=booked_lines, facts=sealed, rules=texts.share(seal.rules))
        return seals

    def _notices(self, db: Connection, texts: SharedTexts, wanted: Callable[[str], bool]) -> dict[str, Sent]:
        """The notices by number; ``wanted``: by the issue that they are about."""
        notices = {}
        for row in self._rows(db, outbox, outbox.c.number):
            values = texts.read(row.notice)
            if wanted(values["issue"]):
                notice = self.codec.structure(values, Notice)
                mail = row.batch or "" if row.state == HANDED else ""
                notices[notice.number] = Sent(notice, texts.share(row.state), texts.share(row.reason), mail)
        return notices

    def _days(self, db: Connection) -> dict[str, tuple[Care, ...]]:
        cares: dict[str, list[Care]] = defaultdict(list)
        for row in self._rows(db, days, days.c.street, days.c.since).mappings():
            cares[row["street"]].append(Care(*(row[name] for name in CARE)))
        return {street: tuple(group) for street, group in cares.items()}

    def _put_days(self, db: Connection, changed: Days) -> None:
        """The days of these streets, in place of those that were known."""
        for street, cares in changed.items():
            db.execute(sa.delete(days).where(days.c.bureau == self.name, days.c.street == street))
            rows_of_street = [{"street": street, **{name: getattr(care, name) for name in CARE}} for care in cares]
            self._upsert(db, days, rows_of_street)

    def photos(self, db: Connection, known: Mapping[str, Picture]) -> Mapping[str, Picture]:
        """All photos by id. ``known``: those read before, which never change."""
        ids = db.scalars(sa.select(photos.c.id).where(photos.c.bureau == self.name)).all()
        new = [photo for photo in ids if photo not in known]
        read = dict(known)
        for start in range(0, len(new), MOST_ASKED):
            some = photos.c.id.in_(new[start : start + MOST_ASKED])
            rows = db.execute(sa.select(photos.c.id, photos.c.photo).where(photos.c.bureau == self.name, some))
            read |= {row.id: self.read(Photo, row.photo).picture for row in rows}
        return {photo: read[photo] for photo in ids}

    def _plan(self, db: Connection) -> Plan | None:
        stored = self.fact(db, "plan", None)
        return None if stored is None else self.plan(unpacked(stored))

    def plan(self, stored: dict[str, Any]) -> Plan:
        """A plan from its JSON."""
        for tab in stored["tabs"].values():
            tab["rows"] = _by_number(tab["rows"])
        return self.codec.structure(stored, Plan)

    def covers(self, db: Connection, fact: str = "covers") -> tuple[Cover, ...]:
        """Writes that may stand in cells of people; those ``waiting`` for their row."""
        stored = self.fact(db, fact, [])
        numbered = [{**cover, **{key: _by_number(cover[key]) for key in ("rows", "fell")}} for cover in stored]
        return self.codec.structure(numbered, tuple[Cover, ...])

    def read(self, kind: type[T], text: str) -> T:
        return self.codec.structure(json.loads(text), kind)

    def text(self, value: Any) -> str:
        return to_json(self.codec.unstructure(value))

    def put(self, db: Connection, decision: Decision, now: datetime, rules_hash: str, rules_text: str) -> None:
        """All that a decision wants remembered."""
        for tab, group in decision.known.items():
            self.put_rows(db, tab, group.values())
        self._put_values(db, stamps, decision.stamps)
        self._put_lines(db, decision.lines)
        self._put_values(db, closings, decision.seals)
        self._put_notices(db, decision)
        self._put_values(db, letters, decision.letters)
        self._put_values(db, archived, decision.archived)
        self._put_days(db, decision.days)
        self.put_history(db, decision.history)
        for tab, left in decision.moved.items():
            self.put_rows(db, tab, left)
        self._put_rules(db, rules_hash, rules_text, now)

    def put_rows(self, db: Connection, tab: str, group: Iterable[Known]) -> None:
        """What is known of rows of a tab."""
        self._upsert(
            db,
            rows,
            (
                {
                    "tab": tab,
                    "rid": row.rid,
                    "print": row.print,
                    "gone": row.gone,
                    "shown": to_json(dict(row.shown)),
                    "cells": to_json(dict(row.cells)),
                    "marks": to_json({key: at.astimezone(UTC).isoformat() for key, at in row.marks.items()}),
                }
                for row in group
            ),
        )

    def left_rows(self, db: Connection, *conditions: sa.ColumnElement[bool]) -> Iterator[tuple[str, Known]]:
        """Rows that left people's tabs, each with the tab of its year as the ledger calls it, the latest year first."""
        texts = SharedTexts()
        mine = sa.select(rows).where(rows.c.bureau == self.name, rows.c.tab.like(OF_A_YEAR), *conditions)
        for row in db.execute(mine.order_by(rows.c.tab.desc(), rows.c.rid)):
            yield row.tab, self._known_row(row, texts)

    def left_naming(self, db: Connection, key: str, text: str) -> Iterator[tuple[str, Known]]:
        """Those that left one tab and hold a text of plain letters in a cell."""
        return self.left_rows(db, of_years(key), rows.c.cells.contains(text, autoescape=True))

    def left_about(self, db: Connection, issues: Collection[str]) -> Iterator[tuple[str, Known]]:
        """Those that were filed about these issues."""
        asked = sorted(issues)
        for start in range(0, len(asked), MOST_TEXTS):
            named = [rows.c.cells.contains(number, autoescape=True) for number in asked[start : start + MOST_TEXTS]]
            naming = self.left_rows(db, IS_FILED, sa.or_(*named))
            yield from ((tab, row) for tab, row in naming if about(row) in asked[start : start + MOST_TEXTS])

    def linked(self, db: Connection, numbers: Iterable[str], among: Container[str]) -> set[str]:
        """These issues with all that were joined to them or wait behind them, and that they belong to, ``among``
        others."""
        links = defaultdict[str, set[str]](set)
        for row in db.execute(sa.select(stamps.c.rid, stamps.c.stamps).where(stamps.c.bureau == self.name)):
            own = json.loads(row.stamps)
            for other in filter(None, (own.get("joined"), own.get("behind"))):
                links[row.rid].add(other)
                links[other].add(row.rid)
        reached, new = set[str](), set(numbers)
        while new:
            reached |= new
            new = {other for number in new for other in links[number] if other in among} - reached
        return reached

    def left_like(self, db: Connection, key: str, prints: Iterable[str]) -> Iterator[tuple[str, Known]]:
        """Those that left one tab and have one of these fingerprints."""
        asked, of_tab = sorted(set(prints)), of_years(key)
        for start in range(0, len(asked), MOST_ASKED):
            yield from self.left_rows(db, of_tab, rows.c.print.in_(asked[start : start + MOST_ASKED]))

    def move_rows(self, db: Connection, tab: str, rids: Iterable[str], target: str) -> None:
        """Call rows by another tab; one that is known there is replaced."""
        for rid in rids:
            db.execute(sa.delete(rows).where(rows.c.bureau == self.name, rows.c.tab == target, rows.c.rid == rid))
            mine = (rows.c.bureau == self.name, rows.c.tab == tab, rows.c.rid == rid)
            db.execute(sa.update(rows).where(*mine).values(tab=target))

    def _put_lines(self, db: Connection, groups: Mapping[Group, Mapping[str, Line]]) -> None:
        self._upsert(
            db,
            lines,
            (
                {"origin": group.origin, "issue": group.name, "id": line.id, "line": self.text(line)}
                for group, booked in groups.items()
                for line in booked.values()
            ),
        )

    def _put_notices(self, db: Connection, decision: Decision) -> None:
        self._upsert(
            db,
            outbox,
            (
                {
                    "number": number,
                    "notice": self.text(sent.notice),
                    "to": sent.notice.to,
                    "due": sent.notice.due,
                    "state": sent.state,
                    "reason": sent.reason,
                    "attempts": 0,
                }
                for number, sent in decision.notices.items()
            ),
        )
        for number, sent in decision.notices.items():
            if sent.mail:
                mine = (outbox.c.bureau == self.name, outbox.c.number == number)
                db.execute(sa.update(outbox).where(*mine).values(batch=sent.mail))

    def unsent(self, db: Connection, notices: Mapping[str, Sent]) -> dict[str, Sent]:
        """Without those that went out meanwhile, or may have: nothing makes a mail unsent."""
        query = sa.select(outbox.c.number).where(outbox.c.bureau == self.name, outbox.c.state.in_((*WENT_OUT, HANDED)))
        asked, out = list(notices), set()
        for start in range(0, len(asked), MOST_ASKED):
            out |= set(db.execute(query.where(outbox.c.number.in_(asked[start : start + MOST_ASKED]))).scalars())
        return {number: sent for number, sent in notices.items() if number not in out}

    def open_notices(
        self, db: Connection, numbers: Iterable[str], state: str
    ) -> dict[str, tuple[str, tuple[str, str]]]:
        """Those that may get ``state``, by number, each with the mail that it goes with and its state and reason: one
        that went out is sent whatever stood there before, everything else is for notices that still wait (不再发送
        stays)."""
        columns = (outbox.c.number, outbox.c.batch, outbox.c.state, outbox.c.reason)
        query = sa.select(*columns).where(outbox.c.bureau == self.name, outbox.c.number.in_(list(numbers)))
        if state not in WENT_OUT:
            query = query.where(outbox.c.state.in_((*PENDING, HANDED)))
        rows = db.execute(query.order_by(outbox.c.number))
        return {row.number: (row.batch or "", (row.state, row.reason)) for row in rows}

    def put_mail(self, db: Connection, mail: SentMail) -> None:
        """A mail that went out; one that went again stands there as it went last."""
        self._upsert(db, mails, [{**asdict(mail), "files": to_json(mail.files)}])

    def put_opened(self, db: Connection, letter: str, person: str, at: datetime) -> None:
        """That somebody opened a letter, by its key."""
        self._upsert(db, openings, [{"letter": letter, "person": person, "at": at}])

    def archived_as(self, db: Connection, state: str) -> list[Archived]:
        """The archived issues in a state. The database leaves out all whose text does not hold its word."""
        mine = (archived.c.bureau == self.name, archived.c.archived.contains(state, autoescape=True))
        texts = db.execute(sa.select(archived.c.archived).where(*mine)).scalars()
        return [mark for mark in (self.read(Archived, text) for text in texts) if mark.state == state]

    def put_archived(self, db: Connection, marks: Iterable[Archived], gone: Iterable[str] = ()) -> None:
        """Where issues stand that left the live tab; of those ``gone`` from the archive nothing is kept."""
        self._put_values(db, archived, {mark.rid: mark for mark in marks})
        for rid in gone:
            db.execute(sa.delete(archived).where(archived.c.bureau == self.name, archived.c.rid == rid))

    def put_history(self, db: Connection, changes: Iterable[Change]) -> None:
        """Changes at the end of the trail."""
        if changes := list(changes):
            db.execute(
                sa.insert(history),
                [
                    {
                        "bureau": self.name,
                        "tab": change.tab,
                        "rid": change.rid,
                        "what": change.column,
                        "before": to_json(change.before),
                        "after": to_json(change.after),
                        "at": change.at,
                        "put_back": change.put_back,
                    }
                    for change in changes
                ],
            )

    def _put_rules(self, db: Connection, rules_hash: str, text: str, now: datetime) -> None:
        if self.fact(db, "rules", "") != rules_hash:
            self._upsert(db, rules, [{"hash": rules_hash, "text": text, "since": now}])

    def fact(self, db: Connection, key: str, default: Any) -> Any:
        return self.facts(db, key).get(key, default)

    def facts(self, db: Connection, *keys: str) -> dict[str, Any]:
        """Those of these facts that are there, by key."""
        return {key: json.loads(text) for key, text in db.execute(FACTS, {"bureau": self.name, "keys": keys})}

    def set_facts(self, db: Connection, values: Mapping[str, Any]) -> None:
        self._upsert(
            db,
            facts,
            [{"key": key, "value": to_json(value)} for key, value in values.items()],
        )

    def bump(self, db: Connection, name: str = "revision") -> int:
        """The next value of a fact that counts. The update comes first, so that two processes can't give the same."""
        counted = {"of": self.name, "name": name}
        if db.execute(BUMP, counted).rowcount == 0:
            add_new(db, facts, {"bureau": self.name, "key": name, "value": "0"})
            db.execute(BUMP, counted)
        return int(self.fact(db, name, 0))

    def _upsert(self, db: Connection, table: sa.Table, values: Iterable[dict[str, Any]]) -> None:
        upsert(db, table, ({"bureau": self.name, **value} for value in values))
