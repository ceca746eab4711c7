"""Makes rows of what form tools pushed, after the tool had its answer: each push one row, a later version edits it.

An append is noted before it is sent, so that one whose answer was lost is looked for by its content and not sent again.
An edit goes through the ledger's ``put_back``: the next tick writes it as carefully as all that it writes, and only
where the cell still holds what the form had put there.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from sync.addresses import allowed
from sync.core.rules.rules import Rules
from sync.core.rules.section_links import Hook
from sync.core.sheet.amendments import Rows, amendments, staff_cells
from sync.core.sheet.plan import Restore, appended, same
from sync.core.sheet.rows import Raw, Table, fingerprint, plain
from sync.core.sheet.tabs import Layout, Tab, locate
from sync.guard import Guard
from sync.intake import form_tools
from sync.intake.fetching import Fetcher, Lost
from sync.ledger.ledger import Busy, Ledger
from sync.ledger.page_writes import RowSource
from sync.ledger.received.pushes import DONE, FAILED, RECEIVED, Push, Pushes
from sync.sheets.appending import Astray, append, awaited, settle_those_of
from sync.sheets.gateway import Gateway, Refused, Unreachable

log = logging.getLogger(__name__)

QUEUE, PHOTOS = "推送", "推送的照片"
GAPS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15, 60, 180))
MOST_TRIES = 8  # refusals of one row, or looks for one photo
MOST_PHOTOS = 20  # fetched in one run, so that rows do not wait for a slow server
KEEP_PAYLOADS = timedelta(days=30)

Done = TypeVar("Done")
StorePhoto = Callable[[bytes], str]  # stores a photo and returns its address; raises ``ValueError`` where it is none


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

    push: Push
    hook: Hook
    tab: Tab
    cells: Mapping[str, Raw]

    @property
    def print(self) -> str:
        return fingerprint(self.tab, self.cells)


@dataclass
class PushIntake:
    """Takes the pushes of one bureau in. Without ``store_photo`` links of photos stay in the cell."""

    gateway: Gateway
    ledger: Ledger
    rules: Rules
    store_photo: StorePhoto | None = None
    fetcher: Fetcher = field(default_factory=Fetcher)
    step: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.pushes = Pushes(self.ledger)
        self.done, self._left = Received(), MOST_PHOTOS

    def work(self, now: datetime) -> Received:
        """Take in all pushes that are due, unless another process does. ``step`` is called with the name of each step
        that is done (tests stop the process there)."""
        self.done, self._left = Received(), MOST_PHOTOS
        with suppress(Busy), self.ledger.turn("推送") as renew:
            self._guard = Guard(self.ledger, self.rules.limits.tries, now)
            jobs = [job for push in self.pushes.due(now) if (job := self._guarded(push, partial(self._job, push, now)))]
            ready = [done for job in jobs if (done := self._guarded(job.push, partial(self._with_photos, job)))]
            renew()  # photos may have taken their time
            if ready:
                self._put_in_rows(ready, now)
            self.pushes.forget(now - KEEP_PAYLOADS)
        return self.done

    def _guarded(self, push: Push, action: Callable[[], Done]) -> Done | None:
        return self._guard.handle(QUEUE, _name(push), action, partial(self._give_up, push))

    # What a push means
    def _job(self, push: Push, now: datetime) -> Job | None:
        """The row that a push should be; None where it is settled without one."""
        hook = next((hook for hook in self.rules.hooks if hook.name == push.source), None)
        misfits = form_tools.misfits(hook, self.gateway.tabs) if hook else [f"没有 [[hook]]「{push.source}」"]
        tab = form_tools.tab_of(hook, self.gateway.tabs) if hook else None
        if hook is None or tab is None or misfits:
            self._later([push], now, f"规则要先改正：{misfits[0]}", is_refused=False)
            return None
        try:
            entry = form_tools.read_entry(hook, push.payload.encode())
        except form_tools.Unreadable as error:
            self._give_up(push, f"{error}，请核对表单的推送设置")
            return None
        if entry.gone:
            self._settle(push, now, "表单里删除了这一条；台账里的行留着，由人决定")
            return None
        cells = form_tools.row(hook, tab, entry.fields, push.at, self.rules.bureau.zone)
        if all(form_tools.dig(entry.fields, path) in (None, "", [], {}) for path in hook.columns.values()):
            self._give_up(push, "columns 里写的字段一个也没有内容，请核对字段的名字")
            return None
        return Job(push, hook, tab, cells)

    # Photos
    def _with_photos(self, job: Job) -> Job:
        """The job with the photos fetched that can be: their addresses stand in the cell in place of the links."""
        text = plain(job.cells.get(form_tools.PHOTOS, ""))
        if not text or self.store_photo is None or not job.hook.photo_hosts:
            return job
        stored = dict(job.push.photos or {})
        for link in text.split("\n"):
            if link not in stored and _may_fetch(link, job.hook) and self._left:
                self._left -= 1
                fetch = partial(self._fetch, link, job.hook, stored)
                self._guard.handle(PHOTOS, link, fetch, partial(_not_had, link, stored))
        shown = "\n".join(stored.get(link) or link for link in text.split("\n"))
        return replace(job, push=replace(job.push, photos=stored), cells={**job.cells, form_tools.PHOTOS: shown})

    def _fetch(self, link: str, hook: Hook, stored: dict[str, str]) -> None:
        """Put the photo's address into ``stored``: empty where it can't be had, nothing where another try may help."""
        assert self.store_photo is not None
        try:
            stored[link] = self.store_photo(self.fetcher.get(link, hook.photo_hosts))
        except Lost as error:
            if error.permanent:
                stored[link] = ""
        except ValueError:  # what came is no photo
            stored[link] = ""

    def _lacking(self, job: Job) -> bool:
        """Whether a photo that may be fetched is not here yet."""
        if self.store_photo is None:
            return False
        links = plain(job.cells.get(form_tools.PHOTOS, "")).split("\n")
        return any(_may_fetch(link, job.hook) and link not in (job.push.photos or {}) for link in links)

    # Rows
    def _put_in_rows(self, jobs: list[Job], now: datetime) -> None:
        try:
            seen = self.gateway.read_with_notes()
        except Unreachable as error:
            self._later([job.push for job in jobs], now, str(error), is_refused=False)
            return
        jobs = self._as_noted(jobs, seen)
        for key in dict.fromkeys(job.tab.key for job in jobs):
            group = [job for job in jobs if job.tab.key == key]
            table = seen.get(key)
            layout = locate(group[0].tab, table.header) if table else f"工作簿里没有「{group[0].tab.title}」"
            if table is None or isinstance(layout, str):
                self._later([job.push for job in group], now, str(layout), is_refused=False)
                continue
            self._add([job for job in group if job.push.put is None], layout, table, now)
            self._edit([job for job in group if job.push.put is not None], layout, table, now)

    def _as_noted(self, jobs: list[Job], seen: Mapping[str, Table]) -> list[Job]:
        """The jobs, once it is asked for which of them an earlier run or a look knows that the row came in: people may
        have changed that row, or taken it away, since."""
        unsure = [job for job in jobs if job.push.sent is not None and job.push.put is None]
        settle_those_of(self.gateway, self.ledger, [_source(job) for job in unsure], seen)
        put = {_source(job): now.put for job in unsure if (now := self.pushes.get(job.push.source, job.push.id))}
        return [
            replace(job, push=replace(job.push, put=put.get(_source(job), job.push.put))) if job in unsure else job
            for job in jobs
        ]

    def _add(self, jobs: list[Job], layout: Layout, table: Table, now: datetime) -> None:
        if awaited(self.ledger.current().covers, layout.tab.key):
            self._later([job.push for job in jobs], now, "表格的列刚被移动过，等下一轮校验", is_refused=False)
        else:
            self._append(jobs, layout, table, now)

    def _append(self, jobs: list[Job], layout: Layout, table: Table, now: datetime) -> None:
        """Add those that are not there yet, in one write, each noted before it is sent."""
        row_counts = Counter(fingerprint(layout.tab, cells) for _, cells in staff_cells(layout, table))
        lost = [job for job in jobs if (sent := job.push.sent) is not None
                and row_counts[fingerprint(layout.tab, sent)] > job.push.before]  # fmt: skip
        for job in lost:
            self._row_is_in(job, job.push.sent or {}, now)
        fresh = [self._marked(job, row_counts) for job in jobs if job not in lost]
        self.pushes.save(job.push for job in fresh)
        self.step("noted")
        self._guard.handle_all(
            QUEUE, fresh, lambda job: _name(job.push), lambda jobs: self._send(jobs, layout, now),
            lambda job, sentence: self._give_up(job.push, sentence),
        )  # fmt: skip

    def _marked(self, job: Job, row_counts: Counter[str]) -> Job:
        """The job with what is about to be sent; an equal push in the same run waits for a row of its own."""
        before = row_counts[job.print]
        row_counts[job.print] += 1
        return replace(job, push=replace(job.push, sent=job.cells, before=before))

    def _send(self, jobs: list[Job], layout: Layout, now: datetime) -> None:
        plan = appended(layout, (job.cells for job in jobs))  # before anything is sent: it may fail, and be made anew
        try:
            append(self.gateway, self.ledger, plan, [_source(job) for job in jobs])
        except Astray as error:
            self._later([job.push for job in jobs], now, str(error), is_refused=False)
            return
        except Refused as error:
            if len(jobs) == 1:
                self._later([replace(jobs[0].push, sent=None)], now, str(error))
                return
            for job in jobs:  # one of them may be what was refused
                self._send([job], layout, now)
            return
        except Exception as error:  # the rows may be in: they are looked for before they are sent again
            log.exception("appending %d pushes", len(jobs))
            self._later([job.push for job in jobs], now, f"可能已经入表，正在核对：{error}", is_refused=False)
            return
        self.step("appended")
        for job in jobs:
            self._guarded(job.push, partial(self._row_is_in, job, job.cells, now))

    def _row_is_in(self, job: Job, put: Mapping[str, Raw], now: datetime) -> None:
        """Its row stands in the sheet with these cells."""
        self.done.added += 1
        push = replace(job.push, put=put)
        if put == job.cells:
            self._finish(job, push, now)
        else:  # another version came before that was known: the next run edits the row
            self.pushes.save([replace(push, state=RECEIVED, sentence="", next_try=None)])

    def _finish(self, job: Job, push: Push, now: datetime, sentence: str = "") -> None:
        """Settle the push, or wait where a photo is still to come."""
        if self._lacking(job) and push.attempts < MOST_TRIES:
            again = replace(push, attempts=push.attempts + 1, next_try=now + _gap(push.attempts))
            self.pushes.save([replace(again, state=RECEIVED, sentence="")])
            return
        if self._lacking(job):
            sentence = "照片没有取到，格子里留着链接"
        self._settle(push, now, sentence)

    # Edits
    def _edit(self, jobs: list[Job], layout: Layout, table: Table, now: datetime) -> None:
        """Hand the changed cells to the next tick; those that stand there already are done."""
        rows = staff_cells(layout, table)
        looked = (self._guarded(job.push, partial(_amendments, job, layout, rows)) for job in jobs)
        wanted = [amended for amended in looked if amended is not None]
        restores = [restore for _, restores, _ in wanted for restore in restores]
        self.pushes.save(job.push for job, restores, _ in wanted if restores)
        self.step("edits noted")
        try:
            if restores:
                with self.ledger.turn():
                    self.ledger.put_back(restores)
        except Busy:
            self._later([job.push for job, _, _ in wanted], now, "", is_refused=False)
            return
        for job, amended, sentence in wanted:
            if amended:
                self.done.edited += 1
                self._later([job.push], now, "")
            else:
                self._finish(job, replace(job.push, put=job.cells, past=None), now, sentence)

    # What became of a push
    def _settle(self, push: Push, now: datetime, sentence: str) -> None:
        self.pushes.save([replace(push, state=DONE, sentence=sentence, next_try=now)])

    def _give_up(self, push: Push, sentence: str) -> None:
        self.done.failed += 1
        self.pushes.save([replace(push, state=FAILED, sentence=sentence, next_try=None)])

    def _later(self, group: Iterable[Push], now: datetime, sentence: str, *, is_refused: bool = True) -> None:
        """Try again after a gap. ``is_refused``: the push itself was refused, so that it is given up in the end."""
        for push in group:
            if is_refused and push.attempts + 1 >= MOST_TRIES:
                self._give_up(push, f"试了 {push.attempts + 1} 次都没有成功：{sentence or '那一行一直没有改成'}")
                continue
            self.done.later += 1
            attempts = push.attempts + 1 if is_refused else min(push.attempts + 1, len(GAPS) - 1)
            self.pushes.save([replace(push, sentence=sentence, attempts=attempts, next_try=now + _gap(push.attempts))])


def _gap(attempts: int) -> timedelta:
    return GAPS[min(attempts, len(GAPS) - 1)]


def _not_had(link: str, stored: dict[str, str], _: str) -> None:
    """The photo can't be had: its link stays in the cell."""
    stored[link] = ""


def _may_fetch(link: str, hook: Hook) -> bool:
    try:
        return allowed(urlsplit(link).hostname or "", hook.photo_hosts)
    except ValueError:
        return False


def _source(job: Job) -> RowSource:
    return RowSource(job.push.source, job.push.id)


def _name(push: Push) -> str:
    return f"{push.source} {push.id}"


def _amendments(job: Job, layout: Layout, rows: Rows) -> tuple[Job, list[Restore], str]:
    """The job with what its cells may be noted, the cells that are to change, and what its person must know."""
    push = job.push
    return _with_possible_cells(job), *amendments(layout, rows, push.put or {}, push.past or {}, job.cells)


def _with_possible_cells(job: Job) -> Job:
    """The job with its cells noted as ``past``: from now on they may stand in its row without being a person's."""
    put, past = job.push.put or {}, dict(job.push.past or {})
    for key in {**put, **past, **job.cells}:
        wish = job.cells.get(key, "")
        if not same(put.get(key, ""), wish) and wish not in past.get(key, ()):
            past[key] = [*past.get(key, ()), wish]
    return replace(job, push=replace(job.push, past=past))
