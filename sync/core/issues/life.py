"""The life of an issue, from report to closing.

Two rules for this file: a life is a fold of dated events over the table below, and nothing here knows what a
sheet looks like. What no table holds (the clock) stands under it.

The clock starts at receipt (群众反映: at 受理) and stops at the first feedback with what the category needs (a photo)
since the last verdict; feedback without it stops nothing. The deadline is stamped once; 延期, 挂账, 移交 and 返工 move
it, and only later (DESIGN section 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sync.core.calendar.worktime import Break, Calendar, Limit, parse_limit
from sync.core.rules.conditions import PUBLIC, STATES

UNVERIFIED, OPEN, FIXED, CLOSED, REWORK, SUSPENDED, VOID, HISTORY = STATES
NOT_DONE = "未整改"  # a verdict: no work there, or a photo of another place or time
RETURNS = (REWORK, NOT_DONE)
RESUMED = "恢复"  # the end of a 挂账, known before it comes
CLAIM = "称已整改"  # a feedback without what the category needs
RUNNING = (OPEN, REWORK)
ENDED = (CLOSED, VOID, HISTORY)  # HISTORY: of before the service looked; no clock, no points

# state → event → next state (plan 五·2, 五·3; 六·1: 作废)
EDGES: Mapping[str, Mapping[str, str]] = {
    "": {PUBLIC: UNVERIFIED, "收到": OPEN},  # what the public reports is looked at before anyone answers for it
    UNVERIFIED: {"受理": OPEN, "作废": VOID},
    # 通过 at once: the inspector saw it mended on the spot
    # 返工, 未整改 while it runs: of a feedback that stopped nothing (``CLAIM``)
    OPEN: {"已整改": FIXED, "通过": CLOSED, "返工": REWORK, "未整改": REWORK, "挂账": SUSPENDED, "作废": VOID},
    # 已整改 again: a better photo
    FIXED: {"已整改": FIXED, "通过": CLOSED, "返工": REWORK, "未整改": REWORK, "作废": VOID},
    REWORK: {"已整改": FIXED, "通过": CLOSED, "返工": REWORK, "未整改": REWORK, "挂账": SUSPENDED, "作废": VOID},
    SUSPENDED: {RESUMED: OPEN, "已整改": FIXED, "通过": CLOSED, "作废": VOID},
    CLOSED: {"作废": VOID},  # found afterwards to have been none
    VOID: {},
    HISTORY: {},
}

EVENT_ORDER = (
    "收到", PUBLIC, "受理", "移交", "延期", "挂账", RESUMED, CLAIM, "已整改", "上报", "返工", "未整改", "通过", "作废",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an issue. ``key`` names it for good, so that its effect is stamped once.

    ``until``: 延期 the new time wished, 挂账 the time of resuming (None: open). ``unit``: 移交 the new unit.
    ``mended``: of a verdict, when the feedback that it judged had stopped the clock (None: nothing had); ``claimed``:
    it judged one that had stopped nothing. They stand, whatever becomes of the feedback's row.
    """

    at: datetime
    kind: str
    key: str = ""
    until: datetime | None = None
    unit: str = ""
    mended: datetime | None = None
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A deadline moved by an event: stamped with the event's key, and never computed again."""

    key: str
    kind: str
    at: datetime
    deadline: datetime
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """The clock's first stamp: when it started, what limit it runs on, where that led."""

    started: datetime
    limit: str
    deadline: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """Where an issue stands at an hour.

    ``late_since``: the deadline that was missed first (lateness that was reached stays); ``missed``: all of them;
    ``late_units``: each unit that missed one while the issue was its own, with the first that it missed.
    ``end``: the hour up to
    which the clock counts (the last feedback, else now). ``moves``: all deadline moves, new ones included.
    ``overdue_from``: the deadline from which lateness is measured, without the ``pauses``: a return after the deadline
    gives a new date and leaves the lateness as it was. ``claimed``: somebody says that it is mended, without a photo.
    """

    state: str
    unit: str
    deadline: datetime | None = None
    end: datetime | None = None
    fixed_at: datetime | None = None
    closed_at: datetime | None = None
    late_since: datetime | None = None
    missed: tuple[datetime, ...] = ()
    late_units: tuple[tuple[str, datetime], ...] = ()
    reworks: tuple[datetime, ...] = ()
    extended: bool = False
    reported_up: datetime | None = None
    resume: datetime | None = None
    moves: tuple[Move, ...] = ()
    breaks: tuple[Break, ...] = ()
    ignored: tuple[Event, ...] = ()
    overdue_from: datetime | None = None
    pauses: tuple[Break, ...] = ()
    claimed: bool = False

    @property
    def late(self) -> bool:
        return self.late_since is not None

    @property
    def running(self) -> bool:
        return self.state in RUNNING


