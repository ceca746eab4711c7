"""How late an issue is, in the one measure and the one wording; and when time alone changes what its row says."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sync.core.calendar.worktime import Limit
from sync.core.issues import life as lives
from sync.core.issues.issues import Stamps
from sync.core.issues.life import Life
from sync.core.rules.conditions import Lateness
from sync.core.rules.rules import Rules

WORKDAY = Limit(1, "wd")


def lateness(life: Life, rules: Rules, limit: Limit | None = None) -> Lateness | None:
    """The one measure of lateness, for levels, letters, words and pages; None where no clock ever ran. ``limit``: the
    issue's own."""
    if life.overdue_from is None or life.end is None:
        return None
    return Lateness(life.overdue_from, life.end, rules.calendar, limit, life.pauses)


def late_now(life: Life, rules: Rules, now: datetime) -> Lateness | None:
    """How late an issue is that runs past its deadline; None: it does not."""
    return lateness(life, rules) if lives.is_late(life.state, life.deadline, now) else None


def workdays_late(late: Lateness, now: datetime) -> int:
    """The largest n for which ``overdue >= n wd`` holds then."""
    days = 0
    while late.since(Limit(days + 1, "wd")) <= now:
        days += 1
    return days


def hours_late(late: Lateness, now: datetime) -> int:
    """Whole hours of the clock since the deadline, without the pauses."""
    spans = [min(pause.end, now) - max(pause.start, late.deadline) for pause in late.breaks]
    paused = sum((span for span in spans if span > timedelta()), timedelta())
    return (now - late.deadline - paused) // timedelta(hours=1)


def late_words(late: Lateness, now: datetime, *, in_hours: bool = False) -> str:
    """How late it is, in the words of every tab, page and mail; empty: not late. ``in_hours``: as pages say it of what
    endangers people."""
    if late.since(None) > now:
        return ""
    if in_hours:
        hours = hours_late(late, now)
        return f"已超期{hours}小时" if hours else "已超期（不足1小时）"
    days = workdays_late(late, now)
    return f"已超期{days}个工作日" if days else "已超期（不足1个工作日）"


def hint(life: Life, stamps: Stamps, rules: Rules, now: datetime) -> str:
    """时限提示: words that change at most once a workday."""
    if life.state == lives.SUSPENDED:
        return "挂账中"
    if life.state in (lives.FIXED, lives.CLOSED):
        return "超期整改" if life.late else ""
    if not life.running or life.deadline is None:
        return ""
    if late := late_now(life, rules, now):
        return late_words(late, now)
    if life.deadline.date() == now.date():
        return "今日到期"
    return "暂按无调休计算" if stamps.start and stamps.start.provisional else ""


def turning_points(life: Life, stamps: Stamps, rules: Rules) -> list[datetime]:
    """Moments at which time alone changes what the row says or who hears of it."""
    if life.state == lives.SUSPENDED:
        return [life.resume] if life.resume else []  # a later 恢复 is an event of its own
    if not life.running or life.deadline is None:
        return []
    midnight = datetime.combine(life.deadline.date(), time(), rules.bureau.zone)
    moments = [midnight, life.deadline + timedelta(seconds=1)]
    if (warn := warn_at(stamps, life, rules)) is not None:
        moments.append(warn)
    if late := lateness(life, rules):
        moments.append(late.since(Limit(workdays_late(late, life.end or late.now) + 1, "wd")))
    return moments


def warn_at(stamps: Stamps, life: Life, rules: Rules) -> datetime | None:
    """The hour at which the chief is warned: a share of the first limit is gone. None once it was moved."""
    start = stamps.start
    if start is None or life.deadline != start.deadline:
        return None
    limit = lives.limit_of(start)
    if limit is None:
        return start.started + (start.deadline - start.started) * rules.clock.warn_at
    return rules.calendar.share(start.started, limit, rules.clock.warn_at)
