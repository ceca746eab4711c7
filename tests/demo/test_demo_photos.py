"""The demo's drawn photos: each pair differs, and the product's own checks see which are reused."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PIL import Image

from sync.demo.acts import Entry
from sync.demo.nuisances import MENDED, PROBLEMS
from sync.demo.script import Script
from sync.demo.shots import RESAVED, Shot, as_jpeg, draw
from sync.intake.photos import convert_here, fingerprint
from tests.book import default_rules, hour
from tests.demo.test_demo import UNTIL, reports

AT = datetime(2026, 11, 20, 9, 30)  # noqa: DTZ001 - the camera's wall clock
BEFORE = {category: Shot("J01 8号门前", category, AT) for category in PROBLEMS}
SIMILAR = default_rules().forms.similar


def bits(one: Image.Image, other: Image.Image) -> int:
    return (fingerprint(one) ^ fingerprint(other)).bit_count()


def after(shot: Shot) -> Shot:
    return replace(shot, at=shot.at + timedelta(hours=3), mended=True)


def test_each_category_of_the_rules_has_a_drawing() -> None:
    assert set(PROBLEMS) == set(default_rules().categories) >= set(MENDED)


@pytest.mark.parametrize("category", list(PROBLEMS))
def test_before_and_after_differ_more_than_two_photos_of_one_thing(category: str) -> None:
    shot = BEFORE[category]
    assert bits(draw(shot), draw(after(shot))) > SIMILAR


def test_the_same_shot_is_the_same_file_and_another_hour_another_one() -> None:
    shot = BEFORE["占道经营"]
    assert as_jpeg(shot) == as_jpeg(replace(shot))
    assert as_jpeg(shot) != as_jpeg(replace(shot, at=shot.at + timedelta(hours=1)))


def test_a_photo_that_was_saved_again_is_another_file_and_looks_alike() -> None:
    shot = after(BEFORE["暴露垃圾"])
    first, again = (
        convert_here(as_jpeg(each), 1600, 80, keep_place=False) for each in (shot, replace(shot, quality=RESAVED))
    )
    assert first.pixels != again.pixels
    assert (first.fingerprint ^ again.fingerprint).bit_count() <= SIMILAR


def test_from_another_angle_it_is_another_view() -> None:
    shot = after(BEFORE["店外经营"])
    assert bits(draw(shot), draw(replace(shot, askew=True))) > SIMILAR


def test_a_photo_is_read_as_one_of_a_phone() -> None:
    taken = convert_here(as_jpeg(BEFORE["垃圾满溢"]), 1600, 80, keep_place=True)
    assert (taken.taken, taken.size, taken.place) == ("2026-11-20 09:30:00", (800, 600), None)
    image = Image.open(io.BytesIO(taken.jpeg))
    assert image.format == "JPEG" and not image.getexif()


# Those of the month ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return Script(default_rules(), UNTIL).write(reports())


def with_photos(entries: list[Entry], tab: str) -> list[Entry]:
    return [entry for entry in entries if entry.photo and entry.tab == tab]


@pytest.mark.parametrize("until", ["2026-11-24 16:00", "2026-11-29 09:00", "2026-05-04 07:10", "2024-02-29 23:59"])
def test_sixty_to_eighty_issues_have_a_pair_whatever_hour_ends_the_month(until: str) -> None:
    written = Script(default_rules(), hour(until)).write(reports(until=hour(until)))
    before = {entry.photo.ref for entry in with_photos(written, "issues") if entry.photo}
    mended = {entry.photo.ref for entry in with_photos(written, "feedback") if entry.photo and entry.photo.shot.mended}
    assert 60 <= len(before & mended) <= 80


def test_photos_are_taken_before_they_are_sent_and_the_one_after_later(entries: list[Entry]) -> None:
    first: dict[str, datetime] = {}
    for entry in entries:
        if entry.photo is None:
            continue
        taken = entry.photo.shot.at
        assert (taken.tzinfo is not None and timedelta() < entry.at - taken < timedelta(minutes=15)) or reused(entry)
        if entry.tab == "issues":
            first[entry.photo.ref] = taken
        elif entry.photo.shot.mended and not reused(entry):
            assert taken > first[entry.photo.ref]


def reused(entry: Entry) -> bool:
    """Whether the photo shows what was there at another time."""
    return bool(entry.photo and entry.tab == "feedback" and (
        not entry.photo.shot.mended or entry.photo.shot.quality == RESAVED
    ))  # fmt: skip


def test_a_few_are_reused_or_from_another_angle(entries: list[Entry]) -> None:
    sent = with_photos(entries, "feedback")
    kinds = Counter(
        "askew" if entry.photo.shot.askew else "reused" if reused(entry) else "sound" for entry in sent if entry.photo
    )
    assert 2 <= kinds["askew"] <= 12 and 3 <= kinds["reused"] <= 8 and kinds["sound"] > 50, kinds


def test_all_others_look_like_no_photo_of_before(entries: list[Entry]) -> None:
    """So that 复核 is asked to look twice only where there is a reason."""
    pictures = {entry.photo.shot: fingerprint(draw(entry.photo.shot)) for entry in entries if entry.photo}
    alike = [
        (one, other)
        for entry in with_photos(entries, "feedback")
        if (photo := entry.photo) and not reused(entry)
        for one, other in ((photo.shot, each) for each in pictures if each != photo.shot and each.quality != RESAVED)
        if (pictures[one] ^ pictures[other]).bit_count() <= SIMILAR
    ]
    assert len({one for one, _ in alike}) <= 3, alike
