"""通知记录: what was told, once each; what waits and is over by now is called off (DESIGN section 12, promise 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.core.issues import life as lives
from sync.core.look import adoption
from sync.core.look.follow import Followed
from sync.core.look.reading import Reading
from sync.core.memory import Sent
from sync.core.notices.notices import KINDS, Notice
from sync.core.sheet import plan

WAITING = ("待发送", "未发送")
OFF = "不再发送"


@dataclass
class NoticeBook:
    """The register of one look. ``settled``: why a notice about a letter is over, an empty sentence where it is not."""

    reading: Reading
    followed: Mapping[str, Followed]
    settled: Callable[[Notice], str]

    def take(self, told: Iterable[Notice]) -> dict[tuple[str, ...], dict[str, Any]] | None:
        """Notices that nobody was given yet go out; those that 通知记录 shows as sent are never sent again. The rows by
        number; None where the tab can't be read and the ledger was lost: better late than twice."""
        known = dict(self.reading.memory.notices)
        there = "notices" in self.reading.layouts and "notices" not in self.reading.skipped
        if not known and not there and self.reading.adopted:
            return None
        if there and not known:
            self._adopt(known)
        self._call_off(known)
        for notice in told:
            if notice.number not in known:
                self._note(known, Sent(notice, "未发送" if notice.reason else "待发送", notice.reason))
        ordered = sorted(known.values(), key=lambda sent: (sent.notice.time, sent.notice.number))
        return {(sent.notice.number,): self._row(sent) for sent in ordered}

    def _note(self, known: dict[str, Sent], sent: Sent) -> None:
        known[sent.notice.number] = self.reading.decision.notices[sent.notice.number] = sent

    def _adopt(self, known: dict[str, Sent]) -> None:
        layout = self.reading.layouts["notices"]
        for row in self.reading.rows["notices"]:
            sent = adoption.read_notice(layout, row, self.reading.now, self.reading.rules)
            if sent and sent.notice.number not in known:
                self._note(known, sent)

    def _call_off(self, known: dict[str, Sent]) -> None:
        """What waited (overnight, or for a mail server) and is over by now is not sent any more, and says so."""
        for sent in self.reading.memory.notices.values():
            if sent.state in WAITING and (why := self._over(sent.notice) or self.settled(sent.notice)):
                self._note(known, Sent(sent.notice, OFF, why))

    def _over(self, notice: Notice) -> str:
        if notice.kind == KINDS["duty"] and notice.time.date() < self.reading.now.date():
            return "过了当天，不再提醒"
        followed = self.followed.get(notice.issue)
        if followed is None or followed.life.state not in lives.ENDED or notice.kind == "销号":
            return ""
        return f"问题已{'作废' if followed.life.state == lives.VOID else '销号'}"

    def _row(self, sent: Sent) -> dict[str, Any]:
        """The row that shows a notice, made anew only when the notice is another."""
        return self.reading.memory.memo.cells_of(sent.notice.number, sent, lambda: self._cells(sent))

    def _cells(self, sent: Sent) -> dict[str, Any]:
        notice = sent.notice
        return {
            "number": notice.number,
            "time": plan.to_raw(notice.time, self.reading.zone),
            "to": notice.to,
            "channel": notice.channel,
            "kind": notice.kind,
            "issue": notice.issue,
            "text": notice.text,
            "state": sent.state,
            "reason": sent.reason,
        }
