"""Photos as phones send them: made anew without what a camera hides, refused with a sentence, told apart."""

from __future__ import annotations

import io
import os
import random
import struct
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from sync import child
from sync.core.sheet.values.photos import Photo
from sync.intake import photos
from sync.intake.photos import PhotoFolder, convert
from sync.intake.unfinished import BadPhoto
from sync.ledger.ledger import Ledger
from sync.ledger.received.submissions import Sender, Submission, Submissions
from sync.ledger.tables import IN
from tests.book import ZONE


def scene(number: int, size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """A picture with a few large shapes, another for each number."""
    image = Image.new("RGB", size, (90 + 40 * (number % 4), 120, 140))
    draw = ImageDraw.Draw(image)
    for step in range(9):
        x, y = (number * 131 + step * 257) % size[0], (number * 71 + step * 193) % size[1]
        draw.rectangle((x, y, x + 260, y + 180), fill=((step * 61 + number * 37) % 255, (step * 97) % 255, 80))
    return image


def jpeg(image: Image.Image, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, **more)
    return out.getvalue()


def with_exif(image: Image.Image, orientation: int = 1) -> bytes:
    exif = image.getexif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of somebody"
    exif.get_ifd(photos.OFFSET)[photos.DATE_TAKEN] = "2026:11:24 09:30:00"
    exif.get_ifd(photos.GPS).update({1: "N", 2: (26.0, 58.0, 12.3456), 3: "E", 4: (112.0, 21.0, 36.789)})
    return jpeg(image, exif=exif, xmp=b"<x:xmpmeta>who</x:xmpmeta>")


def test_nothing_hidden_comes_along() -> None:
    sent = with_exif(scene(1))
    assert b"Camera of somebody" in sent and b"xmpmeta" in sent
    made = convert(sent, 1600, 80, keep_place=False)
    assert b"Camera of somebody" not in made.jpeg and b"xmpmeta" not in made.jpeg and b"Exif" not in made.jpeg
    assert dict(Image.open(io.BytesIO(made.jpeg)).getexif()) == {}
    assert (made.taken, made.place) == ("2026-11-24 09:30:00", None)


def test_the_place_is_kept_to_four_decimals_where_the_rules_want_it() -> None:
    assert convert(with_exif(scene(1)), 1600, 80, keep_place=True).place == (26.9701, 112.3602)
    assert convert(jpeg(scene(1)), 1600, 80, keep_place=True).place is None


def test_a_photo_is_turned_upright_and_no_longer_than_the_rules_say() -> None:
    made = convert(with_exif(scene(2, (2400, 1200)), orientation=6), 1000, 80, keep_place=False)
    assert Image.open(io.BytesIO(made.jpeg)).size == made.size == (500, 1000)


def png_that_claims(width: int, height: int) -> bytes:
    """A file of a few bytes that says it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "不是 JPG"),
        (b"%PDF-1.7 not a photo", "不是 JPG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "不是 JPG"),
        (b"GIF89a" + bytes(64), "不是 JPG"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(64), "HEIC"),
        (jpeg(scene(3))[:3000], "不完整"),
        (png_that_claims(60_000, 60_000), "像素"),
        (png_that_claims(9_000, 9_000), "像素"),
        (png_that_claims(6_000, 5_000), "像素"),
        (png_that_claims(1_000_000, 10), "像素"),
        (bytes(photos.MOST_PHOTO_BYTES + 1), "太大"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(BadPhoto) as caught:
        convert(content, 1600, 80, keep_place=False)
    assert words in str(caught.value) and str(caught.value).endswith("。")


def distance(one: bytes, other: bytes) -> int:
    first, second = (convert(content, 1600, 80, keep_place=False).fingerprint for content in (one, other))
    return (first ^ second).bit_count()


def test_a_photo_saved_again_is_alike_and_another_scene_is_not() -> None:
    original = scene(5)
    again = original.resize((700, 525))
    assert distance(jpeg(original), jpeg(again, optimize=True)) <= 4
    assert min(distance(jpeg(original), jpeg(scene(number))) for number in range(6, 20)) > 4


def test_the_same_file_sent_twice_has_the_same_pixels() -> None:
    sent = with_exif(scene(7))
    first, second = convert(sent, 1600, 80, keep_place=False), convert(sent, 1600, 80, keep_place=False)
    assert (first.pixels, first.received) == (second.pixels, second.received)
    assert first.pixels != convert(jpeg(scene(8)), 1600, 80, keep_place=False).pixels


def test_ids_are_another_for_each_person_and_each_installation(tmp_path: Path) -> None:
    ids = {PhotoFolder(tmp_path, key).id_of(who, "1") for key in ("k1", "k2") for who in ("街路长01", "街路长02")}
    assert len(ids) == 4 and all(len(one) == 40 for one in ids)
    assert PhotoFolder(tmp_path, "k1").id_of("街路长01", "1") in ids


def test_a_photo_is_written_whole(tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path, "key")
    folder.save("ab12", b"one")
    folder.save("ab12", b"two")
    assert folder.path("ab12").read_bytes() == b"two"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["ab12.jpg"]


def test_the_core_knows_a_photo_as_soon_as_it_is_remembered(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    ours, other = Ledger(url, "book", ZONE), Ledger(url, "book", ZONE)
    assert other.memory().photos == {}
    at = datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)
    photo = Photo("p1", "街路长01", at, "r", "px", 2**64 - 1, 10, 20, 99, "2026-11-24 09:29:00", (26.97, 112.36))
    Submissions(ours).add_photo(photo)
    Submissions(ours).add_photo(photo)
    assert Submissions(other).photo("p1") == photo
    assert other.memory().photos == ours.memory().photos == {"p1": photo.picture}
    assert Submissions(ours).photo("p2") is None


# Metadata that a camera wrote wrongly
def wrongly_marked() -> bytes:
    """A picture on its side whose XResolution is the text "72", as some cameras write it."""
    turned, text = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0), struct.pack("<HHI4s", 0x011A, 2, 3, b"72")
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + turned + text + bytes(4)
    return jpeg(scene(9, (640, 480)), exif=exif)


def with_second_picture(size: tuple[int, int]) -> bytes:
    """A JPEG that carries another behind itself (MPF), as phones with depth or motion do."""
    out = io.BytesIO()
    Image.new("RGB", size, (90, 120, 60)).save(
        out, "MPO", quality=80, save_all=True, append_images=[Image.new("RGB", (640, 480))]
    )
    return out.getvalue()


def test_a_photo_whose_metadata_are_damaged_is_taken(tmp_path: Path) -> None:
    made = convert(wrongly_marked(), 1600, 80, keep_place=True)
    assert made.size == (480, 640), "upright, since its orientation could be read"


def test_a_large_photo_with_a_second_picture_is_as_good_as_the_same_without_it() -> None:
    made = convert(with_second_picture((8192, 6144)), 1600, 80, keep_place=False)
    assert made.size == (1600, 1200)


def test_segments_of_programs_are_taken_out_and_the_picture_stays() -> None:
    sent = with_exif(scene(10))
    bare = photos.without_segments(sent)
    assert len(bare) < len(sent) and b"Exif" not in bare
    assert convert(bare, 1600, 80, keep_place=False).pixels == convert(sent, 1600, 80, keep_place=False).pixels
    assert photos.without_segments(b"\xff\xd8\xff\xe1\xff\xff") == b"\xff\xd8"
    assert photos.without_segments(b"RIFF") == b"RIFF"


def test_flipped_bytes_give_a_photo_or_a_sentence() -> None:
    """Every reader of metadata and every decoder may fail in its own way; nothing but a sentence comes out."""
    shapes, flips, taken = [with_exif(scene(11, (320, 240)), n) for n in (1, 6, 8)], random.Random(11), 0
    shapes += [wrongly_marked(), with_second_picture((320, 240))]
    for n in range(600):
        content = bytearray(shapes[n % len(shapes)])
        most = len(content) if n % 2 else 400
        for _ in range(1 + n % 3):
            content[flips.randrange(most)] = flips.randrange(256)
        try:
            taken += bool(photos.convert_here(bytes(content), 320, 80, keep_place=True).jpeg)
        except BadPhoto as error:
            assert str(error).endswith("。")
    assert taken > 300


def reads_without_end() -> None:
    while True:
        pass


def reads_too_much() -> int:
    return len(bytearray(2 * child.MOST_MEMORY))


def dies() -> None:
    os._exit(1)


@pytest.mark.parametrize("reader", [reads_without_end, reads_too_much, dies], ids=lambda reader: reader.__name__)
def test_a_file_that_kills_its_reader_stops_nothing_else(reader: Callable[[], object]) -> None:
    with pytest.raises(child.TooMuch):
        child.read_apart(1, reader)
    assert convert(jpeg(scene(12)), 1600, 80, keep_place=False).size == (1200, 900)


LEFT: list[bytearray] = []  # in the process that reads


def fills_its_memory() -> None:
    rows = []
    while True:
        rows.append(bytearray(10**6))


def leaves_much_behind() -> None:
    LEFT.append(bytearray(2 * child.MOST_LEFT))


def runs_out_within_a_library() -> None:
    rows = [bytearray(10**6) for _ in range(child.MOST_MEMORY // 10**6 - 60)]
    raise zlib.error(f"Error -4 while decompressing data, after {len(rows)} MB")


def needs_most() -> int:
    return len(bytearray(child.MOST_MEMORY - child.MOST_LEFT - 50 * 10**6))


@pytest.mark.parametrize("before", [fills_its_memory, runs_out_within_a_library], ids=lambda reader: reader.__name__)
def test_the_next_file_has_the_memory_that_the_one_before_ran_out_of(before: Callable[[], object]) -> None:
    for _ in range(2 * child.PROCESSES):
        with pytest.raises(child.TooMuch):
            child.read_apart(20, before)
        assert child.read_apart(20, needs_most) > child.MOST_MEMORY / 2


def test_a_process_in_which_files_left_much_is_replaced() -> None:
    for _ in range(2 * child.PROCESSES):
        child.read_apart(20, leaves_much_behind)
        assert child.read_apart(20, needs_most) > child.MOST_MEMORY / 2


def test_what_the_public_sent_is_counted_by_sender_and_in_all(tmp_path: Path) -> None:
    submissions = Submissions(Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", "book", ZONE))
    at = datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)
    for n, (sender, minutes) in enumerate(
        [
            (Sender("a", True), 0),
            (Sender("a", True), 59),
            (Sender("b", True), 10),
            (Sender("a"), 5),
            (Sender("a", True), 60),
        ]
    ):
        sent = at - timedelta(minutes=minutes)
        submissions.save(Submission(f"s{n}", "issues", sender, sent, IN, {}, {}))
        photo = Photo(f"p{n}", sender.name, sent, "r", "px", 1, 10, 20, 99, public=sender.public)
        submissions.add_photo(photo)
        assert submissions.photo(photo.id) == photo and submissions.get(f"s{n}").sender == sender  # type: ignore[union-attr]
    for count in (submissions.public_reports, submissions.public_photos):
        assert [count(at - timedelta(hours=1), *name) for name in (("a",), ("b",), ("c",), ())] == [2, 1, 0, 3]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_nothing_that_a_camera_or_a_program_wrote_into_the_file_is_stored(format: str) -> None:
    image, told, out = scene(1), PngInfo(), io.BytesIO()
    exif = Image.Exif()
    exif[0x013B] = "secret artist"
    told.add_text("Author", "secret author")
    more = {"JPEG": {"comment": b"secret comment", "icc_profile": b"secret" * 30}, "PNG": {"pnginfo": told}}
    image.save(out, format, exif=exif, xmp=b"<x:xmpmeta>secret</x:xmpmeta>", **more.get(format, {}))
    assert b"secret" in out.getvalue()
    assert b"secret" not in convert(out.getvalue(), 1600, 80, keep_place=False).jpeg
