"""Which row is which, whatever people did to the order, the ids and the copies (DESIGN section 6).

A row is known by its id cell and by its fingerprint. The fingerprint weighs more: people sort, cut and paste
over id cells, but they rarely retype the time, the reporter, the street and the text of another row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from sync.core.sheet.rows import Raw, Row, plain

NUMBER = re.compile(r"[0-9]{8}-[0-9]{3,6}")
FARTHEST = 10_000  # a number further ahead than this of the last one given was invented, not forgotten
MOST_PAIRS = 40_000  # comparing more edited rows with more lost ones than this is a re-import, not an edit
MINUTE = 1 / 1440  # of a day: people see minutes, and forms note seconds
LEAST_ALIKE = 3  # of the cells that make a row that row; rows that share fewer are two
DELETED = -1  # stands in ``gone`` once a row was missed as often as the rules allow
WAIVED = -2  # and once somebody said that its deletion was meant: it is named no more


@dataclass(frozen=True, slots=True)
class Known:
    """A row as the ledger remembers it: ``cells`` are the raw values of its filled staff columns.

    ``marks``: hours stamped at first sight (``heard``: the hour that counts for the row). ``gone``: looks in a
    row that did not find it, or ``DELETED``, or ``WAIVED``. ``shown``: the service cells that it was given last.
    """

    rid: str
    cells: Mapping[str, Raw]
    print: str
    marks: Mapping[str, datetime] = field(default_factory=dict)
    gone: int = 0
    shown: Mapping[str, Raw] = field(default_factory=dict)

    @property
    def deleted(self) -> bool:
        return self.gone in (DELETED, WAIVED)


@dataclass(frozen=True)
class Binding:
    """What became of the rows of one tab: ``rids`` by row number; rows without one were never seen before. ``adopted``:
    numbers of rows that carry an id that the ledger does not know and that they keep; ``missing``: rows that were not
    there this time."""

    rids: Mapping[int, str]
    adopted: frozenset[int]
    missing: tuple[Known, ...]


class Numbers:
    """The next free ids while the rows of a look are told apart, a run a day: ``20261124-001``. ``highest``: the last
    number given, by day."""

    def __init__(self, highest: Mapping[str, int]) -> None:
        self.highest = dict(highest)

    def next(self, day: date) -> str:
        key = f"{day:%Y%m%d}"
        return f"{key}-{self.next_of(key):03d}"

    def next_of(self, key: str) -> int:
        """The next number of any run."""
        self.highest[key] = self.highest.get(key, 0) + 1
        return self.highest[key]

    def may_be_ours(self, rid: str) -> bool:
        """Whether an unknown number can be one that we gave and forgot: not given to another row, and near."""
        key, _, number = rid.partition("-")
        last = self.highest.get(key, 0)
        return last < int(number) <= last + FARTHEST

    def take(self, rid: str) -> None:
        key, _, number = rid.partition("-")
        self.highest[key] = max(self.highest.get(key, 0), int(number))


def bind(
    rows: Sequence[Row],
    claims: Mapping[int, str],
    known: Mapping[str, Known],
    keys: Sequence[str] = (),
    told: Collection[int] = (),
) -> Binding:
    """Which row is which of those that the ledger knows.

    ``claims``: id cell by row number (empty for tabs without ids); ``keys``: the cells that make a row that row;
    ``told``: numbers of rows that a form or a file tells otherwise now, as much of them as it likes. Order:
    id and fingerprint agree; the fingerprint alone; a number that stands on another row while its own was edited; the
    id alone (a person edited the row); for tabs without ids the likeness of the cells.
    """
    left, rids = dict(known), dict[int, str]()

    def take(pairs: Iterable[tuple[int, str]]) -> None:
        for number, rid in pairs:
            rids[number] = rid
            del left[rid]

    take(_exact(rows, claims, left))
    loose = rows
    for match in (
        _by_print,
        partial(_put_elsewhere, keys),
        partial(_left_behind, keys),
        partial(_by_claim, keys, told),
        *(() if claims else (_by_likeness,)),
    ):
        loose = [row for row in loose if row.number not in rids]
        if loose and left:
            take(match(loose, claims, left))
    return Binding(rids, frozenset(), tuple(row for row in left.values() if not row.deleted))


Pairs = list[tuple[int, str]]  # (row number, rid)


def _exact(rows: Iterable[Row], claims: Mapping[int, str], left: Mapping[str, Known]) -> Pairs:
    """Of rows with the same id and the same content the upper one."""
    pairs: dict[str, int] = {}
    for row in rows:
        rid = claims.get(row.number, "")
        known = left.get(rid)
        if known is not None and known.print == row.parsed.print and rid not in pairs:
            pairs[rid] = row.number
    return [(number, rid) for rid, number in pairs.items()]


def _by_print(rows: Sequence[Row], claims: Mapping[int, str], left: Mapping[str, Known]) -> Pairs:
    """Rows that say what a known one said. Of several such that whose number another row bears: people put it there,
    while the row of a number that no row bears may be gone."""
    borne = {claims.get(row.number, "") for row in rows}
    by_print: dict[str, list[str]] = defaultdict(list)
    for rid in sorted(left, key=lambda rid: rid not in borne):
        by_print[left[rid].print].append(rid)
    pairs = []
    for row in rows:
        candidates = by_print.get(row.parsed.print)
        if candidates and len(row.parsed.typed) > 1:
            pairs.append((row.number, candidates.pop(0)))
    return pairs


def _put_elsewhere(
    keys: Collection[str], rows: Sequence[Row], claims: Mapping[int, str], left: Mapping[str, Known]
) -> Pairs:
    """Numbers that people put on another row while they edited cells by which their own is known: it has all but one of
    them still, or the words and most of what was filled; the row that bears the number has fewer of them."""
    bearers = defaultdict(list)
    for row in rows:
        bearers[claims.get(row.number, "")].append(row)
    claimed = {rid: left[rid] for rid in bearers if rid in left}
    if len(claimed) * len(rows) > MOST_PAIRS:
        return []
    pairs, free = [], list(rows)
    for rid, known in claimed.items():
        demanded = max(LEAST_ALIKE, sum(key in known.cells for key in keys) - 1)
        most = max(_likeness(bearer, known, keys) for bearer in bearers[rid])
        near = [row for row in free if _likeness(row, known, keys) >= max(demanded, most + 1)]
        alike = [row for row in near if not _has_more(row, known, keys)] or [
            row for row in free if _likeness(row, known, keys) > most and _has_words(row, known, keys)
        ]
        if alike:
            best = max(alike, key=lambda row: _likeness(row, known, keys))
            pairs.append((best.number, rid))
            free.remove(best)
    return pairs


def _left_behind(
    keys: Collection[str], rows: Sequence[Row], claims: Mapping[int, str], left: Mapping[str, Known]
) -> Pairs:
    """Rows that bear the number of another that is away, as after a swap: each has all but one of the cells by which a
    row is known whose number no row bears, and fewer of the other's, and not its words."""
    borne = set(claims.values())
    away = {rid: known for rid, known in left.items() if rid not in borne and not known.deleted}
    strangers = [row for row in rows if claims.get(row.number, "") in left]
    if len(away) * len(strangers) > MOST_PAIRS:
        return []
    pairs, (*_, words) = [], keys or ("",)
    for row in strangers:
        bearer = left[claims[row.number]]
        least = max(LEAST_ALIKE, len(keys) - 1, _likeness(row, bearer, keys) + 1)
        rid = max(away, key=lambda rid: _likeness(row, away[rid], keys), default="")
        if rid and _likeness(row, away[rid], keys) >= least and not _has_cell(row, bearer, words):
            pairs.append((row.number, rid))
            del away[rid]
    return pairs


