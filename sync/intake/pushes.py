"""Makes rows of what form tools pushed, after the tool had its answer: each push one row, a later version edits it.

An append is noted before it is sent, so one whose answer was lost is looked for by its content and not sent again.
An edit goes through the ledger's ``put_back``: the next tick writes it with all that protects people's cells, and
only where the cell still holds what the form had put there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sync.core.rules.rules import Rules
from sync.core.rules.section_links import Hook
from sync.core.sheet.amendments import Rows, amendments, people_s_cells
from sync.core.sheet.plan import Restore, appended, same
from sync.core.sheet.rows import Raw, Table, fingerprint, plain
from sync.core.sheet.tabs import Layout, Tab, locate
from sync.intake import form_tools
from sync.intake.fetching import Fetcher, Lost, allowed
from sync.ledger.ledger import Busy, Ledger
from sync.ledger.pushes import DONE, FAILED, RECEIVED, Arrival, Arrivals
from sync.sheets.gateway import Gateway, Refused, Unknown, Unreachable

GAPS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15, 60, 180))
MOST_TRIES = 8  # refusals of one row, or looks for one photo
MOST_PHOTOS = 20  # fetched in one run; rows must not wait for a slow house
KEEP_WORDS = timedelta(days=30)

Keep = Callable[[bytes], str]  # stores a photo, gives what to write in the cell; ``ValueError`` where it is none


@dataclass
class Received:
    """What a run did: rows added, rows edited, pushes given up, pushes that wait."""

    added: int = 0
    edited: int = 0
    failed: int = 0
    later: int = 0


@dataclass(frozen=True)
class Job:
    """A push with the hook and tab that it is for, and the cells that its row should have."""

    arrival: Arrival
    hook: Hook
    tab: Tab
    cells: Mapping[str, Raw]

    @property
    def print(self) -> str:
        return fingerprint(self.tab, self.cells)


@dataclass
class Reception:
    """``keep`` None: photos are not fetched, their links stay in the cell."""

    gateway: Gateway
    ledger: Ledger
    rules: Rules
    keep: Keep | None = None
    fetcher: Fetcher = field(default_factory=Fetcher)
    step: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.arrivals = Arrivals(self.ledger)
        self.done, self._left = Received(), MOST_PHOTOS

    def work(self, now: datetime) -> Received:
        """Take in everything that is due, unless another process is at it. ``step`` is called by name after each step
        (tests stop the process there)."""
        self.done, self._left = Received(), MOST_PHOTOS
        with suppress(Busy), self.ledger.turn("推送") as renew:
            jobs = [job for arrival in self.arrivals.due(now) if (job := self._job(arrival, now))]
            ready = [self._with_photos(job) for job in jobs]
            renew()  # photos may have taken their time
            if ready:
                self._take_in(ready, now)
            self.arrivals.forget(now - KEEP_WORDS)
        return self.done

    # What a push means
    def _job(self, arrival: Arrival, now: datetime) -> Job | None:
        """The row that it should be; None where it is settled without one."""
        hook = next((hook for hook in self.rules.hooks if hook.name == arrival.source), None)
        misfits = form_tools.misfits(hook, self.gateway.tabs) if hook else [f"没有 [[hook]]「{arrival.source}」"]
        tab = form_tools.tab_of(hook, self.gateway.tabs) if hook else None
        if hook is None or tab is None or misfits:
            self._later([arrival], now, f"规则要先改正：{misfits[0]}", counts=False)
            return None
        try:
            push = form_tools.read(hook, arrival.payload.encode())
        except form_tools.Unreadable as error:
            self._give_up(arrival, f"{error}，请核对表单的推送设置")
            return None
        if push.gone:
            self._settle(arrival, now, "表单里删除了这一条；台账里的行留着，由人决定")
            return None
        cells = form_tools.row(hook, tab, push.fields, arrival.at, self.rules.bureau.zone)
        if all(form_tools.dig(push.fields, path) in (None, "", [], {}) for path in hook.columns.values()):
            self._give_up(arrival, "columns 里写的字段一个也没有内容，请核对字段的名字")
            return None
        return Job(arrival, hook, tab, cells)

    # Photos
    def _with_photos(self, job: Job) -> Job:
        """The job with the photos fetched that can be: their addresses stand in the cell in place of the links."""
        text = plain(job.cells.get(form_tools.PHOTOS, ""))
        if not text or self.keep is None or not job.hook.photo_hosts:
            return job
        stored = dict(job.arrival.photos or {})
        for link in text.split("\n"):
            if link not in stored and _may_fetch(link, job.hook) and self._left:
                self._left -= 1
                self._fetch(link, job.hook, stored)
        shown = "\n".join(stored.get(link) or link for link in text.split("\n"))
        return replace(job, arrival=replace(job.arrival, photos=stored), cells={**job.cells, form_tools.PHOTOS: shown})

    def _fetch(self, link: str, hook: Hook, stored: dict[str, str]) -> None:
        """Into ``kept``: the photo's address; nothing where it is worth another try; empty where it is not."""
        assert self.keep is not None
        try:
            stored[link] = self.keep(self.fetcher.get(link, hook.photo_hosts))
        except Lost as error:
            if error.permanent:
                stored[link] = ""
        except ValueError:  # what came is no photo
            stored[link] = ""

    def _lacking(self, job: Job) -> bool:
        """Whether a photo that may be fetched is not here yet."""
        if self.keep is None:
            return False
        links = plain(job.cells.get(form_tools.PHOTOS, "")).split("\n")
        return any(_may_fetch(link, job.hook) and link not in (job.arrival.photos or {}) for link in links)

    # Rows
    def _take_in(self, jobs: list[Job], now: datetime) -> None:
        try:
            seen = self.gateway.read()
        except Unreachable as error:
            self._later([job.arrival for job in jobs], now, str(error), counts=False)
            return
        for key in dict.fromkeys(job.tab.key for job in jobs):
            group = [job for job in jobs if job.tab.key == key]
            table = seen.get(key)
            layout = locate(group[0].tab, table.header) if table else f"工作簿里没有「{group[0].tab.title}」"
            if table is None or isinstance(layout, str):
                self._later([job.arrival for job in group], now, str(layout), counts=False)
                continue
            self._append([job for job in group if job.arrival.put is None], layout, table, now)
            self._edit([job for job in group if job.arrival.put is not None], layout, table, now)

    def _append(self, jobs: list[Job], layout: Layout, table: Table, now: datetime) -> None:
        """Add those that are not there yet, in one write, each noted before it is sent."""
        stand = Counter(fingerprint(layout.tab, cells) for _, cells in people_s_cells(layout, table))
        lost = [job for job in jobs if (sent := job.arrival.sent) is not None
                and stand[fingerprint(layout.tab, sent)] > job.arrival.before]  # fmt: skip
        for job in lost:
            self._in(job, job.arrival.sent or {}, now)
        fresh = [self._marked(job, stand) for job in jobs if job not in lost]
        self.arrivals.keep(job.arrival for job in fresh)
        self.step("noted")
        self._send(fresh, layout, now)

    def _marked(self, job: Job, stand: Counter[str]) -> Job:
        """The job with what is about to be sent; an equal push in the same run waits for a row of its own."""
        before = stand[job.print]
        stand[job.print] += 1
        return replace(job, arrival=replace(job.arrival, sent=job.cells, before=before))

    def _send(self, jobs: list[Job], layout: Layout, now: datetime) -> None:
        if not jobs:
            return
        try:
            self.gateway.write(appended(layout, (job.cells for job in jobs)))
        except Unknown as error:
            self._later([job.arrival for job in jobs], now, f"可能已经入表，正在核对：{error}", counts=False)
            return
        except Refused as error:
            if len(jobs) == 1:
                self._later([replace(jobs[0].arrival, sent=None)], now, str(error))
                return
            for job in jobs:  # one of them may be what was refused
                self._send([job], layout, now)
            return
        self.step("appended")
        for job in jobs:
            self._in(job, job.cells, now)

    def _in(self, job: Job, put: Mapping[str, Raw], now: datetime) -> None:
        """Its row stands in the sheet with these cells."""
        self.done.added += 1
        arrival = replace(job.arrival, put=put)
        if put == job.cells:
            self._finish(job, arrival, now)
        else:  # another version came before that was known: the next run edits the row
            self.arrivals.keep([replace(arrival, state=RECEIVED, sentence="", next_try=None)])

    def _finish(self, job: Job, arrival: Arrival, now: datetime, sentence: str = "") -> None:
        """Settled, but for photos that are still to come."""
        if self._lacking(job) and arrival.attempts < MOST_TRIES:
            again = replace(arrival, attempts=arrival.attempts + 1, next_try=now + _gap(arrival.attempts))
            self.arrivals.keep([replace(again, state=RECEIVED, sentence="")])
            return
        if self._lacking(job):
            sentence = "照片没有取到，格子里留着链接"
        self._settle(arrival, now, sentence)

    # Edits
    def _edit(self, jobs: list[Job], layout: Layout, table: Table, now: datetime) -> None:
        """Hand the changed cells to the next tick; those that stand there already are done."""
        rows = people_s_cells(layout, table)
        wanted = [(_hoped(job), *_amended(job, layout, rows)) for job in jobs]
        restores = [restore for _, restores, _ in wanted for restore in restores]
        self.arrivals.keep(job.arrival for job, restores, _ in wanted if restores)
        self.step("hoped")
        try:
            if restores:
                with self.ledger.turn():
                    self.ledger.put_back(restores)
        except Busy:
            self._later([job.arrival for job, _, _ in wanted], now, "", counts=False)
            return
        for job, amended, sentence in wanted:
            if amended:
                self.done.edited += 1
                self._later([job.arrival], now, "")
            else:
                self._finish(job, replace(job.arrival, put=job.cells, past=None), now, sentence)

    # What became of a push
    def _settle(self, arrival: Arrival, now: datetime, sentence: str) -> None:
        self.arrivals.keep([replace(arrival, state=DONE, sentence=sentence, next_try=now)])

    def _give_up(self, arrival: Arrival, sentence: str) -> None:
        self.done.failed += 1
        self.arrivals.keep([replace(arrival, state=FAILED, sentence=sentence, next_try=None)])

    def _later(self, group: Iterable[Arrival], now: datetime, sentence: str, *, counts: bool = True) -> None:
        """Another try after a gap. ``counts``: it was this push that was refused, so that in the end it is given up."""
        for arrival in group:
            if counts and arrival.attempts + 1 >= MOST_TRIES:
                self._give_up(arrival, f"试了 {arrival.attempts + 1} 次都没有成功：{sentence or '那一行一直没有改成'}")
                continue
            self.done.later += 1
            attempts = arrival.attempts + 1 if counts else min(arrival.attempts + 1, len(GAPS) - 1)
            self.arrivals.keep(
                [replace(arrival, sentence=sentence, attempts=attempts, next_try=now + _gap(arrival.attempts))]
            )


def _gap(attempts: int) -> timedelta:
    return GAPS[min(attempts, len(GAPS) - 1)]


def _may_fetch(link: str, hook: Hook) -> bool:
    try:
        return allowed(urlsplit(link).hostname or "", hook.photo_hosts)
    except ValueError:
        return False


def _amended(job: Job, layout: Layout, rows: Rows) -> tuple[list[Restore], str]:
    arrival = job.arrival
    return amendments(layout, rows, arrival.put or {}, arrival.past or {}, job.cells)


def _hoped(job: Job) -> Job:
    """The job with its cells among those that may have come into its row: whatever becomes of it, they are not a
    person's."""
    put, past = job.arrival.put or {}, dict(job.arrival.past or {})
    for key in {**put, **past, **job.cells}:
        wish = job.cells.get(key, "")
        if not same(put.get(key, ""), wish) and wish not in past.get(key, ()):
            past[key] = [*past.get(key, ()), wish]
    return replace(job, arrival=replace(job.arrival, past=past))
