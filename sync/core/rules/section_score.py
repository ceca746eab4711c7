"""The table [score] of rules.toml: what a problem costs, what good work earns, what a month's score may lead to."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import Field

from sync.core.calendar.worktime import Limit
from sync.core.rules.conditions import SEVERITIES
from sync.core.rules.sections import Table
from sync.core.rules.values import (
    Clause,
    Count,
    Duration,
    Percent,
    Points,
    SealHour,
    SealTime,
    Source,
    StreetTypes,
    Text,
)


class Tiers(Table):
    """What one issue costs in all, in hundredths of a point: found, or overdue, or repeated."""

    discovery: Points = Field(alias="found")
    overdue: Points
    repeat: Points


class Cases(Table):
    """[score.case] by severity: `case["严重"].overdue`."""

    minor: Tiers
    normal: Tiers
    serious: Tiers

    def __getitem__(self, severity: str) -> Tiers:
        return dict(zip(SEVERITIES, (self.minor, self.normal, self.serious), strict=True))[severity]


class ReworkScore(Table):
    """[score.rework] Points for each of the first two returns of an issue, and for each further one."""

    first_two: Points
    from_third: Points


class SelfFound(Table):
    """[score.self_found] Points for an issue that the chief found himself and closed in time; `cap` a month, for at
    most `per_day` issues reported on one day."""

    bonus: Points
    cap: Points
    per_day: Annotated[int, Field(ge=0, le=1000)] = 2


class PublicScore(Table):
    """[score.public] What a 群众反映 that was mended in time costs; one that was not costs as any other."""

    discovery: Points = Field(default=0, alias="found")


class EvenOut(Table):
    """[score.even_out] Whether what inspections find is evened out over the streets of a group, and how many percent of
    the group's inspections must have found nothing for that."""

    on: bool = True
    clean: Percent = 25


class ShareScore(Table):
    """[score.share] Percent of the points for lateness that a chief bears who reported it up in time. `unit` of older
    files changes nothing: units pay through their rates."""

    chief: Percent
    unit: Percent | None = None


class Good(Table):
    """[score.good] The best `top` of a group, if their score is at least `min_score`, may be commended: with at least
    `min_cases` issues due if `on_time` percent of them were mended in time, with fewer if the street was inspected as
    often as the group's median."""

    top: Count
    min_score: Points
    on_time: Percent = 90
    min_cases: Count = 5


class Aim(Table):
    """A rate of [score.unit] that is to be reached: each percentage point below `aim` costs `per_point`, all together
    no more than `most`."""

    aim: Percent
    per_point: Points
    most: Points


class Above(Table):
    """A rate of [score.unit] that is to be kept low: each percentage point above `above` costs `per_point`."""

    above: Percent
    per_point: Points
    most: Points


class LateLetters(Table):
    """What a letter costs that was not answered in time."""

    late_each: Points
    most: Points


class UnitGood(Table):
    """[score.unit.good] The best `top` units, if their score is at least `min_score`, may be commended."""

    top: Count = 1
    min_score: Points = 9500


class UnitScore(Table):
    """[score.unit] The score of units by rates (domain.md 3.2). Fewer than `min_cases` issues due: not ranked."""

    base: Points = 10000
    on_time: Aim = Aim.model_construct(aim=90, per_point=100, most=5000)
    closed: Aim = Aim.model_construct(aim=90, per_point=100, most=2000)
    serious: Aim = Aim.model_construct(aim=95, per_point=50, most=1000)
    rework: Above = Above.model_construct(above=5, per_point=50, most=500)
    letters: LateLetters = LateLetters.model_construct(late_each=100, most=500)
    fake_each: Points = 100
    min_cases: Annotated[int, Field(ge=0, le=1000)] = 10
    good: UnitGood = UnitGood()


class Last(Table):
    """[score.last] The last of a group, as many as `last`, if their score is below `below`: nobody is last at 96."""

    last: Count
    below: Points


class Rung(Table):
    """[[score.ladder]] What is suggested to a chief who is last so many months running or in twelve."""

    name: Text
    running: Annotated[int, Field(ge=1, le=12)]
    in_12_months: Annotated[int, Field(ge=1, le=12)]
    plan: Clause = ""


class Band(Table):
    """A unit whose score is at least `from` gets `percent` of its funds."""

    start: Points = Field(alias="from")
    percent: Percent


class Fund(Table):
    """[score.fund] Share of its funds that a unit gets from a score on. Off until the bureau fills it."""

    enabled: bool
    bands: tuple[Band, ...]


class Score(Table):
    """[score] All points in hundredths. A month is sealed at `seal` of the month after it; points of a month may be
    appealed against until `appeal` after its end."""

    base: Points
    no_feedback: Points
    superior_multiplier: Annotated[int, Field(ge=1, le=10)]
    superior_sources: tuple[Source, ...]
    bonus_cap: Points
    groups: StreetTypes
    min_group: Count
    min_inspections: Annotated[int, Field(ge=0, le=1000)]
    seal: SealTime = SealHour(5, time(9))
    appeal: Duration = Limit(3, "wd")
    plan: Clause = ""
    case: Cases
    rework: ReworkScore
    self_found: SelfFound
    public: PublicScore = PublicScore()
    even_out: EvenOut = EvenOut()
    unit: UnitScore | None = None
    share: ShareScore
    good: Good
    last: Last
    ladder: tuple[Rung, ...]
    fund: Fund
