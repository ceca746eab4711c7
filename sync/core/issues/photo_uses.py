"""Photos of 整改反馈 that want a second look before 通过: used for another issue earlier, or the one from before.

A genuine photo after the work may lie as near to another as one that was sent twice: this asks, it never refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.core.sheet.identity import Known
from sync.core.sheet.rows import issue_number, plain
from sync.core.sheet.values.photos import Picture, ids


@dataclass(frozen=True, slots=True)
class Use:
    """A photo where it was used."""

    issue: str
    before: bool  # whether it shows the state before the work
    at: datetime  # the hour that counts for its row
    row: tuple[int, str]  # the row's id, in an order that follows the sheet: of two in one second the upper came first
    photo: str


def uses_of(row: Known, issue: str, *, before: bool) -> Iterator[Use]:
    """The photos that a row names."""
    order = (len(row.rid), row.rid)
    for photo in ids(plain(row.cells.get("photos"))):
        yield Use(issue, before, row.marks["heard"], order, photo)


def all_uses(issues: Iterable[Known], feedback: Iterable[Known]) -> Iterator[Use]:
    """Every photo in its place, those of the issue log first."""
    for row in issues:
        yield from uses_of(row, row.rid, before=True)
    for row in feedback:
        yield from _uses_of_feedback(row)


def _uses_of_feedback(row: Known) -> Iterator[Use]:
    """Those of 整改反馈; most rows name none, and their 编号 needn't be read."""
    if ids(plain(row.cells.get("photos"))):
        yield from uses_of(row, issue_number(row.cells.get("issue")), before=False)


def reused(issues: Iterable[Known], feedback: Iterable[Known], pictures: Mapping[str, Picture]) -> dict[str, str]:
    """By feedback all of whose photos are the very same picture as an earlier one: where that was, in a sentence. Rows
    that name anything else than photos that were taken in are left out."""
    rows = [row for row in feedback if not row.deleted]
    first: dict[str, Use] = {}
    for use in all_uses((row for row in issues if not row.deleted), rows):
        if use.photo in pictures:
            pixels = pictures[use.photo].pixels
            if pixels not in first or _order(use) < _order(first[pixels]):
                first[pixels] = use
    sentences = {}
    for row in rows:
        mine = list(_uses_of_feedback(row))
        earlier = [first[pictures[use.photo].pixels] for use in mine if use.photo in pictures]
        earlier = [use for use in earlier if use.row != mine[0].row]
        if mine and len(earlier) == len(mine):
            sentences[row.rid] = _where(mine[0], earlier[0], "是同一张")
    return sentences


def _order(use: Use) -> tuple[object, ...]:
    return use.at, not use.before, use.row


def doubt(mine: Sequence[Use], uses: Iterable[Use], pictures: Mapping[str, Picture], similar: int) -> str:
    """Why the photos of one feedback want a second look; empty where nothing speaks against them.

    Compared with those of the issue before the work, and with all that were used for other issues earlier. The same
    pixels weigh more than fingerprints at most ``similar`` bits apart.
    """
    alike = ""
    for other in uses:
        for use in mine:
            if not _comes_first(other, use) or use.photo not in pictures or other.photo not in pictures:
                continue
            ours, theirs = pictures[use.photo], pictures[other.photo]
            if ours.pixels == theirs.pixels:
                return f"{_where(use, other, '相同')}，请人工核对"
            if not alike and (ours.fingerprint ^ theirs.fingerprint).bit_count() <= similar:
                alike = f"{_where(use, other, '很像')}，请人工核对"
    return alike


def _comes_first(other: Use, use: Use) -> bool:
    return other.before if other.issue == use.issue else (other.at, other.row) < (use.at, use.row)


def _where(use: Use, other: Use, how: str) -> str:
    own = "整改前的照片" if other.before else "以前的照片"
    where = own if other.issue == use.issue else f" {other.issue} 的照片"
    return f"整改后照片和{where}{how}"
