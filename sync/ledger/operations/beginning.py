"""How far the setting up of a bureau has come: which of its steps somebody called done, and whether it is over."""

from __future__ import annotations

from dataclasses import dataclass

from sync.ledger.ledger import Ledger

FIRST_STEPS = "first_steps"  # key of the fact


@dataclass(frozen=True)
class Progress:
    """``done``: names of steps; ``over``: the bureau began its work."""

    done: frozenset[str] = frozenset()
    over: bool = False


class Beginning:
    """The first steps of one bureau."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def progress(self) -> Progress | None:
        """None where no step was ever done."""
        with self.ledger.engine.connect() as db:
            noted = self.ledger.records.fact(db, FIRST_STEPS, None)
        return Progress(frozenset(noted["done"]), noted["over"]) if noted else None

    def note(self, step: str) -> None:
        """A step is done."""
        before = self.progress() or Progress()
        self._put(Progress(before.done | {step}, before.over))

    def end(self) -> None:
        """All that was to be set up is."""
        self._put(Progress((self.progress() or Progress()).done, over=True))

    def _put(self, progress: Progress) -> None:
        with self.ledger.engine.begin() as db:
            noted = {"done": sorted(progress.done), "over": progress.over}
            self.ledger.records.set_facts(db, {FIRST_STEPS: noted})
