"""Photos of 整改反馈 that want a second look before 通过: used for another issue earlier, or the one from before.

A genuine photo after the work may lie as near to another as one that was sent twice: this asks, it never refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.core.issues.issues import Fix
from sync.core.look.reading import Reading
from sync.core.sheet.photos import Picture, ids
from sync.core.sheet.rows import plain

OPEN = "待复核"  # how 结果 begins while nobody gave a verdict


@dataclass(frozen=True, slots=True)
class Use:
    """A photo where it was used: the issue, whether it shows the state before, and the hour that counts."""

    issue: str
    before: bool
    at: datetime
    photo: str


def doubted(reading: Reading, fixes: Mapping[str, Sequence[Fix]], results: Mapping[int, str]) -> dict[int, str]:
    """结果 by sheet row with what is doubtful about its photos behind it, for feedback that waits for a verdict."""
    pictures = reading.memory.photos
    waiting = [
        (number, fix)
        for number, group in fixes.items()
        for fix in group
        if results.get(fix.row, "").startswith(OPEN) and any(one in pictures for one in ids(fix.photos))
    ]
    if not waiting:
        return {}
    uses = list(_uses(reading, fixes))
    found = {}
    for number, fix in waiting:
        mine = [Use(number, False, fix.at, one) for one in ids(fix.photos)]
        if said := doubt(mine, uses, pictures, reading.rules.forms.similar):
            found[fix.row] = f"{results[fix.row]}；{said}"
    return found


def _uses(reading: Reading, fixes: Mapping[str, Sequence[Fix]]) -> Iterator[Use]:
    """Every photo in its place, those of the issue log first."""
    for row in reading.rows.get("issues", []):
        for one in ids(row.cells.get("photos")):
            yield Use(row.rid, True, reading.mark("issues", row.rid, "heard"), one)
    for rid, known in reading.away.items():
        for one in ids(plain(known.cells.get("photos"))):
            yield Use(rid, True, known.marks["heard"], one)
    for number, group in fixes.items():
        for fix in group:
            for one in ids(fix.photos):
                yield Use(number, False, fix.at, one)


def doubt(mine: Sequence[Use], uses: Iterable[Use], pictures: Mapping[str, Picture], similar: int) -> str:
    """Why the photos of one feedback want a second look; empty where nothing speaks against them.

    Compared with those of the issue before the work, and with all that were used for other issues earlier. The same
    pixels weigh more than fingerprints at most ``similar`` bits apart.
    """
    alike = ""
    for other in uses:
        for one in mine:
            if not _comes_first(other, one) or one.photo not in pictures or other.photo not in pictures:
                continue
            ours, theirs = pictures[one.photo], pictures[other.photo]
            if ours.pixels == theirs.pixels:
                return _sentence(one, other, "相同")
            if not alike and (ours.fingerprint ^ theirs.fingerprint).bit_count() <= similar:
                alike = _sentence(one, other, "很像")
    return alike


def _comes_first(other: Use, one: Use) -> bool:
    return other.before if other.issue == one.issue else other.at < one.at


def _sentence(one: Use, other: Use, how: str) -> str:
    with_ = "整改前的照片" if other.issue == one.issue else f" {other.issue} 的照片"
    return f"整改后照片和{with_}{how}，请人工核对"
