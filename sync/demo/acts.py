"""What people do in the demo, as values: an act fills cells of a new row or of one that stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sync.core.sheet.rows import Raw
from sync.demo.shots import Shot


@dataclass(frozen=True, slots=True)
class Number:
    """Stands for the 编号 that the service gave the issue named ``ref``; with ``more`` behind it, for the 明细号 of one
    of its score lines."""

    ref: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """Stands for the address of a photo that somebody sends in about the issue named ``ref``."""

    ref: str
    shot: Shot

    @property
    def file_name(self) -> str:
        """What stands in the cell instead where the photo is not drawn."""
        return f"{self.ref}-整改{'后' if self.shot.mended else '前'}.jpg"


Cell = Raw | Number | Photo


@dataclass(frozen=True, slots=True)
class Entry:
    """A person's act: a new row of ``tab``, named ``ref``; or, with ``into``, cells typed into the row of that name."""

    at: datetime
    tab: str
    cells: Mapping[str, Cell]
    ref: str = ""
    into: str = ""

    @property
    def photo(self) -> Photo | None:
        """The photo that comes with it."""
        cell = self.cells.get("photos")
        return cell if isinstance(cell, Photo) else None
