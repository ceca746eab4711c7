"""Unfinished uploads of photos: pieces that resume, within a room for each sender and for all of a kind together.

Room is asked for with every piece, by what is stored; a new upload begins only where there is room for the whole of it.
Where there is none, uploads that nobody goes on with give way, the oldest first. An upload that is not gone on with is
deleted after a time, that of the public soon.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = 64 * 1024  # bytes that an upload counts for at least: many tiny ones cost room too
MOST_PHOTO_BYTES = 12 * 1024 * 1024


class BadPhoto(ValueError):
    """A file that is no usable photo; the sentence says what to do."""


class TooManyUploads(RuntimeError):
    """There is no room for this piece now; the sentence says what to do."""


@dataclass(frozen=True)
class Room:
    """What uploads of a kind may take, in bytes, and how long they stay, in seconds."""

    each: int  # of one sender
    all: int
    idle: float  # after which an upload gives way to others
    stay: float  # after which an upload that nobody goes on with is deleted


ROOMS = {
    False: Room(each=256 * 1024**2, all=2 * 1024**3, idle=3600, stay=7 * 86400),  # phones without a signal for days
    True: Room(each=40 * 1024**2, all=256 * 1024**2, idle=60, stay=30 * 60),
}  # by whether the sender is of the public
KINDS = {False: "staff", True: "public"}


@dataclass(frozen=True)
class Upload:
    """A photo that is being sent. ``sender``: who is charged for what is stored of it; ``total``: its bytes."""

    photo: str  # id
    sender: str
    public: bool
    total: int


@dataclass(frozen=True)
class Stored:
    """What is here of an upload. ``at``: when its last piece came, in seconds of the epoch."""

    path: Path
    sender: str  # digest
    size: int
    at: float

    @property
    def charged(self) -> int:
        return max(self.size, BLOCK)


@dataclass
class Uploads:
    """A folder ``coming`` beside the photos: in it a folder for each kind, in that one for each sender."""

    photos: Path  # folder
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def folder(self) -> Path:
        return self.photos / "coming"

    def offset(self, upload: Upload) -> int:
        """How many bytes of it are here."""
        part = self._part(upload)
        return part.size if part else 0

    def add(self, upload: Upload, offset: int, piece: bytes) -> int:
        """Add a piece, if it begins where the upload ends; how many bytes are here now.

        Raises ``BadPhoto`` where the photo gets too large, ``TooManyUploads`` where there is no room.
        """
        with self._lock:
            part = self._part(upload)
            here = part.size if part else 0
            if offset != here:
                return here
            whole = max(upload.total, here + len(piece))
            if whole > MOST_PHOTO_BYTES:
                raise BadPhoto(f"照片太大，最多 {MOST_PHOTO_BYTES // 1024 // 1024} MB。")
            path = part.path if part else self._folder_of(upload) / upload.photo
            self._make_room(upload, path, whole if part is None else here + len(piece))
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(piece)
        return here + len(piece)

    def content(self, upload: Upload) -> bytes:
        part = self._part(upload)
        return part.path.read_bytes() if part else b""

    def drop(self, upload: Upload) -> None:
        """Delete what is here of it."""
        with self._lock:
            if part := self._part(upload):
                _delete(part)

    def forget(self) -> None:
        """Delete what nobody goes on with, and what versions before 0.2 left."""
        with self._lock:
            for path in self.folder.glob("*"):
                if path.is_file():
                    path.unlink(missing_ok=True)
            for public, room in ROOMS.items():
                for part in self._parts(public):
                    if time.time() - part.at > room.stay:
                        _delete(part)

    def _make_room(self, upload: Upload, path: Path, size: int) -> None:
        """See that the upload fits with ``size`` bytes; raises ``TooManyUploads`` where it does not."""
        room, need = ROOMS[upload.public], max(size, BLOCK)
        others = sorted((part for part in self._parts(upload.public) if part.path != path), key=lambda part: part.at)
        mine = [part for part in others if part.sender == _digest(upload.sender)]
        if not _fits(mine, need, room.each, room.idle):
            raise TooManyUploads("您有太多照片没有传完，请等它们传完，或者过一会儿再试。")
        left = [part for part in others if part.path.exists()]
        if not _fits(left, need, room.all, room.idle):
            raise TooManyUploads("现在传照片的人太多，请过一会儿再试。")

    def _part(self, upload: Upload) -> Stored | None:
        """What is here of it: of the public whoever began it, since addresses change as a phone moves."""
        if not upload.public:
            return _read(self._folder_of(upload) / upload.photo)
        return next((part for path in self._kind(True).glob(f"*/{upload.photo}") if (part := _read(path))), None)

    def _parts(self, public: bool) -> Iterator[Stored]:
        return (part for path in self._kind(public).glob("*/*") if (part := _read(path)))

    def _kind(self, public: bool) -> Path:
        return self.folder / KINDS[public]

    def _folder_of(self, upload: Upload) -> Path:
        return self._kind(upload.public) / _digest(upload.sender)


def _fits(parts: list[Stored], need: int, room: int, idle: float) -> bool:
    """Whether so many bytes fit beside the parts (the oldest first), after idle ones gave way."""
    used = sum(part.charged for part in parts)
    for part in parts:
        if used + need <= room or time.time() - part.at <= idle:
            break
        _delete(part)
        used -= part.charged
    return used + need <= room


def _digest(sender: str) -> str:
    """A folder's name for a sender."""
    return hashlib.sha256(sender.encode()).hexdigest()[:16]


def _read(path: Path) -> Stored | None:
    """None where there is nothing, or it was deleted meanwhile."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return Stored(path, path.parent.name, stat.st_size, stat.st_mtime)


def _delete(part: Stored) -> None:
    part.path.unlink(missing_ok=True)
    with suppress(OSError):  # others are in it
        part.path.parent.rmdir()
