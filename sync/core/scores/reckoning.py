"""How a computed line comes to its points: from rates or counts of cases, exact, so that it can be worked out again
without some of them (definitions 6.2 to 6.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sync.core.rules.values import points_zh

AIM, ABOVE, EACH, SHARE = "aim", "above", "each", "share"
NAMED = 30  # so many numbers a sentence lists


@dataclass(frozen=True, slots=True)
class Part:
    """One case of a computed line. ``weight``: how much it counts (SHARE: its points in hundredths); ``hit``: whether
    it is among those that the rate counts."""

    number: str
    weight: int = 1
    hit: bool = True


@dataclass(frozen=True, slots=True)
class Reckoning:
    """AIM: each percentage point of the rate below ``bar`` costs; ABOVE: each above it; EACH: each part that is hit;
    SHARE: gives back that share of the parts' points. ``price``: hundredths for each, as a fraction; ``most``:
    hundredths at most, 0 for no limit."""

    how: str
    parts: tuple[Part, ...]
    price: tuple[int, int]
    bar: int = 0
    most: int = 0

    def points(self, gone: Collection[str] = ()) -> int:
        """Hundredths, half up; ``gone``: numbers of cases that do not count."""
        counted = [part for part in self.parts if part.number not in gone]
        if self.how == SHARE:
            return _half_up(self._price * sum(part.weight for part in counted))
        lost = _half_up(self._price * self._times(counted))
        return -min(lost, self.most) if self.most else -lost

    @property
    def _price(self) -> Fraction:
        return Fraction(*self.price)

    def _times(self, parts: list[Part]) -> Fraction:
        if self.how == EACH:
            return Fraction(_weight(parts, hit=True))
        percent = _percent(parts)
        if percent is None:
            return Fraction(0)
        apart = self.bar - percent if self.how == AIM else percent - self.bar
        return max(Fraction(0), apart)

    @property
    def share(self) -> float | None:
        """The rate; None where nothing counts."""
        percent = _percent(self.parts)
        return None if percent is None else float(percent / 100)

    def words(self) -> str:
        """The rate and what each point of it costs: 85.19%（46/54），低于90%，每点扣1分，扣4.81分."""
        points, each = -self.points(), points_zh(self.price[0])
        sum_words = f"扣{each}分，扣{points_zh(points)}分" + ("（最多扣这么多）" if points == self.most else "")
        costs = f"每点{sum_words}"
        if self.how == EACH:
            return f"{_weight(self.parts, hit=True)}件，每件{sum_words}"
        percent = _percent(self.parts) or Fraction(0)
        rate = f"{_hundredths(percent)}%（{_weight(self.parts, hit=True)}/{_weight(self.parts)}）"
        if self.how == AIM:
            return f"{rate}，低于{self.bar}%，{costs}" if points else f"{rate}，达到{self.bar}%，不扣分"
        return f"{rate}，高于{self.bar}%，{costs}" if points else f"{rate}，不高于{self.bar}%，不扣分"

    def against(self) -> list[str]:
        """The numbers of the cases that speak against the unit."""
        return [part.number for part in self.parts if part.hit != (self.how == AIM)]

    def working(self) -> Iterator[str]:
        """How the points came about, case by case."""
        yield self.words()
        if numbers := self.against():
            yield f"不利的 {len(numbers)} 件：{'、'.join(numbers)}"
        if any(part.weight > 1 for part in self.parts) and self.how != SHARE:
            yield f"一件算两件的：{'、'.join(part.number for part in self.parts if part.weight > 1)}"


def listed(numbers: Collection[str]) -> str:
    """Numbers for a sentence: the first, and how many there are."""
    names = [*numbers]
    return "、".join(names[:NAMED]) + (f"等{len(names)}件" if len(names) > NAMED else "")


def _weight(parts: Iterable[Part], *, hit: bool | None = None) -> int:
    return sum(part.weight for part in parts if hit is None or part.hit == hit)


def _percent(parts: Collection[Part]) -> Fraction | None:
    total = _weight(parts)
    return Fraction(100 * _weight(parts, hit=True), total) if total else None


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _hundredths(percent: Fraction) -> str:
    return f"{_half_up(percent * 100) / 100:g}"
