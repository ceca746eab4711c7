"""What a sealed computed line gives back when one of its cases counts no more afterwards: the difference that the line
would have had without it (definitions 6.4). Booked once, in the first open month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sync.core.issues import life as lives
from sync.core.look.follow import Followed
from sync.core.look.rebuilding.rebuild import PastPoints
from sync.core.look.scores.claims import Booking
from sync.core.rules.values import points_zh
from sync.core.scores import seal as sealing
from sync.core.scores.evening import EVENED
from sync.core.scores.lines import APPEALED, BACK, DISCOVERED, OF_COMPUTED, Group, Line, revoke

VOIDED = "问题作废"


@dataclass(frozen=True)
class Returns:
    """``requested``: the lines that requests led to."""

    past: PastPoints
    followed: Mapping[str, Followed]
    requested: Booking
    today: date

    def booking(self) -> Booking:
        """The lines that give back, by the line that they are about; those booked before stay."""
        booking: Booking = {}
        for line in (line for seal in self.past.seals.values() for line in seal.lines if line.origin == OF_COMPUTED):
            group = Group(OF_COMPUTED, line.id)
            booked = self.past.lines.get(group, {})
            if lines := {**booked, **{made.id: made for made in self._due(line, booked)}}:
                booking[group] = lines
        return booking

    def _due(self, line: Line, booked: Mapping[str, Line]) -> Iterator[Line]:
        if line.reckoning is None:
            return
        standing = {each.issue for each in booked.values() if not each.revoked}
        gone, finds = self._appealed(line) | standing, self._given_back(line)
        for number in sorted({part.number for part in line.reckoning.parts}):
            before, why = booked.get(f"{line.id}·{number}·{BACK}"), self._why(number, finds)
            if before and (not before.revoked or before.month in self.past.seals or not why):
                yield self._still(before, number, why)
            elif why and number not in gone:
                yield from self._returned(line, number, gone, why)
                gone.add(number)

    @property
    def _upheld(self) -> list[Line]:
        made = (each for group in self.requested.values() for each in group.values())
        return [each for each in made if each.rule == APPEALED and not each.revoked]

    def _appealed(self, line: Line) -> set[str]:
        """The cases that upheld appeals took out of the line."""
        return {each.issue for each in self._upheld if each.returns == line.id}

    def _given_back(self, line: Line) -> set[str]:
        """Of a line that evens out: the issues whose own points were given back after the seal."""
        if line.rule != EVENED:
            return set()
        seal = self.past.seals[line.month].by_id
        return {each.issue for each in self._upheld if each.returns in seal and seal[each.returns].tier == DISCOVERED}

    def _why(self, number: str, finds: set[str]) -> str:
        """Why a case counts no more; empty where it does."""
        followed = self.followed.get(number)
        if followed is not None and followed.life.state == lives.VOID:
            return VOIDED
        return APPEALED if number in finds else ""

    def _still(self, before: Line, number: str, why: str) -> Line:
        """What was booked stays, unless the case counts again while the month is open."""
        if why or before.month in self.past.seals or number not in self.followed:
            return before
        return revoke(before, sealing.DUE_AGAIN)

    def _returned(self, line: Line, number: str, gone: set[str], why: str) -> Iterator[Line]:
        points = difference(line, number, gone)
        if points:
            how = "退回" if points > 0 else "扣回"
            counted = f"没有 {number} 这一件，{how}{points_zh(abs(points))}分"
            text = f"{why}：{line.month} 已封存，{counted}（明细 {line.id}）"
            yield replace(
                line, id=f"{line.id}·{number}·{BACK}", month=sealing.open_month(line.month, self.past.seals), rule=BACK,
                issue=number, points=points, text=text, date=self.today, returns=line.id, reckoning=None,
                working=(sealing.returned_words(line.id),),
            )  # fmt: skip


def difference(line: Line, number: str, gone: set[str]) -> int:
    """Hundredths that the computed line would have had more without that case; those in ``gone`` are left out."""
    assert line.reckoning is not None
    return line.reckoning.points({*gone, number}) - line.reckoning.points(gone)