def _has_more(row: Row, known: Known, keys: Collection[str]) -> bool:
    """Whether a row lacks one of these cells of the known one and has one that it did not have: two differ."""
    lacks = any(plain(row.parsed.typed.get(key)) != plain(known.cells[key]) for key in keys if key in known.cells)
    return lacks and any(key in row.parsed.typed and key not in known.cells for key in keys)


def _has_words(row: Row, known: Known, keys: Collection[str]) -> bool:
    """Whether a row has the last of these cells, what somebody wrote in words, and more than half of all that was
    filled."""
    *_, words = keys or ("",)
    return _has_cell(row, known, words) and 2 * _likeness(row, known) > len(known.cells)


def _has_cell(row: Row, known: Known, key: str) -> bool:
    return plain(row.parsed.typed.get(key)) == plain(known.cells.get(key)) != ""


def _by_claim(
    keys: Sequence[str],
    told: Collection[int],
    rows: Iterable[Row],
    claims: Mapping[int, str],
    left: Mapping[str, Known],
) -> Pairs:
    """A row that a person edited; of several with the same id the one that is most like what was known of it. A row
    that has no cell in common with it, or another hour and other words, is another: the number fell on it, or people
    put it there."""
    rivals: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if claims.get(row.number, "") in left:
            rivals[claims[row.number]].append(row)
    best = {rid: max(group, key=lambda row: (_likeness(row, left[rid]), -row.number)) for rid, group in rivals.items()}
    return [
        (row.number, rid) for rid, row in best.items() if row.number in told or _may_be_edited(row, left[rid], keys)
    ]


