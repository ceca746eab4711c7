"""Photos as the core knows them: which a cell names, and what tells whether two are the same.

A photo is known by the digest of its pixels and by a fingerprint of 64 bits that survives saving again and resizing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ADDRESS = re.compile(r"/photos/([A-Za-z0-9_-]+)")  # a line of a cell holds the address of a photo of ours


@dataclass(frozen=True, slots=True)
class Picture:
    """What is remembered of a photo: SHA-256 of its pixels, and the 64 bits of its fingerprint."""

    pixels: str
    fingerprint: int


def ids(cell: object) -> list[str]:
    """The photos of ours that a cell names."""
    return ADDRESS.findall(cell) if isinstance(cell, str) and "/photos/" in cell else []
