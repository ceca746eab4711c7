"""Photos from phones: decoded, turned upright, written anew without what a camera hides in them; the room of Pillow.

What comes in is not trusted: a file that claims more pixels than a camera has, or is no JPEG, PNG or WebP, is refused
with a sentence. Nothing of the received file is kept but its digest, the hour of taking and, where the rules want it,
the place to four decimals.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 12 * 1024 * 1024
MOST_PIXELS = 60_000_000  # a phone of 50 megapixels; more is a bomb
MOST_WHOLE = 24_000_000  # of a PNG or WebP, which can't be decoded small
ROOM = 2 * 1024**3  # bytes of uploads that may be coming at a time
PUBLIC_ROOM = 256 * 1024**2  # the same for those of the public, who may fill no disk
MOST_SIDE = 20_000
FORMATS = ("JPEG", "PNG", "WEBP")
FORGET_AFTER = 7 * 86400  # seconds until a half upload that nobody goes on with is thrown away
DATE_TAKEN, OFFSET, GPS = 0x9003, 0x8769, 0x8825  # EXIF: DateTimeOriginal, its sub-directory, the place


class BadPhoto(ValueError):
    """What was sent is no photo that we take; the sentence says what to do."""


class Crowded(RuntimeError):
    """Too many uploads are coming at a time; the sentence says what to do."""


@dataclass(frozen=True)
class Taken:
    """A file made anew, and what was read from the one that came."""

    jpeg: bytes
    received: str
    pixels: str
    fingerprint: int
    size: tuple[int, int]
    taken: str
    place: tuple[float, float] | None


def take(content: bytes, side: int, quality: int, *, keep_place: bool) -> Taken:
    """Read a received file and write it anew as a JPEG no longer than ``side``. Raises ``BadPhoto``."""
    if len(content) > MOST_BYTES:
        raise BadPhoto(f"照片太大，最多 {MOST_BYTES // 1024 // 1024} MB。")
    with _decoding():
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        most = MOST_PIXELS if image.format == "JPEG" else MOST_WHOLE
        if image.width * image.height > most or max(image.size) > MOST_SIDE:
            raise BadPhoto(f"照片有 {image.width}×{image.height} 像素，太大了，请用手机相机重新拍一张。")
        exif = image.getexif()
        taken, place = _hour(exif), _place(exif) if keep_place else None
        image.draft("RGB", (side, side))  # a JPEG is decoded at a half, a quarter or an eighth of its size
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=quality, optimize=True)  # without `exif=`: nothing hidden comes along
    return Taken(
        out.getvalue(), hashlib.sha256(content).hexdigest(), _digest(upright), fingerprint(upright), upright.size,
        taken, place,
    )  # fmt: skip


@contextmanager
def _decoding() -> Iterator[None]:
    """Whatever a decoder says of a bad file comes out as ``BadPhoto``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except UnidentifiedImageError as error:
        raise BadPhoto("这个文件不是 JPG、PNG 或 WebP 照片（苹果手机的 HEIC 请改成“兼容性最佳”格式）。") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise BadPhoto("照片的像素太多，请用手机相机重新拍一张。") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, BadPhoto):
            raise
        raise BadPhoto("照片不完整，打不开，请重新拍一张。") from error


def _digest(image: Image.Image) -> str:
    return hashlib.sha256(b"%dx%d:" % image.size + image.tobytes()).hexdigest()


def fingerprint(image: Image.Image) -> int:
    """dHash: each bit says whether a cell of a 9×8 grey picture is darker than its right neighbour."""
    small = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (small[row * 9 + column] < small[row * 9 + column + 1])
    return bits


def _hour(exif: Image.Exif) -> str:
    """The camera's hour as ``2026-11-24 09:30:00``; empty where it says none that can be read."""
    text = str(exif.get_ifd(OFFSET).get(DATE_TAKEN, ""))
    try:
        return f"{datetime.strptime(text[:19], '%Y:%m:%d %H:%M:%S'):%Y-%m-%d %H:%M:%S}"  # noqa: DTZ007 - no zone in it
    except ValueError:
        return ""


def _place(exif: Image.Exif) -> tuple[float, float] | None:
    """Degrees north and east to four decimals (about ten metres)."""
    gps = exif.get_ifd(GPS)
    north, east = _degrees(gps.get(2), gps.get(1) == "S"), _degrees(gps.get(4), gps.get(3) == "W")
    return (north, east) if north is not None and east is not None else None


def _degrees(parts: Any, negative: bool) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
        value = round(degrees + minutes / 60 + seconds / 3600, 4)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (-value if negative else value) if 0 <= value <= 180 else None


@dataclass(frozen=True)
class Shelf:
    """The folder of photos, and of uploads that are still coming. ``key``: the installation's secret, which makes ids
    that nobody can guess."""

    folder: Path
    key: str

    def id_of(self, person: str, name: str) -> str:
        """The id of the photo that this person's phone calls ``name``: always the same, and not to be guessed."""
        mark = hmac.new(self.key.encode(), f"photo\n{person}\n{name}".encode(), hashlib.sha256)
        return mark.hexdigest()[:40]

    def path(self, id_: str) -> Path:
        return self.folder / id_[:2] / f"{id_}.jpg"

    def keep(self, id_: str, jpeg: bytes) -> None:
        """Write whole or not at all."""
        path = self.path(id_)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                file.write(jpeg)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    # Uploads that resume
    def _coming(self, id_: str) -> Path:
        return self.folder / "coming" / id_

    def offset(self, id_: str) -> int:
        """How many bytes of an upload are here."""
        try:
            return self._coming(id_).stat().st_size
        except FileNotFoundError:
            return 0

    def add(self, id_: str, offset: int, chunk: bytes, room: int = ROOM) -> int:
        """Put a chunk behind what is here, if it belongs there; how many bytes are here now.

        Raises ``BadPhoto`` for a file without end, ``Crowded`` where all that is coming needs more than ``room`` bytes.
        """
        here = self.offset(id_)
        if offset != here:
            return here
        if not here and self._forget() + len(chunk) > room:
            raise Crowded("现在传照片的人太多，请过一会儿再试。")
        if here + len(chunk) > MOST_BYTES:
            raise BadPhoto(f"照片太大，最多 {MOST_BYTES // 1024 // 1024} MB。")
        path = self._coming(id_)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(chunk)
        return here + len(chunk)

    def whole(self, id_: str) -> bytes:
        return self._coming(id_).read_bytes()

    def done(self, id_: str) -> None:
        """Throw the upload away."""
        self._coming(id_).unlink(missing_ok=True)

    def _forget(self) -> int:
        """Throw away uploads that were given up long ago; how many bytes are still coming."""
        total = 0
        for part in (self.folder / "coming").glob("*"):
            try:
                stat = part.stat()
            except FileNotFoundError:  # done meanwhile
                continue
            if time.time() - stat.st_mtime > FORGET_AFTER:
                part.unlink(missing_ok=True)
            else:
                total += stat.st_size
        return total
