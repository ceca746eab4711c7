"""What speaks for the clock of this machine: the kernel, and Google's answers. Its own hours do not."""

from __future__ import annotations

import ctypes
import sys
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sync.core.calendar import belief
from sync.core.sheet.values import serials
from sync.ledger.ledger import Ledger
from sync.ledger.received.pushes import Pushes
from sync.ledger.received.submissions import Submissions

UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)
ERROR = 5  # TIME_ERROR
AGREES = timedelta(minutes=5)


class _Timex(ctypes.Structure):
    """``struct timex``: only its size and ``status`` matter here."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_byte * 256),
    )  # fmt: skip


def kernel_is_synchronised() -> bool:
    """Whether the kernel says that a time service keeps its clock; False where it can't be asked."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        timex = _Timex()
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return False
    return 0 <= state < ERROR and not timex.status & UNSYNCHRONISED


def agrees(date_header: str, now: datetime) -> bool:
    """Whether the ``Date`` of an answer shows our hour."""
    try:
        shown = parsedate_to_datetime(date_header)
    except ValueError:
        return False
    return abs((shown if shown.tzinfo else shown.replace(tzinfo=UTC)) - now) <= AGREES


def own_hours(ledger: Ledger, now: datetime) -> set[datetime]:
    """The hours near ``now`` that were not typed into the sheet: those of forms, and of the arrival of pushes. Whatever
    people change in such a row, its hour speaks for no clock."""
    forms = (each.cells.get("reported_at") for each in Submissions(ledger).around(now, belief.NEAR))
    sent = {at for value in forms if (at := serials.moment(value, ledger.zone))}
    return sent | {at.replace(microsecond=0) for at in Pushes(ledger).arrivals(now, belief.NEAR)}
