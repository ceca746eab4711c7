"""What a clerk works out by hand: limits over office hours, whose unit, what state. Written from the bureau's plan and
tables, not from the service's code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

HOURS = ((time(8), time(12)), (time(14, 30), time(17, 30)))  # October to June
DAYS_OFF = {date(2027, 1, 1)}  # of the weeks that are played
UNITS = {
    "暴露垃圾": "环卫所", "路面脏污": "环卫所", "占道经营": "城管执法大队", "缺株死树": "园林所", "渣土遗撒": "渣土办",
}  # fmt: skip
LIMITS: Mapping[tuple[str, bool], str] = {  # by category and whether it is serious; 轻微 is as 一般
    ("暴露垃圾", False): "4wh", ("暴露垃圾", True): "2wh", ("路面脏污", False): "2wh", ("路面脏污", True): "1wh",
    ("占道经营", False): "2wh", ("占道经营", True): "1wh", ("缺株死树", False): "5wd", ("缺株死树", True): "4h",
    ("渣土遗撒", False): "4h", ("渣土遗撒", True): "2h",
}  # fmt: skip
GIVEN = {"2小时": "2h", "4工作时": "4wh", "1工作日": "1wd"}


def is_workday(day: date) -> bool:
    return day.weekday() < 5 and day not in DAYS_OFF


def after(start: datetime, limit: str) -> datetime:
    """The hour at which a limit that began at ``start`` is over."""
    count, unit = re.fullmatch(r"(\d+)(h|wh|wd)", limit).groups()  # type: ignore[union-attr]
    if unit == "h":
        return start + timedelta(hours=int(count))
    if unit == "wd":
        return _after_days(start, int(count))
    return _after_hours(start, timedelta(hours=int(count)))


def _after_days(start: datetime, count: int) -> datetime:
    day = start.date()
    while count:
        day += timedelta(days=1)
        count -= is_workday(day)
    return datetime.combine(day, HOURS[-1][1], start.tzinfo)


def _after_hours(start: datetime, left: timedelta) -> datetime:
    day = start.date()
    while True:
        for opens, closes in HOURS if is_workday(day) else ():
            begins = max(start, datetime.combine(day, opens, start.tzinfo))
            ends = datetime.combine(day, closes, start.tzinfo)
            if begins < ends and left <= ends - begins:
                return begins + left
            left -= max(ends - begins, timedelta(0))
        day += timedelta(days=1)


def deadline(
    start: datetime, category: str, severity: str, given: str, limits: Mapping[tuple[str, bool], str]
) -> datetime:
    """截止时间 of an issue that nobody moved."""
    return after(start, GIVEN[given] if given in GIVEN else limits[category, severity == "严重"])


def unit(category: str, own_unit: str) -> str:
    """责任单位: the street's own goes first."""
    return own_unit or UNITS[category]


def serial(at: datetime) -> float:
    """An hour as a spreadsheet holds it: days since 1899-12-30 by the clock on the wall."""
    wall = at.replace(tzinfo=None, microsecond=0)
    return (wall - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001 - a clock on the wall has no zone
