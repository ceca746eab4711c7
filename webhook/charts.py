"""Geometry of the charts that pages draw as SVG: lines over time, and spans of low, mean and high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

WIDTH, HEIGHT = 440.0, 200.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 12.0, 10.0, 24.0


@dataclass(frozen=True)
class Chart:
    """``steps``: (height, words) of the grid lines; ``labels``: (x, words) under the axis, few enough to be read;
    ``series``: points of each line, None where there is no number."""

    steps: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    series: tuple[tuple[tuple[float, float] | None, ...], ...]
    width: float = WIDTH
    height: float = HEIGHT
    bottom: float = HEIGHT - BOTTOM
    left: float = LEFT
    right: float = WIDTH - RIGHT

    def lines(self, n: int) -> list[str]:
        """The n-th series as unbroken pieces, in the words of SVG's ``points``."""
        pieces: list[list[str]] = [[]]
        for point in self.series[n]:
            if point is None:
                pieces.append([])
            else:
                pieces[-1].append(f"{point[0]},{point[1]}")
        return [" ".join(piece) for piece in pieces if piece]


def chart(names: Sequence[str], rows: Sequence[Sequence[float | None]], low: float | None = 0.0) -> Chart:
    """Lines over ``names``; the axis begins at ``low``, or where the numbers do (None)."""
    numbers = [value for row in rows for value in row if value is not None]
    top = max(numbers, default=1.0)
    start = min(numbers, default=0.0) if low is None else low
    size = _step(max(top - start, 1e-9))
    start, top = floor(start / size) * size, max(ceil(top / size), floor(start / size) + 1) * size

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (top - value) / (top - start), 1)

    def x(at: int) -> float:
        width = WIDTH - LEFT - RIGHT
        return round(LEFT + width * (at + 0.5) / max(len(names), 1), 1)

    count = round((top - start) / size)
    every = max(1, ceil(len(names) / 7))
    return Chart(
        tuple((y(start + size * n), f"{start + size * n:g}") for n in range(count + 1)),
        tuple((x(at), name) for at, name in enumerate(names) if (len(names) - 1 - at) % every == 0),
        tuple(tuple(None if value is None else (x(at), y(value)) for at, value in enumerate(row)) for row in rows),
    )


def _step(span: float) -> float:
    """A round number of which about four fit."""
    for power in range(-3, 7):
        for digit in (1, 2, 5):
            size = float(digit * 10**power)
            if span / size <= 4.5:
                return size
    return span
