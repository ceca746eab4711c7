"""What waited to be sent and is true no more (definitions 7.2).

交办, 将到期 and 返工 ask for something: they are left out once it is done. 升级, 上报, 督办, 记录单 tell a superior of
something that happened: they always go, and say what has become of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sync.core.issues import life as lives
from sync.core.issues.life import Life
from sync.core.issues.upward import Turn
from sync.core.notices.notices import Notice, missed
from sync.core.rules.values import NOTICE_KINDS

ASSIGNED, WARNED, REWORKED, OVERDUE, UNVERIFIED = (
    NOTICE_KINDS[event] for event in ("assigned", "warned", "rework", "overdue", "unverified")
)
ESCALATED, REPORTED = NOTICE_KINDS["escalated"], NOTICE_KINDS["reported_up"]
ASKING = (ASSIGNED, WARNED, REWORKED)  # of somebody who is to do something
ABOUT_NOW = (*ASKING, OVERDUE, UNVERIFIED)  # only as long as the issue calls for them
TELLING = (ESCALATED, REPORTED, OVERDUE)  # go with what has become of it
SINCE = "　现状："


def moot(notice: Notice, life: Life, now: datetime) -> str:
    """Why it need not go out any more; empty where it is to go."""
    kind, state = notice.kind, life.state
    if not state or kind not in ABOUT_NOW:
        return ""
    if state in lives.ENDED:
        return f"问题已{'作废' if state == lives.VOID else '销号'}"
    if kind == UNVERIFIED:
        return "" if state == lives.UNVERIFIED else "已经受理"
    if not life.running:
        return became(life) if kind in ASKING else ""
    return _superseded(notice, life, now)


def _superseded(notice: Notice, life: Life, now: datetime) -> str:
    """What came instead, while the issue is still to be mended."""
    late = life.deadline is not None and now > life.deadline
    reasons = {
        REWORKED: "后来又一次返工，另发" if notice.occurrence != str(len(life.reworks)) else "",
        WARNED: "已经到期，另发超期" if late else "",
        OVERDUE: "后来又一次超期，另发" if notice.occurrence != missed(life) else "",
    }
    if notice.kind == OVERDUE and life.deadline and not late:
        return f"截止时间改到 {life.deadline:%m-%d %H:%M}"
    return reasons.get(notice.kind, "")


def became(life: Life) -> str:
    """What has become of an issue, in words; empty while it is still to be mended."""
    fixed = f"已于 {life.fixed_at:%m-%d %H:%M} 整改" if life.fixed_at else ""
    if life.state == lives.FIXED:
        return f"{fixed}，等复核"
    if life.state == lives.CLOSED:
        closed = f"{life.closed_at:%m-%d %H:%M} 销号" if life.closed_at else "已销号"
        return f"{fixed}，{closed}" if fixed else closed
    return {lives.VOID: "已作废", lives.SUSPENDED: "挂账中"}.get(life.state, "")


def since(notice: Notice, life: Life, turns: Iterable[Turn]) -> str:
    """What has become of what a superior is told; empty where nothing has."""
    if notice.kind not in TELLING:
        return ""
    answered = [turn.answered for turn in turns if turn.occurrence == notice.occurrence and turn.answered]
    words = became(life)
    if notice.kind == REPORTED and not words and answered:
        words = f"已于 {answered[0]:%m-%d %H:%M} 答复"
    return words


def with_since(text: str, words: str) -> str:
    """The text with what has become of it, instead of what was said of that before."""
    told = text.partition(SINCE)[0]
    return f"{told}{SINCE}{words}。" if words else told
