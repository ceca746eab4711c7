"""The demo's photos: a street before and after the work, drawn and made into what a phone would send.

A ``Shot`` says what is seen and when. The same shot gives the same file, so that a photo that is sent twice is the very
same picture, as the product's own check sees it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

from PIL import Image

from sync.demo.city import part
from sync.demo.nuisances import MENDED, PROBLEMS
from sync.demo.street_view import HEIGHT, SIZE, WIDTH, Scene, draw_person, draw_street, draw_tree
from sync.intake.photos import DATE_TAKEN, OFFSET

QUALITY, RESAVED = 85, 45  # of the JPEG: from the camera; after a chat program
LEAST_X, MOST_X = 560, 1040  # where on the pavement a problem lies
PASSERS = ("#7a3b3b", "#3b5a7a", "#4f6b3a", "#6b5a8a", "#8a7a3b")
CORNERS = (0.22, 0.06, 0.05, 0.97, 0.98, 0.86, 0.86, 0.2)  # of what is seen from another angle: shares of the sides
ASKEW = tuple(share * side for share, side in zip(CORNERS, SIZE * 4, strict=True))
SEEN_BY_HAND = 26  # pixels by which a hand that comes back stands elsewhere, at most


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo of one place. ``place``: its street and house, the same before and after; ``at``: when (the bureau's wall
    clock); ``mended``: after the work; ``askew``: from another angle, so that it proves nothing;
    ``quality``: of the JPEG."""

    place: str
    category: str
    at: datetime
    mended: bool = False
    askew: bool = False
    quality: int = QUALITY


def draw(shot: Shot, sign_font: str | None = None) -> Image.Image:
    """The picture, 800 by 600 pixels. ``sign_font``: file of a Chinese font, for the signs."""
    scene = Scene(shot.place, shot.at.hour + shot.at.minute / 60, sign_font)
    x = LEAST_X + scene.pick("x", MOST_X - LEAST_X)
    draw_street(scene)
    if shot.category != "缺株死树":
        draw_tree(scene, 150 if x > WIDTH / 2 else WIDTH - 160)
    drawing = (MENDED if shot.mended else PROBLEMS).get(shot.category)
    if drawing:
        drawing(scene, x)
    _passer(scene, shot, x)
    picture = scene.image
    if shot.askew:
        picture = picture.transform(picture.size, Image.Transform.QUAD, ASKEW, Image.Resampling.BILINEAR)
    return _held(picture, shot).reduce(2)


def _passer(scene: Scene, shot: Shot, x: float) -> None:
    """Before, somebody who walks by; after, at times the cleaner who did it."""
    moment = f"{shot.place}|{shot.at:%Y-%m-%d %H:%M}"
    aside = x - 480 if x > WIDTH / 2 else x + 480
    if shot.mended and part(moment, "cleaner", 2):
        draw_person(scene, aside, 930, "#e8711a", broom=True)
    elif part(moment, "passer", 3):
        draw_person(scene, aside + part(moment, "step", 160) - 80, 880, PASSERS[part(moment, "coat", len(PASSERS))])


def _held(picture: Image.Image, shot: Shot) -> Image.Image:
    """As a hand holds the phone: a little moved against the last time."""
    moment = f"{shot.place}|{shot.at:%Y-%m-%d %H:%M}|{shot.mended}"
    left, top = part(moment, "left", SEEN_BY_HAND), part(moment, "top", SEEN_BY_HAND)
    right, bottom = WIDTH - SEEN_BY_HAND + left, HEIGHT - SEEN_BY_HAND + top
    return picture.resize(picture.size, Image.Resampling.BILINEAR, (left, top, right, bottom))


def as_jpeg(shot: Shot, sign_font: str | None = None) -> bytes:
    """The file as a phone sends it, with the hour of taking in its EXIF data."""
    exif = Image.Exif()
    exif.get_ifd(OFFSET)[DATE_TAKEN] = f"{shot.at:%Y:%m:%d %H:%M:%S}"
    file = io.BytesIO()
    draw(shot, sign_font).save(file, "JPEG", quality=shot.quality, exif=exif)
    return file.getvalue()
