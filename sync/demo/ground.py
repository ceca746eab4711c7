"""Where the demo's streets lie: an invented plan (示意), since no public text says where the county's streets run.

Only what the plan's section 七 says of their order is kept: 建设路 lies west of 向阳路, S336线 in the north, 联胜路 in
the east. Ends are in steps of ``STEP`` from a corner in the south-west, so that the whole is some four kilometres wide.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.core.sheet.values.places import Position

CORNER = Position(112.340, 26.950)
STEP = Position(0.0010, 0.0009)  # degrees: 100 metres east, 100 metres north
End = tuple[float, float]
ENDS: dict[str, tuple[End, End] | tuple[End]] = {
    "向阳南路": ((18, 2), (18, 16)),
    "向阳北路": ((18, 16), (18.5, 34)),
    "建设南路": ((10, 1), (10, 16)),
    "建设北路": ((10, 16), (10.5, 33)),
    "新正街": ((18, 16), (34, 17)),
    "新正西路": ((3, 15), (18, 16)),
    "联胜路": ((27, 3), (27, 16.5)),
    "联胜中路": ((27, 16.5), (28, 33)),
    "S336线县城段": ((0, 25), (42, 27)),
    "城西大道": ((2.5, 3), (3, 32)),
    "蒸阳大道": ((34, 2), (36, 34)),
    "清江路": ((27, 9), (41, 10)),
    "船山西路": ((1, 6), (27, 7)),
    "保安小区": ((14, 11),),
    "高丰小区": ((6.5, 20),),
    "英南新区": ((39.5, 31),),
    "高铁站广场": ((40, 20),),
    "西渡大桥片区": ((22, 1),),
    "洪山大桥片区": ((38.5, 5),),
}
# Between the named ones: short streets in blocks of this raster, every second one upright; quarters are points.
BLOCKS = tuple((across, up) for up in (3.5, 12, 20.5, 29.5) for across in (6.5, 14, 22.5, 31, 38.5))
HALF = 2.6


def ends(streets: Iterable[str]) -> dict[str, tuple[Position, ...]]:
    """By street, where it begins and ends; where it lies for a quarter."""
    unnamed = [name for name in streets if name not in ENDS]
    steps: dict[str, tuple[End, ...]] = {**ENDS, **{name: _in_a_block(at) for at, name in enumerate(unnamed)}}
    return {name: tuple(_position(end) for end in corners) for name, corners in steps.items()}


def _in_a_block(number: int) -> tuple[End, ...]:
    """The streets without a name of their own, by their order: the first 25 are lines, two a block, the rest points."""
    across, up = BLOCKS[number % len(BLOCKS)]
    if number >= 25:
        return ((across + 1.6, up - 1.8),)
    if number >= len(BLOCKS) or number % 2:
        return (across - 1.2, up - HALF), (across - 1.2, up + HALF)
    return (across - HALF, up + 0.8), (across + HALF, up + 0.8)


def _position(end: End) -> Position:
    longitude, latitude = (corner + at * step for corner, at, step in zip(CORNER, end, STEP, strict=True))
    return Position(round(longitude, 4), round(latitude, 4))


def along(street: tuple[Position, ...], share: float, aside: End = (0.0, 0.0)) -> Position:
    """The place after that share of a street. ``aside``: how far from there, in steps east and north."""
    ends = zip(street[0], street[-1], STEP, aside, strict=True)
    longitude, latitude = (start + (end - start) * share + step * off for start, end, step, off in ends)
    return Position(round(longitude, 5), round(latitude, 5))
