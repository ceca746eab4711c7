"""Takes the demo's photos in, as the forms of phones do: drawn beside the play by a process of its own, and stored when
somebody sends them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from sync.core.sheet.values import photos
from sync.demo.acts import Entry
from sync.demo.shots import Shot, as_jpeg
from sync.intake import photo_records
from sync.intake.photos import Converted, PhotoFolder, convert_here
from sync.ledger.received.submissions import Submissions
from sync.outgoing.bulletin_picture import font_file
from sync.service import Service

KEY = "demo"  # of the ids of photos: everybody's demo has the same


@dataclass
class Album:
    """``drawn``: by shot the photo as taken in, or to be."""

    service: Service
    drawn: Mapping[Shot, Future[Converted]]

    def address(self, entry: Entry) -> str:
        """Store the photo of an act; what stands in its cell."""
        photo = entry.photo
        assert photo is not None
        person, made = str(entry.cells["reporter"]), self.drawn[photo.shot].result()
        folder = PhotoFolder(self.service.settings.data / "photos", KEY)
        photo_id = folder.id_of(person, f"{entry.tab} {photo.file_name} {photo.shot.at}")
        record = photos.Photo(
            photo_id, person, entry.at, made.received, made.pixels, made.fingerprint, *made.size, len(made.jpeg),
            made.taken, made.place,
        )  # fmt: skip
        folder.save(photo_id, made.jpeg)
        photo_records.save(folder.folder, record, self._submissions)
        self._submissions.add_photo(record)
        return f"{self.service.settings.url}/photos/{photo_id}"

    @property
    def _submissions(self) -> Submissions:
        return Submissions(self.service.ledger)


@contextmanager
def opened(service: Service, entries: Iterable[Entry]) -> Iterator[Album]:
    """An album for the photos of these acts, of which the first is drawn at once."""
    forms, font = service.rules().forms, font_file()
    shots = dict.fromkeys(entry.photo.shot for entry in entries if entry.photo)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as painter:
        sign_font = str(font) if font else None
        futures = {
            shot: painter.submit(_taken_in, shot, sign_font, forms.photo_side, forms.photo_quality) for shot in shots
        }
        try:
            yield Album(service, futures)
        finally:
            painter.shutdown(cancel_futures=True)


def _taken_in(shot: Shot, sign_font: str | None, side: int, quality: int) -> Converted:
    return convert_here(as_jpeg(shot, sign_font), side, quality, keep_place=False)
