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
        if results.get(fix.row, "").startswith(OPEN) and any(photo in pictures for photo in ids(fix.photos))
    ]
    if not waiting:
        return {}
    uses = list(_uses(reading, fixes))
    doubtful = {}
    for number, fix in waiting:
        mine = [Use(number, False, fix.at, photo) for photo in ids(fix.photos)]
        if sentence := doubt(mine, uses, pictures, reading.rules.forms.similar):
            doubtful[fix.row] = f"{results[fix.row]}；{sentence}"
    return doubtful


def _uses(reading: Reading, fixes: Mapping[str, Sequence[Fix]]) -> Iterator[Use]:
    """Every photo in its place, those of the issue log first."""
    for row in reading.rows.get("issues", []):
        for photo in ids(row.cells.get("photos")):
            yield Use(row.rid, True, reading.mark("issues", row.rid, "heard"), photo)
    for rid, known in reading.away.items():
        for photo in ids(plain(known.cells.get("photos"))):
            yield Use(rid, True, known.marks["heard"], photo)
    for number, group in fixes.items():
        for fix in group:
            for photo in ids(fix.photos):
                yield Use(number, False, fix.at, photo)


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
    return other.before if other.issue == use.issue else other.at < use.at


def _sentence(use: Use, other: Use, how: str) -> str:
    with_ = "整改前的照片" if other.issue == use.issue else f" {other.issue} 的照片"
    return f"整改后照片和{with_}{how}，请人工核对"
