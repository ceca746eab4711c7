"""Where people stand in the grid: each open page tells it when it asks for changes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

LEFT_AFTER = 20.0  # seconds without a question after which a page counts as left
MOST_PAGES = 500


@dataclass(frozen=True)
class Position:
    """A cell on which somebody stands. ``row``: the id of its row."""

    person: str
    sheet: int
    row: int
    column: int


@dataclass
class Presence:
    """The open pages of the grid, by the ids that they made for themselves."""

    _pages: dict[str, tuple[Position, float]] = field(default_factory=dict)  # with the second of the last question
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stand(self, page: str, place: Position, now: float) -> None:
        """A page told where its person stands. ``now``: monotonic seconds."""
        with self._lock:
            self._pages[page] = (place, now)
            self._pages = {key: held for key, held in self._pages.items() if now - held[1] < LEFT_AFTER}
            while len(self._pages) > MOST_PAGES:
                del self._pages[next(iter(self._pages))]

    def others(self, page: str, now: float) -> list[Position]:
        """Where the other pages stand."""
        with self._lock:
            held = self._pages.items()
            return [place for key, (place, at) in held if key != page and now - at < LEFT_AFTER]


def place_of(person: str, asked: Mapping[str, str]) -> Position | None:
    """Where a page says that it stands; None where it does not say."""
    try:
        return Position(person, int(asked["sheet"]), int(asked["row"]), int(asked["column"]))
    except (KeyError, ValueError):
        return None
