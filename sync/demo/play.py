"""Plays a script hour by hour, through the API alone: people type, the service looks, notices go out.

An hour in which nobody did anything and nothing fell due is passed over: a look then would be idle anyway, so the
workbook comes out the same (a test holds the two against each other).
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sync.core.calendar.worktime import Calendar
from sync.core.notices.notices import WAITING
from sync.core.rules.rules import Rules
from sync.core.sheet.plan import Plan, TabPlan, filled_row, tab_plan, typed
from sync.core.sheet.rows import Raw, plain
from sync.core.sheet.tabs import Layout, Tab, locate
from sync.core.sheet.values.serials import DAY
from sync.demo import album
from sync.demo.acts import Entry, Number, Photo
from sync.demo.album import Album
from sync.demo.script import is_looked_at
from sync.demo.signing import Leaders
from sync.service import Service
from sync.sheets.gateway import Gateway
from sync.tick import made, tick, ticks

Mark = tuple[str, str, str]
HOUR = timedelta(hours=1)
HANDS = ("issues", "feedback", "duties", "requests")  # the tabs in which people write
SOUGHT = ("issues", "requests")  # those in which they look for a row
DAYS_OFF = 20  # no holiday is as long
WAIT = timedelta(days=2)  # an entry whose row can't be found for so long is given up


@dataclass
class Played:
    """What the play came to: hours looked at, cells written by the service, notices made, acts that found no row."""

    looks: int = 0
    cells: int = 0
    notices: int = 0
    lost: list[Entry] = field(default_factory=list)

    def add(self, cells: int, notices: int) -> None:
        self.looks += 1
        self.cells += cells
        self.notices += notices


@dataclass
class People:
    """People in the workbook: they add rows, and find the row that they want by what stands in it."""

    service: Service
    album: Album
    rows: dict[str, Mark] = field(default_factory=dict)  # by name: what a row was known by when it was typed

    @cached_property
    def tabs(self) -> Mapping[str, Tab]:
        return {key: self.service.templates[key] for key in HANDS}

    @cached_property
    def layouts(self) -> Mapping[str, Layout]:
        """Where the columns stand when the play begins; nobody moves them in a play."""
        seen = Gateway(self.service.client, self.service.workbook, self.tabs).read()
        located = {key: locate(tab, seen[key].header) for key, tab in self.tabs.items()}
        return {key: layout for key, layout in located.items() if isinstance(layout, Layout)}

    @cached_property
    def gateway(self) -> Gateway:
        """For looking up rows."""
        return Gateway(self.service.client, self.service.workbook, {key: self.tabs[key] for key in SOUGHT})

    @cached_property
    def writer(self) -> Gateway:
        """For writing."""
        gateway = Gateway(self.service.client, self.service.workbook, self.tabs)
        gateway.learn_sheets()
        return gateway

    def do(self, entries: Sequence[Entry]) -> list[Entry]:
        """Do what can be done, in one request; returns what must wait until the service gave a number."""
        places = self.find() if any(entry.into or _asks(entry) for entry in entries) else {}
        plan, later = Plan(), []
        for entry in entries:
            cells = self._settled(entry, places)
            if cells is None or (entry.into and entry.into not in places):
                later.append(entry)
            else:
                at = places[entry.into][0] if entry.into else None
                plan = plan.with_tab(self.typed(entry, at, cells) if at else self.added(entry, cells))
        if plan.tabs:
            self.writer.write(plan)
        return later

    def _settled(self, entry: Entry, places: Mapping[str, tuple[int, str]]) -> dict[str, Raw] | None:
        """The cells with each 编号 and photo in its place; None while a number is not known."""
        values: dict[str, Raw] = {}
        for key, cell in entry.cells.items():
            if isinstance(cell, Number):
                number = places.get(cell.ref, (0, ""))[1]
                if not number:
                    return None
                values[key] = number + cell.more
            else:
                values[key] = self.album.address(entry) if isinstance(cell, Photo) else cell
        return values

    def find(self) -> dict[str, tuple[int, str]]:
        """Sheet row and 编号 by name, of every row typed so far that is there now."""
        places: dict[Mark, tuple[int, str]] = {}
        for key, table in self.gateway.read().items():
            at = self.layouts[key].at
            number_at = at.get(self.tabs[key].id, len(table.header))
            for number, row in enumerate(table.rows, start=table.first):
                first, second = (_at(row, at[name]) for name in self.tabs[key].identity[:2])
                places[mark(key, first, second)] = number, plain(_at(row, number_at))
        return {name: places[typed] for name, typed in self.rows.items() if typed in places}

    def typed(self, entry: Entry, row: int, cells: Mapping[str, Raw]) -> TabPlan:
        first, second = self.tabs[entry.tab].identity[:2]
        _, *known = self.rows[entry.into]
        self.rows[entry.into] = mark(entry.tab, cells.get(first, known[0]), cells.get(second, known[1]))
        return typed(self.layouts[entry.tab], row, (), cells)

    def added(self, entry: Entry, cells: Mapping[str, Raw]) -> TabPlan:
        if entry.ref:
            first, second = (cells.get(name) for name in self.tabs[entry.tab].identity[:2])
            self.rows[entry.ref] = mark(entry.tab, first, second)
        layout = self.layouts[entry.tab]
        return tab_plan(layout, (), (filled_row(layout, cells),))


def mark(tab: str, first: Raw, second: Raw) -> Mark:
    """What people know a row by: when and by whom it was typed."""
    when = str(round(first * DAY)) if isinstance(first, int | float) else plain(first)
    return tab, when, plain(second)


def _at(row: Sequence[Raw], index: int) -> Raw:
    return row[index] if index < len(row) else ""


def _asks(entry: Entry) -> bool:
    return any(isinstance(cell, Number) for cell in entry.cells.values())


# The clock ---------------------------------------------------------------------------------------------------
@dataclass
class Ticker:
    """The service's ticks and deliveries during a play, by the rules of the start.

    It looks once when something was typed, sent or fell due. A second look, by which ``service.ticks`` makes sure that
    nobody came between, would find nothing: in a play nobody does. With ``idle`` False it does at every hour all that
    the service does, and comes to the same workbook (a test compares the two).
    """

    service: Service
    idle: bool = True
    played: Played = field(default_factory=Played)
    wake: datetime | None = None
    delivered_on: date | None = None

    @cached_property
    def rules(self) -> Rules:
        return self.service.rules()

    def look_if_due(self, now: datetime, *, typed: bool) -> None:
        """Look at ``now`` unless nothing can have changed, and send the notices whose hour has come."""
        if not self.idle:
            self.settle(now)
        elif typed or self.wake is None or now >= self.wake:
            self.look(now)
        if self.delivers(now) and self.service.ledger.waiting(now, (WAITING,)):
            self.service.deliver(now, groups=False)  # what became of them is shown at the next look that is due
            self.delivered_on = now.date()

    def look(self, now: datetime) -> None:
        with self.service.ledger.turn():
            decision = tick(self.service.gateway, self.service.ledger, self.rules, now)
        self.wake = decision.wake
        self.played.add(decision.plan.cells, made(decision, now))

    def settle(self, now: datetime) -> None:
        """As the running service does it: look until a look writes nothing."""
        report = ticks(self.service.gateway, self.service.ledger, self.rules, now, idle=False)
        self.played.add(report.cells, report.notices)

    def delivers(self, now: datetime) -> bool:
        """Whether it is time to send: always, or once a day while there is no mailbox and all that can be done is
        to note that."""
        return self.service.mailer is not None or now.date() != self.delivered_on

    def close(self, now: datetime) -> None:
        """Send what is still waiting, and look until the workbook shows it."""
        self.delivered_on = None
        self.look_if_due(now, typed=False)
        self.settle(now)


def play(
    service: Service,
    entries: Iterable[Entry],
    start: datetime,
    until: datetime,
    every: timedelta = HOUR,
    *,
    progress: bool = False,
    idle: bool = True,
) -> Played:
    """Play ``entries`` from ``start`` to ``until`` (aware), looking at most ``every`` so often.

    ``idle``: pass over looks at which nothing can have changed. Raises what the gateway and the ledger raise.
    """
    coming = sorted(entries, key=lambda entry: entry.at, reverse=True)
    leaders, ticker = Leaders(service, _last_signing(until, service.rules())), Ticker(service, idle)
    ticker.look_if_due(start, typed=True)
    waiting: list[Entry] = []
    shown = _shown(hours(start, until, every, service.rules().calendar), progress)
    with album.opened(service, reversed(coming)) as photos, _seldom_collected(), shown as looks:
        people = People(service, photos)
        for now in looks:
            while coming and coming[-1].at <= now:
                waiting.append(coming.pop())
            due, waiting = waiting, people.do(waiting) if waiting else []
            signed = leaders.work(now)
            ticker.look_if_due(now, typed=signed or len(waiting) < len(due))
            waiting = _patient(waiting, now, ticker.played)
    ticker.close(until)
    return ticker.played


def _last_signing(until: datetime, rules: Rules) -> datetime:
    """The hour from which nobody signs any more, so that letters wait for it: the last workday but one begins then."""
    days = (until - timedelta(days=n) for n in range(DAYS_OFF))
    workdays = [day for day in days if rules.calendar.is_workday(day.date())]
    return workdays[1].replace(hour=0, minute=0, second=0, microsecond=0)


def _patient(later: Sequence[Entry], now: datetime, played: Played) -> list[Entry]:
    """Those that go on waiting for their row; one that waited too long is lost, and said so in the end."""
    played.lost += [entry for entry in later if now - entry.at > WAIT]
    return [entry for entry in later if now - entry.at <= WAIT]


def hours(start: datetime, until: datetime, every: timedelta, calendar: Calendar) -> list[datetime]:
    """The looks: every so often after ``start`` where anybody is at work, and one at ``until``."""
    slots = (start + n * every for n in range(1, -(-(until - start) // every)))
    return [*(slot for slot in slots if is_looked_at(slot, calendar)), until]


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """What the service remembers never dies during a play; searching it for garbage after every few hundred new objects
    takes as long as all the rest."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _shown(looks: Sequence[datetime], progress: bool) -> Iterator[Iterator[datetime]]:
    """The looks, with a bar that says which hour is being played."""
    percent = TextColumn("{task.percentage:>3.0f}%")
    columns = (TextColumn("演示 {task.description}"), BarColumn(), percent, TimeRemainingColumn())
    with Progress(*columns, disable=not progress) as bar:
        task = bar.add_task("", total=len(looks))

        def walk() -> Iterator[datetime]:
            for now in looks:
                bar.update(task, description=f"{now:%m月%d日 %H时}")
                yield now
                bar.advance(task)

        yield walk()
