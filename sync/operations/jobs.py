"""What runs by the clock for one bureau: looks, deliveries, pushes, backups, channels.

Who calls them, the scheduler of ``jielu run`` or a worker of many bureaus, is no matter of theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sync import journal, tick
from sync.intake.pushes import StorePhoto
from sync.ledger.ledger import Busy
from sync.ledger.operations.evidence import Evidence
from sync.operations.backups import back_up_when_due
from sync.outgoing.channel_posts import ChannelPosts
from sync.service import Service
from sync.sheets import set_up
from sync.workbook.drive import channels

RESULTS = ("sent", "failed", "later", "unsent")  # of a delivery


class TickTrouble(RuntimeError):
    """A tick ended without writing all that it had to."""


def look_now(service: Service, evidence: Evidence) -> tick.Report:
    """Look until nothing is left to write; what was done. Raises ``TickTrouble``, and what a tick raises."""
    with journal.work("tick", quiet=lambda fields: bool(fields.get("idle"))) as fields:
        now = service.now()
        report = service.ticks(now, doubt=service.doubt)
        names = ("idle", "ticks", "cells", "problems", "notices", "archived", "is_doubted")
        fields |= {name: getattr(report, name) for name in names}
        if report.trouble:
            raise TickTrouble(report.trouble)
        evidence.note_look(now)
        return report


def deliver_due(service: Service) -> None:
    """Send what is due; nothing while the hour is doubted, or while a look is due that nobody made yet."""
    now = service.now()
    if not service.doubt(now) and not service.looks_first(now):  # what was sent can't be taken back
        with journal.work("delivery", quiet=lambda fields: not any(fields.get(name) for name in RESULTS)) as fields:
            try:
                done = service.deliver(now)
            except Busy:  # a person sends by a button or a command; what is left goes next time
                return
            fields |= {name: getattr(done, name) for name in RESULTS}


def receive(service: Service, nudge: Callable[[], None], store_photo: StorePhoto) -> None:
    """Take pushes in until a run finds none, since a push that came during a run could not start another."""
    while True:
        now = service.now()
        if service.doubt(now):  # a row without an hour of its own would get a wrong one
            return
        done = service.receive(now, store_photo)
        if not (done.added or done.edited or done.failed):
            return
        nudge()


def ensure_tabs(service: Service) -> None:
    """Build the tabs of an embedded workbook that has none yet; an older one is made as this version has it."""
    if service.embedded and set_up.is_empty(service.gateway):
        set_up.build(service.gateway, service.rules())
    elif service.embedded:
        set_up.build(service.gateway, service.rules(), only_hidden=True)
        set_up.extend(service.gateway, service.rules())
        end_former_notes(service)


def end_former_notes(service: Service) -> None:
    """As ``set_up`` does; where a write is under way that is noted there, at the next start."""
    plan = service.ledger.current().plan
    under_way = {*service.ledger.page_writes.numbers(), *([plan.number] if plan else ())}
    set_up.end_former_notes(service.gateway, under_way)


def back_up(service: Service) -> None:
    """Make a backup where one is due. Raises ``BackupTrouble``."""
    back_up_when_due(service, service.now())


def tell_channels(service: Service, posts: ChannelPosts) -> None:
    """Tell those who watch the embedded workbook what changed."""
    channels.tell_channels(service.store, posts.post, datetime.now(UTC))