def _may_be_edited(row: Row, known: Known, keys: Sequence[str]) -> bool:
    """Whether a row may be the known one with some cells edited."""
    return not known.cells or (_likeness(row, known) > 0 and not is_another(row.parsed.typed, known.cells, keys))


def is_another(typed: Mapping[str, Raw], before: Mapping[str, Raw], keys: Sequence[str]) -> bool:
    """Whether a row speaks of something else than it did ``before``: of another hour, in other words. Who corrects a
    report may change all the rest. ``keys``: the cells that make a row that row, the hour first, the words last."""
    if not keys:
        return False
    hour, words = keys[0], keys[-1]
    hours = typed.get(hour), before.get(hour)
    are_two_hours = all(isinstance(each, int | float) for each in hours) and plain(hours[0]) != plain(hours[1])
    return are_two_hours and words in typed and words in before and plain(typed[words]) != plain(before[words])


def is_of_none(typed: Mapping[str, Raw], marks: Mapping[str, Sequence[Raw]]) -> bool:
    """Whether a row is another than that of ``marks``: the hours and the words that it had or may get, by column or
    header; of no marks every row may be. It bears none of the hours; where its hour is none that can be read, none of
    the words."""
    if not marks:
        return False
    (hour, hours), (words, texts) = marks.items()
    at, known = typed.get(hour), [each for each in hours if isinstance(each, int | float)]
    if not known:
        return False
    if isinstance(at, int | float):
        return not any(abs(at - each) < MINUTE for each in known)
    return plain(typed.get(words)) not in {plain(text) for text in texts}


def _by_likeness(rows: Sequence[Row], claims: Mapping[int, str], left: Mapping[str, Known]) -> Pairs:
    if len(rows) * len(left) > MOST_PAIRS:
        return []
    pairs, free = [], dict(left)
    for row in rows:
        about = plain(row.parsed.typed.get("issue"))
        like = {
            rid: _likeness(row, known)
            for rid, known in free.items()
            if not known.deleted and plain(known.cells.get("issue")) == about
        }
        rid = max(like, key=lambda candidate: like[candidate], default="")
        if rid and like[rid] * 2 > len(free[rid].cells):
            pairs.append((row.number, rid))
            del free[rid]
    return pairs


def _likeness(row: Row, known: Known, keys: Collection[str] | None = None) -> int:
    """How many cells of a row are as they were known, of all or of those named."""
    values, cells = row.parsed.typed, known.cells
    names = cells if keys is None else [key for key in keys if key in cells]
    return sum(1 for key in names if plain(values.get(key)) == plain(cells[key]))


def adopt(
    binding: Binding,
    rows: Iterable[Row],
    claims: Mapping[int, str],
    numbers: Numbers,
    taken: Iterable[str],
    *,
    lost: bool = False,
) -> Binding:
    """Rows whose well-formed id the ledger never gave out keep it: the ledger lost its memory, not the sheet. Those
    numbers are taken in ``numbers`` once all are known: a higher one above must not make a lower one below a
    stranger's. ``lost``: it was lost just now, so that any number may be one that it gave."""
    used, adopted = set(taken), dict[int, str]()
    for row in rows:
        rid = claims.get(row.number, "")
        ours = row.number not in binding.rids and NUMBER.fullmatch(rid) and rid not in used
        if ours and (lost or numbers.may_be_ours(rid)):
            adopted[row.number] = rid
            used.add(rid)
    for rid in adopted.values():
        numbers.take(rid)
    return replace(binding, rids={**binding.rids, **adopted}, adopted=frozenset(adopted))


def remember(row: Row, before: Known | None, marks: Mapping[str, datetime]) -> Known | None:
    """The ledger's new entry for a row, or None where nothing worth keeping changed."""
    parsed = row.parsed
    if before is None:
        return Known(row.rid, parsed.typed, parsed.print, marks)
    if before.gone == 0 and before.marks == marks and before.cells == parsed.typed:
        return None
    return replace(before, cells=parsed.typed, print=parsed.print, marks=marks, gone=0)
