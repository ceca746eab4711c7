"""通知记录: what was told, once each; what waits and is over by now is called off (DESIGN section 12, promise 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.issues import life as lives
from sync.core.look.follow import Followed
from sync.core.look.letters.drafting import Drafted
from sync.core.look.reading import Reading
from sync.core.look.rebuilding import adoption
from sync.core.memory import Sent
from sync.core.notices.notices import OFF, PENDING, UNSENT, WAITING, Notice
from sync.core.rules.values import NOTICE_KINDS
from sync.core.sheet import plan


@dataclass(frozen=True)
class Told:
    """``news``: notices that are new or stand otherwise now, by number; ``rows``: 通知记录 by number, None where the
    tab can't be read and the ledger was lost: better late than twice."""

    news: Mapping[str, Sent] = field(default_factory=dict)
    rows: Mapping[tuple[str, ...], Mapping[str, Any]] | None = None


def tell(reading: Reading, followed: Mapping[str, Followed], drafted: Drafted, notices: Iterable[Notice]) -> Told:
    """Notices that nobody was given yet go out; those that 通知记录 shows as sent are never sent again."""
    known, readable = reading.memory.notices, reading.readable("notices")
    if not known and not readable and reading.adopted:
        return Told()
    adopted = _adopted(reading) if readable and not known else {}
    news = {**adopted, **_called_off(reading, followed, drafted)}
    for notice in notices:
        if notice.number not in known and notice.number not in news:
            news[notice.number] = Sent(notice, UNSENT if notice.reason else WAITING, notice.reason)
    every = sorted({**known, **news}.values(), key=lambda sent: (sent.notice.time, sent.notice.number))
    results, zone = reading.memo.of("notice cells"), reading.zone
    return Told(news, {(n := sent.notice.number,): results.result(n, sent, _cells, sent, zone) for sent in every})


def _adopted(reading: Reading) -> dict[str, Sent]:
    """After the ledger was lost: the register as it stands."""
    layout, register = reading.layouts["notices"], dict[str, Sent]()
    for row in reading.rows["notices"]:
        sent = adoption.read_notice(layout, row, reading.now, reading.rules)
        if sent and sent.notice.number not in register:
            register[sent.notice.number] = sent
    return register


def _called_off(reading: Reading, followed: Mapping[str, Followed], drafted: Drafted) -> dict[str, Sent]:
    """What waited (overnight, or for a mail server) and is over by now is not sent any more, and says so."""
    waiting = (sent.notice for sent in reading.memory.notices.values() if sent.state in PENDING)
    reasons = ((notice, _over(reading, followed, notice) or drafted.called_off(notice)) for notice in waiting)
    return {notice.number: Sent(notice, OFF, why) for notice, why in reasons if why}


def _over(reading: Reading, followed: Mapping[str, Followed], notice: Notice) -> str:
    if notice.kind == NOTICE_KINDS["duty"] and notice.time.date() < reading.now.date():
        return "过了当天，不再提醒"
    issue = followed.get(notice.issue)
    if issue is None or issue.life.state not in lives.ENDED or notice.kind == NOTICE_KINDS["closed"]:
        return ""
    return f"问题已{'作废' if issue.life.state == lives.VOID else '销号'}"


def _cells(sent: Sent, zone: ZoneInfo) -> dict[str, Any]:
    """The row that shows a notice."""
    notice = sent.notice
    return {
        "number": notice.number, "time": plan.to_raw(notice.time, zone), "to": notice.to, "channel": notice.channel,
        "kind": notice.kind, "issue": notice.issue, "text": notice.text, "state": sent.state, "reason": sent.reason,
    }  # fmt: skip
