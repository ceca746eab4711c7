"""What inspections find, evened out over the streets of a group: a street that is looked at more often than the others
gets part of its found points back (definitions 6.2). It only gives back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sync.core.rules.rules import Rules
from sync.core.rules.values import ASSUMED, points_zh
from sync.core.scores.lines import DISCOVERED, OF_COMPUTED, STREET, Line, last_day
from sync.core.scores.reckoning import SHARE, Part, Reckoning
from sync.core.scores.standings import median

EVENED = "督查均衡"


@dataclass(frozen=True, slots=True)
class Looks:
    """The days on which a street was inspected in a month, and on how many of them nothing was found."""

    days: int
    clean: int


@dataclass(frozen=True)
class Group:
    """A ranking group in a month: each ranked street with its chief and how it was looked at."""

    month: str
    chiefs: Mapping[str, str]
    looks: Mapping[str, Looks]

    @property
    def middle(self) -> Fraction:
        return median([looks.days for looks in self.looks.values()])

    def lines(self, lines: Iterable[Line], inspected: Collection[str], rules: Rules, today: date) -> Iterator[Line]:
        """One line for each street above the median that was charged for what inspections found. ``lines``: after the
        ceilings of tasks; ``inspected``: numbers of the issues that came from inspections."""
        day, rule = min(last_day(self.month), today), rules.score.even_out
        days, clean = (sum(getattr(looks, name) for looks in self.looks.values()) for name in ("days", "clean"))
        charged = [
            line for line in lines
            if line.month == self.month and line.kind == STREET and line.tier == DISCOVERED and line.points < 0
            and line.issue in inspected
        ]  # fmt: skip
        for street, looks in self.looks.items():
            mine = [line for line in charged if line.target == street]
            if looks.days > self.middle and mine:
                enough = 100 * clean >= rule.clean * days
                yield self._line(street, mine, day, "" if enough else _too_few(clean, days, rule.clean))

    def _line(self, street: str, mine: Sequence[Line], day: date, instead: str) -> Line:
        looks, middle = self.looks[street], self.middle
        share = Fraction(0) if instead else 1 - middle / looks.days
        parts = tuple(Part(line.issue, -line.points) for line in mine)
        reckoning = Reckoning(SHARE, parts, (share.numerator, share.denominator))
        points, charged = reckoning.points(), points_zh(sum(part.weight for part in parts))
        words = instead or (
            f"督查 {looks.days} 天，多于同组中位数 {float(middle):g} 天：发现问题扣的{charged}分×"
            f"（1−{float(middle):g}÷{looks.days}），退{points_zh(points)}分"
        )
        name, chief = f"{self.month}·{street}·{EVENED}", self.chiefs[street]
        return Line(
            name, self.month, street, STREET, chief, "", EVENED, ASSUMED, points, words, day,
            origin=OF_COMPUTED, reckoning=reckoning, working=(words, *_cases(parts)),
        )  # fmt: skip


def _cases(parts: Sequence[Part]) -> Iterator[str]:
    yield f"发现问题 {len(parts)} 件：" + "、".join(f"{part.number}（{points_zh(part.weight)}分）" for part in parts)


def _too_few(clean: int, days: int, percent: int) -> str:
    return f"同组督查 {days} 天，没有发现问题的 {clean} 天，不到 {percent}%：不作均衡"
