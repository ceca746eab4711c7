"""What pages of many bureaus ask of the workers, and what they know of how these go."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from sync.bureaus.folders import Folders
from sync.bureaus.queue import Queue, Wanted
from sync.bureaus.worker import lane
from sync.ledger import sharing
from sync.ledger.bureaus.bureaus import LOOK, RECEIVE, Bureaus, Work, late
from sync.ledger.upgrade import open_database

log = logging.getLogger(__name__)


class Nudges:
    """Asks for works. What can't be asked for comes by the clock: nothing is raised."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.engine = sharing.lend(folders.database, open_database)
        self.registry = Bureaus(self.engine)
        self.queue = Queue(folders.database)
        self.queue.set_up()

    def close(self) -> None:
        self.queue.close()
        sharing.give_back(self.engine)

    def look(self, code: str) -> None:
        """Something changed: look soon."""
        self._ask(code, LOOK)

    def receive(self, code: str) -> None:
        """A push was stored: take it in soon."""
        self._ask(code, RECEIVE)

    def _ask(self, code: str, kind: str) -> None:
        try:
            if work := self.registry.work(code, kind):
                self.queue.put([Wanted(code, kind, lane(work), at_once=True)])
        except Exception:
            log.exception("%s of %s could not be asked for", kind, code)

    def failures(self, code: str) -> int:
        """How many looks failed one after the other."""
        work = self.registry.work(code, LOOK)
        return work.tries if work else 0

    def counts(self) -> dict[str, int]:
        """How many bureaus are registered, paused, late and failing, and how many works wait."""
        there, looks = self.registry.all(), self.registry.looks()
        here = {bureau.code for bureau in there if not bureau.moved_to}
        failing = sum(work.tries > 0 for work in looks if work.code in here)
        return {
            "bureaus": len(here),
            "paused": sum(bureau.paused is not None for bureau in there if bureau.code in here),
            "late": len(late(there, looks, datetime.now(UTC), self.folders.late_after)),
            "failing": failing,
            "waiting": sum(self.queue.waiting().values()),
        }

    def looks(self) -> list[Work]:
        """How the looks of all bureaus went."""
        return self.registry.looks()
