"""What happened to one issue, hour by hour, with the photos of each step, for its page (plan 五·2, 五·3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sync.core.issues import life as lives
from sync.core.issues import upward
from sync.core.issues.life import Move
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.rules.values import ROLES
from sync.core.sheet.rows import Row, plain
from sync.core.sheet.values.photos import photo_lines


@dataclass(frozen=True)
class HistoryEntry:
    """Something that happened. ``at``: aware; ``what``: a word or two; ``person``: who did it, empty: the service or
    not known; ``text``: a sentence, may be empty; ``photos``: lines of the row's cell of photos."""

    at: datetime
    what: str
    person: str = ""
    text: str = ""
    photos: tuple[str, ...] = ()


def history(look: Look, followed: Followed) -> tuple[HistoryEntry, ...]:
    """Everything that is known of an issue, the earliest first; of the same hour in the order in which it follows."""
    entries = (
        *_reported(followed),
        *_feedback(look, followed),
        *_moves(followed),
        *_verdicts(followed),
        *_levels(followed),
        *_turns(followed, look.now),
        *_letters(look, followed),
    )
    return tuple(sorted(entries, key=lambda entry: entry.at))


def photos_after(look: Look, followed: Followed) -> HistoryEntry | None:
    """The last 已整改 that came with photos; None where there is none."""
    shown = [entry for entry in _feedback(look, followed) if entry.what == "已整改" and entry.photos]
    return max(shown, key=lambda entry: entry.at, default=None)


def _reported(followed: Followed) -> Iterator[HistoryEntry]:
    stamps, cells = followed.stamps, followed.issue.cells
    yield HistoryEntry(stamps.received, "收到", plain(cells.get("reporter")), plain(cells.get("source")))
    if stamps.joined and stamps.joined_at:
        yield HistoryEntry(stamps.joined_at, "并入", "", f"与 {stamps.joined} 是同一个问题")
    if stamps.accepted:
        yield HistoryEntry(stamps.accepted, plain(cells.get("accepted")) or "受理", plain(cells.get("acceptor")))
    if stamps.voided:
        yield HistoryEntry(stamps.voided, "作废", plain(cells.get("acceptor")))


def _feedback(look: Look, followed: Followed) -> Iterator[HistoryEntry]:
    """Rows of 整改反馈 about the issue, each with its 结果."""
    for row in look.rows.get("feedback", ()):
        if row.cells.get("issue") == followed.issue.rid:
            yield _of_feedback(look, row)


def _of_feedback(look: Look, row: Row) -> HistoryEntry:
    checked = look.feedback.get(row.rid)
    result = plain(checked.cells.get("result")) if checked else ""
    text = "；".join(filter(None, (plain(row.cells.get("text")), result)))
    at = look.reading.mark("feedback", row.rid, "heard")
    what = plain(row.cells.get("outcome")) or "反馈"
    return HistoryEntry(at, what, plain(row.cells.get("reporter")), text, photo_lines(row.cells.get("photos")))


def _moves(followed: Followed) -> Iterator[HistoryEntry]:
    for move in followed.life.moves:
        if move.kind not in lives.RETURNS:  # those are told with their 复核
            unit = f"责任单位改为{move.unit}" if move.unit else ""
            yield HistoryEntry(move.at, move.kind, "", "，".join(filter(None, (unit, _new_deadline(move)))))


def _new_deadline(move: Move) -> str:
    return f"截止时间改为 {move.deadline:%m-%d %H:%M}"


def _verdicts(followed: Followed) -> Iterator[HistoryEntry]:
    """复核; who gave it and why is known of the last alone: the row holds one."""
    verdicts, cells = followed.stamps.verdicts, followed.issue.cells
    deadlines = {move.at: _new_deadline(move) for move in followed.life.moves if move.kind in lives.RETURNS}
    for verdict in verdicts:
        last = verdict is verdicts[-1]
        person, note = (plain(cells.get(key)) if last else "" for key in ("verifier", "verify_note"))
        text = "；".join(filter(None, (note, deadlines.get(verdict.at, ""))))
        yield HistoryEntry(verdict.at, f"复核：{verdict.result}", person, text)


def _levels(followed: Followed) -> Iterator[HistoryEntry]:
    for reached in followed.stamps.levels:
        yield HistoryEntry(reached.at, f"升到第{reached.level}级", "", reached.name)


def _turns(followed: Followed, now: datetime) -> Iterator[HistoryEntry]:
    for turn in followed.turns:
        ending = upward.ending(followed.issue, turn, followed.turns, now)
        yield HistoryEntry(turn.since, f"报{ROLES[turn.role]}", "", ending or f"{turn.until:%m-%d %H:%M} 前答复")


def _letters(look: Look, followed: Followed) -> Iterator[HistoryEntry]:
    for letter in look.drafted.letters.values():
        if any(fact.number == followed.issue.rid for fact in letter.facts):
            yield HistoryEntry(letter.drafted_at, letter.kind, "", f"起草 {letter.name}，现在{letter.state}")
