"""Photos from phones: decoded with Pillow, turned upright, and written again without the metadata of a camera.

The received file is not trusted: it is decoded in a process of its own; one with more pixels than a camera has, or
that is no JPEG, PNG or WebP, is refused with a sentence. Of its metadata only the hour of taking is used and, where the
rules want it, the place; damaged metadata never costs the photo.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from sync import child
from sync.intake import photo_records
from sync.intake.unfinished import MOST_PHOTO_BYTES, BadPhoto

MOST_PIXELS = 60_000_000  # a phone of 50 megapixels; a file with more is made to exhaust the memory
MOST_WHOLE = 24_000_000  # of a PNG or WebP, which can't be decoded at a smaller size
MOST_SIDE = 20_000
FORMATS = ("JPEG", "PNG", "WEBP")
DATE_TAKEN, OFFSET, GPS, ORIENTATION = 0x9003, 0x8769, 0x8825, 0x0112  # EXIF: the hour and its directory, the place
JPEG_FORMATS = ("JPEG", "MPO")  # MPO: a JPEG with further pictures behind the first
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # EXIF's orientation → what makes the picture upright
START_OF_SCAN = 0xDA
SEGMENTS_OF_PROGRAMS = {*range(0xE0, 0xEE), 0xEF, 0xFE}  # APP14 says how the colours are meant
SECONDS = 30  # for one photo


@dataclass(frozen=True)
class Converted:
    """The photo as it is stored, and what was read from the received file."""

    jpeg: bytes
    received: str  # SHA-256 of the received file, in hex
    pixels: str  # SHA-256 of the stored picture's size and pixels, in hex
    fingerprint: int  # see ``fingerprint``
    size: tuple[int, int]  # width and height of the stored picture
    taken: str  # as 2026-11-24 09:30:00; empty: unknown
    place: tuple[float, float] | None  # degrees north and east to four decimals


def convert(content: bytes, side: int, quality: int, *, keep_place: bool) -> Converted:
    """A received file as a JPEG with sides of at most ``side`` pixels. Raises ``BadPhoto``."""
    if len(content) > MOST_PHOTO_BYTES:
        raise BadPhoto(f"照片太大，最多 {MOST_PHOTO_BYTES // 1024 // 1024} MB。")
    try:
        return child.read_apart(SECONDS, convert_here, content, side, quality, keep_place)
    except child.TooMuch as error:
        raise BadPhoto("照片打不开，请用手机相机重新拍一张。") from error


def convert_here(content: bytes, side: int, quality: int, keep_place: bool) -> Converted:
    """As ``convert``, in this process."""
    try:
        return _converted(content, side, quality, keep_place)
    except BadPhoto:
        raise
    except UnidentifiedImageError as error:
        raise BadPhoto("这个文件不是 JPG、PNG 或 WebP 照片（苹果手机的 HEIC 请改成“兼容性最佳”格式）。") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise BadPhoto("照片的像素太多，请用手机相机重新拍一张。") from error
    except MemoryError:
        raise
    except Exception as error:  # a decoder may fail in any way; a photo that a camera marked wrongly is a photo
        return _without_metadata(content, side, quality, error)


def _without_metadata(content: bytes, side: int, quality: int, error: Exception) -> Converted:
    bare = without_segments(content)
    try:
        if bare != content:
            return _converted(bare, side, quality, keep_place=False)
    except Exception as again:
        error = again
    raise BadPhoto("照片不完整，打不开，请重新拍一张。") from error


def _converted(content: bytes, side: int, quality: int, keep_place: bool) -> Converted:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    most = MOST_PIXELS if image.format in JPEG_FORMATS else MOST_WHOLE
    if image.width * image.height > most or max(image.size) > MOST_SIDE:
        raise BadPhoto(f"照片有 {image.width}×{image.height} 像素，太大了，请用手机相机重新拍一张。")
    taken, place = _read_exif(image, _hour, ""), _read_exif(image, _place, None) if keep_place else None
    turn = TURNS.get(_read_exif(image, lambda exif: exif.get(ORIENTATION), None))
    image.draft("RGB", (side, side))  # a JPEG is decoded at a half, a quarter or an eighth of its size
    upright = image.convert("RGB")
    upright.thumbnail((side, side), Image.Resampling.LANCZOS)
    if turn is not None:
        upright = upright.transpose(turn)
    upright.info.clear()  # what is left in it (a JPEG's comment) Pillow would write again
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=quality, optimize=True)
    return Converted(
        out.getvalue(), hashlib.sha256(content).hexdigest(), _digest(upright), fingerprint(upright), upright.size,
        taken, place,
    )  # fmt: skip


def _read_exif(image: Image.Image, read: Callable[[Image.Exif], Any], without: Any) -> Any:
    """What ``read`` finds in the metadata; ``without`` where it is damaged in whatever way."""
    try:
        return read(image.getexif())
    except Exception:
        return without


def thumbnail(jpeg: bytes, side: int) -> bytes:
    """A photo of ours (a JPEG that was made here), its longer side at most ``side`` pixels."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
        image.draft("RGB", (side, side))
        image.thumbnail((side, side))
        small = io.BytesIO()
        image.convert("RGB").save(small, "JPEG", quality=70)
    return small.getvalue()


def without_segments(content: bytes) -> bytes:
    """A JPEG without the segments in which programs and cameras keep what they like (APP0 to APP13, APP15, comments);
    any other file as it is."""
    if not content.startswith(b"\xff\xd8"):
        return content
    parts, at = [content[:2]], 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != START_OF_SCAN:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if content[at + 1] not in SEGMENTS_OF_PROGRAMS:
            parts.append(content[at:end])
        at = end
    return b"".join([*parts, content[at:]])


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
    """The camera's hour as ``2026-11-24 09:30:00``; empty where there is none that can be read."""
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
class PhotoFolder:
    """The folder of photos. ``key``: the installation's secret, so that nobody can guess the
    ids."""

    folder: Path
    key: str

    def id_of(self, person: str, name: str) -> str:
        """The id of the photo that this person's phone calls ``name``: the same each time."""
        mark = hmac.new(self.key.encode(), f"photo\n{person}\n{name}".encode(), hashlib.sha256)
        return mark.hexdigest()[:40]

    def path(self, photo_id: str) -> Path:
        return photo_records.photo_path(self.folder, photo_id)

    def save(self, photo_id: str, jpeg: bytes) -> None:
        """Write the photo in whole or not at all."""
        photo_records.write_whole(self.path(photo_id), jpeg)
