"""What is known of each photo (``Photo``, as JSON) beside the photo itself: a ledger that was lost knows the photos
again, and pages show them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sync.core.sheet.values.photos import Photo
from sync.ledger.ledger import Ledger
from sync.ledger.received.submissions import Submissions

PHOTO_FOLDER = "photos"  # in the data folder
log = logging.getLogger(__name__)


def photo_path(folder: Path, photo_id: str) -> Path:
    """The file of a photo in the folder of photos."""
    return folder / photo_id[:2] / f"{photo_id}.jpg"


def record_path(folder: Path, photo_id: str) -> Path:
    """The file of what is known of it."""
    return photo_path(folder, photo_id).with_suffix(".json")


def files(folder: Path) -> list[Path]:
    """All photos and their records."""
    return sorted([*folder.glob("??/*.jpg"), *folder.glob("??/*.json")])


def save(folder: Path, photo: Photo, submissions: Submissions) -> None:
    """Write the record of a photo beside it. Of the public it names nobody."""
    nameless = replace(photo, person="") if photo.public else photo
    write_whole(record_path(folder, photo.id), submissions.photo_text(nameless).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def exchange(ledger: Ledger, folder: Path) -> None:
    """Once in the life of a ledger: it takes in the records of photos that it does not know, since the ledger before it
    was lost, and those of photos that came before there were records are written."""
    submissions = Submissions(ledger)
    if submissions.are_records_exchanged():
        return
    known = submissions.photos()
    for photo in _records(folder, submissions):
        if photo.id not in known:
            submissions.add_photo(photo)
    for photo in known.values():
        if not record_path(folder, photo.id).exists():
            save(folder, photo, submissions)
    submissions.note_records_exchanged()


def _records(folder: Path, submissions: Submissions) -> Iterator[Photo]:
    for path in folder.glob("??/*.json"):
        try:
            photo = submissions.photo_of(path.read_text("utf-8"))
        except Exception:
            log.exception("the record of a photo can't be read: %s", path.name)
            continue
        if photo.id == path.stem:
            yield photo
