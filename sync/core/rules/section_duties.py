"""The tables of rules.toml on what people owe: [duties] and [[upward]], who answers what is reported up.

Both may be left out; what they then say is what the file ships with (plan 五·2, 五·3, 六·2).
"""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import Field, model_validator

from sync.core.calendar.worktime import Limit
from sync.core.rules.sections import Table
from sync.core.rules.values import Clause, Duration, DutyKind, Hour, Period, Points, Rank, Role, Weekday


class Duty(Table):
    """[[duties.owed]] A kind of duty that holders of a role owe on so many `days` of each day or week; `points` (only
    for chiefs, whose streets are scored) for each day that is missing."""

    kind: DutyKind
    role: Role
    days: Annotated[int, Field(ge=1, le=7)]
    per: Period
    points: Points = 0
    plan: Clause = ""

    @model_validator(mode="after")
    def _only_streets_are_charged(self) -> Duty:
        if self.points and self.role != "chief":
            raise ValueError("只有街路长的履职可以扣分（points）：支部和区域的得分是所辖街路的平均，没有自己的明细")
        if self.per == "日" and self.days != 1:
            raise ValueError("按日的履职，days 只能是 1")
        return self


OF_THE_PLAN = (
    Duty(kind="巡查", role="街路长", days=1, per="日", plan="六·2"),
    Duty(kind="督查", role="标准化办", days=1, per="日", plan="五·3"),
    Duty(kind="支部例会", role="支部书记", days=1, per="周", plan="六·2"),
    Duty(kind="驻点", role="支部书记", days=3, per="周", plan="六·2"),
    Duty(kind="驻点", role="指挥长", days=2, per="周", plan="六·2"),
)


class Duties(Table):
    """[duties] What is owed; the whole table may be left out. A record typed within `grace` after its day counts for
    that day; at `remind` of the last workday of a period who still owes is told; from `meeting_hour` of the weekday
    `meeting` the list for the weekly meeting is there; `cap` is the most that missing duties cost a street a month."""

    grace: Duration = Limit(1, "d")
    remind: Hour = Field(time(14, 30), description="当天还没有履职记录的几点提醒")
    meeting: Weekday = 0
    meeting_hour: Hour = time(8, 30)
    cap: Points = 500
    owed: tuple[Duty, ...] = OF_THE_PLAN


class Superior(Table):
    """[[upward]] Who must answer what a chief reports up, and within which limit; then it goes to the next."""

    to: Rank
    limit: Duration
    plan: Clause = ""


UPWARD = (
    Superior.model_validate({"to": "支部书记", "limit": "4wh", "plan": "五·2"}),
    Superior.model_validate({"to": "指挥长", "limit": "1wd", "plan": "五·2"}),
    Superior.model_validate({"to": "领导小组办公室", "limit": "1wd", "plan": "六·1"}),
)
