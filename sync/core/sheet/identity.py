"""Which row is which, whatever people did to the order, the ids and the copies (DESIGN section 6).

A row is known by its id cell and by its fingerprint. The fingerprint weighs more: people sort, cut and paste
over id cells, but they rarely retype the time, the reporter, the street and the text of another row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sync.core.sheet.rows import Raw, Row, plain

NUMBER = re.compile(r"[0-9]{8}-[0-9]{3,6}")
FARTHEST = 10_000  # a number further ahead than this of the last one given was invented, not forgotten
MOST_PAIRS = 40_000  # comparing more edited rows with more lost ones than this is a re-import, not an edit
DELETED = -1  # stands in ``gone`` once a row was missed as often as the rules allow


@dataclass(frozen=True, slots=True)
class Known:
    """A row as the ledger remembers it: ``cells`` are the raw values of its filled staff columns.

    ``marks``: hours stamped at first sight (``heard``: the hour that counts for the row). ``gone``: looks in a
    row that did not find it, or ``DELETED``. ``shown``: the service cells that it was given last.
    """

    rid: str
    cells: Mapping[str, Raw]
    print: str
    marks: Mapping[str, datetime] = field(default_factory=dict)
    gone: int = 0
    shown: Mapping[str, Raw] = field(default_factory=dict)

    @property
    def deleted(self) -> bool:
        return self.gone == DELETED


@dataclass
class Binding:
    """What became of the rows of one tab: each has its ``rid``; ``fresh`` were never seen before, ``adopted``
    carry an id that the ledger does not know and that is kept; ``missing`` were not found this time."""

    fresh: list[Row] = field(default_factory=list)
    adopted: list[Row] = field(default_factory=list)
    missing: list[Known] = field(default_factory=list)


@dataclass
class Numbers:
    """The next free ids, a run a day: ``20261124-001``. ``highest`` is the last number given for a day."""

    highest: dict[str, int]

    def next(self, day: date) -> str:
        key = f"{day:%Y%m%d}"
        self.highest[key] = self.highest.get(key, 0) + 1
        return f"{key}-{self.highest[key]:03d}"

    def may_be_ours(self, rid: str) -> bool:
        """Whether an unknown number can be one that we gave and forgot: not given to another row, and near."""
        key, _, number = rid.partition("-")
        last = self.highest.get(key, 0)
        return last < int(number) <= last + FARTHEST

    def take(self, rid: str) -> None:
        key, _, number = rid.partition("-")
        self.highest[key] = max(self.highest.get(key, 0), int(number))


def bind(rows: list[Row], claims: Mapping[int, str], known: Mapping[str, Known]) -> Binding:
    """Give each row that the ledger knows its rid; the others stay without one, in ``fresh``.

    ``claims``: id cell by row number (empty for tabs without ids). Order: id and fingerprint agree; the
    fingerprint alone; the id alone (a person edited the row); for tabs without ids the likeness of the cells.
    """
    left = dict(known)
    _bind_exact(rows, claims, left)
    _bind_prints(rows, left)
    _bind_claims(rows, claims, left)
    if not claims:
        _bind_likeness(rows, left)
    missing = [row for row in left.values() if not row.deleted]
    return Binding(fresh=[row for row in rows if not row.rid], missing=missing)


def _take(row: Row, rid: str, left: dict[str, Known]) -> None:
    row.rid = rid
    del left[rid]


def _bind_exact(rows: Iterable[Row], claims: Mapping[int, str], left: dict[str, Known]) -> None:
    for row in rows:
        rid = claims.get(row.number, "")
        if rid in left and left[rid].print == row.parsed.print:
            _take(row, rid, left)


def _bind_prints(rows: Iterable[Row], left: dict[str, Known]) -> None:
    loose = [row for row in rows if not row.rid]
    if not loose or not left:
        return
    by_print: dict[str, list[str]] = defaultdict(list)
    for rid, known in left.items():
        by_print[known.print].append(rid)
    for row in loose:
        candidates = by_print.get(row.parsed.print)
        if candidates and len(row.parsed.typed) > 1:
            _take(row, candidates.pop(0), left)


def _bind_claims(rows: Iterable[Row], claims: Mapping[int, str], left: dict[str, Known]) -> None:
    rivals: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.rid and claims.get(row.number, "") in left:
            rivals[claims[row.number]].append(row)
    for rid, group in rivals.items():
        best = max(group, key=lambda row: (_likeness(row, left[rid]), -row.number))
        _take(best, rid, left)


def _bind_likeness(rows: Iterable[Row], left: dict[str, Known]) -> None:
    loose = [row for row in rows if not row.rid]
    if len(loose) * len(left) > MOST_PAIRS:
        return
    for row in loose:
        about = plain(row.parsed.typed.get("issue"))
        like = {
            rid: _likeness(row, known)
            for rid, known in left.items()
            if not known.deleted and plain(known.cells.get("issue")) == about
        }
        rid = max(like, key=lambda candidate: like[candidate], default="")
        if rid and like[rid] * 2 > len(left[rid].cells):
            _take(row, rid, left)


def _likeness(row: Row, known: Known) -> int:
    values = row.parsed.typed
    return sum(1 for key, value in known.cells.items() if plain(values.get(key)) == plain(value))


def adopt(binding: Binding, claims: Mapping[int, str], numbers: Numbers, taken: Iterable[str]) -> None:
    """Rows whose well-formed id the ledger never gave out keep it: the ledger lost its memory, not the sheet."""
    used, fresh = set(taken), []
    for row in binding.fresh:
        rid = claims.get(row.number, "")
        if NUMBER.fullmatch(rid) and rid not in used and numbers.may_be_ours(rid):
            row.rid = rid
            used.add(rid)
            binding.adopted.append(row)
        else:
            fresh.append(row)
    binding.fresh = fresh
    for row in binding.adopted:
        numbers.take(row.rid)


def remember(row: Row, before: Known | None, marks: Mapping[str, datetime]) -> Known | None:
    """The ledger's new entry for a row, or None where nothing worth keeping changed."""
    parsed = row.parsed
    if before is None:
        return Known(row.rid, parsed.typed, parsed.print, marks)
    if before.gone == 0 and before.marks == marks and before.cells == parsed.typed:
        return None
    return replace(before, cells=parsed.typed, print=parsed.print, marks=marks, gone=0)
