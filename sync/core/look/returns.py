"""What a sealed computed line gives back when one of its cases is made void afterwards: the difference that the line
would have had without it (definitions 6.4). Booked once, in the first open month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sync.core.issues import life as lives
from sync.core.look.claims import Booking
from sync.core.look.follow import Followed
from sync.core.look.rebuilding.rebuild import PastPoints
from sync.core.rules.values import points_zh
from sync.core.scores import seal as sealing
from sync.core.scores.lines import APPEALED, BACK, OF_COMPUTED, Group, Line, revoke

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
        gone = self._appealed(line)
        for number in sorted({part.number for part in line.reckoning.parts}):
            name = f"{line.id}·{number}·{BACK}"
            if name in booked:
                yield self._still(booked[name], number)
                gone.add(number)
            elif self._is_void(number) and number not in gone:
                yield from self._returned(line, number, gone, name)
                gone.add(number)

    def _appealed(self, line: Line) -> set[str]:
        """The cases that upheld appeals took out of the line."""
        made = [each for group in self.requested.values() for each in group.values()]
        upheld = [each for each in made if each.rule == APPEALED and not each.revoked]
        return {each.issue for each in upheld if each.returns == line.id}

    def _is_void(self, number: str) -> bool:
        followed = self.followed.get(number)
        return followed is not None and followed.life.state == lives.VOID

    def _still(self, before: Line, number: str) -> Line:
        """What was booked stays, unless the case counts again while the month is open."""
        if before.month in self.past.seals or number not in self.followed or self._is_void(number):
            return before
        return revoke(before, sealing.DUE_AGAIN)

    def _returned(self, line: Line, number: str, gone: set[str], name: str) -> Iterator[Line]:
        points = difference(line, number, gone)
        if points:
            how = "退回" if points > 0 else "扣回"
            counted = f"没有 {number} 这一件，{how}{points_zh(abs(points))}分"
            text = f"{VOIDED}：{line.month} 已封存，{counted}（明细 {line.id}）"
            yield replace(
                line, id=name, month=sealing.open_month(line.month, self.past.seals), rule=BACK, issue=number,
                points=points, text=text, date=self.today, returns=line.id, reckoning=None,
                working=(sealing.returned_words(line.id),),
            )  # fmt: skip


def difference(line: Line, number: str, gone: set[str]) -> int:
    """Hundredths that the computed line would have had more without that case; those in ``gone`` are left out."""
    assert line.reckoning is not None
    return line.reckoning.points({*gone, number}) - line.reckoning.points(gone)