def is_late(state: str, deadline: datetime | None, now: datetime) -> bool:
    """Whether an issue in this state runs and its deadline is past."""
    return state in RUNNING and deadline is not None and deadline < now


@dataclass
class _Course:
    """The fold's working state."""

    calendar: Calendar
    rework: Limit
    own: Limit
    unit: str
    now: datetime
    moves: dict[str, Move]
    state: str = ""
    before: str = OPEN
    base: tuple[datetime, Limit] | None = None
    deadline: datetime | None = None
    fixed_at: datetime | None = None
    closed_at: datetime | None = None
    late_since: datetime | None = None
    missed: list[datetime] = field(default_factory=list)
    late_units: dict[str, datetime] = field(default_factory=dict)
    reworks: list[datetime] = field(default_factory=list)
    extended: bool = False
    reported_up: datetime | None = None
    resume: datetime | None = None
    breaks: list[Break] = field(default_factory=list)
    ignored: list[Event] = field(default_factory=list)
    overdue_from: datetime | None = None
    pauses: list[Break] = field(default_factory=list)
    claimed: bool = False
    rest_given: bool = False  # the least that a return leaves was given before

    def take(self, event: Event) -> None:
        if event.kind in ("移交", "延期", "上报", CLAIM):
            self._aside(event)
            return
        following = EDGES[self.state].get(event.kind)
        if following is None or (event.kind in RETURNS and not self._answers(event)):
            self.ignored.append(event)
            return
        self._pass(event.mended or event.at)
        before, self.state = self.state, following
        self._effect(event, before)

    def _answers(self, event: Event) -> bool:
        """Whether there is, or was, a feedback that a return is about."""
        return self.state == FIXED or self.claimed or event.claimed or event.mended is not None

    def _pass(self, at: datetime) -> None:
        """Note a deadline that went by before this moment while the clock ran."""
        if self.state in RUNNING and self.deadline and at > self.deadline:
            self.miss(self.deadline)

    def miss(self, deadline: datetime) -> None:
        self.late_since = self.late_since or deadline
        self.late_units.setdefault(self.unit, deadline)
        if deadline not in self.missed:
            self.missed.append(deadline)

    def _aside(self, event: Event) -> None:
        """Events that leave the state as it is."""
        if self.state in ("", UNVERIFIED, *ENDED) or self.deadline is None:
            self.ignored.append(event)
        elif event.kind == CLAIM:
            self.claimed = True
        elif event.kind == "上报":
            self.reported_up = self.reported_up or event.at
        elif event.kind == "延期":
            self._pass(event.at)
            self._extend(event)
        else:
            self._pass(event.at)
            self.unit = event.unit
            self._restart(event, self.own)

    def _effect(self, event: Event, before: str) -> None:
        if before == SUSPENDED and event.kind in ("已整改", "通过"):
            self._resume(event)
        if event.kind == "已整改":
            self.fixed_at = self.fixed_at or event.at  # a better photo does not make the work later
        elif event.kind == "通过":
            self.closed_at = event.at
            self.fixed_at = event.mended or self.fixed_at or event.at
        elif event.kind in RETURNS:
            self._return(event)
        elif event.kind == "挂账":
            self.before = REWORK if before == REWORK else OPEN
            self.fixed_at = None
            self.extended = True
            self.resume = event.until
            self.breaks.append(Break(event.at, max(event.until or self.now, event.at), "挂账"))
        elif event.kind == RESUMED:
            self.state, self.resume = self.before, None
            self._move(event, self._pushed())

    def _return(self, event: Event) -> None:
        mended = event.mended or self.fixed_at
        self.reworks.append(event.at)
        self.fixed_at, self.claimed = None, False
        if event.kind == REWORK:
            self._give_rest(event, mended)
            return
        # 未整改: the feedback stopped nothing; levels and letters go on from the verdict, points look back
        if self.deadline and self.deadline < event.at:
            self.miss(self.deadline)
        self._pause(mended or event.at, event.at)

    def _give_rest(self, event: Event, mended: datetime | None) -> None:
        """返工: the clock stood from the feedback to the verdict. What is left then is at least ``rework``, once an
        issue; after the deadline that is a new date, and the lateness stands until then."""
        if self.deadline is None:
            return
        before, late = self.deadline, self.deadline in self.missed
        pushed = None
        if event.mended is None and not late and before > event.at:
            return  # nothing had stopped the clock, or the verdict is of before 0.2, which doesn't tell
        if event.mended and not late:
            self.breaks.append(Break(min(event.mended, event.at), event.at, REWORK))
            pushed = self._pushed()
        rest = self.calendar.add(event.at, self.rework).at
        if self.rest_given or rest <= (pushed or before):
            self._move(event, pushed)
        else:
            self.rest_given, self.base = True, (event.at, self.rework)
            self._move(event, rest)
        if late:
            self._pause(mended or event.at, max(self.deadline, event.at))
            self.overdue_from = self.overdue_from or before

    def _pause(self, since: datetime, until: datetime) -> None:
        self.pauses.append(Break(min(since, until), until, REWORK))

    def _resume(self, event: Event) -> None:
        """Work reported while suspended ends the pause: the clock stood until then."""
        self.breaks[-1] = replace(self.breaks[-1], end=event.at)
        self.resume = None
        self._move(event, self._pushed())

    def _extend(self, event: Event) -> None:
        self.extended = True
        if event.until and self.deadline and event.until > self.deadline:
            self.breaks.append(Break(self.deadline, event.until, "延期"))
            self._move(event, event.until)

    def _restart(self, event: Event, limit: Limit) -> None:
        self.base = (event.at, limit)
        self._move(event, self.calendar.add(event.at, limit).at)

    def _pushed(self) -> datetime | None:
        if self.base is None:  # a moment was given, no limit: it moves by as long as the clock stood
            paused = self.breaks[-1] if self.breaks else None
            return self.deadline + (paused.end - paused.start) if paused and self.deadline else self.deadline
        start, limit = self.base
        return self.calendar.add(start, limit, tuple(self.breaks)).at

    def _move(self, event: Event, deadline: datetime | None) -> None:
        """Later only; what was stamped for this event before stands."""
        if deadline is None or self.deadline is None:
            return
        stamped = self.moves.get(event.key)
        self.overdue_from = self.overdue_from if event.kind == REWORK else None
        later = max(self.deadline, stamped.deadline if stamped else deadline)
        if stamped is None:
            self.moves[event.key] = Move(event.key, event.kind, event.at, later, event.unit)
        self.deadline = later


