"""Spreadsheet dates: days since 1899-12-30 as a number, in the bureau's own clock (Sheets API, SERIAL_NUMBER)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial has no zone; the bureau's is put on below
DAY = 86400
LOWEST, HIGHEST = 36526, 73051  # 2000-01-01 to 2100-01-01: outside it is a mistyped year


@lru_cache(maxsize=65536)
def to_datetime(serial: float, zone: tzinfo | None) -> datetime:
    """The moment that a serial names in ``zone``, to the second."""
    return (EPOCH + timedelta(seconds=round(serial * DAY))).replace(tzinfo=zone)


@lru_cache(maxsize=65536)
def from_datetime(moment: datetime, zone: ZoneInfo) -> float:
    """The serial of a moment, to the second, in the wall clock of ``zone``."""
    wall = moment.astimezone(zone).replace(tzinfo=None, microsecond=0)
    seconds = (wall - EPOCH) // timedelta(seconds=1)
    return seconds // DAY if seconds % DAY == 0 else seconds / DAY


def from_date(day: date) -> int:
    """The serial of a day."""
    return (day - EPOCH.date()).days


def to_date(serial: float) -> date:
    """The day that a serial names."""
    return EPOCH.date() + timedelta(days=int(serial))


def moment(value: Any, zone: tzinfo | None) -> datetime | None:
    """The moment of a raw cell in ``zone``; None where it holds no date of this century."""
    return to_datetime(value, zone) if is_moment(value) else None


def is_moment(value: object) -> TypeGuard[float]:
    """Whether a raw cell holds a date of this century."""
    return isinstance(value, int | float) and not isinstance(value, bool) and LOWEST <= value < HIGHEST
