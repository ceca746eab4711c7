"""When a notice goes out: at once where minutes count, else with the others at the bureau's sending hours
(definitions 7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sync.core.calendar.worktime import Limit
from sync.core.rules.rules import Rules

SOON = Limit(2, "wh")  # what is due within so long is told to the street's chief at once, and never warned of
SHORT = timedelta(hours=2)  # nor is what has no longer than this by the clock
DAYS = 40  # looked ahead: no holiday is longer


@dataclass(frozen=True)
class Hours:
    """When what is told ``now`` goes out: worked out once for all issues of a look."""

    now: datetime
    rules: Rules

    @cached_property
    def allowed(self) -> datetime:
        return allowed_from(self.now, self.rules)

    @cached_property
    def together(self) -> datetime:
        return sent_together(self.now, self.rules)

    @cached_property
    def soon_ends(self) -> datetime:
        return _soon_ends(self.now, self.rules)


def allowed_from(now: datetime, rules: Rules) -> datetime:
    """The first moment from now on at which the rules let a notice go out."""
    own, zone = rules.notices, rules.bureau.zone
    for day in (now.date() + timedelta(days=ahead) for ahead in range(DAYS)):
        if not own.workdays_only or rules.calendar.is_workday(day):
            for opens, closes in own.hours:
                if now < datetime.combine(day, closes, zone):
                    return max(now, datetime.combine(day, opens, zone))
    return now


def sent_together(now: datetime, rules: Rules) -> datetime:
    """The next sending hour from now on; without sending hours as soon as notices may go out."""
    own, zone = rules.notices, rules.bureau.zone
    for day in (now.date() + timedelta(days=ahead) for ahead in range(DAYS if own.send_at else 0)):
        for hour in own.send_at:
            at = datetime.combine(day, hour, zone)
            if at >= now and allowed_from(at, rules) == at:
                return at
    return allowed_from(now, rules)


def sending_hours(now: datetime, rules: Rules) -> list[datetime] | None:
    """The sending hours of today; None where the rules have none, since nothing waits."""
    own, zone = rules.notices, rules.bureau.zone
    hours = [datetime.combine(now.astimezone(zone).date(), hour, zone) for hour in own.send_at]
    return [at for at in hours if allowed_from(at, rules) == at] if own.send_at else None


def sent_with(at: datetime, now: datetime, rules: Rules) -> datetime:
    """When what the rules make ready at the hour ``at`` goes out: with the mail of that hour, though it is decided a
    moment later."""
    due = sent_together(at, rules)
    return due if due > now else allowed_from(now, rules)


def is_soon(deadline: datetime | None, since: datetime, rules: Rules) -> bool:
    """Whether it is due within so short a time that it can't wait for a sending hour."""
    return deadline is not None and deadline <= _soon_ends(since, rules)


def _soon_ends(since: datetime, rules: Rules) -> datetime:
    return max(since + SHORT, rules.calendar.add(since, SOON).at)
