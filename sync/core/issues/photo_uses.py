"""Photos of 整改反馈 that want a second look before 通过: used for another issue earlier, or the one from before.

A genuine photo after the work may lie as near to another as one that was sent twice: this asks, it never refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.core.sheet.identity import Known
from sync.core.sheet.photos import Picture, ids
from sync.core.sheet.rows import issue_number, plain


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
        yield from uses_of(row, issue_number(row.cells.get("issue")), before=False)


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
                return _sentence(use, other, "相同")
            if not alike and (ours.fingerprint ^ theirs.fingerprint).bit_count() <= similar:
                alike = _sentence(use, other, "很像")
    return alike


def _comes_first(other: Use, use: Use) -> bool:
    return other.before if other.issue == use.issue else (other.at, other.row) < (use.at, use.row)


def _sentence(use: Use, other: Use, how: str) -> str:
    where = "整改前的照片" if other.issue == use.issue else f" {other.issue} 的照片"
    return f"整改后照片和{where}{how}，请人工核对"