def live(
    events: Iterable[Event],
    start: Start | None,
    moves: Iterable[Move],
    unit: str,
    now: datetime,
    calendar: Calendar,
    rework: Limit,
    own: Limit,
) -> Life:
    """Fold the events up to ``now`` over the table. ``unit``: the unit of the first stamp; ``own``: the limit of
    the category, which a unit gets anew when the issue is handed to it."""
    limit = limit_of(start)
    course = _Course(calendar, rework, own, unit, now, {move.key: move for move in moves})
    if start is not None:
        course.deadline = start.deadline
        course.base = (start.started, limit) if limit else None
    past = [event for event in events if event.at <= now]
    for event in sorted(past, key=_when):
        course.take(event)
    return _settle(course, now)


def limit_of(start: Start | None) -> Limit | None:
    """The limit that the clock runs on; None where a moment was given instead."""
    try:
        return parse_limit(start.limit) if start else None
    except ValueError:
        return None


def _when(event: Event) -> tuple[Any, ...]:
    return event.at, EVENT_ORDER.index(event.kind), event.key


def _keep_moves(course: _Course) -> None:
    """A move that was stamped stays, also when the row that asked for it is gone."""
    for move in course.moves.values():
        if course.deadline and move.deadline > course.deadline:
            course.deadline = move.deadline
        if move.unit:
            course.unit = move.unit


def _settle(course: _Course, now: datetime) -> Life:
    _keep_moves(course)
    end = course.fixed_at if course.state in (FIXED, CLOSED) else now
    started = course.state not in ("", UNVERIFIED, VOID)
    if started and course.state != SUSPENDED and course.deadline and end and end > course.deadline:
        course.miss(course.deadline)
    return Life(
        course.state, course.unit, course.deadline if started else None, end, course.fixed_at, course.closed_at,
        course.late_since if started else None,
        tuple(course.missed) if started else (),
        tuple(course.late_units.items()) if started else (),
        tuple(course.reworks), course.extended, course.reported_up, course.resume, tuple(course.moves.values()),
        tuple(course.breaks), tuple(course.ignored),
        (course.overdue_from or course.deadline) if started else None, tuple(course.pauses), course.claimed,
    )  # fmt: skip
