"""Tiles of a bureau's map: fetched once from the address in ``[map]`` and kept in the data folder for a while.

So browsers load nothing from others, and whose map it is sees one visitor. What is fetched is bounded: only the host of
the address, only pictures, so many bytes and seconds each, so many at a time, so many kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from sync.intake.fetching import Bounds, Fetcher, Lost

FOLDER = "tiles"  # in the data folder; may be deleted at any time
TILE = Bounds("底图", "[map] tiles 和 JIELU_TILE_HOSTS", 512 * 1024, 4.0, 8.0)
MOST_TILES = 20_000  # kept
MOST_BYTES = 256 * 1024 * 1024
LEFT = 0.9  # of both, once the oldest were deleted
KEPT_SECONDS = 30 * 86400.0  # after which a tile is fetched again
AT_ONCE = 4  # tiles that are fetched at a time
PATIENCE = 5.0  # seconds that a request waits for its turn
REST_SECONDS = 15.0  # after a host did not answer, in which it is not asked
FORGOTTEN_SECONDS = 300.0  # after a host said no, in which it is not asked for that tile
MOST_REFUSED = 2_000  # tiles of which that is remembered
SIGNS: Mapping[bytes, str] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}

log = logging.getLogger(__name__)


class NoTile(RuntimeError):
    """A tile that can't be had; the sentence says why. ``soon``: it may be had in a while."""

    def __init__(self, sentence: str, *, soon: bool) -> None:
        super().__init__(sentence)
        self.soon = soon


@dataclass(frozen=True)
class Tile:
    """A picture and its content type."""

    content: bytes
    kind: str


@dataclass
class Tiles:
    """The tiles that are kept in ``folder``."""

    folder: Path
    fetcher: Fetcher
    trouble: str = field(default="", init=False)  # why the last one could not be had; empty: it could
    _turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _refused: dict[Path, float] = field(default_factory=dict, init=False)  # until which monotonic second
    _rests_until: dict[str, float] = field(default_factory=dict, init=False)  # by host
    _sizes: dict[Path, int] | None = field(default=None, init=False)  # of the tiles that are kept, the oldest first

    def get(self, address: str, zoom: int, x: int, y: int) -> Tile:
        """The tile of a layer. ``address``: as in the rules, its key filled in. Raises ``NoTile``."""
        path = self.folder / _digest(address) / str(zoom) / f"{x}-{y}"
        stored, age = _read(path)
        if stored and age < KEPT_SECONDS:
            return stored
        try:
            return self._fetched(path, _filled(address, zoom, x, y))
        except NoTile as error:
            self.trouble = str(error)
            if stored:
                return stored  # an old map is better than none
            raise

    def _fetched(self, path: Path, link: str) -> Tile:
        """Raises ``NoTile``."""
        host = urlsplit(link).hostname or ""
        self._demand_rested(path, host)
        if not self._turns.acquire(timeout=PATIENCE):
            raise NoTile("底图的服务器太慢", soon=True)
        try:
            self._demand_rested(path, host)
            tile = _picture(self.fetcher.get(link, (host,)))
        except Lost as error:
            self._note(path, host, error)
            raise NoTile(f"底图取不到：{error}", soon=not error.permanent) from error
        finally:
            self._turns.release()
        self.trouble = ""
        self._keep(path, tile.content)
        return tile

    def _demand_rested(self, path: Path, host: str) -> None:
        """Raises ``NoTile`` where it was tried in vain a moment ago."""
        now = time.monotonic()
        if self._rests_until.get(host, 0.0) > now or self._refused.get(path, 0.0) > now:
            raise NoTile(self.trouble or "底图取不到", soon=True)

    def _note(self, path: Path, host: str, error: Lost) -> None:
        log.info("no tile from %s: %s", host, type(error.__cause__ or error).__name__)
        with self._lock:
            if not error.permanent:
                self._rests_until[host] = time.monotonic() + REST_SECONDS
                return
            if len(self._refused) >= MOST_REFUSED:
                self._refused.clear()
            self._refused[path] = time.monotonic() + FORGOTTEN_SECONDS

    def _keep(self, path: Path, content: bytes) -> None:
        """Whole or not at all; where the disk has no room, the tile is shown and not kept."""
        part = path.with_name(f".{uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            part.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            log.warning("a tile is not kept: %s", error.strerror)
            return
        with self._lock:
            self._count(path, len(content))

    def _count(self, path: Path, size: int) -> None:
        """Note a tile, and delete the oldest where there are too many."""
        if self._sizes is None:
            self._sizes = _sizes(self.folder)
        self._sizes.pop(path, None)
        self._sizes[path] = size
        left, size_left = len(self._sizes), sum(self._sizes.values())
        if left <= MOST_TILES and size_left <= MOST_BYTES:
            return
        for old, old_size in list(self._sizes.items()):
            if left <= LEFT * MOST_TILES and size_left <= LEFT * MOST_BYTES:
                break
            old.unlink(missing_ok=True)
            del self._sizes[old]
            left, size_left = left - 1, size_left - old_size


def _sizes(folder: Path) -> dict[Path, int]:
    """The tiles in a folder with their bytes, the oldest first."""
    files = [(path.stat(), path) for path in folder.glob("*/*/*") if path.is_file()]
    return {path: noted.st_size for noted, path in sorted(files, key=lambda pair: pair[0].st_mtime)}


def _read(path: Path) -> tuple[Tile | None, float]:
    """A tile that is kept and its age in seconds; None where there is none or it is damaged."""
    try:
        return _picture(path.read_bytes()), time.time() - path.stat().st_mtime
    except (OSError, Lost):
        return None, 0.0


def _picture(content: bytes) -> Tile:
    """Raises ``Lost`` for what is no picture, whatever the server calls it."""
    kind = next((kind for sign, kind in SIGNS.items() if content.startswith(sign)), "")
    if not kind or (kind == "image/webp" and content[8:12] != b"WEBP"):
        raise Lost("取到的不是图片", permanent=True)
    return Tile(content, kind)


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _filled(address: str, zoom: int, x: int, y: int) -> str:
    for mark, number in (("{z}", zoom), ("{x}", x), ("{y}", y)):
        address = address.replace(mark, str(number))
    return address
