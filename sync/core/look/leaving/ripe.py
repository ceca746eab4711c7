"""Which issues of sealed months nobody needs in the live tab any more (DESIGN section 4).

What is over, whose months are all sealed, and which nobody asks about, may move to the archive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sync.core.issues import life as lives
from sync.core.issues.issues import clock
from sync.core.letters.letters import LETTER, Letter
from sync.core.look.follow import Followed
from sync.core.look.judging import Judged
from sync.core.look.reading import Reading
from sync.core.look.rebuilding.archive import KEY
from sync.core.look.rebuilding.rebuild import PastPoints
from sync.core.scores.facts import Deviation
from sync.core.scores.lines import OF_REQUEST, month_of
from sync.core.sheet.rows import Row


@dataclass(frozen=True)
class Needed:
    """What still needs issues in the live tab: ``asked`` numbers somebody waits for, stands in an open letter, or was
    changed after its month was sealed; ``months``: further months in which something about an issue is counted."""

    asked: frozenset[str]
    months: Mapping[str, frozenset[str]]


def ripe(
    reading: Reading, followed: Mapping[str, Followed], past: PastPoints, needed: Needed, wait: timedelta | None = None
) -> list[Row]:
    """The rows that are to leave the live tab, the oldest first. ``wait``: how long after the seal (the rules')."""
    after = waits(reading, wait)
    if after is None or KEY in reading.skipped or not past.seals:
        return []
    rows = [row for row in reading.rows[KEY] if _is_ripe(reading, row, followed.get(row.rid), past, needed, after)]
    return sorted(rows, key=lambda row: row.rid)


def waits(reading: Reading, wait: timedelta | None = None) -> timedelta | None:
    """How long after the seal rows leave: ``wait``, else as the rules say; None: not now."""
    limit = reading.rules.limits.archive
    if wait is not None or limit is None:
        return wait
    return None if at_work(reading) else clock(limit)


def at_work(reading: Reading) -> bool:
    """Whether people sit over the sheet now: moving rows can wait for a quieter hour."""
    return reading.rules.calendar.spent(reading.now, reading.now + timedelta(minutes=1)) > 0


def _is_ripe(
    reading: Reading, row: Row, followed: Followed | None, past: PastPoints, needed: Needed, wait: timedelta
) -> bool:
    if followed is None or followed.life.state not in lives.ENDED or row.rid in needed.asked or followed.problems:
        return False
    if reading.known_row(KEY, row.rid).gone:
        return False
    months = _months(followed) | needed.months.get(row.rid, frozenset())
    sealed = [past.seals.get(month) for month in months]
    if not all(sealed):
        return False
    since = max(seal.sealed_at for seal in sealed if seal)
    back = reading.memory.archived.get(row.rid)
    return max(since, back.at if back else since) + wait <= reading.now


def _months(followed: Followed) -> set[str]:
    """Every month in which anything of the issue is counted."""
    stamps, life = followed.stamps, followed.life
    hours = (stamps.received, life.closed_at, *(verdict.at for verdict in stamps.verdicts))
    months = {month_of(hour) for hour in hours if hour} | {line.month for line in followed.lines}
    return months | ({followed.tally.month} if followed.tally else set())


def needed_still(
    reading: Reading,
    judged: Judged,
    past: PastPoints,
    letters: Iterable[Letter],
    drift: Mapping[str, Sequence[Deviation]],
) -> Needed:
    """``letters``: all that there are; ``drift``: what was changed in sealed months."""
    months: dict[str, set[str]] = defaultdict(set)
    for group in past.of(OF_REQUEST).values():
        for line in group.values():
            months[line.issue].add(line.month)
    open_letters = (letter for letter in letters if letter.kind == LETTER and not letter.done_at and not letter.void)
    asked = {
        *_asked(reading, judged, past),
        *(fact.number for letter in open_letters for fact in letter.facts),
        *(difference.row for differences in drift.values() for difference in differences),
    }
    return Needed(frozenset(asked), {rid: frozenset(group) for rid, group in months.items()})


def _asked(reading: Reading, judged: Judged, past: PastPoints) -> Iterator[str]:
    """Issues about which somebody waits for an answer."""
    for row in reading.rows.get("requests", []):
        if not row.cells.get("answer") or judged.faulty("requests", row.rid):
            line = past.by_id.get(row.cells.get("line", ""))
            yield row.cells.get("issue", "")
            yield line.issue if line else ""
