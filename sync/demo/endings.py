"""What the demo's month leaves for people to do: a few of its last reports end in the middle, each in another way.

Whatever hour ends the month, there is one of each kind, so that nobody finds a page of the demo empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sync.demo.city import INSPECTION, SELF, Report

EXTENSION, TRANSFER, SUSPENSION = "延期等批复", "移交等批复", "挂账"
UNDONE, SAME_PHOTO, LIKE_PHOTO, ASKEW = "未整改", "原来的照片又用一次", "和以前的照片很像", "换了角度"
AGAIN, APPEALED = "重复报", "申诉等批复"
WAITS_LONG = "其他"  # category of the standards office's own issues, which it does not verify itself
# from the latest report backwards
KINDS = (UNDONE, SAME_PHOTO, LIKE_PHOTO, ASKEW, TRANSFER, SUSPENSION, EXTENSION, LIKE_PHOTO, SAME_PHOTO)
BY_DAY = range(8, 14)  # hours of the day at which they are reported, so that people act on them by day
BEFORE_THE_END = timedelta(hours=8)  # by which what happens next has happened
LAST_DAYS = timedelta(days=5)
QUICK = 0.4  # of the file's answers; who is so quick is in time


def chosen(reports: Sequence[Report], until: datetime, is_plain: Callable[[Report], bool]) -> dict[str, str]:
    """The reports that end in a way of their own, by ref. ``is_plain``: whether a report was typed without a slip."""
    latest = [report for report in reversed(reports) if _fits(report, until) and is_plain(report)]
    endings = {report.ref: kind for report, kind in zip(latest, KINDS, strict=False)}
    opened = next((report for report in latest if endings.get(report.ref) == EXTENSION), None)
    others = [report for report in reports if report.ref not in endings and is_plain(report)]
    again = next((report for report in others if opened and report.at >= opened.at + BEFORE_THE_END / 2), None)
    if again:
        endings[again.ref] = AGAIN
    appealed = next((report for report in reversed(others) if opened and _is_charged(report, opened.at)), None)
    if appealed:
        endings[appealed.ref] = APPEALED
    return endings


def _fits(report: Report, until: datetime) -> bool:
    by_day = report.at.hour in BY_DAY and until - LAST_DAYS < report.at <= until - BEFORE_THE_END
    return by_day and report.source in (INSPECTION, SELF) and report.category != WAITS_LONG


def _is_charged(report: Report, before: datetime) -> bool:
    """Whether an inspector found it, so that the street pays for it, and it was mended in time before that hour."""
    return report.source == INSPECTION and report.slow < QUICK and report.at < before - timedelta(days=1)


def told_again(reports: Iterable[Report], endings: Mapping[str, str]) -> Iterator[Report]:
    """The reports, of which one tells again what another has told that nobody has mended."""
    opened: Report | None = None
    for report in reports:
        if endings.get(report.ref) == EXTENSION:
            opened = report
        again = endings.get(report.ref) == AGAIN and opened
        yield _as_before(report, opened) if again and opened else report


def _as_before(report: Report, before: Report) -> Report:
    return report._replace(
        street=before.street, place=before.place, category=before.category, severity=before.severity, text=before.text
    )
