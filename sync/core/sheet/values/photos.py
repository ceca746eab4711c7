"""Photos as the core knows them: which a cell names, and what tells whether two are the same.

A photo is known by the digest of its pixels and by a fingerprint of 64 bits that survives saving again and resizing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

ADDRESS = re.compile(r"/photos/([A-Za-z0-9_-]+)")  # a line of a cell holds the address of a photo of ours


@dataclass(frozen=True, slots=True)
class Picture:
    """What is remembered of a photo: SHA-256 of its pixels, and the 64 bits of its fingerprint."""

    pixels: str
    fingerprint: int


@dataclass(frozen=True)
class Photo:
    """A photo as kept. ``person``: its sender's name, of the public (``public``) the digest of an address; ``received``
    and ``pixels``: SHA-256 of the file as it came and of the picture; ``fingerprint``: dHash, 64 bits; ``taken``: wall
    clock of the camera as it wrote it (a hint, no proof); ``place``: degrees north and east; ``bytes``: length of the
    file kept."""

    id: str
    person: str
    at: datetime
    received: str
    pixels: str
    fingerprint: int
    width: int
    height: int
    bytes: int
    taken: str = ""
    place: tuple[float, float] | None = None
    public: bool = False

    @property
    def picture(self) -> Picture:
        return Picture(self.pixels, self.fingerprint)


def photo_lines(cell: object) -> tuple[str, ...]:
    """The lines of a cell of photos: addresses of ours or of others, or what somebody wrote."""
    return tuple(line.strip() for line in str(cell or "").splitlines() if line.strip())


def ids(cell: object) -> list[str]:
    """The photos of ours that a cell names."""
    return ADDRESS.findall(cell) if isinstance(cell, str) and "/photos/" in cell else []
