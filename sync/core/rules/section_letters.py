"""The table [letters] of rules.toml: which issues call for a 督办函, who signs it, by when it is to be answered.

The whole table may be left out; what it then says is what the file ships with (plan 五·3; domain.md 4.2).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from sync.core.calendar.worktime import Limit
from sync.core.rules.conditions import parse_condition
from sync.core.rules.sections import Table
from sync.core.rules.values import Clause, Duration, Roles, Text, When, one_of

TITLES = ("督办函", "督办通知单")
CLAUSE = "五·3"


class Call(Table):
    """[[letters.when]] An issue that nobody mended calls for a letter when one of these holds; `name` says why."""

    name: Text
    when: When
    plan: Clause = ""


def _call(name: str, plan: str = "", **parts: Any) -> Call:
    return Call.model_construct(name=name, when=parse_condition(parts, {}), plan=plan)


CALLS = (
    _call("严重问题超期", CLAUSE, severity="严重", overdue=True),
    _call("屡次重复又超期", CLAUSE, repeat=">= 3", overdue=True),
    _call("督查重复看到又超期", CLAUSE, seen_days=">= 3", overdue=True),
    _call("超期三个工作日", overdue=">= 3wd"),
    _call("上级交办超期", source="上级交办", overdue=True),
)


class Letters(Table):
    """[letters] `reply` and `reply_serious` run from signing; at the hour `record_at` the day's record goes to the
    commander; after a second letter a unit pays for lateness `repeat_factor` times in all. `when = []`: nothing is
    drafted."""

    title: Annotated[str, one_of("函的名称", TITLES)] = "督办函"
    reply: Duration = Limit(3, "wd")
    reply_serious: Duration = Limit(1, "wd")
    urgent: bool = True
    signers: Roles = ("commander", "office")
    contact: str = ""
    phone: str = ""
    record_at: Annotated[int, Field(ge=0, le=23)] = 17
    repeat_factor: Annotated[int, Field(ge=1, le=10)] = 2
    plan: Clause = CLAUSE
    when: tuple[Call, ...] = CALLS
